"""`assume`, `vary`, `as`, `convention`: what they add to a scope."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from derivcheck.language import extrema, let, statements
from derivcheck.language.items import (
    Items,
    canonical,
    drop_spaces,
    find,
    is_comma,
    leaf,
    span_of,
    split_on,
)
from derivcheck.language.syntax import Leaf, Macro, Seq, Span
from derivcheck.terms.context import Hypothesis
from derivcheck.terms.term import Term

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


def split_labels(items: Items) -> tuple[Items, str | None]:
    """A statement without its `\\label`."""
    label = None
    kept = []
    for item in items:
        if isinstance(item, Macro) and item.name in ("\\label", "\\tag"):
            inner = item.args[0].items
            label = inner[0].text.strip() if inner and isinstance(inner[0], Leaf) else None
            continue
        if isinstance(item, Macro) and item.name == "\\by":
            continue
        kept.append(item)
    return tuple(kept), label


_ATTRIBUTE_STATEMENTS = let.MATRIX_WORDS | let.FUNCTION_WORDS


def assume(e: Elaborator, body: Seq) -> None:
    """A hypothesis; an attribute or a law of a declared symbol goes to its declaration."""
    items, label = split_labels(body.items)
    e.begin()
    term = statements.signed(e, lambda: e.statement(items, body.span))
    term = e.settle(term, body.span)
    if label:
        e.scope.labels.add(label)
    parts = term.args if term.op == "and" and label is None else (term,)
    for part in parts:
        if part.op == "perp":
            count = part.data
            assert isinstance(count, int)
            first, given = part.args[:count], part.args[count:]
            for side in first:
                for s in side.args if side.op == "tuple" else (side,):
                    if s.op == "sym" and not e.scope.is_random(s):
                        raise e.fail("D106", "independence is of declared random variables", body.span, "add: let X random")
            if all(s.op == "sym" for s in first):
                e.scope.independent.append((tuple(first), tuple(given)))
        if part.op == "sim" and part.args[0].op == "sym":
            declaration = e.scope.declaration(part.args[0])
            if declaration is not None and declaration.law is None:
                e.scope.declarations[part.args[0]] = replace(declaration, random=True, law=part.args[1])
                if label is None:
                    continue
        word = _attribute_of(items)
        if word is not None and len(parts) == 1:
            subject = _attribute_subject(e, items)
            if subject is not None:
                declaration = e.scope.declaration(subject)
                if declaration is not None:
                    extra = {word}
                    if "definite" in word or "semidefinite" in word:
                        extra.add("symmetric")
                    if word == "positive definite":
                        extra.add("invertible")
                    e.scope.declarations[subject] = replace(declaration, attributes=declaration.attributes | frozenset(extra))
                    if label is None:
                        continue
        e.scope.places.setdefault(part, body.span)
        e.scope.hypotheses.append(Hypothesis(part, label, "assume"))


def _attribute_of(items: Items) -> str | None:
    words = " ".join(i.text.strip() for i in items if isinstance(i, Leaf) and i.kind == "text")
    words = " ".join(w for w in words.split() if w not in ("is", "are"))
    words = let.SYNONYMS.get(words, words)
    return words if words in _ATTRIBUTE_STATEMENTS else None


def _attribute_subject(e: Elaborator, items: Items) -> Term | None:
    subject = [i for i in drop_spaces(items) if not (isinstance(i, Leaf) and i.kind == "text")]
    if len(subject) != 1:
        return None
    entry = e.scope.find(canonical(subject))
    return entry.symbol if entry is not None else None


def vary(e: Elaborator, body: Seq) -> None:
    """`vary w, v`."""
    e.begin()
    out = []
    for piece in split_on(drop_spaces(body.items), is_comma):
        value = e.value(piece, span_of(piece, body.span))
        if value.op not in ("sym", "idx"):
            raise e.fail("D062", "vary names symbols", span_of(piece, body.span), "write vary w")
        out.append(value)
    e.scope.vary = tuple(out)


def growth(e: Elaborator, body: Seq) -> None:
    """`as n \\to \\infty`."""
    e.begin()
    for piece in split_on(drop_spaces(body.items), is_comma):
        position = find(piece, lambda i: leaf(i, "rel", "\\to"))
        if position < 1:
            raise e.fail("D063", "as names a symbol and where it goes", body.span, "write as n \\to \\infty")
        symbol = e.value(piece[:position], body.span)
        target, side = extrema.limit_target(e, piece[position + 1 :], body.span)
        if symbol.op != "sym":
            raise e.fail("D063", "as names a symbol and where it goes", body.span, "write as n \\to \\infty")
        e.scope.growth.append((symbol, target, side))


CONVENTIONS = frozenset(("real", "denominator-layout", "numerator-layout"))


def convention(e: Elaborator, text: str, span: Span) -> None:
    """`convention real`."""
    for name in text.replace(",", " ").split():
        if name not in CONVENTIONS:
            raise e.fail("D067", f"the convention {name} is not known", span, "known are: real, denominator-layout")
        if name != "numerator-layout":
            e.scope.conventions.add(name)
