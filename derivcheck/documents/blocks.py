"""The block structure of Markdown: what is running text, a heading, HTML, a fenced block or code, with offsets into the document.

markdown-it reads the blocks (CommonMark: quotations, lists, fences, indented code, HTML, headings).  It tells lines, not columns, and
only while it is inside a quotation or list does it know how much of a line belongs to that; so its rules are wrapped, and each
notes where its lines begin once the marks around it are taken off.  One rule is added: a display (`$$`, `\\[`, a LaTeX environment) or a
comment that goes over several lines holds these together, as in Pandoc and Jupyter: a line in it that begins with `>`, `-` or `=` is no
quotation, list or heading.  And indented paragraphs below one of Pandoc's footnotes or definitions are no code.

Outside of the blocks that are read (`read`), everything is blanked out, marks of quotations and lists too.  The text keeps its
length, so that offsets stay those of the document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from derivcheck.documents.tex import DISPLAYS

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.parser_block import RuleFuncBlockType
    from markdown_it.rules_block import StateBlock

DEEPEST = 100
"""Quotations and lists inside each other; what is nested deeper is left out."""

_FRONT = re.compile(r"---[ \t]*\n.*?^(?:---|\.\.\.)[ \t]*$", re.DOTALL | re.MULTILINE)
_OWN_FENCE = re.compile(r"\s*\{?\s*\.?deriv\b[\s#.]*([^\s{}]*)")
_MATH_FENCE = re.compile(r"\s*(?:math|\{\.?math\})\s*\Z")
_COLON_FENCE = re.compile(r"(:{3,})[ \t]*\{math\}[ \t]*\Z")
_RAW_HTML = re.compile(r"<(?:pre|script|style|textarea)\b", re.IGNORECASE)
_NO_NEWLINE = re.compile(r"[^\n]")
_OPENER = re.compile(
    r"""
    \\begin\s*\{(?P<name>[^{}]*)\}
  | (?P<bracket>\\\[)
  | \\.
  | (?P<ticks>`+)
  | (?P<dollars>\$\$)
  | \$(?=[^\s$])(?:[^$\\]|\\.)*?(?<=\S)\$(?![\d$])
  | (?P<comment><!--)
    """,
    re.VERBOSE,
)
_NOTE = re.compile(r"^[ ]{0,3}(?:\[\^[^\]\s]+\]:|[:~][ \t])", re.MULTILINE)
_CLOSERS = {"$$": re.compile(r"(?<!\\)\$\$"), r"\[": re.compile(r"(?<!\\)\\\]"), "<!--": re.compile(r"-->")}
_INTERRUPTS = ["paragraph", "reference", "blockquote", "list"]


@dataclass(frozen=True)
class Block:
    """A block that is read: `text`, `html`, `heading` (`level` from 1), `fence` (of ours: `name`, and its body between `inner` and
    `inner_end`; `closed` unless the document or what it stands in ends first) or `math` (GitHub's, GitLab's and MyST's display in a fence)."""

    kind: str
    start: int
    end: int
    level: int = 0
    name: str = ""
    inner: int = 0
    inner_end: int = 0
    closed: bool = True


class Markdown(NamedTuple):
    """Markdown texts, one after the other: the joined text, of the same length as the originals with two newlines between, in which
    only blocks that are read are left; where each begins; the blocks."""

    text: str
    starts: list[int]
    blocks: list[Block]


def read(texts: Sequence[str]) -> Markdown:
    """The blocks of a document, or of the cells of a notebook."""
    parts, starts, blocks, at = [], [], [], 0
    for text in texts:
        # as a space, a carriage return is no part of a line to markdown-it either
        masked, found = _blocks(text.replace("\r", " "), at)
        parts.append(masked)
        starts.append(at)
        blocks += found
        at += len(text) + 2
    return Markdown("\n\n".join(parts), starts, blocks)


def _blocks(text: str, base: int) -> tuple[str, list[Block]]:
    """The text with all else blanked out, and its blocks, at offsets from `base`."""
    front = _FRONT.match(text) if base == 0 else None
    if front is not None:
        text = _NO_NEWLINE.sub(" ", front[0]) + text[front.end() :]
    found = _Found(base)
    parser = _parser()
    parser.block.parse(text, parser, {"found": found}, [])
    parts, at = [], 0
    for start, end in sorted(found.pieces):
        parts += [_NO_NEWLINE.sub(" ", text[at:start]), text[start:end]]
        at = end
    parts.append(_NO_NEWLINE.sub(" ", text[at:]))
    return "".join(parts), sorted(found.blocks, key=lambda b: b.start)


class _Found:
    """What the rules have come upon: blocks, and the stretches of their lines without the marks around them.  `none` says up to
    which line no end of a display was found, for each kind, lest it be looked for again."""

    def __init__(self, base: int) -> None:
        self.base = base
        self.blocks: list[Block] = []
        self.pieces: list[tuple[int, int]] = []
        self.none: dict[str, tuple[int, int]] = {}
        self.note: int | None = None  # the indent of a footnote or definition that indented paragraphs go on with

    def add(self, state: StateBlock, start: int, kind: str) -> None:
        """A rule has read the lines from `start` to where the state is now."""
        lines = [_line(state, n) for n in range(start, state.line)]
        if self.note is None or state.blkIndent <= self.note:
            self.note = state.blkIndent if kind == "text" and _NOTE.search(state.src[lines[0][0] : lines[-1][1]]) else None
        block = self._block(state, start, kind, lines)
        if block is not None:
            self.blocks.append(block)
            self.pieces += lines

    def _block(self, state: StateBlock, start: int, kind: str, lines: list[tuple[int, int]]) -> Block | None:
        base, token = self.base, state.tokens[-1] if state.tokens else None
        first, last = lines[0][0] + base, lines[-1][1] + base
        if kind == "html" and _RAW_HTML.match(state.src, lines[0][0]):
            return None
        if kind == "heading" and token is not None:
            # one in a quotation or a list begins no section
            return Block("heading" if token.level == 0 else "text", first, last, int(token.tag[1:]))
        if kind != "fence" or token is None:
            return Block(kind, first, last)
        own = _OWN_FENCE.match(token.info)
        math = _MATH_FENCE.match(token.info) is not None
        if own is None and not math:
            return None
        mark = token.markup
        ending = re.fullmatch(rf"{re.escape(mark[0])}{{{len(mark)},}}[ \t]*", state.src[slice(*lines[-1])])
        closed = ending is not None and len(lines) > 1
        inner = min(lines[0][1] + 1 + base, last)
        name = own[1] if own is not None else ""
        return Block("math" if math else "fence", first, last, 0, name, inner, max(inner, lines[-1][0] + base) if closed else last, closed)


def _line(state: StateBlock, number: int) -> tuple[int, int]:
    """Where a line begins, after the marks of what it stands in, and ends."""
    end = state.eMarks[number]
    return min(state.bMarks[number] + state.tShift[number], end), end


@cache
def _parser() -> MarkdownIt:
    """markdown-it for blocks alone, with rules that note what they find."""
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import code, fence, heading, html_block, lheading, paragraph

    def code_or_note(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        """Indented lines: code, but below Pandoc's footnotes and definitions what these go on with."""
        if state.env["found"].note != state.blkIndent or silent or not state.is_code_block(start):
            return code(state, start, end, silent)
        state.blkIndent += 4
        state.level += 1
        state.md.block.tokenize(state, start, end)
        state.level -= 1
        state.blkIndent -= 4
        return True

    parser = MarkdownIt("commonmark", {"maxNesting": DEEPEST}).disable("reference")
    ruler = parser.block.ruler
    ruler.at("code", code_or_note)
    ruler.at("fence", _noting("fence", fence), {"alt": _INTERRUPTS})
    ruler.before("fence", "colon_math", _noting("fence", _colon_math), {"alt": _INTERRUPTS})
    ruler.at("html_block", _noting("html", html_block), {"alt": ["paragraph", "reference", "blockquote"]})
    ruler.at("heading", _noting("heading", heading), {"alt": ["paragraph", "reference", "blockquote"]})
    ruler.at("lheading", _noting("heading", lheading))
    ruler.at("paragraph", _noting("text", paragraph))
    # a line that begins with a display is no quotation or list; one that begins with their marks is, with the display in it
    ruler.before("blockquote", "display", _noting("text", _display), {"alt": _INTERRUPTS})
    ruler.before("lheading", "display_in_text", _noting("text", _display_in_text), {"alt": _INTERRUPTS})
    return parser


def _noting(kind: str, rule: RuleFuncBlockType) -> RuleFuncBlockType:
    def noting(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        if not rule(state, start, end, silent):
            return False
        if not silent:
            state.env["found"].add(state, start, kind)
        return True

    return noting


def _colon_math(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """MyST's `:::{math}` to `:::`; fences with other names hold running text."""
    opening = _COLON_FENCE.match(state.src[slice(*_line(state, start))])
    if opening is None or state.is_code_block(start):
        return False
    line = start + 1
    while line < end and state.src[slice(*_line(state, line))].rstrip() != opening[1]:
        line += 1
    if not silent:
        state.line = min(line + 1, end)
        token = state.push("fence", "code", 0)
        token.info, token.markup = "math", opening[1]
    return True


def _display(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A line that begins with a display whose end is on a later line."""
    at = _line(state, start)[0]
    return state.src.startswith(("$$", r"\[", r"\begin"), at) and _display_in_text(state, start, end, silent)


def _display_in_text(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A line in which a display or comment begins that ends on a later line: a block up to there."""
    if state.is_code_block(start):
        return False
    at, stop = _line(state, start)
    line = start
    while True:
        opened = _left_open(state.src, at, stop)
        if opened is None:
            break
        closed = _closed(state, line, opened)
        if closed is None:
            break
        line, at = closed
        stop = state.eMarks[line]
    if line == start:
        return False
    if not silent:
        state.line = line + 1
        state.push("display", "", 0)
    return True


def _left_open(text: str, at: int, end: int) -> str | None:
    """What is open at the end of a line: `$$`, `\\[`, `<!--`, the name of an environment."""
    while True:
        match = _OPENER.search(text, at, end)
        if match is None:
            return None
        at = match.end()
        if match["ticks"]:
            same = re.compile(rf"(?<!`){match[0]}(?!`)").search(text, at, end)
            at = same.end() if same else at
        elif match["dollars"] or match["bracket"] or match["comment"] or match["name"] == "derivation" or match["name"] in DISPLAYS:
            what = match["name"] or match[0]
            closing = _closer(what).search(text, at, end)
            if closing is None:
                return what
            at = closing.end()


@cache
def _closer(what: str) -> re.Pattern[str]:
    return _CLOSERS.get(what) or re.compile(rf"\\end\s*\{{{re.escape(what)}\}}")


def _closed(state: StateBlock, line: int, what: str) -> tuple[int, int] | None:
    """The line on which a thing that is open at the end of a line is closed, and the offset behind; a blank line ends the search for
    displays, another comment that for comments."""
    none: dict[str, tuple[int, int]] = state.env["found"].none
    first, last = none.get(what, (0, 0))
    if first <= line < last:
        return None
    closer = _closer(what)
    number = line + 1
    while number < state.lineMax:
        at, end = _line(state, number)
        if at >= end and what not in ("derivation", "<!--"):
            break
        match = closer.search(state.src, at, end)
        if match is not None:
            if what == "<!--" and "<!--" in state.src[at : match.start()]:
                return None
            return number, match.end()
        if what == "<!--" and state.src.find("<!--", at, end) >= 0:
            return None
        number += 1
    none[what] = (line, number)
    return None
