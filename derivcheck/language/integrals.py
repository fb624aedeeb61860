"""Integrals: differentials (rule 6), bounds and domains, antiderivatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from derivcheck.language import arithmetic, binders, derivatives, names, sets
from derivcheck.language.cursor import Cursor
from derivcheck.language.items import (
    Items,
    base_leaf,
    canonical,
    drop_spaces,
    find,
    is_relation,
    is_space,
    leaf,
    pair_bars,
)
from derivcheck.language.misplaced import expect_end
from derivcheck.language.syntax import Item, Leaf, Macro, Scripts, Seq, Span
from derivcheck.terms import build
from derivcheck.terms.build import INF, ONE, REALS, ZERO, neg
from derivcheck.terms.sorts import NUM
from derivcheck.terms.term import Term, bind, fresh, mk, substitute, sym

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


_D = ("d", "\\mathrm{d}", "\\mathsf{d}")


INTEGRALS = {"\\int": 1, "\\oint": 1, "\\iint": 2, "\\iiint": 3}


def differential_at(e: Elaborator, items: Sequence[Item], i: int) -> int:
    """How many items a differential at this place has (0 where there is none); rule 6."""
    if i >= len(items):
        return 0
    head = items[i]
    power = isinstance(head, Scripts) and isinstance(head.base, Leaf) and head.base.text in _D and head.sup is not None and head.sub is None
    if not (isinstance(head, Leaf) and head.text in _D) and not power:
        return 0
    j = i + 1
    while j < len(items) and is_space(items[j]):
        j += 1
    if j >= len(items):
        return 0
    name = base_leaf(items[j])
    if name is None or name.kind != "name" or name.text in ("\\infty",):
        return 0
    text = head.text if isinstance(head, Leaf) else "d"
    if text != "d" or not e.scope.declared("d"):
        return j + 1 - i
    if i > 0 and is_space(items[i - 1]):
        return j + 1 - i
    k = j + 1
    while k < len(items) and is_space(items[k]):
        k += 1
    if k >= len(items):
        return j + 1 - i
    after = items[k]
    if isinstance(after, Leaf) and after.kind in ("op", "rel", "comma"):
        return j + 1 - i
    # `dx dy` at the end of a product; in `d x \\, dx` and `d x \\, \\mathrm{d}x` the first d is the symbol
    alike = k == j + 1 and leaf(after, "name", "d") and differential_at(e, items, k) > 0
    following = base_leaf(items[k + 1]) if alike else None
    return j + 1 - i if following is not None and following.text != name.text else 0


def differential_in(e: Elaborator, items: Sequence[Item]) -> bool:
    """Whether a numerator holds a differential of an integral around."""
    return e.open_integrals > 0 and find_differential(e, tuple(items), 0) is not None


def find_differential(e: Elaborator, items: Items, start: int) -> tuple[int, int, bool] | None:
    """The differential that closes an integral whose body starts here: position, length, whether it is in a numerator."""
    depth = 0
    i = start
    while i < len(items):
        item = items[i]
        head = base_leaf(item)
        if head is not None and head.kind == "macro" and head.text in INTEGRALS:
            depth += INTEGRALS[head.text]
            i += 1
            continue
        length = differential_at(e, items, i)
        if length:
            if depth == 0:
                return i, length, False
            depth -= 1
            i += length
            continue
        if isinstance(item, Macro) and item.name == "\\frac" and not derivatives.is_derivative_item(item):
            top = item.args[0].items
            if depth == 0 and find_differential(e, top, 0) is not None:
                return i, 1, True
            if depth and find_differential(e, top, 0) is not None:
                depth -= 1
        i += 1
    return None


def numerator(e: Elaborator, top: Seq) -> Term:
    """A numerator without the differential in it (`\\int \\frac{dx}{x}`)."""
    found = find_differential(e, top.items, 0)
    assert found is not None
    rest = (*top.items[: found[0]], *top.items[found[0] + found[1] :])
    if not drop_spaces(rest):
        return ONE
    return e.value(rest, top.span)


def _no_further_differential(e: Elaborator, c: Cursor) -> None:
    """`\\int x \\, dx \\, dy`: the second differential closes no integral."""
    rest = c.items[c.i :]
    while rest and is_space(rest[0]):
        rest = rest[1:]
    if e.open_integrals or len(rest) < 2 or not leaf(rest[0], "name") or rest[0].text not in ("d", "\\mathrm{d}") or e.scope.declared(rest[0].text):  # type: ignore[union-attr]
        return
    name = base_leaf(rest[1])
    if name is not None and name.kind == "name" and rest[0].span.end == rest[1].span.start:
        raise e.fail("D057", "this differential closes no integral", Span(rest[0].span.start, rest[1].span.end), "write one \\int for each differential")


def read_integral(e: Elaborator, count: int, sub: Seq | None, sup: Seq | None, span: Span, c: Cursor) -> Term:
    """An integral up to its differential."""
    c.peek()
    start = c.i
    found = find_differential(e, c.items, start)
    if found is None:
        raise e.fail("D057", "the differential of this integral is missing", span, "write \\int f(x) \\, dx")
    position, length, in_fraction = found
    body_items = c.items[start:position]
    if in_fraction:
        fraction = c.items[position]
        assert isinstance(fraction, Macro)
        top = fraction.args[0]
        inner = find_differential(e, top.items, 0)
        assert inner is not None
        variable_item = drop_spaces(top.items[inner[0] : inner[0] + inner[1]])[-1]
        rest = (*top.items[: inner[0]], *top.items[inner[0] + inner[1] :])
        new_top = rest if drop_spaces(rest) else (Leaf("num", "1", top.span),)
        body_items = (*body_items, Macro("\\frac", None, (Seq(new_top, top.span), fraction.args[1]), fraction.span))
    else:
        marks = drop_spaces(c.items[position : position + length])
        variable_item = marks[-1]
    c.i = position + length
    if count == 1:
        _no_further_differential(e, c)
    if not in_fraction and len(drop_spaces(body_items)) > 1 and leaf(drop_spaces(body_items)[-1], "op") and drop_spaces(body_items)[-1].text in ("\\cdot", "\\times"):  # type: ignore[union-attr]
        body_items = tuple(drop_spaces(body_items)[:-1])  # f(x) \cdot dx
    if not drop_spaces(body_items):
        if e.starts_factor(c.peek(), c):
            raise e.fail("D057", "the integrand must stand before its differential", span, "write \\int f(x) \\, dx")
        body_items = (Leaf("num", "1", span),)
    if isinstance(variable_item, Scripts) and variable_item.sup is not None and not binders.star(variable_item):
        raise e.fail("D057", "a differential of a power", variable_item.span, "write \\, dx")
    domain, lo, hi = None, None, None
    whole = Span(span.start, c.items[c.i - 1].span.end)
    if sub is not None and sup is not None:
        low_items = drop_spaces(sub.items)
        if len(low_items) > 2 and is_relation(low_items[1]) and canonical(low_items[:1]) == canonical((variable_item,)):
            low_items = low_items[2:]
        lo, hi = e.number(low_items, sub.span), e.number(sup.items, sup.span)
    elif sub is not None:
        low_items = drop_spaces(sub.items)
        mark = find(low_items, lambda i: leaf(i, "rel", "\\in"))
        if mark > 0:
            low_items = low_items[mark + 1 :]
        domain = integral_domain(e, low_items, sub.span)
    elif sup is not None:
        raise e.fail("D057", "the lower limit is missing", span, None)
    sort = NUM
    if domain is not None and domain.op in ("rn", "rmn", "product", "setof"):
        sort = binders.sort_of_members(domain)
    elif domain is None and lo is None:
        sort = binders.sort_from_use(e, body_items, canonical((variable_item,)))
    key, symbol = binders.bound_symbol(e, variable_item, sort)
    if domain is not None and symbol.sort != sort and sort.kind == "mat":
        symbol = fresh(key, sort)
    if lo is not None and symbol.sort.kind != "num":
        symbol = fresh(key)
    e.open_integrals += 1
    antiderivative = key in e.antiderivatives
    try:
        with e.scope.frame({key: symbol}):
            e.points.append(symbol)
            try:
                inner_items = pair_bars(body_items)
                inner_cursor = Cursor(inner_items, span)
                body = e.sum(inner_cursor)
                expect_end(e, inner_cursor)
                body = arithmetic.pointed(e, body, span)
            finally:
                e.points.pop()
    finally:
        e.open_integrals -= 1
    if count > 1:
        return _outer_integrals(e, count - 1, body, symbol, key, domain, lo, hi, whole, c)
    if body.sort.kind not in ("num", "mat"):
        raise e.fail("D102", f"an integral of {arithmetic.kind_word(e, body.sort)}", whole, None)
    if lo is not None:
        assert hi is not None
        return build.big("int", symbol, lo, hi, body)
    if domain is None:
        if antiderivative:
            point = e.scope.find(key)
            at = point.symbol if point is not None and point.symbol is not None else undeclared_point(e, key, whole)
            if at.sort.kind != "num":
                raise e.fail("D111", "an antiderivative by a vector", whole, "write the domain: \\int_{\\R^d}")
            return bind("antideriv", (symbol,), (at,), body, None, body.sort)
        e.indefinite.append((symbol, key, whole))
        domain = binders.declared_domain(e, symbol)
        if domain is None:
            domain = arithmetic.whole_space(symbol.sort)
    return close_integral(symbol, domain, body)


def undeclared_point(e: Elaborator, key: str, span: Span) -> Term:
    """The point of an antiderivative by a variable that nobody declared."""
    cursor = Cursor((Leaf("name", key, span),), span)
    return names.read_name(e, Leaf("name", key, span), None, cursor)


def close_integral(symbol: Term, domain: Term, body: Term) -> Term:
    """An integral over a set, with bounds where the set is an interval."""
    if symbol.sort.kind == "num":
        if domain is REALS:
            return build.big("int", symbol, neg(INF), INF, body)
        if domain.op == "set" and domain.data in ("Rpos", "Rnn"):
            return build.big("int", symbol, ZERO, INF, body)
        if domain.op == "set" and domain.data == "Rneg":
            return build.big("int", symbol, neg(INF), ZERO, body)
        if domain.op == "interval":
            return build.big("int", symbol, domain.args[0], domain.args[1], body)
    return build.bigset("intset", symbol, domain, body)


def _outer_integrals(
    e: Elaborator, left: int, body: Term, symbol: Term, key: str, domain: Term | None, lo: Term | None, hi: Term | None, span: Span, c: Cursor
) -> Term:
    """`\\iint f \\, dx \\, dy`: the other differentials follow."""
    pairs: list[tuple[Term, str]] = [(symbol, key)]
    for _ in range(left):
        c.peek()
        length = differential_at(e, c.items, c.i)
        if not length:
            raise e.fail("D057", "a differential of this double integral is missing", span, "write \\iint f \\, dx \\, dy")
        item = drop_spaces(c.items[c.i : c.i + length])[-1]
        c.i += length
        other_key, other = binders.bound_symbol(e, item)
        # the body was read before this variable was known: a symbol of its name is the one meant
        body = substitute(body, {sym(other_key): other})
        pairs.append((other, other_key))
    if domain is not None:
        if domain.op == "rn" and domain.args[0].op == "num" and domain.args[0].data == len(pairs):
            domain = None
        elif domain.op == "product" and len(domain.args) == len(pairs):
            for (s, _k), d in zip(pairs, domain.args, strict=True):
                body = close_integral(s, d, body)
            return body
        else:
            return mk("opaque", (domain,), "an integral over a region of the plane", NUM)
    for s, _k in pairs:
        if lo is not None and hi is not None:
            body = build.big("int", s, lo, hi, body)
        else:
            body = close_integral(s, binders.declared_domain(e, s) or arithmetic.whole_space(s.sort), body)
    return body


def integral_domain(e: Elaborator, items: Items, span: Span) -> Term:
    """`\\int_{\\R^d}`, `\\int_S`, `\\int_x` (over all of x)."""
    if len(items) == 1:
        entry = e.scope.find(canonical(items))
        if entry is not None and entry.symbol is not None and entry.symbol.sort.kind in ("num", "mat"):
            return binders.declared_domain(e, entry.symbol) or arithmetic.whole_space(entry.symbol.sort)
    return sets.read_set(e, items, span)
