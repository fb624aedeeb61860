"""Inequalities between sums or integrals over one range, and divergences: point by point, after the total masses have been shared out.

Total variation, Hellinger's distance, χ² and relative entropy compare in this way.  Which densities take up the constants is guessed: one of
them, two in equal parts, twice one less another.  The values of the densities at the point become numbers, for which the other methods
are tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import permutations

from derivcheck.kernel.budget import OutOfBudget
from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.densities import domains, normalised
from derivcheck.kernel.inferences.gathered import NODES, Gathered, gather, same
from derivcheck.kernel.inferences.probability import gap
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.provers.scalar import attempt
from derivcheck.refute.search import search
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, contains_op, num, subterms

METHODS = ("sums point by point",)
POINTWISE = ("scalar", "order", "convexity", "breakpoints", "logic")
LAWS = 4
PATIENCE = 0.5


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of an inequality between sums."""
    p = ob.statement
    if p.op != "rel" or p.data not in ("≤", "≥") or p.args[0].sort.kind != "num" or not contains_op(p, *NODES):
        return None
    rw = session.rewriter(ob.context)
    whole = gather(gap(ob), rw)
    if whole is None:
        return None
    for shares in _shares(whole, ob, rw):
        rest = attempt(ob, "gathered", shares, session)
        if rest is None:
            continue
        proofs: list[Proof | None] = [None]
        with suppress(OutOfBudget), session.budget.limited(PATIENCE):
            proofs = [_number(r, session) for r in rest[1:]]
            proofs.insert(0, _at_point(rest[0], session) if all(q is not None for q in proofs) else None)
        if all(proof is not None for proof in proofs):
            return Proof("gathered", shares, tuple(q for q in proofs if q is not None))
    return None


def _shares(whole: Gathered, ob: Obligation, rw: Rewriter) -> Iterator[tuple[tuple[Term, Term], ...]]:
    laws: dict[Term, None] = {}
    for t in subterms(ob.statement):
        for d in (t, *(t.args if t.op in ("KL", "Eover", "entropy", "crossent") else ())):
            if d.sort.kind == "dist" and d.op in ("sym", "idx") and not any(v.op == "bvar" for v in d.free):
                own = domains(d, rw.oracle)
                if own is not None and len(own) == 1 and same(own[0], whole.domain, rw) and normalised(d, rw.oracle):
                    laws[d] = None
    found = sorted(laws, key=lambda d: str(d.data))[:LAWS]
    constant = rw.nf(whole.rest)
    if constant is b.ZERO:
        yield ()
        for p, q in permutations(found, 2):
            yield ((b.ONE, p), (b.MINUS_ONE, q))
        return
    for i, p in enumerate(found):
        for q in found[:i]:
            half = rw.nf(b.mul(num(Fraction(1, 2)), constant))
            yield ((half, p), (half, q))
    for p in found:
        yield ((constant, p),)
    for p, q in permutations(found, 2):
        yield ((rw.nf(b.mul(b.TWO, constant)), p), (rw.nf(b.neg(constant)), q))


def _at_point(ob: Obligation, session: Session) -> Proof | None:
    values = tuple(dict.fromkeys(s for s in subterms(ob.statement) if s.op in ("pdf", "idx", "apply") and s.sort.kind == "num"))
    numbers = attempt(ob, "generalise-numbers", values, session) if values else None
    if numbers:
        inner = _number(numbers[0], session)
        if inner is not None:
            return Proof("generalise-numbers", values, (inner,))
        return None
    return _number(ob, session)


def _number(ob: Obligation, session: Session) -> Proof | None:
    from derivcheck.provers import provers

    if attempt(ob, "sign", (), session) == []:
        return Proof("sign", ())
    if search(ob, session.budget.share(0.1), brief=True) is not None:
        return None
    for name, prove_ in provers():
        if name in POINTWISE:
            found = prove_(ob, session)
            if found is not None:
                return found
    return None
