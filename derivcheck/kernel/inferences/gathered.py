"""Inequalities between sums (integrals) over one range, point by point, with the total mass 1 of densities shared out among the points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from derivcheck.kernel import algebra
from derivcheck.kernel.check import Rejected, Session, eigen, inference
from derivcheck.kernel.densities import domains, normalised, positive, value
from derivcheck.kernel.inferences.probability import gap
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.kernel.summable import abstract, integrability
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.sorts import NUM
from derivcheck.terms.term import Term, bind, contains_op, instantiate, num

NODES = frozenset({"sum", "int", "intset", "Eover", "KL", "entropy", "crossent"})


@dataclass(frozen=True)
class Gathered:
    """∑ scale · node + rest, the nodes being sums, integrals or means over one range, whose points are those of `domain`."""

    parts: tuple[tuple[Term, Term], ...]
    rest: Term
    domain: Term


@inference(
    "gathered",
    statement="∑_i c_i ∑_k f_i(k) + r ≥ 0 from ∑_i c_i f_i(k) + ∑_j w_j p_j(k) ≥ 0 for every k and r - ∑_j w_j ≥ 0, the p_j mass functions on the "
    "range (sums of finitely many terms; with densities and integrals over the line likewise)",
    source="linearity and monotony of sums and integrals",
    method="pointwise",
)
def gathered(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: pairs (w, p).  Leaves the inequality at a point and the one between the constants."""
    rw = session.rewriter(ob.context)
    whole = gather(gap(ob), rw)
    if whole is None:
        raise Rejected("not a combination of sums over one range")
    oracle = rw.oracle
    for w, p in params:
        own = domains(p, oracle)
        if own is None or len(own) != 1 or not same(own[0], whole.domain, rw) or not normalised(p, oracle) or w.sort.kind != "num":
            raise Rejected("not a density over that range")
    x = eigen(ob.context, "x", NUM)
    context = ob.context.with_declaration(Declaration(x, whole.domain))
    inner = session.rewriter(context)
    integrals = whole.domain is b.REALS
    low: list[Term] = []
    high: list[Term] = []
    for scale, node in whole.parts:
        f = integrand(node, x, inner)
        if f is None:
            raise Rejected("a mean of something that need not have a value")
        if integrals and len(whole.parts) > 1:
            if not abstract(f, inner.oracle):
                raise Rejected("an integral that need not be finite")
            rw.assume(integrability(bind("int", (x,), (b.neg(b.INF), b.INF), f)))
        (low if _minus(scale, rw) else high).append(b.mul(b.neg(scale) if _minus(scale, rw) else scale, f))
    for w, p in params:
        (low if _minus(w, rw) else high).append(b.mul(b.neg(w) if _minus(w, rw) else w, value(p, (x,))))
    sides = [b.add(*(_plain(t, rw) for t in side)) if side else b.ZERO for side in (low, high)]
    rest = b.sub(whole.rest, b.add(b.ZERO, *(w for w, _ in params)))
    left = [] if algebra.is_zero(rest, rw) else [Obligation(ob.context, b.rel(b.ZERO, "≤", rest))]
    return [Obligation(context, b.rel(sides[0], "≤", sides[1])), *left]


def _minus(scale: Term, rw: Rewriter) -> bool:
    """Whether a factor is written with a minus: such terms stand on the other side."""
    terms = linear_terms(rw.nf(scale))
    return bool(terms) and all(c < 0 for c, _ in terms)


def _plain(t: Term, rw: Rewriter) -> Term:
    """The product without factors that come to 1."""
    if t.op != "mul":
        return t
    scale = rw.nf(t.args[0])
    return b.mul(*t.args[1:]) if scale is b.ONE else b.mul(scale, *t.args[1:])


def gather(t: Term, rw: Rewriter) -> Gathered | None:
    """The term as a combination of sums over one range; None if it is none."""
    parts: list[tuple[Term, Term]] = []
    rest: list[Term] = []
    for scale, node in _split(t, b.ONE):
        if node.op in NODES:
            parts.append((scale, node))
        elif contains_op(node, *NODES):
            return None
        else:
            rest.append(b.mul(scale, node))
    found: Term | None = None
    for _, node in parts:
        d = _domain(node, rw)
        if d is None or (found is not None and not same(d, found, rw)):
            return None
        found = found or d
    return None if found is None else Gathered(tuple(parts), b.add(b.ZERO, *rest), found)


def _split(t: Term, scale: Term) -> Iterator[tuple[Term, Term]]:
    """(scale, node or term without nodes) whose sum is t."""
    if t.op in NODES or not contains_op(t, *NODES):
        yield scale, t
    elif t.op == "add":
        for a in t.args:
            yield from _split(a, scale)
    elif t.op == "neg":
        yield from _split(t.args[0], b.neg(scale))
    elif t.op == "div" and not contains_op(t.args[1], *NODES):
        yield from _split(t.args[0], b.div(scale, t.args[1]))
    elif t.op == "mul" and sum(contains_op(a, *NODES) for a in t.args) == 1:
        (node,) = (a for a in t.args if contains_op(a, *NODES))
        yield from _split(node, b.mul(scale, *(a for a in t.args if a is not node)))
    else:
        yield scale, t


def _domain(node: Term, rw: Rewriter) -> Term | None:
    """The integers of a finite sum, or the real line; of a mean the set that its density lives on."""
    if node.op == "sum":
        finite = len(node.bound) == 1 and node.args[1] is not b.INF and node.args[0].op != "neg"
        return b.int_range(*node.args[:2]) if finite else None
    if node.op == "int":
        lo, hi = node.args[:2]
        return b.REALS if hi is b.INF and lo.op == "neg" and lo.args[0] is b.INF else None
    if node.op == "intset":
        return b.REALS if len(node.bound) == 1 and node.args[0] is b.REALS else None
    sets = domains(node.args[0], rw.oracle)
    if sets is None or len(sets) != 1:
        return None
    sets = (_as_range(sets[0]),)
    finite = sets[0].op == "range" and sets[0].args[1] is not b.INF and sets[0].args[0].op != "neg"
    return sets[0] if finite or sets[0] is b.REALS else None


def same(d: Term, e: Term, rw: Rewriter) -> bool:
    """Whether two ranges are one."""
    d, e = _as_range(d), _as_range(e)
    if d is e:
        return True
    return d.op == "range" == e.op and all(rw.nf(x) is rw.nf(y) for x, y in zip(d.args, e.args, strict=True))


def _as_range(d: Term) -> Term:
    """A set of neighbouring integers that is written out as a range."""
    if d.op != "finset" or not all(a.op == "num" and a.data.denominator == 1 for a in d.args):
        return d
    values = sorted({int(a.data) for a in d.args})
    return b.int_range(num(values[0]), num(values[-1])) if values and values[-1] - values[0] == len(values) - 1 else d


def integrand(node: Term, x: Term, inner: Rewriter) -> Term | None:
    """What is summed at the point x; None where a mean leaves out points at which that has no value."""
    if node.op in ("sum", "int", "intset"):
        return instantiate(node, (x,))
    p = node.args[0]
    if node.op == "Eover":
        f = instantiate(node, (x,))
        if not (positive(p, inner.oracle) or total(f, inner.oracle)):
            return None
        return b.mul(value(p, (x,)), f)
    if not all(positive(d, inner.oracle) for d in node.args):
        return None
    if node.op == "KL":
        return b.mul(value(p, (x,)), b.log(b.div(value(p, (x,)), value(node.args[1], (x,)))))
    return b.neg(b.mul(value(p, (x,)), b.log(value(node.args[-1], (x,)))))
