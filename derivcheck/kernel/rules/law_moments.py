"""Moments of a named law under an expectation over it: E_D[x^n], E_D[x^s e^{tx}], E_D[log x], E_D|ax + c|, E_D[s^x], E_D[cos(tx + c)].

`kernel/moments.py` holds the values; here the integrand is read as such a monomial.
"""

from __future__ import annotations

from derivcheck.kernel import moments
from derivcheck.kernel.literals import integer_value, linear_terms
from derivcheck.kernel.monomials import factors, linear_in, product
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num, substitute


def named_moment(inside: Term, d: Term, x: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    """E_{x~d}[inside] for a named law d and a monomial: its moment, or for a Bernoulli law the sum of its values; `inner` is the rewriter
    inside the expectation."""
    o = rw.oracle
    if x.sort.kind != "num":
        from derivcheck.kernel.rules.matrix_expectation import moment_of_vector

        return moment_of_vector(inside, d, x, inner)
    if d.data == "Bern":
        p = d.args[0]
        at = [substitute(inside, {x: num(v)}) for v in (0, 1)]
        if all(total(rw.nf(v), o) for v in at):
            return b.add(b.mul(b.sub(b.ONE, p), at[0]), b.mul(p, at[1]))
    top, bottom = factors(inside)
    degree = 0
    slopes: list[Term] = []
    exponents: list[Term] = []
    bases: list[Term] = []
    logs = 0
    for side, fs in ((1, top), (-1, bottom)):
        for f in fs:
            if f is x:
                degree += side
            elif f.op == "pow" and f.args[0] is x and (n := integer_value(f.args[1])) is not None:
                degree += side * n
            elif f.op == "pow" and f.args[0] is x and x not in f.args[1].free:
                exponents.append(f.args[1] if side > 0 else b.neg(f.args[1]))
            elif f.op == "pow" and x not in f.args[0].free and (base := _base(f, x, side, rw)) is not None:
                bases.append(base)
            elif f.op == "fn" and f.data == "exp" and (slope := _slope(f.args[0], x)) is not None:
                slopes.append(slope if side > 0 else b.neg(slope))
            elif f.op == "fn" and f.data == "log" and f.args[0] is x and side > 0:
                logs += 1
            elif f.op == "fn" and f.data in ("cos", "sin") and side > 0 and len(top) == 1 and not bottom:
                return _oscillating(f, d, x, rw, inner)
            elif f.op == "fn" and f.data == "abs" and side > 0 and len(top) == 1 and not bottom:
                return _absolute(f.args[0], d, x, rw)
            else:
                return None
    if bases:
        # s^x for all of them together
        return moments.generating(d, rw.nf(b.mul(*bases, *(b.exp(t) for t in slopes))), o) if not (degree or logs or exponents) else None
    if logs:
        return moments.log_moment(d) if logs == 1 and not degree and not slopes and not exponents else None
    if slopes:
        return _tilted(degree, slopes, d, rw) if not exponents else None
    if exponents or degree < 0 or d.data == "InvGa":
        s = rw.nf(b.add(*exponents, num(degree)))
        return moments.power(d, s, o)
    return moments.moment(d, degree)


def _tilted(degree: int, slopes: list[Term], d: Term, rw: Rewriter) -> Term | None:
    """E[X^n e^{tX}]: the exponential moment, or for a normal law the moments of the tilted one."""
    t = rw.nf(b.add(*slopes))
    if t is b.ZERO:
        return moments.moment(d, degree)
    factor = moments.exponential(d, t, rw.oracle)
    if factor is None or degree == 0:
        return factor
    if degree < 0:
        return None
    p = d.args
    if d.data == "N":
        tilted = b.distribution("N", b.add(p[0], b.mul(p[1], t)), p[1])
    elif d.data == "Ga":
        tilted = b.distribution("Ga", p[0], b.sub(p[1], t))
    elif d.data == "Exp":
        tilted = b.distribution("Exp", b.sub(p[0], t))
    elif d.data == "Po":
        tilted = b.distribution("Po", b.mul(p[0], b.exp(t)))
    else:
        return None
    m = moments.moment(tilted, degree)
    return None if m is None else b.mul(factor, m)


def _base(f: Term, x: Term, side: int, rw: Rewriter) -> Term | None:
    """s with f^{side} = s^x for the integers x: s^{nx} = (s^n)^x."""
    got = linear_in(f.args[1], x)
    if got is None or got[1] is not b.ZERO or got[0].denominator != 1 or got[0] == 0:
        return None
    n = side * int(got[0])
    return b.pow_(f.args[0], n) if n > 0 or rw.oracle.nonzero(f.args[0]) else None


def _oscillating(f: Term, d: Term, x: Term, rw: Rewriter, inner: Rewriter) -> Term | None:
    """E[cos(tX + c)] = cos(tm + c) E[cos(t(X - m))] for a law that is symmetric about m; for sin alike."""
    t = _slope(b.add(b.ZERO, *(b.mul(num(c), m) for c, m in linear_terms(f.args[0]) if x in m.free)), x)
    if t is None or d.data not in ("N", "Laplace") or not inner.oracle.real(f.args[0]) or not rw.oracle.real(t):
        return None
    centred = moments.exponential(b.distribution(str(d.data), b.ZERO, d.args[1]), b.mul(t, b.I_CONST), rw.oracle)
    return None if centred is None else b.mul(b.fn(str(f.data), substitute(f.args[0], {x: d.args[0]})), centred)


def _absolute(u: Term, d: Term, x: Term, rw: Rewriter) -> Term | None:
    got = linear_in(u, x)
    if got is None or got[0] == 0:
        return None
    centre = rw.nf(b.div(b.neg(got[1]), num(got[0])))
    m = moments.absolute_moment(d, centre)
    return None if m is None else b.mul(num(abs(got[0])), m)


def _slope(u: Term, x: Term) -> Term | None:
    """t with u = t x."""
    parts = []
    for c, m in linear_terms(u):
        if m is x:
            parts.append(num(c))
            continue
        top, bottom = factors(m)
        if top.count(x) != 1:
            return None
        top.remove(x)
        if any(x in f.free for f in (*top, *bottom)):
            return None
        parts.append(b.mul(num(c), product(top, bottom)))
    return b.add(*parts) if parts else None
