"""Slips of those who write derivations: what the error says, once, and at which place."""

from __future__ import annotations

import pytest

from tests.language.elaboration import document


@pytest.mark.parametrize(
    ("source", "code", "place", "help_"),
    [
        ("lett x \\in \\R", "D012", 0, "let?"),
        ("asume x > 0", "D012", 0, "assume?"),
        ("defines f(x) = 3", "D012", 0, "define?"),
        ("let x1, x2 \\in \\R", "D046", 4, "x_1"),
        ("let x_{12}, x12 \\in \\R", "D046", 12, "x_{12}"),
        ("let \\overline{x} \\in \\R", "D046", 4, "\\bar{x}"),
        ("let A \\in \\R^{m x n}", "D064", 13, "\\times"),
        ("let x \\in \\R\n[x) = x", "D053", 13, "intervals"),
        ("let x \\in \\R\nx == 3", "D020", 15, "single ="),
        ("3 \\in {1, 2}", "D040", 8, "\\{"),
        ("let x \\in \\R\n\\frac{x} = 4", "D006", 13, "\\frac{…}"),
        ("let x \\in \\R\nx^ = 3", "D006", 14, "^{…}"),
        ("let x \\in \\R\nx \\sqrt \\le 3", "D006", 15, "\\sqrt{…}"),
        ("let x \\in \\R\nx = 3 \\by{why} x", "D023", 19, "blank line"),
        ("let x \\in \\R\nx \\to 3", "D063", 15, "\\lim"),
        ("define f(x) = g(x)\ndefine g(x) = h(x)\ndefine h(x) = f(x)\nf(1) = 1", "D054", 52, "assume"),
        ("define f(x) = x^2\nlet x \\in \\R\n(2f)(x) = 2x^2", "D108", 31, "\\cdot"),
        ("1" * 100_001 + " = 1", "D013", 0, "powers of ten"),
    ],
)
def test_a_slip(source: str, code: str, place: int, help_: str) -> None:
    (found,) = [d for d in document(source).diagnostics if d.severity == "error" and d.code != "D114"]
    assert (found.code, found.span.start) == (code, place)
    assert found.help and help_ in found.help


@pytest.mark.parametrize("source", ["let l, e, t \\in \\R\nlet = e l t", "let a, s \\in \\R\nass = a s s", "let x \\in \\R\nx \\stackrel{!}= x"])
def test_no_slip(source: str) -> None:
    assert not [d for d in document(source).diagnostics if d.severity == "error"]
