"""Probabilities of compound and conditional events, and the posterior of a discrete variable given an observation.

    Pr(P ∧ Q) = Pr(P) Pr(Q)             events of independent variables
    Pr(P | Q) = Pr(P ∧ Q)/Pr(Q)         Q an event that is no equation of a continuous variable
    E[b | Q] = E[b 1[Q]]/Pr(Q)          likewise
    Pr(z = k | Y = y) = p(k) f(y | k) / ∑_j p(j) f(y | j)      z discrete with declared mass p, Y | z declared with density f

Source: Kolmogorov; Bayes; Williams, Probability with Martingales, ch. 9.
"""

from __future__ import annotations

from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.randomness import randomness
from derivcheck.kernel.rewrite import Rewriter, level_symbol, rule
from derivcheck.kernel.rules.expectation import atom_node
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, instantiate, mk, num, substitute

SOURCE = "Kolmogorov; Bayes"


@rule("independent-events", "Pr", statement="Pr(P ∧ Q) = Pr(P) Pr(Q)", side="events of variables declared independent (given the conditions)", source=SOURCE)
def independent_events(t: Term, rw: Rewriter) -> Term | None:
    p, conds = t.args[0], t.args[1:]
    if p.op != "and" or any(c.sort.kind == "bool" for c in conds):
        return None
    parts = _conjuncts(p)
    r = randomness(rw.oracle)
    given = r.fixed(conds)
    clusters = r.clusters([r.atoms(q) - given for q in parts], given) if not r.loose(conds) else []
    ordered = tuple(sorted(dict.fromkeys(parts), key=order_key))
    if len(clusters) > 1:
        return b.mul(*(mk("Pr", (b.and_(*(parts[i] for i in c)), *conds), t.data) for c in clusters))
    return mk("Pr", (b.and_(*ordered), *conds), t.data) if ordered != p.args else None


@rule("union-of-independent", "Pr", statement="Pr(P ∨ Q) = 1 - (1 - Pr(P)) (1 - Pr(Q))", side="events of variables declared independent (given the conditions)", source=SOURCE)
def union_of_independent(t: Term, rw: Rewriter) -> Term | None:
    p, conds = t.args[0], t.args[1:]
    if p.op != "or" or any(c.sort.kind == "bool" for c in conds):
        return None
    r = randomness(rw.oracle)
    given = r.fixed(conds)
    clusters = r.clusters([r.atoms(q) - given for q in p.args], given) if not r.loose(conds) else []
    if len(clusters) < 2:
        return None
    parts = (mk("Pr", (b.or_(*(p.args[i] for i in c)), *conds), t.data) for c in clusters)
    return b.sub(b.ONE, b.mul(*(b.sub(b.ONE, q) for q in parts)))


@rule("probability-given-independent", "Pr", statement="Pr(P | Y) = Pr(P)", side="P depends on variables declared independent of Y", source=SOURCE)
def probability_given_independent(t: Term, rw: Rewriter) -> Term | None:
    p, conds = t.args[0], t.args[1:]
    if not conds or any(c.sort.kind == "bool" for c in conds):
        return None
    r = randomness(rw.oracle)
    atoms, given = r.atoms(p), frozenset().union(*(r.atoms(c) for c in conds))
    if not atoms or not given or atoms & given or not r.independent(atoms, given, frozenset()):
        return None
    return mk("Pr", (p,), 0)


def _conjuncts(p: Term) -> list[Term]:
    return [q for a in p.args for q in _conjuncts(a)] if p.op == "and" else [p]


def ordinary(event: Term, rw: Rewriter) -> bool:
    """An event whose probability decides what conditioning on it means: no equation of a continuous variable in it."""
    if event.op in ("and", "or", "not"):
        return all(ordinary(q, rw) for q in event.args)
    if event.op != "rel" or event.args[0].sort.kind != "num":
        return False
    if event.data in ("<", "≤", ">", "≥"):
        return True
    return event.data in ("=", "≠") and rw.oracle.integer(event.args[0]) and rw.oracle.integer(event.args[1])


@rule("event-solved", "Pr", statement="Pr(a X + c ≤ d) = Pr(X ≤ (d - c)/a), ≥ for a < 0; Pr(e^u ≤ d) = Pr(u ≤ log d) for d > 0", side="X real, the sign of a shown; a not random", source="order of the reals")
def event_solved(t: Term, rw: Rewriter) -> Term | None:
    p, conds = t.args[0], t.args[1:]
    if p.op != "rel" or p.data not in ("<", "≤", "=") or p.args[0].sort.kind != "num" or any(c.sort.kind == "bool" for c in conds):
        return None
    r, o = randomness(rw.oracle), rw.oracle
    x, y = p.args
    if x.op == "fn" and x.data == "exp" and not r.atoms(y) and o.real(x.args[0]) and o.positive(y):
        return mk("Pr", (b.rel(x.args[0], str(p.data), b.log(y)), *conds), t.data)
    if x.op in ("sym", "idx") and not r.atoms(y):
        return None
    terms = [(rw.nf(b.mul(num(c), m))) for c, m in linear_terms(rw.nf(b.sub(x, y)))]
    moving = [m for m in terms if r.atoms(m)]
    atoms = frozenset().union(*(r.atoms(m) for m in moving))
    if len(atoms) != 1:
        return None
    (a,) = atoms
    if a.sort.kind != "num" or not o.real(a):
        return None
    slopes = [rw.nf(b.div(m, a)) for m in moving]
    if any(r.atoms(s) for s in slopes):
        return None
    slope = rw.nf(b.add(b.ZERO, *slopes))
    rest = b.add(b.ZERO, *(m for m in terms if m not in moving))
    if not o.real(rest):
        return None
    bound = rw.nf(b.div(b.neg(rest), slope))
    if p.data == "=":
        return mk("Pr", (b.eq(a, bound), *conds), t.data) if o.nonzero(slope) else None
    if o.positive(slope):
        return mk("Pr", (b.rel(a, str(p.data), bound), *conds), t.data)
    if o.negative(slope):
        return mk("Pr", (b.rel(a, {"<": ">", "≤": "≥"}[str(p.data)], bound), *conds), t.data)
    return None


@rule("conditional-probability", "Pr", "E", statement="Pr(P | Q) = Pr(P ∧ Q)/Pr(Q), E[b | Q] = E[b 1[Q]]/Pr(Q)", side="Q no equation of a continuous variable", source=SOURCE)
def conditional_probability(t: Term, rw: Rewriter) -> Term | None:
    conds = t.args[1:]
    if not conds or t.args[0].sort.kind not in ("bool", "num") or not all(c.sort.kind == "bool" and ordinary(c, rw) for c in conds):
        return None
    q = b.and_(*conds)
    below = mk("Pr", (q,), 0)
    if t.op == "Pr":
        return b.div(mk("Pr", (b.and_(t.args[0], *conds),), 0), below)
    return b.div(atom_node(b.mul(t.args[0], b.ind(q)), ()), below)


@rule("posterior", "Pr", statement="Pr(z = k | Y = y) = p(k) f(y | k) / ∑_j p(j) f(y | j)", side="z discrete with a declared mass, Y declared given z alone", source="Bayes")
def posterior(t: Term, rw: Rewriter) -> Term | None:
    if len(t.args) != 2 or t.args[1].op != "rel" or t.args[1].data != "=" or t.args[0].op != "rel" or t.args[0].data != "=":
        return None
    z, k = _named(t.args[0], rw)
    y, at = _named(t.args[1], rw)
    if z is None or y is None:
        return None
    r = randomness(rw.oracle)
    mass, likelihood = r.declaration(z), r.declaration(y)
    if mass is None or likelihood is None or mass.law is None or mass.given or mass.law.op != "dist" or likelihood.given != (z,):
        return None
    if r.atoms(mass.law) or likelihood.law is None or not r.atoms(likelihood.law) <= {z}:
        return None
    ends = _range(mass.law, rw)
    if ends is None or not (rw.oracle.integer(k) and rw.oracle.less_equal(ends[0], k) and rw.oracle.less_equal(k, ends[1])):
        return None

    def weight(j: Term) -> Term | None:
        density = _density(y, at, likelihood, z, j, rw)
        return None if density is None else b.mul(b.pdf(mass.law, j), density)  # type: ignore[arg-type]

    j = level_symbol("j", z.sort, rw.depth)
    top, body = weight(k), weight(j)
    if top is None or body is None:
        return None
    return b.div(top, b.sum_(j, ends[0], ends[1], body))


def _named(event: Term, rw: Rewriter) -> tuple[Term | None, Term]:
    """An equation X = x with X random and x not."""
    r = randomness(rw.oracle)
    for x, v in ((event.args[0], event.args[1]), (event.args[1], event.args[0])):
        if x.op in ("sym", "idx") and (r.is_random(x) or (x.op == "idx" and r.is_random(x.args[0]))) and not r.atoms(v):
            return x, v
    return None, event


def _range(law: Term, rw: Rewriter) -> tuple[Term, Term] | None:
    name = str(law.data)
    if name == "Cat":
        weights = law.args[0]
        if weights.sort.kind == "fam":
            d = rw.oracle.context.declarations.get(weights)
            if d is not None and len(d.index_ranges) == 1 and d.index_ranges[0].op == "range":
                return d.index_ranges[0].args[0], d.index_ranges[0].args[1]
            return None
        return b.ONE, weights.sort.rows
    if name == "Bern":
        return b.ZERO, b.ONE
    if name == "Bin":
        return b.ZERO, law.args[0]
    return (b.ZERO, b.INF) if name in ("Po", "NB") else None


def _density(y: Term, at: Term, declared: Declaration, z: Term, j: Term, rw: Rewriter) -> Term | None:
    """The density of y at a value given z = j; of a family of conditionally independent members, the product."""
    law = declared.law
    if law is None:
        return None
    if y.sort.kind == "fam":
        if len(declared.index_ranges) != 1 or declared.index_ranges[0].op != "range" or at.sort.kind != "fam" or at.op != "sym":
            return None
        if not any(len(g) == 1 and g[0] is y and given == declared.given for g, given in rw.oracle.context.independent) and not declared.iid:
            return None
        d = level_symbol("d", z.sort, rw.depth)
        single = instantiate(law, (d,)) if law.op == "lam" and law.sort.kind == "fun" else law
        lo, hi = declared.index_ranges[0].args
        return b.big("prod", d, lo, hi, b.pdf(substitute(single, {z: j}), b.idx(at, d)))
    if law.op == "lam" and law.sort.kind == "fun":
        if y.op != "idx":
            return None
        law = instantiate(law, y.args[1:])
    return b.pdf(substitute(law, {z: j}), at)
