"""Bounds of correlations: the covariance and the variances become numbers u, v, c with c² ≤ u v, and inequalities go by squares."""

from __future__ import annotations

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.obligation import Obligation
from derivcheck.provers import linear, scalar
from derivcheck.provers.scalar import attempt
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, subterms

METHODS = ("correlations",)


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of an inequality with a covariance."""
    p = ob.statement
    if p.op != "rel" or p.data not in ("<", "≤", ">", "≥") or p.args[0].sort.kind != "num":
        return None
    for c in [s for s in subterms(p) if s.op == "Cov"][:2]:
        rest = attempt(ob, "covariance-bound", (c,), session)
        if not rest:
            continue
        moments = tuple(dict.fromkeys(s for s in subterms(p) if s.op in ("Cov", "Var") and s.sort.kind == "num"))
        plain = attempt(rest[0], "generalise", moments, session)
        if not plain:
            continue
        inner = scalar.prove(plain[0], session) or _by_squares(plain[0], session)
        if inner is not None:
            return Proof("covariance-bound", (c,), (Proof("generalise", moments, (inner,)),))
    return None


def _by_squares(ob: Obligation, session: Session) -> Proof | None:
    p = ob.statement
    low, high = (p.args[0], p.args[1]) if p.data == "≤" else (p.args[1], p.args[0])
    choices: list[tuple[Term, Term]] = [(low, high), (b.neg(high), b.neg(low))]
    for params in choices:
        rest = attempt(ob, "square-bound", params, session)
        if not rest:
            continue
        inner = scalar.leaf(rest[0], session, "sign") or linear.prove(rest[0], session)
        if inner is not None:
            return Proof("square-bound", params, (inner,))
    return None
