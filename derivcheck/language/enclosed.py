"""What encloses its parts, as a value: brackets of all kinds, and macros with arguments (fractions, roots, binomials, decoration)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.language import (
    application,
    arithmetic,
    derivatives,
    integrals,
    matrices,
    names,
    operators,
    powers,
    sets,
)
from derivcheck.language.cursor import Cursor
from derivcheck.language.items import canonical, drop_spaces, find, is_comma, is_mid, is_relation, leaf, pair_bars
from derivcheck.language.syntax import Group, Leaf, Macro, Scripts
from derivcheck.terms.term import Term

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


def group(e: Elaborator, item: Group) -> Term:
    """A bracket as a value."""
    opening, closing = item.open, item.close
    body = item.body.items
    if opening == "{" :
        inner = drop_spaces(body)
        if not inner:
            raise e.fail("D040", "an expression is missing in these braces", item.span, None)
        return e.value(body, item.span)
    if opening == "|" and closing == "|":
        return matrices.read_bars(e, item)
    if opening == "\\|" and closing == "\\|":
        return matrices.read_norm(e, item, None, None, item.span)
    if opening == "\\lfloor" and closing == "\\rfloor":
        return powers.function(e, "floor", [e.value(body, item.span)], item.span)
    if opening == "\\lceil" and closing == "\\rceil":
        return powers.function(e, "ceil", [e.value(body, item.span)], item.span)
    if opening == "\\lfloor" and closing == "\\rceil":
        raise e.fail("D052", "rounding to the nearest integer is not defined here", item.span, "write \\lfloor x + \\frac{1}{2} \\rfloor")
    if opening == "\\langle":
        return matrices.read_inner(e, item)
    if opening == "." or closing == ".":
        return e.value(body, item.span)
    items = pair_bars(body)
    if opening in ("(", "[") and find(items, lambda i: leaf(i, "rel", "\\mapsto")) > 0:
        return application.read_arrow_function(e, items, item.span)
    if find(items, is_comma) >= 0:
        if (opening, closing) in (("[", ")"), ("(", "]")):
            return sets.read_interval(e, item)
        if opening == "\\{":
            return sets.read_set(e, (item,), item.span)
        return matrices.read_tuple(e, item)
    if opening in ("(", "[") and closing in (")", "]") and opening + closing not in ("()", "[]"):
        raise e.fail("D053", f"`{opening}` is closed by `{closing}`", item.span, "brackets may differ only in intervals")
    if opening == "\\{" and any(is_relation(i) or is_mid(i) for i in items):
        return sets.read_set(e, (item,), item.span)
    if any(is_relation(i) for i in items):
        raise e.fail("D051", "a statement stands where a value is expected", item.span, "an indicator \\mathbb{1}[…] has a value")
    return e.value(body, item.span)


def macro(e: Elaborator, item: Macro, scripts: Scripts | None, c: Cursor) -> Term:
    """A macro with arguments."""
    name = item.name
    if name == "\\frac":
        top, bottom = item.args
        got = derivatives.read_fraction(e, item, c)
        if got is not None:
            return got
        above = e.value(top.items, top.span) if not integrals.differential_in(e, top.items) else integrals.numerator(e, top)
        below = e.value(bottom.items, bottom.span)
        return arithmetic.divide(e, above, below, item.span)
    if name == "\\binom":
        parts = [e.number(a.items, a.span) for a in item.args]
        return powers.function(e, "binom", parts, item.span)
    if name == "\\sqrt":
        return powers.root(e, item)
    if name == "\\overline":
        return names.read_overline(e, item, scripts, c)
    if name == "\\underset":
        return operators.read_underset(e, item, scripts, c)
    if name.startswith("\\operatorname"):
        inner = item.args[0]
        word = canonical(inner.items).replace(" ", "")
        return operators.read_macro(e, Leaf("macro", "\\" + word, item.span), scripts, c)
    if name in ("\\by", "\\label", "\\tag", "\\ref"):
        raise e.fail("D040", f"{name} can stand at the end of a step only", item.span, None)
    if name == "\\pmod":
        raise e.fail("D052", "congruences are not part of the notation", item.span, "write a \\bmod m = b \\bmod m")
    if name in ("\\underbrace", "\\overbrace", "\\boxed") and item.args:
        return e.value(item.args[-1 if len(item.args) == 1 else 0].items, item.span)
    if name in ("\\overset", "\\stackrel"):
        raise e.fail("D040", "this sign over another has no meaning here", item.span, None)
    raise e.fail("D040", f"{name} cannot be read here", item.span, None)
