"""Entries, rows and columns.

Core rules read an entry off the structure (transposes, diagonal matrices, elementwise products, outer products, written-out matrices).
The group `matrix-entries` spells products, traces, inner products, norms and softmax out as sums over indices.
"""

from __future__ import annotations

from derivcheck.kernel.literals import integer_value, linear_terms
from derivcheck.kernel.matrix_facts import diagonal, partition, symmetric
from derivcheck.kernel.matrix_form import Word, decode
from derivcheck.kernel.matrix_words import has_inner_one
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, fresh, instantiate, mk, open_binder, rebind

DEFINITION = "definition of the entries"


def delta(i: Term, j: Term) -> Term:
    """Kronecker's delta."""
    return b.ind(b.eq(i, j))


@rule("vector-entry", "ventry", statement="entries of sums, multiples, elementwise products, unit vectors, written-out vectors", source=DEFINITION)
def vector_entry(t: Term, rw: Rewriter) -> Term | None:
    v, i = t.args
    return _entry(t, v, i, b.ONE, rw) if v.sort.kind == "mat" else None


@rule("matrix-entry", "entry", statement="entries of sums, multiples, transposes, outer products, diagonal and written-out matrices", source=DEFINITION)
def matrix_entry(t: Term, rw: Rewriter) -> Term | None:
    a, i, j = t.args
    if a.sort.kind != "mat":
        return None
    if a.sort.cols is b.ONE:
        return b.ventry(a, i)
    if a.sort.rows is b.ONE:
        return b.ventry(b.transpose(a), j)
    return _entry(t, a, i, j, rw)


def _pick(a: Term, i: Term, j: Term) -> Term:
    return b.ventry(a, i) if a.sort.cols is b.ONE else b.entry(a, i, j)


def _entry(t: Term, a: Term, i: Term, j: Term, rw: Rewriter) -> Term | None:
    form = decode(a, rw)
    if not form:
        return b.ZERO
    n = a.sort.rows
    if len(form) == 1:
        ((word, c),) = form.items()
        if c is b.ONE:
            return _of_word(t, word, i, j, rw)
    return b.add(*(b.mul(c, _pick(b.matmul(*w) if w else b.eye(n), i, j)) for w, c in form.items()))


def _of_word(t: Term, word: Word, i: Term, j: Term, rw: Rewriter) -> Term | None:
    if not word:
        return b.ONE if t.args[0].sort.rows is b.ONE else delta(i, j)
    if len(word) > 1:
        if word[0].op == "diag":
            return b.mul(b.ventry(word[0].args[0], i), _pick(b.matmul(*word[1:]), i, j))
        if word[-1].op == "diag":
            return b.mul(b.ventry(word[-1].args[0], j), _pick(b.matmul(*word[:-1]), i, j))
        if diagonal(word[0], rw.oracle):
            return b.mul(b.entry(word[0], i, i), _pick(b.matmul(*word[1:]), i, j))
        if diagonal(word[-1], rw.oracle):
            return b.mul(b.entry(word[-1], j, j), _pick(b.matmul(*word[:-1]), i, j))
        if has_inner_one(word):
            cut = next(k for k, f in enumerate(word) if f.sort.cols is b.ONE) + 1
            return b.mul(b.ventry(b.matmul(*word[:cut]), i), b.ventry(b.transpose(b.matmul(*word[cut:])), j))
        if word[-1].op == "unit":
            return b.entry(b.matmul(*word[:-1]), i, word[-1].args[1])
        return None
    return _of_factor(t, word[0], i, j, rw)


def _of_factor(t: Term, f: Term, i: Term, j: Term, rw: Rewriter) -> Term | None:
    op = f.op
    if op == "transpose":
        return _pick(f.args[0], j, i)
    if op == "ones":
        return b.ONE
    if op == "unit":
        return delta(i, f.args[1])
    if op == "diag":
        return b.mul(delta(i, j), b.ventry(f.args[0], i))
    if op == "inv" and diagonal(f, rw.oracle):
        return b.mul(delta(i, j), b.div(b.ONE, b.entry(f.args[0], i, i)))
    if t.op == "entry" and i is not j and diagonal(f, rw.oracle):
        return b.mul(delta(i, j), b.entry(f, i, i))
    if op == "diagof":
        return b.entry(f.args[0], i, i)
    if op == "hadamard":
        return b.mul(*(_pick(x, i, j) for x in f.args))
    if op == "emap" and f.args[0].op == "lam":
        return instantiate(f.args[0], (_pick(f.args[1], i, j),))
    if op == "mlam":
        return instantiate(f, (i, j))
    if op == "sum":
        return _sum_of_entries(f, i, j)
    if op == "cases":
        n = len(f.args)
        return b.cases(*(_pick(x, i, j) if k % 2 or (k == n - 1 and n % 2) else x for k, x in enumerate(f.args)))
    if op == "bmat":
        return _written_out(f, i, j)
    if op == "kron" and len(f.args) == 2 and t.op == "entry":
        return _kronecker_entry(f, i, j, rw)
    if op == "row":
        return b.entry(f.args[0], f.args[1], i if f.sort.cols is b.ONE else j)
    if t.op == "entry" and symmetric(f, rw.oracle) and order_key(i) > order_key(j):
        return b.entry(f, j, i)
    return None


def _kronecker_entry(f: Term, i: Term, j: Term, rw: Rewriter) -> Term | None:
    """(A ⊗ B)_{(i-1)p + k, (j-1)q + l} = A_{ij} B_{kl} for 1 ≤ k ≤ p, 1 ≤ l ≤ q."""
    x, y = f.args
    row, col = _divided(i, y.sort.rows, x.sort.rows, rw), _divided(j, y.sort.cols, x.sort.cols, rw)
    if row is None or col is None:
        return None
    return b.mul(_pick(x, row[0], col[0]), _pick(y, row[1], col[1]))


def _divided(i: Term, p: Term, m: Term, rw: Rewriter) -> tuple[Term, Term] | None:
    """i = (u - 1) p + k with 1 ≤ u ≤ m and 1 ≤ k ≤ p."""
    n, size = integer_value(i), integer_value(p)
    if n is not None and size is not None and size > 0:
        return b.num_of((n - 1) // size + 1), b.num_of((n - 1) % size + 1)
    if p is b.ONE:
        return i, b.ONE
    multiple: list[Term] = []
    rest: list[Term] = []
    for c, mono in linear_terms(rw.nf(i)):
        factors = list(mono.args) if mono.op == "mul" else [mono]
        if p in factors:
            factors.remove(p)
            multiple.append(b.mul(b.num_of(c), *factors))
        else:
            rest.append(b.mul(b.num_of(c), mono))
    u, k = rw.nf(b.add(b.ONE, *multiple)), rw.nf(b.add(*rest))
    o = rw.oracle
    within = o.integer(u) and o.integer(k) and o.less_equal(b.ONE, k) and o.less_equal(k, p) and o.less_equal(b.ONE, u) and o.less_equal(u, m)
    return (u, k) if within else None


def _sum_of_entries(s: Term, i: Term, j: Term) -> Term:
    symbols, body = open_binder(s)
    word = body.args[1] if body.op == "smul" else body
    lo, hi = s.args[0], s.args[1]
    if word.op == "unit" and lo is b.ONE and hi is word.args[0] and word.args[1] is symbols[0]:
        # the i-th entry of Σ_k c_k e_k is c_i
        from derivcheck.terms.term import substitute

        c = body.args[0] if body.op == "smul" else b.ONE
        return substitute(c, {symbols[0]: i})
    new = rebind(s, symbols, s.args[:-1], _pick(body, i, j))
    return mk(new.op, new.args, new.data, b.ONE.sort, new.bound)


def _written_out(f: Term, i: Term, j: Term) -> Term | None:
    m, n = partition(f)
    if not all(a.sort.kind == "num" for a in f.args):
        return None
    r, c = integer_value(i), integer_value(j)
    if r is not None and c is not None:
        return f.args[(r - 1) * n + c - 1] if 1 <= r <= m and 1 <= c <= n else None
    return None


@rule("column", "col", statement="the j-th column of A is A e_j", source=DEFINITION)
def column(t: Term, rw: Rewriter) -> Term | None:
    a, j = t.args
    return b.matmul(a, mk("unit", (a.sort.cols, j), None, b.ones(a.sort.cols, b.ONE).sort))


@rule("row", "row", statement="the i-th row of A is e_i^T A, as a column A^T e_i", source=DEFINITION)
def row(t: Term, rw: Rewriter) -> Term | None:
    a, i = t.args
    unit = mk("unit", (a.sort.rows, i), None, b.ones(a.sort.rows, b.ONE).sort)
    if t.sort.cols is b.ONE and a.sort.cols is not b.ONE:
        return b.matmul(b.transpose(a), unit)
    return b.matmul(b.transpose(unit), a)


# --- spelt out as sums over indices ------------------------------------------------------------------------------------------


@rule("entry-of-product", "entry", statement="(AB)_{ij} = Σ_k A_{ik} B_{kj}", source=DEFINITION, group="matrix-entries")
def entry_of_product(t: Term, rw: Rewriter) -> Term | None:
    a, i, j = t.args
    return _spelt(a, i, j) if a.op == "matmul" else None


@rule("vector-entry-of-product", "ventry", statement="(Ax)_i = Σ_k A_{ik} x_k", source=DEFINITION, group="matrix-entries")
def vector_entry_of_product(t: Term, rw: Rewriter) -> Term | None:
    v, i = t.args
    return _spelt(v, i, b.ONE) if v.op == "matmul" else None


@rule("entry-of-product-right", "entry", statement="(AB)_{ij} = Σ_k A_{ik} B_{kj}, from the right", source=DEFINITION, group="matrix-entries-right")
def entry_of_product_right(t: Term, rw: Rewriter) -> Term | None:
    a, i, j = t.args
    return _spelt(a, i, j, len(a.args) - 1) if a.op == "matmul" else None


@rule("vector-entry-of-product-right", "ventry", statement="(Ax)_i = Σ_k A_{ik} x_k, from the right", source=DEFINITION, group="matrix-entries-right")
def vector_entry_of_product_right(t: Term, rw: Rewriter) -> Term | None:
    v, i = t.args
    return _spelt(v, i, b.ONE, len(v.args) - 1) if v.op == "matmul" else None


def _spelt(a: Term, i: Term, j: Term, cut: int = 1) -> Term:
    first, rest = b.matmul(*a.args[:cut]), b.matmul(*a.args[cut:])
    k = fresh("k")
    return b.sum_(k, b.ONE, first.sort.cols, b.mul(_pick(first, i, k), _pick(rest, k, j)))


@rule("trace-as-sum", "trace", statement="tr A = Σ_i A_{ii}", source=DEFINITION, group="matrix-entries")
def trace_as_sum(t: Term, rw: Rewriter) -> Term | None:
    a = t.args[0]
    i = fresh("i")
    return b.sum_(i, b.ONE, a.sort.rows, b.entry(a, i, i))


@rule("inner-product-as-sum", "inner", statement="x^T y = Σ_i x_i y_i", source=DEFINITION, group="matrix-entries")
def inner_product_as_sum(t: Term, rw: Rewriter) -> Term | None:
    u, v = t.args
    i = fresh("i")
    return b.sum_(i, b.ONE, u.sort.rows, b.mul(b.ventry(u, i), b.ventry(v, i))) if u.sort.cols is b.ONE else None


@rule("norm-as-sum", "norm", statement="‖x‖_1 = Σ |x_i|, ‖x‖_2² = Σ x_i²", source=DEFINITION, group="matrix-entries")
def norm_as_sum(t: Term, rw: Rewriter) -> Term | None:
    a = t.args[0]
    if a.sort.kind != "mat" or a.sort.cols is not b.ONE:
        return None
    i = fresh("i")
    if t.data == "1":
        return b.sum_(i, b.ONE, a.sort.rows, b.fn("abs", b.ventry(a, i)))
    return None


@rule("softmax-entry", "ventry", statement="softmax(x)_i = e^{x_i} / Σ_j e^{x_j}", source=DEFINITION, group="matrix-entries")
def softmax_entry(t: Term, rw: Rewriter) -> Term | None:
    v, i = t.args
    if v.op != "vsoftmax":
        return None
    z = v.args[0]
    j = fresh("j")
    return b.div(b.exp(b.ventry(z, i)), b.sum_(j, b.ONE, z.sort.rows, b.exp(b.ventry(z, j))))


@rule("softmax-matrix-entry", "entry", statement="softmax(A)_{ij} = e^{A_{ij}} / Σ_k e^{A_{kj}}", source=DEFINITION, group="matrix-entries")
def softmax_matrix_entry(t: Term, rw: Rewriter) -> Term | None:
    a, i, j = t.args
    if a.op != "vsoftmax":
        return None
    z = a.args[0]
    k = fresh("k")
    return b.div(b.exp(b.entry(z, i, j)), b.sum_(k, b.ONE, z.sort.rows, b.exp(b.entry(z, k, j))))


@rule("kronecker-unit", "ind", statement="δ_{ii} = 1", source=DEFINITION)
def kronecker_unit(t: Term, rw: Rewriter) -> Term | None:
    p = t.args[0]
    if p.op != "rel" or p.data != "=" or p.args[0].sort.kind != "num":
        return None
    i, j = p.args
    if i is j:
        return b.ONE
    if order_key(i) > order_key(j):
        return b.ind(b.eq(j, i))
    return None
