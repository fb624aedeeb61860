"""Means, variances and probabilities that surely exist: their integrals may be exchanged, and a closed form may stand for them in a
counterexample.

The rules of the kernel keep values where there are some and say nothing where there are none; a closed form shows that the mean exists
only where nothing infinite can have been dropped on the way.  That is so for polynomials (with moduli, maxima, minima, indicators of
inequalities between such) in random symbols of named laws, all of whose moments are finite, and for a single power of one symbol, whose
moment a rule gives only where it is finite, or its logarithm.

`exists_by_square` shows more with the rules themselves: what is nonnegative has a mean (it may be infinite), and what has a closed form for the
mean of its square is square integrable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.kernel.definedness import conditions
from derivcheck.kernel.oracle import Oracle
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.randomness import Randomness, randomness
from derivcheck.terms import build as b
from derivcheck.terms.context import Context
from derivcheck.terms.term import Term, bind, subterms

if TYPE_CHECKING:
    from derivcheck.kernel.rewrite import Rewriter

MEANS = frozenset({"E", "Var", "Cov", "Pr"})
LIGHT = frozenset("N Po Ga Exp Beta Bern Bin NB U Laplace Geom LogN Cat Dir".split())
_POLYNOMIAL = frozenset("N Po Bern Bin U Laplace".split())  # moments are polynomials in the parameters
_PLAIN = frozenset("add mul neg num sym idx ventry ind and or not rel cases maxover minover sum prod bvar tonum inner smul matmul transpose".split())
_LOGARITHMS = frozenset("Ga Exp Beta InvGa LogN Dir".split())  # the mean of the logarithm is finite
_RELATIONS = frozenset({"<", "≤", ">", "≥", "=", "≠"})


def exists(t: Term, context: Context) -> bool:
    """Whether a mean, variance or probability surely has a value, given that its laws have admissible parameters."""
    count = int(t.data)
    bodies, conditions = t.args[: len(t.args) - count], t.args[len(t.args) - count :]
    r = randomness(Oracle(context))
    if any(c.op != "rel" or c.data not in ("<", "≤", ">", "≥") for c in conditions if c.sort.kind == "bool"):
        return False  # where such an event has probability 0 the closed form, a quotient, has no value either
    if len(bodies) == 1 and _one_power(bodies[0], r):
        return True
    return all(_plain(x, r, LIGHT) for x in bodies) and all(_plain(c, r, LIGHT) for c in conditions)


MEANS_OVER = {"Eover": "E", "Varover": "Var", "Covover": "Cov"}
_OPEN = ("E", "Eover", "Var", "Varover", "Cov", "Covover", "Pr", "int", "intset", "lim", "opaque")


def exists_by_square(t: Term, rw: Rewriter) -> bool:
    """Whether a mean, variance or covariance under named laws, without conditions, has a value: of what is real and has a value everywhere, and
    is nonnegative (for a mean) or has a square with a finite mean."""
    from derivcheck.kernel import moments

    if t.sort.kind != "num" or t.op == "Pr":
        return False
    if t.op in MEANS_OVER:
        law = t.args[0]
        if law.op != "dist" or len(t.bound) != 1 or t.bound[0].sort.kind != "num" or not moments.valid(law, rw.oracle):
            return False
        xs, body, inner = rw.under(t)
        inner = inner.child(((), _inside(xs[0], law)))
        bodies = body.args if t.op == "Covover" else (body,)
    else:
        if t.data:
            return False
        xs, bodies = (), t.args
        r = randomness(rw.oracle)
        atoms = {a for x in bodies for a in r.atoms(x)}
        inner = rw.child(((), tuple(p for a in sorted(atoms, key=order_key) for p in _inside(a, getattr(r.declaration(a), "law", None)))))
        laws = [d.law if d is not None else None for x in bodies for d in map(r.declaration, r.atoms(x))]
        if any(law is None or law.op != "dist" for law in laws):
            return False
    single = t.op in ("E", "Eover")
    for x in bodies:
        if x.sort.kind != "num" or conditions(x, inner.oracle) or not (inner.oracle.real(x) or inner.oracle.real(inner.nf(x))):
            return False
        if single and inner.oracle.nonnegative(x):
            continue
        square = b.pow_(x, 2)
        value = rw.nf(bind("Eover", xs, t.args[:1], square) if xs else b.expect(square))
        if any(s.op in _OPEN or s is b.INF for s in subterms(value)):
            return False
    return True


def _inside(x: Term, law: Term | None) -> tuple[Term, ...]:
    """What holds almost surely of a variable with a density that ends at a number."""
    if law is None or law.op != "dist" or law.data not in ("U", "Exp", "Beta") or any(v.op == "bvar" for v in x.free):
        return ()
    if law.data == "U":
        return b.rel(x, ">", law.args[0]), b.rel(x, "<", law.args[1])
    return (b.rel(x, ">", b.ZERO),) if law.data == "Exp" else (b.rel(x, ">", b.ZERO), b.rel(x, "<", b.ONE))


def moderate(t: Term, r: Randomness) -> bool:
    """Whether a term has finite moments of every order by its shape and the laws in it."""
    return _plain(t, r, LIGHT)


def _one_power(t: Term, r: Randomness) -> bool:
    if t.op == "fn" and t.data == "log":
        x = t.args[0].args[0] if t.args[0].op == "ventry" else t.args[0]
        return x.op in ("sym", "idx") and _named(x, r, _LOGARITHMS)
    x = t.args[0] if t.op == "pow" and not r.atoms(t.args[1]) else t
    return x.op in ("sym", "idx") and _named(x, r, None)


def _named(x: Term, r: Randomness, names: frozenset[str] | None) -> bool:
    d = r.declaration(x)
    if d is None or d.law is None:
        return False
    law = d.law.args[-1] if d.law.op == "lam" and d.law.sort.kind == "fun" else d.law
    if law.op != "dist" or not (names is None or law.data in names):
        return False
    # a law whose parameters are random has moments that are means of theirs
    return not r.atoms(law) or (law.data in _POLYNOMIAL and all(_plain(a, r, LIGHT) for a in law.args))


def _plain(t: Term, r: Randomness, names: frozenset[str]) -> bool:
    atoms = r.atoms(t)
    if not atoms:
        return True
    if t in atoms:
        return _named(t, r, names)
    if t.op == "div":
        return not r.atoms(t.args[1]) and _plain(t.args[0], r, names)
    if t.op in ("sum", "prod") and (t.args[1] is b.INF or t.args[0].op == "neg"):
        return False
    if t.op == "pow":
        n = t.args[1]
        return n.op == "num" and n.data > 0 and n.data.denominator == 1 and _plain(t.args[0], r, names)
    if t.op == "fn" and t.data not in ("abs", "max", "min"):
        return False
    if t.op == "rel" and t.data not in _RELATIONS:
        return False
    return (t.op in _PLAIN or t.op == "fn") and all(_plain(a, r, names) for a in t.args)


def admissible(law: Term) -> list[Term] | None:
    """Conditions under which the parameters are those of a law (that is not concentrated at a point); None for laws not known here."""
    name, p = str(law.data), law.args
    if any(a.sort.kind != "num" for a in p):
        return None
    if name in ("N", "Laplace", "LogN"):
        return [b.rel(p[1], ">", b.ZERO)]
    if name in ("Ga", "InvGa", "Beta", "Exp", "Po"):
        return [b.rel(a, ">", b.ZERO) for a in p]
    if name == "U":
        return [b.rel(p[0], "<", p[1])]
    if name in ("Bern", "Geom", "Bin", "NB"):
        out = [b.rel(p[-1], ">", b.ZERO), b.rel(p[-1], "<", b.ONE)]
        return [*out, b.rel(p[0], ">", b.ZERO)] if len(p) > 1 else out
    return None
