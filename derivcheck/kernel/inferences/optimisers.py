"""Optimisers of functions of one number over intervals, from the sign of the slope; optimisers of hypotheses; suprema at an end.

`argmin_{x ∈ S} f = {x*}` over an interval S: f falls before x* and rises after it.  That is one condition on the slope, and it covers points
inside of S (with the first-order condition hidden in it: a slope that keeps its sign gives none) and ends of S alike.  Convexity is another
way (`optimum.py`): it asks for less of the slope and more of its derivative; over an interval with ends, f'(x*) (x - x*) ≥ 0 takes the place of
f'(x*) = 0.
"""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, inference, opened
from derivcheck.kernel.continuity import continuous
from derivcheck.kernel.inferences.convexity import smooth_derivative
from derivcheck.kernel.inferences.optimum import _OPTIMA, _interval, _member, _open, _point, sides
from derivcheck.kernel.limits import limit
from derivcheck.kernel.matrix_facts import real_entries
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.oracle import Oracle
from derivcheck.kernel.randomness import mentions_random
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration, Hypothesis
from derivcheck.terms.term import Term, instantiate, open_binder, substitute


def as_interval(domain: Term, oracle: Oracle) -> Term | None:
    """A set of real numbers as an interval: `{x ∈ (0, ∞) : x ≥ m}` with m > 0 is `[m, ∞)`; None where that is not shown."""
    if _interval(domain):
        return domain
    if domain.op != "setof" or len(domain.bound) != 1:
        return None
    base = as_interval(domain.args[0], oracle)
    if base is None:
        return None
    (x,), p = open_binder(domain)
    lo, hi = ends(base)
    left, right = ("[" if base.op == "set" and base.data == "Rnn" else "("), ")"
    if base.op == "interval":
        left, right = str(base.data)[0], str(base.data)[1]
    for q in p.args if p.op == "and" else (p,):
        if q.op != "rel" or q.data not in ("<", "≤", ">", "≥") or x not in q.args[:2]:
            return None
        below = (q.args[0] is x) == (q.data in ("<", "≤"))
        bound = q.args[1] if q.args[0] is x else q.args[0]
        closed = q.data in ("≤", "≥")
        if x in bound.free or not oracle.real(bound) or oracle.undefinedness(bound):
            return None
        if below:
            if oracle.less(bound, hi) or (oracle.less_equal(bound, hi) and not closed):
                hi, right = bound, "]" if closed else ")"
            elif not oracle.less(hi, bound):
                return None
        elif oracle.less(lo, bound) or (oracle.less_equal(lo, bound) and not closed):
            lo, left = bound, "[" if closed else "("
        elif not oracle.less(bound, lo):
            return None
    return b.interval(lo, hi, left + right)


def ends(domain: Term) -> tuple[Term, Term]:
    """The ends of an interval, infinite ones too."""
    if domain.op == "interval":
        return domain.args[0], domain.args[1]
    everything = (b.neg(b.INF), b.INF)
    return {"Rpos": (b.ZERO, b.INF), "Rnn": (b.ZERO, b.INF), "Rneg": (b.neg(b.INF), b.ZERO)}.get(str(domain.data), everything)


def _objective(ob: Obligation, node: Term, groups: tuple[Any, ...], session: Session) -> tuple[Term, Term, Context]:
    """(x, f(x) in normal form, context for x): a problem over an interval on which f has real values and is continuous; `groups` are
    groups of rules for the normal form."""
    domain = as_interval(node.args[0], session.oracle(ob.context))
    if domain is None:
        raise Rejected("not an interval")
    if not all(isinstance(g, str) for g in groups):
        raise Rejected("not groups of rules")
    (x,), f = opened(ob.context, node)
    context = ob.context.with_declaration(Declaration(x, domain))
    rw = session.rewriter(context, frozenset({"core", *groups}))
    written, f = f, rw.nf(f)
    if rw.oracle.undefinedness(written) or rw.oracle.undefinedness(f) or not rw.oracle.real(f):
        raise Rejected("not shown to have real values on the whole set")
    if not _open(domain) and not continuous(f, x, rw.oracle):
        raise Rejected("not shown continuous up to the ends")
    return x, f, context


def slope_of(f: Term, x: Term, context: Context, session: Session) -> Term:
    """The derivative in normal form, shown to exist on the whole set."""
    return smooth_derivative(f, x, session.rewriter(context))


def _first_order(ob: Obligation, params: tuple[Any, ...], session: Session) -> tuple[Term, Term, Term, Term, Context, Term]:
    """The set of optimisers, its only point, the variable, the objective, where the variable runs, and the slope there."""
    node, value = sides(ob)
    if node.op not in ("argmin", "argmax"):
        raise Rejected("not a set of optimisers")
    star = _point(node, value)
    x, f, context = _objective(ob, node, params, session)
    return node, star, x, f, context, slope_of(f, x, context, session)


@inference(
    "optimum-slope",
    statement="argmin f = {x*} if S is an interval, x* ∈ S, f is differentiable on S and f'(x)/(x - x*) > 0 for all other x ∈ S",
    source="mean value theorem",
    method="first-order condition and the slope's sign",
)
def optimum_slope(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: groups of rules for the normal form of f."""
    node, star, x, _, context, slope = _first_order(ob, params, session)
    elsewhere = context.with_hypotheses([Hypothesis(b.rel(x, "≠", star), None, "assume")])
    relation = ">" if _OPTIMA[node.op] > 0 else "<"
    return [_member(ob, star, context.declarations[x].domain), Obligation(elsewhere, b.rel(b.div(slope, b.sub(x, star)), relation, b.ZERO))]


@inference(
    "optimum-slope-power",
    statement="argmin f = {x*} if S is an interval of positive numbers, x* ∈ S, f is differentiable on S and f'(x)/(x^k - x*^k) > 0 for all other x ∈ S",
    source="mean value theorem; x ↦ x^k increases for x > 0",
    method="first-order condition and the slope's sign",
)
def optimum_slope_power(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: k ≥ 1.  Where x* is a root, its power is not."""
    (k,) = params
    node, star, x, _, context, slope = _first_order(ob, (), session)
    rw = session.rewriter(context)
    if not isinstance(k, int) or not 1 <= k <= 4 or not rw.oracle.positive(x) or not rw.oracle.positive(star):
        raise Rejected("not shown positive")
    power = rw.nf(b.pow_(star, k))
    elsewhere = context.with_hypotheses([Hypothesis(b.rel(b.pow_(x, k), "≠", power), None, "assume")])
    relation = ">" if _OPTIMA[node.op] > 0 else "<"
    return [
        _member(ob, star, context.declarations[x].domain),
        Obligation(elsewhere, b.rel(b.div(slope, b.sub(b.pow_(x, k), power)), relation, b.ZERO)),
    ]


@inference(
    "optimum-convex",
    statement="argmin f = {x*} if S is an interval, f'' > 0 on it, x* ∈ S and f'(x*) (x - x*) ≥ 0 for all x ∈ S",
    source="Boyd and Vandenberghe, Convex Optimization, 4.2.3",
    method="first-order condition and convexity",
)
def optimum_convex(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: groups of rules for the normal form of f."""
    node, star, x, _, context, slope = _first_order(ob, params, session)
    curve = slope_of(slope, x, context, session)
    up = _OPTIMA[node.op] > 0
    there = substitute(slope, {x: star})
    return [
        _member(ob, star, context.declarations[x].domain),
        Obligation(context, b.rel(b.mul(there, b.sub(x, star)), "≥" if up else "≤", b.ZERO)),
        Obligation(context, b.rel(curve, ">" if up else "<", b.ZERO)),
    ]


@inference("optimum-log", statement="argmax f = argmax log f if f > 0 on S", source="the logarithm increases", method="optimum")
def optimum_log(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """Optimisers only; leaves that f is positive, and the same question for log f."""
    node, value = sides(ob)
    if node.op not in ("argmin", "argmax"):
        raise Rejected("not a set of optimisers")
    (x,), f = opened(ob.context, node)
    if f.op == "fn" and f.data == "log":
        raise Rejected("a logarithm already")
    context = ob.context.with_declaration(Declaration(x, node.args[0]))
    return [
        Obligation(context, b.rel(f, ">", b.ZERO)),
        Obligation(ob.context, b.eq(b.over(node.op, (x,), node.args[:-1], b.log(f)), value)),
    ]


@inference(
    "no-optimum",
    statement="argmin f = ∅ if S is an open interval on which f' has no zero",
    source="Fermat: at an extremum inside of an interval the derivative is 0",
    method="first-order condition",
)
def no_optimum(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: groups of rules for the normal form of f."""
    node = _claimed_empty(ob)
    if not _open(node.args[0]):
        raise Rejected("not an open interval")
    x, f, context = _objective(ob, node, params, session)
    return [Obligation(context, b.rel(slope_of(f, x, context, session), "≠", b.ZERO))]


@inference(
    "supremum-at-end",
    statement="sup_{x∈S} f = V if f ≤ V on the interval S and f tends to V at an end of S",
    source="definition of a supremum",
    method="supremum",
)
def supremum_at_end(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: 'left' or 'right'.  Infima alike."""
    (end,) = params
    node, value = sides(ob)
    if node.op not in ("supover", "infover"):
        raise Rejected("not a supremum")
    x, f, context = _objective(ob, node, (), session)
    up = node.op == "supover"
    found = _end_limit(f, x, end, up, context, ob, session)
    out = [Obligation(ob.context, b.eq(value, found))]
    return out if b.is_infinite(found) else [*out, Obligation(context, b.rel(f, "≤" if up else "≥", found))]


@inference(
    "optimum-not-attained",
    statement="argmax f = ∅ if f tends to V at an end of the interval S and f < V on S",
    source="definition",
    method="optimum",
)
def optimum_not_attained(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: 'left' or 'right'.  Minimisers alike; nothing is left where V is infinite."""
    (end,) = params
    node = _claimed_empty(ob)
    x, f, context = _objective(ob, node, (), session)
    up = node.op == "argmax"
    found = _end_limit(f, x, end, up, context, ob, session)
    return [] if b.is_infinite(found) else [Obligation(context, b.rel(f, "<" if up else ">", found))]


def _claimed_empty(ob: Obligation) -> Term:
    """The node of `argmin f = ∅`."""
    p = ob.statement
    if p.op != "rel" or p.data != "=":
        raise Rejected("not an equation")
    node, value = p.args[:2] if p.args[0].op in ("argmin", "argmax") else p.args[1::-1]
    empty = (value.op == "set" and value.data == "empty") or (value.op == "finset" and not value.args)
    if node.op not in ("argmin", "argmax") or not empty or len(node.bound) != 1 or node.bound[0].sort.kind != "num":
        raise Rejected("not the claim that there is no optimiser")
    return node


def _end_limit(f: Term, x: Term, end: str, up: bool, context: Context, ob: Obligation, session: Session) -> Term:
    """The limit of f at an end of the interval where x lies; the infinity that is no bound is rejected."""
    lo, hi = ends(context.declarations[x].domain)
    if end not in ("left", "right") or not session.oracle(ob.context).less(lo, hi):
        raise Rejected("the interval may be empty")
    found = limit(f, x, lo if end == "left" else hi, "+" if end == "left" else "-", session.rewriter(ob.context))
    if found is None:
        raise Rejected("no limit at the end")
    if b.is_infinite(found) and found is not (b.INF if up else b.neg(b.INF)):
        raise Rejected("the wrong infinity")
    return found


@inference(
    "optimiser-known",
    statement="from s = argmin f and argmin f = {x*}: the goal with s = x*",
    source="substitution",
    method="optimum",
)
def optimiser_known(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (the hypothesis `{s} = argmin f`, x*)."""
    p, star = params
    if not any(q is p for h in ob.context.hypotheses for q in (h.statement, *(h.statement.args if h.statement.op == "and" else ()))):
        raise Rejected("no such hypothesis")
    if p.op != "rel" or p.data != "=":
        raise Rejected("not an equation")
    single, node = p.args[:2] if p.args[1].op in ("argmin", "argmax") else p.args[1::-1]
    if node.op not in ("argmin", "argmax") or single.op != "finset" or len(single.args) != 1:
        raise Rejected("not an optimiser")
    if mentions_random(p, session.oracle(ob.context)) or mentions_random(star, session.oracle(ob.context)):
        raise Rejected("random")
    fact = b.eq(single.args[0], star)
    return [Obligation(ob.context, b.eq(node, b.finset(star))), Obligation(ob.context.with_hypotheses([Hypothesis(fact, None, "step")]), ob.statement)]


def _known_optimiser(ob: Obligation, p: Term, session: Session) -> tuple[Term, Term]:
    """(s, node) of a hypothesis `{s} = argmin f` or `s ∈ argmin f` of one variable."""
    if not any(q is p for h in ob.context.hypotheses for q in (h.statement, *(h.statement.args if h.statement.op == "and" else ()))):
        raise Rejected("no such hypothesis")
    if p.op != "rel" or p.data not in ("=", "in"):
        raise Rejected("says nothing of an optimiser")
    single, node = p.args[:2] if p.args[1].op in ("argmin", "argmax") else p.args[1::-1]
    if p.data == "=":
        if single.op != "finset" or len(single.args) != 1:
            raise Rejected("not a single optimiser")
        single = single.args[0]
    if node.op not in ("argmin", "argmax") or len(node.bound) != 1 or single.sort.kind != node.bound[0].sort.kind:
        raise Rejected("not an optimiser of one variable")
    if mentions_random(p, session.oracle(ob.context)):
        raise Rejected("random")
    return single, node


@inference("optimiser-bound", statement="from s ∈ argmin_{x∈S} f: f(s) ≤ f(t) for t ∈ S where f has a value at t", source="definition", method="optimum")
def optimiser_bound(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (the hypothesis, t); leaves t ∈ S, and the goal with the fact."""
    p, t = params
    s, node = _known_optimiser(ob, p, session)
    oracle = session.oracle(ob.context)
    there = instantiate(node, (t,)) if t.sort == node.bound[0].sort else None
    if there is None or mentions_random(t, oracle) or any(v.op == "bvar" for v in t.free) or there.sort.kind != "num":
        raise Rejected("not a value of the variable")
    fact = b.rel(instantiate(node, (s,)), "≤" if node.op == "argmin" else "≥", there)
    inside = []
    if node.args[0].op not in ("rn", "rmn"):
        inside.append(Obligation(ob.context, b.rel(t, "in", node.args[0])))
    elif not real_entries(t, oracle):
        raise Rejected("not real")
    goal = Obligation(ob.context.with_hypotheses([Hypothesis(fact, None, "step")]), ob.statement)
    return [*inside, *(Obligation(ob.context, c) for c in _plain(oracle.undefinedness(there))), goal]


def _plain(conditions: list[Term]) -> list[Term]:
    if any(c.op == "opaque" for c in conditions):
        raise Rejected("definedness is not shown")
    return conditions


@inference("optimiser-stationary", statement="from s ∈ argmin_{x∈S} f, S an open interval, f differentiable on S: f'(s) = 0", source="Fermat", method="first-order condition")
def optimiser_stationary(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the hypothesis; leaves the goal with the fact."""
    s, node = _known_optimiser(ob, params[0], session)
    if node.bound[0].sort.kind != "num" or not _open(node.args[0]):
        raise Rejected("not over an open interval")
    x, f, context = _objective(ob, node, (), session)
    fact = b.eq(substitute(slope_of(f, x, context, session), {x: s}), b.ZERO)
    return [Obligation(ob.context.with_hypotheses([Hypothesis(fact, None, "step")]), ob.statement)]
