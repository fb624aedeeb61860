"""Infinite sums: a partial sum plus a rigorous bound of the rest.

The rest is bounded (a) by the ratio of neighbouring terms, for terms made of powers, exponentials, factorials, gamma functions,
binomials and polynomials of the index; (b) by a decreasing majorant (`majorant.py`) and its integral.  A factor that is a mass
function with finitely many outcomes makes the sum finite.

Limits: two-sided sums and infinite products only where they are finite in this sense; divergence is detected (`divergence.py`) for
rational functions times a geometric term.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import acb, arb, fmpq

from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics.divergence import divergent
from derivcheck.semantics.evaluate import Env, Evaluator
from derivcheck.semantics.evaluate_calculus import follow, opened, outer_frame
from derivcheck.semantics.majorant import Majorants
from derivcheck.semantics.monomials import shape_of_exponent, tail_integral
from derivcheck.semantics.quadrature import expanded, spread
from derivcheck.semantics.values import (
    UNDEFINED,
    UNKNOWN,
    Infinite,
    Value,
    ball,
    integer,
    is_number,
    is_real,
    tidy,
)
from derivcheck.terms.term import Term, mk

CUTS = (24, 60, 150, 400, 1200)


def infinite(ev: Evaluator, t: Term, lo: Value, hi: Value, env: Env) -> Value:
    """The value of a sum or product with an infinite end."""
    (k,), dangling, body, outside = opened(t.args[-1], t.bound)
    body = expanded(ev, body)
    env = outer_frame(ev, dangling, outside, env)
    before = ev.analytic
    ev.analytic = follow(ev, dangling, outside)
    try:
        return _infinite(ev, t, k, body, lo, hi, env)
    finally:
        ev.analytic = before


def _infinite(ev: Evaluator, t: Term, k: Term, body: Term, lo: Value, hi: Value, env: Env) -> Value:
    points = finite_support(ev, body, k, env)
    if points is not None and t.op in ("sum", "sumset"):
        inside = [p for p in points if (isinstance(lo, Infinite) or p >= lo) and (isinstance(hi, Infinite) or p <= hi)]
        values = [ev.eval(body, Env(env, {k: p}, True)) for p in inside]
        if UNDEFINED in values:
            return UNDEFINED
        return ar.add(values) if values else ev.zero(t.sort, env)
    if t.op not in ("sum", "sumset") or t.sort.kind != "num" or isinstance(lo, Infinite):
        return UNKNOWN
    first = integer(lo)
    if first is None:
        return UNKNOWN
    body = settled(body, k, first)
    apart = divergent(ev, body, k, first, env)
    if apart is not None:
        return apart
    total: Value = ar.ZERO
    done = first
    for cut in CUTS:
        stop = max(first, 0) + cut
        while done < stop:
            v = ev.eval(body, Env(env, {k: fmpq(done)}, True))
            if v is UNDEFINED:
                return UNDEFINED
            if not is_number(v):
                return UNKNOWN
            total = ar.add([total, v])
            done += 1
        rest = tail(ev, body, k, stop, env)
        if rest is not None and (rest < arb(2) ** -50 or cut == CUTS[-1]):
            real = is_real(total)
            return tidy(ball(total) + spread(rest, real))
        if rest is None and cut >= 400:
            return UNKNOWN
    return UNKNOWN


def settled(t: Term, k: Term, first: int) -> Term:
    """Cases on the index being natural, decided for all indices from `first` on."""
    if k not in t.free:
        return t
    if t.op == "cases" and len(t.args) == 3 and t.args[0].op == "rel" and t.args[0].data == "in" and t.args[0].args[0] is k:
        s = t.args[0].args[1]
        if s.op == "set" and (s.data in ("Z", "R") or (s.data == "N" and first >= 0) or (s.data == "Npos" and first >= 1)):
            return settled(t.args[1], k, first)
    if not t.args or t.bound:
        return t
    return mk(t.op, tuple(settled(a, k, first) for a in t.args), t.data, t.sort)


def finite_support(ev: Evaluator, t: Term, k: Term, env: Env) -> list[Value] | None:
    """The indices outside which the term vanishes, because a mass function with finitely many outcomes is a factor."""
    from derivcheck.semantics.laws import TableLaw

    if t.op == "pdf" and k not in t.args[0].free:
        law = ev.eval(t.args[0], env)
        places = [i for i, a in enumerate(t.args[1:]) if a is k]
        if isinstance(law, TableLaw) and len(places) == 1 and places[0] < law.before and law.axes[places[0]].discrete:
            points = list(law.axes[places[0]].points)
            return points if all(integer(p) is not None for p in points) else None
        return None
    if t.op == "mul":
        for a in t.args:
            got = finite_support(ev, a, k, env)
            if got is not None:
                return got
        return None
    if t.op in ("neg", "div"):
        return finite_support(ev, t.args[0], k, env)
    if t.op == "add":
        parts = [finite_support(ev, a, k, env) for a in t.args]
        if any(p is None for p in parts):
            return None
        return sorted({v for p in parts for v in p})  # type: ignore[union-attr]
    return None


# --- the rest -----------------------------------------------------------------------------------------------------------


def tail(ev: Evaluator, t: Term, k: Term, start: int, env: Env) -> arb | None:
    """A bound of |Σ_{j ≥ start} t(j)|."""
    if t.op == "add":
        total = arb(0)
        for a in t.args:
            part = tail(ev, a, k, start, env)
            if part is None:
                return None
            total += part
        return total.upper()
    if t.op == "neg":
        return tail(ev, t.args[0], k, start, env)
    if start < 2:
        return None
    ratio = ratio_bound(ev, t, k, start, env)
    if ratio is not None and ratio < 1:
        first = ev.eval(t, Env(env, {k: fmpq(start)}, True))
        if is_number(first):
            return (ball(first).abs_upper() / (1 - ratio)).upper()
    bound = Majorants(ev, env, k, {1: fmpq(1)}, fmpq(start - 1)).upper(t)
    if bound is None:
        return None
    y = arb(start - 1)
    for m in bound:
        shape = shape_of_exponent(m, y)
        if shape is None:
            return None
        # the majorant must decrease from here on
        if shape is False:
            if not m.p <= 0:
                return None
        else:
            power, c = shape  # type: ignore[misc]
            if m.p > 0 and not c * power * y**power > arb(m.p):
                return None
    return tail_integral(bound, fmpq(start - 1))


@dataclass
class Ratio:
    """t(k+1)/t(k) = factor · Π (k + a) / Π (k + d), the factor bounded."""

    factor: arb
    above: list[acb]
    below: list[acb]


def ratio_bound(ev: Evaluator, t: Term, k: Term, start: int, env: Env) -> arb | None:
    """A bound of |t(j+1)/t(j)| for all j ≥ start."""
    r = ratio_of(ev, t, k, start, env)
    if r is None or len(r.above) > len(r.below):
        return None
    n = arb(start)
    got = abs(r.factor)
    # the loosest pairing: (j + |a|) / (j - |d|) decreases in j
    for i, d in enumerate(r.below):
        low = n - d.abs_upper()
        if not low > 0:
            return None
        got = got * ((n + r.above[i].abs_upper()) if i < len(r.above) else arb(1)) / low
    return got.upper()


def affine_in(ev: Evaluator, u: Term, k: Term, env: Env) -> tuple[Value, Value] | None:
    """(slope, constant) of a term that is affine in the index."""
    p = Majorants(ev, env, k, {1: fmpq(1)}, fmpq(2)).poly(u)
    if p is None or any(i not in (0, 1) for i in p):
        return None
    return p.get(1, fmpq(0)), p.get(0, fmpq(0))


def ratio_of(ev: Evaluator, t: Term, k: Term, start: int, env: Env) -> Ratio | None:
    """The ratio of neighbouring terms."""
    if k not in t.free:
        return Ratio(arb(1), [], [])
    if t.op == "mul":
        out = Ratio(arb(1), [], [])
        for a in t.args:
            r = ratio_of(ev, a, k, start, env)
            if r is None:
                return None
            out = Ratio(out.factor * r.factor, out.above + r.above, out.below + r.below)
        return out
    if t.op == "div":
        top, low = ratio_of(ev, t.args[0], k, start, env), ratio_of(ev, t.args[1], k, start, env)
        if top is None or low is None or low.factor.contains(0):
            return None
        factor = top.factor / low.factor
        lower_poly = polynomial_ratio(ev, t.args[1], k, start, env, below=True)
        if lower_poly is not None:
            factor = top.factor * lower_poly
            return Ratio(factor, top.above, top.below)
        if not exact_ratio(t.args[1], k):
            return None
        return Ratio(factor, top.above + low.below, top.below + low.above)
    if t.op == "neg":
        return ratio_of(ev, t.args[0], k, start, env)
    if t.op == "fn" and t.data in ("factorial", "gamma"):
        line = affine_in(ev, t.args[0], k, env)
        slope = integer(line[0]) if line is not None else None
        if line is None or slope is None or not 1 <= slope <= 6:
            return None
        shift = ball(line[1]) + (1 if t.data == "factorial" else 0)
        # Γ(a(k+1) + c) / Γ(a k + c) = a^a ∏ (k + (c+i)/a) over 0 ≤ i < a
        return Ratio(arb(slope) ** slope, [(shift + i) / slope for i in range(slope)], [])
    if t.op == "fn" and t.data == "exp":
        line = affine_in(ev, t.args[0], k, env)
        return Ratio(ball(line[0]).real.exp(), [], []) if line is not None else None
    if t.op == "fn" and t.data == "binom":
        n, j = t.args
        line = affine_in(ev, j, k, env)
        if k not in n.free and line is not None and isinstance(line[0], fmpq) and line[0] == 1:
            size = ev.eval(n, env)
            if is_number(size):
                # C(n, j+1) / C(n, j) = (n - j) / (j + 1)
                return Ratio(arb(1), [ball(line[1]) - ball(size)], [ball(line[1]) + 1])
        line = affine_in(ev, n, k, env)
        if k not in j.free and line is not None and isinstance(line[0], fmpq) and line[0] == 1:
            size = ev.eval(j, env)
            if is_number(size):
                return Ratio(arb(1), [ball(line[1]) + 1], [ball(line[1]) + 1 - ball(size)])
        return None
    if t.op == "pow":
        base, e = t.args
        if k not in base.free:
            v, line = ev.eval(base, env), affine_in(ev, e, k, env)
            if not is_number(v) or line is None or ball(v).contains(0):
                return None
            return Ratio((ball(line[0]) * ball(v).log()).real.exp(), [], [])
        n_ = integer(ev.eval(e, env)) if k not in e.free else None
        r = ratio_of(ev, base, k, start, env) if n_ is not None and 0 < n_ < 20 else None
        if r is not None and n_ is not None:
            return Ratio(r.factor**n_, r.above * n_, r.below * n_)
        return None
    poly = polynomial_ratio(ev, t, k, start, env, below=False)
    return Ratio(poly, [], []) if poly is not None else None


def exact_ratio(t: Term, k: Term) -> bool:
    """The ratio of the term is an exact product of linear factors and constants (not just a bound), so it may be inverted."""
    if k not in t.free:
        return True
    if t.op in ("mul", "div", "neg"):
        return all(exact_ratio(a, k) for a in t.args)
    if t.op == "fn":
        return t.data in ("factorial", "gamma", "exp", "binom")
    return t.op == "pow" and (k not in t.args[0].free or exact_ratio(t.args[0], k))


def polynomial_ratio(ev: Evaluator, t: Term, k: Term, start: int, env: Env, below: bool) -> arb | None:
    """A bound of |p(j+1)/p(j)| (of the inverse with `below`) for a polynomial p and j ≥ start."""
    bounds = Majorants(ev, env, k, {1: fmpq(1)}, fmpq(start))
    p = bounds.poly(t)
    if p is None or any(i < 0 for i in p) or not p:
        return None
    d = max(p)
    low = bounds.lower_poly(p)
    if low is None:
        return None
    n = arb(start)
    high = arb(0)
    for i, v in p.items():
        high += ball(v).abs_upper() * n ** (i - d)
    # low j^d ≤ |p(j)| ≤ high j^d
    step = ((n + 1) / n) ** d
    return (high / low.c * (arb(1) if below else step)).upper()
