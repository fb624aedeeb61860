"""Definite integrals of the first courses in analysis whose integrands have no elementary antiderivative, or a discontinuous one.

Each function states its formula with the conditions that it asks the oracle for; under them the (improper) integral converges.

* `_period`: 1/(a + b cos + c sin) over whole periods, or over half of one;
* `_dirichlet`, `_fresnel`, `_lorentz`: sin x/x, (sin x/x)², cos x², cos x/(x² + a²) over the half line or the line;
* `_frullani`: ∑ c_i f(a_i x)/x with ∑ c_i = 0 for f = e^{-x}, cos, and differences of arctangents;
* `_planck`: x^{s-1}/(e^{cx} ∓ 1); `_logarithms`: log^n x/(1 ∓ x), log(1 ∓ x)/x; `_log_sine`: log sin, log cos;
* `_wallis`: powers of sine and cosine over a quarter or half of a turn.
"""

from __future__ import annotations

from fractions import Fraction
from math import factorial

from derivcheck.kernel.antiderivative import linear_slope, split_factors
from derivcheck.kernel.literals import integer_value, linear_terms, rational_value
from derivcheck.kernel.powerseries import bernoulli
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.kernel.rules.integrals import is_minus_inf, powers
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, contains_op, num, substitute

_KNOWN = frozenset("sin cos exp log arctan".split())
HALF = num("1/2")


@rule("classical-integral", "int", statement="named integrals", source="Gradshteyn, Ryzhik 3.411, 3.434, 3.613, 3.621, 3.691, 3.721, 3.723, 3.821, 4.224, 4.231, 4.291; DLMF 5.12.2, 25.5")
def classical_integral(t: Term, rw: Rewriter) -> Term | None:
    if t.sort.kind != "num" or not any(s.op == "fn" and s.data in _KNOWN for s in _nodes(t.args[-1])) or contains_op(t.args[-1], "apply", "sum", "int", "cases", "ind", "opaque"):
        return None
    (x,), body, inner = rw.under(t)
    lo, hi = t.args[:2]
    if lo is b.ZERO and hi is b.INF:
        return _half_line(x, body, rw, inner)
    if is_minus_inf(lo) and hi is b.INF:
        return _even(x, body, rw, inner)
    if lo is b.ZERO and hi is b.ONE:
        return _logarithms(x, body, rw, inner)
    if hi is b.INF or is_minus_inf(lo):
        return None
    return _period(x, lo, hi, body, rw, inner) or _turn(x, lo, hi, body, rw, inner)


def _nodes(t: Term) -> list[Term]:
    from derivcheck.terms.term import subterms

    return list(subterms(t))


def _half_line(x: Term, body: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    """∫_0^∞."""
    whole = _frullani(x, body, rw, inner)
    if whole is not None:
        return whole
    total: list[Term] = []
    for c, m in linear_terms(body):
        fixed, kernel = split_factors(m, x)
        value = None
        for way in (_dirichlet, _fresnel, _lorentz, _planck):
            value = value or way(x, kernel, rw, inner)
        if value is None:
            return None
        total.append(b.mul(num(c), *fixed, value))
    return b.add(*total)


def _even(x: Term, body: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    """∫_{-∞}^∞ of an even function: twice ∫_0^∞."""
    if inner.nf(b.sub(substitute(body, {x: b.neg(x)}), body)) is not b.ZERO:
        return None
    value = _half_line(x, body, rw, inner)
    return None if value is None else b.mul(b.TWO, value)


# --- waves ---------------------------------------------------------------------------------------------------------------------------------


def _wave(f: Term, x: Term, inner: Rewriter, power: int = 1) -> tuple[str, Term, int] | None:
    """sin(a x)^power or cos(a x)^power with a of known sign: (name, |a|, the sign that comes out)."""
    if power != 1:
        if f.op != "pow" or integer_value(f.args[1]) != power:
            return None
        f = f.args[0]
    if f.op != "fn" or f.data not in ("sin", "cos"):
        return None
    a = linear_slope(f.args[0], x, inner)
    if a is None or inner.nf(substitute(f.args[0], {x: b.ZERO})) is not b.ZERO:
        return None
    if inner.oracle.positive(a):
        return str(f.data), a, 1
    return (str(f.data), inner.nf(b.neg(a)), -1 if f.data == "sin" and power % 2 else 1) if inner.oracle.negative(a) else None


def _dirichlet(x: Term, kernel: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    """∫_0^∞ sin(ax)/x dx = π/2 and ∫_0^∞ sin²(ax)/x² dx = πa/2 for a > 0."""
    p, u, others = powers(kernel, x)
    n = integer_value(rw.nf(p))
    if u is not None or len(others) != 1 or n not in (-1, -2):
        return None
    got = _wave(others[0], x, inner, -n)
    if got is None or got[0] != "sin":
        return None
    return b.div(b.mul(num(got[2]), b.PI), b.TWO) if n == -1 else b.div(b.mul(b.PI, got[1]), b.TWO)


def _fresnel(x: Term, kernel: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    """∫_0^∞ sin(ax²) dx = ∫_0^∞ cos(ax²) dx = ½ √(π/(2a)) for a > 0."""
    if kernel.op != "fn" or kernel.data not in ("sin", "cos"):
        return None
    fixed, square = split_factors(kernel.args[0], x)
    a = rw.nf(b.mul(*fixed)) if fixed else b.ONE
    if square.op != "pow" or square.args[0] is not x or integer_value(square.args[1]) != 2 or not rw.oracle.positive(a):
        return None
    return b.mul(HALF, b.sqrt(b.div(b.PI, b.mul(b.TWO, a))))


def _lorentz(x: Term, kernel: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    """∫_0^∞ cos(βx)/(x² + c) dx = π e^{-β√c}/(2√c), ∫_0^∞ x sin(βx)/(x² + c) dx = π e^{-β√c}/2 for β, c > 0."""
    p, u, others = powers(kernel, x)
    n = integer_value(rw.nf(p))
    if u is not None or len(others) != 2 or n not in (0, 1):
        return None
    for wave, other in (others, others[::-1]):
        got = _wave(wave, x, inner)
        if got is None or got[0] != ("cos" if n == 0 else "sin") or other.op != "div" or other.args[0] is not b.ONE:
            continue
        c = inner.nf(b.sub(other.args[1], b.pow_(x, 2)))
        if x in c.free or not rw.oracle.positive(c):
            continue
        decay = b.mul(num(got[2]), b.div(b.PI, b.TWO), b.exp(b.neg(b.mul(got[1], b.sqrt(c)))))
        return decay if n == 1 else b.div(decay, b.sqrt(c))
    return None


def _frullani(x: Term, body: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    """∫_0^∞ ∑ c_i f_i(a_i x)/x dx = -∑ c_i log a_i with ∑ c_i = 0, a_i > 0, f_i = e^{-·} or cos; +(π/2) ∑ c_i log a_i for arctan."""
    found: list[tuple[Term, Term]] = []
    kinds: set[bool] = set()
    for c, m in linear_terms(body):
        fixed, kernel = split_factors(m, x)
        p, u, others = powers(kernel, x)
        if rw.nf(p) is not b.MINUS_ONE or (u is None) == (not others) or len(others) > 1:
            return None
        if u is not None:
            slope = linear_slope(u, x, inner)
            a = None if slope is None or inner.nf(substitute(u, {x: b.ZERO})) is not b.ZERO else rw.nf(b.neg(slope))
        elif others[0].op == "fn" and others[0].data == "arctan":
            a = linear_slope(others[0].args[0], x, inner)
            a = a if a is not None and inner.nf(substitute(others[0].args[0], {x: b.ZERO})) is b.ZERO else None
        else:
            got = _wave(others[0], x, inner)
            a = got[1] if got is not None and got[0] == "cos" else None
        if a is None or not rw.oracle.positive(a):
            return None
        kinds.add(u is None and others[0].data == "arctan")
        found.append((b.mul(num(c), *fixed), a))
    if len(found) < 2 or len(kinds) != 1 or rw.nf(b.add(*(c for c, _ in found))) is not b.ZERO:
        return None
    total = b.add(*(b.mul(c, b.log(a)) for c, a in found))
    return b.mul(b.div(b.PI, b.TWO), total) if kinds == {True} else b.neg(total)


def _period(x: Term, lo: Term, hi: Term, body: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    """∫ dx/(a + b cos mx + c sin mx) = 2πk/√(a² - b² - c²) over k turns, a > √(b² + c²), m a positive integer; half of it over [0, π] for c = 0, m = 1."""
    total: list[Term] = []
    for c, m in linear_terms(body):
        fixed, kernel = split_factors(m, x)
        value = _turned(x, lo, hi, kernel, rw, inner)
        if value is None:
            return None
        total.append(b.mul(num(c), *fixed, value))
    return b.add(*total)


def _turned(x: Term, lo: Term, hi: Term, kernel: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    turns = rational_value(rw.nf(b.div(b.sub(hi, lo), b.PI)))
    if turns is None or turns <= 0 or turns.denominator != 1 or kernel.op != "div" or kernel.args[0] is not b.ONE:
        return None
    level: list[Term] = []
    waves: dict[str, list[Term]] = {"cos": [], "sin": []}
    slopes: set[Term] = set()
    for c, m in linear_terms(kernel.args[1]):
        apart, wave = split_factors(m, x)
        if wave is b.ONE:
            level.append(b.mul(num(c), *apart))
            continue
        got = _wave(wave, x, inner)
        if got is None:
            return None
        waves[got[0]].append(b.mul(num(c * got[2]), *apart))
        slopes.add(got[1])
    slope = integer_value(next(iter(slopes))) if len(slopes) == 1 else None
    half = turns == 1 and rw.nf(lo) is b.ZERO and slope == 1 and not waves["sin"]
    if slope is None or not level or not (turns % 2 == 0 or half):
        return None
    a = rw.nf(b.add(*level))
    inside = rw.nf(b.sub(b.pow_(a, 2), b.add(b.ZERO, *(b.pow_(b.add(*w), 2) for w in waves.values() if w))))
    sign = 1 if rw.oracle.positive(a) else -1 if rw.oracle.negative(a) else 0
    return b.mul(num(sign * turns), b.div(b.PI, b.sqrt(inside))) if sign and rw.oracle.positive(inside) else None


# --- exponentials and logarithms -----------------------------------------------------------------------------------------------------------


def _zeta(s: Term, alternating: bool) -> Term:
    """ζ(s), or η(s) = (1 - 2^{1-s}) ζ(s); as a multiple of π^s for even numbers s, log 2 for η(1)."""
    n = integer_value(s)
    if n == 1:
        return b.log(b.TWO)
    if n is not None and n % 2 == 0 and 2 <= n <= 20:
        value = abs(bernoulli(n)) * Fraction(2 ** (n - 1), factorial(n))
        return b.mul(num(value * (1 - Fraction(2, 2**n)) if alternating else value), b.pow_(b.PI, n))
    zeta = b.fn("zeta", s)
    return b.mul(b.sub(b.ONE, b.pow_(b.TWO, b.sub(b.ONE, s))), zeta) if alternating else zeta


def _planck(x: Term, kernel: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    """∫_0^∞ x^{s-1}/(e^{cx} - 1) dx = Γ(s) ζ(s) c^{-s} for s > 1; with + 1: Γ(s) η(s) c^{-s} for s > 1 or s = 1; c > 0."""
    p, u, others = powers(kernel, x)
    if len(others) != 1 or others[0].op != "div" or others[0].args[0] is not b.ONE:
        return None
    below = others[0].args[1]
    for _ in range(8):
        # a power of x that has been multiplied in
        less = inner.nf(b.div(below, x))
        if less.op == "div":
            break
        below, p = less, b.sub(p, b.ONE)
    terms = linear_terms(below)
    waves = [(c, m) for c, m in terms if m.op == "fn" and m.data == "exp"]
    constant = [c for c, m in terms if m is b.ONE]
    if len(terms) != 2 or len(waves) != 1 or len(constant) != 1 or abs(constant[0]) != abs(waves[0][0]):
        return None
    (q, wave), sign = waves[0], constant[0] / waves[0][0]
    slope = linear_slope(wave.args[0], x, inner)
    if slope is None or inner.nf(substitute(wave.args[0], {x: b.ZERO})) is not b.ZERO:
        return None
    # e^{-cx}/(1 ∓ e^{-cx}) is the same
    above = b.ZERO if u is None else inner.nf(u)
    if rw.oracle.positive(slope) and above is b.ZERO:
        rate, scale = slope, 1 / q
    elif rw.oracle.negative(slope) and above is inner.nf(b.mul(slope, x)):
        rate, scale = rw.nf(b.neg(slope)), sign / q
    else:
        return None
    s = rw.nf(b.add(p, b.ONE))
    if not (rw.oracle.less(b.ONE, s) or (s is b.ONE and sign == 1)):
        return None
    return b.mul(num(scale), b.fn("gamma", s), _zeta(s, sign == 1), b.pow_(rate, b.neg(s)))


def _logarithms(x: Term, body: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    """∫_0^1 log^n x/(1 - x) dx = (-1)^n n! ζ(n+1), n ≥ 1; with 1 + x: η(n+1), n ≥ 0;  ∫_0^1 log(1 - x)/x dx = -π²/6, ∫_0^1 log(1 + x)/x dx = π²/12."""
    total: list[Term] = []
    for c, m in linear_terms(body):
        fixed, kernel = split_factors(m, x)
        p, u, others = powers(kernel, x)
        n = integer_value(rw.nf(p))
        value = None
        if u is None and n == -1 and len(others) == 1 and others[0].op == "fn" and others[0].data == "log":
            for sign, known in ((-1, Fraction(-1, 6)), (1, Fraction(1, 12))):
                if inner.nf(b.sub(others[0].args[0], b.add(b.ONE, b.mul(num(sign), x)))) is b.ZERO:
                    value = b.mul(num(known), b.pow_(b.PI, 2))
        elif u is None and n == 0 and len(others) == 2:
            for log, below in (others, others[::-1]):
                power = 1 if log is b.log(x) else integer_value(log.args[1]) if log.op == "pow" and log.args[0] is b.log(x) else None
                if power is None or not 1 <= power <= 20 or below.op != "div" or below.args[0] is not b.ONE:
                    continue
                for lead, sign in ((1, -1), (-1, 1), (1, 1)):
                    # 1 - x, x - 1, 1 + x
                    if inner.nf(b.sub(below.args[1], b.add(num(lead), b.mul(num(sign), x)))) is b.ZERO:
                        whole = _zeta(num(power + 1), lead == sign == 1)
                        value = b.mul(num(lead * (-1) ** power * factorial(power)), whole)
        if value is None:
            return None
        total.append(b.mul(num(c), *fixed, value))
    return b.add(*total)


# --- quarter turns -------------------------------------------------------------------------------------------------------------------------


def _turn(x: Term, lo: Term, hi: Term, body: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    """Over [0, π/2] or [0, π]."""
    end = rational_value(rw.nf(b.div(hi, b.PI))) if lo is b.ZERO else None
    if end not in (Fraction(1), Fraction(1, 2)):
        return None
    total: list[Term] = []
    for c, m in linear_terms(body):
        fixed, kernel = split_factors(m, x)
        value = _log_sine(x, kernel, end, inner) or _wallis(x, kernel, end, rw)
        if value is None:
            return None
        total.append(b.mul(num(c), *fixed, value))
    return b.add(*total)


def _log_sine(x: Term, kernel: Term, end: Fraction, inner: Rewriter) -> Term | None:
    """∫ log sin x dx = -(end) log 2 over [0, π/2] and [0, π]; log cos x over [0, π/2] alike."""
    if kernel.op != "fn" or kernel.data != "log" or kernel.args[0].op != "fn" or kernel.args[0].args[0] is not x:
        return None
    name = kernel.args[0].data
    if name == "sin" or (name == "cos" and end == Fraction(1, 2)):
        return b.neg(b.mul(num(end), b.PI, b.log(b.TWO)))
    return None


def _wallis(x: Term, kernel: Term, end: Fraction, rw: Rewriter) -> Term | None:
    """∫_0^{π/2} sin^p x cos^q x dx = ½ B((p+1)/2, (q+1)/2) for p, q > -1; ∫_0^π sin^p x dx = B((p+1)/2, ½)."""
    exponents: dict[str, list[Term]] = {"sin": [], "cos": []}
    top, bottom = (kernel.args if kernel.op == "div" else (kernel, b.ONE))
    for side, group in ((1, top), (-1, bottom)):
        for f in group.args if group.op == "mul" else (group,):
            if f is b.ONE:
                continue
            base, e = f.args if f.op == "pow" else (f, b.ONE)
            if base.op != "fn" or base.data not in exponents or base.args[0] is not x or x in e.free:
                return None
            exponents[str(base.data)].append(e if side > 0 else b.neg(e))
    p, q = (rw.nf(b.add(b.ZERO, *exponents[name])) for name in ("sin", "cos"))
    if end == 1 and exponents["cos"]:
        return None
    if not all(rw.oracle.less(b.MINUS_ONE, e) for e in (p, q)):
        return None
    value = b.fn("beta", b.mul(HALF, b.add(p, b.ONE)), b.mul(HALF, b.add(q, b.ONE)))
    return value if end == 1 else b.mul(HALF, value)
