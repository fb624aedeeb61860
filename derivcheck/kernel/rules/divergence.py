"""Divergences and entropies by their definitions as expectations.

    KL(p ‖ q) = E_p[log(p/q)]     H(p, q) = -E_p[log q]     H(p) = -E_p[log p]
    JSD(p, q) = ½ KL(p ‖ m) + ½ KL(q ‖ m), m = (p + q)/2
    I(X; Y) = H(X) + H(Y) - H(X, Y), H(X | Y) = H(X, Y) - H(Y)      (group `linearity`; finiteness recorded)

KL is +∞ where q vanishes on a set that p charges; there the expectation has no value, and nothing is claimed.
Source: Cover and Thomas, Elements of Information Theory, ch. 2 and 8; Lin 1991 (JSD).
"""

from __future__ import annotations

from derivcheck.kernel.densities import domains, sorts_of, value
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.randomness import randomness
from derivcheck.kernel.rewrite import Rewriter, level_symbol, rule
from derivcheck.kernel.summable import integrability
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, bind, mk

SOURCE = "Cover and Thomas, Elements of Information Theory, ch. 2 and 8"


def points_of(d: Term, rw: Rewriter) -> tuple[Term, ...]:
    """New variables for a law."""
    sorts = sorts_of(d)
    return tuple(level_symbol("x" if len(sorts) == 1 else f"x_{{{i + 1}}}", s, rw.depth) for i, s in enumerate(sorts))


@rule("kl", "KL", statement="KL(p ‖ q) = E_p[log(p/q)]; KL(p ‖ p) = 0", source=SOURCE)
def kl(t: Term, rw: Rewriter) -> Term | None:
    p, q = t.args
    if p is q:
        return b.ZERO
    xs = points_of(p, rw)
    return b.expect_over(xs, p, b.log(b.div(value(p, xs), value(q, xs))))


@rule("jsd", "JSD", statement="JSD(p, q) = ½ KL(p ‖ m) + ½ KL(q ‖ m), m = (p + q)/2", source="Lin 1991")
def jsd(t: Term, rw: Rewriter) -> Term | None:
    p, q = t.args
    sets = domains(p, rw.oracle)
    if sets is None:
        return None
    xs = points_of(p, rw)
    m = bind("lam", xs, sets, b.div(b.add(value(p, xs), value(q, xs)), b.TWO), None, p.sort)
    return b.mul(b.HALF, b.add(mk("KL", (p, m)), mk("KL", (q, m))))


@rule("entropy", "entropy", "crossent", statement="H(p) = -E_p[log p], H(p, q) = -E_p[log q]", source=SOURCE)
def entropy(t: Term, rw: Rewriter) -> Term | None:
    p, q = t.args[0], t.args[-1]
    xs = points_of(p, rw)
    return b.neg(b.expect_over(xs, p, b.log(value(q, xs))))


@rule("entropy-of-variable", "entropyrv", statement="H(X) is the entropy of the law of X; H(X, Y) does not depend on the order", source=SOURCE)
def entropy_of_variable(t: Term, rw: Rewriter) -> Term | None:
    k = int(t.data)
    if k == len(t.args) == 1:
        d = rw.oracle.context.declarations.get(t.args[0])
        if d is not None and d.law is not None and not d.given and not (d.law.op == "lam" and d.law.sort.kind == "fun"):
            return mk("entropy", (d.law,))
    first, given = sorted(set(t.args[:k]), key=order_key), sorted(set(t.args[k:]), key=order_key)
    args = (*first, *given)
    return None if args == t.args else mk("entropyrv", args, len(first))


@rule("mutual-information", "MI", statement="I(X; Y) = H(X) + H(Y) - H(X, Y)", side="finite entropies (recorded)", source=SOURCE, group="linearity")
def mutual_information(t: Term, rw: Rewriter) -> Term | None:
    k = int(t.data)
    xs, ys = t.args[:k], t.args[k:]

    def h(vs: tuple[Term, ...]) -> Term:
        return mk("entropyrv", vs, len(vs))

    rw.assume(integrability(h(t.args)))
    return b.add(h(xs), h(ys), b.neg(h(t.args)))


@rule("conditional-entropy", "entropyrv", statement="H(X | Y) = H(X, Y) - H(Y)", side="finite entropies (recorded)", source=SOURCE, group="linearity")
def conditional_entropy(t: Term, rw: Rewriter) -> Term | None:
    k = int(t.data)
    if k == len(t.args):
        return None
    given = t.args[k:]
    rw.assume(integrability(mk("entropyrv", t.args, len(t.args))))
    return b.sub(mk("entropyrv", t.args, len(t.args)), mk("entropyrv", given, len(given)))


@rule(
    "entropy-of-independent",
    "entropyrv",
    statement="H(X, Y) = H(X) + H(Y)",
    side="X, Y declared independent; finitely many values, or finite entropies (recorded)",
    source=SOURCE,
)
def entropy_of_independent(t: Term, rw: Rewriter) -> Term | None:
    if int(t.data) != len(t.args) or len(t.args) < 2:
        return None
    random = randomness(rw.oracle)
    groups = random.clusters([random.atoms(x) for x in t.args], frozenset())
    if len(groups) < 2:
        return None
    parts = [mk("entropyrv", tuple(t.args[i] for i in sorted(g)), len(g)) for g in groups]
    if not all(_few_values(x, rw) for x in t.args):
        if "linearity" not in rw.groups:
            return None
        for p in parts:
            rw.assume(integrability(p))
    return b.add(*parts)


def _few_values(x: Term, rw: Rewriter) -> bool:
    d = rw.oracle.context.declarations.get(x.args[0] if x.op == "idx" else x)
    domain = d.domain if d is not None else None
    return domain is not None and (domain.op == "finset" or (domain.op == "range" and domain.args[1] is not b.INF and domain.args[0].op != "neg"))
