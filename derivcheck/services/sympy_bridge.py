"""SymPy as an untrusted engine: candidates that the kernel certifies.

Terms are translated node by node (nothing is parsed), and answers are translated back; what has no counterpart gives None.
SymPy is imported on first use only.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from derivcheck.services.interrupt import TimeUp, within
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num

if TYPE_CHECKING:
    from derivcheck.kernel.oracle import Oracle

_FUNCTIONS = {
    "exp": "exp", "log": "log", "sin": "sin", "cos": "cos", "tan": "tan", "arcsin": "asin", "arccos": "acos", "arctan": "atan",
    "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "erf": "erf", "gamma": "gamma", "arcsinh": "asinh", "arctanh": "atanh",
    "arccosh": "acosh", "digamma": "digamma", "abs": "Abs",
}  # fmt: skip


class _NoCounterpart(Exception):
    pass


def antiderivative(f: Term, x: Term, oracle: Oracle, seconds: float) -> Term | None:
    """A candidate antiderivative by SymPy's `manualintegrate`; None where it finds none.  Raises TimeUp after so many seconds."""
    if f.size > 300:
        return None
    import sympy
    from sympy.integrals.manualintegrate import manualintegrate

    bridge = _Bridge(sympy, oracle)
    try:
        answer = within(seconds, lambda: manualintegrate(bridge.to(f), bridge.symbols[x]))
        if answer.has(sympy.Integral):
            return None
        return bridge.back(answer)
    except TimeUp:
        # what was cut short must not be remembered as it was left
        sympy.core.cache.clear_cache()
        raise
    except _NoCounterpart:
        return None
    except (ValueError, TypeError, AttributeError, NotImplementedError, RecursionError, ZeroDivisionError, KeyError, IndexError):
        # an engine that fails has no candidate; nothing depends on why
        return None


class _Bridge:
    def __init__(self, sympy: Any, oracle: Oracle) -> None:
        self.sympy = sympy
        self.oracle = oracle
        self.symbols: dict[Term, Any] = {}
        self.atoms: dict[Any, Term] = {}

    def to(self, t: Term) -> Any:
        """The SymPy expression of a term."""
        S = self.sympy
        if t.op == "num":
            q: Fraction = t.data
            return S.Rational(q.numerator, q.denominator)
        if t.op == "add":
            return S.Add(*(self.to(a) for a in t.args))
        if t.op == "neg":
            return -self.to(t.args[0])
        if t.op == "mul":
            return self._product(t.args)
        if t.op == "div":
            return self.to(t.args[0]) / self.to(t.args[1])
        if t.op == "pow":
            return S.Pow(self.to(t.args[0]), self.to(t.args[1]))
        if t.op == "const" and t.data in ("pi", "e", "i"):
            return {"pi": S.pi, "e": S.E, "i": S.I}[str(t.data)]
        if t.op == "fn" and str(t.data) in _FUNCTIONS:
            return getattr(S, _FUNCTIONS[str(t.data)])(*(self.to(a) for a in t.args))
        if t.op == "sym" or not t.bound:
            got = self.symbols.get(t)
            if got is None:
                i = len(self.symbols)
                info = self.oracle.info(t)
                got = S.Symbol(f"v{i}", positive=True) if info.positive else S.Symbol(f"v{i}", real=True)
                self.symbols[t] = got
                self.atoms[got] = t
            return got
        raise _NoCounterpart

    def _product(self, factors: tuple[Term, ...]) -> Any:
        """A product; roots of polynomials with the same exponent are put under one root (a candidate need not keep values)."""
        S = self.sympy
        groups: dict[Any, list[Any]] = {}
        out = []
        for f in factors:
            if f.op == "pow" and f.args[1].op == "num" and f.args[1].data.denominator == 2 and f.args[0].op == "add":
                groups.setdefault(f.args[1], []).append(self.to(f.args[0]))
            else:
                out.append(self.to(f))
        for e, bases in groups.items():
            out.append(S.Pow(S.expand(S.Mul(*bases)), self.to(e)))
        return S.Mul(*out)

    def back(self, e: Any) -> Term:
        """The term of a SymPy expression."""
        S = self.sympy
        if e in self.atoms:
            return self.atoms[e]
        if e.is_Rational:
            return num(Fraction(int(e.p), int(e.q)))
        if e is S.pi:
            return b.PI
        if e is S.E:
            return b.exp(b.ONE)
        if e is S.I:
            return b.I_CONST
        if e.is_Add:
            return b.add(*(self.back(a) for a in e.args))
        if e.is_Mul:
            return b.mul(*(self.back(a) for a in e.args))
        if e.is_Pow:
            return b.pow_(self.back(e.base), self.back(e.exp))
        if e.is_Function:
            name = type(e).__name__
            for ours, theirs in _FUNCTIONS.items():
                if theirs == name:
                    return b.fn(ours, *(self.back(a) for a in e.args))
        raise _NoCounterpart


__all__ = ["antiderivative"]
