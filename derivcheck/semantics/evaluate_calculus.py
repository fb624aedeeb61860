"""Values of derivatives, gradients, Jacobians, Hessians, derivatives of functions, integrals and limits.

Derivatives: the body is differentiated symbolically (`differentiate.py`), the conditions of the rules are checked at the point,
and the result is evaluated.  Where a condition is not certain (a break point of `|x|`, a cut) the value is `UNKNOWN`; where the
body itself has no value the derivative has none.  Integrals are in `quadrature.py`, limits in `limits.py`.

Limits: derivatives of infinite sums, integrals and expectations are evaluated where the term is seen to be holomorphic and bounded
on a small disc around the point (then limit processes may be exchanged).
"""

from __future__ import annotations

from functools import lru_cache

from flint import acb, arb, fmpq

from derivcheck.kernel.random_laws import mentions
from derivcheck.semantics.differentiate import RANDOM_SCOPES, by_entry, derivative, lam_derivative
from derivcheck.semantics.evaluate import Env, Evaluator, call_function, handles
from derivcheck.semantics.functions import NOWHERE_HOLOMORPHIC
from derivcheck.semantics.inverses import inverse
from derivcheck.semantics.values import (
    UNDEFINED,
    UNKNOWN,
    Closure,
    Function,
    Marker,
    Matrix,
    Value,
    ball,
    integer,
    is_number,
    matrix,
)
from derivcheck.terms.term import Term, binder_names, contains_op, fresh, mk, name_of, substitute, subterms

MAX_ORDER = 12
"""The largest order at which a derivative of symbolic order is evaluated."""

Opened = tuple[tuple[Term, ...], tuple[Term, ...], Term, tuple[Term, ...]]


@lru_cache(maxsize=8192)
def opened(body: Term, bound: tuple[Term, ...]) -> Opened:
    """A binder's body with fresh symbols for its variables and for the dangling ones of outer binders:
    `(symbols, dangling, body, symbols of the dangling)`.  Terms can be rebuilt safely only when opened."""
    dangling = tuple(sorted((f for f in body.free if f.op == "bvar" and f not in bound), key=lambda f: f.key))
    symbols = tuple(fresh("t", v.sort) for v in bound)
    outside = tuple(fresh("u", v.sort) for v in dangling)
    mapping = dict(zip((*bound, *dangling), (*symbols, *outside)))
    return symbols, dangling, substitute(body, mapping), outside


def outer_frame(ev: Evaluator, dangling: tuple[Term, ...], outside: tuple[Term, ...], env: Env) -> Env:
    """The environment in which the symbols of dangling variables have those variables' values."""
    if not dangling:
        return env
    integral: dict[Term, Value] = {}
    other: dict[Term, Value] = {}
    for v, s in zip(dangling, outside):
        frame: Env | None = env
        while frame is not None and v not in frame.vars:
            frame = frame.parent
        (integral if frame is not None and frame.integral else other)[s] = ev.eval(v, env)
    if integral:
        env = Env(env, integral, True)
    return Env(env, other) if other else env


def follow(ev: Evaluator, originals: tuple[Term, ...], symbols: tuple[Term, ...]) -> frozenset[Term]:
    """The analytic variables, with the symbols that stand for some of them."""
    more = frozenset(s for v, s in zip(originals, symbols) if v in ev.analytic)
    return ev.analytic | more


def holds_all(ev: Evaluator, conditions: tuple[Term, ...] | list[Term], env: Env) -> bool:
    """Whether every condition is certain."""
    from derivcheck.semantics.truth import truth

    return all(truth(ev, c, env) is True for c in conditions)


def smooth_kind(ev: Evaluator, body: Term) -> bool:
    """False where a complex symbol meets a function that is differentiated along the real line only, and where the variable
    (by its name) enters the law of a random symbol or a hypothesis about one."""
    if body.bound and contains_op(body, *RANDOM_SCOPES) and law_depends(ev, body):
        return False
    complex_symbol = False
    for s in body.free:
        domain = ev.model.context.domain_of(s)
        if domain is not None and domain.op == "set" and domain.data == "C":
            complex_symbol = True
    return not complex_symbol or not any(u.op == "fn" and u.data in NOWHERE_HOLOMORPHIC for u in subterms(body))


def law_depends(ev: Evaluator, t: Term) -> bool:
    """Whether the laws of the random symbols in a derivative may depend on its variable."""
    names = {*binder_names(t), *(name_of(s) for s in t.args[0].free)}
    declarations = ev.model.context.declarations
    seen: set[Term] = set()
    todo = [s for s in t.free if s in declarations and declarations[s].random]
    while todo:
        s = todo.pop()
        if s in seen:
            continue
        seen.add(s)
        if name_of(s) in names and not (s in declarations and declarations[s].random and s in t.free):
            return True
        d = declarations.get(s)
        if d is not None:
            for u in (d.law, *d.given, d.domain, *d.index_ranges):
                if u is not None:
                    todo += [v for v in u.free if v.op == "sym"]
    random = {s for s in seen if s in declarations and declarations[s].random and not told(declarations[s].law)}
    return any(mentions(h.statement, random, names) for h in ev.model.context.hypotheses)


def told(law: Term | None) -> bool:
    """A law that is declared outright: hypotheses can't make it depend on anything."""
    return law is not None and law.op == "dist"


def with_functions(ev: Evaluator, body: Term) -> Term:
    """`body` with the model's functions of vectors in place of their symbols (they are differentiated by their bodies)."""
    mapping: dict[Term, Term] = {}
    for s in body.free:
        if s.op == "sym" and s.sort.kind == "fun" and any(a.kind != "num" for a in s.sort.arg_sorts):
            f = ev.model.values.get(s)
            if isinstance(f, Function) and f.env is None:
                mapping[s] = f.term
    return substitute(body, mapping)


def at_point(ev: Evaluator, body: Term, steps: tuple[Term, ...], frame: Env) -> Value:
    """The iterated derivative of `body` by the symbols `steps`, evaluated in `frame`."""
    conditions: list[Term] = []
    for s in steps:
        got = derivative(body, s)
        if not got.complete:
            return UNKNOWN
        conditions += got.conditions
        body = got.term
    if not holds_all(ev, conditions, frame):
        return UNKNOWN
    value = ev.eval(body, frame)
    # a rule's result without a value says nothing about the derivative
    return UNKNOWN if value is UNDEFINED else value


@handles("deriv")
def _deriv(ev: Evaluator, t: Term, env: Env) -> Value:
    point = ev.eval(t.args[0], env)
    if point is UNDEFINED:
        return UNDEFINED
    if not is_number(point) or not smooth_kind(ev, t):
        return UNKNOWN
    (x,), dangling, body, outside = opened(t.args[-1], t.bound)
    body = with_functions(ev, body)
    before = ev.analytic
    ev.analytic = follow(ev, dangling, outside) | ({x} if ev.depends(t.args[0]) else frozenset())
    try:
        frame = Env(outer_frame(ev, dangling, outside, env), {x: point})
        inside = ev.eval(body, frame)
        if inside is UNDEFINED:
            return UNDEFINED
        if inside is UNKNOWN:
            return UNKNOWN
        return at_point(ev, body, (x,) * int(t.data), frame)
    finally:
        ev.analytic = before


@handles("nderiv")
def _derivative_of_order(ev: Evaluator, t: Term, env: Env) -> Value:
    """The derivative of a symbolic order, where the order is a small natural number."""
    order = ev.eval(t.args[1], env)
    n = integer(order)
    if order is UNDEFINED or (n is None and isinstance(order, fmpq)) or (n is not None and n < 0):
        return UNDEFINED
    if n is None or n > MAX_ORDER:
        return UNKNOWN
    if n:
        return ev.eval(mk("deriv", (t.args[0], t.args[-1]), n, t.sort, t.bound), env)
    point = ev.eval(t.args[0], env)
    if not is_number(point):
        return UNDEFINED if point is UNDEFINED else UNKNOWN
    (x,), dangling, body, outside = opened(t.args[-1], t.bound)
    return ev.eval(body, Env(outer_frame(ev, dangling, outside, env), {x: point}))


def _entries(ev: Evaluator, t: Term, env: Env) -> tuple[list[list[Term]], Term, Env] | Marker:
    """A `grad`, `jac` or `hess` with its variable spelt out: scalars, body, and the frame that holds the point."""
    point = ev.eval(t.args[0], env)
    if point is UNDEFINED:
        return UNDEFINED
    if not smooth_kind(ev, t):
        return UNKNOWN
    (x,), dangling, body, outside = opened(t.args[-1], t.bound)
    body = with_functions(ev, body)
    if isinstance(point, Matrix):
        scalars, body = _spelt(body, x, point.rows, point.cols)
        values = {s: point.at(i, j) for i, row in enumerate(scalars) for j, s in enumerate(row)}
    elif is_number(point):
        scalars, values = [[x]], {x: point}
    else:
        return UNKNOWN
    if any(u.op == "apply" and u.args[0].op == "sym" and any(a.sort.kind == "mat" for a in u.args[1:]) for u in subterms(body)):
        return UNKNOWN
    return scalars, body, Env(outer_frame(ev, dangling, outside, env), values)


@lru_cache(maxsize=4096)
def _spelt(body: Term, x: Term, m: int, n: int) -> tuple[list[list[Term]], Term]:
    return by_entry(body, x, m, n)


@handles("grad")
def _grad(ev: Evaluator, t: Term, env: Env) -> Value:
    got = _entries(ev, t, env)
    if isinstance(got, Marker):
        return got
    scalars, body, frame = got
    inside = ev.eval(body, frame)
    if not is_number(inside):
        return inside if inside is UNDEFINED else UNKNOWN
    rows = [[at_point(ev, body, (s,), frame) for s in row] for row in scalars]
    return matrix(rows) if t.sort.kind == "mat" else rows[0][0]


@handles("jac")
def _jac(ev: Evaluator, t: Term, env: Env) -> Value:
    got = _entries(ev, t, env)
    if isinstance(got, Marker):
        return got
    scalars, body, frame = got
    inside = ev.eval(body, frame)
    if isinstance(inside, Marker):
        return inside
    line = [s for row in scalars for s in row]
    columns = [at_point(ev, body, (s,), frame) for s in line]
    if is_number(inside):
        rows = [columns] if t.data == "numerator" else [[c] for c in columns]
        return matrix(rows) if t.sort.kind == "mat" else columns[0]
    if not isinstance(inside, Matrix) or inside.cols != 1 or any(not isinstance(c, Matrix) for c in columns):
        return UNKNOWN
    table = [[c.at(i, 0) for c in columns] for i in range(inside.rows)]
    return matrix(table if t.data == "numerator" else [list(r) for r in zip(*table)])


@handles("hess")
def _hess(ev: Evaluator, t: Term, env: Env) -> Value:
    got = _entries(ev, t, env)
    if isinstance(got, Marker):
        return got
    scalars, body, frame = got
    inside = ev.eval(body, frame)
    if not is_number(inside):
        return inside if inside is UNDEFINED else UNKNOWN
    line = [s for row in scalars for s in row]
    rows = [[at_point(ev, body, (a, c), frame) for c in line] for a in line]
    return matrix(rows) if t.sort.kind == "mat" else rows[0][0]


def derivative_function(ev: Evaluator, t: Term, env: Env) -> Value:
    """The value of `dfun(f; orders)`."""
    f = ev.eval(t.args[0], env)
    orders: tuple[int, ...] = t.data
    if not isinstance(f, Function):
        return UNKNOWN
    got = _function_derivative(f.term, orders)
    if got is None:
        return UNKNOWN
    dangling, outside, lam, conditions, original = got
    frame = outer_frame(ev, dangling, outside, f.env or ev.root)
    if not conditions:
        return Function(lam, frame)

    def call(inner: Evaluator, *args: Value) -> Value:
        base = call_function(inner, Function(original, frame), list(args))
        if base is UNDEFINED or base is UNKNOWN:
            return base
        from derivcheck.semantics.truth import truth

        for c in conditions:
            if truth(inner, c.args[-1], Env(frame, dict(zip(c.bound, args)))) is not True:
                return UNKNOWN
        value = call_function(inner, Function(lam, frame), list(args), bool(inner.analytic))
        return UNKNOWN if value is UNDEFINED else value

    return Closure(call)


@lru_cache(maxsize=2048)
def _function_derivative(
    f: Term, orders: tuple[int, ...]
) -> tuple[tuple[Term, ...], tuple[Term, ...], Term, tuple[Term, ...], Term] | None:
    _, dangling, lam, outside = opened(f, ())
    got = lam_derivative(lam, orders)
    if got is None:
        return None
    return dangling, outside, got[0], tuple(got[1]), lam


@handles("invfun")
def _invfun(ev: Evaluator, t: Term, env: Env) -> Value:
    f = ev.eval(t.args[0], env)
    if isinstance(f, Function) and not any(v.op == "bvar" for v in f.term.free):
        line = affine(f.term) if f.env is None else None
        if line is None:
            line = inverse(f.term)
        if line is not None:
            return Function(line, f.env)
    return UNKNOWN


@lru_cache(maxsize=512)
def affine(f: Term) -> Term | None:
    """The inverse of an affine function of one variable, as a `lam`."""
    from derivcheck.terms import build as b
    from derivcheck.terms.term import open_binder, rebind

    if len(f.bound) != 1 or f.bound[0].sort.kind != "num":
        return None
    (x,), body = open_binder(f)
    slope = derivative(body, x)
    if not slope.complete or slope.conditions or x in slope.term.free:
        return None
    start = substitute(body, {x: b.ZERO})
    return rebind(f, (x,), f.args[:-1], b.div(b.sub(x, start), slope.term))


def exchange_holds(ev: Evaluator, t: Term, env: Env) -> bool:
    """Whether derivative and limit process may be exchanged: the term (an integral, an infinite sum, an expectation) is
    holomorphic in the variable and bounded on a small disc around its value, uniformly in the limit process."""
    inner, variable = t.args[0], t.args[-1]
    if variable.op not in ("sym", "bvar"):
        return False
    at = ev.eval(variable, env)
    if not is_number(at):
        return False
    z = ball(at)
    for bits in (8, 20):
        radius = arb(0, 1) * (arb(1) / (1 << bits))
        disc = Env(env, {variable: acb(z.real + radius, z.imag + radius)})
        before = ev.analytic
        ev.analytic = before | {variable}
        ev.lax += 1
        try:
            if is_number(ev.eval(inner, disc)):
                return True
        finally:
            ev.analytic = before
            ev.lax -= 1
    return False


@handles("int", "intset")
def _int(ev: Evaluator, t: Term, env: Env) -> Value:
    from derivcheck.semantics.quadrature import integral, integral_over

    return integral(ev, t, env) if t.op == "int" else integral_over(ev, t, env)


@handles("lim")
def _lim(ev: Evaluator, t: Term, env: Env) -> Value:
    from derivcheck.semantics.limits import limit

    return limit(ev, t, env)
