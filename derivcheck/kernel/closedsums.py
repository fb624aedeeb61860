"""Sums that have a closed form: polynomials, polynomials times geometric terms, binomial sums, and the known power series.

`closed(rw, k, lo, hi, top, bottom)` takes one monomial (its factors that contain the index k) and gives the sum's value, or None.  Each
form's conditions (shown in the context outside the sum: inside, an empty range would show anything):

    ∑ k^m            Faulhaber; lo ≤ hi + 1
    ∑ k^m r^k        q(hi+1) r^(hi+1) - q(lo) r^lo with q(k+1) r - q(k) = k^m; r ≠ 1, exponents natural or r ≠ 0; |r| < 1 if hi = ∞
    ∑ k^m x^k y^(M-k) / (k! (M-k)!)   over 0 ≤ k ≤ M, through k^m = ∑ S(m, j) k(k-1)…(k-j+1)
    ∑ k^m / (k! (d+k)! (a-k)! (c-k)!)   Vandermonde (`vandermonde.py`)
    ∑ k^m r^k / k!   over k ≥ 0: e^r ∑ S(m, j) r^j
    ∑ k^m z^k Γ(a+k) / k!   over k ≥ 0: Γ(a) ∑ S(m, j) a(a+1)…(a+j-1) z^j (1-z)^(-a-j); |z| < 1, a > 0
    ∑ k^(-2j) over k ≥ 1: ζ(2j)      ∑ z^k/(2k+1)!, ∑ z^k/(2k+1), ∑ z^k/k and their kin: `powerseries.py`

Sources: DLMF 24.4, 26.8, 1.2, 4.2, 15.4, 25.6; Graham, Knuth, Patashnik, Concrete Mathematics, chapters 2 and 5.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import comb, factorial
from typing import TYPE_CHECKING

from derivcheck.kernel.literals import integer_value, linear_terms
from derivcheck.kernel.monomials import constant_part, degree_in, factored, linear_in
from derivcheck.kernel.powerseries import bernoulli, half_factorials, reciprocals, zeta_of, zeta_values
from derivcheck.kernel.vandermonde import convolution, vandermonde
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, num, substitute, subterms

if TYPE_CHECKING:
    from derivcheck.kernel.rewrite import Rewriter

MAX_DEGREE = 12
MAX_SHIFT = 12


def faulhaber(m: int, x: Term) -> Term:
    """The polynomial P with P(x) - P(x-1) = x^m, P(0) = 0."""
    parts = []
    for j in range(m + 1):
        c = Fraction(comb(m + 1, j)) * bernoulli(j) / (m + 1)
        if c:
            parts.append(b.mul(num(c), b.pow_(x, m + 1 - j)))
    return b.add(*parts)


@lru_cache(maxsize=256)
def stirling(m: int, j: int) -> int:
    """Stirling numbers of the second kind: k^m = ∑ S(m, j) k(k-1)…(k-j+1)."""
    if m == j:
        return 1
    if j == 0 or j > m:
        return 0
    return j * stirling(m - 1, j) + stirling(m - 1, j - 1)


def geometric_factor(f: Term, k: Term, rw: Rewriter) -> tuple[Term, Term] | None:
    """f = c r^k with c and r free of k, and r^k a value for every k in range: `(r, c)`."""
    if f.op == "pow" and k not in f.args[0].free:
        base, exponent = f.args
        got = linear_in(exponent, k)
        if got is None or got[0] == 0:
            return None
        a, rest = got
        if rw.oracle.nonzero(base) and (a.denominator == 1 or rw.oracle.positive(base)):
            return (base if a == 1 else b.pow_(base, num(a))), b.pow_(base, rest)
        if a.denominator == 1 and a > 0 and rw.oracle.natural(rest):
            return (base if a == 1 else b.pow_(base, num(a))), b.pow_(base, rest)
        return None
    if f.op == "fn" and f.data == "exp":
        parts = []
        for c, m in linear_terms(f.args[0]):
            inside = _without_factor(m, k)
            if inside is None or k in inside.free:
                return None
            parts.append(b.mul(num(c), inside))
        return b.exp(b.add(*parts)), b.ONE
    return None


def _without_factor(m: Term, k: Term) -> Term | None:
    if m is k:
        return b.ONE
    if m.op == "mul" and k in m.args:
        args = list(m.args)
        args.remove(k)
        return b.mul(*args)
    if m.op == "div":
        inside = _without_factor(m.args[0], k)
        return None if inside is None else b.div(inside, m.args[1])
    return None


def closed(rw: Rewriter, k: Term, lo: Term, hi: Term, top: list[Term], bottom: list[Term]) -> Term | None:
    """The value of ∑_{k=lo}^{hi} ∏ top / ∏ bottom where a closed form is known and its conditions are shown."""
    degree, rest = degree_in(top, k)
    if degree > MAX_DEGREE or lo is b.INF or (lo.op == "neg" and lo.args[0] is b.INF):
        return None
    infinite = hi is b.INF
    series = zeta_of(rw, k, lo, top, bottom) if infinite else None
    if series is not None:
        return series
    bottom = _absorbed(rw, k, lo, hi, bottom)
    ratio: list[Term] = []
    constant: list[Term] = []
    gammas_top: list[Term] = []
    gammas_bottom: list[Term] = []
    powers: int = 0
    reflected: list[tuple[Term, Term, Fraction]] = []
    lines: list[Term] = []
    moved = _reindexed(rw, k, lo, hi, degree, rest, bottom)
    if moved is not None:
        return moved
    if degree == 0 and not bottom and not infinite:
        both = convolution(rw, k, lo, hi, rest)
        if both is not None:
            return both
    for f in rest:
        if f.op == "fn" and f.data == "gamma":
            gammas_top.append(f.args[0])
            continue
        got = geometric_factor(f, k, rw)
        if got is not None:
            ratio.append(got[0])
            constant.append(got[1])
            continue
        # y^(M - k) with y that may vanish
        lin = linear_in(f.args[1], k) if f.op == "pow" and k not in f.args[0].free else None
        if lin is not None and lin[0] == -1:
            reflected.append((f.args[0], lin[1], lin[0]))
            continue
        return None
    for f in bottom:
        if f.op == "fn" and f.data == "gamma":
            gammas_bottom.append(f.args[0])
        elif f.op == "pow" and f.args[0].op == "fn" and f.args[0].data == "gamma" and integer_value(f.args[1]) == 2:
            gammas_bottom += [f.args[0].args[0]] * 2
        elif k not in f.free and rw.oracle.nonzero(f):
            constant.append(b.div(b.ONE, f))
        elif f is k:
            powers += 1
        elif f.op == "pow" and f.args[0] is k and (integer_value(f.args[1]) or 0) > 0:
            powers += integer_value(f.args[1]) or 0
        elif f.op == "add" and infinite:
            lines.append(f)
        else:
            got = geometric_factor(f, k, rw)
            if got is None or not rw.oracle.nonzero(got[0]):
                return None
            ratio.append(b.div(b.ONE, got[0]))
            constant.append(b.div(b.ONE, got[1]))
    r = rw.nf(b.mul(*ratio))
    c = b.mul(*constant)
    value: Term | None = None
    if infinite and (lines or powers) and not (gammas_top or gammas_bottom or reflected or degree or (lines and powers) or len(lines) > 1):
        below, power = (k, powers) if powers else _power_of_a_line(lines[0], rw.child(((Declaration(k, b.int_range(lo, hi)),), ())))
        if power == 1:
            return reciprocals(rw, k, lo, r, c, below)
        return zeta_values(rw, k, lo, r, c, below, power)
    if lines:
        return None
    if not gammas_top and not gammas_bottom and not reflected and not powers:
        value = _elementary(rw, lo, hi, degree, r if ratio else None)
    elif len(gammas_bottom) == 2 and not gammas_top and not powers and not infinite:
        return _binomial(rw, k, lo, hi, degree, r, c, gammas_bottom, reflected)
    elif len(gammas_bottom) == 4 and r is b.ONE and not (gammas_top or powers or reflected or infinite):
        value = vandermonde(rw, k, lo, hi, degree, gammas_bottom)
    elif len(gammas_bottom) == 1 and infinite and not (gammas_top or powers or reflected or degree) and _slope(gammas_bottom[0], k) == 2:
        return half_factorials(rw, k, lo, r, c, gammas_bottom[0])
    elif len(gammas_bottom) == 1 and not reflected and not powers and infinite and len(gammas_top) <= 1:
        return _power_series(rw, k, lo, degree, r, c, gammas_top, gammas_bottom[0])
    return None if value is None else b.mul(c, value)


def _power_of_a_line(f: Term, inner: Rewriter) -> tuple[Term, int]:
    """(g, m) with f = g^m up to a number, g of least degree."""
    got = factored(f, inner)
    if got is None or len(got[1]) != 1 or got[1][0][1] < 2:
        return f, 1
    base, e = got[1][0]
    root = Fraction(abs(got[0].numerator) ** (1 / e)).limit_denominator(1000) / Fraction(got[0].denominator ** (1 / e)).limit_denominator(1000)
    return (b.mul(num(root), base), e) if root**e == got[0] else (f, 1)


def _slope(u: Term, k: Term) -> Fraction | None:
    got = linear_in(u, k)
    return None if got is None else got[0]


def _absorbed(rw: Rewriter, k: Term, lo: Term, hi: Term, bottom: list[Term]) -> list[Term]:
    """The factors of a denominator that is expanded, linear ones put into Γ: (n-k) Γ(n-k) is Γ(n-k+1)."""
    gamma = [f for f in bottom if any(s.op == "fn" and s.data == "gamma" for s in subterms(f))]
    if not any(f.op == "add" for f in gamma) and not (gamma and any(f is k or f.op == "add" for f in bottom)):
        return bottom
    inner = rw.child(((Declaration(k, b.int_range(lo, hi)),), ()))
    got = factored(b.mul(*bottom), inner)
    if got is None:
        return bottom
    constant, parts = got
    if any(e < 0 for _, e in parts):
        return bottom
    gammas = [f.args[0] for f, e in parts if f.op == "fn" and f.data == "gamma" for _ in range(e)]
    out = [num(constant)] if constant != 1 else []
    waiting = [f for f, e in parts if not (f.op == "fn" and f.data == "gamma") for _ in range(e)]
    for f in waiting:
        for i, u in enumerate(gammas):
            multiple = inner.nf(b.div(f, u)) if f.free == u.free and k in f.free else None
            if multiple is not None and multiple.op == "num":
                gammas[i] = inner.nf(b.add(u, b.ONE))
                out += [multiple] if multiple is not b.ONE else []
                break
        else:
            out.append(f)
    return out + [b.fn("gamma", u) for u in gammas]


def _reindexed(rw: Rewriter, k: Term, lo: Term, hi: Term, degree: int, rest: list[Term], bottom: list[Term]) -> Term | None:
    """z^(k-c) with z that may vanish: i = k - c is the index, k^m = (i + c)^m."""
    for f in rest:
        if f.op != "pow" or k in f.args[0].free or rw.oracle.nonzero(f.args[0]):
            continue
        got = linear_in(f.args[1], k)
        if got is None or got[0] != 1 or got[1].op != "num" or got[1].data >= 0 or got[1].data.denominator != 1:
            continue
        c = -int(got[1].data)
        start = rw.nf(b.sub(lo, num(c)))
        if not rw.oracle.natural(start):
            return None
        shift = {k: b.add(k, num(c))}
        end = b.INF if hi is b.INF else rw.nf(b.sub(hi, num(c)))
        inner = rw.child(((Declaration(k, b.int_range(start, end)),), ()))
        others = [inner.nf(substitute(g, shift)) for g in rest]
        below = [inner.nf(substitute(g, shift)) for g in bottom]
        if any(g.op == "add" for g in others):
            return None
        parts: list[Term] = []
        for p in range(degree + 1):
            part = closed(rw, k, start, end, [b.pow_(k, p)] * (p > 0) + others, below)
            if part is None:
                return None
            parts.append(b.mul(num(comb(degree, p) * c ** (degree - p)), part))
        return b.add(*parts)
    return None


def _elementary(rw: Rewriter, lo: Term, hi: Term, degree: int, r: Term | None) -> Term | None:
    o = rw.oracle
    infinite = hi is b.INF
    if r is None or r is b.ONE:
        if infinite or not o.less_equal(lo, b.add(hi, b.ONE)):
            return None
        return b.sub(faulhaber(degree, hi), faulhaber(degree, b.sub(lo, b.ONE)))
    if not o.nonzero(b.sub(r, b.ONE)):
        return None
    if not (o.nonzero(r) or o.natural(lo)):
        return None
    if infinite:
        if not (o.less(b.fn("abs", r), b.ONE) or (o.less(r, b.ONE) and o.less(b.MINUS_ONE, r))):
            return None
    elif not o.less_equal(lo, b.add(hi, b.ONE)):
        return None
    q = _antidifference(degree, r)
    start = b.mul(_evaluate(q, lo), b.pow_(r, lo))
    if infinite:
        return b.neg(start)
    after = b.add(hi, b.ONE)
    return b.sub(b.mul(_evaluate(q, after), b.pow_(r, after)), start)


def _antidifference(m: int, r: Term) -> list[Term]:
    """q with q(k+1) r - q(k) = k^m, coefficients constant first."""
    step = b.sub(r, b.ONE)
    q: list[Term] = [b.ZERO] * (m + 1)
    for i in range(m, -1, -1):
        # coefficient of k^i: r ∑_{j≥i} C(j, i) q_j - q_i = [i = m]
        known = b.add(b.ZERO, *(b.mul(num(comb(j, i)), r, q[j]) for j in range(i + 1, m + 1)))
        q[i] = b.div(b.sub(num(1 if i == m else 0), known), step)
    return q


def _evaluate(q: list[Term], x: Term) -> Term:
    return b.add(*(c if i == 0 else b.mul(c, b.pow_(x, i)) for i, c in enumerate(q)))


def _below(k: Term, start: int, stop: int, term: Term) -> list[Term]:
    """The terms from `start` to `stop` - 1."""
    return [substitute(term, {k: num(i)}) for i in range(start, stop)]


def _binomial(
    rw: Rewriter, k: Term, lo: Term, hi: Term, degree: int, r: Term, c: Term, gammas: list[Term], reflected: list[tuple[Term, Term, Fraction]]
) -> Term | None:
    """∑ k^m x^k y^(s-k) / (Γ(k+c1) Γ(e-k)), brought to 1/(i! (M-i)!) with i = k + c1 - 1."""
    up = [linear_in(u, k) for u in gammas]
    rising = [u for u in up if u is not None and u[0] == 1]
    falling = [u for u in up if u is not None and u[0] == -1]
    if len(rising) != 1 or len(falling) != 1 or len(reflected) > 1:
        return None
    shift, symbolic = constant_part(rising[0][1])
    if symbolic is not b.ZERO or shift.denominator != 1:
        return None
    s = int(shift) - 1  # i = k + s
    o = rw.oracle
    M = rw.nf(b.add(falling[0][1], num(s), b.MINUS_ONE))  # falling argument is M - i + 1
    if not o.natural(M):
        return None
    first = integer_value(rw.nf(b.add(lo, num(s))))
    above = integer_value(rw.nf(b.sub(b.add(hi, num(s)), M)))
    if first is None or above is None or not 0 <= first <= MAX_SHIFT or not -MAX_SHIFT <= above <= 0:
        return None
    # the terms left out at both ends must not overlap
    if not o.less_equal(num(first - 1 - above), M):
        return None
    y, whole = b.ONE, M
    extra = b.ONE
    if reflected:
        y, offset, _ = reflected[0]
        # y^(offset - k) = y^(offset - k - (M - i)) y^(M - i)
        surplus = rw.nf(b.sub(b.add(offset, num(s)), M))
        if not o.natural(surplus):
            return None
        extra = b.pow_(y, surplus)
    # k^m = (i - s)^m; r^k = r^(i - s)
    if s != 0 and not o.nonzero(r):
        return None
    total: list[Term] = []
    for p in range(degree + 1):
        weight = comb(degree, p) * (-s) ** (degree - p)
        if not weight:
            continue
        for j in range(p + 1):
            if not stirling(p, j):
                continue
            base = b.add(r, y)
            if not (o.nonzero(rw.nf(base)) or o.less_equal(num(j), M)):
                return None
            fall = b.mul(b.ONE, *(b.sub(M, num(q)) for q in range(j)))
            total.append(
                b.mul(num(weight * stirling(p, j)), fall, b.pow_(r, j), b.pow_(base, b.sub(M, num(j))), b.div(b.ONE, b.fn("gamma", b.add(M, b.ONE))))
            )

    def at(i: Term) -> Term:
        return b.div(
            b.mul(b.pow_(b.sub(i, num(s)), degree), b.pow_(r, i), b.pow_(y, b.sub(whole, i))),
            b.mul(b.fn("gamma", b.add(i, b.ONE)), b.fn("gamma", b.add(b.sub(M, i), b.ONE))),
        )

    left = [b.neg(at(num(i))) for i in range(first)] + [b.neg(at(b.sub(M, num(i)))) for i in range(-above)]
    back = b.pow_(r, num(-s)) if s else b.ONE
    return b.mul(c, extra, back, b.add(*total, *left))


def _power_series(
    rw: Rewriter, k: Term, lo: Term, degree: int, r: Term, c: Term, above: list[Term], below: Term
) -> Term | None:
    """∑ k^m r^k Γ(a+k) / Γ(k+c1) from a number on."""
    o = rw.oracle
    got = linear_in(below, k)
    if got is None or got[0] != 1:
        return None
    shift, symbolic = constant_part(got[1])
    first0 = integer_value(lo)
    if symbolic is not b.ZERO or shift.denominator != 1 or first0 is None:
        return None
    s = int(shift) - 1
    first = first0 + s
    if not 0 <= first <= MAX_SHIFT or (s != 0 and not o.nonzero(r)):
        return None
    a: Term | None = None
    if above:
        rising = linear_in(above[0], k)
        if rising is None or rising[0] != 1:
            return None
        a = rw.nf(b.sub(rising[1], num(s)))
        if not o.positive(a) or not (o.less(r, b.ONE) and o.less(b.MINUS_ONE, r)):
            return None
    total: list[Term] = []
    for p in range(degree + 1):
        weight = comb(degree, p) * (-s) ** (degree - p)
        for j in range(p + 1):
            w = weight * stirling(p, j)
            if not w:
                continue
            if a is None:
                total.append(b.mul(num(w), b.pow_(r, j), b.exp(r)))
            else:
                rise = b.mul(b.ONE, *(b.add(a, num(q)) for q in range(j)))
                total.append(b.mul(num(w), rise, b.pow_(r, j), b.fn("gamma", a), b.pow_(b.sub(b.ONE, r), b.neg(b.add(a, num(j))))))

    def at(i: int) -> Term:
        numerator = b.mul(num((i - s) ** degree), b.pow_(r, i), *([] if a is None else [b.fn("gamma", b.add(a, num(i)))]))
        return b.div(numerator, num(factorial(i)))

    left = [b.neg(at(i)) for i in range(first)]
    back = b.pow_(r, num(-s)) if s else b.ONE
    return b.mul(c, back, b.add(*total, *left))
