"""From a document's parts (directives, displays, derivation blocks, scopes) to `.deriv` text, and back with the positions.

`tex.py`, `markdown.py` and `notebook.py` find the parts and tell a `Collector` about them in order.  It writes `.deriv` text
made of pieces: copied from the document, or inserted (`derivation` lines, repeated headers, macros).  Every scope, and every
`derivation` block, becomes a derivation of its own under the header statements in force there, so that what one scope declares
does not leak into another.  `Extraction.relocate` turns positions in a report into those of the document.

Nothing is checked before the first directive; displays with one relation only if `check` stands before them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from derivcheck.documents.displays import Chain, chains, relation_of_macro
from derivcheck.documents.meanings import Meaning, Meanings, defined_in
from derivcheck.documents.preamble import new_environment
from derivcheck.report.model import DiagnosticReport, FileReport, worst
from derivcheck.report.positions import LineMap

HEADERS = ("let", "define", "assume", "use", "vary", "as", "convention")
"""Header statements: in force to the end of the scope, repeated in every derivation below it."""

LOCAL = ("derivation", "title", "source", "tags", "show")
"""Statements that stand once, where they are."""

COMMANDS = ("scope", "check", "off", "on", "skip")
MACRO_MAKERS = ("\\newcommand", "\\renewcommand", "\\providecommand", "\\DeclareMathOperator", "\\DeclarePairedDelimiter", "\\def", "\\gdef", "\\let")
"""What a directive may define macros with."""

_IN_DEFINITION = re.compile(r"%[^\n]*|\\\\(?:\*?[ \t]*\[\s*-?[\d.]+\s*[a-z]+\s*\])?|\\[A-Za-z]+|\\.|\s+|[.,;]|[^\s%\\&.,;]+|&", re.DOTALL)
_TRAILING = re.compile(r"\s*|[.,;]|\\[,;:!]|\\q?quad")
_BETWEEN = re.compile(
    r"\s*(?:\$\$|\\{1,2}\]|\\end\s*\{[^{}]*\}|[`~:]{3,}(?=\s))?(?:\s|\\(?:noindent|medskip|smallskip|par)\b)*"
    r"(?:\$\$|\\{1,2}\[|\\begin\s*\{[^{}]*\}(?:\{[^{}\n]*\})?|[`~:]{3,}[ \t]*\{?math\}?[ \t]*\n)?\s*"
)
"""Between the bodies of two displays that follow each other."""
_WORD = re.compile(r"\s*(\\?[A-Za-z]+)")


Piece = tuple[str, int, bool]
"""Text, where in the document it comes from, and whether it is copied from there (or inserted)."""


@dataclass(frozen=True)
class Span:
    """A stretch of the document."""

    start: int
    end: int


Line = Span | tuple[Piece, ...]
"""A header line: a stretch of the document, or a definition put together from pieces."""


@dataclass
class Scope:
    """Headers in force, line by line, with the version of the macros at each.  `depth` and `level` say where it ends (group, section); while `pending`, the
    heading of the section that it belongs to is still to come."""

    headers: list[tuple[int, Line]] = field(default_factory=list)
    depth: int = 0
    level: int = 0
    pending: bool = False


@dataclass
class Extraction:
    """The `.deriv` text of a document, where each stretch of it comes from, and what was wrong with the markup."""

    text: str
    starts: list[int]
    origins: list[tuple[int, bool]]
    diagnostics: list[DiagnosticReport]
    reads: tuple[str, ...]
    place: Callable[[int], tuple[int, int, int | None]]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to check."""
        return not self.text.strip()

    def origin(self, offset: int) -> int:
        """The document offset from which an offset of the text comes."""
        at = bisect_right(self.starts, offset) - 1
        if at < 0:
            return 0
        origin, copied = self.origins[at]
        return origin + (offset - self.starts[at] if copied else 0)

    def relocate(self, report: FileReport, original: str) -> FileReport:
        """The report with the document's positions."""
        lines = LineMap(self.text)

        def move(part: Any) -> Any:
            if part.line is None:
                return part
            start = lines.offset(part.line, part.column)
            line, column, cell = self.place(self.origin(start))
            end_line = end_column = None
            if part.end_line is not None and part.end_column is not None:
                last = max(start, lines.offset(part.end_line, part.end_column) - 1)
                end_line, end_column, end_cell = self.place(self.origin(last))
                end_column += 1
                if (end_line, end_column) <= (line, column) or end_cell != cell:
                    end_line = end_column = None
            return replace(part, line=line, column=column, end_line=end_line, end_column=end_column, cell=cell)

        derivations = tuple(
            replace(d, steps=tuple(move(s) for s in d.steps), claim=move(d.claim) if d.claim else None) for d in report.derivations if d.steps or d.claim
        )
        # a header that is repeated in several derivations is complained about once
        moved = dict.fromkeys([*self.diagnostics, *(move(d) for d in report.diagnostics)])
        diagnostics = sorted(moved, key=lambda d: (d.cell or 0, d.line, d.column))
        verdict = worst([*(d.verdict for d in derivations), *("error" for d in diagnostics if d.severity == "error")])
        return replace(report, verdict=verdict, diagnostics=tuple(diagnostics), derivations=derivations, text=original, reads=self.reads)


class Collector:
    """Takes a document's parts in order and makes its extraction."""

    def __init__(self, stem: str, text: str) -> None:
        self.text = text
        self.stem = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-") or "document"
        self.scopes = [Scope()]
        self.started = False
        self.off = False
        self.check_next = False
        self.skip_next = False
        self.relations: dict[str, str] = {}
        self.environments: dict[str, str] = {}
        self.diagnostics: list[DiagnosticReport] = []
        self._pieces: list[Piece] = []
        self._meanings = Meanings()
        self._versions = [(0, 0)]  # from which piece on which version of the macros holds
        self._names: dict[str, int] = {}
        self._open = False
        self._explicit = False
        self._pending: tuple[Chain, bool, int] | None = None  # the last chain so far, whether it is to be checked, where its display ends

    # --- what the scanners say -------------------------------------------------------------------------------------------

    def directive(self, spans: list[Span], depth: int, level: int) -> bool:
        """Header statements or a command, one span per line.  True if it opens a scope (whose end the scanner may move)."""
        opened = False
        self._settle()
        self.started = True
        for statement in _statements(self.text, spans):
            words = self.text[statement[0].start : statement[-1].end]
            match = _WORD.match(words)
            word = match[1] if match else ""
            if word == "scope":
                self._open = False
                self.scopes.append(Scope(list(self.scopes[-1].headers), depth, level))
                opened = True
            elif word in COMMANDS:
                self._command(word)
            elif word in HEADERS:
                self._header(statement)
            elif word in MACRO_MAKERS:
                self.macro(words.strip(), statement[0].start)
            elif word in LOCAL:
                self._local(word, statement)
            elif words.strip():
                self._unknown(word or words.strip()[:20], statement[0].start)
        return opened

    def _command(self, word: str) -> None:
        if word in ("off", "on"):
            self.off = word == "off"
        elif word == "check":
            self.check_next = True
        else:
            self.skip_next = True

    def _header(self, statement: Sequence[Line]) -> None:
        for line in statement:
            self.scopes[-1].headers.append((self._meanings.version, line))
        if self._open:
            self._here()
            self._lines(statement)

    def _local(self, word: str, statement: list[Span]) -> None:
        if word == "derivation":
            self._open = self._explicit = True
            self._here()
            self._insert("\n", statement[0].start)
            self._lines(statement)
            self._insert_headers()
            return
        self._begin(statement[0].start)
        self._lines(statement)

    def _unknown(self, word: str, offset: int) -> None:
        from difflib import get_close_matches

        known = [*COMMANDS, *HEADERS, *LOCAL]
        near = get_close_matches(word, known, 1)
        help = f"did you mean `{near[0]}`?" if near else f"write one of: {', '.join(known)}, or a macro definition"
        self.trouble("D096", f"`{word}` is no derivcheck directive", offset, help)

    @property
    def macros(self) -> dict[str, Meaning]:
        """The macros in force."""
        return self._meanings.now

    def macro(self, definition: str, offset: int, group: int = 0) -> None:
        """A definition of a macro, which is copied where it is used, or of an environment that stands for another one.  It holds to
        the end of the group, if it stands in one (of depth `group`)."""
        self._settle()
        environment = new_environment(definition)
        if environment is not None:
            self.environments[environment[0]] = self.environments.get(environment[1], environment[1])
            return
        name = self._meanings.define(definition, offset, group)
        if name is not None:
            self._relation(name)

    def _relation(self, name: str) -> None:
        relation = relation_of_macro(self.macros[name][0])
        if relation is not None:
            self.relations[name] = relation
        else:
            self.relations.pop(name, None)

    def display(self, start: int, end: int, environment: str) -> None:
        """A display's body."""
        checked, skipped = self.check_next, self.skip_next
        self.check_next = self.skip_next = False
        if not self.started or self.off or skipped:
            self._settle()
            return
        found = chains(self.text, start, end, environment, self.relations)
        if found and self._pending is not None and found[0].goes_on(self.text) and _BETWEEN.fullmatch(self.text, self._pending[2], start):
            # nothing but space between the displays: one chain
            chain, before, _ = self._pending
            chain.append(found[0])
            found[0], checked = chain, checked or before
        else:
            self._settle()
        self._pending = (found.pop(), checked, end) if found else None
        self._take(found, checked)

    def _settle(self) -> None:
        """The last chain of the last display is complete."""
        if self._pending is not None:
            chain, checked, _ = self._pending
            self._pending = None
            self._take([chain], checked)

    def _take(self, found: list[Chain], checked: bool) -> None:
        for chain in found:
            if chain.system is not None and (chain.relations >= 2 or checked):
                self.trouble("D095", "equations below each other are one side of a statement here", chain.system, r"write them in one line with \land between, or in displays of their own")
            elif chain.relations >= 2 or (checked and chain.relations == 1):
                self._chain(chain)
            elif chain.defines is not None:
                self._header([self._definition(chain, chain.defines)])

    def block(self, name: str | None, start: int, end: int) -> None:
        """A `derivation` environment or fenced block in the full notation."""
        self._settle()
        skipped = self.skip_next
        self.check_next = self.skip_next = False
        if self.off or skipped:
            return
        named = re.search(r"^\s*derivation\s+\S", self.text[start:end], re.MULTILINE)
        self._here()
        if named is None:
            self._insert(f"\nderivation {self._fresh(name)}\n", start)
            self._insert_headers()
        else:
            self._insert("\n", start)
        self._copy(start, end)
        self._insert("\n\n", end)
        if defined_in(self.text[start:end]):
            self._here(again=True)  # the block's own macros end with it
        self._open = False
        self.started = True

    def leave(self, depth: int) -> None:
        """A group was closed: scopes opened in it end, and so do its macros."""
        self._settle()
        self._meanings.leave(depth)
        while len(self.scopes) > 1 and self.scopes[-1].depth > depth:
            self._close()

    def section(self, level: int) -> None:
        """A section begins: scopes opened in a section of this or a lower rank end."""
        self._settle()
        if self.scopes[-1].pending:
            self.scopes[-1].pending = False
            return
        while len(self.scopes) > 1 and self.scopes[-1].level >= level:
            self._close()

    def scope_of_next_section(self, level: int) -> None:
        """The scope just opened stands right before a heading of this level: it is that section's."""
        scope = self.scopes.pop()
        self.section(level)
        self.scopes.append(replace(scope, headers=list(self.scopes[-1].headers), level=level, pending=True))

    def _close(self) -> None:
        self.scopes.pop()
        self._open = False

    def trouble(self, code: str, message: str, offset: int, help: str | None = None, severity: str = "error") -> None:
        """Something is wrong with the markup."""
        self.diagnostics.append(DiagnosticReport(code, severity, offset, 1, message, help))

    # --- the text --------------------------------------------------------------------------------------------------------

    def finish(self, place: Callable[[int], tuple[int, int, int | None]], reads: Iterable[str] = ()) -> Extraction:
        """The extraction; a macro stands above the first place that uses it with this meaning."""
        self._settle()
        pieces = list(self._with_macros()) if self._pieces else []
        starts, origins, at = [], [], 0
        for text, origin, copied in pieces:
            starts.append(at)
            origins.append((origin, copied))
            at += len(text)
        diagnostics = []
        for d in self.diagnostics:
            line, column, cell = place(d.line)
            diagnostics.append(replace(d, line=line, column=column, cell=cell))
        return Extraction("".join(p[0] for p in pieces), starts, origins, diagnostics, tuple(reads), place)

    def _with_macros(self) -> Iterator[Piece]:
        written: dict[str, str] = {}
        ends = [at for at, _ in self._versions[1:]] + [len(self._pieces)]
        for (start, version), end in zip(self._versions, ends, strict=True):
            part = self._pieces[start:end]
            text = "".join(p[0] for p in part)
            for name, meaning in self._meanings.used(text, version):
                if meaning is None and name in written:
                    self.trouble("D098", f"{name} was given a meaning in a group above; what it means behind that is not followed", part[0][1], "give it another name there")
                elif meaning is not None and written.get(name) != meaning[0]:
                    written[name] = meaning[0]
                    yield meaning[0] + "\n", meaning[1], False
            for name in defined_in(text):
                written.pop(name, None)
            yield from part

    def _here(self, version: int | None = None, again: bool = False) -> None:
        """What follows is read with the macros as they are now, or were at a version.  Only between lines."""
        version = self._meanings.version if version is None else version
        if version != self._versions[-1][1] or again:
            self._versions.append((len(self._pieces), version))

    def _insert(self, text: str, origin: int) -> None:
        self._pieces.append((text, origin, False))

    def _copy(self, start: int, end: int) -> None:
        self._pieces.append((self.text[start:end], start, True))

    def _lines(self, lines: Iterable[Line]) -> None:
        for line in lines:
            if isinstance(line, Span):
                self._copy(line.start, line.end)
                self._insert("\n", line.end)
            else:
                self._pieces.extend(line)

    def _insert_headers(self) -> None:
        for version, line in self.scopes[-1].headers:
            self._here(version)
            self._lines([line])
        self._here()

    def _begin(self, origin: int) -> None:
        """Make sure that a derivation with the headers in force is open."""
        self._here()
        if self._open:
            return
        self._insert(f"\nderivation {self._fresh(None)}\n", origin)
        self._insert_headers()
        self._open, self._explicit = True, False

    def _fresh(self, name: str | None) -> str:
        base = re.sub(r"[^A-Za-z0-9_-]+", "-", name or "").strip("-") or self.stem
        fresh, number = base, self._names.get(base, 1)
        while fresh in self._names:
            number += 1
            fresh = f"{base}-{number}"
        self._names[base] = number
        self._names[fresh] = max(1, self._names.get(fresh, 1))
        return fresh

    def _chain(self, chain: Chain) -> None:
        self._begin(chain.spans[0][0])
        self._here()
        self._insert("\n", chain.spans[0][0])
        blank = True
        for start, end in chain.spans:
            if start in chain.joins and not blank:
                self._insert("\n", start)
                blank = True
            for match in re.finditer(r"[^\n]*\n|[^\n]+", self.text[start:end]):
                text, at = match[0], start + match.start()
                if text.strip() or not text.endswith("\n") or not blank:
                    self._copy(at, at + len(text))
                # else a blank line, which would end the chain
                blank = text.endswith("\n") or (blank and not text.strip())
        self._insert("\n\n", chain.spans[-1][1])

    def _definition(self, chain: Chain, relation: tuple[int, int]) -> tuple[Piece, ...]:
        """`define LHS = RHS` on one line, from a display with `:=`."""
        pieces: list[Piece] = [("define ", chain.spans[0][0], False)]
        inside = 0
        for start, end in chain.spans:
            if start <= relation[0] < end:
                inside = self._on_one_line(pieces, start, relation[0], inside)
                pieces.append((" = ", relation[0], False))
                start = relation[1]
            inside = self._on_one_line(pieces, start, end, inside)
        while len(pieces) > 1 and _TRAILING.fullmatch(pieces[-1][0]):
            pieces.pop()
        return (*pieces, ("\n", chain.spans[-1][1], False))

    def _on_one_line(self, pieces: list[Piece], start: int, end: int, inside: int) -> int:
        """The stretch without comments, line ends, `&` and `\\\\` outside of environments (of which `inside` are open before it, and the
        result behind it)."""
        for match in _IN_DEFINITION.finditer(self.text, start, end):
            token = match[0]
            layout = inside == 0 and (token == "&" or token.startswith("\\\\"))
            if token.startswith("%") or token.isspace() or layout:
                pieces.append((" ", match.start(), False))
            else:
                pieces.append((token, match.start(), True))
            inside = max(0, inside + (token == "\\begin") - (token == "\\end"))
        return inside


def _statements(text: str, spans: list[Span]) -> list[list[Span]]:
    """The lines of a directive grouped into statements: a line that starts with no known word continues the one before."""
    known = {*COMMANDS, *HEADERS, *LOCAL, *MACRO_MAKERS}
    groups: list[list[Span]] = []
    for span in spans:
        match = _WORD.match(text[span.start : span.end])
        if not text[span.start : span.end].strip():
            continue
        if groups and not (match and match[1] in known):
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups
