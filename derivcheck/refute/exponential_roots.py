"""Complex solutions of equations in which a number stands in one exponential e^{αs + β} only.

With w a root of the equation in place of the exponential, s = (log w + 2πik - β)/α solves it exactly; what is returned are enclosures of
such numbers.  The equation in w is a polynomial with rational coefficients, or linear.
"""

from __future__ import annotations

from collections.abc import Callable

from flint import acb, fmpq_poly

from derivcheck.semantics.evaluate import Budget, Model, evaluate
from derivcheck.semantics.values import ball, is_number
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, fresh, num, substitute, subterms

TURNS = (0, 1, -1, 2)
WORK = 20_000


def exponential_roots(equation: Term, s: Term, model: Model, polynomial: Callable[[Term, Term, Model], fmpq_poly | None]) -> list[acb]:
    """Enclosures of solutions; `polynomial` reads a term as a polynomial in a symbol."""
    gap = b.sub(equation.args[0], equation.args[1])
    waves = {t for t in subterms(gap) if t.op == "fn" and t.data == "exp" and s in t.free}
    if len(waves) != 1:
        return []
    (wave,) = waves
    g = fresh("g")
    rest = substitute(gap, {wave: g})
    start, after = (_number(substitute(wave.args[0], {s: num(k)}), model) for k in (0, 1))
    if s in rest.free or start is None or after is None or not _linear(wave.args[0], s):
        return []
    slope = after - start
    if not slope.abs_lower() > 0:
        return []
    roots: list[acb] = []
    p = polynomial(rest, g, model)
    if p is not None and p.degree() >= 1:
        roots = [r for r, _ in p.complex_roots()]
    elif _linear(rest, g):
        zero, one = (_number(substitute(rest, {g: num(k)}), model) for k in (0, 1))
        if zero is not None and one is not None and (one - zero).abs_lower() > 0:
            roots = [-zero / (one - zero)]
    turn = 2 * acb.pi() * acb(0, 1)
    return [(w.log() + k * turn - start) / slope for w in roots if w.abs_lower() > 0 for k in TURNS]


def _number(t: Term, model: Model) -> acb | None:
    v = evaluate(t, model, 192, budget=Budget(WORK))
    return ball(v) if is_number(v) else None


def _linear(t: Term, s: Term) -> bool:
    """Whether a term is α s + β by the way it is made."""
    if s not in t.free or t is s:
        return True
    if t.op in ("add", "neg"):
        return all(_linear(a, s) for a in t.args)
    if t.op == "mul":
        return sum(s in a.free for a in t.args) == 1 and all(_linear(a, s) for a in t.args)
    return t.op == "div" and s not in t.args[1].free and _linear(t.args[0], s)
