"""Equations between integers or rational numbers that have few solutions or none.

* `rational-roots`: a polynomial equation with rational coefficients in one integer or rational symbol has the rational roots of the polynomial
  as its only solutions (found by factoring over ℚ);
* `integer-gcd`: c_1 m_1 + … + c_k m_k = c with integers m_i has no solution if the greatest common divisor of the c_i does not divide c;
* `sine-of-rational`: sin u = 0 and tan u = 0 only for u = 0, cos u = 0 never, if u is rational (π is irrational).

Each uses one hypothesis, an equation whose sides are then known to have values.  Limits: one symbol (roots), linear combinations of terms
that the oracle shows to be integers (divisors), rational combinations of products of declared integers and rationals (sine).
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm
from typing import Any

import flint

from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.inferences.solutions import holding, with_facts
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.oracle import Oracle
from derivcheck.kernel.randomness import randomness
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num

_WHOLE = ("N", "Npos", "Z")
LARGEST_DEGREE = 24


def _equation(ob: Obligation, params: tuple[Any, ...], session: Session) -> tuple[list[tuple[Fraction, Term]], Oracle]:
    """The hypothesis u = v as a linear combination of monomials that vanishes, the numerator of the normal form of u - v; and the oracle."""
    p = params[0]
    holding(ob, p, session)
    if p.op != "rel" or p.data != "=" or p.args[0].sort.kind != "num" or b.INF in (*p.args, *(a.args[0] for a in p.args if a.op == "neg")):
        raise Rejected("not an equation between numbers")
    oracle = session.oracle(ob.context)
    if randomness(oracle).atoms(p):
        raise Rejected("about a random variable")
    difference: Term = session.rewriter(ob.context).nf(b.sub(p.args[0], p.args[1]))
    # where the sides are equal numbers the denominator is not 0
    return linear_terms(difference.args[0] if difference.op == "div" else difference), oracle


def _is_rational(s: Term, oracle: Oracle) -> bool:
    """Declared a rational number, or shown to be an integer."""
    if s.op != "sym":
        return False
    d = oracle.context.declarations.get(s)
    if d is None or d.random or d.law is not None:
        return False
    domain = d.domain
    return (domain.op == "set" and domain.data in (*_WHOLE, "Q")) or oracle.integer(s)


def _powers(m: Term) -> list[tuple[Term, int]] | None:
    """A monomial as symbols with natural exponents; None for anything else."""
    out: list[tuple[Term, int]] = []
    for f in m.args if m.op == "mul" else (m,):
        if f is b.ONE:
            continue
        if f.op == "sym":
            out.append((f, 1))
        elif f.op == "pow" and f.args[0].op == "sym" and f.args[1].op == "num" and f.args[1].data.denominator == 1 and f.args[1].data > 0:
            out.append((f.args[0], int(f.args[1].data)))
        else:
            return None
    return out


@inference(
    "rational-roots",
    statement="f(x) = 0, f ∈ ℚ[x] not zero, x ∈ ℚ: x is one of the rational roots of f",
    source="unique factorisation in ℚ[x]; factoring by FLINT",
    method="rational roots",
)
def rational_roots(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: an equation among the hypotheses.  Leaves the goal under x = r for each root r that lies in the declared set."""
    terms, oracle = _equation(ob, params, session)
    coefficients: dict[int, Fraction] = {}
    symbol: Term | None = None
    for c, m in terms:
        powers = _powers(m)
        if powers is None or len(powers) > 1 or (powers and symbol not in (None, powers[0][0])):
            raise Rejected("not a polynomial in one symbol")
        degree = 0
        if powers:
            symbol, degree = powers[0]
        coefficients[degree] = coefficients.get(degree, Fraction(0)) + c
    if symbol is None or not any(coefficients.values()) or max(coefficients) > LARGEST_DEGREE or not _is_rational(symbol, oracle):
        raise Rejected("not a polynomial in an integer or a rational number")
    f = flint.fmpq_poly([flint.fmpq(c.numerator, c.denominator) for c in (coefficients.get(k, Fraction(0)) for k in range(max(coefficients) + 1))])
    whole = oracle.integer(symbol)
    out: list[Obligation] = []
    for factor, _ in f.numer().factor()[1]:
        if factor.degree() != 1:
            continue
        root = Fraction(-int(factor[0]), int(factor[1]))
        if whole and root.denominator != 1:
            continue
        out.append(Obligation(with_facts(ob.context, b.eq(symbol, num(root))), ob.statement))
    return out


@inference(
    "integer-gcd",
    statement="c₁m₁ + … + c_k m_k = c has no solution in integers if gcd(c₁, …, c_k) does not divide c",
    source="Bézout's identity",
    method="divisibility",
)
def integer_gcd(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: an equation among the hypotheses.  Leaves nothing: it can't hold."""
    terms, oracle = _equation(ob, params, session)
    constant = Fraction(0)
    factors: list[Fraction] = []
    for c, m in terms:
        if m is b.ONE:
            constant += c
        elif not m.bound and m.op != "bvar" and oracle.integer(m):
            factors.append(c)
        else:
            raise Rejected("not a linear combination of integers")
    if not factors:
        raise Rejected("nothing unknown")
    scale = lcm(*(c.denominator for c in (*factors, constant)))
    common = gcd(*(int(c * scale) for c in factors))
    if common == 0 or int(constant * scale) % common == 0:
        raise Rejected("the divisor divides")
    return []


@inference(
    "sine-of-rational",
    statement="for rational u: sin u = 0 or tan u = 0 only if u = 0; cos u ≠ 0",
    source="π is irrational (Lambert 1761)",
    method="irrationality of π",
)
def sine_of_rational(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: an equation among the hypotheses, of the form c·sin u = 0 with c ≠ 0.  Leaves the goal under u = 0 (for cos: nothing)."""
    terms, oracle = _equation(ob, params, session)
    if len(terms) != 1:
        raise Rejected("not a single term")
    factors = terms[0][1].args if terms[0][1].op == "mul" else (terms[0][1],)
    found = [f for f in factors if f.op == "fn" and f.data in ("sin", "cos", "tan") and len(f.args) == 1]
    if len(found) != 1 or not all(oracle.nonzero(f) for f in factors if f is not found[0]):
        raise Rejected("not a multiple of one sine")
    u = found[0].args[0]
    for _, m in linear_terms(u):
        powers = _powers(m)
        if powers is None or not all(_is_rational(s, oracle) for s, _ in powers):
            raise Rejected("not shown to be rational")
    if found[0].data == "cos":
        return []
    return [Obligation(with_facts(ob.context, b.eq(u, b.ZERO)), ob.statement)]
