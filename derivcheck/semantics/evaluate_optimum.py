"""Optima: `argmax`, `argmin` as sets, values of `max_x`, `min_x`, `sup_x`, `inf_x`.

Finite sets are searched exactly.  Over intervals and the line a function of one number is handled where a monotone transformation of
it (exp, log, reciprocal, powers, positive factors are peeled off) is a polynomial with rational coefficients, found exactly by
interpolation: its maxima are among the roots of the derivative, which are isolated.  A function of a vector is handled where it is
a quadratic polynomial with a definite matrix.  That a point is not optimal is shown in `better_points.py`.

Piecewise polynomials stand in `piecewise_optima.py`.

Limits: everything else is `UNKNOWN`; irrational optimisers of polynomials are known as enclosures.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flint import acb, arb, fmpq, fmpq_mat, fmpq_poly, fmpz_poly

from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics import sets
from derivcheck.semantics.evaluate import Env, Evaluator, handles
from derivcheck.semantics.evaluate_calculus import opened, outer_frame
from derivcheck.semantics.expectation import degree
from derivcheck.semantics.values import (
    INFINITY,
    MINUS_INFINITY,
    UNDEFINED,
    UNKNOWN,
    Infinite,
    Marker,
    Matrix,
    Value,
    compare,
    integer,
    is_number,
    matrix,
)
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk, subterms

if TYPE_CHECKING:
    from derivcheck.semantics.piecewise_optima import Optima

MAX_DEGREE = 12


@dataclass(frozen=True)
class Problem:
    """Maximise (sign 1) or minimise (sign -1) `body` over `domain`, `x` being a symbol."""

    sign: int
    x: Term
    domain: Term
    body: Term
    frame: Env


def problem(ev: Evaluator, t: Term, env: Env) -> Problem:
    """The optimisation problem of a binder with one variable."""
    from derivcheck.semantics.quadrature import expanded

    (x,), dangling, body, outside = opened(t.args[-1], t.bound)
    sign = 1 if t.op in ("argmax", "maxover", "supover") else -1
    body = expanded(ev, body)
    return Problem(sign, x, t.args[0], body, outer_frame(ev, dangling, outside, env))


def optimisers(ev: Evaluator, t: Term, env: Env) -> list[Value] | None:
    """All optimisers of an `argmax` or `argmin`, if they can be found and are finitely many."""
    listed = [sets.elements(ev, s, env) for s in t.args[:-1]]
    if all(p is not None for p in listed):
        return finite_optimisers(ev, t, listed, env)  # type: ignore[arg-type]
    if len(t.bound) != 1:
        return None
    p = problem(ev, t, env)
    if p.x.sort.kind == "mat":
        return quadratic_optimisers(ev, p)
    got = polynomial_optimum(ev, p)
    if got is not None:
        return got[0]
    pieces = in_pieces(ev, t, env)
    return list(pieces.points) if pieces is not None and not pieces.flats else None


def in_pieces(ev: Evaluator, t: Term, env: Env) -> Optima | None:
    """The optimisers of a piecewise polynomial of one number."""
    from derivcheck.semantics.piecewise_optima import optima

    if len(t.bound) != 1 or t.bound[0].sort.kind != "num" or t.args[-1].sort.kind != "num":
        return None
    if not any(s.op == "fn" and s.data in ("abs", "max", "min") for s in subterms(t.args[-1])):
        return None  # one piece: `polynomial_optimum` has been asked
    return optima(ev, problem(ev, t, env))


def finite_optimisers(ev: Evaluator, t: Term, lists: list[list[Value]], env: Env) -> list[Value] | None:
    sign = 1 if t.op in ("argmax", "maxover", "supover") else -1
    best: list[Value] = []
    top: Value = None
    for choice in itertools.product(*lists):
        v = ev.eval(t.args[-1], Env(env, dict(zip(t.bound, choice)), all(integer(c) is not None for c in choice)))
        if v is UNDEFINED:
            continue
        point = choice[0] if len(choice) == 1 else tuple(choice)
        if top is None:
            c: int | Marker = 1 if is_number(v) or isinstance(v, Infinite) else UNKNOWN
        else:
            c = compare(v, top)
        if not isinstance(c, int):
            return None
        if top is None or c * sign > 0:
            best, top = [point], v
        elif c == 0:
            best.append(point)
    return best


# --- polynomials --------------------------------------------------------------------------------------------------------


class Peeling:
    """Removes monotone outer functions and additive constants from a term that is to be optimised in x."""

    def __init__(self, ev: Evaluator, x: Term, frame: Env) -> None:
        self.ev = ev
        self.x = x
        self.frame = frame

    def peeled(self, t: Term, sign: int) -> tuple[Term, int] | None:
        """A term with the same optimisers; the sign says whether it is to be maximised."""
        ev, x, frame = self.ev, self.x, self.frame
        for _ in range(60):
            if x not in t.free:
                return None
            shorter = self.without_constants(self.plain_log(t))
            if shorter is not t:
                t = shorter
            if t.op == "neg":
                t, sign = t.args[0], -sign
            elif t.op in ("mul", "div"):
                inside = [a for a in t.args if x in a.free]
                if len(inside) != 1:
                    return t, sign
                factor = ar.mul([ev.eval(a, frame) for a in t.args if x not in a.free] or [ar.ONE])
                s = ar.sign_of(factor) if is_number(factor) else None
                if not s:
                    return None
                if t.op == "div" and inside[0] is t.args[1]:
                    # c/g with g > 0 everywhere
                    if not always_positive(ev, inside[0], x, frame):
                        return None
                    s = -s
                t, sign = inside[0], sign * s
            elif t.op == "fn" and t.data == "exp":
                t = t.args[0]
            elif t.op == "fn" and t.data == "log":
                if not always_positive(ev, t.args[0], x, frame):
                    return None
                t = t.args[0]
            elif t.op == "pow" and x not in t.args[1].free and always_positive(ev, t.args[0], x, frame):
                s = ar.sign_of(ev.eval(t.args[1], frame))
                if not s:
                    return None
                t, sign = t.args[0], sign * s
            elif t.op == "norm" and t.data in ("2", "F") and (t.data == "F" or t.args[0].sort.is_vector):
                return mk("pow", (t, b.TWO)), sign
            else:
                return t, sign
        return None

    def without_constants(self, t: Term) -> Term:
        """The term without summands that do not depend on x (also inside sums and constant factors)."""
        x = self.x
        if t.op == "add":
            kept = [self.without_constants(a) for a in t.args if x in a.free]
            return b.add(*kept)
        if t.op == "neg":
            return b.neg(self.without_constants(t.args[0]))
        if t.op == "sum" and x not in t.args[0].free and x not in t.args[1].free:
            return mk("sum", (*t.args[:2], self.without_constants(t.args[2])), t.data, t.sort, t.bound)
        if t.op == "mul" and sum(x in a.free for a in t.args) == 1:
            return b.mul(*(self.without_constants(a) if x in a.free else a for a in t.args))
        if t.op == "div" and x not in t.args[1].free:
            return b.div(self.without_constants(t.args[0]), t.args[1])
        return t

    def plain_log(self, t: Term) -> Term:
        """Logarithms of products, quotients and exponentials of positive terms written as sums."""
        if self.x not in t.free:
            return t
        if t.op == "fn" and t.data == "log":
            u = t.args[0]
            if u.op == "fn" and u.data == "exp":
                return u.args[0]
            if u.op == "mul" and all(self.positive(a) for a in u.args):
                return b.add(*(self.plain_log(b.log(a)) for a in u.args))
            if u.op == "div" and all(self.positive(a) for a in u.args):
                return b.sub(self.plain_log(b.log(u.args[0])), self.plain_log(b.log(u.args[1])))
            if u.op == "prod" and self.positive(u.args[2]):
                return mk("sum", (*u.args[:2], self.plain_log(b.log(u.args[2]))), u.data, u.sort, u.bound)
            return t
        if t.op in ("add", "neg", "mul", "div"):
            return mk(t.op, tuple(self.plain_log(a) for a in t.args), t.data, t.sort)
        if t.op == "sum":
            return mk("sum", (*t.args[:2], self.plain_log(t.args[2])), t.data, t.sort, t.bound)
        return t

    def positive(self, t: Term) -> bool:
        """Positive for every real x by its make-up and the values of the other symbols."""
        if self.x not in t.free and not any(v.op == "bvar" for v in t.free):
            return ar.sign_of(self.ev.eval(t, self.frame)) == 1
        if t.op == "fn" and t.data == "exp":
            from derivcheck.semantics.differentiate import looks_real

            return looks_real(t.args[0])
        if t.op in ("mul", "div"):
            return all(self.positive(a) for a in t.args)
        return t.op == "pow" and self.positive(t.args[0])


def peeled(ev: Evaluator, t: Term, x: Term, sign: int, frame: Env) -> tuple[Term, int] | None:
    """A term with the same optimisers over x, see `Peeling`."""
    return Peeling(ev, x, frame).peeled(t, sign)


def polynomial(ev: Evaluator, t: Term, x: Term, frame: Env) -> fmpq_poly | None:
    """The term as a polynomial in x with rational coefficients (by interpolation at one point more than its degree bound)."""
    d = degree(t, x)
    if d is None or d > MAX_DEGREE:
        return None
    points = [fmpq(k) for k in range(d + 2)]
    values = [ev.eval(t, Env(frame, {x: p})) for p in points]
    if not all(isinstance(v, fmpq) for v in values):
        return None
    n = d + 1
    system = fmpq_mat(n, n, [p**j if j else fmpq(1) for p in points[:n] for j in range(n)])
    coefficients = system.solve(fmpq_mat(n, 1, values[:n]))
    got = fmpq_poly([coefficients[i, 0] for i in range(n)])
    return got if got(points[n]) == values[n] else None


def real_roots(p: fmpq_poly) -> list[tuple[Value, int]] | None:
    """The real roots with multiplicities: rational ones exactly, others as balls; in no particular order."""
    if p.degree() < 1:
        return []
    out: list[tuple[Value, int]] = []
    _, factors = fmpz_poly([int(c) for c in (p * p.denom()).coeffs()]).factor()
    for f, k in factors:
        if f.degree() == 1:
            out.append((fmpq(-f[0], f[1]), k))
            continue
        for root, _ in f.complex_roots():
            if root.imag.is_zero():
                out.append((acb(root.real), k))
            elif root.imag.contains(0):
                return None
    return out


def always_positive(ev: Evaluator, t: Term, x: Term, frame: Env) -> bool:
    """The term is positive for every real x."""
    p = polynomial(ev, t, x, frame)
    if p is None:
        if t.op == "add":
            return all(always_positive(ev, a, x, frame) for a in t.args)
        if t.op == "fn" and t.data in ("exp", "cosh"):
            from derivcheck.semantics.differentiate import looks_real

            return looks_real(t.args[0])
        if x not in t.free:
            return ar.sign_of(ev.eval(t, frame)) == 1
        return False
    roots = real_roots(p)
    return roots == [] and p(fmpq(0)) > 0


def polynomial_optimum(ev: Evaluator, p: Problem) -> tuple[list[Value], Value] | None:
    """Optimisers over an interval, and the supremum of the peeled polynomial (for emptiness); `None` where unknown."""
    from derivcheck.semantics.quadrature import line_ends

    ends = line_ends(ev, p.domain, p.frame)
    if ends is None:
        return None
    lo, hi = ends
    closed = (False, False)
    if p.domain.op == "interval":
        closed = (str(p.domain.data)[0] == "[", str(p.domain.data)[1] == "]")
    elif p.domain.data in ("Rnn",):
        closed = (True, False)
    core = peeled(ev, p.body, p.x, p.sign, p.frame)
    if core is None:
        return None
    f = polynomial(ev, core[0], p.x, p.frame)
    if f is None or f.degree() < 1:
        return None
    if core[1] < 0:
        f = -f
    roots = real_roots(f.derivative())
    if roots is None:
        return None

    def at(v: Value) -> Value:
        if isinstance(v, fmpq):
            return f(v)
        if isinstance(v, Infinite):
            lead = f[f.degree()]
            sign = (1 if lead > 0 else -1) * (v.sign if f.degree() % 2 else 1)
            return INFINITY if sign > 0 else MINUS_INFINITY
        total = acb(0)
        for k in range(f.degree(), -1, -1):
            total = total * v + acb(arb(f[k]))
        return total

    candidates: list[tuple[Value, Value]] = []
    for r, _ in roots:
        low, high = compare(r, lo), compare(r, hi)
        if low == 1 and high == -1:
            candidates.append((r, at(r)))
        elif not (low in (0, -1) or high in (0, 1)):
            return None
    limits = []
    for end, inside in ((lo, closed[0]), (hi, closed[1])):
        if inside:
            candidates.append((end, at(end)))
        else:
            limits.append(at(end))
    best: list[tuple[Value, Value]] = []
    for v, value in candidates:
        if not best:
            best = [(v, value)]
            continue
        c = compare(value, best[0][1])
        if not isinstance(c, int):
            return None
        if c > 0:
            best = [(v, value)]
        elif c == 0:
            best.append((v, value))
    top: Value = best[0][1] if best else MINUS_INFINITY
    for value in limits:  # all of them: the other end may be higher still
        c = compare(value, top)
        if not isinstance(c, int):
            return None
        if c > 0:
            best, top = [], value
    return [v for v, _ in best], top


# --- vectors ------------------------------------------------------------------------------------------------------------


def quadratic_optimisers(ev: Evaluator, p: Problem) -> list[Value] | None:
    """The optimiser of a quadratic function of a vector with a definite matrix; none where it is unbounded."""
    if p.domain.op not in ("rn", "rmn"):
        return None
    m = ev.size(p.x.sort.rows, p.frame)
    n = ev.size(p.x.sort.cols, p.frame)
    core = peeled(ev, p.body, p.x, p.sign, p.frame)
    if m is None or n is None or m * n > 6 or core is None:
        return None
    d = degree(core[0], p.x)
    if d is None or d > 2:
        return None
    size = m * n

    def at(entries: list[fmpq]) -> Value:
        v = matrix([entries[i * n : (i + 1) * n] for i in range(m)])
        return ev.eval(core[0], Env(p.frame, {p.x: v}))

    zero = [fmpq(0)] * size

    def unit(*places: int) -> list[fmpq]:
        got = list(zero)
        for k in places:
            got[k] += 1
        return got

    base = at(zero)
    ones = [at(unit(i)) for i in range(size)]
    table = [[at(unit(i, j)) for j in range(size)] for i in range(size)]
    if not all(isinstance(v, fmpq) for v in (base, *ones, *(v for r in table for v in r))):
        return None
    s = -core[1]
    hess = fmpq_mat(size, size, [s * (table[i][j] - ones[i] - ones[j] + base) for i in range(size) for j in range(size)])
    linear = [s * ones[i] - s * base - hess[i, i] / 2 for i in range(size)]
    from derivcheck.semantics.evaluate_matrix import definite

    h = Matrix(hess)
    if definite(h, strictly=True) is True:
        solution = hess.solve(fmpq_mat(size, 1, [-v for v in linear]))
        return [matrix([[solution[i * n + j, 0] for j in range(n)] for i in range(m)])]
    if definite(h, strictly=False) is False:
        return []
    return None


# --- values -----------------------------------------------------------------------------------------------------------


@handles("maxover", "minover", "supover", "infover")
def _extreme(ev: Evaluator, t: Term, env: Env) -> Value:
    if ev.depends(t):
        return UNKNOWN
    attained = t.op in ("maxover", "minover")
    largest = t.op in ("maxover", "supover")
    listed = [sets.elements(ev, s, env) for s in t.args[:-1]]
    if all(p is not None for p in listed):
        values = []
        for choice in itertools.product(*listed):  # type: ignore[arg-type]
            v = ev.eval(t.args[-1], Env(env, dict(zip(t.bound, choice)), all(integer(c) is not None for c in choice)))
            if v is not UNDEFINED:
                values.append(v)
        if not values:
            return UNDEFINED if attained else (MINUS_INFINITY if largest else INFINITY)
        if len(values) != len(list(itertools.product(*listed))):  # type: ignore[arg-type]
            return UNKNOWN
        return ar.minmax(values, largest)
    if len(t.bound) != 1:
        return UNKNOWN
    p = problem(ev, t, env)
    if p.x.sort.kind == "mat":
        found = quadratic_optimisers(ev, p)
        return ev.eval(p.body, Env(p.frame, {p.x: found[0]})) if found else UNKNOWN
    got = polynomial_optimum(ev, p)
    if got is None:
        pieces = in_pieces(ev, t, env)
        best_point = pieces.a_point() if pieces is not None else None
        if best_point is not None:
            return ev.eval(p.body, Env(p.frame, {p.x: best_point}))
        from derivcheck.semantics.compact_extrema import enclosed

        return enclosed(ev, p)
    best, top = got
    if best:
        return ev.eval(p.body, Env(p.frame, {p.x: best[0]}))
    if attained:
        return UNDEFINED
    f = polynomial(ev, p.body, p.x, p.frame)
    if f is not None and isinstance(top, Infinite):
        # an unbounded polynomial
        return top if largest else ar.neg(top)
    return UNKNOWN
