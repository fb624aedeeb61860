"""The example course: its planted mistakes are found where they stand, and nothing else is complained about."""

from __future__ import annotations

from pathlib import Path

from derivcheck.report.model import FileReport
from derivcheck.services.options import Options
from derivcheck.services.run import verify_inputs
from derivcheck.services.sources import gather

COURSE = Path(__file__).parents[2] / "examples" / "course"


def verified(name: str) -> FileReport:
    (file,) = verify_inputs(gather([str(COURSE / name)]), Options(cache=False, timeout=20.0)).files
    return file


def test_the_planted_mistakes_of_the_chapter_are_found() -> None:
    lines = (COURSE / "chapter.tex").read_text().splitlines()
    report = verified("chapter.tex")
    refuted = [lines[s.line - 1] for s in report.steps if s.verdict == "refuted"]
    planted = [r"z + \log(1 + e^{z})", "&= a^2 + b^2", r"\frac{n(n+1)}{2}", r"\frac{1}{q} + \frac{1}{1 - q}", r"2 \log s"]
    assert len(refuted) == len(planted) and all(mistake in line for mistake, line in zip(planted, refuted, strict=True))
    assert [d for d in report.diagnostics if d.severity == "error"] == []
    assert len(report.steps) == 40


def test_the_problem_set_is_right() -> None:
    report = verified("problems.md")
    assert report.verdict == "verified" and len(report.steps) == 10
