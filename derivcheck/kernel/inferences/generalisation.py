"""Terms replaced by new symbols, the bound of a covariance, and inequalities by squares."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel import algebra
from derivcheck.kernel import matrix_facts as facts
from derivcheck.kernel.check import Rejected, Session, eigen, inference
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.inferences.operators import strict
from derivcheck.kernel.infinite import no_arithmetic
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.oracle import Oracle
from derivcheck.kernel.randomness import randomness
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration, Hypothesis
from derivcheck.terms.sorts import NUM
from derivcheck.terms.term import Term, mk, substitute, subterms


@inference("generalise", statement="P(t) from P(s) for every real s that the hypotheses about t hold for", source="logic", method="generalisation")
def generalise(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the terms; each is real wherever it has a value, and stands where the sides need its value."""
    p = ob.statement
    if p.op != "rel" or p.args[0].sort.kind != "num" or p.data not in ("=", "≠", "<", "≤", ">", "≥"):
        raise Rejected("not a relation of numbers")
    parts = strict(p.args[0]) | strict(p.args[1])
    oracle = session.oracle(ob.context)
    mapping: dict[Term, Term] = {}
    context = ob.context
    for k, t in enumerate(params):
        if t.op == "sym" or t not in parts or not oracle.real(t) or any(v.op == "bvar" for v in t.free):
            raise Rejected("not a real part of the sides")
        if randomness(oracle).atoms(t):
            raise Rejected("a random variable is not one number")
        s = eigen(ob.context, "s", NUM, k)
        mapping[t] = s
        context = context.with_declaration(Declaration(s, b.REALS))
    # a relation that infinite values may satisfy says nothing of real ones in their place
    old = [h for h in context.hypotheses if pointwise(h.statement) and not any(map(no_arithmetic, subterms(h.statement)))]
    known = [(h, Hypothesis(substitute(h.statement, mapping), h.label, "step")) for h in old]
    context = context.with_hypotheses([new for h, new in known if new.statement is not h.statement])
    return [Obligation(context, substitute(p, mapping))]


_BY_DEPENDENCE = frozenset({"anyconst", "bigO", "opaque", "constin", "perp", "sim", "antideriv", "isconvex", "isconcave"})


def pointwise(p: Term) -> bool:
    """Whether a statement is about the values of its terms at a point, and not about how they depend on symbols (∝, ≐, O, constant in …)."""
    return not any(t.op in _BY_DEPENDENCE or (t.op == "rel" and t.data in ("∝", "≐", "O", "in-O")) for t in subterms(p))


@inference(
    "generalise-numbers",
    statement="P(t) from P(s) for every real s of the sign and within the bounds of t that the hypotheses about t hold for, t being real and with a value",
    source="logic",
    method="generalisation",
)
def generalise_numbers(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: numbers (made of vectors and matrices, values of functions …); those with one normal form get one symbol."""
    oracle = session.oracle(ob.context)
    if not pointwise(ob.statement):
        raise Rejected("not a statement about values")
    rw = session.rewriter(ob.context)
    known: dict[Term, Term] = {}
    mapping: dict[Term, Term] = {}
    context = ob.context
    p = ob.statement
    plain = p.op == "rel" and len(p.args) == 2 and "strict" not in context.conventions
    needed = strict(p.args[0]) | strict(p.args[1]) if plain and p.args[0].sort.kind == "num" else set()
    for t in params:
        if t.op == "sym" or t.sort.kind != "num" or any(v.op == "bvar" for v in t.free) or randomness(oracle).atoms(t):
            raise Rejected("not a number to replace")
        # in a relation that is claimed where its sides have values it is enough that they need the value of t
        if not oracle.real(t) or not (t in needed or total(t, oracle)):
            raise Rejected("not shown real and with a value")
        normal = rw.nf(t)
        if normal in known:
            mapping[t] = known[normal]
            continue
        s = mapping[t] = known[normal] = eigen(ob.context, "s", NUM, len(known))
        context = context.with_declaration(Declaration(s, _domain(t, oracle)))
        for sign, holds in ((">", oracle.positive), ("≥", oracle.nonnegative), ("<", oracle.negative), ("≤", oracle.nonpositive), ("≠", oracle.nonzero)):
            if holds(t):
                context = context.with_hypotheses([Hypothesis(b.rel(s, sign, b.ZERO), None, "domain")])
                break
    about = [(h.statement, Hypothesis(substitute(h.statement, mapping), h.label, "step")) for h in ob.context.hypotheses if pointwise(h.statement) and not any(map(no_arithmetic, subterms(h.statement)))]
    context = context.with_hypotheses([h for old, h in about if h.statement is not old])
    return [Obligation(context, substitute(ob.statement, mapping))]


def _domain(t: Term, oracle: Oracle) -> Term:
    """The numbers between the bounds that are shown of t."""
    info = oracle.info(t)
    if info.lo is not None and info.hi is not None:
        return b.interval(b.num_of(info.lo), b.num_of(info.hi), ("(" if info.lo_strict else "[") + (")" if info.hi_strict else "]"))
    if info.lo == 0:
        return b.POSITIVE if info.lo_strict else b.NONNEGATIVE
    return b.REALS


@inference(
    "generalise-matrix",
    statement="P(A) from P(S) for every real matrix S of the size of A that the hypotheses about A hold for",
    source="logic",
    method="generalisation",
)
def generalise_matrix(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: a matrix that the sides need the value of.  What is seen of it (symmetric, definite, invertible, …) is declared of the new symbol."""
    from derivcheck.kernel.inferences.matrix import strict_subterms

    (t,) = params
    p = ob.statement
    if p.op != "rel" or p.data not in ("=", "≠", "<", "≤", ">", "≥") or t.sort.kind != "mat" or t.op == "sym" or not pointwise(p):
        raise Rejected("not a relation with a matrix to replace")
    oracle = session.oracle(ob.context)
    if not any(t in strict_subterms(a) for a in p.args[:2]) or any(v.op == "bvar" for v in t.free) or randomness(oracle).atoms(t):
        raise Rejected("not a part of the sides")
    if not facts.real_entries(t, oracle):
        raise Rejected("not shown real")
    seen = {"symmetric": facts.symmetric, "positive semidefinite": facts.psd, "positive definite": facts.pd, "diagonal": facts.diagonal,
            "orthogonal": facts.orthogonal, "invertible": facts.invertible}
    attributes = frozenset(name for name, ask in seen.items() if t.sort.rows is t.sort.cols and ask(t, oracle))
    s = eigen(ob.context, "S", t.sort)
    declared = ob.context.with_declaration(Declaration(s, b.rmn(t.sort.rows, t.sort.cols), attributes))
    known = [Hypothesis(substitute(h.statement, {t: s}), h.label, "step") for h in ob.context.hypotheses if t in set(subterms(h.statement)) and pointwise(h.statement)]
    return [Obligation(declared.with_hypotheses(known), substitute(p, {t: s}))]


@inference("covariance-bound", statement="Cov(a, b)² ≤ Var(a) Var(b)", source="Cauchy-Schwarz", method="Cauchy-Schwarz")
def covariance_bound(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the covariance; the variances must stand in the sides (then they have values)."""
    (c,) = params
    p = ob.statement
    if p.op != "rel" or p.args[0].sort.kind != "num":
        raise Rejected("not a relation of numbers")
    parts = strict(p.args[0]) | strict(p.args[1])
    if c.op != "Cov" or c not in parts or c.sort.kind != "num":
        raise Rejected("not a covariance of the sides")
    x, y, conds = c.args[0], c.args[1], c.args[2:]
    oracle = session.oracle(ob.context)
    if not (oracle.real(x) and oracle.real(y)):
        raise Rejected("not shown real")
    u, v = (mk("Var", (t, *conds), len(conds), NUM) for t in (x, y))
    if u not in parts or v not in parts:
        raise Rejected("the variances are not parts of the sides")
    fact = b.rel(b.pow_(c, 2), "≤", b.mul(u, v))
    return [Obligation(ob.context.with_hypotheses([Hypothesis(fact, None, "step")]), p)]


@inference("square-bound", statement="A ≤ B from C² ≤ D², where B - A = D - C, D ≥ 0, C real", source="monotony of the square", method="order")
def square_bound(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: C, D."""
    c, d = params
    x, y = relation(ob, "≤", "≥")
    low, high = (x, y) if ob.statement.data == "≤" else (y, x)
    rw = session.rewriter(ob.context)
    if not algebra.is_zero(b.sub(b.sub(high, low), b.sub(d, c)), rw) or not rw.oracle.nonnegative(d) or not rw.oracle.real(c):
        raise Rejected("not of this form")
    return [Obligation(ob.context, b.rel(b.pow_(c, 2), "≤", b.pow_(d, 2)))]
