"""Bounds of the values of built-in functions from those of their arguments, by monotony, range and the zeros of sin and cos."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, floor
from typing import TYPE_CHECKING

import flint

from derivcheck.kernel import bounds as iv
from derivcheck.kernel.bounds import NOTHING, REAL, F, Info
from derivcheck.kernel.infinite import hidden
from derivcheck.terms import build as b
from derivcheck.terms.term import Term

if TYPE_CHECKING:
    from derivcheck.kernel.structure import Structure


def function_bounds(t: Term, shape: Structure) -> Info:
    """Bounds of a built-in function's value from those of its arguments."""
    name = str(t.data)
    xs = [shape.info(a) for a in t.args]
    x = xs[0]
    if name == "exp":
        if not x.real:
            return Info(nonzero=True)
        out = iv.monotone("exp", x, F(0), None)
        return replace(out, lo_strict=out.lo_strict or out.lo == 0, nonzero=True)
    if name == "log":
        if x.positive:
            if x.lo is not None and x.lo == 0 and x.hi is None:
                return REAL
            lo = Info(True, False, x.lo if x.lo else None, x.lo_strict, x.hi, x.hi_strict)
            out = iv.monotone("log", lo, None, None) if lo.lo is not None or lo.hi is not None else REAL
            if x.lo == 1:
                out = replace(out, lo=F(0), lo_strict=x.lo_strict)
            if x.hi == 1:
                out = replace(out, hi=F(0), hi_strict=x.hi_strict)
            return out
        # wherever log x has a value x is not 0
        return REAL if x.nonnegative else NOTHING
    if name == "abs":
        if not x.real:
            return Info(True, False, F(0), False, nonzero=x.is_nonzero)
        return replace(iv.absolute(x), nonzero=x.is_nonzero)
    if name in ("sin", "cos"):
        return _wave(name, t.args[0], x, shape) if x.real else NOTHING
    if name in ("tan", "sec", "csc", "cot"):
        return REAL if x.real else NOTHING
    if name in ("sinh", "tanh", "arctan", "arcsinh", "erf"):
        if not x.real:
            return NOTHING
        one = F(1)
        half_pi = iv.PI_HI / 2
        limits = {"sinh": (None, None), "tanh": (-one, one), "arctan": (-half_pi, half_pi), "arcsinh": (None, None), "erf": (-one, one)}
        flint_name = {"arctan": "atan", "arcsinh": "asinh"}.get(name, name)
        out = iv.monotone(flint_name, x, *limits[name])
        return replace(out, nonzero=x.is_nonzero)
    if name == "erfc":
        return Info(True, False, F(0), True, F(1) if x.nonnegative else F(2), not x.nonnegative or x.positive, True) if x.real else NOTHING
    if name == "cosh":
        return Info(True, False, F(1), x.is_nonzero) if x.real else NOTHING
    if name == "sech":
        return Info(True, False, F(0), True, F(1), x.is_nonzero, True) if x.real else NOTHING
    if name in ("coth", "csch"):
        return Info(True, nonzero=True) if x.real else NOTHING
    if name in ("arcsin", "arccos"):
        if x.real and not shape.plain and (x.lo is None or x.hi is None or x.lo < -1 or x.hi > 1):
            # one step further: |u| ≤ 1 by comparison
            if shape.oracle.less_equal(t.args[0], b.ONE) and shape.oracle.less_equal(b.MINUS_ONE, t.args[0]):
                x = iv.meet(x, Info(True, lo=F(-1), hi=F(1)))
        if x.real and x.lo is not None and x.hi is not None and x.lo >= -1 and x.hi <= 1:
            if name == "arccos":
                return Info(True, False, F(0), x.hi < 1 or x.hi_strict, iv.PI_HI, True)
            least = F(0) if x.nonnegative else -iv.PI_HI / 2
            return Info(True, False, least, x.positive, iv.PI_HI / 2, True, x.is_nonzero)
        return NOTHING
    if name == "arctanh":
        inside = x.real and x.lo is not None and x.hi is not None and x.lo >= -1 and x.hi <= 1
        return REAL if inside else NOTHING
    if name == "arccosh":
        return Info(True, False, F(0), False) if x.real and x.lo is not None and x.lo >= 1 else NOTHING
    if name == "gamma":
        if x.positive or (x.integer and x.nonnegative) or (x.real and not shape.plain and shape.oracle.positive(t.args[0])):
            return Info(True, x.integer, F(0), True, nonzero=True)
        return Info(True, nonzero=True) if x.real else NOTHING
    if name == "loggamma":
        return REAL if x.positive else NOTHING
    if name in ("digamma", "zeta"):
        return REAL if x.real else NOTHING
    if name == "polygamma":
        return REAL if x.integer and xs[1].real else NOTHING
    if name == "beta":
        return Info(True, False, F(0), True, nonzero=True) if x.positive and xs[1].positive else NOTHING
    if name in ("factorial", "factorial2"):
        if x.integer:
            return Info(True, True, F(1), False, nonzero=True)
        return Info(True, nonzero=True) if x.real else NOTHING
    if name == "binom":
        if x.integer and xs[1].integer:
            out = Info(True, True, F(0) if x.nonnegative else None)
            if x.nonnegative and xs[1].nonnegative and shape.oracle.less_equal(t.args[1], t.args[0]) and not shape.plain:
                out = Info(True, True, F(1), False, nonzero=True)
            return out
        return REAL if x.real and xs[1].real else NOTHING
    if name == "sign":
        if not x.real:
            return NOTHING
        if hidden(t.args[0]):
            # what is positive for every real S may be 0 at S = ∞
            x = replace(x, lo=x.lo and min(x.lo, F(0)), lo_strict=False, hi=x.hi and max(x.hi, F(0)), hi_strict=False, nonzero=False)
        return Info(
            True, True, F(1) if x.positive else (F(0) if x.nonnegative else F(-1)), False,
            F(-1) if x.negative else (F(0) if x.nonpositive else F(1)), False, x.is_nonzero,
        )  # fmt: skip
    if name in ("floor", "ceil"):
        if not x.real:
            return NOTHING
        least_value, largest_value = (None if end is None else F(floor(end) if name == "floor" else ceil(end)) for end in (x.lo, x.hi))
        return Info(True, True, least_value, False, largest_value, False)
    if name in ("re", "im", "arg"):
        return x if name == "re" and x.real else REAL
    if name == "conj":
        return x
    if name in ("max", "min"):
        if not all(i.real for i in xs):
            return NOTHING
        out = xs[0]
        for i in xs[1:]:
            out = iv.maximum(out, i) if name == "max" else iv.neg(iv.maximum(iv.neg(out), iv.neg(i)))
        return out
    if name in ("gcd", "lcm", "mod"):
        return Info(True, True, F(0)) if all(i.integer for i in xs) and name != "mod" else (REAL if all(i.real for i in xs) else NOTHING)
    return NOTHING


def _wave(name: str, u: Term, x: Info, shape: Structure) -> Info:
    """sin and cos: signs between neighbouring zeros, and values at the ends where the function is monotone between them."""
    out = Info(True, False, F(-1), False, F(1), False)
    half = iv.PI_LO / 2
    if x.lo is None or x.hi is None:
        return _between_zeros(name, u, out, shape) if u.op in ("div", "mul") and not shape.plain else out
    if x.lo == x.hi or x.hi - x.lo > 4:
        return out

    def at(q: F) -> tuple[F, F]:
        value = flint.arb(flint.fmpq(q.numerator, q.denominator))
        return iv.rational_bounds(value.sin() if name == "sin" else value.cos())

    if (name == "sin" and -half <= x.lo and x.hi <= half) or (name == "cos" and x.lo >= -iv.PI_LO and x.hi <= 0):
        lo = F(0) if x.lo == 0 and name == "sin" else at(x.lo)[0]
        out = iv.meet(out, Info(True, False, lo, x.lo_strict, at(x.hi)[1]))
    elif name == "cos" and x.lo >= 0 and x.hi <= iv.PI_LO:
        out = iv.meet(out, Info(True, False, at(x.hi)[0], False, F(1) if x.lo == 0 else at(x.lo)[1], x.lo == 0 and x.lo_strict))
    elif (name == "cos" and -half <= x.lo and x.hi <= half) or (name == "sin" and x.lo >= 0 and x.hi <= iv.PI_LO):
        out = iv.meet(out, Info(True, lo=min(at(x.lo)[0], at(x.hi)[0])))
    if out.positive or shape.plain:
        return out
    near = (F(-1, 100), iv.PI_HI + F(1, 100)) if name == "sin" else (-half - F(1, 100), half + F(1, 100))
    return _between_zeros(name, u, out, shape) if near[0] <= x.lo and x.hi <= near[1] else out


def _between_zeros(name: str, u: Term, out: Info, shape: Structure) -> Info:
    """Up to the zero itself: comparison with π."""
    o = shape.oracle
    low, high = (b.ZERO, b.PI) if name == "sin" else (b.neg(b.div(b.PI, b.TWO)), b.div(b.PI, b.TWO))
    if o.less(low, u) and o.less(u, high):
        return iv.meet(out, Info(True, False, F(0), True, nonzero=True))
    if o.less_equal(low, u) and o.less_equal(u, high):
        return iv.meet(out, Info(True, False, F(0), False))
    return out
