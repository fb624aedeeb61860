"""Random matrix terms and random models, for testing rules by evaluation."""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq, fmpq_mat

from derivcheck.semantics.evaluate import Model, evaluate
from derivcheck.semantics.values import Family, Marker, Matrix, Value, equal
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration
from derivcheck.terms.sorts import NUM, SET, fam, mat, vec
from derivcheck.terms.term import Term, fresh, mk, num, sym

N, M, K = sym("n"), sym("m"), sym("K")
_POSITIVE = mk("set", (), "Npos", SET)


@dataclass(frozen=True)
class World:
    """A context with matrices of every declared kind."""

    context: Context
    square: tuple[Term, ...]
    wide: tuple[Term, ...]  # m × n
    vectors: tuple[Term, ...]  # of size n
    short: tuple[Term, ...]  # of size m
    numbers: tuple[Term, ...]
    family: Term
    weights: Term


def _declared(name: str, rows: Term, cols: Term, *attributes: str) -> tuple[Term, Declaration]:
    column = cols is b.ONE
    s = sym(name, vec(rows) if column else mat(rows, cols))
    return s, Declaration(s, b.rn(rows) if column else b.rmn(rows, cols), frozenset(attributes))


def world() -> World:
    """The test context."""
    context = Context()
    for size in (N, M, K):
        context = context.with_declaration(Declaration(size, _POSITIVE))
    groups: dict[str, list[Term]] = {"square": [], "wide": [], "vectors": [], "short": [], "numbers": []}

    def add(group: str, name: str, rows: Term, cols: Term, *attributes: str) -> None:
        nonlocal context
        s, d = _declared(name, rows, cols, *attributes)
        context = context.with_declaration(d)
        groups[group].append(s)

    for name, attributes in (
        ("A", ()), ("B", ("invertible",)), ("S", ("symmetric",)), ("G", ("symmetric", "positive definite", "invertible")),
        ("L", ("symmetric", "positive semidefinite")), ("Q", ("orthogonal", "invertible")), ("P", ("permutation", "orthogonal", "invertible")),
        ("D", ("diagonal", "symmetric")), ("E", ("diagonal", "symmetric", "invertible")),
    ):  # fmt: skip
        add("square", name, N, N, *attributes)
    add("wide", "X", M, N)
    add("wide", "Y", M, N)
    for v in "xyz":
        add("vectors", v, N, b.ONE)
    add("short", "u", M, b.ONE)
    for c, domain in (("c", b.REALS), ("\\lambda", b.POSITIVE)):
        s = sym(c)
        context = context.with_declaration(Declaration(s, domain))
        groups["numbers"].append(s)
    family, weights = sym("v", fam(1, vec(N))), sym("w", fam(1, NUM))
    range_ = (b.int_range(b.ONE, K),)
    context = context.with_declaration(Declaration(family, b.rn(N), index_ranges=range_))
    context = context.with_declaration(Declaration(weights, b.REALS, index_ranges=range_))
    square, wide, vectors, short, numbers = (tuple(groups[g]) for g in ("square", "wide", "vectors", "short", "numbers"))
    return World(context, square, wide, vectors, short, numbers, family, weights)


def rational(rng: random.Random) -> fmpq:
    """A small rational."""
    return fmpq(rng.randint(-4, 4), rng.choice((1, 1, 1, 2)))


def matrix_with(rng: random.Random, rows: int, cols: int, attributes: frozenset[str]) -> fmpq_mat:
    """A random matrix of the declared kind."""
    while True:
        m = fmpq_mat(rows, cols, [rational(rng) for _ in range(rows * cols)])
        if "permutation" in attributes:
            order = list(range(rows))
            rng.shuffle(order)
            return fmpq_mat(rows, rows, [fmpq(int(order[i] == j)) for i in range(rows) for j in range(rows)])
        if "orthogonal" in attributes:
            # Cayley's transform of a skew matrix, with a random reflection
            skew = m - m.transpose()
            one = fmpq_mat(rows, rows, [fmpq(int(i == j)) for i in range(rows) for j in range(rows)])
            q = (one - skew) * (one + skew).inv()
            if rng.random() < 0.5:
                q = q * fmpq_mat(rows, rows, [fmpq((-1 if i == 0 else 1) if i == j else 0) for i in range(rows) for j in range(rows)])
            return q
        if "positive definite" in attributes or "positive semidefinite" in attributes:
            m = m * m.transpose()
            if "positive definite" in attributes:
                m = m + fmpq_mat(rows, rows, [fmpq(int(i == j)) for i in range(rows) for j in range(rows)])
        elif "diagonal" in attributes:
            m = fmpq_mat(rows, rows, [m[i, j] if i == j else fmpq(0) for i in range(rows) for j in range(rows)])
        elif "symmetric" in attributes:
            m = m + m.transpose()
        if "invertible" in attributes and m.det() == 0:
            continue
        return m


def model(w: World, rng: random.Random, n: int, m: int, k: int) -> Model:
    """A random model with these sizes."""
    values: dict[Term, Value] = {N: fmpq(n), M: fmpq(m), K: fmpq(k)}
    sizes = {N: n, M: m, b.ONE: 1}
    for s, d in w.context.declarations.items():
        if s.sort.kind == "mat":
            values[s] = Matrix(matrix_with(rng, sizes[s.sort.rows], sizes[s.sort.cols], d.attributes))
        elif s in w.numbers:
            values[s] = fmpq(rng.randint(1, 5), 2) if d.domain is b.POSITIVE else rational(rng)
    values[w.family] = Family({(i,): Matrix(matrix_with(rng, n, 1, frozenset())) for i in range(1, k + 1)})
    values[w.weights] = Family({(i,): rational(rng) for i in range(1, k + 1)})
    return Model(values, w.context)


class Builder:
    """Random terms of a given shape and depth."""

    def __init__(self, w: World, rng: random.Random) -> None:
        self.w, self.rng = w, rng
        self.indices: list[Term] = []

    def scalar(self, depth: int) -> Term:
        """A number."""
        r = self.rng
        if depth <= 0:
            pool = [*self.w.numbers, num(2), num(Fraction(-1, 2)), num(3)]
            if self.indices:
                pool.append(b.idx(self.w.weights, r.choice(self.indices)))
            return r.choice(pool)
        kind = r.randrange(20)
        if kind == 12:
            return b.trace(b.matmul(b.kron(self.square(depth - 1), self.square(depth - 1)), b.kron(self.square(0), self.square(0))))
        if kind == 13:
            return b.det(self.blocks(depth - 1))
        if kind == 14:
            return b.trace(b.matmul(self.blocks(depth - 1), self.blocks(depth - 1)))
        if kind == 15:
            return b.ventry(mk("vsoftmax", (self.vector(depth - 1),), None, vec(N)), N)
        if kind == 16:
            return mk("sigmax", (self.square(depth - 1),))
        if kind == 17:
            return b.norm(self.vector(depth - 1), r.choice(["1", "2", "inf"]))
        if kind == 18:
            return b.trace(b.hadamard(b.matmul(self.square(0), r.choice(self.w.square)), self.square(depth - 1)))
        if kind == 19:
            return b.det(b.kron(self.square(depth - 1), b.add(self.square(0), b.eye(N))))
        if kind == 0:
            return b.tonum(b.matmul(b.transpose(self.vector(depth - 1)), self.vector(depth - 1)))
        if kind == 1:
            return b.tonum(b.matmul(b.transpose(self.vector(depth - 1)), self.square(depth - 1), self.vector(depth - 1)))
        if kind == 2:
            return b.trace(self.square(depth - 1))
        if kind == 3:
            return b.det(self.square(depth - 1))
        if kind == 4:
            return b.add(self.scalar(depth - 1), self.scalar(depth - 1))
        if kind == 5:
            return b.mul(self.scalar(depth - 1), self.scalar(depth - 1))
        if kind == 6:
            return b.pow_(b.norm(self.vector(depth - 1)), 2)
        if kind == 7:
            return mk("inner", (self.vector(depth - 1), self.vector(depth - 1)))
        if kind == 8:
            return b.pow_(b.norm(self.square(depth - 1), "F"), 2)
        if kind == 9:
            return b.ventry(self.vector(depth - 1), b.ONE)
        if kind == 10:
            return b.entry(self.square(depth - 1), b.ONE, N)
        return b.tonum(b.matmul(b.transpose(mk("vecop", (self.square(depth - 1),), None, vec(b.mul(N, N)))), mk("vecop", (self.square(depth - 1),), None, vec(b.mul(N, N)))))

    def vector(self, depth: int) -> Term:
        """A column of size n."""
        r = self.rng
        if depth <= 0:
            pool = [*self.w.vectors, b.ones(N, b.ONE), mk("unit", (N, b.ONE), None, vec(N))]
            if self.indices:
                pool.append(b.idx(self.w.family, r.choice(self.indices)))
            return r.choice(pool)
        kind = r.randrange(9)
        if kind == 0:
            return b.add(self.vector(depth - 1), self.vector(depth - 1))
        if kind == 1:
            return b.smul(self.scalar(depth - 1), self.vector(depth - 1))
        if kind == 2:
            return b.matmul(self.square(depth - 1), self.vector(depth - 1))
        if kind == 3:
            return b.hadamard(self.vector(depth - 1), self.vector(depth - 1))
        if kind == 4:
            return mk("diagof", (self.square(depth - 1),), None, vec(N))
        if kind == 5:
            return b.matmul(b.transpose(r.choice(self.w.wide)), r.choice(self.w.wide), self.vector(depth - 1))
        if kind == 6 and len(self.indices) < 2:
            return self.summed(lambda: self.vector(depth - 1))
        if kind == 7:
            u = fresh("u")
            return b.emap(b.lam([u], [b.REALS], r.choice([b.mul(u, u), b.fn("max", u, b.ZERO), b.add(u, b.ONE)])), self.vector(depth - 1))
        return b.neg(self.vector(depth - 1))

    def blocks(self, depth: int) -> Term:
        """A 2n×2n matrix cut into four."""
        return mk("bmat", [self.square(depth) for _ in range(4)], (2, 2), mat(b.mul(b.TWO, N), b.mul(b.TWO, N)))

    def derivative(self, depth: int) -> Term:
        """A gradient, Jacobian or Hessian."""
        r = self.rng
        x = r.choice(self.w.vectors)
        kind = r.randrange(4)
        if kind == 0:
            a = r.choice(self.w.square[:3])
            return b.grad(a, self.scalar(depth))
        if kind == 1:
            return b.jac(x, self.vector(depth), layout=r.choice(["numerator", "denominator"]))
        return b.grad(x, self.scalar(depth)) if kind == 2 else b.hess(x, self.scalar(depth))

    def summed(self, body: object) -> Term:
        """A sum over an index."""
        k = fresh("k")
        self.indices.append(k)
        inner = body()  # type: ignore[operator]
        self.indices.pop()
        return b.sum_(k, b.ONE, K, inner)

    def square(self, depth: int) -> Term:
        """An n×n matrix."""
        r = self.rng
        if depth <= 0:
            return r.choice([*self.w.square, b.eye(N)])
        kind = r.randrange(16)
        if kind == 0:
            return b.add(self.square(depth - 1), self.square(depth - 1))
        if kind == 1:
            return b.smul(self.scalar(depth - 1), self.square(depth - 1))
        if kind in (2, 3):
            return b.matmul(self.square(depth - 1), self.square(depth - 1))
        if kind == 4:
            return b.transpose(self.square(depth - 1))
        if kind in (5, 6):
            return b.inv(self.square(depth - 1))
        if kind == 7:
            return b.matmul(self.vector(depth - 1), b.transpose(self.vector(depth - 1)))
        if kind == 8:
            return b.diag(self.vector(depth - 1))
        if kind == 9:
            return b.hadamard(self.square(depth - 1), self.square(depth - 1))
        if kind == 10:
            return b.matmul(b.transpose(r.choice(self.w.wide)), r.choice(self.w.wide))
        if kind == 11:
            return mk("mpow", (self.square(depth - 1), num(r.choice([-1, 0, 1, 2, 3]))), None, mat(N, N))
        if kind == 12 and len(self.indices) < 2:
            return self.summed(lambda: self.square(depth - 1))
        if kind == 13:
            s = self.square(depth - 1)
            return b.add(b.matmul(b.transpose(s), s), b.smul(num(2), b.eye(N)))
        if kind == 14:
            return b.inv(b.add(self.square(depth - 1), b.matmul(self.vector(depth - 1), b.transpose(self.vector(depth - 1)))))
        return b.sub(self.square(depth - 1), self.square(depth - 1))


def disagreement(before: Term, after: Term, m: Model) -> tuple[Value, Value] | None:
    """The two values where the term before has a value and the term after another or none."""
    x = evaluate(before, m)
    if isinstance(x, Marker):
        return None
    y = evaluate(after, m)
    if isinstance(y, Marker) and y.name == "UNKNOWN":
        return None
    return None if same(x, y) else (x, y)


def same(x: Value, y: Value) -> bool:
    """Whether two values are not certainly different."""
    if isinstance(x, Matrix) and isinstance(y, Matrix):
        return (x.rows, x.cols) == (y.rows, y.cols) and all(same(p, q) for p, q in zip(x.entries(), y.entries(), strict=True))
    if isinstance(x, Matrix):
        return (x.rows, x.cols) == (1, 1) and same(x.at(0, 0), y)
    if isinstance(y, Matrix):
        return same(y, x)
    if isinstance(y, Marker):
        return False
    return equal(x, y) is not False
