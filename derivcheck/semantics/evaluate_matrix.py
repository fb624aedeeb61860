"""Values of matrix and vector operations.

Matrices are exact (`fmpq_mat`) or balls (`acb_mat`).  An inverse of a matrix that is exactly singular is undefined; a ball matrix
that can't be shown invertible is `UNKNOWN`.  The spectral norm and roots of matrices are eigenvalue enclosures; definiteness is
decided exactly by leading minors (`pd`) or all principal minors (`psd`).

Limits: `rank` needs exact entries; `A^{1/2}` is computed for positive semidefinite matrices that are diagonal or 2×2.
"""

from __future__ import annotations

import itertools
from typing import Any

from flint import fmpq, fmpq_mat

from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics.evaluate import Env, Evaluator, call_function, handles
from derivcheck.semantics.values import (
    UNDEFINED,
    UNKNOWN,
    Marker,
    Matrix,
    Value,
    ball,
    compare,
    equal,
    integer,
    is_number,
    is_real,
    is_zero,
    mat_from,
    matrix,
    tidy,
)
from derivcheck.terms.term import Term

Truth = bool | Marker


def first_marker(values: list[Value]) -> Value | None:
    """`UNDEFINED` if any is, else `UNKNOWN` if any is, else nothing."""
    if any(v is UNDEFINED for v in values):
        return UNDEFINED
    if any(v is UNKNOWN for v in values):
        return UNKNOWN
    return None


def as_matrix(v: Value) -> Matrix | None:
    """The value as a matrix; a number as a 1×1 matrix."""
    if isinstance(v, Matrix):
        return v
    if is_number(v):
        return matrix([[v]])
    return None


def pair(a: Matrix, b: Matrix) -> tuple[Any, Any]:
    """The data of two matrices in one representation."""
    if a.exact and b.exact:
        return a.data, b.data
    return a.balls(), b.balls()


def add_matrices(values: list[Value]) -> Value:
    """The sum of matrices of one shape."""
    m = first_marker(values)
    if m is not None:
        return m
    if not all(isinstance(v, Matrix) for v in values) or len({(v.rows, v.cols) for v in values}) != 1:
        mats = [as_matrix(v) for v in values]
        if any(x is None for x in mats) or len({(x.rows, x.cols) for x in mats if x}) != 1:
            return UNKNOWN
        values = mats
    total = values[0]
    for v in values[1:]:
        x, y = pair(total, v)
        total = Matrix(x + y)
    return mat_from(total.data)


def product(values: list[Value]) -> Value:
    """The matrix product."""
    m = first_marker(values)
    if m is not None:
        return m
    mats = [as_matrix(v) for v in values]
    total = mats[0]
    for v in mats[1:]:
        if total is None or v is None or total.cols != v.rows:
            return UNKNOWN
        x, y = pair(total, v)
        total = Matrix(x * y)
    return mat_from(total.data) if total is not None else UNKNOWN


@handles("matmul")
def _matmul(ev: Evaluator, t: Term, env: Env) -> Value:
    return product(ev.args(t, env))


def scale(s: Value, a: Value) -> Value:
    """Scalar times matrix."""
    m = first_marker([s, a])
    if m is not None:
        return m
    if isinstance(s, Matrix) and (s.rows, s.cols) == (1, 1):
        s = s.at(0, 0)
    if not is_number(s):
        return UNKNOWN
    if is_number(a):
        return ar.mul([s, a])
    if not isinstance(a, Matrix):
        return UNKNOWN
    if a.exact and isinstance(s, fmpq):
        return Matrix(a.data * s)
    return mat_from(a.balls() * ball(s))


@handles("smul")
def _smul(ev: Evaluator, t: Term, env: Env) -> Value:
    return scale(*ev.args(t, env))


def unary(ev: Evaluator, t: Term, env: Env) -> Matrix | Marker:
    """The first argument as a matrix."""
    v = ev.eval(t.args[0], env)
    if isinstance(v, Marker):
        return v
    got = as_matrix(v)
    return got if got is not None else UNKNOWN


def transpose(a: Matrix) -> Matrix:
    """The transpose."""
    return Matrix(a.data.transpose())


@handles("transpose")
def _transpose(ev: Evaluator, t: Term, env: Env) -> Value:
    a = unary(ev, t, env)
    return a if isinstance(a, Marker) else transpose(a)


def determinant(a: Matrix) -> Value:
    """The determinant."""
    if a.rows != a.cols:
        return UNKNOWN
    if a.rows == 0:
        return ar.ONE
    got = a.data.det()
    return got if isinstance(got, fmpq) else tidy(got)


def inverse(a: Matrix) -> Value:
    """The inverse; undefined for an exactly singular matrix."""
    if a.rows != a.cols:
        return UNKNOWN
    if a.exact:
        return UNDEFINED if a.data.det() == 0 else Matrix(a.data.inv())
    try:
        return mat_from(a.data.inv())
    except ZeroDivisionError:
        return UNKNOWN


@handles("inv")
def _inv(ev: Evaluator, t: Term, env: Env) -> Value:
    a = unary(ev, t, env)
    return a if isinstance(a, Marker) else inverse(a)


@handles("det")
def _det(ev: Evaluator, t: Term, env: Env) -> Value:
    a = unary(ev, t, env)
    return a if isinstance(a, Marker) else determinant(a)


@handles("trace")
def _trace(ev: Evaluator, t: Term, env: Env) -> Value:
    a = unary(ev, t, env)
    if isinstance(a, Marker):
        return a
    return ar.add([a.at(i, i) for i in range(a.rows)] or [ar.ZERO]) if a.rows == a.cols else UNKNOWN


@handles("tonum")
def _tonum(ev: Evaluator, t: Term, env: Env) -> Value:
    a = unary(ev, t, env)
    if isinstance(a, Marker):
        return a
    return a.at(0, 0) if (a.rows, a.cols) == (1, 1) else UNKNOWN


@handles("mpow")
def _mpow(ev: Evaluator, t: Term, env: Env) -> Value:
    a, n = unary(ev, t, env), ev.eval(t.args[1], env)
    if isinstance(a, Marker):
        return a
    k = integer(n)
    if k is not None:
        if abs(k) > 200 or a.rows != a.cols:
            return UNKNOWN
        base: Value = a
        if k < 0:
            base, k = inverse(a), -k
            if isinstance(base, Marker):
                return base
        result: Value = identity(a.rows)
        for _ in range(k):
            result = product([result, base])
        return result
    if isinstance(n, fmpq) and abs(n) == fmpq(1, 2):
        root = square_root(a)
        return root if n > 0 or isinstance(root, Marker) else inverse(root)
    return UNKNOWN


def square_root(a: Matrix) -> Value:
    """The positive semidefinite square root of a real symmetric positive semidefinite matrix, for sizes 1 and 2 and diagonals."""
    if a.rows != a.cols or definite(a, strictly=False) is not True:
        return UNKNOWN
    n = a.rows
    if all(is_zero(a.at(i, j)) for i in range(n) for j in range(n) if i != j):
        return matrix([[ar.power(a.at(i, i), fmpq(1, 2)) if i == j else ar.ZERO for j in range(n)] for i in range(n)])
    if n == 2:
        # A^{1/2} = (A + √det I) / √(tr + 2 √det), by Cayley–Hamilton
        root_det = ar.power(determinant(a), fmpq(1, 2))
        below = ar.power(ar.add([a.at(0, 0), a.at(1, 1), ar.mul([fmpq(2), root_det])]), fmpq(1, 2))
        shifted = add_matrices([a, scale(root_det, Matrix(identity(2).data))])
        return scale(ar.div(ar.ONE, below), shifted)
    return UNKNOWN


def identity(n: int) -> Matrix:
    """The identity matrix."""
    return Matrix(fmpq_mat(n, n, [fmpq(int(i == j)) for i in range(n) for j in range(n)]))


@handles("hadamard")
def _hadamard(ev: Evaluator, t: Term, env: Env) -> Value:
    values = ev.args(t, env)
    m = first_marker(values)
    if m is not None:
        return m
    a, b = values
    if not isinstance(a, Matrix) or not isinstance(b, Matrix) or (a.rows, a.cols) != (b.rows, b.cols):
        return UNKNOWN
    return matrix([[ar.mul([a.at(i, j), b.at(i, j)]) for j in range(a.cols)] for i in range(a.rows)], (a.rows, a.cols))


@handles("kron")
def _kron(ev: Evaluator, t: Term, env: Env) -> Value:
    values = ev.args(t, env)
    m = first_marker(values)
    if m is not None:
        return m
    total = as_matrix(values[0])
    for v in values[1:]:
        b = as_matrix(v)
        if total is None or b is None or total.rows * b.rows * total.cols * b.cols > 4096:
            return UNKNOWN
        a = total
        total = matrix(
            [
                [ar.mul([a.at(i, j), b.at(k, h)]) for j in range(a.cols) for h in range(b.cols)]
                for i in range(a.rows)
                for k in range(b.rows)
            ],
            (a.rows * b.rows, a.cols * b.cols),
        )
        if isinstance(total, Marker):
            return total
    return total if total is not None else UNKNOWN


@handles("rank")
def _rank(ev: Evaluator, t: Term, env: Env) -> Value:
    a = unary(ev, t, env)
    if isinstance(a, Marker):
        return a
    return fmpq(a.data.rank()) if a.exact and not ev.depends(t) else UNKNOWN


@handles("inner")
def _inner(ev: Evaluator, t: Term, env: Env) -> Value:
    values = ev.args(t, env)
    m = first_marker(values)
    if m is not None:
        return m
    a, b = (as_matrix(v) for v in values)
    if a is None or b is None or (a.rows, a.cols) != (b.rows, b.cols):
        return UNKNOWN
    return ar.add([ar.mul([x, y]) for x, y in zip(a.entries(), b.entries())] or [ar.ZERO])


@handles("diag")
def _diag(ev: Evaluator, t: Term, env: Env) -> Value:
    a = unary(ev, t, env)
    if isinstance(a, Marker):
        return a
    n = a.rows
    if a.cols == 1:
        return matrix([[a.at(i, 0) if i == j else ar.ZERO for j in range(n)] for i in range(n)], (n, n))
    return UNKNOWN


@handles("diagof")
def _diagof(ev: Evaluator, t: Term, env: Env) -> Value:
    a = unary(ev, t, env)
    if isinstance(a, Marker):
        return a
    return matrix([[a.at(i, i)] for i in range(a.rows)], (a.rows, 1)) if a.rows == a.cols else UNKNOWN


@handles("vecop")
def _vecop(ev: Evaluator, t: Term, env: Env) -> Value:
    a = unary(ev, t, env)
    if isinstance(a, Marker):
        return a
    return matrix([[a.at(i, j)] for j in range(a.cols) for i in range(a.rows)], (a.rows * a.cols, 1))


def _index(v: Value, size: int) -> int | Marker:
    n = integer(v)
    if n is None:
        return UNDEFINED if v is UNDEFINED else UNKNOWN
    return n - 1 if 1 <= n <= size else UNDEFINED


@handles("entry")
def _entry(ev: Evaluator, t: Term, env: Env) -> Value:
    a = unary(ev, t, env)
    if isinstance(a, Marker):
        return a
    i, j = _index(ev.eval(t.args[1], env), a.rows), _index(ev.eval(t.args[2], env), a.cols)
    for k in (i, j):
        if isinstance(k, Marker):
            return k
    return a.at(i, j)  # type: ignore[arg-type]


@handles("ventry")
def _ventry(ev: Evaluator, t: Term, env: Env) -> Value:
    a = unary(ev, t, env)
    if isinstance(a, Marker):
        return a
    i = _index(ev.eval(t.args[1], env), a.rows)
    if isinstance(i, Marker):
        return i
    return a.at(i, 0) if a.cols == 1 else UNKNOWN


@handles("row", "col")
def _row(ev: Evaluator, t: Term, env: Env) -> Value:
    a = unary(ev, t, env)
    if isinstance(a, Marker):
        return a
    i = _index(ev.eval(t.args[1], env), a.rows if t.op == "row" else a.cols)
    if isinstance(i, Marker):
        return i
    line = [a.at(i, j) for j in range(a.cols)] if t.op == "row" else [a.at(j, i) for j in range(a.rows)]
    # a row is a column vector or a 1×n matrix, as the term's sort says
    if t.op == "row" and not t.sort.is_vector:
        return matrix([line])
    return matrix([[x] for x in line])


@handles("eye")
def _eye(ev: Evaluator, t: Term, env: Env) -> Value:
    n = ev.size(t.args[0], env)
    return identity(n) if n is not None else UNKNOWN


@handles("ones", "zeros")
def _constant(ev: Evaluator, t: Term, env: Env) -> Value:
    m, n = ev.size(t.args[0], env), ev.size(t.args[1], env)
    if m is None or n is None:
        return UNKNOWN
    return Matrix(fmpq_mat(m, n, [fmpq(int(t.op == "ones"))] * (m * n)))


@handles("unit")
def _unit(ev: Evaluator, t: Term, env: Env) -> Value:
    n = ev.size(t.args[0], env)
    if n is None:
        return UNKNOWN
    i = _index(ev.eval(t.args[1], env), n)
    return i if isinstance(i, Marker) else matrix([[fmpq(int(k == i))] for k in range(n)])


@handles("bmat")
def _bmat(ev: Evaluator, t: Term, env: Env) -> Value:
    m, n = t.data
    values = ev.args(t, env)
    mark = first_marker(values)
    if mark is not None:
        return mark
    if all(is_number(v) for v in values):
        return matrix([values[i * n : (i + 1) * n] for i in range(m)], (m, n))
    blocks = [as_matrix(v) for v in values]
    rows: list[list[Value]] = []
    for i in range(m):
        line = blocks[i * n : (i + 1) * n]
        if any(x is None for x in line) or len({x.rows for x in line if x}) != 1:
            return UNKNOWN
        height = line[0].rows  # type: ignore[union-attr]
        for k in range(height):
            rows.append([x.at(k, j) for x in line if x for j in range(x.cols)])
    if len({len(r) for r in rows}) > 1:
        return UNKNOWN
    return matrix(rows, (len(rows), len(rows[0]) if rows else 0))


@handles("emap")
def _emap(ev: Evaluator, t: Term, env: Env) -> Value:
    f, a = ev.eval(t.args[0], env), ev.eval(t.args[1], env)
    if not isinstance(a, Matrix):
        return a if isinstance(a, Marker) else UNKNOWN
    analytic = ev.depends(t)
    return matrix([[call_function(ev, f, [a.at(i, j)], analytic) for j in range(a.cols)] for i in range(a.rows)], (a.rows, a.cols))


@handles("mlam")
def _mlam(ev: Evaluator, t: Term, env: Env) -> Value:
    m, n = ev.size(t.args[0], env), ev.size(t.args[1], env)
    if m is None or n is None:
        return UNKNOWN
    i, j = t.bound
    body = t.args[-1]
    return matrix(
        [[ev.eval(body, Env(env, {i: fmpq(r + 1), j: fmpq(c + 1)}, True)) for c in range(n)] for r in range(m)], (m, n)
    )


@handles("vsoftmax")
def _vsoftmax(ev: Evaluator, t: Term, env: Env) -> Value:
    from derivcheck.semantics.functions import call

    a = unary(ev, t, env)
    if isinstance(a, Marker):
        return a
    columns = []
    for j in range(a.cols):
        powers = [call("exp", [a.at(i, j)]) for i in range(a.rows)]
        total = ar.add(powers)
        columns.append([ar.div(p, total) for p in powers])
    return matrix([list(r) for r in zip(*columns)], (a.rows, a.cols))


def definite(v: Value, strictly: bool) -> Truth:
    """Whether a matrix is symmetric and positive (semi)definite."""
    if isinstance(v, Marker):
        return v
    a = as_matrix(v)
    if a is None or a.rows != a.cols or not all(is_real(e) for e in a.entries()):
        return UNKNOWN
    n = a.rows
    for i in range(n):
        for j in range(i):
            same = equal(a.at(i, j), a.at(j, i))
            if same is not True:
                return same
    verdict: Truth = True
    if strictly:
        minors = [tuple(range(k)) for k in range(1, n + 1)]
    else:
        if n > 6:
            return UNKNOWN
        minors = [c for k in range(1, n + 1) for c in itertools.combinations(range(n), k)]
    for chosen in minors:
        got = determinant(matrix([[a.at(i, j) for j in chosen] for i in chosen]))
        c = compare(got, ar.ZERO)
        if not isinstance(c, int):
            verdict = UNKNOWN
        elif c < 0 or (strictly and c == 0):
            return False
    return verdict
