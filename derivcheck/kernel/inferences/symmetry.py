"""Integrals over symmetric ranges of even and odd integrands."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, inference, opened
from derivcheck.kernel.obligation import Obligation
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, rebind, substitute, subterms


def minus_infinity(t: Term) -> bool:
    return t.op in ("neg", "mul") and b.INF in t.args


@inference(
    "even-integrand",
    statement="∫_{-c}^c f = 2 ∫_0^c f if f(-x) = f(x) for all x in (0, c); ∫_{-∞}^∞ likewise",
    source="substitution x → -x",
    method="symmetry",
)
def even_integrand(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the integral."""
    (t,) = params
    if t.op != "int" or t.sort.kind != "num" or any(v.op == "bvar" for v in t.free) or not any(s is t for s in subterms(ob.statement)):
        raise Rejected("not an integral of the goal")
    lo, hi = t.args[0], t.args[1]
    oracle = session.oracle(ob.context)
    if not (hi is b.INF and minus_infinity(lo)):
        rw = session.rewriter(ob.context)
        if rw.nf(b.add(lo, hi)) is not b.ZERO or not oracle.nonnegative(hi):
            raise Rejected("the range is not symmetric")
    (x,), f = opened(ob.context, t)
    inside = ob.context.with_declaration(Declaration(x, b.interval(b.ZERO, hi, "()")))
    half = rebind(t, (x,), (b.ZERO, hi), f)
    return [
        Obligation(inside, b.eq(substitute(f, {x: b.neg(x)}), f)),
        Obligation(ob.context, substitute(ob.statement, {t: b.mul(b.TWO, half)})),
    ]


@inference(
    "fold-integral",
    statement="∫_a^b f(x) dx = ∫_{(a+b)/2}^b (f(x) + f(a+b-x)) dx; ∫_{-∞}^∞ f(x) dx = ∫_0^∞ (f(x) + f(-x)) dx",
    source="additivity of the integral, substitution x → a+b-x on the lower half; the whole has a value only where both halves and their sum have",
    method="symmetry",
)
def fold_integral(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the integrals of the goal to fold."""
    new = ob.statement
    rw = session.rewriter(ob.context)
    oracle = session.oracle(ob.context)
    if not params:
        raise Rejected("no integral")
    for t in params:
        if t.op != "int" or t.sort.kind != "num" or any(v.op == "bvar" for v in t.free) or not any(s is t for s in subterms(ob.statement)):
            raise Rejected("not an integral of the goal")
        lo, hi = t.args[0], t.args[1]
        (x,), f = opened(ob.context, t)
        if hi is b.INF and minus_infinity(lo):
            middle, mirror = b.ZERO, b.neg(x)
        elif oracle.real(lo) and oracle.real(hi) and hi is not b.INF and lo is not b.INF:
            both = rw.nf(b.add(lo, hi))
            middle = rw.nf(b.div(both, b.TWO))
            mirror = b.neg(x) if both is b.ZERO else b.sub(both, x)
        else:
            raise Rejected("ends that are not shown to be real")
        folded = rebind(t, (x,), (middle, hi), b.add(f, substitute(f, {x: mirror})))
        new = substitute(new, {t: folded})
    return [Obligation(ob.context, new)]
