"""Truth of a statement in a model: `True`, `False`, `UNKNOWN`, or `UNDEFINED` (a relation with a side that has no value).

`truth(ev, statement, env, strict)`.  With `strict` (inside `iff` and `implies`) a relation with an undefined side is false, as
SPEC section 6 says for statements, and where all symbols are real (`ev.real_statements`) a side that is not real is undefined.
Under a negation an undefined relation is left open, since "not (1/0 = 1)" is not what anybody means.

Quantifiers are decided over finite sets; over infinite ones only a counterexample (or witness) among sample points decides.
Limits: `∝ ≐ O to`, convexity and `constin` need more than one model: `UNKNOWN` here (see `refute/search.py`).
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from functools import lru_cache

from flint import fmpq

from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics.almost_surely import at_outcomes, bare_random
from derivcheck.semantics.differentiate import LAW_CONDITION
from derivcheck.semantics.evaluate import Env, Evaluator, Model, with_evaluator
from derivcheck.semantics.laws import TableLaw
from derivcheck.semantics.values import (
    UNDEFINED,
    UNKNOWN,
    Function,
    Infinite,
    Marker,
    Matrix,
    Value,
    compare,
    equal,
    integer,
    is_nonreal,
    is_number,
    is_real,
    is_scalar,
    rational,
)
from derivcheck.terms.build import I_CONST
from derivcheck.terms.sorts import Sort
from derivcheck.terms.term import Term, subterms

Truth = bool | Marker

ORDER = {"<": (-1,), "≤": (-1, 0), ">": (1,), "≥": (1, 0)}


def holds(statement: Term, model: Model, prec: int = 128, budget: object = None) -> Truth:
    """Truth of a statement in a model at this precision."""

    def use(ev: Evaluator) -> Truth:
        ev.real_statements = all_real(statement, model)
        bare = bare_random(statement, model)
        if not bare:
            return truth(ev, statement, ev.root)
        frames = at_outcomes(ev, model, bare)
        # a statement about random symbols holds almost surely
        return _all(truth(ev, statement, frame) for frame in frames) if frames is not None else UNKNOWN

    got: Truth = with_evaluator(use, model, prec, budget)  # type: ignore[arg-type]
    return got


def all_real(statement: Term, model: Model) -> bool:
    """No symbol of the statement is declared complex; a statement about numbers alone that writes the number i is about complex ones."""
    declarations = model.context.declarations
    if not statement.free and any(u is I_CONST for u in subterms(statement)) and not any(u.bound for u in subterms(statement)):
        return False
    for s in statement.free:
        declaration = declarations.get(s)
        if declaration is not None and _mentions_complex(declaration.domain):
            return False
    return not _mentions_complex(statement)


@lru_cache(maxsize=4096)
def _mentions_complex(t: Term) -> bool:
    return any(u.op == "set" and u.data == "C" for u in subterms(t))


def truth(ev: Evaluator, t: Term, env: Env, strict: bool = False) -> Truth:
    """Truth of a statement in an environment."""
    op = t.op
    if op == "true":
        return True
    if op == "false":
        return False
    if op == "rel":
        if t in ev.given:
            return True
        got = relation(ev, t, env, strict)
        return False if strict and got is UNDEFINED else got
    if op == "and":
        return _all(truth(ev, a, env, strict) for a in t.args)
    if op == "or":
        return _negate(_all(_negate(truth(ev, a, env, strict)) for a in t.args))
    if op == "not":
        got = _negate(truth(ev, t.args[0], env, False))
        return UNKNOWN if strict and got is UNDEFINED else got
    if op == "implies":
        p = truth(ev, t.args[0], env, True)
        if p is False:
            return True
        q = truth(ev, t.args[1], env, True)
        if q is True:
            return True
        return q if p is True else UNKNOWN
    if op == "iff":
        p = truth(ev, t.args[0], env, True)
        q = truth(ev, t.args[1], env, True)
        return p == q if isinstance(p, bool) and isinstance(q, bool) else UNKNOWN
    if op in ("forall", "exists"):
        if t in ev.given:
            return True
        return quantified(ev, t, env, strict)
    if op in ("psd", "pd"):
        from derivcheck.semantics.evaluate_matrix import definite

        return definite(ev.eval(t.args[0], env), strictly=op == "pd")
    if op in ("isconvex", "isconcave"):
        from derivcheck.semantics.certify import convex

        return convex(ev, ev.eval(t.args[0], env), op == "isconcave")
    if op == "constin":
        return True if all(x not in t.args[0].free for x in t.args[1:]) else UNKNOWN
    if op == "perp":
        from derivcheck.semantics.independence import independent

        return independent(ev, t, env)
    if op == "opaque" and t.data == LAW_CONDITION:
        # seen to where a derivative is evaluated, with the names of its variables
        return True
    if op == "opaque" and str(t.data).startswith("exchange"):
        from derivcheck.semantics.evaluate_calculus import exchange_holds

        return True if exchange_holds(ev, t, env) else UNKNOWN
    if op == "cases":
        for i in range(0, len(t.args) - 1, 2):
            p = truth(ev, t.args[i], env, strict)
            if p is True:
                return truth(ev, t.args[i + 1], env, strict)
            if p is not False:
                return UNKNOWN
        return truth(ev, t.args[-1], env, strict) if len(t.args) % 2 else UNKNOWN
    return UNKNOWN


def _all(parts: object) -> Truth:
    verdict: Truth = True
    for p in parts:  # type: ignore[attr-defined]
        if p is False:
            return False
        if p is UNDEFINED or (p is UNKNOWN and verdict is not UNDEFINED):
            verdict = p
    return verdict


def _negate(p: Truth) -> Truth:
    return not p if isinstance(p, bool) else p


def relation(ev: Evaluator, t: Term, env: Env, strict: bool = False) -> Truth:
    """Truth of `rel(a, b; R)`; `UNDEFINED` where a side has no value."""
    a, b, r = t.args[0], t.args[1], t.data
    if a.sort.kind == "set" or b.sort.kind == "set":
        from derivcheck.semantics import sets

        if r in ("in", "notin"):
            x = ev.eval(a, env)
            if x is UNDEFINED:
                return UNDEFINED
            inside = sets.contains(ev, x, b, env)
            return _negate(inside) if r == "notin" else inside
        if r == "=":
            return sets.same(ev, a, b, env)
        if r == "≠":
            return _negate(sets.same(ev, a, b, env))
        if r == "subset":
            return sets.subset(ev, a, b, env)
        return UNKNOWN
    if r == "≈":
        return approximately(ev, a, b, env)
    if r not in ("=", "≠", "divides") and r not in ORDER:
        return UNKNOWN
    if a.sort.kind == "bool" and b.sort.kind == "bool" and r == "=":
        p, q = truth(ev, a, env, strict), truth(ev, b, env, strict)
        return p == q if isinstance(p, bool) and isinstance(q, bool) else UNKNOWN
    x, y = ev.eval(a, env), ev.eval(b, env)
    if strict and ev.real_statements and (is_nonreal(x) or is_nonreal(y)):
        return UNDEFINED
    return related(ev, x, y, str(r), a is b)


def related(ev: Evaluator, x: Value, y: Value, r: str, identical: bool = False) -> Truth:
    """Truth of a relation between two values."""
    if x is UNDEFINED or y is UNDEFINED:
        return UNDEFINED
    if x is UNKNOWN or y is UNKNOWN:
        return UNKNOWN
    if r in ("=", "≠"):
        if identical and (is_scalar(x) or isinstance(x, (Matrix, tuple))):
            same: Truth = True
        elif isinstance(x, Function) and isinstance(y, Function):
            same = functions_equal(ev, x, y)
        elif isinstance(x, TableLaw) and isinstance(y, TableLaw):
            same = laws_equal(x, y)
        else:
            same = equal(x, y)
        return _negate(same) if r == "≠" else same
    if r == "divides":
        m, n = integer(x), integer(y)
        if m is None or n is None:
            return UNKNOWN
        return n == 0 if m == 0 else n % m == 0
    c = compare(x, y)
    if identical and is_real(x):
        c = 0
    if isinstance(c, int):
        return c in ORDER[r]
    if c is UNKNOWN and is_number(x) and is_number(y) and is_real(x) and is_real(y):
        from derivcheck.semantics.values import ball

        d = ball(x).real - ball(y).real
        if d <= 0 and r in ("≤", ">"):
            return r == "≤"
        if d >= 0 and r in ("≥", "<"):
            return r == "≥"
    return c


def laws_equal(p: TableLaw, q: TableLaw) -> Truth:
    """Laws on the same cells are equal if their weights are."""
    if len(p.axes) != len(q.axes) or p.before != q.before or any(a is not c for a, c in zip(p.axes, q.axes)):
        return UNKNOWN
    return all(p.weights.get(c, 0) == q.weights.get(c, 0) for c in {*p.weights, *q.weights})


def functions_equal(ev: Evaluator, f: Function, g: Function) -> Truth:
    """Functions of numbers differ where they differ at a sample point."""
    from derivcheck.semantics.evaluate import call_function

    n = len(f.term.bound)
    if n != len(g.term.bound) or any(b.sort.kind != "num" for b in f.term.bound):
        return UNKNOWN
    for k in range(6):
        at: list[Value] = [fmpq(3 * k + j - 4, 2 + (k + j) % 3) for j in range(n)]
        if equal(call_function(ev, f, at), call_function(ev, g, at)) is False:
            return False
    return UNKNOWN


_SAMPLES = [rational(Fraction(s)) for s in "0 1 -1 2 1/2 -1/2 3 -2 5 -7/3 10 1/10 -10 100 -100 7/2".split()]


def samples(ev: Evaluator, domain: Term, sort: Sort, env: Env) -> list[Value] | None:
    """Some points of an infinite set; `None` where none can be given."""
    from derivcheck.semantics import sets

    if sort.kind != "num":
        return None
    points: list[Value] = list(_SAMPLES)
    for u in subterms(domain):
        if u.op == "interval":
            a, b = ev.eval(u.args[0], env), ev.eval(u.args[1], env)
            points += [x for x in (a, b) if is_number(x)]
            if is_number(a) and is_number(b):
                points += [ar.add([ar.mul([a, fmpq(k, 8)]), ar.mul([b, fmpq(8 - k, 8)])]) for k in (1, 4, 7)]
            elif is_number(a):
                points += [ar.add([a, fmpq(k, 2)]) for k in (1, 3, 20)]
            elif is_number(b):
                points += [ar.sub(b, fmpq(k, 2)) for k in (1, 3, 20)]
    return [p for p in points if sets.contains(ev, p, domain, env) is True]


def quantified(ev: Evaluator, t: Term, env: Env, strict: bool) -> Truth:
    """`forall` and `exists`: exactly over finite sets, by sample points otherwise."""
    from derivcheck.semantics import sets

    domains, body = t.args[:-1], t.args[-1]
    universal = t.op == "forall"
    finite = True
    lists: list[list[Value]] = []
    for domain, variable in zip(domains, t.bound):
        points = sets.elements(ev, domain, env)
        if points is None:
            finite = False
            points = samples(ev, domain, variable.sort, env)
            if points is None:
                return UNKNOWN
            if len(domains) > 1:
                points = points[:6]
        lists.append(points)
    verdict: Truth = universal if finite else UNKNOWN
    for count, choice in enumerate(itertools.product(*lists)):
        if count >= 4000:
            return UNKNOWN
        integral = all(integer(c) is not None for c in choice) and all(
            d.op == "range" or (d.op == "set" and d.data in ("N", "Npos", "Z")) for d in domains
        )
        got = truth(ev, body, Env(env, dict(zip(t.bound, choice)), integral), strict)
        if got is (not universal):
            return not universal
        if got is not universal:
            verdict = UNKNOWN
    if verdict is UNKNOWN and not finite and not universal and len(domains) == 1:
        from derivcheck.semantics.integer_solutions import without_solution

        if without_solution(ev, t, env):
            return False
    if verdict is UNKNOWN and not finite and universal:
        from derivcheck.semantics.certify import certified

        if certified(ev, t, env):
            return True
    return verdict


# --- ≈ ------------------------------------------------------------------------------------------------------------------


def literal(t: Term) -> tuple[Fraction, int] | None:
    """A decimal literal as (value, number of decimals); signs and powers of ten are seen through."""
    if t.op == "num":
        f: Fraction = t.data
        decimals, q = 0, f.denominator
        while q % 10 == 0 or q % 2 == 0 or q % 5 == 0:
            if decimals > 400:
                return None
            decimals += 1
            q = (f * 10**decimals).denominator
            if q == 1:
                break
        return (f, decimals) if q == 1 else None
    if t.op == "neg":
        got = literal(t.args[0])
        return (-got[0], got[1]) if got else None
    if t.op == "mul" and len(t.args) == 2:
        got, power = literal(t.args[0]), t.args[1]
        if got and power.op == "pow" and power.args[0].op == "num" and power.args[0].data == 10:
            e = power.args[1]
            n = e.data if e.op == "num" else (-e.args[0].data if e.op == "neg" and e.args[0].op == "num" else None)
            if isinstance(n, Fraction) and n.denominator == 1 and abs(n) < 400:
                return got[0] * Fraction(10) ** int(n), got[1] - int(n)
    return None


def approximately(ev: Evaluator, a: Term, b: Term, env: Env) -> Truth:
    """The side with fewer digits is the other rounded or truncated."""
    x, y = ev.eval(a, env), ev.eval(b, env)
    if x is UNDEFINED or y is UNDEFINED:
        return UNDEFINED
    if not (is_number(x) and is_number(y)):
        return UNKNOWN
    left, right = literal(a), literal(b)
    if left and right:
        if left[1] < right[1]:
            right = None
        elif left[1] > right[1]:
            left = None
        elif left[0] == right[0]:
            return True
        else:  # as many digits; an integer such as 1200 may have been meant to two
            return UNKNOWN if left[1] == 0 and (left[0].numerator % 10 == 0 or right[0].numerator % 10 == 0) else False
    if left is None and right is None:
        return UNKNOWN
    value, decimals = left or right  # type: ignore[misc]
    other = y if left else x
    if not is_real(other):
        return False if is_nonreal(other) else UNKNOWN
    unit = fmpq(10) ** -decimals
    given = rational(value)
    distance = ar.sub(other, given)
    rounded = _within(distance, -unit / 2, unit / 2)
    if given > 0:
        cut = _within(distance, fmpq(0), unit)
    elif given < 0:
        cut = _within(distance, -unit, fmpq(0))
    else:
        cut = _within(distance, -unit, unit)
    if rounded is True or cut is True:
        return True
    if rounded is False and cut is False:
        # an integer such as 1200 may have been meant to two digits
        vague = (a if left else b).op in ("num", "neg") and decimals <= 0 and value.numerator % 10 == 0 and value != 0
        return UNKNOWN if vague else False
    return UNKNOWN


def _within(d: Value, low: fmpq, high: fmpq) -> Truth:
    lower, upper = compare(d, low), compare(d, high)
    if lower == -1 or upper == 1:
        return False
    return True if isinstance(lower, int) and isinstance(upper, int) else UNKNOWN


def infinite_side(v: Value) -> bool:
    """The value is plus or minus infinity."""
    return isinstance(v, Infinite)
