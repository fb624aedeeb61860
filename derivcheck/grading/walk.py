"""The way through a submission: its lines, which of them are got to by proved steps from the start of the task, what happens after a slip.

Lines that are equal by rearrangement are one place (`Rearranger.key`).  Proved steps lead from place to place as in `chain.compose`.  What is
proved under a case of its own counts where every case of an exhaustive list gets there; what is proved by induction or under a supposition
establishes the claim as a whole or nothing.

After a wrong step the walk goes on by itself; where a later line agrees with the line before the slip, the two are joined and the slip
counts once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from derivcheck.chain.compose import Edge, join, stronger, walks
from derivcheck.grading.answers import Answer
from derivcheck.grading.judging import Questions
from derivcheck.grading.lines import FLIPPED, Rearranger
from derivcheck.grading.reference import Task
from derivcheck.language.document import ChainSource, Part, StepSource
from derivcheck.report.model import StepReport
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Hypothesis
from derivcheck.terms.term import Term, mk

COUNTERS = frozenset("ijkmnNMK")
ARROWS = {"iff": "\\iff", "implies": "\\implies", "impliedby": "\\impliedby"}


@dataclass
class Line:
    """A line of a submission: `step` is the number of the step that ends in it (None for the first line of a chain)."""

    term: Term
    latex: str
    place: int
    chain: int
    step: int | None = None


@dataclass
class Taken:
    """A step that has been judged: from `left` to `right` by `relation`, in part number `part`."""

    source: StepSource
    report: StepReport
    part: int
    chain: int
    left: Term | None
    right: Term | None
    relation: str
    edges: list[Edge] = field(default_factory=list)
    line: int = 1
    file: int = 0
    cell: int | None = None
    by_person: bool = False

    @property
    def verdict(self) -> str:
        return self.report.verdict


class Walker:
    """Judges the steps of an answer and finds out how far they lead."""

    def __init__(self, task: Task, answer: Answer, questions: Questions, decided: dict[str, str], group: Callable[[Taken], str]) -> None:
        self.task, self.answer, self.questions = task, answer, questions
        self.decided = decided
        self.group = group
        self.rearranger: Rearranger = task.loose
        self.steps: list[Taken] = []
        self.lines: list[Line] = []
        self.parts: list[Part] = list(answer.source.parts)
        self.links: list[tuple[int, Edge]] = []
        self.chains = 0
        self.repaired: set[int] = set()
        self._statement: Term | None = None
        self._facts: list[Hypothesis] = list(answer.facts)

    # --- judging ----------------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Judge everything in order."""
        for number, part in enumerate(self.parts):
            kept = len(self._facts)
            for chain in part.chains:
                self.chains += 1
                if self.task.of_statements and not chain.arrows and chain.steps and chain.start is not None and chain.start.sort.kind != "bool":
                    self._maybe_statements(number, chain)
                elif self.task.of_statements or not chain.arrows or not self._identities(number, chain):
                    self._chain(number, chain)
            if part.kind not in ("main", "before"):
                del self._facts[kept:]
        self._repair()

    def _chain(self, part: int, chain: ChainSource) -> None:
        if chain.start is not None:
            self._line(chain.start, chain.steps[0].lhs_latex if chain.steps else "", chain.span.start, None)
        for step in chain.steps:
            self._step(part, step)

    def _line(self, term: Term, latex: str, offset: int, step: int | None) -> None:
        self.lines.append(Line(term, latex, self.answer.place(offset).line, self.chains, step))
        if term.sort.kind == "bool":
            self._statement = term

    def _step(self, part: int, step: StepSource, first: StepReport | None = None) -> None:
        report = first or self._judge(step)
        taken = self._taken(part, step, report, step.lhs, step.rhs, step.relation)
        if step.variants:
            relation = {"\\le": "≤", "\\ge": "≥"}.get(step.relation, step.relation)
            taken.edges = [Edge(x, y, relation) for x, y in step.variants]
        elif step.condition is not None:
            taken.edges = []
        else:
            taken.edges = _edges_of(step)
        if step.rhs is not None:
            self._line(step.rhs, step.rhs_latex, step.span.start, len(self.steps) - 1)

    def _taken(self, part: int, step: StepSource, report: StepReport, left: Term | None, right: Term | None, relation: str) -> Taken:
        place = self.answer.place(step.span.start)
        taken = Taken(step, report, part, self.chains, left, right, relation, line=place.line, file=place.file, cell=place.cell)
        self._decision(taken)
        self.steps.append(taken)
        if taken.verdict == "proved" and not taken.by_person and not taken.report.conditions and step.statement is not None and step.condition is None:
            if left is step.lhs:
                self._facts.append(Hypothesis(step.statement, step.label, "step"))
        return taken

    def _decision(self, taken: Taken) -> None:
        """What a person has decided for steps like this one."""
        if not self.decided or taken.verdict == "error":
            return
        word = self.decided.get(self.group(taken))
        if word == "right" and taken.verdict != "proved":
            taken.report = _with_verdict(taken.report, "proved")
            taken.by_person = True
        elif word == "wrong" and taken.verdict == "undecided":
            taken.report = _with_verdict(taken.report, "refuted")
            taken.by_person = True

    def _judge(self, step: StepSource) -> StepReport:
        place = self.answer.place(step.span.start)
        report = StepReport(len(self.steps) + 1, self.chains, place.line, 1, step.relation, step.lhs_latex, step.rhs_latex, step.by)
        if step.error is not None or step.statement is None:
            message = step.error.message if step.error is not None else "the step could not be read"
            return _with_verdict(report, "error", message)
        context = self._context(step)
        found = self._ask(context, step.statement, report)
        if found.verdict == "undecided" and self._facts:
            again = self.questions.ask(context, step.statement, report, self._facts[-12:])
            found = again if again.verdict != "undecided" else found
        if found.verdict == "refuted" and self._speaks_of_what_was_taken_out(step):
            return _with_verdict(found, "undecided", "it speaks of a name whose declaration was left out")
        if found.verdict == "refuted" and (meant := self._meant(context, step.statement)) is not None:
            return _with_verdict(found, "undecided", meant)
        return found

    def _meant(self, context: Context, statement: Term) -> str | None:
        """Why a refuted step may be right all the same: it speaks of names that nobody declared (perhaps it is true where they are whole
        numbers, or positive)."""
        loose = [s for s in statement.free if s.op == "sym" and ((d := context.declarations.get(s)) is None or not d.declared)]
        own = sorted((s for s in loose if s not in self.task.context.declarations), key=lambda s: str(s.data[0]))
        if not own:
            return None
        unknown = f"it speaks of {', '.join(str(s.data[0]) for s in own[:3])}, which neither the task nor the submission declares"
        if len(own) > 3 or any(s.sort.kind != "num" or s not in context.declarations for s in own):
            return unknown
        for domain, words in ((b.INTEGERS, "whole numbers"), (b.POSITIVE, "positive")):
            narrowed = context
            for s in own:
                narrowed = narrowed.with_declaration(replace(context.declarations[s], domain=domain, declared=True))
            verdict = self.questions.ask(narrowed, statement).verdict
            if domain is b.INTEGERS and verdict == "refuted" and all(str(s.data[0]) in COUNTERS for s in own):
                return None  # the usual letters for whole numbers
            if verdict == "proved":
                return f"it is true where {', '.join(str(s.data[0]) for s in own)} (never declared) are {words}"
        return unknown

    def _ask(self, context: Context, statement: Term, report: StepReport) -> StepReport:
        """The verdict on a step; between two relations of one kind also side by side: `f' = 0 ⟺ g = 0` where `f' = g` is proved and both
        always have a value."""
        found = self.questions.ask(context, statement, report)
        if found.verdict != "undecided" or statement.op not in ("iff", "implies"):
            return found
        p, q = statement.args
        if p.op != "rel" or q.op != "rel" or p.data != q.data or len(p.args) != 2 or len(q.args) != 2:
            return found
        pairs = [(x, y) for x, y in zip(p.args, q.args, strict=True) if x is not y]
        if any(x.sort != y.sort or x.sort.kind not in ("num", "mat") for x, y in pairs):
            return found
        if all(self.questions.holds(context, b.eq(x, y)) for x, y in pairs):
            return _with_verdict(found, "proved")
        return found

    def _context(self, step: StepSource) -> Context:
        if step.condition is None:
            return step.context
        return step.context.with_hypotheses([Hypothesis(step.condition, None, "assume")])

    def _speaks_of_what_was_taken_out(self, step: StepSource) -> bool:
        if not self.answer.taken_out or step.statement is None:
            return False
        names = {str(s.data[0]).split("_")[0] for s in step.statement.free if s.op == "sym"}
        return bool(names & {n.split("_")[0] for n in self.answer.taken_out})

    def _identities(self, part: int, chain: ChainSource) -> bool:
        """Where lines are expressions, `A = B ⟹ A = C` is two equations, if both are true by themselves."""
        pieces: list[tuple[StepSource, Term, str]] = []
        for number, step in enumerate(chain.steps):
            if step.lhs is None or step.rhs is None or step.condition is not None:
                return False
            if number == 0:
                pieces.append((step, step.lhs, step.lhs_latex))
            pieces.append((step, step.rhs, step.rhs_latex))
        judged: list[tuple[StepSource, Term, str, StepReport]] = []
        for step, statement, latex in pieces:
            for p in statement.args if statement.op == "and" else (statement,):
                if p.op != "rel" or len(p.args) < 2:
                    return False
                place = self.answer.place(step.span.start)
                report = StepReport(len(self.steps) + len(judged) + 1, self.chains, place.line, 1, "", "", latex, step.by)
                found = self.questions.ask(step.context, p, report)
                if found.verdict != "proved":
                    return False
                judged.append((step, p, latex, found))
        for step, p, latex, report in judged:
            taken = self._taken(part, step, report, p.args[0], p.args[1], str(p.data))
            taken.edges = [Edge(p.args[0], p.args[1], str(p.data), p.args[2:])]
            self._line(p.args[0], latex, step.span.start, None)
            self._line(p.args[1], latex, step.span.start, len(self.steps) - 1)
        return True

    # --- equations that are lines --------------------------------------------------------------------------------------------------

    def _maybe_statements(self, part: int, chain: ChainSource) -> None:
        """In a task about statements a line `x = 3` is a statement like the one above it, unless it holds for all values."""
        first = chain.steps[0]
        start = self.task.start
        if len(chain.steps) == 1 and first.statement is not None and start is not None and self.rearranger.same(first.statement, start):
            # the task itself once more: nothing to judge
            self._line(first.statement, f"{first.lhs_latex} {_sign(first)} {first.rhs_latex}", chain.span.start, None)
            return
        alone = self._judge(first)
        if alone.verdict in ("proved", "error") or first.statement is None or first.lhs is None or first.variants:
            if chain.start is not None:
                self._line(chain.start, first.lhs_latex, chain.span.start, None)
            for number, step in enumerate(chain.steps):
                self._step(part, step, alone if number == 0 else None)
            return
        line: Term = first.statement
        left: Term = first.lhs
        latex = f"{first.lhs_latex} {_sign(first)} {first.rhs_latex}"
        previous = self._statement
        taken = self._linked(part, first, line, latex)
        if previous is None and taken.verdict == "undecided":
            taken.left = None
        for step in chain.steps[1:]:
            report = self._judge(step)
            if step.statement is None or step.rhs is None or left is None or step.relation != "=" or line.op != "rel":
                self._step(part, step, report)
                continue
            new = mk("rel", (left, step.rhs, *line.args[2:]), line.data, line.sort)
            taken = self._taken(part, step, report, step.lhs, step.rhs, step.relation)
            taken.edges = [Edge(line, new, "iff")]
            self._line(new, f"{first.lhs_latex} {_sign(first)} {step.rhs_latex}", step.span.start, len(self.steps) - 1)
            line = new

    def _linked(self, part: int, step: StepSource, line: Term, latex: str) -> Taken:
        """A statement that follows on from a line above it, or from the start."""
        above: list[Term] = [self._statement] if self._statement is not None else []
        earlier = [x.term for x in reversed(self.lines) if x.term.sort.kind == "bool"]
        start: list[Term] = [self.task.start] if self.task.start is not None else []
        known: list[Term] = [*above, *start, *earlier]
        candidates: list[Term] = list(dict.fromkeys(t for t in known if t is not line))[:5]
        best: tuple[StepReport, Term, str] | None = None
        for other in candidates:
            for relation, statement in (("iff", b.iff(other, line)), ("implies", b.implies(other, line))):
                report = StepReport(len(self.steps) + 1, self.chains, self.answer.place(step.span.start).line, 1, relation, "", latex, step.by)
                found = self._ask(self._context(step), statement, report)
                if best is None or (found.verdict == "proved" and best[0].verdict != "proved") or (
                    best[0].verdict == "refuted" and found.verdict == "undecided"
                ):
                    best = found, other, relation
                if found.verdict != "refuted":
                    break
            if best is not None and best[0].verdict == "proved":
                break
        if best is None:
            report = self._judge(step)
            taken = self._taken(part, step, report, step.lhs, step.rhs, step.relation)
        else:
            report, other, relation = best
            if report.verdict == "refuted" and self._speaks_of_what_was_taken_out(step):
                report = _with_verdict(report, "undecided", "it speaks of a name whose declaration was left out")
            taken = self._taken(part, step, report, other, line, relation)
            taken.edges = [Edge(other, line, relation)]
        self._line(line, latex, step.span.start, len(self.steps) - 1)
        return taken

    # --- after a slip -----------------------------------------------------------------------------------------------------------------

    def _repair(self) -> None:
        """Slips that a later step undoes: the line after it agrees with the line before the slip."""
        wrong = [i for i, s in enumerate(self.steps) if s.verdict == "refuted" and s.left is not None and s.right is not None]
        for k, i in enumerate(wrong):
            if i in self.repaired:
                continue
            for j in wrong[k + 1 : k + 6]:
                x, y = self.steps[i].left, self.steps[j].right
                if j in self.repaired or x is None or y is None or x.sort.kind != y.sort.kind or self.steps[i].part != self.steps[j].part:
                    continue
                edge = self._agree(x, y, self.steps[j].source.context)
                if edge is not None:
                    self.repaired.add(j)
                    self.links.append((self.steps[i].part, edge))
                    break

    def _agree(self, x: Term, y: Term, context: Context) -> Edge | None:
        """Two lines joined by the weakest relation that the task allows, where that is proved."""
        variables = self.task.variables
        if x.sort.kind == "bool":
            options: list[tuple[str, Term, tuple[Term, ...]]] = [("iff", b.iff(x, y), ())]
        elif self.task.relation in ("∝", "≐") and variables:
            options = [(self.task.relation, mk("rel", (x, y, *variables), self.task.relation, b.TRUE.sort), variables)]
        else:
            options = [("=", b.eq(x, y), ())]
        for relation, statement, over in options:
            if self.questions.ask(context, statement).verdict == "proved":
                return Edge(x, y, relation, over)
        return None

    # --- how far the steps lead --------------------------------------------------------------------------------------------------------

    def edges(self, parts: Iterable[int], key: Callable[[Term], Term]) -> list[Edge]:
        """The proved edges of some parts, between places."""
        wanted = set(parts)
        found = [e for s in self.steps if s.part in wanted and s.verdict == "proved" for e in s.edges]
        found += [e for p, e in self.links if p in wanted]
        return [Edge(key(e.left), key(e.right), e.relation, e.variables) for e in found]

    def places_from(self, start: Term, parts: Iterable[int], key: Callable[[Term], Term] | None = None) -> set[Term]:
        """The places got to from a line, by relations as strong as the task's.  `key` says which lines are one place."""
        key = key or self.rearranger.key
        edges = self.edges(parts, key)
        edges += _same_sides(edges, [x.term for x in self.lines] + [start], key)
        return {place for (place, relation) in walks(edges, key(start)) if self._strong(relation)}

    def _strong(self, relation: str) -> bool:
        wanted = self.task.relation
        if relation == wanted or stronger(relation, wanted) or relation == "=":
            return True
        if wanted in ("iff", "implies"):
            return relation in ("iff", "implies")
        return join("=", relation) == wanted

    def reached(self, key: Callable[[Term], Term] | None = None) -> set[Term]:
        """The places got to from the start of the task."""
        if self.task.start is None:
            return set()
        plain = [i for i, p in enumerate(self.parts) if p.kind in ("main", "before")]
        found = self.places_from(self.task.start, plain, key)
        cases = [i for i, p in enumerate(self.parts) if p.kind == "case" and p.condition is not None]
        if cases:
            conditions = [c for i in cases if (c := self.parts[i].condition) is not None]
            if self.questions.holds(self.task.context, b.or_(*conditions)):
                common: set[Term] | None = None
                for i in cases:
                    here = self.places_from(self.task.start, [*plain, i], key)
                    common = here if common is None else common & here
                found |= common or set()
        return found

    def link(self, term: Term) -> bool:
        """Whether a chain that begins in the middle is joined to the start: the step left out is true."""
        start = self.task.start
        if start is None or start.sort.kind != term.sort.kind:
            return False
        relation = self.task.relation
        if start.sort.kind == "bool":
            options = [("iff", b.iff(start, term)), ("implies", b.implies(start, term))]
        elif relation in ("∝", "≐"):
            options = [("=", b.eq(start, term)), (relation, mk("rel", (start, term, *self.task.variables), relation, b.TRUE.sort))]
        else:
            options = [("=", b.eq(start, term))]
        for relation, statement in options:
            if self.questions.ask(self.answer.scope.context(), statement).verdict == "proved":
                variables = statement.args[2:] if statement.op == "rel" else ()
                self.links.append((next((i for i, p in enumerate(self.parts) if p.kind in ("main", "before")), 0), Edge(start, term, relation, variables)))
                return True
        return False

    @property
    def structured(self) -> bool:
        """Whether part of the proof is an induction, a contradiction or a list of cases."""
        return any(p.kind not in ("main", "before") for p in self.parts)


def _edges_of(step: StepSource) -> list[Edge]:
    p = step.statement
    if p is None:
        return []
    if step.relation == "impliedby" and p.op == "implies":
        return [Edge(p.args[1], p.args[0], "impliedby")]
    if p.op in ("iff", "implies"):
        return [Edge(p.args[0], p.args[1], p.op)]
    if p.op == "rel" and len(p.args) >= 2:
        return [Edge(p.args[0], p.args[1], str(p.data), p.args[2:])]
    return [Edge(b.TRUE, p, "iff")]


def _sign(step: StepSource) -> str:
    from derivcheck.chain.document import RELATION_LATEX

    return RELATION_LATEX.get(step.relation, step.relation)


def _with_verdict(report: StepReport, verdict: str, reason: str | None = None) -> StepReport:
    return replace(report, verdict=verdict, reason=reason)


def _same_sides(edges: list[Edge], lines: list[Term], key: Callable[[Term], Term]) -> list[Edge]:
    """Statements whose sides are joined by proved equations are the same place: `f' = 0` and `a - b = 0` after `f' = a - b`."""
    statements = [t for t in dict.fromkeys(lines) if t.op == "rel" and len(t.args) == 2 and t.args[0].sort.kind == "num" and t.data in FLIPPED]
    if len(statements) < 2:
        return []
    parent: dict[Term, Term] = {}

    def root(t: Term) -> Term:
        while parent.get(t, t) is not t:
            t = parent[t]
        return t

    for e in edges:
        if e.relation == "=":
            parent[root(e.left)] = root(e.right)
    table: dict[tuple[str, Term, Term], Term] = {}
    out: list[Edge] = []
    for s in statements:
        x, y, here = root(key(s.args[0])), root(key(s.args[1])), key(s)
        for data, p, q in ((str(s.data), x, y), (FLIPPED[str(s.data)], y, x)):
            other = table.setdefault((data, p, q), here)
            if other is not here:
                out.append(Edge(other, here, "iff"))
    return out
