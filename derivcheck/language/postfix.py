"""Scripts on a value that is no bare name: powers, transposes, entries, primes, and evaluation at a point or between bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from derivcheck.language import enclosed, evaluation, matrices, names, powers
from derivcheck.language.items import canonical, is_relation
from derivcheck.language.syntax import Group, Scripts, Seq, Span
from derivcheck.terms.build import ZERO
from derivcheck.terms.term import Term, name_of

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


def postfix(e: Elaborator, value: Term, sub: Seq | None, sup: Seq | None, primes: int, span: Span) -> Term:
    """Scripts on a value that is no bare name: entries, primes of a function, powers and transposes."""
    if sub is not None:
        value = matrices.read_entry(e, value, sub, span)
    if primes:
        if value.sort.kind != "fun":
            raise e.fail("D040", "a prime can follow a function or a name only", span, "write \\frac{d}{dx}")
        value = names.derived(e, value, primes, span)
    if sup is not None:
        value = powers.power(e, value, sup, span)
    return value


def postfix_group(e: Elaborator, base: Group, item: Scripts) -> Term:
    """`(…)_{…}^{…}`: an entry, a norm's index, an evaluation between bounds, a power."""
    if base.open == "\\|" or base.close == "\\|":
        return matrices.read_norm(e, base, item.sub, item.sup, item.span)
    if base.open == "." and base.close in ("|", "]", ")"):
        return evaluated(e, lambda: e.value(base.body.items, base.span), item.sub, item.sup, item.span)
    if base.open in ("[", "\\{", "|", "(") and item.sub is not None and any(is_relation(i) for i in item.sub.items):
        value = enclosed.group(e, base)
        if item.sup is not None and any(is_relation(i) for i in item.sup.items):
            return evaluation.evaluate_at(e, value, item.sub, item.sup, item.span)
        value = evaluation.evaluate_at(e, value, item.sub, None, item.span)
        return value if item.sup is None else postfix(e, value, None, item.sup, 0, item.span)
    if base.open == "[" and item.sub is not None and item.sup is not None and evaluation.looks_like_bounds(e, base):
        return evaluated(e, lambda: e.value(base.body.items, base.span), item.sub, item.sup, item.span)
    if base.open in ("(", "[") and item.sub is not None and canonical(item.sub.items) == "+":
        part = enclosed.group(e, base)
        if part.sort.kind == "num":  # (x)_+ is the positive part
            part = powers.function(e, "max", [part, ZERO], item.span)
            return part if item.sup is None else postfix(e, part, None, item.sup, 0, item.span)
    if item.primes:  # (f/g)' is the derivative of a function
        e.functions += 1
        try:
            value = enclosed.group(e, base)
        finally:
            e.functions -= 1
        return postfix(e, value, item.sub, item.sup, item.primes, item.span)
    return postfix(e, enclosed.group(e, base), item.sub, item.sup, item.primes, item.span)


def evaluated(e: Elaborator, read: Callable[[], Term], sub: Seq | None, sup: Seq | None, span: Span) -> Term:
    """A value between bounds or at a point.  A variable that nobody declared and that is gone afterwards was bound by it."""
    known = set(e.scope.declarations)
    noted = len(e.diagnostics)
    taken = evaluation.bound_names(e, sub)
    cuts = e.scope.cuts
    e.scope.cuts = {**cuts, **taken}
    try:
        value = evaluation.evaluate_at(e, read(), sub, sup, span)
    finally:
        e.scope.cuts = cuts
    for symbol in [s for s in e.scope.declarations if s not in known and s not in value.free]:
        if e.scope.declarations[symbol].declared:
            continue
        del e.scope.declarations[symbol]
        start = f"{name_of(symbol)} is not declared"
        e.diagnostics[noted:] = [d for d in e.diagnostics[noted:] if not d.message.startswith(start)]
    return value
