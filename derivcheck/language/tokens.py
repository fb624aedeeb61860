"""The tokeniser: source text to TeX-like tokens.

A token has a `type`: `cmd` (a control sequence, with its backslash), `letter` (one letter), `num`, `char` (any other character, or one
of the two-character signs `:= <= >= => -> <=> ||`), `word` (a word of a `let`, only where asked for), `raw` (a macro with an argument
that is text: `value` is `(kind, content, macro)`), `param` (`#1`, in macro definitions).

Comments and white space vanish here; Unicode mathematics becomes LaTeX with the span of the character.  Everything is linear in
the length of the text; offsets are those of the whole file.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from derivcheck.language.diagnostics import ReadError
from derivcheck.language.symbols import (
    ATTRIBUTE_WORDS,
    COMBINING,
    RAW,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    expand_unicode,
)
from derivcheck.language.syntax import Span


class Token:
    """A token, before and after preparation for the grammar.  `word` is the run of letters that a letter opens (else empty)."""

    __slots__ = ("end", "start", "type", "value", "word")

    def __init__(self, type: str, value: Any, start: int, end: int, word: str = "") -> None:
        self.type, self.value, self.start, self.end, self.word = type, value, start, end, word

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    def __repr__(self) -> str:
        return f"{self.type}:{self.value!r}@{self.start}"


_BLANKS = " \t\r\n\f\v\u00a0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"

_MASTER = re.compile(
    rf"""
    (?P<blank>[{_BLANKS}]+)
  | (?P<comment>%[^\n\r]*)
  | (?P<cmd>\\(?:[A-Za-z]+|.|\Z))
  | (?P<letters>[A-Za-z]+)
  | (?P<num>[0-9]+(?:\{{,\}}[0-9]{{3}}(?![0-9]))*(?:\.[0-9]+)?|\.[0-9]+)
  | (?P<param>\#[1-9])
  | (?P<sign><=>|:=|<=|>=|=>|->|\|\||\.\.\.)
  | (?P<char>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_BLANK_RUN = re.compile(rf"(?:[{_BLANKS}]|%[^\n\r]*)*")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_HYPHENED = re.compile(r"(?:positive|negative)-(?:semi-?)?definite\b|(?:(?:positive|negative) )?semi-definite\b|non-(?:negative|zero|singular)\b")
_HYPHENED_WORDS = re.compile(r"positive|negative(?!\w)|semi-?definite|definite|non-\w+")
_SCIENTIFIC = re.compile(r"([0-9]+(?:\.[0-9]+)?)e(-?[0-9]+)")
_LINE_SKIP = re.compile(
    r"\*?(?:[ \t]*\[\s*-?[0-9.]+\s*(?:pt|em|ex|mm|cm|in|mu|sp|bp|pc|dd|\\[a-zA-Z]+)\s*\])?",
)
_STARRED = frozenset(["\\operatorname", "\\tag", "\\newcommand", "\\renewcommand", "\\providecommand", "\\DeclareMathOperator", "\\hspace"])
_MATH_MARKS = frozenset(["$", "\\(", "\\)", "\\[", "\\]"])
_SIGNS = {
    "<=>": ("cmd", "\\iff"),
    "<=": ("cmd", "\\le"),
    ">=": ("cmd", "\\ge"),
    "=>": ("cmd", "\\implies"),
    "->": ("cmd", "\\to"),
    "...": ("cmd", "\\dots"),
}


def balanced_end(text: str, start: int, end: int) -> int:
    """The offset behind the brace that closes the one at `start`; a `ReadError` at the brace if there is none before `end`."""
    depth = 0
    for match in _BRACE.finditer(text, start, end):
        mark = match.group()
        if mark == "{":
            depth += 1
        elif mark == "}":
            depth -= 1
            if depth == 0:
                return match.end()
    raise ReadError("D003", "this brace is never closed", Span(start, start + 1), "add the closing }")


@lru_cache(maxsize=512)
def _latex_tokens(latex: str) -> tuple[tuple[str, Any], ...]:
    return tuple((t.type, t.value) for t in tokenize(latex, 0, len(latex)))


def tokenize(text: str, start: int, end: int, words: bool = False) -> list[Token]:
    """The tokens of `text[start:end]`.  With `words`, the attribute words of `let` (`symmetric`, `for` …) are single tokens."""
    out: list[Token] = []
    add = out.append
    match = _MASTER.match
    pos = start
    while pos < end:
        m = match(text, pos, end)
        assert m is not None
        kind, value, stop = m.lastgroup, m.group(), m.end()
        if kind == "letters":
            hyphened = _HYPHENED.match(text, pos, end) if words else None
            if hyphened:  # positive-definite, non-negative
                for part in _HYPHENED_WORDS.finditer(text, pos, hyphened.end()):
                    add(Token("word", part.group().replace("-", ""), part.start(), part.end()))
                pos = hyphened.end()
                continue
            if len(value) == 1:
                add(Token("letter", value, pos, stop))
            else:
                _letters(text, value, pos, words, out)
            if stop < end and text[stop] in COMBINING:
                _accent(text, stop, out)
                stop += 1
        elif kind == "cmd":
            stop = _command(text, value, pos, stop, end, out, words)
        elif kind == "num":
            _no_scientific(text, pos, end, out)
            add(Token("num", value.replace("{,}", ""), pos, stop))
        elif value == "||" and out and out[-1].value in ("\\left", "\\right") and not _double(text, out, start, pos, end):
            add(Token("char", "|", pos, pos + 1))
            stop = pos + 1
        elif kind == "char":
            if value == "$":
                pass
            elif value == "~":
                add(Token("cmd", "\\ ", pos, stop))
            elif value < "\x80":
                if value < " " or value == "\x7f":
                    raise ReadError("D002", f"the character U+{ord(value):04X} can't stand in a text file", Span(pos, stop))
                add(Token("char", value, pos, stop))
            else:
                stop = _unicode(text, value, pos, end, out)
        elif kind == "sign":
            got = _SIGNS.get(value)
            add(Token(got[0], got[1], pos, stop) if got else Token("char", value, pos, stop))
        elif kind == "param":
            add(Token("param", int(value[1]), pos, stop))
        pos = stop
    return out


def _no_scientific(text: str, pos: int, end: int, out: list[Token]) -> None:
    """`1e3` and `2.5e-3` would be read with Euler's e."""
    m = _SCIENTIFIC.match(text, pos, end)
    if m is None or (out and (out[-1].type == "cmd" or out[-1].value in ("^", "_"))):
        return
    number, power = m.groups()
    if not power.startswith("-") or number == "1" or "." in number:
        raise ReadError("D108", f"`{m.group()}`: a power of ten, or a product with Euler's e?", Span(*m.span()),
                        rf"write {number} \cdot 10^{{{power}}}, or put spaces around the e")  # fmt: skip


def _letters(text: str, run: str, pos: int, words: bool, out: list[Token]) -> None:
    """A run of letters: a word of a `let`, or one name for each letter (the first remembers the run)."""
    before = text[pos - 1] if pos else " "
    after = text[pos + len(run)] if pos + len(run) < len(text) else " "
    if words and before not in "{\\_^" and after != "}":
        if run in ATTRIBUTE_WORDS or (run == "in" and out and out[-1].value == "constant"):
            out.append(Token("word", run, pos, pos + len(run)))
            return
        if run == "iid":
            out.append(Token("word", run, pos, pos + 3))
            return
    # two letters are a word only between spaces: `\\exp(is)` is a product
    first = len(run) > 2 or (before.isspace() and after.isspace())
    for c in run:
        out.append(Token("letter", c, pos, pos + 1, run if first else ""))
        first = False
        pos += 1


def _accent(text: str, pos: int, out: list[Token]) -> None:
    """A combining accent after the token just read."""
    last = out.pop()
    for type_, value in (("cmd", COMBINING[text[pos]]), ("char", "{"), (last.type, last.value), ("char", "}")):
        out.append(Token(type_, value, last.start, pos + 1))


def _command(text: str, value: str, pos: int, stop: int, end: int, out: list[Token], words: bool) -> int:
    """A control sequence; returns where reading goes on."""
    if value == "\\":
        raise ReadError("D001", "a backslash with nothing behind it", Span(pos, stop))
    if value == "\\\\":
        m = _LINE_SKIP.match(text, stop, end)
        out.append(Token("cmd", value, pos, stop))
        return m.end() if m else stop
    if value in _MATH_MARKS:
        return stop
    if value[1] in " \t\r\n":
        value = "\\ "
    elif value[1] >= "\x80":
        raise ReadError("D001", f"a backslash before {value[1]!r}", Span(pos, stop), "leave the backslash out")
    if stop < end and text[stop] == "*" and value in _STARRED:
        stop += 1
    kind = RAW.get(value)
    if kind is None:
        out.append(Token("cmd", value, pos, stop))
        return stop
    open_ = _BLANK_RUN.match(text, stop, end).end()  # type: ignore[union-attr]
    if open_ >= end or text[open_] != "{":
        if kind in ("drop", "wide"):
            return stop
        if kind == "by":  # a file may define a \by of its own; otherwise it is an error when the formula is prepared
            out.append(Token("cmd", value, pos, stop))
            return stop
        if kind == "overset" and open_ < end and text[open_] not in "\\#":
            content, close = text[open_], open_ + 1
        else:
            raise ReadError("D006", f"{value} needs an argument in braces", Span(pos, stop), f"write {value}{{…}}")
    else:
        close = balanced_end(text, open_, end)
        content = text[open_ + 1 : close - 1]
    if kind == "begin":
        content = content.strip()
        name = content.rstrip("*")
        if name in ("array", "alignat", "alignedat", "tabular"):
            open_ = _BLANK_RUN.match(text, close, end).end()  # type: ignore[union-attr]
            if open_ < end and text[open_] == "{":
                close = balanced_end(text, open_, end)
        bracket = re.compile(r"\s*\[[tbc]\]").match(text, close, end)
        if bracket:
            close = bracket.end()
        out.append(Token("raw", ("begin", name, value), pos, close))
        return close
    if kind == "end":
        out.append(Token("raw", ("end", content.strip().rstrip("*"), value), pos, close))
        return close
    if kind == "text" and "$" in content:
        _mixed_text(text, open_ + 1, close - 1, pos, close, out)
        return close
    out.append(Token("raw", (kind, content, value), pos, close))
    return close


_SIZED = re.compile(r"\\(left|right)(?![A-Za-z])\s*(\|\|)?")


def _double(text: str, out: list[Token], start: int, pos: int, end: int) -> bool:
    """Whether `\\left||` and `\\right||` belong together as a norm; otherwise they take one bar, as in TeX."""
    opens: list[bool] = []
    for m in _SIZED.finditer(text, start, end):
        if m.group(1) == "left":
            opens.append(bool(m.group(2)))
            if m.end() == pos + 2 and m.group(2):
                return _closed_double(text, pos + 2, end)
        elif opens:
            opened = opens.pop()
            if m.end() == pos + 2 and m.group(2):
                return opened
    return False


def _closed_double(text: str, pos: int, end: int) -> bool:
    """Whether the next unmatched `\\right` takes a double bar."""
    depth = 0
    for m in _SIZED.finditer(text, pos, end):
        if m.group(1) == "left":
            depth += 1
        elif depth:
            depth -= 1
        else:
            return bool(m.group(2))
    return False


def _mixed_text(text: str, start: int, stop: int, pos: int, close: int, out: list[Token]) -> None:
    """`\\text{if $x > 0$}`: words and formulas in turn."""
    inside = False
    for piece in re.split(r"((?<!\\)\$)", text[start:stop]):
        if piece == "$":
            inside = not inside
        elif inside:
            out.extend(tokenize(text, start, start + len(piece)))
        elif piece.strip():
            out.append(Token("raw", ("text", piece, "\\text"), start, start + len(piece)))
        start += len(piece)


def _unicode(text: str, value: str, pos: int, end: int, out: list[Token]) -> int:
    """A character outside ASCII, or a run of superscripts or subscripts; returns where reading goes on."""
    for mark, table in (("^", SUPERSCRIPTS), ("_", SUBSCRIPTS)):
        if value in table:
            stop = pos
            out.append(Token("char", mark, pos, pos + 1))
            out.append(Token("char", "{", pos, pos + 1))
            while stop < end and text[stop] in table:
                plain = table[text[stop]]
                type_ = "num" if plain.isdigit() else "letter" if plain.isalpha() else "cmd" if len(plain) > 1 else "char"
                if type_ == "num" and out[-1].type == "num":
                    out[-1].value += plain
                    out[-1].end = stop + 1
                else:
                    out.append(Token(type_, plain, stop, stop + 1))
                stop += 1
            out.append(Token("char", "}", stop - 1, stop))
            return stop
    if value in COMBINING and out and out[-1].type in ("letter", "cmd"):
        _accent(text, pos, out)
        return pos + 1
    latex = expand_unicode(value)
    if latex is None:
        name = f"{value!r} (U+{ord(value):04X})" if value.isprintable() else f"U+{ord(value):04X}"
        raise ReadError("D001", f"the character {name} is not part of the notation", Span(pos, pos + 1), "write it as a LaTeX macro")
    for type_, v in _latex_tokens(latex):
        out.append(Token(type_, v, pos, pos + 1, "√" if value == "√" else ""))
    return pos + 1


def source_of(tokens: list[Token]) -> str:
    """The tokens as text again (for arguments that land inside raw text, and for messages)."""
    out: list[str] = []
    end: int | None = None
    for t in tokens:
        if end is not None and t.start > end and not (out and out[-1].endswith(" ")):
            out.append(" ")
        end = t.end
        if t.type == "raw":
            out.append(f"{t.value[2]}{{{t.value[1]}}}")
        elif t.type == "param":
            out.append(f"#{t.value}")
        elif t.type == "cmd" and t.value[-1].isalpha():
            out.append(t.value + " ")
        else:
            out.append(str(t.value))
    return "".join(out).strip()
