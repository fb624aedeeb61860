"""Sums under a condition on the index: ∑_{k=lo}^{hi} 1[P(k)] f(k) as sums of f over parts of the range, or single terms.

Indicators and cases are understood where P compares a k + c with something integer (a a number), says that k lies in a range, or that ±k + c
is one of some different integers.  A new end must be shown to lie within the range, or beyond it; a term is taken off a sum (k ≠ j) only where
it has a value, and otherwise the range is taken apart at j.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from derivcheck.kernel.literals import integer_value
from derivcheck.kernel.monomials import linear_in, product
from derivcheck.kernel.summable import infinite_range
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk, num, substitute

if TYPE_CHECKING:
    from derivcheck.kernel.rewrite import Rewriter

FLIP = {"<": ">", ">": "<", "≤": "≥", "≥": "≤", "=": "=", "≠": "≠"}


class Restriction:
    """Conditions on the index k of a sum over lo..hi; `over` makes the sum of a body over another range, `inner` is the rewriter inside."""

    def __init__(self, rw: Rewriter, k: Term, lo: Term, hi: Term, inner: Rewriter, over: Callable[[Term, Term, Term], Term]) -> None:
        self.rw = rw
        self.k = k
        self.lo = lo
        self.hi = hi
        self.inner = inner
        self.over = over

    def split(self, top: list[Term], bottom: list[Term]) -> Term | None:
        """The sum of a monomial with an indicator or cases on k among its factors; None where there is none that is understood."""
        k = self.k
        for i, f in enumerate(top):
            if f.op == "pow" and f.args[0].op == "ind" and (integer_value(f.args[1]) or 0) > 0:
                f = f.args[0]
            rest = product([*top[:i], *top[i + 1 :]], bottom)
            if f.op == "ind" and k in f.free:
                if f.args[0].op == "and":
                    split = b.mul(*(b.ind(p) for p in f.args[0].args))
                    return self.over(self.lo, self.hi, b.mul(split, rest))
                got = self.where(f.args[0], rest)
                if got is not None:
                    return got
            if f.op == "cases" and len(f.args) >= 3 and len(f.args) % 2 and k in f.args[0].free:
                p, first = f.args[0], f.args[1]
                others = f.args[2] if len(f.args) == 3 else mk("cases", f.args[2:], None, f.sort)
                if p.op == "and" and len(f.args) == 3 and others is b.ZERO:
                    first = b.cases(b.and_(*p.args[1:]), first, b.ZERO)
                    p = p.args[0]
                from derivcheck.kernel.rewrite import negation

                yes = self.where(p, b.mul(first, rest))
                if yes is None:
                    continue
                no = b.ZERO if others is b.ZERO else self.where(negation(p), b.mul(others, rest))
                if no is not None:
                    return b.add(yes, no)
        return None

    def where(self, p: Term, body: Term) -> Term | None:
        """The sum over those k in the range for which the comparison p holds; None where p is not understood."""
        k, lo, hi, o = self.k, self.lo, self.hi, self.rw.oracle
        if p.op == "rel" and p.data in ("in", "notin") and p.args[0] is k and p.args[1].op == "range":
            a, z = p.args[1].args
            if p.data == "in":
                return self._cut(a, z, body)
            return None
        if p.op == "rel" and p.data == "in" and p.args[1].op == "finset":
            return self._listed(p.args[0], p.args[1].args, body)
        if p.op != "rel" or p.data not in FLIP or p.args[0].sort.kind != "num":
            return None
        got = linear_in(self.inner.nf(b.sub(p.args[0], p.args[1])), k)
        if got is None or got[0] == 0:
            return None
        slope, rest = got
        relation = str(p.data) if slope > 0 else FLIP[str(p.data)]
        j = self.rw.nf(b.div(b.neg(rest), num(slope)))
        if not o.integer(j):
            return None
        if relation in ("=", "≠"):
            inside = o.less_equal(lo, j) and o.less_equal(j, hi)
            outside = o.less(j, lo) or o.less(hi, j)
            if relation == "=":
                if outside:
                    return b.ZERO
                return self.rw.nf(substitute(body, {k: j})) if inside else None
            if outside:
                return self.over(lo, hi, body)
            if not inside:
                return None
            value = substitute(body, {k: j})
            if not infinite_range(lo, hi) and total(self.rw.nf(value), o) and total(body, self.inner.oracle):
                return b.sub(self.over(lo, hi, body), value)
            below = self.over(lo, self.rw.nf(b.sub(j, b.ONE)), body)
            return b.add(below, self.over(self.rw.nf(b.add(j, b.ONE)), hi, body))
        one = b.ONE
        if relation in ("<", "≤"):
            j = j if relation == "≤" else self.rw.nf(b.sub(j, one))
            return self._cut(lo, j, body)
        j = j if relation == "≥" else self.rw.nf(b.add(j, one))
        return self._cut(j, hi, body)

    def _listed(self, u: Term, elements: tuple[Term, ...], body: Term) -> Term | None:
        """The sum over those k for which u = ±k + c is one of some different integers."""
        k, lo, hi, o = self.k, self.lo, self.hi, self.rw.oracle
        got = linear_in(self.inner.nf(u), k)
        if got is None or abs(got[0]) != 1 or not o.integer(got[1]):
            return None
        if not all(o.nonzero(b.sub(x, y)) for i, x in enumerate(elements) for y in elements[i + 1 :]):
            return None
        out: list[Term] = []
        for x in elements:
            j = self.rw.nf(b.mul(num(got[0]), b.sub(x, got[1])))
            if not o.integer(j):
                return None
            if o.less(j, lo) or o.less(hi, j):
                continue
            if not (o.less_equal(lo, j) and o.less_equal(j, hi)):
                return None
            out.append(substitute(body, {k: j}))
        return b.add(*out)

    def _cut(self, a: Term, z: Term, body: Term) -> Term | None:
        """The sum over lo..hi cut with a..z."""
        lo, hi, o = self.lo, self.hi, self.rw.oracle
        if o.less_equal(a, lo):
            a = lo
        elif not o.less_equal(lo, a):
            return None
        if o.less_equal(hi, z):
            z = hi
        elif not o.less_equal(z, hi):
            return None
        return self.over(a, z, body)
