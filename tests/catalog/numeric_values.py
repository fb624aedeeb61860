"""Terms evaluated with mpmath, for the independent numeric check (`numeric.py`); none of the program's own evaluation.

Numbers are mpmath's (integers stay Python's), matrices lists of rows.  What is not within reach raises `Unknown`, what has no value
`Undefined`.  Derivatives are difference quotients of high precision, integrals mpmath's quadrature where its error estimate is small, and a limit
is the value at two very late points where these agree.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import mpmath as mp

from derivcheck.terms.term import Term

Value = Any
Matrix = list[list[Any]]


class Unknown(Exception):
    """Not within the reach of this check."""


class Undefined(Exception):
    """A side has no value here."""


class Law:
    """A law with a density: a named one, or a mixture of normal ones for an abstract density on the line."""

    def __init__(self, pdf: Callable[[Any], Any], points: list[Any] | None = None, ends: tuple[Any, ...] = ()) -> None:
        self.pdf, self.points, self.ends = pdf, points, ends

    def mean(self, f: Callable[[Any], Any]) -> Any:
        if self.points is not None:
            return mp.fsum(self.pdf(x) * f(x) for x in self.points if self.pdf(x) != 0)
        return quad(lambda x: self.pdf(x) * f(x) if self.pdf(x) != 0 else mp.mpf(0), self.ends)


def quad(f: Callable[[Any], Any], ends: tuple[Any, ...]) -> Any:
    """The integral, where two subdivisions agree: an error estimate alone can miss a narrow peak."""
    finite = [(a + c) / 2 for a, c in pairwise(ends) if mp.isfinite(a) and mp.isfinite(c)]
    first, error = mp.quad(f, list(ends), error=True, maxdegree=7)
    second = mp.quad(f, sorted([*ends, *finite]), maxdegree=7)
    size = abs(first) + mp.mpf(10) ** -400
    if not mp.isfinite(first) or error > mp.mpf(10) ** -7 * size or abs(first - second) > mp.mpf(10) ** -10 * size:
        raise Unknown("integral")
    return second


class Evaluator:
    """The value of a term, given those of its symbols; `Unknown` after the deadline (nested integrals can take for ever)."""

    deadline = float("inf")

    def symbol(self, s: Term) -> Value:
        """The value of a declared symbol (an instance knows it)."""
        raise Unknown(str(s.data[0]))

    # --- evaluation -----------------------------------------------------------------------------------------------------

    def number(self, t: Term) -> Any:
        value = self.value(t, {})
        if isinstance(value, list):
            raise Unknown("a matrix")
        return value

    def value(self, t: Term, env: Mapping[Term, Value]) -> Value:
        if t.op in ("sym", "bvar"):
            return env[t] if t in env else self.symbol(t)
        handler = getattr(self, "_" + t.op, None)
        if handler is None or time.monotonic() > self.deadline:
            raise Unknown(t.op)
        value = handler(t, env)
        for x in ([v for row in value for v in row] if isinstance(value, list) else [value]):
            if isinstance(x, (mp.mpf, mp.mpc)) and not (mp.isfinite(x) or (isinstance(x, mp.mpf) and mp.isinf(x))):
                raise Undefined("not a number")
        return value

    def all(self, t: Term, env: Mapping[Term, Value]) -> list[Value]:
        return [self.value(a, env) for a in t.args]

    def _num(self, t: Term, env: Any) -> Any:
        return mp.mpf(t.data.numerator) / t.data.denominator if t.data.denominator != 1 else t.data.numerator

    def _const(self, t: Term, env: Any) -> Any:
        found = {"pi": mp.pi, "e": mp.e, "i": mp.mpc(0, 1), "inf": mp.inf, "euler": mp.euler}.get(str(t.data))
        if found is None:
            raise Undefined(str(t.data))
        return +found

    def _add(self, t: Term, env: Any) -> Any:
        values = self.all(t, env)
        total = values[0]
        for v in values[1:]:
            total = [[p + q for p, q in zip(r, s, strict=True)] for r, s in zip(total, v, strict=True)] if isinstance(total, list) else total + v
        return total

    def _neg(self, t: Term, env: Any) -> Any:
        v = self.value(t.args[0], env)
        return [[-x for x in row] for row in v] if isinstance(v, list) else -v

    def _mul(self, t: Term, env: Any) -> Any:
        total: Any = 1
        for a in t.args:
            total = total * self.value(a, env)
        return total

    def _div(self, t: Term, env: Any) -> Any:
        x, y = self.all(t, env)
        if y == 0:
            raise Undefined("division by zero")
        return mp.mpmathify(x) / y

    def _pow(self, t: Term, env: Any) -> Any:
        x, y = self.all(t, env)
        if x == 0 and not (isinstance(y, int) and y >= 0) and not mp.re(y) > 0:
            raise Undefined("power of zero")
        return mp.mpmathify(x) ** y

    def _oddroot(self, t: Term, env: Any) -> Any:
        x = self.value(t.args[0], env)
        return mp.sign(x) * abs(x) ** (mp.mpf(1) / int(t.data))

    def _fn(self, t: Term, env: Any) -> Any:
        args = self.all(t, env)
        name = str(t.data)
        table: dict[str, Callable[..., Any]] = {
            "arcsin": mp.asin, "arccos": mp.acos, "arctan": mp.atan, "arcsinh": mp.asinh, "arctanh": mp.atanh, "abs": abs, "max": max, "min": min,
            "binom": mp.binomial, "digamma": mp.digamma, "sign": mp.sign, "factorial": mp.factorial, "exp": mp.exp, "log": mp.log,
        }  # fmt: skip
        f = table.get(name) or getattr(mp, name, None)
        if f is None or name not in (*table, "sin", "cos", "tan", "cot", "sinh", "cosh", "tanh", "erf", "erfc", "gamma", "loggamma", "beta", "floor", "ceil"):
            raise Unknown(name)
        if name == "log" and args[0] == 0:
            raise Undefined("log 0")
        if name in ("max", "min", "floor", "ceil") and any(mp.im(a) != 0 for a in args):
            raise Undefined("order of complex numbers")
        try:
            return f(*args)
        except (ValueError, ZeroDivisionError) as error:
            raise Undefined(name) from error

    def _apply(self, t: Term, env: Any) -> Any:
        f = t.args[0]
        if f.op == "dfun" and f.args[0].op == "sym":
            g = self.symbol(f.args[0])
            at = tuple(self.value(a, env) for a in t.args[1:])
            if any(isinstance(a, list) for a in at):
                raise Unknown("derivative")
            return mp.diff(g, at if len(at) > 1 else at[0], tuple(f.data) if len(at) > 1 else f.data[0])
        if f.op != "sym":
            raise Unknown(f.op)
        return self.symbol(f)(*(self.value(a, env) for a in t.args[1:]))

    def _idx(self, t: Term, env: Any) -> Any:
        family = self.value(t.args[0], env)
        return family.member(tuple(int(mp.nint(self.value(a, env))) for a in t.args[1:]))

    def bounds(self, t: Term, env: Any) -> range:
        lo, hi = self.value(t.args[0], env), self.value(t.args[1], env)
        if mp.isinf(lo) or mp.isinf(hi) or hi - lo > 400:
            raise Unknown("infinite sum")
        return range(int(lo), int(hi) + 1)

    def _sum(self, t: Term, env: Any) -> Any:
        if len(t.bound) != 1:
            raise Unknown("sum")
        total: Any = None
        for k in self.bounds(t, env):
            v = self.value(t.args[-1], {**env, t.bound[0]: k})
            total = v if total is None else [[p + q for p, q in zip(r, s)] for r, s in zip(total, v)] if isinstance(v, list) else total + v
        if total is None and t.sort.kind == "mat":
            return [[mp.mpf(0)] * int(self.number(t.sort.cols)) for _ in range(int(self.number(t.sort.rows)))]
        return 0 if total is None else total

    def _prod(self, t: Term, env: Any) -> Any:
        total: Any = 1
        if t.sort.kind != "num":
            raise Unknown("product")
        for k in self.bounds(t, env):
            total = total * self.value(t.args[-1], {**env, t.bound[0]: k})
        return total

    def _int(self, t: Term, env: Any) -> Any:
        lo, hi = self.value(t.args[0], env), self.value(t.args[1], env)
        x = t.bound[0]

        def f(u: Any) -> Any:
            return self.value(t.args[-1], {**env, x: u})

        if lo == hi:
            return mp.mpf(0)
        inner = [p for p in (-6, -2, 0, 2, 6) if lo < p < hi]
        return quad(f, (lo, *inner, hi))

    def _lim(self, t: Term, env: Any) -> Any:
        """The value where two very late (very near) points agree to many digits."""
        point = self.value(t.args[0], env)
        if t.sort.kind != "num" or isinstance(point, list):
            raise Unknown("limit")
        with mp.workdps(60):
            if mp.isinf(point):
                near = [[mp.sign(point) * mp.mpf(10) ** k for k in (14, 16)]]
            else:
                signs = {"+": (1,), "-": (-1,)}.get(str(t.data), (1, -1))
                near = [[point + side * mp.mpf(10) ** -k for k in (16, 18)] for side in signs]
            found = [[self.value(t.args[-1], {**env, t.bound[0]: x}) for x in points] for points in near]
        values = [v for side in found for v in side]
        if any(gap(values[0], v) > mp.mpf(10) ** -12 for v in values):
            raise Unknown("limit")
        return values[0]

    def _deriv(self, t: Term, env: Any) -> Any:
        point = self.value(t.args[0], env)
        if t.sort.kind != "num":
            raise Unknown("derivative of a vector")
        return mp.diff(lambda u: self.value(t.args[-1], {**env, t.bound[0]: u}), point, int(t.data))

    def _grad(self, t: Term, env: Any) -> Any:
        point = self.value(t.args[0], env)
        if not isinstance(point, list):
            return mp.diff(lambda u: self.value(t.args[-1], {**env, t.bound[0]: u}), point)

        def moved(i: int, j: int, u: Any) -> Any:
            new = [list(row) for row in point]
            new[i][j] = u
            return self.value(t.args[-1], {**env, t.bound[0]: new})

        return [[mp.diff(lambda u, i=i, j=j: moved(i, j, u), x) for j, x in enumerate(row)] for i, row in enumerate(point)]

    def _jac(self, t: Term, env: Any) -> Any:
        point = self.value(t.args[0], env)
        base = self.value(t.args[-1], {**env, t.bound[0]: point})

        def moved(i: int, j: int, u: Any) -> Any:
            new = [list(row) for row in point]
            new[j][0] = u
            return self.value(t.args[-1], {**env, t.bound[0]: new})[i][0]

        full = [[mp.diff(lambda u, i=i, j=j: moved(i, j, u), point[j][0]) for j in range(len(point))] for i in range(len(base))]
        return full if t.data == "numerator" else transposed(full)

    def _cases(self, t: Term, env: Any) -> Any:
        args = list(t.args)
        while len(args) > 1:
            if self.truth(args[0], env):
                return self.value(args[1], env)
            args = args[2:]
        if not args:
            raise Undefined("no case")
        return self.value(args[0], env)

    def _ind(self, t: Term, env: Any) -> Any:
        return 1 if self.truth(t.args[0], env) else 0

    def _matmul(self, t: Term, env: Any) -> Any:
        values = self.all(t, env)
        total = values[0]
        for v in values[1:]:
            total = mul(total, v)
        return total

    def _smul(self, t: Term, env: Any) -> Any:
        s, a = self.all(t, env)
        return [[s * x for x in row] for row in a]

    def _transpose(self, t: Term, env: Any) -> Any:
        return transposed(self.value(t.args[0], env))

    def _inv(self, t: Term, env: Any) -> Any:
        a = mp.matrix(self.value(t.args[0], env))
        try:
            b = a**-1
        except ZeroDivisionError as error:
            raise Undefined("singular") from error
        return [[b[i, j] for j in range(b.cols)] for i in range(b.rows)]

    def _mpow(self, t: Term, env: Any) -> Any:
        a, n = self.all(t, env)
        if not isinstance(n, int) or n < 0:
            raise Unknown("power of a matrix")
        b = mp.matrix(a) ** n
        return [[b[i, j] for j in range(b.cols)] for i in range(b.rows)]

    def _hadamard(self, t: Term, env: Any) -> Any:
        a, b = self.all(t, env)
        return [[x * y for x, y in zip(r, s)] for r, s in zip(a, b)]

    def _kron(self, t: Term, env: Any) -> Any:
        total, *rest = self.all(t, env)
        for v in rest:
            total = [[x * y for x in r for y in s] for r in total for s in v]
        return total

    def _trace(self, t: Term, env: Any) -> Any:
        a = self.value(t.args[0], env)
        return mp.fsum(a[i][i] for i in range(len(a)))

    def _det(self, t: Term, env: Any) -> Any:
        return mp.det(mp.matrix(self.value(t.args[0], env)))

    def _norm(self, t: Term, env: Any) -> Any:
        a = self.value(t.args[0], env)
        flat = [abs(x) for row in a for x in row]
        if t.data == "F" or (t.data == "2" and len(a[0]) == 1):
            return mp.sqrt(mp.fsum(x * x for x in flat))
        if len(a[0]) == 1 and t.data in ("1", "inf"):
            return mp.fsum(flat) if t.data == "1" else max(flat)
        raise Unknown("norm")

    def _inner(self, t: Term, env: Any) -> Any:
        a, b = self.all(t, env)
        return mp.fsum(x[0] * y[0] for x, y in zip(a, b))

    def _diag(self, t: Term, env: Any) -> Any:
        v = self.value(t.args[0], env)
        return [[v[i][0] if i == j else mp.mpf(0) for j in range(len(v))] for i in range(len(v))]

    def _diagof(self, t: Term, env: Any) -> Any:
        a = self.value(t.args[0], env)
        return [[a[i][i]] for i in range(len(a))]

    def _vecop(self, t: Term, env: Any) -> Any:
        a = self.value(t.args[0], env)
        return [[a[i][j]] for j in range(len(a[0])) for i in range(len(a))]

    def at(self, a: Matrix, i: Any, j: Any) -> Any:
        i, j = int(i), int(j)
        if not (1 <= i <= len(a) and 1 <= j <= len(a[0])):
            raise Undefined("entry out of range")
        return a[i - 1][j - 1]

    def _entry(self, t: Term, env: Any) -> Any:
        return self.at(*self.all(t, env))

    def _ventry(self, t: Term, env: Any) -> Any:
        v, i = self.all(t, env)
        return self.at(v, i, 1)

    def _row(self, t: Term, env: Any) -> Any:
        a, i = self.all(t, env)
        return [list(a[int(i) - 1])]

    def _col(self, t: Term, env: Any) -> Any:
        a, j = self.all(t, env)
        return [[r[int(j) - 1]] for r in a]

    def _eye(self, t: Term, env: Any) -> Any:
        n = int(self.value(t.args[0], env))
        return [[mp.mpf(i == j) for j in range(n)] for i in range(n)]

    def filled(self, t: Term, env: Any, x: int) -> Any:
        m, n = (int(v) for v in self.all(t, env))
        return [[mp.mpf(x)] * n for _ in range(m)]

    def _ones(self, t: Term, env: Any) -> Any:
        return self.filled(t, env, 1)

    def _zeros(self, t: Term, env: Any) -> Any:
        return self.filled(t, env, 0)

    def _unit(self, t: Term, env: Any) -> Any:
        n, i = (int(v) for v in self.all(t, env))
        return [[mp.mpf(k == i - 1)] for k in range(n)]

    def _bmat(self, t: Term, env: Any) -> Any:
        m, n = t.data
        out: Matrix = []
        for i in range(m):
            blocks = [self.value(a, env) for a in t.args[i * n : (i + 1) * n]]
            blocks = [x if isinstance(x, list) else [[x]] for x in blocks]
            out += [[x for block in blocks for x in block[k]] for k in range(len(blocks[0]))]
        return out

    def _emap(self, t: Term, env: Any) -> Any:
        f, a = t.args
        values = self.value(a, env)
        if f.op == "sym":
            return [[self.symbol(f)(x) for x in row] for row in values]
        if f.op != "lam" or len(f.bound) != 1:
            raise Unknown("emap")
        return [[self.value(f.args[-1], {**env, f.bound[0]: x}) for x in row] for row in values]

    def _mlam(self, t: Term, env: Any) -> Any:
        m, n = int(self.value(t.args[0], env)), int(self.value(t.args[1], env))
        i, j = t.bound
        return [[self.value(t.args[-1], {**env, i: p, j: q}) for q in range(1, n + 1)] for p in range(1, m + 1)]

    def _tonum(self, t: Term, env: Any) -> Any:
        return self.value(t.args[0], env)[0][0]

    def _vsoftmax(self, t: Term, env: Any) -> Any:
        a = self.value(t.args[0], env)
        sums = [mp.fsum(mp.exp(r[j]) for r in a) for j in range(len(a[0]))]
        return [[mp.exp(x) / sums[j] for j, x in enumerate(r)] for r in a]

    def law(self, t: Term, env: Any) -> Law:
        if t.op == "sym":
            return self.symbol(t)  # type: ignore[no-any-return]
        if t.op != "dist":
            raise Unknown(t.op)
        p = self.all(t, env)
        if any(isinstance(x, list) for x in p):
            raise Unknown("law of vectors")
        name = str(t.data)
        if name == "N":
            s = mp.sqrt(p[1])
            ends = sorted({p[0] + k * s for k in (-40, -12, -5, -2, 0, 2, 5, 12, 40)} | {mp.mpf(k) for k in (-60, -8, -3, 3, 8, 60)})
            return Law(lambda x: normal(x, p[0], s), ends=tuple(ends))
        if name == "Laplace":
            return Law(lambda x: mp.exp(-abs(x - p[0]) / p[1]) / (2 * p[1]), ends=(-100, -8, -2, *([p[0]] if -2 < p[0] < 2 else []), 2, 8, 100))
        if name == "Exp":
            return Law(lambda x: p[0] * mp.exp(-p[0] * x) if x >= 0 else mp.mpf(0), ends=(0, 1, 5, 20, mp.inf))
        if name == "Ga":
            return Law(lambda x: p[1] ** p[0] / mp.gamma(p[0]) * x ** (p[0] - 1) * mp.exp(-p[1] * x) if x > 0 else mp.mpf(0), ends=(0, 1, 5, 20, mp.inf))
        if name == "U":
            return Law(lambda x: 1 / (p[1] - p[0]) if p[0] <= x <= p[1] else mp.mpf(0), ends=(p[0], p[1]))
        if name == "Bern":
            return Law(lambda k: p[0] if k == 1 else (1 - p[0] if k == 0 else mp.mpf(0)), points=[0, 1])
        if name == "Bin":
            return Law(lambda k: mp.binomial(p[0], k) * p[1] ** k * (1 - p[1]) ** (p[0] - k), points=list(range(int(p[0]) + 1)))
        if name == "Po":
            return Law(lambda k: mp.exp(-p[0]) * mp.mpf(p[0]) ** k / mp.factorial(k), points=list(range(120)))
        if name == "NB":
            return Law(lambda k: mp.gamma(p[0] + k) / mp.factorial(k) / mp.gamma(p[0]) * p[1] ** k * (1 - p[1]) ** p[0], points=list(range(400)))
        raise Unknown(name)

    def _pdf(self, t: Term, env: Any) -> Any:
        d = t.args[0]
        at = [self.value(a, env) for a in t.args[1:]]
        if d.op == "dist" and d.data == "N" and d.args[0].sort.kind == "mat":
            mean, cov = self.all(d, env)
            n = len(mean)
            c = mp.matrix(cov)
            x = mp.matrix([at[0][i][0] - mean[i][0] for i in range(n)])
            return mp.exp(-(x.T * (c**-1) * x)[0] / 2) / mp.sqrt((2 * mp.pi) ** n * mp.det(c))
        if len(at) != 1 or isinstance(at[0], list):
            raise Unknown("density of vectors")
        return self.law(d, env).pdf(at[0])

    def _Eover(self, t: Term, env: Any) -> Any:
        if len(t.bound) != 1 or t.bound[0].sort.kind != "num" or t.sort.kind != "num":
            raise Unknown("expectation of vectors")
        return self.law(t.args[0], env).mean(lambda x: self.value(t.args[-1], {**env, t.bound[0]: x}))

    def _KL(self, t: Term, env: Any) -> Any:
        p, q = self.law(t.args[0], env), self.law(t.args[1], env)
        return p.mean(lambda x: mp.log(p.pdf(x) / q.pdf(x)) if q.pdf(x) != 0 else mp.mpf(0))

    # --- statements -----------------------------------------------------------------------------------------------------

    def truth(self, p: Term, env: Mapping[Term, Value]) -> bool:
        if p.op in ("and", "or"):
            values = [self.truth(a, env) for a in p.args]
            return all(values) if p.op == "and" else any(values)
        if p.op == "not":
            return not self.truth(p.args[0], env)
        if p.op in ("true", "false"):
            return p.op == "true"
        if p.op == "forall" and all(s.op == "range" for s in p.args[:-1]):
            return self.everywhere(p, dict(env), 0)
        if p.op == "rel" and p.data in ("=", "≠", "<", "≤", ">", "≥"):
            x, y = self.value(p.args[0], env), self.value(p.args[1], env)
            return related(str(p.data), x, y)
        if p.op == "rel" and p.data in ("in", "notin") and p.args[1].op in ("range", "finset", "set"):
            return self.belongs(self.value(p.args[0], env), p.args[1]) == (p.data == "in")
        raise Unknown(p.op)

    def belongs(self, x: Any, s: Term) -> bool:
        if s.op == "finset":
            return any(related("=", x, self.number(a)) for a in s.args)
        if s.op == "range":
            lo, hi = (self.number(a) for a in s.args)
            return bool(mp.isint(x) and lo <= x <= hi)
        tests = {"R": mp.im(x) == 0, "Rpos": mp.re(x) > 0, "Rnn": mp.re(x) >= 0, "Rneg": mp.re(x) < 0, "N": mp.isint(x) and x >= 0, "Z": mp.isint(x)}
        if str(s.data) not in tests:
            raise Unknown("set")
        return bool(tests[str(s.data)])

    def everywhere(self, p: Term, env: dict[Term, Value], k: int) -> bool:
        if k == len(p.bound):
            return self.truth(p.args[-1], env)
        lo, hi = (self.value(a, env) for a in p.args[k].args)
        if mp.isinf(hi):
            raise Unknown("infinite range")
        return all(self.everywhere(p, env | {p.bound[k]: v}, k + 1) for v in range(int(lo), int(hi) + 1))


def normal(x: Any, m: Any, s: Any) -> Any:
    return mp.exp(-(((x - m) / s) ** 2) / 2) / (s * mp.sqrt(2 * mp.pi))


def mul(a: Matrix, b: Matrix) -> Matrix:
    return [[mp.fsum(x * b[k][j] for k, x in enumerate(row)) for j in range(len(b[0]))] for row in a]


def transposed(a: Matrix) -> Matrix:
    return [list(r) for r in zip(*a)]


def gap(x: Value, y: Value) -> Any:
    """The distance of two values, relative to their size."""
    if isinstance(x, list) != isinstance(y, list):
        raise Unknown("shapes")
    if isinstance(x, list):
        if len(x) != len(y) or len(x[0]) != len(y[0]):
            raise Unknown("shapes")
        return max(gap(p, q) for r, s in zip(x, y) for p, q in zip(r, s))
    if mp.isinf(x) or mp.isinf(y):
        return mp.mpf(0) if x == y else mp.mpf(1)
    return abs(x - y) / (1 + abs(x) + abs(y))


def related(relation: str, x: Value, y: Value) -> bool:
    near = gap(x, y) < mp.mpf(10) ** -9
    if relation in ("=", "≠"):
        return near == (relation == "=")
    if isinstance(x, list) or mp.im(x) != 0 or mp.im(y) != 0:
        raise Undefined("order")
    if near and (relation in ("≤", "≥") or x == y):
        return relation in ("≤", "≥")
    if near and abs(x - y) < mp.mpf(10) ** -20 * max(abs(x), abs(y)):
        raise Undefined("too near to tell")
    return bool(x < y) == (relation in ("<", "≤"))
