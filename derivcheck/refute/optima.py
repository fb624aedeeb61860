"""What a report says of a false equation between sets of optimisers (the better point, or the two sets) and of a function that is not convex.

`sides(ev, p, env)` gives the texts of both sides where `argmin f = S` is false in a model, and the value of the variable to be shown.
"""

from __future__ import annotations

from derivcheck.semantics import sets
from derivcheck.semantics.better_points import witness
from derivcheck.semantics.certify import bent
from derivcheck.semantics.evaluate import Env, Evaluator
from derivcheck.semantics.evaluate_optimum import in_pieces
from derivcheck.semantics.values import UNDEFINED, UNKNOWN, Function, Value, show
from derivcheck.terms.term import Term, binder_names

OPTIMISERS = ("argmin", "argmax")


def sides(ev: Evaluator, p: Term, env: Env) -> tuple[str, str] | None:
    """The texts for the two sides of a false `argmin f = S` (or of two such sets), or of `f convex`; None where there is nothing to tell."""
    if p.op in ("isconvex", "isconcave"):
        return _chord(ev, p, env)
    if p.op != "rel" or p.data != "=" or p.args[0].sort.kind != "set":
        return None
    a, c = p.args[:2]
    listed = [sets.elements(ev, s, env) for s in (a, c)]
    for node, others in ((a, listed[1]), (c, listed[0])):
        if node.op not in OPTIMISERS:
            continue
        for v in others or ():
            found = _told(ev, v, node, env)
            if found is not None:
                return found if node is a else (found[1], found[0])
    texts = [_set(x) if x is not None else _interval(ev, s, env) for s, x in zip((a, c), listed, strict=True)]
    if texts[0] is not None and texts[1] is not None and texts[0] != texts[1]:
        return texts[0], texts[1]
    return None


def _interval(ev: Evaluator, s: Term, env: Env) -> str | None:
    """The text for an interval, or for a set of optimisers that is one."""
    if s.op == "interval":
        lo, hi = (ev.eval(v, env) for v in s.args)
        brackets = str(s.data)
    elif s.op in OPTIMISERS:
        pieces = in_pieces(ev, s, env)
        if pieces is None or len(pieces.flats) != 1 or not all(pieces.flats[0][0] is p or pieces.flats[0][1] is p for p in pieces.points):
            return None
        lo, hi, brackets = pieces.flats[0]
    else:
        return None
    return None if UNKNOWN in (lo, hi) or UNDEFINED in (lo, hi) else f"{brackets[0]}{show(lo)}, {show(hi)}{brackets[1]}"


def _told(ev: Evaluator, v: Value, node: Term, env: Env) -> tuple[str, str] | None:
    found = witness(ev, v, node, env)
    if found is None:
        return None
    name = ", ".join(binder_names(node))
    if found.kind == "better":
        return f"the objective {show(found.there)} at {name} = {show(found.other)}", f"the objective {show(found.here)} at {name} = {show(v)}"
    if found.kind == "outside":
        return f"no optimiser outside of the set over which {name} runs", f"{name} = {show(v)}, outside of it"
    return "no optimiser where the objective has no value", f"{name} = {show(v)}, where it has none"


def _chord(ev: Evaluator, p: Term, env: Env) -> tuple[str, str] | None:
    f = ev.eval(p.args[0], env)
    found = bent(ev, f, p.op == "isconcave") if isinstance(f, Function) else None
    if found is None:
        return None
    low, high = (show(v[0] if len(v) == 1 else v) for v in (found.low, found.high))
    return f"{show(found.middle)} in the middle of {low} and {high}", f"{show(found.mean)}, the mean of the values there"


def _set(values: list[Value]) -> str:
    if not values:
        return "\\emptyset"
    return "\\{" + ", ".join(show(v) for v in values if v is not UNDEFINED and v is not UNKNOWN) + "\\}"
