"""Limits of scalar terms, read off the leading terms of asymptotic expansions; from both sides where the limit is two-sided.

What swings between -1 and 1 without a limit is squeezed out: a term that is fractional linear in each of sin u, cos u, (-1)^n lies between its values at ±1.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

from derivcheck.kernel import algebra
from derivcheck.kernel.asymptotic_series import Unknown
from derivcheck.kernel.asymptotics import Expander
from derivcheck.kernel.infinite import infinite_factor
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, fresh, mk, num, substitute, subterms

if TYPE_CHECKING:
    from derivcheck.kernel.rewrite import Rewriter


MAX_SWINGING = 3


def limit(body: Term, x: Term, point: Term, direction: str, rw: Rewriter) -> Term | None:
    """The limit of body as x tends to point ('+', '-', '' for both sides, 'int' for sequences to infinity); None if not found."""
    found = _expanded(body, x, point, direction, rw)
    return found if found is not None else _squeezed(body, x, point, direction, rw)


def _squeezed(body: Term, x: Term, point: Term, direction: str, rw: Rewriter) -> Term | None:
    """The common limit at all the corners of the cube in which the swinging parts lie."""
    far = (b.rel(x, ">", num(1000)),) if point is b.INF else ()
    inner = rw.child(((Declaration(x, b.INTEGERS if direction == "int" else b.REALS),), far))
    o = inner.oracle
    swinging: list[Term] = []
    for s in subterms(body):
        wave = s.op == "fn" and s.data in ("sin", "cos") and o.real(s.args[0])
        turn = s.op == "pow" and s.args[0] is b.MINUS_ONE and o.integer(s.args[1])
        if (wave or turn) and x in s.free and not any(v.op == "bvar" for v in s.free):
            swinging.append(s)
    if not 1 <= len(swinging) <= MAX_SWINGING or any(s in subterms(r.args[-1]) for s in swinging for r in swinging if r is not s):
        return None
    marks = [fresh("c") for _ in swinging]
    marked = substitute(body, dict(zip(swinging, marks, strict=True)))
    room = inner.child((tuple(Declaration(c, b.interval(b.MINUS_ONE, b.ONE, "[]")) for c in marks), ()))
    if not room.oracle.real(marked):
        return None
    if not _monotone_in_each(marked, marks, room):
        return None
    common: Term | None = None
    for corner in product((b.MINUS_ONE, b.ONE), repeat=len(marks)):
        value = _expanded(substitute(marked, dict(zip(marks, corner, strict=True))), x, point, direction, rw)
        if value is None or value.op == "const" and value.data == "undefined" or (common is not None and value is not common):
            return None
        common = value
    return common


def _monotone_in_each(t: Term, marks: list[Term], room: Rewriter) -> bool:
    """Whether t = P/Q with P and Q of degree at most 1 in each of the marks, and Q without them or nowhere 0: then its extremes over a cube are
    at corners."""
    region, [(top, bottom)] = algebra.numerator_polynomials([room.nf(t)], room)
    bounds = True
    for key, i in region.index.items():
        inside = {c for part in key[1:] if isinstance(part, Term) for c in part.free} & set(marks)
        if not inside:
            continue
        if key[0] not in ("atom", "root") or key[1] not in marks or region.dens[key] != 1 or top.degrees()[i] > 1 or bottom.degrees()[i] > 1:
            return False
        bounds = bounds and bottom.degrees()[i] == 0
    return bounds or room.oracle.nonzero(region.to_term(bottom, region.one))


def _expanded(body: Term, x: Term, point: Term, direction: str, rw: Rewriter) -> Term | None:
    """The limit by expansions."""
    minus_inf = b.neg(b.INF)
    t = fresh("t")
    ways: list[Term] = []
    if point is b.INF:
        ways = [b.div(b.ONE, t)]
    elif point is minus_inf or (point.op in ("neg", "mul") and b.INF in point.args):
        ways = [b.neg(b.div(b.ONE, t))]
    else:
        if direction in ("", "+"):
            ways.append(b.add(point, t))
        if direction in ("", "-"):
            ways.append(b.sub(point, t))
        if direction == "int":
            return None
    values = []
    for way in ways:
        value = one_sided(substitute(body, {x: way}), t, rw)
        if value is None:
            return None
        values.append(value)
    if len(values) == 1 or values[0] is values[1]:
        return values[0] if values[0] in (b.INF, minus_inf) else rw.nf(values[0])
    return _two_sided(values[0], values[1], rw)


def _two_sided(p: Term, q: Term, rw: Rewriter) -> Term | None:
    """The common limit from both sides; `undefined` where the two surely differ."""
    ends = (b.INF, b.neg(b.INF))
    if p in ends or q in ends:
        other = q if p in ends else p
        return mk("const", (), "undefined") if other in ends or rw.oracle.real(other) else None
    p, q = rw.nf(p), rw.nf(q)
    if p is q or algebra.is_zero(b.sub(p, q), rw):
        return p
    return mk("const", (), "undefined") if rw.oracle.nonzero(rw.nf(b.sub(p, q))) else None


def one_sided(body: Term, t: Term, rw: Rewriter) -> Term | None:
    """The limit of body as t → 0+."""
    from derivcheck.kernel.infinite_means import finite_parts
    from derivcheck.kernel.rewrite import LEVELS

    LEVELS[t] = 990
    inner = rw.child((((Declaration(t, b.POSITIVE)),), (b.rel(t, "<", num(Fraction(1, 1000))),)))
    body = inner.nf(body)
    if infinite_factor(body, t) or not all(finite_parts(part, inner, t) for part in (body.args if body.op == "add" else (body,)) if t in part.free):
        return None
    for order in (3, 6, 12):
        expander = Expander(t, inner, order)
        try:
            series = expander.expand(body)
            if all(expander.tends(term) <= 0 for term, _ in series.terms) and (series.rest is None or expander.tends(series.rest) < 0):
                # what does not tend to 0 is a constant, whether or not it vanishes
                constant = [c for term, c in series.terms if expander.tends(term) == 0]
                return b.add(*constant) if constant else b.ZERO
            if not series.terms:
                continue
            scale, c = expander.lead(series)
            if expander.tends(scale) <= 0:
                continue
            if not inner.oracle.real(body) or not finite_parts(body, inner, t):
                return None  # ±∞ are limits of real values only, and x - ∞ does not tend to ∞
            return b.INF if expander.sign(c) > 0 else b.neg(b.INF)
        except Unknown:
            continue
        except ZeroDivisionError:
            return None
    return None
