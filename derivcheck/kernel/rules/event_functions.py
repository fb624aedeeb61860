"""Events about increasing functions of random variables, and distribution functions as integrals.

    Pr(c + f ≤ d) = Pr(f ≤ d - c),  Pr(a f ≤ d) = Pr(f ≤ d/a), a > 0 (≥ for a < 0)      f the only random summand
    Pr(log u ≤ d) = Pr(u ≤ e^d)      u > 0, or u ≥ 0 a variable with a continuous law, or c + s X for one
    Pr(e^u ≤ d) = Pr(u ≤ log d)      d > 0, u real
    Pr(u^q ≤ d) = Pr(u ≤ d^{1/q})    u ≥ 0, q > 0, d > 0
    Pr(u^n ≤ d) = Pr(|u| ≤ d^{1/n})  u real, n > 0 even, d > 0
    Pr(X ≤ c) = ∫_{-∞}^c p(x) dx     X with a density p on ℝ
"""

from __future__ import annotations

from derivcheck.kernel.literals import integer_value, linear_terms
from derivcheck.kernel.monomials import factors, linear_in, product
from derivcheck.kernel.randomness import randomness
from derivcheck.kernel.rewrite import Rewriter, level_symbol, rule
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk, num

_CONTINUOUS = frozenset({"U", "Exp", "Ga", "Beta", "LogN", "InvGa"})
SOURCE = "increasing functions keep the order; a distribution function is the integral of the density"


@rule("event-of-function", "Pr", statement="Pr(f(u) ≤ d) = Pr(u ≤ f⁻¹(d)) for increasing f", side="see the file's head; d not random", source=SOURCE)
def event_of_function(t: Term, rw: Rewriter) -> Term | None:
    p, conds = t.args[0], t.args[1:]
    if p.op != "rel" or p.data not in ("<", "≤") or p.args[0].sort.kind != "num" or any(c.sort.kind == "bool" for c in conds):
        return None
    r = randomness(rw.oracle)
    x, y = p.args
    if not r.atoms(x) or r.atoms(y) or x.op in ("sym", "idx") or not rw.oracle.real(y):
        return None
    got = _peeled(x, y, rw)
    if got is None:
        return None
    u, w, turned = got
    return mk("Pr", (b.rel(u, {"<": ">", "≤": "≥"}[str(p.data)] if turned else str(p.data), w), *conds), t.data)


def _almost_surely_positive(u: Term, rw: Rewriter) -> bool:
    """Whether u > 0 with probability 1: shown so, or nonnegative with a law under which no single value has a probability."""
    if rw.oracle.positive(u):
        return True
    r = randomness(rw.oracle)
    atoms = r.atoms(u)
    if len(atoms) != 1 or not rw.oracle.nonnegative(u):
        return False
    (x,) = atoms
    line, d = linear_in(u, x), r.declaration(x)
    if line is None or line[0] == 0:
        return False
    return d is not None and d.law is not None and d.law.op == "dist" and d.law.data in _CONTINUOUS


def _peeled(x: Term, y: Term, rw: Rewriter) -> tuple[Term, Term, bool] | None:
    """(u, w, whether the order turns) with x R y equivalent to u R w."""
    r, o = randomness(rw.oracle), rw.oracle
    if x.op == "fn" and x.data == "log" and _almost_surely_positive(x.args[0], rw):
        return x.args[0], b.exp(y), False
    if x.op == "fn" and x.data == "exp" and o.real(x.args[0]) and o.positive(y):
        return x.args[0], b.log(y), False
    if x.op == "pow" and not r.atoms(x.args[1]) and o.nonnegative(x.args[0]) and o.positive(x.args[1]) and o.positive(y):
        return x.args[0], b.pow_(y, b.div(b.ONE, x.args[1])), False
    if x.op == "pow" and (integer_value(x.args[1]) or 1) % 2 == 0 and (integer_value(x.args[1]) or 0) > 0 and o.real(x.args[0]) and o.positive(y):
        return b.fn("abs", x.args[0]), b.pow_(y, b.div(b.ONE, x.args[1])), False
    terms = linear_terms(x)
    moving = [(q, m) for q, m in terms if r.atoms(m)]
    if len(moving) != 1:
        return None
    q, m = moving[0]
    top, bottom = factors(m)
    inside = [f for f in top if r.atoms(f)]
    if len(inside) != 1 or any(r.atoms(f) for f in bottom) or inside[0].op in ("sym", "idx"):
        return None
    top.remove(inside[0])
    slope = b.mul(num(q), product(top, bottom))
    rest = [b.mul(num(c), k) for c, k in terms if not r.atoms(k)]
    if not rest and q == 1 and not top and not bottom:
        return None
    turned = o.negative(slope)
    logarithm = inside[0].op == "fn" and inside[0].data == "log" and _almost_surely_positive(inside[0].args[0], rw)
    if not (turned or o.positive(slope)) or not (logarithm or o.real(inside[0])) or not all(o.real(k) for k in rest):
        return None
    return inside[0], rw.nf(b.div(b.sub(y, b.add(b.ZERO, *rest)), slope)), turned


@rule("distribution-by-density", "Pr", statement="Pr(X ≤ c) = ∫_{-∞}^c p(x) dx", side="X declared with the density p on ℝ, no conditions; c not random, real", source=SOURCE)
def distribution_by_density(t: Term, rw: Rewriter) -> Term | None:
    p = t.args[0]
    if len(t.args) != 1 or p.op != "rel" or p.data not in ("<", "≤") or p.args[0].sort.kind != "num":
        return None
    x, c = p.args
    r = randomness(rw.oracle)
    if x.op != "sym" or not r.is_random(x) or r.atoms(c) or not rw.oracle.real(c):
        return None
    d = r.declaration(x)
    if d is None or d.law is None or d.given or d.law.op != "lam" or d.law.sort.kind != "dist" or len(d.law.bound) != 1:
        return None
    domain = d.law.args[0]
    if domain.op != "set" or domain.data != "R" or r.atoms(d.law):
        return None
    v = level_symbol("x", x.sort, rw.depth)
    return b.big("int", v, b.neg(b.INF), c, b.pdf(d.law, v))


@rule(
    "event-between",
    "Pr",
    statement="Pr(|u| ≤ c) = Pr(u ≤ c) - Pr(u < -c), c ≥ 0; Pr(|u| < c) = Pr(u < c) - Pr(u ≤ -c), c > 0; Pr(a ≤ u ∧ u ≤ c) = Pr(u ≤ c) - Pr(u < a), a ≤ c",
    side="u a real variable with a named law (linear in one)",
    source="additivity",
)
def event_between(t: Term, rw: Rewriter) -> Term | None:
    p, conds = t.args[0], t.args[1:]
    if conds:
        return None
    if p.op == "rel" and p.data in ("<", "≤") and p.args[0].op == "fn" and p.args[0].data == "abs":
        u, c = p.args[0].args[0], p.args[1]
        enough = rw.oracle.nonnegative(c) if p.data == "≤" else rw.oracle.positive(c)
        if not enough or not _named(u, rw) or randomness(rw.oracle).atoms(c):
            return None
        other = "<" if p.data == "≤" else "≤"
        return b.sub(mk("Pr", (b.rel(u, str(p.data), c),), 0), mk("Pr", (b.rel(u, other, b.neg(c)),), 0))
    if p.op != "and" or len(p.args) != 2:
        return None
    bounds = [_bound(q, rw) for q in p.args]
    if bounds[0] is None or bounds[1] is None or bounds[0][0] is not bounds[1][0] or {bounds[0][1], bounds[1][1]} != {"above", "below"}:
        return None
    above, below = (bounds[0], bounds[1]) if bounds[0][1] == "above" else (bounds[1], bounds[0])
    u, a, c = above[0], below[3], above[3]
    # for a ≤ c the event u < a (u ≤ a) lies inside u ≤ c (u < c) unless both are strict at a = c
    fine = rw.oracle.less(a, c) if (above[2] == "<" and below[2] == "<") else rw.oracle.less_equal(a, c)
    if not fine or not _named(u, rw):
        return None
    return b.sub(mk("Pr", (b.rel(u, above[2], c),), 0), mk("Pr", (b.rel(u, "<" if below[2] == "≤" else "≤", a),), 0))


def _bound(q: Term, rw: Rewriter) -> tuple[Term, str, str, Term] | None:
    """u < c, u ≤ c as (u, above, sign, c); a < u, a ≤ u as (u, below, sign, a), for one random side."""
    if q.op != "rel" or q.data not in ("<", "≤", ">", "≥") or q.args[0].sort.kind != "num":
        return None
    r = randomness(rw.oracle)
    x, y = q.args
    sign = {"<": "<", "≤": "≤", ">": "<", "≥": "≤"}[str(q.data)]
    if q.data in (">", "≥"):
        x, y = y, x
    # now x R y
    if r.atoms(x) and not r.atoms(y):
        return x, "above", sign, y
    if r.atoms(y) and not r.atoms(x):
        return y, "below", sign, x
    return None


def _named(u: Term, rw: Rewriter) -> bool:
    r = randomness(rw.oracle)
    atoms = r.atoms(u)
    if len(atoms) != 1 or not rw.oracle.real(u):
        return False
    (x,) = atoms
    d = r.declaration(x)
    return d is not None and d.law is not None and not d.given and d.law.op == "dist" and x.sort.kind == "num"
