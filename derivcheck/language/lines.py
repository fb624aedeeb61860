r"""The lines of a `.deriv` file: which one starts a statement, which one continues what precedes it.

A keyword counts only with what it takes (`as NAME \to …`, `proof` alone on its line), so that a formula may start with the
letters of one.  A statement goes on over a line end while a bracket, brace or environment is open, after an operator, a relation
or a comma, and where the next line starts with a relation; blank lines and keyword lines end everything.  A line with nothing but a
comment does not count at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from derivcheck.language import symbols as S
from derivcheck.language.macros import MacroTable
from derivcheck.language.tokens import Token

_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%.*")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_KEYWORD = re.compile(
    r"\s*(derivation|title|source|tags|let|define|assume|vary|use|show|as|convention|case|induction|suppose|proof|rubric)(?![A-Za-z0-9_^'])"
)
_DEFINER = re.compile(r"\s*\\(?:newcommand|renewcommand|providecommand|DeclareMathOperator|DeclarePairedDelimiter|def|gdef|let)(?![A-Za-z])")
_LEAD = re.compile(r"(?:\s|&|\$|\\\[|\\\(|\\\\(?:\[[^\]]*\])?|\\q?quad(?![A-Za-z])|\\[,;:! ]|\{\})*")
_TRAIL = re.compile(r"(?:&|\$|\\\]|\\\)|\\\\(?:\[[^\[\]]{0,40}\])?|\\nonumber|\\notag|\\q?quad|\\[,;:! ])\Z")
_FIRST = re.compile(r"\\not\s*=|:=|\\[A-Za-z]+|\\.|.", re.DOTALL)
_LAST = re.compile(r"(\\[A-Za-z]+|\\.|\\text\{\s*(?:and|or)\s*\}|[^\\])\Z", re.DOTALL)
_WORD_END = re.compile(r"\\text\{\s*(?:and|or)\s*\}\Z")
_BRACKETS = re.compile(
    r"\\(?:left|right)\s*(?:\\[A-Za-z]+|\\.|.)|\\(?:begin|end)\s*\{[^{}]*\}|\\(?:l|r)(?:floor|ceil|angle|vert|Vert)(?![A-Za-z])"
    r"|\\(?P<raw>[A-Za-z]+)\s*\{|\\.|[()\[\]{}]",
    re.DOTALL,
)

_ENDS_OPEN = frozenset("=<>+-*/,:") | {
    *(r for r in S.RELATIONS),
    *(o for o in S.OPS if o != "\\dots"),
    *(k for k, v in S.SYNONYMS.items() if v in S.RELATIONS or (v in S.OPS and v != "\\dots") or v in "*/:="),
    *(k for k, v in S.UNICODE.items() if v in S.RELATIONS or (v in S.OPS and v != "\\dots") or v in "+-*/"),
}
STARTS_RELATION = frozenset("=<>") | {
    ":=",
    "\\not=",
    *(r for r in S.RELATIONS),
    *(k for k, v in S.SYNONYMS.items() if v in S.RELATIONS),
    *(k for k, v in S.UNICODE.items() if v in S.RELATIONS),
    "\\xlongequal",
    "\\xRightarrow",
    "\\xLeftrightarrow",
    "\\xLeftarrow",
}

_LINE_KEYWORDS = frozenset(["derivation", "title", "source", "tags", "use", "convention", "proof"])
_NAME = r"[\w./:-]+"
_TAKES = {
    "derivation": re.compile(r"\s+[^\\=<>^${}+*]+\Z"),
    "use": re.compile(rf"\s+{_NAME}(?:\s*,\s*{_NAME})*\s*,?\s*\Z"),
    "convention": re.compile(rf"\s+{_NAME}(?:[\s,]+{_NAME})*\s*\Z"),
    "proof": re.compile(r"\s*:?\s*\Z"),
    "rubric": re.compile(r"\s*:?\s*\Z|\s+[-+]?[0-9]"),
    "induction": re.compile(r"\s+on\s*\S"),
    "as": re.compile(r"\s*(?:\\?[A-Za-z]+|[^\x00-\x7f])(?:[_^'][^=<>]*?)?\s*(?:\\to|\\rightarrow|\\longrightarrow|→|->)(?![A-Za-z])"),
    "vary": re.compile(r"\s*[^=<>\s+*/^_][^=<>]*\Z"),
}
_NEVER_ALONE = frozenset(["let", "define", "assume", "show", "vary", "suppose", "case"])
_TEXT_START = re.compile(r"\s+[^=<>^_+*/&|]")
_FORMULA_START = re.compile(r"\s+[^=<>^_*/!,;:)\]}&']|[\\$]")


def keyword_of(line: str) -> tuple[str, int] | None:
    """The keyword that opens the line (comments gone), with the offset behind it, if it has what it takes."""
    m = _KEYWORD.match(line)
    if m is None:
        return None
    word, rest = m.group(1), line[m.end() :]
    if not rest.strip() and word in _NEVER_ALONE:
        return word, m.end()  # an error, and not the product of its letters
    test = _TAKES.get(word) or (_TEXT_START if word in ("title", "source", "tags") else _FORMULA_START)
    if not test.match(rest):
        return None
    if starts_with_relation(rest) or (word == "vary" and any(r in rest for r in ("\\le", "\\ge", "\\in", "\\ne"))):
        return None
    return word, m.end()


def starts_with_relation(line: str, macros: MacroTable | None = None) -> bool:
    """Whether the first sign of the line is a relation or an arrow."""
    pos = _LEAD.match(line).end()  # type: ignore[union-attr]
    m = _FIRST.match(line, pos)
    if m is None:
        return False
    first = re.sub(r"\s", "", m.group())
    if first in ("\\overset", "\\stackrel", "\\underset"):
        stop = m.end()
        for _ in range(2):
            brace = re.compile(r"\s*\{").match(line, stop)
            if brace is None:
                return _FIRST.match(line, stop) is not None and line[stop : stop + 1] in "=<>" and stop < len(line)
            inside = brace.end()
            depth, stop = 1, inside
            while stop < len(line) and depth:
                depth += {"{": 1, "}": -1}.get(line[stop], 0)
                stop += 1
        return starts_with_relation(line[inside : stop - 1], macros)
    if macros is not None and first in macros.macros:
        body = macros.macros[first].body
        return bool(body) and body[0].type in ("char", "cmd", "raw") and _token_relation(body[0])
    return first in STARTS_RELATION


def _token_relation(t: Token) -> bool:
    if t.type == "raw":
        return t.value[2] in ("\\overset", "\\stackrel")
    return t.value in STARTS_RELATION


def ends_open(line: str, macros: MacroTable | None = None) -> bool:
    """Whether the line ends in an operator, a relation or a comma."""
    line = line.rstrip()
    for _ in range(50):
        trail = _TRAIL.search(line, max(0, len(line) - 60))
        if trail is None:
            break
        line = line[: trail.start()].rstrip()
    m = _LAST.search(line, max(0, len(line) - 60))
    if m is None:
        return bool(_WORD_END.search(line, max(0, len(line) - 60)))
    last = m.group(1)
    before = line[: m.start()].rstrip()
    if last in "+-*" and before[-1:] in ("^", "_"):
        return False
    if last.startswith("\\") and before[-1:] in ("^", "_"):
        return False
    if macros is not None and last in macros.macros and macros.macros[last].parameters == 0:
        body = macros.macros[last].body
        return bool(body) and body[-1].value in _ENDS_OPEN if body and isinstance(body[-1].value, str) else False
    return last in _ENDS_OPEN or bool(_WORD_END.search(line, max(0, len(line) - 60)))


_TURNED = re.compile(
    r"(?:\\(?:not)?in|\\subset|\\cup|\\cap|\\setminus|[∈∉∪∩∖])\s*[\[\](][^\[\]()]*,[^\[\]()]*\["
    r"(?=\s*(?:\\(?:[,;:!]|(?:iff|implies|impliedby|land|lor|wedge|vee|cup|cap|setminus|q?quad|text|label|by|forall|exists|Rightarrow|Leftrightarrow)\b)|[^\w\\{(\[]|$))"
)
"""`\\in [0, 1[`: a closed interval, though its brackets say otherwise."""


class Openings:
    """What is open at the end of the lines fed so far."""

    def __init__(self) -> None:
        self.stack: list[str] = []

    def feed(self, line: str) -> None:
        stack = self.stack
        if "[" in line:
            line = _TURNED.sub("", line)
        for m in _BRACKETS.finditer(line):
            sign = m.group()
            if stack and stack[-1] == "raw{":
                if sign.endswith("{"):
                    stack.append("raw{")
                elif sign == "}":
                    stack.pop()
                continue
            raw = m.group("raw")
            if raw is not None:
                stack.append("raw{" if "\\" + raw in S.RAW else "{")
            elif sign[0] in "([" or sign == "{" or sign.startswith(("\\left", "\\begin", "\\lfloor", "\\lceil", "\\langle", "\\lvert", "\\lVert")):
                stack.append("{" if sign == "{" else "(")
            elif sign == "\\{":
                stack.append("(")
            elif sign == "}":
                while stack and stack[-1] == "(":
                    stack.pop()
                if stack:
                    stack.pop()
            elif sign == "\\}" or sign[0] in ")]" or sign.startswith(("\\right", "\\end", "\\rfloor", "\\rceil", "\\rangle", "\\rvert", "\\rVert")):
                if stack and stack[-1] == "(":
                    stack.pop()

    def __bool__(self) -> bool:
        return bool(self.stack)


def strip_comment(line: str) -> str:
    """The line without its comment."""
    return _COMMENT.sub(r"\1", line) if "%" in line else line


def classify(text: str, start: int, end: int) -> Iterator[Token]:
    """The lines of a file as terminals of `deriv.lark`; values are the offsets behind the keyword."""
    previous = ""  # what the line above belongs to: '', 'formula', 'line', 'chain', 'macro', 'rubric', 'stray'
    open_ = Openings()
    hangs = False
    pos = start
    while pos < end:
        m = _LINE.match(text, pos, end)
        assert m is not None
        stop = m.end()
        raw = m.group().rstrip("\r\n")
        line = strip_comment(raw)
        here, pos = pos, stop
        if not line.strip(" \t\f\v\u00a0\u200b\ufeff"):
            if line == raw:  # blank, and no comment
                previous = ""
                yield Token("BLANK", here, here, here)
            continue
        if line[:1] == "\ufeff":
            line = " " + line[1:]
        length = here + len(line)
        if previous == "rubric":
            yield Token("MORE", here, here, length)
            continue
        found = keyword_of(line)
        definer = _DEFINER.match(line)
        if definer and found is None:
            previous = "macro"
            open_ = Openings()
            open_.feed(line)
            yield Token("MACRO", here, here, length)
            continue
        if found is not None:
            word, offset = found
            begin = here + len(line) - len(line.lstrip())
            if word in _LINE_KEYWORDS:
                previous = "line"
            elif word == "rubric":
                previous = "rubric"
            else:
                previous = "formula"
                open_ = Openings()
                open_.feed(line[offset:])
                hangs = ends_open(line[offset:])
            yield Token(word.upper(), here + offset, begin, length)
            continue
        relation = starts_with_relation(line)
        if previous in ("formula", "macro") and (open_ or (previous == "formula" and (hangs or relation))):
            open_.feed(line)
            hangs = ends_open(line)
            yield Token("MORE", here, here, length)
        elif previous in ("chain", "stray"):
            yield Token("MORE", here, here, length)
        elif relation:
            previous = "stray"
            yield Token("STRAY", here, here, length)
        else:
            previous = "chain"
            yield Token("LINE", here, here, length)


