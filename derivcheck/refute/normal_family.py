"""Jointly normal laws with rational covariances: marginals and conditionals in closed form.

The variables before the bar have the mean `c + Σ g` (over the quantities of their own sort behind the bar) and covariances `K_{ij}`
(times the identity, for vectors) with those of the same sort; variables of different sorts are independent.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq, fmpq_mat

from derivcheck.kernel.satisfiable import NoInstance
from derivcheck.terms import build as b
from derivcheck.terms.sorts import Sort
from derivcheck.terms.term import Term, mk, num


@dataclass(frozen=True)
class Normal:
    """The law of variables of these sorts given variables of the sorts behind the bar."""

    sorts: tuple[Sort, ...]
    given: tuple[Sort, ...]
    shift: Fraction
    dependent: bool

    @property
    def count(self) -> int:
        return len(self.sorts)

    @property
    def size(self) -> int:
        return len(self.sorts) + len(self.given)

    def covariance(self, i: int, j: int) -> fmpq:
        """1 + shift on the diagonal, growing along it; a common part beside it."""
        if i == j:
            return fmpq(2 + i) + fmpq(self.shift.numerator, self.shift.denominator)
        return fmpq(1) if self.dependent and self.sorts[i] == self.sorts[j] else fmpq(0)

    def mean(self, i: int, behind: dict[int, Term]) -> list[Term]:
        """The summands of a variable's mean."""
        out: list[Term] = []
        if self.sorts[i].kind == "num" and self.shift:
            out.append(num(self.shift))
        if self.dependent:
            for k, s in enumerate(self.given):
                if s == self.sorts[i]:
                    if self.count + k not in behind:
                        raise NoInstance
                    out.append(behind[self.count + k])
        return out

    def conditional(self, i: int, known: dict[int, Term], behind: dict[int, Term]) -> Term:
        """The law of one variable given some others and what stands behind the bar."""
        sort = self.sorts[i]
        others = [k for k in known if self.sorts[k] == sort]
        parts = self.mean(i, behind)
        spread = self.covariance(i, i)
        if others:
            n = len(others)
            across = fmpq_mat(1, n, [self.covariance(i, k) for k in others])
            among = fmpq_mat(n, n, [self.covariance(k, m) for k in others for m in others])
            slopes = across * among.inv()
            spread -= (slopes * across.transpose())[0, 0]
            for place, k in enumerate(others):
                slope = slopes[0, place]
                if slope != 0:
                    parts.append(times(slope, known[k], sort))
                    parts += [times(-slope, m, sort) for m in self.mean(k, behind)]
        if sort.kind == "num":
            centre = (b.add(*parts) if len(parts) > 1 else parts[0]) if parts else num(0)
            return b.distribution("N", centre, rational(spread))
        centre = parts[0] if len(parts) == 1 else mk("add", tuple(parts), None, sort) if parts else b.zeros(sort.rows, b.ONE)
        return b.distribution("N", centre, b.smul(rational(spread), b.eye(sort.rows)), over=sort)

    def laws(self, before: tuple[int, ...], after: tuple[int, ...], points: list[Term]) -> list[Term]:
        """The laws of the variables before the bar, each given those before it; `points` are the places of all."""
        known = {k: points[len(before) + n] for n, k in enumerate(after) if k < self.count}
        behind = {k: points[len(before) + n] for n, k in enumerate(after) if k >= self.count}
        out: list[Term] = []
        for n, i in enumerate(before):
            out.append(self.conditional(i, known, behind))
            known = {**known, i: points[n]}
        return out

    def factors(self, before: tuple[int, ...], after: tuple[int, ...], points: list[Term]) -> list[Term]:
        """The density at a point as a product of normal densities."""
        return [b.pdf(law, points[n]) for n, law in enumerate(self.laws(before, after, points))]


def rational(v: fmpq) -> Term:
    """A rational number as a term."""
    return num(f"{v.p}/{v.q}")


def times(factor: fmpq, t: Term, sort: Sort) -> Term:
    """A rational multiple of a number or vector."""
    return b.mul(rational(factor), t) if sort.kind == "num" else b.smul(rational(factor), t)
