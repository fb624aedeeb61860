"""Relations between finite sums, summand by summand; membership in a finite set of numbers as an equation."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, eigen, inference, opened
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.monomials import factors, product
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.randomness import mentions_random
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration, Hypothesis
from derivcheck.terms.sorts import NUM
from derivcheck.terms.term import Term, instantiate, mk, num


@inference(
    "summandwise",
    statement="A ≤ B if B - A = r + ∑_{j=l}^h f_j with r ≥ 0 and f_j ≥ 0 for every j in the range; A = B likewise with = 0",
    source="monotony and linearity of finite sums",
    method="summands",
)
def summandwise(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the ends of the range."""
    lo, hi = params
    x, y = relation(ob, "≤", "≥", "=")
    low, high = (y, x) if ob.statement.data == "≥" else (x, y)
    if hi is b.INF or lo.op == "neg" or low.sort.kind != "num":
        raise Rejected("not a finite range")
    rw = session.rewriter(ob.context)
    j = eigen(ob.context, "j", NUM)
    inside: list[Term] = []
    rest: list[Term] = []
    for q, m in linear_terms(rw.nf(b.sub(high, low))):
        top, bottom = factors(m)
        mine = [f for f in top if f.op == "sum" and f.args[0] is lo and f.args[1] is hi]
        if len(mine) != 1:
            rest.append(b.mul(num(q), m))
            continue
        top.remove(mine[0])
        inside.append(b.mul(num(q), product(top, bottom), instantiate(mine[0], (j,))))
    if not inside:
        raise Rejected("no such sums")
    sign = "=" if ob.statement.data == "=" else "≥"
    context = ob.context.with_declaration(Declaration(j, b.int_range(lo, hi)))
    out = [Obligation(context, mk("rel", (b.add(*inside), b.ZERO), sign, b.TRUE.sort))]
    if rest:
        out.append(Obligation(ob.context, mk("rel", (b.add(*rest), b.ZERO), sign, b.TRUE.sort)))
    return out


@inference("finite-membership", statement="from t ∈ {c₁, …, cₙ}: (t - c₁) ⋯ (t - cₙ) = 0", source="definition", method="sets")
def finite_membership(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    have = {h.statement for h in ob.context.hypotheses}
    new: list[Hypothesis] = []
    for h in ob.context.hypotheses:
        p = h.statement
        if p.op == "rel" and p.data == "in" and p.args[0].sort.kind == "num" and p.args[1].op == "finset" and 0 < len(p.args[1].args) <= 6:
            fact = b.eq(b.mul(*(b.sub(p.args[0], c) for c in p.args[1].args)), b.ZERO)
            if fact not in have:
                new.append(Hypothesis(fact, None, "step"))
    if not new:
        raise Rejected("no membership in a finite set")
    return [Obligation(ob.context.with_hypotheses(new), ob.statement)]


@inference("summed-hypothesis", statement="from A(i) = B(i) for all i from l to h: ∑ A(i) = ∑ B(i) over this range", source="linearity of finite sums", method="summands")
def summed_hypothesis(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the universal hypothesis; leaves the goal with the fact."""
    (p,) = params
    if not any(q is p for h in ob.context.hypotheses for q in (h.statement, *(h.statement.args if h.statement.op == "and" else ()))):
        raise Rejected("no such hypothesis")
    if p.op != "forall" or len(p.bound) != 1 or p.args[0].op != "range" or p.args[0].args[1] is b.INF:
        raise Rejected("not about a finite range")
    (i,), q = opened(ob.context, p)
    if q.op != "rel" or q.data != "=" or q.args[0].sort.kind != "num":
        raise Rejected("not an equation between numbers")
    if mentions_random(p, session.oracle(ob.context)):
        raise Rejected("random")
    lo, hi = p.args[0].args
    fact = b.eq(*(b.sum_(i, lo, hi, side) for side in q.args[:2]))
    return [Obligation(ob.context.with_hypotheses([Hypothesis(fact, None, "step")]), ob.statement)]
