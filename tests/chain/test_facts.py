"""A used claim must not say more where it is used than where it was proved."""

from __future__ import annotations

from dataclasses import replace

from derivcheck.chain.facts import fact_of, usable
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration, Hypothesis
from derivcheck.terms.sorts import NUM, mat
from derivcheck.terms.term import num, sym

n = sym("n")
A = sym("A", mat(n, n))
x = sym("x", NUM)
SIZES = Declaration(n, b.NATURALS)


def context(*declarations: Declaration) -> Context:
    found = Context()
    for d in declarations:
        found = found.with_declaration(d)
    return found


def test_what_stays_free_must_be_declared_alike() -> None:
    symmetric = Declaration(A, b.rmn(n, n), frozenset({"symmetric"}))
    plain = Declaration(A, b.rmn(n, n))
    here = context(SIZES, symmetric)
    fact = fact_of("f", b.eq(b.transpose(A), A), here)
    assert usable(fact, here)
    assert not usable(fact, context(SIZES, plain))
    assert not usable(fact, context(symmetric))
    assert not usable(fact, context(Declaration(n, b.finset(num(1), num(2))), symmetric))
    assert not usable(fact, replace(here, conventions=frozenset({"real"})))


def test_scalars_are_quantified_with_their_hypotheses() -> None:
    here = context(Declaration(x, b.REALS)).with_hypotheses([Hypothesis(b.eq(x, num(1))), Hypothesis(b.eq(x, num(2)), None, "step")])
    fact = fact_of("f", b.eq(b.mul(x, x), x), here)
    assert fact.hypothesis.statement.op == "forall" and not fact.hypothesis.statement.free
    assert "implies" in repr(fact.hypothesis.statement) and "2" not in repr(fact.hypothesis.statement)
    assert usable(fact, Context())


def test_independence_is_a_hypothesis() -> None:
    X, Y = sym("X"), sym("Y")
    both = context(Declaration(X, b.REALS, random=True), Declaration(Y, b.REALS, random=True))
    here = replace(both, independent=(((X, Y), ()),))
    fact = fact_of("f", b.eq(b.expect(b.mul(X, Y)), b.mul(b.expect(X), b.expect(Y))), here)
    assert usable(fact, here) and not usable(fact, both)
