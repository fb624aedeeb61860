"""Series of real numbers that diverge to ±∞ by comparison with the harmonic series."""

from __future__ import annotations

from derivcheck.kernel.limits import limit
from derivcheck.kernel.literals import integer_value
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.kernel.summable import summable
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, contains_op

_ABSTRACT = ("apply", "idx", "sum", "prod", "int", "lim", "deriv", "Eover", "E", "cases", "ind", "opaque")
LARGEST = 60


@rule("divergent-series", "sum", statement="∑ a_k = ∞ if k a_k tends to a positive number or to ∞ (-∞ alike), all a_k real", source="comparison with the harmonic series")
def divergent_series(t: Term, rw: Rewriter) -> Term | None:
    lo, hi = t.args[:2]
    if hi is not b.INF or t.sort.kind != "num" or integer_value(lo) is None or t.size > LARGEST or contains_op(t.args[-1], *_ABSTRACT):
        return None
    (k,), body, inner = rw.under(t)
    if k not in body.free or not inner.oracle.real(body) or inner.oracle.undefinedness(body) or summable(k, lo, hi, body, inner):
        return None
    value = limit(inner.nf(b.mul(k, body)), k, b.INF, "int", inner)
    if value is None or k in value.free:
        return None
    if value is b.INF or (not b.is_infinite(value) and rw.oracle.positive(value)):
        return b.INF
    if b.is_infinite(value) or rw.oracle.negative(value):
        return b.neg(b.INF)
    return None
