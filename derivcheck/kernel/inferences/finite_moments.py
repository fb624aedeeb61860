"""Means that are finite because a mean of a higher power is."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.oracle import Oracle
from derivcheck.terms import build as b
from derivcheck.terms.term import Term


@inference(
    "finite-moment",
    statement="E[X^p], E[|X|^p] < ∞ (and > -∞) from E[|X|^q] < ∞, natural p ≤ q; Var(X) < ∞ from E[|X|^q] < ∞, q ≥ 2 (X real)",
    source="|x|^p ≤ 1 + |x|^q; Williams, Probability with Martingales, 6.7",
    method="moments",
)
def finite_moment(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (number of the hypothesis,)."""
    (number,) = params
    if not 0 <= number < len(ob.context.hypotheses):
        raise Rejected("no such hypothesis")
    x, y = relation(ob, "<", ">")
    small, large = (x, y) if ob.statement.data == "<" else (y, x)
    if large is b.INF:
        node = small
    elif small.op == "neg" and small.args[0] is b.INF:
        node = large
    else:
        raise Rejected("not about infinity")
    known = _finite(ob.context.hypotheses[number].statement)
    oracle = session.oracle(ob.context)
    if known is None or node.op not in ("E", "Var") or len(node.args) != 1:
        raise Rejected("not a moment")
    have, want = _power(known, oracle), _power(node.args[0], oracle)
    if have is None or want is None or have[0] is not want[0] or not have[2]:
        raise Rejected("not moments of one variable")
    if want[1] * (2 if node.op == "Var" else 1) > have[1]:
        raise Rejected("a higher moment")
    return []


def _finite(p: Term) -> Term | None:
    """u with p the statement E[u] < ∞."""
    if p.op != "rel" or p.data not in ("<", ">"):
        return None
    x, y = p.args if p.data == "<" else p.args[::-1]
    return x.args[0] if y is b.INF and x.op == "E" and len(x.args) == 1 else None


def _power(t: Term, oracle: Oracle) -> tuple[Term, Fraction, bool] | None:
    """(X, q, whether it is |X|^q) for X^q or |X|^q with a natural q > 0, X a real random symbol."""
    base, q = (t.args[0], t.args[1].data) if t.op == "pow" and t.args[1].op == "num" else (t, Fraction(1))
    modulus = base.op == "fn" and base.data == "abs"
    x = base.args[0] if modulus else base
    if x.op not in ("sym", "idx") or q.denominator != 1 or q <= 0 or not oracle.real(x):
        return None
    return x, Fraction(q), modulus or q % 2 == 0 or oracle.nonnegative(x)
