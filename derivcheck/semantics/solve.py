"""Drafts of models: values are assigned symbol by symbol, and hypotheses are met as soon as their symbols have values.

An equation is met by solving it for one *slot*: a number, an entry of a vector, matrix or family, the common factor of a family or
vector, an additive constant of a function, the centre or the spread of a random symbol, or all of a matrix (`linear_hypotheses.py`).  The slot's value is found from a few
evaluations (a linear or quadratic dependence is recognised by finite differences) and the equation is then checked exactly.
An equation `x = term` sets x; where the term's value is not rational, x is kept as that term (`Model.defined_by`) and the equation
holds by construction.  Equations that determine a function on integers (recurrences) are tabulated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from flint import fmpq

from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics import sets
from derivcheck.semantics.changed_values import (
    as_it_is,
    in_matrix_class,
    replace_entry,
    replace_member,
    scaled_matrix,
    scaled_members,
    shifted,
)
from derivcheck.semantics.evaluate import Model, evaluate, with_evaluator
from derivcheck.semantics.implicit import solution
from derivcheck.semantics.linear_hypotheses import solutions
from derivcheck.semantics.recurrences import recurrence_head, tabulate
from derivcheck.semantics.still_declared import still_declared
from derivcheck.semantics.structured_matrices import structured
from derivcheck.semantics.values import (
    Family,
    Function,
    Matrix,
    Value,
    integer,
    is_number,
)
from derivcheck.terms.term import Term, instantiate, num, subterms, symbol_order

if TYPE_CHECKING:
    from derivcheck.semantics.laws import Joint
    from derivcheck.semantics.models import Builder


@dataclass
class Slot:
    """A place in a model that may be changed: `set(v)` gives the model with the place set."""

    name: str
    value: Value
    put: Callable[[Value], Model]


class Draft:
    """A model in the making."""

    def __init__(self, builder: Builder, rng: Random, index: int) -> None:
        self.builder = builder
        self.rng = rng
        self.index = index
        self.values: dict[Term, Value] = {}
        self.defined_by: dict[Term, Term] = {}
        self.joint: Joint | None = None
        self.done: set[Term] = set()
        self.met: set[Term] = set()
        self.settled: dict[Term, dict[Term, Value]] = {}  # functions that a hypothesis determines, with the values used for that
        self.parts, self.early, self.late = builder.needs, builder.early, builder.late

    def model(self) -> Model:
        """The draft as a model."""
        return Model(dict(self.values), self.builder.context, self.joint, {}, dict(self.defined_by), (self.index, "", 0))

    def seen_from(self, s: Term) -> Model:
        """The draft as a model, for choosing the value of a symbol: for a number of a standard set, which nothing is kept for, uncopied."""
        d = self.builder.context.declarations.get(s)
        if s.sort.kind == "num" and (d is None or d.domain is None or d.domain.op == "set"):
            return Model(self.values, self.builder.context)
        return self.model()

    def fail(self) -> None:
        from derivcheck.semantics.models import Fail

        raise Fail

    def assign(self, s: Term) -> None:
        """Give a symbol a value that agrees with the hypotheses whose symbols all have values then."""
        if s in self.values or s in self.defined_by:
            return
        if not self.early and s.sort.kind == "num":  # nothing to meet
            self.values[s] = self.builder.value(s, self.seen_from(s), self.rng, self.index)
            return
        ready = [p for p, needed in self.early if s in needed and needed <= {*self.values, *self.defined_by, s}]
        tabled = self.tabled(s)
        for p in tabled:
            for other in sorted((v for v in p.free if v.op == "sym" and v is not s), key=symbol_order):
                if other not in self.builder.random:
                    self.assign(other)
        universal = [p for p, needed in self.early if s in needed and p.op == "forall"] if s.sort.kind == "fun" else []
        if universal and not any(p.op == "forall" for p in tabled) and s not in self.builder.fixed and self.determined(s, universal[0]):
            return
        tries = 14 if ready else 1
        for attempt in range(tries):
            value = self.builder.value(s, self.seen_from(s), self.rng, self.index)
            self.values[s] = value
            if tabled and s not in self.builder.fixed:
                tabulate(self, s, tabled)
            if all(self.meet(p) for p in ready if p not in self.done):
                return
            self.done -= set(ready)
            self.met -= set(ready)
            self.values.pop(s, None)
            self.defined_by.pop(s, None)
            if attempt > 3 and any(p.op == "rel" and p.data == "=" for p in ready):
                break
        self.fail()

    def tabled(self, s: Term) -> list[Term]:
        """The equations that give a function value by value.  A table says nothing of convexity and the like, nor of points between, so
        one value of a function of real numbers is met by a shift instead."""
        if s.sort.kind != "fun":
            return []
        found = [p for p, _ in self.early if recurrence_head(p) is s]
        d = self.builder.context.declarations.get(s)
        if d is None or all(a.op == "range" or (a.op == "set" and a.data in ("N", "Npos", "Z")) for a in d.arg_domains):
            return found
        return found if len(found) > 1 and not d.attributes else []

    def determined(self, s: Term, p: Term) -> bool:
        """Give a function the values that a hypothesis for all arguments determines."""
        for other in sorted((v for v in p.free if v.op == "sym" and v is not s), key=symbol_order):
            if other.sort.kind == "num" and other not in self.builder.random:
                self.assign(other)
        found = solution(self, s)
        if found is None:
            return False
        self.values[s] = Function(found[0])
        self.settled[s] = {v: self.values[v] for q in found[1] for v in q.free if v in self.values}
        self.done.update(found[1])
        return True

    def check_random(self) -> None:
        """Meet the hypotheses about random symbols."""
        for p in self.late:
            if not self.meet(p):
                self.fail()

    def finish(self) -> Model | None:
        """The model, if every hypothesis holds."""
        model = self.model()
        if any(self.values.get(v) is not value for used in self.settled.values() for v, value in used.items()):
            return None  # what a function was made for has changed since
        if not still_declared(self.builder, model):
            return None
        for p, needed in self.parts:
            if p in self.done:
                continue
            if not needed <= {*model.values, *model.defined_by} and not (self.joint and needed <= {*model.values, *model.defined_by, *self.builder.random}):
                return None
            if self.builder.truth(p, model) is not True:
                return None
        # values solved for late may break what was checked early
        for p, _ in self.early:
            if p not in self.done and self.builder.truth(p, model) is not True:
                return None
        return model

    def meet(self, p: Term) -> bool:
        """Whether the hypothesis holds, possibly after solving it."""
        if p in self.done:
            return True
        now = self.builder.truth(p, self.model())
        if now is True or (p.op != "perp" and self.repair(p)):
            self.met.add(p)
            return True
        return False

    def repair(self, p: Term) -> bool:
        """Change the draft so that the hypothesis holds."""
        if p.op == "rel" and p.data == "=":
            return self.solve(p)
        if p.op == "forall" and self.solve_all(p):
            return True
        if p.op == "rel" and p.data in ("<", "≤", ">", "≥") and p.args[0].op == "sym" and p.args[1].op == "sym" and self.exchange(p):
            return True
        return self.nudge(p)

    def nudge(self, p: Term) -> bool:
        """Meet an inequality (or another condition) by moving one number, an index within its range."""
        symbols = [s for s in self.builder.order if s in p.free and is_number(self.values.get(s)) and s not in self.builder.fixed]
        for s in reversed(symbols):
            if s in self.builder.sizes or s in self.defined_by:
                continue
            old = self.values[s]
            d = self.builder.context.declarations.get(s)
            finite = self.builder.enumerated(d.domain if d else None, self.model())
            steps = [fmpq(k) for k in (1, -1, 3, -3, 10, -10, 100, -100, 1000)] + [fmpq(1, 10), fmpq(-1, 10)]
            for v in finite if finite is not None else [ar.add([old, h]) for h in steps]:
                if not self.in_class(s, v):
                    continue
                self.values[s] = v
                if self.builder.truth(p, self.model()) is True and self.still_hold({s}):
                    return True
            self.values[s] = old
        return False

    def exchange(self, p: Term) -> bool:
        """Meet `a < b` by exchanging the two values."""
        x, y = p.args
        if x in self.values and y in self.values and x not in self.builder.fixed and y not in self.builder.fixed:
            a, c = self.values[x], self.values[y]
            if self.in_class(x, c) and self.in_class(y, a):
                self.values[x], self.values[y] = c, a
                if self.builder.truth(p, self.model()) is True and self.still_hold({x, y}):
                    return True
                self.values[x], self.values[y] = a, c
        return False

    def still_hold(self, changed: set[Term]) -> bool:
        """Whether the hypotheses that were met before hold after a change."""
        model = self.model()
        return all(
            self.builder.truth(p, model) is True
            for p, needed in self.parts
            if p in self.met and p not in self.done and needed & changed
        )

    def in_class(self, s: Term, v: Value) -> bool:
        d = self.builder.context.declarations.get(s)
        return self.builder.inside(v, d.domain if d else None, d.attributes if d else frozenset(), self.model())

    # --- equations ------------------------------------------------------------------------------------------------------

    def solve(self, p: Term) -> bool:
        """Meet an equation."""
        for x, t in ((p.args[0], p.args[1]), (p.args[1], p.args[0])):
            if self.isolate(p, x, t):
                return True
        if p.args[0].sort.kind == "mat" and self.solve_linear(p):
            return True
        for slot in self.slots(p):
            if self.solve_slot(p, slot):
                return True
        return False

    def solve_linear(self, p: Term) -> bool:
        """Meet an equation of matrices by changing one, or a member of a family of them, that stands linearly in it."""
        zeros: list[tuple[Term, Value]] = []
        for s, old, made in self.unknowns(p):
            # with the equations about it that hold already, if these are linear in it too
            others = [q for q in self.met if q is not p and s in q.free and q.op == "rel" and q.data == "=" and q.args[0].sort.kind == "mat"]
            for together in ([p, *others], [p]) if others else ([p],):
                values = list(solutions(old, partial(self.sides, together, s, made)))
                zeros += [(s, made(v)) for v in values if not any(v.entries())]
                if any(self.accept(p, s, made(v)) for v in values if any(v.entries())):
                    return True
            if old.rows == old.cols and any(self.accept(p, s, made(v)) for v in structured(old.rows, self.index + 3 * self.builder.order.index(s) if s in self.builder.order else self.index)):
                return True
        # that something is zero is the last resort: it makes too much true
        return any(self.accept(p, s, v) for s, v in zeros)

    def sides(self, equations: list[Term], s: Term, made: Callable[[Matrix], Value], v: Matrix) -> list[tuple[Value, Value]]:
        """The sides of equations with a new value."""
        model = Model({**self.values, s: made(v)}, self.builder.context, self.joint, {}, dict(self.defined_by))
        prec, budget = self.builder.prec, self.builder.budget
        return [(evaluate(q.args[0], model, prec, budget()), evaluate(q.args[1], model, prec, budget())) for q in equations]

    def accept(self, p: Term, s: Term, v: Value) -> bool:
        """Take a new value if the equation holds with it, and what held before."""
        before = self.values[s]
        model = Model({**self.values, s: v}, self.builder.context, self.joint, {}, dict(self.defined_by))
        if self.fits(model):
            self.values[s] = v
            if self.builder.truth(p, self.model()) is True and self.still_hold({s}):
                return True
            self.values[s] = before
        return False

    def unknowns(self, p: Term) -> Iterator[tuple[Term, Matrix, Callable[[Matrix], Value]]]:
        """Members of families that the equation speaks of (the last first), then vectors and matrices: symbol, value, and how a new value is put."""
        symbols = [s for s in self.builder.order if s in p.free and s not in self.builder.fixed and s not in self.settled]
        symbols = [s for s in reversed(symbols) if not any(s in t.free for t in self.defined_by.values())]
        for s in symbols:
            family = self.values.get(s)
            if isinstance(family, Family):
                for key in sorted(self.keys(p, s), reverse=True):
                    member = family.members.get(key)
                    if isinstance(member, Matrix) and member.exact:
                        yield s, member, partial(replace_member, family, key)
        for s in symbols:
            v = self.values.get(s)
            if isinstance(v, Matrix) and v.exact:
                yield s, v, as_it_is

    def keys(self, p: Term, family: Term) -> set[tuple[int, ...]]:
        """The members of a family that stand in a statement with definite indices."""
        model = self.model()
        found: set[tuple[int, ...]] = set()
        for t in subterms(p):
            if t.op == "idx" and t.args[0] is family and not any(v.op == "bvar" for v in t.free):
                key = tuple(integer(evaluate(a, model, self.builder.prec)) for a in t.args[1:])
                found.add(tuple(k for k in key if k is not None))
        return found

    def solve_all(self, p: Term) -> bool:
        """Meet `∀ k : equation` over a finite set, one instance after the other."""
        body = p.args[-1]
        if body.op == "implies" or len(p.bound) != 1:
            return False
        model = self.model()
        points = with_evaluator(lambda ev: sets.elements(ev, p.args[0], ev.root), model, self.builder.prec)
        if not isinstance(points, list) or len(points) > 60 or any(not isinstance(v, fmpq) for v in points):
            return False
        for v in points:
            one = instantiate(p, (num(f"{v.p}/{v.q}"),))
            if not self.meet(one):
                return False
        return self.builder.truth(p, self.model()) is True

    def isolate(self, p: Term, x: Term, t: Term) -> bool:
        """Meet `x = t` by giving x (a symbol or a member of a family) the value of t."""
        if x.op == "sym" and x not in t.free and x not in self.builder.fixed and x in self.values and x.sort.kind in ("num", "mat"):
            if any(x in needed for q, needed in self.early if q in self.done):
                return False
            old = self.values.pop(x)
            v = evaluate(t, self.model(), self.builder.prec, self.builder.budget())
            fine = False
            if isinstance(v, fmpq) and self.in_class(x, v):
                self.values[x] = v
                fine = True
            elif is_number(v) and self.in_class(x, v) and not t.free & set(self.builder.random):
                self.defined_by[x] = t
                self.done.add(p)
                fine = True
            elif isinstance(v, Matrix) and v.exact and self.matrix_in_class(x, v):
                self.values[x] = v
                fine = True
            if fine:
                if self.still_hold({x}):
                    return True
                self.defined_by.pop(x, None)
                self.done.discard(p)
            self.values[x] = old
            return False
        if x.op == "idx" and x.args[0].op == "sym":
            family = self.values.get(x.args[0])
            if isinstance(family, Family) and x.args[0] not in self.builder.fixed:
                model = self.model()
                key = tuple(integer(evaluate(a, model, self.builder.prec)) for a in x.args[1:])
                v = evaluate(t, model, self.builder.prec, self.builder.budget())
                fine = isinstance(v, fmpq) and self.in_class(x.args[0], v)
                if key in family.members and (fine or (isinstance(v, Matrix) and v.exact and self.matrix_in_class(x.args[0], v))):
                    before = self.values[x.args[0]]
                    self.values[x.args[0]] = replace_member(family, key, v)  # type: ignore[arg-type]
                    if self.builder.truth(p, self.model()) is True:
                        return True
                    self.values[x.args[0]] = before
        return False

    def matrix_in_class(self, x: Term, v: Matrix) -> bool:
        d = self.builder.context.declarations.get(x)
        attributes = d.attributes if d else frozenset()
        return in_matrix_class(v, attributes)

    def slots(self, p: Term) -> Iterator[Slot]:
        """The places whose value the equation may be solved for, most natural first."""
        symbols = sorted((s for s in p.free if s.op == "sym"), key=lambda s: -self.builder.order.index(s) if s in self.builder.order else 0)
        if self.joint is not None:
            yield from self.joint.slots(self, p)
        for s in symbols:
            if s in self.builder.fixed or s in self.builder.sizes:
                continue
            v = self.values.get(s)
            if is_number(v):
                yield self.slot(s, v, as_it_is)
        for s in symbols:
            if s in self.builder.fixed or s in self.settled:
                continue
            v = self.values.get(s)
            if isinstance(v, Family):
                yield from self.family_slots(s, v)
            elif isinstance(v, Matrix) and v.exact:
                yield from self.matrix_slots(s, v)
            elif isinstance(v, Function) and v.env is None and s.sort.result.kind == "num":
                yield self.slot(s, fmpq(0), partial(shifted, v))

    def slot(self, s: Term, value: Value, make: Callable[[Value], Value]) -> Slot:
        """The place in the value of s that `make` fills."""

        def put(v: Value) -> Model:
            values = {**self.values, s: make(v)}
            return Model(values, self.builder.context, self.joint, {}, dict(self.defined_by))

        return Slot(s.data[0] if s.op == "sym" else "", value, put)

    def family_slots(self, s: Term, v: Family) -> Iterator[Slot]:
        keys = [k for k, m in v.members.items() if isinstance(m, fmpq)]
        if not keys:
            return
        yield self.slot(s, fmpq(1), partial(scaled_members, v, frozenset(keys)))
        if len(keys[0]) == 2:
            for part in (0, 1):
                for fixed in sorted({k[part] for k in keys}):
                    yield self.slot(s, fmpq(1), partial(scaled_members, v, frozenset(k for k in keys if k[part] == fixed)))
        for k in reversed(keys):
            yield self.slot(s, v.members[k], partial(replace_member, v, k))

    def matrix_slots(self, s: Term, v: Matrix) -> Iterator[Slot]:
        yield self.slot(s, fmpq(1), partial(scaled_matrix, v))
        for i in reversed(range(v.rows)):
            for j in reversed(range(v.cols)):
                yield self.slot(s, v.at(i, j), partial(replace_entry, v, i, j))

    def solve_slot(self, p: Term, slot: Slot) -> bool:
        """Solve the equation for one slot."""
        left, right = p.args[0], p.args[1]
        prec, builder = self.builder.prec, self.builder

        def gap(v: Value) -> Value:
            model = slot.put(v)
            return ar.sub(evaluate(left, model, prec, builder.budget()), evaluate(right, model, prec, builder.budget()))

        if left.sort.kind != "num" or not isinstance(slot.value, fmpq):
            return False
        at = [fmpq(1), fmpq(2), fmpq(3), fmpq(5)]
        g = [gap(v) for v in at[:3]]
        if not all(isinstance(x, fmpq) for x in g):
            return False
        # divided differences
        d1, d2 = g[1] - g[0], g[2] - g[1]
        second = (d2 - d1) / 2
        roots: list[fmpq] = []
        if second == 0:
            if d1 == 0:
                return False
            roots = [at[0] - g[0] / d1]
        else:
            fourth = gap(at[3])
            # a x² + c x + e through the first three points
            a = second
            c = d1 - 3 * a
            e = g[0] - a - c
            if not isinstance(fourth, fmpq) or a * 25 + c * 5 + e != fourth:
                return False
            disc = ar.perfect_root(c * c - 4 * a * e, 2)
            if disc is None:
                return False
            roots = [(-c + disc) / (2 * a), (-c - disc) / (2 * a)]
        for root in roots:
            model = slot.put(root)
            if self.builder.truth(p, model) is not True:
                continue
            if not self.fits(model):
                continue
            kept, joint = self.values, self.joint
            self.values, self.joint = dict(model.values), model.joint
            changed = {s for s in self.values if self.values[s] is not kept.get(s)}
            if self.still_hold(changed):
                return True
            self.values, self.joint = kept, joint
        return False

    def fits(self, model: Model) -> bool:
        """Whether changed values still lie in their declared classes."""
        for s, v in model.values.items():
            if v is self.values.get(s):
                continue
            d = self.builder.context.declarations.get(s)
            domain, attributes = (d.domain, d.attributes) if d else (None, frozenset())
            if is_number(v):
                if not self.builder.inside(v, domain, attributes, model):
                    return False
            elif isinstance(v, Family):
                if any(isinstance(m, Matrix) and not in_matrix_class(m, attributes) for m in v.members.values()):
                    return False
                if not all(isinstance(m, Matrix) or (is_number(m) and self.builder.inside(m, domain, attributes, model)) for m in v.members.values()):
                    return False
            elif isinstance(v, Matrix):
                if not in_matrix_class(v, attributes):
                    return False
                if domain is not None and domain.op not in ("rn", "rmn"):
                    if sets.belongs(v, domain, model) is not True:
                        return False
            elif isinstance(v, Function):
                # only a shift is ever made: it keeps what is true of all real-valued functions
                if attributes - {"convex", "concave", "increasing", "decreasing", "smooth", "bounded", "continuous", "differentiable"}:
                    return False
                if domain is not None and not (domain.op == "set" and domain.data == "R"):
                    return False
        if model.joint is not self.joint and model.joint is not None and not model.joint.fits(self, model):
            return False
        from derivcheck.semantics.random_symbols import lawful

        return lawful(self.builder, model)
