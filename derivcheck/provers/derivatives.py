"""Derivatives of a symbolic order, by induction; derivatives that hypotheses speak of: sums of functions whose derivatives are given.

The inference `derivative-of-sum` splits; the linear normal form with the hypotheses' equations does the rest.
"""

from __future__ import annotations

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.obligation import Obligation
from derivcheck.provers import operators, scalar
from derivcheck.provers.scalar import attempt
from derivcheck.terms.term import contains_op

METHODS = ("derivatives of symbolic order", "derivatives given by hypotheses")


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of an equation with derivatives of sums."""
    p = ob.statement
    if p.op == "rel" and p.data == "=" and contains_op(p, "nderiv"):
        return _of_order(ob, session)
    if p.op != "rel" or p.data != "=" or not contains_op(p, "deriv") or not ob.context.hypotheses:
        return None
    rest = attempt(ob, "derivative-of-sum", (), session)
    if not rest:
        return None
    inner = scalar.leaf(rest[0], session, "reflexive", "ring", "equations") or operators.prove(rest[0], session)
    return None if inner is None else Proof("derivative-of-sum", (), (inner,))


def _of_order(ob: Obligation, session: Session) -> Proof | None:
    rest = attempt(ob, "derivative-order", (), session)
    if rest is None:
        return None
    proofs = [scalar.prove(r, session) for r in rest]
    return None if any(q is None for q in proofs) else Proof("derivative-order", (), tuple(q for q in proofs if q is not None))
