"""Hypotheses `∀x∈S: L(x) = R(x)`, perhaps with a condition on x, as rewriting rules."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.randomness import CLOSED, mentions_random
from derivcheck.kernel.rewrite import LEVELS, Rewriter, level_symbol
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, contains_op, instantiate, mk, rebind, substitute

Pattern = tuple[tuple[Term, ...], tuple[Term, ...], Term, Term, Term]  # variables, their sets, both sides, the condition


@inference(
    "rewrite-universal",
    statement="∀x∈S: (C(x) ⟹) L(x) = R(x) rewrites L(t) to R(t) anywhere in the goal, also under binders, where t ∈ S (and C(t)) is shown; "
    "where C(t) depends on a bound variable, to R(t) if C(t) and L(t) else",
    source="Leibniz",
    method="hypotheses",
)
def rewrite_universal(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (number of the hypothesis, backwards: True, False, or `moment`: Var X = V as E[X²] = V + E[X]²); a third one, 0 or 1, names the
    side of a relation that alone is rewritten."""
    number, backwards = params[:2]
    if number >= len(ob.context.hypotheses):
        raise Rejected("no such hypothesis")
    pattern = _universal(ob.context.hypotheses[number].statement, backwards is True)
    if pattern is not None and backwards == "moment":
        pattern = _as_moment(pattern)
    if pattern is None:
        raise Rejected("not a universal equation")
    p, rule, rw = ob.statement, Replacement(*pattern), session.rewriter(ob.context)
    if len(params) > 2:
        if p.op != "rel" or params[2] not in (0, 1):
            raise Rejected("no such side")
        new = mk("rel", tuple(rule.apply(a, rw) if i == params[2] else a for i, a in enumerate(p.args)), p.data, p.sort)
    else:
        new = rule.apply(p, rw)
    if new is ob.statement:
        raise Rejected("nothing to rewrite")
    return [Obligation(ob.context, new)]


def _universal(p: Term, backwards: bool) -> Pattern | None:
    """Variables, their sets, both sides, the condition; nested quantifiers are joined."""
    variables: list[Term] = []
    sets: list[Term] = []
    while p.op == "forall":
        symbols = tuple(level_symbol("v", v.sort, 990) for v in p.bound)
        variables += symbols
        sets += p.args[:-1]
        p = instantiate(p, symbols)
    condition = b.TRUE
    if p.op == "implies":
        condition, p = p.args
        if not _comparisons(condition):
            return None
    if p.op != "rel" or p.data != "=" or len(p.args) != 2 or any(set(variables) & s.free for s in sets):
        return None
    left, right = p.args if not backwards else (p.args[1], p.args[0])
    if left in variables or not set(variables) <= left.free or left.op in ("num", "const"):
        return None
    return tuple(variables), tuple(sets), left, right, condition


def _comparisons(p: Term) -> bool:
    """A comparison of numbers, or several together: it has a truth value wherever its sides have values."""
    if p.op == "and":
        return all(_comparisons(q) for q in p.args)
    return p.op == "rel" and p.data in ("=", "≠", "<", "≤", ">", "≥") and p.args[0].sort.kind == "num"


def _as_moment(pattern: Pattern) -> Pattern | None:
    """Var X = V as E[X²] = V + E[X]², Cov(X, Y) = V as E[X Y] = V + E[X] E[Y]; the hypothesis says that these have values."""
    variables, sets, left, right, condition = pattern
    if left.sort.kind != "num" or left.op not in ("Var", "Cov"):
        return None
    x, y = (left.args[0], left.args[0]) if left.op == "Var" else left.args[:2]
    conds = left.args[1 if left.op == "Var" else 2 :]

    def mean(u: Term) -> Term:
        return mk("E", (u, *conds), len(conds), u.sort)

    return variables, sets, mean(b.pow_(x, 2) if x is y else b.mul(x, y)), b.add(right, b.mul(mean(x), mean(y))), condition


class Replacement:
    """Rewriting by one universal equation."""

    def __init__(self, variables: tuple[Term, ...], sets: tuple[Term, ...], left: Term, right: Term, condition: Term) -> None:
        self.variables, self.sets, self.left, self.right, self.condition = variables, sets, left, right, condition
        self.closing = contains_op(left, *CLOSED) or contains_op(right, *CLOSED)

    def apply(self, t: Term, rw: Rewriter) -> Term:
        """All instances replaced, outermost first."""
        values = self.match(t, rw)
        if values is not None:
            condition = substitute(self.condition, values)
            right = substitute(self.right, values)
            if condition is b.TRUE or rw.oracle.holds(condition):
                return right
            under_binder = any(v in LEVELS for v in condition.free)
            if t.sort.kind == "num" and under_binder and not rw.oracle.refutes(condition) and total(b.ind(condition), rw.oracle):
                return b.cases(condition, right, t)
        if not t.args:
            return t
        if t.op == "cases":
            return t
        if t.op in ("E", "Var", "Cov") and self.left.op in ("Var", "Cov", "E") and t.op == self.left.op and values is not None:
            return t
        if not t.bound:
            args = tuple(self.apply(a, rw) for a in t.args)
            return t if args == t.args else mk(t.op, args, t.data, t.sort)
        outer = tuple(self.apply(a, rw) for a in t.args[:-1])
        if t.op in ("deriv", "grad", "jac", "hess", "lim", "antideriv"):
            # the variable of a derivative is not an instance of a hypothesis about the symbol's values
            return t if outer == t.args[:-1] else mk(t.op, (*outer, t.args[-1]), t.data, t.sort, t.bound)
        symbols, body, inner = rw.under(t)
        new = self.apply(body, inner)
        if new is body and outer == t.args[:-1]:
            return t
        return rebind(t, symbols, outer, new)

    def match(self, t: Term, rw: Rewriter) -> dict[Term, Term] | None:
        """The values of the variables for which the left side is this term, if they lie in their sets."""
        if t.sort != self.left.sort or t.op != self.left.op:
            return None
        found: dict[Term, Term] = {}
        if not _match(self.left, t, frozenset(self.variables), found):
            return None
        if set(found) != set(self.variables):
            return None
        if self.closing and any(mentions_random(v, rw.oracle) for v in found.values()):
            return None  # an expectation around a random value would not see it
        for v, s in zip(self.variables, self.sets, strict=True):
            value_ = found[v]
            if value_.sort.kind == "num" and not rw.oracle.member(value_, s):
                return None
            if value_.sort.kind == "mat" and s.op not in ("rn", "rmn"):
                return None
        return found


def _match(pattern: Term, t: Term, variables: frozenset[Term], found: dict[Term, Term]) -> bool:
    if pattern in variables:
        if any(x.op == "bvar" for x in t.free) or pattern.sort != t.sort:
            return False
        return found.setdefault(pattern, t) is t
    if pattern is t:
        return True
    if not (pattern.free & variables) or pattern.op != t.op or pattern.data != t.data or len(pattern.args) != len(t.args) or pattern.sort != t.sort:
        return False
    if len(pattern.bound) != len(t.bound):
        return False
    if not pattern.bound:
        return all(_match(p, q, variables, found) for p, q in zip(pattern.args, t.args, strict=True))
    if any(p.sort != q.sort for p, q in zip(pattern.bound, t.bound, strict=True)):
        return False
    if not all(_match(p, q, variables, found) for p, q in zip(pattern.args[:-1], t.args[:-1], strict=True)):
        return False
    symbols = tuple(level_symbol("m", v.sort, 991) for v in pattern.bound)
    inside: dict[Term, Term] = found
    before = dict(found)
    if not _match(instantiate(pattern, symbols), instantiate(t, symbols), variables, inside):
        return False
    # no variable may stand for something that depends on a bound variable
    return not any(set(symbols) & v.free for k, v in found.items() if k not in before)
