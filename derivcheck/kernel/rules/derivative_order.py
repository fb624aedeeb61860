"""Derivatives of a symbolic order: those that turn out to be of a numeric one; linearity and Leibniz's rule where declared functions stand.

    (a f + b g)^(n) = a f^(n) + b g^(n)        (f g)^(n) = ∑_{k=0}^n C(n, k) f^(k) g^(n-k)        f, g smooth
    (p g)^(n) = ∑_{j=0}^m C(n, j) p^(j) g^(n-j)                                                     p a polynomial of degree m ≤ n
    (f(a x + c))^(n) = a^n f^(n)(a x + c)                                                           a ≠ 0
"""

from __future__ import annotations

from derivcheck.kernel.antiderivative import linear_slope, split_factors
from derivcheck.kernel.continuity import smooth
from derivcheck.kernel.literals import integer_value, linear_terms
from derivcheck.kernel.monomials import univariate
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.semantics.differentiate import differentiate
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, binder_names, fresh, mk, num, substitute, subterms

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




@rule("derivative-of-order-exponential", "nderiv", statement="(e^{a x + c})^(n) = a^n e^{a x + c}", side="a not 0", source="DLMF 4.10")
def derivative_of_order_exponential(t: Term, rw: Rewriter) -> Term | None:
    if not rw.oracle.natural(t.args[1]) or t.sort.kind != "num":
        return None
    (x,), body, inner = rw.under(t)
    if body.op != "fn" or body.data != "exp":
        return None
    slope = linear_slope(body.args[0], x, inner)
    if slope is None or not rw.oracle.nonzero(slope):
        return None
    return b.mul(b.pow_(slope, t.args[1]), substitute(body, {x: t.args[0]}))


@rule("derivative-of-order-split", "nderiv", statement="linearity, Leibniz's rule, linear arguments", side="smooth parts, among them declared functions; n natural", source="Leibniz; DLMF 1.4.12")
def derivative_of_order_split(t: Term, rw: Rewriter) -> Term | None:
    point, n = t.args[:2]
    if t.sort.kind != "num" or not rw.oracle.natural(n) or not any(s.op == "apply" for s in subterms(t.args[-1])):
        return None
    (x,), body, inner = rw.under(t)
    if not any(s.op == "apply" and x in s.free for s in subterms(body)):
        return None
    terms = linear_terms(body)
    parts = [(c, *split_factors(m, x)) for c, m in terms]
    if not all(smooth(kernel, x, inner.oracle) for _, _, kernel in parts):
        return None

    def derivative(f: Term, order: Term) -> Term:
        return b.nderiv(x, order, f, point)

    if len(parts) > 1 or parts[0][0] != 1 or parts[0][1]:
        if not all(not f.free or rw.oracle.real(f) for _, fixed, _ in parts for f in fixed):
            return None
        return b.add(*(b.mul(num(c), *fixed, derivative(kernel, n)) for c, fixed, kernel in parts))
    body = parts[0][2]
    if body.op == "mul":
        polynomial = b.mul(*(f for f in body.args if _power(f, x)))
        rest = [f for f in body.args if not _power(f, x)]
        row = univariate(polynomial, x) if x in polynomial.free else None
        if row is not None:
            degree = len(row) - 1
            if not rw.oracle.less_equal(num(degree), n):
                return None
            out, p = [], polynomial
            for j in range(degree + 1):
                out.append(b.mul(b.fn("binom", n, num(j)), substitute(p, {x: point}), derivative(b.mul(*rest), b.sub(n, num(j)))))
                p = inner.nf(differentiate(p, x))
            return b.add(*out)
        k = fresh("k")
        first, others = rest[0], b.mul(*rest[1:])
        return b.sum_(k, b.ZERO, n, b.mul(b.fn("binom", n, k), derivative(first, k), derivative(others, b.sub(n, k))))
    if body.op == "apply" and len(body.args) == 2 and body.args[0].op == "sym":
        slope = linear_slope(body.args[1], x, inner)
        if slope is None or body.args[1] is x or not rw.oracle.nonzero(slope) or not rw.oracle.real(slope):
            return None
        v = fresh(binder_names(t)[0])
        return b.mul(b.pow_(slope, n), b.nderiv(v, n, b.apply(body.args[0], v), substitute(body.args[1], {x: point})))
    return None


def _power(f: Term, x: Term) -> bool:
    """x, or a natural power of it."""
    return f is x or (f.op == "pow" and f.args[0] is x and (integer_value(f.args[1]) or 0) > 0)
