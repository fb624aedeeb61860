"""Inequalities between expectations (Jensen, Gibbs, Cauchy-Schwarz, Markov), proportionality, and universal equations used under binders.

The search proposes an instance of an inequality from the terms that stand in the goal; the inference checks that the goal's difference is
a nonnegative multiple of it.  Limits: one application of Jensen; at most two divergences.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations_with_replacement

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.densities import domains, given_count, normalised, sorts_of
from derivcheck.kernel.inferences.probability import LINEAR, POWERS
from derivcheck.kernel.monomials import factors, product
from derivcheck.kernel.obligation import Obligation
from derivcheck.provers import operators, scalar
from derivcheck.provers.scalar import attempt
from derivcheck.terms import build as b
from derivcheck.terms.sorts import NUM
from derivcheck.terms.term import Term, contains_op, mk, num, open_binder, rebind, subterms, sym

METHODS = ("inequalities of expectations", "proportionality", "universal equations under binders")
MEANS = ("E", "Eover")


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of a relation about expectations, densities or divergences."""
    p = ob.statement
    if p.op == "sim":
        return _law_of_sum(ob, session)
    if p.op != "rel":
        return None
    if p.data in ("≐", "∝"):
        rule = "constant-difference" if p.data == "≐" else "constant-quotient"
        choices: list[tuple[tuple[str, ...], ...]] = [(), (("linearity",),)]
        if contains_op(p, "inner", "norm", "matmul", "ventry") and contains_op(p, *MEANS):
            choices.append(operators.ENTRIES[0:1])
        for params in choices:
            if attempt(ob, rule, params, session) == []:
                return Proof(rule, params)
        return _by_universal(ob, session)
    found: Proof | None = None
    if p.args[0].sort.kind == "num" and any(t.op in ("Eover", "Varover") and t.args[0].op == "lam" for t in subterms(p)):
        rest = attempt(ob, "mixture-means", (), session)
        inner = scalar.prove(rest[0], session) if rest else None
        found = Proof("mixture-means", (), (inner,)) if inner is not None else None
    if found is None and p.data in ("≤", "≥") and p.args[0].sort.kind == "num":
        found = _inequality(ob, session)
    if found is None and p.data in ("=", "≤", "≥"):
        found = _by_universal(ob, session)
    return found


def _law_of_sum(ob: Obligation, session: Session) -> Proof | None:
    for rule in ("law-of-sum", "law-by-distribution-function"):
        rest = attempt(ob, rule, (), session)
        proofs = [scalar.prove(r, session) for r in rest] if rest is not None else [None]
        if all(q is not None for q in proofs):
            return Proof(rule, (), tuple(q for q in proofs if q is not None))
    return None


def _inequality(ob: Obligation, session: Session) -> Proof | None:
    if not contains_op(ob.statement, "E", "Eover", "Var", "Cov", "KL", "JSD", "entropy", "crossent", "Pr", "pdf", "sum"):
        return None
    for n in POWERS:
        if attempt(ob, "markov", (n,), session) == []:
            return Proof("markov", (n,))
    for params in _jensen(ob, session):
        if attempt(ob, "jensen", params, session) == []:
            return Proof("jensen", params)
    for pairs in _divergences(ob, session):
        if attempt(ob, "gibbs", (pairs,), session) == []:
            return Proof("gibbs", (pairs,))
    oracle = session.oracle(ob.context)
    for d in _laws(ob, session):
        sets = domains(d, oracle)
        if sets is not None and len(sets) == 1 and sets[0].op == "range" and attempt(ob, "entropy-bound", (b.ONE, d), session) == []:
            return Proof("entropy-bound", (b.ONE, d))
    node = ob.statement.args[0]
    if node.op == "sum" and node.args[1] is not b.INF:
        for w in _weights(node, ob):
            rest = attempt(ob, "mean-bounded", (w,), session)
            if rest is not None:
                inner = _order(rest[0], session)
                if inner is not None:
                    return Proof("mean-bounded", (w,), (inner,))
    rest = attempt(ob, "union-bound", (), session)
    if rest is not None:
        inner = _leaf_order(rest[0], session)
        if inner is not None:
            return Proof("union-bound", (), (inner,))
    rest = attempt(ob, "pointwise", (), session)
    if rest is not None:
        proofs = [_order(part, session) for part in rest]
        if all(proof is not None for proof in proofs):
            return Proof("pointwise", (), tuple(proof for proof in proofs if proof is not None))
    for sums in _sum_products(ob, session):
        if attempt(ob, "cauchy-schwarz-sum", sums, session) == []:
            return Proof("cauchy-schwarz-sum", sums)
    if any(t.op == "pow" and t.args[1].op == "num" and t.args[1].data == Fraction(1, 2) for t in subterms(ob.statement)):
        rest = attempt(ob, "by-squares", (), session)
        if rest is not None:
            inner = scalar.prove(rest[0], session) or _inequality(rest[0], session)
            if inner is not None:
                return Proof("by-squares", (), (inner,))
    for params in _products(ob):
        if attempt(ob, "cauchy-schwarz-mean", params, session) == []:
            return Proof("cauchy-schwarz-mean", params)
    return None


def _order(ob: Obligation, session: Session) -> Proof | None:
    from derivcheck.provers import logic, order

    return scalar.prove(ob, session) or order.prove(ob, session) or logic.prove(ob, session)


def _leaf_order(ob: Obligation, session: Session) -> Proof | None:
    """An inequality that holds by the sign of the difference or summand by summand."""
    for params in ((), (("linearity",),)):
        if attempt(ob, "sign", params, session) == []:
            return Proof("sign", params)
    return operators.congruent(ob, session, 2) or _by_universal(ob, session)


# --- Jensen ---------------------------------------------------------------------------------------------------------------------------------


def _jensen(ob: Obligation, session: Session) -> Iterator[tuple[Term, Term, Term, Term | None]]:
    """Means that stand inside a function, with the convex function to use."""
    seen: set[tuple[Term, Term]] = set()
    u = sym("u", NUM, 1)
    rw = session.rewriter(ob.context)
    sides = [*ob.statement.args[:2]]
    for side in list(sides):
        new = rw.nf(side)
        if new not in sides:
            sides.append(new)
    for side in sides:
        for t in subterms(side):
            for inside, phi in _functions(t, u):
                for mean, scale in _means(inside):
                    f = b.lam((u,), (b.REALS,), phi)
                    if (mean, f) in seen or any(v.op == "bvar" for v in mean.free):
                        continue
                    seen.add((mean, f))
                    for c in _multiples(ob, session):
                        if mean.op == "sum":
                            for w in _weights(mean, ob):
                                yield mean, f, c, w
                        else:
                            yield mean, f, c, None
                    del scale
            if t.op in MEANS and not any(v.op == "bvar" for v in t.free):
                yield from _means_of_functions(t, u)


def _means_of_functions(t: Term, u: Term) -> Iterator[tuple[Term, Term, Term, Term | None]]:
    """E[f(g)] of a declared function f: against f(E[g])."""
    if t.op == "E":
        body = t.args[0]
        inner = mk("E", (body.args[1], *t.args[1:]), t.data, NUM) if body.op == "apply" and len(body.args) == 2 else None
    else:
        symbols, body = open_binder(t)
        inner = rebind(t, symbols, t.args[:-1], body.args[1]) if body.op == "apply" and len(body.args) == 2 else None
    if inner is not None and body.args[0].op == "sym":
        for phi in (b.apply(body.args[0], u), b.neg(b.apply(body.args[0], u))):
            yield inner, b.lam((u,), (b.REALS,), phi), b.ONE, None


def _functions(t: Term, u: Term) -> Iterator[tuple[Term, Term]]:
    """φ(inside) with φ convex: the inside and φ(u)."""
    if t.op == "fn" and t.data == "log":
        yield t.args[0], b.neg(b.log(u))
    elif t.op == "fn" and t.data in ("exp", "abs"):
        yield t.args[0], b.fn(str(t.data), u)
    elif t.op == "pow" and not contains_op(t.args[1], *MEANS):
        yield t.args[0], b.pow_(u, t.args[1])
        yield t.args[0], b.neg(b.pow_(u, t.args[1]))
    elif t.op == "div":
        yield t.args[1], b.div(b.ONE, u)
    elif t.op == "apply" and len(t.args) == 2 and t.args[0].op == "sym":
        yield t.args[1], b.apply(t.args[0], u)
        yield t.args[1], b.neg(b.apply(t.args[0], u))


def _means(t: Term) -> Iterator[tuple[Term, Term]]:
    if t.op in (*MEANS, "sum"):
        yield t, b.ONE
    top, bottom = factors(t)
    sums = [f for f in top if f.op == "sum" and len(f.bound) == 1 and f.args[1] is not b.INF]
    if t.op != "sum" and len(sums) == 1:
        # a factor before the sum is part of the weights
        top.remove(sums[0])
        (k,), body = open_binder(sums[0])
        yield b.sum_(k, sums[0].args[0], sums[0].args[1], b.mul(product(top, bottom), body)), b.ONE


def _multiples(ob: Obligation, session: Session) -> list[Term]:
    return [b.ONE]


def _weights(node: Term, ob: Obligation) -> Iterator[Term]:
    """Factors of the summand that may be weights: members of a family, or 1/n."""
    (k,), body = open_binder(node)
    candidates: dict[Term, None] = {}
    for s in subterms(body):
        if s.op in ("idx", "pdf", "apply", "ventry") and k in s.free:
            candidates[s] = None
    for s in candidates:
        yield b.lam((k,), (b.REALS,), s)
    count = b.add(node.args[1], b.neg(node.args[0]), b.ONE)
    yield b.lam((k,), (b.REALS,), b.div(b.ONE, count))


# --- divergences -------------------------------------------------------------------------------------------------------------------------------


def _laws(ob: Obligation, session: Session) -> list[Term]:
    """Laws that stand in the goal, and the conditional of a joint density."""
    found: dict[Term, None] = {}
    oracle = session.oracle(ob.context)
    for side in ob.statement.args[:2]:
        for t in subterms(side):
            if t.sort.kind == "dist" and not any(v.op == "bvar" for v in t.free):
                found[t] = None
            if t.op in ("Eover", "KL", "JSD", "entropy", "crossent"):
                for a in t.args:
                    if a.sort.kind == "dist" and not any(v.op == "bvar" for v in a.free):
                        found[a] = None
    for d in list(found):
        if d.op == "lam" and d.args[-1].op == "pdf":
            found.setdefault(d)
    out = [d for d in found if domains(d, oracle) is not None and (d.op == "lam" or not given_count(d, oracle))]
    out += [c for d in out for c in _conditionals(d, ob, oracle) if c not in found]
    return out


def _conditionals(d: Term, ob: Obligation, oracle: object) -> list[Term]:
    """For a joint density of the goal: its conditional over the variables of d."""
    out: list[Term] = []
    for side in ob.statement.args[:2]:
        for t in subterms(side):
            if t.op != "pdf" or t.args[0].op not in ("sym", "marg"):
                continue
            p = t.args[0] if t.args[0].op == "sym" else t.args[0].args[0]
            declaration = ob.context.declarations.get(p)
            if declaration is None or len(declaration.joint) != 2 or declaration.joint_given:
                continue
            for at in (0, 1):
                if declaration.joint[at].sort != sorts_of(d)[0] or len(sorts_of(d)) != 1:
                    continue
                x = sym("y", declaration.joint[at].sort, 1)
                other = declaration.joint[1 - at]
                from derivcheck.terms.sorts import dist

                law = mk("marg", (p,), ((at,), (1 - at,)), dist(x.sort))
                sets = domains(law, oracle)  # type: ignore[arg-type]
                if sets is not None:
                    out.append(b.lam((x,), sets, b.pdf(law, x, other), density=True))
                    out.append(mk("marg", (p,), ((at,), ()), dist(x.sort)))
    return list(dict.fromkeys(out))


def _divergences(ob: Obligation, session: Session) -> Iterator[tuple[tuple[Term, Term, Term], ...]]:
    rw = session.rewriter(ob.context)
    laws = list(dict.fromkeys(rw.nf(d) if d.op == "lam" else d for d in _laws(ob, session)))[:8]
    oracle = session.oracle(ob.context)
    laws = [d for d in laws if normalised(d, oracle)]
    for d in laws:
        for other in _reference_laws(d, ob, oracle):
            yield ((b.ONE, d, other),)
    mixtures = [_mixture(p, q, oracle) for p, q in combinations_with_replacement(laws, 2) if p is not q and sorts_of(p) == sorts_of(q)]
    laws += _product_laws(laws, oracle)
    pairs = [(p, q) for p in laws for q in [*laws, *[m for m in mixtures if m is not None]] if p is not q and sorts_of(p) == sorts_of(q)]
    for p, q in pairs[:40]:
        yield ((b.ONE, p, q),)
    half = b.HALF
    for m in mixtures:
        if m is None:
            continue
        for p, q in combinations_with_replacement(laws, 2):
            if p is not q and sorts_of(p) == sorts_of(q) == sorts_of(m):
                yield ((half, p, m), (half, q, m))


def _reference_laws(d: Term, ob: Obligation, oracle: object) -> Iterator[Term]:
    """The laws of greatest entropy with the moments that hypotheses tell of a density: normal on the line, exponential on the half line."""
    sets = domains(d, oracle)  # type: ignore[arg-type]
    if sets is None or len(sets) != 1 or sets[0].op != "set":
        return
    for h in ob.context.hypotheses:
        p = h.statement
        if p.op != "rel" or p.data != "=":
            continue
        for side, other in (p.args[:2], p.args[1::-1]):
            if side.op not in ("Eover", "Varover") or side.args[0] is not d or len(side.bound) != 1:
                continue
            (x,), body = open_binder(side)
            if side.op == "Eover" and sets[0].data in ("Rpos", "Rnn") and body is x:
                yield b.distribution("Exp", b.div(b.ONE, other))
            elif sets[0].data == "R" and side.op == "Varover" and body is x:
                yield b.distribution("N", b.expect_over((x,), d, x), other)
            elif sets[0].data == "R" and body.op == "pow" and body.args[1] is b.TWO:
                centre = b.ZERO if body.args[0] is x else b.sub(x, body.args[0])
                if x not in centre.free or centre is b.ZERO:
                    yield b.distribution("N", centre, other)
                elif body.args[0].op in ("sub", "add"):
                    rest = [a for a in body.args[0].args if a is not x]
                    if len(rest) == 1 and x not in rest[0].free:
                        yield b.distribution("N", b.neg(rest[0]), other)


def _product_laws(laws: list[Term], oracle: object) -> list[Term]:
    """For a joint density the product of its two marginals."""
    from derivcheck.terms.sorts import dist

    out: list[Term] = []
    for p in laws:
        sorts, sets = sorts_of(p), domains(p, oracle)  # type: ignore[arg-type]
        if p.op != "sym" or len(sorts) != 2 or sets is None:
            continue
        xs = tuple(sym(f"y_{i}", s, 1) for i, s in enumerate(sorts))
        parts = [b.pdf(mk("marg", (p,), ((i,), ()), dist(s)), x) for i, (s, x) in enumerate(zip(sorts, xs, strict=True))]
        out.append(b.lam(xs, sets, b.mul(*parts), density=True))
    return out


def _mixture(p: Term, q: Term, oracle: object) -> Term | None:
    if len(sorts_of(p)) != 1:
        return None
    sets = domains(p, oracle)  # type: ignore[arg-type]
    if sets is None or p.op == "lam" or q.op == "lam":
        return None
    x = sym("y", sorts_of(p)[0], 1)
    return b.lam((x,), sets, b.add(b.mul(b.HALF, b.pdf(p, x)), b.mul(b.HALF, b.pdf(q, x))), density=True)


# --- Cauchy-Schwarz ------------------------------------------------------------------------------------------------------------------------------


def _products(ob: Obligation) -> Iterator[tuple[Term, Term, Term, Term]]:
    squares: list[Term] = []
    node: Term | None = None
    for side in ob.statement.args[:2]:
        for t in subterms(side):
            if t.op == "E" and not any(v.op == "bvar" for v in t.free):
                node = node or t
                body = t.args[0]
                if body.op == "pow" and body.args[1].op == "num" and body.args[1].data == 2:
                    squares.append(body.args[0])
            if t.op in ("Var", "Cov"):
                node = node or b.expect(t.args[0])
                for a in t.args[: 2 if t.op == "Cov" else 1]:
                    squares.append(b.sub(a, b.expect(a)))
    if node is None:
        return
    for f, g in combinations_with_replacement(list(dict.fromkeys(squares))[:5], 2):
        if f is not g:
            yield node, f, g, b.ONE


def _sum_products(ob: Obligation, session: Session) -> Iterator[tuple[Term, Term, Term, Term, Term]]:
    """Two sums of squares over one range, or a sum of squares and the number of its terms."""
    found: dict[tuple[Term, Term], list[Term]] = {}
    if not contains_op(ob.statement, "sum"):
        return
    rw = session.rewriter(ob.context)
    for side in [*ob.statement.args[:2], *(rw.nf(s) for s in ob.statement.args[:2])]:
        for t in subterms(side):
            if t.op != "sum" or t.args[1] is b.INF or any(v.op == "bvar" for v in t.free):
                continue
            (k,), body = open_binder(t)
            if body.op == "pow" and body.args[1].op == "num" and body.args[1].data == 2:
                f = b.lam((k,), (b.REALS,), body.args[0])
                squares = found.setdefault((t.args[0], t.args[1]), [])
                if f not in squares:
                    squares.append(f)
    for (lo, hi), functions in found.items():
        one = b.lam((sym("k", NUM, 1),), (b.REALS,), b.ONE)
        count = b.add(hi, b.neg(lo), b.ONE)
        for i, f in enumerate(functions[:4]):
            for g in [*functions[i + 1 : 4], one]:
                yield f, g, lo, hi, b.ONE
                if g is one:
                    yield f, g, lo, hi, b.div(b.ONE, b.pow_(count, 2))
                    yield f, g, lo, hi, b.div(b.ONE, count)


# --- universal equations --------------------------------------------------------------------------------------------------------------------------


def _by_universal(ob: Obligation, session: Session, left: int = 2, normal_next: bool = True) -> Proof | None:
    """Rewrite by universal hypotheses, in the statement as it is or in its normal form, then the linear normal form."""
    if left == 0 or not any(h.statement.op == "forall" for h in ob.context.hypotheses):
        return None
    for number, h in enumerate(ob.context.hypotheses):
        if h.statement.op != "forall":
            continue
        for backwards in (False, True, "moment"):
            rest = attempt(ob, "rewrite-universal", (number, backwards), session)
            if rest is None:
                continue
            found = _close(rest[0], session) or _by_universal(rest[0], session, left - 1, normal_next)
            if found is not None:
                return Proof("rewrite-universal", (number, backwards), (found,))
            if len(ob.statement.args) == 2 and all(x is not y for x, y in zip(ob.statement.args, rest[0].statement.args, strict=True)):
                # both sides changed: an equation that turns one into the other must be used on one of them
                one = attempt(ob, "rewrite-universal", (number, backwards, 0), session)
                found = _close(one[0], session) if one else None
                if found is not None:
                    return Proof("rewrite-universal", (number, backwards, 0), (found,))
    if normal_next:
        normal = attempt(ob, "rewrite", (("linearity",),), session)
        if normal is not None:
            found = _by_universal(normal[0], session, 1, False)
            if found is not None:
                return Proof("rewrite", (("linearity",),), (found,))
    return None


def _close(ob: Obligation, session: Session) -> Proof | None:
    if ob.statement.data in ("≐", "∝"):
        rule = "constant-difference" if ob.statement.data == "≐" else "constant-quotient"
        for params in ((), (("linearity",),)):
            if attempt(ob, rule, params, session) == []:
                return Proof(rule, params)
        return None
    found = scalar.leaf(ob, session, "reflexive", "ring", "normal-form", "equations") or operators.prove(ob, session)
    if found is None and contains_op(ob.statement, "ind"):
        from derivcheck.provers import integer_cases

        found = integer_cases.prove(ob, session)
    return found


__all__ = ["LINEAR", "num", "prove"]
