"""Integrals over intervals: enclosures, never estimates.

1. The integrand is cut at its break points (`|u|`, `max`, cases, indicators, step densities: where an expression that is affine in
   the variable changes sign), so that on each piece it is a fixed formula.
2. On a piece it is integrated by `acb.integral`, which needs a holomorphic integrand: functions with cuts answer `UNKNOWN` on a ball
   that meets the cut.
3. At an infinite end, and at a finite end where the integrand is not holomorphic, the variable is replaced (`x = e^s`, `x = a ± e^{-s}`)
   and what is left beyond a large s is bounded by a majorant (`majorant.py`).

Limits: `UNKNOWN` where no majorant is found (oscillating tails), where break points can't be located exactly, where bounds are not
real.  Divergence is seen where the integrand has one sign near the end and a monomial below it whose
integral is infinite; the value is then infinite.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import lru_cache

from flint import acb, arb, fmpq

from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics.densities import formula
from derivcheck.semantics.differentiate import RANDOM_SCOPES, derivative, lam_derivative
from derivcheck.semantics.evaluate import Env, Evaluator, OutOfBudget
from derivcheck.semantics.evaluate_calculus import follow, holds_all, opened, outer_frame, smooth_kind
from derivcheck.semantics.laws import NamedLaw
from derivcheck.semantics.majorant import Majorants
from derivcheck.semantics.monomials import Monomial, Poly, diverges, merged, tail_integral, times
from derivcheck.semantics.pieces import identically_zero, resolved, sample, switches, without_steps
from derivcheck.semantics.values import (
    UNDEFINED,
    UNKNOWN,
    Function,
    Infinite,
    Value,
    ball,
    compare,
    is_number,
    is_real,
    is_zero,
    tidy,
)
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, contains_op, instantiate, map_children, mk, open_binder, substitute, subterms

GOAL = 46
MAX_PIECES = 40
EVALUATIONS = 6000


def integral(ev: Evaluator, t: Term, env: Env) -> Value:
    """The value of `int(lo, hi, body | x)`."""
    lo, hi = ev.eval(t.args[0], env), ev.eval(t.args[1], env)
    return between(ev, t, lo, hi, env)


def between(ev: Evaluator, t: Term, lo: Value, hi: Value, env: Env) -> Value:
    """The integral of a binder's body from lo to hi."""
    if lo is UNDEFINED or hi is UNDEFINED:
        return UNDEFINED
    c = compare(lo, hi)
    if is_number(lo) and is_number(hi) and not isinstance(c, int) and t.sort.kind == "num":
        return contour(ev, t, lo, hi, env)
    if not isinstance(c, int):
        return UNKNOWN
    if t.sort.kind == "mat":
        return UNKNOWN
    if c == 0:
        return ar.ZERO if is_number(lo) else UNKNOWN
    if c > 0:
        return ar.neg(between(ev, t, hi, lo, env))
    (x,), dangling, body, outside = opened(t.args[-1], t.bound)
    body = expanded(ev, body)
    before = ev.analytic
    ev.analytic = follow(ev, dangling, outside)
    ev.lax += 1
    try:
        frame = outer_frame(ev, dangling, outside, env)
        if ev.real and not real_integrand(ev, body, x, lo, hi, frame):
            return UNKNOWN
        if any(u.op == "fn" and u.data == "log" for u in subterms(body)):
            # on the real line the logarithm of a product of positive factors is a sum: no cut off the line then
            from derivcheck.semantics.evaluate_optimum import Peeling

            body = Peeling(ev, x, frame).plain_log(body)
        return _pieces(ev, body, x, lo, hi, frame)
    finally:
        ev.analytic = before
        ev.lax -= 1


def real_integrand(ev: Evaluator, body: Term, x: Term, lo: Value, hi: Value, frame: Env) -> bool:
    """Under `convention real`: the integrand is seen to be real on the interval by its make-up."""
    from derivcheck.semantics.differentiate import looks_real

    return looks_real(body)


def integral_over(ev: Evaluator, t: Term, env: Env) -> Value:
    """The value of `intset(S, body | x)` for intervals, the line, half lines, boxes of dimension one."""
    s = t.args[0]
    variable = t.bound[0]
    if variable.sort.kind == "num":
        ends = line_ends(ev, s, env)
        return between(ev, t, *ends, env) if ends is not None else UNKNOWN
    if s.op == "rn" and variable.sort.kind == "mat":
        from derivcheck.semantics.evaluate_probability import integral_over_boxes

        return integral_over_boxes(ev, t, env)
    return UNKNOWN


def line_ends(ev: Evaluator, s: Term, env: Env) -> tuple[Value, Value] | None:
    """The ends of an interval or half line."""
    if s.op == "interval":
        return ev.eval(s.args[0], env), ev.eval(s.args[1], env)
    if s.op == "set":
        table = {"R": (Infinite(-1), Infinite(1)), "Rpos": (ar.ZERO, Infinite(1)), "Rnn": (ar.ZERO, Infinite(1)), "Rneg": (Infinite(-1), ar.ZERO)}
        return table.get(str(s.data))
    return None


def contour(ev: Evaluator, t: Term, lo: Value, hi: Value, env: Env) -> Value:
    """An integral between ends that are complex or can't be ordered (balls of a parameter): along the straight line."""
    (x,), dangling, body, outside = opened(t.args[-1], t.bound)
    body = expanded(ev, body)
    before = ev.analytic
    ev.analytic = follow(ev, dangling, outside)
    ev.lax += 1
    try:
        return _straight(ev, body, x, ball(lo), ball(hi), outer_frame(ev, dangling, outside, env))
    finally:
        ev.analytic = before
        ev.lax -= 1


def expanded(ev: Evaluator, body: Term) -> Term:
    """An opened body with the model's functions and the formulas of named densities written out, so that its make-up shows.

    The body must have no dangling bound variables (`opened` sees to that): terms with binders are put into it."""
    if not contains_op(body, "apply", "pdf", "deriv"):
        return body
    mapping: dict[Term, Term] = {}
    for u in subterms(body) if contains_op(body, "pdf") else ():
        # a law whose parameters are not admissible has no density
        if u.op == "pdf" and u.args[0].op == "dist" and not any(v.op == "bvar" for v in u.free) and ev.eval(u.args[0], ev.root) is UNDEFINED:
            mapping[u] = mk("const", (), "undefined")
    for s in body.free:
        if s.op == "sym" and s.sort.kind in ("fun", "dist"):
            f = ev.model.values.get(s)
            if (isinstance(f, Function) and f.env is None) or (isinstance(f, NamedLaw) and not f.term.free):
                mapping[s] = f.term
    return differentiated(ev, written_out(substitute(body, mapping)))


def differentiated(ev: Evaluator, t: Term) -> Term:
    """Derivatives of formulas by numbers carried out, where the conditions of the rules hold whatever the bound variables are."""
    if not contains_op(t, "deriv"):
        return t
    new = map_children(t, lambda u: differentiated(ev, u))
    if new.op != "deriv" or any(v.op == "bvar" for v in new.free) or new.sort.kind != "num":
        return new
    (y,), body = open_binder(new)
    if contains_op(body, *RANDOM_SCOPES) or not smooth_kind(ev, new) or not everywhere(ev, body, y):
        return new
    known = set(ev.model.values)
    for _ in range(int(new.data)):
        got = derivative(body, y)
        if not got.complete or not all(c.free <= known and holds_all(ev, (c,), ev.root) for c in got.conditions):
            return new
        body = got.term
    return substitute(body, {y: new.args[0]})


ENTIRE = frozenset("exp sin cos sinh cosh erf erfc".split())


def everywhere(ev: Evaluator, body: Term, y: Term) -> bool:
    """Whether a formula has a value whatever the variables of enclosing binders are: a derivative must not be defined where it is not."""
    known = set(ev.model.values)
    for u in subterms(body):
        if u.op in ("add", "neg", "mul", "num", "const", "sym") or (u.op == "fn" and u.data in ENTIRE):
            continue
        if u.op == "pow" and u.args[1].op == "num" and u.args[1].data.denominator == 1 and u.args[1].data >= 0:
            continue
        if u.op == "div":
            if u.args[1].free <= {*known, y} and (y in u.args[1].free or is_number(ev.eval(b.div(b.ONE, u.args[1]), ev.root))):
                continue
            return False
        if not u.free <= {*known, y} or (y not in u.free and not is_number(ev.eval(u, ev.root))):
            return False
    return True


@lru_cache(maxsize=4096)
def written_out(t: Term) -> Term:
    """Applications of `lam`s reduced, densities as formulas; binders are opened on the way down."""
    if not contains_op(t, "apply", "pdf"):
        return t
    new = map_children(t, written_out)
    if new.op == "apply" and new.args[0].op == "lam":
        return written_out(instantiate(new.args[0], new.args[1:]))
    if new.op == "apply" and new.args[0].op == "dfun" and new.args[0].args[0].op == "lam":
        inner = lam_derivative(new.args[0].args[0], new.args[0].data)
        if inner is not None and not inner[1]:
            return written_out(instantiate(inner[0], new.args[1:]))
    if new.op == "pdf":
        got = formula(new)
        if got is not None:
            return written_out(got)
    return new


def _pieces(ev: Evaluator, body: Term, x: Term, lo: Value, hi: Value, frame: Env) -> Value:
    """Cut at the break points and add up."""
    cuts: list[Value] = []
    terms = switches(body, x)
    if terms is None:
        return UNKNOWN
    from derivcheck.semantics.evaluate_probability import density_cuts

    steps = density_cuts(ev, body, x, frame)
    if steps is None:
        return UNKNOWN
    if steps and any(contains_op(u, "pdf") for u in terms):
        jumps = _between(steps, lo, hi)
        return UNKNOWN if jumps is None else _between_steps(ev, body, x, [lo, *jumps, hi], frame)
    for u in terms:
        slope = derivative(u, x)
        if not slope.complete or x in slope.term.free:
            return UNKNOWN
        a = ev.eval(slope.term, frame)
        start = ev.eval(u, Env(frame, {x: ar.ZERO}))
        root = ar.neg(ar.div(start, a))
        if is_zero(a):
            continue
        if not is_number(root) or not is_real(root):
            return UNKNOWN
        cuts.append(root)
    cuts += steps
    inside = _between(cuts, lo, hi)
    if inside is None:
        return UNKNOWN
    points = [lo, *inside, hi]
    total: list[Value] = []
    for p, q in itertools.pairwise(points):
        fixed = resolved(ev, body, x, sample(p, q), frame) if cuts else body
        if fixed is None:
            return UNKNOWN
        got = _piece(ev, fixed, x, p, q, frame)
        if not is_number(got) and not isinstance(got, Infinite):
            return UNKNOWN
        total.append(got)
    return ar.add(total)


def _between_steps(ev: Evaluator, body: Term, x: Term, points: list[Value], frame: Env) -> Value:
    """Step densities inside of a modulus or a maximum: numbers between neighbouring steps, where the rest may change its formula once more."""
    total: list[Value] = []
    for p, q in itertools.pairwise(points):
        fixed = without_steps(ev, body, x, sample(p, q), frame)
        got = UNKNOWN if fixed is body else _pieces(ev, fixed, x, p, q, frame)
        if not is_number(got) and not isinstance(got, Infinite):
            return UNKNOWN
        total.append(got)
    return ar.add(total)


def _between(cuts: list[Value], lo: Value, hi: Value) -> list[Value] | None:
    """The cuts between the ends in order, each once; `None` where that can't be told, or they are too many."""
    inside: list[Value] = []
    for c in cuts:
        low, high = compare(c, lo), compare(c, hi)
        if low in (-1, 0) or high in (1, 0):
            continue
        if low != 1 or high != -1:
            return None
        place = 0
        for place_, other in enumerate([*inside, None]):
            if other is None:
                place = len(inside)
                break
            order = compare(c, other)
            if order == 0:
                place = -1
                break
            if order == -1:
                place = place_
                break
            if order != 1:
                return None
        if place >= 0:
            inside.insert(place, c)
    return None if len(inside) > MAX_PIECES else inside


# --- one piece ----------------------------------------------------------------------------------------------------------


def _piece(ev: Evaluator, body: Term, x: Term, lo: Value, hi: Value, frame: Env) -> Value:
    """The integral of a fixed formula."""
    middle = sample(lo, hi)
    if identically_zero(ev, body, x, middle, frame):
        return ar.ZERO
    if x not in body.free:
        return ar.mul([ev.eval(body, frame), ar.sub(hi, lo)])
    if is_number(lo) and is_number(hi):
        regular = [smooth_near(ev, body, x, e, frame) for e in (lo, hi)]
        if all(regular):
            return _straight(ev, body, x, ball(lo), ball(hi), frame)
        first = _straight(ev, body, x, ball(lo), ball(middle), frame) if regular[0] else _singular(ev, body, x, lo, middle, 1, frame)
        if not is_value(first):
            return UNKNOWN
        second = _straight(ev, body, x, ball(middle), ball(hi), frame) if regular[1] else _singular(ev, body, x, hi, middle, -1, frame)
        return ar.add([first, second]) if is_value(second) else UNKNOWN
    parts: list[Value] = []
    left: Value = lo
    right: Value = hi
    if isinstance(hi, Infinite):
        right = fmpq(1) if isinstance(lo, Infinite) or compare(lo, fmpq(1)) == -1 else ar.add([sample(lo, hi), ar.ZERO])
        if not isinstance(right, fmpq) or not right > 0:
            return UNKNOWN
        parts.append(_infinite(ev, body, x, right, 1, frame))
    if isinstance(lo, Infinite):
        left = fmpq(-1) if compare(right, fmpq(-1)) == 1 else sample(lo, hi)
        if not isinstance(left, fmpq) or not left < 0:
            return UNKNOWN
        parts.append(_infinite(ev, body, x, -left, -1, frame))
    if all(is_value(p) for p in parts):
        parts.append(_piece(ev, body, x, left, right, frame))
    return ar.add(parts) if all(is_value(p) for p in parts) else UNKNOWN


def is_value(v: Value) -> bool:
    """A number or an infinite value."""
    return is_number(v) or isinstance(v, Infinite)


def smooth_near(ev: Evaluator, body: Term, x: Term, end: Value, frame: Env) -> bool:
    """The formula is holomorphic and bounded around a finite end."""
    z = ball(end)
    disc = acb(z.real + arb(0, 1) / 4096, z.imag + arb(0, 1) / 4096)
    before = ev.analytic
    ev.analytic = before | {x}
    try:
        return is_number(ev.eval(body, Env(frame, {x: disc})))
    finally:
        ev.analytic = before


def _contour_sum(ev: Evaluator, f: Callable[[acb], Value], lo: acb, hi: acb, x: Term) -> Value:
    """`acb.integral` of a callback that evaluates terms; what the callback raises is passed on."""
    stopped: list[BaseException] = []
    nan = acb("nan")
    count = [0]
    outer = ev.analytic

    def integrand(z: acb, analytic: bool) -> acb:
        if stopped:
            return nan
        count[0] += 1
        if count[0] > EVALUATIONS:
            return nan
        ev.analytic = outer | {x} if analytic else outer
        try:
            v = f(z)
        except (OutOfBudget, RecursionError, OverflowError, ZeroDivisionError, ValueError) as e:
            stopped.append(e)
            return nan
        finally:
            ev.analytic = outer
        return ball(v) if is_number(v) else nan

    goal = arb(2) ** -GOAL
    got = acb.integral(integrand, lo, hi, rel_tol=goal, abs_tol=goal, eval_limit=EVALUATIONS)
    if stopped:
        if isinstance(stopped[0], OutOfBudget):
            raise stopped[0]
        return UNKNOWN
    return tidy(got)


def _straight(ev: Evaluator, body: Term, x: Term, lo: acb, hi: acb, frame: Env) -> Value:
    """A formula that is holomorphic near the interval."""
    got = _contour_sum(ev, lambda z: ev.eval(body, Env(frame, {x: z})), lo, hi, x)
    return made_real(got, ev, body, x, frame, lo, hi)


def made_real(got: Value, ev: Evaluator, body: Term, x: Term, frame: Env, lo: acb, hi: acb) -> Value:
    """Drop the imaginary error term where the integrand is real on a real interval."""
    if not isinstance(got, acb) or got.imag.is_zero() or ev.analytic:
        return got
    if not (lo.imag.is_zero() and hi.imag.is_zero()) or not got.imag.contains(0):
        return got
    line = acb(lo.real.union(hi.real))
    v = ev.eval(body, Env(frame, {x: line}))
    if is_number(v) and is_real(v):
        return tidy(acb(got.real))
    from derivcheck.semantics.differentiate import looks_real

    if looks_real(body) and all(is_real(ev.eval(s, frame)) for s in body.free if s is not x and s.sort.kind == "num"):
        return tidy(acb(got.real))
    return got


def _singular(ev: Evaluator, body: Term, x: Term, end: Value, inner: Value, side: int, frame: Env) -> Value:
    """From a singular end to a point inside: `x = end ± e^{-s}`, with a majorant near the end."""
    width = ball(ar.mul([fmpq(side), ar.sub(inner, end)])).real
    if not width > 0:
        return UNKNOWN
    path: Poly = {-1: fmpq(side)}
    if not is_zero(end):
        path[0] = end
    endless = _infinite_value(Majorants(ev, frame, x, path, fmpq(2) ** 400), body, Monomial(arb(1), fmpq(-2)))
    if endless is not None:
        return endless
    for bits in (80, 400, 2000):
        start = fmpq(2) ** bits
        bound = Majorants(ev, frame, x, path, start).upper(body)
        if bound is None:
            return UNKNOWN
        # dx = dy / y²
        tail = tail_integral(times(bound, [Monomial(arb(1), fmpq(-2))]) or [], start)
        if tail is None:
            return UNKNOWN
        if tail < arb(2) ** -50:
            break
    else:
        return UNKNOWN
    z_end = ball(end)

    def f(s: acb) -> Value:
        e = (-s).exp()
        return ar.mul([ev.eval(body, Env(frame, {x: tidy(z_end + side * e)})), tidy(e)])

    s0 = -width.log()
    s1 = arb(2).log() * bits
    got = _contour_sum(ev, f, acb(s0), acb(s1), x)
    if not is_number(got):
        return UNKNOWN
    got = made_real_by_make_up(got, ev, body, x, frame)
    return tidy(ball(got) + spread(tail, is_real(got)))


def made_real_by_make_up(got: Value, ev: Evaluator, body: Term, x: Term, frame: Env) -> Value:
    """Drop the imaginary error term where the integrand is real for real x."""
    from derivcheck.semantics.differentiate import looks_real

    if isinstance(got, acb) and not got.imag.is_zero() and got.imag.contains(0) and not ev.analytic:
        if looks_real(body) and all(is_real(ev.eval(s, frame)) for s in body.free if s is not x and s.sort.kind == "num"):
            return tidy(acb(got.real))
    return got


def _infinite_value(bounds: Majorants, body: Term, factor: Monomial) -> Infinite | None:
    """The infinite value of the integral near an end; `None` where it is not seen to be infinite."""
    if bounds.ev.analytic - {bounds.x}:
        return None
    below = bounds.lower(body)
    if below is None or not diverges(merged(below, factor)):
        return None
    sign = bounds.sign(body)
    return Infinite(sign) if sign else None


def spread(size: arb, real: bool) -> acb:
    """A ball around zero of this radius."""
    both = size.union(-size)
    return acb(both) if real else acb(both, both)


def _infinite(ev: Evaluator, body: Term, x: Term, start: fmpq, side: int, frame: Env) -> Value:
    """From `side·start` to `side·∞`: `x = side·e^s`, with a majorant beyond a large x."""
    path: Poly = {1: fmpq(side)}
    end = None
    endless = _infinite_value(Majorants(ev, frame, x, path, fmpq(2) ** 400), body, Monomial(arb(1), fmpq(0)))
    if endless is not None:
        return endless
    for doubling in (3, 4, 5, 6, 7, 8, 10, 14, 20, 30, 60, 120, 400, 1500):
        y = fmpq(2) ** doubling * max(start, fmpq(1))
        bound = Majorants(ev, frame, x, path, y).upper(body)
        tail = tail_integral(bound, y) if bound is not None else None
        if tail is not None and tail < arb(2) ** -50:
            end = y
            break
        if bound is None and doubling >= 20:
            return UNKNOWN
    if end is None or tail is None:
        return UNKNOWN

    if end <= 4096 * start:
        # with exponential decay the end is near: no change of variable is needed
        got = _contour_sum(ev, lambda z: ev.eval(body, Env(frame, {x: tidy(side * z)})), acb(arb(start)), acb(arb(end)), x)
        if not is_number(got):
            return UNKNOWN
        got = made_real_by_make_up(got, ev, body, x, frame)
        return tidy(ball(got) + spread(tail, is_real(got)))

    def f(s: acb) -> Value:
        e = s.exp()
        return ar.mul([ev.eval(body, Env(frame, {x: tidy(side * e)})), tidy(e)])

    got = _contour_sum(ev, f, acb(arb(start).log()), acb(arb(end).log()), x)
    if not is_number(got):
        return UNKNOWN
    got = made_real_by_make_up(got, ev, body, x, frame)
    return tidy(ball(got) + spread(tail, is_real(got)))
