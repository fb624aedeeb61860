r"""A chain with an unreadable part: cut it roughly, so that the readable steps are judged all the same.

The text is cut at relations outside of all brackets; a line that starts with a relation opens a new link whatever is still open.
Each part is then read by itself.  A part that can't be read is a link with an `error`; the steps on both sides of it are errors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from derivcheck.language import symbols as S
from derivcheck.language.chains import Piece, finish, justified, links_of
from derivcheck.language.diagnostics import Diagnostic, ReadError
from derivcheck.language.formula import read_items
from derivcheck.language.lines import STARTS_RELATION, starts_with_relation
from derivcheck.language.macros import MacroTable
from derivcheck.language.syntax import Chain, Leaf, Span
from derivcheck.language.tokens import balanced_end

_UNICODE_RELATIONS = "".join(k for k in STARTS_RELATION if len(k) == 1 and k > "\x7f")
_MARK = re.compile(
    r"%[^\r\n]*|\\(?:left|right|middle)\s*(?:\\[A-Za-z]+|\\.|.)|\\(?:begin|end)\s*\{[^{}]*\}|\\not\s*=|\\[A-Za-z]+|\\."
    rf"|:=|<=>|<=|>=|=>|->|\r\n|[=<>()\[\]{{}}\r\n{_UNICODE_RELATIONS}]",
    re.DOTALL,
)
_SCRIPT = re.compile(r"\s*_\s*(?:\{[^{}]*\}|\\[A-Za-z]+|[^\s\\])")
_NO_STEP = frozenset(["\\mid", "\\nmid", "\\perp", "\\sim", "\\simiid", "\\mapsto", "∣", "⊥", "⟂", "∼", "∤", "↦"])
_ARROW_SIGNS = frozenset(["<=>", "=>", "⇔", "⟺", "⇒", "⟹", "⇐", "⟸", "↔"]) | {k for k, v in S.SYNONYMS.items() if v in S.ARROWS} | S.ARROWS
_CONNECTIVES = re.compile(r"\\(?:land|lor|lnot|forall|exists|wedge|vee|neg)(?![A-Za-z])|\\text\s*\{\s*(?:and|or|for all|for some)\s*\}|[∧∨¬∀∃]")


@dataclass
class _Rough:
    """The places of the relations of a chain, and whether they are arrows."""

    cuts: list[tuple[int, int, bool]]
    statement: bool


def recover(text: str, span: Span, table: MacroTable, known: frozenset[str], first: Diagnostic) -> tuple[Chain | None, list[Diagnostic]]:
    """The chain with its readable links, and all its errors (`first` is the one that reading it whole gave)."""
    source, rough = _scan(text[span.start : span.end], table)
    cuts = rough.cuts
    arrows = any(arrow for _, _, arrow in cuts)
    if arrows:
        cuts = [c for c in cuts if c[2]]
    elif rough.statement:
        cuts = []
    if not cuts and not rough.statement:
        return None, [first]
    bounds = [(0, 0), *((a, b) for a, b, _ in cuts)]
    pieces: list[Piece] = []
    errors: list[Diagnostic] = []
    for k, (a, b) in enumerate(bounds):
        end = bounds[k + 1][0] if k + 1 < len(bounds) else len(source)
        piece = Piece(None, span=_trimmed(source, b, end, span.start))
        try:
            if k:
                relation = read_items(source, a, b, table, False, None, span.start)
                piece.relation = relation[0] if relation else Leaf("rel", "=", Span(span.start + a, span.start + b))
            items = read_items(source, b, end, table, False, known, span.start)
            piece.items = justified(items, text)
            finish(piece, k, len(bounds))
            if not piece.items:
                where = Span(span.start + a, span.start + max(b, a + 1))
                doubled = source[a:b] == "=" and source[end : end + 1] == "="
                raise ReadError("D020", "an expression is missing here", where, "write a single =" if doubled else None)
        except ReadError as error:
            piece.items, piece.error = [], error.diagnostic
            if k and piece.relation is None:
                piece.relation = Leaf("rel", "=", Span(span.start + a, span.start + b))
            errors.append(error.diagnostic)
        pieces.append(piece)
    if not errors:  # the parts read well, the whole does not: the error belongs to the parts where it stands
        owners = [next((p for p in reversed(pieces) if p.span.start <= first.span.start), pieces[-1])]
        owners += [p for p in pieces if first.code == "D022" and first.span.start < p.span.start < first.span.end]
        for owner in owners:
            owner.items, owner.error = [], first
        errors.append(first)
    return Chain(links_of(pieces), arrows or rough.statement, span), errors


def _trimmed(source: str, start: int, end: int, offset: int) -> Span:
    """The span of a part without the white space around it."""
    inside = source[start:end]
    lead = len(inside) - len(inside.lstrip())
    tail = len(inside) - len(inside.rstrip())
    return Span(offset + start + lead, offset + max(start + lead, end - tail))


def _scan(source: str, table: MacroTable) -> tuple[str, _Rough]:
    """The source without comments and wrappers (blanks in their place), and its relations at depth 0."""
    out = list(source)
    cuts: list[tuple[int, int, bool]] = []
    depth = 0
    statement = False
    pos = 0
    while True:
        m = _MARK.search(source, pos)
        if m is None:
            break
        sign, at, pos = m.group(), m.start(), m.end()
        if sign[0] == "%":
            out[at:pos] = " " * (pos - at)
        elif sign in "\r\n" or sign == "\r\n":
            line = source[pos : pos + 300].split("\n", 1)[0]
            if starts_with_relation(line, table):
                depth = 0
        elif sign.startswith(("\\begin", "\\end")):
            name = sign.partition("{")[2].removesuffix("}").strip().rstrip("*")
            if name in S.WRAPPERS and depth == 0:
                out[at:pos] = " " * (pos - at)
            else:
                depth += 1 if sign.startswith("\\begin") else -1 if depth else 0
        elif sign in ("(", "[", "{", "\\{") or sign.startswith("\\left") or sign in S.OPENERS:
            if not sign.startswith(("\\leftarrow", "\\leftrightarrow")):
                depth += 1
        elif sign in (")", "]", "}", "\\}") or sign.startswith("\\right") or sign in S.CLOSERS:
            if not sign.startswith("\\rightarrow"):
                depth = max(0, depth - 1)
        if depth == 0:
            if sign in ("\\overset", "\\stackrel"):
                stop = _stacked(source, pos)
                if stop:
                    cuts.append((at, stop, any(a in source[pos:stop] for a in S.ARROWS)))
                    pos = stop
            elif sign in STARTS_RELATION or sign in ("<=>", "<=", ">=", "=>", "->") or sign.startswith("\\not"):
                script = _SCRIPT.match(source, pos)
                stop = script.end() if script else pos
                if sign not in _NO_STEP:
                    cuts.append((at, stop, sign in _ARROW_SIGNS))
                else:
                    statement = True
                pos = stop
            elif _CONNECTIVES.match(source, at):
                statement = True
    return "".join(out), _Rough(cuts, statement)


def _stacked(source: str, pos: int) -> int:
    """The end of `{…}{REL}` at `pos`, or 0."""
    for k in range(2):
        open_ = re.compile(r"\s*\{").match(source, pos)
        if open_ is None:
            return 0
        try:
            stop = balanced_end(source, open_.end() - 1, len(source))
        except ReadError:
            return 0
        if k and not starts_with_relation(source[open_.end() : stop - 1]):
            return 0
        pos = stop
    return pos
