"""Integrals of products of two normal densities of vectors: marginals of linear Gaussian models, convolutions, overlaps."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.matrix_facts import pd
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, open_binder, substitute, subterms


@inference(
    "gauss-marginal",
    statement="∫ N(c + A x; 0, R) N(x; m, S) dx = N(c + A m; 0, R + A S A^T), put in for one such integral (or mean) of a statement",
    source="Anderson, An Introduction to Multivariate Statistical Analysis, 2.3-2.4; Bishop, Pattern Recognition, (2.115)",
    method="Gaussian marginal",
)
def gauss_marginal(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """R, S shown positive definite; A may be any matrix."""
    rw = session.rewriter(ob.context)
    for t in subterms(ob.statement):
        if t.op not in ("intset", "Eover") or len(t.bound) != 1 or t.bound[0].sort.kind != "mat" or any(v.op == "bvar" for v in t.free):
            continue
        got = _integral(t, rw)
        if got is not None:
            return [Obligation(ob.context, substitute(ob.statement, {t: got}))]
    raise Rejected("no integral of two normal densities of a vector")


def _integral(t: Term, rw: Rewriter) -> Term | None:
    (x,), body = open_binder(t)
    if t.op == "intset":
        if t.args[0].op != "rn":
            return None
        parts = list(body.args) if body.op == "mul" else [body]
    else:
        if t.args[0].op != "dist":
            return None
        parts = [b.pdf(t.args[0], x), *(body.args if body.op == "mul" else (body,))]
    moving = [f for f in parts if x in f.free]
    if len(moving) != 2 or any(f.op != "pdf" or len(f.args) != 2 or f.args[0].op != "dist" or f.args[0].data != "N" for f in moving):
        return None
    rest = [f for f in parts if x not in f.free]
    for own, other in (moving, moving[::-1]):
        prior, likelihood = _gap(own, x), _gap(other, x)
        if prior is None or likelihood is None or not _identity(prior[0], x):
            continue
        if not all(pd(rw.nf(f.args[0].args[1]), rw.oracle) for f in moving):
            return None
        # x - m or m - x: the mean is minus or plus the constant part
        turned = prior[0].op == "neg"
        mean = prior[1] if turned else b.neg(prior[1])
        matrix, constant = likelihood
        at = b.add(constant, b.matmul(matrix, mean))
        covariance = b.add(other.args[0].args[1], b.matmul(matrix, own.args[0].args[1], b.transpose(matrix)))
        density = b.pdf(b.distribution("N", b.zeros(at.sort.rows, b.ONE), covariance, over=at.sort), at)
        return b.mul(*rest, density) if rest else density
    return None


def _identity(matrix: Term, x: Term) -> bool:
    inner = matrix.args[0] if matrix.op == "neg" else matrix
    return inner.op == "eye" and inner.args[0] is x.sort.rows


def _gap(density: Term, x: Term) -> tuple[Term, Term] | None:
    """(A, c) with the point minus the mean equal to A x + c, and a covariance matrix free of x."""
    law, at = density.args
    mean, covariance = law.args
    if at.sort.kind != "mat" or mean.sort.kind != "mat" or covariance.sort.kind != "mat" or x in covariance.free:
        return None
    matrices: list[Term] = []
    constants: list[Term] = []
    for sign, u in ((1, at), (-1, mean)):
        if not _affine(u, x, sign, matrices, constants):
            return None
    if len(matrices) != 1:
        return None
    return matrices[0], b.add(*constants) if constants else b.zeros(at.sort.rows, b.ONE)


def _affine(u: Term, x: Term, sign: int, matrices: list[Term], constants: list[Term]) -> bool:
    def signed(t: Term) -> Term:
        return t if sign > 0 else b.neg(t)

    if x not in u.free:
        constants.append(signed(u))
        return True
    if u is x:
        matrices.append(signed(b.eye(x.sort.rows)))
        return True
    if u.op == "add":
        return all(_affine(a, x, sign, matrices, constants) for a in u.args)
    if u.op == "neg":
        return _affine(u.args[0], x, -sign, matrices, constants)
    if u.op == "smul" and u.args[1] is x and x not in u.args[0].free:
        matrices.append(signed(b.smul(u.args[0], b.eye(x.sort.rows))))
        return True
    if u.op == "matmul" and u.args[-1] is x and not any(x in f.free for f in u.args[:-1]):
        matrices.append(signed(b.matmul(*u.args[:-1])))
        return True
    return False
