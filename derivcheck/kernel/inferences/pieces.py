"""Statements about one real number, decided at given points and on the intervals between them (`kernel/pieces.py`)."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.inferences.solutions import hypothesis_parts, unfolded
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.pieces import NoValue, Unknown, holds
from derivcheck.terms import build as b
from derivcheck.terms.context import Context
from derivcheck.terms.term import Term, subterms

_ENDS: dict[str, tuple[Term | None, bool]] = {"R": (None, False), "Rpos": (b.ZERO, False), "Rnn": (b.ZERO, True)}
_PLAIN = frozenset("rel and or not implies iff true false num sym const add neg mul div pow oddroot fn cases ind".split())


def interval_of(x: Term, context: Context) -> tuple[tuple[Term | None, bool], tuple[Term | None, bool]] | None:
    """The ends of the declared domain of x with whether they belong to it; None where it is no interval of numbers."""
    d = context.declarations.get(x)
    if d is None or d.random or d.law is not None or d.attributes:
        return None
    s = d.domain
    if s.op == "set" and s.data in _ENDS:
        return _ENDS[str(s.data)], (None, False)
    if s.op == "set" and s.data == "Rneg":
        return (None, False), (b.ZERO, False)
    if s.op != "interval" or any(a.free for a in s.args):
        return None
    low, high = s.args
    below = low.op in ("neg", "mul") and b.INF in low.args
    return (None, False) if below else (low, str(s.data)[0] == "["), (None, False) if high is b.INF else (high, str(s.data)[1] == "]")


def variable(p: Term) -> Term | None:
    """The one symbol of a statement about one number, made of what the pieces know."""
    if len(p.free) != 1 or p.size > 400 or any(s.op not in _PLAIN for s in subterms(p)):
        return None
    (x,) = p.free
    return x if x.op == "sym" and x.sort.kind == "num" else None


@inference(
    "pieces",
    statement="a statement about one real number, true at given points and on the intervals between them, where no relation changes its truth",
    source="monotonicity criterion; intermediate value theorem; enclosures by balls",
    method="piece by piece",
)
def pieces(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the points, closed terms in increasing order, strictly inside the domain."""
    goal = unfolded(ob.statement, session.oracle(ob.context))
    x = variable(goal)
    if x is None:
        raise Rejected("not a statement about one number")
    ends = interval_of(x, ob.context)
    if ends is None or any(t.free for t in params):
        raise Rejected("not an interval of real numbers")
    oracle = session.oracle(ob.context)
    premises = [q for q in (unfolded(h, oracle) for h in hypothesis_parts(ob.context)) if q.free == {x} and variable(q) is x]
    rw = session.rewriter(Context(conventions=ob.context.conventions))
    try:
        if holds(goal, premises, x, ends, list(params), rw, "strict" in ob.context.conventions or goal.op != "rel"):
            return []
    except (Unknown, NoValue) as why:
        raise Rejected("not told piece by piece") from why
    raise Rejected("false somewhere")
