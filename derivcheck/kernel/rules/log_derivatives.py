"""Derivatives and gradients of terms that the differentiation rules leave alone: logarithms and constant multiples.

    d log u / dx = (du/dx) / u       u > 0: u = e^{log u}, so that one side has a value where the other has
    d (u + c) / dx = du/dx           c free of x
    d f(p(x), q(x)) / dx             by the usual rules, down to dp/dx, dq/dx, for smooth f
    d (c u) / dx = c du/dx           c ≠ 0 free of x, or u made of declared densities that are nowhere zero (smooth, SPEC section 5)

Both also for gradients by a vector.  They act where u is abstract (a density, a marginal), after the rules of `derivatives.py` and
`matrix_calculus.py` have given up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.kernel.densities import positive
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.monomials import factors, product
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num, rebind, substitute, subterms

if TYPE_CHECKING:
    from derivcheck.kernel.oracle import Oracle

SOURCE = "chain rule for exp and log; a nonzero constant factor changes neither differentiability nor its failure"


def _scaled(c: Term, t: Term) -> Term:
    return b.smul(c, t) if t.sort.kind == "mat" else b.mul(c, t)


@rule("derivative-of-log", "deriv", "grad", statement="d log u / dx = (du/dx) / u", side="u > 0 near the point, first derivative", source=SOURCE)
def derivative_of_log(t: Term, rw: Rewriter) -> Term | None:
    if t.op == "deriv" and t.data != 1:
        return None
    if t.sort.kind not in ("num", "mat") or t.args[-1].sort.kind != "num":
        return None
    (x,), body, inner = rw.under(t)
    if body.op != "fn" or body.data != "log" or not inner.oracle.positive(body.args[0]):
        return None
    u = body.args[0]
    slope = rebind(t, (x,), t.args[:-1], u)
    return _scaled(b.div(b.ONE, substitute(u, {x: t.args[0]})), slope)


@rule("derivative-of-shift", "deriv", "grad", statement="d (u + c) / dx = du/dx", side="c free of x", source=SOURCE)
def derivative_of_shift(t: Term, rw: Rewriter) -> Term | None:
    if t.sort.kind not in ("num", "mat") or t.args[-1].sort.kind != "num":
        return None
    (x,), body, _ = rw.under(t)
    terms = linear_terms(body)
    kept = [(q, m) for q, m in terms if x in m.free]
    if len(kept) == len(terms) or not kept:
        return None
    return rebind(t, (x,), t.args[:-1], b.add(*(b.mul(num(q), m) for q, m in kept)))


@rule("derivative-of-multiple", "deriv", "grad", statement="d (c u) / dx = c du/dx", side="c ≠ 0 free of x, or u smooth", source=SOURCE)
def derivative_of_multiple(t: Term, rw: Rewriter) -> Term | None:
    if t.sort.kind not in ("num", "mat") or t.args[-1].sort.kind != "num":
        return None
    (x,), body, inner = rw.under(t)
    terms = linear_terms(body)
    if len(terms) != 1:
        return None
    q, m = terms[0]
    top, bottom = factors(m)
    outside = [[f for f in side if x not in f.free] for side in (top, bottom)]
    inside = [[f for f in side if x in f.free] for side in (top, bottom)]
    if (not outside[0] and not outside[1] and q == 1) or q == 0 or not inside[0] + inside[1]:
        return None
    c = b.mul(num(q), product(*outside)) if q != 1 else product(*outside)
    u = product(*inside)
    if not inner.oracle.nonzero(c) and not smooth(u, x, inner.oracle):
        return None
    return _scaled(c, rebind(t, (x,), t.args[:-1], u))


@rule("derivative-of-densities", "deriv", statement="d/dx by sum, product and chain rule, down to the derivatives of positive declared densities", side="body smooth", source=SOURCE)
def derivative_of_densities(t: Term, rw: Rewriter) -> Term | None:
    from derivcheck.semantics.differentiate import derivative

    if t.data != 1 or t.sort.kind != "num":
        return None
    (x,), body, inner = rw.under(t)
    if body.op == "pdf" or not smooth(body, x, inner.oracle):
        return None
    got = derivative(body, x)
    if any(not (c.op == "rel" and c.data == "notin" and c.args[1].op == "interval") for c in got.conditions):
        # the bases of logarithms are positive: `smooth` has seen to it
        return None
    for s in subterms(got.term):
        if s.op == "deriv" and x in s.args[0].free and s.args[-1].op != "pdf":
            return None
    new = substitute(got.term, {x: t.args[0]})
    return None if new is t else new


def smooth(u: Term, x: Term, oracle: Oracle) -> bool:
    """Whether u is shown differentiable by x: made of x, of positive declared densities and smooth operations."""
    if u is x or x not in u.free:
        return True
    if u.op == "pdf":
        return u.args[0].op == "sym" and positive(u.args[0], oracle) and all(a is x or x not in a.free for a in u.args)
    if u.op in ("add", "mul", "neg"):
        return all(smooth(a, x, oracle) for a in u.args)
    if u.op == "div":
        return all(smooth(a, x, oracle) for a in u.args) and oracle.nonzero(u.args[1])
    if u.op == "fn" and u.data in ("exp", "log"):
        return smooth(u.args[0], x, oracle) and (u.data == "exp" or oracle.positive(u.args[0]))
    return False
