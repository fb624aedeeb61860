"""Evaluation bars: `…|_{x=0}`, `…|_{x=a}^{x=b}`, `[…]_a^b`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.language import arithmetic
from derivcheck.language.diagnostics import ReadError
from derivcheck.language.items import (
    Items,
    base_leaf,
    canonical,
    drop_spaces,
    find,
    is_comma,
    is_relation,
    split_on,
)
from derivcheck.language.syntax import Group, Seq, Span
from derivcheck.language.varying_laws import at_value
from derivcheck.terms import build
from derivcheck.terms.term import Term, fresh, substitute

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


def looks_like_bounds(e: Elaborator, base: Group) -> bool:
    """Whether `[…]_a^b` is a difference of values (its content is no list)."""
    return find(base.body.items, is_comma) < 0


def evaluate_at(e: Elaborator, value: Term, sub: Seq | None, sup: Seq | None, span: Span) -> Term:
    """`…|_{x=0}`, `…|_{x=a}^{x=b}`, `[…]_a^b`."""
    if sub is None:
        if sup is None:
            return value
        raise e.fail("D059", "the lower value is missing", span, "write |_{x=a}^{x=b}")
    items = drop_spaces(sub.items)
    if not any(is_relation(i) for i in items):
        if sup is None:
            raise e.fail("D059", "what takes this value?", span, "write |_{x=0}")
        symbol = _only_variable(e, value, span)
        low, high = e.number(sub.items, sub.span), e.number(_right_of_equals(sup), sup.span)
        value = at_value(e.scope, value, [symbol])
        return build.sub(substitute(value, {symbol: high}), substitute(value, {symbol: low}))
    changes = _changes(e, items, sub.span)
    if sup is None:
        value = arithmetic.pointed(e, value, span) if value.sort.kind == "fun" else value
        return substitute(at_value(e.scope, value, changes), changes)
    if len(changes) != 1:
        raise e.fail("D059", "bounds are for one variable", span, None)
    symbol = next(iter(changes))
    high = e.value(_right_of_equals(sup), sup.span)
    value = at_value(e.scope, value, changes)
    return build.sub(substitute(value, {symbol: high}), substitute(value, changes))


def bound_names(e: Elaborator, sub: Seq | None) -> dict[str, Term]:
    """Symbols for the names that `|_{x=0}` gives a value and that are undeclared, or defined quantities: inside, such a name varies."""
    out: dict[str, Term] = {}
    for piece in split_on(drop_spaces(sub.items), is_comma) if sub is not None else ():
        piece = drop_spaces(piece)
        position = find(piece, is_relation)
        if position != 1 or base_leaf(piece[0]) is None:
            continue
        key = canonical(piece[:1])
        entry = e.scope.find(key)
        defined = entry is not None and entry.definition is not None and not entry.definition.params
        if not defined and (entry is not None or base_leaf(piece[0]).kind != "name"):  # type: ignore[union-attr]
            continue
        e.quiet += 1
        try:
            value = e.value(piece[position + 1 :], sub.span if sub is not None else piece[0].span)
        except ReadError:
            continue
        finally:
            e.quiet -= 1
        if value.sort.kind in ("num", "mat"):
            out[key] = fresh(key, value.sort)
    return out


def _right_of_equals(seq: Seq) -> Items:
    items = drop_spaces(seq.items)
    position = find(items, is_relation)
    return items[position + 1 :] if position >= 0 else items


def _changes(e: Elaborator, items: Items, span: Span) -> dict[Term, Term]:
    """`x=0, y=1` as a substitution."""
    changes: dict[Term, Term] = {}
    for piece in split_on(items, is_comma):
        position = find(piece, is_relation)
        sign = base_leaf(piece[position]) if position >= 0 else None
        if position < 1 or sign is None or sign.text not in ("=", ":="):
            raise e.fail("D059", "an evaluation needs x = value", span, "write |_{x=0}")
        left = e.value(piece[:position], span)
        right = e.value(piece[position + 1 :], span)
        if left.op == "tuple" and right.op == "tuple" and len(left.args) == len(right.args):
            pairs = list(zip(left.args, right.args, strict=True))
        else:
            pairs = [(left, right)]
        for a, b in pairs:
            if a.op != "sym":
                raise e.fail("D059", "an evaluation is at the value of a symbol", span, "define a name for it")
            changes[a] = arithmetic.coerce(e, b, a.sort, span)
    return changes


def _only_variable(e: Elaborator, value: Term, span: Span) -> Term:
    """The variable of `[F(x)]_a^b`: the only one that stands in it, or the only one that is integrated over around."""
    candidates = [s for s in value.free if s.op == "sym" and s.sort.kind == "num"]
    if len(candidates) > 1:
        marked = [s for s in candidates if s.data[0] in e.scope.derivative_variables]
        integrals = [s for s in candidates if s.data[0] in e.scope.integral_variables]
        if len(integrals) == 1:
            return integrals[0]
        if len(marked) == 1:
            return marked[0]
    if len(candidates) == 1:
        return candidates[0]
    raise e.fail("D059", "which variable takes these values?", span, "write \\left. … \\right|_{x=a}^{x=b}")
