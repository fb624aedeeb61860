"""Inequalities through monotone functions: log, exp, powers, |·| and their kin taken off one side, in the goal or in a hypothesis.

`unfold_order(f(u), R, w)` is a statement equivalent to f(u) R w for real u and w at which f(u) has a real value.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import Any

from derivcheck.kernel import algebra
from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.inferences.solutions import holding, with_facts
from derivcheck.kernel.literals import integer_value, linear_terms, rational_value
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.randomness import randomness
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, fresh, num, substitute

INCREASING = frozenset("exp log arctan erf tanh sinh arcsinh arcsin arctanh".split())
_FLIP = {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}


@inference("same-function", statement="f(u) R f(v) if u R v, for increasing f and arguments at which f is real", source="monotonicity", method="monotonicity")
def same_function(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "<", "≤", ">", "≥")
    oracle = session.oracle(ob.context)
    data = str(ob.statement.data)
    if x.op == "fn" and y.op == "fn" and x.data == y.data and x.data in INCREASING:
        u, v = x.args[0], y.args[0]
        if not (oracle.real(x) and oracle.real(y) and oracle.real(u) and oracle.real(v)):
            raise Rejected("not shown real")
        return [Obligation(ob.context, b.rel(u, data, v))]
    if x.op == "fn" and y.op == "fn" and x.data == y.data and x.data in ("sin", "cos"):
        # sin increases on [-π/2, π/2], cos falls on [0, π]
        u, v = x.args[0], y.args[0]
        low, high = (b.neg(b.div(b.PI, b.TWO)), b.div(b.PI, b.TWO)) if x.data == "sin" else (b.ZERO, b.PI)
        inside = [b.rel(low, "≤", u), b.rel(u, "≤", high), b.rel(low, "≤", v), b.rel(v, "≤", high)]
        if not (oracle.real(u) and oracle.real(v)):
            raise Rejected("not shown real")
        return [Obligation(ob.context, b.rel(u, data if x.data == "sin" else _FLIP[data], v)), *(Obligation(ob.context, p) for p in inside)]
    if x.op == "pow" and y.op == "pow" and x.args[1] is y.args[1]:
        u, v, e = x.args[0], y.args[0], x.args[1]
        if oracle.nonnegative(u) and oracle.nonnegative(v) and oracle.positive(e):
            return [Obligation(ob.context, b.rel(u, data, v))]
        if oracle.positive(u) and oracle.positive(v) and oracle.negative(e):
            return [Obligation(ob.context, b.rel(u, _FLIP[data], v))]
        n = integer_value(e)
        if n is not None and n > 0 and n % 2 and oracle.real(u) and oracle.real(v):
            return [Obligation(ob.context, b.rel(u, data, v))]
    if x.op == "pow" and y.op == "pow" and x.args[0] is y.args[0]:
        base, e, f = x.args[0], x.args[1], y.args[1]
        if oracle.real(e) and oracle.real(f) and oracle.less(b.ONE, base):
            return [Obligation(ob.context, b.rel(e, data, f))]
        if oracle.real(e) and oracle.real(f) and oracle.positive(base) and oracle.less(base, b.ONE):
            return [Obligation(ob.context, b.rel(e, _FLIP[data], f))]
    raise Rejected("no common monotone function")


@inference(
    "powers",
    statement="v^f ≤ u^e if 0 ≤ v ≤ u, 1 ≤ u and 0 ≤ f ≤ e",
    source="v^f ≤ u^f ≤ u^e: powers grow with the base for exponents ≥ 0, and with the exponent for bases ≥ 1",
    method="monotonicity",
)
def powers(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """A side that is no power is the first power of itself."""
    x, y = relation(ob, "≤", "≥")
    low, high = (x, y) if ob.statement.data == "≤" else (y, x)
    if high.op != "pow" or low.op not in ("pow", "num"):
        raise Rejected("not powers")
    (v, f), (u, e) = (low.args if low.op == "pow" else (low, b.ONE)), high.args
    if not all(session.oracle(ob.context).real(t) for t in (u, v, e, f)):
        raise Rejected("not shown real")
    bounds = ((b.ZERO, v), (v, u), (b.ONE, u), (b.ZERO, f), (f, e))
    return [Obligation(ob.context, b.rel(s, "≤", t)) for s, t in bounds]


def isolate(difference: Term, data: str, atom: Term, rw: Any) -> tuple[str, Term]:
    """(R, w) with `difference data 0` equivalent to `atom R w`; Rejected where the atom is not linear with a coefficient of known sign."""
    if randomness(rw.oracle).atoms(atom):
        raise Rejected("a random variable is no unknown")
    normal = rw.nf(difference)
    g = fresh("g")
    replaced = substitute(normal, {atom: g})
    if g not in replaced.free:
        raise Rejected("the atom does not occur")
    region, [(top, bottom)] = algebra.numerator_polynomials([replaced], rw)
    i = region.index.get(("atom", g))
    if i is None or top == region.zero or int(top.degrees()[i]) != 1:
        raise Rejected("not linear in the atom")
    if not bottom.is_constant() and bottom.degrees()[i] > 0:
        # a positive denominator may be dropped, the atom in it or not
        if not rw.oracle.positive(substitute(region.to_term(bottom, region.one), {g: atom})):
            raise Rejected("the atom stands in a denominator")
        bottom = region.one
    lead: dict[tuple[int, ...], Any] = {}
    rest: dict[tuple[int, ...], Any] = {}
    for e, c in top.to_dict().items():
        exps = [int(v) for v in e]
        if exps[i]:
            exps[i] = 0
            lead[tuple(exps)] = c
        else:
            rest[tuple(exps)] = c
    a = b.div(region.to_term(region.context.from_dict(lead), region.one), region.to_term(bottom, region.one))
    w = rw.nf(b.neg(b.div(region.to_term(region.context.from_dict(rest), region.one) if rest else b.ZERO, region.to_term(region.context.from_dict(lead), region.one))))
    if rw.oracle.positive(a):
        return data, w
    if rw.oracle.negative(a):
        return _FLIP[data], w
    raise Rejected("the coefficient has no known sign")


def unfold_order(atom: Term, data: str, w: Term, rw: Any) -> Term:
    """A statement equivalent to `atom data w`."""
    o = rw.oracle
    if not o.real(w):
        raise Rejected("not shown real")
    if atom.op == "pow":
        u, e = atom.args
        q = rational_value(e)
        if q is None and o.positive(u) and o.real(e):
            # b^e R w for b ≠ 1: compare exponents of logarithms
            if not o.positive(w):
                if o.nonpositive(w):
                    return b.FALSE if data in ("<", "≤") else b.TRUE
                raise Rejected("the other side has no known sign")
            return b.rel(b.mul(e, b.log(u)), data, b.log(w))
        if q is not None and q > 0 and o.nonnegative(u) and o.nonnegative(w):
            return b.rel(u, data, b.pow_(w, num(1 / q)))
        if q is not None and q > 0 and q.denominator == 1 and q.numerator % 2 and o.real(u):
            return b.rel(u, data, b.mk("oddroot", (w,), int(q)) if q != 1 else w)
        if q == 2 and o.real(u) and o.nonnegative(w):
            root = b.sqrt(w)
            if data in ("<", "≤"):
                return b.and_(b.rel(u, data, root), b.rel(u, _FLIP[data], b.neg(root)))
            return b.or_(b.rel(u, data, root), b.rel(u, _FLIP[data], b.neg(root)))
        if q is not None and q == Fraction(1, 2) and o.nonnegative(u) and data in ("<", "≤"):
            return b.and_(b.rel(w, ">" if data == "<" else "≥", b.ZERO), b.rel(u, data, b.pow_(w, 2)))
        if q is not None and q == Fraction(1, 2) and o.nonnegative(u):
            return b.or_(b.rel(w, "<", b.ZERO), b.and_(b.rel(w, "≥", b.ZERO), b.rel(u, data, b.pow_(w, 2))))
        raise Rejected("no monotone power")
    if atom.op != "fn" or len(atom.args) != 1:
        raise Rejected("no monotone function")
    u, name = atom.args[0], atom.data
    if not o.real(u):
        raise Rejected("not shown real")
    if name == "log":
        if not o.positive(u):
            return b.and_(b.rel(u, ">", b.ZERO), b.rel(u, data, b.exp(w)))
        return b.rel(u, data, b.exp(w))
    if name == "exp":
        if o.positive(w):
            return b.rel(u, data, b.log(w))
        if o.nonpositive(w):
            return b.FALSE if data in ("<", "≤") else b.TRUE
        inside = b.and_(b.rel(w, ">", b.ZERO), b.rel(u, data, b.log(w)))
        return inside if data in ("<", "≤") else b.or_(b.rel(w, "≤", b.ZERO), inside)
    if name == "abs":
        if data in ("<", "≤"):
            return b.and_(b.rel(u, data, w), b.rel(u, _FLIP[data], b.neg(w)))
        return b.or_(b.rel(u, data, w), b.rel(u, _FLIP[data], b.neg(w)))
    raise Rejected("no inverse")


def tidied(p: Term, rw: Any) -> Term:
    """A statement with the sides of its relations in normal form (where these have values they are the same)."""
    if p.op in ("and", "or"):
        return b.and_(*(tidied(q, rw) for q in p.args)) if p.op == "and" else b.or_(*(tidied(q, rw) for q in p.args))
    if p.op == "rel" and p.args[0].sort.kind == "num":
        return b.rel(rw.nf(p.args[0]), str(p.data), rw.nf(p.args[1]))
    return p


def _zero_form(p: Term) -> tuple[Term, str]:
    return b.sub(p.args[0], p.args[1]), str(p.data)


@inference("order-inverse", statement="f(u) R w is equivalent to u R f⁻¹(w) with its conditions (log, exp, powers, |·|)", source="monotonicity", method="monotonicity")
def order_inverse(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the atom to take off the goal."""
    relation(ob, "<", "≤", ">", "≥")
    (atom,) = params
    rw = session.rewriter(ob.context)
    data, w = isolate(*_zero_form(ob.statement), atom, rw)
    if atom.op == "fn" and atom.data == "log" and not rw.oracle.positive(atom.args[0]):
        raise Rejected("the argument of the logarithm is not shown positive")
    return [Obligation(ob.context, unfold_order(atom, data, w, rw))]


@inference("modulus", statement="|u| R w for real u if u R w and -u R w (R is < or ≤)", source="definition of |·|", method="order")
def modulus(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "<", "≤", ">", "≥")
    data = str(ob.statement.data)
    if data in (">", "≥"):
        x, y, data = y, x, {">": "<", "≥": "≤"}[data]
    if x.op != "fn" or x.data != "abs" or x.args[0].sort.kind != "num" or not session.oracle(ob.context).real(x.args[0]):
        raise Rejected("not the absolute value of a number shown real")
    u = x.args[0]
    return [Obligation(ob.context, b.rel(u, data, y)), Obligation(ob.context, b.rel(b.neg(u), data, y))]


@inference("order-inverse-fact", statement="from f(u) R w: u R f⁻¹(w) with its conditions", source="monotonicity", method="monotonicity")
def order_inverse_fact(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (inequality among the hypotheses, the atom)."""
    p, atom = params
    holding(ob, p, session)
    if p.op != "rel" or p.data not in _FLIP or p.args[0].sort.kind != "num":
        raise Rejected("not an inequality")
    rw = session.rewriter(ob.context)
    gained = unfold_order(atom, *isolate(*_zero_form(p), atom, rw), rw)
    if gained is b.TRUE:
        raise Rejected("nothing gained")
    return [Obligation(with_facts(ob.context, tidied(gained, rw)), ob.statement)]


@inference("integer", statement="p(n)/m ∈ ℤ if m divides the integer polynomial p at all residues", source="congruences", method="residues")
def integer(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    t, s = relation(ob, "in")
    if s is not b.INTEGERS and s is not b.NATURALS:
        raise Rejected("not the integers")
    rw = session.rewriter(ob.context)
    region, [(top, bottom)] = algebra.numerator_polynomials([t], rw)
    if not bottom.is_constant():
        raise Rejected("not a polynomial")
    top = top / bottom.leading_coefficient()
    m = 1
    for c in top.to_dict().values():
        m = m * int(c.q) // gcd(m, int(c.q))
    out = [Obligation(ob.context, b.rel(num(m), "divides", region.to_term(top * m, region.one)))]
    return out if s is b.INTEGERS else [*out, Obligation(ob.context, b.rel(t, "≥", b.ZERO))]


@inference("floor-bound", statement="n ≤ ⌊u⌋ if n ≤ u; ⌊u⌋ ≤ n if u < n + 1, for integers n", source="definition of the floor", method="floor")
def floor_bound(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "<", "≤", ">", "≥")
    if ob.statement.data in (">", "≥"):
        x, y = y, x
    rw = session.rewriter(ob.context)
    gap = rw.nf(b.sub(y, x))
    for c, m in linear_terms(gap):
        if m.op != "fn" or m.data != "floor" or abs(c) != 1 or not rw.oracle.real(m.args[0]):
            continue
        rest = rw.nf(b.sub(gap, b.mul(num(c), m)))
        if not rw.oracle.integer(rest):
            continue
        if ob.statement.data in ("<", ">"):
            # between integers, more than 0 is at least 1
            rest = b.sub(rest, b.ONE)
        u = m.args[0]
        if c == 1:
            return [Obligation(ob.context, b.rel(b.neg(rest), "≤", u))]
        return [Obligation(ob.context, b.rel(u, "<", b.add(rest, b.ONE)))]
    raise Rejected("no floor against an integer")


@inference("residues", statement="m ∣ p(n) for an integer polynomial p if it holds for all residues modulo m", source="congruences", method="residues")
def residues(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    d, t = relation(ob, "divides")
    m = integer_value(d)
    if m is None or m <= 0 or m > 10_000:
        raise Rejected("not a small number")
    rw = session.rewriter(ob.context)
    region, [(top, bottom)] = algebra.numerator_polynomials([t], rw)
    if bottom != region.one or any(c.q != 1 for c in top.to_dict().values()):
        raise Rejected("not an integer polynomial")
    used = [i for i, k in enumerate(top.degrees()) if k > 0]
    keys = list(region.index)
    if not all(keys[i][0] == "atom" and rw.oracle.integer(keys[i][1]) for i in used) or m ** len(used) > 20_000:
        raise Rejected("too many residues")
    rows = [([int(e[i]) for i in used], int(c.p)) for e, c in top.to_dict().items()]
    from itertools import product

    for point in product(range(m), repeat=len(used)):
        session.budget.spend(1)
        total = 0
        for exps, c in rows:
            value = c
            for x, k in zip(point, exps, strict=True):
                value = value * pow(x, k, m)
            total += value
        if total % m:
            raise Rejected("a residue fails")
    return []
