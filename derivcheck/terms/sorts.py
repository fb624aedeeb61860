"""Sorts: what kind of thing a term denotes.  Sizes are terms (numbers or symbols).

`num` a real or complex number (the domain is a declaration, not a sort) · `bool` a statement · `mat` a matrix with `rows` and
`cols`; a vector is a column, `vec` marks it · `fun` a function of `args` sorts into `result` · `fam` an indexed family with
`arity` indices of `result` · `set` · `dist` a probability law or density over `result` · `tuple` · `event`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from derivcheck.terms.term import Term


class Sort:
    """A sort; equal sorts are the same object.  `params` is sorts and size terms, as the constructor functions below lay them out."""

    __slots__ = ("kind", "params")

    kind: str
    params: tuple[object, ...]

    def __new__(cls, kind: str, params: tuple[object, ...] = ()) -> Sort:
        got = _table.get((kind, params))
        if got is None:
            got = object.__new__(cls)
            got.kind, got.params = kind, params
            _table[kind, params] = got
        return got

    def __reduce__(self) -> tuple[object, ...]:
        return (Sort, (self.kind, self.params))

    @property
    def rows(self) -> Term:
        return self.params[0]  # type: ignore[return-value]

    @property
    def cols(self) -> Term:
        return self.params[1]  # type: ignore[return-value]

    @property
    def is_vector(self) -> bool:
        """A column written as a vector (`x \\in \\R^d`)."""
        return self.kind == "mat" and len(self.params) == 3 and bool(self.params[2])

    @property
    def result(self) -> Sort:
        return self.params[-1]  # type: ignore[return-value]

    @property
    def arg_sorts(self) -> tuple[Sort, ...]:
        return self.params[:-1]  # type: ignore[return-value]

    @property
    def arity(self) -> int:
        return len(self.params) - 1

    def __repr__(self) -> str:
        return self.kind if not self.params else f"{self.kind}{self.params}"


_table: dict[tuple[str, tuple[object, ...]], Sort] = {}

NUM = Sort("num")
BOOL = Sort("bool")
SET = Sort("set")


def mat(rows: Term, cols: Term) -> Sort:
    """Matrices of this shape."""
    return Sort("mat", (rows, cols, False))


def vec(rows: Term) -> Sort:
    """Column vectors with this many entries."""
    from derivcheck.terms.term import num

    return Sort("mat", (rows, num(1), True))


def fun(*args_and_result: Sort) -> Sort:
    """Functions; the last sort is the result's."""
    return Sort("fun", args_and_result)


def fam(arity: int, result: Sort) -> Sort:
    """Families indexed by `arity` integers."""
    return Sort("fam", (*(NUM,) * arity, result))


def dist(result: Sort) -> Sort:
    """Laws, densities and mass functions over values of sort `result` (a tuple sort for joint ones)."""
    return Sort("dist", (result,))


def tup(*parts: Sort) -> Sort:
    """Tuples."""
    return Sort("tuple", parts)
