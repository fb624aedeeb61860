"""Algebraic numbers: is a closed expression with roots and roots of unity zero?  Decided exactly, by Liouville's inequality.

`height(t)` bounds the absolute logarithmic Weil height h and the degree D of the number field in which an expression lies, from its shape:

    h(p/q) = log max(|p|, |q|)      h(root of unity) = 0          h(1/a) = h(a)
    h(a_1 + … + a_n) ≤ ∑ h(a_k) + log n     h(∏ a_k) ≤ ∑ h(a_k)   h(a^{p/q}) = |p/q| h(a)

and D ≤ ∏ of the degrees of the different radicals times φ(N) for roots of unity of order N.  For a number a ≠ 0 of degree ≤ D,
|a| ≥ exp(-D h(a)).  So an enclosure inside that disc shows that the number is 0; no minimal polynomial is needed.

Source: Waldschmidt, Diophantine Approximation on Linear Algebraic Groups, chapter 3 (property 3.3 and Liouville's inequality 3.5).
Limits: rational exponents and angles; the bound on D h (in bits) is `MAX_BITS`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, lcm, log
from typing import TYPE_CHECKING

import flint

from derivcheck.kernel.literals import linear_terms, rational_value
from derivcheck.terms import build as b
from derivcheck.terms.term import Term

if TYPE_CHECKING:
    from derivcheck.terms.context import Context

MAX_BITS = 60_000
_SLACK = 1.0000001  # heights are summed in floating point; each step is rounded up by far more than its error
_LOG2 = 0.6931471806


class NotAlgebraic(Exception):
    """The expression has a part that is not read as an algebraic number."""


@dataclass
class Field:
    """The number field met so far: distinct radicals with their degrees, and the order of the roots of unity."""

    radicals: dict[tuple[Term, int], int] = field(default_factory=dict)
    order: int = 2
    memo: dict[Term, float] = field(default_factory=dict)

    @property
    def degree(self) -> int:
        """A bound for the degree of the field over the rationals."""
        total = int(flint.fmpz(self.order).euler_phi()) if self.order > 2 else 1
        for d in self.radicals.values():
            total *= d
        return total

    def height(self, t: Term) -> float:
        """A bound for the logarithmic height of a term; its radicals and roots of unity join the field."""
        got = self.memo.get(t)
        if got is None:
            got = self._height(t) * _SLACK
            self.memo[t] = got
        return got

    def _height(self, t: Term) -> float:
        if t.op == "num":
            q = t.data
            return log(max(abs(q.numerator), q.denominator, 1)) * _SLACK + 1e-12
        if t is b.I_CONST:
            self.order = lcm(self.order, 4)
            return 0.0
        if t.op == "neg":
            return self.height(t.args[0])
        if t.op == "add":
            return sum(self.height(a) for a in t.args) + log(len(t.args)) * _SLACK
        if t.op in ("mul", "div"):
            return sum(self.height(a) for a in t.args)
        if t.op == "pow":
            q = rational_value(t.args[1])
            if q is None:
                raise NotAlgebraic
            inner = self.height(t.args[0])
            if q.denominator > 1:
                self.radicals[(t.args[0], q.denominator)] = q.denominator
            return inner * abs(q.numerator) / q.denominator
        if t.op == "oddroot":
            n = int(t.data)
            self.radicals[(t.args[0], -n)] = n
            return self.height(t.args[0]) / n
        if t.op == "fn":
            return self._function(str(t.data), t.args)
        raise NotAlgebraic

    def _function(self, name: str, args: tuple[Term, ...]) -> float:
        if name in ("sin", "cos", "tan", "cot", "sec", "csc"):
            self._angle(args[0], False)
            # (ζ ± 1/ζ)/2 or /(2i); the others are quotients of two such or 1 over one
            return 2 * _LOG2 if name in ("sin", "cos", "sec", "csc") else 4 * _LOG2
        if name == "exp":
            self._angle(args[0], True)
            return 0.0
        raise NotAlgebraic

    def _angle(self, u: Term, exponential: bool) -> None:
        """An argument q π (or q i π): the roots of unity of order 2·denominator join the field, and i with them."""
        for c, m in linear_terms(u):
            wanted = {b.PI, b.I_CONST} if exponential else {b.PI}
            if set(m.args if m.op == "mul" else (m,)) != wanted or (m.op == "mul" and len(m.args) != len(wanted)):
                raise NotAlgebraic
            self.order = lcm(self.order, 4, 2 * c.denominator)
            if self.order > 5000:
                raise NotAlgebraic


def is_algebraic(t: Term) -> bool:
    """Whether a closed term is read as an algebraic number."""
    try:
        Field().height(t)
    except (NotAlgebraic, OverflowError):
        return False
    return True


def is_zero(t: Term, context: Context) -> bool:
    """Whether a closed expression is shown to be 0 (and to have a value)."""
    from derivcheck.semantics.evaluate import Budget, Model, evaluate
    from derivcheck.semantics.values import ball, is_number

    place = Field()
    try:
        bits = ceil(place.height(t) * place.degree / _LOG2 * _SLACK) + 1
    except (NotAlgebraic, OverflowError):
        return False
    if bits > MAX_BITS:
        return False
    for extra in (96, 1024):
        value = evaluate(t, Model({}, context), bits + extra, Budget(100_000))
        if not is_number(value):
            return False
        if value == 0:
            return True
        enclosure = ball(value)
        if not enclosure.is_finite() or not enclosure.contains(0):
            return False
        bound = flint.arb(2) ** (-bits)
        if enclosure.abs_upper() < bound:
            return True
    return False
