"""Existence claims that are false, shown by a proof that there is nothing.

Sample points can't refute `∃ x ∈ ℝ : x² = -1`.  `disproof` puts the numbers of a model into a statement that holds such a quantifier, proves
`∀ x : (P(x) ⟹ false)` by the kernel's inferences, and sees what the statement comes to:

* `∃ x ∈ S : P(x)` is false if the proof is found; where P is `∀ y ∈ T : Q(x, y)`, if Q(x, t) ⟹ false for some t that is shown to lie in T;
* `∀ x ∈ S : P(x)` is false if P is, at one of a few members of S;
* connectives as usual; everything else by evaluation.

Limits: real symbols with rational values in the model; sides that are not shown to be real only inside of `⟺` and `⟹`, where values that
are not real do not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from flint import fmpq

from derivcheck.kernel.budget import Budget, OutOfBudget
from derivcheck.kernel.check import Rejected, Session, check
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.oracle import Oracle
from derivcheck.provers import logic
from derivcheck.refute import critical
from derivcheck.refute.established import numbers
from derivcheck.refute.examine import Finding, Refutation, report
from derivcheck.refute.search import Clock, shown_symbols
from derivcheck.semantics.evaluate import Budget as Work
from derivcheck.semantics.evaluate import Evaluator, Model, with_evaluator
from derivcheck.semantics.models import Builder
from derivcheck.semantics.truth import all_real, samples, truth
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration
from derivcheck.terms.term import Term, contains_op, instantiate, mk, num, open_binder, substitute

INSTANCES = 8
MEMBERS = 8
BRIEF = 60  # moves of the search for a proof where there may well be none
_CONNECTIVES = frozenset("and or not implies iff forall exists".split())


def disproof(ob: Obligation, session: Session, budget: Budget) -> Refutation | None:
    """A model in which the statement is false because something does not exist there."""
    p = ob.statement
    if p.op not in _CONNECTIVES or not contains_op(p, "exists", "forall"):
        return None
    builder = Builder(ob.context, [p], seed=1)
    clock = Clock(budget.share(0.25), 6.0)
    builder.deadline = clock.end
    seen: set[tuple[tuple[Term, Term], ...]] = set()
    for model in _instances(builder, p):
        put_in = numbers(model, p.free)
        if put_in is not None and all_real(p, model) and tuple(put_in.items()) not in seen:
            seen.add(tuple(put_in.items()))
            with budget.limited(0.2):
                found = _Decision(ob.context, budget).decide(substitute(p, put_in), False)
            if found is False:
                return report(model, shown_symbols(builder, p), Finding("fails"))
        if clock.over:
            break
    return None


def _instances(builder: Builder, p: Term) -> Iterator[Model]:
    """Models, each followed by those in which one number makes two sides meet: existence mostly ends there."""
    for nth, model in enumerate(builder.models(attempts=40, count=INSTANCES if builder.order else 1)):
        yield model
        zeros = critical.Zeros(model)
        for s in critical.scalars(p, builder, model) if nth < 3 else ():
            for t in (*critical.critical_terms(p)[:4], s):
                for v in zeros.of(t, s) if s in t.free else ():
                    at = critical.moved(model, s, v)
                    if critical.allowed(at, s, builder):
                        yield at


class _Decision:
    """Truth of closed statements under the conventions of a context."""

    def __init__(self, context: Context, budget: Budget) -> None:
        self.context = Context(conventions=context.conventions - {"strict"})
        self.budget = budget
        self.model = Model({}, self.context)

    def decide(self, q: Term, strict: bool) -> bool | None:
        """True, False, or None where neither is seen."""
        if q.op in ("and", "or"):
            return self._both([self.decide(a, strict) for a in q.args], q.op == "and")
        if q.op == "not":
            inner = self.decide(q.args[0], strict)
            return None if inner is None else not inner
        if q.op in ("implies", "iff"):
            left, right = self.decide(q.args[0], True), self.decide(q.args[1], True)
            if q.op == "implies":
                return self._both([None if left is None else not left, right], False)
            return None if left is None or right is None else left == right
        seen = with_evaluator(lambda ev: truth(ev, q, ev.root, strict), self.model, budget=Work(40_000))
        if isinstance(seen, bool):
            return seen
        if q.op == "exists" and self.nothing(q, strict):
            return False
        if q.op in ("exists", "forall"):
            if self._proved(b.not_(q), BRIEF):
                return False
            if strict and self._proved(q, BRIEF):
                return True
        if q.op == "forall" and contains_op(q.args[-1], "exists"):
            for member in self._members(q):
                if self.decide(instantiate(q, member), strict) is False:
                    return False
        return None

    @staticmethod
    def _both(parts: list[bool | None], every: bool) -> bool | None:
        if (not every) in parts:
            return not every
        return None if None in parts else every

    def _members(self, q: Term) -> Iterator[tuple[Term, ...]]:
        """A few members of the sets of a quantifier over one number."""
        if len(q.bound) != 1 or q.bound[0].sort.kind != "num":
            return

        def use(ev: Evaluator) -> object:
            return samples(ev, q.args[0], q.bound[0].sort, ev.root)

        points = with_evaluator(use, self.model, budget=Work(40_000))
        if isinstance(points, list):
            yield from ((num(Fraction(int(v.p), int(v.q))),) for v in points[:MEMBERS] if isinstance(v, fmpq))

    def nothing(self, q: Term, strict: bool) -> bool:
        """Whether `∃ x ∈ S : P(x)` is refuted by a proof."""
        symbols, body = open_binder(q)
        if any(s.sort.kind != "num" for s in symbols):
            return False
        domains = q.args[:-1]
        if not strict and not self._real(symbols, domains, body):
            return False
        for place, claim in _claims(symbols, body):
            if place is not None and not self._proved(b.over("forall", symbols, domains, place)):
                continue
            if self._proved(b.over("forall", symbols, domains, b.implies(claim, b.FALSE))):
                return True
        return False

    def _real(self, symbols: tuple[Term, ...], domains: tuple[Term, ...], body: Term) -> bool:
        """Whether all sides of relations are shown to be real."""
        context = self.context
        for s, d in zip(symbols, domains, strict=True):
            context = context.with_declaration(Declaration(s, d))
        return self._sides_real(body, context)

    def _sides_real(self, body: Term, context: Context) -> bool:
        if body.op in ("forall", "exists"):
            inner, below = open_binder(body)
            for s, d in zip(inner, body.args[:-1], strict=True):
                context = context.with_declaration(Declaration(s, d))
            return self._sides_real(below, context)
        if body.op == "rel":
            oracle = Oracle(context)
            return all(a.sort.kind == "set" or oracle.real(a) for a in body.args)
        return body.op in (*_CONNECTIVES, "true", "false") and all(self._sides_real(a, context) for a in body.args)

    def _proved(self, goal: Term, moves: int = logic.MOVES) -> bool:
        """Whether the kernel accepts a proof of a closed statement."""
        ob = Obligation(self.context, goal)
        try:
            with self.budget.limited(0.5):
                proof = logic.prove(ob, Session(budget=self.budget), moves)
                if proof is None:
                    return False
                check(ob, proof, Session(budget=self.budget))
                return True
        except (OutOfBudget, Rejected, ZeroDivisionError, RecursionError):
            return False


def _claims(symbols: tuple[Term, ...], body: Term) -> Iterator[tuple[Term | None, Term]]:
    """Consequences of the body, each with what must hold for it to be one: the body itself, or an instance of a universal body."""
    if body.op != "forall":
        yield None, body
        return
    if len(body.bound) != 1 or body.bound[0].sort.kind != "num":
        return
    fixed = [b.ZERO, b.ONE, b.TWO, b.MINUS_ONE]
    moving = [t for s in symbols for t in (b.add(s, b.ONE), s, b.neg(s), b.sub(s, b.ONE), b.mul(b.TWO, s))]
    for value in (*fixed, *moving):
        yield mk("rel", (value, body.args[0]), "in", b.TRUE.sort), instantiate(body, (value,))
