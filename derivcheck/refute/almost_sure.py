"""Relations between random variables that fail on a set of positive probability.

A relation in which a random symbol X stands outside of all means, variances and probabilities says something of almost all outcomes.
`counterexample(ob, session, budget)` writes the conditional means in it as functions of X, puts a number x of the support for X, and looks
for a counterexample; that counts if the relation fails for all numbers of a small ball about x, which has positive probability.

Limits: one symbol with a named law that has a density (positive inside its support) or is a count, and means that surely exist.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from flint import acb, arb, fmpq

from derivcheck.kernel.budget import Budget
from derivcheck.kernel.check import Session
from derivcheck.kernel.existing_means import MEANS, admissible, exists
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.oracle import Oracle
from derivcheck.kernel.randomness import randomness
from derivcheck.refute.examine import Refutation
from derivcheck.refute.search import search
from derivcheck.semantics import sets
from derivcheck.semantics.evaluate import Budget as Work
from derivcheck.semantics.evaluate import with_evaluator
from derivcheck.semantics.truth import truth
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration, Hypothesis
from derivcheck.terms.printer import to_latex
from derivcheck.terms.term import Term, fresh, mk, name_of, substitute, subterms

_SUPPORTS = {"N": b.REALS, "Laplace": b.REALS, "Exp": b.POSITIVE, "Ga": b.POSITIVE, "LogN": b.POSITIVE, "InvGa": b.POSITIVE}
_COUNTS = frozenset({"Po", "NB", "Geom", "Bin", "Bern"})
RADIUS = fmpq(1, 2**20)
WORK = 40_000


def counterexample(ob: Obligation, session: Session, budget: Budget) -> Refutation | None:
    """A counterexample to a relation that is to hold almost surely."""
    p = ob.statement
    if p.op != "rel" or p.data not in ("=", "≠", "<", "≤", ">", "≥") or p.args[0].sort.kind != "num":
        return None
    atoms = randomness(session.oracle(ob.context)).atoms(p)
    if len(atoms) != 1 or any(s.op == "Eover" for s in subterms(p)) or not all(exists(s, ob.context) for s in subterms(p) if s.op in MEANS):
        return None
    (x,) = atoms
    d = ob.context.declarations.get(x)
    support = _support(d, session.oracle(ob.context)) if d is not None else None
    if d is None or support is None:
        return None
    with budget.limited(0.3):
        rw = session.rewriter(ob.context)
        sides = [rw.nf(a) for a in p.args[:2]]
    if any(x in s.free for side in sides for s in subterms(side) if s.op in MEANS or s.op in ("Eover", "law")):
        return None
    value = fresh("x")
    q = mk("rel", tuple(substitute(side, {x: value}) for side in sides), p.data, p.sort)
    random = {s for s, e in ob.context.declarations.items() if e.random or e.law is not None}
    table = {s: e for s, e in ob.context.declarations.items() if s not in random}
    # steps proved before hold in any case
    hypotheses = tuple(h for h in ob.context.hypotheses if h.kind not in ("step", "use"))
    if not random.isdisjoint(q.free) or any(not random.isdisjoint(h.statement.free) for h in hypotheses):
        return None
    table[value] = Declaration(value, support)
    assert d.law is not None
    valid = admissible(d.law)
    if valid is None:
        return None
    hypotheses += tuple(Hypothesis(c) for c in valid if random.isdisjoint(c.free))
    found = search(Obligation(replace(ob.context, declarations=MappingProxyType(table), hypotheses=hypotheses, independent=()), q), budget.share(0.2))
    if found is None or found.model is None:
        return None
    at = found.model.values.get(value)
    if not isinstance(at, fmpq):
        return None
    if d.law.data in _COUNTS:
        # each of its values has positive probability
        return replace(found, values={**{n: v for n, v in found.values.items() if n != name_of(value)}, name_of(x): str(at)})
    for centre in (at, at + fmpq(1, 9), at - fmpq(1, 9)):
        near = acb(arb(centre - RADIUS).union(arb(centre + RADIUS)))
        model = replace(found.model, values={**found.model.values, value: near})
        inside = with_evaluator(lambda ev: sets.contains(ev, near, support, ev.root), found.model, budget=Work(WORK)) is True  # noqa: B023
        if inside and with_evaluator(lambda ev: truth(ev, q, ev.root), model, budget=Work(WORK)) is False:
            at = centre
            break
    else:
        return None
    values = {n: v for n, v in found.values.items() if n != name_of(value)}
    return replace(found, values={**values, name_of(x): f"{at}, with the law {to_latex(d.law)}"})


def _support(d: Declaration, oracle: Oracle) -> Term | None:
    """The interior of the support of a named law with a density, the values of a count; the same for all parameters that the law may
    have."""
    if d.law is None or d.law.op != "dist" or d.symbol.sort.kind != "num":
        return None
    if d.law.data in _COUNTS:
        p = d.law.args[-1]
        inside = oracle.positive(p) and (d.law.data == "Po" or oracle.less(p, b.ONE))
        values = oracle.support(d.law)
        return values if inside and values is not None and not any(s in values.free for s in d.given) else None
    if d.given and d.law.data == "U":
        return None
    if d.law.data == "U":
        return b.interval(d.law.args[0], d.law.args[1], "()")
    if d.law.data == "Beta":
        return b.interval(b.ZERO, b.ONE, "()")
    return _SUPPORTS.get(str(d.law.data))
