"""The Python API: `verify`, `verify_file`, `check`.

They judge as the command line does, in worker processes with limits, and return frozen dataclasses with `to_json()` that show
themselves as HTML in Jupyter.  Keyword options are the fields of `Options`: `timeout`, `budget`, `strict`, `certainty`,
`memory`, `cache`, `cache_dir`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from derivcheck.report.model import DiagnosticReport, Report, StepReport
from derivcheck.services.options import Options
from derivcheck.services.run import verify_inputs
from derivcheck.services.sources import Input, gather

Lines = str | Iterable[str]


def verify(text: str, *, name: str = "<text>", options: Options | None = None, **limits: Any) -> Report:
    """Verify a derivation given as text in the notation of `.deriv` files."""
    return verify_inputs([Input(name, "deriv", text)], _options(options, limits))


def verify_file(path: str | os.PathLike[str], *, options: Options | None = None, **limits: Any) -> Report:
    """Verify a file (`.deriv`, `.tex`, `.md`, `.qmd`, `.ipynb`), or all such files of a folder."""
    return verify_inputs(gather([os.fspath(path)]), _options(options, limits))


def check(
    statement: str, let: Lines = (), define: Lines = (), assume: Lines = (), *, options: Options | None = None, **limits: Any
) -> StepReport:
    """Judge one statement.  Of a chain with several steps, the first that is not proved is returned, or else the last one."""
    report = verify(check_text(statement, let, define, assume), name="<check>", options=options, **limits)
    (file,) = report.files
    for step in file.steps:
        if step.verdict != "proved":
            return step if step.verdict != "error" or step.reason else replace(step, reason=_said(file.diagnostics))
    if file.verdict == "error" or not file.steps:
        reason = _said(file.diagnostics) or "there is no statement to judge"
        return StepReport(1, 1, 1, 1, "", statement, "", verdict="error", reason=reason)
    return file.steps[-1]


def check_text(
    statement: str,
    let: Lines = (),
    define: Lines = (),
    assume: Lines = (),
    *,
    use: Iterable[str] = (),
    vary: Iterable[str] = (),
    growth: Iterable[str] = (),
    convention: Iterable[str] = (),
) -> str:
    """The `.deriv` text of a statement with what it stands under."""
    headers = (("convention", convention), ("let", let), ("define", define), ("use", use), ("assume", assume), ("vary", vary), ("as", growth))
    lines = [f"{keyword} {one.strip()}" for keyword, given in headers for one in ([given] if isinstance(given, str) else given)]
    return "\n".join([*lines, *([""] if lines else []), statement.strip()]) + "\n"


def _options(options: Options | None, limits: dict[str, Any]) -> Options:
    return replace(options or Options(), **limits)


def _said(diagnostics: Iterable[DiagnosticReport]) -> str | None:
    errors = [d for d in diagnostics if d.severity == "error"]
    if not errors:
        return None
    return errors[0].message + (f" (help: {errors[0].help})" if errors[0].help else "")
