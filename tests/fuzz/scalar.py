"""Random scalar equations from true and subtly false laws; mpmath says which are true.

Trees are nested tuples `(op, children...)`, numbers are `("n", Fraction)`, symbols `("s", name)`.
"""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import mpmath as mp  # type: ignore[import-untyped]

Tree = tuple[Any, ...]


class Undefined(Exception):
    """The tree has no value here."""


def n(value: int | Fraction) -> Tree:
    return ("n", Fraction(value))


X, Y, Z = ("v", 0), ("v", 1), ("v", 2)


def add(*a: Tree) -> Tree:
    return ("add", *a)


def mul(*a: Tree) -> Tree:
    return ("mul", *a)


def neg(a: Tree) -> Tree:
    return ("neg", a)


def sub(a: Tree, b: Tree) -> Tree:
    return ("add", a, ("neg", b))


def div(a: Tree, b: Tree) -> Tree:
    return ("div", a, b)


def pw(a: Tree, b: Tree | int) -> Tree:
    return ("pow", a, n(b) if isinstance(b, int) else b)


def f(name: str, *a: Tree) -> Tree:
    return ("f", name, *a)


def sqrt(a: Tree) -> Tree:
    return ("sqrt", a)


PI, E = ("pi",), ("e",)
I = ("i",)
ONE, TWO, HALF = n(1), n(2), n(Fraction(1, 2))

PLAIN = {
    "exp", "log", "sin", "cos", "tan", "arctan", "arcsin", "arccos", "sinh", "cosh", "tanh", "cot", "sec", "csc", "coth",
}  # fmt: skip


def latex(t: Tree) -> str:
    op = t[0]
    if op == "n":
        q = t[1]
        if q.denominator == 1:
            return str(q) if q >= 0 else f"({q})"
        return rf"\frac{{{q.numerator}}}{{{q.denominator}}}" if q >= 0 else rf"(-\frac{{{-q.numerator}}}{{{q.denominator}}})"
    if op == "s":
        return str(t[1])
    if op in ("pi", "e", "i"):
        return {"pi": r"\pi", "e": "e", "i": "i"}[op]
    c = [latex(a) for a in t[1:] if isinstance(a, tuple)]
    if op == "add":
        return "(" + " + ".join(c) + ")"
    if op == "mul":
        return r" \cdot ".join(c)
    if op == "neg":
        return f"(-{c[0]})"
    if op == "div":
        return rf"\frac{{{c[0]}}}{{{c[1]}}}"
    if op == "pow":
        base = c[0] if t[1][0] in ("s", "add", "neg", "e", "pi", "i") else f"({c[0]})"
        bare = c[1][1:-1] if t[2][0] in ("add", "neg", "n") and c[1].startswith("(") else c[1]  # x^{(n)} would be a label
        return f"{base}^{{{bare}}}"
    if op == "sqrt":
        return rf"\sqrt{{{c[0]}}}"
    if op == "cbrt":
        return rf"\sqrt[3]{{{c[0]}}}"
    if op == "cases":
        return rf"\begin{{cases}} {c[1]} & {c[0]} > 0 \\ {c[2]} & \text{{otherwise}} \end{{cases}}"
    if op == "ind":
        return rf"\mathbb{{1}}[{c[0]} {t[2]} {c[1]}]"
    name = t[1]
    if name in PLAIN:
        return rf"\{name}({c[0]})"
    if name in ("max", "min"):
        return rf"\{name}({', '.join(c)})"
    forms = {"abs": r"|{}|", "floor": r"\lfloor {} \rfloor", "ceil": r"\lceil {} \rceil", "sign": r"\operatorname{{sign}}({})",
             "gamma": r"\Gamma({})", "erf": r"\operatorname{{erf}}({})", "re": r"\Re({})", "im": r"\Im({})", "conj": r"\overline{{{}}}",
             "arg": r"\arg({})", "factorial": r"({})!", "binom": r"\binom{{{}}}{{{}}}", "arctanh": r"\operatorname{{arctanh}}({})",
             "arcsinh": r"\operatorname{{arcsinh}}({})", "arccosh": r"\operatorname{{arccosh}}({})",
             "arccot": r"\operatorname{{arccot}}({})", "digamma": r"\psi({})"}  # fmt: skip
    return forms[name].format(*c)


def chop(v: Any) -> Any:
    """Rounding noise across a cut is not a value: tiny parts are zero."""
    if not mp.isfinite(v):
        raise Undefined
    eps = mp.mpf(10) ** (-mp.mp.dps + 8)
    if isinstance(v, mp.mpc):
        if abs(v.imag) < eps * max(1, abs(v)):
            v = v.real
        elif abs(v.real) < eps * max(1, abs(v)):
            v = mp.mpc(0, v.imag)
    if isinstance(v, mp.mpf):
        k = mp.nint(v)
        if v != k and abs(v - k) < eps:
            v = k
    return v


def evaluate(t: Tree, at: dict[str, Any]) -> Any:
    try:
        return chop(_value(t, at))
    except (ZeroDivisionError, ValueError, OverflowError, mp.libmp.NoConvergence):
        raise Undefined from None


def real(v: Any) -> Any:
    if isinstance(v, mp.mpc):
        raise Undefined
    return v


def _value(t: Tree, at: dict[str, Any]) -> Any:
    op = t[0]
    if op == "n":
        return mp.mpf(t[1].numerator) / t[1].denominator
    if op == "s":
        v = at[t[1]]
        if isinstance(v, Fraction):
            return mp.mpf(v.numerator) / v.denominator
        return v if not isinstance(v, tuple) else mp.mpc(_value(("n", v[0]), at), _value(("n", v[1]), at))
    if op == "pi":
        return +mp.pi
    if op == "e":
        return +mp.e
    if op == "i":
        return mp.mpc(0, 1)
    if op == "cases":
        return evaluate(t[2], at) if real(evaluate(t[1], at)) > 0 else evaluate(t[3], at)
    if op == "ind":
        a, b = evaluate(t[1], at), evaluate(t[3], at)
        if t[2] in ("=", r"\ne"):
            return mp.mpf((a == b) == (t[2] == "="))
        a, b = real(a), real(b)
        return mp.mpf({"<": a < b, r"\le": a <= b, ">": a > b, r"\ge": a >= b}[t[2]])
    c = [evaluate(a, at) for a in t[1:] if isinstance(a, tuple)]
    if any(abs(v) > 1e30 for v in c) and op not in ("add", "mul", "neg", "div"):
        raise Undefined
    if op == "add":
        return sum(c)
    if op == "mul":
        r = mp.mpf(1)
        for v in c:
            r *= v
        return r
    if op == "neg":
        return -c[0]
    if op == "div":
        if c[1] == 0 or abs(c[1]) < 1e-20:
            raise Undefined
        return c[0] / c[1]
    if op == "sqrt":
        return mp.sqrt(c[0])
    if op == "cbrt":
        return mp.cbrt(c[0]) if isinstance(c[0], mp.mpc) or c[0] >= 0 else -mp.cbrt(-c[0])
    if op == "pow":
        return power(c[0], c[1])
    return function(t[1], c)


def power(a: Any, b: Any) -> Any:
    whole = isinstance(b, mp.mpf) and b == mp.nint(b)
    if a == 0:
        if b == 0:
            if whole:
                return mp.mpf(1)
            raise Undefined
        if mp.re(b) <= 0:
            raise Undefined
        if isinstance(b, mp.mpc):
            raise Undefined
        return mp.mpf(0)
    if whole and abs(b) < 1000:
        return a ** int(b)
    return mp.exp(b * mp.log(a))


def function(name: str, c: list[Any]) -> Any:
    a = c[0]
    if name in ("floor", "ceil", "max", "min"):
        c = [real(v) for v in c]
    table = {"exp": mp.exp, "sin": mp.sin, "cos": mp.cos, "arctan": mp.atan, "arcsin": mp.asin, "arccos": mp.acos,
             "sinh": mp.sinh, "cosh": mp.cosh, "tanh": mp.tanh, "abs": abs, "floor": mp.floor, "ceil": mp.ceil, "sign": lambda z: z / abs(z) if z else z, "erf": mp.erf,
             "re": mp.re, "im": mp.im, "conj": mp.conj, "arcsinh": mp.asinh, "arctanh": mp.atanh, "arccosh": mp.acosh}  # fmt: skip
    if name in ("max", "min"):
        return max(c) if name == "max" else min(c)
    if name == "log":
        if a == 0:
            raise Undefined
        return mp.log(a)
    if name == "arg":
        if a == 0:
            raise Undefined
        return mp.arg(a)
    if name in ("tan", "sec"):
        d = chop(mp.cos(a))
        if d == 0:
            raise Undefined
        return mp.sin(a) / d if name == "tan" else 1 / d
    if name in ("cot", "csc"):
        d = chop(mp.sin(a))
        if d == 0:
            raise Undefined
        return mp.cos(a) / d if name == "cot" else 1 / d
    if name == "coth":
        return mp.cosh(a) / mp.sinh(a)
    if name == "arccot":
        if a == 0:
            raise Undefined
        return mp.atan(1 / a)
    if name in ("gamma", "factorial", "digamma"):
        p = a + 1 if name == "factorial" else a
        if isinstance(p, mp.mpf) and p <= 0 and p == mp.floor(p):
            raise Undefined
        if abs(p) > 60:
            raise Undefined
        return mp.digamma(p) if name == "digamma" else mp.gamma(p)
    if name == "binom":
        if any(isinstance(v, mp.mpc) or v != mp.floor(v) for v in c) or c[0] < 0:
            raise Undefined
        return mp.binomial(c[0], c[1]) if 0 <= c[1] <= c[0] else mp.mpf(0)
    return table[name](a)


# Laws: A = B, true everywhere, sometimes or never.
LAWS: list[tuple[Tree, Tree]] = [
    (f("log", mul(X, Y)), add(f("log", X), f("log", Y))),
    (f("log", div(X, Y)), sub(f("log", X), f("log", Y))),
    (f("log", pw(X, 2)), mul(TWO, f("log", X))),
    (f("log", pw(X, 2)), mul(TWO, f("log", f("abs", X)))),
    (f("log", pw(X, 3)), mul(n(3), f("log", X))),
    (f("log", sqrt(X)), mul(HALF, f("log", X))),
    (f("log", pw(X, Y)), mul(Y, f("log", X))),
    (f("log", f("exp", X)), X),
    (f("exp", f("log", X)), X),
    (f("log", div(ONE, X)), neg(f("log", X))),
    (f("log", neg(X)), add(f("log", X), mul(PI, I))),
    (pw(mul(X, Y), HALF), mul(pw(X, HALF), pw(Y, HALF))),
    (sqrt(mul(X, Y)), mul(sqrt(X), sqrt(Y))),
    (sqrt(div(X, Y)), div(sqrt(X), sqrt(Y))),
    (sqrt(div(ONE, X)), div(ONE, sqrt(X))),
    (sqrt(pw(X, 2)), X),
    (sqrt(pw(X, 2)), f("abs", X)),
    (pw(sqrt(X), 2), X),
    (pw(sqrt(X), 2), f("abs", X)),
    (sqrt(pw(X, 4)), pw(X, 2)),
    (sqrt(pw(X, 3)), mul(X, sqrt(X))),
    (sqrt(pw(X, 2)), pw(sqrt(X), 2)),
    (sqrt(neg(X)), mul(I, sqrt(X))),
    (pw(pw(X, Y), TWO), pw(X, mul(TWO, Y))),
    (pw(pw(X, TWO), Y), pw(X, mul(TWO, Y))),
    (pw(pw(X, Y), Z), pw(X, mul(Y, Z))),
    (pw(X, add(Y, Z)), mul(pw(X, Y), pw(X, Z))),
    (pw(mul(X, Y), Z), mul(pw(X, Z), pw(Y, Z))),
    (pw(div(X, Y), Z), div(pw(X, Z), pw(Y, Z))),
    (pw(X, neg(Y)), div(ONE, pw(X, Y))),
    (pw(f("exp", X), Y), f("exp", mul(X, Y))),
    (f("exp", mul(TWO, X)), pw(f("exp", X), 2)),
    (f("exp", add(X, Y)), mul(f("exp", X), f("exp", Y))),
    (f("exp", mul(Y, f("log", X))), pw(X, Y)),
    (("cbrt", pw(X, 3)), X),
    (("cbrt", mul(X, Y)), mul(("cbrt", X), ("cbrt", Y))),
    (("cbrt", X), pw(X, n(Fraction(1, 3)))),
    (("cbrt", neg(X)), neg(("cbrt", X))),
    (pw(("cbrt", X), 2), ("cbrt", pw(X, 2))),
    (pw(pw(X, 2), n(Fraction(1, 3))), pw(pw(X, n(Fraction(1, 3))), 2)),
    (("cbrt", sqrt(X)), pw(X, n(Fraction(1, 6)))),
    (f("arctan", f("tan", X)), X),
    (f("tan", f("arctan", X)), X),
    (f("arcsin", f("sin", X)), X),
    (f("sin", f("arcsin", X)), X),
    (f("arccos", f("cos", X)), X),
    (f("arccos", f("cos", X)), f("abs", X)),
    (f("cos", f("arccos", X)), X),
    (f("cos", f("arcsin", X)), sqrt(sub(ONE, pw(X, 2)))),
    (f("sin", f("arccos", X)), sqrt(sub(ONE, pw(X, 2)))),
    (f("tan", f("arcsin", X)), div(X, sqrt(sub(ONE, pw(X, 2))))),
    (f("cos", f("arctan", X)), div(ONE, sqrt(add(ONE, pw(X, 2))))),
    (f("sin", f("arctan", X)), div(X, sqrt(add(ONE, pw(X, 2))))),
    (add(f("arctan", X), f("arctan", div(ONE, X))), div(PI, TWO)),
    (add(f("arctan", X), f("arctan", Y)), f("arctan", div(add(X, Y), sub(ONE, mul(X, Y))))),
    (add(f("arcsin", X), f("arccos", X)), div(PI, TWO)),
    (f("arctan", X), f("arcsin", div(X, sqrt(add(ONE, pw(X, 2)))))),
    (f("arccos", neg(X)), sub(PI, f("arccos", X))),
    (f("arctan", neg(X)), neg(f("arctan", X))),
    (f("arccot", X), sub(div(PI, TWO), f("arctan", X))),
    (f("arccot", neg(X)), neg(f("arccot", X))),
    (f("arcsinh", X), f("log", add(X, sqrt(add(pw(X, 2), ONE))))),
    (f("arccosh", X), f("log", add(X, sqrt(sub(pw(X, 2), ONE))))),
    (f("arccosh", f("cosh", X)), X),
    (f("arccosh", f("cosh", X)), f("abs", X)),
    (f("arcsinh", f("sinh", X)), X),
    (f("arctanh", f("tanh", X)), X),
    (f("arctanh", X), mul(HALF, f("log", div(add(ONE, X), sub(ONE, X))))),
    (f("arctanh", X), mul(HALF, sub(f("log", add(ONE, X)), f("log", sub(ONE, X))))),
    (sqrt(sub(ONE, pw(f("sin", X), 2))), f("cos", X)),
    (sqrt(sub(ONE, pw(f("sin", X), 2))), f("abs", f("cos", X))),
    (add(pw(f("sin", X), 2), pw(f("cos", X), 2)), ONE),
    (f("sin", mul(TWO, X)), mul(TWO, f("sin", X), f("cos", X))),
    (f("cos", mul(TWO, X)), sub(ONE, mul(TWO, pw(f("sin", X), 2)))),
    (f("sin", add(X, Y)), add(mul(f("sin", X), f("cos", Y)), mul(f("cos", X), f("sin", Y)))),
    (f("sin", add(X, PI)), neg(f("sin", X))),
    (f("cos", sub(X, div(PI, TWO))), f("sin", X)),
    (f("cos", mul(PI, X)), pw(n(-1), X)),
    (f("sin", mul(PI, X)), n(0)),
    (f("tan", div(X, TWO)), div(f("sin", X), add(ONE, f("cos", X)))),
    (f("tan", div(X, TWO)), div(sub(ONE, f("cos", X)), f("sin", X))),
    (mul(f("tan", X), f("cos", X)), f("sin", X)),
    (mul(f("cot", X), f("tan", X)), ONE),
    (sub(pw(f("cosh", X), 2), pw(f("sinh", X), 2)), ONE),
    (f("tanh", X), div(sub(f("exp", mul(TWO, X)), ONE), add(f("exp", mul(TWO, X)), ONE))),
    (f("cosh", X), div(add(f("exp", X), f("exp", neg(X))), TWO)),
    (f("coth", X), div(ONE, f("tanh", X))),
    (sqrt(add(ONE, pw(f("sinh", X), 2))), f("cosh", X)),
    (sqrt(sub(pw(f("cosh", X), 2), ONE)), f("sinh", X)),
    (f("sinh", div(X, TWO)), sqrt(div(sub(f("cosh", X), ONE), TWO))),
    (f("abs", mul(X, Y)), mul(f("abs", X), f("abs", Y))),
    (f("abs", add(X, Y)), add(f("abs", X), f("abs", Y))),
    (f("abs", sub(X, Y)), sub(f("max", X, Y), f("min", X, Y))),
    (f("abs", X), mul(X, f("sign", X))),
    (f("sign", X), div(X, f("abs", X))),
    (f("sign", mul(X, Y)), mul(f("sign", X), f("sign", Y))),
    (pw(f("sign", X), 2), ONE),
    (f("abs", pw(X, 2)), pw(X, 2)),
    (f("abs", f("exp", X)), f("exp", X)),
    (f("abs", f("exp", X)), f("exp", f("re", X))),
    (pw(f("abs", X), 2), mul(X, f("conj", X))),
    (f("abs", X), sqrt(pw(X, 2))),
    (f("max", X, Y), div(add(X, Y, f("abs", sub(X, Y))), TWO)),
    (f("min", X, Y), div(sub(add(X, Y), f("abs", sub(X, Y))), TWO)),
    (f("max", X, n(0)), mul(X, ("ind", X, ">", n(0)))),
    (f("max", mul(X, Z), mul(Y, Z)), mul(Z, f("max", X, Y))),
    (f("max", X, Y), neg(f("min", neg(X), neg(Y)))),
    (add(f("max", X, Y), f("min", X, Y)), add(X, Y)),
    (mul(f("max", X, Y), f("min", X, Y)), mul(X, Y)),
    (f("max", add(X, Z), add(Y, Z)), add(Z, f("max", X, Y))),
    (f("max", X, f("min", Y, Z)), f("min", f("max", X, Y), f("max", X, Z))),
    (f("max", X, f("max", Y, Z)), f("max", f("max", X, Y), Z)),
    (f("floor", add(X, ONE)), add(f("floor", X), ONE)),
    (f("floor", add(X, Y)), add(f("floor", X), f("floor", Y))),
    (f("floor", neg(X)), neg(f("floor", X))),
    (f("floor", neg(X)), neg(f("ceil", X))),
    (f("ceil", X), add(f("floor", X), ONE)),
    (f("floor", mul(TWO, X)), mul(TWO, f("floor", X))),
    (f("floor", mul(TWO, X)), add(f("floor", X), f("floor", add(X, HALF)))),
    (f("floor", f("floor", X)), f("floor", X)),
    (f("floor", div(f("floor", X), TWO)), f("floor", div(X, TWO))),
    (f("floor", div(X, TWO)), div(X, TWO)),
    (f("ceil", div(X, TWO)), f("floor", div(add(X, ONE), TWO))),
    (add(f("floor", div(X, TWO)), f("ceil", div(X, TWO))), X),
    (add(("ind", X, ">", n(0)), ("ind", X, "<", n(0))), ONE),
    (add(("ind", X, ">", Y), ("ind", X, r"\le", Y)), ONE),
    (f("sign", X), sub(mul(TWO, ("ind", X, ">", n(0))), ONE)),
    (f("sign", X), sub(("ind", X, ">", n(0)), ("ind", X, "<", n(0)))),
    (mul(("ind", X, ">", n(0)), ("ind", Y, ">", n(0))), ("ind", mul(X, Y), ">", n(0))),
    (mul(("ind", X, ">", Y), ("ind", Y, ">", Z)), ("ind", X, ">", Z)),
    (pw(("ind", X, ">", Y), 2), ("ind", X, ">", Y)),
    (("ind", X, "=", Y), ("ind", pw(X, 2), "=", pw(Y, 2))),
    (("ind", X, ">", Y), ("ind", pw(X, 2), ">", pw(Y, 2))),
    (("ind", X, r"\ge", Y), ("ind", f("exp", X), r"\ge", f("exp", Y))),
    (("cases", X, X, neg(X)), f("abs", X)),
    (("cases", X, X, n(0)), f("max", n(0), X)),
    (("cases", X, Y, Z), add(mul(Y, ("ind", X, ">", n(0))), mul(Z, ("ind", X, r"\le", n(0))))),
    (("cases", X, ONE, n(-1)), f("sign", X)),
    (mul(("cases", X, Y, Z), X), ("cases", X, mul(X, Y), mul(X, Z))),
    (f("gamma", add(X, ONE)), mul(X, f("gamma", X))),
    (f("gamma", add(X, ONE)), f("factorial", X)),
    (div(f("factorial", X), X), f("factorial", sub(X, ONE))),
    (mul(f("gamma", X), f("gamma", sub(ONE, X))), div(PI, f("sin", mul(PI, X)))),
    (mul(f("gamma", X), f("gamma", add(X, HALF))), mul(pw(TWO, sub(ONE, mul(TWO, X))), sqrt(PI), f("gamma", mul(TWO, X)))),
    (f("digamma", add(X, ONE)), add(f("digamma", X), div(ONE, X))),
    (f("erf", neg(X)), neg(f("erf", X))),
    (f("erf", f("abs", X)), f("erf", X)),
    (f("erf", f("abs", X)), mul(f("sign", X), f("erf", X))),
    (div(pw(X, 2), X), X),
    (div(X, X), ONE),
    (div(sub(pw(X, 2), pw(Y, 2)), sub(X, Y)), add(X, Y)),
    (pw(add(X, Y), 2), add(pw(X, 2), pw(Y, 2))),
    (pw(X, n(0)), ONE),
    (pw(n(0), X), n(0)),
    (pw(ONE, X), ONE),
    (pw(n(-1), mul(TWO, X)), ONE),
    (pw(n(-1), X), pw(n(-1), neg(X))),
    (pw(n(-1), add(X, ONE)), neg(pw(n(-1), X))),
    (pw(neg(X), Y), mul(pw(n(-1), Y), pw(X, Y))),
    (pw(neg(X), 3), neg(pw(X, 3))),
    (sqrt(add(pw(X, 2), pw(Y, 2))), add(X, Y)),
    (sqrt(add(pw(X, 2), pw(Y, 2))), f("abs", add(X, mul(I, Y)))),
    (sqrt(add(X, mul(TWO, sqrt(X)), ONE)), add(sqrt(X), ONE)),
    (sqrt(add(sub(X, mul(TWO, sqrt(X))), ONE)), sub(sqrt(X), ONE)),
    (sqrt(pw(sub(X, Y), 2)), sub(X, Y)),
    (sqrt(mul(sub(X, ONE), add(X, ONE))), sqrt(sub(pw(X, 2), ONE))),
    (mul(sqrt(sub(X, ONE)), sqrt(add(X, ONE))), sqrt(sub(pw(X, 2), ONE))),
    (mul(sqrt(sub(ONE, X)), sqrt(add(X, ONE))), sqrt(sub(ONE, pw(X, 2)))),
    (f("re", mul(X, Y)), mul(f("re", X), f("re", Y))),
    (f("re", X), div(add(X, f("conj", X)), TWO)),
    (f("im", X), div(sub(X, f("conj", X)), TWO)),
    (f("im", X), div(sub(X, f("conj", X)), mul(TWO, I))),
    (f("conj", f("exp", X)), f("exp", f("conj", X))),
    (f("conj", f("log", X)), f("log", f("conj", X))),
    (f("conj", sqrt(X)), sqrt(f("conj", X))),
    (f("log", X), add(f("log", f("abs", X)), mul(I, f("arg", X)))),
    (f("arg", mul(X, Y)), add(f("arg", X), f("arg", Y))),
    (f("arg", f("conj", X)), neg(f("arg", X))),
    (f("re", f("log", X)), f("log", f("abs", X))),
    (f("exp", mul(I, X)), add(f("cos", X), mul(I, f("sin", X)))),
    (f("abs", f("exp", mul(I, X))), ONE),
    (pw(f("exp", mul(I, X)), HALF), f("exp", div(mul(I, X), TWO))),
    (f("log", f("exp", mul(I, X))), mul(I, X)),
    (f("log", add(ONE, f("exp", X))), add(X, f("log", add(ONE, f("exp", neg(X)))))),
    (f("log", add(ONE, f("exp", X))), add(f("max", X, n(0)), f("log", add(ONE, f("exp", neg(f("abs", X))))))),
    (f("log", f("cosh", X)), sub(add(f("abs", X), f("log", add(ONE, f("exp", mul(n(-2), f("abs", X)))))), f("log", TWO))),
    (sqrt(f("exp", X)), f("exp", div(X, TWO))),
    (f("log", sub(ONE, pw(X, 2))), add(f("log", sub(ONE, X)), f("log", add(ONE, X)))),
    (f("log", sub(pw(X, 2), ONE)), add(f("log", sub(X, ONE)), f("log", add(ONE, X)))),
    (f("binom", X, Y), f("binom", X, sub(X, Y))),
    (f("binom", add(X, ONE), Y), add(f("binom", X, Y), f("binom", X, sub(Y, ONE)))),
    (mul(Y, f("binom", X, Y)), mul(X, f("binom", sub(X, ONE), sub(Y, ONE)))),
    (f("binom", X, Y), div(f("factorial", X), mul(f("factorial", Y), f("factorial", sub(X, Y))))),
]

DOMAINS = [
    r"\in \R", r"\in \R", r"> 0", r"\ge 0", r"\in (0,1)", r"\in [-1,1]", r"\in \Z", r"\in \N", r"\in \C", r"\in \C", r"< 0", r"\in [0, 2]", r"> 1",
    r"\le 0", r"\in \Q", r"\in [-\pi, \pi]", r"\in \N_{>0}", r"\in (-1, 1)",
]  # fmt: skip
SPECIAL = [Fraction(v) for v in (0, 1, -1, 2, -2, 3, -3, 4, 5, -5, 7, 10, -10, 20)] + [
    Fraction(a, b) for a, b in ((1, 2), (-1, 2), (1, 3), (-1, 3), (3, 2), (-3, 2), (5, 2), (-5, 2), (1, 10), (-1, 10), (9, 10), (7, 5), (-17, 10), (99, 100), (22, 7), (-22, 7), (37, 5), (1, 1000), (123, 10), (-77, 10))
]  # fmt: skip


def inside(domain: str, v: Any) -> bool:
    """Whether a value (Fraction, or pair of real and imaginary part, or float) is in the domain."""
    if domain == r"\in \C":
        return True
    if isinstance(v, tuple):
        if v[1] != 0:
            return False
        v = v[0]
    whole = v == int(v)
    table = {
        r"\in \R": True, "> 0": v > 0, r"\ge 0": v >= 0, r"\in (0,1)": 0 < v < 1, r"\in [-1,1]": -1 <= v <= 1, r"\in \Z": whole,
        r"\in \N": whole and v >= 0, "< 0": v < 0, r"\in [0, 2]": 0 <= v <= 2, "> 1": v > 1, r"\le 0": v <= 0, r"\in \Q": True,
        r"\in [-\pi, \pi]": abs(v) < 3.141592653589793, r"\in \N_{>0}": whole and v > 0, r"\in (-1, 1)": -1 < v < 1,
    }  # fmt: skip
    return bool(table[domain])


def point(domain: str, rng: random.Random) -> Any:
    for _ in range(200):
        if domain == r"\in \C" and rng.random() < 0.7:
            return (rng.choice(SPECIAL), rng.choice(SPECIAL))
        v = rng.choice(SPECIAL) if rng.random() < 0.8 else Fraction(rng.randint(-30, 30), rng.choice((1, 7, 97)))
        if inside(domain, v):
            return v
    raise AssertionError(domain)


def substitute(t: Tree, by: list[Tree]) -> Tree:
    if t[0] == "v":
        return by[t[1]]
    return tuple(substitute(a, by) if isinstance(a, tuple) else a for a in t)


def small(names: list[str], rng: random.Random, depth: int = 1) -> Tree:
    """A small expression to put for a variable of a law."""
    r = rng.random()
    s: Tree = ("s", rng.choice(names))
    if depth == 0 or r < 0.45:
        return s
    a = small(names, rng, depth - 1)
    b = small(names, rng, depth - 1)
    choices = [
        neg(a), add(a, b), sub(a, b), mul(a, b), add(a, ONE), sub(a, ONE), sub(ONE, a), mul(TWO, a), pw(a, 2), div(a, TWO), div(ONE, a),
        n(rng.choice((0, 1, -1, 2, -2, 3))), f("exp", a), f("abs", a), sqrt(a), f("log", a), f("sin", a), pw(a, 3), neg(pw(a, 2)), add(ONE, pw(a, 2)),
        f("max", a, b), mul(a, PI), mul(I, a), div(a, b), sub(a, f("floor", a)), f("cos", a), n(Fraction(rng.choice((1, -1, 3)), 2)), f("sign", a),
    ]  # fmt: skip
    return rng.choice(choices)


def context(rng: random.Random, pair: tuple[Tree, Tree], names: list[str]) -> tuple[Tree, Tree]:
    """Both sides put into the same surroundings, sometimes a slip."""
    a, b = pair
    r = rng.random()
    if r < 0.5:
        return a, b
    c = small(names, rng)
    k = rng.randrange(10)
    wraps = [lambda t: add(t, c), lambda t: mul(t, c), lambda t: div(t, c), lambda t: pw(t, 2), lambda t: f("exp", t), lambda t: f("abs", t),
             lambda t: f("log", t), lambda t: sqrt(t), lambda t: div(c, t), lambda t: sub(c, t)]  # fmt: skip
    return wraps[k](a), wraps[k](b)


def statement(rng: random.Random) -> tuple[dict[str, str], Tree, Tree, str]:
    names = ["x", "y", "z"][: rng.choice((1, 1, 2, 2, 3))]
    domains = {s: rng.choice(DOMAINS) for s in names}
    a, b = rng.choice(LAWS)
    if rng.random() < 0.08:
        b = neg(b)
    by = [small(names, rng, rng.choice((0, 0, 1, 1, 2))) for _ in range(3)]
    a, b = context(rng, (substitute(a, by), substitute(b, by)), names)
    if rng.random() < 0.25:  # two laws one after the other
        c, d = rng.choice(LAWS)
        by = [small(names, rng, rng.choice((0, 1))) for _ in range(3)]
        op = rng.choice((add, mul, sub, div))
        a, b = op(a, substitute(c, by)), op(b, substitute(d, by))
    relation = rng.choice(("=", "=", "=", "=", "=", r"\le", r"\ge", "<"))
    if rng.random() < 0.5:
        a, b = b, a
    return domains, a, b, relation


def text(domains: dict[str, str], a: Tree, b: Tree, relation: str) -> str:
    return "".join(f"let {s} {d}\n" for s, d in domains.items()) + f"\n{latex(a)} {relation} {latex(b)}\n"


def outcome(a: Tree, b: Tree, relation: str, at: dict[str, Any]) -> bool | None:
    """Whether the relation holds at a point: None where undefined or not clear."""
    seen = set()
    for digits in (30, 50):
        with mp.workdps(digits):
            try:
                u, v = evaluate(a, at), evaluate(b, at)
            except Undefined:
                return None
            scale = 1 + abs(u) + abs(v)
            same = abs(u - v) < mp.mpf(10) ** -18 * scale
            apart = abs(u - v) > mp.mpf(10) ** -9 * scale
            if (same and u != v and abs(u - v) > mp.mpf(10) ** -15 * (abs(u) + abs(v))) or (same and u != v and relation == "<"):
                return None  # tiny values: nothing is clear
            if relation == "=":
                seen.add(True if same else False if apart else None)
            elif isinstance(u, mp.mpc) or isinstance(v, mp.mpc):
                return None
            elif relation == "<":
                seen.add(None if not (same or apart) else bool(apart and u < v))
            else:
                seen.add(True if same else None if not apart else bool(u < v) == (relation == r"\le"))
    return seen.pop() if len(seen) == 1 else None
