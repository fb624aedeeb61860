"""Markdown and Quarto documents: HTML comments with directives, displays (`$$`, `\\[`, LaTeX environments, `math` fences), fenced
`deriv` blocks.

`blocks.py` (markdown-it) tells running text from code and takes the marks of quotations and lists off; what stands in running text
is found here and by the LaTeX scanner.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right

from derivcheck.documents.blocks import Block, Markdown, read
from derivcheck.documents.collector import Collector, Extraction, Span
from derivcheck.documents.preamble import ProjectFiles
from derivcheck.documents.tex import Scanner
from derivcheck.report.positions import LineMap

_EVENT = re.compile(r"(?P<comment><!--)|(?<!\\)(?P<code>`+)(?!`)")
_DIRECTIVE = re.compile(r"<!--\s*derivcheck\s*:")
_OPTIONS = re.compile(r"(?:[ \t]*:[a-z-]+:[^\n]*\n)*")
_COMMENTS = re.compile(r"(?:\s|<!--(?:(?!-->).)*-->)*", re.DOTALL)


def extract_markdown(path: str, text: str) -> Extraction:
    """The derivations of a Markdown document."""
    markdown = read([text])
    collector = Collector(os.path.splitext(os.path.basename(path))[0], markdown.text)
    lines = LineMap(text)
    scan_markdown(Scanner(markdown.text, collector, ProjectFiles(path), markdown=True), markdown)
    return collector.finish(lambda offset: (*lines.place(offset), None))


def scan_markdown(scanner: Scanner, markdown: Markdown) -> None:
    """Tell the scanner's collector what stands in the blocks."""
    for block, heading in zip(markdown.blocks, _headings_after(markdown), strict=True):
        if not block.closed and (block.kind == "fence" or scanner.collector.started):
            scanner.collector.trouble("D095", "the fenced block is not closed", block.start, "end it with the marks that it begins with")
        if block.kind == "fence":
            scanner.collector.block(block.name or None, block.inner, block.inner_end)
            continue
        if block.kind == "math":
            options = _OPTIONS.match(scanner.text, block.inner, block.inner_end)
            scanner.display(options.end() if options else block.inner, block.inner_end, "equation")
            continue
        if block.kind == "heading":
            scanner.heading(block.level)
        _running(scanner, block, heading)


def _headings_after(markdown: Markdown) -> list[int | None]:
    """For each block the level of the heading that stands right behind it, but for comments."""
    following: list[int | None] = []
    next_heading: int | None = None
    for block in reversed(markdown.blocks):
        following.append(next_heading)
        if block.kind == "heading":
            next_heading = block.level
        elif block.kind != "html" or not _COMMENTS.fullmatch(markdown.text, block.start, block.end):
            next_heading = None
    return following[::-1]


def _running(scanner: Scanner, block: Block, heading: int | None) -> None:
    """Running text and HTML: formulas, comments, code spans."""
    text, at, end = scanner.text, block.start, block.end
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
        at = _after_code(text, event, end) if event["code"] is not None else _comment(scanner, event.start(), end, heading)
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


def _comment(scanner: Scanner, start: int, end: int, heading: int | None) -> int:
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
        if collector.directive(spans, 0, scanner.level) and heading is not None and _COMMENTS.fullmatch(text, closing + 3, end):
            collector.scope_of_next_section(heading)
    return closing + 3


def _after_code(text: str, event: re.Match[str], end: int) -> int:
    """Past an inline code span; a mark that is never closed is a mark."""
    blank = re.compile(r"\n[ \t]*\n").search(text, event.end(), end)
    closing = re.compile(rf"(?<!`){event['code']}(?!`)").search(text, event.end(), blank.start() if blank else end)
    return closing.end() if closing else event.end()


def cell_at(starts: list[int], offset: int) -> int:
    """The number (from 0) of the stretch that an offset lies in."""
    return max(0, bisect_right(starts, offset) - 1)
