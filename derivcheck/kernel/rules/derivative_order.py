"""Derivatives of a symbolic order that turns out to be a number; constants come out."""

from __future__ import annotations

from derivcheck.kernel.literals import integer_value
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.terms.term import Term, mk, substitute

MAX_ORDER = 12


@rule("derivative-of-order", "nderiv", statement="the derivative of order 0 is the value, of order k the k-th derivative", source="definition")
def derivative_of_order(t: Term, rw: Rewriter) -> Term | None:
    k = integer_value(t.args[1])
    if k is None or not 0 <= k <= MAX_ORDER or t.sort.kind != "num":
        return None
    if k == 0:
        symbols, body, _ = rw.under(t)
        return substitute(body, {symbols[0]: t.args[0]})
    return mk("deriv", (t.args[0], t.args[-1]), k, t.sort, t.bound)


