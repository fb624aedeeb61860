"""Relations between probabilities by the algebra of events: inclusion and exclusion, differences, conditional probability, Bayes' rule.

The events of all probabilities under one list of conditions are made of relations R₁, …, R_m.  Each assignment of truth values to these is an
event of its own; a probability is the sum of those in which its event holds, and all together they have probability 1.
"""

from __future__ import annotations

from itertools import product
from typing import Any

from derivcheck.kernel import algebra
from derivcheck.kernel.check import Rejected, Session, eigen, inference
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.inferences.operators import _fixed, strict
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rewrite import negation
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration, Hypothesis
from derivcheck.terms.sorts import NUM
from derivcheck.terms.term import Term, substitute, subterms

MOST = 6
_TURNED = {"<": ">", ">": "<", "≤": "≥", "≥": "≤", "=": "=", "≠": "≠"}
_POSITIVE = {"<": ("<", True), "≤": ("≤", True), ">": ("≤", False), "≥": ("<", False), "=": ("=", True), "≠": ("=", False)}

Assignment = tuple[bool, ...]


def literal(p: Term) -> tuple[Term, bool]:
    """A relation of numbers as one of a few kinds, and whether it is that or its negation."""
    if p.op != "rel" or p.data not in _TURNED or len(p.args) != 2 or p.args[0].sort.kind != "num":
        raise Rejected("not an event of relations between numbers")
    u, v, kind = p.args[0], p.args[1], str(p.data)
    if order_key(u) > order_key(v):
        u, v, kind = v, u, _TURNED[kind]
    kind, sign = _POSITIVE[kind]
    return b.rel(u, kind, v), sign


def relations(p: Term) -> list[Term]:
    """The relations that an event is made of."""
    if p.op in ("and", "or", "not"):
        return list(dict.fromkeys(r for a in p.args for r in relations(a)))
    if p.op in ("true", "false"):
        return []
    return [literal(p)[0]]


def holds(p: Term, truth: dict[Term, bool]) -> bool:
    """Whether an event takes place under an assignment."""
    if p.op == "and":
        return all(holds(a, truth) for a in p.args)
    if p.op == "or":
        return any(holds(a, truth) for a in p.args)
    if p.op == "not":
        return not holds(p.args[0], truth)
    if p.op in ("true", "false"):
        return p.op == "true"
    base, sign = literal(p)
    return truth[base] is sign


def probabilities(difference: Term, op: str = "Pr") -> tuple[list[Term], list[Term]]:
    """The probabilities (or indicators, op `ind`) that a term is computed from, and the relations that their events are made of."""
    parts = strict(difference)
    found = sorted((s for s in parts if s.op == op), key=order_key)
    if not found or any(s.args[1:] != found[0].args[1:] for s in found):
        raise Rejected("no probabilities under one list of conditions")
    if any(s.op == op and s not in parts for s in subterms(difference)):
        # under an expectation, a sum or in another event they are not the same numbers
        raise Rejected("a probability stands under another operation")
    base = list(dict.fromkeys(r for s in found for r in relations(s.args[0])))
    if not 1 <= len(base) <= MOST:
        raise Rejected("too many relations")
    return found, sorted(base, key=order_key)


@inference(
    "event-algebra",
    statement="A = B (≤) if it holds when each probability is the sum of the probabilities of the assignments in which its event takes place",
    source="additivity of measures",
    method="events",
)
def event_algebra(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the assignments that are impossible.  Leaves for each of them that its relations contradict each other for all values of the
    random variables."""
    x, y = relation(ob, "=", "≤", "≥")
    rw = session.rewriter(ob.context)
    difference = rw.nf(b.sub(y, x) if ob.statement.data != "≥" else b.sub(x, y))
    found, base = probabilities(difference)
    context, fixed = _outcome(ob, base, session)
    impossible: set[Assignment] = set(params)
    if any(len(a) != len(base) for a in impossible):
        raise Rejected("not an assignment")
    possible = [a for a in product((True, False), repeat=len(base)) if a not in impossible]
    if not possible:
        raise Rejected("nothing is possible")
    _compare(ob, difference, found, base, possible, session)
    return [_contradictory(context, fixed, a) for a in sorted(impossible)]


@inference(
    "indicator-algebra",
    statement="A = B if it holds for all truth values of the relations in indicators that do not contradict each other",
    source="cases",
    method="events",
)
def indicator_algebra(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the assignments that are impossible.  Leaves the relation for each of the others, and the contradictions."""
    x, y = relation(ob, "=", "≤", "≥")
    rw = session.rewriter(ob.context)
    found, base = probabilities(b.sub(rw.nf(x), rw.nf(y)), "ind")
    context, fixed = _outcome(ob, base, session)
    impossible: set[Assignment] = set(params)
    out = []
    for a in product((True, False), repeat=len(base)):
        if a in impossible:
            out.append(_contradictory(context, fixed, a))
            continue
        truth = dict(zip(base, a, strict=True))
        values = {t: b.ONE if holds(t.args[0], truth) else b.ZERO for t in found}
        sides = [substitute(rw.nf(side), values) for side in (x, y)]
        out.append(Obligation(ob.context, b.rel(sides[0], str(ob.statement.data), sides[1])))
    return out


def contradiction(ob: Obligation, a: Assignment, session: Session, op: str = "Pr") -> Obligation:
    """What is left for an impossible assignment."""
    return _contradictory(*_outcome(ob, events_of(ob, session, op), session), a)


def events_of(ob: Obligation, session: Session, op: str = "Pr") -> list[Term]:
    """The relations that the events of an obligation are made of, in the order of the assignments."""
    x, y = relation(ob, "=", "≤", "≥")
    rw = session.rewriter(ob.context)
    if op == "ind":
        return probabilities(b.sub(rw.nf(x), rw.nf(y)), op)[1]
    return probabilities(rw.nf(b.sub(y, x) if ob.statement.data != "≥" else b.sub(x, y)))[1]


def _outcome(ob: Obligation, base: list[Term], session: Session) -> tuple[Context, list[Term]]:
    """The relations for one outcome: numbers in place of the random variables."""
    context, mapping = _fixed(ob, tuple(base), session)
    inner = session.oracle(context)
    fixed = [substitute(r, mapping) for r in base]
    if any(not (inner.real(side) and total(side, inner)) for r in fixed for side in r.args):
        raise Rejected("the sides of a relation are not shown to be real for all outcomes")
    return context, fixed


def _contradictory(context: Context, fixed: list[Term], a: Assignment) -> Obligation:
    literals = [r if truth else negation(r) for r, truth in zip(fixed, a, strict=True)]
    return Obligation(context.with_hypotheses([Hypothesis(p, None, "step") for p in literals[:-1]]), negation(literals[-1]))


def _compare(ob: Obligation, difference: Term, found: list[Term], base: list[Term], possible: list[Assignment], session: Session) -> None:
    """Reject unless the relation holds for all probabilities of the assignments."""
    symbols = [eigen(ob.context, "p", NUM, i) for i in range(len(possible))]
    context = ob.context
    for s in symbols:
        context = context.with_declaration(Declaration(s, b.NONNEGATIVE))
    rw = session.rewriter(context)
    values = {}
    for t in found:
        inside = [s for s, a in zip(symbols, possible, strict=True) if holds(t.args[0], dict(zip(base, a, strict=True)))]
        values[t] = b.add(b.ZERO, *inside)
    if ob.statement.data == "=":
        rest = b.sub(b.ONE, b.add(b.ZERO, *symbols[:-1]))
        if not algebra.is_zero(substitute(substitute(difference, values), {symbols[-1]: rest}), rw):
            raise Rejected("the sides differ for some probabilities")
        return
    # a number c is c times the sum of all probabilities
    whole = b.add(*symbols) if len(symbols) > 1 else symbols[0]
    terms = []
    for c, m in linear_terms(difference):
        terms.append(b.mul(b.num_of(c), whole if m is b.ONE else m))
    if not rw.oracle.nonnegative(rw.nf(substitute(b.add(b.ZERO, *terms), values))):
        raise Rejected("not shown for all probabilities")
