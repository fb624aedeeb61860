"""Sums over integer ranges and over sets: the linear normal form of `kernel/summation.py` as rewriting rules."""

from __future__ import annotations

from derivcheck.kernel.literals import integer_value
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.kernel.summation import UNFOLD, Summation
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, bind, mk, num, open_binder, substitute

SOURCE = "finite sums: associativity, commutativity, distributivity; series: absolute convergence; Graham, Knuth, Patashnik, chapter 2"


def numeric_range(t: Term) -> tuple[int, int] | None:
    """The ends of a range of literal integers."""
    lo, hi = integer_value(t.args[0]), integer_value(t.args[1])
    return None if lo is None or hi is None else (lo, hi)


@rule("sum-unfold", "sum", statement="∑_{k=m}^{n} b(k) = b(m) + … + b(n); 0 for n < m", side="m, n numbers, at most 12 terms (100 if they are small)", source=SOURCE)
def sum_unfold(t: Term, rw: Rewriter) -> Term | None:
    ends = numeric_range(t)
    if ends is None:
        return None
    lo, hi = ends
    count = hi - lo + 1
    if count <= 0:
        return _zero(t)
    body = t.args[-1]
    if count > UNFOLD and (count > 100 or body.size * count > 1500 or any(s.op in ("sum", "prod") for s in body.args)):
        return None
    return b.add(*(substitute(body, {t.bound[0]: num(k)}) for k in range(lo, hi + 1)))


def _zero(t: Term) -> Term | None:
    if t.sort.kind == "num":
        return b.ZERO
    return b.zeros(t.sort.rows, t.sort.cols) if t.sort.kind == "mat" else None


@rule("sum-linear", "sum", statement="∑ is linear; ranges, nested sums and closed forms as in kernel/summation.py", side="see there", source=SOURCE)
def sum_linear(t: Term, rw: Rewriter) -> Term | None:
    if t.sort.kind != "num":
        return None
    lo, hi = t.args[0], t.args[1]
    if not _bound(lo, rw) or not _bound(hi, rw):
        return None
    (k,), body, _ = rw.under(t)
    new = Summation(rw).over(k, lo, hi, body)
    return None if new is t else new


def _bound(u: Term, rw: Rewriter) -> bool:
    return u is b.INF or (u.op == "neg" and u.args[0] is b.INF) or rw.oracle.integer(u)


@rule("sum-matrix", "sum", statement="∑ (A + B) = ∑ A + ∑ B, ∑ c A = c ∑ A, ∑ (-A) = -∑ A", side="finite range; c free of k and with a value, or the range not empty", source=SOURCE)
def sum_matrix(t: Term, rw: Rewriter) -> Term | None:
    if t.sort.kind != "mat" or t.args[1] is b.INF or t.args[0].op == "neg":
        return None
    from derivcheck.kernel.totality import total

    (k,), body, _ = rw.under(t)
    lo, hi = t.args[0], t.args[1]
    if body.op == "add":
        return mk("add", tuple(bind("sum", (k,), (lo, hi), a, None, t.sort) for a in body.args), None, t.sort)
    if body.op == "neg":
        return mk("neg", (bind("sum", (k,), (lo, hi), body.args[0], None, t.sort),), None, t.sort)
    if body.op == "smul" and k not in body.args[0].free and (rw.oracle.less_equal(lo, hi) or total(body.args[0], rw.oracle)):
        return b.smul(body.args[0], bind("sum", (k,), (lo, hi), body.args[1], None, t.sort))
    if body.op == "smul" and k not in body.args[1].free and total(body.args[1], rw.oracle):
        return b.smul(b.sum_(k, lo, hi, body.args[0]), body.args[1])
    return None


@rule("sum-over-set", "sumset", "prodset", statement="a sum over {m, …, n}, ℕ, ℤ or a finite list is a sum over that range", source="SPEC section 6")
def sum_over_set(t: Term, rw: Rewriter) -> Term | None:
    s = t.args[0]
    op = "sum" if t.op == "sumset" else "prod"
    (k,), body = open_binder(t)
    if s.op == "range":
        return bind(op, (k,), s.args, body, None, t.sort)
    if s.op == "set" and s.data in ("N", "Npos", "Z"):
        lo = {"N": b.ZERO, "Npos": b.ONE, "Z": b.neg(b.INF)}[str(s.data)]
        return bind(op, (k,), (lo, b.INF), body, None, t.sort)
    if s.op == "set" and s.data == "empty":
        return _zero(t) if op == "sum" else b.ONE
    if s.op == "finset" and t.sort.kind == "num":
        elements = s.args
        o = rw.oracle
        if all(o.nonzero(b.sub(x, y)) for i, x in enumerate(elements) for y in elements[i + 1 :]):
            values = [substitute(body, {k: x}) for x in elements]
            return b.add(*values) if op == "sum" else b.mul(*values)
    if s.op == "setof" and t.sort.kind == "num":
        condition = substitute(s.args[-1], {s.bound[0]: k})
        default = b.ZERO if op == "sum" else b.ONE
        return bind(t.op, (k,), (s.args[0],), b.cases(condition, body, default), None, t.sort)
    if s.op == "setminus" and t.sort.kind == "num" and s.args[0].op in ("range", "set"):
        condition = mk("rel", (k, s.args[1]), "notin", b.TRUE.sort)
        if s.args[1].op == "finset":
            condition = b.and_(*(b.rel(k, "≠", x) for x in s.args[1].args))
        default = b.ZERO if op == "sum" else b.ONE
        return bind(t.op, (k,), (s.args[0],), b.cases(condition, body, default), None, t.sort)
    return None


@rule("cases-continued", "cases", statement="a at x = t and b elsewhere is b, if b at x = t is a", source="substitution of equals")
def cases_continued(t: Term, rw: Rewriter) -> Term | None:
    if len(t.args) != 3 or t.sort.kind != "num":
        return None
    p, a, other = t.args
    if p.op == "rel" and p.data == "≠":
        a, other = other, a
    elif p.op != "rel" or p.data != "=":
        return None
    for x, value in ((p.args[0], p.args[1]), (p.args[1], p.args[0])):
        if x.op == "sym" and x not in value.free and x in other.free and rw.nf(substitute(other, {x: value})) is a:
            return other
    return None
