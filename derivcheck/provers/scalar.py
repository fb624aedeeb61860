"""Equality of scalars: identical terms, the ring, normal forms, hypotheses' equations, and case splits for |·|, cases, indicators.

Outline: `prove` tries the inferences from cheap to dear; `_split` picks a statement on which the normal form of A - B still depends (the
condition of a `cases` or indicator, the sign of the inside of |·|, sign or a root) and proves each case.
Limits: at most `DEPTH` nested splits.
"""

from __future__ import annotations

from collections.abc import Iterator

from derivcheck.kernel.check import Proof, Rejected, Session, apply_inference
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.ordering import order_key
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, contains_op, subterms

DEPTH = 4
_ORDER_RELATIONS = ("<", "≤", ">", "≥", "≠")


def attempt(ob: Obligation, rule: str, params: tuple[object, ...], session: Session) -> list[Obligation] | None:
    """The remaining obligations, or None where the inference does not apply."""
    try:
        return apply_inference(ob, rule, params, session)
    except Rejected:
        return None


def leaf(ob: Obligation, session: Session, *rules: str) -> Proof | None:
    """A proof by one inference that leaves nothing."""
    for r in rules:
        if attempt(ob, r, (), session) == []:
            return Proof(r)
    return None


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of a scalar relation, if these methods find one."""
    p = ob.statement
    if p.op == "true":
        return Proof("true")
    if p.op != "rel":
        return leaf(ob, session, "reflexive", "hypothesis")
    if p.data == "=":
        found = leaf(ob, session, "reflexive", "hypothesis")
        if found is None and p.args[0].sort.kind == "num":
            found = leaf(ob, session, "ring", "normal-form", "equations") or _split(ob, session, 0) or _where_defined(ob, session) or _parts(ob, session) or _constants(ob, session)
        elif found is None:
            found = leaf(ob, session, "normal-form")
        return found
    if p.data in _ORDER_RELATIONS:
        found = _moduli(ob, session) or leaf(ob, session, "hypothesis", "sign", "reflexive") or _monotone(ob, session) or _split(ob, session, 0)
        return found or _normal_facts(ob, session) or _finite(ob, session)
    if p.data == "in":
        return leaf(ob, session, "hypothesis", "member")
    return leaf(ob, session, "reflexive", "hypothesis")


def _finite(ob: Obligation, session: Session) -> Proof | None:
    """A value compared with ∞: by its closed form."""
    if not any(b.is_infinite(x) for x in ob.statement.args[:2]):
        return None
    rest = attempt(ob, "rewrite", (), session)
    return Proof("rewrite", (), (Proof("sign"),)) if rest and attempt(rest[0], "sign", (), session) == [] else None


def _normal_facts(ob: Obligation, session: Session) -> Proof | None:
    """The sign with the hypotheses in normal form, as the goal is."""
    if not any(h.statement.op in ("rel", "and") for h in ob.context.hypotheses):
        return None
    rest = attempt(ob, "normal-facts", (), session)
    return Proof("normal-facts", (), (Proof("sign"),)) if rest and attempt(rest[0], "sign", (), session) == [] else None


def _constants(ob: Obligation, session: Session) -> Proof | None:
    """Algebraic coefficients, angles, doubled arguments of Γ."""
    found = leaf(ob, session, "algebraic-number")
    if found is not None:
        return found
    if any(s.op == "fn" and s.data in ("gamma", "digamma", "factorial", "binom", "factorial2") for s in subterms(ob.statement)):
        params = (("duplication",),)
        if attempt(ob, "ring", params, session) == []:
            return Proof("ring", params)
    rest = attempt(ob, "angle", (), session)
    if rest is None:
        return None
    proofs: list[Proof] = []
    for r in rest:
        inner = leaf(r, session, "ring", "algebraic-number") or _split(r, session, 0) if r.statement.data == "=" else leaf(r, session, "closed", "sign")
        if inner is None:
            return None
        proofs.append(inner)
    return Proof("angle", (), tuple(proofs))


def _parts(ob: Obligation, session: Session) -> Proof | None:
    """Complex symbols taken apart where parts, conjugates or moduli occur."""
    if not any(s.op == "fn" and s.data in ("re", "im", "conj", "abs", "arg") for s in subterms(ob.statement)):
        return None
    symbols = tuple(s for s in sorted(ob.statement.free, key=order_key) if _is_complex(s, ob))
    rest = attempt(ob, "complex-parts", symbols, session) if symbols else None
    if not rest:
        return None
    inner = leaf(rest[0], session, "ring", "normal-form", "equations") or _split(rest[0], session, 0) or _where_defined(rest[0], session)
    return None if inner is None else Proof("complex-parts", symbols, (inner,))


def _is_complex(s: Term, ob: Obligation) -> bool:
    d = ob.context.declarations.get(s)
    return d is not None and d.domain is not None and d.domain.op == "set" and d.domain.data == "C" and s.sort.kind == "num"


def _depths(t: Term) -> dict[Term, int]:
    """How many kinks and case distinctions stand around each argument or condition of one: what stands outside often needs no look inside."""
    best: dict[Term, int] = {}
    seen: dict[Term, int] = {}
    stack = [(t, 0)]
    while stack:
        s, depth = stack.pop()
        if seen.get(s, 99) <= depth:
            continue
        seen[s] = depth
        kink = s.op in ("cases", "ind", "oddroot") or (s.op == "fn" and s.data in ("abs", "sign"))
        for a in s.args:
            if kink:
                best[a] = min(best.get(a, 99), depth)
            stack.append((a, depth + 1 if kink else depth))
    return best


def _where_defined(ob: Obligation, session: Session) -> Proof | None:
    """The same with what follows from the sides' having values."""
    rest = attempt(ob, "sides-defined", (), session)
    if not rest:
        return None
    inner = leaf(rest[0], session, "ring", "normal-form", "equations") or _split(rest[0], session, 0)
    return None if inner is None else Proof("sides-defined", (), (inner,))


def _moduli(ob: Obligation, session: Session) -> Proof | None:
    """|u| below a sum of absolute values: u and -u are, which the triangle inequality often shows at once."""
    p = ob.statement
    small, large = p.args if p.data in ("<", "≤") else (p.args[1], p.args[0])
    if p.data == "≠" or small.op != "fn" or small.data != "abs" or not any(s.op == "fn" and s.data == "abs" for s in subterms(large)):
        return None
    rest = attempt(ob, "modulus", (), session)
    proofs = [leaf(r, session, "hypothesis", "sign") for r in rest or ()]
    return Proof("modulus", (), tuple(p for p in proofs if p is not None)) if proofs and all(p is not None for p in proofs) else None


def _monotone(ob: Obligation, session: Session) -> Proof | None:
    """Values of one monotone function at arguments whose order is plain."""
    for rule in ("same-function", "increasing"):
        rest = attempt(ob, rule, (), session)
        proofs = [leaf(r, session, "hypothesis", "sign", "member") for r in rest or ()]
        if rest and all(p is not None for p in proofs):
            return Proof(rule, (), tuple(p for p in proofs if p is not None))
    return None


def _split(ob: Obligation, session: Session, depth: int) -> Proof | None:
    if depth >= DEPTH:
        return None
    rw = session.rewriter(ob.context)
    x, y = ob.statement.args[0], ob.statement.args[1]
    goal = rw.nf(b.sub(x, y)) if not _infinite(x, y) else None
    if goal is None:
        return None
    for kind, on in splits(goal, ob, session):
        cases = attempt(ob, "cases", (kind, on), session)
        if cases is None or len(cases) < 2:
            # nothing applies, or the oracle knows already which case it is
            continue
        proofs: list[Proof] = []
        for case in cases:
            proof = _case(case, session, depth + 1)
            if proof is None:
                break
            proofs.append(proof)
        if len(proofs) == len(cases):
            return Proof("cases", (kind, on), tuple(proofs))
        return None
    return None


def _case(ob: Obligation, session: Session, depth: int) -> Proof | None:
    if ob.statement.data == "=":
        found = leaf(ob, session, "ring", "normal-form", "equations", "undefined")
        return found or _split(ob, session, depth) or _solved(ob, session)
    return leaf(ob, session, "sign", "undefined") or _split(ob, session, depth)


def _solved(ob: Obligation, session: Session) -> Proof | None:
    """The case x = w with w put for x, in an induction hypothesis too (a range that ends at x ends at w then)."""
    p = ob.context.hypotheses[-1].statement
    if p.op != "rel" or p.data != "=":
        return None
    steps = [h.statement for h in ob.context.hypotheses if h.kind in ("step", "induction") and h.statement.op == "rel"]
    for x in sorted((s for s in p.free & ob.statement.free if s.op == "sym" and s.sort.kind == "num"), key=order_key):
        chain: list[tuple[str, tuple[Term, ...]]] = [("substitute-fact", (p, q, x)) for q in steps if x in q.free]
        chain.append(("substitute", (p, x)))
        at: Obligation | None = ob
        done: list[tuple[str, tuple[Term, ...]]] = []
        for rule, params in chain:
            rest = attempt(at, rule, params, session) if at is not None else None
            if rest:
                at = rest[0]
                done.append((rule, params))
            elif rule == "substitute":
                at = None
        proof = leaf(at, session, "ring", "normal-form", "equations") if at is not None else None
        if proof is not None:
            for rule, params in reversed(done):
                proof = Proof(rule, params, (proof,))
            return proof
    return None


def _infinite(*terms: Term) -> bool:
    return any(b.is_infinite(t) for t in terms)


def splits(t: Term, ob: Obligation, session: Session, outer: bool = False) -> Iterator[tuple[str, Term]]:
    """Statements and signs on which a normal form still depends, smallest first; with `outer` those that stand in no other and hold the
    most others.  Terms under binders are left alone."""
    oracle = session.oracle(ob.context)
    seen: set[Term] = set()
    found: list[tuple[int, str, Term]] = []
    for s in subterms(t):
        if any(v.op == "bvar" for v in s.free):
            continue
        if s.op == "cases":
            found.extend((s.args[i].size, "statement", s.args[i]) for i in range(0, len(s.args) - 1, 2))
        elif s.op == "ind":
            found.append((s.args[0].size, "statement", s.args[0]))
        elif s.op == "fn" and s.data in ("abs", "sign") and oracle.real(s.args[0]):
            found.append((s.args[0].size, "sign", s.args[0]))
        elif s.op == "fn" and s.data == "binom" and oracle.natural(s.args[0]) and oracle.integer(s.args[1]):
            gap = session.rewriter(ob.context).nf(b.sub(s.args[0], s.args[1]))
            found.append((gap.size, "sign", gap))
            if not oracle.nonnegative(s.args[1]):
                found.append((s.args[1].size, "sign", s.args[1]))
        elif s.op == "oddroot" and oracle.real(s.args[0]):
            found.append((s.args[0].size, "sign", s.args[0]))
    if contains_op(t, "lim"):
        # two rates of growth that may be equal
        found.extend((gap.size, "sign", gap) for gap, kind in oracle.facts if kind == "≥" and gap.free <= t.free and len(gap.free) > 1)
    depths: dict[Term, int] = {}
    holds: dict[Term, int] = {}
    if outer and len(found) > 1:
        depths = _depths(t)
        inner = {on for _, _, on in found}
        holds = {on: sum(s in inner for s in subterms(on)) for on in inner}
    for _, kind, on in sorted(found, key=lambda f: (depths.get(f[2], 0), -holds.get(f[2], 0), f[0])):
        if on in seen:
            continue
        seen.add(on)
        if kind == "statement" and (on.op not in ("rel", "and", "or", "not")):
            continue
        if kind == "statement" and on.op in ("and", "or"):
            for part in on.args:
                if part not in seen and part.op == "rel":
                    seen.add(part)
                    yield "statement", part
            continue
        yield kind, on
