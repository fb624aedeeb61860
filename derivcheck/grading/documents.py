"""A submission's files as one text in the notation: `.deriv` and `.txt` as they are, of `.tex`, `.md`, `.qmd` and `.ipynb` every display.

The markup is read with the scanners for course materials, with these differences: every display counts, whatever number of relations it
has; directives say nothing (a submission sets no meaning); no other file is read, whatever the text names.  Formulas within the text are
left out, except that `$u = cz$` is remembered as a possible definition.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from derivcheck.documents.blocks import Markdown, read
from derivcheck.documents.collector import Collector, Extraction, Span
from derivcheck.documents.displays import chains
from derivcheck.documents.markdown import scan_markdown
from derivcheck.documents.notebook import Cells, NoNotebook, markdown_cells
from derivcheck.documents.preamble import ProjectFiles
from derivcheck.documents.tex import Scanner
from derivcheck.report.positions import LineMap

KINDS = {".deriv": "deriv", ".txt": "deriv", ".tex": "tex", ".md": "markdown", ".qmd": "markdown", ".ipynb": "notebook"}

_INLINE = re.compile(r"(?<![\\$])\$(?!\$)([^$\n]{3,200})\$(?!\$)|\\\(([^\n]{3,200}?)\\\)")
_RUBRIC = re.compile(r"^[ \t]*rubric[ \t]*:?[ \t]*(?:%[^\n]*)?$(?:\n[ \t]*\S[^\n]*)*", re.MULTILINE)
_EQUATION = re.compile(r"\s*(\\?[A-Za-z]+(?:\s*_\s*(?:\{[^{}=]*\}|\w))?'*(?:\s*\(\s*[A-Za-z]\s*\))?)\s*(?::=|=|\\coloneqq)\s*([^=]+?)\s*[.,;]?\s*\Z")


@dataclass(frozen=True)
class Place:
    """A line of a submission: the number of its file, the line there, and for a notebook the cell."""

    file: int = 0
    line: int = 1
    cell: int | None = None


@dataclass
class Reading:
    """The text of a submission in the notation, the place of each of its lines, and what was left out.  `named` are equations in running
    text that may be definitions; `troubles` say what could not be read."""

    text: str = ""
    places: list[Place] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    named: list[tuple[str, str]] = field(default_factory=list)

    @property
    def blank(self) -> bool:
        """Whether there is nothing at all."""
        return not re.sub(r"%.*", "", self.text).strip() and not self.troubles

    def place(self, line: int) -> Place:
        """Where a line of the text comes from."""
        return self.places[min(max(line, 1), len(self.places)) - 1] if self.places else Place(0, line)


def read_files(files: Sequence[tuple[str, str]]) -> Reading:
    """All files of one submission, as (kind, text)."""
    out = Reading()
    parts: list[str] = []
    for number, (kind, text) in enumerate(files):
        if kind == "deriv":
            body = text.replace("\r\n", "\n").replace("\r", "\n")
            plain = _RUBRIC.sub(lambda m: "\n" * m[0].count("\n"), body)
            if plain != body:
                out.reports.append("holds a rubric")
            body = plain
            parts.append(body)
            out.places += [Place(number, i + 1) for i in range(body.count("\n") + 1)]
        else:
            body = _displays(kind, text, number, out)
            parts.append(body)
        if number + 1 < len(files):
            parts.append("\n\n")
            out.places.append(out.places[-1] if out.places else Place(number))
    out.text = "".join(parts)
    return out


def _displays(kind: str, text: str, number: int, out: Reading) -> str:
    collector, extraction = _extraction(kind, text)
    if extraction is None:
        out.troubles.append("this is no notebook")
        return ""
    out.reports += collector.notes
    out.troubles += [d.message for d in extraction.diagnostics if d.severity == "error"]
    for match in _INLINE.finditer(collector.text[:500_000]):
        equation = _EQUATION.match(match[1] or match[2] or "")
        if equation is not None:
            out.named.append((equation[1], equation[2]))
    if not extraction.text.strip() and text.strip():
        out.troubles.append("no display with a formula was found")
    at = 0
    for line in extraction.text.split("\n"):
        first, _, cell = extraction.place(extraction.origin(at))
        out.places.append(Place(number, first, cell))
        at += len(line) + 1
    return extraction.text


def _extraction(kind: str, text: str) -> tuple[_Everything, Extraction | None]:
    if kind == "notebook":
        try:
            cells = Cells(markdown_cells(text))
        except NoNotebook:
            return _Everything("submission", ""), None
        return _scanned(cells.markdown, cells.place)
    lines = LineMap(text)
    if kind == "markdown":
        return _scanned(read([text]), lambda offset: (*lines.place(offset), None))
    body = text.replace("\r", " ")
    collector = _Everything("submission", body)
    Scanner(body, collector, ProjectFiles("", [])).scan(0, len(body))
    return collector, collector.finish(lambda offset: (*lines.place(offset), None))


def _scanned(markdown: Markdown, place: Callable[[int], tuple[int, int, int | None]]) -> tuple[_Everything, Extraction]:
    collector = _Everything("submission", markdown.text)
    scan_markdown(Scanner(markdown.text, collector, ProjectFiles("", []), markdown=True), markdown)
    return collector, collector.finish(place)


class _Everything(Collector):
    """Takes every display as a chain, and no directive."""

    def __init__(self, stem: str, text: str) -> None:
        super().__init__(stem, text)
        self.started = True
        self.notes: list[str] = []

    def directive(self, spans: list[Span], depth: int, level: int) -> bool:
        words = " ".join(self.text[s.start : s.end].strip() for s in spans).strip()
        if words:
            self.notes.append(f"holds a directive: {words[:120]}")
        return False

    def display(self, start: int, end: int, environment: str) -> None:
        found = chains(self.text, start, end, environment, self.relations)
        for chain in found:
            if chain.system is not None:
                self.trouble("D095", "equations below each other are one side of a statement", chain.system)
            else:
                self._chain(chain)

    def block(self, name: str | None, start: int, end: int) -> None:
        self._here()
        self._insert("\n", start)
        self._copy(start, end)
        self._insert("\n\n", end)
        self._here(again=True)

    def _begin(self, origin: int) -> None:
        return
