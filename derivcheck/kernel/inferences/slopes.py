"""The derivative of a function that is declared convex or concave: it is monotone."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.inferences.functions import curvature
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.obligation import Obligation
from derivcheck.terms import build as b
from derivcheck.terms.term import Term


def _slope(m: Term) -> tuple[Term, Term] | None:
    """A monomial f'(u) as (f, u)."""
    if m.op == "apply" and len(m.args) == 2 and m.args[0].op == "dfun" and m.args[0].data == (1,) and m.args[0].args[0].op == "sym":
        return m.args[0].args[0], m.args[1]
    return None


@inference(
    "slope-monotone",
    statement="f'(u) ≤ f'(v) if u ≤ v, for convex f of one number; < from < if f is strictly convex; the other way round for concave f",
    source="Rockafellar, Convex Analysis, theorem 24.1",
    method="convexity",
)
def slope_monotone(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """The difference of the sides is a multiple of f'(u) - f'(v), which has a value only where f is differentiable."""
    x, y = relation(ob, "<", "≤", ">", "≥")
    data = str(ob.statement.data)
    low, high = (x, y) if data in ("<", "≤") else (y, x)
    terms = linear_terms(session.rewriter(ob.context).nf(b.sub(high, low)))
    if len(terms) != 2 or terms[0][0] != -terms[1][0]:
        raise Rejected("not a difference of two slopes")
    positive, negative = sorted(terms, key=lambda pair: -pair[0])
    above, below = _slope(positive[1]), _slope(negative[1])
    if above is None or below is None or above[0] is not below[0]:
        raise Rejected("not slopes of one function")
    f, u, v = above[0], below[1], above[1]
    way = curvature(f, ob.context)
    d = ob.context.declarations[f]
    if not way or u.sort.kind != "num":
        raise Rejected("not declared convex or concave")
    strict = data in ("<", ">")
    if strict and not d.attributes & {"strictly convex", "strictly concave"}:
        raise Rejected("not strictly convex or concave")
    if way < 0:
        u, v = v, u
    domain = d.arg_domains[0]
    members = [Obligation(ob.context, b.rel(w, "in", domain)) for w in (u, v)]
    return [*members, Obligation(ob.context, b.rel(u, "<" if strict else "≤", v))]
