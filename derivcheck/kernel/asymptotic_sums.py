"""Asymptotic expansions of finite sums whose range does not move: summand by summand.

The summand is expanded for a general index k.  Where the scales of its terms are free of k, the coefficients are added up, and the remainder
of finitely many summands is one of the same scale.  A term c(k) exp(-m(k) s) with m(k) > 0 for all k tends to 0 with all others of its kind
at least as fast as exp(-m s), m the least of the m(k) (halved, if powers stand beside it): that is a remainder.  Where a hypothesis
∀k: k = a ∨ P(k) holds, the summand at a is expanded alone, the others under P.

A quotient f / ∑ g is 1 / ∑ (g/f) where f is an exponential: the summands may then have limits that they have not alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.kernel.antiderivative import split_factors
from derivcheck.kernel.asymptotic_series import ONE_SCALE, Scale, Series, Unknown
from derivcheck.kernel.asymptotics import Expander
from derivcheck.kernel.monomials import univariate
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, bind, fresh, mk, num, substitute, subterms

if TYPE_CHECKING:
    from derivcheck.kernel.rewrite import Rewriter


def finite_sum(expander: Expander, t: Term) -> Series:
    """The expansion of ∑_{k=lo}^{hi} f(k), lo and hi free of the expander's symbol."""
    lo, hi = t.args[0], t.args[1]
    oracle = expander.rw.oracle
    if expander.t in lo.free or expander.t in hi.free or not (oracle.integer(lo) and oracle.integer(hi)):
        raise Unknown
    (k,), body, inner = expander.rw.under(t)
    body = inner.nf(body)
    try:
        return _added(_inside(expander, inner, body, k), k, lo, hi, None, expander, inner)
    except Unknown:
        for place, otherwise in _places(inner, k):
            if not (oracle.less_equal(lo, place) and oracle.less_equal(place, hi) and oracle.integer(place)):
                continue
            room = inner.child(((), (b.rel(k, "≠", place), otherwise)))
            others = _added(_inside(expander, room, room.nf(body), k), k, lo, hi, place, expander, room)
            return expander.add([expander.expand(expander.rw.nf(substitute(body, {k: place}))), others])
        raise


def interpolated(body: Term, n: Term, rw: Rewriter) -> Term:
    """∑_{k=l}^{h(n)} c/(a k + d) as (c/a) (ψ(h + 1 + d/a) - ψ(l + d/a)) wherever n, an integer from 1000 on, moves the upper end; l + d/a > 0, a > 0 (DLMF 5.5.2)."""
    room = rw.child(((Declaration(n, b.INTEGERS),), (b.rel(n, ">", num(1000)),)))
    o = room.oracle
    found: dict[Term, Term] = {}
    for s in subterms(body):
        if s.op != "sum" or s.sort.kind != "num" or n not in s.args[1].free or n in s.args[0].free or any(v.op == "bvar" for v in s.free):
            continue
        lo, hi = s.args[:2]
        if hi is b.INF or not o.integer(lo) or not o.integer(hi) or not o.less_equal(lo, hi):
            continue
        (k,), inside, inner = room.under(s)
        fixed, kernel = split_factors(inner.nf(inside), k)
        line = univariate(kernel.args[1], k) if kernel.op == "div" and kernel.args[0] is b.ONE else None
        if line is None or len(line) != 2 or line[1] <= 0 or any(n in f.free for f in fixed):
            continue
        first = b.add(lo, num(line[0] / line[1]))
        if o.positive(first):
            last = b.add(hi, num(line[0] / line[1] + 1))
            found[s] = b.mul(*fixed, num(1 / line[1]), b.sub(b.fn("digamma", last), b.fn("digamma", first)))
    return substitute(body, found) if found else body


def _inside(expander: Expander, inner: Rewriter, body: Term, k: Term) -> Series:
    """The summand's expansion; rates made up for a power that depends on k are of no use outside."""
    own = Expander(expander.t, inner, expander.order)
    series = own.expand(body)
    if any(k in u.free for u in own.rates):
        raise Unknown
    return series


def _places(inner: Rewriter, k: Term) -> list[tuple[Term, Term]]:
    """The a and P(k) of facts k = a ∨ P(k)."""
    out: list[tuple[Term, Term]] = []
    for h in inner.oracle.context.hypotheses:
        if h.statement.op == "or":
            for p in h.statement.args:
                if p.op == "rel" and p.data == "=":
                    otherwise = b.or_(*(q for q in h.statement.args if q is not p))
                    out += [(y, otherwise) for x, y in (p.args[:2], p.args[1::-1]) if x is k and k not in y.free]
    return out


def _added(series: Series, k: Term, lo: Term, hi: Term, without: Term | None, expander: Expander, inner: Rewriter) -> Series:
    terms: list[tuple[Scale, Term]] = []
    rests: list[Scale] = []
    rate = fresh("r")  # for all that falls exponentially: the least of finitely many rates
    expander.rw = expander.rw.child(((Declaration(rate, mk("set", (), "Rneg", b.REALS.sort)),), ()))
    for s, c in series.terms:
        if not total(c, inner.oracle):
            raise Unknown
        if _free(s, k):
            whole = c if without is None else b.cases(b.rel(k, "≠", without), c, b.ZERO)
            terms.append((s, bind("sum", (k,), (lo, hi), whole, None, c.sort)))
        else:
            rests.append(_slowest(s, rate, inner))
    if series.rest is not None:
        rests.append(series.rest if _free(series.rest, k) else _slowest(series.rest, rate, inner))
    rest: Scale | None = None
    for r in rests:
        rest = expander.bigger(rest, r)
    return expander.tidy(terms, rest)


def _free(s: Scale, k: Term) -> bool:
    return k not in s.k.free and all(k not in c.free for _, c in s.grow)


def _slowest(s: Scale, rate: Term, inner: Rewriter) -> Scale:
    """A scale that all of exp(-m(k) …) fall below; Unknown if they are not shown to fall."""
    if not s.grow:
        raise Unknown
    # the largest of the scales in the exponent decides
    key, lead = min(s.grow, key=lambda g: (g[0][0], -g[0][1]))
    if not inner.oracle.negative(lead):
        raise Unknown
    return Scale(((key, rate),), ONE_SCALE.k, 0)


def quotient(expander: Expander, top: Term, bottom: Term) -> Series | None:
    """f / ∑ g as 1 / ∑ (g/f), f a product of exponentials and what does not move."""
    if bottom.op != "sum" or not any(f.op == "fn" and f.data == "exp" for f in (top.args if top.op == "mul" else (top,))):
        return None
    moving = [f for f in (top.args if top.op == "mul" else (top,)) if expander.t in f.free]
    if any(f.op != "fn" or f.data != "exp" for f in moving):
        return None
    still = [f for f in (top.args if top.op == "mul" else (top,)) if expander.t not in f.free]
    (k,), body, inner = expander.rw.under(bottom)
    down = b.exp(b.neg(b.add(*(f.args[0] for f in moving))))
    turned = bind("sum", (k,), bottom.args[:2], inner.nf(b.mul(body, down)), None, bottom.sort)
    result = expander.reciprocal(finite_sum(expander, turned))
    return expander.scale(b.mul(*still), ONE_SCALE, result) if still else result


__all__ = ["finite_sum", "interpolated", "quotient"]
