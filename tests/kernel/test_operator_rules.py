"""Rules for sums, products and expectations keep values: random terms before and after, evaluated in random models."""

from __future__ import annotations

import random

import pytest

from derivcheck.kernel import algebra
from derivcheck.kernel.budget import Budget
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.oracle import Oracle
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.refute.search import cross_examine
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration
from derivcheck.terms.sorts import NUM, fun
from derivcheck.terms.term import Term, contains_op, fresh, num, sym

n, m, u, v = (sym(name) for name in ("n", "m", "u", "v"))
f = sym("f", fun(NUM, NUM))


class Terms:
    """Random sums and products over integer ranges, with families, powers, cases and binomials in them."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def context(self) -> Context:
        """Declarations of the symbols."""
        pick = self.rng.choice
        c = Context()
        c = c.with_declaration(Declaration(n, pick([b.NATURALS, b.POSITIVE_INTEGERS, b.INTEGERS])))
        c = c.with_declaration(Declaration(m, pick([b.INTEGERS, b.NATURALS, b.POSITIVE_INTEGERS])))
        c = c.with_declaration(Declaration(u, pick([b.REALS, b.POSITIVE, b.NONNEGATIVE, b.interval(b.ZERO, b.ONE, "()")])))
        c = c.with_declaration(Declaration(v, pick([b.REALS, b.POSITIVE])))
        return c.with_declaration(Declaration(f, pick([b.REALS, b.POSITIVE]), arg_domains=(b.INTEGERS,)))

    def affine(self, ks: list[Term]) -> Term:
        """An integer argument."""
        k = self.rng.choice(ks)
        extra = [self.rng.choice([n, m, b.neg(m)])] if self.rng.random() < 0.3 else []
        return b.add(self.rng.choice([k, k, b.neg(k), b.mul(b.TWO, k)]), num(self.rng.randint(-2, 2)), *extra)

    def condition(self, ks: list[Term]) -> Term:
        """A comparison of an index."""
        return b.rel(self.rng.choice(ks), self.rng.choice(["=", "≠", "≤", "<", ">", "≥"]), self.rng.choice([m, n, num(1), num(2), *ks[:-1]]))

    def body(self, ks: list[Term], depth: int) -> Term:
        """A summand."""
        rng, k = self.rng, ks[-1]
        r = rng.random()
        if depth == 0 or r < 0.25:
            return rng.choice(
                [
                    k,
                    rng.choice([u, v, num(rng.randint(-2, 3)), n, m]),
                    b.apply(f, self.affine(ks)),
                    b.pow_(rng.choice([u, v, num(2), num(-1)]), self.affine(ks)),
                    b.ind(self.condition(ks)),
                    b.cases(self.condition(ks), b.apply(f, self.affine(ks)), rng.choice([b.ZERO, u, b.apply(f, self.affine(ks))])),
                ]
            )
        if r < 0.45:
            return b.add(self.body(ks, depth - 1), self.body(ks, depth - 1))
        if r < 0.72:
            return b.mul(self.body(ks, depth - 1), self.body(ks, depth - 1))
        if r < 0.8:
            below = [u, b.add(k, num(rng.randint(1, 3))), b.mul(k, b.add(k, b.ONE)), b.TWO]
            return b.div(self.body(ks, depth - 1), rng.choice(below))
        if r < 0.85:
            return b.exp(b.mul(num(rng.choice([-1, 1])), u, k))
        if r < 0.9:
            return b.fn("binom", rng.choice([n, b.add(n, b.ONE), num(4)]), k)
        return self.operator(ks, depth - 1)

    def operator(self, ks: list[Term], depth: int) -> Term:
        """A sum or a product."""
        rng = self.rng
        k = fresh(f"k{len(ks)}")
        lo = rng.choice([num(0), num(1), num(1), num(2), num(-1), m, *ks, *(b.add(q, b.ONE) for q in ks)])
        hi = rng.choice([n, n, b.add(n, b.ONE), b.sub(n, b.ONE), m, num(3), b.add(n, m), *ks, *(b.sub(q, b.ONE) for q in ks)])
        return b.big("sum" if rng.random() < 0.85 else "prod", k, lo, hi, self.body([*ks, k], depth))


@pytest.mark.parametrize("seed", range(40))
def test_values_are_kept(seed: int) -> None:
    terms = Terms(seed)
    context, t = terms.context(), terms.operator([], 3)
    new = Rewriter(Oracle(context), budget=Budget(seconds=20)).nf(t)
    examination = cross_examine(Obligation(context, b.eq(t, new)), points=8)
    assert examination.witness is None, examination.witness


def _rewriter(*declarations: Declaration) -> Rewriter:
    context = Context()
    for d in declarations:
        context = context.with_declaration(d)
    return Rewriter(Oracle(context))


def test_empty_ranges_are_not_closed() -> None:
    """∑_{k=1}^n k is n(n+1)/2 for n ≥ -1 only: for n ∈ ℤ it stays."""
    k = sym("k")
    t = b.sum_(k, b.ONE, n, k)
    assert _rewriter(Declaration(n, b.INTEGERS)).nf(t).op == "sum"
    assert _rewriter(Declaration(n, b.NATURALS)).nf(t).op != "sum"


def test_a_ratio_of_one_is_not_divided_by() -> None:
    """∑ r^k has its closed form where r ≠ 1 is known."""
    k, r = sym("k"), sym("r")
    t = b.sum_(k, b.ZERO, n, b.pow_(r, k))
    below_one = Declaration(r, b.interval(b.ZERO, b.ONE, "()"))
    closed = b.div(b.sub(b.ONE, b.pow_(r, b.add(n, b.ONE))), b.sub(b.ONE, r))
    assert algebra.is_zero(b.sub(t, closed), _rewriter(Declaration(n, b.NATURALS), below_one))
    assert not algebra.is_zero(b.sub(t, closed), _rewriter(Declaration(n, b.NATURALS), Declaration(r, b.REALS)))


def test_series_need_convergence() -> None:
    """The geometric series has a value for |r| < 1 only, and only convergent parts are split off."""
    k, r = sym("k"), sym("r")
    t = b.sum_(k, b.ZERO, b.INF, b.pow_(r, k))
    assert not contains_op(_rewriter(Declaration(r, b.interval(b.ZERO, b.ONE, "()"))).nf(t), "sum")
    assert contains_op(_rewriter(Declaration(r, b.interval(b.ZERO, b.ONE, "(]"))).nf(t), "sum")
    both = b.sum_(k, b.ONE, b.INF, b.sub(b.div(b.ONE, k), b.div(b.ONE, b.add(k, b.ONE))))
    assert _rewriter().nf(both) is b.ONE
    harmonic = b.sum_(k, b.ONE, b.INF, b.div(b.ONE, k))
    assert _rewriter().nf(harmonic) is b.INF


def test_a_skipped_index_must_be_in_range() -> None:
    """∑_{k ≠ j} x_k = ∑ x_k - x_j needs j in the range."""
    k, j = sym("k"), sym("j")
    t = b.sum_(k, b.ONE, n, b.cases(b.rel(k, "≠", j), b.apply(f, k), b.ZERO))
    naturals, values = Declaration(n, b.NATURALS), Declaration(f, b.REALS, arg_domains=(b.INTEGERS,))
    inside = _rewriter(naturals, values, Declaration(j, b.int_range(b.ONE, n))).nf(t)
    assert inside.op == "add"
    anywhere = _rewriter(naturals, values, Declaration(j, b.INTEGERS)).nf(t)
    assert anywhere.op == "sum"
