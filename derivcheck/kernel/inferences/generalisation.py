"""Terms replaced by new symbols, the bound of a covariance, and inequalities by squares."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel import algebra
from derivcheck.kernel.check import Rejected, Session, eigen, inference
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.inferences.operators import strict
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.randomness import randomness
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration, Hypothesis
from derivcheck.terms.sorts import NUM
from derivcheck.terms.term import Term, mk, substitute


@inference("generalise", statement="P(t) from P(s) for every real s that the hypotheses about t hold for", source="logic", method="generalisation")
def generalise(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the terms; each is real wherever it has a value, and stands where the sides need its value."""
    p = ob.statement
    if p.op != "rel" or p.args[0].sort.kind != "num" or p.data not in ("=", "≠", "<", "≤", ">", "≥"):
        raise Rejected("not a relation of numbers")
    parts = strict(p.args[0]) | strict(p.args[1])
    oracle = session.oracle(ob.context)
    mapping: dict[Term, Term] = {}
    context = ob.context
    for k, t in enumerate(params):
        if t.op == "sym" or t not in parts or not oracle.real(t) or any(v.op == "bvar" for v in t.free):
            raise Rejected("not a real part of the sides")
        if randomness(oracle).atoms(t):
            raise Rejected("a random variable is not one number")
        s = eigen(ob.context, "s", NUM, k)
        mapping[t] = s
        context = context.with_declaration(Declaration(s, b.REALS))
    known = [Hypothesis(substitute(h.statement, mapping), h.label, "step") for h in context.hypotheses]
    context = context.with_hypotheses([h for h, old in zip(known, context.hypotheses, strict=True) if h.statement is not old.statement])
    return [Obligation(context, substitute(p, mapping))]


@inference("covariance-bound", statement="Cov(a, b)² ≤ Var(a) Var(b)", source="Cauchy-Schwarz", method="Cauchy-Schwarz")
def covariance_bound(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the covariance; the variances must stand in the sides (then they have values)."""
    (c,) = params
    p = ob.statement
    if p.op != "rel" or p.args[0].sort.kind != "num":
        raise Rejected("not a relation of numbers")
    parts = strict(p.args[0]) | strict(p.args[1])
    if c.op != "Cov" or c not in parts or c.sort.kind != "num":
        raise Rejected("not a covariance of the sides")
    x, y, conds = c.args[0], c.args[1], c.args[2:]
    oracle = session.oracle(ob.context)
    if not (oracle.real(x) and oracle.real(y)):
        raise Rejected("not shown real")
    u, v = (mk("Var", (t, *conds), len(conds), NUM) for t in (x, y))
    if u not in parts or v not in parts:
        raise Rejected("the variances are not parts of the sides")
    fact = b.rel(b.pow_(c, 2), "≤", b.mul(u, v))
    return [Obligation(ob.context.with_hypotheses([Hypothesis(fact, None, "step")]), p)]


@inference("square-bound", statement="A ≤ B from C² ≤ D², where B - A = D - C, D ≥ 0, C real", source="monotony of the square", method="order")
def square_bound(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: C, D."""
    c, d = params
    x, y = relation(ob, "≤", "≥")
    low, high = (x, y) if ob.statement.data == "≤" else (y, x)
    rw = session.rewriter(ob.context)
    if not algebra.is_zero(b.sub(b.sub(high, low), b.sub(d, c)), rw) or not rw.oracle.nonnegative(d) or not rw.oracle.real(c):
        raise Rejected("not of this form")
    return [Obligation(ob.context, b.rel(b.pow_(c, 2), "≤", b.pow_(d, 2)))]
