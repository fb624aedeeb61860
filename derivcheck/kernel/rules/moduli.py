"""Moduli of sums with a common factor: |c u + c v| = c |u + v| for c ≥ 0."""

from __future__ import annotations

from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.monomials import factors, product
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num


@rule("modulus-of-common-factor", "fn:abs", statement="|c u + c v| = c |u + v|", side="c ≥ 0 (or ≤ 0: -c)", source="definition")
def modulus_of_common_factor(t: Term, rw: Rewriter) -> Term | None:
    terms = linear_terms(t.args[0])
    if len(terms) < 2:
        return None
    shared: set[Term] | None = None
    for _, m in terms:
        mine = {f for f in factors(m)[0] if f.op != "num"}
        shared = mine if shared is None else shared & mine
        if not shared:
            return None
    assert shared is not None
    for f in sorted(shared, key=order_key):
        info = rw.oracle.info(f)
        if info.nonnegative or info.nonpositive:
            rest: list[Term] = []
            for q, m in terms:
                top, bottom = factors(m)
                top.remove(f)
                rest.append(b.mul(num(q), product(top, bottom)))
            return b.mul(f if info.nonnegative else b.neg(f), b.fn("abs", b.add(*rest)))
    return None
