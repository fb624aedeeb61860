"""Means of functions in pieces under a named law.

    E_{x ~ D}[f] = ∫_{a}^{c} p f₁ + ∫_{c}^{b} p f₂       f = f₁ on x < c and f₂ on x > c; D continuous on (a, b), c in it
    E_{n ~ D}[f] = E_D[f₂] + ∑_{k = m}^{c} p(k) (f₁(k) - f₂(k))     D on the integers from m; f = f₁ for n ≤ c and f₂ above, c a number

(additivity of the integral and of absolutely convergent series).  Used only where both parts come to a closed form.  The point c itself has no probability under a continuous law.  A part whose integral
does not converge is no closed form, so that nothing is claimed of ∞ - ∞.
Limits: one break point.
"""

from __future__ import annotations

from fractions import Fraction

from derivcheck.kernel import moments
from derivcheck.kernel.monomials import linear_in
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, contains_op, num, substitute, subterms

_LINE = frozenset({"N", "Laplace"})
_HALF_LINE = frozenset({"Exp", "Ga", "InvGa", "LogN"})
_COUNTS = {"Po": 0, "NB": 0, "Geom": 1}
_OPEN = ("E", "Eover", "Pr", "int", "intset", "cases", "ind")
FURTHEST = 12


def mean_in_pieces(t: Term, rw: Rewriter) -> Term | None:
    """The mean of a function in two pieces, in closed form; None where there is none."""
    d = t.args[0]
    if d.op != "dist" or len(t.bound) != 1 or t.bound[0].sort.kind != "num" or t.sort.kind != "num":
        return None
    if not contains_op(t.args[-1], "cases", "ind", "fn") or not moments.valid(d, rw.oracle):
        return None
    name = str(d.data)
    (x,), body, _ = rw.under(t)
    points = list(dict.fromkeys(rw.nf(c) for c in _breaks(body, x)))
    if len(points) != 1:
        return None
    (c,) = points
    if name in _COUNTS:
        return _counted(d, x, body, c, rw)
    ends = _ends(d)
    if ends is None or not _between(c, ends, rw):
        return None
    parts: list[Term] = []
    for relation, low, high in (("<", ends[0], c), (">", c, ends[1])):
        inner = rw.child(((Declaration(x, b.REALS),), (b.rel(x, relation, c), *_inside(x, ends))))
        piece = inner.nf(body)
        if contains_op(piece, "cases", "ind"):
            return None
        if piece is b.ZERO:
            continue
        part = rw.nf(b.big("int", x, low, high, b.mul(inner.nf(b.pdf(d, x)), piece)))
        if contains_op(part, *_OPEN):
            return None
        parts.append(part)
    return b.add(b.ZERO, *parts)


def _ends(d: Term) -> tuple[Term, Term] | None:
    name = str(d.data)
    if name in _LINE:
        # the density of a Laplace law has a kink of its own at the mean
        return (b.neg(b.INF), b.INF) if name == "N" else None
    if name in _HALF_LINE:
        return b.ZERO, b.INF
    if name == "Beta":
        return b.ZERO, b.ONE
    return (d.args[0], d.args[1]) if name == "U" else None


def _between(c: Term, ends: tuple[Term, Term], rw: Rewriter) -> bool:
    above = ends[0].op == "neg" or rw.oracle.less_equal(ends[0], c)
    return rw.oracle.real(c) and above and (ends[1] is b.INF or rw.oracle.less_equal(c, ends[1]))


def _inside(x: Term, ends: tuple[Term, Term]) -> list[Term]:
    out = [] if ends[0].op == "neg" else [b.rel(x, ">", ends[0])]
    return out if ends[1] is b.INF else [*out, b.rel(x, "<", ends[1])]


def _breaks(body: Term, x: Term) -> list[Term]:
    """Where conditions and kinks that are linear in x break the line."""
    out: dict[Term, None] = {}
    gaps: list[Term] = []
    for s in subterms(body):
        if any(v.op == "bvar" for v in s.free):
            continue
        if s.op in ("cases", "ind"):
            for p in s.args[:-1:2] if s.op == "cases" else s.args:
                for q in p.args if p.op in ("and", "or") else (p,):
                    if q.op == "rel" and q.data in ("<", "≤", ">", "≥") and x in q.free:
                        gaps.append(b.sub(q.args[0], q.args[1]))
        if s.op == "fn" and x in s.free and s.data in ("abs", "max", "min", "sign"):
            gaps.append(s.args[0] if len(s.args) == 1 else b.sub(*s.args[:2]))
    for g in gaps:
        got = linear_in(g, x)
        if got is None or got[0] == 0:
            return []
        out[b.div(b.neg(got[1]), num(got[0]))] = None
    return list(out)


def _counted(d: Term, x: Term, body: Term, c: Term, rw: Rewriter) -> Term | None:
    start = _COUNTS[str(d.data)]
    at = rw.nf(c)
    if at.op != "num" or not start <= at.data <= FURTHEST:
        return None
    # integers strictly below the break, the break itself, and all above it
    floor = int(Fraction(at.data).__floor__())
    inner = rw.child(((Declaration(x, b.INTEGERS),), (b.rel(x, ">", num(floor)), b.rel(x, ">", at))))
    above = inner.nf(body)
    if contains_op(above, "cases", "ind"):
        return None
    out = rw.nf(b.expect_over((x,), d, above))
    for k in range(start, floor + 1):
        value = num(k)
        here, there = rw.nf(substitute(body, {x: value})), substitute(above, {x: value})
        if not total(there, rw.oracle):
            return None
        out = b.add(out, b.mul(b.pdf(d, value), b.sub(here, there)))
    return None if contains_op(rw.nf(out), *_OPEN) else out


