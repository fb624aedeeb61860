"""Gradebooks and pages: no formula for a spreadsheet, no markup from a submission, nothing of the reference for a student."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from derivcheck.commands.grade import command
from derivcheck.grading import output, pages, run
from derivcheck.grading.model import Grade
from derivcheck.services.options import Options

REFERENCE = r"""
let x \in \R
show \frac{d}{dx}x^3 = 3x^2
rubric
  2 must reach 3x^{3-1} + 0   % SECRET
  1 concludes 3x^2
  -1 each wrong step
  -1 mistake 7x^9             % SECRET NOTE
"""
EVIL = "=HYPERLINK(\"http://evil\",\"x\")<script>alert(1)</script>"


@pytest.fixture(scope="module")
def grades() -> list[Grade]:
    texts = {
        "Ada": "\\frac{d}{dx}x^3\n= 3x^2\n",
        EVIL: "assume <img src=x> = 1\n\n\\frac{d}{dx}x^3\n= 2x^2 \\by{<b>bold</b>}\n",
        "../../etc/passwd": "\\frac{d}{dx}x^3\n= \\text{</td><script>alert(2)</script>}\n",
        "blank": "",
    }
    submissions = [run.Submission(name, "x", (("deriv", text),)) for name, text in texts.items()]
    submissions.append(run.Submission("broken", "x", (), "the file is no text"))
    return run.grade_all(REFERENCE, submissions, Options(timeout=5.0, budget=20.0, jobs=1, cache=False))


@pytest.mark.parametrize("value", ["=1+1", "+1+cmd", "-2+3", "@SUM(1)", "\t=1", "\r=1", " =1", "\n=1", "|calc", "%0A", "＝1", "'=1", "\x00=1"])
def test_no_cell_is_a_formula(value: str) -> None:
    cell = output.plain_cell(value)
    assert cell.startswith("'") and "\x00" not in cell


@pytest.mark.parametrize("value", ["", "3", "-0.5", "2.25", "Ada", "a=b", 0, -1.5])
def test_plain_cells_stay(value: object) -> None:
    assert output.plain_cell(value) == str(value)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_csv(grades: list[Grade]) -> None:
    found = rows(output.to_csv(grades))
    assert {"Identifier", "Full name", "Student", "ID", "Grade", "Maximum Grade", "Feedback comments", "Section", "Held"} <= set(found[0])
    assert [r["Grade"] for r in found] == ["3", "0", "0", "0", ""]
    assert found[1]["Student"].startswith("'=")
    for row in found:
        for cell in row.values():
            assert cell[:1] not in ("=", "+", "@", "|", "\t", "\r")


def test_gradebooks(grades: list[Grade]) -> None:
    moodle = rows(output.to_moodle(grades))
    assert moodle[0]["Grade"] == "3" and moodle[0]["Maximum Grade"] == "3"
    canvas = rows(output.to_canvas(grades, assignment="Exam"))
    assert canvas[0]["Student"].strip() == "Points Possible" and canvas[1]["Exam"] == "3"


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert not any(name.startswith("on") or (value or "").lower().startswith("javascript") for name, value in attrs)


def test_pages_hold_no_markup_of_a_submission(grades: list[Grade]) -> None:
    for page in [pages.grader_page(grades), *(pages.student_page(g) for g in grades), *(pages.student_page(g, True) for g in grades)]:
        tags = Tags()
        tags.feed(page)
        assert not tags.seen & {"script", "img", "iframe", "b"}


def test_students_see_nothing_of_the_reference(grades: list[Grade]) -> None:
    for g in grades[1:]:
        for text in (pages.student_page(g), json.dumps(output.gradescope(g)), output.feedback(g)):
            assert "SECRET" not in text and "3x" not in text and "x^{3-1}" not in text and "7x^9" not in text
    assert "Milestone 1" in json.dumps(output.gradescope(grades[0]))
    assert "3x^{3-1}" in pages.student_page(grades[1], reveal=True)


def test_hints_are_for_the_grader() -> None:
    (found,) = run.grade_all(REFERENCE, [run.Submission("a", "x", (("deriv", "\\frac{d}{dx}x^3\n= -3x^2\n"),))], Options(timeout=5.0, budget=20.0, jobs=1, cache=False))
    assert found.wrong[0].hint
    assert found.wrong[0].hint not in pages.student_page(found)
    assert found.wrong[0].hint in pages.student_page(found, True)
    assert "try x" in pages.student_page(found)


def test_names_of_files_stay_in_the_folder(grades: list[Grade], tmp_path: Path) -> None:
    output.write_all(grades, str(tmp_path / "out"))
    written = sorted(p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert len([w for w in written if w.startswith("students/") and w.endswith(".html")]) == len(grades)
    assert {"grades.csv", "grades.json", "moodle.csv", "canvas.csv", "index.html"} <= set(written)
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    data = json.loads((tmp_path / "out" / "grades.json").read_text())
    assert data["schema"] == 1 and len(data["grades"]) == len(grades) and data["groups"]


@pytest.mark.parametrize("name", ["..", "/", "a/b", "con", "NUL", "", "x" * 500, "\u202egnp.exe", "index"])
def test_safe_names(name: str) -> None:
    safe = output.safe_name(name)
    assert safe and "/" not in safe and safe.strip(".") and len(safe) <= 81 and safe.lower() not in ("con", "nul", "index")


def test_gradescope_of_one_and_of_many(grades: list[Grade]) -> None:
    one = json.loads(output.to_gradescope(grades[:1]))
    assert one["score"] == 3 and sum(t["score"] for t in one["tests"]) == 3
    assert set(json.loads(output.to_gradescope(grades))) == {g.student for g in grades}


def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "reference.deriv").write_text(REFERENCE)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ada.deriv").write_text("\\frac{d}{dx}x^3\n= 3x^2\n")
    arguments = [str(tmp_path / "reference.deriv"), str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--jobs", "1", "--timeout", "5", "--budget", "20"]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0 and rows(result.output)[0]["Grade"] == "3"
    result = CliRunner().invoke(command, [*arguments, "--resume", "--format", "json"])
    assert json.loads(result.output)["grades"][0]["marks"] == 3
    result = CliRunner().invoke(command, [*arguments, "--format", "html"])
    assert result.output.startswith("<!doctype html>")
    (tmp_path / "reference.deriv").write_text("x\n= x\n")
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code != 0 and "rubric" in result.output
