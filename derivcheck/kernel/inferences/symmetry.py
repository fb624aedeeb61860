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
