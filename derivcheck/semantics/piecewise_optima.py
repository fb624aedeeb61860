"""Optima of piecewise polynomials of one number: polynomials with rational coefficients between rational breakpoints.

The innermost |u|, max(u, v) or min(u, v) whose arguments are polynomials in x is replaced, between the zeros of u (of u - v), by the one of its
readings that holds there; when none is left, every piece is a polynomial.  The whole is continuous, so that its optima are among the breakpoints,
the ends that belong to the interval, the zeros of the pieces' slopes, and the pieces on which it is constant.
Limits: breakpoints that are irrational; more than `PIECES` pieces.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from flint import fmpq, fmpq_poly

from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics.evaluate import Env, Evaluator
from derivcheck.semantics.evaluate_optimum import Problem, peeled, polynomial, real_roots
from derivcheck.semantics.quadrature import line_ends
from derivcheck.semantics.values import INFINITY, MINUS_INFINITY, UNKNOWN, Infinite, Marker, Value, compare
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, substitute, subterms

PIECES = 40
Ends = tuple[Value, Value]


@dataclass(frozen=True)
class Optima:
    """The points of the set, the intervals in it (ends, brackets), and the best value of what is left of the objective (inner functions
    peeled off)."""

    points: tuple[Value, ...]
    flats: tuple[tuple[Value, Value, str], ...]

    def contains(self, v: Value) -> bool | Marker:
        """Whether a number is an optimiser."""
        doubt = False
        for p in self.points:
            c = compare(v, p)
            if c == 0:
                return True
            doubt = doubt or not isinstance(c, int)
        for lo, hi, brackets in self.flats:
            left, right = compare(v, lo), compare(v, hi)
            if not isinstance(left, int) or not isinstance(right, int):
                doubt = True
            elif (left > 0 or (left == 0 and brackets[0] == "[")) and (right < 0 or (right == 0 and brackets[1] == "]")):
                return True
        return UNKNOWN if doubt else False

    def ends(self) -> list[Value]:
        """The points where membership changes."""
        return [*self.points, *(v for lo, hi, _ in self.flats for v in (lo, hi) if not isinstance(v, Infinite))]


    def a_point(self) -> Value | None:
        """One optimiser; None where there is none."""
        if self.points:
            return self.points[0]
        return between(*self.flats[0][:2]) if self.flats else None


def optima(ev: Evaluator, p: Problem) -> Optima | None:
    """All optimisers over an interval or half line; None where they can't be told."""
    ends = line_ends(ev, p.domain, p.frame)
    core = peeled(ev, p.body, p.x, p.sign, p.frame)
    if ends is None or core is None or p.x.sort.kind != "num":
        return None
    lo, hi = ends
    if compare(lo, hi) != -1 or not all(isinstance(e, (fmpq, Infinite)) for e in ends):
        return None
    closed = (False, False)
    if p.domain.op == "interval":
        closed = (str(p.domain.data)[0] == "[", str(p.domain.data)[1] == "]")
    elif p.domain.data == "Rnn":
        closed = (True, False)
    parts = _pieces(ev, core[0] if core[1] > 0 else b.neg(core[0]), p.x, p.frame, lo, hi)
    if parts is None or len(parts) > PIECES:
        return None
    return _best(parts, closed)


def _pieces(ev: Evaluator, f: Term, x: Term, frame: Env, lo: Value, hi: Value) -> list[tuple[Value, Value, fmpq_poly]] | None:
    """(from, to, polynomial), in order."""
    turn = next((s for s in sorted(subterms(f), key=lambda s: s.size) if s.op == "fn" and s.data in ("abs", "max", "min") and x in s.free), None)
    if turn is None:
        g = polynomial(ev, f, x, frame)
        return None if g is None else [(lo, hi, g)]
    if any(v.op == "bvar" for v in turn.free) or (turn.data != "abs" and len(turn.args) != 2):
        return None
    u = turn.args[0] if turn.data == "abs" else b.sub(*turn.args)
    g = polynomial(ev, u, x, frame)
    if g is None:
        return None
    roots = [] if g.degree() < 1 else real_roots(g)
    if roots is None or not all(isinstance(r, fmpq) for r, _ in roots):
        return None
    cuts = sorted({r for r, _ in roots if compare(lo, r) == -1 and compare(r, hi) == -1})
    stops = [lo, *cuts, hi]
    if len(stops) > PIECES:
        return None
    out: list[tuple[Value, Value, fmpq_poly]] = []
    for start, end in itertools.pairwise(stops):
        positive = g(between(start, end)) >= 0
        if turn.data == "abs":
            choice = u if positive else b.neg(u)
        else:
            choice = turn.args[0] if positive == (turn.data == "max") else turn.args[1]
        part = _pieces(ev, substitute(f, {turn: choice}), x, frame, start, end)
        if part is None:
            return None
        out += part
    return out


def between(lo: Value, hi: Value) -> fmpq:
    """A number strictly between."""
    if isinstance(lo, Infinite):
        return fmpq(0) if isinstance(hi, Infinite) else hi - 1
    return lo + 1 if isinstance(hi, Infinite) else (lo + hi) / 2


def _at(f: fmpq_poly, v: Value) -> Value:
    if isinstance(v, Infinite):
        if f.degree() < 1:
            return f[0] if f.degree() == 0 else fmpq(0)
        rises = (f[f.degree()] > 0) == (v.sign > 0 or f.degree() % 2 == 0)
        return INFINITY if rises else MINUS_INFINITY
    if isinstance(v, fmpq):
        return f(v)
    total: Value = fmpq(0)
    for k in range(f.degree(), -1, -1):
        total = ar.add([ar.mul([total, v]), f[k]])
    return total


def _best(parts: list[tuple[Value, Value, fmpq_poly]], closed: tuple[bool, bool]) -> Optima | None:
    """The maximisers."""
    lo, hi = parts[0][0], parts[-1][1]

    def belongs(v: Value) -> bool:
        return not isinstance(v, Infinite) and (v is not lo or closed[0]) and (v is not hi or closed[1])

    found: list[tuple[Value, Value, Value, str]] = []  # from, to, value, brackets
    limits: list[Value] = []
    for start, end, f in parts:
        for v in (start, end):
            if belongs(v):
                found.append((v, v, _at(f, v), "[]"))
            else:
                limits.append(_at(f, v))
        if f.degree() < 1:
            found.append((start, end, _at(f, between(start, end)), ("[" if belongs(start) else "(") + ("]" if belongs(end) else ")")))
            continue
        roots = real_roots(f.derivative())
        if roots is None:
            return None
        for r, _ in roots:
            below, above = compare(r, start), compare(r, end)
            if below == 1 and above == -1:
                found.append((r, r, _at(f, r), "[]"))
            elif not (below in (0, -1) or above in (0, 1)):
                return None
    top: Value = MINUS_INFINITY
    for v in (*(c[2] for c in found), *limits):
        c = compare(v, top)
        if not isinstance(c, int):
            return None
        top = v if c > 0 else top
    points: list[Value] = []
    flats: list[tuple[Value, Value, str]] = []
    for start, end, value, brackets in found:
        c = compare(value, top)
        if not isinstance(c, int):
            return None
        if c < 0:
            continue
        if start is end:
            if not any(compare(start, q) == 0 for q in points):
                points.append(start)
        else:
            flats.append((start, end, brackets))
    return Optima(tuple(points), tuple(flats))
