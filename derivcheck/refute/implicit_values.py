"""Counterexamples with functions that a hypothesis determines: their values are numbers that satisfy the equation (`kernel/implicit_functions.py`)."""

from __future__ import annotations

from dataclasses import replace

from derivcheck.kernel.budget import Budget
from derivcheck.kernel.check import Session
from derivcheck.kernel.implicit_functions import reduced
from derivcheck.kernel.obligation import Obligation
from derivcheck.refute import search
from derivcheck.refute.examine import Refutation


def counterexample(ob: Obligation, session: Session, budget: Budget) -> Refutation | None:
    """A model of the equations between numbers in which the statement fails."""
    got = reduced(ob, session, some=True)
    if got is None:
        return None
    found = search.search(got[0], budget.share(0.3))
    return None if found is None else replace(found, values={**got[1], **found.values})
