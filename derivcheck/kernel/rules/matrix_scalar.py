"""Numbers made of matrices: 1×1 products, inner products, traces, determinants, norms, singular values.

A 1×1 word is `inner(u, A … v)`, the smaller of the word and its transpose; a trace is the smallest of the rotations of its word and of
its transpose.  Sources: Horn and Johnson, Matrix Analysis, chapters 0, 1.3 (det(I + AB) = det(I + BA)), 5.6 (norms); The Matrix
Cookbook, equations (11) to (30).
"""

from __future__ import annotations

from derivcheck.kernel.literals import rational_value
from derivcheck.kernel.matrix_facts import invertible, orthogonal, partition, pd, real_entries
from derivcheck.kernel.matrix_form import Form, Word, decode, encode, flip, is_scalar_sort, product, scaled, times
from derivcheck.kernel.matrix_words import has_inner_one, reduce_word, transposed_by_hypotheses, turned_word
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk, open_binder, rebind

HJ = "Horn and Johnson, Matrix Analysis"


def combination(form: Form, value: Word | None, rw: Rewriter) -> Term:
    """The number that a 1×1 form is."""
    return b.add(*form.values()) if form else b.ZERO


@rule("one-by-one", "tonum", statement="a 1×1 matrix as a number: linear; x^T A y = y^T A^T x", source=HJ + ", chapter 0")
def one_by_one(t: Term, rw: Rewriter) -> Term | None:
    a = t.args[0]
    if a.op == "sum":
        return _through_sum(a, b.tonum)
    if a.op == "cases":
        return _through_cases(a, b.tonum)
    if a.op == "bmat":
        return a.args[0] if a.args[0].sort.kind == "num" else b.tonum(a.args[0])
    if a.op in ("det", "norm") or a.sort.kind == "num":
        return a
    if a.op == "emap" and a.args[0].op == "lam":
        from derivcheck.terms.term import instantiate

        return instantiate(a.args[0], (b.tonum(a.args[1]),))
    if a.op in ("vecop", "diag", "diagof", "transpose"):
        return b.tonum(a.args[0])
    if a.op == "hadamard":
        return b.mul(b.tonum(a.args[0]), b.tonum(a.args[1]))
    if a.op == "vsoftmax":
        return b.ONE
    form = decode(a, rw)
    if list(form) == [()] and form[()].op == "tonum" and form[()].args[0] is a:
        return None
    return combination(form, None, rw)


def _through_sum(a: Term, f: object) -> Term:
    symbols, body = open_binder(a)
    new = rebind(a, symbols, a.args[:-1], f(body))  # type: ignore[operator]
    return mk(new.op, new.args, new.data, b.ONE.sort, new.bound)


def _through_cases(a: Term, f: object) -> Term:
    n = len(a.args)
    parts = [f(x) if i % 2 or (i == n - 1 and n % 2) else x for i, x in enumerate(a.args)]  # type: ignore[operator]
    return b.cases(*parts)


@rule("inner-product", "inner", statement="⟨x, y⟩ = x^T y; ⟨A, B⟩ = tr(A^T B)", source=HJ + ", chapter 0")
def inner_product(t: Term, rw: Rewriter) -> Term | None:
    u, v = t.args
    if u.sort.kind == "num":
        return b.mul(u, v)
    if u.sort.cols is not b.ONE:
        if u.sort.rows is b.ONE:
            return mk("inner", (b.transpose(u), b.transpose(v)))
        return b.trace(b.matmul(b.transpose(u), v))
    left, right = decode(u, rw), decode(v, rw)
    if not left or not right:
        return b.ZERO
    turned = [(turned_word(w, rw), c) for w, c in left.items()]
    if any(w is None for w, _ in turned):
        got = product([decode(rw.nf(b.transpose(u)), rw), right], rw)
    else:
        got = product([{w: c for w, c in turned if w is not None}, right], rw)
    if got is None:
        return None
    new = combination(got, None, rw)
    return None if new is t else new


# --- traces ---------------------------------------------------------------------------------------------------------------


@rule("trace", "trace", statement="tr linear, tr(AB) = tr(BA), tr A^T = tr A, tr I_n = n, tr(A ⊗ B) = tr A tr B", source="The Matrix Cookbook (11)–(17)")
def trace(t: Term, rw: Rewriter) -> Term | None:
    a = t.args[0]
    form = decode(a, rw)
    if not form:
        return b.ZERO
    parts = [times(c, _trace_of_word(w, a.sort.rows, rw), rw) for w, c in form.items()]
    new = b.add(*parts)
    return None if new is t else new


def _trace_of_word(w: Word, n: Term, rw: Rewriter) -> Term:
    rw.budget.spend(len(w) + 1)
    if not w:
        return rw.nf(n)
    if is_scalar_sort(w[0].sort) and len(w) == 1:
        return rw.nf(b.tonum(w[0]))
    for i, f in enumerate(w):
        if f.sort.cols is b.ONE:
            return rw.nf(b.tonum(b.matmul(*w[i + 1 :], *w[: i + 1])))
    for i, f in enumerate(w):
        if f.op == "sum":
            symbols, body = open_binder(f)
            new = rebind(f, symbols, f.args[:-1], b.trace(b.matmul(*w[:i], body, *w[i + 1 :])))
            return rw.nf(mk(new.op, new.args, new.data, b.ONE.sort, new.bound))
    by = transposed_by_hypotheses(w, rw)
    if by is not None and by[1] in [w[i:] + w[:i] for i in range(len(w))]:
        return b.ZERO  # tr A = c tr A with a number c ≠ 1
    if len(w) == 1:
        got = _trace_of_factor(w[0])
        if got is not None:
            return rw.nf(got)
        turned = flip(w[0], rw)
        other = next(iter(turned))
        if len(turned) == 1 and len(other) == 1 and turned[other] is b.ONE and order_key(other[0]) < order_key(w[0]):
            return b.trace(other[0])
        return b.trace(w[0])
    return _rotated(w, rw)


def _rotated(w: Word, rw: Rewriter) -> Term:
    candidates = []
    turned = turned_word(w, rw)
    for word in (w, turned):
        if word is None:
            continue
        for i in range(len(word)):
            r = word[i:] + word[:i]
            if len(w) <= 12 or i == 1:
                form = reduce_word(r, rw)
                if len(form) == 1 and b.ONE in form.values() and len(next(iter(form))) == len(r):
                    r = next(iter(form))  # factors that commute were sorted
                elif form != {r: b.ONE}:
                    n = r[0].sort.rows
                    return rw.nf(b.add(*(b.mul(c, b.trace(b.matmul(*v) if v else b.eye(n))) for v, c in form.items())) if form else b.ZERO)
            candidates.append(b.matmul(*r))
    return b.trace(min(candidates, key=order_key))


def _trace_of_factor(f: Term) -> Term | None:
    if f.op == "kron" and all(x.sort.rows is x.sort.cols for x in f.args):
        return b.mul(*(b.trace(x) for x in f.args))
    if f.op == "diag":
        return b.tonum(b.matmul(b.transpose(b.ones(f.sort.rows, b.ONE)), f.args[0]))
    if f.op == "bmat":
        m, n = partition(f)
        if m == n:
            blocks = [f.args[i * n + i] for i in range(n)]
            if all(x.sort.kind == "num" for x in blocks):
                return b.add(*blocks)
            if all(x.sort.kind == "mat" and x.sort.rows is x.sort.cols for x in blocks):
                return b.add(*(b.trace(x) for x in blocks))
    if f.op == "cases":
        return _through_cases(f, b.trace)
    if f.op == "hadamard" and any(x.op == "diag" for x in f.args):
        return None
    return None


# --- determinants -----------------------------------------------------------------------------------------------------------


@rule(
    "determinant",
    "det",
    statement="det AB = det A det B, det A^T = det A, det A^{-1} = 1/det A, det cA = c^n det A, det(I + AB) = det(I + BA), det(cI + uv^T) = c^{n-1}(c + v^T u)",
    side="square factors",
    source=HJ + ", 0.3, 0.8, 1.3; The Matrix Cookbook (18)–(24)",
)
def determinant(t: Term, rw: Rewriter) -> Term | None:
    a = t.args[0]
    n = a.sort.rows
    if a.sort.rows is b.ONE and a.sort.cols is b.ONE:
        return b.tonum(a)
    form = decode(a, rw)
    if len(form) == 1:
        ((word, c),) = form.items()
        if c is not b.ONE:
            return b.mul(b.pow_(c, n), b.det(b.matmul(*word) if word else b.eye(n)))
        return _det_of_word(t, word, n, rw)
    return _det_of_sum(t, form, n, rw)


def _det_of_word(t: Term, word: Word, n: Term, rw: Rewriter) -> Term | None:
    if not word:
        return b.ONE
    if len(word) == 1:
        return _det_of_factor(word[0], n, rw)
    pieces: list[list[Term]] = [[]]
    for f in word:
        pieces[-1].append(f)
        if f.sort.cols is n:
            pieces.append([])
    groups = [b.matmul(*p) for p in pieces if p]
    if len(groups) < 2 or any(g.sort.rows is not n or g.sort.cols is not n for g in groups):
        return None
    # det Q = ±1 for orthogonal Q: pairs drop out
    counts: dict[Term, int] = {}
    factors = []
    for g in groups:
        if orthogonal(g, rw.oracle):
            base = g.args[0] if g.op == "transpose" else g
            counts[base] = counts.get(base, 0) + 1
        else:
            factors.append(b.det(g))
    factors += [b.det(q) for q, k in counts.items() if k % 2]
    return b.mul(*factors)


def _det_of_factor(f: Term, n: Term, rw: Rewriter) -> Term | None:
    if f.op == "transpose":
        return b.det(f.args[0])
    if f.op == "inv":
        return b.div(b.ONE, b.det(f.args[0]))
    if f.op == "mpow" and (rw.oracle.natural(f.args[1]) or pd(f.args[0], rw.oracle) or (rw.oracle.integer(f.args[1]) and invertible(f.args[0], rw.oracle))):
        return b.pow_(b.det(f.args[0]), f.args[1])
    if f.op == "diag":
        i = _index("i")
        return b.big("prod", i, b.ONE, n, b.ventry(f.args[0], i))
    if f.op == "kron" and len(f.args) == 2:
        p, q = f.args
        if p.sort.rows is p.sort.cols and q.sort.rows is q.sort.cols:
            return b.mul(b.pow_(b.det(p), q.sort.rows), b.pow_(b.det(q), p.sort.rows))
    if f.op == "bmat":
        from derivcheck.kernel.rules.matrix_blocks import block_determinant

        return block_determinant(f, rw)
    return None


def _index(name: str) -> Term:
    from derivcheck.terms.term import fresh

    return fresh(name)


def _det_of_sum(t: Term, form: Form, n: Term, rw: Rewriter) -> Term | None:
    """det(M + c u v^T) = det M (1 + c v^T M^{-1} u); det(M + N) = det M det(I + M^{-1} N) for one invertible M; det(I + AB) rotated."""
    if len(form) == 2 and () in form and rw.oracle.integer(n) and rw.oracle.positive(n):
        ((word, c),) = ((w, d) for w, d in form.items() if w)
        if has_inner_one(word) and not any(f.op == "sum" for f in word) and form[()] is not b.ONE:
            # det(cI + q u v^T) = c^{n-1} (c + q v^T u), whether c is 0 or not
            cut = next(i for i, f in enumerate(word) if f.sort.cols is b.ONE) + 1
            u, v = b.matmul(*word[:cut]), b.matmul(*word[cut:])
            return b.mul(b.pow_(form[()], b.sub(n, b.ONE)), b.add(form[()], b.mul(c, b.tonum(b.matmul(v, u)))))
    for word, c in form.items():
        if not word or not has_inner_one(word) or any(f.op == "sum" for f in word):
            continue
        m = encode({w: d for w, d in form.items() if w != word}, t.args[0].sort)
        if invertible(m, rw.oracle):
            cut = next(i for i, f in enumerate(word) if f.sort.cols is b.ONE) + 1
            u, v = b.matmul(*word[:cut]), b.matmul(*word[cut:])
            return b.mul(b.det(m), b.add(b.ONE, b.mul(c, b.tonum(b.matmul(v, b.inv(m), u)))))
    similar = _similar(form, rw)
    if similar is not None:
        return b.det(encode(similar, t.args[0].sort))
    if len(form) != 2:
        return None
    if form.get(()) is b.ONE:
        return _rotated_determinant(t, form, rw)
    candidates = [w for w, c in form.items() if rw.oracle.nonzero(c) and (not w or invertible(b.matmul(*w), rw.oracle))]
    if not candidates:
        return None
    lead = min(candidates, key=lambda w: (len(w), order_key(b.matmul(*w)) if w else 0))
    c = form[lead]
    m = encode({lead: c}, t.args[0].sort)
    rest = encode({w: d for w, d in form.items() if w != lead}, t.args[0].sort)
    return b.mul(b.det(m), b.det(b.add(b.eye(n), b.matmul(b.inv(m), rest))))


def _similar(form: Form, rw: Rewriter) -> Form | None:
    """det(P B P^{-1} + cI) = det(B + cI): every word but the identity is P … P^{-1} (P … P^T with an orthogonal P)."""
    words = [w for w in form if w]
    if not words or any(len(w) < 3 for w in words):
        return None
    p, last = words[0][0], words[0][-1]
    turned = (last.op == "inv" and last.args[0] is p) or (p.op == "inv" and p.args[0] is last)
    turned = turned or (orthogonal(p, rw.oracle) and (b.transpose(p) is last or b.transpose(last) is p))
    if not turned or p.sort.rows is not p.sort.cols or any(w[0] is not p or w[-1] is not last for w in words):
        return None
    return {w[1:-1] if w else w: c for w, c in form.items()}


def _rotated_determinant(t: Term, form: Form, rw: Rewriter) -> Term | None:
    ((word, c),) = ((w, d) for w, d in form.items() if w)
    if len(word) < 2:
        return None
    best = t
    for w in (word, turned_word(word, rw)):
        if w is None:
            continue
        for i in range(len(w)):
            r = w[i:] + w[:i]
            size = r[0].sort.rows
            form_r = reduce_word(r, rw)
            if len(form_r) == 1 and b.ONE in form_r.values() and len(next(iter(form_r))) == len(r):
                r = next(iter(form_r))
            elif form_r != {r: b.ONE}:
                return b.det(b.add(b.eye(size), b.smul(c, b.matmul(*r))))
            new = b.det(encode({(): b.ONE, r: c}, b.eye(size).sort))
            if order_key(new) < order_key(best):
                best = new
    return None if best is t else best


@rule("orthogonal-determinant", "fn:abs", statement="|det Q| = 1 for orthogonal Q", source=HJ + ", 2.1")
def orthogonal_determinant(t: Term, rw: Rewriter) -> Term | None:
    a = t.args[0]
    return b.ONE if a.op == "det" and orthogonal(a.args[0], rw.oracle) else None


# --- norms ------------------------------------------------------------------------------------------------------------------


@rule(
    "norm",
    "norm",
    statement="‖cA‖ = |c| ‖A‖, ‖Qx‖ = ‖x‖ (orthogonal, Euclidean), ‖A‖_2 = σ_max(A), ‖0‖ = 0, ‖e_i‖ = 1",
    source=HJ + ", 5.1, 5.6",
)
def norm(t: Term, rw: Rewriter) -> Term | None:
    a, kind = t.args[0], str(t.data)
    if a.sort.kind == "num" or (a.sort.rows is b.ONE and a.sort.cols is b.ONE):
        return b.fn("abs", a if a.sort.kind == "num" else b.tonum(a))
    column = a.sort.cols is b.ONE
    euclid = kind == "F" or (kind == "2" and (column or a.sort.rows is b.ONE))
    if kind == "2" and not euclid:
        return mk("sigmax", (a,))
    form = decode(a, rw)
    if not form:
        return b.ZERO
    got = _scale_out(t, form, rw)
    if got is not None:
        return got
    if euclid:
        if not column and a.sort.rows is b.ONE:
            return b.norm(b.transpose(a), "2")
        if column and kind == "F":
            return b.norm(a, "2")
        if a.op == "unit":
            return b.ONE
        if a.op == "ones" or a.op == "eye":
            return b.sqrt(a.sort.rows)
        outer = _outer_product(form)
        if outer is not None:
            return outer
        stripped = _without_orthogonal(form, rw, right=not column)
        if stripped is not None:
            return b.norm(encode(stripped, a.sort), kind)
        if not column:
            return _turned_over(t, a, rw)
    return None


def _outer_product(form: Form) -> Term | None:
    # ‖u v^T‖ = ‖u‖ ‖v‖, in the Frobenius and in the spectral norm
    word = next(iter(form))
    if len(form) != 1 or form[word] is not b.ONE or not has_inner_one(word):
        return None
    cut = next(i for i, f in enumerate(word) if f.sort.cols is b.ONE) + 1
    return b.mul(b.norm(b.matmul(*word[:cut])), b.norm(b.transpose(b.matmul(*word[cut:]))))


def _turned_over(t: Term, a: Term, rw: Rewriter) -> Term | None:
    # the norm of A^T instead, if it comes first (both with first coefficient 1)
    other = rw.nf(b.transpose(a))
    new = _scale_out(mk(t.op, (other,), t.data), decode(other, rw), rw) or mk(t.op, (other,), t.data)
    inner = new if new.op == t.op else new.args[-1]
    return new if order_key(inner.args[0]) < order_key(a) else None


def _scale_out(t: Term, form: Form, rw: Rewriter) -> Term | None:
    # ‖cA‖ = |c| ‖A‖ with the first coefficient made 1
    first = next(iter(form))
    for w in form:
        if (len(w), order_key(b.matmul(*w)) if w else 0) < (len(first), order_key(b.matmul(*first)) if first else 0):
            first = w
    c = form[first]
    if c is b.ONE or not (len(form) == 1 or c.op == "num" or rw.oracle.nonzero(c)):
        return None
    rest = {first: b.ONE} if len(form) == 1 else scaled(form, rw.nf(b.div(b.ONE, c)), rw)
    return b.mul(b.fn("abs", c), mk(t.op, (encode(rest, t.args[0].sort),), t.data))


def _without_orthogonal(form: Form, rw: Rewriter, right: bool) -> Form | None:
    words = list(form)
    if all(len(w) > 1 for w in words):
        q = words[0][0]
        if all(w[0] is q for w in words) and orthogonal(q, rw.oracle):
            return {w[1:]: c for w, c in form.items()}
        q = words[0][-1]
        if right and all(w[-1] is q for w in words) and orthogonal(q, rw.oracle):
            return {w[:-1]: c for w, c in form.items()}
    return None


@rule("largest-singular-value", "sigmax", statement="σ(cA) = |c| σ(A), σ(A^T) = σ(A), σ(QA) = σ(A), σ(x) = ‖x‖, σ(Q) = 1", side="orthogonal Q of size at least 1", source=HJ + ", 5.6, 7.3")
def largest_singular_value(t: Term, rw: Rewriter) -> Term | None:
    a = t.args[0]
    if a.sort.kind == "num":
        return b.fn("abs", a)
    if a.sort.cols is b.ONE or a.sort.rows is b.ONE:
        return b.norm(a, "2")
    form = decode(a, rw)
    if not form:
        return b.ZERO
    got = _scale_out(t, form, rw)
    if got is not None:
        return got
    outer = _outer_product(form)
    if outer is not None:
        return outer
    stripped = _without_orthogonal(form, rw, right=True)
    if stripped is not None:
        return mk("sigmax", (encode(stripped, a.sort),))
    if orthogonal(a, rw.oracle) and rw.oracle.positive(a.sort.rows):
        return b.ONE
    return _turned_over(t, a, rw)


@rule("root-of-square", "pow", statement="(x^T x)^{q} = ‖x‖^{2q}", side="x real, q a half of an odd integer", source=HJ + ", 5.1")
def root_of_square(t: Term, rw: Rewriter) -> Term | None:
    base, e = t.args
    half = rational_value(e)
    if half is None or half.denominator != 2:
        return None
    if base.op == "inner" and base.args[0] is base.args[1] and real_entries(base.args[0], rw.oracle):
        return b.pow_(b.norm(base.args[0], "2"), b.mul(b.TWO, e))
    if base.op == "trace" and base.args[0].op == "matmul" and len(base.args[0].args) == 2:
        x, y = base.args[0].args
        for p, q in ((x, y), (y, x)):
            if p.op == "transpose" and p.args[0] is q and real_entries(q, rw.oracle):
                return b.pow_(b.norm(q, "F"), b.mul(b.TWO, e))
    return None


@rule(
    "spectral-norm-as-maximum",
    "supover",
    "maxover",
    statement="max over x ≠ 0 of ‖Ax‖/‖x‖ is σ(A)",
    side="x runs through R^d without 0, A real and free of x",
    source=HJ + ", 5.6.2",
)
def spectral_norm_as_maximum(t: Term, rw: Rewriter) -> Term | None:
    if len(t.bound) != 1 or t.bound[0].sort.kind != "mat" or not t.bound[0].sort.is_vector:
        return None
    domain = t.args[0]
    if domain.op != "setminus" or domain.args[0].op != "rn" or domain.args[1].op != "finset" or len(domain.args[1].args) != 1:
        return None
    zero = domain.args[1].args[0]
    if zero.op != "zeros" and zero is not b.ZERO:
        return None
    (x,), body, inner = rw.under(t)
    if body.op != "div" or body.args[1] is not b.norm(x) or body.args[0].op != "norm" or body.args[0].data != "2":
        return None
    form = decode(body.args[0].args[0], inner)
    if not form or any(not w or w[-1] is not x or any(x in f.free for f in w[:-1]) or x in c.free for w, c in form.items()):
        return None
    a = encode({w[:-1]: c for w, c in form.items()}, b.zeros(body.args[0].args[0].sort.rows, x.sort.rows).sort)
    return mk("sigmax", (a,)) if real_entries(a, rw.oracle) else None
