"""Asymptotic expansions of scalar terms as t → 0+, by the arithmetic of `asymptotic_series`.

Besides arithmetic: Taylor's formula for functions smooth at the limit of their argument, expansions of special functions at infinity,
integrals with moving ends, sums (`asymptotic_sums`).  A factor that only stays bounded (sin of what diverges) is a remainder of order 1: that
is the squeeze.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from derivcheck.kernel.asymptotic_series import ONE_SCALE, Arithmetic, Scale, Series, Unknown
from derivcheck.kernel.branch_cuts import off_cut
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, fresh, mk, num, substitute

if TYPE_CHECKING:
    from derivcheck.kernel.rewrite import Rewriter


class Expander(Arithmetic):
    """Expands terms in the symbol `t` (t → 0+) with about `order` terms."""

    def __init__(self, t: Term, rw: Rewriter, order: int) -> None:
        super().__init__(rw, order)
        self.t = t
        self.memo: dict[Term, Series] = {}
        self.rates: dict[Term, Term] = {}

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
            if not got.complete or not all(self.rw.oracle.holds(substitute(c, {u: at})) or off_cut(substitute(c, {u: at}), self.rw.oracle) for c in got.conditions):
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
            if name in ("abs", "sign") and not self.rw.oracle.real(t.args[0]):
                raise Unknown  # the leading term of a complex argument does not tell its modulus
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
            if name == "binom" and self.t not in t.args[1].free and self.rw.oracle.natural(t.args[1]):
                # far out the coefficient is the quotient of Γ
                n, k = t.args
                x = self.expand(n)
                if x.terms and self.tends(x.terms[0][0]) > 0 and self.sign(self.lead(x)[1]) > 0:
                    gammas = [b.fn("gamma", b.add(u, b.ONE)) for u in (n, k, b.sub(n, k))]
                    return self.expand(b.div(gammas[0], b.mul(gammas[1], gammas[2])))
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
