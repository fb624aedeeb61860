"""`=` written for an arrow: `x^2 = 4 = 2`."""

from __future__ import annotations

import derivcheck


def hints(text: str) -> list[str | None]:
    return [s.hint for s in derivcheck.verify(text, jobs=1).files[0].derivations[0].steps]


def test_a_solution_behind_an_equation() -> None:
    assert "\\impliedby x = 2" in str(hints("x^2 = 4 = 2")[1])
    assert "\\implies x = 3" in str(hints("let x \\in \\R\n2x + 1 = 7 = 3")[1])


def test_no_solution_no_hint() -> None:
    assert "arrow" not in str(hints("let x \\in \\R\n2x + 1 = 7 = 4")[1])
    assert "arrow" not in str(hints("let x \\in \\R\nx + x = 2x = 3")[1])
