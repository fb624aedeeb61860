"""Bounds of integrals and sums: |∫ f| by ∫ |f|, products of integrals or sums by Cauchy and Schwarz.

Candidates for p in (∫ p)² ≤ ∫ q ∫ r are the integrands in the goal and √(q r); for r also 1.  Limits: finite ranges; `TRIES` candidates.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.obligation import Obligation
from derivcheck.provers import linear, order, scalar
from derivcheck.provers.scalar import attempt, leaf
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, instantiate, open_binder, subterms

METHODS = ("Cauchy and Schwarz for integrals and sums",)
TRIES = 6


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of an inequality with proper integrals or finite sums."""
    p = ob.statement
    if p.op != "rel" or p.data not in ("<", "≤", ">", "≥") or p.args[0].sort.kind != "num":
        return None
    nodes = [t for t in dict.fromkeys(subterms(p)) if t.op in ("int", "sum") and t.sort.kind == "num" and len(t.bound) == 1 and not any(v.op == "bvar" for v in t.free)]
    if not nodes:
        return None
    if p.data not in ("≤", "≥"):
        return _modulus(ob, session)
    found = _modulus(ob, session) or _cauchy_schwarz(ob, nodes, session)
    rest = attempt(ob, "clear-denominators", (), session) if found is None else None
    inner = _cauchy_schwarz(rest[0], nodes, session) if rest else None
    return found or (Proof("clear-denominators", (), (inner,)) if inner is not None else None)


def _modulus(ob: Obligation, session: Session) -> Proof | None:
    rest = attempt(ob, "modulus-of-integral", (), session)
    if not rest:
        return None
    inner = scalar.prove(rest[0], session) or linear.prove(rest[0], session)
    if inner is None:
        parts = attempt(rest[0], "integrals-pointwise", (), session)
        at = (scalar.prove(parts[0], session) or order.prove(parts[0], session)) if parts else None
        inner = Proof("integrals-pointwise", (), (at,)) if at is not None else None
    return None if inner is None else Proof("modulus-of-integral", (), (inner,))


def _cauchy_schwarz(ob: Obligation, nodes: list[Term], session: Session) -> Proof | None:
    for params in islice(_candidates(nodes, ob, session), TRIES):
        rest = attempt(ob, "cauchy-schwarz-operator", params, session)
        if rest is None:
            continue
        proofs = [scalar.prove(r, session) for r in rest[:3]]
        final = (leaf(rest[3], session, "reflexive", "sign") or linear.prove(rest[3], session)) if all(proofs) else None
        if final is not None:
            return Proof("cauchy-schwarz-operator", params, (*(q for q in proofs if q is not None), final))
    return None


def _candidates(nodes: list[Term], ob: Obligation, session: Session) -> Iterator[tuple[Any, ...]]:
    """(op, a, b, p, q, r) with q, and r or p, among the integrands of the goal."""
    rw = session.rewriter(ob.context)
    ranges: dict[tuple[str, Term, Term], list[Term]] = {}
    for t in nodes:
        ranges.setdefault((t.op, t.args[0], t.args[1]), []).append(t)
    for (op, lo, hi), members in ranges.items():
        domain = b.INTEGERS if op == "sum" else b.REALS
        (k,) = open_binder(members[0])[0]
        bodies = [instantiate(t, (k,)) for t in members]

        def function(f: Term, k: Term = k, domain: Term = domain) -> Term:
            return b.lam((k,), (domain,), f)

        for i, q in enumerate(bodies):
            for r in bodies[i + 1 :]:
                for p in [f for f in bodies if f is not q and f is not r]:
                    yield op, lo, hi, function(p), function(q), function(r)
                yield op, lo, hi, function(b.ONE), function(q), function(r)
                yield op, lo, hi, function(rw.nf(b.sqrt(b.mul(q, r)))), function(q), function(r)
            for p in bodies:
                if p is not q:
                    yield op, lo, hi, function(p), function(q), function(b.ONE)
