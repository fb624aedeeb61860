"""Enclosures of maxima and minima of continuous functions over closed bounded intervals.

The interval is cut into cells; over each the function is enclosed by ball arithmetic, in the middle of each and at the ends it is evaluated.
The largest upper bound of a cell and the largest value at a point enclose the maximum, which is attained.  Where the other symbols are
balls themselves the same gives an enclosure for all their values, so that maxima of minima are enclosed by applying it twice.
Limits: operations that are continuous wherever they have values (`CONTINUOUS`); intervals with rational ends.
"""

from __future__ import annotations

from flint import acb, arb, fmpq

from derivcheck.semantics.evaluate import Env, Evaluator
from derivcheck.semantics.evaluate_optimum import Problem
from derivcheck.semantics.values import UNKNOWN, Value, ball, is_number, is_real
from derivcheck.terms.term import Term, subterms

CONTINUOUS = frozenset("num const sym bvar idx add neg mul div pow fn maxover minover interval".split())
FUNCTIONS = frozenset("exp log sin cos tan sinh cosh tanh arctan abs max min erf".split())
CELLS, NESTED = 96, 16


def enclosed(ev: Evaluator, p: Problem) -> Value:
    """The extreme value of a problem, or UNKNOWN."""
    if p.domain.op != "interval" or p.domain.data != "[]" or p.x.sort.kind != "num" or not _continuous(p.body):
        return UNKNOWN
    low, high = (ev.eval(e, p.frame) for e in p.domain.args)
    if not isinstance(low, fmpq) or not isinstance(high, fmpq) or low >= high:
        return UNKNOWN
    inner = [t for t in subterms(p.body) if t.op in ("maxover", "minover")]
    count = NESTED if inner else CELLS
    step = (high - low) / count
    cells = [acb(arb(low + step * k).union(arb(low + step * (k + 1)))) for k in range(count)]
    points = [low, high, *(low + step * k + step / 2 for k in range(count))]
    over, at = _values(ev, p, cells), _values(ev, p, points)
    if over is None or at is None:
        return UNKNOWN
    if p.sign > 0:
        return _between(max(v.lower() for v in at), max(v.upper() for v in over))
    return _between(min(v.lower() for v in over), min(v.upper() for v in at))


def _values(ev: Evaluator, p: Problem, places: list[fmpq] | list[acb]) -> list[arb] | None:
    out: list[arb] = []
    for x in places:
        v = ev.eval(p.body, Env(p.frame, {p.x: x}))
        if not is_number(v) or not is_real(v):
            return None
        real = ball(v).real
        if not real.is_finite():
            return None
        out.append(real)
    return out


def _between(low: arb, high: arb) -> Value:
    return acb(low.union(high))


def _continuous(t: Term) -> bool:
    """Made of operations that are continuous wherever they have finite values (on the reals)."""
    for s in subterms(t):
        if s.op not in CONTINUOUS or (s.op == "fn" and s.data not in FUNCTIONS):
            return False
        if s.op in ("maxover", "minover"):
            # over a closed bounded interval that stays, the extremum of a continuous function is continuous
            if len(s.bound) != 1 or s.args[0].op != "interval" or s.args[0].data != "[]" or any(a.op not in ("num", "neg", "div", "sym") for a in s.args[0].args):
                return False
    return True
