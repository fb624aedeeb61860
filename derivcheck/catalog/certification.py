"""Runs that write certificates and that check them, file by file in worker processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from derivcheck.catalog import certificates as c
from derivcheck.catalog.listing import circles, edges
from derivcheck.catalog.store import Entry
from derivcheck.report.model import FileReport
from derivcheck.services.options import Options
from derivcheck.services.pool import Pool
from derivcheck.services.sources import read

RECORD = "derivcheck.catalog.certify:record"
REPLAY = "derivcheck.catalog.certify:replay"

Progress = Callable[[int, int], None]


def judge_files(target: str, chosen: Sequence[Entry], all_entries: Sequence[Entry], options: Options, progress: Progress | None) -> dict[Path, FileReport]:
    """The reports on the files of these entries, by path.  Workers get the certificates of the files' entries and of what they use."""
    # the longest first, so that no worker is left with one at the end
    lengths: dict[Path, int] = {}
    for e in chosen:
        lengths[e.path] = lengths.get(e.path, 0) + _length(e)
    paths = sorted(lengths, key=lambda path: -lengths[path])
    jobs: list[dict[str, Any]] = []
    reports: dict[Path, FileReport] = {}
    waiting: list[Path] = []
    for path in paths:
        one = read(str(path))
        if one.text is None:
            reports[path] = one.unread()
            continue
        jobs.append({"path": one.path, "kind": one.kind, "text": one.text, "certificates": _needed(path, all_entries)})
        waiting.append(path)

    def done(index: int, report: FileReport) -> None:
        reports[waiting[index]] = report

    def tick() -> None:
        if progress is not None:
            progress(len(reports), len(paths))

    if jobs:
        Pool(replace(options, cache=False), target).run(jobs, done, tick if progress else None)
    return reports


def _length(entry: Entry) -> int:
    """About how much there is to judge: the length of the proofs on record, and of the text."""
    return len((c.certificate_of(entry) or {}).get("terms", ())) + len(entry.text) // 20


def _needed(path: Path, all_entries: Sequence[Entry]) -> list[list[Any]]:
    """The certificate files, and the entries in them, that judging a file can need."""
    pending = [e for e in all_entries if e.path == path]
    seen: dict[tuple[Path, str], Entry] = {}
    while pending:
        entry = pending.pop()
        if (entry.path, entry.name) in seen:
            continue
        seen[(entry.path, entry.name)] = entry
        pending.extend(used for _, used in c.used_entries(entry, all_entries) if used is not None)
    table: dict[str, list[str]] = {}
    for entry in seen.values():
        if entry.root is not None:
            table.setdefault(str(c.path_of(entry.root, entry.document)), []).append(entry.name)
    return [[where, names] for where, names in table.items()]


def write(chosen: Sequence[Entry], all_entries: Sequence[Entry], options: Options, progress: Progress | None = None) -> dict[Path, FileReport]:
    """Judge the entries and write their certificates; those of other entries of the same documents stay as they are."""
    reports = judge_files(RECORD, chosen, all_entries, options, progress)
    raw: dict[tuple[Path, str], dict[str, Any]] = {}
    for entry in all_entries:
        known = c.certificate_of(entry)
        if known is not None:
            raw[(entry.path, entry.name)] = dict(known)
    fresh: set[tuple[Path, str]] = set()
    for entry in chosen:
        file = reports.get(entry.path)
        judged = c.derivation_of(file, entry.name)
        if file is None or judged is None:
            continue
        number = file.derivations.index(judged)
        evidence = next((e for e in file.evidence if e.get("derivation") == number), {})
        raw[(entry.path, entry.name)] = c.make_line(entry, judged, evidence)
        fresh.add((entry.path, entry.name))
    digests: dict[tuple[Path, str], str | None] = {}
    around = circles(edges(all_entries))

    def digest_of(entry: Entry) -> str | None:
        key = (entry.path, entry.name)
        if key in digests:
            return digests[key]
        if key in raw:
            line = raw[key]
            digests[key] = c.seal(line, uses_of(entry), None)["digest"] if key in fresh else str(line.get("digest"))
        return digests.get(key)

    def uses_of(entry: Entry) -> list[list[str | None]]:
        # those of a circle give each other no fact, and have no digests that could contain each other
        return [
            [name, None if used is None or (entry.name in around and name in around) else digest_of(used)]
            for name, used in c.used_entries(entry, all_entries)
        ]

    for root, document in sorted({(e.root, e.document) for e in chosen if e.root is not None}, key=str):
        assert root is not None
        lines: list[dict[str, Any]] = []
        before = ""
        for entry in all_entries:
            key = (entry.path, entry.name)
            if entry.root != root or entry.document != document or key not in raw:
                continue
            line = raw[key]
            uses = uses_of(entry) if key in fresh else [list(u) for u in line["uses"]]
            lines.append(c.seal(line, uses, before))
            before = lines[-1]["link"]
        c.write(c.path_of(root, document), lines)
    return reports


def check(chosen: Sequence[Entry], all_entries: Sequence[Entry], options: Options, progress: Progress | None = None) -> c.Checkup:
    """Compare sources with certificates, and replay the evidence of those that fit."""
    checkup = c.examine(chosen, all_entries)
    reports = judge_files(REPLAY, checkup.fresh, all_entries, options, progress)
    for report in reports.values():
        for row in report.evidence:
            checkup.replayed += int(row["replayed"])
            checkup.searched += int(row["searched"])
    for entry in checkup.fresh:
        trouble = c.compare(entry, c.derivation_of(reports.get(entry.path), entry.name))
        if trouble is not None:
            checkup.findings.append(c.Finding(entry.name, "verdict", trouble, entry.document))
    return checkup
