"""Verdicts of earlier runs, by obligation.

The key holds the statement and its whole context with the facts proved in this run, so that a hit counts only where all that it
rests on stands here too.  Kept are refuted steps, steps proved without conditions (conditions travel with a proof as terms, which
a report does not hold), and, for runs with the same limits, steps that no method decides: not those that a limit stopped.
"""

from __future__ import annotations

from dataclasses import replace

from derivcheck.report.model import StepReport
from derivcheck.services.cache import Cache
from derivcheck.services.fingerprint import Fingerprints, obligation_key
from derivcheck.services.options import Options
from derivcheck.terms.context import Context
from derivcheck.terms.term import Term

_KEPT = ("verdict", "method", "certainty", "error_bound", "conditions", "counterexample", "hint", "reason")


class Memory:
    """The cache of verdicts as the judge of a document sees it."""

    def __init__(self, cache: Cache, options: Options) -> None:
        self._cache = cache
        self._options = options
        self._prints = Fingerprints()

    def key(self, context: Context, statement: Term) -> str | None:
        """The obligation's key; None where it can't be remembered."""
        return obligation_key(context, statement, self._options, self._prints)

    def recall(self, key: str | None, report: StepReport) -> StepReport | None:
        """The step's report with the verdict remembered for this key."""
        if key is None:
            return None
        data = self._cache.get(key) or self._cache.get(self._limited(key))
        if data is None or not set(_KEPT) <= set(data):
            return None
        judged = StepReport.from_json(report.to_json() | {name: data[name] for name in _KEPT} | {"cached": True, "seconds": 0.0})
        return judged if _worth_keeping(judged) else None

    def remember(self, key: str | None, report: StepReport) -> None:
        """Keep a verdict that will be the same in every run."""
        if key is not None and _worth_keeping(report):
            data = replace(report, cached=False).to_json()
            place = self._limited(key) if report.verdict == "undecided" else key
            self._cache.put(place, {name: data[name] for name in _KEPT})

    def _limited(self, key: str) -> str:
        return f"{key}:{self._options.timeout:g}"


def _worth_keeping(report: StepReport) -> bool:
    if report.verdict == "undecided":
        return settled(report.reason)
    return report.verdict == "refuted" or (report.verdict == "proved" and not report.conditions)


def settled(reason: str | None) -> bool:
    """Whether an undecided verdict would be the same in a later run with the same limits: no limit had a part in it."""
    return reason is not None and reason.startswith(("no method", "not in the language", "no instance"))
