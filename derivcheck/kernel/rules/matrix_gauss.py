"""The density of the normal distribution of a vector.

Source: Petersen and Pedersen, The Matrix Cookbook, equation (346); Anderson, An Introduction to Multivariate Statistical Analysis, 2.3.
"""

from __future__ import annotations

from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.terms import build as b
from derivcheck.terms.term import Term


@rule(
    "normal-density-of-vector",
    "pdf",
    statement="N(x; μ, Σ) = (2π)^{-d/2} det(Σ)^{-1/2} exp(-(x-μ)^T Σ^{-1} (x-μ)/2)",
    side="Σ positive definite wherever the density has a value",
    source="The Matrix Cookbook (346)",
)
def normal_density_of_vector(t: Term, rw: Rewriter) -> Term | None:
    d = t.args[0]
    if d.op != "dist" or d.data != "N" or len(t.args) != 2 or t.args[1].sort.kind != "mat" or d.args[1].sort.kind != "mat":
        return None
    mean, covariance = d.args
    x = t.args[1]
    if mean.sort.kind != "mat" or x.sort.cols is not b.ONE:
        return None
    r = b.add(x, b.neg(mean))
    form = b.tonum(b.matmul(b.transpose(r), b.inv(covariance), r))
    size = x.sort.rows
    return b.mul(
        b.pow_(b.mul(b.TWO, b.PI), b.neg(b.div(size, b.TWO))),
        b.pow_(b.det(covariance), b.neg(b.HALF)),
        b.exp(b.neg(b.mul(b.HALF, form))),
    )


