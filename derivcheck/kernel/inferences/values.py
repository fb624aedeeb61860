"""What the mere fact that the sides of a relation have values gives: denominators, arguments of logarithms, poles, kinks.

A step claims its relation only where both sides have values (SPEC section 6), so everything that follows from their having values is a
hypothesis.  `facts_of(side)` reads such necessary conditions off the places of a term in which the whole has no value if the part has
none: under arithmetic and functions, and at the point of a derivative.

That Γ has a value at v is written `Γ(v) ≠ 0` (Γ has no zeros); `rules/functions.py` looks for it.
"""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.algebra import numerator_polynomials
from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.literals import integer_value
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.rewrite import Rewriter, negation
from derivcheck.terms import build as b
from derivcheck.terms.context import Hypothesis
from derivcheck.terms.term import Term, fresh, open_binder, substitute, subterms

_STRICT = frozenset({"add", "neg", "mul", "div", "pow", "fn"})
_POLES = frozenset({"gamma", "digamma", "factorial", "loggamma"})


@inference(
    "sides-defined",
    statement="A REL B is claimed where both sides have values; there denominators are not 0, logarithms and Γ are not at their poles, and "
    "derivatives are not at a kink",
    source="SPEC section 6",
    method="rewriting",
)
def sides_defined(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    p = ob.statement
    if p.op != "rel" or p.data not in ("=", "<", "≤", ">", "≥", "≠"):
        raise Rejected("not a relation")
    rw = session.rewriter(ob.context)
    known = {h.statement for h in ob.context.hypotheses}
    facts = [f for side in p.args[:2] for f in facts_of(side, rw) if f not in known]
    if not facts:
        raise Rejected("nothing to add")
    return [Obligation(ob.context.with_hypotheses([Hypothesis(f, None, "domain") for f in dict.fromkeys(facts)]), p)]


def facts_of(t: Term, rw: Rewriter) -> list[Term]:
    """Conditions that hold wherever `t` has a value and that the oracle does not show."""
    out: dict[Term, None] = {}
    real = "real" in rw.oracle.context.conventions
    stack, seen = [t], {t}
    while stack:
        x = stack.pop()
        if x.op == "deriv" and x.sort.kind == "num":
            symbols, body = open_binder(x)
            if int(x.data) == 1:
                out.update(dict.fromkeys(_kinks(body, symbols[0], x.args[0], rw)))
            # a function with a derivative at a point has a value there
            parts: tuple[Term, ...] = (substitute(body, {symbols[0]: x.args[0]}), x.args[0])
        elif (
            x.op == "lim"
            or (x.op == "int" and rw.oracle.less(x.args[0], x.args[1]))
            or (x.op in ("sum", "prod") and x.sort.kind == "num" and x.args[1] is not b.INF and _some_index(x, rw))
        ):
            # what the value at no point of an interval (for no index of a range) can do without
            symbols, body, inner = rw.under(x)
            for f in facts_of(body, inner):
                if f.free.isdisjoint(symbols):
                    out[f] = None
                elif f.data == "≠" and f.args[1] is b.ZERO and f.args[0].op == "mul":
                    out.update((b.rel(u, "≠", b.ZERO), None) for u in f.args[0].args if u.free.isdisjoint(symbols))
            parts = ()
        elif x.op not in _STRICT or x.sort.kind != "num":
            continue
        else:
            out.update(dict.fromkeys(_own(x, rw, real)))
            parts = x.args
            if x.op == "mul" and any(contains_log(a) for a in parts):
                # 0 · log 0 is 0
                parts = tuple(a for i, a in enumerate(parts) if not contains_log(a) or all(rw.oracle.nonzero(c) for j, c in enumerate(parts) if j != i))
        for a in parts:
            if a not in seen:
                seen.add(a)
                stack.append(a)
    return [f for f in out if f.op == "rel" and (_is_pole_fact(f) or not rw.oracle.holds(f))]


def _some_index(t: Term, rw: Rewriter) -> bool:
    """Whether the range of a sum is shown to hold an integer."""
    lo, hi = t.args[:2]
    return rw.oracle.less_equal(lo, hi) and (rw.oracle.integer(lo) or rw.oracle.integer(hi))


def without_value(t: Term, rw: Rewriter) -> bool:
    """Whether `t` is shown to have no value: one of its necessary conditions fails, or Γ stands at a pole."""
    for f in facts_of(t, rw):
        if f.op == "rel" and rw.oracle.refutes(f):
            return True
        if _is_pole_fact(f):
            v = f.args[0].args[0]
            if rw.oracle.integer(v) and rw.oracle.nonpositive(v):
                return True
    return False


def contains_log(t: Term) -> bool:
    """Whether a logarithm stands in the term."""
    return any(s.op == "fn" and s.data == "log" for s in subterms(t))


def exact_conditions(t: Term, rw: Rewriter) -> tuple[list[Term], bool]:
    """Of the conditions that together suffice for `t` to have a value those that are necessary, too; and whether these are all."""
    from derivcheck.kernel.definedness import nonzero

    facts = {nonzero(f.args[0]) if f.data == "≠" and f.args[1] is b.ZERO else f for f in facts_of(t, rw)}
    found = rw.oracle.undefinedness(t)
    needed = [c for c in found if c in facts]
    return needed, len(needed) == len(found)


def _own(x: Term, rw: Rewriter, real: bool) -> list[Term]:
    """What this node needs of its arguments."""

    def nonzero(u: Term) -> Term:
        return b.rel(u, "≠", b.ZERO)

    if x.op == "div":
        return [nonzero(x.args[1])]
    if x.op == "pow":
        n = integer_value(x.args[1])
        if n is not None:
            return [nonzero(x.args[0])] if n < 0 else []
        if real and not rw.oracle.integer(x.args[1]) and rw.oracle.real(x.args[0]):
            return [b.rel(x.args[0], "≥", b.ZERO)]
        return [nonzero(x.args[0])] if rw.oracle.negative(x.args[1]) else []
    if x.op != "fn":
        return []
    u, name = x.args[0], str(x.data)
    if name == "log":
        return [b.rel(u, ">", b.ZERO)] if real and rw.oracle.real(u) else [nonzero(u)]
    if name in ("tan", "sec"):
        return [nonzero(b.fn("cos", u))]
    if name in ("cot", "csc"):
        return [nonzero(b.fn("sin", u))]
    if name in ("coth", "csch"):
        return [nonzero(b.fn("sinh", u)), nonzero(u)]
    if name == "arg":
        return [nonzero(u)]
    if real and name in ("arcsin", "arccos") and rw.oracle.real(u):
        return [b.rel(u, "≥", b.MINUS_ONE), b.rel(u, "≤", b.ONE)]
    if name in _POLES:
        v = rw.nf(b.add(u, b.ONE) if name == "factorial" else u)
        return [] if rw.oracle.positive(v) else [nonzero(b.fn("gamma", v))]
    return []


def _is_pole_fact(f: Term) -> bool:
    return f.args[0].op == "fn" and f.args[0].data == "gamma"


def _kinks(body: Term, x: Term, point: Term, rw: Rewriter) -> list[Term]:
    """`point ≠ a` where the body is surely not differentiable at a: one |u| with a coefficient that does not vanish, or one jump or
    corner of a two-branch definition; everything else is smooth (`smooth_elsewhere`)."""
    from derivcheck.kernel.rewrite import binder_facts
    from derivcheck.terms.term import bind

    inner = rw.child(binder_facts(bind("deriv", (x,), (point,), body, 1), (x,), rw.oracle))
    body = inner.nf(body)
    breaks = [s for s in subterms(body) if x in s.free and (s.op in ("cases", "ind") or (s.op == "fn" and s.data in ("abs", "sign", "floor", "max", "min")))]
    if len(breaks) != 1:
        return []
    s = breaks[0]
    if s.op == "fn" and s.data == "abs":
        return _corner(s, body, x, point, inner)
    if s.op == "fn" and s.data == "sign":
        p = b.rel(s.args[0], ">", b.ZERO)
        one, other = substitute(body, {s: b.ONE}), substitute(body, {s: b.MINUS_ONE})
    elif s.op == "ind":
        p = s.args[0]
        one, other = substitute(body, {s: b.ONE}), substitute(body, {s: b.ZERO})
    elif len(s.args) == 3 or (len(s.args) == 4 and negation(s.args[0]) is s.args[2]):
        p = s.args[0]
        one, other = substitute(body, {s: s.args[1]}), substitute(body, {s: s.args[-1]})
    else:
        return []
    if p.op == "rel" and p.data in ("=", "≠"):
        return _removed(p, one, other, x, point, inner, rw)
    place = _break_point(p, x, inner)
    if place is None or not (smooth_near(one, x, place, rw) and smooth_near(other, x, place, rw)):
        return []
    from derivcheck.semantics.differentiate import differentiate

    for u, v in ((one, other), (differentiate(one, x), differentiate(other, x))):
        gap = rw.nf(substitute(b.sub(u, v), {x: place}))
        if rw.oracle.nonzero(gap):
            return [b.rel(point, "≠", place)]
        if gap is not b.ZERO:
            return []
    return []


def _removed(p: Term, one: Term, other: Term, x: Term, point: Term, inner: Rewriter, rw: Rewriter) -> list[Term]:
    """`point ≠ a` where the value at a alone is set apart from the values around."""
    place = _break_point(b.rel(p.args[0], "<", p.args[1]), x, inner)
    if place is None:
        return []
    there, around = (one, other) if p.data == "=" else (other, one)
    if not smooth_near(around, x, place, rw) or x in there.free and not smooth_near(there, x, place, rw):
        return []
    gap = rw.nf(substitute(b.sub(there, around), {x: place}))
    return [b.rel(point, "≠", place)] if rw.oracle.nonzero(gap) else []


def _corner(s: Term, body: Term, x: Term, point: Term, inner: Rewriter) -> list[Term]:
    from derivcheck.semantics.differentiate import differentiate

    u = s.args[0]
    slope = inner.nf(differentiate(u, x))
    if x in slope.free or not inner.oracle.real(u) or not inner.oracle.nonzero(slope):
        return []
    g = fresh("g")
    region, [(top, bottom)] = numerator_polynomials([substitute(body, {s: g})], inner)
    i = region.index.get(("atom", g))
    if i is None or not bottom.is_constant() or int(top.degrees()[i]) != 1:
        return []
    lead = region.context.from_dict({tuple(0 if k == i else int(v) for k, v in enumerate(e)): c for e, c in top.to_dict().items() if e[i]})
    coefficient = region.to_term(lead, bottom)
    rest = substitute(body, {s: b.ZERO})
    if x in coefficient.free or not inner.oracle.nonzero(coefficient):
        return []
    place = inner.nf(b.neg(b.div(substitute(u, {x: b.ZERO}), slope)))
    if not smooth_near(rest, x, place, inner):
        return []
    return [b.rel(substitute(u, {x: point}), "≠", b.ZERO)]


def _break_point(p: Term, x: Term, rw: Rewriter) -> Term | None:
    """The number a at which an affine order relation in x changes its truth."""
    from derivcheck.semantics.differentiate import differentiate

    if p.op != "rel" or p.data not in ("<", "≤", ">", "≥"):
        return None
    gap = b.sub(p.args[0], p.args[1])
    slope = rw.nf(differentiate(gap, x))
    if x in slope.free or not rw.oracle.nonzero(slope) or not rw.oracle.real(gap):
        return None
    return rw.nf(b.neg(b.div(substitute(gap, {x: b.ZERO}), slope)))


def smooth_near(t: Term, x: Term, place: Term, rw: Rewriter) -> bool:
    """Whether x ↦ t is differentiable at `place` by the rules of differentiation."""
    from derivcheck.semantics.differentiate import derivative

    got = derivative(t, x)
    if not got.complete:
        return False
    value = substitute(t, {x: place})
    slope = substitute(got.term, {x: place})
    return (
        not rw.oracle.undefinedness(value)
        and not rw.oracle.undefinedness(slope)
        and all(rw.oracle.holds(substitute(c, {x: place})) for c in got.conditions)
    )
