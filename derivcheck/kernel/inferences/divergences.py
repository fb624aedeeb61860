"""Divergences that are infinite."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, eigen, inference
from derivcheck.kernel.densities import sorts_of, value
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.obligation import Obligation
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.sorts import NUM
from derivcheck.terms.term import Term


@inference(
    "divergence-infinite",
    statement="KL(p ‖ q) = ∞ if p > 0 and q = 0 on an interval (l, h), l < h, for densities p, q on ℝ",
    source="definition; Cover and Thomas, ch. 8",
    method="divergence",
)
def divergence_infinite(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: l, h."""
    x, y = relation(ob, "=")
    node = x if y is b.INF else y
    if node.op != "KL" or (x is not b.INF and y is not b.INF):
        raise Rejected("not a divergence that is said infinite")
    p, q = node.args
    low, high = params
    for d in (p, q):
        if sorts_of(d) != (NUM,) or not _on_line(d, ob, session):
            raise Rejected("not densities on the line")
    s = eigen(ob.context, "x", NUM)
    inside = ob.context.with_declaration(Declaration(s, b.interval(low, high, "()")))
    return [
        *([] if low.op == "neg" and low.args[0] is b.INF else [Obligation(ob.context, b.rel(low, "<", high))]),
        Obligation(inside, b.rel(value(p, (s,)), ">", b.ZERO)),
        Obligation(inside, b.eq(value(q, (s,)), b.ZERO)),
    ]


def _on_line(d: Term, ob: Obligation, session: Session) -> bool:
    from derivcheck.kernel.densities import domains

    if d.op == "dist":
        return d.data in ("N", "Laplace")
    sets = domains(d, session.oracle(ob.context))
    return sets is not None and len(sets) == 1 and sets[0].op == "set" and sets[0].data == "R"
