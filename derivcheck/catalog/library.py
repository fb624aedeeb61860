"""The facts that a file takes from the catalog with `use NAME`.

An entry gives a fact only when its derivation is verified in this run: its text is read and judged here (in the worker, once per
process), with the entries that it uses itself.  Cycles, entries that are not verified and errata give none.
"""

from __future__ import annotations

from dataclasses import replace

from derivcheck.catalog.listing import circles, edges
from derivcheck.catalog.store import entries, find
from derivcheck.chain.document import gives_fact, judge_document
from derivcheck.chain.facts import Fact, fact_of
from derivcheck.language.document import DocumentSource
from derivcheck.language.elaborate import elaborate
from derivcheck.language.reader import read_source
from derivcheck.services.options import Monitor, Options

_known: dict[tuple[str, str], Fact | None] = {}


def facts_used(document: DocumentSource, options: Options) -> dict[str, Fact]:
    """The catalog's facts for the names that a document uses."""
    names = {name for d in document.derivations for name in d.uses}
    found = {name: _fact(name, options, ()) for name in sorted(names)}
    return {name: fact for name, fact in found.items() if fact is not None}


def _fact(name: str, options: Options, above: tuple[str, ...]) -> Fact | None:
    key = (name, options.verdict_key())
    if name in above:
        return None
    if key not in _known:
        _known[key] = _prove(name, options, (*above, name))
    return _known[key]


def _prove(name: str, options: Options, above: tuple[str, ...]) -> Fact | None:
    entry = find(name)
    if entry is None or name in circles(edges(entries())):
        return None
    text = entry.path.read_text(encoding="utf-8")
    source, diagnostics = read_source(text, str(entry.path))
    document = elaborate(source, diagnostics, find)
    wanted = _needed(document, name)
    chosen = [d for d in document.derivations if d.name in wanted]
    library = {n: fact for d in chosen for n in d.uses if n not in wanted and (fact := _fact(n, options, above)) is not None}
    report = judge_document(replace(document, derivations=chosen), options, Monitor(), library)
    for derivation, judged in zip(chosen, report.derivations, strict=True):
        if derivation.name == name and gives_fact(judged) and derivation.claim is not None:
            return fact_of(name, derivation.claim, derivation.claim_context)
    return None


def _needed(document: DocumentSource, name: str) -> set[str]:
    """A derivation of a file, with those above it that it uses."""
    wanted = {name}
    for derivation in reversed(document.derivations):
        if derivation.name in wanted:
            wanted.update(derivation.uses)
    return wanted & {d.name for d in document.derivations}
