"""An integer is one of finitely many, or lies below or above them."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.inferences.basic import at_hand
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.randomness import randomness
from derivcheck.terms import build as b
from derivcheck.terms.context import Hypothesis
from derivcheck.terms.term import num

LARGEST = 24


@inference(
    "integer-cases",
    statement="P from P under u < m, under u = m, …, under u = n, and under u > n, for an integer u",
    source="order of the integers",
    method="cases",
)
def integer_cases(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: u, m, n.  Below m means at most m - 1, above n at least n + 1."""
    u, low, high = params
    oracle = session.oracle(ob.context)
    if not isinstance(low, int) or not isinstance(high, int) or not 0 <= high - low < LARGEST:
        raise Rejected("not a small range")
    if randomness(oracle).atoms(u):
        raise Rejected("a random variable is not fixed")
    if not oracle.integer(u) or not at_hand(u, ob, session):
        raise Rejected("not shown to be an integer")
    splits = [b.rel(u, "≤", num(low - 1)), *(b.rel(u, "=", num(k)) for k in range(low, high + 1)), b.rel(u, "≥", num(high + 1))]
    return [Obligation(ob.context.with_hypotheses([Hypothesis(s, None, "assume")]), ob.statement) for s in splits if not oracle.refutes(s)]
