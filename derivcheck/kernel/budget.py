"""Work and time limits of one step, enforced wherever the kernel or a prover loops.

Work is counted in abstract units so that a verdict does not depend on how busy the machine is; the clock is the last resort
(and what it stopped says so).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class OutOfBudget(Exception):
    """The step's limit is reached; `reason` says which."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Budget:
    """`work` units and `seconds` from now; `spend` raises OutOfBudget when one is used up."""

    __slots__ = ("_tick", "deadline", "left")

    def __init__(self, work: int = 2_000_000, seconds: float = 10.0) -> None:
        self.left = work
        self.deadline = time.monotonic() + seconds
        self._tick = 0

    def spend(self, units: int = 1) -> None:
        """Account for work; cheap enough to call per node."""
        self.left -= units
        self._tick += 1
        if self.left < 0:
            raise OutOfBudget("work")
        if self._tick & 63 == 0 and time.monotonic() > self.deadline:
            raise OutOfBudget("time")

    def share(self, fraction: float) -> Budget:
        """A budget for a sub-search: a fraction of what is left, charged when it is made."""
        seconds = max(0.0, (self.deadline - time.monotonic()) * fraction)
        return Budget(int(self.left * fraction), seconds)

    @contextmanager
    def limited(self, fraction: float) -> Iterator[None]:
        """Within the block only this fraction of what is left may be used."""
        left, deadline = self.left, self.deadline
        start = self.left = int(left * fraction)
        self.deadline = min(deadline, time.monotonic() + self.seconds_left * fraction)
        try:
            yield
        finally:
            self.left, self.deadline = left - (start - self.left), deadline

    @property
    def seconds_left(self) -> float:
        """Seconds until the deadline."""
        return max(0.0, self.deadline - time.monotonic())
