"""Trigonometric equations: all solutions with an integer parameter, or the finitely many within known bounds; existential hypotheses."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import Any

from derivcheck.kernel import algebra
from derivcheck.kernel.check import Rejected, Session, eigen, inference, opened
from derivcheck.kernel.inferences.solutions import holding, solve_linear, with_facts
from derivcheck.kernel.obligation import Obligation
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, fresh, num, substitute


@inference("exists-elim", statement="from ∃x∈S: P(x): the goal under P(x) for a new x ∈ S", source="logic", method="logic")
def exists_elimination(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: an existential statement among the hypotheses."""
    p = params[0]
    holding(ob, p, session)
    if p.op != "exists":
        raise Rejected("not existential")
    symbols, body = opened(ob.context, p)
    context = ob.context
    for s, domain in zip(symbols, p.args[:-1], strict=True):
        context = context.with_declaration(Declaration(s, domain))
    return [Obligation(with_facts(context, body), ob.statement)]


def _families(name: str, w: Term) -> list[tuple[Term, Fraction]]:
    """(start, period / π) of the solutions u of name(u) = w; for exp the period is imaginary."""
    same = w.args[0] if w.op == "fn" and w.data == name else None  # sin u = sin v
    if name == "sin":
        a = same or b.fn("arcsin", w)
        return [(a, Fraction(2)), (b.sub(b.PI, a), Fraction(2))]
    if name == "cos":
        a = same or b.fn("arccos", w)
        return [(a, Fraction(2)), (b.neg(a), Fraction(2))]
    if name == "exp":
        return [(same or b.log(w), Fraction(2))]
    return [(b.fn("arctan", w), Fraction(1))]


@inference(
    "periodic",
    statement="sin u = w gives u = arcsin w + 2kπ or u = π - arcsin w + 2kπ for an integer k; cos, tan alike; e^u = w gives u = log w + 2kπi",
    source="DLMF 4.2, 4.15, 4.23",
    method="periodic solutions",
)
def periodic(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (equation among the hypotheses, 'sin'|'cos'|'tan'|'exp', u).  With numeric bounds for u the finitely many k are tried out."""
    p, name, u = params
    holding(ob, p, session)
    if p.op != "rel" or p.data != "=" or name not in ("sin", "cos", "tan", "exp"):
        raise Rejected("not an equation")
    rw = session.rewriter(ob.context)
    oracle = rw.oracle
    whole = name == "exp"  # on all complex numbers
    if not whole and not oracle.real(u):
        raise Rejected("not shown real")
    w = _value(p, str(name), u, rw)
    if w is None or not (whole or oracle.real(w)):
        raise Rejected("not solved for the function")
    info = oracle.info(u)
    out: list[Obligation] = []
    for start, period in _families(str(name), w):
        start = rw.nf(start)
        low = oracle.info(start)
        if not whole and info.lo is not None and info.hi is not None and low.lo is not None and low.hi is not None and info.hi - info.lo < 100:
            # k π period lies between info.lo - start and info.hi - start
            unit_low, unit_high = period * Fraction(314159, 100000), period * Fraction(314160, 100000)
            bounds = [(info.lo - low.hi), (info.hi - low.lo)]
            first = ceil(min(bounds[0] / unit_low, bounds[0] / unit_high))
            last = floor(max(bounds[1] / unit_low, bounds[1] / unit_high))
            for k in range(first, last + 1):
                value = rw.nf(b.add(start, b.mul(num(k * period), b.PI)))
                out.append(Obligation(with_facts(ob.context, b.eq(u, value)), ob.statement))
        else:
            turn = eigen(ob.context, "k", u.sort)
            context = ob.context.with_declaration(Declaration(turn, b.INTEGERS))
            value = b.add(start, b.mul(num(period), turn, b.PI, *((b.I_CONST,) if whole else ())))
            out.append(Obligation(with_facts(context, b.eq(u, value)), ob.statement))
    return out


def _value(p: Term, name: str, u: Term, rw: Any) -> Term | None:
    difference = b.sub(p.args[0], p.args[1])
    if name in ("sin", "cos", "exp"):
        return solve_linear(difference, b.fn(name, u), rw)
    # tan u is sin u / cos u in normal form: replace sin u by g cos u
    g = fresh("g")
    normal = rw.nf(difference)
    sin, cos = b.fn("sin", u), b.fn("cos", u)
    scaled = substitute(normal, {sin: b.mul(g, sin), cos: b.mul(g, cos)})
    if algebra.is_zero(b.sub(scaled, b.mul(g, normal)), rw):
        # a sin u + b cos u = 0 with a nonzero: where cos u were 0, sin u would be, too
        if any(s.op == "fn" and s.data in ("sin", "cos") and s.args[0] is u for t in _bottoms(normal) for s in _subterms(t)):
            return None
        return solve_linear(substitute(normal, {sin: g, cos: b.ONE}), g, rw)
    replaced = rw.nf(substitute(normal, {sin: b.mul(g, cos)}))
    if cos in set(_subterms(replaced)) or g not in replaced.free:
        return None
    return solve_linear(replaced, g, rw)


def _bottoms(t: Term) -> list[Term]:
    """Denominators, and what stands with a negative or symbolic exponent."""
    from derivcheck.kernel.literals import integer_value

    return [s.args[-1] if s.op == "div" else s for s in _subterms(t) if s.op == "div" or (s.op == "pow" and (integer_value(s.args[1]) or -1) < 0)]


def _subterms(t: Term) -> Any:
    from derivcheck.terms.term import subterms

    return subterms(t)
