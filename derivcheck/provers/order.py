"""Inequalities: the oracle and case splits (`scalar`), then one-variable calculus: convexity with a minimum, monotonicity from an end."""

from __future__ import annotations

from collections.abc import Iterator

from derivcheck.kernel.budget import OutOfBudget
from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.inferences.functions import applications, curvature
from derivcheck.kernel.inferences.norm_bounds import squared
from derivcheck.kernel.inferences.solutions import solve_linear
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.provers import scalar
from derivcheck.provers.scalar import attempt, leaf
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num, subterms

DEPTH = 4
POINTS = tuple(num(q) for q in ("1", "1/2", "2", "-1", "1/3"))


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of `A < B`, `A ≤ B` and their mirror images."""
    return _of_functions(ob, session) or _prove(ob, session, 0)


def _of_functions(ob: Obligation, session: Session) -> Proof | None:
    """By what is declared of functions: growing ones, convex ones (Jensen, tangents), and max-min below min-max."""
    p = ob.statement
    if p.op != "rel" or p.data not in ("<", "≤", ">", "≥") or p.args[0].sort.kind != "num":
        return None
    for rule in ("norm-entry", "increasing", "slope-monotone", "convexity", "weak-duality"):
        found = _via(ob, rule, (), session, DEPTH)
        if found is not None:
            return found
    u = next((squared(a) for a in p.args[:2] if squared(a) is not None), None)
    for v in sorted({s for s in p.free if s.op == "sym" and s.sort == u.sort}, key=order_key)[:4] if u is not None else ():
        found = _via(ob, "norm-projection", (v,), session, 0)
        if found is not None:
            return found
    points: dict[Term, list[Term]] = {}
    for a in applications(p):
        points.setdefault(a.args[0], []).append(a.args[1])
    for f, at in points.items():
        if curvature(f, ob.context):
            for u in at:
                for v in at:
                    found = _via(ob, "tangent", (f, u, v), session, DEPTH) if u is not v else None
                    if found is not None:
                        return found
    return None


def _prove(ob: Obligation, session: Session, depth: int) -> Proof | None:
    p = ob.statement
    if p.op != "rel" or p.data not in ("<", "≤", ">", "≥") or p.args[0].sort.kind != "num":
        return None
    for h in ob.context.hypotheses:
        q = h.statement
        if depth and q.op == "rel" and q.data == "=" and q.args[0].op == "sym" and q.args[0] in p.free and q.args[1].op == "num":
            rest = attempt(ob, "substitute", (q, q.args[0]), session)
            inner = None if not rest else leaf(rest[0], session, "closed", "sign", "reflexive") or scalar.prove(rest[0], session)
            if inner is not None:
                return Proof("substitute", (q, q.args[0]), (inner,))
    if depth == 0 and any(s.op == "fn" and s.data in ("floor", "ceil") for s in subterms(p)):
        found = _via(ob, "floor-bound", (), session, depth)
        if found is not None:
            return found
    for u in _waves(p) if depth < 2 else ():
        rest = attempt(ob, "amplitude-bound", (u,), session)
        if rest is not None and not any(fails(r) for r in rest):
            bounds = [scalar.prove(r, session) for r in rest]
            if all(bounds):
                return Proof("amplitude-bound", (u,), tuple(q for q in bounds if q is not None))
    if depth < 2 and p.args[0].op == "fn" and p.args[1].op == "fn":
        found = _via(ob, "same-function", (), session, depth)
        if found is not None:
            return found
    if depth == 0 and p.args[0 if p.data in ("<", "≤") else 1].op == "fn":
        pair = sorted((s for s in p.free if s.op == "sym" and s.sort.kind == "num"), key=order_key)
        for i, x in enumerate(pair[:3]):
            for y in pair[i + 1 : 3]:
                found = _via(ob, "lipschitz", (x, y), session, depth)
                if found is not None:
                    return found
    found = _moduli(ob, session, depth) if depth < 2 else None
    if found is not None:
        return found
    if depth < 2 and any(s.op in ("cases", "ind") or (s.op == "fn" and s.data in ("max", "min")) for s in subterms(p)):
        gap = session.rewriter(ob.context).nf(b.sub(*p.args[:2]))
        for kind, on in scalar.splits(gap, ob, session):
            parts = attempt(ob, "cases", (kind, on), session)
            if parts is not None and len(parts) > 1:
                return _rest(parts, "cases", (kind, on), session, depth)
    if depth == 0 and all(any((s.op == "fn" and s.data in ("exp", "cosh")) or (s.op == "pow" and s.args[1].free) or s is b.E_CONST for s in subterms(a)) for a in p.args[:2]):
        found = _via(ob, "logarithms", (), session, 0)
        if found is not None:
            return found
    # a variable that an inference has introduced is the one that the function was taken of
    symbols = sorted((s for s in p.free if s.op == "sym" and s.sort.kind == "num"), key=lambda s: (s.data[1] >= 0, order_key(s)))
    for x in symbols[: 1 if depth and symbols and symbols[0].data[1] < 0 else 4]:
        for end in ("left", "right"):
            for params in ((x, end), *((x, end, q) for q in (POINTS if p.data in ("<", ">") else ()))):
                rest = attempt(ob, "monotone-end", params, session)
                if rest is None:
                    continue
                found = _rest(rest, "monotone-end", params, session, depth)
                if found is not None:
                    return found
                if len(params) == 3:
                    break
        if depth < 2:
            found = _via(ob, "concave-ends", (x,), session, depth)
            if found is not None:
                return found
        for x0 in _candidates(ob, x, session) if depth < 2 else ():
            found = _via(ob, "convex-minimum", (x, x0), session, depth) or _via(ob, "valley", (x, x0), session, depth)
            if found is not None:
                return found
    oracle = session.oracle(ob.context)
    for x in symbols[:3] if depth < 2 else ():
        if oracle.integer(x):
            found = _via(ob, "real-variable", (x,), session, depth)
            if found is not None:
                return found
    return None


def _waves(p: Term) -> list[Term]:
    """The u of sin u and cos u that both occur."""
    sines = dict.fromkeys(s.args[0] for s in subterms(p) if s.op == "fn" and s.data == "sin" and not any(v.op == "bvar" for v in s.free))
    return [u for u in sines if any(s is b.fn("cos", u) for s in subterms(p))]


def _candidates(ob: Obligation, x: Term, session: Session) -> Iterator[Term]:
    yield from (b.ZERO, b.ONE, num(-1), num("1/2"))
    from derivcheck.semantics.differentiate import derivative

    rw = session.rewriter(ob.context)
    slope = rw.nf(derivative(rw.nf(b.sub(ob.statement.args[0], ob.statement.args[1])), x).term)
    for factor in _factors(slope, rw):
        if x in factor.free:
            got = solve_linear(factor, x, rw)
            if got is not None and x not in got.free:
                yield got


def _factors(t: Term, rw: Rewriter) -> Iterator[Term]:
    """The factors of the numerator of a term, and of the inside of its exponentials' sums."""
    from derivcheck.kernel.algebra import numerator_polynomials

    region, [(top, _)] = numerator_polynomials([t], rw)
    if top == region.zero or len(top) > 60:
        return
    for f, _ in top.factor()[1]:
        yield region.to_term(f, region.one)


def _moduli(ob: Obligation, session: Session, depth: int) -> Proof | None:
    """|u| for a number u of unknown sign: the cases; |f| ≤ w: both bounds."""
    oracle = session.oracle(ob.context)
    for s in subterms(ob.statement):
        if s.op != "fn" or s.data != "abs" or any(v.op == "bvar" for v in s.free):
            continue
        u = s.args[0]
        if u.op == "sym" and oracle.real(u) and not oracle.nonnegative(u) and not oracle.nonpositive(u):
            return _via(ob, "cases", ("sign", u), session, depth)
    for s in ob.statement.args[:2]:
        if s.op == "fn" and s.data == "abs":
            rest = attempt(ob, "order-inverse", (s,), session)
            if rest is None or fails(ob):
                continue
            inner = _statement(rest[0], session, depth + 1)
            return None if inner is None else Proof("order-inverse", (s,), (inner,))
    return None


def _statement(ob: Obligation, session: Session, depth: int) -> Proof | None:
    """A conjunction of relations."""
    p = ob.statement
    rule = "and" if p.op == "and" else "strict" if "strict" in ob.context.conventions else None
    if rule is None:
        return scalar.prove(ob, session) or _prove(ob, session, depth)
    rest = attempt(ob, rule, (), session)
    if rest is None:
        return None
    proofs: list[Proof] = []
    for r in rest:
        proof = _statement(r, session, depth)
        if proof is None:
            return None
        proofs.append(proof)
    return Proof(rule, (), tuple(proofs))


def fails(ob: Obligation) -> bool:
    """Whether some model contradicts an obligation: no proof need be looked for."""
    from derivcheck.refute.search import cross_examine

    try:
        return cross_examine(ob, points=6).disagree > 0
    except (OutOfBudget, RecursionError):
        return False


def _via(ob: Obligation, rule: str, params: tuple[object, ...], session: Session, depth: int) -> Proof | None:
    rest = attempt(ob, rule, params, session)
    return None if rest is None else _rest(rest, rule, params, session, depth)


def _rest(rest: list[Obligation], rule: str, params: tuple[object, ...], session: Session, depth: int) -> Proof | None:
    proofs: list[Proof] = []
    if any(fails(r) for r in rest):
        return None
    # what is quickly seen to fail comes first
    for r in sorted(rest, key=lambda r: len(r.context.hypotheses)):
        proof = scalar.prove(r, session)
        if proof is None and depth < DEPTH:
            proof = _prove(r, session, depth + 1)
        if proof is None:
            return None
        proofs.append(proof)
    order = sorted(range(len(rest)), key=lambda i: len(rest[i].context.hypotheses))
    return Proof(rule, params, tuple(proofs[order.index(i)] for i in range(len(rest))))
