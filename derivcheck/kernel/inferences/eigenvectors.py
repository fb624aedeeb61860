"""Eigenvalues by their eigenvectors: from A x = c x a polynomial in c becomes forms in x; equations of norms squared.

Source: Horn and Johnson, Matrix Analysis, 1.1, 4.2 (Rayleigh quotients).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from derivcheck.kernel import algebra
from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.inferences.basic import relation
from derivcheck.kernel.inferences.solutions import hypothesis_parts
from derivcheck.kernel.matrix_facts import nonzero, real_entries, square
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.randomness import mentions_random
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.terms import build as b
from derivcheck.terms.context import Hypothesis
from derivcheck.terms.term import Term, mk

HJ = "Horn and Johnson, Matrix Analysis"
DEGREE = 6


def eigenpair(p: Term) -> tuple[Term, Term, Term] | None:
    """(A, x, c) of an equation A x = c x."""
    if p.op != "rel" or p.data != "=" or p.args[0].sort.kind != "mat" or p.args[0].sort.cols is not b.ONE:
        return None
    for left, right in (p.args[:2], p.args[1::-1]):
        c, x = (right.args[0], right.args[1]) if right.op == "smul" else (b.ONE, right)
        if left.op == "matmul" and left.args[-1] is x and c is not b.ONE:
            a = b.matmul(*left.args[:-1])
            if square(a):
                return a, x, c
    return None


def _form(a: Term, x: Term, k: int, norms: bool) -> Term:
    """x^T A^k x, or with half of the powers on the other side: (A^j x)^T A^{k-j} x."""
    j = k // 2 if norms else 0
    left, right = b.matmul(*[a] * j, x) if j else x, b.matmul(*[a] * (k - j), x) if k > j else x
    return mk("inner", (left, right))


@inference(
    "eigenvector",
    statement="∑ a_k c^k REL 0 if ∑ a_k x^T A^k x REL 0, where A x = c x and x^T x > 0; also with (A^j x)^T A^{k-j} x, j = ⌊k/2⌋",
    source=HJ + ", 1.1, 4.2",
    method="eigenvalues",
)
def eigenvector(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (the hypothesis A x = c x with a symbol c, whether norms are used).  The hypothesis is left out of what remains."""
    p, norms = params
    u, v = relation(ob, "=", "≠", "<", "≤", ">", "≥")
    if u.sort.kind != "num" or p not in hypothesis_parts(ob.context):
        raise Rejected("no such hypothesis")
    got = eigenpair(p)
    if got is None:
        raise Rejected("not an eigenvalue equation")
    a, x, c = got
    rw = session.rewriter(ob.context)
    oracle = rw.oracle
    if oracle.undefinedness(a) or oracle.undefinedness(x):
        raise Rejected("the equation may say nothing")
    if c.op != "sym" or c in a.free or c in x.free or any(mentions_random(t, oracle) for t in got):
        raise Rejected("not a plain number")
    if not (oracle.real(c) and real_entries(a, oracle) and real_entries(x, oracle)):
        raise Rejected("not shown real")
    size = mk("inner", (x, x))
    if not (nonzero(x, oracle) or oracle.positive(size) or oracle.positive(rw.nf(size)) or _one(size, rw)):
        raise Rejected("the vector may be zero")
    coefficients = _polynomial(b.sub(u, v), c, rw)
    if coefficients is None or len(coefficients) < 2:
        raise Rejected("not a polynomial in the eigenvalue")
    total = b.add(*(b.mul(q, _form(a, x, k, bool(norms))) for k, q in enumerate(coefficients) if q is not b.ZERO))
    kept = tuple(h for h in ob.context.hypotheses if p is not h.statement and not (h.statement.op == "and" and p in h.statement.args))
    return [Obligation(replace(ob.context, hypotheses=kept), b.rel(total, str(ob.statement.data), b.ZERO))]


def _one(size: Term, rw: Rewriter) -> bool:
    """Whether a hypothesis says that x^T x (or ‖x‖) is 1."""
    for p in hypothesis_parts(rw.oracle.context):
        if p.op == "rel" and p.data == "=" and p.args[0].sort.kind == "num":
            for s, t in (p.args[:2], p.args[1::-1]):
                if t is b.ONE and rw.nf(s) in (rw.nf(size), rw.nf(b.norm(size.args[0]))):
                    return True
    return False


def _polynomial(t: Term, c: Term, rw: Rewriter) -> list[Term] | None:
    """The coefficients of a polynomial in c with real coefficients free of c."""
    region, [(top, bottom)] = algebra.numerator_polynomials([rw.nf(t)], rw)
    i = region.index.get(("atom", c))
    below = region.to_term(bottom, region.one)
    if i is None or c in below.free:
        return None
    degree = int(top.degrees()[i])
    if degree > DEGREE:
        return None
    parts: list[dict[tuple[int, ...], Any]] = [{} for _ in range(degree + 1)]
    for e, q in top.to_dict().items():
        exps = [int(v) for v in e]
        k, exps[i] = exps[i], 0
        parts[k][tuple(exps)] = q
    terms = [region.to_term(region.context.from_dict(d), bottom) if d else b.ZERO for d in parts]
    if any(c in s.free or not rw.oracle.real(s) for s in terms):
        return None
    return terms


@inference("norms-squared", statement="from ‖u‖ REL ‖v‖ and ‖u‖ = c ≥ 0: ‖u‖² REL ‖v‖², ‖u‖² = c²", source="monotonicity of the square", method="norms")
def norms_squared(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    rw = session.rewriter(ob.context)
    facts: list[Term] = []
    for p in hypothesis_parts(ob.context):
        if p.op != "rel" or p.data not in ("=", "<", "≤", ">", "≥") or p.args[0].sort.kind != "num" or len(p.args) != 2:
            continue
        x, y = p.args
        if not any(s.op == "norm" and s.data in ("2", "F") for s in (x, y)) or not (rw.oracle.nonnegative(x) and rw.oracle.nonnegative(y)):
            continue
        if not mentions_random(p, rw.oracle):
            facts.append(b.rel(rw.nf(b.pow_(x, b.TWO)), str(p.data), rw.nf(b.pow_(y, b.TWO))))
    have = {h.statement for h in ob.context.hypotheses}
    facts = [f for f in facts if f not in have]
    if not facts:
        raise Rejected("nothing to square")
    return [Obligation(ob.context.with_hypotheses([Hypothesis(f, None, "step") for f in facts]), ob.statement)]
