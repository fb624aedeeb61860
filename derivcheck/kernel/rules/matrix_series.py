"""The Neumann series: Σ_{k≥m} A^k = A^m (I - A)^{-1} where A is shown to be a contraction.

A is one by a bound on its norm (`kernel/contractions.py`), or because a hypothesis says that A^n tends to 0.  Without such
a hypothesis nothing is said of the series: it may diverge where I - A has an inverse.
Source: Horn and Johnson, Matrix Analysis, 5.6.P26 and corollary 5.6.16.
"""

from __future__ import annotations

from derivcheck.kernel.contractions import contracting
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.matrix_form import Word, decode
from derivcheck.kernel.monomials import linear_in
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.kernel.rules.matrix_sums import split_factors
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk, num

HJ = "Horn and Johnson, Matrix Analysis, corollary 5.6.16"


@rule("neumann-series", "sum", statement="Σ_{k≥m} c A^k = c A^m (I - A)^{-1}", side="‖A‖ < 1 or A^n → 0; m a natural number", source=HJ)
def neumann_series(t: Term, rw: Rewriter) -> Term | None:
    if t.sort.kind != "mat" or t.args[1] is not b.INF or not rw.oracle.natural(t.args[0]):
        return None
    lo = t.args[0]
    (k,), body, inner = rw.under(t)
    out: list[Term] = []
    for word, c in decode(body, inner).items():
        for q, monomial in linear_terms(c):
            got = _one(k, lo, word, b.mul(num(q), monomial), inner, rw)
            if got is None:
                return None
            out.append(got)
    return b.add(*out) if out else None


def _one(k: Term, lo: Term, word: Word, c: Term, inner: Rewriter, rw: Rewriter) -> Term | None:
    """Σ c L A^{k+m} R with L, R free of k and c = a r^{k+l}."""
    at = [i for i, f in enumerate(word) if k in f.free]
    if len(at) != 1 or word[at[0]].op != "mpow" or k in word[at[0]].args[0].free:
        return None
    i = at[0]
    base, exponent = word[i].args
    line = linear_in(exponent, k)
    if line is None or line[0] != 1 or not inner.oracle.natural(exponent):
        return None
    outside, inside = split_factors(c, k)
    matrix = base
    if inside is not b.ONE:
        power = linear_in(inside.args[1], k) if inside.op == "pow" and k not in inside.args[0].free else None
        if power is None or power[0] != 1 or power[1] is not b.ZERO:
            return None
        matrix = b.smul(inside.args[0], base)
    if not contracting(matrix, rw.oracle):
        return None
    n = matrix.sort.rows
    first = mk("mpow", (matrix, lo), None, matrix.sort)
    shift = mk("mpow", (base, line[1]), None, base.sort) if line[1] is not b.ZERO else b.eye(n)
    series = b.matmul(first, shift, b.inv(b.add(b.eye(n), b.neg(matrix))))
    return b.smul(outside, b.matmul(*word[:i], series, *word[i + 1 :]))
