"""Verdicts on whole derivations: how steps compose to the claim, what local assumptions, cases and inductions establish, what errors
do.  A case of `*.cases` starts with `== step verdicts => derivation verdicts | name`; its text is a `.deriv` file."""

from __future__ import annotations

from pathlib import Path

import pytest

from derivcheck.chain import judge_document
from derivcheck.language.elaborate import elaborate
from derivcheck.language.reader import read_source
from derivcheck.services.options import Options

FOLDER = Path(__file__).parent


def cases() -> list[tuple[str, list[str], list[str], str]]:
    found = []
    for path in sorted(FOLDER.glob("*.cases")):
        for block in ("\n" + path.read_text()).split("\n== ")[1:]:
            head, _, text = block.partition("\n")
            verdicts, _, name = head.partition("|")
            steps, _, whole = verdicts.partition("=>")
            found.append((f"{path.stem}: {name.strip()}", steps.split(), whole.split(), text))
    return found


@pytest.mark.parametrize(("name", "steps", "whole", "text"), cases(), ids=[c[0] for c in cases()])
def test_case(name: str, steps: list[str], whole: list[str], text: str) -> None:
    source, diagnostics = read_source(text, name)
    report = judge_document(elaborate(source, diagnostics), Options())
    said = [d.message for d in report.diagnostics]
    assert [s.verdict for d in report.derivations for s in d.steps] == steps, said
    assert [d.verdict for d in report.derivations] == whole, said
