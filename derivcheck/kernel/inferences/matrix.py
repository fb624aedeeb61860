"""Inferences about matrices: entry by entry, cancelling an invertible factor, definiteness, inequalities of norms, ∝ and ≐, minima.

Sources: Horn and Johnson, Matrix Analysis (0.2, 0.7, 5.1, 5.6, 7.1); Boyd and Vandenberghe, Convex Optimization, 3.1 and 9.1.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from derivcheck.kernel import algebra
from derivcheck.kernel.check import Rejected, Session, inference
from derivcheck.kernel.inferences.basic import have_values, relation
from derivcheck.kernel.literals import integer_value
from derivcheck.kernel.matrix_facts import invertible, orthogonal, partition, pd, psd, real_entries
from derivcheck.kernel.matrix_form import canonical, decode
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.random_laws import depends
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.kernel.rules.matrix_blocks import cells
from derivcheck.kernel.valued import valued
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration, Hypothesis
from derivcheck.terms.term import Term, mk, num, substitute, subterms

HJ = "Horn and Johnson, Matrix Analysis"


@inference("entrywise", statement="A = B if A_{ij} = B_{ij} for all i and j", source=HJ + ", 0.2", method="entries")
def entrywise(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    x, y = relation(ob, "=")
    if x.sort.kind != "mat" or y.sort.kind != "mat":
        raise Rejected("not matrices")
    rows, cols = x.sort.rows, x.sort.cols
    context = ob.context
    if cols is b.ONE and rows is b.ONE:
        return [Obligation(context, b.eq(b.tonum(x), b.tonum(y)))]
    i, j = _eigen("i", context, (x, y)), _eigen("j", context, (x, y))
    context = context.with_declaration(Declaration(i, b.int_range(b.ONE, rows)))
    if cols is b.ONE:
        return [Obligation(context, b.eq(b.ventry(x, i), b.ventry(y, i)))]
    context = context.with_declaration(Declaration(j, b.int_range(b.ONE, cols)))
    return [Obligation(context, b.eq(b.entry(x, i, j), b.entry(y, i, j)))]


def _eigen(name: str, context: Any, terms: tuple[Term, ...]) -> Term:
    # a symbol that nothing mentions, the same at every replay
    from derivcheck.terms.term import sym

    k = 0
    while True:
        s = sym(f"{name}^{{({k})}}")
        if s not in context.declarations and all(s not in t.free for t in terms):
            return s
        k += 1


@inference("blocks", statement="matrices cut alike are equal if their blocks (entries) are", source=HJ + ", 0.7", method="entries")
def equal_blocks(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """Both sides' normal forms are block matrices of one partition (or 0, I); leaves the blocks that differ."""
    x, y = relation(ob, "=")
    rw = session.rewriter(ob.context)
    x, y = rw.nf(x), rw.nf(y)
    model = x if x.op == "bmat" else y
    if model.op != "bmat":
        raise Rejected("no blocks")
    left, right = _cut_like(x, model), _cut_like(y, model)
    out = []
    for p, q in zip(left, right, strict=True):
        if p.sort.kind != q.sort.kind or (p.sort.kind == "mat" and (p.sort.rows is not q.sort.rows or p.sort.cols is not q.sort.cols)):
            raise Rejected("cut differently")
        if p is not q:
            out.append(Obligation(ob.context, b.eq(p, q)))
    return out


def _cut_like(t: Term, model: Term) -> tuple[Term, ...]:
    if t.op == "bmat" and t.data == model.data:
        return t.args
    m, n = partition(model)
    if t.op == "zeros":
        return tuple(b.ZERO if a.sort.kind == "num" else b.zeros(a.sort.rows, a.sort.cols) for a in model.args)
    if all(a.sort.kind == "num" for a in model.args):
        grid = cells(t)
        if grid is not None and len(grid) == m and len(grid[0]) == n:
            return tuple(x for r in grid for x in r)
    if t.op == "eye" and m == n and all(a.sort.kind == "mat" for a in model.args):
        diagonal = [model.args[i * n + i] for i in range(n)]
        if all(a.sort.rows is a.sort.cols for a in diagonal):
            return tuple(b.eye(a.sort.rows) if i == j else b.zeros(a.sort.rows, a.sort.cols) for i in range(n) for j in range(n) for a in (model.args[i * n + j],))
    if t.op == "smul" and t.args[1].op in ("eye", "zeros"):
        return tuple(b.mul(t.args[0], a) if a.sort.kind == "num" else b.smul(t.args[0], a) for a in _cut_like(t.args[1], model))
    raise Rejected("no blocks")


@inference(
    "matrix-equations",
    statement="A = B if A - B becomes 0 by the hypotheses' equations between matrices, read as rewriting rules on words",
    source="consequences of equations in the free algebra; Mora (1994)",
    method="hypotheses",
)
def matrix_equations(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the group that says which word leads."""
    x, y = relation(ob, "=")
    if x.sort.kind != "mat" or y.sort.kind != "mat":
        raise Rejected("not matrices")
    rw = session.rewriter(ob.context, frozenset({"core", *params[0]}))
    if rw.nf(b.add(x, b.neg(y))).op != "zeros":
        raise Rejected("not zero by the hypotheses")
    return []


@inference(
    "where-invertible",
    statement="A = B is claimed where both sides have values; there what they invert is invertible and their denominators are not 0",
    source="SPEC section 6",
    method="matrix algebra",
)
def where_invertible(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    p = ob.statement
    if p.op != "rel" or p.data != "=" or "strict" in ob.context.conventions:
        raise Rejected("not an equation")
    oracle = session.oracle(ob.context)
    facts: dict[Term, None] = {}
    for s in set().union(*(strict_subterms(side) for side in p.args[:2])):
        below = b.det(s.args[0]) if s.op == "inv" else s.args[1] if s.op == "div" else None
        if below is not None and not oracle.nonzero(below):
            facts[b.rel(below, "≠", b.ZERO)] = None
            normal = session.rewriter(ob.context).nf(below)
            facts[b.rel(normal, "≠", b.ZERO)] = None
    if not facts:
        raise Rejected("nothing to add")
    return [Obligation(ob.context.with_hypotheses([Hypothesis(f, None, "domain") for f in facts]), p)]


@inference(
    "finite-index",
    statement="P(i) for all i in {a, …, b} from P(a), …, P(b)",
    source="logic",
    method="cases",
)
def finite_index(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: a symbol declared in a range of at most 16 numbers."""
    from derivcheck.kernel.randomness import randomness

    (i,) = params
    d = ob.context.declarations.get(i)
    if d is None or d.domain is None or d.domain.op != "range" or i.sort.kind != "num" or randomness(session.oracle(ob.context)).is_random(i):
        raise Rejected("not a declared index")
    lo, hi = (integer_value(a) for a in d.domain.args)
    if lo is None or hi is None or hi - lo > 15:
        raise Rejected("not a short range")
    out = []
    for k in range(lo, hi + 1):
        value = {i: b.num_of(k)}
        hypotheses = tuple(Hypothesis(substitute(h.statement, value), h.label, h.kind) for h in ob.context.hypotheses)
        context = ob.context if hypotheses == ob.context.hypotheses else replace(ob.context, hypotheses=hypotheses)
        out.append(Obligation(context, substitute(ob.statement, value)))
    return out


@inference(
    "cancel-inverse",
    statement="A = B if S A = S B (or A S = B S) and S is invertible: S^{-1} occurs in A or B, or S is shown invertible",
    source=HJ + ", 0.5",
    method="matrix algebra",
)
def cancel_inverse(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: ('left' | 'right', S)."""
    side, s = params
    x, y = relation(ob, "=")
    if x.sort.kind != "mat" or s.sort.kind != "mat" or s.sort.rows is not s.sort.cols:
        raise Rejected("not square")
    if canonical(x.sort.rows if side == "left" else x.sort.cols) is not canonical(s.sort.rows):
        raise Rejected("the sizes do not fit")
    rw = session.rewriter(ob.context)
    inverted = any(u.op == "inv" and u.args[0] is s for t in (x, y, rw.nf(x), rw.nf(y)) for u in strict_subterms(t))
    if not (inverted or invertible(s, rw.oracle) or rw.oracle.nonzero(rw.nf(b.det(s)))):
        raise Rejected("not shown invertible")
    if side == "left":
        return [Obligation(ob.context, b.eq(b.matmul(s, x), b.matmul(s, y)))]
    return [Obligation(ob.context, b.eq(b.matmul(x, s), b.matmul(y, s)))]


def strict_subterms(t: Term) -> set[Term]:
    """Subterms that have a value whenever t has: outside binders and branches."""
    out = {t}
    stack = [t]
    while stack:
        x = stack.pop()
        if x.bound or x.op in ("cases", "ind", "emap", "rel"):
            continue
        for a in x.args:
            if a not in out:
                out.add(a)
                stack.append(a)
    return out


@inference("definite", statement="A ⪰ 0, A ≻ 0 by the structure of A", source=HJ + ", 7.1", method="definite matrices")
def definite(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    p = ob.statement
    if p.op not in ("psd", "pd"):
        raise Rejected("not about definiteness")
    rw = session.rewriter(ob.context)
    if "strict" in ob.context.conventions:
        have_values(p.args[0], rw)
        if not valued(p.args[0], rw):
            raise Rejected("the matrix may be undefined")
    ask = psd if p.op == "psd" else pd
    if ask(p.args[0], rw.oracle) or ask(rw.nf(p.args[0]), rw.oracle):
        return []
    raise Rejected("not shown")


@inference("matrix-substitute", statement="from x = A (a hypothesis): the goal with A for the symbol x", source="Leibniz", method="substitution")
def matrix_substitute(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the equation, and the symbol that one of its sides is."""
    from derivcheck.kernel.randomness import randomness

    p, x = params
    if not any(q is p for h in ob.context.hypotheses for q in (h.statement, *(h.statement.args if h.statement.op == "and" else ()))):
        raise Rejected("no such hypothesis")
    if p.op != "rel" or p.data != "=" or x.op != "sym" or x.sort.kind != "mat":
        raise Rejected("nothing to substitute")
    w = p.args[1] if p.args[0] is x else p.args[0] if p.args[1] is x else None
    if w is None or x in w.free or randomness(session.oracle(ob.context)).atoms(p):
        raise Rejected("not solved for this symbol")
    return [Obligation(ob.context, substitute(ob.statement, {x: w}))]


# --- inequalities of norms -----------------------------------------------------------------------------------------------------------


@inference(
    "norm-fact",
    statement="‖x + y‖ ≤ ‖x‖ + ‖y‖, |x^T y| ≤ ‖x‖ ‖y‖, ‖Ax‖ ≤ σ(A) ‖x‖, σ(AB) ≤ σ(A) σ(B), σ(A^k) ≤ σ(A)^k, σ(A) ≤ ‖A‖_F ≤ √n σ(A), ‖Ax‖ ≤ ‖A‖_F ‖x‖, ‖x‖_∞ ≤ ‖x‖_2 ≤ ‖x‖_1 ≤ √n ‖x‖_2 ≤ n ‖x‖_∞, (det Q)² = 1",
    source=HJ + ", 5.1, 5.6",
    method="norms",
)
def norm_fact(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: (name, a term that stands in the goal, in its normal form or in an earlier fact); leaves the goal with the fact among the hypotheses."""
    name, t = params
    rw = session.rewriter(ob.context)
    if t not in goal_terms(ob, rw):
        raise Rejected("not in the goal")
    fact = fact_about(name, t, rw)
    if fact is None:
        raise Rejected("no such fact")
    return [Obligation(ob.context.with_hypotheses([Hypothesis(fact, None, "step")]), ob.statement)]


@inference("norm-split", statement="‖x‖ ≤ ‖y‖ + ‖x - y‖", source=HJ + ", 5.1", method="norms")
def norm_split(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: two norms of one kind in the goal; leaves the goal with the fact among the hypotheses."""
    t, other = params
    rw = session.rewriter(ob.context)
    present = goal_terms(ob, rw)
    if t not in present or other not in present or t.op not in ("norm", "sigmax") or (t.op, t.data) != (other.op, other.data):
        raise Rejected("not norms of one kind in the goal")
    x, y = t.args[0], other.args[0]
    if x.sort.kind != "mat" or (x.sort.rows, x.sort.cols) != (y.sort.rows, y.sort.cols) or not (real_entries(x, rw.oracle) and real_entries(y, rw.oracle)):
        raise Rejected("not of one shape")
    facts = []
    for z in (y, b.neg(y)):
        rest = mk(t.op, (b.add(x, b.neg(z)),), t.data)
        facts.append(b.rel(rw.nf(t), "≤", rw.nf(b.add(other, rest))))
    return [Obligation(ob.context.with_hypotheses([Hypothesis(f, None, "step") for f in facts]), ob.statement)]


def goal_terms(ob: Obligation, rw: Rewriter) -> set[Term]:
    """Terms that have a value wherever the goal's sides have: subterms as written, normal, or in facts already added."""
    sides = [a for a in ob.statement.args if a.sort.kind in ("num", "mat")]
    facts = [h.statement for h in ob.context.hypotheses if h.kind == "step"]
    return set().union(*(strict_subterms(t) for a in sides for t in (a, rw.nf(a))), *(strict_subterms(f) for f in facts))


def fact_about(name: str, t: Term, rw: Rewriter) -> Term | None:
    """The inequality of this name about a term, in normal form."""
    got = _FACTS[name](t, rw) if name in _FACTS else None
    if got is None:
        return None
    parts = [mk("rel", tuple(rw.nf(a) for a in p.args), p.data, p.sort) for p in (got.args if got.op == "and" else (got,))]
    return b.and_(*parts)


def _triangle(t: Term, rw: Rewriter) -> Term | None:
    if t.op not in ("norm", "sigmax") or not real_entries(t.args[0], rw.oracle):
        return None
    a = t.args[0]
    if rw.nf(a) is not a:
        # as written: the summands are what stands there
        return b.rel(t, "≤", b.add(*(mk(t.op, (x,), t.data) for x in a.args))) if a.op == "add" else None
    form = decode(a, rw)
    if len(form) < 2:
        return None
    n = a.sort.rows
    parts = [b.mul(b.fn("abs", c), mk(t.op, (b.matmul(*w) if w else b.eye(n),), t.data)) for w, c in form.items()]
    whole = b.rel(t, "≤", b.add(*parts))
    reverse = [b.rel(p, "≤", b.add(t, *(q for q in parts if q is not p))) for p in parts]
    return b.and_(whole, *reverse)


def _sigmas(factors: tuple[Term, ...]) -> list[Term]:
    return [mk("sigmax", (f,)) for f in factors]


def _powers_of_sigmas(factors: tuple[Term, ...], rw: Rewriter) -> list[Term] | None:
    """σ(A)^n for the factors A^n, σ(A) for the others; None if there is no power."""
    if not any(f.op == "mpow" for f in factors):
        return None
    out = []
    for f in factors:
        power = f.op == "mpow" and rw.oracle.natural(f.args[1]) and rw.oracle.positive(f.sort.rows)
        out.append(b.pow_(mk("sigmax", (f.args[0],)), f.args[1]) if power else mk("sigmax", (f,)))
    return out


def _operator_bound(t: Term, rw: Rewriter) -> Term | None:
    a = t.args[0]
    if not real_entries(a, rw.oracle):
        return None
    if t.op == "sigmax" and a.op == "transpose":
        a = a.args[0]
    if t.op == "norm" and t.data == "2" and a.sort.cols is b.ONE:
        if a.op == "matmul":
            one = b.rel(t, "≤", b.mul(mk("sigmax", (a.args[0],)), b.norm(b.matmul(*a.args[1:]))))
            whole = b.rel(t, "≤", b.mul(mk("sigmax", (b.matmul(*a.args[:-1]),)), b.norm(a.args[-1])))
            each = b.rel(t, "≤", b.mul(*_sigmas(a.args[:-1]), b.norm(a.args[-1])))
            powers = _powers_of_sigmas(a.args[:-1], rw)
            more = [b.rel(t, "≤", b.mul(*powers, b.norm(a.args[-1])))] if powers is not None else []
            return b.and_(one, whole, each, *more) if len(a.args) > 2 else b.and_(one, *more)
        if a.op == "add" and rw.nf(a) is a:
            # a common last factor: (A + B) x
            form = decode(a, rw)
            last = next(iter(form))[-1:] if next(iter(form)) else ()
            if last and all(w and w[-1:] == last for w in form) and last[0].sort.rows is a.sort.rows:
                m = b.add(*(b.smul(c, b.matmul(*w[:-1]) if len(w) > 1 else b.eye(a.sort.rows)) for w, c in form.items()))
                return b.rel(t, "≤", b.mul(mk("sigmax", (m,)), b.norm(last[0])))
        return None
    if t.op == "sigmax" and a.op == "matmul":
        one = b.rel(t, "≤", b.mul(mk("sigmax", (a.args[0],)), mk("sigmax", (b.matmul(*a.args[1:]),))))
        return b.and_(one, b.rel(t, "≤", b.mul(*_sigmas(a.args)))) if len(a.args) > 2 else one
    if t.op == "sigmax" and a.op == "mpow" and rw.oracle.natural(a.args[1]) and rw.oracle.positive(a.sort.rows):
        return b.rel(t, "≤", b.pow_(mk("sigmax", (a.args[0],)), a.args[1]))
    if t.op == "norm" and t.data == "F" and a.op == "matmul":
        return b.rel(t, "≤", b.mul(b.norm(a.args[0], "F"), b.norm(b.matmul(*a.args[1:]), "F")))
    return None


def _norms_compared(t: Term, rw: Rewriter) -> Term | None:
    """‖x‖_∞ ≤ ‖x‖_2 ≤ ‖x‖_1 ≤ √n ‖x‖_2 ≤ n ‖x‖_∞ for a vector with n real entries."""
    a = t.args[0]
    if t.op != "norm" or t.data not in ("1", "2", "inf") or a.sort.kind != "mat" or a.sort.cols is not b.ONE or not real_entries(a, rw.oracle):
        return None
    n = a.sort.rows
    one, two, largest = (b.norm(a, kind) for kind in ("1", "2", "inf"))
    root = b.sqrt(n)
    return b.and_(
        b.rel(largest, "≤", two), b.rel(two, "≤", one), b.rel(one, "≤", b.mul(root, two)), b.rel(two, "≤", b.mul(root, largest)), b.rel(one, "≤", b.mul(n, largest))
    )


def _frobenius_bound(t: Term, rw: Rewriter) -> Term | None:
    """‖Ax‖ ≤ ‖A‖_F ‖x‖."""
    a = t.args[0]
    if t.op != "norm" or t.data != "2" or a.sort.kind != "mat" or a.sort.cols is not b.ONE or a.op != "matmul" or not real_entries(a, rw.oracle):
        return None
    if any(f.op == "norm" for f in a.args):
        return None
    return b.rel(t, "≤", b.mul(b.norm(a.args[0], "F"), b.norm(b.matmul(*a.args[1:]))))


def _cauchy_schwarz(t: Term, rw: Rewriter) -> Term | None:
    if t.op == "inner" and all(real_entries(a, rw.oracle) for a in t.args):
        u, v = t.args
        bounds = [b.mul(b.norm(u), b.norm(v))]
        if v.op == "matmul":
            bounds.append(b.mul(b.norm(u), *_sigmas(v.args[:-1]), b.norm(v.args[-1])))
        return b.and_(*(b.rel(x, "≤", bound) for bound in bounds for x in (b.fn("abs", t), t, b.neg(t))))
    if t.op == "trace" and t.args[0].op == "matmul" and real_entries(t.args[0], rw.oracle):
        x, y = t.args[0].args[0], b.matmul(*t.args[0].args[1:])
        bound = b.mul(b.norm(x, "F"), b.norm(y, "F"))
        return b.and_(*(b.rel(z, "≤", bound) for z in (b.fn("abs", t), t, b.neg(t))))
    return None


def _cauchy_schwarz_square(t: Term, rw: Rewriter) -> Term | None:
    if t.op == "inner" and all(real_entries(a, rw.oracle) for a in t.args):
        u, v = t.args
        squares = b.add(mk("inner", (u, u)), mk("inner", (v, v)))
        return b.and_(
            b.rel(b.pow_(t, b.TWO), "≤", b.mul(mk("inner", (u, u)), mk("inner", (v, v)))),
            # ‖u ∓ v‖² ≥ 0
            b.rel(b.mul(b.TWO, t), "≤", squares),
            b.rel(b.mul(num(-2), t), "≤", squares),
        )
    return None


def _spectral_frobenius(t: Term, rw: Rewriter) -> Term | None:
    if t.op == "sigmax" and real_entries(t.args[0], rw.oracle):
        a = t.args[0]
        frobenius = b.norm(a, "F")
        # ‖A‖_F² is the sum of the squares of at most min(m, n) singular values
        return b.and_(b.rel(t, "≤", frobenius), *(b.rel(frobenius, "≤", b.mul(b.sqrt(k), t)) for k in dict.fromkeys((a.sort.rows, a.sort.cols))))
    return None


def _orthogonal_determinant(t: Term, rw: Rewriter) -> Term | None:
    if t.op == "det" and orthogonal(t.args[0], rw.oracle):
        return b.eq(b.pow_(t, b.TWO), b.ONE)
    return None


_FACTS = {
    "norms-compared": _norms_compared,
    "frobenius": _frobenius_bound,
    "triangle": _triangle,
    "operator": _operator_bound,
    "cauchy-schwarz": _cauchy_schwarz,
    "cauchy-schwarz-square": _cauchy_schwarz_square,
    "spectral-frobenius": _spectral_frobenius,
    "orthogonal-determinant": _orthogonal_determinant,
}


# --- ∝ and ≐ ----------------------------------------------------------------------------------------------------------------------


def _variables(p: Term, ob: Obligation) -> tuple[Term, ...]:
    given = p.args[2:] or ob.context.vary
    if not given:
        raise Rejected("no variable is named")
    return tuple(given)


@inference(
    "quotient-free",
    statement="A ∝_w B if A = k B for the normal form k of A/B, k free of w, defined and nonzero (positive where a side is nonnegative)",
    source="definition of ∝ (SPEC section 3)",
    method="normal form",
)
def quotient_free(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    p = ob.statement
    if p.op != "rel" or p.data != "∝":
        raise Rejected("not a proportionality")
    x, y = p.args[:2]
    if x.sort.kind != "num" or y.sort.kind != "num":
        raise Rejected("not scalars")
    ws = _variables(p, ob)
    rw = session.rewriter(ob.context)
    k = rw.nf(b.div(x, y))
    if depends(k, ws, ob.context) or any(t.op in ("const", "anyconst", "opaque") and t.data in ("inf", "undefined") for t in subterms(k)):
        raise Rejected("the quotient depends on the variables")
    if k.op == "div" and k.args[1] is y:
        raise Rejected("no quotient")
    oracle = rw.oracle
    # A/B = k gives A = k B where B ≠ 0; where B may vanish the product must be the same
    if not (oracle.nonzero(y) or oracle.nonzero(rw.nf(y)) or algebra.is_zero(b.sub(x, b.mul(k, y)), rw)):
        raise Rejected("not proportional")
    if oracle.undefinedness(k):
        raise Rejected("the factor may be undefined")
    if not oracle.positive(k):
        if not oracle.nonzero(k):
            raise Rejected("the factor may be zero")
        if not oracle.real(k) or oracle.nonnegative(x) or oracle.nonnegative(y):
            raise Rejected("the factor may be negative")
    return []


@inference(
    "difference-free",
    statement="A ≐_w B if the normal form of A - B is free of w and defined",
    source="definition of ≐ (SPEC section 3)",
    method="normal form",
)
def difference_free(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    p = ob.statement
    if p.op != "rel" or p.data != "≐" or p.args[0].sort.kind not in ("num", "mat"):
        raise Rejected("not such a relation")
    ws = _variables(p, ob)
    rw = session.rewriter(ob.context)
    k = rw.nf(b.add(p.args[0], b.neg(p.args[1])))
    if depends(k, ws, ob.context) or any(t is b.INF or t.op == "opaque" for t in subterms(k)):
        raise Rejected("the difference depends on the variables")
    if rw.oracle.undefinedness(k):
        raise Rejected("the difference may be undefined")
    return []


__all__ = ["fact_about", "strict_subterms"]
