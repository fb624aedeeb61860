"""Maxima and minima over a set: constants come out, affine functions are extremal at the ends of an interval.

    max (f + c) = max f + c            c free of the variables
    max (c f) = c max f                c > 0, or c ≥ 0 over a finite set (where a maximum is attained)
    max (-f) = -min f
    max_{x ∈ [a, b]} (c x + d) = max(c a + d, c b + d)      a ≤ b
"""

from __future__ import annotations

from fractions import Fraction

from derivcheck.kernel.densities import finite
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.monomials import factors, product
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.kernel.rules.optimum import content
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num, rebind, substitute

SOURCE = "order of the reals; a maximum is attained where it is defined"
OPPOSITE = {"maxover": "minover", "minover": "maxover", "supover": "infover", "infover": "supover"}


@rule("extremum-constants", *OPPOSITE, statement="max (c f + d) = c max f + d", side="c > 0, or c ≥ 0 over a finite set; d free of the variables", source=SOURCE)
def extremum_constants(t: Term, rw: Rewriter) -> Term | None:
    if t.args[-1].sort.kind != "num":
        return None
    symbols, body, _ = rw.under(t)
    xs = set(symbols)
    terms = linear_terms(body)
    fixed = [(q, m) for q, m in terms if not xs & m.free]
    moving = [(q, m) for q, m in terms if xs & m.free]
    if not moving:
        return None
    out_terms = [b.mul(num(q), m) for q, m in fixed]
    if not all(rw.oracle.real(m) for _, m in fixed):
        return None
    scale, op = content([q for q, _ in moving]), t.op
    if all(q < 0 for q, _ in moving) or (moving[0][0] < 0 and len(symbols) == 1):
        # the order of the terms is one and the same only for a single variable
        op = OPPOSITE[op]
    sign = 1 if op == t.op else -1
    rest = [(sign * q / scale, m) for q, m in moving]
    common = _common(rest, xs, t, rw)
    if common is not None:
        rest = [(q, _without(m, common)) for q, m in rest]
    if not fixed and sign == 1 and scale == 1 and common is None:
        return None
    inside = b.add(*(m if q == 1 else b.mul(num(q), m) for q, m in rest))
    new = _again(t, op, symbols, inside)
    value = b.mul(num(sign * scale), new) if common is None else b.mul(num(sign * scale), common, new)
    return b.add(value, *out_terms)


def _again(t: Term, op: str, symbols: tuple[Term, ...], body: Term) -> Term:
    return b.over(op, symbols, t.args[:-1], body) if op != t.op else rebind(t, symbols, t.args[:-1], body)


def _common(terms: list[tuple[Fraction, Term]], xs: set[Term], t: Term, rw: Rewriter) -> Term | None:
    """A factor free of the variables in every summand that is positive, or nonnegative over a finite set."""
    shared = None
    for _, m in terms:
        top, _ = factors(m)
        mine = {f for f in top if not xs & f.free}
        shared = mine if shared is None else shared & mine
    over_finite = all(finite(s) for s in t.args[:-1])
    good = [f for f in shared or () if rw.oracle.positive(f) or (over_finite and rw.oracle.nonnegative(f))]
    if not good:
        return None
    from derivcheck.kernel.ordering import order_key

    return min(good, key=order_key)


def _without(m: Term, f: Term) -> Term:
    top, bottom = factors(m)
    top.remove(f)
    return product(top, bottom)


@rule("extremum-of-affine", "maxover", "minover", "supover", "infover", statement="max_{x∈[a,b]} (c x + d) = max(ca + d, cb + d)", side="a ≤ b, c and d real and free of x", source=SOURCE)
def extremum_of_affine(t: Term, rw: Rewriter) -> Term | None:
    if len(t.bound) != 1 or t.args[0].op != "interval" or t.args[0].data != "[]" or t.args[-1].sort.kind != "num":
        return None
    lo, hi = t.args[0].args
    if not rw.oracle.less_equal(lo, hi):
        return None
    (x,), body, _ = rw.under(t)
    slopes: list[Term] = []
    rest: list[Term] = []
    for q, m in linear_terms(body):
        if x not in m.free:
            rest.append(b.mul(num(q), m))
            continue
        top, bottom = factors(m)
        if top.count(x) != 1 or any(x in f.free for f in (*[f for f in top if f is not x], *bottom)):
            return None
        top.remove(x)
        slopes.append(b.mul(num(q), product(top, bottom)))
    slope, shift = b.add(b.ZERO, *slopes), b.add(b.ZERO, *rest)
    if not slopes or not rw.oracle.real(slope) or not rw.oracle.real(shift):
        return None
    name = "max" if t.op in ("maxover", "supover") else "min"
    line = b.add(b.mul(slope, x), shift)
    return b.fn(name, substitute(line, {x: lo}), substitute(line, {x: hi}))
