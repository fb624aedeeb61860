"""`define LHS = RHS`: a fresh name, alone or with distinct parameters.

Letters in the subscript of the name are parameters (indices) where the body speaks of them or a range is declared for them; otherwise
the subscript is part of the name.  `p(x \\mid z)` on the left defines a conditional density.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.language import binders, definitions, entries, names
from derivcheck.language.diagnostics import ReadError
from derivcheck.language.information import is_divider
from derivcheck.language.items import (
    Items,
    base_leaf,
    canonical,
    drop_spaces,
    find,
    is_comma,
    is_relation,
    names_in,
    pair_bars,
    span_of,
    split_on,
)
from derivcheck.language.laws import is_separator
from derivcheck.language.scope import Definition, Entry, Param
from derivcheck.language.syntax import Group, Item, Leaf, Macro, Scripts, Seq, Span

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator

_HELP = "write define f(x) = … or define m = …"


class Left:
    """The left side of a definition."""

    def __init__(self, key: str, params: tuple[Param, ...], conditional: bool, span: Span) -> None:
        self.key, self.params, self.conditional, self.span = key, params, conditional, span


def split_definition(e: Elaborator, items: Items, span: Span) -> tuple[Items, Items]:
    """Both sides."""
    position = find(items, lambda i: is_relation(i) and base_leaf(i).text in ("=", ":="))  # type: ignore[union-attr]
    if position < 1:
        raise e.fail("D045", "a definition has a name, = and a body", span, _HELP)
    body = items[position + 1 :]
    if not drop_spaces(body):
        raise e.fail("D045", "the body of this definition is missing", span, _HELP)
    return drop_spaces(items[:position]), body


def read_left(e: Elaborator, items: Items, body: Items, span: Span) -> Left:
    """The name and its parameters."""
    where = span_of(items, span)
    head_item: Item = items[0]
    rest = items[1:]
    if [canonical((i,)) for i in items[:2]] == ["P", "r"] and len(items) == 3:
        head_item, rest = Leaf("macro", "\\Pr", span_of(items[:2], span)), items[2:]
    if isinstance(head_item, Macro) and head_item.name in ("\\overline",):
        inner = canonical(head_item.args[0].items)
        head_item = Leaf("name", f"\\overline{{{inner}}}", head_item.span)
    head = base_leaf(head_item)
    if head is None or head.kind not in ("name", "macro", "text"):
        raise e.fail("D045", "the left side of a definition is a name, alone or with parameters", where, _HELP)
    if head.text in ("\\frac", "\\sum", "\\int", "\\prod", "\\lim", "\\nabla", "\\partial") or not head.text[-1:].strip():
        raise e.fail("D045", f"{head.text} cannot be defined", where, _HELP)
    bracket: Group | None = None
    if len(rest) == 1 and isinstance(rest[0], Group) and rest[0].open in ("(", "[", "\\{"):
        bracket = rest[0]
    elif rest:
        raise e.fail("D045", "the left side of a definition is a name, alone or with parameters", where, _HELP)
    params: list[Param] = []
    scripts = head_item if isinstance(head_item, Scripts) else None
    key = _key(e, head, scripts, body, params, where)
    conditional = False
    if bracket is not None:
        conditional = _bracket_params(e, bracket, params)
    seen = [p.name for p in params]
    for name in seen:
        if seen.count(name) > 1:
            raise e.fail("D045", f"the parameter {name} stands twice", where, _HELP)
    return Left(key, tuple(params), conditional, where)


def _key(e: Elaborator, head: Leaf, scripts: Scripts | None, body: Items, params: list[Param], span: Span) -> str:
    """The name without the letters that are parameters."""
    if scripts is None:
        return head.text
    label, label_items, power = names.split_superscript(scripts.sup)
    if power is not None:
        word = canonical(power.items)
        if word not in ("+", "-", "\\dagger"):
            raise e.fail("D045", "a power cannot be defined", span, _HELP)
        label = word
    key = head.text + "'" * scripts.primes
    if scripts.sub is not None:
        pieces = _letters(scripts.sub)
        mentioned = names_in(body)
        if pieces and all(_is_parameter(e, p, mentioned) for p in pieces):
            params.extend(Param(canonical(p), "sub", span_of(p, span)) for p in pieces)
        else:
            key += f"_{{{canonical(scripts.sub.items)}}}"
    if label is not None:
        inner = drop_spaces(label_items)
        if len(inner) == 1 and isinstance(inner[0], Leaf) and inner[0].kind == "name" and _is_parameter(e, inner, names_in(body)):
            params.append(Param(canonical(inner), "sup", scripts.span))
            return key + "^{(·)}"
        key += f"^{{{label}}}"
    return key


def _letters(sub: Seq) -> list[Items]:
    """The letters of a subscript, or nothing where it is no list of letters."""
    items = drop_spaces(sub.items)
    pieces = [drop_spaces(p) for p in split_on(items, is_comma)]
    if len(pieces) == 1:
        pieces = [(i,) for i in items]
    for p in pieces:
        if len(p) != 1 or not isinstance(p[0], Leaf) or p[0].kind != "name" or p[0].text.startswith(("\\mathrm", "\\mathsf")) or p[0].text in ("\\infty", "\\top"):
            return []
    return pieces


def _is_parameter(e: Elaborator, piece: Items, mentioned: set[str]) -> bool:
    letter = canonical(piece)
    entry = e.scope.find(letter)
    if letter in e.scope.ranges:
        return True
    if entry is not None and entry.symbol is not None:
        domain = e.scope.domain_of(entry.symbol)
        return letter in mentioned and domain is not None and binders.is_integer_set(domain)
    return letter in mentioned


def _bracket_params(e: Elaborator, bracket: Group, params: list[Param]) -> bool:
    """The parameters in a bracket; true where a bar separates conditions."""
    items = pair_bars(bracket.body.items)
    cut = find(items, is_separator)
    conditional = cut >= 0
    divider = find(items, is_divider)
    groups: list[tuple[Items, str]] = [(items, "arg")]
    if conditional:
        groups = [(items[:cut], "arg"), (items[cut + 1 :], "given")]
    elif divider >= 0:
        groups = [(items[:divider], "arg"), (items[divider + 1 :], "arg")]
    for part, role in groups:
        for piece in split_on(part, lambda i: is_comma(i) or is_separator(i)):
            inner = drop_spaces(piece)
            head = base_leaf(inner[0]) if len(inner) == 1 else None
            if head is None or head.kind not in ("name", "text", "macro"):
                raise e.fail("D045", "a parameter is a name", span_of(inner, bracket.span), _HELP)
            params.append(Param(canonical(inner), role, inner[0].span))
    return conditional


def define(e: Elaborator, items: Items, span: Span) -> str:
    """Enter a definition; its body is read once, so that mistakes are reported where they stand."""
    left_items, body = split_definition(e, items, span)
    left = read_left(e, left_items, body, span)
    enter(e, left, body, span)
    return left.key


def enter(e: Elaborator, left: Left, body: Items, span: Span) -> None:
    """Enter a definition under its name."""
    scope = e.scope
    definition = Definition(left.key, left.params, body, span_of(body, span))
    entry = scope.names.get(left.key)
    family = any(p.role == "sub" for p in left.params)
    if entry is not None and entries.is_family(entry) != family:
        entry = entry.family
    if entry is not None:
        symbol = entry.symbol
        undeclared = symbol is not None and symbol in scope.declarations and not scope.declarations[symbol].declared
        several = left.conditional or entry.densities or entry.density_definitions or _another_signature(entry, left)
        if several and not undeclared and (entry.definition is not None or entry.densities or entry.density_definitions):
            if entry.definition is not None and any(p.role == "arg" for p in entry.definition.params):
                entry.density_definitions.append(entry.definition)
                entry.definition = None
            if entry.definition is None and not any(_same_signature(d, definition) for d in entry.density_definitions):
                entry.density_definitions.append(definition)
                check_body(e, definition)
                return
        if not undeclared:
            raise e.fail("D109", f"{left.key} is {'defined' if entry.definition is not None else 'declared'} already", left.span, "use another name")
    check_body(e, definition)
    made = Entry(density_definitions=[definition]) if left.conditional else Entry(definition=definition)
    entries.enter(e, left.key, made, family=family)
    for waiting, why in scope.unread:
        if why.code == "D105":
            waiting.memo.clear()


def _another_signature(entry: Entry, left: Left) -> bool:
    """A density of the same letter over other variables."""
    if entry.definition is None:
        return False
    mine = [p.name for p in left.params if p.role in ("arg", "given")]
    theirs = [p.name for p in entry.definition.params if p.role in ("arg", "given")]
    return bool(mine) and bool(theirs) and mine != theirs and left.key in ("p", "q", "r", "\\pi", "\\Pr")


def _same_signature(a: Definition, b: Definition) -> bool:
    return [(p.name, p.role) for p in a.params] == [(p.name, p.role) for p in b.params]


def _sort_is_open(e: Elaborator, param: Param) -> bool:
    """Whether nothing says what sort a parameter has."""
    entry = e.scope.names.get(param.name)
    return entry is None or entry.symbol is None or entry.symbol.sort.kind == "fam"


def read_body(e: Elaborator, definition: Definition) -> None:
    """Read the body with the sorts that the parameters have by themselves."""
    definitions.body_of(e, definition, tuple(definitions.default_sort(e, p) for p in definition.params), definition.span)


def check_body(e: Elaborator, definition: Definition) -> None:
    """Read the body with the sorts that the parameters have by themselves; where a parameter could be of another sort an error
    is kept for the places where the name is used."""
    try:
        read_body(e, definition)
    except ReadError as error:
        if error.diagnostic.code == "D105":  # a function that a line below may define
            e.scope.unread.append((definition, error.diagnostic))
            return
        open_sorts = [p for p in definition.params if _sort_is_open(e, p)]
        if not open_sorts or error.diagnostic.code not in ("D101", "D102", "D103", "D104", "D112", "D113"):
            raise
        e.scope.unread.append((definition, error.diagnostic))
