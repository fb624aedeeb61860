"""Basic inferences: reflexivity, rewriting, the ring, the oracle, hypotheses, splitting of connectives and cases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from derivcheck.kernel import algebra
from derivcheck.kernel.check import Rejected, Session, inference, opened
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.randomness import CLOSED, mentions_random, randomness
from derivcheck.kernel.rewrite import Rewriter, negation
from derivcheck.kernel.summable import integrability
from derivcheck.kernel.valued import needed, valued
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration, Hypothesis
from derivcheck.terms.term import Term, contains_op, instantiate, mk

CORE = frozenset({"core"})


def _groups(params: tuple[Any, ...]) -> frozenset[str]:
    return CORE | frozenset(params[0]) if params else CORE


def relation(ob: Obligation, *kinds: str) -> tuple[Term, Term]:
    """The sides of a relation of one of these kinds; Rejected otherwise."""
    p = ob.statement
    if p.op != "rel" or p.data not in kinds:
        raise Rejected("not such a relation")
    return p.args[0], p.args[1]


@inference("true", statement="`true` holds", source="logic", method="trivial")
def true(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    if ob.statement.op != "true":
        raise Rejected("not literally true")
    return []


@inference("reflexive", statement="A = A, A ≤ A, A ∝ A, A ≐ A, A ⟺ A", source="logic", method="identical terms")
def reflexive(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    p = ob.statement
    if p.op in ("iff", "implies") and p.args[0] is p.args[1]:
        return []
    if p.op == "rel" and p.data in ("=", "≤", "≥", "∝", "≐", "subset") and p.args[0] is p.args[1]:
        if p.data in ("≤", "≥") and not session.oracle(ob.context).real(p.args[0]):
            raise Rejected("not shown real")
        return []
    raise Rejected("the sides are not identical")


@inference("rewrite", statement="a statement may be replaced by its normal form", source="congruence over the rule table", method="rewriting")
def rewrite(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    rw = session.rewriter(ob.context, _groups(params))
    p = ob.statement
    new = mk(p.op, tuple(rw.nf(a) for a in p.args), p.data, p.sort, p.bound) if p.op == "rel" else rw.nf(p)
    if new is p:
        raise Rejected("already in normal form")
    return [Obligation(ob.context, new)]


@inference(
    "ring",
    statement="A = B if the numerator of A - B vanishes as a polynomial over the generators of its atoms",
    source="rational functions over Q; FLINT fmpq_mpoly",
    method="ring",
)
def ring(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "=")
    if x.sort.kind != "num" or y.sort.kind != "num":
        raise Rejected("not scalars")
    rw = session.rewriter(ob.context, _groups(params))
    if x is b.INF or y is b.INF:
        raise Rejected("infinite")
    if not algebra.is_zero(b.sub(x, y), rw):
        raise Rejected("the difference is not the zero polynomial")
    return []


@inference(
    "normal-form", statement="A = B if both have the same normal form", source="congruence over the rule table", method="normal form"
)
def normal_form(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "=")
    rw = session.rewriter(ob.context, _groups(params))
    if rw.nf(x) is not rw.nf(y):
        raise Rejected("the normal forms differ")
    return []


@inference(
    "equations",
    statement="A = B if the difference vanishes after the hypotheses' equations have been used to eliminate generators",
    source="elimination with cofactors: a^k (A - B) lies in the ideal of the hypotheses, a nonzero",
    method="hypotheses",
)
def equations(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "=")
    if x.sort.kind != "num":
        raise Rejected("not scalars")
    from derivcheck.kernel.elimination import zero_modulo_hypotheses

    rw = session.rewriter(ob.context, _groups(params))
    if not zero_modulo_hypotheses(b.sub(x, y), rw):
        raise Rejected("not zero modulo the hypotheses")
    return []


@inference("sign", statement="A REL B if the oracle shows the sign of B - A", source="interval arithmetic; polynomial comparison", method="order")
def sign(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "<", "≤", ">", "≥", "≠")
    rw = session.rewriter(ob.context, _groups(params))
    oracle = rw.oracle
    data = str(ob.statement.data)
    if x.sort.kind != "num" or y.sort.kind != "num":
        raise Rejected("not scalars")
    if data in (">", "≥"):
        x, y = y, x
        data = {">": "<", "≥": "≤"}[data]
    if x is b.INF or y is b.INF or (x.op == "neg" and x.args[0] is b.INF) or (y.op == "neg" and y.args[0] is b.INF):
        if (data == "<" and oracle.less(x, y)) or (data == "≤" and oracle.less_equal(x, y)):
            return []
        raise Rejected("infinite")
    for difference in (b.sub(y, x), rw.nf(b.sub(y, x))):
        if data == "<" and oracle.positive(difference):
            return []
        if data == "≤" and oracle.nonnegative(difference):
            return []
        if data == "≠" and oracle.nonzero(difference):
            return []
    raise Rejected("the sign is not shown")


@inference("undefined", statement="a relation of values holds where a side has none", source="SPEC section 6: steps are judged where both sides have values", method="cases")
def undefined(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """Used for cases of a split; that the sides have values together somewhere is the judge's business."""
    from derivcheck.kernel.inferences.values import without_value

    x, y = relation(ob, "=", "≠", "<", "≤", ">", "≥")
    rw = session.rewriter(ob.context)
    for side in (x, y):
        # only what is necessary for a value: a condition that suffices may fail where there is one all the same (|x|³ at 0)
        if without_value(side, rw):
            return []
    raise Rejected("no side is shown undefined")


@inference("member", statement="t ∈ S if the oracle shows it", source="definitions of the number sets", method="order")
def member(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, s = relation(ob, "in")
    rw = session.rewriter(ob.context, _groups(params))
    if x.sort.kind == "num" and (rw.oracle.member(x, s) or rw.oracle.member(rw.nf(x), rw.nf(s))):
        return []
    raise Rejected("membership is not shown")


@inference("hypothesis", statement="a hypothesis holds", source="logic", method="hypotheses")
def hypothesis(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    p = ob.statement
    mirrored = None
    if p.op == "rel" and p.data in ("=", "≠"):
        mirrored = mk("rel", (p.args[1], p.args[0], *p.args[2:]), p.data, p.sort)
    elif p.op == "rel" and p.data in ("<", ">", "≤", "≥"):
        mirrored = mk("rel", (p.args[1], p.args[0]), {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}[str(p.data)], p.sort)
    for h in ob.context.hypotheses:
        said = h.statement
        if said is p or said is mirrored or (said.op == "and" and any(q is p or q is mirrored for q in said.args)):
            return []
    raise Rejected("no hypothesis says so")


@inference("instance", statement="from ∀x∈S: P(x) and t ∈ S follows P(t)", source="logic", method="hypotheses")
def instance(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (index of the hypothesis, terms for its variables); leaves the memberships and the goal under the instance."""
    number, values = params[0], params[1]
    h = ob.context.hypotheses[number].statement
    if h.op != "forall" or len(values) != len(h.bound):
        raise Rejected("not a universal hypothesis")
    if any(mentions_random(v, session.oracle(ob.context)) for v in values) and contains_op(h, *CLOSED):
        raise Rejected("an expectation around a random value would not see it")
    domains = h.args[:-1]
    new = instantiate(h, values)
    context = ob.context.with_hypotheses([Hypothesis(new, None, "step")])
    return [Obligation(ob.context, mk("rel", (v, s), "in", b.TRUE.sort)) for v, s in zip(values, domains, strict=True)] + [
        Obligation(context, ob.statement)
    ]


@inference("and", statement="P ∧ Q from P and Q", source="logic", method="logic")
def conjunction(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    if ob.statement.op != "and":
        raise Rejected("not a conjunction")
    context = strict(ob.context, session)
    return [Obligation(context, p) for p in ob.statement.args]


@inference("or", statement="P ∨ Q from one of them", source="logic", method="logic")
def disjunction(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the number of the alternative to prove."""
    if ob.statement.op != "or":
        raise Rejected("not a disjunction")
    return [Obligation(strict(ob.context, session), ob.statement.args[params[0]])]


@inference("implies", statement="P ⟹ Q if Q holds under P", source="logic", method="logic")
def implication(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """A relation that holds has sides with values, so P brings its definedness along (SPEC section 6)."""
    if ob.statement.op != "implies":
        raise Rejected("not an implication")
    p, q = ob.statement.args
    return [Obligation(strict(assuming(ob.context, p, session), session), q)]


def assuming(context: Context, p: Term, session: Session) -> Context:
    """The context under the assumption that p holds, with what its holding says of definedness."""
    from derivcheck.kernel.definedness import consequences

    facts = [Hypothesis(p, None, "assume")]
    facts += [Hypothesis(c, None, "domain") for c in consequences(p, session.oracle(context))]
    return context.with_hypotheses(facts)


@inference("iff", statement="P ⟺ Q from both implications", source="logic", method="logic")
def equivalence(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    if ob.statement.op != "iff":
        raise Rejected("not an equivalence")
    p, q = ob.statement.args
    return [Obligation(ob.context, b.implies(p, q)), Obligation(ob.context, b.implies(q, p))]


@inference("forall", statement="∀x∈S: P(x) if P(x) holds for a new x ∈ S", source="logic", method="logic")
def generalisation(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    p = ob.statement
    if p.op != "forall":
        raise Rejected("not a universal statement")
    symbols, body = opened(ob.context, p)
    context = strict(ob.context, session)
    for s, domain in zip(symbols, p.args[:-1], strict=True):
        context = context.with_declaration(Declaration(s, domain))
        if domain.op == "setof" and len(domain.bound) == 1:
            context = context.with_hypotheses([Hypothesis(instantiate(domain, (s,)), None, "domain")])
    return [Obligation(context, body)]


@inference("exists", statement="∃x∈S: P(x) from t ∈ S and P(t)", source="logic", method="logic")
def witness(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the witnesses."""
    p = ob.statement
    if p.op != "exists" or len(params) != len(p.bound):
        raise Rejected("not an existential statement")
    context = strict(ob.context, session)
    members = [Obligation(context, mk("rel", (v, s), "in", b.TRUE.sort)) for v, s in zip(params, p.args[:-1], strict=True)]
    return [*members, Obligation(context, instantiate(p, params))]


@inference("strict", statement="a relation holds if it holds wherever its sides have values, and they have (real) values here", source="SPEC section 6", method="logic")
def strictly(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    p = ob.statement
    if "strict" not in ob.context.conventions or p.op not in ("rel", "psd", "pd"):
        raise Rejected("not a relation within a statement")
    lax = replace(ob.context, conventions=ob.context.conventions - {"strict"})
    out = [Obligation(lax, p)]
    oracle = session.oracle(lax)
    for side in p.args[:2]:
        if side.sort.kind == "set" or side is b.INF:
            continue
        for c in oracle.undefinedness(side):
            if c.op == "opaque":
                raise Rejected("definedness is not shown")
            out.append(Obligation(lax, c))
        have_values(side, session.rewriter(lax))
        more = needed(side, session.rewriter(lax))
        if more is None:
            raise Rejected("not shown to have a value")
        out.extend(Obligation(lax, c) for c in more)
        if side.sort.kind == "num" and p.data in ("=", "≠", "<", "≤", ">", "≥") and not oracle.real(side):
            if all_real(ob.context, p) or p.data not in ("=", "≠"):
                out.append(Obligation(lax, b.rel(side, "in", b.REALS)))
    return out


def have_values(side: Term, rw: Rewriter) -> None:
    """Reject unless means, integrals and series in a side have values; for those with abstract symbols that is recorded as a condition."""
    from derivcheck.kernel.existence import without_shown_value

    abstract, concrete = without_shown_value(side, rw)
    if concrete:
        raise Rejected("not shown to have a value")
    for s in abstract:
        rw.assume(integrability(s))


def all_real(context: Context, p: Term) -> bool:
    """Whether every symbol of a statement is declared real (or not declared)."""
    for s in p.free:
        d = context.declarations.get(s)
        if d is not None and any(x.op == "set" and x.data == "C" for x in (d.domain,) if x is not None):
            return False
    return True


def strict(context: Context, session: Session) -> Context:
    """The context inside a statement: a relation with an undefined side is false there.  Steps that were proved say something where their
    sides have values; inside a statement only those are kept whose sides are shown to have them everywhere."""
    if "strict" in context.conventions:
        return context
    kept = tuple(h for h in context.hypotheses if h.kind not in ("step", "use") or _holds_everywhere(h.statement, context, session))
    context = context if len(kept) == len(context.hypotheses) else replace(context, hypotheses=kept)
    return replace(context, conventions=context.conventions | {"strict"})


def _holds_everywhere(p: Term, context: Context, session: Session) -> bool:
    """Whether the sides of a relation that was proved, perhaps for all values of some symbols, have values."""
    while p.op == "forall":
        opened_symbols, body = opened(context, p)
        for s, domain in zip(opened_symbols, p.args[:-1], strict=True):
            context = context.with_declaration(Declaration(s, domain))
        p = body
    if p.op == "implies":
        context, p = context.with_hypotheses([Hypothesis(p.args[0], None, "assume")]), p.args[1]
    if p.op == "and":
        return all(_holds_everywhere(q, context, session) for q in p.args)
    if p.op not in ("rel", "psd", "pd"):
        return True
    sides = [a for a in p.args[:2] if a.sort.kind in ("num", "mat") and not b.is_infinite(a)]
    return all(has_value(a, context, session) for a in sides)


def has_value(t: Term, context: Context, session: Session) -> bool:
    """Whether a term is shown to have a value."""
    if t.op in ("num", "sym", "const"):
        return True
    from derivcheck.kernel.existence import without_shown_value

    rw = session.rewriter(context)
    return without_shown_value(t, rw) == ([], []) and valued(t, rw)


@inference("cases", statement="P from cases that cover everything: x > 0, x = 0, x < 0 for a real x, or P and not P", source="order of the reals", method="cases")
def case_split(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: ('sign', x) or ('statement', p); leaves the obligation under each case."""
    kind, x = params
    oracle = session.oracle(ob.context)
    if randomness(oracle).atoms(x):
        # a random variable may take all of the cases
        raise Rejected("a random variable is not fixed")
    if kind == "sign":
        if not oracle.real(x) or not at_hand(x, ob, session):
            raise Rejected("not shown real")
        splits = [b.rel(x, ">", b.ZERO), b.rel(x, "=", b.ZERO), b.rel(x, "<", b.ZERO)]
    elif kind == "statement":
        if x.op == "rel" and x.data in ("<", "≤", ">", "≥") and not (oracle.real(x.args[0]) and oracle.real(x.args[1])):
            raise Rejected("not shown real")
        if x.op != "rel" or not all(at_hand(a, ob, session) for a in x.args if a.sort.kind != "set"):
            raise Rejected("not shown defined")
        splits = [x, negation(x)]
    else:
        raise Rejected("no such split")
    out = []
    for s in splits:
        if oracle.refutes(s):
            continue
        out.append(Obligation(ob.context.with_hypotheses([Hypothesis(s, None, "assume")]), ob.statement))
    return out


def at_hand(t: Term, ob: Obligation, session: Session) -> bool:
    """Whether a term has a value wherever the goal is claimed: a part of the sides, or shown to have one everywhere."""
    from derivcheck.kernel.inferences.operators import strict as parts_of

    if "strict" not in ob.context.conventions and ob.statement.op == "rel" and any(t in parts_of(a) for a in ob.statement.args[:2]):
        return True
    return has_value(t, ob.context, session)
