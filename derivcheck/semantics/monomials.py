"""Monomials `C · y^p · exp(Σ e_k y^k)` that bound terms near infinity, Laurent polynomials, and the integrals of what they bound."""

from __future__ import annotations

from dataclasses import dataclass

from flint import acb, arb, fmpq

from derivcheck.semantics.values import Value, ball

Poly = dict[int, Value]
MAX_PARTS = 60


@dataclass(frozen=True)
class Monomial:
    """`C · y^p · exp(Σ e_k y^k)` with C ≥ 0."""

    c: arb
    p: fmpq
    e: tuple[tuple[int, arb], ...] = ()


Bound = list[Monomial]


def plus(a: Value | None, b: Value) -> Value:
    if a is None:
        return b
    return a + b if isinstance(a, fmpq) and isinstance(b, fmpq) else ball(a) + ball(b)


def over(a: Value, b: Value) -> Value:
    return a / b if isinstance(a, fmpq) and isinstance(b, fmpq) else ball(a) / ball(b)


def product(p: Poly, q: Poly) -> Poly:
    """The product of Laurent polynomials."""
    out: Poly = {}
    for i, a in p.items():
        for j, c in q.items():
            v = a * c if isinstance(a, fmpq) and isinstance(c, fmpq) else ball(a) * ball(c)
            out[i + j] = plus(out.get(i + j), v)
    return strip(out)


def strip(p: Poly) -> Poly:
    """Without coefficients that are exactly zero."""
    return {k: v for k, v in p.items() if not (isinstance(v, fmpq) and v == 0)}


def exponential(p: Poly, below: bool = False) -> Monomial:
    """|exp(p(y))| = exp(Re p(y)), bounded coefficient by coefficient (from below with `below`)."""
    constant = arb(1)
    e: dict[int, arb] = {}
    for k, v in p.items():
        re = ball(v).real.lower() if below else ball(v).real.upper()
        if k == 0:
            constant = re.exp().lower() if below else re.exp().upper()
        else:
            e[k] = re
    return Monomial(constant, fmpq(0), tuple(sorted(e.items())))


def merged(a: Monomial, b: Monomial) -> Monomial:
    """The product of two monomials."""
    e = dict(a.e)
    for k, v in b.e:
        e[k] = e[k] + v if k in e else v
    return Monomial(a.c * b.c, a.p + b.p, tuple(sorted(e.items())))


def times(a: Bound | None, b: Bound | None) -> Bound | None:
    """The product of two bounds."""
    if a is None or b is None or len(a) * len(b) > MAX_PARTS:
        return None
    return [merged(x, y) for x in a for y in b]


def reciprocal(m: Monomial) -> Monomial:
    """1/m: turns a bound from below into one from above."""
    return Monomial((1 / m.c).upper(), -m.p, tuple((k, -v) for k, v in m.e))


def raised(m: Monomial, r: fmpq, factor: arb | None = None) -> Monomial:
    """m^r for a rational r."""
    c = m.c ** arb(r) if r.q != 1 or r < 0 else m.c ** int(r.p)
    if not c.is_finite() and m.c >= 0:
        c = m.c.upper() ** arb(r)
    c = c if factor is None else c * factor
    return Monomial(c, m.p * r, tuple((k, v * arb(r)) for k, v in m.e))


def growth(m: Monomial) -> tuple[float, ...]:
    """For comparing which monomial grows faster."""
    if m.e:
        k, v = max(m.e)
        return (float(k) if v > 0 else (-float(k) if v < 0 else 0.0), float(v.mid()), float(m.p.p) / float(m.p.q))
    return (0.0, 0.0, float(m.p.p) / float(m.p.q))


def rational_above(v: arb) -> fmpq:
    """A rational that is not less than the ball."""
    upper = v.upper()
    man, exp = upper.man_exp()
    e = int(exp)
    return fmpq(man * 2**e) if e >= 0 else fmpq(man, 2 ** (-e))


def shape_of_exponent(m: Monomial, y: arb) -> tuple[int, arb] | bool | None:
    """`exp(E(y'))` for y' ≥ y: `(k, c)` with E ≤ -c y'^k, `False` if E is bounded by 0 or absent, `None` if it may grow."""
    e = [(k, v) for k, v in m.e if not v.is_zero()]
    positive = [(k, v) for k, v in e if k > 0]
    if not positive:
        return False
    top, lead = max(positive)
    if not lead < 0:
        return None
    rest = arb(0)
    for k, v in e:
        if k != top and not v < 0:
            rest += v.upper() * y ** (k - top)
    c = (-lead - rest).lower()
    return (top, c) if c > 0 else None


def small_terms(m: Monomial, y: arb) -> arb:
    """A bound of exp of the negative powers in the exponent."""
    total = arb(0)
    for k, v in m.e:
        if k < 0 and not v < 0:
            total += v.upper() * y**k
    return total.exp().upper()


def tail_integral(bound: Bound, start: fmpq) -> arb | None:
    """A bound of the integral of the majorant from `start` to infinity."""
    y = arb(start)
    total = arb(0)
    for m in bound:
        if m.c.is_zero():
            continue
        if not m.c.is_finite():
            return None
        shape = shape_of_exponent(m, y)
        if shape is None or (isinstance(shape, bool) and shape):
            return None
        if shape is False:
            if not m.p < -1:
                return None
            total += m.c * small_terms(m, y) * y ** arb(m.p + 1) / arb(-m.p - 1)
        else:
            k, c = shape
            # ∫ y^p e^{-c y^k} = Γ((p+1)/k, c Y^k) / (k c^{(p+1)/k})
            s = arb(m.p + 1) / k
            z = c * y**k
            gamma = acb(z).gamma_upper(acb(s)).real if hasattr(acb(z), "gamma_upper") else None
            if gamma is None or not gamma.is_finite():
                return None
            total += m.c * small_terms(m, y) * abs(gamma) / (k * c**s)
    return total.upper() if total.is_finite() else None


def diverges(m: Monomial) -> bool:
    """Whether the integral of the monomial to infinity is infinite for sure."""
    if not m.c > 0:
        return False
    positive = [(k, v) for k, v in m.e if k > 0 and not v.is_zero()]
    if positive:
        return bool(max(positive)[1] > 0)
    # negative powers in the exponent tend to 0
    return bool(m.p >= -1)


def vanishes(bound: Bound, start: fmpq) -> bool:
    """Whether the majorant tends to 0."""
    y = arb(start)
    for m in bound:
        if m.c.is_zero():
            continue
        shape = shape_of_exponent(m, y)
        if shape is None or (shape is False and not m.p < 0) or not m.c.is_finite():
            return False
    return True
