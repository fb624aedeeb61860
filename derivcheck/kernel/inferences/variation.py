"""Proportionality and equality up to what does not depend on a variable: A ∝_w B and A ≐_w B by the quotient and the difference of the sides."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel import algebra
from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.inferences.basic import CORE
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.random_laws import depends
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, subterms


def _variables(ob: Obligation) -> tuple[Term, ...]:
    ws = tuple(ob.statement.args[2:]) or ob.context.vary
    if not ws:
        raise Rejected("no variable is named")
    return ws


@inference(
    "constant-difference",
    statement="A ≐_w B if A - B has a normal form that is free of w and has a value",
    source="definition of ≐ (SPEC section 3)",
    method="normal form",
)
def constant_difference(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the rule groups; parts of the difference that are declared constant in w count as free of w."""
    p = ob.statement
    if p.op != "rel" or p.data != "≐" or p.args[0].sort.kind != "num":
        raise Rejected("not such a relation")
    ws = _variables(ob)
    rw = session.rewriter(ob.context, CORE | frozenset(params[0]) if params else CORE)
    k = rw.nf(b.sub(p.args[0], p.args[1]))
    if depends(k, ws, ob.context) or any(t is b.INF or t.op in ("opaque", "anyconst") for t in subterms(k)):
        raise Rejected("the difference depends on the variables")
    if rw.oracle.undefinedness(k):
        raise Rejected("the difference may be undefined")
    return []


@inference(
    "constant-quotient",
    statement="A ∝_w B if A/B has a normal form k free of w, with a value, positive (or real and nonzero where no side is nonnegative by declaration)",
    source="definition of ∝ (SPEC section 3)",
    method="normal form",
)
def constant_quotient(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the rule groups."""
    p = ob.statement
    if p.op != "rel" or p.data != "∝" or p.args[0].sort.kind != "num" or p.args[1].sort.kind != "num":
        raise Rejected("not a proportionality of numbers")
    ws = _variables(ob)
    rw = session.rewriter(ob.context, CORE | frozenset(params[0]) if params else CORE)
    x, y = p.args[:2]
    k = rw.nf(b.div(x, y))
    if depends(k, ws, ob.context) or any(t is b.INF or t.op in ("opaque", "anyconst") for t in subterms(k)):
        raise Rejected("the quotient depends on the variables")
    if not algebra.is_zero(b.sub(x, b.mul(k, y)), rw):
        raise Rejected("not proportional")
    if rw.oracle.undefinedness(k):
        raise Rejected("the factor may be undefined")
    if not rw.oracle.positive(k) and not (
        rw.oracle.nonzero(k) and rw.oracle.real(k) and not rw.oracle.nonnegative(x) and not rw.oracle.nonnegative(y)
    ):
        raise Rejected("the factor may be zero or negative")
    return []
