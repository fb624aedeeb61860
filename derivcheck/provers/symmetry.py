"""Integrals over symmetric ranges: the integrand is shown even (with the universal hypotheses), and half of the range is enough."""

from __future__ import annotations

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.inferences.symmetry import minus_infinity
from derivcheck.kernel.obligation import Obligation
from derivcheck.provers import operators, probability, scalar
from derivcheck.provers.scalar import attempt
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, subterms

METHODS = ("even integrands",)


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of an equation with an integral of an even function."""
    p = ob.statement
    if p.op != "rel" or p.data != "=" or p.args[0].sort.kind != "num":
        return None
    for t in subterms(p):
        if t.op != "int" or not (minus_infinity(t.args[0]) and t.args[1] is b.INF) or any(v.op == "bvar" for v in t.free):
            continue
        found = _halved(ob, t, session)
        if found is not None:
            return found
    return _folded(ob, session)


def _folded(ob: Obligation, session: Session) -> Proof | None:
    """Integrals folded about the middles of their ranges, then the ring, with universal hypotheses (f even, odd, periodic) under the integral."""
    nodes = [t for t in dict.fromkeys(subterms(ob.statement)) if t.op == "int" and not any(v.op == "bvar" for v in t.free)]
    if not 0 < len(nodes) <= 3:
        return None
    for chosen in dict.fromkeys([tuple(nodes), *((t,) for t in nodes)]):
        rest = attempt(ob, "fold-integral", chosen, session)
        if not rest:
            continue
        inner = scalar.leaf(rest[0], session, "ring", "normal-form") if len(chosen) == len(nodes) else None
        for number, h in enumerate(ob.context.hypotheses):
            for backwards in (False, True) if inner is None and h.statement.op == "forall" else ():
                moved = attempt(rest[0], "rewrite-universal", (number, backwards), session)
                done = scalar.leaf(moved[0], session, "ring", "normal-form") if moved else None
                if done is not None and inner is None:
                    inner = Proof("rewrite-universal", (number, backwards), (done,))
        if inner is not None:
            return Proof("fold-integral", chosen, (inner,))
    return None


def _halved(ob: Obligation, t: Term, session: Session) -> Proof | None:
    rest = attempt(ob, "even-integrand", (t,), session)
    if rest is None:
        return None
    even = scalar.leaf(rest[0], session, "ring", "equations") or probability.prove(rest[0], session) or _normal_first(rest[0], session)
    if even is None:
        return None
    value = scalar.leaf(rest[1], session, "reflexive", "ring", "equations") or operators.prove(rest[1], session)
    return None if value is None else Proof("even-integrand", (t,), (even, value))


def _normal_first(ob: Obligation, session: Session) -> Proof | None:
    """The universal hypotheses used in the normal form."""
    normal = attempt(ob, "rewrite", (), session)
    if not normal:
        return None
    inner = probability.prove(normal[0], session)
    return None if inner is None else Proof("rewrite", (), (inner,))
