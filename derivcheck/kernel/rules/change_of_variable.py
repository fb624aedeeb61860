"""Changes of variable that bring an integral to a standard form.

    ∫_0^1 f(x) dx = ∫_{-∞}^∞ f(σ(u)) σ(u)(1 - σ(u)) du      σ(u) = 1/(1 + e^{-u}), for f with log x - log(1-x) in an exponent
    ∫_0^a f(x) dx = ∫_0^{a^k} f(s^{1/k}) s^{1/k - 1}/k ds   0 < a ≤ ∞, for f with x only in powers and in exp(c x^k), k ≥ 2
    ∫ f(y) p(s y + c) dy = ∫ f((u - c)/s) p(u) du / |s|     p a declared density, over the whole line

The maps are smooth and monotone between the open ranges, so the integrals exist together.
"""

from __future__ import annotations

from fractions import Fraction

from derivcheck.kernel import algebra
from derivcheck.kernel.literals import integer_value, linear_terms
from derivcheck.kernel.monomials import factors
from derivcheck.kernel.rewrite import Rewriter, level_symbol, rule
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num, substitute, subterms

SOURCE = "substitution by a smooth increasing map"


@rule("integral-in-logit", "int", statement="∫_0^1 f(x) dx = ∫ f(σ(u)) σ(u)(1 - σ(u)) du", side="log x and log(1 - x) under exp", source=SOURCE)
def integral_in_logit(t: Term, rw: Rewriter) -> Term | None:
    if t.args[0] is not b.ZERO or t.args[1] is not b.ONE or t.sort.kind != "num":
        return None
    (x,), body, inner = rw.under(t)
    logs = (b.log(x), b.log(inner.nf(b.sub(b.ONE, x))))
    if not any(s.op == "fn" and s.data == "exp" and all(any(v is w for v in subterms(s)) for w in logs) for s in subterms(body)):
        return None
    u = level_symbol("u", x.sort, rw.depth)
    # with p = log σ(u) = -log(1 + e^{-u}), q = log(1 - σ(u)) = p - u
    p = b.neg(b.log(b.add(b.ONE, b.exp(b.neg(u)))))
    at = substitute(body, {logs[0]: p, logs[1]: b.sub(p, u)})
    at = substitute(at, {x: b.exp(p)})
    return b.big("int", u, b.neg(b.INF), b.INF, b.mul(at, b.exp(b.sub(b.mul(b.TWO, p), u))))


@rule("integral-in-power", "int", statement="∫_0^a f(x) dx = ∫_0^{a^k} f(s^{1/k}) s^{1/k-1}/k ds", side="0 < a ≤ ∞; f has x in powers and in exp(c x^k) only", source=SOURCE)
def integral_in_power(t: Term, rw: Rewriter) -> Term | None:
    lo, hi = t.args[0], t.args[1]
    if lo is not b.ZERO or t.sort.kind != "num" or hi is b.INF or not rw.oracle.positive(hi):
        return None
    (x,), body, _ = rw.under(t)
    k = 0
    for _, m in linear_terms(body):
        top, bottom = factors(m)
        for f in (*top, *bottom):
            if x not in f.free or f is x or (f.op == "pow" and f.args[0] is x and x not in f.args[1].free):
                continue
            n = _exponent(f, x)
            if n is None or (k and n != k):
                return None
            k = n
    if k < 2:
        return None
    s = level_symbol("s", x.sort, rw.depth)
    root = b.pow_(s, num(Fraction(1, k)))
    new = b.mul(substitute(body, {x: root}), b.pow_(s, num(Fraction(1, k) - 1)), num(Fraction(1, k)))
    return b.big("int", s, b.ZERO, b.pow_(hi, k), new)


def _exponent(f: Term, x: Term) -> int | None:
    """k for exp(c x^k), c free of x."""
    if f.op != "fn" or f.data != "exp":
        return None
    found: set[int] = set()
    for _, m in linear_terms(f.args[0]):
        top, bottom = factors(m)
        if any(x in g.free for g in bottom):
            return None
        moving = [g for g in top if x in g.free]
        if not moving:
            continue
        g = moving[0]
        n = 1 if g is x else (integer_value(g.args[1]) if g.op == "pow" and g.args[0] is x else None)
        if len(moving) != 1 or n is None or n < 1:
            return None
        found.add(n)
    return found.pop() if len(found) == 1 else None


@rule(
    "integral-at-density",
    "int",
    "intset",
    statement="∫ f(y) p(s y + c) dy = ∫ f((u - c)/s) p(u) du / |s| over the whole line",
    side="s of known sign, free of y; all densities in the integrand are at the same place",
    source=SOURCE,
)
def integral_at_density(t: Term, rw: Rewriter) -> Term | None:
    if t.op == "int":
        low, high = t.args[:2]
        whole = high is b.INF and low.op == "neg" and low.args[0] is b.INF
    else:
        whole = t.args[0] is b.REALS
    if not whole or t.sort.kind != "num":
        return None
    (x,), body, inner = rw.under(t)
    places = {a for s in subterms(body) if s.op == "pdf" and s.args[0].op != "dist" for a in s.args[1:] if x in a.free}
    if len(places) != 1 or any(s.op == "pdf" and x in s.args[0].free for s in subterms(body)):
        return None
    (place,) = places
    if place is x or place.sort.kind != "num":
        return None
    start = inner.nf(substitute(place, {x: b.ZERO}))
    slope = inner.nf(b.sub(substitute(place, {x: b.ONE}), start))
    if x in slope.free or x in start.free or not algebra.is_zero(b.sub(place, b.add(b.mul(slope, x), start)), inner):
        return None
    if rw.oracle.positive(slope):
        size = slope
    elif rw.oracle.negative(slope):
        size = b.neg(slope)
    else:
        return None
    u = level_symbol("u", x.sort, rw.depth)
    at = substitute(substitute(body, {place: u}), {x: b.div(b.sub(u, start), slope)})
    return b.big("int", u, b.neg(b.INF), b.INF, b.div(at, size))
