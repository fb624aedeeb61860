"""The chains in one display.

A display may hold one chain over several rows, several chains below each other (each with its own left side), chains side by
side in the column pairs of an `align`, or a single equation.  Rows are told apart here by their first depth-0 relation: a row
that starts with a relation or an operator, or holds no relation, continues what is above it; a row with a left side of its own
begins a new chain.  An `array` that is all of a display, and holds relations in its columns, is laid out like these; any other is part of a
formula.  `Chain.relations` counts the steps, so that displays that are no derivations can be left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from derivcheck.documents.preamble import DEFINERS, definition_end

WRAPPERS = frozenset({"aligned", "alignedat", "split", "gathered", "align", "align*", "multlined"})
"""Environments inside a display that arrange a chain; any other environment is part of a formula."""

COLUMNS = frozenset({"align", "align*", "alignat", "alignat*", "flalign", "flalign*", "xalignat", "xalignat*"})
"""Environments whose cells go in pairs."""

_TOKEN = re.compile(r"%[^\n]*|\\begin\s*\{[^{}]*\}|\\end\s*\{[^{}]*\}|\\[A-Za-z]+\*?|\\.|:=|<=|>=|\S", re.DOTALL)

_RELATIONS = frozenset(
    r"\ne \neq \le \leq \leqslant \ge \geq \geqslant \lt \gt \approx \propto \doteq \equiv \coloneqq \triangleq \iff \implies \impliedby "
    r"\Leftrightarrow \Longleftrightarrow \Rightarrow \Longrightarrow \Leftarrow \Longleftarrow".split()
) | frozenset("= := < > <= >= ≤ ≥ ≠ ≈ ∝ ≡ ≐ ⇔ ⇒ ⇐ ⟺ ⟹ ⟸ ≔".split())
_ARROWS = frozenset(r"\iff \implies \impliedby \Leftrightarrow \Longleftrightarrow \Rightarrow \Longrightarrow \Leftarrow \Longleftarrow ⇔ ⇒ ⇐ ⟺ ⟹ ⟸".split())
_STACKED = frozenset([r"\stackrel", r"\overset", r"\underset"])
_DEFINES = frozenset([":=", r"\coloneqq", r"\triangleq", "≔"])
_OPERATORS = frozenset(r"+ - * / \pm \mp \cdot \times \otimes \odot \circ \cup \cap \setminus \land \lor ± · × − ∓".split())
_SPACES = frozenset(r"\quad \qquad \, \; \: \! \> ~ \nonumber \notag \displaystyle \textstyle { }".split()) | {"\\ "}
_CUT = frozenset(
    [r"\intertext", r"\shortintertext", r"\hspace", r"\hspace*", r"\vspace", r"\vspace*", r"\phantom", r"\hphantom", r"\vphantom", r"\hypertarget",
     r"\noalign", r"\raisetag", r"\refstepcounter", r"\footnote"]
)  # fmt: skip
_UNWRAPPED = {r"\Aboxed": 0, r"\multicolumn": 2, r"\IEEEeqnarraymulticol": 2}
"""Macros whose last argument stands in the row like the rest of it, with the number of arguments before that."""
_CUT_ALONE = frozenset(
    [r"\qedhere", r"\allowdisplaybreaks", r"\displaybreak", r"\pagebreak", r"\hfill", r"\centering", r"\MoveEqLeft", r"\footnotemark", r"\noindent",
     r"\IEEEyesnumber", r"\IEEEnonumber", r"\IEEEyessubnumber", r"\IEEEeqnarraynumspace"]
)
_PROSE = frozenset([r"\text", r"\mbox", r"\textrm", r"\textnormal", r"\textit"])
_LOGIC = re.compile(r"\s*(and|or|true|false)\s*\Z")
_RELATION_MACRO = re.compile(r"\\(?:re)?newcommand\*?\s*\{?\s*\\[A-Za-z]+\s*\}?\s*\{(.*)\}\s*\Z|\\def\s*\\[A-Za-z]+\s*\{(.*)\}\s*\Z", re.DOTALL)
_ARGUMENT = re.compile(r"\s*\{")
_ARRAY = re.compile(r"\s*\\begin\s*\{(array|darray)\}\s*(?:\[[tbc]\]\s*)?(?=\{)")
_AROUND_ARRAY = re.compile(
    r"(?:\s|%[^\n]*\n|[.,;]|\\[,;:! ]|\\(?:q?quad|nonumber|notag|displaystyle|qedhere)(?![A-Za-z])|\\(?:label|tag\*?)\s*\{[^{}]*\}"
    r"|\\(?:renewcommand|setlength|def)\b\*?\s*(?:\{\\array[a-z]+\}|\\array[a-z]+)\s*\{[^{}]*\})*"
)
_LABEL = re.compile(r"\\label\s*\{[^{}]*\}")
_RULES = re.compile(r"\\(?:hline|toprule|midrule|bottomrule|cline|cmidrule)(?![A-Za-z])")


@dataclass
class Chain:
    """Stretches of the document that make up a chain, in writing order; `relations` counts its depth-0 relations (the longest
    run between commas), `defines` is the place of its `:=` if that is its only relation, `system` the place where equations below each
    other are one side of an arrow, so that it is no chain; `joins` are the spans' places at which a further display goes on with it."""

    spans: list[tuple[int, int]] = field(default_factory=list)
    relations: int = 0
    defines: tuple[int, int] | None = None
    system: int | None = None
    joins: set[int] = field(default_factory=set)

    def goes_on(self, text: str) -> bool:
        """Whether it begins with a relation, so that it goes on with what is above the display."""
        tokens = (m[0] for start, end in self.spans for m in _TOKEN.finditer(text, start, end))
        first = next((t for t in tokens if t not in _SPACES and t != "&" and not t.startswith("%")), "")
        return first in _RELATIONS or first in _STACKED

    def append(self, other: Chain) -> None:
        """Go on with the chain of the next display."""
        self.joins.add(other.spans[0][0])
        self.spans += other.spans
        self.relations += other.relations
        self.defines = None
        self.system = self.system if self.system is not None else other.system


@dataclass
class _Cell:
    """A cell of a row: what stands in it, as far as the splitting needs to know."""

    start: int
    end: int
    leading: str | None = None
    trailing: str = ""
    relations: list[tuple[str, int, int]] = field(default_factory=list)
    head: int = 0
    run: int = 0
    longest: int = 0
    commas: bool = False
    prose: bool = False
    tokens: int = 0
    cuts: list[tuple[int, int]] = field(default_factory=list)
    labels: list[tuple[int, int]] = field(default_factory=list)

    @property
    def blank(self) -> bool:
        return self.leading is None

    @property
    def alone(self) -> bool:
        """Whether a relation is all that stands in the cell: its sides are the cells around it."""
        return len(self.relations) == 1 and self.leading == self.trailing == self.relations[0][0] and self.tokens == 1


@dataclass
class _Row:
    """Cells, and the `\\\\` behind them.  `fresh`: it begins a block of its own beside the one before.  `block` is the number of the row in
    which the block (`aligned`, …) that it lies or ends in begins, and the place of that; `joined`: there is an arrow before that block,
    or a relation behind it."""

    cells: list[_Cell]
    newline: tuple[int, int] | None = None
    fresh: bool = False
    block: tuple[int, int] | None = None
    joined: bool = False


def relation_of_macro(definition: str) -> str | None:
    """The relation that a user's macro stands for (`\\newcommand{\\defeq}{\\coloneqq}`), if it is one."""
    match = _RELATION_MACRO.match(definition)
    if match is None:
        return None
    body = (match[1] or match[2] or "").replace(r"\mathrel", " ").strip().strip("{}").strip()
    if body in _RELATIONS:
        return body
    tokens = [m[0] for m in _TOKEN.finditer(body)]
    return r"\stackrel" if tokens and tokens[0] in _STACKED and _RELATIONS & set(tokens[1:]) else None


def chains(text: str, start: int, end: int, environment: str, macros: Mapping[str, str] = MappingProxyType({})) -> list[Chain]:
    """The chains of a display's body, in reading order, column pair by column pair.  `macros` maps the user's macros that are
    relations to these."""
    array = _whole_array(text, start, end)
    if array is not None:
        inner, stop, behind = array
        found = chains(text, inner, stop, "array", macros)
        if found:  # what stands around the array belongs to the last step: a name
            found[-1].spans += [m.span() for part in ((start, inner), (behind, end)) for m in _LABEL.finditer(text, *part)]
        return found
    rows = _rows(text, start, end, macros)
    pairs = 1
    columns = environment in COLUMNS or any(w in text[start:end] for w in (r"\begin{aligned}", r"\begin{alignedat}"))
    if columns and not any(cell.alone for row in rows for cell in row.cells):
        pairs = max((_last_pair(row.cells) for row in rows), default=1)
    found = []
    for pair in range(pairs):
        current: Chain | None = None
        last, at_row, first_of_pair = "=", [], len(found)
        for row in rows:
            at_row.append(len(found) - 1)
            cells = row.cells[2 * pair : 2 * pair + 2] if pairs > 1 else row.cells
            if all(c.blank for c in cells):
                continue
            if current is None or row.fresh or (environment not in ("multline", "multline*") and _begins(cells, last)):
                current = Chain()
                found.append(current)
            at_row[-1] = len(found) - 1
            first = next(c for c in cells if not c.blank)
            if first.leading in _ARROWS and len(found) > first_of_pair + 1 and current.relations == 1 == found[-2].relations and found[-2].defines is None:
                # two equations, and what follows: from both, or from the second?
                current.system = found[-2].system = first.relations[0][1]
            _append(current, cells, row.newline)
            last = next((c.trailing for c in reversed(cells) if not c.blank), last)
        for row, to in zip(rows, at_row, strict=True):
            if row.joined and row.block is not None and to > at_row[row.block[0]]:
                for chain in found[max(0, at_row[row.block[0]]) : to + 1]:
                    chain.system = row.block[1]
    return found


def _whole_array(text: str, start: int, end: int) -> tuple[int, int, int] | None:
    """Where the rows of an `array` that is all of the display begin and end, and the place behind it.  Not a table: neither rules nor columns
    with lines between them."""
    around = _AROUND_ARRAY.match(text, start, end)
    opening = _ARRAY.match(text, around.end() if around else start, end)
    if opening is None:
        return None
    inner = _after_argument(text, opening.end(), end)
    if "|" in text[opening.end() : inner]:
        return None
    depth = 1
    for match in re.compile(rf"\\(begin|end)\s*\{{{opening[1]}\}}").finditer(text, inner, end):
        depth += 1 if match[1] == "begin" else -1
        if depth == 0:
            rest = _AROUND_ARRAY.match(text, match.end(), end)
            whole = rest is not None and rest.end() == end and not _RULES.search(text, inner, match.start())
            return (inner, match.start(), match.end()) if whole else None
    return None


def _last_pair(row: list[_Cell]) -> int:
    """The number of column pairs that this row really uses: `&& \\text{why}` is a justification, no second pair."""
    used = 1
    for number in range(1, (len(row) + 1) // 2):
        if any(c.relations for c in row[2 * number : 2 * number + 2] if not c.prose):
            used = number + 1
    return used


def _begins(cells: list[_Cell], last: str) -> bool:
    """Whether a row begins a new chain: it has a left side of its own, and the row above is complete."""
    first = next(c for c in cells if not c.blank)
    leading = first.leading or ""
    if leading in _RELATIONS or leading in _OPERATORS or leading in _STACKED or first.prose:
        return False
    if last in _RELATIONS or last in _OPERATORS or last == "open":
        return False
    return any(c.relations for c in cells)


def _append(chain: Chain, cells: list[_Cell], newline: tuple[int, int] | None) -> None:
    for cell in cells:
        at = cell.start
        for a, b in sorted(cell.cuts + cell.labels):
            if a > at:
                chain.spans.append((at, a))
            at = max(at, b)
        if cell.end > at:
            chain.spans.append((at, cell.end))
    # a label that opens a row names the row: it goes where the notation wants it, to the end
    chain.spans.extend(label for cell in cells for label in cell.labels)
    if newline is not None:
        chain.spans.append(newline)
    longest = run = 0
    for cell in cells:
        longest = max(longest, cell.longest, run + cell.head)
        run = cell.run if cell.commas else run + len(cell.relations)
    named = [r for cell in cells for r in cell.relations]
    alone = chain.relations == 0 and len(named) == 1 and named[0][0] in _DEFINES
    chain.defines = named[0][1:] if alone else None
    chain.relations += longest


def _rows(text: str, start: int, end: int, macros: Mapping[str, str]) -> list[_Row]:
    """The rows of a display as cells, cut at `\\\\` and `&` outside braces and formula environments."""
    rows = [_Row([_Cell(start, start)])]
    depth = brackets = 0
    skip_until = start
    block: tuple[int, int] | None = None
    after_arrow = False
    closed: int | None = None  # behind a block, and nothing but spaces and words since
    braces: set[int] = set()  # where arguments end that are read as if there were no braces
    for match in _TOKEN.finditer(text, start, end):
        at = match.start()
        token = macros.get(match[0], match[0])
        if at < skip_until:
            continue
        cell = rows[-1].cells[-1]
        cell.end = match.end()
        if token.startswith("%"):
            continue
        if token.startswith((r"\begin", r"\end")) and token.endswith("}"):
            name = re.sub(r".*\{\s*|\s*\}", "", token)
            if name in WRAPPERS:
                stop = match.end()
                if token.startswith(r"\begin"):
                    stop = _after_wrapper(text, stop, end)
                    if closed is not None and depth + brackets == 0:
                        cell.cuts.append((closed, at))
                        cell.end = at
                        cell = _Cell(at, at)
                        rows.append(_Row([cell], fresh=True))
                    closed = None
                    after_arrow = any(r[0] in _ARROWS for c in rows[-1].cells for r in c.relations)
                    block = (len(rows) - 1, at)
                else:
                    closed, after_arrow = stop, False
                    rows[-1].block = block
                cell.cuts.append((at, stop))
                skip_until = cell.end = stop
                continue
            _note(cell, token, depth + brackets)
            depth = max(0, depth + (1 if token.startswith(r"\begin") else -1))
            continue
        if depth == 0 and token == r"\\":
            brackets = 0
            skip_until = _after_newline(text, match.end(), end)
            cell.end = at
            rows[-1].newline = (at, skip_until)
            rows.append(_Row([_Cell(skip_until, skip_until)], block=block if after_arrow else None, joined=after_arrow))
            closed = None
            continue
        if depth == 0 and token == "&":
            rows[-1].cells.append(_Cell(at, match.end()))
            cell.end = at
            continue
        if token in _CUT or token in (r"\label", r"\tag"):
            stop = _after_argument(text, match.end(), end)
            if token == r"\label":
                if all(c.blank for c in rows[-1].cells):
                    cell.labels.append((at, stop))
            elif token != r"\tag":
                cell.cuts.append((at, stop))
            skip_until = cell.end = stop
            continue
        if token[1:].rstrip("*") in DEFINERS and (stop := min(definition_end(text, at), end)) > at:
            cell.cuts.append((at, stop))  # the scanner has read it
            skip_until = cell.end = stop
            continue
        if token in _UNWRAPPED:
            stop = match.end()
            for _ in range(_UNWRAPPED[token]):
                stop = _after_argument(text, stop, end)
            argument = _ARGUMENT.match(text, stop, end)
            if argument is not None:
                braces.add(_after_argument(text, stop, end) - 1)
                cell.cuts.append((at, argument.end()))
                skip_until = cell.end = argument.end()
                continue
        if at in braces:
            cell.cuts.append((at, at + 1))
            continue
        if token in _CUT_ALONE:
            stop = _after_option(text, match.end(), end)
            cell.cuts.append((at, stop))
            skip_until = cell.end = stop
            continue
        if token in (r"\left", r"\right") or token.startswith((r"\big", r"\Big")):
            _note(cell, token, depth + brackets)
            if token == r"\left":
                brackets += 1
            elif token == r"\right":
                brackets = max(0, brackets - 1)
            following = _TOKEN.search(text, match.end(), end)
            if following is not None and (token in (r"\left", r"\right") or following[0] in ("<", ">", "/", "=")):
                skip_until = cell.end = following.end()
            continue
        if token in _STACKED and match[0] not in macros and depth + brackets == 0:
            stop = _after_argument(text, _after_argument(text, match.end(), end), end)
            inner = {m[0] for m in _TOKEN.finditer(text, match.end(), stop)}
            if inner & _RELATIONS:
                _relation(cell, r"\stackrel", at, stop)
                skip_until = cell.end = stop
                continue
        if token in _PROSE and depth + brackets == 0:
            stop = _after_argument(text, match.end(), end)
            _note(cell, token, 0)
            cell.prose = cell.prose or _LOGIC.match(text[match.end() : stop].strip().strip("{}")) is None
            skip_until = cell.end = stop
            continue
        if depth + brackets == 0 and (token in _RELATIONS or match[0] in macros):
            _relation(cell, token, at, match.end())
            if closed is not None:
                rows[-1].joined, closed = True, None
            continue
        if token not in _SPACES and token not in (",", ".", ";", r"\right") and token not in _PROSE:
            closed = None if depth == 0 else closed
        if depth + brackets == 0 and token == ",":
            cell.run, cell.commas = 0, True
        _note(cell, token, depth + brackets)
        if token in "{}" and len(token) == 1:
            depth = max(0, depth + (1 if token == "{" else -1))
        elif token in ("(", "[", r"\{", r"\lbrace"):
            brackets += 1
        elif token in (")", "]", r"\}", r"\rbrace"):
            brackets = max(0, brackets - 1)
    return rows


def _note(cell: _Cell, token: str, depth: int) -> None:
    if token in _SPACES or token == "&":
        return
    if cell.leading is None:
        cell.leading = token
    cell.tokens += 1
    if token not in (",", ".", ";", "}"):
        cell.trailing = token if depth == 0 else "open" if token in ("(", "[") else ""


def _relation(cell: _Cell, token: str, start: int, end: int) -> None:
    if cell.prose:
        return  # `\text{if } x > 0` is a condition, no step
    if cell.leading is None:
        cell.leading = token
    cell.trailing = token
    cell.tokens += 1
    cell.relations.append((token, start, end))
    cell.run += 1
    cell.head += not cell.commas
    cell.longest = max(cell.longest, cell.run)


def _after_argument(text: str, at: int, end: int) -> int:
    """The end of the `{…}` argument (or the one token) after `at`."""
    match = _ARGUMENT.match(text, at, end)
    if match is None:
        token = _TOKEN.search(text, at, end)
        return token.end() if token else end
    depth, escaped = 0, False
    for i in range(match.end() - 1, end):
        c = text[i]
        if escaped:
            escaped = False
        elif c == "\\":
            escaped = True
        elif c == "{":
            depth += 1
        elif c == "}":
            depth -= 1
            if depth == 0:
                return i + 1
    return end


def _after_option(text: str, at: int, end: int) -> int:
    """Past the `[3]` after `\\MoveEqLeft` and its kin."""
    match = re.compile(r"\[\d+\]").match(text, at, end)
    return match.end() if match is not None else at


def _after_wrapper(text: str, at: int, end: int) -> int:
    """Past the `[t]` and `{2}` after `\\begin{alignedat}`."""
    match = re.compile(r"\s*\[[tbc]\]|\s*\{\d+\}").match(text, at, end)
    while match is not None:
        at = match.end()
        match = re.compile(r"\s*\[[tbc]\]|\s*\{\d+\}").match(text, at, end)
    return at


def _after_newline(text: str, at: int, end: int) -> int:
    """Past the `*` and `[2pt]` after `\\\\`."""
    match = re.compile(r"\*?(\s*\[\s*-?[\d.]+\s*[a-z]+\s*\])?").match(text, at, end)
    return match.end() if match is not None else at
