"""Sine and cosine of sums of multiples of arcsin u and arctan u: by the addition theorems, as algebraic functions of u.

    sin(α + w) = sin α cos w + cos α sin w        cos(nα) + i sin(nα) = (cos α + i sin α)^n        α = arcsin u, arctan u

They hold for all complex values.  Limits: multiples up to `MOST`, two different inverse functions in one argument.
"""

from __future__ import annotations

from math import comb

from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num

MOST = 6


@rule("sum-of-inverse-angles", "fn:sin", "fn:cos", statement="sin, cos of sums with integer multiples of arcsin u, arctan u", source="DLMF 4.21.2, 4.21.3, 4.21.34; de Moivre")
def sum_of_inverse_angles(t: Term, rw: Rewriter) -> Term | None:
    v = t.args[0]
    if v.op == "fn":
        return None  # a single one: `direct-of-inverse`
    terms = linear_terms(v)
    angles = [(c, m) for c, m in terms if m.op == "fn" and m.data in ("arcsin", "arctan")]
    if not 1 <= len(angles) <= 2 or any(c.denominator != 1 or abs(c) > MOST for c, _ in angles):
        return None
    if any(m.data == "arctan" and not rw.oracle.real(m.args[0]) for _, m in angles):
        return None  # `direct-of-inverse` asks for it
    c, m = angles[0]
    rest = b.add(*(b.mul(num(q), w) for q, w in terms if w is not m)) if len(terms) > 1 else b.ZERO
    sine, cosine = _multiple(m, int(c))
    if rest is b.ZERO:
        return sine if t.data == "sin" else cosine
    if t.data == "sin":
        return b.add(b.mul(sine, b.fn("cos", rest)), b.mul(cosine, b.fn("sin", rest)))
    return b.sub(b.mul(cosine, b.fn("cos", rest)), b.mul(sine, b.fn("sin", rest)))


def _multiple(m: Term, n: int) -> tuple[Term, Term]:
    """sin(n α) and cos(n α) by powers of sin α and cos α."""
    s, c = b.fn("sin", m), b.fn("cos", m)
    parts: tuple[list[Term], list[Term]] = ([], [])
    for k in range(abs(n) + 1):
        # i^k C(n, k) cos^{n-k} sin^k
        sign = -1 if k % 4 in (2, 3) else 1
        factors = [num(sign * comb(abs(n), k)), *([b.pow_(c, abs(n) - k)] if k < abs(n) else []), *([b.pow_(s, k)] if k else [])]
        parts[k % 2].append(b.mul(*factors))
    cosine, sine = (b.add(*p) if p else b.ZERO for p in parts)
    return (sine if n > 0 else b.neg(sine)), cosine
