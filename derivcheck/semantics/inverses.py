"""The inverse of a function of one real number that is given by a formula: operations taken off one after the other.

`inverse(f)` peels what stands around the variable, each a one-to-one operation on the real numbers (or on the function's domain): sums and
products with what does not move, reciprocals, quotients of linear terms, odd powers and roots, exp, log, sinh, arcsinh, tanh, arctan.  The result
is a `lam` whose value is a `cases` with the conditions under which the number lies in the function's range.
"""

from __future__ import annotations

from functools import lru_cache

from derivcheck.semantics.differentiate import derivative
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, fresh, mk, num, open_binder, rebind, substitute, subterms

_TAKEN_OFF = {"log": "exp", "sinh": "arcsinh", "arcsinh": "sinh"}
_REAL = ("R", "Rpos", "Rnn", "Rneg")


@lru_cache(maxsize=512)
def inverse(f: Term) -> Term | None:
    """The inverse as a `lam` with its conditions; None where the formula is not of this form."""
    parts = solved(f)
    if parts is None:
        return None
    w, value, conditions = parts
    return rebind(f, (w,), (b.REALS,), b.cases(b.and_(*conditions), value) if len(conditions) > 1 else b.cases(conditions[0], value))


def solved(f: Term) -> tuple[Term, Term, list[Term]] | None:
    """(w, x, conditions) with f(x) = w for the x in the domain of f exactly if the conditions on w hold."""
    if f.op != "lam" or len(f.bound) != 1 or f.bound[0].sort.kind != "num":
        return None
    domain = f.args[0]
    if not ((domain.op == "set" and domain.data in _REAL) or domain.op == "interval"):
        return None
    (x,), t = open_binder(f)
    w = mk("sym", (), ("w", x.data[1]), x.sort)
    value: Term = w
    conditions: list[Term] = []
    for _ in range(40):
        if t is x:
            return w, value, [*conditions, mk("rel", (value, domain), "in", b.TRUE.sort)]
        step = _one(t, x, value, domain)
        if step is None:
            return None
        t, value, more = step
        conditions += more
    return None


def _one(t: Term, x: Term, v: Term, domain: Term) -> tuple[Term, Term, list[Term]] | None:
    """One operation taken off: t = v is (inner) = (value), under the conditions."""
    moving = [a for a in t.args if x in a.free]
    still = [a for a in t.args if x not in a.free]
    if t.bound or not moving:
        return None
    if t.op == "neg":
        return moving[0], b.neg(v), []
    if len(moving) > 1:
        return _linear_quotient(t, x, v)
    (inner,) = moving
    if t.op == "add":
        return inner, b.sub(v, b.add(*still)), []
    if t.op == "mul":
        factor = b.mul(*still)
        return inner, b.div(v, factor), [b.rel(factor, "≠", b.ZERO)]
    if t.op == "div":
        if inner is t.args[0]:
            return inner, b.mul(v, t.args[1]), []
        return inner, b.div(t.args[0], v), [b.rel(v, "≠", b.ZERO), b.rel(t.args[0], "≠", b.ZERO)]
    if t.op == "oddroot":
        return inner, b.pow_(v, num(t.data)), []
    if t.op == "pow":
        return _power(t, inner, x, v, domain)
    if t.op != "fn":
        return None
    name = str(t.data)
    if name == "exp":
        return inner, b.log(v), [b.rel(v, ">", b.ZERO)]
    if name in _TAKEN_OFF:
        # the argument of log is positive by itself then
        return inner, b.fn(_TAKEN_OFF[name], v), []
    if name == "tanh":
        return inner, b.fn("arctanh", v), [b.rel(v, "<", b.ONE), b.rel(b.MINUS_ONE, "<", v)]
    if name == "arctan":
        half = b.div(b.PI, b.TWO)
        return inner, b.fn("tan", v), [b.rel(v, "<", half), b.rel(b.neg(half), "<", v)]
    return None


def _power(t: Term, inner: Term, x: Term, v: Term, domain: Term) -> tuple[Term, Term, list[Term]] | None:
    base, exponent = t.args
    if inner is exponent:
        if base.op == "num" and base.data > 0 and base.data != 1:
            return inner, b.div(b.log(v), b.log(base)), [b.rel(v, ">", b.ZERO)]
        return None
    if exponent.op != "num":
        return None
    n = exponent.data
    if n == num("1/2").data:
        return inner, b.pow_(v, b.TWO), [b.rel(v, "≥", b.ZERO)]
    if n.denominator != 1 or n <= 0:
        return None
    if n % 2:
        return inner, mk("oddroot", (v,), int(n), v.sort) if n > 1 else v, []
    if inner is x and domain.op == "set" and domain.data in ("Rpos", "Rnn"):
        return inner, b.pow_(v, b.div(b.ONE, exponent)), [b.rel(v, "≥", b.ZERO)]
    return None


def _linear_quotient(t: Term, x: Term, v: Term) -> tuple[Term, Term, list[Term]] | None:
    """(a k + e)/(c k + d) = v is k = (d v - e)/(a - c v), for a d ≠ e c and v c ≠ a; k is x, or the one term in which x occurs."""
    kernel = next((k for k in (x, *(s for s in subterms(t) if s.op in ("fn", "pow", "oddroot") and x in s.free)) if _only_in(t, k, x)), None)
    if kernel is None:
        return None
    z = fresh("z")
    lines = []
    for side in t.args if t.op == "div" else (t, b.ONE):
        moved = substitute(side, {kernel: z})
        slope = derivative(moved, z)
        if not slope.complete or slope.conditions or z in slope.term.free:
            return None
        lines.append((slope.term, substitute(moved, {z: b.ZERO})))
    (a, e), (c, d) = lines
    below = b.sub(a, b.mul(c, v))
    return kernel, b.div(b.sub(b.mul(d, v), e), below), [b.rel(b.mul(a, d), "≠", b.mul(e, c)), b.rel(below, "≠", b.ZERO)]


def _only_in(t: Term, kernel: Term, x: Term) -> bool:
    return x not in substitute(t, {kernel: b.ONE}).free and (kernel is not x or not any(s.op in ("fn", "pow", "oddroot") and x in s.free for s in subterms(t)))
