"""Provers: untrusted search for proofs that the kernel replays.  One file, one method.

`ORDER` is the order in which the judge tries them: cheap and decisive first.  Each module has `prove(obligation, session) -> Proof | None`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.obligation import Obligation

Prove = Callable[[Obligation, Session], "Proof | None"]

ORDER = (
    "instances",
    "facts",
    "integer_cases",
    "tails",
    "correlated",
    "breakpoints",
    "scalar",
    "approx",
    "pieces",
    "calculus",
    "matrix",
    "definite",
    "gathered",
    "operators",
    "probability",
    "events",
    "floors",
    "derivatives",
    "entries",
    "symmetry",
    "divergences",
    "extrema",
    "covariances",
    "moment_forms",
    "masses",
    "summands",
    "bounds",
    "estimates",
    "squares",
    "linear",
    "convexity",
    "pointwise",
    "order",
    "recurrence",
    "optimum",
    "logic",
    "hypotheses",
)


@cache
def provers() -> list[tuple[str, Prove]]:
    """The provers with their names, in order."""
    out: list[tuple[str, Prove]] = []
    for name in ORDER:
        try:
            module = importlib.import_module(f"derivcheck.provers.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"derivcheck.provers.{name}":
                raise
            continue
        out.append((name, module.prove))
    return out
