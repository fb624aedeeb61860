"""Products over integer ranges: factors apart, powers and exponentials as sums in the exponent, canonical ranges; logarithms of products.

    ∏ (f g) = ∏ f ∏ g        ∏ c = c^(n-m+1)        ∏ e^u = e^{∑ u}        ∏ c^{u(k)} = c^{∑ u(k)}        ∏ u^c = (∏ u)^c
    ∏_{k=m}^{n} (k + c) = Γ(n+c+1)/Γ(m+c)        log ∏ u = ∑ log u

Limits: infinite products stay as they are.
"""

from __future__ import annotations

from derivcheck.kernel.literals import integer_value, linear_terms
from derivcheck.kernel.monomials import constant_part, factored, linear_in, measure, places
from derivcheck.kernel.restricted_sums import FLIP
from derivcheck.kernel.rewrite import Rewriter, negation, rule
from derivcheck.kernel.rules.sums import numeric_range
from derivcheck.kernel.summation import PEEL, UNFOLD, Summation
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, bind, num, substitute

SOURCE = "finite products: associativity, commutativity; powers of positive numbers; DLMF 5.2.4"


@rule("prod-unfold", "prod", statement="∏_{k=m}^{n} b(k) = b(m) … b(n); 1 for n < m", side="m, n numbers, at most 12 factors (100 if they are small)", source=SOURCE)
def prod_unfold(t: Term, rw: Rewriter) -> Term | None:
    ends = numeric_range(t)
    if ends is None:
        return None
    lo, hi = ends
    count = hi - lo + 1
    if count <= 0:
        return b.ONE
    body = t.args[-1]
    if count > UNFOLD and (count > 100 or body.size * count > 1500 or any(s.op in ("sum", "prod") for s in body.args)):
        return None
    return b.mul(*(substitute(body, {t.bound[0]: num(k)}) for k in range(lo, hi + 1)))


@rule("prod-split", "prod", statement="∏ of products, powers, exponentials and constants; canonical ranges", side="finite range; see the file's head", source=SOURCE)
def prod_split(t: Term, rw: Rewriter) -> Term | None:
    lo, hi = t.args[0], t.args[1]
    if hi is b.INF or t.sort.kind != "num" or not rw.oracle.integer(lo) or not rw.oracle.integer(hi):
        return None
    (k,), body, _ = rw.under(t)
    new = Product(rw).over(k, lo, hi, body)
    return None if new is t else new


@rule("log-prod", "fn:log", statement="log ∏ u(k) = ∑ log u(k)", side="finite range, u(k) ≥ 0 (where log has a value no factor is 0)", source=SOURCE)
def log_prod(t: Term, rw: Rewriter) -> Term | None:
    u = t.args[0]
    if u.op != "prod" or u.args[1] is b.INF:
        return None
    (k,), body, inner = rw.under(u)
    if not inner.oracle.nonnegative(body):
        return None
    return b.sum_(k, u.args[0], u.args[1], b.log(body))


class Product:
    """Products in the context of one rewriter."""

    def __init__(self, rw: Rewriter) -> None:
        self.rw = rw
        self.oracle = rw.oracle

    def inner(self, k: Term, lo: Term, hi: Term) -> Rewriter:
        """The rewriter inside a product over k."""
        return self.rw.child(((Declaration(k, b.int_range(lo, hi)),), ()))

    def over(self, k: Term, lo: Term, hi: Term, body: Term, exchange: bool = True) -> Term:
        """The normal form of the product of `body` over k = lo..hi."""
        rw, o = self.rw, self.oracle
        lo, hi = rw.nf(lo), rw.nf(hi)
        if o.less(hi, lo):
            return b.ONE
        if rw.nf(b.sub(hi, lo)) is b.ZERO:
            return substitute(body, {k: lo})
        inner = self.inner(k, lo, hi)
        body = inner.nf(body)
        got = self._conditional(k, lo, hi, body)
        if got is not None:
            return got
        parts = factored(body, inner)
        if parts is None:
            return self.atom(k, lo, hi, body)
        constant, bases = parts
        # of a factor and its negative the positive one
        for i, (base, e) in enumerate(bases):
            if base.op == "add" and k in base.free and inner.oracle.negative(base):
                bases[i] = (inner.nf(b.neg(base)), e)
                constant *= (-1) ** e
        out: list[Term] = []
        if constant != 1:
            if not o.less_equal(lo, b.add(hi, b.ONE)):
                return self.atom(k, lo, hi, body)
            out.append(b.pow_(num(constant), b.add(hi, b.neg(lo), b.ONE)))
        for base, e in bases:
            one = self._factor(k, lo, hi, base, e, inner, exchange)
            if one is None:
                return self.atom(k, lo, hi, body)
            out.append(one)
        return b.mul(*out)

    def _factor(self, k: Term, lo: Term, hi: Term, base: Term, e: int, inner: Rewriter, exchange: bool) -> Term | None:
        o = self.oracle
        if k not in base.free:
            if not o.less_equal(lo, b.add(hi, b.ONE)):
                return None
            if not (o.less_equal(lo, hi) or (total(base, o) and (e > 0 or o.nonzero(base)))):
                return None
            return b.pow_(base, b.mul(num(e), b.add(hi, b.neg(lo), b.ONE)))
        if base.op == "fn" and base.data == "exp":
            return b.exp(b.mul(num(e), b.sum_(k, lo, hi, base.args[0])))
        if base.op == "pow":
            c, u = base.args
            if k not in c.free and (o.positive(c) or (e > 0 and inner.oracle.natural(u) and total(c, o))):
                return b.pow_(c, b.mul(num(e), b.sum_(k, lo, hi, u)))
            if k in c.free and k in u.free and inner.oracle.positive(c) and inner.oracle.real(u):
                return b.exp(b.mul(num(e), b.sum_(k, lo, hi, b.mul(u, b.log(c)))))
            if k not in u.free and integer_value(u) is None:
                if (inner.oracle.positive(c) and o.real(u)) or (e > 0 and o.natural(u)):
                    return b.pow_(self.over(k, lo, hi, c), b.mul(num(e), u))
        whole = b.pow_(base, e) if e != 1 else base
        if base.op == "prod" and exchange and k not in base.args[0].free and k not in base.args[1].free:
            return self._exchanged(k, lo, hi, base, e, whole)
        placed = self.place(k, lo, hi, base)
        return placed if e == 1 else b.pow_(placed, e)

    def _exchanged(self, k: Term, lo: Term, hi: Term, base: Term, e: int, whole: Term) -> Term:
        from derivcheck.kernel.rewrite import level_symbol
        from derivcheck.terms.term import binder_names

        j = level_symbol(binder_names(base)[0], base.bound[0].sort, self.rw.depth)
        f = substitute(base.args[-1], {base.bound[0]: j})
        swapped = self.rw.nf(self.over(j, base.args[0], base.args[1], bind("prod", (k,), (lo, hi), f), False))
        plain = self.rw.nf(self.place(k, lo, hi, base))
        best = swapped if measure(swapped) < measure(plain) else plain
        return best if e == 1 else b.pow_(best, e)

    def _conditional(self, k: Term, lo: Term, hi: Term, body: Term) -> Term | None:
        """∏ over cases on k: an equation or inequation with something integer in the range, or a comparison that cuts the range."""
        if body.op != "cases" or len(body.args) != 3:
            return None
        p, yes, no = body.args
        if p.op == "rel" and p.data == "=":
            p, yes, no = negation(p), no, yes
        if p.op != "rel" or p.data not in FLIP or p.args[0].sort.kind != "num":
            return None
        o = self.oracle
        got = linear_in(self.inner(k, lo, hi).nf(b.sub(p.args[0], p.args[1])), k)
        if got is None or got[0] == 0:
            return None
        relation = str(p.data) if got[0] > 0 else FLIP[str(p.data)]
        j = self.rw.nf(b.div(b.neg(got[1]), num(got[0])))
        if not o.integer(j):
            return None
        if relation == "≠":
            if o.less(j, lo) or o.less(hi, j):
                return self.over(k, lo, hi, yes)
            if not (o.less_equal(lo, j) and o.less_equal(j, hi)):
                return None
            at = self.rw.nf(substitute(yes, {k: j}))
            single = substitute(no, {k: j})
            if total(at, o) and o.nonzero(at):
                return b.mul(b.div(self.over(k, lo, hi, yes), at), single)
            below = self.over(k, lo, self.rw.nf(b.sub(j, b.ONE)), yes)
            return b.mul(below, self.over(k, self.rw.nf(b.add(j, b.ONE)), hi, yes), single)
        if relation in ("<", "≤"):
            cut = j if relation == "≤" else self.rw.nf(b.sub(j, b.ONE))
            first, second = yes, no
        else:
            cut = self.rw.nf(b.sub(j, b.ONE)) if relation == "≥" else j
            first, second = no, yes
        if o.less_equal(b.sub(lo, b.ONE), cut) and o.less_equal(cut, hi):
            return b.mul(self.over(k, lo, cut, first), self.over(k, self.rw.nf(b.add(cut, b.ONE)), hi, second))
        return None

    def place(self, k: Term, lo: Term, hi: Term, base: Term) -> Term:
        """Shift the index so that atoms hold k itself, then give the range its canonical ends."""
        rw, o = self.rw, self.oracle
        got = linear_in(base, k)
        if got is not None and got[0] == 1 and o.positive(b.add(lo, got[1])) and o.less_equal(lo, b.add(hi, b.ONE)):
            c = got[1]
            return b.div(b.fn("gamma", b.add(hi, c, b.ONE)), b.fn("gamma", b.add(lo, c)))
        found = places([base], k)
        moves = [p for p in found if o.integer(p.offset)]
        if moves:
            rising = [p for p in moves if p.sign == 1]
            p = Summation._first(rising or moves)
            offset = p.offset
            if p.sign == 1 and offset is not b.ZERO:
                lo, hi = rw.nf(b.add(lo, offset)), rw.nf(b.add(hi, offset))
                base = self.inner(k, lo, hi).nf(substitute(base, {k: b.sub(k, offset)}))
            elif p.sign == -1:
                lo, hi = rw.nf(b.sub(offset, hi)), rw.nf(b.sub(offset, lo))
                base = self.inner(k, lo, hi).nf(substitute(base, {k: b.sub(offset, k)}))
        extra: list[Term] = []

        def at(i: Term) -> Term:
            return substitute(base, {k: i})

        def usable(points: list[Term]) -> bool:
            values = [rw.nf(at(x)) for x in points]
            return all(total(v, o) and o.nonzero(v) for v in values)

        first = integer_value(lo)
        if first is None:
            before = rw.nf(b.sub(lo, b.ONE))
            if o.less_equal(b.ONE, lo) and o.less_equal(before, hi):
                inner = self.inner(k, b.ONE, before)
                if total(base, inner.oracle) and inner.oracle.nonzero(base):
                    return b.div(self.over(k, b.ONE, hi, base, False), self.over(k, b.ONE, before, base, False))
        elif first < 1 and 1 - first <= UNFOLD and o.less_equal(b.ZERO, hi):
            extra += [at(num(i)) for i in range(first, 1)]
            lo = b.ONE
        elif 1 < first <= UNFOLD and o.less_equal(num(first - 1), hi) and usable([num(i) for i in range(1, first)]):
            extra += [b.div(b.ONE, at(num(i))) for i in range(1, first)]
            lo = b.ONE
        shift, rest = constant_part(hi)
        if shift.denominator == 1 and rest is not b.ZERO and shift != 0 and abs(shift) <= PEEL:
            n = int(shift)
            if n > 0 and o.less_equal(b.sub(lo, b.ONE), rest):
                extra += [at(rw.nf(b.add(rest, num(i)))) for i in range(1, n + 1)]
                hi = rest
            elif n < 0 and o.less_equal(b.sub(lo, b.ONE), hi):
                skipped = [rw.nf(b.add(rest, num(i))) for i in range(n + 1, 1)]
                if usable(skipped):
                    extra += [b.div(b.ONE, at(x)) for x in skipped]
                    hi = rest
        return b.mul(self.atom(k, lo, hi, base), *extra)

    def atom(self, k: Term, lo: Term, hi: Term, m: Term) -> Term:
        """The product itself, marked as normal."""
        if self.oracle.less(hi, lo):
            return b.ONE
        if self.rw.nf(b.sub(hi, lo)) is b.ZERO:
            return substitute(m, {k: lo})
        m = self.inner(k, lo, hi).nf(m)
        if m is b.ONE:
            return b.ONE
        t = bind("prod", (k,), (lo, hi), m)
        self.rw._memo[t] = t
        return t


__all__ = ["Product", "linear_terms"]
