"""Limits of scalar terms, read off the leading terms of asymptotic expansions; from both sides where the limit is two-sided."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from derivcheck.kernel import algebra
from derivcheck.kernel.asymptotic_series import Unknown
from derivcheck.kernel.asymptotics import Expander
from derivcheck.kernel.infinite import infinite_factor
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, fresh, mk, num, substitute

if TYPE_CHECKING:
    from derivcheck.kernel.rewrite import Rewriter


def limit(body: Term, x: Term, point: Term, direction: str, rw: Rewriter) -> Term | None:
    """The limit of body as x tends to point ('+', '-', '' for both sides, 'int' for sequences to infinity); None if not found."""
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
