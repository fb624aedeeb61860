"""The search for counterexamples, and cross-examination of what was proved.

`search(obligation, budget)` looks at models of the obligation's context and at crafted points: zeros of denominators and of the
arguments of logarithms, absolute values and maxima, solutions of the equations in a statement and points next to all of these
(`critical.py`).  A counterexample is a model in which exact values or enclosures show the statement false; agreement is never
reported as anything.  `cross_examine(obligation, points)` counts agreement and disagreement.

A step whose side has no value whatever the symbols are (`\\frac10`) is refuted with the value `undefined`.
Limits: `O(\\cdot)`, convexity, `X \\sim D`, statements about all functions are not refuted here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flint import fmpq

from derivcheck.refute import critical
from derivcheck.refute.antiderivatives import derivatives, examine_derivatives
from derivcheck.refute.examine import (
    COSTLY,
    Finding,
    Meter,
    Refutation,
    examine,
    proportional,
    report,
    same_up_to_constant,
    seen_to_hold,
    up_to_constant,
)
from derivcheck.refute.linear_systems import models_of_systems
from derivcheck.refute.screen import Screen
from derivcheck.semantics.evaluate import Budget, Model, Origin, evaluate, load_handlers
from derivcheck.semantics.models import Builder, Fail
from derivcheck.semantics.random_symbols import lawful
from derivcheck.semantics.values import UNDEFINED
from derivcheck.terms.build import ZERO
from derivcheck.terms.term import Term, contains_op, subterms

if TYPE_CHECKING:
    from derivcheck.kernel.obligation import Obligation

__all__ = ["USUAL", "CrossExamination", "Examination", "Refutation", "cross_examine", "search"]

MODELS = 90
BRIEF = 24
SURE = 1
USUAL = 12
SEED = 1
DEAR = 8_000
COSTLY_MODELS = 24
DEEP = 8
PATIENCE = 1.5
SOLVED = 4
CRAFTING = 0.4


@dataclass(frozen=True)
class Examination:
    """How a statement fared at models of its context."""

    agree: int = 0
    disagree: int = 0
    undefined: int = 0
    unknown: int = 0
    witness: Refutation | None = None
    models: int = 0


class Clock:
    """The caller's budget (the kernel's, or none) seen as a deadline."""

    def __init__(self, budget: Any, seconds: float) -> None:
        left = getattr(budget, "seconds_left", None)
        self.end = time.monotonic() + (min(seconds, left) if left is not None else seconds)

    @property
    def over(self) -> bool:
        return time.monotonic() > self.end


def search(ob: Obligation, budget: Any = None, brief: bool = False) -> Refutation | None:
    """A counterexample to the obligation, if one is found within the budget; `brief`: at fewer models, for a first impression."""
    clock = Clock(budget, 5.0)
    p = ob.statement
    if contains_op(p, "opaque"):
        return None
    nowhere = never_defined(p)
    if nowhere is not None:
        return nowhere
    meter = Meter()
    for found, model, builder in findings(ob, clock, BRIEF if brief else MODELS, deep=0 if brief else DEEP, meter=meter):
        if brief and meter.spent > 2 * DEAR:
            break
        if found.kind == "fails":
            varied = p.args[2:] or ob.context.vary
            return report(model, shown_symbols(builder, p), found, varied)
    return None


def costly(p: Term, lawful: bool) -> bool:
    """Whether a statement is dear to evaluate: integrals, limits, infinite sums, means under given laws."""
    return (
        contains_op(p, *COSTLY)
        or (lawful and contains_op(p, "E", "Var", "Cov", "Pr"))
        or any(u.op in ("sum", "sumset") and u.args[-2].op in ("const", "set") for u in subterms(p))
    )


class CrossExamination:
    """Looks at the models of an obligation's context one after the other, in parts: a few before a proof is looked for, the others once
    there is one.  The first `SURE` models at which the statement holds are examined with enclosures, later ones in floating point if that
    leaves no doubt.  Statements that are dear to evaluate get half of the models, and are left after `DEAR` units of work, if they held at
    a few models till then.  `held_at` is the first model at which the statement held, `looked_at` the first one of which nothing could be told."""

    def __init__(self, ob: Obligation, points: int, patience: float = PATIENCE) -> None:
        self.ob = ob
        self.points = points
        self.clock = Clock(None, max(0.5 + points / 32, patience if patience > PATIENCE else 0.0))
        self.meter = Meter()
        self.kinds = dict.fromkeys(("agree", "disagree", "undefined", "unknown"), 0)
        self.witness: Refutation | None = None
        self.models = 0
        self.held_at: Origin | None = None
        self.looked_at: Origin | None = None
        self._left_at: float | None = None
        if points <= USUAL and costly(ob.statement, any(d.law is not None for d in ob.context.declarations.values())):
            self.points = max(1, points // 2)
        self._findings = findings(ob, self.clock, points, deep=0, plain=min(5, self.points // 2), exact=SURE, meter=self.meter, patience=patience)

    def go_on(self, upto: int) -> Refutation | None:
        """Look at more models, until `upto` have been looked at altogether; the counterexample that was found."""
        if self._left_at is not None:
            self.clock.end += time.monotonic() - self._left_at
        p = self.ob.statement
        while self.models < min(upto, self.points) and not (self.witness is not None and self.models > 8):
            got = next(self._findings, None)
            if got is None:
                break
            found, model, builder = got
            self.models += 1
            if seen_to_hold(found):
                self.kinds["agree"] += 1
                self.held_at = self.held_at or model.origin
            elif found.kind == "fails":
                self.kinds["disagree"] += 1
                self.witness = self.witness or report(model, shown_symbols(builder, p), found, p.args[2:] or self.ob.context.vary)
            else:
                self.kinds["undefined" if found.kind == "undefined" else "unknown"] += 1
                if found.kind != "undefined":
                    self.looked_at = self.looked_at or model.origin
            if self.meter.spent > DEAR and self.kinds["agree"] > 2:
                break
        self._left_at = time.monotonic()
        return self.witness

    def result(self) -> Examination:
        """What has been seen so far."""
        return Examination(**self.kinds, witness=self.witness, models=self.models)


def cross_examine(ob: Obligation, points: int = 64) -> Examination:
    """Count the models in which the statement holds (or its sides can't be told apart to 12 digits), fails, has no value."""
    examination = CrossExamination(ob, points)
    examination.go_on(points)
    return examination.result()


def shown_symbols(builder: Builder, p: Term) -> list[Term]:
    """The symbols to print: those of the statement and of what it rests on."""
    wanted = set(p.free)
    changed = True
    while changed:
        changed = False
        for s in list(wanted):
            d = builder.context.declarations.get(s)
            from derivcheck.semantics.models import declaration_terms, sort_terms

            for t in (*sort_terms(s.sort), *(declaration_terms(d) if d else ())):
                for v in t.free:
                    if v.op == "sym" and v not in wanted:
                        wanted.add(v)
                        changed = True
    for h in builder.hypotheses:
        if h.op != "perp" and not h.free.isdisjoint(wanted):
            wanted |= {v for v in h.free if v.op == "sym"}
    return [s for s in builder.order if s in wanted]


def findings(
    ob: Obligation, clock: Clock, count: int = MODELS, deep: int = DEEP, plain: int = 0, exact: int = 0, meter: Meter | None = None,
    patience: float = PATIENCE,
) -> Iterator[tuple[Finding, Model, Builder]]:
    """The statement at one model after the other; from the model after the first `plain` ones on, at crafted points beside it too.

    At the first `deep` models the precision is raised as far as need be.  After those, and after the first `exact` at which the statement
    held, a model in which floating point sees the statement hold clearly is not examined further."""
    p = ob.statement
    if p.op == "rel" and p.data in ("=", "≐") and contains_op(p, "antideriv"):
        yield from _antiderivatives(p, ob, clock, count)
        return
    if p.op == "rel" and p.data == "=" and contains_op(p, "anyconst"):
        turned = up_to_constant(p, ob.context.vary)
        if turned is None:
            return
        p = turned
    if p.op == "rel" and p.data in ("∝", "≐"):
        yield from _varied(p, ob, clock, count)
        return
    load_handlers()  # not on the time of the models
    builder = Builder(ob.context, [p], seed=SEED)
    builder.deadline = clock.end
    if not builder.order:
        # nothing to choose: one model, if the hypotheses hold in it
        for only in builder.models(attempts=1, count=1):
            yield examine(p, only, deep=True, deadline=clock.end, meter=meter), only, builder
        return
    unknown_in_a_row = 0
    held = 0
    screen = Screen(p, ob.context)

    def look(model: Model, high: bool = False) -> Finding:
        nonlocal held
        if held >= exact and not high and screen.agrees(model):
            return Finding("agrees")
        found = examine(p, model, deep=high, deadline=clock.end, meter=meter)
        held += seen_to_hold(found)
        return found

    lawful = any(ob.context.declarations[s].law is not None for s in builder.random)
    cheap = not costly(p, lawful)
    if not cheap:
        count = min(count, COSTLY_MODELS)
    # hypotheses that are hard to meet must not eat up the caller's time
    builder.deadline = min(clock.end, time.monotonic() + patience)
    for seen, model in enumerate(builder.models(attempts=80), 1):
        builder.deadline = clock.end
        found = look(model, seen <= deep)
        yield found, model, builder
        builder.deadline = clock.end
        unknown_in_a_row = unknown_in_a_row + 1 if found.kind == "unknown" else 0
        if clock.over or seen >= count or unknown_in_a_row >= 16:
            return
        if plain < seen <= plain + (12 if cheap else 3):
            started = time.monotonic()
            for crafted in numbered("crafted", critical.variants(p, model, builder)):
                yield look(crafted), crafted, builder
                if clock.over or time.monotonic() - started > CRAFTING:
                    break
            for solved in numbered("solved", models_of_systems(p, model, builder)) if seen <= plain + SOLVED else ():
                yield look(solved), solved, builder
                if clock.over:
                    break
            for n, (root, found) in enumerate(critical.at_solutions(p, model, builder)):
                yield found, marked(root, "root", n), builder
                if clock.over:
                    break


def marked(model: Model, way: str, number: int) -> Model:
    """A model that was made from another one of the builder, with its origin."""
    return replace(model, origin=(model.origin[0], way, number)) if model.origin else model


def numbered(way: str, made: Iterator[Model]) -> Iterator[Model]:
    """Variants of a model with their origins."""
    return (marked(model, way, n) for n, model in enumerate(made))


def _antiderivatives(p: Term, ob: Obligation, clock: Clock, count: int) -> Iterator[tuple[Finding, Model, Builder]]:
    """Steps with antiderivatives: the derivatives of both sides are compared."""
    turned = up_to_constant(p, ob.context.vary) if contains_op(p, "anyconst") else p
    if turned is None:
        return
    equations = derivatives(turned, turned.args[2:] if turned.data == "≐" else ())
    builder = Builder(ob.context, [p], seed=SEED)
    builder.deadline = clock.end
    for model in builder.models(attempts=80, count=count):
        for n, e in enumerate(equations):
            yield examine_derivatives(e, model, clock.end), marked(model, "derivative", n), builder
        if clock.over:
            return


def _varied(p: Term, ob: Obligation, clock: Clock, count: int) -> Iterator[tuple[Finding, Model, Builder]]:
    """`∝` and `≐`: pairs of models that differ in the varied symbols."""
    varied = p.args[2:] or ob.context.vary
    if not varied or any(v.op != "sym" for v in varied):
        return
    base = Builder(ob.context, [p, *varied], seed=SEED)
    base.deadline = clock.end
    for seen, model in enumerate(base.models(attempts=80)):
        for found, start in pairs(p, ob, varied, model, base, clock):
            yield found, start, base
            if clock.over:
                return
        if (seen + 1) * 4 >= count:
            return


def pairs(p: Term, ob: Obligation, varied: tuple[Term, ...], model: Model, base: Builder, clock: Clock) -> Iterator[tuple[Finding, Model]]:
    """A statement that compares two models, at a model and some that differ from it in the varied symbols."""
    compare = proportional if p.data == "∝" else same_up_to_constant
    turn = model.origin[0] if model.origin else 0
    bases = [model]
    if turn < 4:
        # a factor that vanishes for some value of the other symbols is no constant of proportionality
        for s in critical.scalars(p, base, model):
            if s not in varied:
                still = critical.moved(model, s, fmpq(0))
                if critical.allowed(still, s, base):
                    bases.append(still)
    n = 0
    for start in bases:
        for second in _partners(ob, p, varied, start, turn, clock):
            yield compare(p, start, second, clock.end), marked(start, "pair", n)
            n += 1


def _partners(ob: Obligation, p: Term, varied: tuple[Term, ...], start: Model, seed: int, clock: Clock) -> Iterator[Model]:
    """A few models that differ from the given one in the varied symbols only."""
    fixed = {s: v for s, v in start.values.items() if s not in varied}
    other = Builder(ob.context, [p, *varied], seed=2 + seed, fixed=fixed)
    other.deadline = clock.end
    for second in other.models(attempts=60, count=4):
        if start.joint is None:
            yield second
            continue
        # the random symbols keep their outcomes
        same = replace(second, joint=start.joint)
        try:
            if lawful(other, same) and all(other.truth(h, same) is True for h in other.parts):
                yield same
        except Fail:
            return


def never_defined(p: Term) -> Refutation | None:
    """A side that has no value whatever the symbols are."""
    if p.op != "rel" or p.data not in ("=", "≠", "<", "≤", ">", "≥", "≈"):
        return None
    sides = [_nowhere(a) for a in p.args[:2]]
    if not any(sides):
        return None
    empty = Model({}, origin=(0, "nowhere", 0))
    texts = []
    for a, bad in zip(p.args[:2], sides):
        if bad:
            texts.append("undefined")
        else:
            from derivcheck.semantics.values import show

            texts.append(show(evaluate(a, empty, budget=Budget(20_000))) if not a.free else "")
    return Refutation({}, texts[0], texts[1], empty)


_STRICT = frozenset("add neg div pow fn oddroot matmul smul transpose inv trace det tonum".split())


def _identically_zero(t: Term) -> bool:
    """A polynomial that is zero (`x - x`), which has this value at every point."""
    for u in subterms(t):
        power = u.op == "pow" and u.args[1].op == "num" and u.args[1].data in (2, 3, 4, 5, 6)
        if u.sort.kind != "num" or not (power or u.op in ("add", "neg", "mul", "num", "sym")):
            return False
    from derivcheck.kernel.check import Session
    from derivcheck.terms.context import Context

    return Session().rewriter(Context()).nf(t) is ZERO


def _nowhere(t: Term) -> bool:
    """The term has a part, in a place that must have a value, that has none: a closed one, or a quotient by a polynomial that is zero."""
    if not t.free:
        return evaluate(t, Model({}), budget=Budget(50_000)) is UNDEFINED
    if t.op == "div" and _identically_zero(t.args[1]):
        return True
    if t.op in _STRICT:
        return any(_nowhere(a) for a in t.args)
    if t.op == "mul" and not any(u.op == "fn" and u.data == "log" for u in subterms(t)):
        return any(_nowhere(a) for a in t.args)
    return False
