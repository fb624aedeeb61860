"""Values: what a term denotes in a concrete model.

A value is an exact rational (`fmpq`), a complex ball that provably contains the number (`acb`), plus or minus infinity
(`Infinite`), a truth value (`bool`), a matrix (`Matrix`), a tuple, a function (`Function`), a family (`Family`), a set
(`SetValue` in `sets.py`), a law (`derivcheck.semantics.laws`), or one of two markers:

* `UNDEFINED`: the term is proved to have no value in the model;
* `UNKNOWN`: nothing could be established (a ball that meets a pole or a cut, too much work, no method).

Limits: a ball whose imaginary part is exactly zero is known to be real; exact complex numbers are balls of radius zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import acb, acb_mat, arb, ctx, fmpq, fmpq_mat, fmpz

# exact rationals longer than this are turned into balls
MAX_BITS = 1 << 15
_WIDE, _VAGUE = 1e-9, 8
"""Enclosures with a greater radius and fewer sound bits are shown as intervals."""


class Marker:
    """`UNDEFINED` or `UNKNOWN`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> str:
        return self.name

    def __bool__(self) -> bool:
        raise TypeError(f"{self.name} is no truth value")


UNDEFINED = Marker("UNDEFINED")
UNKNOWN = Marker("UNKNOWN")


@dataclass(frozen=True)
class Infinite:
    """`+∞` or `-∞` as a value of a limit, an integral, a sum or a supremum."""

    sign: int

    def __repr__(self) -> str:
        return "+inf" if self.sign > 0 else "-inf"


INFINITY, MINUS_INFINITY = Infinite(1), Infinite(-1)


class Matrix:
    """A matrix of exact rationals (`fmpq_mat`) or of balls (`acb_mat`)."""

    __slots__ = ("cols", "data", "rows")

    def __init__(self, data: Any) -> None:
        self.data = data
        self.rows: int = data.nrows()
        self.cols: int = data.ncols()

    @property
    def exact(self) -> bool:
        """Whether the entries are exact rationals."""
        return isinstance(self.data, fmpq_mat)

    def at(self, i: int, j: int) -> Any:
        """The entry with indices from 0."""
        got = self.data[i, j]
        return got if isinstance(got, fmpq) else tidy(got)

    def balls(self) -> acb_mat:
        """The entries as balls."""
        if not self.exact:
            return self.data
        return acb_mat([[ball(self.data[i, j]) for j in range(self.cols)] for i in range(self.rows)]) if self.rows and self.cols else acb_mat(self.rows, self.cols)

    def entries(self) -> list[Any]:
        """The entries row by row."""
        return [self.at(i, j) for i in range(self.rows) for j in range(self.cols)]

    def __repr__(self) -> str:
        return show(self)


@dataclass(frozen=True, eq=False)
class Function:
    """A function given by a `lam` term (whose free bound variables have values in `env`)."""

    term: Any
    env: Any = None


@dataclass(frozen=True, eq=False)
class Table:
    """A function on integers known at some points; elsewhere `UNKNOWN`."""

    values: dict[tuple[int, ...], Any]


@dataclass(frozen=True, eq=False)
class Family:
    """An indexed family: members by index tuple.  An index outside the table has no member, unless the family goes on for ever
    (`open_ended`) and the table is the part that was drawn."""

    members: dict[tuple[int, ...], Any]
    open_ended: bool = False


@dataclass(frozen=True, eq=False)
class Closure:
    """A function known only as a computation on values."""

    call: Callable[..., Any]


Value = Any
Scalar = Any


def ball(v: Scalar) -> acb:
    """A finite scalar as a ball at the current precision."""
    return v if isinstance(v, acb) else acb(arb(v))


def tidy(z: acb) -> Scalar:
    """The ball as an exact rational where it is one; `UNKNOWN` where it is not finite."""
    if not z.is_finite():
        return UNKNOWN
    if z.is_exact() and z.imag.is_zero():
        man, exp = z.real.man_exp()
        if -4 * MAX_BITS < exp < MAX_BITS and fmpz(man).height_bits() < MAX_BITS:
            e = int(exp)
            return fmpq(man * (fmpz(1) << e)) if e >= 0 else fmpq(man, fmpz(1) << -e)
    return z


def rational(v: int | Fraction | fmpq | str) -> fmpq:
    """An exact rational from Python's numbers."""
    if isinstance(v, fmpq):
        return v
    f = v if isinstance(v, (int, Fraction)) else Fraction(v)
    return fmpq(f.numerator, f.denominator)


def distinct(values: Iterable[fmpq]) -> list[fmpq]:
    """The rationals in order, each once (FLINT's own hash of a rational takes ten times as long)."""
    return list({(v.p, v.q): v for v in values}.values())


def is_number(v: Value) -> bool:
    """A finite scalar."""
    return isinstance(v, (fmpq, acb))


def is_scalar(v: Value) -> bool:
    """A scalar, finite or not."""
    return isinstance(v, (fmpq, acb, Infinite))


def is_real(v: Value) -> bool:
    """Known to be a real number or plus or minus infinity."""
    return isinstance(v, (fmpq, Infinite)) or (isinstance(v, acb) and bool(v.imag.is_zero()))


def is_nonreal(v: Value) -> bool:
    """Known not to be real."""
    return isinstance(v, acb) and not v.imag.contains(0)


def integer(v: Value) -> int | None:
    """The integer that the value is known to be."""
    if isinstance(v, fmpq) and v.q == 1:
        return int(v.p)
    return None


def is_zero(v: Value) -> bool:
    """Known to be exactly zero."""
    return isinstance(v, fmpq) and v.p == 0


def matrix(rows: Iterable[Iterable[Scalar]], shape: tuple[int, int] | None = None) -> Value:
    """A matrix value from scalars; a marker among the entries is the result."""
    table = [list(r) for r in rows]
    if shape is not None and 0 in shape:
        return Matrix(fmpq_mat(*shape))
    flat = [x for r in table for x in r]
    if any(x is UNDEFINED for x in flat):
        return UNDEFINED
    if not all(is_number(x) for x in flat):
        return UNKNOWN
    if all(isinstance(x, fmpq) for x in flat):
        return Matrix(fmpq_mat(len(table), len(table[0]), flat))
    return Matrix(acb_mat([[ball(x) for x in r] for r in table]))


def mat_from(data: Any) -> Value:
    """A matrix value of flint's result; `UNKNOWN` where an entry is not finite, exact where all entries are."""
    if isinstance(data, fmpq_mat):
        return Matrix(data)
    entries = [tidy(z) for z in data.entries()]
    if any(e is UNKNOWN for e in entries):
        return UNKNOWN
    if all(isinstance(e, fmpq) for e in entries):
        return Matrix(fmpq_mat(data.nrows(), data.ncols(), entries))
    return Matrix(data)


def equal(a: Value, b: Value) -> bool | Marker:
    """Whether two values are the same: `True` and `False` only where proved."""
    if a is UNDEFINED or b is UNDEFINED:
        return UNDEFINED
    if a is UNKNOWN or b is UNKNOWN:
        return UNKNOWN
    if isinstance(a, Infinite) or isinstance(b, Infinite):
        if isinstance(a, Infinite) and isinstance(b, Infinite):
            return a.sign == b.sign
        return False if is_number(a) or is_number(b) else UNKNOWN
    if isinstance(a, fmpq) and isinstance(b, fmpq):
        return bool(a == b)
    if isinstance(a, bool) and isinstance(b, bool):
        return a == b
    if is_number(a) and is_number(b):
        x, y = ball(a), ball(b)
        if not x.overlaps(y):
            return False
        if isinstance(a, acb) and isinstance(b, acb) and x.is_exact() and y.is_exact():
            return bool(x == y)
        return UNKNOWN
    if isinstance(a, Matrix) and isinstance(b, Matrix):
        if (a.rows, a.cols) != (b.rows, b.cols):
            return UNKNOWN
        if a.exact and b.exact:
            return bool(a.data == b.data)
        verdict: bool | Marker = True
        for x, y in zip(a.entries(), b.entries()):
            same = equal(x, y)
            if same is False:
                return False
            if same is not True:
                verdict = UNKNOWN
        return verdict
    if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
        verdict = True
        for x, y in zip(a, b):
            same = equal(x, y)
            if same is False:
                return False
            if same is not True:
                verdict = UNKNOWN
        return verdict
    return UNKNOWN


def compare(a: Value, b: Value) -> int | Marker:
    """The sign of a - b for real or infinite values; `UNDEFINED` where a value is proved not real."""
    if a is UNDEFINED or b is UNDEFINED:
        return UNDEFINED
    if a is UNKNOWN or b is UNKNOWN or not (is_scalar(a) and is_scalar(b)):
        return UNKNOWN
    if is_nonreal(a) or is_nonreal(b):
        return UNDEFINED
    if not (is_real(a) and is_real(b)):
        return UNKNOWN
    if isinstance(a, Infinite) or isinstance(b, Infinite):
        left = a.sign if isinstance(a, Infinite) else 0
        right = b.sign if isinstance(b, Infinite) else 0
        return (left > right) - (left < right)
    if isinstance(a, fmpq) and isinstance(b, fmpq):
        return (a > b) - (a < b)
    d = ball(a).real - ball(b).real
    if d > 0:
        return 1
    if d < 0:
        return -1
    if d.is_zero():
        return 0
    return UNKNOWN


def union(values: Iterable[Value]) -> Value:
    """A value that encloses all of these numbers (for choices that can't be decided)."""
    got: acb | None = None
    real = True
    for v in values:
        if not is_number(v):
            return UNKNOWN
        real = real and is_real(v)
        got = ball(v) if got is None else got.union(ball(v))
    if got is None:
        return UNKNOWN
    return acb(got.real) if real else got


def show(v: Value, digits: int = 8) -> str:
    """The value as a report prints it."""
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, fmpq):
        if v.q == 1 and abs(v.p) < 10**30:
            return str(v.p)
        text = str(v)
        return text if len(text) <= 40 else show_ball(ball(v), digits)
    if isinstance(v, acb):
        return show_ball(v, digits)
    if isinstance(v, Infinite):
        return "∞" if v.sign > 0 else "-∞"
    if isinstance(v, Matrix):
        if v.cols == 1:
            return "(" + ", ".join(show(e, digits) for e in v.entries()) + ")"
        return "[" + "; ".join(", ".join(show(v.at(i, j), digits) for j in range(v.cols)) for i in range(v.rows)) + "]"
    if isinstance(v, Family):
        if all(len(k) == 1 for k in v.members):
            return "(" + ", ".join(show(v.members[k], digits) for k in sorted(v.members)) + ")"
        return "{" + ", ".join(f"{','.join(map(str, k))}: {show(v.members[k], digits)}" for k in sorted(v.members)) + "}"
    if isinstance(v, Table):
        return "{" + ", ".join(f"{','.join(map(str, k))} ↦ {show(v.values[k], digits)}" for k in sorted(v.values)) + "}"
    if isinstance(v, tuple):
        return "(" + ", ".join(show(e, digits) for e in v) + ")"
    if v is UNDEFINED:
        return "undefined"
    if v is UNKNOWN:
        return "unknown"
    if isinstance(v, Function):
        return show_function(v)
    return str(v)


def show_function(f: Function) -> str:
    """A function as `x ↦ body`."""
    from derivcheck.terms.printer import to_latex
    from derivcheck.terms.term import substitute, sym

    names = ["x", "y", "z", "u", "v", "w"]
    symbols = [sym(names[i % 6], v.sort) for i, v in enumerate(f.term.bound)]
    body = substitute(f.term.args[-1], dict(zip(f.term.bound, symbols)))
    left = names[0] if len(symbols) == 1 else "(" + ", ".join(names[: len(symbols)]) + ")"
    return f"{left} \\mapsto {to_latex(body)}"


def show_real(x: arb, digits: int) -> str:
    """A real ball to as many digits as it holds; one that holds next to none as the interval that it is (`0` would say too much)."""
    if x.is_finite() and x.rad() > _WIDE and x.rel_accuracy_bits() < _VAGUE and abs(x) < 1e300:
        return f"[{_outwards(x.lower(), -1)}, {_outwards(x.upper(), 1)}]"
    if x.is_exact() and x.man_exp()[1] >= 0 and abs(x) < 10**15:
        return str(int(x.unique_fmpz()))
    text: str = x.str(digits, radius=False)
    if text.startswith("0e"):
        return "0"  # an enclosure of 0 that is wider than its digits
    if text.endswith("e+0"):
        return text[:-3]
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def _outwards(x: arb, sign: int) -> str:
    """An end of an interval to three digits, rounded away from its inside."""
    value = float(x.mid())
    step = 10.0 ** (math.floor(math.log10(abs(value))) - 2) if value else 0.0
    return f"{(math.floor if sign < 0 else math.ceil)(value / step) * step:.3g}" if value else "0"


def show_ball(z: acb, digits: int) -> str:
    """A complex ball as `a + bi`."""
    # sides that differ late need more digits to be told apart; the caller raises `digits`
    digits = max(3, digits)
    re, im = z.real, z.imag
    if im.is_zero():
        text = show_real(re, digits)
        return f"a number in {text}" if text.startswith("[") else text
    size = float(abs(z.mid()).mid()) if z.is_finite() else 0.0
    if re.contains(0) and float(re.rad()) < 1e-12 * max(1.0, size):
        return show_real(im, digits) + "i"
    if im.contains(0) and float(im.rad()) < 1e-12 * max(1.0, size):
        return show_real(re, digits)
    imag = show_real(im, digits)
    return show_real(re, digits) + (" - " + imag[1:] if imag.startswith("-") else " + " + imag) + "i"


class precision:
    """Context manager: flint's working precision in bits."""

    def __init__(self, bits: int) -> None:
        self.bits = bits

    def __enter__(self) -> None:
        self.saved = ctx.prec
        ctx.prec = self.bits

    def __exit__(self, *_: object) -> None:
        ctx.prec = self.saved
