"""Random symbols that nothing declares independent, made functions of each other.

Where X and Y have declared laws and no independence is said, Y = g(X) is one of their joint laws for every g that carries the law of X to
that of Y: the identity for equal laws, the reflection at the mean for symmetric ones, shifts and factors within a family; laws of one
family with free parameters are taken to be equal.  A symbol of any law may be any of the others.  `instances(ob)` puts g(X) for Y into the statement and the hypotheses; a counterexample
to what is left is one to the statement.

Limits: symbols of one number with a law that depends on nothing random; statements about laws (`\\sim`, `\\perp`, entropies) and about
Y = y are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from derivcheck.kernel.budget import Budget
from derivcheck.kernel.check import Session
from derivcheck.kernel.existing_means import admissible
from derivcheck.kernel.obligation import Obligation
from derivcheck.refute import almost_sure, resolve
from derivcheck.refute.examine import Refutation
from derivcheck.refute.search import search
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration, Hypothesis
from derivcheck.terms.printer import to_latex
from derivcheck.terms.term import Term, name_of, substitute, subterms

INSTANCES = 4
_ABOUT_LAWS = frozenset({"law", "entropyrv", "MI", "perp", "sim"})


def counterexample(ob: Obligation, budget: Budget) -> Refutation | None:
    """A counterexample in which one random symbol is a function of another."""
    for k, (other, at) in enumerate(instances(ob)):
        if k == INSTANCES:
            return None
        found = search(other, budget.share(0.15))
        if found is None:
            with budget.limited(0.3):
                session = Session(budget=budget)
                found = resolve.counterexample(other, session, budget) or almost_sure.counterexample(other, session, budget)
        if found is not None:
            return replace(found, values={**found.values, **{name_of(s): to_latex(t) for s, t in at.items()}})
    return None


def instances(ob: Obligation) -> Iterator[tuple[Obligation, dict[Term, Term]]]:
    """The obligation with g(X) for Y, and what was put for what."""
    table = ob.context.declarations
    supposed = [h for h in ob.context.hypotheses if h.kind not in ("step", "use")]  # steps proved before hold in any case
    statements = [ob.statement, *(h.statement for h in supposed)]
    apart = {s for group, given in ob.context.independent for x in (*group, *given) for s in x.free}
    apart |= {s for p in statements for u in subterms(p) if u.op in _ABOUT_LAWS for s in u.free}
    apart |= {s for p in statements for s in _given_values(p)}
    inside = {s for d in table.values() for t in (d.law, *d.given) if t is not None for s in t.free}
    loose = [d for s, d in table.items() if s in ob.statement.free and s not in apart and s not in inside and _plain(d, table)]
    choices = list(_free(ob, apart, inside))
    for i, y in enumerate(loose):
        for x in loose[:i]:
            assert x.law is not None and y.law is not None
            maps: list[dict[Term, Term]] = [{y.symbol: g} for g in _maps(x.symbol, x.law, y.law)]
            equal = _made_equal(x.law, y.law, table)
            choices += maps or ([{y.symbol: x.symbol, **equal}] if equal else [])
    for at in choices:
        rest = MappingProxyType({s: d for s, d in table.items() if s not in at})
        hypotheses = tuple(Hypothesis(substitute(h.statement, at), h.label, h.kind) for h in supposed)
        laws = [table[s].law for s in at if s in table]
        valid = [admissible(law) for law in laws if law is not None]
        if any(v is None for v in valid):
            continue
        hypotheses += tuple(Hypothesis(substitute(c, at)) for v in valid if v is not None for c in v)
        yield Obligation(replace(ob.context, declarations=rest, hypotheses=hypotheses), substitute(ob.statement, at)), at


def _free(ob: Obligation, apart: set[Term], inside: set[Term]) -> Iterator[dict[Term, Term]]:
    """X, or the first member of a family X, for a symbol Y of any law."""
    table = ob.context.declarations
    used = [(s, d) for s, d in table.items() if s in ob.statement.free and (d.random or d.law is not None)]
    for y, d in used:
        if d.law is not None or y.sort.kind != "num" or d.domain is not b.REALS or d.attributes - {"random"} or y in apart or y in inside:
            continue
        for x, e in used:
            if e.law is None or e.law.sort.kind != "dist" or e.law.sort.result.kind != "num":
                continue
            if x.sort.kind == "num":
                yield {y: x}
            elif x.sort.kind == "fam" and len(e.index_ranges) == 1 and e.index_ranges[0].op == "range":
                yield {y: b.idx(x, e.index_ranges[0].args[0])}


def _plain(d: Declaration, table: Mapping[Term, Declaration]) -> bool:
    if d.law is None or d.law.op != "dist" or d.given or d.symbol.sort.kind != "num" or "independent" in d.attributes:
        return False
    inner = [table.get(s) for s in d.law.free]
    return not any(e is not None and (e.random or e.law is not None) for e in inner)


def _given_values(p: Term) -> Iterator[Term]:
    """Symbols in conditions `Y = y`."""
    for u in subterms(p):
        if u.op in ("E", "Var", "Cov", "Pr"):
            for c in u.args[len(u.args) - int(u.data) :]:
                if c.sort.kind == "bool" and any(q.op == "rel" and q.data == "=" for q in subterms(c)):
                    yield from c.free


def _made_equal(d: Term, e: Term, table: Mapping[Term, Declaration]) -> dict[Term, Term]:
    """Parameters of the second law to be given the values of the first one's, so that the laws are equal; none where that is not free."""
    out: dict[Term, Term] = {}
    if d.data != e.data:
        return out
    for p, q in zip(d.args, e.args, strict=True):
        if p is q:
            continue
        if p.op != "sym" or q.op != "sym" or q in out or p not in table or q not in table or table[p].domain is not table[q].domain:
            return {}
        out[q] = p
    elsewhere = {s for t in table.values() if t.law is not None and t.law is not e for s in t.law.free}
    elsewhere |= {s for t in table.values() for s in t.domain.free}
    return {} if any(q in d.args or q in elsewhere for q in out) else out


def _maps(x: Term, d: Term, e: Term) -> Iterator[Term]:
    """Functions of a variable x with the law d that have the law e."""
    name, p, q = str(d.data), d.args, e.args
    if d.data != e.data:
        return
    if d is e:
        yield x
    if name in ("N", "Laplace"):
        ratio = b.sqrt(b.div(q[1], p[1])) if name == "N" else b.div(q[1], p[1])
        scaled = b.sub(x, p[0]) if p[1] is q[1] else b.mul(ratio, b.sub(x, p[0]))
        if d is not e:
            yield b.add(q[0], scaled)
        yield b.sub(q[0], scaled)
    elif name == "U":
        across = b.mul(b.div(b.sub(q[1], q[0]), b.sub(p[1], p[0])), b.sub(x, p[0]))
        if d is not e:
            yield b.add(q[0], across)
        yield b.sub(q[1], across)
    elif d is not e and (name == "Exp" or (name == "Ga" and p[0] is q[0])):
        yield b.mul(b.div(p[-1], q[-1]), x)
    elif name == "Bern" and q[0] is b.sub(b.ONE, p[0]):
        yield b.sub(b.ONE, x)
