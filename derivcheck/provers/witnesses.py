"""Candidates for the x of `∃ x ∈ S : P(x)`.  Nothing here is trusted: the inference `exists` asks for proofs of t ∈ S and P(t).

* equations of P solved for x: linear, quadratic, through inverse functions (`solved_for`), with the hypotheses' equations put in;
* inequalities of P: what solves them with equality, and a step beyond it; for integers the next integer;
* for `∀ y : …` in P (as in ε-δ statements): positive symbols, and parts of them;
* ends and midpoints of S, symbols of the context, small numbers.

`crossing` gives the ends for the intermediate value theorem.  Limits: one variable.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction

from flint import fmpq

from derivcheck.kernel.check import Session
from derivcheck.kernel.inferences.solutions import hypothesis_parts, solve_linear
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.semantics.evaluate import Budget as Work
from derivcheck.semantics.evaluate import Env, Evaluator, Model, with_evaluator
from derivcheck.semantics.truth import samples
from derivcheck.semantics.values import compare
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num, substitute, subterms

_ORDER = ("<", "≤", ">", "≥")
_SMALL = (b.ZERO, b.ONE, b.MINUS_ONE, b.TWO, num(-2), num("1/2"), num(3), num(10))
_INVERSES = {"exp": "log", "log": "exp", "sin": "arcsin", "cos": "arccos", "tan": "arctan", "arctan": "tan", "sinh": "arcsinh", "arcsinh": "sinh", "tanh": "arctanh", "cosh": "arccosh"}
HALF = num("1/2")


def candidates(k: Term, domain: Term, body: Term, ob: Obligation, session: Session) -> Iterator[Term]:
    """Candidates, the likeliest first, each once."""
    seen: set[Term] = set()
    for t in _all(k, domain, body, ob, session):
        if t not in seen and k not in t.free and t.size < 200:
            seen.add(t)
            yield t


def _all(k: Term, domain: Term, body: Term, ob: Obligation, session: Session) -> Iterator[Term]:
    rw = session.rewriter(ob.context)
    parts = list(_relations(body))
    solved = False
    for q in parts:
        if q.data == "=":
            for w in _of_equation(q, k, ob, rw):
                solved = True
                yield w
    if solved and all(q.data == "=" for q in parts) and body.op in ("rel", "and", "or"):
        return
    for q in body.args if body.op == "and" else (body,):
        if q.op in ("forall", "implies"):
            yield from _fractions(q, ob, rw)
    whole = domain.op == "set" and domain.data in ("N", "Npos", "Z")
    bounds: list[Term] = []
    for q in parts:
        if q.data in _ORDER:
            bounds.extend(dict.fromkeys(solved_for(q.args[0], q.args[1], k, rw)))
    for w in bounds[:3]:
        if whole:
            up = b.add(b.fn("floor", w), b.ONE)
            yield up
            yield b.fn("max", up, b.ONE)
        yield b.add(w, b.ONE)
        yield b.sub(w, b.ONE)
        yield b.mul(HALF, w)
        yield w
    yield from (b.mul(HALF, b.add(v, w)) for i, v in enumerate(bounds[:3]) for w in bounds[i + 1 : 3])
    if domain.op == "interval":
        lo, hi = domain.args
        if hi is not b.INF and lo.op != "neg":
            yield b.mul(HALF, b.add(lo, hi))
        yield from (end for end in (lo, hi) if end is not b.INF and not (end.op == "neg" and end.args[0] is b.INF))
    found = [s for s in ob.context.declarations if s.op == "sym" and s.sort.kind == "num" and s.data[1] < 0]  # by an inference
    symbols = sorted((s for s in body.free if s.op == "sym" and s.sort.kind == "num" and s is not k), key=order_key)
    for s in [*found[-2:], *symbols[:3]]:
        yield from (s, b.add(s, b.ONE), b.sub(s, b.ONE), b.neg(s))
    yield from _SMALL


def _relations(p: Term) -> Iterator[Term]:
    """The relations between numbers in a statement without quantifiers."""
    if p.op in ("and", "or", "not", "implies"):
        for a in p.args:
            yield from _relations(a)
    elif p.op == "rel" and p.data in ("=", *_ORDER) and p.args[0].sort.kind == "num":
        yield p


def _of_equation(q: Term, k: Term, ob: Obligation, rw: Rewriter) -> Iterator[Term]:
    for w in solved_for(q.args[0], q.args[1], k, rw):
        yield w
        for h in hypothesis_parts(ob.context):
            if h.op == "rel" and h.data == "=" and h.args[0].sort.kind == "num":
                for s in sorted((s for s in h.free & w.free if s.op == "sym"), key=order_key):
                    x = solve_linear(b.sub(h.args[0], h.args[1]), s, rw)
                    if x is not None and s not in x.free:
                        yield rw.nf(substitute(w, {s: x}))


def solved_for(left: Term, right: Term, k: Term, rw: Rewriter) -> Iterator[Term]:
    """Terms that may solve left = right for k."""
    w = solve_linear(b.sub(left, right), k, rw)
    if w is not None and k not in w.free:
        yield w
        return
    yield from _peeled(left, right, k)
    yield from _peeled(right, left, k)
    yield from _quadratic_roots(b.sub(left, right), k, rw)


def _peeled(t: Term, w: Term, k: Term, depth: int = 0) -> Iterator[Term]:
    """Solve t = w for k by taking off what stands around its only occurrence."""
    if k in w.free or k not in t.free or depth > 12:
        return
    if t is k:
        yield w
        return
    moving = [i for i, a in enumerate(t.args) if k in a.free]
    if t.bound or len(moving) != 1:
        return
    i = moving[0]
    inner, others = t.args[i], [a for j, a in enumerate(t.args) if j != i]
    found: list[Term] = []
    if t.op == "neg":
        found = [b.neg(w)]
    elif t.op == "add":
        found = [b.sub(w, b.add(*others))]
    elif t.op == "mul":
        found = [b.div(w, b.mul(*others))]
    elif t.op == "div":
        found = [b.mul(w, others[0])] if i == 0 else [b.div(others[0], w)]
    elif t.op == "pow" and i == 1:
        found = [b.div(b.log(w), b.log(others[0]))]
    elif t.op == "pow" and others[0].op == "num" and others[0].data != 0:
        e: Fraction = others[0].data
        if e.denominator == 1 and e % 2 and e > 0:
            found = [b.mk("oddroot", (w,), int(e))]
        else:
            root = b.pow_(w, b.div(b.ONE, others[0]))
            found = [root, b.neg(root)] if e.denominator == 1 else [root]
    elif t.op == "oddroot":
        found = [b.pow_(w, num(int(t.data)))]
    elif t.op == "fn" and len(t.args) == 1 and t.data == "abs":
        found = [w, b.neg(w)]
    elif t.op == "fn" and len(t.args) == 1 and t.data in _INVERSES:
        found = [b.fn(_INVERSES[str(t.data)], w)]
    for v in found:
        yield from _peeled(inner, v, k, depth + 1)


def _quadratic_roots(t: Term, k: Term, rw: Rewriter) -> Iterator[Term]:
    """The roots of a quadratic in k by the formula."""
    from derivcheck.semantics.differentiate import differentiate

    first = rw.nf(differentiate(rw.nf(t), k))
    second = rw.nf(differentiate(first, k))
    if k in second.free or second is b.ZERO or any(s.op == "opaque" for s in subterms(first)):
        return
    slope, value = substitute(first, {k: b.ZERO}), substitute(rw.nf(t), {k: b.ZERO})
    root = b.sqrt(b.sub(b.pow_(slope, 2), b.mul(b.TWO, second, value)))
    yield rw.nf(b.div(b.add(b.neg(slope), root), second))
    yield rw.nf(b.div(b.sub(b.neg(slope), root), second))


def _fractions(body: Term, ob: Obligation, rw: Rewriter) -> Iterator[Term]:
    """Parts of positive symbols: by the numbers that stand in the statement, and no more than 1."""
    oracle = rw.oracle
    numbers = [s for s in dict.fromkeys(subterms(body)) if s.op == "num" and s.data > 1][:3]
    for s in sorted((s for s in body.free if s.op == "sym" and s.sort.kind == "num" and oracle.positive(s)), key=order_key)[:2]:
        yield from (b.add(b.fn("floor", b.div(b.ONE, s)), b.ONE), s, *(b.div(s, n) for n in numbers), b.div(s, b.TWO), b.sqrt(s), b.div(b.ONE, s))
        for part in (*(b.div(s, n) for n in numbers), s):
            yield b.fn("min", b.ONE, part)


def crossing(k: Term, domain: Term, body: Term, ob: Obligation) -> Iterator[tuple[Term, Term, bool]]:
    """Rational points of an interval between which the sides of a closed equation change their order: (left, right, growing)."""
    if body.op != "rel" or body.data != "=" or body.free - {k} or body.args[0].sort.kind != "num":
        return

    def use(ev: Evaluator) -> object:
        points = samples(ev, domain, k.sort, ev.root) or []
        gap = b.sub(body.args[0], body.args[1])
        found: list[tuple[fmpq, int]] = []
        for v in sorted({p for p in points if isinstance(p, fmpq)}, key=lambda q: Fraction(int(q.p), int(q.q))):
            side = compare(ev.eval(gap, Env(ev.root, {k: v})), fmpq(0))
            if isinstance(side, int):
                found.append((v, side))
        return found

    got = with_evaluator(use, Model({}, ob.context), budget=Work(40_000))
    if not isinstance(got, list):
        return
    pairs = [(u, v, at_v) for (u, at_u), (v, at_v) in itertools.pairwise(got) if at_u != at_v and at_u * at_v <= 0]
    for u, v, at_v in pairs[:2]:
        yield num(Fraction(int(u.p), int(u.q))), num(Fraction(int(v.p), int(v.q))), at_v >= 0


__all__ = ["candidates", "crossing", "solved_for"]
