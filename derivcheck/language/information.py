"""Divergences, entropies, mutual information."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.language import application, arithmetic, laws, powers, probability
from derivcheck.language.cursor import Cursor
from derivcheck.language.items import (
    Items,
    base_leaf,
    canonical,
    drop_spaces,
    find,
    is_comma,
    is_mid,
    leaf,
    pair_bars,
    span_of,
    split_on,
)
from derivcheck.language.syntax import Item, Leaf, Seq, Span
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


def is_divider(item: Item) -> bool:
    return isinstance(item, Leaf) and (item.kind == "dbar" or item.text == "\\|")


def divergence(e: Elaborator, op: str, sup: Seq | None, span: Span, c: Cursor) -> Term:
    """`\\KL(p \\| q)` and `\\operatorname{JSD}(p, q)`."""
    if not e.bracket_next(c):
        raise e.fail("D040", "a divergence needs its laws in brackets", span, "write \\KL(p \\| q)")
    group, scripts = application.take_bracket(c)
    items = pair_bars(group.body.items)
    pieces = split_on(items, is_divider)
    if len(pieces) == 1:
        pieces = split_on(items, is_comma)
    if len(pieces) == 1:
        pieces = split_on(items, laws.is_separator)
    if len(pieces) != 2:
        raise e.fail("D104", "a divergence is between two laws", group.span, "write \\KL(p \\| q)")
    points, e.points = e.points, []
    try:
        orders = [laws.written_variables(e, p) for p in pieces]
        pair = [laws.read_law(e, p, span_of(p, group.span), order=orders[1 - i]) for i, p in enumerate(pieces)]
    finally:
        e.points = points
    same_law_sort(e, pair[0], pair[1], group.span)
    value = mk(op, tuple(pair))
    if sup is not None:
        value = powers.power(e, value, sup, span)
    if scripts is not None:
        value = e.postfix(value, scripts.sub, scripts.sup, scripts.primes, Span(span.start, scripts.span.end))
    return value


def same_law_sort(e: Elaborator, p: Term, q: Term, span: Span) -> None:
    """Two laws must be over the same values."""
    a, b = probability.law_sorts(p), probability.law_sorts(q)
    if len(a) != len(b) or not all(arithmetic.same_kind(e, s, t) for s, t in zip(a, b, strict=True)):
        raise e.fail("D101", "the two laws are over values of different kinds or sizes", span, None)


def entropy(e: Elaborator, span: Span, c: Cursor) -> Term:
    """`H(p)`, `H(p, q)`, `H(X)`, `H(X, Y)`, `H(X \\mid Y)`."""
    group, scripts = application.take_bracket(c)
    items = pair_bars(group.body.items)
    position = find(items, is_mid)
    left = items if position < 0 else items[:position]
    right = () if position < 0 else items[position + 1 :]
    e.in_expectation += 1
    try:
        pieces = [drop_spaces(p) for p in split_on(left, is_comma)]
        randoms = _random_values(e, pieces, group.span)
        if randoms is not None:
            given = _random_values(e, [drop_spaces(p) for p in split_on(right, is_comma)], group.span) if right else []
            if given is None:
                raise e.fail("D112", "the condition of this entropy is no random variable", group.span, None)
            value = mk("entropyrv", (*randoms, *given), len(randoms))
        else:
            points, e.points = e.points, []
            try:
                pair = [laws.read_law(e, p, span_of(p, group.span)) for p in ([left] if right or len(pieces) == 1 else pieces)]
                if right:
                    pair = [laws.read_law(e, group.body.items, group.span)]
            finally:
                e.points = points
            if len(pair) == 2:
                same_law_sort(e, pair[0], pair[1], group.span)
            if len(pair) > 2:
                raise e.fail("D104", "an entropy is of one law, a cross-entropy of two", group.span, None)
            value = mk("entropy", tuple(pair)) if len(pair) == 1 else mk("crossent", tuple(pair))
    finally:
        e.in_expectation -= 1
    if scripts is not None:
        value = e.postfix(value, scripts.sub, scripts.sup, scripts.primes, Span(span.start, scripts.span.end))
    return value


def _random_values(e: Elaborator, pieces: list[Items], span: Span) -> list[Term] | None:
    """Random symbols, or None where these are laws."""
    out = []
    for p in pieces:
        if len(p) != 1 or base_leaf(p[0]) is None:
            return None
        entry = e.scope.find(canonical(p))
        if entry is not None and entry.symbol is not None and e.scope.is_random(entry.symbol):
            out.append(entry.symbol)
            continue
        if probability.is_member(e, p[0]):
            out.append(e.value(p, span))
            continue
        return None
    return out


def mutual_information(e: Elaborator, span: Span, c: Cursor) -> Term:
    """`I(X; Y)`, and `I(X; Y | Z)` as H(X | Z) - H(X | Y, Z)."""
    group, scripts = application.take_bracket(c)
    items = pair_bars(group.body.items)
    bar = find(items, is_mid)
    parts = split_on(items if bar < 0 else items[:bar], lambda i: leaf(i, None, ";"))
    if len(parts) != 2:
        raise e.fail("D104", "mutual information is between two", group.span, "write I(X; Y)")
    if bar >= 0:
        parts.append(items[bar + 1 :])
    sides = [_random_values(e, [drop_spaces(q) for q in split_on(p, is_comma)], group.span) for p in parts]
    known = [s for s in sides if s is not None]
    if len(known) < len(sides):
        raise e.fail("D106", "mutual information is of declared random variables", group.span, "add: let X random")
    if bar >= 0:
        xs, ys, zs = known
        value = b.sub(mk("entropyrv", (*xs, *zs), len(xs)), mk("entropyrv", (*xs, *ys, *zs), len(xs)))
    else:
        value = mk("MI", (*known[0], *known[1]), len(known[0]))
    if scripts is not None:
        value = e.postfix(value, scripts.sub, scripts.sup, scripts.primes, span)
    return value


DIVERGENCE_MARKS = ("KL", "\\KL", "\\mathrm{KL}", "\\text{KL}", "\\mathbb{KL}", "\\mathsf{KL}")


JSD_MARKS = ("JS", "JSD", "\\mathrm{JS}", "\\mathrm{JSD}", "\\text{JS}", "\\text{JSD}")
