"""What the steps of a proof establish, part by part, as edges from one term to another.

A step proved under other declarations than the claim's gives no edge; what it assumes beyond the claim's hypotheses goes with its edge.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from derivcheck.chain.compose import Edge
from derivcheck.language.document import ChainSource, Part, StepSource
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration
from derivcheck.terms.term import Term

Row = tuple[StepSource, bool, tuple[Term, ...], "str | None"]


@dataclass
class Established:
    """The proved edges of each part of the proof."""

    base: Context
    parts: list[tuple[Part, list[Edge], bool]] = field(default_factory=list)
    all_proved: bool = True
    any_step: bool = False

    def add_chain(self, part: Part, chain: ChainSource, rows: list[Row]) -> None:
        """Record the steps of one chain; one that was judged where symbols mean something else than in the claim gives no edge."""
        edges: list[Edge] = []
        complete = True
        for step, proved, conditions, certainty in rows:
            self.any_step = True
            if not proved:
                self.all_proved = complete = False
                continue
            under = local_hypotheses(step.context, self.base, part)
            if under is not None:
                edges.extend(replace(e, under=under) for e in _edges(step, conditions, certainty or "exact"))
        for entry in self.parts:
            if entry[0] is part:
                entry[1].extend(edges)
                if not complete:
                    self.parts[self.parts.index(entry)] = (part, entry[1], False)
                return
        self.parts.append((part, edges, complete))


def _edges(step: StepSource, conditions: tuple[Term, ...], certainty: str) -> list[Edge]:
    if step.statement is None:
        return []
    if step.variants:
        relation = {"\\le": "≤", "\\ge": "≥"}.get(step.relation, step.relation)
        return [Edge(x, y, relation, (), conditions, certainty) for x, y in step.variants]
    p = step.statement
    if step.condition is not None:
        return [Edge(b.TRUE, b.implies(step.condition, p), "iff", (), conditions, certainty)]
    if step.relation == "impliedby" and p.op == "implies":
        return [Edge(p.args[1], p.args[0], "impliedby", (), conditions, certainty)]
    if p.op in ("iff", "implies"):
        return [Edge(p.args[0], p.args[1], p.op, (), conditions, certainty)]
    if p.op == "rel" and len(p.args) >= 2:
        return [Edge(p.args[0], p.args[1], str(p.data), p.args[2:], conditions, certainty)]
    return [Edge(b.TRUE, p, "iff", (), conditions, certainty)]


def local_hypotheses(context: Context, base: Context, part: Part | None = None) -> tuple[Term, ...] | None:
    """What a step assumes beyond the claim's own hypotheses and those of its part; None where no claim can be made of it: a symbol of
    the claim is declared otherwise, independence or a convention has been added."""
    if context.conventions != base.conventions or context.growth != base.growth:
        return None
    if not set(context.independent) <= set(base.independent):
        return None
    for symbol, wanted in base.declarations.items():
        found = context.declarations.get(symbol)
        if found is not None and found is not wanted and not _says_no_more(found, wanted):
            return None
    known = {h.statement for h in base.hypotheses}
    if part is not None and part.condition is not None:
        known.add(part.condition)
    return tuple(
        dict.fromkeys(h.statement for h in context.hypotheses if h.kind in ("assume", "suppose", "domain") and h.statement not in known)
    )


def _says_no_more(found: Declaration, wanted: Declaration) -> bool:
    """Whether what is proved under one declaration holds under the other."""
    if found.attributes <= wanted.attributes:
        found = replace(found, attributes=wanted.attributes)
    if found.law is None and found.random:
        found = replace(found, law=wanted.law, given=wanted.given, iid=wanted.iid)
    return replace(found, declared=wanted.declared) == wanted
