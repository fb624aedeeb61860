"""Constructors for terms, with sorts worked out.  They build what they are told and simplify nothing.

Sorts of matrices: `matmul` takes the rows of its first and the columns of its last factor; whether sizes fit is checked by
elaboration, where a message can be given.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from derivcheck.terms.sorts import BOOL, NUM, SET, Sort, fun, mat, vec
from derivcheck.terms.sorts import dist as dist_sort
from derivcheck.terms.term import Term as Term
from derivcheck.terms.term import bind, num
from derivcheck.terms.term import mk as mk

ZERO, ONE, TWO, HALF = num(0), num(1), num(2), num(Fraction(1, 2))
MINUS_ONE = num(-1)
PI, E_CONST, I_CONST, INF = (mk("const", (), c) for c in ("pi", "e", "i", "inf"))
TRUE, FALSE = mk("true", (), None, BOOL), mk("false", (), None, BOOL)
REALS, POSITIVE, NONNEGATIVE, NATURALS, POSITIVE_INTEGERS, INTEGERS, RATIONALS, COMPLEX, EMPTY = (
    mk("set", (), s, SET) for s in ("R", "Rpos", "Rnn", "N", "Npos", "Z", "Q", "C", "empty")
)


def add(*args: Term) -> Term:
    """Sum of scalars or of matrices of one shape; one arg is itself, none is 0."""
    if len(args) == 1:
        return args[0]
    return mk("add", args, None, args[0].sort) if args else ZERO


def neg(a: Term) -> Term:
    return mk("neg", (a,), None, a.sort)


def sub(a: Term, b: Term) -> Term:
    return add(a, neg(b))


def mul(*args: Term) -> Term:
    """Product of scalars; one arg is itself, none is 1."""
    if len(args) == 1:
        return args[0]
    return mk("mul", args) if args else ONE


def div(a: Term, b: Term) -> Term:
    return mk("div", (a, b))


def pow_(a: Term, b: Term | int | Fraction) -> Term:
    return mk("pow", (a, b if isinstance(b, Term) else num(b)))


def sqrt(a: Term) -> Term:
    return pow_(a, HALF)


def fn(name: str, *args: Term) -> Term:
    """A built-in function at arguments."""
    return mk("fn", args, name)


def exp(a: Term) -> Term:
    return fn("exp", a)


def log(a: Term) -> Term:
    return fn("log", a)


def rel(a: Term, relation: str, b: Term) -> Term:
    return mk("rel", (a, b), relation, BOOL)


def eq(a: Term, b: Term) -> Term:
    return rel(a, "=", b)


def and_(*ps: Term) -> Term:
    return ps[0] if len(ps) == 1 else (mk("and", ps, None, BOOL) if ps else TRUE)


def or_(*ps: Term) -> Term:
    return ps[0] if len(ps) == 1 else (mk("or", ps, None, BOOL) if ps else FALSE)


def not_(p: Term) -> Term:
    return mk("not", (p,), None, BOOL)


def implies(p: Term, q: Term) -> Term:
    return mk("implies", (p, q), None, BOOL)


def iff(p: Term, q: Term) -> Term:
    return mk("iff", (p, q), None, BOOL)


def apply(f: Term, *args: Term) -> Term:
    return mk("apply", (f, *args), None, f.sort.result)


def dfun(f: Term, orders: tuple[int, ...]) -> Term:
    return mk("dfun", (f,), orders, f.sort)


def idx(family: Term, *indices: Term) -> Term:
    return mk("idx", (family, *indices), None, family.sort.result)


def lam(variables: Iterable[Term], domains: Iterable[Term], body: Term, density: bool = False) -> Term:
    """The function (or, with `density`, the density) with this body."""
    variables = tuple(variables)
    if density:
        from derivcheck.terms.sorts import tup

        over = variables[0].sort if len(variables) == 1 else tup(*(v.sort for v in variables))
        return bind("lam", variables, domains, body, None, dist_sort(over))
    return bind("lam", variables, domains, body, None, fun(*(v.sort for v in variables), body.sort))


def big(op: str, variable: Term, lo: Term, hi: Term, body: Term) -> Term:
    """`sum`, `prod`, `int` with bounds."""
    return bind(op, (variable,), (lo, hi), body, None, body.sort)


def sum_(variable: Term, lo: Term, hi: Term, body: Term) -> Term:
    return big("sum", variable, lo, hi, body)


def bigset(op: str, variable: Term, domain: Term, body: Term) -> Term:
    """`sumset`, `prodset`, `intset`."""
    return bind(op, (variable,), (domain,), body, None, body.sort)


def deriv(variable: Term, body: Term, point: Term | None = None, order: int = 1) -> Term:
    """The derivative of body by a free scalar symbol, at `point` (default: at the symbol itself)."""
    return bind("deriv", (variable,), (variable if point is None else point,), body, order, body.sort)


def nderiv(variable: Term, order: Term, body: Term, point: Term | None = None) -> Term:
    """The derivative of a symbolic order."""
    return bind("nderiv", (variable,), (variable if point is None else point, order), body, None, body.sort)


def grad(variable: Term, body: Term, point: Term | None = None) -> Term:
    return bind("grad", (variable,), (variable if point is None else point,), body, None, variable.sort)


def jac(variable: Term, body: Term, point: Term | None = None, layout: str = "numerator") -> Term:
    m, n = body.sort.rows, variable.sort.rows
    sort = mat(m, n) if layout == "numerator" else mat(n, m)
    return bind("jac", (variable,), (variable if point is None else point,), body, layout, sort)


def hess(variable: Term, body: Term, point: Term | None = None) -> Term:
    n = variable.sort.rows
    return bind("hess", (variable,), (variable if point is None else point,), body, None, mat(n, n))


def lim(variable: Term, point: Term, body: Term, direction: str = "") -> Term:
    return bind("lim", (variable,), (point,), body, direction, body.sort)


def over(op: str, variables: Iterable[Term], domains: Iterable[Term], body: Term) -> Term:
    """`argmax`, `argmin` (sort set), `maxover`, `minover`, `supover`, `infover` (sort num), `forall`, `exists`, `setof`."""
    sort = {"argmax": SET, "argmin": SET, "setof": SET, "forall": BOOL, "exists": BOOL}.get(op, NUM)
    return bind(op, variables, domains, body, None, sort)


def cases(*args: Term) -> Term:
    """`cases(P1, t1, P2, t2, …[, default])`."""
    return mk("cases", args, None, args[1].sort)


def ind(p: Term) -> Term:
    return mk("ind", (p,))


def matmul(*args: Term) -> Term:
    """Matrix product; the result is a vector if it has one column and the last factor is a vector."""
    if len(args) == 1:
        return args[0]
    rows, last = args[0].sort.rows, args[-1].sort
    return mk("matmul", args, None, Sort("mat", (rows, last.cols, last.is_vector)))


def smul(s: Term, a: Term) -> Term:
    return mk("smul", (s, a), None, a.sort)


def transpose(a: Term) -> Term:
    return mk("transpose", (a,), None, mat(a.sort.cols, a.sort.rows))


def inv(a: Term) -> Term:
    return mk("inv", (a,), None, a.sort)


def tonum(a: Term) -> Term:
    """A 1×1 matrix as a number."""
    return mk("tonum", (a,))


def trace(a: Term) -> Term:
    return mk("trace", (a,))


def det(a: Term) -> Term:
    return mk("det", (a,))


def norm(a: Term, kind: str = "2") -> Term:
    return mk("norm", (a,), kind)


def eye(n: Term) -> Term:
    return mk("eye", (n,), None, mat(n, n))


def ones(m: Term, n: Term) -> Term:
    return mk("ones", (m, n), None, vec(m) if n is ONE else mat(m, n))


def zeros(m: Term, n: Term) -> Term:
    return mk("zeros", (m, n), None, vec(m) if n is ONE else mat(m, n))


def diag(v: Term) -> Term:
    return mk("diag", (v,), None, mat(v.sort.rows, v.sort.rows))


def hadamard(a: Term, b: Term) -> Term:
    return mk("hadamard", (a, b), None, a.sort)


def kron(*args: Term) -> Term:
    rows = mul(*(a.sort.rows for a in args))
    cols = mul(*(a.sort.cols for a in args))
    return mk("kron", args, None, Sort("mat", (rows, cols, all(a.sort.is_vector for a in args))))


def vecop(a: Term) -> Term:
    return mk("vecop", (a,), None, vec(mul(a.sort.rows, a.sort.cols)))


def entry(a: Term, i: Term, j: Term) -> Term:
    return mk("entry", (a, i, j))


def ventry(v: Term, i: Term) -> Term:
    return mk("ventry", (v, i))


def emap(f: Term, a: Term) -> Term:
    return mk("emap", (f, a), None, a.sort)


def mlam(i: Term, j: Term, m: Term, n: Term, body: Term) -> Term:
    """The m×n matrix whose (i, j) entry is body."""
    return bind("mlam", (i, j), (m, n), body, None, mat(m, n))


def distribution(name: str, *params: Term, over: Sort = NUM) -> Term:
    """A named law."""
    return mk("dist", params, name, dist_sort(over))


def pdf(d: Term, *at: Term) -> Term:
    return mk("pdf", (d, *at))


def expect(body: Term, *conds: Term) -> Term:
    return mk("E", (body, *conds), len(conds), body.sort)


def variance(body: Term, *conds: Term) -> Term:
    return mk("Var", (body, *conds), len(conds), NUM if body.sort is NUM else mat(body.sort.rows, body.sort.rows))


def expect_over(variables: Iterable[Term], d: Term, body: Term) -> Term:
    return bind("Eover", variables, (d,), body, None, body.sort)


def interval(a: Term, b: Term, brackets: str) -> Term:
    return mk("interval", (a, b), brackets, SET)


def finset(*elements: Term) -> Term:
    return mk("finset", elements, None, SET)


def int_range(lo: Term, hi: Term) -> Term:
    return mk("range", (lo, hi), None, SET)


def rn(n: Term) -> Term:
    return mk("rn", (n,), None, SET)


def rmn(m: Term, n: Term) -> Term:
    return mk("rmn", (m, n), None, SET)


def opaque(missing: str, sort: Sort, *args: Term) -> Term:
    """Something that was read but whose meaning is not in the program yet; `missing` names it."""
    return mk("opaque", args, missing, sort)


def num_of(value: int | Fraction | str) -> Term:
    """An exact rational number (for modules that import only `build`)."""
    return num(value)


def real_interval(lower: tuple[Term, bool] | None, upper: tuple[Term, bool] | None) -> Term:
    """The set of real numbers between bounds (value, strict)."""
    if lower is None and upper is None:
        return REALS
    if upper is None:
        assert lower is not None
        if lower[0] is ZERO:
            return POSITIVE if lower[1] else NONNEGATIVE
        return interval(lower[0], INF, "()" if lower[1] else "[)")
    if lower is None:
        if upper[0] is ZERO and upper[1]:
            return mk("set", (), "Rneg", SET)
        return interval(neg(INF), upper[0], "()" if upper[1] else "(]")
    return interval(lower[0], upper[0], ("(" if lower[1] else "[") + (")" if upper[1] else "]"))


def is_infinite(t: Term) -> bool:
    """Whether a term is ∞ or -∞ itself."""
    return t is INF or (t.op == "neg" and t.args[0] is INF)
