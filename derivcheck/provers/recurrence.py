"""Statements about an integer n proved by induction: sums and products up to n, and functions given by a recurrence.

For each integer variable that stands in a bound, an exponent or the argument of a function the prover tries the inference `induction`; the
obligations that it leaves are given to the ring with the induction hypothesis (and, where a hypothesis `∀ m: T(m) = …` defines the
function, its instances at the points that occur) as equations.
Limits: one variable at a time; recurrences of order at most 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.monomials import linear_in
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.ordering import order_key
from derivcheck.provers import linear, matrix, operators, order, scalar
from derivcheck.provers.scalar import attempt
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, instantiate, num, substitute, subterms

METHODS = ("induction on a bound",)


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof by instances of recurrences or by induction."""
    p = ob.statement
    if p.op != "rel" or p.data not in ("=", "<", "≤", ">", "≥") or not (p.args[0].sort.kind == "num" or (p.data == "=" and p.args[0].sort.kind == "mat")):
        return None
    universal = any(h.statement.op == "forall" for h in ob.context.hypotheses)
    for base in sorted({t.args[0] for t in subterms(p) if t.op == "mpow" and t.args[0].op in ("add", "matmul", "smul") and t.args[1].op != "num"}, key=order_key):
        # the powers of a matrix that is made of others: of any matrix, if what it is made of plays no part
        rest = attempt(ob, "generalise-matrix", (base,), session)
        found = prove(rest[0], session) if rest else None
        if found is not None:
            return Proof("generalise-matrix", (base,), (found,))
    if universal:
        found = _bounded(ob, session) or _with_instances(ob, session)
        if found is not None:
            return found
    for n, start in variables(ob, session):
        for depth, shift in ((1, 0), (1, 1), (2, 0)) if universal or _begins_empty(ob, session, n, start) else ((1, 0), (1, 1)):
            found = _induct(ob, session, n, start, depth, shift)
            if found is not None:
                return found
    rest = attempt(ob, "where-defined", (), session)
    if rest is not None:
        for n, start in variables(rest[0], session):
            found = _induct(rest[0], session, n, start, 1)
            if found is not None:
                return Proof("where-defined", (), (found,))
    return None


def _begins_empty(ob: Obligation, session: Session, n: Term, start: int | Term) -> bool:
    """Whether a product is empty for the first n: its canonical form is another one there."""
    if not isinstance(start, int):
        return False
    rw = session.rewriter(ob.context)
    for t in subterms(ob.statement):
        if t.op == "prod" and n in t.args[1].free and rw.oracle.less(rw.nf(substitute(t.args[1], {n: num(start)})), t.args[0]):
            return True
    return False


def variables(ob: Obligation, session: Session) -> Iterator[tuple[Term, int | Term]]:
    """Integer variables on which sums, products, powers or functions of the statement depend, with their least values."""
    oracle = session.oracle(ob.context)
    found: dict[Term, int] = {}
    for t in subterms(ob.statement):
        parts: tuple[Term, ...] = ()
        if t.op in ("sum", "prod"):
            parts = t.args[:2]
        elif t.op in ("pow", "mpow"):
            parts = (t.args[1],)
        elif t.op in ("apply", "idx"):
            parts = t.args[1:]
        elif t.op == "fn" and t.data in ("gamma", "factorial", "binom"):
            parts = t.args
        for part in parts:
            for s in part.free:
                if s.op == "sym" and s.sort.kind == "num" and s in ob.context.declarations and oracle.integer(s):
                    found[s] = found.get(s, 0) + (3 if t.op in ("sum", "prod") else 1)
    for s in sorted(found, key=lambda s: -found[s]):
        low = oracle.info(s).lo
        if low is not None and low.denominator == 1 and abs(low) < 1000:
            yield s, int(low)
        # from another integer on
        for other in found:
            if other is not s and oracle.less_equal(other, s):
                yield s, other


def _induct(ob: Obligation, session: Session, n: Term, start: int | Term, depth: int, shift: int = 0) -> Proof | None:
    params = (n, start, depth, shift) if shift else (n, start, depth)
    rest = attempt(ob, "induction", params, session)
    if rest is None:
        return None
    proofs: list[Proof] = []
    for part in rest:
        proof = _close(part, session)
        if proof is None:
            return None
        proofs.append(proof)
    return Proof("induction", params, tuple(proofs))


def _bounded(ob: Obligation, session: Session) -> Proof | None:
    """Induction up to the end of the range of a hypothesis `∀ m ∈ {…, n}: …`, of what stands under a norm or the like."""
    ends = {s for h in ob.context.hypotheses if h.statement.op == "forall" for a in h.statement.args[:-1] if a.op == "range" for s in a.args[1].free}
    p = ob.statement
    if not ends & p.free:
        return None
    if p.data == "=" and p.args[0].op in ("norm", "det", "trace", "inner"):
        rest = attempt(ob, "congruence", (), session)
        if rest and len(rest) == 1:
            found = _bounded(rest[0], session)
            if found is not None:
                return Proof("congruence", (), (found,))
    for n, start in variables(ob, session):
        if n not in ends:
            continue
        for at in dict.fromkeys((start - 1, start, start + 1) if isinstance(start, int) else (start,)):
            rest = attempt(ob, "bounded-induction", (n, at), session)
            proofs = [_close(part, session) for part in rest or []]
            if proofs and all(proofs):
                return Proof("bounded-induction", (n, at), tuple(q for q in proofs if q is not None))
    return None


def _close(ob: Obligation, session: Session) -> Proof | None:
    if ob.statement.args[0].sort.kind == "mat":
        found = matrix.by_rewriting(ob, session)
    else:
        found = scalar.prove(ob, session) or operators.prove(ob, session) or _beyond(ob, session)
    return found or _with_instances(ob, session)


def _beyond(ob: Obligation, session: Session) -> Proof | None:
    """An inequality by what it says beyond the induction hypothesis."""
    if ob.statement.data not in ("<", "≤", ">", "≥"):
        return None
    for h in ob.context.hypotheses:
        if h.kind == "step" and h.statement.op == "rel" and h.statement.data in ("<", "≤", ">", "≥"):
            rest = attempt(ob, "up-to-fact", (h.statement,), session)
            if rest and not any(s.op in ("sum", "prod") for s in subterms(rest[0].statement)):
                inner = scalar.prove(rest[0], session) or order.prove(rest[0], session)
                if inner is not None:
                    return Proof("up-to-fact", (h.statement,), (inner,))
    return None


def _with_instances(ob: Obligation, session: Session, left: int = 3) -> Proof | None:
    """Instances of universal hypotheses at the arguments that occur in the statement, then the ring."""
    if left == 0:
        return None
    for number, value in _instances(ob, session):
        rest = attempt(ob, "instance", (number, (value,)), session)
        if rest is None or len(rest) != 2:
            continue
        member = scalar.leaf(rest[0], session, "member")
        if member is None:
            continue
        final = _final(rest[1], session) or _with_instances(rest[1], session, left - 1)
        if final is not None:
            return Proof("instance", (number, (value,)), (member, final))
    return None


def _final(ob: Obligation, session: Session) -> Proof | None:
    if ob.statement.args[0].sort.kind == "mat":
        return matrix.by_rewriting(ob, session)
    return scalar.leaf(ob, session, "ring", "equations", "sign") or linear.prove(ob, session)


def _instances(ob: Obligation, session: Session) -> Iterator[tuple[int, Term]]:
    """Hypotheses `∀ m ∈ S: … f(m + c) …` with the values of m that make the argument one that occurs in the statement."""
    rw = session.rewriter(ob.context)
    known = {h.statement for h in ob.context.hypotheses}
    points: dict[Term, list[tuple[Term, ...]]] = {}
    for t in subterms(ob.statement):
        if t.op in ("apply", "idx") and not any(v.op == "bvar" for v in t.free):
            points.setdefault(t.args[0], []).append(t.args[1:])
    for number, h in enumerate(ob.context.hypotheses):
        p = h.statement
        if p.op != "forall" or len(p.bound) != 1 or p.bound[0].sort.kind != "num":
            continue
        m = p.bound[0]
        seen: dict[Term, None] = {}
        body = p.args[-1]
        # what the equation defines comes first
        left = list(subterms(body.args[0])) if body.op == "rel" else []
        for t in (*left, *subterms(body)):
            if t.op not in ("apply", "idx") or t.args[0] not in points:
                continue
            for at in points[t.args[0]]:
                for u, v in zip(t.args[1:], at, strict=True):
                    got = linear_in(u, m)
                    if got is None or got[0] == 0:
                        continue
                    seen.setdefault(rw.nf(b.div(b.sub(v, got[1]), num(Fraction(got[0])))))
        for value in seen:
            if instantiate(p, (value,)) not in known:
                yield number, value
