"""Sums of matrices and vectors: linear, constants come out on the left and on the right.

The normal form of `Σ_n` with a matrix body is a linear combination of words with factors `sum(lo, hi, c w | n)`: one word w per sum, with
neither end free of n, and c a product of numbers that depend on n; the index stands where `kernel/matrix_places.py` puts it.  Only
finite sums are taken apart.
"""

from __future__ import annotations

from fractions import Fraction

from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.matrix_form import Form, Word, decode, encode, product, put, summed, times
from derivcheck.kernel.matrix_places import placed
from derivcheck.kernel.rewrite import Rewriter, level_symbol, rule
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, mk, num, rebind, substitute

SUMS = "linearity of finite sums"


@rule("matrix-sum-over-index", "sum", statement="Σ (A_n + B_n) = Σ A_n + Σ B_n, Σ c A X_n B = c A (Σ X_n) B, Σ x_i e_i = x", source=SUMS)
def matrix_sum_over_index(t: Term, rw: Rewriter) -> Term | None:
    if t.sort.kind != "mat":
        return None
    lo, hi = t.args[0], t.args[1]
    if hi is b.INF or (lo.op == "neg" and lo.args[0] is b.INF):
        return None
    (n,), body, inner = rw.under(t)
    form = decode(body, inner)
    if not form:
        return b.zeros(t.sort.rows, t.sort.cols)
    pieces: dict[tuple[Word, Term], list[Term]] = {}
    for word, c in form.items():
        for q, monomial in linear_terms(c):
            outside, inside = split_factors(monomial, n)
            pieces.setdefault((word, outside), []).append(inside if q == 1 else b.mul(num(q), inside))
    out: list[Form] = []
    for (word, outside), parts in pieces.items():
        q, inside = leading_rational(parts[0] if len(parts) == 1 else inner.nf(b.add(*parts)), inner)
        if inside is not b.ZERO:
            out.append(_one(t, n, b.mul(num(q), outside), word, inside, rw))
    new = encode(merged(summed(out, rw), rw), t.sort)
    return None if new is t or (new.op == "sum" and new.args == t.args) else new


def leading_rational(c: Term, rw: Rewriter) -> tuple[Fraction, Term]:
    """A coefficient as a rational times a term whose first monomial has coefficient 1."""
    terms = linear_terms(c)
    if not terms:
        return Fraction(1), b.ZERO
    q = terms[0][0]
    if q == 1:
        return q, c
    return q, (terms[0][1] if len(terms) == 1 else rw.nf(b.div(c, num(q))))


def merged(form: Form, rw: Rewriter) -> Form:
    """Put sums over one range with one word together: Σ c_n w_n + Σ d_n w_n = Σ (c_n + d_n) w_n."""
    summing = [w for w in form if sum(f.op == "sum" for f in w) == 1]
    if len(summing) < 2:
        return form
    common = level_symbol("n", b.ONE.sort, rw.depth)
    groups: dict[tuple[Word, Word, Term, Term, Term, Term], list[tuple[Fraction, Term, Word]]] = {}
    for w in summing:
        i = next(k for k, f in enumerate(w) if f.op == "sum")
        s = w[i]
        if s.args[1] is b.INF or s.args[0].op == "neg":
            continue
        body = substitute(s.args[-1], {s.bound[0]: common})
        c, core = body.args if body.op == "smul" else (b.ONE, body)
        terms = linear_terms(form[w])
        q, outside = terms[0] if len(terms) == 1 else (Fraction(1), form[w])
        groups.setdefault((w[:i], w[i + 1 :], s.args[0], s.args[1], core, outside), []).append((q, c, w))
    out = dict(form)
    for (before, after, lo, hi, core, outside), members in groups.items():
        if len(members) < 2:
            continue
        for _, _, w in members:
            out.pop(w)
        inner = rw.child(((Declaration(common, b.int_range(lo, hi)),), ()))
        total = inner.nf(b.add(*(b.mul(num(q), c) for q, c, _ in members)))
        q, inside = leading_rational(total, inner)
        if inside is b.ZERO:
            continue
        body = core if inside is b.ONE else b.smul(inside, core)
        whole = b.matmul(*before, b.sum_(common, lo, hi, body), *after)
        for w, d in decode(rw.nf(whole), rw).items():
            put(out, w, rw.nf(b.mul(num(q), outside, d)), rw)
    return out


def split_factors(m: Term, n: Term) -> tuple[Term, Term]:
    """A monomial as a product of a part free of n and a part that is not."""
    if n not in m.free:
        return m, b.ONE
    if m.op == "mul":
        free = [f for f in m.args if n not in f.free]
        return b.mul(*free), b.mul(*(f for f in m.args if n in f.free))
    if m.op == "div":
        top, bottom = split_factors(m.args[0], n), split_factors(m.args[1], n)
        outside = top[0] if bottom[0] is b.ONE else b.div(top[0], bottom[0])
        return outside, top[1] if bottom[1] is b.ONE else b.div(top[1], bottom[1])
    return b.ONE, m


def _one(t: Term, n: Term, c: Term, word: Word, inside: Term, rw: Rewriter) -> Form:
    """c · Σ_n inside · word, with the ends of the word that are free of n pulled out."""
    at = _delta(n, t.args[0], t.args[1], inside, rw)
    if at is not None:
        index, factor = at
        value = b.matmul(*word) if word else b.eye(t.sort.rows)
        picked = b.smul(b.mul(c, factor), substitute(value, {n: index}))
        return decode(rw.nf(picked), rw)
    i, j = 0, len(word)
    while i < j and n not in word[i].free:
        i += 1
    while j > i and n not in word[j - 1].free:
        j -= 1
    middle = word[i:j]
    lo, hi = t.args[0], t.args[1]
    if not middle:
        total = b.sum_(n, lo, hi, inside)
        out: Form = {}
        put(out, word, rw.nf(b.mul(c, total)), rw)
        return out
    core = b.matmul(*middle)
    whole = _recognised(n, lo, hi, core, inside, rw)
    body = core if inside is b.ONE else b.smul(inside, core)
    if whole is None:
        whole = placed(n, lo, hi, body, rw)
    if whole is None:
        made = rebind(t, (n,), (lo, hi), body)
        atom = mk("sum", made.args, None, core.sort, made.bound)
        if not word[:i] and not word[j:]:
            scale = rw.nf(c)
            return {(atom,): scale} if scale is not b.ZERO else {}
        got = product([{word[:i]: b.ONE}, {(atom,): b.ONE}, {word[j:]: b.ONE}], rw)
    else:
        got = product([{word[:i]: b.ONE}, decode(rw.nf(whole), rw), {word[j:]: b.ONE}], rw)
    scale = rw.nf(c)
    return {w: times(scale, d, rw) for w, d in (got or {}).items()}


def _delta(n: Term, lo: Term, hi: Term, inside: Term, rw: Rewriter) -> tuple[Term, Term] | None:
    """Σ_n δ_{nk} f_n = f_k for lo ≤ k ≤ hi: (k, the other factors at k)."""
    factors = inside.args if inside.op == "mul" else (inside,)
    for f in factors:
        if f.op != "ind" or f.args[0].op != "rel" or f.args[0].data != "=":
            continue
        x, y = f.args[0].args
        for v, k in ((x, y), (y, x)):
            if v is n and n not in k.free and k.sort.kind == "num":
                o = rw.oracle
                if o.integer(k) and o.less_equal(lo, k) and o.less_equal(k, hi):
                    rest = b.mul(*(g for g in factors if g is not f))
                    return k, substitute(rest, {n: k})
    return None


def _recognised(n: Term, lo: Term, hi: Term, core: Term, inside: Term, rw: Rewriter) -> Term | None:
    """Σ_i x_i e_i = x, Σ_i e_i = 1, Σ_i e_i e_i^T = I over the whole range; Σ_i f(x_i) e_i = f(x), Σ_i f(x_i) e_i e_i^T = diag(f(x))."""
    from derivcheck.kernel.rules.matrix_vectors import by_entries

    if lo is not b.ONE:
        return None
    if core.op == "unit" and core.args[0] is hi and core.args[1] is n:
        if inside is b.ONE:
            return b.ones(hi, b.ONE)
        if inside.op == "ventry" and inside.args[1] is n and n not in inside.args[0].free and inside.args[0].sort.rows is hi:
            return inside.args[0]
        return by_entries(inside, n, hi, rw)
    if core.op == "matmul" and len(core.args) == 2:
        x, y = core.args
        if x.op == "unit" and x.args[0] is hi and x.args[1] is n and y.op == "transpose" and y.args[0] is x:
            if inside is b.ONE:
                return b.eye(hi)
            v = by_entries(inside, n, hi, rw)
            return b.diag(v) if v is not None else None
    return None
