"""Semidefinite matrices beyond the structure of a term: sums L^T P L, products that commute, c I - A by a norm; facts that follow from them.

Every fact holds for all real values of its letters for which its hypotheses (`shown`) hold; each names its source.
Limits: what is to be semidefinite is given by the caller, nothing is searched for here.
"""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.matrix_facts import entries_at_least, pd, psd, real_entries, square, symmetric
from derivcheck.kernel.matrix_form import decode
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk

Piece = Any  # a matrix, ("product", P, Q), or ("inverses", A, B) for B^{-1} - A^{-1}


def matrix_of(piece: Piece) -> Term:
    """The matrix that a piece stands for."""
    if isinstance(piece, tuple):
        kind, p, q = piece
        return b.matmul(p, q) if kind == "product" else b.sub(b.inv(q), b.inv(p))
    matrix: Term = piece
    return matrix


def shown(piece: Piece, rw: Rewriter) -> str | None:
    """'pd' or 'psd' where a piece is shown to be real, symmetric and positive (semi)definite; else None.

    A product of commuting semidefinite matrices is one (they have a common eigenbasis: Horn and Johnson 4.5.15, 7.6)."""
    if isinstance(piece, tuple):
        kind, p, q = piece
        if kind == "inverses":
            # the inverse turns the order of definite matrices (Horn and Johnson 7.7.4)
            fit = p.sort.kind == q.sort.kind == "mat" and square(p) and (p.sort.rows, p.sort.cols) == (q.sort.rows, q.sort.cols)
            return shown(b.sub(p, q), rw) if fit and shown(q, rw) == "pd" else None
        if kind != "product" or p.sort.kind != "mat" or q.sort.kind != "mat" or not square(p) or (p.sort.rows, p.sort.cols) != (q.sort.rows, q.sort.cols):
            return None
        first, second = shown(p, rw), shown(q, rw)
        if first is None or second is None or rw.nf(b.add(b.matmul(p, q), b.neg(b.matmul(q, p)))).op != "zeros":
            return None
        return "pd" if first == second == "pd" else "psd"
    if piece.sort.kind != "mat" or not square(piece):
        return None
    for t in (piece, rw.nf(piece)):
        if pd(t, rw.oracle):
            return "pd"
        if psd(t, rw.oracle):
            return "psd"
    return _weights(piece, rw) or _by_norm(piece, rw)


def _weights(t: Term, rw: Rewriter) -> str | None:
    """a diag(p) - c p p^T with entries p_i ≥ 0 and c Σ p_i ≤ a: (Σ p_i v_i)² ≤ Σ p_i · Σ p_i v_i² by the Cauchy-Schwarz inequality."""
    form = decode(rw.nf(t), rw)
    if len(form) != 2:
        return None
    for word, a in form.items():
        if len(word) != 1 or word[0].op != "diag":
            continue
        p = word[0].args[0]
        ((other, c),) = ((w, d) for w, d in form.items() if w != word)
        if other != (p, b.transpose(p)) or not entries_at_least(p, rw.oracle, False) or not rw.oracle.nonpositive(c):
            continue
        total = rw.nf(mk("inner", (b.ones(p.sort.rows, b.ONE), p)))
        if rw.oracle.less_equal(rw.nf(b.mul(b.neg(c), total)), a):
            return "psd"
    return None


def _by_norm(t: Term, rw: Rewriter) -> str | None:
    """c I + d A with symmetric A and |d| σ(A) ≤ c: every eigenvalue is at least c - |d| σ(A) (Horn and Johnson 5.6.9)."""
    form = decode(rw.nf(t), rw)
    words = [w for w in form if w]
    if len(words) != 1 or () not in form:
        return None
    c, d, a = form[()], form[words[0]], b.matmul(*words[0])
    if not (symmetric(a, rw.oracle) and real_entries(a, rw.oracle) and rw.oracle.real(d)):
        return None
    size = d if rw.oracle.nonnegative(d) else b.neg(d) if rw.oracle.nonpositive(d) else b.fn("abs", d)
    for norm in (mk("sigmax", (a,)), b.norm(a), b.norm(a, "F")):
        size = rw.nf(size)
        bound = norm if size is b.ONE else b.mul(size, norm)
        for low in (bound, rw.nf(bound)):
            if rw.oracle.less(low, c):
                return "pd"
            if rw.oracle.less_equal(low, c):
                return "psd"
    return None


def congruent(left: Term, piece: Piece) -> Term:
    """L^T P L."""
    p = matrix_of(piece)
    if left.op == "eye":
        return p
    if p.op == "eye":
        return b.matmul(b.transpose(left), left)
    return b.matmul(b.transpose(left), p, left)


def fits(left: Term, piece: Piece, rw: Rewriter) -> bool:
    """Whether L^T P L makes sense, L being real."""
    p = matrix_of(piece)
    return left.sort.kind == "mat" and p.sort.kind == "mat" and left.sort.rows is p.sort.cols and real_entries(left, rw.oracle)


# --- facts: numbers ------------------------------------------------------------------------------------------------------------


def form_fact(left: Term, piece: Piece, rw: Rewriter) -> Term | None:
    """x^T P x ≥ 0, or tr(L^T P L) ≥ 0."""
    if not fits(left, piece, rw) or shown(piece, rw) is None:
        return None
    value = congruent(left, piece)
    number = b.tonum(value) if left.sort.cols is b.ONE else b.trace(value)
    return b.rel(number, "≥", b.ZERO)


def cauchy_fact(s: Term, u: Term, v: Term, rw: Rewriter) -> Term | None:
    """tr(U^T V)² ≤ tr(U^T S U) tr(V^T S^{-1} V) for S ≻ 0: the Cauchy-Schwarz inequality for S^{1/2} U and S^{-1/2} V."""
    if shown(s, rw) != "pd" or not fits(u, s, rw) or not fits(v, s, rw) or u.sort.cols is not v.sort.cols:
        return None
    wrap = b.tonum if u.sort.cols is b.ONE else b.trace
    inner = wrap(b.matmul(b.transpose(u), v)) if u.op != "eye" else wrap(v)
    return b.rel(b.pow_(inner, b.TWO), "≤", b.mul(wrap(congruent(u, s)), wrap(congruent(v, b.inv(s)))))


def log_det_fact(s: Term, t: Term, rw: Rewriter) -> Term | None:
    """log det S - log det T ≤ tr(T^{-1} S) - n for S, T ≻ 0: log λ ≤ λ - 1 for the eigenvalues λ of T^{-1/2} S T^{-1/2}."""
    if shown(s, rw) != "pd" or shown(t, rw) != "pd" or s.sort.rows is not t.sort.rows:
        return None
    ratio = s if t.op == "eye" else b.matmul(b.inv(t), s)
    logs = [b.log(b.det(s))] + ([] if t.op == "eye" else [b.neg(b.log(b.det(t)))])
    # only where all λ are 1 it is an equation: then S = T
    apart = any(
        p.op == "rel" and p.data == "≠" and set(p.args[:2]) == {s, t}
        for h in rw.oracle.context.hypotheses
        for p in (h.statement.args if h.statement.op == "and" else (h.statement,))
    )
    return b.rel(b.add(*logs), "<" if apart else "≤", b.sub(b.trace(ratio), s.sort.rows))


def det_sum_fact(parts: tuple[Term, ...], rw: Rewriter) -> Term | None:
    """det(A + B) ≥ det A + det B for A, B ⪰ 0 of a size n ≥ 1 (Minkowski's inequality; Horn and Johnson 7.8.21)."""
    if len(parts) < 2 or any(shown(p, rw) is None for p in parts) or not rw.oracle.positive(parts[0].sort.rows):
        return None
    return b.rel(b.det(b.add(*parts)), "≥", b.add(*(b.det(p) for p in parts)))


def trace_square_fact(a: Term, rw: Rewriter) -> Term | None:
    """tr(A)² ≤ n tr(A^T A): the Cauchy-Schwarz inequality for A and I."""
    if a.sort.kind != "mat" or not square(a) or not real_entries(a, rw.oracle):
        return None
    return b.rel(b.pow_(b.trace(a), b.TWO), "≤", b.mul(a.sort.rows, b.trace(b.matmul(b.transpose(a), a))))


def fact(kind: str, terms: tuple[Any, ...], rw: Rewriter) -> Term | None:
    """The fact of this kind about these terms; None where it is not shown."""
    if kind == "form" and len(terms) == 2:
        return form_fact(*terms, rw)
    if kind == "cauchy" and len(terms) == 3:
        return cauchy_fact(*terms, rw)
    if kind == "log-det" and len(terms) == 2:
        return log_det_fact(*terms, rw)
    if kind == "det-sum":
        return det_sum_fact(terms, rw)
    if kind == "trace-square" and len(terms) == 1:
        return trace_square_fact(*terms, rw)
    return None
