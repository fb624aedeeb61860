"""The canonical form of matrix terms: linear combinations of words in the free algebra.

A *word* is a tuple of factors (symbols, inverses, transposes of symbols, elementwise products … : everything that is not a product,
sum or scalar multiple); the empty word is the identity.  A *form* maps words to canonical scalar coefficients.  As a term it is
`add(smul(c, matmul(w…)), …)`, words in a fixed order, zero coefficients dropped, `zeros` for the empty form.

Products of forms are multiplied out as long as that stays below `MAX_WORDS`; beyond it sums stay factors.  Each word is reduced by
the equations in `matrix_words.py`; where the inner dimension of a word is 1 twice, what stands between is a number and becomes a coefficient.

Soundness: every operation is an equation of matrices over a field that holds for all sizes.
"""

from __future__ import annotations

from collections.abc import Iterable

from derivcheck.kernel.matrix_facts import partition, symmetric
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.terms import build as b
from derivcheck.terms.sorts import Sort
from derivcheck.terms.term import Term, mk, num, open_binder, rebind

Word = tuple[Term, ...]
Form = dict[Word, Term]

MAX_WORDS = 400


def times(c: Term, d: Term, rw: Rewriter) -> Term:
    """The canonical product of two coefficients."""
    if c is b.ONE:
        return d
    if d is b.ONE:
        return c
    if c.op == "num" and d.op == "num":
        return num(c.data * d.data)
    return rw.nf(b.mul(c, d))


def plus(c: Term, d: Term, rw: Rewriter) -> Term:
    """The canonical sum of two coefficients."""
    if c.op == "num" and d.op == "num":
        return num(c.data + d.data)
    return rw.nf(b.add(c, d))


def put(form: Form, word: Word, c: Term, rw: Rewriter) -> None:
    """Add c · word to a form."""
    old = form.get(word)
    new = c if old is None else plus(old, c, rw)
    if new is b.ZERO:
        form.pop(word, None)
    else:
        form[word] = new


def is_scalar_sort(sort: Sort) -> bool:
    """1×1 matrices."""
    return sort.rows is b.ONE and sort.cols is b.ONE


def decode(t: Term, rw: Rewriter) -> Form:
    """A normal matrix term as a form."""
    form: Form = {}
    for c, word in _pieces(t, b.ONE, rw):
        if word and len(word) == 1 and is_scalar_sort(word[0].sort):
            c, word = times(c, b.tonum(word[0]), rw), ()
        put(form, word, c, rw)
    if not rw.groups.isdisjoint(_HYPOTHESES):
        from derivcheck.kernel.matrix_relations import reduced, relations

        rules = relations(rw)
        if any(len(w) == 1 for w in form) and any(len(r.lead) == 1 for r in rules):
            return reduced(form, rules, rw)
    return form


_HYPOTHESES = frozenset({"matrix-hypotheses", "matrix-hypotheses-reversed", "matrix-hypotheses-solved"})


def _pieces(t: Term, c: Term, rw: Rewriter) -> Iterable[tuple[Term, Word]]:
    if t.op == "add":
        for a in t.args:
            yield from _pieces(a, c, rw)
    elif t.op == "smul":
        yield from _pieces(t.args[1], times(c, t.args[0], rw), rw)
    elif t.op == "neg":
        yield from _pieces(t.args[0], times(c, b.MINUS_ONE, rw), rw)
    elif t.op == "zeros":
        return
    elif t.op == "eye":
        yield c, ()
    elif t.op == "matmul":
        yield c, t.args
    else:
        yield c, (t,)


def word_term(word: Word, size: Term) -> Term:
    """A word as a term; `size` is that of the identity."""
    return b.matmul(*word) if word else b.eye(canonical(size))


_sizes: dict[Term, Term] = {}


def canonical(size: Term) -> Term:
    """The normal form of a size (which no hypothesis changes)."""
    if size.op in ("num", "sym"):
        return size
    got = _sizes.get(size)
    if got is None:
        from derivcheck.kernel.oracle import Oracle
        from derivcheck.terms.context import Context

        got = _sizes[size] = Rewriter(Oracle(Context())).nf(size)
    return got


def word_key(word: Word) -> tuple[int, int]:
    """The order of words in a form."""
    return (len(word), order_key(b.matmul(*word)) if word else 0)


def monomial_key(word: Word, reverse: bool = False) -> tuple[int, ...]:
    """A monomial order (longer words first, then letter by letter): it is kept by multiplication on both sides."""
    sign = -1 if reverse else 1
    # a factor and its transpose stand together, so that an equation and its transpose are read in the same direction
    return (len(word), *(sign * 2 * order_key(f.args[0] if f.op == "transpose" else f) + (f.op == "transpose") for f in word))


def encode(form: Form, sort: Sort) -> Term:
    """The term of a form."""
    if not form:
        return b.zeros(canonical(sort.rows), canonical(sort.cols))
    terms = []
    for word in sorted(form, key=word_key):
        c = form[word]
        if not word and is_scalar_sort(sort) and c.op == "tonum":
            terms.append(c.args[0])
            continue
        w = word_term(word, sort.rows)
        terms.append(w if c is b.ONE else b.smul(c, w))
    return b.add(*terms)


def same_size(x: Term, y: Term, rw: Rewriter) -> bool:
    """Whether two size terms are equal."""
    return x is y or canonical(x) is canonical(y)


def scaled(form: Form, c: Term, rw: Rewriter) -> Form:
    """c times a form."""
    out: Form = {}
    for word, d in form.items():
        put(out, word, times(c, d, rw), rw)
    return out


def summed(forms: Iterable[Form], rw: Rewriter) -> Form:
    """The sum of forms."""
    out: Form = {}
    for f in forms:
        for word, c in f.items():
            put(out, word, c, rw)
    return out


def product(forms: list[Form], rw: Rewriter) -> Form | None:
    """The product of forms, words reduced; None if it has too many words."""
    from derivcheck.kernel.matrix_words import reduce_word

    total = 1
    for f in forms:
        total *= len(f)
        if total > MAX_WORDS:
            return None
    out: Form = {(): b.ONE}
    for f in forms:
        new: Form = {}
        for w1, c1 in out.items():
            for w2, c2 in f.items():
                if not w1 or not w2:
                    put(new, w1 + w2, times(c1, c2, rw), rw)
                    continue
                c12 = times(c1, c2, rw)
                for word, c in reduce_word(w1 + w2, rw).items():
                    put(new, word, times(c12, c, rw), rw)
        out = new
    return out


# --- transposes ---------------------------------------------------------------------------------------------------------


def flip(a: Term, rw: Rewriter) -> Form:
    """The transpose of a factor as a form."""
    op = a.op
    if op == "transpose":
        return {(a.args[0],): b.ONE}
    if symmetric(a, rw.oracle):
        return {(a,): b.ONE}
    if op in ("sum", "sumset"):
        symbols, body = open_binder(a)
        new = rebind(a, symbols, a.args[:-1], b.transpose(body))
        new = mk(new.op, new.args, new.data, b.transpose(a).sort, new.bound)
        return decode(rw.nf(new), rw)
    if op in ("inv", "mpow"):
        inner = a.args[0]
        whole = op == "mpow" and rw.oracle.integer(a.args[1])  # (A^n)^T = (A^T)^n
        if whole or inner.op in ("add", "matmul", "smul") or symmetric(inner, rw.oracle) or inner.op == "transpose":
            return decode(rw.nf(mk(op, (b.transpose(inner), *a.args[1:]), a.data, a.sort)), rw)
        return {(b.transpose(a),): b.ONE}
    if op == "E":
        turned = rw.nf(b.transpose(a.args[0]))
        if turned.op == "transpose":
            return {(b.transpose(a),): b.ONE}
        return decode(rw.nf(mk("E", (turned, *a.args[1:]), a.data, turned.sort)), rw)
    if op in ("hadamard", "emap") and a.sort.cols is b.ONE:
        return {(b.transpose(a),): b.ONE}
    if op in ("hadamard", "kron", "add", "smul"):
        args = tuple(b.transpose(x) if x.sort.kind == "mat" else x for x in a.args)
        return decode(rw.nf(mk(op, args, a.data, b.transpose(a).sort)), rw)
    if op == "emap":
        return decode(rw.nf(b.emap(a.args[0], b.transpose(a.args[1]))), rw)
    if op == "bmat":
        m, n = partition(a)
        blocks = [a.args[i * n + j] for j in range(n) for i in range(m)]
        over = tuple(x if x.sort.kind == "num" else b.transpose(x) for x in blocks)
        return decode(rw.nf(mk("bmat", over, (n, m), b.transpose(a).sort)), rw)
    if op == "cases":
        parts = tuple(
            b.transpose(x) if i % 2 or (i == len(a.args) - 1 and len(a.args) % 2) else x for i, x in enumerate(a.args)
        )
        return decode(rw.nf(mk("cases", parts, None, b.transpose(a).sort)), rw)
    if op == "mlam":
        (i, j), body = open_binder(a)
        return decode(rw.nf(b.mlam(j, i, a.args[1], a.args[0], body)), rw)
    return {(b.transpose(a),): b.ONE}


def flip_word(word: Word, rw: Rewriter) -> Form:
    """The transpose of a word: factors transposed, in reverse order."""
    if len(word) == 1:
        return flip(word[0], rw)
    got = product([flip(a, rw) for a in reversed(word)], rw)
    return got if got is not None else {(b.transpose(b.matmul(*word)),): b.ONE}


def flipped(form: Form, rw: Rewriter) -> Form:
    """The transpose of a form."""
    return summed((scaled(flip_word(w, rw), c, rw) if w else {(): c} for w, c in form.items()), rw)
