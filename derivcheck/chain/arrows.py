r"""The hint that `=` was written for an arrow: `x^2 = 4 = 2` means that `x = 2` solves `x^2 = 4`.

It is given to a false step between two numbers behind an equation in one symbol that the second number solves, which is proved first.
"""

from __future__ import annotations

from derivcheck.kernel.judge import judge
from derivcheck.kernel.obligation import Obligation
from derivcheck.language.document import StepSource
from derivcheck.services.options import Options
from derivcheck.terms import build as b
from derivcheck.terms.printer import to_latex
from derivcheck.terms.term import Term, substitute


def arrow_meant(steps: list[StepSource], options: Options) -> str | None:
    """The hint for the last of these steps of a chain, which is refuted; None where it is no such case."""
    if len(steps) < 2:
        return None
    equation, step = steps[-2].statement, steps[-1].statement
    if not (_equation(equation) and _equation(step)) or equation is None or step is None or step.free or equation.args[1].free:
        return None
    symbols = [s for s in equation.free if s.op == "sym" and s.sort.kind == "num"]
    if len(symbols) != 1 or len(equation.free) != 1:
        return None
    x, value = symbols[0], step.args[1]
    quick = Options(timeout=min(options.timeout, 1.0))
    if judge(Obligation(steps[-1].context, substitute(equation, {x: value})), quick, hints=False).verdict.kind != "proved":
        return None
    solved = b.eq(x, value)
    only = judge(Obligation(steps[-1].context, b.implies(equation, solved)), quick, hints=False).verdict.kind == "proved"
    arrow = "\\implies" if only else "\\impliedby"
    reason = "" if only else " (\\implies fails: there are other solutions)"
    return f"= was written for an arrow (\\implies, \\impliedby): write {to_latex(equation)} {arrow} {to_latex(solved)}{reason}"


def _equation(p: Term | None) -> bool:
    return p is not None and p.op == "rel" and p.data == "=" and p.args[0].sort.kind == "num"
