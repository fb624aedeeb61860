"""Terms put under binders are never captured, laws that depend on a variable are not differentiated past, laws by formula."""

from __future__ import annotations

from flint import fmpq

from derivcheck.kernel.obligation import Obligation
from derivcheck.refute.search import cross_examine, search
from derivcheck.semantics.differentiate import LAW_CONDITION, derivative
from derivcheck.semantics.evaluate import Budget, Model, evaluate
from derivcheck.semantics.truth import holds
from derivcheck.semantics.values import UNKNOWN, Function, ball, is_number
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration
from derivcheck.terms.sorts import BOOL, NUM, fun
from derivcheck.terms.term import Term, mk, num, sym

x, y, a, k, u, v, m = (sym(s) for s in "xyakuvm")
R = b.REALS


def e(t: Term, *given: Term) -> Term:
    return mk("E", (t, *given), len(given), NUM)


def close(t: Term, want: float, model: Model | None = None) -> bool:
    got = evaluate(t, model or Model({}), budget=Budget(2_000_000))
    return is_number(got) and abs(float(ball(got).real.mid()) - want) < 1e-9


def normal(mean: Term, variance: Term = b.ONE) -> Term:
    return b.distribution("N", mean, variance)


def test_divergence_under_a_sum() -> None:
    # Σ_k KL(N(k, 1) ‖ N(0, 1)) = Σ k²/2
    one = b.sum_(k, b.ONE, num(3), mk("KL", (normal(k), normal(b.ZERO))))
    assert close(one, 7)
    # the same with laws that have no closed form in the program: Exp(k) against Exp(1) is 1/k - 1 + log k
    other = b.sum_(k, b.ONE, b.TWO, mk("KL", (b.distribution("Exp", k), b.distribution("Exp", b.ONE))))
    assert close(other, -0.5 + 0.6931471805599453)


def test_functions_in_nested_binders() -> None:
    f = sym("f", fun(NUM, NUM))
    inner = b.lam([y], [R], b.sum_(k, b.ONE, b.TWO, b.mul(k, y)))
    model = Model({f: Function(inner)})
    total = b.sum_(k, b.ONE, num(3), b.big("int", x, b.ZERO, b.ONE, b.mul(x, b.apply(f, k))))
    assert close(total, 9, model)
    double = b.big("int", x, b.ZERO, b.ONE, b.big("int", y, b.ZERO, b.ONE, b.mul(b.apply(f, b.add(x, y)), x)))
    assert close(double, 3 * (1 / 3 + 1 / 4), model)


def test_strict_monotonicity_of_a_derivative() -> None:
    f = sym("f", fun(NUM, NUM))
    slope = b.dfun(f, (1,))
    body = b.implies(b.rel(u, "<", v), b.rel(b.apply(slope, u), "<", b.apply(slope, v)))
    strictly = b.over("forall", [u], [R], b.over("forall", [v], [R], body))
    assert holds(strictly, Model({f: Function(b.lam([x], [R], b.pow_(x, 2)))})) is True
    assert holds(strictly, Model({f: Function(b.lam([x], [R], b.exp(x)))})) is True
    assert holds(strictly, Model({f: Function(b.lam([x], [R], b.mul(b.TWO, x)))})) is False
    assert holds(strictly, Model({f: Function(b.lam([x], [R], b.pow_(x, 3)))})) is False


def test_convexity() -> None:
    f = sym("f", fun(NUM, NUM))
    statement = mk("isconvex", (f,), None, BOOL)
    for body, verdict in ((b.pow_(x, 4), True), (b.exp(x), True), (b.pow_(x, 3), False), (b.neg(b.pow_(x, 2)), False)):
        assert holds(statement, Model({f: Function(b.lam([x], [R], body))})) is verdict


def test_a_law_may_depend_on_the_variable() -> None:
    assert any(c.op == "opaque" and c.data == LAW_CONDITION for c in derivative(e(x), a).conditions)
    context = Context().with_declaration(Declaration(m, R)).with_declaration(Declaration(x, R, random=True, law=normal(m)))
    for wrong in (b.eq(b.deriv(m, e(x)), b.ZERO), b.eq(b.deriv(m, e(x), b.ZERO), b.ZERO)):
        assert search(Obligation(context, wrong)) is None
        assert cross_examine(Obligation(context, wrong), points=6).agree == 0
    context = context.with_declaration(Declaration(a, R))
    loss = b.deriv(a, e(b.pow_(b.sub(x, a), 2)))
    assert search(Obligation(context, b.eq(loss, b.mul(num(-2), b.sub(m, a))))) is None
    assert search(Obligation(context, b.eq(loss, b.mul(num(2), b.sub(m, a))))) is not None


def test_conditional_moments_of_declared_laws() -> None:
    context = (
        Context()
        .with_declaration(Declaration(a, b.POSITIVE))
        .with_declaration(Declaration(u, b.POSITIVE, random=True, law=b.distribution("Ga", a, b.ONE)))
        .with_declaration(Declaration(v, b.NATURALS, random=True, law=b.distribution("Po", u), given=(u,)))
    )
    total = b.eq(mk("Var", (v,), 0, NUM), b.add(e(mk("Var", (v, u), 1, NUM)), mk("Var", (e(v, u),), 0, NUM)))
    assert search(Obligation(context, total)) is None
    assert cross_examine(Obligation(context, total), points=6).agree > 0
    assert search(Obligation(context, b.eq(mk("Var", (v,), 0, NUM), a))) is not None


def test_antiderivatives() -> None:
    context = Context().with_declaration(Declaration(x, R))

    def step(right: Term) -> Obligation:
        return Obligation(context, mk("rel", (mk("antideriv", _antiderivative(b.mul(x, b.exp(x))), None, NUM, _bound()), right, x), "≐", BOOL))

    assert search(step(b.mul(b.sub(x, b.ONE), b.exp(x)))) is None
    assert search(step(b.mul(b.add(x, b.ONE), b.exp(x)))) is not None


def _antiderivative(body: Term) -> tuple[Term, Term]:
    from derivcheck.terms.term import bind

    made = bind("antideriv", (x,), (x,), body)
    return made.args  # type: ignore[return-value]


def _bound() -> tuple[Term, ...]:
    from derivcheck.terms.term import bind

    return bind("antideriv", (x,), (x,), b.mul(x, b.exp(x))).bound


def test_functions_have_no_value_outside_their_domain() -> None:
    f = sym("f", fun(NUM, NUM))
    model = Model({f: Function(b.lam([x], [b.POSITIVE], x)), y: fmpq(-1)})
    assert not is_number(evaluate(b.apply(f, y), model))
    assert evaluate(b.apply(f, num(2)), model) == 2
    assert evaluate(b.apply(f, k), model) is UNKNOWN
