"""Power series with every second factorial or every second denominator, and with shifted denominators.

    ∑ r^j / (2j)!       cosh u for r = u², cos u for r = -u²           ∑ r^j / (2j+1)!   sinh(u)/u, sin(u)/u
    ∑ r^j / (2j+1)      artanh(u)/u for r = u², arctan(u)/u for r = -u², over j ≥ 0; -1 ≤ r < 1
    ∑ r^j / j           -log(1-r) over j ≥ 1; -1 ≤ r < 1
    ∑ 1/j^m             ζ(m) for even m; ∑ (-1)^j/j^m = -(1-2^(1-m)) ζ(m); ∑ 1/(2j+1)^m = (1-2^(-m)) ζ(m)

The quotients by u are formed with the factor c that stands before the series, and only where c/u is shown to have a value: the sum has one
at u = 0 too.  At r = -1 the series converge by Leibniz's criterion, their values are the limits from inside by Abel's theorem.

Sources: DLMF 4.19.1-2, 4.33.1-2, 4.24.3, 4.38.4, 4.6.1, 25.6.2, 25.2.2-3; Rudin, Principles of Mathematical Analysis, 8.2.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import comb, factorial
from typing import TYPE_CHECKING

from derivcheck.kernel.algebra import is_zero
from derivcheck.kernel.literals import integer_value, linear_terms
from derivcheck.kernel.monomials import constant_part, linear_in, univariate
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num

if TYPE_CHECKING:
    from derivcheck.kernel.rewrite import Rewriter

MAX_SHIFT = 12


@lru_cache(maxsize=64)
def bernoulli(n: int) -> Fraction:
    """B_n with B_1 = +1/2."""
    if n == 0:
        return Fraction(1)
    total = Fraction(0)
    for j in range(n):
        total += comb(n + 1, j) * (bernoulli(j) if j != 1 else Fraction(-1, 2))
    value = -total / (n + 1)
    return Fraction(1, 2) if n == 1 else value


def square_root(r: Term, rw: Rewriter) -> tuple[bool, Term] | None:
    """(True, u) with r = u², (False, u) with r = -u²; None where no such u is seen."""
    terms = linear_terms(r)
    if len(terms) != 1:
        root = b.pow_(r, num("1/2")) if rw.oracle.positive(r) else b.pow_(b.neg(r), num("1/2")) if rw.oracle.negative(r) else None
        return None if root is None else (rw.oracle.positive(r), rw.nf(root))
    q, m = terms[0]
    top, bottom = (m.args[0], m.args[1]) if m.op == "div" else (m, b.ONE)
    out: list[Term] = [b.pow_(num(abs(q)), num("1/2"))]
    for part, sign in ((top, 1), (bottom, -1)):
        for f in part.args if part.op == "mul" else (part,):
            if f is b.ONE:
                continue
            n = integer_value(f.args[1]) if f.op == "pow" else None
            if n is not None and n % 2 == 0:
                out.append(b.pow_(f.args[0], num(sign * n // 2)))
            elif rw.oracle.positive(f):
                out.append(b.pow_(f, num(Fraction(sign, 2))))
            else:
                return None
    return q > 0, rw.nf(b.mul(*out))


def _over(c: Term, u: Term, rw: Rewriter) -> Term | None:
    """q with c = q u everywhere, if it is shown to have a value."""
    if rw.oracle.nonzero(u):
        return b.div(c, u)
    q = rw.nf(b.div(c, u))
    return q if total(q, rw.oracle) and is_zero(b.sub(c, b.mul(q, u)), rw) else None


def _shifted(c: Term, r: Term, s: int, rw: Rewriter) -> Term | None:
    """c r^(-s), if it is shown to have a value."""
    if s == 0:
        return c
    return b.mul(c, b.pow_(r, num(-s))) if s < 0 else _over(c, b.pow_(r, num(s)), rw)


def half_factorials(rw: Rewriter, k: Term, lo: Term, r: Term, c: Term, below: Term) -> Term | None:
    """c ∑_{k ≥ lo} r^k / Γ(2k + d) with numbers lo and d."""
    got = linear_in(below, k)
    first = integer_value(lo)
    if got is None or got[0] != 2 or first is None:
        return None
    shift, symbolic = constant_part(got[1])
    if symbolic is not b.ZERO or shift.denominator != 1:
        return None
    s, odd = divmod(int(shift) - 1, 2)  # (2j + odd)! with j = k + s
    start = first + s
    if not 0 <= start <= MAX_SHIFT:
        return None
    found, moved = square_root(r, rw), _shifted(c, r, s, rw)
    if found is None or moved is None:
        return None
    plain, u = found
    c = moved
    scaled = _over(c, u, rw) if odd else c
    if scaled is None:
        return None
    name = ("sinh" if plain else "sin") if odd else ("cosh" if plain else "cos")
    left = [b.mul(num(Fraction(-1, factorial(2 * j + odd))), c, b.pow_(r, num(j)) if j else b.ONE) for j in range(start)]
    return b.add(b.mul(scaled, b.fn(name, u)), *left)


def reciprocals(rw: Rewriter, k: Term, lo: Term, r: Term, c: Term, below: Term) -> Term | None:
    """c ∑_{k ≥ lo} r^k / (a k + d) with numbers lo, a, d, d/a an integer or a half more."""
    line, first = univariate(below, k), integer_value(lo)
    o = rw.oracle
    if line is None or len(line) != 2 or first is None or not o.real(r) or not o.less(r, b.ONE) or not o.less_equal(b.MINUS_ONE, r):
        return None
    p = line[0] / line[1]
    half = p.denominator == 2
    if not half and p.denominator != 1:
        return None
    s = int(p - Fraction(1, 2)) if half else int(p)  # j = k + s
    start = first + s
    if start < (0 if half else 1) or start > MAX_SHIFT:
        return None
    moved = _shifted(b.div(c, num(line[1])), r, s, rw)
    if moved is None:
        return None
    c = moved
    if not half:
        left = [b.mul(num(Fraction(-1, j)), c, b.pow_(r, num(j))) for j in range(1, start)]
        return b.add(b.neg(b.mul(c, b.log(b.sub(b.ONE, r)))), *left)
    found = square_root(r, rw)
    if found is None or not o.real(found[1]):
        return None
    plain, u = found
    scaled = _over(b.mul(b.TWO, c), u, rw)
    if scaled is None:
        return None
    left = [b.mul(num(Fraction(-2, 2 * j + 1)), c, b.pow_(r, num(j)) if j else b.ONE) for j in range(start)]
    return b.add(b.mul(scaled, b.fn("arctanh" if plain else "arctan", u)), *left)


def zeta_values(rw: Rewriter, k: Term, lo: Term, r: Term, c: Term, below: Term, power: int) -> Term | None:
    """c ∑_{k ≥ lo} r^k / (a k + d)^power for r = ±1, d/a an integer (or a half more, then r = 1), through ζ(power)."""
    line, first, sign = univariate(rw.nf(below), k), integer_value(lo), integer_value(r)
    if line is None or len(line) != 2 or first is None or sign not in (1, -1) or not 2 <= power <= 20:
        return None
    p = line[0] / line[1]
    if p.denominator == 1:
        s = int(p)  # j = k + s
        start, factor = first + s, Fraction(1) if sign == 1 else -(1 - Fraction(2, 2**power))
        if not 1 <= start <= MAX_SHIFT:
            return None
        head = sum((Fraction(sign**j, j**power) for j in range(1, start)), Fraction(0))
    elif p.denominator == 2 and sign == 1:
        s = int(p - Fraction(1, 2))
        start, factor = first + s, 2**power * (1 - Fraction(1, 2**power))
        if not 0 <= start <= MAX_SHIFT:
            return None
        head = sum((Fraction(2**power, (2 * j + 1) ** power) for j in range(start)), Fraction(0))
    else:
        return None
    scale = num(Fraction(sign**s) / line[1] ** power)
    return b.mul(c, scale, b.sub(b.mul(num(factor), zeta(power)), num(head)))


def zeta(n: int) -> Term:
    """ζ(n), through a Bernoulli number for even n (DLMF 25.6.2)."""
    if n % 2:
        return b.fn("zeta", num(n))
    return b.mul(num(abs(bernoulli(n)) * Fraction(2 ** (n - 1), factorial(n))), b.pow_(b.PI, n))


def zeta_of(rw: Rewriter, k: Term, lo: Term, top: list[Term], bottom: list[Term]) -> Term | None:
    """∑_{k≥1} k^{-s} = ζ(s) and ∑_{k≥1} (-1)^k k^{-s} = (2^{1-s} - 1) ζ(s) for s > 1 that is no number (DLMF 25.2.1, 25.2.3)."""
    if lo is not b.ONE:
        return None
    alternating = False
    exponent: list[Term] = []
    for sign, group in ((-1, top), (1, bottom)):
        for f in group:
            if f is b.ONE:
                continue
            if f.op == "pow" and f.args[0] is b.MINUS_ONE and f.args[1] is k and not alternating:
                alternating = True
            elif f is k:
                exponent.append(num(sign))
            elif f.op == "pow" and f.args[0] is k and k not in f.args[1].free:
                exponent.append(b.mul(num(sign), f.args[1]))
            else:
                return None
    s = rw.nf(b.add(*exponent)) if exponent else b.ZERO
    if s.op == "num" or not rw.oracle.less(b.ONE, s):
        return None
    value = b.fn("zeta", s)
    return b.mul(b.sub(b.pow_(b.TWO, b.sub(b.ONE, s)), b.ONE), value) if alternating else value


__all__ = ["bernoulli", "half_factorials", "reciprocals", "square_root", "zeta", "zeta_of", "zeta_values"]
