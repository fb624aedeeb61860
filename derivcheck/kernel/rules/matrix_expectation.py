"""Expectations of forms in random vectors: E[x^T A y] = tr(A E[y x^T]), and moments of the normal distribution of a vector.

The factors of a 1×1 word or of a trace that are random must stand together (up to rotation of the word): they stay under the
expectation, the others come out.  Sources: Magnus and Neudecker, Matrix Differential Calculus, 12.2; The Matrix Cookbook, section 8.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.matrix_facts import real_entries, transpose_of
from derivcheck.kernel.monomials import factors as monomial_factors
from derivcheck.kernel.monomials import product
from derivcheck.kernel.normal_entries import entry_moment
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.kernel.rules import dirichlet
from derivcheck.kernel.summable import integrability
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk, num

if TYPE_CHECKING:
    from derivcheck.kernel.rules.expectation import Expectation

SOURCE = "Magnus and Neudecker, Matrix Differential Calculus, 12.2; The Matrix Cookbook, section 8.2"


def _word(t: Term) -> tuple[Term, ...] | None:
    # a number as the trace of a word
    if t.op == "inner":
        u, v = t.args
        return (b.transpose(u), *(v.args if v.op == "matmul" else (v,)))
    if t.op == "trace":
        a = t.args[0]
        return a.args if a.op == "matmul" else (a,)
    return None


def _arc(word: tuple[Term, ...], moving: list[bool]) -> tuple[tuple[Term, ...], tuple[Term, ...]] | None:
    """The word rotated so that its random factors come first: (random part, the rest)."""
    n = len(word)
    if not any(moving) or all(moving):
        return None
    starts = [i for i in range(n) if moving[i] and not moving[i - 1]]
    if len(starts) != 1:
        return None
    i = starts[0]
    turned = word[i:] + word[:i]
    k = sum(moving)
    return turned[:k], turned[k:]


def normal_moment(inside: Term, work: Expectation) -> Term | None:
    """The expectation of a polynomial of degree at most 2 in one random vector with a normal law."""
    atoms = work.moving_atoms(inside)
    if work.conds or len(atoms) != 1:
        return None
    (x,) = atoms
    law = _law(x, work.rw)
    if law is None or any(work.random.atoms(p) for p in law):
        return None
    return entry_moment(inside, x, *law, work.rw) or _moment(inside, x, *law, work.rw)


def expectation_of_vectors(inside: Term, work: Expectation) -> Term | None:
    """E[x^T A y] = tr(A E[y x^T]), E[(a^T x)(b^T y)] = a^T E[x y^T] b: the random factors stand together in the cyclic word.

    By a declared normal law; otherwise only in group `linearity`, and E[y x^T] is recorded as a condition: its entries need not be
    integrable where the number is.
    """
    known = normal_moment(inside, work) or dirichlet.moment_of_symbol(inside, work)
    if known is not None:
        return known
    if "linearity" not in work.rw.groups or any(a.sort.kind != "mat" for a in work.moving_atoms(inside)):
        return None
    factors = inside.args if inside.op == "mul" else (inside,)
    words: list[tuple[Term, ...]] = []
    for f in factors:
        if not work.moving_atoms(f):
            return None
        square = f.op == "pow" and f.args[1] is b.TWO
        w = _word(f.args[0] if square else f)
        if w is None:
            return None
        words += [w, w] if square else [w]
    if len(words) == 2:
        # a^T x · y^T b
        first, second = (_as_row_column(w, work) for w in words)
        if first is None or second is None:
            return None
        (a, x), (c, y) = first, second
        words = [(a, x, b.transpose(y), b.transpose(c))]
    if len(words) != 1:
        return None
    word = words[0]
    cut = _arc(word, [bool(work.moving_atoms(f)) for f in word])
    if cut is None:
        return None
    core = b.matmul(*cut[0])
    if core.sort.rows is b.ONE and core.sort.cols is b.ONE:
        return None
    mean = mk("E", (core, *work.conds), len(work.conds), core.sort)
    work.rw.assume(integrability(core))
    return b.trace(b.matmul(mean, *cut[1]))


def _as_row_column(w: tuple[Term, ...], work: Expectation) -> tuple[Term, Term] | None:
    # a 1×1 word as a^T x with a not random and x a random column
    moving = [bool(work.moving_atoms(f)) for f in w]
    if sum(moving) != 1:
        return None
    i = moving.index(True)
    if i == len(w) - 1 and len(w) > 1:
        return b.matmul(*w[:i]), w[i]
    if i == 0 and len(w) > 1:
        return b.transpose(b.matmul(*w[1:])), b.transpose(w[0])
    return None


def _law(x: Term, rw: Rewriter) -> tuple[Term, Term] | None:
    # mean and covariance of a random vector with a declared normal law (given nothing)
    d = rw.oracle.context.declarations.get(x)
    if d is None or d.law is None or d.given or d.law.op != "dist" or d.law.data != "N" or x.sort.kind != "mat":
        return None
    mean, covariance = d.law.args
    if covariance.sort.kind != "mat":
        return None
    return mean, covariance


@rule("normal-moments", "E", statement="E[x] = μ, E[x x^T] = Σ + μ μ^T for x ~ N(μ, Σ)", source=SOURCE)
def normal_moments(t: Term, rw: Rewriter) -> Term | None:
    body = t.args[0]
    if len(t.args) > 1 or t.sort.kind != "mat":
        return None
    law = _law(body, rw)
    if law is not None:
        return law[0]
    if body.op == "matmul" and len(body.args) == 2 and body.args[1].op == "transpose" and body.args[1].args[0] is body.args[0]:
        law = _law(body.args[0], rw)
        if law is not None:
            mean, covariance = law
            return b.add(covariance, b.matmul(mean, b.transpose(mean)))
    return None


def moment_of_vector(inside: Term, d: Term, x: Term, rw: Rewriter) -> Term | None:
    """E[x^T A x + c^T x + k] = tr(A Σ) + μ^T A μ + c^T μ + k for x ~ N(μ, Σ), a polynomial of degree at most 2 in x."""
    if d.op == "dist" and d.data == "Dir":
        return dirichlet.moment(inside, d, x, rw)
    if d.op != "dist" or d.data != "N" or d.args[1].sort.kind != "mat":
        return None
    mean, covariance = d.args
    return _moment(inside, x, mean, covariance, rw)


def _moment(m: Term, x: Term, mean: Term, covariance: Term, rw: Rewriter) -> Term | None:
    if x not in m.free:
        return m
    if m.op == "div":
        if x in m.args[1].free:
            return None
        top = _moment(m.args[0], x, mean, covariance, rw)
        return None if top is None else b.div(top, m.args[1])
    factors = m.args if m.op == "mul" else (m,)
    moving = [f for f in factors if x in f.free]
    if moving and all(f.op == "fn" and f.data == "exp" for f in moving):
        value = _generating(b.add(*(f.args[0] for f in moving)), x, mean, covariance, rw)
        return None if value is None else b.mul(*(f for f in factors if f not in moving), value)
    if len(moving) == 1 and moving[0].op == "add":
        parts = [_moment(p, x, mean, covariance, rw) for _, p in linear_terms(moving[0])]
        if any(p is None for p in parts):
            return None
        total = b.add(*(b.mul(num(q), p) for (q, _), p in zip(linear_terms(moving[0]), parts, strict=True) if p is not None))
        return b.mul(*(f for f in factors if f is not moving[0]), total)
    words: list[tuple[Term, ...]] = []
    for f in moving:
        if f.op == "pow" and f.args[1] is b.TWO:
            w = _word(f.args[0])
            if w is None:
                return None
            words += [w, w]
            continue
        w = _word(f)
        if w is None:
            return None
        words.append(w)
    rest = b.mul(*(f for f in factors if f not in moving))
    value = _product_of_forms(words, x, mean, covariance, rw)
    return None if value is None else b.mul(rest, value)


def _generating(exponent: Term, x: Term, mean: Term, covariance: Term, rw: Rewriter) -> Term | None:
    """E[e^{c^T x + k}] = e^{c^T μ + c^T Σ c / 2 + k} for a real c."""
    rest: list[Term] = []
    rows: list[Term] = []
    for q, m in linear_terms(exponent):
        if x not in m.free:
            rest.append(b.mul(num(q), m))
            continue
        top, bottom = monomial_factors(m)
        moving = [f for f in top if x in f.free]
        if len(moving) != 1 or any(x in f.free for f in bottom):
            return None
        scale = b.mul(num(q), product([f for f in top if f is not moving[0]], bottom))
        w = _word(moving[0])
        row = _as_row(w, x, rw) if w is not None else None
        if row is None:
            return None
        rows.append(b.smul(scale, row))
    if not rows:
        return None
    c = b.add(*rows)
    if not real_entries(c, rw.oracle):
        return None
    return b.exp(b.add(*rest, b.tonum(b.matmul(c, mean)), b.div(b.tonum(b.matmul(c, covariance, b.transpose(c))), b.TWO)))


def _as_row(w: tuple[Term, ...], x: Term, rw: Rewriter) -> Term | None:
    """c^T of a word c^T x or x^T c."""
    places = [i for i, f in enumerate(w) if x in f.free]
    if len(places) != 1:
        return None
    i = places[0]
    around = w[i + 1 :] + w[:i]
    if w[i] is not x:
        if transpose_of(w[i], rw.oracle) is not x:
            return None
        around = tuple(b.transpose(f) for f in reversed(around))
    if not around:
        return None
    row = b.matmul(*around)
    return row if row.sort.rows is b.ONE and row.sort.cols is x.sort.rows else None


def _middle(w: tuple[Term, ...], x: Term, rw: Rewriter) -> Term | None:
    """A of a word x^T A x."""
    places = [i for i, f in enumerate(w) if x in f.free]
    if len(places) != 2 or any(w[i] is not x and transpose_of(w[i], rw.oracle) is not x for i in places):
        return None
    i, j = places
    if w[i] is x:
        w = w[i + 1 :] + w[: i + 1]
        i, j = (k for k, f in enumerate(w) if x in f.free)
    if w[i] is x or w[j] is not x or w[j + 1 :] or w[:i]:
        return None
    return b.matmul(*w[i + 1 : j]) if j > i + 1 else b.eye(x.sort.rows)


def _two_quadratic_forms(forms: list[Term], mean: Term, covariance: Term) -> Term:
    """E[(x^T A x)(x^T B x)] = (tr AΣ + μ^T A μ)(tr BΣ + μ^T B μ) + tr AΣ(B + B^T)Σ + μ^T (A + A^T) Σ (B + B^T) μ."""
    a, c = forms
    product = b.mul(*(b.add(b.trace(b.matmul(m, covariance)), b.tonum(b.matmul(b.transpose(mean), m, mean))) for m in forms))
    both = b.add(c, b.transpose(c))
    joint = b.trace(b.matmul(a, covariance, both, covariance))
    across = b.tonum(b.matmul(b.transpose(mean), b.add(a, b.transpose(a)), covariance, both, mean))
    return b.add(product, joint, across)


def _product_of_forms(words: list[tuple[Term, ...]], x: Term, mean: Term, covariance: Term, rw: Rewriter) -> Term | None:
    forms = [_middle(w, x, rw) for w in words]
    if len(words) == 2 and all(m is not None for m in forms):
        return _two_quadratic_forms([m for m in forms if m is not None], mean, covariance)
    second = b.add(covariance, b.matmul(mean, b.transpose(mean)))
    if len(words) == 1:
        w = words[0]
        places = [i for i, f in enumerate(w) if x in f.free]
        if any(w[i] is not x and transpose_of(w[i], rw.oracle) is not x for i in places):
            return None
        if len(places) == 1:
            i = places[0]
            at = mean if w[i] is x else b.transpose(mean)
            return b.trace(b.matmul(*w[:i], at, *w[i + 1 :]))
        if len(places) == 2:
            # x^T A x: one factor is x^T, the other x
            i, j = places
            if w[i] is x:
                w = w[i + 1 :] + w[: i + 1]
                i, j = (k for k, f in enumerate(w) if x in f.free)
            if w[i] is x or w[j] is not x:
                return None
            between, outside = w[i + 1 : j], w[j + 1 :] + w[:i]
            if outside:
                return None
            return b.trace(b.matmul(*between, second)) if between else b.trace(second)
        return None
    if len(words) == 2:
        # (c^T x)(d^T x) = c^T x x^T d
        columns = []
        for w in words:
            places = [i for i, f in enumerate(w) if x in f.free]
            if len(places) != 1:
                return None
            i = places[0]
            if w[i] is x:
                row = w[i + 1 :] + w[:i]
            elif transpose_of(w[i], rw.oracle) is x:
                rest = w[i + 1 :] + w[:i]
                row = tuple(b.transpose(f) for f in reversed(rest))
            else:
                return None
            if not row or b.matmul(*row).sort.rows is not b.ONE:
                return None
            columns.append(b.matmul(*row))
        return b.tonum(b.matmul(columns[0], second, b.transpose(columns[1])))
    return None
