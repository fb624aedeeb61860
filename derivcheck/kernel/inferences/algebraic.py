"""Equalities of algebraic numbers, and of polynomials in other quantities with algebraic coefficients; angles.

`algebraic-number` decides A = B where the numerator of A - B, as a polynomial in the generators that are no algebraic constants, has
coefficients that are all zero as algebraic numbers (`kernel.algebraic`).  `angle` shows A = B from e^{2i(A-B)} = 1 and |A - B| < π.
"""

from __future__ import annotations

from typing import Any

from derivcheck.kernel import algebra, algebraic
from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.generators import Key
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.obligation import Obligation
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num


@inference(
    "algebraic-number",
    statement="A = B if the coefficients of A - B, which are algebraic numbers, are all 0",
    source="Liouville's inequality for the Weil height (Waldschmidt 2000, 3.5); ball arithmetic",
    method="algebraic numbers",
)
def algebraic_number(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "=")
    if x.sort.kind != "num" or y.sort.kind != "num":
        raise Rejected("not scalars")
    difference = b.sub(x, y)
    if not difference.free and algebraic.is_algebraic(difference):
        if algebraic.is_zero(difference, ob.context):
            return []
        raise Rejected("not shown to be zero")
    rw = session.rewriter(ob.context)
    region, [(top, bottom)] = algebra.numerator_polynomials([difference], rw)
    if bottom == region.zero:
        raise Rejected("a denominator is zero")
    constants = [not any(isinstance(part, Term) and (part.free or not _constant(key, region)) for part in key[1:]) for key in region.index]
    rows: dict[tuple[int, ...], dict[tuple[int, ...], Any]] = {}
    for e, c in top.to_dict().items():
        head = tuple(0 if k else int(v) for v, k in zip(e, constants, strict=False))
        tail = tuple(int(v) if k else 0 for v, k in zip(e, constants, strict=False))
        rows.setdefault(head, {})[tail] = c
    if not any(constants) or len(rows) > 200:
        raise Rejected("no algebraic coefficients")
    for part in rows.values():
        session.budget.spend(20)
        coefficient = region.to_term(region.context.from_dict(part), region.one)
        if not algebraic.is_zero(coefficient, ob.context):
            raise Rejected("a coefficient is not shown to be zero")
    return []


def _constant(key: Key, region: algebra.Region) -> bool:
    """Whether a generator is an algebraic number."""
    if key[0] == "atom":
        return algebraic.is_algebraic(key[1])
    if key[0] == "root":
        return algebraic.is_algebraic(key[1])
    if key[0] == "exp":
        return algebraic.is_algebraic(b.exp(key[1]))
    return False


@inference(
    "angle",
    statement="A = B from e^{2i(A-B)} = 1 and -π < A - B < π, for real A - B",
    source="e^{2iD} = 1 only for multiples D of π; e^{2i arctan u} = (1+iu)/(1-iu), e^{i arcsin u} = √(1-u²) + iu, e^{i arccos u} = u + i√(1-u²)",
    method="angles",
)
def angle(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "=")
    if x.sort.kind != "num" or y.sort.kind != "num":
        raise Rejected("not scalars")
    rw = session.rewriter(ob.context)
    difference = b.sub(x, y)
    normal = rw.nf(difference)
    if not rw.oracle.real(normal):
        raise Rejected("not shown real")
    factors: list[Term] = []
    found = False
    rest: list[Term] = []
    for c, m in linear_terms(normal):
        if m.op == "fn" and m.data in ("arctan", "arcsin") and (2 * c).denominator == 1 and abs(c) <= 24:
            found = True
            u = m.args[0]
            if not rw.oracle.real(u):
                raise Rejected("not shown real")
            iu = b.mul(b.I_CONST, u)
            if m.data == "arctan":
                if c.denominator == 1:
                    factors.append(b.pow_(b.div(b.add(b.ONE, iu), b.sub(b.ONE, iu)), num(c)))
                else:
                    root = b.sqrt(b.add(b.ONE, b.pow_(u, 2)))
                    factors.append(b.pow_(b.div(b.add(b.ONE, iu), root), num(2 * c)))
            else:
                factors.append(b.pow_(b.add(b.sqrt(b.sub(b.ONE, b.pow_(u, 2))), iu), num(2 * c)))
        else:
            rest.append(b.mul(num(2 * c), b.I_CONST, m))
    if not found:
        raise Rejected("no inverse trigonometric function")
    whole = b.mul(*factors, *([b.exp(b.add(*rest))] if rest else []))
    return [
        Obligation(ob.context, b.eq(whole, b.ONE)),
        Obligation(ob.context, b.rel(b.neg(b.PI), "<", normal)),
        Obligation(ob.context, b.rel(normal, "<", b.PI)),
    ]


