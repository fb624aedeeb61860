"""That a value does not lie on a branch cut, by signs and bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.terms import build as b
from derivcheck.terms.term import Term

if TYPE_CHECKING:
    from derivcheck.kernel.oracle import Oracle


def off_cut(c: Term, oracle: Oracle) -> bool:
    """Whether signs and bounds show a condition `u not in (lo, hi]`, or a conjunction of such."""
    if c.op == "rel" and c.data == "notin" and c.args[1].op == "interval":
        u = c.args[0]
        lo, hi = c.args[1].args
        if hi is b.ZERO and oracle.positive(u):
            return True
        if hi is not b.INF and oracle.less(hi, u):
            return True
        return lo is not b.neg(b.INF) and oracle.less(u, lo)
    if c.op == "and":
        return all(off_cut(p, oracle) for p in c.args)
    return False
