"""Moments of the Dirichlet law.

    E[∏_g θ_g^{n_g}] = ∏_g α_g (α_g + 1) … (α_g + n_g - 1) / (A (A + 1) … (A + n - 1))      different g, n = ∑ n_g, A = ∑_k α_k
    E[θ_i θ_j] = α_i (α_j + 1[i = j]) / (A (A + 1))                                       where i and j are not told apart
    E[log θ_i] = ψ(α_i) - ψ(A)          E[θ] = α / A

All moments are finite, since θ lies in the simplex.
Limits: numbers as exponents up to `HIGHEST`; two indices that may be equal only where nothing else stands beside them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.kernel.literals import integer_value
from derivcheck.kernel.monomials import factors
from derivcheck.kernel.rewrite import Rewriter, level_symbol
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num

if TYPE_CHECKING:
    from derivcheck.kernel.rules.expectation import Expectation

HIGHEST = 8
LISTED = 8


def moment_of_symbol(inside: Term, work: Expectation) -> Term | None:
    """The mean of a monomial in the entries of one random vector with a Dirichlet law, given nothing."""
    atoms = work.moving_atoms(inside)
    if work.conds or len(atoms) != 1:
        return None
    (x,) = atoms
    d, law = work.random.declaration(x), work.law(x)
    if d is None or d.given or law is None or law.op != "dist" or law.data != "Dir" or work.random.atoms(law) or x.op != "sym":
        return None
    return moment(inside, law, x, work.rw)


def moment(inside: Term, law: Term, x: Term, rw: Rewriter) -> Term | None:
    """The mean of a monomial in the entries of x under a Dirichlet law."""
    if inside is x:
        return b.smul(b.div(b.ONE, total(law, rw)), law.args[0])
    if inside.op == "fn" and inside.data == "log" and _index(inside.args[0], x) is not None:
        return b.sub(b.fn("digamma", _parameter(law, _index(inside.args[0], x))), b.fn("digamma", total(law, rw)))
    top, bottom = factors(inside)
    powers: dict[Term, int] = {}
    for f in top:
        base, n = (f.args[0], integer_value(f.args[1])) if f.op == "pow" else (f, 1)
        i = _index(base, x)
        if i is None or n is None or not 0 < n <= HIGHEST:
            return None
        powers[i] = powers.get(i, 0) + n
    if not powers or any(x in f.free for f in bottom):
        return None
    if bottom:
        return None
    a = total(law, rw)
    degree = sum(powers.values())
    below = b.mul(b.ONE, *(b.add(a, num(k)) for k in range(degree)))
    indices = list(powers)
    apart = all(rw.oracle.nonzero(b.sub(i, j)) for n, i in enumerate(indices) for j in indices[:n])
    if apart:
        above = b.mul(b.ONE, *(b.add(_parameter(law, i), num(k)) for i, n in powers.items() for k in range(n)))
        return b.div(above, below)
    if len(indices) == 2 and degree == 2:
        i, j = indices
        return b.div(b.mul(_parameter(law, i), b.add(_parameter(law, j), b.ind(b.eq(i, j)))), below)
    return None


def total(law: Term, rw: Rewriter) -> Term:
    """The sum of the parameters."""
    size = law.args[0].sort.rows
    n = integer_value(size)
    if n is not None and n <= LISTED:
        return b.add(b.ZERO, *(b.ventry(law.args[0], num(k)) for k in range(1, n + 1)))
    k = level_symbol("k", b.ONE.sort, rw.depth)
    return b.sum_(k, b.ONE, size, b.ventry(law.args[0], k))


def _parameter(law: Term, i: Term | None) -> Term:
    assert i is not None
    return b.ventry(law.args[0], i)


def _index(t: Term, x: Term) -> Term | None:
    """i of x_i."""
    if t.op == "ventry" and t.args[0] is x and x not in t.args[1].free and not any(v.op == "bvar" for v in t.args[1].free):
        return t.args[1]
    return None
