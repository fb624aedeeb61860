"""Plain-text mathematics."""

from __future__ import annotations

import pytest

from derivcheck.grading.lenient import continued, equations, lenient


@pytest.mark.parametrize(("text", "wanted"), [
    ("x^2/(1+e^(-x))", "x^2/(1+e^{-x})"),
    ("sqrt(x*y)", r"\sqrt{x \cdot y}"),
    ("sigma(cz) <= x^10", r"\sigma(cz)  \le  x^{10}"),
    ("dphi(z)/dz = 0", r"\frac{d \phi(z)}{dz} = 0"),
    ("a <=> b", r"a  \iff  b"),
    ("a => b", r"a  \implies  b"),
    ("x = y   by the product rule", r"x = y \by{the product rule}"),
    ("x = y (chain rule)", r"x = y \by{chain rule}"),
    ("exp(x) log(y)", r"\exp(x) \log(y)"),
    ("erf(x)", r"\operatorname{erf}(x)"),
    ("abs(x)", r"\left|x\right|"),
    ("x**2", "x^2"),
    ("1/2 x", r"\frac{1}{2} x"),
    ("where s = x", "      s = x"),
    ("d ell/df", r"\frac{d \ell}{df}"),
    ("int_0^inf x dx", r"\int_0^\infty x dx"),
    ("sum_(i=1)^n x_i", r"\sum_{i=1}^n x_i"),
])  # fmt: skip
def test_rules(text: str, wanted: str) -> None:
    assert lenient(text) == wanted


@pytest.mark.parametrize("text", [
    r"\frac{d\phi(z)}{dz} = z \frac{d\sigma(cz)}{dz} + \sigma(cz) \by{product rule}", r"x^* = c^{*2}", r"\begin{align*}", r"\operatorname*{argmax}_w f",
    r"\text{for all } x", r"\int_0^\infty e^{-x}\,dx", "let x, y \\in \\R", "derivation sigma-pi", r"q^{(t)}", "x^1/2",
])  # fmt: skip
def test_latex_stays(text: str) -> None:
    assert lenient(text) == text


@pytest.mark.parametrize("text", ["Then we use the product rule:", "By symmetry the answer follows", "Solution"])
def test_words_are_left_out(text: str) -> None:
    assert lenient(text) == ""


def test_lines_are_kept() -> None:
    text = "a = b\n\nHence we get\n= c\n% comment\n"
    assert lenient(text).count("\n") == text.count("\n")


def test_a_relation_goes_on_with_what_is_above() -> None:
    assert continued("A = B\n\n= C", None) == "A = B\n%\n= C"
    assert continued("= C", "S") == "{S} = C"
    assert continued("A\nlet x = 2\n= C", "S") == "A\nlet x = 2\n{S} = C"


def test_equations_below_each_other() -> None:
    text, origins = equations("2x = 4\nx = 2\n\ny\n= 3")
    assert text == "2x = 4\n\nx = 2\n\ny\n= 3"
    assert origins == [1, 2, 2, 3, 4, 5]


@pytest.mark.parametrize("text", ["(" * 5000, "^(" * 3000, "a/(" * 2000, "abs(" * 3000, "*" * 10_000, "sqrt(" * 2000, "x" * 100_000, "\ue000" * 50])
def test_hostile_lines_take_no_time(text: str) -> None:
    lenient(text)
    equations(continued(text, "S"))
