"""Equations and inequalities about an integer that conditions compare with numbers: one case for each of these numbers.

An integer combination u of the symbols is looked for that conditions (of indicators, of case distinctions) compare with at least three
numbers (an absolute value compares with 0); `integer-cases` then leaves u = k for these k and those between them, and what lies below and
above.  Likewise a symbol in an exponent that is one of a few integers.  Limits: one such u.
"""

from __future__ import annotations

from math import ceil, floor

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.inferences.integer_cases import LARGEST
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.oracle import Oracle
from derivcheck.kernel.ordering import order_key
from derivcheck.provers.scalar import attempt, leaf
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, contains_op, num, subterms

METHODS = ("integer-cases",)
FEW = 5
PLAIN = ("reflexive", "ring", "normal-form", "sign")


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof by the cases of one integer."""
    p = ob.statement
    if p.op != "rel" or p.data not in ("=", "<", "≤", ">", "≥") or p.args[0].sort.kind != "num":
        return None
    oracle = session.oracle(ob.context)
    few = _few_values(p, oracle)
    if not any(s.op == "sym" and s.sort.kind == "num" and oracle.integer(s) for s in p.free) or not (few or contains_op(p, "ind", "cases", "fn")):
        return None
    for u, numbers in (*_compared(ob, session), *few):
        params = (u, min(numbers), max(numbers))
        if params[2] - params[1] >= LARGEST:
            continue
        rest = attempt(ob, "integer-cases", params, session)
        if rest is None:
            continue
        proofs: list[Proof] = []
        for case in rest:
            proof = _case(case, session)
            if proof is None:
                break
            proofs.append(proof)
        if len(proofs) == len(rest):
            return Proof("integer-cases", params, tuple(proofs))
    return None


def _few_values(p: Term, oracle: Oracle) -> list[tuple[Term, set[int]]]:
    """Symbols in exponents that are declared to be one of a few integers, with the ends of their range."""
    found: list[tuple[Term, set[int]]] = []
    exponents = [s.args[1] for s in subterms(p) if s.op == "pow"]
    for s in sorted(p.free, key=order_key):
        if s.op != "sym" or s.sort.kind != "num" or not any(s in e.free for e in exponents):
            continue
        info = oracle.info(s)
        if info.integer and info.lo is not None and info.hi is not None and info.hi - info.lo < FEW:
            found.append((s, {ceil(info.lo), floor(info.hi)}))
    return found[:2]


def _compared(ob: Obligation, session: Session) -> list[tuple[Term, set[int]]]:
    """Integer combinations with the numbers that they are compared with, the most compared first."""
    rw = session.rewriter(ob.context)
    found: dict[Term, set[int]] = {}
    sides = [rw.nf(side) for side in ob.statement.args[:2]]
    for s in dict.fromkeys(t for side in (*ob.statement.args[:2], *sides) for t in subterms(side)):
        if any(v.op == "bvar" for v in s.free):
            continue
        if s.op == "rel" and s.data in ("=", "≠", "<", "≤", ">", "≥") and all(a.sort.kind == "num" for a in s.args[:2]) and b.INF not in s.args:
            widened = () if s.data in ("=", "≠") else (-1, 1)
            difference = b.sub(s.args[0], s.args[1])
        elif s.op == "fn" and s.data == "abs":
            widened, difference = (), s.args[0]
        else:
            continue
        split = _without_constant(rw.nf(difference))
        if split is None or not rw.oracle.integer(split[0]):
            continue
        u, k = split
        found.setdefault(u, set()).update(k + w for w in (0, *widened))
    return sorted(((u, ks) for u, ks in found.items() if len(ks) > 2), key=lambda pair: (-len(pair[1]), order_key(pair[0])))[:2]


def _without_constant(t: Term) -> tuple[Term, int] | None:
    """t = ±(u - k) as (u, k); None if k is no integer or u is empty."""
    terms = sorted(((c, m) for c, m in linear_terms(t) if m is not b.ONE), key=lambda pair: order_key(pair[1]))
    constant = sum(c for c, m in linear_terms(t) if m is b.ONE)
    if not terms:
        return None
    sign = 1 if terms[0][0] > 0 else -1
    k = -sign * constant
    return (b.add(*(b.mul(num(sign * c), m) for c, m in terms)), int(k)) if k == int(k) else None


def _case(ob: Obligation, session: Session) -> Proof | None:
    """One case, the equation put in where there is one."""
    h = ob.context.hypotheses[-1].statement
    if h.data == "=":
        for s in sorted((s for s in h.free & ob.statement.free if s.op == "sym"), key=order_key):
            rest = attempt(ob, "substitute", (h, s), session)
            if rest is not None and len(rest) == 1:
                inner = leaf(rest[0], session, *PLAIN)
                if inner is not None:
                    return Proof("substitute", (h, s), (inner,))
    return leaf(ob, session, *PLAIN)
