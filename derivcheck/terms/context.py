"""The context of an obligation: declared symbols, hypotheses, conventions.

A context is immutable; `with_*` methods return extended ones.  Definitions don't appear here: elaboration unfolds them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from derivcheck.terms.term import Term


@dataclass(frozen=True)
class Declaration:
    """What `let` says about one symbol.

    `domain` is the set term that the symbol (for a family: each member; for a function: each value) lies in.
    `index_ranges` holds, for a family, the set of each index.  For functions `arg_domains` holds the sets of the arguments.
    `attributes` are words of SPEC section 5 (`symmetric`, `positive definite`, `convex`, `increasing`, `positive` …).
    `law` is the distribution term of a random variable (`None`: any law), `given` the symbols that the law is conditional on.
    `joint` lists, for a joint or conditional density, the variable symbols before the bar, `joint_given` those after it.
    `constant_in` lists the symbols that a `constant in` symbol does not depend on.
    """

    symbol: Term
    domain: Term
    attributes: frozenset[str] = frozenset()
    random: bool = False
    law: Term | None = None
    given: tuple[Term, ...] = ()
    index_ranges: tuple[Term, ...] = ()
    arg_domains: tuple[Term, ...] = ()
    joint: tuple[Term, ...] = ()
    joint_given: tuple[Term, ...] = ()
    constant_in: tuple[Term, ...] | None = None
    iid: bool = False
    declared: bool = True


@dataclass(frozen=True)
class Hypothesis:
    """A statement assumed or already proved; `label` is its name where it has one; `kind` is `assume`, `domain`, `suppose` (in a proof by contradiction), `induction`, `step` or `use`."""

    statement: Term
    label: str | None = None
    kind: str = "assume"


@dataclass(frozen=True)
class Context:
    """Everything an obligation is judged under.

    `declarations` maps symbols to declarations in the order of the file; `independent` lists groups of mutually independent
    random variables, each with the symbols that it is conditional on; `conventions` are names of SPEC (`real`,
    `denominator-layout`); `growth` is the (symbol, target, side) of an `as` statement; `vary` the symbols of a `vary` statement.
    """

    declarations: Mapping[Term, Declaration] = field(default_factory=lambda: MappingProxyType({}))
    hypotheses: tuple[Hypothesis, ...] = ()
    independent: tuple[tuple[tuple[Term, ...], tuple[Term, ...]], ...] = ()
    conventions: frozenset[str] = frozenset()
    vary: tuple[Term, ...] = ()
    growth: tuple[tuple[Term, Term, str], ...] = ()

    def with_declaration(self, declaration: Declaration) -> Context:
        """This context with one symbol more (or declared anew)."""
        table = dict(self.declarations)
        table[declaration.symbol] = declaration
        return replace(self, declarations=MappingProxyType(table))

    def with_hypotheses(self, hypotheses: Iterable[Hypothesis]) -> Context:
        """This context with more hypotheses."""
        return replace(self, hypotheses=(*self.hypotheses, *hypotheses))

    def domain_of(self, symbol: Term) -> Term | None:
        """The declared domain of a symbol, if there is one."""
        declaration = self.declarations.get(symbol)
        return declaration.domain if declaration else None

    def __reduce__(self) -> tuple[object, ...]:
        return (_context, (dict(self.declarations), self.hypotheses, self.independent, self.conventions, self.vary, self.growth))


def _context(declarations: dict[Term, Declaration], *rest: object) -> Context:
    return Context(MappingProxyType(declarations), *rest)  # type: ignore[arg-type]
