"""The law of a sum of independent variables of one family, of an affine function of one variable, and laws by their distribution functions."""

from __future__ import annotations

from typing import Any

from derivcheck.kernel import algebra, moments
from derivcheck.kernel.check import Rejected, Session, eigen, inference
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.randomness import randomness
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.sorts import NUM
from derivcheck.terms.term import Term, mk, num, substitute

_ADDITIVE = frozenset({"Po", "Ga", "NB", "Bin"})
"""Laws whose sums stay in a family: the first parameter adds up, the others are equal."""


@inference(
    "law-of-sum",
    statement="∑ a_i X_i + c ~ D from equal parameters: normal X_i with any a_i; Po, Ga, NB, Bin with a_i = 1; one X of U, Laplace with a ≠ 0 of known sign, c; one X of Exp, Ga with a > 0",
    source="Johnson, Kotz, Balakrishnan, Continuous Univariate Distributions; reproductive families by characteristic functions",
    method="law of a sum",
)
def law_of_sum(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """X_i mutually independent by declaration, with named laws that depend on nothing random; D admissible."""
    p = ob.statement
    if p.op != "sim" or p.args[1].op != "dist" or p.args[0].sort.kind != "num":
        raise Rejected("not the law of a number")
    rw = session.rewriter(ob.context)
    target = p.args[1]
    slopes, constant, laws = _parts(p.args[0], rw)
    law = _law(slopes, constant, laws, rw)
    if law is None or law.data != target.data or not moments.valid(target, rw.oracle):
        raise Rejected("no such law")
    return [Obligation(ob.context, b.eq(x, y)) for x, y in zip(law.args, target.args, strict=True)]


def _parts(t: Term, rw: Rewriter) -> tuple[list[Term], Term, list[Term]]:
    """Slopes, constant and laws of a linear function of independent variables."""
    r = randomness(rw.oracle)
    atoms = sorted(r.atoms(t), key=order_key)
    laws: list[Term] = []
    for a in atoms:
        d = r.declaration(a)
        if a.op != "sym" or a.sort.kind != "num" or d is None or d.law is None or d.given or d.law.op != "dist" or r.atoms(d.law):
            raise Rejected("not a named law")
        laws.append(d.law)
    if not atoms or any(len(c) > 1 for c in r.clusters([frozenset((a,)) for a in atoms], frozenset())):
        raise Rejected("not independent")
    zero = dict.fromkeys(atoms, b.ZERO)
    constant = rw.nf(substitute(t, zero))
    slopes = [rw.nf(b.sub(substitute(t, {**zero, a: b.ONE}), constant)) for a in atoms]
    linear = b.add(constant, *(b.mul(s, a) for s, a in zip(slopes, atoms, strict=True)))
    if any(r.atoms(s) for s in (*slopes, constant)) or not algebra.is_zero(b.sub(t, linear), rw) or not all(rw.oracle.real(s) for s in (*slopes, constant)):
        raise Rejected("not linear")
    return slopes, constant, laws


def _law(slopes: list[Term], constant: Term, laws: list[Term], rw: Rewriter) -> Term | None:
    names = {str(d.data) for d in laws}
    if names == {"N"}:
        mean = b.add(constant, *(b.mul(s, d.args[0]) for s, d in zip(slopes, laws, strict=True)))
        spread = b.add(b.ZERO, *(b.mul(b.pow_(s, 2), d.args[1]) for s, d in zip(slopes, laws, strict=True)))
        return b.distribution("N", mean, spread)
    if len(laws) == 1:
        (s,), (d,) = slopes, laws
        if s is b.ONE and constant is b.ZERO:
            return d
        if rw.oracle.negative(s):
            return _turned(b.neg(s), constant, d)
        return _affine(s, constant, d) if rw.oracle.positive(s) else None
    if constant is not b.ZERO or any(s is not b.ONE for s in slopes):
        return None
    if names == {"Exp"}:
        laws = [b.distribution("Ga", b.ONE, d.args[0]) for d in laws]
    elif names <= {"Exp", "Ga"}:
        laws = [d if d.data == "Ga" else b.distribution("Ga", b.ONE, d.args[0]) for d in laws]
    elif names <= {"Bern", "Bin"}:
        laws = [d if d.data == "Bin" else b.distribution("Bin", b.ONE, d.args[0]) for d in laws]
    elif len(names) > 1 or not names <= _ADDITIVE:
        return None
    first = laws[0]
    if any(rw.nf(x) is not rw.nf(y) for d in laws[1:] for x, y in zip(first.args[1:], d.args[1:], strict=True)):
        return None
    return b.distribution(str(first.data), b.add(*(d.args[0] for d in laws)), *first.args[1:])


def _turned(s: Term, c: Term, d: Term) -> Term | None:
    """The law of c - s X for s > 0."""
    name, p = str(d.data), d.args
    if name == "U":
        return b.distribution("U", b.sub(c, b.mul(s, p[1])), b.sub(c, b.mul(s, p[0])))
    return b.distribution("Laplace", b.sub(c, b.mul(s, p[0])), b.mul(s, p[1])) if name == "Laplace" else None


def _affine(s: Term, c: Term, d: Term) -> Term | None:
    """The law of s X + c for s > 0."""
    name, p = str(d.data), d.args
    if name == "U":
        return b.distribution("U", b.add(b.mul(s, p[0]), c), b.add(b.mul(s, p[1]), c))
    if name == "Laplace":
        return b.distribution("Laplace", b.add(b.mul(s, p[0]), c), b.mul(s, p[1]))
    if c is b.ZERO and name == "Exp":
        return b.distribution("Exp", b.div(p[0], s))
    if c is b.ZERO and name == "Ga":
        return b.distribution("Ga", p[0], b.div(p[1], s))
    return None


@inference(
    "law-by-distribution-function",
    statement="X ~ D from Pr(X ≤ t) = F(t) for all t inside the support of D: N, Laplace, Exp, U, LogN, Beta(a, 1), Beta(1, b), Ga(1/2, b)",
    source="a distribution function is right continuous and tends to 0 and 1 at the ends of the support; Williams, Probability with Martingales, 3.11",
    method="distribution function",
)
def law_by_distribution_function(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """Leaves the equation between the distribution functions."""
    p = ob.statement
    if p.op != "sim" or p.args[1].op != "dist" or p.args[0].sort.kind != "num":
        raise Rejected("not the law of a number")
    x, law = p.args
    oracle = session.oracle(ob.context)
    support = oracle.support(law)
    if not moments.valid(law, oracle) or support is None or not randomness(oracle).atoms(x) or randomness(oracle).atoms(law):
        raise Rejected("no such law")
    t = eigen(ob.context, "t", NUM)
    domain = b.POSITIVE if support is b.NONNEGATIVE else b.interval(support.args[0], support.args[1], "()") if support.op == "interval" else support
    below = _distribution_function(law, t)
    if below is None:
        raise Rejected("its distribution function is not in closed form")
    return [Obligation(ob.context.with_declaration(Declaration(t, domain)), b.eq(mk("Pr", (b.rel(x, "≤", t),), 0), below))]


def _distribution_function(law: Term, t: Term) -> Term | None:
    """F(t) inside the support."""
    name, p = str(law.data), law.args
    if name in ("N", "LogN"):
        u = b.log(t) if name == "LogN" else t
        return b.mul(b.HALF, b.add(b.ONE, b.fn("erf", b.div(b.sub(u, p[0]), b.sqrt(b.mul(b.TWO, p[1]))))))
    if name == "Exp":
        return b.sub(b.ONE, b.exp(b.neg(b.mul(p[0], t))))
    if name == "U":
        return b.div(b.sub(t, p[0]), b.sub(p[1], p[0]))
    if name == "Laplace":
        u = b.div(b.sub(t, p[0]), p[1])
        upper = b.sub(b.ONE, b.mul(b.HALF, b.exp(b.neg(u))))
        return b.cases(b.rel(t, "<", p[0]), b.mul(b.HALF, b.exp(u)), upper)
    if name == "Beta" and p[1] is b.ONE:
        return b.pow_(t, p[0])
    if name == "Beta" and p[0] is b.ONE:
        return b.sub(b.ONE, b.pow_(b.sub(b.ONE, t), p[1]))
    if name == "Ga" and p[0].op in ("num", "div") and not p[0].free and p[0] in (b.HALF, b.div(b.ONE, b.TWO)):
        return b.fn("erf", b.sqrt(b.mul(p[1], t)))
    if name == "Ga" and p[0] is num(1):
        return b.sub(b.ONE, b.exp(b.neg(b.mul(p[1], t))))
    return None
