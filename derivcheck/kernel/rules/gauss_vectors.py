"""The Gauss integral over R^d.

    ∫_{R^d} exp(-½ x^T A x + b^T x + k) dx = (2π)^{d/2} det(A)^{-1/2} exp(½ b^T A^{-1} b + k)      A positive definite

The exponent is read off its normal form: summands c ⟨x, x⟩, c ⟨x, M x⟩, c ⟨u, x⟩, c ⟨u, M x⟩ and such without x.  A must be shown positive
definite.  Limits: no other factors with x beside the exponential; one exponential per summand.
Source: The Matrix Cookbook (365); Anderson, An Introduction to Multivariate Statistical Analysis, 2.3.
"""

from __future__ import annotations

from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.matrix_facts import pd
from derivcheck.kernel.monomials import factors, product
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num

SOURCE = "The Matrix Cookbook (365)"


@rule("gauss-integral-of-vector", "intset", statement="∫ exp(-½ x^T A x + b^T x + k) dx = (2π)^{d/2} det(A)^{-1/2} exp(½ b^T A^{-1} b + k) over R^d", side="A positive definite", source=SOURCE)
def gauss_integral_of_vector(t: Term, rw: Rewriter) -> Term | None:
    if t.sort.kind != "num" or t.args[0].op != "rn" or t.bound[0].sort.kind != "mat":
        return None
    (x,), body, _ = rw.under(t)
    out: list[Term] = []
    for q, m in linear_terms(body):
        got = _monomial(m, x, rw)
        if got is None:
            return None
        out.append(b.mul(num(q), got))
    return b.add(*out) if out else None


def _monomial(m: Term, x: Term, rw: Rewriter) -> Term | None:
    top, bottom = factors(m)
    moving = [f for f in top if x in f.free]
    if len(moving) != 1 or moving[0].op != "fn" or moving[0].data != "exp" or any(x in f.free for f in bottom):
        return None
    top.remove(moving[0])
    parts = quadratic(moving[0].args[0], x)
    if parts is None:
        return None
    matrix, vector, rest = parts
    if matrix is None or not pd(rw.nf(matrix), rw.oracle):
        return None
    matrix = rw.nf(matrix)
    value = b.mul(b.pow_(b.mul(b.TWO, b.PI), b.div(x.sort.rows, b.TWO)), b.pow_(b.det(matrix), b.neg(b.HALF)))
    exponent = [rest]
    if vector is not None:
        exponent.append(b.mul(b.HALF, b.tonum(b.matmul(b.transpose(vector), b.inv(matrix), vector))))
    return b.mul(product(top, bottom), value, b.exp(b.add(*exponent)))


def quadratic(u: Term, x: Term) -> tuple[Term | None, Term | None, Term] | None:
    """u = -½ x^T A x + b^T x + k: (A, b, k) with the symmetric part of A; None for a zero A or b; None if u is not of this form."""
    size = x.sort.rows
    matrices: list[Term] = []
    vectors: list[Term] = []
    rest: list[Term] = []
    for q, m in linear_terms(u):
        top, bottom = factors(m)
        moving = [f for f in top if x in f.free]
        if any(x in f.free for f in bottom):
            return None
        if not moving:
            rest.append(b.mul(num(q), m))
            continue
        if len(moving) != 1 or moving[0].op != "inner":
            return None
        form = moving[0]
        top.remove(form)
        c = b.mul(num(q), product(top, bottom))
        first, second = (_linear(a, x) for a in form.args)
        if first is None or second is None:
            return None
        (left, left_moves), (right, right_moves) = first, second
        if left_moves and right_moves:
            # ⟨M x, N x⟩ = x^T M^T N x
            word = [w for w in (b.transpose(left) if left is not None else None, right) if w is not None]
            middle = b.matmul(*word) if word else b.eye(size)
            symmetric = b.smul(b.HALF, b.add(middle, b.transpose(middle))) if word else middle
            matrices.append(b.smul(b.mul(num(-2), c), symmetric))
        else:
            moved, fixed = (left, form.args[1]) if left_moves else (right, form.args[0])
            vectors.append(b.smul(c, b.matmul(b.transpose(moved), fixed) if moved is not None else fixed))
    return (b.add(*matrices) if matrices else None), (b.add(*vectors) if vectors else None), b.add(*rest)


def _linear(a: Term, x: Term) -> tuple[Term | None, bool] | None:
    """A vector as M x: (M, True), M None for the identity; one free of x: (None, False)."""
    if x not in a.free:
        return None, False
    if a is x:
        return None, True
    if a.op == "matmul" and a.args[-1] is x and not any(x in f.free for f in a.args[:-1]):
        return b.matmul(*a.args[:-1]), True
    return None
