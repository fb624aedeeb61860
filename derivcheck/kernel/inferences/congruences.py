"""Statements about divisibility by literal numbers, by residue classes.

A statement made of `d ∣ t` and `∃ k ∈ ℤ : t = d k + c` with literal d depends on the residues of the terms t modulo the least common multiple
m of the d.  Terms are made of integers by +, ·, and powers with natural exponents, and residues of such terms are eventually periodic:

* t(n + m) ≡ t(n) where n stands in no exponent;
* u^{n + λ} ≡ u^n for n ≥ log₂ m, where λ is a multiple of the order of every unit modulo m (Euler; at primes p that u shares with m both sides are 0
  modulo the power of p in m once the exponent has reached it).

So finitely many values of each symbol stand for all.  Limits: `CLASSES` combinations; exponents linear in one symbol.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import lcm
from typing import Any

from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.inferences.solutions import holding, hypothesis_parts, with_facts
from derivcheck.kernel.literals import integer_value, linear_terms
from derivcheck.kernel.monomials import linear_in
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.oracle import Oracle
from derivcheck.kernel.randomness import randomness
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, fresh, instantiate, num

CLASSES = 20_000
LARGEST = 10_000
MOST_FACTORED = 60
_CONNECTIVES = ("and", "or", "not", "implies", "iff", "true", "false")


@dataclass(frozen=True)
class _Atom:
    """d ∣ t."""

    divisor: int
    value: Term


@inference(
    "residue-classes",
    statement="a statement about divisibility by literal numbers, if it holds for all residue classes of its symbols",
    source="congruences; Euler's theorem",
    method="residues",
)
def residue_classes(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    oracle = session.oracle(ob.context)
    atoms: dict[Term, _Atom] = {}
    if not _read(ob.statement, oracle, atoms) or not atoms:
        raise Rejected("not a statement about divisibility")
    symbols = frozenset().union(*(a.value.free for a in atoms.values()))
    premises = []
    for p in hypothesis_parts(ob.context):
        more: dict[Term, _Atom] = {}
        if p.free <= ob.statement.free and _read(p, oracle, more) and more and all(a.value.free <= symbols for a in more.values()):
            premises.append(p)
            atoms |= more
    m = lcm(*(a.divisor for a in atoms.values()))
    if m > LARGEST or any(randomness(oracle).atoms(s) for s in symbols):
        raise Rejected("too many classes")
    names = sorted(symbols, key=lambda s: str(s.data))
    exponents = {n for a in atoms.values() for n in _in_exponents(a.value)}
    ranges = [_representatives(n, m, [e for e in exponents if n in e.free], oracle) for n in names]
    count = 1
    for r in ranges:
        count *= len(r)
    if count > CLASSES:
        raise Rejected("too many classes")
    for point in product(*ranges):
        session.budget.spend(1)
        at = dict(zip(names, point, strict=True))
        holds = {p: _residue(a.value, a.divisor, at) == 0 for p, a in atoms.items()}
        if all(_truth(p, holds) for p in premises) and not _truth(ob.statement, holds):
            raise Rejected("a class fails")
    return []


def _read(p: Term, oracle: Oracle, out: dict[Term, _Atom]) -> bool:
    """Collect the atoms of a statement; False if there is anything else in it."""
    if p.op in _CONNECTIVES:
        return all(_read(a, oracle, out) for a in p.args)
    atom = None
    if p.op == "rel" and p.data == "divides":
        d = integer_value(p.args[0])
        atom = _Atom(abs(d), p.args[1]) if d else None
    elif p.op == "exists" and len(p.bound) == 1 and p.args[0] is b.INTEGERS:
        k = fresh("k")
        body = instantiate(p, (k,))
        if body.op == "rel" and body.data == "=" and body.args[0].sort.kind == "num":
            got = linear_in(b.sub(*body.args[:2]), k)
            if got is not None and got[0] != 0 and k not in got[1].free and got[0] == int(got[0]):
                atom = _Atom(abs(int(got[0])), got[1])
    if atom is None or not _integral(atom.value, oracle):
        return False
    out[p] = atom
    return True


def _integral(t: Term, oracle: Oracle) -> bool:
    """Whether a term is made of integers so that its residues can be computed."""
    if t.op == "num":
        return bool(t.data.denominator == 1)
    if t.op == "sym":
        return t.sort.kind == "num" and oracle.integer(t)
    if t.op in ("add", "neg", "mul"):
        return all(_integral(a, oracle) for a in t.args)
    if t.op == "pow":
        e = integer_value(t.args[1])
        if e is not None:
            return e >= 0 and _integral(t.args[0], oracle)
        got = _exponent(t.args[1])
        return got is not None and _integral(t.args[0], oracle) and oracle.natural(t.args[1]) and oracle.info(got[1]).lo is not None and oracle.integer(got[1])
    return False


def _exponent(e: Term) -> tuple[int, Term, int] | None:
    """An exponent k n + c with literal integers k > 0, c."""
    if len(e.free) != 1:
        return None
    (n,) = e.free
    got = linear_in(e, n)
    if n.op != "sym" or got is None or got[0] <= 0 or got[0] != int(got[0]):
        return None
    c = integer_value(got[1])
    return None if c is None else (int(got[0]), n, c)


def _in_exponents(t: Term) -> Iterator[Term]:
    """The symbolic exponents of a term."""
    if t.op == "pow" and t.args[1].free:
        yield t.args[1]
        yield from _in_exponents(t.args[0])
    elif t.op != "pow":
        for a in t.args:
            yield from _in_exponents(a)
    else:
        yield from _in_exponents(t.args[0])


def _representatives(n: Term, m: int, exponents: list[Term], oracle: Oracle) -> range:
    """Values of a symbol that stand for all of its values."""
    if not exponents:
        return range(m)
    low = oracle.info(n).lo
    if low is None:
        raise Rejected("no least value")
    start = -(-low.numerator // low.denominator)
    # from here on all exponents are large enough for the powers to repeat
    settled = start
    for e in exponents:
        got = _exponent(e)
        if got is None or got[0] * start + got[2] < 0:
            raise Rejected("an exponent below zero")
        settled = max(settled, -(-(m.bit_length() - got[2]) // got[0]))
    if settled - start > CLASSES:
        raise Rejected("too many classes")
    return range(start, settled + lcm(m, _turn(m)))


def _turn(m: int) -> int:
    """A multiple of the order of every unit modulo m: φ(m)."""
    phi, rest, p = m, m, 2
    while p * p <= rest:
        if rest % p == 0:
            phi -= phi // p
            while rest % p == 0:
                rest //= p
        p += 1
    return phi - phi // rest if rest > 1 else phi


def _residue(t: Term, m: int, at: dict[Term, int]) -> int:
    if t.op == "num":
        return int(t.data) % m
    if t.op == "sym":
        return at[t] % m
    if t.op == "add":
        return sum(_residue(a, m, at) for a in t.args) % m
    if t.op == "neg":
        return -_residue(t.args[0], m, at) % m
    if t.op == "mul":
        value = 1
        for a in t.args:
            value = value * _residue(a, m, at) % m
        return value % m
    base = _residue(t.args[0], m, at)
    e = integer_value(t.args[1])
    if e is None:
        got = _exponent(t.args[1])
        assert got is not None
        e = got[0] * at[got[1]] + got[2]
    return pow(base, e, m)


def _truth(p: Term, holds: dict[Term, bool]) -> bool:
    if p in holds:
        return holds[p]
    parts = [_truth(a, holds) for a in p.args]
    table: dict[str, Callable[[], bool]] = {
        "and": lambda: all(parts), "or": lambda: any(parts), "not": lambda: not parts[0], "implies": lambda: not parts[0] or parts[1],
        "iff": lambda: parts[0] == parts[1], "true": lambda: True, "false": lambda: False,
    }
    return table[p.op]()


@inference(
    "integer-factors",
    statement="from m n = c for integers m, n and a number c ≠ 0: m = d and n = c/d for one of the divisors d of c",
    source="divisibility",
    method="integers",
)
def integer_factors(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: an equation among the hypotheses."""
    (p,) = params
    holding(ob, p, session)
    if p.op != "rel" or p.data != "=" or p.args[0].sort.kind != "num":
        raise Rejected("not an equation")
    rw = session.rewriter(ob.context)
    normal = rw.nf(b.sub(*p.args[:2]))
    if normal.op == "div":
        raise Rejected("a fraction")
    terms = linear_terms(normal)
    constant = sum((c for c, m in terms if m is b.ONE), Fraction(0))
    moving = [(c, m) for c, m in terms if m is not b.ONE]
    if len(moving) != 1 or constant == 0 or moving[0][1].op != "mul" or len(moving[0][1].args) != 2:
        raise Rejected("not a product of two")
    value = -constant / moving[0][0]
    m, n = moving[0][1].args
    if value.denominator != 1 or abs(value) > MOST_FACTORED or not rw.oracle.integer(m) or not rw.oracle.integer(n):
        raise Rejected("not a product of integers")
    size = abs(int(value))
    divisors = [s * d for d in range(1, size + 1) if size % d == 0 for s in (1, -1)]
    cases = [b.and_(b.eq(m, num(d)), b.eq(n, num(value / d))) for d in divisors]
    return [Obligation(with_facts(ob.context, b.or_(*cases)), ob.statement)]
