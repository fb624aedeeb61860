"""Inequalities between two integrals (sums, means) over one set from the inequality of what is integrated."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, eigen, inference
from derivcheck.kernel.densities import domains
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.literals import rational_value
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.randomness import mentions_random
from derivcheck.kernel.rewrite import binder_facts
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration, Hypothesis
from derivcheck.terms.term import Term, binder_names, instantiate

_BINDERS = frozenset({"int", "intset", "Eover", "sum", "sumset"})


@inference(
    "integrals-pointwise",
    statement="c ∫_S f ≤ d ∫_S g from c f(x) ≤ d g(x) for all x ∈ S (for a mean: where the density is positive)",
    source="monotony of the integral, also with values in [-∞, ∞]; finite sums and series",
    method="pointwise",
)
def integrals_pointwise(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """Both sides as written: a nonnegative rational times an integral, a sum or a mean, over one set and with values there."""
    x, y = relation(ob, "≤", "≥")
    (c, f), (d, g) = _scaled(x), _scaled(y)
    if f.op != g.op or f.op not in _BINDERS or f.sort.kind != "num" or f.args[:-1] != g.args[:-1] or f.data != g.data:
        raise Rejected("not two integrals over one set")
    if tuple(v.sort for v in f.bound) != tuple(v.sort for v in g.bound):
        raise Rejected("variables of different kinds")
    oracle = session.oracle(ob.context)
    if any(mentions_random(a, oracle) for a in (f, g)):
        raise Rejected("random ends or integrands")
    if f.op == "int" and not oracle.less_equal(*f.args[:2]):
        raise Rejected("the order of the ends is not shown")
    symbols = tuple(eigen(ob.context, n, v.sort, i) for i, (n, v) in enumerate(zip(binder_names(f), f.bound, strict=True)))
    declarations, facts = binder_facts(f, symbols, oracle)
    if len(declarations) != len(symbols):
        raise Rejected("the variables have no known domain")
    context = ob.context
    for declaration in declarations:
        context = context.with_declaration(declaration)
    context = context.with_hypotheses([Hypothesis(h, None, "domain") for h in facts])
    left, right = (b.mul(k, instantiate(t, symbols)) if k is not b.ONE else instantiate(t, symbols) for k, t in ((c, f), (d, g)))
    return [Obligation(context, b.rel(left, str(ob.statement.data), right))]


@inference(
    "densities-pointwise",
    statement="∑ c E_p[f] ≤ ∑ d E_q[g] from ∑ c p(x) f(x) ≤ ∑ d q(x) g(x) for all x, the densities p, q, … being positive on one space",
    source="monotony and linearity of the integral: where a sum of integrals has a value in [-∞, ∞], it is the integral of the sum",
    method="pointwise",
)
def densities_pointwise(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """Both sides as written: sums of rational multiples of means under densities."""
    x, y = relation(ob, "≤", "≥")
    oracle = session.oracle(ob.context)
    left, right = _means(x), _means(y)
    first = left[0][1]
    spaces = {domains(node.args[0], oracle) for _, node in (*left, *right)}
    sets = spaces.pop()
    if spaces or sets is None or any(tuple(v.sort for v in node.bound) != tuple(v.sort for v in first.bound) for _, node in (*left, *right)):
        raise Rejected("not densities on one space")
    symbols = tuple(eigen(ob.context, n, v.sort, i) for i, (n, v) in enumerate(zip(binder_names(first), first.bound, strict=True)))
    if len(sets) != len(symbols):
        raise Rejected("the variables have no known domain")
    context = ob.context
    for v, s in zip(symbols, sets, strict=True):
        context = context.with_declaration(Declaration(v, s))
    inner = session.oracle(context)
    sums: list[Term] = []
    for side in (left, right):
        terms = []
        for c, node in side:
            if mentions_random(node, oracle):
                raise Rejected("a random integrand")
            law = node.args[0]
            d = ob.context.declarations.get(law)
            if len(node.args) != 2 or law.op not in ("sym", "dist") or (law.op == "sym" and (d is None or d.joint_given)):
                raise Rejected("a conditional law")
            density = b.pdf(law, *symbols)
            if not inner.positive(density):
                raise Rejected("a density that may be 0")
            terms.append(b.mul(c, density, instantiate(node, symbols)))
        sums.append(b.add(*terms))
    return [Obligation(context, b.rel(sums[0], str(ob.statement.data), sums[1]))]


def _means(t: Term) -> list[tuple[Term, Term]]:
    out: list[tuple[Term, Term]] = []
    for part in t.args if t.op == "add" else (t,):
        q, node = (b.ONE, part)
        if part.op == "neg":
            q, node = b.MINUS_ONE, part.args[0]
        elif part.op == "mul" and len(part.args) == 2 and rational_value(part.args[0]) not in (None, 0):
            q, node = part.args
        if node.op != "Eover" or node.sort.kind != "num":
            raise Rejected("not a sum of means")
        out.append((q, node))
    return out


def _scaled(t: Term) -> tuple[Term, Term]:
    """A nonnegative rational factor, and the rest."""
    if t.op == "mul" and len(t.args) == 2:
        q = rational_value(t.args[0])
        if q is not None and q >= 0:
            return t.args[0], t.args[1]
    return b.ONE, t
