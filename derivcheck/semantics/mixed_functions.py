"""Functions of several arguments of different kinds (numbers, vectors, matrices) for models.

Each argument is turned into a number by a linear form (a vector by its inner product with (1, 2, …), a matrix by the trace of its product
with such a pattern); a function of these numbers from `pools.several_arguments` keeps what is known of it: range, convexity (linear forms
keep both).  Vectors as values get a pattern times such a function, and the argument of the same size where there is one.
"""

from __future__ import annotations

from derivcheck.semantics import pools
from derivcheck.terms import build as b
from derivcheck.terms.sorts import Sort
from derivcheck.terms.term import Term, bind, fresh, mk, num

# what a composition with linear forms inherits
KEPT = frozenset({"convex", "concave", "bounded", "positive"})


def pattern(sort: Sort, shift: int = 0) -> Term:
    """The matrix with entries i + 2 (j - 1) + shift of this shape."""
    i, j = fresh("i"), fresh("j")
    body = b.add(i, b.mul(num(2), b.sub(j, b.ONE)), num(shift)) if sort.cols is not b.ONE else b.add(i, num(shift))
    return bind("mlam", (i, j), (sort.rows, sort.cols), body, None, sort)


def number_of(x: Term, shift: int = 0) -> Term:
    """A linear form of an argument."""
    if x.sort.kind == "num":
        return x
    if x.sort.is_vector:
        return mk("inner", (pattern(x.sort, shift), x))
    return b.trace(b.matmul(b.transpose(pattern(x.sort, shift)), x))


def scalar_shapes(variables: tuple[Term, ...]) -> list[pools.Shape]:
    """Shapes of numbers-valued functions of these variables."""
    if not all(v.sort.kind in ("num", "mat") for v in variables):
        return []
    out: list[pools.Shape] = []
    for s in pools.several_arguments(len(variables)):

        def make(*xs: Term, inner: pools.Shape = s) -> Term:
            return inner.make(*(number_of(x) for x in xs))

        out.append(pools.Shape(make, s.low, s.high, s.open, s.attributes & KEPT))
    return out


def vector_bodies(variables: tuple[Term, ...], result: Sort) -> list[Term]:
    """Vector- or matrix-valued functions of these variables."""
    if not all(v.sort.kind in ("num", "mat") for v in variables):
        return []
    total = b.add(*(number_of(v) for v in variables)) if len(variables) > 1 else number_of(variables[0])
    bent = b.add(total, *(b.pow_(number_of(v), 2) for v in variables[:1]))
    same = [v for v in variables if v.sort == result]
    base = b.smul(total, pattern(result, 1))
    first = b.add(base, same[0], b.smul(b.num_of(2), b.ones(result.rows, result.cols))) if same else b.add(base, b.ones(result.rows, result.cols))
    second = b.smul(bent, pattern(result))
    return [first, b.add(second, same[0]) if same else second, b.smul(b.exp(b.div(total, num(9))), pattern(result))]
