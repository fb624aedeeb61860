"""Small constructions for the rules of differentiation: sums and products without trivial parts, conditions, what looks real.

`None` stands for a derivative that is zero.
"""

from __future__ import annotations

from fractions import Fraction

from derivcheck.terms import build as b
from derivcheck.terms.build import INF, ONE, TWO, ZERO
from derivcheck.terms.sorts import Sort
from derivcheck.terms.term import Term, num


def zero_of(sort: Sort) -> Term:
    """The zero of a sort."""
    return b.zeros(sort.rows, sort.cols) if sort.kind == "mat" else ZERO


def plus(*parts: Term | None) -> Term | None:
    """Sum without zero summands; `None` is zero."""
    kept = [p for p in parts if p is not None]
    return b.add(*kept) if kept else None


def times(*factors: Term | None) -> Term | None:
    """Product without factors 1; `None` is zero."""
    if any(f is None for f in factors):
        return None
    kept = [f for f in factors if f is not ONE and f is not None]
    return b.mul(*kept) if kept else ONE


def scaled(s: Term | None, a: Term | None) -> Term | None:
    """Scalar times scalar or matrix."""
    if s is None or a is None:
        return None
    if a.sort.kind == "mat":
        return a if s is ONE else b.smul(s, a)
    return times(s, a)


def negated(a: Term | None) -> Term | None:
    return None if a is None else b.neg(a)


def off_cut(u: Term) -> Term:
    """u is not a real number ≤ 0."""
    return b.rel(u, "notin", b.interval(b.neg(INF), ZERO, "(]"))


def off_rays(u: Term) -> Term:
    """u is no real number outside (-1, 1)."""
    return b.and_(
        b.rel(u, "notin", b.interval(b.neg(INF), num(-1), "(]")),
        b.rel(u, "notin", b.interval(ONE, INF, "[)")),
    )


def squared(u: Term) -> Term:
    return b.pow_(u, TWO)


_REAL_FUNCTIONS = frozenset(
    "exp sin cos tan cot sec csc sinh cosh tanh coth sech csch arctan arcsinh erf erfc abs floor ceil re im arg max min sign gamma digamma "
    "factorial beta binom".split()
)


_MADE_OF_REALS = frozenset(
    "add neg mul div oddroot sum prod int cases matmul transpose smul trace det inner tonum bmat hadamard diag diagof vecop kron inv".split()
)


def looks_real(t: Term) -> bool:
    """The term is real wherever it is defined, its free symbols being real (as far as its make-up shows)."""
    if t.op == "const":
        return t.data != "i"
    if t.op in ("num", "sym", "bvar", "idx", "entry", "ventry", "ind", "norm", "apply", "dfun", "pdf"):
        return all(looks_real(a) for a in t.args if a.sort.kind == "num")
    if t.op in ("eye", "ones", "zeros", "unit"):
        return True
    if t.op in _MADE_OF_REALS:
        return all(looks_real(a) for a in t.args if a.sort.kind in ("num", "mat"))
    if t.op == "pow":
        base, e = t.args
        if not (looks_real(base) and looks_real(e)):
            return False
        return (e.op == "num" and e.data.denominator == 1) or base.op == "norm" or (base.op in ("num", "const")) or nonnegative(base)
    if t.op == "fn":
        return (t.data in _REAL_FUNCTIONS and all(looks_real(a) for a in t.args)) or (t.data == "log" and nonnegative(t.args[0]))
    return False


def nonnegative(t: Term) -> bool:
    """Real and not negative by its make-up."""
    if t.op == "num":
        return t.data >= 0
    if t.op == "const":
        return t.data != "i"
    if t.op == "pow" and t.args[1].op == "num":
        e: Fraction = t.args[1].data
        return (e.denominator == 1 and e.numerator % 2 == 0 and looks_real(t.args[0])) or nonnegative(t.args[0])
    if t.op == "fn":
        return t.data in ("exp", "abs", "cosh") and looks_real(t.args[0])
    if t.op in ("add", "mul", "div", "sum"):
        return all(nonnegative(a) for a in (t.args if t.op != "sum" else t.args[-1:]))
    return t.op in ("norm", "ind")
