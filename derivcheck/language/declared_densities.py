"""`let p(x, z) density`: joint and conditional densities over declared variables, perhaps with parameters in a subscript."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from derivcheck.language import arithmetic, entries, laws, let, names
from derivcheck.language.items import (
    Items,
    base_leaf,
    canonical,
    drop_spaces,
    span_of,
)
from derivcheck.language.scope import Density, Entry
from derivcheck.language.syntax import Group, Leaf, Scripts, Span
from derivcheck.terms.context import Declaration
from derivcheck.terms.sorts import SET, tup
from derivcheck.terms.sorts import dist as dist_sort
from derivcheck.terms.term import Term, mk, name_of, sym

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


def declare_density(e: Elaborator, items: Items, d: let.Declared) -> None:
    """`p(x, z) density`, `q(z \\mid x) density`, `p_\\theta(x \\mid z) density`, `Pr(x \\mid \\phi) density`."""
    group = items[-1]
    head_items = items[:-1]
    span = span_of(items, d.span)
    if not isinstance(group, Group) or not head_items:
        raise e.fail("D046", "this is no density", span, "write let p(x, z) density")
    if [canonical((i,)) for i in head_items] == ["P", "r"]:
        head_items = (Leaf("macro", "\\Pr", span_of(head_items, span)),)
    if len(head_items) != 1 or base_leaf(head_items[0]) is None:
        raise e.fail("D046", "the name of this density cannot be read", span, "write let p(x, z) density")
    head = base_leaf(head_items[0])
    assert head is not None
    key = canonical(head_items)
    before, after = laws.split_call(e, group)
    given = list(after or [])
    scripts = head_items[0] if isinstance(head_items[0], Scripts) else None
    parameters: list[Term] = []
    if scripts is not None and scripts.sub is not None:
        for piece in names.index_pieces(scripts.sub, 1):
            entry = e.scope.find(canonical(piece))
            if entry is not None and entry.symbol is not None and entry.symbol.sort.kind in ("num", "mat"):
                parameters.append(entry.symbol)
    before_symbols = [_density_variable(e, p, span) for p in before]
    given_symbols = [_density_variable(e, p, span) for p in given]
    keys_before = tuple(canonical(drop_spaces(p)) for p in before)
    keys_given = tuple(canonical(drop_spaces(p)) for p in given)
    sorts = [s.sort for s in before_symbols]
    over = sorts[0] if len(sorts) == 1 else tup(*sorts)
    entry = e.scope.names.get(key)
    if entry is not None and not entry.densities and not entry.density_definitions:
        entries.check_fresh(e, key, span)
        entry = None
    signature = "" if entry is None else "(" + ",".join(keys_before) + ("|" + ",".join(keys_given) if keys_given else "") + ")"
    symbol = sym(key + signature, dist_sort(over))
    density = Density(symbol, keys_before, keys_given, tuple(before_symbols), tuple(given_symbols))
    if entry is None:
        entry = Entry()
        e.scope.names[key] = entry
    if any(x.before == density.before and x.given == density.given for x in entry.densities):
        raise e.fail("D109", f"{key} is declared already with these variables", span, None)
    entry.densities.append(density)
    supports = [e.scope.domain_of(s) or arithmetic.whole_space(s.sort) for s in before_symbols]
    inside = supports[0] if len(supports) == 1 else mk("product", tuple(supports), None, SET)
    attributes = frozenset(w for w in d.words if w not in ("density", "random", "independent"))
    e.scope.declarations[symbol] = Declaration(
        symbol,
        mk("prob", (inside,), None, SET),
        attributes,
        joint=tuple(before_symbols),
        joint_given=tuple(given_symbols),
    )
    if parameters:
        _depend_on(e, density, parameters)


def _depend_on(e: Elaborator, density: Density, parameters: list[Term]) -> None:
    """`p_\\theta`: the density depends on the symbol in its subscript, as on a condition."""
    density.given = (*density.given, *(name_of(p) for p in parameters))
    density.given_symbols = (*density.given_symbols, *parameters)
    declaration = e.scope.declarations[density.symbol]
    e.scope.declarations[density.symbol] = replace(declaration, joint_given=density.given_symbols)
    e.scope.density_parameters[density.symbol] = tuple(parameters)


def _density_variable(e: Elaborator, piece: Items, span: Span) -> Term:
    items = drop_spaces(piece)
    if len(items) != 1 or base_leaf(items[0]) is None:
        raise e.fail("D046", "a density is declared over variables", span, "write let p(x, z) density")
    value = e.value(items, span_of(items, span))
    if value.op not in ("sym", "idx") or value.sort.kind not in ("num", "mat"):
        raise e.fail("D046", "a density is declared over variables", span, "write let p(x, z) density")
    return value
