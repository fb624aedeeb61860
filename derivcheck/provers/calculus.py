"""Relations of calculus: equal up to a constant by derivatives, growth by expansions."""

from __future__ import annotations

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.obligation import Obligation
from derivcheck.provers import hypotheses, scalar
from derivcheck.provers.scalar import attempt, leaf
from derivcheck.terms.term import contains_op


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of `A ≐_x B`, of `f = O(g)`, or of an equation between derivatives by differentiating a hypothesis."""
    p = ob.statement
    if p.op != "rel" or p.args[0].sort.kind != "num":
        return None
    if p.data == "O":
        return leaf(ob, session, "growth")
    if p.data == "≐":
        rest = attempt(ob, "equal-derivatives", (), session)
        if rest:
            inner = scalar.prove(rest[0], session)
            return None if inner is None else Proof("equal-derivatives", (), (inner,))
    if p.data == "=" and contains_op(p, "dfun"):
        return _implicit(ob, session) or _differentiated(ob, session, 0)
    return None


def _implicit(ob: Obligation, session: Session) -> Proof | None:
    """Functions that hypotheses determine replaced by numbers that satisfy the equations."""
    rest = attempt(ob, "implicit-function", (), session) if any(h.statement.op == "forall" for h in ob.context.hypotheses) else None
    inner = leaf(rest[0], session, "ring", "equations", "normal-form") or scalar.prove(rest[0], session) if rest else None
    return Proof("implicit-function", (), (inner,)) if inner is not None else None


def _differentiated(ob: Obligation, session: Session, depth: int) -> Proof | None:
    """Hypotheses ∀t: A(t) = B(t) differentiated up to twice, then their instances."""
    for number, h in enumerate(ob.context.hypotheses):
        if h.statement.op != "forall" or (depth and number < len(ob.context.hypotheses) - 1):
            continue
        rest = attempt(ob, "differentiate-hypothesis", (number,), session)
        if not rest:
            continue
        inner = hypotheses.prove(rest[0], session) or (_differentiated(rest[0], session, depth + 1) if depth < 1 else None)
        if inner is not None:
            return Proof("differentiate-hypothesis", (number,), (inner,))
    return None
