"""The user's macros, expanded in formulas that are shown (`render`).  Reading for the judge is `language/macros.py`; here a macro
that can't be followed is left as it stands, and the formula is then shown as its source."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from derivcheck.documents.extract import KINDS, extract
from derivcheck.report.model import FileReport

MOST_EXPANSIONS = 500
LONGEST = 20_000

_DEFINITION = re.compile(r"\\(?:re|provide)?newcommand\b|\\DeclareMathOperator\b|\\g?def\b|\\let\b")
_COMMAND = re.compile(
    r"\\(?:re|provide)?newcommand\*?\s*\{?\s*(\\[A-Za-z]+)\s*\}?\s*(?:\[(\d)\])?\s*(?:\[([^\]]*)\])?\s*\{(.*)\}\s*\Z", re.DOTALL
)
_OPERATOR = re.compile(r"\\DeclareMathOperator(\*?)\s*\{?\s*(\\[A-Za-z]+)\s*\}?\s*\{(.*)\}\s*\Z", re.DOTALL)
_DEF = re.compile(r"\\g?def\s*(\\[A-Za-z]+)((?:#\d)*)\s*\{(.*)\}\s*\Z", re.DOTALL)
_LET = re.compile(r"\\let\s*(\\[A-Za-z]+)\s*=?\s*(\\[A-Za-z]+)\s*\Z")
_NAME = re.compile(r"\\[A-Za-z]+")


@dataclass(frozen=True)
class Macro:
    """`default` is the value of an optional first argument."""

    arguments: int
    default: str | None
    body: str


def macros_of(file: FileReport) -> dict[str, Macro]:
    """The macros that a file's formulas may use."""
    text = file.text or ""
    kind = KINDS.get(os.path.splitext(file.path)[1].lower(), "deriv")
    if kind != "deriv":
        text = extract(file.path, kind, text).text
    return definitions(text)


def definitions(text: str) -> dict[str, Macro]:
    """The definitions that stand in a text.  A macro with several meanings is left out: which one holds where is not known here."""
    from derivcheck.documents.preamble import definition_end

    found: dict[str, Macro] = {}
    several: set[str] = set()

    def add(name: str, macro: Macro) -> None:
        if found.setdefault(name, macro) != macro:
            several.add(name)

    for match in _DEFINITION.finditer(text):
        one = text[match.start() : definition_end(text, match.start())]
        command, operator, plain, alias = _COMMAND.match(one), _OPERATOR.match(one), _DEF.match(one), _LET.match(one)
        if command is not None:
            add(command[1], Macro(int(command[2] or 0), command[3], command[4]))
        elif operator is not None:
            add(operator[2], Macro(0, None, f"\\operatorname{operator[1]}{{{operator[3]}}}"))
        elif plain is not None:
            add(plain[1], Macro(len(plain[2]) // 2, None, plain[3]))
        elif alias is not None:
            add(alias[1], found.get(alias[2], Macro(0, None, alias[2])))
    return {name: macro for name, macro in found.items() if name not in several}


def expand(latex: str, macros: Mapping[str, Macro]) -> str:
    """The formula with the macros expanded, as far as that goes."""
    if not macros:
        return latex
    at = 0
    for _ in range(MOST_EXPANSIONS):
        match = next((m for m in _NAME.finditer(latex, at) if m[0] in macros), None)
        if match is None:
            return latex
        macro = macros[match[0]]
        arguments, end = _arguments(latex, match.end(), macro)
        if arguments is None:
            return latex
        body = macro.body
        for number, argument in enumerate(arguments, 1):
            body = body.replace(f"#{number}", argument)
        latex = latex[: match.start()] + "{" + body + "}" + latex[end:]
        at = match.start()
        if len(latex) > LONGEST:
            return latex
    return latex


def _arguments(latex: str, at: int, macro: Macro) -> tuple[list[str] | None, int]:
    got: list[str] = []
    for number in range(macro.arguments):
        while at < len(latex) and latex[at].isspace():
            at += 1
        if number == 0 and macro.default is not None:
            closing = latex.find("]", at) if latex[at : at + 1] == "[" else -1
            got.append(latex[at + 1 : closing] if closing >= 0 else macro.default)
            at = closing + 1 if closing >= 0 else at
        elif latex[at : at + 1] == "{":
            end = _group_end(latex, at)
            got.append(latex[at + 1 : end - 1])
            at = end
        elif at < len(latex):
            token = _NAME.match(latex, at)
            end = token.end() if token else at + 1
            got.append(latex[at:end])
            at = end
        else:
            return None, at
    return got, at


def _group_end(latex: str, at: int) -> int:
    depth = 0
    i = at
    while i < len(latex):
        if latex[i] == "\\":
            i += 1
        elif latex[i] == "{":
            depth += 1
        elif latex[i] == "}":
            depth -= 1
            if depth == 0:
                return i + 1
        i += 1
    return len(latex)
