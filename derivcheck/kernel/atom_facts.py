"""What holds of the values of ⌊u⌋, ⌈u⌉, |u|, max, min, cos, arctan and arcsin: facts `u > 0`, `u ≥ 0` for comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.kernel.literals import linear_terms
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, subterms

if TYPE_CHECKING:
    from derivcheck.kernel.oracle import Oracle

_BOUNDED = frozenset("floor ceil abs max min arctan arcsin cos".split())


def facts_of_atoms(t: Term, oracle: Oracle) -> list[tuple[Term, str]]:
    """What holds of ⌊u⌋, ⌈u⌉, |u|, max, min, arctan and their kin wherever they stand in t."""
    out: list[tuple[Term, str]] = []
    for s in subterms(t):
        if s.op != "fn" or s.data not in _BOUNDED or len(out) >= 8 or any(v.op == "bvar" for v in s.free):
            continue
        u = s.args[0]
        if s.data == "abs" and u.op == "add" and len(u.args) <= 4:
            out += _triangle(s, u)
        if not all(oracle.info(a).real for a in s.args):
            continue
        if s.data == "floor":
            out += [(b.sub(u, s), "≥"), (b.add(s, b.ONE, b.neg(u)), ">")]
        elif s.data == "ceil":
            out += [(b.sub(s, u), "≥"), (b.add(u, b.ONE, b.neg(s)), ">")]
        elif s.data == "cos":
            turn = b.mul(b.TWO, b.PI)
            if oracle.nonzero(u) and oracle.less(u, turn) and oracle.less(b.neg(turn), u):
                out.append((b.sub(b.ONE, s), ">"))
        elif s.data == "abs":
            out += [(b.sub(s, u), "≥"), (b.add(s, u), "≥")]
        elif s.data == "max":
            out += [(b.sub(s, a), "≥") for a in s.args]
        elif s.data == "min":
            out += [(b.sub(a, s), "≥") for a in s.args]
        elif s.data in ("arctan", "arcsin"):
            out += _inverse_bounds(s, u, oracle)
    return out


def _inverse_bounds(s: Term, u: Term, oracle: Oracle) -> list[tuple[Term, str]]:
    """arctan u and arcsin u between their values at the bounds of u (0, ±1, or the ends of the range)."""
    info = oracle.info(u)
    kind = ">" if s.data == "arctan" else "≥"
    top, bottom, above, below = b.div(b.PI, b.TWO), b.neg(b.div(b.PI, b.TWO)), kind, kind
    quarter = b.div(b.PI, b.num_of(4)) if s.data == "arctan" else b.div(b.PI, b.TWO)
    if s.data == "arcsin" and not oracle.info(s).real:
        return []
    if info.hi is not None and info.hi <= 1:
        top, above = (b.ZERO, ">" if info.negative else "≥") if info.hi <= 0 else (quarter, ">" if info.hi < 1 or info.hi_strict else "≥")
    if info.lo is not None and info.lo >= -1:
        bottom, below = (b.ZERO, ">" if info.positive else "≥") if info.lo >= 0 else (b.neg(quarter), ">" if info.lo > -1 or info.lo_strict else "≥")
    return [(b.sub(top, s), above), (b.sub(s, bottom), below)]


def _triangle(s: Term, u: Term) -> list[tuple[Term, str]]:
    """|∑ u_k| ≤ ∑ |u_k|, and for two summands |u_1 + u_2| ≥ ||u_1| - |u_2||."""
    sizes = [b.mul(b.num_of(abs(c)), b.fn("abs", m)) if m is not b.ONE else b.num_of(abs(c)) for c, m in linear_terms(u)]
    out = [(b.sub(b.add(*sizes), s), "≥")]
    if len(sizes) == 2:
        out += [(b.add(s, b.neg(sizes[0]), sizes[1]), "≥"), (b.add(s, sizes[0], b.neg(sizes[1])), "≥")]
    return out
