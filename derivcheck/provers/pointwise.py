"""Inequalities between integrals point by point, and between numbers made of values of functions, densities and vectors.

The values (f(x), p(x), entries, norms) become numbers of which the sign and the bounds that are shown of them are known; the provers for
inequalities of numbers do the rest.  Limits: both sides as they are written; what the provers of inequalities decide.
"""

from __future__ import annotations

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.obligation import Obligation
from derivcheck.provers import convexity, linear, order, scalar, squares
from derivcheck.provers.scalar import attempt
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, contains_op

METHODS = ("pointwise", "generalisation")
INTEGRALS = ("int", "intset", "Eover")
VALUES = frozenset({"apply", "dfun", "pdf", "idx", "ventry", "entry", "norm", "inner", "tonum", "trace", "det", "sigmax"})


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of A ≤ B or A < B, or of the value of a maximum of integrals."""
    p = ob.statement
    if p.op != "rel" or p.args[0].sort.kind != "num":
        return None
    if p.data == "=":
        return _extremum(ob, session)
    if p.data not in ("≤", "≥", "<", ">"):
        return None
    for rule in ("integrals-pointwise", "densities-pointwise"):
        rest = attempt(ob, rule, (), session)
        if rest:
            inner = prove(rest[0], session) or _inequality(rest[0], session)
            return Proof(rule, (), (inner,)) if inner is not None else None
    values = tuple(_values(p))
    plain = attempt(ob, "generalise-numbers", values, session) if values else None
    if plain and not any(t.op in VALUES for a in plain[0].statement.args for t in _parts(a)):
        inner = _inequality(plain[0], session)
        return Proof("generalise-numbers", values, (inner,)) if inner is not None else None
    return None


def _extremum(ob: Obligation, session: Session) -> Proof | None:
    """A maximum of means or integrals that is attained at a plain number, where the other side is the value there."""
    for node in ob.statement.args[:2]:
        if node.op not in ("maxover", "minover") or len(node.bound) != 1 or node.bound[0].sort.kind != "num" or not contains_op(node, *INTEGRALS):
            continue
        for point in (b.ZERO, b.ONE, b.MINUS_ONE):
            rest = attempt(ob, "extremum-at-point", (point,), session)
            if not rest:
                continue
            member = scalar.leaf(rest[0], session, "member")
            value = scalar.leaf(rest[1], session, "reflexive", "ring") if member is not None else None
            below = prove(rest[2], session) if value is not None else None
            if member is not None and value is not None and below is not None:
                return Proof("extremum-at-point", (point,), (member, value, below))
    return None


def _inequality(ob: Obligation, session: Session) -> Proof | None:
    for module in (scalar, linear, squares, convexity, order):
        found = module.prove(ob, session)
        if found is not None:
            return found
    return None


def _parts(t: Term) -> list[Term]:
    out, stack = [], [t]
    while stack:
        u = stack.pop()
        out.append(u)
        stack.extend(u.args)
    return out


def _values(p: Term) -> list[Term]:
    """Values of functions and the like in a relation, outermost ones; none where a binder holds one."""
    out: dict[Term, None] = {}
    stack = list(p.args[:2])
    while stack:
        t = stack.pop()
        if t.op in VALUES:
            if t.op == "idx" and t.sort.kind != "num":
                continue
            out[t] = None
        elif not t.bound:
            stack.extend(reversed(t.args))
    return list(out)
