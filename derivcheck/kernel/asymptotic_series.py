"""Asymptotic series in the scale exp(P) t^k L^j as t → 0+, and arithmetic on them.

L = -log t tends to +∞; P is a combination of t^a L^b that tends to ±∞.  A series is finitely many terms from largest to smallest and the
scale of a remainder.  Sums, products, geometric series for quotients, binomial series for powers, exp and log.  Coefficients are terms free
of t; a leading coefficient must be shown nonzero by the oracle.

Source: Hardy's orders of infinity; Gruntz, On Computing Limits in a Symbolic Manipulation System (1996), restricted to one
exponential level.  Limits: towers of exponentials, undecided comparisons raise `Unknown`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cmp_to_key
from typing import TYPE_CHECKING

from derivcheck.kernel import algebra
from derivcheck.kernel.literals import integer_value, rational_value
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num, subterms

if TYPE_CHECKING:
    from derivcheck.kernel.rewrite import Rewriter


class Unknown(Exception):
    """The expansion can't be made by these means."""


Exponent = "Fraction | Term"


@dataclass(frozen=True)
class Scale:
    """exp(sum of coefficients times smaller scales) · t^k · L^j; `grow` is a sorted tuple of ((k, j), coefficient)."""

    grow: tuple[tuple[tuple[Fraction, Fraction | int], Term], ...]
    k: Term
    j: Fraction | int


ONE_SCALE = Scale((), b.ZERO, 0)


@dataclass
class Series:
    """Terms from largest to smallest, and the scale of the remainder (None: exact)."""

    terms: list[tuple[Scale, Term]]
    rest: Scale | None


class Arithmetic:
    """Arithmetic on series of about `order` terms; signs of coefficients are those that the rewriter's oracle knows."""

    def __init__(self, rw: Rewriter, order: int) -> None:
        self.rw, self.order = rw, order

    # --- scales -----------------------------------------------------------------------------------------------------------

    def sign(self, c: Term) -> int:
        """The sign of a coefficient; Unknown if not shown."""
        c = self.rw.nf(c)
        if c is b.ZERO:
            return 0
        if self.rw.oracle.positive(c):
            return 1
        if self.rw.oracle.negative(c):
            return -1
        if algebra.is_zero(c, self.rw):
            return 0
        if self.rw.oracle.real(c) and any(s.op == "fn" and s.data == "log" for s in subterms(c)):
            # log a - log b has the sign of a/b - 1
            gap = self.rw.nf(b.sub(b.exp(c), b.ONE))
            if not any(s.op == "fn" and s.data in ("log", "exp") for s in subterms(gap)):
                return self.sign(gap)
        raise Unknown

    def compare(self, x: Scale, y: Scale) -> int:
        """1 if x dominates y as t → 0+, -1 if y dominates x, 0 if equal."""
        if x == y:
            return 0
        difference: dict[tuple[Fraction, Fraction | int], Term] = dict(x.grow)
        for key, c in y.grow:
            difference[key] = b.sub(difference[key], c) if key in difference else b.neg(c)
        if x.k is not y.k:
            # t^k is exp(-k L): it stands between the powers of L above and below the first
            difference[(Fraction(0), 1)] = b.sub(y.k, x.k)
        for key in sorted(difference, key=lambda kj: (kj[0], -kj[1])):
            s = self.sign(difference[key])
            if s:
                return s
        return (x.j > y.j) - (x.j < y.j)

    def tends(self, x: Scale) -> int:
        """1 if the scale tends to infinity (in size), 0 if it is 1, -1 if it tends to 0."""
        return self.compare(x, ONE_SCALE)

    def times_scale(self, x: Scale, y: Scale) -> Scale:
        grow: dict[tuple[Fraction, Fraction | int], Term] = dict(x.grow)
        for key, c in y.grow:
            grow[key] = self.rw.nf(b.add(grow[key], c)) if key in grow else c
        kept = tuple(sorted(((key, c) for key, c in grow.items() if c is not b.ZERO), key=lambda p: p[0]))
        return Scale(kept, self.rw.nf(b.add(x.k, y.k)), x.j + y.j)

    def power_scale(self, x: Scale, q: Term) -> Scale:
        n = rational_value(q)
        if x.j and n is None:
            raise Unknown
        grow = tuple((key, self.rw.nf(b.mul(q, c))) for key, c in x.grow)
        return Scale(grow, self.rw.nf(b.mul(q, x.k)), x.j * n if n is not None else 0)

    # --- arithmetic -------------------------------------------------------------------------------------------------------

    def tidy(self, terms: list[tuple[Scale, Term]], rest: Scale | None) -> Series:
        merged: list[tuple[Scale, Term]] = []
        for s, c in terms:
            for i, (s2, c2) in enumerate(merged):
                if s2 == s or self.compare(s, s2) == 0:
                    merged[i] = (s2, b.add(c2, c))
                    break
            else:
                merged.append((s, c))
        kept: list[tuple[Scale, Term]] = []

        def falling(p: tuple[Scale, Term], q: tuple[Scale, Term]) -> int:
            return -self.compare(p[0], q[0])

        for s, c in merged:
            c = self.rw.nf(c)
            if c is b.ZERO or (rest is not None and self.compare(s, rest) <= 0):
                continue
            kept.append((s, c))
        kept.sort(key=cmp_to_key(falling))
        if len(kept) > self.order:
            cut = kept[self.order][0]
            kept = kept[: self.order]
            rest = cut if rest is None or self.compare(cut, rest) > 0 else rest
        self.rw.budget.spend(20 + len(kept))
        return Series(kept, rest)

    def bigger(self, x: Scale | None, y: Scale | None) -> Scale | None:
        if x is None or y is None:
            return x or y
        return x if self.compare(x, y) >= 0 else y

    def add(self, parts: list[Series]) -> Series:
        rest: Scale | None = None
        for p in parts:
            rest = self.bigger(rest, p.rest)
        return self.tidy([term for p in parts for term in p.terms], rest)

    def scale(self, c: Term, s: Scale, x: Series) -> Series:
        return Series(
            [(self.times_scale(s, y), self.rw.nf(b.mul(c, d))) for y, d in x.terms],
            None if x.rest is None else self.times_scale(s, x.rest),
        )

    def mul(self, x: Series, y: Series) -> Series:
        terms = [(self.times_scale(s, r), b.mul(c, d)) for s, c in x.terms for r, d in y.terms]
        rest: Scale | None = None
        if x.rest is not None:
            top = y.terms[0][0] if y.terms else y.rest
            rest = self.times_scale(x.rest, top) if top is not None else None
        if y.rest is not None:
            top = x.terms[0][0] if x.terms else x.rest
            rest = self.bigger(rest, self.times_scale(y.rest, top) if top is not None else None)
        return self.tidy(terms, rest)

    def lead(self, x: Series) -> tuple[Scale, Term]:
        if not x.terms:
            raise Unknown
        scale, c = x.terms[0]
        if not self.rw.oracle.nonzero(c):
            if algebra.is_zero(c, self.rw):
                return self.lead(Series(x.terms[1:], x.rest))
            raise Unknown
        return scale, c

    def relative(self, x: Series) -> tuple[Scale, Term, Series]:
        """x = c s (1 + r) with r tending to 0."""
        s, c = self.lead(x)
        inverse = self.power_scale(s, b.MINUS_ONE)
        r = self.scale(self.rw.nf(b.div(b.ONE, c)), inverse, Series([term for term in x.terms if term[0] != s], x.rest))
        r = self.tidy(r.terms, r.rest)
        if r.terms and self.tends(r.terms[0][0]) >= 0:
            raise Unknown
        return s, c, r

    def power_series(self, coefficients: list[Term], r: Series) -> Series:
        """sum c_n r^n for r tending to 0, with the remainder of the first power left out."""
        total = [Series([(ONE_SCALE, coefficients[0])], None)]
        power = Series([(ONE_SCALE, b.ONE)], None)
        for c in coefficients[1:]:
            power = self.mul(power, r)
            if not power.terms and power.rest is None:
                return self.add(total)
            total.append(self.scale(c, ONE_SCALE, power))
        if r.terms or r.rest is not None:
            last = self.mul(power, r)
            top = last.terms[0][0] if last.terms else last.rest
            total.append(Series([], top))
        return self.add(total)

    def reciprocal(self, x: Series) -> Series:
        s, c, r = self.relative(x)
        series = self.power_series([num((-1) ** n) for n in range(self.order + 1)], r)
        return self.scale(self.rw.nf(b.div(b.ONE, c)), self.power_scale(s, b.MINUS_ONE), series)

    def power(self, x: Series, q: Term) -> Series:
        n = integer_value(q)
        if n is not None and 0 <= n <= 12:
            out = Series([(ONE_SCALE, b.ONE)], None)
            for _ in range(n):
                out = self.mul(out, x)
            return out
        if n is not None and n < 0 and -n <= 12:
            return self.power(self.reciprocal(x), num(-n))
        s, c, r = self.relative(x)
        if not self.rw.oracle.positive(c):
            raise Unknown
        coefficients: list[Term] = [b.ONE]
        for k in range(1, self.order + 1):
            coefficients.append(self.rw.nf(b.mul(coefficients[-1], b.div(b.sub(q, num(k - 1)), num(k)))))
        return self.scale(self.rw.nf(b.pow_(c, q)), self.power_scale(s, q), self.power_series(coefficients, r))

    def exp(self, x: Series) -> Series:
        grow: list[tuple[tuple[Fraction, Fraction | int], Term]] = []
        small: list[tuple[Scale, Term]] = []
        constant: list[Term] = []
        k: Term = b.ZERO
        for s, c in x.terms:
            way = self.tends(s)
            if way < 0:
                small.append((s, c))
            elif way == 0:
                constant.append(c)
            elif not self.rw.oracle.real(c):
                # it turns without end: only its size is known
                raise Unknown
            elif not s.grow and s.k is b.ZERO and s.j == 1:
                k = self.rw.nf(b.sub(k, c))
            else:
                q = rational_value(s.k)
                if s.grow or q is None:
                    raise Unknown
                grow.append(((q, s.j), c))
        if x.rest is not None and self.tends(x.rest) >= 0:
            raise Unknown
        scale = Scale(tuple(sorted(grow, key=lambda p: p[0])), k, 0)
        coefficients: list[Term] = [b.ONE]
        for n in range(1, self.order + 1):
            coefficients.append(self.rw.nf(b.div(coefficients[-1], num(n))))
        series = self.power_series(coefficients, Series(small, x.rest))
        return self.scale(self.rw.nf(b.exp(b.add(*constant))) if constant else b.ONE, scale, series)

    def log(self, x: Series) -> Series:
        s, c, r = self.relative(x)
        if not self.rw.oracle.positive(c) or s.j:
            raise Unknown
        head: list[tuple[Scale, Term]] = [(ONE_SCALE, b.log(c))] if c is not b.ONE else []
        if s.k is not b.ZERO:
            head.append((Scale((), b.ZERO, 1), self.rw.nf(b.neg(s.k))))
        head.extend((Scale((), num(key[0]), key[1]), coefficient) for key, coefficient in s.grow)
        coefficients: list[Term] = [b.ZERO] + [num(Fraction((-1) ** (n + 1), n)) for n in range(1, self.order + 1)]
        return self.add([Series(head, None), self.power_series(coefficients, r)])
