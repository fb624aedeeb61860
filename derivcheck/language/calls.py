"""Functions: in brackets, or reaching over the product to their right (rules 2 to 4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from derivcheck.language import application, arithmetic, derivatives, names, powers, sets
from derivcheck.language.cursor import Cursor
from derivcheck.language.functions import FUNCTION_NAMES, INVERSES, SEVERAL_ARGUMENTS
from derivcheck.language.items import (
    base_leaf,
    canonical,
    drop_spaces,
    is_comma,
    is_relation,
    leaf,
    pair_bars,
    plain,
    span_of,
    split_on,
)
from derivcheck.language.syntax import Group, Item, Leaf, Macro, Scripts, Seq, Span
from derivcheck.terms import build
from derivcheck.terms.build import ONE, ZERO, neg
from derivcheck.terms.sorts import NUM
from derivcheck.terms.term import Term, fresh, mk, num

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


def read_function(e: Elaborator, name: str, sub: Seq | None, sup: Seq | None, primes: int, span: Span, c: Cursor) -> Term:
    """A built-in function: in brackets, or reaching over the product to its right (rules 2 to 4)."""
    base: Term | None = None
    if sub is not None:
        if name in ("log", "lg"):
            base = e.number(sub.items, sub.span)
        else:
            raise e.fail("D040", f"{name} has no index", sub.span, None)
    power: Seq | None = None
    order = primes
    if sup is not None:
        word = canonical(sup.items)
        if word == "-1":
            inverse = INVERSES.get(name)
            if name in ("log", "lg", "exp", "gamma", "det", "trace"):
                raise e.fail("D108", f"{name}^{{-1}}: the inverse function, or one over the value?", span, f"write 1/{name}(x) for the quotient")
            if inverse is None:
                raise e.fail("D040", f"the inverse of {name} has no name here", span, None)
            name = inverse
        elif word.startswith("(") and word.endswith(")"):
            order = names.derivative_order(e, drop_spaces(sup.items)[0].body.items, span)  # type: ignore[union-attr]
        else:
            power = sup
    bracket = e.bracket_next(c)
    listed: Term | None = None
    args: list[Term] = []
    if bracket:
        group, group_scripts = application.take_bracket(c)
        listed = extremum_of_sequence(e, name, group)
        if listed is None:
            args = function_arguments(e, name, group)
    else:
        args = [bare_operand(e, name, span, c)]
        group_scripts = None
    end = c.items[c.i - 1].span.end if c.i else span.end
    whole = Span(span.start, end)
    if listed is not None:
        value = listed
    elif order:
        u = fresh("u")
        x = arithmetic.as_number(e, args[0], whole)
        value = build.deriv(u, make_function(e, name, [u], whole), x, order)
    else:
        value = make_function(e, name, args, whole)
    if base is not None:
        value = build.div(arithmetic.as_number(e, value, whole), build.log(base))
    if power is not None:
        value = powers.power(e, value, power, whole)
    if group_scripts is not None:
        value = e.postfix(value, group_scripts.sub, group_scripts.sup, group_scripts.primes, whole)
    return value


def function_arguments(e: Elaborator, name: str, group: Group) -> list[Term]:
    """The arguments in a bracket; `\\max\\{a, b\\}` is a list, `\\max(x)` of a vector or set is its largest."""
    items = pair_bars(group.body.items)
    if name in ("max", "min") and group.open == "\\{" and any(is_relation(i) or leaf(i, "rel", "\\mid") for i in items):
        return [sets.read_set(e, (group,), group.span)]
    pieces = split_on(items, is_comma)
    if len(pieces) > 1 and name not in SEVERAL_ARGUMENTS:
        # `\\Gamma(a, x)`, `\\arctan(y, x)`: other functions of that name
        if name == "gamma":
            values = [e.number(p, span_of(p, group.span)) for p in pieces]
            return [mk("opaque", tuple(values), "the incomplete gamma function", NUM)]
        raise e.fail("D104", f"{name} takes 1 argument, not {len(pieces)}", group.span, None)
    return [e.value(p, span_of(p, group.span)) for p in pieces]


def has_ellipsis(items: Sequence[Item]) -> bool:
    return any(isinstance(i, Leaf) and i.text == "\\dots" for i in items)


def extremum_of_sequence(e: Elaborator, name: str, group: Group) -> Term | None:
    """`\\max(x_1, \\dots, x_n)` of a declared family."""
    pieces = split_on(pair_bars(group.body.items), is_comma)
    if name not in ("max", "min") or not any(has_ellipsis(p) for p in pieces):
        return None
    ends = [p for p in pieces if not has_ellipsis(p)]
    first, last = drop_spaces(ends[0]), drop_spaces(ends[-1])
    a, b = (p[0] if len(p) == 1 and isinstance(p[0], Scripts) else None for p in (first, last))
    if a is None or b is None or a.sub is None or b.sub is None:
        raise e.fail("D043", "this list cannot be read", group.span, "write \\max_{i} x_i")
    lo, hi = e.number(a.sub.items, group.span), e.number(b.sub.items, group.span)
    k = fresh("k")
    stand_in = "\\mathrm{index of the list}"
    member = Scripts(b.base, Seq((Leaf("name", stand_in, group.span),), group.span), b.sup, b.primes, group.span)
    with e.scope.frame({stand_in: k}):
        value = e.number((member,), group.span)
    return build.over(f"{name}over", (k,), (build.int_range(lo, hi),), value)


def make_function(e: Elaborator, name: str, args: list[Term], span: Span) -> Term:
    """A built-in function or one of the few that are written out."""
    if name == "relu":
        return powers.function(e, "max", [ZERO, *args], span) if len(args) == 1 else _arity(e, name, args, span)
    if name in ("sigmoid", "softplus", "logit", "sinc", "lg"):
        if len(args) != 1:
            return _arity(e, name, args, span)
        value = arithmetic.pointed(e, args[0], span)
        makers: dict[str, Callable[[Term], Term]] = {
            "sigmoid": lambda u: build.div(ONE, build.add(ONE, build.exp(neg(u)))),
            "softplus": lambda u: build.log(build.add(ONE, build.exp(u))),
            "logit": lambda u: build.log(build.div(u, build.sub(ONE, u))),
            "sinc": lambda u: mk("opaque", (u,), "sinc (with or without \\pi)", NUM),
            "lg": lambda u: build.div(build.log(u), build.log(num(10))),
        }
        make = makers[name]
        if value.sort.kind == "mat" and not arithmetic.scalar_like(e, value.sort):
            return powers.elementwise(e, make, value)
        return make(arithmetic.as_number(e, value, span))
    return powers.function(e, name, args, span)


def _arity(e: Elaborator, name: str, args: list[Term], span: Span) -> Term:
    raise e.fail("D104", f"{name} takes 1 argument, not {len(args)}", span, None)


def bare_operand(e: Elaborator, name: str, span: Span, c: Cursor) -> Term:
    """The operand of a function without brackets (rule 3)."""
    negative = e.signs(c)
    if c.peek() is None or not e.starts_factor(c.peek(), c):
        raise e.fail("D040", f"{name} has no argument", span, "write its argument in brackets")
    item = c.peek()
    assert item is not None
    first = e.factor(c)
    factors = [first]
    whole_product = carries_transpose(item)
    if not (starts_operator(e, item) and not isinstance(item, Group)):
        bars = isinstance(item, Group) and item.open in ("|", "\\|")
        while True:
            nxt = c.peek()
            if nxt is None or not e.starts_factor(nxt, c):
                break
            if starts_operator(e, nxt) or (carries_transpose(nxt) and not whole_product):
                break
            if _starts_density(e, nxt, c):
                raise e.fail(
                    "D108", f"does {name} reach over the density that follows?", nxt.span, "write brackets"
                )
            if bars:
                raise e.fail("D108", f"does {name} reach over what follows the bars?", nxt.span, "write brackets")
            factors.append(e.factor(c))
    nxt = c.peek()
    if isinstance(nxt, Leaf) and nxt.text == "/" and name != "factorial":
        raise e.fail("D041", f"after {name} without brackets it is not clear what the slash divides", nxt.span, "write brackets")
    term = arithmetic.combine(e, factors)
    return neg(term) if negative else term


def carries_transpose(item: Item | None) -> bool:
    """A factor with `^\\top`."""
    return isinstance(item, Scripts) and item.sup is not None and any(
        leaf(i, None, "\\top") or leaf(i, None, "\\mathsf{T}") for i in item.sup.items
    )


def starts_operator(e: Elaborator, item: Item | None) -> bool:
    """The next function name or big operator: where the operand of a bare function ends."""
    head = base_leaf(item)
    if head is None:
        return isinstance(item, Macro) and (item.name.startswith("\\operatorname") or item.name == "\\underset" or derivatives.is_derivative_item(item))
    if head.kind == "macro":
        return head.text not in ("\\infty", "\\const")
    word = plain(head.text)
    if head.text.startswith("\\mathrm") and word in FUNCTION_NAMES and not e.scope.declared(head.text):
        return True
    entry = e.scope.find(head.text)
    if entry is None and isinstance(item, Scripts) and item.sub is not None:
        entry = e.scope.find(f"{head.text}_{{{canonical(item.sub.items)}}}")
    if entry is None:
        return False
    if entry.symbol is not None:
        return entry.symbol.sort.kind == "fun"
    return entry.definition is not None and any(p.role == "arg" for p in entry.definition.params)


def _starts_density(e: Elaborator, item: Item | None, c: Cursor) -> bool:
    head = base_leaf(item)
    if head is None:
        return False
    if head.text == "\\mathcal{N}" and not e.scope.declared(head.text):
        return True
    entry = e.scope.find(head.text)
    if entry is None:
        return False
    return bool(entry.densities) or (entry.symbol is not None and entry.symbol.sort.kind == "dist")
