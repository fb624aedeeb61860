"""Suprema and infima of monotone functions of one variable: the limit at an end.

    sup_{x∈S} f = lim_{x→b⁻} f,  inf_{x∈S} f = lim_{x→a⁺} f     f' ≥ 0 on S, an interval from a to b (the other way round for f' ≤ 0)
    sup_{n∈ℕ} f(n), likewise, from f on [n₀, ∞)                  where f(x) is differentiable for real x ≥ n₀ too

The set is shown not to be empty, f to be real and differentiable on all of it.  A limit may be ±∞, and so may the supremum.
"""

from __future__ import annotations

from derivcheck.kernel.limits import limit
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, substitute

MINUS_INF = b.neg(b.INF)
_WHOLE = {"R": (MINUS_INF, b.INF), "Rpos": (b.ZERO, b.INF), "Rnn": (b.ZERO, b.INF)}
_COUNTED = {"N": b.ZERO, "Npos": b.ONE}


@rule("supremum-monotone", "supover", "infover", statement="sup f = lim f at the end to which f grows", side="f differentiable and monotone on an interval, or on ℕ as on [n₀, ∞)", source="definition of the supremum")
def supremum_monotone(t: Term, rw: Rewriter) -> Term | None:
    if len(t.bound) != 1 or t.args[-1].sort.kind != "num" or t.bound[0].sort.kind != "num":
        return None
    domain = t.args[0]
    ends = _ends(domain, rw)
    if ends is None:
        return None
    lo, hi = ends
    (x,), body, inner = rw.under(t)
    if x not in body.free:
        return None
    if domain.op == "set" and domain.data in _COUNTED:
        inner = rw.child(((Declaration(x, b.interval(lo, b.INF, "[)")),), ()))
        body = inner.nf(body)
    way = _direction(body, x, inner)
    if way == 0:
        return None
    at_top = (way > 0) == (t.op == "supover")
    end = hi if at_top else lo
    closed = domain.op == "interval" and str(domain.data)[1 if at_top else 0] in "[]" or (domain.op == "set" and not at_top and domain.data in ("Rnn", *_COUNTED))
    if closed and end is not b.INF and end is not MINUS_INF:
        return substitute(body, {x: end})
    return limit(body, x, end, "-" if at_top else "+", rw)


def _ends(domain: Term, rw: Rewriter) -> tuple[Term, Term] | None:
    """The ends of an interval that is shown to have more than one point."""
    if domain.op == "set":
        if domain.data in _WHOLE:
            return _WHOLE[str(domain.data)]
        return (_COUNTED[str(domain.data)], b.INF) if domain.data in _COUNTED else None
    if domain.op != "interval":
        return None
    lo, hi = domain.args
    if (lo is not MINUS_INF and not rw.oracle.real(lo)) or (hi is not b.INF and not rw.oracle.real(hi)):
        return None
    if lo is MINUS_INF or hi is b.INF or rw.oracle.less(lo, hi):
        return lo, hi
    return None


def _direction(body: Term, x: Term, inner: Rewriter) -> int:
    """1 or -1 where the function is shown to grow or to fall, 0 else."""
    from derivcheck.semantics.differentiate import derivative

    oracle = inner.oracle
    if not total(body, oracle) or not oracle.real(body):
        return 0
    got = derivative(body, x)
    if not got.complete or not all(oracle.holds(c) for c in got.conditions):
        return 0
    slope = inner.nf(got.term)
    return 1 if oracle.nonnegative(slope) else -1 if oracle.nonpositive(slope) else 0
