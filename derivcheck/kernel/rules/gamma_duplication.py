"""Duplication formulas of Γ and ψ, in a group of their own: they are needed only beside half arguments.  Reflection of ψ."""

from __future__ import annotations

from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.kernel.rules.gamma import _falling
from derivcheck.terms import build as b
from derivcheck.terms.term import Term

HALF = b.div(b.ONE, b.TWO)


def _half(u: Term, rw: Rewriter) -> Term | None:
    """u/2, if the coefficients of u (but its constant) are even integers."""
    moving = [c for c, m in linear_terms(rw.nf(u)) if m is not b.ONE]
    return rw.nf(b.mul(HALF, u)) if moving and all(c.denominator == 1 and c % 2 == 0 for c in moving) else None


@rule("gamma-duplication", "fn:gamma", statement="Γ(2v) = 2^{2v-1} Γ(v) Γ(v+½)/√π, both sides with the same poles", source="DLMF 5.5.5", group="duplication")
def gamma_duplication(t: Term, rw: Rewriter) -> Term | None:
    v = _half(t.args[0], rw)
    if v is None:
        return None
    power = b.pow_(b.TWO, b.sub(t.args[0], b.ONE))
    return b.div(b.mul(power, b.fn("gamma", v), b.fn("gamma", b.add(v, HALF))), b.sqrt(b.PI))


@rule("digamma-duplication", "fn:digamma", statement="ψ(2v) = ½ ψ(v) + ½ ψ(v+½) + log 2, both sides with the same poles", source="DLMF 5.5.8", group="duplication")
def digamma_duplication(t: Term, rw: Rewriter) -> Term | None:
    v = _half(t.args[0], rw)
    return None if v is None else b.add(b.mul(HALF, b.fn("digamma", v)), b.mul(HALF, b.fn("digamma", b.add(v, HALF))), b.log(b.TWO))


@rule("digamma-reflection", "fn:digamma", statement="ψ(1 - v) = ψ(v) + π cot(πv)", side="0 < v < 1", source="DLMF 5.5.4")
def digamma_reflection(t: Term, rw: Rewriter) -> Term | None:
    u = t.args[0]
    if u.op == "num" or not _falling(u, rw):
        return None
    v = rw.nf(b.sub(b.ONE, u))
    if not (rw.oracle.positive(u) and rw.oracle.positive(v)):
        return None
    angle = b.mul(b.PI, v)
    return b.add(b.fn("digamma", v), b.div(b.mul(b.PI, b.fn("cos", angle)), b.fn("sin", angle)))
