"""Equal up to a constant, by derivatives; growth, by asymptotic expansions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from derivcheck.kernel.asymptotic_series import Unknown
from derivcheck.kernel.asymptotic_sums import interpolated
from derivcheck.kernel.asymptotics import Expander
from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.inferences.values import facts_of
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.kernel.satisfiable import PROVED
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration, Hypothesis
from derivcheck.terms.term import Term, fresh, num, open_binder, substitute, subterms


@inference(
    "equal-derivatives",
    statement="A ≐_x B if A' = B' wherever both have values: on an interval, or with an antiderivative on one side (free on each part of its domain)",
    source="mean value theorem; definition of ≐ (SPEC section 3)",
    method="derivative",
)
def equal_derivatives(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    from derivcheck.semantics.differentiate import derivative

    p = ob.statement
    if p.op != "rel" or p.data != "≐" or len(p.args) != 3 or p.args[0].sort.kind != "num":
        raise Rejected("not up to a constant of one variable")
    x = p.args[2]
    declaration = ob.context.declarations.get(x)
    if x.op != "sym" or x.sort.kind != "num" or (declaration is not None and (declaration.random or not _reals(declaration.domain))):
        raise Rejected("not a real variable")
    # earlier steps are not needed: what follows without them follows with them
    context = replace(ob.context, hypotheses=tuple(h for h in ob.context.hypotheses if h.kind not in PROVED or x not in h.statement.free))
    if any(x in h.statement.free for h in context.hypotheses):
        # the slopes would be compared where the hypothesis holds, perhaps at single points or on several intervals
        raise Rejected("a hypothesis about the variable")
    rw = session.rewriter(context)
    primitives = [s for side in p.args[:2] for s in subterms(side) if s.op == "antideriv"]
    if any(v.op == "bvar" for s in primitives for v in s.free) or any(s.args[0] is not x or x in s.args[-1].free for s in primitives):
        raise Rejected("an antiderivative at another place")
    known: dict[Term, None] = {}
    for s in primitives:
        symbols, body = open_binder(s)
        known.update(dict.fromkeys(facts_of(substitute(body, {symbols[0]: x}), rw)))
    for side in p.args[:2]:
        known.update(dict.fromkeys(facts_of(side, rw)))
    context = context.with_hypotheses([Hypothesis(f, None, "domain") for f in known])
    inner = session.rewriter(context)
    slopes: list[Term] = []
    for side in p.args[:2]:
        marks = {s: fresh("G") for s in dict.fromkeys(primitives)}
        replaced = substitute(side, marks)
        for g in marks.values():
            if g in replaced.free and x in derivative(replaced, g).term.free:
                raise Rejected("an antiderivative with a factor that is not constant")
        got = derivative(side, x)
        if not got.complete:
            raise Rejected("not differentiable by the rules")
        for c in got.conditions:
            if not (inner.oracle.holds(c) or _corner(c, side)):
                raise Rejected("not shown differentiable")
        slopes.append(got.term)
    if not primitives:
        domain = declaration.domain if declaration is not None else b.REALS
        connected = domain is not None and (domain.op == "interval" or (domain.op == "set" and domain.data in ("R", "Rpos", "Rnn", "Rneg")))
        if not connected or known or any(inner.oracle.undefinedness(side) for side in p.args[:2]):
            raise Rejected("not shown to have values on an interval")
    elif not _single(p, primitives, x):
        raise Rejected("no antiderivative with a constant coefficient")
    return [Obligation(context, b.eq(slopes[0], slopes[1]))]


def _reals(domain: Term | None) -> bool:
    return domain is not None and (
        domain.op in ("interval", "union", "setminus") or (domain.op == "set" and domain.data in ("R", "Rpos", "Rnn", "Rneg"))
    )


def _corner(c: Term, side: Term) -> bool:
    """The kink of |u|: the side is continuous there, and such points are isolated for affine u."""
    if c.op != "rel" or c.data != "≠" or c.args[1] is not b.ZERO:
        return False
    u = c.args[0]
    rough = [s for s in subterms(side) if s.op in ("cases", "ind", "floor") or (s.op == "fn" and s.data in ("sign", "floor", "ceil"))]
    affine = all(s.op in ("add", "mul", "neg", "num", "sym") for s in subterms(u)) and u.op != "mul"
    return not rough and affine and any(s.op == "fn" and s.data == "abs" and s.args[0] is u for s in subterms(side))


def _single(p: Term, primitives: list[Term], x: Term) -> bool:
    """One antiderivative enters with a nonzero rational coefficient: its constant can be chosen on each part of the domain."""
    from derivcheck.kernel.literals import linear_terms, rational_value

    for side in p.args[:2]:
        for c, m in linear_terms(side):
            factors = m.args if m.op == "mul" else (m,)
            values = [rational_value(f) for f in factors]
            rest = [f for f, v in zip(factors, values, strict=True) if v is None]
            if len(rest) == 1 and rest[0] in primitives and c and 0 not in values:
                return True
    return False


@inference(
    "differentiate-hypothesis",
    statement="from ∀t∈I: A(t) = B(t) on an open interval I: ∀t∈I: A'(t) = B'(t)",
    source="definition of the derivative",
    method="implicit differentiation",
)
def differentiate_hypothesis(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the number of the hypothesis."""
    from derivcheck.kernel.check import opened
    from derivcheck.semantics.differentiate import derivative

    h = ob.context.hypotheses[params[0]].statement
    if h.op != "forall" or len(h.bound) != 1 or h.bound[0].sort.kind != "num" or h.args[-1].op != "rel" or h.args[-1].data != "=":
        raise Rejected("not a universal equation in one number")
    domain = h.args[0]
    if not ((domain.op == "interval" and domain.data == "()") or (domain.op == "set" and domain.data in ("R", "Rpos", "Rneg"))):
        raise Rejected("not an open interval")
    (t,), body = opened(ob.context, h)
    inner = session.rewriter(ob.context.with_declaration(Declaration(t, domain)))
    slopes = []
    for side in body.args[:2]:
        if side.sort.kind != "num" or inner.oracle.undefinedness(side):
            raise Rejected("not shown to have values")
        got = derivative(side, t)
        if not got.complete or not all(inner.oracle.holds(c) for c in got.conditions):
            raise Rejected("not differentiable by the rules")
        slopes.append(got.term)
    new = b.over("forall", (t,), (domain,), b.eq(slopes[0], slopes[1]))
    return [Obligation(ob.context.with_hypotheses([Hypothesis(new, None, "step")]), ob.statement)]


@inference(
    "growth",
    statement="f = O(g) as n → ∞ (or x → a) if the leading scale of f does not dominate that of g",
    source="Hardy's orders of infinity; definition of O (SPEC section 3)",
    method="asymptotics",
)
def growth(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    f, g = relation(ob, "O")
    got = compare_growth(f, g, ob, session)
    if got is None or got > 0:
        raise Rejected("the growth is not shown to be bounded")
    return []


def compare_growth(f: Term, g: Term, ob: Obligation, session: Session) -> int | None:
    """-1 or 0 if |f| ≤ C |g| near the target of the `as` statement, 1 if |f/g| → ∞, None if neither is shown."""
    if len(ob.context.growth) != 1:
        return None
    n, target, side = ob.context.growth[0]
    rw = session.rewriter(ob.context)
    f, g = rw.nf(f), rw.nf(g)
    if target is b.INF and rw.oracle.integer(n):
        f, g = interpolated(f, n, rw), interpolated(g, n, rw)
    directions: list[Term]
    t = fresh("t")
    if target is b.INF:
        directions = [b.div(b.ONE, t)]
    elif target.op == "neg" and target.args[0] is b.INF:
        directions = [b.neg(b.div(b.ONE, t))]
    else:
        directions = [way for way, sign in ((b.add(target, t), "+"), (b.sub(target, t), "-")) if side in ("", sign)]
    results: list[int] = []
    for way in directions:
        got = _one_way(substitute(f, {n: way}), substitute(g, {n: way}), t, rw)
        if got is None:
            return None
        results.append(got)
    return max(results)


def _one_way(f: Term, g: Term, t: Term, rw: Rewriter) -> int | None:
    from derivcheck.kernel.rewrite import LEVELS

    LEVELS[t] = 990
    inner = rw.child(((Declaration(t, b.POSITIVE),), (b.rel(t, "<", num("1/1000")),)))
    try:
        f, g = inner.nf(f), inner.nf(g)
        if f is b.ZERO:
            return -1
        for order in (3, 6):
            expander = Expander(t, inner, order)
            try:
                above, below = expander.expand(f), expander.expand(g)
                lead, _ = expander.lead(below)
                if above.terms:
                    scale = above.terms[0][0]
                    if expander.compare(scale, lead) <= 0:
                        return expander.compare(scale, lead)  # whether or not its coefficient vanishes
                    scale, _ = expander.lead(above)
                elif above.rest is not None:
                    # only a bound is known: it serves if it is small enough
                    if expander.compare(above.rest, lead) <= 0:
                        return -1
                    continue
                else:
                    return -1
                return expander.compare(scale, lead)
            except Unknown:
                continue
    except ZeroDivisionError:
        return None
    return None


@inference(
    "implicit-function",
    statement="P from P with numbers u in T, F(a, u) = 0, for y(a) and -F_t/F_u, … for y'(a), …, where a hypothesis ∀t∈S: F(t, y(t)) = 0 determines y : S → T",
    source="implicit function theorem; the conditions in kernel/implicit_functions.py",
    method="implicit differentiation",
)
def implicit_function(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    from derivcheck.kernel.implicit_functions import reduced

    got = reduced(ob, session)
    if got is None:
        raise Rejected("no hypothesis determines a function of the statement")
    return [got[0]]
