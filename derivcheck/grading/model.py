"""What grading yields: marks per rubric line, wrong steps with feedback, and what a person must look at.

Everything here is plain data with `to_json`, so that grades travel between processes and machines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Criterion:
    """One line of a rubric.

    `kind`: `reaches`, `concludes`, `uses`, `wrong` (each wrong step), `mistake`, `total`, `round`, `jump`.  `formulas` are the
    alternatives (LaTeX, or words), `must` keeps a milestone from being given by a later one, `form` is a required form, `comment` the
    feedback of a known mistake, `part` the part of the rubric, `scheme` the number of the alternative scheme in it, `most` the limit of
    a deduction.
    """

    kind: str
    marks: float
    formulas: tuple[str, ...] = ()
    must: bool = False
    form: str | None = None
    comment: str | None = None
    part: str = ""
    scheme: int = 0
    most: float | None = None
    text: str = ""


@dataclass(frozen=True)
class Award:
    """The marks for one criterion: `given` by the program, `proposed` for a person to confirm (seen in `line`); `reason` says why."""

    criterion: str
    possible: float
    given: float
    proposed: float = 0.0
    reason: str = ""
    part: str = ""
    line: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


@dataclass(frozen=True)
class WrongStep:
    """A refuted step, or one that is held (`verdict`): its place, feedback for the student (no answer given away), and the key of its
    group.  `counted` is false where it brings no deduction: it repeats another one or undoes it."""

    index: int
    line: int
    lhs: str
    rhs: str
    relation: str
    feedback: str
    counterexample: Mapping[str, Any] | None
    hint: str | None
    group: str
    counted: bool = True
    verdict: str = "refuted"
    reason: str | None = None
    mistake: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        data = {f.name: getattr(self, f.name) for f in fields(self)}
        data["counterexample"] = dict(self.counterexample) if self.counterexample else None
        return data


@dataclass(frozen=True)
class Grade:
    """The grade of one submission, for one task or (in `parts`) for several.

    `marks` is what is certain, `proposed` what waits for a person; `held` says what a person must decide (it is never scored as wrong),
    `wrong` holds the wrong steps and `open` the held ones, `reports` what was left out of the submission because the reference sets the
    meaning, `error` why it could not be judged at all (its marks are then nobody's decision).
    """

    student: str
    task: str
    marks: float
    possible: float
    awards: tuple[Award, ...] = ()
    wrong: tuple[WrongStep, ...] = ()
    open: tuple[WrongStep, ...] = ()
    held: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    steps: tuple[Mapping[str, Any], ...] = ()
    error: str | None = None
    seconds: float = 0.0
    decided: bool = False
    comment: str | None = None
    parts: tuple[Grade, ...] = ()

    @property
    def proposed(self) -> float:
        """Marks that wait for a person; never more than are left to be had."""
        if self.parts:
            return sum(p.proposed for p in self.parts)
        if self.decided:
            return 0.0
        return max(0.0, min(sum(a.proposed for a in self.awards), self.possible - self.marks))

    @property
    def needs_person(self) -> bool:
        """Whether something waits for a person."""
        return not self.decided and bool(self.held or self.error or self.proposed)

    def to_json(self) -> dict[str, Any]:
        """For reports and for the way between processes."""
        data: dict[str, Any] = {
            "student": self.student,
            "task": self.task,
            "marks": self.marks,
            "possible": self.possible,
            "proposed": self.proposed,
            "awards": [a.to_json() for a in self.awards],
            "wrong": [w.to_json() for w in self.wrong],
            "open": [w.to_json() for w in self.open],
            "held": list(self.held),
            "reports": list(self.reports),
            "steps": [dict(s) for s in self.steps],
            "error": self.error,
            "seconds": round(self.seconds, 3),
            "decided": self.decided,
            "comment": self.comment,
        }
        if self.parts:
            data["parts"] = [p.to_json() for p in self.parts]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Grade:
        """The inverse of `to_json`."""
        return cls(
            data["student"],
            data["task"],
            data["marks"],
            data["possible"],
            tuple(Award(**a) for a in data["awards"]),
            tuple(WrongStep(**w) for w in data["wrong"]),
            tuple(WrongStep(**w) for w in data.get("open", ())),
            tuple(data["held"]),
            tuple(data["reports"]),
            tuple(data["steps"]),
            data["error"],
            data["seconds"],
            data.get("decided", False),
            data.get("comment"),
            tuple(cls.from_json(p) for p in data.get("parts", ())),
        )


def together(grades: tuple[Grade, ...]) -> Grade:
    """The grade of one submission for all its tasks."""
    if len(grades) == 1:
        return grades[0]
    return Grade(
        grades[0].student,
        "",
        round(sum(g.marks for g in grades), 6),
        round(sum(g.possible for g in grades), 6),
        tuple(a for g in grades for a in g.awards),
        tuple(w for g in grades for w in g.wrong),
        tuple(w for g in grades for w in g.open),
        tuple(f"{g.task}: {h}" if g.task else h for g in grades for h in g.held),
        tuple(dict.fromkeys(r for g in grades for r in g.reports)),
        tuple(s for g in grades for s in g.steps),
        next((g.error for g in grades if g.error), None),
        sum(g.seconds for g in grades),
        all(g.decided for g in grades),
        "blank" if all(g.comment == "blank" for g in grades) else "; ".join(g.comment for g in grades if g.comment and g.comment != "blank") or None,
        grades,
    )
