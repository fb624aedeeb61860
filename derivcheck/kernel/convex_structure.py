"""Convex and concave by construction: the calculus of convex functions.

`bend(t, xs, oracle)` gives (convex, concave) for the real term t as a function of the symbols xs together (numbers and vectors, each in an
interval or a whole space), from how t is made: sums, nonnegative multiples, increasing convex functions of convex ones, norms and
squares of affine functions, maxima, sums of log-convex functions under a logarithm, declared convex functions of affine ones, finite sums
over an index.  (False, False) means: not shown.  The caller shows that t has real values on the whole set.
Source: Boyd and Vandenberghe, Convex Optimization, 3.1.5, 3.2, 3.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.kernel.literals import integer_value, rational_value
from derivcheck.kernel.matrix_facts import psd, real_entries
from derivcheck.terms import build as b
from derivcheck.terms.term import Term

if TYPE_CHECKING:
    from derivcheck.kernel.oracle import Oracle

Bend = tuple[bool, bool]
NEITHER: Bend = (False, False)
AFFINE: Bend = (True, True)


def bend(t: Term, xs: frozenset[Term], oracle: Oracle) -> Bend:
    """(convex, concave) in the symbols xs."""
    if t.sort.kind != "num":
        return NEITHER
    if not xs & t.free:
        return AFFINE if oracle.real(t) else NEITHER
    if t in xs:
        return AFFINE
    rule = _RULES.get(t.op)
    return rule(t, xs, oracle) if rule is not None else NEITHER


def affine(t: Term, xs: frozenset[Term], oracle: Oracle) -> bool:
    """An affine function of xs: a number, a vector or a matrix."""
    if not xs & t.free or t in xs:
        return True
    if t.sort.kind == "num":
        return bend(t, xs, oracle) == AFFINE
    if t.op in ("add", "neg", "transpose"):
        return all(affine(a, xs, oracle) for a in t.args)
    if t.op in ("matmul", "smul"):
        moving = [a for a in t.args if xs & a.free]
        return len(moving) == 1 and affine(moving[0], xs, oracle)
    return False


def log_convex(t: Term, xs: frozenset[Term], oracle: Oracle) -> bool:
    """A positive function whose logarithm is convex: exponentials of convex functions, their positive multiples, products and sums."""
    if not xs & t.free:
        return oracle.positive(t)
    if t.op == "fn" and t.data == "exp":
        return bend(t.args[0], xs, oracle)[0]
    if t.op in ("add", "mul"):
        return all(log_convex(a, xs, oracle) for a in t.args)
    if t.op == "div":
        return log_convex(t.args[0], xs, oracle) and not xs & t.args[1].free and oracle.positive(t.args[1])
    if t.op == "sum" and t.args[1] is not b.INF and not xs & (t.args[0].free | t.args[1].free):
        body, inner = _inside(t, oracle)
        some = oracle.less_equal(t.args[0], t.args[1]) and (oracle.integer(t.args[0]) or oracle.integer(t.args[1]))
        return some and log_convex(body, xs, inner)
    return False


def _inside(t: Term, oracle: Oracle) -> tuple[Term, Oracle]:
    from derivcheck.kernel.totality import _open

    return _open(t, oracle)


def _add(t: Term, xs: frozenset[Term], oracle: Oracle) -> Bend:
    parts = [bend(a, xs, oracle) for a in t.args]
    return all(p[0] for p in parts), all(p[1] for p in parts)


def _neg(t: Term, xs: frozenset[Term], oracle: Oracle) -> Bend:
    convex, concave = bend(t.args[0], xs, oracle)
    return concave, convex


def _scaled(inner: Bend, factor: Term, oracle: Oracle) -> Bend:
    if inner == AFFINE and oracle.real(factor):
        return AFFINE
    if oracle.nonnegative(factor):
        return inner
    return (inner[1], inner[0]) if oracle.nonpositive(factor) else NEITHER


def _mul(t: Term, xs: frozenset[Term], oracle: Oracle) -> Bend:
    moving = [a for a in t.args if xs & a.free]
    if len(moving) != 1:
        return NEITHER
    return _scaled(bend(moving[0], xs, oracle), b.mul(b.ONE, *(a for a in t.args if a is not moving[0])), oracle)


def _div(t: Term, xs: frozenset[Term], oracle: Oracle) -> Bend:
    top, bottom = t.args
    if not xs & bottom.free:
        return _scaled(bend(top, xs, oracle), bottom, oracle)
    if not xs & top.free and oracle.positive(bottom) and bend(bottom, xs, oracle)[1]:
        return _scaled((True, False), top, oracle)
    return NEITHER


def _pow(t: Term, xs: frozenset[Term], oracle: Oracle) -> Bend:
    base, exponent = t.args
    if base.sort.kind != "num":
        return NEITHER
    if xs & exponent.free:
        # c^u = e^{u log c}
        return not xs & base.free and oracle.less_equal(b.ONE, base) and bend(exponent, xs, oracle)[0], False
    q, n = rational_value(exponent), integer_value(exponent)
    convex, concave = bend(base, xs, oracle)
    if n is not None and n > 0 and n % 2 == 0 and convex and concave:
        return True, False
    if q is not None and q >= 1 and convex and oracle.nonnegative(base):
        return True, concave and q == 1
    if q is not None and 0 < q <= 1 and concave and oracle.nonnegative(base):
        return convex and q == 1, True
    if q is not None and q < 0 and concave and oracle.positive(base):
        return True, False
    return NEITHER


def _fn(t: Term, xs: frozenset[Term], oracle: Oracle) -> Bend:
    name = t.data
    parts = [bend(a, xs, oracle) for a in t.args]
    convex, concave = parts[0]
    if name == "exp":
        return convex, False
    if name == "log":
        return log_convex(t.args[0], xs, oracle), concave and oracle.positive(t.args[0])
    if name == "abs":
        return (convex and concave) or (convex and oracle.nonnegative(t.args[0])), False
    if name == "cosh":
        return convex and concave, False
    if name == "max":
        return all(p[0] for p in parts), False
    if name == "min":
        return False, all(p[1] for p in parts)
    return NEITHER


def _sum(t: Term, xs: frozenset[Term], oracle: Oracle) -> Bend:
    if t.args[1] is b.INF or t.args[0].op == "neg" or xs & (t.args[0].free | t.args[1].free):
        return NEITHER
    body, inner = _inside(t, oracle)
    return bend(body, xs, inner)


def _norm(t: Term, xs: frozenset[Term], oracle: Oracle) -> Bend:
    return t.args[0].sort.kind == "mat" and real_entries(t.args[0], oracle) and affine(t.args[0], xs, oracle), False


def _inner(t: Term, xs: frozenset[Term], oracle: Oracle) -> Bend:
    u, v = t.args
    if not real_entries(u, oracle) or not real_entries(v, oracle):
        return NEITHER
    moving = [a for a in t.args if xs & a.free]
    if len(moving) == 1:
        return AFFINE if affine(moving[0], xs, oracle) else NEITHER
    return u is v and affine(u, xs, oracle), False


def _tonum(t: Term, xs: frozenset[Term], oracle: Oracle) -> Bend:
    a = t.args[0]
    if not real_entries(a, oracle):
        return NEITHER
    if affine(a, xs, oracle):
        return AFFINE
    if a.op != "matmul" or len(a.args) < 2:
        return NEITHER
    first, last, middle = a.args[0], a.args[-1], a.args[1:-1]
    if (b.transpose(last) is not first and b.transpose(first) is not last) or not affine(last, xs, oracle) or any(xs & m.free for m in middle):
        return NEITHER
    if not middle:
        return True, False
    form = b.matmul(*middle)
    return psd(form, oracle), psd(b.neg(form), oracle)


def _entry(t: Term, xs: frozenset[Term], oracle: Oracle) -> Bend:
    fixed = not any(xs & i.free for i in t.args[1:])
    return AFFINE if fixed and real_entries(t.args[0], oracle) and affine(t.args[0], xs, oracle) else NEITHER


def _apply(t: Term, xs: frozenset[Term], oracle: Oracle) -> Bend:
    from derivcheck.kernel.inferences.functions import curvature

    f = t.args[0]
    if f.op != "sym" or xs & f.free or not all(affine(a, xs, oracle) for a in t.args[1:]):
        return NEITHER
    way = curvature(f, oracle.context)
    return way > 0, way < 0


def _extremum(t: Term, xs: frozenset[Term], oracle: Oracle) -> Bend:
    if any(xs & s.free for s in t.args[:-1]):
        return NEITHER
    body, inner = _inside(t, oracle)
    convex, concave = bend(body, xs, inner)
    return (convex, False) if t.op in ("maxover", "supover") else (False, concave)


_RULES = {
    "add": _add, "neg": _neg, "mul": _mul, "div": _div, "pow": _pow, "fn": _fn, "sum": _sum, "norm": _norm, "inner": _inner,
    "tonum": _tonum, "apply": _apply, "maxover": _extremum, "minover": _extremum,
    "ventry": _entry, "entry": _entry,
}  # fmt: skip
