"""Norms and definiteness of matrices whose diagonal form is given: statements about all of their eigenvalues.

Source: Horn and Johnson, Matrix Analysis, 5.6 (σ(S) is the largest |λ_i| of a normal S; σ(A)² = σ(A^T A)) and 7.2 (S ⪰ 0 iff all λ_i ≥ 0).
"""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, eigen, inference
from derivcheck.kernel.inferences.solutions import hypothesis_parts
from derivcheck.kernel.matrix_facts import real_entries
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.kernel.spectra import spectrum
from derivcheck.kernel.valued import valued
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration, Hypothesis
from derivcheck.terms.sorts import NUM
from derivcheck.terms.term import Term, bind, mk, substitute, subterms

HJ = "Horn and Johnson, Matrix Analysis"
_TURNED = {"<": ">", "≤": "≥", ">": "<", "≥": "≤"}


def of_norm(t: Term, rw: Rewriter) -> tuple[Term, bool] | None:
    """v with σ(A) = max |v_i|, or σ(A)² = max |v_i| (then True)."""
    if t.op not in ("sigmax", "norm") or (t.op == "norm" and t.data != "2"):
        return None
    a = t.args[0]
    if a.sort.kind != "mat" or b.ONE in (a.sort.rows, a.sort.cols) or not real_entries(a, rw.oracle):
        return None
    v = spectrum(a, rw)
    if v is not None:
        return v, False
    v = spectrum(b.matmul(b.transpose(a), a), rw)
    return (v, True) if v is not None else None


def all_entries(v: Term, relation: str, c: Term, context: Context, absolute: bool, rw: Rewriter) -> Term:
    """∀ i ∈ {1, …, n} : |v_i| REL c."""
    i = eigen(context, "i", NUM)
    places = b.int_range(b.ONE, v.sort.rows)
    entry = rw.child(((Declaration(i, places),), ())).nf(b.ventry(v, i))
    return bind("forall", (i,), (places,), b.rel(b.fn("abs", entry) if absolute else entry, relation, c), None, b.TRUE.sort)


def about_eigenvalues(p: Term, context: Context, rw: Rewriter) -> Term | None:
    """The statement about all eigenvalues that σ(S) < c, σ(A)² ≤ c, S ⪰ 0 or S ≻ 0 is equivalent to."""
    if p.op in ("psd", "pd"):
        v = spectrum(p.args[0], rw) if real_entries(p.args[0], rw.oracle) else None
        return all_entries(v, ">" if p.op == "pd" else "≥", b.ZERO, context, False, rw) if v is not None else None
    if p.op != "rel" or p.data not in _TURNED:
        return None
    for t, relation, c in ((p.args[0], str(p.data), p.args[1]), (p.args[1], _TURNED[str(p.data)], p.args[0])):
        if relation not in ("<", "≤"):
            continue
        squared = t.op == "pow" and t.args[1] is b.TWO
        got = of_norm(t.args[0] if squared else t, rw)
        if got is not None and (squared or not got[1]):
            v = got[0] if not squared or got[1] else b.hadamard(got[0], got[0])
            return all_entries(v, relation, c, context, True, rw)
    return None


@inference("eigenvalues", statement="σ(S) < c, S ⪰ 0 if it holds of all eigenvalues of S", source=HJ + ", 5.6, 7.2", method="eigenvalues")
def eigenvalues(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    rw = session.rewriter(ob.context)
    if "strict" in ob.context.conventions and (ob.statement.op not in ("psd", "pd") or not valued(ob.statement.args[0], rw)):
        raise Rejected("a side may have no value")
    goal = about_eigenvalues(ob.statement, ob.context, rw)
    if goal is None:
        raise Rejected("no diagonal form is given")
    return [Obligation(ob.context, goal)]


@inference("eigenvalues-fact", statement="from σ(S) < c, S ⪰ 0: it holds of all eigenvalues of S", source=HJ + ", 5.6, 7.2", method="eigenvalues")
def eigenvalues_fact(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the hypothesis."""
    (p,) = params
    if not any(q is p for q in hypothesis_parts(ob.context)):
        raise Rejected("not a hypothesis")
    fact = about_eigenvalues(p, ob.context, session.rewriter(ob.context))
    if fact is None:
        raise Rejected("no diagonal form is given")
    return [Obligation(ob.context.with_hypotheses([Hypothesis(fact, None, "step")]), ob.statement)]


@inference(
    "norm-by-eigenvalues",
    statement="σ(A) is c (its square is c) if no |λ_i| is above c and one is c: put in the goal",
    source=HJ + ", 5.6",
    method="eigenvalues",
)
def norm_by_eigenvalues(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (σ(A), c, j): every |v_i| ≤ c, and |v_j| = c."""
    t, c, j = params
    if t not in set(subterms(ob.statement)) or any(s.op == "bvar" for x in params for s in x.free):
        raise Rejected("not a part of the statement")
    rw = session.rewriter(ob.context)
    got = of_norm(t, rw)
    if got is None or c.sort.kind != "num" or j.sort.kind != "num":
        raise Rejected("no diagonal form is given")
    v, squared = got
    member = mk("rel", (j, b.int_range(b.ONE, v.sort.rows)), "in", b.TRUE.sort)
    return [
        Obligation(ob.context, all_entries(v, "≤", c, ob.context, True, rw)),
        Obligation(ob.context, member),
        Obligation(ob.context, b.eq(b.fn("abs", b.ventry(v, j)), c)),
        Obligation(ob.context, substitute(ob.statement, {t: b.sqrt(c) if squared else c})),
    ]
