"""Tail probabilities: which bound, and for Chernoff's the exponent, which the bound itself tells.

A Chernoff bound y(a) of Pr(u ≥ a) that is the best one over all t, or that of one t, has -(log y)'(a) for that t (where it is the best one, by
the envelope theorem).
"""

from __future__ import annotations

from collections.abc import Iterator

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.inferences.probability import LINEAR
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.randomness import randomness
from derivcheck.provers import scalar
from derivcheck.provers.scalar import attempt
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, contains_op

METHODS = ("tail bounds",)


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of a bound of a probability."""
    p = ob.statement
    if p.op != "rel" or p.data not in ("≤", "≥") or not any(a.op == "Pr" for a in p.args[:2]):
        return None
    rest = attempt(ob, "second-moment", (), session)
    if rest is not None:
        proofs = [_order(r, session) for r in rest]
        if all(proof is not None for proof in proofs):
            return Proof("second-moment", (), tuple(q for q in proofs if q is not None))
    for m in _thresholds(ob, session):
        if attempt(ob, "cantelli", (m,), session) == []:
            return Proof("cantelli", (m,))
    tries = [("hoeffding", m) for m in _thresholds(ob, session)] + [("chernoff", t) for t in _exponents(ob, session)]
    for rule, t in tries:
        rest = attempt(ob, rule, (t,), session)
        proofs = [_order(r, session) for r in rest or ()]
        if proofs and all(proof is not None for proof in proofs):
            return Proof(rule, (t,), tuple(q for q in proofs if q is not None))
    return None


def _order(ob: Obligation, session: Session) -> Proof | None:
    if contains_op(ob.statement, "Pr", "Eover"):
        return None
    if attempt(ob, "sign", (), session) == []:
        return Proof("sign", ())
    from derivcheck.provers import order

    return scalar.prove(ob, session) or order.prove(ob, session)


def _thresholds(ob: Obligation, session: Session) -> Iterator[Term]:
    """How far the mean may lie from the threshold: the threshold itself, for what has mean 0, or the difference."""
    probability = next(a for a in ob.statement.args[:2] if a.op == "Pr")
    event = probability.args[0]
    r = randomness(session.oracle(ob.context))
    if event.op == "rel" and len(event.args) == 2 and event.args[0].sort.kind == "num":
        yield from (a for a in event.args if not r.atoms(a))
        rw = session.rewriter(ob.context, LINEAR)
        u, a = event.args if event.data in ("≥", ">") else event.args[::-1]
        if not (u.op == "fn" and u.data == "abs"):
            yield rw.nf(b.expect(b.sub(a, u)))


def _exponents(ob: Obligation, session: Session) -> Iterator[Term]:
    p = ob.statement
    probability, bound = (p.args[0], p.args[1]) if p.args[0].op == "Pr" else (p.args[1], p.args[0])
    event = probability.args[0]
    rw = session.rewriter(ob.context)
    if event.op != "rel" or len(probability.args) != 1:
        return
    for side in event.args[:2]:
        symbol = side.args[0] if side.op == "neg" else side
        if symbol.op == "sym" and not randomness(rw.oracle).atoms(side):
            slope = rw.nf(b.neg(b.div(b.deriv(symbol, bound), bound)))
            if not contains_op(slope, "deriv"):
                yield slope
