"""Functions that a hypothesis for all arguments determines: y with `∀ t ∈ S : (1 + t²) y(t) = t`, or with `∀ t : y'(t) = k y(t)`.

`solution(draft, y)` gives a `lam` for a function symbol, and the hypotheses that it meets by construction:

* an equation of degree 1 or 2 in y(t) (taken as a number u): u = -c₀/c₁, or u = (-c₁ ± √D)/(2c₂); c₁ (c₂ and D) must be shown without zeros
  on S, and the coefficients are made of functions that are smooth everywhere, so that y is smooth;
* y' = a y + c and y'' = a y + c with numbers a and c: C e^{at} - c/a and the like; an equation y(t₀) = v sets the constant of the first.

The other symbols of the equation have (rational) values by then.  Limits: one number as argument; y occurs only as y(t), y'(t), y''(t).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flint import fmpq

from derivcheck.semantics.certify import polynomial_relation
from derivcheck.semantics.evaluate import Evaluator, evaluate, with_evaluator
from derivcheck.semantics.evaluate_optimum import always_positive
from derivcheck.semantics.values import Function
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, fresh, instantiate, mk, num, open_binder, substitute

if TYPE_CHECKING:
    from derivcheck.semantics.solve import Draft

_EVERYWHERE_SMOOTH = frozenset("exp sin cos sinh cosh tanh sech arctan arcsinh erf erfc".split())
_PLAIN = frozenset("smooth continuous differentiable".split())


def solution(draft: Draft, y: Term) -> tuple[Term, list[Term]] | None:
    """A function that meets the first universal equation about it, with the hypotheses that it meets; None if none is found."""
    d = draft.builder.context.declarations.get(y)
    if d is None or y.sort.kind != "fun" or len(y.sort.arg_sorts) != 1 or y.sort.result.kind != "num" or d.attributes - _PLAIN:
        return None
    about = [p for p, needed in draft.early if y in needed]
    universal = [p for p in about if p.op == "forall"]
    if len(universal) != 1 or len(universal[0].bound) != 1 or len(d.arg_domains) != 1 or universal[0].args[0] is not d.arg_domains[0]:
        return None
    p = universal[0]
    (t,), body = open_binder(p)
    if t.sort.kind != "num" or body.op != "rel" or body.data != "=" or body.args[0].sort.kind != "num":
        return None
    orders = tuple(fresh("u", t.sort) for _ in range(3))
    gap = _as_unknowns(b.sub(body.args[0], body.args[1]), y, t, orders)
    gap = None if gap is None else _with_values(gap, draft, {t, *orders})
    if gap is None:
        return None
    values = [q for q in about if q is not p]
    used = [i for i, u in enumerate(orders) if u in gap.free]
    reals = d.domain is None or d.domain is b.REALS

    def attempt(ev: Evaluator) -> tuple[Term, list[Term]] | None:
        if used == [0]:
            for solved in _algebraic(ev, gap, orders[0], t, p.args[0], draft.index):
                inside = reals or (d.domain is b.POSITIVE and _positive(ev, solved, t, p.args[0]))
                if inside and not values:
                    return b.lam((t,), (p.args[0],), _tidy(solved)), [p]
            return None
        return _linear(ev, gap, orders, t, p, values, y, draft) if reals else None

    return with_evaluator(attempt, draft.model(), draft.builder.prec)


def _as_unknowns(t: Term, y: Term, x: Term, orders: tuple[Term, ...]) -> Term | None:
    """y(x), y'(x), y''(x) replaced by unknowns; None if y occurs otherwise or a binder stands in the way."""
    if t.op == "apply":
        head = t.args[0]
        if t.args[1:] == (x,):
            if head is y:
                return orders[0]
            if head.op == "dfun" and head.args[0] is y and isinstance(head.data, tuple) and len(head.data) == 1 and 0 < head.data[0] < 3:
                return orders[int(head.data[0])]
    if y not in t.free:
        return t
    if t.op == "deriv" and t.args[0] is x and t.data in (1, 2) and not isinstance(t.data, bool):
        (v,), inside = open_binder(t)
        if inside.op == "apply" and inside.args == (y, v):
            return orders[int(t.data)]
    if t.bound or not t.args or t.op == "sym":
        return None
    parts = [_as_unknowns(a, y, x, orders) for a in t.args]
    return None if any(a is None for a in parts) else mk(t.op, tuple(a for a in parts if a is not None), t.data, t.sort)


def _with_values(t: Term, draft: Draft, open_symbols: set[Term]) -> Term | None:
    """Rational values (and bodies of functions) put in for the symbols that have one."""
    for s in [s for s in t.free if s.op == "sym" and s not in open_symbols]:
        v = draft.values.get(s)
        if isinstance(v, fmpq):
            t = substitute(t, {s: num(f"{v.p}/{v.q}")})
        elif isinstance(v, Function) and v.env is None:
            t = _unfolded(t, s, v.term)
        else:
            return None
    return t if all(s in open_symbols for s in t.free) else None


def _unfolded(t: Term, f: Term, lam: Term) -> Term:
    if f not in t.free or not t.args:
        return t
    args = [_unfolded(a, f, lam) for a in t.args]
    if t.op == "apply" and t.args[0] is f:
        return instantiate(lam, args[1:])
    return mk(t.op, tuple(args), t.data, t.sort, t.bound)


def _coefficients(t: Term, u: Term) -> dict[int, Term] | None:
    """A polynomial in u: its coefficients by degree (up to 2)."""
    if t is u:
        return {1: b.ONE}
    if u not in t.free:
        return {0: t}
    if t.op == "neg":
        got = _coefficients(t.args[0], u)
        return None if got is None else {k: b.neg(c) for k, c in got.items()}
    if t.op == "add":
        out: dict[int, Term] = {}
        for a in t.args:
            got = _coefficients(a, u)
            if got is None:
                return None
            for k, c in got.items():
                out[k] = b.add(out[k], c) if k in out else c
        return out
    if t.op == "div" and u not in t.args[1].free:
        got = _coefficients(t.args[0], u)
        return None if got is None else {k: b.div(c, t.args[1]) for k, c in got.items()}
    factors = t.args if t.op == "mul" else (t.args[0], t.args[0]) if t.op == "pow" and t.args[1] is b.TWO else ()
    if not factors:
        return None
    product: dict[int, Term] = {0: b.ONE}
    for a in factors:
        got = _coefficients(a, u)
        if got is None:
            return None
        step: dict[int, Term] = {}
        for i, c in product.items():
            for j, e in got.items():
                both = e if c is b.ONE else b.mul(c, e)
                step[i + j] = b.add(step[i + j], both) if i + j in step else both
        product = step
    return product if max(product) <= 2 else None


def _smooth(t: Term, x: Term) -> bool:
    """Made of functions that are smooth everywhere."""
    if x not in t.free or t is x:
        return True
    if t.op in ("add", "neg", "mul") or (t.op == "fn" and t.data in _EVERYWHERE_SMOOTH):
        return all(_smooth(a, x) for a in t.args)
    if t.op == "div":
        return x not in t.args[1].free and _smooth(t.args[0], x)
    if t.op == "pow" and x not in t.args[1].free and t.args[1].op == "num":
        return bool(t.args[1].data.denominator == 1 and t.args[1].data >= 0) and _smooth(t.args[0], x)
    return False


def _positive(ev: Evaluator, t: Term, x: Term, domain: Term) -> bool:
    """Whether t > 0 for all x of the domain."""
    if x not in t.free:
        v = ev.eval(t, ev.root)
        return isinstance(v, fmpq) and v > 0
    if polynomial_relation(ev, b.rel(t, ">", b.ZERO), x, domain, ev.root):
        return True
    return domain is b.REALS and always_positive(ev, t, x, ev.root)


def _nonzero(ev: Evaluator, t: Term, x: Term, domain: Term) -> bool:
    return _positive(ev, t, x, domain) or _positive(ev, b.neg(t), x, domain)


def _algebraic(ev: Evaluator, gap: Term, u: Term, x: Term, domain: Term, index: int) -> list[Term]:
    """The solutions u of an equation of degree 1 or 2."""
    got = _coefficients(gap, u)
    if got is None or not all(_smooth(c, x) for c in got.values()):
        return []
    c0, c1, c2 = (got.get(k, b.ZERO) for k in range(3))
    if 2 not in got:
        return [b.div(b.neg(c0), c1)] if 1 in got and _nonzero(ev, c1, x, domain) else []
    inside = b.sub(b.pow_(c1, b.TWO), b.mul(num(4), c2, c0))
    if not _nonzero(ev, c2, x, domain) or not _positive(ev, inside, x, domain):
        return []
    root = b.pow_(inside, num("1/2"))
    both = [b.div(b.add(b.neg(c1), r), b.mul(b.TWO, c2)) for r in (root, b.neg(root))]
    return both if index % 2 == 0 else both[::-1]


def _linear(
    ev: Evaluator, gap: Term, orders: tuple[Term, ...], x: Term, p: Term, values: list[Term], y: Term, draft: Draft
) -> tuple[Term, list[Term]] | None:
    """y' = a y + c or y'' = a y + c with numbers a and c."""
    top = orders[2] if orders[2] in gap.free else orders[1]
    if top is orders[2] and (orders[1] in gap.free or values):
        return None
    outer = _coefficients(gap, top)
    if outer is None or set(outer) - {0, 1} or 1 not in outer or outer[1].free:
        return None
    inner = _coefficients(outer[0], orders[0]) if 0 in outer else {0: b.ZERO}
    if inner is None or set(inner) - {0, 1} or any(e.free for e in inner.values()):
        return None
    lead, slope, rest = (ev.eval(e, ev.root) for e in (outer[1], inner.get(1, b.ZERO), inner.get(0, b.ZERO)))
    if not (isinstance(lead, fmpq) and isinstance(slope, fmpq) and isinstance(rest, fmpq)) or lead == 0:
        return None
    a, c = -slope / lead, -rest / lead
    if a == 0:
        return None
    constant, scale = num(f"{(-c / a).p}/{(-c / a).q}"), num(draft.rng.choice(["1", "2", "-1", "3/2"]))
    rate = num(f"{a.p}/{a.q}")
    if top is orders[2]:
        root = b.pow_(b.neg(rate) if a < 0 else rate, num("1/2"))
        shape = b.fn("cos", b.mul(root, x)) if a < 0 else b.exp(b.mul(root, x))
        return b.lam((x,), p.args[:1], _tidy(b.add(b.mul(scale, shape), constant))), [p]
    met = [p]
    if values:
        q = values[0]
        if len(values) > 1 or q.op != "rel" or q.data != "=":
            return None
        for left, right in ((q.args[0], q.args[1]), (q.args[1], q.args[0])):
            if left.op == "apply" and left.args[0] is y and y not in right.free and y not in left.args[1].free:
                at = evaluate(left.args[1], draft.model(), draft.builder.prec)
                v = evaluate(right, draft.model(), draft.builder.prec)
                if isinstance(at, fmpq) and isinstance(v, fmpq):
                    start = num(f"{at.p}/{at.q}")
                    scale = b.mul(b.sub(num(f"{v.p}/{v.q}"), constant), b.exp(b.neg(b.mul(rate, start))))
                    met.append(q)
                    break
        if len(met) == 1:
            return None
    return b.lam((x,), p.args[:1], _tidy(b.add(b.mul(scale, b.exp(b.mul(rate, x))), constant))), met


def _tidy(t: Term) -> Term:
    """The same function with zeros, ones and double signs left out, as a reader would write it."""
    if not t.args or t.bound:
        return t
    args = [_tidy(a) for a in t.args]
    if t.op == "neg":
        a = args[0]
        return a.args[0] if a.op == "neg" else num(-a.data) if a.op == "num" else b.neg(a)
    if t.op == "add":
        kept = [a for a in args if a is not b.ZERO]
        return b.add(*kept) if kept else b.ZERO
    if t.op == "mul":
        kept = [a for a in args if a is not b.ONE]
        return b.ZERO if b.ZERO in kept else b.mul(*kept) if kept else b.ONE
    if t.op == "div" and args[1] is b.ONE:
        return args[0]
    if t.op == "pow" and args[0].op == "num" and args[1] is b.TWO:
        return num(args[0].data ** 2)
    return mk(t.op, tuple(args), t.data, t.sort)


__all__ = ["solution"]

