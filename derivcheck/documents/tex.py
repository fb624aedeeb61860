"""LaTeX documents: comments with directives, displays, `derivation` environments, macros of the preamble.

One pass over the text, without running TeX: comments, verbatim material and inline formulas are passed over, groups and
sections are counted for scopes.  Macro definitions are also read from files that `\\input`, `\\include`, `\\usepackage` or a
`% !TEX root` comment name (`preamble.py`), as far as they lie inside the document's project (the nearest folder above with a `.git`,
or the document's own folder).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field

from derivcheck.documents.collector import HEADERS, MACRO_MAKERS, Collector, Extraction, Span
from derivcheck.documents.preamble import (
    DEFINERS,
    FILE_MACROS,
    NAME,
    OPTIONAL,
    TOKEN,
    ProjectFiles,
    definition_end,
    files_named,
    group_end,
    imported,
)
from derivcheck.report.positions import LineMap

DISPLAYS = frozenset(
    name + star
    for name in ("align", "alignat", "flalign", "gather", "equation", "multline", "eqnarray", "displaymath", "dmath", "xalignat", "IEEEeqnarray")
    for star in ("", "*")
)
VERBATIM = frozenset(
    "verbatim verbatim* Verbatim Verbatim* BVerbatim LVerbatim verbatimtab lstlisting minted tcblisting pycode comment filecontents filecontents* tikzpicture".split()
)
SECTIONS = {"part": -1, "chapter": 0, "section": 1, "subsection": 2, "subsubsection": 3, "paragraph": 4, "subparagraph": 5}
NO_SECTION = 9

DIRECTIVE = re.compile(r"%+\s*derivcheck\s*:(.*)")

_BEGIN_OR_END = re.compile(r"\\(begin|end)\s*\{([^{}\n]*)\}")
_COMMENT_LINE = re.compile(r"[ \t]*%[^\n]*\n?")
_ROOT = re.compile(r"%\s*!\s*TEX\s+root\s*=\s*(\S+)", re.IGNORECASE)
_SHORTHAND = re.compile(r".*\{\s*\\(begin|end)\s*\{([a-z]+\*?)\}\s*\}\s*\Z")
_WHOLE = re.compile(
    r"\\(?:def\s*\\[A-Za-z]+\s*#1\s*(?P<closing>\\[A-Za-z]+)?|(?:re)?newcommand\*?\s*\{?\s*\\[A-Za-z]+\s*\}?\s*\[1\])\s*"
    r"\{\s*\\begin\s*\{(?P<name>[a-z]+\*?)\}\s*#1\s*\\end\s*\{(?P=name)\}\s*\}\s*\Z"
)
_IN_DISPLAY = re.compile(r"(?:(?<!\\)%+|<!--)\s*(derivcheck\s*:)")
_DEFINER = re.compile(r"\\([a-zA-Z]*(?:command|def|let|Command|Operator|Delimiter))(?![A-Za-z])")
_CODE = re.compile(r"(?:\[[^\]\n]*\])?(?:\{[a-z+]*\}(?=[^\s\w]))?")
_COLUMNS = re.compile(r"\s*(?:\[[^\]\n]*\])?\s*\{(?:[^{}\n]|\{[^{}\n]*\})*\}")
_EMPHEQ = re.compile(r"\s*(?:\[[^\]\n]*\])?\s*\{([a-z]+\*?)(?:=\d+)?\}")
_ESCAPED = re.compile(r"(?:(?!\n[ \t]*\n|\\\\\[).)*?(?<!\\)\\\\\]", re.DOTALL)
_PATH = re.compile(r"\s*\{(?:[^{}\n]|\{[^{}\n]*\})*\}")
_ARGUMENT_BEFORE = re.compile(r"(?:[}\]]|\\[A-Za-z@]+\*?)[ \t]*\Z")


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


@dataclass
class Scanner:
    """Goes over LaTeX text, or the running text of a Markdown document (`markdown`: `%` is no comment outside formulas)."""

    text: str
    collector: Collector
    files: ProjectFiles
    markdown: bool = False
    depth: int = 0
    level: int = NO_SECTION
    groups: list[int] = field(default_factory=list)  # the depths of groups proper: braces around an argument are none

    def scan(self, at: int, end: int) -> None:
        """Tell the collector what stands between two offsets."""
        text = self.text
        while at < end:
            match = TOKEN.search(text, at, end)
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
                if not _ARGUMENT_BEFORE.search(text, max(0, match.start() - 40), match.start()):
                    self.groups.append(self.depth)
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
            elif token == r"\\" and self.markdown and text.startswith("[", at):
                at = self._escaped(at + 1, end)
            elif token.startswith("\\"):
                at = self._command(token[1:], match.start(), at, end)

    def _close(self) -> None:
        self.depth = max(0, self.depth - 1)
        while self.groups and self.groups[-1] > self.depth:
            self.groups.pop()
        self.collector.leave(self.depth)

    def _command(self, name: str, start: int, at: int, end: int) -> int:
        text, plain = self.text, name.rstrip("*")
        if name == "begin":
            return self._environment(start, at, end)
        if name == "end":
            closed = NAME.match(text, at, end)
            if closed is None:
                return at
            if closed[1] != "document":
                self._close()
            return end if closed[1] == "document" and not self.markdown else closed.end()
        if plain in SECTIONS and not self.markdown:
            self.heading(SECTIONS[plain])
        elif plain in DEFINERS:
            stop = definition_end(text, start)
            if stop > start:
                self.collector.macro(text[start:stop], start, self.groups[-1] if self.groups else 0)
                return stop
        elif plain in FILE_MACROS and not self.markdown:
            for one, ending in files_named(text, at, plain):
                self.files.include(one, ending, self.collector, start)
        elif plain in ("import", "subimport") and not self.markdown:
            for one in imported(text, at):
                self.files.include(one, ".tex", self.collector, start)
        elif plain in ("verb", "lstinline", "mintinline") and not self.markdown:
            return self._inline_code(plain, at, end)
        elif plain in ("url", "path", "href", "nolinkurl", "includegraphics") and not self.markdown:
            path = _PATH.match(text, at, end)  # in it `%` is no comment
            return path.end() if path else at
        elif "\\" + name in self.collector.macros:
            return self._shorthand(name, start, at, end)
        elif name == "iffalse":
            closing = text.find(r"\fi", at, end)
            return closing + 3 if closing >= 0 else end
        return at

    def _inline_code(self, macro: str, at: int, end: int) -> int:
        """Past `\\verb|…|`, `\\lstinline[…]|…|` or `\\mintinline{…}|…|`, which stay in their line."""
        text = self.text
        line_end = _line_end(text, at, end)
        options = _CODE.match(text, at, line_end) if macro != "verb" else None
        at = options.end() if options else at
        if at >= line_end:
            return at
        if text[at] == "{":
            return group_end(text, at, line_end)
        closing = text.find(text[at], at + 1, line_end)
        return closing + 1 if closing >= 0 else at

    def _shorthand(self, name: str, start: int, at: int, end: int) -> int:
        """A macro that stands for `\\begin` of a display (`\\be … \\ee`), or for a display of its argument."""
        definition = self.collector.macros["\\" + name][0]
        whole = _WHOLE.match(definition)
        if whole is not None and whole["name"] in DISPLAYS:
            return self._whole_display(name, whole, start, at, end)
        opens = _SHORTHAND.match(definition)
        if opens is None or opens[1] != "begin" or opens[2] not in DISPLAYS:
            return at
        for match in TOKEN.finditer(self.text, at, end):
            if match[0].startswith("\n"):
                break
            closes = _SHORTHAND.match(self.collector.macros.get(match[0], ("", 0))[0])
            if closes is not None and closes[1] == "end" and closes[2] == opens[2]:
                self.display(at, match.start(), opens[2])
                return match.end()
        return self._unclosed(f"\\{name}", start, at, end)

    def _whole_display(self, name: str, whole: re.Match[str], start: int, at: int, end: int) -> int:
        """`\\be … \\ee` after `\\def\\be#1\\ee{…}`, or `\\eqn{…}`."""
        text = self.text
        if whole["closing"] is None:
            opening = re.compile(r"\s*\{").match(text, at, end)
            if opening is None:
                return at
            stop = group_end(text, opening.end() - 1, end)
            if re.compile(r"\n[ \t]*\n").search(text, opening.end(), stop) is None and text[stop - 1] == "}":
                self.display(opening.end(), stop - 1, whole["name"])
                return stop
            return self._unclosed(f"\\{name}", start, at, end)
        for match in TOKEN.finditer(text, at, end):
            if match[0].startswith("\n"):
                break
            if match[0] == whole["closing"]:
                self.display(at, match.start(), whole["name"])
                return match.end()
        return self._unclosed(f"\\{name}", start, at, end)

    def display(self, start: int, end: int, environment: str) -> None:
        """A display's body.  Macros that are defined in it hold in it; in Markdown (MathJax) from there on."""
        defined = False
        for match in _DEFINER.finditer(self.text, start, end):
            stop = min(definition_end(self.text, match.start()), end)
            if match[1] in DEFINERS and stop > match.start():
                self.collector.macro(self.text[match.start() : stop], match.start(), 0 if self.markdown else self.depth + 1)
                defined = True
        directive = _IN_DISPLAY.search(self.text, start, end)
        if directive is not None:
            self.collector.trouble("D096", "a directive inside of a display is not read", directive.start(1), "write it on a line before the display")
        self.collector.display(start, end, environment)
        if defined and not self.markdown:
            self.collector.leave(self.depth)

    def heading(self, level: int) -> None:
        """A section begins."""
        self.level = level
        self.collector.section(level)

    def _environment(self, start: int, at: int, end: int) -> int:
        text = self.text
        named = NAME.match(text, at, end)
        if named is None:
            return at
        name = named[1]
        at = named.end()
        stands_for = self.collector.environments.get(name, name)
        if name == "empheq":  # \begin{empheq}[box=\fbox]{align*}
            boxed = _EMPHEQ.match(text, at, end)
            if boxed is not None:
                stands_for, at = boxed[1], boxed.end()
        if stands_for in DISPLAYS:
            closing = self._matching_end(name, at, end)
            if closing is None:
                return self._unclosed(f"\\begin{{{name}}}", start, at, end)
            if stands_for.startswith(("alignat", "xalignat", "IEEEeqnarray")):
                columns = _COLUMNS.match(text, at, closing[0])
                at = columns.end() if columns else at
            self.display(at, closing[0], stands_for)
            return closing[1]
        if name == "derivation":
            closing = self._matching_end(name, at, end)
            if closing is None:
                return self._unclosed(r"\begin{derivation}", start, at, end)
            optional = OPTIONAL.match(text, at, closing[0])
            self.collector.block(optional[1] if optional else None, optional.end() if optional else at, closing[0])
            return closing[1]
        if stands_for in VERBATIM:
            closing_at = text.find(f"\\end{{{name}}}", at, end)
            return closing_at + len(f"\\end{{{name}}}") if closing_at >= 0 else end
        if name != "document":
            self.depth += 1
            self.groups.append(self.depth)
        return at

    def _matching_end(self, name: str, at: int, end: int) -> tuple[int, int] | None:
        """Where the environment's body ends and where its `\\end` does; None where it is not closed (in its paragraph)."""
        for match in TOKEN.finditer(self.text, at, end):
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
        for match in TOKEN.finditer(self.text, at, end):
            if match[0] == closing:
                self.display(at, match.start(), "equation")
                return match.end()
            if match[0].startswith("\n"):
                break
        return self._unclosed(r"\[" if closing == r"\]" else "$$", start, at, end)

    def _escaped(self, at: int, end: int) -> int:
        r"""`\\[ … \\]`: in plain Markdown a backslash before a bracket has to be written twice."""
        match = _ESCAPED.match(self.text, at, end)
        if match is None:
            return at
        self.display(at, match.end() - 3, "equation")
        return match.end()

    def _unclosed(self, what: str, start: int, at: int, end: int) -> int:
        if self.collector.started or what == r"\begin{derivation}":
            self.collector.trouble("D095", f"{what} is not closed", start, "what follows it up to the next blank line is not checked")
        blank = re.compile(r"\n[ \t]*\n").search(self.text, at, end)
        return blank.end() if blank else end

    def _inline(self, at: int, end: int, closing: str) -> int:
        """Past an inline formula; one that is not closed in its paragraph is no formula."""
        for match in TOKEN.finditer(self.text, at, end):
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
