"""What an inequality for all x says at the end of a range: its limit, also after division by the distance from a point."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.context import Hypothesis
from derivcheck.terms.term import bind, contains_op, num, open_binder


@inference(
    "limit-fact",
    statement="from ∀x∈S: f(x) R g(x) (R one of <, ≤): lim_{x→p±} (g - f)/|x-p|^m ≥ 0, if S holds all x next to p on that side and the limit exists",
    source="limits keep weak inequalities; |x-p| > 0",
    method="limits",
)
def limit_fact(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the number of the hypothesis, the point p (a number), the side ('+' or '-'), m (0 or 1)."""
    number, point, side, power = params
    h = ob.context.hypotheses[number].statement
    if h.op != "forall" or len(h.bound) != 1 or h.bound[0].sort.kind != "num" or side not in ("+", "-") or power not in (0, 1):
        raise Rejected("not a universal statement about a number")
    p, domain = num(point), h.args[0]
    (x,), body = open_binder(h)
    if body.op != "rel" or body.data not in ("<", "≤", ">", "≥") or body.args[0].sort.kind != "num":
        raise Rejected("not an inequality")
    oracle = session.oracle(ob.context)
    ends = domain.args if domain.op == "interval" else ()
    inside = domain.op == "set" and (domain.data == "R" or (domain.data in ("Rpos", "Rnn") and (point > 0 or (point == 0 and side == "+"))))
    if ends and side == "+":
        inside = oracle.less_equal(ends[0], p) and oracle.less(p, ends[1])
    elif ends:
        inside = oracle.less(ends[0], p) and oracle.less_equal(p, ends[1])
    if not inside:
        raise Rejected("the set is not shown to hold all numbers next to the point")
    low, high = (body.args[0], body.args[1]) if body.data in ("<", "≤") else (body.args[1], body.args[0])
    gap = b.sub(high, low)
    if power:
        gap = b.div(gap, b.sub(x, p) if side == "+" else b.sub(p, x))
    value = session.rewriter(ob.context).nf(bind("lim", (x,), (p,), gap, side))
    if contains_op(value, "lim", "deriv") or not total(value, oracle) or contains_op(value, "opaque"):
        raise Rejected("no limit is shown")
    gained = b.rel(value, "≥", b.ZERO)
    if any(g.statement is gained for g in ob.context.hypotheses):
        raise Rejected("nothing gained")
    context = ob.context.with_hypotheses([Hypothesis(gained, None, "step")])
    return [Obligation(context, ob.statement)]

