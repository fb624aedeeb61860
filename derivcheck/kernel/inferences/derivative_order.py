"""Derivatives of a symbolic order by induction on the order."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.inferences.sums import without
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration, Hypothesis
from derivcheck.terms.term import Term, contains_op, instantiate, num, substitute, subterms

_POLYNOMIAL = frozenset("num sym const add neg mul".split())


@inference(
    "derivative-order",
    statement="d^n f/dx^n = g(n, x) for n ≥ n₀ and x in an open set, from d^n₀ f/dx^n₀ = g(n₀, x) and d g(n, x)/dx = g(n + 1, x)",
    source="induction on the order",
    method="induction",
)
def derivative_order(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """One side is the derivative of order n by the symbol x at x; the other, g, must have values for all n ≥ n₀ and x."""
    t, g = relation(ob, "=")
    if t.op != "nderiv":
        t, g = g, t
    if t.op != "nderiv" or t.sort.kind != "num" or t.args[0].op != "sym" or contains_op(g, "nderiv"):
        raise Rejected("not a derivative of symbolic order at its variable")
    x, n = t.args[:2]
    if n.op != "sym" or n in t.args[-1].free or x is n:
        raise Rejected("the order is not a symbol that the function is free of")
    oracle = session.oracle(ob.context)
    declared, order = ob.context.declarations.get(x), ob.context.declarations.get(n)
    if declared is None or order is None or declared.random or order.random or not oracle.natural(n):
        raise Rejected("not declared variables")
    low = oracle.info(n).lo
    if low is None or low.denominator != 1 or not 0 <= low <= 20:
        raise Rejected("no least order")
    if oracle.open_domain(x) is None and declared.domain is not b.REALS:
        raise Rejected("the variable does not run through an open set")
    _open_hypotheses(ob.context, x)
    context = without(ob.context, n, ob.statement)
    start = num(low)
    general = context.with_declaration(Declaration(n, b.INTEGERS)).with_hypotheses([Hypothesis(b.rel(n, "≥", start), None, "domain")])
    room = session.oracle(general)
    f = instantiate(t, (x,))
    if not (total(f, room) and total(g, room)):
        raise Rejected("the sides are not shown to have values for every order")
    following = substitute(g, {n: b.add(n, b.ONE)})
    first = b.deriv(x, f, order=int(low)) if low else f
    return [
        Obligation(context, b.eq(first, substitute(g, {n: start}))),
        Obligation(general, b.eq(b.deriv(x, g), following)),
    ]


def _open_hypotheses(context: Context, x: Term) -> None:
    """What is assumed of x must hold around x where it holds at x."""
    for h in context.hypotheses:
        p = h.statement
        if x not in p.free:
            continue
        strict = p.op == "rel" and p.data in ("<", ">", "≠") and p.args[0].sort.kind == "num"
        if not strict or any(s.op not in _POLYNOMIAL for side in p.args for s in subterms(side)):
            raise Rejected("a hypothesis may hold at single points only")
