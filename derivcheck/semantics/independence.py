"""Independence of random symbols, read off the joint law of a model.

Listed outcomes are compared exactly: all combinations of values must factor.  Symbols with declared laws are independent where they
have no ancestor and no block in common.
"""

from __future__ import annotations

import itertools
import math

from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics.evaluate import Env, Evaluator
from derivcheck.semantics.expectation import equal_value, outcomes
from derivcheck.semantics.values import UNKNOWN, Marker, Value, equal
from derivcheck.terms.term import Term

Truth = bool | Marker


def independent(ev: Evaluator, t: Term, env: Env) -> Truth:
    """`perp(X…, Z…; k)`: the first k independent given the rest, read off the joint law."""
    joint = ev.model.joint
    if joint is None:
        return UNKNOWN
    k = int(t.data)
    groups, given = t.args[:k], t.args[k:]
    declared = {d.symbol: d for d in joint.declared}
    if any(s in declared for a in t.args for s in a.free):
        return structural(joint, groups, given)
    rows = outcomes(ev, t.args, (), env)
    if rows is None:
        return UNKNOWN
    cells: dict[tuple[int, ...], Value] = {}
    seen: list[list[Value]] = [[] for _ in t.args]
    for values, w in rows:
        frame = Env(env, values)
        cell = []
        for known, a in zip(seen, t.args):
            place = position(known, ev.eval(a, frame))
            if place is None:
                return UNKNOWN
            cell.append(place)
        cells[tuple(cell)] = ar.add([cells.get(tuple(cell), ar.ZERO), w])
    by_condition: dict[tuple[int, ...], dict[tuple[int, ...], Value]] = {}
    for cell_, w in cells.items():
        by_condition.setdefault(cell_[k:], {})[cell_[:k]] = w
    sizes = [len(known) for known in seen[:k]]
    if math.prod(sizes) * len(by_condition) > 20_000:
        return UNKNOWN
    for table in by_condition.values():
        total = ar.add(list(table.values()))
        margins: list[list[Value]] = [[ar.add([w for c, w in table.items() if c[i] == v] or [ar.ZERO]) for v in range(n)] for i, n in enumerate(sizes)]
        for combination in itertools.product(*map(range, sizes)):
            left = ar.mul([table.get(combination, ar.ZERO), ar.int_power(total, k - 1)])
            same = equal(left, ar.mul([margins[i][v] for i, v in enumerate(combination)]))
            if same is not True:
                return False if same is False else UNKNOWN
    return True


def position(known: list[Value], v: Value) -> int | None:
    """The place of a value in a list of different values, which it joins if it is new; `None` where that can't be told."""
    for i, other in enumerate(known):
        same = equal_value(v, other)
        if same is True:
            return i
        if same is not False:
            return None
    known.append(v)
    return len(known) - 1


def structural(joint: object, groups: tuple[Term, ...], given: tuple[Term, ...]) -> Truth:
    """Independence of symbols with declared laws: no common ancestors and no common block."""
    from derivcheck.semantics.expectation import ancestors
    from derivcheck.semantics.laws import Joint

    assert isinstance(joint, Joint)
    if given:
        return UNKNOWN
    everything = joint.symbols()
    roots: list[set[object]] = []
    for g in groups:
        if g.op != "sym":
            return UNKNOWN
        found: set[object] = set()
        symbols = {s for s in g.free if s in everything}
        for d in ancestors(joint, symbols):
            found.add(d.symbol)
            symbols |= {s for s in d.law.free if s in everything}
        for block in joint.blocks_of(symbols):
            found.add(id(block))
        roots.append(found)
    for i, a in enumerate(roots):
        for c in roots[i + 1 :]:
            if a & c:
                return UNKNOWN
    return True
