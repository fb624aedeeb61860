"""Trigonometric, hyperbolic and special functions: definitions through fewer functions, special values, parity, shifts.

Wherever the left side has a value, the right side has the same.
"""

from __future__ import annotations

from fractions import Fraction

from derivcheck.kernel.literals import integer_value, linear_terms
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.kernel.rules.explog import unit_cos
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num, subterms

DLMF = "DLMF chapter 4"


@rule("tan", "fn:tan", statement="tan u = sin u / cos u", source=DLMF)
def tan(t: Term, rw: Rewriter) -> Term | None:
    u = t.args[0]
    return b.div(b.fn("sin", u), b.fn("cos", u))


@rule("cot-sec-csc", "fn:cot", "fn:sec", "fn:csc", statement="cot = cos/sin, sec = 1/cos, csc = 1/sin", source=DLMF)
def cot_sec_csc(t: Term, rw: Rewriter) -> Term | None:
    u = t.args[0]
    sin, cos = b.fn("sin", u), b.fn("cos", u)
    return {"cot": b.div(cos, sin), "sec": b.div(b.ONE, cos), "csc": b.div(b.ONE, sin)}[str(t.data)]


@rule("hyperbolic", "fn:sinh", "fn:cosh", "fn:tanh", "fn:coth", "fn:sech", "fn:csch", statement="hyperbolic functions by exponentials", source=DLMF)
def hyperbolic(t: Term, rw: Rewriter) -> Term | None:
    u = t.args[0]
    p, m = b.exp(u), b.exp(b.neg(u))
    two_sinh, two_cosh = b.sub(p, m), b.add(p, m)
    return {
        "sinh": b.div(two_sinh, b.TWO),
        "cosh": b.div(two_cosh, b.TWO),
        "tanh": b.div(two_sinh, two_cosh),
        "coth": b.div(two_cosh, two_sinh),
        "sech": b.div(b.TWO, two_cosh),
        "csch": b.div(b.TWO, two_sinh),
    }[str(t.data)]


def _split_pi(u: Term, rw: Rewriter) -> tuple[Fraction, list[tuple[Fraction, Term]]]:
    turn = Fraction(0)
    rest: list[tuple[Fraction, Term]] = []
    for c, m in _summands(u, rw):
        if m is b.PI:
            turn += c
        else:
            rest.append((c, m))
    return turn, rest


def _summands(u: Term, rw: Rewriter) -> list[tuple[Fraction, Term]]:
    """The summands of an argument; a fraction's are cancelled one by one, where one of them is a multiple of π (mπ in (2πi + mNπ)/N)."""
    terms = linear_terms(u)
    if u.op != "div" or u.args[0].op != "add" or not any(b.PI in m.args[0].args for _, m in terms if m.op == "div"):
        return terms
    out: list[tuple[Fraction, Term]] = []
    for c, m in terms:
        simple = rw.nf(m) if m.op == "div" else m
        out += [(c * d, n) for d, n in linear_terms(simple)] if simple.op != "div" else [(c, m)]
    return out


def _leading_negative(rest: list[tuple[Fraction, Term]]) -> bool:
    from derivcheck.kernel.ordering import order_key

    return bool(rest) and min(rest, key=lambda pair: order_key(pair[1]))[0] < 0


@rule("sin-cos-shift", "fn:sin", "fn:cos", statement="values at multiples of π/12, shifts by multiples of π/2, parity", source=DLMF)
def sin_cos(t: Term, rw: Rewriter) -> Term | None:
    name, u = str(t.data), t.args[0]
    turn, rest = _split_pi(u, rw)
    if not rest:
        q = turn if name == "cos" else turn - Fraction(1, 2)
        return unit_cos(q) if (q * 12).denominator == 1 else None
    sign = 1
    changed = False
    quarter = (2 * turn).numerator // (2 * turn).denominator  # whole quarter turns
    if quarter:
        changed = True
        turn -= Fraction(quarter, 2)
        for _ in range(quarter % 4):
            # sin(v + π/2) = cos v, cos(v + π/2) = -sin v
            if name == "sin":
                name = "cos"
            else:
                name, sign = "sin", -sign
    if turn == 0 and _leading_negative(rest):
        changed = True
        rest = [(-c, m) for c, m in rest]
        if name == "sin":
            sign = -sign
    # sin(nπ) and cos(nπ) for integers n
    if turn == 0 and all(c.denominator == 1 and _is_pi_times_integer(m, rw) for c, m in rest):
        if name == "sin":
            return b.ZERO
        exponent = b.add(*(b.mul(num(c), _without_pi(m)) for c, m in rest))
        return b.mul(num(sign), b.pow_(num(-1), exponent))
    whole = [(c, m) for c, m in rest if c.denominator == 1 and _is_pi_times_integer(m, rw)]
    if whole and len(whole) < len(rest) + (1 if turn else 0):
        # sin(v + nπ) = (-1)^n sin v, cos alike
        n = b.add(*(b.mul(num(c), _without_pi(m)) for c, m in whole))
        left = [(c, m) for c, m in rest if (c, m) not in whole]
        inside = b.add(*(b.mul(num(c), m) for c, m in left), *([b.mul(num(turn), b.PI)] if turn else []))
        return b.mul(num(sign), b.pow_(num(-1), n), b.fn(name, inside))
    if not changed:
        return None
    argument = b.add(*(b.mul(num(c), m) for c, m in rest), *([b.mul(num(turn), b.PI)] if turn else []))
    return b.mul(num(sign), b.fn(name, argument))


@rule("exp-turns", "fn:exp", statement="e^{v + nπi} = (-1)^n e^v for integer n", source=DLMF)
def exp_turns(t: Term, rw: Rewriter) -> Term | None:
    turns: list[Term] = []
    rest: list[Term] = []
    for c, m in _summands(t.args[0], rw):
        if c.denominator == 1 and m.op == "mul" and b.I_CONST in m.args and b.PI in m.args:
            args = list(m.args)
            args.remove(b.I_CONST)
            n = b.mul(*(a for a in args if a is not b.PI), *(b.PI for _ in range(args.count(b.PI) - 1)))
            if rw.oracle.integer(n):
                turns.append(b.mul(num(c), n))
                continue
        rest.append(b.mul(num(c), m))
    return b.mul(b.pow_(num(-1), b.add(*turns)), b.exp(b.add(*rest) if rest else b.ZERO)) if turns else None


def _is_pi_times_integer(m: Term, rw: Rewriter) -> bool:
    return m.op == "mul" and b.PI in m.args and rw.oracle.integer(_without_pi(m))


def _without_pi(m: Term) -> Term:
    args = list(m.args)
    args.remove(b.PI)
    return b.mul(*args)


_INVERSE_VALUES = {
    ("arctan", Fraction(0)): Fraction(0), ("arctan", Fraction(1)): Fraction(1, 4), ("arctan", Fraction(-1)): Fraction(-1, 4),
    ("arcsin", Fraction(0)): Fraction(0), ("arcsin", Fraction(1)): Fraction(1, 2), ("arcsin", Fraction(-1)): Fraction(-1, 2),
    ("arcsin", Fraction(1, 2)): Fraction(1, 6), ("arcsin", Fraction(-1, 2)): Fraction(-1, 6),
    ("arccos", Fraction(0)): Fraction(1, 2), ("arccos", Fraction(1)): Fraction(0), ("arccos", Fraction(-1)): Fraction(1),
    ("arccos", Fraction(1, 2)): Fraction(1, 3), ("arccos", Fraction(-1, 2)): Fraction(2, 3),
}  # fmt: skip


@rule("inverse-values", "fn:arctan", "fn:arcsin", "fn:arccos", statement="values at 0, ±1/2, ±1", source=DLMF)
def inverse_values(t: Term, rw: Rewriter) -> Term | None:
    u = t.args[0]
    q = _INVERSE_VALUES.get((str(t.data), u.data)) if u.op == "num" else None
    if q is None and not u.free:
        q = _turns(rw).get((str(t.data), u))
        if q is None and u.op in ("div", "mul", "pow", "add") and u.size < 40:
            q = _written_otherwise(str(t.data), u, rw)
    return None if q is None else b.mul(num(q), b.PI)


def _written_otherwise(name: str, u: Term, rw: Rewriter) -> Fraction | None:
    """The same for another writing of the number, such as 1/√2."""
    from derivcheck.kernel.algebra import is_zero

    if any(s.op not in ("num", "add", "mul", "neg", "div", "pow") for s in subterms(u)):
        return None
    for (of, value), q in _turns(rw).items():
        if of == name and value.op != "num" and q > 0 and is_zero(b.sub(u, value), rw):
            return q
    return None


_turn_table: dict[tuple[str, Term], Fraction] = {}


def _turns(rw: Rewriter) -> dict[tuple[str, Term], Fraction]:
    """Inverse functions at sin, cos, tan of multiples of π/12, as canonical terms."""
    if not _turn_table:
        _turn_table[("", b.ZERO)] = Fraction(0)
        for k in range(-6, 7):
            q = Fraction(k, 12)
            sin, cos = unit_cos(q - Fraction(1, 2)), unit_cos(q)
            _turn_table[("arcsin", rw.nf(sin))] = q
            _turn_table[("arccos", rw.nf(sin))] = Fraction(1, 2) - q
            if abs(k) < 6:
                _turn_table[("arctan", rw.nf(b.div(sin, cos)))] = q
    return _turn_table


@rule("inverse-odd", "fn:arctan", "fn:arcsin", "fn:arcsinh", "fn:erf", "fn:arctanh", statement="f(-u) = -f(u)", source="DLMF 4.23, 4.37, 7.4")
def inverse_odd(t: Term, rw: Rewriter) -> Term | None:
    u = t.args[0]
    if t.data != "erf" and not rw.oracle.real(u):
        return None
    if u is b.ZERO:
        return b.ZERO
    if negative_looking(u):
        return b.neg(b.fn(str(t.data), rw.nf(b.neg(u))))
    return None


def negative_looking(u: Term) -> bool:
    """Whether the canonical writing of u starts with a minus; exactly one of u, -u does."""
    terms = linear_terms(u)
    return bool(terms) and _leading_negative(terms)


@rule("direct-of-inverse", "fn:sin", "fn:cos", statement="sin(arcsin u) = u, cos(arccos u) = u, cos(arcsin u) = sin(arccos u) = √(1-u²), sin, cos of arctan", source=DLMF)
def direct_of_inverse(t: Term, rw: Rewriter) -> Term | None:
    v = t.args[0]
    if v.op != "fn" or v.data not in ("arcsin", "arccos", "arctan"):
        return None
    u = v.args[0]
    root = b.sqrt(b.sub(b.ONE, b.pow_(u, 2)))
    hyp = b.sqrt(b.add(b.ONE, b.pow_(u, 2)))
    table = {
        ("sin", "arcsin"): u, ("cos", "arccos"): u, ("cos", "arcsin"): root, ("sin", "arccos"): root,
        ("sin", "arctan"): b.div(u, hyp), ("cos", "arctan"): b.div(b.ONE, hyp),
    }  # fmt: skip
    if v.data == "arctan" and not rw.oracle.real(u):
        return None
    return table[(str(t.data), str(v.data))]


def _hyperbolic_argument(name: str, u: Term, rw: Rewriter) -> Term | None:
    """v with u = sinh v, cosh v or tanh v in exponentials (u in normal form), v real."""
    from derivcheck.kernel.algebra import is_zero

    seen: set[Term] = set()
    for s in subterms(u):
        if s.op != "fn" or s.data != "exp" or any(x.op == "bvar" for x in s.free):
            continue
        for v in (s.args[0], rw.nf(b.div(s.args[0], b.TWO))):
            if v in seen or not rw.oracle.real(v):
                continue
            seen.add(v)
            for w in (v, rw.nf(b.neg(v))):
                if is_zero(b.sub(u, b.fn(name, w)), rw):
                    return w
        if len(seen) > 6:
            return None
    return None


@rule(
    "inverse-hyperbolic-of-direct", "fn:arcsinh", "fn:arccosh", "fn:arctanh",
    statement="arsinh(sinh v) = v, arcosh(cosh v) = |v|, artanh(tanh v) = v", side="v real", source=DLMF + ", 4.37",
)  # fmt: skip
def inverse_hyperbolic_of_direct(t: Term, rw: Rewriter) -> Term | None:
    direct = {"arcsinh": "sinh", "arccosh": "cosh", "arctanh": "tanh"}[str(t.data)]
    v = _hyperbolic_argument(direct, t.args[0], rw)
    if v is None:
        return None
    return b.fn("abs", v) if direct == "cosh" else v


@rule("inverse-hyperbolic", "fn:arcsinh", "fn:arccosh", "fn:arctanh", statement="arsinh u = log(u + √(u²+1)), arcosh u = log(u + √(u²-1)), artanh u = ½ log((1+u)/(1-u))", side="u real; u ≥ 1; -1 < u < 1", source=DLMF + ", 4.37")
def inverse_hyperbolic(t: Term, rw: Rewriter) -> Term | None:
    u = t.args[0]
    name = t.data
    if name == "arcsinh" and rw.oracle.real(u):
        return b.log(b.add(u, b.sqrt(b.add(b.pow_(u, 2), b.ONE))))
    if name == "arccosh" and rw.oracle.nonnegative(b.sub(u, b.ONE)):
        return b.log(b.add(u, b.sqrt(b.sub(b.pow_(u, 2), b.ONE))))
    if name == "arctanh" and rw.oracle.positive(b.sub(b.ONE, u)) and rw.oracle.positive(b.add(b.ONE, u)):
        return b.mul(b.HALF, b.sub(b.log(b.add(b.ONE, u)), b.log(b.sub(b.ONE, u))))
    return None


@rule("arccos", "fn:arccos", statement="arccos u = π/2 - arcsin u", source=DLMF + ", 4.23.16")
def arccos(t: Term, rw: Rewriter) -> Term | None:
    return b.sub(b.div(b.PI, b.TWO), b.fn("arcsin", t.args[0]))


@rule("arctan-reciprocal", "fn:arctan", statement="arctan(1/u) = ±π/2 - arctan u", side="u > 0 (+), u < 0 (-); the writing with the larger denominator is rewritten", source=DLMF + ", 4.24.17")
def arctan_reciprocal(t: Term, rw: Rewriter) -> Term | None:
    u = t.args[0]
    if (u.op == "div" and u.args[0].op == "num") or (u.op == "pow" and integer_value(u.args[1]) in (-1,)):
        w = rw.nf(b.div(b.ONE, u))
    elif u.op == "num" and abs(u.data) < 1 and u.data != 0:
        return None
    else:
        return None
    if rw.oracle.positive(u):
        return b.sub(b.div(b.PI, b.TWO), b.fn("arctan", w))
    if rw.oracle.negative(u):
        return b.sub(b.neg(b.div(b.PI, b.TWO)), b.fn("arctan", w))
    return None


@rule("arctan-tan", "fn:arctan", "fn:arcsin", statement="arctan(tan v) = v, arcsin(sin v) = v", side="-π/2 < v < π/2 (≤ for arcsin)", source=DLMF)
def inverse_of_direct(t: Term, rw: Rewriter) -> Term | None:
    u = t.args[0]
    v: Term | None = None
    if t.data == "arcsin" and u.op == "fn" and u.data == "sin":
        v = u.args[0]
    if t.data == "arctan" and u.op == "div" and u.args[0].op == "fn" and u.args[0].data == "sin" and u.args[1] is b.fn("cos", u.args[0].args[0]):
        v = u.args[0].args[0]
    if v is None:
        return None
    half = b.div(b.PI, b.TWO)
    if t.data == "arcsin" and rw.oracle.less_equal(b.neg(half), v) and rw.oracle.less_equal(v, half):
        return v
    if rw.oracle.less(b.neg(half), v) and rw.oracle.less(v, half):
        return v
    return None


@rule("erfc", "fn:erfc", statement="erfc u = 1 - erf u", source="DLMF 7.2.2")
def erfc(t: Term, rw: Rewriter) -> Term | None:
    return b.sub(b.ONE, b.fn("erf", t.args[0]))
