"""Limits: read off asymptotic expansions (`kernel/limits.py`)."""

from __future__ import annotations

from derivcheck.kernel import algebra
from derivcheck.kernel.asymptotic_sums import interpolated
from derivcheck.kernel.infinite import unbounded
from derivcheck.kernel.limits import limit
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.kernel.riemann_sums import riemann_limit
from derivcheck.semantics.differentiate import differentiate
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, fresh, mk, num, open_binder, substitute, subterms


@rule("limit", "lim", statement="the limit of the leading term of the expansion; none for what is periodic and not constant; the integral for Riemann sums", source="Gruntz 1996; Hardy 1910")
def limit_rule(t: Term, rw: Rewriter) -> Term | None:
    symbols, body, _ = rw.under(t)
    x = symbols[0]
    if x not in body.free:
        return body
    if t.sort.kind != "num":
        return None
    point = t.args[0]
    area = riemann_limit(t, rw)
    if area is not None:
        return area
    if t.data == "int" and point is b.INF:
        body = interpolated(body, x, rw)
    value = limit(body, x, point, str(t.data), rw)
    if value is not None:
        return None if unbounded(body) and unbounded(value) and any(b.is_infinite(a) for a in (value, *value.args)) else value
    if t.data == "int" and point is b.INF:
        return sequence_limit(body, x, rw) or _turns(body, x, (num(1), num(2), num(3), num(4)), True, rw) or _scattered(body, x, (num(2), num(3), num(4)), True, rw)
    return no_limit(body, x, point, str(t.data), rw)


def no_limit(body: Term, x: Term, point: Term, direction: str, rw: Rewriter) -> Term | None:
    """`undefined` for a function that is periodic in s → ∞ (with x = ±s, or x = point ± 1/s) and not constant."""
    s = fresh("s")
    way = s if point is b.INF else b.neg(s) if point.op in ("neg", "mul") and b.INF in point.args else b.add(point, b.div(b.MINUS_ONE if direction == "-" else b.ONE, s))
    room = rw.child(((Declaration(s, b.POSITIVE),), (b.rel(s, ">", num(1000)),)))
    turned = room.nf(substitute(body, {x: way}))
    periods: dict[Term, None] = {}
    for u in subterms(turned):
        if u.op == "fn" and u.data in ("sin", "cos"):
            slope = room.nf(differentiate(u.args[0], s))
            if s not in slope.free and rw.oracle.nonzero(slope):
                periods[rw.nf(b.div(b.mul(b.TWO, b.PI), slope))] = None
    return _turns(turned, s, tuple(periods)[:3], False, rw) or _scattered(turned, s, tuple(periods)[:3], False, rw)


def _turns(body: Term, s: Term, periods: tuple[Term, ...], integral: bool, rw: Rewriter) -> Term | None:
    """`undefined` where body(s + T) = body(s) for one of the periods T, and body takes two values within a period."""
    for T in periods:
        places = (b.ZERO, b.ONE, b.TWO) if integral else (b.ZERO, b.div(T, num(4)), b.div(T, b.TWO))
        if not algebra.is_zero(b.sub(substitute(body, {s: b.add(s, T)}), body), rw):
            continue
        values = [rw.nf(substitute(body, {s: p})) for p in places]
        if any(rw.oracle.undefinedness(v) for v in values):
            continue
        if any(rw.oracle.nonzero(rw.nf(b.sub(values[0], v))) for v in values[1:]):
            return mk("const", (), "undefined")
    return None


def _scattered(body: Term, s: Term, periods: tuple[Term, ...], integral: bool, rw: Rewriter) -> Term | None:
    """`undefined` where body(a + n T) has different limits for two a, as n → ∞ over the natural numbers."""
    n = fresh("n")
    room = rw.child(((Declaration(n, b.POSITIVE_INTEGERS),), (b.rel(n, ">", num(1000)),)))
    for T in periods:
        places = [num(k) for k in range(int(T.data))] if integral else [b.mul(num(q), T) for q in ("0", "1/4", "1/2", "3/4")]
        found: list[Term] = []
        for a in places:
            along = room.nf(substitute(body, {s: b.add(a, b.mul(T, n))}))
            value = None if room.oracle.undefinedness(along) else limit(along, n, b.INF, "int", room)
            if value is not None and n not in value.free and all(_apart(value, other, rw) for other in found[:1]):
                found.append(value)
            if len(found) == 2:
                return mk("const", (), "undefined")
    return None


def _apart(p: Term, q: Term, rw: Rewriter) -> bool:
    """Whether two limits are shown to differ."""
    if b.is_infinite(p) or b.is_infinite(q):
        return p is not q and all(b.is_infinite(v) or rw.oracle.real(v) for v in (p, q))
    return rw.oracle.nonzero(rw.nf(b.sub(p, q)))


def sequence_limit(body: Term, n: Term, rw: Rewriter) -> Term | None:
    """c n^k r^n → 0 for |r| < 1, summand by summand, by |r^n| ≤ e^{-λ n} with λ = -log|r| > 0 (r = 0 aside, where it is 0)."""
    from derivcheck.kernel.literals import linear_terms
    from derivcheck.terms.context import Declaration
    from derivcheck.terms.term import fresh, mk, subterms

    total: list[Term] = []
    for c, m in linear_terms(body):
        whole = _partial_sums(m, n, rw)
        if whole is not None:
            total.append(b.mul(b.num_of(c), whole))
            continue
        powers = [s for s in subterms(m) if s.op == "pow" and s.args[1] is n and n not in s.args[0].free]
        if not powers:
            value = limit(m, n, b.INF, "", rw)
            if value is None or value is b.INF or value.op == "neg":
                return None
            total.append(b.mul(b.num_of(c), value))
            continue
        bound = m
        declarations = []
        for p in powers:
            r = p.args[0]
            if not (rw.oracle.real(r) and rw.oracle.less(b.MINUS_ONE, r) and rw.oracle.less(r, b.ONE)):
                return None
            rate = fresh("r")
            declarations.append(Declaration(rate, mk("set", (), "Rneg", b.REALS.sort)))
            bound = _replace(bound, p, b.exp(b.mul(rate, n)))
        if bound.op not in ("mul", "fn") or any(f.op == "add" for f in bound.args):
            return None
        inner = rw.child((tuple(declarations), ()))
        if limit(bound, n, b.INF, "", inner) is not b.ZERO:
            return None
    return b.add(*total) if total else b.ZERO


def _partial_sums(m: Term, n: Term, rw: Rewriter) -> Term | None:
    """c ∑_{k=l}^{n+d} f(k) → c ∑_{k=l}^∞ f(k), c, l, d and f free of n, for a series that is shown to converge (a number), by definition."""
    from derivcheck.kernel.monomials import linear_in
    from derivcheck.kernel.summable import summable
    from derivcheck.kernel.totality import total as valued

    factors = list(m.args) if m.op == "mul" else [m]
    moving = [f for f in factors if n in f.free]
    if len(moving) != 1 or moving[0].op != "sum" or moving[0].sort.kind != "num":
        return None
    t = moving[0]
    (k,), body = open_binder(t)
    lo, hi = t.args[:2]
    if n in lo.free and n not in hi.free:
        # backwards: the sum over -k
        lo, hi, body = rw.nf(b.neg(hi)), rw.nf(b.neg(lo)), substitute(body, {k: b.neg(k)})
    line = linear_in(hi, n)
    if line is None or line[0] != 1 or n in lo.free or not rw.oracle.integer(line[1]) or not rw.oracle.integer(lo):
        return None
    if lo.op != "num":
        lo, body = b.ZERO, substitute(body, {k: b.add(k, lo)})
    endless = b.sum_(k, lo, b.INF, body)
    (k,), body, inner = rw.under(endless)
    if n in body.free or not all(valued(f, rw.oracle) for f in factors if f is not t):
        return None
    if not all(summable(k, lo, b.INF, g, inner) for _, g in linear_terms(inner.nf(body))):
        return None
    return b.mul(*(f for f in factors if f is not t), endless)


def _replace(t: Term, old: Term, new: Term) -> Term:
    from derivcheck.terms.term import substitute

    return substitute(t, {old: new})
