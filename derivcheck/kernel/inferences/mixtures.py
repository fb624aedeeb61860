"""Means and variances under a mixture of named laws, put in component by component."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel import algebra
from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.oracle import Oracle
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, open_binder, substitute, subterms


@inference(
    "mixture-means",
    statement="E_q[f] = ∑_i c_i E_{p_i}[f] and Var_q[f] = E_q[f²] - E_q[f]² for q = ∑_i c_i p_i, put in for all such means of a statement",
    source="linearity of the integral in the measure; a mean under q exists where those under all p_i do, and add up (c_i > 0)",
    method="mixture",
)
def mixture_means(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """q a formula in densities of named laws at its variable; c_i > 0 with sum 1 shown, the laws inside the domain of q."""
    oracle = session.oracle(ob.context)
    known: dict[Term, Term] = {}
    for t in subterms(ob.statement):
        if t.op in ("Eover", "Varover") and t.sort.kind == "num" and not any(v.op == "bvar" for v in t.free):
            parts = components(t.args[0], oracle)
            if parts is not None and algebra.is_zero(b.sub(b.add(*(c for c, _ in parts)), b.ONE), session.rewriter(ob.context)):
                known[t] = _mean(t, parts)
    if not known:
        raise Rejected("no mean under a mixture")
    return [Obligation(ob.context, substitute(ob.statement, known))]


def _mean(t: Term, parts: list[tuple[Term, Term]]) -> Term:
    (x,), body = open_binder(t)
    if t.op == "Varover" and t.args[-1].sort.kind != "num":
        raise Rejected("a variance of vectors")

    def over(f: Term) -> Term:
        return b.add(*(b.mul(c, b.expect_over((x,), p, f)) for c, p in parts))

    return over(body) if t.op == "Eover" else b.sub(over(b.pow_(body, 2)), b.pow_(over(body), 2))


def components(law: Term, oracle: Oracle) -> list[tuple[Term, Term]] | None:
    """(c_i, p_i) of a density ∑ c_i p_i(x)."""
    if law.op != "lam" or law.sort.kind != "dist" or len(law.bound) != 1 or law.bound[0].sort.kind != "num":
        return None
    domain = law.args[0]
    (x,), body = open_binder(law)
    out: list[tuple[Term, Term]] = []
    for part in body.args if body.op == "add" else (body,):
        fs = part.args if part.op == "mul" else (part,)
        moving = [f for f in fs if x in f.free]
        if len(moving) != 1 or moving[0].op != "pdf" or moving[0].args[0].op != "dist" or moving[0].args[1:] != (x,) or x in moving[0].args[0].free:
            return None
        p = moving[0].args[0]
        weight = b.mul(b.ONE, *(f for f in fs if x not in f.free))
        support = oracle.support(p)
        if not oracle.positive(weight) or support is None or not (domain is b.REALS or domain is support):
            return None
        discrete = p.data in ("Po", "NB", "Geom", "Bern", "Bin", "Cat")
        if discrete and domain is b.REALS:
            return None
        out.append((weight, p))
    return out if len(out) > 1 else None
