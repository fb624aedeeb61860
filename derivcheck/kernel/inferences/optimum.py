"""Optimisers: sets of minimisers given explicitly, optimal values, from global inequalities or from second-order conditions.

`argmin_{x ∈ S} f = {x*}` means: x* ∈ S, f has a value there, and f(x) > f(x*) for every other x ∈ S at which f has a value.
"""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.branch_cuts import off_cut
from derivcheck.kernel.check import Rejected, Session, inference, opened
from derivcheck.kernel.inferences.solutions import solve_linear
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.random_laws import laws_free_of
from derivcheck.kernel.valued import needed
from derivcheck.semantics.differentiate import LAW_CONDITION
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration, Hypothesis
from derivcheck.terms.term import Term, mk, open_binder, substitute

_OPTIMA = {"argmin": 1, "argmax": -1, "minover": 1, "maxover": -1, "infover": 1, "supover": -1}


def sides(ob: Obligation) -> tuple[Term, Term]:
    """(optimum node, value): the two sides of an equation between a set of optimisers (an optimal value) and a term."""
    p = ob.statement
    if p.op != "rel" or p.data != "=":
        raise Rejected("not an equation")
    for x, y in (p.args[:2], p.args[1::-1]):
        if x.op in _OPTIMA and len(x.bound) == 1 and x.bound[0].sort.kind == "num":
            return x, y
    raise Rejected("no optimum")


def _point(node: Term, value: Term) -> Term:
    if value.op == "finset" and len(value.args) == 1:
        return value.args[0]
    if node.op in ("argmin", "argmax") and value.sort.kind == "num":
        return value
    raise Rejected("not a single point")


def _interval(s: Term) -> bool:
    return s.op == "interval" or (s.op == "set" and s.data in ("R", "Rpos", "Rnn", "Rneg"))


def _open(s: Term) -> bool:
    return (s.op == "interval" and s.data == "()") or (s.op == "set" and s.data in ("R", "Rpos", "Rneg"))


@inference("optimum-direct", statement="argmin f = {x*} if x* ∈ S and f(x) > f(x*) for all other x ∈ S", source="definition", method="optimum")
def direct(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    node, value = sides(ob)
    if node.op not in ("argmin", "argmax"):
        raise Rejected("not a set of optimisers")
    star = _point(node, value)
    (x,), f = opened(ob.context, node)
    domain = node.args[0]
    better = substitute(f, {x: star})
    context = ob.context.with_declaration(Declaration(x, domain)).with_hypotheses([Hypothesis(b.rel(x, "≠", star), None, "assume")])
    relation = ">" if node.op == "argmin" else "<"
    return [_member(ob, star, domain), *_defined(ob, better, session), Obligation(context, b.rel(f, relation, better))]


def _member(ob: Obligation, x: Term, s: Term) -> Obligation:
    return Obligation(ob.context, mk("rel", (x, s), "in", b.TRUE.sort))


def _defined(ob: Obligation, t: Term, session: Session) -> list[Obligation]:
    out = []
    for c in session.oracle(ob.context).undefinedness(t):
        if c.op == "opaque":
            raise Rejected("definedness is not shown")
        out.append(Obligation(ob.context, c))
    more = needed(t, session.rewriter(ob.context)) if t.sort.kind == "num" else []
    if more is None:
        raise Rejected("definedness is not shown")
    return [*out, *(Obligation(ob.context, c) for c in more)]


@inference(
    "optimum-second-order",
    statement="argmin f = {x*} if S is an interval, f is twice differentiable with f'' > 0 on it, f'(x*) = 0 and x* ∈ S",
    source="strict convexity",
    method="first-order condition and convexity",
)
def second_order(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    node, value = sides(ob)
    if node.op not in ("argmin", "argmax"):
        raise Rejected("not a set of optimisers")
    star = _point(node, value)
    return _stationary(ob, node, star, session)


def _stationary(ob: Obligation, node: Term, star: Term, session: Session) -> list[Obligation]:
    from derivcheck.semantics.differentiate import derivative

    domain = node.args[0]
    if not _interval(domain) or not _open(domain):
        raise Rejected("not an open interval")
    (x,), f = opened(ob.context, node)
    context = ob.context.with_declaration(Declaration(x, domain))
    oracle = session.oracle(context)
    rw = session.rewriter(context)
    written, f = f, rw.nf(f)
    first = derivative(f, x)
    if not first.complete or not all(_good(c, oracle) for c in first.conditions):
        raise Rejected("not differentiable by the rules")
    slope = rw.nf(first.term)
    second = derivative(slope, x)
    if not second.complete or not all(_good(c, oracle) for c in second.conditions):
        raise Rejected("not twice differentiable by the rules")
    curve = rw.nf(second.term)
    for t in (written, f, slope, curve):
        if oracle.undefinedness(t):
            raise Rejected("not defined on the whole set")
    relation = ">" if _OPTIMA[node.op] > 0 else "<"
    return [
        _member(ob, star, domain),
        Obligation(ob.context, b.eq(substitute(slope, {x: star}), b.ZERO)),
        Obligation(context, b.rel(curve, relation, b.ZERO)),
    ]


def _good(c: Term, oracle: Any) -> bool:
    if c.op == "opaque":
        return c.data == LAW_CONDITION and laws_free_of(c.args[0], c.args[1], oracle)
    if oracle.holds(c):
        return True

    return off_cut(c, oracle)


@inference("optimal-value", statement="min f = f(x*) if argmin f = {x*}", source="definition", method="optimum")
def optimal_value(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the optimiser."""
    node, value = sides(ob)
    if node.op not in ("minover", "maxover", "infover", "supover") or value.sort.kind != "num":
        raise Rejected("not an optimal value")
    star = params[0]
    (x,), f = opened(ob.context, node)
    kind = "argmin" if _OPTIMA[node.op] > 0 else "argmax"
    optimisers = b.over(kind, (x,), node.args[:-1], f)
    return [Obligation(ob.context, b.eq(optimisers, b.finset(star))), Obligation(ob.context, b.eq(value, substitute(f, {x: star})))]


def stationary_points(node: Term, context: Any, session: Session) -> list[Term]:
    """Solutions of f' = 0 where that is linear or quadratic in x after clearing denominators (candidates only)."""
    from derivcheck.kernel import algebra
    from derivcheck.semantics.differentiate import derivative, differentiate

    (x,), f = open_binder(node)
    inner = context.with_declaration(Declaration(x, node.args[0]))
    rw = session.rewriter(inner)
    slope = rw.nf(derivative(rw.nf(f), x).term)
    star = solve_linear(slope, x, rw)
    if star is not None:
        return [star]
    region, [(top, _)] = algebra.numerator_polynomials([slope], rw)
    quadratic = region.to_term(top, region.one)
    first = rw.nf(differentiate(quadratic, x))
    second = rw.nf(differentiate(first, x))
    if x in second.free or second is b.ZERO:
        return []
    slope0, value0 = rw.nf(substitute(first, {x: b.ZERO})), rw.nf(substitute(quadratic, {x: b.ZERO}))
    root = b.sqrt(b.sub(b.pow_(slope0, 2), b.mul(b.TWO, second, value0)))
    return [rw.nf(b.div(b.add(b.neg(slope0), r), second)) for r in (root, b.neg(root))]
