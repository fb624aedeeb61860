"""Absolute value, sign, max and min, floor, indicators and cases: what the oracle decides, and definitions through |·|."""

from __future__ import annotations

from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.kernel.rules.explog import cartesian
from derivcheck.kernel.rules.functions import negative_looking
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk, num

SOURCE = "definition; SPEC section 6"


@rule("abs", "fn:abs", statement="|u| = u (u ≥ 0), -u (u ≤ 0); |-u| = |u|; |uv| = |u||v|; |u^n| = |u|^n", source=SOURCE)
def absolute(t: Term, rw: Rewriter) -> Term | None:
    u = t.args[0]
    o = rw.oracle
    if o.nonnegative(u):
        return u
    if o.nonpositive(u):
        return b.neg(u)
    if u.op == "mul":
        return b.mul(*(b.fn("abs", f) for f in u.args))
    if u.op == "div":
        return b.div(b.fn("abs", u.args[0]), b.fn("abs", u.args[1]))
    if u.op == "pow" and o.integer(u.args[1]):
        return b.pow_(b.fn("abs", u.args[0]), u.args[1])
    if u.op == "fn" and u.data == "abs":
        return u
    if u.op == "fn" and u.data == "exp" and not o.real(u.args[0]):
        # |e^v| = e^{Re v}
        part = rw.nf(b.fn("re", u.args[0]))
        return b.exp(part) if not (part.op == "fn" and part.data == "re") else None
    parts = cartesian(u, rw) if not o.real(u) else None
    if parts is not None:
        return b.sqrt(b.add(b.pow_(parts[0], 2), b.pow_(parts[1], 2)))
    if negative_looking(u):
        return b.fn("abs", rw.nf(b.neg(u)))
    if u.op == "add":
        return _common_factor(u, rw)
    return None


def _common_factor(u: Term, rw: Rewriter) -> Term | None:
    # |c v| = |c| |v| with the leading rational coefficient taken out, so that |2x - 2y| and |x - y| meet
    terms = linear_terms(u)
    from derivcheck.kernel.ordering import order_key

    lead = abs(min(terms, key=lambda pair: order_key(pair[1]))[0])
    if lead == 1:
        return None
    return b.mul(num(lead), b.fn("abs", rw.nf(b.div(u, num(lead)))))


@rule("sign", "fn:sign", statement="sign u = 1, 0, -1", source=SOURCE)
def sign(t: Term, rw: Rewriter) -> Term | None:
    u = t.args[0]
    if u is b.ZERO:
        return b.ZERO
    if rw.oracle.positive(u):
        return b.ONE
    if rw.oracle.negative(u):
        return b.MINUS_ONE
    if rw.oracle.real(u) and negative_looking(u):
        return b.neg(b.fn("sign", rw.nf(b.neg(u))))
    return None


@rule("max-min", "fn:max", "fn:min", statement="max(u, v) = (u + v + |u - v|)/2, min(u, v) = (u + v - |u - v|)/2", side="u, v real", source=SOURCE)
def max_min(t: Term, rw: Rewriter) -> Term | None:
    args = list(t.args)
    name = str(t.data)
    if len(args) == 1:
        return args[0] if args[0].sort.kind == "num" else None
    if not all(rw.oracle.real(a) for a in args):
        return None
    u, v = args[0], args[1]
    gap = b.fn("abs", b.sub(u, v))
    first = b.div(b.add(u, v, gap if name == "max" else b.neg(gap)), b.TWO)
    return b.fn(name, first, *args[2:]) if len(args) > 2 else first


@rule("floor-ceil", "fn:floor", "fn:ceil", statement="⌊u + k⌋ = ⌊u⌋ + k, ⌊k⌋ = k, ⌈u⌉ = -⌊-u⌋", side="k an integer", source=SOURCE)
def floor_ceil(t: Term, rw: Rewriter) -> Term | None:
    u = t.args[0]
    if t.data == "ceil":
        return b.neg(b.fn("floor", rw.nf(b.neg(u))))
    o = rw.oracle
    if o.integer(u):
        return u
    info = o.info(u)
    if info.real and info.lo is not None and info.hi is not None:
        low = info.lo.numerator // info.lo.denominator
        if info.hi < low + 1 or (info.hi == low + 1 and info.hi_strict):
            return num(low)
    whole, rest = [], []
    for c, m in linear_terms(u):
        if m is b.ONE and c.denominator != 1:
            floor = c.numerator // c.denominator
            if floor:
                whole.append(num(floor))
                rest.append(num(c - floor))
                continue
            rest.append(num(c))
        elif c.denominator == 1 and o.integer(m):
            whole.append(b.mul(num(c), m))
        else:
            rest.append(b.mul(num(c), m))
    if whole and rest and o.real(u):
        return b.add(*whole, b.fn("floor", b.add(*rest)))
    return None


def _argument(u: Term, rw: Rewriter) -> Term | None:
    """arg(x + iy) by arctan(y/x), for x and y of known sign (DLMF 4.23.36)."""
    parts = cartesian(u, rw)
    if parts is None:
        return None
    x, y = parts
    o = rw.oracle
    if x is b.ZERO:
        half = b.div(b.PI, b.TWO)
        return half if o.positive(y) else b.neg(half) if o.negative(y) else None
    angle = b.fn("arctan", b.div(y, x))
    if o.positive(x):
        return angle
    if o.negative(x) and (o.nonnegative(y) or o.negative(y)):
        return b.add(angle, b.PI) if o.nonnegative(y) else b.sub(angle, b.PI)
    return None


@rule("re-im-conj", "fn:re", "fn:im", "fn:conj", "fn:arg", statement="Re u = u, Im u = 0, conj u = u, arg u = 0 (u > 0), π (u < 0)", side="u real", source=SOURCE)
def real_parts(t: Term, rw: Rewriter) -> Term | None:
    u = t.args[0]
    name = t.data
    if name == "arg":
        if rw.oracle.positive(u):
            return b.ZERO
        return b.PI if rw.oracle.negative(u) else _argument(u, rw)
    if rw.oracle.real(u):
        return {"re": u, "im": b.ZERO, "conj": u}[str(name)]
    parts = cartesian(u, rw)
    if parts is not None:
        x, y = parts
        return {"re": x, "im": y, "conj": b.sub(x, b.mul(b.I_CONST, y))}[str(name)]
    if u.op == "fn" and u.data == "exp" and name in ("re", "im"):
        inside = cartesian(u.args[0], rw)
        if inside is not None:
            return b.mul(b.exp(inside[0]), b.fn("cos" if name == "re" else "sin", inside[1]))
    if u.op == "fn" and u.data == "log" and name in ("re", "im"):
        return b.log(b.fn("abs", u.args[0])) if name == "re" else b.fn("arg", u.args[0])
    if u.op == "div" and name == "conj":
        return b.div(b.fn("conj", u.args[0]), b.fn("conj", u.args[1]))
    if u.op == "div" and name in ("re", "im") and rw.oracle.real(u.args[1]):
        return b.div(b.fn(str(name), u.args[0]), u.args[1])
    if u.op == "div" and name in ("re", "im"):
        below = cartesian(u.args[1], rw)
        if below is not None:
            other = b.sub(below[0], b.mul(b.I_CONST, below[1]))
            square = b.add(b.pow_(below[0], 2), b.pow_(below[1], 2))
            return b.div(b.fn(str(name), b.mul(u.args[0], other)), square)
    if u.op == "add":
        return b.add(*(b.fn(str(name), a) for a in u.args))
    if u.op == "mul":
        real = [f for f in u.args if rw.oracle.real(f)]
        if real:
            return b.mul(*real, b.fn(str(name), b.mul(*(f for f in u.args if f not in real))))
        if name == "conj":
            return b.mul(*(b.fn("conj", f) for f in u.args))
    if u.op == "fn" and u.data in _REAL_ENTIRE and name == "conj":
        return b.fn(str(u.data), b.fn("conj", u.args[0]))
    if u.op == "pow" and name == "conj" and (rw.oracle.integer(u.args[1]) or (rw.oracle.positive(u.args[0]))):
        return b.pow_(b.fn("conj", u.args[0]), b.fn("conj", u.args[1]))
    if u.op == "fn" and u.data == "conj" and name == "conj":
        return u.args[0]
    return None


_REAL_ENTIRE = frozenset("exp sin cos erf gamma".split())
"""Entire (or meromorphic) functions that are real on the real line: f(conj u) = conj f(u)."""


@rule("indicator", "ind", statement="1[P] = 1 where P holds, 0 where it does not", source=SOURCE)
def indicator(t: Term, rw: Rewriter) -> Term | None:
    p = t.args[0]
    if rw.oracle.holds(p):
        return b.ONE
    if rw.oracle.refutes(p):
        return b.ZERO
    return None


@rule("cases-decided", "cases", statement="a branch whose condition holds ends the list, one whose condition fails is dropped", source=SOURCE)
def cases_decided(t: Term, rw: Rewriter) -> Term | None:
    args: list[Term] = []
    changed = False
    for i in range(len(t.args) // 2):
        p, v = t.args[2 * i], t.args[2 * i + 1]
        if rw.oracle.refutes(p):
            changed = True
            continue
        if (rw.oracle.holds(p) and i > 0 and not args) or (rw.oracle.holds(p) and i == 0):
            return v
        args += [p, v]
    if len(t.args) % 2:
        args.append(t.args[-1])
    if len(args) == 1:
        return args[0]
    if len(args) >= 3 and len(args) % 2 and all(args[i] is args[-1] for i in range(1, len(args) - 1, 2)):
        return args[-1]
    return mk("cases", args, None, t.sort) if changed and args else None


_DECIDABLE = ("=", "≠", "<", "≤", ">", "≥", "in", "notin")


@rule("relation-decided", "rel", statement="a relation that the oracle decides is true or false", source="the oracle")
def relation_decided(t: Term, rw: Rewriter) -> Term | None:
    if t.data not in _DECIDABLE or t.args[0].sort.kind != "num" or rw.depth == 0:
        return None
    if rw.oracle.holds(t):
        return b.TRUE
    if rw.oracle.refutes(t):
        return b.FALSE
    return None
