"""A quick look at a relation in floating point, before enclosures are spent on it.

`Screen(p, context).agrees(model)` is True where both sides have plain floating-point values that clearly satisfy the relation: equal to
11 digits, or apart in the right direction.  Such a model is hardly a counterexample, so the search goes on to the next one; every
other model is examined with enclosures.  Nothing is refuted, and no side is called defined, on the word of this file: the first models
of every examination are exact (`search.py`).  Hints also ask where a relation clearly fails (`says`).

Limits: relations between numbers without random symbols; no convention `real`.
"""

from __future__ import annotations

from cmath import isfinite

from derivcheck.semantics.evaluate import Model
from derivcheck.semantics.floats import FAILURES, Program, float_of, program
from derivcheck.terms.context import Context
from derivcheck.terms.term import Term, contains_op

SAME = 1e-11
APART = 1e-7
RELATIONS = ("=", "≠", "<", "≤", ">", "≥")


class Screen:
    """The two sides of a relation as programs."""

    def __init__(self, p: Term, context: Context) -> None:
        self.sides: tuple[Program, Program] | None = None
        if p.op != "rel" or p.data not in RELATIONS or "real" in context.conventions:
            return
        left, right = program(p.args[0]), program(p.args[1])
        if left is None or right is None:
            return
        self.relation = str(p.data)
        self.sides = left, right
        self.symbols = [s for s in p.free if s.op == "sym"]
        # derivatives of functions that are not holomorphic are taken along the real line only
        self.real_only = contains_op(p, "deriv", "dfun")

    def agrees(self, model: Model) -> bool:
        """Whether the relation clearly holds in the model, as far as floating point can tell."""
        return self.says(model) is True

    def says(self, model: Model) -> bool | None:
        """Whether the relation clearly holds or clearly fails; None where floating point does not tell."""
        if self.sides is None or model.joint is not None:
            return None
        try:
            env = {s: float_of(model.values[s]) for s in self.symbols}
            if self.real_only and any(isinstance(v, complex) for v in env.values()):
                return None
            x, y = self.sides[0].at(env), self.sides[1].at(env)
            if not (isfinite(x) and isfinite(y)):
                return None
            gap, size = abs(x - y), max(abs(x), abs(y))
            if self.relation in ("=", "≠"):
                if gap <= SAME * size:
                    return True if self.relation == "=" else None
                return self.relation == "≠" if gap > APART * size else None
            if isinstance(x, complex) or isinstance(y, complex) or gap <= APART * size:
                return None
            return (x < y) == (self.relation in ("<", "≤"))
        except FAILURES:
            return None
