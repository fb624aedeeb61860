"""One writing for the arguments of the error function: no square roots of numbers in their denominators.

    erf(u / (w √n)) = erf(u √n / (w n))      n a positive rational
"""

from __future__ import annotations

from derivcheck.kernel.literals import rational_value
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.terms import build as b
from derivcheck.terms.term import Term


@rule("erf-rational-denominator", "fn:erf", "fn:erfc", statement="erf(u / (w √n)) = erf(u √n / (w n))", side="n a positive rational", source="algebra")
def erf_rational_denominator(t: Term, rw: Rewriter) -> Term | None:
    u = t.args[0]
    if u.op != "div":
        return None
    bottom = list(u.args[1].args) if u.args[1].op == "mul" else [u.args[1]]
    for i, f in enumerate(bottom):
        if f.op == "pow" and rational_value(f.args[1]) == b.HALF.data and f.args[0].op == "num" and f.args[0].data > 0:
            rest = b.mul(f.args[0], *bottom[:i], *bottom[i + 1 :])
            return b.fn(str(t.data), b.div(b.mul(u.args[0], f), rest))
    return None
