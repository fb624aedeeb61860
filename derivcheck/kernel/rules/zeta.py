"""Riemann's ζ at even and at negative integers.

    ζ(2n) = (-1)^{n+1} B_{2n} (2π)^{2n} / (2 (2n)!)      ζ(0) = -1/2      ζ(-n) = -B_{n+1}/(n+1)

Limits: numbers up to 40.
"""

from __future__ import annotations

from fractions import Fraction

from derivcheck.kernel.literals import integer_value
from derivcheck.kernel.powerseries import bernoulli, zeta
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.terms.term import Term, num


@rule("zeta-values", "fn:zeta", statement="ζ(2n) through Bernoulli numbers, ζ(-n) = -B_{n+1}/(n+1), ζ(0) = -1/2", side="n a number", source="DLMF 25.6.1, 25.6.2, 25.6.3")
def zeta_values(t: Term, rw: Rewriter) -> Term | None:
    n = integer_value(t.args[0])
    if n is None or abs(n) > 40:
        return None
    if n == 0:
        return num(Fraction(-1, 2))
    if n < 0:
        return num(-bernoulli(1 - n) / (1 - n))
    return zeta(n) if n % 2 == 0 else None
