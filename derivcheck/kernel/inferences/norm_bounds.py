"""A norm of a vector is at least each of its entries, and at least its component along another vector."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.matrix_facts import real_entries
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.randomness import mentions_random
from derivcheck.terms import build as b
from derivcheck.terms.term import Term

_NORMS = ("1", "2", "inf", "∞")


def _entry(m: Term) -> Term | None:
    """The vector of an entry, or of an entry's absolute value."""
    inner = m.args[0] if m.op == "fn" and m.data == "abs" else m
    return inner.args[0] if inner.op == "ventry" else None


@inference(
    "norm-entry",
    statement="c‖x‖ ≥ a₁ x_i + … + a_k |x_j| if c ≥ |a₁| + … + |a_k|, for the norms of order 1, 2 and ∞",
    source="‖x‖ ≥ ‖x‖_∞ ≥ |x_i|",
    method="norms",
)
def norm_entry(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "≤", "≥")
    low, high = (x, y) if ob.statement.data == "≤" else (y, x)
    rw = session.rewriter(ob.context)
    vector: Term | None = None
    have, need = Fraction(0), Fraction(0)
    entries: list[tuple[Fraction, Term]] = []
    for c, m in linear_terms(rw.nf(b.sub(high, low))):
        if m.op == "norm" and m.args[0].sort.is_vector and str(m.data) in _NORMS and vector is None:
            vector, have = m.args[0], c
        else:
            entries.append((c, m))
    for c, m in entries:
        if vector is None or _entry(m) is not vector:
            raise Rejected("not a norm and entries of its vector")
        if m.op == "ventry" and not rw.oracle.real(m):
            raise Rejected("not shown real")
        need += abs(c) if m.op == "ventry" or c < 0 else 0
    if vector is None or not entries or have < need:
        raise Rejected("not enough of the norm")
    return []


def squared(t: Term) -> Term | None:
    """The vector u of ‖u‖², in whatever way that is written."""
    if t.op == "pow" and t.args[1] is b.TWO and t.args[0].op == "norm" and t.args[0].data == "2" and t.args[0].args[0].sort.is_vector:
        return t.args[0].args[0]
    if t.op == "inner" and t.args[0] is t.args[1]:
        return t.args[0]
    if t.op == "tonum" and t.args[0].op == "matmul" and len(t.args[0].args) == 2 and b.transpose(t.args[0].args[1]) is t.args[0].args[0]:
        return t.args[0].args[1]
    return None


@inference(
    "norm-projection",
    statement="‖u‖² ≥ R if vᵀv > 0 and R vᵀv = (vᵀu)², u and v real",
    source="Cauchy-Schwarz inequality",
    method="Cauchy-Schwarz",
)
def norm_projection(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: v."""
    (v,) = params
    x, y = relation(ob, "≤", "≥")
    low, high = (x, y) if ob.statement.data == "≤" else (y, x)
    u = squared(high)
    oracle = session.oracle(ob.context)
    if u is None or v.sort != u.sort or any(s.op == "bvar" for s in v.free) or mentions_random(v, oracle):
        raise Rejected("not the square of a norm")
    if not (real_entries(u, oracle) and real_entries(v, oracle)):
        raise Rejected("not shown real")
    size, along = b.tonum(b.matmul(b.transpose(v), v)), b.tonum(b.matmul(b.transpose(v), u))
    return [Obligation(ob.context, b.rel(size, ">", b.ZERO)), Obligation(ob.context, b.eq(b.mul(low, size), b.pow_(along, b.TWO)))]
