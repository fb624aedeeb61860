"""Expectations over all members of one independent family X_1, X_2, …: what depends on one member each comes apart.

    E ∏_i f(X_i) = ∏_i E f(X_i)
    E e^{c ∑_i g(X_i)} = ∏_i E e^{c g(X_i)}
    Var(c ∑_i f(X_i)) = c² ∑_i Var f(X_i)

Limits: under no conditions; each factor or summand depends on the member of its own index only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.monomials import factors, product
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk, num

if TYPE_CHECKING:
    from derivcheck.kernel.rewrite import Rewriter
    from derivcheck.kernel.rules.expectation import Expectation


def mean_of_product(f: Term, work: Expectation) -> Term | None:
    """E ∏_i f(X_i) = ∏_i E f(X_i) for members of one independent family."""
    k, body, inner = work.open(f)
    return _members(k, f.args[0], f.args[1], body, inner, work)


def mean_of_exponential(f: Term, work: Expectation) -> Term | None:
    """E e^{c ∑_i g(X_i)} = ∏_i E e^{c g(X_i)} for members of one independent family."""
    terms = linear_terms(f.args[0])
    if len(terms) != 1:
        return None
    c, m = terms[0]
    top, bottom = factors(m)
    sums = [g for g in top if g.op == "sum" and work.moving_atoms(g)]
    if len(sums) != 1 or sums[0].args[1] is b.INF or sums[0].args[0].op == "neg":
        return None
    s = sums[0]
    top.remove(s)
    outside = b.mul(num(c), product(top, bottom))
    if work.moving_atoms(outside):
        return None
    k, body, inner = work.open(s)
    return _members(k, s.args[0], s.args[1], b.exp(b.mul(outside, body)), inner, work)


def variance_of_sum(inside: Term, work: Expectation) -> Term | None:
    """Var(c ∑_i f(X_i)) = c² ∑_i Var f(X_i) for members of one independent family."""
    terms = linear_terms(inside)
    if len(terms) != 1:
        return None
    top, bottom = factors(terms[0][1])
    sums = [g for g in top if g.op == "sum" and work.moving_atoms(g)]
    if len(sums) != 1 or sums[0].args[1] is b.INF or sums[0].args[0].op == "neg":
        return None
    top.remove(sums[0])
    outside = b.mul(num(terms[0][0]), product(top, bottom))
    if work.moving_atoms(outside) or not work.oracle.real(outside):
        return None
    k, body, inner = work.open(sums[0])
    if not one_member(k, body, inner, work):
        return None
    return b.mul(b.pow_(outside, 2), b.sum_(k, sums[0].args[0], sums[0].args[1], mk("Var", (body, *work.conds), len(work.conds), body.sort)))


def _members(k: Term, lo: Term, hi: Term, body: Term, inner: Rewriter, work: Expectation) -> Term | None:
    """∏_k E body(X_k), if the body depends on the member X_k of an independent family only."""
    if not one_member(k, body, inner, work):
        return None
    return b.big("prod", k, lo, hi, work.atom(body))


def one_member(k: Term, body: Term, inner: Rewriter, work: Expectation) -> bool:
    """Whether the body depends on the member X_k of an independent family only, under no conditions."""
    atoms = work.within(inner).moving_atoms(body)
    if len(atoms) != 1 or work.given or work.loose or work.events:
        return False
    (x,) = atoms
    d = work.random.declaration(x)
    family = x.args[0] if x.op == "idx" else None
    if family is None or d is None or d.given or x.args[1:] != (k,):
        return False
    declared = any(len(g) == 1 and g[0] is family and not given for g, given in work.oracle.context.independent)
    return d.iid or declared
