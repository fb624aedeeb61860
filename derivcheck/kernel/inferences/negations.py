"""Negated statements: De Morgan's laws, quantifiers, relations; proofs by contradiction.

What a negated relation says where one of its sides has no value is left open (`semantics/truth.py`).  So a negation is shown by the negated
relation, which brings values along, and it is used only where the sides are shown to have (real) values.
"""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, inference, opened
from derivcheck.kernel.inferences.basic import all_real, assuming, strict
from derivcheck.kernel.inferences.solutions import holding, hypothesis_parts, with_facts
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.randomness import mentions_random
from derivcheck.kernel.rewrite import negation
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration
from derivcheck.terms.term import Term, binder_names, fresh, mk, substitute

_SAME = ("=", "≠")
_ORDER = ("<", "≤", ">", "≥")
_CONNECTIVES = frozenset("and or not implies iff".split())


@inference("deny", statement="¬P from what says that P fails, the negation moved inwards", source="De Morgan; SPEC section 6", method="logic")
def deny(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    if ob.statement.op != "not":
        raise Rejected("not a negation")
    denied = inwards(ob.statement.args[0])
    if denied is ob.statement:
        raise Rejected("the negation can't be moved")
    return [Obligation(strict(ob.context, session), denied)]


def inwards(p: Term) -> Term:
    """A statement that holds only where P fails: relations with values on both sides, negated."""
    if p.op == "not":
        return p.args[0]
    if p.op == "true":
        return b.FALSE
    if p.op == "false":
        return b.TRUE
    if p.op == "and":
        return b.or_(*map(inwards, p.args))
    if p.op == "or":
        return b.and_(*map(inwards, p.args))
    if p.op == "implies":
        return b.and_(p.args[0], inwards(p.args[1]))
    if p.op == "iff":
        x, y = p.args
        return b.or_(b.and_(x, inwards(y)), b.and_(y, inwards(x)))
    if p.op in ("forall", "exists"):
        return _dual(p, inwards(p.args[-1]))
    if p.op == "rel" and len(p.args) == 2:
        if p.args[0].sort.kind == "num" and p.args[1].sort.kind == "num" and p.data in (*_SAME, *_ORDER):
            return negation(p)
        if p.data in ("in", "notin"):
            return mk("rel", p.args, "notin" if p.data == "in" else "in", p.sort)
    return b.not_(p)


def _dual(p: Term, body: Term) -> Term:
    """The other quantifier over the same variables."""
    symbols = tuple(fresh(n, v.sort) for n, v in zip(binder_names(p), p.bound, strict=True))
    return b.over("exists" if p.op == "forall" else "forall", symbols, p.args[:-1], substitute(body, dict(zip(p.bound, symbols, strict=True))))


@inference("denied", statement="from ¬P among the hypotheses what says that P fails, one connective or quantifier taken off", source="De Morgan", method="logic")
def denied_fact(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the negation, one of the hypotheses."""
    (n,) = params
    holding(ob, n, session)
    if n.op != "not" or mentions_random(n, session.oracle(ob.context)):
        raise Rejected("not a negation")
    p = n.args[0]
    if p.op == "not":
        gained = p.args[0]
    elif p.op == "and":
        gained = b.or_(*map(b.not_, p.args))
    elif p.op == "or":
        gained = b.and_(*map(b.not_, p.args))
    elif p.op == "implies":
        gained = b.and_(p.args[0], b.not_(p.args[1]))
    elif p.op in ("forall", "exists"):
        gained = _dual(p, b.not_(p.args[-1]))
    elif p.op == "rel" and decided(p, ob.context, session):
        gained = inwards(p)
    else:
        raise Rejected("not shown to have values")
    if gained.op == "not" or any(q is gained for q in hypothesis_parts(ob.context)):
        raise Rejected("nothing gained")
    return [Obligation(with_facts(ob.context, gained), ob.statement)]


def decided(p: Term, context: Context, session: Session) -> bool:
    """Whether all sides of relations in a statement are shown to have values (real ones, but in equations between complex numbers)."""
    if p.op in ("true", "false"):
        return True
    if p.op in _CONNECTIVES:
        return all(decided(a, context, session) for a in p.args)
    if p.op in ("forall", "exists"):
        symbols, body = opened(context, p)
        for s, domain in zip(symbols, p.args[:-1], strict=True):
            context = context.with_declaration(Declaration(s, domain))
        return decided(body, context, session)
    if p.op != "rel" or len(p.args) != 2 or p.args[0].sort.kind != "num":
        return False
    if p.data in ("in", "notin"):
        sides: tuple[Term, ...] = p.args[:1]
    elif p.data in (*_SAME, *_ORDER) and p.args[1].sort.kind == "num":
        sides = p.args
    else:
        return False
    oracle = session.oracle(context)
    if mentions_random(p, oracle):
        return False
    # equations between complex numbers need values only
    real = p.data in _ORDER or all_real(context, p)
    return all(total(side, oracle) and (not real or oracle.real(side)) for side in sides)


@inference(
    "by-contradiction",
    statement="¬P, and a relation between numbers, if its opposite leads to something false",
    source="logic; all sides are shown to have values, so that the statement or its opposite holds",
    method="contradiction",
)
def by_contradiction(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    p = ob.statement
    opposite = p.args[0] if p.op == "not" else inwards(p)
    if opposite.op == "not" or (p.op != "not" and p.op != "rel") or not decided(opposite, ob.context, session):
        raise Rejected("the opposite is not shown to be the only other case")
    return [Obligation(strict(assuming(ob.context, opposite, session), session), b.FALSE)]




@inference("against-denied", statement="something false follows from ¬P among the hypotheses and P", source="logic", method="contradiction")
def against_denied(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the negation, one of the hypotheses.  Leaves P."""
    (n,) = params
    holding(ob, n, session)
    if n.op != "not" or ob.statement is not b.FALSE or mentions_random(n, session.oracle(ob.context)):
        raise Rejected("not something false and a negation")
    return [Obligation(strict(ob.context, session), n.args[0])]
