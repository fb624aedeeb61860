"""How certificates are compared with what is found now."""

from __future__ import annotations

from derivcheck.catalog.certificates import _nameless


def test_conditions_of_other_letters_are_other_conditions() -> None:
    assert _nameless(r"x \ne 0") != _nameless(r"y \ne 0")
    assert _nameless(r"\sum_{i = 1}^{n} x_{i} \ne 0") == _nameless(r"\sum_{k = 1}^{n} x_{k} \ne 0")
    assert _nameless("integrability of h(X_{i})") == _nameless("integrability of h(X_{k})")
