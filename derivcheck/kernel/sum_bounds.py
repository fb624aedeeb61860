"""Lower bounds of linear combinations of finite sums with bounded summands: n - ∑_{i=1}^n x_i ≥ 0 for x_i ≤ 1.

    c ∑_{i=l}^h f(i) ≥ c (h - l + 1) q      q a rational lower bound of f for c > 0, an upper one for c < 0; l ≤ h + 1

What is left is gathered by monomials, so that lengths of ranges cancel.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

from derivcheck.kernel.bounds import Info
from derivcheck.kernel.literals import linear_terms
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num

if TYPE_CHECKING:
    from derivcheck.kernel.oracle import Oracle


def lower_bound(t: Term, summand: Callable[[Term], Info], oracle: Oracle) -> Term | None:
    """A term below `t` in which sums are replaced by the lengths of their ranges; None where nothing is replaced."""
    parts: dict[Term, Fraction] = {}
    replaced = False
    for c, m in linear_terms(t):
        bound = None
        if m.op == "sum" and m.args[1] is not b.INF and m.args[0].op != "neg" and not any(v.op == "bvar" for v in m.free):
            info = summand(m)
            bound = (info.lo if c > 0 else info.hi) if info.real else None
        if bound is None or not oracle.less_equal(m.args[0], b.add(m.args[1], b.ONE)):
            parts[m] = parts.get(m, Fraction(0)) + c
            continue
        replaced = True
        if bound:
            for q, k in linear_terms(b.add(m.args[1], b.neg(m.args[0]), b.ONE)):
                parts[k] = parts.get(k, Fraction(0)) + c * Fraction(bound) * q
    if not replaced:
        return None
    return b.add(b.ZERO, *(num(c) if m is b.ONE else b.mul(num(c), m) for m, c in parts.items() if c))
