"""A reference: its tasks (derivations with a rubric), each with the meaning it sets and its rubric's formulas as terms.

Meaning is a `Scope`: the declarations, definitions, hypotheses and conventions that stand before the claim.  A submission is read in a copy
of it (`answers.py`).  Reading a reference is pure; a worker keeps the last few.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from derivcheck.catalog.store import find
from derivcheck.chain.compose import join
from derivcheck.chain.facts import Fact
from derivcheck.grading.lines import Rearranger
from derivcheck.grading.model import Criterion
from derivcheck.grading.rubric import RubricError, parse
from derivcheck.language.document import ChainSource, DerivationSource, DocumentSource
from derivcheck.language.elaborate import _Derivation, deep_stack, elaborate
from derivcheck.language.items import drop_spaces
from derivcheck.language.macros import MacroTable
from derivcheck.language.reader import read_macros, read_source
from derivcheck.language.scope import Scope
from derivcheck.language.syntax import Bad, Chain, Leaf, Macro, SourceFile, Span, Statement
from derivcheck.terms.context import Context
from derivcheck.terms.term import Term

HEADER = frozenset({"let", "define", "assume", "vary", "convention", "as", "use"})


class Reader(_Derivation):
    """Reads entries in a scope; a chain that is one expression is a line, no error."""

    def __init__(self, text: str, scope: Scope, name: str = "submission") -> None:
        document = DocumentSource(name, text, [], [])
        super().__init__(document, scope, name, Span(0, len(text)), explicit=True, catalog=None)

    def read_one(self, chain: Chain) -> list[ChainSource]:
        if chain.arrows or len(chain.links) > 1 or chain.links[0].error is not None:
            return super().read_one(chain)
        self.e.begin()
        link = chain.links[0]
        start = self.e.settle(self.e.value(link.body.items, link.body.span), link.body.span)
        return [ChainSource([], False, chain.span, start)]


@dataclass
class Task:
    """One derivation of a reference with its rubric.

    `start` is the left side of the claim (or the first line of the reference's own chain), `relation` what leads from there to the end,
    `start_latex` the writing of the start.  `troubles` are for whoever wrote the rubric.  `loose` compares lines as they are, `strict` keeps
    densities as they stand and (under `∝` and `≐`) leaves out what does not matter.
    """

    name: str
    title: str | None
    scope: Scope
    macros: MacroTable
    start: Term | None
    start_latex: str | None
    relation: str
    claim: Term | None
    context: Context
    criteria: tuple[Criterion, ...]
    formulas: dict[str, Term]
    troubles: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    header: tuple[str, ...] = ()
    loose: Rearranger = field(init=False)
    strict: Rearranger = field(init=False)

    def __post_init__(self) -> None:
        self.loose = Rearranger(self.context)
        self.strict = Rearranger(self.context, self.relation, self.variables, densities=True)

    @property
    def variables(self) -> tuple[Term, ...]:
        """What `∝` and `≐` refer to."""
        if self.claim is not None and self.claim.op == "rel" and len(self.claim.args) > 2:
            return self.claim.args[2:]
        return self.context.vary

    @property
    def of_statements(self) -> bool:
        """Whether the lines of this task are statements."""
        return self.start is not None and self.start.sort.kind == "bool"


@lru_cache(maxsize=4)
def tasks_of(reference: str) -> tuple[Task, ...]:
    """The tasks of a reference.

    Raises: RubricError, and ValueError where there is no rubric.
    """
    source, diagnostics = read_source(reference, "reference")
    document = elaborate(source, diagnostics, find)
    macros, _ = read_macros(reference)
    wanted = [d for d in document.derivations if d.rubric]
    if not wanted:
        raise ValueError("the reference has no rubric")
    with deep_stack():
        return tuple(_task(d, source, document, macros) for d in wanted)


def _task(derivation: DerivationSource, source: SourceFile, document: DocumentSource, macros: MacroTable) -> Task:
    header, rest = _entries(source, derivation.name)
    reader = Reader(source.text, Scope(), derivation.name)
    reader.read(list(header))
    made = reader.finish()
    scope = reader.scope
    scope.uses.clear()
    context = scope.context()
    troubles = [f"the reference: {d.message}" for d in reader.document.diagnostics if d.severity == "error"]
    inner = Reader(source.text, scope.copy(), derivation.name)
    inner.read([e for e in rest if isinstance(e, Statement) and e.keyword in ("let", "define")])
    criteria = parse(rubric_text(source, rest) or derivation.rubric or "")
    formulas: dict[str, Term] = {}
    for c in criteria:
        for f in c.formulas if c.kind != "uses" else ():
            if f not in formulas:
                term = _formula(f, inner.scope, macros)
                if term is None:  # marks would be given, or not, after something that nobody wrote
                    raise RubricError(f"the rubric's formula can't be read, or has no meaning under the reference's declarations: {f}")
                formulas[f] = term
    start, latex, relation = _start(derivation, rest, source)
    if start is None:
        troubles.append("the reference has neither a claim nor a chain to start from")
    facts: tuple[Fact, ...] = ()
    if made.uses:
        from derivcheck.catalog.library import facts_used
        from derivcheck.services.options import Options

        known = facts_used(DocumentSource("reference", "", [made], []), Options(timeout=10.0, cache=False))
        facts = tuple(known.values())
    texts = tuple("".join(source.text[e.span.start : e.span.end].split()) for e in header)
    return Task(
        derivation.name, derivation.title, scope, macros, start, latex, relation, derivation.claim, context, criteria, formulas,
        tuple(troubles), made.uses, facts, texts,
    )  # fmt: skip


def rubric_text(source: SourceFile, entries: list[Statement | Chain | Bad]) -> str | None:
    """The rubric as written, comments and all: these are the feedback of known mistakes."""
    found = next((e for e in entries if isinstance(e, Statement) and e.keyword == "rubric"), None)
    if found is None:
        return None
    end = source.text.find("\n", found.span.end)
    text = source.text[found.span.start : end if end >= 0 else len(source.text)]
    return re.sub(r"\A\s*rubric\s*:?", "", text)


def _entries(source: SourceFile, name: str) -> tuple[list[Statement | Chain | Bad], list[Statement | Chain | Bad]]:
    """The statements that set the meaning for a derivation, and what comes after them in it."""
    several = any(isinstance(e, Statement) and e.keyword == "derivation" for e in source.entries)
    here: str | None = None if several else name
    before = True
    header: list[Statement | Chain | Bad] = []
    rest: list[Statement | Chain | Bad] = []
    for e in source.entries:
        keyword = e.keyword if isinstance(e, Statement) else None
        if keyword == "derivation" and isinstance(e, Statement):
            here, before = e.text.strip(), True
            continue
        if here not in (None, name):
            continue
        if here is not None and (keyword in ("show", "proof") or keyword is None):
            before = False
        if before and keyword in HEADER:
            header.append(e)
        elif here is not None:
            rest.append(e)
    return header, rest


def _start(
    derivation: DerivationSource, rest: list[Statement | Chain | Bad], source: SourceFile
) -> tuple[Term | None, str | None, str]:
    """Where the task starts, how that is written, and by which relation one goes on."""
    claim = derivation.claim
    if claim is not None and claim.op in ("rel", "iff", "implies"):
        shown = next((e for e in rest if isinstance(e, Statement) and e.keyword == "show"), None)
        latex = _left_of(shown, source) if shown is not None else None
        return claim.args[0], latex, str(claim.data) if claim.op == "rel" else claim.op
    for part in derivation.parts:
        for chain in part.chains:
            if chain.start is not None:
                relation = "="
                for step in chain.steps:
                    own = str(step.statement.data) if step.statement is not None and step.statement.op == "rel" else step.relation
                    relation = join(relation, own) or relation
                first = next((e for e in rest if isinstance(e, Chain) and e.span.start == chain.span.start), None)
                latex = None
                if first is not None:
                    body = first.links[0].body.span
                    latex = source.text[body.start : body.end].strip()
                return chain.start, latex, relation
    return claim, None, "iff"


def _left_of(shown: Statement, source: SourceFile) -> str | None:
    """The left side of a claim as written."""
    if shown.body is None:
        return None
    items = drop_spaces(shown.body.items)
    arrows = ("\\iff", "\\implies", "\\impliedby")

    def relation(item: object) -> str | None:
        if isinstance(item, Leaf) and item.kind == "rel":
            return item.text
        base = getattr(item, "base", None)
        return relation(base) if base is not None else None

    marks = [(k, r) for k, i in enumerate(items) if (r := relation(i)) is not None or (isinstance(i, Macro) and i.name in ("\\stackrel", "\\overset"))]
    if not marks:
        return None
    at = next((k for k, r in marks if r in arrows), marks[0][0])
    if at == 0:
        return None
    return source.text[items[0].span.start : items[at].span.start].strip()


def _formula(text: str, scope: Scope, macros: MacroTable) -> Term | None:
    """A rubric's formula as a term: an expression or a statement."""
    for joint in (f"{text} \\iff {text}", text):
        source, diagnostics = read_source(joint + "\n", "rubric", macros)
        chains = [e for e in source.entries if isinstance(e, Chain)]
        if len(chains) != 1 or any(d.severity == "error" for d in diagnostics):
            continue
        reader = Reader(joint, scope.copy(), "rubric")
        reader.scope.claim_ahead = False
        try:
            found = reader.read_one(chains[0])
        except Exception:  # a formula that has no meaning is reported by the caller
            continue
        chain = found[0]
        if chain.steps and chain.steps[0].error is None and chain.arrows:
            return chain.steps[0].lhs
        if not chain.steps and chain.start is not None:
            return chain.start
    return None


__all__ = ["HEADER", "Reader", "Task", "tasks_of"]
