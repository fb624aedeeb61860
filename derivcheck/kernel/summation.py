"""The linear normal form of ∑_{k=lo}^{hi} body.

`Summation(rw).over(k, lo, hi, body)` returns a linear combination, with coefficients free of k, of sums in canonical form and of closed
forms; it has the same value wherever the sum has one.  In order:

1. the body, in normal form, is split into monomials (infinite sums: only as far as convergence is shown, or abstract and recorded);
2. factors free of k are pulled out, among them y^(lowest exponent) of y^(±k+c);
3. indicators and cases on k become changes of the range, or single terms;
4. denominators with rational roots in k are split into partial fractions;
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

from derivcheck.kernel.algebra import integer_value, linear_terms
from derivcheck.kernel.closedsums import closed, geometric_factor
from derivcheck.kernel.monomials import (
    Place,
    constant_part,
    degree_in,
    factored,
    factors,
    linear_in,
    measure,
    partial_fractions,
    places,
    product,
    split_factors,
    univariate,
)
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.sorts import BOOL
from derivcheck.terms.term import Term, bind, mk, num, substitute, subterms

if TYPE_CHECKING:
    from derivcheck.kernel.oracle import Oracle
    from derivcheck.kernel.rewrite import Rewriter

UNFOLD = 12
PEEL = 8
_FLIP = {"<": ">", ">": "<", "≤": "≥", "≥": "≤", "=": "=", "≠": "≠"}


def minus_infinity(t: Term) -> bool:
    """Whether a bound is -∞."""
    return t.op == "neg" and t.args[0] is b.INF


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
        if rw.nf(b.sub(hi, lo)) is b.ZERO and not self._infinite(lo, hi):
            return rw.nf(substitute(body, {k: lo}))
        inner = self.inner(k, lo, hi)
        body = inner.nf(body)
        if body is b.ZERO:
            return b.ZERO
        terms = [(c, m) for c, m in linear_terms(body)]
        if self._infinite(lo, hi):
            groups = self._convergent_groups(k, lo, hi, terms, inner)
        else:
            groups = [(c, m) for c, m in terms]
        return b.add(*(b.mul(num(c), self.monomial(k, lo, hi, m, exchange)) for c, m in groups))

    @staticmethod
    def _infinite(lo: Term, hi: Term) -> bool:
        return hi is b.INF or minus_infinity(lo)

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
            if self._infinite(lo, hi):
                return self.atom(k, lo, hi, m)
            return self.over(k, lo, hi, m, exchange)
        outside, top, bottom = split_factors(m, k)
        infinite = self._infinite(lo, hi)
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
        got = self._conditional(k, lo, hi, top, bottom, exchange)
        if got is not None:
            return got
        got = self._partial_fractions(k, lo, hi, top, bottom, inner, exchange)
        if got is not None:
            return got
        got = self._expectation(k, lo, hi, top, bottom) or self._probabilities(k, lo, hi, top, bottom)
        if got is not None:
            return got
        got = closed(rw, k, lo, hi, top, bottom) if not minus_infinity(lo) else None
        if got is not None:
            return got
        if not self._infinite(lo, hi) and exchange:
            got = self._nested(k, lo, hi, top, bottom, inner)
            if got is not None:
                return got
        return self.place(k, lo, hi, top, bottom)

    # --- conditions on the index ------------------------------------------------------------------------------------------------

    def _conditional(self, k: Term, lo: Term, hi: Term, top: list[Term], bottom: list[Term], exchange: bool) -> Term | None:
        for i, f in enumerate(top):
            if f.op == "pow" and f.args[0].op == "ind" and (integer_value(f.args[1]) or 0) > 0:
                f = f.args[0]
            rest = product([*top[:i], *top[i + 1 :]], bottom)
            if f.op == "ind" and k in f.free:
                if f.args[0].op == "and":
                    split = b.mul(*(b.ind(p) for p in f.args[0].args))
                    return self.over(k, lo, hi, b.mul(split, rest), exchange)
                got = self._restricted(k, lo, hi, f.args[0], rest, exchange)
                if got is not None:
                    return got
            if f.op == "cases" and len(f.args) >= 3 and len(f.args) % 2 and k in f.args[0].free:
                p, first = f.args[0], f.args[1]
                others = f.args[2] if len(f.args) == 3 else mk("cases", f.args[2:], None, f.sort)
                if p.op == "and" and len(f.args) == 3 and others is b.ZERO:
                    first = b.cases(b.and_(*p.args[1:]), first, b.ZERO)
                    p = p.args[0]
                from derivcheck.kernel.rewrite import negation

                yes = self._restricted(k, lo, hi, p, b.mul(first, rest), exchange)
                if yes is None:
                    continue
                no = b.ZERO if others is b.ZERO else self._restricted(k, lo, hi, negation(p), b.mul(others, rest), exchange)
                if no is not None:
                    return b.add(yes, no)
        return None

    def _restricted(self, k: Term, lo: Term, hi: Term, p: Term, body: Term, exchange: bool) -> Term | None:
        """The sum over those k in the range for which the comparison p holds; None where p is not understood."""
        if p.op == "rel" and p.data in ("in", "notin") and p.args[0] is k and p.args[1].op == "range":
            a, z = p.args[1].args
            if p.data == "in":
                return self._restricted_range(k, lo, hi, a, z, body, exchange)
            return None
        if p.op == "rel" and p.data == "in" and p.args[1].op == "finset":
            return self._listed(k, lo, hi, p.args[0], p.args[1].args, body)
        if p.op != "rel" or p.data not in _FLIP or p.args[0].sort.kind != "num":
            return None
        o = self.oracle
        got = linear_in(self.inner(k, lo, hi).nf(b.sub(p.args[0], p.args[1])), k)
        if got is None or got[0] == 0:
            return None
        slope, rest = got
        relation = str(p.data) if slope > 0 else _FLIP[str(p.data)]
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
                return self.over(k, lo, hi, body, exchange)
            if not inside:
                return None
            value = substitute(body, {k: j})
            if not self._infinite(lo, hi) and total(self.rw.nf(value), o) and self._total_over(k, lo, hi, body):
                return b.sub(self.over(k, lo, hi, body, exchange), value)
            below = self.over(k, lo, self.rw.nf(b.sub(j, b.ONE)), body, exchange)
            return b.add(below, self.over(k, self.rw.nf(b.add(j, b.ONE)), hi, body, exchange))
        one = b.ONE
        if relation in ("<", "≤"):
            j = j if relation == "≤" else self.rw.nf(b.sub(j, one))
            return self._restricted_range(k, lo, hi, lo, j, body, exchange)
        j = j if relation == "≥" else self.rw.nf(b.add(j, one))
        return self._restricted_range(k, lo, hi, j, hi, body, exchange)

    def _listed(self, k: Term, lo: Term, hi: Term, u: Term, elements: tuple[Term, ...], body: Term) -> Term | None:
        """The sum over those k for which u = ±k + c is one of some different integers."""
        o = self.oracle
        got = linear_in(self.inner(k, lo, hi).nf(u), k)
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

    def _restricted_range(self, k: Term, lo: Term, hi: Term, a: Term, z: Term, body: Term, exchange: bool) -> Term | None:
        """The sum over lo..hi cut with a..z."""
        o = self.oracle
        if o.less_equal(a, lo):
            a = lo
        elif not o.less_equal(lo, a):
            return None
        if o.less_equal(hi, z):
            z = hi
        elif not o.less_equal(z, hi):
            return None
        return self.over(k, a, z, body, exchange)

    def _total_over(self, k: Term, lo: Term, hi: Term, body: Term) -> bool:
        return total(body, self.inner(k, lo, hi).oracle)

    # --- rational functions of the index ----------------------------------------------------------------------------------------

    def _partial_fractions(
        self, k: Term, lo: Term, hi: Term, top: list[Term], bottom: list[Term], inner: Rewriter, exchange: bool
    ) -> Term | None:
        """Σ A k^d / D(k) with D a product of distinct rational linear factors becomes sums over single poles and powers."""
        plain: list[Term] = []
        polynomial: list[Term] = []
        for f in bottom:
            base = f.args[0] if f.op == "pow" else f
            if base is k or (base.op == "add" and k in base.free):
                polynomial.append(f)
            else:
                plain.append(f)
        if not polynomial:
            return None
        got = factored(b.mul(*polynomial), inner)
        if got is None:
            return None
        constant, parts = got
        roots: list[tuple[Fraction, int]] = []
        free: list[Term] = []
        for base, e in parts:
            if e <= 0:
                return None
            if k not in base.free:
                free.append(base if e == 1 else b.pow_(base, e))
                continue
            coefficients = univariate(base, k)
            if coefficients is None or len(coefficients) != 2:
                # not rational in k alone: stays below
                plain.append(base if e == 1 else b.pow_(base, e))
                continue
            c0, c1 = coefficients
            constant *= c1**e
            roots.append((-c0 / c1, e))
        scale = b.div(num(1 / constant), b.mul(*free)) if free else num(1 / constant)
        if not roots:
            if not free:
                return None
            # only a factor without k to take out of the denominator
            if not (self.oracle.nonzero(b.mul(*free)) or self.oracle.less_equal(lo, hi)):
                return None
            return b.mul(scale, self.monomial(k, lo, hi, product(top, plain), exchange))
        degree, rest = degree_in(top, k)
        if degree == 0 and len(roots) == 1 and not free and constant == 1:
            return None  # a single pole already
        if free and not (self.oracle.nonzero(b.mul(*free)) or self.oracle.less_equal(lo, hi)):
            return None
        quotient, pieces = partial_fractions(degree, roots)
        bodies = [b.mul(num(c), b.pow_(k, i) if i else b.ONE) for i, c in enumerate(quotient) if c]
        bodies += [b.div(num(alpha), b.pow_(b.add(k, num(-rho)), j)) for rho, j, alpha in pieces]
        if self._infinite(lo, hi):
            if len(bodies) > 1:
                return self._telescoped(k, lo, hi, rest, plain, scale, quotient, pieces, inner)
        out = [self.monomial(k, lo, hi, b.mul(body, product(rest, plain)), exchange) for body in bodies]
        return b.mul(scale, b.add(*out))

    def _telescoped(
        self,
        k: Term,
        lo: Term,
        hi: Term,
        rest: list[Term],
        plain: list[Term],
        scale: Term,
        quotient: list[Fraction],
        pieces: list[tuple[Fraction, int, Fraction]],
        inner: Rewriter,
    ) -> Term | None:
        """Infinite sums of rational functions: simple poles at integers whose residues add up to 0 telescope; higher poles converge alone."""
        start = integer_value(lo)
        if quotient or rest or plain or start is None or hi is not b.INF:
            return None
        simple = [(rho, alpha) for rho, j, alpha in pieces if j == 1]
        if sum((alpha for _, alpha in simple), Fraction(0)) != 0:
            return None
        if any(rho.denominator != 1 or rho >= start for rho, _ in simple):
            return None
        # ∑_{k≥lo} ∑ α/(k-ρ) with ∑ α = 0 is ∑ α H, where H runs over 1/i for lo - ρ ≤ i < common start
        far = max((start - int(rho) for rho, _ in simple), default=0)
        value = sum((alpha * Fraction(1, i) for rho, alpha in simple for i in range(start - int(rho), far)), Fraction(0))
        higher = [self.monomial(k, lo, hi, b.div(num(alpha), b.pow_(b.add(k, num(-rho)), j))) for rho, j, alpha in pieces if j > 1]
        return b.mul(scale, b.add(num(value), *higher))

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
        from derivcheck.kernel.rules.density import density_integral

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
        if self._infinite(lo2, hi2):
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
                mirrored = self._moved(k, lo, hi, top, bottom, self._first(falling))
                x, y = self.rw.nf(direct), self.rw.nf(mirrored)
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
            if not self._infinite(lo, hi):
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
        if not self._infinite(lo, hi):
            gap = self.rw.nf(b.sub(hi, lo))
            if gap is b.ZERO:
                return substitute(m, {k: lo})
        t = bind("sum", (k,), (lo, hi), m, None, m.sort)
        if self.settled:
            self.rw._memo.setdefault(t, t)
        return t


def nesting(t: Term) -> int:
    """How deep sums stand within sums."""
    below = max((nesting(a) for a in t.args), default=0)
    return below + (1 if t.op in ("sum", "sumset", "prod", "prodset") else 0)


def _deepest(t: Term, depth: int) -> list[Term]:
    return [s for s in subterms(t) if s.op == "sum" and nesting(s) == depth]


def _ordered(t: Term) -> tuple[int, int, int]:
    return measure(t)


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
    ratio: list[Term] = []
    has_ratio = False
    for f in rest:
        if f.op == "fn" and f.data == "gamma" and (g := linear_in(f.args[0], k)) is not None and g[0] > 0:
            gammas -= g[0]
            single = single and g[0] == 1
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
    return gammas == 0 and bounded and below - degree >= 2
