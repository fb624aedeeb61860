"""Inequalities by calculus between two points: concave functions above their chords, Lipschitz bounds; integers taken for real numbers;
what is left of an inequality when a known one is taken off."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel import algebra
from derivcheck.kernel.check import Rejected, Session, eigen, inference
from derivcheck.kernel.continuity import smooth
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.inferences.convexity import _difference, _narrowed, smooth_derivative
from derivcheck.kernel.inferences.optimum import _interval
from derivcheck.kernel.inferences.solutions import hypothesis_parts
from derivcheck.kernel.infinite import no_arithmetic
from derivcheck.kernel.infinite_means import means_in_doubt
from derivcheck.kernel.limits import limit
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.randomness import mentions_random
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration
from derivcheck.terms.term import Term, name_of, num, substitute, subterms


@inference(
    "concave-ends",
    statement="f ≥ 0 on a bounded interval where f'' ≤ 0, with limits ≥ 0 at both ends; f > 0 inside if f'' < 0",
    source="a concave function lies above its chords",
    method="concavity",
)
def concave_ends(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (symbol,)."""
    (x,) = params
    t, f, context, wanted = _difference(ob, x, session)
    domain = context.declarations[t].domain
    if domain.op != "interval" or any(b.is_infinite(a) for a in domain.args):
        raise Rejected("not a bounded interval")
    if wanted == ">" and domain.data != "()":
        raise Rejected("strict at the ends")
    rw = session.rewriter(context)
    second = smooth_derivative(smooth_derivative(f, t, rw), t, rw)
    out = [Obligation(context, b.rel(second, "<" if wanted == ">" else "≤", b.ZERO))]
    for end, side in zip(domain.args, "+-", strict=True):
        value = limit(f, t, end, side, session.rewriter(ob.context))
        if value is None or b.is_infinite(value):
            raise Rejected("no finite limit at an end")
        out.append(Obligation(ob.context, b.rel(value, "≥", b.ZERO)))
    return out


@inference(
    "lipschitz",
    statement="|f(x) - f(y)| ≤ C |x - y| for x, y in an interval on which |f'| ≤ C",
    source="mean value theorem",
    method="mean value theorem",
)
def lipschitz(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: x, y, two symbols with the same domain."""
    x, y = params
    left, right = relation(ob, "≤", "≥")
    small, large = (left, right) if ob.statement.data == "≤" else (right, left)
    oracle = session.oracle(ob.context)
    if x is y or any(v.op != "sym" or v.sort.kind != "num" or not oracle.real(v) or mentions_random(v, oracle) for v in (x, y)):
        raise Rejected("not two real numbers")
    if small.op != "fn" or small.data != "abs":
        raise Rejected("not an absolute value")
    domain = _narrowed(x, ob, session)
    if domain is None or not _interval(domain) or domain is not _narrowed(y, ob, session) or domain.free & {x, y}:
        raise Rejected("not the same interval")
    rw = session.rewriter(ob.context)
    parts = linear_terms(rw.nf(small.args[0]))
    if any({x, y} <= m.free for _, m in parts):
        # the normal form has one denominator: as it is written
        parts = linear_terms(small.args[0])
    if any({x, y} <= m.free for _, m in parts):
        raise Rejected("not a difference of values")
    f = b.add(b.ZERO, *(b.mul(num(c), m) for c, m in parts if x in m.free))
    if not algebra.is_zero(b.sub(small.args[0], b.sub(f, substitute(f, {x: y}))), rw):
        raise Rejected("not a difference of values")
    # the bound is C |x - y|: at y = x + 1 it is C
    bound = rw.nf(substitute(large, {y: b.add(x, b.ONE)}))
    distance = b.fn("abs", b.sub(x, y))
    if {x, y} & bound.free or not algebra.is_zero(b.sub(large, b.mul(bound, distance)), rw):
        raise Rejected("not a multiple of the distance")
    t = eigen(ob.context, name_of(x), x.sort)
    context = ob.context.with_declaration(Declaration(t, domain))
    inner = session.rewriter(context)
    g = inner.nf(substitute(f, {x: t}))
    if inner.oracle.undefinedness(g) or not inner.oracle.real(g) or not smooth(g, t, inner.oracle):
        raise Rejected("not smooth on the interval")
    return [Obligation(context, b.rel(b.fn("abs", smooth_derivative(g, t, inner)), "≤", bound))]


_PLAIN = frozenset("add neg mul div pow oddroot fn sym rel".split())
_WHOLE_FUNCTIONS = frozenset("factorial factorial2 binom floor ceil mod".split())


@inference("real-variable", statement="an inequality for all integers n ≥ m from the same for all real x ≥ m", source="the integers are real numbers", method="order")
def real_variable(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (n,): a declared integer.  What is known of n besides its bounds is dropped."""
    (n,) = params
    p = ob.statement
    relation(ob, "<", "≤", ">", "≥")
    oracle = session.oracle(ob.context)
    info = oracle.info(n)
    if n.op != "sym" or n not in p.free or not oracle.integer(n) or mentions_random(n, oracle):
        raise Rejected("not an integer")
    if any(n in s.free and (s.op not in _PLAIN or (s.op == "fn" and s.data in _WHOLE_FUNCTIONS)) for s in subterms(p)):
        raise Rejected("stands where only integers can")
    lo = b.neg(b.INF) if info.lo is None else num(info.lo)
    hi = b.INF if info.hi is None else num(info.hi)
    x = eigen(ob.context, name_of(n), n.sort)
    domain = b.interval(lo, hi, ("(" if info.lo is None else "[") + (")" if info.hi is None else "]"))
    context = _without(ob.context, n).with_declaration(Declaration(x, domain))
    return [Obligation(context, substitute(p, {n: x}))]


def _without(context: Context, n: Term) -> Context:
    """The context without the hypotheses about n."""
    from dataclasses import replace

    return replace(context, hypotheses=tuple(h for h in context.hypotheses if n not in h.statement.free))


@inference("up-to-fact", statement="A ≤ B from L ≤ R among the hypotheses and (B - A) - (R - L) ≥ 0; < if one of them is strict", source="ordered fields", method="order")
def up_to_fact(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the inequality among the hypotheses."""
    (q,) = params
    x, y = relation(ob, "<", "≤", ">", "≥")
    low, high = (x, y) if ob.statement.data in ("<", "≤") else (y, x)
    if q not in hypothesis_parts(ob.context) or q.op != "rel" or q.data not in ("<", "≤", ">", "≥") or q.args[0].sort.kind != "num":
        raise Rejected("no such inequality")
    less, more = q.args[:2] if q.data in ("<", "≤") else q.args[1::-1]
    rw = session.rewriter(ob.context)
    if no_arithmetic(q) or means_in_doubt(q, rw):
        raise Rejected("a relation of values that may be infinite")
    if any(b.is_infinite(s) for side in (low, high, less, more) for s in subterms(side)):
        raise Rejected("infinite")
    rest = rw.nf(b.sub(b.sub(high, low), b.sub(more, less)))
    strict = ob.statement.data in ("<", ">") and q.data not in ("<", ">")
    return [Obligation(ob.context, b.rel(rest, ">" if strict else "≥", b.ZERO))]
