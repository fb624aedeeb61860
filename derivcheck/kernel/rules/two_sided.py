"""Sums over all integers, brought to one of the forms that shifts and reflections of the index give."""

from __future__ import annotations

from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, bind, substitute, subterms

LARGEST = 6


@rule(
    "sum-two-sided",
    "sum",
    statement="∑_{k∈ℤ} a(k) = ∑_{k∈ℤ} a(c + k) = ∑_{k∈ℤ} a(c - k) for an integer c",
    side="both halves of the series converge, or none of the sums has a value",
    source="a shift moves finitely many terms from one half to the other; a reflection exchanges the halves",
)
def two_sided(t: Term, rw: Rewriter) -> Term | None:
    """Of the indices under which some sequence stands at k itself, the one with the least term."""
    lo, hi = t.args[0], t.args[1]
    if t.sort.kind != "num" or hi is not b.INF or lo.op != "neg" or lo.args[0] is not b.INF:
        return None
    (k,), body, inner = rw.under(t)
    forms: dict[Term, None] = {}
    for u in _places(body, k):
        for slope in (b.ONE, b.MINUS_ONE):
            c = inner.nf(b.sub(u, b.mul(slope, k)))
            if k in c.free or not rw.oracle.integer(c):
                continue
            # u = c ± k becomes k for k = ±(k' - c)
            index = b.sub(k, c) if slope is b.ONE else b.sub(c, k)
            forms[bind("sum", (k,), (lo, hi), inner.nf(substitute(body, {k: index})), None, t.sort)] = None
    if not forms or len(forms) > LARGEST or any(f.op != "sum" for f in forms):
        return None
    least = min(forms, key=order_key)
    return None if least is t else least


def _places(body: Term, k: Term) -> list[Term]:
    """The arguments and indices of sequences in which k occurs."""
    found: dict[Term, None] = {}
    for u in subterms(body):
        if u.op in ("apply", "idx") and len(u.args) == 2 and k in u.args[1].free and not any(v.op == "bvar" for v in u.args[1].free):
            found[u.args[1]] = None
    return list(found)
