"""Hints: what a refuted step may have meant.

`hint_for(obligation, refutation)` tries repairs of the statement, most telling first, and gives the first one that holds at several
models of the context (never a guess: each repair is tested): a sign, a constant factor or summand, a missing or extra term or factor,
a lost inner derivative, a transpose or the order of factors, an index off by one, the other direction of an arrow, `\\approx`, and
conditions under which the step holds.

A hint is printed as it stands where the repaired step is proved, otherwise with the words that it was only tried (`tester.assured`).

Limits: statements that can't be evaluated get none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from flint import acb, fmpq

from derivcheck.refute.conditions import condition
from derivcheck.refute.examine import Refutation
from derivcheck.refute.tester import Tester, assured, proved
from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics.evaluate import Model, evaluate
from derivcheck.semantics.values import Matrix, Value, ball, equal, is_number, is_real, is_zero
from derivcheck.terms import build as b
from derivcheck.terms.context import Context
from derivcheck.terms.term import Term, mk, num, open_binder, rebind, substitute, subterms

if TYPE_CHECKING:
    from derivcheck.kernel.obligation import Obligation
    from derivcheck.kernel.rewrite import Rewriter

@dataclass(frozen=True)
class Repair:
    """A statement that may have been meant, and the hint that says so."""

    statement: Term
    text: str | Callable[[], str]

    def __str__(self) -> str:
        return self.text if isinstance(self.text, str) else self.text()


def latex(t: Term) -> str:
    """The term as LaTeX."""
    from derivcheck.terms.printer import to_latex

    return str(to_latex(t))


def said(text: str, *parts: Term) -> Callable[[], str]:
    """The text with terms put in, written out only if it is needed."""
    return lambda: text.format(*map(latex, parts))


def hint_for(ob: Obligation, refutation: Refutation) -> str | None:
    """A hint for a refuted step, or `None`."""
    p = ob.statement
    tester = Tester(ob.context, p)
    if not tester.models(1):
        return None
    for repair in repairs(p, ob.context, tester):
        if tester.over:
            return None
        # a premise is rarely true at random: that a direction holds must be proved
        if repair.statement.op in ("implies", "iff"):
            if proved(repair.statement, ob.context):
                return str(repair)
        elif tester.holds(repair.statement):
            hint = assured(str(repair), repair.statement, ob.context)
            if hint is not None:
                return hint
    if refutation.model is None and refutation.values:
        return None  # shown by a proof at numbers that models do not see fail: they would name a condition that keeps these
    return condition(p, ob.context, tester, refutation.model)


def repairs(p: Term, context: Context, tester: Tester) -> Iterator[Repair]:
    """Candidates, most telling first."""
    if p.op == "iff":
        yield from some_integer(p, context)
        yield Repair(b.implies(p.args[0], p.args[1]), "only the direction \\implies holds")
        yield Repair(b.implies(p.args[1], p.args[0]), "only the direction \\impliedby holds")
        yield from inner_repairs(p, context, tester)
        return
    if p.op == "implies":
        yield Repair(b.implies(p.args[1], p.args[0]), "only the other direction holds")
        return
    if p.op != "rel" or any(a.sort.kind not in ("num", "mat") for a in p.args[:2]):
        return
    if p.data in ("<", "≤", ">", "≥"):
        turned = {"<": ">", "≤": "≥", ">": "<", "≥": "≤"}[str(p.data)]
        yield Repair(b.rel(p.args[0], turned, p.args[1]), "the inequality holds the other way round")
        if p.data in ("<", ">"):
            weak = {"<": "≤", ">": "≥"}[str(p.data)]
            yield Repair(b.rel(p.args[0], weak, p.args[1]), "equality is possible: the strict inequality does not hold")
        return
    if p.data not in ("=", "∝", "≐"):
        return
    left, right = p.args[:2]
    if p.data == "=":
        yield from equalities(left, right, context, tester)
    yield from structural(p, context, tester)
    if p.data == "=":
        from derivcheck.kernel.budget import Budget as Limits
        from derivcheck.kernel.check import Session

        rw = Session(budget=Limits(400_000, 0.5)).rewriter(context)
        yield from missing_term(left, right, rw)
        yield from missing_factor(left, right, rw)


def some_integer(p: Term, context: Context) -> Iterator[Repair]:
    """`\\sin x = 0 \\iff x = k\\pi` with a `k \\in \\Z` that nobody declared: for some k was meant, not for every."""
    a, c = p.args
    declared = [h.statement for h in context.hypotheses if h.statement.op == "rel" and h.statement.data == "in"]
    members = [t for t in (*(c.args if c.op == "and" else ()), *declared) if t.op == "rel" and t.data == "in" and t.args[0].op == "sym"]
    for member in members:
        k, domain = member.args
        d = context.declarations.get(k)
        if k in a.free or k not in c.free or (d is not None and d.declared):
            continue
        rest = b.and_(*(t for t in c.args if t is not member)) if c.op == "and" and member in c.args else c
        yield Repair(b.iff(a, b.over("exists", (k,), (domain,), rest)), f"it holds for some {latex(k)}, not for every one: write \\text{{for some }} {latex(member)}")


def inner_repairs(p: Term, context: Context, tester: Tester) -> Iterator[Repair]:
    """A sign or factor in one side of an equation of an equivalence."""
    a, c = p.args
    if c.op == "rel" and c.data in ("<", "≤", ">", "≥"):
        turned = {"<": ">", "≤": "≥", ">": "<", "≥": "≤"}[str(c.data)]
        yield Repair(b.iff(a, b.rel(c.args[0], turned, c.args[1])), "the inequality sign must be turned round")
    if c.op == "rel" and c.data == "=" and c.args[1].sort.kind == "num":
        yield Repair(b.iff(a, b.eq(c.args[0], b.neg(c.args[1]))), "the sign of the right side is wrong")
        for t in candidate_factors(c, context):
            yield Repair(b.iff(a, b.eq(c.args[0], b.div(c.args[1], t))), said("a factor {} is missing: divide by it", t))
            yield Repair(b.iff(a, b.eq(c.args[0], b.mul(t, c.args[1]))), said("a factor {} is missing", t))


def scale(s: Term, a: Term) -> Term:
    """A number times a number or a matrix."""
    return b.smul(s, a) if a.sort.kind == "mat" else b.mul(s, a)


def equalities(left: Term, right: Term, context: Context, tester: Tester) -> Iterator[Repair]:
    """Repairs of an equation."""
    if left.sort.kind == "num" and not left.free and not right.free:
        yield from closed(left, right, tester)
    yield Repair(b.eq(left, b.neg(right)), "the sides differ by their sign")
    ratio = constant(tester, left, right, quotient=True)
    if ratio is not None and ratio not in (1, -1, 0):
        # name the factor on the side where it is an integer
        if abs(ratio.q) == 1 or abs(ratio.p) != 1:
            yield Repair(b.eq(left, scale(num(f"{ratio}"), right)), f"the sides differ by a factor: the left is {ratio} times the right")
        else:
            back = 1 / ratio
            yield Repair(b.eq(scale(num(f"{back}"), left), right), f"the sides differ by a factor: the right is {back} times the left")
    gap = constant(tester, left, right, quotient=False)
    if gap is not None and gap != 0 and left.sort.kind == "num":
        more = f"plus {gap}" if gap > 0 else f"minus {-gap}"
        yield Repair(b.eq(left, b.add(right, num(f"{gap}"))), f"the sides differ by the constant {gap}: the left is the right {more}")
    for t in summands(left, right):
        if (t is left or t is right) and (is_constant_zero(left) or is_constant_zero(right)):
            continue  # says nothing
        twice = b.add(t, t) if t.sort.kind == "num" else b.smul(b.TWO, t)
        yield Repair(b.eq(left, b.add(right, t)), said("the term {} is missing on the right", t))
        yield Repair(b.eq(left, b.sub(right, t)), said("the term {} is too much on the right", t))
        yield Repair(b.eq(left, b.sub(right, twice)), said("the sign of the term {} is wrong", t))
    if left.sort.kind in ("num", "mat"):
        for du in inner_derivatives(left):
            yield Repair(b.eq(left, scale(du, right)), said("the derivative lost its inner factor {}", du))
        for t in candidate_factors(b.eq(left, right), context):
            if t is left or t is right:
                continue  # says nothing
            yield Repair(b.eq(left, scale(t, right)), said("a factor {} is missing on the right", t))
            yield Repair(b.eq(scale(t, left), right), said("a factor {} is too much on the right", t))
            yield Repair(b.eq(left, scale(b.pow_(t, 2), right)), said("a factor {}^2 is missing on the right", t))


def normal(t: Term, rw: Rewriter) -> Term | None:
    """The normal form, where it is a single small term: no sum, nothing bound."""
    from derivcheck.kernel.budget import OutOfBudget
    from derivcheck.kernel.check import Rejected

    try:
        got = rw.nf(t)
    except (OutOfBudget, Rejected, RecursionError, ZeroDivisionError):
        return None
    parts = list(subterms(got))
    if len(parts) > 12 or any(u.op in ("add", "anyconst", "opaque", "bvar") or u.sort.kind not in ("num", "mat") for u in parts) or not got.free:
        return None
    return _by_name(got)


def _by_name(t: Term) -> Term:
    """A product with its symbols in the order in which people write them."""
    if t.op in ("neg", "div"):
        return mk(t.op, tuple(_by_name(a) for a in t.args), t.data, t.sort)
    if t.op != "mul":
        return t
    return mk("mul", tuple(sorted(t.args, key=lambda a: (a.op != "num", latex(a).lower() if a.op in ("sym", "pow") else "~"))), t.data, t.sort)


def missing_term(left: Term, right: Term, rw: Rewriter) -> Iterator[Repair]:
    """The difference of the sides where it is one term (`(x + y)^2 = x^2 + y^2`)."""
    if left.sort != right.sort or left.sort.kind != "num" or is_constant_zero(left) or is_constant_zero(right):
        return
    gap = normal(b.sub(left, right), rw)
    if gap is None:
        return
    back = normal(b.sub(right, left), rw)
    if back is not None and len(latex(back)) < len(latex(gap)):
        yield Repair(b.eq(left, b.sub(right, back)), f"the term {latex(back)} is too much on the right")
    yield Repair(b.eq(left, b.add(right, gap)), f"the term {latex(gap)} is missing on the right")


def missing_factor(left: Term, right: Term, rw: Rewriter) -> Iterator[Repair]:
    """The quotient of the sides where it is a product of powers of symbols."""
    if left.sort.kind != "num" or right.sort.kind != "num" or not left.free or not right.free:
        return
    ratio = normal(b.div(left, right), rw)
    back = None if ratio is None else normal(b.div(right, left), rw)
    if ratio is None or back is None or any(u.op not in ("mul", "div", "neg", "pow", "num", "sym") for u in subterms(ratio)):
        return
    if min(len(latex(ratio)), len(latex(back))) >= min(len(latex(left)), len(latex(right))):
        return  # says no more than the sides themselves
    if len(latex(back)) < len(latex(ratio)):
        yield Repair(b.eq(b.mul(back, left), right), f"a factor {latex(back)} is too much on the right")
    else:
        yield Repair(b.eq(left, b.mul(ratio, right)), f"a factor {latex(ratio)} is missing on the right")


def closed(left: Term, right: Term, tester: Tester) -> Iterator[Repair]:
    """Equations between numbers: rounded ones."""
    x, y = (evaluate(t, Model({}), 256) for t in (left, right))
    if is_number(x) and is_number(y) and is_real(x) and is_real(y):
        gap = abs(ball(x).real - ball(y).real)
        size = abs(ball(x).real)
        if gap < size / 20 and size > 0:
            yield Repair(b.rel(left, "≈", right), "the sides agree only approximately: write \\approx")
        if gap < size / 10**4 and size > 0:
            yield Repair(b.rel(left, "≠", right), "the sides agree only approximately: write \\approx")


def constant(tester: Tester, left: Term, right: Term, quotient: bool) -> fmpq | None:
    """The rational number that the quotient (difference) of the sides is at all models, if it is one."""
    found: fmpq | None = None
    seen = 0
    for ev in tester.evaluators(8):
        if tester.over:
            return None
        x, y = tester.value(left, ev), tester.value(right, ev)
        pairs = list(zip(x.entries(), y.entries())) if isinstance(x, Matrix) and isinstance(y, Matrix) else [(x, y)]
        for u, v in pairs:
            if not (is_number(u) and is_number(v)) or (quotient and (is_zero(u) and is_zero(v))):
                continue
            got: Value = ar.div(u, v) if quotient else ar.sub(u, v)
            value = simple(got)
            if value is None or (found is not None and equal(got, found) is False):
                return None
            found = value if found is None else found
            seen += 1
    return found if seen >= 3 or (seen and not (left.free | right.free)) else None


def simple(v: Value) -> fmpq | None:
    """The rational number with a small denominator in a ball."""
    if isinstance(v, fmpq):
        return v if v.q < 10_000 and abs(v.p) < 10**8 else None
    if isinstance(v, acb) and v.imag.contains(0) and v.real.rad() < 1e-12:
        guess = Fraction(float(v.real.mid())).limit_denominator(1000)
        got = fmpq(guess.numerator, guess.denominator)
        return got if v.contains(acb(got)) else None
    return None


def summands(left: Term, right: Term) -> list[Term]:
    """The terms of both sides."""
    out: list[Term] = []
    for side in (left, right):
        parts = side.args if side.op == "add" else (side,)
        for t in parts:
            t = t.args[0] if t.op == "neg" else t
            if t.sort == left.sort and not is_constant_zero(t):
                out.append(t)
    return list(dict.fromkeys(out))[:10]


def is_constant_zero(t: Term) -> bool:
    return t is b.ZERO or t.op == "zeros"


def candidate_factors(p: Term, context: Context) -> list[Term]:
    """Numbers that may be missing as a factor: symbols, parts of products, denominators."""
    out: list[Term] = []
    for s in sorted((s for s in p.free if s.op == "sym" and s.sort.kind == "num"), key=lambda s: s.key):
        d = context.declarations.get(s)
        if d is None or not d.random:
            out.append(s)
    for side in p.args[:2]:
        for u in subterms(side):
            if u.sort.kind == "num" and u.op in ("fn", "pow", "div", "apply", "add") and not any(v.op == "bvar" for v in u.free) and u.free:
                if u.op == "div" or u is side:
                    continue
                out.append(u)
    return list(dict.fromkeys(out))[:14]


def inner_derivatives(t: Term) -> list[Term]:
    """Derivatives of arguments of functions under a derivative."""
    from derivcheck.semantics.differentiate import derivative

    out: list[Term] = []
    for u in subterms(t):
        if u.op != "deriv" or u.data != 1:
            continue
        (x,), body = open_binder(u)
        for v in subterms(body):
            inner: list[Term] = []
            if v.op == "fn" and len(v.args) == 1:
                inner = [v.args[0]]
            elif v.op == "pow":
                inner = list(v.args)
            elif v.op == "apply":
                inner = list(v.args[1:])
            elif v.op == "div":
                inner = [v.args[1]]
            for a in inner:
                if x in a.free and a is not x and not any(w.op == "bvar" for w in a.free):
                    got = derivative(a, x)
                    if got.complete and got.term is not b.ONE:
                        out.append(substitute(got.term, {x: u.args[0]}))
    return list(dict.fromkeys(out))[:6]


def structural(p: Term, context: Context, tester: Tester) -> Iterator[Repair]:
    """Transposes, orders of factors, indices, in either side."""
    for place in (1, 0):
        side = p.args[place]
        where = "on the right" if place == 1 else "on the left"
        for new, text in (*variations(side), *flipped(side)):
            args = list(p.args)
            args[place] = new
            if new.sort != side.sort and new.sort.kind == "mat" and side.sort.kind == "mat" and new.sort.params[:2] != side.sort.params[:2]:
                continue
            yield Repair(mk("rel", tuple(args), p.data, p.sort), placed(text, where))


def placed(text: Callable[[], str], where: str) -> Callable[[], str]:
    """The text of a repair, with the side on which it is."""
    return lambda: f"{text()} {where}"


Variation = tuple[Term, Callable[[], str]]


def variations(t: Term) -> Iterator[Variation]:
    """The term with one transpose, order or index changed."""
    spots = [u for u in subterms(t) if not any(v.op == "bvar" for v in u.free)][:60]
    for u in spots:
        if u.op == "matmul":
            for i, a in enumerate(u.args):
                if a.op == "transpose":
                    new = a.args[0]
                    if new.sort.params[:2] == a.sort.params[:2]:
                        yield _with(t, u, b.matmul(*u.args[:i], new, *u.args[i + 1 :])), said("a transpose is too much at {}", a)
                elif a.sort.rows is a.sort.cols and not a.sort.is_vector:
                    yield _with(t, u, b.matmul(*u.args[:i], b.transpose(a), *u.args[i + 1 :])), said("the transpose of {} is needed", a)
            for i in range(len(u.args) - 1):
                x, y = u.args[i], u.args[i + 1]
                if x.sort.rows is x.sort.cols is y.sort.rows is y.sort.cols:
                    yield (
                        _with(t, u, b.matmul(*u.args[:i], y, x, *u.args[i + 2 :])),
                        said("the factors {} and {} stand in the wrong order", x, y),
                    )
        if u.op == "kron" and len(u.args) == 2:
            x, y = u.args
            if x.sort.rows is x.sort.cols:
                yield _with(t, u, b.kron(b.transpose(x), y)), said("the transpose of {} is needed", x)
            if y.sort.rows is y.sort.cols:
                yield _with(t, u, b.kron(x, b.transpose(y))), said("the transpose of {} is needed", y)
            yield _with(t, u, b.kron(y, x)), said("the factors {} and {} stand in the wrong order", x, y)
    for u in spots:
        if u.sort.kind == "mat" and u.op == "sym" and u.sort.rows is u.sort.cols and not u.sort.is_vector:
            yield _with(t, u, b.transpose(u)), said("the transpose of {} is needed", u)
    for u in spots:
        if u.op in ("sum", "prod"):
            lo, hi, _ = u.args
            symbols, body = open_binder(u)
            for new_lo, new_hi in ((lo, _shift(hi, -1)), (lo, _shift(hi, 1)), (_shift(lo, 1), hi), (_shift(lo, -1), hi)):
                yield _with(t, u, rebind(u, symbols, (new_lo, new_hi), body)), said("an index is off by one in the bounds of the " + ("sum" if u.op == "sum" else "product"))
        elif u.op == "fn" and u.data == "binom":
            n, k = u.args
            for n2, k2 in ((n, _shift(k, 1)), (n, _shift(k, -1)), (_shift(n, 1), k), (_shift(n, -1), k)):
                yield _with(t, u, b.fn("binom", n2, k2)), said("an index is off by one in {}", u)
        elif u.op == "fn" and u.data in ("factorial", "gamma"):
            for step in (1, -1):
                yield _with(t, u, b.fn(str(u.data), _shift(u.args[0], step))), said("an index is off by one in {}", u)
        elif u.op == "pow" and u.args[1].free and u.args[1].sort.kind == "num":
            for step in (1, -1):
                yield _with(t, u, b.pow_(u.args[0], _shift(u.args[1], step))), said("the exponent of {} is off by one", u)


def flipped(t: Term) -> Iterator[Variation]:
    """The term with one sign changed inside."""
    for u in [u for u in subterms(t) if u.op == "add" and u.sort.kind == "num" and not any(v.op == "bvar" for v in u.free)][:10]:
        for i, a in enumerate(u.args[:8]):
            inner = a.args[0] if a.op == "neg" else a
            new = inner if a.op == "neg" else b.neg(a)
            yield _with(t, u, b.add(*u.args[:i], new, *u.args[i + 1 :])), said("the sign of {} in {} is wrong", inner, u)
        if u is not t:
            yield _with(t, u, b.neg(u)), said("the sign of {} is wrong", u)


def _shift(t: Term, by: int) -> Term:
    return b.add(t, num(by))


def _with(t: Term, old: Term, new: Term) -> Term:
    return substitute(t, {old: new})
