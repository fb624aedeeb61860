"""Relations between random variables that fail on a set of positive probability.

A relation in which a random symbol X stands outside of all means, variances and probabilities says something of almost all outcomes.
`counterexample(ob, session, budget)` writes the conditional means in it as functions of X, puts a number x of the support for X, and looks
for a counterexample; that counts if the relation fails for all numbers of a small ball about x, which has positive probability.  For several
independent symbols the ball is a product of such balls.

Limits: symbols with a named law that has a density (positive inside its support) or is a count, and means that surely exist.
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
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.randomness import Randomness, randomness
from derivcheck.refute.examine import Refutation
from derivcheck.refute.search import search
from derivcheck.semantics import sets
from derivcheck.semantics.evaluate import Budget as Work
from derivcheck.semantics.evaluate import Model, with_evaluator
from derivcheck.semantics.truth import truth
from derivcheck.semantics.values import Value
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration, Hypothesis
from derivcheck.terms.printer import to_latex
from derivcheck.terms.term import Term, fresh, instantiate, mk, name_of, substitute, subterms

_SUPPORTS = {"N": b.REALS, "Laplace": b.REALS, "Exp": b.POSITIVE, "Ga": b.POSITIVE, "LogN": b.POSITIVE, "InvGa": b.POSITIVE}
_COUNTS = frozenset({"Po", "NB", "Geom", "Bin", "Bern"})
RADIUS = fmpq(1, 2**20)
WORK = 40_000
MOST = 3


def counterexample(ob: Obligation, session: Session, budget: Budget) -> Refutation | None:
    """A counterexample to a relation that is to hold almost surely."""
    p = ob.statement
    if p.op != "rel" or p.data not in ("=", "≠", "<", "≤", ">", "≥") or p.args[0].sort.kind != "num":
        return None
    r = randomness(session.oracle(ob.context))
    atoms = sorted(r.atoms(p), key=order_key)
    if not 1 <= len(atoms) <= MOST or any(s.op == "Eover" for s in subterms(p)) or not all(exists(s, ob.context) for s in subterms(p) if s.op in MEANS):
        return None
    if len(atoms) > 1 and not _independent(atoms, r):
        return None
    found_laws = [(r.declaration(x), _law(x, r)) for x in atoms]
    supports = [_support(d, law, session.oracle(ob.context)) for d, law in found_laws]
    with budget.limited(0.3):
        rw = session.rewriter(ob.context)
        sides = [rw.nf(a) for a in p.args[:2]]
    if any(not r.atoms(s).isdisjoint(atoms) or any(x in subterms(s) for x in atoms) for side in sides for s in subterms(side) if s.op in (*MEANS, "Eover", "law")):
        return None
    values = {x: fresh("x") for x in atoms}
    q = mk("rel", tuple(substitute(side, values) for side in sides), p.data, p.sort)
    random = {s for s, e in ob.context.declarations.items() if e.random or e.law is not None}
    table = {s: e for s, e in ob.context.declarations.items() if s not in random}
    # steps proved before hold in any case
    hypotheses = tuple(h for h in ob.context.hypotheses if h.kind not in ("step", "use") and not _apart(h.statement))
    if not random.isdisjoint(q.free) or any(not random.isdisjoint(h.statement.free) for h in hypotheses):
        return None
    laws: dict[Term, Term] = {}
    for x, (_, law), support in zip(atoms, found_laws, supports, strict=True):
        valid = admissible(law) if law is not None else None
        if law is None or support is None or valid is None:
            return None
        laws[x] = law
        table[values[x]] = Declaration(values[x], support)
        hypotheses += tuple(Hypothesis(c) for c in valid if random.isdisjoint(c.free))
    found = search(Obligation(replace(ob.context, declarations=MappingProxyType(table), hypotheses=hypotheses, independent=()), q), budget.share(0.2))
    if found is None or found.model is None:
        return None
    return _about(found, q, values, laws, {values[x]: support for x, support in zip(atoms, supports, strict=True) if support is not None})


def _about(found: Refutation, q: Term, values: dict[Term, Term], laws: dict[Term, Term], supports: dict[Term, Term]) -> Refutation | None:
    """The counterexample, if the relation fails for all numbers of small balls about the values of symbols with a density; each value of a
    count has positive probability."""
    assert found.model is not None
    places = {x: found.model.values.get(v) for x, v in values.items()}
    smooth = [x for x in values if laws[x].data not in _COUNTS]
    for shift in (fmpq(0), fmpq(1, 9), fmpq(-1, 9)) if smooth else (fmpq(0),):
        near: dict[Term, Value] = {}
        shown: dict[str, str] = {n: v for n, v in found.values.items() if n not in {name_of(v) for v in values.values()}}
        for x, at in places.items():
            if not isinstance(at, fmpq):
                return None
            if x in smooth:
                near[values[x]] = acb(arb(at + shift - RADIUS).union(arb(at + shift + RADIUS)))
                shown[to_latex(x)] = f"{at + shift}, with the law {to_latex(laws[x])}"
            else:
                shown[to_latex(x)] = str(at)
        model = replace(found.model, values={**found.model.values, **near})
        if all(_inside(v, supports[s], found.model) for s, v in near.items()) and (
            not smooth or with_evaluator(lambda ev: truth(ev, q, ev.root), model, budget=Work(WORK)) is False
        ):
            return replace(found, values=shown)
    return None


def _inside(v: Value, support: Term, model: Model) -> bool:
    return with_evaluator(lambda ev: sets.contains(ev, v, support, ev.root), model, budget=Work(WORK)) is True


def _law(x: Term, r: Randomness) -> Term | None:
    d = r.declaration(x)
    if d is None or d.law is None or any(v.op == "bvar" for v in x.free):
        return None
    if d.law.op == "lam" and d.law.sort.kind == "fun":
        return instantiate(d.law, x.args[1:]) if x.op == "idx" and len(d.law.bound) == len(x.args) - 1 else None
    return d.law


def _apart(p: Term) -> bool:
    """Independence without conditions: it holds of the product of all laws, and says nothing of parameters."""
    return p.op == "perp" and int(p.data) == len(p.args)


def _independent(atoms: list[Term], r: Randomness) -> bool:
    """Several symbols with laws of their own that are declared independent."""
    for x in atoms:
        d, law = r.declaration(x), _law(x, r)
        if d is None or d.given or law is None or r.atoms(law) or (x.op == "idx" and any(r.atoms(i) or i.op != "num" for i in x.args[1:])):
            return False
    return all(len(c) == 1 for c in r.clusters([frozenset((x,)) for x in atoms], frozenset()))


def _support(d: Declaration | None, law: Term | None, oracle: Oracle) -> Term | None:
    """The interior of the support of a named law with a density, the values of a count; the same for all parameters that the law may
    have."""
    if d is None or law is None or law.op != "dist" or law.sort.result.kind != "num":
        return None
    if law.data in _COUNTS:
        p = law.args[-1]
        inside = oracle.positive(p) and (law.data == "Po" or oracle.less(p, b.ONE))
        values = oracle.support(law)
        return values if inside and values is not None and not any(s in values.free for s in d.given) else None
    if law.data == "U":
        return None if d.given else b.interval(law.args[0], law.args[1], "()")
    if law.data == "Beta":
        return b.interval(b.ZERO, b.ONE, "()")
    return _SUPPORTS.get(str(law.data))
