"""Moments of the entries of a random vector with a normal law.

E[x_i x_j …] for x ~ N(μ, Σ) is the sum, over the ways to part the factors into singles and pairs, of the product of the means of the
singles and the covariances Σ_{ij} of the pairs (Isserlis 1918).  Up to four factors.
"""

from __future__ import annotations

from collections.abc import Iterator

from derivcheck.kernel.literals import integer_value
from derivcheck.kernel.monomials import factors
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.terms import build as b
from derivcheck.terms.term import Term

DEGREE = 4


def entries_of(monomial: Term, x: Term) -> list[Term] | None:
    """The indices i of a product of entries x_i (with multiplicity); None if it is something else."""
    top, bottom = factors(monomial)
    if bottom or not top:
        return None
    out: list[Term] = []
    for f in top:
        base, n = f, 1
        if f.op == "pow":
            base, n = f.args[0], integer_value(f.args[1]) or 0
        if base.op != "ventry" or base.args[0] is not x or x in base.args[1].free or n < 1:
            return None
        out += [base.args[1]] * n
        if len(out) > DEGREE:
            return None
    return out


def partings(k: int) -> Iterator[tuple[tuple[int, ...], tuple[tuple[int, int], ...]]]:
    """The ways to part k things into singles and pairs."""

    def go(rest: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], tuple[tuple[int, int], ...]]]:
        if not rest:
            yield (), ()
            return
        first, others = rest[0], rest[1:]
        for singles, pairs in go(others):
            yield (first, *singles), pairs
        for i, other in enumerate(others):
            for singles, pairs in go((*others[:i], *others[i + 1 :])):
                yield singles, ((first, other), *pairs)

    yield from go(tuple(range(k)))


def entry_moment(monomial: Term, x: Term, mean: Term, covariance: Term, rw: Rewriter) -> Term | None:
    """The expectation of a product of entries of x ~ N(mean, covariance)."""
    indices = entries_of(monomial, x)
    if indices is None:
        return None
    means = [rw.nf(b.ventry(mean, i)) for i in indices]
    out: list[Term] = []
    for singles, pairs in partings(len(indices)):
        if any(means[i] is b.ZERO for i in singles):
            continue
        out.append(b.mul(*(means[i] for i in singles), *(b.entry(covariance, indices[i], indices[j]) for i, j in pairs)))
    return b.add(*out) if out else b.ZERO
