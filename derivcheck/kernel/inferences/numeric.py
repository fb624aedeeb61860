"""Closed statements: evaluated exactly or in balls, which shows them true."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.obligation import Obligation
from derivcheck.terms.term import contains_op

PRECISIONS = (128, 512, 2048)


@inference(
    "closed",
    statement="a statement without free symbols is true if exact evaluation or enclosures show it",
    source="exact rationals; ball arithmetic (Arb)",
    method="evaluation",
)
def closed(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    from derivcheck.semantics.evaluate import Budget, Model
    from derivcheck.semantics.truth import holds

    p = ob.statement
    if p.free or contains_op(p, "opaque"):
        raise Rejected("not closed")
    for precision in PRECISIONS:
        session.budget.spend(precision)
        got = holds(p, Model({}, ob.context), precision, Budget(200_000))
        if got is True:
            return []
        if got is False:
            raise Rejected("false")
    raise Rejected("not separated")
