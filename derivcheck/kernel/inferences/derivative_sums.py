"""Derivatives of sums whose parts have derivatives by hypothesis.

A sum may have a derivative where its parts have none, so the rewriting rules don't split the derivative of abstract parts.  Where a
hypothesis gives the derivative of a part a value (it is a side of an equation that holds), the split is sound.
"""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.obligation import Obligation
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, map_children, open_binder, rebind


@inference(
    "derivative-of-sum",
    statement="d(c f + d g)/dx = c df/dx + d dg/dx where hypotheses say what df/dx and dg/dx are",
    source="linearity of the derivative",
    method="hypotheses",
)
def derivative_of_sum(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    known: set[Term] = set()
    for h in ob.context.hypotheses:
        for p in h.statement.args if h.statement.op == "and" else (h.statement,):
            if p.op == "rel" and p.data == "=" and len(p.args) == 2:
                known |= {a for a in p.args if a.op == "deriv"}
    if not known or not params == ():
        raise Rejected("no derivative is given")
    new = _split(ob.statement, known)
    if new is ob.statement:
        raise Rejected("nothing to split")
    return [Obligation(ob.context, new)]


def _split(t: Term, known: set[Term]) -> Term:
    if t.op == "deriv" and t.data == 1 and t not in known:
        (x,), body = open_binder(t)
        parts = _linear(body, x, t, known)
        if parts is not None:
            return parts
    return map_children(t, lambda a: _split(a, known))


def _linear(f: Term, x: Term, t: Term, known: set[Term]) -> Term | None:
    """The derivative of f as a combination of known ones, if it is one."""
    if x not in f.free:
        return b.ZERO
    whole = rebind(t, (x,), t.args[:-1], f)
    if whole in known:
        return whole
    if f.op == "add":
        parts = [_linear(a, x, t, known) for a in f.args]
        return b.add(*(p for p in parts if p is not None)) if None not in parts else None
    if f.op == "neg":
        inner = _linear(f.args[0], x, t, known)
        return None if inner is None else b.neg(inner)
    if f.op == "mul":
        moving = [i for i, a in enumerate(f.args) if x in a.free]
        if len(moving) == 1:
            inner = _linear(f.args[moving[0]], x, t, known)
            return None if inner is None else b.mul(*f.args[: moving[0]], inner, *f.args[moving[0] + 1 :])
    if f.op == "div" and x not in f.args[1].free:
        inner = _linear(f.args[0], x, t, known)
        return None if inner is None else b.div(inner, f.args[1])
    return None
