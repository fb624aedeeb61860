"""The linear normal form of ∑_{k=lo}^{hi} body.

`Summation(rw).over(k, lo, hi, body)` returns a linear combination, with coefficients free of k, of sums in canonical form and of closed
forms; it has the same value wherever the sum has one.  In order:

1. the body, in normal form, is split into monomials (infinite sums: only as far as convergence is shown
   (`summable`), or abstract and recorded);
2. factors free of k are pulled out, among them y^(lowest exponent) of y^(±k+c);
3. indicators and cases on k become changes of the range, or single terms (`restricted_sums`);
4. denominators with rational roots in k are split into partial fractions (`rational_sums`);
5. a factor p(k) that is a mass function over the range makes the sum an expectation over p;
6. closed forms (`closedsums`);
7. a nested sum is exchanged where that gives a simpler or an earlier form; triangular ranges likewise;
8. what is left gets a canonical place: the index is shifted or reflected so that atoms hold `k` itself, the range starts at 1 and ends
   without a constant, the terms gained or lost at the ends standing beside the sum.

A term is evaluated outside the original range only where `totality` shows that it has a value.  Limits: products of two sums under one
index, ranges with fractions, and conditions that are not a comparison of k with something integer stay as they are.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from derivcheck.kernel.closedsums import closed
from derivcheck.kernel.literals import integer_value, linear_terms
from derivcheck.kernel.monomials import Place, constant_part, factors, linear_in, measure, places, product, split_factors
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rational_sums import sum_of_fractions
from derivcheck.kernel.restricted_sums import Restriction
from derivcheck.kernel.summable import abstract, infinite_range, integrability, minus_infinity, summable
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, bind, num, substitute, subterms

if TYPE_CHECKING:
    from derivcheck.kernel.rewrite import Rewriter

UNFOLD = 12
PEEL = 8


class Summation:
    """Sums in the context of one rewriter."""

    def __init__(self, rw: Rewriter) -> None:
        self.rw = rw
        self.oracle = rw.oracle
        self.settled = True  # the forms being made are compared with their exchanged ones, so they are normal

    # --- entry ----------------------------------------------------------------------------------------------------------------

    def inner(self, k: Term, lo: Term, hi: Term) -> Rewriter:
        """The rewriter inside a sum over k."""
        return self.rw.child(((Declaration(k, b.int_range(lo, hi)),), ()))

    def over(self, k: Term, lo: Term, hi: Term, body: Term, exchange: bool = True) -> Term:
        """The normal form of the sum of `body` over k = lo..hi."""
        before = self.settled
        self.settled = before and exchange
        try:
            return self._over(k, lo, hi, body, exchange)
        finally:
            self.settled = before

    def _over(self, k: Term, lo: Term, hi: Term, body: Term, exchange: bool) -> Term:
        rw = self.rw
        lo, hi = rw.nf(lo), rw.nf(hi)
        if self.oracle.less(hi, lo):
            return b.ZERO
        if rw.nf(b.sub(hi, lo)) is b.ZERO and not infinite_range(lo, hi):
            return rw.nf(substitute(body, {k: lo}))
        inner = self.inner(k, lo, hi)
        body = inner.nf(body)
        if body is b.ZERO:
            return b.ZERO
        terms = [(c, m) for c, m in linear_terms(body)]
        if infinite_range(lo, hi):
            groups = self._convergent_groups(k, lo, hi, terms, inner)
        else:
            groups = [(c, m) for c, m in terms]
        return b.add(*(b.mul(num(c), self.monomial(k, lo, hi, m, exchange)) for c, m in groups))

    def _convergent_groups(self, k: Term, lo: Term, hi: Term, terms: list[tuple[Fraction, Term]], inner: Rewriter) -> list[tuple[Fraction, Term]]:
        """Terms whose series converge stand alone; the others stay together in one sum."""
        good: list[tuple[Fraction, Term]] = []
        rest: list[tuple[Fraction, Term]] = []
        for c, m in terms:
            (good if summable(k, lo, hi, m, inner) else rest).append((c, m))
        if len(rest) > 1 and "linearity" in self.rw.groups and all(abstract(m, inner.oracle) or i == len(rest) - 1 for i, (_, m) in enumerate(rest)):
            for _, m in rest:
                self.rw.assume(integrability(bind("sum", (k,), (lo, hi), m)))
            return good + rest
        if len(rest) > 1:
            lead = rest[0][0]
            whole = b.add(*(m if c == lead else b.mul(num(c / lead), m) for c, m in rest))
            return [*good, (lead, inner.nf(whole))]
        return good + rest

    # --- one monomial -----------------------------------------------------------------------------------------------------------

    def monomial(self, k: Term, lo: Term, hi: Term, m: Term, exchange: bool = True) -> Term:
        """The sum of one monomial (or of a joint body that could not be split)."""
        inner = self.inner(k, lo, hi)
        m = inner.nf(m)
        if m is b.ZERO:
            return b.ZERO
        if m.op == "add":
            if infinite_range(lo, hi):
                return self.atom(k, lo, hi, m)
            return self.over(k, lo, hi, m, exchange)
        outside, top, bottom = split_factors(m, k)
        infinite = infinite_range(lo, hi)
        nonempty = self.oracle.less_equal(lo, hi)
        if outside is not b.ONE and not self._may_leave(outside, infinite, nonempty, k, lo, hi, product(top, bottom), inner):
            return self.atom(k, lo, hi, m)
        if not top and not bottom:
            if infinite or not self.oracle.less_equal(lo, b.add(hi, b.ONE)):
                return b.mul(outside, self.atom(k, lo, hi, b.ONE))
            return b.mul(outside, b.add(hi, b.neg(lo), b.ONE))
        return b.mul(outside, self._inside(k, lo, hi, top, bottom, inner, exchange))

    def _may_leave(
        self, outside: Term, infinite: bool, nonempty: bool, k: Term, lo: Term, hi: Term, g: Term, inner: Rewriter
    ) -> bool:
        """Whether a factor free of k may be pulled out: an empty sum must not gain an undefined factor, nor ∞ a factor 0."""
        if infinite:
            return self.oracle.nonzero(outside) or summable(k, lo, hi, g, inner) or abstract(g, inner.oracle)
        return nonempty or total(outside, self.oracle)

    def _inside(self, k: Term, lo: Term, hi: Term, top: list[Term], bottom: list[Term], inner: Rewriter, exchange: bool) -> Term:
        rw = self.rw
        conditions = Restriction(rw, k, lo, hi, inner, lambda a, z, body: self.over(k, a, z, body, exchange))
        got = conditions.split(top, bottom)
        if got is not None:
            return got
        got = sum_of_fractions(k, lo, hi, top, bottom, inner, self.oracle, lambda body: self.monomial(k, lo, hi, body, exchange))
        if got is not None:
            return got
        got = self._expectation(k, lo, hi, top, bottom) or self._probabilities(k, lo, hi, top, bottom)
        if got is not None:
            return got
        got = closed(rw, k, lo, hi, top, bottom) if not minus_infinity(lo) else None
        if got is not None:
            return got
        if not infinite_range(lo, hi) and exchange:
            got = self._nested(k, lo, hi, top, bottom, inner)
            if got is not None:
                return got
        return self.place(k, lo, hi, top, bottom)

    # --- expectations -----------------------------------------------------------------------------------------------------------

    def _expectation(self, k: Term, lo: Term, hi: Term, top: list[Term], bottom: list[Term]) -> Term | None:
        """∑ p(k) f(k) over all of p's domain is E_p[f]: terms with p(k) = 0 are 0 wherever they have a value."""
        found: list[tuple[int, Term, int]] = []
        for i, f in enumerate(top):
            base = f.args[0] if f.op == "pow" and (integer_value(f.args[1]) or 0) > 0 else f
            if base.op == "pdf" and base.args.count(k) == 1 and k not in base.args[0].free:
                found.append((order_key(base.args[0]), base, i))
        if not found:
            return None
        from derivcheck.kernel.rules.density_integrals import density_integral

        for _, base, i in sorted(found, key=lambda c: c[0]):
            f = top[i]
            left = [] if f is base else [b.pow_(base, (integer_value(f.args[1]) or 1) - 1)]
            others = [*top[:i], *left, *top[i + 1 :]]
            got = density_integral(self.rw, k, base, others, bottom, lambda s: self._same_range(s, lo, hi))
            if got is not None:
                return got[0]
        return None

    def _probabilities(self, k: Term, lo: Term, hi: Term, top: list[Term], bottom: list[Term]) -> Term | None:
        """∑_k Pr(Z = k | …) = 1 over all values of Z."""
        if bottom or len(top) != 1 or top[0].op != "Pr":
            return None
        p = top[0].args[0]
        if p.op != "rel" or p.data != "=" or any(k in c.free for c in top[0].args[1:]):
            return None
        z = p.args[0] if p.args[1] is k else p.args[1] if p.args[0] is k else None
        if z is None or k in z.free:
            return None
        declaration = self.oracle.context.declarations.get(z.args[0] if z.op == "idx" else z)
        if declaration is None or not declaration.random or declaration.domain is None or declaration.domain.op not in ("range", "set"):
            return None
        return b.ONE if self._same_range(declaration.domain, lo, hi) else None

    def _same_range(self, domain: Term, lo: Term, hi: Term) -> bool:
        if domain.op == "range":
            return self.rw.nf(domain.args[0]) is lo and self.rw.nf(domain.args[1]) is hi
        if domain.op == "set" and hi is b.INF:
            if domain.data == "Z":
                return minus_infinity(lo)
            return integer_value(lo) == {"N": 0, "Npos": 1}.get(str(domain.data), -1)
        return False

    # --- nested sums ------------------------------------------------------------------------------------------------------------

    def _nested(self, k: Term, lo: Term, hi: Term, top: list[Term], bottom: list[Term], inner: Rewriter) -> Term | None:
        at = [i for i, f in enumerate(top) if f.op == "sum"]
        if len(at) != 1:
            return None
        F = top[at[0]]
        g = product([*top[: at[0]], *top[at[0] + 1 :]], bottom)
        lo2, hi2 = F.args[0], F.args[1]
        if infinite_range(lo2, hi2):
            return None
        from derivcheck.kernel.rewrite import level_symbol
        from derivcheck.terms.term import binder_names

        j = level_symbol(binder_names(F)[0], F.bound[0].sort, self.rw.depth)
        f = substitute(F.args[-1], {F.bound[0]: j})
        body = b.mul(g, f)
        swapped: Term | None = None
        if k not in lo2.free and k not in hi2.free:
            swapped = self.over(j, lo2, hi2, b.sum_(k, lo, hi, body), False)
        else:
            above, below = linear_in(hi2, k), linear_in(lo2, k)
            if above is not None and above[0] == 1 and k not in lo2.free:
                # lo2 ≤ j ≤ k + c: k runs from j - c
                c = above[1]
                if self.oracle.less_equal(lo, b.sub(lo2, c)):
                    swapped = self.over(j, lo2, b.add(hi, c), b.sum_(k, b.sub(j, c), hi, body), False)
            elif below is not None and below[0] == 1 and k not in hi2.free:
                c = below[1]
                if self.oracle.less_equal(b.sub(hi2, c), hi):
                    swapped = self.over(j, b.add(lo, c), hi2, b.sum_(k, lo, b.sub(j, c), body), False)
        if swapped is None:
            return None
        plain = self.rw.nf(self.place(k, lo, hi, top, bottom))
        swapped = self.rw.nf(swapped)
        best = self._earlier(plain, swapped)
        if best is not plain and plain.op == "sum":
            best = self.rw.nf(best)
            self.rw._memo[plain] = best
        return best

    def _earlier(self, plain: Term, swapped: Term) -> Term:
        """The form with fewer nested sums, or with the earlier nested sums; one that contains the other is solved for it."""
        if plain is swapped:
            return plain
        share = Fraction(0)
        others: list[Term] = []
        for c, m in linear_terms(swapped):
            if m is plain:
                share += c
            else:
                others.append(b.mul(num(c), m))
        if share == 1:
            return plain
        if share:
            return b.div(b.add(*others), num(1 - share))
        x, y = nesting(plain), nesting(swapped)
        if x != y:
            return swapped if y < x else plain
        deep_x = sorted((measure(m) for m in _deepest(plain, x)), reverse=True)
        deep_y = sorted((measure(m) for m in _deepest(swapped, x)), reverse=True)
        return swapped if deep_y < deep_x else plain

    # --- the canonical place ------------------------------------------------------------------------------------------------------

    def place(self, k: Term, lo: Term, hi: Term, top: list[Term], bottom: list[Term]) -> Term:
        """Shift or reflect the index, then give the range its canonical ends."""
        anchors = [f for f in (*top, *(b.div(b.ONE, f) for f in bottom)) if not (f.op == "pow" and k not in f.args[0].free)]
        found = places(anchors, k)
        everywhere = minus_infinity(lo) and hi is b.INF
        if minus_infinity(lo) and not everywhere:
            return self.atom(k, lo, hi, product(top, bottom))
        rising = [p for p in found if p.sign == 1]
        falling = [p for p in found if p.sign == -1]
        if everywhere:
            forms = [self.rw.nf(self._moved(k, lo, hi, top, bottom, self._first(ps))) for ps in (rising, falling) if ps]
            return min(forms, key=_ordered) if forms else self.atom(k, lo, hi, product(top, bottom))
        if not found:
            falling_powers = [
                got[1]
                for f in top
                if f.op == "pow" and k not in f.args[0].free and (got := linear_in(f.args[1], k)) is not None and got[0] == -1
            ]
            if falling_powers and len(falling_powers) == len([f for f in top if k in f.free]) and hi is not b.INF:
                falling = [Place(-1, falling_powers[0])]
        if rising:
            direct = self._moved(k, lo, hi, top, bottom, self._first(rising))
            if falling and hi is not b.INF:
                # both ways are compared as normal forms, whose own ways lead back here: then they stay as they are
                busy: set[Term] = self.rw.__dict__.setdefault("_compared", set())
                this = bind("sum", (k,), (lo, hi), product(top, bottom))
                if this in busy:
                    return direct
                busy.add(this)
                try:
                    mirrored = self._moved(k, lo, hi, top, bottom, self._first(falling))
                    x, y = self.rw.nf(direct), self.rw.nf(mirrored)
                finally:
                    busy.discard(this)
                return x if _ordered(x) <= _ordered(y) else y
            return direct
        if falling and hi is not b.INF:
            return self._moved(k, lo, hi, top, bottom, self._first(falling))
        return self.ranged(k, lo, hi, top, bottom)

    @staticmethod
    def _first(found: list[Place]) -> Place:
        def rank(p: Place) -> tuple[int, Fraction, int]:
            c, rest = constant_part(p.offset)
            return (0, c, 0) if rest is b.ZERO else (1, c, order_key(rest))

        return min(found, key=rank)

    def _moved(self, k: Term, lo: Term, hi: Term, top: list[Term], bottom: list[Term], p: Place) -> Term:
        """With k' = sign·k + offset as the new index."""
        rw = self.rw
        offset = p.offset
        if p.sign == 1:
            c, rest = constant_part(offset)
            if c.denominator != 1:
                whole = c.numerator // c.denominator
                offset = rw.nf(b.add(rest, num(whole)))
            if not self.oracle.integer(offset):
                return self.ranged(k, lo, hi, top, bottom)
            if offset is b.ZERO:
                return self.ranged(k, lo, hi, top, bottom)
            value, a, z = b.sub(k, offset), lo if minus_infinity(lo) else b.add(lo, offset), (hi if hi is b.INF else b.add(hi, offset))
        else:
            if not self.oracle.integer(offset):
                return self.ranged(k, lo, hi, top, bottom)
            value, a, z = b.sub(offset, k), lo, hi
            if not infinite_range(lo, hi):
                a, z = b.sub(offset, hi), b.sub(offset, lo)
        a, z = a if minus_infinity(a) else rw.nf(a), (z if z is b.INF else rw.nf(z))
        inner = self.inner(k, a, z)
        nonempty = self.oracle.less_equal(a, z)
        out: list[Term] = []
        for c, m in linear_terms(inner.nf(substitute(product(top, bottom), {k: value}))):
            outside, new_top, new_bottom = split_factors(m, k)
            if outside is not b.ONE and not (nonempty or total(outside, self.oracle)):
                out.append(b.mul(num(c), self.atom(k, a, z, m)))
            elif not new_top and not new_bottom:
                out.append(b.mul(num(c), self.monomial(k, a, z, m, False)))
            else:
                out.append(b.mul(num(c), outside, self.ranged(k, a, z, new_top, new_bottom)))
        return b.add(b.ZERO, *out)

    def ranged(self, k: Term, lo: Term, hi: Term, top: list[Term], bottom: list[Term]) -> Term:
        """Give the range its canonical ends: from 1 where the terms allow it, up to something without a constant."""
        rw, o = self.rw, self.oracle
        m = product(top, bottom)
        if bottom and not infinite_range(lo, hi) and o.negative(hi) and not o.positive(lo) and _powers_of(k, (*top, *bottom)):
            # negative powers of an index that runs below 0: mirrored
            a, z = rw.nf(b.neg(hi)), rw.nf(b.neg(lo))
            ((c, mirrored),) = linear_terms(self.inner(k, a, z).nf(substitute(m, {k: b.neg(k)})))
            return b.mul(num(c), self.ranged(k, a, z, *factors(mirrored)))
        extra: list[Term] = []

        def at(i: Term) -> Term:
            return substitute(m, {k: i})

        first = integer_value(lo)
        if minus_infinity(lo):
            return self.atom(k, lo, hi, m)
        if first is None:
            got = self._prefix_difference(k, lo, hi, m)
            if got is not None:
                return got
        elif first < 1 and 1 - first <= UNFOLD and o.less_equal(b.ZERO, hi):
            extra += [at(num(i)) for i in range(first, 1)]
            lo = b.ONE
        elif 1 < first <= UNFOLD and o.less_equal(num(first - 1), hi) and self._defined_at(m, k, [num(i) for i in range(1, first)]):
            extra += [b.neg(at(num(i))) for i in range(1, first)]
            lo = b.ONE
        if hi is not b.INF:
            c, rest = constant_part(hi)
            if c.denominator == 1 and rest is not b.ZERO and c != 0 and abs(c) <= PEEL:
                n = int(c)
                if n > 0 and o.less_equal(b.sub(lo, b.ONE), rest):
                    extra += [at(rw.nf(b.add(rest, num(i)))) for i in range(1, n + 1)]
                    hi = rest
                elif n < 0 and o.less_equal(b.sub(lo, b.ONE), hi):
                    skipped = [rw.nf(b.add(rest, num(i))) for i in range(n + 1, 1)]
                    if self._defined_at(m, k, skipped):
                        extra += [b.neg(at(x)) for x in skipped]
                        hi = rest
        return b.add(self._powers_out(k, lo, hi, m), *extra)

    def _defined_at(self, m: Term, k: Term, points: list[Term]) -> bool:
        return all(total(self.rw.nf(substitute(m, {k: x})), self.oracle) for x in points)

    def _prefix_difference(self, k: Term, lo: Term, hi: Term, m: Term) -> Term | None:
        """∑_{lo}^{hi} = ∑_1^{hi} - ∑_1^{lo-1} for 1 ≤ lo ≤ hi + 1, the terms from 1 on having values."""
        o = self.oracle
        before = self.rw.nf(b.sub(lo, b.ONE))
        if not o.less_equal(b.ONE, lo) or not o.less_equal(before, hi):
            return None
        if not total(m, self.inner(k, b.ONE, before).oracle):
            return None
        if hi is b.INF and not summable(k, lo, hi, m, self.inner(k, lo, hi)):
            return None
        top, bottom = factors(m)
        return b.sub(self.ranged(k, b.ONE, hi, top, bottom), self.ranged(k, b.ONE, before, top, bottom))

    def _powers_out(self, k: Term, lo: Term, hi: Term, m: Term) -> Term:
        """Pull y^(lowest exponent) out of y^(±k+c), so that exponents of a base that may vanish start at 0."""
        inner = self.inner(k, lo, hi)
        m = inner.nf(m)
        if m.op == "add" or m is b.ZERO:
            return b.ZERO if m is b.ZERO else self.atom(k, lo, hi, m)
        top, bottom = factors(m)
        out: list[Term] = []
        changed = False
        for i, f in enumerate(top):
            if f.op != "pow" or k in f.args[0].free or k not in f.args[1].free:
                continue
            base, e = f.args
            got = linear_in(e, k)
            if got is None:
                continue
            if self.oracle.nonzero(base):
                lowest = got[1]
            else:
                end = lo if got[0] > 0 else hi
                if end is b.INF:
                    continue
                lowest = self.rw.nf(substitute(e, {k: end}))
                if got[0].denominator != 1 or not self.oracle.natural(lowest):
                    continue
            if lowest is b.ZERO:
                continue
            out.append(b.pow_(base, lowest))
            top[i] = b.pow_(base, inner.nf(b.sub(e, lowest)))
            changed = True
        if not changed:
            return self.atom(k, lo, hi, m)
        return b.mul(*out, self.atom(k, lo, hi, inner.nf(product(top, bottom))))

    def atom(self, k: Term, lo: Term, hi: Term, m: Term) -> Term:
        """The sum itself, marked as normal."""
        if self.oracle.less(hi, lo):
            return b.ZERO
        if not infinite_range(lo, hi):
            gap = self.rw.nf(b.sub(hi, lo))
            if gap is b.ZERO:
                return substitute(m, {k: lo})
        t = bind("sum", (k,), (lo, hi), m, None, m.sort)
        if self.settled:
            self.rw._memo.setdefault(t, t)
        return t


def _powers_of(k: Term, fs: tuple[Term, ...]) -> bool:
    return all(f is k or (f.op == "pow" and f.args[0] is k and f.args[1].op == "num") for f in fs)


def nesting(t: Term) -> int:
    """How deep sums stand within sums."""
    below = max((nesting(a) for a in t.args), default=0)
    return below + (1 if t.op in ("sum", "sumset", "prod", "prodset") else 0)


def _deepest(t: Term, depth: int) -> list[Term]:
    return [s for s in subterms(t) if s.op == "sum" and nesting(s) == depth]


def _ordered(t: Term) -> tuple[int, int, int]:
    return measure(t)
