"""Norms of vectors and matrices in a model; the spectral norm by eigenvalue enclosures.

Inside an integral the Euclidean and Frobenius norms are continued as the root of the sum of squares, off the cut of the root.
"""

from __future__ import annotations

from flint import acb, fmpq

from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics.evaluate import Env, Evaluator, handles
from derivcheck.semantics.evaluate_matrix import product, transpose, unary
from derivcheck.semantics.values import UNKNOWN, Marker, Matrix, Value, ball, is_number, is_real, is_zero, tidy
from derivcheck.terms.term import Term


@handles("norm")
def _norm(ev: Evaluator, t: Term, env: Env) -> Value:
    a = unary(ev, t, env)
    if isinstance(a, Marker):
        return a
    return norm(ev, a, str(t.data), t.args[0].sort.is_vector or a.cols == 1, t, env)


def magnitude(v: Value) -> Value:
    """The absolute value of a number."""
    from derivcheck.semantics.functions import call

    return call("abs", [v])


def squared_norm(ev: Evaluator, t: Term, env: Env) -> Value | None:
    """The square of a Euclidean or Frobenius norm of a real vector or matrix, without the root; `None` for other norms."""
    a = unary(ev, t, env)
    if not isinstance(a, Matrix) or not (t.data == "F" or (t.data == "2" and (t.args[0].sort.is_vector or a.cols == 1))):
        return None
    entries = a.entries()
    if not ev.depends(t) and not all(is_real(e) for e in entries):
        return None
    return ar.add([ar.mul([e, e]) for e in entries] or [ar.ZERO])


def norm(ev: Evaluator, a: Matrix, kind: str, vector: bool, t: Term, env: Env) -> Value:
    """The norm of a matrix or vector."""
    entries = a.entries()
    if ev.depends(t):
        # |z|² = z² continues a real norm; it is used only away from the cut of the root
        from derivcheck.semantics.functions import off_cut

        if not (kind == "F" or (kind == "2" and vector)):
            return UNKNOWN
        square = ar.add([ar.mul([e, e]) for e in entries] or [ar.ZERO])
        return ar.power(square, fmpq(1, 2)) if is_number(square) and off_cut(ball(square)) else UNKNOWN
    if kind == "F" or (kind == "2" and vector):
        square = ar.add([ar.mul([e, e]) if is_real(e) else int_square(e) for e in entries] or [ar.ZERO])
        if isinstance(square, acb) and is_real(square) and square.real.contains(0):
            square = acb(square.real.nonnegative_part())
        return ar.power(square, fmpq(1, 2)) if not is_zero(square) else ar.ZERO
    if kind == "2":
        return largest_singular(a)
    if kind in ("1", "inf"):
        if vector:
            values = [magnitude(e) for e in entries]
            return ar.add(values) if kind == "1" else ar.minmax(values, True)
        if kind == "1":
            sums = [ar.add([magnitude(a.at(i, j)) for i in range(a.rows)]) for j in range(a.cols)]
        else:
            sums = [ar.add([magnitude(a.at(i, j)) for j in range(a.cols)]) for i in range(a.rows)]
        return ar.minmax(sums, True)
    try:
        p = fmpq(int(kind))
    except ValueError:
        return UNKNOWN
    if p < 1 or not vector:
        return UNKNOWN
    return ar.power(ar.add([ar.power(magnitude(e), p) for e in entries]), 1 / p)


def int_square(e: Value) -> Value:
    """|e|² of a complex number."""
    z = ball(e)
    return tidy(acb(z.real * z.real + z.imag * z.imag))


def largest_singular(a: Matrix) -> Value:
    """The spectral norm: the root of the largest eigenvalue of AᵀA."""
    if not all(is_real(e) for e in a.entries()):
        return UNKNOWN
    if a.rows == 0 or a.cols == 0:
        return ar.ZERO
    if min(a.rows, a.cols) == 1:
        return ar.power(ar.add([ar.mul([e, e]) for e in a.entries()]), fmpq(1, 2))
    gram = product([transpose(a), a]) if a.cols <= a.rows else product([a, transpose(a)])
    if isinstance(gram, Marker):
        return gram
    top = largest_eigenvalue(gram)
    return ar.power(top, fmpq(1, 2)) if not isinstance(top, Marker) else top


def largest_eigenvalue(a: Matrix) -> Value:
    """The largest eigenvalue of a real symmetric positive semidefinite matrix."""
    n = a.rows
    if all(is_zero(a.at(i, j)) for i in range(n) for j in range(n) if i != j):
        return ar.minmax([a.at(i, i) for i in range(n)], True)
    if n == 2:
        p, q, r = a.at(0, 0), a.at(1, 1), a.at(0, 1)
        half = ar.div(ar.sub(p, q), fmpq(2))
        radius = ar.power(ar.add([ar.mul([half, half]), ar.mul([r, r])]), fmpq(1, 2))
        return ar.add([ar.div(ar.add([p, q]), fmpq(2)), radius])
    try:
        eigenvalues = a.balls().eig(multiple=True)
    except (ValueError, ZeroDivisionError):
        return UNKNOWN
    # eigenvalues of a symmetric matrix are real
    return ar.minmax([tidy(acb(z.real)) for z in eigenvalues], True)


@handles("sigmax")
def _sigmax(ev: Evaluator, t: Term, env: Env) -> Value:
    a = unary(ev, t, env)
    return a if isinstance(a, Marker) else (UNKNOWN if ev.depends(t) else largest_singular(a))
