"""Inequalities with finite sums of symbolic length: every summand bounded, one summand picked, Gibbs' inequality, monotone functions taken off.

Maxima are replaced by the values that they attain.  Then, for the goal as it stands and with a logarithm (exponential, power) taken off one
side or put on both, the estimates of its sums become facts, and linear arithmetic does the rest; means inside functions go to Jensen.
Limits: `ESTIMATES` estimates, bounds that universal hypotheses give or that are 0 or ±1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.inferences.extrema import needed
from derivcheck.kernel.inferences.operators import strict
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.ordering import order_key
from derivcheck.provers import linear, order, probability, scalar, summands
from derivcheck.provers.scalar import attempt
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, contains_op, instantiate, num, open_binder, substitute, subterms

METHODS = ("estimates of sums",)
ORDER = ("<", "≤", ">", "≥")
ESTIMATES, ATTAINED = 6, 3
_FUNCTIONS = ("log", "exp")


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of an inequality between numbers with finite sums."""
    p = ob.statement
    if p.op != "rel" or p.data not in ORDER or p.args[0].sort.kind != "num" or not (contains_op(p, "sum") or contains_op(p, "prod")):
        return None
    return _attain(ob, session, 0)


def _attain(ob: Obligation, session: Session, depth: int) -> Proof | None:
    """Maxima and minima by their values first."""
    extrema = [m for side in ob.statement.args[:2] for m in needed(side) if not any(v.op == "bvar" for v in m.free)]
    if extrema and depth < ATTAINED:
        m = min(extrema, key=lambda t: (-t.size, order_key(t)))
        rest = attempt(ob, "extremum-attained", (m,), session)
        inner = _attain(rest[0], session, depth + 1) if rest else None
        return None if inner is None else Proof("extremum-attained", (m,), (inner,))
    return _goals(ob, session)


def _goals(ob: Obligation, session: Session, depth: int = 0) -> Proof | None:
    """The goal, and what it follows from by monotone functions (two at most, one inside the other)."""
    found = _gibbs(ob, session) or _squares(ob, session) or _estimated(ob, session)
    if found is not None:
        return found
    for rule, params in _transformations(ob):
        rest = attempt(ob, rule, params, session)
        if not rest:
            continue
        inner = scalar.leaf(rest[0], session, "hypothesis", "sign") or (_goals(rest[0], session, 1) if depth == 0 else _estimated(rest[0], session))
        inner = inner or probability.prove(rest[0], session)
        if inner is not None:
            return Proof(rule, params, (inner,))
    return None


def _transformations(ob: Obligation) -> Iterator[tuple[str, tuple[Any, ...]]]:
    x, y = ob.statement.args[:2]
    for t in sorted((strict(x) | strict(y)), key=lambda t: (-t.size, order_key(t))):
        if (t.op == "fn" and t.data in _FUNCTIONS or t.op == "pow") and contains_op(t, "sum"):
            yield "order-inverse", (t,)
    yield "clear-denominators", ()
    yield "both-sides", ("log",)
    yield "both-sides", ("reciprocal",)


# --- estimates ---------------------------------------------------------------------------------------------------------------------------


def _estimated(ob: Obligation, session: Session) -> Proof | None:
    """Linear arithmetic over the estimates of the sums in sight."""
    now = ob
    steps: list[tuple[str, tuple[Any, ...], tuple[Proof, ...]]] = []
    for rule, params in _candidates(ob, session):
        if len(steps) >= ESTIMATES:
            break
        rest = attempt(now, rule, params, session)
        if rest is None:
            continue
        proofs = [_side(r, session) for r in rest[:-1]]
        if all(q is not None for q in proofs):
            steps.append((rule, params, tuple(q for q in proofs if q is not None)))
            now = rest[-1]
    if not steps:
        return None
    inner = scalar.leaf(now, session, "hypothesis") or linear.prove(now, session)
    if inner is None:
        return None
    for rule, params, proofs_of in reversed(steps):
        inner = Proof(rule, params, (*proofs_of, inner))
    return inner


def _candidates(ob: Obligation, session: Session) -> Iterator[tuple[str, tuple[Any, ...]]]:
    x, y = ob.statement.args[:2]
    sums = sorted((s for s in strict(x) | strict(y) if s.op == "sum" and len(s.bound) == 1), key=lambda t: (-t.size, order_key(t)))[:4]
    declarations = ob.context.declarations
    for s in sums:
        for j in ob.statement.free:
            d = declarations.get(j)
            if j.op == "sym" and d is not None and d.domain is not None and d.domain.op == "range" and not d.random:
                yield "summand-estimate", (s, j)
        for sign, c in _bounds(s, ob):
            yield "sum-estimate", (s, sign, c)


def _bounds(s: Term, ob: Obligation) -> Iterator[tuple[str, Term]]:
    """Bounds of a summand: what it is at the bound that a universal hypothesis gives, small numbers."""
    (k,), body = open_binder(s)
    seen: set[tuple[str, Term]] = set()
    for h in ob.context.hypotheses:
        q = h.statement
        if q.op != "forall" or len(q.bound) != 1:
            continue
        p = instantiate(q, (k,))
        if p.op != "rel" or p.data not in ORDER:
            continue
        for inside, bound in (p.args, p.args[::-1]):
            c = substitute(body, {inside: bound})
            if k in inside.free and k not in c.free:
                for sign in ("≤", "≥"):
                    if (sign, c) not in seen:
                        seen.add((sign, c))
                        yield sign, c
    for c in (b.ONE, b.ZERO, num(-1)):
        yield "≤", c
        yield "≥", c


def _side(ob: Obligation, session: Session) -> Proof | None:
    """What an estimate rests on: membership, the sign or the bound of a summand."""
    found = scalar.prove(ob, session)
    if found is not None or ob.statement.data == "in":
        return found
    now, steps = summands._instances(ob, session)
    inner = scalar.prove(now, session) or linear.prove(now, session) or order.prove(now, session)
    return None if inner is None else summands._wrapped(steps, inner)


def _squares(ob: Obligation, session: Session) -> Proof | None:
    """∑ (x_k - c)² ≥ 0 where a hypothesis says that c is the mean of the x_k."""
    squares = {open_sum(s) for side in ob.statement.args[:2] for s in subterms(side) if s.op == "sum"}
    if not any(squares):
        return None
    for h in ob.context.hypotheses:
        for p in h.statement.args if h.statement.op == "and" else (h.statement,):
            if p.op != "rel" or p.data != "=" or not any(a.op == "sum" and len(a.bound) == 1 for a in p.args[:2]):
                continue
            s, value = p.args[:2] if p.args[0].op == "sum" else p.args[1::-1]
            if value.op == "sum" or s.args[1] is b.INF:
                continue
            (k,), body = open_binder(s)
            mean = b.div(value, b.add(b.sub(s.args[1], s.args[0]), b.ONE))
            params = (s.args[0], s.args[1], b.lam((k,), (b.INTEGERS,), b.sub(body, mean)))
            rest = attempt(ob, "squares-sum", params, session)
            inner = linear.prove(rest[0], session) if rest else None
            if inner is not None:
                return Proof("squares-sum", params, (inner,))
    return None


def open_sum(s: Term) -> bool:
    """A sum with a square inside."""
    return any(t.op == "pow" and t.args[1] is b.TWO for t in subterms(s.args[-1]))


# --- Gibbs -------------------------------------------------------------------------------------------------------------------------------


def _gibbs(ob: Obligation, session: Session) -> Proof | None:
    """∑ p log q: weights in front of logarithms, against the weights inside and against the uniform ones."""
    rw = session.rewriter(ob.context)
    gap = rw.nf(b.sub(*ob.statement.args[:2]))
    for lo, hi, p, q in _weights(gap):
        rest = attempt(ob, "gibbs-sum", (lo, hi, p, q), session)
        if rest:
            inner = linear.prove(rest[0], session) or scalar.leaf(rest[0], session, "hypothesis")
            if inner is not None:
                return Proof("gibbs-sum", (lo, hi, p, q), (inner,))
    return None


def _weights(gap: Term) -> Iterator[tuple[Term, Term, Term, Term]]:
    inside: dict[tuple[Term, Term], tuple[dict[Term, None], dict[Term, None]]] = {}
    for _, m in linear_terms(gap):
        for s in subterms(m):
            if s.op != "sum" or any(v.op == "bvar" for v in s.free):
                continue
            (k,), body = open_binder(s)
            logs = [t.args[0] for t in subterms(body) if t.op == "fn" and t.data == "log" and k in t.free]
            fronts, arguments = inside.setdefault((s.args[0], s.args[1]), ({}, {}))
            if logs:
                for t in subterms(body):
                    if t.op in ("idx", "ventry", "apply", "pdf") and k in t.free:
                        fronts[b.lam((k,), (b.INTEGERS,), t)] = None
                for t in logs:
                    arguments[b.lam((k,), (b.INTEGERS,), t)] = None
    for (lo, hi), (fronts, arguments) in inside.items():
        if not fronts:
            continue
        uniform = b.lam((open_binder(next(iter(fronts)))[0][0],), (b.INTEGERS,), b.div(b.ONE, b.add(b.sub(hi, lo), b.ONE)))
        for p in list(fronts)[:3]:
            others = [q for q in [*list(arguments)[:3], *list(fronts)[:3], uniform] if q is not p]
            for q in others:
                yield lo, hi, p, q
            # weights that do not add up to 1 are compared with as many of the others
            (k,), weight = open_binder(p)
            whole = b.sum_(k, lo, hi, weight)
            for q in others[:3]:
                yield lo, hi, p, b.lam((k,), (b.INTEGERS,), b.mul(instantiate(q, (k,)), whole))
