"""Universal statements over infinite sets that a model makes true for a reason that can be checked.

`certified(ev, forall, env)` says yes only where it is proved that the statement holds in the model:

* a relation between polynomials of one real number (exact coefficients; signs by isolating real roots), over `\\R` or a half line;
* convexity and concavity of a function of one number, by the sign of the second derivative (a chord below the graph refutes it);
* `u < v ⟹ F(u) < F(v)` (and `≤`) for a differentiable F whose derivative is positive (not negative) on the line.

Everything else is left open.  Hypotheses about abstract functions (strict convexity, evenness) are met this way.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import fmpq

from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics.differentiate import derivative
from derivcheck.semantics.evaluate import Env, Evaluator, call_function
from derivcheck.semantics.evaluate_calculus import opened, outer_frame
from derivcheck.semantics.evaluate_optimum import always_positive, polynomial, real_roots
from derivcheck.semantics.quadrature import expanded
from derivcheck.semantics.values import UNKNOWN, Function, Marker, Value, compare, matrix
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, open_binder, substitute


def certified(ev: Evaluator, t: Term, env: Env) -> bool:
    """Whether a universal statement is proved to hold in the model."""
    symbols, dangling, body, outside = opened(t.args[-1], t.bound)
    body = expanded(ev, body)
    frame = outer_frame(ev, dangling, outside, env)
    variables, domains = list(symbols), list(t.args[:-1])
    while body.op == "forall":
        inner_symbols, inner_dangling, inner, _ = opened(body.args[-1], body.bound)
        if inner_dangling:
            return False
        variables += inner_symbols
        domains += body.args[:-1]
        body = inner
    if any(v.sort.kind != "num" for v in variables):
        return False
    if len(variables) == 1:
        return polynomial_relation(ev, body, variables[0], domains[0], frame)
    if len(variables) == 2 and all(d.op == "set" and d.data == "R" for d in domains):
        return monotone(ev, body, variables, frame)
    return False


def polynomial_relation(ev: Evaluator, p: Term, x: Term, domain: Term, frame: Env) -> bool:
    """`f(x) R g(x)` for all x of the domain, f - g being a polynomial with exact coefficients."""
    if p.op == "and":
        return all(polynomial_relation(ev, q, x, domain, frame) for q in p.args)
    if p.op != "rel" or p.data not in ("=", "≥", "≤", ">", "<") or any(a.sort.kind != "num" for a in p.args):
        return False
    gap = b.sub(p.args[0], p.args[1]) if p.data in ("=", "≥", ">") else b.sub(p.args[1], p.args[0])
    f = polynomial(ev, gap, x, frame)
    if f is None:
        return False
    if p.data == "=":
        return bool(f.degree() < 0)
    strict = p.data in ("<", ">")
    if domain.op != "set" or domain.data not in ("R", "Rpos", "Rnn", "Z", "N", "Npos"):
        return False
    if f.degree() < 1:
        return bool(f[0] > 0 or (f[0] == 0 and not strict))
    roots = real_roots(f)
    if roots is None:
        return False
    half = domain.data in ("Rpos", "Rnn", "N", "Npos")
    for r, times in roots:
        place = compare(r, ar.ZERO)
        if half and (place == -1 or (place == 0 and domain.data in ("Rpos", "Npos"))):
            continue
        if strict or times % 2:
            return False
    # no change of sign on the domain: the sign far out decides
    return bool(f[f.degree()] > 0)


def monotone(ev: Evaluator, p: Term, variables: list[Term], frame: Env) -> bool:
    """`u < v ⟹ F(u) < F(v)` for all reals."""
    if p.op != "implies" or any(q.op != "rel" for q in p.args):
        return False
    before, after = p.args
    if before.data not in ("<", "≤", ">", "≥") or after.data not in ("<", "≤", ">", "≥"):
        return False
    low, high = before.args[:2] if before.data in ("<", "≤") else before.args[1::-1]
    if {low, high} != set(variables) or low is high:
        return False
    small, large = after.args[:2] if after.data in ("<", "≤") else after.args[1::-1]
    if substitute(small, {low: high}) is not large or low not in small.free or high in small.free:
        return False
    slope = derivative(small, low)
    if not slope.complete or slope.conditions:
        return False
    if always_positive(ev, slope.term, low, frame):
        return True
    f = polynomial(ev, slope.term, low, frame)
    if f is None:
        return False
    if f.degree() < 1:
        return bool(f[0] > 0 or (f[0] == 0 and after.data in ("≤", "≥")))
    roots = real_roots(f)
    # isolated zeros of the slope do no harm
    return roots is not None and all(k % 2 == 0 for _, k in roots) and bool(f[f.degree()] > fmpq(0))


@dataclass(frozen=True)
class Bent:
    """Two points between which a function leaves its chord on the wrong side: its value in the middle, and the mean of the values."""

    low: tuple[Value, ...]
    high: tuple[Value, ...]
    middle: Value
    mean: Value


_ENDS = ((-3, 1), (0, 2), (fmpq(1, 2), 5), (fmpq(-1, 2), fmpq(1, 2)), (1, 9))


def bent(ev: Evaluator, f: Function, concave: bool) -> Bent | None:
    """Points that show a function of numbers and vectors not to be convex (concave)."""
    places: list[tuple[int, int] | None] = []
    for v in f.term.bound:
        if v.sort.kind == "num":
            places.append(None)
            continue
        rows = ev.size(v.sort.rows, ev.root) if v.sort.kind == "mat" else None
        columns = ev.size(v.sort.cols, ev.root) if v.sort.kind == "mat" else None
        if rows is None or columns is None or rows * columns > 9:
            return None
        places.append((rows, columns))
    for k in range(25):
        low, high, middle = _three(places, k)
        values = [call_function(ev, f, at) for at in (low, high, middle)]
        mean = ar.div(ar.add(values[:2]), fmpq(2))
        if compare(ar.sub(values[2], mean), ar.ZERO) == (-1 if concave else 1):
            return Bent(tuple(low), tuple(high), values[2], mean)
    return None


def _three(places: list[tuple[int, int] | None], k: int) -> tuple[list[Value], list[Value], list[Value]]:
    """The k-th pair of points, and the point in the middle."""
    low: list[Value] = []
    high: list[Value] = []
    middle: list[Value] = []
    count = 0
    for place in places:
        rows, columns = place or (1, 1)
        pairs = [_ENDS[(k + (count + i) * (k // 5)) % 5] for i in range(rows * columns)]
        count += rows * columns
        for out, entries in (
            (low, [fmpq(p) for p, _ in pairs]),
            (high, [fmpq(q) for _, q in pairs]),
            (middle, [(fmpq(p) + fmpq(q)) / 2 for p, q in pairs]),
        ):
            out.append(entries[0] if place is None else matrix([entries[i * columns : (i + 1) * columns] for i in range(rows)]))
    return low, high, middle


def convex(ev: Evaluator, f: Value, concave: bool) -> bool | Marker:
    """Whether a function value is convex (concave) on its domain."""
    if not isinstance(f, Function):
        return UNKNOWN
    n = len(f.term.bound)
    if bent(ev, f, concave) is not None:
        return False
    if n != 1 or f.term.bound[0].sort.kind != "num" or f.env is not None or any(v.op == "bvar" for v in f.term.free):
        return UNKNOWN
    (x,), body = open_binder(f.term)
    first = derivative(body, x)
    second = derivative(first.term, x)
    if not (first.complete and second.complete) or first.conditions or second.conditions:
        return UNKNOWN
    bend = b.neg(second.term) if concave else second.term
    if x not in bend.free:
        sign = compare(ev.eval(bend, ev.root), ar.ZERO)
        return True if sign in (0, 1) else UNKNOWN
    if always_positive(ev, bend, x, ev.root):
        return True
    p = polynomial(ev, bend, x, ev.root)
    roots = real_roots(p) if p is not None and p.degree() > 0 else None
    return True if p is not None and roots is not None and all(k % 2 == 0 for _, k in roots) and p[p.degree()] > 0 else UNKNOWN
