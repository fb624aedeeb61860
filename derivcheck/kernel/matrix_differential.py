"""Differentials of terms by a vector or matrix, and reading the gradient or Jacobian off them.

`differential(body, x, h)` is the directional derivative of `body` at x along h (linear in h), by the rules of
`semantics/differentiate.py` with dx = h; then

    F'(x)[h] = ⟨G, h⟩ for all h   gives the gradient G        (`gradient_of`: the adjoint of a linear term)
    F'(x)[h] = J h for all h      gives the Jacobian J         (`jacobian_of`)

Wherever the gradient exists and the rules' conditions hold, it is what is read off.  Sources: Magnus and Neudecker, Matrix Differential
Calculus, chapters 5 (first identification theorem, 5.11), 8 and 9; The Matrix Cookbook, section 2.
"""

from __future__ import annotations

from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.matrix_facts import partition
from derivcheck.kernel.matrix_form import decode
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.semantics.differentiate import _Differentiator, lam_derivative, looks_real
from derivcheck.terms import build as b
from derivcheck.terms.sorts import BOOL
from derivcheck.terms.term import Term, bind, fresh, instantiate, mk, num, open_binder, rebind, subterms


class Differential(_Differentiator):
    """The differentiator with d x = h for a matrix-sorted x."""

    def __init__(self, x: Term, h: Term) -> None:
        super().__init__(x)
        self.h = h

    def d(self, t: Term) -> Term | None:
        """The differential of t; `None` where it is zero."""
        return self.h if t is self.var else super().d(t)

    def leave(self, t: Term) -> Term:
        """No rule: given up."""
        self.stuck = True
        return b.zeros(t.sort.rows, t.sort.cols) if t.sort.kind == "mat" else b.ZERO

    def d_emap(self, t: Term) -> Term | None:
        """f applied to entries: f'(A) ⊙ dA; the conditions of f' hold at every entry."""
        f, a = t.args
        if self.var in f.free:
            return self.leave(t)
        da = self.d(a)
        if da is None:
            return None
        if f.op != "lam":
            return b.hadamard(b.emap(b.dfun(f, (1,)), a), da)
        got = lam_derivative(f, (1,))
        if got is None:
            return self.leave(t)
        slope, conditions = got
        i, j = fresh("i"), fresh("j")
        domain = (b.int_range(b.ONE, a.sort.rows), b.int_range(b.ONE, a.sort.cols))
        for c in conditions:
            if a.sort.cols is b.ONE:
                self.require(bind("forall", (i,), domain[:1], instantiate(c, (b.ventry(a, i),)), None, BOOL))
            else:
                self.require(bind("forall", (i, j), domain, instantiate(c, (b.entry(a, i, j),)), None, BOOL))
        return b.hadamard(b.emap(slope, a), da)

    def d_det(self, t: Term) -> Term | None:
        """d det A = det A tr(A^{-1} dA) where A is invertible (elsewhere the formula has no value, the derivative has)."""
        if self.d(t.args[0]) is not None:
            self.require(b.rel(t, "≠", b.ZERO))
        return super().d_det(t)

    def d_fn(self, t: Term) -> Term | None:
        """d log det A = d log |det A| = tr(A^{-1} dA): where the logarithm has a value A is invertible."""
        u = t.args[0]
        if t.data == "log" and u.op == "fn" and u.data == "abs" and u.args[0].op == "det" and looks_real(u.args[0]):
            u = u.args[0]
        if t.data == "log" and u.op == "det":
            da = self.d(u.args[0])
            return None if da is None else b.trace(b.matmul(b.inv(u.args[0]), da))
        return super().d_fn(t)

    def d_norm(self, t: Term) -> Term | None:
        """‖A‖_1 of a vector by the signs of its entries (the mean of the one-sided derivatives at 0); ‖a‖ where a ≠ 0."""
        a = t.args[0]
        if t.data in ("2", "F"):
            da = self.d(a)
            # where dA = ±h the norm has no derivative at its zero
            if da is not None and da is not self.h and not (da.op == "neg" and da.args[0] is self.h):
                self.require(b.rel(t, "≠", b.ZERO))
        if t.data == "1" and a.sort.cols is b.ONE:
            da = self.d(a)
            u = fresh("u")
            return None if da is None else mk("inner", (b.emap(b.lam([u], [b.REALS], b.fn("sign", u)), a), da))
        return super().d_norm(t)

    def d_grad(self, t: Term) -> Term | None:
        """The gradient of an abstract function: its Hessian times the differential of the point."""
        if self.var in t.args[-1].free or not t.sort.is_vector or t.args[-1].op != "apply":
            return self.leave(t)
        dp = self.d(t.args[0])
        if dp is None:
            return None
        (y,), body = open_binder(t)
        return b.matmul(b.hess(y, body, t.args[0]), dp)


def differential(body: Term, x: Term, h: Term) -> tuple[Term | None, list[Term]] | None:
    """The differential and its conditions; None where a rule is missing."""
    work = Differential(x, h)
    got = work.d(body)
    return None if work.stuck else (got, list(dict.fromkeys(work.conditions)))


# --- adjoints -----------------------------------------------------------------------------------------------------------------


def gradient_of(t: Term, h: Term, rw: Rewriter) -> Term | None:
    """G with t = ⟨G, h⟩ for a normal scalar term t that is linear in h; None where the form is not understood."""
    parts: list[Term] = []
    for q, monomial in linear_terms(t):
        if h not in monomial.free:
            return None
        got = _monomial(monomial, h, rw)
        if got is None:
            return None
        parts.append(got if q == 1 else b.smul(num(q), got))
    return b.add(*parts) if parts else b.zeros(h.sort.rows, h.sort.cols)


def _monomial(m: Term, h: Term, rw: Rewriter) -> Term | None:
    if m.op == "div":
        if h in m.args[1].free:
            return None
        got = gradient_of(m.args[0], h, rw)
        return None if got is None else b.smul(b.div(b.ONE, m.args[1]), got)
    factors = m.args if m.op == "mul" else (m,)
    moving = [f for f in factors if h in f.free]
    if len(moving) != 1:
        return None
    got = _factor(moving[0], h, rw)
    rest = [f for f in factors if f is not moving[0]]
    return got if got is None or not rest else b.smul(b.mul(*rest), got)


def _factor(f: Term, h: Term, rw: Rewriter) -> Term | None:
    if f.op == "add":
        return gradient_of(f, h, rw)
    if f.op == "inner":
        u, v = f.args
        if h in u.free and h in v.free:
            return None
        return pull(u, v, h, rw) if h in u.free else pull(v, u, h, rw)
    if f.op == "trace":
        return pull(f.args[0], b.eye(f.args[0].sort.rows), h, rw)
    if f.op == "tonum":
        return pull(f.args[0], b.eye(b.ONE), h, rw)
    if f.op in ("ventry", "entry"):
        if any(h in a.free for a in f.args[1:]):
            return None
        a = f.args[0]
        return pull(a, _cell(a, *f.args[1:]), h, rw)
    if f.op == "sum":
        if h in f.args[0].free or h in f.args[1].free or f.args[1] is b.INF:
            return None
        symbols, body = open_binder(f)
        got = gradient_of(rw.nf(body) if body.op in ("add", "neg") else body, h, rw)
        return None if got is None else _closed_sum(f, symbols, got)
    if f.op == "cases":
        return _branches(f, h, lambda v: gradient_of(v, h, rw))
    return None


def _cell(a: Term, i: Term, j: Term | None = None) -> Term:
    left = mk("unit", (a.sort.rows, i), None, b.ones(a.sort.rows, b.ONE).sort)
    if j is None:
        return left
    return b.matmul(left, b.transpose(mk("unit", (a.sort.cols, j), None, b.ones(a.sort.cols, b.ONE).sort)))


def _closed_sum(f: Term, symbols: tuple[Term, ...], body: Term) -> Term:
    new = rebind(f, symbols, f.args[:-1], body)
    return mk("sum", new.args, None, body.sort, new.bound)


def _branches(f: Term, h: Term, go) -> Term | None:  # type: ignore[no-untyped-def]
    n = len(f.args)
    parts = []
    for i, a in enumerate(f.args):
        if i % 2 or (i == n - 1 and n % 2):
            got = go(a) if a is not b.ZERO else b.zeros(h.sort.rows, h.sort.cols)
            if got is None:
                return None
            parts.append(got)
        elif h in a.free:
            return None
        else:
            parts.append(a)
    return b.cases(*parts)


def pull(t: Term, g: Term, h: Term, rw: Rewriter) -> Term | None:
    """G with ⟨g, t⟩ = ⟨G, h⟩ for a matrix term t that is linear in h.

    ⟨g, A t B⟩ = ⟨A^T g B^T, t⟩, ⟨g, t^T⟩ = ⟨g^T, t⟩, ⟨g, a ⊙ t⟩ = ⟨g ⊙ a, t⟩, ⟨g, diag t⟩ = ⟨diag-of g, t⟩, ⟨g, s A⟩ = s ⟨g, A⟩.
    """
    if t is h:
        return g
    if h not in t.free:
        return None
    op = t.op
    if op in ("add", "neg"):
        got = [pull(a, g, h, rw) for a in t.args]
        if any(x is None for x in got):
            return None
        total = b.add(*(x for x in got if x is not None))
        return b.neg(total) if op == "neg" else total
    if op == "smul":
        s, a = t.args
        if h in s.free:
            if h in a.free:
                return None
            inner = gradient_of(s, h, rw)
            return None if inner is None else b.smul(pairing(g, a), inner)
        below = pull(a, g, h, rw)
        return None if below is None else b.smul(s, below)
    if op == "matmul":
        moving = [i for i, a in enumerate(t.args) if h in a.free]
        if len(moving) != 1:
            return None
        i = moving[0]
        left, right = t.args[:i], t.args[i + 1 :]
        around = b.matmul(*(b.transpose(x) for x in reversed(left)), g, *(b.transpose(x) for x in reversed(right)))
        return pull(t.args[i], around, h, rw)
    if op == "transpose":
        return pull(t.args[0], b.transpose(g), h, rw)
    if op == "hadamard":
        x, y = t.args
        if h in x.free and h in y.free:
            return None
        return pull(x, b.hadamard(g, y), h, rw) if h in x.free else pull(y, b.hadamard(g, x), h, rw)
    if op == "diag":
        return pull(t.args[0], mk("diagof", (g,), None, t.args[0].sort), h, rw)
    if op == "diagof":
        return pull(t.args[0], b.diag(g), h, rw)
    if op == "vecop" and g.op == "vecop" and g.args[0].sort.rows is t.args[0].sort.rows:
        return pull(t.args[0], g.args[0], h, rw)
    if op == "sum" and t.args[1] is not b.INF and h not in t.args[0].free and h not in t.args[1].free:
        symbols, body = open_binder(t)
        got_body = pull(body, g, h, rw)
        return None if got_body is None else _closed_sum(t, symbols, got_body)
    if op == "cases":
        return _branches(t, h, lambda v: pull(v, g, h, rw) if h in v.free else b.zeros(h.sort.rows, h.sort.cols))
    if op == "bmat" and partition(t)[1] == 1 and t.sort.cols is b.ONE:
        return _stacked(t, g, h, rw)
    return None


def _stacked(t: Term, g: Term, h: Term, rw: Rewriter) -> Term | None:
    # a column of numbers: Σ g_k t_k
    if any(a.sort.kind != "num" for a in t.args):
        return None
    parts = []
    for k, a in enumerate(t.args):
        if h in a.free:
            got = gradient_of(a, h, rw)
            if got is None:
                return None
            parts.append(b.smul(b.ventry(g, num(k + 1)), got))
    return b.add(*parts)


def pairing(g: Term, a: Term) -> Term:
    """⟨g, a⟩."""
    if a.sort.cols is b.ONE:
        return b.tonum(b.matmul(b.transpose(g), a))
    return b.trace(b.matmul(b.transpose(g), a))


def jacobian_of(t: Term, h: Term, rw: Rewriter) -> Term | None:
    """J with t = J h for a normal column t that is linear in the column h."""
    if t is h:
        return b.eye(h.sort.rows)
    parts: list[Term] = []
    for word, c in decode(t, rw).items():
        w = b.matmul(*word) if word else None
        got: Term | None
        if h in c.free:
            if w is not None and h in w.free:
                return None
            slope = gradient_of(c, h, rw)
            if slope is None:
                return None
            got = b.matmul(w, b.transpose(slope)) if w is not None else b.transpose(slope)
            parts.append(got)
            continue
        got = _word_jacobian(word, h, rw) if word else None
        if got is None:
            return None
        parts.append(b.smul(c, got))
    return b.add(*parts) if parts else b.zeros(t.sort.rows, h.sort.rows)


def _word_jacobian(word: tuple[Term, ...], h: Term, rw: Rewriter) -> Term | None:
    moving = [i for i, a in enumerate(word) if h in a.free]
    if moving != [len(word) - 1]:
        return None
    last = _column_jacobian(word[-1], h, rw)
    if last is None:
        return None
    return b.matmul(*word[:-1], last) if len(word) > 1 else last


def _column_jacobian(t: Term, h: Term, rw: Rewriter) -> Term | None:
    if t is h:
        return b.eye(h.sort.rows)
    if t.sort.cols is not b.ONE:
        return None
    if t.op == "hadamard":
        x, y = t.args
        if h in x.free and h in y.free:
            return None
        fixed, moving = (y, x) if h in x.free else (x, y)
        got = jacobian_of(moving, h, rw)
        return None if got is None else b.matmul(b.diag(fixed), got)
    if t.op == "sum" and t.args[1] is not b.INF:
        symbols, body = open_binder(t)
        got = jacobian_of(body, h, rw)
        return None if got is None else _closed_sum(t, symbols, got)
    if t.op == "bmat" and partition(t)[1] == 1:
        rows: list[Term] = []
        for a in t.args:
            if a.sort.kind == "num":
                slope = gradient_of(a, h, rw)
                if slope is None:
                    return None
                rows.append(b.transpose(slope))
            else:
                got = jacobian_of(a, h, rw)
                if got is None:
                    return None
                rows.append(got)
        return mk("bmat", rows, (len(rows), 1), b.zeros(t.sort.rows, h.sort.rows).sort)
    return None


def kinks(t: Term) -> list[Term]:
    """Subterms that are not smooth everywhere by their make-up."""
    return [s for s in subterms(t) if s.op in ("cases", "ind") or (s.op == "fn" and s.data in ("abs", "sign", "max", "min", "floor", "ceil", "mod"))]
