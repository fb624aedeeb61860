"""Crafted points: where a statement is most likely to fail.

Critical terms are what must not vanish or change sign silently: denominators, arguments of logarithms, roots, absolute values and
signs, differences of what is compared by `max`, cases and relations.  For each number among the symbols the zeros of the critical
terms are found (exactly where the dependence is linear or quadratic), and the statement is looked at there and close by, on both sides.

`at_solutions` looks at solutions that are no rational numbers: a continuous term that changes sign over a small interval has a zero
in it; that equation holds at the zero and everything else is evaluated over the whole interval.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import chain

from flint import acb, arb, fmpq, fmpq_poly

from derivcheck.refute.examine import COSTLY, Finding
from derivcheck.refute.exponential_roots import exponential_roots
from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics.changed_values import replace_member
from derivcheck.semantics.evaluate import GAVE_UP, Budget, Env, Evaluator, Model, evaluate, load_handlers, with_evaluator
from derivcheck.semantics.models import Builder, Fail
from derivcheck.semantics.random_symbols import lawful
from derivcheck.semantics.truth import all_real, truth
from derivcheck.semantics.values import Family, Value, ball, compare, distinct, integer, is_number, is_real, precision
from derivcheck.terms import build as b
from derivcheck.terms.sorts import NUM
from derivcheck.terms.term import Term, contains_op, num, substitute, subterms

NEAR = [fmpq(0), fmpq(1), fmpq(-1), fmpq(1, 100), fmpq(-1, 100), fmpq(10), fmpq(-10)]
FAR = [fmpq(10) ** 4, -(fmpq(10) ** 4), fmpq(10) ** 8, -(fmpq(10) ** 8)]
"""Where growth shows in an inequality."""

WORK = 30_000


@lru_cache(maxsize=256)
def critical_terms(p: Term) -> tuple[Term, ...]:
    """Terms whose zeros are worth a look."""
    out: list[Term] = []
    for u in subterms(p):
        if any(v.op == "bvar" for v in u.free):
            continue
        if u.op == "div":
            out.append(u.args[1])
        elif (u.op == "pow" and not (u.args[1].op == "num" and u.args[1].data.denominator == 1 and u.args[1].data > 0)) or (u.op == "fn" and u.data in ("log", "abs", "sign", "gamma", "arctanh", "floor", "ceil")):
            out.append(u.args[0])
        elif u.op == "fn" and u.data in ("max", "min"):
            out += [b.sub(u.args[0], a) for a in u.args[1:]]
        elif u.op == "rel" and len(u.args) >= 2 and all(a.sort.kind == "num" for a in u.args[:2]) and u is not p:
            out.append(b.sub(u.args[0], u.args[1]))
    if p.op == "rel" and p.data not in ("=", "≠") and all(a.sort.kind == "num" for a in p.args[:2]):
        # sides of an equation need no zeros: where nothing has a pole, kink or cut, what differs there differs almost everywhere
        out += list(p.args[:2])
    return tuple(t for t in dict.fromkeys(out) if t.sort is NUM and t.free and not contains_op(t, *COSTLY))


def scalars(p: Term, builder: Builder, model: Model) -> list[Term]:
    """The numbers among the symbols that may be varied."""
    return [
        s
        for s in builder.plain
        if s in p.free and s.sort is NUM and s not in builder.sizes and isinstance(model.values.get(s), fmpq) and s not in builder.fixed
    ]


def moved(model: Model, s: Term, v: Value) -> Model:
    """The model with one number changed."""
    return Model({**model.values, s: v}, model.context, model.joint, model.notes, model.defined_by, model.origin)


def allowed(model: Model, s: Term, builder: Builder) -> bool:
    """The changed number lies in its domain and the hypotheses hold."""
    d = builder.context.declarations.get(s)
    v = model.values[s]
    if not builder.inside(v, d.domain if d else None, d.attributes if d else frozenset(), model):
        return False
    if s in {u for t in model.defined_by.values() for u in t.free}:
        return False
    for other in builder.order:
        e = builder.context.declarations.get(other)
        if other is not s and e is not None and (s in e.domain.free or any(s in r.free for r in e.index_ranges)):
            w = model.values.get(other)
            if not is_number(w) or not builder.inside(w, e.domain, e.attributes, model):
                return False
    try:
        return lawful(builder, model) and all(builder.truth(p, model) is True for p in builder.parts)
    except Fail:
        return False


class Zeros:
    """Rational zeros of terms in one number of a model: exact where the dependence looks linear or quadratic (a zero is checked).
    The values of common parts at the trial points are kept from term to term."""

    TRIED = (fmpq(2), fmpq(3), fmpq(5))

    def __init__(self, model: Model) -> None:
        self.evaluator = Evaluator(model)
        self.frames: dict[Term, tuple[Env, ...]] = {}
        self.known: dict[tuple[Term, Term], list[fmpq]] = {}

    def of(self, t: Term, s: Term) -> list[fmpq]:
        """The zeros of a term in one number."""
        got = self.known.get((t, s))
        if got is None:
            got = self.known[t, s] = [fmpq(0)] if t is s else [] if _transcendental(t, s) else self._found(t, s)
        return got

    def _found(self, t: Term, s: Term) -> list[fmpq]:
        ev = self.evaluator
        ev.budget = Budget(4 * WORK)
        frames = self.frames.get(s)
        if frames is None:
            frames = self.frames[s] = tuple(Env(ev.root, {s: v}) for v in self.TRIED)
        load_handlers()
        with precision(ev.prec):
            try:
                g: list[Value] = []
                for frame in frames:
                    value = ev.eval(t, frame)
                    if not isinstance(value, fmpq):
                        return []
                    g.append(value)
                return [r for r in _candidates(self.TRIED, g) if ev.eval(t, Env(ev.root, {s: r})) == 0]
            except GAVE_UP:
                ev.start_anew()
                self.frames.clear()
                return []


@lru_cache(maxsize=512)
def _transcendental(t: Term, s: Term) -> bool:
    """Whether the values of a term at rational numbers are hardly ever rational: no polynomial of degree two is found through them."""
    return any(u.op == "fn" and u.data in _TRANSCENDENTAL and s in u.free for u in subterms(t))


_TRANSCENDENTAL = frozenset("exp log sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh erf digamma".split())


def _candidates(x: tuple[fmpq, ...], g: list[Value]) -> list[fmpq]:
    """The zeros of the polynomial of degree two with these values."""
    d1 = (g[1] - g[0]) / (x[1] - x[0])
    d2 = (g[2] - g[1]) / (x[2] - x[1])
    second = (d2 - d1) / (x[2] - x[0])
    if second == 0:
        return [x[0] - g[0] / d1] if d1 != 0 else []
    # Newton's form a x² + c x + e
    a = second
    c = d1 - a * (x[0] + x[1])
    e = g[0] - d1 * x[0] + a * x[0] * x[1]
    disc = ar.perfect_root(c * c - 4 * a * e, 2)
    return distinct([(-c + disc) / (2 * a), (-c - disc) / (2 * a)]) if disc is not None else []


def variants(p: Term, model: Model, builder: Builder) -> Iterator[Model]:
    """The model with one number moved to a critical point or next to it, with a member of a family set as an equation says, then with two
    numbers moved to critical points."""
    zeros = Zeros(model)
    yield from _one_moved(p, model, builder, zeros)
    yield from _members_set(p, model, builder)
    yield from _two_moved(p, model, builder, zeros)


def _two_moved(p: Term, model: Model, builder: Builder, zeros: Zeros) -> Iterator[Model]:
    """A number at a critical point, and then another at a critical point of what that leaves (`a = 0`, then `b = a x`)."""
    terms = critical_terms(p)[:12]
    made = 0
    for s in scalars(p, builder, model)[:6]:
        for v in distinct(r for t in terms if s in t.free for r in zeros.of(t, s)):
            first = moved(model, s, v)
            left = Zeros(first)
            if v != model.values[s] and not allowed(first, s, builder):
                continue
            for other in scalars(p, builder, model)[:6]:
                if other is s:
                    continue
                for w in distinct(r for t in terms if other in t.free for r in left.of(t, other)):
                    second = moved(first, other, w)
                    if w != first.values[other] and allowed(second, other, builder):
                        made += 1
                        yield second
                        if made >= 20:
                            return


def _one_moved(p: Term, model: Model, builder: Builder, zeros: Zeros) -> Iterator[Model]:
    """One number moved to a critical point or next to it."""
    terms = critical_terms(p)[:24]
    made = 0
    numbers = scalars(p, builder, model)
    for s in numbers:
        tried = [model.values[s]]  # rational numbers of FLINT are quick to compare and slow to hash
        far = FAR if p.op == "rel" and p.data in ("<", "≤", ">", "≥") else ()
        for v in chain(_points(terms, s, numbers, model, zeros), far):
            if v in tried:
                continue
            tried.append(v)
            crafted = moved(model, s, v)
            if allowed(crafted, s, builder):
                made += 1
                yield crafted
                if made >= 60:
                    return


def _members_set(p: Term, model: Model, builder: Builder) -> Iterator[Model]:
    """`x_j = t` in a statement: the model where the member has the value of t."""
    if p.op not in ("iff", "implies", "and", "or", "not"):
        return
    for equation in equations(p)[:6]:
        for x, t in (equation.args[:2], equation.args[1::-1]):
            family = model.values.get(x.args[0]) if x.op == "idx" and x.args[0].op == "sym" else None
            if not isinstance(family, Family) or x.args[0] in builder.fixed:
                continue
            key = tuple(integer(evaluate(a, model, 128, Budget(WORK))) for a in x.args[1:])
            value = evaluate(t, model, 128, Budget(WORK))
            if key not in family.members or not isinstance(value, fmpq):
                continue
            placed = moved(model, x.args[0], replace_member(family, key, value))  # type: ignore[arg-type]
            if _holds(placed, x.args[0], value, builder):
                yield placed


def _holds(model: Model, family: Term, value: fmpq, builder: Builder) -> bool:
    """The new member lies in the domain of the family, and the hypotheses hold."""
    d = builder.context.declarations.get(family)
    if family in {u for t in model.defined_by.values() for u in t.free} or not builder.inside(value, d.domain if d else None, d.attributes if d else frozenset(), model):
        return False
    try:
        return lawful(builder, model) and all(builder.truth(q, model) is True for q in builder.parts)
    except Fail:
        return False


def _points(terms: tuple[Term, ...], s: Term, numbers: list[Term], model: Model, zeros: Zeros) -> Iterator[fmpq]:
    """Critical points for one number and what lies next to them, and the values of the other numbers."""
    for t in terms:
        if s in t.free:
            for r in zeros.of(t, s):
                yield from (r + n for n in NEAR)
    for other in numbers:
        if other is not s:
            v = model.values[other]
            yield from (v, -v)


# --- solutions that are no rational numbers -----------------------------------------------------------------------------

GRID = [fmpq(k, 4) for k in range(-40, 41)]


def equations(p: Term) -> list[Term]:
    """The equations between numbers in a statement."""
    return [
        u
        for u in subterms(p)
        if u.op == "rel" and u.data == "=" and u.args[0].sort is NUM and u.args[1].sort is NUM and not any(v.op == "bvar" for v in u.free)
    ]


def at_solutions(p: Term, model: Model, builder: Builder) -> Iterator[tuple[Model, Finding]]:
    """A statement with equations at their solutions in one number: (model with an enclosure of the solution, what was found)."""
    if p.op not in ("iff", "implies", "and", "or", "not"):
        return
    for s in builder.plain:
        if s in p.free and s not in builder.fixed and model.context.domain_of(s) is b.COMPLEX:
            for equation in equations(p)[:6]:
                for box in (*complex_roots(equation, s, model), *exponential_roots(equation, s, model, _polynomial)) if s in equation.free else ():
                    found = examine_at(p, equation, s, box, model)
                    if found is not None and found.kind == "fails":
                        placed = moved(model, s, box)
                        if allowed(placed, s, builder):
                            yield placed, found
            yield from _family_members(p, s, model, builder)
    for s in scalars(p, builder, model):
        for equation in equations(p)[:6]:
            if s not in equation.free:
                continue
            for box in (*isolate(equation, s, model), *turning_points(equation, s, model)):
                found = examine_at(p, equation, s, box, model)
                if found is not None and found.kind == "fails":
                    placed = moved(model, s, box)
                    if allowed(placed, s, builder):
                        yield placed, found
        yield from _family_members(p, s, model, builder)


def _family_members(p: Term, s: Term, model: Model, builder: Builder) -> Iterator[tuple[Model, Finding]]:
    """A statement at members of the families of solutions that it names."""
    for family, t in parametrised(p, s):
        for k in INDICES:
            box = member_of(family, t, k, model, model.context.domain_of(s) is b.COMPLEX)
            found = examine_at(p, family, s, box, model) if box is not None else None
            if box is not None and found is not None and found.kind == "fails":
                placed = moved(model, s, box)
                if allowed(placed, s, builder):
                    yield placed, found
                    break


def complex_roots(equation: Term, s: Term, model: Model) -> list[acb]:
    """Enclosures of the roots of a polynomial equation in a complex number, one root in each."""
    gap = _polynomial(b.sub(equation.args[0], equation.args[1]), s, model)
    if gap is None or not 1 <= gap.degree() <= DEGREE:
        return []
    return [root for root, _ in gap.complex_roots()]


def _polynomial(t: Term, s: Term, model: Model) -> fmpq_poly | None:
    """A term as a polynomial in s with rational coefficients in the model; None where it is none."""
    if t is s:
        return fmpq_poly([0, 1])
    if s not in t.free:
        v = evaluate(t, model, budget=Budget(WORK))
        return fmpq_poly([v]) if isinstance(v, fmpq) else None
    if t.op == "pow" and t.args[1].op == "num" and t.args[1].data.denominator == 1 and 0 <= t.args[1].data <= DEGREE:
        base = _polynomial(t.args[0], s, model)
        return None if base is None else base ** int(t.args[1].data)
    if t.op not in ("add", "neg", "mul"):
        return None
    parts = [_polynomial(a, s, model) for a in t.args]
    out = fmpq_poly([1 if t.op == "mul" else 0])
    for part in parts:
        if part is None or out.degree() > DEGREE:
            return None
        out = out * part if t.op == "mul" else out + part
    return -out if t.op == "neg" else out


DEGREE = 12
INDICES = (0, 1, -1, 2, -2, 3, 5)


def parametrised(p: Term, s: Term) -> Iterator[tuple[Term, Term]]:
    """The parts `∃ k ∈ \\Z : s = t(k)` of a statement, with t."""
    for u in subterms(p):
        if u.op != "exists" or len(u.bound) != 1 or any(v.op == "bvar" for v in u.free):
            continue
        body = u.args[-1]
        if u.args[0].op != "set" or u.args[0].data not in ("N", "Npos", "Z") or body.op != "rel" or body.data != "=":
            continue
        for x, t in (body.args[:2], body.args[1::-1]):
            if x is s and s not in t.free:
                yield u, t


def member_of(family: Term, t: Term, k: int, model: Model, nonreal: bool = False) -> acb | None:
    """The number t(k), if k lies in the family's index set: there the family's statement holds."""
    if k < {"N": 0, "Npos": 1}.get(str(family.args[0].data), k):
        return None
    v = evaluate(substitute(t, {family.bound[0]: num(k)}), model, 192)
    return ball(v) if is_number(v) and (nonreal or is_real(v)) else None


def turning_points(equation: Term, s: Term, model: Model) -> list[acb]:
    """Solutions of cos u = ±1 and sin u = ±1, where no sign changes: sin u vanishes there and cos u has the sign (or the other way round)."""
    from derivcheck.kernel.literals import linear_terms

    terms = linear_terms(b.sub(equation.args[0], equation.args[1]))
    waves = [(c, m) for c, m in terms if m.op == "fn" and m.data in ("cos", "sin")]
    constant = sum((c for c, m in terms if m is b.ONE), Fraction(0))
    if len(waves) != 1 or any(m is not b.ONE and m is not waves[0][1] for _, m in terms) or abs(constant) != abs(waves[0][0]):
        return []
    wave = waves[0][1]
    wanted = 1 if (constant < 0) == (waves[0][0] > 0) else -1
    other = b.fn("sin" if wave.data == "cos" else "cos", wave.args[0])

    def sign(box: acb) -> object:
        return with_evaluator(lambda ev: compare(ev.eval(wave, Env(ev.root, {s: box})), fmpq(0)), model, 192, Budget(WORK))

    return [box for box in isolate(b.eq(other, b.ZERO), s, model) if sign(box) == wanted]


def isolate(equation: Term, s: Term, model: Model) -> list[acb]:
    """Small real intervals that are shown to hold a solution."""

    def use(ev: Evaluator) -> list[acb]:
        gap = b.sub(equation.args[0], equation.args[1])

        def sign(v: fmpq) -> int | None:
            got = compare(ev.eval(gap, Env(ev.root, {s: v})), fmpq(0))
            return got if isinstance(got, int) else None

        out: list[acb] = []
        before: tuple[fmpq, int] | None = None
        for x in GRID:
            now = sign(x)
            if now is None or now == 0:
                before = None
                continue
            if before is not None and before[1] != now:
                low, high, at_low = before[0], x, before[1]
                for _ in range(90):
                    middle = (low + high) / 2
                    here = sign(middle)
                    if here is None or here == 0:
                        break
                    if here == at_low:
                        low = middle
                    else:
                        high = middle
                box = acb(arb(low).union(arb(high)))
                saved, ev.analytic = ev.analytic, frozenset((s,))
                # a term that is holomorphic on the interval is continuous there
                continuous = is_number(ev.eval(gap, Env(ev.root, {s: box})))
                ev.analytic = saved
                if continuous:
                    out.append(box)
            before = (x, now)
        return out

    got = with_evaluator(use, model, 192, Budget(400_000))
    return got if isinstance(got, list) else []


def examine_at(p: Term, equation: Term, s: Term, box: acb, model: Model) -> Finding | None:
    """The statement at the solution in the box: the equation holds there, the rest is evaluated over the box."""

    def use(ev: Evaluator) -> Finding | None:
        ev.real_statements = all_real(p, model)
        ev.given = frozenset((equation,))
        env = Env(ev.root, {s: box})
        if not is_real(box) and model.context.domain_of(s) is not b.COMPLEX:
            return None
        if p.op in ("iff", "implies"):
            left, right = truth(ev, p.args[0], env, True), truth(ev, p.args[1], env, True)
            if isinstance(left, bool) and isinstance(right, bool):
                fine = left == right if p.op == "iff" else (not left or right)
                return Finding("holds" if fine else "fails", left, right)
            return None
        got = truth(ev, p, env)
        return Finding("fails", None, None) if got is False else None

    got = with_evaluator(use, model, 192, Budget(WORK * 4))
    return got if isinstance(got, Finding) else None
