"""The claim of a derivation from its proved steps (SPEC section 3).

Ways, in order: a walk over proved steps from one side of the claim to the other (`compose`); a statement chain that ends in the claim
and starts from something proved; proof by exhaustive cases, induction, contradiction; the claim judged with the proved steps as
facts (an optimum from its first-order condition, `=` from `≤` and `≥`, …).  A claim that the program can prove without the steps is
`direct`, with a warning.
"""

from __future__ import annotations

from derivcheck.chain.compose import Edge
from derivcheck.chain.establish import as_direct, from_edges, holding, joined
from derivcheck.chain.established import Established
from derivcheck.chain.parts import by_parts
from derivcheck.kernel.judge import Judgement, judge, undecided
from derivcheck.kernel.obligation import Obligation
from derivcheck.language.document import DerivationSource
from derivcheck.services.options import Options
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Hypothesis
from derivcheck.terms.term import Term

_NOT_FROM_STEPS = "the claim is proved, but not from the steps given"


def judge_claim(
    source: DerivationSource, established: Established, uses: tuple[Hypothesis, ...], facts: list[Hypothesis], options: Options
) -> tuple[Judgement, str | None]:
    """The verdict on the claim, and a warning where it was proved without the steps."""
    claim = source.claim
    if claim is None:
        return undecided("the claim could not be read"), None
    context = source.claim_context.with_hypotheses(uses)
    if not established.any_step:
        return judge(Obligation(context, claim), options), None
    if not established.all_proved:
        direct = judge(Obligation(context, claim), options)
        if direct.verdict.kind == "refuted":
            return direct, None
        return undecided("a step of the proof is not proved"), None
    structured = by_parts(source, established, claim, context, options)
    if structured is not None:
        if structured.verdict.kind in ("proved", "refuted"):
            return structured, None
        direct = judge(Obligation(context, claim), options)
        if direct.verdict.kind == "proved":
            return as_direct(direct), _NOT_FROM_STEPS
        return (direct if direct.verdict.kind == "refuted" else structured), None
    edges = [e for part, es, _ in established.parts if part.kind in ("main", "before") for e in es]
    found = from_edges(claim, holding(edges, context, options), context, options) or _under_premise(claim, edges, context, options)
    if found is not None:
        return found, None
    direct = judge(Obligation(context, claim), options, hints=True)
    if direct.verdict.kind == "refuted":
        return direct, None
    with_facts = None
    if facts:
        with_facts = judge(Obligation(context.with_hypotheses(facts), claim), options, hints=False)
    if direct.verdict.kind == "proved":
        return as_direct(direct), _NOT_FROM_STEPS
    if with_facts is not None and with_facts.verdict.kind == "proved":
        return with_facts, None
    return undecided("the steps are proved, but the claim does not follow from them"), None


def _under_premise(claim: Term, edges: list[Edge], context: Context, options: Options) -> Judgement | None:
    """A claim `P ⟹ Q` (or `P ⟺ Q`, both ways) from a proof of Q under `assume P`."""
    if claim.op == "iff":
        ways = [_under_premise(b.implies(p, q), edges, context, options) for p, q in (claim.args, claim.args[::-1])]
        return None if ways[0] is None or ways[1] is None else joined("steps", [w for w in ways if w is not None])
    if claim.op != "implies" or not any(e.under for e in edges):
        return None
    inside = context.with_hypotheses([Hypothesis(p, None, "assume") for p in conjuncts(claim.args[0])])
    return from_edges(claim.args[1], holding(edges, inside, options), inside, options)


def conjuncts(p: Term) -> tuple[Term, ...]:
    """The parts of a conjunction."""
    return p.args if p.op == "and" else (p,)
