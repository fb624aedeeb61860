"""Variances of linear combinations of the members of a family whose variances and covariances hypotheses tell."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.inferences.universal_equations import Replacement, _universal
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.monomials import factors, product
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.randomness import randomness
from derivcheck.kernel.rewrite import Rewriter, level_symbol
from derivcheck.kernel.summable import integrability
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, mk, num, substitute


@inference(
    "variance-by-covariances",
    statement="Var(∑_k c_k X_k + d) = ∑_k c_k² Var(X_k) + ∑_{k≠l} c_k c_l Cov(X_k, X_l) over a finite range, with hypotheses ∀k: Var(X_k) = … and "
    "∀k, l: (k ≠ l ⟹) Cov(X_k, X_l) = … put in",
    source="bilinearity of the covariance",
    method="hypotheses",
)
def variance_by_covariances(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (number of the hypothesis about variances or None, number of the one about covariances).  Leaves the equation without the variance."""
    variances, covariances = (None if i is None else _hypothesis(i, ob) for i in params)
    x, y = relation(ob, "=")
    if x.op != "Var":
        x, y = y, x
    if x.op != "Var" or len(x.args) != 1 or x.sort.kind != "num" or covariances is None:
        raise Rejected("not a variance without conditions")
    rw = session.rewriter(ob.context)
    found = _range(x.args[0], rw)
    if found is not None:
        k, lo, hi, c, member = found
        l_ = level_symbol("l", k.sort, 881)
        domain = b.int_range(lo, hi)
        single = rw.child(((Declaration(k, domain),), ()))
        other = substitute(member, {k: l_})
        own = _variance(member, variances, single)
        products = b.mul(c, substitute(c, {k: l_}))
        # unequal indices; or, where the hypothesis speaks of one order only, each pair in that order, twice
        for sign, times in (("≠", b.ONE), ("<", b.TWO)):
            apart = b.rel(l_, sign, k)
            pair = rw.child(((Declaration(k, domain), Declaration(l_, domain)), (apart,)))
            try:
                mixed = b.mul(times, products, _covariance(member, other, covariances, pair))
                break
            except Rejected:
                if sign == "<":
                    raise
        whole = b.add(b.sum_(k, lo, hi, b.mul(b.pow_(c, 2), own)), b.sum_(k, lo, hi, b.sum_(l_, lo, hi, b.cases(apart, mixed, b.ZERO))))
    else:
        parts = _members(x.args[0], rw)
        out = [b.mul(b.pow_(c, 2), _variance(m, variances, rw)) for m, c in parts]
        out += [b.mul(c, e, _covariance(m, n, covariances, rw)) for i, (m, c) in enumerate(parts) for j, (n, e) in enumerate(parts) if i != j]
        whole = b.add(*out)
    return [Obligation(ob.context, b.eq(whole, y))]


def _hypothesis(i: int, ob: Obligation) -> Replacement:
    if not 0 <= i < len(ob.context.hypotheses):
        raise Rejected("no such hypothesis")
    pattern = _universal(ob.context.hypotheses[i].statement, False)
    if pattern is None:
        raise Rejected("not a universal equation")
    return Replacement(*pattern)


def _moving(body: Term, rw: Rewriter) -> list[tuple[Term, Term]]:
    """(coefficient, random monomial) of what is random in a sum."""
    r = randomness(rw.oracle)
    return [(num(c), m) for c, m in linear_terms(rw.nf(body)) if r.atoms(m)]


def _coefficient(m: Term, rw: Rewriter) -> tuple[Term, Term]:
    """(c, X) with m = c X for one random atom X."""
    r = randomness(rw.oracle)
    top, bottom = factors(m)
    random = [f for f in top if r.atoms(f)]
    if len(random) != 1 or any(r.atoms(f) for f in bottom):
        raise Rejected("not linear in the members")
    top.remove(random[0])
    return product(top, bottom), random[0]


def _range(body: Term, rw: Rewriter) -> tuple[Term, Term, Term, Term, Term] | None:
    """(k, lo, hi, c_k, X_k) for a body ∑_k c_k X_k + d."""
    moving = _moving(body, rw)
    if len(moving) != 1:
        return None
    outside, s = _coefficient(moving[0][1], rw)
    if s.op != "sum":
        return None
    lo, hi = s.args[:2]
    r = randomness(rw.oracle)
    if hi is b.INF or lo.op == "neg" and lo.args[0] is b.INF or any(r.atoms(a) for a in s.args[:2]):
        raise Rejected("not a finite range")
    (_,), _, inner = rw.under(s)
    k = level_symbol("k", s.bound[0].sort, 880)
    inner = rw.child(((Declaration(k, b.int_range(lo, hi)),), ()))
    terms = _moving(substitute(s.args[-1], {s.bound[0]: k}), inner)
    if len(terms) != 1:
        raise Rejected("not one member under the sum")
    c, member = _coefficient(terms[0][1], inner)
    if member.op != "idx" or member.args[1:] != (k,):
        raise Rejected("not the members of a family")
    return k, lo, hi, b.mul(moving[0][0], outside, terms[0][0], c), member


def _members(body: Term, rw: Rewriter) -> list[tuple[Term, Term]]:
    """[(X_i, c_i)] for a sum of multiples of single members."""
    out: dict[Term, Term] = {}
    for q, m in _moving(body, rw):
        c, member = _coefficient(m, rw)
        if member.op != "idx" or len(member.args) != 2 or randomness(rw.oracle).atoms(member.args[1]) or any(v.op == "bvar" for v in member.free):
            raise Rejected("not the members of a family")
        out[member] = b.add(out[member], b.mul(q, c)) if member in out else b.mul(q, c)
    if not 2 <= len(out) <= 12:
        raise Rejected("not a sum of several members")
    return sorted(out.items(), key=lambda e: order_key(e[0]))


def _variance(member: Term, hypothesis: Replacement | None, rw: Rewriter) -> Term:
    node = mk("Var", (member,), 0)
    if hypothesis is not None:
        return _put(node, hypothesis, rw)
    rw.assume(integrability(b.pow_(member, 2)))
    return node


def _covariance(x: Term, y: Term, hypothesis: Replacement, rw: Rewriter) -> Term:
    try:
        return _put(mk("Cov", (x, y), 0), hypothesis, rw)
    except Rejected:
        return _put(mk("Cov", (y, x), 0), hypothesis, rw)


def _put(node: Term, hypothesis: Replacement, rw: Rewriter) -> Term:
    values = hypothesis.match(node, rw)
    if values is None:
        raise Rejected("not an instance of the hypothesis")
    condition = substitute(hypothesis.condition, values)
    if condition is not b.TRUE and not rw.oracle.holds(condition):
        raise Rejected("the condition of the hypothesis is not shown")
    return substitute(hypothesis.right, values)
