"""Whether hypotheses about functions, densities and random variables have an instance, by a proof instead of by evaluation.

Models (`semantics/`) meet hypotheses by exact evaluation, which can't be had for most equations between integrals, derivatives under them
and moments of vectors.  Here abstract symbols are replaced by concrete ones of the declared class: densities by normal, exponential,
uniform or Poisson laws (several variables independent of each other), functions by constants, sums or squares of their arguments, random
symbols by independent normal ones with the means and variances that the hypotheses give them.  Numbers, vectors and sizes stay as they
are, or take the values of a model of the hypotheses that speak of them alone.  The instance is accepted if the provers prove every
hypothesis under it with no condition left: then the hypotheses don't contradict each other.

`satisfiable(ob, session)` is used only to tell whether a proof is vacuous.  Limits: a handful of instances.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

from derivcheck.kernel import moments
from derivcheck.kernel.budget import OutOfBudget
from derivcheck.kernel.check import Rejected, Session, check
from derivcheck.kernel.matrix_facts import pd
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.oracle import Oracle
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration, Hypothesis
from derivcheck.terms.sorts import Sort
from derivcheck.terms.term import Term, fresh, instantiate, mk, num, open_binder, rebind, substitute, subterms, symbol_order

PROVED = ("step", "use")
VARIANTS = 4
# attributes that constants have; that the sum of the arguments has on the line
_CONSTANT = frozenset("smooth continuous differentiable integrable bounded convex concave nonnegative positive even real".split())
_INCREASING = frozenset("smooth continuous differentiable increasing real positive".split())
_LINEAR = frozenset("smooth continuous differentiable convex concave increasing odd affine real".split())
_IDENTITY = frozenset(["symmetric", "positive definite", "positive semidefinite", "invertible", "orthogonal", "diagonal", "real"])


class NoInstance(Exception):
    """This variant gives no member of a declared class."""


def satisfiable(ob: Obligation, session: Session, share: float = 0.5) -> bool:
    """Whether an instance of the hypotheses is found and proved."""
    from derivcheck.kernel.implicit_functions import determined

    fixed = {f.place for f in determined(ob.context, session, some=True).values()}
    if fixed:
        # functions that their equations determine exist: what is left must have an instance
        ob = replace(ob, context=replace(ob.context, hypotheses=tuple(h for k, h in enumerate(ob.context.hypotheses) if k not in fixed)))
        if _modelled(ob.context):
            return True
    hypotheses = [h.statement for h in ob.context.hypotheses if h.kind not in PROVED]
    if not hypotheses:
        return True
    with session.budget.limited(share):
        for variant in range(VARIANTS):
            for values in scalars(ob.context, hypotheses):
                try:
                    instance = Instance(ob.context, hypotheses, variant, values)
                    if all(proved(instance.context, instance.of(h), session) for h in hypotheses):
                        return True
                except (NoInstance, Rejected, OutOfBudget, ZeroDivisionError, RecursionError):
                    if session.budget.seconds_left < 0.05:
                        return False
    return False


def _modelled(context: Context) -> bool:
    """Whether some model meets the hypotheses."""
    from derivcheck.semantics.models import Builder

    used = [s for h in context.hypotheses for s in h.statement.free if s.op == "sym"]
    return not used or next(iter(Builder(context, used, seed=5).models(attempts=20, count=1)), None) is not None


def abstract(s: Term, context: Context) -> bool:
    """A function, a law, or a random symbol."""
    d = context.declarations.get(s)
    return s.sort.kind in ("fun", "dist") or (d is not None and (d.random or d.law is not None))


def scalars(context: Context, hypotheses: list[Term]) -> Iterator[dict[Term, Term]]:
    """Values for the numbers: none (hypotheses are then proved for all of them), then those of a few models of what is said of them
    alone."""
    yield {}
    used = [s for h in hypotheses for s in h.free if s.op == "sym" and s.sort.kind == "num" and not abstract(s, context)]
    ones = {s: num(1) for s in used if holds_one(context.declarations.get(s))}
    if ones:
        yield ones
        # the instances' laws are standard ones: mean 0, variance 1
        standard = {s: num(0) if holds_zero(context.declarations.get(s)) else one for s, one in ones.items()}
        if standard != ones:
            yield standard
    squares = {s: b.eye(s.sort.rows) for s in matrices(context, hypotheses)}
    if squares:
        yield {**ones, **squares}
    from derivcheck.semantics.models import Builder

    plain = [h for h in hypotheses if not any(abstract(s, context) for s in h.free if s.op == "sym")]
    if not plain:
        return
    own = replace(context, hypotheses=tuple(h for h in context.hypotheses if h.statement in plain))
    symbols = [s for h in plain for s in h.free if s.op == "sym" and s.sort.kind == "num"]
    for model in Builder(own, symbols, seed=3).models(attempts=20, count=3):
        values: dict[Term, Term] = {}
        for s, v in model.values.items():
            if s.sort.kind == "num" and hasattr(v, "p") and hasattr(v, "q"):
                values[s] = num(f"{v.p}/{v.q}")
        if values:
            yield values


def matrices(context: Context, hypotheses: list[Term]) -> list[Term]:
    """The square matrices of the hypotheses in whose declared class the identity lies."""
    out: dict[Term, None] = {}
    for h in hypotheses:
        for s in sorted((v for v in h.free if v.op == "sym" and v.sort.kind == "mat"), key=symbol_order):
            d = context.declarations.get(s)
            if d is None or d.random or d.law is not None or s.sort.rows is not s.sort.cols or d.domain is None or d.domain.op != "rmn":
                continue
            if d.attributes <= _IDENTITY:
                out[s] = None
    return list(out)


def holds_one(d: Declaration | None) -> bool:
    """Whether 1 lies in a symbol's declared set."""
    if d is None or d.domain is None:
        return True
    if d.attributes - {"real", "positive", "nonnegative", "nonzero"}:
        return False
    return d.domain.op == "set" and d.domain.data in ("R", "Rpos", "Rnn", "N", "Npos", "Z", "Q", "C")


def holds_zero(d: Declaration | None) -> bool:
    """Whether a symbol is declared to be any real number."""
    return d is None or d.domain is None or (d.domain is b.REALS and not d.attributes - {"real"})


def proved(context: Context, statement: Term, session: Session) -> bool:
    """Whether the provers prove a hypothesis of an instance with no condition left, and its sides have values."""
    if statement.op == "and":
        return all(proved(context, p, session) for p in statement.args)
    if statement.op == "forall" and statement.args[-1].op in ("rel", "forall") and all(v.sort.kind == "num" for v in statement.bound):
        # the sides are shown to have values for all of them
        symbols, body = open_binder(statement)
        for s, domain in zip(symbols, statement.args[:-1], strict=True):
            context = context.with_declaration(Declaration(s, domain))
        return proved(context, body, session)
    if statement.op == "perp":
        groups = [x.free for x in statement.args]
        return all(g.isdisjoint(h) for i, g in enumerate(groups) for h in groups[i + 1 :])
    if statement.op == "opaque" and str(statement.data).startswith("exchange"):
        return False
    from derivcheck.provers import provers

    ob = Obligation(context, statement)
    own = Session(budget=session.budget)
    if not valued(statement, own, context):
        return False
    for _, prove in provers():
        try:
            with session.budget.limited(0.3):
                proof = prove(ob, own)
                if proof is None:
                    continue
                checked = check(ob, proof, Session(budget=session.budget))
        except (Rejected, OutOfBudget, ZeroDivisionError):
            continue
        if not checked.conditions and checked.certainty == "exact":
            return True
    return False


def valued(p: Term, session: Session, context: Context) -> bool:
    """Whether the sides of a relation (under quantifiers, of the relation inside) are shown to have values."""
    if p.op == "forall":
        symbols, body = open_binder(p)
        for s, domain in zip(symbols, p.args[:-1], strict=True):
            context = context.with_declaration(Declaration(s, domain))
        return valued(body, session, context)
    if p.op == "implies":
        # where the premise holds its sides have values; the conclusion must have them wherever it is claimed
        premise = Hypothesis(p.args[0], None, "assume")
        return valued(p.args[1], session, context.with_hypotheses([premise]))
    if p.op != "rel":
        return p.op not in ("exists", "iff", "or", "not")
    rw = session.rewriter(context)
    for side in p.args[:2]:
        if side.sort.kind not in ("num", "mat"):
            continue
        if rw.oracle.undefinedness(side) or not total(rw.nf(side), rw.oracle):
            return False
    return True


class Instance:
    """One choice of concrete functions, laws and random variables: `context` declares it, `of` carries a statement over."""

    def __init__(self, context: Context, hypotheses: list[Term], variant: int, values: dict[Term, Term]) -> None:
        self.original = context
        self.variant = variant
        self.functions: dict[Term, Term] = {}
        self.values = values
        table = dict(context.declarations)
        needed = needed_symbols(context, hypotheses)
        self.laws = {s: self.product_law(s) for s in needed if s.sort.kind == "dist"}
        for s in needed:
            if s.sort.kind == "fun":
                self.functions[s] = self.function(s)
        randoms: list[Term] = []
        for s in needed:
            d = context.declarations.get(s)
            if d is None or s.sort.kind == "dist" or not (d.random or d.law is not None):
                continue
            randoms.append(s)
            law = self.of(d.law if d.law is not None else self.random_law(s, d, hypotheses))
            table[s] = replace(d, law=law, random=True, iid=d.iid or s.sort.kind == "fam")
        groups = [*context.independent]
        free = [s for s in randoms if not context.declarations[s].given]
        groups += [((s,), ()) for s in free if s.sort.kind == "fam"]
        if len(free) > 1:
            groups.append((tuple(free), ()))
        self.context = replace(context, declarations=MappingProxyType(table), hypotheses=(), independent=tuple(groups))
        oracle = Oracle(self.context)
        for s in randoms:
            law_ = table[s].law
            if law_ is not None and not admissible(law_, oracle):
                raise NoInstance

    # --- the choices ------------------------------------------------------------------------------------------------------

    def function(self, s: Term) -> Term:
        """A concrete function of the declared class, as a `lam`."""
        d = self.original.declarations.get(s)
        attributes = d.attributes if d is not None else frozenset()
        sort = s.sort
        variables = tuple(fresh("uvwxyz"[i % 6], a) for i, a in enumerate(sort.arg_sorts))
        domains = d.arg_domains if d is not None and len(d.arg_domains) == len(variables) else tuple(whole(v.sort) for v in variables)
        numbers = [v for v in variables if v.sort.kind == "num"]
        body: Term | None = None
        if sort.result.kind == "num":
            reals = d is None or d.domain is None or d.domain is b.REALS
            if self.variant == 1 and reals and attributes <= _LINEAR and numbers:
                body = b.add(*numbers)
                if len(domains) == 1 and domains[0] is b.POSITIVE and attributes <= _INCREASING:
                    body = b.log(numbers[0])
            elif self.variant == 1 and d is not None and d.domain is b.POSITIVE and len(domains) == len(numbers) == 1 and attributes <= _INCREASING:
                # increasing onto the positive numbers; log, exp and the identity are inverse to each other as their domains ask for it
                body = numbers[0] if domains[0] is b.POSITIVE else b.exp(numbers[0]) if domains[0] is b.REALS else None
            elif self.variant == 2 and reals and numbers and attributes <= frozenset({"convex", "smooth"}):
                body = b.add(*(b.pow_(v, 2) for v in numbers))
            elif attributes <= _CONSTANT:
                body = num(0) if self.variant == 3 and reals and "positive" not in attributes else self.constant(d)
        elif sort.result.kind == "mat" and not attributes - {"smooth"}:
            same = [v for v in variables if v.sort == sort.result]
            body = same[0] if self.variant == 1 and same else zero(sort.result)
        if body is None:
            raise NoInstance
        return b.lam(variables, domains, body)

    def constant(self, d: Declaration | None) -> Term:
        """A number in the codomain."""
        domain = d.domain if d is not None else None
        if domain is None or domain.op == "set":
            if domain is not None and domain.data == "Rneg":
                return num(-1)
            return num(1)
        if domain.op == "interval" and all(e.op == "num" for e in domain.args):
            return num((domain.args[0].data + domain.args[1].data) / 2)
        raise NoInstance

    def factor(self, domain: Term) -> Term:
        """A law on a set whose density is nowhere zero there."""
        if domain.op == "set":
            if domain.data == "R":
                return b.distribution("N", num(0), num(1))
            if domain.data in ("Rpos", "Rnn"):
                return b.distribution("Exp", num(1))
            if domain.data == "N":
                return b.distribution("Po", num(1))
        if domain.op == "rn":
            n = domain.args[0]
            mean = b.zeros(n, b.ONE)
            return b.distribution("N", mean, b.eye(n), over=mean.sort)
        if domain.op == "interval" and all(e.op == "num" for e in domain.args):
            return b.distribution("U", *domain.args)
        raise NoInstance

    def product_law(self, s: Term) -> tuple[Term, ...]:
        """Laws of the variables of a declared density before its bar, independent of each other and of those after it."""
        d = self.original.declarations.get(s)
        if d is None or d.domain is None:
            raise NoInstance
        inside = d.domain.args[0] if d.domain.op == "prob" else d.domain
        return tuple(self.factor(x) for x in (inside.args if inside.op == "product" else (inside,)))

    def random_law(self, s: Term, d: Declaration, hypotheses: list[Term]) -> Term:
        """A normal law with the mean and variance that the hypotheses say."""
        sort = s.sort.result if s.sort.kind == "fam" else s.sort
        if d.attributes - {"random", "independent"}:
            raise NoInstance
        if sort.kind == "num" and (d.domain is None or d.domain is b.REALS):
            mean, spread = said(s, "E", hypotheses) or num(0), said(s, "Var", hypotheses) or squared(s, hypotheses) or num(1)
            return b.distribution("N", mean, spread)
        if sort.kind == "mat" and sort.is_vector:
            centre = said(s, "E", hypotheses) or b.zeros(sort.rows, b.ONE)
            spread = said(s, "Var", hypotheses) or squared(s, hypotheses) or b.eye(sort.rows)
            return b.distribution("N", centre, spread, over=centre.sort)
        if sort.kind == "num" and d.domain is not None:
            return self.factor(d.domain)
        raise NoInstance

    # --- carrying statements over ---------------------------------------------------------------------------------------------

    def of(self, t: Term) -> Term:
        """A term with the choices in place of the abstract symbols."""
        memo: dict[Term, Term] = {}
        return self.walk(substitute(t, dict(self.values)) if self.values else t, memo)

    def walk(self, t: Term, memo: dict[Term, Term]) -> Term:
        got = memo.get(t)
        if got is None:
            got = memo[t] = self.replaced(t, memo)
        return got

    def replaced(self, t: Term, memo: dict[Term, Term]) -> Term:
        if t.op == "sym":
            if t in self.functions:
                return self.functions[t]
            return self.as_law(t, None) if t in self.laws else t
        if not t.args:
            return t
        if t.op == "pdf" and self.symbol(t.args[0]) is not None:
            factors, positions = self.parts(t.args[0])
            points = [self.walk(x, memo) for x in t.args[1:]]
            return b.mul(*(b.pdf(factors[k], points[i]) for i, k in enumerate(positions)))
        if t.op == "marg":
            return self.as_law(t.args[0], t.data[0])
        if t.op == "Eover" and self.symbol(t.args[0]) is not None:
            factors, positions = self.parts(t.args[0])
            symbols, body = open_binder(t)
            out = self.walk(body, memo)
            for x, k in reversed(list(zip(symbols, positions, strict=True))):
                out = b.expect_over([x], factors[k], out)
            return out
        if t.bound:
            symbols, body = open_binder(t)
            if t.op == "lam" and t.sort.kind == "dist" and len(symbols) == 1:
                inside = self.walk(body, memo)
                if inside.op == "pdf" and inside.args[1:] == symbols and symbols[0] not in inside.args[0].free:
                    return inside.args[0]
            return rebind(t, symbols, [self.walk(a, memo) for a in t.args[:-1]], self.walk(body, memo))
        if t.op == "apply":
            head, points = t.args[0], [self.walk(x, memo) for x in t.args[1:]]
            if head in self.functions:
                return instantiate(self.functions[head], points)
            if head.op == "dfun" and head.args[0] in self.functions:
                return derivative(self.functions[head.args[0]], head.data, points)
            return mk("apply", (self.walk(head, memo), *points), t.data, t.sort)
        return mk(t.op, [self.walk(a, memo) for a in t.args], t.data, t.sort)

    def symbol(self, d: Term) -> Term | None:
        """The declared density that a law term names (itself or a marginal)."""
        s = d.args[0] if d.op == "marg" else d
        return s if s in self.laws else None

    def parts(self, d: Term) -> tuple[tuple[Term, ...], tuple[int, ...]]:
        """The laws of a density's variables, and which of them stand before the bar of a marginal."""
        if d.op == "marg":
            return self.laws[d.args[0]], tuple(d.data[0])
        return self.laws[d], tuple(range(len(self.laws[d])))

    def as_law(self, s: Term, positions: tuple[int, ...] | None) -> Term:
        """The law of some variables of a declared density as a term of sort dist."""
        factors = self.laws[s]
        chosen = [factors[k] for k in (positions if positions is not None else range(len(factors)))]
        if len(chosen) == 1:
            return chosen[0]
        raise NoInstance


def admissible(law: Term, oracle: Oracle) -> bool:
    """Whether a law's parameters are shown to be such as it asks for (formulas and conditional laws are as declared)."""
    if law.op != "dist":
        return True
    if law.data == "N":
        spread = law.args[1]
        return pd(spread, oracle) if spread.sort.kind == "mat" else oracle.positive(spread)
    return moments.valid(law, oracle)


def derivative(function: Term, orders: tuple[int, ...], points: list[Term]) -> Term:
    """A partial derivative of a `lam` at points."""
    symbols, body = open_binder(function)
    for s, n in zip(symbols, orders, strict=True):
        if n and s.sort.kind != "num":
            raise NoInstance
        if n:
            body = b.deriv(s, body, None, n)
    return substitute(body, dict(zip(symbols, points, strict=True)))


def said(s: Term, op: str, hypotheses: list[Term]) -> Term | None:
    """The value that a hypothesis gives to the mean or variance of a random symbol."""
    for h in hypotheses:
        if h.op == "rel" and h.data == "=":
            for x, y in ((h.args[0], h.args[1]), (h.args[1], h.args[0])):
                if x.op == op and len(x.args) == 1 and x.args[0] is s and s not in y.free:
                    return y
    return None


def squared(s: Term, hypotheses: list[Term]) -> Term | None:
    """The value that a hypothesis gives to E[(s - m)²], to E[(s - m)(s - m)ᵀ] of a vector, or to E[s²] where nothing is said of E[s]."""
    for h in hypotheses:
        if h.op != "rel" or h.data != "=":
            continue
        for x, y in ((h.args[0], h.args[1]), (h.args[1], h.args[0])):
            if x.op != "E" or len(x.args) != 1 or s in y.free or s not in x.free:
                continue
            body = x.args[0]
            if body.op == "pow" and body.args[1] is num(2) and (body.args[0] is not s or said(s, "E", hypotheses) in (None, num(0))):
                return y
            if body.op == "matmul" and len(body.args) == 2 and body.args[1] is mk("transpose", (body.args[0],), None, body.args[1].sort):
                return y
    return None


def whole(sort: Sort) -> Term:
    """All values of a sort."""
    if sort.kind == "mat":
        return b.rn(sort.rows) if sort.is_vector else b.rmn(sort.rows, sort.cols)
    return b.REALS


def zero(sort: Sort) -> Term:
    """The zero of a matrix sort."""
    return mk("zeros", (sort.rows, sort.cols), None, sort)


def needed_symbols(context: Context, hypotheses: list[Term]) -> list[Term]:
    """The symbols of the hypotheses and of the laws that they refer to."""
    out: dict[Term, None] = {}
    stack = [s for h in hypotheses for s in h.free if s.op == "sym"]
    while stack:
        s = stack.pop()
        if s in out:
            continue
        out[s] = None
        d = context.declarations.get(s)
        if d is not None and d.law is not None:
            stack += [v for u in subterms(d.law) for v in u.free if v.op == "sym"]
    place = {s: i for i, s in enumerate(context.declarations)}
    return sorted(out, key=lambda s: (place.get(s, len(place)), symbol_order(s)))
