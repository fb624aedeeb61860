"""Events of several independent random symbols.

    Pr(c |u| + r ≤ 0) = Pr(c u + r ≤ 0 ∧ -c u + r ≤ 0) for c > 0,  1 - Pr(c u + r > 0 ∧ -c u + r > 0) for c < 0     (maxima and minima)
    Pr(a·X + c ≤ 0) = ½ (1 + erf(-m / √(2v)))      X independent normal, a·X + c of mean m and variance v > 0
    Pr(P(X, Y)) = E_{x ~ law(X)}[Pr(P(x, Y))]      X, Y independent, where this comes to a closed form
"""

from __future__ import annotations

from derivcheck.kernel import algebra
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.randomness import Randomness, randomness
from derivcheck.kernel.rewrite import Rewriter, level_symbol, rule
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, contains_op, mk, num, substitute

SOURCE = "Fubini for independent variables; sums of independent normal variables are normal"


def _event(t: Term) -> Term | None:
    """The difference of the sides of an inequality without conditions."""
    p = t.args[0]
    if len(t.args) != 1 or p.op != "rel" or p.data not in ("<", "≤") or any(a.sort.kind != "num" for a in p.args):
        return None
    return b.sub(p.args[0], p.args[1])


@rule("event-of-extremum", "Pr", statement="Pr(c |u| + r ≤ 0) by the two signs of u; see the file's head", side="u, r real, r random", source="definition of the modulus")
def event_of_extremum(t: Term, rw: Rewriter) -> Term | None:
    gap = _event(t)
    if gap is None or not contains_op(gap, "fn"):
        return None
    r = randomness(rw.oracle)
    moduli = [(c, m) for c, m in linear_terms(rw.nf(gap)) if m.op == "fn" and m.data == "abs" and r.atoms(m)]
    if len(moduli) != 1:
        return None
    ((c, m),) = moduli
    rest = [(k, n) for k, n in linear_terms(rw.nf(gap)) if n is not m]
    u, other = m.args[0], b.add(b.ZERO, *(b.mul(num(k), n) for k, n in rest))
    if not r.atoms(other) or contains_op(other, "cases", "ind") or not (rw.oracle.real(u) and rw.oracle.real(other)):
        return None
    relation = str(t.args[0].data)
    if c < 0:
        relation = {"<": "≥", "≤": ">"}[relation]
    sides = [b.rel(rw.nf(b.add(b.mul(num(k), u), other)), relation, b.ZERO) for k in (c, -c)]
    both = mk("Pr", (b.and_(*sides),), 0)
    return both if c > 0 else b.sub(b.ONE, both)


@rule("event-of-normals", "Pr", statement="Pr(a·X + c ≤ 0) = ½ (1 + erf(-m/√(2v)))", side="X mutually independent normal, v > 0", source=SOURCE)
def event_of_normals(t: Term, rw: Rewriter) -> Term | None:
    gap = _event(t)
    r = randomness(rw.oracle)
    atoms = sorted(r.atoms(gap), key=order_key) if gap is not None else []
    if gap is None or len(atoms) < 2 or not _independent(atoms, r):
        return None
    start = rw.nf(substitute(gap, dict.fromkeys(atoms, b.ZERO)))
    mean, spread = start, b.ZERO
    parts = [start]
    for x in atoms:
        law = _law(x, r)
        if law is None or law.data != "N" or any(p.sort.kind != "num" for p in law.args):
            return None
        slope = rw.nf(b.sub(substitute(gap, {**dict.fromkeys(atoms, b.ZERO), x: b.ONE}), start))
        if r.atoms(slope) or not rw.oracle.real(slope):
            return None
        parts.append(b.mul(slope, x))
        mean = b.add(mean, b.mul(slope, law.args[0]))
        spread = b.add(spread, b.mul(b.pow_(slope, 2), law.args[1]))
    if not algebra.is_zero(b.sub(gap, b.add(*parts)), rw) or not rw.oracle.positive(rw.nf(spread)):
        return None
    return b.mul(b.HALF, b.add(b.ONE, b.fn("erf", b.div(b.neg(mean), b.sqrt(b.mul(b.TWO, spread))))))


@rule("event-by-conditioning", "Pr", statement="Pr(P(X, Y)) = E_{x ~ law(X)}[Pr(P(x, Y))]", side="X, Y independent; a closed form comes out", source=SOURCE)
def event_by_conditioning(t: Term, rw: Rewriter) -> Term | None:
    if _event(t) is None:
        return None
    r = randomness(rw.oracle)
    atoms = sorted(r.atoms(t.args[0]), key=order_key)
    if len(atoms) != 2 or not _independent(atoms, r) or any(_law(x, r) is None for x in atoms):
        return None
    for x in atoms:
        law = _law(x, r)
        assert law is not None
        value = level_symbol("x", x.sort, rw.depth)
        new = rw.nf(b.expect_over((value,), law, mk("Pr", (substitute(t.args[0], {x: value}),), 0)))
        if not contains_op(new, "Pr", "Eover", "int", "sum", "cases", "ind"):
            return new
    return None


def _law(x: Term, r: Randomness) -> Term | None:
    """The declared law of a symbol, a named law that depends on nothing random."""
    d = r.declaration(x)
    if x.op != "sym" or x.sort.kind != "num" or d is None or d.law is None or d.given or d.law.op != "dist" or r.atoms(d.law):
        return None
    return d.law


def _independent(atoms: list[Term], r: Randomness) -> bool:
    return all(len(c) == 1 for c in r.clusters([frozenset((a,)) for a in atoms], frozenset()))
