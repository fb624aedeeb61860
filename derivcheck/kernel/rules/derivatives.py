"""Derivatives by a scalar: the differentiation rules of `semantics.differentiate`, with their conditions discharged.

A condition of a rule (off the cut of a logarithm, off the kink of an absolute value) is dropped only where the derivative has no value
without it, or where the rule's value is right all the same:

* on the cut of log and of powers there is no derivative (SPEC section 6);
* |u| with smooth u: at u = 0 the derivative is 0 if it exists (then u' = 0), and sign(0) u' is 0; sums and products with smooth
  functions keep this (the rule gives the mean of the one-sided derivatives);
* a two-branch `cases` (or one indicator) split at an affine order relation: if the derivative exists at the break it is the one-sided
  derivative of the branch that holds there.

Everything else must be shown at the point.
"""

from __future__ import annotations

from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk, num, substitute, subterms

SOURCE = "differentiation rules; SPEC section 6 for points on cuts"
_KINKED = frozenset({"cases", "ind"})


@rule("derivative", "deriv", statement="d/dx by sum, product, chain rule and the table of elementary derivatives", source=SOURCE)
def derivative_rule(t: Term, rw: Rewriter) -> Term | None:
    from derivcheck.kernel.random_laws import laws_fixed
    from derivcheck.semantics.differentiate import LAW_CONDITION, derivative

    point = t.args[0]
    symbols, body, inner = rw.under(t)
    x = symbols[0]
    order = int(t.data)
    if order > 40:
        return None
    for _ in range(order):
        got = derivative(body, x)
        if not got.complete:
            return None
        for c in got.conditions:
            if c.op == "opaque" and c.data == LAW_CONDITION and laws_fixed(t, rw.oracle):
                continue
            if not (harmless(c, body, x) or _holds(substitute(c, {x: point}), rw) or inner.oracle.holds(c) or exchanged(c, x, inner)):
                return None
        body = got.term
        if order > 1:
            body = inner.nf(body)
    return substitute(body, {x: point})


def exchanged(c: Term, x: Term, rw: Rewriter) -> bool:
    """Leibniz's rule on finite ranges: integrand and its derivative are continuous (in the integration variable on ℝ, or on the closed range
    between ends that do not move) and smooth in the parameter.  Where only the ends move, continuity around them is enough: where the derivative
    has a value, the integral has one."""
    from derivcheck.kernel.continuity import continuous, smooth
    from derivcheck.semantics.differentiate import derivative
    from derivcheck.terms.context import Declaration

    if c.op != "opaque" or c.data != "exchange of derivative and integral" or c.args[0].op != "int":
        return False
    t = c.args[0]
    lo, hi = t.args[0], t.args[1]
    if any(v.op == "bvar" for v in t.free):
        return False
    symbols, body, _ = rw.under(t)
    v = symbols[0]
    if x not in body.free and all(x not in e.free or _continuous_around(body, v, e, rw) for e in (lo, hi)):
        return True
    if any(s is b.INF for e in (lo, hi) for s in subterms(e)):
        return False
    room = rw.child(((Declaration(v, b.REALS),), ()))
    if not continuous(body, v, room.oracle):
        if x in lo.free or x in hi.free or not rw.oracle.less_equal(lo, hi):
            return False
        room = rw.child(((Declaration(v, b.interval(lo, hi, "[]")),), ()))
        if not continuous(body, v, room.oracle):
            return False
    if x not in body.free:
        return True
    got = derivative(body, x)
    return (
        got.complete
        and all(room.oracle.holds(p) for p in got.conditions)
        and smooth(body, x, room.oracle)
        and continuous(got.term, v, room.oracle)
        and continuous(got.term, x, room.oracle)
    )


def _continuous_around(body: Term, v: Term, end: Term, rw: Rewriter) -> bool:
    """Whether the integrand is shown to be continuous on an open set (the positive, the negative, or all real numbers) that contains an end."""
    from derivcheck.kernel.continuity import continuous
    from derivcheck.terms.context import Declaration

    if not rw.oracle.real(end):
        return False
    rooms = [b.REALS]
    if rw.oracle.positive(end):
        rooms.append(b.POSITIVE)
    if rw.oracle.negative(end):
        rooms.append(b.interval(b.neg(b.INF), b.ZERO, "()"))
    info = rw.oracle.info(end)
    if info.lo is not None and info.hi is not None and info.lo_strict and info.hi_strict:
        rooms.append(b.interval(num(info.lo), num(info.hi), "()"))
    return any(continuous(body, v, rw.child(((Declaration(v, room),), ())).oracle) for room in rooms)


def _holds(c: Term, rw: Rewriter) -> bool:
    """Whether a condition holds, as it stands or in normal form."""
    if c.op != "rel" or c.data != "≠":
        return rw.oracle.holds(c)
    new = rw.nf(c)
    return new.op == "true" or rw.oracle.holds(new) or rw.oracle.holds(c)


def harmless(c: Term, body: Term, x: Term) -> bool:
    """Whether the derivative rule's value is right, or the derivative has no value, where the condition fails (see above)."""
    if c.op == "opaque":
        return False
    if c.op == "and":
        return all(harmless(p, body, x) for p in c.args)
    if c.op == "rel" and c.data == "notin":
        return c.args[1].op == "interval"
    if c.op == "rel" and c.data == "≠":
        # what does not move with x is constant, with or without a kink
        kinks = [s for s in subterms(body) if x in s.free and (s.op in _KINKED or (s.op == "fn" and s.data in ("abs", "sign", "max", "min", "floor", "ceil")))]
        if all(s.op == "fn" and s.data in ("abs", "max", "min") and len(s.args) <= 2 and not _nested(s, x) for s in kinks):
            return True
        if len(kinks) == 1 and kinks[0].op == "cases":
            return _two_branches(kinks[0], x)
        if len(kinks) == 1 and kinks[0].op == "ind":
            return _affine_order(kinks[0].args[0], x)
    return False


def _nested(s: Term, x: Term) -> bool:
    return any(u is not s and x in u.free and (u.op in _KINKED or (u.op == "fn" and u.data in ("abs", "sign", "max", "min", "floor", "ceil"))) for u in subterms(s))


def _two_branches(s: Term, x: Term) -> bool:
    if len(s.args) == 4:
        from derivcheck.kernel.rewrite import negation

        if negation(s.args[0]) is not s.args[2] and not _opposite(s.args[0], s.args[2]):
            return False
    elif len(s.args) != 3:
        return False
    return _affine_order(s.args[0], x)


def _affine_order(p: Term, x: Term) -> bool:
    if p.op != "rel" or p.data not in ("<", "≤", ">", "≥"):
        return False
    # one side is x itself, the other does not depend on it
    return (p.args[0] is x and x not in p.args[1].free) or (p.args[1] is x and x not in p.args[0].free)


def _opposite(p: Term, q: Term) -> bool:
    """x > a against x ≤ a in any writing."""
    flip = {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}
    if p.op != "rel" or q.op != "rel":
        return False
    mirrored = mk("rel", (q.args[1], q.args[0]), flip.get(str(q.data), "?"), q.sort)
    from derivcheck.kernel.rewrite import negation

    return negation(p) is mirrored
