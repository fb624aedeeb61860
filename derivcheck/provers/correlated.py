"""The variance of a linear combination where hypotheses tell the variances and covariances of the members of a family."""

from __future__ import annotations

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.obligation import Obligation
from derivcheck.provers import scalar
from derivcheck.provers.scalar import attempt
from derivcheck.terms.term import subterms

METHODS = ("variances by covariances",)


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of an equation with the variance of a sum on one side."""
    p = ob.statement
    if p.op != "rel" or p.data != "=" or not any(a.op == "Var" for a in p.args[:2]):
        return None
    universal = [(i, h.statement) for i, h in enumerate(ob.context.hypotheses) if h.statement.op == "forall"]
    covariances = [i for i, s in universal if any(t.op == "Cov" for t in subterms(s))]
    variances = [i for i, s in universal if any(t.op == "Var" for t in subterms(s))]
    for j in covariances[:3]:
        for i in (*variances[:3], None):
            rest = attempt(ob, "variance-by-covariances", (i, j), session)
            inner = scalar.prove(rest[0], session) if rest else None
            if inner is not None:
                return Proof("variance-by-covariances", (i, j), (inner,))
    return None
