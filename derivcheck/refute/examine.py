"""One statement in one model: does it hold, fail, have no value there, or can't that be told?

Relations at the top of a step count only where both sides are defined; everything else is decided by `semantics.truth`.
Where the two enclosures overlap the precision is raised (128, 512, 2048 bits), so that near-equal numbers are told apart.
`∝` and `≐` compare two models that differ in the varied symbols only.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from flint import acb

from derivcheck.refute import optima
from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics.almost_surely import at_outcomes, bare_random
from derivcheck.semantics.evaluate import GAVE_UP, Budget, Env, Evaluator, Model, evaluate, with_evaluator
from derivcheck.semantics.truth import all_real, related, truth
from derivcheck.semantics.values import (
    UNDEFINED,
    UNKNOWN,
    Infinite,
    Matrix,
    Value,
    ball,
    equal,
    is_number,
    is_zero,
    precision,
    show,
)
from derivcheck.terms import build as b
from derivcheck.terms.sorts import BOOL
from derivcheck.terms.term import Term, contains_op, mk, name_of, subterms

PRECISIONS = (128, 512, 2048)
COSTLY = ("int", "intset", "Eover", "Varover", "KL", "crossent", "entropy", "lim")
WORK = 80_000


@dataclass(frozen=True)
class Refutation:
    """A counterexample: values of the symbols as printed, and the two sides there."""

    values: dict[str, str]
    lhs: str
    rhs: str
    model: Model | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Finding:
    """What a statement comes to in a model: `holds`, `fails`, `close` (enclosures overlap), `undefined`, `unknown`, and `agrees` where
    floating point saw it hold and no enclosure was asked for."""

    kind: str
    left: Value = None
    right: Value = None
    second: Model | None = None
    texts: tuple[str, str] | None = None


def simple_relation(p: Term) -> bool:
    """A relation between values (no set, no statement, no `∝`)."""
    return p.op == "rel" and p.data in ("=", "≠", "<", "≤", ">", "≥", "divides") and not any(a.sort.kind in ("set", "bool") for a in p.args)


@dataclass
class Meter:
    """Counts units of work."""

    spent: int = 0


def examine(
    p: Term, model: Model, deep: bool = True, work: int = WORK, deadline: float | None = None, meter: Meter | None = None
) -> Finding:
    """The statement in the model; with `deep` the precision is raised where enclosures overlap."""
    found = Finding("unknown")
    # an integral's enclosure does not shrink with the precision
    deep = deep and not contains_op(p, *COSTLY)
    if model.joint is not None and model.joint.declared and contains_op(p, "Pr"):
        # nor does the probability of an event under continuous laws
        deep = False
    for prec in PRECISIONS if deep else PRECISIONS[:1]:
        budget = Budget(work, deadline)
        found = _examine(p, model, prec, budget)
        if meter is not None:
            meter.spent += work - budget.left
        if found.kind != "close":
            return found
        if not _inexact(found.left) and not _inexact(found.right):
            return found
    return found


def examine_again(p: Term, ev: Evaluator, work: int = WORK) -> Finding:
    """The statement in an evaluator that has looked at statements of the same parts before."""
    ev.budget = Budget(work)
    try:
        with precision(ev.prec):
            return _finding(p, ev.model, ev)
    except GAVE_UP:
        ev.start_anew()
        return Finding("unknown")


def _inexact(v: Value) -> bool:
    return isinstance(v, acb) or (isinstance(v, Matrix) and not v.exact)


def _examine(p: Term, model: Model, prec: int, budget: Budget) -> Finding:
    got = with_evaluator(lambda ev: _finding(p, model, ev), model, prec, budget)
    return got if isinstance(got, Finding) else Finding("unknown")


def _finding(p: Term, model: Model, ev: Evaluator) -> Finding:
    ev.real_statements = all_real(p, model)
    bare = bare_random(p, model)
    return _at(p, ev, ev.root) if not bare else _almost_surely(p, model, ev, bare)


def _almost_surely(p: Term, model: Model, ev: Evaluator, bare: set[Term]) -> Finding:
    """A statement about random symbols: at every outcome that has positive probability."""
    frames = at_outcomes(ev, model, bare)
    if frames is None:
        return Finding("unknown")
    worst = Finding("holds")
    for frame in frames:
        found = _at(p, ev, frame)
        if found.kind == "fails":
            return found
        if found.kind != "holds":
            worst = found
    return worst


def _at(p: Term, ev: Evaluator, env: Env) -> Finding:
    if simple_relation(p):
        x, y = ev.eval(p.args[0], env), ev.eval(p.args[1], env)
        if x is UNDEFINED or y is UNDEFINED:
            return Finding("undefined", x, y)
        got = related(ev, x, y, str(p.data), p.args[0] is p.args[1])
        if got is True:
            return Finding("holds", x, y)
        if got is False:
            return Finding("fails", x, y)
        if got is UNDEFINED:
            return Finding("undefined", x, y)
        return Finding("close" if _comparable(x, y) else "unknown", x, y)
    if p.op in ("iff", "implies"):
        left, right = truth(ev, p.args[0], env, True), truth(ev, p.args[1], env, True)
        if isinstance(left, bool) and isinstance(right, bool):
            fine = left == right if p.op == "iff" else (not left or right)
            return Finding("holds" if fine else "fails", left, right)
        if p.op == "implies" and (left is False or right is True):
            return Finding("holds", left, right)
        return Finding("close", left, right)
    got = truth(ev, p, env)
    if got is True or got is False:
        texts = None if got else optima.sides(ev, p, env)
        return Finding("holds" if got else "fails", *_sides(ev, p, env), texts=texts)
    return Finding("undefined" if got is UNDEFINED else "close", None, None)


def _sides(ev: Evaluator, p: Term, env: Env) -> tuple[Value, Value]:
    if p.op == "rel" and p.data == "≈":
        return ev.eval(p.args[0], env), ev.eval(p.args[1], env)
    if p.op == "rel" and p.data in ("in", "notin"):
        return ev.eval(p.args[0], env), None
    if p.op == "and":
        for q in p.args:
            if truth(ev, q, env) is False:
                if simple_relation(q):
                    return ev.eval(q.args[0], env), ev.eval(q.args[1], env)
                return _sides(ev, q, env)
    return None, None


def _comparable(x: Value, y: Value) -> bool:
    if is_number(x) and is_number(y):
        return True
    return isinstance(x, Matrix) and isinstance(y, Matrix)


def seen_to_hold(found: Finding) -> bool:
    """The statement holds in the model as far as can be told."""
    return found.kind in ("holds", "agrees") or (found.kind == "close" and close_enough(found))


def close_enough(found: Finding) -> bool:
    """Overlapping enclosures that are sharp (10 digits)."""
    pairs: list[tuple[Value, Value]] = []
    if is_number(found.left) and is_number(found.right):
        pairs = [(found.left, found.right)]
    elif isinstance(found.left, Matrix) and isinstance(found.right, Matrix):
        pairs = list(zip(found.left.entries(), found.right.entries()))
    for x, y in pairs:
        d = ball(x) - ball(y)
        size = abs(ball(x)).upper()
        if not (abs(d).upper() <= (size + 1) / 10**10):
            return False
    return bool(pairs)


# --- ∝ and ≐ ------------------------------------------------------------------------------------------------------------


def proportional(p: Term, first: Model, second: Model, deadline: float | None = None) -> Finding:
    """`A ∝ B` at two models that differ in the varied symbols: fails where no constant fits both."""
    for prec in PRECISIONS[:2]:
        f1, g1, f2, g2 = (evaluate(t, m, prec, Budget(WORK, deadline)) for m in (first, second) for t in p.args[:2])
        got = _proportional(f1, g1, f2, g2)
        if got.kind != "close":
            return Finding(got.kind, got.left, got.right, second)
    return got


def _flat(v: Value) -> list[Value] | None:
    if is_number(v):
        return [v]
    return v.entries() if isinstance(v, Matrix) else None


def _proportional(f1: Value, g1: Value, f2: Value, g2: Value) -> Finding:
    if UNDEFINED in (f1, g1) or UNDEFINED in (f2, g2):
        return Finding("undefined")
    fs1, gs1, fs2, gs2 = (_flat(v) for v in (f1, g1, f2, g2))
    if fs1 is None or gs1 is None or fs2 is None or gs2 is None or len(fs1) != len(gs1) or len(fs2) != len(gs2):
        return Finding("unknown")
    for f, g in zip([*fs1, *fs2], [*gs1, *gs2]):
        if (is_zero(f) and not ball(g).contains(0)) or (is_zero(g) and not ball(f).contains(0)):
            return Finding("fails", f, g)
    exact = True
    left: Value = UNKNOWN
    right: Value = UNKNOWN
    for i in range(len(fs1)):
        for j in range(len(fs2)):
            left, right = ar.mul([fs1[i], gs2[j]]), ar.mul([fs2[j], gs1[i]])
            same = equal(left, right)
            if same is False:
                return Finding("fails", ar.div(fs1[i], gs1[i]), ar.div(fs2[j], gs2[j]))
            exact = exact and same is True
    return Finding("holds" if exact else "close", left, right)


def same_up_to_constant(p: Term, first: Model, second: Model, deadline: float | None = None) -> Finding:
    """`A ≐ B` at two models that differ in the varied symbols."""
    for prec in PRECISIONS[:2]:
        f1, g1, f2, g2 = (evaluate(t, m, prec, Budget(WORK, deadline)) for m in (first, second) for t in p.args[:2])
        if UNDEFINED in (f1, g1) or UNDEFINED in (f2, g2):
            return Finding("undefined")
        if any(v is UNKNOWN or isinstance(v, Infinite) for v in (f1, g1, f2, g2)):
            return Finding("unknown")
        fs1, gs1, fs2, gs2 = (_flat(v) for v in (f1, g1, f2, g2))
        if fs1 is None or gs1 is None or fs2 is None or gs2 is None:
            return Finding("unknown")
        exact = True
        left = right = UNKNOWN
        for a, c, d, e in zip(fs1, gs1, fs2, gs2):
            left, right = ar.sub(a, c), ar.sub(d, e)
            same = equal(left, right)
            if same is False:
                return Finding("fails", left, right, second)
            exact = exact and same is True
        if exact:
            return Finding("holds", left, right, second)
    return Finding("close", left, right)


def up_to_constant(p: Term, vary: tuple[Term, ...]) -> Term | None:
    """A step with `\\const` (or `+ C`) on its right side, or on both, as an `≐` step; `None` where it is something else."""
    left, right = p.args[0], p.args[1]
    a, _ = without_constant(left)
    c, has_right = without_constant(right)
    if a is None or c is None or not has_right:
        return None
    return mk("rel", (a, c, *(p.args[2:] or vary)), "≐", BOOL)


def without_constant(t: Term) -> tuple[Term | None, bool]:
    """A term without its summands `anyconst`; `None` where an `anyconst` stands elsewhere."""
    if t.op == "anyconst":
        return b.ZERO, True
    if t.op == "add":
        kept = [a for a in t.args if not (a.op == "anyconst" or (a.op == "neg" and a.args[0].op == "anyconst"))]
        if any(u.op == "anyconst" for a in kept for u in subterms(a)):
            return None, False
        return (b.add(*kept) if kept else b.ZERO), len(kept) < len(t.args)
    if contains_op(t, "anyconst"):
        return None, False
    return t, False


# --- printing -----------------------------------------------------------------------------------------------------------


def report(model: Model, symbols: list[Term], found: Finding, varied: tuple[Term, ...] = ()) -> Refutation:
    """The counterexample as the report prints it."""
    values: dict[str, str] = {}
    for k, s in enumerate(symbols):
        # a joint law is told once, with the first of its symbols
        text = printed(model, s, tuple(symbols[k + 1 :]))
        if text is None:
            continue
        if found.second is not None and s in varied:
            other = printed(found.second, s)
            text = f"{text} and {other}"
        values[name_of(s)] = text
    left, right = found.texts or told_apart(found.left, found.right)
    return Refutation(values, left, right, model)


def printed(model: Model, s: Term, others: tuple[Term, ...] = ()) -> str | None:
    """One symbol's value as text."""
    note = model.notes.get(s)
    if note is not None:
        return note
    if s in model.defined_by:
        return show(evaluate(model.defined_by[s], model), 12)
    if model.joint is not None:
        text = model.joint.describe(s, others)
        if text is not None:
            return text
    v = model.values.get(s)
    return None if v is None else show(v)


def told_apart(left: Value, right: Value) -> tuple[str, str]:
    """Both values with enough digits to see that they differ."""
    if left is None and right is None:
        return "false", "true"
    if left is None or right is None:
        return ("" if left is None else show(left)), ("" if right is None else show(right))
    with precision(1024):
        return _told_apart(left, right)


def _told_apart(left: Value, right: Value) -> tuple[str, str]:
    start = 8
    if is_number(left) and is_number(right):
        gap, size = abs(ball(left) - ball(right)).mid(), abs(ball(left)).mid() + abs(ball(right)).mid()
        if gap > 0 and size > 0:
            start = max(8, int(float((size / gap).log().mid()) / 2.302) + 4)
    for digits in (start, 12, 20, 30, 50, 100, 200):
        x, y = show(left, max(digits, start)), show(right, max(digits, start))
        if x != y:
            break
    return x, y
