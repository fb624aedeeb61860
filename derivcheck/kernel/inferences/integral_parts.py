"""Integrals cut at points of their range."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.obligation import Obligation
from derivcheck.terms import build as b
from derivcheck.terms.term import mk, substitute


@inference(
    "split-integral",
    statement="∫_a^b f = ∫_a^p f + ∫_p^q f + … + ∫_s^b f for a ≤ p ≤ q ≤ … ≤ s ≤ b",
    source="additivity of the integral; where the whole has a value in [-∞, ∞] the parts and their sum have",
    method="splitting",
)
def split_integral(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (an integral in the statement, the points in order)."""
    node, points = params
    if node.op != "int" or node.sort.kind != "num" or any(v.op == "bvar" for v in node.free) or not points:
        raise Rejected("not an integral of numbers")
    oracle = session.oracle(ob.context)
    ends = [node.args[0], *points, node.args[1]]
    if not all(oracle.real(p) for p in points) or not all(oracle.less_equal(u, v) for u, v in pairwise(ends)):
        raise Rejected("the order of the points is not shown")
    parts = [mk("int", (u, v, node.args[2]), node.data, node.sort, node.bound) for u, v in pairwise(ends)]
    return [Obligation(ob.context, substitute(ob.statement, {node: b.add(*parts)}))]
