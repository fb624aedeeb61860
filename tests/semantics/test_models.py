"""Models lie in the declared classes and satisfy the hypotheses; the sequence is deterministic."""

from __future__ import annotations

import itertools

import pytest
from flint import fmpq

from derivcheck.semantics.evaluate import Model, evaluate
from derivcheck.semantics.evaluate_matrix import definite, determinant, identity
from derivcheck.semantics.models import models
from derivcheck.semantics.truth import holds
from derivcheck.semantics.values import Matrix, equal
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration, Hypothesis
from derivcheck.terms.sorts import BOOL, NUM, dist, fam, fun, mat, vec
from derivcheck.terms.term import Term, mk, num, sym

x, y, s, k, n = (sym(v) for v in "xyskn")


def context(*declarations: Declaration, hypotheses: tuple[Term, ...] = ()) -> Context:
    c = Context()
    for d in declarations:
        c = c.with_declaration(d)
    return c.with_hypotheses([Hypothesis(h) for h in hypotheses])


def some(c: Context, *terms: Term, count: int = 25) -> list[Model]:
    return list(itertools.islice(models(c, terms), count))


REAL = [Declaration(v, b.REALS) for v in (x, y)]


@pytest.mark.parametrize(
    "hypothesis",
    [
        b.eq(b.add(x, y), b.ONE),
        b.eq(b.add(b.mul(b.TWO, x), b.mul(num(3), y)), num(7)),
        b.eq(b.mul(x, y), num(6)),
        b.eq(x, b.pow_(y, 2)),
        b.eq(b.pow_(x, 2), b.pow_(y, 2)),
        b.rel(x, "<", y),
        b.rel(b.add(x, y), "≥", num(3)),
        b.rel(x, "≠", b.ZERO),
        b.and_(b.rel(x, ">", num(100)), b.rel(y, "<", num(-7))),
    ],
)
def test_scalar_hypotheses_hold(hypothesis: Term) -> None:
    c = context(*REAL, hypotheses=(hypothesis,))
    found = some(c, x)
    assert len(found) >= 10
    assert all(holds(hypothesis, m) is True for m in found)


def test_contradictory_hypotheses_have_no_model() -> None:
    assert some(context(*REAL, hypotheses=(b.rel(x, "<", y), b.rel(y, "<", x))), x) == []


def test_irrational_definition() -> None:
    c = context(Declaration(x, b.POSITIVE), Declaration(y, b.REALS), hypotheses=(b.eq(y, b.log(x)),))
    found = some(c, y)
    assert found and all(m.defined_by.get(y) is not None or m.values[y] == 0 for m in found)


def test_normalised_family() -> None:
    p = sym("p", fam(1, NUM))
    c = context(
        Declaration(n, b.POSITIVE_INTEGERS),
        Declaration(p, b.NONNEGATIVE, index_ranges=(b.int_range(b.ONE, n),)),
        hypotheses=(b.eq(b.sum_(k, b.ONE, n, b.idx(p, k)), b.ONE),),
    )
    found = some(c, p)
    assert len(found) >= 10
    for m in found:
        assert evaluate(b.sum_(k, b.ONE, n, b.idx(p, k)), m) == 1
        assert all(v >= 0 for v in m.values[p].members.values())


@pytest.mark.parametrize("attribute", ["symmetric", "positive definite", "invertible", "orthogonal", "diagonal", "permutation"])
def test_matrix_classes(attribute: str) -> None:
    a = sym("A", mat(n, n))
    c = context(Declaration(n, b.POSITIVE_INTEGERS), Declaration(a, b.rmn(n, n), frozenset([attribute])))
    found = [m.values[a] for m in some(c, a)]
    assert {m.rows for m in found} >= {1, 2, 3}
    for m in found:
        t = Matrix(m.data.transpose())
        if attribute in ("symmetric", "diagonal"):
            assert equal(m, t) is True
        if attribute == "positive definite":
            assert definite(m, strictly=True) is True
        if attribute == "invertible":
            assert determinant(m) != 0
        if attribute in ("orthogonal", "permutation"):
            assert equal(Matrix(m.data * t.data), identity(m.rows)) is True
    if attribute == "orthogonal":
        assert {int(determinant(m).p) for m in found} == {1, -1}


@pytest.mark.parametrize("attributes", [["convex"], ["concave"], ["increasing"], ["bounded"], []])
def test_function_classes_by_samples(attributes: list[str]) -> None:
    f = sym("f", fun(NUM, NUM))
    c = context(Declaration(f, b.REALS, frozenset(attributes), arg_domains=(b.REALS,)))
    for m in some(c, f, count=12):
        for p, q in ((-2, 1), (0, 3), (-1, 5)):
            left, right, middle = (b.apply(f, num(v)) for v in (p, q, f"{p + q}/2"))
            mean = b.div(b.add(left, right), b.TWO)
            if "convex" in attributes:
                assert holds(b.rel(middle, "≤", mean), m) is not False
            if "concave" in attributes:
                assert holds(b.rel(middle, "≥", mean), m) is not False
            if "increasing" in attributes:
                assert holds(b.rel(left, "<", right), m) is True


def test_codomain() -> None:
    f = sym("f", fun(NUM, NUM))
    for domain in (b.POSITIVE, b.interval(b.ZERO, b.ONE, "()"), b.interval(num(2), num(5), "[]")):
        c = context(Declaration(f, domain, arg_domains=(b.REALS,)))
        found = some(c, f, count=8)
        assert found
        for m in found:
            for p in (-7, 0, 2, 11):
                assert holds(b.rel(b.apply(f, num(p)), "in", domain), m) is True


def test_recurrence_is_tabulated() -> None:
    t, m = sym("T", fun(NUM, NUM)), sym("m")
    step = b.over("forall", [m], [b.POSITIVE_INTEGERS], b.eq(b.apply(t, m), b.add(b.mul(k, b.apply(t, b.sub(m, b.ONE))), b.pow_(k, b.add(m, b.ONE)))))
    c = context(
        Declaration(k, b.POSITIVE_INTEGERS),
        Declaration(n, b.POSITIVE_INTEGERS),
        Declaration(t, b.REALS, arg_domains=(b.NATURALS,)),
        hypotheses=(b.eq(b.apply(t, b.ZERO), b.ZERO), step),
    )
    found = some(c, b.apply(t, n), count=10)
    assert found
    for one in found:
        v = evaluate(b.sub(b.apply(t, n), b.mul(n, b.pow_(k, b.add(n, b.ONE)))), one)
        assert v == 0 or one.values[n] > 12


def expect(t: Term) -> Term:
    return mk("E", (t,), 0, t.sort)


def test_random_symbols_meet_moment_hypotheses() -> None:
    e, h = sym("e"), sym("h")
    hypotheses = (
        b.eq(expect(e), b.ZERO),
        b.eq(expect(b.pow_(e, 2)), b.pow_(s, 2)),
        mk("perp", (e, h), 2, BOOL),
    )
    c = context(Declaration(e, b.REALS, random=True), Declaration(h, b.REALS, random=True), Declaration(s, b.POSITIVE), hypotheses=hypotheses)
    found = some(c, expect(b.mul(e, h)), count=12)
    assert len(found) == 12
    for m in found:
        assert all(holds(p, m) is True for p in hypotheses)
        assert evaluate(expect(b.mul(e, h)), m) == 0


def test_random_symbols_are_dependent_unless_declared() -> None:
    c = context(Declaration(x, b.REALS, random=True), Declaration(y, b.REALS, random=True))
    gap = b.sub(expect(b.mul(x, y)), b.mul(expect(x), expect(y)))
    assert any(evaluate(gap, m) != 0 for m in some(c, gap, count=10))


def test_normal_vector_moments_are_exact() -> None:
    d = sym("d")
    mean, cov, v, a = sym("m", vec(d)), sym("S", mat(d, d)), sym("X", vec(d)), sym("A", mat(d, d))
    c = context(
        Declaration(d, b.POSITIVE_INTEGERS),
        Declaration(mean, b.rn(d)),
        Declaration(a, b.rmn(d, d)),
        Declaration(cov, b.rmn(d, d), frozenset(["symmetric", "positive definite"])),
        Declaration(v, b.rn(d), random=True, law=b.distribution("N", mean, cov, over=vec(d))),
    )
    form = expect(b.tonum(b.matmul(b.transpose(v), a, v)))
    want = b.add(b.trace(b.matmul(a, cov)), b.tonum(b.matmul(b.transpose(mean), a, mean)))
    for m in some(c, form, want, count=6):
        assert holds(b.eq(form, want), m) is not False
        assert holds(b.eq(form, b.add(want, num("1/1000000"))), m) is False


def test_laws_are_normalised() -> None:
    p = sym("p", dist(NUM))
    for domain, total in (
        (b.int_range(b.ONE, num(3)), b.sum_(k, b.ONE, num(3), b.pdf(p, k))),
        (b.REALS, b.bigset("intset", x, b.REALS, b.pdf(p, x))),
        (b.NATURALS, b.sum_(k, b.ZERO, b.INF, b.pdf(p, k))),
    ):
        c = context(Declaration(p, mk("prob", (domain,), None, b.SET)))
        for m in some(c, total, count=6):
            assert holds(b.eq(total, b.ONE), m) is not False
            assert holds(b.eq(total, num("1000001/1000000")), m) is False


def test_deterministic() -> None:
    c = context(*REAL, hypotheses=(b.rel(x, "<", y),))
    first = [(m.values[x], m.values[y]) for m in some(c, x)]
    assert first == [(m.values[x], m.values[y]) for m in some(c, x)]
    assert fmpq(0) in {v for pair in first for v in pair}
