"""What a step leaves open: `\\const`, a symbol declared `constant in`, the `C` of an antiderivative; and how many digits `\\approx` keeps.

`A = B + \\const` says that A and B differ by something that does not depend on the varied symbols: it is read as `A ≐ B`, and so is
a step with constants on both sides.  A constant on the left alone stands for any number: it stays a symbol.  Constants elsewhere than
among the summands of a side stay as they are.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from derivcheck.language.items import Items, drop_spaces, leaf
from derivcheck.language.syntax import Leaf, Span
from derivcheck.terms import build
from derivcheck.terms.sorts import BOOL, NUM
from derivcheck.terms.term import Term, contains_op, mk, name_of, num, subterms, sym

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


def is_constant_symbol(e: Elaborator, t: Term) -> bool:
    """A symbol that stands for some constant: declared so, or an undeclared C."""
    if t.op != "sym":
        return False
    declaration = e.scope.declaration(t)
    if declaration is None or t.sort is not NUM:
        return False
    return declaration.constant_in is not None or (not declaration.declared and t is sym("C"))


def up_to(e: Elaborator, statement: Term, span: Span) -> Term:
    """An equation with constants among its summands, as a relation up to what is constant."""
    a, b = statement.args[0], statement.args[1]
    if a.sort is not NUM or b.sort is not NUM:
        return statement
    integrated = _integrated(a, b)
    left, on_left = _without(e, a, bool(integrated))
    right, on_right = _without(e, b, bool(integrated))
    for c in (*on_left, *on_right):
        if c.op == "sym" and integrated:
            e.diagnostics[:] = [d for d in e.diagnostics if not d.message.startswith(f"{name_of(c)} is not declared;")]
    both = _integrated(a) & _integrated(b)
    if both and not on_left and not on_right:  # each side is one of many
        return mk("rel", (a, b, *sorted(both, key=lambda t: str(t.data))), "≐", BOOL)
    if not on_right and not (on_left and integrated):
        if any(t.op == "anyconst" for t in on_left):
            free = {t: _any_number(e, t) for t in on_left if t.op == "anyconst"}
            return build.eq(_replaced(a, free), b)
        return statement
    variables = _variables(e, [*on_left, *on_right], integrated, span)
    if variables is None:
        return statement
    return mk("rel", (left, right, *variables), "≐", BOOL)


def _integrated(*sides: Term) -> frozenset[Term]:
    """The variables of the antiderivatives in these terms."""
    return frozenset(t.args[0] for side in sides for t in subterms(side) if t.op == "antideriv" and t.args[0].op == "sym")


def _without(e: Elaborator, t: Term, integrated: bool) -> tuple[Term, list[Term]]:
    """A term without its constant summands, and these."""
    if _is_constant(e, t, integrated):
        return build.ZERO, [t]
    if t.op != "add":
        return t, []
    gone = [a for a in t.args if _is_constant(e, a, integrated)]
    kept = [a for a in t.args if not _is_constant(e, a, integrated)]
    if not gone:
        return t, []
    bare = [a.args[0] if a.op == "neg" else a for a in gone]
    return (build.add(*kept) if len(kept) > 1 else kept[0] if kept else build.ZERO), bare


def _is_constant(e: Elaborator, t: Term, integrated: bool) -> bool:
    inner = t.args[0] if t.op == "neg" else t
    if inner.op == "anyconst":
        return True
    declaration = e.scope.declaration(inner) if inner.op == "sym" else None
    return is_constant_symbol(e, inner) and (integrated or (declaration is not None and declaration.constant_in is not None))


def _variables(e: Elaborator, constants: list[Term], integrated: frozenset[Term], span: Span) -> tuple[Term, ...] | None:
    """What the constants do not depend on; None where they differ in that."""
    sets: list[tuple[Term, ...]] = []
    for c in constants:
        declaration = e.scope.declaration(c) if c.op == "sym" else None
        if declaration is not None and declaration.constant_in is not None:
            sets.append(declaration.constant_in)
        else:
            sets.append(tuple(dict.fromkeys((*e.scope.vary, *sorted(integrated, key=lambda t: str(t.data))))))
    if any(not s for s in sets):
        raise e.fail("D062", "what does \\const not depend on?", span, "add: vary w, or let C constant in w")
    if any(set(s) != set(sets[0]) for s in sets):
        return None
    return sets[0]


def _any_number(e: Elaborator, t: Term) -> Term:
    """A `\\const` that is to be any number, as a symbol of its own."""
    from derivcheck.language.scope import plain_declaration

    symbol = sym(f"\\mathrm{{const}}_{{{t.data}}}")
    e.scope.declarations.setdefault(symbol, plain_declaration(symbol))
    return symbol


def _replaced(t: Term, values: dict[Term, Term]) -> Term:
    from derivcheck.terms.term import map_children

    if t in values:
        return values[t]
    return map_children(t, lambda u: _replaced(u, values)) if contains_op(t, "anyconst") else t


# --- digits -----------------------------------------------------------------------------------------------------------------


def with_digits(items: Items, value: Term) -> Term:
    """A decimal beside `\\approx`, with the zeros at its end: 0.50 is `50 \\cdot 10^{-2}`, which says that it has two decimals."""
    inner = drop_spaces(items)
    if inner and leaf(inner[0], "op", "-"):
        inner = inner[1:]
    if not inner or not isinstance(inner[0], Leaf) or inner[0].kind != "num":
        return value
    text = inner[0].text
    whole, point, decimals = text.partition(".")
    if not point or not decimals.endswith("0"):
        return value
    short, long = num(Fraction(text)), num(int(whole + decimals))
    shift = -len(decimals)
    if value is short or (value.op == "neg" and value.args[0] is short):
        made = _scaled(long, shift)
    else:
        product = value.args[0] if value.op == "neg" else value
        if not (product.op == "mul" and len(product.args) == 2 and product.args[0] is short):
            return value
        power = product.args[1]
        if power.op != "pow" or power.args[0] is not num(10):
            return value
        exponent = power.args[1]
        n = exponent.data if exponent.op == "num" else -exponent.args[0].data if exponent.op == "neg" and exponent.args[0].op == "num" else None
        if not isinstance(n, Fraction) or n.denominator != 1:
            return value
        made = _scaled(long, int(n) + shift)
    return build.neg(made) if value.op == "neg" else made


def _scaled(digits: Term, power: int) -> Term:
    exponent = num(power) if power >= 0 else build.neg(num(-power))
    return mk("mul", (digits, mk("pow", (num(10), exponent))))
