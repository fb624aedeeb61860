"""Probabilities of events that depend on symbols with continuous (or infinite discrete) laws: enclosures by bisection.

The range of each such symbol is cut into cells whose probability the distribution function gives as a ball.  The event is evaluated with
the symbols at balls that cover a cell: where it is true (false) for all of them, the cell's mass counts for (against) it, otherwise the
cell is cut in two.  The mass that stays open when the work is used up is the width of the enclosure; a null set can never be missed,
because the borders of cells have probability 0 under the continuous laws and are cells of their own under discrete ones.

Symbols with listed outcomes are gone through outcome by outcome.  Limits: at most three symbols at once; laws that depend on other
continuous symbols are left alone; the width for two symbols is about 1/100.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flint import acb, arb, fmpq

from derivcheck.semantics.evaluate import Env, Evaluator
from derivcheck.semantics.laws import Declared, Law, NamedLaw, TableLaw
from derivcheck.semantics.values import UNKNOWN, Family, Value, ball, is_number, is_real
from derivcheck.terms.term import Term

WORK = {1: 500, 2: 1500, 3: 2500}
NARROW = arb(2) ** -60
Cell = tuple[fmpq | None, fmpq | None]


DEAR_RATE = 30
MOST_MASSES = 4000
FAINT = arb(2) ** -100


@dataclass(frozen=True)
class Line:
    """A law on the line: its distribution function, where it starts and ends, a typical size, and whether it lives on the integers."""

    below: Callable[[fmpq], arb]
    start: fmpq | None
    end: fmpq | None
    scale: fmpq
    discrete: bool = False

    def mass(self, cell: Cell) -> arb:
        """The probability of a cell (of its left-open interval, for a law on the integers of `(lo, hi]`)."""
        low = self.below(cell[0]) if cell[0] is not None else arb(0)
        high = self.below(cell[1]) if cell[1] is not None else arb(1)
        return high - low

    def halves(self, cell: Cell) -> tuple[Cell, Cell] | None:
        """The cell cut in two; `None` where it is too narrow (or a single integer)."""
        lo, hi = cell
        if lo is None and hi is None:
            cut = fmpq(0)
        elif lo is None:
            assert hi is not None
            cut = min(2 * hi, hi - self.scale)
        elif hi is None:
            cut = max(2 * lo, lo + self.scale)
        else:
            if self.discrete and hi - lo <= 1:
                return None
            cut = (lo + hi) / 2
        if self.discrete:
            cut = fmpq(cut.p // cut.q)
            cut = cut if lo is None else max(cut, lo + 1)
        return (lo, cut), (cut, hi)

    def values(self, cell: Cell) -> Value | None:
        """A value that stands for all points of a cell; `None` for an infinite one."""
        lo, hi = cell
        if lo is None or hi is None:
            return None
        if self.discrete:
            return hi if hi - lo == 1 else acb(arb(lo + 1).union(arb(hi)))
        return acb(arb(lo).union(arb(hi)))


def real(v: Value) -> arb | None:
    """A real number as a ball."""
    return ball(v).real if is_number(v) and is_real(v) else None


def near(v: arb) -> fmpq:
    """A rational of moderate size near a positive number."""
    return max(fmpq(int(float(v.mid()) * 1024) + 1, 1024), fmpq(1, 1024))


def line_of(law: Law) -> Line | None:
    """The distribution function of a law of one number."""
    if isinstance(law, TableLaw):
        return steps(law)
    if not isinstance(law, NamedLaw):
        return None
    got = [real(p) for p in law.params]
    if any(p is None for p in got):
        return None
    p = [v for v in got if v is not None]
    half, one = arb(1) / 2, arb(1)
    if law.name == "N":
        return Line(lambda x: half * (1 + ((arb(x) - p[0]) / (2 * p[1]).sqrt()).erf()), None, None, near(p[1].sqrt()))
    if law.name == "LogN":
        return Line(lambda x: half * (1 + ((arb(x).log() - p[0]) / (2 * p[1]).sqrt()).erf()) if x > 0 else arb(0), fmpq(0), None, fmpq(1))
    if law.name == "Exp":
        return Line(lambda x: one - (-p[0] * arb(x)).exp(), fmpq(0), None, near(1 / p[0]))
    if law.name == "Ga":
        return Line(lambda x: (p[1] * arb(x)).gamma_lower(p[0], 1) if x > 0 else arb(0), fmpq(0), None, near(p[0] / p[1]))
    if law.name == "Beta":
        return Line(lambda x: arb(x).beta_lower(p[0], p[1], 1), fmpq(0), fmpq(1), fmpq(1))
    if law.name == "U" and all(isinstance(v, fmpq) for v in law.params):
        return Line(lambda x: (arb(x) - p[0]) / (p[1] - p[0]), law.params[0], law.params[1], fmpq(1))
    if law.name == "Laplace" and isinstance(law.params[0], fmpq):
        centre = law.params[0]

        def laplace(x: fmpq) -> arb:
            tail = half * (-abs(arb(x) - centre) / p[1]).exp()
            return tail if x < centre else one - tail

        return Line(laplace, None, None, near(p[1]))
    if law.name == "Po":
        return Line(lambda x: _poisson(p[0], x), fmpq(-1), None, near(p[0]), True)
    if law.name == "Geom":
        return Line(lambda x: one - (1 - p[0]) ** int(x.p), fmpq(0), None, near(1 / p[0]), True)
    return None


def _poisson(rate: arb, x: fmpq) -> arb:
    """P(X ≤ n) = Q(n + 1, λ); for large rates, where that is dear, by the largest mass of the shorter tail and the quotients of masses, which
    fall: what is left after some of them is less than a geometric series."""
    if x < 0:
        return arb(0)
    if rate < DEAR_RATE:
        return arb(1) - rate.gamma_lower(arb(x + 1), 1)
    n = int(x.p // x.q)
    lower = arb(n) < rate
    k = n if lower else n + 1
    part = total = arb(1)
    for _ in range(MOST_MASSES):
        quotient = arb(k) / rate if lower else rate / (k + 1)
        if quotient >= 1 or part < FAINT:
            break
        part *= quotient
        total += part
        k += -1 if lower else 1
    quotient = arb(k) / rate if lower else rate / (k + 1)
    if not quotient < 1:
        return arb(0).union(arb(1))
    first = n if lower else n + 1
    mass = (first * rate.log() - rate - arb(first + 1).lgamma()).exp()
    tail = mass * total.union(total + part * quotient / (1 - quotient))
    return tail if lower else 1 - tail


def steps(law: TableLaw) -> Line | None:
    """A step density on the line."""
    if len(law.axes) != 1 or law.before != 1 or law.axes[0].discrete or law.axes[0].vector:
        return None
    boxes = [box[0] for box in law.axes[0].boxes]
    if any(lo is None or hi is None for lo, hi in boxes):
        return None

    def below(x: fmpq) -> arb:
        total = fmpq(0)
        for i, (lo, hi) in enumerate(boxes):
            assert lo is not None and hi is not None
            total += law.weights.get((i,), fmpq(0)) * min(max((x - lo) / (hi - lo), fmpq(0)), fmpq(1))
        return arb(total)

    ends = [e for box in boxes for e in box if e is not None]
    return Line(below, min(ends), max(ends), fmpq(1))


def probability(ev: Evaluator, event: Term, conditions: list[Term], env: Env) -> Value:
    """The probability of an event, given events; `UNKNOWN` where this method does not reach."""
    from derivcheck.semantics.truth import truth

    def decided(statements: list[Term], frame: Env) -> bool | None:
        verdicts = [truth(ev, s, frame) for s in statements]
        if any(v is False for v in verdicts):
            return False
        return True if all(v is True for v in verdicts) else None

    total = [arb(0), arb(0)]
    space = list(spaces(ev, [event, *conditions], env))
    if not space or any(one is None for one in space):
        return UNKNOWN
    for one in space:
        assert one is not None
        weight, frame, lines = one
        tests = [[event, *conditions]] + ([conditions] if conditions else [])
        for k, statements in enumerate(tests):
            inside = measure(lines, lambda values, s=statements, f=frame, a=lines: decided(s, placed(f, a, values)))  # type: ignore[misc]
            if inside is None:
                return UNKNOWN
            total[k] += weight * inside
        ev.budget.spend(200)
    if not conditions:
        return acb(total[0])
    return acb(total[0] / total[1]) if total[1] > 0 else UNKNOWN


Place = tuple[Declared, tuple[int, ...] | None, Line]


def placed(frame: Env, places: list[Place], values: list[Value]) -> Env:
    """The environment with values for the continuous symbols."""
    chosen: dict[Term, Value] = {}
    members: dict[Term, dict[tuple[int, ...], Value]] = {}
    for (d, key, _), v in zip(places, values, strict=True):
        if key is None:
            chosen[d.symbol] = v
        else:
            members.setdefault(d.symbol, {})[key] = v
    return Env(frame, {**chosen, **{s: Family(m) for s, m in members.items()}})


def spaces(ev: Evaluator, statements: list[Term], env: Env) -> Iterator[tuple[arb, Env, list[Place]] | None]:
    """The listed outcomes with their weights, and the lines of the other symbols at each; `None` where the method does not reach."""
    from derivcheck.semantics.densities import finite_outcomes
    from derivcheck.semantics.expectation import ancestors

    joint = ev.model.joint
    if joint is None:
        return
    every = joint.symbols()
    wanted = {s for t in statements for s in t.free if s in every}
    chain = ancestors(joint, wanted)
    rows = joint.outcomes(wanted | {v for d in chain for v in d.law.free if v in every})
    if rows is None:
        return
    for values, w in rows:
        if w == 0:
            continue
        partial: list[tuple[arb, Env, list[Place]]] = [(arb(w), Env(env, values), [])]
        for d in chain:
            grown: list[tuple[arb, Env, list[Place]]] = []
            for weight, frame, lines in partial:
                if any(place[0].symbol in d.law.free for place in lines):
                    yield None
                    return
                law = ev.eval(d.law, frame)
                outcomes = finite_outcomes(law.name, list(law.params)) if isinstance(law, NamedLaw) else None
                if outcomes is not None and d.keys is None:
                    for v, u in outcomes:
                        mass = real(u)
                        if mass is None:
                            yield None
                            return
                        grown.append((weight * mass, Env(frame, {d.symbol: v}), lines))
                    continue
                line = line_of(law) if isinstance(law, Law) else None
                if line is None:
                    yield None
                    return
                grown.append((weight, frame, [*lines, *((d, key, line) for key in d.keys or (None,))]))
            partial = grown
            if len(partial) > 60:
                yield None
                return
        yield from partial


def measure(places: list[Place], inside: Callable[[list[Value]], bool | None]) -> arb | None:
    """An enclosure of the mass of the points at which `inside` says true."""
    lines = [line for _, _, line in places]
    if len(lines) > 3:
        return None
    if not lines:
        verdict = inside([])
        return None if verdict is None else arb(1 if verdict else 0)
    yes, no, closed = arb(0), arb(0), arb(0)
    start: tuple[Cell, ...] = tuple((line.start, line.end) for line in lines)
    heap: list[tuple[float, int, tuple[Cell, ...], arb]] = [(-1.0, 0, start, arb(1))]
    for count in range(1, WORK[len(lines)]):
        if not heap:
            break
        _, _, cells, mass = heapq.heappop(heap)
        values = [line.values(cell) for line, cell in zip(lines, cells, strict=True)]
        verdict = inside(values) if all(v is not None for v in values) else None
        if verdict is not None:
            if verdict:
                yes += mass
            else:
                no += mass
            continue
        shares = [line.mass(cell) for line, cell in zip(lines, cells, strict=True)]
        k = max(range(len(lines)), key=lambda i: (cells[i][0] is None or cells[i][1] is None, float(shares[i].mid())))
        cut = lines[k].halves(cells[k])
        if cut is None:
            closed += mass
            continue
        for side, part in enumerate(cut):
            share = lines[k].mass(part)
            for j, other in enumerate(shares):
                if j != k:
                    share *= other
            if float(share.upper()) < float(NARROW.mid()):
                closed += share
                continue
            heapq.heappush(heap, (-float(share.mid()), 2 * count + side, (*cells[:k], part, *cells[k + 1 :]), share))
    rest = 1 - yes - no
    if not (yes.is_finite() and rest.is_finite()):
        return None
    low, high = yes.lower(), (yes + rest).upper()
    return low.union(high) if high > low else yes


def as_probability(ev: Evaluator, body: Term, conditions: tuple[Term, ...], env: Env) -> Value:
    """The expectation of an indicator, by this method."""
    if body.op != "ind" or any(c.sort.kind != "bool" for c in conditions):
        return UNKNOWN
    return probability(ev, body.args[0], list(conditions), env)
