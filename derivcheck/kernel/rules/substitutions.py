"""Integrals of concrete functions without a closed form at hand: a change of variable to a simpler integral.

    ∫ G(u(x)) u'(x) dx = ∫ G(v) dv            u smooth and strictly monotone inside, ends by limits
    ∫_0^T x^{s-1} e^{-c x^m} dx = c^{-s/m}/m ∫_0^{c T^m} v^{s/m-1} e^{-v} dv      one form for incomplete Gamma integrals

The candidates for u are logarithms (and differences of two), arguments of exponentials and of inverse functions, and inner polynomials that
stand in the integrand.  The rule acts after those of `integrals.py` have found no value, and only where the new integrand is smaller.
"""

from __future__ import annotations

from derivcheck.kernel.antiderivative import split_factors
from derivcheck.kernel.limits import limit
from derivcheck.kernel.literals import linear_terms, rational_value
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.kernel.rules.integrals import _degree, by_antiderivative, evaluate_integral, is_minus_inf, powers
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, fresh, num, substitute, subterms

SOURCE = "change of variable for monotone u; monotone convergence at the ends"
_CONCRETE = frozenset("num sym const add neg mul div pow fn".split())


@rule("integral-substitution", "int", statement="∫ G(u(x)) u'(x) dx = ∫ G(v) dv", side="u strictly monotone inside", source=SOURCE)
def integral_substitution(t: Term, rw: Rewriter) -> Term | None:
    lo, hi = t.args[0], t.args[1]
    if t.sort.kind != "num" or not rw.oracle.less_equal(lo, hi):
        return None
    symbols, body, inner = rw.under(t)
    x = symbols[0]
    if x not in body.free or body.size > 120 or any(s.op not in _CONCRETE for s in subterms(body)):
        return None
    got = _incomplete_gamma(x, lo, hi, body, rw, inner)
    if got is not None:
        return got
    for u in _candidates(body, x, inner)[:8]:
        got = _changed(x, lo, hi, body, u, rw, inner)
        if got is not None:
            return got
    return None


@rule("integral-engine", "int", statement="∫ f = F(hi) - F(lo) with an antiderivative F that SymPy suggests and differentiation certifies", source="fundamental theorem of calculus")
def integral_engine(t: Term, rw: Rewriter) -> Term | None:
    lo, hi = t.args[0], t.args[1]
    if t.sort.kind != "num" or not rw.oracle.less_equal(lo, hi):
        return None
    symbols, body, inner = rw.under(t)
    x = symbols[0]
    if x not in body.free or body.size > 60 or any(s.op not in _CONCRETE for s in subterms(body)):
        return None
    return by_antiderivative(x, lo, hi, body, rw, inner, engine=True)


def _candidates(body: Term, x: Term, rw: Rewriter) -> list[Term]:
    out: dict[Term, None] = {}
    logs: list[Term] = []
    for s in sorted(subterms(body), key=lambda s: (s.size, order_key(s))):
        if x not in s.free or s is x:
            continue
        if s.op == "fn" and s.data == "log":
            logs.append(s)
        if s.op == "fn" and s.data in ("log", "arctan", "arcsin", "sin", "cos", "exp", "erf"):
            out[s] = None
            if s.args[0] is not x:
                out[s.args[0]] = None
        elif s.op == "pow" and s.args[0] is x and rational_value(s.args[1]) is not None and s.args[1] is not b.MINUS_ONE:
            out[s] = None
    for i, p in enumerate(logs[:3]):
        for q in logs[i + 1 : 3]:
            out[b.sub(p, q)] = None
    return list(out)


def _changed(x: Term, lo: Term, hi: Term, body: Term, u: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    from derivcheck.semantics.differentiate import derivative

    got = derivative(u, x)
    if not got.complete or not all(inner.oracle.holds(c) for c in got.conditions) or inner.oracle.undefinedness(u) or not inner.oracle.real(u):
        return None
    slope = inner.nf(got.term)
    rising = inner.oracle.positive(slope)
    if not rising and not inner.oracle.negative(slope):
        return None
    quotient = inner.nf(b.div(body, slope))
    v = fresh("v")
    new = _in_terms_of(quotient, u, v, x, inner)
    if new is None or new.size >= body.size:
        return None
    ends = []
    for end, direction in ((lo, "+"), (hi, "-")):
        value = limit(u, x, end, direction, rw)
        if value is None:
            return None
        ends.append(value)
    first, last = ends if rising else ends[::-1]
    room = rw.child(((Declaration(v, b.interval(first, last, "()")),), ()))
    if room.oracle.undefinedness(new):
        return None
    value = evaluate_integral(v, first, last, room.nf(new), rw, room)
    # with v' < 0 the ends and the sign of dv turn round together
    if value is None:
        return None
    return value if rising else b.neg(value)


def _in_terms_of(quotient: Term, u: Term, v: Term, x: Term, rw: Rewriter) -> Term | None:
    """The quotient as a term in v for u."""
    room = rw.child(((Declaration(v, b.REALS),), ()))
    if u.op == "add" and len(u.args) == 2 and u.args[1].op == "neg" and u.args[0].op == "fn" and u.args[0].data == "log":
        # u = p - q: p is v + q
        p, q = u.args[0], u.args[1].args[0]
        got = room.nf(substitute(quotient, {p: b.add(v, q)}))
        return got if x not in got.free else None
    got = substitute(quotient, {u: v})
    if x in got.free and u.op == "pow":
        # x = v^{1/p} on the positive axis
        if rw.oracle.positive(x):
            got = room.nf(substitute(quotient, {x: b.pow_(v, b.div(b.ONE, u.args[1]))}))
    if x in got.free and u.op == "fn" and u.data == "log" and u.args[0] is x:
        got = room.nf(substitute(quotient, {x: b.exp(v)}))
    return room.nf(got) if x not in got.free else None


def _incomplete_gamma(x: Term, lo: Term, hi: Term, body: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    terms = linear_terms(body)
    if len(terms) != 1 or is_minus_inf(lo) or not rw.oracle.nonnegative(lo) or (lo is b.ZERO and hi is b.INF):
        return None
    c, m = terms[0]
    fixed, kernel = split_factors(m, x)
    p, u, others = powers(kernel, x)
    if u is None or others:
        return None
    inside = linear_terms(inner.nf(u))
    constant = [b.mul(num(q), w) for q, w in inside if x not in w.free]
    moving = [(q, w) for q, w in inside if x in w.free]
    if len(moving) != 1:
        return None
    q, w = moving[0]
    front, power = split_factors(w, x)
    degree = _degree(power, x)
    if degree is None or not rw.oracle.positive(degree):
        return None
    rate = rw.nf(b.mul(num(-q), *front))
    s = rw.nf(b.add(p, b.ONE))
    if not rw.oracle.positive(rate) or (degree is b.ONE and rate is b.ONE):
        return None
    if lo is b.ZERO and not rw.oracle.positive(s):
        return None
    order = rw.nf(b.div(s, degree))
    new = b.mul(b.pow_(x, b.sub(order, b.ONE)), b.exp(b.neg(x)))
    ends = [e if e is b.INF else b.mul(rate, b.pow_(e, degree)) for e in (lo, hi)]
    factor = b.div(b.pow_(rate, b.neg(order)), degree)
    return b.mul(num(c), *fixed, *([b.exp(b.add(*constant))] if constant else []), factor, b.big("int", x, ends[0], ends[1], new))
