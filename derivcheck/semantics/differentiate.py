"""Symbolic differentiation of terms by a scalar symbol: the one differentiation of the program.

`differentiate(body, var)` gives a term for d body / d var, for bodies of any sort (matrices entrywise).  It is total: what no rule
covers stays as an unevaluated `deriv`.  `derivative(body, var)` also gives the conditions under which the rules apply at a point:

* `|u|`, `sign`, `floor`, `max`, cases and indicators: the point is no break point (`u ≠ 0`, `u ∉ \\Z`, `a ≠ b`);
* logarithms and powers that are no integer powers: the base is off the cut `(-∞, 0]`;
* infinite sums, integrals, expectations: `opaque` statements whose text starts with `exchange` (limit processes are exchanged);
  their argument is the term that is differentiated;
* expectations, variances, probabilities of random symbols, also those in which the variable does not occur: an `opaque` statement
  `LAW_CONDITION`, since a declared law may depend on the variable without showing it (`X \\sim N(\\mu, 1)` and d/dμ E[X]).

The conditions are open: where they hold, they hold nearby, so the rules may be applied again to the result.  Where they hold and
the result is defined, it is the derivative; where the result is undefined nothing is said (`x|x|` has a derivative at 0).

`var` stands for a real number; `|u|`, `\\Re u` and their kin are differentiated along the real line.  No simplification is made
beyond dropping zero summands, zero factors and factors 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache

from derivcheck.semantics.derivative_terms import looks_real, negated, off_cut, off_rays, plus, scaled, squared, times, zero_of
from derivcheck.semantics.differentiate_matrix import MatrixRules
from derivcheck.terms import build as b
from derivcheck.terms.build import INF, INTEGERS, ONE, PI, TWO, ZERO
from derivcheck.terms.sorts import BOOL
from derivcheck.terms.term import Term, bind, contains_op, fresh, instantiate, mk, num, open_binder, rebind

__all__ = ["LAW_CONDITION", "RANDOM_SCOPES", "Derivative", "by_entry", "derivative", "differentiate", "lam_derivative", "looks_real"]

LAW_CONDITION = "the laws of the random symbols do not depend on the variable"
RANDOM_SCOPES = frozenset("E Var Cov Pr entropyrv MI law".split())


class Derivative:
    """A derivative with its conditions; `complete` says that no unevaluated derivative was left."""

    __slots__ = ("complete", "conditions", "term")

    def __init__(self, term: Term, conditions: tuple[Term, ...], complete: bool) -> None:
        self.term = term
        self.conditions = conditions
        self.complete = complete


def differentiate(body: Term, var: Term) -> Term:
    """d body / d var as a term; what no rule covers stays an unevaluated `deriv`."""
    return derivative(body, var).term


@lru_cache(maxsize=4096)
def derivative(body: Term, var: Term) -> Derivative:
    """d body / d var with the conditions under which it holds at a point."""
    work = _Differentiator(var)
    got = work.d(body)
    if contains_op(body, *RANDOM_SCOPES):
        work.require(mk("opaque", (body, var), LAW_CONDITION, BOOL))
    return Derivative(got if got is not None else zero_of(body.sort), tuple(dict.fromkeys(work.conditions)), not work.stuck)


class _Differentiator(MatrixRules):
    def __init__(self, var: Term) -> None:
        self.var = var
        self.memo: dict[Term, tuple[Term | None, list[Term]]] = {}
        self.conditions: list[Term] = []
        self.stuck = False

    def d(self, t: Term) -> Term | None:
        """The derivative of t; `None` where it is zero."""
        if t is self.var:
            return ONE
        if self.var not in t.free:
            return None
        known = self.memo.get(t)
        if known is None:
            rule = getattr(self, "d_" + t.op, self.leave)
            # a subterm's conditions are kept with it: it may stand in several branches of a case distinction
            outer, self.conditions = self.conditions, []
            known = rule(t), list(dict.fromkeys(self.conditions))
            self.conditions = outer
            self.memo[t] = known
        self.conditions += known[1]
        return known[0]

    def leave(self, t: Term) -> Term:
        """No rule: the derivative stays as it stands."""
        self.stuck = True
        return b.deriv(self.var, t)

    def require(self, *conditions: Term) -> None:
        self.conditions += conditions

    def nested(self, t: Term, symbols: Iterable[Term]) -> tuple[Term | None, list[Term]]:
        """The derivative of a binder's opened body, with its own list of conditions."""
        outer, self.conditions = self.conditions, []
        try:
            got = self.d(t)
            return got, self.conditions
        finally:
            self.conditions = outer

    # scalar arithmetic

    def d_add(self, t: Term) -> Term | None:
        return plus(*(self.d(a) for a in t.args))

    def d_neg(self, t: Term) -> Term | None:
        return negated(self.d(t.args[0]))

    def d_mul(self, t: Term) -> Term | None:
        parts = []
        for i, a in enumerate(t.args):
            da = self.d(a)
            if da is not None:
                parts.append(times(*t.args[:i], da, *t.args[i + 1 :]))
        return plus(*parts)

    def d_div(self, t: Term) -> Term | None:
        a, c = t.args
        da, dc = self.d(a), self.d(c)
        first = b.div(da, c) if da is not None else None
        if dc is None:
            return first
        second = b.div(times(a, dc), squared(c))  # type: ignore[arg-type]
        return plus(first, b.neg(second))

    def d_pow(self, t: Term) -> Term | None:
        a, e = t.args
        da, de = self.d(a), self.d(e)
        if de is None:
            if da is None:
                return None
            if e.op == "num":
                n: Fraction = e.data
                if n == 0:
                    return None
                if n == 1:
                    return da
                if n.denominator != 1:
                    self.require(off_cut(a))
                lower = a if n == 2 else b.pow_(a, n - 1)
                return times(e, lower, da)
            self.require(b.or_(b.rel(e, "in", INTEGERS), off_cut(a)))
            return times(e, b.pow_(a, b.add(e, num(-1))), da)
        if da is None:
            if a.op == "const" and a.data == "e":
                return times(t, de)
            self.require(b.rel(a, "≠", ZERO))
            return times(t, b.log(a), de)
        self.require(off_cut(a))
        return times(t, plus(times(de, b.log(a)), b.div(times(e, da), a)))  # type: ignore[arg-type]

    def d_oddroot(self, t: Term) -> Term | None:
        a, n = t.args[0], int(t.data)
        self.require(b.rel(a, "≠", ZERO), b.or_(b.rel(a, "in", b.REALS), off_cut(a)))
        da = self.d(a)
        if not looks_real(a):
            return self.leave(t)
        return None if da is None else b.div(da, times(num(n), b.pow_(t, n - 1)))  # type: ignore[arg-type]

    def d_fn(self, t: Term) -> Term | None:
        name, args = str(t.data), t.args
        if len(args) == 1:
            u = args[0]
            du = self.d(u)
            if du is None:
                return None
            outer = self.outer(name, u, du, t)
            return outer
        if name in ("max", "min"):
            return self.extremum(name, args, t)
        if name == "beta":
            x, y = args
            psi = b.fn("digamma", b.add(x, y))
            return times(
                t,
                plus(
                    times(b.sub(b.fn("digamma", x), psi), self.d(x)),
                    times(b.sub(b.fn("digamma", y), psi), self.d(y)),
                ),
            )
        if name == "polygamma" and self.d(args[0]) is None:
            return times(b.fn("polygamma", b.add(args[0], ONE), args[1]), self.d(args[1]))
        if name == "mod" and looks_real(t.args[0]) and looks_real(t.args[1]):
            ratio = b.div(*args)
            self.require(b.rel(ratio, "notin", INTEGERS))
            return plus(self.d(args[0]), negated(times(b.fn("floor", ratio), self.d(args[1]))))
        return self.leave(t)

    def outer(self, name: str, u: Term, du: Term, t: Term) -> Term | None:
        """The chain rule for a function of one argument."""
        f = b.fn
        if name == "exp":
            return times(t, du)
        if name == "log":
            self.require(off_cut(u))
            return b.div(du, u)
        if name in ("arcsin", "arccos", "arctanh"):
            self.require(off_rays(u))
        if name in ("arccosh",):
            self.require(b.rel(u, "notin", b.interval(b.neg(INF), ONE, "(]")))
        if name in ("arccot", "arcsec", "arccsc", "arccoth", "arcsech", "arccsch"):
            inner = {"arccot": "arctan", "arcsec": "arccos", "arccsc": "arcsin", "arccoth": "arctanh", "arcsech": "arccosh", "arccsch": "arcsinh"}
            return self.d(f(inner[name], b.div(ONE, u)))
        one_minus, one_plus = b.sub(ONE, squared(u)), b.add(ONE, squared(u))
        simple: dict[str, Term] = {
            "sin": f("cos", u),
            "cos": b.neg(f("sin", u)),
            "tan": b.add(ONE, squared(f("tan", u))),
            "cot": b.neg(b.add(ONE, squared(f("cot", u)))),
            "sec": b.mul(f("sec", u), f("tan", u)),
            "csc": b.neg(b.mul(f("csc", u), f("cot", u))),
            "sinh": f("cosh", u),
            "cosh": f("sinh", u),
            "tanh": b.sub(ONE, squared(f("tanh", u))),
            "coth": b.sub(ONE, squared(f("coth", u))),
            "sech": b.neg(b.mul(f("sech", u), f("tanh", u))),
            "csch": b.neg(b.mul(f("csch", u), f("coth", u))),
            "arcsin": b.div(ONE, b.sqrt(one_minus)),
            "arccos": b.neg(b.div(ONE, b.sqrt(one_minus))),
            "arctan": b.div(ONE, one_plus),
            "arcsinh": b.div(ONE, b.sqrt(one_plus)),
            "arccosh": b.div(ONE, b.mul(b.sqrt(b.sub(u, ONE)), b.sqrt(b.add(u, ONE)))),
            "arctanh": b.div(ONE, one_minus),
            "erf": b.mul(b.div(TWO, b.sqrt(PI)), b.exp(b.neg(squared(u)))),
            "erfc": b.neg(b.mul(b.div(TWO, b.sqrt(PI)), b.exp(b.neg(squared(u))))),
            "gamma": b.mul(t, f("digamma", u)),
            "loggamma": f("digamma", u),
            "digamma": f("polygamma", ONE, u),
            "factorial": b.mul(t, f("digamma", b.add(u, ONE))),
        }
        if name in simple:
            return times(simple[name], du)
        if name == "re":
            return f("re", du)
        if name == "im":
            return f("im", du)
        if name == "conj":
            return f("conj", du)
        if name == "arg":
            self.require(off_cut(u))
            return f("im", b.div(du, u))
        if name == "abs":
            self.require(b.rel(u, "≠", ZERO))
            if looks_real(u):
                return times(f("sign", u), du)
            return b.div(f("re", b.mul(f("conj", u), du)), t)
        if name == "sign" and looks_real(u):
            self.require(b.rel(u, "≠", ZERO))
            return None
        if name in ("floor", "ceil") and looks_real(u):
            self.require(b.rel(u, "notin", INTEGERS))
            return None
        return self.leave(t)

    def extremum(self, name: str, args: tuple[Term, ...], t: Term) -> Term | None:
        if len(args) == 1:
            return self.d(args[0])
        r = "≥" if name == "max" else "≤"
        parts: list[Term] = []
        for i, a in enumerate(args):
            for c in args[i + 1 :]:
                if a is not c and (self.var in a.free or self.var in c.free):
                    self.require(b.rel(a, "≠", c))
            if i < len(args) - 1:
                parts.append(b.and_(*(b.rel(a, r, c) for j, c in enumerate(args) if j != i)))
            parts.append(self.d(a) or ZERO)
        return b.cases(*parts)

    # functions

    def d_apply(self, t: Term) -> Term | None:
        f, args = t.args[0], t.args[1:]
        if f.op == "lam":
            return self.d(instantiate(f, args))
        if f.op == "dfun" and f.args[0].op == "lam":
            inner = lam_derivative(f.args[0], f.data)
            if inner is not None:
                self.require(*(instantiate(c, args) for c in inner[1]))
                return self.d(instantiate(inner[0], args))
        if self.var in f.free:
            return self.leave(t)
        parts: list[Term | None] = []
        for i, a in enumerate(args):
            da = self.d(a)
            if da is None:
                continue
            if a.sort.kind == "num":
                parts.append(scaled_by(da, apply_derivative(f, i, args)))
            elif a.sort.is_vector:
                w = fresh("w", a.sort)
                at = b.apply(f, *args[:i], w, *args[i + 1 :])
                if t.sort.kind == "num":
                    parts.append(mk("inner", (b.grad(w, at, a), da)))
                elif t.sort.is_vector:
                    parts.append(b.matmul(b.jac(w, at, a), da))
                else:
                    return self.leave(t)
            else:
                return self.leave(t)
        return plus(*parts)

    def d_idx(self, t: Term) -> Term | None:
        return self.leave(t)

    def d_pdf(self, t: Term) -> Term | None:
        from derivcheck.semantics.densities import formula

        got = formula(t)
        return self.d(got) if got is not None else self.leave(t)

    # big operators

    def d_sum(self, t: Term) -> Term | None:
        lo, hi = t.args[0], t.args[1]
        if self.var in lo.free or self.var in hi.free:
            return self.leave(t)
        symbols, body = open_binder(t)
        got, conditions = self.nested(body, symbols)
        self.quantify(symbols, b.int_range(lo, hi), conditions)
        if contains_op(lo, "const") or contains_op(hi, "const"):
            self.require(mk("opaque", (t, self.var), "exchange of derivative and infinite sum", BOOL))
        return None if got is None else rebind(t, symbols, (lo, hi), got)

    def quantify(self, symbols: tuple[Term, ...], domain: Term, conditions: list[Term]) -> None:
        for c in dict.fromkeys(conditions):
            if c.free.isdisjoint(symbols):
                self.require(c)
            else:
                self.require(bind("forall", symbols, (domain,) * len(symbols), c, None, BOOL))

    def d_sumset(self, t: Term) -> Term | None:
        if self.var in t.args[0].free:
            return self.leave(t)
        symbols, body = open_binder(t)
        got, conditions = self.nested(body, symbols)
        self.quantify(symbols, t.args[0], conditions)
        if t.args[0].op not in ("range", "finset"):
            self.require(mk("opaque", (t, self.var), "exchange of derivative and sum", BOOL))
        return None if got is None else rebind(t, symbols, t.args[:1], got)

    def d_prod(self, t: Term) -> Term | None:
        lo, hi = t.args[0], t.args[1]
        if self.var in lo.free or self.var in hi.free or contains_op(lo, "const") or contains_op(hi, "const"):
            return self.leave(t)
        (k,), body = open_binder(t)
        got, conditions = self.nested(body, (k,))
        self.quantify((k,), b.int_range(lo, hi), conditions)
        if got is None:
            return None
        j = fresh("j")
        from derivcheck.terms.term import substitute

        others = b.big("prod", j, lo, hi, b.cases(b.rel(j, "≠", k), substitute(body, {k: j}), ONE))
        return b.sum_(k, lo, hi, times(got, others))  # type: ignore[arg-type]

    def d_int(self, t: Term) -> Term | None:
        lo, hi = t.args[0], t.args[1]
        dlo, dhi = self.d(lo), self.d(hi)
        (x,), body = open_binder(t)
        got, _ = self.nested(body, (x,))
        parts = [
            times(instantiate(t, (hi,)), dhi),
            negated(times(instantiate(t, (lo,)), dlo)),
            rebind(t, (x,), (lo, hi), got) if got is not None else None,
        ]
        self.require(mk("opaque", (t, self.var), "exchange of derivative and integral", BOOL))
        return plus(*parts)

    def d_intset(self, t: Term) -> Term | None:
        if self.var in t.args[0].free:
            return self.leave(t)
        symbols, body = open_binder(t)
        got, _ = self.nested(body, symbols)
        self.require(mk("opaque", (t, self.var), "exchange of derivative and integral", BOOL))
        return None if got is None else rebind(t, symbols, t.args[:1], got)

    def d_antideriv(self, t: Term) -> Term | None:
        point, body = t.args
        if self.var in body.free:
            return self.leave(t)
        return times(instantiate(t, (point,)), self.d(point))

    def d_deriv(self, t: Term) -> Term | None:
        (y,), body = open_binder(t)
        order = int(t.data)
        inner, complete = body, True
        conditions: list[Term] = []
        for _ in range(order):
            step = derivative(inner, y)
            inner, complete = step.term, complete and step.complete
            conditions += step.conditions
        from derivcheck.terms.term import substitute

        if not complete:
            return self.leave(t)
        at = {y: t.args[0]}
        self.require(*(substitute(c, at) for c in conditions))
        return self.d(substitute(inner, at))

    def d_nderiv(self, t: Term) -> Term | None:
        # the derivative of order n + 1 is the derivative of that of order n
        point, order, body = t.args
        if self.var in order.free or self.var in body.free:
            return self.leave(t)
        return times(mk("nderiv", (point, b.add(order, b.ONE), body), None, t.sort, t.bound), self.d(point))

    def d_E(self, t: Term) -> Term | None:
        if any(self.var in a.free for a in t.args[1:]):
            return self.leave(t)
        got = self.d(t.args[0])
        self.require(mk("opaque", (t, self.var), "exchange of derivative and expectation", BOOL))
        return None if got is None else mk("E", (got, *t.args[1:]), t.data, t.sort)

    def d_Eover(self, t: Term) -> Term | None:
        if self.var in t.args[0].free:
            return self.leave(t)
        symbols, body = open_binder(t)
        got, _ = self.nested(body, symbols)
        self.require(mk("opaque", (t, self.var), "exchange of derivative and expectation", BOOL))
        return None if got is None else rebind(t, symbols, t.args[:1], got)

    # piecewise

    def d_cases(self, t: Term) -> Term | None:
        pairs, default = (t.args, None) if len(t.args) % 2 == 0 else (t.args[:-1], t.args[-1])
        parts: list[Term] = []
        guarded: list[Term] = []
        some = False
        for i in range(0, len(pairs), 2):
            self.boundary(pairs[i])
            got, conditions = self.nested(pairs[i + 1], ())
            parts += [pairs[i], got if got is not None else zero_of(t.sort)]
            guarded += [pairs[i], b.and_(*dict.fromkeys(conditions))]
            some = some or bool(conditions)
        if default is not None:
            got, conditions = self.nested(default, ())
            parts.append(got if got is not None else zero_of(t.sort))
            guarded.append(b.and_(*dict.fromkeys(conditions)))
            some = some or bool(conditions)
        if some:
            self.require(mk("cases", guarded, None, BOOL))
        return b.cases(*parts)

    def boundary(self, p: Term) -> None:
        """Require that the truth of p does not change near the point."""
        if self.var not in p.free:
            return
        if p.op in ("and", "or", "not", "implies", "iff"):
            for a in p.args:
                self.boundary(a)
        elif p.op == "rel" and p.data in ("<", "≤", ">", "≥", "=", "≠") and all(a.sort.kind == "num" for a in p.args):
            self.require(b.rel(p.args[0], "≠", p.args[1]))
        elif p.op == "rel" and p.data in ("in", "notin") and self.var not in p.args[1].free:
            self.set_boundary(p.args[0], p.args[1])
        else:
            self.require(mk("opaque", (p, self.var), "a boundary that is not understood", BOOL))

    def set_boundary(self, x: Term, s: Term) -> None:
        if s.op == "interval":
            for end in s.args:
                if not contains_op(end, "const") or INF not in (end, *end.args):
                    self.require(b.rel(x, "≠", end))
        elif s.op == "finset":
            self.require(*(b.rel(x, "≠", a) for a in s.args))
        elif s.op in ("union", "inter", "setminus"):
            for a in s.args:
                self.set_boundary(x, a)
        elif s.op == "set" and s.data in ("Rpos", "Rnn", "Rneg"):
            self.require(b.rel(x, "≠", ZERO))
        elif s.op == "set" and s.data in ("N", "Npos", "Z"):
            self.require(b.rel(x, "notin", INTEGERS))
        elif not (s.op == "set" and s.data in ("R", "empty")):
            self.require(mk("opaque", (x, s, self.var), "a boundary that is not understood", BOOL))

    def d_ind(self, t: Term) -> Term | None:
        self.boundary(t.args[0])
        return None


def scaled_by(s: Term, a: Term) -> Term:
    """`a` (scalar or matrix) times the scalar s."""
    got = scaled(s, a) if a.sort.kind == "mat" else times(a, s)
    assert got is not None
    return got


def apply_derivative(f: Term, i: int, args: tuple[Term, ...]) -> Term:
    """The partial derivative of f by its i-th argument, at args."""
    if f.op == "invfun":
        inner = f.args[0]
        return b.div(ONE, b.apply(b.dfun(inner, (1,)), b.apply(f, *args)))
    orders = [0] * len(args)
    base = f
    if f.op == "dfun":
        base = f.args[0]
        orders = list(f.data)
    orders[i] += 1
    return b.apply(b.dfun(base, tuple(orders)), *args)


def lam_derivative(f: Term, orders: tuple[int, ...]) -> tuple[Term, list[Term]] | None:
    """The partial derivative of a `lam` as a `lam`, with its conditions as `lam`s of sort bool; `None` where a rule is missing."""
    if any(v.sort.kind != "num" for v in f.bound):
        return None
    symbols, body = open_binder(f)
    conditions: list[Term] = []
    for s, n in zip(symbols, orders):
        for _ in range(n):
            got = derivative(body, s)
            if not got.complete:
                return None
            conditions += got.conditions
            body = got.term
    domains = f.args[:-1]
    return (
        rebind(f, symbols, domains, body),
        [bind("lam", symbols, domains, c, None, f.sort) for c in dict.fromkeys(conditions)],
    )


def by_entry(body: Term, variable: Term, m: int, n: int) -> tuple[list[list[Term]], Term]:
    """`body` with a matrix symbol spelt out as an m×n `bmat` of fresh scalars: (the scalars, the new body)."""
    from derivcheck.terms.term import substitute

    scalars = [[fresh(f"x_{{{i + 1}{j + 1}}}") for j in range(n)] for i in range(m)]
    spelt = mk("bmat", tuple(s for row in scalars for s in row), (m, n), variable.sort)
    return scalars, substitute(body, {variable: spelt})
