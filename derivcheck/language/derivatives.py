"""Derivatives: `\\frac{d}{dx}`, `\\frac{\\partial^2 L}{\\partial a \\partial b}`, `\\partial_x`, `\\nabla_w f`, `\\nabla^2 f`, evaluation bars.

By a declared symbol a derivative goes through all definitions.  By an entry or a member of a family it is that entry's or member's
derivative; by a parameter of a defined function that slot's; by a defined quantity the derivative of all that uses it, with the
quantity cut out as a symbol of its own.  By a vector or matrix it is a gradient or a Jacobian.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

from derivcheck.language import application, arithmetic, definitions, evaluation, matrices, names, undeclared
from derivcheck.language.cursor import Cursor
from derivcheck.language.items import (
    Items,
    base_leaf,
    canonical,
    differential_letter,
    drop_spaces,
    is_comma,
    is_derivative_bottom,
    pair_bars,
    span_of,
    split_on,
)
from derivcheck.language.misplaced import expect_end
from derivcheck.language.scope import Definition
from derivcheck.language.syntax import Group, Item, Leaf, Macro, Scripts, Seq, Span
from derivcheck.language.varying_laws import prepared
from derivcheck.terms import build
from derivcheck.terms.build import ONE
from derivcheck.terms.term import Term, fresh, map_children, mk, substitute

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


class Variable:
    """What a derivative is taken by.  `symbol` stands for it in the body; `point` is its value; `after` takes the entry out of a
    gradient; `before` prepares the body (a member of a family, a cut)."""

    def __init__(self, symbol: Term, point: Term) -> None:
        self.symbol, self.point = symbol, point
        self.after: Callable[[Term], Term] | None = None
        self.before: Callable[[Term], Term] | None = None
        self.cut: tuple[str, Term] | None = None
        self.frame: dict[str, Term] = {}
        self.order = 1
        self.key = ""
        self.slot: tuple[object, Term] | None = None


def is_derivative_item(item: Item | None) -> bool:
    """`\\frac{d…}{dx}`, or a nabla."""
    head = base_leaf(item)
    if head is not None and head.text in ("\\nabla", "\\partial"):
        return True
    if isinstance(item, Scripts):
        item = item.base
    if not (isinstance(item, Macro) and item.name == "\\frac" and len(item.args) == 2):
        return False
    top = drop_spaces(item.args[0].items)
    return bool(top) and differential_letter(top[0]) and is_derivative_bottom(drop_spaces(item.args[1].items))


def read_fraction(e: Elaborator, item: Macro, c: Cursor) -> Term | None:
    """A fraction that is a derivative (rule 6), or None."""
    if not is_derivative_item(item):
        return None
    top = drop_spaces(item.args[0].items)
    bottom = drop_spaces(item.args[1].items)
    total = 1
    if isinstance(top[0], Scripts) and top[0].sup is not None:
        symbolic = _symbolic_order(e, top, bottom, item, c)
        if symbolic is not None:
            return symbolic
        total = derivative_order(e, top[0].sup)
    place = c.i, c.items
    point, scripts = _point(e, top[1:], c)
    slot = _slot(e, top[1:], bottom, item.span, point)
    if slot is not None:
        return slot if scripts is None else e.postfix(slot, scripts.sub, scripts.sup, scripts.primes, item.span)
    c.i, c.items = place
    variables = [read_variable(e, bottom[i + 1], item.span) for i in range(0, len(bottom), 2)]
    if sum(v.order for v in variables) != total:
        raise e.fail(
            "D058", f"the orders differ: {total} above the line, {sum(v.order for v in variables)} below", item.span, "write \\frac{d^2 f}{dx^2}"
        )
    body_items = top[1:]
    if body_items:
        body = with_cuts(e, variables, lambda: differentiand(e, body_items, item.args[0].span, variables))
        term = differentiate(e, body, variables, item.span)
        if body.sort.kind in ("num", "fun") and e.bracket_next(c) and _bare_function(e, body_items):
            return _at_bracket(e, body_items, variables, c, item.span)
        return term
    if len(c.items) <= c.i or c.peek() is None:
        raise e.fail("D040", "this derivative has nothing to act on", item.span, None)
    bar = c.peek()
    at: Scripts | None = None
    if isinstance(bar, Scripts) and isinstance(bar.base, Leaf) and bar.base.kind == "bar":  # \\frac{d}{dx}|_{x=0} f
        at = bar
        c.next()
    ahead = _one_application(e, c)
    slot = _slot(e, ahead, bottom, item.span) if ahead and at is None else None
    if slot is not None:
        c.i += len(ahead)
        return slot
    c.bar_stops += 1
    try:
        body = with_cuts(e, variables, lambda: e.operand(c, item.span, bracket_is_all=False))
    finally:
        c.bar_stops -= 1
    derivative = differentiate(e, body, variables, item.span)
    return derivative if at is None else evaluation.evaluate_at(e, derivative, at.sub, at.sup, at.span)


def _point(e: Elaborator, items: Items, c: Cursor) -> tuple[list[Term] | None, Scripts | None]:
    """The arguments behind `\\frac{\\partial f}{\\partial x}(a, b)`, for a defined function of as many, and the scripts on their bracket."""
    definition = _applied_to_itself(e, items) if len(items) == 1 and e.bracket_next(c) else None
    if definition is None:
        return None, None
    place = c.i, c.items
    group, scripts = application.take_bracket(c)
    pieces = split_on(group.body.items, is_comma)
    if len(pieces) != len(definition.params):
        c.i, c.items = place
        return None, None
    return [e.value(p, span_of(p, group.span)) for p in pieces], scripts


def _one_application(e: Elaborator, c: Cursor) -> Items:
    """A name with or without its bracket, where nothing follows that would belong to the same product."""
    rest = c.items[c.i :]
    for count in (2, 1):
        if len(rest) >= count and (count == 1 or isinstance(rest[1], Group)):
            after = rest[count] if len(rest) > count else None
            if after is None or (isinstance(after, Leaf) and after.text in ("+", "-", "\\pm", "\\mp")):
                return tuple(rest[:count])
    return ()


def _symbolic_order(e: Elaborator, top: Items, bottom: Items, item: Macro, c: Cursor) -> Term | None:
    """`\\frac{d^n}{dx^n} f` with a symbol for n."""
    head = top[0]
    assert isinstance(head, Scripts) and head.sup is not None
    order = e.number(head.sup.items, head.sup.span)
    if order.op == "num" or len(bottom) != 2 or not isinstance(bottom[1], Scripts) or bottom[1].sup is None:
        return None
    if canonical(bottom[1].sup.items) != canonical(head.sup.items):
        return None
    variable = read_variable(e, _without_power(bottom[1]), item.span)
    body = differentiand(e, top[1:], item.span, [variable]) if top[1:] else e.operand(c, item.span, bracket_is_all=False)
    if body.sort.kind == "fun":
        body = function_at_variable(e, body, variable, item.span)
    plain = variable.symbol.sort.kind == "num" and variable.before is None and variable.after is None and variable.cut is None
    if plain and body.sort.kind == "num":
        return build.nderiv(variable.symbol, order, body, variable.point)
    return mk("opaque", (body, order, variable.point), "a derivative of symbolic order", body.sort)


def _slot(e: Elaborator, top: Items, bottom: Items, span: Span, point: list[Term] | None = None) -> Term | None:
    """The derivative of a defined function by its parameters, the others fixed: `\\partial f_3 / \\partial f_1`, `f_3` alone or applied to
    its own parameters, at these or at a point.  With `d`, or where there is but one way to depend on it, a parameter that means something outside of the
    function too is read with everything that depends on it."""
    definition = _applied_to_itself(e, top)
    if definition is None:
        return None
    positions: list[int] = []
    outside = False
    for item in bottom[1::2]:
        order = 1
        if isinstance(item, Scripts) and item.sup is not None and canonical(item.sup.items).isdigit():
            order, item = int(canonical(item.sup.items)), _without_power(item)
        key = canonical((item,))
        position = next((k for k, p in enumerate(definition.params) if p.name == key), -1)
        if position < 0 or order > 9:
            return None
        positions += [position] * order
        known = e.scope.find(key)
        if known is not None and (known.definition is not None or (known.symbol is not None and known.symbol in e.scope.declarations)):
            outside = True
    partial = base_leaf(bottom[0])
    if outside and (len(definition.params) < 2 or partial is None or partial.text != "\\partial"):
        return None
    values = point if point is not None else [_parameter_value(e, p.name, p.span) for p in definition.params]
    if any(values[k].sort.kind not in ("num", "mat") for k in positions):
        return None
    slots = [fresh(p.name, v.sort) for p, v in zip(definition.params, values, strict=True)]
    body = definitions.applied(e, definition, [(s, span) for s in slots], span)
    if body.sort.kind not in ("num", "mat"):
        return None
    if len(positions) == 1 or any(values[k].sort.kind == "num" for k in positions):
        for k in reversed(positions):
            body = one(e, slots[k], slots[k], body, span)
    else:
        return None
    return substitute(body, dict(zip(slots, values, strict=True)))


def _applied_to_itself(e: Elaborator, items: Items) -> Definition | None:
    """The defined function that is written here, alone or applied to its own parameters in their order."""
    if not items or len(items) > 2:
        return None
    head = base_leaf(items[0])
    entry = e.scope.find(canonical(items[:1])) or (e.scope.find(head.text) if head is not None and not isinstance(items[0], Scripts) else None)
    if entry is None or entry.definition is None or not entry.definition.params or any(p.role != "arg" for p in entry.definition.params):
        return None
    if len(items) == 2:
        group = items[1]
        if not isinstance(group, Group) or group.open not in ("(", "["):
            return None
        written = [canonical(drop_spaces(p)) for p in application.argument_list(e, group)]
        if written != [p.name for p in entry.definition.params]:
            return None
    return entry.definition


def _parameter_value(e: Elaborator, name: str, span: Span) -> Term:
    """What a parameter's name means where a function is written without arguments."""
    entry = e.scope.find(name)
    if entry is not None and entry.symbol is not None:
        return entry.symbol
    if entry is not None and entry.definition is not None:
        return definitions.applied(e, entry.definition, [(_parameter_value(e, p.name, span), span) for p in entry.definition.params], span)
    cursor = Cursor((), span)
    return undeclared.undeclared(e, Leaf("name", name, span), None, 0, None, None, span, cursor)


def derivative_order(e: Elaborator, sup: Seq) -> int:
    """The `n` of `d^n`."""
    term = e.number(sup.items, sup.span)
    if term.op == "num" and isinstance(term.data, Fraction) and term.data.denominator == 1 and term.data >= 1:
        return int(term.data)
    raise e.fail("D052", "a derivative of symbolic order has no meaning here yet", sup.span, "write the order as a number")


def _bare_function(e: Elaborator, items: Items) -> bool:
    """Whether a numerator is nothing but the name of a function."""
    if len(items) != 1:
        return False
    head = base_leaf(items[0])
    if head is None:
        return False
    entry = e.scope.find(canonical(items)) or e.scope.find(head.text)
    if entry is None:
        return False
    if entry.symbol is not None:
        return entry.symbol.sort.kind == "fun"
    return entry.definition is not None and any(p.role == "arg" for p in entry.definition.params)


def _at_bracket(e: Elaborator, items: Items, variables: list[Variable], c: Cursor, span: Span) -> Term:
    """`\\frac{df}{dx}(a)`: the derivative at a point."""
    group, scripts = application.take_bracket(c)
    args = [e.value(p, span_of(p, group.span)) for p in split_on(group.body.items, is_comma)]
    cursor = Cursor(items, span)
    f = e.product(cursor)
    if f.sort.kind != "fun":
        f = _function_of(e, items, span)
    sorts = f.sort.arg_sorts
    if len(sorts) != len(args):
        raise e.fail("D104", f"this function takes {len(sorts)} arguments", group.span, None)
    symbols = [fresh("x", s) for s in sorts]
    body = arithmetic.apply_term(e, f, list(symbols))
    natural = e.natural.get(f)
    for v in variables:
        position = 0
        if len(sorts) > 1:
            if natural is None or v.symbol not in natural:
                raise e.fail("D110", "it is not clear which argument this derivative is by", span, "write \\frac{\\partial f(x, y)}{\\partial x}")
            position = natural.index(v.symbol)
        for _ in range(v.order):
            body = one(e, symbols[position], symbols[position], body, span)
    value = substitute(body, dict(zip(symbols, args, strict=True)))
    if scripts is not None:
        value = e.postfix(value, scripts.sub, scripts.sup, scripts.primes, span)
    return value


def _function_of(e: Elaborator, items: Items, span: Span) -> Term:
    head = base_leaf(items[0])
    assert head is not None
    entry = e.scope.find(canonical(items)) or e.scope.find(head.text)
    if entry is not None and entry.definition is not None:
        return definitions.as_function(e, entry.definition, span)
    if entry is not None and entry.symbol is not None:
        return entry.symbol
    raise e.fail("D110", "the function cannot be read", span, None)


def differentiand(e: Elaborator, items: Items, span: Span, variables: list[Variable]) -> Term:
    """What stands above the line behind `d`; a function without argument is taken at its own variable."""
    e.derivative_stack.append(variables[-1].symbol)
    try:
        cursor = Cursor(pair_bars(items), span)
        body = e.sum(cursor)
        expect_end(e, cursor)
        return body
    finally:
        e.derivative_stack.pop()


def _without_power(item: Scripts) -> Item:
    assert item.base is not None
    return item.base if item.sub is None and not item.primes else Scripts(item.base, item.sub, None, item.primes, item.span)


def read_variable(e: Elaborator, item: Item, span: Span) -> Variable:
    """The `x` of `dx`: a symbol, an entry, a member, a defined quantity, a parameter."""
    order = 1
    if isinstance(item, Scripts) and item.sup is not None and item.base is not None:
        text = canonical(item.sup.items)
        sup = item.sup
        label, _, rest = names.split_superscript(sup)
        if label is None and text.isdigit():
            order = int(text)
            item = _without_power(item)
        elif label is None and text in ("\\top", "T", "\\mathsf{T}"):
            item = _without_power(item)
        elif rest is not None and canonical(rest.items).isdigit():
            order = int(canonical(rest.items))
            kept = drop_spaces(sup.items)[:1]
            item = Scripts(item.base, item.sub, Seq(kept, sup.span), item.primes, item.span)
    if isinstance(item, Group):
        inner = drop_spaces(item.body.items)
        if len(inner) == 1:
            v = read_variable(e, inner[0], span)
            v.order *= order
            return v
        raise e.fail("D110", "a derivative is taken by a symbol", item.span, "define a name for this expression")
    if isinstance(item, Scripts) and isinstance(item.base, Group) and item.sub is not None:
        variable = variable_of_term(e, e.value((item,), item.span), item.span)
        variable.order = order
        return variable
    head = base_leaf(item)
    if head is None or head.kind not in ("name", "text", "macro"):
        raise e.fail("D110", "a derivative is taken by a symbol", item.span, None)
    variable = _variable(e, item, head, span)
    variable.order = order
    variable.key = canonical((item,))
    return variable


def _variable(e: Elaborator, item: Item, head: Leaf, span: Span) -> Variable:
    scripts = item if isinstance(item, Scripts) else None
    sub, primes = (scripts.sub, scripts.primes) if scripts is not None else (None, 0)
    label, label_items, _ = names.split_superscript(scripts.sup if scripts is not None else None)
    found = names.find_name(e, head.text, sub, primes, label, label_items)
    if found is None:
        cursor = Cursor((item,), item.span)
        symbol = undeclared.undeclared(e, head, sub, primes, label, None, item.span, cursor)
        return Variable(symbol, symbol)
    entry = found.entry
    if entry.symbol is not None:
        symbol = entry.symbol
        if found.label_items and symbol.sort.kind == "fam":
            member = matrices.index_family(e, symbol, found.label_items, span)
            return member_variable(e, symbol, member, item.span)
        if found.sub is None and symbol.op == "sym":
            if symbol.sort.kind in ("num", "mat"):
                return Variable(symbol, symbol)
            if symbol.sort.kind == "fun" and symbol.sort.arity == 1:
                raise e.fail("D110", "a derivative by a function", item.span, None)
            raise e.fail("D110", f"a derivative by {arithmetic.kind_word(e, symbol.sort)}", item.span, None)
        value = matrices.read_entry(e, symbol, found.sub, item.span) if found.sub is not None else symbol
        return variable_of_term(e, value, item.span)
    definition = entry.definition
    if definition is not None and not any(p.role in ("arg", "given") for p in definition.params):
        cursor = Cursor((item,), item.span)
        value = names.use(e, found, None, item.span, cursor)
        if value.sort.kind not in ("num", "mat"):
            raise e.fail("D110", f"a derivative by {arithmetic.kind_word(e, value.sort)}", item.span, None)
        if definition.params or found.sub is not None:
            raise e.fail("D110", "a derivative by a member of a defined family", item.span, "define the member under a name of its own")
        cut = fresh(definition.key, value.sort)
        variable = Variable(cut, value)
        variable.cut = (found.key, cut)
        return variable
    if definition is not None:
        # a defined function written without argument, as in \partial f_3 / \partial f_1: its value, cut
        natural = definitions.natural_arguments(e, definition, item.span)
        if natural is None:
            symbol = fresh(definition.key)
            v = Variable(symbol, symbol)
            v.cut = (found.key, symbol)
            return v
        value = definitions.applied(e, definition, [(t, item.span) for t in natural], item.span)
        cut = fresh(definition.key, value.sort)
        v = Variable(cut, value)
        v.cut = (found.key, cut)
        return v
    raise e.fail("D110", "a derivative is taken by a symbol", item.span, None)


def variable_of_term(e: Elaborator, term: Term, span: Span) -> Variable:
    """A derivative by an entry `x_i`, `A_{ij}` or by a member `x_n` of a family."""
    if term.op == "idx":
        return member_variable(e, term.args[0], term, span)
    if term.op in ("ventry", "entry"):
        inner = variable_of_term(e, term.args[0], span) if term.args[0].op != "sym" else Variable(term.args[0], term.args[0])
        indices = term.args[1:]
        if term.op == "ventry":
            inner.after = lambda g: build.ventry(g, indices[0])
        else:
            inner.after = lambda g: build.entry(g, indices[0], indices[1])
        return inner
    if term.op == "sym":
        return Variable(term, term)
    raise e.fail("D110", "a derivative is taken by a symbol", span, None)


def member_variable(e: Elaborator, family: Term, member: Term, span: Span) -> Variable:
    """A derivative by `x_n`: in the body every member is that one where its index equals n."""
    slot = fresh("u", member.sort)
    variable = Variable(slot, member)
    wanted = member.args[1:]

    def put(body: Term) -> Term:
        return replace_member(body, family, wanted, slot)

    variable.before = put
    return variable


def replace_member(term: Term, family: Term, wanted: tuple[Term, ...], slot: Term) -> Term:
    """Put `slot` for the member with these indices; where an index is not the same writing, by cases."""
    memo: dict[Term, Term] = {}

    def go(t: Term) -> Term:
        got = memo.get(t)
        if got is not None:
            return got
        if family not in t.free:
            new = t
        elif t.op == "idx" and t.args[0] is family:
            new = replaced(t)
        else:
            new = map_children(t, go)
        memo[t] = new
        return new

    def replaced(t: Term) -> Term:
        conditions = []
        for a, w in zip(t.args[1:], wanted, strict=True):
            if a is w:
                continue
            if a.op == "num" and w.op == "num":
                return t
            conditions.append(build.eq(a, w))
        if not conditions:
            return slot
        return build.cases(build.and_(*conditions), slot, t)

    return go(term)


def with_cuts(e: Elaborator, variables: list[Variable], read: Callable[[], Term]) -> Term:
    """Read the body with cut quantities as symbols."""
    cuts = {v.cut[0]: v.cut[1] for v in variables if v.cut is not None}
    if not cuts:
        return read()
    old = e.scope.cuts
    e.scope.cuts = {**old, **cuts}
    try:
        return read()
    finally:
        e.scope.cuts = old


def differentiate(e: Elaborator, body: Term, variables: list[Variable], span: Span) -> Term:
    """The derivative of a body, by the last variable first."""
    if body.sort.kind == "fun":
        body = function_at_variable(e, body, variables[-1], span)
    elif body.sort.kind == "dist":
        body = arithmetic.density_value(e, body, (variables[-1].symbol,))
    if body.sort.kind not in ("num", "mat"):
        raise e.fail("D110", f"a derivative of {arithmetic.kind_word(e, body.sort)}", span, None)
    body = prepared(e.scope, body, [(v.symbol, v.point, v.cut is not None) for v in variables])
    vectors = [v for v in variables if v.symbol.sort.kind == "mat" and v.after is None]
    if len(variables) == 2 and len(vectors) == 2 and variables[0].symbol is variables[1].symbol and body.sort.kind == "num":
        return build.hess(variables[0].symbol, body, variables[0].point)
    if len(variables) == 1 and variables[0].order == 2 and vectors and body.sort.kind == "num":
        return build.hess(variables[0].symbol, body, variables[0].point)
    slots = [v for v in variables if v.before is not None or v.cut is not None]
    for v in reversed(variables):
        if v.before is not None:  # one member after the other: `\\partial x_i \\partial x_j` also where i = j
            inner = v.before(body)
            if v.symbol.sort.kind == "num":
                inner = build.deriv(v.symbol, inner, order=v.order)
            else:
                for _ in range(v.order):
                    inner = one(e, v.symbol, v.symbol, inner, span)
            body = substitute(inner, {v.symbol: v.point})
            continue
        if v.after is None and v.symbol.sort.kind == "num" and len(variables) == 1:
            body = _scalar(e, v, body, v.order, span)
            continue
        for _ in range(v.order):
            body = one(e, v.symbol, v.symbol if v in slots else v.point, body, span)
            if v.after is not None:
                body = v.after(body) if body.sort.kind == "mat" else body
    values = {v.symbol: v.point for v in slots if v.symbol is not v.point}
    return substitute(body, values) if values else body


def function_at_variable(e: Elaborator, f: Term, v: Variable, span: Span) -> Term:
    """A function without argument under a derivative: at its natural arguments, or at the variable."""
    natural = e.natural.get(f)
    if natural is not None:
        return arithmetic.apply_term(e, f, list(natural))
    if f.sort.arity == 1 and arithmetic.same_kind(e, f.sort.arg_sorts[0], v.symbol.sort):
        return arithmetic.apply_term(e, f, [v.symbol])
    raise e.fail("D110", "the arguments of this function are missing", span, "write \\frac{\\partial f(x, y)}{\\partial x}")


def _scalar(e: Elaborator, v: Variable, body: Term, order: int, span: Span) -> Term:
    warn_independent(e, v, body, span)
    return build.deriv(v.symbol, body, v.point, order)


def warn_independent(e: Elaborator, v: Variable, body: Term, span: Span) -> None:
    """`\\frac{dy}{dx}` of an independent real is 0: say so."""
    if body.op == "sym" and body is not v.symbol and body.sort.kind == "num" and body in e.scope.declarations:
        from derivcheck.terms.term import name_of

        y, x = name_of(body), name_of(v.symbol)
        e.warn(
            "D302", f"{y} does not depend on {x}, so this derivative is 0", span, f"for a function of {x}: let {y} : \\R \\to \\R"
        )


def one(e: Elaborator, symbol: Term, point: Term, body: Term, span: Span) -> Term:
    """One derivative by a number, a vector or a matrix."""
    if symbol.sort.kind == "num":
        return build.deriv(symbol, body, point)
    if body.sort.kind == "num":
        return build.grad(symbol, body, point)
    if not symbol.sort.is_vector:
        return mk("opaque", (body, point), "the derivative of a vector or matrix by a matrix", body.sort)
    if not body.sort.is_vector and e.sizes.look(body.sort.cols) is not ONE:
        return mk("opaque", (body, point), "the derivative of a matrix by a vector", body.sort)
    layout = "denominator" if "denominator-layout" in e.scope.conventions else "numerator"
    return build.jac(symbol, body, point, layout)
