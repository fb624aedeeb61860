"""Derivatives at a point that do not exist: the difference quotient tends to infinity, or to different limits from the two sides.

`without_derivative(t, rw)` shows it for a closed derivative of first order by the expansions of `kernel.asymptotics`.
"""

from __future__ import annotations

from derivcheck.kernel.limits import limit
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, fresh, num, open_binder, substitute


def without_derivative(t: Term, rw: Rewriter) -> bool:
    """Whether a derivative at a number is shown not to exist."""
    if t.op != "deriv" or t.data != 1 or t.sort.kind != "num" or t.free or b.is_infinite(t.args[0]):
        return False
    (x,), body = open_binder(t)
    at = t.args[0]
    value = substitute(body, {x: at})
    if x not in body.free or rw.oracle.undefinedness(value):
        return False
    h = fresh("h")
    quotient = b.div(b.sub(substitute(body, {x: b.add(at, h)}), value), h)
    sides = [limit(quotient, h, b.ZERO, way, rw) for way in "+-"]
    if any(v is not None and b.is_infinite(v) for v in sides):
        return True
    near = rw.child(((Declaration(h, b.interval(b.ZERO, num("1/1000"), "()")),), ()))
    real = all(near.oracle.real(substitute(body, {x: v})) for v in (b.add(at, h), b.sub(at, h)))
    right, left = sides
    return real and right is not None and left is not None and rw.oracle.nonzero(rw.nf(b.sub(right, left)))


def closed_parts(p: Term, *ops: str) -> list[Term]:
    """The parts of a statement with one of these ops and without free symbols, outside of binders."""
    out: dict[Term, None] = {}
    stack = list(p.args) if not p.bound else []
    while stack:
        t = stack.pop()
        if t.op in ops:
            if not t.free:
                out[t] = None
        elif not t.bound:
            stack.extend(t.args)
    return list(out)
