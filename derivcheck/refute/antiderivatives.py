"""Steps with antiderivatives: `\\int f(x)\\,dx \\doteq_x F(x)` (also with `+ C`) is wrong where F' differs from f.

`derivatives(p, variables)` turns such a step into the equations between the derivatives of its sides by each variable, with the
conditions under which these are the derivatives.  A model in which the conditions hold, the integrands are continuous at the point and
the derivatives differ is a counterexample: the sides can't differ by a constant there.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import acb, arb

from derivcheck.refute.examine import Finding, examine
from derivcheck.semantics.differentiate import derivative
from derivcheck.semantics.evaluate import Budget, Env, Evaluator, Model, with_evaluator
from derivcheck.semantics.truth import truth
from derivcheck.semantics.values import ball, is_number
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, instantiate, subterms


@dataclass(frozen=True)
class Differentiated:
    """The equation of the derivatives by one variable, its conditions, and the integrands that must be continuous."""

    variable: Term
    statement: Term
    conditions: tuple[Term, ...]
    integrands: tuple[Term, ...]


def derivatives(p: Term, variables: tuple[Term, ...]) -> list[Differentiated]:
    """The equations that a step with antiderivatives implies, for the variables that the antiderivatives are taken in."""
    out: list[Differentiated] = []
    parts = [u for u in subterms(p) if u.op == "antideriv"]
    points = {u.args[0] for u in parts}
    for x in variables or tuple(sorted((q for q in points if q.op == "sym"), key=lambda q: q.key)):
        if x.op != "sym" or any(x in u.args[1].free or u.args[0] is not x for u in parts):
            continue
        left, right = derivative(p.args[0], x), derivative(p.args[1], x)
        if not (left.complete and right.complete):
            continue
        integrands = tuple(instantiate(u, (x,)) for u in parts if not any(v.op == "bvar" for v in u.free))
        if len(integrands) == len(parts):
            out.append(Differentiated(x, b.eq(left.term, right.term), (*left.conditions, *right.conditions), integrands))
    return out


def examine_derivatives(d: Differentiated, model: Model, deadline: float | None) -> Finding:
    """The equation of the derivatives in a model, where they are the derivatives."""

    def applies(ev: Evaluator) -> bool:
        if not all(truth(ev, c, ev.root) is True for c in d.conditions):
            return False
        at = ev.eval(d.variable, ev.root)
        if not is_number(at):
            return False
        z = ball(at)
        disc = acb(z.real + arb(0, 1) / 65536, z.imag + arb(0, 1) / 65536)
        ev.analytic = frozenset((d.variable,))
        return all(is_number(ev.eval(f, Env(ev.root, {d.variable: disc}))) for f in d.integrands)

    if with_evaluator(applies, model, 128, Budget(40_000, deadline)) is not True:
        return Finding("unknown")
    return examine(d.statement, model, deadline=deadline)
