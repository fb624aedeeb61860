"""Sets of optimisers and optimal values: monotone transformations of the objective.

Canonical form: `argmin` of an objective without additive constants, positive factors or increasing outer functions; of a positive product the
logarithm stands.  Every rule says
that two objectives order the points of the set in the same way wherever both have values.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm

from derivcheck.kernel.infinite_means import finite_parts
from derivcheck.kernel.literals import integer_value, linear_terms, rational_value
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, bind, num

SOURCE = "definition of the set of minimisers"


def _free_of(t: Term, xs: tuple[Term, ...]) -> bool:
    return not (set(xs) & t.free)


@rule("argmax-argmin", "argmax", statement="argmax f = argmin (-f)", source=SOURCE)
def argmax(t: Term, rw: Rewriter) -> Term | None:
    symbols, body, _ = rw.under(t)
    if body.sort.kind != "num":
        return None
    return bind("argmin", symbols, t.args[:-1], b.neg(body), t.data, t.sort)


@rule("argmin-monotone", "argmin", statement="argmin (g ∘ f) = argmin f for increasing g; argmin (c f + d) = argmin f for c > 0", side="f real", source=SOURCE)
def argmin(t: Term, rw: Rewriter) -> Term | None:
    symbols, body, inner = rw.under(t)
    if body.sort.kind != "num":
        return None
    new = _stripped(body, symbols, rw, inner)
    if new is None or new is body:
        return None
    return bind("argmin", symbols, t.args[:-1], new, t.data, t.sort)


def _stripped(f: Term, xs: tuple[Term, ...], rw: Rewriter, inner: Rewriter) -> Term | None:
    o = inner.oracle
    terms = linear_terms(f)
    moving = [(c, m) for c, m in terms if not _free_of(m, xs)]
    if moving and len(moving) < len(terms):
        dropped = [m for _, m in terms if _free_of(m, xs)]
        # beside ∞ all points are alike
        if not any(rw.oracle.undefinedness(m) for m in dropped) and all(finite_parts(m, rw) for m in dropped):
            return b.add(*(b.mul(num(c), m) for c, m in moving))
    if f.op == "div" and _free_of(f.args[1], xs):
        if rw.oracle.positive(f.args[1]):
            return f.args[0]
        if rw.oracle.negative(f.args[1]):
            return b.neg(f.args[0])
    common = _common_factor(moving, xs, rw) if len(moving) == len(terms) else None
    if common is not None:
        return inner.nf(b.div(f, common)) if rw.oracle.positive(common) else inner.nf(b.neg(b.div(f, common)))
    scale = content([c for c, _ in moving])
    if len(moving) == len(terms) > 1 and scale != 1:
        # coprime integers as coefficients, in whatever order the terms stand
        return b.add(*(b.mul(num(c / scale), m) for c, m in moving))
    if len(moving) != 1 or len(terms) != 1:
        return None
    c, m = moving[0]
    sign = 1 if c > 0 else -1
    if abs(c) != 1:
        return m if sign > 0 else b.neg(m)
    g = _outer(m, o)
    if g is None:
        logs = _logarithm(m, inner)
        return logs if logs is None or sign > 0 else b.neg(logs)
    inside, way = g
    return inside if way * sign > 0 else b.neg(inside)


def _logarithm(m: Term, inner: Rewriter) -> Term | None:
    """log m of a positive product, where it is a sum."""
    if m.op not in ("mul", "prod") or not inner.oracle.positive(m):
        return None
    logs = inner.nf(b.log(m))
    return logs if logs.op in ("add", "sum") else None


def content(coefficients: list[Fraction]) -> Fraction:
    """The positive number that leaves coprime integers when the coefficients are divided by it."""
    if not coefficients:
        return Fraction(1)
    return Fraction(gcd(*(c.numerator for c in coefficients)), lcm(*(c.denominator for c in coefficients)))


def _common_factor(moving: list[tuple[Fraction, Term]], xs: tuple[Term, ...], rw: Rewriter) -> Term | None:
    """A factor free of the variables, of known sign, in every summand."""
    if not moving:
        return None
    sets = [set(m.args if m.op == "mul" else (m,)) for _, m in moving]
    shared = [f for f in set.intersection(*sets) if _free_of(f, xs) and (rw.oracle.positive(f) or rw.oracle.negative(f))]
    if not shared:
        return None
    from derivcheck.kernel.ordering import order_key

    return min(shared, key=order_key)


def _euclidean(m: Term) -> bool:
    return m.op == "norm" and (m.data == "F" or (m.data == "2" and m.args[0].sort.is_vector))


def _outer(m: Term, o: object) -> tuple[Term, int] | None:
    """(u, ±1) with m an increasing (+1) or decreasing (-1) function of the real u."""
    from derivcheck.kernel.oracle import Oracle

    assert isinstance(o, Oracle)
    if m.op == "fn" and m.data in ("exp", "arctan", "erf", "sinh", "tanh", "arcsinh") and o.real(m.args[0]):
        return m.args[0], 1
    if m.op == "fn" and m.data == "log" and o.positive(m.args[0]):
        return m.args[0], 1
    if m.op == "oddroot" and o.real(m.args[0]):
        return m.args[0], 1
    if _euclidean(m):
        return b.pow_(m, b.TWO), 1  # norms are nonnegative, and their squares are what expands
    if m.op == "pow" and not (_euclidean(m.args[0]) and m.args[1] is b.TWO):
        u, e = m.args
        q = rational_value(e)
        n = integer_value(e)
        if o.positive(u) and q is not None and q != 0:
            return u, 1 if q > 0 else -1
        if o.nonnegative(u) and q is not None and q > 0:
            return u, 1
        if n is not None and n > 0 and n % 2 and o.real(u):
            return u, 1
        if n is not None and n > 0 and n % 2 == 0 and o.real(u) and o.nonpositive(u):
            return u, -1
    if m.op == "div" and m.args[0].op == "num" and o.positive(m.args[1]):
        return m.args[1], -1 if m.args[0].data > 0 else 1
    if m.op == "apply" and len(m.args) == 2:
        from derivcheck.kernel.inferences.functions import monotone

        way = monotone(m.args[0], o.context)
        if way and o.member(m.args[1], o.context.declarations[m.args[0]].arg_domains[0]):
            return m.args[1], way
    return None
