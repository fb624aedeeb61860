"""Exact rational functions over atoms: the normal form of `+ - * / ^` and the zero test, by FLINT multivariate polynomials.

A *region* is a maximal arithmetic part of a term; what hangs below it are atoms, which are normalised first.  Each atom becomes a
monomial in generators:

    exp(c1 m1 + c2 m2 + …)  ->  prod exp(m_k / L_k)^(c_k L_k)            (c_k rational; always true)
    b^(p/q)                 ->  (b^(1/L))^(L p/q),  b itself (b^(1/L))^L  (principal values; always true)
    b^(c m + k)             ->  (b^(m/L))^(c L) b^k                       (b nonzero, or natural exponents throughout)
    i^2 = -1,  |f|^2 = f^2 (f real),  g^L = b for compound b,  exp(i pi / L) a root of the cyclotomic polynomial

and in the zero test also sin, cos and their kin through exp(i·).  If the numerator of A - B then is the zero polynomial, A = B wherever
both have a value: this needs no independence of the generators.  The converse is not claimed.

Denominators of the result divide denominators that stood in the region, so the result has a value wherever the region had.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from math import lcm
from typing import TYPE_CHECKING, Any

import flint

from derivcheck.kernel.budget import OutOfBudget
from derivcheck.kernel.ordering import order_key
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk, num

if TYPE_CHECKING:
    from derivcheck.kernel.rewrite import Rewriter

ARITHMETIC = frozenset({"add", "neg", "mul", "div", "pow"})
MAX_TERMS = 60_000
MAX_EXPONENT = 1_000_000
MAX_BITS = 4_000_000

Poly = Any  # flint.fmpq_mpoly
Key = tuple[Any, ...]


def integer_value(t: Term) -> int | None:
    """The integer that a term literally is (`3`, `-3`), if it is one."""
    if t.op == "num" and t.data.denominator == 1:
        return int(t.data)
    if t.op == "neg":
        inner = integer_value(t.args[0])
        return None if inner is None else -inner
    return None


def rational_value(t: Term) -> Fraction | None:
    """The rational that a term literally is: a quotient, product, negation of numbers."""
    if t.op == "num":
        return t.data
    if t.op == "neg":
        inner = rational_value(t.args[0])
        return None if inner is None else -inner
    if t.op == "div":
        p, q = rational_value(t.args[0]), rational_value(t.args[1])
        return None if p is None or q is None or q == 0 else p / q
    return None


def linear_terms(t: Term) -> list[tuple[Fraction, Term]]:
    """A term as a rational combination of monomials: `[(coefficient, monomial)]`, the constant's monomial being 1."""
    if t.op == "add":
        return [pair for a in t.args for pair in linear_terms(a)]
    if t.op == "neg":
        return [(-c, m) for c, m in linear_terms(t.args[0])]
    if t.op == "num":
        return [(t.data, b.ONE)] if t.data else []
    if t.op == "div":
        bottom = t.args[1]
        out = []
        for c, m in linear_terms(t.args[0]):
            if bottom.op == "num" and bottom.data:
                out.append((c / bottom.data, m))
            elif bottom.op == "mul" and bottom.args[0].op == "num":
                rest = b.mul(*bottom.args[1:])
                out.append((c / bottom.args[0].data, b.div(m, rest)))
            else:
                out.append((c, b.div(m, bottom)))
        return out
    if t.op == "mul" and t.args[0].op == "num":
        c0: Fraction = t.args[0].data
        rest = b.mul(*t.args[1:])
        if rest.op == "add":
            return [(c0 * c, m) for c, m in linear_terms(rest)]
        return [(c0, rest)]
    return [(Fraction(1), t)]


class Region:
    """One arithmetic region turned into FLINT polynomials.

    Use: `scan` every term, then `fraction` of each.  `trig` turns trigonometric atoms into exponentials.
    """

    def __init__(self, rw: Rewriter, trig: bool = False) -> None:
        self.rw = rw
        self.trig = trig
        self.dens: dict[Key, int] = {}
        self.atoms: dict[Term, list[tuple[Key, Fraction]]] = {}
        self.powers: dict[tuple[Term, Term], list[Fraction]] = {}  # (base, m) -> constant offsets seen, for bases that may vanish
        self.relations: list[tuple[int, int, Poly]] = []
        self.index: dict[Key, int] = {}
        self.flat: dict[Term, Term] = {}
        self.squares: dict[Term, Term | None] = {}
        self.quotients: list[tuple[int, Poly, Poly]] = []  # generators whose square is a fraction
        self.context: Any = None
        self._values: dict[Term, tuple[Poly, Poly]] = {}

    # --- scanning -------------------------------------------------------------------------------------------------------

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
            if new is not t and new.op in ARITHMETIC:
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
                square = self._norm_square(flat)
                if square is not None:
                    half = b.pow_(square, num(n // 2)) if n // 2 != 1 else square
                    return half if n % 2 == 0 else b.mul(half, flat)
            return b.pow_(flat, num(n))
        base = self.rw.nf(base)
        new = b.pow_(base, exponent)
        rewritten = self.rw.rewrite_root(new)
        if rewritten is not new:
            return self.flatten(rewritten) if rewritten.op in ARITHMETIC else rewritten
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
            for c, m in linear_terms(x.args[0]):
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
                factors.append((("exp", _times_i(m)), c))
            factors.append((("atom", b.I_CONST), Fraction(0)))
        else:
            factors.append((("atom", x), Fraction(1)))
            if x.op == "fn" and x.data == "abs" and self.rw.oracle.real(x.args[0]):
                stack.append(x.args[0])
            elif x.op == "norm":
                square = self._norm_square(x)
                if square is not None:
                    stack.append(square)
            if x.op == "oddroot":
                stack.append(x.args[0])
        self.atoms[x] = factors
        for key, c in factors:
            self.dens[key] = lcm(self.dens.get(key, 1), c.denominator)

    def _register_power(self, base: Term, exponent: Term, factors: list[tuple[Key, Fraction]], stack: list[Term]) -> None:
        parts = linear_terms(exponent)
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
        whole = _combine(moving)
        self.powers.setdefault((base, whole), []).append(constant)
        factors.append((("shifted", base, whole, constant), Fraction(1)))
        stack.append(base)

    # --- building -------------------------------------------------------------------------------------------------------

    def build(self) -> None:
        """Fix the generators once everything is scanned."""
        # i is a power of a root of unity where one is present
        unity: Key = ("exp", _times_i(b.PI))
        if unity in self.dens:
            if ("atom", b.I_CONST) in self.dens or any(_has_i(k) for k in self.dens):
                self.dens[unity] = lcm(self.dens[unity], 2)
        elif any(_has_i(k) for k in self.dens):
            self.dens.setdefault(("atom", b.I_CONST), 1)
        for (base, whole), offsets in self.powers.items():
            lowest = min(offsets)
            ok = all((o - lowest).denominator == 1 for o in offsets)
            for o in offsets:
                self.dens.pop(("shifted", base, whole, o), None)
                self.dens[("shifted", base, whole, lowest if ok else o)] = 1
        keys = sorted(self.dens, key=_key_order)
        self.index = {k: i for i, k in enumerate(keys)}
        self.context, self.gens, self.one, self.zero = _ring(max(1, len(keys)))
        for key, i in self.index.items():
            L = self.dens[key]
            if key == ("atom", b.I_CONST) and unity not in self.dens:
                self.relations.append((i, 2, -self.one))
            elif key == unity:
                self._cyclotomic(i, L)
            elif key[0] == "power" and key[1] is b.MINUS_ONE and L == 1 and self.rw.oracle.integer(key[2]):
                self.relations.append((i, 2, self.one))
            elif key[0] == "root" and L > 1 and not self._is_generator(key[1]):
                top, bottom = self.fraction(key[1])
                if bottom == self.one:
                    self.relations.append((i, L, top))
                elif bottom.is_constant():
                    self.relations.append((i, L, top / bottom.leading_coefficient()))
            elif key[0] == "atom" and key[1].op == "fn" and key[1].data == "abs" and self.rw.oracle.real(key[1].args[0]):
                top, bottom = self.fraction(key[1].args[0])
                if bottom.is_constant():
                    self.relations.append((i, 2, (top / bottom.leading_coefficient()) ** 2))
            elif key[0] == "atom" and key[1].op == "norm" and (square := self._norm_square(key[1])) is not None:
                # ‖x‖² = x^T x for real x
                top, bottom = self.fraction(square)
                if bottom.is_constant():
                    self.relations.append((i, 2, top / bottom.leading_coefficient()))
                else:
                    self.quotients.append((i, top, bottom))
            elif key[0] == "atom" and key[1].op == "oddroot":
                top, bottom = self.fraction(key[1].args[0])
                if bottom.is_constant():
                    self.relations.append((i, int(key[1].data), top / bottom.leading_coefficient()))
            elif not self.trig and key[0] == "atom" and key[1].op == "fn" and key[1].data == "sin":
                other = ("atom", b.fn("cos", key[1].args[0]))
                if other in self.index:
                    self.relations.append((i, 2, self.one - self.gens[self.index[other]] ** 2))

    def _norm_square(self, x: Term) -> Term | None:
        got = self.squares.get(x)
        if got is None and x not in self.squares:
            from derivcheck.kernel.matrix_signs import square_of_norm

            square = square_of_norm(x, self.rw.oracle)
            got = self.squares[x] = None if square is None else self.flatten(square)
        return got

    def _cyclotomic(self, i: int, L: int) -> None:
        # exp(i pi / L) is a primitive 2L-th root of unity
        poly = flint.fmpz_poly.cyclotomic(2 * L)
        degree = poly.degree()
        rest = self.zero
        for k in range(degree):
            rest = rest - int(poly[k]) * self.gens[i] ** k
        self.relations.append((i, degree, rest))

    def _is_generator(self, base: Term) -> bool:
        return (("root", base) in self.dens and ("atom", base) in self.dens) or base.op in ("sym",) or (
            base.op not in ARITHMETIC and base.op != "num" and not (base.op == "fn" and base.data == "exp")
        )

    def monomial(self, factors: Iterable[tuple[Key, Fraction]]) -> tuple[Poly, Poly]:
        """A product of generator powers as a fraction."""
        top, bottom = self.one, self.one
        for key, c in factors:
            if key[0] == "shifted":
                _, base, whole, offset = key
                lowest = min(self.powers[(base, whole)])
                if ("shifted", base, whole, lowest) in self.index and (offset - lowest).denominator == 1:
                    top = top * self.gens[self.index[("shifted", base, whole, lowest)]]
                    p, q = self.fraction(base)
                    k = int(offset - lowest)
                    if k:
                        top, bottom = top * p**k, bottom * q**k
                else:
                    top = top * self.gens[self.index[key]]
                continue
            i = self.index[key]
            k = int(c * self.dens[key])
            if key[0] == "root" and self.dens[key] == 1:
                p, q = self._base_fraction(key[1])
                if k >= 0:
                    top, bottom = top * p**k, bottom * q**k
                else:
                    top, bottom = top * q**-k, bottom * p**-k
                continue
            if abs(k) > MAX_EXPONENT:
                raise OutOfBudget("size: an exponent is too large")
            if k >= 0:
                top = top * self.gens[i] ** k
            else:
                bottom = bottom * self.gens[i] ** -k
        return top, bottom

    def _base_fraction(self, base: Term) -> tuple[Poly, Poly]:
        return self.fraction(base)

    def fraction(self, t: Term) -> tuple[Poly, Poly]:
        """Numerator and denominator of a scanned, flattened term."""
        got = self._values.get(t)
        if got is not None:
            return got
        self.rw.budget.spend(1)
        value = self._fraction(t)
        for i, p, q in self.quotients:
            value = self._squared_out(value, i, p, q)
        if len(value[0]) > MAX_TERMS or len(value[1]) > MAX_TERMS:
            raise OutOfBudget("size: a polynomial has too many terms")
        self._values[t] = value
        return value

    def _squared_out(self, value: tuple[Poly, Poly], i: int, p: Poly, q: Poly) -> tuple[Poly, Poly]:
        """A fraction with g² = p/q put in, numerator and denominator of degree at most 1 in g."""
        out: list[Poly] = []
        scale = [self.one, self.one]
        for which, f in enumerate(value):
            if f.is_constant() or f.degrees()[i] < 2:
                out.append(f)
                continue
            most = f.degrees()[i] // 2
            buckets: dict[int, dict[tuple[int, ...], Any]] = {}
            for exps, coeff in f.to_dict().items():
                rest = list(exps)
                k, rest[i] = divmod(rest[i], 2)
                buckets.setdefault(k, {})[tuple(rest)] = coeff
            total = self.zero
            for k, part in buckets.items():
                total = total + self.context.from_dict(part) * p**k * q ** (most - k)
            out.append(total)
            scale[which] = q**most
        return self.cancel(out[0] * scale[1], out[1] * scale[0]) if scale != [self.one, self.one] else value

    def _fraction(self, t: Term) -> tuple[Poly, Poly]:
        op = t.op
        if op == "num":
            q: Fraction = t.data
            return self.one * flint.fmpq(q.numerator, q.denominator), self.one
        if op == "neg":
            p, q1 = self.fraction(t.args[0])
            return -p, q1
        if op == "add":
            return self._sum([self.fraction(a) for a in t.args])
        if op == "mul":
            top, bottom = self.one, self.one
            for a in t.args:
                p, q1 = self.fraction(a)
                if len(p) * len(top) > 40 * MAX_TERMS:
                    raise OutOfBudget("size: a product has too many terms")
                top, bottom = top * p, bottom * q1
            return self.cancel(top, bottom)
        if op == "div":
            p, q1 = self.fraction(t.args[0])
            r, s = self.fraction(t.args[1])
            r = self.reduce(r)
            if r == self.zero:
                raise ZeroDivisionError
            return self.cancel(p * s, q1 * r)
        if op == "pow":
            n = integer_value(t.args[1])
            if n is not None:
                p, q1 = self.fraction(t.args[0])
                if n < 0:
                    p, q1, n = q1, p, -n
                    q1 = self.reduce(q1)
                    if q1 == self.zero:
                        raise ZeroDivisionError
                if n > 1 and n * _bits(p, q1) > MAX_BITS:
                    raise OutOfBudget("size: a power is too large")
                if n > 1 and (len(p) > 1 or len(q1) > 1) and not _expandable(len(p), n) | (len(p) == 1 and len(q1) == 1):
                    raise OutOfBudget("size: a power has too many terms")
                return p**n, q1**n
        if self.trig and op == "fn" and t.data in ("sin", "cos"):
            factors = self.atoms[t]
            up = self.monomial([f for f in factors if f[1]])
            i_poly = self._imaginary()
            # sin u = (E - 1/E)/(2i), cos u = (E + 1/E)/2 with E = exp(iu)
            sign = -1 if t.data == "sin" else 1
            top = up[0] * up[0] + sign * up[1] * up[1]
            bottom = 2 * up[0] * up[1]
            if t.data == "sin":
                bottom = bottom * i_poly
            return self.cancel(top, bottom)
        if t is b.I_CONST and ("exp", _times_i(b.PI)) in self.index:
            return self._imaginary(), self.one
        if ("root", t) in self.index and self.dens[("root", t)] > 1 and self._is_generator(t):
            return self.gens[self.index[("root", t)]] ** self.dens[("root", t)], self.one
        return self.monomial(self.atoms[t])

    def _imaginary(self) -> Poly:
        unity: Key = ("exp", _times_i(b.PI))
        if unity in self.index and self.dens[unity] % 2 == 0:
            return self.gens[self.index[unity]] ** (self.dens[unity] // 2)
        return self.gens[self.index[("atom", b.I_CONST)]]

    def _sum(self, parts: list[tuple[Poly, Poly]]) -> tuple[Poly, Poly]:
        # group by denominator first: sums of many polynomials stay linear
        groups: dict[str, tuple[list[Poly], Poly]] = {}
        for p, q in parts:
            groups.setdefault("1" if q == self.one else str(q), ([], q))[0].append(p)
        items = [(_balanced(ps), q) for ps, q in groups.values()]
        while len(items) > 1:
            merged = []
            for i in range(0, len(items) - 1, 2):
                (p, q), (r, s) = items[i], items[i + 1]
                g = q.gcd(s)
                s1 = s / g if not g.is_constant() else s
                q1 = q / g if not g.is_constant() else q
                merged.append((p * s1 + r * q1, q * s1))
            if len(items) % 2:
                merged.append(items[-1])
            items = merged
            self.rw.budget.spend(len(items))
        return self.cancel(*items[0])

    def cancel(self, top: Poly, bottom: Poly) -> tuple[Poly, Poly]:
        """Divide out the greatest common divisor."""
        if bottom.is_constant():
            return top, bottom
        g = top.gcd(bottom)
        if not g.is_constant():
            top, bottom = top / g, bottom / g
        return top, bottom

    def reduce(self, p: Poly) -> Poly:
        """Reduce modulo the relations between generators."""
        if not self.relations or p.is_constant():
            return p
        for _ in range(8):
            changed = False
            for i, degree, replacement in self.relations:
                if p.is_constant():
                    return p
                if p.degrees()[i] >= degree:
                    p = self._reduce_one(p, i, degree, replacement)
                    changed = True
            if not changed:
                break
        return p

    def _reduce_one(self, p: Poly, i: int, degree: int, replacement: Poly) -> Poly:
        self.rw.budget.spend(len(p))
        g = self.gens[i]
        while not p.is_constant() and p.degrees()[i] >= degree:
            buckets: dict[int, dict[tuple[int, ...], Any]] = {}
            for exps, coeff in p.to_dict().items():
                k, r = divmod(exps[i], degree)
                rest = list(exps)
                rest[i] = r
                buckets.setdefault(k, {})[tuple(rest)] = coeff
            total = self.zero
            for k, part in buckets.items():
                total = total + self.context.from_dict(part) * replacement**k
            p = total
            if replacement.is_constant() or replacement.degrees()[i] == 0:
                break
        del g
        return p

    # --- back to terms ---------------------------------------------------------------------------------------------------

    def to_term(self, top: Poly, bottom: Poly) -> Term:
        """The canonical term of a fraction."""
        top, bottom = self.reduce(top), self.reduce(bottom)
        if bottom == self.zero:
            raise ZeroDivisionError
        top, bottom = self.cancel(top, bottom)
        if top == self.zero:
            return b.ZERO
        shift = self._unit_content(bottom)
        lead = bottom.leading_coefficient()
        if lead != 1:
            top, bottom = top / lead, bottom / lead
        upper = self._poly_term(top, shift)
        if bottom.is_constant():
            return upper
        lower = self._poly_term(bottom, shift)
        if lower is b.ONE:
            return upper
        return b.div(upper, lower)

    def _unit_content(self, bottom: Poly) -> tuple[int, ...]:
        # generators that are never 0 (exponentials) are cleared from the denominator: 1/e^x is e^(-x)
        n = len(self.gens)
        low = [0] * n
        keys = list(self.index)
        rows = list(bottom.to_dict())
        for i, key in enumerate(keys):
            if key[0] in ("exp", "power"):
                low[i] = min(int(r[i]) for r in rows)
        return tuple(low)

    def _poly_term(self, p: Poly, shift: tuple[int, ...]) -> Term:
        terms: list[tuple[int, Term]] = []
        for exps, coeff in p.to_dict().items():
            self.rw.budget.spend(1)
            c = Fraction(int(coeff.p), int(coeff.q))
            m = self._monomial_term(tuple(int(e) - int(s) for e, s in zip(exps, shift, strict=False)))
            t = _scaled(c, m)
            terms.append((order_key(m), t))
        if not terms:
            return b.ZERO
        terms.sort(key=lambda pair: pair[0])
        return b.add(*(t for _, t in terms))

    def _monomial_term(self, exps: tuple[int, ...]) -> Term:
        factors: list[Term] = []
        exponent: list[Term] = []
        powers: dict[Term, list[Term]] = {}
        for key, i in self.index.items():
            k = exps[i]
            if not k:
                continue
            c = Fraction(k, self.dens[key])
            if key[0] == "exp":
                exponent.append(_scaled(c, key[1]))
            elif key[0] == "power":
                powers.setdefault(key[1], []).append(_scaled(c, key[2]))
            elif key[0] == "root":
                if c.denominator == 1 and key[1] not in powers:
                    factors.append(key[1] if c == 1 else b.pow_(key[1], num(c)))
                else:
                    powers.setdefault(key[1], []).append(num(c))
            elif key[0] == "shifted":
                base = b.pow_(key[1], _combine([(Fraction(1), key[2]), (key[3], b.ONE)]))
                factors.append(base if c == 1 else b.pow_(base, num(c)))
            else:
                factors.append(key[1] if c == 1 else b.pow_(key[1], num(c)))
        if exponent:
            argument = self.rw.nf(b.add(*exponent)) if len(exponent) > 1 else self._tidy(exponent[0])
            factors.append(b.exp(argument))
        for base, parts in powers.items():
            whole = self.rw.nf(b.add(*parts)) if len(parts) > 1 else parts[0]
            factors.append(base if whole is b.ONE else b.pow_(base, whole))
        factors.sort(key=order_key)
        return b.mul(*factors)

    def _tidy(self, t: Term) -> Term:
        return self.rw.nf(t) if t.op in ("div", "mul") else t


@cache
def _ring(n: int) -> tuple[Any, Any, Poly, Poly]:
    """The polynomial ring in n generators: its context, generators, one and zero."""
    names = [f"g{i}" for i in range(n)]
    context = flint.fmpq_mpoly_ctx.get(names, flint.Ordering.degrevlex)
    one = context.from_dict({(0,) * n: 1})
    return context, context.gens(), one, one - one


def _balanced(parts: list[Poly]) -> Poly:
    """The sum of many polynomials, pairwise (linear in all, up to a logarithm)."""
    while len(parts) > 1:
        parts = [parts[i] + parts[i + 1] if i + 1 < len(parts) else parts[i] for i in range(0, len(parts), 2)]
    return parts[0]


def _bits(*polys: Poly) -> int:
    """Bits of the largest coefficient (0 for ±1)."""
    best = 0
    for p in polys:
        if len(p) > 64:
            continue
        for c in p.coeffs():
            size = max(int(abs(c.p)).bit_length(), int(c.q).bit_length())
            best = max(best, size if size > 1 else 0)
    return best


def _expandable(size: int, n: int) -> bool:
    from math import comb

    return comb(n + size - 1, min(n, size - 1)) <= MAX_TERMS if size <= 200 and n < 10_000 else size == 1


def _times_i(m: Term) -> Term:
    factors = [m] if m is not b.ONE else []
    if m.op == "mul":
        factors = list(m.args)
    if m.op == "div":
        return b.div(_times_i(m.args[0]), m.args[1])
    return b.mul(*sorted([b.I_CONST, *factors], key=order_key))


def _has_i(key: Key) -> bool:
    return key[0] == "exp" and any(x is b.I_CONST for x in _factors(key[1]))


def _factors(m: Term) -> tuple[Term, ...]:
    if m.op == "mul":
        return m.args
    if m.op == "div":
        return _factors(m.args[0])
    return (m,)


def _scaled(c: Fraction, m: Term) -> Term:
    if m is b.ONE:
        return num(c)
    if c == 1:
        return m
    if m.op == "mul":
        return b.mul(num(c), *m.args)
    if m.op == "div":
        return b.div(_scaled(c, m.args[0]), m.args[1])
    return b.mul(num(c), m)


def _combine(parts: Iterable[tuple[Fraction, Term]]) -> Term:
    terms = sorted(((order_key(m), _scaled(c, m)) for c, m in parts if c), key=lambda pair: pair[0])
    return b.add(*(t for _, t in terms))


def _key_order(key: Key) -> tuple[Any, ...]:
    rank = {"exp": 3, "power": 2, "root": 1, "atom": 0, "shifted": 2}[key[0]]
    return (rank, *(order_key(part) if isinstance(part, Term) else str(part) for part in key[1:]))


def normalise_region(t: Term, rw: Rewriter) -> Term:
    """The canonical term of an arithmetic region."""
    plain = _plain(t)
    if plain is not None:
        return plain
    region = Region(rw)
    flat = region.flatten(t)
    if flat.op not in ARITHMETIC:
        return flat
    if flat.op == "pow" and integer_value(flat.args[1]) is None and flat.args[0].op not in ARITHMETIC:
        return flat
    if _infinite(flat):
        return flat
    region.scan(flat)
    region.build()
    try:
        return region.to_term(*region.fraction(flat))
    except ZeroDivisionError:
        return flat


def _plain(t: Term) -> Term | None:
    """The canonical term of a number or of a rational multiple of a symbol, for which no polynomials are needed."""
    q = rational_value(t)
    if q is not None:
        return num(q)
    if t.op == "neg" and t.args[0].op == "sym":
        return _scaled(Fraction(-1), t.args[0])
    if t.op == "mul" and len(t.args) == 2 and t.args[1].op == "sym":
        q = rational_value(t.args[0])
        return None if q is None else b.ZERO if q == 0 else _scaled(q, t.args[1])
    if t.op == "div" and t.args[0].op == "sym":
        q = rational_value(t.args[1])
        return None if q is None or q == 0 else _scaled(1 / q, t.args[0])
    if t.op == "pow" and t.args[0].op == "sym":
        n = integer_value(t.args[1])
        return None if n is None or not 1 <= n <= MAX_EXPONENT else t.args[0] if n == 1 else b.pow_(t.args[0], num(n))
    return None


def _infinite(t: Term) -> bool:
    """Whether infinity occurs in the arithmetic of a region: there the field axioms don't hold."""
    stack, seen = [t], set()
    while stack:
        x = stack.pop()
        if x is b.INF or x.op == "opaque" or (x.op == "const" and x.data == "undefined"):
            return True
        if x.op in ARITHMETIC and x not in seen:
            seen.add(x)
            stack.extend(x.args)
    return False


def is_zero(t: Term, rw: Rewriter) -> bool:
    """Whether a scalar term is 0 wherever it has a value, by the rational normal form with trigonometry as exponentials."""
    known = rw.zeros.get(t)
    if known is None:
        known = rw.zeros[t] = _is_zero(t, rw)
    return known


def _is_zero(t: Term, rw: Rewriter) -> bool:
    region = Region(rw, trig=True)
    flat = region.flatten(t)
    if _infinite(flat):
        return False
    region.scan(flat)
    region.build()
    try:
        top, _ = region.fraction(flat)
    except ZeroDivisionError:
        return False
    return bool(region.reduce(top) == region.zero)


def numerator_polynomials(terms: list[Term], rw: Rewriter, trig: bool = False) -> tuple[Region, list[tuple[Poly, Poly]]]:
    """Several terms over one set of generators: the region and each term's (numerator, denominator), reduced."""
    region = Region(rw, trig=trig)
    flats = [region.flatten(t) for t in terms]
    for f in flats:
        region.scan(f)
    region.build()
    out = []
    for f in flats:
        p, q = region.fraction(f)
        out.append((region.reduce(p), region.reduce(q)))
    return region, out
