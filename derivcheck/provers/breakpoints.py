"""Integrals of |·|, max, min over a line with kinks whose order depends on parameters: the cases of that order, one after the other.

The kinks are where two alternatives of a nest of max and min (or u and -u of |u|) are equal; for alternatives linear in the variable
these are points p_i, and the signs of p_i - p_j that the context leaves open are the cases.  In each the normal form cuts the integral.
Limits: at most `CASES` open signs at a time, alternatives linear in the variable.
"""

from __future__ import annotations

from collections.abc import Iterator

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.inferences.solutions import solve_linear
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.provers.scalar import attempt, leaf
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, open_binder, subterms

CASES = 6
DEPTH = 4
METHODS = ("cases of the order of kinks",)


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of an equation with such integrals, case by case."""
    p = ob.statement
    if p.op != "rel" or p.data != "=" or not any(_kinked(t) for t in subterms(p)):
        return None
    return _cases(ob, session, 0)


def _kinked(t: Term) -> bool:
    return t.op == "int" and t.sort.kind == "num" and not any(v.op == "bvar" for v in t.free) and any(_nest(s) for s in subterms(t.args[-1]))


def _nest(s: Term) -> bool:
    return s.op == "fn" and s.data in ("max", "min", "abs")


def _cases(ob: Obligation, session: Session, depth: int) -> Proof | None:
    gap = next(_open_signs(ob, session), None)
    if gap is None:
        return _cut(ob, session)
    rest = attempt(ob, "cases", ("sign", gap), session) if depth < DEPTH else None
    if not rest:
        return None
    proofs: list[Proof] = []
    for part in rest:
        equation = part.context.hypotheses[-1].statement
        at, rule = part, None
        if equation.data == "=":
            # where two kinks fall together one parameter goes
            for s in sorted((s for s in equation.free & part.statement.free if s.op == "sym"), key=str):
                moved = attempt(part, "substitute", (equation, s), session)
                if moved:
                    at, rule = moved[0], (equation, s)
                    break
        proof = _cases(at, session, depth + 1)
        if proof is None:
            return None
        proofs.append(Proof("substitute", rule, (proof,)) if rule is not None else proof)
    return Proof("cases", ("sign", gap), tuple(proofs))


def _cut(ob: Obligation, session: Session) -> Proof | None:
    """The integrals cut at their kinks, whose order is known."""
    oracle = session.oracle(ob.context)
    for t in subterms(ob.statement):
        if not _kinked(t):
            continue
        lo, hi = t.args[:2]
        inside = [p for p in kinks(t, session.rewriter(ob.context)) if p not in (lo, hi) and oracle.less_equal(lo, p) and oracle.less_equal(p, hi)]
        ordered: list[Term] = []
        for p in inside:
            place = sum(oracle.less(q, p) for q in ordered)
            if all(oracle.nonzero(b.sub(p, q)) for q in ordered):
                ordered.insert(place, p)
        rest = attempt(ob, "split-integral", (t, tuple(ordered)), session) if ordered else None
        if not rest:
            continue
        proof = _cut(rest[0], session)
        return None if proof is None else Proof("split-integral", (t, tuple(ordered)), (proof,))
    return leaf(ob, session, "ring")


def kinks(t: Term, rw: Rewriter) -> list[Term]:
    """The points at which alternatives under an integral meet."""
    (x,), body = open_binder(t)
    return list(dict.fromkeys(rw.nf(p) for s in subterms(body) if _nest(s) for p in _meetings(s, x, rw)))


def _open_signs(ob: Obligation, session: Session) -> Iterator[Term]:
    """Differences of kinks and ends, of unknown sign, the simplest first."""
    rw = session.rewriter(ob.context)
    oracle = rw.oracle
    found: dict[Term, None] = {}
    for t in subterms(ob.statement):
        if not _kinked(t):
            continue
        points: dict[Term, None] = dict.fromkeys(a for a in t.args[:2] if a is not b.INF and not (a.op == "neg" and a.args[0] is b.INF))
        points.update(dict.fromkeys(kinks(t, rw)))
        for i, u in enumerate(points):
            for v in list(points)[i + 1 :]:
                gap = rw.nf(b.sub(u, v))
                if gap.free and rw.nf(b.neg(gap)) not in found:
                    found[gap] = None
    if len(found) > 3 * CASES:
        return
    for gap in sorted(found, key=lambda g: g.size):
        if not (oracle.nonnegative(gap) or oracle.nonpositive(gap)):
            yield gap


def _meetings(s: Term, x: Term, rw: Rewriter) -> Iterator[Term]:
    """Where two alternatives of a nest are equal."""
    leaves = list(dict.fromkeys(_alternatives(s)))
    for i, u in enumerate(leaves):
        for v in leaves[i + 1 :]:
            at = solve_linear(b.sub(u, v), x, rw)
            if at is not None and x not in at.free:
                yield at


def _alternatives(s: Term) -> Iterator[Term]:
    if s.op == "fn" and s.data in ("max", "min"):
        for a in s.args:
            yield from _alternatives(a)
    elif s.op == "fn" and s.data == "abs":
        yield b.ZERO
        yield s.args[0]
    else:
        yield s
