"""Optimisers of functions of a matrix, of several arguments one after the other; suprema of sums.

Sources: Boyd and Vandenberghe, Convex Optimization, 3.1.4 (convexity along lines), 4.1.3 (optimising over some variables first), 4.2.3.
"""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, eigen, inference, opened
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.inferences.optimum import _defined
from derivcheck.kernel.inferences.optimum_vector import _point, _smooth
from derivcheck.kernel.matrix_facts import real_entries
from derivcheck.kernel.obligation import Obligation
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration, Hypothesis
from derivcheck.terms.sorts import NUM
from derivcheck.terms.term import Term, contains_op, instantiate, open_binder, substitute

SOURCE = "Boyd and Vandenberghe, Convex Optimization, 3.1.4, 4.1.3, 4.2.3"


def _matrix_optimiser(ob: Obligation, session: Session) -> tuple[Term, Term]:
    node, value = _point(ob)
    if len(node.bound) != 1 or node.bound[0].sort.kind != "mat" or value.sort.kind != "mat" or value.sort != node.bound[0].sort:
        raise Rejected("not an optimiser of a function of a matrix")
    if not real_entries(value, session.oracle(ob.context)):
        raise Rejected("the point is not shown real")
    return node, value


@inference(
    "optimum-along-lines",
    statement="argmin f = {X*} over all matrices if (d/dt)² f(X + tH) > 0 for all X, H ≠ 0 and t = 0, and the gradient at X* is 0",
    source=SOURCE,
    method="first-order condition and convexity",
)
def along_lines(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """argmax with a negative second derivative alike."""
    node, value = _matrix_optimiser(ob, session)
    if node.args[0].op not in ("rn", "rmn"):
        raise Rejected("not over the whole space")
    (w,), body = opened(ob.context, node)
    if node.op == "argmax":
        body = b.neg(body)
    context = ob.context.with_declaration(Declaration(w, node.args[0]))
    h = eigen(context, "H", w.sort)
    context = context.with_declaration(Declaration(h, node.args[0]))
    t = eigen(context, "t", NUM)
    line = context.with_declaration(Declaration(t, b.REALS))
    rw = session.rewriter(line)
    if rw.oracle.undefinedness(body) or not rw.oracle.real(rw.nf(body)) or not _smooth(body) or not _smooth(rw.nf(body)):
        raise Rejected("not shown smooth with real values")
    slope = rw.nf(b.grad(w, body))
    curve = rw.nf(b.deriv(t, rw.nf(b.deriv(t, rw.nf(substitute(body, {w: b.add(w, b.smul(t, h))}))))))
    if contains_op(slope, "grad", "deriv") or contains_op(curve, "deriv", "grad"):
        raise Rejected("no derivatives")
    if t in curve.free:
        raise Rejected("the second derivative depends on t")
    if rw.oracle.undefinedness(slope) or rw.oracle.undefinedness(curve) or rw.oracle.undefinedness(value):
        raise Rejected("the derivatives or the point may be undefined")
    context = context.with_hypotheses([Hypothesis(b.rel(h, "≠", b.zeros(h.sort.rows, h.sort.cols)), None, "assume")])
    zero = b.zeros(w.sort.rows, w.sort.cols)
    return [Obligation(ob.context, b.eq(substitute(slope, {w: value}), zero)), Obligation(context, b.rel(curve, ">", b.ZERO))]


@inference(
    "optimum-direct-matrix", statement="argmin f = {X*} over a set of matrices if X* ∈ S and f(X) > f(X*) for all other X ∈ S", source="definition", method="optimum"
)
def direct(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    node, value = _matrix_optimiser(ob, session)
    (x,), f = opened(ob.context, node)
    domain = node.args[0]
    better = substitute(f, {x: value})
    facts = [Hypothesis(b.rel(x, "≠", value), None, "assume")]
    if domain.op == "setof" and len(domain.bound) == 1 and domain.args[0].op in ("rn", "rmn"):
        facts.append(Hypothesis(instantiate(domain, (x,)), None, "domain"))
        member = Obligation(ob.context, instantiate(domain, (value,)))
    elif domain.op in ("rn", "rmn"):
        member = Obligation(ob.context, b.TRUE)
    else:
        raise Rejected("not a set of matrices")
    context = ob.context.with_declaration(Declaration(x, domain)).with_hypotheses(facts)
    return [member, *_defined(ob, better, session), Obligation(context, b.rel(f, ">" if node.op == "argmin" else "<", better))]


@inference(
    "optimum-one-by-one",
    statement="argmin_{x, y} f = {(a, b)} if argmin_x f(x, y) = {a} for every y, and argmin_y f(a, y) = {b}",
    source=SOURCE,
    method="optimum",
)
def one_by_one(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: which of the two variables comes first.  f(x, y) ≥ f(a, y) ≥ f(a, b), the first strictly for x ≠ a, the second for y ≠ b."""
    (first,) = params
    node, value = _point(ob)
    if len(node.bound) != 2 or value.op != "tuple" or len(value.args) != 2 or first not in (0, 1):
        raise Rejected("not an optimiser of a function of two variables")
    if any(v.sort != a.sort for v, a in zip(node.bound, value.args, strict=True)):
        raise Rejected("of other kinds")
    symbols, f = opened(ob.context, node)
    if any(s in d.free for s in symbols for d in node.args[:-1]):
        raise Rejected("the sets depend on each other")
    second = 1 - first
    x, y = symbols[first], symbols[second]
    of_x, of_y = node.args[first], node.args[second]
    others = ob.context.with_declaration(Declaration(y, of_y))
    inner = b.over(node.op, (x,), (of_x,), f)
    outer = b.over(node.op, (y,), (of_y,), substitute(f, {x: value.args[first]}))
    return [
        Obligation(others, b.eq(inner, b.finset(value.args[first]))),
        Obligation(ob.context, b.eq(outer, b.finset(value.args[second]))),
    ]


# --- suprema of sums -------------------------------------------------------------------------------------------------------------------

_UP, _DOWN = ("supover", "maxover"), ("infover", "minover")


@inference(
    "extremum-of-sum",
    statement="sup (f + g) ≤ sup f + sup g, inf (f + g) ≥ inf f + inf g over one set, also with factors c ≥ 0",
    source="definition of the supremum",
    method="extrema",
)
def extremum_of_sum(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """Wherever the right-hand side has a value (so that it is not ∞ - ∞)."""
    low, high = relation(ob, "≤", "≥")
    if ob.statement.data == "≥":
        low, high = high, low
    whole, parts, ops = (low, high, _UP) if low.op in _UP else (high, low, _DOWN)
    if whole.op not in ops or parts.op != "add":
        raise Rejected("not such an inequality")
    oracle = session.oracle(ob.context)
    symbols, body = open_binder(whole)
    summands: dict[Term, int] = {}
    for s in body.args if body.op == "add" else (body,):
        summands[s] = summands.get(s, 0) + 1
    for p in parts.args:
        c, node = (p.args[0], p.args[1]) if p.op == "mul" and len(p.args) == 2 else (b.ONE, p)
        if node.op not in ops or node.args[:-1] != whole.args[:-1] or not (c is b.ONE or oracle.nonnegative(c)):
            raise Rejected("not the same set")
        inside = instantiate(node, symbols)
        s = inside if c is b.ONE else b.mul(c, inside)
        if not summands.get(s):
            raise Rejected("not a summand")
        summands[s] -= 1
    if any(summands.values()):
        raise Rejected("a summand is left")
    return []


