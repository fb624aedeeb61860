"""Integrals that have no closed form because a declared function stands in them: linearity, substitution, parts, one base point.

Everything here is about *proper* integrals, of integrands that are shown continuous on the closed interval between the ends (or on
all of ℝ where the order of the ends is not known); only a linear change of variable is also made in improper ones.

    ∫_a^b (c f + g) = c ∫_a^b f + ∫_a^b g
    ∫_a^b G(u(x)) u'(x) dx = ∫_{u(a)}^{u(b)} G(v) dv                  u smooth, G continuous on ℝ
    ∫_a^b G(f(x)) f'(x) dx = ∫_{f(a)}^{f(b)} G(v) dv                  G continuous on an interval of values of f
    ∫_a^b h g^{(n)} = [h g^{(n-1)}]_a^b - ∫_a^b h' g^{(n-1)}          h without declared functions, or g before them in the order
    ∫_a^b f = ∫_0^b f - ∫_0^a f                                       f continuous on ℝ

The orders of derivatives fall, and the argument of a declared function becomes the variable itself, so the rules come to an end.
"""

from __future__ import annotations

from derivcheck.kernel.antiderivative import linear_slope, split_factors
from derivcheck.kernel.continuity import continuous, smooth
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, contains_op, num, substitute, subterms

MINUS_INF = b.neg(b.INF)
SOURCE = "fundamental theorem of calculus; substitution; integration by parts"


@rule("integral-abstract", "int", statement="linearity, substitution, parts and one base point for integrands with declared functions", source=SOURCE)
def integral_abstract(t: Term, rw: Rewriter) -> Term | None:
    lo, hi = t.args[0], t.args[1]
    if t.sort.kind != "num" or not _applications(t.args[-1], None):
        return None
    symbols, body, inner = rw.under(t)
    x = symbols[0]
    if not _applications(body, x) or contains_op(body, "pdf", "E", "Eover", "idx"):
        return None
    if lo is b.INF or is_minus_inf(lo) or hi is b.INF or is_minus_inf(hi):
        return _linear_change(x, lo, hi, body, rw, inner)
    if lo is hi:
        return b.ZERO
    everywhere = rw.child(((Declaration(x, b.REALS),), ()))
    if continuous(body, x, everywhere.oracle):
        room = everywhere
    elif rw.oracle.less_equal(lo, hi):
        room = rw.child(((Declaration(x, b.interval(lo, hi, "[]")),), ()))
        if not continuous(body, x, room.oracle):
            return None
    else:
        return None
    total = _linear(x, lo, hi, body, room)
    if total is None:
        total = _by_substitution(x, lo, hi, body, rw, everywhere, room)
    if total is None:
        total = _through_values(x, lo, hi, body, rw, room)
    if total is None:
        total = _by_parts(x, lo, hi, body, rw, room)
    if total is None and lo is not b.ZERO and room is everywhere:
        total = b.sub(b.big("int", x, b.ZERO, hi, body), b.big("int", x, b.ZERO, lo, body))
    return total


def kept_from_zero(x: Term, lo: Term, body: Term, rw: Rewriter) -> bool:
    """Whether an integral stays one from 0, wherever its other end lies: the base point of these rules."""
    if lo is not b.ZERO or not _applications(body, x):
        return False
    return continuous(body, x, rw.child(((Declaration(x, b.REALS),), ())).oracle)


def is_minus_inf(t: Term) -> bool:
    """-∞ in any writing."""
    return t.op in ("neg", "mul") and b.INF in t.args


def _applications(body: Term, x: Term | None) -> list[Term]:
    """Declared functions (or their derivatives) of one number that moves with x."""
    return [
        s
        for s in subterms(body)
        if s.op == "apply" and len(s.args) == 2 and s.args[0].op in ("sym", "dfun") and s.args[1].sort.kind == "num" and (x is None or x in s.args[1].free)
    ]


def _linear(x: Term, lo: Term, hi: Term, body: Term, room: Rewriter) -> Term | None:
    """Sums apart and constants out."""
    terms = linear_terms(body)
    if len(terms) > 1:
        if not all(continuous(m, x, room.oracle) for _, m in terms):
            return None
        return b.add(*(b.mul(num(c), b.big("int", x, lo, hi, m)) for c, m in terms))
    if not terms:
        return b.ZERO
    c, m = terms[0]
    fixed, kernel = split_factors(m, x)
    if (c == 1 and not fixed) or not continuous(kernel, x, room.oracle):
        return None
    return b.mul(num(c), *fixed, b.big("int", x, lo, hi, kernel))


def _arguments(body: Term, x: Term) -> list[Term]:
    found = dict.fromkeys(s.args[1] for s in _applications(body, x))
    return sorted(found, key=order_key)


def _by_substitution(x: Term, lo: Term, hi: Term, body: Term, rw: Rewriter, everywhere: Rewriter, room: Rewriter) -> Term | None:
    """v = u(x) for the argument u of a declared function, where the rest is u' times a function of u."""
    from derivcheck.semantics.differentiate import differentiate

    candidates = _arguments(body, x)
    if x in candidates:
        return None
    for u in candidates:
        if any(v.op == "bvar" for v in u.free) or not smooth(u, x, room.oracle) or not room.oracle.real(u):
            continue
        slope = room.nf(differentiate(u, x))
        if slope is b.ZERO or (x not in slope.free and not rw.oracle.nonzero(slope)):
            continue
        v = x
        got = _in_terms_of(body, u, slope, x, room)
        if got is None or not continuous(got, v, everywhere.oracle):
            continue
        return b.big("int", v, substitute(u, {x: lo}), substitute(u, {x: hi}), got)
    return None


def _through_values(x: Term, lo: Term, hi: Term, body: Term, rw: Rewriter, room: Rewriter) -> Term | None:
    """∫_a^b G(f(x)) f'(x) dx = ∫_{f(a)}^{f(b)} G(v) dv for a smooth declared f, G continuous on an interval that holds its values."""
    from derivcheck.kernel import algebra
    from derivcheck.semantics.differentiate import differentiate
    from derivcheck.terms.term import fresh

    declared = _applications(body, x)
    if not any(s.args[0].op == "dfun" for s in declared):
        return None
    for u in dict.fromkeys(s for s in declared if s.args[0].op == "sym"):
        d = rw.oracle.context.declarations.get(u.args[0])
        if d is None or any(v.op == "bvar" for v in u.free) or not smooth(u, x, room.oracle):
            continue
        if not (d.domain.op == "interval" or (d.domain.op == "set" and d.domain.data in ("R", "Rpos", "Rnn", "Rneg"))):
            continue
        slope = room.nf(differentiate(u, x))
        v = fresh("v")
        quotient = room.nf(b.div(body, slope)) if slope is not b.ZERO else slope
        got = substitute(quotient, {u: v})
        if slope is b.ZERO or x in got.free or not algebra.is_zero(b.sub(body, b.mul(quotient, slope)), room):
            continue
        values = rw.child(((Declaration(v, d.domain),), ()))
        if continuous(got, v, values.oracle):
            return b.big("int", v, substitute(u, {x: lo}), substitute(u, {x: hi}), got)
    return None


def _in_terms_of(body: Term, u: Term, slope: Term, x: Term, rw: Rewriter) -> Term | None:
    """G with body = G(u(x)) slope(x), as a term in x for u; None if there is none in sight."""
    from derivcheck.terms.term import fresh

    v = fresh("v")
    quotient = rw.nf(b.div(body, slope))
    line = linear_slope(u, x, rw)
    if line is not None and rw.oracle.nonzero(line):
        # x = (v - e)/a
        back = b.div(b.sub(v, substitute(u, {x: b.ZERO})), line)
        got: Term | None = rw.nf(substitute(quotient, {x: back}))
    else:
        replaced = substitute(quotient, {u: v})
        got = replaced if x not in replaced.free else _through_polynomial(quotient, u, v, x, rw)
    if got is None or x in got.free:
        return None
    return substitute(got, {v: x})


def _through_polynomial(quotient: Term, u: Term, v: Term, x: Term, rw: Rewriter) -> Term | None:
    """A quotient in which x occurs only through u, after u has been solved for a power of x (u = a x^n + e)."""
    for s in subterms(u):
        if s.op == "pow" and s.args[0] is x:
            a = rw.nf(substitute(u, {s: b.ONE}))
            e = rw.nf(substitute(u, {s: b.ZERO}))
            if x in a.free or x in e.free:
                return None
            lead = rw.nf(b.sub(a, e))
            if not rw.oracle.nonzero(lead):
                return None
            got = substitute(quotient, {u: v, s: b.div(b.sub(v, e), lead)})
            return rw.nf(got) if x not in got.free else None
    return None


def _by_parts(x: Term, lo: Term, hi: Term, body: Term, rw: Rewriter, room: Rewriter) -> Term | None:
    from derivcheck.semantics.differentiate import derivative

    factors = body.args if body.op == "mul" else (body,)
    declared = [f for f in factors if _applications(f, x)]
    derivatives = [f for f in factors if f.op == "apply" and len(f.args) == 2 and f.args[0].op == "dfun" and f.args[0].data[0] >= 1 and x in f.args[1].free]
    for g in sorted(derivatives, key=lambda f: (-f.args[0].data[0], order_key(f))):
        f, order, u = g.args[0].args[0], int(g.args[0].data[0]), g.args[1]
        slope = linear_slope(u, x, room)
        if slope is None or not rw.oracle.nonzero(slope):
            continue
        others = [h for h in declared if h is not g]
        if others and not (len(others) == 1 and _plain(others[0]) and order_key(f) < order_key(_plain(others[0]))):  # type: ignore[arg-type]
            continue
        lower = b.apply(f, u) if order == 1 else b.apply(b.dfun(f, (order - 1,)), u)
        lower = b.div(lower, slope)
        rest = list(factors)
        rest.remove(g)
        h = b.mul(*rest)
        if not smooth(h, x, room.oracle):
            continue
        got = derivative(h, x)
        if not got.complete:
            continue
        whole = b.mul(h, lower)
        remaining = room.nf(b.mul(got.term, lower))
        if not continuous(remaining, x, room.oracle):
            continue
        edge = b.sub(substitute(whole, {x: hi}), substitute(whole, {x: lo}))
        return edge if remaining is b.ZERO else b.sub(edge, b.big("int", x, lo, hi, remaining))
    return None


def _plain(h: Term) -> Term | None:
    """The function of an undifferentiated application."""
    return h.args[0] if h.op == "apply" and h.args[0].op == "sym" else None


def _linear_change(x: Term, lo: Term, hi: Term, body: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    """v = a x + e on an unbounded interval."""
    candidates = _arguments(body, x)
    if x in candidates:
        return None
    for u in candidates:
        a = linear_slope(u, x, inner)
        if a is None or any(v.op == "bvar" for v in u.free) or (a is b.ONE and u is x):
            continue
        falling = rw.oracle.negative(a)
        if not (falling or rw.oracle.positive(a)):
            continue
        got = _in_terms_of(body, u, rw.nf(a), x, rw.child(((Declaration(x, b.REALS),), ())))
        if got is None:
            continue
        ends = [_image(u, x, end, falling) for end in (lo, hi)]
        if falling:
            # dv = a dx with a < 0 turns the interval round
            return b.big("int", x, ends[1], ends[0], b.neg(got))
        return b.big("int", x, ends[0], ends[1], got)
    return None


def _image(u: Term, x: Term, end: Term, falling: bool) -> Term:
    if end is b.INF:
        return MINUS_INF if falling else b.INF
    if is_minus_inf(end):
        return b.INF if falling else MINUS_INF
    return substitute(u, {x: end})
