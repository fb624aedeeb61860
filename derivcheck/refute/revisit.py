"""A model of an earlier search once more, without searching.

A model's `origin` says which attempt of the builder it came from and how it was varied (`search.py`).  An attempt depends on its number, the
context and the statement alone, so that `revisit` makes the same model again, of whatever kind its values are, and looks at the statement
there.  An origin that does not lead to a model any more gives None.  `Revisit` stands in for a cross-examination whose outcome is on record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from derivcheck.kernel.check import Session
from derivcheck.refute import critical
from derivcheck.refute.antiderivatives import derivatives, examine_derivatives
from derivcheck.refute.examine import WORK, Finding, Refutation, examine, report, seen_to_hold, up_to_constant
from derivcheck.refute.linear_systems import models_of_systems
from derivcheck.refute.resolve import outgrown
from derivcheck.refute.search import SEED, Clock, CrossExamination, Examination, marked, never_defined, pairs, shown_symbols
from derivcheck.semantics.evaluate import Model, Origin, load_handlers
from derivcheck.semantics.models import Builder
from derivcheck.terms.term import Term, contains_op, subterms

if TYPE_CHECKING:
    from derivcheck.kernel.obligation import Obligation

T = TypeVar("T")
Visit = tuple[Finding, Model, Builder]
SECONDS = 20.0
GLANCE = 4_000
"""Units of work for a statement of which nothing could be told before."""


@dataclass(frozen=True)
class Seen:
    """What a cross-examination saw: the origin of a model at which the statement held, or else of one at which nothing could be told
    (None: there was no model)."""

    at: Origin | None
    held: bool


def seen(examination: CrossExamination | Revisit) -> Seen:
    """The outcome of a cross-examination without a counterexample, for the record."""
    if examination.held_at is not None:
        return Seen(examination.held_at, True)
    return Seen(examination.looked_at, False)


def counterexample(ob: Obligation, origin: Origin) -> Refutation | None:
    """The counterexample at a model of this origin."""
    if origin[1] == "nowhere":
        return never_defined(ob.statement)
    if origin[1] == "growth":
        return outgrown(ob, Session())
    visit = revisit(ob, origin)
    if visit is None or visit[0].kind != "fails":
        return None
    found, model, builder = visit
    p = ob.statement
    return report(model, shown_symbols(builder, p), found, p.args[2:] or ob.context.vary)


def revisit(ob: Obligation, origin: Origin, work: int = WORK, deep: bool = True) -> Visit | None:
    """The statement at the model of this origin."""
    turn, way, number = origin
    load_handlers()
    clock = Clock(None, SECONDS)
    p = ob.statement
    turned: Term | None = p
    if p.op == "rel" and p.data in ("=", "≐") and contains_op(p, "antideriv"):
        if contains_op(p, "anyconst"):
            turned = up_to_constant(p, ob.context.vary)
        return None if turned is None or way != "derivative" else _derivative(p, turned, ob, turn, number, clock)
    if p.op == "rel" and p.data == "=" and any(u.op == "anyconst" for u in subterms(p)):
        turned = up_to_constant(p, ob.context.vary)
    if turned is None:
        return None
    p = turned
    if p.op == "rel" and p.data in ("∝", "≐"):
        return _pair(p, ob, turn, number, clock) if way == "pair" else None
    builder = Builder(ob.context, [p], seed=SEED)
    builder.deadline = clock.end
    model = builder.attempt(turn)
    if model is None:
        return None
    if way == "root":
        placed = _nth(critical.at_solutions(p, model, builder), number)
        return None if placed is None else (placed[1], marked(placed[0], way, number), builder)
    if way:
        variants = {"crafted": critical.variants, "solved": models_of_systems}.get(way)
        varied = _nth(variants(p, model, builder), number) if variants else None
        if varied is None:
            return None
        model = marked(varied, way, number)
    return examine(p, model, deep, work, clock.end), model, builder


def _derivative(p: Term, turned: Term, ob: Obligation, turn: int, number: int, clock: Clock) -> Visit | None:
    equations = derivatives(turned, turned.args[2:] if turned.data == "≐" else ())
    builder = Builder(ob.context, [p], seed=SEED)
    builder.deadline = clock.end
    model = builder.attempt(turn)
    if model is None or not 0 <= number < len(equations):
        return None
    return examine_derivatives(equations[number], model, clock.end), marked(model, "derivative", number), builder


def _pair(p: Term, ob: Obligation, turn: int, number: int, clock: Clock) -> Visit | None:
    varied = p.args[2:] or ob.context.vary
    if not varied or any(v.op != "sym" for v in varied):
        return None
    base = Builder(ob.context, [p, *varied], seed=SEED)
    base.deadline = clock.end
    model = base.attempt(turn)
    got = None if model is None else _nth(pairs(p, ob, varied, model, base, clock), number)
    return None if got is None else (*got, base)


def _nth(made: Iterator[T], number: int) -> T | None:
    return next(islice(made, number, None), None) if number >= 0 else None


class Revisit:
    """A cross-examination that looks at the model on record alone; where that holds no more what it did, it is gone through anew."""

    def __init__(self, ob: Obligation, known: Seen, points: int) -> None:
        self.ob = ob
        self.known = known
        self.held_at: Origin | None = None
        self.looked_at: Origin | None = None
        self._points = points
        self._anew: CrossExamination | None = None
        self._result: Examination | None = None

    def go_on(self, upto: int) -> Refutation | None:
        """Look at the model; the counterexample that was found."""
        if self._result is None:
            self._result = self._look(upto)
        return self._result.witness

    def result(self) -> Examination:
        """What has been seen."""
        return self._result or Examination()

    def _look(self, upto: int) -> Examination:
        at, held = self.known.at, self.known.held
        if at is None:
            return Examination()
        visit = revisit(self.ob, at, WORK if held else GLANCE, deep=False)
        if visit is not None:
            found, model, builder = visit
            if found.kind == "fails":
                p = self.ob.statement
                return Examination(disagree=1, models=1, witness=report(model, shown_symbols(builder, p), found, p.args[2:] or self.ob.context.vary))
            if seen_to_hold(found):
                self.held_at = at
                return Examination(agree=1, models=1)
            if not held and found.kind != "undefined":
                self.looked_at = at
                return Examination(unknown=1, models=1)
        self._anew = CrossExamination(self.ob, self._points)
        self._anew.go_on(upto)
        self.held_at, self.looked_at = self._anew.held_at, self._anew.looked_at
        return self._anew.result()
