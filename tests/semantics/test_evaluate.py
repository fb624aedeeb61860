"""Evaluation against mpmath on random scalar terms, and the conventions of SPEC section 6."""

from __future__ import annotations

import random
from fractions import Fraction

import mpmath
import pytest
from flint import acb, fmpq

from derivcheck.semantics.evaluate import Budget, Model, evaluate
from derivcheck.semantics.truth import holds
from derivcheck.semantics.values import INFINITY, MINUS_INFINITY, UNDEFINED, UNKNOWN, ball, is_number, rational
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration
from derivcheck.terms.term import Term, num, sym

x, y, k, n = (sym(s) for s in "xykn")
MP = {
    "exp": mpmath.exp, "log": mpmath.log, "sin": mpmath.sin, "cos": mpmath.cos, "tan": mpmath.tan, "sinh": mpmath.sinh, "cosh": mpmath.cosh,
    "tanh": mpmath.tanh, "arctan": mpmath.atan, "arcsinh": mpmath.asinh, "erf": mpmath.erf, "gamma": mpmath.gamma, "abs": abs,
}  # fmt: skip


def model(**values: object) -> Model:
    return Model({sym(s): rational(v) if not isinstance(v, acb) else v for s, v in values.items()})  # type: ignore[arg-type]


def random_term(rng: random.Random, depth: int) -> Term:
    if depth == 0 or rng.random() < 0.15:
        return rng.choice([x, y, num(rng.randint(-3, 3)), num(Fraction(rng.randint(-5, 5), rng.randint(1, 4))), b.PI])
    op = rng.choice(["add", "mul", "div", "pow", "neg", "fn", "fn"])
    if op in ("add", "mul"):
        return getattr(b, op)(random_term(rng, depth - 1), random_term(rng, depth - 1))
    if op == "div":
        return b.div(random_term(rng, depth - 1), random_term(rng, depth - 1))
    if op == "pow":
        return b.pow_(random_term(rng, depth - 1), rng.choice([2, 3, -1, Fraction(1, 2)]))
    if op == "neg":
        return b.neg(random_term(rng, depth - 1))
    return b.fn(rng.choice(list(MP)), random_term(rng, depth - 1))


def reference(t: Term, values: dict[Term, mpmath.mpf]) -> mpmath.mpc:
    if t.op == "num":
        return mpmath.mpf(t.data.numerator) / t.data.denominator  # type: ignore[union-attr]
    if t.op == "const":
        return mpmath.pi
    if t.op == "sym":
        return values[t]
    args = [reference(a, values) for a in t.args]
    if t.op == "add":
        return sum(args)
    if t.op == "mul":
        return mpmath.fprod(args)
    if t.op == "div":
        return args[0] / args[1]
    if t.op == "neg":
        return -args[0]
    if t.op == "pow":
        return mpmath.power(args[0], args[1])
    return MP[str(t.data)](args[0])


@pytest.mark.parametrize("seed", range(8))
def test_agrees_with_mpmath(seed: int) -> None:
    rng = random.Random(seed)
    checked = 0
    with mpmath.workdps(60):
        for _ in range(120):
            t = random_term(rng, 4)
            p, q = Fraction(rng.randint(-9, 9), rng.randint(1, 5)), Fraction(rng.randint(-9, 9), rng.randint(1, 5))
            v = evaluate(t, model(x=p, y=q))
            if not is_number(v):
                continue
            try:
                want = reference(t, {x: mpmath.mpf(p.numerator) / p.denominator, y: mpmath.mpf(q.numerator) / q.denominator})
            except (ZeroDivisionError, OverflowError, ValueError, mpmath.libmp.NoConvergence):
                continue
            if not mpmath.isfinite(want) or abs(want) > 1e60:
                continue
            z = ball(v)
            gap = abs(complex(float(z.real.mid()), float(z.imag.mid())) - complex(want))
            radius = float(z.real.rad()) + float(z.imag.rad())
            assert gap <= radius + 1e-9 * (1 + abs(complex(want))), (t, p, q, v, want)
            checked += 1
    assert checked > 40


@pytest.mark.parametrize(
    ("term", "value"),
    [
        (b.mul(b.ZERO, b.log(b.ZERO)), 0),
        (b.mul(b.ZERO, b.neg(b.log(b.ZERO))), 0),
        (b.pow_(b.ZERO, 0), 1),
        (b.sum_(k, num(5), num(2), k), 0),
        (b.big("prod", k, num(5), num(2), k), 1),
        (b.fn("binom", num(3), num(5)), 0),
        (b.fn("binom", num(3), num(-1)), 0),
        (b.fn("binom", num(Fraction(1, 2)), num(2)), Fraction(-1, 8)),
        (b.mk("oddroot", (num(-8),), 3), -2),
        (b.sqrt(num(Fraction(9, 4))), Fraction(3, 2)),
        (b.fn("factorial", num(5)), 120),
        (b.fn("max", num(2), num(-7), num(3)), 3),
        (b.fn("floor", num(Fraction(-3, 2))), -2),
        (b.fn("mod", num(-7), num(3)), 2),
        (b.sub(b.pow_(num(10), 30), b.pow_(num(10), 30)), 0),
        (b.cases(b.rel(num(1), "<", num(0)), b.div(b.ONE, b.ZERO), num(4)), 4),
    ],
)
def test_exact_conventions(term: Term, value: object) -> None:
    assert evaluate(term, Model({})) == rational(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "term",
    [
        b.div(b.ONE, b.ZERO),
        b.log(b.ZERO),
        b.div(b.ZERO, b.ZERO),
        b.pow_(b.ZERO, -1),
        b.fn("gamma", num(-3)),
        b.fn("zeta", b.ONE),
        b.sub(b.INF, b.INF),
        b.mul(b.ZERO, b.INF),
        b.fn("max", b.I_CONST, b.ONE),
        b.inv(b.mk("bmat", (b.ONE, b.ONE, b.ONE, b.ONE), (2, 2), b.mat(b.TWO, b.TWO))),
    ],
)
def test_undefined(term: Term) -> None:
    assert evaluate(term, Model({})) is UNDEFINED


@pytest.mark.parametrize(
    "term",
    [
        b.div(b.ONE, b.fn("sin", b.PI)),
        b.pow_(num(9), b.pow_(num(9), b.pow_(num(9), 9))),
        b.sum_(k, b.ONE, b.pow_(num(10), 12), k),
        b.fn("arcsin", num(2)),
        b.sum_(k, b.ONE, b.INF, b.fn("sin", k)),
        b.deriv(x, b.fn("abs", x), b.ZERO),
        b.deriv(x, b.log(x), num(-1)),
        b.deriv(x, b.mul(x, b.fn("abs", x)), b.ZERO),
    ],
)
def test_not_known(term: Term) -> None:
    assert evaluate(term, Model({}), budget=Budget(20_000)) is UNKNOWN


def test_divergent_series() -> None:
    for body, value in (
        (b.div(b.ONE, k), INFINITY),
        (b.neg(b.pow_(b.TWO, k)), MINUS_INFINITY),
        (b.div(k, b.add(b.ONE, b.pow_(k, 2))), INFINITY),
        (b.pow_(num(-1), k), UNDEFINED),
        (b.div(b.pow_(num(-2), k), k), UNDEFINED),
    ):
        assert evaluate(b.sum_(k, b.ONE, b.INF, body), Model({})) is value
    # convergent ones are not taken for divergent
    for body in (b.div(b.ONE, b.pow_(k, 2)), b.div(b.pow_(num(-1), k), k), b.div(k, b.pow_(b.TWO, k))):
        assert evaluate(b.sum_(k, b.ONE, b.INF, body), Model({})) not in (INFINITY, MINUS_INFINITY, UNDEFINED)


def test_principal_values() -> None:
    v = evaluate(b.log(num(-1)), Model({}))
    assert isinstance(v, acb) and v.real.contains(0) and abs(float(v.imag.mid()) - 3.141592653589793) < 1e-15
    assert holds(b.eq(b.log(b.pow_(x, 2)), b.mul(b.TWO, b.log(x))), model(x=-1)) is False


def test_convention_real_makes_complex_values_undefined() -> None:
    real = Model({x: fmpq(-2)}, Context(conventions=frozenset({"real"})))
    assert evaluate(b.sqrt(x), real) is UNDEFINED
    assert evaluate(b.pow_(b.sqrt(x), 2), real) is UNDEFINED


def test_zero_to_the_zero_for_a_real_exponent_is_left_open() -> None:
    assert evaluate(b.pow_(x, y), model(x=0, y=0)) is UNKNOWN
    context = Context().with_declaration(Declaration(n, b.NATURALS))
    assert evaluate(b.pow_(x, n), Model({x: fmpq(0), n: fmpq(0)}, context)) == 1


@pytest.mark.parametrize(
    ("statement", "at", "verdict"),
    [
        (b.iff(b.eq(b.div(b.pow_(x, 2), x), b.ZERO), b.eq(x, b.ZERO)), 0, False),
        (b.iff(b.eq(b.sqrt(b.sub(x, num(5))), b.sqrt(b.sub(b.mul(b.TWO, x), num(3)))), b.eq(b.sub(x, num(5)), b.sub(b.mul(b.TWO, x), num(3)))), -2, False),
        (b.iff(b.eq(b.pow_(x, 2), num(9)), b.eq(x, num(3))), -3, False),
        (b.implies(b.eq(x, num(3)), b.eq(b.pow_(x, 2), num(9))), 3, True),
        (b.rel(b.fn("sin", b.ONE), "≈", num("0.8415")), 0, True),
        (b.rel(b.PI, "≈", num("3.1415")), 0, True),
        (b.rel(b.PI, "≈", num("3.1417")), 0, False),
        (b.eq(b.fn("sin", b.ONE), num("0.8415")), 0, False),
        (b.rel(x, "in", b.interval(b.ZERO, b.ONE, "[)")), 1, False),
        (b.eq(b.mk("union", (b.interval(b.ZERO, b.ONE, "[)"), b.finset(b.ONE)), None, b.SET), b.interval(b.ZERO, b.ONE, "[]")), 0, True),
        (b.eq(b.interval(b.ZERO, b.ONE, "[)"), b.interval(b.ZERO, b.ONE, "[]")), 0, False),
        (b.over("forall", [k], [b.int_range(b.ONE, num(4))], b.rel(k, "<", num(4))), 0, False),
        (b.over("exists", [k], [b.INTEGERS], b.eq(x, b.mul(b.TWO, k))), 6, True),
    ],
)
def test_statements(statement: Term, at: int, verdict: bool) -> None:
    assert holds(statement, model(x=at)) is verdict


def test_vague_enclosures_are_shown_as_intervals() -> None:
    from flint import acb, arb

    from derivcheck.semantics.values import show_ball

    assert show_ball(acb(arb(0, 1.25)), 8) == "a number in [-1.26, 1.26]"
    assert show_ball(acb(arb(2, 0.5)), 8) == "a number in [1.49, 2.51]"
    assert show_ball(acb(arb(0, "1e-40")), 8) == "0"
    assert show_ball(acb(arb("0.25", "1e-12")), 8) == "0.25"
