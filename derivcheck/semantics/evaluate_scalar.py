"""Values of scalar terms: arithmetic, built-in functions, finite sums and products, piecewise terms.

`0 log 0 = 0`, `0^0 = 1` where the exponent is a natural number by its make-up; `cases` and indicators are decided lazily, and where a
condition is not known the value encloses both branches.
Limits: sums and products of more than `MAX_TERMS` terms are `UNKNOWN`.
"""

from __future__ import annotations

from collections.abc import Callable

from flint import acb, arb, fmpq

from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics import functions
from derivcheck.semantics.evaluate import Env, Evaluator, handles
from derivcheck.semantics.values import (
    INFINITY,
    UNDEFINED,
    UNKNOWN,
    Infinite,
    Matrix,
    Value,
    ball,
    integer,
    is_number,
    is_zero,
    tidy,
    union,
)
from derivcheck.terms.term import Term, subterms

MAX_TERMS = 4000

_CONSTANTS: dict[str, Callable[[], Value]] = {
    "pi": lambda: acb(arb.pi()),
    "e": lambda: acb(arb.const_e()),
    "i": lambda: acb(0, 1),
    "inf": lambda: INFINITY,
    "euler": lambda: acb(arb.const_euler()),
    "undefined": lambda: UNDEFINED,
}


@handles("const")
def _const(ev: Evaluator, t: Term, env: Env) -> Value:
    make = _CONSTANTS.get(str(t.data))
    return make() if make else UNKNOWN


@handles("add")
def _add(ev: Evaluator, t: Term, env: Env) -> Value:
    values = ev.args(t, env)
    if t.sort.kind == "mat" or any(v.__class__ is Matrix for v in values):
        from derivcheck.semantics.evaluate_matrix import add_matrices

        return add_matrices(values)
    return ar.add(values)


@handles("neg")
def _neg(ev: Evaluator, t: Term, env: Env) -> Value:
    v = ev.eval(t.args[0], env)
    if isinstance(v, Matrix):
        return Matrix(-v.data)
    return ar.neg(v)


@handles("mul")
def _mul(ev: Evaluator, t: Term, env: Env) -> Value:
    values = ev.args(t, env)
    if any(is_zero(v) for v in values):
        if any(v is UNDEFINED for v in values):
            return _zero_times(ev, t, values, env)
        if any(isinstance(v, Infinite) for v in values):
            return UNDEFINED
    return ar.mul(values)


def _zero_times(ev: Evaluator, t: Term, values: list[Value], env: Env) -> Value:
    """`0 log 0 = 0`: zero times factors that are undefined only through `log 0`.  As a limit it says nothing: `log(e^{-x})/x` tends to -1."""
    if ev.depends(t):
        return UNKNOWN
    open_question = False
    for a, v in zip(t.args, values):
        if v is UNDEFINED:
            if log_of_zero(ev, a, env):
                continue
            if not any(s.op == "fn" and s.data == "log" for s in subterms(a)):
                return UNDEFINED
            open_question = True
        elif not is_number(v):
            open_question = True
    return UNKNOWN if open_question else ar.ZERO


def log_of_zero(ev: Evaluator, t: Term, env: Env) -> bool:
    """The term is a finite multiple of `log 0`."""
    if t.op == "fn" and t.data == "log":
        return is_zero(ev.eval(t.args[0], env))
    if t.op == "neg":
        return log_of_zero(ev, t.args[0], env)
    if t.op == "div":
        below = ev.eval(t.args[1], env)
        return is_number(below) and not is_zero(below) and log_of_zero(ev, t.args[0], env)
    if t.op == "mul":
        logs = [a for a in t.args if ev.eval(a, env) is UNDEFINED]
        return len(logs) == 1 and log_of_zero(ev, logs[0], env) and all(is_number(ev.eval(a, env)) for a in t.args if a is not logs[0])
    return False


@handles("div")
def _div(ev: Evaluator, t: Term, env: Env) -> Value:
    a, b = ev.args(t, env)
    return ar.div(a, b)


@handles("pow")
def _pow(ev: Evaluator, t: Term, env: Env) -> Value:
    base, exponent = t.args
    b = ev.eval(exponent, env)
    if isinstance(b, fmpq) and b.q != 1 and ev.depends(base):
        a = ev.eval(base, env)
        if not is_number(a) or not functions.off_cut(ball(a)):
            return a if a is UNDEFINED else UNKNOWN
        return ar.power(a, b)
    if base.op == "norm" and isinstance(b, fmpq) and b.q == 1 and b.p % 2 == 0 and b > 0:
        from derivcheck.semantics.matrix_norms import squared_norm

        square = squared_norm(ev, base, env)
        if square is not None:
            return ar.int_power(square, int(b.p) // 2)
    a = ev.eval(base, env)
    if is_zero(b) and is_number(a) and ball(a).contains(0):
        return ar.ONE if natural_type(ev, exponent, env) else UNKNOWN
    if ev.depends(base) and integer(b) is None and (not is_number(a) or not functions.off_cut(ball(a))):
        return UNDEFINED if UNDEFINED in (a, b) else UNKNOWN
    return ar.power(a, b)


def natural_type(ev: Evaluator, t: Term, env: Env) -> bool:
    """The term is an integer by its make-up (not just in this model), so that its value 0 is the natural number 0."""
    if t.op == "num":
        return True
    if t.op == "bvar":
        frame: Env | None = env
        while frame is not None and t not in frame.vars:
            frame = frame.parent
        return frame is not None and frame.integral
    if t.op in ("sym", "idx"):
        domain = ev.model.context.domain_of(t if t.op == "sym" else t.args[0])
        return domain is not None and (domain.op == "range" or (domain.op == "set" and domain.data in ("N", "Npos", "Z")))
    if t.op in ("add", "mul", "neg"):
        return all(natural_type(ev, a, env) for a in t.args)
    if t.op == "sum":
        return t.args[2].op != "div" and natural_type(ev, t.args[2], Env(env, {t.bound[0]: ar.ZERO}, True))
    return False


@handles("oddroot")
def _oddroot(ev: Evaluator, t: Term, env: Env) -> Value:
    a = ev.eval(t.args[0], env)
    if ev.depends(t) and (not is_number(a) or not functions.off_cut(ball(a))):
        return a if a is UNDEFINED else UNKNOWN
    return ar.odd_root(a, int(t.data))


@handles("fn")
def _fn(ev: Evaluator, t: Term, env: Env) -> Value:
    args = ev.args(t, env)
    name = str(t.data)
    if name == "abs" and len(args) == 1 and isinstance(args[0], Matrix):
        from derivcheck.semantics.evaluate_matrix import determinant

        return determinant(args[0]) if args[0].rows == args[0].cols and args[0].rows > 1 else UNKNOWN
    return functions.call(name, args, ev.depends(t))


# --- big operators ------------------------------------------------------------------------------------------------------


@handles("sum", "prod")
def _sum(ev: Evaluator, t: Term, env: Env) -> Value:
    lo, hi = ev.eval(t.args[0], env), ev.eval(t.args[1], env)
    if lo is UNDEFINED or hi is UNDEFINED:
        return UNDEFINED
    if isinstance(lo, Infinite) or isinstance(hi, Infinite):
        if (isinstance(lo, Infinite) and lo.sign > 0) or (isinstance(hi, Infinite) and hi.sign < 0):
            return UNKNOWN
        from derivcheck.semantics.series import infinite

        return infinite(ev, t, lo, hi, env)
    m, n = integer(lo), integer(hi)
    if m is None or n is None:
        return UNKNOWN
    if n - m + 1 > MAX_TERMS:
        return UNKNOWN
    return over_values(ev, t, [fmpq(k) for k in range(m, n + 1)], env)


def over_values(ev: Evaluator, t: Term, points: list[Value], env: Env) -> Value:
    """The sum or product of the body over these values of the bound variable."""
    product = t.op in ("prod", "prodset")
    body, variable = t.args[-1], t.bound[0]
    if not points:
        return ar.ONE if product else ev.zero(t.sort, env)
    values = []
    unknown = False
    integral = all(integer(p) is not None for p in points)
    for p in points:
        v = ev.eval(body, Env(env, {variable: p}, integral))
        if v is UNDEFINED:
            return UNDEFINED
        if v is UNKNOWN:
            if unknown:
                return UNKNOWN
            unknown = True
        values.append(v)
    if unknown:
        return UNKNOWN
    if any(isinstance(v, Matrix) for v in values):
        from derivcheck.semantics.evaluate_matrix import add_matrices

        return UNKNOWN if product else add_matrices(values)
    return ar.mul(values) if product else ar.add(values)


@handles("sumset", "prodset")
def _sumset(ev: Evaluator, t: Term, env: Env) -> Value:
    from derivcheck.semantics.sets import elements

    points = elements(ev, t.args[0], env)
    if points is None:
        s = t.args[0]
        if s.op == "set" and s.data in ("N", "Npos", "Z"):
            from derivcheck.semantics.series import infinite

            lo = Infinite(-1) if s.data == "Z" else fmpq(int(s.data == "Npos"))
            return infinite(ev, t, lo, INFINITY, env)
        return UNKNOWN
    return over_values(ev, t, points, env)


# --- piecewise ----------------------------------------------------------------------------------------------------------


@handles("cases")
def _cases(ev: Evaluator, t: Term, env: Env) -> Value:
    from derivcheck.semantics.truth import truth

    pairs, default = t.args, None
    if len(pairs) % 2:
        pairs, default = pairs[:-1], pairs[-1]
    possible: list[Value] = []
    for i in range(0, len(pairs), 2):
        if ev.depends(pairs[i]):
            return UNKNOWN
        holds = truth(ev, pairs[i], env)
        if holds is False:
            continue
        value = ev.eval(pairs[i + 1], env)
        if holds is True:
            return union([*possible, value]) if possible else value
        if holds is UNDEFINED or not is_number(value):
            return UNKNOWN
        possible.append(value)
    if default is None:
        return UNKNOWN if possible else UNDEFINED
    value = ev.eval(default, env)
    return union([*possible, value]) if possible else value


@handles("ind")
def _ind(ev: Evaluator, t: Term, env: Env) -> Value:
    from derivcheck.semantics.truth import truth

    if ev.depends(t):
        return UNKNOWN
    holds = truth(ev, t.args[0], env)
    if holds is True:
        return ar.ONE
    if holds is False:
        return ar.ZERO
    return UNKNOWN if holds is UNDEFINED else tidy(acb(arb(0).union(arb(1))))


@handles("bigO", "anyconst", "opaque", "antideriv")
def _open(ev: Evaluator, t: Term, env: Env) -> Value:
    return UNKNOWN
