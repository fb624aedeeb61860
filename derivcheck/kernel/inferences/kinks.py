"""Minimisers of convex functions with kinks, |x - a| and max(u, v) among the summands: 0 lies between the one-sided slopes.

`one_sided(t, x, s, way, rw)` is the slope of t at s to the right (way 1) or to the left (way -1):

    smooth t            t'(s)
    s + t, c t, t / c   by linearity, c real and free of x
    |u|                 sign(u(s)) u_±'(s) ± 1[u(s) = 0] |u_±'(s)|
    max(u, v)           as (u + v + |u - v|)/2, min alike

A convex function on an open interval has x* as a minimiser just if its slope there is ≤ 0 to the left and ≥ 0 to the right, as its only one if
both are strict or the function is strictly convex; [l, r] is the set of its minimisers if the slopes around l and r say so.
Source: Rockafellar, Convex Analysis (1970), theorems 23.1, 24.1, 27.1.
Limits: kinks outside of sums and constant factors; open intervals.
"""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.convex_structure import bend
from derivcheck.kernel.inferences.convexity import smooth_derivative
from derivcheck.kernel.inferences.optimisers import _objective
from derivcheck.kernel.inferences.optimum import _OPTIMA, _member, _open, _point, sides
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.randomness import mentions_random
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.terms import build as b
from derivcheck.terms.context import Context
from derivcheck.terms.term import Term, substitute, subterms

KINKS = ("abs", "max", "min")
SOURCE = "Rockafellar, Convex Analysis (1970), 23-27"


def kinked(t: Term, x: Term) -> bool:
    """Whether |u|, max or min of something that depends on x stands in t."""
    return any(s.op == "fn" and s.data in KINKS and x in s.free for s in subterms(t))


def one_sided(t: Term, x: Term, s: Term, way: int, rw: Rewriter) -> Term:
    """The slope of t at x = s to one side; the caller has shown that t has real values around s."""
    if x not in t.free:
        return b.ZERO
    if not kinked(t, x):
        return substitute(smooth_derivative(t, x, rw), {x: s})
    if t.op in ("add", "neg"):
        return b.add(*(one_sided(a, x, s, way, rw) for a in t.args)) if t.op == "add" else b.neg(one_sided(t.args[0], x, s, way, rw))
    if t.op in ("mul", "div"):
        moving = [a for a in t.args if x in a.free]
        fixed = [a for a in t.args if x not in a.free]
        if len(moving) != 1 or (t.op == "div" and moving[0] is t.args[1]) or not all(rw.oracle.real(a) for a in fixed):
            raise Rejected("not a multiple by a real number")
        inside = one_sided(moving[0], x, s, way, rw)
        return b.div(inside, fixed[0]) if t.op == "div" else b.mul(*fixed, inside)
    if t.op == "fn" and t.data == "abs":
        u = t.args[0]
        if u.sort.kind != "num" or not rw.oracle.real(u):
            raise Rejected("not a modulus of a real number")
        slope, here = one_sided(u, x, s, way, rw), substitute(u, {x: s})
        turn = b.mul(b.ind(b.eq(here, b.ZERO)), b.fn("abs", slope))
        return b.add(b.mul(b.fn("sign", here), slope), turn if way > 0 else b.neg(turn))
    if t.op == "fn" and t.data in ("max", "min") and len(t.args) == 2:
        u, v = t.args
        if not rw.oracle.real(u) or not rw.oracle.real(v):
            raise Rejected("not shown real")
        gap = b.fn("abs", b.sub(u, v))
        return one_sided(b.div(b.add(u, v, gap if t.data == "max" else b.neg(gap)), b.TWO), x, s, way, rw)
    raise Rejected("a kink inside of a function")


def _convex_problem(ob: Obligation, session: Session) -> tuple[Term, Term, Term, Context, Term]:
    """(node, x, f, the context of x, the claimed set): f is to be minimised over an open interval, with real values and kinks."""
    node, value = sides(ob)
    if node.op not in ("argmin", "argmax") or mentions_random(ob.statement, session.oracle(ob.context)):
        raise Rejected("not a set of optimisers")
    x, f, context = _objective(ob, node, (), session)
    if not _open(context.declarations[x].domain):
        raise Rejected("not an open interval")
    if _OPTIMA[node.op] < 0:
        f = session.rewriter(context).nf(b.neg(f))
    if not kinked(f, x):
        raise Rejected("no kinks")
    return node, x, f, context, value


@inference(
    "optimum-subgradient",
    statement="argmin f = {x*} if f is convex on the open interval S ∋ x* with slope < 0 to the left of x*, > 0 to the right; ≤ and ≥ if f is strictly convex",
    source=SOURCE,
    method="one-sided slopes",
)
def optimum_subgradient(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: 'kink', or 'curved' where the summands without kinks have a positive second derivative."""
    (kind,) = params
    node, x, f, context, value = _convex_problem(ob, session)
    star = _point(node, value)
    rw = session.rewriter(context)
    xs = frozenset({x})
    strict: list[Obligation] = []
    if kind == "curved":
        parts = f.args if f.op == "add" else (f,)
        bent = [p for p in parts if kinked(p, x)]
        smooth = b.add(b.ZERO, *(p for p in parts if not kinked(p, x)))
        if not all(bend(p, xs, rw.oracle)[0] for p in bent):
            raise Rejected("not shown convex")
        curve = smooth_derivative(smooth_derivative(rw.nf(smooth), x, rw), x, rw)
        strict = [Obligation(context, b.rel(curve, ">", b.ZERO))]
    elif kind != "kink" or not bend(f, xs, rw.oracle)[0]:
        raise Rejected("not shown convex")
    right, left = (">", "<") if kind == "kink" else ("≥", "≤")
    return [_member(ob, star, context.declarations[x].domain), *strict, _slope(ob, f, x, star, 1, right, rw), _slope(ob, f, x, star, -1, left, rw)]


@inference(
    "optimum-flat",
    statement="argmin f = [l, r] if f is convex on the open interval S ∋ l ≤ r, with slopes < 0 before l, ≥ 0 after l, ≤ 0 before r, > 0 after r",
    source=SOURCE,
    method="one-sided slopes",
)
def optimum_flat(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    _, x, f, context, value = _convex_problem(ob, session)
    if value.op != "interval" or value.data != "[]":
        raise Rejected("not a closed interval")
    rw = session.rewriter(context)
    if not bend(f, frozenset({x}), rw.oracle)[0]:
        raise Rejected("not shown convex")
    low, high = value.args
    slopes = ((low, -1, "<"), (low, 1, "≥"), (high, -1, "≤"), (high, 1, ">"))
    domain = context.declarations[x].domain
    return [
        _member(ob, low, domain),
        _member(ob, high, domain),
        Obligation(ob.context, b.rel(low, "≤", high)),
        *(_slope(ob, f, x, s, way, order, rw) for s, way, order in slopes),
    ]


def _slope(ob: Obligation, f: Term, x: Term, s: Term, way: int, order: str, rw: Rewriter) -> Obligation:
    return Obligation(ob.context, b.rel(one_sided(f, x, s, way, rw), order, b.ZERO))
