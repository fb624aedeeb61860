"""Exact rational functions over atoms: the normal form of `+ - * / ^` and the zero test, by FLINT multivariate polynomials.

A region of a term (see `generators.py`) becomes a quotient of polynomials in its generators, with the relations between them:

    i^2 = -1,  |f|^2 = f^2 (f real),  g^L = b for compound b,  exp(i pi / L) a root of the cyclotomic polynomial

If the numerator of A - B then is the zero polynomial, A = B wherever both have a value: this needs no independence of the generators.  The
converse is not claimed.

Denominators of the result divide denominators that stood in the region, so the result has a value wherever the region had.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import TYPE_CHECKING, Any

import flint

from derivcheck.kernel.budget import OutOfBudget
from derivcheck.kernel.generators import MAX_EXPONENT, Generators, Key, exponent_terms, has_i, key_order, unity
from derivcheck.kernel.literals import combine, integer_value, rational_value, scaled
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.polynomials import MAX_TERMS, Poly, balanced, bits, expandable, ring
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, contains_op, num
from derivcheck.terms.vocabulary import SCALAR_ARITHMETIC

if TYPE_CHECKING:
    from derivcheck.kernel.rewrite import Rewriter

MAX_BITS = 4_000_000


class Region(Generators):
    """One arithmetic region turned into FLINT polynomials.

    Use: `scan` every term, `build`, then `fraction` of each.
    """

    def __init__(self, rw: Rewriter, trig: bool = False) -> None:
        super().__init__(rw, trig)
        self.relations: list[tuple[int, int, Poly]] = []
        self.index: dict[Key, int] = {}
        self.quotients: list[tuple[int, Poly, Poly]] = []  # generators whose square is a fraction
        self.context: Any = None
        self.multiples: dict[tuple[Term, Term], tuple[Term, int]] = {}  # (base, c m) -> (g m, c/g), see `_multiples`
        self._values: dict[Term, tuple[Poly, Poly]] = {}

    # --- building -------------------------------------------------------------------------------------------------------

    def build(self) -> None:
        """Fix the generators once everything is scanned."""
        # i is a power of a root of unity where one is present
        turn = unity()
        if turn in self.dens:
            if ("atom", b.I_CONST) in self.dens or any(has_i(k) for k in self.dens):
                self.dens[turn] = lcm(self.dens[turn], 2)
        elif any(has_i(k) for k in self.dens):
            self.dens.setdefault(("atom", b.I_CONST), 1)
        self._multiples()
        for (base, whole), offsets in self.powers.items():
            if (base, whole) in self.multiples:
                continue
            lowest = min(offsets)
            ok = all((o - lowest).denominator == 1 for o in offsets)
            for o in offsets:
                self.dens.pop(("shifted", base, whole, o), None)
                self.dens[("shifted", base, whole, lowest if ok else o)] = 1
        keys = sorted(self.dens, key=key_order)
        self.index = {k: i for i, k in enumerate(keys)}
        self.context, self.gens, self.one, self.zero = ring(max(1, len(keys)))
        for key, i in self.index.items():
            L = self.dens[key]
            if key == ("atom", b.I_CONST) and turn not in self.dens:
                self.relations.append((i, 2, -self.one))
            elif key == turn:
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
            elif key[0] == "atom" and key[1].op == "norm" and (square := self.norm_square(key[1])) is not None:
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

    def _multiples(self) -> None:
        """b^(c m + k) as (b^(g m))^(c/g) b^k for a base that may be 0, where several multiples c m of one m occur; c/g and k natural, and
        m ≥ 0 unless k = 0 (at b = 0 the power has a value for c m + k > 0 or natural; then the others do)."""
        families: dict[tuple[Term, Term], dict[Term, Fraction]] = {}
        for base, whole in self.powers:
            parts = exponent_terms(whole)
            if len(parts) == 1 and parts[0][0] > 0:
                families.setdefault((base, parts[0][1]), {})[whole] = parts[0][0]
        for (base, m), members in families.items():
            offsets = [o for whole in members for o in self.powers[(base, whole)]]
            g = Fraction(gcd(*(c.numerator for c in members.values())), lcm(*(c.denominator for c in members.values())))
            if len(members) < 2 or max(members.values()) > 1000 * g or any(o.denominator != 1 or o < 0 for o in offsets):
                continue
            unit = self.rw.nf(combine([(g, m)]))
            if any(offsets) and not self.rw.oracle.nonnegative(unit):
                continue
            for whole, c in members.items():
                for o in self.powers[(base, whole)]:
                    self.dens.pop(("shifted", base, whole, o), None)
                self.multiples[(base, whole)] = (unit, int(c / g))
            self.dens[("shifted", base, unit, Fraction(0))] = 1

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
            base.op not in SCALAR_ARITHMETIC and base.op != "num" and not (base.op == "fn" and base.data == "exp")
        )

    def monomial(self, factors: Sequence[tuple[Key, Fraction]]) -> tuple[Poly, Poly]:
        """A product of generator powers as a fraction."""
        if len(factors) == 1 and factors[0][0][0] == "atom" and self.dens[factors[0][0]] == 1 and factors[0][1] == 1:
            return self.gens[self.index[factors[0][0]]], self.one
        top, bottom = self.one, self.one
        for key, c in factors:
            if key[0] == "shifted":
                _, base, whole, offset = key
                unit = self.multiples.get((base, whole))
                if unit is not None:
                    p, q = self.fraction(base) if offset else (self.one, self.one)
                    k = int(offset)
                    top = top * self.gens[self.index[("shifted", base, unit[0], Fraction(0))]] ** unit[1] * p**k
                    bottom = bottom * q**k
                    continue
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
                if n > 1 and n * bits(p, q1) > MAX_BITS:
                    raise OutOfBudget("size: a power is too large")
                if n > 1 and (len(p) > 1 or len(q1) > 1) and not expandable(len(p), n) | (len(p) == 1 and len(q1) == 1):
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
        if t is b.I_CONST and unity() in self.index:
            return self._imaginary(), self.one
        if ("root", t) in self.index and self.dens[("root", t)] > 1 and self._is_generator(t):
            return self.gens[self.index[("root", t)]] ** self.dens[("root", t)], self.one
        return self.monomial(self.atoms[t])

    def _imaginary(self) -> Poly:
        turn = unity()
        if turn in self.index and self.dens[turn] % 2 == 0:
            return self.gens[self.index[turn]] ** (self.dens[turn] // 2)
        return self.gens[self.index[("atom", b.I_CONST)]]

    def _sum(self, parts: list[tuple[Poly, Poly]]) -> tuple[Poly, Poly]:
        if all(q is self.one for _, q in parts):
            return balanced([p for p, _ in parts]), self.one
        # group by denominator first: sums of many polynomials stay linear
        groups: dict[str, tuple[list[Poly], Poly]] = {}
        for p, q in parts:
            groups.setdefault("1" if q == self.one else str(q), ([], q))[0].append(p)
        items = [(balanced(ps), q) for ps, q in groups.values()]
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
        low = [0] * len(self.gens)
        never = [] if bottom.is_constant() else [i for key, i in self.index.items() if key[0] in ("exp", "power")]
        if never:
            rows = bottom.monoms()
            for i in never:
                low[i] = min(int(r[i]) for r in rows)
        return tuple(low)

    def _poly_term(self, p: Poly, shift: tuple[int, ...]) -> Term:
        terms: list[tuple[int, Term]] = []
        self.rw.budget.spend(len(p))
        moved = any(shift)
        for exps, coeff in p.terms():
            m = self._monomial_term(tuple([e - s for e, s in zip(exps, shift, strict=False)]) if moved else exps)
            t = m if coeff == 1 else scaled(Fraction(int(coeff.p), int(coeff.q)) if coeff.q != 1 else Fraction(int(coeff.p)), m)
            terms.append((order_key(m), t))
        if not terms:
            return b.ZERO
        terms.sort(key=_first)
        return b.add(*[t for _, t in terms])

    def _monomial_term(self, exps: tuple[int, ...]) -> Term:
        factors: list[Term] = []
        exponent: list[Term] = []
        powers: dict[Term, list[Term]] = {}
        for key, i in self.index.items():
            k = exps[i]
            if not k:
                continue
            k = int(k)
            if key[0] == "atom" and self.dens[key] == 1:
                factors.append(key[1] if k == 1 else b.pow_(key[1], num(k)))
                continue
            c = Fraction(k, self.dens[key])
            if key[0] == "exp":
                exponent.append(scaled(c, key[1]))
            elif key[0] == "power":
                powers.setdefault(key[1], []).append(scaled(c, key[2]))
            elif key[0] == "root":
                if c.denominator == 1 and key[1] not in powers:
                    factors.append(key[1] if c == 1 else b.pow_(key[1], num(c)))
                else:
                    powers.setdefault(key[1], []).append(num(c))
            elif key[0] == "shifted":
                base = b.pow_(key[1], combine([(Fraction(1), key[2]), (key[3], b.ONE)]))
                factors.append(base if c == 1 else b.pow_(base, num(c)))
            else:
                factors.append(key[1] if c == 1 else b.pow_(key[1], num(c)))
        if exponent:
            argument = self.rw.nf(b.add(*exponent)) if len(exponent) > 1 else self._tidy(exponent[0])
            factors.append(b.exp(argument))
        for base, parts in powers.items():
            whole = self.rw.nf(b.add(*parts)) if len(parts) > 1 else self._tidy(parts[0])
            factors.append(base if whole is b.ONE else b.pow_(base, whole))
        factors.sort(key=order_key)
        return b.mul(*factors)

    def _tidy(self, t: Term) -> Term:
        return self.rw.nf(t) if t.op in ("div", "mul") else t


def _first(pair: tuple[int, Term]) -> int:
    return pair[0]


def normalise_region(t: Term, rw: Rewriter) -> Term:
    """The canonical term of an arithmetic region."""
    plain = _plain(t)
    if plain is not None:
        return plain
    region = Region(rw)
    flat = region.flatten(t)
    if flat.op not in SCALAR_ARITHMETIC:
        return flat
    if flat.op == "pow" and integer_value(flat.args[1]) is None and flat.args[0].op not in SCALAR_ARITHMETIC:
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
        return scaled(Fraction(-1), t.args[0])
    if t.op == "mul" and len(t.args) == 2 and t.args[1].op == "sym":
        q = rational_value(t.args[0])
        return None if q is None else b.ZERO if q == 0 else scaled(q, t.args[1])
    if t.op == "div" and t.args[0].op == "sym":
        q = rational_value(t.args[1])
        return None if q is None or q == 0 else scaled(1 / q, t.args[0])
    if t.op == "pow" and t.args[0].op == "sym":
        n = integer_value(t.args[1])
        return None if n is None or not 1 <= n <= MAX_EXPONENT else t.args[0] if n == 1 else b.pow_(t.args[0], num(n))
    return None


def _infinite(t: Term) -> bool:
    """Whether infinity occurs in the arithmetic of a region: there the field axioms don't hold."""
    if not contains_op(t, "const", "opaque"):
        return False
    stack, seen = [t], set()
    while stack:
        x = stack.pop()
        if x is b.INF or x.op == "opaque" or (x.op == "const" and x.data == "undefined"):
            return True
        if x.op in SCALAR_ARITHMETIC and x not in seen:
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
