"""Identities and inequalities with ⌊·⌋ and ⌈·⌉: each number inside is split into whole and rest, the rest at its jumps.

For the variables of the arguments (at most two) the inference `whole-and-rest` is applied with the common denominator of their coefficients; integers
leave the brackets then, and what is left are ⌊a f + c⌋ with 0 ≤ f < 1, decided between the jumps f = (m - c)/a.
Limits: arguments linear with rational coefficients; at most `JUMPS` jumps.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.ordering import order_key
from derivcheck.provers.scalar import attempt, leaf
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num, subterms

METHODS = ("whole and fractional parts",)
JUMPS = 8


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of a relation with floors and ceilings."""
    p = ob.statement
    if p.op != "rel" or p.data not in ("=", "<", "≤", ">", "≥", "≠") or p.args[0].sort.kind != "num":
        return None
    if not any(s.op == "fn" and s.data in ("floor", "ceil") and not any(v.op == "bvar" for v in s.free) for s in subterms(p)):
        return None
    return _parts(ob, session, 0)


def _arguments(ob: Obligation, session: Session) -> list[Term]:
    goal = session.rewriter(ob.context).nf(b.sub(*ob.statement.args[:2]))
    return [s.args[0] for s in subterms(goal) if s.op == "fn" and s.data in ("floor", "ceil") and not any(v.op == "bvar" for v in s.free)]


def _parts(ob: Obligation, session: Session, depth: int) -> Proof | None:
    slopes: dict[Term, int] = {}
    for u in _arguments(ob, session):
        for c, m in linear_terms(u):
            if m.op == "sym":
                slopes[m] = lcm(slopes.get(m, 1), c.denominator)
    for x in sorted(slopes, key=order_key) if depth < 2 else ():
        rest = attempt(ob, "whole-and-rest", (x, slopes[x]), session)
        if not rest:
            continue
        proofs: list[Proof] = []
        for part in rest:
            proof = _jumps(part, session, 0, depth)
            if proof is None:
                return None
            proofs.append(proof)
        return Proof("whole-and-rest", (x, slopes[x]), tuple(proofs))
    return None


def _jumps(ob: Obligation, session: Session, count: int, depth: int) -> Proof | None:
    found = leaf(ob, session, "ring") if ob.statement.data == "=" else leaf(ob, session, "sign")
    if found is not None:
        return found
    oracle = session.oracle(ob.context)
    for u in _arguments(ob, session) if count < JUMPS else ():
        terms = linear_terms(u)
        moving = [(c, m) for c, m in terms if m is not b.ONE]
        constant = sum((c for c, m in terms if m is b.ONE), Fraction(0))
        if len(moving) != 1:
            continue
        a, f = moving[0]
        info = oracle.info(f)
        if not info.real or info.lo is None or info.hi is None:
            continue
        ends = sorted((a * info.lo + constant, a * info.hi + constant))
        for m in range(-(-ends[0].numerator // ends[0].denominator), ends[1].numerator // ends[1].denominator + 1):
            at = (m - constant) / a
            if not info.lo < at < info.hi:
                continue
            split = b.rel(f, "<" if a > 0 else "≤", num(at))
            cases = attempt(ob, "cases", ("statement", split), session)
            if cases is None or len(cases) < 2:
                continue
            proofs = [_jumps(c, session, count + 1, depth) for c in cases]
            return None if any(p is None for p in proofs) else Proof("cases", ("statement", split), tuple(p for p in proofs if p is not None))
    return _parts(ob, session, depth + 1)
