"""Models at which the repairs of a refuted step are tested, and whether a repaired step is proved.

A hint is printed as it stands only if the step it suggests is proved; what merely held wherever it was tried says so (`assured`).
Work is counted: what goes beyond `WORK` units is given up; the clock is only the last resort.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from derivcheck.refute.examine import Finding, examine_again, seen_to_hold
from derivcheck.refute.screen import Screen
from derivcheck.semantics.evaluate import GAVE_UP, Budget, Evaluator, Model, load_handlers
from derivcheck.semantics.models import Builder
from derivcheck.semantics.values import UNKNOWN, Value, precision
from derivcheck.terms.context import Context
from derivcheck.terms.term import Term, contains_op

SECONDS = 1.5
WORK = 25_000
ENOUGH = 6
MODELS = 14
ONLY_TRIED = " (not proved: so at every point tried)"


class Tester:
    """Models of a context, drawn as they are needed, and an evaluator for each that remembers the values of common parts."""

    def __init__(self, context: Context, p: Term) -> None:
        load_handlers()
        self.context = context
        self.end = time.monotonic() + SECONDS
        self.work = WORK
        self.builder = Builder(context, [p], seed=5)
        self.builder.deadline = self.end - SECONDS / 2
        self._source = self.builder.models(attempts=80, count=MODELS)
        self._drawn: list[Evaluator] = []

    @property
    def over(self) -> bool:
        """Whether to give up."""
        return self.work < 0 or time.monotonic() > self.end

    def evaluators(self, count: int = MODELS) -> Iterator[Evaluator]:
        """Evaluators in the first models."""
        for i in range(count):
            if i == len(self._drawn):
                model = next(self._source, None)
                if model is None:
                    return
                self._drawn.append(Evaluator(model))
            yield self._drawn[i]

    def models(self, count: int = MODELS) -> list[Model]:
        """The first models."""
        return [ev.model for ev in self.evaluators(count)]

    def value(self, t: Term, ev: Evaluator) -> Value:
        """The value of a term in a model."""
        ev.budget = Budget(60_000)
        try:
            with precision(ev.prec):
                return ev.eval(t, ev.root)
        except GAVE_UP:
            ev.start_anew()
            return UNKNOWN
        finally:
            self.work -= 60_000 - ev.budget.left

    def finding(self, p: Term, ev: Evaluator) -> Finding:
        """What a statement comes to in a model."""
        found = examine_again(p, ev, 60_000)
        self.work -= 60_000 - ev.budget.left
        return found

    def truth(self, p: Term, ev: Evaluator, screen: Screen) -> bool | None:
        """Whether a statement holds in a model, by a quick look if that is enough; None where it can't be told."""
        quick = screen.says(ev.model)
        if quick is not None:
            return quick
        found = self.finding(p, ev)
        return False if found.kind == "fails" else (True if seen_to_hold(found) else None)

    def holds(self, p: Term) -> bool:
        """The statement holds at enough models and fails at none."""
        good = seen = 0
        for ev in self.evaluators():
            if self.over:
                return False
            found = self.finding(p, ev)
            if found.kind == "fails":
                return False
            good += seen_to_hold(found)
            seen += 1
        return good >= min(1 if not p.free else ENOUGH, max(1, seen))


def assured(text: str, p: Term, context: Context) -> str | None:
    """The hint that `p` holds: `text` if that is proved, with a reservation where no counterexample was found (two numbers may be close
    without being equal: they must be proved), else None."""
    if proved(p, context):
        return text
    # two statements that are both false nearly everywhere agree at any points tried
    return text + ONLY_TRIED if p.free and not contains_op(p, "iff") and stands(p, context) else None


def stands(p: Term, context: Context) -> bool:
    """A search for counterexamples finds none: what holds at a few models may fail at special points."""
    from derivcheck.kernel.budget import Budget as Limits
    from derivcheck.kernel.budget import OutOfBudget
    from derivcheck.kernel.obligation import Obligation
    from derivcheck.refute.search import search

    try:
        return search(Obligation(context, p), Limits(seconds=1.0), brief=True) is None
    except (OutOfBudget, RecursionError):
        return True


def proved(p: Term, context: Context) -> bool:
    """The judge proves it within a second."""
    from derivcheck.kernel.judge import judge
    from derivcheck.kernel.obligation import Obligation
    from derivcheck.services.options import Options

    return judge(Obligation(context, p), Options(timeout=1.0), hints=False).verdict.kind == "proved"
