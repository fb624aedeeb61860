"""Infinite divergences: an interval between points where the formulas of the densities change on which one is positive, the other zero.

The order of these points may depend on the symbols: it is settled by case splits.  Limits: `DEPTH` splits.
"""

from __future__ import annotations

from itertools import permutations

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.obligation import Obligation
from derivcheck.provers import scalar
from derivcheck.provers.scalar import attempt
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, subterms

METHODS = ("infinite divergences",)
DEPTH = 3


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of KL(p ‖ q) = ∞."""
    p = ob.statement
    if p.op != "rel" or p.data != "=" or b.INF not in p.args or not any(a.op == "KL" for a in p.args):
        return None
    node = next(a for a in p.args if a.op == "KL")
    return _search(ob, _breaks(node), session, 0)


def _breaks(node: Term) -> list[Term]:
    """What conditions compare a density's variable with."""
    out: dict[Term, None] = {}
    for d in node.args:
        if d.op != "lam":
            continue
        x = d.bound[0]
        for s in subterms(d.args[-1]):
            if s.op == "rel" and s.data in ("<", "≤", ">", "≥") and x in s.args:
                other = s.args[1] if s.args[0] is x else s.args[0]
                if not any(v.op == "bvar" for v in other.free):
                    out[other] = None
    return list(out)


def _search(ob: Obligation, points: list[Term], session: Session, depth: int) -> Proof | None:
    oracle = session.oracle(ob.context)
    pairs = [(u, v) for u, v in permutations(points, 2) if oracle.less(u, v)]
    pairs += [(b.neg(b.INF), v) for v in points] + [(u, b.INF) for u in points]
    for low, high in pairs:
        rest = attempt(ob, "divergence-infinite", (low, high), session)
        if rest is None:
            continue
        proofs = []
        for r in rest:
            proof = scalar.prove(r, session)
            if proof is None:
                break
            proofs.append(proof)
        if len(proofs) == len(rest):
            return Proof("divergence-infinite", (low, high), tuple(proofs))
    if depth >= DEPTH:
        return None
    rw = session.rewriter(ob.context)
    for u, v in permutations(points, 2):
        gap = rw.nf(b.sub(u, v))
        if not gap.free or oracle.less(u, v) or oracle.less(v, u) or oracle.positive(gap) or oracle.negative(gap):
            continue
        cases = attempt(ob, "cases", ("sign", gap), session)
        if cases is None or len(cases) < 2:
            continue
        proofs = []
        for c in cases:
            proof = _search(c, points, session, depth + 1)
            if proof is None:
                break
            proofs.append(proof)
        if len(proofs) == len(cases):
            return Proof("cases", ("sign", gap), tuple(proofs))
        return None
    return None
