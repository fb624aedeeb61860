"""Immutable, hash-consed, typed terms: what stood in the file, and nothing else.

A `Term` is `op` with `args` (terms), `data` (a hashable label) and, for binders, `bound` (the bound variables).
Terms are interned, so equal terms are the same object and `is` compares them.

Binders are closed by *height*: the variable that a binder binds is `bvar` number 1 + the largest binder height inside its
body.  Two binders that differ only in the name of their variable are therefore the same object, nothing is ever shifted,
and substitution for a free symbol can't capture (binders are rebuilt with `bind`).  Walkers open a binder with `open_binder`,
which puts fresh symbols in place of the bound variables.

`vocabulary.py` lists every op with its arguments.  Nothing here simplifies: `x/x` stays `x/x`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

from derivcheck.terms.sorts import NUM, Sort

_table: dict[tuple[Any, ...], Term] = {}
_fresh_counter = 0
_hints: dict[Term, str] = {}


class Term:
    """A node of the term DAG.  Build it with `mk` or the constructors in `build.py`, never directly."""

    __slots__ = ("__weakref__", "_free", "_ops", "args", "bound", "data", "height", "key", "op", "size", "sort")

    op: str
    args: tuple[Term, ...]
    data: Any
    bound: tuple[Term, ...]
    sort: Sort
    height: int
    key: int
    size: int
    _free: frozenset[Term] | None
    _ops: frozenset[str] | None

    # equality and hash are those of the object: equal terms are the same object

    def __repr__(self) -> str:
        return debug(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (self.op, self.args, self.data, self.bound, self.sort))

    @property
    def free(self) -> frozenset[Term]:
        """The free symbols (and dangling bound variables) of the term."""
        got = self._free
        if got is None:
            # a stack of its own: terms may be nested deeper than the interpreter's
            stack = [self]
            while stack:
                t = stack[-1]
                waiting = [a for a in t.args if a._free is None]
                if waiting:
                    stack.extend(waiting)
                    continue
                stack.pop()
                if t._free is not None:
                    continue
                if t.op in ("sym", "bvar"):
                    t._free = frozenset((t,))
                    continue
                free: frozenset[Term] = frozenset().union(*[a._free for a in t.args if a._free is not None])
                t._free = free - frozenset(t.bound) if t.bound else free
            got = self._free
            assert got is not None
        return got

    @property
    def ops(self) -> frozenset[str]:
        """The ops of the term's nodes."""
        got = self._ops
        if got is None:
            stack = [self]
            while stack:
                t = stack[-1]
                waiting = [a for a in t.args if a._ops is None]
                if waiting:
                    stack.extend(waiting)
                    continue
                stack.pop()
                t._ops = got = frozenset((t.op,)).union(*[a._ops for a in t.args if a._ops is not None])
            assert got is not None
        return got


def _rebuild(op: str, args: tuple[Term, ...], data: Hashable, bound: tuple[Term, ...], sort: Sort) -> Term:
    return mk(op, args, data, sort, bound)


def mk(
    op: str,
    args: Iterable[Term] = (),
    data: Hashable = None,
    sort: Sort = NUM,
    bound: tuple[Term, ...] = (),
) -> Term:
    """The interned term with these parts.  Use `bind` for binders unless the body already holds the right `bvar`s."""
    args = tuple(args)
    key = (op, args, data, bound, sort)
    term = _table.get(key)
    if term is not None:
        return term
    term = object.__new__(Term)
    term.op, term.args, term.data, term.bound, term.sort = op, args, data, bound, sort
    term._free = term._ops = None
    term.key = len(_table)
    height, size = 0, 1
    for a in args:
        if a.height > height:
            height = a.height
        size += a.size
    if bound:
        height = bound[-1].data[0]
    term.height, term.size = height, min(size, 1 << 60)
    _table[key] = term
    return term


def sym(name: str, sort: Sort = NUM, tag: int = 0) -> Term:
    """A free symbol.  `name` is its LaTeX writing; `tag` is 0 for what a file declares and unique for fresh ones."""
    return mk("sym", (), (name, tag), sort)


def fresh(name: str, sort: Sort = NUM) -> Term:
    """A symbol that occurs nowhere else; prints as `name`."""
    return mk("sym", (), (name, reserve()), sort)


def reserve() -> int:
    """A number that no symbol has yet."""
    global _fresh_counter
    _fresh_counter += 1
    return _fresh_counter


def symbol_order(symbol: Term) -> tuple[str, int]:
    """A sort key for symbols: by name, equal names by age.  (An order of creation alone would depend on what was read before.)"""
    name, age = symbol.data
    return name, age


def name_of(symbol: Term) -> str:
    """The LaTeX name of a `sym`, or the remembered name of a `bvar`."""
    if symbol.op == "sym":
        return str(symbol.data[0])
    return _hints.get(symbol, f"u_{{{symbol.data[0]}}}")


def bind(
    op: str,
    variables: Iterable[Term],
    outer: Iterable[Term],
    body: Term,
    data: Hashable = None,
    sort: Sort = NUM,
) -> Term:
    """The binder `op` over free symbols `variables`: args are `outer` (not in scope of the variables) and then `body`."""
    variables = tuple(variables)
    base = body.height
    bvars = []
    for i, v in enumerate(variables):
        bv = mk("bvar", (), (base + 1 + i,), v.sort)
        _hints[bv] = name_of(v) if bv not in _hints else _hints[bv]
        bvars.append(bv)
    closed = substitute(body, dict(zip(variables, bvars, strict=True)))
    term = mk(op, (*outer, closed), data, sort, tuple(bvars))
    _binder_hints[term] = tuple(name_of(v) for v in variables)
    return term


_binder_hints: dict[Term, tuple[str, ...]] = {}


def binder_names(term: Term) -> tuple[str, ...]:
    """The names under which the binder's variables were written (the first writing of this term)."""
    got = _binder_hints.get(term)
    return got if got is not None else tuple(name_of(b) for b in term.bound)


def open_binder(term: Term) -> tuple[tuple[Term, ...], Term]:
    """Fresh symbols in place of a binder's variables: `(symbols, body)`."""
    symbols = tuple(fresh(n, b.sort) for n, b in zip(binder_names(term), term.bound, strict=True))
    return symbols, substitute(term.args[-1], dict(zip(term.bound, symbols, strict=True)))


def instantiate(term: Term, values: Iterable[Term]) -> Term:
    """A binder's body with `values` for its variables (beta reduction)."""
    return substitute(term.args[-1], dict(zip(term.bound, values, strict=True)))


def rebind(term: Term, variables: tuple[Term, ...], outer: Iterable[Term], body: Term) -> Term:
    """Close an opened binder again, keeping op, data, sort and names."""
    new = bind(term.op, variables, outer, body, term.data, term.sort)
    _binder_hints[new] = binder_names(term)
    return new


def with_args(term: Term, args: Iterable[Term]) -> Term:
    """The same node over other arguments; for binders `args` must hold the same bound variables (see `map_children`)."""
    return mk(term.op, args, term.data, term.sort, term.bound)


def map_children(term: Term, f: Callable[[Term], Term]) -> Term:
    """Apply `f` to the children; under a binder to the opened body, which is closed again."""
    if not term.args:
        return term
    if not term.bound:
        args = tuple(f(a) for a in term.args)
        return term if args == term.args else with_args(term, args)
    symbols, body = open_binder(term)
    outer = tuple(f(a) for a in term.args[:-1])
    new = f(body)
    if new is body and outer == term.args[:-1]:
        return term
    return rebind(term, symbols, outer, new)


def substitute(term: Term, mapping: dict[Term, Term]) -> Term:
    """Replace free symbols, bound variables or any other subterms.  Free symbols of the new terms are never captured."""
    if not mapping:
        return term
    simple = all(k.op in ("sym", "bvar") for k in mapping)
    # values without binders leave the heights of the binders they land in as they are: no need to open those
    flat = simple and all(v.height == 0 for v in mapping.values())
    keys = frozenset(mapping)
    memo: dict[Term, Term] = {}

    def go(t: Term) -> Term:
        got = memo.get(t)
        if got is not None:
            return got
        new = mapping.get(t)
        if new is not None:
            memo[t] = new
            return new
        if not t.args or (simple and not (t.free & keys)):
            memo[t] = t
            return t
        if not t.bound:
            args = tuple([go(a) for a in t.args])
            new = t if args == t.args else mk(t.op, args, t.data, t.sort)
        else:
            outer = tuple([go(a) for a in t.args[:-1]])
            # a bound variable of this binder must not be touched by the mapping
            if any(b in keys for b in t.bound):
                symbols, body = open_binder(t)
                new = rebind(t, symbols, outer, go(body))
            else:
                body = t.args[-1]
                if flat:
                    new = mk(t.op, (*outer, go(body)), t.data, t.sort, t.bound)
                    _binder_hints.setdefault(new, binder_names(t))
                elif simple and not (body.free & keys):
                    new = t if outer == t.args[:-1] else mk(t.op, (*outer, body), t.data, t.sort, t.bound)
                    if new is not t:
                        _binder_hints[new] = binder_names(t)
                else:
                    symbols, body = open_binder(t)
                    new = rebind(t, symbols, outer, go(body))
        memo[t] = new
        return new

    return go(term)


LISTED = 300
"""Up to this size the subterms of a term are listed once and kept: a statement is walked through many times."""


def subterms(term: Term) -> Iterable[Term]:
    """Every distinct subterm once, parents before children (bound variables appear as `bvar`)."""
    return _listed(term) if term.size <= LISTED else _walked(term)


@lru_cache(maxsize=4096)
def _listed(term: Term) -> tuple[Term, ...]:
    return tuple(_walked(term))


def _walked(term: Term) -> Iterator[Term]:
    seen = {term}
    stack = [term]
    while stack:
        t = stack.pop()
        yield t
        for a in t.args:
            if a not in seen:
                seen.add(a)
                stack.append(a)


def contains_op(term: Term, *ops: str) -> bool:
    """Whether a node with one of these ops occurs."""
    return not term.ops.isdisjoint(ops)


def debug(t: Term, depth: int = 12) -> str:
    """A short unambiguous writing for tests and traces (the LaTeX printer is in `printer.py`)."""
    if t.op == "num":
        return str(t.data)
    if t.op == "sym":
        name, tag = t.data[0], t.data[1]
        return str(name) if not tag else f"{name}~{tag}"
    if t.op == "bvar":
        return f"#{t.data[0]}"
    if t.op == "const":
        return str(t.data)
    if depth <= 0:
        return "…"
    label = t.op if t.data is None else (str(t.data) if t.op == "fn" else f"{t.op}[{t.data}]")
    if t.bound:
        label += "λ" + ",".join(f"#{b.data[0]}" for b in t.bound)
    return f"{label}({', '.join(debug(a, depth - 1) for a in t.args)})"


_numbers: dict[tuple[int, int], Term] = {}


def num(value: int | Fraction | str) -> Term:
    """An exact rational number."""
    q = value if isinstance(value, (int, Fraction)) else Fraction(value)
    key = q.numerator, q.denominator
    got = _numbers.get(key)
    if got is None:
        got = _numbers[key] = mk("num", (), Fraction(q))
    return got
