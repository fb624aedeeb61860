"""Grades for gradebooks and programs: CSV (with Moodle's and Canvas's import columns), JSON, Gradescope; and everything in a folder.

Cells that a spreadsheet would take for a formula are made plain text.  What goes to students (feedback, Gradescope's results) says nothing
of the reference: milestones are numbered, not quoted.  `pages.py` makes the HTML.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from derivcheck.grading import pages
from derivcheck.grading.model import Award, Grade
from derivcheck.grading.run import Person, groups

People = Mapping[str, Person]

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?\Z")
_FORMULA_SIGNS = "=+-@|%\uff1d\uff0b\uff0d\uff20\u2212"
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def plain_cell(value: object) -> str:
    """A CSV cell that no spreadsheet runs as a formula.  Numbers stay numbers."""
    text = _CONTROLS.sub(" ", str(value))
    bare = text.lstrip("\t\r\n \u00a0\u200b\ufeff'\"")
    if bare[:1] and bare[0] in _FORMULA_SIGNS and not _NUMBER.match(text) and text != "-":
        return "'" + text
    if text[:1] in ("\t", "\r", "\n"):
        return "'" + text
    return text


def number(x: float) -> str:
    """Marks without needless decimals."""
    return f"{round(x, 4):g}"


def feedback(grade: Grade) -> str:
    """What a student reads, in one cell."""
    parts = [f"Line {w.line}: {w.feedback}" for w in grade.wrong]
    if grade.needs_person:
        parts.append("Parts of it wait for a person.")
    if grade.reports:
        parts.append("Left out, since the task sets the meaning: " + "; ".join(grade.reports) + ".")
    if grade.comment and grade.decided:
        parts.append(grade.comment)
    return " ".join(parts)


def _marks(grade: Grade) -> str:
    """The marks, or nothing where nobody has decided them yet."""
    return "" if grade.error and not grade.decided else number(grade.marks)


def to_csv(grades: Sequence[Grade], people: People | None = None) -> str:
    """One row a submission.  `Identifier`, `Full name`, `Email address`, `Grade`, `Maximum Grade`, `Feedback comments` are what Moodle's
    grading worksheet asks for; `Student`, `ID`, `SIS Login ID`, `Section`, `Score` what Canvas does."""
    tasks = _tasks(grades)
    head = ["Identifier", "Full name", "Email address", "Student", "ID", "SIS Login ID", "Section", "Grade", "Score", "Maximum Grade", "Proposed",
            "Held", "Wrong steps", "Feedback comments", *(f"Task {t}" for t in tasks)]  # fmt: skip
    rows: list[list[object]] = []
    for g in grades:
        who = _person(g, people)
        held = "; ".join([*g.held, *(_proposal(a) for a in g.awards if a.proposed and not g.decided)])
        own = {p.task: p for p in g.parts}
        rows.append(
            [who.identifier, who.name, who.email, who.name, who.identifier, who.identifier, who.section, _marks(g), _marks(g), number(g.possible),
             number(g.proposed), held, len(g.wrong), feedback(g), *(_marks(own[t]) if t in own else "" for t in tasks)]
        )
    return _csv(head, rows)


def to_moodle(grades: Sequence[Grade], people: People | None = None) -> str:
    """Moodle's grading worksheet."""
    head = ["Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade", "Grade can be changed", "Last modified (grade)", "Feedback comments"]
    rows: list[list[object]] = []
    for g in grades:
        who = _person(g, people)
        status = "Submitted for grading" if g.needs_person else "Graded"
        rows.append([who.identifier, who.name, who.email, status, _marks(g), number(g.possible), "Yes", "-", feedback(g)])
    return _csv(head, rows)


def to_canvas(grades: Sequence[Grade], people: People | None = None, assignment: str = "derivcheck") -> str:
    """Canvas's gradebook, with the row of the points that can be had."""
    head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment]
    most = grades[0].possible if grades else 0.0
    rows: list[list[object]] = [["    Points Possible", "", "", "", "", number(most)]]
    for g in grades:
        who = _person(g, people)
        rows.append([who.name, who.identifier, "", who.identifier, who.section, _marks(g)])
    return _csv(head, rows)


def _proposal(a: Award) -> str:
    where = f" (line {a.line})" if a.line is not None else ""
    return f"{number(a.proposed)} proposed for `{a.criterion}`{where}: {a.reason}"


def _person(grade: Grade, people: People | None) -> Person:
    known = (people or {}).get(grade.student)
    return Person(grade.student, known.identifier or grade.student, known.email, known.section) if known else Person(grade.student, grade.student)


def _tasks(grades: Sequence[Grade]) -> list[str]:
    return list(dict.fromkeys(p.task for g in grades for p in g.parts))


def _csv(head: list[str], rows: list[list[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([plain_cell(v) for v in head])
    writer.writerows([plain_cell(v) for v in row] for row in rows)
    return out.getvalue()


def to_json(grades: Sequence[Grade]) -> str:
    """All grades and groups, for the grader: it quotes the rubric."""
    return json.dumps({"schema": 1, "grades": [g.to_json() for g in grades], "groups": [g.to_json() for g in groups(grades)]}, ensure_ascii=False, indent=1)


def gradescope(grade: Grade, reveal: bool = False) -> dict[str, Any]:
    """One submission in Gradescope's format for autograders (`results.json`)."""
    tests: list[dict[str, Any]] = []
    for g in grade.parts or (grade,):
        for count, a in enumerate((a for a in g.awards if a.possible > 0), 1):
            name = a.criterion if reveal else f"Milestone {count}"
            waits = a.proposed > 0 and not g.decided
            row: dict[str, Any] = {
                "name": f"{g.task}: {name}" if grade.parts else name,
                "score": round(a.given, 4),
                "max_score": round(a.possible, 4),
                "output": "A person looks at this." if waits else a.reason,
                "visibility": "visible",
            }
            tests.append(row)
    return {"score": round(max(0.0, grade.marks), 4), "output": feedback(grade), "output_format": "text", "visibility": "visible", "tests": tests}


def to_gradescope(grades: Sequence[Grade], reveal: bool = False) -> str:
    """Gradescope's results: of one submission the object that an autograder writes, of several an object by student."""
    if len(grades) == 1:
        return json.dumps(gradescope(grades[0], reveal), ensure_ascii=False, indent=1)
    return json.dumps({g.student: gradescope(g, reveal) for g in grades}, ensure_ascii=False, indent=1)


def safe_name(student: str) -> str:
    """A file name for a student that can't leave the output folder, and means nothing to any system."""
    plain = unicodedata.normalize("NFKC", student)
    name = re.sub(r"[^\w.-]+", "_", plain).strip("._-")[:80]
    return f"_{name}" if re.fullmatch(r"(?i)con|prn|aux|nul|com\d|lpt\d|index", name) else name or "submission"


def write_all(grades: Sequence[Grade], folder: str, reveal: bool = False, people: People | None = None, troubles: Sequence[str] = ()) -> None:
    """`grades.csv`, `moodle.csv`, `canvas.csv`, `grades.json`, `index.html` (for the grader), and for each student a page and Gradescope's
    results below `students/`."""
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    _write(out / "grades.csv", to_csv(grades, people))
    _write(out / "moodle.csv", to_moodle(grades, people))
    _write(out / "canvas.csv", to_canvas(grades, people))
    _write(out / "grades.json", to_json(grades))
    own = out / "students"
    own.mkdir(exist_ok=True)
    names: dict[str, str] = {}
    used: set[str] = set()
    for g in grades:
        name = safe_name(g.student)
        while name.lower() in used:
            name += "_"
        used.add(name.lower())
        names[g.student] = name
        _write(own / f"{name}.html", pages.student_page(g, reveal))
        _write(own / f"{name}.json", json.dumps(gradescope(g, reveal), ensure_ascii=False, indent=1))
    _write(out / "index.html", pages.grader_page(grades, names, troubles))


def _write(path: Path, text: str) -> None:
    """Whole or not at all: a run may be stopped at any time."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8", errors="replace")
    os.replace(part, path)
