"""Sums, products, integrals and expectations with symbolic bounds or abstract densities: the linear normal form, with its conditions.

The rules do the work (`kernel/summation.py`, `kernel/rules/`); this prover chooses how far they may go: first only what needs no
condition, then with abstract sums and expectations split (group `linearity`, which records integrability), each time also with the
denominators of the sides known not to vanish.
"""

from __future__ import annotations

from collections.abc import Iterator

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.obligation import Obligation
from derivcheck.provers import scalar
from derivcheck.provers.scalar import attempt
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, contains_op, subterms

METHODS = ("linear normal form of sums, integrals and expectations",)
OPERATORS = (
    "sum", "prod", "sumset", "prodset", "int", "intset", "E", "Var", "Cov", "Pr", "Eover", "Varover", "Covover",
    "KL", "JSD", "entropy", "crossent", "MI", "entropyrv", "pdf", "marg",
)  # fmt: skip
LINEAR = (("linearity",),)
MASSES = (("linearity", "masses"),)
ENTRIES = (("linearity", "matrix-entries"),)


def concerns(p: Term) -> bool:
    """Whether the statement has one of these operators."""
    return contains_op(p, *OPERATORS)


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of an equation or inequality between such terms."""
    p = ob.statement
    if p.op != "rel" or p.data not in ("=", "<", "≤", ">", "≥", "≠"):
        return None
    if not concerns(p) and not any(concerns(h.statement) for h in ob.context.hypotheses):
        return None
    found = direct(ob, session)
    if found is not None:
        return found
    rest = attempt(ob, "where-defined", (), session)
    if rest is not None:
        inner = scalar.prove(rest[0], session) or direct(rest[0], session)
        if inner is not None:
            return Proof("where-defined", (), (inner,))
    return congruent(ob, session, 3) or _split(ob, session)


def direct(ob: Obligation, session: Session) -> Proof | None:
    """The linear normal form, with more and more of its rules."""
    p = ob.statement
    if p.data == "=":
        rules = ("ring", "normal-form", "equations", "sums-together") if p.args[0].sort.kind == "num" else ("normal-form",)
        if p.args[0].sort.kind == "num" and attempt(ob, "sums-together", (), session) == []:
            return Proof("sums-together")
    else:
        rules = ("sign",)
    for groups in (LINEAR, MASSES, ENTRIES):
        if groups is MASSES and not contains_op(p, "pdf"):
            continue
        if groups is ENTRIES and not (contains_op(p, "inner", "norm", "matmul", "ventry") and contains_op(p, "E", "Eover", "Var", "Cov")):
            continue
        for rule in rules:
            if attempt(ob, rule, groups, session) == []:
                return Proof(rule, groups)
    return None


def _split(ob: Obligation, session: Session) -> Proof | None:
    """Sums or products of one body over ranges that fit together: the longest is cut where the others end or start."""
    if ob.statement.data != "=" or ob.statement.args[0].sort.kind != "num":
        return None
    nodes = [t for side in ob.statement.args[:2] for t in subterms(side) if t.op in ("sum", "prod") and not any(v.op == "bvar" for v in t.free)]
    nodes = list(dict.fromkeys(nodes))[:6]
    rw = session.rewriter(ob.context)
    for node in nodes:
        lo, hi, body = node.args
        same = [t for t in nodes if t is not node and t.op == node.op and t.args[-1] is body and t.bound == node.bound]
        cuts: dict[Term, None] = {}
        for t in same:
            if t.args[1] is not hi:
                cuts[rw.nf(t.args[1])] = None
            if t.args[0] is not lo:
                cuts[rw.nf(b.sub(t.args[0], b.ONE))] = None
        oracle = session.oracle(ob.context)
        ordered = sorted(cuts, key=lambda c: sum(oracle.less_equal(c, d) for d in cuts), reverse=True)
        if not ordered or len(ordered) > 3:
            continue
        for chosen in ([tuple(ordered)] if len(ordered) == 1 else [tuple(ordered), *((c,) for c in ordered)]):
            rest = attempt(ob, "split-range", (node, chosen), session)
            if rest is None:
                continue
            for rule in ("normal-form", "ring"):
                if attempt(rest[0], rule, (), session) == []:
                    return Proof("split-range", (node, chosen), (Proof(rule),))
    return None


# --- summand by summand -----------------------------------------------------------------------------------------------------------


def congruent(ob: Obligation, session: Session, depth: int) -> Proof | None:
    """Equal or ordered summands, common factors, equivalent events, the values of finite domains."""
    p = ob.statement
    if depth == 0 or p.data not in ("=", "≤", "≥"):
        return None
    x, y = p.args[:2]
    if x.op == "Pr" and y.op == "Pr":
        return _events(ob, session)
    if x.op in ("sum", "prod") and x.op == y.op:
        rest = attempt(ob, "summands", (), session)
        if rest is not None:
            inner = close(rest[0], session, depth - 1)
            if inner is not None:
                return Proof("summands", (), (inner,))
    if p.data == "=" and x.sort.kind == "num":
        for groups in ((), LINEAR):
            rest = attempt(ob, "means-together", groups, session)
            if rest is None:
                continue
            proofs = []
            for part in rest:
                proof = scalar.prove(part, session) or _values(part, session, depth)
                if proof is None:
                    break
                proofs.append(proof)
            if len(proofs) == len(rest):
                return Proof("means-together", groups, tuple(proofs))
    for params in _common(x, y):
        rest = attempt(ob, "common-factor", params, session)
        if rest is not None:
            inner = close(rest[0], session, depth - 1)
            if inner is not None:
                return Proof("common-factor", params, (inner,))
    return _values(ob, session, depth)


def close(ob: Obligation, session: Session, depth: int) -> Proof | None:
    """Any of the provers for a part."""
    from derivcheck.provers import probability

    return (
        scalar.prove(ob, session)
        or direct(ob, session)
        or (probability.prove(ob, session) if ob.statement.data != "=" else None)
        or congruent(ob, session, depth)
    )


def _events(ob: Obligation, session: Session) -> Proof | None:
    from derivcheck.provers import logic

    for rule in ("same-event", "larger-event"):
        rest = attempt(ob, rule, (), session)
        if rest is None:
            continue
        inner = logic.prove(rest[0], session)
        if inner is not None:
            return Proof(rule, (), (inner,))
    return None


def _common(x: Term, y: Term) -> Iterator[tuple[Term, Term, Term]]:
    """c, f, g with sides c f + h and c g + h, f and g sums over one range."""
    left = [t for t in subterms(x) if t.op == "sum" and not any(v.op == "bvar" for v in t.free)]
    right = [t for t in subterms(y) if t.op == "sum" and not any(v.op == "bvar" for v in t.free)]
    if x in left and y in right and x.op == y.op:
        left, right = [], []
    for f in left[:4]:
        c = _coefficient(x, f)
        if c is None:
            continue
        for g in right[:4]:
            if f is not g and f.args[:2] == g.args[:2]:
                yield c, f, g
    # c F and c G summand by summand
    if x.op == "mul" and y.op == "mul":
        shared = [a for a in x.args if a in y.args]
        if shared:
            left_factors, right_factors = list(x.args), list(y.args)
            for a in shared:
                left_factors.remove(a)
                right_factors.remove(a)
            if len(left_factors) == 1 and len(right_factors) == 1:
                yield b.mul(*shared), left_factors[0], right_factors[0]


def _coefficient(t: Term, part: Term) -> Term | None:
    if t is part:
        return b.ONE
    if t.op == "neg":
        c = _coefficient(t.args[0], part)
        return None if c is None else b.neg(c)
    if t.op == "add":
        found = [c for a in t.args if (c := _coefficient(a, part)) is not None]
        return found[0] if len(found) == 1 else None
    if t.op == "mul":
        for i, a in enumerate(t.args):
            c = _coefficient(a, part)
            if c is not None:
                return b.mul(*t.args[:i], c, *t.args[i + 1 :])
    if t.op == "div":
        c = _coefficient(t.args[0], part)
        return None if c is None else b.div(c, t.args[1])
    return None


def _values(ob: Obligation, session: Session, depth: int) -> Proof | None:
    from derivcheck.kernel.inferences.operators import finite_values

    seen: set[Term] = set()
    for side in ob.statement.args[:2]:
        for t in subterms(side):
            if t.op not in ("sym", "idx") or t in seen or any(v.op == "bvar" for v in t.free):
                continue
            seen.add(t)
            d = ob.context.declarations.get(t.args[0] if t.op == "idx" else t)
            if d is None or d.domain is None or finite_values(d.domain) is None:
                continue
            rest = attempt(ob, "values", (t,), session)
            if rest is None:
                continue
            proofs = []
            for part in rest:
                proof = scalar.prove(part, session) or direct(part, session) or congruent(part, session, depth - 1)
                if proof is None:
                    break
                proofs.append(proof)
            if len(proofs) == len(rest):
                return Proof("values", (t,), tuple(proofs))
            return None
    return None
