"""A random variable of any law that has some moments and lacks the higher ones.

`counterexample(ob, budget)` takes an inverse Gamma law for the one random symbol of a statement, or for its opposite.  If G ~ Ga(α, 1), X = 1/G is positive with
E[X^k] = Γ(α-k)/Γ(α) for k < α and ∞ for k ≥ α, so that a polynomial in X has the mean ∞ or -∞, by the sign of its leading coefficient, if
its degree is at least α; a variance has no value then.  Every mean and variance becomes such a number, and the statement is looked at
without the symbol.

Limits: statements that mention ∞ (elsewhere the existence of means is a condition), and in which the symbol stands in means and variances of polynomials (in it or its modulus) with rational coefficients only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import product
from types import MappingProxyType

from derivcheck.kernel.budget import Budget
from derivcheck.kernel.obligation import Obligation
from derivcheck.refute.examine import Refutation
from derivcheck.refute.resolve import put_in
from derivcheck.refute.search import search
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, mk, name_of, num, subterms

SHAPES = (Fraction(3, 2), Fraction(5, 2), Fraction(7, 2), Fraction(1, 2))
MOST = 8
Polynomial = Mapping[int, Fraction]


def counterexample(ob: Obligation, budget: Budget) -> Refutation | None:
    """A counterexample with a heavy tail."""
    p = ob.statement
    means = [s for s in subterms(p) if s.op in ("E", "Var")]
    random = [d for s, d in ob.context.declarations.items() if (d.random or d.law is not None) and s in p.free]
    if not means or len(random) != 1 or not _any_law(random[0]) or not any(s is b.INF for s in subterms(p)):
        return None  # where nothing asks whether a mean is finite, that is a condition of the step
    x = random[0].symbol
    if any(x in h.statement.free for h in ob.context.hypotheses if h.kind not in ("step", "use")) or any(x in t.free for group, _ in ob.context.independent for t in group):
        return None
    rest = MappingProxyType({s: d for s, d in ob.context.declarations.items() if s is not x})
    for shape, sign in product(SHAPES, (1, -1) if random[0].domain is b.REALS else (1,)):
        values: dict[Term, Term] = {}
        for s in sorted(means, key=lambda t: t.size):
            if s.data or s.sort.kind != "num":
                return None
            got = _mean(put_in(s, values), x, shape, sign)
            if got is None:
                return None
            values[s] = got
        q = _replaced(p, values)
        if x in q.free:
            return None
        found = search(Obligation(replace(ob.context, declarations=rest), q), budget.share(0.1))
        if found is not None:
            return replace(found, values={**found.values, name_of(x): f"{'' if sign > 0 else '-'}Z with the law \\mathrm{{InvGa}}({shape}, 1) of Z"})
    return None


def _replaced(t: Term, values: Mapping[Term, Term]) -> Term:
    if t in values:
        return values[t]
    if not t.args or t.bound:
        return t
    return mk(t.op, tuple(_replaced(a, values) for a in t.args), t.data, t.sort)


def _any_law(d: Declaration) -> bool:
    """A real variable, or a positive one, of which nothing else is said."""
    free = d.domain in (b.REALS, b.POSITIVE, b.NONNEGATIVE)
    return d.random and d.law is None and d.symbol.sort.kind == "num" and free and not d.attributes - {"random"}


def _mean(s: Term, x: Term, shape: Fraction, sign: int) -> Term | None:
    p = _polynomial(s.args[0], x, sign)
    if p is None:
        return None
    if s.op == "E":
        value = _value(p, shape)
        return (b.INF if value > 0 else b.neg(b.INF)) if isinstance(value, int) else num(value)
    mean, square = _value(p, shape), _value(_times(p, p), shape)
    if isinstance(mean, int) or isinstance(square, int):
        return mk("const", (), "undefined")
    return num(square - mean**2)


def _value(p: Polynomial, shape: Fraction) -> Fraction | int:
    """The mean of a polynomial; 1 or -1 for ∞ or -∞."""
    degree = max((k for k, c in p.items() if c), default=0)
    if degree >= shape:
        return 1 if p[degree] > 0 else -1
    total = Fraction(0)
    for k, c in p.items():
        below = Fraction(1)
        for i in range(1, k + 1):
            below *= shape - i
        total += c / below
    return total


def _polynomial(t: Term, x: Term, sign: int) -> Polynomial | None:
    """Coefficients of a polynomial in a positive number, x being that or its opposite."""
    if t is x:
        return {1: Fraction(sign)}
    if t.op == "num":
        return {0: Fraction(t.data)}
    if t.op == "neg":
        inner = _polynomial(t.args[0], x, sign)
        return None if inner is None else {k: -c for k, c in inner.items()}
    if t.op == "fn" and t.data == "abs" and t.args[0] is x:
        return {1: Fraction(1)}
    if t.op == "div":
        top, bottom = _polynomial(t.args[0], x, sign), _polynomial(t.args[1], x, sign)
        if top is None or bottom is None or set(bottom) != {0} or not bottom[0]:
            return None
        return {k: c / bottom[0] for k, c in top.items()}
    if t.op == "pow" and t.args[1].op == "num" and t.args[1].data.denominator == 1 and 0 <= t.args[1].data <= MOST:
        base = _polynomial(t.args[0], x, sign)
        out: Polynomial | None = {0: Fraction(1)}
        for _ in range(int(t.args[1].data)):
            out = None if base is None or out is None else _times(out, base)
        return out
    if t.op in ("add", "mul"):
        parts = [_polynomial(a, x, sign) for a in t.args]
        result: Polynomial = {0: Fraction(0)} if t.op == "add" else {0: Fraction(1)}
        for q in parts:
            if q is None:
                return None
            result = _times(result, q) if t.op == "mul" else {k: result.get(k, Fraction(0)) + q.get(k, Fraction(0)) for k in {*result, *q}}
        return result
    return None


def _times(p: Polynomial, q: Polynomial) -> Polynomial:
    out: dict[int, Fraction] = {}
    for i, c in p.items():
        for j, e in q.items():
            out[i + j] = out.get(i + j, Fraction(0)) + c * e
    return out
