"""Bounds of a value (`Info`) and interval arithmetic with exact rational ends.

Every function maps bounds that hold of the arguments to bounds that hold of the result; where nothing better is known it says `NOTHING`.
Constants stand between rational numbers of 20 digits, values of elementary functions at rational ends between those of a FLINT ball.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import flint

F = Fraction
PI_LO, PI_HI = F(31415926535897932384, 10**19), F(31415926535897932385, 10**19)
E_LO, E_HI = F(27182818284590452353, 10**19), F(27182818284590452354, 10**19)
EULER_LO, EULER_HI = F(5772156649015328606, 10**19), F(5772156649015328607, 10**19)


@dataclass(frozen=True)
class Info:
    """What is known of a value: real?, integer?, bounds (None: unbounded) with strictness, nonzero?"""

    real: bool = False
    integer: bool = False
    lo: F | None = None
    lo_strict: bool = False
    hi: F | None = None
    hi_strict: bool = False
    nonzero: bool = False

    # a fraction's sign is that of its numerator: comparing fractions takes many times as long

    @property
    def positive(self) -> bool:
        if not self.real or self.lo is None:
            return False
        top = self.lo.numerator
        return top > 0 or (top == 0 and (self.lo_strict or self.nonzero))

    @property
    def nonnegative(self) -> bool:
        return self.real and self.lo is not None and self.lo.numerator >= 0

    @property
    def negative(self) -> bool:
        if not self.real or self.hi is None:
            return False
        top = self.hi.numerator
        return top < 0 or (top == 0 and (self.hi_strict or self.nonzero))

    @property
    def nonpositive(self) -> bool:
        return self.real and self.hi is not None and self.hi.numerator <= 0

    @property
    def is_nonzero(self) -> bool:
        return self.nonzero or self.positive or self.negative


NOTHING = Info()
REAL = Info(real=True)


def meet(x: Info, y: Info) -> Info:
    """Both hold."""
    lo, los = x.lo, x.lo_strict
    if y.lo is not None and (lo is None or y.lo > lo or (y.lo == lo and y.lo_strict)):
        lo, los = y.lo, y.lo_strict
    hi, his = x.hi, x.hi_strict
    if y.hi is not None and (hi is None or y.hi < hi or (y.hi == hi and y.hi_strict)):
        hi, his = y.hi, y.hi_strict
    integer = x.integer or y.integer
    if integer:
        if lo is not None:
            c = -(-lo.numerator // lo.denominator)
            lo, los = F(c + 1 if los and c == lo else c), False
        if hi is not None:
            c = hi.numerator // hi.denominator
            hi, his = F(c - 1 if his and c == hi else c), False
    return Info(x.real or y.real, integer, lo, los, hi, his, x.nonzero or y.nonzero)


def point(q: F) -> Info:
    """Exactly this number."""
    return Info(True, q.denominator == 1, q, False, q, False, q != 0)


def neg(x: Info) -> Info:
    return Info(
        x.real, x.integer, None if x.hi is None else -x.hi, x.hi_strict, None if x.lo is None else -x.lo, x.lo_strict, x.nonzero
    )


def add(x: Info, y: Info) -> Info:
    if not (x.real and y.real):
        return NOTHING
    lo = None if x.lo is None or y.lo is None else x.lo + y.lo
    hi = None if x.hi is None or y.hi is None else x.hi + y.hi
    return Info(True, x.integer and y.integer, lo, x.lo_strict or y.lo_strict, hi, x.hi_strict or y.hi_strict)


def mul(x: Info, y: Info) -> Info:
    nonzero = x.is_nonzero and y.is_nonzero
    if not (x.real and y.real):
        return Info(nonzero=nonzero)
    if x.lo == x.hi == 1:
        return y if y.nonzero == nonzero else replace(y, nonzero=nonzero)
    if x.nonnegative and y.nonnegative and x.lo != x.hi and y.lo != y.hi:
        return _mul_nonnegative(x, y, nonzero)
    if _unbounded(x) and not _is_zero(y) or _unbounded(y) and not _is_zero(x):
        return Info(True, x.integer and y.integer, nonzero=nonzero)
    inf = float("inf")
    ends: list[tuple[Any, bool]] = []
    # signs of infinite ends matter: lo None is -inf, hi None is +inf
    xs = [(x.lo if x.lo is not None else -inf, x.lo_strict), (x.hi if x.hi is not None else inf, x.hi_strict)]
    ys = [(y.lo if y.lo is not None else -inf, y.lo_strict), (y.hi if y.hi is not None else inf, y.hi_strict)]
    for p2, ps in xs:
        for q2, qs in ys:
            if p2 == 0 or q2 == 0:
                strict = (p2 == 0 and ps) or (q2 == 0 and qs)
                # the product 0 is attained if the zero end is attained; both strict zeros keep it strict
                attained = (p2 == 0 and not ps) or (q2 == 0 and not qs)
                ends.append((F(0), strict and not attained))
            else:
                v = p2 * q2 if isinstance(p2, F) and isinstance(q2, F) else (inf if (p2 > 0) == (q2 > 0) else -inf)
                ends.append((v, ps or qs))
    lo = min(e[0] for e in ends)
    hi = max(e[0] for e in ends)
    los = all(s for v, s in ends if v == lo)
    his = all(s for v, s in ends if v == hi)
    # an inner zero can't attain an end unless the end is 0: be careful and drop strictness at 0 when a factor may vanish inside
    if lo == 0 and not nonzero and los:
        los = x.is_nonzero and y.is_nonzero
    if hi == 0 and not nonzero and his:
        his = x.is_nonzero and y.is_nonzero
    return Info(
        True,
        x.integer and y.integer,
        None if lo == -inf else lo,
        los,
        None if hi == inf else hi,
        his,
        nonzero,
    )


def _unbounded(x: Info) -> bool:
    return x.lo is None and x.hi is None


def _is_zero(x: Info) -> bool:
    return x.lo is not None and x.hi is not None and x.lo.numerator == 0 == x.hi.numerator


def _mul_nonnegative(x: Info, y: Info, nonzero: bool) -> Info:
    """The common case of `mul`: two ranges of more than one point, without negative numbers."""
    assert x.lo is not None and y.lo is not None
    lo = x.lo * y.lo
    strict = (nonzero and (x.lo_strict or x.lo != 0) and (y.lo_strict or y.lo != 0)) if lo == 0 else x.lo_strict or y.lo_strict
    hi = None if x.hi is None or y.hi is None else x.hi * y.hi
    return Info(True, x.integer and y.integer, lo, strict, hi, x.hi_strict or y.hi_strict, nonzero)


def reciprocal(x: Info) -> Info:
    if not x.real:
        return Info(nonzero=True)
    if (x.hi == 0 and (x.positive or x.nonnegative)) or (x.lo == 0 and x.nonpositive):
        return Info(True, nonzero=True)  # zero alone has no reciprocal
    if x.positive:
        hi = None if x.lo == 0 or x.lo is None else 1 / x.lo
        lo = F(0) if x.hi is None else 1 / x.hi
        return Info(True, False, lo, True if x.hi is None else x.hi_strict, hi, x.lo_strict, True)
    if x.negative:
        return neg(reciprocal(neg(x)))
    # wherever 1/x has a value x is not 0: nonnegative x gives positive 1/x
    if x.nonnegative:
        return Info(True, False, F(0), True, None, False, True)
    if x.nonpositive:
        return Info(True, False, None, False, F(0), True, True)
    return Info(True, nonzero=True)


def power(x: Info, n: int) -> Info:
    if n < 0:
        return reciprocal(power(x, -n))
    if n == 0:
        return point(F(1))
    if not x.real:
        return Info(nonzero=x.is_nonzero)
    if n % 2 == 0:
        a = absolute(x)
        lo = F(0) if a.lo is None else bounded_power(a.lo, n, up=False)
        hi = None if a.hi is None else bounded_power(a.hi, n, up=True)
        return Info(True, x.integer, lo, a.lo_strict if lo is not None else False, hi, a.hi_strict, x.is_nonzero)
    lo = None if x.lo is None else bounded_power(x.lo, n, up=False)
    hi = None if x.hi is None else bounded_power(x.hi, n, up=True)
    return Info(True, x.integer, lo, x.lo_strict, hi, x.hi_strict, x.is_nonzero)


def bounded_power(q: F, n: int, up: bool) -> F | None:
    if (q.numerator.bit_length() + q.denominator.bit_length()) * n > 4000:
        if q > 1 and not up:
            return q
        if 0 <= q < 1 and not up:
            return F(0)
        if 0 <= q <= 1 and up:
            return F(1)
        return None
    return q**n


def absolute(x: Info) -> Info:
    if x.nonnegative:
        return x
    if x.nonpositive:
        return neg(x)
    hi = None
    if x.lo is not None and x.hi is not None:
        hi = max(-x.lo, x.hi)
    strict = hi is not None and (x.lo_strict or x.lo is None or -x.lo != hi) and (x.hi_strict or x.hi != hi)
    return Info(True, x.integer, F(0), x.nonzero, hi, strict, x.nonzero)


def rational_bounds(ball: Any) -> tuple[F, F]:
    """Outward rational ends of a real ball."""
    m, r, e = (int(part) for part in ball.mid_rad_10exp(25))
    scale = F(10) ** e
    return (m - r) * scale, (m + r) * scale


def monotone(name: str, x: Info, lo_limit: F | None, hi_limit: F | None, increasing: bool = True) -> Info:
    """Image of an interval under a monotone real function, with its limits at infinity."""
    def at(q: F | None, below: bool) -> F | None:
        if q is None:
            return lo_limit if below else hi_limit
        if abs(q) > 10**6 or q.denominator > 10**30:
            return lo_limit if below else hi_limit
        value = getattr(flint.arb(flint.fmpq(q.numerator, q.denominator)), name)()
        if not value.is_finite():
            return lo_limit if below else hi_limit
        lo, hi = rational_bounds(value)
        return lo if below else hi

    lo, hi = at(x.lo, True), at(x.hi, False)
    exact_lo = x.lo is not None and x.lo == 0 and name in ("sinh", "tanh", "atan", "asinh", "erf")
    exact_hi = x.hi is not None and x.hi == 0 and name in ("sinh", "tanh", "atan", "asinh", "erf")
    if exact_lo:
        lo = F(0)
    if exact_hi:
        hi = F(0)
    if name == "exp":
        if x.lo == 0:
            lo, exact_lo = F(1), True
        if x.hi == 0:
            hi, exact_hi = F(1), True
    los = x.lo_strict if exact_lo else True
    his = x.hi_strict if exact_hi else True
    # a bound rounded outward (or a limit never reached) is strict
    return Info(True, False, lo, los, hi, his, False)


SETS = {
    "R": REAL,
    "Q": REAL,
    "Rpos": Info(True, False, F(0), True, nonzero=True),
    "Rnn": Info(True, False, F(0), False),
    "Rneg": Info(True, False, hi=F(0), hi_strict=True, nonzero=True),
    "N": Info(True, True, F(0), False),
    "Npos": Info(True, True, F(1), False, nonzero=True),
    "Z": Info(True, True),
}


def maximum(x: Info, y: Info) -> Info:
    lo, los = x.lo, x.lo_strict
    if lo is None or (y.lo is not None and (y.lo > lo or (y.lo == lo and y.lo_strict))):
        lo, los = y.lo, y.lo_strict
    hi: F | None = None
    his = False
    if x.hi is not None and y.hi is not None:
        if x.hi > y.hi or (x.hi == y.hi and not x.hi_strict):
            hi, his = x.hi, x.hi_strict
        else:
            hi, his = y.hi, y.hi_strict
    return Info(True, x.integer and y.integer, lo, los, hi, his)


def hull(infos: list[Info]) -> Info:
    if not infos or not all(i.real for i in infos):
        return Info(nonzero=bool(infos) and all(i.is_nonzero for i in infos))
    lo: F | None = None
    los = False
    if all(i.lo is not None for i in infos):
        lo = min(i.lo for i in infos)  # type: ignore[type-var]
        los = all(i.lo_strict for i in infos if i.lo == lo)
    hi: F | None = None
    his = False
    if all(i.hi is not None for i in infos):
        hi = max(i.hi for i in infos)  # type: ignore[type-var]
        his = all(i.hi_strict for i in infos if i.hi == hi)
    return Info(True, all(i.integer for i in infos), lo, los, hi, his, all(i.is_nonzero for i in infos))
