"""Asymptotic expansions of scalar terms as t → 0+, and limits read off the leading term.

A term is expanded in the scale  exp(P) t^k L^j  (L = -log t, which tends to +∞; P a combination of t^a L^b that tends to ±∞), as finitely many terms and a
remainder.  The limit of the expansion is that of its leading term.  Arithmetic on expansions: sums, products, geometric series for
quotients, binomial series for powers, exp and log of an expansion, and Taylor's formula for functions smooth at the limit of their
argument.  Coefficients are terms free of t; a leading coefficient must be shown nonzero by the oracle.

A factor that only stays bounded (sin of what diverges) is a remainder of order 1: that is the squeeze.

Source: Hardy's orders of infinity; Gruntz, On Computing Limits in a Symbolic Manipulation System (1996), restricted to one
exponential level.  Limits: towers of exponentials, undecided comparisons give None.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from derivcheck.kernel import algebra
from derivcheck.kernel.algebra import integer_value, rational_value
from derivcheck.kernel.infinite import infinite_factor
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, fresh, mk, num, substitute, subterms

if TYPE_CHECKING:
    from derivcheck.kernel.rewrite import Rewriter


class Unknown(Exception):
    """The expansion can't be made by these means."""


Exponent = "Fraction | Term"


@dataclass(frozen=True)
class Scale:
    """exp(sum of coefficients times smaller scales) · t^k · L^j; `grow` is a sorted tuple of ((k, j), coefficient)."""

    grow: tuple[tuple[tuple[Fraction, Fraction | int], Term], ...]
    k: Term
    j: Fraction | int


ONE_SCALE = Scale((), b.ZERO, 0)


@dataclass
class Series:
    """Terms from largest to smallest, and the scale of the remainder (None: exact)."""

    terms: list[tuple[Scale, Term]]
    rest: Scale | None


class Expander:
    """Expands terms in the symbol `t` (t → 0+) with about `order` terms."""

    def __init__(self, t: Term, rw: Rewriter, order: int) -> None:
        self.t, self.rw, self.order = t, rw, order
        self.memo: dict[Term, Series] = {}
        self.rates: dict[Term, Term] = {}

    # --- scales -----------------------------------------------------------------------------------------------------------

    def sign(self, c: Term) -> int:
        """The sign of a coefficient; Unknown if not shown."""
        c = self.rw.nf(c)
        if c is b.ZERO:
            return 0
        if self.rw.oracle.positive(c):
            return 1
        if self.rw.oracle.negative(c):
            return -1
        if algebra.is_zero(c, self.rw):
            return 0
        if self.rw.oracle.real(c) and any(s.op == "fn" and s.data == "log" for s in subterms(c)):
            # log a - log b has the sign of a/b - 1
            gap = self.rw.nf(b.sub(b.exp(c), b.ONE))
            if not any(s.op == "fn" and s.data in ("log", "exp") for s in subterms(gap)):
                return self.sign(gap)
        raise Unknown

    def compare(self, x: Scale, y: Scale) -> int:
        """1 if x dominates y as t → 0+, -1 if y dominates x, 0 if equal."""
        if x == y:
            return 0
        difference: dict[tuple[Fraction, Fraction | int], Term] = dict(x.grow)
        for key, c in y.grow:
            difference[key] = b.sub(difference[key], c) if key in difference else b.neg(c)
        if x.k is not y.k:
            # t^k is exp(-k L): it stands between the powers of L above and below the first
            difference[(Fraction(0), 1)] = b.sub(y.k, x.k)
        for key in sorted(difference, key=lambda kj: (kj[0], -kj[1])):
            s = self.sign(difference[key])
            if s:
                return s
        return (x.j > y.j) - (x.j < y.j)

    def tends(self, x: Scale) -> int:
        """1 if the scale tends to infinity (in size), 0 if it is 1, -1 if it tends to 0."""
        return self.compare(x, ONE_SCALE)

    def times_scale(self, x: Scale, y: Scale) -> Scale:
        grow: dict[tuple[Fraction, Fraction | int], Term] = dict(x.grow)
        for key, c in y.grow:
            grow[key] = self.rw.nf(b.add(grow[key], c)) if key in grow else c
        kept = tuple(sorted(((key, c) for key, c in grow.items() if c is not b.ZERO), key=lambda p: p[0]))
        return Scale(kept, self.rw.nf(b.add(x.k, y.k)), x.j + y.j)

    def power_scale(self, x: Scale, q: Term) -> Scale:
        n = rational_value(q)
        if x.j and n is None:
            raise Unknown
        grow = tuple((key, self.rw.nf(b.mul(q, c))) for key, c in x.grow)
        return Scale(grow, self.rw.nf(b.mul(q, x.k)), x.j * n if n is not None else 0)

    # --- arithmetic -------------------------------------------------------------------------------------------------------

    def tidy(self, terms: list[tuple[Scale, Term]], rest: Scale | None) -> Series:
        from functools import cmp_to_key

        merged: list[tuple[Scale, Term]] = []
        for s, c in terms:
            for i, (s2, c2) in enumerate(merged):
                if s2 == s or self.compare(s, s2) == 0:
                    merged[i] = (s2, b.add(c2, c))
                    break
            else:
                merged.append((s, c))
        kept: list[tuple[Scale, Term]] = []

        def falling(p: tuple[Scale, Term], q: tuple[Scale, Term]) -> int:
            return -self.compare(p[0], q[0])

        for s, c in merged:
            c = self.rw.nf(c)
            if c is b.ZERO or (rest is not None and self.compare(s, rest) <= 0):
                continue
            kept.append((s, c))
        kept.sort(key=cmp_to_key(falling))
        if len(kept) > self.order:
            cut = kept[self.order][0]
            kept = kept[: self.order]
            rest = cut if rest is None or self.compare(cut, rest) > 0 else rest
        self.rw.budget.spend(20 + len(kept))
        return Series(kept, rest)

    def bigger(self, x: Scale | None, y: Scale | None) -> Scale | None:
        if x is None or y is None:
            return x or y
        return x if self.compare(x, y) >= 0 else y

    def add(self, parts: list[Series]) -> Series:
        rest: Scale | None = None
        for p in parts:
            rest = self.bigger(rest, p.rest)
        return self.tidy([term for p in parts for term in p.terms], rest)

    def scale(self, c: Term, s: Scale, x: Series) -> Series:
        return Series(
            [(self.times_scale(s, y), self.rw.nf(b.mul(c, d))) for y, d in x.terms],
            None if x.rest is None else self.times_scale(s, x.rest),
        )

    def mul(self, x: Series, y: Series) -> Series:
        terms = [(self.times_scale(s, r), b.mul(c, d)) for s, c in x.terms for r, d in y.terms]
        rest: Scale | None = None
        if x.rest is not None:
            top = y.terms[0][0] if y.terms else y.rest
            rest = self.times_scale(x.rest, top) if top is not None else None
        if y.rest is not None:
            top = x.terms[0][0] if x.terms else x.rest
            rest = self.bigger(rest, self.times_scale(y.rest, top) if top is not None else None)
        return self.tidy(terms, rest)

    def lead(self, x: Series) -> tuple[Scale, Term]:
        if not x.terms:
            raise Unknown
        scale, c = x.terms[0]
        if not self.rw.oracle.nonzero(c):
            if algebra.is_zero(c, self.rw):
                return self.lead(Series(x.terms[1:], x.rest))
            raise Unknown
        return scale, c

    def relative(self, x: Series) -> tuple[Scale, Term, Series]:
        """x = c s (1 + r) with r tending to 0."""
        s, c = self.lead(x)
        inverse = self.power_scale(s, b.MINUS_ONE)
        r = self.scale(self.rw.nf(b.div(b.ONE, c)), inverse, Series([term for term in x.terms if term[0] != s], x.rest))
        r = self.tidy(r.terms, r.rest)
        if r.terms and self.tends(r.terms[0][0]) >= 0:
            raise Unknown
        return s, c, r

    def power_series(self, coefficients: list[Term], r: Series) -> Series:
        """sum c_n r^n for r tending to 0, with the remainder of the first power left out."""
        total = [Series([(ONE_SCALE, coefficients[0])], None)]
        power = Series([(ONE_SCALE, b.ONE)], None)
        for c in coefficients[1:]:
            power = self.mul(power, r)
            if not power.terms and power.rest is None:
                return self.add(total)
            total.append(self.scale(c, ONE_SCALE, power))
        if r.terms or r.rest is not None:
            last = self.mul(power, r)
            top = last.terms[0][0] if last.terms else last.rest
            total.append(Series([], top))
        return self.add(total)

    def reciprocal(self, x: Series) -> Series:
        s, c, r = self.relative(x)
        series = self.power_series([num((-1) ** n) for n in range(self.order + 1)], r)
        return self.scale(self.rw.nf(b.div(b.ONE, c)), self.power_scale(s, b.MINUS_ONE), series)

    def power(self, x: Series, q: Term) -> Series:
        n = integer_value(q)
        if n is not None and 0 <= n <= 12:
            out = Series([(ONE_SCALE, b.ONE)], None)
            for _ in range(n):
                out = self.mul(out, x)
            return out
        if n is not None and n < 0 and -n <= 12:
            return self.power(self.reciprocal(x), num(-n))
        s, c, r = self.relative(x)
        if not self.rw.oracle.positive(c):
            raise Unknown
        coefficients: list[Term] = [b.ONE]
        for k in range(1, self.order + 1):
            coefficients.append(self.rw.nf(b.mul(coefficients[-1], b.div(b.sub(q, num(k - 1)), num(k)))))
        return self.scale(self.rw.nf(b.pow_(c, q)), self.power_scale(s, q), self.power_series(coefficients, r))

    def exp(self, x: Series) -> Series:
        grow: list[tuple[tuple[Fraction, Fraction | int], Term]] = []
        small: list[tuple[Scale, Term]] = []
        constant: list[Term] = []
        k: Term = b.ZERO
        for s, c in x.terms:
            way = self.tends(s)
            if way < 0:
                small.append((s, c))
            elif way == 0:
                constant.append(c)
            elif not self.rw.oracle.real(c):
                # it turns without end: only its size is known
                raise Unknown
            elif not s.grow and s.k is b.ZERO and s.j == 1:
                k = self.rw.nf(b.sub(k, c))
            else:
                q = rational_value(s.k)
                if s.grow or q is None:
                    raise Unknown
                grow.append(((q, s.j), c))
        if x.rest is not None and self.tends(x.rest) >= 0:
            raise Unknown
        scale = Scale(tuple(sorted(grow, key=lambda p: p[0])), k, 0)
        coefficients: list[Term] = [b.ONE]
        for n in range(1, self.order + 1):
            coefficients.append(self.rw.nf(b.div(coefficients[-1], num(n))))
        series = self.power_series(coefficients, Series(small, x.rest))
        return self.scale(self.rw.nf(b.exp(b.add(*constant))) if constant else b.ONE, scale, series)

    def log(self, x: Series) -> Series:
        s, c, r = self.relative(x)
        if not self.rw.oracle.positive(c) or s.j:
            raise Unknown
        head: list[tuple[Scale, Term]] = [(ONE_SCALE, b.log(c))] if c is not b.ONE else []
        if s.k is not b.ZERO:
            head.append((Scale((), b.ZERO, 1), self.rw.nf(b.neg(s.k))))
        head.extend((Scale((), num(key[0]), key[1]), coefficient) for key, coefficient in s.grow)
        coefficients: list[Term] = [b.ZERO] + [num(Fraction((-1) ** (n + 1), n)) for n in range(1, self.order + 1)]
        return self.add([Series(head, None), self.power_series(coefficients, r)])

    def smooth(self, t: Term, x: Series) -> Series:
        """A function smooth at the limit of its (one moving) argument, by Taylor's formula."""
        from derivcheck.semantics.differentiate import derivative

        if any(self.tends(s) > 0 for s, _ in x.terms[:1]):
            raise Unknown
        at: Term = b.ZERO
        small: list[tuple[Scale, Term]] = []
        for s, c in x.terms:
            if self.tends(s) == 0:
                at = c
            else:
                small.append((s, c))
        if x.rest is not None and self.tends(x.rest) >= 0:
            raise Unknown
        if t.op == "apply" and not _inside(t, at, self.rw):
            raise Unknown
        if t.op == "fn" and t.data not in ("sin", "cos") and not self.rw.oracle.real(at):
            raise Unknown
        u = fresh("u")
        f = substitute_argument(t, u)
        coefficients: list[Term] = []
        factorial = 1
        for n in range(self.order + 1):
            value = self.rw.nf(substitute(f, {u: at}))
            if self.rw.oracle.undefinedness(value):
                raise Unknown
            coefficients.append(self.rw.nf(b.div(value, num(factorial))))
            factorial *= n + 1
            got = derivative(f, u)
            if not got.complete or not all(self.rw.oracle.holds(substitute(c, {u: at})) or _off_cut(substitute(c, {u: at}), self.rw) for c in got.conditions):
                raise Unknown
            f = got.term
        return self.power_series(coefficients, Series(small, x.rest))

    def _falling(self, u: Term, e: Term) -> Series | None:
        """u^e = O(e^{r e}) for -1 < u < 1 and e → ∞, with r = log|u| < 0 (for u = 0 it is 0, and any r will do)."""
        oracle = self.rw.oracle
        if not (oracle.real(u) and oracle.less(b.MINUS_ONE, u) and oracle.less(u, b.ONE)):
            return None
        from derivcheck.terms.context import Declaration

        rate = self.rates.get(u)
        if rate is None:
            rate = self.rates[u] = fresh("r")
            self.rw = self.rw.child(((Declaration(rate, mk("set", (), "Rneg", b.REALS.sort)),), ()))
        size = self.exp(self.scale(rate, ONE_SCALE, self.expand(e)))
        top = size.terms[0][0] if size.terms else size.rest
        return None if top is None else Series([], top)

    # --- terms ------------------------------------------------------------------------------------------------------------

    def expand(self, t: Term) -> Series:
        """The expansion of a term."""
        got = self.memo.get(t)
        if got is None:
            self.rw.budget.spend(5)
            try:
                got = self._expand(t)
            except Unknown:
                bound = self._bounded(t)
                if bound is None:
                    raise
                got = bound
            self.memo[t] = got
        return got

    def _bounded(self, t: Term) -> Series | None:
        """O(1) for what stays between two numbers (sin and cos of anything real, indicators, e^{iy}), u + O(1) for ⌊u⌋ and ⌈u⌉."""
        if t.op == "fn" and t.data in ("floor", "ceil") and self.rw.oracle.real(t.args[0]):
            return self.add([self.expand(t.args[0]), Series([], ONE_SCALE)])
        if t.op == "fn" and t.data == "exp":
            from derivcheck.kernel.rules.explog import cartesian

            parts = cartesian(t.args[0], self.rw)
            if parts is None or parts[1] is b.ZERO:
                return None
            size = self.exp(self.expand(parts[0]))
            top = size.terms[0][0] if size.terms else size.rest
            return None if top is None else Series([], top)
        if t.op == "pow" and self.t not in t.args[0].free:
            return self._falling(t.args[0], t.args[1])
        if t.op == "apply" and t.args[0].op == "sym":
            d = self.rw.oracle.context.declarations.get(t.args[0])
            if d is not None and "bounded" in d.attributes:
                return Series([], ONE_SCALE)
        if t.op not in ("fn", "ind", "pow", "cases", "apply"):
            return None
        info = self.rw.oracle.info(t)
        return Series([], ONE_SCALE) if info.real and info.lo is not None and info.hi is not None else None

    def _expand(self, t: Term) -> Series:
        if self.t not in t.free:
            if t is b.INF or not _finite(t):
                raise Unknown
            return Series([(ONE_SCALE, t)], None) if t is not b.ZERO else Series([], None)
        if t is self.t:
            return Series([(Scale((), b.ONE, 0), b.ONE)], None)
        if t.op == "add":
            return self.add([self.expand(a) for a in t.args])
        if t.op == "neg":
            return self.scale(b.MINUS_ONE, ONE_SCALE, self.expand(t.args[0]))
        if t.op == "mul":
            out = self.expand(t.args[0])
            for a in t.args[1:]:
                out = self.mul(out, self.expand(a))
            return out
        if t.op == "div":
            try:
                return self.mul(self.expand(t.args[0]), self.reciprocal(self.expand(t.args[1])))
            except Unknown:
                from derivcheck.kernel.asymptotic_sums import quotient

                turned = quotient(self, t.args[0], t.args[1])
                if turned is None:
                    raise
                return turned
        if t.op == "sum" and t.sort.kind == "num":
            from derivcheck.kernel.asymptotic_sums import finite_sum

            return finite_sum(self, t)
        if t.op == "pow":
            base, exponent = t.args
            if self.t in exponent.free:
                return self.exp(self.mul(self.expand(exponent), self.log(self.expand(base))))
            return self.power(self.expand(base), exponent)
        if t.op == "fn":
            name = str(t.data)
            if name == "exp":
                return self.exp(self.expand(t.args[0]))
            if name == "log":
                return self.log(self.expand(t.args[0]))
            if name == "abs":
                x = self.expand(t.args[0])
                _, c = self.lead(x)
                return self.scale(num(self.sign(c)), ONE_SCALE, x)
            if name == "sign":
                x = self.expand(t.args[0])
                _, c = self.lead(x)
                return Series([(ONE_SCALE, num(self.sign(c)))], None)
            if name in ("max", "min") and len(t.args) == 2:
                one, other = t.args
                gap = b.fn("abs", b.sub(one, other))
                return self.expand(b.div(b.add(one, other, gap if name == "max" else b.neg(gap)), b.TWO))
            if name in ("tan", "cot", "sec", "csc"):
                u = t.args[0]
                sin, cos = b.fn("sin", u), b.fn("cos", u)
                return self.expand({"tan": b.div(sin, cos), "cot": b.div(cos, sin), "sec": b.div(b.ONE, cos), "csc": b.div(b.ONE, sin)}[name])
            if name in ("arctan", "erf", "arcsin", "arccos", "sin", "cos", "digamma", "gamma", "erfc", "loggamma", "arcsinh"):
                x = self.expand(t.args[0])
                if x.terms and self.tends(x.terms[0][0]) > 0:
                    return self._at_infinity(name, t, x)
                return self.smooth(t, x)
        if t.op == "int":
            return self._integral(t)
        if t.op == "apply" and sum(self.t in a.free for a in t.args[1:]) == 1:
            moving = next(a for a in t.args[1:] if self.t in a.free)
            return self.smooth(t, self.expand(moving))
        raise Unknown

    def _at_infinity(self, name: str, t: Term, x: Series) -> Series:
        s, c = self.lead(x)
        way = self.sign(c)
        if name == "arctan":
            inverse = self.reciprocal(x)
            u = fresh("u")
            small = self.smooth(b.fn("arctan", u), inverse)
            return self.add([Series([(ONE_SCALE, b.mul(num(Fraction(way, 2)), b.PI))], None), self.scale(b.MINUS_ONE, ONE_SCALE, small)])
        if name == "erf":
            # 1 - erf u < e^{-u^2} for u ≥ 0: the remainder is smaller than every power of 1/u
            return Series([(ONE_SCALE, num(way))], self.power_scale(s, num(-self.order)))
        if name in ("gamma", "loggamma", "digamma", "erfc") and way > 0:
            return self._special(name, t.args[0], x, s)
        raise Unknown

    def _integral(self, t: Term) -> Series:
        """An integral with moving ends (or a parameter), by Taylor's formula at 0 where Leibniz's rule applies around it."""
        from derivcheck.kernel.rules.derivatives import exchanged
        from derivcheck.semantics.differentiate import derivative
        from derivcheck.terms.context import Declaration

        u = fresh("u")
        room = self.rw.child(((Declaration(u, b.REALS),), ()))
        f = substitute(t, {self.t: u})
        coefficients: list[Term] = []
        factorial = 1
        for n in range(self.order + 1):
            value = self.rw.nf(substitute(f, {u: b.ZERO}))
            if self.rw.oracle.undefinedness(value):
                raise Unknown
            coefficients.append(self.rw.nf(b.div(value, num(factorial))))
            factorial *= n + 1
            got = derivative(f, u)
            if not got.complete or not all(room.oracle.holds(c) or exchanged(c, u, room) for c in got.conditions):
                raise Unknown
            f = got.term
        return self.power_series(coefficients, Series([(Scale((), b.ONE, 0), b.ONE)], None))

    def _special(self, name: str, u: Term, x: Series, s: Scale) -> Series:
        """Stirling's expansions of log Γ and ψ at +∞ (DLMF 5.11.1, 5.11.2), Γ by exp; erfc u = O(u^{-n}) for every n."""
        smaller = self.power_scale(s, num(-2 * self.order - 1))
        if name == "erfc":
            return Series([], smaller)
        inverse = self.reciprocal(x)
        parts: list[Series] = []
        log = self.log(x)
        power = inverse
        square = self.mul(inverse, inverse)
        for k in range(1, self.order + 1):
            bernoulli = _bernoulli(2 * k)
            c = bernoulli / (2 * k * (2 * k - 1)) if name != "digamma" else -bernoulli / (2 * k)
            if name == "digamma" and k == 1:
                power = square
            parts.append(self.scale(num(c), ONE_SCALE, power))
            power = self.mul(power, square)
        if name == "digamma":
            head = [log, self.scale(num(Fraction(-1, 2)), ONE_SCALE, inverse)]
        else:
            main = self.mul(self.add([x, Series([(ONE_SCALE, num(Fraction(-1, 2)))], None)]), log)
            constant = self.rw.nf(b.div(b.log(b.mul(b.TWO, b.PI)), b.TWO))
            head = [main, self.scale(b.MINUS_ONE, ONE_SCALE, x), Series([(ONE_SCALE, constant)], None)]
        whole = self.add([*head, *parts, Series([], smaller)])
        return self.exp(whole) if name == "gamma" else whole


def _inside(t: Term, at: Term, rw: Rewriter) -> bool:
    """Whether a declared function of one argument is smooth at a point: the point lies in its domain, an open set."""
    f = t.args[0]
    while f.op == "dfun":
        f = f.args[0]
    d = rw.oracle.context.declarations.get(f)
    if d is None or len(t.args) != 2 or len(d.arg_domains) != 1:
        return False
    domain = d.arg_domains[0]
    is_open = (domain.op == "set" and domain.data in ("R", "Rpos", "Rneg")) or (domain.op == "interval" and domain.data == "()")
    return is_open and rw.oracle.member(at, domain)


def _bernoulli(n: int) -> Fraction:
    import flint

    q = flint.fmpq.bernoulli(n)
    return Fraction(int(q.p), int(q.q))


def _finite(t: Term) -> bool:
    stack, seen = [t], {t}
    while stack:
        x = stack.pop()
        if x is b.INF or x.op == "opaque":
            return False
        for a in x.args:
            if a not in seen and not x.bound:
                seen.add(a)
                stack.append(a)
    return True


def _off_cut(c: Term, rw: Rewriter) -> bool:
    if c.op == "rel" and c.data == "notin" and c.args[1].op == "interval":
        u = c.args[0]
        lo, hi = c.args[1].args
        if hi is b.ZERO and rw.oracle.positive(u):
            return True
        if hi is not b.INF and rw.oracle.less(hi, u):
            return True
        return lo is not b.neg(b.INF) and rw.oracle.less(u, lo)
    if c.op == "and":
        return all(_off_cut(p, rw) for p in c.args)
    return False


def substitute_argument(t: Term, u: Term) -> Term:
    """The function at a new argument: the only moving argument replaced by u."""
    args = list(t.args)
    start = 1 if t.op == "apply" else 0
    if t.op == "apply":
        moving = [i for i in range(1, len(args)) if any(s.op == "sym" and s.data[1] for s in args[i].free)]
        where = moving[-1] if moving else start
    else:
        where = start
    args[where] = u
    return mk(t.op, args, t.data, t.sort)


def limit(body: Term, x: Term, point: Term, direction: str, rw: Rewriter) -> Term | None:
    """The limit of body as x tends to point ('+', '-', '' for both sides, 'int' for sequences to infinity); None if not found."""
    minus_inf = b.neg(b.INF)
    t = fresh("t")
    ways: list[Term] = []
    if point is b.INF:
        ways = [b.div(b.ONE, t)]
    elif point is minus_inf or (point.op in ("neg", "mul") and b.INF in point.args):
        ways = [b.neg(b.div(b.ONE, t))]
    else:
        if direction in ("", "+"):
            ways.append(b.add(point, t))
        if direction in ("", "-"):
            ways.append(b.sub(point, t))
        if direction == "int":
            return None
    values = []
    for way in ways:
        value = one_sided(substitute(body, {x: way}), t, rw)
        if value is None:
            return None
        values.append(value)
    if len(values) == 1 or values[0] is values[1]:
        return values[0] if values[0] in (b.INF, minus_inf) else rw.nf(values[0])
    return _two_sided(values[0], values[1], rw)


def _two_sided(p: Term, q: Term, rw: Rewriter) -> Term | None:
    """The common limit from both sides; `undefined` where the two surely differ."""
    ends = (b.INF, b.neg(b.INF))
    if p in ends or q in ends:
        other = q if p in ends else p
        return mk("const", (), "undefined") if other in ends or rw.oracle.real(other) else None
    p, q = rw.nf(p), rw.nf(q)
    if p is q or algebra.is_zero(b.sub(p, q), rw):
        return p
    return mk("const", (), "undefined") if rw.oracle.nonzero(rw.nf(b.sub(p, q))) else None


def one_sided(body: Term, t: Term, rw: Rewriter) -> Term | None:
    """The limit of body as t → 0+."""
    from derivcheck.kernel.rewrite import LEVELS
    from derivcheck.terms.context import Declaration

    LEVELS[t] = 990
    inner = rw.child((((Declaration(t, b.POSITIVE)),), (b.rel(t, "<", num(Fraction(1, 1000))),)))
    body = inner.nf(body)
    if infinite_factor(body, t):
        return None
    for order in (3, 6, 12):
        expander = Expander(t, inner, order)
        try:
            series = expander.expand(body)
            if all(expander.tends(term) <= 0 for term, _ in series.terms) and (series.rest is None or expander.tends(series.rest) < 0):
                # what does not tend to 0 is a constant, whether or not it vanishes
                constant = [c for term, c in series.terms if expander.tends(term) == 0]
                return b.add(*constant) if constant else b.ZERO
            if not series.terms:
                continue
            scale, c = expander.lead(series)
            if expander.tends(scale) <= 0:
                continue
            if not inner.oracle.real(body):
                return None  # ±∞ are limits of real values only
            return b.INF if expander.sign(c) > 0 else b.neg(b.INF)
        except Unknown:
            continue
        except ZeroDivisionError:
            return None
    return None
