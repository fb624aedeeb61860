"""What declared laws and densities are at a point: formulas, marginals and conditionals, masses that add up to 1.

    p(z | x) = p(x, z)/p(x)          joint, marginal and conditional densities of one declared density
    p(n) = 1 - p(m) - … - p(n-1)     a mass function on {m, …, n}
"""

from __future__ import annotations

from derivcheck.kernel.densities import domains, given_count, mass_points, variable_domains
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.terms import build as b
from derivcheck.terms.sorts import dist, tup
from derivcheck.terms.term import Term, instantiate, mk

SOURCE = "definition of conditional and marginal densities; Bishop, Pattern Recognition and Machine Learning, ch. 1-2"


@rule("law", "law", statement="the law of X is the declared one", side="X declared with a law that is not conditional", source="declaration")
def law(t: Term, rw: Rewriter) -> Term | None:
    x = t.args[0]
    d = rw.oracle.context.declarations.get(x.args[0] if x.op == "idx" else x)
    if d is None or d.law is None or d.given:
        return None
    if d.law.op == "lam" and d.law.sort.kind == "fun":
        return instantiate(d.law, x.args[1:]) if x.op == "idx" else None
    return d.law


@rule("pdf-formula", "pdf", statement="the density λx.b at x is b", side="x in its domain", source="definition")
def pdf_formula(t: Term, rw: Rewriter) -> Term | None:
    d = t.args[0]
    if d.op != "lam" or len(d.bound) != len(t.args) - 1:
        return None
    for x, s in zip(t.args[1:], d.args[:-1], strict=True):
        if x.sort.kind == "num" and not rw.oracle.member(x, s):
            return None
    return instantiate(d, t.args[1:])


@rule("conditional-density", "pdf", statement="p(z | x) = p(x, z) / p(x)", side="marginals and conditionals of one declared joint density", source=SOURCE)
def conditional_density(t: Term, rw: Rewriter) -> Term | None:
    d = t.args[0]
    if d.op != "marg":
        return None
    p = d.args[0]
    before, given = d.data
    n = len(variable_domains(p, rw.oracle) or ())
    bars = given_count(p, rw.oracle)
    if not n or (bars and set(range(n - bars, n)) - set(given)) or len(before) + len(given) != len(t.args) - 1:
        return None
    extra = tuple(g for g in given if g < n - bars)
    points = dict(zip((*before, *given), t.args[1:], strict=True))
    if not extra:
        # a marginal with its positions in order
        keys = (*sorted(before), *sorted(given))
        if set(before) == set(range(n - bars)):
            return mk("pdf", (p, *(points[i] for i in range(n))))
        if (*before, *given) == keys:
            return None
        return mk("pdf", (marginal(p, tuple(sorted(before)), tuple(sorted(given))), *(points[i] for i in keys)))
    rest = tuple(g for g in given if g >= n - bars)

    def at(positions: tuple[int, ...]) -> Term:
        ordered = tuple(sorted(positions))
        if len(ordered) == n - bars:
            return mk("pdf", (p, *(points[i] for i in range(n))))
        return mk("pdf", (marginal(p, ordered, rest), *(points[i] for i in (*ordered, *rest))))

    return b.div(at((*before, *extra)), at(extra))


def marginal(p: Term, before: tuple[int, ...], given: tuple[int, ...]) -> Term:
    """The density of the positions `before` given the positions `given` of a joint density."""
    sorts = p.sort.result.params if p.sort.result.kind == "tuple" else (p.sort.result,)
    over = [sorts[i] for i in before]
    return mk("marg", (p,), (before, given), dist(over[0] if len(over) == 1 else tup(*over)))  # type: ignore[arg-type]


@rule("masses", "pdf", statement="p(n) = 1 - p(m) - … - p(n-1) for a mass function on {m, …, n}", side="m, n numbers, at most 12 points", source="normalisation", group="masses")
def masses(t: Term, rw: Rewriter) -> Term | None:
    d = t.args[0]
    if d.op not in ("sym", "idx") or len(t.args) != 2 or given_count(d, rw.oracle):
        return None
    sets = domains(d, rw.oracle)
    points = mass_points(sets[0]) if sets is not None and len(sets) == 1 else None
    if points is None or t.args[1] is not points[-1]:
        return None
    return b.sub(b.ONE, b.add(b.ZERO, *(b.pdf(d, k) for k in points[:-1])))
