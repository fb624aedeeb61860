"""Gradients, Jacobians and Hessians by vectors and matrices.

Each is read off the differential (`kernel/matrix_differential.py`).  Conditions of the differentiation rules must be shown at the
point, or be harmless as `rules/derivatives.py` says.  Besides: where f is applied to the entries of the variable itself, once, a kink
is harmless: the partial derivative by that entry exists only if the outer derivative is 0, and then any slope at the kink gives 0.

Sources: Magnus and Neudecker, Matrix Differential Calculus, chapters 5, 8, 9; The Matrix Cookbook, section 2.
"""

from __future__ import annotations

from derivcheck.kernel.matrix_differential import differential, gradient_of, jacobian_of, kinks
from derivcheck.kernel.rewrite import Rewriter, level_symbol, rule
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration, Hypothesis
from derivcheck.terms.term import Term, fresh, instantiate, mk, open_binder, substitute, subterms

SOURCE = "Magnus and Neudecker, Matrix Differential Calculus, 5.11 (first identification theorem); The Matrix Cookbook, section 2"


def settled(c: Term, body: Term, x: Term, point: Term, inner: Rewriter, rw: Rewriter) -> bool:
    """Whether a condition of a differentiation rule holds at the point, or is harmless where it fails."""
    from derivcheck.kernel.rules.derivatives import harmless

    if c.op == "and":
        return all(settled(p, body, x, point, inner, rw) for p in c.args)
    if c.op == "opaque":
        return False
    if c.op == "forall":
        return _for_all(c, body, x, point, rw)
    if c.op == "rel" and c.data == "notin" and c.args[1].op == "interval":
        return True
    at_point = substitute(c, {x: point})
    if rw.oracle.holds(at_point) or inner.oracle.holds(c) or rw.nf(at_point).op == "true":
        return True
    if c.op == "rel" and c.data == "≠" and c.args[0].op in ("det", "norm"):
        # the rule's value is missing there, the derivative may not be
        return c in inner.oracle.undefinedness(body) or _zero_excluded(c.args[0], x, point, rw)
    return (harmless(c, body, x) or _affine_split(c, body, x, inner)) and not kinked_emaps(body)


def _zero_excluded(t: Term, x: Term, point: Term, rw: Rewriter) -> bool:
    return rw.oracle.nonzero(rw.nf(substitute(t, {x: point})))


def _affine_split(c: Term, body: Term, x: Term, rw: Rewriter) -> bool:
    """The only kink is one two-branch `cases` split where an affine function of x changes sign: along any line the branch that holds at
    the break holds on one side of it too, so if the derivative exists it is that branch's."""
    from derivcheck.kernel.rules.derivatives import _two_branches

    if c.op != "rel" or c.data != "≠":
        return False
    found = kinks(body)
    splits = [k for k in found if k.op == "cases"]
    if len(splits) != 1 or len(found) != 1:
        return False
    k = splits[0]
    p = k.args[0]
    if p.op != "rel" or p.data not in ("<", "≤", ">", "≥") or any(a.sort.kind != "num" for a in p.args):
        return False
    u = fresh("u")
    gap = b.sub(p.args[0], p.args[1])
    model = mk("rel", (u, b.ZERO), p.data, p.sort)
    others = [mk("rel", (u, b.ZERO), q.data, q.sort) if q.op == "rel" and q.args == p.args else q for q in k.args[2:-1:2]] if len(k.args) % 2 == 0 else []
    shape = b.cases(model, b.ONE, *[z for q in others for z in (q, b.ZERO)], *([] if others else [b.ZERO]))
    if not _two_branches(shape, u):
        return False
    h = level_symbol("h", x.sort, rw.depth + 60)
    got = differential(gap, x, h)
    return got is not None and not got[1] and (got[0] is None or x not in rw.nf(got[0]).free)


def _for_all(c: Term, body: Term, x: Term, point: Term, rw: Rewriter) -> bool:
    if _entry_of_variable(c, body, x):
        return True
    symbols = tuple(fresh(f"k{i}", v.sort) for i, v in enumerate(c.bound))
    oracle = rw.oracle.extend(tuple(Declaration(s, d) for s, d in zip(symbols, c.args[:-1], strict=True)), ())
    facts = []
    for h in rw.oracle.context.hypotheses:
        p = h.statement
        if p.op == "forall" and len(p.bound) == len(symbols) and all(oracle.member(s, d) for s, d in zip(symbols, p.args[:-1], strict=True)):
            facts.append(Hypothesis(rw.nf(instantiate(p, symbols)), None, "domain"))
            facts.append(Hypothesis(instantiate(p, symbols), None, "domain"))
    inner = Rewriter(oracle.extend((), tuple(facts)), rw.groups, rw.budget, rw.used, rw.conditions, rw.depth + 1, rw.skip)
    p = substitute(instantiate(c, symbols), {x: point})
    return _shown(p, inner)


def _shown(p: Term, rw: Rewriter) -> bool:
    if p.op == "and":
        return all(_shown(q, rw) for q in p.args)
    if p.op == "rel" and p.data == "notin" and p.args[1].op == "interval":
        return True
    if p.op == "opaque":
        return False
    if p.op == "forall":
        return False
    return rw.oracle.holds(p) or rw.nf(p).op == "true" or _negated_fact(p, rw)


def _negated_fact(p: Term, rw: Rewriter) -> bool:
    # u ≠ v among the hypotheses up to normal forms
    if p.op != "rel" or p.data != "≠":
        return False
    u = rw.nf(b.sub(p.args[0], p.args[1]))
    minus = rw.nf(b.neg(u))
    for h in rw.oracle.context.hypotheses:
        q = h.statement
        if q.op == "rel" and q.data in ("≠", "<", ">") and q.args[0].sort.kind == "num":
            v = rw.nf(b.sub(q.args[0], q.args[1]))
            if v is u or v is minus:
                return True
    return False


def kinked_emaps(body: Term) -> list[Term]:
    """Elementwise applications of functions with kinks."""
    return [s for s in subterms(body) if s.op == "emap" and s.args[0].op == "lam" and kinks(s.args[0])]


def _entry_of_variable(c: Term, body: Term, x: Term) -> bool:
    # a condition on the entries of the variable itself, from the only term with kinks
    found = kinked_emaps(body)
    if len(found) != 1 or found[0].args[1] is not x:
        return False
    inside = set(subterms(found[0]))
    if any(k not in inside for k in kinks(body)):
        return False
    return _one_kink(found[0].args[0])


def _one_kink(f: Term) -> bool:
    """A `lam` that is |u|, max(u, a), min(u, a) or two branches split at an order relation between u and a constant, smooth otherwise."""
    from derivcheck.kernel.rules.derivatives import _two_branches

    (u,), body = open_binder(f)
    ks = kinks(body)
    if len(ks) != 1:
        return False
    k = ks[0]
    if k.op == "cases":
        return _two_branches(k, u)
    return k.op == "fn" and k.data in ("abs", "max", "min") and len(k.args) <= 2


def _differential_at(t: Term, rw: Rewriter) -> tuple[Term, Term, Term, Rewriter] | None:
    """(x, h, normal differential along h, rewriter of the body's context) with all conditions settled."""
    (x,), body, inner = rw.under(t)
    h = level_symbol("h", x.sort, rw.depth + 50)
    got = differential(body, x, h)
    if got is None:
        return None
    value, conditions = got
    if not all(settled(c, body, x, t.args[0], inner, rw) for c in conditions):
        return None
    if value is None:
        value = b.zeros(body.sort.rows, body.sort.cols) if body.sort.kind == "mat" else b.ZERO
    return x, h, inner.nf(value), inner


@rule("gradient", "grad", statement="dF = ⟨G, dX⟩ identifies the gradient G", source=SOURCE)
def gradient(t: Term, rw: Rewriter) -> Term | None:
    if t.sort.kind != "mat":
        return None
    body = t.args[-1]
    if body.op == "apply" and sum(a is t.bound[0] for a in body.args) == 1 and all(
        a is t.bound[0] or t.bound[0] not in a.free for a in body.args
    ):
        return None
    found = _differential_at(t, rw)
    if found is None:
        return None
    x, h, value, inner = found
    got = gradient_of(value, h, inner)
    if got is None or h in got.free:
        return None
    return substitute(got, {x: t.args[0]})


@rule("jacobian", "jac", statement="dF = J dx identifies the Jacobian J; denominator layout is its transpose", source=SOURCE)
def jacobian(t: Term, rw: Rewriter) -> Term | None:
    if t.data == "denominator":
        return b.transpose(mk("jac", t.args, "numerator", b.transpose(t).sort, t.bound))
    body = t.args[-1]
    if body.op == "apply" and sum(a is t.bound[0] for a in body.args) == 1 and all(
        a is t.bound[0] or t.bound[0] not in a.free for a in body.args
    ):
        return None
    found = _differential_at(t, rw)
    if found is None:
        return None
    x, h, value, inner = found
    got = jacobian_of(value, h, inner)
    if got is None or h in got.free:
        return None
    return substitute(got, {x: t.args[0]})


@rule("hessian", "hess", statement="the Hessian is the Jacobian of the gradient", source="Magnus and Neudecker, Matrix Differential Calculus, 6.3")
def hessian(t: Term, rw: Rewriter) -> Term | None:
    body = t.args[-1]
    if body.op == "apply" and len(body.args) == 2 and body.args[1] is t.bound[0]:
        return None
    (x,), inside = open_binder(t)
    slope = b.grad(x, inside)
    return b.jac(x, slope, t.args[0])


__all__ = ["fresh", "settled"]
