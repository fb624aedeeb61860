"""Bounds of integrals and sums: the modulus under the integral sign, and Cauchy and Schwarz's inequality.

Both are about proper integrals of continuous integrands over [a, b], a ≤ b, and finite sums, so that everything has a finite value.
"""

from __future__ import annotations

from typing import Any

from derivcheck.kernel import algebra
from derivcheck.kernel.check import Rejected, Session, eigen, inference, opened
from derivcheck.kernel.continuity import continuous
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.randomness import mentions_random
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration
from derivcheck.terms.sorts import NUM
from derivcheck.terms.term import Term, instantiate, rebind


@inference(
    "modulus-of-integral",
    statement="|∫_a^b f| ≤ B from ∫_a^b |f| ≤ B for a ≤ b (or <), f continuous and real",
    source="triangle inequality for integrals",
    method="estimates",
)
def modulus_of_integral(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "<", "≤", ">", "≥")
    small, large = (x, y) if ob.statement.data in ("<", "≤") else (y, x)
    if small.op != "fn" or small.data != "abs" or small.args[0].op != "int":
        raise Rejected("not the modulus of an integral")
    t = small.args[0]
    (v,), f = opened(ob.context, t)
    inner = session.oracle(_inside(ob.context, t.args[0], t.args[1], v, "int", session))
    if not continuous(f, v, inner) or not inner.real(f):
        raise Rejected("the integrand is not shown to be continuous and real")
    new = rebind(t, (v,), t.args[:2], b.fn("abs", f))
    return [Obligation(ob.context, b.rel(new, "<" if ob.statement.data in ("<", ">") else "≤", large))]


def _inside(context: Context, lo: Term, hi: Term, v: Term, op: str, session: Session) -> Context:
    """The context of one summand or point; rejects ranges that are infinite or not shown to be in order."""
    oracle = session.oracle(context)
    if lo is b.INF or hi is b.INF or not oracle.real(lo) or not oracle.real(hi) or mentions_random(lo, oracle) or mentions_random(hi, oracle):
        raise Rejected("not a finite range")
    if op == "sum":
        if not (oracle.integer(lo) and oracle.integer(hi)):
            raise Rejected("not a range of integers")
        return context.with_declaration(Declaration(v, b.int_range(lo, hi)))
    if op != "int" or not oracle.less_equal(lo, hi):
        raise Rejected("the order of the ends is not shown")
    return context.with_declaration(Declaration(v, b.interval(lo, hi, "[]")))


@inference(
    "cauchy-schwarz-operator",
    statement="A ≤ ∫_a^b q ∫_a^b r from A ≤ (∫_a^b p)² where p² ≤ q r, q, r ≥ 0, all continuous, a ≤ b; finite sums likewise",
    source="Cauchy 1821, Bunyakovsky 1859, Schwarz 1888",
    method="Cauchy-Schwarz",
)
def cauchy_schwarz_operator(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (`int` or `sum`, a, b, p, q, r), the last three functions of the variable.  Leaves q ≥ 0, r ≥ 0, p² ≤ q r, A ≤ (∫ p)²."""
    op, lo, hi, *functions = params
    x, y = relation(ob, "≤", "≥")
    small, large = (x, y) if ob.statement.data == "≤" else (y, x)
    oracle = session.oracle(ob.context)
    if len(functions) != 3 or any(f.op != "lam" or len(f.bound) != 1 or any(v.op == "bvar" for v in f.free) or mentions_random(f, oracle) for f in functions):
        raise Rejected("not functions of one variable")
    v = eigen(ob.context, "k" if op == "sum" else "t", NUM)
    context = _inside(ob.context, lo, hi, v, op, session)
    inner = session.oracle(context)
    p, q, r = (instantiate(f, (v,)) for f in functions)
    for f in (p, q, r):
        if f.sort.kind != "num" or not inner.real(f) or not (continuous(f, v, inner) if op == "int" else total(f, inner)):
            raise Rejected("not shown to have real values")
    whole = [b.big(op, v, lo, hi, f) for f in (p, q, r)]
    if not algebra.is_zero(b.sub(large, b.mul(whole[1], whole[2])), session.rewriter(ob.context)):
        raise Rejected("not the product of these")
    return [
        Obligation(context, b.rel(q, "≥", b.ZERO)),
        Obligation(context, b.rel(r, "≥", b.ZERO)),
        Obligation(context, b.rel(b.pow_(p, 2), "≤", b.mul(q, r))),
        Obligation(ob.context, b.rel(small, "≤", b.pow_(whole[0], 2))),
    ]


