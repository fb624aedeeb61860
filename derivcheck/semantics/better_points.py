"""That a point is no optimiser: it lies outside of the set, the objective has no value there, or another point of the set is better.

`witness` looks for the better point near by and far away, along each coordinate, along pairs of coordinates (a saddle needs two), and at the
ends of intervals; both values are enclosures that do not meet.  Nothing here shows that a point is optimal.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from flint import fmpq

from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics import sets
from derivcheck.semantics.evaluate import Env, Evaluator
from derivcheck.semantics.values import UNDEFINED, UNKNOWN, Marker, Matrix, Value, compare, is_number, matrix
from derivcheck.terms.term import Term

Truth = bool | Marker
STEPS = tuple(fmpq(p, q) for p, q in ((1, 1), (-1, 1), (1, 8), (-1, 8), (1, 100), (-1, 100), (5, 1), (-5, 1), (1, 5000), (-1, 5000), (50, 1), (-50, 1)))
POINTS = tuple(fmpq(k) for k in (0, 1, 2, 3, -1, -2, 10)) + (fmpq(1, 2), fmpq(-1, 2))
COORDINATES, MOVES = 6, 40


@dataclass(frozen=True)
class Witness:
    """Why a point is no optimiser: `outside`, `undefined`, or `better` (the other point, the values there and here)."""

    kind: str
    other: Value = None
    there: Value = None
    here: Value = None


def witness(ev: Evaluator, v: Value, t: Term, env: Env) -> Witness | None:
    """What shows that a value (a tuple for several variables) is no optimiser of `argmin` or `argmax`; None where nothing was found."""
    point = _coordinates(v, t)
    if point is None:
        return None
    inside = [sets.contains(ev, x, s, env) for x, s in zip(point, t.args[:-1], strict=True)]
    if any(p is False for p in inside):
        return Witness("outside")
    body = t.args[-1]
    here = ev.eval(body, Env(env, dict(zip(t.bound, point, strict=True))))
    if here is UNDEFINED:
        return Witness("undefined")
    sign = 1 if t.op in ("argmax", "maxover", "supover") else -1
    for other in _others(ev, point, t, env):
        if any(sets.contains(ev, x, s, env) is not True for x, s in zip(other, t.args[:-1], strict=True)):
            continue
        there = ev.eval(body, Env(env, dict(zip(t.bound, other, strict=True))))
        c = compare(there, here)
        if isinstance(c, int) and c * sign > 0:
            return Witness("better", other[0] if len(other) == 1 else other, there, here)
    return None


def is_optimal(ev: Evaluator, v: Value, t: Term, env: Env) -> Truth:
    """Whether a value is an optimiser; False where a witness shows that it is none."""
    return UNKNOWN if witness(ev, v, t, env) is None else False


def _coordinates(v: Value, t: Term) -> tuple[Value, ...] | None:
    if len(t.bound) == 1:
        return (v,)
    return v if isinstance(v, tuple) and len(v) == len(t.bound) else None


def _others(ev: Evaluator, point: tuple[Value, ...], t: Term, env: Env) -> Iterator[tuple[Value, ...]]:
    if len(point) == 1:
        yield from ((x,) for x in trial_points(ev, point[0], t.args[0], env))
        return
    for i, x in enumerate(point):
        for y in trial_points(ev, x, t.args[i], env):
            yield (*point[:i], y, *point[i + 1 :])
    if all(is_number(x) for x in point):
        for i, j in itertools.combinations(range(len(point)), 2):
            for h, k in itertools.product(STEPS[:6], repeat=2):
                other = list(point)
                other[i], other[j] = ar.add([point[i], h]), ar.add([point[j], k])
                yield tuple(other)


def trial_points(ev: Evaluator, v: Value, domain: Term, env: Env) -> list[Value]:
    """Points that may be better than v."""
    out: list[Value] = []
    if isinstance(v, Matrix):
        places = [(i, j) for i in range(v.rows) for j in range(v.cols)][:COORDINATES]
        moves = [({p: h}) for p in places for h in STEPS[:8]]
        moves += [{p: h, q: k} for p, q in itertools.combinations(places, 2) for h, k in itertools.product(STEPS[:2], repeat=2)]
        for move in moves[:MOVES]:
            rows = [[ar.add([v.at(r, c), move[r, c]]) if (r, c) in move else v.at(r, c) for c in range(v.cols)] for r in range(v.rows)]
            out.append(matrix(rows))
        return [*_inside(ev, v, domain, env), *out]
    if not is_number(v):
        return []
    out += [ar.add([v, h]) for h in STEPS]
    out += POINTS
    out += sets.ends(ev, domain, env)[0]
    return out


def _inside(ev: Evaluator, v: Matrix, domain: Term, env: Env) -> list[Value]:
    """Multiples of v and of the vectors of a constraint, added to v: the way along which a constraint is met or left."""
    if domain.op != "setof":
        return []
    out: list[Value] = []
    shape = (v.rows, v.cols)
    for s in sorted((s for s in domain.free if s.op == "sym" and s.sort.kind == "mat"), key=lambda s: str(s.data)):
        w = ev.eval(s, env)
        if isinstance(w, Matrix) and (w.rows, w.cols) == shape:
            for q in (fmpq(-1), fmpq(1), fmpq(-2), fmpq(2), fmpq(-1, 2), fmpq(1, 2)):
                out.append(matrix([[ar.add([v.at(r, c), ar.mul([q, w.at(r, c)])]) for c in range(v.cols)] for r in range(v.rows)]))
    return out
