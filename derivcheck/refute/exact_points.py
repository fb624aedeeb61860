"""Counterexamples at exact points that are no rational numbers, or where two sides are equal exactly: `x e^{-x} < 1/e` at 1, `cos x ≤ 0 ⟺ …` at π/2.

Models and enclosures can't tell that two sides are equal.  The candidates of `provers/pieces.py` are closed terms; there the truth of a statement
about one number is told by zero tests of the kernel and by enclosures (`kernel/pieces.py`).
"""

from __future__ import annotations

from flint import ctx

from derivcheck.kernel.check import Session
from derivcheck.kernel.inferences.pieces import variable
from derivcheck.kernel.inferences.solutions import hypothesis_parts, unfolded
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.real_places import NoValue, Point, Unknown, Work
from derivcheck.provers.pieces import points_of
from derivcheck.refute.examine import Refutation
from derivcheck.terms.context import Context
from derivcheck.terms.printer import to_latex
from derivcheck.terms.term import Term, name_of, substitute


def counterexample(ob: Obligation, session: Session) -> Refutation | None:
    """A point at which the statement is false and every hypothesis true."""
    if len(ob.statement.free) != 1:
        return None
    got = points_of(ob, session)
    if got is None:
        return None
    p, x, points = got
    hypotheses = [unfolded(h, session.oracle(ob.context)) for h in hypothesis_parts(ob.context)]
    if any(variable(h) is not x for h in hypotheses):
        return None
    rw = session.rewriter(Context(conventions=ob.context.conventions))
    strict = "strict" in ob.context.conventions or p.op != "rel"
    saved = ctx.prec
    ctx.prec = 128
    try:
        for at in points:
            place = Point(x, rw, Work(), at=at)
            try:
                if all(place.truth(h, True) for h in hypotheses) and not place.truth(p, strict):
                    return _report(p, x, at, place)
            except (Unknown, NoValue):
                continue
    finally:
        ctx.prec = saved
    return None


def _report(p: Term, x: Term, at: Term, place: Point) -> Refutation:
    """The point, and the two sides (or what they come to) there."""
    if p.op == "rel":
        sides = [to_latex(substitute(a, {x: at})) for a in p.args[:2]]
    elif p.op in ("iff", "implies"):
        sides = ["true" if place.truth(a, True) else "false" for a in p.args]
    else:
        sides = ["false", "true"]
    return Refutation({name_of(x): to_latex(at)}, sides[0], sides[1])
