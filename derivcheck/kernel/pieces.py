"""Statements about one real number x, piece by piece: between given points every relation keeps its truth.

`holds(goal, premises, x, domain, points, …)` looks at each of the points (closed terms, in increasing order) and at each open interval between two
neighbours.  There |u|, max, min, sign, floors, cases and indicators are resolved by the signs of what decides them; whether roots, logarithms,
quotients have real values is told by signs, too.  The sign of a smooth term g on an open interval comes from

* an enclosure of g over the closed interval (ball arithmetic), or the sign oracle with x declared in it;
* the sign of g' there and the value, or limit, of g at one end (g is continuous up to the end);
* the signs of factors; halves of the interval with g ≠ 0 in the middle.

Source: monotonicity criterion (mean value theorem), intermediate value theorem.  Limits: real values only; what is not told stays `Unknown`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from flint import arb, ctx, fmpq

from derivcheck.kernel import algebra
from derivcheck.kernel.enclosures import over, range_over
from derivcheck.kernel.limits import limit
from derivcheck.kernel.literals import integer_value
from derivcheck.kernel.real_places import NoValue, Place, Point, Unknown, Work, ball_of, closed_sign
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.semantics.differentiate import derivative
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, num, substitute, subterms

SHARE = 120
DEPTH = 5
HALVINGS = 9


@dataclass
class Piece(Place):
    """The open interval between two closed terms (None: ±∞)."""

    low: Term | None = None
    high: Term | None = None
    inner: Rewriter | None = None
    slopes: dict[Term, Term | None] = field(default_factory=dict)

    def bounds(self) -> tuple[arb | None, arb | None]:
        """Enclosures of the ends."""
        return None if self.low is None else ball_of(self.low), None if self.high is None else ball_of(self.high)

    def oracle_rewriter(self) -> Rewriter:
        """The rewriter with x declared in this interval."""
        if self.inner is None:
            ends = (b.neg(b.INF) if self.low is None else self.low, b.INF if self.high is None else self.high)
            domain = b.REALS if self.low is None and self.high is None else b.interval(*ends, "()")
            self.inner = self.rw.child(((Declaration(self.x, domain),), ()))
        return self.inner

    def middle(self) -> Fraction:
        """A rational number inside."""
        lo, hi = (None if v is None else float(v.mid()) for v in self.bounds())
        if lo is None:
            m = 0.0 if hi is None else hi - max(1.0, abs(hi))
        elif hi is None:
            m = lo + max(1.0, abs(lo))
        else:
            m = (lo + hi) / 2
        q = Fraction(m).limit_denominator(1000) if abs(m) > 0.01 else Fraction(m).limit_denominator(10**6)
        lower, upper = self.bounds()
        if (lower is not None and not arb(fmpq(q.numerator, q.denominator)) > lower) or (upper is not None and not arb(fmpq(q.numerator, q.denominator)) < upper):
            raise Unknown
        return q

    def some(self, u: Term) -> float:
        return float(ball_of(substitute(u, {self.x: num(self.middle())})).mid())

    def _sign(self, g: Term) -> int:
        return self.signed(g, 0, HALVINGS)

    def signed(self, g: Term, depth: int, halvings: int) -> int:
        """The sign of a resolved, hence smooth, term all over the interval."""
        self.work.spend()
        if self.x not in g.free:
            return closed_sign(g, self.rw, self.work)
        got = self._by_factors(g, depth, halvings)
        if got is not None:
            return got
        got = self._enclosed(g)
        if got is not None:
            return got
        if depth == 0 and 0 < halvings < HALVINGS and self._off_zero(g):
            # away from zeros enclosures of smaller parts do, and cost least
            return self._halved(g, depth, halvings)
        room = self.oracle_rewriter()
        try:
            normal = room.nf(g)
        except ZeroDivisionError as error:
            raise Unknown from error
        if normal is b.ZERO or (depth == 0 and algebra.is_zero(g, room)):
            return 0
        o = room.oracle
        for t in (g, normal):
            if o.positive(t):
                return 1
            if o.negative(t):
                return -1
        for t in self._factored(normal, room) if depth < 2 else (normal,):
            got = self._within(SHARE >> depth, lambda t=t: self._by_factors(t, depth, halvings)) if t is not g else None  # type: ignore[misc]
            if got is not None:
                return got
        if depth < DEPTH:
            got = self._within(SHARE >> depth, lambda: self._monotone(g, normal, depth, halvings))
            if got is not None:
                return got
        if halvings:
            return self._halved(g, depth, halvings)
        raise Unknown

    def _within(self, most: int, way: Callable[[], int | None]) -> int | None:
        """What may be harder than the question itself, with a share of the work."""
        whole, share = self.work, Work(min(self.work.left, most))
        before, self.work = share.left, share
        try:
            return way()
        except Unknown:
            return None
        finally:
            whole.left -= before - max(share.left, 0)
            self.work = whole

    def _off_zero(self, g: Term) -> bool:
        """Whether g is not 0 at the ends, and bounded by monotone parts where the interval is not."""
        lo, hi = self.bounds()
        if lo is None or hi is None:
            most = range_over(g, self.x, (lo, hi))
            if most is None or most[0] is None or most[1] is None:
                return False
        values = [over(g, self.x, end) for end in (lo, hi) if end is not None]
        return all(v is not None and (v > 0 or v < 0) for v in values)

    def _factored(self, normal: Term, room: Rewriter) -> list[Term]:
        """The normal form as a product of the factors of its numerator, over its denominator."""
        region, [(top, bottom)] = algebra.numerator_polynomials([normal], room)
        if len(top) > 40 or top.is_constant():
            return [normal]
        constant, factors = top.factor()
        parts = [(region.to_term(f, region.one), e) for f, e in factors]
        if len(parts) < 2 and (not parts or parts[0][1] == 1):
            return [normal]
        lead = Fraction(int(constant.p), int(constant.q))
        whole = b.mul(num(lead), *(b.pow_(f, e) if e > 1 else f for f, e in parts))
        below = region.to_term(bottom, region.one)
        return [whole if below is b.ONE else b.div(whole, below)]

    def _by_factors(self, g: Term, depth: int, halvings: int) -> int | None:
        if g.op == "neg":
            return -self.signed(g.args[0], depth, halvings)
        if g.op == "pow" and (n := integer_value(g.args[1])) is not None and n > 1:
            try:
                return self.signed(g.args[0], depth + 1, min(halvings, 2)) ** n
            except Unknown:
                return None
        if g.op not in ("mul", "div"):
            return None
        try:
            out = 1
            for a in g.args:
                out *= self.signed(a, depth + 1, min(halvings, 2))
            return out
        except Unknown:
            return None

    def _enclosed(self, g: Term) -> int | None:
        lo, hi = self.bounds()
        if lo is None or hi is None:
            low, high = range_over(g, self.x, (lo, hi)) or (None, None)
            return 1 if low is not None and low > 0 else -1 if high is not None and high < 0 else None
        v = over(g, self.x, lo.union(hi))
        if v is not None and (v > 0 or v < 0):
            return 1 if v > 0 else -1
        # mean value form
        if g not in self.slopes:
            got = derivative(g, self.x)
            self.slopes[g] = got.term if got.complete else None
        slope = self.slopes[g]
        steep = None if slope is None else over(slope, self.x, lo.union(hi))
        if steep is None:
            return None
        middle = (lo + hi) / 2
        at = over(g, self.x, middle)
        if at is None:
            return None
        v = at + steep * (lo.union(hi) - middle)
        return 1 if v > 0 else -1 if v < 0 else None

    def _monotone(self, g: Term, normal: Term, depth: int, halvings: int) -> int | None:
        if any(s.op in ("cases", "ind", "oddroot") or (s.op == "fn" and s.data in ("abs", "sign", "max", "min", "floor", "ceil")) for s in subterms(normal)):
            normal = g
        got = derivative(normal, self.x)
        if not got.complete:
            return None
        try:
            slope = self.signed(self.oracle_rewriter().nf(got.term), depth + 1, min(halvings, 3))
        except (Unknown, ZeroDivisionError):
            return None
        left, right = self._end(g, normal, True), self._end(g, normal, False)
        if slope == 0:
            return left if left is not None else right
        for value, way in ((left, slope), (right, -slope)):
            # above (below) what it grows (falls) from
            if value is not None and value * way >= 0:
                return way
        return None

    def _end(self, g: Term, normal: Term, left: bool) -> int | None:
        """The sign of the value, or of the limit, at an end; 2 and -2 for ±∞."""
        end = self.low if left else self.high
        if end is not None:
            try:
                at = Point(self.x, self.rw, self.work, at=end)
                if _continuous(g):
                    return at.sign(at.resolve(g))
            except (Unknown, NoValue):
                pass
        point = (b.neg(b.INF) if left else b.INF) if end is None else end
        try:
            value = limit(normal, self.x, point, "+" if left else "-", self.oracle_rewriter())
            if value is None or (value.op == "const" and value.data == "undefined"):
                return None
            if b.is_infinite(value):
                return 2 if value is b.INF else -2
            return closed_sign(value, self.rw, self.work)
        except (Unknown, ZeroDivisionError):
            return None

    def _halved(self, g: Term, depth: int, halvings: int) -> int:
        q = num(self.middle())
        s = closed_sign(substitute(g, {self.x: q}), self.rw, self.work)
        if s == 0:
            raise Unknown
        for low, high in ((self.low, q), (q, self.high)):
            part = Piece(self.x, self.rw, self.work, low=low, high=high, slopes=self.slopes)
            if part.signed(g, depth, halvings - 1) != s:
                raise Unknown
        return s


def _continuous(g: Term) -> bool:
    """Whether a resolved term is continuous wherever it has a real value: powers with a moving exponent and a base that may vanish are not."""
    if g.op == "pow" and g.args[1].free:
        return False
    return all(_continuous(a) for a in g.args)


def holds(
    goal: Term, premises: list[Term], x: Term, ends: tuple[tuple[Term | None, bool], tuple[Term | None, bool]], points: list[Term], rw: Rewriter, strict: bool
) -> bool:
    """Whether the goal is true at every x between the ends ((term or None, whether it belongs)) at which the premises are."""
    work = Work()
    saved = ctx.prec
    ctx.prec = 128
    try:
        cuts = _ordered(points, ends)
        for at in cuts:
            if at is ends[0][0] and not ends[0][1] or at is ends[1][0] and not ends[1][1]:
                continue
            if not _true(Point(x, rw, work, at=at), goal, premises, strict):
                return False
        places: list[Term | None] = [ends[0][0], *(c for c in cuts if c is not ends[0][0] and c is not ends[1][0]), ends[1][0]]
        for low, high in pairwise(places):
            if not _true(Piece(x, rw, work, low=low, high=high), goal, premises, strict):
                return False
        return True
    finally:
        ctx.prec = saved


def _true(place: Place, goal: Term, premises: list[Term], strict: bool) -> bool:
    for p in premises:
        try:
            if not place.truth(p, False):
                return True
        except (Unknown, NoValue):
            continue
    try:
        return place.truth(goal, strict)
    except NoValue as none:
        # outside of statements a relation is claimed where both sides have values, complex ones too
        if none.complex:
            raise Unknown from none
        return True


def _ordered(points: list[Term], ends: tuple[tuple[Term | None, bool], tuple[Term | None, bool]]) -> list[Term]:
    """The points with the ends, strictly increasing; Unknown where they are not."""
    cuts = [*([ends[0][0]] if ends[0][0] is not None else []), *points, *([ends[1][0]] if ends[1][0] is not None else [])]
    balls = [ball_of(c) for c in cuts]
    if any(not u < v for u, v in pairwise(balls)):
        raise Unknown
    return cuts


__all__ = ["NoValue", "Unknown", "holds"]
