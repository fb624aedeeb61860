"""Reading rules: what a formula means as a term."""

from __future__ import annotations

import pytest

from tests.language.elaboration import codes, written

REALS = "let a, b, c, x, y, z \\in \\R\nlet n, k \\in \\N\nlet f, g : \\R \\to \\R\n\n"


def side(formula: str, head: str = REALS) -> str:
    """The left side of `formula = 0`."""
    (statement,) = written(f"{head}{formula} = 0")
    assert statement.startswith("rel[=](") and statement.endswith(", 0)"), statement
    return statement[len("rel[=](") : -len(", 0)")]


@pytest.mark.parametrize(
    ("formula", "term"),
    [
        (r"\frac12 x", "mul(div(1, 2), x)"),
        (r"0.5 x", "mul(1/2, x)"),
        (r"a - b + c", "add(a, neg(b), c)"),
        (r"-x^2", "neg(pow(x, 2))"),
        (r"2 \cdot x y", "mul(2, x, y)"),
        (r"a b / c", "div(mul(a, b), c)"),
        (r"a/b \cdot c", "mul(div(a, b), c)"),
        (r"\sqrt x", "pow(x, 1/2)"),
        (r"\sqrt[3]{x}", "oddroot[3](x)"),
        (r"\sqrt[n]{x}", "pow(x, div(1, n))"),
        (r"x!", "factorial(x)"),
        (r"n!!", "factorial2(n)"),
        (r"2n!", "mul(2, factorial(n))"),
        (r"\binom n2", "binom(n, 2)"),
        (r"e^x", "exp(x)"),
        (r"\exp[x]", "exp(x)"),
        (r"e^{(a+b)}", "exp(add(a, b))"),
        (r"\log_2 x", "div(log(x), log(2))"),
        (r"\lfloor x \rfloor", "floor(x)"),
        (r"|x| |y|", "mul(abs(x), abs(y))"),
        (r"|x|^2", "pow(abs(x), 2)"),
        (r"||x||", "abs(x)"),
        (r"\max(x, y, 0)", "max(x, y, 0)"),
        (r"\max\{x, y\}", "max(x, y)"),
        (r"a \bmod b", "mod(a, b)"),
        (r"\operatorname{erf}(x)", "erf(x)"),
        (r"\operatorname{arcsinh} x", "arcsinh(x)"),
        (r"\operatorname{artanh} x", "arctanh(x)"),
        (r"\Gamma(x)", "gamma(x)"),
        (r"\psi(x)", "digamma(x)"),
        (r"\mathrm{B}(a, b)", "beta(a, b)"),
        (r"\overline{x}", "conj(x)"),
        (r"i\pi", "mul(i, pi)"),
        # rule 3: how far functions and operators reach
        (r"\sin 2x \cos x", "mul(sin(mul(2, x)), cos(x))"),
        (r"\log x y \times z", "mul(log(mul(x, y)), z)"),
        (r"\log x + y", "add(log(x), y)"),
        (r"\log \sum_{k=1}^n x", "log(sumλ#1(1, n, x))"),
        (r"\sum_{k=1}^n k x + y", "add(sumλ#1(1, n, mul(#1, x)), y)"),
        (r"\frac{d}{dx} x^2 y + y", "add(deriv[1]λ#1(x, mul(pow(#1, 2), y)), y)"),
        (r"\lim_{x \to 0} -x", "lim[]λ#1(0, neg(#1))"),
        # rule 4: powers of values
        (r"f(x)^2", "pow(apply(f, x), 2)"),
        (r"\log[x]^2", "pow(log(x), 2)"),
        (r"\sin^2 x", "pow(sin(x), 2)"),
        (r"\sin^{-1} x", "arcsin(x)"),
        (r"f^{-1}(x)", "apply(invfun(f), x)"),
        # rule 5: evaluation bars
        (r"\left.\frac{d}{dx} x^2\right|_{x=1}", "deriv[1]λ#1(1, pow(#1, 2))"),
        (r"3 \frac{d}{dx} x^2 |_{x=1}", "mul(3, deriv[1]λ#1(1, pow(#1, 2)))"),
        (r"y x^2 |_{x=2}", "mul(y, pow(2, 2))"),
        (r"\left[\frac{x^2}{2}\right]_a^b", "add(div(pow(b, 2), 2), neg(div(pow(a, 2), 2)))"),
        # rule 6: differentials
        (r"\int_0^1 \frac{dx}{x}", "intλ#1(0, 1, div(1, #1))"),
        (r"\int_0^1 \int_0^1 x y \, dx \, dy", "intλ#2(0, 1, intλ#1(0, 1, mul(#1, #2)))"),
        (r"\int_a^b x + 1 \, dx", "intλ#1(a, b, add(#1, 1))"),
        # rule 8: primes and subscripts
        (r"f''(x)", "apply(dfun[(2,)](f), x)"),
        (r"f^{(3)}(x)", "apply(dfun[(3,)](f), x)"),
        (r"(f \circ g)(x)", "apply(f, apply(g, x))"),
        (r"(f + g)(x)", "add(apply(f, x), apply(g, x))"),
        (r"\frac{d^2}{dx^2} f(x)", "deriv[2]λ#1(x, apply(f, #1))"),
        (r"\frac{\partial^2 f(x y)}{\partial x \partial y}", "deriv[1]λ#2(x, deriv[1]λ#1(y, apply(f, mul(#2, #1))))"),
        (r"\partial_x f(x)", "deriv[1]λ#1(x, apply(f, #1))"),
        (r"\lim_{n \to \infty} \frac1n", "lim[int]λ#1(inf, div(1, #1))"),
        (r"\lim_{x \to 0^+} \frac1x", "lim[+]λ#1(0, div(1, #1))"),
        (r"\sum_{k=0}^\infty x^k", "sumλ#1(0, inf, pow(x, #1))"),
        (r"\prod_{k=1}^n k", "prodλ#1(1, n, #1)"),
        (r"\mathbb{1}[x > 0]", "ind(rel[>](x, 0))"),
        (r"\mathbf{1}_{\{x > 0\}}", "ind(rel[>](x, 0))"),
        (r"\mathbb{I}_{x>0} x", "mul(ind(rel[>](x, 0)), x)"),
        (r"\begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases}", "cases(rel[>](x, 0), x, 0)"),
        (r"\begin{cases} x, & \text{if } x > 0, \\ 0, & \text{if } x \le 0. \end{cases}", "cases(rel[>](x, 0), x, rel[≤](x, 0), 0)"),
        (r"\underbrace{x + y}_{z}", "add(x, y)"),
        (r"\max_{x} f(x)", "maxoverλ#1(set[R](), apply(f, #1))"),
        (r"\sup_{x > 0} f(x)", "supoverλ#1(set[Rpos](), apply(f, #1))"),
        (r"\delta_{kn}", "ind(rel[=](k, n))"),
    ],
)
def test_scalar_formula(formula: str, term: str) -> None:
    assert side(formula) == term


@pytest.mark.parametrize(
    ("formula", "code"),
    [
        (r"a/b c = 1", "D041"),
        (r"\sin x/2 = 1", "D041"),
        (r"|x + y = 1", "D042"),
        (r"1 + 2 + \dots + n = n", "D043"),
        (r"f^2(x) = 1", "D108"),
        (r"a^{(n+1)} = a", "D108"),
        (r"h(x) = 1", "D105"),
        (r"a^T = 1", "D113"),
        (r"1^\top = 1", "D113"),
        (r"O(x) = x", "D063"),
        (r"f(x, y) = 1", "D104"),
        (r"\frac{d^2 x}{dx^3} = 1", "D058"),
        (r"\int x = 1", "D057"),
        (r"\sum_k k = 1", ""),
        (r"x = 1, x = 2 \lor x = 3", "D061"),
        (r"\E[x + w] = 1", "D106"),
        (r"[0, 1) + 1 = 1", "D102"),
        (r"(x > 0) + 1 = 1", "D051"),
        (r"\int f(x) \, dx = f(x)", "D111"),
        (r"x \propto y", "D062"),
        (r"\log x f(x) \, |y| = 1", ""),
    ],
)
def test_error_codes(formula: str, code: str) -> None:
    assert codes(REALS + formula) == ([code] if code else [])


def test_errors_keep_the_number_of_steps() -> None:
    assert written("let x \\in \\R\n\nx = x/2 x = x = x + 1") == ["D041", "D041", "rel[=](x, add(x, 1))"]


def test_transposes_by_what_is_declared() -> None:
    assert written("let T \\in \\N\nlet a > 0\n\na^T = 1") == ["rel[=](pow(a, T), 1)"]
    assert written("let n \\in \\N_{>0}\nlet A \\in \\R^{n \\times n}\n\nA^T = A^{\\mathsf T}") == ["rel[=](transpose(A), transpose(A))"]


def test_plus_and_minus_go_together() -> None:
    (step,) = written("let x \\in \\R\n\n(x \\pm 1)^2 = x^2 \\pm 2x + 1")
    assert step == (
        "and(rel[=](pow(add(x, 1), 2), add(pow(x, 2), mul(2, x), 1)), "
        "rel[=](pow(add(x, neg(1)), 2), add(pow(x, 2), neg(mul(2, x)), 1)))"
    )
    assert written("let x \\in \\R\n\nx^2 = 4 \\iff x = \\pm 2") == ["iff(rel[=](pow(x, 2), 4), or(rel[=](x, 2), rel[=](x, neg(2))))"]


@pytest.mark.parametrize(
    ("statement", "term"),
    [
        (r"\forall x \in \R : x^2 \ge 0", "forallλ#1(set[R](), rel[≥](pow(#1, 2), 0))"),
        (r"x^2 \ge 0 \quad \forall x \in \R", "forallλ#1(set[R](), rel[≥](pow(#1, 2), 0))"),
        (r"\exists k \in \Z : x = 2k", "existsλ#1(set[Z](), rel[=](x, mul(2, #1)))"),
        (r"x > 0 \land y > 0 \lor x = y", "or(and(rel[>](x, 0), rel[>](y, 0)), rel[=](x, y))"),
        (r"\lnot (x = 1)", "not(rel[=](x, 1))"),
        (r"-1 < x < 2 \implies x^2 < 4", "implies(and(rel[<](neg(1), x), rel[<](x, 2)), rel[<](pow(x, 2), 4))"),
        (r"x = 1, y = 2 \iff y = 2, x = 1", "iff(and(rel[=](x, 1), rel[=](y, 2)), and(rel[=](y, 2), rel[=](x, 1)))"),
        (r"x, y > 0 \implies x y > 0", "implies(and(rel[>](x, 0), rel[>](y, 0)), rel[>](mul(x, y), 0))"),
        (r"\sin x = 0 \iff x = k\pi \text{ for some } k \in \Z", "iff(rel[=](sin(x), 0), existsλ#1(set[Z](), rel[=](x, mul(#1, pi))))"),
        (r"x \in (0, 1) \cup \{2\} \iff x = 2 \lor 0 < x < 1",
         "iff(rel[in](x, union(interval[()](0, 1), finset(2))), or(rel[=](x, 2), and(rel[<](0, x), rel[<](x, 1))))"),
        (r"(x, y) = (1, 2) \iff x = 1 \land y = 2", "iff(and(rel[=](x, 1), rel[=](y, 2)), and(rel[=](x, 1), rel[=](y, 2)))"),
        (r"x = 1 \iff \text{true}", "iff(rel[=](x, 1), true())"),
        (r"x \in \{y \in \R : y^2 < 2\} \iff x^2 < 2",
         "iff(rel[in](x, setofλ#1(set[R](), rel[<](pow(#1, 2), 2))), rel[<](pow(x, 2), 2))"),
    ],
)  # fmt: skip
def test_statements(statement: str, term: str) -> None:
    assert written("let x, y \\in \\R\n\n" + statement) == [term]
