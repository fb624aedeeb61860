"""Series that have no finite sum: c A(k) r^k / B(k) with polynomials A and B whose coefficients are not negative.

`divergent(ev, body, k, first, env)` gives ±∞ or `UNDEFINED` where it is shown that the sum over k ≥ first is that, None otherwise.
From the first index on (k ≥ 1, or k = 0 with A(0), B(0) > 0) the terms have the sign of c r^k, and |A/B| is monotone in the end, so

* r > 1, or r = 1 and deg A ≥ deg B - 1: the terms are at least a constant over k in the end, the sum is sign(c) ∞;
* r < -1, or r = -1 and deg A ≥ deg B: the terms alternate and don't tend to 0; the partial sums of even and of odd index don't both tend
  to one (finite or infinite) limit, since either their sizes do not fall and the two run apart, or they fall to a positive limit and both
  stay bounded.

Limits: coefficients of mixed sign, other functions of the index.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from flint import fmpq

from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics.evaluate import Env, Evaluator
from derivcheck.semantics.majorant import Majorants
from derivcheck.semantics.values import INFINITY, MINUS_INFINITY, UNDEFINED, Value, compare, is_number, is_real
from derivcheck.terms.term import Term


@dataclass
class _Shape:
    """c A(k) r^k / B(k), the degrees of A and B."""

    scale: list[Value] = field(default_factory=list)
    ratio: list[Value] = field(default_factory=list)
    degree: int = 0


def divergent(ev: Evaluator, body: Term, k: Term, first: int, env: Env) -> Value | None:
    """±∞ or `UNDEFINED` for a series that diverges; None where that is not shown."""
    if first < 0 or k not in body.free:
        return None
    shape = _Shape()
    if not _collect(ev, body, k, first, env, shape, 1):
        return None
    c, r = ar.mul(shape.scale) if shape.scale else fmpq(1), ar.mul(shape.ratio) if shape.ratio else fmpq(1)
    if not (is_number(c) and is_number(r) and is_real(c) and is_real(r)):
        return None
    sign = compare(c, fmpq(0))
    if sign not in (1, -1):
        return None
    above, below = compare(r, fmpq(1)), compare(r, fmpq(-1))
    if above == 1 or (above == 0 and shape.degree >= -1):
        return INFINITY if sign == 1 else MINUS_INFINITY
    if below == -1 or (below == 0 and shape.degree >= 0):
        return UNDEFINED
    return None


def _collect(ev: Evaluator, t: Term, k: Term, first: int, env: Env, out: _Shape, up: int) -> bool:
    """Note a factor (with up = -1 of the denominator); False where it is of no known form."""
    if k not in t.free:
        v = ev.eval(t, env)
        if not is_number(v) or compare(v, fmpq(0)) == 0:
            return False
        out.scale.append(v if up == 1 else ar.div(fmpq(1), v))
        return True
    if t.op == "mul":
        return all(_collect(ev, a, k, first, env, out, up) for a in t.args)
    if t.op == "div":
        return _collect(ev, t.args[0], k, first, env, out, up) and _collect(ev, t.args[1], k, first, env, out, -up)
    if t.op == "neg":
        out.scale.append(fmpq(-1))
        return _collect(ev, t.args[0], k, first, env, out, up)
    if t.op == "pow" and k not in t.args[0].free:
        return _geometric(ev, t, k, env, out, up)
    p = Majorants(ev, env, k, {1: fmpq(1)}, fmpq(2)).poly(t)
    if not p or any(i < 0 or not isinstance(v, fmpq) or v < 0 for i, v in p.items()):
        return False
    degrees = [i for i, v in p.items() if v > 0]
    if not degrees or (first == 0 and 0 not in degrees):
        return False
    out.degree += up * max(degrees)
    return True


def _geometric(ev: Evaluator, t: Term, k: Term, env: Env, out: _Shape, up: int) -> bool:
    """base^(a k + d) with integers a and d (any real a and d for a positive base)."""
    base, exponent = ev.eval(t.args[0], env), Majorants(ev, env, k, {1: fmpq(1)}, fmpq(2)).poly(t.args[1])
    if exponent is None or any(i not in (0, 1) for i in exponent) or not is_number(base) or not is_real(base):
        return False
    a, d = exponent.get(1, fmpq(0)), exponent.get(0, fmpq(0))
    whole = all(isinstance(v, fmpq) and v.q == 1 for v in (a, d))
    sign = compare(base, fmpq(0))
    if sign not in (1, -1) or not (whole or sign == 1):
        return False
    r, c = ar.power(base, a), ar.power(base, d)
    if not (is_number(r) and is_number(c)):
        return False
    out.ratio.append(r if up == 1 else ar.div(fmpq(1), r))
    out.scale.append(c if up == 1 else ar.div(fmpq(1), c))
    return True


__all__ = ["divergent"]
