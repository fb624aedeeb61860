"""From a file's text to its report, inside a worker: extract, read, elaborate, judge, and put the positions back."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from derivcheck.report.model import FileReport
from derivcheck.services.options import Monitor, Options


def prepare() -> None:
    """Load what judging a file needs, so that workers forked from this process start at once."""
    from derivcheck.chain import document  # noqa: F401
    from derivcheck.kernel.check import load_inferences
    from derivcheck.kernel.rewrite import load_rules
    from derivcheck.language.elaborate import elaborate
    from derivcheck.language.reader import read_source
    from derivcheck.provers import provers
    from derivcheck.semantics.evaluate import load_handlers

    load_rules()
    load_inferences()
    load_handlers()
    provers()
    source, diagnostics = read_source("x = x\n", "")  # builds the tables of the grammar
    elaborate(source, diagnostics)


def judge(job: dict[str, Any], options: Options, monitor: Monitor) -> FileReport:
    """The report on one file (`job`: path, kind, text)."""
    start = time.monotonic()
    path, kind, text = job["path"], job["kind"], job["text"]
    if kind == "deriv":
        report = judge_text(path, text, options, monitor)
    else:
        from derivcheck.documents.extract import extract

        extraction = extract(path, kind, text)
        found = FileReport(path, "verified") if extraction.empty else judge_text(path, extraction.text, options, monitor)
        report = extraction.relocate(found, text)
    return replace(report, seconds=time.monotonic() - start)


def judge_text(path: str, text: str, options: Options, monitor: Monitor) -> FileReport:
    """The report on a text in the notation of `.deriv` files."""
    from derivcheck.catalog.store import find
    from derivcheck.chain.document import judge_document
    from derivcheck.chain.memory import Memory
    from derivcheck.language.elaborate import elaborate
    from derivcheck.language.reader import read_source
    from derivcheck.services.cache import open_cache

    source, diagnostics = read_source(text, path)
    document = elaborate(source, diagnostics, find)
    library = {}
    if any(d.uses for d in document.derivations):
        from derivcheck.catalog.library import facts_used

        library = facts_used(document, options)
    memory = Memory(open_cache(options), options) if options.cache else None
    return judge_document(document, options, monitor, library, memory)
