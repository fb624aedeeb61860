"""Inequalities of moments: the difference of the sides as a combination, with coefficients ≥ 0, of what is never negative; and relations
of expectations that hold pointwise.

Parts that are never negative: a variance `Var v`, the square of a number, the mean of a nonnegative term, `√Var f √Var g - Cov(f, g)` and
`√E f² √E g² - E[f g]`.  Whether the difference is that combination is decided by the normal form, if need be modulo the hypotheses.
"""

from __future__ import annotations

from typing import Any

from derivcheck.kernel import algebra
from derivcheck.kernel.check import Rejected, Session, eigen, inference
from derivcheck.kernel.elimination import zero_modulo_hypotheses
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.inferences.probability import LINEAR, gap
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.monomials import factors, product
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.oracle import Oracle
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.randomness import randomness
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.sorts import NUM
from derivcheck.terms.term import Term, mk, num, substitute, subterms


def part(kind: str, terms: tuple[Term, ...], conds: tuple[Term, ...], oracle: Oracle) -> Term:
    """A term that is never negative."""

    def mean(t: Term) -> Term:
        return b.expect(t, *conds)

    def spread(t: Term) -> Term:
        return mk("Var", (t, *conds), len(conds), NUM)

    if any(t.sort.kind != "num" or not oracle.real(t) for t in terms):
        raise Rejected("not shown real")
    if kind == "variance":
        return spread(terms[0])
    if kind == "square":
        return b.pow_(terms[0], 2)
    if kind == "mean":
        if not oracle.nonnegative(terms[0]):
            raise Rejected("not shown nonnegative")
        return mean(terms[0])
    f, g = terms
    if kind == "deviations":
        return b.sub(b.mul(b.sqrt(spread(f)), b.sqrt(spread(g))), mk("Cov", (f, g, *conds), len(conds), NUM))
    if kind == "lengths":
        return b.sub(b.mul(b.sqrt(mean(b.pow_(f, 2))), b.sqrt(mean(b.pow_(g, 2)))), mean(b.mul(f, g)))
    raise Rejected("no such part")


@inference(
    "moment-form",
    statement="A ≤ B where B - A = ∑ c · part, c ≥ 0, the parts variances, squares, means of nonnegative terms, Cauchy-Schwarz gaps",
    source="Cauchy-Schwarz, monotony of expectations; Williams 6.2, 6.8",
    method="moments",
)
def moment_form(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (the conditions of the means, then (c, kind, terms) for each part)."""
    conds, parts = params[0], params[1:]
    rw = session.rewriter(ob.context, LINEAR)
    for c, _, _ in parts:
        if not rw.oracle.nonnegative(c):
            raise Rejected("a negative coefficient")
    whole = b.add(b.ZERO, *(b.mul(c, part(kind, terms, conds, rw.oracle)) for c, kind, terms in parts))
    difference = b.sub(gap(ob), whole)
    if not algebra.is_zero(difference, rw) and not zero_modulo_hypotheses(difference, rw):
        raise Rejected("not that combination")
    return []


@inference(
    "mean-pointwise",
    statement="∑ c E[f] + d R 0 from ∑ c f + d R 0 for all values of the random symbols (R one of =, ≥)",
    source="monotony and linearity of expectations",
    method="pointwise",
)
def mean_pointwise(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """Expectations and probabilities given the same conditions; each random symbol becomes a number of its declared set, each
    conditional expectation inside any real number."""
    x, y = relation(ob, "=", "≤", "≥")
    if x.sort.kind != "num" or y.sort.kind != "num":
        raise Rejected("not numbers")
    rw = session.rewriter(ob.context, LINEAR)
    random = randomness(rw.oracle)
    difference = rw.nf(b.sub(x, y) if ob.statement.data == "=" else gap(ob))
    inside: list[Term] = []
    conditions: set[tuple[Term, ...]] = set()
    for c, m in linear_terms(difference):
        top, bottom = factors(m)
        means = [f for f in top if f.op in ("E", "Pr")]
        if len(means) > 1 or any(f.op in ("Var", "Cov") for f in top):
            raise Rejected("not linear in expectations")
        body = b.ONE
        if means:
            top.remove(means[0])
            count = int(means[0].data)
            conditions.add(means[0].args[len(means[0].args) - count :])
            events = means[0].args[: len(means[0].args) - count]
            if means[0].op == "E" and events[0].sort.kind != "num":
                raise Rejected("not a mean of numbers")
            body = events[0] if means[0].op == "E" else b.ind(b.and_(*events) if len(events) > 1 else events[0])
        outer = b.mul(num(c), product(top, bottom))
        if random.atoms(outer):
            raise Rejected("a random coefficient")
        inside.append(b.mul(outer, body))
    if len(conditions) != 1:
        raise Rejected("not one kind of expectation")
    whole = b.add(*inside) if len(inside) > 1 else inside[0]
    context = ob.context
    mapping: dict[Term, Term] = {}
    for k, t in enumerate(sorted_means(whole, random)):
        s = eigen(context, f"m_{k}", NUM, k)
        mapping[t] = s
        context = context.with_declaration(Declaration(s, b.REALS))
    whole = substitute(whole, mapping)
    atoms = sorted(random.atoms(whole), key=order_key)
    new: dict[Term, Term] = {}
    for k, t in enumerate(atoms):
        d = random.declaration(t)
        if d is None or (t.op == "sym" and t.sort.kind not in ("num", "mat")):
            raise Rejected("a random symbol of another kind")
        s = eigen(context, f"u_{k}", t.sort, k)
        new[t] = s
        attributes = d.attributes - {"random", "independent"}
        context = context.with_declaration(Declaration(s, d.domain, attributes))
    whole = substitute(whole, new)
    if random.atoms(whole) or any(u.op in ("E", "Pr", "Var", "Cov", "law") for u in subterms(whole) if not u.free.isdisjoint(new.values())):
        raise Rejected("something random is left")
    terms = [(c, m) for c, m in linear_terms(session.rewriter(context).nf(whole))]
    left = b.add(b.ZERO, *(b.mul(num(-c), m) for c, m in terms if c < 0))
    right = b.add(b.ZERO, *(b.mul(num(c), m) for c, m in terms if c > 0))
    quiet = session.rewriter(context)
    return [Obligation(context, b.rel(quiet.nf(left), "=" if ob.statement.data == "=" else "≤", quiet.nf(right)))]


def sorted_means(t: Term, random: Any) -> list[Term]:
    """The conditional expectations inside a term that are random, outermost ones only."""
    found: list[Term] = []

    def go(u: Term) -> None:
        if u.op in ("E", "Var", "Cov", "Pr"):
            if random.atoms(u) and u.sort.kind == "num" and u not in found:
                found.append(u)
            return
        for a in u.args:
            go(a)

    go(t)
    return found


@inference("below-max", statement="max(A, B, …) ≤ C from A ≤ C, B ≤ C, … (real)", source="definition of the maximum", method="order")
def below_max(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    return _each(ob, session, "max")


@inference("above-min", statement="C ≤ min(A, B, …) from C ≤ A, C ≤ B, … (real)", source="definition of the minimum", method="order")
def above_min(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    return _each(ob, session, "min")


def _each(ob: Obligation, session: Session, name: str) -> list[Obligation]:
    """The same relation with each argument of the maximum (minimum)."""
    x, y = relation(ob, "≤", "≥")
    low, high = (x, y) if ob.statement.data == "≤" else (y, x)
    side, other = (low, high) if name == "max" else (high, low)
    oracle = session.oracle(ob.context)
    if side.op != "fn" or side.data != name or not all(a.sort.kind == "num" and oracle.real(a) for a in (*side.args, other)):
        raise Rejected("not such a relation of real numbers")
    return [Obligation(ob.context, b.rel(a, "≤", other) if name == "max" else b.rel(other, "≤", a)) for a in side.args]
