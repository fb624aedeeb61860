"""`∃ k ∈ ℤ : u(k) = v(k)` with sides linear in k is false where the solution is shown to be no integer.

`without_solution(ev, t, env)` computes an enclosure of the one number that could solve the equation; statements joined by `∨` are looked
at one by one, of those joined by `∧` one will do.  Equations that do not hold in any model say nothing here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flint import arb, fmpq

from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics.values import ball, is_number
from derivcheck.terms.term import Term

if TYPE_CHECKING:
    from derivcheck.semantics.evaluate import Env, Evaluator


def without_solution(ev: Evaluator, t: Term, env: Env) -> bool:
    """Whether `∃ k ∈ ℤ : P(k)` is shown to be false."""
    domain, body = t.args
    if domain.op != "set" or domain.data not in ("Z", "N", "Npos"):
        return False
    return _fails(ev, body, t.bound[0], env)


def _fails(ev: Evaluator, p: Term, k: Term, env: Env) -> bool:
    if p.op == "or":
        return all(_fails(ev, q, k, env) for q in p.args)
    if p.op == "and":
        return any(_fails(ev, q, k, env) for q in p.args)
    if p.op != "rel" or p.data != "=" or not all(a.sort.kind == "num" and _linear(a, k) for a in p.args[:2]):
        return False
    from derivcheck.semantics.evaluate import Env as Frame

    gaps = []
    for v in (fmpq(0), fmpq(1)):
        left, right = (ev.eval(a, Frame(env, {k: v})) for a in p.args[:2])
        gap = ar.sub(left, right) if is_number(left) and is_number(right) else None
        if not is_number(gap):
            return False
        gaps.append(ball(gap))
    slope = gaps[1] - gaps[0]
    if not slope.abs_lower() > 0:
        return False
    root = -gaps[0] / slope
    if not root.imag.contains(0):
        return True
    low, high = root.real.lower(), root.real.upper()
    if not (low.is_finite() and high.is_finite()) or not high - low < arb("0.5"):
        return False
    return not root.real.contains_integer()


def _linear(t: Term, k: Term) -> bool:
    """Whether a term is a k + c with a and c free of k."""
    if k not in t.free or t is k:
        return True
    if t.op in ("add", "neg"):
        return all(_linear(a, k) for a in t.args)
    if t.op == "mul":
        return sum(k in a.free for a in t.args) == 1 and all(_linear(a, k) for a in t.args)
    return t.op == "div" and k not in t.args[1].free and _linear(t.args[0], k)
