"""Masses over few values: totals and marginals of declared mass functions as equations; information that is never negative."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel import algebra
from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.densities import given_count, variable_domains
from derivcheck.kernel.inferences.operators import strict
from derivcheck.kernel.inferences.probability import LINEAR, gap
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.randomness import randomness
from derivcheck.terms import build as b
from derivcheck.terms.context import Hypothesis
from derivcheck.terms.sorts import dist, tup
from derivcheck.terms.term import Term, mk, num, subterms

FEW = 8


@inference(
    "mass-total",
    statement="∑_k p(…, k, …) = p(…) (1 if no variable is left) for a mass function whose variable has few values",
    source="definition of a mass function and its marginals",
    method="masses",
)
def mass_total(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: a mass that the sides rest on, and the place of the variable that is summed over; adds the equation."""
    node, place = params
    law = node.args[0] if node.op == "pdf" else None
    if law is None or law.op not in ("sym", "marg") or not any(node in set(subterms(side)) for side in ob.statement.args):
        raise Rejected("not a mass of the sides")
    oracle = session.oracle(ob.context)
    base = law.args[0] if law.op == "marg" else law
    everything = variable_domains(base, oracle)
    if everything is None:
        raise Rejected("unknown domains")
    count = len(everything) - given_count(base, oracle)
    before, after = law.data if law.op == "marg" else (tuple(range(count)), tuple(range(count, len(everything))))
    if not 0 <= place < len(before) or len(node.args) - 1 != len(before) + len(after):
        raise Rejected("no such variable")
    values = listed(everything[before[place]])
    if values is None:
        raise Rejected("not few values")
    if after and node not in strict(ob.statement.args[0]) | strict(ob.statement.args[1]):
        # given something of mass zero there is no value
        raise Rejected("a conditional mass that need not have a value")
    points = node.args[1:]
    total = b.add(*(mk("pdf", (law, *points[:place], k, *points[place + 1 :])) for k in values))
    rest = tuple(i for i in before if i != before[place])
    whole = b.ONE
    if rest:
        sorts = [base.sort.result.params[i] for i in rest] if base.sort.result.kind == "tuple" else []
        if len(sorts) != len(rest):
            raise Rejected("unknown variables")
        name = mk("marg", (base,), (rest, after), dist(sorts[0] if len(sorts) == 1 else tup(*sorts)))
        whole = mk("pdf", (name, *(p for i, p in enumerate(points) if i != place)))
    return [Obligation(ob.context.with_hypotheses([Hypothesis(b.eq(total, whole), None, "step")]), ob.statement)]


def listed(domain: Term) -> list[Term] | None:
    """The elements of a small set of numbers that are written out or an integer range with known ends."""
    if domain.op == "range" and all(e.op == "num" for e in domain.args):
        low, high = (int(e.data) for e in domain.args)
        return [num(k) for k in range(low, high + 1)] if 0 <= high - low < FEW else None
    if domain.op == "finset" and 0 < len(domain.args) <= FEW and all(e.op == "num" for e in domain.args):
        return list(dict.fromkeys(domain.args))
    return None


@inference(
    "information",
    statement="A ≤ B where B - A = c I(X; Y), c ≥ 0",
    source="Gibbs; Cover and Thomas 2.6.3",
    method="information",
)
def information(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: c, the mutual information."""
    c, node = params
    rw = session.rewriter(ob.context, LINEAR)
    if node.op != "MI" or not rw.oracle.nonnegative(c):
        raise Rejected("not a multiple of an information")
    if not algebra.is_zero(b.sub(gap(ob), b.mul(c, node)), rw):
        raise Rejected("not that combination")
    return []


def conditional_information(xs: tuple[Term, ...], ys: tuple[Term, ...], zs: tuple[Term, ...]) -> Term:
    """I(X; Y | Z) = H(X, Z) + H(Y, Z) - H(Z) - H(X, Y, Z)."""

    def h(vs: tuple[Term, ...]) -> Term:
        return mk("entropyrv", vs, len(vs)) if vs else b.ZERO

    return b.add(h((*xs, *zs)), h((*ys, *zs)), b.neg(h(zs)), b.neg(h((*xs, *ys, *zs))))


@inference(
    "conditional-information",
    statement="A ≤ B (A = B) where B - A = ∑ c I(X; Y | Z) + ∑ d I(U; V | W), c ≥ 0 (no such terms), U and V declared independent given W",
    source="Cover and Thomas 2.5-2.8 (I(X; Y | Z) ≥ 0, and 0 for independent variables; data processing)",
    method="information",
)
def conditional_informations(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: ((c, X, Y, Z), …), ((d, U, V, W), …), X to W being tuples of random symbols."""
    least, none = params
    rw = session.rewriter(ob.context, LINEAR)
    r = randomness(rw.oracle)
    for c, *groups in (*least, *none):
        symbols = [v for g in groups for v in g]
        if c.op != "num" or any(v.op != "sym" or not r.is_random(v) for v in symbols) or len(set(symbols)) != len(symbols) or not groups[0] or not groups[1]:
            raise Rejected("not informations of different random symbols")
    if any(c.data < 0 for c, *_ in least) or not all(r.independent(us, vs, frozenset(ws)) for _, us, vs, ws in none):
        raise Rejected("neither nonnegative nor zero")
    p = ob.statement
    if p.op == "rel" and p.data == "=":
        if least:
            raise Rejected("not an equation")
        difference = b.sub(p.args[0], p.args[1])
    else:
        difference = gap(ob)
    whole = b.add(b.ZERO, *(b.mul(c, conditional_information(*groups)) for c, *groups in (*least, *none)))
    if not algebra.is_zero(b.sub(difference, whole), rw):
        raise Rejected("not that combination")
    return []
