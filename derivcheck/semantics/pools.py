"""Where the values of models come from: numbers, matrices, functions of a declared class.

Numbers: special ones first (0, ±1, small integers and fractions, large and tiny magnitudes, constants of the statement and their
neighbours), then random rationals.  Matrices have small integer entries and belong to their class by construction.  Functions come
from a list whose members carry what is known of them (range, monotonicity, convexity), proved by the way they are written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from flint import fmpq, fmpq_mat

from derivcheck.semantics.values import Matrix, Value, rational
from derivcheck.terms import build as b
from derivcheck.terms.sorts import Sort
from derivcheck.terms.term import Term, bind, fresh, mk, num

SPECIAL = [rational(Fraction(s)) for s in "2 -1 3 1/2 -2 0 1 -1/2 5 -3 1/3 3/2 -3/2 4 10 1/10 -10 7 100 1/100 -100 1000".split()]
EXTREME = [rational(Fraction(s)) for s in "1000000 1/1000000 -1000000 -1/1000000 99999/100000 100001/100000".split()]
INTEGERS = [rational(k) for k in (2, 1, 3, 0, 5, 4, -1, -2, 7, 6, 10, 12, -3)]


def number(rng: Random, index: int, extra: list[Value], integral: bool = False) -> Value:
    """A number for model number `index`: special ones are likely early, random ones later."""
    if integral:
        pool = [v for v in extra if isinstance(v, fmpq) and v.q == 1] if rng.random() < 0.25 else INTEGERS
        if index < 8:
            return rng.choice(INTEGERS[:4])
        return rng.choice(pool or INTEGERS) if rng.random() < 0.85 else rational(rng.randint(0, 20))
    roll = rng.random()
    if extra and roll < 0.25:
        return rng.choice(extra)
    if roll < 0.65:
        return rng.choice(SPECIAL[: 5 + min(index, 17)])
    if roll < 0.72 and index > 6:
        return rng.choice(EXTREME)
    return fmpq(rng.randint(-40, 40), rng.randint(1, 12))


# --- matrices -----------------------------------------------------------------------------------------------------------


def entries(rng: Random, m: int, n: int, index: int) -> Matrix:
    """A matrix with small integer entries (now and then fractions, zeros, a unit)."""
    if index > 4 and rng.random() < 0.12:
        kind = rng.randint(0, 2)
        hot = (rng.randrange(m), rng.randrange(n)) if m and n else (0, 0)
        data = [fmpq(0 if kind == 0 else int((i, j) == hot) if kind == 1 else 1) for i in range(m) for j in range(n)]
    elif rng.random() < 0.3:
        data = [fmpq(rng.randint(-6, 6), rng.randint(1, 4)) for _ in range(m * n)]
    else:
        data = [fmpq(rng.randint(-3, 4)) for _ in range(m * n)]
    return Matrix(fmpq_mat(m, n, data))


def orthogonal(rng: Random, n: int) -> Matrix:
    """An orthogonal matrix with rational entries, of either determinant."""
    base = [[fmpq(int(i == j)) for j in range(n)] for i in range(n)]
    got = fmpq_mat(n, n, [x for r in base for x in r])
    if n >= 2:
        c, s = rng.choice([(fmpq(3, 5), fmpq(4, 5)), (fmpq(5, 13), fmpq(12, 13)), (fmpq(0), fmpq(1)), (fmpq(-8, 17), fmpq(15, 17))])
        for _ in range(n - 1):
            i, j = rng.sample(range(n), 2)
            turn = fmpq_mat(n, n, [x for r in base for x in r])
            turn[i, i], turn[j, j], turn[i, j], turn[j, i] = c, c, -s, s
            got = got * turn
    if rng.random() < 0.5 and n:
        flip = fmpq_mat(n, n, [x for r in base for x in r])
        k = rng.randrange(n)
        flip[k, k] = fmpq(-1)
        got = got * flip
    return Matrix(got)


def permutation(rng: Random, n: int) -> Matrix:
    """A permutation matrix; not the identity where there is another."""
    order = list(range(n))
    for _ in range(3):
        rng.shuffle(order)
        if order != list(range(n)):
            break
    return Matrix(fmpq_mat(n, n, [fmpq(int(order[i] == j)) for i in range(n) for j in range(n)]))


def of_class(rng: Random, m: int, n: int, attributes: frozenset[str], index: int) -> Matrix | None:
    """A matrix with the declared attributes; `None` where they can't be met."""
    square = attributes & SQUARE
    if square and m != n:
        return None
    diagonal = "diagonal" in attributes
    if "permutation" in attributes:
        return permutation(rng, n) if not diagonal else None
    if attributes & {"orthogonal", "unitary"}:
        if diagonal or "symmetric" in attributes:
            return Matrix(fmpq_mat(n, n, [fmpq(rng.choice([1, -1])) if i == j else fmpq(0) for i in range(n) for j in range(n)]))
        return orthogonal(rng, n)
    definite = attributes & {"positive definite", "positive semidefinite", "negative definite", "negative semidefinite"}
    if definite:
        strict = bool(attributes & {"positive definite", "negative definite"})
        if diagonal:
            values = [fmpq(rng.randint(1 if strict else 0, 5), rng.randint(1, 2)) for _ in range(n)]
            got = fmpq_mat(n, n, [values[i] if i == j else fmpq(0) for i in range(n) for j in range(n)])
        elif strict and index % 4 == 3:
            # nearly of rank one, as M M^T + I never is: products of three such matrices have traces of either sign
            root = fmpq_mat(n, 1, [fmpq(rng.randint(-3, 3)) for _ in range(n)])
            got = root * root.transpose()
            for i in range(n):
                got[i, i] += fmpq(1, 8)
        elif strict and index % 2:
            # L D L^T with integers: eigenvalues far apart, which M M^T + I hardly has
            lower = fmpq_mat(n, n, [fmpq(rng.randint(-3, 3)) if j < i else fmpq(int(i == j)) for i in range(n) for j in range(n)])
            scales = fmpq_mat(n, n, [fmpq(rng.choice((1, 1, 2, 9))) if i == j else fmpq(0) for i in range(n) for j in range(n)])
            got = lower * scales * lower.transpose()
        else:
            width = n if strict or rng.random() < 0.4 else max(1, n - 1)
            root = fmpq_mat(n, width, [fmpq(rng.randint(-2, 2)) for _ in range(n * width)])
            got = root * root.transpose()
            if strict or (rng.random() < 0.3):
                for i in range(n):
                    got[i, i] += fmpq(1)
        if "invertible" in attributes and got.det() == 0:
            return None
        return Matrix(got if not any(a.startswith("negative") for a in definite) else -got)
    for _ in range(20):
        got = entries(rng, m, n, index).data
        if diagonal:
            got = fmpq_mat(n, n, [got[i, i] if i == j else fmpq(0) for i in range(n) for j in range(n)])
        elif "symmetric" in attributes:
            got = got + got.transpose()
        elif attributes & {"antisymmetric", "skew-symmetric"}:
            got = got - got.transpose()
        elif "upper triangular" in attributes or "lower triangular" in attributes:
            up = "upper triangular" in attributes
            got = fmpq_mat(n, n, [got[i, j] if (i <= j if up else i >= j) else fmpq(0) for i in range(n) for j in range(n)])
        if attributes & {"invertible", "nonsingular", "regular"} and got.det() == 0:
            continue
        if attributes & {"positive", "nonnegative"}:
            got = fmpq_mat(m, n, [abs(x) + (1 if "positive" in attributes else 0) for x in got.entries()])
        if "nonzero" in attributes and all(x == 0 for x in got.entries()):
            continue
        return Matrix(got)
    return None


SQUARE = frozenset(
    [
        "symmetric",
        "positive definite",
        "positive semidefinite",
        "negative definite",
        "negative semidefinite",
        "invertible",
        "nonsingular",
        "regular",
        "orthogonal",
        "unitary",
        "diagonal",
        "permutation",
        "antisymmetric",
        "skew-symmetric",
        "upper triangular",
        "lower triangular",
    ]
)
MATRIX_ATTRIBUTES = SQUARE | {"positive", "nonnegative", "nonzero", "real", "random"}


# --- functions ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shape:
    """A function with what is known of it: lower and upper bound of its values (`None`: none; strict bounds have `open` set),
    the attributes that it has, and the least argument for which all this holds (`None`: any)."""

    make: Callable[..., Term]
    low: Fraction | None
    high: Fraction | None
    open: bool
    attributes: frozenset[str]
    start: Fraction | None = None


def _s(make: Callable[..., Term], low: object, high: object, open: bool, attributes: str, start: object = None) -> Shape:
    def fraction(v: object) -> Fraction | None:
        return None if v is None else Fraction(str(v))

    return Shape(make, fraction(low), fraction(high), open, frozenset(attributes.split()), fraction(start))


def _sq(x: Term) -> Term:
    return b.pow_(x, 2)


def _sigmoid(x: Term) -> Term:
    return b.div(b.ONE, b.add(b.ONE, b.exp(b.neg(x))))


def _n(v: object) -> Term:
    return num(Fraction(str(v)))


ONE_ARGUMENT: list[Shape] = [
    _s(lambda x: b.add(b.mul(_n(2), _sq(x)), b.neg(x), _n(1)), "7/8", None, False, "convex strictlyconvex"),
    _s(lambda x: b.add(b.pow_(x, 3), b.mul(_n(-2), x), _n(1)), None, None, True, ""),
    _s(lambda x: b.exp(b.div(x, _n(2))), 0, None, True, "convex strictlyconvex increasing positive"),
    _s(lambda x: b.add(b.mul(_n(2), x), _n(1)), None, None, True, "convex concave increasing affine"),
    _s(lambda x: b.add(b.pow_(x, 3), x), None, None, True, "increasing odd"),
    _s(lambda x: b.sub(b.ONE, b.mul(_n(3), x)), None, None, True, "convex concave decreasing affine"),
    _s(lambda x: _sq(x), 0, None, False, "convex strictlyconvex even"),
    _s(lambda x: b.neg(b.add(_sq(x), x)), None, "1/4", False, "concave strictlyconcave"),
    _s(lambda x: b.add(_sq(x), _n(1)), 1, None, False, "convex strictlyconvex even positive"),
    _s(_sigmoid, 0, 1, True, "increasing bounded positive"),
    _s(lambda x: b.fn("sin", x), -1, 1, False, "bounded odd"),
    _s(lambda x: b.div(b.ONE, b.add(b.ONE, _sq(x))), 0, 1, False, "bounded positive even"),
    _s(lambda x: b.exp(b.neg(x)), 0, None, True, "convex strictlyconvex decreasing positive"),
    _s(lambda x: b.add(b.exp(x), _sq(x)), 0, None, True, "convex strictlyconvex positive"),
    _s(lambda x: b.mul(x, b.exp(x)), -1, None, True, ""),
    _s(lambda x: _n(2), 2, 2, False, "convex concave bounded positive even"),
    _s(lambda x: _n("1/2"), "1/2", "1/2", False, "convex concave bounded positive even"),
    _s(lambda x: b.ZERO, 0, 0, False, "convex concave bounded even odd affine"),
    _s(lambda x: b.neg(b.exp(x)), None, 0, True, "concave strictlyconcave decreasing"),
    _s(lambda x: b.fn("tanh", x), -1, 1, True, "increasing bounded odd"),
    _s(lambda x: b.exp(b.neg(_sq(x))), 0, 1, False, "bounded positive even"),
    _s(lambda x: b.div(b.ONE, b.add(b.ONE, b.exp(x))), 0, 1, True, "decreasing bounded positive"),
    _s(lambda x: b.neg(b.exp(b.neg(x))), None, 0, True, "concave strictlyconcave increasing"),
    _s(lambda x: b.sub(b.pow_(x, 4), _sq(x)), "-1/4", None, False, "even"),
    _s(lambda x: b.log(x), None, None, True, "concave strictlyconcave increasing", 0),
    _s(lambda x: b.div(b.ONE, x), 0, None, True, "convex strictlyconvex decreasing positive", 0),
    _s(lambda x: b.sqrt(x), 0, None, True, "concave strictlyconcave increasing positive", 0),
    _s(lambda x: b.neg(b.log(x)), None, None, True, "convex strictlyconvex decreasing", 0),
]


def several_arguments(k: int) -> list[Shape]:
    """Functions of k numbers."""

    def total(*xs: Term) -> Term:
        return b.add(*(b.mul(_n(i + 1), x) for i, x in enumerate(xs)))

    return [
        _s(lambda *xs: b.add(b.mul(_sq(xs[0]), xs[1]), b.mul(_n(2), xs[1]), b.neg(xs[0]), *(b.mul(x, xs[0]) for x in xs[2:])), None, None, True, ""),
        _s(lambda *xs: b.add(*(b.mul(_n(i + 1), _sq(x)) for i, x in enumerate(xs))), 0, None, False, "convex"),
        _s(lambda *xs: b.exp(b.div(total(*xs), _n(4))), 0, None, True, "convex positive increasing"),
        _s(lambda *xs: b.add(total(*xs), b.mul(*xs)), None, None, True, ""),
        _s(lambda *xs: b.add(_n(1), *(b.mul(_n(i + 1), _sq(x)) for i, x in enumerate(xs)), b.mul(xs[0], xs[1])), 1, None, False, "convex positive"),
        _s(lambda *xs: b.neg(b.add(*(_sq(x) for x in xs))), None, 0, False, "concave"),
        _s(lambda *xs: _sigmoid(total(*xs)), 0, 1, True, "bounded positive"),
        _s(lambda *xs: total(*xs), None, None, True, "convex concave"),
    ]


def of_vector(rows: Term) -> list[Shape]:
    """Functions of one vector into the numbers."""

    def weights(x: Term) -> Term:
        i, j = fresh("i"), fresh("j")
        return b.mlam(i, j, rows, b.ONE, i) if not x.sort.is_vector else bind("mlam", (i, j), (rows, b.ONE), i, None, x.sort)

    def dot(x: Term) -> Term:
        return mk("inner", (weights(x), x))

    def square(x: Term) -> Term:
        return mk("inner", (x, x))

    return [
        _s(lambda x: b.add(b.mul(dot(x), square(x)), dot(x)), None, None, True, ""),
        _s(lambda x: b.add(square(x), dot(x)), None, None, False, "convex strictlyconvex"),
        _s(lambda x: b.exp(b.div(dot(x), _n(4))), 0, None, True, "convex positive"),
        _s(lambda x: b.add(b.ONE, square(x)), 1, None, False, "convex strictlyconvex positive"),
        _s(lambda x: dot(x), None, None, True, "convex concave"),
        _s(lambda x: b.neg(square(x)), None, 0, False, "concave strictlyconcave"),
        _s(lambda x: _sigmoid(dot(x)), 0, 1, True, "bounded positive"),
        _s(lambda x: square(x), 0, None, False, "convex strictlyconvex"),
    ]


def vector_valued(result: Sort) -> list[Callable[[Term], Term]]:
    """Functions of one vector or number into vectors."""

    def weights() -> Term:
        i, j = fresh("i"), fresh("j")
        return bind("mlam", (i, j), (result.rows, result.cols), i, None, result)

    def size(x: Term) -> Term:
        return x if x.sort.kind == "num" else mk("inner", (x, x))

    return [
        lambda x: b.add(b.smul(size(x), weights()), b.ones(result.rows, result.cols)),
        lambda x: b.smul(b.exp(b.div(size(x), _n(9))), weights()) if x.sort != result else b.add(b.smul(_n(2), x), weights()),
        lambda x: b.add(b.smul(size(x), x), weights()) if x.sort == result else b.smul(_sq(size(x)), weights()),
    ]


FUNCTION_ATTRIBUTES = frozenset(
    "convex concave increasing decreasing bounded positive even odd affine strictlyconvex strictlyconcave smooth continuous differentiable "
    "integrable real nonnegative".split()
)
FREE_ATTRIBUTES = frozenset("smooth continuous differentiable real".split())
