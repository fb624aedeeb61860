"""Integrals and expectations over a density of vectors (and matrices).

    E_p[v] = v                          v free of the variable, p of mass 1
    E_p[v(x)] = ∫ p(x) v(x) dx          p nowhere zero (there the integrand has a value wherever v has one)
    ∫ c v(x) dx = c ∫ v(x) dx           c ≠ 0 free of x
    ∫ c(x) v dx = (∫ c(x) dx) v         v free of x, ∫ c known
    ⟨∫ v(x) dx, w⟩ = ∫ ⟨v(x), w⟩ dx     w free of x: read from left to right it needs nothing but that ∫ v has a value

Limits: one variable of integration; sums of vectors under the integral are left together.
"""

from __future__ import annotations

from derivcheck.kernel.densities import domains, full, normalised, positive, value
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, bind, mk, rebind

SOURCE = "Lebesgue integral, entry by entry"


@rule("expectation-of-vector", "Eover", statement="E_p[v] = v for constant v; E_p[v] = ∫ p v", side="p normalised; p nowhere zero on its domain", source=SOURCE)
def expectation_of_vector(t: Term, rw: Rewriter) -> Term | None:
    if t.sort.kind != "mat":
        return None
    d = t.args[0]
    symbols, body, inner = rw.under(t)
    if not set(symbols) & body.free:
        return body if normalised(d, rw.oracle) else None
    if len(symbols) != 1 or d.op == "dist" or not positive(d, rw.oracle):
        return None
    sets = domains(d, rw.oracle)
    if sets is None or len(sets) != 1 or not full(sets[0]):
        return None
    return bind("intset", symbols, sets, b.smul(inner.nf(value(d, symbols)), body), None, body.sort)


@rule("integral-of-multiple", "intset", "int", statement="∫ c v dx = c ∫ v dx", side="c ≠ 0 free of x, v a vector or matrix", source=SOURCE)
def integral_of_multiple(t: Term, rw: Rewriter) -> Term | None:
    if t.sort.kind != "mat":
        return None
    (x,), body, inner = rw.under(t)
    if body.op != "smul":
        return None
    from derivcheck.kernel.monomials import factors, product

    top, bottom = factors(body.args[0])
    outside = product([f for f in top if x not in f.free], [f for f in bottom if x not in f.free])
    if x not in body.args[1].free:
        scalar = rw.nf(bind(t.op, (x,), t.args[:-1], body.args[0], t.data, b.ONE.sort))
        if total(scalar, rw.oracle):
            return b.smul(scalar, body.args[1])
    if outside is b.ONE or not inner.oracle.nonzero(outside):
        return None
    inside = product([f for f in top if x in f.free], [f for f in bottom if x in f.free])
    rest = body.args[1] if inside is b.ONE else b.smul(inside, body.args[1])
    return b.smul(outside, rebind(t, (x,), t.args[:-1], rest))


@rule("inner-of-integral", "inner", statement="⟨∫ v dx, w⟩ = ∫ ⟨v, w⟩ dx", side="w free of x", source=SOURCE)
def inner_of_integral(t: Term, rw: Rewriter) -> Term | None:
    for k, a in enumerate(t.args):
        if a.op not in ("intset", "int"):
            continue
        (x,), body, _ = rw.under(a)
        pair = [body, t.args[1]] if k == 0 else [t.args[0], body]
        inside = mk("inner", tuple(pair))
        return bind(a.op, (x,), a.args[:-1], inside, a.data, inside.sort)
    return None
