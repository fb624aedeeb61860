r"""Chains: the items of a run of lines, cut into links.

  - an arrow (`\iff`, `\implies`, `\impliedby`) at depth 0: the links are the statements between the arrows (`arrows` is true);
  - no arrow, but `\land \lor \lnot \forall \exists`, `\perp \sim \mid`, or a comma between statements at depth 0: one statement, hence one link
    and `arrows` true; so is `f \text{ is convex}`;
  - otherwise each relation at depth 0 opens a link.

`\by`, `\label`, `\tag` go to the link that they end (those of the first link to the first step).  At the end of a link `&& \text{…}` is a
`\by`, other prose is the note, `\quad (x > 0)` and `\text{if } x > 0` are the condition.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field

from derivcheck.language import symbols as S
from derivcheck.language.diagnostics import Diagnostic, ReadError
from derivcheck.language.formula import STATEMENT_WORDS, span_of_items, strip_punctuation, tidy, words_to_names
from derivcheck.language.syntax import Chain, ChainLink, Group, Item, Leaf, Macro, Scripts, Seq, Span
from derivcheck.language.tending import as_limit, going, said_where

_CONNECTIVES = frozenset(["\\land", "\\lor", "\\lnot", "\\forall", "\\exists"])
_ORDERS = frozenset(["\\ne", "<", "\\le", ">", "\\ge"])
_CONDITION_WORDS = re.compile(r"(?:,\s*)?(?:if|for|when|whenever|where|provided|provided that|assuming|given|given that|as long as|with|on|at)\Z", re.I)
_STATEMENT_RELATIONS = frozenset(["\\perp", "\\sim", "\\simiid", "\\mid", "\\nmid"])
_NO_CUT = frozenset(["\\mapsto"])
PROPERTIES = frozenset(["convex", "concave", "positive definite", "positive semidefinite", "symmetric", "invertible", "orthogonal"])
"""Words that say something of what stands before them: with it they are a statement, no note (see `statements.py`)."""


def relation_of(item: Item) -> str | None:
    """The text of a relation leaf (with or without scripts), else None."""
    if type(item) is Scripts and item.base is not None:
        item = item.base
    return item.text if type(item) is Leaf and item.kind == "rel" else None


@dataclass
class Piece:
    relation: Item | None
    items: list[Item] = field(default_factory=list)
    by: list[str] = field(default_factory=list)
    label: str | None = None
    tag: str | None = None
    note: list[str] = field(default_factory=list)
    condition: Seq | None = None
    span: Span = field(default_factory=lambda: Span(0, 0))
    error: Diagnostic | None = None


def _is(item: Item, kind: str) -> bool:
    return type(item) is Leaf and item.kind == kind


def _attached(item: Item) -> bool:
    return type(item) is Macro and item.name in ("\\by", "\\label", "\\tag")


def _raw(macro: Item) -> str:
    assert isinstance(macro, Macro)
    leaf = macro.args[0].items[0]
    return leaf.text if isinstance(leaf, Leaf) else ""


def cut_chains(items: list[Item], text: str, span: Span) -> list[Chain]:
    """The chains in a run of lines: one, unless rows of a pasted display hold equations of their own (`a &= b \\\\ c &= d`)."""
    return [_chain(part, text, span if len(parts) == 1 else _cover(part, span)) for parts in [_rows(items)] for part in parts]


def run_on_lines(items: list[Item], text: str) -> list[Diagnostic]:
    """A warning for each line that holds a relation, starts with none, and goes on with a complete relation of the line above as a product:
    two chains without a blank line between them."""
    found: list[Diagnostic] = []
    for part in _rows(items):
        starts = _line_starts(part, text)
        relations = [relation_of(i) for i in part]
        shown = [k for k, i in enumerate(part) if not (_attached(i) or (type(i) is Leaf and i.kind in ("newline", "amp", "space", "text")))]
        seen = False
        for before, k in itertools.pairwise(shown):
            seen = seen or relations[before] is not None
            here, above = part[k], part[before]
            if not seen or not any(starts[before + 1 : k + 1]) or _no_operand(here) or _no_operand(above):
                continue
            if any(_attached(i) for i in part[before + 1 : k]):
                continue  # that is an error
            end = next((j for j in range(k + 1, len(part)) if starts[j]), len(part))
            if any(r is not None for r in relations[k + 1 : end]):
                found.append(Diagnostic(
                    "D304", "warning", "this line goes on with the formula above as a product: a line break ends no formula", here.span,
                    "put a blank line above for a chain of its own, or write \\cdot for the product"))  # fmt: skip
    return found


def _no_operand(item: Item) -> bool:
    """A sign, after or before which a line naturally goes on."""
    if relation_of(item) is not None or _is(item, "comma"):
        return True
    return _is(item, "op") and getattr(item, "text", "") not in ("!", ".", ";")


def _cover(items: list[Item], span: Span) -> Span:
    return span_of_items(items) if items else span


def _rows(items: list[Item]) -> list[list[Item]]:
    """Split where a new row has a left side of its own before `& REL`, and the rows above it are complete."""
    if not any(_is(i, "newline") for i in items) or not any(_is(i, "amp") for i in items):
        return [items]
    rows: list[list[Item]] = [[]]
    for item in items:
        rows[-1].append(item)
        if _is(item, "newline"):
            rows.append([])
    parts: list[list[Item]] = [[]]
    for row in rows:
        if parts[-1] and _new_equation(row) and _complete(parts[-1]):
            parts.append([])
        parts[-1].extend(row)
    arrows = [next((i for i in p if relation_of(i) in S.ARROWS), None) for p in parts]
    for k, arrow in enumerate(arrows[1:], 1):
        if arrow is not None and arrows[k - 1] is None:
            raise ReadError("D022", "one of several equations below each other, or all of them?", arrow.span,
                            r"for all of them write \begin{cases} … \end{cases} or \land between; for the last one put a blank line before it")
    return [p for p in parts if any(not _is(i, "newline") and not _is(i, "amp") for i in p)] or [items]


def _new_equation(row: list[Item]) -> bool:
    cell: list[Item] = []
    for k, item in enumerate(row):
        if _is(item, "amp"):
            after = row[k + 1] if k + 1 < len(row) else None
            body = [i for i in cell if not _is(i, "space")]
            return bool(body) and after is not None and relation_of(after) is not None and not _is(body[0], "op") and not relation_of(body[0])
        cell.append(item)
    return False


def _complete(items: list[Item]) -> bool:
    body = [i for i in items if type(i) is not Leaf or i.kind not in ("newline", "amp", "space")]
    body = [i for i in body if not _attached(i)]
    if not body or not any(relation_of(i) for i in body):
        return False
    return not (_is(body[-1], "op") and getattr(body[-1], "text", "") not in (".", "!", ";")) and relation_of(body[-1]) is None


def _chain(items: list[Item], text: str, span: Span) -> Chain:
    items, goes = going(as_limit(_if_then(justified(items, text))))
    relations = [relation_of(i) for i in items]
    outside = _outside_conditions(items, relations, text)
    arrows = any(r in S.ARROWS for r, free in zip(relations, outside, strict=True) if free)
    statement = not arrows and (_is_statement(items, relations, outside) or _says_property(items))
    pieces = [Piece(None)]
    for k, item in enumerate(items):
        relation = relations[k]
        cut = relation is not None and outside[k]
        if cut:
            if arrows:
                cut = relation in S.ARROWS
            else:
                cut = not statement and relation not in _NO_CUT
        if cut:
            pieces.append(Piece(item))
        else:
            pieces[-1].items.append(item)
    finished = [finish(p, k, len(pieces), arrows or statement) for k, p in enumerate(pieces)]
    for k, p in enumerate(finished):
        if not p.items:
            raise _missing(finished, k, span)
    return Chain(links_of(finished), arrows or statement, span, goes)


def _if_then(items: list[Item]) -> list[Item]:
    """`\\text{if } A \\text{ then } B` is `A \\implies B`."""
    if not items or not _is(items[0], "text") or getattr(items[0], "text", "").lower() != "if":
        return items
    then = next((k for k, i in enumerate(items) if _is(i, "text") and getattr(i, "text", "").lower() == "then"), 0)
    if not then:
        return items
    before = items[1:then]
    while before and (_is(before[-1], "comma") or _is(before[-1], "space")):
        before.pop()
    return [*before, Leaf("rel", "\\implies", items[then].span), *items[then + 1 :]]


def links_of(finished: list[Piece]) -> tuple[ChainLink, ...]:
    """The links of finished pieces; what is attached to the first belongs to the first step."""
    links: list[ChainLink] = []
    if len(finished) > 1:
        first, second = finished[0], finished[1]
        second.by = first.by + second.by
        second.label = second.label or first.label
        second.tag = second.tag or first.tag
        first.by, first.label, first.tag = [], None, None
    for p in finished:
        cover = span_of_items(p.items) if p.items else p.span
        body = Seq(tuple(p.items), cover)
        links.append(
            ChainLink(p.relation, body, "; ".join(p.by) or None, p.label or p.tag, " ".join(p.note) or None, p.condition, _whole(p, cover), p.error)
        )
    return tuple(links)


def _whole(piece: Piece, cover: Span) -> Span:
    """The span of a link with its relation."""
    return cover if piece.relation is None else Span(min(piece.relation.span.start, cover.start), max(cover.end, piece.relation.span.end))


def _missing(pieces: list[Piece], k: int, span: Span) -> ReadError:
    relation = pieces[k].relation
    if relation is None:
        follows = pieces[1].relation if len(pieces) > 1 else None
        at = follows.span if follows is not None else span
        return ReadError("D020", "nothing stands before this relation" if follows else "nothing to read here", at, "write the left side first")
    nxt = pieces[k + 1].relation if k + 1 < len(pieces) else None
    if nxt is not None:
        return ReadError("D020", "two relations with nothing between them", Span(relation.span.start, nxt.span.end))
    return ReadError("D020", "nothing follows this relation", relation.span, "write the right side, or leave the relation out")


def _line_starts(items: list[Item], text: str) -> list[bool]:
    """Which items come first on their line."""
    out, last = [], 0
    for item in items:
        start = item.span.start
        out.append(start >= last and "\n" in text[last:start])
        last = max(last, item.span.end) if start >= last else last
    return out


def _outside_conditions(items: list[Item], relations: list[str | None], text: str) -> list[bool]:
    """Which items do not belong to a condition: `\\text{if } x > 0` runs up to an arrow, a line end or a new line's relation."""
    starts = _line_starts(items, text)
    last_relation = max((k for k, r in enumerate(relations) if r is not None), default=-1)
    out: list[bool] = []
    inside = False
    for k, item in enumerate(items):
        if inside and (relations[k] in S.ARROWS or (relations[k] is not None and starts[k]) or _is(item, "newline") or _attached(item)):
            inside = False
        elif not inside and k and k < last_relation and type(item) is Leaf and item.kind == "text" and _CONDITION_WORDS.match(item.text):
            inside = True
        out.append(not inside)
    return out


def _is_statement(items: list[Item], relations: list[str | None], outside: list[bool]) -> bool:
    """Whether a chain without arrows is one statement: connectives, or commas between statements."""
    seen = False
    last_relation = max((k for k, r in enumerate(relations) if r is not None and outside[k]), default=-1)
    for k, item in enumerate(items):
        if not outside[k]:
            continue
        if (type(item) is Leaf and item.kind == "op" and item.text in _CONNECTIVES) or relations[k] in _STATEMENT_RELATIONS:
            return True
        seen = seen or relations[k] is not None
        if seen and _is(item, "comma") and k < last_relation:
            n = k + 1
            while n < len(items) and type(items[n]) is Leaf and (_is(items[n], "space") or _is(items[n], "amp")):
                n += 1
            after = items[n]
            if not (_is(after, "newline") or relation_of(after) or _attached(after) or _is(after, "text") or type(after) is Group):
                _no_condition(items, relations, k, n)
                return True
    return not seen and sum(_is(i, "bar") for i in items) % 2 == 1  # `2 | 4k`


def _no_condition(items: list[Item], relations: list[str | None], comma: int, after: int) -> None:
    """`A = B, \\quad x \\ne 0 \\\\ = C`: the next row goes on with B, not with what stands behind the comma."""
    found = _wide_comma(items, relations, comma, after)
    if found is not None and found[1] < len(items):
        raise ReadError("D022", "a condition of the step, or a second statement?", found[0], CONDITION_HELP)


CONDITION_HELP = r"write \quad (x \ne 0) for a condition, \land for a second statement"


def _wide_comma(items: list[Item], relations: list[str | None], comma: int, after: int) -> tuple[Span, int] | None:
    """What looks like a condition behind `, \\quad` after equations, and where its row ends."""
    wide = any(_is(i, "space") and i.text == "\\quad" for i in items[comma + 1 : after])  # type: ignore[union-attr]
    stop = next((k for k in range(after, len(items)) if _is(items[k], "newline")), len(items))
    before, behind = [{r for r in part if r is not None} for part in (relations[:comma], relations[after:stop])]
    if wide and before == {"="} and behind and behind <= _ORDERS and not any(_is(i, "comma") for i in items[:comma]):
        return Span(items[after].span.start, items[stop - 1].span.end), stop
    return None


def joined_conditions(items: list[Item]) -> list[Diagnostic]:
    """A warning for `A = B, \\quad x \\ne 0`: the comma joins two statements (SPEC section 4), and the second is false at x = 0."""
    found: list[Diagnostic] = []
    for part in _rows(items):
        relations = [relation_of(i) for i in part]
        if any(r in S.ARROWS for r in relations):
            continue
        first = next((k for k, item in enumerate(part) if _is(item, "comma")), None)
        if first is None:
            continue
        after = next((k for k in range(first + 1, len(part)) if not (_is(part[k], "space") or _is(part[k], "amp"))), None)
        place = None if after is None else _wide_comma(part, relations, first, after)
        if place is not None:
            found.append(Diagnostic("D305", "warning", "the comma joins two statements, both of which must hold", place[0], CONDITION_HELP))
    return found


REASON_WORDS = frozenset({"since", "because", "as", "by", "using", "from", "via"})


def justified(items: list[Item], text: str) -> list[Item]:
    """`&& \\text{…}` and `\\quad \\text{since …}` up to the end of the row become a `\\by`; `&& (x > 0)` a condition after a wide space."""
    out: list[Item] = []
    k, n = 0, len(items)
    while k < n:
        item = items[k]
        double = _is(item, "amp") and k + 1 < n and _is(items[k + 1], "amp")
        if double or _gives_reason(items, k):
            j = k + 2 if double else k + 1
            while j < n and (_is(items[j], "space") or _is(items[j], "amp")):
                j += 1
            if j >= n or (type(items[j]) is Leaf and not _is(items[j], "text")):
                k = j
                continue
            if j < n and (_is(items[j], "text") or _prose_group(items[j])):
                stop = j
                while stop < n and not _is(items[stop], "newline") and not _attached(items[stop]) and not (
                    stop > j and relation_of(items[stop]) and "\n" in text[items[stop - 1].span.end : items[stop].span.start]
                ):  # fmt: skip
                    stop += 1
                span = Span(items[j].span.start, max(items[stop - 1].span.end, items[j].span.end))
                words = _prose(items[j]) if stop == j + 1 else _prose(items[j]) + " " + text[items[j].span.end : span.end].strip()
                out.append(Macro("\\by", None, (Seq((Leaf("text", words.strip(), span),), span),), span))
                k = stop
                continue
            if j < n and isinstance(items[j], Group):
                out.append(Leaf("space", "\\quad", item.span))
                k = j
                continue
        out.append(item)
        k += 1
    return out


def _gives_reason(items: list[Item], k: int) -> bool:
    """A wide space and `\\text{since}`, with something behind it: the rest of the row is a reason."""
    space = items[k]
    if not isinstance(space, Leaf) or space.kind != "space" or space.text not in ("\\quad", "\\qquad") or k + 2 >= len(items):
        return False
    word, after = items[k + 1], items[k + 2]
    if said_where(items, k):
        return False
    first = word.text.split()[:1] if isinstance(word, Leaf) and word.kind == "text" else []
    return bool(first) and first[0].lower() in REASON_WORDS and not _is(after, "newline") and not _attached(after)


def _prose_group(item: Item) -> bool:
    return type(item) is Group and item.open in "([" and bool(item.body.items) and all(_is(i, "text") for i in item.body.items)


def _prose(item: Item) -> str:
    if isinstance(item, Leaf):
        return item.text
    return " ".join(i.text for i in item.body.items if isinstance(i, Leaf)) if isinstance(item, Group) else ""


def _says_property(items: list[Item]) -> bool:
    """`f \\text{ is convex}`: no relation, and a word at the end that says what something is."""
    body = [i for i in items if not (_attached(i) or (type(i) is Leaf and i.kind in ("newline", "amp", "space")))]
    strip_punctuation(body)
    if len(body) < 2 or any(relation_of(i) for i in body) or not _is(body[-1], "text"):
        return False
    words = [w for i in body if isinstance(i, Leaf) and i.kind == "text" for w in i.text.split() if w not in ("is", "are")]
    return " ".join(words) in PROPERTIES


def finish(piece: Piece, index: int, count: int, statement: bool = False) -> Piece:
    """Take `\\by`, labels, notes and conditions off a piece, then check what is left."""
    items: list[Item] = []
    for k, item in enumerate(piece.items):
        if _attached(item):
            if items and _goes_on(piece.items, k + 1):
                raise ReadError("D023", "this stands in the middle of a formula, not at the end of a step", item.span)
            assert isinstance(item, Macro)
            if item.name == "\\by":
                piece.by.append(_raw(item))
            elif item.name == "\\label":
                piece.label = piece.label or _raw(item)
            else:
                piece.tag = piece.tag or _raw(item)
        elif not (_is(item, "newline") or _is(item, "amp")):
            items.append(item)
    _conditions(piece, items)
    while True:
        strip_punctuation(items)
        if items and _is(items[-1], "space"):
            items.pop()
        elif statement and _says_property(items):
            break
        elif items and ((_is(items[-1], "text") and items[-1].text not in STATEMENT_WORDS) or _prose_group(items[-1])) and (  # type: ignore[union-attr]
            len(items) > 1
        ):
            piece.note.insert(0, _prose(items.pop()))
        elif len(items) > 2 and _is(items[-2], "space") and items[-2].text == "\\quad" and isinstance(items[-1], Group):  # type: ignore[union-attr]
            group = items[-1]
            if group.open == "(" and any(relation_of(i) for i in group.body.items):
                inside = list(group.body.items)
                while inside and _is(inside[-1], "text"):
                    piece.note.insert(0, _prose(inside.pop()))
                group = Group(group.open, group.close, Seq(tuple(inside), group.body.span), group.span)
                if piece.condition is None:
                    piece.condition = group.body
                else:
                    comma = Leaf("comma", ",", group.span)
                    piece.condition = Seq((*group.body.items, comma, *piece.condition.items), group.span)
                items.pop()
            elif group.open == "(" and len(group.body.items) == 1 and (_is(group.body.items[0], "num") or _is(group.body.items[0], "op")):
                raise ReadError("D022", "a number of an equation or a factor?", group.span, r"write \tag{…}, or leave the wide space out")
            else:
                break
        else:
            break
    for k, item in enumerate(items[1:-1], 1):
        if _is(item, "space") and item.text == "\\quad" and 0 < index < count - 1:  # type: ignore[union-attr]
            left, right = items[k - 1], items[k + 1]
            if not (_is(left, "op") or _is(right, "op") or _is(left, "comma") or _is(right, "text")):
                raise ReadError("D022", "one expression or two equations side by side?", Span(left.span.start, right.span.end),
                                "write a comma or \\land between statements, or leave the wide space out")  # fmt: skip
    piece.items = tidy(items) if statement and _says_property(items) else words_to_names(tidy(items))
    return piece


def _goes_on(items: list[Item], k: int) -> bool:
    """Whether an operand or a sign of the formula follows (not a note, a condition, or what joins statements)."""
    spaced = False
    for item in items[k:]:
        if type(item) is Leaf and item.kind in ("newline", "amp", "space", "comma"):
            spaced = spaced or item.kind == "space"
            continue
        if _attached(item):
            continue
        if type(item) is Leaf:
            return item.kind in ("name", "num", "macro") or (item.kind == "op" and item.text not in (*_CONNECTIVES, ".", ";", ":"))
        return type(item) is not Group or not spaced
    return False


def _conditions(piece: Piece, items: list[Item]) -> None:
    """`|x| \\quad \\text{if } x > 0`: the words behind a condition word are the condition."""
    for k, item in enumerate(items):
        if k and type(item) is Leaf and item.kind == "text" and _CONDITION_WORDS.match(item.text):
            rest = [i for i in items[k + 1 :] if not _is(i, "space")]
            strip_punctuation(rest)
            if rest and any(relation_of(i) for i in rest):
                piece.condition = Seq(tuple(tidy(rest)), Span(rest[0].span.start, rest[-1].span.end))
                del items[k:]
                while items and (_is(items[-1], "space") or _is(items[-1], "comma")):
                    items.pop()
            return
