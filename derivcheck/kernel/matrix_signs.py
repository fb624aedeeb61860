"""Signs of numbers made of matrices, for the oracle: determinants, traces, quadratic forms, entries; squares of norms.

Each answer holds wherever the number has a value and follows from `matrix_facts.py`.
Source: Horn and Johnson, Matrix Analysis, 2nd ed., 7.1 (definite matrices), 7.5 (traces of products), 7.6 (eigenvalues of products).
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from derivcheck.kernel.bounds import meet
from derivcheck.kernel.matrix_facts import (
    entries_at_least,
    identity_plus_product,
    invertible,
    nonzero,
    orthogonal,
    palindrome,
    pd,
    permutation,
    product_of_semidefinite,
    psd,
    real_entries,
    symmetric,
)
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk

if TYPE_CHECKING:
    from derivcheck.kernel.oracle import Info, Oracle


def scalar_info(t: Term, oracle: Oracle) -> Info:
    """What is known of a scalar made of real matrices: `x^\\top x`, `\\operatorname{tr} A`, `\\det A`, entries."""
    from derivcheck.kernel.bounds import NOTHING, REAL, Info

    zero = Fraction(0)
    at_least_0 = Info(True, False, zero, False)
    above_0 = Info(True, False, zero, True, nonzero=True)
    op = t.op
    if not all(real_entries(a, oracle) for a in t.args if a.sort.kind == "mat"):
        if op == "det" and invertible(t.args[0], oracle):
            return Info(nonzero=True)
        return NOTHING
    if op == "det":
        a = t.args[0]
        if orthogonal(a, oracle):
            return Info(True, True, Fraction(-1), False, Fraction(1), False, True)
        if pd(a, oracle) or (a.op == "add" and identity_plus_product(a, oracle)):
            return above_0
        if psd(a, oracle):
            return at_least_0
        return Info(True, nonzero=True) if invertible(a, oracle) else REAL
    if op == "trace":
        a = t.args[0]
        size = oracle.positive(a.sort.rows)
        if size and (pd(a, oracle) or product_of_semidefinite(a, oracle, strict=True)):
            return above_0
        if a.op == "matmul" and _square_of_nonzero(a.args, oracle):
            return above_0
        return at_least_0 if psd(a, oracle) or product_of_semidefinite(a, oracle) else REAL
    if op in ("inner", "tonum"):
        return _form_info(t, oracle, at_least_0, above_0, REAL)
    if op in ("entry", "ventry"):
        return _entry_info(t, oracle, at_least_0, above_0, REAL)
    return REAL


def _square_of_nonzero(word: tuple[Term, ...], oracle: Oracle) -> bool:
    """tr(H^T M H) and tr(H M H^T) are > 0 for M ≻ 0 (or none) and H ≠ 0: the squared Frobenius norm of M^{1/2} H."""
    for i in range(len(word)):
        turned = word[i:] + word[:i]
        first, last = turned[0], turned[-1]
        if len(turned) < 2 or not (b.transpose(first) is last or b.transpose(last) is first or (first is last and symmetric(first, oracle))):
            continue
        middle = turned[1:-1]
        definite = not middle or (middle[0].sort.rows is middle[-1].sort.cols and pd(b.matmul(*middle), oracle))
        if definite and (nonzero(first, oracle) or nonzero(last, oracle)):
            return True
    return False


def _form_info(t: Term, oracle: Oracle, at_least_0: Info, above_0: Info, real: Info) -> Info:
    if t.op == "inner":
        u, v = t.args
        if u is v:
            own = above_0 if nonzero(u, oracle) else at_least_0
            # what a hypothesis says of u^T u as written
            told = oracle.unary.get(b.tonum(b.matmul(b.transpose(u), u))) if "unary" in oracle.__dict__ else None
            return own if told is None else meet(own, told)
        factors: tuple[Term, ...] = (b.transpose(u), *(v.args if v.op == "matmul" else (v,)))
    else:
        a = t.args[0]
        if psd(a, oracle):
            return at_least_0
        factors = a.args if a.op == "matmul" else (a,)
    if any(f.op == "add" for f in factors):
        return real
    if len(factors) > 1 and palindrome(factors, oracle, psd):
        outside = nonzero(factors[-1], oracle) and (b.transpose(factors[-1]) is factors[0] or b.transpose(factors[0]) is factors[-1])
        # x^T M x > 0 for x ≠ 0 and M positive definite
        return above_0 if outside and (len(factors) == 2 or pd(b.matmul(*factors[1:-1]), oracle)) else at_least_0
    if all(entries_at_least(f.args[0] if f.op == "transpose" else f, oracle, False) for f in factors):
        return at_least_0
    return real


def _entry_info(t: Term, oracle: Oracle, at_least_0: Info, above_0: Info, real: Info) -> Info:
    a = t.args[0]
    if entries_at_least(a, oracle, True):
        return above_0
    if entries_at_least(a, oracle, False):
        return at_least_0
    if permutation(a, oracle):
        from derivcheck.kernel.oracle import Info

        return Info(True, True, Fraction(0), False, Fraction(1), False)
    if t.op == "entry" and t.args[1] is t.args[2]:
        if pd(a, oracle):
            return above_0
        if psd(a, oracle):
            return at_least_0
    d = oracle.context.declarations.get(a)
    if d is not None and d.domain is not None and d.domain.op not in ("rn", "rmn"):
        return oracle._set_info(d.domain) if d.domain.sort.kind == "set" and d.domain.op in ("set", "interval", "finset", "range") else real
    return real


def square_of_norm(t: Term, oracle: Oracle) -> Term | None:
    """x^T x for a Euclidean norm ‖x‖ of a real vector, tr(A^T A) for a Frobenius norm; None for other norms."""
    a = t.args[0]
    if a.sort.kind != "mat" or t.data not in ("2", "F") or not real_entries(a, oracle):
        return None
    if a.sort.cols is b.ONE:
        return mk("inner", (a, a))
    return b.trace(b.matmul(b.transpose(a), a)) if t.data == "F" else None
