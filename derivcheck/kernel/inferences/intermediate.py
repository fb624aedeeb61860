"""Existence by continuity: the intermediate value theorem."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, eigen, inference
from derivcheck.kernel.continuity import continuous
from derivcheck.kernel.inferences.basic import strict
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.randomness import mentions_random
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import binder_names, instantiate, mk, substitute


@inference(
    "intermediate-value",
    statement="∃x∈S: u(x) = v(x) for an interval S if u - v is continuous between two points of S and changes its sign there",
    source="intermediate value theorem (Bolzano)",
    method="intermediate value theorem",
)
def intermediate_value(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (left end, right end, whether u - v grows).  Leaves the ends' membership in S and the signs there."""
    lo, hi, growing = params
    p = ob.statement
    if p.op != "exists" or len(p.bound) != 1 or p.bound[0].sort.kind != "num":
        raise Rejected("not an existential statement about one number")
    domain, body = p.args
    if domain.op != "interval" and not (domain.op == "set" and domain.data in ("R", "Rpos", "Rnn", "Rneg")):
        raise Rejected("not an interval")
    if body.op != "rel" or body.data != "=" or body.args[0].sort.kind != "num":
        raise Rejected("not an equation")
    oracle = session.oracle(ob.context)
    if any(v.op == "bvar" for end in (lo, hi) for v in end.free) or mentions_random(p, oracle):
        raise Rejected("not fixed ends")
    if not oracle.less_equal(lo, hi):
        raise Rejected("the ends are not shown to be in order")
    x = eigen(ob.context, binder_names(p)[0], p.bound[0].sort)
    inner = session.oracle(ob.context.with_declaration(Declaration(x, b.interval(lo, hi, "[]"))))
    u, v = (substitute(side, {p.bound[0]: x}) for side in body.args[:2])
    if not all(inner.real(side) and continuous(side, x, inner) for side in (u, v)):
        raise Rejected("not shown to be continuous")
    context = strict(ob.context, session)
    members = [Obligation(context, mk("rel", (end, domain), "in", b.TRUE.sort)) for end in (lo, hi)]
    below, above = (instantiate(p, (end,)) for end in ((lo, hi) if growing else (hi, lo)))
    signs = [Obligation(context, mk("rel", q.args, kind, q.sort)) for q, kind in ((below, "≤"), (above, "≥"))]
    return [*members, *signs]


