"""The mean of one of several independent variables, given a sum.

    E[X_i | ∑_k X_k] = (∑_k X_k)/n        X_1, …, X_n independent with one law, i among them
    E[X | L] = E[X] + Cov(X, L) (L - E[L])/Var(L)     L = ∑ a_k X_k + c, X one of the X_k, independent normal variables; Var(L) > 0

The pairs (X_i, S) have one law for all i, so that the means given S agree, and their sum is E[S | S] = S.  A multiple of the sum (by a number
that is not zero), or the sum and a constant, tell the same.  X and L are jointly normal, and X - Cov(X, L) L/Var(L) is uncorrelated with L.
Source: Williams, Probability with Martingales, 9.10 and 15.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.kernel import algebra, moments
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.monomials import factors, product
from derivcheck.kernel.ordering import order_key
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num, substitute

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from derivcheck.kernel.rules.expectation import Expectation


def mean_given_sum(inside: Term, work: Expectation) -> Term | None:
    """E[X_i | S] for the variable X_i itself and one condition S; None where that is not the situation."""
    if len(work.conds) != 1 or work.events or work.conds[0].sort.kind != "num" or inside.op not in ("sym", "idx") or inside.sort.kind != "num":
        return None
    moving = [(c, m) for c, m in linear_terms(work.rw.nf(work.conds[0])) if work.random.atoms(m)]
    if len(moving) == 1:
        return _given_range(inside, moving[0][1], work)
    return _given_list(inside, moving, work) or _given_normal(inside, work)


def _given_range(x: Term, m: Term, work: Expectation) -> Term | None:
    """The sum over a range of members of the family of x, times what is not random and not zero."""
    top, bottom = factors(m)
    sums = [f for f in top if work.random.atoms(f)]
    if len(sums) != 1 or any(work.random.atoms(f) for f in bottom) or sums[0].op != "sum":
        return None
    (s,) = sums
    k, body, _ = work.open(s)
    lo, hi = s.args[:2]
    if x.op != "idx" or len(x.args) != 2 or body is not b.idx(x.args[0], k) or hi is b.INF or lo.op == "neg" or not _iid(x, work):
        return None
    o, rest = work.oracle, product([f for f in top if f is not s], bottom)
    i = x.args[1]
    if i.op == "bvar" or work.random.atoms(i) or any(work.random.atoms(a) for a in s.args[:2]) or not o.nonzero(rest):
        return None
    if not (o.integer(i) and o.less_equal(lo, i) and o.less_equal(i, hi)):
        return None
    return b.div(s, b.add(hi, b.neg(lo), b.ONE))


def _given_list(x: Term, moving: Sequence[tuple[Fraction, Term]], work: Expectation) -> Term | None:
    """A sum of single variables with one coefficient."""
    atoms = [m for _, m in moving]
    if x not in atoms or len(moving) < 2 or len({c for c, _ in moving}) != 1 or any(work.random.atoms(m) != frozenset((m,)) for m in atoms):
        return None
    if not all(_alike(x, m, work) for m in atoms):
        return None
    if any(len(c) > 1 for c in work.random.clusters([frozenset((m,)) for m in atoms], frozenset())):
        return None
    return b.div(b.add(*atoms), num(len(atoms)))


def _given_normal(x: Term, work: Expectation) -> Term | None:
    """The regression of a normal variable on a linear function of independent normal variables."""
    condition, rw = work.conds[0], work.rw
    atoms = sorted(work.random.atoms(condition), key=order_key)
    laws = [normal_law(a, work) for a in atoms]
    if x not in atoms or not 2 <= len(atoms) <= 4 or any(law is None for law in laws):
        return None
    if any(len(c) > 1 for c in work.random.clusters([frozenset((a,)) for a in atoms], frozenset())):
        return None
    zero = dict.fromkeys(atoms, b.ZERO)
    start = rw.nf(substitute(condition, zero))
    slopes = [rw.nf(b.sub(substitute(condition, {**zero, a: b.ONE}), start)) for a in atoms]
    whole = b.add(start, *(b.mul(c, a) for c, a in zip(slopes, atoms, strict=True)))
    if not rw.oracle.real(start) or not all(rw.oracle.real(c) for c in slopes) or not algebra.is_zero(b.sub(condition, whole), rw):
        return None
    spread = rw.nf(b.add(*(b.mul(b.pow_(c, 2), law.args[1]) for c, law in zip(slopes, laws, strict=True) if law is not None)))
    if not rw.oracle.positive(spread):
        return None
    mean = b.add(start, *(b.mul(c, law.args[0]) for c, law in zip(slopes, laws, strict=True) if law is not None))
    own = laws[atoms.index(x)]
    assert own is not None
    return b.add(own.args[0], b.mul(b.div(b.mul(slopes[atoms.index(x)], own.args[1]), spread), b.sub(condition, mean)))


def normal_law(x: Term, work: Expectation) -> Term | None:
    """The normal law of a symbol that depends on nothing random."""
    d, law = work.random.declaration(x), work.law(x)
    if d is None or d.given or law is None or law.op != "dist" or law.data != "N" or x.sort.kind != "num" or work.random.atoms(law):
        return None
    return law if not any(v.op == "bvar" for v in x.free) and moments.valid(law, work.oracle) else None


def _iid(x: Term, work: Expectation) -> bool:
    d = work.random.declaration(x)
    return d is not None and d.iid and not d.given


def _alike(x: Term, y: Term, work: Expectation) -> bool:
    """Whether two symbols have one law by declaration."""
    if x.op == "idx" and y.op == "idx" and x.args[0] is y.args[0]:
        return _iid(x, work)
    dx, dy = work.random.declaration(x), work.random.declaration(y)
    if x.op != "sym" or y.op != "sym" or dx is None or dy is None or dx.given or dy.given or dx.law is None:
        return False
    return dx.law is dy.law and not work.random.atoms(dx.law)
