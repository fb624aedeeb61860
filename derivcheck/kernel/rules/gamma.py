"""Gamma and its kin: factorials, binomial coefficients, Beta, digamma through Γ and ψ; values, shifts, reflection.

Wherever the left side has a value, the right side has the same.  That Γ has a value at v is known where v > 0, or from a hypothesis written
Γ(v) ≠ 0 (`inferences/values.py` makes it from the sides' having values).
"""

from __future__ import annotations

from fractions import Fraction

from derivcheck.kernel.literals import integer_value, linear_terms
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num


@rule("factorial", "fn:factorial", statement="n! = Γ(n+1)", source="DLMF 5.4.1")
def factorial(t: Term, rw: Rewriter) -> Term | None:
    u = t.args[0]
    n = integer_value(u)
    if n is not None:
        if 0 <= n <= 300:
            from math import factorial as f

            return num(f(n))
        return None
    return b.fn("gamma", b.add(u, b.ONE))


def _integer_shift(u: Term) -> tuple[int, Term] | None:
    """u = v + k with k an integer and the fraction part of the constant in [0, 1); None if the constant is already reduced."""
    terms = linear_terms(u)
    constant = sum((c for c, m in terms if m is b.ONE), Fraction(0))
    rest = [(c, m) for c, m in terms if m is not b.ONE]
    whole = constant.numerator // constant.denominator
    if not rest:
        return None
    part = constant - whole
    return whole, b.add(*(b.mul(num(c), m) for c, m in rest), *([num(part)] if part else []))


@rule("gamma-values", "fn:gamma", statement="Γ(n) = (n-1)!, Γ(n+½) = √π ∏(k+½), Γ(q) through Γ of the number in (0, ½) with the same or the opposite fraction", side="n, q numbers", source="DLMF 5.4")
def gamma_values(t: Term, rw: Rewriter) -> Term | None:
    u = t.args[0]
    if u.op != "num":
        return None
    q: Fraction = u.data
    if q.denominator == 1 and 1 <= q <= 300:
        from math import factorial as f

        return num(f(int(q) - 1))
    if q.denominator == 2 and abs(q) < 200:
        value, x = Fraction(1), q
        while x > 1:
            x -= 1
            value *= x
        while x < 0:
            value /= x
            x += 1
        return b.mul(num(value), b.sqrt(b.PI))
    if q.denominator > 2 and (q > 1 or q < 0) and abs(q) < 100:
        value, x = Fraction(1), q
        while x > 1:
            x -= 1
            value *= x
        while x < 0:
            value /= x
            x += 1
        return b.mul(num(value), b.fn("gamma", num(x)))
    if q.denominator > 2 and Fraction(1, 2) < q < 1:
        return b.div(b.PI, b.mul(b.fn("sin", b.mul(num(q), b.PI)), b.fn("gamma", num(1 - q))))
    return None


@rule("gamma-reflection", "fn:gamma", statement="Γ(1 - v) = π / (sin(πv) Γ(v))", side="Γ(v) has a value: 0 < v, or by hypothesis", source="DLMF 5.5.3")
def gamma_reflection(t: Term, rw: Rewriter) -> Term | None:
    u = t.args[0]
    if u.op == "num" or not _falling(u, rw) or rw.oracle.integer(u) or not rw.oracle.real(u):
        return None
    v = rw.nf(b.sub(b.ONE, u))
    shift = _integer_shift(v)
    known = shift is not None and lowest_value(rw.nf(shift[1]), shift[0], rw) is not None
    if known or (rw.oracle.positive(v) and not rw.oracle.integer(v)):
        return b.div(b.PI, b.mul(b.fn("sin", b.mul(b.PI, v)), b.fn("gamma", v)))
    return None


def _falling(u: Term, rw: Rewriter) -> bool:
    """Whether the first of the parts that are no numbers has a negative coefficient: of u and 1 - u one has."""
    moving = [(order_key(m), c) for c, m in linear_terms(rw.nf(u)) if m is not b.ONE]
    return bool(moving) and min(moving)[1] < 0


def lowest_value(v: Term, k: int, rw: Rewriter) -> int | None:
    """The smallest j ≤ k for which the context says that Γ has a value at v + j (written as the hypothesis Γ(v+j) ≠ 0)."""
    best: int | None = None
    for h in rw.oracle.context.hypotheses:
        p = h.statement
        if p.op == "rel" and p.data == "≠" and p.args[1] is b.ZERO and p.args[0].op == "fn" and p.args[0].data == "gamma":
            other = _integer_shift(p.args[0].args[0])
            if other is not None and other[0] <= k and (best is None or other[0] < best) and rw.nf(other[1]) is v:
                best = other[0]
    return best


@rule("gamma-shift", "fn:gamma", statement="Γ(v + k) = v (v+1) … (v+k-1) Γ(v)", side="v > 0 or Γ(v) has a value, so that both sides have values; k a positive integer", source="DLMF 5.5.1")
def gamma_shift(t: Term, rw: Rewriter) -> Term | None:
    shift = _integer_shift(t.args[0])
    if shift is None:
        return None
    k, v = shift
    start_at = lowest_value(rw.nf(v), k, rw)
    if start_at is not None and not rw.oracle.positive(v) and -40 < start_at <= k < start_at + 40:
        if start_at == k:
            return None
        base = rw.nf(v)
        return b.mul(*(b.add(base, num(j)) for j in range(start_at, k)), b.fn("gamma", b.add(base, num(start_at))))
    if k > 0 and k <= 40:
        base = rw.nf(v)
        low = 0
        # as far down as positivity carries: Γ(n+1) with n ≥ 0 stays, with n > 0 it is n Γ(n)
        while low < k and not rw.oracle.positive(b.add(base, num(low)) if low else base):
            low += 1
        if low >= k:
            return None
        start = b.add(base, num(low)) if low else base
        return b.mul(*(b.add(base, num(j)) for j in range(low, k)), b.fn("gamma", start))
    if k < 0 and k >= -40:
        # Γ(v - m) = Γ(v) / ((v-1) … (v-m)); both sides have values where v - m > 0
        if rw.oracle.positive(t.args[0]):
            base = rw.nf(v)
            return b.div(b.fn("gamma", base), b.mul(*(b.add(base, num(-j)) for j in range(1, -k + 1))))
    return None


@rule("double-factorial", "fn:factorial2", statement="(2m)!! = 2^m m!, (2m - 1)!! = (2m)!/(2^m m!)", side="m natural", source="DLMF 5.4.2")
def double_factorial(t: Term, rw: Rewriter) -> Term | None:
    u = t.args[0]
    if u.op == "num":
        return None
    m = rw.nf(b.div(u, b.TWO))
    if rw.oracle.natural(m):
        return b.mul(b.pow_(b.TWO, m), b.fn("factorial", m))
    m = rw.nf(b.div(b.add(u, b.ONE), b.TWO))
    if rw.oracle.natural(m):
        return b.div(b.fn("factorial", b.mul(b.TWO, m)), b.mul(b.pow_(b.TWO, m), b.fn("factorial", m)))
    return None


def _gauss_digamma(q: Fraction) -> Term:
    """ψ(p/d + n) = -γ - log(2d) - (π/2) cot(πp/d) + 2 ∑_{j < d/2} cos(2πjp/d) log sin(πj/d) + ∑ 1/(p/d + i) for d = 3, 4, 6 (Gauss, DLMF 5.4.19)."""
    p, d = q.numerator % q.denominator, q.denominator
    root, logs = {
        3: (Fraction(1, 3), b.mul(num("3/2"), b.log(num(3)))),
        4: (Fraction(1), b.mul(num(3), b.log(b.TWO))),
        6: (Fraction(1), b.add(b.mul(b.TWO, b.log(b.TWO)), b.mul(num("3/2"), b.log(num(3))))),
    }[d]
    # (π/2) cot(π/d), which changes its sign with p and d - p
    cot = b.mul(num(root / 2 if p == 1 else -root / 2), b.PI, *([] if d == 4 else [b.sqrt(num(3))]))
    whole = sum((1 / (Fraction(p, d) + i) for i in range(q.numerator // d)), Fraction(0))
    return b.add(num(whole), b.neg(EULER), b.neg(cot), b.neg(logs))


@rule("digamma-shift", "fn:digamma", statement="ψ(v+k) = ψ(v) + ∑ 1/(v+j); ψ(n+½) = -γ - 2 log 2 + ∑ 2/(2j-1); ψ(p/d), d = 3, 4, 6", side="v > 0", source="DLMF 5.4.15, 5.4.19, 5.5.2")
def digamma_shift(t: Term, rw: Rewriter) -> Term | None:
    u = t.args[0]
    if u.op == "num":
        q: Fraction = u.data
        if q.denominator == 1 and 1 <= q <= 200:
            return b.add(num(sum((Fraction(1, j) for j in range(1, int(q))), Fraction(0))), b.neg(EULER))
        if q.denominator == 2 and 0 < q <= 200:
            odd = sum((Fraction(2, 2 * j - 1) for j in range(1, int(q) + 1)), Fraction(0))
            return b.add(num(odd), b.neg(EULER), b.neg(b.mul(b.TWO, b.log(b.TWO))))
        return _gauss_digamma(q) if q.denominator in (3, 4, 6) and 0 < q <= 100 else None
    shift = _integer_shift(u)
    if shift is None:
        return None
    k, v = shift
    start_at = lowest_value(rw.nf(v), k, rw)
    if start_at is not None and not rw.oracle.positive(v) and -40 < start_at < k < start_at + 40:
        # Γ and ψ have the same poles
        return b.add(b.fn("digamma", b.add(v, num(start_at))), *(b.div(b.ONE, b.add(v, num(j))) for j in range(start_at, k)))
    if 0 < k <= 40 and rw.oracle.positive(v):
        return b.add(b.fn("digamma", v), *(b.div(b.ONE, b.add(v, num(j))) for j in range(k)))
    return None


EULER = b.mk("const", (), "euler")


@rule("loggamma", "fn:loggamma", statement="lnΓ(u) = log Γ(u)", side="u > 0", source="DLMF 5.2")
def loggamma(t: Term, rw: Rewriter) -> Term | None:
    return b.log(b.fn("gamma", t.args[0])) if rw.oracle.positive(t.args[0]) else None


@rule("beta", "fn:beta", statement="B(a, b) = Γ(a)Γ(b)/Γ(a+b)", side="a, b > 0", source="DLMF 5.12.1")
def beta(t: Term, rw: Rewriter) -> Term | None:
    x, y = t.args
    if rw.oracle.positive(x) and rw.oracle.positive(y):
        return b.div(b.mul(b.fn("gamma", x), b.fn("gamma", y)), b.fn("gamma", b.add(x, y)))
    return None


@rule("binom-number", "fn:binom", statement="\\binom{u}{k} = u(u-1)…(u-k+1)/k!", side="k a number, 0 ≤ k ≤ 60", source="DLMF 1.2.6; SPEC section 6")
def binom_number(t: Term, rw: Rewriter) -> Term | None:
    u, k = t.args
    n = integer_value(k)
    if n is None:
        if u is k and rw.oracle.natural(u):
            return b.ONE
        return None
    if n < 0:
        return b.ZERO if rw.oracle.natural(u) else None
    if n > 60:
        return None
    from math import factorial as f

    return b.div(b.mul(*(b.add(u, num(-j)) for j in range(n)), b.ONE, b.ONE), num(f(n)))


@rule("binom-gamma", "fn:binom", statement="\\binom{n}{k} = Γ(n+1)/(Γ(k+1)Γ(n-k+1)) for 0 ≤ k ≤ n, 0 for other integers k", side="n natural, k an integer", source="DLMF 1.2.1")
def binom_gamma(t: Term, rw: Rewriter) -> Term | None:
    n, k = t.args
    o = rw.oracle
    if o.natural(n) and o.integer(k) and (o.negative(k) or o.less(n, k)):
        return b.ZERO
    if o.natural(n) and o.natural(k) and o.less_equal(k, n):
        return b.div(
            b.fn("gamma", b.add(n, b.ONE)), b.mul(b.fn("gamma", b.add(k, b.ONE)), b.fn("gamma", b.add(b.sub(n, k), b.ONE)))
        )
    return None
