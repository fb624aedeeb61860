"""Inequalities of expectations, probabilities and divergences: Jensen, Gibbs, Cauchy and Schwarz, Markov, unions, integrands.

Each inequality is closed at once: the goal's difference must be a nonnegative multiple of the inequality's difference, by the ring.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from derivcheck.kernel import algebra
from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.densities import domains, full, normalised, sorts_of
from derivcheck.kernel.inferences.basic import CORE, relation
from derivcheck.kernel.inferences.optimum import _good
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.rewrite import Rewriter, level_symbol
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration, Hypothesis
from derivcheck.terms.term import Term, instantiate, mk, rebind, subterms

_HALF_LINES = {b.POSITIVE, b.NONNEGATIVE}  # densities do not see the point 0
POWERS = (1, 2, 3, 4, 6, 8)
LINEAR = CORE | frozenset({"linearity"})


def gap(ob: Obligation) -> Term:
    """The larger side minus the smaller one of a non-strict inequality."""
    x, y = relation(ob, "≤", "≥")
    if x.sort.kind != "num" or y.sort.kind != "num":
        raise Rejected("not numbers")
    return b.sub(y, x) if ob.statement.data == "≤" else b.sub(x, y)


def multiple(difference: Term, parts: list[tuple[Term, Term]], ob: Obligation, session: Session) -> None:
    """Reject unless difference = ∑ c · part with c ≥ 0."""
    oracle = session.oracle(ob.context)
    for c, _ in parts:
        if not oracle.nonnegative(c):
            raise Rejected("the multiple is not shown nonnegative")
    whole = b.add(*(b.mul(c, part) for c, part in parts))
    from derivcheck.kernel.elimination import zero_modulo_hypotheses

    for groups in (CORE, LINEAR):
        rw = session.rewriter(ob.context, groups)
        if algebra.is_zero(b.sub(difference, whole), rw):
            return
    if any(h.statement.op == "rel" and h.statement.data == "=" for h in ob.context.hypotheses) and zero_modulo_hypotheses(b.sub(difference, whole), rw):
        return
    raise Rejected("not a multiple of the inequality")


# --- means ----------------------------------------------------------------------------------------------------------------------------


def mean_node(node: Term, rw: Rewriter) -> tuple[Any, Term, Rewriter]:
    """A mean (an expectation, or a sum with weights that add up to 1) as `mean(h)`, its integrand, and the rewriter under it."""
    if node.op == "E":
        conds = node.args[1:]
        return (lambda h: mk("E", (h, *conds), len(conds), h.sort)), node.args[0], rw
    if node.op == "Eover":
        if not normalised(node.args[0], rw.oracle):
            raise Rejected("not shown to be a density")
        symbols, body, inner = rw.under(node)
        return (lambda h: rebind(node, symbols, node.args[:-1], h)), body, inner
    raise Rejected("not a mean")


def weighted(node: Term, weight: Term, ob: Obligation, session: Session) -> tuple[Any, Term, Rewriter]:
    """∑_k w_k g_k as a mean: `weight` is λk.w_k, with w ≥ 0 and ∑ w = 1."""
    rw = session.rewriter(ob.context)
    if node.op != "sum" or weight.op != "lam" or len(weight.bound) != 1 or node.args[1] is b.INF:
        raise Rejected("not a finite sum with weights")
    (k,), body, inner = rw.under(node)
    w = instantiate(weight, (k,))
    if not inner.oracle.nonnegative(w):
        raise Rejected("weights may be negative")
    total_weight = b.eq(b.sum_(k, node.args[0], node.args[1], w), b.ONE)
    _holds(Obligation(ob.context, total_weight), session)
    g = inner.nf(b.div(body, w))
    if not algebra.is_zero(b.sub(body, b.mul(w, g)), inner) or not (inner.oracle.nonzero(w) or total(g, inner.oracle)):
        # where a weight vanishes the value does not matter, but it must exist
        raise Rejected("the sum has no such weights")
    return (lambda h: b.sum_(k, node.args[0], node.args[1], b.mul(w, h))), g, inner


def _holds(ob: Obligation, session: Session) -> None:
    from derivcheck.kernel.check import apply_inference

    goals = [ob]
    for number, h in enumerate(ob.context.hypotheses):
        if h.statement.op == "forall":
            try:
                goals += apply_inference(ob, "rewrite-universal", (number, False), session)
            except Rejected:
                continue
    for goal in goals:
        for rule in ("ring", "equations"):
            try:
                if apply_inference(goal, rule, (), session) == []:
                    return
            except Rejected:
                continue
    raise Rejected("the weights are not shown to add up to 1")


@inference(
    "jensen",
    statement="φ(E g) ≤ E φ(g) for convex φ on an interval that contains the values of g",
    source="Jensen 1906; Cover and Thomas 2.6",
    method="Jensen",
)
def jensen(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (the mean E g, φ as a lam, multiple, weights or None)."""
    node, phi, c, weight = params
    difference = gap(ob)
    rw = session.rewriter(ob.context)
    mean, g, inner = mean_node(node, rw) if weight is None else weighted(node, weight, ob, session)
    _convex(phi, g, ob.context, inner, session)
    inequality = b.sub(mean(instantiate(phi, (g,))), instantiate(phi, (mean(g),)))
    multiple(difference, [(c, inequality)], ob, session)
    return []


def _convex(phi: Term, g: Term, context: Context, inner: Rewriter, session: Session) -> None:
    """φ'' ≥ 0 on ℝ, (0, ∞) or, for a continuous φ, [0, ∞), whichever is shown to contain the values of g; or φ is declared convex."""
    if phi.op != "lam" or len(phi.bound) != 1:
        raise Rejected("not a function of one variable")
    if inner.oracle.positive(g):
        domain = b.POSITIVE
    elif inner.oracle.real(g):
        domain = b.REALS
    else:
        raise Rejected("the values are not shown real")
    body = phi.args[-1]
    if body.op == "apply" and body.args[1:] == phi.bound and body.args[0].op == "sym":
        d = context.declarations.get(body.args[0])
        if d is not None and "convex" in d.attributes and len(d.arg_domains) == 1 and _contains(d.arg_domains[0], domain):
            return
    if _absolute(body, phi.bound[0]):
        return
    from derivcheck.semantics.differentiate import derivative

    u = level_symbol("u", phi.bound[0].sort, 700)
    extended = context.with_declaration(Declaration(u, domain))
    rw = session.rewriter(extended)
    f = instantiate(phi, (u,))
    if not total(rw.nf(f), rw.oracle) or not rw.oracle.real(rw.nf(f)):
        raise Rejected("the function may be undefined")
    first = derivative(f, u)
    second = derivative(first.term, u)
    for got in (first, second):
        if not got.complete or not all(_good(p, rw.oracle) for p in got.conditions):
            raise Rejected("the derivative is not shown")
    if not rw.oracle.nonnegative(rw.nf(second.term)):
        raise Rejected("not shown convex")


def _absolute(body: Term, u: Term) -> bool:
    return body.op == "fn" and body.data == "abs" and body.args[0] is u


def _contains(big: Term, small: Term) -> bool:
    return big is small or (big.op == "set" and big.data == "R")


@inference("gibbs", statement="KL(p ‖ q) ≥ 0 for densities p, q over the same variables", source="Gibbs; Cover and Thomas 2.6.3", method="Gibbs")
def gibbs(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: pairs ((c, p, q), …): the difference of the sides is ∑ c KL(p ‖ q)."""
    oracle = session.oracle(ob.context)
    parts = []
    for c, p, q in params[0]:
        if not (normalised(p, oracle) and normalised(q, oracle)) or sorts_of(p) != sorts_of(q):
            raise Rejected("not shown to be densities")
        x, y = domains(p, oracle), domains(q, oracle)
        if x is None or y is None or len(x) != len(y) or not all(u is v or (full(u) and full(v)) or {u, v} == _HALF_LINES for u, v in zip(x, y, strict=True)):
            raise Rejected("not over the same sets")
        parts.append((c, mk("KL", (p, q))))
    multiple(gap(ob), parts, ob, session)
    return []


@inference(
    "entropy-bound",
    statement="H(p) ≤ log n for a mass function p on n points",
    source="Cover and Thomas 2.6.4",
    method="Gibbs",
)
def entropy_bound(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (c, p)."""
    c, p = params
    oracle = session.oracle(ob.context)
    sets = domains(p, oracle)
    if sets is None or len(sets) != 1 or sets[0].op != "range" or not normalised(p, oracle):
        raise Rejected("not a mass function on a range")
    lo, hi = sets[0].args
    if hi is b.INF or not oracle.less_equal(lo, hi):
        raise Rejected("not finitely many points")
    count = b.add(hi, b.neg(lo), b.ONE)
    multiple(gap(ob), [(c, b.sub(b.log(count), mk("entropy", (p,))))], ob, session)
    return []


@inference(
    "cauchy-schwarz-mean",
    statement="E[f g]² ≤ E[f²] E[g²] for real f, g",
    source="Cauchy 1821, Schwarz 1888",
    method="Cauchy-Schwarz",
)
def cauchy_schwarz_mean(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (a mean for its law, f, g, c)."""
    node, f, g, c = params
    rw = session.rewriter(ob.context)
    if node.op != "E":
        raise Rejected("not an expectation")
    mean, _, inner = mean_node(node, rw)
    if not inner.oracle.real(f) or not inner.oracle.real(g):
        raise Rejected("not shown real")
    inequality = b.sub(b.mul(mean(b.pow_(f, 2)), mean(b.pow_(g, 2))), b.pow_(mean(b.mul(f, g)), 2))
    multiple(gap(ob), [(c, inequality)], ob, session)
    return []


@inference(
    "cauchy-schwarz-sum",
    statement="(∑ f g)² ≤ ∑ f² ∑ g² for real f, g (finite sums)",
    source="Cauchy 1821",
    method="Cauchy-Schwarz",
)
def cauchy_schwarz_sum(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (λk.f, λk.g, lo, hi, c)."""
    f, g, lo, hi, c = params
    rw = session.rewriter(ob.context)
    if hi is b.INF or not (rw.oracle.integer(lo) and rw.oracle.integer(hi)):
        raise Rejected("not a finite range")
    k = level_symbol("k", f.bound[0].sort, 0)
    inner = rw.child(((Declaration(k, b.int_range(lo, hi)),), ()))
    u, v = instantiate(f, (k,)), instantiate(g, (k,))
    if not (inner.oracle.real(u) and inner.oracle.real(v)):
        raise Rejected("not shown real")

    def total_(h: Term) -> Term:
        return b.sum_(k, lo, hi, h)

    inequality = b.sub(b.mul(total_(b.pow_(u, 2)), total_(b.pow_(v, 2))), b.pow_(total_(b.mul(u, v)), 2))
    multiple(gap(ob), [(c, inequality)], ob, session)
    return []


@inference(
    "mean-bounded",
    statement="∑ w g ≤ M (or ≥ M) from g ≤ M (≥) for every index, w ≥ 0, ∑ w = 1",
    source="monotony of finite sums",
    method="pointwise",
)
def mean_bounded(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (the weights as a lam): the left side is the sum, the right side M."""
    (weight,) = params
    x, y = relation(ob, "≤", "≥")
    _, g, _ = weighted(x, weight, ob, session)
    (k,), _, _ = session.rewriter(ob.context).under(x)
    from derivcheck.kernel.check import eigen
    from derivcheck.terms.term import binder_names, substitute

    new = eigen(ob.context, binder_names(x)[0], k.sort)
    context = ob.context.with_declaration(Declaration(new, b.int_range(x.args[0], x.args[1])))
    return [Obligation(context, b.rel(substitute(g, {k: new}), str(ob.statement.data), y))]


@inference("by-squares", statement="A ≤ B from A² ≤ B², B ≥ 0 (A, B real)", source="monotony of the square", method="order")
def squares(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "≤", "≥")
    if ob.statement.data == "≥":
        x, y = y, x
    oracle = session.oracle(ob.context)
    if not (oracle.real(x) and oracle.nonnegative(y)):
        raise Rejected("not shown real and nonnegative")
    rw = session.rewriter(ob.context)
    left = b.pow_(x.args[0], 2) if x.op == "fn" and x.data == "abs" and oracle.real(x.args[0]) else b.pow_(x, 2)
    return [Obligation(ob.context, b.rel(left, "≤", rw.nf(b.pow_(y, 2)) if _roots(y) else b.pow_(y, 2)))]


def _roots(y: Term) -> bool:
    return any(t.op == "pow" and t.args[1].op == "num" and t.args[1].data.denominator == 2 for t in subterms(y))


@inference(
    "markov",
    statement="Pr(|u| ≥ a) ≤ E|u|^n / a^n for a > 0, n = 1, 2, 3, 4, 6, 8",
    source="Markov, Chebyshev; Williams 6.4",
    method="Markov",
)
def markov(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (n,)."""
    (n,) = params
    x, y = relation(ob, "≤", "≥")
    if ob.statement.data == "≥":
        x, y = y, x
    if x.op != "Pr" or len(x.args) != 1 or n not in POWERS:
        raise Rejected("not a probability")
    event = x.args[0]
    if event.op != "rel" or event.data not in ("≥", ">", "≤", "<"):
        raise Rejected("not a tail")
    u, a = event.args if event.data in ("≥", ">") else (event.args[1], event.args[0])
    oracle = session.oracle(ob.context)
    if not oracle.positive(a) or not oracle.nonnegative(u):
        raise Rejected("not a tail of a nonnegative variable")
    v = u.args[0] if n % 2 == 0 and u.op == "fn" and u.data == "abs" and oracle.real(u.args[0]) else u
    bound = b.div(b.expect(b.pow_(v, n)), b.pow_(a, n))
    for groups in (CORE, LINEAR):
        rw = session.rewriter(ob.context, groups)
        if algebra.is_zero(b.sub(y, bound), rw):
            return []
        from derivcheck.kernel.elimination import zero_modulo_hypotheses

        if zero_modulo_hypotheses(b.sub(y, bound), rw):
            return []
    raise Rejected("not that bound")


@inference(
    "union-bound",
    statement="Pr(P₁ ∨ … ∨ Pₙ) ≤ Pr(P₁) + … + Pr(Pₙ); Pr(∃k: P(k)) ≤ ∑_k Pr(P(k)) over a finite range",
    source="Boole",
    method="union bound",
)
def union_bound(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """Leaves that the sum of the probabilities is at most the other side."""
    x, y = relation(ob, "≤", "≥")
    if ob.statement.data == "≥":
        x, y = y, x
    if x.op != "Pr":
        raise Rejected("not a probability")
    event, conds = x.args[0], x.args[1:]
    if event.op == "or":
        total_ = b.add(*(mk("Pr", (p, *conds), x.data) for p in event.args))
    elif event.op == "exists" and len(event.bound) == 1 and event.args[0].op == "range" and event.args[0].args[1] is not b.INF:
        k = level_symbol("k", event.bound[0].sort, 0)
        lo, hi = event.args[0].args
        total_ = b.sum_(k, lo, hi, mk("Pr", (instantiate(event, (k,)), *conds), x.data))
    else:
        raise Rejected("not a union")
    return [Obligation(ob.context, b.rel(total_, "≤", y))]


@inference(
    "pointwise",
    statement="c E[f] + d ≥ 0 from f ≥ 0 wherever the mean looks, c ≥ 0, d ≥ 0 (expectations, finite sums, integrals)",
    source="monotony of the integral",
    method="pointwise",
)
def pointwise(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """The goal's difference must have a normal form with one mean in it; leaves f ≥ 0 and the signs of c and d."""
    from derivcheck.kernel.literals import linear_terms
    from derivcheck.kernel.monomials import factors, product
    from derivcheck.kernel.rewrite import binder_facts
    from derivcheck.terms.term import binder_names, num

    rw = session.rewriter(ob.context)
    difference = rw.nf(gap(ob))
    found: list[tuple[Term, Term]] = []
    rest: list[Term] = []
    scale = Fraction(1)
    for c, m in linear_terms(difference):
        top, bottom = factors(m)
        means = [f for f in top if f.op in ("Eover", "sum", "int", "intset")]
        if len(means) == 1:
            top.remove(means[0])
            factor, scale = product(top, bottom), c
            found.append((factor, means[0]))
        else:
            rest.append(b.mul(num(c), m))
    if len(found) != 1:
        raise Rejected("not one mean")
    factor, node = found[0]
    if node.op == "sum" and (node.args[1] is b.INF or node.args[0].op == "neg"):
        raise Rejected("an infinite sum")
    if node.op == "int" and not rw.oracle.less_equal(node.args[0], node.args[1]):
        raise Rejected("bounds of unknown order")
    from derivcheck.kernel.check import eigen

    symbols = tuple(eigen(ob.context, n, v.sort, i) for i, (n, v) in enumerate(zip(binder_names(node), node.bound, strict=True)))
    declarations, facts = binder_facts(node, symbols, rw.oracle)
    if len(declarations) != len(symbols):
        raise Rejected("the variables have no known domain")
    context = ob.context
    for d in declarations:
        context = context.with_declaration(d)
    context = context.with_hypotheses([Hypothesis(f, None, "domain") for f in facts])
    # the rational coefficient goes into f; terms with a minus go to the left
    terms = [(scale * c, m) for c, m in linear_terms(session.rewriter(context).nf(instantiate(node, symbols)))]
    left = b.add(b.ZERO, *(b.mul(num(-c), m) for c, m in terms if c < 0))
    right = b.add(b.ZERO, *(b.mul(num(c), m) for c, m in terms if c > 0))
    left, right = session.rewriter(context).nf(left), session.rewriter(context).nf(right)
    return [
        Obligation(context, b.rel(left, "≤", right)),
        Obligation(ob.context, b.rel(b.ZERO, "≤", factor)),
        Obligation(ob.context, b.rel(b.ZERO, "≤", b.add(b.ZERO, *rest))),
    ]
