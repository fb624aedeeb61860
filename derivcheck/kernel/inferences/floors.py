"""Whole and fractional parts: a real x is q(n + f) with an integer n and 0 ≤ f < 1, an integer is qn + r with 0 ≤ r < q."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from derivcheck.kernel.check import Rejected, Session, eigen, inference
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.randomness import randomness
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration, Hypothesis
from derivcheck.terms.term import Term, num, substitute, subterms

MOST = 12


@inference(
    "whole-and-rest",
    statement="P(x) for all x ∈ ℝ from P(q(n + f)) for n ∈ ℤ, f ∈ [0, 1); for all x ∈ ℤ (ℕ) from P(qn + r) for n ∈ ℤ (ℕ), r = 0, …, q-1",
    source="division with remainder",
    method="floor",
)
def whole_and_rest(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (x, q): a declared number, not random, on which no other declaration depends."""
    x, q = params
    d = ob.context.declarations.get(x)
    if not isinstance(q, int) or not 1 <= q <= MOST or d is None or x.sort.kind != "num" or d.domain is None or d.domain.op != "set":
        raise Rejected("not a declared number")
    if randomness(session.oracle(ob.context)).is_random(x) or d.attributes or _depended_on(x, ob.context):
        raise Rejected("others depend on it")
    name = str(d.domain.data)
    if name == "R":
        n, f = eigen(ob.context, "n", x.sort), eigen(ob.context, "f", x.sort, 1)
        context = ob.context.with_declaration(Declaration(n, b.INTEGERS)).with_declaration(Declaration(f, b.interval(b.ZERO, b.ONE, "[)")))
        return [_at(ob, context, x, b.mul(num(q), b.add(n, f)) if q > 1 else b.add(n, f))]
    if name not in ("Z", "N"):
        raise Rejected("not such a set")
    n = eigen(ob.context, "n", x.sort)
    context = ob.context.with_declaration(Declaration(n, d.domain))
    return [_at(ob, context, x, b.add(b.mul(num(q), n), num(r)) if r else b.mul(num(q), n)) for r in range(q)]


@inference("floor-facts", statement="⌊u⌋ ≤ u < ⌊u⌋ + 1 and u ≤ ⌈u⌉ < u + 1 for real u", source="definition of the floor", method="floor")
def floor_facts(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """The bounds of the floors and ceilings in the hypotheses and the goal, as hypotheses."""
    oracle = session.oracle(ob.context)
    known = {h.statement for h in ob.context.hypotheses}
    facts: dict[Term, None] = {}
    for p in (ob.statement, *known):
        for s in subterms(p):
            if s.op != "fn" or s.data not in ("floor", "ceil") or any(v.op == "bvar" for v in s.free):
                continue
            u = s.args[0]
            if oracle.real(u) and total(u, oracle) and not randomness(oracle).atoms(u):
                low, high = (s, u) if s.data == "floor" else (u, s)
                facts.update({b.rel(low, "≤", high): None, b.rel(high, "<", b.add(low, b.ONE)): None})
    new = [Hypothesis(f, None, "domain") for f in facts if f not in known]
    if not new:
        raise Rejected("no floor")
    return [Obligation(ob.context.with_hypotheses(new), ob.statement)]


def _at(ob: Obligation, context: Context, x: Term, value: Term) -> Obligation:
    hypotheses = tuple(Hypothesis(substitute(h.statement, {x: value}), h.label, h.kind) if x in h.statement.free else h for h in context.hypotheses)
    return Obligation(replace(context, hypotheses=hypotheses), substitute(ob.statement, {x: value}))


def _depended_on(x: Term, context: Context) -> bool:
    for s, d in context.declarations.items():
        if s is x:
            continue
        parts = (d.domain, d.law, *d.index_ranges, *d.arg_domains, *d.given, *d.joint, *d.joint_given, *(d.constant_in or ()))
        if any(p is not None and x in p.free for p in parts) or any(isinstance(p, Term) and x in p.free for p in s.sort.params):
            return True
    return any(x in v.free for g in context.independent for part in g for v in part) or any(x in v.free for v, _, _ in context.growth) or x in context.vary
