r"""The reader: a `.deriv` file to statements and chains (SPEC sections 2 to 4).

    lines (`lines.py`) → `grammar/deriv.lark` → entries → tokens → user macros → `grammar/math.lark` → shallow trees (`formula.py`)

An error in one entry gives a `Bad` entry and a diagnostic; the others are read all the same.  In a chain the error stays with the links
that can't be read (`recovery.py`).  Reading takes time linear in the
length of the file.  Limits, each with a diagnostic: `MAX_FILE` characters, `nesting.MAX_DEPTH` open brackets, `prepare.MAX_TOKENS` tokens
in a formula, `MAX_ERRORS` errors in a file, `macros.MAX_WORK` for macro expansion.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from derivcheck.language.chains import cut_chains, joined_conditions, run_on_lines
from derivcheck.language.diagnostics import Diagnostic, ReadError
from derivcheck.language.formula import (
    is_prose,
    read_formula,
    read_items,
    span_of_items,
    strip_punctuation,
    tidy,
    words_to_names,
)
from derivcheck.language.lines import classify, strip_comment
from derivcheck.language.macros import MacroTable, read_definitions
from derivcheck.language.parsing import Parser, parser
from derivcheck.language.recovery import recover
from derivcheck.language.symbols import PROSE_WORDS
from derivcheck.language.syntax import Bad, Chain, Item, Macro, Seq, SourceFile, Span, Statement
from derivcheck.language.tending import as_limit
from derivcheck.language.tokens import Token, tokenize

__all__ = ["MAX_FILE", "read_formula", "read_macros", "read_source"]

MAX_FILE = 4_000_000
MAX_ERRORS = 500
MAX_RECOVERY = 50_000

_WITH_WORDS = frozenset(["let", "assume", "suppose", "show"])
_ALONE = frozenset("derivation title source tags let define assume vary use show convention case induction suppose".split())
_WHOLE_CHAIN = frozenset(["D002", "D009", "D010"])
_CONTROLS = re.compile(r"[\x01-\x08\x0e-\x1f\x7f]")
_TEXT_NAME = re.compile(r"\\text\s*\{([A-Za-z][A-Za-z0-9]*)\}")


class _Entry:
    """An entry of `deriv.lark`: its kind, its first line and the lines that continue it."""

    __slots__ = ("head", "kind", "more")

    def __init__(self, kind: str, children: list[Token]) -> None:
        self.kind, self.head, self.more = kind, children[0], children[1:]

    @property
    def span(self) -> Span:
        return Span(self.head.start, max(self.head.end, self.more[-1].end if self.more else 0))


class _Actions:
    """The entries of a file."""

    def file(self, children: list[Any]) -> list[_Entry]:
        return [c for c in children if type(c) is _Entry]

    def statement(self, children: list[Token]) -> _Entry:
        return _Entry("line", children)

    def formula(self, children: list[Token]) -> _Entry:
        return _Entry("formula", children)

    def rubric(self, children: list[Token]) -> _Entry:
        return _Entry("rubric", children)

    def macros(self, children: list[Token]) -> _Entry:
        return _Entry("macros", children)

    def chain(self, children: list[Token]) -> _Entry:
        return _Entry("chain", children)

    def stray(self, children: list[Token]) -> _Entry:
        return _Entry("stray", children)


@cache
def _parser() -> Parser:
    return parser("deriv.lark", _Actions())


def read_source(text: str, path: str, macros: MacroTable | None = None) -> tuple[SourceFile, list[Diagnostic]]:
    """Read a whole file.  Never raises for what the text holds: errors are diagnostics, their entries `Bad`."""
    diagnostics: list[Diagnostic] = []
    entries: list[Statement | Chain | Bad] = []
    refused = _refuse(text)
    if refused is not None:
        return SourceFile(path, text, ()), [refused]
    table = macros.copy() if macros is not None else MacroTable()
    blocks: list[_Entry] = _parser().parse(classify(text, 0, len(text)))
    known = _declared_words(text, blocks)
    for block in blocks:
        if len(diagnostics) >= MAX_ERRORS:
            diagnostics.append(Diagnostic("D019", "error", "too many errors: the rest of the file is not read", block.span, "mend the first ones"))
            break
        try:
            if block.kind == "macros":
                read_definitions(tokenize(text, block.span.start, block.span.end), table)
            elif block.kind == "chain":
                entries.extend(_read_chain(text, block, table, known, diagnostics))
            else:
                entries.append(_read_statement(text, block, table, known))
        except ReadError as error:
            diagnostics.append(error.diagnostic)
            if block.kind != "macros":
                entries.append(Bad(block.span, block.kind in ("chain", "stray")))
    if not entries and not diagnostics:
        diagnostics.append(Diagnostic("D017", "error", "there is nothing to check here", Span(0, min(1, len(text))), "write a chain: A = B"))
    return SourceFile(path, text, tuple(entries)), diagnostics


def read_macros(text: str, macros: MacroTable | None = None) -> tuple[MacroTable, list[Diagnostic]]:
    """The macro definitions in a text of nothing else, such as those found in a LaTeX preamble; bad ones are diagnosed and left out."""
    table = macros.copy() if macros is not None else MacroTable()
    diagnostics: list[Diagnostic] = []
    for block in _parser().parse(classify(text, 0, len(text))):
        if block.kind == "macros":
            try:
                read_definitions(tokenize(text, block.span.start, block.span.end), table)
            except ReadError as error:
                diagnostics.append(error.diagnostic)
    return table, diagnostics


def _refuse(text: str) -> Diagnostic | None:
    """Why a text isn't read at all."""
    if len(text) > MAX_FILE:
        return Diagnostic("D010", "error", f"the file has more than {MAX_FILE:,} characters", Span(0, 1), "split it into several files")
    at = text.find("\x00")
    if at >= 0:
        return Diagnostic("D002", "error", "this is no text file: it holds a zero byte", Span(at, at + 1), "save the file as UTF-8 text")
    controls = _CONTROLS.findall(text)
    if len(controls) > 20 + len(text) // 100:
        at = text.find(controls[0])
        return Diagnostic("D002", "error", "this is no text file: it is full of control characters", Span(at, at + 1), "save the file as UTF-8 text")
    if text.count("\ufffd") > 20 + len(text) // 100:
        at = text.find("\ufffd")
        return Diagnostic("D002", "error", "this is no UTF-8 text", Span(at, at + 1), "save the file as UTF-8 text")
    return None


def _declared_words(text: str, blocks: list[_Entry]) -> frozenset[str]:
    """Words that `let` and `define` write with `\\text{…}`: these are names wherever they stand."""
    words: set[str] = set()
    for block in blocks:
        if block.head.type in ("LET", "DEFINE"):
            found = _TEXT_NAME.findall(text[block.span.start : block.span.end])
            words.update(w for w in found if block.head.type == "LET" or w.lower() not in PROSE_WORDS)
    return frozenset(words)


def _read_chain(text: str, block: _Entry, table: MacroTable, known: frozenset[str], diagnostics: list[Diagnostic]) -> list[Chain]:
    span = block.span
    word = strip_comment(text[span.start : span.end]).strip() if span.end - span.start < 200 else ""
    if word in _ALONE:
        raise ReadError("D018", f"`{word}` needs something behind it on its line", span, f"see the notation: `{word} …`")
    lines = text[span.start : span.end].splitlines(keepends=True) if "\n" in text[span.start : span.end] else []
    for k, line in enumerate(lines if len(lines) < 2000 else ()):
        if (alone := strip_comment(line).strip()) in _ALONE or alone == "induction on":
            at = span.start + sum(len(above) for above in lines[:k]) + line.index(alone)
            raise ReadError("D018", f"`{alone}` needs something behind it on its line", Span(at, at + len(alone)), f"see the notation: `{alone} …`")
    found = [w for w in _TEXT_NAME.findall(text, span.start, span.end) if w.lower() not in PROSE_WORDS]
    if found:
        known = known | {w for w in found if found.count(w) > 1} if len(found) < 200 else known | set(found)
    try:
        items = read_items(text, span.start, span.end, table, False, known)
        diagnostics.extend(run_on_lines(items, text))
        diagnostics.extend(joined_conditions(items))
        return cut_chains(items, text, span)
    except ReadError as error:
        if error.diagnostic.code in _WHOLE_CHAIN or span.end - span.start > MAX_RECOVERY:
            raise
        chain, errors = recover(text, span, table, known, error.diagnostic)
        if chain is None:
            raise
        diagnostics.extend(errors)
        return [chain]


def _read_statement(text: str, block: _Entry, table: MacroTable, known: frozenset[str]) -> Statement:
    head, span = block.head, block.span
    if block.kind == "stray":
        raise ReadError(
            "D021",
            "this line starts with a relation, but a blank line or a statement separates it from what it continues",
            Span(head.start, head.end),
            "remove the blank line, or write the left side",
        )
    keyword = head.type.lower()
    start: int = head.value
    lines = [text[start : head.end], *(text[m.start : m.end] for m in block.more)]
    raw = "\n".join(strip_comment(line).strip() for line in lines).strip()
    if block.kind == "line":
        return Statement(keyword, "" if keyword == "proof" else raw.replace("\\%", "%"), None, span)
    if block.kind == "rubric":
        return Statement(keyword, "\n".join(line.rstrip() for line in lines).strip("\n"), None, span)
    if keyword == "induction":
        start = re.compile(r"\s*on").match(text, start, span.end).end()  # type: ignore[union-attr]
    items = read_items(text, start, span.end, table, keyword in _WITH_WORDS, known | set(_TEXT_NAME.findall(raw)))
    return Statement(keyword, raw, _body(items, keyword, span), span)


def _body(items: list[Item], keyword: str, span: Span) -> Seq:
    """The formula of a statement; a `\\label` stands last, after the formula without its full stop."""
    attached = [i for i in items if isinstance(i, Macro) and i.name in ("\\by", "\\label", "\\tag")]
    rest = as_limit(tidy([i for i in items if not (isinstance(i, Macro) and i.name in ("\\by", "\\label", "\\tag"))]))
    strip_punctuation(rest)
    while keyword in ("show", "assume", "suppose") and len(rest) > 1 and is_prose(rest[-1]):
        rest.pop()
        strip_punctuation(rest)
    rest = words_to_names(rest, keyword in _WITH_WORDS)
    if not rest:
        raise ReadError("D018", f"`{keyword}` needs a formula behind it", span)
    all_items = [*rest, *attached]
    return Seq(tuple(all_items), span_of_items(rest))
