"""A bracket before another one: a function that is applied to it, as in `(f + g)(x)` and `(\\frac{df}{dx})(x)`, or a factor.

A function without its argument may also stand for its value: a defined one at the declared symbols of its parameters, a declared one under
a derivative.  So `(1 - \\sigma)(1 + \\sigma)` is a product.  Where both can be meant it is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from derivcheck.language import definitions, derivatives
from derivcheck.language.items import canonical, drop_spaces, walk
from derivcheck.language.scope import Entry
from derivcheck.language.syntax import Group, Item, Leaf, Macro, Scripts, Seq

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


def derivative_alone(e: Elaborator, group: Group) -> Macro | None:
    """The derivative `\\frac{df}{dx}` of a function without argument that is all a bracket holds (also as `\\frac{d}{dx} f`)."""
    items = drop_spaces(group.body.items)
    if not items or len(items) > 2 or not isinstance(items[0], Macro) or not derivatives.is_derivative_item(items[0]):
        return None
    made = items[0]
    top = made.args[0]
    if len(items) == 2:
        if len(drop_spaces(top.items)) != 1:
            return None
        made = replace(made, args=(Seq((*top.items, items[1]), top.span), made.args[1]))
    operand = drop_spaces(made.args[0].items)[1:]
    if len(operand) != 1 or not any(True for _ in _without_arguments(e, operand)):
        return None
    return made


def is_function(e: Elaborator, group: Group, behind: Group) -> bool:
    """Whether the first bracket is a function of the second."""
    bare = list(_without_arguments(e, group.body.items))
    if not bare:
        return False
    numbers = others = False
    for inner in walk(group.body.items):
        if isinstance(inner, Leaf):
            others = others or (inner.kind == "name" and not _is_function(e.scope.find(inner.text)))
            numbers = numbers or inner.kind == "num"
            if inner.text in ("\\circ", "\\nabla"):
                return not any(isinstance(i, Leaf) and i.kind == "name" and not _is_function(e.scope.find(i.text)) for i in walk(group.body.items))
    values = [n.definition for n in bare if n.definition is not None and definitions.natural_arguments(e, n.definition, group.span) is not None]
    if not others and not values:
        return True
    if any(True for _ in _without_arguments(e, behind.body.items)):
        return False
    point = canonical(drop_spaces(behind.body.items))
    points = {",".join(p.name for p in d.params) for d in values} | set(_derivative_variables(group))
    plain = not others and not numbers
    if plain == (point in points):
        return plain
    raise e.fail(
        "D108", "a function stands without its argument: is this bracket a function of the next one, or a factor?", group.span,
        "write the arguments: f(x) + g(x), with \\cdot between the brackets for a product",
    )  # fmt: skip


def _is_function(entry: Entry | None) -> bool:
    if entry is None:
        return False
    if entry.symbol is not None:
        return entry.symbol.sort.kind == "fun"
    return entry.definition is not None and any(p.role == "arg" for p in entry.definition.params)


def _without_arguments(e: Elaborator, items: Iterable[Item]) -> Iterator[Entry]:
    """The functions whose names stand without brackets behind them."""
    row = drop_spaces(tuple(items))
    for k, item in enumerate(row):
        inner = item.base if isinstance(item, Scripts) else item
        if isinstance(inner, Leaf) and inner.kind == "name":
            entry = e.scope.find(inner.text)
            behind = row[k + 1] if k + 1 < len(row) else None
            behind = behind.base if isinstance(behind, Scripts) else behind
            if entry is not None and _is_function(entry) and not isinstance(behind, Group):
                yield entry
        elif isinstance(inner, Group):
            yield from _without_arguments(e, inner.body.items)
        elif isinstance(inner, Macro):
            for argument in inner.args:
                yield from _without_arguments(e, argument.items)


def _derivative_variables(group: Group) -> Iterator[str]:
    """The names by which the derivatives in a bracket are taken."""
    for inner in walk(group.body.items):
        if isinstance(inner, Macro) and derivatives.is_derivative_item(inner):
            yield from (canonical((i,)) for i in drop_spaces(inner.args[1].items)[1:2])
