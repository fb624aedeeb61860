"""Recurrences among the hypotheses: a function on integers that the equations determine step by step is tabulated.

`T(0) = 0` and `∀ n ∈ \\N_{>0} : T(n) = K T(n-1) + …` give T(0), T(1), … up to `TABLED`; values that no equation determines are drawn.
The table extends to a function on all integers of the range, so the equations hold in the model.  Values are numbers, vectors or matrices.
Limits: one index, shifts by integers, `⌊n/2⌋`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flint import fmpq

from derivcheck.semantics.evaluate import Env, evaluate, with_evaluator
from derivcheck.semantics.values import UNKNOWN, Matrix, Table, Value, integer, matrix
from derivcheck.terms.term import Term, open_binder, subterms

if TYPE_CHECKING:
    from derivcheck.semantics.solve import Draft

TABLED = 14


def tabulate(draft: Draft, f: Term, parts: list[Term]) -> None:
    """A function on integers that the equations determine step by step."""
    table: dict[tuple[int, ...], Value] = {}
    draft.values[f] = Table(table)
    steps: list[tuple[Term, range]] = []
    covered: list[Term] = []
    d = draft.builder.context.declarations.get(f)
    for p in parts:
        if p.op == "rel":
            key, rest = head(draft, p, f, {})
            v = evaluate(rest, draft.model(), draft.builder.prec, draft.builder.budget()) if key is not None else UNKNOWN
            if key is None or not _exact(v):
                draft.fail()
            table[key] = v  # type: ignore[index]
            covered.append(p)
        else:
            places = _places(draft, p)
            if places is None:
                draft.fail()
            steps.append((p, places))  # type: ignore[arg-type]
    for n in range(-3, max([TABLED, *(places.stop for _, places in steps)])):
        for p, places in steps:
            if n not in places:
                continue
            (k,), body = open_binder(p)
            key, rest = head(draft, body, f, {k: fmpq(n)})
            if key is None or key in table:
                continue
            for extra in range(40):
                v = value_at(draft, rest, {k: fmpq(n)})
                if _exact(v):
                    table[key] = v
                    break
                # a value before the first equation is free
                missing = (key[0] - 1 - extra,)
                if missing not in table:
                    table[missing] = _drawn(draft, f)
            if key not in table:
                draft.fail()
    for p, _ in steps:
        covered.append(p)
    if d is not None and any(not isinstance(v, Matrix) and not draft.builder.inside(v, d.domain, d.attributes, draft.model()) for v in table.values()):
        draft.fail()
    if d is not None and d.attributes and any(isinstance(v, Matrix) for v in table.values()):
        draft.fail()
    draft.done.update(covered)


def _exact(v: Value) -> bool:
    return isinstance(v, fmpq) or (isinstance(v, Matrix) and v.exact)


def _drawn(draft: Draft, f: Term) -> Value:
    """A value that no equation determines: a number, or a vector or matrix of the declared size."""
    result = f.sort.result
    if result.kind != "mat":
        return fmpq(draft.rng.randint(-3, 5))
    sizes = [integer(evaluate(e, draft.model(), draft.builder.prec, draft.builder.budget())) for e in (result.rows, result.cols)]
    if any(n is None or not 0 < n <= 16 for n in sizes):
        draft.fail()
    m, n = (n or 0 for n in sizes)
    return matrix([[fmpq(draft.rng.randint(-3, 5)) for _ in range(n)] for _ in range(m)])


def value_at(draft: Draft, t: Term, symbols: dict[Term, Value]) -> Value:
    def use(ev: object) -> Value:
        return ev.eval(t, Env(ev.root, symbols, True))  # type: ignore[attr-defined]

    return with_evaluator(use, draft.model(), draft.builder.prec, draft.builder.budget())

def head(draft: Draft, p: Term, f: Term, symbols: dict[Term, Value]) -> tuple[tuple[int, ...] | None, Term]:
    """The index of `f(…) = rest` (the side with the larger index is the head)."""
    best: tuple[int, ...] | None = None
    rest = p.args[1]
    for x, t in ((p.args[0], p.args[1]), (p.args[1], p.args[0])):
        if x.op == "apply" and x.args[0] is f:
            key = tuple(integer(value_at(draft, a, symbols)) for a in x.args[1:])
            if None not in key and (best is None or key > best):
                best, rest = key, t  # type: ignore[assignment]
    return best, rest


def recurrence_head(p: Term) -> Term | None:
    """The function that an equation (perhaps under a `∀` over integers) defines at an index."""
    body = p
    if p.op == "forall":
        if len(p.bound) != 1 or not _integers(p.args[0]):
            return None
        body = p.args[-1]
    if body.op != "rel" or body.data != "=":
        return None
    for x in body.args[:2]:
        if x.op == "apply" and x.args[0].op == "sym" and len(x.args) == 2:
            index_free = x.args[1].free - set(p.bound)
            if p.op == "forall" and x.args[1].free.isdisjoint(p.bound):
                continue
            if not index_free and (p.op == "forall" or x.args[1].op in ("num", "neg")):
                # only functions on integers are tabulated
                uses = [u for u in subterms(body) if u.op == "apply" and u.args[0] is x.args[0]]
                if all(_integral_index(u.args[1], p.bound) for u in uses):
                    return x.args[0]
    return None


def _integral_index(t: Term, bound: tuple[Term, ...]) -> bool:
    if t.op == "num":
        return t.data.denominator == 1
    if t in bound:
        return True
    return (t.op in ("add", "neg", "mul") and all(_integral_index(a, bound) for a in t.args)) or (t.op == "fn" and t.data in ("floor", "ceil"))


def _integers(s: Term) -> bool:
    return s.op == "range" or (s.op == "set" and s.data in ("N", "Npos"))


def _places(draft: Draft, p: Term) -> range | None:
    """The values of the variable of an equation for all of them, as far as they are tabulated."""
    domain = p.args[0]
    if domain.op == "set":
        least = {"N": 0, "Npos": 1}.get(str(domain.data))
        return range(least, TABLED) if least is not None else None
    ends = [integer(evaluate(e, draft.model(), draft.builder.prec, draft.builder.budget())) for e in domain.args]
    if any(e is None or abs(e) > 40 for e in ends):
        return None
    return range(ends[0] or 0, (ends[1] or 0) + 1)
