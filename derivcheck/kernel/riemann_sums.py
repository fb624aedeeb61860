"""Limits of Riemann sums: ∑_{k} f(k/n)/n tends to an integral (used by `rules/limits.py`)."""

from __future__ import annotations

from fractions import Fraction

from derivcheck.kernel.continuity import continuous
from derivcheck.kernel.literals import integer_value, linear_terms
from derivcheck.kernel.monomials import factors, linear_in, product
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, contains_op, fresh, num, open_binder, substitute


def riemann_limit(t: Term, rw: Rewriter) -> Term | None:
    """lim ∑_{k=an+l}^{bn+c} g(k/n)/n = ∫_a^b g over natural n → ∞, for g real and continuous on (a neighbourhood of) [a, b], 0 ≤ a < b numbers, l and c integers
    (a continuous function is Riemann integrable; finitely many summands tend to 0)."""
    if t.data != "int" or t.args[0] is not b.INF or t.sort.kind != "num" or not contains_op(t.args[-1], "sum"):
        return None
    (n,), body, _ = rw.under(t)
    whole = _one_sum(linear_terms(body), n, rw)
    if whole is None:
        return None
    outer, sum_ = whole
    ends = [linear_in(u, n) for u in sum_.args[:2]]
    shifts = [integer_value(e[1]) if e is not None and e[0].denominator == 1 else None for e in ends]
    low, high = (e[0] if e is not None else Fraction(0) for e in ends)
    if shifts[0] is None or shifts[1] is None or not 0 <= low < high:
        return None
    (k,), summand = open_binder(sum_)
    x, large = fresh("x"), fresh("n")
    # where indices lie beyond a n or b n, g must be continuous there, too
    around = b.interval(num(low - (shifts[0] < 0)), num(high + (shifts[1] > 0)), "[]")
    room = rw.child(((Declaration(x, around), Declaration(large, b.POSITIVE)), ()))
    g = room.nf(b.mul(large, substitute(outer, {n: large}), substitute(summand, {k: b.mul(large, x), n: large})))
    if large in g.free or k in g.free or not room.oracle.real(g) or not continuous(g, x, room.oracle):
        return None
    return b.big("int", x, num(low), num(high), g)


def _one_sum(terms: list[tuple[Fraction, Term]], n: Term, rw: Rewriter) -> tuple[Term, Term] | None:
    """A term as a product of a sum and the rest; the difference of two sums that differ in their upper ends is one sum."""
    parts: list[tuple[Term, Term]] = []
    for c, m in terms:
        top, bottom = factors(m)
        sums = [f for f in top if f.op == "sum" and n in f.free]
        if len(sums) != 1:
            return None
        top.remove(sums[0])
        parts.append((b.mul(num(c), product(top, bottom)), sums[0]))
    if len(parts) == 1:
        return parts[0]
    if len(parts) != 2:
        return None
    (p, u), (q, v) = parts
    first, second = linear_in(u.args[1], n), linear_in(v.args[1], n)
    if u.args[0] is not v.args[0] or u.args[2] is not v.args[2] or u.bound != v.bound or first is None or second is None or rw.nf(b.add(p, q)) is not b.ZERO:
        return None
    if first[0] < second[0]:
        (p, u), (q, v) = (q, v), (p, u)
    (k,), summand = open_binder(u)
    return p, b.sum_(k, b.add(v.args[1], b.ONE), u.args[1], summand)
