"""Runs: collecting submissions, journals, decisions, groups, and hostile submissions among others."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import derivcheck
from derivcheck.grading import run
from derivcheck.services.options import Options

REFERENCE = r"""
let x \in \R
show \frac{d}{dx}x^3 = 3x^2
rubric
  2 reaches 3x^{3-1}
  1 concludes 3x^2
  -1 each wrong step
"""
FULL = "\\frac{d}{dx}x^3\n= 3x^2\n"
WRONG = "\\frac{d}{dx}x^3\n= 2x^2\n"
OPTIONS = Options(timeout=5.0, budget=20.0, memory=400, jobs=2, cache=False)


def handed_in(**texts: str) -> list[run.Submission]:
    return [run.Submission(name, f"{name}.deriv", (("deriv", text),)) for name, text in texts.items()]


def graded(**texts: str) -> dict[str, derivcheck.Grade]:
    return {g.student: g for g in run.grade_all(REFERENCE, handed_in(**texts), OPTIONS)}


def test_the_python_api(tmp_path: Path) -> None:
    found = derivcheck.grade(REFERENCE, FULL, timeout=10, budget=30)
    assert isinstance(found, derivcheck.Grade) and found.marks == 3
    (tmp_path / "r.deriv").write_text(REFERENCE)
    (tmp_path / "ada.tex").write_text("\\[ \\frac{d}{dx}x^3 = 3x^2 \\]")
    found = derivcheck.grade(tmp_path / "r.deriv", tmp_path / "ada.tex", timeout=10, budget=30)
    assert (found.student, found.marks) == ("ada", 3)


def test_a_text_never_names_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.deriv"
    secret.write_text(FULL)
    assert derivcheck.grade(REFERENCE, str(secret)).marks == 0


def test_a_milestone_that_can_t_be_read() -> None:
    with pytest.raises(ValueError, match="can't be read"):
        run.grade_all("let x \\in \\R\nshow x + x = 2x\nrubric\n  1 reaches \\frac{1}{\n  1 concludes 2x\n", [])


def test_no_rubric() -> None:
    with pytest.raises(ValueError, match="rubric"):
        derivcheck.grade("x = x", "x = x")
    with pytest.raises(ValueError, match="rubric"):
        derivcheck.grade("x\n= x\n\nrubric\n  lots of marks\n", "x = x")


def test_collecting(tmp_path: Path) -> None:
    (tmp_path / "ada.deriv").write_text(FULL)
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / "a.tex").write_text("\\[ x \\]")
    (tmp_path / "bob" / "notes.pdf").write_bytes(b"%PDF")
    (tmp_path / "bob" / "b.md").write_text("$$ x $$")
    (tmp_path / "empty").mkdir()
    (tmp_path / ".hidden.deriv").write_text(FULL)
    (tmp_path / "binary.deriv").write_bytes(b"\0\1\2")
    (tmp_path / "latin.deriv").write_bytes("x = 1 % né".encode("latin-1"))
    (tmp_path / "big.txt").write_bytes(b"x" * 2_500_000)
    os.symlink("/etc/passwd", tmp_path / "link.deriv")
    os.symlink("/etc", tmp_path / "bob" / "etc")
    os.symlink("/etc/passwd", tmp_path / "bob" / "p.md")
    os.mkfifo(tmp_path / "pipe.deriv")
    found = {s.student: s for s in run.collect([str(tmp_path)])}
    assert set(found) == {"ada", "bob", "empty", "binary", "latin", "big", "pipe"}
    assert [kind for kind, _ in found["bob"].files] == ["tex", "markdown"]
    assert {s for s in found if found[s].trouble} == {"empty", "binary", "big", "pipe"}


def test_roster(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("\ufefffile,name,id,email\nab12,Ada Lovelace,4711,ada@example.org\n", encoding="utf-8")
    (tmp_path / "ab12.deriv").write_text(FULL)
    people = run.read_roster(str(tmp_path / "roster.csv"))
    (found,) = run.collect([str(tmp_path / "ab12.deriv")], people)
    assert found.student == "Ada Lovelace" and found.person is not None and found.person.identifier == "4711"


def test_nobody_is_lost(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("file,name\nab12,Ada\ncd34,Bob\nef56.pdf,Eve\n")
    people = run.read_roster(str(tmp_path / "roster.csv"))
    work = tmp_path / "work"
    (work / "ab12").mkdir(parents=True)
    (work / "ab12" / "main.tex").write_text("  \n")
    (work / "ab12" / "scan.pdf").write_bytes(b"%PDF")
    (work / "ef56.pdf").write_bytes(b"%PDF")
    (work / "gh78.deriv").write_text(FULL)
    (work / "gh78.pdf").write_bytes(b"%PDF")
    (work / "readme.csv").write_text("a,b\n")
    found = {s.student: s.trouble for s in run.collect([str(work)], people)}
    assert set(found) == {"Ada", "Eve", "gh78"} and found["gh78"] is None
    assert "scan.pdf" in str(found["Ada"]) and "ef56.pdf" in str(found["Eve"])
    assert run.absent(people, run.collect([str(work)], people)) == ["no submission of Bob (cd34)"]


def test_two_of_one_name_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "ada.deriv").write_text(FULL)
    (tmp_path / "ada.tex").write_text("\\[ 1 \\]")
    assert [s.student for s in run.collect([str(tmp_path)])] == ["ada", "ada (2)"]


HOSTILE = {
    "nesting": "x = " + "(" * 50_000 + "1" + ")" * 50_000,
    "fractions": "x = " + "\\frac{1}{" * 3000 + "1" + "}" * 3000,
    "tower": "2^{2^{2^{2^{2^{2^{2^{2}}}}}}}\n= 9^{9^{9^{9^9}}}\n",
    "macros": "\\newcommand{\\a}{\\b\\b\\b\\b\\b\\b\\b\\b}\n\\newcommand{\\b}{\\a\\a\\a\\a\\a\\a\\a\\a}\n\n\\a = \\b\n",
    "factorial": "(10^{9})! = \\sum_{n=1}^{10^{15}} n!\n",
    "long": "x" + "+x" * 100_000 + " = 0\n",
    "lines": "x\n" + "= x\n" * 5000,
    "html": "x = \\text{<script>alert(1)</script>}\n",
    "nul": "x = \x01\x02\x03" * 30,
    "wide": "x_{" + "a" * 100_000 + "} = 1",
    "loop": "define f(u) = f(u)\n\nf(x)\n= 1\n",
    "product": "\\prod_{k=1}^{10^9} (x+k) = 0\n",
}


def test_hostile_submissions_change_nothing_for_the_others() -> None:
    options = Options(timeout=1.5, budget=4.0, memory=300, jobs=2, cache=False)
    submissions = handed_in(first=FULL, **HOSTILE, second=FULL, third=WRONG)
    found = {g.student: g for g in run.grade_all(REFERENCE, submissions, options)}
    assert [found[s].marks for s in ("first", "second", "third")] == [3, 3, 0]
    assert not found["first"].held and not found["second"].held
    for name in HOSTILE:
        assert found[name].marks == 0, name
    assert len(found) == len(submissions)


def test_groups_of_equal_steps() -> None:
    found = graded(a=WRONG, b="\\frac{d}{dt}t^3\n= 1\n", c="\\frac{d}{dx}x^3\n= x^2 + x^2\n", d=FULL, e="define v = x^2\n\n\\frac{d}{dx}x^3\n= 2v\n")
    groups = run.groups(list(found.values()))
    assert groups[0].students == ("a", "c", "e")
    assert groups[0].step.counterexample


def test_decisions(tmp_path: Path) -> None:
    (key,) = {w.group for w in graded(a=WRONG)["a"].wrong}
    path = tmp_path / "decisions.json"

    def decided(data: object) -> dict[str, derivcheck.Grade]:
        path.write_text(json.dumps(data))
        decisions = run.read_decisions(str(path))
        return {g.student: g for g in run.grade_all(REFERENCE, handed_in(a=WRONG + "\n" + FULL, b=FULL), OPTIONS, None, decisions)}

    assert decided({})["a"].marks == 2
    assert decided({"groups": {key: -2}})["a"].marks == 1
    assert decided({"groups": {key: {"marks": 0, "comment": "the sheet said 2"}}})["a"].marks == 3
    assert decided({"groups": {key: "right"}})["a"].marks == 3
    assert decided({"submissions": {"b": 2.5}})["b"].marks == 2.5
    found = decided({"submissions": {"b": {"marks": 1, "comment": "copied"}}})["b"]
    assert (found.marks, found.decided, found.comment, found.needs_person) == (1, True, "copied", False)
    assert run.read_decisions(str(tmp_path / "none.json")) == run.Decisions()
    path.write_text("[1]")
    with pytest.raises(ValueError, match="JSON object"):
        run.read_decisions(str(path))


def test_a_run_is_taken_up_again(tmp_path: Path) -> None:
    journal = str(tmp_path / "journal.jsonl")
    first = run.grade_all(REFERENCE, handed_in(a=FULL, b=WRONG), OPTIONS, None, None, journal)
    with open(journal, "a", encoding="utf-8") as stream:
        stream.write('{"key": "cut o')
    calls: list[tuple[int, int]] = []
    again = run.grade_all(REFERENCE, handed_in(a=FULL, b=WRONG, c=FULL), OPTIONS, lambda i, n: calls.append((i, n)), None, journal, True)
    assert calls == [(1, 1)]
    assert [g.marks for g in again] == [g.marks for g in first] + [3]
    changed = run.grade_all(REFERENCE, handed_in(a=WRONG), OPTIONS, lambda i, n: calls.append((i, n)), None, journal, True)
    assert changed[0].marks == 0 and len(calls) == 2


def test_jobs_are_plain_data() -> None:
    jobs = run.jobs_for(REFERENCE, handed_in(a=FULL))
    assert json.loads(json.dumps(jobs)) == jobs


def test_nothing_is_left_behind() -> None:
    import tempfile

    before = set(Path(tempfile.gettempdir()).glob("derivcheck-grading-*"))
    graded(a=FULL)
    assert set(Path(tempfile.gettempdir()).glob("derivcheck-grading-*")) <= before
