"""The mark schemes of `examples/grading`, with the marks that were agreed for each submission by hand.

`marks.json` holds for each submission the marks that the program gives, `proposed` what it lists for a person, and whether the submission
`waits` for one.  Where a step is `undecided`, `marks` is what a person would give in the end: the program's marks may not exceed it by more
than the deductions that are still open, nor fall short of it by more than it lists.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from derivcheck.grading import run
from derivcheck.grading.reference import tasks_of
from derivcheck.services.options import Options

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "grading"
AGREED: dict[str, dict[str, dict[str, float | bool]]] = json.loads((FOLDER / "marks.json").read_text(encoding="utf-8"))
OPTIONS = Options(timeout=15.0, budget=240.0, memory=1024, jobs=2, cache=False)


@pytest.mark.parametrize("question", sorted(AGREED))
def test_agreed_marks(question: str) -> None:
    reference = (FOLDER / question / "reference.deriv").read_text(encoding="utf-8")
    agreed = AGREED[question]
    submissions = run.collect([str(FOLDER / question / "submissions")])
    assert {Path(s.path).name for s in submissions} == set(agreed) and len(agreed) >= 12
    for s, grade in zip(submissions, run.grade_all(reference, submissions, OPTIONS), strict=True):
        wanted = agreed[Path(s.path).name]
        where = f"{question}/{Path(s.path).name}: {grade.marks} + {grade.proposed}, {grade.held}"
        assert grade.error is None, where
        if wanted.get("undecided"):
            assert grade.marks - len(grade.open) <= wanted["marks"] <= grade.marks + grade.proposed, where
        else:
            assert (grade.marks, grade.proposed, grade.needs_person) == (wanted["marks"], wanted.get("proposed", 0.0), wanted["waits"]), where


@pytest.mark.parametrize("question", sorted(AGREED))
def test_the_schemes_read_well(question: str) -> None:
    for task in tasks_of((FOLDER / question / "reference.deriv").read_text(encoding="utf-8")):
        assert not task.troubles and task.start is not None
