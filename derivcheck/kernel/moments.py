"""Moments and exponential moments of the named laws of one real variable.

`moment(D, n)` is E[X^n]; `exponential(D, t)` is E[e^{tX}] for complex t; `generating(D, s)` is E[s^X]; `power(D, s)` is E[X^s] for real s;
`with_logarithms` is E[X^s (1-X)^t (log X)^m (log(1-X))^n] for positive laws.  Parameters as in SPEC section 5.  Each is finite under the condition that is checked beside it: E[e^{tX}]
exists where E[e^{Re(t) X}] is finite, and is analytic in t there, so that the formula for real t holds (the bases of its powers stay in the
right half plane, where powers have their principal values).

Sources: Johnson, Kotz, Kemp, Univariate Discrete Distributions; Johnson, Kotz, Balakrishnan, Continuous Univariate Distributions.
"""

from __future__ import annotations

from math import comb, factorial
from typing import TYPE_CHECKING

from derivcheck.kernel.closedsums import stirling
from derivcheck.kernel.literals import integer_value, linear_terms
from derivcheck.kernel.monomials import factors, product
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num

if TYPE_CHECKING:
    from collections.abc import Callable

    from derivcheck.kernel.oracle import Oracle

MAX_ORDER = 16


def _rising(a: Term, n: int) -> Term:
    return b.mul(b.ONE, *(b.add(a, num(i)) for i in range(n)))


def _falling(a: Term, n: int) -> Term:
    return b.mul(b.ONE, *(b.sub(a, num(i)) for i in range(n)))


def _from_factorial(n: int, factorial_moment) -> Term:  # type: ignore[no-untyped-def]
    return b.add(b.ZERO, *(b.mul(num(stirling(n, j)), factorial_moment(j)) for j in range(n + 1) if stirling(n, j)))


def moment(d: Term, n: int) -> Term | None:
    """E[X^n] for a scalar law."""
    if n == 0:
        return b.ONE
    if n > MAX_ORDER:
        return None
    name, p = str(d.data), d.args
    if name == "N":
        # E[(μ + σZ)^n] with E[Z^{2k}] = (2k)!/(2^k k!)
        return b.add(
            *(
                b.mul(num(comb(n, 2 * k) * factorial(2 * k) // (2**k * factorial(k))), b.pow_(p[0], n - 2 * k), b.pow_(p[1], k))
                for k in range(n // 2 + 1)
            )
        )
    if name == "Po":
        return _from_factorial(n, lambda j: b.pow_(p[0], j))
    if name == "Ga":
        return b.div(_rising(p[0], n), b.pow_(p[1], n))
    if name == "Exp":
        return b.div(num(factorial(n)), b.pow_(p[0], n))
    if name == "Beta":
        return b.div(_rising(p[0], n), _rising(b.add(p[0], p[1]), n))
    if name == "Bern":
        return p[0]
    if name == "Bin":
        return _from_factorial(n, lambda j: b.mul(_falling(p[0], j), b.pow_(p[1], j)))
    if name == "NB":
        odds = b.div(p[1], b.sub(b.ONE, p[1]))
        return _from_factorial(n, lambda j: b.mul(_rising(p[0], j), b.pow_(odds, j)))
    if name == "Geom":
        # factorial moments n! (1-p)^{n-1} / p^n on 1, 2, …
        return _from_factorial(n, lambda j: b.div(b.mul(num(factorial(j)), b.pow_(b.sub(b.ONE, p[0]), j - 1)), b.pow_(p[0], j)))
    if name == "LogN":
        return b.exp(b.add(b.mul(num(n), p[0]), b.div(b.mul(num(n * n), p[1]), b.TWO)))
    if name == "U":
        # (v^{n+1} - u^{n+1}) / ((n+1)(v - u)) without the division
        return b.div(b.add(*(b.mul(b.pow_(p[0], i), b.pow_(p[1], n - i)) for i in range(n + 1))), num(n + 1))
    if name == "Laplace":
        return b.add(
            *(b.mul(num(comb(n, 2 * k) * factorial(2 * k)), b.pow_(p[0], n - 2 * k), b.pow_(p[1], 2 * k)) for k in range(n // 2 + 1))
        )
    return None


def _real_part(t: Term, o: Oracle) -> Term | None:
    """The real part of a sum of terms that are real or i times real; None for others."""
    if o.real(t):
        return t
    parts: list[Term] = []
    for c, m in linear_terms(t):
        if o.real(m):
            parts.append(b.mul(num(c), m))
            continue
        top, bottom = factors(m)
        if top.count(b.I_CONST) != 1:
            return None
        top.remove(b.I_CONST)
        if not o.real(product(top, bottom)):
            return None
    return b.add(b.ZERO, *parts)


def exponential(d: Term, t: Term, o: Oracle) -> Term | None:
    """E[e^{tX}] where it is finite."""
    real = _real_part(t, o)
    if real is None:
        return None
    name, p = str(d.data), d.args
    e = b.exp(t)
    if name == "N":
        return b.exp(b.add(b.mul(p[0], t), b.div(b.mul(p[1], b.pow_(t, 2)), b.TWO)))
    if name in ("Po", "Bern", "Bin"):
        return generating(d, e, o)
    if name == "Ga" and o.less(real, p[1]):
        return b.pow_(b.sub(b.ONE, b.div(t, p[1])), b.neg(p[0]))
    if name == "Exp" and o.less(real, p[0]):
        return b.div(p[0], b.sub(p[0], t))
    if name == "NB" and o.less(b.mul(p[1], b.exp(real)), b.ONE):
        return b.pow_(b.div(b.sub(b.ONE, p[1]), b.sub(b.ONE, b.mul(p[1], e))), p[0])
    if name == "Geom" and o.less(b.mul(b.sub(b.ONE, p[0]), b.exp(real)), b.ONE):
        return b.div(b.mul(p[0], e), b.sub(b.ONE, b.mul(b.sub(b.ONE, p[0]), e)))
    if name == "U" and o.nonzero(t):
        return b.div(b.sub(b.exp(b.mul(t, p[1])), b.exp(b.mul(t, p[0]))), b.mul(t, b.sub(p[1], p[0])))
    if name == "Laplace" and o.less(b.fn("abs", b.mul(real, p[1])), b.ONE):
        return b.div(b.exp(b.mul(p[0], t)), b.sub(b.ONE, b.pow_(b.mul(p[1], t), 2)))
    return None


def generating(d: Term, s: Term, o: Oracle, degree: int = 0) -> Term | None:
    """E[X^n s^X] on the natural numbers, for complex s where it converges absolutely (0^0 = 1 there): E[X(X-1)…(X-j+1) s^X] = s^j G^{(j)}(s)
    for the generating function G."""
    name, p = str(d.data), d.args
    if degree > MAX_ORDER:
        return None
    if name == "Po":
        mean = b.mul(p[0], s)
        return b.mul(b.exp(b.mul(p[0], b.sub(s, b.ONE))), _from_factorial(degree, lambda j: b.pow_(mean, j)))
    if name in ("Bern", "Bin"):
        n, q = (b.ONE, p[0]) if name == "Bern" else p
        base = b.add(b.ONE, b.neg(q), b.mul(q, s))
        if degree and not o.nonzero(base):
            return None
        return _from_factorial(degree, lambda j: b.mul(_falling(n, j), b.pow_(b.mul(q, s), j), b.pow_(base, b.sub(n, num(j)))))
    if name == "NB" and o.less(b.mul(p[1], b.fn("abs", s)), b.ONE):
        rest = b.sub(b.ONE, b.mul(p[1], s))
        whole = b.pow_(b.div(b.sub(b.ONE, p[1]), rest), p[0])
        return b.mul(whole, _from_factorial(degree, lambda j: b.mul(_rising(p[0], j), b.pow_(b.div(b.mul(p[1], s), rest), j))))
    if name == "Geom" and degree == 0 and o.less(b.mul(b.sub(b.ONE, p[0]), b.fn("abs", s)), b.ONE):
        return b.div(b.mul(p[0], s), b.sub(b.ONE, b.mul(b.sub(b.ONE, p[0]), s)))
    return None


def reciprocal_of_next(d: Term, o: Oracle) -> Term | None:
    """E[1/(X+1)] on the natural numbers: the quotient raises the index of the masses by one."""
    name, p = str(d.data), d.args
    if name not in ("Po", "Bin") or not o.nonzero(p[-1]):
        return None
    if name == "Po":
        return b.div(b.sub(b.ONE, b.exp(b.neg(p[0]))), p[0])
    more = b.add(p[0], b.ONE)
    return b.div(b.sub(b.ONE, b.pow_(b.sub(b.ONE, p[1]), more)), b.mul(more, p[1]))


def power(d: Term, s: Term, o: Oracle) -> Term | None:
    """E[X^s] for real s on a positive law, where it is finite."""
    name, p = str(d.data), d.args
    if not o.real(s):
        return None
    if name in ("Ga", "Exp"):
        a, rate = (p[0], p[1]) if name == "Ga" else (b.ONE, p[0])
        if o.positive(b.add(a, s)):
            return b.div(b.fn("gamma", b.add(a, s)), b.mul(b.fn("gamma", a), b.pow_(rate, s)))
    if name == "InvGa" and o.less(s, p[0]):
        n = integer_value(s)
        if n is not None and 0 < n <= MAX_ORDER:
            return b.div(b.pow_(p[1], n), b.mul(*(b.sub(p[0], num(i)) for i in range(1, n + 1))))
        return b.div(b.mul(b.pow_(p[1], s), b.fn("gamma", b.sub(p[0], s))), b.fn("gamma", p[0]))
    if name == "LogN":
        return b.exp(b.add(b.mul(s, p[0]), b.div(b.mul(b.pow_(s, 2), p[1]), b.TWO)))
    if name == "Beta" and o.positive(b.add(p[0], s)):
        return b.div(
            b.mul(b.fn("gamma", b.add(p[0], s)), b.fn("gamma", b.add(p[0], p[1]))),
            b.mul(b.fn("gamma", p[0]), b.fn("gamma", b.add(p[0], p[1], s))),
        )
    return None


def with_logarithms(d: Term, s: Term, t: Term, logs: tuple[int, int], o: Oracle) -> Term | None:
    """E[X^s (1-X)^t (log X)^m (log(1-X))^n] for real s, t on a positive law, where it is finite; t = n = 0 but for laws on the unit interval.

    M(s, t) = E[X^s (1-X)^t] is analytic where it is finite and may be differentiated under the integral there; its derivatives are M times
    the sum over the partitions of the m + n differentiations of products of derivatives of log M (Faà di Bruno).
    """
    m, n = logs
    name, p = str(d.data), d.args
    if m + n > MAX_LOGS or not (o.real(s) and o.real(t)) or ((n or t is not b.ZERO) and name not in ("Beta", "U")):
        return None
    if name == "LogN":
        tilted = b.distribution("N", b.add(p[0], b.mul(s, p[1])), p[1])
        factor, power_ = moment(tilted, m), power(d, s, o)
        return None if factor is None or power_ is None else b.mul(power_, factor)
    if name == "InvGa":
        got = with_logarithms(b.distribution("Ga", *p), b.neg(s), t, logs, o)
        return None if got is None else b.mul(num((-1) ** m), got)
    if name == "U":
        if p != (b.ZERO, b.ONE):
            return None
        name, p = "Beta", (b.ONE, b.ONE)
    first, order = (p[0], p[1]) if name != "Exp" else (b.ONE, p[0])
    left = b.add(first, s)
    if name in ("Ga", "Exp") and o.positive(left):
        mean = b.div(b.fn("gamma", left), b.mul(b.fn("gamma", first), b.pow_(order, s)))
        return b.mul(mean, _by_partitions((m, 0), lambda i, _: _polygamma(i, left) if i > 1 else b.sub(_polygamma(1, left), b.log(order))))
    right = b.add(order, t)
    if name == "Beta" and o.positive(left) and o.positive(right):
        both, whole = b.add(left, right), b.add(first, order)
        top = b.mul(b.fn("gamma", left), b.fn("gamma", right), b.fn("gamma", whole))
        mean = b.div(top, b.mul(b.fn("gamma", first), b.fn("gamma", order), b.fn("gamma", both)))

        def cumulant(i: int, j: int) -> Term:
            own = b.ZERO if i and j else _polygamma(i, left) if i else _polygamma(j, right)
            return b.sub(own, _polygamma(i + j, both))

        return b.mul(mean, _by_partitions(logs, cumulant))
    return None


MAX_LOGS = 4


def _polygamma(n: int, x: Term) -> Term:
    """The n-th derivative of log Γ."""
    return b.fn("digamma", x) if n == 1 else b.fn("polygamma", num(n - 1), x)


def _by_partitions(order: tuple[int, int], cumulant: Callable[[int, int], Term]) -> Term:
    """∂_s^m ∂_t^n e^{K} / e^{K} as a polynomial in the derivatives of K: the part with the first differentiation, and the rest."""
    m, n = order
    if m + n == 0:
        return b.ONE
    out = []
    for i in range(m + 1 if m else 1):
        for j in range(n + 1):
            if (i == 0 and m) or (not m and j == 0):
                continue
            ways = comb(m - 1, i - 1) * comb(n, j) if m else comb(n - 1, j - 1)
            out.append(b.mul(num(ways), cumulant(i, j), _by_partitions((m - i, n - j), cumulant)))
    return b.add(b.ZERO, *out)


def absolute_moment(d: Term, centre: Term) -> Term | None:
    """E|X - c| at the law's own centre."""
    name, p = str(d.data), d.args
    if name == "Laplace" and centre is p[0]:
        return p[1]
    if name == "N" and centre is p[0]:
        return b.sqrt(b.div(b.mul(b.TWO, p[1]), b.PI))
    return None


def valid(d: Term, o: Oracle) -> bool:
    """Whether the parameters are shown to be admissible."""
    name, p = str(d.data), d.args
    if name == "N":
        return o.real(p[0]) and o.positive(p[1])
    if name == "Po":
        return o.nonnegative(p[0])
    if name in ("Ga", "Beta"):
        return o.positive(p[0]) and o.positive(p[1])
    if name == "Exp":
        return o.positive(p[0])
    if name == "Bern":
        return o.nonnegative(p[0]) and o.less_equal(p[0], b.ONE)
    if name == "Bin":
        return o.natural(p[0]) and o.nonnegative(p[1]) and o.less_equal(p[1], b.ONE)
    if name == "NB":
        return o.positive(p[0]) and o.nonnegative(p[1]) and o.less(p[1], b.ONE)
    if name == "U":
        return o.less(p[0], p[1])
    if name in ("Laplace", "LogN"):
        return o.real(p[0]) and o.positive(p[1])
    if name == "InvGa":
        return o.positive(p[0]) and o.positive(p[1])
    if name == "Geom":
        return o.positive(p[0]) and o.less_equal(p[0], b.ONE)
    return False
