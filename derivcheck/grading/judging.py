"""Judging for grades: every obligation is asked once in a run, by whichever worker meets it first.

A step is judged under the reference's declarations first, without the facts of its own submission: so the same step in many submissions is
the same obligation, and its verdict, also `undecided`, is remembered for the run in a folder that all workers share.  Only where that does
not decide are the submission's earlier proved steps taken as facts.

Questions are numbered in the order in which they are asked, so that a worker that takes over after another one was killed gives up the
same question and knows the same answers.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from derivcheck.chain.facts import Fact, usable
from derivcheck.kernel.check import Rejected
from derivcheck.kernel.judge import judge
from derivcheck.kernel.obligation import Obligation
from derivcheck.report.model import StepReport
from derivcheck.services.cache import Cache, NoCache, open_cache
from derivcheck.services.fingerprint import Fingerprints, obligation_key
from derivcheck.services.options import Monitor, Options
from derivcheck.terms.context import Context, Hypothesis
from derivcheck.terms.term import Term

_KEPT = ("verdict", "method", "certainty", "error_bound", "conditions", "counterexample", "hint", "reason")

_prints = Fingerprints()


@dataclass
class Questions:
    """The line to the kernel for one submission and one task."""

    number: int
    options: Options
    monitor: Monitor
    facts: tuple[Fact, ...] = ()
    asked: int = 0
    seconds: float = 0.0
    cache: Cache = field(init=False)

    def __post_init__(self) -> None:
        self.cache = open_cache(self.options) if self.options.cache else NoCache()

    def ask(self, context: Context, statement: Term, report: StepReport | None = None, facts: Sequence[Hypothesis] = ()) -> StepReport:
        """The verdict on a statement under a context; `report` is the step that it belongs to."""
        self.asked += 1
        key = (self.number, self.asked)
        report = report or StepReport(self.asked, 0, 1, 1, "", "", "")
        known = self.monitor.known.get(key)
        if isinstance(known, StepReport):
            return _with(report, known)
        lost = self.monitor.given_up(key)
        if lost is not None:
            return report.undecided(lost)
        used = [f.hypothesis for f in self.facts if usable(f, context)]
        whole = context.with_hypotheses([*used, *facts]) if used or facts else context
        remembered = obligation_key(whole, statement, self.options, _prints)
        data = self.cache.get(remembered, "grading") if remembered is not None else None
        if data is not None and set(_KEPT) <= set(data):
            return StepReport.from_json(report.to_json() | {name: data[name] for name in _KEPT} | {"cached": True, "seconds": 0.0})
        self.monitor.begin(key)
        start = time.monotonic()
        try:
            report = report.with_verdict(judge(Obligation(whole, statement), self.options).verdict, time.monotonic() - start)
        except Rejected as why:
            report = report.undecided(str(why))
        self.seconds += time.monotonic() - start
        self.monitor.end(key, report)
        if remembered is not None:
            found = report.to_json()
            self.cache.put(remembered, {name: found[name] for name in _KEPT}, "grading")
        return report

    def holds(self, context: Context, statement: Term) -> bool:
        """Whether a statement is proved without conditions."""
        found = self.ask(context, statement)
        return found.verdict == "proved" and not found.conditions


def _with(report: StepReport, known: StepReport) -> StepReport:
    return replace(report, **{name: getattr(known, name) for name in _KEPT})


__all__ = ["Questions"]
