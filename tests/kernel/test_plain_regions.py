"""Numbers and multiples of a symbol get their canonical term without polynomials: the same one."""

from __future__ import annotations

import pytest

from derivcheck.kernel import algebra
from derivcheck.kernel.check import Session
from derivcheck.terms import build as b
from derivcheck.terms.context import Context
from derivcheck.terms.term import Term, mk, num, sym

X = sym("x")
TERMS = (
    b.neg(num(2)), b.div(num(1), num(2)), b.neg(b.div(num(3), num(6))), b.div(b.neg(num(4)), num(2)), b.div(num(0), num(3)), mk("neg", (num(0),)),
    b.neg(X), b.mul(num(2), X), b.mul(b.neg(num(2)), X), b.mul(b.div(num(1), num(3)), X), mk("mul", (num(0), X)), mk("mul", (num(1), X)),
    b.div(X, num(2)), b.div(X, b.neg(num(2))), b.div(X, num(1)), b.pow_(X, num(2)), mk("pow", (X, num(1))),
)  # fmt: skip


@pytest.mark.parametrize("t", TERMS, ids=str)
def test_same_as_by_polynomials(t: Term, monkeypatch: pytest.MonkeyPatch) -> None:
    short = algebra._plain(t)
    assert short is not None
    monkeypatch.setattr(algebra, "_plain", lambda t: None)
    assert algebra.normalise_region(t, Session().rewriter(Context())) is short


def test_division_by_zero_and_other_terms_are_left_to_the_polynomials() -> None:
    y = sym("y")
    for t in (b.div(num(1), num(0)), b.div(X, num(0)), b.mul(X, y), b.add(X, num(1)), b.pow_(X, num(-1)), b.pow_(X, y), b.pow_(X, num(0))):
        assert algebra._plain(t) is None
