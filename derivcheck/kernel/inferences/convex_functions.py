"""Convexity as a statement, and Jensen's inequality for functions that are convex by their make-up.

`f convex` says that f has real values on its domain, a convex set, and lies below its chords.  It follows from how f is made
(`kernel/convex_structure.py`), from a second derivative that is not negative, from a Hessian that is positive semidefinite.
"""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, eigen, inference
from derivcheck.kernel.continuity import continuous
from derivcheck.kernel.convex_structure import bend
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.inferences.functions import curvature
from derivcheck.kernel.inferences.optimisers import as_interval, slope_of
from derivcheck.kernel.inferences.optimum import _open
from derivcheck.kernel.inferences.optimum_vector import slope_and_hessian
from derivcheck.kernel.matrix_facts import real_entries
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.randomness import mentions_random
from derivcheck.kernel.valued import valued
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration
from derivcheck.terms.sorts import BOOL
from derivcheck.terms.term import Term, binder_names, instantiate, mk, open_binder, substitute

SOURCE = "Boyd and Vandenberghe, Convex Optimization, 3.1.4, 3.2"


def _opened(ob: Obligation, session: Session) -> tuple[tuple[Term, ...], Term, Context, bool]:
    """(variables, f in them, their context, convex rather than concave) of a function with real values on a convex set."""
    p = ob.statement
    if p.op not in ("isconvex", "isconcave") or p.args[0].op != "lam":
        raise Rejected("not about a function given by a formula")
    f = p.args[0]
    context = ob.context
    symbols = tuple(eigen(ob.context, n, v.sort, i) for i, (n, v) in enumerate(zip(binder_names(f), f.bound, strict=True)))
    for x, domain in zip(symbols, f.args[:-1], strict=True):
        convex = as_interval(domain, session.oracle(ob.context)) if x.sort.kind == "num" else domain if domain.op in ("rn", "rmn") else None
        if convex is None:
            raise Rejected("not shown to live on a convex set")
        context = context.with_declaration(Declaration(x, convex))
    body = instantiate(f, symbols)
    oracle = session.oracle(context)
    if body.sort.kind != "num" or not valued(body, session.rewriter(context)) or not (oracle.real(body) or oracle.real(session.rewriter(context).nf(body))):
        raise Rejected("not shown to have real values on the whole domain")
    return symbols, body, context, p.op == "isconvex"


@inference("convex-declared", statement="f is convex (concave) as declared", source="declaration", method="convexity")
def convex_declared(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    p = ob.statement
    if p.op not in ("isconvex", "isconcave") or curvature(p.args[0], ob.context) != (1 if p.op == "isconvex" else -1):
        raise Rejected("not declared so")
    return []


@inference("convex-structure", statement="f is convex (concave) by the way it is made", source=SOURCE, method="convexity")
def convex_structure(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    xs, f, context, convex = _opened(ob, session)
    rw = session.rewriter(context)
    if not any(bend(t, frozenset(xs), rw.oracle)[0 if convex else 1] for t in (f, rw.nf(f))):
        raise Rejected("not shown by its make-up")
    return []


@inference("convex-curve", statement="f is convex on an interval if it is continuous there and f'' ≥ 0", source=SOURCE, method="second derivative")
def convex_curve(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    xs, f, context, convex = _opened(ob, session)
    if len(xs) != 1 or xs[0].sort.kind != "num":
        raise Rejected("not a function of one number")
    (x,) = xs
    rw = session.rewriter(context)
    if not _open(context.declarations[x].domain) and not continuous(f, x, rw.oracle):
        raise Rejected("not shown continuous up to the ends")
    curve = slope_of(slope_of(rw.nf(f), x, context, session), x, context, session)
    return [Obligation(context, b.rel(curve, "≥" if convex else "≤", b.ZERO))]


@inference("convex-hessian", statement="f is convex on R^n if its Hessian is positive semidefinite", source=SOURCE, method="Hessian")
def convex_hessian(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    xs, f, context, convex = _opened(ob, session)
    if len(xs) != 1 or not xs[0].sort.is_vector or context.declarations[xs[0]].domain.op != "rn":
        raise Rejected("not a function of one vector")
    node = b.over("minover" if convex else "maxover", xs, (context.declarations[xs[0]].domain,), f)
    (w,), body = open_binder(node)
    _, hessian = slope_and_hessian(node, body, w, session.rewriter(ob.context))
    return [Obligation(context, mk("psd", (substitute(hessian, {w: xs[0]}),), None, BOOL))]


@inference(
    "chord",
    statement="φ(∑ λᵢ vᵢ) ≤ R if φ is convex, λᵢ ≥ 0, ∑ λᵢ = 1 and ∑ λᵢ φ(vᵢ) ≤ R; ≥ for a concave φ",
    source="Jensen 1906",
    method="convexity",
)
def jensen(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (which side, the mean u as it stands there, the domain of φ, then pairs λ, v).  φ is that side as a function of u."""
    at, u, domain, *pairs = params
    sides = relation(ob, "≤", "≥")
    if at not in (0, 1) or u.sort.kind not in ("num", "mat") or len(pairs) < 2 or any(len(q) != 2 for q in pairs):
        raise Rejected("not such parameters")
    if u.sort.kind == "mat" and (domain.op not in ("rn", "rmn") or not all(real_entries(v, session.oracle(ob.context)) for _, v in pairs)):
        raise Rejected("not real vectors")
    if any(v.op == "bvar" for v in u.free) or mentions_random(u, session.oracle(ob.context)) or any(w.sort != u.sort for _, w in pairs):
        raise Rejected("not a mean of values")
    x = eigen(ob.context, "u", u.sort)
    body = substitute(sides[at], {u: x})
    if x not in body.free:
        raise Rejected("the mean does not stand there")
    low = (at == 0) == (ob.statement.data == "≤")
    phi = b.lam((x,), (domain,), body)
    mean = b.add(*(b.mul(q, v) if u.sort.kind == "num" else b.smul(q, v) for q, v in pairs))
    chord = b.add(*(b.mul(q, substitute(body, {x: v})) for q, v in pairs))
    return [
        Obligation(ob.context, mk("isconvex" if low else "isconcave", (phi,), None, BOOL)),
        Obligation(ob.context, b.eq(u, mean)),
        Obligation(ob.context, b.eq(b.add(*(q for q, _ in pairs)), b.ONE)),
        *(Obligation(ob.context, b.rel(q, "≥", b.ZERO)) for q, _ in pairs),
        *(Obligation(ob.context, b.rel(v, "in", domain)) for _, v in pairs if u.sort.kind == "num"),
        Obligation(ob.context, b.rel(chord, "≤" if low else "≥", sides[1 - at])),
    ]
