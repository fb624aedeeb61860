"""Events of variables whose law is given by other random variables, and mixtures of counts.

    Pr(X = k ∧ Q(Z)) = E[f(k | Z) 1[Q(Z)]]      X | Z discrete with the declared mass function f, Q an event of Z
    E_{n ~ Po(λ)}[Bin(k; n, p)] = Po(k; λp)          E_{n ~ Bin(m, q)}[Bin(k; n, p)] = Bin(k; m, pq)        (thinning; Johnson, Kotz, Kemp,
                                                     Univariate Discrete Distributions, ch. 3, 4)
"""

from __future__ import annotations

from derivcheck.kernel.monomials import factors, product
from derivcheck.kernel.randomness import randomness
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.kernel.rules.expectation import atom_node
from derivcheck.terms import build as b
from derivcheck.terms.term import Term

_COUNTS = frozenset({"Po", "Bern", "Bin", "NB", "Cat", "Geom"})


@rule("event-given-parents", "Pr", statement="Pr(X = k ∧ Q(Z)) = E[f(k | Z) 1[Q(Z)]]", side="X | Z discrete with a declared mass function f", source="law of total probability")
def event_given_parents(t: Term, rw: Rewriter) -> Term | None:
    if len(t.args) != 1:
        return None
    p = t.args[0]
    parts = list(p.args) if p.op == "and" else [p]
    r = randomness(rw.oracle)
    for i, q in enumerate(parts):
        if q.op != "rel" or q.data != "=":
            continue
        for x, k in ((q.args[0], q.args[1]), (q.args[1], q.args[0])):
            d = r.declaration(x) if x.op == "sym" and r.is_random(x) else None
            if d is None or not d.given or d.law is None or d.law.op != "dist" or d.law.data not in _COUNTS or r.atoms(k):
                continue
            rest = [u for j, u in enumerate(parts) if j != i]
            if not all(r.atoms(u) <= frozenset(d.given) for u in (*rest, d.law)):
                continue
            mass = b.pdf(d.law, k)
            return atom_node(b.mul(mass, b.ind(b.and_(*rest))) if rest else mass, ())
    return None


def thinning(t: Term, rw: Rewriter) -> Term | None:
    """The mean of a binomial mass in its number of trials (k natural)."""
    d = t.args[0]
    if d.op != "dist" or d.data not in ("Po", "Bin") or len(t.bound) != 1 or t.sort.kind != "num":
        return None
    (n,), body, _ = rw.under(t)
    top, bottom = factors(body)
    moving = [f for f in top if n in f.free]
    if len(moving) != 1 or any(n in f.free for f in bottom):
        return None
    (mass,) = moving
    if mass.op != "pdf" or mass.args[0].op != "dist" or mass.args[0].data != "Bin" or mass.args[0].args[0] is not n:
        return None
    p, k = mass.args[0].args[1], mass.args[1]
    if n in p.free or n in k.free or not rw.oracle.natural(k):
        return None
    top.remove(mass)
    law = b.distribution("Po", b.mul(d.args[0], p)) if d.data == "Po" else b.distribution("Bin", d.args[0], b.mul(d.args[1], p))
    return b.mul(product(top, bottom), b.pdf(law, k))
