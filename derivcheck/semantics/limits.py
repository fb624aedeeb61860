"""Limits that follow from continuity, from limits of the parts, or from a vanishing bound.

* at a finite point where the term is holomorphic: the value there; otherwise, for a quotient of terms that are holomorphic there,
  by their Taylor coefficients (l'Hospital's rule, exactly);
* at infinity: the value with `∞` for the variable, all functions being continuous there (`e^{-∞} = 0`, `1/∞ = 0`) and no sum, integral
  or mean standing over terms that change with it; sums and products part by part;
* 0, where a majorant (`majorant.py`) of the term tends to 0 (`x e^{-ax}`, `n r^n`).

Limits: everything else is `UNKNOWN`, also limits that do not exist.
"""

from __future__ import annotations

from flint import acb, arb, fmpq

from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics.differentiate import derivative
from derivcheck.semantics.evaluate import Env, Evaluator
from derivcheck.semantics.evaluate_calculus import follow, opened, outer_frame
from derivcheck.semantics.majorant import Majorants
from derivcheck.semantics.monomials import Poly, vanishes
from derivcheck.semantics.pieces import resolved, switches
from derivcheck.semantics.quadrature import expanded
from derivcheck.semantics.values import (
    UNDEFINED,
    UNKNOWN,
    Infinite,
    Value,
    ball,
    is_number,
    is_real,
    is_zero,
)
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, subterms

ORDERS = 6


def limit(ev: Evaluator, t: Term, env: Env) -> Value:
    """The value of `lim(point, body; direction | x)`."""
    point = ev.eval(t.args[0], env)
    if point is UNDEFINED:
        return UNDEFINED
    if t.sort.kind != "num" or not (is_number(point) or isinstance(point, Infinite)):
        return UNKNOWN
    (x,), dangling, body, outside = opened(t.args[-1], t.bound)
    body = expanded(ev, body)
    before = ev.analytic
    ev.analytic = follow(ev, dangling, outside)
    ev.lax += 1
    try:
        frame = outer_frame(ev, dangling, outside, env)
        if isinstance(point, Infinite):
            return at_infinity(ev, body, x, point.sign, frame)
        return at_point(ev, body, x, point, str(t.data), frame)
    finally:
        ev.analytic = before
        ev.lax -= 1


def continuous_value(ev: Evaluator, body: Term, x: Term, at: Value, frame: Env) -> Value:
    """The value at the point where the term is seen to be continuous there."""
    before = ev.analytic
    ev.analytic = before | {x}
    try:
        return ev.eval(body, Env(frame, {x: at}))
    finally:
        ev.analytic = before


def near(at: Value) -> acb:
    """A small disc around a point."""
    z = ball(at)
    return acb(z.real + arb(0, 1) / 1048576, z.imag + arb(0, 1) / 1048576)


def at_point(ev: Evaluator, body: Term, x: Term, at: Value, direction: str, frame: Env) -> Value:
    """The limit at a finite point."""
    if x not in body.free:
        return ev.eval(body, frame)
    if is_number(continuous_value(ev, body, x, near(at), frame)):
        return ev.eval(body, Env(frame, {x: at}))
    if not isinstance(at, fmpq):
        return UNKNOWN
    if direction in ("+", "-"):
        body = one_sided(ev, body, x, at, direction, frame)
    got = by_series(ev, body, x, at, frame)
    if is_number(got):
        return got
    if direction in ("+", "-"):
        side = 1 if direction == "+" else -1
        path: Poly = {-1: fmpq(side)}
        if at != 0:
            path[0] = at
        start = fmpq(2) ** 40
        bound = Majorants(ev, frame, x, path, start).upper(body)
        if bound is not None and vanishes(bound, start):
            return ar.ZERO
    elif is_number(by_side(ev, body, x, at, "+", frame)):
        right, left = by_side(ev, body, x, at, "+", frame), by_side(ev, body, x, at, "-", frame)
        if isinstance(right, fmpq) and isinstance(left, fmpq):
            return right if right == left else UNDEFINED
        if is_number(left) and not ball(left).overlaps(ball(right)):
            return UNDEFINED
    if body.op in ("add", "mul", "neg"):
        parts = [at_point(ev, a, x, at, direction, frame) for a in body.args]
        if all(is_number(p) for p in parts):
            return ar.add(parts) if body.op == "add" else (ar.mul(parts) if body.op == "mul" else ar.neg(parts[0]))
    return UNKNOWN


def by_side(ev: Evaluator, body: Term, x: Term, at: fmpq, direction: str, frame: Env) -> Value:
    fixed = one_sided(ev, body, x, at, direction, frame)
    if fixed is body:
        return UNKNOWN
    if is_number(continuous_value(ev, fixed, x, near(at), frame)):
        return ev.eval(fixed, Env(frame, {x: at}))
    return by_series(ev, fixed, x, at, frame)


def one_sided(ev: Evaluator, body: Term, x: Term, at: fmpq, direction: str, frame: Env) -> Term:
    """The formula that holds on one side of the point, all choices (`|u|`, cases) made; the body itself where that fails."""
    terms = switches(body, x)
    if not terms:
        return body
    roots: list[fmpq] = []
    for u in terms:
        slope = derivative(u, x)
        if not slope.complete or x in slope.term.free:
            return body
        a, start = ev.eval(slope.term, frame), ev.eval(u, Env(frame, {x: ar.ZERO}))
        root = ar.neg(ar.div(start, a)) if not is_zero(a) else None
        if root is not None:
            if not isinstance(root, fmpq):
                return body
            roots.append(root)
    gaps = [abs(r - at) for r in roots if r != at]
    step = min([*gaps, fmpq(1)]) / 2
    got = resolved(ev, body, x, at + step if direction == "+" else at - step, frame)
    return got if got is not None else body


def by_series(ev: Evaluator, body: Term, x: Term, at: fmpq, frame: Env) -> Value:
    """A quotient of holomorphic terms by the first Taylor coefficients that do not vanish."""
    if body.op == "mul":
        numerators = [a.args[0] if a.op == "div" else a for a in body.args]
        denominators = [a.args[1] for a in body.args if a.op == "div"]
        if not denominators:
            return UNKNOWN
        return by_series(ev, b.div(b.mul(*numerators), b.mul(*denominators)), x, at, frame)
    if body.op == "neg":
        return ar.neg(by_series(ev, body.args[0], x, at, frame)) if is_number(by_series(ev, body.args[0], x, at, frame)) else UNKNOWN
    if body.op == "add":
        shared = over_one_denominator(body)
        return by_series(ev, shared, x, at, frame) if shared is not None else UNKNOWN
    if body.op != "div":
        return UNKNOWN
    top, below = body.args
    for side in (top, below):
        if not is_number(continuous_value(ev, side, x, near(at), frame)):
            return UNKNOWN
    for _ in range(ORDERS):
        p, q = ev.eval(top, Env(frame, {x: at})), ev.eval(below, Env(frame, {x: at}))
        if is_number(q) and not ball(q).contains(0):
            return ar.div(p, q)
        if not (is_zero(p) and is_zero(q)):
            return UNKNOWN
        dt, db = derivative(top, x), derivative(below, x)
        if not (dt.complete and db.complete):
            return UNKNOWN
        top, below = dt.term, db.term
    return UNKNOWN


def over_one_denominator(t: Term) -> Term | None:
    """A sum with fractions as one fraction."""
    fractions = [a for a in t.args if a.op == "div" or (a.op == "neg" and a.args[0].op == "div")]
    if not fractions:
        return None
    below = b.mul(*((a.args[0] if a.op == "neg" else a).args[1] for a in fractions))
    parts: list[Term] = []
    for a in t.args:
        inner = a.args[0] if a.op == "neg" else a
        others = [(c.args[0] if c.op == "neg" else c).args[1] for c in fractions if c is not a]
        if a in fractions:
            product = b.mul(inner.args[0], *others)
        else:
            product = b.mul(inner, below)
        parts.append(b.neg(product) if a.op == "neg" else product)
    return b.div(b.add(*parts), below)


def at_infinity(ev: Evaluator, body: Term, x: Term, sign: int, frame: Env) -> Value:
    """The limit at plus or minus infinity."""
    if x not in body.free:
        return ev.eval(body, frame)
    terms = switches(body, x)
    if terms:
        far = fmpq(10**9 * sign)
        for u in terms:
            slope = derivative(u, x)
            if not slope.complete or x in slope.term.free:
                return UNKNOWN
            a, start = ev.eval(slope.term, frame), ev.eval(u, Env(frame, {x: ar.ZERO}))
            root = ar.div(start, a) if not is_zero(a) else ar.ZERO
            if not (is_number(root) and ball(root).abs_upper() < 10**8):
                return UNKNOWN
        fixed = resolved(ev, body, x, far, frame)
        if fixed is None:
            return UNKNOWN
        body = fixed
        if x not in body.free:
            return ev.eval(body, frame)
    if not exchanges(body, x):
        got = continuous_value(ev, body, x, Infinite(sign), frame)
        if is_number(got) or isinstance(got, Infinite):
            return got
    for start in (fmpq(2) ** 6, fmpq(2) ** 14):
        bound = Majorants(ev, frame, x, {1: fmpq(sign)}, start).upper(body)
        if bound is not None and vanishes(bound, start):
            return ar.ZERO
    split = split_limit(ev, body, x, sign, frame)
    if split is not None:
        return split
    leading = rational_limit(ev, body, x, sign, frame)
    if leading is not None:
        return leading
    if body.op in ("add", "mul", "neg", "div"):
        parts = [at_infinity(ev, a, x, sign, frame) for a in body.args]
        if all(is_number(p) or isinstance(p, Infinite) for p in parts):
            if body.op == "div":
                value = ar.div(parts[0], parts[1])
            else:
                value = ar.add(parts) if body.op == "add" else (ar.mul(parts) if body.op == "mul" else ar.neg(parts[0]))
            return value if is_number(value) or isinstance(value, Infinite) else UNKNOWN
    if body.op == "fn" and len(body.args) == 1 and body.data in ("exp", "tanh", "arctan", "erf"):
        inner = at_infinity(ev, body.args[0], x, sign, frame)
        if (is_number(inner) and is_real(inner)) or isinstance(inner, Infinite):
            from derivcheck.semantics.functions import call

            return call(str(body.data), [inner])
    return UNKNOWN


def exchanges(body: Term, x: Term) -> bool:
    """Whether the value with ∞ for x would take a limit under a sum, an integral, a mean or an extremum whose terms change with x
    (`∑_{k ≤ n} 1/n` is 1, and not the sum of infinitely many zeros)."""
    for s in subterms(body):
        if not s.bound or x not in s.free or s.op in ("mlam", "lam"):
            continue
        ends, inside = s.args[:-1], s.args[-1]
        finite = s.op in ("sum", "prod") and not any(x in e.free or b.is_infinite(e) for e in ends)
        only_end = s.op in ("sum", "int") and x not in inside.free and x not in ends[0].free
        if not finite and not only_end:
            return True
    return False


def rational_limit(ev: Evaluator, body: Term, x: Term, sign: int, frame: Env) -> Value | None:
    """The limit of a quotient of polynomials at infinity."""
    if body.op != "div":
        return None
    bounds = Majorants(ev, frame, x, {1: fmpq(sign)}, fmpq(2))
    top, below = bounds.poly(body.args[0]), bounds.poly(body.args[1])
    if not top or not below:
        return None
    m, n = max(top), max(below)
    if ball(top[m]).contains(0) or ball(below[n]).contains(0):
        return None
    ratio = ar.div(top[m], below[n])
    if m == n:
        return ratio
    if m < n:
        return ar.ZERO
    s = ar.sign_of(ratio) if is_real(ratio) else None
    return Infinite(s) if s else None


def split_limit(ev: Evaluator, body: Term, x: Term, sign: int, frame: Env) -> Value | None:
    """The limit of a sum whose growing parts cancel: each summand is a polynomial plus something that has a limit,
    `log(A + e^u) = u + log(1 + A e^{-u})` where u grows and `A e^{-u}` vanishes."""
    start = fmpq(2) ** 14
    bounds = Majorants(ev, frame, x, {1: fmpq(sign)}, start)

    def split(t: Term) -> tuple[Poly, Value] | None:
        p = bounds.poly(t)
        if p is not None:
            return p, ar.ZERO
        if t.op == "neg":
            got = split(t.args[0])
            return ({k: -v for k, v in got[0].items()}, ar.neg(got[1])) if got is not None else None
        if t.op == "add":
            parts = [split(a) for a in t.args]
            total: Poly = {}
            rests: list[Value] = []
            for part in parts:
                if part is None:
                    return None
                for k, v in part[0].items():
                    total[k] = v if k not in total else ar.add([total[k], v])
                rests.append(part[1])
            return total, ar.add(rests)
        if t.op == "mul" and sum(x in a.free for a in t.args) == 1:
            (inner,) = [a for a in t.args if x in a.free]
            factor = ar.mul([ev.eval(a, frame) for a in t.args if x not in a.free])
            got = split(inner)
            if got is None or not is_number(factor):
                return None
            return {k: ar.mul([factor, v]) for k, v in got[0].items()}, ar.mul([factor, got[1]])
        if t.op == "fn" and t.data == "log" and t.args[0].op == "add":
            for i, a in enumerate(t.args[0].args):
                u = bounds.poly(a.args[0]) if a.op == "fn" and a.data == "exp" else None
                if not u or max(u) <= 0 or not all(is_real(v) for v in u.values()) or not ball(u[max(u)]).real > 0:
                    continue
                others = [c for j, c in enumerate(t.args[0].args) if j != i]
                small = bounds.upper(b.mul(b.add(*others), b.exp(b.neg(a.args[0]))))
                if small is not None and vanishes(small, start):
                    return u, ar.ZERO
        if t is not body:
            v = at_infinity(ev, t, x, sign, frame)
            return ({}, v) if is_number(v) else None
        return None

    got = split(body)
    if got is None:
        return None
    grown = {k: v for k, v in got[0].items() if not is_zero(v)}
    if any(k > 0 for k in grown):
        return None
    return ar.add([grown.get(0, ar.ZERO), got[1]])
