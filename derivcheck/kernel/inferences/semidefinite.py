"""Inferences from positive semidefinite matrices: certificates ∑ c L^T P L, the order of inverses and determinants, facts for inequalities.

Sources: Horn and Johnson, Matrix Analysis, 2nd ed., 7.1, 7.7, 7.8; Boyd and Vandenberghe, Convex Optimization, A.5.
"""

from __future__ import annotations

from typing import Any

from derivcheck.kernel import algebra
from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.inferences.basic import CORE, relation
from derivcheck.kernel.matrix_facts import real_entries, square
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.kernel.semidefinite import congruent, fact, fits, matrix_of, shown
from derivcheck.kernel.valued import valued
from derivcheck.terms import build as b
from derivcheck.terms.context import Hypothesis
from derivcheck.terms.term import Term, mk, subterms

HJ = "Horn and Johnson, Matrix Analysis"


def _closed(*terms: Term) -> None:
    """What is put in must not mention the variable of a binder."""
    if any(s.op == "bvar" for t in terms for s in t.free):
        raise Rejected("a bound variable")


def _defined(t: Term, rw: Rewriter) -> None:
    if rw.oracle.undefinedness(t):
        raise Rejected("not shown to have a value")


@inference(
    "semidefinite-fact",
    statement="x^T P x ≥ 0, (u^T v)² ≤ (u^T S u)(v^T S^{-1} v), log det S - log det T ≤ tr(T^{-1} S) - n, det(A + B) ≥ det A + det B, tr(A)² ≤ n tr(A^T A)",
    source=HJ + ", 7.1, 7.7, 7.8",
    method="definite matrices",
)
def semidefinite_fact(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (groups of rules, kind, terms); leaves the goal with the fact, in normal form, among the hypotheses."""
    groups, kind, terms = params
    rw = session.rewriter(ob.context, CORE | frozenset(groups))
    got = fact(kind, terms, rw)
    if got is None:
        raise Rejected("no such fact")
    _closed(got)
    _defined(got, rw)
    normal = b.rel(rw.nf(got.args[0]), str(got.data), rw.nf(got.args[1]))
    return [Obligation(ob.context.with_hypotheses([Hypothesis(normal, None, "step")]), ob.statement)]


@inference(
    "semidefinite-sum",
    statement="M ⪰ 0 if M = ∑ c L^T P L with c ≥ 0 and P ⪰ 0; M ≻ 0 if moreover c > 0, P ≻ 0 and L = I for one of them",
    source=HJ + ", 7.1.8",
    method="definite matrices",
)
def semidefinite_sum(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (groups of rules, ((c, L, P), …))."""
    groups, parts = params
    p = ob.statement
    if p.op not in ("psd", "pd"):
        raise Rejected("not about definiteness")
    rw = session.rewriter(ob.context, CORE | frozenset(groups))
    m = p.args[0]
    if not real_entries(m, rw.oracle):
        raise Rejected("not shown real")
    strict = False
    rest = [m]
    for c, left, piece in parts:
        how = shown(piece, rw)
        if how is None or not fits(left, piece, rw) or not rw.oracle.nonnegative(c):
            raise Rejected("a part is not shown semidefinite")
        value = congruent(left, piece)
        _closed(value, c)
        _defined(value, rw)
        strict = strict or (how == "pd" and left.op == "eye" and rw.oracle.positive(c))
        rest.append(b.neg(b.smul(c, value)))
    if p.op == "pd" and not strict:
        raise Rejected("not shown definite")
    if rw.nf(b.add(*rest)).op != "zeros":
        raise Rejected("not the sum")
    return []


def _difference(m: Term) -> tuple[Term, Term] | None:
    """A and B of A - B."""
    if m.op == "add" and len(m.args) == 2:
        for x, y in (m.args, m.args[::-1]):
            if y.op == "neg" and x.op != "neg":
                return x, y.args[0]
    return None


@inference("inverse-order", statement="A^{-1} ⪰ B^{-1} if B ⪰ A ≻ 0 (≻ if B ≻ A)", source=HJ + ", 7.7.4", method="definite matrices")
def inverse_order(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    p = ob.statement
    pair = _difference(p.args[0]) if p.op in ("psd", "pd") else None
    if pair is None or any(x.op not in ("inv", "eye") for x in pair):
        raise Rejected("not inverses")
    x, y = (t.args[0] if t.op == "inv" else t for t in pair)
    if shown(x, session.rewriter(ob.context)) != "pd":
        raise Rejected("not shown definite")
    return [Obligation(ob.context, mk(p.op, (b.sub(y, x),), None, p.sort))]


@inference("determinant-order", statement="det A ≥ det B if A ⪰ B ⪰ 0", source=HJ + ", 7.7.4", method="definite matrices")
def determinant_order(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    low, high = relation(ob, "≤", "≥")
    if ob.statement.data == "≥":
        low, high = high, low
    logs = all(t.op == "fn" and t.data == "log" for t in (low, high))
    if logs:
        low, high = low.args[0], high.args[0]
    if low.op != "det" or high.op != "det":
        raise Rejected("not determinants")
    x, y = low.args[0], high.args[0]
    how = shown(x, session.rewriter(ob.context))
    if how is None or (logs and how != "pd") or x.sort.rows is not y.sort.rows:
        raise Rejected("not shown semidefinite")
    return [Obligation(ob.context, mk("psd", (b.sub(y, x),), None, b.TRUE.sort))]


@inference(
    "positive-symmetric-part",
    statement="det A > 0 if A is real and A + A^T ≻ 0: its real eigenvalues are positive, the others come in conjugate pairs",
    source=HJ + ", 1.2, 7.1",
    method="definite matrices",
)
def positive_symmetric_part(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "≠", ">")
    if y is not b.ZERO or x.op != "det" or not real_entries(x.args[0], session.oracle(ob.context)):
        raise Rejected("not a determinant of a real matrix")
    a = x.args[0]
    return [Obligation(ob.context, mk("pd", (b.add(a, b.transpose(a)),), None, b.TRUE.sort))]


@inference("semidefinite-kernel", statement="A x = 0 if x^T A x = 0 and A ⪰ 0", source=HJ + ", 7.1.6", method="definite matrices")
def semidefinite_kernel(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "=")
    if x.op == "zeros":
        x, y = y, x
    if y.op != "zeros" or x.op != "matmul" or x.sort.cols is not b.ONE:
        raise Rejected("not A x = 0")
    a, v = b.matmul(*x.args[:-1]), x.args[-1]
    rw = session.rewriter(ob.context)
    if not square(a) or not real_entries(v, rw.oracle) or shown(a, rw) is None:
        raise Rejected("not shown semidefinite")
    return [Obligation(ob.context, b.eq(b.tonum(b.matmul(b.transpose(v), a, v)), b.ZERO))]


@inference(
    "gram-form",
    statement="0 ≤ p u^T P u + q u^T P v + r v^T P v if P ⪰ 0, p ≥ 0, r ≥ 0 and q² ≤ 4 p r",
    source=HJ + ", 7.2.10",
    method="definite matrices",
)
def gram_form(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (u, v, P, p, q, r)."""
    u, v, piece, *numbers = params
    low, high = relation(ob, "≤", "≥")
    if ob.statement.data == "≥":
        low, high = high, low
    rw = session.rewriter(ob.context)
    p, q, r = numbers
    if not (fits(u, piece, rw) and fits(v, piece, rw)) or u.sort.cols is not v.sort.cols or shown(piece, rw) is None:
        raise Rejected("not shown semidefinite")
    _closed(u, v, matrix_of(piece), p, q, r)
    wrap = b.tonum if u.sort.cols is b.ONE else b.trace
    mixed = b.matmul(b.transpose(u), v) if matrix_of(piece).op == "eye" else b.matmul(b.transpose(u), matrix_of(piece), v)
    value = b.add(b.mul(p, wrap(congruent(u, piece))), b.mul(q, wrap(mixed)), b.mul(r, wrap(congruent(v, piece))))
    for t in (value, b.sub(high, low)):
        _defined(t, rw) if t is value else None
    if not all(rw.oracle.real(t) for t in numbers) or not algebra.is_zero(b.sub(b.sub(high, low), value), rw):
        raise Rejected("not this form")
    return [
        Obligation(ob.context, b.rel(b.ZERO, "≤", p)),
        Obligation(ob.context, b.rel(b.ZERO, "≤", r)),
        Obligation(ob.context, b.rel(b.pow_(q, b.TWO), "≤", b.mul(b.num_of(4), p, r))),
    ]


@inference("square-sides", statement="x REL y if x² REL y², for x, y ≥ 0", source="monotonicity of the square", method="monotonicity")
def square_sides(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "=", "<", "≤", ">", "≥")
    oracle = session.oracle(ob.context)
    if x.sort.kind != "num" or not (oracle.nonnegative(x) and oracle.nonnegative(y)):
        raise Rejected("not shown nonnegative")
    return [Obligation(ob.context, b.rel(b.pow_(x, b.TWO), str(ob.statement.data), b.pow_(y, b.TWO)))]


def _normalised(p: Term, rw: Rewriter) -> Term:
    """A statement with its relations between real numbers made of vectors written as `normal form REL 0`, norms on both sides squared."""
    if p.op in ("iff", "implies", "and", "or", "not"):
        return mk(p.op, tuple(_normalised(q, rw) for q in p.args), p.data, p.sort)
    if p.op != "rel" or p.data not in ("=", "≠", "<", "≤", ">", "≥") or len(p.args) != 2 or p.args[0].sort.kind != "num":
        return p
    x, y = p.args
    if not any(s.sort.kind == "mat" for t in (x, y) for s in subterms(t)):
        return p
    if not (rw.oracle.real(x) and rw.oracle.real(y) and valued(x, rw) and valued(y, rw)):
        return p
    if all(t.op == "norm" and t.data in ("2", "F") for t in (x, y)):
        x, y = b.pow_(x, b.TWO), b.pow_(y, b.TWO)
    gap = rw.nf(b.sub(x, y))
    return p if rw.oracle.undefinedness(gap) else b.rel(gap, str(p.data), b.ZERO)


@inference(
    "normalised-relations",
    statement="in a statement ‖u‖ REL ‖v‖ is ‖u‖² - ‖v‖² REL 0, and x REL y is x - y REL 0, where both sides are real and always have values",
    source="monotonicity of the square; Leibniz",
    method="norms",
)
def normalised_relations(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    if ob.statement.op not in ("iff", "implies"):
        raise Rejected("not a statement of relations")
    new = _normalised(ob.statement, session.rewriter(ob.context))
    if new is ob.statement:
        raise Rejected("nothing to do")
    return [Obligation(ob.context, new)]


@inference("determinants-multiplied", statement="∏ det A_i = ∏ det B_j if ∏ A_i = ∏ B_j", source=HJ + ", 0.3.5", method="matrix algebra")
def determinants_multiplied(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: whether the matrices of the left side (of the right side) are multiplied in reverse order."""
    sides = []
    for side, reverse in zip(relation(ob, "="), params, strict=True):
        parts = side.args if side.op == "mul" else (side,)
        if any(t.op != "det" for t in parts):
            raise Rejected("not a product of determinants")
        matrices = [t.args[0] for t in parts]
        sides.append(b.matmul(*(reversed(matrices) if reverse else matrices)) if len(matrices) > 1 else matrices[0])
    x, y = sides
    if (x.sort.rows, x.sort.cols) != (y.sort.rows, y.sort.cols) or any(t.args[0].sort.rows is not x.sort.rows for s in relation(ob, "=") for t in (s.args if s.op == "mul" else (s,))):
        raise Rejected("not of one size")
    return [Obligation(ob.context, b.eq(x, y))]
