"""Inequalities of one variable by calculus: convex functions lie above their minimum, monotone ones above their left end."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, eigen, inference
from derivcheck.kernel.continuity import smooth
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.inferences.optimum import _good, _interval, _open
from derivcheck.kernel.limits import limit
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.randomness import mentions_random
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration, Hypothesis
from derivcheck.terms.term import Term, name_of, num, substitute, subterms


def _difference(ob: Obligation, x: Term, session: Session) -> tuple[Term, Term, Any, str]:
    """(t, f(t), context for t, relation) with the goal f(x) ≥ 0 or > 0; f is smooth on the domain of x."""
    p, q = relation(ob, "<", "≤", ">", "≥")
    data = str(ob.statement.data)
    f = b.sub(q, p) if data in ("<", "≤") else b.sub(p, q)
    domain = _narrowed(x, ob, session)
    if mentions_random(x, session.oracle(ob.context)):
        raise Rejected("a random variable is not fixed")
    if domain is None or not _interval(domain) or x not in f.free:
        raise Rejected("not an interval")
    t = eigen(ob.context, name_of(x), x.sort)
    context = ob.context.with_declaration(Declaration(t, domain))
    rw = session.rewriter(context)
    f = rw.nf(substitute(f, {x: t}))
    if rw.oracle.undefinedness(f) or not rw.oracle.real(f):
        raise Rejected("not defined on the whole domain")
    return t, f, context, ">" if data in ("<", ">") else "≥"


def _narrowed(x: Term, ob: Obligation, session: Session) -> Term | None:
    """The declared domain of a symbol, cut down by numeric bounds among the hypotheses."""
    domain = ob.context.domain_of(x)
    if domain is None and x.op == "sym" and x.data[1] == 0:
        domain = b.REALS  # an undeclared symbol is real
    info = session.oracle(ob.context).info(x)
    exact = domain is not None and (domain.op == "set" or (domain.op == "interval" and all(a.op == "num" or b.is_infinite(a) for a in domain.args)))
    if domain is None or not _interval(domain) or not exact or not info.real or (info.lo is None and info.hi is None) or info.lo == info.hi:
        return domain
    lo, hi = b.neg(b.INF) if info.lo is None else num(info.lo), b.INF if info.hi is None else num(info.hi)
    brackets = ("(" if info.lo is None or info.lo_strict else "[") + (")" if info.hi is None or info.hi_strict else "]")
    return b.interval(lo, hi, brackets)


def analytic(t: Term, x: Term, oracle: Any) -> bool:
    """Whether t is an analytic function of x on the interval where x lies: made of analytic functions."""
    return smooth(t, x, oracle) and not any(
        x in s.free and (s.op in ("apply", "sum", "cases", "ind") or (s.op == "fn" and s.data in ("abs", "re", "im", "conj", "max", "min"))) for s in subterms(t)
    )


def smooth_derivative(f: Term, t: Term, rw: Any) -> Term:
    """The derivative in normal form, shown to exist on the whole domain of `t`."""
    from derivcheck.semantics.differentiate import derivative

    got = derivative(f, t)
    if not got.complete or not all(_good(c, rw.oracle) for c in got.conditions):
        raise Rejected("not differentiable by the rules")
    out: Term = rw.nf(got.term)
    if rw.oracle.undefinedness(out):
        raise Rejected("the derivative is not defined on the whole domain")
    return out


@inference(
    "convex-minimum",
    statement="f ≥ f(x₀) on an open interval where f'' ≥ 0 and f'(x₀) = 0",
    source="convexity",
    method="convexity",
)
def convex_minimum(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (symbol, x₀)."""
    x, x0 = params
    t, f, context, wanted = _difference(ob, x, session)
    domain = context.declarations[t].domain
    if not _open(domain):
        raise Rejected("not an open interval")
    rw = session.rewriter(context)
    first = smooth_derivative(f, t, rw)
    second = smooth_derivative(first, t, rw)
    return [
        Obligation(ob.context, b.rel(x0, "in", domain)),
        Obligation(context, b.rel(second, "≥", b.ZERO)),
        Obligation(ob.context, b.eq(substitute(first, {t: x0}), b.ZERO)),
        Obligation(ob.context, b.rel(substitute(f, {t: x0}), wanted, b.ZERO)),
    ]


@inference(
    "monotone-end",
    statement="f > lim f at the left (right) end of an interval on which f' > 0 (f' < 0)",
    source="mean value theorem",
    method="monotonicity",
)
def monotone_end(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (symbol, 'left' or 'right'); with a third, a point at which f' ≠ 0, f' ≥ 0 is enough for an analytic f (then f' vanishes at
    isolated points only)."""
    x, end, *rest = params
    t, f, context, wanted = _difference(ob, x, session)
    domain = context.declarations[t].domain
    if domain.op == "set":
        lo, hi = {"Rpos": (b.ZERO, b.INF), "Rnn": (b.ZERO, b.INF), "Rneg": (b.neg(b.INF), b.ZERO)}.get(str(domain.data), (b.neg(b.INF), b.INF))
    else:
        lo, hi = domain.args
    rw = session.rewriter(context)
    slope = smooth_derivative(f, t, rw)
    at = lo if end == "left" else hi
    value = limit(f, t, at, "+" if end == "left" else "-", session.rewriter(ob.context))
    if value is None or value is b.INF or (value.op == "neg" and value.args[0] is b.INF):
        raise Rejected("no finite limit at the end")
    closed = (domain.op == "set" and domain.data == "Rnn") or (domain.op == "interval" and str(domain.data)[0 if end == "left" else 1] in "[]")
    strict_inside = not closed
    sign = ">" if end == "left" else "<"
    strict = strict_inside and wanted == ">"
    if rest and strict:
        if not analytic(f, t, rw.oracle) or not rw.oracle.member(rest[0], domain):
            raise Rejected("not shown analytic")
        if not session.oracle(ob.context).nonzero(session.rewriter(ob.context).nf(substitute(slope, {t: rest[0]}))):
            raise Rejected("the slope is not shown nonzero there")
        strict = False
    return [
        Obligation(context, b.rel(slope, sign if strict else {">": "≥", "<": "≤"}[sign], b.ZERO)),
        Obligation(ob.context, b.rel(value, "≥" if strict_inside or wanted == "≥" else ">", b.ZERO)),
    ]


@inference(
    "valley",
    statement="f ≥ f(x₀) on an interval where f' ≤ 0 left of x₀ and f' ≥ 0 right of it",
    source="mean value theorem",
    method="monotonicity",
)
def valley(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (symbol, x₀)."""
    x, x0 = params
    t, f, context, wanted = _difference(ob, x, session)
    slope = smooth_derivative(f, t, session.rewriter(context))
    domain = context.declarations[t].domain
    right = context.with_hypotheses([Hypothesis(b.rel(t, ">", x0), None, "assume")])
    left = context.with_hypotheses([Hypothesis(b.rel(t, "<", x0), None, "assume")])
    return [
        Obligation(ob.context, b.rel(x0, "in", domain)),
        Obligation(ob.context, b.rel(substitute(f, {t: x0}), wanted, b.ZERO)),
        Obligation(right, b.rel(slope, "≥", b.ZERO)),
        Obligation(left, b.rel(slope, "≤", b.ZERO)),
    ]
