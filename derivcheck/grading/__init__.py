"""Grading: `grade(reference, submission)` gives the marks of one submission, as the command line does for many."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derivcheck.grading.model import Grade
    from derivcheck.services.options import Options


def grade(
    reference: str | os.PathLike[str],
    submission: str | os.PathLike[str],
    *,
    student: str = "",
    kind: str = "deriv",
    options: Options | None = None,
    **limits: Any,
) -> Grade:
    """The grade of a submission after the rubric of a reference.

    A `str` is the text itself, a `Path` names a file (or a student's folder); a text never names a file.  `kind` says what a text is:
    `deriv` (also plain text), `tex`, `markdown`, `notebook`.  Keyword options are the fields of `Options`.

    Raises: ValueError where the reference has no rubric, or none that can be read.
    """
    from derivcheck.grading import run

    chosen = replace(options or replace(run.DEFAULTS, jobs=1), **limits)
    text = reference if isinstance(reference, str) else Path(reference).read_text(encoding="utf-8")
    if isinstance(submission, str):
        handed_in = run.Submission(student, "submission", ((kind, submission),))
    else:
        path = Path(submission)
        files = run._files_below(path) if path.is_dir() else [path]
        handed_in = run._joined(path.name if path.is_dir() else path.stem, files, None)
        handed_in = replace(handed_in, student=student or handed_in.student)
    return run.grade_all(text, [handed_in], chosen)[0]
