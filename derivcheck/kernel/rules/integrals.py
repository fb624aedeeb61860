"""Definite integrals: Gamma, Beta and Gauss kernels, antiderivatives with continuity and limits at the ends, break points.

A rule here gives a value only where the integral converges: the Gamma and Beta integrals carry their conditions, an antiderivative
that is continuous inside and has finite limits at both ends shows convergence.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

from derivcheck.kernel.antiderivative import find, linear_slope, split_factors
from derivcheck.kernel.limits import limit
from derivcheck.kernel.literals import linear_terms, rational_value
from derivcheck.kernel.monomials import univariate
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.kernel.rules.explog import positive_factors
from derivcheck.kernel.rules.limits import no_limit
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, contains_op, mk, num, substitute, subterms

MINUS_INF = b.neg(b.INF)
JUMPS = 40


def is_minus_inf(t: Term) -> bool:
    return t.op in ("neg", "mul") and b.INF in t.args and t is not b.INF


@rule("integral", "int", statement="∫ by kernels, antiderivatives, splitting at break points", source="DLMF 5.2.1, 5.9, 5.12.1; fundamental theorem of calculus")
def integral(t: Term, rw: Rewriter) -> Term | None:
    lo, hi = t.args[0], t.args[1]
    if t.sort.kind != "num":
        return None
    if lo is hi and lo is not b.INF:
        return b.ZERO
    symbols, body, inner = rw.under(t)
    x = symbols[0]
    if body is b.ZERO:
        return b.ZERO
    if contains_op(body, "opaque"):
        return None
    if hi is not b.INF and not is_minus_inf(lo) and not rw.oracle.less_equal(lo, hi):
        if rw.oracle.less_equal(hi, lo):
            from derivcheck.kernel.rules.abstract_integrals import kept_from_zero

            return None if kept_from_zero(x, lo, body, rw) else b.neg(b.big("int", x, hi, lo, body))
        return _unordered(x, lo, hi, body, rw)
    return evaluate_integral(x, lo, hi, body, rw, inner) or _scaled_out(t, x, lo, hi, body, rw)


def _unordered(x: Term, lo: Term, hi: Term, body: Term, rw: Rewriter) -> Term | None:
    """Bounds of unknown order: an antiderivative on all of ℝ (or on an interval that holds both ends) serves both."""
    from derivcheck.terms.context import Declaration

    infos = [rw.oracle.info(e) for e in (lo, hi)]
    least, most = [i.lo for i in infos], [i.hi for i in infos]
    left = MINUS_INF if None in least else num(min(q for q in least if q is not None))
    right = b.INF if None in most else num(max(q for q in most if q is not None))
    brackets = ("[" if any(i.lo == min(q for q in least if q is not None) and not i.lo_strict for i in infos) else "(") if left is not MINUS_INF else "("
    brackets += ("]" if any(i.hi == max(q for q in most if q is not None) and not i.hi_strict for i in infos) else ")") if right is not b.INF else ")"
    rooms = [b.REALS] if left is MINUS_INF and right is b.INF else [b.REALS, b.interval(left, right, brackets)]
    if not all(i.real for i in infos):
        return None
    for domain in rooms:
        everywhere = rw.child(((Declaration(x, domain),), ()))
        inside = everywhere.nf(body)
        F = find(inside, x, everywhere, engine=False)
        if F is not None and not everywhere.oracle.undefinedness(F):
            return b.sub(substitute(F, {x: hi}), substitute(F, {x: lo}))
    return None


def evaluate_integral(x: Term, lo: Term, hi: Term, body: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    """The value of a convergent integral over lo ≤ hi, or None."""
    if x not in body.free:
        return None if hi is b.INF or is_minus_inf(lo) else b.mul(b.sub(hi, lo), body)
    split = _break_points(x, lo, hi, body, rw, inner)
    if split is not None:
        return split
    poles = _poles(x, lo, hi, body, inner)
    if poles:
        return _over_poles(x, lo, hi, poles, body, rw)
    total: list[Term] = []
    for c, m in linear_terms(body):
        fixed, kernel = split_factors(m, x)
        value = _kernel(x, lo, hi, kernel, rw, inner)
        if value is None:
            break
        total.append(b.mul(num(c), *fixed, value))
    else:
        return b.add(*total)
    return by_antiderivative(x, lo, hi, body, rw, inner)


def by_antiderivative(x: Term, lo: Term, hi: Term, body: Term, rw: Rewriter, inner: Rewriter, engine: bool = False) -> Term | None:
    """F(hi-) - F(lo+) for a certified antiderivative F; ±∞ where an integrand of one sign diverges."""
    if any(s.op in ("cases", "ind", "int", "sum", "apply", "pdf", "idx", "E", "Eover") and x in s.free for s in subterms(body)):
        return None
    F = find(body, x, inner, engine)
    if F is None or inner.oracle.undefinedness(F):
        return None
    ends: list[Term] = []
    for end, direction in ((lo, "+"), (hi, "-")):
        value = _at_end(F, x, end, direction, rw)
        if value is None:
            return None
        if value.op == "const" and value.data == "undefined":
            return value  # the integral up to T has no limit, not even ±∞
        ends.append(value)
    lower, upper = ends
    if infinite(lower) and infinite(upper) and (lower is b.INF) == (upper is b.INF):
        return mk("const", (), "undefined")  # ∞ - ∞: the parts on the two sides of a point diverge to opposite infinities
    if infinite(lower) or infinite(upper):
        # the integrand keeps its sign, so the integral diverges to ±∞
        if inner.oracle.nonnegative(body) and (upper is b.INF or not infinite(upper)) and (is_minus_inf(lower) or not infinite(lower)):
            return b.INF
        if inner.oracle.nonpositive(body) and (is_minus_inf(upper) or not infinite(upper)) and (lower is b.INF or not infinite(lower)):
            return MINUS_INF
        return None
    return b.sub(upper, lower)


def infinite(t: Term) -> bool:
    """∞ or -∞."""
    return t is b.INF or is_minus_inf(t)


def _at_end(F: Term, x: Term, end: Term, direction: str, rw: Rewriter) -> Term | None:
    if end is not b.INF and not is_minus_inf(end):
        value = substitute(F, {x: end})
        try:
            if not rw.oracle.undefinedness(value):
                return value
        except ZeroDivisionError:
            pass
    point = MINUS_INF if is_minus_inf(end) else end
    return limit(F, x, point, direction, rw) or (no_limit(F, x, point, direction, rw) if infinite(end) else None)


# --- kernels -------------------------------------------------------------------------------------------------------------------


def _kernel(x: Term, lo: Term, hi: Term, kernel: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    """∫ kernel over (0, ∞), (-∞, ∞), (0, 1) for Gamma, Gauss and Beta kernels."""
    if lo is b.ZERO and hi is b.INF:
        return _gamma(x, kernel, rw, inner) or _beta_prime(x, kernel, rw, inner)
    if is_minus_inf(lo) and hi is b.INF:
        return _gauss(x, kernel, rw, inner)
    if lo is b.ZERO and hi is b.ONE:
        return _beta(x, b.ONE, kernel, rw, inner)
    if lo is b.ZERO and hi is not b.INF and hi.op != "num" and rw.oracle.positive(hi):
        return _beta(x, hi, kernel, rw, inner)
    return None


def powers(kernel: Term, x: Term) -> tuple[Term, Term | None, list[Term]]:
    """kernel = x^p · exp(u) · others."""
    factors = list(kernel.args) if kernel.op == "mul" else [kernel]
    bottoms: list[Term] = []
    if kernel.op == "div":
        factors = list(kernel.args[0].args) if kernel.args[0].op == "mul" else [kernel.args[0]]
        bottoms = list(kernel.args[1].args) if kernel.args[1].op == "mul" else [kernel.args[1]]
    power: list[Term] = []
    u: list[Term] = []
    others: list[Term] = []
    for sign, group in ((1, factors), (-1, bottoms)):
        for f in group:
            if f is b.ONE:
                continue
            if f is x:
                power.append(num(sign))
            elif f.op == "pow" and f.args[0] is x and x not in f.args[1].free:
                power.append(f.args[1] if sign > 0 else b.neg(f.args[1]))
            elif f.op == "fn" and f.data == "exp":
                u.append(f.args[0] if sign > 0 else b.neg(f.args[0]))
            else:
                others.append(f if sign > 0 else b.div(b.ONE, f))
    return b.add(*power) if power else b.ZERO, b.add(*u) if u else None, others


def _gamma(x: Term, kernel: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    """∫_0^∞ x^{s-1} e^{-c x^m} dx = Γ(s/m) c^{-s/m} / |m| for s/m > 0;  with log x (m = 1): Γ(s) c^{-s} (ψ(s) - log c)."""
    p, u, others = powers(kernel, x)
    if u is None:
        return None
    logs = [f for f in others if f is b.log(x)]
    if len(others) > len(logs) or len(logs) > 1:
        return None
    u = inner.nf(u)
    terms = linear_terms(u)
    degree: Term | None = None
    pieces: list[Term] = []
    constant: list[Term] = []
    for c, m in terms:
        fixed, v = split_factors(m, x)
        if v is b.ONE:
            constant.append(b.mul(num(c), *fixed))
            continue
        d = _degree(v, x)
        if d is None or (degree is not None and d is not degree):
            return None
        degree = d
        pieces.append(b.mul(num(-c), *fixed))
    if degree is None:
        return None
    rate = rw.nf(b.add(*pieces))
    s = rw.nf(b.add(p, b.ONE))
    size = degree if rw.oracle.positive(degree) else rw.nf(b.neg(degree)) if rw.oracle.negative(degree) else None
    if size is None or not rw.oracle.positive(rate):
        return None
    order = rw.nf(b.div(s, degree))
    if not rw.oracle.positive(order):
        return None
    value = b.div(b.mul(b.fn("gamma", order), b.pow_(rate, b.neg(order))), size)
    if logs:
        if degree is not b.ONE:
            return None
        value = b.mul(value, b.sub(b.fn("digamma", order), b.log(rate)))
    return b.mul(value, b.exp(b.add(*constant))) if constant else value


def _degree(v: Term, x: Term) -> Term | None:
    """d with v = x^d."""
    if v is x:
        return b.ONE
    if v.op == "div" and v.args[0] is b.ONE:
        below = _degree(v.args[1], x)
        return None if below is None else num(-below.data) if below.op == "num" else b.neg(below)
    return v.args[1] if v.op == "pow" and v.args[0] is x and x not in v.args[1].free else None


def _beta_prime(x: Term, kernel: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    """∫_0^∞ x^{s-1} (d + c x)^{-q} dx = d^{s-q} c^{-s} B(s, q - s) for 0 < s < q and c, d > 0."""
    p, u, others = powers(kernel, x)
    if u is not None or len(others) != 1:
        return None
    other = others[0]
    if other.op == "div" and other.args[0] is b.ONE:
        base, power = (other.args[1].args[0], other.args[1].args[1]) if other.args[1].op == "pow" else (other.args[1], b.ONE)
    elif other.op == "pow":
        base, power = other.args[0], b.neg(other.args[1])
    else:
        return None
    if x in power.free:
        return None
    slope = linear_slope(base, x, inner)
    if slope is None:
        return None
    at = rw.nf(substitute(base, {x: b.ZERO}))
    s, q = rw.nf(b.add(p, b.ONE)), rw.nf(power)
    rest = rw.nf(b.sub(q, s))
    if not all(rw.oracle.positive(v) for v in (slope, at, s, rest)):
        return None
    return b.mul(b.pow_(at, b.neg(rest)), b.pow_(slope, b.neg(s)), b.fn("beta", s, rest))


def _gauss(x: Term, kernel: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    """∫_ℝ x^n e^{-a x² + e x + g} dx = √(π/a) e^{peak} ∑ C(n, 2k) centre^{n-2k} (2k-1)!! / (2a)^k."""
    from math import comb

    from derivcheck.kernel.literals import integer_value
    from derivcheck.semantics.differentiate import differentiate

    p, u, others = powers(kernel, x)
    n = integer_value(rw.nf(p))
    if u is None or n is None or n < 0 or n > 16:
        return None
    wave = _wave(others, x, inner) if n == 0 else None
    if others and wave is None:
        return None
    u = inner.nf(u)
    first = inner.nf(differentiate(u, x))
    second = inner.nf(differentiate(first, x))
    if x in second.free or not rw.oracle.negative(second):
        return None
    if linear_slope(first, x, inner) is None:
        return None
    rate = rw.nf(b.neg(second))  # 2a
    centre = rw.nf(b.div(substitute(first, {x: b.ZERO}), rate))
    peak = rw.nf(substitute(u, {x: centre}))
    if wave is not None:
        # ∫ e^{-r(x - m)²/2} cos(βx + δ) dx = √(2π/r) e^{-β²/(2r)} cos(βm + δ), the sine likewise
        name, slope, phase = wave
        damping = b.exp(b.neg(b.div(b.pow_(slope, 2), b.mul(b.TWO, rate))))
        return b.mul(b.sqrt(b.div(b.mul(b.TWO, b.PI), rate)), b.exp(peak), damping, b.fn(name, b.add(b.mul(slope, centre), phase)))
    total: list[Term] = []
    odd = 1
    for k in range(n // 2 + 1):
        if k:
            odd *= 2 * k - 1
        total.append(b.mul(num(comb(n, 2 * k) * odd), b.pow_(centre, n - 2 * k) if n > 2 * k else b.ONE, b.pow_(rate, -k) if k else b.ONE))
    return b.mul(b.sqrt(b.div(b.mul(b.TWO, b.PI), rate)), b.exp(peak), b.add(*total))


def _wave(others: list[Term], x: Term, inner: Rewriter) -> tuple[str, Term, Term] | None:
    """A single factor cos(βx + δ) or sin(βx + δ) with real β, δ: the name, β, δ."""
    if len(others) != 1 or others[0].op != "fn" or others[0].data not in ("cos", "sin"):
        return None
    inside = others[0].args[0]
    slope = linear_slope(inside, x, inner)
    phase = inner.nf(b.sub(inside, b.mul(slope, x))) if slope is not None else None
    if slope is None or phase is None or x in phase.free or not inner.oracle.real(slope) or not inner.oracle.real(phase):
        return None
    return str(others[0].data), slope, phase


def _beta(x: Term, end: Term, kernel: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    """∫_0^h x^{a-1} (h-x)^{c-1} dx = h^{a+c-1} B(a, c) for h > 0."""
    parts = positive_factors(kernel, inner)
    if parts is None or parts[0].op != "num":
        return None
    other = inner.nf(b.sub(end, x))
    exponents: dict[Term, list[Term]] = {x: [b.ONE], other: [b.ONE]}
    constant: list[Term] = [parts[0]]
    for base, e in parts[1]:
        if x in e.free:
            return None
        if base in exponents:
            exponents[base].append(e)
        elif x not in base.free:
            constant.append(b.pow_(base, e))
        else:
            return None
    s, r = (rw.nf(b.add(*exponents[v])) for v in (x, other))
    if not rw.oracle.positive(s) or not rw.oracle.positive(r):
        return None
    if end is not b.ONE:
        if len(exponents[x]) == len(exponents[other]) == 1:
            return None
        constant.append(b.pow_(end, b.add(s, r, b.MINUS_ONE)))
    return b.mul(*constant, b.fn("beta", s, r))


# --- splitting -----------------------------------------------------------------------------------------------------------------


def _break_points(x: Term, lo: Term, hi: Term, body: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    """Split where an affine argument of |·|, sign, or of a condition changes sign, if the point's place is known."""
    for s in subterms(body):
        inside: Term | None = None
        if s.op == "fn" and s.data in ("floor", "ceil") and x in s.free:
            jump = _jump(s.args[0], x, lo, hi, inner)
            if jump is not None:
                return b.add(b.big("int", x, lo, jump, body), b.big("int", x, jump, hi, body))
        if s.op == "fn" and s.data in ("abs", "sign") and x in s.free:
            inside = s.args[0]
        elif s.op in ("cases", "ind") and x in s.free:
            for p in s.args[::2] if s.op == "cases" else s.args:
                if p.op == "rel" and p.data in ("<", "≤", ">", "≥") and x in p.free:
                    inside = b.sub(p.args[0], p.args[1])
                    break
        if inside is None or any(v.op == "bvar" for v in inside.free):
            continue
        inside = inner.nf(inside)
        slope = linear_slope(inside, x, inner)
        if slope is None or not rw.oracle.nonzero(slope):
            continue
        c = rw.nf(b.neg(b.div(substitute(inside, {x: b.ZERO}), slope)))
        if rw.oracle.less_equal(c, lo) or rw.oracle.less_equal(hi, c):
            continue
        if not (is_minus_inf(lo) or rw.oracle.less_equal(lo, c)) or not (hi is b.INF or rw.oracle.less_equal(c, hi)):
            return None
        return b.add(b.big("int", x, lo, c, body), b.big("int", x, c, hi, body))
    return None


def _jump(u: Term, x: Term, lo: Term, hi: Term, inner: Rewriter) -> Term | None:
    """A point in the middle of those between two numbers at which a x + c is an integer (at most `JUMPS` of them)."""
    line, low, high = univariate(inner.nf(u), x), rational_value(lo), rational_value(hi)
    if line is None or len(line) != 2 or low is None or high is None or abs(line[1]) * (high - low) > JUMPS:
        return None
    first, last = sorted((line[1] * low + line[0], line[1] * high + line[0]))
    inside = [m for m in range(ceil(first), floor(last) + 1) if first < m < last]
    return num((inside[len(inside) // 2] - line[0]) / line[1]) if inside else None


def _poles(x: Term, lo: Term, hi: Term, body: Term, inner: Rewriter) -> list[Term]:
    """Rational zeros of polynomial denominators (and of logarithms' arguments) strictly inside, in increasing order."""
    found: dict[Term, None] = {}
    info = inner.oracle.info(x)
    for s in subterms(body):
        base: Term | None = None
        if s.op == "div" and x in s.args[1].free:
            base = s.args[1]
        elif s.op == "pow" and s.args[1].op == "num" and s.args[1].data < 0:
            base = s.args[0]
        elif s.op == "fn" and s.data == "log" and s.args[0].op == "fn" and s.args[0].data == "abs":
            base = s.args[0].args[0]
        if base is None or base.free != {x}:
            continue
        for f in base.args if base.op == "mul" else (base,):
            f = f.args[0] if f.op == "pow" or (f.op == "fn" and f.data == "abs") else f
            for q in _rational_zeros(f, x, inner):
                if (info.lo is None or info.lo < q) and (info.hi is None or q < info.hi):
                    found[num(q)] = None
    return sorted(found, key=lambda t: t.data)


def _rational_zeros(f: Term, x: Term, rw: Rewriter) -> list[Fraction]:
    from derivcheck.kernel.algebra import numerator_polynomials

    region, [(top, _)] = numerator_polynomials([f], rw)
    i = region.index.get(("atom", x))
    if i is None or any(d > 0 and k != i for k, d in enumerate(top.degrees())) or int(top.degrees()[i]) > 20:
        return []
    out = []
    for g, _ in top.factor()[1]:
        if int(g.degrees()[i]) == 1:
            rows = {int(e[i]): c for e, c in g.to_dict().items()}
            q = -rows.get(0, 0) / rows[1]
            out.append(Fraction(int(q.p), int(q.q)) if hasattr(q, "p") else Fraction(int(q)))
    return out


def _over_poles(x: Term, lo: Term, hi: Term, poles: list[Term], body: Term, rw: Rewriter) -> Term | None:
    """The sum over the parts between the poles, each with a value: finite ones, or infinities of one sign."""
    places = [lo, *poles, hi]
    values: list[Term] = []
    for a, z in pairwise(places):
        value = rw.nf(b.big("int", x, a, z, body))
        if any(s.op == "int" or (s is b.INF and not infinite(value)) for s in subterms(value)):
            return None
        if value.op == "const" and value.data == "undefined":
            return value
        values.append(value)
    up, down = any(v is b.INF for v in values), any(is_minus_inf(v) for v in values)
    if up and down:
        # the positive and the negative part both diverge: no value, also not as ±∞
        return mk("const", (), "undefined")
    if up or down:
        return b.INF if up else MINUS_INF
    return b.add(*values)


def _scaled_out(t: Term, x: Term, lo: Term, hi: Term, body: Term, rw: Rewriter) -> Term | None:
    """∫ c f = c ∫ f for c nonzero and free of x."""
    if body.op == "div" and x not in body.args[1].free:
        return b.div(b.big("int", x, lo, hi, body.args[0]), body.args[1])
    if body.op != "mul":
        return None
    fixed = [f for f in body.args if x not in f.free]
    if not fixed or not all(rw.oracle.nonzero(f) for f in fixed):
        return None
    return b.mul(*fixed, b.big("int", x, lo, hi, b.mul(*(f for f in body.args if x in f.free))))


@rule("antiderivative", "antideriv", statement="an antiderivative by the table", source="fundamental theorem of calculus", group="antiderivative")
def antiderivative(t: Term, rw: Rewriter) -> Term | None:
    symbols, body, inner = rw.under(t)
    F = find(body, symbols[0], inner)
    return None if F is None else substitute(F, {symbols[0]: t.args[0]})


@rule("e", "const", statement="e = exp 1", source="definition")
def euler(t: Term, rw: Rewriter) -> Term | None:
    return b.exp(b.ONE) if t is b.E_CONST else None


__all__ = ["evaluate_integral", "mk"]
