"""Optimisers of functions of a vector, or of several numbers, from the gradient and the Hessian; their optimal values.

What a convex function does on all of R^n it does on every subset: f(x) ≥ f(x*) + ∇f(x*)^T (x - x*).  So a constraint set need not be convex, and
what is left of it is one inequality, ∇f(x*)^T (x - x*) ≥ 0 for the x of the set: the condition of Karush, Kuhn and Tucker is one way to
show it.  Source: Boyd and Vandenberghe, Convex Optimization, 3.1.3, 3.1.4, 4.2.3, 9.1.2.
"""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, inference, opened
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.inferences.convexity import smooth_derivative
from derivcheck.kernel.inferences.optimum import _defined, _member, _open
from derivcheck.kernel.infinite import no_arithmetic
from derivcheck.kernel.matrix_differential import kinks
from derivcheck.kernel.matrix_facts import pd, psd, real_entries
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration, Hypothesis
from derivcheck.terms.term import Term, contains_op, instantiate, mk, open_binder, substitute, subterms

SOURCE = "Boyd and Vandenberghe, Convex Optimization, 3.1.3, 3.1.4, 4.2.3, 9.1.2"


def _smooth(t: Term) -> bool:
    """Made of functions that are smooth wherever they have a value (norms only squared)."""
    squares = {s.args[0] for s in subterms(t) if s.op == "pow" and s.args[1] is b.TWO}
    bad = [s for s in subterms(t) if s.op in ("sigmax", "norm", "det", "abs") and s not in squares]
    return not bad and not kinks(t)


def _point(ob: Obligation) -> tuple[Term, Term]:
    """(argmin or argmax, what the other side has in its braces)."""
    x, y = relation(ob, "=")
    node, value = (x, y) if x.op in ("argmin", "argmax") else (y, x)
    if node.op not in ("argmin", "argmax"):
        raise Rejected("not an optimiser")
    return node, value.args[0] if value.op == "finset" and len(value.args) == 1 else value


def optimiser(ob: Obligation) -> tuple[Term, Term]:
    """(argmin or argmax over one vector, the single vector on the other side)."""
    node, value = _point(ob)
    if len(node.bound) != 1 or node.bound[0].sort.kind != "mat":
        raise Rejected("not an optimiser of a function of a vector")
    if value.sort.kind != "mat" or not node.bound[0].sort.is_vector:
        raise Rejected("not a single vector")
    return node, value


def slope_and_hessian(node: Term, body: Term, w: Term, rw: Rewriter) -> tuple[Term, Term]:
    """Gradient and Hessian of the function to be minimised (of -f for `argmax`), smooth with values on all of R^n."""
    if node.op in ("argmax", "maxover", "supover"):
        body = b.neg(body)
    child = rw.child(((Declaration(w, b.rn(w.sort.rows)),), ()))
    if child.oracle.undefinedness(body) or not child.oracle.real(child.nf(body)):
        raise Rejected("the function may be undefined")
    if not _smooth(child.nf(body)) or not _smooth(body):
        raise Rejected("the function may have kinks")
    hessian = child.nf(b.hess(w, body))
    if contains_op(hessian, "hess", "jac", "grad"):
        raise Rejected("no Hessian")
    slope = child.nf(b.grad(w, body))
    if contains_op(slope, "grad"):
        raise Rejected("no gradient")
    if child.oracle.undefinedness(slope) or child.oracle.undefinedness(hessian):
        raise Rejected("the derivatives may be undefined somewhere")
    return slope, hessian


@inference(
    "optimum-of-quadratic",
    statement="argmin f = {x*} over R^n if the Hessian of f is positive definite everywhere and its gradient at x* is 0",
    source=SOURCE,
    method="optimum",
)
def optimum_of_quadratic(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """argmax of a function with negative definite Hessian alike.  Leaves that the gradient vanishes at x*."""
    node, value = optimiser(ob)
    if node.args[0].op not in ("rn", "rmn"):
        raise Rejected("not over the whole space")
    (w,), body = open_binder(node)
    rw = session.rewriter(ob.context)
    slope, hessian = slope_and_hessian(node, body, w, rw)
    if not pd(hessian, rw.child(((Declaration(w, node.args[0]),), ())).oracle):
        raise Rejected("the Hessian is not shown positive definite")
    if rw.oracle.undefinedness(value) or not real_entries(value, rw.oracle):
        raise Rejected("the point may be undefined or not real")
    return [Obligation(ob.context, b.eq(substitute(slope, {w: value}), b.zeros(w.sort.rows, b.ONE)))]


@inference(
    "optimum-over-set",
    statement="argmin f = {x*} over a set C of vectors if x* ∈ C, the Hessian of f is positive definite on R^n and ∇f(x*)^T (x - x*) ≥ 0 for x ∈ C; if it is only semidefinite, > 0 for the other x ∈ C",
    source=SOURCE,
    method="first-order condition and convexity",
)
def optimum_over_set(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    node, value = optimiser(ob)
    domain = node.args[0]
    if domain.op != "setof" or len(domain.bound) != 1 or domain.args[0].op != "rn":
        raise Rejected("not a set of vectors")
    (w,), body = opened(ob.context, node)
    rw = session.rewriter(ob.context)
    if not real_entries(value, rw.oracle):
        raise Rejected("the point is not shown real")
    slope, hessian = slope_and_hessian(node, body, w, rw)
    space = ob.context.with_declaration(Declaration(w, domain.args[0]))
    inside = space.with_hypotheses([Hypothesis(instantiate(domain, (w,)), None, "assume")])
    oracle = session.oracle(space)
    strictly = pd(hessian, oracle)
    if not strictly and not psd(hessian, oracle):
        raise Rejected("not shown convex")
    if not strictly:
        inside = inside.with_hypotheses([Hypothesis(b.rel(w, "≠", value), None, "assume")])
    way = mk("inner", (substitute(slope, {w: value}), b.sub(w, value)))
    return [
        Obligation(ob.context, instantiate(domain, (value,))),
        *_defined(ob, value, session),
        Obligation(inside, b.rel(way, "≥" if strictly else ">", b.ZERO)),
    ]


@inference("optimal-value-vector", statement="min f = f(x*) if argmin f = {x*}", source="definition", method="optimum")
def optimal_value_vector(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the optimiser."""
    (star,) = params
    x, y = relation(ob, "=")
    ops = {"minover": "argmin", "infover": "argmin", "maxover": "argmax", "supover": "argmax"}
    node, value = (x, y) if x.op in ops else (y, x)
    if node.op not in ops or len(node.bound) != 1 or node.bound[0].sort != star.sort or value.sort.kind != "num":
        raise Rejected("not an optimal value")
    (w,), f = opened(ob.context, node)
    optimisers = b.over(ops[node.op], (w,), node.args[:-1], f)
    return [Obligation(ob.context, b.eq(optimisers, b.finset(star))), Obligation(ob.context, b.eq(value, substitute(f, {w: star})))]


@inference(
    "optimum-of-numbers",
    statement="argmin f = {(x*, y*, …)} over open intervals if the leading minors of the Hessian of f are positive there and its gradient vanishes at the point",
    source=SOURCE + "; Sylvester's criterion (Horn and Johnson, 7.2.5)",
    method="first-order condition and convexity",
)
def optimum_of_numbers(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """Two or three numbers."""
    node, value = _point(ob)
    if not 2 <= len(node.bound) <= 3 or any(v.sort.kind != "num" for v in node.bound):
        raise Rejected("not an optimiser of a function of two or three numbers")
    if value.op != "tuple" or len(value.args) != len(node.bound) or any(a.sort.kind != "num" for a in value.args):
        raise Rejected("not a single point")
    if not all(_open(d) for d in node.args[:-1]):
        raise Rejected("not open intervals")
    xs, f = opened(ob.context, node)
    if any(set(xs) & d.free for d in node.args[:-1]):
        raise Rejected("the sets depend on each other")
    context = ob.context
    for s, d in zip(xs, node.args[:-1], strict=True):
        context = context.with_declaration(Declaration(s, d))
    rw = session.rewriter(context)
    written, f = f, rw.nf(f if node.op == "argmin" else b.neg(f))
    if rw.oracle.undefinedness(written) or rw.oracle.undefinedness(f) or not rw.oracle.real(f):
        raise Rejected("not shown to have real values on the whole set")
    slope = [smooth_derivative(f, s, rw) for s in xs]
    hessian = [[smooth_derivative(g, s, rw) for s in xs] for g in slope]
    point = dict(zip(xs, value.args, strict=True))
    return [
        *(_member(ob, a, d) for a, d in zip(value.args, node.args[:-1], strict=True)),
        *(Obligation(ob.context, b.eq(substitute(g, point), b.ZERO)) for g in slope),
        *(Obligation(context, b.rel(_determinant([row[:k] for row in hessian[:k]]), ">", b.ZERO)) for k in range(1, len(xs) + 1)),
    ]


def _determinant(rows: list[list[Term]]) -> Term:
    if len(rows) == 1:
        return rows[0][0]
    terms = []
    for j, a in enumerate(rows[0]):
        minor = _determinant([[*row[:j], *row[j + 1 :]] for row in rows[1:]])
        terms.append(b.mul(a, minor) if j % 2 == 0 else b.neg(b.mul(a, minor)))
    return b.add(*terms)


@inference(
    "multipliers",
    statement="A ≤ B if B - A = ∑ λᵢ Fᵢ with λᵢ ≥ 0 and Fᵢ ≥ 0 by hypotheses (B = A with none)",
    source="Lagrange; Karush 1939; Kuhn and Tucker 1951",
    method="multipliers",
)
def multipliers(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: pairs (hypothesis, multiplier).  Leaves the multipliers' signs and the equation, for which all hypotheses may be used."""
    x, y = relation(ob, "≤", "≥")
    low, high = (x, y) if ob.statement.data == "≤" else (y, x)
    have = {q for h in ob.context.hypotheses for q in (h.statement.args if h.statement.op == "and" else (h.statement,))}
    parts: list[Term] = []
    for fact, factor in params:
        if fact not in have or fact.op != "rel" or fact.data not in ("<", "≤", ">", "≥") or fact.args[0].sort.kind != "num":
            raise Rejected("no such hypothesis")
        p, q = fact.args[:2]
        if any(b.is_infinite(t) for t in (p, q)) or no_arithmetic(fact):
            raise Rejected("not a bound")
        parts.append(b.mul(factor, b.sub(q, p) if fact.data in ("<", "≤") else b.sub(p, q)))
    oracle = session.oracle(ob.context)
    if not oracle.real(low) or not oracle.real(high):
        raise Rejected("not shown real")
    equation = b.eq(b.sub(high, low), b.add(b.ZERO, *parts) if parts else b.ZERO)
    return [*(Obligation(ob.context, b.rel(factor, "≥", b.ZERO)) for _, factor in params), Obligation(ob.context, equation)]
