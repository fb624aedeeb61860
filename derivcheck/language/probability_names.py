"""Undeclared names with a usual meaning in probability (reading rule 11): `E[…]`, `Pr(…)`, `N(z \\mid 0, 1)`, `KL(p \\| q)`, `H(p)`.

What they do is in `probability.py`, `laws.py` and `information.py`; here it is decided from the bracket behind the name what is meant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.language import application, information, laws, operators, probability, sets
from derivcheck.language.cursor import Cursor
from derivcheck.language.items import Items, canonical, find, is_mid, is_relation, leaf
from derivcheck.language.syntax import Group, Item, Leaf, Scripts, Span
from derivcheck.terms import build
from derivcheck.terms.term import Term, mk

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


def built_in(e: Elaborator, item: Leaf, scripts: Scripts | None, c: Cursor) -> Term | None:
    """Undeclared names with a usual meaning in probability (rule 11)."""
    sub, sup, primes = (scripts.sub, scripts.sup, scripts.primes) if scripts is not None else (None, None, 0)
    span = scripts.span if scripts is not None else item.span
    text = item.text
    if primes:
        return None
    bracket = e.bracket_next(c)
    name = laws.law_name(text)
    if name is not None and bracket:
        return laws.read_named(e, name, sub, sup, span, c)
    if text == "N" and bracket and sub is None and _bar_in_bracket(c):
        return laws.read_named(e, "N", sub, sup, span, c)
    if text in ("E", "\\mathbb{E}", "\\mathrm{E}", "\\mathcal{E}", "\\mathsf{E}", "\\mathbf{E}") and bracket and (text != "\\mathcal{E}"):
        return probability.read_operator(e, "E", sub, sup, span, c)
    if text in ("\\mathbb{V}", "\\mathrm{V}", "\\mathrm{var}", "\\mathrm{Var}", "\\mathbb{V}ar", "\\mathbf{Var}", "\\mathsf{Var}") and bracket:
        return probability.read_operator(e, "Var", sub, sup, span, c)
    if text in ("\\mathrm{Cov}", "\\mathrm{cov}", "\\mathsf{Cov}") and bracket:
        return probability.read_operator(e, "Cov", sub, sup, span, c)
    if text in ("P", "\\mathbb{P}", "\\mathrm{P}", "\\mathrm{Pr}", "\\mathrm{Prob}", "\\mathcal{P}", "\\mathbf{P}", "\\mathsf{P}") and bracket and event_follows(c):
        return probability.read_operator(e, "Pr", sub, sup, span, c)
    if text == "K" and sub is None and sup is None and _letter_and_bracket(e, c, item, "L") is not None and any(_is_divergence_bar(i) for i in _letter_and_bracket(e, c, item, "L") or ()):
        c.next()
        return information.divergence(e, "KL", None, Span(item.span.start, item.span.end + 1), c)
    if text == "P" and sub is None and sup is None:
        if _letter_and_bracket(e, c, item, "r") is not None:
            c.next()
            return operators.read_macro(e, Leaf("macro", "\\Pr", Span(item.span.start, item.span.end + 1)), None, c)
    if text == "\\mathcal{P}" and bracket:
        group, _ = application.take_bracket(c)
        return mk("prob", (sets.read_set(e, group.body.items, group.span),), None, build.EMPTY.sort)
    if text in ("D", "\\mathrm{D}", "\\mathbb{D}") and sub is None and bracket and any(_is_divergence_bar(i) for i in _bracket_items(c)):
        return information.divergence(e, "KL", sup, span, c)
    if text in ("D", "\\mathrm{D}", "\\mathbb{D}", "d") and sub is not None and bracket:
        mark = canonical(sub.items).replace(" ", "")
        if mark in information.DIVERGENCE_MARKS:
            return information.divergence(e, "KL", sup, span, c)
        if mark in information.JSD_MARKS:
            return information.divergence(e, "JSD", sup, span, c)
        return None
    divergence = text in ("\\mathrm{KL}", "\\mathbb{KL}", "\\mathbb{K}\\mathbb{L}", "\\mathsf{KL}", "\\mathcal{KL}", "\\mathrm{JSD}", "\\mathrm{JS}") and bracket
    if divergence and sub is not None:
        raise e.fail("D040", "a divergence has no index", span, None)
    if divergence and "JS" not in text:
        return information.divergence(e, "KL", sup, span, c)
    if text in ("\\mathrm{JSD}", "\\mathrm{JS}") and bracket:
        return information.divergence(e, "JSD", sup, span, c)
    if text in ("H", "\\mathrm{H}", "\\mathbb{H}", "\\mathcal{H}", "\\mathsf{H}") and bracket and sub is None and sup is None:
        return information.entropy(e, span, c)
    if text in ("I", "\\mathrm{I}", "\\mathbb{I}", "\\mathrm{MI}") and bracket and sub is None and sup is None and _semicolon_in_bracket(c):
        return information.mutual_information(e, span, c)
    if text == "\\const":
        return e.new_constant()
    return None


def _letter_and_bracket(e: Elaborator, c: Cursor, item: Leaf, letter: str) -> Items | None:
    """What the bracket holds that stands behind one more letter, as in `Pr(…)` and `KL(…)`; None where there is no such thing."""
    follows = c.peek()
    if not isinstance(follows, Leaf) or follows.text != letter or follows.span.start != item.span.end or e.scope.declared(letter):
        return None
    ahead = Cursor(c.items, c.span)
    ahead.i = c.i + 1
    return _bracket_items(ahead) if e.bracket_next(ahead) else None


def _is_divergence_bar(item: Item) -> bool:
    return isinstance(item, Leaf) and item.kind == "dbar"


def _bracket_items(c: Cursor) -> Items:
    item = c.peek()
    if isinstance(item, Scripts):
        item = item.base
    return item.body.items if isinstance(item, Group) else ()


def _bar_in_bracket(c: Cursor) -> bool:
    return any(laws.is_separator(i) for i in _bracket_items(c))


def _semicolon_in_bracket(c: Cursor) -> bool:
    return any(leaf(i, None, ";") for i in _bracket_items(c))


def event_follows(c: Cursor) -> bool:
    """Whether the bracket that follows holds an event."""
    items = probability.statement_level(_bracket_items(c))
    cut = find(items, is_mid)
    left = items if cut < 0 else items[:cut]
    return any(is_relation(i) or (isinstance(i, Leaf) and i.text in ("\\land", "\\lor", "\\lnot")) for i in left)
