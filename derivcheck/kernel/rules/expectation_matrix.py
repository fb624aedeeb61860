"""Expectation and variance of random vectors and matrices.

    E[A X B + C] = A E[X] B + C,  E[Aᵀ] = E[A]ᵀ        A, B, C not random
    E[X Y] = E[X] E[Y]                                  X, Y independent (given the conditions)
    Var b = E[b bᵀ] - E[b] E[b]ᵀ                        after constants are dropped
    Cov(b, c) = E[b cᵀ] - E[b] E[c]ᵀ                    vectors

Conditions: a sum of more than one random term is split where its moments are finite; that of abstract terms is recorded.
"""

from __future__ import annotations

from derivcheck.kernel.literals import integer_value
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.kernel.rules import dirichlet
from derivcheck.kernel.rules.expectation import HEAVY, SOURCE, Expectation, atom_node
from derivcheck.kernel.summable import integrability
from derivcheck.terms import build as b
from derivcheck.terms.sorts import Sort
from derivcheck.terms.term import Term, mk


def _polynomial(t: Term, work: Expectation) -> bool:
    """A polynomial in symbols with named laws that don't depend on others: its moments are finite."""
    atoms = work.random.atoms(t)
    if not atoms:
        return True
    if t in atoms:
        law = work.law(t)
        return law is not None and law.op == "dist" and law.data not in HEAVY and not work.random.atoms(law)
    if t.op == "pow":
        return (integer_value(t.args[1]) or 0) > 0 and _polynomial(t.args[0], work)
    return t.op in ("matmul", "smul", "mul", "transpose", "neg", "add", "inner", "hadamard") and all(_polynomial(a, work) for a in t.args)


@rule("expectation-matrix", "E", statement="E[A X B + C] = A E[X] B + C; E[Aᵀ] = E[A]ᵀ; E[X Y] = E[X] E[Y]", side="A, B, C not random; X, Y independent; the parts of sums integrable", source=SOURCE)
def expectation_matrix(t: Term, rw: Rewriter) -> Term | None:
    body, conds = t.args[0], t.args[1:]
    if body.sort.kind != "mat":
        return None
    work = Expectation(rw, conds)

    def mean(x: Term, sort: Sort | None = None) -> Term:
        return mk("E", (x, *conds), len(conds), sort or x.sort)

    if not work.moving_atoms(body):
        return body if not work.events else None
    if body.op == "sym":
        known = dirichlet.moment_of_symbol(body, work)
        if known is not None:
            return known
    if body.op == "add":
        moving = [a for a in body.args if work.moving_atoms(a)]
        if len(moving) > 1 and not all(_polynomial(a, work) for a in moving):
            if "linearity" not in rw.groups:
                return None
            for a in moving:
                rw.assume(integrability(a))
        return mk("add", tuple(mean(a) if a in moving else a for a in body.args), None, body.sort)
    if body.op == "neg":
        return mk("neg", (mean(body.args[0]),), None, body.sort)
    if body.op == "transpose":
        return b.transpose(mean(body.args[0]))
    if body.op == "smul":
        s, a = body.args
        if not work.moving_atoms(s):
            return b.smul(s, mean(a))
        if not work.moving_atoms(a):
            return b.smul(atom_node(s, conds), a)
        return None
    if body.op == "matmul":
        args = list(body.args)
        left = 0
        while left < len(args) and not work.moving_atoms(args[left]):
            left += 1
        right = len(args)
        while right > left and not work.moving_atoms(args[right - 1]):
            right -= 1
        middle = args[left:right]
        if left or right < len(args):
            return b.matmul(*args[:left], mean(b.matmul(*middle)), *args[right:])
        for cut in range(1, len(args)) if not work.loose and not work.events else ():
            first, second = b.matmul(*args[:cut]), b.matmul(*args[cut:])
            if work.random.independent(work.moving_atoms(first), work.moving_atoms(second), work.given) and not work.moving_atoms(first) & work.moving_atoms(second):
                return b.matmul(mean(first), mean(second))
        return None
    if body.op == "sum" and "linearity" in rw.groups and body.args[1] is not b.INF:
        (k,), inner, _ = rw.under(body)
        rw.assume(integrability(inner))
        return b.sum_(k, body.args[0], body.args[1], mean(inner))
    return None


@rule("variance-matrix", "Var", statement="Var b = E[b bᵀ] - E[b] E[b]ᵀ", side="vector b", source=SOURCE)
def variance_matrix(t: Term, rw: Rewriter) -> Term | None:
    body, conds = t.args[0], t.args[1:]
    if body.sort.kind != "mat":
        return None
    if body.op == "add":
        work = Expectation(rw, conds)
        moving = [a for a in body.args if work.moving_atoms(a)]
        if len(moving) < len(body.args) and moving:
            return mk("Var", (b.add(*moving), *conds), t.data, t.sort)
    mean = mk("E", (body, *conds), len(conds), body.sort)
    second = b.matmul(body, b.transpose(body))
    return b.add(mk("E", (second, *conds), len(conds), second.sort), b.neg(b.matmul(mean, b.transpose(mean))))


@rule("covariance-matrix", "Cov", statement="Cov(b, c) = E[b cᵀ] - E[b] E[c]ᵀ", side="vectors; constants are dropped", source=SOURCE)
def covariance_matrix(t: Term, rw: Rewriter) -> Term | None:
    x, y, conds = t.args[0], t.args[1], t.args[2:]
    if not (x.sort.is_vector and y.sort.is_vector) or x.sort.cols is not b.ONE or y.sort.cols is not b.ONE:
        return None
    work = Expectation(rw, conds)
    pair = []
    for v in (x, y):
        moving = [a for a in (v.args if v.op == "add" else (v,)) if work.moving_atoms(a)]
        if not moving:
            return b.zeros(t.sort.rows, t.sort.cols)
        pair.append(b.add(*moving))
    product = b.matmul(pair[0], b.transpose(pair[1]))
    mean = [mk("E", (v, *conds), len(conds), v.sort) for v in pair]
    return b.add(mk("E", (product, *conds), len(conds), product.sort), b.neg(b.matmul(mean[0], b.transpose(mean[1]))))
