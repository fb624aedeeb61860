"""Verdicts on the cases of `verdicts/*.cases`: written from the contract alone, true steps and false look-alikes.

A true case must not be refuted and a false one must not be proved, ever; cases are also expected to be decided, except those listed in
`undecided.txt` (each a known gap).  Those in `slow.txt` take many seconds, most of them because all methods are tried in vain; they run with
`-m slow`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from derivcheck.chain import judge_document
from derivcheck.language.elaborate import elaborate
from derivcheck.language.reader import read_source
from derivcheck.services.options import Options

FOLDER = Path(__file__).parent / "verdicts"


def cases() -> list[tuple[str, list[str], str]]:
    found = []
    for path in sorted(FOLDER.glob("*.cases")):
        for block in path.read_text().split("\n== ")[1:]:
            head, _, text = block.partition("\n")
            verdicts, _, name = head.partition("|")
            found.append((f"{path.stem}: {name.strip()}", verdicts.split(), text))
    return found


def listed(name: str) -> set[str]:
    return {line.strip() for line in (FOLDER / name).read_text(encoding="utf-8").splitlines() if line.strip()}


GAPS = listed("undecided.txt")
SLOW = listed("slow.txt")
PARAMETERS = [pytest.param(*c, id=c[0], marks=[pytest.mark.slow] if c[0] in SLOW else []) for c in cases()]


@pytest.mark.parametrize(("name", "expected", "text"), PARAMETERS)
def test_case(name: str, expected: list[str], text: str) -> None:
    source, diagnostics = read_source(text, name)
    # time enough for a busy machine: what can be counted is counted, and the clock is to decide nothing here
    report = judge_document(elaborate(source, diagnostics), Options(timeout=30))
    got = [s.verdict for d in report.derivations for s in d.steps]
    assert len(got) == len(expected), (got, [d.message for d in report.diagnostics])
    for verdict, truth in zip(got, expected, strict=True):
        if verdict != truth:
            assert verdict == "undecided", f"{verdict}, but the step is to be {truth}"
            assert name in GAPS, "undecided"


def test_every_gap_is_a_case() -> None:
    assert (GAPS | SLOW).issubset(name for name, _, _ in cases())
