"""Equal by rearrangement, and required forms."""

from __future__ import annotations

import pytest

from derivcheck.grading.forms import in_form
from derivcheck.grading.lines import Rearranger, solved, written
from derivcheck.grading.reference import Reader, _formula
from derivcheck.language.macros import MacroTable
from derivcheck.language.reader import read_source
from derivcheck.language.scope import Scope
from derivcheck.terms.term import Term

HEADER = r"""
let x, y, a, b, c, z \in \R
let n, N \in \N_{>0}
let x_n, w_n \in \R for n = 1, \dots, N
let f : \R \to \R
let p, q \in \mathcal{P}(\R) positive
let X \sim \mathcal{N}(0, 1)
define s(u) = \frac{1}{1+e^{-u}}
"""


@pytest.fixture(scope="module")
def scope() -> Scope:
    source, _ = read_source(HEADER, "header")
    reader = Reader(HEADER, Scope())
    reader.read(list(source.entries))
    return reader.scope


def term(scope: Scope, text: str) -> Term:
    found = _formula(text, scope, MacroTable())
    assert found is not None, text
    return found


SAME = [
    ("(x+1)^2", "x^2+2x+1"),
    (r"s(x)(1-s(x))", r"\frac{e^{-x}}{(1+e^{-x})^2}"),
    (r"\int_0^1 x f(x)\,dx + 1", r"1 + \int_0^1 y f(y)\,dy"),
    (r"\sum_{n=1}^N w_n(x_n-a)", r"\sum_{k=1}^N (w_kx_k - aw_k)"),
    (r"\sum_{n=1}^N \frac{w_nx_n}{a}", r"\frac1a\sum_{n=1}^N w_nx_n"),
    (r"\sum_{n=1}^N w_n\sum_{k=1}^n x_k", r"\sum_{k=1}^N w_k\sum_{n=1}^k x_n"),
    (r"\E_{x \sim p}[2\log q(x)]", r"2\E_{y \sim p}[\log q(y)]"),
    (r"\frac{d}{dz}(z^2s(z))", r"\frac{d}{dz}\frac{z^2}{1+e^{-z}}"),
    (r"\lim_{z \to 0}\frac{\sin z}{z}", r"\lim_{y \to 0}\frac{\sin y}{y}"),
    ("x = y + 1", "1 + y = x"),
    ("x < y", "y > x"),
    (r"x = 1 \lor x = 2", r"x = 2 \lor x = 1"),
]
DIFFERENT = [
    (r"\frac{d}{dz}z^2", "2z"),
    (r"\int_0^1 x\,dx", r"\frac12"),
    (r"\sum_{n=1}^N 1", "N"),
    (r"\lim_{z \to 0}\frac{\sin z}{z}", "1"),
    (r"\E[X^2]", "1"),
    (r"\int_0^1 x f(x)\,dx", r"\int_0^2 x f(x)\,dx"),
    (r"\sum_{n=1}^N w_nx_n", r"\sum_{n=1}^N w_n x_1"),
    ("x^2", "x^3"),
    ("x < y", r"x \le y"),
    (r"\frac{d}{dz}(z f(z))", r"f(z) + z f'(z)"),
]


@pytest.mark.parametrize(("x", "y"), SAME)
def test_rearrangements(scope: Scope, x: str, y: str) -> None:
    rearranger = Rearranger(scope.context())
    assert rearranger.same(term(scope, x), term(scope, y))


@pytest.mark.parametrize(("x", "y"), DIFFERENT)
def test_more_than_rearranged(scope: Scope, x: str, y: str) -> None:
    rearranger = Rearranger(scope.context())
    assert not rearranger.same(term(scope, x), term(scope, y))


def test_equal_keys_mean_the_same(scope: Scope) -> None:
    rearranger = Rearranger(scope.context())
    lines = [term(scope, t) for pair in [*SAME, *DIFFERENT] for t in pair]
    for x in lines:
        for y in lines:
            if rearranger.key(x) is rearranger.key(y):
                assert rearranger.same(x, y)


def test_moving_terms(scope: Scope) -> None:
    rearranger = Rearranger(scope.context())
    x, y = term(scope, "2x = 4y"), term(scope, "x - 2y = 0")
    assert rearranger.same(x, y, moving=True) and not rearranger.same(x, y)
    assert not rearranger.same(term(scope, "xy = y"), term(scope, "x = 1"), moving=True)


def test_proportional_lines(scope: Scope) -> None:
    z = next(iter(term(scope, "z").free))
    rearranger = Rearranger(scope.context(), "∝", (z,), densities=True)
    assert rearranger.same(term(scope, "e^{-z^2+x}"), term(scope, "3e^{-z^2}"))
    assert not rearranger.same(term(scope, "e^{-z^2}"), term(scope, "z e^{-z^2}"))
    assert not rearranger.same(term(scope, r"\mathcal{N}(z; 0, 1)"), term(scope, "e^{-z^2/2}"))
    assert Rearranger(scope.context()).same(term(scope, r"\mathcal{N}(z; 0, 1)"), term(scope, r"\frac{1}{\sqrt{2\pi}}e^{-z^2/2}"))


def test_solved(scope: Scope) -> None:
    assert solved(term(scope, "x = a + b")) and solved(term(scope, "a + b = x"))
    assert not solved(term(scope, "x = x + b")) and not solved(term(scope, "x + a = 2b"))


@pytest.mark.parametrize(("x", "y", "same"), [
    ("a + b", "b + a", True), ("2(x+1)", "(1+x)2", True), (r"\frac12x", r"\frac{x}{2}", True), ("-(ab)", "(-a)b", True),
    ("2(x+1)", "2x+2", False), ("x^2-1", "(x-1)(x+1)", False), ("e^{a+b}", "e^ae^b", False), ("a - b", "-b + a", True),
])  # fmt: skip
def test_the_writing_up_to_order(scope: Scope, x: str, y: str, same: bool) -> None:
    assert (written(term(scope, x)) is written(term(scope, y))) == same


FORMS = [
    ("factored", "(x-2)(x-3)", True), ("factored", "x^2-5x+6", False), ("factored", "2(x^2-1)", False), ("factored", "(x+1)^2", True),
    ("factored", "x^2+1", True), ("factored", "s(x)(1-s(x))", True), ("factored", "s(x)-s(x)^2", False), ("factored", "x(x+1)+y(x+1)", False),
    ("expanded", "x^2-5x+6", True), ("expanded", "(x-2)(x-3)", False), ("expanded", "(x+1)^2", False), ("expanded", "2xy + y", True),
    ("expanded", r"\frac{x+1}{y}", False), ("expanded", "-(x+1)", False),
    ("simplified", "x^2+x", True), ("simplified", "x+x", False), ("simplified", r"\frac{2x}{2}", False), ("simplified", "2 \\cdot 3x", False),
    ("simplified", r"\frac{x^2-1}{x-1}", False), ("simplified", "x + 0", False), ("simplified", r"\frac{a}{b}", True), ("simplified", r"\frac{6}{4}", False),
    ("simplified", "x x", False), ("simplified", r"\frac{1}{\frac{1}{x}}", False),
    ("single fraction", r"\frac{x+1}{y}", True), ("single fraction", r"\frac1x+\frac1y", False), ("single fraction", r"\frac{1}{1+\frac1x}", False),
    ("single fraction", r"-\frac{x}{y}", True), ("single fraction", "xy^{-1}", False),
    ("no integral sign", r"\int_0^1 f(x)\,dx", False), ("no integral sign", "x", True),
]  # fmt: skip


@pytest.mark.parametrize(("form", "text", "wanted"), FORMS)
def test_forms(scope: Scope, form: str, text: str, wanted: bool) -> None:
    rearranger = Rearranger(scope.context())
    line = term(scope, text)
    assert in_form(line, line, form, rearranger) == wanted
