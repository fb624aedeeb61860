"""The sign of a rational polynomial in one variable on an interval, by counting its real roots there (FLINT's root isolation)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import flint

if TYPE_CHECKING:
    from derivcheck.kernel.bounds import Info


def sign_on_interval(poly: Any, info: Info) -> str | None:
    """The sign of a rational polynomial on an interval, by exact root isolation."""

    def inside(root: Any) -> bool | None:
        # True: in the interval; False: outside; None: at or too near an end to tell
        lo_ok: bool | None = True
        hi_ok: bool | None = True
        if info.lo is not None:
            end = flint.arb(flint.fmpq(info.lo.numerator, info.lo.denominator))
            lo_ok = True if root > end else (False if root < end else None)
        if info.hi is not None:
            end = flint.arb(flint.fmpq(info.hi.numerator, info.hi.denominator))
            hi_ok = True if root < end else (False if root > end else None)
        if lo_ok is False or hi_ok is False:
            return False
        return True if lo_ok and hi_ok else None

    squarefree_roots = []
    _, factors = poly.numer().factor()
    for f, k in factors:
        for root, _ in flint.fmpz_poly(f).complex_roots():
            if root.imag == 0:  # FLINT gives real roots an exactly vanishing imaginary part
                squarefree_roots.append((flint.arb(root.real), k))
    touches = False
    for root, k in squarefree_roots:
        where = inside(root)
        if where is False:
            continue
        if where is None:
            # a root at an end of the interval: harmless if the end is excluded, a zero otherwise
            for end, strict in ((info.lo, info.lo_strict), (info.hi, info.hi_strict)):
                if end is not None and poly(flint.fmpq(end.numerator, end.denominator)) == 0:
                    if root.contains(flint.arb(flint.fmpq(end.numerator, end.denominator))):
                        touches = touches or not strict
                        break
            else:
                return None
            continue
        if k % 2:
            return None
        touches = True
    sample = _sample(info)
    value = poly(flint.fmpq(sample.numerator, sample.denominator))
    tries = 0
    while value == 0 and tries < 20:
        tries += 1
        sample = _sample(info, tries)
        value = poly(flint.fmpq(sample.numerator, sample.denominator))
    if value == 0:
        return None
    if touches and info.nonzero and poly(flint.fmpq(0)) == 0 and all(r.contains(0) or inside(r) is False for r, _ in squarefree_roots):
        touches = False
    if value > 0:
        return "≥" if touches else ">"
    return "≤" if touches else "<"


def _sample(info: Info, k: int = 0) -> Fraction:
    lo, hi = info.lo, info.hi
    if lo is not None and hi is not None:
        return lo + (hi - lo) * Fraction(k + 1, k + 2) if hi > lo else lo
    if lo is not None:
        return lo + 1 + k
    if hi is not None:
        return hi - 1 - k
    return Fraction(k)
