"""Densities given by a formula that is a normal one, as it stands or in the logarithm of the variable; integrals in the logarithm.

    E_{q}[g(x)] = E_{u ~ N(m, v)}[g(u)]         q(x) the formula of N(m, v)
    E_{q}[g(x)] = E_{u ~ N(m, v)}[g(e^u)]       q(x) = 0 for x ≤ 0, and q(e^u) e^u the formula of N(m, v)   (log-normal laws)
    ∫_0^a f(x) dx = ∫_{-∞}^{log a} f(e^u) e^u du    f with e to a quadratic of log x in it
    E_p[f] = ∫_c^∞ p f                  f = 0 on x < c, p a declared density on ℝ

That a formula is that of N(m, v) is shown by algebra: its exponent is a quadratic with a negative leading coefficient, and what is
left over is (2πv)^{-1/2} e^{-m²/(2v)}.
"""

from __future__ import annotations

from collections.abc import Callable

from derivcheck.kernel import algebra
from derivcheck.kernel.densities import domains
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.monomials import degree_in, factors, product
from derivcheck.kernel.rewrite import Rewriter, level_symbol, rule
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, bind, contains_op, instantiate, num, substitute, subterms

SOURCE = "substitution x = e^u, a smooth increasing map of ℝ onto (0, ∞)"


@rule("normal-formula", "Eover", statement="E over a density whose formula is that of a normal law, in x or in log x", side="shown by algebra", source=SOURCE)
def normal_formula(t: Term, rw: Rewriter) -> Term | None:
    d = t.args[0]
    if d.op != "lam" or len(t.bound) != 1 or t.bound[0].sort.kind != "num" or d.sort.kind != "dist":
        return None
    formula, half = _half_line(d)
    if formula is None:
        return None
    (x,), body, _ = rw.under(t)
    u = level_symbol("u", x.sort, rw.depth)
    inner = rw.child(((Declaration(u, b.REALS),), ()))
    density = formula(x)
    if contains_op(density, "pdf", "apply", "E", "Eover", "int", "sum"):
        return None
    at = b.mul(substitute(density, {x: b.exp(u)}), b.exp(u)) if half else substitute(density, {x: u})
    got = normal_parameters(inner.nf(at), u, inner, rw)
    if got is None:
        return None
    law = b.distribution("N", *got)
    return bind("Eover", (u,), (law,), substitute(body, {x: b.exp(u)}) if half else substitute(body, {x: u}), None, t.sort)


@rule("expectation-on-half-line", "Eover", statement="E_p[f] = ∫_c^∞ p f for f = 0 on x < c (and the mirror image)", side="p a declared density on ℝ", source="definition")
def expectation_on_half_line(t: Term, rw: Rewriter) -> Term | None:
    d = t.args[0]
    if d.op != "sym" or len(t.bound) != 1 or t.sort.kind != "num":
        return None
    sets = domains(d, rw.oracle)
    if sets is None or len(sets) != 1 or sets[0].op != "set" or sets[0].data != "R":
        return None
    (x,), body, _ = rw.under(t)
    for c in _breaks(body, x):
        halves = []
        for sign, ends in (("<", (b.neg(b.INF), c)), (">", (c, b.INF))):
            inner = rw.child(((Declaration(x, b.REALS),), (b.rel(x, sign, c),)))
            halves.append((inner.nf(body), ends))
        for (mine, ends), (other, _) in (halves, halves[::-1]):
            if other is b.ZERO and mine is not b.ZERO:
                return b.big("int", x, *ends, b.mul(b.pdf(d, x), mine))
    return None


def _breaks(body: Term, x: Term) -> list[Term]:
    """Numbers with which a case distinction or an indicator compares x."""
    out: dict[Term, None] = {}
    for s in subterms(body):
        conditions = s.args[:-1:2] if s.op == "cases" else s.args if s.op == "ind" else ()
        for p in conditions:
            if p.op == "rel" and p.data in ("<", "≤", ">", "≥") and x in p.args:
                other = p.args[1] if p.args[0] is x else p.args[0]
                if x not in other.free and not any(v.op == "bvar" for v in other.free):
                    out[other] = None
        if s.op == "fn" and s.data in ("max", "min") and x in s.args:
            for a in s.args:
                if x not in a.free and not any(v.op == "bvar" for v in a.free):
                    out[a] = None
        if s.op == "fn" and s.data == "abs" and s.args[0] is x:
            out[b.ZERO] = None
    return list(out)[:3]


def _half_line(d: Term) -> tuple[Callable[[Term], Term] | None, bool]:
    """(x ↦ formula where it is not 0, whether that is x > 0); (None, False) for other shapes."""
    body = d.args[-1]
    x = d.bound[0]
    domain = d.args[0]
    if body.op == "cases":
        if len(body.args) not in (3, 4) or body.args[-1] is not b.ZERO or domain.op != "set" or domain.data not in ("R", "Rpos", "Rnn"):
            return None, False
        c = body.args[0]
        if c.op != "rel" or not (
            (c.data in (">", "≥") and c.args[0] is x and c.args[1] is b.ZERO) or (c.data in ("<", "≤") and c.args[1] is x and c.args[0] is b.ZERO)
        ):
            return None, False
        if len(body.args) == 4:
            from derivcheck.kernel.rewrite import negation

            if body.args[2] is not negation(c):
                return None, False
        return (lambda v: instantiate(d, (v,)).args[1]), True
    if domain.op == "set" and domain.data == "R":
        return (lambda v: instantiate(d, (v,))), False
    if domain.op == "set" and domain.data in ("Rpos", "Rnn"):
        return (lambda v: instantiate(d, (v,))), True
    return None, False


def normal_parameters(f: Term, u: Term, inner: Rewriter, rw: Rewriter) -> tuple[Term, Term] | None:
    """(m, v) with f = N(u; m, v), f in normal form."""
    terms = linear_terms(f)
    if len(terms) != 1:
        return None
    c, monomial = terms[0]
    top, bottom = factors(monomial)
    if any(u in g.free for g in bottom):
        return None
    moving = [g for g in top if u in g.free]
    if not moving or any(g.op != "fn" or g.data != "exp" for g in moving):
        return None
    rest = b.mul(num(c), product([g for g in top if u not in g.free], bottom))
    parts = quadratic(b.add(*(g.args[0] for g in moving)), u, inner)
    if parts is None:
        return None
    two, one, zero = (rw.nf(p) for p in parts)
    if not rw.oracle.negative(two):
        return None
    v = rw.nf(b.div(num(-1), b.mul(b.TWO, two)))
    m = rw.nf(b.mul(one, v))
    # rest · e^zero = (2πv)^{-1/2} e^{-m²/(2v)}
    left = b.mul(rest, b.sqrt(b.mul(b.TWO, b.PI, v)), b.exp(b.add(zero, b.div(b.pow_(m, 2), b.mul(b.TWO, v)))))
    if not algebra.is_zero(b.sub(left, b.ONE), rw):
        return None
    return m, v


def quadratic(e: Term, u: Term, inner: Rewriter) -> tuple[Term, Term, Term] | None:
    """e = a u² + c u + k: (a, c, k)."""
    by_degree: dict[int, list[Term]] = {0: [], 1: [], 2: []}
    for q, m in linear_terms(inner.nf(e)):
        top, bottom = factors(m)
        if any(u in g.free for g in bottom):
            return None
        degree, others = degree_in([g for g in top if u in g.free], u)
        if others or degree > 2:
            return None
        by_degree[degree].append(b.mul(num(q), product([g for g in top if u not in g.free], bottom)))
    return b.add(*by_degree[2]), b.add(*by_degree[1]), b.add(*by_degree[0])


@rule("integral-in-logarithm", "int", statement="∫_0^a f(x) dx = ∫_{-∞}^{log a} f(e^u) e^u du", side="0 < a ≤ ∞", source=SOURCE)
def integral_in_logarithm(t: Term, rw: Rewriter) -> Term | None:
    lo, hi = t.args[0], t.args[1]
    if lo is not b.ZERO or t.sort.kind != "num" or not (hi is b.INF or rw.oracle.positive(hi)):
        return None
    (x,), body, _ = rw.under(t)
    log_x = b.log(x)
    if not any(s.op == "fn" and s.data == "exp" and any(v.op == "pow" and v.args[0] is log_x for v in subterms(s.args[0])) for s in subterms(body)):
        return None
    u = level_symbol("u", x.sort, rw.depth)
    new = b.mul(substitute(body, {x: b.exp(u)}), b.exp(u))
    return b.big("int", u, b.neg(b.INF), b.INF if hi is b.INF else b.log(hi), new)
