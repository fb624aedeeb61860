"""Exponentials, logarithms and powers.

Each rule's comment is its equation; every rule keeps values: wherever the left side has a value, the right side has the same.
Logarithms of products are split only into factors that the oracle shows positive; powers of products likewise.
"""

from __future__ import annotations

from fractions import Fraction

import flint

from derivcheck.kernel.literals import integer_value, linear_terms, rational_value
from derivcheck.kernel.monomials import factored
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num

DLMF = "DLMF chapter 4"


@rule("exp-0", "fn:exp", statement="e^0 = 1", source=DLMF)
def exp_zero(t: Term, rw: Rewriter) -> Term | None:
    return b.ONE if t.args[0] is b.ZERO else None


@rule("exp-log", "fn:exp", statement="e^{q log u + v} = u^q e^v", side="u ≠ 0 where log u has a value", source=DLMF)
def exp_log(t: Term, rw: Rewriter) -> Term | None:
    factors: list[Term] = []
    rest: list[Term] = []
    found = False
    for c, m in linear_terms(t.args[0]):
        base, exponent = _log_factor(m)
        if base is None:
            rest.append(b.mul(num(c), m))
        else:
            found = True
            factors.append(b.pow_(base, b.mul(num(c), exponent) if exponent is not b.ONE else num(c)))
    if not found:
        return None
    return b.mul(*factors, *([b.exp(b.add(*rest))] if rest else []))


def _log_factor(m: Term) -> tuple[Term | None, Term]:
    # m = log(u) * exponent with exactly one logarithm among the factors
    if m.op == "fn" and m.data == "log":
        return m.args[0], b.ONE
    if m.op == "mul":
        logs = [f for f in m.args if f.op == "fn" and f.data == "log"]
        if len(logs) == 1:
            others = [f for f in m.args if f is not logs[0]]
            return logs[0].args[0], b.mul(*others)
    if m.op == "div":
        base, exponent = _log_factor(m.args[0])
        return base, b.div(exponent, m.args[1])
    return None, b.ONE


@rule("exp-i-arg", "fn:exp", statement="e^{i arg u + v} = u e^v / |u|", side="u ≠ 0 where arg u has a value", source=DLMF + ", 4.2.3")
def exp_i_arg(t: Term, rw: Rewriter) -> Term | None:
    for c, m in linear_terms(t.args[0]):
        if m.op == "mul" and len(m.args) == 2 and b.I_CONST in m.args and c.denominator == 1:
            other = m.args[0] if m.args[1] is b.I_CONST else m.args[1]
            if other.op == "fn" and other.data == "arg":
                u = other.args[0]
                rest = rw.nf(b.sub(t.args[0], b.mul(num(c), m)))
                return b.mul(b.pow_(b.div(u, b.fn("abs", u)), num(c)), b.exp(rest))
    return None


@rule("exp-i-pi", "fn:exp", statement="e^{i π q} for q a multiple of 1/6 or 1/4", source="values of cos and sin at multiples of π/6 and π/4")
def exp_i_pi(t: Term, rw: Rewriter) -> Term | None:
    rest: list[Term] = []
    turn: Fraction | None = None
    for c, m in linear_terms(t.args[0]):
        if m.op == "mul" and len(m.args) == 2 and set(m.args) == {b.I_CONST, b.PI} and (c * 12).denominator == 1 and turn is None:
            turn = c
        else:
            rest.append(b.mul(num(c), m))
    if turn is None:
        return None
    value = b.add(unit_cos(turn), b.mul(b.I_CONST, unit_cos(turn - Fraction(1, 2)))) if unit_cos(turn) is not None else None
    if value is None or unit_cos(turn) is None or unit_cos(turn - Fraction(1, 2)) is None:
        return None
    return b.mul(value, b.exp(b.add(*rest))) if rest else value


def unit_cos(q: Fraction) -> Term:
    """cos(π q) for q a multiple of 1/12, exactly."""
    q = q % 2
    if q > 1:
        q = 2 - q
    if q > Fraction(1, 2):
        return b.neg(unit_cos(1 - q))
    table = {
        Fraction(0): b.ONE,
        Fraction(1, 12): b.div(b.add(b.sqrt(num(6)), b.sqrt(num(2))), num(4)),
        Fraction(1, 6): b.div(b.sqrt(num(3)), b.TWO),
        Fraction(1, 4): b.div(b.sqrt(num(2)), b.TWO),
        Fraction(1, 3): b.HALF,
        Fraction(5, 12): b.div(b.sub(b.sqrt(num(6)), b.sqrt(num(2))), num(4)),
        Fraction(1, 2): b.ZERO,
    }
    return table[q]


@rule("log-values", "fn:log", statement="log 1 = 0, log e = 1, log(-1) = iπ, log i = iπ/2, log(-i) = -iπ/2", source=DLMF)
def log_values(t: Term, rw: Rewriter) -> Term | None:
    u = t.args[0]
    if u is b.ONE:
        return b.ZERO
    if u is b.E_CONST:
        return b.ONE
    if u is b.MINUS_ONE:
        return b.mul(b.I_CONST, b.PI)
    if u is b.I_CONST:
        return b.div(b.mul(b.I_CONST, b.PI), b.TWO)
    if u.op == "mul" and u.args[0] is b.MINUS_ONE and u.args[1:] == (b.I_CONST,):
        return b.div(b.mul(b.MINUS_ONE, b.I_CONST, b.PI), b.TWO)
    return None


def cartesian(u: Term, rw: Rewriter) -> tuple[Term, Term] | None:
    """u = x + i y with x, y real by the oracle; u is made of real terms, i, and exponentials and integer powers of such sums."""
    got = _cartesian(u, rw, 0)
    return None if got is None else (rw.nf(got[0]), rw.nf(got[1]))


def _cartesian(u: Term, rw: Rewriter, depth: int) -> tuple[Term, Term] | None:
    real: list[Term] = []
    imaginary: list[Term] = []
    for c, m in linear_terms(u):
        if rw.oracle.real(m):
            real.append(b.mul(num(c), m))
            continue
        bottom: Term | None = None
        top = m
        if m.op == "div":
            top, bottom = m.args
            if not rw.oracle.real(bottom):
                return None
        x, y = num(c), b.ZERO
        for f in top.args if top.op == "mul" else (top,):
            got = _cartesian_factor(f, rw, depth)
            if got is None:
                return None
            p, q = got
            if q is b.ZERO:
                x, y = b.mul(x, p), b.mul(y, p) if y is not b.ZERO else b.ZERO
            elif p is b.ZERO:
                x, y = b.neg(b.mul(y, q)) if y is not b.ZERO else b.ZERO, b.mul(x, q)
            else:
                x, y = b.sub(b.mul(x, p), b.mul(y, q)), b.add(b.mul(x, q), b.mul(y, p))
        real.append(x if bottom is None else b.div(x, bottom))
        imaginary.append(y if bottom is None else b.div(y, bottom))
    return b.add(*real), b.add(*imaginary)


def _cartesian_factor(f: Term, rw: Rewriter, depth: int) -> tuple[Term, Term] | None:
    if f is b.I_CONST:
        return b.ZERO, b.ONE
    if rw.oracle.real(f):
        return f, b.ZERO
    if depth > 2:
        return None
    if f.op == "fn" and f.data == "exp":
        inside = cartesian(f.args[0], rw)
        if inside is None:
            return None
        size = b.exp(inside[0])
        return b.mul(size, b.fn("cos", inside[1])), b.mul(size, b.fn("sin", inside[1]))
    if f.op == "pow":
        n = integer_value(f.args[1])
        if n is not None and 2 <= n <= 4:
            expanded = rw.nf(b.mul(*(f.args[0],) * n))
            return _cartesian(expanded, rw, depth + 1) if expanded is not f and expanded.op != "pow" else None
    if f.op == "add":
        return _cartesian(f, rw, depth + 1)
    return None


@rule("log-exp", "fn:log", statement="log e^{x + iy} = x + iy", side="x real, -π < y ≤ π", source=DLMF + ", 4.2")
def log_exp(t: Term, rw: Rewriter) -> Term | None:
    u = t.args[0]
    if u.op != "fn" or u.data != "exp":
        return None
    parts = cartesian(u.args[0], rw)
    if parts is None:
        return None
    y = parts[1]
    if y is b.ZERO or (rw.oracle.less(b.neg(b.PI), y) and rw.oracle.less_equal(y, b.PI)):
        return u.args[0]
    return None


@rule("log-split", "fn:log", statement="log(∏ f_k^{e_k}) = ∑ e_k log f_k", side="all f_k but at most one nonnegative (where the logarithm has a value none is 0); e_k real", source=DLMF + ", 4.8")
def log_split(t: Term, rw: Rewriter) -> Term | None:
    u = t.args[0]
    parts = positive_factors(u, rw, nonzero=True)
    if parts is None:
        return None
    rest, positive = parts
    if not positive or (rest is b.ONE and len(positive) == 1 and positive[0][1] is b.ONE and positive[0][0] is u and u.op != "num"):
        return None
    out: list[Term] = []
    for base, exponent in positive:
        if base.op == "fn" and base.data == "exp":
            out.append(b.mul(exponent, base.args[0]))
        elif base.op == "num":
            out.extend(b.mul(exponent, num(k), b.log(num(p))) for p, k in _prime_powers(base.data))
        else:
            out.append(b.mul(exponent, b.log(base)))
    if rest is not b.ONE:
        out.append(b.log(rest))
    new = b.add(*out)
    return None if new is t else new


def _prime_powers(q: Fraction) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for n, sign in ((q.numerator, 1), (q.denominator, -1)):
        if n == 1:
            continue
        if n.bit_length() > 200:
            out.append((n, sign))
            continue
        out.extend((int(p), sign * int(k)) for p, k in flint.fmpz(n).factor())
    return out


def positive_factors(u: Term, rw: Rewriter, nonzero: bool = False) -> tuple[Term, list[tuple[Term, Term]]] | None:
    """u = rest · ∏ base^exponent with positive bases and real exponents; None if u has no arithmetic structure.  With `nonzero` the caller
    knows that u is not 0: then nonnegative factors are positive."""
    oracle = rw.oracle
    if u.op == "num":
        q: Fraction = u.data
        if q > 0:
            powers = _prime_powers(q)
            if len(powers) == 1 and powers[0] == (q.numerator, 1):
                return None
            return b.ONE, [(u, b.ONE)]
        if q < 0 and q != -1:
            return num(-1), [(num(-q), b.ONE)]
        return None
    if u.op == "fn" and u.data == "exp" and oracle.real(u.args[0]):
        return b.ONE, [(u, b.ONE)]
    if u.op == "pow" and oracle.positive(u.args[0]) and oracle.real(u.args[1]):
        return b.ONE, [(u.args[0], u.args[1])]
    if u.op == "pow" and oracle.real(u.args[0]) and oracle.nonzero(u.args[0]):
        n = integer_value(u.args[1])
        if n is not None and n % 2 == 0 and n:
            return b.ONE, [(b.fn("abs", u.args[0]), num(n))]
    if u.op not in ("mul", "div", "add", "pow"):
        return None
    got = factored(u, rw)
    if got is None:
        return None
    constant, bases = got
    positive: list[tuple[Term, Term]] = []
    rest: list[Term] = []
    for base, exponent in bases:
        if oracle.positive(base) or (nonzero and oracle.nonnegative(base)):
            positive += _power_parts(base, exponent, rw)
        elif oracle.negative(base) or (nonzero and oracle.nonpositive(base)):
            positive += _power_parts(rw.nf(b.neg(base)), exponent, rw)
            if exponent % 2:
                constant = -constant
        elif exponent % 2 == 0 and oracle.real(base):
            # |f|^(2k) where f ≠ 0; where f = 0 the logarithm had no value
            positive.append((b.fn("abs", base), num(exponent)))
        else:
            rest.append(b.pow_(base, num(exponent)) if exponent != 1 else base)
    if abs(constant) != 1:
        positive.append((num(abs(constant)), b.ONE))
    if not positive:
        return None
    if constant < 0:
        rest.append(num(-1))
    return (rw.nf(b.mul(*rest)) if rest else b.ONE), positive


def _power_parts(base: Term, exponent: int, rw: Rewriter) -> list[tuple[Term, Term]]:
    if base.op == "pow" and rw.oracle.positive(base.args[0]) and rw.oracle.real(base.args[1]):
        return [(base.args[0], b.mul(num(exponent), base.args[1]))]
    return [(base, num(exponent))]


@rule("pow-trivial", "pow", statement="b^1 = b, b^0 = 1, 1^e = 1", side="for b^0: the exponent is the number 0", source="SPEC section 6")
def pow_trivial(t: Term, rw: Rewriter) -> Term | None:
    base, exponent = t.args
    if exponent is b.ONE:
        return base
    if exponent is b.ZERO or (base is b.ONE and rw.oracle.real(exponent)):
        return b.ONE
    return None


@rule("pow-e", "pow", statement="e^u = exp u", source=DLMF)
def pow_e(t: Term, rw: Rewriter) -> Term | None:
    return b.exp(t.args[1]) if t.args[0] is b.E_CONST else None


@rule("pow-unit", "pow", statement="i^s = e^{iπs/2}; (cos u + i sin u)^n = e^{inu}", side="for the second: u real, n an integer", source=DLMF + ", 4.21.34")
def pow_unit(t: Term, rw: Rewriter) -> Term | None:
    base, exponent = t.args
    if base is b.I_CONST and integer_value(exponent) is None:
        return b.exp(b.div(b.mul(b.I_CONST, b.PI, exponent), b.TWO))
    if base.op == "add" and len(base.args) == 2 and rw.oracle.integer(exponent) and integer_value(exponent) is None:
        for u in (s.args[0] for s in base.args if s.op == "fn" and s.data == "cos"):
            for sign in (1, -1):
                turned = b.add(b.fn("cos", u), b.mul(num(sign), b.I_CONST, b.fn("sin", u)))
                if rw.oracle.real(u) and rw.nf(turned) is base:
                    return b.exp(b.mul(num(sign), b.I_CONST, exponent, u))
    return None


def _factors(t: Term) -> tuple[Term, ...]:
    return t.args if t.op == "mul" else (t,)


@rule("pow-log", "pow", statement="u^{c log v} = e^{c log u log v}; u^{c/log u} = e^{c log u/log u}", side="u > 0", source=DLMF)
def pow_log(t: Term, rw: Rewriter) -> Term | None:
    base, exponent = t.args
    if base.op == "num" or not rw.oracle.positive(base):
        return None
    own = b.log(base)
    for _, m in linear_terms(exponent):
        top, bottom = m.args if m.op == "div" else (m, b.ONE)
        if not any(f.op == "fn" and f.data == "log" for f in _factors(top)) and own not in _factors(bottom):
            return None
    return b.exp(b.mul(exponent, b.log(base)))


@rule("pow-number", "pow", statement="(∏ p^k)^q = ∏ p^{kq}; (-r)^{1/2} = i r^{1/2}; (-r)^s = r^s e^{iπs}", side="p prime; r > 0", source=DLMF)
def pow_number(t: Term, rw: Rewriter) -> Term | None:
    base, exponent = t.args
    if base.op != "num":
        return None
    q = rational_value(exponent)
    value: Fraction = base.data
    if value == 0:
        return b.ZERO if rw.oracle.positive(exponent) else None
    if q is None:
        if value > 0:
            powers = _prime_powers(value)
            if len(powers) > 1 or (powers and powers[0][1] != 1):
                return b.mul(*(b.pow_(num(p), b.mul(num(k), exponent)) for p, k in powers))
        if value == -1 and rw.oracle.integer(exponent):
            return _minus_one_power(exponent, rw)
        if value < 0 and value != -1 and rw.oracle.integer(exponent):
            return b.mul(b.pow_(num(-1), exponent), b.pow_(num(-value), exponent))
        if value < 0:
            # log(-r) = log r + iπ
            turn = b.exp(b.mul(b.I_CONST, b.PI, exponent))
            return turn if value == -1 else b.mul(turn, b.pow_(num(-value), exponent))
        return None
    if value < 0:
        if q.denominator == 2:
            sign = 1 if (q.numerator - 1) // 2 % 2 == 0 else -1
            return b.mul(num(sign), b.I_CONST, b.pow_(num(-value), num(q)))
        return b.mul(b.exp(b.mul(num(q), b.I_CONST, b.PI)), b.pow_(num(-value), num(q)))
    powers = _prime_powers(value)
    out: list[Term] = []
    changed = len(powers) > 1
    for p, k in powers:
        e = k * q
        whole = e.numerator // e.denominator
        part = e - whole
        if whole:
            out.append(b.pow_(num(p), num(whole)))
            changed = True
        if part:
            if k != 1 or whole:
                changed = True
            out.append(b.pow_(num(p), num(part)))
    return b.mul(*out) if changed else None


def _minus_one_power(exponent: Term, rw: Rewriter) -> Term | None:
    even, changed = [], False
    sign = 1
    for c, m in linear_terms(exponent):
        if m is b.ONE and c.denominator == 1:
            if c % 2:
                sign = -sign
            changed = True
        elif c.denominator == 1 and rw.oracle.integer(m):
            if c % 2 == 0:
                changed = True
            else:
                if c != 1:
                    changed = True
                even.append(m)
        else:
            return None
    if not changed:
        return None
    return b.mul(num(sign), b.pow_(num(-1), b.add(*even))) if even else num(sign)


@rule("pow-exp", "pow", statement="(e^u)^c = e^{uc}", side="u real, or c an integer", source=DLMF)
def pow_exp(t: Term, rw: Rewriter) -> Term | None:
    base, exponent = t.args
    if base.op == "fn" and base.data == "exp" and (rw.oracle.real(base.args[0]) or rw.oracle.integer(exponent)):
        return b.exp(b.mul(base.args[0], exponent))
    return None


@rule("pow-pow", "pow", statement="(u^a)^c = u^{ac}", side="c an integer; or u > 0 and a real", source=DLMF)
def pow_pow(t: Term, rw: Rewriter) -> Term | None:
    base, exponent = t.args
    if base.op != "pow":
        return None
    u, a = base.args
    if rw.oracle.positive(u) and rw.oracle.real(a):
        return b.pow_(u, b.mul(a, exponent))
    if rw.oracle.nonnegative(u) and rw.oracle.positive(a) and rw.oracle.positive(exponent):
        return b.pow_(u, b.mul(a, exponent))
    if rw.oracle.integer(exponent) and rw.oracle.nonzero(u):
        return b.pow_(u, b.mul(a, exponent))
    return None


@rule("pow-split", "pow", statement="(∏ f_k^{e_k})^c = ∏ f_k^{e_k c}", side="all f_k but one positive and e_k real, or c an integer", source=DLMF)
def pow_split(t: Term, rw: Rewriter) -> Term | None:
    base, exponent = t.args
    if base.op not in ("mul", "div", "add", "pow"):
        return None
    if base.op in ("mul", "div") and rw.oracle.integer(exponent) and integer_value(exponent) is None:
        if base.op == "div":
            if rw.oracle.nonzero(base.args[0]) or rw.oracle.natural(exponent):
                return b.div(b.pow_(base.args[0], exponent), b.pow_(base.args[1], exponent))
        elif rw.oracle.nonzero(base) or rw.oracle.natural(exponent):
            return b.mul(*(b.pow_(f, exponent) for f in base.args))
    half = rational_value(exponent)
    if base.op == "pow" and half is not None and half.denominator == 2 and rw.oracle.real(base.args[0]):
        n = integer_value(base.args[1])
        if n is not None and n > 0 and n % 2 == 0:
            return b.pow_(b.fn("abs", base.args[0]), num(n * half))
    parts = positive_factors(base, rw)
    if parts is None:
        return _nonnegative_split(t, rw)
    rest, positive = parts
    if rest is b.ONE and len(positive) == 1 and positive[0][0] is base:
        return None
    if any(p.op == "fn" and p.data == "abs" for p, _ in positive) and not rw.oracle.positive(exponent):
        return None
    out = [b.pow_(p, b.mul(e, exponent)) for p, e in positive]
    if rest is not b.ONE:
        if rest is base:
            return None
        out.append(b.pow_(rest, exponent))
    new = b.mul(*out)
    return None if new is t else new


def _nonnegative_split(t: Term, rw: Rewriter) -> Term | None:
    """(u v)^c = u^c v^c for u, v ≥ 0 and c > 0."""
    base, exponent = t.args
    if base.op != "mul" or not rw.oracle.positive(exponent):
        return None
    good = [f for f in base.args if rw.oracle.nonnegative(f)]
    if len(good) < len(base.args) - 1 or not good or len(base.args) < 2:
        return None
    rest = [f for f in base.args if f not in good]
    return b.mul(*(b.pow_(f, exponent) for f in good), *(b.pow_(f, exponent) for f in rest))


@rule("oddroot", "oddroot", statement="the real odd root: u^{1/n} for u ≥ 0, -(-u)^{1/n} for u ≤ 0; of f^n it is f", side="f real", source="SPEC section 6")
def odd_root(t: Term, rw: Rewriter) -> Term | None:
    u = t.args[0]
    n = int(t.data)
    if u is b.ZERO:
        return b.ZERO
    if rw.oracle.positive(u):
        return b.pow_(u, num(Fraction(1, n)))
    if rw.oracle.negative(u):
        return b.neg(b.pow_(rw.nf(b.neg(u)), num(Fraction(1, n))))
    if not rw.oracle.real(u):
        return None
    if u.op == "pow":
        k = integer_value(u.args[1])
        if k is not None and k % n == 0 and rw.oracle.real(u.args[0]):
            return b.pow_(u.args[0], num(k // n))
    if u.op == "mul" and u.args[0].op == "num" and all(rw.oracle.real(f) for f in u.args):
        from derivcheck.terms.term import mk

        return b.mul(*(mk("oddroot", (f,), n) for f in u.args))
    return None
