"""Marks for one submission: judge its steps under the reference's meaning, then go through the rubric.

`grade_job` is what a worker runs: a pure function of a plain mapping.  A submission for several tasks is shared out by its `derivation`
lines, or by where its chains begin like a task.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from derivcheck.grading.answers import read_answer
from derivcheck.grading.documents import Reading, read_files
from derivcheck.grading.judging import Questions
from derivcheck.grading.marker import Marker, group_key
from derivcheck.grading.model import Award, Grade, together
from derivcheck.grading.reference import Task, tasks_of
from derivcheck.grading.rubric import MILESTONES, parts, possible, possible_in, rounded
from derivcheck.grading.walk import ARROWS, Taken, Walker
from derivcheck.language.lines import keyword_of, strip_comment
from derivcheck.report.model import FileReport
from derivcheck.services.options import Monitor, Options

_BLANK, _WORDS = "blank", "no formula"


def grade_job(job: dict[str, Any], options: Options, monitor: Monitor) -> FileReport:
    """The worker's entry: an empty report that carries the grade."""
    start = time.monotonic()
    files = [(str(kind), str(text)) for kind, text in job["files"]]
    grade = grade_files(job["reference"], files, job["student"], options, monitor, job.get("decisions") or {})
    return FileReport(job["path"], "verified", time.monotonic() - start, grades=(grade.to_json(),))


def grade_files(
    reference: str,
    files: list[tuple[str, str]],
    student: str,
    options: Options,
    monitor: Monitor | None = None,
    decisions: Mapping[str, Any] | None = None,
) -> Grade:
    """The grade of one submission (files as (kind, text)) for all tasks of the reference; `decisions` is `Decisions.for_worker()`."""
    tasks = tasks_of(reference)
    reading = read_files(files)
    shares = _shares(tasks, reading)
    grades = []
    for number, (task, share) in enumerate(zip(tasks, shares, strict=True)):
        questions = Questions(number, options, monitor or Monitor(), task.facts)
        grades.append(_grade(task, share, student, questions, dict(decisions or {})))
    if _has_words(reading.text) and all(g.comment in (_BLANK, _WORDS) for g in grades):
        # words alone: a person reads them
        grades[0] = replace(grades[0], held=(*grades[0].held, "there is no formula in it"))
    return together(tuple(g if g.comment != _WORDS else replace(g, comment=None) for g in grades))


def _has_words(text: str) -> bool:
    """Whether there is anything but statements and comments."""
    lines = (strip_comment(line) for line in text.split("\n"))
    return any(line.strip() and keyword_of(line) is None for line in lines)


# --- which part of a submission answers which task -----------------------------------------------------------------------------------


def _shares(tasks: tuple[Task, ...], reading: Reading) -> list[Reading]:
    """The part of the submission for each task: by `derivation` lines, or where chains begin like a task."""
    lines = reading.text.split("\n")
    starts = [(i, line.split(None, 1)[1].strip()) for i, line in enumerate(lines) if line.lstrip().startswith("derivation ") and "=" not in line]
    if len(tasks) == 1:
        return [reading]
    out: list[list[bool]] = [[False] * len(lines) for _ in tasks]
    if starts:
        names = [t.name for t in tasks]
        for k, (at, name) in enumerate(starts):
            end = starts[k + 1][0] if k + 1 < len(starts) else len(lines)
            number = names.index(name) if name in names else _alike(name, names, k)
            for i in range(at, end):
                out[number][i] = True
        for i in range(starts[0][0]):
            for mask in out:
                mask[i] = True
    else:
        first = _beginnings(tasks, reading)
        for i in range(len(lines)):
            begun = [(line, n) for n, line in first.items() if line <= i]
            owner = max(begun)[1] if begun else min(((line, n) for n, line in first.items()), default=(0, 0))[1]
            out[owner][i] = True
    return [_masked(reading, lines, mask) for mask in out]


def _alike(name: str, names: list[str], position: int) -> int:
    """A name that is none of the tasks': the one it ends or begins, otherwise the one in its place."""
    close = [i for i, n in enumerate(names) if n.endswith(name) or name.endswith(n)]
    return close[0] if len(close) == 1 else min(position, len(names) - 1)


def _beginnings(tasks: tuple[Task, ...], reading: Reading) -> dict[int, int]:
    """The first line of the submission that belongs to each task: where a line of a chain is the task's start or one of its milestones."""
    found: dict[int, int] = {}
    for number, task in enumerate(tasks):
        answer = read_answer(task, reading, lambda context, statement: False)
        targets = [t for t in (task.start, *task.formulas.values()) if t is not None]
        for part in answer.source.parts:
            for chain in part.chains:
                terms = [chain.start, *(s.rhs for s in chain.steps)]
                if any(t is not None and any(task.loose.same(t, x) for x in targets) for t in terms):
                    line = answer.text.count("\n", 0, chain.span.start)
                    line = answer.origins[line] - 1 if line < len(answer.origins) else line
                    found[number] = min(found.get(number, line), line)
    taken: set[int] = set()
    for number in sorted(found, key=lambda n: (found[n], n)):
        if found[number] in taken:
            del found[number]
        else:
            taken.add(found[number])
    return found


def _masked(reading: Reading, lines: list[str], mask: list[bool]) -> Reading:
    text = "\n".join(line if keep and not line.lstrip().startswith("derivation ") else "" for line, keep in zip(lines, mask, strict=True))
    return Reading(text, reading.places, list(reading.reports), list(reading.troubles), list(reading.named))


# --- one task --------------------------------------------------------------------------------------------------------------------------


def _grade(task: Task, reading: Reading, student: str, questions: Questions, decisions: dict[str, Any]) -> Grade:
    started = time.monotonic()
    most = possible(task.criteria)
    if reading.blank:
        return Grade(student, task.name, 0.0, most, reports=tuple(reading.reports), comment=_BLANK, awards=_nothing(task))
    answer = read_answer(task, reading, questions.holds)
    walker = Walker(task, answer, questions, dict(decisions.get("steps") or {}), lambda taken: group_key(taken, task))
    walker.run()
    for rearranger in (task.loose, task.strict):
        rearranger.gave_up = False
    marker = Marker(task, answer, walker, dict(decisions.get("groups") or {}), dict(decisions.get("comments") or {}))
    marker.follow()
    wrong, open_steps = marker.wrong_steps()
    awards = [*marker.milestones(), *marker.deductions(wrong)]
    marks = _sum(task, awards)
    held = [*reading.troubles, *answer.held, *marker.held()]
    rows = tuple(_row(s) for s in walker.steps)
    return Grade(
        student, task.name, marks, most, tuple(awards), tuple(wrong), tuple(open_steps), tuple(dict.fromkeys(held)),
        tuple(dict.fromkeys([*reading.reports, *answer.reports])), rows, None, time.monotonic() - started,
        comment=None if walker.lines or held else _WORDS,
    )  # fmt: skip


def _nothing(task: Task) -> tuple[Award, ...]:
    return tuple(Award(c.text, c.marks, 0.0, 0.0, "not reached", c.part) for c in task.criteria if c.kind in MILESTONES or c.kind == "uses")


def _sum(task: Task, awards: list[Award]) -> float:
    """Parts up to their totals, deductions, never below 0 or above what can be had, rounded as the rubric says."""
    names = parts(task.criteria)
    total = 0.0
    for p in names:
        total += min(sum(a.given for a in awards if a.part == p and a.possible), possible_in(task.criteria, p))
    total += sum(a.given for a in awards if not a.possible)
    return rounded(min(max(0.0, total), possible(task.criteria)), task.criteria)


def _row(s: Taken) -> dict[str, Any]:
    row: dict[str, Any] = {
        "line": s.line,
        "lhs": s.report.lhs,
        "relation": ARROWS.get(s.report.relation, s.report.relation),
        "rhs": s.report.rhs,
        "by": s.source.by,
        "verdict": s.verdict,
        "reason": s.report.reason,
    }
    if s.file:
        row["file"] = s.file + 1
    if s.cell is not None:
        row["cell"] = s.cell
    return row
