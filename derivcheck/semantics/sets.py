"""Sets in a model: elements of finite ones, membership, equality and inclusion.

Sets are not values but terms read in an environment.  `elements` lists a finite set; `contains` decides membership; `same` and
`subset` compare: finite sets by their elements, sets of reals made of intervals and points exactly, by looking at every end
point and one point between any two; other sets only by a point that one has and the other lacks.

Limits: sets with a free-form condition (`setof` over an infinite base) are compared by sample points only.
"""

from __future__ import annotations

import itertools

from flint import fmpq

from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics.evaluate import Env, Evaluator, Model, handles, with_evaluator
from derivcheck.semantics.values import (
    UNDEFINED,
    UNKNOWN,
    Infinite,
    Marker,
    Matrix,
    Value,
    compare,
    equal,
    integer,
    is_nonreal,
    is_number,
    is_real,
    is_scalar,
)
from derivcheck.terms.term import Term, subterms

Truth = bool | Marker
MAX_ELEMENTS = 4000


def elements(ev: Evaluator, s: Term, env: Env) -> list[Value] | None:
    """The elements of a set known to be finite; `None` otherwise."""
    op = s.op
    if op == "set":
        return [] if s.data == "empty" else None
    if op == "finset":
        return distinct([ev.eval(a, env) for a in s.args])
    if op == "range":
        m, n = integer(ev.eval(s.args[0], env)), integer(ev.eval(s.args[1], env))
        if m is None or n is None or n - m > MAX_ELEMENTS:
            return None
        return [fmpq(k) for k in range(m, n + 1)]
    if op == "union":
        got: list[Value] = []
        for a in s.args:
            part = elements(ev, a, env)
            if part is None:
                return None
            got += part
        return distinct(got)
    if op in ("inter", "setminus"):
        base = elements(ev, s.args[0], env)
        if base is None:
            return None
        kept = []
        for v in base:
            inside = [contains(ev, v, a, env) for a in s.args[1:]]
            wanted = op == "inter"
            if all(p is wanted for p in inside):
                kept.append(v)
            elif not any(p is (not wanted) for p in inside):
                return None
        return kept
    if op == "product":
        parts = [elements(ev, a, env) for a in s.args]
        if any(p is None for p in parts):
            return None
        return [tuple(c) for c in itertools.product(*parts)]  # type: ignore[arg-type]
    if op == "setof" and len(s.bound) == 1:
        from derivcheck.semantics.truth import truth

        base = elements(ev, s.args[0], env)
        if base is None:
            return None
        kept = []
        for v in base:
            p = truth(ev, s.args[-1], Env(env, {s.bound[0]: v}))
            if not isinstance(p, bool):
                return None
            if p:
                kept.append(v)
        return kept
    if op == "interval":
        c = compare(ev.eval(s.args[0], env), ev.eval(s.args[1], env))
        if c == 1 or (c == 0 and s.data != "[]"):
            return []
        return [ev.eval(s.args[0], env)] if c == 0 else None
    if op in ("argmax", "argmin"):
        from derivcheck.semantics.evaluate_optimum import optimisers

        return optimisers(ev, s, env)
    return None


def listed(s: Term, model: Model, prec: int = 128) -> list[Value] | None:
    """The elements of a finite set in a model."""
    got = with_evaluator(lambda ev: elements(ev, s, ev.root), model, prec)
    return got if isinstance(got, list) else None


def belongs(v: Value, s: Term, model: Model, prec: int = 128) -> Truth:
    """Whether a value is an element of a set in a model."""
    got: Truth = with_evaluator(lambda ev: contains(ev, v, s, ev.root), model, prec)
    return got


def distinct(values: list[Value]) -> list[Value] | None:
    """The values without repetitions; `None` where it is not known whether two are equal."""
    kept: list[Value] = []
    for v in values:
        if v is UNDEFINED or v is UNKNOWN:
            return None
        new = True
        for w in kept:
            same = equal(v, w)
            if same is True:
                new = False
                break
            if same is not False:
                return None
        if new:
            kept.append(v)
    return kept


def contains(ev: Evaluator, v: Value, s: Term, env: Env) -> Truth:
    """Whether the value is an element of the set."""
    if v is UNDEFINED or v is UNKNOWN:
        return v
    op = s.op
    if op == "set":
        return in_standard(v, str(s.data))
    if op == "interval":
        if is_nonreal(v):
            return False
        low, high = compare(v, ev.eval(s.args[0], env)), compare(v, ev.eval(s.args[1], env))
        brackets = str(s.data)
        left = (low == 1 or (low == 0 and brackets[0] == "[")) if isinstance(low, int) else UNKNOWN
        right = (high == -1 or (high == 0 and brackets[1] == "]")) if isinstance(high, int) else UNKNOWN
        if isinstance(v, Infinite) and left is True and right is True:
            return UNKNOWN
        return both(left, right)
    if op == "range":
        low, high = compare(v, ev.eval(s.args[0], env)), compare(v, ev.eval(s.args[1], env))
        if low == -1 or high == 1:
            return False
        whole = in_standard(v, "Z")
        return both(whole, True if isinstance(low, int) and isinstance(high, int) else UNKNOWN)
    if op == "finset":
        found: Truth = False
        for a in s.args:
            same = equal(v, ev.eval(a, env))
            if same is True:
                return True
            if same is not False:
                found = UNKNOWN
        return found
    if op == "union":
        return negate(all_of(negate(contains(ev, v, a, env)) for a in s.args))
    if op == "inter":
        return all_of(contains(ev, v, a, env) for a in s.args)
    if op == "setminus":
        return both(contains(ev, v, s.args[0], env), negate(contains(ev, v, s.args[1], env)))
    if op == "setof" and len(s.bound) == 1:
        from derivcheck.semantics.truth import truth

        inside = contains(ev, v, s.args[0], env)
        if inside is False:
            return False
        p = truth(ev, s.args[-1], Env(env, {s.bound[0]: v}), strict=True)
        return both(inside, p)
    if op in ("rn", "rmn"):
        m = ev.size(s.args[0], env)
        n = ev.size(s.args[1], env) if op == "rmn" else 1
        if not isinstance(v, Matrix) or m is None or n is None:
            return UNKNOWN
        if (v.rows, v.cols) != (m, n):
            return False
        return True if v.exact or all(is_real(e) for e in v.entries()) else UNKNOWN
    if op == "product" and isinstance(v, tuple) and len(v) == len(s.args):
        return all_of(contains(ev, x, a, env) for x, a in zip(v, s.args))
    known = elements(ev, s, env)
    if known is None and op in ("argmax", "argmin"):
        from derivcheck.semantics.better_points import is_optimal
        from derivcheck.semantics.evaluate_optimum import in_pieces

        pieces = in_pieces(ev, s, env) if is_scalar(v) else None
        inside = pieces.contains(v) if pieces is not None else UNKNOWN
        return inside if isinstance(inside, bool) else is_optimal(ev, v, s, env)
    if known is not None:
        verdict: Truth = False
        for w in known:
            same = equal(v, w)
            if same is True:
                return True
            if same is not False:
                verdict = UNKNOWN
        return verdict
    return UNKNOWN


def in_standard(v: Value, name: str) -> Truth:
    """Membership in `\\R`, `\\N` and their kin."""
    if name == "empty":
        return False
    if isinstance(v, fmpq):
        return _rational_in(v, name)
    if not is_scalar(v):
        return UNKNOWN
    if isinstance(v, Infinite):
        return False
    if name == "C":
        return True
    if is_nonreal(v):
        return False
    if not is_real(v):
        return UNKNOWN
    if name == "R":
        return True
    if name in ("Rpos", "Rnn", "Rneg"):
        c = compare(v, fmpq(0))
        if isinstance(c, int):
            return c > 0 if name == "Rpos" else (c >= 0 if name == "Rnn" else c < 0)
        return True if name == "Rnn" and v.real >= 0 else UNKNOWN
    if name in ("Z", "N", "Npos"):
        least = {"Z": None, "N": 0, "Npos": 1}[name]
        if not v.real.contains_integer() or (least is not None and v.real < least):
            return False
        return UNKNOWN
    return UNKNOWN


def _rational_in(v: fmpq, name: str) -> Truth:
    if name in ("R", "C", "Q"):
        return True
    if name == "Rpos" or name == "Rneg":
        return bool(v > 0 if name == "Rpos" else v < 0)
    if name == "Rnn":
        return bool(v >= 0)
    if name in ("Z", "N", "Npos"):
        return bool(v.q == 1 and (name == "Z" or v >= (0 if name == "N" else 1)))
    return UNKNOWN


def negate(p: Truth) -> Truth:
    """Not."""
    return not p if isinstance(p, bool) else p


def both(p: Truth, q: Truth) -> Truth:
    """And."""
    if p is False or q is False:
        return False
    if p is True and q is True:
        return True
    return UNDEFINED if UNDEFINED in (p, q) else UNKNOWN


def all_of(parts: object) -> Truth:
    """And of several."""
    verdict: Truth = True
    for p in parts:  # type: ignore[attr-defined]
        verdict = both(verdict, p)
        if verdict is False:
            return False
    return verdict


_REAL = frozenset(("interval", "finset", "union", "inter", "setminus"))


def ends(ev: Evaluator, s: Term, env: Env) -> tuple[list[Value], bool]:
    """End points of a set of reals, and whether membership is constant between neighbouring ones."""
    if s.op == "set":
        return [fmpq(0)], s.data in ("R", "Rpos", "Rnn", "Rneg", "empty")
    if s.op in ("interval", "finset"):
        values = [ev.eval(a, env) for a in s.args]
        return [v for v in values if is_number(v) and is_real(v)], all(is_real(v) for v in values)
    if s.op == "range":
        values = elements(ev, s, env) or []
        return values, elements(ev, s, env) is not None
    if s.op in _REAL:
        points: list[Value] = []
        plain = True
        for a in s.args:
            got, ok = ends(ev, a, env)
            points += got
            plain = plain and ok
        return points, plain
    known = elements(ev, s, env)
    if known is not None and all(is_number(v) and is_real(v) for v in known):
        return known, True
    if s.op in ("argmax", "argmin"):
        from derivcheck.semantics.evaluate_optimum import in_pieces

        pieces = in_pieces(ev, s, env)
        return (pieces.ends(), True) if pieces is not None else ([], False)
    extra = [v for v in (ev.eval(u, env) for u in subterms(s) if not any(f.op == "bvar" for f in u.free) and u.sort.kind == "num") if is_number(v)]
    return [v for v in extra if is_real(v)], False


def test_points(ev: Evaluator, terms: list[Term], env: Env) -> tuple[list[Value], bool]:
    """Points that tell sets of reals apart, and whether they are enough to prove them equal."""
    points: list[Value] = []
    plain = True
    for s in terms:
        got, ok = ends(ev, s, env)
        points += got
        plain = plain and ok
    if not points:
        points = [fmpq(0)]
    exact = sorted({p for p in points if isinstance(p, fmpq)})
    plain = plain and all(isinstance(p, fmpq) for p in points)
    line = exact or [fmpq(0)]
    out: list[Value] = [line[0] - 1, *line, line[-1] + 1]
    out += [(a + b) / 2 for a, b in itertools.pairwise(line)]
    for p in points:
        if not isinstance(p, fmpq):
            out += [p, ar.add([p, fmpq(1, 1000)]), ar.sub(p, fmpq(1, 1000))]
    return out, plain


def same(ev: Evaluator, a: Term, b: Term, env: Env) -> Truth:
    """Whether two sets are equal."""
    if a is b and a.op not in ("argmax", "argmin", "opaque"):
        return True
    x, y = elements(ev, a, env), elements(ev, b, env)
    if x is not None and y is not None:
        return both(all_of(listed_in(v, y) for v in x), all_of(listed_in(v, x) for v in y))
    points, plain = test_points(ev, [a, b], env)
    verdict: Truth = True if plain else UNKNOWN
    for v, inside in [*((v, None) for v in points), *((v, a) for v in x or []), *((v, b) for v in y or [])]:
        # what was listed lies in the set, though its enclosure may not tell
        p = True if inside is a else contains(ev, v, a, env)
        q = True if inside is b else contains(ev, v, b, env)
        if isinstance(p, bool) and isinstance(q, bool):
            if p != q:
                return False
        else:
            verdict = UNKNOWN
    return verdict


def listed_in(v: Value, values: list[Value]) -> Truth:
    """Whether a value is in a list."""
    return negate(all_of(negate(equal(v, w)) for w in values))


def subset(ev: Evaluator, a: Term, b: Term, env: Env) -> Truth:
    """Whether one set lies in the other."""
    x = elements(ev, a, env)
    if x is not None:
        return all_of(contains(ev, v, b, env) for v in x)
    points, plain = test_points(ev, [a, b], env)
    verdict: Truth = True if plain else UNKNOWN
    for v in points:
        p, q = contains(ev, v, a, env), contains(ev, v, b, env)
        if p is True and q is False:
            return False
        if not isinstance(p, bool) or not isinstance(q, bool):
            verdict = UNKNOWN
    return verdict


@handles("setof", "finset", "interval", "range", "union", "inter", "setminus", "product", "set", "argmax", "argmin", "rn", "rmn", "funset")
def _set(ev: Evaluator, t: Term, env: Env) -> Value:
    """Sets have no value of their own here."""
    return UNKNOWN
