"""Masses over few values, and inequalities between entropies.

Expectations under mass functions with few values are written out (rule group `values`), and the totals and marginals of the masses that
occur are added as equations, which are then used by elimination.  `H(X | Y) ≤ H(X)` and its kin are multiples of `I(X; Y) ≥ 0`.
Limits: five totals.
"""

from __future__ import annotations

from collections.abc import Iterator

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.randomness import randomness
from derivcheck.provers.scalar import attempt
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, contains_op, mk, subterms

METHODS = ("masses over few values", "mutual information is not negative")
GROUPS = (("linearity", "values"),)
TOTALS = 5


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof by totals of masses, or by information."""
    p = ob.statement
    if p.op != "rel" or p.args[0].sort.kind != "num":
        return None
    if p.data in ("≤", "≥") and contains_op(p, "entropyrv", "MI"):
        for node in _informations(p):
            if attempt(ob, "information", (b.ONE, node), session) == []:
                return Proof("information", (b.ONE, node))
    if p.data in ("≤", "≥", "=") and contains_op(p, "entropyrv", "MI"):
        for params in _conditional(ob, session):
            if attempt(ob, "conditional-information", params, session) == []:
                return Proof("conditional-information", params)
    if p.data != "=" or not contains_op(p, "pdf", "Eover", "KL", "entropy", "crossent"):
        return None
    for rule in ("ring", "equations"):
        if attempt(ob, rule, GROUPS, session) == []:
            return Proof(rule, GROUPS)
    found = _totals(ob, session, TOTALS, set())
    if found is None and (plain := attempt(ob, "rewrite", GROUPS, session)):
        inner = _totals(plain[0], session, TOTALS, set())
        return Proof("rewrite", GROUPS, (inner,)) if inner is not None else None
    return found


def _informations(p: Term) -> list[Term]:
    """Mutual informations of the random symbols whose entropies occur."""
    out: dict[Term, None] = {}
    for t in subterms(p):
        if t.op == "MI":
            out[t] = None
        elif t.op == "entropyrv":
            k = int(t.data)
            first, given = t.args[:k], t.args[k:]
            if given:
                out[mk("MI", (*first, *given), len(first), t.sort)] = None
            elif len(first) > 1:
                for i in range(1, len(first)):
                    out[mk("MI", first, i, t.sort)] = None
    return list(out)


Group = tuple[Term, ...]


def _conditional(ob: Obligation, session: Session) -> Iterator[tuple[tuple[tuple[Term, Group, Group, Group], ...], ...]]:
    """One conditional information that is not negative, and one that is zero by declaration, of two or three symbols."""
    r = randomness(session.oracle(ob.context))
    symbols = sorted((s for s in ob.statement.free if s.op == "sym" and r.is_random(s)), key=order_key)
    if not 2 <= len(symbols) <= 3:
        return
    choices: list[tuple[Group, Group, Group]] = []
    for i, x in enumerate(symbols):
        for y in symbols[:i]:
            rest = tuple(z for z in symbols if z is not x and z is not y)
            choices += [((y,), (x,), zs) for zs in dict.fromkeys(((), rest))]
    if len(symbols) == 3:
        choices += [((x,), tuple(y for y in symbols if y is not x), ()) for x in symbols]
    zeros = [c for c in choices if r.independent(c[0], c[1], frozenset(c[2]))]
    if ob.statement.data == "=":
        yield from (((), ((c, *z),)) for z in zeros for c in (b.ONE, b.MINUS_ONE))
        return
    for one in choices:
        yield (((b.ONE, *one),), ())
        yield from ((((b.ONE, *one),), ((c, *z),)) for z in zeros for c in (b.ONE, b.MINUS_ONE))


def _totals(ob: Obligation, session: Session, left: int, used: set[tuple[Term, int]]) -> Proof | None:
    for node in [t for t in subterms(ob.statement) if t.op == "pdf" and not any(v.op == "bvar" for v in t.free)]:
        for place in range(len(node.args) - 1):
            key = (mk("pdf", (node.args[0], *(x for i, x in enumerate(node.args[1:]) if i != place))), place)
            if key in used or not left:
                continue
            rest = attempt(ob, "mass-total", (node, place), session)
            if not rest:
                continue
            if attempt(rest[0], "equations", GROUPS, session) == []:
                return Proof("mass-total", (node, place), (Proof("equations", GROUPS),))
            inner = _totals(rest[0], session, left - 1, used | {key})
            return Proof("mass-total", (node, place), (inner,)) if inner is not None else None
    return None


