"""Matrices that are diagonal in an orthonormal basis that is given: Q diag(v) Q^T with an orthogonal Q, and polynomials of such.

`spectrum(S, rw)` is the vector v with S = Q diag(v) Q^T.  It is read off the normal form of S: every word is the identity, a diagonal matrix, or
Q D Q^T with one Q for all of them.  A hypothesis A = Q D Q^T is put in for the word A and for its powers.  The entries of v are then the
eigenvalues, so that σ(S) is the largest |v_i|, and S ⪰ 0 says that all v_i ≥ 0.
Source: Horn and Johnson, Matrix Analysis, 2.5 (spectral theorem), 5.6.
"""

from __future__ import annotations

from derivcheck.kernel.matrix_facts import diagonal, orthogonal
from derivcheck.kernel.matrix_form import Form, Word, decode, put, times
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk

Split = tuple[Term | None, Word]  # Q and diagonal letters; the identity has neither


def spectrum(s: Term, rw: Rewriter) -> Term | None:
    """v with S = Q diag(v) Q^T for some orthogonal Q; None where none is seen."""
    if s.sort.kind != "mat" or s.sort.rows is not s.sort.cols or s.sort.rows is b.ONE:
        return None
    form = _with_hypotheses(decode(rw.nf(s), rw), rw)
    basis: Term | None = None
    parts: list[Term] = []
    for word, c in form.items():
        got = _split(word, rw)
        if got is None:
            return None
        q, letters = got
        if q is not None:
            if basis is not None and basis is not q:
                return None
            basis = q
        parts.append(b.smul(c, _entries(letters, s.sort.rows)))
    if basis is not None and any(_split(w, rw) == (None, w) and w for w in form):
        return None  # diagonal in two bases
    return rw.nf(b.add(*parts)) if parts else b.zeros(s.sort.rows, b.ONE)


def _split(word: Word, rw: Rewriter) -> Split | None:
    if all(diagonal(f, rw.oracle) for f in word):
        return None, word
    first, last = word[0], word[-1]
    turned = (first.op == "transpose" and first.args[0] is last) or (last.op == "transpose" and last.args[0] is first)
    if len(word) > 2 and turned and orthogonal(first, rw.oracle) and all(diagonal(f, rw.oracle) for f in word[1:-1]):
        return first, word[1:-1]
    return None


def _entries(letters: Word, n: Term) -> Term:
    """The diagonal of a product of diagonal matrices."""
    columns = [f.args[0] if f.op == "diag" else mk("diagof", (f,), None, b.ones(n, b.ONE).sort) for f in letters]
    out = columns[0] if columns else b.ones(n, b.ONE)
    for v in columns[1:]:
        out = b.hadamard(out, v)
    return out


def _with_hypotheses(form: Form, rw: Rewriter) -> Form:
    """A form with Q D Q^T in the place of the words that hypotheses say are equal to it."""
    known = _diagonalised(rw)
    if not known:
        return form
    out: Form = {}
    for word, c in form.items():
        new: Form = {word: b.ONE}
        for w, value in known.items():
            k, rest = divmod(len(word), len(w))
            if k and not rest and word == w * k:
                new = decode(rw.nf(b.matmul(*[value] * k)), rw)
                break
        for v, d in new.items():
            put(out, v, times(c, d, rw), rw)
    return out


def _diagonalised(rw: Rewriter) -> dict[Word, Term]:
    """Words that a hypothesis A = Q D Q^T gives, with their values."""
    from derivcheck.kernel.randomness import randomness

    random = randomness(rw.oracle)
    found: dict[Word, Term] = {}
    for h in rw.oracle.context.hypotheses:
        for p in h.statement.args if h.statement.op == "and" else (h.statement,):
            if p.op != "rel" or p.data != "=" or p.args[0].sort.kind != "mat" or random.atoms(p):
                continue
            for x, y in (p.args[:2], p.args[1::-1]):
                left, right = decode(rw.nf(x), rw), decode(rw.nf(y), rw)
                words = list(left)
                if len(words) == 1 and words[0] and left[words[0]] is b.ONE and _split(words[0], rw) is None and all(_split(w, rw) for w in right):
                    found.setdefault(words[0], rw.nf(y))
    return found
