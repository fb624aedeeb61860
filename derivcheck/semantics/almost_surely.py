"""Statements about random symbols themselves, not averaged over: they hold almost surely.

`bare_random(p, model)` names the random symbols that a statement is about in this way (`X^2 = 1`, `\\E[X | Y] = Y`);
`at_outcomes(ev, p, bare)` gives an environment for each outcome of positive probability.  Limits: listed outcomes only.
"""

from __future__ import annotations

from derivcheck.semantics.differentiate import RANDOM_SCOPES
from derivcheck.semantics.evaluate import Env, Evaluator, Model
from derivcheck.terms.term import Term


def bare_random(p: Term, model: Model) -> set[Term]:
    """The random symbols that a statement is about, not averaged over: those outside expectations, and those conditioned on."""
    if model.joint is None:
        return set()
    return bare(p, model.joint.symbols())


def bare(p: Term, random: set[Term]) -> set[Term]:
    """The same for a given set of random symbols."""
    found: set[Term] = set()
    seen: set[Term] = set()

    def go(t: Term) -> None:
        if t in seen or t.free.isdisjoint(random):
            return
        seen.add(t)
        if t in random:
            found.add(t)
            return
        if t.op in ("perp", "sim"):
            return
        if t.op in RANDOM_SCOPES:
            if t.op in ("E", "Var", "Cov", "Pr"):
                for c in t.args[len(t.args) - int(t.data) :]:
                    if c.sort.kind != "bool":
                        found.update(c.free & random)
                    if c.op == "rel" and c.data == "=" and c.args[0] in random:
                        go(c.args[1])
            return
        for a in t.args:
            go(a)

    go(p)
    return found


def at_outcomes(ev: Evaluator, model: Model, symbols: set[Term]) -> list[Env] | None:
    """One environment for each joint outcome of the symbols that has positive probability; `None` where they are not listed."""
    joint = model.joint
    outcomes = joint.outcomes(symbols) if joint is not None else None
    if outcomes is None or any(s not in values for values, _ in outcomes for s in symbols):
        return None
    return [Env(ev.root, values) for values, w in outcomes if w != 0]
