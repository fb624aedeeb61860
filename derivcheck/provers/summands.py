"""Inequalities and equations between finite sums by what hypotheses say about every summand.

The difference of the sides is gathered under one sum; for a new index the universal hypotheses are used at the indices in sight, and the
summand is settled by the ring, the oracle, linear arithmetic, or (if it is a sum again) in the same way.  Limits: `DEPTH` sums inside each other.
"""

from __future__ import annotations

from itertools import permutations
from typing import Any

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.obligation import Obligation
from derivcheck.provers import linear, operators, scalar
from derivcheck.provers.scalar import attempt
from derivcheck.terms import build as b
from derivcheck.terms.term import contains_op, subterms

METHODS = ("summands with hypotheses",)
DEPTH, INSTANCES = 3, 16
Step = tuple[str, tuple[Any, ...], tuple[Proof, ...]]


def prove(ob: Obligation, session: Session, depth: int = 0) -> Proof | None:
    """A proof of a relation between sums."""
    p = ob.statement
    if p.op != "rel" or p.data not in ("≤", "≥", "=") or p.args[0].sort.kind != "num" or not contains_op(p, "sum"):
        return None
    if depth == 0 and not any(q.op == "forall" for h in ob.context.hypotheses for q in (h.statement, *(h.statement.args if h.statement.op == "and" else ()))):
        return None
    gap = session.rewriter(ob.context).nf(b.sub(*p.args[:2]))
    ranges = dict.fromkeys(s.args[:2] for s in subterms(gap) if s.op == "sum" and not any(v.op == "bvar" for v in s.free))
    for lo, hi in ranges:
        rest = attempt(ob, "summandwise", (lo, hi), session)
        if rest is None:
            continue
        proofs: list[Proof] = []
        for r in rest:
            proof = _summand(r, session, depth + 1) if r is rest[0] else scalar.prove(r, session) or _summand(r, session, depth + 1)
            if proof is None:
                break
            proofs.append(proof)
        if len(proofs) == len(rest):
            return Proof("summandwise", (lo, hi), tuple(proofs))
    if depth == 0 and p.data == "=":
        return _summed(ob, session)
    return _congruent(ob, session, 5) if depth == 0 and p.data != "=" else None


def _summed(ob: Obligation, session: Session) -> Proof | None:
    """An equation from what the universal hypotheses say, summed over their ranges."""
    ranges = {s.args[:2] for q in (ob.statement, *(h.statement for h in ob.context.hypotheses)) for s in subterms(q) if s.op == "sum"}
    parts = [q for h in ob.context.hypotheses if h.kind != "step" for q in (h.statement.args if h.statement.op == "and" else (h.statement,))]
    for q in parts:
        if q.op == "forall" and (contains_op(q, "sum") or q.args[0].args[:2] in ranges):
            rest = attempt(ob, "summed-hypothesis", (q,), session)
            inner = scalar.leaf(rest[0], session, "equations") if rest else None
            if inner is not None:
                return Proof("summed-hypothesis", (q,), (inner,))
    return None


def _congruent(ob: Obligation, session: Session, depth: int) -> Proof | None:
    """The sums as they are written: common factors and summands, down to an instance of a hypothesis."""
    p = ob.statement
    if depth == 0 or p.op != "rel":
        return None
    x, y = p.args[:2]
    if x.op == "sum" and y.op == "sum":
        rest = attempt(ob, "summands", (), session)
        inner = _enriched(rest[0], session, depth - 1) if rest else None
        return None if inner is None else Proof("summands", (), (inner,))
    for params in operators._common(x, y):
        rest = attempt(ob, "common-factor", params, session)
        if rest:
            inner = _settled(rest[0], session) or _congruent(rest[0], session, depth - 1)
            if inner is not None:
                return Proof("common-factor", params, (inner,))
    return None


def _enriched(ob: Obligation, session: Session, depth: int) -> Proof | None:
    now, steps = _instances(ob, session)
    inner = _settled(now, session) or _congruent(now, session, depth)
    return None if inner is None else _wrapped(steps, inner)


def _wrapped(steps: list[Step], inner: Proof) -> Proof:
    for rule, params, proofs in reversed(steps):
        inner = Proof(rule, params, (*proofs, inner))
    return inner


def _summand(ob: Obligation, session: Session, depth: int) -> Proof | None:
    """One summand, with instances of the universal hypotheses at the indices in sight."""
    now, steps = _instances(ob, session)
    inner = _settled(now, session) or (prove(now, session, depth) if depth < DEPTH else None)
    return None if inner is None else _wrapped(steps, inner)


def _instances(ob: Obligation, session: Session) -> tuple[Obligation, list[Step]]:
    """The obligation with the universal hypotheses used at the indices in sight, and the steps that led there."""
    now = ob
    steps: list[Step] = []
    indices = [
        s
        for s, d in ob.context.declarations.items()
        if d.domain is not None and d.domain.op == "range" and s.sort.kind == "num" and (s in ob.statement.free or s.data[1] < 0)
    ]
    number = 0
    while number < len(now.context.hypotheses) and len(steps) < INSTANCES:
        h = now.context.hypotheses[number].statement
        if h.op == "forall" and len(h.bound) <= len(indices):
            for values in permutations(indices, len(h.bound)):
                rest = attempt(now, "instance", (number, values), session)
                if rest is None or rest[-1].context.hypotheses[-1].statement in {x.statement for x in now.context.hypotheses}:
                    continue
                members = [scalar.leaf(r, session, "member") for r in rest[:-1]]
                if any(q is None for q in members):
                    continue
                steps.append(("instance", (number, values), tuple(q for q in members if q is not None)))
                now = rest[-1]
        number += 1
    facts = attempt(now, "finite-membership", (), session)
    if facts:
        steps.append(("finite-membership", (), ()))
        now = facts[0]
    return now, steps


def _settled(ob: Obligation, session: Session) -> Proof | None:
    if ob.statement.data == "=":
        return scalar.leaf(ob, session, "ring", "equations")
    return scalar.leaf(ob, session, "hypothesis", "sign") or linear.prove(ob, session)
