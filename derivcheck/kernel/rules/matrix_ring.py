"""Rules for the ring of matrices: sums, products, scalar multiples, transposes, inverses, powers.

The normal form is described in `kernel/matrix_form.py`.  Sources: Horn and Johnson, Matrix Analysis, chapter 0; Petersen and Pedersen, The
Matrix Cookbook (2012), equations (1) to (6) and 3.2 (inverses); Henderson and Searle, On deriving the inverse of a sum of matrices (1981).
"""

from __future__ import annotations

from derivcheck.kernel.literals import integer_value
from derivcheck.kernel.matrix_facts import invertible, orthogonal, partition, pd, psd
from derivcheck.kernel.matrix_form import (
    Form,
    Word,
    canonical,
    decode,
    encode,
    flipped,
    product,
    put,
    scaled,
    summed,
    times,
    word_term,
)
from derivcheck.kernel.matrix_words import has_inner_one, leading_word
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.terms import build as b
from derivcheck.terms.sorts import Sort
from derivcheck.terms.term import Term, mk, num

HJ = "Horn and Johnson, Matrix Analysis, chapter 0"
COOKBOOK = "Petersen and Pedersen, The Matrix Cookbook"


def changed(new: Term, old: Term) -> Term | None:
    """None if nothing happened (also where only the flag of a vector differs)."""
    if new is old or (new.op == old.op and new.args == old.args and new.data == old.data):
        return None
    return new


@rule("matrix-sum", "add", statement="A + B = B + A, cA + dA = (c + d)A", source=HJ)
def matrix_sum(t: Term, rw: Rewriter) -> Term | None:
    if t.sort.kind != "mat":
        return None
    form = summed((decode(a, rw) for a in t.args), rw)
    return changed(encode(together(form, t, rw), t.sort), t)


@rule("matrix-negative", "neg", statement="-A = (-1) A", source=HJ)
def matrix_negative(t: Term, rw: Rewriter) -> Term | None:
    return b.smul(b.MINUS_ONE, t.args[0]) if t.sort.kind == "mat" else None


@rule("scalar-multiple", "smul", statement="c(dA + eB) = (cd)A + (ce)B, 1A = A, 0A = 0", source=HJ)
def scalar_multiple(t: Term, rw: Rewriter) -> Term | None:
    c, a = t.args
    form = scaled(decode(a, rw), c, rw)
    return changed(encode(together(form, t, rw), t.sort), t)


@rule("matrix-product", "matmul", statement="words over factors, reduced by the equations of kernel/matrix_words.py", source=HJ)
def matrix_product(t: Term, rw: Rewriter) -> Term | None:
    forms = [decode(a, rw) for a in t.args]
    if any(not f for f in forms):
        return b.zeros(t.sort.rows, t.sort.cols)
    got = product(forms, rw)
    if got is None:
        # too many words: sums stay as factors
        got = product([f if len(f) == 1 else {(a,): b.ONE} for f, a in zip(forms, t.args, strict=True)], rw)
    if got is None:
        return None
    return changed(encode(together(got, t, rw), t.sort), t)


def together(form: Form, t: Term, rw: Rewriter) -> Form:
    """Sums over one range, and block matrices of one partition, put together."""
    from derivcheck.kernel.rules.matrix_sums import merged

    if len(form) < 2:
        return form
    return merged(with_blocks(_spelt_units(form, t, rw), t, rw), rw)


def _spelt_units(form: Form, t: Term, rw: Rewriter) -> Form:
    # a combination of e_i e_j^T of numeric size is written out
    from derivcheck.kernel.rules.matrix_blocks import cells

    rows, cols = t.sort.rows, t.sort.cols
    if rows.op != "num" or cols.op != "num" or rows.data * cols.data > 64:
        return form
    if not any(f.op == "unit" or (f.op == "transpose" and f.args[0].op == "unit") for w in form for f in w):
        return form
    grids = []
    for w, c in form.items():
        got = cells(word_term(w, rows))
        if got is None:
            return form
        grids.append((c, got))
    m, n = int(rows.data), int(cols.data)
    entries = [b.add(*(b.mul(c, g[i][j]) for c, g in grids)) for i in range(m) for j in range(n)]
    return decode(rw.nf(mk("bmat", entries, (m, n), t.sort)), rw)


def with_blocks(form: Form, t: Term, rw: Rewriter) -> Form:
    """Put block matrices of one partition that stand in a sum together, entry by entry."""
    blocks = [w for w in form if len(w) == 1 and w[0].op == "bmat"]
    if not blocks:
        return form
    first = blocks[0][0]
    others = [w for w in blocks if _same_partition(w[0], first)]
    scalar = all(a.sort.kind == "num" for a in first.args)
    m, n = partition(first)
    identity = form.get(()) if scalar and m == n else None
    constant = [w for w in form if scalar and len(w) == 2 and w[0].op == "ones" and w[1].op == "transpose" and w[1].args[0].op == "ones"]
    lone = [w for w in form if scalar and len(w) == 1 and w[0].op == "ones"]
    if len(others) == 1 and form[others[0]] is b.ONE and identity is None and not constant and not lone:
        return form
    entries: list[list[Term]] = [[] for _ in first.args]
    rest = dict(form)
    for w in others:
        c = rest.pop(w)
        for k, a in enumerate(w[0].args):
            entries[k].append(b.mul(c, a) if a.sort.kind == "num" else b.smul(c, a))
    if identity is not None:
        rest.pop(())
        for i in range(m):
            entries[i * n + i].append(identity)
    for v in (*constant, *lone):
        c = rest.pop(v)
        for e in entries:
            e.append(c)
    new = rw.nf(mk("bmat", [b.add(*e) for e in entries], first.data, first.sort))
    return summed([rest, decode(new, rw)], rw)


def _same_partition(x: Term, y: Term) -> bool:
    if x.data != y.data:
        return False
    return all(
        (p.sort.kind == q.sort.kind == "num") or (p.sort.kind == q.sort.kind and p.sort.rows is q.sort.rows and p.sort.cols is q.sort.cols)
        for p, q in zip(x.args, y.args, strict=True)
    )


@rule("transpose", "transpose", statement="(AB)^T = B^T A^T, (A + B)^T = A^T + B^T, A^{TT} = A, symmetric A^T = A", source=HJ)
def transpose(t: Term, rw: Rewriter) -> Term | None:
    return changed(encode(together(flipped(decode(t.args[0], rw), rw), t, rw), t.sort), t)


@rule("constants", "ones", statement="the m×n matrix of ones is 1_m 1_n^T", source=HJ)
def ones(t: Term, rw: Rewriter) -> Term | None:
    m, n = t.args
    if n is b.ONE:
        return b.eye(b.ONE) if m is b.ONE else None
    if m is b.ONE:
        return b.transpose(b.ones(n, b.ONE))
    return b.matmul(b.ones(m, b.ONE), b.transpose(b.ones(n, b.ONE)))


@rule("canonical-size", "eye", "ones", "zeros", "unit", "vecop", "kron", "bmat", statement="sizes are written in their normal form", source=HJ)
def canonical_size(t: Term, rw: Rewriter) -> Term | None:
    rows, cols = t.sort.rows, t.sort.cols
    if all(s.op in ("sym", "num") for s in (rows, cols)):
        return None
    sort = Sort("mat", (canonical(rows), canonical(cols), *t.sort.params[2:]))
    return None if sort == t.sort else mk(t.op, t.args, t.data, sort)


# --- inverses -------------------------------------------------------------------------------------------------------------


@rule(
    "inverse",
    "inv",
    statement="(AB)^{-1} = B^{-1} A^{-1}, (cA)^{-1} = A^{-1}/c, A^{-T} = (A^{-1})^T, Q^{-1} = Q^T, A^{-1-1} = A",
    side="A, B square: a product of square matrices is invertible only if both are",
    source=HJ,
)
def inverse(t: Term, rw: Rewriter) -> Term | None:
    a = t.args[0]
    n = t.sort.rows
    if t.sort.rows is b.ONE and t.sort.cols is b.ONE:
        return b.smul(b.div(b.ONE, b.tonum(a)), b.eye(b.ONE))
    if a.op in ("eye", "inv"):
        return a if a.op == "eye" else a.args[0]
    if a.op == "smul":
        return b.smul(b.div(b.ONE, a.args[0]), b.inv(a.args[1]))
    if a.op == "transpose":
        return b.transpose(b.inv(a.args[0])) if a.args[0].op != "inv" else b.transpose(a.args[0].args[0])
    if orthogonal(a, rw.oracle):
        return b.transpose(a)
    if a.op == "matmul":
        return _inverse_of_word(a, n)
    if a.op == "mpow":
        e = a.args[1]
        if rw.oracle.integer(e) or pd(a.args[0], rw.oracle):
            return mk("mpow", (a.args[0], b.neg(e)), None, a.sort)
        return None
    if a.op == "kron" and all(x.sort.rows is x.sort.cols for x in a.args):
        return mk("kron", tuple(b.inv(x) for x in a.args), None, a.sort)
    if a.op == "add":
        return _inverse_of_sum(t, a, rw)
    return None


def _inverse_of_word(a: Term, n: Term) -> Term | None:
    # cut where the inner dimension is that of the whole: the pieces are square
    pieces: list[list[Term]] = [[]]
    for f in a.args:
        pieces[-1].append(f)
        if f.sort.cols is n:
            pieces.append([])
    groups = [p for p in pieces if p]
    if len(groups) < 2 or any(p[0].sort.rows is not n or p[-1].sort.cols is not n for p in groups):
        return None
    return b.matmul(*(b.inv(b.matmul(*p)) for p in reversed(groups)))


def _inverse_of_sum(t: Term, a: Term, rw: Rewriter) -> Term | None:
    """Scale the leading word's coefficient to 1; take out rank-one terms (Sherman–Morrison) where what remains is invertible."""
    form = decode(a, rw)
    got = _rank_one(form, t, rw) or _cleared(form, a, rw)
    if got is not None:
        return got
    lead = leading_word(a, rw)
    if lead is None:
        return None
    _, c, _ = lead
    if c is b.ONE:
        return None
    inner = encode(scaled(form, rw.nf(b.div(b.ONE, c)), rw), a.sort)
    return b.smul(b.div(b.ONE, c), b.inv(inner))


def _cleared(form: Form, a: Term, rw: Rewriter) -> Term | None:
    """(p I + q S^{-1} B)^{-1} = (p S + q B)^{-1} S, and with S^{-1} on the right: without an inverse of a symbol inside."""
    words = [w for w in form if w]
    if len(words) != 1 or len(form) != 2 or len(words[0]) < 2:
        return None
    word = words[0]
    p, q = form[()], form[word]
    first, last = word[0], word[-1]
    for s, left in ((first, True), (last, False)):
        if s.op == "inv" and s.args[0].op == "sym" and s.sort.rows is a.sort.rows:
            rest = b.matmul(*(word[1:] if left else word[:-1]))
            inside = b.inv(b.add(b.smul(p, s.args[0]), b.smul(q, rest)))
            return b.matmul(inside, s.args[0]) if left else b.matmul(s.args[0], inside)
    return None


def _rank_one(form: Form, t: Term, rw: Rewriter) -> Term | None:
    # (M + c u v^T)^{-1} = M^{-1} - c M^{-1} u v^T M^{-1} / (1 + c v^T M^{-1} u): M invertible, and then the sum is so iff 1 + … ≠ 0
    for word, c in form.items():
        if not word or not has_inner_one(word) or any(f.op == "sum" for f in word):
            continue
        rest = {w: d for w, d in form.items() if w != word}
        m = encode(rest, t.sort)
        if not invertible(m, rw.oracle):
            continue
        cut = next(i for i, f in enumerate(word) if f.sort.cols is b.ONE) + 1
        u, v = b.matmul(*word[:cut]), b.matmul(*word[cut:])
        minv = b.inv(m)
        below = b.add(b.ONE, b.mul(c, b.tonum(b.matmul(v, minv, u))))
        return b.add(minv, b.smul(b.neg(b.div(c, below)), b.matmul(minv, u, v, minv)))
    return None


# --- powers ---------------------------------------------------------------------------------------------------------------


@rule(
    "matrix-power",
    "mpow",
    statement="A^0 = I, A^{n+1} = A^n A, A^{-n} = (A^{-1})^n, (cA)^n = c^n A^n, (A^m)^n = A^{mn}, (A^{1/2})^2 = A",
    side="natural exponents, integer ones for invertible A, real ones for A ≻ 0",
    source=HJ,
)
def matrix_power(t: Term, rw: Rewriter) -> Term | None:
    a, e = t.args
    o = rw.oracle
    if a.op == "eye":
        return a
    k = integer_value(e)
    if k is not None:
        return _whole_power(t, a, k, rw)
    if a.op == "smul" and (o.natural(e) or (o.positive(a.args[0]) and o.real(e) and psd(a.args[1], o))):
        return b.smul(b.pow_(a.args[0], e), mk("mpow", (a.args[1], e), None, t.sort))
    if a.op == "mpow":
        f = a.args[1]
        if (o.natural(e) and o.natural(f)) or (pd(a.args[0], o) and o.real(e) and o.real(f)):
            return mk("mpow", (a.args[0], b.mul(e, f)), None, t.sort)
    if a.op == "inv" and o.integer(e):
        return mk("mpow", (a.args[0], b.neg(e)), None, t.sort)
    if a.op == "matmul" and all(f is a.args[0] for f in a.args) and o.natural(e):
        return mk("mpow", (a.args[0], b.mul(num(len(a.args)), e)), None, t.sort)
    if a.op == "diag" and not o.integer(e) and a.args[0].op == "bmat":
        return None
    return None


def _whole_power(t: Term, a: Term, k: int, rw: Rewriter) -> Term | None:
    if k == 0:
        return b.eye(t.sort.rows)
    if k == 1:
        return a
    if k == -1:
        return b.inv(a)
    if a.op == "mpow" and (rw.oracle.natural(a.args[1]) or k > 0 or pd(a.args[0], rw.oracle)):
        if k > 0 or pd(a.args[0], rw.oracle) or rw.oracle.integer(a.args[1]):
            return mk("mpow", (a.args[0], b.mul(a.args[1], num(k))), None, t.sort)
    if k < 0:
        return mk("mpow", (b.inv(a), num(-k)), None, t.sort)
    form = decode(a, rw)
    if a.op == "bmat" and k <= 4096:
        half = mk("mpow", (a, num(k // 2)), None, t.sort)
        return b.matmul(half, half, *([a] if k % 2 else []))
    if len(form) == 1 and k <= 64:
        return b.matmul(*[a] * k)
    if len(form) ** k <= 64:
        return b.matmul(*[a] * k)
    return None


__all__ = ["COOKBOOK", "HJ", "Word", "changed", "put", "times", "with_blocks", "word_term"]
