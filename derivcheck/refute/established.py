"""Does a limit, an integral, a series or a gradient have a value in this model?

The rules of the kernel keep values where there are some, and say nothing where there are none: `\\int_0^1 \\frac aa\\,dx` becomes 1, and has
no value at a = 0.  A counterexample that rests on such a rule counts only where `has_value(t, model, session)` holds:

* the body has a value at the points tried (near the limit's point, inside the integral's range, at the first indices of a series), and
  nowhere among them none: what has no value for any value of the bound variable is seen at all of them;
* limits and series: no condition of definedness is left open for the bound variable near the limit's point, or for any index, once
  the model's numbers are put in (a series with one summand that has no value has none).

Limits: a body that the evaluator can't enclose, or a condition that the oracle does not show, means no; nothing is said of convergence,
which the rule that made the value has shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from flint import fmpq, fmpq_mat

from derivcheck.kernel.check import Session
from derivcheck.kernel.definedness import conditions
from derivcheck.kernel.existing_means import MEANS, MEANS_OVER, admissible
from derivcheck.kernel.matrix_facts import pd
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.semantics import sets
from derivcheck.semantics.densities import valid
from derivcheck.semantics.evaluate import Budget, Evaluator, Model, evaluate, with_evaluator
from derivcheck.semantics.laws import NamedLaw
from derivcheck.semantics.truth import holds
from derivcheck.semantics.values import UNDEFINED, Infinite, Matrix, Value, integer, is_number, rational
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration
from derivcheck.terms.term import Term, fresh, instantiate, num, open_binder, substitute, subterms

WORK = 20_000
_STEPS = (Fraction(1, 97), Fraction(1, 1013))
_FAR = (Fraction(1009), Fraction(4003))
_INSIDE = (Fraction(10, 27), Fraction(23, 31), Fraction(3, 41))


def has_value(t: Term, model: Model, session: Session) -> bool:
    """Whether the term is seen to have a value in the model, given that it converges."""
    if t.op in ("KL", "entropy", "crossent"):
        return all(a.op == "dist" and all(is_number(evaluate(q, model, budget=Budget(WORK))) for q in a.args) and _proper(a, model, session) for a in t.args)
    if t.op in MEANS or t.op in MEANS_OVER:
        # that it exists was looked at before it was replaced, for laws with admissible parameters
        return _laws_proper(t, model, session)
    symbols, body = open_binder(t)
    seen = 0
    for point in _points(t, model):
        values = dict(zip(symbols, point, strict=True))
        got = evaluate(body, replace(model, values={**model.values, **values}), budget=Budget(WORK))
        if got is UNDEFINED:
            return False
        seen += is_number(got) or isinstance(got, Matrix)
    if not seen:
        return False
    if t.op in ("lim", "sum"):
        return not any(_open_conditions(t, model, session))
    return True


def _proper(law: Term, model: Model, session: Session) -> bool:
    """Whether the parameters of a named law are admissible in the model, or for all values of symbols that have none in it."""
    value = evaluate(law, model, budget=Budget(WORK))
    if isinstance(value, NamedLaw):
        return value.name in _UNCHECKED or valid(value.name, list(value.params))
    if value is UNDEFINED:
        return False
    oracle = session.oracle(model.context)
    if law.data == "N" and law.args[1].sort.kind == "mat":
        return pd(law.args[1], oracle)
    needed = admissible(law)
    if needed is None:
        return law.data in _UNCHECKED
    return all(holds(c, model, budget=Budget(WORK)) is True or oracle.holds(c) for c in needed)


_UNCHECKED = frozenset({"Cat", "Dir", "t"})  # those known to be wrong have no value


def _laws_proper(t: Term, model: Model, session: Session) -> bool:
    """Whether the declared laws on which a mean rests have admissible parameters in the model."""
    if t.op in MEANS_OVER and t.args[0].op == "dist" and not _proper(t.args[0], model, session):
        return False
    declarations = model.context.declarations
    todo, seen = [s for s in t.free if s.op == "sym"], set(t.free)
    while todo:
        s = todo.pop()
        law = declarations[s].law if s in declarations else None
        if law is None:
            continue
        parents = [v for v in law.free if v in declarations and (declarations[v].random or declarations[v].law is not None)]
        for v in parents:
            if v not in seen:
                seen.add(v)
                todo.append(v)
        if parents:
            continue  # admissible for all values of these, or X would have no law
        laws = [law]
        if law.op == "lam" and law.sort.kind == "fun":
            members = [u for u in subterms(t) if u.op == "idx" and u.args[0] is s and not any(v.op == "bvar" for v in u.free)]
            laws = [instantiate(law, u.args[1:]) for u in members if len(u.args) - 1 == len(law.bound)]
        if any(one.op == "dist" and not _proper(one, model, session) for one in laws):
            return False
    return True


def numbers(model: Model, symbols: frozenset[Term]) -> dict[Term, Term] | None:
    """The values of symbols as terms; None where one is no rational number."""
    out: dict[Term, Term] = {}
    for s in symbols:
        v = model.values.get(s)
        if s.op != "sym" or not isinstance(v, fmpq):
            return None
        out[s] = num(Fraction(int(v.p), int(v.q)))
    return out


def _points(t: Term, model: Model) -> Iterator[tuple[Value, ...]]:
    """Values of the bound variables at which the body is looked at."""
    if t.op in ("grad", "hess", "jac"):
        yield tuple(evaluate(a, model, budget=Budget(WORK)) for a in t.args[:-1])
        return
    if t.op == "deriv":
        # at the point and beside it
        at = evaluate(t.args[0], model, budget=Budget(WORK))
        if isinstance(at, fmpq):
            yield from ((at + rational(step),) for step in (Fraction(0), *_STEPS, *(-s for s in _STEPS)))
        return
    if t.op == "sum":
        start = integer(evaluate(t.args[0], model, budget=Budget(WORK)))
        if start is not None:
            yield from ((fmpq(start + k),) for k in (0, 1, 2, 3, 17))
        return
    if t.op == "lim":
        at = evaluate(t.args[0], model, budget=Budget(WORK))
        if isinstance(at, Infinite):
            third = Fraction(0) if t.data == "int" else Fraction(1, 3)
            yield from ((rational(at.sign * (far + third)),) for far in _FAR)
        elif isinstance(at, fmpq):
            for step in _STEPS:
                if t.data in ("", "+"):
                    yield (at + rational(step),)
                if t.data in ("", "-"):
                    yield (at - rational(step),)
        return
    if t.op == "int":
        low, high = (evaluate(a, model, budget=Budget(WORK)) for a in t.args[:2])
        yield from ((p,) for p in _between(low, high))
        return
    if t.op in ("intset", "supover", "infover"):
        yield from _members(t, model)


def _between(low: Value, high: Value) -> Iterator[Value]:
    for q in map(rational, _INSIDE):
        if isinstance(low, fmpq) and isinstance(high, fmpq):
            yield low + q * (high - low)
        elif isinstance(low, fmpq):
            yield low + 2 * q if isinstance(high, Infinite) and high.sign > 0 else low - 2 * q
        elif isinstance(high, fmpq):
            yield high - 2 * q if isinstance(low, Infinite) and low.sign < 0 else high + 2 * q
        elif isinstance(low, Infinite) and isinstance(high, Infinite):
            yield 2 * q - 1


def _members(t: Term, model: Model) -> Iterator[tuple[Value, ...]]:
    """Points of the sets that are integrated over."""
    for k in range(12):
        point: list[Value] = []
        for i, v in enumerate(t.bound):
            q = rational(_INSIDE[(k + i) % 3]) * [1, -1, 2, -3][k % 4]
            if v.sort.kind == "num":
                point.append(q)
                continue
            if not v.sort.is_vector:
                return
            n = integer(evaluate(v.sort.rows, model, budget=Budget(WORK)))
            if n is None or not 0 < n <= 8:
                return
            point.append(Matrix(fmpq_mat(n, 1, [q + fmpq(j, 7) for j in range(n)])))
        if _inside(point, t, model):
            yield tuple(point)


def _inside(point: list[Value], t: Term, model: Model) -> bool:
    def use(ev: Evaluator) -> bool:
        return all(sets.contains(ev, p, d, ev.root) is True for p, d in zip(point, t.args[:-1], strict=True))

    return with_evaluator(use, model, budget=Budget(WORK)) is True


def _open_conditions(t: Term, model: Model, session: Session) -> Iterator[Term]:
    """Conditions of definedness of the body that are not seen to hold near the limit's point, or for all indices."""
    put_in = numbers(model, t.free)
    rw = session.rewriter(Context(conventions=model.context.conventions) if put_in is not None else model.context)
    whole = substitute(t, put_in) if put_in is not None else t
    for body, inner in _rooms(whole, rw):
        for c in conditions(body, inner.oracle):
            inside = any(s not in whole.free for s in c.free)
            if inside or holds(c, model, budget=Budget(WORK)) is not True:
                yield c


def _rooms(t: Term, rw: Rewriter) -> Iterator[tuple[Term, Rewriter]]:
    """The body where the bound variable runs, with what is known of it there."""
    if t.op == "lim" and t.args[0] is not b.INF and not (t.args[0].op == "neg" and t.args[0].args[0] is b.INF):
        (x,), body = open_binder(t)
        step = fresh("t")
        near = rw.child(((Declaration(step, b.POSITIVE),), (b.rel(step, "<", num(Fraction(1, 1000))),)))
        if t.data in ("", "+"):
            yield substitute(body, {x: b.add(t.args[0], step)}), near
        if t.data in ("", "-"):
            yield substitute(body, {x: b.sub(t.args[0], step)}), near
        return
    _, body, inner = rw.under(t)
    yield body, inner
