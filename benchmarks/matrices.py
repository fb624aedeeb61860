"""Matrix steps: derivcheck against SymPy's matrix expressions, in one process, step by step.

    python benchmarks/matrices.py

The set is every case in `tests/verdicts/` that is one equation between matrices or numbers made of matrix symbols with declared sizes, whose
operations SymPy has too.  SymPy accepts where the expanded and simplified difference is zero, or the sides are equal after `doit`.
Ratios count: the two take turns at each step.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import Any

sys.setrecursionlimit(100_000)

import sympy  # noqa: E402
from steps import CASES, steps_of  # noqa: E402

from derivcheck.kernel.judge import judge  # noqa: E402
from derivcheck.kernel.obligation import Obligation  # noqa: E402
from derivcheck.language.document import StepSource  # noqa: E402
from derivcheck.services.options import Options  # noqa: E402
from derivcheck.terms.term import Term  # noqa: E402


class NoCounterpart(Exception):
    """SymPy has no such construct, or this file does not translate it."""


class Translator:
    """Terms as SymPy expressions."""

    def __init__(self) -> None:
        self.symbols: dict[Term, Any] = {}

    def symbol(self, t: Term) -> Any:
        """The SymPy symbol of a number or matrix."""
        if t not in self.symbols:
            name = f"v{len(self.symbols)}"
            if t.sort.kind == "mat":
                self.symbols[t] = sympy.MatrixSymbol(name, self.to(t.sort.rows), self.to(t.sort.cols))
            elif t.sort.kind == "num":
                self.symbols[t] = sympy.Symbol(name, real=True)
            else:
                raise NoCounterpart
        return self.symbols[t]

    def to(self, t: Term) -> Any:
        """The expression of a term."""
        if t.op == "num":
            return sympy.Rational(t.data.numerator, t.data.denominator)
        if t.op == "sym":
            return self.symbol(t)
        parts = [self.to(a) for a in t.args]
        if t.op == "add":
            return sympy.MatAdd(*parts) if t.sort.kind == "mat" else sympy.Add(*parts)
        if t.op == "neg":
            return -parts[0]
        if t.op == "mul":
            return sympy.Mul(*parts)
        if t.op in ("matmul", "smul"):
            return sympy.MatMul(*parts)
        if t.op == "transpose":
            return sympy.Transpose(parts[0])
        if t.op == "inv":
            return sympy.Inverse(parts[0])
        if t.op == "trace":
            return sympy.Trace(parts[0])
        if t.op == "det":
            return sympy.Determinant(parts[0])
        if t.op == "eye":
            return sympy.Identity(parts[0])
        if t.op == "zeros":
            return sympy.ZeroMatrix(*parts)
        if t.op == "ones":
            return sympy.OneMatrix(*parts)
        if t.op == "mpow":
            return sympy.MatPow(*parts)
        if t.op in ("hadamard", "kron"):
            return (sympy.HadamardProduct if t.op == "hadamard" else sympy.KroneckerProduct)(*parts)
        raise NoCounterpart


def accepts(step: StepSource) -> bool:
    """Whether SymPy calls the sides equal."""
    assert step.statement is not None
    translator = Translator()
    left, right = (translator.to(side) for side in step.statement.args[:2])
    try:
        if left.doit() == right.doit():
            return True
        gap = sympy.simplify(sympy.expand(left - right)).doit()
        return bool(gap == 0 or getattr(gap, "is_ZeroMatrix", False))
    except NoCounterpart:
        raise
    except Exception:  # whatever SymPy stumbles over, it does not accept
        return False


def main() -> None:
    """Measure and print."""
    own: list[tuple[bool, bool, float]] = []
    theirs: list[tuple[bool, bool, float]] = []
    options = Options(timeout=5)
    for path in sorted(CASES.glob("*.cases")):
        for block in path.read_text(encoding="utf-8").split("\n== ")[1:]:
            head, _, text = block.partition("\n")
            truth = head.partition("|")[0].split()
            steps = steps_of(text, path.stem) if len(truth) == 1 and truth[0] in ("proved", "refuted") else []
            if len(steps) != 1 or steps[0].relation != "=" or steps[0].statement is None:
                continue
            statement = steps[0].statement
            if not any(s.sort.kind == "mat" for s in statement.free):
                continue
            try:
                Translator().to(statement.args[0]), Translator().to(statement.args[1])
            except (NoCounterpart, ValueError, TypeError, AttributeError, KeyError):
                continue
            true = truth[0] == "proved"
            start = time.perf_counter()
            accepted = accepts(steps[0])
            theirs.append((true, accepted, time.perf_counter() - start))
            start = time.perf_counter()
            verdict = judge(Obligation(steps[0].context, statement), options, False).verdict.kind
            own.append((true, verdict == "proved", time.perf_counter() - start))
    true = sum(t for t, _, _ in own)
    print(f"{len(own)} steps, {true} true and {len(own) - true} false")
    base = statistics.median(s for _, _, s in own)
    for name, rows in (("derivcheck", own), ("SymPy MatrixExpr", theirs)):
        good, bad = sum(a for t, a, _ in rows if t), sum(a for t, a, _ in rows if not t)
        median = statistics.median(s for _, _, s in rows)
        print(f"{name:18s} accepts {good} of {true} true, {bad} of {len(own) - true} false; median {1000 * median:.1f} ms, {median / base:.1f} times derivcheck's")


if __name__ == "__main__":
    main()
