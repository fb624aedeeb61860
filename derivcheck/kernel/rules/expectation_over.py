"""Expectations over densities and laws, E_{x~p}[f(x)].

    E_p[∑ c f] = ∑ c E_p[f]                           as for random symbols: conditions where an abstract f is split off
    E_{p(x)} E_{p(z|x)} f = E_{p(x,z)} f              tower rule; E_{p(x,z)}[f(x)] = E_{p(x)}[f(x)]
    E_{∑ c_i p_i}[f] = ∑ c_i E_{p_i}[f]               mixtures, c_i ≥ 0
    E_q[(p/q) f] = E_p[f],  E_q[g/q] = ∫ g            q nowhere zero
    E_{N(μ,v)}[f(x)] = E_{N(0,1)}[f(μ + √v ε)]        and likewise for the uniform, exponential, gamma and Laplace laws

Moments of named laws are read in `law_moments.py`.  Limits: orders of independent expectations are not exchanged unless both are finite sums.
"""

from __future__ import annotations

from fractions import Fraction

from derivcheck.kernel import moments
from derivcheck.kernel.densities import (
    domains,
    finite,
    full,
    given_count,
    mass_points,
    mixture,
    normalised,
    positive,
    value,
)
from derivcheck.kernel.literals import integer_value, linear_terms
from derivcheck.kernel.monomials import factors, product
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rewrite import Rewriter, level_symbol, rule
from derivcheck.kernel.rules.density_integrals import density_integral
from derivcheck.kernel.rules.density_values import marginal
from derivcheck.kernel.rules.expectation import _exponential_parts, _highest
from derivcheck.kernel.rules.law_moments import named_moment
from derivcheck.kernel.summable import abstract, integrability
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, bind, binder_names, contains_op, instantiate, mk, num, substitute, subterms

SOURCE = "Lebesgue integral: linearity, Fubini, change of variables; Bishop, Pattern Recognition and Machine Learning, ch. 1-2"


@rule("variance-over", "Varover", "Covover", statement="Var_D b = E_D[b²] - E_D[b]²; Cov_D(b, c) = E_D[bc] - E_D[b]E_D[c]", source=SOURCE)
def variance_over(t: Term, rw: Rewriter) -> Term | None:
    if t.sort.kind != "num":
        return None
    symbols, body, inner = rw.under(t)
    d = t.args[0]
    x, y = (body, body) if t.op == "Varover" else body.args
    x, y = (_moving(inner.nf(u), symbols) for u in (x, y))

    def mean(u: Term) -> Term:
        return bind("Eover", symbols, (d,), u)

    return b.sub(mean(b.mul(x, y)), b.mul(mean(x), mean(y)))


def _moving(body: Term, symbols: tuple[Term, ...]) -> Term:
    return b.add(*(b.mul(num(c), m) for c, m in linear_terms(body) if set(symbols) & m.free))


@rule("finite-expectation", "Eover", statement="E_p[f] = ∑ p(k) f(k)", side="p on finitely many numbers; f has a value at each of them (or is log p times such)", source="definition", group="masses")
def finite_expectation(t: Term, rw: Rewriter) -> Term | None:
    d = t.args[0]
    if d.op not in ("sym", "idx") or len(t.bound) != 1 or t.sort.kind != "num":
        return None
    sets = domains(d, rw.oracle)
    points = mass_points(sets[0]) if sets is not None and len(sets) == 1 else None
    if points is None:
        return None
    out: list[Term] = []
    for k in points:
        value_ = instantiate(t, (k,))
        mass = b.pdf(d, k)
        top, bottom = factors(rw.nf(value_))
        logs = [f for f in top if f is b.log(mass)]
        rest = product([f for f in top if f not in logs], bottom)
        if len(logs) > 1 or not total(rest, rw.oracle):
            return None
        out.append(b.mul(mass, value_))
    return b.add(*out)


@rule("expectation-over", "Eover", statement="linearity, moments, tower rule, mixtures; see the file's head", side="see there", source=SOURCE)
def expectation_over(t: Term, rw: Rewriter) -> Term | None:
    if t.sort.kind != "num":
        return None
    d = t.args[0]
    if d.op == "lam":
        new = _over_formula(t, rw)
        if new is not None:
            return new
    symbols, body, inner = rw.under(t)
    new = Over(rw, d, symbols, inner).over(body)
    return None if new is t else new


def _over_formula(t: Term, rw: Rewriter) -> Term | None:
    """A formula that is a declared density, or a mixture of such."""
    d = t.args[0]
    n = len(d.bound)
    body = d.args[-1]
    if body.op == "pdf" and body.args[1:] == d.bound and not set(d.bound) & body.args[0].free:
        sets = domains(body.args[0], rw.oracle)
        if sets is not None and len(sets) == n and all(x is y for x, y in zip(sets, d.args[:-1], strict=True)):
            return _replace_law(t, body.args[0])
    parts = mixture(d, rw.oracle)
    if parts is not None and (len(parts) > 1 or parts[0][0] is not b.ONE):
        return b.add(*(b.mul(w, _replace_law(t, p)) for w, p in parts))
    return None


def _replace_law(t: Term, d: Term) -> Term:
    return mk("Eover", (d, t.args[-1]), t.data, t.sort, t.bound)


class Over:
    """Expectations over one law."""

    def __init__(self, rw: Rewriter, d: Term, symbols: tuple[Term, ...], inner: Rewriter) -> None:
        self.rw, self.d, self.symbols, self.inner = rw, d, symbols, inner
        self.oracle = rw.oracle
        self.moving = frozenset(symbols)

    def node(self, body: Term) -> Term:
        """The expectation as it stands."""
        return bind("Eover", self.symbols, (self.d,), body, None, body.sort)

    def over(self, body: Term) -> Term:
        """The expectation of a body, linear."""
        body = self.inner.nf(body)
        constant: list[Term] = []
        insides: dict[Term, list[Term]] = {}
        for c, m in linear_terms(body):
            outside, inside = self._split(m)
            if inside is b.ONE:
                constant.append(b.mul(num(c), outside))
            elif inside.op == "add":
                for c2, m2 in linear_terms(inside):
                    insides.setdefault(m2, []).append(b.mul(num(c * c2), outside))
            else:
                insides.setdefault(inside, []).append(b.mul(num(c), outside))
        out: list[Term] = []
        if constant:
            whole = b.add(*constant)
            if normalised(self.d, self.oracle):
                out.append(whole)
            else:
                out.append(b.mul(whole, self.final(b.ONE)))
        settled = [i for i in insides if self.integrable(i)]
        rest = [i for i in insides if i not in settled]
        if len(rest) > 1 and "linearity" in self.rw.groups:
            loose = [i for i in rest if self._abstract(i)]
            if len(loose) >= len(rest) - 1:
                for i in _highest(loose):
                    self.rw.assume(integrability(self.node(i)))
                settled += rest
                rest = []
        elif len(rest) == 1:
            settled += rest
            rest = []
        out += [b.mul(b.add(*insides[i]), self.single(i)) for i in settled]
        if rest:
            joint = self.inner.nf(b.add(*(b.mul(b.add(*insides[i]), i) for i in rest)))
            terms = linear_terms(joint)
            lead = terms[0][0] if terms else Fraction(1)
            out.append(b.mul(num(lead), self.final(self.inner.nf(b.div(joint, num(lead))))))
        return b.add(*out)

    def _abstract(self, inside: Term) -> bool:
        return self.d.op != "dist" or abstract(inside, self.inner.oracle)

    def _split(self, m: Term) -> tuple[Term, Term]:
        top, bottom = factors(m)
        outside: list[list[Term]] = [[], []]
        inside: list[list[Term]] = [[], []]
        for side, fs in enumerate((top, bottom)):
            for f in fs:
                for g in _exponential_parts(f):
                    (inside if self.moving & g.free else outside)[side].append(g)
        if not inside[0] and not inside[1]:
            return m, b.ONE
        return product(outside[0], outside[1]), self.inner.nf(product(inside[0], inside[1]))

    def finite(self) -> bool:
        """Whether the expectation is a finite sum."""
        sets = domains(self.d, self.oracle)
        return sets is not None and all(finite(s) for s in sets)

    def integrable(self, inside: Term) -> bool:
        """Whether a monomial is shown to have a finite expectation."""
        if self.finite():
            return True
        info = self.inner.oracle.info(inside)
        if info.real and info.lo is not None and info.hi is not None and total(inside, self.inner.oracle):
            return True
        if self.d.op == "dist" and len(self.symbols) == 1 and named_moment(inside, self.d, self.symbols[0], self.rw, self.inner) is not None:
            return True
        for h in self.oracle.context.hypotheses:
            for p in h.statement.args if h.statement.op == "and" else (h.statement,):
                if p.op == "rel" and p.data in ("=", "<", "≤") and any(s is self.node(inside) for s in subterms(p)):
                    return True
        # the opposite of a density's logarithm may diverge; a density ratio that integrates to a mass does not
        return self._mass(inside) is not None

    # --- one monomial -----------------------------------------------------------------------------------------------------------

    def single(self, inside: Term) -> Term:
        """The expectation of one monomial."""
        for attempt in (self._sums, self._moment, self._mass, self._merged, self._fewer, self._measure):
            got = attempt(inside)
            if got is not None:
                return got
        from derivcheck.kernel.rules.hierarchies import thinning
        from derivcheck.kernel.rules.truncated_means import mean_in_pieces

        return self._gaussian(inside) or thinning(self.node(inside), self.rw) or mean_in_pieces(self.node(inside), self.rw) or self._standard(inside) or self.final(inside)

    def final(self, inside: Term) -> Term:
        """An expectation that nothing more is known of, marked as normal."""
        t = self.node(inside)
        self.rw._memo[t] = t
        return t

    def _sums(self, inside: Term) -> Term | None:
        top, bottom = factors(inside)
        for i, f in enumerate(top):
            if f.op != "sum" or not self.moving & f.free or f.args[1] is b.INF or f.args[0].op == "neg":
                continue
            if any(self.moving & a.free for a in f.args[:2]):
                return None
            rest = product([*top[:i], *top[i + 1 :]], bottom)
            (k,), body, _ = self.inner.under(f)
            whole = self.node(b.mul(rest, body))
            if not self.finite():
                if "linearity" not in self.rw.groups or not (self._abstract(body) or abstract(rest, self.inner.oracle)):
                    if not (self.d.op == "dist" and self._all_named(b.mul(rest, body))):
                        return None
                else:
                    self.rw.assume(integrability(whole))
            return b.sum_(k, f.args[0], f.args[1], whole)
        return None

    def _all_named(self, body: Term) -> bool:
        work = Over(self.rw, self.d, self.symbols, self.inner)
        for _, m in linear_terms(self.inner.nf(body)):
            _, inside = work._split(m)
            if inside is not b.ONE and named_moment(inside, self.d, self.symbols[0], self.rw, self.inner) is None:
                return False
        return True

    def _moment(self, inside: Term) -> Term | None:
        if self.d.op != "dist" or len(self.symbols) != 1:
            return None
        return named_moment(inside, self.d, self.symbols[0], self.rw, self.inner)

    def _mass(self, inside: Term) -> Term | None:
        """E_q[p/q] = 1 (or a marginal) for a density p, q nowhere zero."""
        got = self._against_own(inside)
        return got[0] if got is not None and got[1] else None

    def _measure(self, inside: Term) -> Term | None:
        """E_q[(p/q) f] = E_p[f] where q is nowhere zero."""
        got = self._against_own(inside)
        return None if got is None else got[0]

    def _against_own(self, inside: Term) -> tuple[Term, bool] | None:
        """The density cancelled from the integrand: what is left is an integral over its whole domain."""
        if len(self.symbols) != 1 or not positive(self.d, self.oracle) or self.d.op == "dist":
            return None
        own = self.inner.nf(value(self.d, self.symbols))
        top, bottom = factors(self.inner.nf(b.mul(own, inside)))
        before = factors(inside)
        if len(top) + len(bottom) >= len(before[0]) + len(before[1]) + len(factors(own)[0]) + len(factors(own)[1]):
            return None
        x = self.symbols[0]
        sets = domains(self.d, self.oracle)
        if sets is None:
            return None
        for i, f in enumerate(top):
            n = integer_value(f.args[1]) or 0 if f.op == "pow" else 1
            p = f.args[0] if f.op == "pow" else f
            if n > 0 and p.op == "pdf" and p.args.count(x) == 1 and x not in p.args[0].free and p not in factors(own)[0]:
                others = [*top[:i], *([b.pow_(p, n - 1)] if n > 1 else []), *top[i + 1 :]]
                got = density_integral(self.rw, x, p, others, bottom, lambda s: s is sets[0] or (full(s) and full(sets[0])))
                if got is not None:
                    return got
        mine = [f for f in factors(own)[0] if x in f.free]
        if len(mine) == 1 and mine[0].op == "pdf" and not any(x in f.free for f in factors(own)[1]) and mine[0] in before[1] and mine[0] not in (*top, *bottom) and full(sets[0]):
            # E_p[g/p] is the integral of g
            rest = product(top, bottom)
            line = sets[0].op == "set"
            return (b.big("int", x, b.neg(b.INF), b.INF, rest) if line else bind("intset", (x,), sets, rest, None, rest.sort)), False
        return None

    def _merged(self, inside: Term) -> Term | None:
        """E_{p(x)} E_{p(z|x)} f = E_{p(x,z)} f."""
        top, bottom = factors(inside)
        for i, f in enumerate(top):
            if f.op != "Eover" or not self.moving & f.free:
                continue
            zs = tuple(level_symbol(n, v.sort, self.rw.depth) for n, v in zip(binder_names(f), f.bound, strict=True))
            weight = self.inner.nf(b.mul(value(self.d, self.symbols), value(f.args[0], zs)))
            rest = product([*top[:i], *top[i + 1 :]], bottom)
            body = b.mul(rest, instantiate(f, zs))
            got = self._joint(weight, (*self.symbols, *zs))
            if got is not None:
                p, order = got
                return bind("Eover", order, (p,), body)
            if not self.moving & f.args[0].free and order_key(f.args[0]) < order_key(self.d) and rest is b.ONE:
                # independent laws in a fixed order
                other = domains(f.args[0], self.oracle)
                if self.finite() and other is not None and all(finite(s) for s in other):
                    return bind("Eover", zs, (f.args[0],), self.node(body))
                if "linearity" in self.rw.groups and self._abstract(body):
                    self.rw.assume(integrability(body))
                    return bind("Eover", zs, (f.args[0],), self.node(body))
        return None

    def _joint(self, weight: Term, variables: tuple[Term, ...]) -> tuple[Term, tuple[Term, ...]] | None:
        if weight.op != "pdf" or len(weight.args) - 1 < len(variables):
            return None
        p, points = weight.args[0], weight.args[1:]
        n = len(points) - given_count(p, self.oracle)
        if p.op not in ("sym", "marg") or set(points[:n]) != set(variables) or len(set(points[:n])) != n:
            return None
        rest = points[n:]
        if not rest:
            return p, points[:n]
        if set(variables) & frozenset().union(*(x.free for x in rest)):
            return None
        sets = domains(p, self.oracle)
        if sets is None or len(sets) != n:
            return None
        return b.lam(points[:n], sets, weight, density=True), points[:n]

    def _fewer(self, inside: Term) -> Term | None:
        """E_{p(x,z)}[f(x)] = E_{p(x)}[f(x)]."""
        used = [i for i, s in enumerate(self.symbols) if s in inside.free]
        if len(used) == len(self.symbols) or not used:
            return None
        if self.d.op == "sym" and given_count(self.d, self.oracle) == 0:
            return bind("Eover", tuple(self.symbols[i] for i in used), (marginal(self.d, tuple(used), ()),), inside)
        if self.d.op == "marg" and not self.d.data[1]:
            before = self.d.data[0]
            return bind("Eover", tuple(self.symbols[i] for i in used), (marginal(self.d.args[0], tuple(before[i] for i in used), ()),), inside)
        if self.d.op == "lam":
            return self._fewer_given(inside, [self.symbols[i] for i in used])
        return None

    def _fewer_given(self, inside: Term, used: list[Term]) -> Term | None:
        """The same for p(x, z | y)."""
        at = value(self.d, self.symbols)
        if at.op != "pdf" or at.args[0].op not in ("sym", "marg"):
            return None
        p, points = at.args[0], at.args[1:]
        n = len(points) - given_count(p, self.oracle)
        rest = points[n:]
        if set(points[:n]) != self.moving or n != len(self.symbols) or any(self.moving & x.free for x in rest):
            return None
        base, before, given = (p.args[0], *p.data) if p.op == "marg" else (p, tuple(range(n)), tuple(range(n, len(points))))
        kept = [i for i in range(n) if points[i] in used]
        everything = domains(p, self.oracle)
        if everything is None or len(everything) != n:
            return None
        order = [points[i] for i in kept]
        weight = mk("pdf", (marginal(base, tuple(before[i] for i in kept), given), *order, *rest))
        law_ = b.lam(order, [everything[i] for i in kept], weight, density=True)
        return bind("Eover", order, (law_,), inside)

    def _gaussian(self, inside: Term) -> Term | None:
        """E under a normal law of the exponential of a quadratic: the Gauss integral."""
        if self.d.op != "dist" or self.d.data != "N" or len(self.symbols) != 1 or self.symbols[0].sort.kind != "num":
            return None
        x = self.symbols[0]
        if not any(f.op == "fn" and f.data == "exp" and x in f.free for f in factors(inside)[0]) or not moments.valid(self.d, self.oracle):
            return None
        got = self.rw.nf(b.big("int", x, b.neg(b.INF), b.INF, b.mul(b.pdf(self.d, x), inside)))
        return None if contains_op(got, "int") else got

    def _standard(self, inside: Term) -> Term | None:
        """Location and scale taken into the body."""
        if self.d.op != "dist" or len(self.symbols) != 1 or self.symbols[0].sort.kind != "num":
            return None
        name, p, x = str(self.d.data), self.d.args, self.symbols[0]
        if not moments.valid(self.d, self.oracle):
            return None
        if name == "N" and not (p[0] is b.ZERO and p[1] is b.ONE):
            law_, point = b.distribution("N", b.ZERO, b.ONE), b.add(p[0], b.mul(b.sqrt(p[1]), x))
        elif name == "U" and not (p[0] is b.ZERO and p[1] is b.ONE):
            law_, point = b.distribution("U", b.ZERO, b.ONE), b.add(p[0], b.mul(b.sub(p[1], p[0]), x))
        elif name == "Exp" and p[0] is not b.ONE:
            law_, point = b.distribution("Exp", b.ONE), b.div(x, p[0])
        elif name == "Ga" and p[1] is not b.ONE:
            law_, point = b.distribution("Ga", p[0], b.ONE), b.div(x, p[1])
        elif name == "Laplace" and not (p[0] is b.ZERO and p[1] is b.ONE):
            law_, point = b.distribution("Laplace", b.ZERO, b.ONE), b.add(p[0], b.mul(p[1], x))
        else:
            return None
        return bind("Eover", self.symbols, (law_,), substitute(inside, {x: point}))
