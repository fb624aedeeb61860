"""Equations between real vectors from their difference's norm, and equations of what is made of equal vectors or matrices."""

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


_CONGRUENT = frozenset({"norm", "sigmax", "det", "trace", "inner", "tonum", "transpose", "inv", "matmul", "smul", "vecop", "kron", "hadamard", "entry", "ventry"})


@inference("congruence", statement="f(A) = f(B) if A = B", source="Leibniz", method="substitution")
def congruence(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """Both sides are the same function of vectors and matrices, which has a value only where these have; leaves the arguments that differ."""
    x, y = relation(ob, "=")
    if x.op not in _CONGRUENT or (x.op, x.data, len(x.args)) != (y.op, y.data, len(y.args)) or x.bound or y.bound:
        raise Rejected("not the same function")
    out = []
    for p, q in zip(x.args, y.args, strict=True):
        if p.sort.kind != q.sort.kind or (p.sort.kind == "mat" and (p.sort.rows, p.sort.cols) != (q.sort.rows, q.sort.cols)):
            raise Rejected("of different kinds")
        if p is not q:
            out.append(Obligation(ob.context, b.eq(p, q)))
    return out
