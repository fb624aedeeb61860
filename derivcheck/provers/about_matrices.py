"""Statements about matrices made statements about numbers: norms by given eigenvalues, inner products and the like by symbols.

For the search of `logic.py`, which proves what is left.
"""

from __future__ import annotations

from typing import Protocol

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.inferences.spectra import of_norm
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.ordering import order_key
from derivcheck.provers.scalar import attempt
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, subterms

SHALLOW = 5  # the depth at which what must be easy to see is looked for


class Search(Protocol):
    """What the search of `logic.py` offers."""

    session: Session

    def prove(self, ob: Obligation, depth: int, done: frozenset[Term]) -> Proof | None:
        """Prove one obligation."""


def by_norms(search: Search, ob: Obligation, done: frozenset[Term]) -> Proof | None:
    """Norms of matrices whose diagonal form is given, replaced by the eigenvalue that bounds the others."""
    norms = [s for s in subterms(ob.statement) if s.op in ("norm", "sigmax") and s.args[0].sort.kind == "mat"]
    if not norms:
        return None
    rw = search.session.rewriter(ob.context)
    stated = {s for q in (ob.statement, *(h.statement for h in ob.context.hypotheses)) for s in subterms(q) if s.op == "ventry"}
    for t in sorted(dict.fromkeys(norms), key=order_key)[:3]:
        got = of_norm(t, rw)
        if got is None:
            continue
        for e in sorted((e for e in stated if not any(v.op == "bvar" for v in e.free)), key=order_key)[:4]:
            c = rw.nf(b.ventry(got[0], e.args[1]))
            if c.op == "add":
                continue  # seldom the largest for all values of what stands in it
            params = (t, c, e.args[1])
            rest = attempt(ob, "norm-by-eigenvalues", params, search.session)
            # that it is the largest must be easy to see
            sides: list[Proof | None] = []
            for r in reversed(rest[:-1]) if rest else ():
                sides.append(search.prove(r, SHALLOW, done))
                if sides[-1] is None:
                    break
            last = search.prove(rest[-1], 1, done) if rest and all(sides) else None
            if last is not None:
                return Proof("norm-by-eigenvalues", params, (*(q for q in reversed(sides) if q is not None), last))
    return None


def by_numbers(search: Search, ob: Obligation, done: frozenset[Term]) -> Proof | None:
    """Numbers made of vectors and matrices replaced by symbols, if nothing else is left of these."""
    parts = tuple(_numbers_of_matrices(ob.statement))
    rest = attempt(ob, "generalise-numbers", parts, search.session) if parts else None
    if not rest or any(s.sort.kind == "mat" for s in subterms(rest[0].statement)):
        return None
    inner = search.prove(rest[0], 1, done)
    return Proof("generalise-numbers", parts, (inner,)) if inner is not None else None


def by_squares(search: Search, ob: Obligation, done: frozenset[Term]) -> Proof | None:
    """The same with the relations as normal forms, norms squared."""
    rest = attempt(ob, "normalised-relations", (), search.session)
    inner = by_numbers(search, rest[0], done) if rest else None
    return Proof("normalised-relations", (), (inner,)) if inner is not None else None


def _numbers_of_matrices(p: Term) -> list[Term]:
    """The numbers in a statement that are made of vectors and matrices, squares of norms as a whole."""
    out: dict[Term, None] = {}
    stack = [p]
    while stack:
        t = stack.pop()
        square = t.op == "pow" and t.args[0].op == "norm" and t.args[1] is b.TWO
        if t.sort.kind == "num" and (square or any(a.sort.kind == "mat" for a in t.args)):
            out[t] = None
        else:
            stack.extend(reversed(t.args))
    return list(out)


def has_norm(p: Term) -> bool:
    """Whether a relation speaks of the norm of a matrix."""
    return any(s.op == "sigmax" or (s.op == "norm" and s.args[0].sort.kind == "mat" and s.args[0].sort.cols is not b.ONE) for s in subterms(p))
