"""A grading run: submissions → workers → grades, with the decisions of a person, and groups of equal steps.

Every submission is judged in a killable worker with its own limits; nothing of a submission is run or opened by name.  The work is a list
of independent jobs (`jobs_for`), each a plain mapping, and a pure function over it (`award.grade_job`), so that a cluster can take it over
(`cluster.py`).  Workers share a folder of verdicts that lives as long as the run: the same step in many submissions is judged once.

A run with a journal can be stopped at any time; the next one takes over the grades of submissions that have not changed.
"""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from derivcheck.grading.documents import KINDS
from derivcheck.grading.model import Grade, WrongStep
from derivcheck.services.options import Options
from derivcheck.services.pool import Pool, Worker

TARGET = "derivcheck.grading.award:grade_job"
LARGEST = 2_000_000
"""Bytes of a submission that are read."""
MOST_FILES = 40
UNREAD = frozenset(".pdf .doc .docx .odt .rtf .pages .png .jpg .jpeg .heic .gif .tif .tiff .bmp .webp .zip .rar .7z .gz .tar .nb .mw .wxmx .html .htm".split())
"""Kinds of files that students hand in and nothing here reads: alone they are held for a person."""

DEFAULTS = Options(timeout=3.0, budget=5.0, memory=512, cache=False)
"""Limits for a step, a submission and a worker."""


@dataclass(frozen=True)
class Person:
    """Who handed in a submission, as a roster says."""

    name: str
    identifier: str = ""
    email: str = ""
    section: str = ""


@dataclass(frozen=True)
class Submission:
    """One student's files as (kind, text), or why they can't be had (`trouble`).  `path` is where they were found."""

    student: str
    path: str
    files: tuple[tuple[str, str], ...] = ()
    trouble: str | None = None
    person: Person | None = None

    def key(self, reference: str, decisions: Mapping[str, Any]) -> str:
        """What a grade depends on."""
        from derivcheck.services.cache import program_fingerprint

        parts = [program_fingerprint(), reference, self.student, json.dumps([self.files, dict(decisions)], sort_keys=True)]
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


# --- submissions -----------------------------------------------------------------------------------------------------------------------


def collect(paths: Sequence[str], roster: Mapping[str, Person] | None = None) -> list[Submission]:
    """Submissions: a file is one student's; of a folder each file and each folder in it is one student's."""
    out: list[Submission] = []
    for given in paths:
        path = Path(given)
        if path.is_dir():
            for child in sorted(path.iterdir()):
                if child.name.startswith(".") or child.is_symlink():
                    continue
                if child.is_dir():
                    out.append(_joined(child.name, _files_below(child), roster, _unread_below(child)))
                elif child.suffix.lower() in KINDS:
                    out.append(_joined(child.stem, [child], roster))
                elif child.suffix.lower() in UNREAD and not any(child.with_suffix(k).exists() for k in KINDS):
                    out.append(_joined(child.stem, [], roster, (child.name,)))
        else:
            out.append(_joined(path.stem, [path], roster))
    return _told_apart(out)


def _files_below(folder: Path) -> list[Path]:
    """Files of a student's folder; links are not followed."""
    found: list[Path] = []
    for here, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and not os.path.islink(os.path.join(here, f)))
        for name in sorted(names):
            path = Path(here) / name
            if path.suffix.lower() in KINDS and not name.startswith(".") and not path.is_symlink():
                found.append(path)
                if len(found) > MOST_FILES:
                    return found
    return found


def _unread_below(folder: Path) -> tuple[str, ...]:
    """Files of a student's folder that nothing here reads."""
    here = itertools.islice((name for _, _, names in os.walk(folder, followlinks=False) for name in sorted(names)), 1000)
    return tuple(n for n in here if Path(n).suffix.lower() in UNREAD and not n.startswith("."))[:5]


def _joined(name: str, files: Sequence[Path], roster: Mapping[str, Person] | None, unread: Sequence[str] = ()) -> Submission:
    person = (roster or {}).get(name)
    student = person.name if person is not None and person.name else name
    here = str(files[0]) if files else name

    def trouble(why: str) -> Submission:
        return Submission(student, here, (), why, person)

    if len(files) > MOST_FILES:
        return trouble(f"there are more than {MOST_FILES} files")
    texts: list[tuple[str, str]] = []
    left = LARGEST
    for f in files:
        try:
            info = os.stat(f)
            if not stat.S_ISREG(info.st_mode):
                return trouble(f"{f.name} is no file")
            if info.st_size > left:
                return trouble(f"more than {LARGEST // 1_000_000} MB")
            with open(f, "rb") as stream:
                data = stream.read(left + 1)
        except OSError as error:
            return trouble(f"{f.name} can't be read: {error.strerror}")
        left -= len(data)
        if b"\0" in data[:100_000]:
            return trouble(f"{f.name} is no text")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("latin-1")
        texts.append((KINDS.get(f.suffix.lower(), "deriv"), text))
    if unread and not any(text.strip() for _, text in texts):
        return trouble(f"files of this kind are not read: {', '.join(unread)}")
    if not texts:
        return trouble("there is no file to grade")
    return Submission(student, here, tuple(texts), None, person)


def _told_apart(found: list[Submission]) -> list[Submission]:
    """Two submissions of one name get the names of their files behind it."""
    seen: dict[str, int] = {}
    out: list[Submission] = []
    for s in found:
        number = seen.get(s.student, 0)
        seen[s.student] = number + 1
        out.append(s if number == 0 else replace(s, student=f"{s.student} ({number + 1})"))
    return out


def read_roster(path: str) -> dict[str, Person]:
    """A roster CSV with a column `file` (or `id`, `identifier`, `login`) and `name`, `email`, `section` where there are such."""
    with open(path, encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    out: dict[str, Person] = {}
    for raw in rows:
        row = {(k or "").strip().lower(): (v or "").strip() for k, v in raw.items() if isinstance(v, str)}
        identifier = row.get("identifier") or row.get("id") or row.get("login") or row.get("sis login id") or ""
        file = row.get("file") or identifier
        person = Person(row.get("name") or row.get("full name") or row.get("student") or "", identifier, row.get("email") or row.get("email address") or "", row.get("section") or "")
        if file:
            out[file] = person
            out.setdefault(Path(file).stem, person)
    return out


def absent(people: Mapping[str, Person], found: Sequence[Submission]) -> list[str]:
    """Whom the roster names and no submission is of."""
    there = {id(s.person) for s in found}
    missing = {id(p): f"{p.name} ({file})" if p.name else file for file, p in reversed(list(people.items())) if id(p) not in there}
    return [f"no submission of {name}" for name in reversed(list(missing.values()))]


# --- decisions of a person ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Decisions:
    """What a person has decided: `steps` says `right` or `wrong` for groups of steps, `groups` gives marks for groups of wrong steps
    (in place of the rubric's), `submissions` the marks of a submission, for all or by task."""

    steps: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, float] = field(default_factory=dict)
    submissions: Mapping[str, Any] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)

    def for_worker(self) -> dict[str, Any]:
        """What a worker must know."""
        return {"steps": dict(self.steps), "groups": dict(self.groups), "comments": {k: v for k, v in self.comments.items() if k in self.groups}}


def read_decisions(path: str) -> Decisions:
    """A decision file (JSON); a missing one is empty.

    `{"groups": {KEY: -0.5, KEY: "right", KEY: {"marks": -1, "comment": "…"}}, "submissions": {STUDENT: 3, STUDENT: {TASK: 2}, STUDENT:
    {"marks": 3, "comment": "…"}}}`

    Raises: ValueError where it is no such file.
    """
    if not os.path.exists(path):
        return Decisions()
    with open(path, encoding="utf-8") as stream:
        data = json.load(stream)
    if not isinstance(data, dict):
        raise ValueError("the decision file is no JSON object")
    steps: dict[str, str] = {}
    marks: dict[str, float] = {}
    comments: dict[str, str] = {}
    for key, value in dict(data.get("groups") or {}).items():
        entry = value if isinstance(value, dict) else {"verdict": value} if isinstance(value, str) else {"marks": value}
        word = entry.get("verdict")
        if word in ("right", "wrong"):
            steps[key] = word
        elif word is not None:
            raise ValueError(f"a group is right or wrong, not {word}")
        if isinstance(entry.get("marks"), (int, float)):
            marks[key] = float(entry["marks"])
        if isinstance(entry.get("comment"), str):
            comments[key] = entry["comment"]
    submissions = dict(data.get("submissions") or {})
    return Decisions(steps, marks, submissions, comments)


def apply_decisions(grades: Sequence[Grade], decisions: Decisions) -> list[Grade]:
    """Marks that a person has set for submissions."""
    return [_decided(g, decisions.submissions.get(g.student)) for g in grades]


def _decided(grade: Grade, entry: Any) -> Grade:
    if entry is None:
        return grade
    if isinstance(entry, (int, float)) and not isinstance(entry, bool):
        return replace(grade, marks=float(entry), decided=True, parts=tuple(replace(p, decided=True) for p in grade.parts))
    if not isinstance(entry, dict):
        return grade
    comment = entry.get("comment") if isinstance(entry.get("comment"), str) else grade.comment
    if isinstance(entry.get("marks"), (int, float)):
        return replace(_decided(grade, entry["marks"]), comment=comment)
    by_task = {k: v for k, v in entry.items() if k != "comment"}
    if not grade.parts:
        return replace(_decided(grade, by_task.get(grade.task)), comment=comment)
    parts = tuple(_decided(p, by_task.get(p.task)) for p in grade.parts)
    return replace(grade, parts=parts, marks=round(sum(p.marks for p in parts), 6), decided=all(p.decided for p in parts), comment=comment)


# --- the run -----------------------------------------------------------------------------------------------------------------------------


class GradingPool(Pool):
    """The pool of workers; reading a submission may take as long as judging it."""

    def _limit(self, worker: Worker) -> float:
        limit = super()._limit(worker)
        return limit if worker.began else min(limit, self.options.timeout + max(2.0, self.options.budget or 30.0))


def jobs_for(reference: str, submissions: Sequence[Submission], decisions: Decisions | None = None) -> list[dict[str, Any]]:
    """One plain mapping for each submission: all that a worker needs."""
    known = (decisions or Decisions()).for_worker()
    return [
        {"path": s.path, "kind": "grading", "files": [list(f) for f in s.files], "reference": reference, "student": s.student, "decisions": known}
        for s in submissions
    ]


def grade_all(
    reference: str,
    submissions: Sequence[Submission],
    options: Options = DEFAULTS,
    progress: Callable[[int, int], None] | None = None,
    decisions: Decisions | None = None,
    journal: str | None = None,
    resume: bool = False,
    troubles: list[str] | None = None,
    cluster: str | None = None,
) -> list[Grade]:
    """The grades of all submissions, in order.  `journal` is a file that remembers finished ones; with `resume` it is taken up again.
    With `troubles` the reference's own solution is graded first, with more time: what it does not earn is added there, and its steps are
    known to all others.  `cluster` is the address of a dask scheduler whose workers judge in place of this machine.

    Raises: RubricError and ValueError where the reference has no rubric that can be read; ClusterError where the cluster can't be used.
    """
    from derivcheck.grading.reference import tasks_of
    from derivcheck.grading.rubric import possible

    decisions = decisions or Decisions()
    tasks = tasks_of(reference)  # workers are forked with it
    names = tasks[0].name if len(tasks) == 1 else ""
    most = sum(possible(t.criteria) for t in tasks)
    keys = [s.key(reference, decisions.for_worker()) for s in submissions]
    earlier = _read_journal(journal) if journal and resume else {}
    todo = [i for i, s in enumerate(submissions) if s.trouble is None and keys[i] not in earlier]
    found: dict[int, Grade] = {i: Grade.from_json(earlier[k]) for i, k in enumerate(keys) if k in earlier}
    folder = tempfile.mkdtemp(prefix="derivcheck-grading-")
    log = _open_journal(journal, resume)

    def finished(at: int, report: Any) -> None:
        index = todo[at]
        s = submissions[index]
        if report.grades:
            found[index] = Grade.from_json(report.grades[0])
        else:
            why = report.diagnostics[0].message if report.diagnostics else "the submission could not be judged"
            found[index] = Grade(s.student, names, 0.0, most, held=(why,), error=why)
        if log is not None:
            log.write(json.dumps({"key": keys[index], "grade": found[index].to_json()}, ensure_ascii=False) + "\n")
            log.flush()
        if progress is not None:
            progress(len(todo) - len([i for i in todo if i not in found]), len(todo))

    try:
        if todo:
            shared = replace(options, cache=True, cache_dir=folder, jobs=min(options.jobs or os.cpu_count() or 1, len(todo)))
            if troubles is not None:
                troubles += _own_solution(reference, shared)
            jobs = jobs_for(reference, [submissions[i] for i in todo], decisions)
            if cluster is not None:
                from derivcheck.grading.cluster import run as run_on_cluster

                run_on_cluster(cluster, jobs, shared, finished)
            else:
                GradingPool(shared, TARGET).run(jobs, finished)
    finally:
        if log is not None:
            log.close()
        shutil.rmtree(folder, ignore_errors=True)
    out: list[Grade] = []
    for i, s in enumerate(submissions):
        if i in found:
            out.append(found[i])
        else:
            why = s.trouble or "it was not judged"
            out.append(Grade(s.student, names, 0.0, most, held=(why,), error=why))
    return apply_decisions(out, decisions)


def _own_solution(reference: str, options: Options) -> list[str]:
    """What the reference's own chains do not earn, where it has any."""
    own = Submission("the reference", "reference", (("deriv", reference),))
    patient = replace(options, timeout=max(10.0, options.timeout), budget=max(60.0, options.budget or 0.0), jobs=1)
    (report,) = GradingPool(patient, TARGET).run(jobs_for(reference, [own]))
    if not report.grades:
        return []
    grade = Grade.from_json(report.grades[0])
    out: list[str] = []
    for g in grade.parts or (grade,):
        if not g.steps:
            continue
        name = f"{g.task}: " if grade.parts else ""
        out += [f"{name}the reference's own solution does not earn: {a.criterion} ({a.reason})" for a in g.awards if a.possible > 0 and a.given < a.possible]
        out += [f"{name}a step of the reference's own solution is {s['verdict']} (line {s['line']}): {s['reason']}" for s in g.steps if s["verdict"] != "proved"]
    return out


def _read_journal(path: str) -> dict[str, dict[str, Any]]:
    """Finished submissions by key; a line that was cut off is passed over."""
    out: dict[str, dict[str, Any]] = {}
    try:
        with open(path, encoding="utf-8") as stream:
            for line in stream:
                try:
                    row = json.loads(line)
                    Grade.from_json(row["grade"])
                    out[row["key"]] = row["grade"]
                except (ValueError, KeyError, TypeError):
                    continue
    except OSError:
        return {}
    return out


def _open_journal(path: str | None, resume: bool) -> Any:
    if path is None:
        return None
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    stream = open(path, "a" if resume else "w", encoding="utf-8")  # noqa: SIM115 - closed by the run
    if resume and os.path.getsize(path):
        stream.write("\n")  # a line that was cut off ends here
    return stream


# --- groups ---------------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """Equal steps of several submissions: `verdict` is `refuted` or `undecided`."""

    key: str
    step: WrongStep
    students: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        w = self.step
        return {
            "key": self.key,
            "verdict": w.verdict,
            "lhs": w.lhs,
            "relation": w.relation,
            "rhs": w.rhs,
            "cause": w.mistake or w.hint,
            "reason": w.reason,
            "counterexample": dict(w.counterexample) if w.counterexample else None,
            "students": list(self.students),
        }


def groups(grades: Sequence[Grade]) -> list[Group]:
    """Equal wrong steps and equal undecided steps, largest group first."""
    table: dict[str, tuple[WrongStep, list[str]]] = {}
    for g in grades:
        for w in (*g.wrong, *g.open):
            entry = table.setdefault(w.group, (w, []))
            if g.student not in entry[1]:
                entry[1].append(g.student)
    rows = [Group(k, w, tuple(s)) for k, (w, s) in table.items()]
    return sorted(rows, key=lambda row: (-len(row.students), row.key))
