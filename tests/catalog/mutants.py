"""Automatic changes of a step, of the kinds that people make: a lost sign or factor, a dropped term, an index or a bound off by one, …

`mutants(statement)` lists them: each is the statement with one node of one side changed.  Nothing here knows whether the change makes
the step false: that is decided by `numeric.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from derivcheck.terms import build as b
from derivcheck.terms.sorts import Sort
from derivcheck.terms.term import Term, mk, open_binder, rebind

KINDS = ("sign", "factor 2", "dropped term", "dropped factor", "swapped indices", "transpose", "order of factors", "bound", "inverted fraction", "exponent", "KL")

SIGNED = frozenset({"sym", "idx", "mul", "div", "fn", "apply", "ventry", "entry", "matmul", "tonum", "transpose", "inv", "sum", "E"})


@dataclass(frozen=True)
class Mutant:
    """A changed statement: what was done, and to which subterm (as written)."""

    kind: str
    statement: Term
    before: Term
    after: Term


def mutants(statement: Term) -> Iterator[Mutant]:
    """All single changes of a relation's sides (of a statement's parts)."""
    parts = range(2) if statement.op == "rel" else range(len(statement.args))
    for k in parts:
        for kind, before, after, whole in _inside(statement.args[k], k == 0 and statement.op == "rel", True):
            args = (*statement.args[:k], whole, *statement.args[k + 1 :])
            new = mk(statement.op, args, statement.data, statement.sort, statement.bound)
            if new is not statement:
                yield Mutant(kind, new, before, after)


def _inside(t: Term, leading: bool, top: bool) -> Iterator[tuple[str, Term, Term, Term]]:
    """(kind, node, changed node, t with the node changed).  The root of the left side is left alone: the step is about it."""
    if not (leading and top):
        for kind, new in _changes(t):
            if new.sort.kind == t.sort.kind and _same_shape(new.sort, t.sort):
                yield kind, t, new, new
    if t.bound:
        symbols, body = open_binder(t)
        for kind, old, new, whole in _inside(body, leading, False):
            yield kind, old, new, rebind(t, symbols, t.args[:-1], whole)
        parts = t.args[:-1]
    else:
        parts = t.args
    for k, a in enumerate(parts):
        if t.op in ("eye", "ones", "zeros", "mlam") or (t.op == "unit" and k == 0):
            continue  # sizes: the reader would not let such a change pass
        if a.sort.kind not in ("num", "mat", "bool"):
            continue
        for kind, old, new, whole in _inside(a, leading, False):
            yield kind, old, new, mk(t.op, (*t.args[:k], whole, *t.args[k + 1 :]), t.data, t.sort, t.bound)


def _same_shape(a: Sort, b_: Sort) -> bool:
    return a.kind != "mat" or (a.rows is b_.rows and a.cols is b_.cols)


def _changes(t: Term) -> Iterator[tuple[str, Term]]:
    if t.op == "add":
        for k, a in enumerate(t.args):
            other = a.args[0] if a.op == "neg" else b.neg(a)
            yield "sign", b.add(*t.args[:k], other, *t.args[k + 1 :])
            rest = (*t.args[:k], *t.args[k + 1 :])
            yield "dropped term", b.add(*rest)
    if t.op == "neg":
        yield "sign", t.args[0]
    if t.op in SIGNED and t.sort.kind == "num":
        yield "factor 2", b.mul(b.TWO, t)
    if t.op in ("matmul", "transpose", "inv") and t.sort.kind == "mat":
        yield "factor 2", b.smul(b.TWO, t)
    if t.op == "mul" and len(t.args) > 1:
        for k in range(len(t.args)):
            yield "dropped factor", b.mul(*t.args[:k], *t.args[k + 1 :])
    if t.op == "matmul" and len(t.args) > 1:
        for k in range(len(t.args) - 1):
            x, y = t.args[k], t.args[k + 1]
            if x.sort.rows is x.sort.cols and y.sort.rows is y.sort.cols and x.sort.rows is y.sort.rows and x is not y:
                yield "order of factors", b.matmul(*t.args[:k], y, x, *t.args[k + 2 :])
    if t.op == "transpose" and t.sort.rows is t.sort.cols:
        yield "transpose", t.args[0]
    if t.op in ("sym", "matmul", "inv") and t.sort.kind == "mat" and t.sort.rows is t.sort.cols and t.sort.rows is not b.ONE:
        yield "transpose", b.transpose(t)
    if t.op in ("entry", "idx") and len(t.args) == 3 and t.args[1] is not t.args[2]:
        yield "swapped indices", mk(t.op, (t.args[0], t.args[2], t.args[1]), t.data, t.sort)
    if t.op in ("sum", "prod"):
        yield "bound", mk(t.op, (b.add(t.args[0], b.ONE), *t.args[1:]), t.data, t.sort, t.bound)
        if t.args[1] is not b.INF:
            yield "bound", mk(t.op, (t.args[0], b.sub(t.args[1], b.ONE), t.args[2]), t.data, t.sort, t.bound)
    if t.op == "div":
        yield "inverted fraction", b.div(t.args[1], t.args[0])
    if t.op == "pow" and t.args[1].op == "num":
        yield "exponent", b.pow_(t.args[0], b.num_of(t.args[1].data + 1))
    if t.op == "KL":
        yield "KL", mk("KL", (t.args[1], t.args[0]), t.data, t.sort)
