"""An inequality between means under several laws, law by law."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from derivcheck.kernel.check import Rejected, Session, eigen, inference
from derivcheck.kernel.inferences.probability import LINEAR, gap
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.monomials import factors, product
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.rewrite import binder_facts
from derivcheck.terms import build as b
from derivcheck.terms.context import Hypothesis
from derivcheck.terms.term import Term, binder_names, instantiate, num


@inference(
    "means-by-law",
    statement="∑_p E_p[h_p] + d ≥ 0 from h_p ≥ 0 wherever E_p looks, for each law p, and d ≥ 0",
    source="monotony and linearity of the integral",
    method="pointwise",
)
def means_by_law(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """The means in the normal form of the difference are added up law by law (coefficients must be rational)."""
    rw = session.rewriter(ob.context, LINEAR)
    groups: dict[tuple[Term, ...], list[tuple[Fraction, Term]]] = {}
    rest: list[Term] = []
    for c, m in linear_terms(rw.nf(gap(ob))):
        top, bottom = factors(m)
        means = [f for f in top if f.op == "Eover"]
        if not means:
            rest.append(b.mul(num(c), product(top, bottom)))
            continue
        if len(top) != 1 or bottom:
            raise Rejected("a mean with a factor")
        groups.setdefault(means[0].args[:-1], []).append((c, means[0]))
    if not groups:
        raise Rejected("no means")
    out: list[Obligation] = []
    for members in groups.values():
        first = members[0][1]
        symbols = tuple(eigen(ob.context, n, v.sort, i) for i, (n, v) in enumerate(zip(binder_names(first), first.bound, strict=True)))
        declarations, facts = binder_facts(first, symbols, rw.oracle)
        if len(declarations) != len(symbols) or any(tuple(v.sort for v in node.bound) != tuple(v.sort for v in symbols) for _, node in members):
            raise Rejected("the variables have no known domain")
        context = ob.context
        for d in declarations:
            context = context.with_declaration(d)
        context = context.with_hypotheses([Hypothesis(f, None, "domain") for f in facts])
        plain = session.rewriter(context)
        terms: list[tuple[Fraction, Term]] = []
        for c, node in members:
            terms += [(c * k, m) for k, m in linear_terms(plain.nf(instantiate(node, symbols)))]
        left = b.add(b.ZERO, *(b.mul(num(-c), m) for c, m in terms if c < 0))
        right = b.add(b.ZERO, *(b.mul(num(c), m) for c, m in terms if c > 0))
        out.append(Obligation(context, b.rel(plain.nf(left), "≤", plain.nf(right))))
    return [*out, Obligation(ob.context, b.rel(b.ZERO, "≤", b.add(b.ZERO, *rest)))]
