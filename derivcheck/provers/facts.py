"""Hypotheses brought into normal form, then the methods for scalars.

Decides goals with kinks whose place a hypothesis excludes in another writing (`max(0, c)` against `(c + |c|)/2`).
"""

from __future__ import annotations

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.obligation import Obligation
from derivcheck.provers import scalar
from derivcheck.provers.scalar import attempt
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, subterms

METHODS = ("hypotheses in normal form",)


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of a relation of numbers with the normal forms of the hypotheses at hand."""
    p = ob.statement
    if p.op != "rel" or p.data not in ("=", "<", "≤", ">", "≥", "≠") or not ob.context.hypotheses or p.args[0].sort.kind != "num":
        return None
    if not kinked(p) or not any(kinked(h.statement) for h in ob.context.hypotheses):
        return None
    rest = attempt(ob, "normal-facts", (), session)
    if not rest:
        return None
    inner = outside_in(rest[0], session, 0)
    return None if inner is None else Proof("normal-facts", (), (inner,))


def kinked(p: Term) -> bool:
    """Whether a relation of numbers has kinks."""
    return p.op == "rel" and kinked_term(p)


def kinked_term(p: Term) -> bool:
    """Whether a kink or a case distinction stands in a term."""
    return any(t.op in ("cases", "ind") or (t.op == "fn" and t.data in ("abs", "max", "min", "sign")) for t in subterms(p))


def outside_in(ob: Obligation, session: Session, depth: int) -> Proof | None:
    """Case splits from the outside, the goal brought into normal form before each: a sign that is settled is gone before the next case
    changes the writing of what it was the sign of."""
    equation = ob.statement.data == "="
    gap = session.rewriter(ob.context).nf(b.sub(*ob.statement.args[:2]))
    if gap is b.ZERO or not kinked_term(gap) or depth >= scalar.DEPTH or not equation:
        done = scalar.leaf(ob, session, "ring", "equations") if equation else scalar.leaf(ob, session, "sign")
        if done is not None or depth >= scalar.DEPTH:
            return done
    normal = attempt(ob, "rewrite", (), session)
    if normal is not None:
        ob = normal[0]
    for kind, on in scalar.splits(gap, ob, session, True):
        cases = attempt(ob, "cases", (kind, on), session)
        if cases is None or len(cases) < 2:
            continue
        proofs: list[Proof] = []
        for case in cases:
            proof = outside_in(case, session, depth + 1)
            if proof is None:
                return None
            proofs.append(proof)
        found = Proof("cases", (kind, on), tuple(proofs))
        return found if normal is None else Proof("rewrite", (), (found,))
    return None
