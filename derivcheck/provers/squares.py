"""Polynomial inequalities between nonnegative numbers: the difference as a nonnegative combination of monomials times (x - y)².

Nesbitt, Schur-like and AM-GM inequalities are of this kind.  The combination is found by linear programming in exact fractions; the kernel
multiplies it out.  Denominators of known sign are cleared first.  Limits: `ATOMS` numbers, degree `DEGREE`, `COLUMNS` products.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, combinations_with_replacement

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.literals import integer_value
from derivcheck.kernel.monomials import factors
from derivcheck.kernel.obligation import Obligation
from derivcheck.provers.linear import solve, useful, vector
from derivcheck.provers.scalar import attempt
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num

METHODS = ("monomials times squares",)
ATOMS, DEGREE, COLUMNS = 4, 8, 240


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of A ≤ B for rational expressions in a few nonnegative numbers."""
    p = ob.statement
    if p.op != "rel" or p.data not in ("≤", "≥") or p.args[0].sort.kind != "num":
        return None
    cleared = attempt(ob, "clear-denominators", (), session)
    if cleared:
        inner = _combination(cleared[0], session)
        return None if inner is None else Proof("clear-denominators", (), (inner,))
    return _combination(ob, session)


def _combination(ob: Obligation, session: Session) -> Proof | None:
    rw = session.rewriter(ob.context)
    x, y = ob.statement.args[:2]
    goal = vector(rw.nf(b.sub(y, x) if ob.statement.data == "≤" else b.sub(x, y)))
    exponents: dict[Term, dict[Term, int]] = {}
    for m in goal:
        powers = _powers(m)
        if powers is None:
            return None
        exponents[m] = powers
    atoms = list(dict.fromkeys(a for powers in exponents.values() for a in powers))
    degrees = {sum(powers.values()) for powers in exponents.values()}
    if not 2 <= len(atoms) <= ATOMS or not degrees or max(degrees) > DEGREE or all(c > 0 for c in goal.values()):
        return None
    if not all(rw.oracle.nonnegative(a) for a in atoms):
        return None
    columns = []
    for u, m in _products(atoms, sorted(degrees)):
        v = vector(rw.nf(b.mul(m, b.pow_(u, 2))))
        columns.append((("square", u, 1), m, v, Fraction(1)))
        if len(columns) >= COLUMNS:
            break
    slack = {m: 1 for m in {*goal, *(m for _, _, v, _ in columns for m in v)} if rw.oracle.info(m).nonnegative}
    chosen = useful(goal, columns, slack)
    coefficients = solve(goal, [v for _, _, v, _ in chosen], slack)
    if coefficients is None:
        return None
    params = tuple((fact, b.mul(num(c), m)) for (fact, m, _, _), c in zip(chosen, coefficients, strict=True) if c)
    return Proof("linear-combination", params) if attempt(ob, "linear-combination", params, session) == [] else None


def _powers(m: Term) -> dict[Term, int] | None:
    """A monomial as powers of atoms; None with a denominator or a power that is no natural number."""
    top, bottom = factors(m)
    if bottom:
        return None
    out: dict[Term, int] = {}
    for f in top:
        base, exponent = (f.args[0], integer_value(f.args[1])) if f.op == "pow" else (f, 1)
        if f.op == "num":
            continue
        if exponent is None or exponent < 1:
            return None
        out[base] = out.get(base, 0) + exponent
    return out


def _products(atoms: list[Term], degrees: list[int]) -> Iterator[tuple[Term, Term]]:
    """u and m for the products m u²: differences of two atoms, or of an atom and 1, times monomials of the degrees that are left."""
    differences = [b.sub(x, y) for x, y in combinations(atoms, 2)]
    mixed = len(degrees) > 1
    if mixed:
        differences += [b.sub(x, b.ONE) for x in atoms]
    for degree in range(min(degrees), max(degrees) + 1):
        for u in differences:
            for chosen in combinations_with_replacement(atoms, degree - 2) if degree >= 2 else ():
                yield u, b.mul(*chosen) if len(chosen) > 1 else chosen[0] if chosen else b.ONE


