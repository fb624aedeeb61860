"""Estimates of finite sums that become facts: by a bound of every summand, by one summand, by Gibbs' inequality; monotone functions on both sides.

A sum may be estimated only where it stands in a side that needs its value: then its summands have values, all of them.
"""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.algebra import numerator_polynomials
from derivcheck.kernel.check import Rejected, Session, eigen, inference
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.inferences.operators import strict
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.oracle import Oracle
from derivcheck.kernel.randomness import mentions_random
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration, Hypothesis
from derivcheck.terms.sorts import NUM
from derivcheck.terms.term import Term, binder_names, instantiate, mk

_FLIP = {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}


def _finite_sum(ob: Obligation, s: Term, oracle: Oracle) -> None:
    """Reject what is not a finite sum of numbers that the sides need."""
    x, y = relation(ob, "<", "≤", ">", "≥")
    if s.op != "sum" or s.sort.kind != "num" or len(s.bound) != 1 or s.args[1] is b.INF or s.args[0].op == "neg":
        raise Rejected("not a finite sum")
    if s not in strict(x) | strict(y) or any(v.op == "bvar" for v in s.free) or mentions_random(s, oracle):
        raise Rejected("not a part of the sides")
    if not (oracle.integer(s.args[0]) and oracle.integer(s.args[1])):
        raise Rejected("the ends are not shown to be integers")


def _inside(context: Context, s: Term) -> tuple[Context, Term]:
    """The context for one summand, and its index."""
    k = eigen(context, binder_names(s)[0], NUM)
    return context.with_declaration(Declaration(k, b.int_range(s.args[0], s.args[1]))), k


def _with_fact(ob: Obligation, fact: Term) -> Obligation:
    return Obligation(ob.context.with_hypotheses([Hypothesis(fact, None, "step")]), ob.statement)


@inference(
    "sum-estimate",
    statement="∑_{k=l}^h f(k) ≤ (h - l + 1) c if f(k) ≤ c for every k in the range, l ≤ h + 1 (≥ likewise)",
    source="monotony of finite sums",
    method="estimates",
)
def sum_estimate(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the sum, ≤ or ≥, the bound c.  Leaves the bound of a summand, and the goal with the estimate as a fact."""
    s, sign, c = params
    oracle = session.oracle(ob.context)
    _finite_sum(ob, s, oracle)
    lo, hi = s.args[:2]
    if sign not in ("≤", "≥") or not oracle.less_equal(lo, b.add(hi, b.ONE)):
        raise Rejected("the range is not shown to have a length")
    if c.sort.kind != "num" or any(v.op == "bvar" for v in c.free) or not oracle.real(c) or not total(c, oracle) or mentions_random(c, oracle):
        raise Rejected("the bound is not shown to be a real number")
    context, k = _inside(ob.context, s)
    length = b.add(b.sub(hi, lo), b.ONE)
    return [Obligation(context, b.rel(instantiate(s, (k,)), sign, c)), _with_fact(ob, b.rel(s, sign, b.mul(length, c)))]


@inference("summand-estimate", statement="f(j) ≤ ∑_{k=l}^h f(k) if l ≤ j ≤ h and f(k) ≥ 0 for every k in the range", source="monotony of finite sums", method="estimates")
def summand_estimate(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the sum, the index j.  Leaves that j lies in the range, that the summands are nonnegative, and the goal with the estimate as a fact."""
    s, j = params
    oracle = session.oracle(ob.context)
    _finite_sum(ob, s, oracle)
    if j.sort.kind != "num" or any(v.op == "bvar" for v in j.free) or mentions_random(j, oracle):
        raise Rejected("not an index")
    context, k = _inside(ob.context, s)
    return [
        Obligation(ob.context, mk("rel", (j, b.int_range(s.args[0], s.args[1])), "in", b.TRUE.sort)),
        Obligation(context, b.rel(instantiate(s, (k,)), "≥", b.ZERO)),
        _with_fact(ob, b.rel(instantiate(s, (j,)), "≤", s)),
    ]


@inference(
    "gibbs-sum",
    statement="∑ p_k log p_k - ∑ p_k log q_k ≥ ∑ p_k - ∑ q_k for p_k ≥ 0, q_k > 0 (finite sums)",
    source="log u ≤ u - 1; Gibbs' inequality",
    method="Gibbs",
)
def gibbs_sum(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (l, h, p, q) with p, q as functions of the index.  Leaves the goal with the inequality as a fact."""
    lo, hi, p, q = params
    relation(ob, "<", "≤", ">", "≥")
    oracle = session.oracle(ob.context)
    if hi is b.INF or lo.op == "neg" or not (oracle.integer(lo) and oracle.integer(hi)):
        raise Rejected("not a finite range")
    if any(t.op != "lam" or len(t.bound) != 1 or any(v.op == "bvar" for v in t.free) or mentions_random(t, oracle) for t in (p, q)):
        raise Rejected("not functions of the index")
    k = eigen(ob.context, "k", NUM)
    context = ob.context.with_declaration(Declaration(k, b.int_range(lo, hi)))
    inner = session.oracle(context)
    pk, qk = instantiate(p, (k,)), instantiate(q, (k,))
    if not (inner.nonnegative(pk) and inner.positive(qk) and total(pk, inner) and total(qk, inner)):
        raise Rejected("not shown to be weights")

    def total_of(body: Term) -> Term:
        return b.sum_(k, lo, hi, body)

    gain = b.sub(total_of(b.mul(pk, b.log(pk))), total_of(b.mul(pk, b.log(qk))))
    return [_with_fact(ob, b.rel(gain, "≥", b.sub(total_of(pk), total_of(qk))))]


@inference("squares-sum", statement="∑_{k=l}^h u_k² ≥ 0 for real u_k", source="squares are nonnegative", method="sums of squares")
def squares_sum(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (l, h, u) with u as a function of the index.  Leaves the goal with the inequality as a fact."""
    lo, hi, u = params
    relation(ob, "<", "≤", ">", "≥")
    oracle = session.oracle(ob.context)
    if hi is b.INF or lo.op == "neg" or not (oracle.integer(lo) and oracle.integer(hi)):
        raise Rejected("not a finite range")
    if u.op != "lam" or len(u.bound) != 1 or any(v.op == "bvar" for v in u.free) or mentions_random(u, oracle):
        raise Rejected("not a function of the index")
    k = eigen(ob.context, "k", NUM)
    inner = session.oracle(ob.context.with_declaration(Declaration(k, b.int_range(lo, hi))))
    body = instantiate(u, (k,))
    if body.sort.kind != "num" or not inner.real(body) or not total(body, inner):
        raise Rejected("not shown to be real numbers")
    return [_with_fact(ob, b.rel(b.sum_(k, lo, hi, b.pow_(body, b.TWO)), "≥", b.ZERO))]


@inference(
    "both-sides",
    statement="A R B from f(A) R f(B): f = log, or f(u) = 1/u with R turned round, for A, B > 0",
    source="monotonicity",
    method="monotonicity",
)
def both_sides(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: `log` or `reciprocal`."""
    (name,) = params
    x, y = relation(ob, "<", "≤", ">", "≥")
    oracle = session.oracle(ob.context)
    if name not in ("log", "reciprocal") or not (oracle.positive(x) and oracle.positive(y)):
        raise Rejected("not shown positive")
    data = str(ob.statement.data)
    if name == "log":
        return [Obligation(ob.context, b.rel(b.log(x), data, b.log(y)))]
    return [Obligation(ob.context, b.rel(b.div(b.ONE, x), _FLIP[data], b.div(b.ONE, y)))]


@inference(
    "clear-denominators",
    statement="A ≤ B if B - A = (P - N)/D with D > 0 and N ≤ P; N and P are what the numerator adds and subtracts",
    source="ordered fields",
    method="ring",
)
def clear_denominators(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "<", "≤", ">", "≥")
    data = str(ob.statement.data)
    low, high = (x, y) if data in ("<", "≤") else (y, x)
    rw = session.rewriter(ob.context)
    region, [(top, bottom)] = numerator_polynomials([rw.nf(b.sub(high, low))], rw)
    if bottom.is_constant() or top == region.zero or len(top) > 60:
        raise Rejected("no denominator")
    if not rw.oracle.positive(region.to_term(bottom, region.one)):
        raise Rejected("the denominator is not shown positive")
    gains: dict[tuple[int, ...], Any] = {}
    losses: dict[tuple[int, ...], Any] = {}
    for e, c in top.to_dict().items():
        if c > 0:
            gains[e] = c
        else:
            losses[e] = -c
    smaller, larger = (region.to_term(region.context.from_dict(d), region.one) if d else b.ZERO for d in (losses, gains))
    if not (rw.oracle.real(smaller) and rw.oracle.real(larger)):
        raise Rejected("not shown real")
    return [Obligation(ob.context, b.rel(smaller, "<" if data in ("<", ">") else "≤", larger))]
