"""Values for what the evaluator can't enclose: limits, integrals, series and gradients whose closed form the rules establish.

`counterexample(ob, session, budget)` replaces such subterms of a statement by their closed forms, and looks for a model in which what is
left is false: first with the closed forms for all values of the symbols, then with those at the numbers of one model after the other
(`w^n` has one limit for w = 1 and another one for w = 1/2).  Only rules that show convergence count: limits by expansions, convergent
integrals and series, gradients of smooth terms, suprema of monotone functions, means that surely exist (`existing_means.py`); and only models in which the term that was replaced has a value (`established.py`).
Everything else stays as it stands, so that the definedness of the sides is judged on what was written.
"""

from __future__ import annotations

from collections.abc import Mapping

from flint import fmpq

from derivcheck.kernel.budget import Budget, OutOfBudget
from derivcheck.kernel.check import Rejected, Session
from derivcheck.kernel.existing_means import MEANS, MEANS_OVER, exists, exists_by_square
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.refute.established import has_value, numbers
from derivcheck.refute.examine import Refutation, examine, report
from derivcheck.refute.kinks import closed_parts, without_derivative
from derivcheck.refute.search import Clock, findings, marked, never_defined, shown_symbols
from derivcheck.refute.unattained import unattained
from derivcheck.semantics.evaluate import Budget as Work
from derivcheck.semantics.evaluate import Model, evaluate
from derivcheck.semantics.evaluate_scalar import MAX_TERMS
from derivcheck.semantics.models import Builder
from derivcheck.semantics.values import UNDEFINED, UNKNOWN
from derivcheck.terms import build as b
from derivcheck.terms.context import Context
from derivcheck.terms.term import Term, contains_op, map_children, mk, num, substitute, subterms

_OPEN = frozenset("lim int intset grad hess jac supover infover".split())
_DIVERGENCES = frozenset("KL entropy crossent".split())  # of named laws
_SMOOTH_ONLY = frozenset("grad hess jac deriv".split())
_KINKS = frozenset("cases ind norm emap sigmax maxover minover argmax argmin".split())
_SILENT = (OutOfBudget, Rejected, ZeroDivisionError, RecursionError)
INSTANCES = 12


def counterexample(ob: Obligation, session: Session, budget: Budget) -> Refutation | None:
    """A counterexample after limits, integrals and the like have been replaced by their values."""
    wanted = replaceable(ob.statement, ob.context, session.rewriter(ob.context))
    nothing = mk("const", (), "undefined")
    missing = {t: nothing for t in closed_parts(ob.statement, "deriv") if without_derivative(t, session.rewriter(ob.context))}
    missing |= {t: nothing for t in closed_parts(ob.statement, "maxover", "minover") if unattained(t, ob.context, budget)}
    if missing:
        nowhere = never_defined(put_in(ob.statement, missing))
        if nowhere is not None:
            return nowhere
    if not wanted:
        return None
    known: dict[Term, Term] = {}
    for t in wanted:
        try:
            with budget.limited(0.3):
                value = closed_form(t, session.rewriter(ob.context))
        except _SILENT:
            continue
        if value is not None:
            known[t] = value
    if known:
        found = _for_all(ob, known, session, budget)
        if found is not None:
            return found
    return _at_instances(ob, wanted, session, budget)


def _for_all(ob: Obligation, known: Mapping[Term, Term], session: Session, budget: Budget) -> Refutation | None:
    """A counterexample to the statement with the closed forms put in, at which what they stand for has a value."""
    p = put_in(ob.statement, known)
    nowhere = never_defined(p)
    if nowhere is not None:
        return nowhere
    other = Obligation(ob.context, p)
    for tries, (found, model, builder) in enumerate(findings(other, Clock(budget.share(0.25), 5.0))):
        if found.kind == "fails" and all(has_value(t, model, session) for t in known):
            if found.second is None or all(has_value(t, found.second, session) for t in known):
                return report(model, shown_symbols(builder, p), found, p.args[2:] or ob.context.vary)
        if tries > 400:
            break
    return None


def _at_instances(ob: Obligation, wanted: list[Term], session: Session, budget: Budget) -> Refutation | None:
    """A counterexample with the closed forms that the terms have at the numbers of a model."""
    p = ob.statement
    if not p.free or p.op not in ("rel", "iff", "implies", "and", "or", "not") or (p.op == "rel" and p.data not in ("=", "≠", "<", "≤", ">", "≥", "in", "notin")):
        return None
    builder = Builder(ob.context, [p], seed=1)
    clock = Clock(budget.share(0.25), 4.0)
    builder.deadline = clock.end
    empty = Context(conventions=ob.context.conventions)
    for model in builder.models(attempts=40, count=INSTANCES):
        values: dict[Term, Term] = {}
        for t in wanted:
            at = numbers(model, t.free)
            if at is None or evaluate(t, model, budget=Work(20_000)) is not UNKNOWN:
                continue
            closed = substitute(t, at)
            try:
                with budget.limited(0.1):
                    value = closed_form(closed, Session(budget=budget).rewriter(empty))
                    if value is not None and not value.free and evaluate(value, model) not in (UNKNOWN, UNDEFINED) and has_value(t, model, session):
                        values[t] = value
            except _SILENT:
                continue
        if values:
            found = examine(put_in(p, values), model, deadline=clock.end)
            if found.kind == "fails":
                return report(model, shown_symbols(builder, p), found)
        if clock.over:
            break
    return None


def replaceable(p: Term, context: Context, rw: Rewriter) -> list[Term]:
    """The outermost terms of a statement that rules may replace by a closed form, outside of binders."""
    out: dict[Term, None] = {}
    seen: set[Term] = set()

    def go(t: Term) -> None:
        if t in seen:
            return
        seen.add(t)
        if (t.op in MEANS and exists(t, context)) or (t.op in (*MEANS, *MEANS_OVER) and _square_integrable(t, rw)):
            if not any(v.op == "bvar" for v in t.free):
                out[t] = None
        elif _open(t):
            if _admissible(t) and not any(v.op == "bvar" for v in t.free):
                out[t] = None
        elif not t.bound:
            for a in t.args:
                go(a)

    if not p.bound:
        for a in p.args:
            go(a)
    return list(out)


def _square_integrable(t: Term, rw: Rewriter) -> bool:
    if any(v.op == "bvar" for v in t.free):
        return False
    try:
        with rw.budget.limited(0.3):
            return exists_by_square(t, rw)
    except _SILENT:
        return False


def _open(t: Term) -> bool:
    """What the evaluator may not enclose; among derivatives those of means, whose law may depend on the variable."""
    if t.op in _DIVERGENCES:
        return all(a.op == "dist" for a in t.args)
    return t.op in _OPEN or (t.op == "sum" and t.args[1] is b.INF) or _long(t) or (t.op == "deriv" and contains_op(t.args[-1], "Eover", "Pr", *_DIVERGENCES))


def _long(t: Term) -> bool:
    """A sum or product of more terms than the evaluator adds up, between numbers."""
    if t.op not in ("sum", "prod") or t.args[0].free or t.args[1].free:
        return False
    low, high = (evaluate(a, Model({}), budget=Work(1_000)) for a in t.args[:2])
    return isinstance(low, fmpq) and isinstance(high, fmpq) and high - low >= MAX_TERMS


def closed_form(t: Term, rw: Rewriter) -> Term | None:
    """The normal form where it is free of what is to be replaced."""
    value = rw.nf(t)
    left = any(_open(s) or s.op == "opaque" or (t.op in (*MEANS, *MEANS_OVER) and s.op in (*MEANS, *MEANS_OVER)) for s in subterms(value))
    return None if value is t or left else value


def put_in(p: Term, values: Mapping[Term, Term]) -> Term:
    """The statement with terms outside of binders replaced."""
    memo: dict[Term, Term] = dict(values)

    def go(t: Term) -> Term:
        got = memo.get(t)
        if got is None:
            got = map_children(t, go) if t.args and not t.bound else t
            memo[t] = got
        return got

    return mk(p.op, tuple(go(a) for a in p.args), p.data, p.sort)


def _admissible(t: Term) -> bool:
    if t.op not in _SMOOTH_ONLY:
        return True
    for s in subterms(t):
        if s.op == "norm" and s.data in ("2", "F"):
            continue
        if s.op in _KINKS or (s.op == "fn" and s.data in ("abs", "max", "min", "sign", "floor", "ceil")):
            return False
    return True


def outgrown(ob: Obligation, session: Session) -> Refutation | None:
    """A counterexample to f = O(g): values of the other symbols at which |f/g| tends to infinity (shown by the expansions)."""
    from derivcheck.kernel.inferences.constants import compare_growth
    from derivcheck.semantics.values import show
    from derivcheck.terms.printer import to_latex
    from derivcheck.terms.term import name_of

    p = ob.statement
    if p.op != "rel" or p.data != "O" or p.args[0].sort.kind != "num":
        return None
    general = compare_growth(p.args[0], p.args[1], ob, session)
    if general is not None and general < 1:
        return None
    n, target, side = ob.context.growth[0]
    domain = ob.context.domain_of(n)
    direction = "int" if target is b.INF and domain is not None and domain.op == "set" and domain.data in ("N", "Npos", "Z") else side
    for model in Builder(ob.context, p.args[:2]).models(attempts=40, count=INSTANCES):
        # what has no value for any n near the target says nothing about growth
        if not all(has_value(b.lim(n, target, f, direction), model, session) for f in p.args[:2]):
            continue
        if general is None:
            # a coefficient that may vanish: the growth at the numbers of the model
            at = {s: num(f"{v.p}/{v.q}") for s, v in model.values.items() if isinstance(v, fmpq) and s is not n and s in p.free}
            if compare_growth(substitute(p.args[0], at), substitute(p.args[1], at), ob, session) != 1:
                continue
        values = {name_of(s): show(v) for s, v in model.values.items() if s is not n and s in p.free}
        values[name_of(n)] = "\\to " + ("\\infty" if target is b.INF else to_latex(target))
        return Refutation(values, "|f/g| \\to \\infty", "|f/g| \\le C", marked(model, "growth", 0))
    return None
