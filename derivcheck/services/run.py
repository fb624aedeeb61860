"""One run: inputs → cached reports → workers → one `Report`.

A file whose text, options and surroundings have not changed since it was last judged is reported from the cache; then nothing
of the language, the provers or the engines is imported.  Only complete results are kept (`complete`): a report
on a step that a limit stopped while the machine was busy is made anew next time.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from derivcheck.documents.markers import has_derivations
from derivcheck.report.findings import conditional_step
from derivcheck.report.model import DerivationReport, DiagnosticReport, FileReport, Report, worst
from derivcheck.services.cache import Cache, folder_fingerprint, open_cache
from derivcheck.services.options import Options
from derivcheck.services.places import catalog_folder, own_catalog_folders
from derivcheck.services.sources import Input

LASTING = ("no method", "not in the language", "no instance", "the steps are proved", "a step of the proof", "the steps leave out")
"""How the reasons begin of undecided verdicts in which no limit had a part."""

PASSING = ("D094", "D097", "D099")
"""Diagnostics that a later run need not repeat: a file that could not be read within the limits, another file that
is not there, a fault of derivcheck itself."""

TARGET = "derivcheck.services.pipeline:judge"

Progress = Callable[[int, int], None]
"""Called now and then with the number of files done and of all files."""


def verify_inputs(inputs: Sequence[Input], options: Options, progress: Progress | None = None, target: str | None = None) -> Report:
    """Judge all inputs; `target` names the function that workers judge with."""
    start = time.monotonic()
    cache = open_cache(options)
    reports: dict[int, FileReport] = {}
    keys: dict[int, str] = {}
    catalog = ""
    for number, one in enumerate(inputs):
        if one.text is None:
            reports[number] = one.unread()
            continue
        if one.kind != "deriv" and not has_derivations(one.text):
            reports[number] = FileReport(one.path, "verified", text=one.text)
            continue
        if options.cache:
            catalog = catalog or " ".join(folder_fingerprint(f) for f in (*own_catalog_folders(), catalog_folder()))
            keys[number] = file_key(one, options, catalog)
            remembered = _remembered(cache, keys[number], one)
            if remembered is not None:
                reports[number] = remembered
    todo = [n for n in range(len(inputs)) if n not in reports]
    if todo:
        cache.close()  # workers are forked: they open their own
        from derivcheck.services.pool import Pool

        def finished(index: int, report: FileReport) -> None:
            number = todo[index]
            reports[number] = report
            if options.cache and complete(report):
                cache.put(keys[number], _to_remember(report, inputs[number]), "file")

        def tick() -> None:
            if progress is not None:
                progress(len(reports), len(inputs))

        Pool(options, target or TARGET).run([job(inputs[n]) for n in todo], finished, tick if progress else None)
    files = [reports[n] for n in range(len(inputs))]
    if options.strict:
        files = [strictly(f) for f in files]
    return Report(tuple(files), time.monotonic() - start)


def job(one: Input) -> dict[str, Any]:
    """What a worker is told about a file."""
    return {"path": one.path, "kind": one.kind, "text": one.text}


def file_key(one: Input, options: Options, catalog: str) -> str:
    """Everything that the report on a file depends on, except for files that it includes (these are checked on a hit)."""
    name = os.path.basename(one.path)
    digest = hashlib.sha256((one.text or "").encode("utf-8", "surrogatepass")).hexdigest()
    return "\n".join((name, one.kind, digest, options.verdict_key(), f"{options.timeout:g}", catalog))


def _remembered(cache: Cache, key: str, one: Input) -> FileReport | None:
    data = cache.get(key, "file")
    if data is None or any(_digest(path, one) != digest for path, digest in data["reads"]):
        return None
    try:
        report = FileReport.from_json(data["report"], one.text)
    except (KeyError, TypeError):
        return None
    derivations = tuple(
        replace(
            d,
            steps=tuple(replace(s, cached=True, seconds=0.0) for s in d.steps),
            claim=replace(d.claim, cached=True, seconds=0.0) if d.claim else None,
        )
        for d in report.derivations
    )
    return replace(report, path=one.path, seconds=0.0, derivations=derivations)


def _to_remember(report: FileReport, one: Input) -> dict[str, Any]:
    reads = [[path, _digest(path, one)] for path in report.reads]
    return {"report": report.to_json(), "reads": reads}


def _digest(path: str, one: Input) -> str | None:
    """The hash of an included file (None: it is not there)."""
    try:
        with open(os.path.join(os.path.dirname(one.path), path), "rb") as stream:
            return hashlib.sha256(stream.read()).hexdigest()
    except OSError:
        return None


def complete(report: FileReport) -> bool:
    """Whether a later run with the same limits would find the same: no step or claim was stopped by a limit, unless the worker had the
    processor to itself, and nothing went wrong in derivcheck itself."""

    def final(verdict: str, reason: str | None) -> bool:
        if verdict == "undecided":
            return reason is not None and (reason.startswith(LASTING) or (report.unhindered and "limit reached: " in reason))
        return verdict != "error" or (reason is not None and not reason.startswith("internal error"))

    return not any(d.code in PASSING for d in report.diagnostics) and all(
        all(final(s.verdict, s.reason) for s in d.steps) and (d.claim is None or final(d.claim.verdict, d.claim.reason)) for d in report.derivations
    )


def strictly(report: FileReport) -> FileReport:
    """The report under `--strict`: warnings, and conditions of proved steps, are errors."""
    extra = []
    for derivation in report.derivations:
        for step in derivation.steps:
            if step.verdict == "proved" and step.conditions:
                f = conditional_step(step)
                extra.append(DiagnosticReport(f.code, "error", f.line, f.column, f.message, f.help, f.end_line, f.end_column, f.cell))
    diagnostics = [replace(d, severity="error") if d.severity == "warning" else d for d in report.diagnostics]
    failed = [d for d in diagnostics if d.severity == "error"] + extra
    if not failed:
        return report
    marked = _failing(report.derivations, failed)
    derivations = tuple(replace(d, verdict="error") if i in marked else d for i, d in enumerate(report.derivations))
    ordered = tuple(sorted([*diagnostics, *extra], key=lambda d: (d.cell or 0, d.line, d.column)))
    return replace(report, diagnostics=ordered, derivations=derivations, verdict=worst(["error", report.verdict]))


def _failing(derivations: Sequence[DerivationReport], failed: Sequence[DiagnosticReport]) -> set[int]:
    """The derivations in which these diagnostics lie: the first that reaches as far down as the diagnostic."""
    ends = [max(((s.cell or 0, s.line) for s in d.steps), default=(0, 0)) for d in derivations]
    marked = set()
    for diagnostic in failed:
        below = [i for i, end in enumerate(ends) if end >= (diagnostic.cell or 0, diagnostic.line)]
        if derivations:
            marked.add(below[0] if below else len(derivations) - 1)
    return marked

