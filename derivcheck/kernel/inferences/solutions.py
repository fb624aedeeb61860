"""Equations and inequalities under hypotheses: factors, zero products, sums of squares, inverse functions, one-variable decision.

Each inference is a fact about real (or complex) numbers; the search for which to use when is in `provers/logic.py`.
"""

from __future__ import annotations

from typing import Any

from derivcheck.kernel import algebra
from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.infinite import no_arithmetic
from derivcheck.kernel.infinite_means import means_in_doubt
from derivcheck.kernel.literals import rational_value
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.oracle import Oracle
from derivcheck.kernel.randomness import CLOSED, mentions_random, randomness
from derivcheck.kernel.rewrite import negation
from derivcheck.kernel.totality import total, total_statement
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Hypothesis
from derivcheck.terms.term import Term, contains_op, fresh, instantiate, subterms


def hypothesis_parts(context: Context) -> list[Term]:
    """The hypotheses' statements, conjunctions taken apart."""
    out: list[Term] = []
    stack = [h.statement for h in reversed(context.hypotheses)]
    while stack:
        p = stack.pop()
        if p.op == "and":
            stack.extend(reversed(p.args))
        else:
            out.append(p)
    return out


def with_facts(context: Context, *facts: Term) -> Context:
    """The context with facts that follow from it."""
    return context.with_hypotheses([Hypothesis(f, None, "assume") for f in facts])


def holding(ob: Obligation, p: Term, session: Session) -> None:
    """Reject unless p stands among the hypotheses, and can be calculated with if it is a relation of numbers."""
    if not any(q is p for q in hypothesis_parts(ob.context)):
        raise Rejected("not a hypothesis")
    if no_arithmetic(p) or means_in_doubt(p, session.rewriter(ob.context)):
        raise Rejected("a relation of values that may be infinite")


@inference("or-elim", statement="from P ∨ Q: prove the goal under P and under Q", source="logic", method="cases")
def or_elimination(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the disjunction, one of the hypotheses."""
    p = params[0]
    holding(ob, p, session)
    if randomness(session.oracle(ob.context)).atoms(p):
        raise Rejected("a random variable may take all of the cases")
    if p.op != "or":
        raise Rejected("not a disjunction")
    from derivcheck.kernel.inferences.basic import assuming

    return [Obligation(assuming(ob.context, q, session), ob.statement) for q in p.args]


@inference("implication-elim", statement="from P ⟹ Q (or P ⟺ Q) and P follows Q", source="logic", method="hypotheses")
def modus_ponens(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (the implication, 'forward' or 'backward')."""
    p, way = params
    holding(ob, p, session)
    if p.op not in ("implies", "iff") or (way == "backward" and p.op != "iff"):
        raise Rejected("not an implication")
    given, gained = p.args if way == "forward" else (p.args[1], p.args[0])
    from derivcheck.kernel.inferences.basic import strict

    return [Obligation(strict(ob.context, session), given), Obligation(with_facts(ob.context, gained), ob.statement)]


@inference("contradiction", statement="anything follows from contradictory hypotheses", source="logic", method="contradiction")
def contradiction(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    oracle = session.oracle(ob.context)
    for p in hypothesis_parts(ob.context):
        if p is b.FALSE:
            return []
        if p.op == "rel" and p.args[0].sort.kind == "num" and p.data in ("=", "≠", "<", "≤", ">", "≥"):
            if oracle.refutes(p) and not no_arithmetic(p) and not means_in_doubt(p, session.rewriter(ob.context)):
                return []
    raise Rejected("no contradiction is shown")


@inference("zero-product", statement="(A₁ = B₁) ∨ … from ∏ (Aₖ - Bₖ) = 0", source="a field has no zero divisors", method="zero product")
def zero_product(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    p = ob.statement
    if p.op != "or" or not all(q.op == "rel" and q.data == "=" and q.args[0].sort.kind == "num" for q in p.args):
        raise Rejected("not a disjunction of equations")
    product = b.mul(*(b.sub(q.args[0], q.args[1]) for q in p.args))
    from derivcheck.kernel.inferences.basic import strict

    return [Obligation(strict(ob.context, session), b.eq(product, b.ZERO))]


@inference("or-negated", statement="P ∨ Q from Q under not P (P a relation whose sides have values)", source="logic", method="logic")
def or_negated(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the number of the alternative that is assumed false."""
    p = ob.statement
    if p.op != "or":
        raise Rejected("not a disjunction")
    i = params[0]
    q = p.args[i]
    if q.op != "rel" or q.data not in ("=", "≠", "<", "≤", ">", "≥"):
        raise Rejected("not a relation")
    from derivcheck.kernel.inferences.basic import has_value, strict

    oracle = session.oracle(ob.context)
    if not all(has_value(a, ob.context, session) for a in q.args[:2]) or (q.data not in ("=", "≠") and not all(oracle.real(a) for a in q.args[:2])):
        raise Rejected("not shown defined")
    rest = [a for k, a in enumerate(p.args) if k != i]
    context = ob.context
    if len(rest) == 1 and not (rest[0].op == "rel" and all(has_value(a, context, session) and oracle.real(a) for a in rest[0].args[:2])):
        # what is left of a statement is one: a relation without a value is false
        context = strict(context, session)
    return [Obligation(with_facts(context, negation(q)), b.or_(*rest))]


@inference("factor", statement="from a product of polynomials being 0: one of the factors is, those shown nonzero aside", source="a field has no zero divisors", method="factorisation")
def factor(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: an equation among the hypotheses; leaves the goal under each factor = 0."""
    p = params[0]
    holding(ob, p, session)
    if p.op != "rel" or p.data != "=" or p.args[0].sort.kind != "num":
        raise Rejected("not an equation")
    rw = session.rewriter(ob.context)
    factors = zero_factors(b.sub(p.args[0], p.args[1]), rw)
    if factors is None:
        raise Rejected("nothing to factor")
    return [Obligation(with_facts(ob.context, b.eq(f, b.ZERO)), ob.statement) for f in factors]


def zero_factors(difference: Term, rw: Any) -> list[Term] | None:
    """The factors of a difference that may vanish; None if it is its own only factor."""
    try:
        region, [(top, _)] = algebra.numerator_polynomials([difference], rw)
    except ZeroDivisionError:
        return None
    if top == region.zero or top.is_constant() or len(top) > 300:
        return None
    _, parts = top.factor()
    out: list[Term] = []
    for f, _ in parts:
        t = region.to_term(f, region.one)
        if not rw.oracle.nonzero(t):
            out.append(t)
    if len(parts) == 1 and len(out) == 1 and parts[0][1] == 1:
        return None
    return out


@inference("squares", statement="from ∑ cₖ mₖ² = 0 (or ≤ 0) with cₖ > 0 and mₖ real: every mₖ = 0", source="order of the reals", method="sum of squares")
def squares(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: an equation among the hypotheses; leaves the goal under mₖ = 0 for all k."""
    p = params[0]
    holding(ob, p, session)
    if p.op != "rel" or p.data not in ("=", "≤", "≥") or p.args[0].sort.kind != "num":
        raise Rejected("not an equation")
    difference = b.sub(p.args[0], p.args[1]) if p.data != "≥" else b.sub(p.args[1], p.args[0])
    rw = session.rewriter(ob.context)
    parts = square_parts(difference, rw) or (square_parts(b.neg(difference), rw) if p.data == "=" else None)
    if parts is None:
        raise Rejected("not a sum of squares")
    return [Obligation(with_facts(ob.context, *(b.eq(m, b.ZERO) for m in parts)), ob.statement)]


def square_parts(t: Term, rw: Any) -> list[Term] | None:
    """The mₖ of a sum ∑ cₖ mₖ² + nonnegative terms, where every summand is shown nonnegative; None if it is no such sum."""
    region, [(top, bottom)] = algebra.numerator_polynomials([t], rw)
    if top == region.zero or len(top) > 60 or not rw.oracle.positive(region.to_term(bottom, region.one)):
        return None
    summands = [region.to_term(region.context.from_dict({e: c}), region.one) for e, c in top.to_dict().items()]
    if all(rw.oracle.nonnegative(s) for s in summands):
        return summands
    return quadratic_squares(top, region, rw)


def quadratic_squares(p: Any, region: Any, rw: Any) -> list[Term] | None:
    """Lagrange's reduction of a quadratic form with rational coefficients to ∑ dₖ lₖ², all dₖ > 0; gives the lₖ."""
    used = [i for i, d in enumerate(p.degrees()) if d > 0]
    if len(used) > 6 or any(sum(int(e) for e in exps) > 2 for exps in p.to_dict()):
        return None
    keys = list(region.index)
    if not all(keys[i][0] == "atom" and rw.oracle.real(keys[i][1]) for i in used):
        return None
    forms: list[Term] = []
    rest = p
    for i in used:
        if rest == region.zero or rest.is_constant():
            break
        if rest.degrees()[i] == 0:
            continue
        coefficients = rest.to_dict()
        square = tuple(2 if k == i else 0 for k in range(len(region.gens)))
        lead = next((c for e, c in coefficients.items() if tuple(int(x) for x in e) == square), None)
        if lead is None or lead <= 0:
            return None
        linear = region.zero
        for e, c in coefficients.items():
            if int(e[i]) == 1:
                other = [int(x) for x in e]
                other[i] = 0
                linear = linear + region.context.from_dict({tuple(other): c})
        form = region.gens[i] + linear / (2 * lead)
        forms.append(region.to_term(form, region.one))
        rest = rest - lead * form * form
        if rest.degrees()[i] != 0 if not rest.is_constant() else False:
            return None
    if rest != region.zero:
        if not rest.is_constant() or rest.leading_coefficient() < 0:
            return None
        forms.append(b.ONE)
    return forms


@inference("inverse", statement="from f(u) = w follows u = f⁻¹(w) (log, exp, roots, arctan, erf, odd powers); |u| = w gives u = w or u = -w", source="DLMF chapter 4; injectivity", method="inverse functions")
def inverse(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: an equation among the hypotheses, and the atom f(u) to solve for."""
    p, atom = params
    holding(ob, p, session)
    if p.op != "rel" or p.data != "=":
        raise Rejected("not an equation")
    rw = session.rewriter(ob.context)
    w = solve_linear(b.sub(p.args[0], p.args[1]), atom, rw)
    if w is None:
        raise Rejected("not linear in the atom")
    gained = unfold(atom, w, rw)
    if gained is None:
        raise Rejected("no inverse")
    if gained.op == "or":
        return [Obligation(with_facts(ob.context, g), ob.statement) for g in gained.args]
    return [Obligation(with_facts(ob.context, gained), ob.statement)]


def solve_linear(difference: Term, atom: Term, rw: Any) -> Term | None:
    """w with difference = a (atom - w), a shown nonzero; None otherwise."""
    if atom.sort.kind != "num" or difference.sort.kind != "num":
        return None
    from derivcheck.terms.term import fresh, substitute

    if randomness(rw.oracle).atoms(atom):
        return None  # a random variable is no unknown: expectations around it would lose it
    normal = rw.nf(difference)
    g = fresh("g")
    replaced = substitute(normal, {atom: g})
    if g not in replaced.free:
        return None
    region, [(top, _)] = algebra.numerator_polynomials([replaced], rw)
    i = region.index.get(("atom", g))
    if i is None or top == region.zero or int(top.degrees()[i]) != 1:
        return None
    lead: dict[tuple[int, ...], Any] = {}
    rest: dict[tuple[int, ...], Any] = {}
    for e, c in top.to_dict().items():
        exps = [int(x) for x in e]
        if exps[i]:
            exps[i] = 0
            lead[tuple(exps)] = c
        else:
            rest[tuple(exps)] = c
    a = region.to_term(region.context.from_dict(lead), region.one)
    below = region.to_term(region.context.from_dict(rest), region.one) if rest else b.ZERO
    if g in a.free or g in below.free or not rw.oracle.nonzero(a):
        return None  # the atom stands inside another one too
    return rw.nf(b.neg(b.div(below, a)))


def unfold(atom: Term, w: Term, rw: Any) -> Term | None:
    """What f(u) = w says of u."""
    o = rw.oracle
    if atom.op == "pow":
        u, e = atom.args
        q = rational_value(e)
        if q is not None and q.numerator == 1 and q > 0:
            # u^{1/n} = w: raise to the n-th power
            return b.eq(u, b.pow_(w, q.denominator))
        if q is not None and q.denominator == 1 and q.numerator % 2 and q > 0 and o.real(u) and o.real(w):
            return b.eq(u, b.mk("oddroot", (w,), int(q)))
        if o.positive(u) and o.real(e) and o.positive(w):
            return b.eq(b.mul(e, b.log(u)), b.log(w))
        return None
    if atom.op == "oddroot":
        return b.eq(atom.args[0], b.pow_(w, int(atom.data))) if o.real(atom.args[0]) else None
    if atom.op != "fn" or len(atom.args) != 1:
        return None
    u = atom.args[0]
    name = atom.data
    if name == "log":
        return b.eq(u, b.exp(w))
    if name == "exp" and o.real(u):
        return b.and_(b.eq(u, b.log(w)), b.rel(w, ">", b.ZERO))
    if name == "abs" and o.real(u):
        return b.or_(b.eq(u, w), b.eq(u, b.neg(w)))
    if name == "arctan" and o.real(u):
        return b.eq(u, b.div(b.fn("sin", w), b.fn("cos", w)))
    if name == "arcsin":
        return b.eq(u, b.fn("sin", w))
    if name == "arcsinh" and o.real(u):
        return b.eq(u, b.fn("sinh", w))
    if name == "erf" and o.real(u) and w.op == "fn" and w.data == "erf" and o.real(w.args[0]):
        return b.eq(u, w.args[0])
    return None


@inference("member-unfold", statement="membership in intervals, ranges, finite sets, unions … is what they say", source="definitions of the sets", method="sets")
def member_unfold(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """Memberships in the goal and the hypotheses become relations."""
    oracle = session.oracle(ob.context)
    goal = unfolded(ob.statement, oracle)
    context = ob.context
    changed = goal is not ob.statement
    extra = []
    for p in hypothesis_parts(context):
        q = unfolded(p, oracle)
        if q is not p:
            extra.append(q)
    if not changed and not extra:
        raise Rejected("no membership to unfold")
    if extra and not changed and all(any(q is e for q in hypothesis_parts(context)) for e in extra):
        raise Rejected("unfolded already")
    return [Obligation(with_facts(context, *extra) if extra else context, goal)]


def unfolded(p: Term, oracle: Oracle) -> Term:
    """A statement with memberships written out (those in number sets stay)."""
    if p.op in ("and", "or", "implies", "iff"):
        args = tuple(unfolded(a, oracle) for a in p.args)
        return p if args == p.args else b.mk(p.op, args, p.data, p.sort)
    if p.op != "rel" or p.args[0].sort.kind != "num" or p.data not in ("in", "notin"):
        return p
    x, s = p.args
    inside = p if p.data == "in" else b.rel(x, "in", s)
    says = _member(x, s, inside, oracle)
    if says is inside:
        return p
    return says if p.data == "in" else _outside(x, s, says, oracle) or p


def _outside(x: Term, s: Term, says: Term, oracle: Oracle) -> Term | None:
    """What x ∉ S says, if x ∈ S says this; None where that is not clear."""
    if s.op == "finset":
        return b.and_(*(b.rel(x, "≠", a) for a in s.args))
    # what is not real lies outside of an interval, and is neither above nor below its ends
    if not oracle.real(x) or not total(x, oracle) or not _plain(says, oracle):
        return None
    return _opposite(says)


def _plain(p: Term, oracle: Oracle) -> bool:
    """Relations between real numbers that have values, and connectives."""
    if p.op in ("and", "or"):
        return all(_plain(a, oracle) for a in p.args)
    return p.op in ("true", "false") or (p.op == "rel" and p.data in ("=", "≠", "<", "≤", ">", "≥") and all(total(a, oracle) and oracle.real(a) for a in p.args))


def _opposite(p: Term) -> Term:
    if p.op in ("and", "or"):
        return (b.or_ if p.op == "and" else b.and_)(*map(_opposite, p.args))
    return negation(p)


def _member(x: Term, s: Term, p: Term, oracle: Oracle) -> Term:
    """What x ∈ S says; p where nothing is known of S."""
    if s.op == "interval":
        lo, hi = s.args
        parts = []
        if not (lo.op == "neg" and lo.args[0] is b.INF):
            parts.append(b.rel(x, ">" if str(s.data)[0] == "(" else "≥", lo))
        if hi is not b.INF:
            parts.append(b.rel(x, "<" if str(s.data)[1] == ")" else "≤", hi))
        return b.and_(*parts) if parts else p
    if s.op == "finset":
        return b.or_(*(b.eq(x, a) for a in s.args)) if s.args else b.FALSE
    if s.op in ("union", "inter"):
        parts = [_member(x, a, b.rel(x, "in", a), oracle) for a in s.args]
        return b.or_(*parts) if s.op == "union" else b.and_(*parts)
    if s.op == "setminus" and len(s.args) == 2:
        inside = _member(x, s.args[0], b.rel(x, "in", s.args[0]), oracle)
        removed = b.rel(x, "in", s.args[1])
        outside = _outside(x, s.args[1], _member(x, s.args[1], removed, oracle), oracle)
        if inside is b.TRUE and outside is not None:
            return outside
        return b.and_(inside, outside) if outside is not None else p
    if s.op == "setof" and len(s.bound) == 1:
        inside = _member(x, s.args[0], b.rel(x, "in", s.args[0]), oracle)
        condition = instantiate(s, (x,))
        # a condition without a value is false in braces; as a step of its own it would not be judged there
        room = oracle.extend((), (Hypothesis(b.rel(x, "in", s.args[0]), None, "domain"),))
        if "strict" not in oracle.context.conventions and not total_statement(condition, room):
            return p
        says = unfolded(condition, oracle)
        return says if inside is b.TRUE else b.and_(inside, says)
    if s.op == "set" and s.data == "empty":
        return b.FALSE
    if s.op == "set" and ((s.data == "R" and x.op == "sym" and oracle.real(x)) or (s.data == "C" and total(x, oracle))):
        return b.TRUE
    if s.op == "set" and s.data in ("Rpos", "Rnn", "Rneg"):
        return b.rel(x, {"Rpos": ">", "Rnn": "≥", "Rneg": "<"}[str(s.data)], b.ZERO)
    return p


@inference("same-elements", statement="A = B and A ⊂ B for sets of numbers by their elements", source="extensionality", method="sets")
def same_elements(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    p = ob.statement
    if p.op != "rel" or p.data not in ("=", "subset") or any(a.sort.kind != "set" for a in p.args[:2]):
        raise Rejected("not a relation of sets")
    oracle = session.oracle(ob.context)
    reals = [_of_numbers(s, oracle) for s in p.args[:2]]
    if None in reals or any(randomness(oracle).atoms(s) for s in p.args[:2]):
        raise Rejected("not sets of numbers")
    everything = b.REALS if all(reals) or (reals[0] and p.data == "subset") else b.COMPLEX
    x = fresh("x")
    left, right = (b.rel(x, "in", s) for s in p.args[:2])
    from derivcheck.kernel.inferences.basic import strict

    claim = b.iff(left, right) if p.data == "=" else b.implies(left, right)
    return [Obligation(strict(ob.context, session), b.over("forall", (x,), (everything,), claim))]


def _of_numbers(s: Term, oracle: Oracle) -> bool | None:
    """Whether a set holds real numbers only; None if it is not seen to be a set of numbers whose parts all have values."""
    if s.op == "set":
        return None if s.data not in ("empty", "R", "Rpos", "Rnn", "Rneg", "N", "Npos", "Z", "Q", "C") else s.data != "C"
    if s.op == "finset":
        fine = all(a.sort.kind == "num" and total(a, oracle) for a in s.args)
        return all(oracle.real(a) for a in s.args) if fine else None
    if s.op in ("interval", "range"):
        ends = [a for a in s.args if not (a is b.INF or (a.op == "neg" and a.args[0] is b.INF))]
        return True if all(total(a, oracle) and oracle.real(a) for a in ends) else None
    if s.op == "setof":
        return _of_numbers(s.args[0], oracle) if len(s.bound) == 1 and s.bound[0].sort.kind == "num" else None
    if s.op in ("union", "inter", "setminus"):
        parts = [_of_numbers(a, oracle) for a in s.args]
        if None in parts:
            return None
        return bool(parts[0]) if s.op == "setminus" else all(parts) if s.op == "union" else any(parts)
    return None


def _closed_atom(x: Term) -> bool:
    """A symbol, or a value f(t) of a declared function at something free of bound variables."""
    return x.op == "sym" or (x.op == "apply" and x.args[0].op == "sym" and not any(v.op == "bvar" for v in x.free))


def occurs(x: Term, t: Term) -> bool:
    """Whether x stands in t."""
    return x in t.free if x.op == "sym" else x.free <= t.free and any(s is x for s in subterms(t))


@inference("substitute-fact", statement="from x = w and P: P with w for x", source="Leibniz", method="substitution")
def substitution_fact(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: an equation among the hypotheses, another hypothesis, and the symbol to solve the equation for."""
    from derivcheck.terms.term import substitute

    p, q, x = params
    holding(ob, p, session)
    holding(ob, q, session)
    if p.op != "rel" or p.data != "=" or not _closed_atom(x) or not occurs(x, q) or q.bound:
        raise Rejected("nothing to substitute")
    w = solve_linear(b.sub(p.args[0], p.args[1]), x, session.rewriter(ob.context))
    if w is None or occurs(x, w):
        raise Rejected("not solved")
    gained = substitute(q, {x: w})
    if any(h is gained for h in hypothesis_parts(ob.context)):
        raise Rejected("nothing gained")
    return [Obligation(with_facts(ob.context, gained), ob.statement)]


@inference("substitute", statement="from x = w: the goal with w for x", source="Leibniz", method="substitution")
def substitution(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: an equation among the hypotheses, and the symbol to solve it for."""
    from derivcheck.terms.term import substitute

    p, x = params
    holding(ob, p, session)
    if p.op != "rel" or p.data != "=" or not _closed_atom(x) or x.sort.kind != "num" or not occurs(x, ob.statement):
        raise Rejected("nothing to substitute")
    oracle = session.oracle(ob.context)
    if (x.op == "sym" and randomness(oracle).is_random(x)) or (mentions_random(p, oracle) and contains_op(ob.statement, *CLOSED)):
        raise Rejected("a random variable is not fixed")
    w = solve_linear(b.sub(p.args[0], p.args[1]), x, session.rewriter(ob.context))
    if w is None or occurs(x, w):
        raise Rejected("not solved")
    return [Obligation(ob.context, substitute(ob.statement, {x: w}))]
