"""Arithmetic on scalar values: sums, products, quotients, powers with principal values, roots.

Every function takes and gives values; `UNDEFINED` is contagious before `UNKNOWN`.  Rationals stay exact as long as their size
allows.  Undefined are: division by zero, `∞ - ∞`, `0·∞`, a power of zero with an exponent whose real part is not positive
(apart from `0^n`, n natural).  Limits: a ball that contains zero can't be divided by or raised to a power that is no natural
number.
"""

from __future__ import annotations

from typing import Any

from flint import acb, arb, fmpq, fmpz

from derivcheck.semantics.values import (
    INFINITY,
    MAX_BITS,
    MINUS_INFINITY,
    UNDEFINED,
    UNKNOWN,
    Infinite,
    Value,
    ball,
    compare,
    integer,
    is_number,
    is_real,
    is_scalar,
    is_zero,
    tidy,
)

ZERO, ONE = fmpq(0), fmpq(1)


def markers(*values: Value) -> Value | None:
    """The marker that the values impose, if any is one (or is no scalar)."""
    unknown = False
    for v in values:
        if v is UNDEFINED:
            return UNDEFINED
        if v is UNKNOWN or not is_scalar(v):
            unknown = True
    return UNKNOWN if unknown else None


def sized(v: fmpq) -> Value:
    """An exact result, as a ball where it grew too long."""
    return v if v.p.bit_length() < MAX_BITS and v.q.bit_length() < MAX_BITS else ball(v)


def add(values: list[Value]) -> Value:
    """The sum; an infinite summand wins over finite ones."""
    exact = ZERO
    for v in values:
        if v.__class__ is not fmpq:
            break
        exact += v
    else:
        return sized(exact)
    m = markers(*values)
    if m is not None:
        return m
    infinite = {v.sign for v in values if isinstance(v, Infinite)}
    if infinite:
        if len(infinite) > 1:
            return UNDEFINED
        if not all(is_real(v) for v in values):
            return UNKNOWN
        return INFINITY if infinite == {1} else MINUS_INFINITY
    exact = ZERO
    inexact: acb | None = None
    for v in values:
        if isinstance(v, fmpq):
            exact += v
        else:
            inexact = v if inexact is None else inexact + v
    if inexact is None:
        return sized(exact)
    return tidy(inexact if exact == 0 else inexact + ball(exact))


def neg(v: Value) -> Value:
    """The negative."""
    if isinstance(v, Infinite):
        return Infinite(-v.sign)
    return -v if is_number(v) else markers(v)


def sub(a: Value, b: Value) -> Value:
    """The difference."""
    return add([a, neg(b)])


def sign_of(v: Value) -> int | None:
    """The sign of a real or infinite value where it is known."""
    got = compare(v, ZERO)
    return got if isinstance(got, int) else None


def mul(values: list[Value]) -> Value:
    """The product; `0·∞` is undefined."""
    exact = ONE
    for v in values:
        if v.__class__ is not fmpq:
            break
        exact *= v
    else:
        return sized(exact)
    m = markers(*values)
    if m is not None:
        return m
    if any(isinstance(v, Infinite) for v in values):
        if any(is_zero(v) for v in values):
            return UNDEFINED
        sign = 1
        for v in values:
            s = sign_of(v) if is_real(v) else None
            if not s:
                return UNKNOWN
            sign *= s
        return Infinite(sign)
    exact = ONE
    inexact: acb | None = None
    for v in values:
        if isinstance(v, fmpq):
            if v == 0:
                return ZERO
            exact *= v
        else:
            inexact = v if inexact is None else inexact * v
    if inexact is None:
        return sized(exact)
    return tidy(inexact if exact == 1 else inexact * ball(exact))


def div(a: Value, b: Value) -> Value:
    """The quotient."""
    if is_zero(b):
        return UNDEFINED
    m = markers(a, b)
    if m is not None:
        return m
    if isinstance(b, Infinite):
        return UNDEFINED if isinstance(a, Infinite) else ZERO
    if isinstance(a, Infinite):
        s = sign_of(b) if is_real(b) else None
        return Infinite(a.sign * s) if s else UNKNOWN
    if isinstance(a, fmpq) and isinstance(b, fmpq):
        return sized(a / b)
    if is_zero(a):
        return ZERO if not ball(b).contains(0) else UNKNOWN
    return tidy(ball(a) / ball(b))


def int_power(a: Value, n: int) -> Value:
    """`a^n` for an integer n; `a^0` is 1 for every number a."""
    if n == 0:
        return ONE if is_number(a) else (UNDEFINED if isinstance(a, Infinite) else a)
    if isinstance(a, Infinite):
        if n < 0:
            return ZERO
        return INFINITY if a.sign > 0 or n % 2 == 0 else MINUS_INFINITY
    if isinstance(a, fmpq):
        if a == 0:
            return ZERO if n > 0 else UNDEFINED
        if abs(a) == 1:
            return ONE if a > 0 or n % 2 == 0 else -ONE
        if max(a.p.bit_length(), a.q.bit_length()) * abs(n) <= MAX_BITS:
            return a**n
    if abs(n).bit_length() > 60:
        return UNKNOWN
    return tidy(ball(a) ** n)


def perfect_root(a: fmpq, n: int) -> fmpq | None:
    """The exact n-th root of a nonnegative rational, if it is rational."""
    if a < 0 or n > 4096:
        return None

    def root(z: fmpz) -> fmpz | None:
        if n == 2:
            r = z.isqrt()
        else:
            r = z.root(n)
        return r if r**n == z else None

    if a == 0:
        return ZERO
    p = root(a.p)
    if p is None:
        return None
    q = root(a.q)
    return fmpq(p, q) if q is not None else None


def power(a: Value, b: Value) -> Value:
    """The principal power.  `0^0` is left to the caller, who knows whether the exponent is a natural number: here `UNKNOWN`."""
    m = markers(a, b)
    if m is not None:
        return m
    if is_zero(a) and is_zero(b):
        return UNKNOWN
    n = integer(b)
    if n is not None:
        return int_power(a, n)
    if isinstance(a, Infinite):
        s = sign_of(b) if is_real(b) else None
        if a.sign > 0 and s:
            return INFINITY if s > 0 else ZERO
        return UNKNOWN
    if isinstance(b, Infinite):
        return infinite_power(a, b)
    if is_zero(a):
        re = ball(b).real
        if re > 0:
            return ZERO
        return UNDEFINED if re <= 0 else UNKNOWN
    if isinstance(a, fmpq) and isinstance(b, fmpq):
        if a == 1:
            return ONE
        if b.q <= 64 and a > 0 and abs(b.p) * max(a.p.bit_length(), a.q.bit_length()) < MAX_BITS:
            root = perfect_root(a, int(b.q))
            if root is not None:
                return int_power(root, int(b.p))
        if b.q == 2 and abs(b.p) < 1 << 40:
            return tidy(_sqrt(ball(a)) ** int(b.p))
    if isinstance(b, fmpq) and b.q == 2 and abs(b.p) < 1 << 40:
        root_ball = _sqrt(ball(a))
        return tidy(root_ball ** int(b.p))
    base = ball(a)
    if base.contains(0):
        re = ball(b).real
        # |a^b| <= |a|^(re b) e^(π |im b|) near zero
        if re > 0 and is_real(b):
            size = base.abs_upper() ** ball(b).real.upper() if base.abs_upper() >= 1 else base.abs_upper() ** ball(b).real.lower()
            if is_real(a) and base.real >= 0:
                return tidy(acb(arb(0).union(size)))
            return tidy(acb(size.union(-size), size.union(-size)))
        return UNKNOWN
    return tidy(base ** ball(b))


def _sqrt(z: acb) -> acb:
    """The principal square root; real where z is known to be real and not negative."""
    if z.imag.is_zero():
        x = z.real
        if x >= 0:
            return acb(x.sqrt())
        if x < 0:
            return acb(0, (-x).sqrt())
    return z.sqrt()


def infinite_power(a: Value, b: Infinite) -> Value:
    """`a^{±∞}` as the limit of the power, for positive real a that is not 1."""
    if not is_real(a):
        return UNKNOWN
    above = compare(a, ONE)
    positive = sign_of(a)
    if positive != 1 or not isinstance(above, int) or above == 0:
        return UNKNOWN
    return INFINITY if above * b.sign > 0 else ZERO


def odd_root(a: Value, n: int) -> Value:
    """The real n-th root for odd n; of a number that is not real the principal one."""
    m = markers(a)
    if m is not None:
        return m
    if isinstance(a, Infinite):
        return a
    if isinstance(a, fmpq):
        r = perfect_root(abs(a), n)
        if r is not None:
            return r if a >= 0 else -r
    if is_real(a):
        x = ball(a).real
        if x > 0:
            return tidy(acb(x.root(n)))
        if x < 0:
            return tidy(acb(-((-x).root(n))))
        size = x.abs_upper().root(n)
        low, high = (arb(0) if x >= 0 else -size), (arb(0) if x <= 0 else size)
        return tidy(acb(low.union(high)))
    z = ball(a)
    if z.imag.contains(0):
        return UNKNOWN
    return tidy(z.root(n))


def minmax(values: list[Value], largest: bool) -> Value:
    """The largest or smallest of real values; undefined where one is not real."""
    m = markers(*values)
    if m is not None:
        return m
    best: Any = None
    for v in values:
        if best is None:
            if isinstance(v, acb) and not is_real(v):
                return UNKNOWN if v.imag.contains(0) else UNDEFINED
            best = v
            continue
        c = compare(v, best)
        if c is UNDEFINED:
            return UNDEFINED
        if c is UNKNOWN:
            if not (is_number(v) and is_number(best) and is_real(v) and is_real(best)):
                return UNKNOWN
            x, y = ball(v).real, ball(best).real
            best = tidy(acb(x.max(y) if largest else x.min(y)))
        elif (c > 0) == largest and c != 0:  # type: ignore[operator]
            best = v
    return best
