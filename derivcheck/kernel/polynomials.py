"""FLINT polynomials: the ring in n generators, long sums, and how large coefficients and powers are."""

from __future__ import annotations

from functools import cache
from math import comb
from typing import Any

import flint

MAX_TERMS = 60_000

Poly = Any  # flint.fmpq_mpoly


@cache
def ring(n: int) -> tuple[Any, Any, Poly, Poly]:
    """The polynomial ring in n generators: its context, generators, one and zero."""
    names = [f"g{i}" for i in range(n)]
    context = flint.fmpq_mpoly_ctx.get(names, flint.Ordering.degrevlex)
    one = context.from_dict({(0,) * n: 1})
    return context, context.gens(), one, one - one


def balanced(parts: list[Poly]) -> Poly:
    """The sum of many polynomials, pairwise (linear in all, up to a logarithm)."""
    while len(parts) > 1:
        parts = [parts[i] + parts[i + 1] if i + 1 < len(parts) else parts[i] for i in range(0, len(parts), 2)]
    return parts[0]


def bits(*polys: Poly) -> int:
    """Bits of the largest coefficient (0 for ±1)."""
    best = 0
    for p in polys:
        if len(p) > 64:
            continue
        for c in p.coeffs():
            size = max(int(abs(c.p)).bit_length(), int(c.q).bit_length())
            best = max(best, size if size > 1 else 0)
    return best


def expandable(size: int, n: int) -> bool:
    """Whether the n-th power of a polynomial of so many terms stays below the bound for terms."""
    return comb(n + size - 1, min(n, size - 1)) <= MAX_TERMS if size <= 200 and n < 10_000 else size == 1
