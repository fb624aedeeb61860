"""Equations between real vectors from their difference's norm."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.matrix_facts import real_entries
from derivcheck.kernel.obligation import Obligation
from derivcheck.terms import build as b
from derivcheck.terms.term import mk


@inference("zero-norm", statement="u = v for real vectors if (u - v)^T (u - v) = 0", source="definiteness of the norm", method="norms")
def zero_norm(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: 'norm' to leave ‖u - v‖ = 0."""
    x, y = relation(ob, "=")
    if x.sort.kind != "mat" or x.sort.cols is not b.ONE or (x.sort.rows, x.sort.cols) != (y.sort.rows, y.sort.cols):
        raise Rejected("not vectors")
    oracle = session.oracle(ob.context)
    if not real_entries(x, oracle) or not real_entries(y, oracle):
        raise Rejected("not shown real")
    gap = x if y.op == "zeros" else y if x.op == "zeros" else b.sub(x, y)
    return [Obligation(ob.context, b.eq(b.norm(gap) if params == ("norm",) else mk("inner", (gap, gap)), b.ZERO))]
