"""Vectors and matrices of symbolic size.

Decides: equations of matrices and of numbers made of them (normal forms in the free algebra, hypotheses as rewriting rules, inverses cancelled
by multiplying out, entries as sums over indices), definiteness, inequalities of norms, ∝ and ≐ between exponentials of quadratic
forms, minimisers of convex quadratics.  How: it tries the kernel's inferences from cheap to dear; what proves is in the kernel.
Limits: two inverses cancelled one after the other; entries only as far as the sums' normal form goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.inferences.eigenvectors import eigenpair
from derivcheck.kernel.inferences.matrix import fact_about, strict_subterms
from derivcheck.kernel.matrix_facts import invertible
from derivcheck.kernel.matrix_form import canonical, decode
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.ordering import order_key
from derivcheck.provers.scalar import attempt
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, subterms

METHODS = ("normal form", "matrix algebra", "entries", "definite matrices", "norms", "optimum")
ENTRIES = ("matrix-entries",)
FROM_THE_RIGHT = ("matrix-entries-right",)
HYPOTHESES = (("matrix-hypotheses",), ("matrix-hypotheses-reversed",))
SOLVED = ("matrix-hypotheses-solved",)
_ORDER = ("<", "≤", ">", "≥")


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of a relation between matrices or numbers made of matrices."""
    p = ob.statement
    if p.op in ("psd", "pd"):
        return _leaf(ob, "definite", (), session) or _leaf(ob, "hypothesis", (), session)
    if p.op != "rel" or not _about_matrices(ob):
        return None
    if p.args[0].sort.kind == "num" and p.data in (*_ORDER, "=", "≠"):
        found = _eigenvalue(ob, session)
        if found is not None:
            return found
    if p.data == "=":
        if any(a.op in ("argmin", "argmax") for a in p.args):
            return _optimum(ob, session)
        return _marginal(ob, session) or _equation(ob, session, 2) or _where_invertible(ob, session)
    if p.data in ("∝", "≐"):
        rule = "quotient-free" if p.data == "∝" else "difference-free"
        return _leaf(ob, rule, (), session) or _eliminated(ob, session, lambda o: _leaf(o, rule, (), session))
    if p.data in _ORDER:
        return _inequality(ob, session)
    return None


def _marginal(ob: Obligation, session: Session) -> Proof | None:
    """Integrals of two normal densities first, one after the other."""
    if not any(t.op in ("intset", "Eover") for t in subterms(ob.statement)):
        return None
    rest = attempt(ob, "gauss-marginal", (), session)
    if not rest:
        return None
    inner = _marginal(rest[0], session) or _equation(rest[0], session, 0)
    return Proof("gauss-marginal", (), (inner,)) if inner is not None else None


def by_rewriting(ob: Obligation, session: Session) -> Proof | None:
    """A proof of an equation between matrices by normal forms and the hypotheses' equations alone."""
    return _equation(ob, session, 0)


def _eigenvalue(ob: Obligation, session: Session) -> Proof | None:
    """A polynomial in an eigenvalue by forms in its eigenvector."""
    from derivcheck.provers import definite, scalar

    for h in ob.context.hypotheses:
        for q in _parts(h.statement):
            got = eigenpair(q)
            if got is None or got[2] not in ob.statement.free:
                continue
            for norms in (False, True):
                rest = attempt(ob, "eigenvector", (q, norms), session)
                if not rest:
                    continue
                (goal,) = rest
                proof = scalar.prove(goal, session) or _equation(goal, session, 1) if goal.statement.data == "=" else None
                if proof is None and goal.statement.data != "=":
                    proof = _leaf(goal, "sign", (), session) or definite.prove(goal, session) or _inequality(goal, session)
                if proof is not None:
                    return Proof("eigenvector", (q, norms), (proof,))
    return None


def _about_matrices(ob: Obligation) -> bool:
    p = ob.statement
    if any(eigenpair(q) is not None for h in ob.context.hypotheses for q in _parts(h.statement)):
        return True
    if p.data in ("∝", "≐"):
        return True
    return any(t.sort.kind == "mat" for t in subterms(p))


def _leaf(ob: Obligation, rule: str, params: tuple[object, ...], session: Session) -> Proof | None:
    return Proof(rule, params) if attempt(ob, rule, params, session) == [] else None


def _equation(ob: Obligation, session: Session, depth: int) -> Proof | None:
    x, y = ob.statement.args[0], ob.statement.args[1]
    equations = _has_matrix_hypotheses(ob)
    if x.sort.kind == "num":
        found = _leaf(ob, "ring", (), session)
        if found is None and equations:
            found = _by_hypotheses(ob, "ring", session) or (_substituted(ob, session, 1) if depth else None)
        if found is None:
            found = _with_facts(ob, session, "equations", ("orthogonal-determinant",))
        if found is None and any(t.op == "E" for a in (x, y) for t in subterms(a)):
            found = _leaf(ob, "ring", (("linearity",),), session)
        if found is None and depth == 2 and all(t.op == "det" or (t.op == "mul" and all(u.op == "det" for u in t.args)) for t in (x, y)):
            for orders in ((False, False), (True, False)):
                rest = attempt(ob, "determinants-multiplied", orders, session)
                inner = _equation(rest[0], session, 1) if rest else None
                if inner is not None:
                    return Proof("determinants-multiplied", orders, (inner,))
        found = found or _leaf(ob, "ring", (ENTRIES,), session) or _leaf(ob, "ring", (FROM_THE_RIGHT,), session)
        return found or (_by_index(ob, session) if depth == 2 else None)
    if x.sort.kind != "mat":
        return None
    found = _leaf(ob, "normal-form", (), session)
    if found is None and equations:
        found = _by_hypotheses(ob, "normal-form", session) or _substituted(ob, session, depth)
    if found is None:
        found = _by_blocks(ob, session, depth)
    if found is None:
        found = _by_words(ob, session)
    if found is None and depth == 2 and any(t.op == "norm" for h in ob.context.hypotheses for q in _parts(h.statement) if q.op == "rel" for t in q.args):
        rest = attempt(ob, "norms-squared", (), session)
        inner = _equation(rest[0], session, 0) if rest else None
        found = Proof("norms-squared", (), (inner,)) if inner is not None else None
    if found is None and depth:
        found = _cancelled(ob, session, depth)
    if found is None and depth == 2:
        found = _eliminated(ob, session, lambda o: _leaf(o, "normal-form", (), session)) or _entrywise(ob, session)
    if found is None and depth == 2 and ob.context.hypotheses:
        rest = attempt(ob, "zero-norm", (), session)
        inner = None
        if rest:
            inner = _by_hypotheses(rest[0], "ring", session) if equations else None
            inner = inner or _leaf(rest[0], "equations", (), session)
        found = Proof("zero-norm", (), (inner,)) if inner is not None else None
        rest = attempt(ob, "zero-norm", ("norm",), session) if found is None else None
        inner = (_leaf(rest[0], "hypothesis", (), session) or _leaf(rest[0], "equations", (), session)) if rest else None
        found = Proof("zero-norm", ("norm",), (inner,)) if inner is not None else found
    return found


def _eliminated(ob: Obligation, session: Session, close: Callable[[Obligation], Proof | None], depth: int = 2) -> Proof | None:
    """Put the solution of a scalar hypothesis for a symbol, and close."""
    for h in ob.context.hypotheses:
        for q in _parts(h.statement):
            if q.op != "rel" or q.data != "=" or q.args[0].sort.kind != "num" or q.size > 300:
                continue
            for s in sorted((s for s in q.free & ob.statement.free if s.op == "sym" and s.sort.kind == "num"), key=order_key):
                rest = attempt(ob, "substitute", (q, s), session)
                if not rest or len(rest) != 1:
                    continue
                proof = close(rest[0]) or (_eliminated(rest[0], session, close, depth - 1) if depth > 1 else None)
                if proof is not None:
                    return Proof("substitute", (q, s), (proof,))
    return None


def _by_index(ob: Obligation, session: Session) -> Proof | None:
    """Spell out the values of indices with short numeric ranges."""
    rw = session.rewriter(ob.context)
    goal = rw.nf(b.sub(ob.statement.args[0], ob.statement.args[1]))
    indices = [
        s
        for s in sorted((s for s in goal.free if s.op == "sym" and s.sort.kind == "num"), key=order_key)
        if (d := ob.context.declarations.get(s)) is not None and d.domain is not None and d.domain.op == "range"
    ]
    for s in indices:
        rest = attempt(ob, "finite-index", (s,), session)
        if not rest:
            continue
        proofs = []
        last = len(indices) == 1
        for r in rest:
            proof = None if last else _by_index(r, session)
            proof = proof or _leaf(r, "ring", (), session) or (_leaf(r, "ring", (ENTRIES,), session) if last else None)
            if proof is None:
                return None
            proofs.append(proof)
        return Proof("finite-index", (s,), tuple(proofs))
    return None


def _where_invertible(ob: Obligation, session: Session) -> Proof | None:
    """Again, with the sides' inverses and denominators known to be there."""
    if not any(t.op in ("grad", "jac", "hess", "deriv") for a in ob.statement.args for t in subterms(a)):
        return None
    rest = attempt(ob, "where-invertible", (), session)
    if not rest:
        return None
    proof = _equation(rest[0], session, 1)
    return Proof("where-invertible", (), (proof,)) if proof is not None else None


def _by_hypotheses(ob: Obligation, rule: str, session: Session) -> Proof | None:
    choices: tuple[tuple[str, ...], ...] = HYPOTHESES
    if any(t.op == "E" for h in ob.context.hypotheses for t in subterms(h.statement)):
        choices += tuple((*g, "linearity") for g in HYPOTHESES)
    equations = [q for h in ob.context.hypotheses for q in _parts(h.statement) if q.op == "rel" and q.data == "=" and q.args[0].sort.kind == "mat"]
    if len(equations) > 1 or any(q.args[0].sort.cols is b.ONE for q in equations):
        choices += (SOLVED,)
    for groups in choices:
        found = _leaf(ob, rule, (groups,), session)
        if found is None and rule == "normal-form":
            found = _leaf(ob, "matrix-equations", (groups,), session)
        if found is None and rule == "ring":
            found = _leaf(ob, "equations", (groups,), session)
        if found is not None:
            return found
    return None


def _by_blocks(ob: Obligation, session: Session, depth: int) -> Proof | None:
    rest = attempt(ob, "blocks", (), session)
    if not rest:
        return None
    proofs = []
    for r in rest:
        proof = _equation(r, session, min(depth, 1))
        if proof is None and r.statement.args[0].sort.kind == "num":
            from derivcheck.provers import scalar

            proof = scalar.prove(r, session)
        if proof is None:
            return None
        proofs.append(proof)
    return Proof("blocks", (), tuple(proofs))


def _by_words(ob: Obligation, session: Session) -> Proof | None:
    """Functions of entries that stand in one place add up to nothing, the other coefficients vanish by the hypotheses."""
    rest = attempt(ob, "by-words", (), session)
    if not rest or (len(rest) > 1 and not ob.context.hypotheses and not any(t.op == "emap" for t in subterms(ob.statement))):
        return None
    from derivcheck.provers import scalar

    proofs = []
    for r in rest:
        proof = _leaf(r, "ring", (), session) or _leaf(r, "equations", (), session) or _leaf(r, "equations", (ENTRIES,), session)
        proof = proof or (scalar.prove(r, session) if len(rest) < 6 else None)
        if proof is None:
            return None
        proofs.append(proof)
    return Proof("by-words", (), tuple(proofs))


def _has_matrix_hypotheses(ob: Obligation) -> bool:
    return any(q.op == "rel" and q.data == "=" and q.args[0].sort.kind == "mat" for h in ob.context.hypotheses for q in _parts(h.statement))


def _parts(p: Term) -> tuple[Term, ...]:
    return p.args if p.op == "and" else (p,)


def _substituted(ob: Obligation, session: Session, depth: int) -> Proof | None:
    """Use a hypothesis x = t about a symbol by putting t for x."""
    for h in ob.context.hypotheses:
        for q in _parts(h.statement):
            if q.op != "rel" or q.data != "=" or q.args[0].sort.kind != "mat":
                continue
            for x in q.args:
                if x.op == "sym" and x in ob.statement.free:
                    rest = attempt(ob, "matrix-substitute", (q, x), session)
                    if rest and len(rest) == 1:
                        proof = _equation(rest[0], session, min(depth, 1) if x.sort.kind == "mat" and ob.statement.args[0].sort.kind == "mat" else 0)
                        if proof is not None:
                            return Proof("matrix-substitute", (q, x), (proof,))
    return None


def _cancelled(ob: Obligation, session: Session, depth: int) -> Proof | None:
    """Multiply by S where S^{-1} stands at the left (right) end of a word."""
    for side, s in _inverses(ob, session):
        rest = attempt(ob, "cancel-inverse", (side, s), session)
        if rest and len(rest) == 1:
            proof = _equation(rest[0], session, depth - 1 if depth > 1 else 0)
            if proof is not None:
                return Proof("cancel-inverse", (side, s), (proof,))
    return None


def _inverses(ob: Obligation, session: Session) -> Iterator[tuple[str, Term]]:
    rw = session.rewriter(ob.context)
    x, y = ob.statement.args[0], ob.statement.args[1]
    seen: set[tuple[str, Term]] = set()
    candidates: list[tuple[int, str, Term]] = []
    for t in (rw.nf(x), rw.nf(y)):
        for word in decode(t, rw):
            for k, f in enumerate(word):
                if f.op != "inv":
                    continue
                s = f.args[0]
                for side, fits, place in (
                    ("left", canonical(s.sort.rows) is canonical(x.sort.rows), k),
                    ("right", canonical(s.sort.rows) is canonical(x.sort.cols), len(word) - 1 - k),
                ):
                    if fits and (side, s) not in seen:
                        seen.add((side, s))
                        candidates.append((place * 100 - min(s.size, 99), side, s))
    for h in ob.context.hypotheses:
        for q in _parts(h.statement):
            if q.op == "rel" and q.data == "=" and q.args[0].sort.kind == "mat":
                for word in (w for t in q.args for w in decode(rw.nf(t), rw) if len(w) > 1):
                    # what a hypothesis is multiplied by
                    for side, s, fits in (("left", word[0], word[0].sort.cols is x.sort.rows), ("right", word[-1], word[-1].sort.rows is x.sort.cols)):
                        if fits and (side, s) not in seen and invertible(s, rw.oracle):
                            seen.add((side, s))
                            candidates.append((1000, side, s))
            if q.op == "rel" and q.data == "=" and q.args[0].sort.kind == "mat":
                # as written, before it is multiplied out: (A + B) x
                for t in (t for t in q.args if t.op == "matmul"):
                    for side, s, fits in (("left", t.args[0], t.args[0].sort.cols is x.sort.rows), ("right", t.args[-1], t.args[-1].sort.rows is x.sort.cols)):
                        if fits and (side, s) not in seen and s.op == "add" and s.sort.rows is s.sort.cols:
                            seen.add((side, s))
                            candidates.append((900, side, s))
    candidates.sort(key=lambda c: c[0])
    for _, side, s in candidates[:6]:
        yield side, s


def _entrywise(ob: Obligation, session: Session) -> Proof | None:
    rest = attempt(ob, "entrywise", (), session)
    if not rest:
        return None
    (goal,) = rest
    for params in ((), (ENTRIES,), (FROM_THE_RIGHT,)):
        proof = _leaf(goal, "ring", params, session)
        if proof is not None:
            return Proof("entrywise", (), (proof,))
    from derivcheck.provers import scalar

    proof = scalar.prove(goal, session)
    return Proof("entrywise", (), (proof,)) if proof is not None else None


# --- inequalities -------------------------------------------------------------------------------------------------------------------


def _inequality(ob: Obligation, session: Session) -> Proof | None:
    found = _leaf(ob, "sign", (), session)
    if found is not None:
        return found
    split = _split_norms(ob, session)
    if split is not None:
        return split
    kinds = ("triangle", "operator", "cauchy-schwarz", "cauchy-schwarz-square", "spectral-frobenius", "norms-compared", "frobenius")
    return _with_facts(ob, session, "sign", kinds)


def _split_norms(ob: Obligation, session: Session) -> Proof | None:
    """‖x‖ ≤ ‖y‖ + ‖x - y‖ where all three stand in the goal."""
    rw = session.rewriter(ob.context)
    norms = {t for a in ob.statement.args for t in strict_subterms(rw.nf(a)) if t.op in ("norm", "sigmax")}
    if not 2 <= len(norms) <= 6:
        return None
    for t in sorted(norms, key=order_key):
        for other in sorted(norms, key=order_key):
            if t is other:
                continue
            rest = attempt(ob, "norm-split", (t, other), session)
            if rest:
                proof = _leaf(rest[0], "sign", (), session)
                if proof is not None:
                    return Proof("norm-split", (t, other), (proof,))
    return None


def _with_facts(ob: Obligation, session: Session, last: str, kinds: tuple[str, ...]) -> Proof | None:
    """Add the facts about the goal's norms (and about the norms that these bring in), then close."""
    rw = session.rewriter(ob.context)
    # one fact about what stands in the goal as written is often enough
    written = {s for a in ob.statement.args for s in strict_subterms(a) if s.op in ("norm", "sigmax", "inner", "det", "tonum")}
    for s in sorted(written, key=lambda u: -u.size)[:6]:
        for kind in kinds:
            rest = attempt(ob, "norm-fact", (kind, s), session) if fact_about(kind, s, rw) is not None else None
            closed = _leaf(rest[0], last, (), session) if rest else None
            if closed is not None:
                return Proof("norm-fact", (kind, s), (closed,))
    goal = ob
    chain: list[tuple[str, Term]] = []
    known: set[tuple[str, Term]] = set()
    frontier = [t for a in ob.statement.args for t in (rw.nf(a), a)]
    for _ in range(3):
        fresh_terms: list[Term] = []
        for t in frontier:
            for s in sorted(strict_subterms(t), key=lambda u: u.size):
                if s.op not in ("norm", "sigmax", "inner", "det", "trace"):
                    continue
                for kind in kinds:
                    if (kind, s) in known or len(chain) >= 10:
                        continue
                    known.add((kind, s))
                    fact = fact_about(kind, s, rw)
                    if fact is None:
                        continue
                    rest = attempt(goal, "norm-fact", (kind, s), session)
                    if not rest:
                        continue
                    goal = rest[0]
                    chain.append((kind, s))
                    fresh_terms.extend(a for q in _parts(fact) for a in q.args)
                    rw_proof = _leaf(goal, last, (), session)
                    if rw_proof is not None:
                        return _nested(chain, rw_proof)
        frontier = fresh_terms
        if not frontier:
            return None
    return None


def _nested(chain: list[tuple[str, Term]], proof: Proof) -> Proof:
    for step in reversed(chain):
        proof = Proof("norm-fact", step, (proof,))
    return proof


# --- optimisers ---------------------------------------------------------------------------------------------------------------------


def _optimum(ob: Obligation, session: Session) -> Proof | None:
    rest = attempt(ob, "optimum-of-quadratic", (), session)
    if not rest:
        return None
    proof = _equation(rest[0], session, 2)
    return Proof("optimum-of-quadratic", (), (proof,)) if proof is not None else None
