"""Terms as straight-line programs over floating-point numbers: a quick look, never evidence.

`program(term)` compiles a scalar term of elementary operations (arithmetic, built-in functions, derivatives that the rules carry
out, finite sums and products, piecewise terms, given functions and families); `Program.at(values)` runs it.  A run that meets
anything doubtful (a zero denominator, a cut, an overflow) raises `Unfit`.  Whoever asks may take agreement of two such values as a reason
to spend no enclosure on a model; a difference must be looked into with `evaluate`.

Limits: no matrices, random symbols, limits, integrals or infinite sums: for these `program` is None.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from flint import acb, fmpq

from derivcheck.semantics.differentiate import derivative, lam_derivative
from derivcheck.semantics.values import Family, Function
from derivcheck.terms.build import REALS
from derivcheck.terms.term import Term, fresh, substitute

Number = float | complex
Slots = list[Any]
Step = Callable[[Slots], Number]

MAX_TERMS = 300
MAX_SIZE = 4000


class Unfit(Exception):
    """Floating point has no plain answer here."""


class _NoProgram(Exception):
    """The term has an operation that is not compiled."""


FAILURES = (Unfit, ArithmeticError, ValueError, KeyError, TypeError, RecursionError)


class Program:
    """The code of one term.  Slot 0 holds the environment, the last slot the result."""

    def __init__(self, t: Term) -> None:
        self.slots: Slots = [None]
        self.loads: list[tuple[int, Term]] = []
        self.code: list[tuple[int, Step]] = []
        self.places: dict[Term, int] = {}
        self.result = self._place(t)

    def at(self, values: Mapping[Term, Any]) -> Number:
        """The value where the symbols have these values; raises one of `FAILURES`."""
        v = self.slots.copy()
        v[0] = values
        for i, s in self.loads:
            v[i] = values[s]
        for i, step in self.code:
            v[i] = step(v)
        got: Number = v[self.result]
        return got

    def _place(self, t: Term) -> int:
        place = self.places.get(t)
        if place is not None:
            return place
        if t.op == "num":
            self.slots.append(t.data.numerator / t.data.denominator)
            place = len(self.slots) - 1
        elif t.op == "const":
            if t.data not in _CONSTANTS:
                raise _NoProgram
            self.slots.append(_CONSTANTS[str(t.data)])
            place = len(self.slots) - 1
        elif t.op in ("sym", "bvar"):
            if t.sort.kind != "num":
                raise _NoProgram
            self.slots.append(None)
            place = len(self.slots) - 1
            self.loads.append((place, t))
        else:
            compile_op = _COMPILERS.get(t.op)
            if compile_op is None or t.sort.kind != "num":
                raise _NoProgram
            step = compile_op(self, t)
            self.slots.append(None)
            place = len(self.slots) - 1
            self.code.append((place, step))
        self.places[t] = place
        return place


@lru_cache(maxsize=2048)
def program(t: Term) -> Program | None:
    """The program of a scalar term; None where an operation is not compiled."""
    if t.size > MAX_SIZE or t.sort.kind != "num":
        return None
    try:
        return Program(t)
    except (_NoProgram, OverflowError, RecursionError):
        return None


def _sub(t: Term) -> Program:
    """A part that is run on its own (under a binder, or in a branch)."""
    got = program(t)
    if got is None:
        raise _NoProgram
    return got


def float_of(v: Any) -> Any:
    """A model's value in floating point; functions and families as they are."""
    if isinstance(v, fmpq):
        return int(v.p) / int(v.q)
    if isinstance(v, acb):
        z = complex(v)
        return z.real if v.imag.is_zero() else z
    return v


_CONSTANTS: dict[str, Number] = {"pi": math.pi, "e": math.e, "i": 1j, "euler": 0.5772156649015329}


# --- arithmetic -----------------------------------------------------------------------------------------------------------


def _add(p: Program, t: Term) -> Step:
    places = [p._place(a) for a in t.args]
    if len(places) == 2:
        i, j = places
        return lambda v: v[i] + v[j]
    return lambda v: sum([v[k] for k in places])


def _mul(p: Program, t: Term) -> Step:
    places = [p._place(a) for a in t.args]
    if len(places) == 2:
        i, j = places
        return lambda v: v[i] * v[j]
    return lambda v: math.prod([v[k] for k in places])


def _neg(p: Program, t: Term) -> Step:
    i = p._place(t.args[0])
    # 0 - x: minus a complex number would put it on the other side of a cut
    return lambda v: 0.0 - v[i]


def _div(p: Program, t: Term) -> Step:
    i, j = (p._place(a) for a in t.args)
    return lambda v: v[i] / v[j]


def _power(x: Number, y: Number) -> Number:
    if x == 0:
        if y == 0 or isinstance(y, complex):
            raise Unfit
        return 0.0 if y > 0 else 1.0 / x
    if isinstance(x, complex) and x.imag == 0:
        x = x.real
    got: Number = x**y
    return got


def _pow(p: Program, t: Term) -> Step:
    base, exponent = t.args
    i = p._place(base)
    if exponent.op == "num":
        q = exponent.data
        if q.denominator == 1:
            n = int(q)
            if n == 2:
                return lambda v: v[i] * v[i]
            return lambda v: v[i] ** n
    j = p._place(exponent)
    return lambda v: _power(v[i], v[j])


def _oddroot(p: Program, t: Term) -> Step:
    i, n = p._place(t.args[0]), int(t.data)

    def step(v: Slots) -> Number:
        x = v[i]
        if isinstance(x, complex):
            raise Unfit
        return math.copysign(abs(x) ** (1 / n), x)

    return step


# --- functions ------------------------------------------------------------------------------------------------------------


def _log(x: Number) -> Number:
    if isinstance(x, complex):
        return cmath.log(x if x.imag else complex(x.real, 0.0))
    return math.log(x) if x > 0 else complex(math.log(-x), math.pi)


def _either(real: Callable[[float], float], cplx: Callable[[complex], complex] | None) -> Callable[[Number], Number]:
    def f(x: Number) -> Number:
        if isinstance(x, complex):
            if cplx is None:
                raise Unfit
            return cplx(x)
        return real(x)

    return f


def _real(f: Callable[[float], float]) -> Callable[[Number], Number]:
    return _either(f, None)


def _factorial(x: float) -> float:
    return float(math.factorial(int(x))) if x == int(x) and 0 <= x <= 170 else math.gamma(x + 1)


def _loggamma(x: float) -> float:
    if x <= 0:
        raise Unfit
    return math.lgamma(x)


def _sign(x: float) -> float:
    return float((x > 0) - (x < 0))


def _of_reciprocal(f: Callable[[Number], Number]) -> Callable[[Number], Number]:
    return lambda x: f(1 / x)


def _reciprocal(f: Callable[[Number], Number]) -> Callable[[Number], Number]:
    return lambda x: 1 / f(x)


_sin, _cos, _tan = _either(math.sin, cmath.sin), _either(math.cos, cmath.cos), _either(math.tan, cmath.tan)
_sinh, _cosh, _tanh = _either(math.sinh, cmath.sinh), _either(math.cosh, cmath.cosh), _either(math.tanh, cmath.tanh)
_arctan, _arcsin, _arccos = _real(math.atan), _real(math.asin), _real(math.acos)
_arcsinh, _arccosh, _arctanh = _real(math.asinh), _real(math.acosh), _real(math.atanh)

_FUNCTIONS: dict[str, Callable[[Number], Number]] = {
    "exp": _either(math.exp, cmath.exp), "log": _log, "sin": _sin, "cos": _cos, "tan": _tan, "sinh": _sinh, "cosh": _cosh, "tanh": _tanh,
    "cot": _reciprocal(_tan), "sec": _reciprocal(_cos), "csc": _reciprocal(_sin), "coth": _reciprocal(_tanh), "sech": _reciprocal(_cosh),
    "csch": _reciprocal(_sinh), "arcsin": _arcsin, "arccos": _arccos, "arctan": _arctan, "arcsinh": _arcsinh, "arccosh": _arccosh,
    "arctanh": _arctanh, "arccot": _of_reciprocal(_arctan), "arcsec": _of_reciprocal(_arccos), "arccsc": _of_reciprocal(_arcsin),
    "arccoth": _of_reciprocal(_arctanh), "arcsech": _of_reciprocal(_arccosh), "arccsch": _of_reciprocal(_arcsinh),
    "erf": _real(math.erf), "erfc": _real(math.erfc), "gamma": _real(math.gamma), "loggamma": _real(_loggamma),
    "factorial": _real(_factorial), "abs": lambda x: abs(x), "sign": _real(_sign), "floor": _real(lambda x: float(math.floor(x))),
    "ceil": _real(lambda x: float(math.ceil(x))), "re": lambda x: x.real, "im": lambda x: float(x.imag), "conj": lambda x: x.conjugate(),
    "arg": lambda x: cmath.phase(x),
}  # fmt: skip


def _binom(x: Number, y: Number) -> Number:
    n, k = _whole(x), _whole(y)
    if n < 0 or k < 0:
        raise Unfit
    return float(math.comb(n, k))


def _whole(x: Number) -> int:
    if isinstance(x, complex) or x != int(x) or abs(x) > 1e6:
        raise Unfit
    return int(x)


def _fn(p: Program, t: Term) -> Step:
    name = str(t.data)
    places = [p._place(a) for a in t.args]
    if name in ("max", "min"):
        best = max if name == "max" else min
        return lambda v: best([v[k] for k in places])
    if name == "binom":
        i, j = places
        return lambda v: _binom(v[i], v[j])
    f = _FUNCTIONS.get(name)
    if f is None or len(places) != 1:
        raise _NoProgram
    (i,) = places
    return lambda v: f(v[i])


# --- binders, branches, functions of a model ------------------------------------------------------------------------------


def _big(p: Program, t: Term) -> Step:
    i, j, body, k = p._place(t.args[0]), p._place(t.args[1]), _sub(t.args[2]), t.bound[0]

    def step(v: Slots) -> Number:
        first, last = _whole(v[i]), _whole(v[j])
        if last - first > MAX_TERMS:
            raise Unfit
        env = dict(v[0])
        terms: list[Number] = []
        for n in range(first, last + 1):
            env[k] = float(n)
            terms.append(body.at(env))
        return sum(terms) if t.op == "sum" else math.prod(terms)

    return step


def _deriv(p: Program, t: Term) -> Step:
    i = p._place(t.args[0])
    (x,), body = t.bound, t.args[-1]
    # opened by hand: the derivative must not mix its variable with those of binders outside
    mapping = {v: fresh("u", v.sort) for v in body.free if v.op == "bvar"}
    body = substitute(body, dict(mapping))
    symbol = mapping.get(x)
    outside = [(v, s) for v, s in mapping.items() if v is not x]
    inside = _sub(body)
    if symbol is None:
        return lambda v: 0.0
    for _ in range(int(t.data)):
        got = derivative(body, symbol)
        if not got.complete or got.conditions:
            raise _NoProgram
        body = got.term
    code = _sub(body)

    def step(v: Slots) -> Number:
        env = {**v[0], symbol: v[i]}
        for b, s in outside:
            env[s] = env[b]
        inside.at(env)
        return code.at(env)

    return step


Test = Callable[[Slots], bool]


def _test(t: Term) -> Callable[[Mapping[Term, Any]], bool]:
    """A condition of a piecewise term."""
    if t.op == "and":
        parts = [_test(a) for a in t.args]
        return lambda env: all(f(env) for f in parts)
    if t.op == "or":
        parts = [_test(a) for a in t.args]
        return lambda env: any(f(env) for f in parts)
    if t.op == "not":
        inner = _test(t.args[0])
        return lambda env: not inner(env)
    if t.op != "rel" or t.data not in _COMPARE or any(a.sort.kind != "num" for a in t.args):
        raise _NoProgram
    left, right, compare = _sub(t.args[0]), _sub(t.args[1]), _COMPARE[str(t.data)]
    return lambda env: compare(left.at(env), right.at(env))


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda x, y: bool(x == y), "≠": lambda x, y: bool(x != y), "<": lambda x, y: bool(x < y), "≤": lambda x, y: bool(x <= y),
    ">": lambda x, y: bool(x > y), "≥": lambda x, y: bool(x >= y),
}  # fmt: skip


def _cases(p: Program, t: Term) -> Step:
    pairs = [(_test(t.args[i]), _sub(t.args[i + 1])) for i in range(0, len(t.args) - 1, 2)]
    default = _sub(t.args[-1]) if len(t.args) % 2 else None

    def step(v: Slots) -> Number:
        env = v[0]
        for holds, value in pairs:
            if holds(env):
                return value.at(env)
        if default is None:
            raise Unfit
        return default.at(env)

    return step


def _ind(p: Program, t: Term) -> Step:
    holds = _test(t.args[0])
    return lambda v: 1.0 if holds(v[0]) else 0.0


def _idx(p: Program, t: Term) -> Step:
    family, places = t.args[0], [p._place(a) for a in t.args[1:]]
    if family.op != "sym":
        raise _NoProgram

    def step(v: Slots) -> Number:
        table = v[0][family]
        if not isinstance(table, Family):
            raise Unfit
        got: Number = float_of(table.members[tuple(_whole(v[k]) for k in places)])
        return got

    return step


@lru_cache(maxsize=512)
def _function(lam: Term, orders: tuple[int, ...] | None) -> tuple[Program, tuple[Term, ...]] | None:
    """The program of a function's body, or of a partial derivative of it, and its variables."""
    if lam.free or any(domain is not REALS for domain in lam.args[:-1]):
        return None
    if orders is not None:
        got = lam_derivative(lam, orders)
        if got is None or got[1]:
            return None
        lam = got[0]
    code = program(lam.args[-1])
    return None if code is None else (code, lam.bound)


def _apply(p: Program, t: Term) -> Step:
    f, places = t.args[0], [p._place(a) for a in t.args[1:]]
    orders: tuple[int, ...] | None = None
    if f.op == "dfun":
        f, orders = f.args[0], f.data
    if f.op != "sym":
        raise _NoProgram

    def step(v: Slots) -> Number:
        given = v[0][f]
        if not isinstance(given, Function) or given.env is not None or len(given.term.bound) != len(places):
            raise Unfit
        found = _function(given.term, orders)
        if found is None:
            raise Unfit
        code, variables = found
        return code.at(dict(zip(variables, [v[k] for k in places])))

    return step


_COMPILERS: dict[str, Callable[[Program, Term], Step]] = {
    "add": _add, "mul": _mul, "neg": _neg, "div": _div, "pow": _pow, "oddroot": _oddroot, "fn": _fn, "sum": _big, "prod": _big,
    "deriv": _deriv, "cases": _cases, "ind": _ind, "idx": _idx, "apply": _apply,
}  # fmt: skip
