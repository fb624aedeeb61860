"""The named distributions: densities and mass functions as terms, supports, moments.

`formula(pdf(dist(…; name), x))` writes the density out as a term (SPEC section 5 fixes the parameters); outside the support it is 0.
`moments(name, params, n)` gives E[X^k] for k = 0 … n where they are rational functions of the parameters, as values.
`support(name)` is `reals`, `positive`, `unit`, `naturals`, `finite`, `interval` or `vector`.
Limits: the multivariate t and the Dirichlet's density are not written out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from flint import fmpq, fmpz

from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics.values import UNDEFINED, UNKNOWN, Marker, Matrix, Value, compare, integer, is_nonreal, is_number
from derivcheck.terms import build as b
from derivcheck.terms.build import HALF, NATURALS, ONE, PI, POSITIVE_INTEGERS, TWO, ZERO
from derivcheck.terms.term import Term, mk, num

SUPPORT = {
    "N": "reals", "Laplace": "reals", "t": "reals", "Ga": "positive", "Exp": "positive", "LogN": "positive", "InvGa": "positive",
    "Beta": "unit", "U": "interval", "Po": "naturals", "NB": "naturals", "Geom": "positive naturals", "Bern": "finite", "Bin": "finite",
    "Cat": "finite", "Dir": "vector",
}  # fmt: skip


def _sq(t: Term) -> Term:
    return b.pow_(t, 2)


def _normal(x: Term, m: Term, s: Term) -> Term:
    if x.sort.kind == "mat":
        # (2π)^{-d/2} det(Σ)^{-1/2} exp(-½ (x-μ)ᵀ Σ⁻¹ (x-μ))
        d = x.sort.rows
        gap = b.sub(x, m)
        if s.sort.kind != "mat":
            s = b.smul(s, b.eye(d))
        quadratic = mk("inner", (gap, b.matmul(b.inv(s), gap)))
        return b.mul(
            b.pow_(b.mul(TWO, PI), b.neg(b.div(d, TWO))),
            b.pow_(b.det(s), num("-1/2")),
            b.exp(b.neg(b.mul(HALF, quadratic))),
        )
    return b.mul(b.div(ONE, b.sqrt(b.mul(TWO, PI, s))), b.exp(b.neg(b.div(_sq(b.sub(x, m)), b.mul(TWO, s)))))


def _on(condition: Term, body: Term) -> Term:
    return b.cases(condition, body, ZERO)


def _positive(x: Term) -> Term:
    return b.rel(x, ">", ZERO)


def _natural(x: Term) -> Term:
    return b.rel(x, "in", NATURALS)


_FORMULAS: dict[str, Callable[..., Term]] = {
    "N": _normal,
    "Exp": lambda x, r: _on(b.rel(x, "≥", ZERO), b.mul(r, b.exp(b.neg(b.mul(r, x))))),
    "Ga": lambda x, a, r: _on(
        _positive(x),
        b.mul(b.div(b.pow_(r, a), b.fn("gamma", a)), b.pow_(x, b.sub(a, ONE)), b.exp(b.neg(b.mul(r, x)))),
    ),
    "InvGa": lambda x, a, r: _on(
        _positive(x),
        b.mul(b.div(b.pow_(r, a), b.fn("gamma", a)), b.pow_(x, b.neg(b.add(a, ONE))), b.exp(b.neg(b.div(r, x)))),
    ),
    "Beta": lambda x, a, c: _on(
        b.and_(_positive(x), b.rel(x, "<", ONE)),
        b.div(b.mul(b.pow_(x, b.sub(a, ONE)), b.pow_(b.sub(ONE, x), b.sub(c, ONE))), b.fn("beta", a, c)),
    ),
    "U": lambda x, a, c: _on(b.and_(b.rel(x, "≥", a), b.rel(x, "≤", c)), b.div(ONE, b.sub(c, a))),
    "Laplace": lambda x, m, s: b.mul(b.div(ONE, b.mul(TWO, s)), b.exp(b.neg(b.div(b.fn("abs", b.sub(x, m)), s)))),
    "LogN": lambda x, m, s: _on(
        _positive(x),
        b.mul(
            b.div(ONE, b.mul(x, b.sqrt(b.mul(TWO, PI, s)))),
            b.exp(b.neg(b.div(_sq(b.sub(b.log(x), m)), b.mul(TWO, s)))),
        ),
    ),
    "Po": lambda x, r: _on(_natural(x), b.div(b.mul(b.pow_(r, x), b.exp(b.neg(r))), b.fn("factorial", x))),
    "NB": lambda x, r, q: _on(
        _natural(x),
        b.mul(
            b.div(b.fn("gamma", b.add(r, x)), b.mul(b.fn("factorial", x), b.fn("gamma", r))),
            b.pow_(q, x),
            b.pow_(b.sub(ONE, q), r),
        ),
    ),
    "Geom": lambda x, p: _on(b.rel(x, "in", POSITIVE_INTEGERS), b.mul(b.pow_(b.sub(ONE, p), b.sub(x, ONE)), p)),
    "Bern": lambda x, p: b.cases(b.eq(x, ONE), p, b.eq(x, ZERO), b.sub(ONE, p), ZERO),
    "Bin": lambda x, n, p: _on(
        b.rel(x, "in", b.int_range(ZERO, n)),
        b.mul(b.fn("binom", n, x), b.pow_(p, x), b.pow_(b.sub(ONE, p), b.sub(n, x))),
    ),
}


@lru_cache(maxsize=2048)
def formula(t: Term) -> Term | None:
    """The density or mass `pdf(D, x)` of a named law D written out as a term; `None` where D is no named law."""
    d = t.args[0]
    if d.op == "lam" and d.sort.kind == "dist" and len(d.bound) == len(t.args) - 1:
        if any(v.op == "bvar" for v in t.free):
            # a bound variable must not be put under the binders of the formula
            return None
        from derivcheck.terms.term import instantiate

        return instantiate(d, t.args[1:])
    if d.op != "dist" or len(t.args) != 2:
        return None
    make = _FORMULAS.get(str(d.data))
    if make is None:
        if d.data == "Cat" and d.args[0].sort.kind == "mat":
            v = d.args[0]
            return _on(b.rel(t.args[1], "in", b.int_range(ONE, v.sort.rows)), b.ventry(v, t.args[1]))
        return None
    if d.data != "N" and (t.args[1].sort.kind != "num" or any(p.sort.kind != "num" for p in d.args)):
        return None
    try:
        return make(t.args[1], *d.args)
    except TypeError:
        return None


def rising(a: Value, k: int) -> Value:
    """a (a+1) … (a+k-1)."""
    got: Value = ar.ONE
    for j in range(k):
        got = ar.mul([got, ar.add([a, fmpq(j)])])
    return got


def moments(name: str, params: list[Value], n: int) -> list[Value] | None:
    """E[X^k] for k = 0 … n; `None` where the law has none of this form."""
    if not all(is_number(p) for p in params):
        return None
    if name == "N":
        m, s = params
        # recurrence E[X^{k+1}] = μ E[X^k] + k σ² E[X^{k-1}]
        out: list[Value] = [ar.ONE, m]
        for k in range(1, n):
            out.append(ar.add([ar.mul([m, out[k]]), ar.mul([fmpq(k), s, out[k - 1]])]))
        return out[: n + 1]
    if name == "Exp":
        return [ar.div(fmpq(fmpz.fac_ui(k)), ar.int_power(params[0], k)) for k in range(n + 1)]
    if name == "Ga":
        return [ar.div(rising(params[0], k), ar.int_power(params[1], k)) for k in range(n + 1)]
    if name == "Beta":
        a, c = params
        return [ar.div(rising(a, k), rising(ar.add([a, c]), k)) for k in range(n + 1)]
    if name == "U":
        a, c = params
        # (c^{k+1} - a^{k+1}) / ((k+1)(c-a)) = Σ a^j c^{k-j} / (k+1)
        return [
            ar.div(ar.add([ar.mul([ar.int_power(a, j), ar.int_power(c, k - j)]) for j in range(k + 1)]), fmpq(k + 1)) for k in range(n + 1)
        ]
    if name == "Laplace":
        m, s = params
        central = [fmpq(fmpz.fac_ui(k)) if k % 2 == 0 else ar.ZERO for k in range(n + 1)]
        return shifted([ar.mul([c, ar.int_power(s, k)]) for k, c in enumerate(central)], m)
    if name in ("Po", "NB", "Geom", "Bin"):
        # factorial moments, then powers by Stirling numbers
        falling: list[Value] = []
        for k in range(n + 1):
            if name == "Po":
                falling.append(ar.int_power(params[0], k))
            elif name == "NB":
                r, q = params
                falling.append(ar.mul([rising(r, k), ar.int_power(ar.div(q, ar.sub(ar.ONE, q)), k)]))
            elif name == "Geom":
                p = params[0]
                one = ar.mul([fmpq(fmpz.fac_ui(k)), ar.int_power(ar.sub(ar.ONE, p), k - 1 if k else 0)])
                falling.append(ar.div(one, ar.int_power(p, k)) if k else ar.ONE)
            else:
                count, p = params
                down: Value = ar.ONE
                for j in range(k):
                    down = ar.mul([down, ar.sub(count, fmpq(j))])
                falling.append(ar.mul([down, ar.int_power(p, k)]))
        return [ar.add([ar.mul([fmpq(fmpz.stirling_s2(k, j)), falling[j]]) for j in range(k + 1)]) for k in range(n + 1)]
    if name == "Bern":
        return [ar.ONE, *[params[0]] * n]
    return None


def shifted(central: list[Value], by: Value) -> list[Value]:
    """Moments of X + by from those of X."""
    import math

    return [
        ar.add([ar.mul([fmpq(math.comb(k, j)), central[j], ar.int_power(by, k - j)]) for j in range(k + 1)]) for k in range(len(central))
    ]


def finite_outcomes(name: str, params: list[Value]) -> list[tuple[Value, Value]] | None:
    """Outcomes with weights of a law with few outcomes."""
    if name == "Bern" and is_number(params[0]):
        return [(ar.ZERO, ar.sub(ar.ONE, params[0])), (ar.ONE, params[0])]
    if name == "Bin":
        n = integer(params[0])
        if n is None or not 0 <= n <= 40 or not is_number(params[1]):
            return None
        import math

        q = ar.sub(ar.ONE, params[1])
        return [(fmpq(k), ar.mul([fmpq(math.comb(n, k)), ar.int_power(params[1], k), ar.int_power(q, n - k)])) for k in range(n + 1)]
    if name == "Cat":
        v = params[0]
        from derivcheck.semantics.values import Family, Matrix

        if isinstance(v, Matrix):
            return [(fmpq(i + 1), e) for i, e in enumerate(v.entries())]
        if isinstance(v, Family):
            return [(fmpq(k[0]), v.members[k]) for k in sorted(v.members)]
    return None


def valid(name: str, params: list[Value]) -> bool:
    """The parameters are known to be admissible."""
    from derivcheck.semantics.evaluate_matrix import definite
    from derivcheck.semantics.values import Matrix, compare

    def positive(v: Value) -> bool:
        return compare(v, ar.ZERO) == 1

    def unit(v: Value) -> bool:
        return compare(v, ar.ZERO) in (0, 1) and compare(v, ar.ONE) in (0, -1)

    if name == "N":
        return definite(params[1], strictly=True) is True if isinstance(params[1], Matrix) else positive(params[1])
    if name in ("Ga", "Beta", "InvGa"):
        return all(positive(p) for p in params)
    if name in ("Exp", "Po"):
        return positive(params[0])
    if name in ("Laplace", "LogN"):
        return positive(params[1])
    if name == "U":
        return compare(params[0], params[1]) == -1
    if name == "Bern":
        return unit(params[0])
    if name == "Bin":
        return integer(params[0]) is not None and unit(params[1])
    if name == "NB":
        return positive(params[0]) and unit(params[1]) and compare(params[1], ar.ONE) == -1
    if name == "Geom":
        return unit(params[0]) and positive(params[0])
    return False


def misfit(name: str, params: list[Value]) -> Marker | None:
    """`UNDEFINED` for a law whose parameters are surely not admissible, `UNKNOWN` where they lie exactly on the border of what is (a variance
    of 0, an empty interval), None for all others."""
    if any(is_number(p) and is_nonreal(p) for p in params):
        return None  # on the way of an analytic function of the parameters
    places: list[int] = []
    if name in ("N", "Laplace", "LogN"):
        if isinstance(params[1], Matrix):
            return None
        places = [compare_with(params[1], ar.ZERO)]
    elif name in ("Ga", "Beta", "InvGa"):
        places = [compare_with(p, ar.ZERO) for p in params]
    elif name == "Exp":
        places = [compare_with(params[0], ar.ZERO)]
    elif name == "Po":
        places = [abs_one(compare_with(params[0], ar.ZERO))]
    elif name == "U":
        places = [compare_with(params[1], params[0])]
    elif name in ("Bern", "Bin", "NB", "Geom"):
        p = params[-1]
        places = [abs_one(compare_with(p, ar.ZERO)), abs_one(compare_with(ar.ONE, p))]
        if name == "NB":
            places += [compare_with(params[0], ar.ZERO), compare_with(ar.ONE, p)]
        if name == "Geom":
            places.append(compare_with(p, ar.ZERO))
        if name == "Bin" and is_number(params[0]):
            n = integer(params[0])
            places.append(-1 if n is None or n < 0 else 1)
    elif name == "Dir" and isinstance(params[0], Matrix):
        places = [compare_with(a, ar.ZERO) for a in params[0].entries()]
    if -1 in places:
        return UNDEFINED
    return UNKNOWN if 0 in places else None


def compare_with(x: Value, y: Value) -> int:
    """The order of two numbers; 1 where it is not known."""
    got = compare(x, y)
    return got if isinstance(got, int) else 1


def abs_one(place: int) -> int:
    """The border counts as inside."""
    return 1 if place == 0 else place
