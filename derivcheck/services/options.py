"""The options of a run, and how the judge tells the outside where it stands.

`Options` holds what may change a verdict (certainty, limits, strictness) and how the run is carried out (workers, cache).
`Monitor` is the judge's line to whoever watches over it: the judge calls `begin` before and `end` after every step and claim,
so that a watching process knows which step to give up when the worker hangs or dies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derivcheck.report.model import ClaimReport, StepReport

CERTAINTIES = ("exact", "probabilistic", "cas")

StepKey = tuple[int, int]
"""(number of the derivation in the file from 0, index of the step in the derivation from 1; 0 is the claim)."""


@dataclass(frozen=True)
class Options:
    """`timeout` seconds for a step, `budget` seconds for a file (None: no limit), `memory` megabytes for a worker process.

    `certainty` is the least that counts as proved (`exact` is the strictest).  `strict` makes warnings fail.
    """

    timeout: float = 10.0
    budget: float | None = None
    strict: bool = False
    certainty: str = "cas"
    memory: int = 2048
    jobs: int | None = None
    cache: bool = True
    cache_dir: str | None = None

    def accepts(self, certainty: str | None) -> bool:
        """Whether a proof of this certainty is enough."""
        return certainty in CERTAINTIES and CERTAINTIES.index(certainty) <= CERTAINTIES.index(self.certainty)

    def verdict_key(self) -> str:
        """Everything here that a verdict can depend on, for the cache's keys (limits only ever turn verdicts into `undecided`,
        which is not remembered)."""
        return f"certainty={self.certainty};strict={self.strict}"

    def to_json(self) -> dict[str, Any]:
        """For the way to a worker process."""
        return {
            "timeout": self.timeout,
            "budget": self.budget,
            "strict": self.strict,
            "certainty": self.certainty,
            "memory": self.memory,
            "jobs": self.jobs,
            "cache": self.cache,
            "cache_dir": self.cache_dir,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Options:
        """The inverse of `to_json`."""
        return cls(**data)


@dataclass
class Monitor:
    """Passed to `judge_document`; this base class watches nothing.

    `known` holds results that are taken over instead of being judged again: steps finished before a worker died.  The judge
    reports them as they stand; a known `proved` step is a fact for later ones.  `lost` holds, for steps that a worker died on,
    the reason to report; `stop`, once set, is the reason for every step not yet known (the file's budget is used up).
    """

    known: Mapping[StepKey, StepReport | ClaimReport] = field(default_factory=dict)
    lost: Mapping[StepKey, str] = field(default_factory=dict)
    stop: str | None = None

    def given_up(self, key: StepKey) -> str | None:
        """Why this step must not be tried (it is then undecided for this reason), or None."""
        return self.lost.get(key, self.stop)

    def begin(self, key: StepKey) -> None:
        """The judge starts on this step or claim."""

    def end(self, key: StepKey, result: StepReport | ClaimReport) -> None:
        """The judge is done with it."""
