"""Break points of integrands: where the formula of `|u|`, `max`, cases, indicators and step densities changes.

`switches` lists the terms at whose zeros this happens, `resolved` makes every choice as at a sample point, which gives the formula on a
piece between neighbouring zeros; `identically_zero` sees a factor that vanishes.  Limits: `⌊u⌋`, norms and choices inside binders.
"""

from __future__ import annotations

from fractions import Fraction

from flint import fmpq

from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics.evaluate import Env, Evaluator
from derivcheck.semantics.values import Infinite, Value, ball, is_zero, rational
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, map_children, mk, num, subterms


def switches(body: Term, x: Term) -> list[Term] | None:
    """Terms at whose zeros the integrand's formula may change; `None` where something can't be cut."""
    out: list[Term] = []
    for u in subterms(body):
        if x not in u.free or any(v.op == "bvar" for v in u.free):
            if x in u.free and u.op in ("ind", "cases", "fn") and (u.op != "fn" or u.data in ("abs", "max", "min", "sign", "floor", "ceil")):
                return None
            continue
        if u.op == "fn" and u.data in ("abs", "sign"):
            out.append(u.args[0])
        elif u.op == "fn" and u.data in ("max", "min"):
            out += [b.sub(a, c) for i, a in enumerate(u.args) for c in u.args[i + 1 :]]
        elif u.op == "fn" and u.data in ("floor", "ceil", "mod", "re", "im", "conj", "arg"):
            return None
        elif u.op in ("cases", "ind"):
            conditions = u.args[:1] if u.op == "ind" else u.args[0 : len(u.args) - len(u.args) % 2 : 2]
            for p in conditions:
                got = _boundaries(p, x)
                if got is None:
                    return None
                out += got
        elif u.op == "norm":
            return None
    return [t for t in dict.fromkeys(out) if x in t.free]


def _boundaries(p: Term, x: Term) -> list[Term] | None:
    if x not in p.free:
        return []
    if p.op in ("and", "or", "not"):
        out: list[Term] = []
        for a in p.args:
            got = _boundaries(a, x)
            if got is None:
                return None
            out += got
        return out
    if p.op == "rel" and p.data in ("<", "≤", ">", "≥", "=", "≠"):
        return [b.sub(p.args[0], p.args[1])]
    if p.op == "rel" and p.data in ("in", "notin"):
        s = p.args[1]
        if s.op == "interval":
            return [b.sub(p.args[0], e) for e in s.args if b.INF not in (e, *e.args)]
        if s.op == "set" and s.data in ("R", "Rpos", "Rnn", "Rneg"):
            return [p.args[0]]
    return None


def sample(lo: Value, hi: Value) -> Value:
    """A rational point between the ends."""

    def near(v: Value) -> fmpq:
        return v if isinstance(v, fmpq) else rational(str(float(ball(v).real.mid())))

    if isinstance(lo, Infinite):
        return near(hi) - 1 if not isinstance(hi, Infinite) else ar.ZERO
    if isinstance(hi, Infinite):
        return near(lo) + 1
    return (near(lo) + near(hi)) / 2


def resolved(ev: Evaluator, body: Term, x: Term, at: Value, frame: Env) -> Term | None:
    """The integrand's formula on a piece without break points: every choice is made as at the sample point."""
    from derivcheck.semantics.evaluate_probability import constant_density
    from derivcheck.semantics.truth import truth

    env = Env(frame, {x: at})
    memo: dict[Term, Term | None] = {}

    def go(t: Term) -> Term | None:
        if x not in t.free:
            return t
        if t in memo:
            return memo[t]
        got = _go(t)
        memo[t] = got
        return got

    def _go(t: Term) -> Term | None:
        if t.op == "fn" and t.data in ("abs", "sign"):
            s = ar.sign_of(ev.eval(t.args[0], env))
            inner = go(t.args[0])
            if s is None or s == 0 or inner is None:
                return None
            if t.data == "sign":
                return num(s)
            return inner if s > 0 else b.neg(inner)
        if t.op == "fn" and t.data in ("max", "min"):
            values = [ev.eval(a, env) for a in t.args]
            best = ar.minmax(values, t.data == "max")
            for a, v in zip(t.args, values):
                if v is best:
                    return go(a)
            return None
        if t.op == "ind":
            p = truth(ev, t.args[0], env)
            return num(int(p)) if isinstance(p, bool) else None
        if t.op == "cases":
            pairs, default = (t.args, None) if len(t.args) % 2 == 0 else (t.args[:-1], t.args[-1])
            for i in range(0, len(pairs), 2):
                p = truth(ev, pairs[i], env)
                if p is True:
                    return go(pairs[i + 1])
                if p is not False:
                    return None
            return go(default) if default is not None else None
        if t.op == "pdf":
            v = constant_density(ev, t, x, env)
            if v is not None:
                return num(Fraction(int(v.p), int(v.q)))
        if t.bound:
            # a binder may be kept if no choice inside it depends on x
            return t if not any(u.op in ("ind", "cases", "pdf") and x in u.free for u in subterms(t)) else None
        args = [go(a) for a in t.args]
        if any(a is None for a in args):
            return None
        return mk(t.op, tuple(args), t.data, t.sort)  # type: ignore[arg-type]

    return go(body)


def without_steps(ev: Evaluator, body: Term, x: Term, at: Value, frame: Env) -> Term:
    """The integrand with the step densities as the numbers that they are around the sample point."""
    from derivcheck.semantics.evaluate_probability import constant_density

    env = Env(frame, {x: at})

    def go(t: Term) -> Term:
        if x not in t.free or t.bound:
            return t
        if t.op == "pdf":
            v = constant_density(ev, t, x, env)
            if v is not None:
                return num(Fraction(int(v.p), int(v.q)))
        return map_children(t, go)

    return go(body)


def identically_zero(ev: Evaluator, t: Term, x: Term, at: Value, frame: Env) -> bool:
    """The formula has a factor that is exactly zero, and a value at the sample point."""
    if x not in t.free:
        return is_zero(ev.eval(t, frame))
    if t.op == "neg":
        return identically_zero(ev, t.args[0], x, at, frame)
    if t.op == "add":
        return all(identically_zero(ev, a, x, at, frame) for a in t.args)
    if t.op == "div":
        return identically_zero(ev, t.args[0], x, at, frame)
    if t.op == "mul":
        return any(identically_zero(ev, a, x, at, frame) for a in t.args) and is_zero(ev.eval(t, Env(frame, {x: at})))
    return False
