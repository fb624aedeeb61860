"""Proofs in parts: exhaustive cases, induction on a natural number, contradiction."""

from __future__ import annotations

from dataclasses import fields, replace
from types import MappingProxyType

from derivcheck.chain.compose import Edge, walks
from derivcheck.chain.establish import Same, from_edges, holding, joined, weakest
from derivcheck.chain.established import Established
from derivcheck.kernel.check import Session
from derivcheck.kernel.judge import Judgement, composed, judge, undecided
from derivcheck.kernel.obligation import Obligation
from derivcheck.language.document import DerivationSource, Part
from derivcheck.services.options import Options
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Hypothesis
from derivcheck.terms.sorts import Sort
from derivcheck.terms.term import Term, substitute


def by_parts(
    source: DerivationSource, established: Established, claim: Term, context: Context, options: Options
) -> Judgement | None:
    """Proof by cases, induction or contradiction, where the proof has such parts."""
    entries = {id(part): (edges, complete) for part, edges, complete in established.parts}
    parts = [p for p in source.parts if p.kind not in ("main", "before")]
    if not parts:
        return None
    common = [e for p, es, _ in established.parts if p.kind in ("main", "before") for e in es]
    kinds = {p.kind for p in parts}
    outcomes: list[Judgement] = []
    if "suppose" in kinds:
        return _contradiction(parts, entries, claim, context, options)
    if kinds & {"induction", "base", "successor"}:
        return _induction(source, parts, entries, common, claim, context, options)
    for part in parts:
        here = context if part.condition is None else context.with_hypotheses([Hypothesis(part.condition, None, "assume")])
        edges = holding(common + entries.get(id(part), ([], True))[0], here, options)
        outcome = from_edges(claim, edges, here, options) or judge(Obligation(_with_facts(here, edges), claim), options)
        if outcome.verdict.kind != "proved":
            return outcome if outcome.verdict.kind == "refuted" else undecided(f"the case {part.latex or part.kind} does not establish the claim")
        outcomes.append(outcome)
    conditions = [p.condition for p in parts if p.condition is not None]
    cover = judge(Obligation(context, b.or_(*conditions)), options, hints=False)
    if cover.verdict.kind != "proved" or cover.conditions:
        return undecided("the cases are not shown to cover everything")
    outcomes.append(cover)
    return joined("cases", outcomes)


def _with_facts(context: Context, edges: list[Edge]) -> Context:
    out: list[Hypothesis] = []
    for e in edges:
        if e.conditions:
            continue
        if e.relation in ("iff", "implies"):
            out.append(Hypothesis(b.iff(e.left, e.right) if e.relation == "iff" else b.implies(e.left, e.right), None, "step"))
            if e.left is b.TRUE:
                out.append(Hypothesis(e.right, None, "step"))
        elif e.relation != "impliedby":
            from derivcheck.terms.term import mk

            out.append(Hypothesis(mk("rel", (e.left, e.right, *e.variables), e.relation, b.TRUE.sort), None, "step"))
    return context.with_hypotheses(out)


def _contradiction(
    parts: list[Part], entries: dict[int, tuple[list[Edge], bool]], claim: Term, context: Context, options: Options
) -> Judgement | None:
    from derivcheck.kernel.rewrite import negation

    for part in parts:
        if part.kind != "suppose" or part.condition is None:
            continue
        # the supposition must be implied by the negation of the claim
        session = Session()
        session.oracle(context)
        supposed = judge(Obligation(context, b.implies(negation(claim), part.condition)), options, hints=False)
        if (supposed.verdict.kind != "proved" or supposed.conditions) and part.condition is not negation(claim):
            return undecided("the supposition is not the negation of the claim")
        here = context.with_hypotheses([Hypothesis(part.condition, None, "suppose")])
        edges = holding(entries.get(id(part), ([], True))[0], here, options)
        for p in _established(edges, here):
            # false in itself: its negation follows without the supposition
            for c in (replace(context, hypotheses=()), context):
                absurd = judge(Obligation(c, negation(p)), options, hints=False)
                if p is b.FALSE or (absurd.verdict.kind == "proved" and not absurd.conditions):
                    known = [e.certainty for e in edges] + [j.verdict.certainty or "exact" for j in (supposed, absurd) if j.verdict.kind == "proved"]
                    return composed("contradiction", weakest(known), ())
        return undecided("the supposition does not end in a false statement")
    return None


def _established(edges: list[Edge], context: Context) -> list[Term]:
    """What the proved steps of a part establish under its hypotheses: relations, their compositions, and statements that proved
    arrows lead to from the supposition, another hypothesis or a relation so established.  Last first."""
    from derivcheck.terms.term import mk

    same = Same(context)
    found: list[Term] = []
    plain = [e for e in edges if e.relation not in ("iff", "implies", "impliedby") and not e.conditions]
    for e in plain:
        found.append(mk("rel", (e.left, e.right, *e.variables), e.relation, b.TRUE.sort))
    for start in dict.fromkeys(e.left for e in plain):
        for (end, relation), walk in walks(plain, start).items():
            if not walk.conditions and relation in ("=", "<", "≤", ">", "≥", "≠") and end is not start:
                found.append(mk("rel", (start, end), relation, b.TRUE.sort))
    known = [h.statement for h in context.hypotheses] + [b.TRUE, *found]
    arrows = [e for e in edges if e.relation in ("iff", "implies", "impliedby") and not e.conditions]
    grown = True
    while grown:
        grown = False
        for e in arrows:
            for given, gained in ((e.left, e.right), (e.right, e.left)):
                forward = e.relation == "iff" or (e.relation == "implies") == (given is e.left)
                if forward and gained not in known and any(same.terms(given, k) for k in known if k.sort.kind == "bool"):
                    known.append(gained)
                    found.append(gained)
                    grown = True
    return found[::-1][:40]


def _at_size(context: Context, variable: Term, value: Term, claim: Term) -> Context | None:
    """The context with families as long as they are at this value of the induction variable; None where something else that the
    claim speaks of depends on it: what is known of a matrix of size n is nothing of one of size n + 1."""
    table = dict(context.declarations)
    for symbol in claim.free:
        declaration = table.get(symbol)
        if symbol is variable or declaration is None:
            continue
        of_family = replace(declaration, index_ranges=())
        parts: list[object] = [symbol.sort, *(getattr(of_family, f.name) for f in fields(of_family) if f.name != "symbol")]
        if any(_mentions(p, variable) for p in parts):
            return None
        if any(variable in r.free for r in declaration.index_ranges):
            table[symbol] = replace(declaration, index_ranges=tuple(substitute(r, {variable: value}) for r in declaration.index_ranges))
    return replace(context, declarations=MappingProxyType(table))


def _mentions(part: object, variable: Term) -> bool:
    if isinstance(part, Term):
        return variable in part.free or _mentions(part.sort, variable)
    if isinstance(part, Sort):
        return any(_mentions(p, variable) for p in part.params)
    return isinstance(part, tuple) and any(_mentions(p, variable) for p in part)


def _induction(
    source: DerivationSource,
    parts: list[Part],
    entries: dict[int, tuple[list[Edge], bool]],
    common: list[Edge],
    claim: Term,
    context: Context,
    options: Options,
) -> Judgement | None:
    """Base and step of an induction on a natural variable: `claim[n0]`, and `claim[n] ⟹ claim[n+1]` for n ≥ n0."""
    variable = next((p.variable for p in parts if p.variable is not None), None)
    if variable is None:
        return undecided("no induction variable")
    session = Session()
    oracle = session.oracle(context)
    info = oracle.info(variable)
    if not info.integer or info.lo is None:
        return undecided("the induction variable is not a natural number")
    start = b.num_of(info.lo)
    outcomes: list[Judgement] = []
    hypotheses = tuple(h for h in context.hypotheses)
    if any(variable in h.statement.free for h in hypotheses if h.kind not in ("step", "use")):
        return undecided("a hypothesis speaks of the induction variable")
    bases = _at_size(context, variable, start, claim)
    following = _at_size(context, variable, b.add(variable, b.ONE), claim)
    if bases is None or following is None:
        return undecided("the meaning of another symbol depends on the induction variable")
    base_edges = common + [e for p in parts if p.kind in ("base", "induction") for e in entries.get(id(p), ([], True))[0]]
    base_edges = [e for e in base_edges if not e.under]
    base_claim = substitute(claim, {variable: start})
    base = from_edges(base_claim, base_edges, bases, options) or judge(Obligation(bases, base_claim), options)
    if base.verdict.kind != "proved":
        return base if base.verdict.kind == "refuted" else undecided("the base of the induction is not established")
    outcomes.append(base)
    next_claim = substitute(claim, {variable: b.add(variable, b.ONE)})
    inductive = following.with_hypotheses([Hypothesis(claim, None, "assume")])
    step_edges = common + [e for p in parts if p.kind in ("successor", "induction") for e in entries.get(id(p), ([], True))[0]]
    step_edges = [e for e in step_edges if not e.under]
    step = from_edges(next_claim, step_edges, inductive, options) or judge(Obligation(_with_facts(inductive, step_edges), next_claim), options)
    if step.verdict.kind != "proved":
        return undecided("the inductive step is not established")
    outcomes.append(step)
    return joined("induction", outcomes)
