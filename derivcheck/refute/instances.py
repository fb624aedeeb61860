"""Counterexamples with concrete functions and laws whose hypotheses are proved instead of evaluated.

Hypotheses such as `∂/∂t ∫ p f dx = ∫ f ∂p/∂t dx` hold in no model that evaluation alone could show.  Here functions become polynomials
(where values must be positive: exponentials of linear functions, constants) and densities on the line and on `\\R^d` jointly normal, with a
mean that is linear in what stands behind the bar; the provers then prove every hypothesis with no condition left, as for
`kernel/satisfiable.py`, and the statement that results is refuted by a model of the remaining numbers.

Limits: a handful of instances; sets of few elements are left to the models.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from derivcheck.kernel.budget import OutOfBudget
from derivcheck.kernel.check import Rejected, Session
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.satisfiable import PROVED, Instance, NoInstance, abstract, needed_symbols, proved, whole
from derivcheck.kernel.totality import total
from derivcheck.refute import search
from derivcheck.refute.examine import Refutation
from derivcheck.refute.normal_family import Normal
from derivcheck.terms import build as b
from derivcheck.terms.context import Context
from derivcheck.terms.printer import to_latex
from derivcheck.terms.sorts import Sort
from derivcheck.terms.term import Term, fresh, mk, name_of, num, open_binder

FUNCTIONS = 4
_KINDS: tuple[frozenset[str], ...] = (
    frozenset("smooth continuous differentiable convex concave real increasing".split()),
    frozenset("smooth continuous differentiable convex concave real increasing".split()),
    frozenset("smooth continuous differentiable convex real".split()),
    frozenset("smooth continuous differentiable bounded convex concave nonnegative positive even real".split()),
)


def refuted_by_instance(ob: Obligation, session: Session) -> Refutation | None:
    """A counterexample among the instances whose hypotheses are proved."""
    every = [h.statement for h in ob.context.hypotheses if h.kind not in PROVED]
    used = needed_symbols(ob.context, [*every, ob.statement])
    if not any(s.sort.kind in ("fun", "dist") or endless(s, ob.context) for s in used):
        return None
    hard = [h for h in every if any(abstract(s, ob.context) for s in h.free if s.op == "sym")]
    plain = tuple(h for h in ob.context.hypotheses if h.kind not in PROVED and h.statement not in hard)
    laws = any(s.sort.kind == "dist" for s in used)
    functions = any(s.sort.kind == "fun" for s in used)
    for law, function in choices(laws, functions):
        try:
            instance = Choice(ob.context, [*every, ob.statement], law, function)
            context = replace(instance.context, hypotheses=plain)
            if not all(proved(context, instance.of(h), session) for h in hard):
                continue
            statement = instance.of(ob.statement)
            found = refuted(Obligation(context, statement), session)
        except (NoInstance, Rejected, ZeroDivisionError, RecursionError):
            continue
        except OutOfBudget:
            return None
        if found is not None:
            return replace(found, values={**instance.described(), **found.values})
    return None


def endless(s: Term, context: Context) -> bool:
    """A random family over all integers: what is said of all of its members is shown by no evaluation."""
    d = context.declarations.get(s)
    return d is not None and d.random and s.sort.kind == "fam" and any(r.op == "set" for r in d.index_ranges)


def choices(laws: bool, functions: bool) -> Iterator[tuple[int, int]]:
    """The kinds of laws and functions that are tried."""
    for function in range(FUNCTIONS) if functions else (0,):
        for law in (1, 0) if laws else (0,):
            yield law, function


def refuted(ob: Obligation, session: Session) -> Refutation | None:
    """A model that refutes the concrete statement as it stands, or with its sides in normal form where they have values everywhere."""
    found = search.search(ob, session.budget.share(0.2))
    p = ob.statement
    if found is not None or p.op != "rel":
        return found
    sides = [plain_value(a, ob, session) for a in p.args[:2]]
    if tuple(sides) == p.args[:2]:
        return None
    return search.search(Obligation(ob.context, mk("rel", (*sides, *p.args[2:]), p.data, p.sort)), session.budget.share(0.2))


def plain_value(side: Term, ob: Obligation, session: Session) -> Term:
    """A side's normal form where it has a value for all symbols, else the side itself."""
    if side.sort.kind not in ("num", "mat"):
        return side
    rw = session.rewriter(ob.context)
    normal = rw.nf(side)
    return side if rw.oracle.undefinedness(side) or not total(normal, rw.oracle) else normal


class Choice(Instance):
    """One choice of functions and of normal laws (`law` 1: dependent on each other and on what stands behind the bar)."""

    def __init__(self, context: Context, statements: list[Term], law: int, function: int) -> None:
        self.dependent = law == 1
        self.normals: dict[Term, Normal] = {}
        self.place = {s: i for i, s in enumerate(x for x in needed_symbols(context, statements) if x.sort.kind in ("fun", "dist"))}
        super().__init__(context, statements, function, {})

    def product_law(self, s: Term) -> tuple[Term, ...]:
        """Normal laws where the variables range over all numbers or vectors; else what the base class takes."""
        d = self.original.declarations.get(s)
        if d is None or d.domain is None:
            raise NoInstance
        inside = d.domain.args[0] if d.domain.op == "prob" else d.domain
        parts = inside.args if inside.op == "product" else (inside,)
        if all(x.op == "rn" or (x.op == "set" and x.data == "R") for x in parts):
            after = [v.sort for v in d.joint_given]
            sorts = [v.sort for v in d.joint] or [over(x) for x in parts]
            self.normals[s] = Normal(tuple(sorts), tuple(after), Fraction(self.place[s]), self.dependent)
            return ()
        return super().product_law(s)

    def function(self, s: Term) -> Term:
        """A polynomial; for positive values an exponential."""
        d = self.original.declarations.get(s)
        attributes = d.attributes if d is not None else frozenset()
        sort = s.sort
        variables = tuple(fresh("uvwxyz"[i % 6], a) for i, a in enumerate(sort.arg_sorts))
        domains = d.arg_domains if d is not None and len(d.arg_domains) == len(variables) else tuple(whole(v.sort) for v in variables)
        if sort.result.kind != "num" or any(v.sort.kind not in ("num", "mat") for v in variables):
            return super().function(s)
        if not attributes <= _KINDS[self.variant]:
            raise NoInstance
        shift = Fraction(self.place[s])
        linear = [v if v.sort.kind == "num" else mk("inner", (b.ones(v.sort.rows, b.ONE), v)) for v in variables if v.sort.kind == "num" or v.sort.is_vector]
        squares = [b.pow_(v, 2) if v.sort.kind == "num" else mk("inner", (v, v)) for v in variables if v.sort.kind == "num" or v.sort.is_vector]
        positive = d is not None and d.domain is not None and d.domain.op == "set" and d.domain.data in ("Rpos", "Rnn")
        if not positive and d is not None and d.domain is not None and d.domain is not b.REALS:
            return super().function(s)
        if self.variant == 0:
            body = summed(linear)
        elif self.variant == 1:
            body = b.add(b.mul(num(shift + 2), summed(linear)), num(shift + 1))
        elif self.variant == 2:
            body = b.add(summed(squares), num(shift + 1))
        else:
            body = num(shift + 1)
        if positive and self.variant < 2:
            body = b.exp(body)
        return b.lam(variables, domains, body)

    def replaced(self, t: Term, memo: dict[Term, Term]) -> Term:
        """Densities, marginals and expectations of the normal laws."""
        base = t.args[0] if t.op in ("pdf", "Eover", "Varover") else t
        s = base.args[0] if base.op == "marg" else base
        family = self.normals.get(s)
        if family is None:
            return super().replaced(t, memo)
        before, after = base.data if base.op == "marg" else (tuple(range(family.count)), tuple(range(family.count, family.size)))
        if t.op == "pdf":
            points = [self.walk(x, memo) for x in t.args[1:]]
            if len(points) != len(before) + len(after):
                raise NoInstance
            return b.mul(*family.factors(before, after, points)) if len(before) > 1 else family.factors(before, after, points)[0]
        if after:
            raise NoInstance
        if t.op == "Eover":
            symbols, body = open_binder(t)
            out = self.walk(body, memo)
            for x, law in reversed(list(zip(symbols, family.laws(before, (), list(symbols)), strict=True))):
                out = b.expect_over([x], law, out)
            return out
        if t.op in ("sym", "marg") and len(before) == 1:
            return family.laws(before, (), [num(0)])[0]
        raise NoInstance

    def described(self) -> dict[str, str]:
        """The choices as text."""
        out: dict[str, str] = {}
        for s, f in self.functions.items():
            symbols, body = open_binder(f)
            out[name_of(s)] = f"({', '.join(name_of(v) for v in symbols)}) \\mapsto {to_latex(body)}"
        for s, family in self.normals.items():
            d = self.original.declarations[s]
            variables = list(d.joint) or [fresh("x", family.sorts[0])]
            points = [*variables, *d.joint_given]
            if len(points) != family.size:
                continue
            factors = family.factors(tuple(range(family.count)), tuple(range(family.count, family.size)), points)
            out[name_of(s)] = to_latex(b.mul(*factors) if len(factors) > 1 else factors[0])
        return out


def summed(parts: list[Term]) -> Term:
    """A sum of any number of terms."""
    if not parts:
        return num(0)
    return b.add(*parts) if len(parts) > 1 else parts[0]


def over(domain: Term) -> Sort:
    """The sort of the elements of `\\R` or `\\R^d`."""
    from derivcheck.terms.sorts import NUM, vec

    return vec(domain.args[0]) if domain.op == "rn" else NUM
