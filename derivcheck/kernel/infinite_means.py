"""Means that may be infinite, in a strict relation.

The mean of what is nonnegative is its integral and may be ∞ (MEANING.md, section 9): `\\E[1/X] < \\infty` is false for some Gamma laws.
`infinite.py` looks at terms alone and takes means as finite; here they are looked at under their laws:

* a mean of a bounded term, or one whose normal form is free of means and integrals (a moment that a rule knows), is a number;
* any other mean of named laws only is taken as infinite where the relation might fail for that;
* a mean over an abstract law or of an abstract function is taken as finite under the condition that it is integrable (SPEC section 6),
  except where the relation asks nothing else (`\\E[X^2] < \\infty`).

`finite_parts` asks the same of every part of a term, for rules that need a number: S/n → 0, argmin (f + S) = argmin f.
"""

from __future__ import annotations

from derivcheck.kernel.existence import _abstract, _any_law, _bounded_mean, _left_over
from derivcheck.kernel.infinite import may_be_infinite, strictness_in_doubt
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.kernel.summable import integrability
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, substitute, subterms

_STRICT = ("<", ">", "≠", "in")


def strictness_of_means_in_doubt(p: Term, rw: Rewriter) -> bool:
    """Whether a strict relation, shown for real numbers, may fail because a mean in it is infinite; conditions are recorded."""
    if p.op != "rel" or p.data not in _STRICT:
        return False
    asked = any(b.is_infinite(x) for x in p.args[:2])
    # variances have no value where they would be infinite; that they are not is still no triviality
    ops = ("E", "Eover", "Var", "Varover", "Cov", "Covover") if asked else ("E", "Eover")
    means = [s for s in subterms(p) if s.op in ops and s.sort.kind == "num"]
    if not means or not strictness_in_doubt(_infinite(p, means)):
        return False
    doubtful = [s for s in means if not _finite(s, rw)]
    supposed = [s for s in doubtful if not asked and _of_anything(s, rw)]
    if strictness_in_doubt(_infinite(p, [s for s in doubtful if s not in supposed])):
        return True
    for s in supposed:
        if not any(v.op == "bvar" for v in s.free):
            rw.assume(integrability(s))
    return False


def means_in_doubt(p: Term, rw: Rewriter) -> bool:
    """Whether a relation that is known to hold may hold since both sides are infinite by their means, so that nothing can be taken off
    both; conditions are recorded."""
    if p.op != "rel" or p.data not in ("=", "≤", "≥") or len(p.args) != 2 or any(a.sort.kind != "num" for a in p.args):
        return False
    return strictness_of_means_in_doubt(b.rel(p.args[0], "≠", p.args[1]), rw)


def _infinite(p: Term, means: list[Term]) -> Term:
    return substitute(p, dict.fromkeys(means, b.INF)) if means else p


def _of_anything(s: Term, rw: Rewriter) -> bool:
    return _abstract(s) or _any_law(s, rw)


def _finite(s: Term, rw: Rewriter) -> bool:
    if any(v.op == "bvar" for v in s.free):
        return False
    return _bounded_mean(s, rw) or not any(_left_over(t, s) or t is b.INF for t in subterms(rw.nf(s)))


def finite_parts(t: Term, rw: Rewriter, fixed: Term | None = None) -> bool:
    """Whether no part of a term (none that is free of `fixed`) may be infinite; those over abstract laws or of abstract functions are
    supposed to be finite, under the condition that is recorded."""
    supposed: dict[Term, None] = {}
    for s in subterms(t):
        if s.sort.kind != "num" or (fixed is not None and fixed in s.free) or not (may_be_infinite(s) or s.op in ("E", "Eover")):
            continue
        if b.is_infinite(s):
            return False
        if _finite(s, rw):
            continue
        if not _of_anything(s, rw):
            return False
        supposed[_closed(s, t)] = None
    for s in supposed:
        rw.assume(integrability(s))
    return True


def _closed(s: Term, t: Term) -> Term:
    """The smallest part of t around s that holds no bound variable of a binder outside of it."""
    if not any(v.op == "bvar" for v in s.free):
        return s
    around = [u for u in subterms(t) if not any(v.op == "bvar" for v in u.free) and any(v is s for v in subterms(u))]
    return min(around, key=lambda u: u.size)
