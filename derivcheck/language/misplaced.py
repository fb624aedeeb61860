"""What cannot stand where it stands in a formula, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.language.cursor import Cursor
from derivcheck.language.diagnostics import ReadError
from derivcheck.language.items import canonical, is_mid, is_relation
from derivcheck.language.syntax import Item, Leaf, Macro, Span

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


def expect_end(e: Elaborator, cursor: Cursor) -> None:
    """Raise the error of what is left after a whole expression; nothing may be."""
    item = cursor.peek()
    if item is None:
        return
    if isinstance(item, Leaf) and item.kind == "text":
        raise e.fail("D050", f"this text cannot be read as mathematics: {item.text}", item.span, "move it to \\by{…}")
    if isinstance(item, Leaf) and item.text in ("\\dots",):
        raise ellipsis_error(e, item.span)
    if is_mid(item):
        raise e.fail("D042", "a bar that closes nothing", item.span, "write \\left| … \\right| for an absolute value, \\mid for a condition")
    if isinstance(item, Leaf) and item.kind == "comma":
        raise e.fail("D040", "a comma between expressions means nothing here", item.span, "lists stand in brackets: (a, b), and sets in \\{a, b\\}")
    if is_relation(item):
        raise e.fail("D051", "a statement stands where a value is expected", item.span, "an indicator \\mathbb{1}[…] has a value")
    raise e.fail("D040", f"`{e.source(item.span) or canonical((item,))}` cannot stand here", item.span, None)


def missing(e: Elaborator, c: Cursor) -> ReadError:
    """The error where an expression should begin."""
    item = c.peek()
    if item is None:
        return e.fail("D040", "an expression is missing here", c.here(), None)
    if isinstance(item, Leaf) and item.kind == "text":
        return e.fail("D050", f"this text cannot be read as mathematics: {item.text}", item.span, "move it to \\by{…}")
    if is_relation(item):
        return e.fail("D040", "an expression is missing before this relation", item.span, None)
    return e.fail("D040", f"an expression is missing before `{e.source(item.span) or canonical((item,))}`", item.span, None)


def is_mixed_number(before: Item, item: Item) -> bool:
    """`2\\frac{1}{2}`: a whole number directly before a fraction of whole numbers."""
    if not (isinstance(before, Leaf) and before.kind == "num" and before.text.isdigit() and isinstance(item, Macro) and item.name == "\\frac"):
        return False
    return all(len(a.items) == 1 and isinstance(a.items[0], Leaf) and a.items[0].kind == "num" for a in item.args)


def is_ellipsis(item: Item | None) -> bool:
    return isinstance(item, Leaf) and item.text == "\\dots"


def ellipsis_error(e: Elaborator, span: Span) -> ReadError:
    """Rule 9: an ellipsis in a formula."""
    return e.fail("D043", "an ellipsis leaves open what is meant", span, "write it with \\sum or \\prod: \\sum_{i=1}^n x_i")
