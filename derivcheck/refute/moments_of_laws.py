"""A claim `t \\sim D` refuted by a moment: a variable with the law D has its mean and its variance.

`counterexample(ob, session, budget)` looks for values at which `E[t]` is not the mean of D, or the variance of t not that of D, where the law exists
and so do the moments; the counterexample shows the two moments.
"""

from __future__ import annotations

from derivcheck.kernel.budget import Budget
from derivcheck.kernel.check import Session
from derivcheck.kernel.existing_means import LIGHT, MEANS, MEANS_OVER, admissible, exists, exists_by_square
from derivcheck.kernel.obligation import Obligation
from derivcheck.refute import resolve
from derivcheck.refute.examine import Refutation
from derivcheck.refute.search import search
from derivcheck.terms import build as b
from derivcheck.terms.context import Hypothesis
from derivcheck.terms.term import contains_op, fresh, mk


def counterexample(ob: Obligation, session: Session, budget: Budget) -> Refutation | None:
    """A counterexample to a claim about the law of a number."""
    p = ob.statement
    if p.op != "sim" or p.args[0].sort.kind != "num" or p.args[1].op != "dist" or p.args[1].data not in LIGHT:
        return None
    t, law = p.args
    x = fresh("x", t.sort)
    variance = mk("Var", (t,), 0)
    if not exists(variance, ob.context) and not exists_by_square(variance, session.rewriter(ob.context)):
        return None
    conditions = admissible(law)
    if conditions is None:
        return None
    context = ob.context.with_hypotheses([Hypothesis(q) for q in conditions])
    rw = session.rewriter(ob.context)
    square = b.expect_over((x,), law, b.pow_(x, 2))
    mean = b.expect_over((x,), law, x)
    for left, right in ((b.expect(t), mean), (variance, b.sub(square, b.pow_(mean, 2)))):
        closed = [rw.nf(side) for side in (left, right)]
        if not any(contains_op(side, *MEANS, *MEANS_OVER, "int") for side in closed):
            left, right = closed
            if left is right:
                continue
        other = Obligation(context, b.eq(left, right))
        found = search(other, budget.share(0.2)) or resolve.counterexample(other, session, budget)
        if found is not None:
            return found
    return None
