"""Statements about one real number: the points at which a relation may change its truth, for the inference `pieces`.

Candidates are the numbers that the statement compares x with, zeros of linear and quadratic parts (of |·|, roots, denominators, fractions that
are cleared), jumps of floors between them, and the declared ends.  Limits: rational coefficients for quadratic parts; `POINTS` points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import ceil, floor

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.inferences.pieces import interval_of, variable
from derivcheck.kernel.inferences.solutions import solve_linear, unfolded
from derivcheck.kernel.monomials import univariate
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.real_places import Unknown, ball_of
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.provers import order
from derivcheck.provers.scalar import attempt
from derivcheck.semantics.differentiate import derivative
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, fresh, num, substitute, subterms

METHODS = ("piece by piece",)
POINTS = 24
JUMPS = 12


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of a statement about one real number."""
    p = unfolded(ob.statement, session.oracle(ob.context))
    x = variable(p)
    ends = interval_of(x, ob.context) if x is not None else None
    if x is None or ends is None or p.op not in ("rel", "and", "or", "not", "implies", "iff"):
        return None
    try:
        points = _points(p, x, ends, session.rewriter(ob.context))
    except (Unknown, ZeroDivisionError):
        return None
    if points is None:
        return None
    return Proof("pieces", points) if attempt(ob, "pieces", points, session) == [] else None


def points_of(ob: Obligation, session: Session) -> tuple[Term, Term, tuple[Term, ...]] | None:
    """The statement with memberships written out, its variable, and the candidates inside its domain."""
    p = unfolded(ob.statement, session.oracle(ob.context))
    x = variable(p)
    ends = interval_of(x, ob.context) if x is not None else None
    if x is None or ends is None:
        return None
    try:
        found = _points(p, x, ends, session.rewriter(ob.context))
    except (Unknown, ZeroDivisionError):
        return None
    return None if found is None else (p, x, (*(e for e, inside in ends if inside and e is not None), *found))


def _points(
    p: Term, x: Term, ends: tuple[tuple[Term | None, bool], tuple[Term | None, bool]], rw: Rewriter
) -> tuple[Term, ...] | None:
    """The candidates inside the domain, sorted."""
    lo, hi = (None if e is None else ball_of(e) for e, _ in ends)
    found: list[tuple[float, Term]] = []

    def add(t: Term) -> None:
        try:
            v = ball_of(t)
        except Unknown:
            return
        if (lo is not None and not v > lo) or (hi is not None and not v < hi):
            return
        if all(abs(float(v.mid()) - w) > 1e-12 * max(1.0, abs(w)) for w, _ in found):
            found.append((float(v.mid()), t))

    for t in _zeros(p, x, rw):
        add(rw.nf(t))
    for s in subterms(p):
        if s.op == "fn" and s.data in ("floor", "ceil") and x in s.free:
            for t in _jumps(s.args[0], x, [w for w, _ in found], ends, rw):
                add(t)
    if len(found) > POINTS:
        return None
    return tuple(t for _, t in sorted(found, key=lambda f: f[0]))


def _zeros(p: Term, x: Term, rw: Rewriter) -> Iterator[Term]:
    for s in subterms(p):
        if x not in s.free:
            continue
        if s.op == "rel" and s.args[0].sort.kind == "num":
            gap = b.sub(s.args[0], s.args[1])
            yield from _of(gap, x, rw)
            yield from _deeper(gap, x, rw)
            for inner in subterms(s):
                if inner.op == "pow" and inner.args[1].op == "num" and inner.args[1].data == Fraction(1, 2) and x in inner.free:
                    # √u = v where u = v²
                    line = solve_linear(gap, inner, rw)
                    if line is not None:
                        yield from _of(b.sub(inner.args[0], b.pow_(line, 2)), x, rw)
        elif s.op == "fn" and s.data in ("abs", "sign", "log", "max", "min", "arcsin", "arccos", "arctanh"):
            if s.data in ("max", "min"):
                yield from (z for a in s.args[1:] for z in _of(b.sub(s.args[0], a), x, rw))
            elif s.data in ("arcsin", "arccos", "arctanh"):
                yield from (z for c in (b.ONE, b.MINUS_ONE) for z in _of(b.sub(s.args[0], c), x, rw))
            else:
                yield from _of(s.args[0], x, rw)
        elif s.op == "div":
            yield from _of(s.args[1], x, rw)
        elif s.op in ("pow", "oddroot"):
            yield from _of(s.args[0], x, rw)


def _deeper(gap: Term, x: Term, rw: Rewriter) -> Iterator[Term]:
    """Zeros of the factors of a difference, and of its slope (where the sides may touch), in x or in one function of x."""
    normal = rw.nf(gap)
    if x not in normal.free or normal.size > 120:
        return
    got = derivative(normal, x)
    for t in (normal, rw.nf(got.term)) if got.complete else (normal,):
        if x in t.free and not any(s.op in ("cases", "ind") for s in subterms(t)):
            for factor in order._factors(t, rw):
                if x in factor.free:
                    yield from _of(factor, x, rw)
                    yield from _through(factor, x, rw)
                    yield from _both(factor, x, rw)


def _through(factor: Term, x: Term, rw: Rewriter) -> Iterator[Term]:
    """x with f(x) = w for a factor that is linear in one f(u), u linear in x."""
    for k in subterms(factor):
        if k.op != "fn" or k.data not in _SOLVED or x not in k.free or len(k.args) != 1:
            continue
        w = solve_linear(factor, k, rw)
        if w is None or w.free:
            continue
        for v in _SOLVED[str(k.data)](w):
            yield from _of(b.sub(k.args[0], v), x, rw)


def _both(factor: Term, x: Term, rw: Rewriter) -> Iterator[Term]:
    """x with a sin u + b cos u = 0."""
    for u in dict.fromkeys(s.args[0] for s in subterms(factor) if s.op == "fn" and s.data == "sin" and x in s.free):
        t = fresh("t")
        at = solve_linear(substitute(factor, {b.fn("sin", u): t, b.fn("cos", u): b.ONE}), t, rw)
        if at is not None and not at.free:
            for v in _turns(b.fn("arctan", at), Fraction(1)):
                yield from _of(b.sub(u, v), x, rw)


def _turns(start: Term, period: Fraction) -> list[Term]:
    return [b.add(start, b.mul(num(period * k), b.PI)) for k in range(-2, 3)]


_SOLVED: dict[str, Callable[[Term], list[Term]]] = {
    "log": lambda w: [b.exp(w)],
    "exp": lambda w: [b.log(w)],
    "sin": lambda w: [*_turns(b.fn("arcsin", w), Fraction(2)), *_turns(b.sub(b.PI, b.fn("arcsin", w)), Fraction(2))],
    "cos": lambda w: [*_turns(b.fn("arccos", w), Fraction(2)), *_turns(b.neg(b.fn("arccos", w)), Fraction(2))],
    "tan": lambda w: _turns(b.fn("arctan", w), Fraction(1)),
    "arctan": lambda w: [b.fn("tan", w)],
    "tanh": lambda w: [b.fn("arctanh", w)],
}


def _of(u: Term, x: Term, rw: Rewriter) -> list[Term]:
    """The zeros of a linear or quadratic term (or of its factors), exactly."""
    if x not in u.free:
        return []
    if u.op == "mul":
        return [z for a in u.args for z in _of(a, x, rw)]
    normal = rw.nf(u)
    if normal.op == "div":
        normal = normal.args[0]
    row = univariate(normal, x)
    if row is None:
        at = solve_linear(normal, x, rw)
        return [at] if at is not None and not at.free else []
    if len(row) == 2:
        return [num(-row[0] / row[1])]
    if len(row) == 3:
        c, e, a = row
        inside = e * e - 4 * a * c
        if inside < 0:
            return []
        root = rw.nf(b.sqrt(num(inside)))
        return [rw.nf(b.div(b.add(num(-e), r), num(2 * a))) for r in (root, b.neg(root))]
    return _rational(row) if len(row) > 3 else []


def _rational(row: tuple[Fraction, ...] | list[Fraction]) -> list[Term]:
    """Rational zeros of small numerator and denominator."""
    out = []
    for d in range(1, 13):
        for n in range(-60, 61):
            q = Fraction(n, d)
            if q.denominator == d and sum(c * q**k for k, c in enumerate(row)) == 0:
                out.append(num(q))
    return out


def _jumps(u: Term, x: Term, near: list[float], ends: tuple[tuple[Term | None, bool], tuple[Term | None, bool]], rw: Rewriter) -> list[Term]:
    """The points between the others at which a linear term is an integer."""
    row = univariate(rw.nf(u), x)
    if row is None or len(row) != 2:
        return []
    around = [*near, *(float(ball_of(e).mid()) for e, _ in ends if e is not None)]
    if not around:
        return []
    values = [float(row[1]) * v + float(row[0]) for v in around]
    first, last = floor(min(values)) - 1, ceil(max(values)) + 1
    return [num((Fraction(m) - row[0]) / row[1]) for m in range(first, last + 1)] if last - first <= JUMPS else []
