"""Moments of a named law under an expectation over it: E_D[x^n], E_D[x^s e^{tx}], E_D[x^s (1-x)^t log(x)^m log(1-x)^n], E_D|ax + c|, E_D[s^x], E_D[cos(tx + c)],
E_N[x^n cos(tx + c)], E_N[erf(tx + c)].

`kernel/moments.py` holds the values; here the integrand is read as such a monomial.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb

from derivcheck.kernel import moments
from derivcheck.kernel.literals import integer_value, linear_terms
from derivcheck.kernel.monomials import factored, factors, linear_in, product
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num, substitute

_MIRROR, _LESS_ONE = (Fraction(-1), b.ONE), (Fraction(1), num(-1))  # 1 - x and x - 1 as linear functions
MOST_WEIGHT = 6


def named_moment(inside: Term, d: Term, x: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    """E_{x~d}[inside] for a named law d and a monomial: its moment, or for a Bernoulli law the sum of its values; `inner` is the rewriter
    inside the expectation."""
    o = rw.oracle
    if x.sort.kind != "num":
        from derivcheck.kernel.rules.matrix_expectation import moment_of_vector

        return moment_of_vector(inside, d, x, inner)
    if d.data == "Bern":
        p = d.args[0]
        at = [substitute(inside, {x: num(v)}) for v in (0, 1)]
        if all(total(rw.nf(v), o) for v in at):
            return b.add(b.mul(b.sub(b.ONE, p), at[0]), b.mul(p, at[1]))
    top, bottom = factors(inside)
    if len(top) == 1 and not bottom and top[0].op == "fn":
        if top[0].data in ("cos", "sin"):
            return _oscillating(top[0], d, x, rw, inner)
        if top[0].data == "abs":
            return _absolute(top[0].args[0], d, x, rw)
        if top[0].data == "erf":
            return _smoothed(top[0].args[0], d, x, rw, inner)
    waves = [f for f in top if f.op == "fn" and f.data in ("cos", "sin")]
    if len(waves) == 1 and len(top) == 2 and not bottom and d.data == "N":
        (other,) = (f for f in top if f is not waves[0])
        n = 1 if other is x else integer_value(other.args[1]) if other.op == "pow" and other.args[0] is x else None
        return _weighted_wave(waves[0], n, d, x, rw, inner) if n is not None and 0 < n <= MOST_WEIGHT else None
    if not top and len(bottom) == 1 and linear_in(bottom[0], x) == (Fraction(1), b.ONE):
        return moments.reciprocal_of_next(d, o)
    got = _by_factors(top, bottom, d, x, rw)
    mixed = [f for f in bottom if f.op == "add" and x in f.free and linear_in(f, x) is None]
    if got is not None or not mixed or d.data not in ("Beta", "U"):
        return got
    # x - x² below is x (1 - x)
    parts = factored(b.mul(*mixed), inner)
    if parts is None or any(e < 0 for _, e in parts[1]):
        return None
    below = [f for f in bottom if f not in mixed] + [f if e == 1 else b.pow_(f, e) for f, e in parts[1]]
    got = _by_factors(top, below, d, x, rw)
    return None if got is None else b.div(got, num(parts[0]))


def _by_factors(top: list[Term], bottom: list[Term], d: Term, x: Term, rw: Rewriter) -> Term | None:
    """The moment of a monomial given by its factors above and below the line."""
    o = rw.oracle
    read = _Monomial(x, rw)
    if not all(read.take(f, 1) for f in top) or not all(read.take(f, -1) for f in bottom):
        return None
    exponents = [*read.exponents, num(read.degree)]
    if read.bases:
        # s^x for all of them together
        alone = read.degree >= 0 and not (read.exponents or read.mirrored or read.logs != [0, 0])
        s = rw.nf(b.mul(*read.bases, *(b.exp(t) for t in read.slopes)))
        got = moments.generating(d, s, o, read.degree) if alone else None
        return None if got is None else b.mul(got, *read.outside)
    if read.mirrored or read.logs != [0, 0]:
        if read.slopes:
            return None
        s, t = rw.nf(b.add(*exponents)), rw.nf(b.add(b.ZERO, *read.mirrored))
        got = moments.with_logarithms(d, s, t, (read.logs[0], read.logs[1]), o)
        return None if got is None else b.mul(num(read.sign), got)
    if read.slopes:
        return _tilted(read.degree, read.slopes, d, rw) if not read.exponents else None
    if read.exponents or read.degree < 0 or d.data == "InvGa":
        return moments.power(d, rw.nf(b.add(*exponents)), o)
    return moments.moment(d, read.degree)


class _Monomial:
    """x^{degree + exponents} (1-x)^{mirrored} (log x)^{logs[0]} (log(1-x))^{logs[1]} e^{slopes x} ∏ base^x, times a sign."""

    def __init__(self, x: Term, rw: Rewriter) -> None:
        self.x, self.rw = x, rw
        self.degree, self.sign = 0, 1
        self.slopes: list[Term] = []
        self.exponents: list[Term] = []
        self.mirrored: list[Term] = []
        self.bases: list[Term] = []
        self.outside: list[Term] = []
        self.logs = [0, 0]

    def take(self, f: Term, side: int) -> bool:
        """One factor above (1) or below (-1) the line; whether it is understood."""
        x = self.x
        base, exponent = (f.args[0], f.args[1]) if f.op == "pow" else (f, b.ONE)
        n = integer_value(exponent)
        if base is x and x not in exponent.free:
            if n is not None:
                self.degree += side * n
            else:
                self.exponents.append(exponent if side > 0 else b.neg(exponent))
        elif f.op == "pow" and x not in base.free and (s := _base(f, x, side, self.rw)) is not None:
            self.bases.append(s[0])
            self.outside.append(s[1])
        elif f.op == "fn" and f.data == "exp" and (slope := _slope(f.args[0], x)) is not None:
            self.slopes.append(slope if side > 0 else b.neg(slope))
        elif base.op == "fn" and base.data == "log" and side > 0 and n is not None and n > 0 and (base.args[0] is x or linear_in(base.args[0], x) == _MIRROR):
            self.logs[0 if base.args[0] is x else 1] += n
        elif x not in exponent.free and linear_in(base, x) == _MIRROR:
            self.mirrored.append(exponent if side > 0 else b.neg(exponent))
        elif n is not None and linear_in(base, x) == _LESS_ONE:
            self.mirrored.append(num(side * n))
            self.sign *= (-1) ** (n % 2)
        else:
            return False
        return True


def _tilted(degree: int, slopes: list[Term], d: Term, rw: Rewriter) -> Term | None:
    """E[X^n e^{tX}]: the exponential moment, or for a normal law the moments of the tilted one."""
    t = rw.nf(b.add(*slopes))
    if t is b.ZERO:
        return moments.moment(d, degree)
    factor = moments.exponential(d, t, rw.oracle)
    if factor is None or degree == 0:
        return factor
    if degree < 0:
        return None
    p = d.args
    if d.data == "N":
        tilted = b.distribution("N", b.add(p[0], b.mul(p[1], t)), p[1])
    elif d.data == "Ga":
        tilted = b.distribution("Ga", p[0], b.sub(p[1], t))
    elif d.data == "Exp":
        tilted = b.distribution("Exp", b.sub(p[0], t))
    elif d.data == "Po":
        tilted = b.distribution("Po", b.mul(p[0], b.exp(t)))
    else:
        return None
    m = moments.moment(tilted, degree)
    return None if m is None else b.mul(factor, m)


def _base(f: Term, x: Term, side: int, rw: Rewriter) -> tuple[Term, Term] | None:
    """(s, c) with f^{side} = c s^x for the integers x: s^{nx + r} = s^r (s^n)^x."""
    got = linear_in(f.args[1], x)
    if got is None or got[0].denominator != 1 or got[0] == 0:
        return None
    n = side * int(got[0])
    if (n < 0 or got[1] is not b.ZERO) and not rw.oracle.nonzero(f.args[0]):
        return None
    rest = b.ONE if got[1] is b.ZERO else b.pow_(f.args[0], got[1] if side > 0 else b.neg(got[1]))
    return b.pow_(f.args[0], n), rest


def _oscillating(f: Term, d: Term, x: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    """E[cos(tX + c)] = cos(tm + c) E[cos(t(X - m))] for a law that is symmetric about m; for sin alike."""
    t = _slope(b.add(b.ZERO, *(b.mul(num(c), m) for c, m in linear_terms(f.args[0]) if x in m.free)), x)
    if t is None or d.data not in ("N", "Laplace") or not inner.oracle.real(f.args[0]) or not rw.oracle.real(t):
        return None
    centred = moments.exponential(b.distribution(str(d.data), b.ZERO, d.args[1]), b.mul(t, b.I_CONST), rw.oracle)
    return None if centred is None else b.mul(b.fn(str(f.data), substitute(f.args[0], {x: d.args[0]})), centred)


def _weighted_wave(f: Term, n: int, d: Term, x: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    """E[X^n cos(tX + c)] for X ~ N(m, v), the real part of e^{ic} E[X^n e^{itX}] = e^{i(tm + c) - vt²/2} E[(Y + ivt)^n], Y ~ N(m, v); sin alike."""
    t = _slope(b.add(b.ZERO, *(b.mul(num(c), m) for c, m in linear_terms(f.args[0]) if x in m.free)), x)
    m, v = d.args
    if t is None or not inner.oracle.real(f.args[0]) or not rw.oracle.real(t) or not moments.valid(d, rw.oracle):
        return None
    parts: list[list[Term]] = [[], []]
    for j in range(n + 1):
        mean = moments.moment(d, n - j)
        if mean is None:
            return None
        sign = 1 if j % 4 < 2 else -1
        parts[j % 2].append(b.mul(num(sign * comb(n, j)), b.pow_(b.mul(v, t), j), mean))
    re, im = (b.add(b.ZERO, *p) for p in parts)
    phase = substitute(f.args[0], {x: m})
    cos, sin = b.fn("cos", phase), b.fn("sin", phase)
    whole = b.sub(b.mul(re, cos), b.mul(im, sin)) if f.data == "cos" else b.add(b.mul(re, sin), b.mul(im, cos))
    return b.mul(b.exp(b.neg(b.div(b.mul(v, b.pow_(t, 2)), b.TWO))), whole)


def _smoothed(u: Term, d: Term, x: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    """E[erf(tX + c)] = erf((tm + c)/√(1 + 2t²v)) for X ~ N(m, v): 2 Pr(Z ≤ √2 (tX + c)) - 1 with another normal variable Z."""
    t = _slope(b.add(b.ZERO, *(b.mul(num(c), m) for c, m in linear_terms(u) if x in m.free)), x)
    if t is None or d.data != "N" or not inner.oracle.real(u) or not rw.oracle.real(t) or not moments.valid(d, rw.oracle):
        return None
    return b.fn("erf", b.div(substitute(u, {x: d.args[0]}), b.sqrt(b.add(b.ONE, b.mul(b.TWO, b.pow_(t, 2), d.args[1])))))


def _absolute(u: Term, d: Term, x: Term, rw: Rewriter) -> Term | None:
    got = linear_in(u, x)
    if got is None or got[0] == 0:
        return None
    centre = rw.nf(b.div(b.neg(got[1]), num(got[0])))
    m = moments.absolute_moment(d, centre)
    return None if m is None else b.mul(num(abs(got[0])), m)


def _slope(u: Term, x: Term) -> Term | None:
    """t with u = t x."""
    parts = []
    for c, m in linear_terms(u):
        if m is x:
            parts.append(num(c))
            continue
        top, bottom = factors(m)
        if top.count(x) != 1:
            return None
        top.remove(x)
        if any(x in f.free for f in (*top, *bottom)):
            return None
        parts.append(b.mul(num(c), product(top, bottom)))
    return b.add(*parts) if parts else None
