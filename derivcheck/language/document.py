"""What elaboration hands to the rest of the program: derivations with chains of elaborated steps.

`elaborate.py` makes these from a `SourceFile`; `chain/` judges and composes them.  Definitions are unfolded in all terms.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from derivcheck.language.diagnostics import Diagnostic
from derivcheck.language.syntax import Span
from derivcheck.terms.context import Context
from derivcheck.terms.term import Term


@dataclass
class StepSource:
    """One step of a chain.

    Expression steps: `lhs REL rhs` with `statement` the relation term to be judged.  Steps of an arrow chain: `lhs` and `rhs` are
    statements, `relation` is `iff`, `implies` or `impliedby`, `statement` is `iff(lhs, rhs)`, `implies(lhs, rhs)` or
    `implies(rhs, lhs)`.  A chain that is one bare statement has `lhs` None, `rhs` the statement, relation `statement`.
    `\\pm` steps carry both readings: `statement` is the conjunction and `variants` the (lhs, rhs) pairs (upper signs first).
    `error` is set, and the terms are None, where the step could not be read or has no meaning.
    """

    relation: str
    lhs_latex: str
    rhs_latex: str
    span: Span
    lhs: Term | None = None
    rhs: Term | None = None
    statement: Term | None = None
    context: Context = field(default_factory=Context)
    by: str | None = None
    label: str | None = None
    cites: tuple[str, ...] = ()
    note: str | None = None
    condition: Term | None = None
    variants: tuple[tuple[Term, Term], ...] = ()
    unfolds: tuple[str, ...] = ()
    error: Diagnostic | None = None
    expected: str | None = None


@dataclass
class ChainSource:
    """Steps of one chain, in order; `start` is the first expression or statement."""

    steps: list[StepSource]
    arrows: bool
    span: Span
    start: Term | None = None
    defines: bool = False


@dataclass
class Part:
    """A part of a proof: `main`, `case` (with its condition), `induction` (with its variable), `base`/`successor` (cases of an
    induction, `n = 0` and `n \\to n+1`), `suppose` (with the supposition).  `context` holds the part's hypotheses."""

    kind: str
    context: Context
    span: Span
    condition: Term | None = None
    variable: Term | None = None
    latex: str = ""
    chains: list[ChainSource] = field(default_factory=list)


@dataclass
class DerivationSource:
    """One derivation.  `claim` is None without `show`; chains before the `show` (lemmas) stand in a part of kind `before`.  `places` tells
    where hypotheses stand."""

    name: str
    span: Span
    title: str | None = None
    source: str | None = None
    tags: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    claim: Term | None = None
    claim_latex: str | None = None
    claim_span: Span | None = None
    claim_context: Context = field(default_factory=Context)
    claim_error: Diagnostic | None = None
    parts: list[Part] = field(default_factory=list)
    rubric: str | None = None
    explicit: bool = True
    places: dict[Term, Span] = field(default_factory=dict)


@dataclass
class DocumentSource:
    """All derivations of a file, with diagnostics (warnings and errors) in file order."""

    path: str
    text: str
    derivations: list[DerivationSource] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
