"""a sin u + b cos u as one wave: √(a² + b²) sin(u + arctan(b/a)) for a > 0; its bounds."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel import algebra
from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.inferences.solutions import holding, with_facts
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, fresh, substitute

_FLIP = {"<": ">", ">": "<", "≤": "≥", "≥": "≤", "=": "=", "≠": "≠"}


def wave(t: Term, u: Term, rw: Rewriter) -> tuple[Term, Term, Term]:
    """a, b, c, free of sin u and cos u, with t = a sin u + b cos u + c; rejected if they are not shown to be real with values."""
    sine, cosine = b.fn("sin", u), b.fn("cos", u)
    s, c = fresh("s"), fresh("c")
    marked = substitute(rw.nf(t), {sine: s, cosine: c})
    at = {(i, j): rw.nf(substitute(marked, {s: i, c: j})) for i in (b.ZERO, b.ONE) for j in (b.ZERO, b.ONE)}
    rest = at[(b.ZERO, b.ZERO)]
    first, second = rw.nf(b.sub(at[(b.ONE, b.ZERO)], rest)), rw.nf(b.sub(at[(b.ZERO, b.ONE)], rest))
    if not algebra.is_zero(b.sub(marked, b.add(b.mul(first, s), b.mul(second, c), rest)), rw):
        raise Rejected("not linear in sine and cosine")
    o = rw.oracle
    if not o.real(u) or not all(o.real(v) and total(v, o) for v in (first, second, rest)):
        raise Rejected("not shown real")
    return first, second, rest


@inference(
    "amplitude-bound",
    statement="a sin u + b cos u + c ≤ 0 from c ≤ 0 and a² + b² ≤ c² (< from <)",
    source="Cauchy-Schwarz: (a sin u + b cos u)² ≤ a² + b²",
    method="amplitude",
)
def amplitude_bound(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: u."""
    (u,) = params
    x, y = relation(ob, "<", "≤", ">", "≥")
    low, high = (x, y) if ob.statement.data in ("<", "≤") else (y, x)
    first, second, rest = wave(b.sub(low, high), u, session.rewriter(ob.context))
    data = "<" if ob.statement.data in ("<", ">") else "≤"
    return [
        Obligation(ob.context, b.rel(rest, "≤", b.ZERO)),
        Obligation(ob.context, b.rel(b.add(b.pow_(first, 2), b.pow_(second, 2)), data, b.pow_(rest, 2))),
    ]


@inference(
    "amplitude",
    statement="a sin u + b cos u + c R 0 says that sin(u + arctan(b/a)) R -c/√(a² + b²), for a > 0 (for a < 0 with all signs changed)",
    source="addition theorem of the sine",
    method="amplitude",
)
def amplitude(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (a relation among the hypotheses, or `goal`; u).  The hypothesis stays, the new one is added; the goal is replaced."""
    p, u = params
    rw = session.rewriter(ob.context)
    goal = p == "goal"
    if goal:
        p = ob.statement
    else:
        holding(ob, p, session)
    if p.op != "rel" or p.data not in _FLIP or p.args[0].sort.kind != "num":
        raise Rejected("not a relation of numbers")
    first, second, rest = wave(b.sub(*p.args[:2]), u, rw)
    data = str(p.data)
    if rw.oracle.negative(first):
        first, second, rest, data = rw.nf(b.neg(first)), rw.nf(b.neg(second)), rw.nf(b.neg(rest)), _FLIP[data]
    if not rw.oracle.positive(first):
        raise Rejected("the sign of the first coefficient is not shown")
    size = rw.nf(b.sqrt(b.add(b.pow_(first, 2), b.pow_(second, 2))))
    phase = rw.nf(b.fn("arctan", b.div(second, first)))
    new = b.rel(b.fn("sin", rw.nf(b.add(u, phase))), data, rw.nf(b.neg(b.div(rest, size))))
    return [Obligation(ob.context, new)] if goal else [Obligation(with_facts(ob.context, new), ob.statement)]
