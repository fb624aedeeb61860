"""Indicators in one writing: an equation with its sides in order, inequations and reversed comparisons through the opposite ones.

    1[x ≠ y] = 1 - 1[x = y]      1[x > y] = 1[y < x]      cases(P, a, c) = c + (a - c) 1[P] for numbers a, c
"""

from __future__ import annotations

from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.randomness import randomness
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk

SOURCE = "definition of indicators"


@rule("indicator-writing", "ind", statement="1[x ≠ y] = 1 - 1[x = y], 1[x > y] = 1[y < x], 1[y = x] = 1[x = y], 1[¬P] = 1 - 1[P]", source=SOURCE)
def indicator_writing(t: Term, rw: Rewriter) -> Term | None:
    p = t.args[0]
    if p.op == "not":
        return b.sub(b.ONE, b.ind(p.args[0]))
    if p.op != "rel" or len(p.args) != 2 or p.args[0].sort.kind != "num":
        return None
    x, y = p.args
    if p.data == "≠":
        return b.sub(b.ONE, b.ind(b.eq(x, y)))
    if p.data in (">", "≥"):
        return b.ind(b.rel(y, {">": "<", "≥": "≤"}[str(p.data)], x))
    if p.data == "=" and order_key(y) < order_key(x):
        return b.ind(b.eq(y, x))
    return None


@rule("constant-cases", "cases", statement="cases(P, a, c) = c + (a - c) 1[P]", side="a, c numbers", source=SOURCE)
def constant_cases(t: Term, rw: Rewriter) -> Term | None:
    if len(t.args) != 3 or t.args[1].op != "num" or t.args[2].op != "num":
        return None
    p, a, c = t.args
    return b.add(c, b.mul(b.sub(a, c), b.ind(p)))


@rule("probability-writing", "Pr", statement="Pr(x = X) = Pr(X = x)", source=SOURCE)
def probability_writing(t: Term, rw: Rewriter) -> Term | None:
    p = t.args[0]
    if p.op != "rel" or p.data != "=" or p.args[0].sort.kind != "num":
        return None
    x, y = p.args
    r = randomness(rw.oracle)
    if (r.atoms(y) and not r.atoms(x)) or (bool(r.atoms(x)) == bool(r.atoms(y)) and order_key(y) < order_key(x)):
        return mk("Pr", (b.eq(y, x), *t.args[1:]), t.data)
    return None
