"""Counterexamples are found where they are, and never where there are none."""

from __future__ import annotations

import pytest

from derivcheck.kernel.obligation import Obligation
from derivcheck.refute.hints import hint_for
from derivcheck.refute.search import cross_examine, search
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration, Hypothesis
from derivcheck.terms.sorts import BOOL, NUM, dist, fun, mat
from derivcheck.terms.term import Term, mk, num, sym

x, y, a, k, n, c = (sym(s) for s in "xyaknc")
SQ = b.pow_(x, 2)


def ob(statement: Term, hypotheses: tuple[Term, ...] = (), **domains: Term) -> Obligation:
    context = Context()
    for name, domain in domains.items():
        context = context.with_declaration(Declaration(sym(name), domain))
    return Obligation(context.with_hypotheses([Hypothesis(h) for h in hypotheses]), statement)


R, P, N1 = b.REALS, b.POSITIVE, b.POSITIVE_INTEGERS
relu = b.fn("max", x, b.ZERO)

FALSE = [
    ob(b.eq(b.add(relu, b.div(b.fn("max", b.sub(x, num(100)), b.ZERO), num(1000))), relu), x=R),
    ob(b.iff(b.eq(SQ, num(9)), b.eq(x, num(3))), x=R),
    ob(b.iff(b.eq(b.log(SQ), b.TWO), b.eq(x, b.exp(b.ONE))), (b.rel(x, "≠", b.ZERO),), x=R),
    ob(b.iff(b.eq(b.pow_(x, 3), b.add(x, b.ONE)), b.eq(x, b.ZERO)), x=R),
    ob(b.eq(b.sqrt(b.mul(x, y)), b.mul(b.sqrt(x), b.sqrt(y))), x=R, y=R),
    ob(b.eq(b.exp(b.mul(b.PI, b.sqrt(num(163)))), num(262537412640768744))),
    ob(b.eq(b.add(b.fn("arctan", x), b.fn("arctan", b.div(b.ONE, x))), b.div(b.PI, b.TWO)), (b.rel(x, "≠", b.ZERO),), x=R),
    ob(b.eq(b.add(b.fn("floor", x), b.fn("floor", b.neg(x))), b.MINUS_ONE), x=R),
    ob(b.eq(b.div(b.ONE, b.ZERO), x), x=R),
    ob(mk("rel", (b.mul(a, x), x, x), "∝", BOOL), a=R, x=R),
    ob(mk("rel", (b.exp(SQ), b.exp(x), x), "∝", BOOL), x=R),
    ob(mk("rel", (SQ, b.mul(b.TWO, SQ), x), "≐", BOOL), x=R),
    ob(b.eq(b.log(b.add(b.ONE, b.exp(x))), relu), x=R),
    ob(b.iff(b.eq(b.div(SQ, x), b.ZERO), b.eq(x, b.ZERO)), x=R),
    ob(b.eq(b.mul(x, y), b.sub(x, b.pow_(y, 2))), (b.eq(b.add(x, y), b.ONE),), x=R, y=R),
    ob(b.eq(b.sum_(k, b.ONE, n, k), b.div(b.mul(n, b.sub(n, b.ONE)), b.TWO)), n=N1),
    ob(b.rel(b.add(SQ, b.mul(b.TWO, x)), ">", num(-1)), x=R),
    ob(b.eq(b.log(SQ), b.mul(b.TWO, b.log(x))), x=R),
    ob(b.eq(b.big("int", x, b.ZERO, b.INF, b.mul(x, b.exp(b.neg(b.mul(a, x))))), b.div(b.ONE, a)), a=P),
    ob(b.eq(b.pow_(b.pow_(x, 2), b.HALF), x), x=R),
]

TRUE = [
    ob(b.eq(b.add(b.pow_(b.fn("sin", x), 2), b.pow_(b.fn("cos", x), 2)), b.ONE), x=R),
    ob(b.eq(b.mul(x, y), b.sub(x, SQ)), (b.eq(b.add(x, y), b.ONE),), x=R, y=R),
    ob(b.iff(b.eq(SQ, num(2)), b.or_(b.eq(x, b.sqrt(b.TWO)), b.eq(x, b.neg(b.sqrt(b.TWO))))), x=R),
    ob(b.eq(b.div(SQ, x), x), x=R),
    ob(b.eq(b.deriv(x, b.fn("abs", x)), b.fn("sign", x)), x=R),
    ob(b.eq(b.deriv(x, b.log(x)), b.div(b.ONE, b.fn("abs", x))), x=R),
    ob(b.eq(b.deriv(x, relu), b.ind(b.rel(x, ">", b.ZERO))), x=R),
    ob(b.eq(b.sum_(k, b.ZERO, n, b.fn("binom", n, k)), b.pow_(b.TWO, n)), n=b.NATURALS),
    ob(mk("rel", (b.mul(num(3), b.exp(x)), b.exp(b.add(x, b.ONE)), x), "∝", BOOL), x=R),
    ob(mk("rel", (b.add(SQ, a), SQ, x), "≐", BOOL), x=R, a=R),
    ob(b.rel(b.ZERO, "≤", b.add(SQ, b.pow_(y, 2))), x=R, y=R),
    ob(b.eq(b.big("int", x, b.ZERO, b.INF, b.mul(x, b.exp(b.neg(b.mul(a, x))))), b.pow_(a, -2)), a=P),
    ob(b.eq(mk("oddroot", (b.pow_(x, 3),), 3), x), x=R),
]


@pytest.mark.parametrize("obligation", FALSE, ids=[str(i) for i in range(len(FALSE))])
def test_false_statements_are_refuted(obligation: Obligation) -> None:
    found = search(obligation)
    assert found is not None
    assert found.lhs != found.rhs or obligation.statement.data == ">"


@pytest.mark.parametrize("obligation", TRUE, ids=[str(i) for i in range(len(TRUE))])
def test_true_statements_are_not(obligation: Obligation) -> None:
    assert search(obligation) is None
    examination = cross_examine(obligation, points=24)
    assert examination.disagree == 0
    assert examination.agree > 0


def test_crafted_point_is_reported() -> None:
    found = search(FALSE[0])
    assert found is not None
    assert float(found.values["x"]) > 100


def test_matrices_and_functions() -> None:
    d = sym("d")
    p, q = sym("A", mat(d, d)), sym("B", mat(d, d))
    f = sym("f", fun(NUM, NUM))
    context = Context().with_declaration(Declaration(d, N1))
    for s in (p, q):
        context = context.with_declaration(Declaration(s, b.rmn(d, d), frozenset(["invertible"])))
    context = context.with_declaration(Declaration(f, R, arg_domains=(R,))).with_declaration(Declaration(x, R))
    commute = Obligation(context, b.eq(b.matmul(p, q), b.matmul(q, p)))
    assert search(commute) is not None
    assert search(Obligation(context, b.eq(b.inv(b.matmul(p, q)), b.matmul(b.inv(q), b.inv(p))))) is None
    lost = b.eq(b.deriv(x, b.apply(f, SQ)), b.apply(b.dfun(f, (1,)), SQ))
    found = search(Obligation(context, lost))
    assert found is not None and "f" in found.values


def test_densities() -> None:
    p, q = sym("p", dist(NUM)), sym("q", dist(NUM))
    context = Context()
    for s in (p, q):
        context = context.with_declaration(Declaration(s, mk("prob", (R,), None, b.SET)))
    kl = b.mk("KL", (p, q))
    back = b.mk("KL", (q, p))
    assert search(Obligation(context, b.eq(kl, back))) is not None
    assert search(Obligation(context, b.rel(kl, "≥", b.ZERO))) is None
    assert search(Obligation(context, b.rel(kl, "≤", b.ONE))) is not None


def test_equivalence_of_random_statements() -> None:
    u, v = sym("U"), sym("V")
    context = Context().with_declaration(Declaration(u, R, random=True)).with_declaration(Declaration(v, R, random=True))

    def e(t: Term, *given: Term) -> Term:
        return mk("E", (t, *given), len(given), NUM)

    assert search(Obligation(context, b.eq(e(e(v, u)), e(v)))) is None
    assert search(Obligation(context, b.eq(e(v, u), e(v)))) is not None
    assert search(Obligation(context, b.eq(e(b.mul(u, v)), b.mul(e(u), e(v))))) is not None


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (b.eq(b.sub(x, y), b.sub(y, x)), "sign"),
        (b.eq(b.deriv(x, SQ), x), "2 times"),
        (b.eq(b.pow_(b.add(x, y), 2), b.add(SQ, b.pow_(y, 2), b.mul(x, y))), "x y"),
        (b.eq(b.deriv(x, b.fn("sin", b.mul(y, x))), b.fn("cos", b.mul(y, x))), "y"),
        (b.eq(b.fn("sin", b.ONE), num("0.8415")), "approx"),
        (b.iff(b.eq(x, num(3)), b.eq(SQ, num(9))), "implies"),
        (b.eq(b.sqrt(SQ), x), "ge 0"),
        (b.eq(b.pow_(b.add(x, y), 2), b.add(SQ, b.pow_(y, 2))), "the term 2 x y is missing on the right"),
        (b.eq(b.deriv(x, b.fn("log", b.mul(SQ, y))), b.div(num(2), b.mul(x, y))), "a factor y is missing"),
        (b.eq(b.sum_(k, b.ONE, n, k), b.div(b.mul(n, b.sub(n, b.ONE)), b.TWO)), "n - 1"),
    ],
)
def test_hints(statement: Term, words: str) -> None:
    domains = {s.data[0]: (N1 if s is n else R) for s in statement.free}  # type: ignore[index]
    obligation = ob(statement, **domains)
    found = search(obligation)
    assert found is not None
    hint = hint_for(obligation, found)
    assert hint is not None and words in hint, hint


def test_hints_are_true() -> None:
    """What only held at the points that were tried says so, or is not said."""
    from derivcheck.refute.tester import ONLY_TRIED, assured

    z = sym("z")
    context = ob(b.eq(z, z), z=R).context
    assert assured("hint", b.eq(b.add(z, z), b.mul(num(2), z)), context) == "hint"
    rare = mk("cases", (b.eq(z, num("7/3")), b.ONE, b.ZERO), None, NUM)
    assert assured("hint", b.eq(rare, b.ZERO), context) in (None, "hint" + ONLY_TRIED)
