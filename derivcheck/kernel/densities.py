"""Densities as terms: over which sets, at a point, normalised or not, positive or not.

A density is a declared symbol (`let p \\in \\mathcal P(S)`, `let p(x, z) density`), a marginal `marg(p; before, given)` of a declared one, a
named law, or a formula (`lam` of sort dist).  Nothing is proved here: these are readings of declarations and of normal forms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.terms import build as b
from derivcheck.terms.sorts import Sort
from derivcheck.terms.term import Term, instantiate, mk

if TYPE_CHECKING:
    from derivcheck.kernel.oracle import Oracle


def sorts_of(d: Term) -> tuple[Sort, ...]:
    """The sorts of a law's variables."""
    over = d.sort.result
    return over.params if over.kind == "tuple" else (over,)  # type: ignore[return-value]


def whole_space(s: Sort) -> Term:
    """All values of a sort."""
    if s.kind == "mat":
        return b.rn(s.rows) if s.is_vector else b.rmn(s.rows, s.cols)
    return b.REALS


def symbol_domains(symbol: Term, oracle: Oracle) -> tuple[Term, ...] | None:
    """The sets of the variables before the bar of a declared density."""
    d = oracle.context.declarations.get(symbol.args[0] if symbol.op == "idx" else symbol)
    if d is None or d.domain is None:
        return None
    inside = d.domain.args[0] if d.domain.op == "prob" else d.domain
    return inside.args if inside.op == "product" else (inside,)


def variable_domains(symbol: Term, oracle: Oracle) -> tuple[Term, ...] | None:
    """The sets of all variables of a declared density, before and after the bar."""
    before = symbol_domains(symbol, oracle)
    d = oracle.context.declarations.get(symbol)
    if before is None or d is None:
        return None
    after = tuple(oracle.context.domain_of(s) or whole_space(s.sort) for s in d.joint_given)
    return (*before, *after)


def domains(d: Term, oracle: Oracle) -> tuple[Term, ...] | None:
    """The set of each variable of a law (of a conditional one: of the variables before the bar)."""
    if d.op == "lam":
        return d.args[:-1]
    if d.op == "marg":
        everything = variable_domains(d.args[0], oracle)
        if everything is None:
            return None
        before, _ = d.data
        return tuple(everything[i] for i in before)
    if d.op in ("sym", "idx") and d.sort.kind == "dist":
        return symbol_domains(d, oracle)
    if d.op == "dist":
        support = oracle.support(d)
        return None if support is None else (support,)
    return None


def value(d: Term, points: tuple[Term, ...]) -> Term:
    """The density at a point; a formula is instantiated."""
    if d.op == "lam":
        return instantiate(d, points)
    return mk("pdf", (d, *points))


def positive(d: Term, oracle: Oracle) -> bool:
    """Whether a density is nowhere zero on its domain, by declaration or by its name."""
    if d.op == "marg":
        return positive(d.args[0], oracle)
    if d.op in ("sym", "idx"):
        declaration = oracle.context.declarations.get(d.args[0] if d.op == "idx" else d)
        return declaration is not None and "positive" in declaration.attributes
    if d.op == "dist":
        return d.data in ("N", "Laplace")
    if d.op == "lam":
        body = d.args[-1]
        parts = (body,) if body.op != "div" else body.args
        return all(t.op == "pdf" and positive(t.args[0], oracle) for t in parts)
    return False


def countable(s: Term) -> bool:
    """A set on which a density is a mass function."""
    return s.op in ("range", "finset") or (s.op == "set" and s.data in ("N", "Npos", "Z"))


def finite(s: Term) -> bool:
    """A set with finitely many elements."""
    return s.op == "finset" or (s.op == "range" and s.args[1] is not b.INF and s.args[0].op != "neg")


def mass_points(s: Term) -> list[Term] | None:
    """The elements of a set of at most 12 literal integers, in order."""
    from derivcheck.kernel.literals import integer_value
    from derivcheck.terms.term import num

    if s.op == "range":
        lo, hi = integer_value(s.args[0]), integer_value(s.args[1])
        return None if lo is None or hi is None or hi - lo > 11 else [num(k) for k in range(lo, hi + 1)]
    if s.op == "finset" and 0 < len(s.args) <= 12:
        values = [integer_value(a) for a in s.args]
        if None not in values and len(set(values)) == len(values):
            return [num(k) for k in sorted(v for v in values if v is not None)]
    return None


def full(s: Term) -> bool:
    """A set that an integral over all values of the variable covers."""
    return (s.op == "set" and s.data == "R") or s.op in ("rn", "rmn")


def normalised(d: Term, oracle: Oracle) -> bool:
    """Whether a law is known to have total mass 1: declared and named ones (where their parameters are admissible), formulas that are such a
    density at the bound variables."""
    if d.op in ("sym", "idx", "marg", "dist", "law"):
        return d.sort.kind == "dist"
    if d.op != "lam":
        return False
    body = d.args[-1]
    n = len(d.bound)
    if body.op == "pdf" and body.args[1 : 1 + n] == d.bound and not (set(d.bound) & body.args[0].free):
        rest = body.args[1 + n :]
        law = body.args[0]
        if any(set(d.bound) & t.free for t in rest) or not same_domains(d, law, n, oracle):
            return False
        return len(rest) == given_count(law, oracle)
    # p(x, z) / p(x) as a density of z, and affine mixtures ∑ c_i p_i with ∑ c_i = 1
    if conditional(d, oracle) is not None or independent(d, oracle):
        return True
    parts = mixture(d, oracle)
    return parts is not None and mixture_is_normalised(parts, oracle)


def given_count(law: Term, oracle: Oracle) -> int:
    """How many variables a density has after its bar."""
    if law.op == "marg":
        return len(law.data[1])
    declaration = oracle.context.declarations.get(law)
    return len(declaration.joint_given) if declaration is not None else 0


def same_domains(d: Term, law: Term, n: int, oracle: Oracle) -> bool:
    """A formula's variables run over the whole domains of the density that it names."""
    wanted = domains(law, oracle)
    return wanted is not None and len(wanted) == n and all(x is y for x, y in zip(d.args[:-1], wanted, strict=True))


def conditional(d: Term, oracle: Oracle) -> tuple[Term, tuple[int, ...]] | None:
    """`λz. p(x, z | y)/p(x | y)` for a declared p or a marginal of one: p and the positions of the bound variables."""
    body = d.args[-1]
    if d.op != "lam" or body.op != "div" or body.args[0].op != "pdf" or body.args[1].op != "pdf":
        return None
    top, below = body.args
    p = top.args[0]
    if p.op not in ("sym", "marg"):
        return None
    points = top.args[1:]
    n = len(points) - given_count(p, oracle)
    positions = tuple(i for i, t in enumerate(points[:n]) if t in d.bound)
    others = tuple(i for i in range(n) if i not in positions)
    if tuple(points[i] for i in positions) != d.bound or any(set(d.bound) & points[i].free for i in (*others, *range(n, len(points)))):
        return None
    base, before, given = (p.args[0], *p.data) if p.op == "marg" else (p, tuple(range(n)), tuple(range(n, len(points))))
    if below.args[0].op != "marg" or below.args[0].args[0] is not base or below.args[0].data != (tuple(before[i] for i in others), given):
        return None
    if below.args[1:] != (*(points[i] for i in others), *points[n:]):
        return None
    everything = domains(p, oracle)
    if everything is None or not all(everything[i] is s for i, s in zip(positions, d.args[:-1], strict=True)):
        return None
    return p, positions


def mixture(d: Term, oracle: Oracle) -> list[tuple[Term, Term]] | None:
    """`λx. ∑ c_i p_i(x)` with c_i ≥ 0 free of x: the weights and the densities (the weights need not add up to 1 here)."""
    if d.op != "lam" or len(d.bound) != 1:
        return None
    from derivcheck.kernel.literals import linear_terms
    from derivcheck.kernel.monomials import factors, product
    from derivcheck.terms.term import num

    x = d.bound[0]
    parts: list[tuple[Term, Term]] = []
    for c, m in linear_terms(d.args[-1]):
        top, bottom = factors(m)
        inside = [f for f in top if x in f.free]
        if len(inside) != 1 or inside[0].op != "pdf" or inside[0].args[1:] != (x,) or x in inside[0].args[0].free or any(x in f.free for f in bottom):
            return None
        law = inside[0].args[0]
        if not same_domains(d, law, 1, oracle):
            return None
        top.remove(inside[0])
        weight = b.mul(num(c), product(top, bottom))
        if not oracle.nonnegative(weight):
            return None
        parts.append((weight, law))
    return parts or None


def independent(d: Term, oracle: Oracle) -> bool:
    """`λx,y. p(x) q(y)` with declared densities (or marginals) over disjoint variables that make up all of them."""
    body = d.args[-1]
    if d.op != "lam" or body.op != "mul":
        return False
    sets = dict(zip(d.bound, d.args[:-1], strict=True))
    left = list(d.bound)
    for f in body.args:
        if f.op != "pdf" or f.args[0].sort.kind != "dist" or set(d.bound) & f.args[0].free:
            return False
        law, points = f.args[0], f.args[1:]
        wanted = domains(law, oracle)
        n = len(points) - given_count(law, oracle)
        if wanted is None or len(wanted) != n or any(set(d.bound) & x.free for x in points[n:]):
            return False
        for x, s in zip(points[:n], wanted, strict=True):
            if x not in left or not (sets[x] is s or (full(s) and full(sets[x]))):
                return False
            left.remove(x)
    return not left


def mixture_is_normalised(parts: list[tuple[Term, Term]], oracle: Oracle) -> bool:
    """Whether weights add up to 1."""
    info = oracle.info(b.sub(b.add(*(w for w, _ in parts)), b.ONE))
    return info.real and info.lo == 0 and info.hi == 0


def support_facts(d: Term, points: tuple[Term, ...]) -> tuple[Term, ...]:
    """Where an expectation over d looks: the density is positive there, and so are its nonnegative factors."""
    if d.op == "dist":
        return ()
    from derivcheck.kernel.monomials import factors

    at = value(d, points)
    top, bottom = factors(at)
    facts = {b.rel(f, ">", b.ZERO): None for f in (at, *top, *bottom) if f is at or f.op == "pdf"}
    return tuple(facts)
