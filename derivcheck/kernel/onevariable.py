"""Statements about one real number with polynomial relations, decided by their sign table.

`holds_everywhere(goal, hypotheses, info)` looks at every root of every polynomial that occurs and at one rational point between each two
neighbours: between them no relation changes its truth.  Roots are isolated by FLINT; signs at an irrational root come from exact
divisibility (zero) or from an enclosure that excludes zero.

Source: the sign-table method; completeness by the intermediate value theorem.  Limits: one variable, rational coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

from derivcheck.kernel.oracle import Info


@dataclass(frozen=True)
class Atom:
    """A relation `top/bottom REL 0` with integer polynomials (flint.fmpq_poly); false where bottom vanishes."""

    top: Any
    bottom: Any
    relation: str


Formula = Any
"""Nested tuples: ('atom', Atom), ('and', …), ('or', …), ('not', f), ('implies', f, g), ('iff', f, g), ('true',), ('false',)."""


class Undecided(Exception):
    """Enclosures did not separate within the precision allowed."""


@dataclass(frozen=True)
class Point:
    """A rational number, or the real root of an irreducible polynomial in a ball."""

    value: Any
    minimal: Any = None


def atoms_of(f: Formula) -> list[Atom]:
    """The atoms of a formula."""
    if f[0] == "atom":
        return [f[1]]
    return [a for g in f[1:] for a in atoms_of(g)]


def sign_at(poly: Any, point: Point) -> int:
    """The sign of a polynomial at a point, exactly."""
    if point.minimal is None:
        v = poly(point.value)
        return (v > 0) - (v < 0)
    if poly == 0 or divmod(poly, point.minimal)[1] == 0:
        return 0
    total = flint.arb(0)
    for c in reversed(poly.coeffs()):
        total = total * point.value + flint.arb(c)
    if total > 0:
        return 1
    if total < 0:
        return -1
    raise Undecided


def truth(f: Formula, point: Point) -> bool:
    """The truth of a formula at a point."""
    kind = f[0]
    if kind == "atom":
        a = f[1]
        s = sign_at(a.bottom, point)
        if s == 0:
            return False
        s *= sign_at(a.top, point)
        return bool({"=": s == 0, "≠": s != 0, "<": s < 0, "≤": s <= 0, ">": s > 0, "≥": s >= 0}[a.relation])
    if kind == "and":
        return all(truth(g, point) for g in f[1:])
    if kind == "or":
        return any(truth(g, point) for g in f[1:])
    if kind == "not":
        return not truth(f[1], point)
    if kind == "implies":
        return not truth(f[1], point) or truth(f[2], point)
    if kind == "iff":
        return truth(f[1], point) == truth(f[2], point)
    return bool(kind == "true")


def real_roots(polys: list[Any]) -> list[Point]:
    """All distinct real roots of the polynomials, in increasing order."""
    irreducible: dict[str, Any] = {}
    for p in polys:
        if p == 0 or p.degree() < 1:
            continue
        for f, _ in p.numer().factor()[1]:
            irreducible.setdefault(str(f), f)
    for precision in (64, 256, 1024):
        saved = flint.ctx.prec
        flint.ctx.prec = precision
        try:
            points: list[Point] = []
            for f in irreducible.values():
                if f.degree() == 1:
                    points.append(Point(flint.fmpq(-int(f[0]), int(f[1]))))
                    continue
                for root, _ in f.complex_roots():
                    if root.imag == 0:
                        points.append(Point(root.real, flint.fmpq_poly(f)))
            order = _sorted(points)
            if order is not None:
                return order
        finally:
            flint.ctx.prec = saved
    raise Undecided


def _sorted(points: list[Point]) -> list[Point] | None:
    from functools import cmp_to_key

    class Overlap(Exception):
        pass

    def compare(p: Point, q: Point) -> int:
        if p is q:
            return 0
        difference = flint.arb(p.value) - flint.arb(q.value)
        if difference > 0:
            return 1
        if difference < 0:
            return -1
        raise Overlap

    try:
        return sorted(points, key=cmp_to_key(compare))
    except Overlap:
        return None


def _rational_between(x: Any, y: Any) -> Any:
    a, c = flint.arb(x), flint.arb(y)
    middle = (a.upper() + c.lower()) / 2
    m, r, e = (int(v) for v in middle.mid_rad_10exp(30))
    del r
    q = Fraction(m) * Fraction(10) ** e
    value = flint.fmpq(q.numerator, q.denominator)
    if not (flint.arb(value) > a and flint.arb(value) < c):
        raise Undecided
    return value


def test_points(polys: list[Any], info: Info) -> list[Point]:
    """The roots and a point of each open interval between them, within the bounds of `info` (ends included where they belong)."""
    ends = [q for q in (info.lo, info.hi) if q is not None]
    linear = [flint.fmpq_poly([flint.fmpq(-q.numerator, q.denominator), flint.fmpq(1)]) for q in ends]
    zero = [flint.fmpq_poly([0, 1])] if info.nonzero else []
    roots = real_roots([*polys, *linear, *zero])
    points: list[Point] = []
    if not roots:
        return [Point(flint.fmpq(0))]
    if info.integer:
        # no relation changes its truth between neighbouring roots: the integers next to the roots stand for all
        if any(abs(flint.arb(r.value)).upper() > 10**15 for r in roots):
            raise Undecided
        floors = [_floor(flint.arb(r.value).lower()) for r in roots]  # or one less
        return [p for f in floors for k in (-1, 0, 1, 2) if _within(p := Point(f + k), info)]
    first, last = flint.arb(roots[0].value).lower(), flint.arb(roots[-1].value).upper()
    points.append(Point(_floor(first) - 1))
    for i, r in enumerate(roots):
        points.append(r)
        if i + 1 < len(roots):
            points.append(Point(_rational_between(r.value, roots[i + 1].value)))
    points.append(Point(_floor(last) + 2))
    return [p for p in points if _within(p, info)]


def _floor(x: Any) -> Any:
    m, _, e = (int(v) for v in x.mid_rad_10exp(30))
    q = Fraction(m) * Fraction(10) ** e
    return flint.fmpq(q.numerator // q.denominator - 1 if q < 0 else q.numerator // q.denominator)


def _within(p: Point, info: Info) -> bool:
    for bound, strict, sign in ((info.lo, info.lo_strict, 1), (info.hi, info.hi_strict, -1)):
        if bound is None:
            continue
        end = flint.fmpq(bound.numerator, bound.denominator)
        if p.minimal is None:
            gap = (p.value - end) * sign
            if gap < 0 or (gap == 0 and strict):
                return False
        elif not (p.value - flint.arb(end)) * sign > 0:
            return False
    return not (info.nonzero and p.minimal is None and p.value == 0)


def holds_everywhere(goal: Formula, hypotheses: list[Formula], info: Info) -> bool:
    """Whether the goal is true at every real within `info` at which all hypotheses are."""
    polys = [q for f in [goal, *hypotheses] for a in atoms_of(f) for q in (a.top, a.bottom)]
    if len(polys) > 60 or any(p.degree() > 40 for p in polys):
        raise Undecided
    saved = flint.ctx.prec
    flint.ctx.prec = 256
    try:
        for point in test_points(polys, info):
            if all(truth(h, point) for h in hypotheses) and not truth(goal, point):
                return False
    finally:
        flint.ctx.prec = saved
    return True
