"""Enclosures of smooth terms of one real variable over balls and unbounded intervals, by ball arithmetic.

`over` takes a ball; `range_over` an interval with an end at infinity, by monotone functions and signs.  Both give None where nothing is had:
they know arithmetic, powers, and the elementary functions of real values.
"""

from __future__ import annotations

from fractions import Fraction

from flint import arb, fmpq

from derivcheck.kernel.literals import integer_value
from derivcheck.terms.term import Term, num

CONSTANTS = frozenset({"pi", "e", "euler"})


def over(t: Term, x: Term, ball: arb) -> arb | None:
    """An enclosure of a smooth term for x in a ball; None where that is not had."""
    op = t.op
    if t is x:
        return ball
    if op == "num":
        return arb(fmpq(t.data.numerator, t.data.denominator))
    if op == "const":
        return {"pi": arb.pi, "e": lambda: arb(1).exp(), "euler": arb.const_euler}[str(t.data)]() if t.data in CONSTANTS else None
    args = [over(a, x, ball) for a in t.args]
    if any(a is None for a in args):
        return None
    v = [a for a in args if a is not None]
    out: arb | None = None
    if op == "add":
        out = sum(v[1:], v[0])
    elif op == "neg":
        out = -v[0]
    elif op == "mul":
        out = v[0]
        for a in v[1:]:
            out = out * a
    elif op == "div":
        out = v[0] / v[1] if not v[1].contains(0) else None
    elif op == "pow":
        n = integer_value(t.args[1])
        if n is not None:
            out = v[0] ** n if n >= 0 or not v[0].contains(0) else None
        elif v[0] > 0:
            out = (v[1] * v[0].log()).exp()
        elif v[0] >= 0 and t.args[1] is num(Fraction(1, 2)):
            out = v[0].sqrt()
    elif op == "fn":
        out = _at_ball(str(t.data), v[0])
    return out if out is not None and out.is_finite() else None


def _at_ball(name: str, u: arb) -> arb | None:
    if name in ("exp", "sin", "cos", "sinh", "cosh", "tanh", "sech", "erf", "erfc"):
        return getattr(u, name)()
    if name == "log":
        return u.log() if u > 0 else None
    if name == "arctan":
        return u.atan()
    if name == "arcsinh":
        return u.asinh()
    if name in ("arcsin", "arccos"):
        return getattr(u, {"arcsin": "asin", "arccos": "acos"}[name])() if u < 1 and u > -1 else None
    if name == "arctanh":
        return u.atanh() if u < 1 and u > -1 else None
    return None


Range = tuple[arb | None, arb | None]  # None: no bound on that side
_RISING = {"exp": (arb(0), None), "erf": (arb(-1), arb(1)), "tanh": (arb(-1), arb(1)), "arcsinh": (None, None), "sinh": (None, None)}


def range_over(t: Term, x: Term, ball: Range) -> Range | None:
    """Bounds of a term for x in an unbounded interval, by monotone functions and signs; None where that is not had."""
    if t is x:
        return ball
    if x not in t.free:
        v = over(t, x, arb(0))
        return None if v is None else (v, v)
    parts = [range_over(a, x, ball) for a in t.args]
    if any(p is None for p in parts):
        return None
    v = [p for p in parts if p is not None]
    if t.op == "add":
        return _sum([p[0] for p in v]), _sum([p[1] for p in v])
    if t.op == "neg":
        return _scaled(v[0], arb(-1))
    if t.op == "mul":
        moving = [p for a, p in zip(t.args, v, strict=True) if x in a.free]
        scale = arb(1)
        for a in t.args:
            if x not in a.free:
                c = over(a, x, arb(0))
                scale = scale * c if c is not None else arb(0)
        return _scaled(moving[0], scale) if len(moving) == 1 and (scale > 0 or scale < 0) else None
    if t.op == "div" and x not in t.args[1].free:
        c = v[1][0]
        return _scaled(v[0], 1 / c) if c is not None and (c > 0 or c < 0) else None
    if t.op == "div":
        low, high = v[1]
        top = over(t.args[0], x, arb(0)) if x not in t.args[0].free else None
        if low is None or not low > 0 or top is None or not top > 0:
            return None
        return (arb(0) if high is None else top / high), top / low
    if t.op == "fn" and t.data in _RISING:
        least, most = _RISING[str(t.data)]
        ends = [None if end is None else _at_ball(str(t.data), end) for end in v[0]]
        return (least if ends[0] is None else ends[0]), (most if ends[1] is None else ends[1])
    return None


def _sum(parts: list[arb | None]) -> arb | None:
    out = arb(0)
    for p in parts:
        if p is None:
            return None
        out = out + p
    return out


def _scaled(r: Range, c: arb) -> Range:
    low, high = (None if end is None else end * c for end in r)
    return (low, high) if c > 0 else (high, low)
