"""Elementwise products and functions, diagonal matrices, Kronecker products and vec, softmax, cases of matrices.

Sources: Horn and Johnson, Topics in Matrix Analysis, chapters 4 (Kronecker, vec) and 5 (Hadamard); Magnus and Neudecker, Matrix
Differential Calculus, chapter 2.
"""

from __future__ import annotations

from derivcheck.kernel.algebra import is_zero
from derivcheck.kernel.matrix_facts import partition, permutation, real_entries
from derivcheck.kernel.matrix_form import Form, Word, canonical, decode, encode, put, scaled, word_key
from derivcheck.kernel.matrix_words import hadamard_factors, has_inner_one
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rewrite import Rewriter, negation, rule
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, instantiate, mk, open_binder

TOPICS = "Horn and Johnson, Topics in Matrix Analysis"


def _same(new: Term, old: Term) -> Term | None:
    return None if new is old or (new.op == old.op and new.args == old.args and new.data == old.data) else new


def _word(word: Word, n: Term) -> Term:
    return b.matmul(*word) if word else b.eye(n)


@rule(
    "hadamard",
    "hadamard",
    statement="A ⊙ B bilinear, commutative, associative; A ⊙ x y^T = diag(x) A diag(y); A ⊙ I = diag(A_11, A_22, …)",
    source=TOPICS + ", 5.0",
)
def hadamard(t: Term, rw: Rewriter) -> Term | None:
    x, y = t.args
    if t.sort.rows is b.ONE and t.sort.cols is not b.ONE:
        return b.transpose(b.hadamard(b.transpose(x), b.transpose(y)))
    left, right = decode(x, rw), decode(y, rw)
    if not left or not right:
        return b.zeros(t.sort.rows, t.sort.cols)
    if x.op == "bmat" and y.op == "bmat" and x.data == y.data and all(u.sort.kind == v.sort.kind == "num" for u, v in zip(x.args, y.args, strict=True)):
        return mk("bmat", [b.mul(u, v) for u, v in zip(x.args, y.args, strict=True)], x.data, t.sort)
    if len(left) * len(right) > 200:
        return None
    n = t.sort.rows
    if len(left) == len(right) == 1:
        ((w1, c1),), ((w2, c2),) = left.items(), right.items()
        if c1 is b.ONE and c2 is b.ONE:
            return _hadamard_of_words(t, w1, w2, n)
        return b.smul(b.mul(c1, c2), b.hadamard(_word(w1, n), _word(w2, n)))
    terms = [b.smul(b.mul(c1, c2), b.hadamard(_word(w1, n), _word(w2, n))) for w1, c1 in left.items() for w2, c2 in right.items()]
    return b.add(*terms)


def _hadamard_of_words(t: Term, w1: Word, w2: Word, n: Term) -> Term | None:
    for w, other in ((w1, w2), (w2, w1)):
        rest = _word(other, n)
        if not w:
            return b.diag(mk("diagof", (rest,), None, b.ones(n, b.ONE).sort))
        if len(w) == 1 and w[0].op == "ones":
            return rest
        if has_inner_one(w):
            cut = next(i for i, f in enumerate(w) if f.sort.cols is b.ONE) + 1
            return b.matmul(b.diag(b.matmul(*w[:cut])), rest, b.diag(b.transpose(b.matmul(*w[cut:]))))
    for w, other in ((w1, w2), (w2, w1)):
        # a unit vector picks an entry: e_i ⊙ v = v_i e_i
        if len(w) == 1 and w[0].op == "unit":
            return b.smul(b.ventry(_word(other, n), w[0].args[1]), w[0])
    factors = sorted(hadamard_factors(_word(w1, n)) + hadamard_factors(_word(w2, n)), key=order_key)
    new = factors[-1]
    for f in reversed(factors[:-1]):
        new = mk("hadamard", (f, new), None, t.sort)
    return _same(new, t)


@rule("diagonal-matrix", "diag", statement="diag linear, diag(1) = I, diag(x ⊙ y) = diag x diag y, diag(diag-of D) = D for diagonal D", source=TOPICS + ", 5.0")
def diagonal_matrix(t: Term, rw: Rewriter) -> Term | None:
    from derivcheck.kernel.matrix_facts import diagonal

    v = t.args[0]
    if v.sort.cols is not b.ONE:
        return None
    if v.op == "bmat" and all(a.sort.kind == "num" for a in v.args):
        k = len(v.args)
        return mk("bmat", [v.args[i] if i == j else b.ZERO for i in range(k) for j in range(k)], (k, k), t.sort)
    if v.op == "hadamard":
        return b.matmul(*(b.diag(f) for f in hadamard_factors(v)))
    if v.op == "diagof" and diagonal(v.args[0], rw.oracle):
        return v.args[0]
    if v.op == "ones":
        return b.eye(v.sort.rows)
    form = decode(v, rw)
    if len(form) == 1 and next(iter(form.values())) is b.ONE:
        return None
    return b.add(*(b.smul(c, b.diag(b.matmul(*w))) for w, c in form.items())) if form else b.zeros(t.sort.rows, t.sort.cols)


@rule("diagonal-of", "diagof", statement="the diagonal is linear; of diag(v) it is v; of x y^T it is x ⊙ y", source=TOPICS + ", 5.0")
def diagonal_of(t: Term, rw: Rewriter) -> Term | None:
    a = t.args[0]
    form = decode(a, rw)
    n = a.sort.rows
    if a.op == "bmat":
        m, k = partition(a)
        if m == k and all(x.sort.kind == "num" for x in a.args):
            return mk("bmat", [a.args[i * k + i] for i in range(k)], (k, 1), t.sort)
        return None
    if len(form) == 1:
        ((word, c),) = form.items()
        if c is b.ONE:
            return _diagonal_of_word(t, word, n)
    return b.add(*(b.smul(c, mk("diagof", (_word(w, n),), None, t.sort)) for w, c in form.items())) if form else b.zeros(n, b.ONE)


def _diagonal_of_word(t: Term, word: Word, n: Term) -> Term | None:
    if not word:
        return b.ones(n, b.ONE)
    if len(word) == 1 and word[0].op in ("diag", "transpose"):
        f = word[0]
        return f.args[0] if f.op == "diag" else mk("diagof", (f.args[0],), None, t.sort)
    if all(f.op == "diag" for f in word):
        out = word[0].args[0]
        for f in word[1:]:
            out = b.hadamard(out, f.args[0])
        return out
    if word[0].op == "diag":
        return b.hadamard(word[0].args[0], mk("diagof", (b.matmul(*word[1:]),), None, t.sort))
    if word[-1].op == "diag":
        return b.hadamard(word[-1].args[0], mk("diagof", (b.matmul(*word[:-1]),), None, t.sort))
    if has_inner_one(word):
        cut = next(i for i, f in enumerate(word) if f.sort.cols is b.ONE) + 1
        return b.hadamard(b.matmul(*word[:cut]), b.transpose(b.matmul(*word[cut:])))
    return None


# --- Kronecker products and vec ----------------------------------------------------------------------------------------------


@rule("kronecker", "kron", statement="A ⊗ B multilinear and associative, I_m ⊗ I_n = I_{mn}, y ⊗ x = vec(x y^T), c ⊗ A = cA", source=TOPICS + ", 4.2, 4.3")
def kronecker(t: Term, rw: Rewriter) -> Term | None:
    if any(a.op == "kron" for a in t.args):
        args = tuple(x for a in t.args for x in (a.args if a.op == "kron" else (a,)))
        return mk("kron", args, None, t.sort)
    forms = [decode(a, rw) for a in t.args]
    if any(not f for f in forms):
        return b.zeros(t.sort.rows, t.sort.cols)
    for i, a in enumerate(t.args):
        if a.sort.rows is b.ONE and a.sort.cols is b.ONE:
            rest = t.args[:i] + t.args[i + 1 :]
            return b.smul(b.tonum(a), mk("kron", rest, None, t.sort) if len(rest) > 1 else rest[0])
    if len(t.args) == 1:
        return t.args[0]
    if all(list(f) == [()] and f[()] is b.ONE for f in forms):
        return b.eye(canonical(t.sort.rows))
    if any(len(f) != 1 or next(iter(f.values())) is not b.ONE for f in forms):
        return _expanded(t, forms)
    if len(t.args) == 2 and all(a.sort.cols is b.ONE for a in t.args):
        y, x = t.args
        return mk("vecop", (b.matmul(x, b.transpose(y)),), None, t.sort)
    if all(a.op == "bmat" and all(x.sort.kind == "num" for x in a.args) for a in t.args[:2]):
        p, q = t.args[0], t.args[1]
        (m, n), (k, h) = partition(p), partition(q)
        if m * n * k * h <= 400:
            cells = [b.mul(p.args[i * n + j], q.args[r * h + s]) for i in range(m) for r in range(k) for j in range(n) for s in range(h)]
            first = mk("bmat", cells, (m * k, n * h), b.kron(p, q).sort)
            rest = t.args[2:]
            return mk("kron", (first, *rest), None, t.sort) if rest else mk("bmat", cells, (m * k, n * h), t.sort)
    return None


def _expanded(t: Term, forms: list[Form]) -> Term | None:
    total = 1
    for f in forms:
        total *= len(f)
    if total > 200:
        return None
    combos: list[tuple[list[Term], list[Term]]] = [([], [])]
    for f, a in zip(forms, t.args, strict=True):
        combos = [(cs + [c], ws + [_word(w, a.sort.rows)]) for cs, ws in combos for w, c in f.items()]
    return b.add(*(b.smul(b.mul(*cs), mk("kron", ws, None, t.sort)) for cs, ws in combos))


@rule("vec", "vecop", statement="vec is linear; vec of a column is the column", source=TOPICS + ", 4.2")
def vec(t: Term, rw: Rewriter) -> Term | None:
    a = t.args[0]
    if a.sort.cols is b.ONE:
        return a
    if a.sort.rows is b.ONE:
        return b.transpose(a)
    if a.op == "bmat":
        m, n = partition(a)
        if all(x.sort.kind == "num" for x in a.args):
            return mk("bmat", [a.args[i * n + j] for j in range(n) for i in range(m)], (m * n, 1), t.sort)
        if m == 1 and all(x.sort.kind == "mat" for x in a.args):
            return mk("bmat", [mk("vecop", (x,), None, b.kron(x, x).sort) if x.sort.cols is not b.ONE else x for x in a.args], (n, 1), t.sort) if all(x.sort.cols is b.ONE for x in a.args) else None
        return None
    form = decode(a, rw)
    if not form:
        return b.zeros(t.sort.rows, b.ONE)
    if len(form) == 1 and next(iter(form.values())) is b.ONE:
        return None
    return b.add(*(b.smul(c, mk("vecop", (_word(w, a.sort.rows),), None, t.sort)) for w, c in form.items()))


# --- elementwise functions and softmax -------------------------------------------------------------------------------------


@rule(
    "elementwise-function",
    "emap",
    statement="f applied to entries: identity, constants, f(ΠAP) = Π f(A) P, f(cA) = c f(A) for homogeneous f",
    side="Π, P permutations; c > 0 and f(cu) = c f(u) shown for all real u",
    source="definition of the entries",
)
def elementwise_function(t: Term, rw: Rewriter) -> Term | None:
    f, a = t.args
    if t.sort.rows is b.ONE and t.sort.cols is not b.ONE:
        return b.transpose(b.emap(f, b.transpose(a)))
    if f.op != "lam":
        got = permuted(decode(a, rw), rw, left=True, right=True)
        return None if got is None else b.matmul(*got[0], b.emap(f, encode(got[1], a.sort)), *got[2])
    (x,), body = open_binder(f)
    if body is x:
        return a
    if x not in body.free:
        return b.smul(body, b.ones(t.sort.rows, t.sort.cols))
    if a.op == "bmat" and all(e.sort.kind == "num" for e in a.args):
        return mk("bmat", [instantiate(f, (e,)) for e in a.args], a.data, t.sort)
    if a.op == "bmat":
        return mk("bmat", [b.emap(f, e) if e.sort.kind == "mat" else instantiate(f, (e,)) for e in a.args], a.data, t.sort)
    if a.op == "emap" and a.args[0].op == "lam":
        (y,), inner = open_binder(a.args[0])
        return b.emap(b.lam([y], a.args[0].args[:-1], instantiate(f, (inner,))), a.args[1])
    if a.op == "zeros" or a.op == "ones":
        return b.smul(instantiate(f, (b.ZERO if a.op == "zeros" else b.ONE,)), b.ones(t.sort.rows, t.sort.cols))
    form = decode(a, rw)
    got = permuted(form, rw, left=True, right=True)
    if got is not None:
        before, inside, after = got
        return b.matmul(*before, b.emap(f, encode(inside, a.sort)), *after)
    got_scale = _homogeneous(t, form, f, rw)
    if got_scale is not None:
        return got_scale
    return _linear_function(t, f, x, body, rw)


def _linear_function(t: Term, f: Term, x: Term, body: Term, rw: Rewriter) -> Term | None:
    # f(u) = p u + q entry by entry
    from derivcheck.kernel.literals import linear_terms

    slope: list[Term] = []
    rest: list[Term] = []
    for c, m in linear_terms(body):
        if x not in m.free:
            rest.append(b.mul(b.num_of(c), m))
        elif m is x:
            slope.append(b.num_of(c))
        elif m.op == "mul" and m.args.count(x) == 1 and all(x not in a.free for a in m.args if a is not x):
            slope.append(b.mul(b.num_of(c), *(a for a in m.args if a is not x)))
        else:
            return None
    ones = b.ones(t.sort.rows, t.sort.cols)
    return b.add(b.smul(b.add(*slope), t.args[1]), *([b.smul(b.add(*rest), ones)] if rest else []))


def permuted(form: Form, rw: Rewriter, left: bool, right: bool) -> tuple[list[Term], Form, list[Term]] | None:
    """A form as Π M P with permutations taken out (constant vectors 1 take part: 1 = Π 1)."""
    for side in ([True] if left else []) + ([False] if right else []):
        ends = {e for w in form if w for e in _ends(w, side, rw) if permutation(e, rw.oracle)}
        for p in sorted(ends, key=order_key):
            out: Form = {}
            for w, c in form.items():
                word = _stripped(w, p, side, rw)
                if word is None:
                    break
                put(out, word, c, rw)
            else:
                return ([p], out, []) if side else ([], out, [p])
    return None


def _ends(w: Word, left: bool, rw: Rewriter) -> list[Term]:
    """The first (last) factor of a word; of a row (column) of blocks those of the first block."""
    e = w[0] if left else w[-1]
    if e.op == "bmat" and partition(e)[1 if not left else 0] == 1 and e.args[0].sort.kind == "mat":
        return [x for v in decode(e.args[0], rw) if v for x in _ends(v, left, rw)]
    return [e]


def _stripped(w: Word, p: Term, left: bool, rw: Rewriter) -> Word | None:
    """The word w' with w = p w' (w = w' p)."""
    if not w:
        return None
    e = w[0] if left else w[-1]
    if e is p:
        return w[1:] if left else w[:-1]
    if (e.op == "ones" and left) or (e.op == "transpose" and e.args[0].op == "ones" and not left):
        return w
    if e.op == "bmat" and partition(e)[1 if not left else 0] == 1 and all(a.sort.kind == "mat" for a in e.args):
        blocks = []
        for a in e.args:
            inner: Form = {}
            for v, c in decode(a, rw).items():
                word = _stripped(v, p, left, rw)
                if word is None:
                    return None
                put(inner, word, c, rw)
            blocks.append(encode(inner, a.sort))
        new = rw.nf(mk("bmat", blocks, e.data, e.sort))
        return (new, *w[1:]) if left else (*w[:-1], new)
    return None


def _homogeneous(t: Term, form: Form, f: Term, rw: Rewriter) -> Term | None:
    if not form:
        return None
    first = min(form, key=word_key)
    c = form[first]
    if c is b.ONE or not rw.oracle.positive(c):
        return None
    (u,), body = open_binder(f)
    scaled_body = instantiate(f, (b.mul(c, u),))
    inner = rw.child(((Declaration(u, b.REALS),), ()))
    if not real_entries(t.args[1], rw.oracle):
        return None
    if _vanishes(b.sub(scaled_body, b.mul(c, body)), body, inner):
        return b.smul(c, b.emap(f, encode(scaled(form, rw.nf(b.div(b.ONE, c)), rw), t.args[1].sort)))
    return None


def _vanishes(difference: Term, body: Term, rw: Rewriter) -> bool:
    # zero everywhere, or in each of the body's cases
    if rw.nf(difference) is b.ZERO or is_zero(difference, rw):
        return True
    if body.op != "cases":
        return False
    for i in range(0, len(body.args) - 1, 2):
        inner = rw.child(((), (body.args[i],)))
        if inner.nf(difference) is not b.ZERO:
            return False
        rw = rw.child(((), (negation(body.args[i]),)))
    return len(body.args) % 2 == 0 or rw.nf(difference) is b.ZERO


@rule(
    "softmax",
    "vsoftmax",
    statement="softmax(ΠAP) = Π softmax(A) P column by column; softmax(x + c 1) = softmax(x); softmax(c 1) = 1/n",
    side="Π, P permutations",
    source="definition e^{x_i}/Σ_j e^{x_j}",
)
def softmax(t: Term, rw: Rewriter) -> Term | None:
    a = t.args[0]
    n = a.sort.rows
    form = decode(a, rw)
    got = permuted(form, rw, left=True, right=True)
    if got is not None:
        before, inside, after = got
        return b.matmul(*before, mk("vsoftmax", (encode(inside, a.sort),), None, t.sort), *after)
    kept = {w: c for w, c in form.items() if not (w and w[0].op == "ones")}
    if not kept and (a.sort.cols is b.ONE or not form):
        return b.smul(b.div(b.ONE, n), b.ones(n, a.sort.cols))
    if len(kept) < len(form) and kept:
        return mk("vsoftmax", (encode(kept, a.sort),), None, t.sort)
    if a.op == "bmat" and all(e.sort.kind == "num" for e in a.args):
        m, k = partition(a)
        totals = [b.add(*(b.exp(a.args[i * k + j]) for i in range(m))) for j in range(k)]
        return mk("bmat", [b.div(b.exp(a.args[i * k + j]), totals[j]) for i in range(m) for j in range(k)], a.data, t.sort)
    return None


@rule("softmax-sum", "matmul", statement="1^T softmax(A) = 1^T", source="definition of softmax")
def softmax_sum(t: Term, rw: Rewriter) -> Term | None:
    for i in range(len(t.args) - 1):
        x, y = t.args[i], t.args[i + 1]
        if y.op == "vsoftmax" and x.op == "transpose" and x.args[0].op == "ones":
            return b.matmul(*t.args[:i], b.transpose(b.ones(y.sort.cols, b.ONE)), *t.args[i + 2 :])
    return None


@rule("softmax-total", "inner", statement="1^T softmax(x) = 1", source="definition of softmax")
def softmax_total(t: Term, rw: Rewriter) -> Term | None:
    u, v = t.args
    if {u.op, v.op} == {"ones", "vsoftmax"}:
        return b.ONE
    return None
