"""Square matrices whose powers tend to 0: by a bound on a norm, as multiples of orthogonal matrices, or by hypothesis.

Source: Horn and Johnson, Matrix Analysis, 5.6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.kernel.matrix_facts import asked, orthogonal, square
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk

if TYPE_CHECKING:
    from derivcheck.kernel.oracle import Oracle


def identity_less_contraction(t: Term, oracle: Oracle) -> bool:
    """I - A or I + A with a contraction A: 1 is no eigenvalue (Horn and Johnson, 5.6.16)."""
    one = [x for x in t.args if x.op == "eye"]
    rest = [x for x in t.args if x.op != "eye"]
    return len(one) == 1 and len(rest) == 1 and contracting(rest[0], oracle)


@asked("contracting")
def contracting(t: Term, oracle: Oracle) -> bool:
    """A square matrix whose powers tend to 0: a norm below 1, r Q with orthogonal Q and |r| < 1, or by a hypothesis A^n → 0."""
    if not square(t):
        return False
    scale, a = b.ONE, t
    while a.op in ("smul", "neg"):
        scale, a = (b.mul(scale, a.args[0]), a.args[1]) if a.op == "smul" else (scale, a.args[0])
    size = b.ONE if scale is b.ONE else b.fn("abs", scale)
    if a.op == "eye" or orthogonal(a, oracle):
        return scale is not b.ONE and oracle.less(size, b.ONE)
    for norm in (mk("sigmax", (a,)), b.norm(a), b.norm(a, "F")):
        if oracle.less(norm if scale is b.ONE else b.mul(size, norm), b.ONE):
            return True
        if scale is not b.ONE and oracle.less_equal(norm, b.ONE) and oracle.less(size, b.ONE):
            return True
    if any(oracle.less(norm, b.ONE) for norm in (mk("sigmax", (t,)), b.norm(t), b.norm(t, "F"))):
        return True
    return _supposed_nilpotent_in_the_limit(t, oracle)


def _supposed_nilpotent_in_the_limit(t: Term, oracle: Oracle) -> bool:
    # a hypothesis lim A^n = 0 over the natural numbers n
    for h in oracle.context.hypotheses:
        for p in h.statement.args if h.statement.op == "and" else (h.statement,):
            if p.op != "rel" or p.data != "=" or not any(x.op == "zeros" for x in p.args[:2]):
                continue
            for x in p.args[:2]:
                if x.op == "lim" and x.data == "int" and x.args[0] is b.INF:
                    body = x.args[-1]
                    if body.op == "mpow" and body.args[0] is t and body.args[1] is x.bound[0]:
                        return True
    return False
