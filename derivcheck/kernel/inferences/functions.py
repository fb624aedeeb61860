"""Declared functions: increasing ones keep order and are injective, convex ones satisfy Jensen and lie above tangents.

The attribute must stand in the declaration of the function, and the arguments must lie in its domain.
"""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, eigen, inference
from derivcheck.kernel.inferences.basic import CORE, relation
from derivcheck.kernel.inferences.solutions import holding, solve_linear, with_facts
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.matrix_facts import real_entries
from derivcheck.kernel.obligation import Obligation
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Hypothesis
from derivcheck.terms.term import Term, fresh, instantiate, mk, num, subterms


def monotone(f: Term, context: Context) -> int:
    """1 for a function declared increasing, -1 for decreasing, 0 otherwise (one argument)."""
    d = context.declarations.get(f)
    if d is None or len(d.arg_domains) != 1:
        return 0
    return 1 if "increasing" in d.attributes else (-1 if "decreasing" in d.attributes else 0)


def curvature(f: Term, context: Context) -> int:
    """1 for a function of one number declared convex, -1 for concave, 0 otherwise."""
    d = context.declarations.get(f)
    if d is None or len(d.arg_domains) != 1:
        return 0
    if d.attributes & {"convex", "strictly convex"}:
        return 1
    return -1 if d.attributes & {"concave", "strictly concave"} else 0


def applications(t: Term) -> list[Term]:
    """Applications of declared functions of one number, largest first."""
    found = [s for s in subterms(t) if s.op == "apply" and s.args[0].op == "sym" and len(s.args) == 2 and not any(v.op == "bvar" for v in s.free)]
    return sorted(found, key=lambda s: -s.size)


def _member(ob: Obligation, u: Term, f: Term) -> Obligation:
    return Obligation(ob.context, b.rel(u, "in", ob.context.declarations[f].arg_domains[0]))


@inference("increasing", statement="f(u) R f(v) if u R v for an increasing f (the other way round for a decreasing one)", source="definition", method="monotonicity")
def increasing(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "<", "≤", ">", "≥")
    if not (x.op == y.op == "apply" and x.args[0] is y.args[0] and len(x.args) == len(y.args) == 2):
        raise Rejected("not values of one function")
    f, u, v = x.args[0], x.args[1], y.args[1]
    way = monotone(f, ob.context)
    if not way:
        raise Rejected("not declared monotone")
    data = str(ob.statement.data)
    if way < 0:
        u, v = v, u
    return [_member(ob, u, f), _member(ob, v, f), Obligation(ob.context, b.rel(u, data, v))]


@inference("injective", statement="from f(u) R f(v): u R v for an increasing f (R one of =, <, ≤, >, ≥, ≠)", source="definition", method="monotonicity")
def injective(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: a relation among the hypotheses, and an application f(u) in it."""
    p, atom = params
    holding(ob, p, session)
    f = atom.args[0] if atom.op == "apply" else None
    if f is None or p.op != "rel" or p.args[0].sort.kind != "num":
        raise Rejected("no value of a function")
    way = monotone(f, ob.context)
    if not way:
        raise Rejected("not declared monotone")
    data = str(p.data)
    if data in ("=", "≠"):
        rw = session.rewriter(ob.context)
        w = solve_linear(b.sub(p.args[0], p.args[1]), atom, rw)
        if w is None or w.op != "apply" or w.args[0] is not f:
            raise Rejected("the other side is no value of the function")
        gained = b.rel(atom.args[1], data, w.args[1])
    elif data in ("<", "≤", ">", "≥") and all(s.op == "apply" and s.args[0] is f for s in p.args[:2]):
        u, v = p.args[0].args[1], p.args[1].args[1]
        gained = b.rel(u, data, v) if way > 0 else b.rel(v, data, u)
    else:
        raise Rejected("the sides are no values of the function")
    return [Obligation(with_facts(ob.context, gained), ob.statement)]


def _combination(t: Term, f: Term, rw: Any) -> list[tuple[Term, Term]]:
    """t as ∑ λ_i f(v_i): pairs (λ_i, v_i); Rejected if anything else is left."""
    out: list[tuple[Term, Term]] = []
    for c, m in linear_terms(rw.nf(t)):
        factors = list(m.args) if m.op == "mul" else [m]
        bottom: Term | None = None
        if m.op == "div":
            bottom = m.args[1]
            factors = list(m.args[0].args) if m.args[0].op == "mul" else [m.args[0]]
        values = [a for a in factors if a.op == "apply" and a.args[0] is f]
        rest = [a for a in factors if a not in values]
        if len(values) != 1 or any(f in a.free for a in rest) or (bottom is not None and f in bottom.free):
            raise Rejected("not a combination of values")
        weight = b.mul(num(c), *rest)
        out.append((b.div(weight, bottom) if bottom is not None else weight, values[0].args[1]))
    merged: dict[Term, list[Term]] = {}
    for w, v in out:
        merged.setdefault(v, []).append(w)
    return [(rw.nf(b.add(*ws)), v) for v, ws in merged.items()]


@inference("convexity", statement="f(∑ λ_i v_i) ≤ ∑ λ_i f(v_i) for convex f, λ_i ≥ 0, ∑ λ_i = 1", source="Jensen 1906", method="convexity")
def convexity(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "≤", "≥")
    low, high = (x, y) if ob.statement.data == "≤" else (y, x)
    rw = session.rewriter(ob.context)
    found = applications(low) or applications(high)
    if not found:
        raise Rejected("no declared function")
    f = found[0].args[0]
    way = curvature(f, ob.context)
    if not way:
        raise Rejected("not declared convex")
    if way < 0:
        low, high = high, low
    one = _combination(low, f, rw)
    many = _combination(high, f, rw)
    if len(one) != 1 or one[0][0] is not b.ONE:
        raise Rejected("not a single value on one side")
    mean = b.add(*(b.mul(w, v) for w, v in many))
    return [
        Obligation(ob.context, b.eq(one[0][1], mean)),
        Obligation(ob.context, b.eq(b.add(*(w for w, _ in many)), b.ONE)),
        *(Obligation(ob.context, b.rel(w, "≥", b.ZERO)) for w, _ in many),
        *(_member(ob, v, f) for _, v in many),
    ]


@inference("tangent", statement="f(y) ≥ f(x) + f'(x)(y - x) for convex f", source="convexity", method="convexity")
def tangent(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (f, x, y)."""
    f, u, v = params
    p, q = relation(ob, "≤", "≥")
    low, high = (p, q) if ob.statement.data == "≤" else (q, p)
    way = curvature(f, ob.context)
    if not way:
        raise Rejected("not declared convex")
    line = b.add(b.apply(f, u), b.mul(b.apply(b.dfun(f, (1,)), u), b.sub(v, u)))
    difference = b.sub(high, low)
    target = b.sub(b.apply(f, v), line) if way > 0 else b.sub(line, b.apply(f, v))
    return [Obligation(ob.context, b.eq(difference, target)), _member(ob, u, f), _member(ob, v, f)]


@inference("tangent-plane", statement="f(y) ≥ f(x) + ∇f(x)^T (y - x) for a convex f on R^n", source="Boyd and Vandenberghe, Convex Optimization, 3.1.3", method="convexity")
def tangent_plane(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (groups of rules, f, x, y); a declared smooth function of a vector.  Leaves the goal with the fact, in normal form, among the hypotheses."""
    groups, f, x, y = params
    relation(ob, "=", "<", "≤", ">", "≥")
    d = ob.context.declarations.get(f)
    if d is None or f.op != "sym" or len(d.arg_domains) != 1 or d.arg_domains[0].op != "rn" or d.random or not d.attributes & {"convex", "concave"}:
        raise Rejected("not a declared convex function of a vector")
    size = d.arg_domains[0].args[0]
    if any(t.sort.kind != "mat" or t.sort.cols is not b.ONE or t.sort.rows is not size for t in (x, y)) or f.sort.result.kind != "num":
        raise Rejected("not points of its domain")
    rw = session.rewriter(ob.context, CORE | frozenset(groups))
    if any(s.op == "bvar" for t in (x, y) for s in t.free) or any(rw.oracle.undefinedness(t) or not real_entries(t, rw.oracle) for t in (x, y)):
        raise Rejected("not shown to be points")
    w = fresh("w", x.sort)
    slope = b.grad(w, b.apply(f, w), x)
    gap = b.sub(b.apply(f, y), b.add(b.apply(f, x), mk("inner", (slope, b.sub(y, x)))))
    fact = b.rel(rw.nf(gap), "≥" if "convex" in d.attributes else "≤", b.ZERO)
    return [Obligation(ob.context.with_hypotheses([Hypothesis(fact, None, "step")]), ob.statement)]


@inference("weak-duality", statement="max_x min_y f ≤ min_y max_x f", source="weak duality; holds in the extended reals", method="weak duality")
def weak_duality(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "≤", "≥")
    low, high = (x, y) if ob.statement.data == "≤" else (y, x)
    upper, lower = ("maxover", "supover"), ("minover", "infover")
    if low.op not in upper or high.op not in lower or low.args[-1].op not in lower or high.args[-1].op not in upper:
        raise Rejected("not of this form")
    if len(low.bound) != 1 or len(low.args[-1].bound) != 1 or len(high.bound) != 1 or len(high.args[-1].bound) != 1:
        raise Rejected("several variables")
    s, t = eigen(ob.context, "s", low.bound[0].sort), eigen(ob.context, "t", high.bound[0].sort, 1)
    inner_low, inner_high = instantiate(low, (s,)), instantiate(high, (t,))
    same_sets = low.args[0] is inner_high.args[0] and high.args[0] is inner_low.args[0]
    if not same_sets or instantiate(inner_low, (t,)) is not instantiate(inner_high, (s,)):
        raise Rejected("not the same function on the same sets")
    return []
