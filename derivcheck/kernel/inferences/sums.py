"""Induction on a bound, and the restriction of a relation to where its sides have values."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

from derivcheck.kernel.check import Rejected, Session, eigen, inference
from derivcheck.kernel.literals import integer_value
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration, Hypothesis
from derivcheck.terms.term import Term, fresh, num, substitute, subterms


@inference(
    "induction",
    statement="P(n) for all n ≥ n0 from P(n0), …, P(n0+d-1) and P(n), …, P(n+d-1) ⟹ P(n+d)",
    source="induction on the natural numbers; families indexed up to n are taken as families on ℤ",
    method="induction",
)
def induction(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (n, n0, d) or (n, n0, d, s), n0 an integer or an integer term free of n; the sides must be shown to have values for all n ≥ n0,
    so that the induction hypothesis is one.  With s the step is written for n + s, n ≥ n0 - s."""
    n, start, depth = params[:3]
    shift = params[3] if len(params) > 3 else 0
    first = start if isinstance(start, Term) else num(start)
    p = ob.statement
    if p.op != "rel" or p.data not in ("=", "<", "≤", ">", "≥") or not 1 <= depth <= 3:
        raise Rejected("not a relation")
    if p.args[0].sort.kind != "num" and (p.data != "=" or p.args[0].sort.kind != "mat" or any(_sort_mentions(t, n) for t in subterms(p))):
        raise Rejected("not a relation of numbers, nor an equation of matrices whose sizes do not depend on n")
    oracle = session.oracle(ob.context)
    if n.op != "sym" or n in first.free or not oracle.integer(first) or not oracle.integer(n) or not oracle.less_equal(first, n):
        raise Rejected("not shown to be an integer from there on")
    declaration = ob.context.declarations.get(n)
    if declaration is None or declaration.random:
        raise Rejected("not a declared variable")
    context = without(ob.context, n, p)
    if not session.oracle(context).integer(first):
        raise Rejected("the start is not shown to be an integer without the hypotheses on n")
    stepping = context.with_declaration(Declaration(n, b.INTEGERS)).with_hypotheses([Hypothesis(b.rel(n, "≥", first), None, "domain")])
    general = session.oracle(stepping)
    if not all(total(side, general) for side in p.args[:2]):
        raise Rejected("the sides are not shown to have values for every n")
    starts = [num(start + i) if isinstance(start, int) else b.add(first, num(i)) if i else first for i in range(depth)]
    bases = [Obligation(context, substitute(p, {n: at})) for at in starts]
    if not isinstance(shift, int) or not 0 <= shift <= 3:
        raise Rejected("not a shift")
    if shift:
        least = b.sub(first, num(shift))
        stepping = context.with_declaration(Declaration(n, b.INTEGERS)).with_hypotheses([Hypothesis(b.rel(n, "≥", least), None, "domain")])

    def at(i: int) -> Term:
        return substitute(p, {n: b.add(n, num(shift + i))}) if shift + i else p

    known = [Hypothesis(at(i), None, "step") for i in range(depth)]
    return [*bases, Obligation(stepping.with_hypotheses(known), at(depth))]


@inference(
    "bounded-induction",
    statement="P(n) from P(a) and P(k) ⟹ P(k+1) for a ≤ k < n: the range of hypotheses and families that ends with n stays as it is",
    source="induction on the natural numbers",
    method="induction",
)
def bounded_induction(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (n, a), a an integer or an integer term free of n; k is a new symbol at the places of n in the statement (but not within matrices
    whose sizes depend on n), whose sides must be shown to have values for a ≤ k ≤ n."""
    n, start = params
    first = start if isinstance(start, Term) else num(start)
    p = ob.statement
    if p.op != "rel" or p.data not in ("=", "<", "≤", ">", "≥"):
        raise Rejected("not a relation")
    if p.args[0].sort.kind != "num" and (p.data != "=" or p.args[0].sort.kind != "mat" or _sort_mentions(p.args[0], n)):
        raise Rejected("not a relation of numbers, nor an equation of matrices whose size does not depend on n")
    declaration = ob.context.declarations.get(n)
    if n.op != "sym" or declaration is None or declaration.random or n in first.free:
        raise Rejected("not a declared variable")
    k = eigen(ob.context, "k", n.sort)
    general = _outside_sizes(p, n, k)
    if substitute(general, {k: n}) is not p or any(_sort_mentions(t, k) for t in subterms(general)):
        raise Rejected("n stands in a size")
    oracle = session.oracle(ob.context)
    if not oracle.integer(first) or not oracle.integer(n) or not oracle.less_equal(first, n):
        raise Rejected("not shown to be an integer from there on")

    def at(t: Term) -> Term:
        return substitute(general, {k: t})

    def among(last: Term) -> Context:
        bounds = [Hypothesis(b.rel(first, "≤", k), None, "domain"), Hypothesis(b.rel(k, "≤", last), None, "domain")]
        return ob.context.with_declaration(Declaration(k, b.INTEGERS)).with_hypotheses(bounds)

    if not all(total(side, session.oracle(among(n))) for side in at(k).args[:2]):
        raise Rejected("the sides are not shown to have values on the way")
    stepping = among(b.sub(n, b.ONE)).with_hypotheses([Hypothesis(at(k), None, "step")])
    return [Obligation(ob.context, at(first)), Obligation(stepping, at(b.add(k, b.ONE)))]


def _outside_sizes(t: Term, n: Term, k: Term) -> Term:
    """k for n, except within matrices whose sizes depend on n."""
    fixed = {s: fresh("fixed", s.sort) for s in subterms(t) if _sort_mentions(s, n) and not any(v.op == "bvar" for v in s.free)}
    return substitute(substitute(substitute(t, fixed), {n: k}), {v: s for s, v in fixed.items()})


def without(context: Context, n: Term, goal: Term) -> Context:
    """The context for a statement about every n: hypotheses on n or on families indexed up to n are dropped, such families range over ℤ."""
    table: dict[Term, Declaration] = {}
    widened: set[Term] = {n}
    dropped: set[Term] = set()
    for symbol, d in context.declarations.items():
        if symbol is n:
            continue
        if _sort_mentions(symbol, n):
            dropped.add(symbol)
            continue
        rest = replace(d, index_ranges=(), domain=b.REALS)
        if _mentions(rest, n):
            dropped.add(symbol)
            continue
        if d.domain is not None and n in d.domain.free:
            if d.domain.op != "range" or d.random:
                dropped.add(symbol)
                continue
            d = replace(d, domain=b.INTEGERS)
            widened.add(symbol)
        if any(n in s.free for s in d.index_ranges):
            if d.random or any(s.op != "range" for s in d.index_ranges if n in s.free):
                dropped.add(symbol)
                continue
            d = replace(d, index_ranges=tuple(b.INTEGERS if n in s.free else s for s in d.index_ranges))
            widened.add(symbol)
        table[symbol] = d
    if goal.free & dropped:
        raise Rejected("a symbol of the statement depends on n by its declaration")
    for symbol, d in list(table.items()):
        if any(s.free & dropped for s in (d.domain, *d.index_ranges, *d.arg_domains) if s is not None):
            if symbol in goal.free:
                raise Rejected("a symbol of the statement depends on n by its declaration")
            del table[symbol]
    gone = widened | dropped
    hypotheses = tuple(h for h in context.hypotheses if not (h.statement.free & gone))
    independent = tuple(g for g in context.independent if not any(x.free & gone for part in g for x in part))
    return replace(context, declarations=MappingProxyType(table), hypotheses=hypotheses, independent=independent)


def _sort_mentions(t: Term, n: Term) -> bool:
    stack: list[object] = [t.sort]
    while stack:
        s = stack.pop()
        if isinstance(s, Term):
            if n in s.free:
                return True
        elif hasattr(s, "params"):
            stack.extend(s.params)
    return False


def _mentions(d: Declaration, n: Term) -> bool:
    parts: list[Term] = [*d.given, *d.arg_domains, *d.joint, *d.joint_given, *(d.constant_in or ())]
    if d.law is not None:
        parts.append(d.law)
    return any(n in t.free for t in parts)


@inference(
    "where-defined",
    statement="A REL B is claimed where both sides have values; there their denominators are not 0",
    source="SPEC section 6",
    method="ring",
)
def where_defined(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    p = ob.statement
    if p.op != "rel" or p.data not in ("=", "<", "≤", ">", "≥", "≠"):
        raise Rejected("not a relation")
    oracle = session.oracle(ob.context)
    facts = [b.rel(d, "≠", b.ZERO) for side in p.args[:2] for d in denominators(side) if not oracle.nonzero(d)]
    if not facts:
        raise Rejected("nothing to add")
    return [Obligation(ob.context.with_hypotheses([Hypothesis(f, None, "domain") for f in dict.fromkeys(facts)]), p)]


_STRICT = frozenset({"add", "neg", "mul", "div", "pow", "fn"})


def denominators(t: Term) -> list[Term]:
    """Denominators (and bases of negative powers) in places where the whole has no value if they vanish: under arithmetic and functions."""
    out: list[Term] = []
    stack = [t]
    while stack:
        x = stack.pop()
        if x.op not in _STRICT or x.sort.kind != "num":
            continue
        if x.op == "div":
            out.append(x.args[1])
        if x.op == "pow" and (integer_value(x.args[1]) or 0) < 0:
            out.append(x.args[0])
        stack.extend(x.args)
    return out


__all__ = ["denominators", "subterms", "without"]
