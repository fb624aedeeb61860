"""Reducing words: the equations between products of factors that hold for all sizes.

    A A^{-1} = I      Q^T Q = I (orthogonal)      P 1 = 1, 1^T P = 1^T (permutation)      D E = E D (diagonal)
    diag(v) w = v ⊙ w      A^m A^n = A^{m+n}      (A ⊗ B)(C ⊗ D) = AC ⊗ BD      (A ⊗ B) vec X = vec(B X A^T)
    w S^{-1} = (I - Σ c_i w_i S^{-1}) / c   for S = c w + Σ c_i w_i   (w the leading word of S; likewise on the left)
    blocks are multiplied out, [A; B] C = [AC; BC]; a sum of outer products takes in the vector beside it
    A Σ_k A^k B_k = Σ_k A^{k+1} B_k, and on the right

and the numbers that words of shape 1×1 are: `scalar_of`.
"""

from __future__ import annotations

from itertools import pairwise

from derivcheck.kernel.matrix_facts import diagonal, invertible, orthogonal, partition, pd, permutation, psd
from derivcheck.kernel.matrix_form import Form, Word, decode, flip, flip_word, monomial_key, put, same_size, times
from derivcheck.kernel.matrix_relations import GROUP, REVERSED, SOLVED, reduce_once, relations
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk, open_binder, rebind

Step = list[tuple[Term, list[Term]]]


def reduce_word(word: Word, rw: Rewriter) -> Form:
    """The reduced form of a product of factors."""
    out: Form = {}
    stack: Step = [(b.ONE, list(word))]
    while stack:
        rw.budget.spend(1)
        c, w = stack.pop()
        step = _simplify(w, rw)
        if step is not None:
            stack.extend((times(c, d, rw), v) for d, v in step)
            continue
        numbers, left = split_scalars(w, rw)
        for s in numbers:
            c = times(c, s, rw)
        if c is not b.ZERO:
            put(out, tuple(left), c, rw)
    return out


def _simplify(w: list[Term], rw: Rewriter) -> Step | None:
    for i, a in enumerate(w):
        if a.op in ("eye", "smul", "zeros", "matmul"):
            return _spliced(w, i, i + 1, decode(a, rw))
        if i + 1 < len(w):
            got = _pair(a, w[i + 1], rw)
            if got is not None:
                return _spliced(w, i, i + 2, got)
    for i, a in enumerate(w):
        inner = a.args[0] if a.op == "inv" else None
        if inner is not None and inner.op in ("add", "matmul", "smul"):
            step = _leading(w, i, inner, rw)
            if step is not None:
                return step
    if not rw.groups.isdisjoint((GROUP, REVERSED, SOLVED)):
        replaced = reduce_once(tuple(w), relations(rw), rw)
        if replaced is not None:
            return [(c, list(v)) for c, v in replaced]
    for i, a in enumerate(w):
        if a.op == "diag":
            step = _scaling(w, i, rw)
            if step is not None:
                return step
        elif a.op == "sum" and len(w) > 1:
            step = _push_in(w, i, rw)
            if step is not None:
                return step
    return None


def _spliced(w: list[Term], i: int, j: int, form: Form) -> Step:
    return [(c, w[:i] + list(v) + w[j:]) for v, c in form.items()]


_I: Form = {(): b.ONE}


def _pair(x: Term, y: Term, rw: Rewriter) -> Form | None:
    """The product of two neighbours, where an equation says more than the word does."""
    ox, oy = x.op, y.op
    if (oy == "inv" and y.args[0] is x) or (ox == "inv" and x.args[0] is y):
        return _I
    if ox == "transpose" and oy == "transpose":
        u, v = x.args[0], y.args[0]
        if (u.op == "inv" and u.args[0] is v) or (v.op == "inv" and v.args[0] is u):
            return _I
    if (oy == "transpose" and y.args[0] is x) or (ox == "transpose" and x.args[0] is y):
        if orthogonal(x, rw.oracle):
            return _I
    if oy == "ones" and permutation(x, rw.oracle):
        return {(y,): b.ONE}
    if ox == "transpose" and x.args[0].op == "ones" and permutation(y, rw.oracle):
        return {(x,): b.ONE}
    if "mpow" in (ox, oy):
        got = _powers(x, y, rw)
        if got is not None:
            return got
    if ox == "kron":
        if oy == "kron":
            return _mixed_product(x, y, rw)
        if oy == "vecop" and len(x.args) == 2:
            p, q = x.args
            if same_size(p.sort.cols, y.args[0].sort.cols, rw) and same_size(q.sort.cols, y.args[0].sort.rows, rw):
                return decode(rw.nf(mk("vecop", (b.matmul(q, y.args[0], b.transpose(p)),), None, b.matmul(x, y).sort)), rw)
    if ox == "transpose" and x.args[0].op == "vecop" and oy == "kron" and len(y.args) == 2:
        p, q = y.args
        z = x.args[0].args[0]
        if same_size(p.sort.rows, z.sort.cols, rw) and same_size(q.sort.rows, z.sort.rows, rw):
            return decode(rw.nf(b.transpose(b.matmul(b.transpose(y), x.args[0]))), rw)
    if ox == "bmat" and oy == "bmat":
        return _blocks(x, y, rw)
    if x.sort.cols is not b.ONE:
        if ox == "bmat" and partition(x)[1] == 1:
            return _into_blocks(x, [b.matmul(a, y) for a in x.args], b.matmul(x, y), rw)
        if oy == "bmat" and partition(y)[0] == 1:
            return _into_blocks(y, [b.matmul(x, a) for a in y.args], b.matmul(x, y), rw)
    if diagonal(x, rw.oracle) and diagonal(y, rw.oracle) and _inverse_first(x, y):
        return {(y, x): b.ONE}
    return None


def _inverse_first(x: Term, y: Term) -> bool:
    # diagonal factors commute: sorted by their base, so that D and D^{-1} meet
    return (order_key(_base(x)), order_key(x)) > (order_key(_base(y)), order_key(y))


def _base(x: Term) -> Term:
    return x.args[0] if x.op in ("inv", "mpow") else x


def _power(x: Term) -> tuple[Term, Term]:
    if x.op == "mpow":
        return x.args[0], x.args[1]
    if x.op == "inv":
        return x.args[0], b.MINUS_ONE
    if x.op == "transpose" and x.args[0].op == "inv":
        return b.transpose(x.args[0].args[0]), b.MINUS_ONE
    return x, b.ONE


def _powers(x: Term, y: Term, rw: Rewriter) -> Form | None:
    """A^m A^n = A^{m+n} for natural m, n; integers and A invertible; exponents ≥ 0 and A ⪰ 0; real ones and A ≻ 0."""
    (base, m), (other, n) = _power(x), _power(y)
    if base is not other:
        return None
    o = rw.oracle
    ok = o.natural(m) and o.natural(n)
    ok = ok or (o.integer(m) and o.integer(n) and (invertible(base, o) or b.MINUS_ONE in (m, n)))
    ok = ok or (o.nonnegative(m) and o.nonnegative(n) and psd(base, o)) or (o.real(m) and o.real(n) and pd(base, o))
    if not ok:
        return None
    return decode(rw.nf(mk("mpow", (base, b.add(m, n)), None, base.sort)), rw)


def _mixed_product(x: Term, y: Term, rw: Rewriter) -> Form | None:
    if len(x.args) != len(y.args) or not all(same_size(p.sort.cols, q.sort.rows, rw) for p, q in zip(x.args, y.args, strict=True)):
        return None
    pairs = [b.matmul(p, q) for p, q in zip(x.args, y.args, strict=True)]
    return decode(rw.nf(mk("kron", pairs, None, b.matmul(x, y).sort)), rw)


def _blocks(x: Term, y: Term, rw: Rewriter) -> Form | None:
    (m, n), (k, p) = partition(x), partition(y)
    if n != k or m * n * p > 600:
        return None
    for h in range(n):
        u, v = x.args[h], y.args[h * p]
        if (u.sort.kind == "num") != (v.sort.kind == "num"):
            return None
        if u.sort.kind == "mat" and not same_size(u.sort.cols, v.sort.rows, rw):
            return None
    blocks = []
    for i in range(m):
        for j in range(p):
            parts = [(x.args[i * n + h], y.args[h * p + j]) for h in range(n)]
            blocks.append(b.add(*(b.mul(u, v) if u.sort.kind == "num" else b.matmul(u, v) for u, v in parts)))
    return decode(rw.nf(mk("bmat", blocks, (m, p), b.matmul(x, y).sort)), rw)


def _into_blocks(cut: Term, blocks: list[Term], whole: Term, rw: Rewriter) -> Form:
    return decode(rw.nf(mk("bmat", blocks, cut.data, whole.sort)), rw)


def has_inner_one(word: Word) -> bool:
    """Whether a word is an outer product (an inner dimension is 1)."""
    return any(a.sort.cols is b.ONE for a in word[:-1])


def leading_word(s: Term, rw: Rewriter) -> tuple[Word, Term, Form] | None:
    """The leading word of a normal term, its (nonzero) coefficient, and the rest."""
    form = decode(s, rw)
    plain = [w for w in form if w and not has_inner_one(w) and not any(a.op == "sum" for a in w)]
    pool = plain or [w for w in form if w]
    for w in sorted(pool, key=monomial_key, reverse=True):
        c = form[w]
        if c.op == "num" or rw.oracle.nonzero(c):
            return w, c, {v: d for v, d in form.items() if v != w}
        return None
    return None


def _leading(w: list[Term], i: int, s: Term, rw: Rewriter) -> Step | None:
    got = leading_word(s, rw)
    if got is None:
        return None
    lead, c, rest = got
    n = len(lead)
    inverse = b.ONE if c is b.ONE else rw.nf(b.div(b.ONE, c))
    minus = times(b.MINUS_ONE, inverse, rw)
    if i >= n and tuple(w[i - n : i]) == lead:
        before, after = w[: i - n], w[i + 1 :]
        return [(inverse, before + after)] + [(times(minus, d, rw), before + list(v) + w[i:]) for v, d in rest.items()]
    if tuple(w[i + 1 : i + 1 + n]) == lead:
        before, after = w[:i], w[i + 1 + n :]
        return [(inverse, before + after)] + [(times(minus, d, rw), w[: i + 1] + list(v) + after) for v, d in rest.items()]
    return None


def _scaling(w: list[Term], i: int, rw: Rewriter) -> Step | None:
    """diag(v) u = v ⊙ u and u^T diag(v) = (u ⊙ v)^T for a column u (up to the next inner dimension 1)."""
    v = w[i].args[0]
    for j in range(i + 1, len(w)):
        if w[j].sort.cols is b.ONE:
            return _spliced(w, i, j + 1, decode(rw.nf(b.hadamard(v, b.matmul(*w[i + 1 : j + 1]))), rw))
    for j in range(i - 1, -1, -1):
        if w[j].sort.rows is b.ONE:
            column = b.transpose(b.matmul(*w[j:i]))
            return _spliced(w, j, i + 1, decode(rw.nf(b.transpose(b.hadamard(v, column))), rw))
    return None


def _push_in(w: list[Term], i: int, rw: Rewriter) -> Step | None:
    """(Σ c_n u_n v_n^T) r = Σ c_n (v_n^T r) u_n, and on the left."""
    s = w[i]
    body = s.args[-1]
    word = body.args[1] if body.op == "smul" else body
    factors = word.args if word.op == "matmul" else (word,)
    if factors[-1].op == "kron" and i + 1 < len(w) and w[i + 1].op in ("kron", "vecop") and _pair(factors[-1], w[i + 1], rw) is not None:
        return _spliced(w, i, i + 2, _around(s, (), (w[i + 1],), rw))
    if factors[-1].op == "kron" and i + 1 < len(w) and w[i + 1].op == "sum" and _first_factor(w[i + 1]).op == "vecop":
        return _spliced(w, i, i + 2, _around(s, (), (w[i + 1],), rw))
    if factors[0].op == "vecop" and i > 0 and w[i - 1].op == "kron" and _pair(w[i - 1], factors[0], rw) is not None:
        return _spliced(w, i - 1, i + 1, _around(s, (w[i - 1],), (), rw))
    got = _power_beside(w, i, factors, s, rw)
    if got is not None:
        return got
    if not has_inner_one(factors):
        return None
    for j in range(i + 1, len(w)):
        if w[j].sort.cols is b.ONE:
            return _spliced(w, i, j + 1, _around(s, (), tuple(w[i + 1 : j + 1]), rw))
    for j in range(i - 1, -1, -1):
        if w[j].sort.rows is b.ONE:
            return _spliced(w, j, i + 1, _around(s, tuple(w[j:i]), (), rw))
    return None


def _power_beside(w: list[Term], i: int, factors: Word, s: Term, rw: Rewriter) -> Step | None:
    """A Σ_k A^k B_k = Σ_k A^{k+1} B_k, and on the right: a power beside the sum joins the one that every term begins (ends) with."""
    if i > 0 and s.bound[0] in factors[0].free and _joins(w[i - 1], factors[0]) and _joined(s, True, w[i - 1], rw):
        return _spliced(w, i - 1, i + 1, _around(s, (w[i - 1],), (), rw))
    if i + 1 < len(w) and s.bound[0] in factors[-1].free and _joins(w[i + 1], factors[-1]) and _joined(s, False, w[i + 1], rw):
        return _spliced(w, i, i + 2, _around(s, (), (w[i + 1],), rw))
    return None


def _joins(x: Term, y: Term) -> bool:
    return y.op == "mpow" and _power(x)[0] is y.args[0]


def _joined(s: Term, left: bool, f: Term, rw: Rewriter) -> bool:
    """Whether f and the first (last) factor of the terms of the sum are one power."""
    _, body, inner = rw.under(s)
    word = body.args[1] if body.op == "smul" else body
    factors = word.args if word.op == "matmul" else (word,)
    return (_powers(f, factors[0], inner) if left else _powers(factors[-1], f, inner)) is not None


def _first_factor(s: Term) -> Term:
    body = s.args[-1]
    word = body.args[1] if body.op == "smul" else body
    return word.args[0] if word.op == "matmul" else word


def _around(s: Term, left: Word, right: Word, rw: Rewriter) -> Form:
    symbols, body = open_binder(s)
    inner = b.matmul(*left, body, *right)
    new = rebind(s, symbols, s.args[:-1], inner)
    new = mk(new.op, new.args, new.data, inner.sort, new.bound)
    return decode(rw.nf(new), rw)


# --- numbers --------------------------------------------------------------------------------------------------------------


def split_scalars(w: list[Term], rw: Rewriter) -> tuple[list[Term], list[Term]]:
    """The numbers that a word contains (pieces between inner dimensions 1), and the word without them."""
    if not w:
        return [], w
    cuts = [i for i in range(len(w) + 1) if (w[0].sort.rows if i == 0 else w[i - 1].sort.cols) is b.ONE]
    if len(cuts) < 2:
        return [], w
    numbers = [scalar_of(tuple(w[i:j]), rw) for i, j in pairwise(cuts)]
    return numbers, w[: cuts[0]] + w[cuts[-1] :]


def scalar_of(word: Word, rw: Rewriter) -> Term:
    """The canonical number that a reduced 1×1 word is."""
    if len(word) == 1:
        return _single(word[0], rw)
    for i, a in enumerate(word):
        if a.op == "sum":
            return _sum_of_numbers(word, i, rw)
    first, last = word[0], word[-1]
    row = first.args[0] if first.op == "transpose" else None
    if row is not None and row.op == "unit":
        place = row.args[1]
        if last.op == "unit":
            if len(word) == 2:
                return rw.nf(b.ind(b.eq(place, last.args[1])))
            return rw.nf(b.entry(b.matmul(*word[1:-1]), place, last.args[1]))
        return rw.nf(b.ventry(b.matmul(*word[1:]), place))
    if last.op == "unit":
        form = flip_word(word, rw)
        return rw.nf(b.add(*(b.mul(c, b.tonum(b.matmul(*w)) if w else b.ONE) for w, c in form.items())))
    if row is not None and row.op == "vecop" and last.op == "vecop" and len(word) == 2:
        return rw.nf(b.trace(b.matmul(b.transpose(row.args[0]), last.args[0])))
    if row is not None and len(word) == 2:
        got = _elementwise(row, last, rw)
        if got is not None:
            return got
    return _canonical_inner(word, rw)


def _single(a: Term, rw: Rewriter) -> Term:
    if a.op == "sym":
        return b.tonum(a)
    return rw.rewrite_root(b.tonum(a))


def _sum_of_numbers(word: Word, i: int, rw: Rewriter) -> Term:
    s = word[i]
    symbols, body = open_binder(s)
    new = rebind(s, symbols, s.args[:-1], b.tonum(b.matmul(*word[:i], body, *word[i + 1 :])))
    return rw.nf(mk(new.op, new.args, new.data, b.ONE.sort, new.bound))


def hadamard_factors(v: Term) -> list[Term]:
    """The factors of nested elementwise products."""
    return [f for a in v.args for f in hadamard_factors(a)] if v.op == "hadamard" else [v]


def _elementwise(u: Term, v: Term, rw: Rewriter) -> Term | None:
    # u^T v as the sum of the entries of an elementwise product, symmetric in all its factors
    factors = [f for f in hadamard_factors(u) + hadamard_factors(v) if f.op != "ones"]
    if not factors:
        return rw.nf(u.sort.rows)
    if len(factors) == 1:
        return _canonical_inner((b.transpose(b.ones(u.sort.rows, b.ONE)), *_factors(factors[0])), rw)
    if len(factors) == 2:
        if u.op == "hadamard" or v.op == "hadamard":
            return rw.nf(b.tonum(b.matmul(b.transpose(factors[0]), factors[1])))
        return None
    factors.sort(key=order_key)
    rest = factors[-1]
    for f in reversed(factors[1:-1]):
        rest = b.hadamard(f, rest)
    return mk("inner", (factors[0], rest))


def _factors(v: Term) -> Word:
    return v.args if v.op == "matmul" else (v,)


def _canonical_inner(word: Word, rw: Rewriter) -> Term:
    """u^T … v, the smaller of the word and its transpose."""
    by = transposed_by_hypotheses(word, rw)
    if by is not None:
        c, other = by
        if other == word:
            return b.ZERO  # s = c s with a number c ≠ 1
        x, y = _as_inner(word, rw), _as_inner(other, rw) if len(other) > 1 else None
        if y is not None and order_key(y) < order_key(x):
            return rw.nf(b.mul(c, y))
        return x
    best = _as_inner(word, rw)
    turned = turned_word(word, rw)
    if turned is not None and len(turned) > 1:
        # commuting factors may have to be sorted again
        tail = reduce_word(turned[1:], rw)
        turned = turned[:1] + next(iter(tail)) if len(tail) == 1 and b.ONE in tail.values() else None
    if turned is not None and len(turned) > 1:
        candidate = _as_inner(turned, rw)
        if order_key(candidate) < order_key(best):
            best = candidate
    return best


def transposed_by_hypotheses(word: Word, rw: Rewriter) -> tuple[Term, Word] | None:
    """The transpose of a word as c times a word with a number c ≠ 1, as hypotheses such as K^T = -K make it."""
    if rw.groups.isdisjoint((GROUP, REVERSED, SOLVED)) or not relations(rw):
        return None
    turned = turned_word(word, rw)
    if turned is None:
        return None
    # of a 1×1 word the first factor stays: products of such words would be numbers
    first = turned[:1] if word[0].sort.rows is b.ONE and len(turned) > 1 else ()
    form = reduce_word(turned[len(first) :], rw)
    if len(form) != 1:
        return None
    ((rest, c),) = form.items()
    v = first + rest
    return (c, v) if v and c.op == "num" and c is not b.ONE else None


def turned_word(word: Word, rw: Rewriter) -> Word | None:
    """The transpose of a word factor by factor, if every factor's transpose is a word; not reduced."""
    turned: list[Term] = []
    for a in reversed(word):
        form = flip(a, rw)
        if len(form) != 1:
            return None
        ((w, c),) = form.items()
        if c is not b.ONE:
            return None
        turned.extend(w)
    return tuple(turned)


def _as_inner(word: Word, rw: Rewriter) -> Term:
    first = word[0]
    left = first.args[0] if first.op == "transpose" else rw.nf(b.transpose(first))
    return mk("inner", (left, b.matmul(*word[1:])))
