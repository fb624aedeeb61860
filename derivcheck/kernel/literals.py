"""Numbers and rational combinations that a term literally is: reading them off, and writing them."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from derivcheck.kernel.ordering import order_key
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num


def integer_value(t: Term) -> int | None:
    """The integer that a term literally is (`3`, `-3`), if it is one."""
    if t.op == "num" and t.data.denominator == 1:
        return int(t.data)
    if t.op == "neg":
        inner = integer_value(t.args[0])
        return None if inner is None else -inner
    return None


def rational_value(t: Term) -> Fraction | None:
    """The rational that a term literally is: a quotient, product, negation of numbers."""
    if t.op == "num":
        return t.data
    if t.op == "neg":
        inner = rational_value(t.args[0])
        return None if inner is None else -inner
    if t.op == "div":
        p, q = rational_value(t.args[0]), rational_value(t.args[1])
        return None if p is None or q is None or q == 0 else p / q
    return None


def linear_terms(t: Term) -> list[tuple[Fraction, Term]]:
    """A term as a rational combination of monomials: `[(coefficient, monomial)]`, the constant's monomial being 1."""
    if t.op == "add":
        return [pair for a in t.args for pair in linear_terms(a)]
    if t.op == "neg":
        return [(-c, m) for c, m in linear_terms(t.args[0])]
    if t.op == "num":
        return [(t.data, b.ONE)] if t.data else []
    if t.op == "div":
        bottom = t.args[1]
        out = []
        for c, m in linear_terms(t.args[0]):
            if bottom.op == "num" and bottom.data:
                out.append((c / bottom.data, m))
            elif bottom.op == "mul" and bottom.args[0].op == "num":
                rest = b.mul(*bottom.args[1:])
                out.append((c / bottom.args[0].data, b.div(m, rest)))
            else:
                out.append((c, b.div(m, bottom)))
        return out
    if t.op == "mul" and t.args[0].op == "num":
        c0: Fraction = t.args[0].data
        rest = b.mul(*t.args[1:])
        if rest.op == "add":
            return [(c0 * c, m) for c, m in linear_terms(rest)]
        return [(c0, rest)]
    return [(Fraction(1), t)]


def scaled(c: Fraction, m: Term) -> Term:
    """c m, the number in front."""
    if m is b.ONE:
        return num(c)
    if c == 1:
        return m
    if m.op == "mul":
        return b.mul(num(c), *m.args)
    if m.op == "div":
        return b.div(scaled(c, m.args[0]), m.args[1])
    return b.mul(num(c), m)


def combine(parts: Iterable[tuple[Fraction, Term]]) -> Term:
    """The sum of multiples of monomials, in order."""
    terms = sorted(((order_key(m), scaled(c, m)) for c, m in parts if c), key=lambda pair: pair[0])
    return b.add(*(t for _, t in terms))
