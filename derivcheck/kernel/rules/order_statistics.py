"""Maxima, minima and moduli of several independent random variables.

    Pr(max_k X_k ≤ c) = ∏_k Pr(X_k ≤ c),  Pr(min_k X_k ≤ c) = 1 - ∏_k Pr(X_k > c)       members of one independent family
    Pr(∀k P(X_k)) = ∏_k Pr(P(X_k))                                                    likewise
    Pr(P(X_k)) = Pr(P(X_1))                                                           members of one iid family
    E[M^q] = ∫_0^b q s^{q-1} (1 - Pr(M ≤ s)) ds      0 ≤ M ≤ b such an extremum, q = 1, 2, …
    E[M] = (1/λ) ∑_{k=1}^n 1/k                       M the largest of n independent exponential variables of rate λ
    E[M] = a + ∫_a^b (1 - Pr(M ≤ s)) ds              a ≤ M ≤ b
    E|U| = √(2v/π) e^{-m²/(2v)} + m erf(m/√(2v))     U a sum of independent normal variables, of mean m and variance v > 0
    E[f(X, Y)] = E_x[E_y[f(x, y)]]                   X, Y independent with named laws, f of finite moments, a closed form comes out

An extremum over an empty range has no value, nor has then what stands on the left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.kernel.existing_means import moderate
from derivcheck.kernel.literals import integer_value
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.randomness import randomness
from derivcheck.kernel.rewrite import Rewriter, level_symbol, rule
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, contains_op, mk, substitute

if TYPE_CHECKING:
    from derivcheck.kernel.rules.expectation import Expectation

SOURCE = "independence; E[M] is the integral of the tail (Tonelli); Leone, Nelson, Nottingham 1961 (folded normal law)"
_MAXIMA, _MINIMA = ("maxover", "supover"), ("minover", "infover")
_OPEN = ("E", "Eover", "Pr", "int", "intset", "cases", "ind", "sum")
HIGHEST = 4


@rule("event-of-family", "Pr", statement="Pr(max_k X_k ≤ c) = ∏_k Pr(X_k ≤ c); Pr(min_k X_k ≤ c) = 1 - ∏_k Pr(X_k > c); Pr(∀k P(X_k)) = ∏_k Pr(P(X_k))", side="members of one independent family over a finite range; c not random", source=SOURCE)
def event_of_family(t: Term, rw: Rewriter) -> Term | None:
    p = t.args[0]
    if len(t.args) != 1:
        return None
    if p.op == "forall":
        return _all_members(p, lambda body: body, rw)
    if p.op != "rel" or p.data not in ("<", "≤", ">", "≥") or p.args[0].sort.kind != "num":
        return None
    x, y, relation = p.args[0], p.args[1], str(p.data)
    if y.op in (*_MAXIMA, *_MINIMA):
        x, y, relation = y, x, {"<": ">", "≤": "≥", ">": "<", "≥": "≤"}[relation]
    if x.op not in (*_MAXIMA, *_MINIMA) or randomness(rw.oracle).atoms(y):
        return None
    below = relation in ("<", "≤")
    if (x.op in _MAXIMA) == below:
        return _all_members(x, lambda body: b.rel(body, relation, y), rw)
    opposite = {"<": "≥", "≤": ">", ">": "≤", "≥": "<"}[relation]
    every = _all_members(x, lambda body: b.rel(body, opposite, y), rw)
    return None if every is None else b.sub(b.ONE, every)


@rule("event-of-member", "Pr", statement="Pr(P(X_k)) = Pr(P(X_1)), X_1 the first member", side="X an iid family; P depends on X_k alone", source="one law for all members")
def event_of_member(t: Term, rw: Rewriter) -> Term | None:
    if len(t.args) != 1:
        return None
    r = randomness(rw.oracle)
    atoms = r.atoms(t.args[0])
    if len(atoms) != 1:
        return None
    (x,) = atoms
    d = r.declaration(x)
    if x.op != "idx" or d is None or not d.iid or d.given or len(d.index_ranges) != 1 or d.index_ranges[0].op != "range":
        return None
    if any(v.op == "bvar" for v in x.free) or x.args[1] is d.index_ranges[0].args[0] or r.atoms(x.args[1]):
        return None
    new = substitute(t.args[0], {x: b.idx(x.args[0], d.index_ranges[0].args[0])})
    return None if x in r.atoms(new) else mk("Pr", (new,), 0)


def _all_members(t: Term, event, rw: Rewriter) -> Term | None:  # type: ignore[no-untyped-def]
    """∏_k Pr(event(body_k)) for a binder over a finite range whose body depends on the member X_k alone."""
    from derivcheck.kernel.rules.expectation import Expectation
    from derivcheck.kernel.rules.independent_families import one_member

    if len(t.bound) != 1 or t.args[0].op != "range" or t.args[0].args[1] is b.INF or t.args[0].args[0].op == "neg":
        return None
    lo, hi = t.args[0].args
    if randomness(rw.oracle).atoms(t.args[0]):
        return None
    (k,), body, inner = rw.under(t)
    if body.sort.kind == "num" and not inner.oracle.real(body):
        return None
    if not one_member(k, body, inner, Expectation(rw, ())):
        return None
    return b.big("prod", k, lo, hi, mk("Pr", (event(body),), 0))


def mean_of_several(inside: Term, work: Expectation) -> Term | None:
    """The mean of an extremum of a family, or of a function of two independent variables."""
    return _extremum(inside, work) or _folded(inside, work) or _iterated(inside, work)


def _extremum(inside: Term, work: Expectation) -> Term | None:
    m, power = inside, 1
    if inside.op == "pow" and integer_value(inside.args[1]) is not None:
        m, power = inside.args[0], integer_value(inside.args[1]) or 0
    if m.op not in (*_MAXIMA, *_MINIMA) or not 1 <= power <= HIGHEST:
        return None
    rw = work.rw
    atoms = work.moving_atoms(m)
    if len(atoms) != 1 or m.args[-1] not in atoms:
        return None
    (x,) = atoms
    law = work.law(x)
    if law is None or law.op != "dist" or any(v.op == "bvar" for v in law.free) or work.random.atoms(law):
        return None
    if law.data == "U" and rw.oracle.less(law.args[0], law.args[1]):
        low, high = law.args
    elif law.data in ("Exp", "Ga", "Beta"):
        low, high = b.ZERO, b.ONE if law.data == "Beta" else b.INF
    else:
        return None
    if power > 1 and low is not b.ZERO:
        return None
    waiting = _longest_wait(m, law, power, work) if law.data == "Exp" and m.op in _MAXIMA and power <= 2 else None
    if waiting is not None:
        return waiting
    s = level_symbol("s", x.sort, rw.depth)
    known = (b.rel(s, ">", low),) if high is b.INF else (b.rel(s, ">", low), b.rel(s, "<", high))
    inner = rw.child(((Declaration(s, b.REALS),), known))
    below = inner.nf(mk("Pr", (b.rel(m, "≤", s),), 0))
    if contains_op(below, "Pr", "E", "Eover", "int"):
        return None
    weight = b.ONE if power == 1 else b.mul(integer(power), b.pow_(s, power - 1))
    got = rw.nf(b.big("int", s, low, high, inner.nf(b.mul(weight, b.sub(b.ONE, below)))))
    return None if contains_op(got, *_OPEN) else b.add(low, got)


def _longest_wait(m: Term, law: Term, power: int, work: Expectation) -> Term | None:
    """E[M] = H_n/λ and E[M²] = (∑ 1/k² + H_n²)/λ² for the largest M of n independent exponential variables: M is the sum of independent
    waiting times of rates nλ, …, 2λ, λ (Rényi 1953)."""
    from derivcheck.kernel.rules.expectation import Expectation
    from derivcheck.kernel.rules.independent_families import one_member

    rw = work.rw
    if len(m.bound) != 1 or m.args[0].op != "range" or m.args[0].args[1] is b.INF or work.random.atoms(m.args[0]) or not rw.oracle.positive(law.args[0]):
        return None
    (k,), body, inner = rw.under(m)
    if body.op != "idx" or body.args[1:] != (k,) or not one_member(k, body, inner, Expectation(rw, ())):
        return None
    lo, hi = m.args[0].args
    j = level_symbol("j", k.sort, rw.depth)
    count = b.add(hi, b.neg(lo), b.ONE)
    harmonic = b.div(b.sum_(j, b.ONE, count, b.div(b.ONE, j)), law.args[0])
    if power == 1:
        return harmonic
    return b.add(b.pow_(harmonic, 2), b.div(b.sum_(j, b.ONE, count, b.div(b.ONE, b.pow_(j, 2))), b.pow_(law.args[0], 2)))


def integer(n: int) -> Term:
    """An integer as a term."""
    from derivcheck.terms.term import num

    return num(n)


def _independent(work: Expectation, atoms: list[Term]) -> bool:
    return all(len(c) == 1 for c in work.random.clusters([frozenset((a,)) for a in atoms], frozenset()))


def _named(atoms: list[Term], work: Expectation) -> dict[Term, Term] | None:
    laws: dict[Term, Term] = {}
    for a in atoms:
        d, law = work.random.declaration(a), work.law(a)
        plain = d is not None and not d.given and a.sort.kind == "num" and not any(v.op == "bvar" for v in a.free)
        if not plain or law is None or law.op != "dist" or work.random.atoms(law):
            return None
        laws[a] = law
    return laws


def _folded(inside: Term, work: Expectation) -> Term | None:
    if inside.op != "fn" or inside.data != "abs":
        return None
    from derivcheck.kernel import algebra

    atoms = sorted(work.moving_atoms(inside), key=order_key)
    laws = _named(atoms, work)
    u, rw = inside.args[0], work.rw
    if laws is None or not 1 <= len(atoms) <= 4 or any(d.data != "N" for d in laws.values()) or not _independent(work, atoms):
        return None
    zero = dict.fromkeys(atoms, b.ZERO)
    start = rw.nf(substitute(u, zero))
    mean, spread, parts = start, b.ZERO, [start]
    for a in atoms:
        slope = rw.nf(b.sub(substitute(u, {**zero, a: b.ONE}), start))
        if not rw.oracle.real(slope):
            return None
        parts.append(b.mul(slope, a))
        mean = b.add(mean, b.mul(slope, laws[a].args[0]))
        spread = b.add(spread, b.mul(b.pow_(slope, 2), laws[a].args[1]))
    mean, spread = rw.nf(mean), rw.nf(spread)
    if not algebra.is_zero(b.sub(u, b.add(*parts)), rw) or not rw.oracle.positive(spread) or not rw.oracle.real(mean):
        return None
    root = b.sqrt(b.mul(b.TWO, spread))
    first = b.mul(b.sqrt(b.div(b.mul(b.TWO, spread), b.PI)), b.exp(b.neg(b.div(b.pow_(mean, 2), b.mul(b.TWO, spread)))))
    return b.add(first, b.mul(mean, b.fn("erf", b.div(mean, root))))


def _iterated(inside: Term, work: Expectation) -> Term | None:
    rw = work.rw
    atoms = sorted(work.moving_atoms(inside), key=order_key)
    if len(atoms) != 2 or not contains_op(inside, "fn", "cases", "ind") or not moderate(inside, work.random):
        return None
    laws = _named(atoms, work)
    if laws is None or not _independent(work, atoms) or not all(work._closed(inside, a) for a in atoms):
        return None
    for a, other in (atoms, atoms[::-1]):
        x, y = (level_symbol(n, a.sort, rw.depth + i) for i, n in enumerate("xy"))
        domain = rw.oracle.support(laws[a])
        if domain is None:
            continue
        outer = rw.child(((Declaration(x, domain),), ()))
        mean = outer.nf(b.expect_over((y,), laws[other], substitute(inside, {a: x, other: y})))
        if contains_op(mean, *_OPEN):
            continue
        got = rw.nf(b.expect_over((x,), laws[a], mean))
        if not contains_op(got, *_OPEN):
            return got
    return None
