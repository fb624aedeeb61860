"""Maxima and minima that do not exist since for every point there is a better one.

`unattained(t, context, budget)` proves `∀x∈D ∃y∈D : f(y) > f(x)` by the kernel's inferences (`<` for a minimum); D is not empty.
"""

from __future__ import annotations

from derivcheck.kernel.budget import Budget, OutOfBudget
from derivcheck.kernel.check import Rejected, Session, check
from derivcheck.kernel.obligation import Obligation
from derivcheck.provers import logic
from derivcheck.terms import build as b
from derivcheck.terms.context import Context
from derivcheck.terms.term import Term, fresh, instantiate

MOVES = 80


def unattained(t: Term, context: Context, budget: Budget) -> bool:
    """Whether a closed maximum or minimum over numbers is shown not to be attained."""
    if t.op not in ("maxover", "minover") or t.free or len(t.bound) != 1 or t.bound[0].sort.kind != "num":
        return False
    domain = t.args[0]
    x, y = fresh("x"), fresh("y")
    better = b.rel(instantiate(t, (y,)), ">" if t.op == "maxover" else "<", instantiate(t, (x,)))
    inside = b.over("exists", (x,), (domain,), b.eq(x, x))
    above = b.over("forall", (x,), (domain,), b.over("exists", (y,), (domain,), better))
    plain = Context(conventions=context.conventions - {"strict"})
    return all(_proved(Obligation(plain, p), budget) for p in (inside, above))


def _proved(ob: Obligation, budget: Budget) -> bool:
    try:
        with budget.limited(0.3):
            proof = logic.prove(ob, Session(budget=budget), MOVES)
            if proof is None:
                return False
            check(ob, proof, Session(budget=budget))
            return True
    except (OutOfBudget, Rejected, ZeroDivisionError, RecursionError):
        return False
