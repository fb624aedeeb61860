"""Monomials of normal forms taken apart: factors with and without a variable, linear and polynomial dependence, shifts.

All functions read normal forms as `algebra` writes them (`mul` of factors, one `div`, powers with literal or symbolic exponents) and only
regroup; none has a side condition.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import flint

from derivcheck.kernel.algebra import numerator_polynomials
from derivcheck.kernel.literals import integer_value, linear_terms
from derivcheck.kernel.ordering import order_key
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num

if TYPE_CHECKING:
    from derivcheck.kernel.rewrite import Rewriter


def factors(m: Term) -> tuple[list[Term], list[Term]]:
    """Numerator and denominator factors of a monomial (powers kept; negative integer powers go below)."""
    top: list[Term] = []
    bottom: list[Term] = []
    stack = [(m, True)]
    while stack:
        t, up = stack.pop()
        if t.op == "mul":
            stack.extend((a, up) for a in reversed(t.args))
        elif t.op == "div":
            stack.append((t.args[1], not up))
            stack.append((t.args[0], up))
        elif t is b.ONE:
            continue
        elif t.op == "pow" and (integer_value(t.args[1]) or 0) < 0:
            n = -(integer_value(t.args[1]) or 0)
            (bottom if up else top).append(t.args[0] if n == 1 else b.pow_(t.args[0], n))
        else:
            (top if up else bottom).append(t)
    return top, bottom


def product(top: list[Term], bottom: list[Term]) -> Term:
    """The quotient of two products of factors."""
    upper = b.mul(*top)
    return b.div(upper, b.mul(*bottom)) if bottom else upper


def linear_in(u: Term, k: Term) -> tuple[Fraction, Term] | None:
    """u = a k + r with a rational a and r free of k; None if u is not of this form."""
    if k not in u.free:
        return Fraction(0), u
    a = Fraction(0)
    rest: list[Term] = []
    for c, m in linear_terms(u):
        if m is k:
            a += c
        elif k in m.free:
            return None
        else:
            rest.append(num(c) if m is b.ONE else (m if c == 1 else b.mul(num(c), m)))
    return a, b.add(*rest)


def constant_part(u: Term) -> tuple[Fraction, Term]:
    """u = c + rest with the rational constant c."""
    c = Fraction(0)
    rest: list[Term] = []
    for q, m in linear_terms(u):
        if m is b.ONE:
            c += q
        else:
            rest.append(m if q == 1 else b.mul(num(q), m))
    return c, b.add(*rest)


def split_factors(m: Term, k: Term) -> tuple[Term, list[Term], list[Term]]:
    """m = outside · ∏ top / ∏ bottom with `outside` free of k and every listed factor containing k; exponentials are split."""
    top, bottom = factors(m)
    outside_top: list[Term] = []
    outside_bottom: list[Term] = []
    inside_top: list[Term] = []
    inside_bottom: list[Term] = []
    for f in top:
        if k not in f.free:
            outside_top.append(f)
        elif f.op == "fn" and f.data == "exp":
            free: list[Term] = []
            bound: list[Term] = []
            for c, w in linear_terms(f.args[0]):
                (bound if k in w.free else free).append(num(c) if w is b.ONE else (w if c == 1 else b.mul(num(c), w)))
            if free:
                outside_top.append(b.exp(b.add(*free)))
                inside_top.append(b.exp(b.add(*bound)))
            else:
                inside_top.append(f)
        else:
            inside_top.append(f)
    for f in bottom:
        (inside_bottom if k in f.free else outside_bottom).append(f)
    return product(outside_top, outside_bottom), inside_top, inside_bottom


def degree_in(top: list[Term], k: Term) -> tuple[int, list[Term]]:
    """The power of k itself among the factors, and the other factors."""
    degree = 0
    rest: list[Term] = []
    for f in top:
        if f is k:
            degree += 1
        elif f.op == "pow" and f.args[0] is k and (integer_value(f.args[1]) or -1) > 0:
            degree += integer_value(f.args[1]) or 0
        else:
            rest.append(f)
    return degree, rest


@dataclass(frozen=True)
class Place:
    """An argument sign·k + offset inside an atom (sign ±1, offset free of k)."""

    sign: int
    offset: Term


def places(terms: list[Term], k: Term) -> list[Place]:
    """Where k stands linearly with coefficient ±1 inside atoms (arguments of functions, families, densities, exponents, denominators)."""
    found: dict[Place, None] = {}
    seen: set[Term] = set()

    def visit(t: Term, inside: bool) -> None:
        if k not in t.free or (t, inside) in seen2:
            return
        seen2.add((t, inside))
        if inside and t.sort.kind == "num":
            got = linear_in(t, k)
            if got is not None and abs(got[0]) == 1:
                found[Place(int(got[0]), got[1])] = None
                return
        if t.op in ("mul", "add", "neg", "div") and not inside:
            for a in t.args:
                visit(a, t.op == "div" and a is t.args[1])
            return
        for a in t.args:
            visit(a, a.sort.kind == "num" and not a.bound)

    seen2: set[tuple[Term, bool]] = set()
    del seen
    for t in terms:
        if t.op == "pow" and t.args[0] is k:
            continue
        visit(t, False)
    return list(found)


def univariate(p: Term, k: Term) -> list[Fraction] | None:
    """Coefficients (constant first) of a polynomial in k with rational coefficients; None if p is not one."""
    out: dict[int, Fraction] = {}
    for c, m in linear_terms(p):
        if m is b.ONE:
            out[0] = out.get(0, Fraction(0)) + c
        elif m is k:
            out[1] = out.get(1, Fraction(0)) + c
        elif m.op == "pow" and m.args[0] is k and (integer_value(m.args[1]) or -1) > 0:
            n = integer_value(m.args[1]) or 0
            out[n] = out.get(n, Fraction(0)) + c
        else:
            return None
    return [out.get(i, Fraction(0)) for i in range(max(out, default=0) + 1)]


def factored(t: Term, rw: Rewriter) -> tuple[Fraction, list[tuple[Term, int]]] | None:
    """t = c · ∏ base^exponent: the canonical fraction's numerator and denominator factored over Q; None where it vanishes or is too large."""
    try:
        region, ((top, bottom),) = numerator_polynomials([t], rw)
    except ZeroDivisionError:
        return None
    if top == region.zero or bottom == region.zero or len(top) > 300 or len(bottom) > 300:
        return None
    constant = Fraction(1)
    out: list[tuple[Term, int]] = []
    for poly, sign in ((top, 1), (bottom, -1)):
        content, parts = poly.factor()
        constant *= Fraction(int(content.p), int(content.q)) ** sign
        for f, e in parts:
            base = region.to_term(f, region.one)
            lead, rest = leading_constant(base)
            constant *= lead ** (int(e) * sign)
            out.append((rest, int(e) * sign))
    return constant, out


def leading_constant(t: Term) -> tuple[Fraction, Term]:
    """t = c · rest for a product that starts with a number."""
    if t.op == "num":
        return t.data, b.ONE
    if t.op == "mul" and t.args[0].op == "num":
        return t.args[0].data, b.mul(*t.args[1:])
    return Fraction(1), t


def partial_fractions(numerator_degree: int, roots: list[tuple[Fraction, int]]) -> tuple[list[Fraction], list[tuple[Fraction, int, Fraction]]]:
    """k^d / ∏ (k - ρ)^e as polynomial coefficients and terms (ρ, j, α) standing for α / (k - ρ)^j."""
    poly = flint.fmpq_poly([0] * numerator_degree + [1])
    denominator = flint.fmpq_poly([1])
    for rho, e in roots:
        denominator *= flint.fmpq_poly([flint.fmpq(-rho.numerator, rho.denominator), 1]) ** e
    quotient, remainder = divmod(poly, denominator)
    parts: list[tuple[Fraction, int, Fraction]] = []
    for rho, e in roots:
        shift = flint.fmpq_poly([flint.fmpq(rho.numerator, rho.denominator), 1])
        others = flint.fmpq_poly([1])
        for sigma, g in roots:
            if sigma != rho:
                others *= flint.fmpq_poly([flint.fmpq(-sigma.numerator, sigma.denominator), 1]) ** g
        n, d = remainder(shift), others(shift)
        series = _series([_fraction(n[i]) for i in range(e)], [_fraction(d[i]) for i in range(e)], e)
        parts.extend((rho, e - i, h) for i, h in enumerate(series) if h)
    return [_fraction(quotient[i]) for i in range(quotient.degree() + 1)] if quotient.degree() >= 0 else [], parts


def _fraction(q: flint.fmpq) -> Fraction:
    return Fraction(int(q.p), int(q.q))


def _series(n: list[Fraction], d: list[Fraction], order: int) -> list[Fraction]:
    out: list[Fraction] = []
    for i in range(order):
        out.append((n[i] - sum((out[j] * d[i - j] for j in range(i)), Fraction(0))) / d[0])
    return out


def sum_nodes(t: Term) -> Iterator[Term]:
    """Nodes of the tree (with repetition) that sum or integrate; for measuring how simple a form is."""
    stack = [t]
    while stack:
        x = stack.pop()
        if x.op in ("sum", "sumset", "prod", "prodset", "int", "intset"):
            yield x
        stack.extend(x.args)


def measure(t: Term) -> tuple[int, int, int]:
    """Simpler forms have smaller measures: fewer sums, then size, then a fixed order."""
    return sum(1 for _ in sum_nodes(t)), t.size, order_key(t)
