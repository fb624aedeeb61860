"""Hypotheses that are equations between vectors or matrices, met by changing one of them that stands linearly in the equation.

`K^T = -K`, `A B = B A`, `A^T A w = A^T y`, `A X + X B = C`: the equation's two sides at 0 and at the unit matrices give a linear system for the
entries; it is solved exactly, and entries that it leaves free keep the values that they have.
Limits: unknowns of at most `ENTRIES` entries, exact values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flint import fmpq, fmpq_mat

from derivcheck.semantics.values import Matrix, Value, matrix

ENTRIES = 16


def solutions(now: Matrix, sides: Callable[[Matrix], list[tuple[Value, Value]]]) -> Iterator[Matrix]:
    """Values near `now` for the unknown at which all pairs of sides are equal, where their differences are linear in it."""
    m, n = now.rows, now.cols
    size = m * n
    if size > ENTRIES:
        return

    def at(entries: list[fmpq]) -> list[fmpq] | None:
        parts = [_difference(x, y) for x, y in sides(_shaped(entries, m, n))]
        return None if None in parts else [v for part in parts if part is not None for v in part]

    zero = at([fmpq(0)] * size)
    if zero is None:
        return
    columns = []
    for k in range(size):
        unit = at([fmpq(int(i == k)) for i in range(size)])
        if unit is None or len(unit) != len(zero):
            return
        columns.append([x - z for x, z in zip(unit, zero, strict=True)])
    probe = [fmpq((k * k + 3) % 7 - 3) for k in range(size)]
    seen = at(probe)
    if seen != [z + sum((c[r] * q for c, q in zip(columns, probe, strict=True)), fmpq(0)) for r, z in enumerate(zero)]:
        return
    for kept in (now.entries(), [fmpq(0)] * size):
        values = _solved([[*(c[r] for c in columns), -z] for r, z in enumerate(zero)], kept)
        if values is None:
            return
        yield _shaped(values, m, n)


def _solved(rows: list[list[fmpq]], kept: list[fmpq]) -> list[fmpq] | None:
    """The solution of a linear system whose free unknowns have the values in `kept`."""
    size = len(kept)
    reduced, rank = fmpq_mat(len(rows), size + 1, [v for row in rows for v in row]).rref()
    pivots = [next(k for k in range(size + 1) if reduced[r, k] != 0) for r in range(rank)]
    if size in pivots:
        return None
    out = list(kept)
    free = [k for k in range(size) if k not in pivots]
    for r, c in enumerate(pivots):
        out[c] = reduced[r, size] - sum((reduced[r, k] * kept[k] for k in free), fmpq(0))
    return out


def _shaped(entries: list[fmpq], m: int, n: int) -> Matrix:
    return matrix([entries[i * n : (i + 1) * n] for i in range(m)])


def _difference(x: Value, y: Value) -> list[fmpq] | None:
    if not (isinstance(x, Matrix) and isinstance(y, Matrix) and x.exact and y.exact and (x.rows, x.cols) == (y.rows, y.cols)):
        return None
    return [p - q for p, q in zip(x.entries(), y.entries(), strict=True)]
