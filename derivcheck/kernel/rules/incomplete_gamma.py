"""The lower incomplete Γ function at half-integers, through the error function.

    ∫_0^t s^p e^{-cs} ds = (p ∫_0^t s^{p-1} e^{-cs} ds - t^p e^{-ct}) / c        p > 0, c ≠ 0
    ∫_0^t s^{-1/2} e^{-cs} ds = √(π/c) erf(√(ct))                                c > 0
"""

from __future__ import annotations

from fractions import Fraction

from derivcheck.kernel.literals import linear_terms, rational_value
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num

MOST = 12


@rule(
    "lower-gamma",
    "int",
    statement="∫_0^t s^{n-1/2} e^{-cs} ds by parts down to √(π/c) erf(√(ct))",
    side="t ≥ 0 finite, c > 0, n natural",
    source="DLMF 8.4.1, 8.8.1",
)
def lower_gamma(t: Term, rw: Rewriter) -> Term | None:
    lo, hi = t.args[0], t.args[1]
    if lo is not b.ZERO or hi is b.INF or t.sort.kind != "num" or not rw.oracle.nonnegative(hi):
        return None
    (s,), body, _ = rw.under(t)
    top, bottom = (body.args[0], body.args[1]) if body.op == "div" else (body, b.ONE)
    power, rate = Fraction(0), None
    for part, sign in ((top, 1), (bottom, -1)):
        for f in part.args if part.op == "mul" else (part,):
            q = rational_value(f.args[1]) if f.op == "pow" and f.args[0] is s else None
            if f is b.ONE:
                continue
            if f is s or q is not None:
                power += sign * (q if q is not None else 1)
            elif f.op == "fn" and f.data == "exp" and rate is None and sign == 1:
                rate = _slope(f.args[0], s)
            else:
                return None
    n = power + Fraction(1, 2)
    if rate is None or n.denominator != 1 or not 0 <= n <= MOST:
        return None
    c = rw.nf(b.neg(rate))
    if not rw.oracle.positive(c):
        return None
    value = b.mul(b.pow_(b.div(b.PI, c), num("1/2")), b.fn("erf", b.pow_(b.mul(c, hi), num("1/2"))))
    for k in range(int(n)):
        p = num(Fraction(2 * k + 1, 2))
        value = b.div(b.sub(b.mul(p, value), b.mul(b.pow_(hi, p), b.exp(b.neg(b.mul(c, hi))))), c)
    return value


def _slope(u: Term, s: Term) -> Term | None:
    """a with u = a s."""
    parts: list[Term] = []
    for q, m in linear_terms(u):
        top, bottom = (m.args[0], m.args[1]) if m.op == "div" else (m, b.ONE)
        factors = list(top.args) if top.op == "mul" else [top]
        if s not in factors or s in bottom.free:
            return None
        factors.remove(s)
        rest = b.mul(*factors) if factors else b.ONE
        if s in rest.free:
            return None
        parts.append(b.mul(num(q), b.div(rest, bottom) if bottom is not b.ONE else rest))
    return b.add(*parts)
