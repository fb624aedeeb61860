"""Congruence of big operators: equal or ordered summands, sums put together, equivalent events, the values of a finite domain."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel import algebra
from derivcheck.kernel.check import Rejected, Session, eigen, inference
from derivcheck.kernel.inferences.basic import CORE, relation
from derivcheck.kernel.literals import integer_value, linear_terms
from derivcheck.kernel.monomials import factors, product
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.randomness import mentions_random, randomness
from derivcheck.kernel.rewrite import Rewriter, level_symbol
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration, Hypothesis
from derivcheck.terms.term import Term, binder_names, instantiate, mk, num, substitute

MAX_VALUES = 6


def _range(t: Term) -> tuple[str, Term, Term]:
    if t.op not in ("sum", "prod") or t.sort.kind != "num":
        raise Rejected("not a sum or product of numbers")
    return t.op, t.args[0], t.args[1]


@inference(
    "summands",
    statement="∑ f = ∑ g if f(k) = g(k) for every k in the range; ∑ f ≤ ∑ g if f(k) ≤ g(k) (finite sums)",
    source="congruence; monotony of finite sums",
    method="congruence",
)
def summands(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "=", "≤", "≥")
    op, lo, hi = _range(x)
    op2, lo2, hi2 = _range(y)
    if op != op2 or (ob.statement.data != "=" and (op != "sum" or hi is b.INF or lo.op == "neg")):
        raise Rejected("not of one kind")
    rw = session.rewriter(ob.context)
    if rw.nf(lo) is not rw.nf(lo2) or rw.nf(hi) is not rw.nf(hi2):
        raise Rejected("the ranges differ")
    k = eigen(ob.context, binder_names(x)[0], x.bound[0].sort)
    context = ob.context.with_declaration(Declaration(k, b.int_range(lo, hi)))
    return [Obligation(context, b.rel(instantiate(x, (k,)), str(ob.statement.data), instantiate(y, (k,))))]


@inference(
    "common-factor",
    statement="c f ≤ c g from f ≤ g for c ≥ 0; c f = c g from f = g; f + h REL g + h from f REL g",
    source="ordered fields",
    method="congruence",
)
def common_factor(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (c, f, g): the sides are c f + h and c g + h with a common h."""
    c, f, g = params
    x, y = relation(ob, "=", "≤", "≥")
    rw = session.rewriter(ob.context)
    if ob.statement.data != "=" and not rw.oracle.nonnegative(c):
        raise Rejected("the factor is not shown nonnegative")
    if f not in strict(x) or g not in strict(y):
        # f and g must have values where the sides have
        raise Rejected("not parts of the sides")
    if not algebra.is_zero(b.sub(b.sub(x, y), b.mul(c, b.sub(f, g))), rw):
        raise Rejected("not a common factor")
    return [Obligation(ob.context, b.rel(f, str(ob.statement.data), g))]


def strict(t: Term) -> set[Term]:
    """Parts of a term that have a value wherever it has one: under arithmetic and functions."""
    out: set[Term] = set()
    stack = [t]
    while stack:
        x = stack.pop()
        if x in out:
            continue
        out.add(x)
        if x.op in ("add", "neg", "mul", "div", "pow", "fn") and x.sort.kind == "num":
            stack.extend(x.args)
    return out


@inference(
    "sums-together",
    statement="A = B if in the normal form of A - B the sums over one range add up to a sum of zeros",
    source="∑ c f + ∑ d g = ∑ (c f + d g) for finite sums; group linearity: the same for integrals and expectations that have values",
    method="ring",
)
def sums_together(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "=")
    if x.sort.kind != "num" or y.sort.kind != "num":
        raise Rejected("not numbers")
    groups = CORE | frozenset(params[0]) if params else CORE
    rw = session.rewriter(ob.context, groups)
    if not vanishes(rw.nf(b.sub(x, y)), rw, 3):
        raise Rejected("the sums do not cancel")
    return []


@inference(
    "means-together",
    statement="A = B if in the normal form of A - B the sums, integrals and means over one range have integrands that add up to 0 everywhere",
    source="additivity of finite sums, and of integrals and expectations that have values",
    method="congruence",
)
def means_together(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the rule groups.  Leaves one equation for each range, and that the rest is 0."""
    x, y = relation(ob, "=")
    if x.sort.kind != "num" or y.sort.kind != "num":
        raise Rejected("not numbers")
    rw = session.rewriter(ob.context, CORE | frozenset(params[0]) if params else CORE)
    together, rest = _gathered(rw.nf(b.sub(x, y)))
    if not together:
        raise Rejected("no sums or means")
    from derivcheck.kernel.check import opened
    from derivcheck.kernel.rewrite import binder_facts

    out: list[Obligation] = []
    for parts in together.values():
        first = parts[0][1]
        symbols, _ = opened(ob.context, first)
        declarations, facts = binder_facts(first, symbols, rw.oracle)
        context = ob.context
        for d in declarations:
            context = context.with_declaration(d)
        context = context.with_hypotheses([Hypothesis(f, None, "domain") for f in facts])
        bodies = [(c, instantiate(f, symbols)) for c, f in parts]
        out.append(Obligation(context, b.eq(b.add(b.ZERO, *(b.mul(c, h) for c, h in bodies)), b.ZERO)))
    out.append(Obligation(ob.context, b.eq(b.add(b.ZERO, *rest), b.ZERO)))
    return out


def _gathered(t: Term) -> tuple[dict[tuple[str, tuple[Term, ...], object], list[tuple[Term, Term]]], list[Term]]:
    """A linear combination by ranges: coefficient and sum (or mean) for each, and what has none."""
    together: dict[tuple[str, tuple[Term, ...], object], list[tuple[Term, Term]]] = {}
    rest: list[Term] = []
    for c, m in linear_terms(t):
        top, bottom = factors(m)
        sums = [f for f in top if f.op in ("sum", "int", "intset", "Eover") and not (f.op == "sum" and (f.args[1] is b.INF or f.args[0].op == "neg"))]
        if len(sums) != 1:
            rest.append(b.mul(num(c), m))
            continue
        f = sums[0]
        top.remove(f)
        together.setdefault((f.op, f.args[:-1], tuple(v.sort for v in f.bound)), []).append((b.mul(num(c), product(top, bottom)), f))
    return together, rest


@inference(
    "split-range",
    statement="∑_{lo}^{hi} = ∑_{lo}^{c} + ∑_{c+1}^{hi} for lo - 1 ≤ c ≤ hi; products likewise",
    source="associativity",
    method="congruence",
)
def split_range(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (a sum or product in the statement, the cuts in order)."""
    node, cuts = params
    if node.op not in ("sum", "prod") or node.sort.kind != "num" or any(v.op == "bvar" for v in node.free):
        raise Rejected("not a sum or product")
    oracle = session.oracle(ob.context)
    lo, hi = node.args[0], node.args[1]
    if hi is b.INF or not (oracle.integer(lo) and oracle.integer(hi)):
        raise Rejected("not a finite range")
    pieces: list[Term] = []
    start = lo
    for c in (*cuts, hi):
        if not oracle.integer(c) or not oracle.less_equal(b.sub(start, b.ONE), c) or not oracle.less_equal(c, hi):
            raise Rejected("the cut is not shown to lie in the range")
        pieces.append(mk(node.op, (start, c, node.args[-1]), node.data, node.sort, node.bound))
        start = b.add(c, b.ONE)
    joined = b.add(*pieces) if node.op == "sum" else b.mul(*pieces)
    return [Obligation(ob.context, substitute(ob.statement, {node: joined}))]


def vanishes(t: Term, rw: Rewriter, depth: int) -> bool:
    """Whether a linear combination of sums is 0 once the sums over each range are put under one sign."""
    if algebra.is_zero(t, rw):
        return True
    if depth == 0:
        return False
    together: dict[tuple[str, tuple[Term, ...], object], list[tuple[Term, Term]]] = {}
    rest: list[Term] = []
    for c, m in linear_terms(t):
        top, bottom = factors(m)
        sums = [f for f in top if f.op in ("sum", "int", "intset", "Eover") and not (f.op == "sum" and (f.args[1] is b.INF or f.args[0].op == "neg"))]
        if len(sums) != 1 or (sums[0].op != "sum" and "linearity" not in rw.groups):
            rest.append(b.mul(num(c), m))
            continue
        f = sums[0]
        top.remove(f)
        together.setdefault((f.op, f.args[:-1], f.bound), []).append((b.mul(num(c), product(top, bottom)), f))
    if not together:
        return False
    for parts in together.values():
        first = parts[0][1]
        symbols = tuple(level_symbol(n, v.sort, rw.depth) for n, v in zip(binder_names(first), first.bound, strict=True))
        from derivcheck.kernel.rewrite import binder_facts

        inner = rw.child(binder_facts(first, symbols, rw.oracle))
        body = inner.nf(b.add(*(b.mul(c, instantiate(f, symbols)) for c, f in parts)))
        if not vanishes(body, inner, depth - 1):
            return False
    return algebra.is_zero(b.add(b.ZERO, *rest), rw)


@inference(
    "same-event",
    statement="Pr(P) = Pr(Q) if P and Q are equivalent for all values of the random variables",
    source="definition",
    method="equivalent events",
)
def same_event(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "=")
    if x.op != "Pr" or y.op != "Pr" or x.args[1:] != y.args[1:]:
        raise Rejected("not two probabilities under the same conditions")
    p, q = x.args[0], y.args[0]
    context, mapping = _fixed(ob, (p, q), session)
    return [Obligation(context, b.iff(substitute(p, mapping), substitute(q, mapping)))]


@inference(
    "larger-event",
    statement="Pr(P) ≤ Pr(Q) if P implies Q for all values of the random variables",
    source="monotony of measures",
    method="equivalent events",
)
def larger_event(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "≤", "≥")
    if ob.statement.data == "≥":
        x, y = y, x
    if x.op != "Pr" or y.op != "Pr" or x.args[1:] != y.args[1:]:
        raise Rejected("not two probabilities under the same conditions")
    context, mapping = _fixed(ob, (x.args[0], y.args[0]), session)
    return [Obligation(context, b.implies(substitute(x.args[0], mapping), substitute(y.args[0], mapping)))]


def _fixed(ob: Obligation, events: tuple[Term, ...], session: Session) -> tuple[Any, dict[Term, Term]]:
    """Numbers in place of the random variables of some events; hypotheses about the variables are dropped."""
    r = randomness(session.oracle(ob.context))
    atoms = frozenset().union(*(r.atoms(e) for e in events))
    context = ob.context
    mapping: dict[Term, Term] = {}
    for a in sorted(atoms, key=order_key):
        d = r.declaration(a)
        if d is None or a.sort.kind != "num":
            raise Rejected("not real random variables")
        new = eigen(context, "x", a.sort)
        context = context.with_declaration(Declaration(new, d.domain))
        mapping[a] = new
    for e in events:
        if mentions_random(substitute(e, mapping), session.oracle(ob.context)):
            raise Rejected("the events depend on the variables in other ways")
    kept = tuple(h for h in context.hypotheses if not mentions_random(h.statement, session.oracle(ob.context)))
    from dataclasses import replace

    return replace(context, hypotheses=kept), mapping


@inference(
    "values",
    statement="P(t) for t in a finite set from P at each of its elements",
    source="definition of finite sets",
    method="cases",
)
def values(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (t,): a declared symbol or a member of a declared family."""
    (t,) = params
    oracle = session.oracle(ob.context)
    if mentions_random(t, oracle) or t.op not in ("sym", "idx") or any(v.op == "bvar" for v in t.free):
        raise Rejected("not a fixed value")
    symbol = t.args[0] if t.op == "idx" else t
    d = ob.context.declarations.get(symbol)
    if d is None or d.domain is None:
        raise Rejected("not declared")
    if t.op == "idx" and not all(oracle.member(i, s) for i, s in zip(t.args[1:], d.index_ranges, strict=False)):
        raise Rejected("not a member")
    points = finite_values(d.domain)
    if points is None or len(points) > MAX_VALUES:
        raise Rejected("not a small finite set")
    out = []
    for v in points:
        context = ob.context.with_hypotheses([Hypothesis(b.eq(t, v), None, "assume")])
        out.append(Obligation(context, substitute(ob.statement, {t: v})))
    return out


def finite_values(s: Term) -> list[Term] | None:
    """The elements of a finite set of literal numbers."""
    if s.op == "finset":
        return list(s.args) if all(a.op == "num" or a.op == "neg" for a in s.args) else None
    if s.op == "range":
        lo, hi = integer_value(s.args[0]), integer_value(s.args[1])
        if lo is not None and hi is not None and hi - lo < MAX_VALUES:
            return [num(i) for i in range(lo, hi + 1)]
    return None


__all__ = ["finite_values", "mk", "vanishes"]
