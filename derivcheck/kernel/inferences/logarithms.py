"""Inequalities between positive numbers through their logarithms."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.obligation import Obligation
from derivcheck.terms import build as b


@inference("logarithms", statement="A R B for positive A and B from log A R log B", source="the logarithm increases", method="monotonicity")
def logarithms(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "<", "≤", ">", "≥")
    oracle = session.oracle(ob.context)
    if x.sort.kind != "num" or y.sort.kind != "num" or not (oracle.positive(x) and oracle.positive(y)):
        raise Rejected("not shown positive")
    return [Obligation(ob.context, b.rel(b.log(x), str(ob.statement.data), b.log(y)))]
