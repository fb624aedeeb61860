"""The shallow syntax tree between the reader and elaboration, and the statements of a file.

The reader (tokens → macros → `math.lark`) resolves what needs no declarations: brackets, macro arguments, scripts, environments.
Everything that depends on scope (application against multiplication, bars, differentials, precedence) is left as a flat
sequence for `elaborate.py`.  Spans are half-open offsets into the file's text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from derivcheck.language.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Span:
    """Offsets `[start, end)` into the source text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """One token.  `kind`: `num`; `name` (a letter, a Greek or other name macro; text is its canonical LaTeX such as `x`, `\\alpha`,
    `\\mathrm{Po}`, `\\hat{x}`, `\\mathbf{x}`, `\\mathbf{0}`, `\\mathbb{1}`, `\\mathbb{E}`); `macro` (an operator or function macro such as `\\log`, `\\sum`, `\\int`, `\\lim`,
    `\\E`, `\\nabla`, `\\partial`); `op` (`+ - * / ! : ; \\cdot \\times \\odot \\otimes \\circ \\cup \\cap \\setminus \\land \\lor \\lnot \\forall \\exists \\pm \\mp`, `\\dots`);
    `rel` (a relation or arrow, canonical text: `= \\ne < \\le > \\ge \\approx \\propto \\doteq \\in \\notin \\subset \\to \\iff \\implies \\impliedby \\perp \\sim \\mid \\nmid`,
    with `iid` as `\\simiid`, `:=` as `:=`); `bar` (`|`), `dbar` (`\\|` or `||`), `comma`, `amp`, `newline` (`\\\\`), `space`
    (a spacing macro that matters for differentials), `text` (`\\text{…}` that is prose: text is its content).
    """

    kind: str
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Group:
    """A bracketed sequence.  `open`/`close` are `( [ \\{ \\lfloor \\lceil \\langle`, `{` for plain TeX braces, `|`/`\\|` only where
    written with `\\left`/`\\right` or `\\lvert`/`\\lVert`; the two may differ (`[0, 1)`)."""

    open: str
    close: str
    body: Seq
    span: Span


@dataclass(frozen=True, slots=True)
class Scripts:
    """A base with `_`, `^` and primes.  `base` is None where nothing precedes.  Limits of big operators come this way too."""

    base: Item | None
    sub: Seq | None
    sup: Seq | None
    primes: int
    span: Span


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro with arguments: `\\frac \\binom \\sqrt \\by \\label \\tag \\underbrace \\overset \\stackrel \\underset \\operatorname* …`.  `optional` is the `[…]` argument."""

    name: str
    optional: Seq | None
    args: tuple[Seq, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Env:
    """`\\begin{name} … \\end{name}` as rows of cells."""

    name: str
    rows: tuple[tuple[Seq, ...], ...]
    span: Span


Item: TypeAlias = "Leaf | Group | Scripts | Macro | Env"


@dataclass(frozen=True, slots=True)
class Seq:
    """A flat sequence of items, as written."""

    items: tuple[Item, ...]
    span: Span


# --- statements of a file -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Statement:
    """A keyword statement.  `keyword` is `let define assume show use as vary convention case induction suppose proof rubric
    derivation title source tags`; `text` is the raw rest of the statement, `body` its shallow formula where the keyword takes one."""

    keyword: str
    text: str
    body: Seq | None
    span: Span


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One step's right side as written: relation leaf (None for the first piece), its expression, `\\by`, `\\label`, a trailing note or condition.
    `error` is set, and the body empty, where this link could not be read; the other links of its chain are read all the same."""

    relation: Item | None
    body: Seq
    by: str | None = None
    label: str | None = None
    note: str | None = None
    condition: Seq | None = None
    span: Span = field(default_factory=lambda: Span(0, 0))
    error: Diagnostic | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """A run of lines that is no statement, cut at its depth-0 relations (`links[0].relation` is None).  Where the chain holds an
    arrow (`\\iff`, `\\implies`, `\\impliedby`) at depth 0 the links are the pieces between the arrows (`arrows` is true).  A chain that
    is one statement (no arrow, but `\\land \\lor \\lnot \\forall \\exists` or commas between statements at depth 0) has one link, which holds the
    whole statement, and `arrows` is true as well.  A single expression is one link with `arrows` false.  `goes` is `x \\to c` behind the chain."""

    links: tuple[ChainLink, ...]
    arrows: bool
    span: Span
    goes: Seq | None = None


@dataclass(frozen=True, slots=True)
class Bad:
    """A statement or chain that could not be read; its diagnostics have been recorded."""

    span: Span
    is_chain: bool


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A read file: statements and chains in order."""

    path: str
    text: str
    entries: tuple[Statement | Chain | Bad, ...]
