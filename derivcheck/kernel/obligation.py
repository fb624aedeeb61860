"""Obligations and verdicts.  A `Verdict` can be made only through `judge.py`: the constructor asks for the kernel's seal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from derivcheck.terms.context import Context
from derivcheck.terms.term import Term

_SEAL = object()


@dataclass(frozen=True)
class Obligation:
    """A statement (sort bool) to be judged under a context.  Facts (cited or earlier steps) stand among the context's hypotheses."""

    context: Context
    statement: Term


@dataclass(frozen=True)
class Counterexample:
    """Values of the symbols (as printed) and the two sides there, with enclosures that don't overlap."""

    values: dict[str, str]
    lhs: str
    rhs: str

    def to_json(self) -> dict[str, Any]:
        """The report's form."""
        return {"values": dict(self.values), "lhs": self.lhs, "rhs": self.rhs}


@dataclass(frozen=True)
class Verdict:
    """`kind` is `proved`, `refuted`, `undecided` or `error`.  Made by the kernel alone."""

    kind: str
    method: str | None = None
    certainty: str | None = None
    error_bound: float | None = None
    conditions: tuple[str, ...] = ()
    counterexample: Counterexample | None = None
    hint: str | None = None
    reason: str | None = None
    seal: object = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise TypeError("verdicts are made by the kernel only")
