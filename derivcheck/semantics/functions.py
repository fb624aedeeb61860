"""The built-in functions `fn(args; name)` on scalar values: principal values of DLMF chapter 4, poles undefined.

`FUNCTIONS[name](args, analytic)` gives the value.  With `analytic` set the function must be holomorphic on the argument's ball:
at a cut, and for functions that are nowhere holomorphic, the answer is `UNKNOWN` then (needed by `acb.integral`).

Limits: inverse trigonometric and hyperbolic functions on their cuts are two-valued in DLMF and `UNKNOWN` here; `n!!` for natural
n and -1 only; the values at infinity are limits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from flint import acb, arb, fmpq, fmpz

from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics.arithmetic import ONE, ZERO
from derivcheck.semantics.values import (
    INFINITY,
    MINUS_INFINITY,
    UNDEFINED,
    UNKNOWN,
    Infinite,
    Value,
    ball,
    integer,
    is_nonreal,
    is_number,
    is_real,
    is_zero,
    tidy,
)

Scalar1 = Callable[[Value, bool], Value]


def off_cut(z: acb) -> bool:
    """The ball does not meet the cut (-∞, 0]."""
    return bool(z.real > 0) or not z.imag.contains(0)


def half_pi() -> Value:
    return acb(arb.pi() / 2)


def _holomorphic(method: str, pole: Callable[[Value], bool] | None = None, ends: tuple[Value, Value] | None = None) -> Scalar1:
    """A function that is holomorphic where flint gives a finite value.  `ends` are the limits at -∞ and +∞."""

    def value(v: Value, analytic: bool) -> Value:
        if isinstance(v, Infinite):
            if ends is None:
                return UNKNOWN
            got = ends[0 if v.sign < 0 else 1]
            return got() if callable(got) else got
        if pole is not None and pole(v):
            return UNDEFINED
        return tidy(getattr(ball(v), method)())

    return value


def _reciprocal(of: Scalar1) -> Scalar1:
    def value(v: Value, analytic: bool) -> Value:
        return ar.div(ONE, of(v, analytic))

    return value


def _exp(v: Value, analytic: bool) -> Value:
    if isinstance(v, Infinite):
        return INFINITY if v.sign > 0 else ZERO
    z = ball(v)
    if z.real.abs_upper() > 1 << 30:
        return UNKNOWN
    return tidy(z.exp())


def _log(v: Value, analytic: bool) -> Value:
    if isinstance(v, Infinite):
        return INFINITY if v.sign > 0 else UNKNOWN
    if is_zero(v):
        return UNDEFINED
    z = ball(v)
    if analytic and not off_cut(z):
        return UNKNOWN
    if z.contains(0):
        return UNKNOWN
    if z.imag.is_zero():
        if z.real > 0:
            return tidy(acb(z.real.log()))
        if z.real < 0:
            return tidy(acb((-z.real).log(), arb.pi()))
    return tidy(z.log())


def _inverse(method: str, inside: Callable[[acb], bool], poles: tuple[int, ...] = (), ends: tuple[Any, Any] | None = None) -> Scalar1:
    """An inverse function; `inside` says that a ball stays clear of the cuts (ends of the cut allowed if exact)."""

    def value(v: Value, analytic: bool) -> Value:
        if isinstance(v, Infinite):
            if ends is None:
                return UNKNOWN
            got = ends[0 if v.sign < 0 else 1]
            return got() if callable(got) else got
        if isinstance(v, fmpq) and any(v == p for p in poles):
            return UNDEFINED
        if isinstance(v, fmpq) and abs(v) == 1 and not poles and not analytic and method in ("asin", "acos", "acosh"):
            if method == "asin":
                return tidy(acb(arb.pi() / 2)) if v > 0 else tidy(acb(-arb.pi() / 2))
            if method == "acos":
                return ZERO if v > 0 else tidy(acb(arb.pi()))
            if v > 0:
                return ZERO
        z = ball(v)
        if not inside(z):
            return UNKNOWN
        if z.imag.is_zero():
            # the real function keeps the result real
            real = getattr(z.real, method)()
            if real.is_finite():
                return tidy(acb(real))
        return tidy(getattr(z, method)())

    return value


def _between(z: acb) -> bool:
    return not z.imag.contains(0) or (bool(z.real > -1) and bool(z.real < 1))


_arcsin = _inverse("asin", _between)
_arccos = _inverse("acos", _between)
_arctanh = _inverse("atanh", _between, poles=(1, -1))
_arccosh = _inverse("acosh", lambda z: not z.imag.contains(0) or bool(z.real > 1), ends=(None, INFINITY))
_arctan = _inverse(
    "atan",
    lambda z: not z.real.contains(0) or (bool(z.imag > -1) and bool(z.imag < 1)),
    ends=(lambda: tidy(acb(-arb.pi() / 2)), lambda: tidy(acb(arb.pi() / 2))),
)
_arcsinh = _inverse(
    "asinh",
    lambda z: not z.real.contains(0) or (bool(z.imag > -1) and bool(z.imag < 1)),
    ends=(MINUS_INFINITY, INFINITY),
)


def _of_reciprocal(inner: Scalar1) -> Scalar1:
    """`f(1/z)`; at zero, where some authors go on by the limit, the value is left open."""

    def value(v: Value, analytic: bool) -> Value:
        if is_zero(v):
            return UNKNOWN
        w = ar.div(ONE, v)
        return inner(w, analytic) if is_number(w) else w

    return value


def _pole_at_nonpositive(v: Value) -> bool:
    n = integer(v)
    return n is not None and n <= 0


def _gamma(v: Value, analytic: bool) -> Value:
    if _pole_at_nonpositive(v):
        return UNDEFINED
    if isinstance(v, Infinite):
        return INFINITY if v.sign > 0 else UNKNOWN
    n = integer(v)
    if n is not None and n <= 1500:
        return fmpq(fmpz.fac_ui(n - 1))
    if ball(v).real.abs_upper() > 1 << 40:
        return UNKNOWN
    return tidy(ball(v).gamma())


def _loggamma(v: Value, analytic: bool) -> Value:
    if _pole_at_nonpositive(v):
        return UNDEFINED
    if isinstance(v, Infinite):
        return INFINITY if v.sign > 0 else UNKNOWN
    z = ball(v)
    # left of zero log Γ and the logarithm of Γ part ways
    if not z.real > 0:
        return UNKNOWN
    return tidy(z.lgamma())


def _abs(v: Value, analytic: bool) -> Value:
    if isinstance(v, Infinite):
        return INFINITY
    if analytic:
        return UNKNOWN
    if isinstance(v, fmpq):
        return abs(v)
    if v.imag.is_zero():
        return tidy(acb(abs(v.real)))
    return tidy(acb((v.real * v.real + v.imag * v.imag).sqrt()) if not v.contains(0) else acb(arb(0).union(v.abs_upper())))


def _sign(v: Value, analytic: bool) -> Value:
    if is_real(v):
        s = ar.sign_of(v)
        if s is None:
            return UNKNOWN if analytic else acb(arb(0, 1))
        return UNKNOWN if analytic and s == 0 else fmpq(s)
    return UNDEFINED if is_nonreal(v) and not analytic else UNKNOWN


def _rounding(up: bool) -> Scalar1:
    def value(v: Value, analytic: bool) -> Value:
        if isinstance(v, Infinite):
            return v
        if isinstance(v, fmpq):
            if analytic and v.q == 1:
                return UNKNOWN  # a jump
            return fmpq(v.ceil() if up else v.floor())
        if is_nonreal(v):
            return UNDEFINED
        if not is_real(v):
            return UNKNOWN
        r = v.real.ceil() if up else v.real.floor()
        jump = analytic and (not r.is_exact() or v.real.contains_integer())
        return UNKNOWN if jump else tidy(acb(r))

    return value


def _re(v: Value, analytic: bool) -> Value:
    if is_real(v):
        return v
    return UNKNOWN if analytic else tidy(acb(v.real))


def _im(v: Value, analytic: bool) -> Value:
    if is_real(v):
        return ZERO
    return UNKNOWN if analytic else tidy(acb(v.imag))


def _conj(v: Value, analytic: bool) -> Value:
    if is_real(v):
        return v
    return UNKNOWN if analytic else tidy(v.conjugate())


def _arg(v: Value, analytic: bool) -> Value:
    if is_zero(v) or analytic:
        return UNKNOWN
    if is_real(v):
        s = ar.sign_of(v)
        return ZERO if s == 1 else (acb(arb.pi()) if s == -1 else UNKNOWN)
    z = ball(v)
    return tidy(acb(z.arg())) if not z.contains(0) else UNKNOWN


def _factorial(v: Value, analytic: bool) -> Value:
    if isinstance(v, Infinite):
        return INFINITY if v.sign > 0 else UNKNOWN
    return _gamma(ar.add([v, ONE]), analytic)


def _factorial2(v: Value, analytic: bool) -> Value:
    n = integer(v)
    if n is None or n < -1 or n > 3000:
        return UNKNOWN
    return fmpq(math.prod(range(n, 0, -2)))


def _zeta(v: Value, analytic: bool) -> Value:
    if isinstance(v, Infinite):
        return ONE if v.sign > 0 else UNKNOWN
    if v == 1 and isinstance(v, fmpq):
        return UNDEFINED
    return tidy(ball(v).zeta())


def _polygamma(args: list[Value], analytic: bool) -> Value:
    n, v = integer(args[0]), args[1]
    if n is None or n < 0 or not is_number(v):
        return UNKNOWN
    if _pole_at_nonpositive(v):
        return UNDEFINED
    # ψ^(n)(z) = (-1)^(n+1) n! ζ(n+1, z)
    z = ball(v)
    if n == 0:
        return tidy(z.digamma())
    if n > 400:
        return UNKNOWN
    got = acb(n + 1).zeta(z) * acb(fmpz.fac_ui(n))
    return tidy(got if n % 2 else -got)


def _beta(args: list[Value], analytic: bool) -> Value:
    a, b = args
    top = ar.mul([_gamma(a, analytic), _gamma(b, analytic)])
    if not is_number(top):
        return top
    return ar.mul([top, tidy(ball(ar.add([a, b])).rgamma())])


def binomial(args: list[Value], analytic: bool) -> Value:
    """`\\binom nk`: falling factorial for natural k, 0 for natural n and integer k outside the range, by Γ otherwise."""
    n, k = args
    if not (is_number(n) and is_number(k)):
        return UNKNOWN
    ni, ki = integer(n), integer(k)
    if ki is not None:
        if ni is not None and ni >= 0:
            if ki < 0 or ki > ni:
                return ZERO
            if ni <= 4000:
                return fmpq(math.comb(ni, ki))
            ki = min(ki, ni - ki)
        if ki < 0:
            return UNKNOWN
        if ki > 2000:
            return UNKNOWN
        got: Value = ONE
        for j in range(ki):
            got = ar.div(ar.mul([got, ar.sub(n, fmpq(j))]), fmpq(j + 1))
        return got
    if ni is not None and ni < 0:
        return UNKNOWN
    top = _factorial(n, analytic)
    if not is_number(top):
        return top
    down = ball(ar.add([k, ONE])).rgamma() * ball(ar.add([ar.sub(n, k), ONE])).rgamma()
    return ar.mul([top, tidy(down)])


def _mod(args: list[Value], analytic: bool) -> Value:
    a, m = args
    q = _rounding(False)(ar.div(a, m), analytic) if is_number(ar.div(a, m)) else ar.div(a, m)
    return ar.sub(a, ar.mul([m, q]))


def _integers(combine: Callable[..., int]) -> Callable[[list[Value], bool], Value]:
    def value(args: list[Value], analytic: bool) -> Value:
        ns = [integer(a) for a in args]
        if any(n is None for n in ns):
            return UNKNOWN
        return fmpq(combine(*ns))

    return value


_sin, _cos = _holomorphic("sin"), _holomorphic("cos")
_sinh = _holomorphic("sinh", ends=(MINUS_INFINITY, INFINITY))
_cosh = _holomorphic("cosh", ends=(INFINITY, INFINITY))
_tanh = _holomorphic("tanh", ends=(-ONE, ONE))
_tan = _holomorphic("tan")


def _quotient(top: Scalar1, bottom: Scalar1) -> Scalar1:
    def value(v: Value, analytic: bool) -> Value:
        return ar.div(top(v, analytic), bottom(v, analytic))

    return value


SCALAR: dict[str, Scalar1] = {
    "exp": _exp,
    "log": _log,
    "sin": _sin,
    "cos": _cos,
    "tan": _tan,
    "cot": _quotient(_cos, _sin),
    "sec": _reciprocal(_cos),
    "csc": _reciprocal(_sin),
    "arcsin": _arcsin,
    "arccos": _arccos,
    "arctan": _arctan,
    "arccot": _of_reciprocal(_arctan),
    "arcsec": _of_reciprocal(_arccos),
    "arccsc": _of_reciprocal(_arcsin),
    "sinh": _sinh,
    "cosh": _cosh,
    "tanh": _tanh,
    "coth": _reciprocal(_tanh),
    "sech": _reciprocal(_cosh),
    "csch": _reciprocal(_sinh),
    "arcsinh": _arcsinh,
    "arccosh": _arccosh,
    "arctanh": _arctanh,
    "arccoth": _of_reciprocal(_arctanh),
    "arcsech": _of_reciprocal(_arccosh),
    "arccsch": _of_reciprocal(_arcsinh),
    "erf": _holomorphic("erf", ends=(-ONE, ONE)),
    "erfc": _holomorphic("erfc", ends=(fmpq(2), ZERO)),
    "gamma": _gamma,
    "loggamma": _loggamma,
    "digamma": _holomorphic("digamma", pole=_pole_at_nonpositive),
    "zeta": _zeta,
    "factorial": _factorial,
    "factorial2": _factorial2,
    "abs": _abs,
    "sign": _sign,
    "floor": _rounding(False),
    "ceil": _rounding(True),
    "re": _re,
    "im": _im,
    "arg": _arg,
    "conj": _conj,
}

SEVERAL: dict[str, Callable[[list[Value], bool], Value]] = {
    "polygamma": _polygamma,
    "beta": _beta,
    "binom": binomial,
    "mod": _mod,
    "gcd": _integers(math.gcd),
    "lcm": _integers(math.lcm),
}

# functions with a cut or a jump, where an argument's ball must be checked before a derivative or a contour may be used
NOWHERE_HOLOMORPHIC = frozenset("abs sign floor ceil re im arg conj max min mod gcd lcm factorial2".split())


def call(name: str, args: list[Value], analytic: bool = False) -> Value:
    """The value of `name(args)`."""
    m = ar.markers(*args)
    if m is not None:
        return m
    one = SCALAR.get(name)
    if one is not None:
        if len(args) != 1:
            return UNKNOWN
        got = one(args[0], analytic)
        return UNKNOWN if got is None else got
    if name in ("max", "min"):
        if analytic:
            return UNKNOWN
        return ar.minmax(args, name == "max")
    many = SEVERAL.get(name)
    if many is None:
        return UNKNOWN
    if any(isinstance(a, Infinite) for a in args):
        return UNKNOWN
    return many(args, analytic)
