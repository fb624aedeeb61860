"""Values that need not exist: what is recorded as a condition, what is no proof."""

from __future__ import annotations

import pytest

from derivcheck.chain import judge_document
from derivcheck.language.elaborate import elaborate
from derivcheck.language.reader import read_source
from derivcheck.services.options import Options


def step(text: str) -> tuple[str, tuple[str, ...]]:
    source, diagnostics = read_source(text, "existence")
    report = judge_document(elaborate(source, diagnostics), Options())
    (found,) = [s for d in report.derivations for s in d.steps]
    return found.verdict, tuple(found.conditions)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("let X random\n\\text{true} \\iff \\E[X^2] \\ge 0\n", 1),
        ("let f : \\R \\to \\R\n\\text{true} \\iff \\int_0^\\infty f(x) dx = \\int_0^\\infty f(x) dx\n", 1),
        ("let f : \\R \\to \\R\n\\text{true} \\iff \\int_0^1 f(x) dx = \\int_0^1 f(x) dx\n", 0),
        ("let X \\sim \\mathcal{N}(0,1)\n\\text{true} \\iff \\E[X^2] > 0\n", 0),
    ],
)
def test_abstract_means_within_statements_are_conditions(text: str, terms: int) -> None:
    verdict, conditions = step(text)
    assert verdict == "proved"
    assert len([c for c in conditions if c.startswith("integrability")]) == terms


@pytest.mark.parametrize(
    "text",
    [
        "let X \\sim \\mathcal{N}(0,1)\n\\text{true} \\iff \\E[1/X] = \\E[1/X]\n",
        "let X \\sim \\mathcal{N}(0,1)\n\\E[1/X] \\ge \\E[1/X]\n",
        "let X random\n\\E[X] < \\infty \\iff \\E[X^2] < \\infty\n",
        "\\lim_{x \\to 0} \\frac1x = \\lim_{x \\to 0} \\frac1x\n",
    ],
)
def test_what_has_no_value_is_not_proved(text: str) -> None:
    assert step(text)[0] != "proved"
