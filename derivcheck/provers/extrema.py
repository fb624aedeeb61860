"""Maxima and minima over sets: values, saddle points, inequalities between them.

An inequality is brought down to numbers: the extrema that have to be bounded are replaced by the values that they attain, the others are
bounded by their values at the points in sight, universal facts are used at these points, and linear arithmetic does the rest.
Limits: `ROUNDS` rounds of instances, `POINTS` points for a variable.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.inferences.extrema import EXTREMA, needed
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.provers import linear, scalar
from derivcheck.provers.scalar import attempt
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, contains_op, instantiate, num, open_binder, subterms

METHODS = ("attained values", "saddle points")
ROUNDS, POINTS, INSTANCES = 3, 5, 30
ORDER = ("<", "≤", ">", "≥")


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of a relation with maxima or minima."""
    p = ob.statement
    if p.op != "rel" or p.args[0].sort.kind != "num" or not contains_op(p, *EXTREMA, "supover", "infover"):
        return None
    if p.data in ("≤", "≥") and attempt(ob, "extremum-of-sum", (), session) == []:
        return Proof("extremum-of-sum")
    if not contains_op(p, *EXTREMA):
        return None
    if p.data == "=":
        return _equation(ob, session)
    return _inequality(ob, session) if p.data in ORDER else None


# --- values -------------------------------------------------------------------------------------------------------------------------


def _equation(ob: Obligation, session: Session) -> Proof | None:
    rest = attempt(ob, "minimax", (), session)
    if rest is not None:
        proofs = [scalar.prove(r, session) for r in rest]
        if all(q is not None for q in proofs):
            return Proof("minimax", (), tuple(q for q in proofs if q is not None))
    for side in ob.statement.args[:2]:
        if side.op not in EXTREMA or len(side.bound) != 1:
            continue
        for star in _stars(side):
            rest = attempt(ob, "extremum-value", (star,), session)
            if rest is None:
                continue
            found: list[Proof] = []
            for r in rest:
                proof = scalar.prove(r, session) or _everywhere(r, session)
                if proof is None:
                    break
                found.append(proof)
            if len(found) == len(rest):
                return Proof("extremum-value", (star,), tuple(found))
    return None


def _everywhere(ob: Obligation, session: Session) -> Proof | None:
    from derivcheck.provers import logic

    return logic.prove(ob, session) if ob.statement.op == "forall" else None


def _stars(node: Term) -> Iterator[Term]:
    """Ends of the interval, zeros of moduli, small numbers."""
    (x,), body = open_binder(node)
    seen: set[Term] = set()
    for c in (b.ZERO, *(node.args[0].args if node.args[0].op == "interval" else ()), b.ONE, num(-1), num("1/2")):
        if c not in seen and c is not b.INF:
            seen.add(c)
            yield c
    for s in subterms(body):
        if s.op == "fn" and s.data == "abs" and s.args[0].op == "add" and len(s.args[0].args) == 2 and x in s.args[0].args:
            other = next(a for a in s.args[0].args if a is not x)
            if x not in other.free:
                yield b.neg(other)


# --- inequalities -------------------------------------------------------------------------------------------------------------------


def _inequality(ob: Obligation, session: Session) -> Proof | None:
    normal = attempt(ob, "rewrite", (), session)
    if normal is not None and contains_op(normal[0].statement, *EXTREMA):
        found = _attain(normal[0], session, 0)
        if found is not None:
            return Proof("rewrite", (), (found,))
    return _attain(ob, session, 0)


def _attain(ob: Obligation, session: Session, depth: int) -> Proof | None:
    """Replace the extrema of the lower side, and the minima of the upper one, by attained values."""
    p = ob.statement
    low, high = (p.args[0], p.args[1]) if p.data in ("<", "≤") else (p.args[1], p.args[0])
    chosen = [m for m in (*needed(low), *(m for m in needed(high) if m.op == "minover")) if not any(v.op == "bvar" for v in m.free)]
    if not chosen or depth >= 4:
        return _instances(ob, session, 0, session.rewriter(ob.context))
    m = min(chosen, key=lambda t: (-t.size, order_key(t)))
    rest = attempt(ob, "extremum-attained", (m,), session)
    if rest is None:
        return None
    inner = _attain(rest[0], session, depth + 1)
    return None if inner is None else Proof("extremum-attained", (m,), (inner,))


def _instances(ob: Obligation, session: Session, rounds: int, rw: Rewriter) -> Proof | None:
    """Close by linear arithmetic, with instances of universal facts and bounds of extrema added round by round."""
    if rounds:
        found = _close(ob, session, rw)
        if found is not None or rounds >= ROUNDS:
            return found
    steps: list[tuple[str, tuple[object, ...], tuple[Proof, ...]]] = []
    now = ob
    for rule, params in _promising(ob, session):
        rest = attempt(now, rule, params, session)
        if rest is None or rest[-1].context.hypotheses[-1].statement in {h.statement for h in now.context.hypotheses}:
            continue
        proofs = [scalar.leaf(r, session, "hypothesis", "member") for r in rest[:-1]]
        if any(q is None for q in proofs):
            continue
        steps.append((rule, params, tuple(q for q in proofs if q is not None)))
        now = rest[-1]
        if len(steps) >= INSTANCES:
            break
    if not steps:
        return None if rounds else _close(ob, session, rw)
    inner = _instances(now, session, rounds + 1, rw)
    if inner is None:
        return None
    for rule, params, sides in reversed(steps):
        inner = Proof(rule, params, (*sides, inner))
    return inner


def _close(ob: Obligation, session: Session, rw: Rewriter, depth: int = 0) -> Proof | None:
    """Linear arithmetic, for both signs of the moduli on the lower side."""
    p = ob.statement
    low = p.args[0] if p.data in ("<", "≤") else p.args[1]
    inside = [s for s in subterms(low) if s.op == "fn" and s.data == "abs" and not any(v.op == "bvar" for v in s.free)]
    if not inside or depth > 1:
        return linear.prove(ob, session, rw)
    for m in inside[:2]:
        halves = attempt(ob, "modulus-bound", (m,), session)
        if halves is None:
            continue
        proofs: list[Proof] = []
        for h in halves:
            proof = _close(h, session, rw, depth + 1)
            if proof is None:
                break
            proofs.append(proof)
        if len(proofs) == 2:
            return Proof("modulus-bound", (m,), tuple(proofs))
    return linear.prove(ob, session, rw)


def _promising(ob: Obligation, session: Session) -> list[tuple[str, tuple[object, ...]]]:
    """Instances, those first that speak of values already in sight."""
    known: set[Term] = set()
    for p in (ob.statement, *(h.statement for h in ob.context.hypotheses if _introduced(h.statement))):
        known |= {s for s in subterms(p) if s.op in ("apply", "idx")}
    scored = []
    for place, (rule, head, values) in enumerate(_candidates(ob, session)):
        binder = ob.context.hypotheses[head].statement if isinstance(head, int) else head
        body = instantiate(binder, values)
        small = body if body.op != "rel" else body.args[0]
        new = sum(s.op in ("apply", "idx") and s not in known and not any(v.op == "bvar" for v in s.free) for s in subterms(small))
        scored.append((new, sum(v.op != "sym" for v in values), place, (rule, (head, values))))
    return [c for *_, c in sorted(scored, key=lambda e: e[:3])]


def _candidates(ob: Obligation, session: Session) -> Iterator[tuple[str, int | Term, tuple[Term, ...]]]:
    pool = _points(ob)
    for number, h in enumerate(ob.context.hypotheses):
        if h.statement.op == "forall" and h.kind in ("step", "assume"):
            for values in _choices(h.statement, pool):
                yield "instance", number, values
    seen: set[Term] = set()
    mine = [h.statement for h in ob.context.hypotheses if h.statement.op == "rel" and h.statement.data in ORDER and _introduced(h.statement)]
    for p in (ob.statement, *mine):
        if p.op != "rel" or p.args[0].sort.kind != "num":
            continue
        for m in (*needed(p.args[0]), *needed(p.args[1])):
            if m in seen or any(v.op == "bvar" for v in m.free):
                continue
            seen.add(m)
            for values in _choices(m, pool):
                yield "extremum-bounds", m, values


def _introduced(p: Term) -> bool:
    """Whether a statement speaks of points that the search has introduced."""
    return any(s.op == "sym" and s.data[1] < 0 for s in p.free)


def _points(ob: Obligation) -> dict[Term, list[Term]]:
    """Terms that lie in a declared set: symbols, and values of functions into it."""
    out: dict[Term, list[Term]] = {}
    terms: dict[Term, None] = {}
    for p in (ob.statement, *(h.statement for h in ob.context.hypotheses if h.kind == "assume" or _introduced(h.statement))):
        for s in subterms(p):
            if s.op in ("sym", "apply", "idx") and not any(v.op == "bvar" for v in s.free):
                terms[s] = None
    for s in terms:
        d = ob.context.declarations.get(s if s.op == "sym" else s.args[0])
        if d is not None and d.domain is not None and s.sort.kind in ("num", "mat"):
            line = out.setdefault(d.domain, [])
            if s not in line:
                line.append(s)
    return out


def _choices(binder: Term, pool: dict[Term, list[Term]]) -> Iterator[tuple[Term, ...]]:
    lists = [sorted(pool.get(s, []), key=lambda t: (t.op != "sym" or t.data[1] == 0, t.size, order_key(t)))[:POINTS] for s in binder.args[:-1]]
    yield from product(*lists)
