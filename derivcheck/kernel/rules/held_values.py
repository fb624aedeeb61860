"""Means given the value of an independent variable: that value is held fixed.

    E[f(X, Y) | Y] = g(Y)  with g(y) = E[f(X, y)]      X independent of Y

Only where g comes to a closed form.  Source: Williams, Probability with Martingales, 9.10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rewrite import level_symbol
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, contains_op, mk, substitute

if TYPE_CHECKING:
    from derivcheck.kernel.rules.expectation import Expectation

_UNSETTLED = ("E", "Eover", "Pr", "int", "intset", "cases", "ind")


def with_values_held(inside: Term, work: Expectation) -> Term | None:
    """E[inside | Y], what moves in it being independent of Y, by the mean for each value of Y; None where no closed form is found."""
    held = sorted(work.random.atoms(inside) & work.given, key=order_key)
    if work.events or work.random.atoms(inside) & work.loose or not all(work._closed(inside, y) for y in held):
        return None
    values: dict[Term, Term] = {}
    declared: list[Declaration] = []
    for y in held:
        if y.sort.kind != "num" or any(v.op == "bvar" for v in y.free):
            return None
        law = work.law(y)
        support = work.oracle.support(law) if law is not None and law.op == "dist" else None
        values[y] = level_symbol("y", y.sort, work.rw.depth)
        declared.append(Declaration(values[y], support or b.REALS))
    inner = work.rw.child((tuple(declared), ()))
    mean = inner.nf(mk("E", (substitute(inside, values),), 0, inside.sort))
    return None if contains_op(mean, *_UNSETTLED) else substitute(mean, {v: y for y, v in values.items()})
