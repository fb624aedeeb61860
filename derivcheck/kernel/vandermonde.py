"""Vandermonde's sum in factorials: ∑_i i^m / (i! (d+i)! (a-i)! (c-i)!) over 0 ≤ i ≤ min(a, c).

With b = c + d the sum of 1/(i! (d+i)! (a-i)! (c-i)!) is (a+b)! / (a! b! c! (a+b-c)!), which is \\binom{a+b}{c} = ∑ \\binom{a}{i} \\binom{b}{c-i}
divided by a! b!.  A falling power i(i-1)…(i-j+1) turns a, c, d into a-j, c-j, d+j, and 1/(a-j)! is a(a-1)…(a-j+1)/a! (0 for j > a).

Source: DLMF 15.4.24 (Chu-Vandermonde); Graham, Knuth, Patashnik, (5.22).  Limits: the range is exactly 0 … min(a, c), shown.
"""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING

from derivcheck.kernel.monomials import linear_in
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num

if TYPE_CHECKING:
    from derivcheck.kernel.rewrite import Rewriter


def vandermonde(rw: Rewriter, k: Term, lo: Term, hi: Term, degree: int, gammas: list[Term]) -> Term | None:
    """The value of ∑_{k=lo}^{hi} k^degree / ∏ Γ(gammas), four of them, two rising and two falling with k."""
    o = rw.oracle
    lines = [linear_in(u, k) for u in gammas]
    rising = [u[1] for u in lines if u is not None and u[0] == 1]
    falling = [u[1] for u in lines if u is not None and u[0] == -1]
    if len(rising) != 2 or len(falling) != 2 or not o.integer(lo) or not o.integer(hi):
        return None
    # i = k - lo
    plain = [u for u in rising if rw.nf(b.add(u, lo, b.MINUS_ONE)) is b.ZERO]
    if not plain:
        return None
    rising.remove(plain[0])
    d = rw.nf(b.add(rising[0], lo, b.MINUS_ONE))
    a, c = (rw.nf(b.sub(b.sub(u, b.ONE), lo)) for u in falling)
    length = rw.nf(b.sub(hi, lo))
    if length is a:
        a, c = c, a
    if length is not c or not o.less_equal(c, a) or not all(o.natural(x) for x in (a, c, d)):
        return None
    whole = b.add(a, c, d)  # a + b
    total: list[Term] = []
    for p in range(degree + 1):
        # k^m = (i + lo)^m
        weight = b.mul(num(comb(degree, p)), b.pow_(lo, num(degree - p))) if degree > p else b.ONE
        for j in range(p + 1):
            count = _stirling(p, j)
            if not count:
                continue
            if j and not o.nonnegative(rw.nf(b.sub(whole, num(j)))):
                return None
            falls = [b.sub(x, num(q)) for x in (a, c) for q in range(j)]
            total.append(b.mul(num(count), weight, *falls, b.fn("gamma", b.sub(whole, num(j - 1)))))
    below = [b.fn("gamma", b.add(x, b.ONE)) for x in (a, b.add(c, d), c, b.add(a, d))]
    return b.div(b.add(b.ZERO, *total), b.mul(*below))


def convolution(rw: Rewriter, k: Term, lo: Term, hi: Term, top: list[Term]) -> Term | None:
    """∑_{k=0}^{c} \\binom{a}{k} \\binom{b}{c-k} = \\binom{a+b}{c} for natural a, b, c (a coefficient outside its range is 0)."""
    if len(top) != 2 or lo is not b.ZERO or not all(f.op == "fn" and f.data == "binom" and k not in f.args[0].free for f in top):
        return None
    for first, second in (top, top[::-1]):
        got = linear_in(second.args[1], k)
        if first.args[1] is k and got is not None and got[0] == -1 and rw.nf(b.sub(got[1], hi)) is b.ZERO:
            if all(rw.oracle.natural(x) for x in (first.args[0], second.args[0], hi)):
                return b.fn("binom", b.add(first.args[0], second.args[0]), hi)
    return None


def _stirling(m: int, j: int) -> int:
    from derivcheck.kernel.closedsums import stirling

    return stirling(m, j)
