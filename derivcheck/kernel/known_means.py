"""What hypotheses say of means: the bodies whose expectation (under the same conditions) stands in an equation with something that has a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.kernel.totality import total
from derivcheck.terms.term import Term, contains_op, subterms

if TYPE_CHECKING:
    from derivcheck.kernel.rewrite import Rewriter

_found: dict[tuple[int, tuple[Term, ...]], tuple[object, frozenset[Term]]] = {}


def known_means(conds: tuple[Term, ...], rw: Rewriter) -> frozenset[Term]:
    """Bodies whose expectation an assumption says to be a certain number, as written and in normal form."""
    hypotheses = rw.oracle.context.hypotheses
    key = (id(hypotheses), conds)
    got = _found.get(key)
    if got is not None and got[0] is hypotheses:
        return got[1]
    if len(_found) > 500:
        _found.clear()
    _found[key] = (hypotheses, frozenset())
    found: set[Term] = set()
    for h in hypotheses:
        if h.kind != "assume":
            continue
        for p in h.statement.args if h.statement.op == "and" else (h.statement,):
            found |= _bodies(p, conds, rw)
    _found[key] = (hypotheses, frozenset(found))
    return _found[key][1]


def _bodies(p: Term, conds: tuple[Term, ...], rw: Rewriter) -> set[Term]:
    found: set[Term] = set()
    if p.op != "rel" or p.data not in ("=", "<", "≤"):
        return found
    for side, other in ((p.args[0], p.args[1]), (p.args[1], p.args[0])):
        if not contains_op(side, "E") or not total(other, rw.oracle):
            continue
        for s in subterms(side):
            if s.op == "E" and s.args[1:] == conds and not any(v.op == "bvar" for v in s.free):
                body = s.args[0]
                found.add(body)
                if body.size < 60 and not contains_op(body, "E", "Var", "Cov", "Pr"):
                    found.add(rw.nf(body))
    return found
