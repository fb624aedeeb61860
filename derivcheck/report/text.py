"""The report for a person at a terminal: findings with their source lines underlined, verdicts, one closing line.

    bad.deriv: refuted

    error[D201]: step 2 is false
     --> bad.deriv:3:3
      |
    3 |   = x^2 + 2x + 2
      |   ^^^^^^^^^^^^^^
      = counterexample: at x = 0: the left side is 1, the right side is 2
      = help: the sides differ by the summand 1

Control characters of the source are shown as `\\ufffd`, so that a file can't write to the terminal by itself.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from derivcheck.report.findings import Finding, findings, verdict_notes
from derivcheck.report.model import DerivationReport, FileReport, Report, StepReport
from derivcheck.report.positions import LineMap

WIDTH = 120
"""Source lines longer than this are cut around the underlined place."""

SYMBOLS = {"proved": "✓", "verified": "✓", "refuted": "✗", "undecided": "?", "error": "!"}
_COLORS = {"error": "31;1", "refuted": "31;1", "warning": "33;1", "undecided": "33;1", "verified": "32", "proved": "32", "note": "36", "dim": "2", "bold": "1"}


@dataclass(frozen=True)
class Style:
    """How much to say, and whether in colour."""

    color: bool = False
    quiet: bool = False
    verbose: bool = False

    def paint(self, what: str, text: str) -> str:
        """`text` in the colour of `what`."""
        return f"\x1b[{_COLORS[what]}m{text}\x1b[0m" if self.color and what in _COLORS else text


def render(report: Report, style: Style) -> str:
    """The whole report.  With `quiet`, nothing where all is verified."""
    if style.quiet and report.verdict == "verified":
        return ""
    parts = [part for file in report.files if (part := render_file(file, style))]
    parts.append(closing_line(report, style))
    return "\n".join(parts) + "\n"


def render_file(file: FileReport, style: Style) -> str:
    """One file: its verdict, its findings, and with `verbose` every step."""
    if style.quiet and file.verdict == "verified":
        return ""
    lines = [_head(file, style)]
    source = SourceLines(file)
    if style.verbose:
        for derivation in file.derivations:
            lines.extend(_derivation(derivation, style))
    found = findings(file)
    for finding in found:
        lines.append("")
        lines.extend(_finding(finding, file.path, source, style))
    if found:
        lines.append("")
    return "\n".join(lines)


def closing_line(report: Report, style: Style) -> str:
    """The counts, in one line."""
    s = report.summary
    counts = [f"{s.verified} of {_many(s.derivations, 'derivation')} verified"]
    steps = [f"{n} {word}" for n, word in ((s.proved, "proved"), (s.refuted, "refuted"), (s.undecided, "undecided"), (s.errors, "unreadable")) if n]
    if steps:
        counts.append("steps: " + ", ".join(steps))
    files = f"{_many(s.files, 'file')}, " if s.files != 1 else ""
    return style.paint(report.verdict, f"{SYMBOLS[report.verdict]} {files}{'; '.join(counts)}") + style.paint("dim", f" ({s.seconds:.2f} s)")


def _many(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _head(file: FileReport, style: Style) -> str:
    verdict = style.paint(file.verdict, f"{SYMBOLS[file.verdict]} {file.verdict}")
    detail = f" ({_many(len(file.steps), 'step')}, {file.seconds:.2f} s)"
    return f"{style.paint('bold', visible(file.path))}: {verdict}{style.paint('dim', detail)}"


def _derivation(derivation: DerivationReport, style: Style) -> Iterator[str]:
    title = f" — {visible(derivation.title)}" if derivation.title else ""
    yield f"  {style.paint('bold', visible(derivation.name))}{title}: {style.paint(derivation.verdict, derivation.verdict)}"
    for step in derivation.steps:
        yield f"    {_step(step, style)}"
    if derivation.claim is not None:
        claim = derivation.claim
        how = f" ({claim.method}{', ' + claim.certainty if claim.certainty else ''})" if claim.method else ""
        yield f"    {style.paint(claim.verdict, SYMBOLS[claim.verdict])} claim {visible(claim.statement)}{how}{_under(claim.conditions)}"


def _step(step: StepReport, style: Style) -> str:
    how = ", ".join(x for x in (step.method, step.certainty, f"error at most {step.error_bound:.1e}" if step.error_bound else None, "cached" if step.cached else None) if x)
    formula = visible(f"{step.lhs} {step.relation} {step.rhs}".strip())
    if len(formula) > WIDTH:
        formula = formula[: WIDTH - 1] + "…"
    tail = style.paint("dim", f" ({how}, {step.seconds:.3f} s)" if how else f" ({step.seconds:.3f} s)")
    return f"{style.paint(step.verdict, SYMBOLS[step.verdict])} {step.index:>3} line {step.line}: {formula}{_under(step.conditions)}{tail}"


def _under(conditions: tuple[str, ...]) -> str:
    return f"  where {visible(', '.join(conditions))}" if conditions else ""


class SourceLines:
    """The source lines that findings quote; for a notebook those of its cells."""

    def __init__(self, file: FileReport) -> None:
        self._text = file.text
        self._lines: LineMap | None = None
        self._cells: dict[int, LineMap] | None = None

    def line(self, finding: Finding) -> str:
        """The line that a finding points at; empty where it is not at hand."""
        if self._text is None:
            return ""
        if finding.cell is None:
            self._lines = self._lines or LineMap(self._text)
            return self._lines.line(finding.line)
        if self._cells is None:
            from derivcheck.documents.notebook import markdown_cells

            self._cells = {number: LineMap(source) for number, source in markdown_cells(self._text)}
        return self._cells[finding.cell].line(finding.line) if finding.cell in self._cells else ""


def _finding(f: Finding, path: str, source: SourceLines, style: Style) -> Iterator[str]:
    yield f"{style.paint(f.level, f'{f.level}[{f.code}]')}: {style.paint('bold', visible(f.message))}"
    number = str(f.line)
    gutter = " " * len(number)
    bar = style.paint("dim", "|")
    cell = f"cell {f.cell}, " if f.cell is not None else ""
    yield f"{gutter} {style.paint('dim', '-->')} {visible(path)}:{cell}{f.line}:{f.column}"
    text = source.line(f)
    if text.strip():
        last = f.end_column if f.end_line in (None, f.line) else None
        line, mark = underline(text, f.column, last)
        yield f"{gutter} {bar}"
        yield f"{style.paint('dim', number)} {bar} {line}"
        yield f"{gutter} {bar} {style.paint(f.level, mark)}"
    for note in f.notes:
        yield f"{gutter} {style.paint('dim', '=')} {visible(note)}"
    if f.help:
        yield f"{gutter} {style.paint('dim', '=')} {style.paint('bold', 'help')}: {visible(f.help)}"


def underline(text: str, column: int, end_column: int | None) -> tuple[str, str]:
    """A source line and the marks below it; `end_column` None underlines to the end of the line."""
    text = visible(text.replace("\t", " "))
    start = min(max(column - 1, 0), len(text))
    end = len(text.rstrip()) if end_column is None else min(end_column - 1, len(text))
    end = max(end, start + 1)
    if len(text) > WIDTH:
        left = max(0, min(start - WIDTH // 3, len(text) - WIDTH))
        before, after = "…" if left else "", "…" if left + WIDTH < len(text) else ""
        text = before + text[left : left + WIDTH] + after
        start, end = start - left + len(before), min(end - left + len(before), WIDTH + len(before))
    return text, " " * _cells(text[:start]) + "^" * max(1, _cells(text[start:end]))


def _cells(text: str) -> int:
    """Terminal cells that a text takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def visible(text: str) -> str:
    """The text with control characters made harmless."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == " " else "\ufffd" if c not in "\n\t" else " " for c in text)


__all__ = ["SYMBOLS", "SourceLines", "Style", "closing_line", "render", "render_file", "underline", "verdict_notes", "visible"]
