"""Expectations under mass functions with few values, written out value by value.  Only in group `values`."""

from __future__ import annotations

from derivcheck.kernel.densities import domains, positive, value
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, instantiate


@rule(
    "expectation-by-values",
    "Eover",
    statement="E_{x ~ p}[f(x)] = ∑_k p(k) f(k)",
    side="p a positive mass function on at most 8 given numbers (f need not have a value where p vanishes)",
    source="definition",
    group="values",
)
def expectation_by_values(t: Term, rw: Rewriter) -> Term | None:
    from derivcheck.kernel.inferences.masses import listed

    law = t.args[0]
    base = law
    if law.op == "lam":
        body = law.args[-1]
        if body.op != "pdf" or body.args[0].op not in ("sym", "marg"):
            return None
        base = body.args[0]
    if base.op not in ("sym", "marg") or t.sort.kind != "num" or len(t.bound) != 1 or not positive(base, rw.oracle):
        return None
    sets = domains(law, rw.oracle)
    values = listed(sets[0]) if sets is not None and len(sets) == 1 else None
    if values is None:
        return None
    return b.add(b.ZERO, *(b.mul(value(law, (k,)), instantiate(t, (k,))) for k in values))
