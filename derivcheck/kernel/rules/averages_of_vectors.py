"""Linearity of expectations of vectors and matrices under a law: E_{x ~ p}[A f B + c] = A E_{x ~ p}[f] B + c.

Only in group `linearity`; that the parts have expectations is recorded.
"""

from __future__ import annotations

from derivcheck.kernel.densities import normalised
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.kernel.summable import integrability
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk, rebind


@rule(
    "expectation-of-matrices",
    "Eover",
    statement="E_p[A f B + g + c] = A E_p[f] B + E_p[g] + c",
    side="A, B, c constant, p normalised; integrability of the parts is recorded",
    source="linearity of the integral",
    group="linearity",
)
def expectation_of_matrices(t: Term, rw: Rewriter) -> Term | None:
    if t.sort.kind != "mat" or not normalised(t.args[0], rw.oracle):
        return None
    symbols, body, _ = rw.under(t)

    def moves(u: Term) -> bool:
        return not u.free.isdisjoint(symbols)

    def mean(u: Term) -> Term:
        if not moves(u):
            return u
        got = rebind(t, symbols, t.args[:-1], u)
        rw.assume(integrability(got))
        return got

    if not moves(body):
        return body
    if body.op == "add":
        return mk("add", tuple(mean(a) for a in body.args), None, t.sort)
    if body.op == "neg":
        return mk("neg", (mean(body.args[0]),), None, t.sort)
    if body.op == "smul" and not moves(body.args[0]):
        return b.smul(body.args[0], mean(body.args[1]))
    if body.op == "matmul":
        left = list(body.args)
        first = next(i for i, a in enumerate(left) if moves(a))
        last = max(i for i, a in enumerate(left) if moves(a))
        if first == 0 and last == len(left) - 1:
            return None
        inner = left[first] if first == last else b.matmul(*left[first : last + 1])
        return b.matmul(*left[:first], mean(inner), *left[last + 1 :])
    return None
