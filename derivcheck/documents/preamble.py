"""Macro definitions of LaTeX documents: where they end, what they come to in the notation, and the project's files that hold them.

The notation knows `\\newcommand` and some of its kin (`language/macros.py`).  What else authors define macros with is written as these:
`\\DeclareRobustCommand`, `\\NewDocumentCommand` with an optional first and mandatory further arguments, names with `@`.  Definitions
of environments and macros that stand for a display are told apart, since the scanner has to know them.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Protocol

LONGEST_DEFINITION = 4_000
MOST_FILES = 40
LARGEST_FILE = 1 << 20

DEFINERS = frozenset(
    "newcommand renewcommand providecommand DeclareRobustCommand DeclareMathOperator DeclarePairedDelimiter def gdef let "
    "NewDocumentCommand RenewDocumentCommand ProvideDocumentCommand DeclareDocumentCommand "
    "newenvironment renewenvironment lstnewenvironment DefineVerbatimEnvironment".split()
)
"""The macros that definitions begin with, without backslash and star."""

FILE_MACROS = {"input": ".tex", "include": ".tex", "subfile": ".tex", "usepackage": ".sty", "RequirePackage": ".sty", "documentclass": ".cls"}
"""The macros that name a file, with the ending that may be left out."""

TOKEN = re.compile(r"%[^\n]*|\\[A-Za-z@]+\*?|\\.|\$\$?|[{}]|\n[ \t]*\n", re.DOTALL)
NAME = re.compile(r"\s*\{([^{}\n]*)\}")
OPTIONAL = re.compile(r"\s*\[([^\]\n]*)\]")

_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*(?:\n[ \t]*|\Z)")
_AT_NAME = re.compile(r"\\[A-Za-z@]*@[A-Za-z@]*")
_DOCUMENT_COMMAND = re.compile(r"\\(?:New|Renew|Provide|Declare)DocumentCommand\s*\{?\s*(\\[A-Za-z]+)\s*\}?\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_OPTIONAL_SPEC = re.compile(r"o|O\s*\{([^{}]*)\}")
_LET = re.compile(r"\\let\s*(\\[A-Za-z@]+)\s*=?\s*(\\[A-Za-z@]+|\\.|\S)")
_NEW_ENVIRONMENT = re.compile(r"\\(?:(?:re)?newenvironment\*?|(lstnewenvironment|DefineVerbatimEnvironment))\s*\{([^{}]*)\}")
_ENDS_OF_ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{([A-Za-z]+\*?)\}")
_UNBRACED = re.compile(r"[ \t]+([^\s{}\\%]+)")


class Definitions(Protocol):
    """Who wants to hear of definitions: a collector."""

    def macro(self, definition: str, offset: int, group: int = 0) -> None:
        """A definition as it stands in a file."""

    def trouble(self, code: str, message: str, offset: int, help: str | None = None, severity: str = "error") -> None:
        """Something about a file."""


def definition_end(text: str, start: int) -> int:
    """The end of the definition that begins here (its start, where it is none that can be used)."""
    match = TOKEN.match(text, start)
    assert match is not None
    at = match.end()
    limit = min(len(text), start + LONGEST_DEFINITION)
    if match[0] in (r"\def", r"\gdef"):
        opening = text.find("{", at, limit)
        return group_end(text, opening, limit) if opening >= 0 else start
    if match[0] == r"\let":
        whole = _LET.match(text, start, limit)
        return whole.end() if whole else start
    groups = 3 if "Paired" in match[0] or "Document" in match[0] or "nvironment" in match[0] else 2
    seen = 0
    while at < limit and seen < groups:
        c = text[at]
        if c.isspace() or c == "*":
            at += 1
        elif c == "%":
            at = text.find("\n", at, limit) + 1 or limit
        elif c == "[":
            at = text.find("]", at, limit) + 1 or limit
        elif c == "{":
            at = group_end(text, at, limit)
            seen += 1
        elif c == "\\":
            token = TOKEN.match(text, at)
            at = token.end() if token else at + 2
            seen += 1
        else:
            return start
    return at if seen == groups else start


def group_end(text: str, start: int, limit: int) -> int:
    """Behind the `}` of the group that begins here; the limit where it has none."""
    depth = 0
    for match in TOKEN.finditer(text, start, limit):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
            if depth == 0:
                return match.end()
    return limit


def in_notation(definition: str) -> str:
    """A macro's definition on one line, written with what the notation knows; as it is where that can't be done."""
    line = " ".join(_COMMENT.sub(r"\1", definition).split()).replace(r"\xspace", "")
    line = _AT_NAME.sub(lambda m: m[0].replace("@", "AT"), line)
    line = re.sub(r"^\\DeclareRobustCommand\b", lambda m: r"\newcommand", line)
    document = _DOCUMENT_COMMAND.match(line)
    if document is None:
        return line
    specification = document[2].replace("+", "").strip()
    optional = _OPTIONAL_SPEC.match(specification)
    mandatory = specification[optional.end() if optional else 0 :].replace(" ", "")
    if mandatory.strip("m") or "NoValue" in line:
        return line
    number = len(mandatory) + (optional is not None)
    arguments = (f"[{number}]" if number else "") + (f"[{optional[1] or ''}]" if optional else "")
    return f"\\newcommand{{{document[1]}}}{arguments}" + line[document.end() :].strip()


def let_target(line: str) -> tuple[str, str] | None:
    """The two names of a `\\let`."""
    match = _LET.match(line)
    return (match[1], match[2]) if match else None


def new_environment(definition: str) -> tuple[str, str] | None:
    """The name of a defined environment, and the environment that it opens and closes (`\\newenvironment{eqs}{\\begin{align}}{\\end{align}}`)."""
    match = _NEW_ENVIRONMENT.match(definition)
    if match is None:
        return None
    if match[1]:
        return match[2], "verbatim"
    ends = _ENDS_OF_ENVIRONMENT.findall(definition, match.end())
    whole = len(ends) == 2 and ends[0][1] == ends[1][1] and ends[1][0] == "end"
    return match[2], ends[0][1] if whole else match[2]


def project_root(folder: str) -> str:
    """The nearest folder above that is a repository's root, or the folder itself."""
    here = os.path.realpath(folder)
    while True:
        if any(os.path.exists(os.path.join(here, mark)) for mark in (".git", ".hg", ".derivcheck-root")):
            return here
        above = os.path.dirname(here)
        if above == here:
            return os.path.realpath(folder)
        here = above


def files_named(text: str, at: int, macro: str) -> list[tuple[str, str]]:
    """What a macro of `FILE_MACROS` names: (name, ending)."""
    optional = OPTIONAL.match(text, at)
    name = NAME.match(text, optional.end() if optional else at)
    if name is None:
        bare = _UNBRACED.match(text, at) if macro == "input" else None
        return [(bare[1].strip('"'), ".tex")] if bare else []
    if macro == "documentclass" and name[1].strip() == "subfiles" and optional is not None:
        return [(optional[1].strip(), ".tex")]
    return [(n.strip().strip('"'), FILE_MACROS[macro]) for n in name[1].split(",")]


@dataclass
class ProjectFiles:
    """Files that a document reads macros from.  `read` lists them relative to the document's folder."""

    path: str
    read: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder = os.path.dirname(self.path) or "."
        self.inside = os.path.isfile(self.path)  # standard input and texts of the API have no folder
        self._root: str | None = None
        self._seen = {os.path.realpath(self.path)}
        # TeX looks from the main document's folder; authors also write names as seen from the file
        self._folders = [""]
        self._reached = False  # the place in the main document at which this one stands: what follows there is not in force here

    def include(self, name: str, ending: str, collector: Definitions, offset: int) -> None:
        """Read the macros of a file named in the document, if it is one of the project's."""
        self._reached = False
        self._include(name, ending, collector, offset)

    def _include(self, name: str, ending: str, collector: Definitions, offset: int) -> None:
        if not self.inside or not name or len(self.read) >= MOST_FILES:
            return
        self._root = self._root or project_root(self.folder)
        for candidate in (os.path.join(folder, name + more) for folder in self._folders for more in ("", ending)):
            relative = os.path.normpath(candidate)
            full = os.path.realpath(os.path.join(self.folder, relative))
            if os.path.isfile(full):
                break
        else:
            self.read.append(os.path.normpath(name + ("" if name.endswith(ending) else ending)))
            return  # a package of the TeX distribution; remembered, should the file appear
        if full in self._seen:
            self._reached = self._reached or full == os.path.realpath(self.path)
            return
        self._seen.add(full)
        if os.path.commonpath([full, self._root]) != self._root:
            collector.trouble("D097", f"{name} lies outside of the project and is not read", offset, None, "warning")
            return
        self.read.append(relative)
        try:
            with open(full, "rb") as stream:
                data = stream.read(LARGEST_FILE + 1)
            if len(data) > LARGEST_FILE:
                raise ValueError("it is larger than 1 MB")
        except (OSError, ValueError) as error:
            collector.trouble("D097", f"{name} cannot be read: {error}", offset, None, "warning")
            return
        folder = os.path.dirname(relative)
        if folder not in self._folders:
            self._folders.append(folder)
        # a character that is none becomes an error where a macro with it is used, not where it stands in a comment
        self._definitions(data.decode("utf-8", "replace"), collector, offset)

    def _definitions(self, text: str, collector: Definitions, offset: int) -> None:
        """The definitions of an included file; errors in them point at the line that includes it."""
        at = 0
        while not self._reached:
            match = TOKEN.search(text, at)
            if match is None:
                return
            at = match.end()
            if not match[0].startswith("\\"):
                continue
            name = match[0][1:].rstrip("*")
            if name in DEFINERS:
                at = max(at, definition_end(text, match.start()))
                collector.macro(text[match.start() : at], offset)
            elif name in FILE_MACROS:
                for one, ending in files_named(text, at, name):
                    self._include(one, ending, collector, offset)
            elif name in ("import", "subimport"):
                for one in imported(text, at):
                    self._include(one, ".tex", collector, offset)


def imported(text: str, at: int) -> list[str]:
    """What `\\import{folder}{file}` names."""
    folder = NAME.match(text, at)
    name = NAME.match(text, folder.end()) if folder else None
    return [os.path.join(folder[1].strip(), name[1].strip())] if folder and name else []
