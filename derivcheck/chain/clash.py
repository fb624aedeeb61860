"""Which hypotheses contradict each other: asked where a proof was found but no instance of the declarations and hypotheses.

The hypotheses are added one by one until the negation of the next is proved from those before it; of these the needed ones are kept.
Limits: each proof is given a second, so that a contradiction that is hard to see is not named.
"""

from __future__ import annotations

from dataclasses import replace

from derivcheck.kernel.check import Rejected
from derivcheck.kernel.judge import judge
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.rewrite import negation
from derivcheck.services.options import Options
from derivcheck.terms.context import Context, Hypothesis
from derivcheck.terms.term import Term

NO_INSTANCE = "no instance of the declarations and hypotheses was found"
_SECONDS = 1.0
_MOST = 12


def clashing(context: Context, options: Options) -> tuple[Term, ...]:
    """The hypotheses that contradict each other, the last one last; one alone contradicts the declarations; none: not found."""
    brief = replace(options, timeout=min(options.timeout, _SECONDS))
    own = [h for h in context.hypotheses if h.kind not in ("step", "use")][:_MOST]
    for k, h in enumerate(own):
        if _excluded(h, own[:k], context, brief):
            needed = own[:k]
            for g in own[:k]:
                fewer = [x for x in needed if x is not g]
                if _excluded(h, fewer, context, brief):
                    needed = fewer
            return (*(x.statement for x in needed), h.statement)
    return ()


def _excluded(h: Hypothesis, given: list[Hypothesis], context: Context, options: Options) -> bool:
    try:
        found = judge(Obligation(replace(context, hypotheses=tuple(given)), negation(h.statement)), options, hints=False)
    except Rejected:
        return False
    return found.verdict.kind == "proved" and not found.conditions
