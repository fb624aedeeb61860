"""Equations of vectors and matrices entry by entry, with universal hypotheses about entries used at the entry in hand.

Decides what elementwise case distinctions leave open: at each entry the hypotheses say on which side of a kink it lies.
"""

from __future__ import annotations

from itertools import permutations

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.obligation import Obligation
from derivcheck.provers import scalar
from derivcheck.provers.scalar import attempt
from derivcheck.terms.term import Term

METHODS = ("entries with hypotheses",)


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of an equation of matrices whose entries hypotheses speak of."""
    p = ob.statement
    if p.op != "rel" or p.data != "=" or p.args[0].sort.kind != "mat" or not any(h.statement.op == "forall" for h in ob.context.hypotheses):
        return None
    normal = attempt(ob, "rewrite", (), session)
    for start, first in ((normal[0], True), (ob, False)) if normal else ((ob, False),):
        rest = attempt(start, "entrywise", (), session)
        if not rest or len(rest) != 1:
            continue
        inner = _with_instances(rest[0], [s for s in rest[0].context.declarations if s not in ob.context.declarations], session)
        if inner is not None:
            found = Proof("entrywise", (), (inner,))
            return Proof("rewrite", (), (found,)) if first else found
    return None


def _with_instances(ob: Obligation, indices: list[Term], session: Session) -> Proof | None:
    now, steps = ob, []
    for number, h in enumerate(ob.context.hypotheses):
        if h.statement.op != "forall" or len(h.statement.bound) > len(indices):
            continue
        for values in permutations(indices, len(h.statement.bound)):
            rest = attempt(now, "instance", (number, values), session)
            if rest is None:
                continue
            proofs = [scalar.leaf(r, session, "member") for r in rest[:-1]]
            if any(q is None for q in proofs):
                continue
            steps.append(((number, values), tuple(q for q in proofs if q is not None)))
            now = rest[-1]
    if not steps:
        return None
    inner: Proof | None = scalar.prove(now, session)
    for params, proofs_ in reversed(steps):
        if inner is None:
            return None
        inner = Proof("instance", params, (*proofs_, inner))
    return inner
