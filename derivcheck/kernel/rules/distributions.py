"""Named laws of one real variable: densities and masses by their formulas, distribution functions.

A density is unfolded only at a point that is shown to lie in the law's support (or outside it, where it is 0); the normal and the Laplace
law have density everywhere.  Parameters as in SPEC section 5.
Source: Johnson, Kotz, Kemp, Univariate Discrete Distributions; Johnson, Kotz, Balakrishnan, Continuous Univariate Distributions.
"""

from __future__ import annotations

from math import ceil, floor

from derivcheck.kernel.oracle import Oracle
from derivcheck.kernel.randomness import randomness
from derivcheck.kernel.rewrite import LEVELS, Rewriter, rule
from derivcheck.kernel.rules.expectation import Expectation
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk, num

FURTHEST = 12  # values of a law on the integers that are added up one by one
SOURCE = "Johnson, Kotz et al."


def _beyond(p: tuple[Term, ...], o: Oracle) -> bool:
    """Whether binom(n, x) p^x (1-p)^{n-x} is the mass beyond n too: the coefficient is 0, and the power has a value for p ≠ 1.  Where n is
    random or summed over it is not used: there the sum over n is cut at x."""
    given = LEVELS.keys().isdisjoint(p[0].free) and not randomness(o).atoms(p[0])
    return given and o.natural(p[0]) and o.nonzero(b.sub(b.ONE, p[1]))


@rule("named-density", "pdf", statement="densities and masses of N, Po, Ga, Exp, Beta, Bern, Bin, NB, U, Laplace, Geom, LogN, InvGa, Cat", side="at a point of the support; 0 outside", source=SOURCE)
def named_density(t: Term, rw: Rewriter) -> Term | None:
    d = t.args[0]
    if d.op != "dist" or len(t.args) != 2 or t.args[1].sort.kind != "num":
        return None
    x, p, name, o = t.args[1], d.args, str(d.data), rw.oracle
    if name == "N":
        return b.div(b.exp(b.neg(b.div(b.pow_(b.sub(x, p[0]), 2), b.mul(b.TWO, p[1])))), b.sqrt(b.mul(b.TWO, b.PI, p[1])))
    if name == "Laplace":
        return b.div(b.exp(b.neg(b.div(b.fn("abs", b.sub(x, p[0])), p[1]))), b.mul(b.TWO, p[1]))
    if name in ("Ga", "Exp", "Beta"):
        if o.negative(x) or (name == "Beta" and o.less(b.ONE, x)):
            return b.ZERO
    if name == "Exp" and o.nonnegative(x):
        return b.mul(p[0], b.exp(b.neg(b.mul(p[0], x))))
    if name == "Ga" and o.positive(x):
        return b.mul(
            b.div(b.pow_(p[1], p[0]), b.fn("gamma", p[0])), b.pow_(x, b.sub(p[0], b.ONE)), b.exp(b.neg(b.mul(p[1], x)))
        )
    if name == "Beta" and o.positive(x) and o.less(x, b.ONE):
        return b.mul(
            b.div(b.fn("gamma", b.add(p[0], p[1])), b.mul(b.fn("gamma", p[0]), b.fn("gamma", p[1]))),
            b.pow_(x, b.sub(p[0], b.ONE)),
            b.pow_(b.sub(b.ONE, x), b.sub(p[1], b.ONE)),
        )
    if name == "U":
        if o.less_equal(p[0], x) and o.less_equal(x, p[1]):
            return b.div(b.ONE, b.sub(p[1], p[0]))
        return b.ZERO if o.less(x, p[0]) or o.less(p[1], x) else None
    if name == "Po" and o.natural(x):
        return b.div(b.mul(b.pow_(p[0], x), b.exp(b.neg(p[0]))), b.fn("factorial", x))
    if name == "NB" and o.natural(x):
        return b.mul(
            b.div(b.fn("gamma", b.add(p[0], x)), b.mul(b.fn("factorial", x), b.fn("gamma", p[0]))),
            b.pow_(p[1], x),
            b.pow_(b.sub(b.ONE, p[1]), p[0]),
        )
    if name == "Bern" and o.natural(x) and o.less_equal(x, b.ONE):
        return b.mul(b.pow_(p[0], x), b.pow_(b.sub(b.ONE, p[0]), b.sub(b.ONE, x)))
    if name == "Bin" and o.natural(x) and (o.less_equal(x, p[0]) or _beyond(p, o)):
        return b.mul(b.fn("binom", p[0], x), b.pow_(p[1], x), b.pow_(b.sub(b.ONE, p[1]), b.sub(p[0], x)))
    if name == "Geom" and o.natural(x) and o.positive(x):
        return b.mul(b.pow_(b.sub(b.ONE, p[0]), b.sub(x, b.ONE)), p[0])
    if name in ("LogN", "InvGa") and o.nonpositive(x):
        return b.ZERO
    if name == "LogN" and o.positive(x):
        return b.div(
            b.exp(b.neg(b.div(b.pow_(b.sub(b.log(x), p[0]), 2), b.mul(b.TWO, p[1])))), b.mul(x, b.sqrt(b.mul(b.TWO, b.PI, p[1])))
        )
    if name == "InvGa" and o.positive(x):
        return b.mul(
            b.div(b.pow_(p[1], p[0]), b.fn("gamma", p[0])), b.pow_(x, b.sub(b.neg(p[0]), b.ONE)), b.exp(b.neg(b.div(p[1], x)))
        )
    if name == "Cat" and o.integer(x):
        return _category(p[0], x, rw)
    return None


def _category(weights: Term, k: Term, rw: Rewriter) -> Term | None:
    """The mass of a categorical law at a member of its range."""
    o = rw.oracle
    if weights.op == "sym" and weights.sort.kind == "fam":
        d = o.context.declarations.get(weights)
        if d is not None and len(d.index_ranges) == 1 and o.member(k, d.index_ranges[0]):
            return b.idx(weights, k)
    if weights.sort.kind == "mat" and o.less_equal(b.ONE, k) and o.less_equal(k, weights.sort.rows):
        return b.ventry(weights, k)
    return None


@rule("distribution-function", "Pr", statement="Pr(X ≤ c) of the normal, log-normal, exponential, uniform, Laplace and geometric law, of counts by adding up; Pr(X = c) of a discrete law", side="X declared with the law, no conditions; c not random", source=SOURCE)
def distribution_function(t: Term, rw: Rewriter) -> Term | None:
    p = t.args[0]
    if len(t.args) != 1 or p.op != "rel" or p.data not in ("<", "≤", "=") or p.args[0].sort.kind != "num":
        return None
    r = randomness(rw.oracle)
    atoms = r.atoms(p.args[0])
    if len(atoms) != 1:
        return None
    (x,) = atoms
    d = r.declaration(x)
    law = Expectation(rw, ()).law(x)
    if d is None or d.given or law is None or law.op != "dist" or r.atoms(law) or law.sort.result.kind != "num":
        return None
    if p.args[0] is not x or r.atoms(p.args[1]):
        return None
    c = p.args[1]
    if p.data == "=":
        if law.data in ("Po", "Bern", "Bin", "NB", "Cat", "Geom"):
            return mk("pdf", (law, c))
        return b.ZERO if law.data in ("N", "Ga", "Exp", "Beta", "U", "Laplace", "LogN", "InvGa") else None
    if law.data in ("Po", "NB", "Geom") and c.op == "num" and c.data <= FURTHEST:
        start = 1 if law.data == "Geom" else 0
        last = ceil(c.data) - 1 if p.data == "<" else floor(c.data)
        return b.add(b.ZERO, *(b.pdf(law, num(k)) for k in range(start, last + 1)))
    return _cdf(law, c, rw) if p.data == "≤" or law.data != "Geom" else None


def _cdf(law: Term, c: Term, rw: Rewriter) -> Term | None:
    name, p, o = str(law.data), law.args, rw.oracle
    if not o.real(c):
        return None
    if name == "N":
        return b.mul(b.HALF, b.add(b.ONE, b.fn("erf", b.div(b.sub(c, p[0]), b.sqrt(b.mul(b.TWO, p[1]))))))
    if name == "Geom":
        return b.sub(b.ONE, b.pow_(b.sub(b.ONE, p[0]), c)) if o.natural(c) else None
    if name == "LogN" and o.positive(c):
        return b.mul(b.HALF, b.add(b.ONE, b.fn("erf", b.div(b.sub(b.log(c), p[0]), b.sqrt(b.mul(b.TWO, p[1]))))))
    if name == "Exp":
        if o.nonnegative(c):
            return b.sub(b.ONE, b.exp(b.neg(b.mul(p[0], c))))
        return b.ZERO if o.nonpositive(c) else None
    if name == "U" and o.less_equal(p[0], c) and o.less_equal(c, p[1]):
        return b.div(b.sub(c, p[0]), b.sub(p[1], p[0]))
    if name == "Laplace":
        if o.less_equal(p[0], c):
            return b.sub(b.ONE, b.mul(b.HALF, b.exp(b.neg(b.div(b.sub(c, p[0]), p[1])))))
        if o.less_equal(c, p[0]):
            return b.mul(b.HALF, b.exp(b.div(b.sub(c, p[0]), p[1])))
    return None
