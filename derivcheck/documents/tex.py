"""LaTeX documents: comments with directives, displays, `derivation` environments, macros of the preamble.

One pass over the text, without running TeX: comments, verbatim material and inline formulas are passed over, groups and
sections are counted for scopes.  Macro definitions are also read from files that `\\input`, `\\include`, `\\usepackage` or a
`% !TEX root` comment name, as far as they lie inside the document's project (the nearest folder above with a `.git`, or the
document's own folder).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field

from derivcheck.documents.collector import HEADERS, MACRO_MAKERS, Collector, Extraction, Span
from derivcheck.report.positions import LineMap

DISPLAYS = frozenset(
    name + star
    for name in ("align", "alignat", "flalign", "gather", "equation", "multline", "eqnarray", "displaymath", "dmath")
    for star in ("", "*")
)
VERBATIM = frozenset(["verbatim", "verbatim*", "Verbatim", "lstlisting", "minted", "comment", "filecontents", "filecontents*", "tikzpicture"])
SECTIONS = {"part": -1, "chapter": 0, "section": 1, "subsection": 2, "subsubsection": 3, "paragraph": 4, "subparagraph": 5}
NO_SECTION = 9

LONGEST_DEFINITION = 4_000
MOST_FILES = 40
LARGEST_FILE = 1 << 20
DIRECTIVE = re.compile(r"%+\s*derivcheck\s*:(.*)")

_TOKEN = re.compile(r"%[^\n]*|\\[A-Za-z@]+\*?|\\.|\$\$?|[{}]|\n[ \t]*\n", re.DOTALL)
_NAME = re.compile(r"\s*\{([^{}\n]*)\}")
_OPTIONAL = re.compile(r"\s*\[([^\]\n]*)\]")
_BEGIN_OR_END = re.compile(r"\\(begin|end)\s*\{([^{}\n]*)\}")
_COMMENT_LINE = re.compile(r"[ \t]*%[^\n]*\n?")
_ROOT = re.compile(r"%\s*!\s*TEX\s+root\s*=\s*(\S+)", re.IGNORECASE)
_FILE_MACROS = {"input": ".tex", "include": ".tex", "usepackage": ".sty", "RequirePackage": ".sty", "documentclass": ".cls"}
_SHORTHAND = re.compile(r".*\{\s*\\(begin|end)\s*\{([a-z]+\*?)\}\s*\}\s*\Z")
_DEFINERS = frozenset(["newcommand", "renewcommand", "providecommand", "DeclareMathOperator", "DeclarePairedDelimiter", "def", "gdef"])


def extract_tex(path: str, text: str) -> Extraction:
    """The derivations of a LaTeX document."""
    lines = LineMap(text)
    text = text.replace("\r", " ")
    collector = Collector(os.path.splitext(os.path.basename(path))[0], text)
    files = ProjectFiles(path)
    root = _ROOT.search(text[:2000])
    if root is not None:
        files.include(root[1], ".tex", collector, root.start())
    Scanner(text, collector, files).scan(0, len(text))
    return collector.finish(lambda offset: (*lines.place(offset), None), files.read)


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

    def include(self, name: str, ending: str, collector: Collector, offset: int) -> None:
        """Read the macros of a file named in the document, if it is one of the project's."""
        if not self.inside or not name or len(self.read) >= MOST_FILES:
            return
        self._root = self._root or project_root(self.folder)
        for candidate in (name, name + ending):
            relative = os.path.normpath(candidate.strip())
            full = os.path.realpath(os.path.join(self.folder, relative))
            if os.path.isfile(full):
                break
        else:
            self.read.append(os.path.normpath(name.strip() + ("" if name.strip().endswith(ending) else ending)))
            return  # a package of the TeX distribution; remembered, should the file appear
        if full in self._seen:
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
            text = data.decode("utf-8")
        except (OSError, ValueError) as error:
            collector.trouble("D097", f"{name} cannot be read: {error}", offset, None, "warning")
            return
        _read_macros(text, self, collector, offset)


def _read_macros(text: str, files: ProjectFiles, collector: Collector, offset: int) -> None:
    """The macro definitions of an included file; errors in them point at the line that includes it."""
    at = 0
    while True:
        match = _TOKEN.search(text, at)
        if match is None:
            return
        at = match.end()
        token = match[0]
        if not token.startswith("\\"):
            continue
        name = token[1:].rstrip("*")
        if name in _DEFINERS:
            at = max(at, definition_end(text, match.start()))
            collector.macro(text[match.start() : at], offset)
        elif name in _FILE_MACROS:
            for one, ending in _files_named(text, at, name):
                files.include(one, ending, collector, offset)


def _files_named(text: str, at: int, macro: str) -> list[tuple[str, str]]:
    optional = _OPTIONAL.match(text, at)
    name = _NAME.match(text, optional.end() if optional else at)
    return [(n.strip(), _FILE_MACROS[macro]) for n in name[1].split(",")] if name else []


def definition_end(text: str, start: int) -> int:
    """The end of the macro definition that begins here (its start, where it is none that can be used)."""
    match = _TOKEN.match(text, start)
    assert match is not None
    at = match.end()
    limit = min(len(text), start + LONGEST_DEFINITION)
    if match[0] in (r"\def", r"\gdef"):
        opening = text.find("{", at, limit)
        return _group_end(text, opening, limit) if opening >= 0 else start
    groups = 3 if "Paired" in match[0] else 2
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
            at = _group_end(text, at, limit)
            seen += 1
        elif c == "\\":
            token = _TOKEN.match(text, at)
            at = token.end() if token else at + 2
            seen += 1
        else:
            return start
    return at if seen == groups else start


def _group_end(text: str, start: int, limit: int) -> int:
    depth = 0
    for match in _TOKEN.finditer(text, start, limit):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
            if depth == 0:
                return match.end()
    return limit


@dataclass
class Scanner:
    """Goes over LaTeX text, or the running text of a Markdown document (`markdown`: `%` is no comment outside formulas)."""

    text: str
    collector: Collector
    files: ProjectFiles
    markdown: bool = False
    depth: int = 0
    level: int = NO_SECTION

    def scan(self, at: int, end: int) -> None:
        """Tell the collector what stands between two offsets."""
        text = self.text
        while at < end:
            match = _TOKEN.search(text, at, end)
            if match is None:
                return
            token, at = match[0], match.end()
            if token.startswith("%"):
                if self.markdown:
                    at = match.start() + 1
                else:
                    at = self._comment(match.start(), end)
            elif token == "{":
                self.depth += 1
            elif token == "}":
                self._close()
            elif token == "$$":
                at = self._delimited(match.start(), at, end, "$$")
            elif token == r"\[":
                at = self._delimited(match.start(), at, end, r"\]")
            elif token == "$":
                at = self._inline(at, end, "$")
            elif token == r"\(":
                at = self._inline(at, end, r"\)")
            elif token.startswith("\\"):
                at = self._command(token[1:], match.start(), at, end)

    def _close(self) -> None:
        self.depth = max(0, self.depth - 1)
        self.collector.leave(self.depth)

    def _command(self, name: str, start: int, at: int, end: int) -> int:
        text, plain = self.text, name.rstrip("*")
        if name == "begin":
            return self._environment(start, at, end)
        if name == "end":
            closed = _NAME.match(text, at, end)
            if closed is None:
                return at
            if closed[1] != "document":
                self._close()
            return end if closed[1] == "document" and not self.markdown else closed.end()
        if plain in SECTIONS and not self.markdown:
            self.heading(SECTIONS[plain])
        elif plain in _DEFINERS:
            stop = definition_end(text, start)
            if stop > start:
                self.collector.macro(text[start:stop], start)
                return stop
        elif plain in _FILE_MACROS and not self.markdown:
            for one, ending in _files_named(text, at, plain):
                self.files.include(one, ending, self.collector, start)
        elif plain in ("verb", "lstinline") and at < end and not self.markdown:
            closing = text.find(text[at], at + 1, end)
            return closing + 1 if closing >= 0 else at
        elif "\\" + name in self.collector.macros:
            return self._shorthand(name, start, at, end)
        elif name == "iffalse":
            closing = text.find(r"\fi", at, end)
            return closing + 3 if closing >= 0 else end
        return at

    def _shorthand(self, name: str, start: int, at: int, end: int) -> int:
        """A macro that stands for `\\begin` of a display (`\\be … \\ee`)."""
        opens = _SHORTHAND.match(self.collector.macros["\\" + name][0])
        if opens is None or opens[1] != "begin" or opens[2] not in DISPLAYS:
            return at
        for match in _TOKEN.finditer(self.text, at, end):
            if match[0].startswith("\n"):
                break
            closes = _SHORTHAND.match(self.collector.macros.get(match[0], ("", 0))[0])
            if closes is not None and closes[1] == "end" and closes[2] == opens[2]:
                self.collector.display(at, match.start(), opens[2])
                return match.end()
        return self._unclosed(f"\\{name}", start, at, end)

    def heading(self, level: int) -> None:
        """A section begins."""
        self.level = level
        self.collector.section(level)

    def _environment(self, start: int, at: int, end: int) -> int:
        text = self.text
        named = _NAME.match(text, at, end)
        if named is None:
            return at
        name = named[1]
        at = named.end()
        if name in DISPLAYS:
            closing = self._matching_end(name, at, end)
            if closing is None:
                return self._unclosed(f"\\begin{{{name}}}", start, at, end)
            if name.startswith("alignat"):
                columns = _NAME.match(text, at, closing[0])
                at = columns.end() if columns else at
            self.collector.display(at, closing[0], name)
            return closing[1]
        if name == "derivation":
            closing = self._matching_end(name, at, end)
            if closing is None:
                return self._unclosed(r"\begin{derivation}", start, at, end)
            optional = _OPTIONAL.match(text, at, closing[0])
            self.collector.block(optional[1] if optional else None, optional.end() if optional else at, closing[0])
            return closing[1]
        if name in VERBATIM:
            closing_at = text.find(f"\\end{{{name}}}", at, end)
            return closing_at + len(f"\\end{{{name}}}") if closing_at >= 0 else end
        if name != "document":
            self.depth += 1
        return at

    def _matching_end(self, name: str, at: int, end: int) -> tuple[int, int] | None:
        """Where the environment's body ends and where its `\\end` does; None where it is not closed (in its paragraph)."""
        for match in _TOKEN.finditer(self.text, at, end):
            if match[0].startswith("\n") and name != "derivation":
                return None
            if match[0] in (r"\end", r"\begin"):
                which = _BEGIN_OR_END.match(self.text, match.start(), end)
                if which is None:
                    continue
                if which[2] == name:
                    return (which.start(), which.end()) if which[1] == "end" else None
                if which[2] == "document":
                    return None
        return None

    def _delimited(self, start: int, at: int, end: int, closing: str) -> int:
        for match in _TOKEN.finditer(self.text, at, end):
            if match[0] == closing:
                self.collector.display(at, match.start(), "equation")
                return match.end()
            if match[0].startswith("\n"):
                break
        return self._unclosed(r"\[" if closing == r"\]" else "$$", start, at, end)

    def _unclosed(self, what: str, start: int, at: int, end: int) -> int:
        if self.collector.started or what == r"\begin{derivation}":
            self.collector.trouble("D095", f"{what} is not closed", start, "what follows it up to the next blank line is not checked")
        blank = re.compile(r"\n[ \t]*\n").search(self.text, at, end)
        return blank.end() if blank else end

    def _inline(self, at: int, end: int, closing: str) -> int:
        """Past an inline formula; one that is not closed in its paragraph is no formula."""
        for match in _TOKEN.finditer(self.text, at, end):
            if match[0] == closing:
                return match.end()
            if match[0].startswith("\n") or match[0] == "$$":
                break
        return at

    def _comment(self, start: int, end: int) -> int:
        """A comment; one that holds a directive, with the comment lines that continue it."""
        text = self.text
        line_end = _line_end(text, start, end)
        match = DIRECTIVE.match(text, start, line_end)
        if match is None:
            return line_end
        spans = [Span(match.start(1), line_end)]
        block = not match[1].strip()
        while True:
            following = _COMMENT_LINE.match(text, line_end + 1, end) if line_end < end else None
            if following is None or DIRECTIVE.match(text, following.start() + _indent(following[0]), end):
                break
            stop = _line_end(text, following.start(), end)
            content = Span(following.start() + _indent(following[0]) + 1, stop)
            if not block and not _continues(text, spans, content):
                break
            spans.append(content)
            line_end = stop
        if self.collector.directive(spans, self.depth, self.level):
            self._section_opened_by(line_end, end)
        return line_end

    def _section_opened_by(self, at: int, end: int) -> None:
        """A scope that stands right before a section's heading is that section's."""
        skipped = re.compile(r"(?:\s|%[^\n]*(?:\n|\Z))*").match(self.text, at, end)
        heading = re.compile(r"\\([a-z]+)\*?\s*[\[{]").match(self.text, skipped.end() if skipped else at, end)
        if heading is not None and heading[1] in SECTIONS:
            self.collector.scope_of_next_section(SECTIONS[heading[1]])


def _line_end(text: str, at: int, end: int) -> int:
    stop = text.find("\n", at, end)
    return end if stop < 0 else stop


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _continues(text: str, spans: list[Span], following: Span) -> bool:
    """Whether a comment line goes on with the directive above it: that is open, or the line is a statement itself."""
    so_far = "".join(text[s.start : s.end] for s in spans).rstrip()
    word = re.match(r"\s*(\\?[A-Za-z]+)", text[following.start : following.end])
    if word and word[1] in (*HEADERS, *MACRO_MAKERS):
        return True
    return so_far.endswith((",", "+", "-", "=", "<", ">", "\\le", "\\ge", "\\in")) or so_far.count("{") > so_far.count("}") or so_far.count("\\begin") > so_far.count("\\end")
