"""Expectation, variance, covariance and probability of random symbols.

    E[∑ c f] = ∑ c E[f]            c not random; more than one f that is not shown integrable: only in group `linearity`, with the condition
    E[f(X) g(Y)] = E[f(X)] E[g(Y)] X and Y declared independent (given the conditions)
    E[g(Y) b | Y] = g(Y) E[b | Y], E[g(Y) E[b | Y]] = E[g(Y) b]      (tower rule)
    E[X E[Z | Y]] = E[E[X | Y] E[Z | Y]]
    E[f(X)] = E_{x ~ law(X)} f(x)  where a law is declared; X | Y by the tower rule
    E[∑_i f_i] = ∑_i E[f_i], E[(∑_i f_i)^2] by pairs                finite sums
    Var b = E[b^2] - E[b]^2, Cov(b, c) = E[b c] - E[b] E[c]          after constants are dropped
    E[1[P]] = Pr(P)

Products and exponentials of sums over an independent family: `independent_families.py`; random matrices: `expectation_matrix.py`.
Conditions: an expectation that is split has a value only where its parts have; integrability of abstract parts is recorded.
    E[max_k X_k], E|X - Y| of independent variables    `order_statistics.py`
    E[f(M) | X] for conjugate pairs                    `conjugate.py`
    E[X_1 | X_1 + … + X_n] for one law                 `exchangeable.py`
    E[f | A] = E[f 1[A]] / Pr(A)   events A, where both come to a closed form

Limits: conditioning on other events stays as it stands; infinite sums and integrals are not exchanged with expectations.
"""

from __future__ import annotations

from fractions import Fraction

from derivcheck.kernel.existing_means import moderate
from derivcheck.kernel.known_means import known_means
from derivcheck.kernel.literals import integer_value, linear_terms
from derivcheck.kernel.monomials import factors, product
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.randomness import Randomness, randomness
from derivcheck.kernel.rewrite import Rewriter, level_symbol, rule
from derivcheck.kernel.rules.independent_families import mean_of_exponential, mean_of_product, variance_of_sum
from derivcheck.kernel.summable import abstract, integrability
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, binder_names, contains_op, instantiate, mk, num, substitute, subterms

# laws without moments of every order
HEAVY = frozenset({"t", "InvGa"})
SOURCE = "Lebesgue integral: linearity, Fubini for independent factors, conditional expectation; Williams, Probability with Martingales, ch. 6-9"


def atom_node(body: Term, conds: tuple[Term, ...]) -> Term:
    """An expectation as it stands."""
    return mk("E", (body, *conds), len(conds), body.sort)


@rule("conditions-order", "E", "Var", "Cov", "Pr", statement="E[b | Y, X] = E[b | X, Y]", side="conditions in a fixed order, each once", source="definition")
def conditions_order(t: Term, rw: Rewriter) -> Term | None:
    count = t.data if isinstance(t.data, int) else 0
    if count < 2:
        return None
    head, conds = t.args[: len(t.args) - count], t.args[len(t.args) - count :]
    ordered = tuple(sorted(dict.fromkeys(conds), key=order_key))
    return None if ordered == conds else mk(t.op, (*head, *ordered), len(ordered), t.sort)


@rule("expectation", "E", statement="linearity, independence, tower rule, laws; see the file's head", side="see there", source=SOURCE)
def expectation(t: Term, rw: Rewriter) -> Term | None:
    body, conds = t.args[0], t.args[1:]
    if body.sort.kind != "num":
        return None
    new = Expectation(rw, conds).over(body)
    return None if new is t else new


@rule("variance", "Var", statement="Var b = E[b²] - E[b]²; Var ∑_i f(X_i) = ∑_i Var f(X_i)", side="scalar b; constants dropped first; members of one independent family", source=SOURCE)
def variance(t: Term, rw: Rewriter) -> Term | None:
    body, conds = t.args[0], t.args[1:]
    if body.sort.kind != "num":
        return None
    work = Expectation(rw, conds)
    moving = work.moving(body)
    return variance_of_sum(moving, work) or b.sub(atom_node(b.pow_(moving, 2), conds), b.pow_(atom_node(moving, conds), 2))


@rule("covariance", "Cov", statement="Cov(b, c) = E[b c] - E[b] E[c]", side="scalars; constants dropped first", source=SOURCE)
def covariance(t: Term, rw: Rewriter) -> Term | None:
    x, y, conds = t.args[0], t.args[1], t.args[2:]
    if x.sort.kind != "num" or y.sort.kind != "num":
        return None
    work = Expectation(rw, conds)
    x, y = work.moving(x), work.moving(y)
    return b.sub(atom_node(b.mul(x, y), conds), b.mul(atom_node(x, conds), atom_node(y, conds)))


@rule("probability-certain", "Pr", statement="Pr(P) = 1[P] where nothing in P is random, Pr(P | Y) = 1[P] where Y tells all that is; Pr(true) = 1, Pr(false) = 0", source=SOURCE)
def probability_certain(t: Term, rw: Rewriter) -> Term | None:
    p, conds = t.args[0], t.args[1:]
    if conds:
        r = randomness(rw.oracle)
        told = all(c.sort.kind != "bool" for c in conds) and r.atoms(p) <= r.fixed(conds)
        return b.ind(p) if told else None
    if p.op == "true":
        return b.ONE
    if p.op == "false":
        return b.ZERO
    return b.ind(p) if not randomness(rw.oracle).atoms(p) else None


@rule("probability-complement", "Pr", statement="Pr(X > c) = 1 - Pr(X ≤ c), Pr(X ≥ c) = 1 - Pr(X < c), Pr(P ≠ Q) = 1 - Pr(P = Q), Pr(¬P) = 1 - Pr(P)", side="real numbers; no conditions", source=SOURCE)
def probability_complement(t: Term, rw: Rewriter) -> Term | None:
    p, conds = t.args[0], t.args[1:]
    if p.op == "not":
        return b.sub(b.ONE, mk("Pr", (p.args[0], *conds), t.data))
    if p.op != "rel" or p.args[0].sort.kind != "num" or p.data not in (">", "≥", "<", "≤", "≠"):
        return None
    x, y = p.args[0], p.args[1]
    if p.data == "≠":
        return b.sub(b.ONE, mk("Pr", (b.eq(x, y), *conds), t.data))
    if not (rw.oracle.real(x) and rw.oracle.real(y)):
        return None
    if p.data in (">", "≥"):
        return b.sub(b.ONE, mk("Pr", (b.rel(x, {">": "≤", "≥": "<"}[str(p.data)], y), *conds), t.data))
    r = randomness(rw.oracle)
    if r.atoms(y) and not r.atoms(x):
        # c < X is X > c
        return b.sub(b.ONE, mk("Pr", (b.rel(y, {"<": "≤", "≤": "<"}[str(p.data)], x), *conds), t.data))
    return None


class Expectation:
    """Expectations under one list of conditions."""

    def __init__(self, rw: Rewriter, conds: tuple[Term, ...]) -> None:
        self.rw = rw
        self.oracle = rw.oracle
        self.conds = conds
        self.random: Randomness = randomness(rw.oracle)
        self.events = tuple(c for c in conds if c.sort.kind == "bool")
        self.given = self.random.fixed(conds)
        # atoms of conditions such as X + Y: neither told nor independent of what is given
        self.loose = self.random.loose(conds)

    def within(self, inner: Rewriter) -> Expectation:
        """Expectations under the same conditions inside a binder."""
        return Expectation(inner, self.conds)

    def moving_atoms(self, t: Term) -> frozenset[Term]:
        """The atoms of a term that are not fixed by the conditions."""
        return self.random.atoms(t) - self.given

    def moving(self, body: Term) -> Term:
        """The part of a sum that is random."""
        body = self.rw.nf(body)
        return b.add(*(b.mul(num(c), m) for c, m in linear_terms(body) if self.moving_atoms(m)))

    # --- linearity --------------------------------------------------------------------------------------------------------------

    def over(self, body: Term) -> Term:
        """The expectation of a body in normal form."""
        rw = self.rw
        for e in self.events:
            if e.op == "rel" and e.data == "=" and e.args[0] in self.random.atoms(body) and not self.random.atoms(e.args[1]):
                body = rw.nf(substitute(body, {e.args[0]: e.args[1]}))
        constant: list[Term] = []
        insides: dict[Term, list[Term]] = {}
        for c, m in linear_terms(body):
            m = rw.nf(m)
            if m.op == "add":
                inner = [(c * c2, m2) for c2, m2 in linear_terms(m)]
            else:
                inner = [(c, m)]
            for c1, m1 in inner:
                outside, inside = self._split(m1)
                if inside is b.ONE:
                    constant.append(b.mul(num(c1), outside))
                else:
                    insides.setdefault(inside, []).append(b.mul(num(c1), outside))
        out = list(constant)
        settled: list[Term] = []
        open_: list[Term] = []
        for inside in insides:
            (settled if self.integrable(inside) else open_).append(inside)
        if len(open_) > 1:
            if "linearity" in rw.groups:
                splittable = [i for i in open_ if abstract(i, self.oracle) or self._abstract_law(i)]
                if len(splittable) < len(open_) - 1:
                    splittable = []
                for inside in _highest([piece for i in splittable for piece in self._unknown_pieces(i)]):
                    rw.assume(integrability(inside))
            else:
                splittable = []
            joint = [i for i in open_ if i not in splittable]
            settled += splittable
            if joint:
                out.append(self._joint([(insides[i], i) for i in joint]))
        else:
            settled += open_
        for inside in settled:
            out.append(b.mul(b.add(*insides[inside]), self.single(inside)))
        return b.add(*out)

    def _abstract_law(self, t: Term) -> bool:
        return any((d := self.random.declaration(a)) is not None and (d.law is None or d.law.op != "dist") for a in self.random.atoms(t))

    def _joint(self, parts: list[tuple[list[Term], Term]]) -> Term:
        """Terms that can't be split, with the leading rational coefficient taken out."""
        whole = self.rw.nf(b.add(*(b.mul(b.add(*cs), i) for cs, i in parts)))
        terms = linear_terms(whole)
        lead = terms[0][0] if terms else Fraction(1)
        if len(terms) < 2:
            return self.single(whole)
        scaled = self.rw.nf(b.div(whole, num(lead)))
        return b.mul(num(lead), self._final(scaled))

    def _split(self, m: Term) -> tuple[Term, Term]:
        """A monomial as (not random) · (random); exponentials are taken apart."""
        top, bottom = factors(m)
        outside: list[list[Term]] = [[], []]
        inside: list[list[Term]] = [[], []]
        for side, fs in enumerate((top, bottom)):
            for f in fs:
                for g in _exponential_parts(f):
                    (inside if self.moving_atoms(g) else outside)[side].append(g)
        if not inside[0] and not inside[1]:
            return m, b.ONE
        return product(outside[0], outside[1]), self.rw.nf(product(inside[0], inside[1]))

    def integrable(self, inside: Term) -> bool:
        """Whether a random monomial is shown to have a finite expectation: bounded, a moment of a named law, or known by a hypothesis."""
        info = self.oracle.info(inside)
        if info.real and info.lo is not None and info.hi is not None and not self.random.atoms(inside) & self._undefined_at(inside):
            return True
        if inside in known_means(self.conds, self.rw):
            return True
        if self.events:
            return False
        from derivcheck.kernel.rules import dirichlet
        from derivcheck.kernel.rules.matrix_expectation import normal_moment

        if normal_moment(inside, self) is not None or dirichlet.moment_of_symbol(inside, self) is not None:
            return True
        pieces = self._pieces(inside)
        if len(pieces) > 1:
            return all(self.integrable(p) for p in pieces)
        top, bottom = factors(inside)
        if self._named_moment(inside):
            return True
        if bottom:
            return False
        if moderate(inside, self.random) or self._by_index(inside, self.moving_atoms(inside)) is not None:
            return True  # moments of every order, or finitely many values
        for f in top:
            for g in _exponential_parts(f):
                atoms = self.moving_atoms(g)
                if len(atoms) != 1:
                    return False
                (x,) = atoms
                law = self.law(x)
                if law is None or law.op != "dist" or law.data in HEAVY or self.random.atoms(law) or not _has_all_moments(g, x):
                    return False
        return True

    def _named_moment(self, inside: Term) -> bool:
        """Whether the monomial is a moment that is known to be finite (logarithms, other powers, exponentials) of one named law."""
        from derivcheck.kernel.rules.law_moments import named_moment

        atoms = self.moving_atoms(inside)
        if len(atoms) != 1:
            return False
        (x,) = atoms
        law = self.law(x)
        if law is None or law.op != "dist" or x.sort.kind != "num" or self.random.atoms(law) or not self._closed(inside, x):
            return False
        domain = self.oracle.support(law)
        if domain is None or any(v.op == "bvar" for v in x.free):
            return False
        value = level_symbol("x", x.sort, self.rw.depth)
        inner = self.rw.child(((Declaration(value, domain),), ()))
        return named_moment(inner.nf(substitute(inside, {x: value})), law, value, self.rw, inner) is not None

    def _pieces(self, inside: Term) -> list[Term]:
        """The factors of a monomial gathered into independent parts."""
        top, bottom = factors(inside)
        pieces = [g for f in top for g in _exponential_parts(f)]
        pieces += [b.div(b.ONE, g) for f in bottom for g in _exponential_parts(f)]
        if len(pieces) < 2 or self.loose or self.events:
            return [inside]
        clusters = self.random.clusters([self.moving_atoms(g) for g in pieces], self.given)
        if len(clusters) < 2:
            return [inside]
        return [self.rw.nf(b.mul(*(pieces[i] for i in c))) for c in clusters]

    def _unknown_pieces(self, inside: Term) -> list[Term]:
        return [p for p in self._pieces(inside) if not self.integrable(p)]

    def _undefined_at(self, t: Term) -> frozenset[Term]:
        # a bounded body with partial functions in it may lack values: then nothing is claimed
        partial = any(s.op == "div" or (s.op == "fn" and s.data not in ("exp", "sin", "cos", "abs", "max", "min", "sign", "erf")) for s in subterms(t))
        return self.random.atoms(t) if partial else frozenset()

    # --- one monomial -----------------------------------------------------------------------------------------------------------

    def single(self, inside: Term) -> Term:
        """The expectation of one random monomial."""
        if inside.op == "add":
            return self.over(inside)
        if self.events:
            return self._given_events(inside) or self._final(inside)
        from derivcheck.kernel.rules.matrix_expectation import expectation_of_vectors

        form = expectation_of_vectors(inside, self)
        if form is not None:
            return form
        expanded = self._sums(inside)
        if expanded is not None:
            return expanded
        towered = self._tower(inside)
        if towered is not None:
            return towered
        pieces = self._pieces(inside)
        if len(pieces) > 1:
            return b.mul(*(self.single(p) for p in pieces))
        return self._cluster(inside)

    def _sums(self, inside: Term) -> Term | None:
        """Finite sums and independent products are taken out of the expectation."""
        top, bottom = factors(inside)
        for i, f in enumerate(top):
            rest = product([*top[:i], *top[i + 1 :]], bottom)
            if f.op == "sum" and self.moving_atoms(f) and f.args[1] is not b.INF and f.args[0].op != "neg":
                if any(self.moving_atoms(a) for a in f.args[:2]):
                    return None
                k, body, inner = self.open(f)
                if not self._may_exchange(b.mul(rest, body), inner):
                    return None
                other = next((g for g in top[i + 1 :] if g.op == "sum" and self.moving_atoms(g) and g.args[:2] == f.args[:2]), None)
                if other is not None:
                    # ∑_i f_i ∑_j g_j over one range: equal and different indices apart
                    left = [*top[:i], *top[i + 1 :]]
                    left.remove(other)
                    return self._pairs(f, other, product(left, bottom))
                apart = self._own_member(f, rest, inner, k, body)
                if apart is not None:
                    return apart
                return b.sum_(k, f.args[0], f.args[1], self.atom(b.mul(rest, body)))
            if f.op == "pow" and f.args[0].op == "sum" and integer_value(f.args[1]) == 2 and self.moving_atoms(f):
                s = f.args[0]
                if s.args[1] is b.INF or any(self.moving_atoms(a) for a in s.args[:2]):
                    return None
                k, body, inner = self.open(s)
                if not self._may_exchange(b.mul(rest, b.pow_(body, 2)), inner):
                    return None
                return self._pairs(s, s, rest)
            if f.op == "fn" and f.data == "exp" and rest is b.ONE:
                got = mean_of_exponential(f, self)
                if got is not None:
                    return got
            if f.op == "prod" and self.moving_atoms(f) and f.args[1] is not b.INF and rest is b.ONE:
                return mean_of_product(f, self)
        return None

    def open(self, f: Term) -> tuple[Term, Term, Rewriter]:
        """The bound variable and the body of a sum or product, and the rewriter inside."""
        (k,), body, inner = self.rw.under(f)
        return k, body, inner

    def _may_exchange(self, body: Term, inner: Rewriter) -> bool:
        work = self.within(inner)
        body = inner.nf(body)
        if all(work.integrable(work._split(m)[1]) or work._split(m)[1] is b.ONE for _, m in linear_terms(body)):
            return True
        if "linearity" in self.rw.groups and (abstract(body, inner.oracle) or work._abstract_law(body)):
            self.rw.assume(integrability(body))
            return True
        return False

    def _pairs(self, f: Term, g: Term, rest: Term) -> Term:
        lo, hi = f.args[0], f.args[1]
        i = level_symbol(binder_names(f)[0], f.bound[0].sort, self.rw.depth)
        j = level_symbol(binder_names(g)[0], g.bound[0].sort, self.rw.depth + 1)
        fi, gi = substitute(f.args[-1], {f.bound[0]: i}), substitute(g.args[-1], {g.bound[0]: i})
        gj = substitute(g.args[-1], {g.bound[0]: j})
        equal = b.sum_(i, lo, hi, self.atom(b.mul(rest, fi, gi)))
        different = b.cases(b.rel(j, "≠", i), self.atom(b.mul(rest, fi, gj)), b.ZERO)
        return b.add(equal, b.sum_(i, lo, hi, b.sum_(j, lo, hi, different)))

    def _own_member(self, f: Term, rest: Term, inner: Rewriter, k: Term, body: Term) -> Term | None:
        """X_i ∑_k g(X_k) with i in the range: the summand with k = i apart from the others."""
        mine = {a.args[0] for a in self.within(inner).moving_atoms(body) if a.op == "idx" and a.args[1:] == (k,)}
        for a in sorted(self.moving_atoms(rest), key=order_key):
            if a.op != "idx" or len(a.args) != 2 or a.args[0] not in mine:
                continue
            i, oracle = a.args[1], self.oracle
            if i.op == "bvar" or self.random.atoms(i) or not (oracle.integer(i) and oracle.less_equal(f.args[0], i) and oracle.less_equal(i, f.args[1])):
                return None
            others = b.cases(b.rel(k, "≠", i), self.atom(b.mul(rest, body)), b.ZERO)
            return b.add(self.atom(b.mul(rest, substitute(body, {k: i}))), b.sum_(k, f.args[0], f.args[1], others))
        return None

    def _tower(self, inside: Term) -> Term | None:
        top, bottom = factors(inside)
        for i, f in enumerate(top):
            mean = f.args[0] if f.op == "pow" and f.args[0].op == "E" else f
            if mean.op not in ("E", "Pr") or not self.moving_atoms(f):
                continue
            conds = mean.args[1:]
            if any(c.sort.kind == "bool" for c in conds):
                return None
            inner = self.random.fixed(conds)
            others = [*top[:i], *top[i + 1 :]]
            if not self.given | self.loose <= inner:
                continue
            if all(self.random.atoms(u) <= inner or _given(u, conds) for u in (*others, *bottom)):
                if f is mean and not any(_given(u, conds) for u in (*others, *bottom)):
                    return self.atom(b.mul(product(others, bottom), b.ind(f.args[0]) if f.op == "Pr" else f.args[0]))
                continue
            if mean.op == "Pr":
                continue
            towered = self._self_adjoint(f, others, bottom, conds, inner)
            if towered is not None:
                return towered
        return None

    def _self_adjoint(
        self, mean: Term, others: list[Term], bottom: list[Term], conds: tuple[Term, ...], inner: frozenset[Term]
    ) -> Term | None:
        """E[X E[Z | Y]] = E[E[X | Y] E[Z | Y]]: what Y does not fix is averaged given Y too."""
        kept = [u for u in others if self.random.atoms(u) <= inner or _given(u, conds)]
        loose = [u for u in others if u not in kept]
        if not all(self.random.atoms(u) <= inner for u in bottom):
            return None
        part = b.mul(*loose)
        if not self.integrable(part):
            if not abstract(part, self.oracle) or "linearity" not in self.rw.groups:
                return None
            self.rw.assume(integrability(part))
        averaged = b.expect(part, *conds)
        return self.atom(b.mul(mean, averaged, product(kept, bottom)))

    def law(self, x: Term) -> Term | None:
        """The declared law of an atom; of a family whose law depends on the index, at that index."""
        d = self.random.declaration(x)
        if d is None or d.law is None:
            return None
        if d.law.op == "lam" and d.law.sort.kind == "fun":
            return instantiate(d.law, x.args[1:]) if x.op == "idx" and len(d.law.bound) == len(x.args) - 1 else None
        return d.law

    def _cluster(self, inside: Term) -> Term:
        atoms = self.moving_atoms(inside)
        conditions = self.given | self.loose
        if conditions and self.random.independent(atoms, conditions, frozenset()):
            if not self.random.atoms(inside) & conditions:
                return Expectation(self.rw, self.events).single(inside)
            from derivcheck.kernel.rules.held_values import with_values_held

            held = with_values_held(inside, self)
            if held is not None:
                return held
        if inside.op == "ind":
            return mk("Pr", (inside.args[0], *self.conds), len(self.conds))
        if self.conds:
            from derivcheck.kernel.rules.conjugate import mean_given_child
            from derivcheck.kernel.rules.exchangeable import mean_given_sum

            known = mean_given_child(inside, self) or mean_given_sum(inside, self)
            if known is not None:
                return known
        if not conditions:
            from derivcheck.kernel.rules.order_statistics import mean_of_several

            got = mean_of_several(inside, self)
            if got is not None:
                return got
        if any(v.op == "bvar" for x in atoms for v in x.free):
            return self._final(inside)  # X_k for all k of a binder: no single symbol, which a value could stand for
        selected = self._by_index(inside, atoms)
        if selected is not None:
            return selected
        for x in sorted(atoms, key=order_key):
            law, d = self.law(x), self.random.declaration(x)
            if law is None or d is None:
                continue
            needed = (atoms - {x}) | conditions
            before = frozenset(d.given)
            if not needed <= before or not self._closed(inside, x):
                continue
            value = level_symbol("x", x.sort, self.rw.depth)
            mean = b.expect_over((value,), law, substitute(inside, {x: value}))
            return self.atom(self.rw.nf(mean)) if before else mean
        return self._final(inside)

    def _given_events(self, inside: Term) -> Term | None:
        """E[f | events] = E[f 1[events]] / Pr(events), where both come to a closed form."""
        if len(self.events) < len(self.conds) or inside.op == "ind":
            return None
        event = b.and_(*self.events)
        # the events with probability 0 leave nothing to claim: the quotient has no value there either
        top = self.rw.nf(atom_node(b.cases(event, inside, b.ZERO), ()))
        if contains_op(top, *_UNSETTLED):
            return None
        bottom = self.rw.nf(mk("Pr", (event,), 0))
        return None if contains_op(bottom, *_UNSETTLED) else b.div(top, bottom)

    def _by_index(self, inside: Term, atoms: frozenset[Term]) -> Term | None:
        """E[f(z)] = ∑_k Pr(z = k) f(k) for a random index z with finitely many values."""
        if len(atoms) != 1 or self.events:
            return None
        (z,) = atoms
        if any(v.op == "bvar" for v in z.free):
            return None
        d = self.random.declaration(z)
        if d is None or d.domain is None or d.domain.op != "range" or d.domain.args[1] is b.INF or d.domain.args[0].op == "neg":
            return None
        if not any(s.op == "idx" and z in s.args[1:] for s in subterms(inside)) or not self._closed(inside, z):
            return None
        k = level_symbol("k", z.sort, self.rw.depth)
        mass = mk("Pr", (b.eq(z, k), *self.conds), len(self.conds))
        return b.sum_(k, d.domain.args[0], d.domain.args[1], b.mul(mass, substitute(inside, {z: k})))

    def _closed(self, inside: Term, x: Term) -> bool:
        """Whether x stands in the term only where its value is meant (not inside a closed expectation)."""
        return not any(s.op in ("E", "Var", "Cov", "Pr", "law", "entropyrv", "MI") and x in set(subterms(s)) for s in subterms(inside))

    def atom(self, inside: Term) -> Term:
        """An expectation under these conditions as it stands."""
        return atom_node(inside, self.conds)

    def _final(self, inside: Term) -> Term:
        """An expectation that nothing more is known of, marked as normal."""
        t = self.atom(inside)
        self.rw._memo[t] = t
        return t


_UNSETTLED = ("E", "Eover", "Pr", "int", "intset", "cases", "ind")


def _given(u: Term, conds: tuple[Term, ...]) -> bool:
    """An expectation given the same, or a power of one."""
    mean = u.args[0] if u.op == "pow" else u
    return mean.op == "E" and mean.args[1:] == conds


def _exponential_parts(f: Term) -> list[Term]:
    if f.op == "fn" and f.data == "exp":
        terms = linear_terms(f.args[0])
        if len(terms) > 1:
            return [b.exp(m if c == 1 else b.mul(num(c), m)) for c, m in terms]
    return [f]


def _has_all_moments(g: Term, x: Term) -> bool:
    """A power of x itself (the named laws but the heavy ones have moments of every order)."""
    return g is x or (g.op == "pow" and g.args[0] is x and (integer_value(g.args[1]) or -1) > 0)


def _highest(insides: list[Term]) -> list[Term]:
    """Of powers of one base the highest; the others follow (|x|^m ≤ 1 + |x|^n)."""
    best: dict[Term, tuple[int, Term]] = {}
    for t in insides:
        base, n = t, 1
        if t.op == "pow" and (integer_value(t.args[1]) or 0) > 0:
            base, n = t.args[0], integer_value(t.args[1]) or 1
        if base not in best or best[base][0] < n:
            best[base] = (n, t)
    return [t for _, t in best.values()]
