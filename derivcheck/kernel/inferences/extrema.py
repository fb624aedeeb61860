"""Maxima and minima over sets in relations: attained values, values that bound, saddle points; linear combinations of hypotheses.

A side has a value only if the extrema that it needs (outside case distinctions and binders) are attained: the inferences here use that.
"""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, inference, opened
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.infinite import no_arithmetic
from derivcheck.kernel.infinite_means import means_in_doubt
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.randomness import mentions_random
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration, Hypothesis
from derivcheck.terms.term import Term, instantiate, mk, open_binder, substitute, subterms

EXTREMA = ("maxover", "minover")
_STRICT = frozenset("add neg mul div pow fn".split())
SOURCE = "definition of a maximum"


def needed(t: Term) -> set[Term]:
    """The extrema that must have values for a term to have one."""
    out: set[Term] = set()
    stack = [t]
    while stack:
        s = stack.pop()
        if s.op in EXTREMA:
            out.add(s)
        elif s.op in _STRICT:
            stack.extend(s.args)
    return out


def _required(ob: Obligation) -> set[Term]:
    """The extrema that have values: the sides' and those of hypotheses that hold."""
    out: set[Term] = set()
    for p in (ob.statement, *(h.statement for h in ob.context.hypotheses)):
        for q in p.args if p.op == "and" else (p,):
            if q.op == "rel" and q.data in ("=", "≠", "<", "≤", ">", "≥") and q.args[0].sort.kind == "num":
                out |= needed(q.args[0]) | needed(q.args[1])
    return out


def _order(op: str) -> str:
    return "≤" if op == "maxover" else "≥"


@inference("extremum-attained", statement="from M = max_{x∈S} f: M = f(x) for some x ∈ S with f(y) ≤ f(x) for all y ∈ S", source=SOURCE, method="extrema")
def attained(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the extremum."""
    (m,) = params
    relation(ob, "=", "≠", "<", "≤", ">", "≥")
    if m.op not in EXTREMA or m not in _required(ob) or any(v.op == "bvar" for v in m.free) or mentions_random(m, session.oracle(ob.context)):
        raise Rejected("not an extremum that has a value")
    symbols, value = opened(ob.context, m)
    context = ob.context
    for s, domain in zip(symbols, m.args[:-1], strict=True):
        context = context.with_declaration(Declaration(s, domain))
    others, body = open_binder(m)
    fact = b.over("forall", others, m.args[:-1], b.rel(body, _order(m.op), value))
    context = context.with_hypotheses([Hypothesis(b.eq(m, value), None, "step"), Hypothesis(fact, None, "step")])
    return [Obligation(context, substitute(ob.statement, {m: value}))]


@inference("extremum-bounds", statement="f(t) ≤ max_{x∈S} f for t ∈ S", source=SOURCE, method="extrema")
def bounds(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the extremum, the values of its variables."""
    m, values = params
    if m.op not in EXTREMA or m not in _required(ob) or len(values) != len(m.bound) or any(v.op == "bvar" for v in m.free):
        raise Rejected("not an extremum that has a value")
    oracle = session.oracle(ob.context)
    if mentions_random(m, oracle) or any(mentions_random(v, oracle) for v in values):
        raise Rejected("random")
    members = [Obligation(ob.context, mk("rel", (v, s), "in", b.TRUE.sort)) for v, s in zip(values, m.args[:-1], strict=True)]
    fact = b.rel(instantiate(m, values), _order(m.op), m)
    return [*members, Obligation(ob.context.with_hypotheses([Hypothesis(fact, None, "step")]), ob.statement)]


@inference("extremum-value", statement="max_{x∈S} f = V if t ∈ S, f(t) = V and f(x) ≤ V for all x ∈ S", source=SOURCE, method="extrema")
def value_at(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the points."""
    x, y = relation(ob, "=")
    node, value = (x, y) if x.op in EXTREMA else (y, x)
    if node.op not in EXTREMA or len(params) != len(node.bound):
        raise Rejected("not an extremum")
    others, body = open_binder(node)
    if any(s in value.free for s in others):
        raise Rejected("not an extremum")
    members = [Obligation(ob.context, mk("rel", (v, s), "in", b.TRUE.sort)) for v, s in zip(params, node.args[:-1], strict=True)]
    everywhere = b.over("forall", others, node.args[:-1], b.rel(body, _order(node.op), value))
    return [*members, Obligation(ob.context, b.eq(instantiate(node, params), value)), Obligation(ob.context, everywhere)]


@inference(
    "extremum-at-point",
    statement="max_{x∈S} f = V where both have values if t ∈ S, f(t) = V and f(x) ≤ V for x ∈ S where f has a value",
    source=SOURCE + "; SPEC section 6: a maximum has a value only if all values of f are real",
    method="extrema",
)
def value_at_point(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the points.  Unlike `extremum-value` it does not ask to show that f has values: the extremum's having one says so."""
    x, y = relation(ob, "=")
    if "strict" in ob.context.conventions:
        raise Rejected("a side may have no value")
    node, value = (x, y) if x.op in ("maxover", "minover") else (y, x)
    if node.op not in ("maxover", "minover") or len(params) != len(node.bound):
        raise Rejected("not an extremum that is attained")
    others, body = opened(ob.context, node)
    context = ob.context
    for s, domain in zip(others, node.args[:-1], strict=True):
        context = context.with_declaration(Declaration(s, domain))
    members = [Obligation(ob.context, mk("rel", (v, s), "in", b.TRUE.sort)) for v, s in zip(params, node.args[:-1], strict=True)]
    at = Obligation(ob.context, b.eq(instantiate(node, params), value))
    return [*members, at, Obligation(context, b.rel(body, _order(node.op), value))]


@inference(
    "minimax",
    statement="max_{y∈Y} min_{x∈X} f = min_{x∈X} max_{y∈Y} f for intervals X = [a, b], Y = [c, d] and a polynomial f, convex in x and concave in y",
    source="von Neumann 1928; Sion, On general minimax theorems, Pacific J. Math. 8 (1958)",
    method="minimax",
)
def minimax(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    u, v = relation(ob, "=")
    if u.op != "maxover":
        u, v = v, u
    if u.op != "maxover" or v.op != "minover" or len(u.bound) != 1 or len(v.bound) != 1:
        raise Rejected("not max min = min max")
    (y,), inner = opened(ob.context, u)
    if inner.op != "minover" or len(inner.bound) != 1:
        raise Rejected("not max min = min max")
    ys, xs = u.args[0], inner.args[0]
    for s in (xs, ys):
        if s.op != "interval" or s.data != "[]" or not session.oracle(ob.context).less_equal(*s.args):
            raise Rejected("not closed bounded intervals")
        if any(e is b.INF or (e.op == "neg" and e.args[0] is b.INF) for e in s.args):
            raise Rejected("not bounded")
    (x,), f = open_binder(inner)
    if x in ys.free or y in xs.free:
        raise Rejected("the sets depend on each other")
    other = v.args[-1]
    swapped = b.over("minover", (x,), (xs,), b.over("maxover", (y,), (ys,), f))
    if other.op != "maxover" or swapped is not v:
        raise Rejected("not the same function on the same sets")
    context = ob.context.with_declaration(Declaration(y, ys)).with_declaration(Declaration(x, xs))
    rw = session.rewriter(context)
    curves: list[Term] = []
    for s in (x, y):
        if not _polynomial(rw.nf(f), s):
            raise Rejected("not a polynomial")
        from derivcheck.semantics.differentiate import differentiate

        curves.append(rw.nf(differentiate(rw.nf(differentiate(rw.nf(f), s)), s)))
    if not rw.oracle.real(rw.nf(f)):
        raise Rejected("not shown real")
    return [Obligation(context, b.rel(curves[0], "≥", b.ZERO)), Obligation(context, b.rel(curves[1], "≤", b.ZERO))]


def _polynomial(f: Term, s: Term) -> bool:
    """A polynomial in s (a normal form)."""
    from derivcheck.kernel.literals import integer_value, linear_terms
    from derivcheck.kernel.monomials import factors

    for _, m in linear_terms(f):
        top, bottom = factors(m)
        if any(s in g.free for g in bottom):
            return False
        for g in top:
            if s in g.free and g is not s and not (g.op == "pow" and g.args[0] is s and (integer_value(g.args[1]) or -1) > 0):
                return False
    return True


@inference(
    "linear-combination",
    statement="A ≤ B if B - A = r + ∑ cᵢ Fᵢ with Fᵢ ≥ 0 by hypotheses (or |u| ± u ≥ 0, u² ≥ 0 for a real u), cᵢ ≥ 0 (any real cᵢ where Fᵢ = 0) and r ≥ 0; < if r > 0 or a strict Fᵢ has cᵢ > 0",
    source="Farkas 1902; the combination is multiplied out",
    method="linear arithmetic",
)
def linear_combination(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: pairs (fact, coefficient); a fact is a hypothesis, ('abs', u, sign) or ('square', u, 1)."""
    x, y = relation(ob, "<", "≤", ">", "≥")
    low, high = (x, y) if ob.statement.data in ("<", "≤") else (y, x)
    strict = ob.statement.data in ("<", ">")
    rw = session.rewriter(ob.context)
    oracle = rw.oracle
    have = {q for h in ob.context.hypotheses for q in (h.statement.args if h.statement.op == "and" else (h.statement,))}
    positive = False
    parts: list[Term] = []
    for fact, c in params:
        equation = not isinstance(fact, tuple) and fact.op == "rel" and fact.data == "="
        if not (oracle.real(c) if equation else oracle.nonnegative(c)):
            raise Rejected("a coefficient is not shown nonnegative")
        if isinstance(fact, tuple):
            kind, u, sign = fact
            if kind not in ("abs", "square") or sign not in (1, -1) or not oracle.real(u) or mentions_random(u, oracle):
                raise Rejected("not such a fact")
            gap = b.pow_(u, 2) if kind == "square" else b.add(b.fn("abs", u), u if sign > 0 else b.neg(u))
        else:
            if fact not in have or fact.op != "rel" or fact.data not in ("<", "≤", ">", "≥", "="):
                raise Rejected("no such hypothesis")
            if no_arithmetic(fact) or means_in_doubt(fact, rw):
                raise Rejected("a relation of values that may be infinite")
            p, q = fact.args[:2]
            gap = b.sub(q, p) if fact.data in ("<", "≤", "=") else b.sub(p, q)
            positive = positive or (fact.data in ("<", ">") and oracle.positive(c))
        parts.append(b.mul(c, gap))
    rest = rw.nf(b.add(b.sub(high, low), *(b.neg(p) for p in parts)))
    if oracle.positive(rest) or ((positive or not strict) and oracle.nonnegative(rest)):
        return []
    raise Rejected("the remainder is not shown nonnegative")


@inference("modulus-bound", statement="c |u| + r ≤ R from c u + r ≤ R and -c u + r ≤ R, c ≥ 0", source="|u| = max(u, -u)", method="moduli")
def modulus_bound(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the modulus |u|, u real."""
    (m,) = params
    x, y = relation(ob, "<", "≤", ">", "≥")
    low, high = (x, y) if ob.statement.data in ("<", "≤") else (y, x)
    oracle = session.oracle(ob.context)
    if m.op != "fn" or m.data != "abs" or not oracle.real(m.args[0]) or any(v.op == "bvar" for v in m.free):
        raise Rejected("not a modulus of a real number")
    if not _slope_nonnegative(low, m, ob, session):
        raise Rejected("the modulus does not stand with a nonnegative factor")
    if m in high.free or any(s is m for s in subterms(high)):
        raise Rejected("the modulus stands on both sides")
    u = m.args[0]
    out: list[Obligation] = []
    for v in (u, b.neg(u)):
        new = substitute(low, {m: v})
        pair = (new, high) if ob.statement.data in ("<", "≤") else (high, new)
        out.append(Obligation(ob.context, mk("rel", pair, ob.statement.data, b.TRUE.sort)))
    return out


def _slope_nonnegative(t: Term, m: Term, ob: Obligation, session: Session) -> bool:
    """Whether t = c m + r with c ≥ 0, c and r free of m, read off the term as it stands."""
    if not any(s is m for s in subterms(t)) or t is m:
        return True
    if t.op == "add":
        return all(_slope_nonnegative(a, m, ob, session) for a in t.args)
    if t.op in ("mul", "div"):
        parts = t.args if t.op == "mul" else t.args[:1]
        moving = [a for a in parts if any(s is m for s in subterms(a))]
        if len(moving) != 1 or (t.op == "div" and any(s is m for s in subterms(t.args[1]))):
            return False
        others = [a for a in t.args if a is not moving[0]] if t.op == "mul" else [t.args[1]]
        return all(session.oracle(ob.context).nonnegative(a) for a in others) and _slope_nonnegative(moving[0], m, ob, session)
    return False
