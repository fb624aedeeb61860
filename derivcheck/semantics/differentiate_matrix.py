"""The rules of differentiation for matrix operations, as a part of the differentiator (`differentiate.py`).

Entrywise derivatives by a scalar: product rule for the bilinear operations, d A⁻¹ = -A⁻¹ dA A⁻¹, d det A = det A tr(A⁻¹ dA) (for
invertible A), norms off zero, softmax.  Limits: spectral and p-norms, rank, matrix powers with symbolic exponents.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from derivcheck.semantics.derivative_terms import looks_real, plus, scaled, times, zero_of
from derivcheck.terms import build as b
from derivcheck.terms.build import ONE
from derivcheck.terms.sorts import BOOL
from derivcheck.terms.term import Term, bind, mk, open_binder, rebind


class MatrixRules:
    """Rules for matrix operations; `d`, `leave`, `require` and `nested` are the differentiator's."""

    var: Term

    if TYPE_CHECKING:

        def d(self, t: Term) -> Term | None: ...

        def leave(self, t: Term) -> Term: ...

        def require(self, *conditions: Term) -> None: ...

        def nested(self, t: Term, symbols: Iterable[Term]) -> tuple[Term | None, list[Term]]: ...

    def d_matmul(self, t: Term) -> Term | None:
        parts = []
        for i, a in enumerate(t.args):
            da = self.d(a)
            if da is not None:
                parts.append(b.matmul(*t.args[:i], da, *t.args[i + 1 :]))
        return plus(*parts)

    def d_smul(self, t: Term) -> Term | None:
        s, a = t.args
        return plus(scaled(self.d(s), a), scaled(s, self.d(a)))

    def linear(self, t: Term) -> Term | None:
        """An operation that is linear in its first argument and does not depend on the variable otherwise."""
        if any(self.var in a.free for a in t.args[1:]):
            return self.leave(t)
        da = self.d(t.args[0])
        return None if da is None else mk(t.op, (da, *t.args[1:]), t.data, t.sort)

    d_transpose = d_trace = d_tonum = d_diag = d_diagof = d_vecop = d_entry = d_ventry = d_row = d_col = linear

    def d_bmat(self, t: Term) -> Term | None:
        parts = [self.d(a) for a in t.args]
        if all(p is None for p in parts):
            return None
        return mk("bmat", tuple(p if p is not None else zero_of(a.sort) for p, a in zip(parts, t.args)), t.data, t.sort)

    def d_inv(self, t: Term) -> Term | None:
        da = self.d(t.args[0])
        return None if da is None else b.neg(b.matmul(t, da, t))

    def d_mpow(self, t: Term) -> Term | None:
        a, n = t.args
        if n.op != "num" or n.data.denominator != 1 or not 0 <= n.data <= 12:
            return self.leave(t)
        return self.d(b.matmul(*(a,) * int(n.data))) if n.data else None

    def bilinear(self, t: Term) -> Term | None:
        parts = []
        for i, a in enumerate(t.args):
            da = self.d(a)
            if da is not None:
                parts.append(mk(t.op, (*t.args[:i], da, *t.args[i + 1 :]), t.data, t.sort))
        return plus(*parts)

    d_hadamard = d_kron = d_inner = bilinear

    def d_det(self, t: Term) -> Term | None:
        a = t.args[0]
        da = self.d(a)
        return None if da is None else times(t, b.trace(b.matmul(b.inv(a), da)))

    def d_norm(self, t: Term) -> Term | None:
        a = t.args[0]
        da = self.d(a)
        if da is None:
            return None
        if not looks_real(a):
            return self.leave(t)
        if t.data == "F" or (t.data == "2" and a.sort.is_vector):
            return b.div(b.trace(b.matmul(b.transpose(a), da)), t)
        return self.leave(t)

    def d_mlam(self, t: Term) -> Term | None:
        if any(self.var in a.free for a in t.args[:-1]):
            return self.leave(t)
        symbols, body = open_binder(t)
        got, conditions = self.nested(body, symbols)
        for c in dict.fromkeys(conditions):
            inner = bind("forall", symbols, (b.int_range(ONE, t.args[0]), b.int_range(ONE, t.args[1])), c, None, BOOL)
            self.require(inner)
        return None if got is None else rebind(t, symbols, t.args[:-1], got)

    def d_emap(self, t: Term) -> Term | None:
        f, a = t.args
        if self.var in f.free:
            return self.leave(t)
        da = self.d(a)
        if da is None:
            return None
        if f.op == "lam":
            from derivcheck.semantics.differentiate import lam_derivative

            got = lam_derivative(f, (1,))
            if got is None or got[1]:
                return self.leave(t)
            f1 = got[0]
        else:
            f1 = b.dfun(f, (1,))
        return b.hadamard(b.emap(f1, a), da)

    def d_vsoftmax(self, t: Term) -> Term | None:
        a = t.args[0]
        if not a.sort.is_vector:
            return self.leave(t)
        da = self.d(a)
        return None if da is None else b.sub(b.hadamard(t, da), b.smul(mk("inner", (t, da)), t))
