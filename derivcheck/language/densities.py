"""Declared and defined densities at arguments: which one is meant, marginals and conditionals of joint ones.

Densities of one letter are told apart by the names of their variables.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from derivcheck.language import application, arithmetic, definitions, laws
from derivcheck.language.cursor import Cursor
from derivcheck.language.items import (
    Items,
    canonical,
    drop_spaces,
    span_of,
)
from derivcheck.language.scope import Definition, Density, Entry
from derivcheck.language.syntax import Span
from derivcheck.terms import build
from derivcheck.terms.sorts import dist as dist_sort
from derivcheck.terms.sorts import tup
from derivcheck.terms.term import Term, mk, name_of

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


def all_densities(e: Elaborator) -> list[Density]:
    return [d for entry in e.scope.names.values() for d in entry.densities]


def _match(
    before: Sequence[str], given: Sequence[str], density: Density
) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Positions of the arguments among a density's variables, by their names."""
    order = [*density.before, *density.given]
    if not (set(before) <= set(density.before) and set(given) <= set(order) and set(density.given) <= set(given)):
        return None
    if len(set(before)) != len(before) or len(set(given)) != len(given) or set(before) & set(given):
        return None
    return tuple(order.index(n) for n in before), tuple(order.index(n) for n in given)


def use_density(e: Elaborator, entry: Entry, key: str, c: Cursor, span: Span) -> Term:
    """`p(x)`, `p(x \\mid z)` of declared and defined densities: told apart by the names of the variables."""
    if not e.bracket_next(c):
        if len(entry.densities) == 1 and not entry.density_definitions and not entry.densities[0].given:
            return entry.densities[0].symbol
        raise e.fail("D112", f"{key} has several densities or a condition", span, f"write {key}(x \\mid z) with its variables")
    group, scripts = application.take_bracket(c)
    before, after = laws.split_call(e, group)
    whole = Span(span.start, group.span.end)
    value = density_call(e, entry, key, before, after or [], whole)
    if scripts is not None:
        value = e.postfix(value, scripts.sub, scripts.sup, scripts.primes, Span(span.start, scripts.span.end))
    return value


def density_call(e: Elaborator, entry: Entry, key: str, before: list[Items], given: list[Items], span: Span) -> Term:
    """A density at arguments."""
    chosen = choose(e, entry, key, before, given, span)
    arguments = [(e.value(p, span_of(p, span)), span_of(p, span)) for p in (*before, *given)]
    return chosen_value(e, chosen, arguments, span)


Chosen = tuple[Density, tuple[int, ...], tuple[int, ...]] | Definition


def choose(e: Elaborator, entry: Entry, key: str, before: list[Items], given: list[Items], span: Span) -> Chosen:
    """Which density is meant."""
    names_before = [canonical(drop_spaces(p)) for p in before]
    names_given = [canonical(drop_spaces(p)) for p in given]
    for definition in entry.density_definitions:
        args = [p.name for p in definition.params if p.role == "arg"]
        bars = [p.name for p in definition.params if p.role == "given"]
        if names_before == args and names_given == bars:
            return definition
    def given_names(d: Density) -> list[str]:
        return [*names_given, *(name_of(p) for p in e.scope.density_parameters.get(d.symbol, ()) if name_of(p) not in names_given)]

    exact = [d for d in entry.densities if set(d.before) == set(names_before) and set(d.given) == set(given_names(d))]
    for d in exact + [d for d in entry.densities if d not in exact]:
        match = _match(names_before, given_names(d), d)
        if match is not None:
            return d, match[0], match[1]
    # by position, where only one has this many variables
    candidates: list[Chosen] = [
        d for d in entry.density_definitions
        if sum(p.role == "arg" for p in d.params) == len(before) and sum(p.role == "given" for p in d.params) == len(given)
    ]
    for d in entry.densities:
        count = len(given) + len(e.scope.density_parameters.get(d.symbol, ()))
        if len(d.before) == len(before) and len(d.given) == count:
            candidates.append((d, tuple(range(len(before))), tuple(range(len(before), len(before) + count))))
    if len(candidates) == 1:
        return candidates[0]
    # z' and x_n stand for z and x, where no other reading fits
    if not candidates:
        bare_before, bare_given = [_letter(n) for n in names_before], [_letter(n) for n in names_given]
        matches = [(d, *m) for d in entry.densities if (m := _match(bare_before, bare_given, d)) is not None]
        if len(matches) == 1:
            return matches[0]
    known: list[Density | Definition] = [*entry.densities, *entry.density_definitions]
    shapes = ", ".join(_shape(key, x) for x in known)
    problem = "several densities fit" if candidates else "no density fits"
    raise e.fail("D112", f"{problem}: declared are {shapes}", span, f"declare it: let {key}({', '.join(names_before)}"
                 + (f" \\mid {', '.join(names_given)}" if names_given else "") + ") density")  # fmt: skip


def _letter(name: str) -> str:
    """A name without its primes, subscript and accent."""
    name = name.rstrip("'")
    cut = re.match(r"(\\(?:math\w+|boldsymbol)\{[^{}]*\}|\\[A-Za-z]+|[A-Za-z])(?:_.*|\^.*|'*)\Z", name)
    accent = re.match(r"\\(?:tilde|hat|bar|dot|check)\{([^{}]*)\}", name)
    return accent.group(1) if accent else cut.group(1) if cut else name


def _shape(key: str, density: Density | Definition) -> str:
    if isinstance(density, Density):
        before, given = density.before, density.given
    else:
        before = tuple(p.name for p in density.params if p.role == "arg")
        given = tuple(p.name for p in density.params if p.role == "given")
    return f"{key}({', '.join(before)}" + (f" \\mid {', '.join(given)}" if given else "") + ")"


def chosen_value(e: Elaborator, chosen: Chosen, arguments: list[tuple[Term, Span]], span: Span) -> Term:
    if isinstance(chosen, Definition):
        return definitions.applied(e, chosen, arguments, span)
    density, before, given = chosen
    symbols = (*density.before_symbols, *density.given_symbols)
    arguments = with_parameters(e, density, arguments, len(before) + len(given), span)
    values = [arithmetic.coerce(e, t, symbols[k].sort, s) for (t, s), k in zip(arguments, (*before, *given), strict=True)]
    return build.pdf(marginal(density, before, given), *in_order(density, before, given, values))


def with_parameters(
    e: Elaborator, density: Density, arguments: list[tuple[Term, Span]], count: int, span: Span
) -> list[tuple[Term, Span]]:
    """The arguments, and the symbols in the subscript of `p_\\theta` that the density depends on."""
    parameters = e.scope.density_parameters.get(density.symbol, ())
    missing = count - len(arguments)
    return [*arguments, *((p, span) for p in parameters[len(parameters) - missing :])] if missing > 0 else arguments


def _is_whole(density: Density, before: tuple[int, ...], given: tuple[int, ...]) -> bool:
    k = len(density.before)
    return set(before) == set(range(k)) and set(given) == set(range(k, k + len(density.given)))


def in_order(density: Density, before: tuple[int, ...], given: tuple[int, ...], values: list[Term]) -> list[Term]:
    """The values in the density's own order where it is the whole one."""
    if _is_whole(density, before, given):
        return [v for _, v in sorted(zip((*before, *given), values, strict=True), key=lambda p: p[0])]
    return values


def marginal(density: Density, before: tuple[int, ...], given: tuple[int, ...]) -> Term:
    """The density itself, or the marginal or conditional of these positions."""
    if _is_whole(density, before, given):
        return density.symbol
    symbols = (*density.before_symbols, *density.given_symbols)
    sorts = [symbols[k].sort for k in before]
    return mk("marg", (density.symbol,), (before, given), dist_sort(sorts[0] if len(sorts) == 1 else tup(*sorts)))
