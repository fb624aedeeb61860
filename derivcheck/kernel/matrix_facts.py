"""Facts about matrix terms: symmetric, diagonal, orthogonal, permutation, (semi)definite, invertible, real, signs of entries.

Every answer True follows from the declarations (attributes), the hypotheses `A ⪰ 0`, `A ≻ 0` and the structure of the term; False
means "not shown".  A fact about a term holds wherever the term has a value: `A^{-1}` is invertible by its being there.

Sources: Horn and Johnson, Matrix Analysis, 2nd ed., chapters 0, 4.3 (Kronecker), 7.1 (definite matrices), 7.5 (Schur product).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

from derivcheck.terms import build as b
from derivcheck.terms.context import Hypothesis
from derivcheck.terms.term import Term, binder_names, mk, substitute

if TYPE_CHECKING:
    from derivcheck.kernel.oracle import Oracle

Answer = Callable[[Term, "Oracle"], bool]


def attributes(t: Term, oracle: Oracle) -> frozenset[str]:
    """The declared attributes of a symbol or of a family's members."""
    base = t.args[0] if t.op == "idx" else t
    d = oracle.context.declarations.get(base)
    return d.attributes if d is not None and base.op == "sym" else frozenset()


def _supposed(op: str, t: Term, oracle: Oracle) -> bool:
    # a hypothesis A ≻ 0 or A ⪰ 0 about exactly this term, or about a sum with this normal form
    told = [p.args[0] for h in oracle.context.hypotheses for p in (h.statement.args if h.statement.op == "and" else (h.statement,)) if p.op == op]
    if not told or t in told:
        return bool(told)
    if t.op != "add" or not any(s.op == "add" for s in told):
        return False
    memo: dict[str, set[Term]] = oracle.__dict__.setdefault("_supposed_forms", {})
    if op not in memo:
        from derivcheck.kernel.rewrite import Rewriter

        memo[op] = set()
        rw = Rewriter(oracle)
        memo[op] = {rw.nf(s) for s in told if s.op == "add"}
    return t in memo[op]


def _supposed_above(t: Term, oracle: Oracle) -> str | None:
    """'psd' ('pd') by a hypothesis A ⪰ B with B ⪰ 0 (A ≻ B with B ⪰ 0, or A ⪰ B with B ≻ 0) about this symbol A."""
    found = None
    for h in oracle.context.hypotheses if t.op in ("sym", "idx") else ():
        for p in h.statement.args if h.statement.op == "and" else (h.statement,):
            if p.op in ("psd", "pd") and p.args[0].op == "add" and len(p.args[0].args) == 2 and t in p.args[0].args:
                x, y = p.args[0].args
                other = y if x is t else x
                if h.kind in ("step", "use") and oracle.undefinedness(other):
                    continue  # what was proved before says nothing where it has no value
                if other.op == "neg" and other.args[0] is not t and psd(other.args[0], oracle):
                    if p.op == "pd" or pd(other.args[0], oracle):
                        return "pd"
                    found = "psd"
    return found


def asked(name: str) -> Callable[[Answer], Answer]:
    """Memoise an answer in the oracle; a question that is being asked already is answered False.  What was answered No on the strength of
    such an answer is asked again later (a few times), as the outer question may come out with Yes."""

    def wrap(f: Answer) -> Answer:
        def ask(t: Term, oracle: Oracle) -> bool:
            memo: dict[tuple[str, Term], bool | None] = oracle.__dict__.setdefault("_matrix_memo", {})
            cut: list[int] = oracle.__dict__.setdefault("_matrix_cut", [0, 0])
            key = (name, t)
            got = memo.get(key, ...)
            if got is None:
                cut[0] += 1
                return False
            if got is not ...:
                return bool(got)
            memo[key] = None
            before = cut[0]
            try:
                result = f(t, oracle)
            finally:
                del memo[key]
            if result or cut[0] == before or cut[1] >= AGAIN:
                memo[key] = result
            else:
                cut[1] += 1
            return result

        return ask

    return wrap


AGAIN = 200  # answers that are not remembered


def partition(t: Term) -> tuple[int, int]:
    """How many rows and columns of blocks (or numbers) a `bmat` has."""
    data: tuple[int, int] = t.data
    return data


def square(t: Term) -> bool:
    return t.sort.kind == "mat" and t.sort.rows is t.sort.cols


def inside(t: Term, oracle: Oracle) -> tuple[Term, Oracle]:
    """A binder's body, opened, with the oracle of its context."""
    from derivcheck.kernel.rewrite import binder_facts, level_symbol

    symbols = tuple(level_symbol(n, v.sort, 900) for n, v in zip(binder_names(t), t.bound, strict=True))
    body = substitute(t.args[-1], dict(zip(t.bound, symbols, strict=True)))
    declarations, hypotheses = binder_facts(t, symbols, oracle)
    return body, oracle.extend(declarations, tuple(Hypothesis(h, None, "domain") for h in hypotheses))


def transpose_of(t: Term, oracle: Oracle) -> Term:
    """The transpose of a factor, without rewriting: the argument of a transpose, a symmetric factor itself."""
    if t.op == "transpose":
        return t.args[0]
    if symmetric(t, oracle):
        return t
    return b.transpose(t)


def palindrome(factors: tuple[Term, ...], oracle: Oracle, middle: Answer) -> bool:
    """L^T M L with M as `middle` asks (no M: the identity)."""
    i, j = 0, len(factors) - 1
    while i < j:
        x, y = factors[i], factors[j]
        if transpose_of(x, oracle) is not y and transpose_of(y, oracle) is not x:
            break
        i, j = i + 1, j - 1
    if i > j:
        return True
    if i == j:
        return middle(factors[i], oracle)
    rest = b.matmul(*factors[i : j + 1])
    return len(factors[i : j + 1]) < len(factors) and middle(rest, oracle)


@asked("symmetric")
def symmetric(t: Term, oracle: Oracle) -> bool:
    """A^T = A."""
    op = t.op
    if op in ("eye", "diag") or (op in ("zeros", "ones") and t.args[0] is t.args[1]):
        return True
    if t.sort.kind != "mat" or not square(t):
        return t.sort.kind == "mat" and t.sort.rows is b.ONE and t.sort.cols is b.ONE
    if op in ("sym", "idx"):
        return bool(attributes(t, oracle) & _SYMMETRIC) or _supposed("pd", t, oracle) or _supposed("psd", t, oracle)
    if op in ("add", "hadamard", "kron"):
        return all(symmetric(a, oracle) for a in t.args)
    if op in ("neg", "transpose", "inv"):
        return symmetric(t.args[0], oracle)
    if op == "smul":
        return symmetric(t.args[1], oracle)
    if op == "mpow":
        return symmetric(t.args[0], oracle)
    if op == "emap":
        return symmetric(t.args[1], oracle)
    if op == "matmul":
        return palindrome(t.args, oracle, symmetric) or (len(t.args) > 1 and all(diagonal(a, oracle) for a in t.args))
    if op == "sum":
        body, inner = inside(t, oracle)
        return symmetric(body, inner)
    if op == "E":
        return symmetric(t.args[0], oracle)
    if op == "Var":
        return True
    if op == "hess":
        # Schwarz: second derivatives of a smooth function commute
        return _smooth_body(t, oracle)
    return False


_SYMMETRIC = {"symmetric", "positive definite", "positive semidefinite", "diagonal"}


def _smooth_body(t: Term, oracle: Oracle) -> bool:
    body = t.args[-1]
    return body.op == "apply" and body.args[0].op == "sym"


@asked("diagonal")
def diagonal(t: Term, oracle: Oracle) -> bool:
    """All entries off the diagonal are 0."""
    op = t.op
    if op in ("eye", "diag") or (op == "zeros" and t.args[0] is t.args[1]):
        return True
    if op in ("sym", "idx"):
        return "diagonal" in attributes(t, oracle)
    if op in ("add", "matmul"):
        return all(diagonal(a, oracle) for a in t.args)
    if op in ("neg", "transpose", "inv", "mpow"):
        return diagonal(t.args[0], oracle)
    if op == "smul":
        return diagonal(t.args[1], oracle)
    if op == "hadamard":
        return any(diagonal(a, oracle) for a in t.args)
    return False


def permutation(t: Term, oracle: Oracle) -> bool:
    """A permutation matrix (or a transpose, product or inverse of such)."""
    if t.op in ("sym", "idx"):
        return "permutation" in attributes(t, oracle)
    if t.op in ("transpose", "inv"):
        return permutation(t.args[0], oracle)
    if t.op == "matmul":
        return all(permutation(a, oracle) for a in t.args)
    return t.op == "eye"


def orthogonal(t: Term, oracle: Oracle) -> bool:
    """A square matrix with A^T A = I."""
    if t.op in ("sym", "idx"):
        return bool(attributes(t, oracle) & {"orthogonal", "permutation"}) and square(t)
    if t.op in ("transpose", "inv"):
        return orthogonal(t.args[0], oracle)
    if t.op == "matmul":
        return all(orthogonal(a, oracle) for a in t.args)
    if t.op == "kron":
        return all(orthogonal(a, oracle) for a in t.args)
    return t.op == "eye"


@asked("invertible")
def invertible(t: Term, oracle: Oracle) -> bool:
    """Square and of full rank (wherever it has a value)."""
    op = t.op
    if op in ("eye", "inv"):
        return True
    if op in ("sym", "idx") and ("invertible" in attributes(t, oracle)):
        return True
    if op in ("transpose", "neg"):
        return invertible(t.args[0], oracle)
    if op == "smul":
        return oracle.nonzero(t.args[0]) and invertible(t.args[1], oracle)
    if op in ("matmul", "kron") and all(square(a) and invertible(a, oracle) for a in t.args):
        return True
    if op == "mpow" and invertible(t.args[0], oracle):
        return True
    if _supposed_invertible(t, oracle):
        return True
    if op == "bmat" and _numbers(t):
        return _determinant_of_numbers(t) != 0
    word = flat_word(t)
    if len(word) > 1 and all(_group_invertible(g, oracle) for g in square_groups(word, t.sort.rows)):
        return True
    if op == "add":
        from derivcheck.kernel.contractions import identity_less_contraction

        if identity_plus_product(t, oracle) or identity_less_contraction(t, oracle):
            return True
    return orthogonal(t, oracle) or pd(t, oracle)


def flat_word(t: Term) -> tuple[Term, ...]:
    """The factors of nested products and transposes, without rewriting anything else."""
    if t.op == "matmul":
        return tuple(f for a in t.args for f in flat_word(a))
    if t.op == "transpose":
        inner = flat_word(t.args[0])
        if len(inner) > 1:
            return tuple(g for f in reversed(inner) for g in flat_word(b.transpose(f)))
        if inner[0].op == "transpose":
            return (inner[0].args[0],)
        return (b.transpose(inner[0]),)
    return (t,)


def square_groups(word: tuple[Term, ...], n: Term) -> list[tuple[Term, ...]]:
    """A word cut where the inner dimension is that of the whole."""
    groups: list[list[Term]] = [[]]
    for f in word:
        groups[-1].append(f)
        if f.sort.cols is n:
            groups.append([])
    return [tuple(g) for g in groups if g]


def _group_invertible(g: tuple[Term, ...], oracle: Oracle) -> bool:
    if len(g) == 1:
        f = g[0]
        return square(f) and f.op not in ("matmul",) and (diagonal_transposed(f, oracle) or invertible(f, oracle))
    t = b.matmul(*g)
    return t.sort.rows is t.sort.cols and (_supposed_invertible(t, oracle) or pd(t, oracle))


def diagonal_transposed(f: Term, oracle: Oracle) -> bool:
    """The transpose of an invertible factor."""
    return f.op == "transpose" and invertible(f.args[0], oracle)


def _numbers(t: Term) -> bool:
    from derivcheck.kernel.literals import rational_value

    return all(a.sort.kind == "num" and rational_value(a) is not None for a in t.args) and partition(t)[0] == partition(t)[1]


def _determinant_of_numbers(t: Term) -> object:
    import flint

    from derivcheck.kernel.literals import rational_value

    n = partition(t)[0]
    values = [rational_value(x) or Fraction(0) for x in t.args]
    rows = [[flint.fmpq(q.numerator, q.denominator) for q in values[i * n : (i + 1) * n]] for i in range(n)]
    return flint.fmpq_mat(rows).det()


def identity_plus_product(t: Term, oracle: Oracle) -> bool:
    """pI + qAB with p > 0, q ≥ 0 and A, B ⪰ 0: the eigenvalues of AB are real and ≥ 0 (Horn and Johnson 7.6.2), so the determinant is > 0."""
    if len(t.args) != 2:
        return False
    for x, y in (t.args, t.args[::-1]):
        scale, one = x.args if x.op == "smul" else (b.ONE, x)
        if one.op == "eye" and oracle.positive(scale) and product_of_semidefinite(y, oracle):
            return True
    return False


def _supposed_invertible(t: Term, oracle: Oracle) -> bool:
    # a hypothesis det A ≠ 0
    for h in oracle.context.hypotheses:
        parts = h.statement.args if h.statement.op == "and" else (h.statement,)
        for p in parts:
            if p.op == "rel" and p.data in ("≠", ">", "<") and p.args[0].op == "det" and p.args[0].args[0] is t and p.args[1] is b.ZERO:
                return True
    return False


@asked("nonzero")
def nonzero(t: Term, oracle: Oracle) -> bool:
    """A real matrix or vector that is not zero: by a hypothesis, or an invertible matrix times one."""
    if not real_entries(t, oracle):
        return False
    if t.op in ("transpose", "neg"):
        return nonzero(t.args[0], oracle)
    if t.op in ("ones", "eye", "unit"):
        return t.sort.rows is b.ONE or oracle.positive(t.sort.rows)
    if t.op == "smul":
        return oracle.nonzero(t.args[0]) and nonzero(t.args[1], oracle)
    if t.op == "matmul":
        return nonzero(t.args[-1], oracle) and all(invertible(a, oracle) for a in t.args[:-1])
    for h in oracle.context.hypotheses:
        for p in h.statement.args if h.statement.op == "and" else (h.statement,):
            if p.op == "rel" and p.data == "≠" and t in p.args[:2] and any(a.op == "zeros" for a in p.args[:2]):
                return True
    return False


@asked("psd")
def psd(t: Term, oracle: Oracle) -> bool:
    """Real, symmetric and positive semidefinite."""
    op = t.op
    if op == "eye" or (op in ("zeros", "ones") and t.args[0] is t.args[1]):
        return True
    if not real_entries(t, oracle):
        return False
    if op in ("sym", "idx") and attributes(t, oracle) & {"positive definite", "positive semidefinite"}:
        return True
    if _supposed("psd", t, oracle) or _supposed("pd", t, oracle) or _supposed_above(t, oracle):
        return True
    if op in ("add", "kron", "hadamard"):
        return all(psd(a, oracle) for a in t.args)
    if op == "smul":
        return oracle.nonnegative(t.args[0]) and psd(t.args[1], oracle)
    if op in ("inv", "transpose"):
        return psd(t.args[0], oracle)
    if op == "matmul":
        return palindrome(t.args, oracle, psd)
    if op == "mpow":
        return psd(t.args[0], oracle) or (_even(t.args[1]) and symmetric(t.args[0], oracle))
    if op == "sum":
        body, inner = inside(t, oracle)
        return psd(body, inner)
    if op == "diag":
        return entries_at_least(t.args[0], oracle, strict=False)
    if op == "hess":
        return _smooth_body(t, oracle) and "convex" in attributes(t.args[-1].args[0], oracle)
    return pd(t, oracle)


@asked("pd")
def pd(t: Term, oracle: Oracle) -> bool:
    """Real, symmetric and positive definite."""
    op = t.op
    if op == "eye":
        return True
    if not real_entries(t, oracle):
        return False
    if op in ("sym", "idx") and "positive definite" in attributes(t, oracle):
        return True
    if op in ("sym", "idx") and {"positive semidefinite", "invertible"} <= attributes(t, oracle):
        return True
    if _supposed("pd", t, oracle) or _supposed_above(t, oracle) == "pd":
        return True
    if op == "add":
        some = any(pd(a, oracle) for a in t.args) or _supposed_invertible(t, oracle)
        return some and all(psd(a, oracle) for a in t.args)
    if op == "sum":
        return _supposed_invertible(t, oracle) and psd(t, oracle)
    if op == "smul":
        return oracle.positive(t.args[0]) and pd(t.args[1], oracle)
    if op == "kron":
        return all(pd(a, oracle) for a in t.args)
    if op == "transpose":
        return pd(t.args[0], oracle)
    if op == "inv":
        # an inverse is there, so a semidefinite matrix is definite
        return psd(t.args[0], oracle)
    if op == "mpow":
        return pd(t.args[0], oracle)
    if op == "matmul":
        return len(t.args) > 1 and (_congruence(t.args, oracle) or (_supposed_invertible(t, oracle) and psd(t, oracle)))
    if op == "diag":
        return entries_at_least(t.args[0], oracle, strict=True)
    if op == "bmat":
        return _leading_minors_positive(t, oracle)
    return False


def _congruence(factors: tuple[Term, ...], oracle: Oracle) -> bool:
    # L^T M L with L invertible and M positive definite
    i, j = 0, len(factors) - 1
    while i < j:
        x, y = factors[i], factors[j]
        if not (transpose_of(x, oracle) is y or transpose_of(y, oracle) is x):
            return False
        if not ((square(y) and invertible(y, oracle)) or full_column_rank(y, oracle)):
            return False
        i, j = i + 1, j - 1
    return i > j or pd(factors[i], oracle)


def full_column_rank(y: Term, oracle: Oracle) -> bool:
    """A hypothesis says that y^T y is invertible or definite, or that the rank of y is the number of its columns."""
    gram = b.matmul(y.args[0] if y.op == "transpose" else b.transpose(y), y)
    if _supposed("pd", gram, oracle) or _supposed_invertible(gram, oracle):
        return True
    rank = mk("rank", (y,))
    return any(
        p.op == "rel" and p.data == "=" and p.args in ((rank, y.sort.cols), (y.sort.cols, rank))
        for h in oracle.context.hypotheses
        for p in (h.statement.args if h.statement.op == "and" else (h.statement,))
    )


def _leading_minors_positive(t: Term, oracle: Oracle) -> bool:
    # Sylvester's criterion (Horn and Johnson 7.2.5) for a symmetric matrix of numbers of size at most 4
    from derivcheck.kernel.rules.matrix_blocks import expansion

    m, n = partition(t)
    if m != n or n > 4 or any(a.sort.kind != "num" for a in t.args):
        return False
    rows = [list(t.args[i * n : (i + 1) * n]) for i in range(n)]
    if any(rows[i][j] is not rows[j][i] for i in range(n) for j in range(i)):
        return False
    return all(oracle.positive(expansion([r[:k] for r in rows[:k]])) for k in range(1, n + 1))


def _even(n: Term) -> bool:
    return n.op == "num" and isinstance(n.data, Fraction) and n.data.denominator == 1 and n.data.numerator % 2 == 0


def entries_at_least(v: Term, oracle: Oracle, strict: bool) -> bool:
    """Whether all entries of a vector or matrix are shown to be ≥ 0 (or > 0)."""
    if v.op == "ones":
        return True
    if v.op == "zeros":
        return not strict
    if v.op == "smul":
        sign = oracle.positive(v.args[0]) if strict else oracle.nonnegative(v.args[0])
        return sign and entries_at_least(v.args[1], oracle, strict)
    if v.op == "add":
        weak = all(entries_at_least(a, oracle, False) for a in v.args)
        return weak and (not strict or any(entries_at_least(a, oracle, True) for a in v.args))
    if v.op == "hadamard":
        if not strict and v.args[0] is v.args[1] and real_entries(v.args[0], oracle):
            return True
        return all(entries_at_least(a, oracle, strict) for a in v.args)
    if v.op in ("sym", "idx"):
        return "positive" in attributes(v, oracle)
    if v.op == "vsoftmax":
        return real_entries(v.args[0], oracle)
    if v.op == "emap" and v.args[0].op == "lam" and real_entries(v.args[1], oracle):
        from derivcheck.terms.context import Declaration
        from derivcheck.terms.term import open_binder

        (x,), body = open_binder(v.args[0])
        inner = oracle.extend((Declaration(x, b.REALS),), ())
        return inner.positive(body) if strict else inner.nonnegative(body)
    if v.op == "bmat":
        return all(
            (a.sort.kind == "num" and (oracle.positive(a) if strict else oracle.nonnegative(a))) or
            (a.sort.kind == "mat" and entries_at_least(a, oracle, strict))
            for a in v.args
        )  # fmt: skip
    return v.op in ("unit", "eye") and not strict


@asked("real")
def real_entries(t: Term, oracle: Oracle) -> bool:
    """Whether all entries are real (declared matrices are)."""
    op = t.op
    if t.sort.kind == "num":
        return oracle.real(t)
    if op in ("sym", "idx", "bvar", "apply", "eye", "ones", "zeros", "unit", "jac", "grad", "hess"):
        return True
    if op == "smul":
        return oracle.real(t.args[0]) and real_entries(t.args[1], oracle)
    if op in ("add", "neg", "matmul", "transpose", "inv", "hadamard", "kron", "diag", "diagof", "vecop", "vsoftmax", "bmat"):
        return all(real_entries(a, oracle) for a in t.args)
    if op in ("row", "col"):
        return real_entries(t.args[0], oracle)
    if op == "mpow":
        whole = oracle.integer(t.args[1])
        return real_entries(t.args[0], oracle) and (whole or (oracle.real(t.args[1]) and psd(t.args[0], oracle)))
    if op in ("sum", "mlam", "int", "intset", "Eover"):
        body, inner = inside(t, oracle)
        return real_entries(body, inner)
    if op == "emap":
        from derivcheck.terms.context import Declaration
        from derivcheck.terms.term import open_binder

        if t.args[0].op != "lam":
            return True
        (x,), body = open_binder(t.args[0])
        return real_entries(t.args[1], oracle) and oracle.extend((Declaration(x, b.REALS),), ()).real(body)
    if op == "cases":
        values = [t.args[i] for i in range(1, len(t.args), 2)]
        return all(real_entries(v, oracle) for v in (values if len(t.args) % 2 == 0 else [*values, t.args[-1]]))
    if op == "E":
        return real_entries(t.args[0], oracle)
    return False


def product_of_semidefinite(a: Term, oracle: Oracle, strict: bool = False) -> bool:
    """A B with A, B ⪰ 0 for some cut of the cyclic word; then tr(AB) ≥ 0 (Horn and Johnson 7.5).  `strict`: A, B ≻ 0, then tr(AB) > 0, as it
    is the trace of the definite matrix A^{1/2} B A^{1/2}."""
    if a.op == "smul":
        return (oracle.positive if strict else oracle.nonnegative)(a.args[0]) and product_of_semidefinite(a.args[1], oracle, strict)
    if a.op != "matmul" or len(a.args) > 12:
        return False
    ask = pd if strict else psd
    n = len(a.args)
    for start in range(n):
        word = a.args[start:] + a.args[:start]
        for cut in range(1, n):
            left, right = word[:cut], word[cut:]
            if left[0].sort.rows is left[-1].sort.cols and ask(b.matmul(*left), oracle) and ask(b.matmul(*right), oracle):
                return True
    return False
