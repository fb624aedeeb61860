"""Relations between probabilities, or between indicators, by the algebra of events.

The assignments of truth values that the sides depend on are tried: those whose relations contradict each other (X ≤ a and not X ≤ b, for
a < b) are left out.  Limits: six relations.
"""

from __future__ import annotations

from itertools import product

from derivcheck.kernel.check import Proof, Rejected, Session
from derivcheck.kernel.inferences.event_algebra import contradiction, events_of
from derivcheck.kernel.obligation import Obligation
from derivcheck.provers import linear, scalar
from derivcheck.provers.scalar import attempt
from derivcheck.terms.term import contains_op

METHODS = ("algebra of events",)
_RULES = {"Pr": "event-algebra", "ind": "indicator-algebra"}


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of a relation between probabilities or indicators."""
    p = ob.statement
    if p.op != "rel" or p.data not in ("=", "≤", "≥") or p.args[0].sort.kind != "num":
        return None
    for op, rule in _RULES.items():
        if contains_op(p, op):
            if op == "Pr" and attempt(ob, rule, (), session) == []:
                return Proof(rule)
            found = _by_assignments(ob, op, rule, session)
            if found is not None:
                return found
    return None


def _by_assignments(ob: Obligation, op: str, rule: str, session: Session) -> Proof | None:
    try:
        size = len(events_of(ob, session, op))
    except Rejected:
        return None
    impossible: dict[tuple[bool, ...], Proof] = {}
    for a in product((True, False), repeat=size):
        try:
            rest = contradiction(ob, a, session, op)
        except Rejected:
            return None
        proof = scalar.prove(rest, session) or linear.prove(rest, session)
        if proof is not None:
            impossible[a] = proof
    params = tuple(sorted(impossible))
    rest_of = attempt(ob, rule, params, session)
    if rest_of is None:
        return None
    if op == "Pr":
        return Proof(rule, params, tuple(impossible[a] for a in params))
    proofs: list[Proof] = []
    for a, r in zip(product((True, False), repeat=size), rest_of, strict=True):
        proof = impossible.get(a) or scalar.prove(r, session)
        if proof is None:
            return None
        proofs.append(proof)
    return Proof(rule, params, tuple(proofs))
