"""Convexity as a statement; Jensen's inequality for functions given by formulas.

`f convex`: by declaration, by the make-up of f, by its second derivative or its Hessian.  `φ(∑ λᵢ vᵢ) ≤ ∑ λᵢ φ(vᵢ)`: a mean is looked for on either
side, as a sum with weights that add up to 1, and the side is read as a function of it.
Limits: means of two or three symbols (members of families, values of functions), of numbers or of vectors.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.matrix_form import decode
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.provers import linear, matrix, order, scalar
from derivcheck.provers.scalar import attempt, leaf
from derivcheck.semantics.differentiate import derivative
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, fresh, substitute, subterms

METHODS = ("convexity", "second derivative", "Hessian")
ATOMS = ("sym", "idx", "apply")
MEANS = 6


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof that a function is convex or concave, or of an inequality of Jensen's kind."""
    p = ob.statement
    if p.op in ("isconvex", "isconcave"):
        return leaf(ob, session, "hypothesis", "convex-declared", "convex-structure") or _via(ob, "convex-curve", (), session) or _via(ob, "convex-hessian", (), session)
    if p.op != "rel" or p.data not in ("≤", "≥") or p.args[0].sort.kind != "num":
        return None
    rw = session.rewriter(ob.context)
    for at in (0, 1):
        for u, pairs in _means(p.args[at], rw):
            for domain in _domains(u, pairs, ob, session):
                found = _via(ob, "chord", (at, u, domain, *pairs), session)
                if found is not None:
                    return found
    return None


def _domains(u: Term, pairs: tuple[tuple[Term, Term], ...], ob: Obligation, session: Session) -> Iterator[Term]:
    if u.sort.kind == "mat":
        yield b.rn(u.sort.rows)
        return
    yield b.REALS
    oracle = session.oracle(ob.context)
    if all(oracle.positive(v) for _, v in pairs):
        yield b.POSITIVE
    elif all(oracle.nonnegative(v) for _, v in pairs):
        yield b.NONNEGATIVE
    own = {ob.context.domain_of(v) for _, v in pairs}
    if len(own) == 1 and (d := own.pop()) is not None and d.op == "interval":
        yield d


def _means(t: Term, rw: Rewriter) -> Iterator[tuple[Term, tuple[tuple[Term, Term], ...]]]:
    """Subterms that are means of symbols, largest first, with weights and values."""
    made = 0
    for u in sorted({s for s in subterms(t) if s.op in ("add", "mul", "div", "smul") and not any(v.op == "bvar" for v in s.free)}, key=lambda s: (-s.size, order_key(s))):
        pairs = _vectors(u, rw) if u.sort.kind == "mat" else _numbers(u, rw)
        if pairs is not None:
            yield u, pairs
            made += 1
            if made >= MEANS:
                return


def _vectors(u: Term, rw: Rewriter) -> tuple[tuple[Term, Term], ...] | None:
    if not u.sort.is_vector:
        return None
    form = decode(rw.nf(u), rw)
    if not 2 <= len(form) <= 3 or any(len(w) != 1 for w in form):
        return None
    pairs = tuple((c, w[0]) for w, c in sorted(form.items(), key=lambda i: order_key(i[0][0])))
    return pairs if rw.nf(b.sub(b.add(*(c for c, _ in pairs)), b.ONE)) is b.ZERO else None


def _numbers(u: Term, rw: Rewriter) -> tuple[tuple[Term, Term], ...] | None:
    atoms = sorted({s for s in subterms(u) if s.op in ATOMS and s.sort.kind == "num"}, key=order_key)
    if not 2 <= len(atoms) <= 6:
        return None
    slopes: dict[Term, Term] = {}
    for s in atoms:
        g = fresh("g")
        c = rw.nf(derivative(substitute(u, {s: g}), g).term)
        if g not in c.free and c is not b.ZERO:
            slopes[s] = c
    for count in (2, 3):
        for chosen in combinations([s for s in atoms if s in slopes], count):
            weights = [slopes[s] for s in chosen]
            if any(s in set(subterms(c)) for s in chosen for c in weights):
                continue
            if rw.nf(b.sub(b.add(*weights), b.ONE)) is b.ZERO and rw.nf(b.sub(u, b.add(*(b.mul(c, s) for c, s in zip(weights, chosen, strict=True))))) is b.ZERO:
                return tuple(zip(weights, chosen, strict=True))
    return None


def _via(ob: Obligation, rule: str, params: tuple[object, ...], session: Session) -> Proof | None:
    rest = attempt(ob, rule, params, session)
    if rest is None:
        return None
    proofs: list[Proof] = []
    for r in rest:
        p = r.statement
        found = prove(r, session) if p.op in ("isconvex", "isconcave") else matrix.prove(r, session) if p.op in ("psd", "pd") else scalar.prove(r, session)
        if found is None and p.op == "rel" and any(t.sort.kind == "mat" for t in subterms(p)):
            found = matrix.prove(r, session)
        if found is None and p.op == "rel" and p.data in ("<", "≤", ">", "≥"):
            found = linear.prove(r, session) or order._prove(r, session, 1)
        if found is None:
            return None
        proofs.append(found)
    return Proof(rule, params, tuple(proofs))
