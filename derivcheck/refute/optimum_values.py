"""Optima that the evaluator can't find, from proofs: `argmax_x x e^{-x}` is {1} since the first-order condition shows it.

`counterexample(ob, session, budget)` replaces sets of optimisers and optimal values in a statement, outside of binders, by what the provers
show them to be (the kernel checks each of these proofs), and looks for a model in which what is left is false.
"""

from __future__ import annotations

from derivcheck.kernel.budget import Budget
from derivcheck.kernel.check import Session, check
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.randomness import mentions_random
from derivcheck.provers import optimum
from derivcheck.refute.examine import Refutation, report
from derivcheck.refute.resolve import put_in
from derivcheck.refute.search import Clock, findings, shown_symbols
from derivcheck.terms import build as b
from derivcheck.terms.term import Term

OPTIMA = (*optimum.SETS, *optimum.VALUES)


def counterexample(ob: Obligation, session: Session, budget: Budget) -> Refutation | None:
    """A counterexample after optima have been replaced by what they are shown to be."""
    p = ob.statement
    known: dict[Term, Term] = {}
    for t in _outermost(p):
        if mentions_random(t, session.oracle(ob.context)):
            continue
        before = len(session.conditions)
        with budget.limited(0.3):
            found = optimum.solved(t, ob, session)
            if found is None or len(session.conditions) != before:
                continue
            value, proof = found
            checked = check(Obligation(ob.context, b.eq(t, value)), proof, Session(budget=budget))
        if not checked.conditions and checked.certainty == "exact" and not session.oracle(ob.context).undefinedness(value):
            known[t] = value
    if not known:
        return None
    put = put_in(p, known)
    for tries, (finding, model, builder) in enumerate(findings(Obligation(ob.context, put), Clock(budget.share(0.25), 3.0))):
        if finding.kind == "fails":
            return report(model, shown_symbols(builder, put), finding, p.args[2:] or ob.context.vary)
        if tries > 200:
            break
    return None


def _outermost(p: Term) -> list[Term]:
    """Optima that stand in a statement outside of binders."""
    out: dict[Term, None] = {}
    stack = [p]
    while stack:
        t = stack.pop()
        if t.op in OPTIMA:
            out[t] = None
        elif not t.bound:
            stack.extend(reversed(t.args))
    return list(out)
