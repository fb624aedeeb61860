"""The generators of an arithmetic region: which powers of what its atoms are, before there are polynomials.

A *region* is a maximal arithmetic part of a term; what hangs below it are atoms, which are normalised first.  Each atom becomes a product of
powers of generators, and the common denominators of the exponents say how fine a generator must be:

    exp(c1 m1 + c2 m2 + …)  ->  prod exp(m_k / L_k)^(c_k L_k)            (c_k rational; always true)
    b^(p/q)                 ->  (b^(1/L))^(L p/q),  b itself (b^(1/L))^L  (principal values; always true)
    b^(c m + k)             ->  (b^(m/L))^(c L) b^k                       (b nonzero, or natural exponents throughout)

and in the zero test also sin, cos and their kin through exp(i·).
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import lcm
from typing import TYPE_CHECKING, Any

from derivcheck.kernel.literals import combine, integer_value, linear_terms, rational_value
from derivcheck.kernel.ordering import order_key
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk, num
from derivcheck.terms.vocabulary import SCALAR_ARITHMETIC

if TYPE_CHECKING:
    from derivcheck.kernel.rewrite import Rewriter

MAX_EXPONENT = 1_000_000
NONE, ONCE = Fraction(0), Fraction(1)  # made once: fractions are slow to make

Key = tuple[Any, ...]


class Generators:
    """The generators of the terms that are scanned.  `trig` turns trigonometric atoms into exponentials."""

    def __init__(self, rw: Rewriter, trig: bool = False) -> None:
        self.rw = rw
        self.trig = trig
        self.dens: dict[Key, int] = {}
        self.atoms: dict[Term, list[tuple[Key, Fraction]]] = {}
        self.powers: dict[tuple[Term, Term], list[Fraction]] = {}  # (base, m) -> constant offsets seen, for bases that may vanish
        self.flat: dict[Term, Term] = {}
        self.squares: dict[Term, Term | None] = {}

    def flatten(self, t: Term) -> Term:
        """Normalise the atoms of a region; the result is arithmetic over normal atoms."""
        got = self.flat.get(t)
        if got is not None:
            return got
        rw = self.rw
        rw.budget.spend(1)
        if t.op in ("add", "mul", "neg", "div"):
            args = tuple([self.flatten(a) for a in t.args])
            new = t if args == t.args else mk(t.op, args, t.data, t.sort)
        elif t.op == "pow":
            new = self._flatten_power(t)
        elif t.op in ("num", "sym"):
            new = t
        else:
            new = rw.nf(t)
            if new is not t and new.op in SCALAR_ARITHMETIC:
                new = self.flatten(new)
        self.flat[t] = new
        self.flat[new] = new
        return new

    def _flatten_power(self, t: Term) -> Term:
        base, exponent = t.args
        n = integer_value(exponent)
        if n is None:
            exponent = self.rw.nf(exponent)
            n = integer_value(exponent)
        if n is not None and abs(n) <= MAX_EXPONENT:
            flat = self.flatten(base)
            if flat.op == "norm" and abs(n) >= 2:
                square = self.norm_square(flat)
                if square is not None:
                    half = b.pow_(square, num(n // 2)) if n // 2 != 1 else square
                    return half if n % 2 == 0 else b.mul(half, flat)
            return b.pow_(flat, num(n))
        base = self.rw.nf(base)
        new = b.pow_(base, exponent)
        rewritten = self.rw.rewrite_root(new)
        if rewritten is not new:
            return self.flatten(rewritten) if rewritten.op in SCALAR_ARITHMETIC else rewritten
        return new

    def scan(self, t: Term) -> None:
        """Register the atoms of a flattened term."""
        stack = [t]
        seen: set[Term] = set()
        while stack:
            x = stack.pop()
            if x in seen:
                continue
            seen.add(x)
            if x.op in ("add", "mul", "neg", "div"):
                stack.extend(x.args)
            elif x.op == "pow" and integer_value(x.args[1]) is not None:
                stack.append(x.args[0])
            elif x.op != "num" and x not in self.atoms:
                self._register(x, stack)

    def _register(self, x: Term, stack: list[Term]) -> None:
        factors: list[tuple[Key, Fraction]] = []
        if x.op == "fn" and x.data == "exp":
            for c, m in exponent_terms(x.args[0]):
                factors.append((("exp", m), c))
        elif x.op == "pow":
            base, exponent = x.args
            q = rational_value(exponent)
            if q is not None:
                factors.append((("root", base), q))
                stack.append(base)
            else:
                self._register_power(base, exponent, factors, stack)
        elif self.trig and x.op == "fn" and x.data in ("sin", "cos"):
            for c, m in linear_terms(x.args[0]):
                factors.append((("exp", times_i(m)), c))
            factors.append((("atom", b.I_CONST), NONE))
        else:
            factors.append((("atom", x), ONCE))
            if x.op == "fn" and x.data == "abs" and self.rw.oracle.real(x.args[0]):
                stack.append(x.args[0])
            elif x.op == "norm":
                square = self.norm_square(x)
                if square is not None:
                    stack.append(square)
            if x.op == "oddroot":
                stack.append(x.args[0])
        self.atoms[x] = factors
        for key, c in factors:
            self.dens[key] = lcm(self.dens.get(key, 1), c.denominator)

    def _register_power(self, base: Term, exponent: Term, factors: list[tuple[Key, Fraction]], stack: list[Term]) -> None:
        parts = exponent_terms(exponent)
        constant = sum((c for c, m in parts if m is b.ONE), Fraction(0))
        moving = [(c, m) for c, m in parts if m is not b.ONE]
        oracle = self.rw.oracle
        if oracle.nonzero(base):
            for c, m in moving:
                factors.append((("power", base, m), c))
            if constant:
                factors.append((("root", base), constant))
                stack.append(base)
            return
        # the base may be 0: only b^(m + k) with the smallest k seen, times natural powers of b
        whole = combine(moving)
        self.powers.setdefault((base, whole), []).append(constant)
        factors.append((("shifted", base, whole, constant), ONCE))
        stack.append(base)

    def norm_square(self, x: Term) -> Term | None:
        """x² of a norm as a polynomial in entries, where it is one."""
        got = self.squares.get(x)
        if got is None and x not in self.squares:
            from derivcheck.kernel.matrix_signs import square_of_norm

            square = square_of_norm(x, self.rw.oracle)
            got = self.squares[x] = None if square is None else self.flatten(square)
        return got


def exponent_terms(u: Term) -> list[tuple[Fraction, Term]]:
    """The linear terms of an exponent, with the constant parts of exponents of numbers in front: 2^(n+1) is 2 · 2^n."""
    out: dict[Term, Fraction] = {}
    for c, m in linear_terms(u):
        if m.op == "pow" and m.args[0].op == "num" and m.args[1].op == "add" and m.args[0].data.denominator == 1 and m.args[0].data > 1:
            k = sum((q for q, v in linear_terms(m.args[1]) if v is b.ONE), Fraction(0))
            if k and k.denominator == 1 and abs(k) <= 64:
                c, m = c * m.args[0].data ** int(k), b.pow_(m.args[0], combine([(q, v) for q, v in linear_terms(m.args[1]) if v is not b.ONE]))
        out[m] = out.get(m, Fraction(0)) + c
    return [(c, m) for m, c in out.items() if c]


def key_order(key: Key) -> tuple[Any, ...]:
    """The place of a generator in the order of variables."""
    rank = {"exp": 3, "power": 2, "root": 1, "atom": 0, "shifted": 2}[key[0]]
    return (rank, *(order_key(part) if isinstance(part, Term) else str(part) for part in key[1:]))


def times_i(m: Term) -> Term:
    """i m, for a monomial m."""
    factors = [m] if m is not b.ONE else []
    if m.op == "mul":
        factors = list(m.args)
    if m.op == "div":
        return b.div(times_i(m.args[0]), m.args[1])
    return b.mul(*sorted([b.I_CONST, *factors], key=order_key))


@cache
def unity() -> Key:
    """e^{iπ/L}: where it is a generator, i is a power of it."""
    return ("exp", times_i(b.PI))


def has_i(key: Key) -> bool:
    """Whether a generator is an exponential with i in its exponent."""
    return key[0] == "exp" and any(x is b.I_CONST for x in _factors(key[1]))


def _factors(m: Term) -> tuple[Term, ...]:
    if m.op == "mul":
        return m.args
    if m.op == "div":
        return _factors(m.args[0])
    return (m,)
