"""Functions without brackets and the big operators: `\\log`, `\\sum`, `\\prod`, `\\int`, `\\lim`, `\\max_x`, `\\argmax_w`, `\\E`, `\\nabla`.

A bound variable that is declared is that symbol itself inside the operator, so that definitions which use it are reached; the
operator closes over it.  One that is not declared is a new symbol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.language import calls, extrema, gradients, integrals, matrix_names, names, probability, probability_names, sums
from derivcheck.language.cursor import Cursor
from derivcheck.language.functions import FUNCTION_NAMES
from derivcheck.language.items import (
    base_leaf,
    canonical,
    drop_spaces,
    plain,
)
from derivcheck.language.syntax import Leaf, Macro, Scripts
from derivcheck.terms.build import INF
from derivcheck.terms.sorts import NUM
from derivcheck.terms.term import Term, mk

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


def read_macro(e: Elaborator, item: Leaf, scripts: Scripts | None, c: Cursor) -> Term:
    """An operator or function macro with its scripts and all that it reaches over."""
    name = item.text
    sub, sup, primes = (scripts.sub, scripts.sup, scripts.primes) if scripts is not None else (None, None, 0)
    span = scripts.span if scripts is not None else item.span
    word = plain(name)
    # what is declared wins over the built-in meaning
    if name == "\\Pr" and probability_names.event_follows(c):
        return probability.read_operator(e, "Pr", sub, sup, span, c)  # type: ignore[return-value]
    for key in (name, f"\\mathrm{{{word}}}", f"\\operatorname{{{word}}}"):
        entry = e.scope.find(key)
        if entry is None and sub is not None:
            entry = e.scope.find(f"{key}_{{{canonical(sub.items)}}}")
        if entry is not None:
            return names.read_name(e, Leaf("name", key, item.span), scripts, c)
    if name == "\\const":
        return names.power_after(e, e.new_constant(), sup, span)
    if name in ("\\sum", "\\prod"):
        return sums.read_sum(e, name[1:], sub, sup, span, c)
    if name in integrals.INTEGRALS:
        return integrals.read_integral(e, integrals.INTEGRALS[name], sub, sup, span, c)
    if name == "\\lim" and (sup is not None or primes):
        raise e.fail("D040", "a script on \\lim means nothing here", span, "write (\\lim_{x \\to 0} f(x))^2")
    if primes and name in ("\\E", "\\Var", "\\Cov", "\\Pr", "\\KL", "\\nabla", "\\partial", "\\sum", "\\prod", *integrals.INTEGRALS, *extrema.EXTREMA):
        raise e.fail("D040", f"a prime on {name} means nothing here", span, "leave the prime out, or use a subscript")
    if name == "\\lim":
        return extrema.read_limit(e, sub, span, c)
    if name in extrema.EXTREMA and (sub is not None or name in ("\\argmax", "\\argmin")):
        return extrema.read_extremum(e, name, sub, sup, span, c)
    if name in ("\\sup", "\\inf"):
        return extrema.extremum_of_list(e, name, span, c)
    if name == "\\nabla":
        return gradients.read_nabla(e, sub, sup, span, c)
    if name == "\\partial":
        return gradients.read_partial(e, sub, sup, span, c)
    if name in ("\\E", "\\Var", "\\Cov", "\\Pr", "\\KL"):
        got = probability.read_operator(e, name[1:], sub, sup, span, c)
        assert got is not None
        return got
    if name == "\\log" and sub is not None:
        return calls.read_function(e, "log", sub, sup, primes, span, c)
    if word in FUNCTION_NAMES:
        return calls.read_function(e, FUNCTION_NAMES[word], sub, sup, primes, span, c)
    got = matrix_names.built_in(e, item, scripts, c) or probability_names.built_in(e, item, scripts, c)
    if got is not None:
        return got
    if name in ("\\limsup", "\\liminf", "\\bigcup", "\\bigcap", "\\dim", "\\ker", "\\deg", "\\hom"):
        operand = e.operand(c, span, bracket_is_all=True)
        return mk("opaque", (operand,), f"the operator {name}", NUM)
    if name == "\\infty":
        return names.power_after(e, INF, sup, span)
    raise e.fail("D040", f"{name} cannot be read here", span, None)


def read_underset(e: Elaborator, item: Macro, scripts: Scripts | None, c: Cursor) -> Term:
    """`\\underset{p}{\\mathbb{E}}` is `\\E_p`."""
    below, main = item.args
    inner = drop_spaces(main.items)
    if len(inner) == 1:
        head = base_leaf(inner[0])
        if head is not None:
            sup = scripts.sup if scripts is not None else None
            return e.leaf(head, Scripts(head, below, sup, 0, item.span), c)
    raise e.fail("D040", "\\underset stands under an operator", item.span, None)
