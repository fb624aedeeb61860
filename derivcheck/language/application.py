"""Functions at arguments: `f(a, b)`, `f[x]`, scalar functions of vectors, `(x \\mapsto x^2)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.language import arithmetic, binders, sets
from derivcheck.language.cursor import Cursor
from derivcheck.language.items import Items, drop_spaces, find, is_comma, is_mid, leaf, pair_bars, span_of, split_on
from derivcheck.language.syntax import Group, Leaf, Scripts, Span
from derivcheck.terms import build
from derivcheck.terms.sorts import NUM
from derivcheck.terms.term import Term, fresh

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator



def take_bracket(c: Cursor) -> tuple[Group, Scripts | None]:
    """The bracket that comes next and the scripts on it."""
    item = c.next()
    if isinstance(item, Scripts):
        assert isinstance(item.base, Group)
        return item.base, item
    assert isinstance(item, Group)
    return item, None


def argument_list(e: Elaborator, group: Group) -> list[Items]:
    """The arguments of a bracket, cut at commas, semicolons and bars."""
    items = pair_bars(group.body.items)
    if not drop_spaces(items):
        raise e.fail("D104", "the arguments are missing", group.span, None)
    return split_on(items, lambda i: is_comma(i) or is_mid(i) or (isinstance(i, Leaf) and i.text == ";"))


def apply_to_bracket(e: Elaborator, f: Term, c: Cursor, span: Span) -> Term:
    """`f(a, b)`, with scripts on the bracket acting on the value (rule 4)."""
    group, scripts = take_bracket(c)
    whole = Span(span.start, group.span.end)
    pieces = argument_list(e, group)
    args = [(e.value(p, span_of(p, group.span)), span_of(p, group.span)) for p in pieces]
    value = apply_function(e, f, args, whole)
    if scripts is not None:
        value = e.postfix(value, scripts.sub, scripts.sup, scripts.primes, Span(span.start, scripts.span.end))
    return value


def apply_function(e: Elaborator, f: Term, args: list[tuple[Term, Span]], span: Span) -> Term:
    """A function-sorted term at arguments, with sizes checked; a scalar function acts on a vector entry by entry."""
    sorts = f.sort.arg_sorts
    if len(sorts) == 1 and sorts[0].kind == "mat" and len(args) > 1 and all(t.sort.kind == "num" for t, _ in args):
        packed = arithmetic.tuple_as_vector(e, arithmetic.make_tuple([t for t, _ in args]))
        args = [(packed, span)]
    if len(args) != len(sorts):
        raise e.fail("D104", f"this function takes {len(sorts)} argument{'s' if len(sorts) != 1 else ''}, not {len(args)}", span, None)
    if len(sorts) == 1 and sorts[0].kind == "num":
        value, where = args[0]
        value = arithmetic.pointed(e, value, where)
        if value.sort.kind == "mat" and not arithmetic.scalar_like(e, value.sort):
            if f.sort.result.kind == "num":
                return build.emap(f, value)
            raise e.fail("D102", "this function takes a number, not a vector", where, None)
        if value.sort.kind == "fun" and value.sort.arity == 1:  # f(g) for f∘g is not a common writing
            raise e.fail("D102", "the argument is a function", where, "write f(g(x)) or f \\circ g")
    coerced = [arithmetic.coerce(e, t, s, w) for (t, w), s in zip(args, sorts, strict=True)]
    return arithmetic.apply_term(e, f, coerced)


def read_arrow_function(e: Elaborator, items: Items, span: Span) -> Term:
    """`(x \\mapsto x^2)`, `((x, y) \\mapsto x y)`, `(x \\in S \\mapsto …)`: a function by its body."""
    cut = find(items, lambda i: leaf(i, "rel", "\\mapsto"))
    head, body = drop_spaces(items[:cut]), items[cut + 1 :]
    if len(head) == 1 and isinstance(head[0], Group) and head[0].open == "(":
        head = drop_spaces(head[0].body.items)
    symbols: dict[str, Term] = {}
    domains: list[Term] = []
    for piece in split_on(head, is_comma):
        piece = drop_spaces(piece)
        mark = find(piece, lambda i: leaf(i, "rel", "\\in"))
        domain = sets.read_set(e, piece[mark + 1 :], span) if mark == 1 else None
        if len(piece) != 1 and domain is None:
            raise e.fail("D055", "a variable is expected before this arrow", span, "write (x \\mapsto x^2)")
        key, symbol = binders.bound_symbol(e, piece[0], binders.sort_of_members(domain) if domain is not None else NUM)
        if domain is not None and symbol.sort != binders.sort_of_members(domain):
            symbol = fresh(key, binders.sort_of_members(domain))
        symbols[key] = symbol
        domains.append(domain or e.scope.domain_of(symbol) or arithmetic.whole_space(symbol.sort))
    with e.scope.frame(symbols):
        value = e.value(body, span_of(body, span))
    return build.lam(tuple(symbols.values()), domains, arithmetic.pointed(e, value, span))
