"""An entry on the terminal: its lines in Unicode, and beside each step how it is established and under which conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from derivcheck.catalog.listing import Row
from derivcheck.catalog.pretty import pretty
from derivcheck.language.document import DerivationSource
from derivcheck.language.elaborate import elaborate
from derivcheck.language.reader import read_source
from derivcheck.report.positions import LineMap
from derivcheck.report.text import SYMBOLS, Style, visible

WORDS = ("title", "source", "tags", "derivation")
PLAIN = ("rubric", "convention", "use", "proof", "induction", "case", "suppose", "let", "define", "assume", "vary", "show", "as")
COLUMN = 72
"""Where notes begin, unless the line is longer."""


def shown(row: Row, style: Style) -> str:
    """The whole text."""
    return "\n".join(_lines(row, style)).rstrip("\n") + "\n"


def _lines(row: Row, style: Style) -> Iterator[str]:
    entry = row.entry
    verdict = row.verdict if row.line is not None else "no certificate of this text: derivcheck catalog verify --write"
    how = f" ({row.certainty})" if row.certainty else ""
    symbol = SYMBOLS.get(row.verdict, "")
    title = f" — {pretty(entry.title)}" if entry.title else ""
    yield f"{style.paint('bold', visible(entry.name))}{visible(title)}"
    yield f"{style.paint(row.verdict, f'{symbol} {verdict}'.strip())}{style.paint('dim', how)}{'  [erratum: as printed]' if entry.erratum else ''}"
    for word, text in (("source", entry.source), ("tags", ", ".join(entry.tags)), ("uses", ", ".join(entry.uses)), ("file", str(entry.path))):
        if text:
            yield style.paint("dim", f"{word:7}{visible(text)}")
    yield ""
    text = entry.path.read_text(encoding="utf-8")
    source, diagnostics = read_source(text, str(entry.path))
    document = elaborate(source, diagnostics)
    derivation = next((d for d in document.derivations if d.name == entry.name), None)
    if derivation is None:
        yield from (visible(line) for line in text.splitlines())
        return
    lines = text.splitlines()
    places = LineMap(text)
    start, end = _extent(lines, entry.name, places.place(derivation.span.start)[0] if derivation.explicit else 1)
    notes = _notes(derivation, row, places, style)
    yield from _body(lines[start - 1 : end], start, notes, style)


def _extent(lines: list[str], name: str, start: int) -> tuple[int, int]:
    """The first and last line of the derivation that begins at a line (1 for a file without a `derivation` line)."""
    end = start
    while end < len(lines) and not lines[end].lstrip().startswith("derivation "):
        end += 1
    if end < len(lines):
        # comments right before the next derivation are about that one
        while end > start and lines[end - 1].lstrip().startswith("%"):
            end -= 1
    return start, end


def _notes(derivation: DerivationSource, row: Row, places: LineMap, style: Style) -> dict[int, list[str]]:
    """What to write at the end of a line, and below it."""
    notes: dict[int, list[str]] = {}
    if row.line is None:
        return notes
    sources = [s for part in derivation.parts for chain in part.chains for s in chain.steps]
    for number, (source, step) in enumerate(zip(sources, row.line["steps"], strict=False), 1):
        line = places.place(max(source.span.start, source.span.end - 1))[0]
        notes.setdefault(line, []).append(_note(step, style, f"step {number} "))
    claim = row.line.get("claim")
    if claim and derivation.claim_span is not None:
        notes.setdefault(places.place(derivation.claim_span.end - 1)[0], []).append(_note(claim, style, "claim "))
    return notes


def _note(step: Mapping[str, Any], style: Style, what: str) -> str:
    verdict = str(step["verdict"])
    how = ", ".join(str(x) for x in (step["method"], step["certainty"]) if x) if verdict == "proved" else verdict
    conditions = f"; where {', '.join(pretty(c) for c in step['conditions'])}" if step["conditions"] else ""
    found = step.get("counterexample")
    against = ""
    if found:
        values = ", ".join(f"{pretty(k)} = {pretty(v)}" for k, v in found["values"].items())
        against = f": {f'at {values}: ' if values else ''}{pretty(found['lhs'])} against {pretty(found['rhs'])}"
    return style.paint(verdict, f"{SYMBOLS.get(verdict, '?')} ") + style.paint("dim", visible(f"{what}{how}{conditions}{against}"))


def _body(lines: list[str], first: int, notes: dict[int, list[str]], style: Style) -> Iterator[str]:
    blank = True
    for number, raw in enumerate(lines, first):
        words = raw.split(None, 1)
        if words and words[0] in WORDS:
            continue
        if not raw.strip():
            if not blank:
                yield ""
            blank = True
            continue
        blank = False
        indent = raw[: len(raw) - len(raw.lstrip())]
        text = visible(indent + _written(raw.strip()))
        mine = notes.get(number, [])
        yield f"{text:{COLUMN}}  {mine[0]}" if mine else text
        for note in mine[1:]:
            yield f"{'':{COLUMN}}  {note}"


def _written(line: str) -> str:
    """A line of the file in Unicode; comments stay as they are."""
    keyword, _, rest = line.partition(" ")
    if line.startswith("%"):
        return line
    if keyword in PLAIN:
        return f"{keyword} {pretty(rest)}".rstrip()
    return pretty(line)
