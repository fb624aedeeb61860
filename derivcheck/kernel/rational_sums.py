"""Sums of rational functions of the index: partial fractions, and the values of infinite ones by ψ.

The denominators taken apart are products of rational linear factors of k; what stays below beside them is kept as it is.  `monomial` makes the
sums of the parts.  A factor free of k leaves a denominator only where it is not 0 or the range is not empty.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

from derivcheck.kernel.literals import integer_value
from derivcheck.kernel.monomials import degree_in, factored, partial_fractions, product, univariate
from derivcheck.kernel.summable import infinite_range, summable
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num

if TYPE_CHECKING:
    from derivcheck.kernel.oracle import Oracle
    from derivcheck.kernel.rewrite import Rewriter


def sum_of_fractions(
    k: Term, lo: Term, hi: Term, top: list[Term], bottom: list[Term], inner: Rewriter, oracle: Oracle, monomial: Callable[[Term], Term]
) -> Term | None:
    """Σ A k^d / D(k) with D a product of distinct rational linear factors becomes sums over single poles and powers.

    `inner` is the rewriter inside the sum, `oracle` that outside it; `monomial` makes the sum of a body over the same range.
    """
    plain: list[Term] = []
    polynomial: list[Term] = []
    for f in bottom:
        base = f.args[0] if f.op == "pow" else f
        if base is k or (base.op == "add" and k in base.free):
            polynomial.append(f)
        else:
            plain.append(f)
    if not polynomial:
        return None
    got = factored(b.mul(*polynomial), inner)
    if got is None:
        return None
    constant, parts = got
    roots: list[tuple[Fraction, int]] = []
    free: list[Term] = []
    for base, e in parts:
        if e <= 0:
            return None
        if k not in base.free:
            free.append(base if e == 1 else b.pow_(base, e))
            continue
        coefficients = univariate(base, k)
        if coefficients is None or len(coefficients) != 2:
            # not rational in k alone: stays below
            plain.append(base if e == 1 else b.pow_(base, e))
            continue
        c0, c1 = coefficients
        constant *= c1**e
        roots.append((-c0 / c1, e))
    scale = b.div(num(1 / constant), b.mul(*free)) if free else num(1 / constant)
    if not roots:
        if not free:
            return None
        # only a factor without k to take out of the denominator
        if not (oracle.nonzero(b.mul(*free)) or oracle.less_equal(lo, hi)):
            return None
        return b.mul(scale, monomial(product(top, plain)))
    degree, rest = degree_in(top, k)
    if degree == 0 and len(roots) == 1 and not free and constant == 1:
        return None  # a single pole already
    if free and not (oracle.nonzero(b.mul(*free)) or oracle.less_equal(lo, hi)):
        return None
    quotient, pieces = partial_fractions(degree, roots)
    bodies = [b.mul(num(c), b.pow_(k, i) if i else b.ONE) for i, c in enumerate(quotient) if c]
    bodies += [b.div(num(alpha), b.pow_(b.add(k, num(-rho)), j)) for rho, j, alpha in pieces]
    if infinite_range(lo, hi) and len(bodies) > 1:
        if not quotient and not rest and not plain:
            return _telescoped(lo, hi, scale, pieces, monomial, k)
        growth = b.pow_(k, len(quotient) - 1) if len(quotient) > 1 else b.ONE
        alternating = not quotient and not plain and [f for f in rest if f is not b.ONE] == [b.pow_(b.MINUS_ONE, k)]
        if not alternating and not summable(k, lo, hi, product([growth, *rest] if growth is not b.ONE else rest, plain), inner):
            return None  # only parts that converge by themselves are taken apart
    out = [monomial(b.mul(body, product(rest, plain))) for body in bodies]
    return b.mul(scale, b.add(*out))


def _telescoped(
    lo: Term, hi: Term, scale: Term, pieces: list[tuple[Fraction, int, Fraction]], monomial: Callable[[Term], Term], k: Term
) -> Term | None:
    """Infinite sums of rational functions: ∑_{k≥m} ∑ α/(k-ρ) = -∑ α ψ(m-ρ) for simple poles whose residues α add up to 0 (DLMF 5.7.6); higher
    poles converge alone."""
    start = integer_value(lo)
    if start is None or hi is not b.INF:
        return None
    simple = [(rho, alpha) for rho, j, alpha in pieces if j == 1]
    if sum((alpha for _, alpha in simple), Fraction(0)) != 0 or any(rho >= start for rho, _ in simple):
        return None
    value = [b.mul(num(-alpha), b.fn("digamma", num(start - rho))) for rho, alpha in simple]
    higher = [monomial(b.div(num(alpha), b.pow_(b.add(k, num(-rho)), j))) for rho, j, alpha in pieces if j > 1]
    return b.mul(scale, b.add(*value, *higher))
