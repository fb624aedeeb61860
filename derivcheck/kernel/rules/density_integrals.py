"""Integrals and sums with a density in the integrand.

    ∫ p(x) f(x) dx = E_p[f]          x over the whole domain of p (both are 0 where p = 0)
    ∫ p(x, z) dz = p(x)              a marginal; ∫ p = 1
    ∫ p(x, z) f(x, z) dz = p(x) E_{p(z|x)}[f]      p nowhere zero

An integral is linear in parts that are shown to exist; where an abstract part is split off, its integrability is recorded.
Limits: integrals over a part of the domain stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable

from derivcheck.kernel.densities import domains, full, given_count, positive, variable_domains
from derivcheck.kernel.literals import integer_value, linear_terms
from derivcheck.kernel.monomials import factors, product
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.kernel.rules.density_values import marginal
from derivcheck.kernel.rules.expectation import _exponential_parts
from derivcheck.kernel.summable import abstract, integrability
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, bind, contains_op, mk, num, rebind

SOURCE = "Lebesgue integral: linearity, Fubini; Bishop, Pattern Recognition and Machine Learning, ch. 1-2"


@rule("integral-of-density", "int", "intset", statement="∫ p(x) f(x) dx = E_p[f]; ∫ p(x, z) dz = p(x); ∫ is linear", side="over the whole domain of the density; parts that are split off integrable", source=SOURCE)
def integral_of_density(t: Term, rw: Rewriter) -> Term | None:
    if t.sort.kind != "num":
        return None
    (x,), body, inner = rw.under(t)
    if not contains_op(body, "pdf") and not abstract(body, inner.oracle):
        return None
    work = Integral(rw, t, x, inner)
    new = work.over(body)
    return None if new is t or new is None else new


class Integral:
    """One integral (over an interval or a set) with abstract parts."""

    def __init__(self, rw: Rewriter, t: Term, x: Term, inner: Rewriter) -> None:
        self.rw, self.t, self.x, self.inner = rw, t, x, inner
        self.oracle = rw.oracle

    def node(self, body: Term) -> Term:
        """The integral as it stands."""
        return rebind(self.t, (self.x,), self.t.args[:-1], body)

    def final(self, body: Term) -> Term:
        """An integral that nothing more is known of, marked as normal."""
        t = self.node(body)
        self.rw._memo[t] = t
        return t

    def over(self, body: Term) -> Term | None:
        """The integral, linear in what may be split."""
        done: list[Term] = []
        rest: list[tuple[Term, Term]] = []
        for c, m in linear_terms(body):
            outside, inside = self._split(m)
            got, safe = self.single(inside)
            if got is not None and safe:
                done.append(b.mul(num(c), outside, got))
            else:
                rest.append((b.mul(num(c), outside), inside))
        if len(rest) > 1 and "linearity" in self.rw.groups and sum(not abstract(m, self.inner.oracle) for _, m in rest) <= 1:
            for _, m in rest:
                if abstract(m, self.inner.oracle):
                    self.rw.assume(integrability(self.node(m)))
            for factor, m in rest:
                got, _ = self.single(m)
                done.append(b.mul(factor, got if got is not None else self.node(m) if m.op != "add" and len(rest) < 2 else self.final(m)))
            return b.add(*done)
        if len(rest) == 1:
            factor, m = rest[0]
            got, _ = self.single(m)
            if got is None and not done and factor is b.ONE:
                return None
            done.append(b.mul(factor, got if got is not None else self.final(m)))
            return b.add(*done)
        if rest:
            if not done:
                return None
            joint = self.inner.nf(b.add(*(b.mul(factor, m) for factor, m in rest)))
            done.append(self.final(joint))
        return b.add(*done)

    def _split(self, m: Term) -> tuple[Term, Term]:
        top, bottom = factors(m)
        outside: list[list[Term]] = [[], []]
        inside: list[list[Term]] = [[], []]
        for side, fs in enumerate((top, bottom)):
            for f in fs:
                for g in _exponential_parts(f):
                    (inside if self.x in g.free else outside)[side].append(g)
        return product(outside[0], outside[1]), self.inner.nf(product(inside[0], inside[1]))

    def single(self, inside: Term) -> tuple[Term | None, bool]:
        """The integral of a monomial with a density in it, and whether it surely exists."""
        x = self.x
        top, bottom = factors(inside)
        found: list[tuple[int, int, Term]] = []
        for i, f in enumerate(top):
            base = f.args[0] if f.op == "pow" and (integer_value(f.args[1]) or 0) > 0 else f
            if base.op == "pdf" and base.args.count(x) == 1 and x not in base.args[0].free:
                found.append((order_key(base), i, base))
        for _, i, base in sorted(found, key=lambda e: e[0]):
            f = top[i]
            left = [] if f is base else [b.pow_(base, (integer_value(f.args[1]) or 1) - 1)]
            others = [*top[:i], *left, *top[i + 1 :]]
            got = density_integral(self.rw, x, base, others, bottom, self._covers)
            if got is not None:
                return got
        return None, False

    def _covers(self, s: Term) -> bool:
        """Whether the range of the integral is the domain of the density (up to single points)."""
        if self.t.op == "intset":
            domain = self.t.args[0]
            return domain is s or (full(domain) and full(s))
        lo, hi = self.t.args[0], self.t.args[1]
        if s.op == "set":
            down = lo.op in ("neg", "mul") and b.INF in lo.args
            return hi is b.INF and ((s.data == "R" and down) or (s.data in ("Rpos", "Rnn") and lo is b.ZERO))
        if s.op == "interval":
            return self.rw.nf(s.args[0]) is lo and self.rw.nf(s.args[1]) is hi
        return False


def density_integral(
    rw: Rewriter, x: Term, base: Term, others: list[Term], bottom: list[Term], covers: Callable[[Term], bool]
) -> tuple[Term, bool] | None:
    """∫ or ∑ over x of `base` (a density with x among its points) times the other factors, where the range `covers` the domain of x: a mass,
    a marginal or an expectation, and whether it surely exists."""
    oracle = rw.oracle
    p = base.args[0]
    points = base.args[1:]
    at = points.index(x)
    free = not others and not bottom
    everything = variable_domains(p, oracle) if p.op == "sym" else domains(p, oracle)
    if everything is None or at >= len(everything) or not covers(everything[at]):
        return None
    bars = given_count(p, oracle)
    n = len(points) - bars
    if at >= n:
        return None
    if n == 1:
        if free:
            return b.ONE, True
        law_ = bind("lam", (x,), (everything[at],), base, None, p.sort) if bars else p
        return b.expect_over((x,), law_, product(others, bottom)), False
    keep = tuple(i for i in range(n) if i != at)
    base_, before, given = (p.args[0], *p.data) if p.op == "marg" else (p, tuple(range(n)), tuple(range(n, n + bars)))
    if p.op not in ("sym", "marg"):
        return None
    rest = mk("pdf", (marginal(base_, tuple(before[i] for i in keep), given), *(points[i] for i in keep), *points[n:]))
    if free:
        return rest, True
    if positive(p, oracle):
        law_ = bind("lam", (x,), (everything[at],), b.div(base, rest), None, marginal(base_, (before[at],), given).sort)
        return b.mul(rest, b.expect_over((x,), law_, product(others, bottom))), False
    return None
