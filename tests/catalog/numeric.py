"""An independent numeric check of statements: mpmath over random instances of the declarations, none of the program's own evaluation.

`falsified(context, statement, tries)` says `false` where an instance was found at which the two sides clearly differ, `holds` where
they agreed at several, and `unknown` where too little of the statement can be evaluated here (conditional expectations,
statements with arrows, …).  Hypotheses are met by rejection; an equation only where it defines a symbol or normalises a family.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import mpmath as mp

from derivcheck.terms.context import Context, Declaration
from derivcheck.terms.term import Term, subterms
from tests.catalog.numeric_values import Evaluator, Law, Matrix, Undefined, Unknown, Value, gap, mul, normal, related, transposed

LIMITS = (-12, 12)


class Rejected(Exception):
    """The instance does not meet a hypothesis."""


class Instance(Evaluator):
    """Values for the declared symbols, made when they are asked for."""

    def __init__(self, context: Context, seed: int) -> None:
        self.context = context
        self.rng = random.Random(seed)
        self.values: dict[Term, Value] = {}
        self.making: set[Term] = set()

    # --- values of symbols ----------------------------------------------------------------------------------------------

    def symbol(self, s: Term) -> Value:
        if s not in self.values:
            if s in self.making:
                raise Unknown("circular declaration")
            self.making.add(s)
            declaration = self.context.declarations.get(s)
            if declaration is not None and (declaration.random or declaration.law is not None or declaration.constant_in or declaration.joint):
                raise Unknown("random symbol")
            self.values[s] = self.make(s, declaration)
        return self.values[s]

    def make(self, s: Term, d: Declaration | None) -> Value:
        kind = s.sort.kind
        if kind == "num":
            return self.member(d.domain, s) if d else self.real()
        if kind == "mat":
            return self.matrix(int(self.number(s.sort.rows)), int(self.number(s.sort.cols)), d.attributes if d else frozenset(), d.domain if d else None)
        if d is None:
            raise Unknown("undeclared")
        if kind == "fam":
            return Family(self, d)
        if kind == "fun":
            return self.function(s, d)
        if kind == "dist":
            return self.density(d)
        raise Unknown(kind)

    def real(self) -> Any:
        return mp.mpf(self.rng.randint(-2400, 2400)) / 997

    def member(self, domain: Term, s: Term) -> Any:
        r = self.rng
        if domain.op == "set":
            name = domain.data
            if name == "N":
                return r.randint(1, 3)
            if name == "Npos":
                return r.randint(2, 3) if s.sort.kind == "num" else r.randint(1, 4)
            if name == "Z":
                return r.randint(-4, 4)
            x = self.real()
            return {"Rpos": abs(x) + mp.mpf("0.05"), "Rnn": abs(x), "Rneg": -abs(x) - mp.mpf("0.05")}.get(str(name), x)
        if domain.op == "interval":
            lo, hi = (self.number(a) for a in domain.args)
            lo, hi = max(lo, LIMITS[0]), min(hi, LIMITS[1])
            if lo >= hi:
                raise Rejected("empty interval")
            return lo + (hi - lo) * mp.mpf(r.randint(50, 950)) / 1001
        if domain.op == "range":
            lo, hi = (self.number(a) for a in domain.args)
            hi = min(hi, lo + 4)
            if lo > hi:
                raise Rejected("empty range")
            return r.randint(int(lo), int(hi))
        if domain.op == "finset":
            return self.number(r.choice(domain.args))
        if domain.op in ("setminus", "union", "inter"):
            return self.member(domain.args[0], s)
        raise Unknown(domain.op)

    def matrix(self, m: int, n: int, attributes: frozenset[str], domain: Term | None = None) -> Matrix:
        def cell() -> Any:
            return self.real()

        a = [[cell() for _ in range(n)] for _ in range(m)]
        if "permutation" in attributes:
            order = list(range(n))
            self.rng.shuffle(order)
            return [[mp.mpf(order[i] == j) for j in range(n)] for i in range(m)]
        if "diagonal" in attributes:
            a = [[a[i][j] if i == j else mp.mpf(0) for j in range(n)] for i in range(m)]
        if "orthogonal" in attributes:
            q, _ = mp.qr(mp.matrix(a))
            return [[q[i, j] for j in range(n)] for i in range(m)]
        if attributes & {"positive definite", "positive semidefinite"}:
            if "diagonal" in attributes:
                return [[abs(a[i][j]) + mp.mpf("0.1") if i == j else a[i][j] for j in range(n)] for i in range(m)]
            g = mul(a, transposed(a))
            return [[g[i][j] + (mp.mpf("0.3") if i == j else 0) for j in range(n)] for i in range(m)]
        if "symmetric" in attributes:
            return [[a[i][j] + a[j][i] for j in range(n)] for i in range(m)]
        return a

    def function(self, s: Term, d: Declaration) -> Callable[..., Value]:
        c = [self.real() for _ in range(8)]
        positive = d.domain is not None and d.domain.op == "set" and d.domain.data in ("Rpos", "Rnn")

        def scalar(u: Any, k: int) -> Any:
            a = c[k % 8]
            if "convex" in d.attributes:
                value = (a * a + mp.mpf("0.1")) * u * u + c[1] * u + c[2]
            elif "concave" in d.attributes:
                value = -(a * a + mp.mpf("0.1")) * u * u + c[1] * u + c[2]
            elif "increasing" in d.attributes:
                value = u**3 / 5 + u + a
            elif "decreasing" in d.attributes:
                value = -(u**3) / 5 - u + a
            else:
                value = a * mp.sin(c[(k + 1) % 8] * u + c[3]) + c[4] * u * u / 3 + c[5] * u
            return mp.exp(value / 4) if positive else value

        def f(*args: Value) -> Value:
            flat: list[Any] = []
            for x in args:
                flat.extend([v for row in x for v in row] if isinstance(x, list) else [x])
            u = mp.fsum(v * (1 if len(flat) == 1 else c[(3 * i + 1) % 8] / 2 + i + 1) for i, v in enumerate(flat))
            if s.sort.result.kind == "mat":
                m, n = int(self.number(s.sort.result.rows)), int(self.number(s.sort.result.cols))
                return [[scalar(u * (1 + i + 2 * j) / 2, i + j) for j in range(n)] for i in range(m)]
            return scalar(u, 0)

        return f

    def density(self, d: Declaration) -> Law:
        domain = d.domain
        if domain.op != "prob" or domain.args[0].op != "set":
            raise Unknown("density")
        where = domain.args[0].data
        if where == "R":
            m, s, w = self.real(), abs(self.real()) + 1, mp.mpf(self.rng.randint(200, 800)) / 1000
            return Law(lambda x: w * normal(x, 0, 1) + (1 - w) * normal(x, m, s), ends=(-40, -6, -2, 0, 2, 6, 40))
        if where in ("N", "Npos"):
            rate = abs(self.real()) + mp.mpf("0.2")
            first = 0 if where == "N" else 1
            return Law(lambda k: mp.exp(-rate) * rate ** (k - first) / mp.factorial(k - first), points=list(range(first, first + 60)))
        raise Unknown("density")


class Family:
    """The members of a declared family, made when they are asked for."""

    def __init__(self, instance: Instance, d: Declaration) -> None:
        self.instance, self.declaration = instance, d
        self.ranges = [[int(instance.number(a)) for a in s.args] for s in d.index_ranges if s.op == "range"]
        self.members: dict[tuple[int, ...], Value] = {}

    def member(self, index: tuple[int, ...]) -> Value:
        if len(self.ranges) == len(index) and any(not lo <= i <= hi for i, (lo, hi) in zip(index, self.ranges)):
            raise Undefined("no such member")
        if index not in self.members:
            d, i = self.declaration, self.instance
            result = d.symbol.sort.result
            if result.kind == "num":
                self.members[index] = i.member(d.domain, d.symbol)
            elif result.kind == "mat":
                self.members[index] = i.matrix(int(i.number(result.rows)), int(i.number(result.cols)), d.attributes)
            else:
                raise Unknown("family")
        return self.members[index]

    def everything(self) -> list[tuple[int, ...]]:
        if len(self.ranges) != 1:
            raise Unknown("family")
        lo, hi = self.ranges[0]
        return [(i,) for i in range(lo, hi + 1)]


def satisfy(instance: Instance) -> None:
    """Meet the hypotheses, or reject the instance."""
    equations = [h.statement for h in instance.context.hypotheses if h.statement.op == "rel" and h.statement.data == "="]
    for p in equations:
        _define(instance, p)
    for h in instance.context.hypotheses:
        p = h.statement
        try:
            if not instance.truth(p, {}):
                raise Rejected("hypothesis")
        except Undefined as error:
            raise Rejected("hypothesis") from error


def _define(instance: Instance, p: Term) -> None:
    """An equation that gives a symbol, or says that a family adds up to something."""
    for left, right in ((p.args[0], p.args[1]), (p.args[1], p.args[0])):
        if left.op == "sym" and left.sort.kind == "num" and left not in right.free and left not in instance.values:
            value = instance.value(right, {})
            instance.values[left] = value
            return
        if left.op == "sum" and left.args[-1].op == "idx" and left.args[-1].args[0].op == "sym":
            family = instance.symbol(left.args[-1].args[0])
            total, wanted = instance.value(left, {}), instance.value(right, {})
            if total == 0 or wanted == 0:
                raise Rejected("sum")
            for index in family.everything():
                value = family.member(index)
                if isinstance(value, (list, int)):
                    raise Unknown("sum")
                family.members[index] = value * wanted / total
            return


def judged(context: Context, statement: Term, seed: int, deadline: float) -> bool | None:
    """Whether the statement holds at one random instance; None where a side has no value there."""
    instance = Instance(context, seed)
    instance.deadline = deadline
    satisfy(instance)
    p = statement
    try:
        if p.op == "rel" and p.data in ("∝", "≐"):
            return _up_to(instance, p)
        return instance.truth(p, {})
    except Undefined:
        return None


def _up_to(instance: Instance, p: Term) -> bool:
    """Two values of the variables: is the quotient (the difference) of the sides the same?"""
    names = [w for w in p.args[2:] if w.op == "sym"]
    if not names or any(w.sort.kind not in ("num", "mat") for w in names):
        raise Unknown("variables")
    sides = [(instance.value(p.args[0], {}), instance.value(p.args[1], {}))]
    for w in names:
        d = instance.context.declarations.get(w)
        instance.values[w] = instance.make(w, d)
    sides.append((instance.value(p.args[0], {}), instance.value(p.args[1], {})))
    (a, b), (c, d_) = sides
    if any(isinstance(x, list) for x in (a, b, c, d_)):
        raise Unknown("matrices")
    return related("=", a * d_, b * c) if p.data == "∝" else related("=", a - b, c - d_)


def _stable(context: Context, statement: Term, seed: int, deadline: float) -> bool:
    """Whether the sides have the same values with twice the digits: difference quotients of huge numbers have not."""
    values = []
    for digits in (30, 60):
        with mp.workdps(digits):
            instance = Instance(context, seed)
            instance.deadline = deadline
            try:
                satisfy(instance)
                values.append([instance.value(a, {}) for a in statement.args[:2]])
            except (Rejected, Undefined):
                return False
    return all(gap(x, y) < mp.mpf(10) ** -9 for x, y in zip(*values))


def falsified(context: Context, statement: Term, tries: int = 10, seconds: float = 10.0) -> str:
    """`false`, `holds` or `unknown`."""
    deadline = time.monotonic() + seconds
    if statement.op != "rel" or any(s.op in ("E", "Var", "Cov", "Pr", "marg", "argmax", "argmin", "opaque", "anyconst") for s in subterms(statement)):
        return "unknown"
    good = 0
    with mp.workdps(30):
        for seed in range(tries * 6):
            try:
                found = judged(context, statement, seed, deadline)
            except Rejected:
                continue
            except (Unknown, KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, ZeroDivisionError, mp.libmp.NoConvergence):
                return "unknown" if good == 0 else "holds"
            if found is False and _stable(context, statement, seed, deadline):
                return "false"
            good += found is True
            if good >= tries:
                break
    return "holds" if good >= 3 else "unknown"
