"""Markdown and Quarto documents: HTML comments with directives, `$$` displays and LaTeX environments, fenced `deriv` blocks.

Code, front matter and comments are passed over; formulas come before Markdown's own marks, as in Pandoc (a line of a display
that begins with `>` or `-` is no quotation or list).  The marks of a quotation that a display stands in are blanked out, so
that offsets stay those of the file.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right

from derivcheck.documents.collector import Collector, Extraction, Span
from derivcheck.documents.tex import ProjectFiles, Scanner
from derivcheck.report.positions import LineMap

_EVENT = re.compile(
    r"""
    (?P<fence>^[ \t]*(?:(?:[-*+]|\d+[.)])[ \t]+)?(?P<mark>`{3,}|~{3,})(?P<info>[^\n]*)$)
  | (?P<comment><!--)
  | (?P<heading>^[ ]{0,3}(?P<hashes>\#{1,6})(?=[ \t\n]))
  | (?P<setext>^[^\s\#>$`~-][^\n]*\n(?P<under>={3,}|-{3,})[ \t]*$)
  | (?<!\\)(?P<code>`+)(?!`)
    """,
    re.MULTILINE | re.VERBOSE,
)
_FRONT = re.compile(r"---[ \t]*\n.*?^(?:---|\.\.\.)[ \t]*$", re.DOTALL | re.MULTILINE)
_QUOTE = re.compile(r"[ \t]*(?:>[ \t]?)+")
_DIRECTIVE = re.compile(r"<!--\s*derivcheck\s*:")
_INFO = re.compile(r"\s*\{?\s*\.?deriv\b[\s#.]*([^\s{}]*)")
_NEXT_HEADING = re.compile(r"(?:\s|<!--(?:(?!-->).)*-->)*^[ ]{0,3}(\#{1,6})[ \t]", re.DOTALL | re.MULTILINE)


def extract_markdown(path: str, text: str) -> Extraction:
    """The derivations of a Markdown document."""
    masked = blank_quotes(text)
    collector = Collector(os.path.splitext(os.path.basename(path))[0], masked)
    lines = LineMap(text)
    scan_markdown(Scanner(masked, collector, ProjectFiles(path), markdown=True), 0, len(masked))
    return collector.finish(lambda offset: (*lines.place(offset), None))


def blank_quotes(text: str) -> str:
    """The text with the `>` of quotations blanked out; not in a display that began outside of a quotation."""
    if ">" not in text:
        return text
    lines = text.split("\n")
    inside = quoted = False
    for number, line in enumerate(lines):
        mark = _QUOTE.match(line)
        if mark is not None and ">" in mark[0] and (quoted or not inside):
            quoted = True
            lines[number] = " " * mark.end() + line[mark.end() :]
        else:
            quoted = False
        if line.count("$$") % 2:
            inside = not inside
    return "\n".join(lines)


def scan_markdown(scanner: Scanner, start: int, end: int) -> None:
    """Tell the scanner's collector what stands between two offsets (a document, or one cell of a notebook)."""
    text = scanner.text
    front = _FRONT.match(text, start, end) if start == 0 else None
    at = front.end() if front else start
    while at < end:
        event = _EVENT.search(text, at, end)
        if event is None:
            break
        math = _display_over(text, at, event.start(), end)
        if math is not None:
            scanner.scan(at, math)
            at = math
            continue
        scanner.scan(at, event.start())
        if event["fence"] is not None:
            at = _fence(scanner, event, end)
        elif event["comment"] is not None:
            at = _comment(scanner, event.start(), end)
        elif event["code"] is not None:
            at = _after_code(text, event, end)
        else:
            level = len(event["hashes"]) if event["heading"] is not None else 1 if event["under"].startswith("=") else 2
            scanner.heading(level)
            at = event.end()
    scanner.scan(at, end)


def _display_over(text: str, at: int, event: int, end: int) -> int | None:
    """Where a `$$` display ends that is open at the event; None where none is."""
    marks = [m.start() for m in re.finditer(r"(?<!\\)\$\$", text[at:event])]
    if len(marks) % 2 == 0:
        return None
    closing = text.find("$$", event, end)
    blank = re.compile(r"\n[ \t]*\n").search(text, event, end)
    if closing < 0 or (blank is not None and blank.start() < closing):
        return None
    return closing + 2


def _fence(scanner: Scanner, event: re.Match[str], end: int) -> int:
    """A fenced block: passed over, unless it is one of ours."""
    text, mark = scanner.text, event["mark"]
    closing = re.compile(rf"^[ \t]*{re.escape(mark[0])}{{{len(mark)},}}[ \t]*$", re.MULTILINE)
    start = min(event.end() + 1, end)
    closed = closing.search(text, start, end)
    info = _INFO.match(event["info"])
    if info is not None:
        if closed is None:
            scanner.collector.trouble("D095", "the fenced block is not closed", event.start("mark"), f"end it with {mark}")
        scanner.collector.block(info[1] or None, start, closed.start() if closed else end)
    return closed.end() if closed else end


def _comment(scanner: Scanner, start: int, end: int) -> int:
    """An HTML comment, which may hold a directive."""
    text, collector = scanner.text, scanner.collector
    closing = text.find("-->", start, end)
    directive = _DIRECTIVE.match(text, start, end)
    if closing < 0:
        if directive is not None:
            collector.trouble("D095", "the comment is not closed", start, "end it with -->")
        return end
    if directive is not None:
        spans, at = [], directive.end()
        while at < closing:
            stop = text.find("\n", at, closing)
            stop = closing if stop < 0 else stop
            spans.append(Span(at, stop))
            at = stop + 1
        if collector.directive(spans, 0, scanner.level):
            heading = _NEXT_HEADING.match(text, closing + 3, end)
            if heading is not None:
                collector.scope_of_next_section(len(heading[1]))
    return closing + 3


def _after_code(text: str, event: re.Match[str], end: int) -> int:
    """Past an inline code span; a mark that is never closed is a mark."""
    blank = re.compile(r"\n[ \t]*\n").search(text, event.end(), end)
    closing = re.compile(rf"(?<!`){event['code']}(?!`)").search(text, event.end(), blank.start() if blank else end)
    return closing.end() if closing else event.end()


def cell_at(starts: list[int], offset: int) -> int:
    """The number (from 0) of the stretch that an offset lies in."""
    return max(0, bisect_right(starts, offset) - 1)
