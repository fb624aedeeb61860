"""The law of a variable given one that was drawn with it as a parameter, for conjugate pairs.

    M ~ N(m, s),  X | M ~ N(cM + k, v)       M | X ~ N(v' (m/s + c (X - k)/v), v'),  1/v' = 1/s + c²/v
    P ~ Beta(a, b),  X | P ~ Bin(n, P), Bern(P)      P | X ~ Beta(a + X, b + n - X)
    P ~ Beta(a, b),  X | P ~ Geom(P)         P | X ~ Beta(a + 1, b + X - 1)
    L ~ Ga(a, b),  X | L ~ Po(cL)            L | X ~ Ga(a + X, b + c)
    L ~ Ga(a, b),  X | L ~ Exp(cL)           L | X ~ Ga(a + 1, b + cX)
    L ~ Exp(b): as Ga(1, b)                  (c > 0, free of the variables)

Source: Bayes' theorem; Gelman et al., Bayesian Data Analysis, ch. 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.kernel import moments
from derivcheck.kernel.rewrite import Rewriter, level_symbol
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, contains_op, substitute

if TYPE_CHECKING:
    from derivcheck.kernel.rules.expectation import Expectation


def mean_given_child(inside: Term, work: Expectation) -> Term | None:
    """E[f(M) | X] by the law of M given X, for a conjugate pair; nothing else given, and f of M alone."""
    atoms = work.moving_atoms(inside)
    if len(atoms) != 1 or len(work.conds) != 1 or work.events:
        return None
    (m,), x = atoms, work.conds[0]
    parent, child = work.random.declaration(m), work.random.declaration(x) if x.op == "sym" else None
    if m.op != "sym" or parent is None or child is None or child.given != (m,) or parent.given or inside.sort.kind != "num" or x in work.random.atoms(inside):
        return None
    if parent.law is None or child.law is None or parent.law.op != "dist" or child.law.op != "dist" or m.sort.kind != "num" or x.sort.kind != "num":
        return None
    if work.random.atoms(parent.law) or work.random.atoms(child.law) != frozenset((m,)) or not work._closed(inside, m):
        return None
    law = _posterior(parent.law, child.law, m, x, work.rw)
    if law is None or not moments.valid(parent.law, work.oracle):
        return None
    value = level_symbol("m", m.sort, work.rw.depth)
    got = work.rw.nf(b.expect_over((value,), law, substitute(inside, {m: value})))
    return None if contains_op(got, "E", "Eover") else got


def _posterior(prior: Term, law: Term, m: Term, x: Term, rw: Rewriter) -> Term | None:
    name, p, q = str(prior.data), prior.args, law.args
    if name == "Exp":
        name, p = "Ga", (b.ONE, *p)
    if name == "N" and law.data == "N" and m not in q[1].free:
        start = rw.nf(substitute(q[0], {m: b.ZERO}))
        slope = rw.nf(b.sub(substitute(q[0], {m: b.ONE}), start))
        if m in slope.free or rw.nf(b.sub(q[0], b.add(start, b.mul(slope, m)))) is not b.ZERO:
            return None
        if not (rw.oracle.real(slope) and rw.oracle.real(start) and rw.oracle.positive(q[1]) and rw.oracle.positive(p[1])):
            return None
        spread = b.div(b.ONE, b.add(b.div(b.ONE, p[1]), b.div(b.pow_(slope, 2), q[1])))
        return b.distribution("N", b.mul(spread, b.add(b.div(p[0], p[1]), b.div(b.mul(slope, b.sub(x, start)), q[1]))), spread)
    if name == "Beta" and law.data in ("Bin", "Bern") and q[-1] is m:
        count = q[0] if law.data == "Bin" else b.ONE
        return None if m in count.free else b.distribution("Beta", b.add(p[0], x), b.add(p[1], b.sub(count, x)))
    if name == "Beta" and law.data == "Geom" and q[0] is m:
        return b.distribution("Beta", b.add(p[0], b.ONE), b.add(p[1], b.sub(x, b.ONE)))
    if name == "Ga" and law.data in ("Po", "Exp"):
        c = b.ONE if q[0] is m else rw.nf(b.div(q[0], m))
        if m in c.free or not rw.oracle.positive(c):
            return None
        if law.data == "Po":
            return b.distribution("Ga", b.add(p[0], x), b.add(p[1], c))
        return b.distribution("Ga", b.add(p[0], b.ONE), b.add(p[1], b.mul(c, x)))
    return None
