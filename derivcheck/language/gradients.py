"""`\\partial_x` and `\\nabla`: their operands, gradients, Hessians, the gradient of a function at a point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.language import application, arithmetic, calls, definitions, derivatives, matrices, names
from derivcheck.language.cursor import Cursor
from derivcheck.language.diagnostics import ReadError
from derivcheck.language.items import (
    base_leaf,
    canonical,
    drop_spaces,
    is_comma,
    span_of,
    split_on,
)
from derivcheck.language.syntax import Group, Item, Leaf, Scripts, Seq, Span
from derivcheck.language.varying_laws import prepared
from derivcheck.terms import build
from derivcheck.terms.sorts import vec
from derivcheck.terms.term import Term, fresh, mk, num

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


def read_partial(e: Elaborator, sub: Seq | None, sup: Seq | None, span: Span, c: Cursor) -> Term:
    """`\\partial_x f`, `\\partial_{xy} f`, `\\partial_x^2 f`."""
    if sub is None:
        raise e.fail("D040", "\\partial stands in \\frac{\\partial f}{\\partial x} or carries its variable", span, "write \\partial_x f")
    items = drop_spaces(sub.items)
    pieces = [p for p in split_on(items, is_comma) if p]
    if len(pieces) == 1 and len(pieces[0]) > 1 and all(base_leaf(i) is not None for i in pieces[0]):
        pieces = [(i,) for i in pieces[0]]
    if any(len(p) != 1 for p in pieces):
        raise e.fail("D110", "the variable of this derivative cannot be read", span, "write \\partial_x f")
    variables = [derivatives.read_variable(e, p[0], span) for p in pieces]
    if sup is not None:
        order = derivatives.derivative_order(e, sup)
        if len(variables) == 1:
            variables[0].order = order
        elif order != len(variables):
            raise e.fail("D058", "the order differs from the number of variables", span, None)
    e.derivative_stack.append(variables[-1].symbol)
    c.bar_stops += 1
    try:
        body = derivatives.with_cuts(e, variables, lambda: applied_operand(e, span, c))
    finally:
        c.bar_stops -= 1
        e.derivative_stack.pop()
    return derivatives.differentiate(e, body, variables, span)


def applied_operand(e: Elaborator, span: Span, c: Cursor) -> Term:
    """The operand of `\\nabla` or `\\partial_x`: a bracket is all of it; a factor with `^\\top` ends it."""
    if e.bracket_next(c):
        return e.bracketed(c)
    item = c.peek()
    if item is None:
        raise e.fail("D040", "this derivative has nothing to act on", span, None)
    if _function_with_transpose(e, c):
        return _function_value(e, c, span)
    negative = e.signs(c)
    term = _up_to_transpose(e, c, span)
    if term is None:
        term = e.product(c)
    return build.neg(term) if negative else term


def _number_operand(e: Elaborator, span: Span, c: Cursor) -> Term:
    """The operand of `\\nabla^2_w`: the product to the right, or its longest start that is a number (`\\nabla^2_w f(w) u`)."""
    if e.bracket_next(c) or _function_with_transpose(e, c):
        return applied_operand(e, span, c)
    negative = e.signs(c)
    start, written = c.i, c.items
    found = dict(e.sizes.found)
    e.quiet += 1
    try:
        whole = e.product(c)
    except ReadError:
        whole = None
    finally:
        e.quiet -= 1
    if whole is not None and whole.sort.kind == "num":
        return build.neg(whole) if negative else whole
    c.i, c.items, e.sizes.found = start, written, found
    # what follows the longest product that is a number is no part of the operand
    factors = []
    best: tuple[int, tuple[Item, ...], Term] | None = None
    while e.starts_factor(c.peek(), c):
        factors.append(e.factor(c))
        try:
            product = arithmetic.combine(e, factors)
        except ReadError:
            continue
        if product.sort.kind == "num":
            best = (c.i, c.items, product)
    if best is None:
        raise e.fail("D040", "this derivative has nothing to act on", span, None)
    c.i, c.items, term = best
    return build.neg(term) if negative else term


def _up_to_transpose(e: Elaborator, c: Cursor, span: Span) -> Term | None:
    """`\\nabla_x \\log p(x)^\\top v`: a transpose on a factor ends the operand where what stands before it is a number; the
    transpose is left for the gradient."""
    c.peek()
    for i in range(c.i, len(c.items)):
        item = c.items[i]
        if isinstance(item, Leaf) and item.kind in ("op", "rel", "comma") and item.text not in ("/", "!", "\\cdot", "*"):
            return None
        if not (calls.carries_transpose(item) and isinstance(item, Scripts) and isinstance(item.base, Group)):
            continue
        found = dict(e.sizes.found)
        e.quiet += 1
        try:
            inner = Cursor((*c.items[c.i : i], item.base), span)
            value = e.product(inner)
            whole = inner.peek() is None
        except ReadError:
            whole = False
        finally:
            e.quiet -= 1
        if not whole or value.sort.kind != "num":
            e.sizes.found = found
            return None
        rest = Scripts(None, item.sub, item.sup, item.primes, item.span)
        c.items = (*c.items[:i], item.base, rest, *c.items[i + 1 :])
        c.i = i + 1
        return value
    return None


def _function_with_transpose(e: Elaborator, c: Cursor) -> bool:
    """`\\nabla f(x)^\\top v`: a function name, its bracket, and a transpose or power on the bracket."""
    item = c.peek()
    head = base_leaf(item)
    if head is None:
        return False
    entry = e.scope.find(canonical((item,))) if item is not None else None
    entry = entry or e.scope.find(head.text)
    if entry is None:
        return False
    is_function = (entry.symbol is not None and entry.symbol.sort.kind in ("fun", "fam")) or (
        entry.definition is not None and any(p.role == "arg" for p in entry.definition.params)
    )
    if not is_function:
        return False
    rest = drop_spaces(c.rest())
    return len(rest) > 1 and isinstance(rest[1], Scripts) and isinstance(rest[1].base, Group) and rest[1].sup is not None


def _function_value(e: Elaborator, c: Cursor, span: Span) -> Term:
    """The function at its bracket; scripts on the bracket stay for the derivative."""
    c.peek()
    i = c.i + 1
    while i < len(c.items) and not isinstance(c.items[i], Scripts):
        i += 1
    item = c.items[i]
    assert isinstance(item, Scripts) and item.base is not None
    rest = Scripts(None, item.sub, item.sup, item.primes, item.span)
    c.items = (*c.items[:i], item.base, rest, *c.items[i + 1 :])
    inner = Cursor(c.items[c.i : i + 1], span)
    value = e.product(inner)
    c.i = i + 1
    return value


def read_nabla(e: Elaborator, sub: Seq | None, sup: Seq | None, span: Span, c: Cursor) -> Term:
    """`\\nabla_w f`, `\\nabla f(x)`, `\\nabla^2 f(x)`."""
    second = False
    if sup is not None:
        word = canonical(sup.items)
        if word != "2":
            raise e.fail("D040", "\\nabla carries the power 2 or none", span, None)
        second = True
    if isinstance(c.peek(), Leaf) and c.peek().text == "\\cdot":  # type: ignore[union-attr]
        raise e.fail("D052", "a divergence has no meaning here", span, "write the sum of its derivatives")
    if sub is not None:
        items = drop_spaces(sub.items)
        pieces = split_on(items, is_comma)
        if len(pieces) != 1 or len(pieces[0]) != 1:
            raise e.fail("D110", "the variable of \\nabla cannot be read", span, "write \\nabla_w f")
        variable = derivatives.read_variable(e, pieces[0][0], span)
        c.bar_stops += 1
        try:
            body = derivatives.with_cuts(e, [variable], lambda: _number_operand(e, span, c) if second else applied_operand(e, span, c))
        finally:
            c.bar_stops -= 1
        if body.sort.kind == "fun":
            body = derivatives.function_at_variable(e, body, variable, span)
        body = arithmetic.pointed(e, body, span)
        return _gradient(e, variable, body, second, span)
    return _nabla_without_variable(e, second, span, c)


def _gradient(e: Elaborator, v: derivatives.Variable, body: Term, second: bool, span: Span) -> Term:
    body = prepared(e.scope, body, [(v.symbol, v.point, v.cut is not None)])
    if v.before is not None:
        body = v.before(body)
    symbol = v.symbol
    if second:
        if symbol.sort.kind == "num":
            result = build.deriv(symbol, body, v.point, 2)
        elif body.sort.kind == "num" and symbol.sort.is_vector:
            result = build.hess(symbol, body, v.point)
        else:
            result = mk("opaque", (body,), "the second derivative of a vector, or by a matrix", body.sort)
    elif symbol.sort.kind == "num":
        derivatives.warn_independent(e, v, body, span)
        result = build.deriv(symbol, body, v.point)
    elif body.sort.kind == "num":
        result = build.grad(symbol, body, v.point)
    else:
        result = derivatives.one(e, symbol, v.point, body, span)
    if v.after is not None and result.sort.kind == "mat":
        result = v.after(result)
    return result


def _nabla_without_variable(e: Elaborator, second: bool, span: Span, c: Cursor) -> Term:
    """`\\nabla f(x)`: the gradient of the function `f`, at `x`; `\\nabla f` alone is the gradient function."""
    item = c.peek()
    if item is None:
        raise e.fail("D040", "\\nabla has nothing to act on", span, None)
    if e.bracket_next(c):
        inside = e.bracketed(c)
        if inside.sort.kind == "fun":
            return _gradient_function(e, inside, second, span)
        raise e.fail("D110", "\\nabla of an expression needs its variable", span, "write \\nabla_w")
    f = _bare_function_name(e, c)
    if f is None:
        raise e.fail("D110", "\\nabla without a variable acts on a function", span, "write \\nabla_w")
    g = _gradient_function(e, f, second, span)
    if e.bracket_next(c):
        group, scripts = application.take_bracket(c)
        args = [(e.value(p, span_of(p, group.span)), span_of(p, group.span)) for p in application.argument_list(e, group)]
        value = application.apply_function(e, g, args, Span(span.start, group.span.end))
        if scripts is not None:
            value = e.postfix(value, scripts.sub, scripts.sup, scripts.primes, Span(span.start, scripts.span.end))
        return value
    return g


def _bare_function_name(e: Elaborator, c: Cursor) -> Term | None:
    """The function whose name comes next, without its bracket."""
    item = c.peek()
    head = base_leaf(item)
    if head is None or item is None:
        return None
    scripts = item if isinstance(item, Scripts) else None
    found = names.find_name(
        e, head.text, scripts.sub if scripts else None, scripts.primes if scripts else 0, None, ()
    )
    if found is None:
        return None
    if scripts is not None and scripts.sup is not None:
        return None
    entry = found.entry
    c.next()
    if entry.symbol is not None:
        term = entry.symbol
        if found.sub is not None:
            term = matrices.read_entry(e, term, found.sub, item.span)
        return term if term.sort.kind == "fun" else None
    if entry.definition is not None:
        subs = [p for p in entry.definition.params if p.role == "sub"]
        if any(p.role == "arg" for p in entry.definition.params):
            if subs:
                hollow = Cursor((), item.span)
                return names.use(e, found, None, item.span, hollow)
            return definitions.as_function(e, entry.definition, item.span)
    return None


def _gradient_function(e: Elaborator, f: Term, second: bool, span: Span) -> Term:
    """The gradient (or Hessian) of a function, as a function."""
    sorts = f.sort.arg_sorts
    if len(sorts) > 1 and all(s.kind == "num" for s in sorts):
        symbols = tuple(fresh("x", s) for s in sorts)
        body = arithmetic.apply_term(e, f, list(symbols))
        if second:
            entries = [build.deriv(a, build.deriv(b, body)) for a in symbols for b in symbols]
            n = len(symbols)
            from derivcheck.terms.sorts import mat

            value = mk("bmat", tuple(entries), (n, n), mat(num(n), num(n)))
        else:
            value = mk("bmat", tuple(build.deriv(s, body) for s in symbols), (len(symbols), 1), vec(num(len(symbols))))
        g = build.lam(symbols, tuple(arithmetic.whole_space(s) for s in sorts), value)
    else:
        if len(sorts) != 1:
            raise e.fail("D110", "\\nabla of a function of several arguments needs its variable", span, "write \\nabla_x f(x, y)")
        x = fresh("x", sorts[0])
        body = arithmetic.apply_term(e, f, [x])
        if sorts[0].kind == "num":
            value = build.deriv(x, body, order=2 if second else 1)
        elif body.sort.kind != "num":
            if second:
                raise e.fail("D110", "\\nabla^2 acts on a function with values in \\R", span, None)
            value = derivatives.one(e, x, x, body, span)
        else:
            value = build.hess(x, body) if second else build.grad(x, body)
        g = build.lam((x,), (arithmetic.whole_space(sorts[0]),), value)
    natural = e.natural.get(f)
    if natural is not None:
        e.natural[g] = natural
    return g
