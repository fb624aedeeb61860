"""SymPy's side of the benchmark: steps as SymPy expressions, with the assumptions that the declarations allow it."""

from __future__ import annotations

import signal
from typing import Any

import sympy

from derivcheck.language.document import StepSource
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, open_binder

NAMES = {
    "exp": "exp", "log": "log", "sin": "sin", "cos": "cos", "tan": "tan", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "sinh": "sinh",
    "cosh": "cosh", "tanh": "tanh", "erf": "erf", "gamma": "gamma", "abs": "Abs", "sign": "sign", "floor": "floor", "ceil": "ceiling",
    "max": "Max", "min": "Min", "factorial": "factorial", "binom": "binomial", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
    "digamma": "digamma", "re": "re", "im": "im", "conj": "conjugate", "arg": "arg",
}  # fmt: skip
SETS: dict[str, dict[str, bool]] = {
    "Rpos": {"positive": True}, "Rnn": {"nonnegative": True}, "N": {"integer": True, "nonnegative": True},
    "Npos": {"integer": True, "positive": True}, "Z": {"integer": True}, "C": {"complex": True},
}  # fmt: skip


class Late(BaseException):
    """SymPy took longer than allowed."""


class Translator:
    """Terms as SymPy expressions."""

    def __init__(self, context: Any) -> None:
        self.context = context
        self.symbols: dict[Term, Any] = {}

    def symbol(self, t: Term) -> Any:
        """The SymPy symbol of a symbol."""
        if t not in self.symbols:
            domain = self.context.domain_of(t)
            flags: dict[str, bool] = {"real": True}
            if domain is not None and domain.op == "set":
                flags = SETS.get(str(domain.data), flags)
            elif domain is not None and domain.op == "interval" and domain.args[0] is b.ZERO:
                flags = {"positive": True} if str(domain.data)[0] == "(" else {"nonnegative": True}
            self.symbols[t] = sympy.Symbol(f"v{len(self.symbols)}", **flags)
        return self.symbols[t]

    def to(self, t: Term) -> Any:
        """The expression of a term; derivatives, integrals, sums and limits are carried out."""
        if t.op == "num":
            return sympy.Rational(t.data.numerator, t.data.denominator)
        if t.op == "const":
            return {"pi": sympy.pi, "e": sympy.E, "i": sympy.I, "inf": sympy.oo}[str(t.data)]
        if t.op == "sym":
            return self.symbol(t)
        if t.op in ("add", "mul"):
            return (sympy.Add if t.op == "add" else sympy.Mul)(*(self.to(a) for a in t.args))
        if t.op == "neg":
            return -self.to(t.args[0])
        if t.op == "div":
            return self.to(t.args[0]) / self.to(t.args[1])
        if t.op == "pow":
            return sympy.Pow(self.to(t.args[0]), self.to(t.args[1]))
        if t.op == "oddroot":
            return sympy.real_root(self.to(t.args[0]), int(t.data))
        if t.op == "fn":
            return getattr(sympy, NAMES[str(t.data)])(*(self.to(a) for a in t.args))
        (x,), body = open_binder(t)
        v = self.symbol(x)
        inner = self.to(body)
        if t.op == "deriv":
            return sympy.Derivative(inner, (v, int(t.data))).doit().subs(v, self.to(t.args[0]))
        if t.op == "lim":
            direction = {"+": "+", "-": "-"}.get(str(t.data), "+-" if t.args[0] is not b.INF else "-")
            return sympy.limit(inner, v, self.to(t.args[0]), direction)
        kind = {"int": sympy.Integral, "sum": sympy.Sum, "prod": sympy.Product}[t.op]
        return kind(inner, (v, self.to(t.args[0]), self.to(t.args[1]))).doit()


def _alarm(number: int, frame: object) -> None:
    raise Late


def accepts(step: StepSource, method: str, limit: float) -> bool:
    """Whether SymPy calls the sides equal: by `simplify(lhs - rhs) == 0` or `lhs.equals(rhs)`."""
    signal.signal(signal.SIGALRM, _alarm)
    signal.setitimer(signal.ITIMER_REAL, limit, 0.1)
    try:
        translator = Translator(step.context)
        assert step.statement is not None
        lhs, rhs = (translator.to(side) for side in step.statement.args[:2])
        return bool(sympy.simplify(lhs - rhs) == 0) if method == "simplify" else bool(lhs.equals(rhs))
    except Late:
        return False
    except Exception:  # whatever SymPy stumbles over, it does not accept
        return False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
