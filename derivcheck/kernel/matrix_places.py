"""The canonical place of a finite sum of matrices: where its index and its range stand.

    Σ_k A^{k+1} over 0..n-1 is Σ_k A^k over 1..n        (the index is shifted, or reflected, so that powers, members and entries hold k itself)
    Σ over 0..n is the term at 0 and Σ over 1..n         (ranges start at 1 and end without a constant: the terms gained or lost stand beside)
    Σ over m..n is Σ over 1..n less Σ over 1..m-1        (1 ≤ m ≤ n + 1)

so that shifted sums meet, and Σ (S_k - S_{k-1}) telescopes.  Numbers have the same in `summation.py`.  A term is evaluated outside of the
written range only where `totality` shows that it has a value.
Source: Graham, Knuth, Patashnik, Concrete Mathematics, chapter 2 (finite sums).
"""

from __future__ import annotations

from derivcheck.kernel.literals import integer_value
from derivcheck.kernel.monomials import Place, constant_part, linear_in, places
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.kernel.summation import PEEL, UNFOLD
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, num, substitute


def placed(n: Term, lo: Term, hi: Term, body: Term, rw: Rewriter) -> Term | None:
    """Σ_{n=lo}^{hi} body as a sum at its canonical place and single terms; None where it stands there."""
    p = _anchor(n, body, rw)
    if p is not None:
        value = b.sub(n, p.offset) if p.sign == 1 else b.sub(p.offset, n)
        ends = (lo, hi) if p.sign == 1 else (b.neg(hi), b.neg(lo))
        return b.sum_(n, rw.nf(b.add(ends[0], p.offset)), rw.nf(b.add(ends[1], p.offset)), substitute(body, {n: value}))
    return _ranged(n, lo, hi, body, rw)


def _anchor(n: Term, body: Term, rw: Rewriter) -> Place | None:
    """Where n is to stand: the place with the least offset; if n stands both forwards and backwards, by the factor (a transpose counts as
    what it transposes)."""
    word = body.args[1] if body.op == "smul" else body
    found = [(f, p) for f in (word.args if word.op == "matmul" else (word,)) for p in places([f], n)]
    if not found:
        return _multiple(n, word, rw)
    if all(p.sign == found[0][1].sign for _, p in found):
        p = min((p for _, p in found), key=_rank)
    else:
        p = min(found, key=lambda g: _precedence(g[0]))[1]
    if p.sign == 1:
        c, rest = constant_part(p.offset)
        if c.denominator != 1:
            p = Place(1, rw.nf(b.add(rest, num(c.numerator // c.denominator))))
        if p.offset is b.ZERO:
            return None
    return p if rw.oracle.integer(p.offset) else None


def _precedence(f: Term) -> tuple[bool, int]:
    """Members of families before powers."""
    f = f.args[0] if f.op == "transpose" else f
    if f.op != "mpow":
        return False, order_key(f.args[0]) if f.args else order_key(f)
    base = f.args[0].args[0] if f.args[0].op == "transpose" else f.args[0]
    return True, order_key(base)


def _multiple(n: Term, word: Term, rw: Rewriter) -> Place | None:
    """Where powers hold a multiple of n alone, as A^{2n+3}: n moved so that what is added is less than the multiple."""
    for t in word.args if word.op == "matmul" else (word,):
        got = linear_in(t.args[1], n) if t.op == "mpow" else None
        if got is None or got[0] <= 1 or got[0].denominator != 1:
            continue
        c, _ = constant_part(got[1])
        by = c // got[0]
        return Place(1, num(by)) if by else None
    return None


def _rank(p: Place) -> tuple[int, object, int]:
    c, rest = constant_part(p.offset)
    return (0, c, 0) if rest is b.ZERO else (1, c, order_key(rest))


def _ranged(n: Term, lo: Term, hi: Term, body: Term, rw: Rewriter) -> Term | None:
    o = rw.oracle
    extra: list[Term] = []

    def at(i: Term) -> Term:
        return substitute(body, {n: i})

    def valued(points: list[Term]) -> bool:
        return all(total(rw.nf(at(x)), o) for x in points)

    c, rest = constant_part(hi)
    if c.denominator == 1 and c != 0 and rest is not b.ZERO and abs(c) <= PEEL:
        top = int(c)
        if top > 0 and o.less_equal(b.sub(lo, b.ONE), rest):
            extra += [at(rw.nf(b.add(rest, num(i)))) for i in range(1, top + 1)]
            hi = rest
        elif top < 0 and o.less_equal(b.sub(lo, b.ONE), hi):
            skipped = [rw.nf(b.add(rest, num(i))) for i in range(top + 1, 1)]
            if valued(skipped):
                extra += [b.neg(at(x)) for x in skipped]
                hi = rest
    first = integer_value(lo)
    if first is None:
        got = _after(n, lo, hi, body, rw)
        if got is not None:
            return b.add(*got, *extra)
    elif first < 1 and 1 - first <= UNFOLD and o.less_equal(b.ZERO, hi):
        extra += [at(num(i)) for i in range(first, 1)]
        lo = b.ONE
    elif 1 < first <= UNFOLD and o.less_equal(num(first - 1), hi):
        skipped = [num(i) for i in range(1, first)]
        if valued(skipped):
            extra += [b.neg(at(x)) for x in skipped]
            lo = b.ONE
    if not extra:
        return None
    return b.add(b.sum_(n, lo, hi, body), *extra)


def _after(n: Term, lo: Term, hi: Term, body: Term, rw: Rewriter) -> tuple[Term, Term] | None:
    """Σ_{lo}^{hi} = Σ_1^{hi} - Σ_1^{lo-1} for 1 ≤ lo ≤ hi + 1, the terms from 1 on having values."""
    before = rw.nf(b.sub(lo, b.ONE))
    if not rw.oracle.less_equal(b.ONE, lo) or not rw.oracle.less_equal(before, hi):
        return None
    if not total(body, rw.child(((Declaration(n, b.int_range(b.ONE, before)),), ())).oracle):
        return None
    return b.sum_(n, b.ONE, hi, body), b.neg(b.sum_(n, b.ONE, before, body))
