"""Values of probability terms: densities, expectations, variances, probabilities.

Expectations over random symbols are in `expectation.py`, laws in `laws.py`, divergences and entropies in `divergences.py`.

Limits: integrals over `\\R^d`, d > 1, only for integrands that depend on the point through step densities alone.
"""

from __future__ import annotations

import itertools
import math

from flint import fmpq

from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics.densities import misfit
from derivcheck.semantics.differentiate import derivative
from derivcheck.semantics.evaluate import Env, Evaluator, handles
from derivcheck.semantics.evaluate_calculus import follow, opened, outer_frame
from derivcheck.semantics.expectation import equal_value, expectation, weighted
from derivcheck.semantics.laws import Axis, FormulaLaw, Law, NamedLaw, TableLaw, mass_at
from derivcheck.semantics.values import (
    UNDEFINED,
    UNKNOWN,
    Function,
    Marker,
    Matrix,
    Value,
    is_nonreal,
    is_number,
    is_zero,
)
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, bind, fresh, instantiate, mk, substitute, subterms

Truth = bool | Marker


# --- laws ---------------------------------------------------------------------------------------------------------------


@handles("dist")
def _dist(ev: Evaluator, t: Term, env: Env) -> Value:
    params = ev.args(t, env)
    if any(p is UNDEFINED for p in params):
        return UNDEFINED
    if any(p is UNKNOWN for p in params):
        return UNKNOWN
    bad = misfit(str(t.data), params) if not ev.formal else None
    return bad if bad is not None else NamedLaw(str(t.data), tuple(params), t, env)


def formula_law(ev: Evaluator, t: Term, env: Env) -> Value:
    """A `lam` of sort dist: another law under a new name, or a density given by its formula."""
    body = t.args[-1]
    if body.op == "pdf" and body.args[1:] == t.bound and body.args[0].free.isdisjoint(t.bound):
        return ev.eval(body.args[0], env)
    return FormulaLaw(Function(t, env))


@handles("marg")
def _marg(ev: Evaluator, t: Term, env: Env) -> Value:
    law = ev.eval(t.args[0], env)
    before, after = t.data
    if isinstance(law, TableLaw):
        got = law.marginal(tuple(before), tuple(after))
        return got if got is not None else UNKNOWN
    return UNKNOWN


@handles("law")
def _law(ev: Evaluator, t: Term, env: Env) -> Value:
    x = t.args[0]
    joint = ev.model.joint
    if joint is None:
        return UNKNOWN
    for d in joint.declared:
        if d.symbol is x:
            return ev.eval(d.marginal or d.law, env)
    rows = joint.outcomes({x})
    if x.op != "sym" or not rows or any(x not in values for values, _ in rows):
        return UNKNOWN
    points: list[Value] = []
    weights: dict[tuple[int, ...], fmpq] = {}
    for values, w in rows:
        for i, p in enumerate(points):
            if equal_value(p, values[x]) is True:
                weights[(i,)] += w
                break
        else:
            weights[(len(points),)] = w
            points.append(values[x])
    return TableLaw((Axis(tuple(points)),), weights, 1)


@handles("pdf")
def _pdf(ev: Evaluator, t: Term, env: Env) -> Value:
    from derivcheck.semantics.densities import formula

    if not ev.depends(t) and any(is_number(v) and is_nonreal(v) for v in (ev.eval(a, env) for a in t.args[1:] if a.sort.kind == "num")):
        return UNDEFINED  # densities are functions of real numbers
    got = formula(t)
    if got is not None and (t.args[0].op != "dist" or not isinstance(ev.eval(t.args[0], env), Marker)):
        return ev.eval(got, env)
    law = ev.eval(t.args[0], env)
    args = [ev.eval(a, env) for a in t.args[1:]]
    if len(args) == 1 and isinstance(args[0], tuple):
        args = list(args[0])
    if not isinstance(law, Law):
        return law if law is UNDEFINED else UNKNOWN
    return mass_at(ev, law, args, ev.depends(t))


def law_text(law: Term) -> str:
    """A law as text."""
    try:
        from derivcheck.terms.printer import to_latex

        return str(to_latex(law))
    except ImportError:
        return repr(law)


# --- step densities under integrals -------------------------------------------------------------------------------------


def density_cuts(ev: Evaluator, body: Term, x: Term, frame: Env) -> list[Value] | None:
    """The places where step densities in an integrand jump."""
    out: list[Value] = []
    for u in subterms(body):
        if u.op != "pdf" or x not in u.free:
            continue
        if x in u.args[0].free or any(v.op == "bvar" for v in u.free):
            return None
        law = ev.eval(u.args[0], frame)
        if not isinstance(law, TableLaw) or len(law.axes) != len(u.args) - 1:
            return None
        for axis, a in zip(law.axes, u.args[1:]):
            if x not in a.free:
                continue
            if axis.discrete or axis.vector:
                return None
            ends = {e for box in axis.boxes for e in box[0] if e is not None}
            if a is x:
                out += ends
                continue
            slope = derivative(a, x)
            if not slope.complete or x in slope.term.free:
                return None
            k = ev.eval(slope.term, frame)
            start = ev.eval(a, Env(frame, {x: ar.ZERO}))
            for e in ends:
                at = ar.div(ar.sub(e, start), k)
                if not is_number(at):
                    return None
                out.append(at)
    return out


def constant_density(ev: Evaluator, t: Term, x: Term, env: Env) -> fmpq | None:
    """The value of a step density on the piece that the environment's point lies in."""
    law = ev.eval(t.args[0], env)
    if not isinstance(law, TableLaw):
        return None
    v = mass_at(ev, law, [ev.eval(a, env) for a in t.args[1:]], False)
    return v if isinstance(v, fmpq) else None


def table_laws(ev: Evaluator, body: Term, variable: Term, env: Env) -> list[tuple[TableLaw, int]] | None:
    """The step densities that the body depends on the variable through (with the axis); `None` where it depends otherwise."""
    out: list[tuple[TableLaw, int]] = []
    bare = True

    def go(t: Term) -> None:
        nonlocal bare
        if variable not in t.free or not bare:
            return
        if t.op == "pdf" and variable not in t.args[0].free:
            law = ev.eval(t.args[0], env)
            places = [i for i, a in enumerate(t.args[1:]) if a is variable]
            others = [a for a in t.args[1:] if a is not variable]
            if isinstance(law, TableLaw) and len(places) == 1 and all(variable not in a.free for a in others):
                out.append((law, places[0]))
                return
        if t is variable:
            bare = False
            return
        for a in t.args:
            go(a)

    go(body)
    return out if bare else None


def integral_over_boxes(ev: Evaluator, t: Term, env: Env) -> Value:
    """`∫_{R^d}` of a function of step densities; for d = 1 of anything that can be integrated."""
    from derivcheck.semantics.quadrature import expanded

    d = ev.size(t.args[0].args[0], env)
    (x,), dangling, body, outside = opened(t.args[-1], t.bound)
    body = expanded(ev, body)
    env = outer_frame(ev, dangling, outside, env)
    laws = table_laws(ev, body, x, env)
    if laws:
        axis = laws[0][0].axes[laws[0][1]]
        if any(law.axes[i] is not axis for law, i in laws) or axis.discrete:
            return UNKNOWN
        outside = ev.eval(body, Env(env, {x: far_away(axis)}))
        if not is_zero(outside):
            return UNKNOWN
        values = [(ev.eval(body, Env(env, {x: axis.centre(i)})), axis.volume(i)) for i in range(axis.size)]
        return weighted(values)
    if d == 1:
        s = fresh("x")
        vector = mk("bmat", (s,), (1, 1), x.sort)
        line = bind("int", (s,), (b.neg(b.INF), b.INF), substitute(body, {x: vector}), None, t.sort)
        return ev.eval(line, env)
    return UNKNOWN


def far_away(axis: Axis) -> Value:
    """A point outside all boxes."""
    from derivcheck.semantics.values import matrix

    n = len(axis.boxes[0])
    highest = max((hi for box in axis.boxes for _, hi in box if hi is not None), default=fmpq(0))
    return matrix([[highest + 17]] * n) if axis.vector else highest + 17


def as_table(ev: Evaluator, law: Value, env: Env) -> Value:
    """A density given by a formula in step densities (a mixture) as a table."""
    if not isinstance(law, FormulaLaw):
        return law
    lam = law.function.term
    frame = law.function.env or env
    axes: list[Axis] = []
    for x in lam.bound:
        laws = table_laws(ev, lam.args[-1], x, frame)
        if not laws:
            return law
        axis = laws[0][0].axes[laws[0][1]]
        if any(other.axes[i] is not axis for other, i in laws):
            return law
        axes.append(axis)
    if math.prod(axis.size for axis in axes) > 200:
        return law
    centres = [[axis.centre(i) for i in range(axis.size)] for axis in axes]
    for k, axis in enumerate(axes):
        outside = [*centres[:k], [far_away(axis)], *centres[k + 1 :]] if not axis.discrete else []
        for point in itertools.product(*outside) if outside else ():
            if not is_zero(ev.eval(lam.args[-1], Env(frame, dict(zip(lam.bound, point, strict=True))))):
                return law
    weights: dict[tuple[int, ...], fmpq] = {}
    for cell in itertools.product(*(range(axis.size) for axis in axes)):
        point = tuple(centres[k][i] for k, i in enumerate(cell))
        v = ev.eval(lam.args[-1], Env(frame, dict(zip(lam.bound, point, strict=True))))
        if not isinstance(v, fmpq):
            return law
        for axis, i in zip(axes, cell, strict=True):
            v *= axis.volume(i)
        weights[cell] = v
    return TableLaw(tuple(axes), weights, len(axes))


# --- expectations -------------------------------------------------------------------------------------------------------


@handles("E")
def _e(ev: Evaluator, t: Term, env: Env) -> Value:
    n = int(t.data)
    return expectation(ev, t.args[0], t.args[len(t.args) - n :], env)


def moments_of(ev: Evaluator, x: Term, y: Term, conditions: tuple[Term, ...], env: Env) -> Value:
    """Cov(x, y | conditions)."""
    if x.sort.kind == "mat" or y.sort.kind == "mat":
        both = b.matmul(x, b.transpose(y))
        means = b.matmul(mk("E", (x, *conditions), len(conditions), x.sort), b.transpose(mk("E", (y, *conditions), len(conditions), y.sort)))
        from derivcheck.semantics.evaluate_matrix import add_matrices, scale

        first = expectation(ev, both, conditions, env)
        return add_matrices([first, scale(fmpq(-1), ev.eval(means, env))])
    first = expectation(ev, b.mul(x, y), conditions, env)
    second = ar.mul([expectation(ev, x, conditions, env), expectation(ev, y, conditions, env)])
    return ar.sub(first, second)


@handles("Var")
def _var(ev: Evaluator, t: Term, env: Env) -> Value:
    n = int(t.data)
    return moments_of(ev, t.args[0], t.args[0], t.args[len(t.args) - n :], env)


@handles("Cov")
def _cov(ev: Evaluator, t: Term, env: Env) -> Value:
    n = int(t.data)
    return moments_of(ev, t.args[0], t.args[1], t.args[len(t.args) - n :], env)


@handles("Pr")
def _pr(ev: Evaluator, t: Term, env: Env) -> Value:
    n = int(t.data)
    events = t.args[: len(t.args) - n]
    return expectation(ev, b.ind(b.and_(*events)), t.args[len(t.args) - n :], env)


@handles("Eover")
def _eover(ev: Evaluator, t: Term, env: Env) -> Value:
    return expectation_over(ev, t.args[0], t.bound, t.args[-1], env)


@handles("Varover")
def _varover(ev: Evaluator, t: Term, env: Env) -> Value:
    body = t.args[-1]
    if body.sort.kind == "mat":
        from derivcheck.semantics.evaluate_matrix import add_matrices, product, scale, transpose

        first = expectation_over(ev, t.args[0], t.bound, b.matmul(body, b.transpose(body)), env)
        mean = expectation_over(ev, t.args[0], t.bound, body, env)
        if not isinstance(mean, Matrix):
            return UNKNOWN
        return add_matrices([first, scale(fmpq(-1), product([mean, transpose(mean)]))])
    first = expectation_over(ev, t.args[0], t.bound, b.mul(body, body), env)
    mean = expectation_over(ev, t.args[0], t.bound, body, env)
    return ar.sub(first, ar.mul([mean, mean]))


@handles("Covover")
def _covover(ev: Evaluator, t: Term, env: Env) -> Value:
    pair = t.args[-1]
    if pair.op != "tuple" or len(pair.args) != 2:
        return UNKNOWN
    x, y = pair.args
    if x.sort.kind == "mat" or y.sort.kind == "mat":
        from derivcheck.semantics.evaluate_matrix import add_matrices, as_matrix, product, scale, transpose

        first = expectation_over(ev, t.args[0], t.bound, b.matmul(x, b.transpose(y)), env)
        means = [as_matrix(expectation_over(ev, t.args[0], t.bound, z, env)) for z in (x, y)]
        if means[0] is None or means[1] is None:
            return UNKNOWN
        return add_matrices([first, scale(fmpq(-1), product([means[0], transpose(means[1])]))])
    first = expectation_over(ev, t.args[0], t.bound, b.mul(x, y), env)
    return ar.sub(first, ar.mul([expectation_over(ev, t.args[0], t.bound, z, env) for z in (x, y)]))


def expectation_over(ev: Evaluator, d: Term, bound: tuple[Term, ...], body: Term, env: Env) -> Value:
    """E_{x ~ D}[body]."""
    symbols, dangling, pair, outside = opened(mk("tuple", (d, body)), bound)
    before = ev.analytic
    ev.analytic = follow(ev, dangling, outside)
    try:
        return over_law(ev, pair.args[0], symbols, pair.args[1], outer_frame(ev, dangling, outside, env))
    finally:
        ev.analytic = before


def expectation_at(ev: Evaluator, d: Term, x: Term, body: Term, env: Env) -> Value:
    """E[body] for a symbol x with the law d."""
    _, dangling, pair, outside = opened(mk("tuple", (d, body)), ())
    return over_law(ev, pair.args[0], (x,), pair.args[1], outer_frame(ev, dangling, outside, env))


def over_law(ev: Evaluator, d: Term, symbols: tuple[Term, ...], body: Term, env: Env) -> Value:
    """The expectation with the binder opened."""
    from derivcheck.semantics.densities import SUPPORT, finite_outcomes
    from derivcheck.semantics.expectation import degree, law_points

    law = as_table(ev, ev.eval(d, env), env)
    if law is UNDEFINED:
        return UNDEFINED
    if isinstance(law, TableLaw):
        return over_table(ev, law, symbols, body, env)
    if len(symbols) != 1:
        return UNKNOWN
    (x,) = symbols
    if isinstance(law, NamedLaw):
        listed = finite_outcomes(law.name, list(law.params))
        if listed is not None:
            return weighted([(ev.eval(body, Env(env, {x: v})), w) for v, w in listed if not is_zero(w)])
        deg = degree(body, x)
        if deg is not None:
            points = law_points(ev, law, deg)
            if points is not None:
                return weighted([(ev.eval(body, Env(env, {x: v})), w) for v, w in points if not is_zero(w)])
        if x.sort.kind != "num" or body.sort.kind != "num":
            return UNKNOWN
        # the law's parameters as symbols with their values: its term may live in another scope
        names = [fresh("p", p.sort) for p in law.term.args]
        frame = Env(env, dict(zip(names, law.params)))
        integrand = b.mul(body, b.pdf(mk("dist", tuple(names), law.name, law.term.sort), x))
        kind = SUPPORT.get(law.name)
        ends: dict[str | None, tuple[Term, Term]] = {"reals": (b.neg(b.INF), b.INF), "positive": (b.ZERO, b.INF), "unit": (b.ZERO, b.ONE)}
        if kind == "interval":
            ends["interval"] = (names[0], names[1])
        if kind in ends:
            return ev.eval(b.big("int", x, *ends[kind], integrand), frame)
        if kind in ("naturals", "positive naturals"):
            return ev.eval(b.sum_(x, b.ZERO if kind == "naturals" else b.ONE, b.INF, integrand), frame)
        return UNKNOWN
    if isinstance(law, FormulaLaw):
        return over_formula(ev, law, d, x, body, env)
    return UNKNOWN


def over_formula(ev: Evaluator, law: FormulaLaw, d: Term, x: Term, body: Term, env: Env) -> Value:
    """The expectation against a density given by a formula."""
    from derivcheck.semantics.sets import elements

    lam = law.function.term
    if lam is not d or len(lam.bound) != 1 or body.sort.kind != "num":
        return UNKNOWN
    domain = lam.args[0]
    points = elements(ev, domain, env)
    if points is not None:
        pairs = []
        for p in points:
            w = ev.eval(lam.args[-1], Env(env, {lam.bound[0]: p}))
            if is_zero(w):
                continue
            if not is_number(w):
                return UNKNOWN
            pairs.append((ev.eval(body, Env(env, {x: p})), w))
        return weighted(pairs)
    if x.sort.kind != "num":
        return UNKNOWN
    integrand = b.mul(body, instantiate(lam, (x,)))
    if domain.op == "set" and domain.data in ("N", "Npos"):
        return ev.eval(b.sum_(x, b.ZERO if domain.data == "N" else b.ONE, b.INF, integrand), env)
    if domain.op == "set" and domain.data == "Z":
        return UNKNOWN
    return ev.eval(b.bigset("intset", x, domain, integrand), env)


def over_table(ev: Evaluator, law: TableLaw, bound: tuple[Term, ...], body: Term, env: Env) -> Value:
    """The expectation over a mass function or a step density; densities after a bar are not averaged over."""
    if law.before != len(law.axes):
        return UNKNOWN
    variables = bound
    if len(bound) == 1 and len(law.axes) > 1:
        return UNKNOWN
    if len(variables) != len(law.axes):
        return UNKNOWN
    rough: list[int] = []
    for i, (axis, v) in enumerate(zip(law.axes, variables)):
        if axis.discrete or v not in body.free:
            continue
        laws = table_laws(ev, body, v, env)
        if laws is None or any(other.axes[k] is not axis for other, k in laws):
            rough.append(i)
    if len(rough) > 1 or any(law.axes[i].vector and len(law.axes[i].boxes[0]) > 1 for i in rough):
        return UNKNOWN
    pairs: list[tuple[Value, Value]] = []
    for cell, w in law.weights.items():
        if w == 0:
            continue
        values = {v: axis.centre(i) for v, axis, i in zip(variables, law.axes, cell)}
        if not rough:
            pairs.append((ev.eval(body, Env(env, values)), w))
            continue
        k = rough[0]
        ((lo, hi),) = law.axes[k].boxes[cell[k]]
        if law.axes[k].vector or body.sort.kind != "num":
            return UNKNOWN
        from derivcheck.semantics.quadrature import between

        others = {v: c for v, c in values.items() if v is not variables[k]}
        binder = mk("int", (b.ZERO, b.ONE, body), None, body.sort, (variables[k],))
        got = between(ev, binder, lo, hi, Env(env, others))
        pairs.append((got, w / law.axes[k].volume(cell[k])))
    return weighted(pairs) if pairs else UNKNOWN
