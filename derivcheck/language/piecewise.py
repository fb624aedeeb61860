"""`\\begin{cases}`: rows of a value and its condition; the row without a condition, or with `otherwise`, comes last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.language import arithmetic, statements
from derivcheck.language.items import Items, drop_spaces, find, is_comma, leaf, span_of
from derivcheck.language.symbols import CONDITION_WORDS
from derivcheck.language.syntax import Env, Item, Leaf, Span
from derivcheck.terms.term import Term, mk

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


def read_cases(e: Elaborator, env: Env) -> Term:
    """`\\begin{cases} value & condition \\\\ … \\end{cases}`."""
    args: list[Term] = []
    spans: list[Span] = []
    default: Term | None = None
    for row in env.rows:
        cells = [tuple(c.items) for c in row]
        if all(not drop_spaces(c) for c in cells):
            continue
        value_items, condition_items = _case_row(e, cells, env.span)
        if default is not None:
            raise e.fail("D065", "a case after the last one", env.span, "the case without a condition comes last")
        where = span_of(value_items, env.span)
        value = arithmetic.pointed(e, e.value(value_items, where), where)
        if condition_items is None:
            default = value
        else:
            condition = statements.read_statement(e, condition_items, span_of(condition_items, env.span))
            args += [condition, value]
        spans.append(where)
    values = args[1::2] + ([default] if default is not None else [])
    if not values:
        raise e.fail("D065", "no case is given", env.span, None)
    first = next((v for v in values if v.sort.kind != "num"), values[0])
    values = [arithmetic.coerce(e, v, first.sort, s) for v, s in zip(values, spans, strict=True)]
    out: list[Term] = []
    for k in range(len(args) // 2):
        out += [args[2 * k], values[k]]
    if default is not None:
        out.append(values[-1])
    if not args:
        return values[0]
    return mk("cases", tuple(out), None, first.sort)


def _trim(items: Items) -> Items:
    items = drop_spaces(items)
    while items and (is_comma(items[-1]) or leaf(items[-1], "op", ";") or leaf(items[-1], None, ".")):
        items = drop_spaces(items[:-1])
    return items


def _joins(cell: Items) -> bool:
    """Whether a cell between value and condition only joins them: words, or a relation (`x & > & 0`)."""
    inner = drop_spaces(cell)
    return all(isinstance(i, Leaf) and (i.kind in ("text", "rel", "comma") or i.text in ("\\forall", ":")) or _condition_word(i) for i in inner)


def _condition_word(item: Item) -> bool:
    """`\\text{if}`, `\\text{for}`, `\\mathrm{when}` before the condition of a case."""
    if not isinstance(item, Leaf) or item.kind not in ("text", "name"):
        return False
    word = item.text.removeprefix("\\mathrm{").removesuffix("}") if item.kind == "name" else item.text
    return (word == "if" or word in CONDITION_WORDS) if len(word) > 1 else False


def _case_row(e: Elaborator, cells: list[Items], span: Span) -> tuple[Items, Items | None]:
    if len(cells) == 1:
        cut = find(cells[0], lambda i: isinstance(i, Leaf) and i.kind == "text")
        if cut < 0:
            cut = find(cells[0], is_comma)
            if cut < 0:
                return _trim(cells[0]), None
            return _trim(cells[0][:cut]), _trim(cells[0][cut + 1 :])
        cells = [cells[0][:cut], cells[0][cut:]]
    if any(drop_spaces(c) and not _joins(c) for c in cells[1:-1]):
        raise e.fail("D065", "a case has a value and a condition", span, "write value & condition, with one & in each row")
    if len(cells) > 2:
        flat = tuple(i for c in cells[1:] for i in c)
        cells = [cells[0], flat]
    condition = _trim(cells[1])
    while condition and (leaf(condition[0], "op", ":") or is_comma(condition[0])):
        condition = _trim(condition[1:])
    while condition and _condition_word(condition[0]):
        condition = _trim(condition[1:])
    if condition and isinstance(condition[0], Leaf) and condition[0].kind == "op" and condition[0].text == "\\forall":
        if not any(isinstance(i, Leaf) and i.text == ":" for i in condition):  # `x, for all x > 0`
            condition = condition[1:]
    if not condition:
        return _trim(cells[0]), None
    if len(condition) == 1 and isinstance(condition[0], Leaf) and condition[0].text.strip().rstrip(".,") in ("otherwise", "else", "\\mathrm{else}", "\\mathrm{otherwise}"):
        return _trim(cells[0]), None
    return _trim(cells[0]), condition
