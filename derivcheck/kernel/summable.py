"""What is known of series before they are taken apart: abstract terms, absolute convergence, the condition recorded for a split.

`summable` shows absolute convergence by a factor 1/Γ(k+c), a ratio |r| < 1, or a degree of at most -2 beside bounded factors.  Limits: one
infinite end, upwards; nothing is concluded from cancellation between terms.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from derivcheck.kernel.closedsums import geometric_factor
from derivcheck.kernel.literals import integer_value
from derivcheck.kernel.monomials import degree_in, linear_in, split_factors, univariate
from derivcheck.terms import build as b
from derivcheck.terms.sorts import BOOL
from derivcheck.terms.term import Term, mk, num

if TYPE_CHECKING:
    from derivcheck.kernel.oracle import Oracle
    from derivcheck.kernel.rewrite import Rewriter


def minus_infinity(t: Term) -> bool:
    """Whether a bound is -∞."""
    return t.op == "neg" and t.args[0] is b.INF


def infinite_range(lo: Term, hi: Term) -> bool:
    """Whether lo..hi has an infinite end."""
    return hi is b.INF or minus_infinity(lo)


def abstract(t: Term, oracle: Oracle) -> bool:
    """Whether a term contains an abstract symbol: a function, family, density or random variable without a given law."""
    for s in t.free:
        if s.op != "sym":
            continue
        if s.sort.kind in ("fun", "fam", "dist"):
            return True
        declaration = oracle.context.declarations.get(s)
        if declaration is not None and declaration.random and declaration.law is None:
            return True
    return False


def integrability(t: Term) -> Term:
    """The condition that is reported for an abstract term that was split."""
    return mk("opaque", (t,), "integrability of", BOOL)


def _bounded(f: Term, oracle: Oracle) -> bool:
    """A value of a function declared bounded, or of a family of them."""
    d = oracle.context.declarations.get(f.args[0]) if f.op in ("apply", "idx") and f.args[0].op == "sym" else None
    return d is not None and "bounded" in d.attributes and f.sort.kind == "num"


def _natural_power(f: Term, k: Term, inner: Rewriter) -> tuple[Term, Term] | None:
    """y^(a k + c) with natural exponents all over the range: its ratio y^a (y may be 0)."""
    line = linear_in(f.args[1], k) if f.op == "pow" and k not in f.args[0].free and inner.oracle.natural(f.args[1]) else None
    return (b.pow_(f.args[0], num(line[0])), b.ONE) if line is not None and line[0] > 0 and line[0].denominator == 1 else None


def summable(k: Term, lo: Term, hi: Term, m: Term, inner: Rewriter) -> bool:
    """Whether ∑ m over an upwards infinite range is shown to converge absolutely: a factor 1/Γ(k+c), a ratio |r| < 1, or degree at most -2
    beside bounded factors."""
    if minus_infinity(lo) or hi is not b.INF:
        return False
    if k not in m.free:
        return False
    o = inner.oracle
    _, top, bottom = split_factors(m, k)
    degree, rest = degree_in(top, k)
    gammas = Fraction(0)  # the slopes of the arguments of Γ below, less those above
    single = True
    offsets: list[Term] = []  # Γ(k + a)/Γ(k + c) grows like k^{a - c}
    ratio: list[Term] = []
    has_ratio = False
    for f in rest:
        if f.op == "fn" and f.data == "gamma" and (g := linear_in(f.args[0], k)) is not None and g[0] > 0:
            gammas -= g[0]
            single = single and g[0] == 1
            offsets.append(g[1])
            continue
        got = geometric_factor(f, k, inner) or _natural_power(f, k, inner)
        if got is not None:
            ratio.append(got[0])
            has_ratio = True
            continue
        info = o.info(f)
        if f.op == "pow" and o.info(f.args[0]).real and (integer_value(f.args[1]) or -1) > 0:
            info = o.info(f.args[0])
        if (info.real and info.lo is not None and info.hi is not None) or _bounded(f, o):
            continue
        return False
    below = 0
    for f in bottom:
        base, e = (f.args[0], integer_value(f.args[1]) or 0) if f.op == "pow" else (f, 1)
        if base.op == "fn" and base.data == "gamma" and e > 0 and (g := linear_in(base.args[0], k)) is not None and g[0] > 0:
            gammas += g[0] * e
            single = single and g[0] == 1
            offsets.append(b.mul(num(-e), g[1]))
            continue
        if base is k and e > 0:
            below += e
            continue
        got = geometric_factor(f, k, inner)
        if got is not None and o.nonzero(got[0]):
            ratio.append(b.div(b.ONE, got[0]))
            has_ratio = True
            continue
        p = univariate(base, k)
        if p is not None and e > 0:
            below += e * (len(p) - 1)
            continue
        return False
    if gammas > 0:
        return True
    if not single:
        return False
    r = inner.nf(b.mul(*ratio)) if has_ratio else b.ONE
    small = o.less(r, b.ONE) and o.less(b.MINUS_ONE, r)
    if gammas == 0 and has_ratio and small:
        return True
    bounded = not has_ratio or (o.less_equal(r, b.ONE) and o.less_equal(b.MINUS_ONE, r))
    if gammas != 0 or not bounded:
        return False
    growth = inner.nf(b.add(num(degree - below), *offsets))
    return growth.data < -1 if growth.op == "num" else k not in growth.free and o.less(growth, b.MINUS_ONE)
