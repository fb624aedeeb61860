"""What the names of a derivation mean: symbols, families, definitions, densities, and the context built from them.

A `Scope` is the state that `let`, `define`, `assume`, `vary`, `as` and `convention` change, statement by statement; `context()` is
what steps are judged under at that moment.  Bound variables live in frames on top of it.  Names are looked up by their canonical
writing (`items.canonical`): `x`, `x_{i}`, `\\mu'`, `q^{(t)}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from derivcheck.language.diagnostics import Diagnostic, ReadError
from derivcheck.language.items import Items
from derivcheck.language.syntax import Span
from derivcheck.terms.build import REALS
from derivcheck.terms.context import Context, Declaration, Hypothesis
from derivcheck.terms.sorts import NUM, Sort
from derivcheck.terms.term import Term, name_of


@dataclass
class Param:
    """A parameter of a definition.  `role` is `arg` (in brackets), `sub` (an index or parameter in the subscript), `sup` (an index
    in a bracketed superscript) or `given` (after the bar of a density)."""

    name: str
    role: str
    span: Span


@dataclass
class Definition:
    """`define NAME(params) = body`; the body is elaborated once per sorts of its arguments (and per cut, see `cuts`)."""

    key: str
    params: tuple[Param, ...]
    body: Items
    span: Span
    memo: dict[object, tuple[tuple[Term, ...], Term] | ReadError] = field(default_factory=dict)
    active: bool = False
    signature: tuple[str, ...] | None = None
    uses: set[str] = field(default_factory=set)
    label_only: bool = False


@dataclass
class Density:
    """`let p(x, z) density` or `let q(z \\mid x) density`: the variables before and after the bar, as names and symbols."""

    symbol: Term
    before: tuple[str, ...]
    given: tuple[str, ...]
    before_symbols: tuple[Term, ...]
    given_symbols: tuple[Term, ...]


@dataclass
class Entry:
    """What one name means.  Exactly one of `symbol`, `definition` is set, or `densities` is not empty (with symbol None).

    `family` is the family of the same letter where there is one beside (`X` and `X_1, \\dots, X_n`)."""

    symbol: Term | None = None
    definition: Definition | None = None
    densities: list[Density] = field(default_factory=list)
    density_definitions: list[Definition] = field(default_factory=list)
    family: Entry | None = None
    local: bool = False


class Scope:
    """The names and facts of one derivation so far."""

    def __init__(self) -> None:
        self.names: dict[str, Entry] = {}
        self.frames: list[dict[str, Entry]] = []
        self.cuts: dict[str, Term] = {}
        self.declarations: dict[Term, Declaration] = {}
        self.hypotheses: list[Hypothesis] = []
        self.independent: list[tuple[tuple[Term, ...], tuple[Term, ...]]] = []
        self.conventions: set[str] = set()
        self.vary: tuple[Term, ...] = ()
        self.growth: list[tuple[Term, Term, str]] = []
        self.ranges: dict[str, Term] = {}
        self.parametric: dict[str, Definition] = {}  # definitions with a letter of their name as a parameter
        self.places: dict[Term, Span] = {}  # where hypotheses stand
        self.labels: set[str] = set()
        self.uses: list[str] = []
        self.standing_alone: set[str] = set()
        self.derivative_variables: set[str] = set()
        self.integral_variables: set[str] = set()
        self.density_parameters: dict[Term, tuple[Term, ...]] = {}
        self.unread: list[tuple[Definition, Diagnostic]] = []
        self.successors: set[str] = set()
        self.claim_ahead = False
        self.seen: set[Term] = set()  # free symbols of hypotheses, claims and steps read so far
        self.unreadable: set[str] = set()  # letters and macros of declarations that could not be read

    def copy(self) -> Scope:
        """An independent scope that starts with the same names and facts."""
        new = Scope()
        new.names = {k: replace(e, densities=list(e.densities), density_definitions=list(e.density_definitions)) for k, e in self.names.items()}
        new.declarations = dict(self.declarations)
        new.hypotheses = list(self.hypotheses)
        new.independent = list(self.independent)
        new.conventions = set(self.conventions)
        new.vary, new.growth = self.vary, list(self.growth)
        new.ranges, new.labels, new.uses = dict(self.ranges), set(self.labels), list(self.uses)
        new.places = dict(self.places)
        new.standing_alone = set(self.standing_alone)
        new.derivative_variables = set(self.derivative_variables)
        new.integral_variables = set(self.integral_variables)
        new.density_parameters = dict(self.density_parameters)
        new.seen = set(self.seen)
        new.unreadable = set(self.unreadable)
        return new

    def restore(self, before: Scope) -> None:
        """Take back what has been assumed since; names that have come stay."""
        self.hypotheses[:] = before.hypotheses
        self.independent[:] = before.independent
        self.conventions = set(before.conventions)
        self.declarations.update(before.declarations)

    def context(self) -> Context:
        """What a step is judged under now."""
        return Context(
            MappingProxyType(dict(self.declarations)),
            tuple(self.hypotheses),
            tuple(self.independent),
            frozenset(self.conventions),
            self.vary,
            tuple(self.growth),
        )

    # --- names ----------------------------------------------------------------------------------------------------------

    def find(self, key: str) -> Entry | None:
        """The entry of a canonical name, bound variables first."""
        for frame in reversed(self.frames):
            entry = frame.get(key)
            if entry is not None:
                return entry
        if key in self.cuts:
            return Entry(symbol=self.cuts[key])
        return self.names.get(key)

    def declared(self, key: str) -> bool:
        return self.find(key) is not None

    def declaration(self, symbol: Term) -> Declaration | None:
        return self.declarations.get(symbol)

    def is_random(self, symbol: Term) -> bool:
        """Whether a symbol is declared random (a random parameter of a law counts)."""
        declaration = self.declarations.get(symbol)
        return declaration is not None and declaration.random

    def declare(self, key: str, symbol: Term, declaration: Declaration) -> None:
        """Enter a symbol."""
        self.names[key] = Entry(symbol=symbol)
        self.declarations[symbol] = declaration

    def hint_for(self, symbol: Term) -> str:
        return name_of(symbol)

    @contextmanager
    def frame(self, entries: dict[str, Term]) -> Iterator[None]:
        """Bind names to symbols for a while."""
        self.frames.append({k: Entry(symbol=s, local=True) for k, s in entries.items()})
        try:
            yield
        finally:
            self.frames.pop()

    @contextmanager
    def only(self, entries: dict[str, Term], cuts: dict[str, Term] | None = None) -> Iterator[None]:
        """The outermost scope with these names bound: how the body of a definition is read."""
        frames, old = self.frames, self.cuts
        self.frames = [{k: Entry(symbol=s, local=True) for k, s in entries.items()}]
        if cuts is not None:
            self.cuts = cuts
        try:
            yield
        finally:
            self.frames, self.cuts = frames, old

    def domain_of(self, symbol: Term) -> Term | None:
        declaration = self.declarations.get(symbol)
        return declaration.domain if declaration is not None else None


def plain_declaration(symbol: Term, domain: Term = REALS, declared: bool = True) -> Declaration:
    """A declaration with nothing but a domain."""
    return Declaration(symbol, domain, declared=declared)


def total_arity(sort: Sort) -> int:
    """How many indices lead from a term of this sort to a number."""
    if sort.kind == "fam":
        return sort.arity + total_arity(sort.result)
    if sort.kind == "mat":
        return 1 if sort.is_vector else 2
    return 0


def is_number(sort: Sort) -> bool:
    return sort is NUM or sort.kind == "num"
