"""Values that may be infinite, and what a strict relation may say of them.

Limits, integrals, series, suprema and divergences have values in [-∞, ∞] (SPEC section 5), but bounds, the ring and linear arithmetic
reason about real numbers.  For `=` and `≤` nothing is lost: a term that is cancelled has no value where it would be ∞ - ∞, and a relation
that holds up to +∞ holds there too.  Strictness is lost in two ways: ∞ < ∞ + 1 is false, and what is positive for every real S may be 0 at
S = ∞ (1/S, e^{-S}).  `strictness_in_doubt` finds both.  For the same reasons a relation that is given must not be calculated with as one of
real numbers where both sides may be infinite, or a side only looks finite: a + S = c + S says nothing of a and c at S = ∞, 1/S = 0 is no
contradiction (`no_arithmetic`).

Limits: a series counts as finite only where its normal form shows it; means count as finite wherever they have a value.
"""

from __future__ import annotations

from derivcheck.terms import build as b
from derivcheck.terms.term import Term, substitute, subterms

_ALWAYS = frozenset({"lim", "intset", "KL", "supover", "infover"})
_KEEP = frozenset("add mul neg rel and or not implies iff forall exists sum prod sumset int intset lim maxover minover supover infover E Eover".split())
_FINITE = frozenset({"deriv", "nderiv", "grad", "jac", "hess"})  # derivatives are numbers wherever they exist
_KEEP_FUNCTIONS = frozenset({"abs", "log", "max", "min"})
_known: dict[Term, tuple[bool, bool]] = {}


def may_be_infinite(t: Term) -> bool:
    """Whether the value of this node may be infinite where its parts are finite."""
    if t.op in _ALWAYS or b.is_infinite(t):
        return True
    if t.op == "int":
        return not _proper(t)
    if t.op in ("sum", "prod"):
        return any(b.is_infinite(a) for a in t.args[:2])
    return t.op in ("sumset", "prodset") and t.args[0].op not in ("finset", "range")


def _proper(t: Term) -> bool:
    # between finite bounds, of what is continuous there: smooth functions of the variable, without fractions, logarithms, powers
    if any(b.is_infinite(a) for a in t.args[:2]):
        return False
    stack = [t.args[-1]]
    while stack:
        s = stack.pop()
        entire = ("exp", "sin", "cos", "abs", "tanh", "cosh", "sinh", "arctan")
        smooth = s.op in ("add", "mul", "neg", "num", "const", "sym", "bvar", "idx", "ind") or (s.op == "fn" and s.data in entire)
        smooth = smooth or (s.op == "pow" and s.args[1].op == "num" and s.args[1].data >= 0)
        if not smooth:
            return False
        stack.extend(a for a in s.args if a.sort.kind == "num")
    return True


def _looked(t: Term) -> tuple[bool, bool]:
    """(a part may be infinite, a part may be infinite below a fraction line or in a function, where it may give a finite value)."""
    got = _known.get(t)
    if got is not None:
        return got
    if len(_known) > 200_000:
        _known.clear()
    parts = [_looked(a) for a in t.args] if t.op not in _FINITE else []
    some = any(p for p, _ in parts) or may_be_infinite(t)
    hidden = any(h for _, h in parts)
    if not hidden and any(p for p, _ in parts):
        hidden = parts[1][0] if t.op == "div" else not _keeps(t)
    _known[t] = (some, hidden)
    return some, hidden


def _keeps(t: Term) -> bool:
    """Whether an infinite part makes the value of this node infinite (or none), or stands aside of it in a maximum or minimum."""
    if t.op == "pow":
        return t.args[1].op == "num" and bool(t.args[1].data > 0)
    return t.op in _KEEP or (t.op == "fn" and t.data in _KEEP_FUNCTIONS)


def unbounded(t: Term) -> bool:
    """Whether a part of the term may be infinite."""
    return _looked(t)[0]


def hidden(t: Term) -> bool:
    """Whether an infinite part may give a finite value."""
    return _looked(t)[1]


def infinite_factor(body: Term, x: Term) -> bool:
    """Whether a summand that changes with x contains a value free of x that may be infinite: `S/n` need not vanish for n → ∞.

    The mean of a logarithm counts, since divergences are written with it; other means are looked at in `infinite_means.finite_parts`."""
    for part in body.args if body.op == "add" else (body,):
        if x not in part.free:
            continue
        for s in subterms(part):
            if x not in s.free and (may_be_infinite(s) or (s.op == "Eover" and any(u.op == "fn" and u.data == "log" for u in subterms(s.args[-1])))):
                return True
    return False


def strictness_in_doubt(p: Term) -> bool:
    """Whether a strict relation, shown for real numbers, may fail at infinite values."""
    if p.op != "rel" or p.data not in ("<", ">", "≠", "in"):
        return False
    if p.data == "in":
        return unbounded(p.args[0]) and p.args[0].sort.kind == "num"
    return _in_doubt(p)


def no_arithmetic(p: Term) -> bool:
    """Whether a relation that is known to hold may be one of infinite values, so that nothing can be taken off both sides or divided by."""
    if p.op != "rel" or len(p.args) != 2 or p.args[0].sort.kind != "num" or p.args[1].sort.kind != "num":
        return False
    if p.data in ("=", "≤", "≥"):
        # next to ±∞ itself there is nothing to calculate
        return not any(b.is_infinite(a) for a in p.args) and _in_doubt(p)
    return p.data in ("<", ">", "≠") and (hidden(p.args[0]) or hidden(p.args[1]))


def between_means(p: Term) -> bool:
    """Whether both sides of a relation are infinite where its means are: what asks for their finiteness may still calculate with it."""
    means = [s for s in subterms(p) if s.op in ("E", "Eover") and s.sort.kind == "num"]
    return bool(means) and no_arithmetic(substitute(p, dict.fromkeys(means, b.INF)))


def _in_doubt(p: Term) -> bool:
    x, y = p.args[0], p.args[1]
    return hidden(x) or hidden(y) or (unbounded(x) and unbounded(y))
