"""The one-variable decision: a statement whose relations are rational functions of one real generator, by its sign table.

A relation may hold a square root g = √c of a positive rational number c, alone and in the first power: P(x) + Q g REL 0 with a rational Q is
g REL u for u = -P/Q (REL turned around for Q < 0), and that is a statement about u and u² - c, since g ≥ 0 and g² = c:

    g = u  ⟺  u ≥ 0 ∧ u² = c        g < u  ⟺  u > 0 ∧ u² > c        g > u  ⟺  u < 0 ∨ u² < c        (≤ and ≥ likewise)
"""

from __future__ import annotations

from typing import Any

import flint

from derivcheck.kernel import algebra
from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.inferences.basic import have_values
from derivcheck.kernel.inferences.solutions import hypothesis_parts, unfolded
from derivcheck.kernel.inferences.values import exact_conditions
from derivcheck.kernel.infinite import no_arithmetic, strictness_in_doubt
from derivcheck.kernel.infinite_means import means_in_doubt, strictness_of_means_in_doubt
from derivcheck.kernel.literals import rational_value
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.onevariable import Atom, Formula, Undecided, holds_everywhere
from derivcheck.kernel.oracle import Info
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.kernel.valued import needed
from derivcheck.terms import build as b
from derivcheck.terms.term import Term

_RELATIONS = ("=", "≠", "<", "≤", ">", "≥")
_FLIP = {"<": "<", "≤": "≤", ">": ">", "≥": "≥", "=": "=", "≠": "≠"}


def relations_in(p: Term, out: list[Term]) -> bool:
    """Collect the relations of a propositional statement; False if there is anything else in it."""
    if p.op in ("and", "or", "not", "implies", "iff"):
        return all(relations_in(a, out) for a in p.args)
    if p.op in ("true", "false"):
        return True
    if p.op == "rel" and p.data in _RELATIONS and p.args[0].sort.kind == "num":
        if any(a is b.INF or (a.op == "neg" and a.args[0] is b.INF) for a in p.args[:2]):
            return False
        out.append(p)
        return True
    return False


def of_infinite(p: Term, rw: Rewriter) -> bool:
    """Whether a relation may be one of infinite values, which are no points of the table."""
    return strictness_in_doubt(p) or no_arithmetic(p) or strictness_of_means_in_doubt(p, rw) or means_in_doubt(p, rw)


@inference(
    "one-variable",
    statement="a statement about one real number with rational relations, by its sign table",
    source="intermediate value theorem; real root isolation (FLINT)",
    method="sign table",
)
def one_variable(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    oracle = session.oracle(ob.context)
    goal = unfolded(ob.statement, oracle)
    goals: list[Term] = []
    if not relations_in(goal, goals) or len(goals) > 24:
        raise Rejected("not a statement of relations")
    lax = "strict" not in ob.context.conventions
    if lax and goal.op == "rel":
        # a relation wherever its sides have values: their definedness is a hypothesis
        lax_goal = True
    else:
        lax_goal = False
    rw = session.rewriter(ob.context)
    usable: list[tuple[Term, list[Term]]] = []
    wanted = goal.free
    for h in hypothesis_parts(ob.context):
        h = unfolded(h, oracle)
        rels: list[Term] = []
        if h.free <= wanted and h.size < 400 and relations_in(h, rels) and len(usable) < 12 and not any(of_infinite(r, rw) for r in rels):
            usable.append((h, rels))
    if not lax_goal and any(of_infinite(r, rw) for r in goals):
        raise Rejected("relations of values that may be infinite")
    # a relation is false where a side has no value: what cancels in a fraction must not be forgotten
    guards: dict[Term, list[Term]] = {}
    for r in [*goals, *(r for _, rs in usable for r in rs)]:
        if not lax_goal or r not in goals:
            for side in r.args[:2]:
                have_values(side, rw)
        read = [exact_conditions(side, rw) for side in r.args[:2]]
        found = [c for needed, _ in read for c in needed]
        exactly = all(exact for _, exact in read) and ((lax_goal and r in goals) or all(needed(side, rw) == [] for side in r.args[:2]))
        if not exactly and not (lax_goal and r in goals):
            # within a statement what suffices for a value must be needed for it, too
            if r in goals:
                raise Rejected("definedness is not known exactly")
            usable = [(h, rs) for h, rs in usable if r not in rs]
            continue
        if any(c.op != "rel" or c.data not in _RELATIONS for c in found):
            if r in goals:
                raise Rejected("definedness is no plain relation")
            usable = [(h, rs) for h, rs in usable if r not in rs]
            continue
        guards[r] = found
    every = list(dict.fromkeys([*goals, *(r for _, rs in usable for r in rs)]))
    every += [c for r in list(every) for c in guards[r] if c not in every]
    try:
        region, fractions = algebra.numerator_polynomials([b.sub(r.args[0], r.args[1]) for r in every], rw)
    except ZeroDivisionError as zero:
        raise Rejected("a denominator is zero") from zero
    used: set[int] = set()
    for r, (p, q) in zip(every, fractions, strict=True):
        if r in goals or any(r in guards[g] for g in goals):
            used |= {i for x in (p, q) for i, d in enumerate(x.degrees()) if d > 0}
    roots = _square_roots(region)
    used -= roots.keys()
    if len(used) != 1:
        raise Rejected("not one generator")
    index = used.pop()
    info = generator_info(region, index, rw)
    if info is None:
        raise Rejected("the generator is not shown real")
    table: dict[Term, Formula] = {}
    for r, (p, q) in zip(every, fractions, strict=True):
        if _only(p, index) and _only(q, index):
            table[r] = ("atom", Atom(_univariate(p, index), _univariate(q, index), str(r.data)))
            continue
        read_root = _beside_root(p, q, index, roots, str(r.data))
        if read_root is not None:
            table[r] = read_root
        elif r in goals:
            raise Rejected("not one generator")
    hypotheses: list[Formula] = []
    if lax_goal:
        for c in guards[goal]:
            if c not in table:
                raise Rejected("definedness depends on more")
            hypotheses.append(table[c])
    for r in [*goals, *(r for _, rs in usable for r in rs)]:
        if r in table and all(c in table for c in guards[r]):
            table[r] = ("and", table[r], *(table[c] for c in guards[r]))
        elif r in goals:
            raise Rejected("definedness depends on more")
        else:
            table.pop(r, None)
    hypotheses += [_formula(h, table) for h, rs in usable if all(r in table for r in rs)]
    formula = _formula(goal, table)
    try:
        if holds_everywhere(formula, hypotheses, info):
            return []
    except Undecided as why:
        raise Rejected("roots are not separated") from why
    raise Rejected("false somewhere")


def _square_roots(region: algebra.Region) -> dict[int, Any]:
    """The generators that are square roots of positive rational numbers, with these."""
    found: dict[int, Any] = {}
    for key, index in region.index.items():
        if key[0] == "root" and region.dens[key] == 2:
            value = rational_value(key[1])
            if value is not None and value > 0:
                found[index] = flint.fmpq(value.numerator, value.denominator)
    return found


def _beside_root(p: Any, q: Any, index: int, roots: dict[int, Any], relation: str) -> Formula | None:
    """`p/q REL 0` for a rational q and `p = P(x) + Q √c`, as a statement about P and c; None where it is of another form."""
    inside = {i for i, d in enumerate(p.degrees()) if d > 0} - {index}
    if len(inside) != 1 or not inside <= roots.keys() or any(d > 0 for d in q.degrees()):
        return None
    (root,) = inside
    unit = next(iter(q.to_dict().values()))
    plain: dict[int, Any] = {}
    factor = None
    for exponents, coefficient in p.to_dict().items():
        if exponents[root] == 0:
            plain[int(exponents[index])] = coefficient / unit
        elif exponents[root] == 1 and exponents[index] == 0:
            factor = coefficient / unit
        else:
            return None
    if factor is None or factor == 0:
        return None
    u = flint.fmpq_poly([plain.get(k, flint.fmpq(0)) for k in range(max(plain, default=0) + 1)]) * (-1 / factor)
    gap, one = u * u - roots[root], flint.fmpq_poly([1])
    if factor < 0:
        relation = {"<": ">", "≤": "≥", ">": "<", "≥": "≤"}.get(relation, relation)

    def both(of_u: str, of_gap: str) -> tuple[Formula, Formula]:
        return ("atom", Atom(u, one, of_u)), ("atom", Atom(gap, one, of_gap))

    if relation in ("=", "≠"):
        equal = ("and", *both("≥", "="))
        return equal if relation == "=" else ("not", equal)
    # √c REL u
    return {"<": ("and", *both(">", ">")), "≤": ("and", *both("≥", "≥")), ">": ("or", *both("<", "<")), "≥": ("or", *both("≤", "≤"))}[relation]


def _only(p: Any, index: int) -> bool:
    return all(d <= 0 or i == index for i, d in enumerate(p.degrees()))


def _univariate(p: Any, index: int) -> Any:
    coefficients: dict[int, Any] = {int(e[index]): c for e, c in p.to_dict().items()}
    top = max(coefficients, default=0)
    return flint.fmpq_poly([coefficients.get(k, flint.fmpq(0)) for k in range(top + 1)])


def _formula(p: Term, table: dict[Term, Formula]) -> Formula:
    if p.op == "rel":
        return table[p]
    if p.op in ("true", "false"):
        return (p.op,)
    return (p.op, *(_formula(a, table) for a in p.args))


def generator_info(region: algebra.Region, index: int, rw: Any) -> Info | None:
    """What is known of a generator's value; None if it is not shown real."""
    from fractions import Fraction

    key = next(k for k, i in region.index.items() if i == index)
    oracle = rw.oracle
    if key[0] == "atom":
        info: Info = oracle.info(key[1])
        return info if info.real else None
    if key[0] == "exp":
        return Info(True, False, Fraction(0), True, nonzero=True) if oracle.real(key[1]) else None
    if key[0] == "root":
        base = oracle.info(key[1])
        if region.dens[key] == 1 and base.real:
            return base
        return Info(True, False, Fraction(0), base.positive) if base.nonnegative else None
    if key[0] == "power" and oracle.positive(key[1]) and oracle.real(key[2]):
        return Info(True, False, Fraction(0), True, nonzero=True)
    return None
