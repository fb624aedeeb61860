"""Zero modulo hypotheses: equations among the hypotheses eliminate generators from a polynomial.

An equation p = 0 with p = a g + c (g a generator, a free of g and nonzero by the oracle) replaces g by -c/a; one that is monic in g of
higher degree reduces powers of g.  If the target's numerator becomes 0, then a^k times it lies in the ideal of the equations, so
it vanishes wherever they hold and a does not.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from derivcheck.kernel.algebra import Region, _infinite, is_zero
from derivcheck.kernel.infinite import no_arithmetic
from derivcheck.kernel.infinite_means import means_in_doubt
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, contains_op, substitute, subterms
from derivcheck.terms.vocabulary import SCALAR_ARITHMETIC


def equation_terms(rw: Rewriter) -> list[Term]:
    """Differences that vanish by hypothesis (scalar equations only); series and the like are put as their values, which shows them finite."""
    out = [t for t, kind in rw.oracle.facts if kind == "="]
    for p in _parts(rw):
        if p.op == "rel" and p.data == "=" and no_arithmetic(p):
            values = b.eq(*(rw.nf(a) for a in p.args))
            if not no_arithmetic(values) and not any(b.is_infinite(a) or contains_op(a, "E", "Eover") for a in values.args):
                out.append(b.sub(*values.args))
    return out


def _parts(rw: Rewriter) -> list[Term]:
    return [q for h in rw.oracle.context.hypotheses for q in (h.statement.args if h.statement.op == "and" else (h.statement,))]


def zero_modulo_hypotheses(target: Term, rw: Rewriter) -> bool:
    """Whether a scalar term is 0 wherever it has a value and the equational hypotheses hold."""
    target = _replaced(target, rw)
    equations = list(islice(reversed(equation_terms(rw)), 24))
    doubtful = _between_means(rw)
    plain = [t for t in equations if t not in doubtful]
    if _zero_modulo(target, plain, rw):
        return True
    used = [t for t in equations if t in doubtful]
    # equations between means serve where these are finite
    return bool(used) and _zero_modulo(target, equations, rw) and not any(means_in_doubt(doubtful[t], rw) for t in used)


def _between_means(rw: Rewriter) -> dict[Term, Term]:
    """The equations among the hypotheses with means on both sides, by the difference of the sides."""
    equations = [p for p in _parts(rw) if p.op == "rel" and p.data == "=" and len(p.args) == 2 and all(a.sort.kind == "num" for a in p.args)]
    return {b.sub(*p.args): p for p in equations if all(contains_op(a, "E", "Eover") for a in p.args)}


def _zero_modulo(target: Term, equations: list[Term], rw: Rewriter) -> bool:
    if not equations:
        return is_zero(target, rw)
    region = Region(rw, trig=True)
    flats = [region.flatten(t) for t in [target, *equations]]
    if _infinite(flats[0]):
        return False
    flats = [flats[0]] + [f for f in flats[1:] if not _infinite(f)]
    for f in flats:
        region.scan(f)
    region.build()
    try:
        top = region.reduce(region.fraction(flats[0])[0])
    except ZeroDivisionError:
        return False
    polys: list[Any] = []
    for f in flats[1:]:
        try:
            polys.append(region.reduce(region.fraction(f)[0]))
        except ZeroDivisionError:
            continue
    return eliminate(top, polys, region, rw)


def _replaced(target: Term, rw: Rewriter) -> Term:
    """The target with equals put for equals where both may be infinite: such equations are not calculated with."""
    for p in _parts(rw):
        if p.op != "rel" or p.data != "=" or not no_arithmetic(p):
            continue
        for s, t in (p.args[:2], p.args[1::-1]):
            if s.op not in SCALAR_ARITHMETIC and s.op != "fn" and not b.is_infinite(s) and s not in set(subterms(t)):
                target = substitute(target, {s: t})
                break
    return target


def eliminate(top: Any, polys: list[Any], region: Region, rw: Rewriter) -> bool:
    """Reduce `top` by the equations; True if it becomes zero."""
    if top == region.zero:
        return True
    pending = [p for p in polys if p != region.zero and not p.is_constant()]
    for _ in range(len(pending) + 1):
        if top == region.zero:
            return True
        if top.is_constant():
            return False
        step = _choose(top, pending, region, rw)
        if step is None:
            return _divided(top, pending, region, rw)
        p, i = step
        pending = [q for q in pending if q is not p]
        top = region.reduce(_pseudo_remainder(top, p, i, region, rw))
        pending = [region.reduce(_pseudo_remainder(q, p, i, region, rw)) for q in pending]
        pending = [q for q in pending if q != region.zero and not q.is_constant()]
    return bool(top == region.zero)


def _divided(top: Any, equations: list[Any], region: Region, rw: Rewriter) -> bool:
    """Whether polynomial division by the equations (no leading coefficient need be shown nonzero) leaves 0."""
    for _ in range(4):
        before = top
        for p in equations:
            rw.budget.spend(len(top) + len(p))
            top = top % p
            if top == region.zero:
                return True
        if top == before:
            return False
    return False


def _choose(top: Any, pending: list[Any], region: Region, rw: Rewriter) -> tuple[Any, int] | None:
    best: tuple[tuple[int, int, int], Any, int] | None = None
    tops = top.degrees()
    for p in pending:
        degrees = p.degrees()
        for i, d in enumerate(degrees):
            if d <= 0:
                continue
            lead = _leading(p, i, d, region)
            if not lead.is_constant() and not nonzero_poly(lead, region, rw):
                continue
            rank = (0 if tops[i] else 1, d, len(p))
            if d > 1 and not tops[i]:
                continue
            if best is None or rank < best[0]:
                best = (rank, p, i)
    return None if best is None else (best[1], best[2])


def _leading(p: Any, i: int, d: int, region: Region) -> Any:
    out = {}
    for exps, c in p.to_dict().items():
        if exps[i] == d:
            rest = list(exps)
            rest[i] = 0
            out[tuple(rest)] = c
    return region.context.from_dict(out)


def _pseudo_remainder(f: Any, p: Any, i: int, region: Region, rw: Rewriter) -> Any:
    """The remainder of lead^k f by p as polynomials in generator i."""
    if f.is_constant():
        return f
    d = p.degrees()[i]
    lead = _leading(p, i, d, region)
    g = region.gens[i]
    while not f.is_constant() and f.degrees()[i] >= d:
        rw.budget.spend(len(f))
        e = f.degrees()[i]
        top = _leading(f, i, e, region)
        f = lead * f - top * g ** (e - d) * p
        if f == region.zero:
            break
    return f


def nonzero_poly(p: Any, region: Region, rw: Rewriter) -> bool:
    """Whether a polynomial over the generators is nonzero by the oracle."""
    try:
        return rw.oracle.nonzero(region.to_term(p, region.one))
    except ZeroDivisionError:
        return False


__all__ = ["b", "eliminate", "equation_terms", "nonzero_poly", "zero_modulo_hypotheses"]
