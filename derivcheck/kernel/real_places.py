"""A point or an interval at which statements about one real number x are looked at: terms resolved there, and the truth of relations.

|u|, max, min, sign, floors, cases and indicators become smooth terms by the signs of what decides them; whether roots, logarithms and quotients
have real values is told by signs, too.  `Point` knows signs from enclosures and exact zero tests; intervals stand in `pieces.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor

from flint import acb, arb, fmpq

from derivcheck.kernel import algebra
from derivcheck.kernel.enclosures import CONSTANTS
from derivcheck.kernel.literals import integer_value
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.semantics.evaluate import Model, evaluate
from derivcheck.terms import build as b
from derivcheck.terms.context import Context
from derivcheck.terms.term import Term, mk, num, substitute

WORK = 4000
_TOTAL = frozenset("exp sin cos sinh cosh tanh sech arctan arcsinh erf erfc".split())
_QUOTIENTS = {"tan": ("sin", "cos"), "cot": ("cos", "sin"), "sec": (None, "cos"), "csc": (None, "sin"), "coth": ("cosh", "sinh"), "csch": (None, "sinh")}
_TURNED = {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}


class Unknown(Exception):
    """Not told by these means."""


class NoValue(Exception):
    """A term has no real value there."""

    def __init__(self, complex_: bool = False) -> None:
        super().__init__()
        self.complex = complex_


@dataclass
class Work:
    """What is left of the work allowed."""

    left: int = WORK

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Unknown


@dataclass
class Place(ABC):
    """A point or an open interval, on which signs are constant or unknown."""

    x: Term
    rw: Rewriter
    work: Work
    signs: dict[Term, int] = field(default_factory=dict)
    within_product: bool = False

    def sign(self, g: Term) -> int:
        """-1, 0 or 1 for a resolved term all over the place; Unknown where that is not told."""
        got = self.signs.get(g)
        if got is None:
            got = self.signs[g] = self._sign(g)
        return got

    @abstractmethod
    def _sign(self, g: Term) -> int:
        """The sign of a resolved term, looked for anew."""

    # --- resolving ---------------------------------------------------------------------------------------------------------------------

    def resolve(self, t: Term) -> Term:
        """The smooth term that t is here; NoValue where it has no real value."""
        op = t.op
        if op in ("num", "sym"):
            if op == "sym" and t is not self.x:
                raise Unknown
            return t
        if op == "const":
            if t.data not in CONSTANTS:
                raise Unknown
            return t
        if op == "cases":
            return self._cases(t)
        if op == "ind":
            return b.ONE if self.truth(t.args[0], True) else b.ZERO
        if t.bound or t.sort.kind != "num":
            raise Unknown
        before, self.within_product = self.within_product, self.within_product or op == "mul"
        try:
            args = [self.resolve(a) for a in t.args]
        finally:
            self.within_product = before
        if op in ("add", "mul", "neg"):
            return mk(op, tuple(args), t.data, t.sort)
        if op == "div":
            if self.sign(args[1]) == 0:
                raise NoValue
            return b.div(args[0], args[1])
        if op == "pow":
            return self._power(args[0], args[1])
        if op == "oddroot":
            s = self.sign(args[0])
            root = b.pow_(args[0] if s > 0 else b.neg(args[0]), num(Fraction(1, int(t.data))))
            return b.ZERO if s == 0 else root if s > 0 else b.neg(root)
        if op == "fn":
            return self._function(str(t.data), args)
        raise Unknown

    def _cases(self, t: Term) -> Term:
        pairs = t.args if len(t.args) % 2 == 0 else t.args[:-1]
        for i in range(0, len(pairs), 2):
            if self.truth(pairs[i], True):
                return self.resolve(pairs[i + 1])
        if len(t.args) % 2 == 0:
            raise NoValue
        return self.resolve(t.args[-1])

    def _power(self, base: Term, exponent: Term) -> Term:
        n = integer_value(exponent)
        if n is not None:
            if n < 0 and self.sign(base) == 0:
                raise NoValue
            return b.pow_(base, exponent)
        s = self.sign(base)
        if s < 0:
            raise NoValue(True)
        if s == 0:
            if self.sign(exponent) > 0 and not exponent.free:
                return b.ZERO
            raise Unknown
        return b.pow_(base, exponent)

    def _function(self, name: str, args: list[Term]) -> Term:
        u = args[0]
        if name in _TOTAL:
            return b.fn(name, u)
        if name == "log":
            s = self.sign(u)
            if s == 0:
                raise Unknown if self.within_product else NoValue  # 0 log 0 is 0
            if s < 0:
                raise NoValue(True)
            return b.log(u)
        if name in _QUOTIENTS:
            top, bottom = _QUOTIENTS[name]
            if self.sign(b.fn(bottom, u)) == 0:
                raise NoValue
            return b.div(b.ONE if top is None else b.fn(top, u), b.fn(bottom, u))
        if name == "abs":
            return u if self.sign(u) >= 0 else b.neg(u)
        if name == "sign":
            return num(self.sign(u))
        if name in ("max", "min"):
            best = u
            for v in args[1:]:
                s = self.sign(b.sub(v, best))
                best = v if (s > 0) == (name == "max") and s else best
            return best
        if name in ("floor", "ceil"):
            return self._floor(name, u)
        if name in ("arcsin", "arccos"):
            if self.sign(b.sub(b.ONE, u)) < 0 or self.sign(b.add(b.ONE, u)) < 0:
                raise NoValue(True)
            return b.fn(name, u)
        if name == "arctanh":
            if self.sign(b.sub(b.ONE, u)) <= 0 or self.sign(b.add(b.ONE, u)) <= 0:
                raise NoValue(True)
            return b.fn(name, u)
        raise Unknown

    def _floor(self, name: str, u: Term) -> Term:
        v = self.some(u)
        m = floor(v) if name == "floor" else ceil(v)
        for k in (m, m - 1, m + 1):
            low, high = self.sign(b.sub(u, num(k))), None
            if name == "floor" and low >= 0:
                high = self.sign(b.sub(u, num(k + 1)))
                if high < 0:
                    return num(k)
            if name == "ceil" and low <= 0 and self.sign(b.sub(u, num(k - 1))) > 0:
                return num(k)
        raise Unknown

    @abstractmethod
    def some(self, u: Term) -> float:
        """A value of u here, about."""

    # --- statements --------------------------------------------------------------------------------------------------------------------

    def truth(self, p: Term, strict: bool) -> bool:
        """The truth of a statement here; with `strict` a relation is false where a side has no (real) value, else NoValue is passed on."""
        if p.op in ("and", "or"):
            return self._both(p, strict)
        if p.op == "not":
            return not self.truth(p.args[0], True)
        if p.op == "implies":
            return not self.truth(p.args[0], True) or self.truth(p.args[1], True)
        if p.op == "iff":
            return self.truth(p.args[0], True) == self.truth(p.args[1], True)
        if p.op in ("true", "false"):
            return p.op == "true"
        if p.op != "rel" or p.data not in ("=", "≠", "<", "≤", ">", "≥") or p.args[0].sort.kind != "num":
            raise Unknown
        try:
            return self._relation(p)
        except NoValue:
            if strict:
                return False
            raise

    def _both(self, p: Term, strict: bool) -> bool:
        """A conjunction or disjunction; one part may decide it though another is not told."""
        unknown = False
        for a in p.args:
            try:
                if self.truth(a, True) != (p.op == "and"):
                    return p.op == "or"
            except Unknown:
                unknown = True
        if unknown:
            raise Unknown
        return p.op == "and"

    def _relation(self, p: Term) -> bool:
        """A relation of two sides with real values; NoValue where one has none, or one that is surely not real."""
        try:
            return self._between(p)
        except NoValue as none:
            if not none.complex:
                raise
        # parts that are not real may make up a real side: i/i is 1
        sides: list[Term] = []
        for a in p.args[:2]:
            real, imaginary = self.parts(a)
            if self.sign(imaginary):
                raise NoValue(True)
            sides.append(real)
        return self._compared(b.sub(*sides), str(p.data))

    def parts(self, t: Term) -> tuple[Term, Term]:
        """Real and imaginary part, each resolved."""
        try:
            return self.resolve(t), b.ZERO
        except NoValue as none:
            if not none.complex:
                raise
        if t.op in ("cases", "ind") or t.bound:
            raise Unknown
        if t.op == "pow":
            return self._complex_power(t)
        args = [self.parts(a) for a in t.args]
        if t.op == "add":
            return b.add(*(r for r, _ in args)), b.add(*(i for _, i in args))
        if t.op == "neg":
            return b.neg(args[0][0]), b.neg(args[0][1])
        if t.op == "mul":
            out = args[0]
            for other in args[1:]:
                out = _times(out, other)
            return out
        if t.op == "div":
            (r, i), size = args[1], b.add(b.pow_(args[1][0], 2), b.pow_(args[1][1], 2))
            if self.sign(size) == 0:
                raise NoValue
            real, imaginary = _times(args[0], (r, b.neg(i)))
            return b.div(real, size), b.div(imaginary, size)
        if t.op == "fn" and t.data == "log" and args[0][1] is b.ZERO and self.sign(args[0][0]) < 0:
            return b.log(b.neg(args[0][0])), b.PI
        raise Unknown

    def _complex_power(self, t: Term) -> tuple[Term, Term]:
        real, imaginary = self.parts(t.args[0])
        exponent = t.args[1]
        n = integer_value(exponent)
        if n is not None and 1 <= n <= 6:
            out = (real, imaginary)
            for _ in range(n - 1):
                out = _times(out, (real, imaginary))
            return out
        if exponent.op != "num" or imaginary is not b.ZERO or self.sign(real) >= 0:
            raise Unknown
        # a negative number to the power q: |r|^q e^{iπq}
        size, angle = b.pow_(b.neg(real), exponent), b.mul(exponent, b.PI)
        return b.mul(size, b.fn("cos", angle)), b.mul(size, b.fn("sin", angle))

    def _between(self, p: Term) -> bool:
        x, y = p.args[:2]
        relation = str(p.data)
        for u, v, turned in ((x, y, relation), (y, x, _TURNED.get(relation, relation))):
            if u.op == "fn" and u.data == "abs" and turned in ("<", "≤"):
                # |u| ≤ v is u ≤ v and -u ≤ v
                return all(self._compared(b.sub(self.resolve(w), self.resolve(v)), turned) for w in (u.args[0], b.neg(u.args[0])))
        for u, v, turned in ((x, y, relation), (y, x, _TURNED.get(relation, relation))):
            # ⌊u⌋ against a number: comparisons of u; ⌈u⌉ = -⌊-u⌋
            if u.op == "fn" and u.data in ("floor", "ceil") and v.op == "num":
                w, n, way = self.resolve(u.args[0]), v.data, turned
                if u.data == "ceil":
                    w, n, way = b.neg(w), -n, _TURNED.get(turned, turned)
                if way in ("≥", "<"):
                    return (self.sign(b.sub(w, num(ceil(n)))) >= 0) == (way == "≥")
                if way in (">", "≤"):
                    return (self.sign(b.sub(w, num(floor(n) + 1))) >= 0) == (way == ">")
                inside = n.denominator == 1 and self.sign(b.sub(w, num(n))) >= 0 and self.sign(b.sub(w, num(n + 1))) < 0
                return inside == (way == "=")
        return self._compared(b.sub(self.resolve(x), self.resolve(y)), relation)

    def _compared(self, gap: Term, relation: str) -> bool:
        s = self.sign(gap)
        return {"=": s == 0, "≠": s != 0, "<": s < 0, "≤": s <= 0, ">": s > 0, "≥": s >= 0}[relation]


def _times(p: tuple[Term, Term], q: tuple[Term, Term]) -> tuple[Term, Term]:
    """The product of two complex numbers by their parts."""
    if p[1] is b.ZERO or q[1] is b.ZERO:
        (r, i), factor = (q, p[0]) if p[1] is b.ZERO else (p, q[0])
        return b.mul(factor, r), b.ZERO if i is b.ZERO else b.mul(factor, i)
    return b.sub(b.mul(p[0], q[0]), b.mul(p[1], q[1])), b.add(b.mul(p[0], q[1]), b.mul(p[1], q[0]))


@dataclass
class Point(Place):
    """x is a closed term."""

    at: Term = b.ZERO

    def _sign(self, g: Term) -> int:
        return closed_sign(substitute(g, {self.x: self.at}), self.rw, self.work)

    def some(self, u: Term) -> float:
        return float(ball_of(substitute(u, {self.x: self.at})).mid())


def closed_sign(t: Term, rw: Rewriter, work: Work) -> int:
    """The sign of a closed term that has a real value."""
    work.spend()
    if t.op == "num":
        return (t.data > 0) - (t.data < 0)
    v = ball_of(t)
    if v > 0:
        return 1
    if v < 0:
        return -1
    try:
        if algebra.is_zero(t, rw):
            return 0
    except ZeroDivisionError as error:
        raise Unknown from error
    raise Unknown


def ball_of(t: Term) -> arb:
    """An enclosure of a closed real term."""
    v = evaluate(t, Model({}, Context()))
    if isinstance(v, fmpq):
        return arb(v)
    if isinstance(v, acb) and v.is_finite() and v.imag.is_zero():
        return v.real
    raise Unknown
