"""Matrices written out entry by entry or block by block.

Products and sums of equally cut matrices are worked out block by block (in `matrix_words.py`, `matrix_ring.py`); here are inverses
and determinants.  Sources: Horn and Johnson, Matrix Analysis, 0.3, 0.7.3, 0.8.5.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from derivcheck.kernel.literals import integer_value, rational_value
from derivcheck.kernel.matrix_facts import invertible, partition
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk, num

HJ = "Horn and Johnson, Matrix Analysis"
MAX_SYMBOLIC = 6


def is_numeric(t: Term) -> bool:
    """All entries are numbers (terms of sort num)."""
    return t.op == "bmat" and all(a.sort.kind == "num" for a in t.args)


@rule("blocks", "bmat", statement="a single block is itself; 1×1 blocks are numbers", source=HJ + ", 0.7")
def blocks(t: Term, rw: Rewriter) -> Term | None:
    m, n = partition(t)
    if (m, n) == (1, 1):
        a = t.args[0]
        return a if a.sort.kind == "mat" else b.smul(a, b.eye(b.ONE))
    ones = [a for a in t.args if a.sort.kind == "mat" and a.sort.rows is b.ONE and a.sort.cols is b.ONE]
    if ones and len(ones) + sum(a.sort.kind == "num" for a in t.args) == len(t.args):
        return mk("bmat", [b.tonum(a) if a.sort.kind == "mat" else a for a in t.args], t.data, t.sort)
    flat = _flattened(t)
    if flat is not None:
        return flat
    if is_numeric(t):
        if all(a is b.ZERO for a in t.args):
            return b.zeros(t.sort.rows, t.sort.cols)
        if m == n and all((t.args[i * n + j] is (b.ONE if i == j else b.ZERO)) for i in range(m) for j in range(n)):
            return b.eye(t.sort.rows)
        return None
    if all(a.op == "zeros" for a in t.args):
        return b.zeros(t.sort.rows, t.sort.cols)
    if any(a.sort.kind == "num" for a in t.args):
        return mk("bmat", [a if a.sort.kind == "mat" else b.smul(a, b.eye(b.ONE)) for a in t.args], t.data, t.sort)
    if m == n and all(t.args[i * n + j].op == ("eye" if i == j else "zeros") for i in range(m) for j in range(n)):
        return b.eye(t.sort.rows)
    return None


def _flattened(t: Term) -> Term | None:
    """Blocks of numbers written as one matrix of numbers."""
    m, n = partition(t)
    if all(a.sort.kind == "num" for a in t.args):
        return None
    grids = []
    for a in t.args:
        got = cells(a)
        if got is None:
            return None
        grids.append(got)
    rows: list[list[Term]] = []
    for i in range(m):
        line = grids[i * n : (i + 1) * n]
        if len({len(g) for g in line}) != 1:
            return None
        rows += [[x for g in line for x in g[k]] for k in range(len(line[0]))]
    if len({len(r) for r in rows}) != 1 or len(rows) * len(rows[0]) > 400:
        return None
    return mk("bmat", [x for r in rows for x in r], (len(rows), len(rows[0])), t.sort)


def cells(a: Term) -> list[list[Term]] | None:
    """The entries of a matrix of numbers, 0 or I of numeric size."""
    if a.sort.kind == "num":
        return [[a]]
    if is_numeric(a):
        m, n = partition(a)
        return [list(a.args[i * n : (i + 1) * n]) for i in range(m)]
    if a.op in ("zeros", "eye") and a.sort.rows.op == "num" and a.sort.cols.op == "num":
        m, n = integer_value(a.sort.rows) or 0, integer_value(a.sort.cols) or 0
        if m * n > 400:
            return None
        return [[b.ONE if a.op == "eye" and i == j else b.ZERO for j in range(n)] for i in range(m)]
    if a.op == "transpose" and a.args[0].op == "unit":
        column = cells(a.args[0])
        return None if column is None else [[r[0] for r in column]]
    if a.op == "unit":
        size, place = integer_value(a.args[0]), integer_value(a.args[1])
        if size is None or place is None or size > 40:
            return None
        return [[b.ONE if k + 1 == place else b.ZERO] for k in range(size)]
    if a.op == "matmul" and len(a.args) == 2 and a.args[0].sort.cols is b.ONE:
        column, row = cells(a.args[0]), cells(a.args[1])
        if column is None or row is None:
            return None
        return [[b.mul(r[0], x) for x in row[0]] for r in column]
    if a.op == "smul":
        inner = cells(a.args[1])
        return None if inner is None else [[b.mul(a.args[0], x) for x in r] for r in inner]
    if a.op == "add":
        grids = [cells(x) for x in a.args]
        if any(g is None for g in grids):
            return None
        first = grids[0] or []
        return [[b.add(*(g[i][j] for g in grids if g is not None)) for j in range(len(first[0]))] for i in range(len(first))]
    return None


def block_determinant(t: Term, rw: Rewriter) -> Term | None:
    """The determinant of a matrix of numbers by expansion, of two by two blocks by the Schur complement of an invertible one, or [A B; B A] as det(A + B) det(A - B)."""
    m, n = partition(t)
    if m != n:
        return None
    if is_numeric(t):
        rows = [list(t.args[i * n : (i + 1) * n]) for i in range(n)]
        if all(a.op == "num" for a in t.args):
            import flint

            value = flint.fmpq_mat(_rationals(rows)).det()
            return b.num_of(_fraction(value))
        return expansion(rows) if n <= MAX_SYMBOLIC else None
    zero_below = all(t.args[i * n + j].op == "zeros" for i in range(n) for j in range(i))
    zero_above = all(t.args[i * n + j].op == "zeros" for i in range(n) for j in range(i + 1, n))
    squares = all(t.args[i * n + i].sort.rows is t.args[i * n + i].sort.cols for i in range(n))
    if squares and (zero_below or zero_above):
        return b.mul(*(b.det(t.args[i * n + i]) for i in range(n)))
    if n != 2 or not squares:
        return None
    p, c, r, s = t.args
    if p is s and c is r:
        # a congruence with [I I; I -I] makes it block diagonal
        return b.mul(b.det(b.add(p, c)), b.det(b.sub(p, c)))
    if invertible(p, rw.oracle):
        return b.mul(b.det(p), b.det(b.add(s, b.neg(b.matmul(r, b.inv(p), c)))))
    if invertible(s, rw.oracle):
        return b.mul(b.det(s), b.det(b.add(p, b.neg(b.matmul(c, b.inv(s), r)))))
    return None


def _fraction(q: Any) -> Fraction:
    return Fraction(int(q.p), int(q.q))


def _rationals(rows: list[list[Term]]) -> list[list[Any]]:
    import flint

    values = [[rational_value(x) or Fraction(0) for x in r] for r in rows]
    return [[flint.fmpq(q.numerator, q.denominator) for q in r] for r in values]


def expansion(rows: list[list[Term]]) -> Term:
    """The determinant of rows of numbers by expansion."""
    # along the first column, minors shared
    memo: dict[tuple[int, ...], Term] = {}

    def minor(chosen: tuple[int, ...], column: int) -> Term:
        if len(chosen) == 1:
            return rows[chosen[0]][column]
        got = memo.get(chosen)
        if got is not None:
            return got
        terms = []
        for k, i in enumerate(chosen):
            a = rows[i][column]
            if a is b.ZERO:
                continue
            rest = minor(chosen[:k] + chosen[k + 1 :], column + 1)
            terms.append(b.mul(a, rest) if k % 2 == 0 else b.neg(b.mul(a, rest)))
        memo[chosen] = b.add(*terms)
        return memo[chosen]

    return minor(tuple(range(len(rows))), 0)


@rule("inverse-of-entries", "inv", statement="A^{-1} = adj(A)/det(A)", source=HJ + ", 0.8.2")
def inverse_of_entries(t: Term, rw: Rewriter) -> Term | None:
    a = t.args[0]
    if not is_numeric(a):
        return None
    n = partition(a)[0]
    if partition(a)[1] != n or n > 8:
        return None
    rows = [list(a.args[i * n : (i + 1) * n]) for i in range(n)]
    if all(x.op == "num" for x in a.args):
        import flint

        q = flint.fmpq_mat(_rationals(rows))
        if q.det() == 0:
            return None
        inverse = q.inv()
        return mk("bmat", [num(_fraction(inverse[i, j])) for i in range(n) for j in range(n)], a.data, a.sort)
    if n > 4:
        return None
    det = rw.nf(expansion(rows))
    if det is b.ZERO:
        return None
    cells = []
    for i in range(n):
        for j in range(n):
            sub = [[x for c, x in enumerate(r) if c != i] for k, r in enumerate(rows) if k != j]
            cofactor = expansion(sub) if sub else b.ONE
            cells.append(b.div(cofactor if (i + j) % 2 == 0 else b.neg(cofactor), det))
    return mk("bmat", cells, a.data, a.sort)


@rule("root-of-diagonal", "mpow", statement="diag(d_1, …, d_n)^q = diag(d_1^q, …, d_n^q)", side="entries positive, or nonnegative and q > 0", source=HJ + ", 7.2.6")
def root_of_diagonal(t: Term, rw: Rewriter) -> Term | None:
    a, e = t.args
    o = rw.oracle
    if not is_numeric(a) or not o.real(e):
        return None
    m, n = partition(a)
    if m != n or any(a.args[i * n + j] is not b.ZERO for i in range(n) for j in range(n) if i != j):
        return None
    diagonal = [a.args[i * n + i] for i in range(n)]
    if not (all(o.positive(d) for d in diagonal) or (o.positive(e) and all(o.nonnegative(d) for d in diagonal))):
        return None
    cells = [b.pow_(a.args[i * n + i], e) if i == j else b.ZERO for i in range(n) for j in range(n)]
    return mk("bmat", cells, a.data, a.sort)
