"""Derivatives against difference quotients of balls, integrals, sums and limits with known values."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from flint import acb, arb, fmpq

from derivcheck.semantics.differentiate import derivative, differentiate
from derivcheck.semantics.evaluate import Budget, Env, Model, evaluate, with_evaluator
from derivcheck.semantics.truth import holds
from derivcheck.semantics.values import UNDEFINED, UNKNOWN, Family, Function, Infinite, ball, is_number, matrix, precision, rational
from derivcheck.terms import build as b
from derivcheck.terms.sorts import NUM, fam, fun, mat, vec
from derivcheck.terms.term import Term, mk, num, sym

x, y, a, k, n, t = (sym(s) for s in "xyaknt")
UNARY = "exp log sin cos tan sec csc cot sinh cosh tanh coth sech csch arctan arcsinh erf erfc gamma digamma loggamma abs sign arccot".split()


def model(**values: object) -> Model:
    return Model({sym(s): rational(v) for s, v in values.items()})  # type: ignore[arg-type]


def close(v: object, want: float, tolerance: float = 1e-10) -> bool:
    return is_number(v) and abs(float(ball(v).real.mid()) - want) < tolerance * (1 + abs(want)) and float(ball(v).real.rad()) < tolerance * 100


def random_term(rng: random.Random, depth: int) -> Term:
    if depth == 0:
        return rng.choice([x, x, num(2), num(Fraction(1, 3)), y])
    op = rng.choice(["add", "mul", "div", "pow", "fn", "fn", "cases", "max", "sum"])
    one, two = random_term(rng, depth - 1), random_term(rng, depth - 1)
    if op in ("add", "mul", "div"):
        return getattr(b, op)(one, two)
    if op == "pow":
        return b.pow_(one, rng.choice([2, 3, -2, Fraction(1, 2), y]))
    if op == "cases":
        return b.cases(b.rel(one, "<", num(1)), two, one)
    if op == "max":
        return b.fn(rng.choice(["max", "min"]), one, two)
    if op == "sum":
        return b.sum_(k, b.ONE, num(3), b.mul(k, b.pow_(one, k)))
    return b.fn(rng.choice(UNARY), one)


@pytest.mark.parametrize("seed", range(10))
def test_derivative_is_enclosed_by_the_mean_value_theorem(seed: int) -> None:
    """f(p+h) - f(p) = h f'(q) for some q between, for real functions: f' over the interval must enclose the quotient."""
    rng = random.Random(seed)
    checked = 0
    for _ in range(60):
        f = random_term(rng, 3)
        p, h = fmpq(rng.randint(-20, 20), 7), fmpq(1, 10**12)
        d = b.deriv(x, f)
        slope = evaluate(d, model(x=Fraction(int(p.p), int(p.q)), y=Fraction(5, 3)), budget=Budget(20_000))
        if not is_number(slope) or not ball(slope).imag.contains(0):
            continue
        values = [evaluate(f, Model({x: q, y: fmpq(5, 3)}), 400, Budget(20_000)) for q in (p - h, p + h)]
        if not all(is_number(v) for v in values):
            continue
        with precision(400):
            quotient = (ball(values[1]) - ball(values[0])) / (2 * ball(h))
        gap = abs(quotient - ball(slope))
        size = 1 + float(abs(ball(slope)).mid())
        if size > 1e6:
            continue
        assert float(gap.mid()) <= 1e-6 * size, (f, p, slope, quotient)
        checked += 1
    assert checked > 15


def test_break_points_are_never_guessed() -> None:
    relu = b.fn("max", x, b.ZERO)
    assert evaluate(b.deriv(x, relu, b.ZERO), model()) is UNKNOWN
    assert evaluate(b.deriv(x, relu, num(2)), model()) == 1
    assert evaluate(b.deriv(x, b.fn("floor", x), num(2)), model()) is UNKNOWN
    assert evaluate(b.deriv(x, b.cases(b.rel(x, "≤", b.ONE), x, b.mul(b.TWO, x)), b.ONE), model()) is UNKNOWN
    assert evaluate(b.deriv(x, b.add(b.div(b.ONE, b.ZERO), x)), model(x=1)) is UNDEFINED


def test_conditions_of_a_branch_are_kept_in_every_branch() -> None:
    f = b.cases(b.rel(y, "<", b.ZERO), b.sqrt(x), b.mul(b.TWO, b.sqrt(x)))
    assert evaluate(b.deriv(x, f), model(x=-1, y=1)) is UNKNOWN
    assert evaluate(b.deriv(x, f), model(x=4, y=1)) == fmpq(1, 2)


def test_what_no_rule_covers_stays_a_derivative() -> None:
    f = b.mk("fn", (x,), "zeta")
    assert differentiate(f, x).op == "deriv"
    assert not derivative(f, x).complete


def test_functions_and_families() -> None:
    f = sym("f", fun(NUM, NUM))
    lam = b.lam([t], [b.REALS], b.add(b.pow_(t, 3), b.exp(t)))
    at = Model({f: Function(lam), x: fmpq(2)})
    composed = b.deriv(x, b.apply(f, b.pow_(x, 2)))
    chain = b.mul(b.TWO, x, b.apply(b.dfun(f, (1,)), b.pow_(x, 2)))
    gap = b.sub(composed, chain)
    assert ball(evaluate(gap, at)).contains(0)
    family = sym("x", fam(1, NUM))
    one = Model({family: Family({(1,): fmpq(2), (2,): fmpq(5)}), a: fmpq(3)})
    assert evaluate(b.deriv(a, b.sum_(k, b.ONE, b.TWO, b.pow_(b.sub(b.idx(family, k), a), 2))), one) == -2
    assert evaluate(b.idx(family, num(3)), one) is UNDEFINED


def test_gradients() -> None:
    d = sym("d")
    w, m = sym("w", vec(d)), sym("A", mat(d, d))
    at = Model({d: fmpq(2), w: matrix([[fmpq(1)], [fmpq(2)]]), m: matrix([[fmpq(1), fmpq(2)], [fmpq(3), fmpq(7)]])})
    form = b.tonum(b.matmul(b.transpose(w), m, w))
    assert holds(b.eq(b.grad(w, form), b.matmul(b.add(m, b.transpose(m)), w)), at) is True
    assert holds(b.eq(b.hess(w, form), b.add(m, b.transpose(m))), at) is True
    assert holds(b.eq(b.grad(m, b.log(b.det(m))), b.transpose(b.inv(m))), at) is True
    assert holds(b.eq(b.jac(w, b.matmul(m, w)), m), at) is True
    assert holds(b.eq(b.jac(w, b.matmul(m, w), layout="denominator"), b.transpose(m)), at) is True


SQUARE = b.pow_(x, 2)


@pytest.mark.parametrize(
    ("lo", "hi", "body", "value"),
    [
        (b.ZERO, b.ONE, SQUARE, 1 / 3),
        (b.neg(b.INF), b.INF, b.exp(b.neg(b.div(SQUARE, b.TWO))), 2.506628274631),
        (b.ZERO, b.INF, b.mul(b.pow_(x, Fraction(-1, 2)), b.exp(b.neg(x))), 1.7724538509055159),
        (b.ZERO, b.ONE, b.mul(x, b.log(x)), -0.25),
        (b.ZERO, b.ONE, b.div(b.ONE, b.sqrt(x)), 2),
        (b.neg(b.INF), b.INF, b.exp(b.neg(b.fn("abs", b.sub(x, num(3))))), 2),
        (b.ONE, b.INF, b.div(b.ONE, SQUARE), 1),
        (num(2), b.ZERO, x, -2),
        (b.ZERO, b.TWO, b.ind(b.rel(x, "<", b.HALF)), 0.5),
        (b.neg(b.ONE), b.TWO, b.fn("max", x, b.ZERO), 2),
    ],
)
def test_integrals(lo: Term, hi: Term, body: Term, value: float) -> None:
    assert close(evaluate(b.big("int", x, lo, hi, body), model(), budget=Budget(2_000_000)), value)


def test_integrals_without_a_bound_are_left_open() -> None:
    body = b.div(b.fn("sin", x), x)
    assert evaluate(b.big("int", x, b.ONE, b.INF, body), model(), budget=Budget(200_000)) is UNKNOWN


@pytest.mark.parametrize(
    ("lo", "hi", "body", "sign"),
    [
        (b.ONE, b.INF, b.div(b.ONE, x), 1),
        (b.ONE, b.INF, b.exp(x), 1),
        (b.ZERO, b.ONE, b.div(b.ONE, x), 1),
        (b.neg(b.INF), b.ZERO, x, -1),
        (b.ZERO, b.INF, b.neg(b.div(b.add(x, b.ONE), x)), -1),
    ],
)
def test_divergent_integrals_are_infinite(lo: Term, hi: Term, body: Term, sign: int) -> None:
    got = evaluate(b.big("int", x, lo, hi, body), model(), budget=Budget(200_000))
    assert isinstance(got, Infinite) and got.sign == sign


def test_infinite_parts_of_both_signs_have_no_sum() -> None:
    assert not isinstance(evaluate(b.big("int", x, b.neg(b.INF), b.INF, x), model(), budget=Budget(200_000)), Infinite)


def test_leibniz_rule() -> None:
    inside = b.deriv(a, b.big("int", x, b.ZERO, b.ONE, b.pow_(x, a)))
    assert close(evaluate(inside, model(a=2), budget=Budget(2_000_000)), -1 / 9)
    ends = b.deriv(a, b.big("int", x, b.ZERO, b.pow_(a, 2), b.exp(b.neg(SQUARE))))
    assert close(evaluate(ends, model(a=1), budget=Budget(2_000_000)), 2 * 2.718281828459045**-1)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b.pow_(num(Fraction(1, 2)), k), 2),
        (b.pow_(num(Fraction(-1, 2)), k), 2 / 3),
        (b.div(b.pow_(num(3), k), b.fn("factorial", k)), 20.085536923187668),
        (b.mul(b.fn("binom", b.add(k, b.TWO), b.TWO), b.pow_(num(Fraction(1, 3)), k)), 3.375),
        (b.pdf(b.distribution("NB", num(Fraction(3, 2)), num(Fraction(1, 3))), k), 1),
        (b.mul(k, b.pdf(b.distribution("Po", num(Fraction(5, 2))), k)), 2.5),
    ],
)
def test_series(body: Term, value: float) -> None:
    assert close(evaluate(b.sum_(k, b.ZERO, b.INF, body), model()), value)


@pytest.mark.parametrize(
    ("point", "body", "direction", "value"),
    [
        (b.ZERO, b.div(b.fn("sin", x), x), "", 1),
        (b.ZERO, b.div(b.sub(b.ONE, b.fn("cos", x)), SQUARE), "", Fraction(1, 2)),
        (b.ZERO, b.mul(x, b.log(x)), "+", 0),
        (b.INF, b.mul(x, b.exp(b.neg(x))), "", 0),
        (b.INF, b.div(b.add(b.mul(b.TWO, SQUARE), x), b.add(SQUARE, b.ONE)), "", 2),
        (b.ZERO, b.div(b.fn("abs", x), x), "-", -1),
    ],
)
def test_limits(point: Term, body: Term, direction: str, value: object) -> None:
    assert evaluate(b.lim(x, point, body, direction), model()) == rational(value)  # type: ignore[arg-type]


def test_limit_that_does_not_exist() -> None:
    assert evaluate(b.lim(x, b.ZERO, b.div(b.fn("abs", x), x)), model()) is UNDEFINED
    assert evaluate(b.lim(x, b.INF, b.fn("sin", x)), model()) is UNKNOWN


def test_enclosures_contain_values_of_subintervals() -> None:
    """The value over a ball contains the values at its points (what integration rests on)."""
    rng = random.Random(3)
    for _ in range(80):
        f = random_term(rng, 3)
        centre = arb(rng.randint(-30, 30)) / 7
        wide = acb(centre + arb(0, 1) / 8)

        def at(z: acb, f: Term = f) -> object:
            return with_evaluator(lambda ev: ev.eval(f, Env(ev.root, {x: z, y: fmpq(5, 3)})), model())

        whole = at(wide)
        if not is_number(whole):
            continue
        for step in (-1, 0, 1):
            v = at(acb(centre + arb(step) / 9))
            assert v is UNKNOWN or (is_number(v) and ball(whole).overlaps(ball(v))), f


def test_matrix_entry_outside() -> None:
    m = mk("bmat", (b.ONE, b.TWO), (2, 1), vec(b.TWO))
    assert evaluate(b.ventry(m, num(3)), model()) is UNDEFINED
    assert evaluate(b.ventry(m, num(2)), model()) == 2
    assert n.sort is NUM
