"""Required forms of a milestone: is a line factored, expanded, simplified, a single fraction, free of integral signs?

They are questions about the line as written (definitions unfolded), so they look at the term, never at a normal form of it; equality
with the milestone is decided elsewhere (`lines.py`).

- `factored`: a product, power or quotient at the top; a factor that is a polynomial sum with rational coefficients has no factor of
  its own that could be taken out (a number may stay in it).
- `expanded`: no product with a sum as factor and no power of a sum, above or below a fraction bar.
- `simplified`: nothing left to collect: no like summands, no two numbers in one sum or product, no common factor of numerator and
  denominator, no fraction within a fraction, no summand 0, no factor 0 or 1, no double sign.
- `single fraction`: one fraction bar at the top (a sign or number before it is fine), none inside.
- `no integral sign`: no integral, not even behind a name.
- `as written`: the milestone's own writing up to the order of summands and factors.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import Any

from derivcheck.grading.lines import Rearranger, written
from derivcheck.kernel import algebra
from derivcheck.kernel.budget import OutOfBudget
from derivcheck.kernel.check import Rejected
from derivcheck.kernel.literals import integer_value, linear_terms, rational_value
from derivcheck.terms.term import Term, contains_op

ARITHMETIC = frozenset({"add", "mul", "neg", "div", "pow"})
PRODUCTS = frozenset({"matmul", "smul", "inner", "tonum", "transpose"})


def in_form(line: Term, target: Term, form: str | None, rearranger: Rearranger) -> bool:
    """Whether a line that equals the milestone has the required form.  A relation has it when each side that is no bare name has."""
    if form is None:
        return True
    if form == "as written":
        return written(line) is written(target)
    if form == "no integral sign":
        return not contains_op(line, "int", "intset", "antideriv")
    if line.sort.kind == "bool":
        sides = [a for a in line.args if a.op not in ("sym", "num", "idx", "apply")]
        return all(in_form(a, target, form, rearranger) for a in sides)
    if form == "single fraction":
        return _single_fraction(line)
    if form == "factored":
        return _factored(line, rearranger) or (line.sort.kind == "mat" and _bare(line).op == _bare(target).op == "add")
    if form == "expanded":
        return _expanded(line)
    return _simplified(line, rearranger)


def _regions(t: Term) -> list[Term]:
    """The nodes of the arithmetic at the top of a term."""
    out, stack = [], [t]
    while stack:
        x = stack.pop()
        out.append(x)
        if x.op in ARITHMETIC or x.op in PRODUCTS:
            stack.extend(x.args)
        elif x.op == "fn":
            stack.extend(a for a in x.args if a.sort.kind == "num")
    return out


def _single_fraction(t: Term) -> bool:
    if t.op == "neg":
        return _single_fraction(t.args[0])
    if t.op == "mul":
        bars = [a for a in t.args if a.op == "div"]
        rest = [a for a in t.args if a.op != "div"]
        return len(bars) == 1 and _single_fraction(bars[0]) and all(a.op == "num" for a in rest)
    if t.op == "div":
        return not any(s.op == "div" or _negative_power(s) for a in t.args for s in _regions(a))
    return t.op == "num" and t.data.denominator != 1


def _negative_power(t: Term) -> bool:
    q = rational_value(t.args[1]) if t.op == "pow" else None
    return q is not None and q < 0


def _expanded(t: Term) -> bool:
    for s in _regions(t):
        if (s.op == "mul" or s.op in PRODUCTS) and s.op != "tonum" and any(_bare(a).op == "add" for a in s.args):
            return False
        if s.op == "pow" and _bare(s.args[0]).op == "add":
            n = integer_value(s.args[1])
            if n is not None and n > 1:
                return False
        if s.op == "div" and s.args[0].op == "add" and s.args[1].op != "num":
            return False
        if s.op == "neg" and s.args[0].op == "add":
            return False
    return True


def _bare(t: Term) -> Term:
    while t.op == "neg":
        t = t.args[0]
    return t


# --- factored ---------------------------------------------------------------------------------------------------------------------


def _factored(t: Term, rearranger: Rearranger) -> bool:
    t = _bare(t)
    if t.op == "div":
        return all(_factored(a, rearranger) for a in t.args)
    if t.op == "mul":
        return all(_factor(a, rearranger) for a in t.args)
    if t.op == "pow":
        return _factor(t.args[0], rearranger)
    if t.op == "add":
        if t.sort.kind == "num" and not any(s.op in PRODUCTS for s in _regions(t)):
            return _irreducible(t, rearranger, alone=True)
        # a sum of vectors or matrices is no product; what could be taken out of it nobody asks here
        rearranger.gave_up = rearranger.gave_up or t.sort.kind == "num"
        return False
    return True


def _factor(t: Term, rearranger: Rearranger) -> bool:
    t = _bare(t)
    if t.op == "pow":
        return _factor(t.args[0], rearranger)
    if t.op in ("mul", "div"):
        return all(_factor(a, rearranger) for a in t.args)
    return t.op != "add" or _irreducible(t, rearranger)


def _irreducible(t: Term, rearranger: Rearranger, alone: bool = False) -> bool:
    """Whether a sum has no factors over the rationals.  One with other than polynomial parts is taken as it is, unless it is the whole
    line (`alone`)."""
    try:
        _, ((top, bottom),) = algebra.numerator_polynomials([t], rearranger.rewriter)
        if not bottom.is_constant() or top.is_constant():
            return not alone
        _, factors = top.factor()
    except (ZeroDivisionError, Rejected, OutOfBudget):
        rearranger.gave_up = True  # a person has to look
        return False
    return len(factors) == 1 and int(factors[0][1]) == 1


# --- simplified -------------------------------------------------------------------------------------------------------------------


def _simplified(t: Term, rearranger: Rearranger) -> bool:
    for s in _regions(t):
        if s.op == "add" and not _collected(s, rearranger):
            return False
        if s.op == "mul" and not _product_done(s):
            return False
        if s.op == "neg" and s.args[0].op == "neg":
            return False
        if s.op == "neg" and s.args[0].op == "num" and s.args[0].data == 0:
            return False
        if s.op == "div" and not _fraction_done(s, rearranger):
            return False
        if s.op == "pow" and not _power_done(s):
            return False
    return True


def _number(t: Term) -> Fraction | None:
    return rational_value(t)


def _collected(t: Term, rearranger: Rearranger) -> bool:
    """No two numbers, no zero, no two summands that differ by a number as factor."""
    numbers = [a for a in t.args if _number(a) is not None]
    if len(numbers) > 1 or any(_number(a) == 0 for a in numbers):
        return False
    keys: set[Term] = set()
    for a in t.args:
        if _number(a) is not None:
            continue
        try:
            parts = linear_terms(rearranger.key(a))
        except (ZeroDivisionError, Rejected, OutOfBudget):
            continue
        for m in {m for _, m in parts}:
            if m in keys:
                return False
            keys.add(m)
    return True


def _product_done(t: Term) -> bool:
    numbers = [a for a in t.args if _number(a) is not None]
    if len(numbers) > 1 or any(_number(a) in (0, 1) for a in numbers):
        return False
    bases = [_bare(a.args[0]) if a.op == "pow" else a for a in t.args if _number(a) is None]
    return len(set(bases)) == len(bases) and sum(a.op == "div" for a in t.args) <= 1


def _fraction_done(t: Term, rearranger: Rearranger) -> bool:
    top, bottom = t.args
    if any(s.op == "div" for a in t.args for s in _regions(a)):
        return False
    p, q = _number(top), _number(bottom)
    if p is not None and q is not None:
        return q not in (0, 1, -1) and p != 0 and p.denominator == q.denominator == 1 and abs(Fraction(p, q).denominator) == abs(q)
    if q in (1, -1) or p == 0:
        return False
    try:
        _, ((a, _), (c, _)) = algebra.numerator_polynomials([top, bottom], rearranger.rewriter)
        return bool(a.gcd(c).is_constant()) and gcd(_content(a), _content(c)) == 1
    except (ZeroDivisionError, Rejected, OutOfBudget, ValueError, AttributeError):
        return True


def _content(p: Any) -> int:
    """The greatest whole number in all coefficients (1 where they are no whole numbers)."""
    coefficients = [Fraction(int(q.p), int(q.q)) for q in p.coeffs()]
    return gcd(*(int(q) for q in coefficients)) if all(q.denominator == 1 for q in coefficients) else 1


def _power_done(t: Term) -> bool:
    base, exponent = t.args
    n = integer_value(exponent)
    if n in (0, 1):
        return False
    return not (n is not None and base.op in ("num", "pow") and (base.op == "num" or integer_value(base.args[1]) is not None))


__all__ = ["in_form"]
