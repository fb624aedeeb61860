"""Inverse functions: f⁻¹(f(u)) = u and f(f⁻¹(w)) = w, wherever the left side has a value; the inverse of a formula."""

from __future__ import annotations

from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.semantics.inverses import solved
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, substitute


@rule("inverse-of-function", "apply", statement="f⁻¹(f(u)) = u, f(f⁻¹(w)) = w", source="definition of the inverse")
def inverse_of_function(t: Term, rw: Rewriter) -> Term | None:
    if len(t.args) != 2 or t.args[1].op != "apply" or len(t.args[1].args) != 2:
        return None
    outer, inner = t.args[0], t.args[1].args[0]
    if (outer.op == "invfun" and outer.args[0] is inner) or (inner.op == "invfun" and inner.args[0] is outer):
        return t.args[1].args[1]
    return None


@rule("derivative-of-inverse", "apply", statement="(f⁻¹)'(w) = 1 / f'(f⁻¹(w))", source="chain rule on f(f⁻¹(w)) = w; where the left side has a value the slope of f is not 0")
def derivative_of_inverse(t: Term, rw: Rewriter) -> Term | None:
    f = t.args[0]
    if len(t.args) != 2 or f.op != "dfun" or f.data != (1,) or f.args[0].op != "invfun":
        return None
    g = f.args[0].args[0]
    return b.div(b.ONE, b.apply(b.dfun(g, (1,)), b.apply(f.args[0], t.args[1])))


@rule("inverse-of-formula", "apply", statement="f⁻¹(w) = x with f(x) = w, for a formula f that is solved for x by one-to-one operations", source="definition of the inverse; where the left side has a value w lies in the range of f")
def inverse_of_formula(t: Term, rw: Rewriter) -> Term | None:
    if len(t.args) != 2 or t.args[0].op != "invfun" or t.args[0].args[0].op != "lam":
        return None
    parts = solved(t.args[0].args[0])
    return None if parts is None else substitute(parts[1], {parts[0]: t.args[1]})
