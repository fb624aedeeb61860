"""Identities that hold for all sizes have one normal form; look-alikes that fail somewhere have two."""

from __future__ import annotations

import time

import pytest

from derivcheck.kernel.check import Session
from derivcheck.kernel.rewrite import TABLE
from derivcheck.terms import build as b
from derivcheck.terms.build import inv, matmul, transpose
from derivcheck.terms.sorts import mat, vec
from derivcheck.terms.term import Term, mk, num
from tests.kernel.matrix_models import M, N, world

W = world()
A, B, S, G, L, Q, P, D, E = W.square
X, Y = W.wide
x, y, z = W.vectors
(u,) = W.short
c, lam = W.numbers
I = b.eye(N)
ONE = b.ones(N, b.ONE)


def vecop(a: Term) -> Term:
    return mk("vecop", (a,), None, vec(b.mul(a.sort.rows, a.sort.cols)))


def softmax(a: Term) -> Term:
    return mk("vsoftmax", (a,), None, a.sort)


def power(a: Term, n: Term) -> Term:
    return mk("mpow", (a, n), None, a.sort)


def form(*factors: Term) -> Term:
    return b.tonum(matmul(*factors))


def blocks(*rows: tuple[Term, ...]) -> Term:
    height, width = b.mul(num(len(rows)), N), b.mul(num(len(rows[0])), N)
    return mk("bmat", [a for r in rows for a in r], (len(rows), len(rows[0])), mat(height, width))


def equal(left: Term, right: Term) -> bool:
    rw = Session().rewriter(W.context)
    return rw.nf(left) is rw.nf(right)


RIDGE = b.add(matmul(transpose(X), X), b.smul(lam, I))

TRUE = [
    (transpose(matmul(A, B)), matmul(transpose(B), transpose(A))),
    (inv(transpose(matmul(B, G))), matmul(transpose(inv(B)), inv(G))),
    (matmul(b.add(A, S), b.sub(A, S)), b.add(matmul(A, A), b.neg(matmul(A, S)), matmul(S, A), b.neg(matmul(S, S)))),
    (matmul(transpose(Q), A, Q, transpose(Q)), matmul(transpose(Q), A)),
    (matmul(P, ONE), ONE),
    (matmul(transpose(ONE), P), transpose(ONE)),
    (matmul(D, E), matmul(E, D)),
    (matmul(b.diag(x), A, b.diag(y)), b.hadamard(A, matmul(x, transpose(y)))),
    (matmul(b.diag(x), y), b.hadamard(y, x)),
    (form(transpose(x), A, y), form(transpose(y), transpose(A), x)),
    (form(transpose(x), A, x), b.mul(b.HALF, form(transpose(x), b.add(A, transpose(A)), x))),
    (b.trace(matmul(A, B, S)), b.trace(matmul(S, A, B))),
    (b.trace(matmul(A, B)), b.trace(matmul(transpose(A), transpose(B)))),
    (b.trace(matmul(x, transpose(y), A)), form(transpose(y), A, x)),
    (b.det(matmul(A, B)), b.mul(b.det(B), b.det(A))),
    (b.det(matmul(Q, A, transpose(Q))), b.det(A)),
    (b.fn("abs", b.det(Q)), b.ONE),
    (b.det(b.smul(num(2), A)), b.mul(b.pow_(num(2), N), b.det(A))),
    (b.log(b.det(matmul(G, G))), b.mul(b.TWO, b.log(b.det(G)))),
    (b.det(b.add(I, matmul(x, transpose(y)))), b.add(b.ONE, form(transpose(y), x))),
    (b.det(b.add(I, matmul(transpose(X), X))), b.det(b.add(b.eye(M), matmul(X, transpose(X))))),
    (b.kron(matmul(A, B), matmul(S, G)), matmul(b.kron(A, S), b.kron(B, G))),
    (transpose(b.kron(A, X)), b.kron(transpose(A), transpose(X))),
    (inv(b.kron(B, G)), b.kron(inv(B), inv(G))),
    (vecop(matmul(A, S, B)), matmul(b.kron(transpose(B), A), vecop(S))),
    (b.trace(matmul(transpose(X), Y)), form(transpose(vecop(X)), vecop(Y))),
    (b.pow_(b.norm(b.sub(x, y)), 2), b.add(form(transpose(x), x), b.mul(num(-2), form(transpose(x), y)), form(transpose(y), y))),
    (b.norm(matmul(Q, x)), b.norm(x)),
    (b.norm(b.smul(num(-3), x)), b.mul(num(3), b.norm(x))),
    (b.norm(A, "F"), b.sqrt(b.trace(matmul(transpose(A), A)))),
    (matmul(inv(RIDGE), transpose(X), X), b.sub(I, b.smul(lam, inv(RIDGE)))),
    (power(A, num(3)), matmul(A, A, A)),
    (matmul(power(G, b.HALF), power(G, b.HALF)), G),
    (b.det(blocks((I, A), (S, b.add(I, matmul(S, A))))), b.ONE),
    (matmul(blocks((A, B), (S, G)), blocks((I, b.zeros(N, N)), (b.zeros(N, N), I))), blocks((A, B), (S, G))),
    (softmax(b.add(x, b.smul(c, ONE))), softmax(x)),
    (softmax(matmul(P, A, P)), matmul(P, softmax(A), P)),
    (form(transpose(ONE), softmax(x)), b.ONE),
    (b.grad(x, form(transpose(x), A, x)), matmul(b.add(A, transpose(A)), x)),
    (b.grad(x, form(transpose(x), S, x)), b.smul(num(2), matmul(S, x))),
    (b.grad(x, b.pow_(b.norm(b.sub(matmul(X, x), u)), 2)), b.smul(num(2), matmul(transpose(X), b.sub(matmul(X, x), u)))),
    (b.grad(A, b.log(b.det(A))), transpose(inv(A))),
    (b.grad(A, b.trace(matmul(B, A))), transpose(B)),
    (b.grad(A, form(transpose(x), A, y)), matmul(x, transpose(y))),
    (b.jac(x, softmax(x)), b.sub(b.diag(softmax(x)), matmul(softmax(x), transpose(softmax(x))))),
    (b.jac(x, matmul(X, x), layout="denominator"), transpose(X)),
    (b.hess(x, form(transpose(x), A, x)), b.add(A, transpose(A))),
]

FALSE = [
    (matmul(A, B), matmul(B, A)),  # factors swapped
    (transpose(matmul(A, B)), matmul(transpose(A), transpose(B))),
    (inv(matmul(B, G)), matmul(inv(B), inv(G))),
    (inv(b.add(B, G)), b.add(inv(B), inv(G))),
    (transpose(A), A),  # true of symmetric matrices only
    (matmul(transpose(B), A, B), A),  # true of orthogonal ones only
    (b.det(Q), b.ONE),  # true of rotations only
    (b.det(matmul(Q, A)), b.det(A)),
    (b.trace(matmul(A, B, S)), b.trace(matmul(A, S, B))),  # no rotation
    (b.trace(matmul(A, B)), b.mul(b.trace(A), b.trace(B))),
    (b.det(b.smul(num(2), A)), b.mul(num(2), b.det(A))),  # size 1 only
    (b.det(b.add(A, B)), b.add(b.det(A), b.det(B))),
    (vecop(matmul(A, S, B)), matmul(b.kron(B, A), vecop(S))),  # transpose missing
    (vecop(matmul(A, S, B)), matmul(b.kron(A, transpose(B)), vecop(S))),  # Kronecker order
    (b.kron(A, B), b.kron(B, A)),
    (form(transpose(x), A, y), form(transpose(x), transpose(A), y)),
    (b.grad(x, form(transpose(x), A, x)), b.smul(num(2), matmul(A, x))),  # symmetric A only
    (b.grad(x, form(transpose(x), S, x)), matmul(S, x)),  # factor 2 lost
    (b.grad(A, b.log(b.det(A))), inv(A)),
    (b.grad(A, b.trace(matmul(B, A))), B),
    (b.grad(A, form(transpose(x), A, y)), matmul(y, transpose(x))),
    (b.jac(x, matmul(X, x), layout="denominator"), transpose(b.jac(x, matmul(X, x), layout="denominator"))),
    (b.hess(x, form(transpose(x), A, x)), b.smul(num(2), A)),
    # (A - A^T)(B - B^T) = (B - B^T)(A - A^T) and Cayley–Hamilton of size 2 hold for sizes 1 and 2
    (
        matmul(b.sub(A, transpose(A)), b.sub(B, transpose(B))),
        matmul(b.sub(B, transpose(B)), b.sub(A, transpose(A))),
    ),
    (b.add(matmul(A, A), b.neg(b.smul(b.trace(A), A)), b.smul(b.det(A), I)), b.zeros(N, N)),
    (matmul(D, A), matmul(A, D)),
    (matmul(power(L, b.HALF), A), matmul(A, power(L, b.HALF))),
    (softmax(b.smul(num(2), x)), softmax(x)),
    (softmax(matmul(A, B)), matmul(softmax(A), B)),
    (b.norm(matmul(B, x)), b.norm(x)),
    (b.norm(b.add(x, y)), b.add(b.norm(x), b.norm(y))),
]


@pytest.mark.parametrize("number", range(len(TRUE)))
def test_identity(number: int) -> None:
    assert equal(*TRUE[number])


@pytest.mark.parametrize("number", range(len(FALSE)))
def test_no_identity(number: int) -> None:
    assert not equal(*FALSE[number])


def test_forty_factors_are_quick() -> None:
    start = time.monotonic()
    assert equal(matmul(*[A, B] * 20), matmul(A, matmul(*[B, A] * 19), B))
    sums = matmul(*[b.add(A, B)] * 40)
    assert equal(sums, matmul(matmul(*[b.add(A, B)] * 20), matmul(*[b.add(B, A)] * 20)))
    assert time.monotonic() - start < 2.0


def test_every_rule_says_what_it_is() -> None:
    ours = [r for r in TABLE.values() if r.apply.__module__.startswith("derivcheck.kernel.rules.matrix")]
    assert len(ours) > 40
    assert all(r.statement and r.source for r in ours)
