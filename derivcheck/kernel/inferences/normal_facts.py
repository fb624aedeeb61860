"""Hypotheses in normal form, for the oracle: it compares the normal forms of a goal with hypotheses as they are written."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.infinite import no_arithmetic
from derivcheck.kernel.infinite_means import means_in_doubt
from derivcheck.kernel.obligation import Obligation
from derivcheck.terms import build as b
from derivcheck.terms.context import Hypothesis
from derivcheck.terms.term import Term, mk

_RELATIONS = ("<", "≤", ">", "≥", "≠")


@inference(
    "normal-facts",
    statement="from A R B (a hypothesis): N R 0 with the normal form N of A - B",
    source="a relation that holds has sides with values, and there the normal form has the same value",
    method="rewriting",
)
def normal_facts(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    rw = session.rewriter(ob.context)
    have = {h.statement for h in ob.context.hypotheses}
    new: list[Hypothesis] = []
    for h in ob.context.hypotheses:
        for p in h.statement.args if h.statement.op == "and" else (h.statement,):
            fact = _fact(p, rw)
            if fact is not None and fact not in have:
                have.add(fact)
                new.append(Hypothesis(fact, None, "step"))
    if not new:
        raise Rejected("the hypotheses are in normal form")
    return [Obligation(ob.context.with_hypotheses(new), ob.statement)]


def _fact(p: Term, rw: Any) -> Term | None:
    if p.op != "rel" or p.data not in _RELATIONS or len(p.args) != 2 or any(a.sort.kind != "num" or a is b.INF for a in p.args):
        return None
    if any(a.op == "neg" and a.args[0] is b.INF for a in p.args) or no_arithmetic(p) or means_in_doubt(p, rw):
        return None
    gap = rw.nf(b.sub(p.args[0], p.args[1]))
    return mk("rel", (gap, b.ZERO), p.data, p.sort)
