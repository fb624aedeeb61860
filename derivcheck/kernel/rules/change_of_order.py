"""Iterated integrals over whole spaces, in one order.

    ∫ c(x) ∫ f(x, z) dz dx = ∫ ∫ c(x) f(x, z) dx dz

Both orders are written out and the one that comes first in the order of terms is kept.  Only in group `linearity`, for integrands with
an abstract symbol: that the double integral exists (Fubini's condition) is recorded.
"""

from __future__ import annotations

from derivcheck.kernel.densities import full
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.monomials import factors, product
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.kernel.summable import abstract, integrability
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num, rebind


def whole(t: Term) -> bool:
    """An integral over R or R^n."""
    if t.op == "intset":
        return full(t.args[0])
    return t.op == "int" and t.args[1] is b.INF and t.args[0].op in ("neg", "mul") and b.INF in t.args[0].args


@rule("fubini", "int", "intset", statement="∫∫ f dz dx = ∫∫ f dx dz over whole spaces", side="f abstract; integrability is recorded", source="Fubini 1907", group="linearity")
def fubini(t: Term, rw: Rewriter) -> Term | None:
    if t.sort.kind != "num" or not whole(t):
        return None
    (x,), body, inner = rw.under(t)
    terms = linear_terms(body)
    if len(terms) != 1:
        return None
    q, m = terms[0]
    top, bottom = factors(m)
    nested = [f for f in top if f.op in ("int", "intset")]
    if len(nested) != 1 or not whole(nested[0]) or not abstract(body, inner.oracle):
        return None
    top.remove(nested[0])
    (z,), inside, innermost = inner.under(nested[0])
    integrand = innermost.nf(b.mul(num(q), product(top, bottom), inside))
    plain = rebind(t, (x,), t.args[:-1], rebind(nested[0], (z,), nested[0].args[:-1], integrand))
    swapped = rebind(nested[0], (z,), nested[0].args[:-1], rebind(t, (x,), t.args[:-1], integrand))
    # the inner integral as the engine would write it there, so that both orders are compared in their own normal forms
    symbols, other, under = rw.under(swapped)
    swapped = rebind(swapped, symbols, swapped.args[:-1], under.nf(other))
    if order_key(swapped) >= order_key(t):
        return None
    rw.assume(integrability(plain))
    return swapped
