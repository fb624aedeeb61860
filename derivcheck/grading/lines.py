"""When is a line a milestone: equal by rearrangement, with derivatives, integrals, sums, limits and expectations kept as they stand.

`Rearranger.same(x, y)` compares two lines.  A calculus node (`FROZEN`) becomes an atom; two such nodes are the same atom when their parts
are equal by rearrangement, whatever their bound variables are called; a factor of the body that does not depend on the bound variable is
taken out first.  What remains is arithmetic, which the kernel's normal form decides.  Under `∝_w` and `≐_w` a factor or summand without `w`
makes no difference.

Densities are kept as they stand too when the question is whether a line says more than the task does (`densities=True`), since writing one
out can be a milestone; otherwise a density and its formula are the same.

`written(t)` is the writing of a line up to the order of summands and factors: the stricter comparison for milestones that are
rearrangements of the task itself.

Nothing here is a verdict: lines are compared to give marks, steps are judged by the kernel.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from derivcheck.kernel import algebra
from derivcheck.kernel.budget import Budget, OutOfBudget
from derivcheck.kernel.check import Rejected, Session
from derivcheck.kernel.literals import rational_value
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rewrite import Rewriter, binder_facts, level_symbol
from derivcheck.terms import build as b
from derivcheck.terms.context import Context
from derivcheck.terms.sorts import Sort, fun
from derivcheck.terms.term import Term, contains_op, fresh, mk, rebind, substitute, subterms

FROZEN = frozenset(
    "deriv grad jac hess int intset antideriv sum prod sumset prodset lim E Eover Var Varover Cov Covover Pr KL JSD entropy crossent MI "
    "argmax argmin maxover minover supover infover".split()
)
"""Nodes that rearrangement leaves alone."""

LINEAR = frozenset("int intset sum sumset E Eover lim deriv".split())
"""Frozen nodes of which a constant factor may be taken out."""

FLIPPED = {"<": ">", ">": "<", "≤": "≥", "≥": "≤", "=": "=", "≠": "≠"}

T = TypeVar("T")

WORK = 400_000
SECONDS = 2.0

_levels: dict[tuple[int, int, Sort], Term] = {}


def _level(name: str, sort: Sort, depth: int, position: int) -> Term:
    """The symbol for a binder's variable: the same for all binders at this depth, so that names and lines don't matter."""
    key = (depth, position, sort)
    got = _levels.get(key)
    if got is None:
        got = _levels[key] = level_symbol(name, sort, depth)
    return got


class Rearranger:
    """Compares lines of one task."""

    def __init__(self, context: Context, relation: str = "=", variables: tuple[Term, ...] = (), densities: bool = False) -> None:
        self.budget = Budget(WORK, SECONDS)
        self.session = Session(budget=self.budget)
        self.context = context
        self.rewriter = self.session.rewriter(context)
        self.relation = relation
        self.variables = frozenset(variables)
        self.kept = FROZEN | {"pdf"} if densities else FROZEN
        self.gave_up = False
        self._atoms: dict[Term, Term] = {}
        self._frozen: dict[tuple[Term, int], Term] = {}
        self._keys: dict[Term, Term] = {}
        self._same: dict[tuple[Term, Term, bool], bool] = {}

    # --- the public face ----------------------------------------------------------------------------------------------------

    def key(self, t: Term) -> Term:
        """A canonical form: lines with the same key are the same by rearrangement (the converse is not claimed)."""
        got = self._keys.get(t)
        if got is None:
            got = self._keys[t] = self._guarded(lambda: self._canonical(self._freeze(t, self.rewriter, 0)), t)
        return got

    def plain(self, t: Term) -> Term:
        """The kernel's normal form, calculus carried out: for what is equal however it is written."""
        return self._guarded(lambda: self.rewriter.nf(t), t)

    def same(self, x: Term, y: Term, moving: bool = False) -> bool:
        """Whether two lines are equal by rearrangement; with `moving` two equations also by taking terms to the other side."""
        if x is y:
            return True
        if x.sort.kind != y.sort.kind:
            return False
        if self.key(x) is self.key(y):
            return True
        known = (x, y, moving)
        got = self._same.get(known)
        if got is None:
            got = self._same[known] = self._guarded(lambda: self._compare(x, y, moving), False)
        return got

    def _guarded(self, action: Callable[[], T], otherwise: T) -> T:
        self.budget.left, self.budget.deadline = WORK, time.monotonic() + SECONDS
        try:
            return action()
        except (ZeroDivisionError, Rejected):
            return otherwise
        except (OutOfBudget, RecursionError):
            self.gave_up = True
            return otherwise

    # --- freezing ---------------------------------------------------------------------------------------------------------------

    def _freeze(self, t: Term, rw: Rewriter, depth: int) -> Term:
        """The term with calculus nodes as atoms."""
        known = (t, id(rw))
        got = self._frozen.get(known)
        if got is not None:
            return got
        if not t.args:
            new = t
        elif t.op in self.kept:
            new = self._atomic(t, rw, depth)
        elif t.bound:
            symbols, body, inner = self._open(t, rw, depth)
            new = rebind(t, symbols, [self._freeze(a, rw, depth) for a in t.args[:-1]], self._freeze(body, inner, depth + 1))
        else:
            new = mk(t.op, [self._freeze(a, rw, depth) for a in t.args], t.data, t.sort)
        self._frozen[known] = new
        return new

    def _open(self, t: Term, rw: Rewriter, depth: int) -> tuple[tuple[Term, ...], Term, Rewriter]:
        symbols = tuple(_level("u", v.sort, depth, i) for i, v in enumerate(t.bound))
        body = substitute(t.args[-1], dict(zip(t.bound, symbols, strict=True)))
        return symbols, body, rw.child(binder_facts(t, symbols, rw.oracle))

    def _atomic(self, t: Term, rw: Rewriter, depth: int) -> Term:
        outside: list[Term] = []
        if t.bound:
            symbols, body, inner = self._open(t, rw, depth)
            if t.op in LINEAR and body.sort.kind == "num":
                body, outside = _constant_factors(body, frozenset(symbols), self._random(t))
            args = [rw.nf(self._freeze(a, rw, depth)) for a in t.args[:-1]]
            key = rebind(t, symbols, args, inner.nf(self._freeze(body, inner, depth + 1)))
        else:
            first = t.args[0]
            if t.op == "E" and first.sort.kind == "num":
                first, outside = _constant_factors(first, self._random(t), frozenset())
            rest = [first, *t.args[1:]] if t.args else []
            key = mk(t.op, [rw.nf(self._freeze(a, rw, depth)) for a in rest], t.data, t.sort)
        atom = self._atom(key)
        if not outside:
            return atom
        return b.mul(*(self._freeze(f, rw, depth) for f in outside), atom)

    def _random(self, t: Term) -> frozenset[Term]:
        """The random symbols of an expectation: factors with one of them stay inside."""
        return frozenset(s for s in t.free if (d := self.context.declarations.get(s)) is not None and d.random)

    def _atom(self, key: Term) -> Term:
        """The symbol for a frozen node, applied to the bound variables of the binders around it."""
        got = self._atoms.get(key)
        if got is None:
            around = sorted((s for s in key.free if s in _level_set()), key=order_key)
            if around:
                head = fresh("z", fun(*(s.sort for s in around), key.sort))
                got = mk("apply", (head, *around), None, key.sort)
            else:
                got = fresh("z", key.sort)
            self._atoms[key] = got
        return got

    # --- comparing ---------------------------------------------------------------------------------------------------------------

    def _canonical(self, p: Term) -> Term:
        if p.op == "rel" and len(p.args) >= 2 and p.data in FLIPPED:
            x, y, data = self.rewriter.nf(p.args[0]), self.rewriter.nf(p.args[1]), str(p.data)
            if data in (">", "≥") or (data in ("=", "≠") and order_key(y) < order_key(x)):
                x, y, data = y, x, FLIPPED[data]
            return mk("rel", (x, y, *p.args[2:]), data, p.sort)
        if p.op in ("and", "or"):
            return mk(p.op, sorted((self._canonical(a) for a in p.args), key=order_key), None, p.sort)
        if p.op in ("not", "implies", "iff"):
            return mk(p.op, tuple(self._canonical(a) for a in p.args), None, p.sort)
        return self.rewriter.nf(p)

    def _compare(self, x: Term, y: Term, moving: bool) -> bool:
        p, q = self._freeze(x, self.rewriter, 0), self._freeze(y, self.rewriter, 0)
        if p.sort.kind == "num":
            return self._numbers(p, q)
        if p.sort.kind == "bool":
            return self._statements(p, q, moving)
        return self.rewriter.nf(p) is self.rewriter.nf(q)

    def _numbers(self, p: Term, q: Term) -> bool:
        if algebra.is_zero(b.sub(p, q), self.rewriter):
            return True
        if self.relation == "∝":
            return self._constant(self.rewriter.nf(b.div(p, q)))
        if self.relation == "≐":
            return self._constant(self.rewriter.nf(b.sub(p, q)))
        return False

    def _constant(self, ratio: Term) -> bool:
        """Whether what is left of a quotient or difference is free of the variables (and of atoms, which may hide them)."""
        if ratio.op == "num" and ratio.data == 0:
            return self.relation == "≐"
        atoms = {s for a in self._atoms.values() for s in a.free}
        hidden = {s for k, a in self._atoms.items() if k.free & self.variables for s in a.free}
        return not (ratio.free & self.variables) and not (ratio.free & atoms & hidden)

    def _statements(self, p: Term, q: Term, moving: bool) -> bool:
        if p.op == "rel" and q.op == "rel" and len(p.args) >= 2 and len(q.args) >= 2:
            return self._relations(p, q, moving)
        if p.op != q.op or len(p.args) != len(q.args):
            return False
        if p.op in ("and", "or"):
            rest = list(q.args)
            for a in p.args:
                found = next((c for c in rest if self._statements(a, c, moving)), None)
                if found is None:
                    return False
                rest.remove(found)
            return True
        if p.op in ("not", "implies", "iff"):
            return all(self._statements(a, c, moving) for a, c in zip(p.args, q.args, strict=True))
        if p.op in ("forall", "exists") and len(p.bound) == len(q.bound):
            if any(self.rewriter.nf(a) is not self.rewriter.nf(c) for a, c in zip(p.args[:-1], q.args[:-1], strict=True)):
                return False
            symbols = tuple(_level("u", v.sort, 0, i) for i, v in enumerate(p.bound))
            bodies = [substitute(t.args[-1], dict(zip(t.bound, symbols, strict=True))) for t in (p, q)]
            return self._statements(bodies[0], bodies[1], moving)
        return self.rewriter.nf(p) is self.rewriter.nf(q)

    def _relations(self, p: Term, q: Term, moving: bool) -> bool:
        if p.data == q.data and self._sides(p.args[0], q.args[0]) and self._sides(p.args[1], q.args[1]):
            return True
        if FLIPPED.get(str(p.data)) == q.data and self._sides(p.args[0], q.args[1]) and self._sides(p.args[1], q.args[0]):
            return True
        if moving and p.data == q.data and p.data in ("=", "≠") and p.args[0].sort.kind == q.args[0].sort.kind == "num":
            # the same equation up to moving terms and up to a number as factor
            d, e = b.sub(p.args[0], p.args[1]), b.sub(q.args[0], q.args[1])
            ratio = self.rewriter.nf(b.div(d, e))
            return rational_value(ratio) not in (None, 0)
        return False

    def _sides(self, x: Term, y: Term) -> bool:
        if x is y or self.rewriter.nf(x) is self.rewriter.nf(y):
            return True
        if x.sort.kind != "num" or y.sort.kind != "num":
            return False
        return algebra.is_zero(b.sub(x, y), self.rewriter)


def _level_set() -> set[Term]:
    return set(_levels.values())


def _constant_factors(t: Term, bound: frozenset[Term], random: frozenset[Term]) -> tuple[Term, list[Term]]:
    """A body without its factors that have none of these symbols, and those factors."""
    inside: list[Term] = []
    outside: list[Term] = []

    def split(x: Term, inverse: bool) -> None:
        if x.op == "neg":
            outside.append(b.num_of(-1))
            split(x.args[0], inverse)
        elif x.op == "mul":
            for a in x.args:
                split(a, inverse)
        elif x.op == "div":
            split(x.args[0], inverse)
            split(x.args[1], not inverse)
        else:
            free = not (x.free & bound) and not (x.free & random) and not contains_op(x, "E", "Var", "Cov", "Pr", "Eover")
            (outside if free else inside).append(b.div(b.ONE, x) if inverse else x)

    split(t, False)
    outside = [f for f in outside if f is not b.ONE]
    body = b.ONE if not inside else inside[0] if len(inside) == 1 else b.mul(*inside)
    return body, outside


def solved(p: Term) -> bool:
    """Whether a statement is an equation solved for something: one side is a name that the other does not mention."""
    if p.op in ("and", "or"):
        return all(solved(a) for a in p.args)
    if p.op != "rel" or len(p.args) < 2:
        return False
    for x, y in ((p.args[0], p.args[1]), (p.args[1], p.args[0])):
        if x.op in ("sym", "idx", "apply") and x not in subterms(y):
            return True
    return False


# --- the writing, up to order ---------------------------------------------------------------------------------------------------


def written(t: Term) -> Term:
    """The term with summands and factors in a fixed order, signs and quotients in a fixed writing, nothing multiplied out."""
    return _written(t, {})


def _written(t: Term, memo: dict[Term, Term]) -> Term:
    got = memo.get(t)
    if got is not None:
        return got
    if t.op == "add":
        new = b.add(*sorted((_written(a, memo) for a in _summands(t)), key=order_key))
    elif t.op in ("mul", "div", "neg"):
        new = _product(t, memo)
    elif t.op == "rel" and len(t.args) >= 2 and t.data in FLIPPED:
        x, y, data = _written(t.args[0], memo), _written(t.args[1], memo), str(t.data)
        if data in (">", "≥") or (data in ("=", "≠") and order_key(y) < order_key(x)):
            x, y, data = y, x, FLIPPED[data]
        new = mk("rel", (x, y, *t.args[2:]), data, t.sort)
    elif t.op in ("and", "or"):
        new = mk(t.op, sorted((_written(a, memo) for a in t.args), key=order_key), None, t.sort)
    elif t.args:
        new = mk(t.op, [_written(a, memo) for a in t.args], t.data, t.sort, t.bound)
    else:
        new = t
    memo[t] = new
    return new


def _summands(t: Term) -> list[Term]:
    out: list[Term] = []
    stack = [t]
    while stack:
        x = stack.pop()
        if x.op == "add":
            stack.extend(x.args)
        elif x.op == "neg" and x.args[0].op == "add":
            stack.extend(b.neg(a) for a in x.args[0].args)
        else:
            out.append(x)
    return out


def _product(t: Term, memo: dict[Term, Term]) -> Term:
    """`-a b / (c d)` as sign, factors above and factors below, each in order."""
    if t.sort.kind != "num":
        return mk(t.op, [_written(a, memo) for a in t.args], t.data, t.sort, t.bound)
    above: list[Term] = []
    below: list[Term] = []
    negative = False
    stack: list[tuple[Term, bool]] = [(t, False)]
    while stack:
        x, under = stack.pop()
        if x.op == "neg":
            negative = not negative
            stack.append((x.args[0], under))
        elif x.op == "mul":
            stack.extend((a, under) for a in x.args)
        elif x.op == "div":
            stack += [(x.args[0], under), (x.args[1], not under)]
        elif x.op == "num" and x.data == 1:
            continue
        elif x.op == "num" and x.data < 0:
            negative = not negative
            stack.append((b.num_of(-x.data), under))
        elif x.op == "num" and x.data.denominator != 1:
            stack += [(b.num_of(x.data.numerator), under), (b.num_of(x.data.denominator), not under)]
        else:
            (below if under else above).append(_written(x, memo))
    top = b.mul(*sorted(above, key=order_key)) if len(above) > 1 else above[0] if above else b.ONE
    if below:
        bottom = b.mul(*sorted(below, key=order_key)) if len(below) > 1 else below[0]
        top = b.div(top, bottom)
    return b.neg(top) if negative else top
