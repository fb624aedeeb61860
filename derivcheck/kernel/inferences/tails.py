"""Bounds of tail probabilities: Chernoff, Cantelli, Hoeffding, Paley and Zygmund.

An event u ≥ a (or u > a, a ≤ u, …) is read as g ≥ 0 with the gap g = u - a; |v| ≥ a as the union of the events of v - a and -v - a.
Markov's and Chebyshev's inequalities stand in `probability.py`.
"""

from __future__ import annotations

from typing import Any

from derivcheck.kernel import algebra
from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.inferences.basic import CORE, relation
from derivcheck.kernel.inferences.probability import LINEAR
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.monomials import factors, product
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk, num


def _bounded(ob: Obligation, above: bool) -> tuple[Term, Term]:
    """The probability and the number that is to bound it from above (below)."""
    x, y = relation(ob, "≤", "≥")
    if (ob.statement.data == "≤") != above:
        x, y = y, x
    if x.op != "Pr" or len(x.args) != 1:
        raise Rejected("not a probability without conditions")
    return x.args[0], y


def gaps(event: Term) -> list[Term]:
    """g with g ≥ 0 on the event (or on one of the two parts that make it up)."""
    if event.op != "rel" or event.data not in ("≥", ">", "≤", "<") or event.args[0].sort.kind != "num":
        raise Rejected("not a tail")
    u, a = event.args if event.data in ("≥", ">") else event.args[::-1]
    if u.op == "fn" and u.data == "abs":
        return [b.sub(u.args[0], a), b.sub(b.neg(u.args[0]), a)]
    return [b.sub(u, a)]


def _equal(x: Term, y: Term, ob: Obligation, session: Session) -> bool:
    from derivcheck.kernel.elimination import zero_modulo_hypotheses

    for groups in (CORE, LINEAR):
        rw = session.rewriter(ob.context, groups)
        if algebra.is_zero(b.sub(x, y), rw) or zero_modulo_hypotheses(b.sub(x, y), rw):
            return True
    return False


def _real(gs: list[Term], ob: Obligation, session: Session) -> None:
    oracle = session.oracle(ob.context)
    if not all(oracle.real(g) for g in gs):
        raise Rejected("not shown real")


@inference(
    "chernoff",
    statement="Pr(g ≥ 0) ≤ E[e^{tg}] for t ≥ 0, g real",
    source="Chernoff 1952; Boucheron, Lugosi, Massart, Concentration Inequalities, 2.2",
    method="Chernoff",
)
def chernoff(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (t,).  Leaves that t is nonnegative where that is not seen, and that the mean, in closed form, is at most the other side."""
    (t,) = params
    event, y = _bounded(ob, True)
    gs = gaps(event)
    _real(gs, ob, session)
    rw = session.rewriter(ob.context)
    from derivcheck.kernel.randomness import randomness

    if randomness(rw.oracle).atoms(t):
        raise Rejected("t is not a number")
    whole = rw.nf(b.add(*(b.expect(b.exp(b.mul(t, g))) for g in gs)))
    sign = [] if rw.oracle.nonnegative(t) else [Obligation(ob.context, b.rel(b.ZERO, "≤", t))]
    return [*sign, Obligation(ob.context, b.rel(whole, "≤", y))]


@inference(
    "cantelli",
    statement="Pr(g ≥ 0) ≤ Var(g)/(Var(g) + m²) for m = -E[g] > 0, g real",
    source="Cantelli 1928; Boucheron, Lugosi, Massart, Concentration Inequalities, exercise 2.3",
    method="Cantelli",
)
def cantelli(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (m,).  The bound must be the other side."""
    (m,) = params
    event, y = _bounded(ob, True)
    gs = gaps(event)
    if len(gs) != 1:
        raise Rejected("not one tail")
    _real(gs, ob, session)
    _shortfall(m, gs[0], ob, session, strict=True)
    spread = mk("Var", (gs[0],), 0)
    if not _equal(y, b.div(spread, b.add(spread, b.pow_(m, 2))), ob, session):
        raise Rejected("not that bound")
    return []


def _shortfall(m: Term, g: Term, ob: Obligation, session: Session, strict: bool) -> None:
    """m = -E[g], shown positive (nonnegative)."""
    oracle = session.oracle(ob.context)
    if not (oracle.positive(m) if strict else oracle.nonnegative(m)) or not _equal(m, b.neg(b.expect(g)), ob, session):
        raise Rejected("the mean is not shown to lie so far below the threshold")


@inference(
    "second-moment",
    statement="Pr(X > c) ≥ (E[X] - c)²/E[X²] for X ≥ 0, 0 ≤ c ≤ E[X]",
    source="Paley, Zygmund 1932",
    method="Paley-Zygmund",
)
def second_moment(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """The bound must be the other side; leaves c ≤ E[X] unless c is 0."""
    event, y = _bounded(ob, False)
    if event.op != "rel" or event.data not in ("≥", ">", "≤", "<"):
        raise Rejected("not a tail")
    x, c = event.args if event.data in ("≥", ">") else event.args[::-1]
    rw = session.rewriter(ob.context)
    from derivcheck.kernel.randomness import randomness

    if randomness(rw.oracle).atoms(c) or not rw.oracle.nonnegative(x) or not rw.oracle.nonnegative(c):
        raise Rejected("not a tail of a nonnegative variable")
    mean = b.expect(x)
    bound = b.div(b.pow_(b.sub(mean, c), 2), b.expect(b.pow_(x, 2)))
    if not _equal(y, bound, ob, session):
        raise Rejected("not that bound")
    return [] if c is b.ZERO else [Obligation(ob.context, b.rel(c, "≤", mean))]


@inference(
    "hoeffding",
    statement="Pr(c ∑_k X_k - d ≥ 0) ≤ e^{-2m²/(n c² w²)} for independent X_1, …, X_n with values in an interval of length w, m = d - c ∑_k E[X_k] ≥ 0",
    source="Hoeffding 1963, theorem 2",
    method="Hoeffding",
)
def hoeffding(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (m,).  Leaves that the bound is at most the other side."""
    (m,) = params
    event, y = _bounded(ob, True)
    gs = gaps(event)
    _real(gs, ob, session)
    rw = session.rewriter(ob.context)
    out = []
    for g in gs:
        _shortfall(m, g, ob, session, strict=False)
        out.append(b.exp(b.neg(b.div(b.mul(b.TWO, b.pow_(m, 2)), _widths(g, rw)))))
    return [Obligation(ob.context, b.rel(rw.nf(b.add(*out)), "≤", y))]


def _widths(g: Term, rw: Rewriter) -> Term:
    """n c² w² for g = c ∑_k X_k + what is not random."""
    from derivcheck.kernel.randomness import randomness
    from derivcheck.kernel.rules.expectation import Expectation
    from derivcheck.kernel.rules.independent_families import one_member

    r = randomness(rw.oracle)
    moving = [(c, m) for c, m in linear_terms(rw.nf(g)) if r.atoms(m)]
    if len(moving) != 1:
        raise Rejected("not one sum of random variables")
    ((c, m),) = moving
    top, bottom = factors(m)
    sums = [f for f in top if r.atoms(f)]
    if len(sums) != 1 or sums[0].op != "sum" or any(r.atoms(f) for f in bottom) or sums[0].args[1] is b.INF or sums[0].args[0].op == "neg":
        raise Rejected("not one sum of random variables")
    (s,) = sums
    (k,), body, inner = rw.under(s)
    if body.op != "idx" or not one_member(k, body, inner, Expectation(rw, ())) or any(r.atoms(a) for a in s.args[:2]):
        raise Rejected("not the members of an independent family")
    width = _width(body, rw)
    factor = b.mul(num(c), product([f for f in top if f is not s], bottom))
    return b.mul(b.add(s.args[1], b.neg(s.args[0]), b.ONE), b.pow_(b.mul(factor, width), 2))


def _width(x: Term, rw: Rewriter) -> Term:
    """The length of an interval that holds the values of the members of a family."""
    d = rw.oracle.context.declarations.get(x.args[0])
    law = d.law if d is not None else None
    if law is not None and law.op == "dist":
        if law.data in ("Bern", "Beta"):
            return b.ONE
        if law.data == "U":
            return b.sub(law.args[1], law.args[0])
    if d is not None and d.domain is not None and d.domain.op in ("interval", "range") and not any(a is b.INF or a.op == "neg" and a.args[0] is b.INF for a in d.domain.args):
        return b.sub(d.domain.args[1], d.domain.args[0])
    raise Rejected("no bounds are known")
