"""Functions that a hypothesis determines: y : S → T with `∀t∈S: A(t, y(t)) = B(t, y(t))`, by the implicit function theorem on all of S.

With F = A - B as a function of t and u = y(t): if F is smooth for t in S and u in T (open intervals), grows (or falls) strictly in u, and
tends to numbers of opposite signs, or to ±∞, as u goes to the ends of T, then there is exactly one such function, and it is smooth.

With `some`, only that there is such a function is asked: with values in the positive or the negative numbers alone, and F/u for F as well.

`determined(context)` says which functions the hypotheses fix in this way; then their values at given points are numbers u_a in T with
F(a, u_a) = 0 (any such numbers), and their derivatives there are -F_t/F_u and what follows from it (`reduced`).

Limits: one equation for a function, in which it stands at the bound variable only; first and second derivatives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType

from derivcheck.kernel.check import Session, eigen
from derivcheck.kernel.continuity import smooth
from derivcheck.kernel.limits import limit
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.semantics.differentiate import derivative
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration, Hypothesis
from derivcheck.terms.printer import to_latex
from derivcheck.terms.term import Term, fresh, mk, open_binder, substitute, subterms

NEGATIVE = mk("set", (), "Rneg", b.REALS.sort)
_PLAIN = frozenset("smooth continuous differentiable".split())
_OPEN = {"R": (None, b.INF), "Rpos": (b.ZERO, b.INF), "Rneg": (None, b.ZERO)}


@dataclass(frozen=True)
class Implicit:
    """F(t, u) = 0 fixes y: `gap` is F, `t` and `u` its symbols, `place` the number of the hypothesis."""

    y: Term
    t: Term
    u: Term
    gap: Term
    domain: Term
    values: Term
    place: int

    def slope(self, order: int) -> Term | None:
        """The derivative of y of order 1 or 2 at t, in terms of t and u."""
        by_t, by_u = (self._d(self.gap, v) for v in (self.t, self.u))
        if by_t is None or by_u is None:
            return None
        first = b.neg(b.div(by_t, by_u))
        if order == 1:
            return first
        along, across = self._d(first, self.t), self._d(first, self.u)
        return None if along is None or across is None else b.add(along, b.mul(across, first))

    @staticmethod
    def _d(f: Term, v: Term) -> Term | None:
        got = derivative(f, v)
        return got.term if got.complete else None


def determined(context: Context, session: Session, some: bool = False) -> dict[Term, Implicit]:
    """The functions that hypotheses fix, each by one hypothesis that speaks of no other function, and mentioned in no other hypothesis."""
    found: dict[Term, Implicit] = {}
    for place, h in enumerate(context.hypotheses):
        functions = {s for s in h.statement.free if s.op == "sym" and s.sort.kind != "num"}
        if h.statement.op != "forall" or len(functions) != 1:
            continue
        (y,) = functions
        if any(y in other.statement.free for k, other in enumerate(context.hypotheses) if k != place):
            continue
        got = _implicit(context, h.statement, y, place, session, some)
        if got is not None:
            found[y] = got
    return found


def _implicit(context: Context, p: Term, y: Term, place: int, session: Session, some: bool) -> Implicit | None:
    d = context.declarations.get(y)
    if d is None or y.sort.kind != "fun" or len(d.arg_domains) != 1 or d.attributes - _PLAIN or y.sort.result.kind != "num":
        return None
    domain = p.args[0]
    if len(p.bound) != 1 or domain is not d.arg_domains[0] or _ends(domain) is None or (d.domain is not None and _ends(d.domain) is None):
        return None
    (t,), body = open_binder(p)
    if body.op != "rel" or body.data != "=" or body.args[0].sort.kind != "num":
        return None
    u = fresh("u")
    gap = substitute(b.sub(*body.args[:2]), {b.apply(y, t): u})
    if y in gap.free or u not in gap.free or any(context.declarations[s].random for s in gap.free if s in context.declarations):
        return None
    values = d.domain if d.domain is not None else b.REALS
    plain = replace(context, hypotheses=tuple(h for h in context.hypotheses if y not in h.statement.free))
    parts = [values, *(v for v in (b.POSITIVE, NEGATIVE) if some and values is b.REALS)]
    for part in parts:
        room = session.rewriter(plain).child(((Declaration(t, domain), Declaration(u, part)), ()))
        for form in (gap, b.div(gap, u)) if some and part is not b.REALS else (gap,):
            got = Implicit(y, t, u, form, domain, part, place)
            if _fixed(got, room):
                return got
    return None


def _ends(s: Term) -> tuple[Term | None, Term] | None:
    """The ends of an open interval; None below stands for -∞."""
    if s.op == "set" and s.data in _OPEN:
        return _OPEN[str(s.data)]
    return (s.args[0], s.args[1]) if s.op == "interval" and s.data == "()" else None


def _fixed(f: Implicit, room: Rewriter) -> bool:
    """Whether F(t, ·) = 0 has exactly one solution in T for every t in S, where F is smooth and its slope is not 0."""
    o = room.oracle
    gap = room.nf(f.gap)
    if not o.real(f.gap) or not smooth(f.gap, f.u, o) or not smooth(f.gap, f.t, o) or o.undefinedness(f.gap):
        return False
    slope = f._d(gap, f.u)
    if slope is None:
        return False
    slope = room.nf(slope)
    rising = o.positive(slope)
    if not rising and not o.negative(slope):
        return False
    ends = _ends(f.values)
    assert ends is not None
    below = limit(gap, f.u, b.neg(b.INF) if ends[0] is None else ends[0], "+", room)
    above = limit(gap, f.u, ends[1], "-", room)
    if below is None or above is None:
        return False
    if not rising:
        below, above = above, below
    low = below.op == "neg" and below.args[0] is b.INF or (not b.is_infinite(below) and o.negative(below))
    return low and (above is b.INF or (not b.is_infinite(above) and o.positive(above)))


def reduced(ob: Obligation, session: Session, some: bool = False) -> tuple[Obligation, dict[str, str]] | None:
    """The obligation with numbers for the values of the functions that hypotheses fix, and how these are described; equivalent to it (with
    `some`: implied by it)."""
    fixed = determined(ob.context, session, some)
    fixed = {y: f for y, f in fixed.items() if y in ob.statement.free}
    if not fixed:
        return None
    statement = ob.statement
    table = dict(ob.context.declarations)
    hypotheses = list(ob.context.hypotheses)
    extra: list[Hypothesis] = []
    names: dict[str, str] = {}
    for y, f in fixed.items():
        for a in _places(statement, y):
            u = eigen(ob.context, to_latex(b.apply(y, a)), y.sort.result, len(names) + len(extra))
            at = {f.t: a, f.u: u}
            new: dict[Term, Term] = {b.apply(y, a): u}
            for order in (1, 2):
                slope = f.slope(order)
                if slope is not None:
                    new[b.apply(b.dfun(y, (order,)), a)] = substitute(slope, at)
            statement = substitute(statement, new)
            table[u] = Declaration(u, f.values)
            extra.append(Hypothesis(b.eq(substitute(f.gap, at), b.ZERO), None, "assume"))
            extra.append(Hypothesis(mk("rel", (a, f.domain), "in", b.TRUE.sort), None, "domain"))
        if y in statement.free:
            return None
        del table[y]
        names[to_latex(y)] = "as in " + to_latex(ob.context.hypotheses[f.place].statement)
    gone = {f.place for f in fixed.values()}
    kept = [h for k, h in enumerate(hypotheses) if k not in gone]
    context = replace(ob.context, declarations=MappingProxyType(table), hypotheses=(*kept, *extra))
    return Obligation(context, statement), names


def _places(p: Term, y: Term) -> Iterator[Term]:
    """The arguments at which y or its derivatives stand, free of bound variables and of y."""
    seen: dict[Term, None] = {}
    for s in subterms(p):
        if s.op == "apply" and len(s.args) == 2 and (s.args[0] is y or (s.args[0].op == "dfun" and s.args[0].args[0] is y)):
            a = s.args[1]
            if y not in a.free and not any(v.op == "bvar" for v in a.free):
                seen[a] = None
    return iter(seen)


