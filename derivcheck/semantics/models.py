"""Models: concrete values for everything a context declares.

`models(context, terms, seed)` yields models, cheap and telling ones first: small distinct numbers, sizes 2, 3 and 1, then special
points (zeros, equal values, large and tiny magnitudes, neighbours of the constants that occur), then random rationals.  Each model
lies in the declared classes by construction (`pools.py`, `random_symbols.py`) and satisfies every hypothesis: equations are solved
for a value that occurs linearly or quadratically in them and checked exactly (`solve.py`), recurrences are tabulated, inequalities
are met by rejection.  What was proved earlier (hypotheses of kind `step` and `use`) holds in every model and is not checked.

`models(…, fixed=…)` keeps the given values; `extra` gives more candidate numbers (break points found by the caller).  The sequence
depends on the arguments and the seed only.  Limits: a context whose hypotheses are met by no model within the attempts yields none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from random import Random

from flint import fmpq

from derivcheck.semantics import pools, sets
from derivcheck.semantics.evaluate import Budget, Model, evaluate
from derivcheck.semantics.truth import holds
from derivcheck.semantics.values import UNKNOWN, Family, Function, Value, distinct, integer, is_number, rational
from derivcheck.terms.context import Context, Declaration
from derivcheck.terms.sorts import Sort
from derivcheck.terms.term import Term, contains_op, open_binder, rebind, subterms, symbol_order

__all__ = ["Builder", "models", "needed_symbols"]

# what was proved earlier holds in every model; everything else (assumptions, domains, suppositions, an induction hypothesis) is checked
PROVED = ("step", "use")


class Fail(Exception):
    """This attempt at a model leads nowhere."""


def sort_terms(sort: Sort) -> Iterator[Term]:
    """The size terms in a sort."""
    for p in sort.params:
        if isinstance(p, Term):
            yield p
        elif isinstance(p, Sort):
            yield from sort_terms(p)


def declaration_terms(d: Declaration) -> Iterator[Term]:
    """The terms that a declaration refers to."""
    yield d.domain
    if d.law is not None:
        yield d.law
    yield from d.index_ranges
    yield from d.arg_domains


def needed_symbols(context: Context, terms: Iterable[Term]) -> list[Term]:
    """The free symbols of terms and hypotheses, with those that their declarations refer to; dependencies first."""
    order: list[Term] = []
    state: dict[Term, int] = {}
    place = {s: i for i, s in enumerate(context.declarations)}

    def rank(v: Term) -> tuple[int, tuple[str, int]]:
        # by declaration, else by name: an order of creation would depend on what was judged before
        return place.get(v, len(place)), symbol_order(v)

    def sizes(t: Term) -> list[Term]:
        got: list[Term] = []
        for u in subterms(t):
            if u.sort.params:
                for s in sort_terms(u.sort):
                    got += [v for v in s.free if v.op == "sym"]
        return got

    def visit(s: Term) -> None:
        if state.get(s) == 1 or s in order:
            return
        state[s] = 1
        for u in sort_terms(s.sort):
            for v in sorted((v for v in u.free if v.op == "sym"), key=rank):
                visit(v)
        d = context.declarations.get(s)
        if d is not None:
            for u in declaration_terms(d):
                for v in sorted((v for v in u.free if v.op == "sym"), key=rank):
                    if v is not s:
                        visit(v)
            for v in (*d.given, *d.joint, *d.joint_given):
                if v is not s:
                    visit(v)
        if s not in order:
            order.append(s)

    everything = [*terms, *(h.statement for h in context.hypotheses if h.kind not in PROVED)]
    wanted: list[Term] = []
    for t in everything:
        wanted += sorted((v for v in t.free if v.op == "sym"), key=rank)
        wanted += sizes(t)
    declared = list(context.declarations)
    for s in sorted(dict.fromkeys(wanted), key=rank):
        visit(s)
    # a symbol declared in {1, …, n} says n ≥ 1 even where it does not occur: without a value for it there is no instance
    for s in declared:
        d = context.declarations[s]
        if s not in order and d.domain is not None and (plainly_empty(d.domain) or not d.domain.free.isdisjoint(order)):
            if d.domain.op in ("range", "interval", "set") and s.sort.kind == "num" and not d.random and d.law is None:
                visit(s)
    return order


def plainly_empty(domain: Term) -> bool:
    """Whether a declared domain has numbers for ends between which there is nothing: then there is no instance at all."""
    if domain.op == "set":
        return domain.data == "empty"
    if domain.op not in ("range", "interval"):
        return False
    low, high = (None if e.free else evaluate(e, Model({}), budget=Budget(1_000)) for e in domain.args)
    if not isinstance(low, fmpq) or not isinstance(high, fmpq):
        return False
    return low > high or (low == high and domain.op == "interval" and domain.data != "[]")


def _has(v: Value, attributes: frozenset[str]) -> bool:
    """Whether a number has all of these that are attributes of numbers."""
    if "integer" in attributes and integer(v) is None:
        return False
    return all(isinstance(v, fmpq) and sign_fits(v) for name, sign_fits in _SIGNS.items() if name in attributes)


_SIGNS: dict[str, Callable[[fmpq], bool]] = {
    "positive": lambda v: v > 0, "nonnegative": lambda v: v >= 0, "negative": lambda v: v < 0, "nonzero": lambda v: v != 0
}  # fmt: skip


class Builder:
    """Builds one model after the other for a context and the terms of interest."""

    def __init__(
        self,
        context: Context,
        terms: Iterable[Term],
        seed: int = 0,
        extra: Mapping[Term, list[Value]] | None = None,
        fixed: Mapping[Term, Value] | None = None,
        prec: int = 128,
    ) -> None:
        self.context = context
        self.terms = tuple(terms)
        self.seed = seed
        self.extra = dict(extra or {})
        self.fixed = dict(fixed or {})
        self.prec = prec
        self.order = needed_symbols(context, self.terms)
        self.random = [s for s in self.order if self.is_random(s)]
        self.plain = [s for s in self.order if s not in self.random]
        self.hypotheses = [h.statement for h in context.hypotheses if h.kind not in PROVED]
        self.parts = [p for h in self.hypotheses for p in conjuncts(h)]
        random = frozenset(self.random)
        self.needs = [(p, frozenset(v for v in p.free if v.op == "sym")) for p in self.parts]
        # parts that are met when the last of their symbols gets a value, and those about random symbols
        self.early = [(p, needed) for p, needed in self.needs if not needed & random]
        self.late = [p for p, needed in self.needs if needed & random]
        shapes = self.shape_symbols()
        self.sizes = self.size_symbols(shapes)
        self.ends = self.sizes - shapes
        # numbers without hypotheses: each may be chosen for itself
        self.unrelated = not self.random and not self.parts and all(s.sort.kind == "num" for s in self.plain)
        self.constants = self.constant_values()
        self.budget_per_check = 40_000
        # a time after which no more models are made, as last resort
        self.deadline: float | None = None

    def is_random(self, s: Term) -> bool:
        d = self.context.declarations.get(s)
        return d is not None and (d.random or d.law is not None) and s.sort.kind != "dist"

    def size_symbols(self, shapes: set[Term]) -> set[Term]:
        """Symbols that are sizes of matrices, ends of index ranges or of sums."""
        got = set(shapes)
        for t in (*self.terms, *self.hypotheses):
            for u in subterms(t) if contains_op(t, "sum", "prod") else ():
                if u.op in ("sum", "prod"):
                    got.update(v for v in u.args[1].free if v.op == "sym" and v.sort.kind == "num")
        return {s for s in got if self.natural(s)}

    def shape_symbols(self) -> set[Term]:
        """Symbols that are sizes of matrices or ends of index ranges: never negative, whatever they are declared to be."""
        got: set[Term] = set()

        def note(t: Term) -> None:
            got.update(v for v in t.free if v.op == "sym" and v.sort.kind == "num")

        for s in self.order:
            for u in sort_terms(s.sort):
                note(u)
            d = self.context.declarations.get(s)
            if d is not None:
                for u in (*d.index_ranges, d.domain):
                    for v in subterms(u):
                        if v.op in ("range", "rn", "rmn"):
                            note(v)
        for t in (*self.terms, *self.hypotheses):
            for u in subterms(t) if contains_op(t, "eye", "ones", "zeros", "unit") else ():
                if u.op in ("eye", "ones", "zeros", "unit"):
                    note(u.args[0])
        return {s for s in got if self.natural(s)}

    def natural(self, s: Term) -> bool:
        d = self.context.declarations.get(s)
        if d is None or d.domain.op in ("range", "finset"):
            return d is not None and all(a.op != "num" or a.data.denominator == 1 for a in d.domain.args)
        return d.domain.op == "set" and d.domain.data in ("N", "Npos", "Z")

    def constant_values(self) -> list[fmpq]:
        """Numbers of the statement and the hypotheses, and points next to them."""
        numbers = dict.fromkeys(u for t in (*self.terms, *self.hypotheses) for u in subterms(t) if u.op == "num")
        out: list[fmpq] = []
        for u in numbers:
            if abs(u.data) >= 10**9 or u.data in (0, 1, 2, -1):
                continue
            c = rational(u.data)
            out += [c, c + 1, c - 1, -c, c + fmpq(1, 100), c - fmpq(1, 100), 2 * c]
        return distinct(out)[:60]

    # --- one model ------------------------------------------------------------------------------------------------------

    def models(self, attempts: int = 400, count: int | None = None) -> Iterator[Model]:
        """Models in order; at most `attempts` tries altogether in a row without success."""
        index = failures = made = 0
        while failures < attempts and (count is None or made < count):
            if self.deadline is not None and time.monotonic() > self.deadline:
                return
            model = self.attempt(index)
            if model is None:
                failures += 1
            else:
                failures = 0
                made += 1
                yield model
            index += 1

    def attempt(self, index: int) -> Model | None:
        """The attempt of this number, which does not depend on the others."""
        try:
            return self.build(Random(f"{self.seed}/{index}"), index)
        except Fail:
            return None

    def build(self, rng: Random, index: int) -> Model | None:
        """One attempt at a model."""
        if self.unrelated:
            values: dict[Term, Value] = {}
            for s in self.plain:
                values[s] = self.value(s, Model(values, self.context), rng, index)
            return Model(values, self.context, origin=(index, "", 0))
        from derivcheck.semantics.solve import Draft

        draft = Draft(self, rng, index)
        for s in self.plain:
            draft.assign(s)
        if self.random:
            from derivcheck.semantics.random_symbols import joint_law

            draft.joint = joint_law(self, draft, rng, index)
            draft.check_random()
        return draft.finish()

    # --- values of one symbol -------------------------------------------------------------------------------------------

    def value(self, s: Term, model: Model, rng: Random, index: int) -> Value:
        """A value for a symbol in its declared class, the symbols it depends on having values."""
        if s in self.fixed:
            return self.fixed[s]
        d = self.context.declarations.get(s)
        domain = d.domain if d is not None else None
        attributes = d.attributes if d is not None else frozenset()
        return self.of_sort(s, s.sort, domain, attributes, d, model, rng, index)

    def of_sort(
        self,
        s: Term,
        sort: Sort,
        domain: Term | None,
        attributes: frozenset[str],
        d: Declaration | None,
        model: Model,
        rng: Random,
        index: int,
    ) -> Value:
        if sort.kind == "num":
            return self.scalar(s, domain, attributes, model, rng, index)
        if sort.kind == "mat":
            return self.matrix(s, sort, domain, attributes, model, rng, index)
        if sort.kind == "fam":
            return self.family(s, sort, domain, attributes, d, model, rng, index)
        if sort.kind == "fun":
            return self.function(s, sort, domain, attributes, d, model, rng, index)
        if sort.kind == "dist":
            from derivcheck.semantics.random_symbols import abstract_law

            got = abstract_law(self, s, domain, attributes, d, model, rng, index)
            if got is None:
                raise Fail
            return got
        raise Fail

    def scalar(self, s: Term, domain: Term | None, attributes: frozenset[str], model: Model, rng: Random, index: int) -> Value:
        """A number in a set."""
        if attributes - {"real", "positive", "nonnegative", "negative", "nonzero", "constant", "integer", "independent"}:
            raise Fail
        if s in self.sizes:
            for _ in range(12):
                turn = index + [v for v in self.order if v in self.sizes].index(s)
                choice = [2, 3, 1][turn % 3] if index < 9 or rng.random() < 0.4 else rng.choice([1, 2, 3, 2, 3, 0, 4, 5])
                if s in self.ends and (index % 3 == 2 or rng.random() < 0.15):
                    # empty sums, and ends before the beginning where the declaration allows them
                    choice = rng.choice([0, 0, -1, -2, -3])
                if len(self.sizes) > 1 and index % 7 == 6:
                    choice = rng.choice([1, 2, 3])
                if index >= 9 and rng.random() < 0.4 and domain is not None and domain.op == "set" and domain.data == "Z":
                    # an integer that ends a range may lie far below its start
                    choice = rng.choice([-1, -2, -3, -5])
                v = fmpq(choice)
                if self.inside(v, domain, attributes, model):
                    return v
        extra = [*self.extra.get(s, []), *self.constants]
        finite = self.enumerated(domain, model)
        for attempt in range(60):
            if finite is not None:
                if not finite:
                    raise Fail
                v = rng.choice(finite)
            else:
                v = self.candidate(domain, extra, model, rng, index)
                if attempt == 0 and index % 2 == 0 and index < 2 * len(pools.SPECIAL):
                    # every special number comes up, not only those that chance picks
                    v = pools.SPECIAL[(index // 2 + 7 * self.order.index(s)) % len(pools.SPECIAL)] if s in self.order else v
            if self.inside(v, domain, attributes, model):
                return v
        raise Fail

    def enumerated(self, domain: Term | None, model: Model) -> list[Value] | None:
        if domain is None or domain.op in ("set", "interval"):
            return None
        return sets.listed(domain, model, self.prec)

    def candidate(self, domain: Term | None, extra: list[Value], model: Model, rng: Random, index: int) -> Value:
        """A number that is likely in the domain."""
        name = str(domain.data) if domain is not None and domain.op == "set" else ""
        v = pools.number(rng, index, extra, name in ("N", "Npos", "Z"))
        if domain is None or domain.op == "set":
            if name in ("Rpos", "Rnn") and v < 0:
                return -v
            if name == "Rneg" and v > 0:
                return -v
            if name == "C" and rng.random() < 0.5:
                from flint import acb

                # beyond the strip |Im z| ≤ π too, where log(e^z) is not z
                return acb(rng.choice([0, 0, 1, -1, 2, -2, 3, -3]), rng.choice([1, -1, 2, -2, 4, -4, 7, -10]))
            return v
        if domain.op in ("union", "inter", "setminus"):
            parts = domain.args if domain.op == "union" else domain.args[:1]
            return self.candidate(rng.choice(parts), extra, model, rng, index)
        if domain.op == "finset":
            return evaluate(rng.choice(domain.args), model, self.prec)
        if domain.op == "setof":
            return self.candidate(domain.args[0], extra, model, rng, index)
        if domain.op == "interval":
            a, b = (evaluate(e, model, self.prec) for e in domain.args)
            low, high = near_rational(a), near_rational(b)
            if low is not None and high is not None:
                t = rng.choice([fmpq(1, 2), fmpq(1, 3), fmpq(1, 4), fmpq(3, 4), fmpq(9, 10), fmpq(1, 10), fmpq(1, 1000), fmpq(999, 1000)])
                if index > 3 and rng.random() < 0.3:
                    t = fmpq(rng.randint(1, 59), 60)
                brackets = str(domain.data)
                if brackets[0] == "[" and rng.random() < 0.12:
                    t = fmpq(0)
                elif brackets[1] == "]" and rng.random() < 0.12:
                    t = fmpq(1)
                if isinstance(v, fmpq) and low < v < high and rng.random() < 0.3:
                    return v
                return low + (high - low) * t
            if low is not None:
                return low + (abs(v) if rng.random() < 0.9 else 0)
            if high is not None:
                return high - (abs(v) if rng.random() < 0.9 else 0)
        return v

    def inside(self, v: Value, domain: Term | None, attributes: frozenset[str], model: Model) -> bool:
        """Whether a number surely lies in its domain and has its attributes."""
        if v is UNKNOWN or not is_number(v):
            return False
        if attributes and not _has(v, attributes):
            return False
        if domain is None:
            return isinstance(v, fmpq)
        if domain.op == "set" and isinstance(v, fmpq):
            return sets.in_standard(v, str(domain.data)) is True
        return sets.belongs(v, domain, model, self.prec) is True

    def matrix(self, s: Term, sort: Sort, domain: Term | None, attributes: frozenset[str], model: Model, rng: Random, index: int) -> Value:
        """A matrix of the declared class."""
        m, n = (integer(evaluate(e, model, self.prec)) for e in (sort.rows, sort.cols))
        if m is None or n is None or not (0 < m <= 16 and 0 < n <= 16):
            raise Fail
        if attributes - pools.MATRIX_ATTRIBUTES:
            raise Fail
        for _ in range(20):
            got = pools.of_class(rng, m, n, attributes, index)
            if got is None:
                raise Fail
            if domain is None or domain.op in ("rn", "rmn"):
                return got
            if sets.belongs(got, domain, model, self.prec) is True:
                return got
            scalar = self.entry_domain(domain)
            if scalar is not None:
                rows = [[self.scalar(s, scalar, frozenset(), model, rng, index) for _ in range(n)] for _ in range(m)]
                from derivcheck.semantics.values import matrix

                return matrix(rows)
        raise Fail

    def entry_domain(self, domain: Term) -> Term | None:
        """The set of each entry, for domains that are powers of a set of numbers."""
        if domain.op in ("set", "interval", "range", "finset"):
            return domain
        if domain.op == "product" and len(set(domain.args)) == 1:
            return self.entry_domain(domain.args[0])
        return None

    def indices(self, d: Declaration | None, sort: Sort, model: Model) -> list[tuple[int, ...]]:
        """The index tuples of a family."""
        ranges = d.index_ranges if d is not None else ()
        if len(ranges) != sort.arity:
            raise Fail
        out: list[tuple[int, ...]] = [()]
        for r in ranges:
            if r.op == "set" and r.data in ("N", "Npos"):
                line = list(range(0 if r.data == "N" else 1, 9))
            elif r.op == "set" and r.data == "Z":
                line = list(range(-6, 9))
            elif r.op == "interval" or (r.op == "range" and evaluate(r.args[1], model, self.prec) is not UNKNOWN and integer(evaluate(r.args[1], model, self.prec)) is None):
                start = integer(evaluate(r.args[0], model, self.prec))
                if start is None:
                    raise Fail
                line = list(range(start, start + 9))
            else:
                values = sets.listed(r, model, self.prec)
                if values is None:
                    raise Fail
                got = [integer(v) for v in values]
                if None in got:
                    raise Fail
                line = got  # type: ignore[assignment]
            out = [(*head, k) for head in out for k in line]
        if len(out) > 400:
            raise Fail
        return out

    def family(
        self, s: Term, sort: Sort, domain: Term | None, attributes: frozenset[str], d: Declaration | None, model: Model, rng: Random, index: int
    ) -> Value:
        """A family: its members one by one."""
        members = {
            key: self.of_sort(s, sort.result, domain, attributes, d, model, rng, index) for key in self.indices(d, sort, model)
        }
        open_ended = d is not None and any(r.op != "range" and r.op != "finset" for r in d.index_ranges)
        if sort.result.kind == "num" and members and not open_ended and rng.random() < 0.08:
            first = next(iter(members.values()))
            members = dict.fromkeys(members, first)
        return Family(members, open_ended)

    def function(
        self, s: Term, sort: Sort, domain: Term | None, attributes: frozenset[str], d: Declaration | None, model: Model, rng: Random, index: int
    ) -> Value:
        """A function of the declared class."""
        from derivcheck.semantics.functions_of import declared_function

        got = declared_function(self, sort, domain, attributes, d, model, rng, index)
        if got is None:
            raise Fail
        return Function(got)

    def budget(self) -> Budget:
        """The work that one check of a hypothesis may cost; an attempt that goes on past the deadline is given up."""
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise Fail
        return Budget(self.budget_per_check, self.deadline)

    def truth(self, statement: Term, model: Model) -> object:
        """Truth of a hypothesis in a model (or part of one)."""
        return holds(statement, model, self.prec, self.budget())


def near_rational(v: Value) -> fmpq | None:
    """A rational near a finite real value."""
    if isinstance(v, fmpq):
        return v
    if is_number(v) and v.imag.is_zero():
        return rational(str(round(float(v.real.mid()), 12)))
    return None


def conjuncts(p: Term) -> list[Term]:
    """The parts of a conjunction."""
    if p.op == "and":
        return [q for a in p.args for q in conjuncts(a)]
    if p.op == "forall":
        inner = conjuncts(p.args[-1])
        if len(inner) > 1:
            symbols, body = open_binder(p)
            return [rebind(p, symbols, p.args[:-1], q) for q in conjuncts(body)]
    return [p]


def models(
    context: Context,
    terms: Iterable[Term],
    seed: int = 0,
    extra: Mapping[Term, list[Value]] | None = None,
    fixed: Mapping[Term, Value] | None = None,
) -> Iterator[Model]:
    """Models of a context in which the terms can be evaluated: see the module's docstring."""
    yield from Builder(context, terms, seed, extra, fixed).models()
