"""Inequalities and definiteness of matrices by semidefinite pieces: M = ∑ c L^T P L, x^T P x ≥ 0, weighted Cauchy-Schwarz, log det, Minkowski.

Candidates for P are the hypotheses A ⪰ B, bounds of norms, the declared definite matrices and their inverses, products of two of these that commute;
candidates for L are the identity, the tails of the goal's words, differences of two of them, and the vectors that the goal mentions.  A linear
programme in exact fractions picks the combination; the kernel multiplies it out.  Limits: `PIECES`, `LEFTS`, `FACTS` candidates.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, permutations
from typing import Any

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.inferences.matrix import strict_subterms
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.matrix_facts import pd, psd, square
from derivcheck.kernel.matrix_form import decode
from derivcheck.kernel.monomials import factors
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.kernel.semidefinite import congruent, fact, fits, shown
from derivcheck.provers import linear
from derivcheck.provers.matrix import HYPOTHESES, by_rewriting
from derivcheck.provers.scalar import attempt
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk, num, substitute, subterms

METHODS = ("definite matrices",)
PIECES, LEFTS, FACTS = 8, 12, 14
_ORDER = ("<", "≤", ">", "≥")


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of M ⪰ 0, M ≻ 0, an inequality of numbers made of matrices, det A ≠ 0, or A x = 0."""
    p = ob.statement
    if "strict" in ob.context.conventions or not any(t.sort.kind == "mat" for t in subterms(p)):
        return None
    if p.op in ("psd", "pd"):
        return definiteness(ob, session, 2)
    if p.op != "rel" or len(p.args) != 2:
        return None
    if p.data == "≠" or p.data == ">":
        rest = attempt(ob, "positive-symmetric-part", (), session)
        inner = definiteness(rest[0], session, 1) if rest else None
        if inner is not None:
            return Proof("positive-symmetric-part", (), (inner,))
    if p.data == "=" and p.args[0].sort.kind == "mat":
        rest = attempt(ob, "semidefinite-kernel", (), session)
        if rest:
            from derivcheck.provers import scalar

            inner = scalar.prove(rest[0], session)
            return Proof("semidefinite-kernel", (), (inner,)) if inner is not None else None
        return None
    if p.data in _ORDER and p.args[0].sort.kind == "num":
        return _inequality(ob, session)
    return None


def _groups(ob: Obligation) -> tuple[tuple[str, ...], ...]:
    equations = any(
        q.op == "rel" and q.data == "=" and q.args[0].sort.kind == "mat"
        for h in ob.context.hypotheses
        for q in (h.statement.args if h.statement.op == "and" else (h.statement,))
    )
    return ((), *HYPOTHESES) if equations else ((),)


# --- M ⪰ 0 -------------------------------------------------------------------------------------------------------------------------


def definiteness(ob: Obligation, session: Session, depth: int) -> Proof | None:
    """A proof of M ⪰ 0 or M ≻ 0."""
    if attempt(ob, "definite", (), session) == []:
        return Proof("definite")
    if depth > 1:
        rest = attempt(ob, "inverse-order", (), session)
        inner = definiteness(rest[0], session, depth - 1) if rest else None
        if inner is not None:
            return Proof("inverse-order", (), (inner,))
    for groups in _groups(ob):
        found = _sum(ob, session, groups)
        if found is not None:
            return found
    return None


def _sum(ob: Obligation, session: Session, groups: tuple[str, ...]) -> Proof | None:
    rw = session.rewriter(ob.context, frozenset({"core", *groups}))
    m = ob.statement.args[0]
    form = decode(rw.nf(m), rw)
    if not form or not square(m):
        return None
    words = [w for w in form if w]
    lefts = _lefts([b.matmul(*w) for w in words], m.sort.rows)
    pieces = _pieces(ob, rw, words)
    multipliers = _multipliers(list(form.values()), rw)
    goal = _vector(rw.nf(m), rw)
    columns: list[tuple[Term, Term, Any, dict[Term, Fraction]]] = []
    for piece in pieces:
        for left in lefts:
            if not fits(left, piece, rw):
                continue
            value = rw.nf(congruent(left, piece))
            for c in multipliers:
                v = _vector(value if c is b.ONE else rw.nf(b.smul(c, value)), rw)
                if v:
                    columns.append((c, left, piece, v))
    strict = ob.statement.op == "pd"
    chosen = [c for c in columns if not strict or not (shown(c[2], rw) == "pd" and c[1].op == "eye")]
    firsts = [c for c in columns if c not in chosen]
    if not strict:
        return _solved(ob, session, groups, goal, chosen, [])
    # a definite part takes what it can: what is left is to be semidefinite
    for first in firsts[:6]:
        for q in (Fraction(1), Fraction(2), Fraction(1, 2)):
            less = dict(goal)
            for k, x in first[3].items():
                less[k] = less.get(k, Fraction(0)) - q * x
            less = {k: x for k, x in less.items() if x}
            found = _solved(ob, session, groups, less, columns, [(first, q)])
            if found is not None:
                return found
    return None


def _solved(ob: Obligation, session: Session, groups: tuple[str, ...], goal: dict[Term, Fraction], columns: list[Any], have: list[Any]) -> Proof | None:
    kept = list(columns)
    useful = linear.useful(goal, [(None, b.ONE, c[3], Fraction(i)) for i, c in enumerate(kept)], {})
    kept = [kept[int(u[3])] for u in useful]
    if goal:
        got = linear.solve(goal, [c[3] for c in kept], {})
        if got is None:
            return None
    else:
        got = [Fraction(0)] * len(kept)
    pairs = [*have, *((c, q) for c, q in zip(kept, got, strict=True) if q)]
    parts = tuple((b.mul(num(q), c) if c is not b.ONE else num(q), left, piece) for (c, left, piece, _), q in pairs)
    params = (groups, parts)
    return Proof("semidefinite-sum", params) if attempt(ob, "semidefinite-sum", params, session) == [] else None


def _vector(t: Term, rw: Rewriter) -> dict[Term, Fraction]:
    """A normal matrix as a combination of words with monomials."""
    out: dict[Term, Fraction] = {}
    for word, c in decode(t, rw).items():
        for q, m in linear_terms(c):
            w = b.matmul(*word) if word else b.eye(t.sort.rows)
            key = w if m is b.ONE else b.smul(m, w)
            out[key] = out.get(key, Fraction(0)) + q
    return {k: q for k, q in out.items() if q}


def _multipliers(coefficients: list[Term], rw: Rewriter) -> list[Term]:
    found: dict[Term, None] = {b.ONE: None}
    for c in coefficients:
        for _, m in linear_terms(c):
            if m is not b.ONE and rw.oracle.nonnegative(m):
                found[m] = None
    return list(found)[:4]


def _letters(terms: list[Term]) -> list[Term]:
    """Symbols for square matrices in terms, in a fixed order."""
    found = {s for t in terms for s in subterms(t) if s.op in ("sym", "idx") and s.sort.kind == "mat" and square(s) and s.sort.rows is not b.ONE}
    return sorted((s for s in found if not any(v.op == "bvar" for v in s.free)), key=order_key)


def _pieces(ob: Obligation, rw: Rewriter, words: list[tuple[Term, ...]]) -> list[Any]:
    """What is known to be semidefinite and could be a part of the goal."""
    given: list[Any] = []
    for h in ob.context.hypotheses:
        for q in h.statement.args if h.statement.op == "and" else (h.statement,):
            if q.op in ("psd", "pd"):
                given.append(q.args[0])
            elif q.op == "rel" and q.data in _ORDER and q.args[0].sort.kind == "num":
                given += _bounded(q, rw)
    written = {s for s in subterms(ob.statement) if s.op == "add" and s.sort.kind == "mat" and square(s) and s.size < 60 and not any(v.op == "bvar" for v in s.free)}
    given += [s for s in sorted(written, key=order_key)[:4] if shown(s, rw) is not None]
    whole = rw.nf(ob.statement.args[0]) if ob.statement.op in ("psd", "pd") else None
    if whole is not None and shown(whole, rw) is not None:
        given.append(whole)
    for p in [p for p in given if not isinstance(p, tuple)]:
        # A ⪰ B ≻ 0 among the hypotheses says B^{-1} ⪰ A^{-1} too
        if p.op == "add" and len(p.args) == 2:
            x, y = p.args if p.args[1].op == "neg" else p.args[::-1]
            if y.op == "neg" and any(t.op == "inv" for t in subterms(ob.statement)) and shown(y.args[0], rw) == "pd":
                given.append(("inverses", x, y.args[0]))
    for s in sorted({t.args[0] for t in subterms(ob.statement) if t.op == "inv" and t.args[0].op == "add" and t.size < 60}, key=order_key)[:2]:
        # (P + Q)^{-1} ⪯ P^{-1}
        given += [("inverses", s, a) for a in s.args[:3] if not any(v.op == "bvar" for v in s.free) and shown(a, rw) == "pd" and shown(("inverses", s, a), rw) is not None]
    letters = [s for s in _letters([ob.statement]) if psd(s, rw.oracle) or pd(s, rw.oracle)]
    inverses = [b.inv(s) for s in letters if pd(s, rw.oracle) and any(t.op == "inv" and t.args[0] is s for t in subterms(ob.statement))]
    own = (ob.statement.args[0].sort.rows,) if ob.statement.op in ("psd", "pd") else ()
    identities = [b.eye(s) for s in dict.fromkeys((*own, *(f.sort.rows for w in words for f in w)))]
    told = [p for p in given if not isinstance(p, tuple)]
    products = [("product", p, q) for p in told for q in (*letters, *inverses) if p.sort.rows is q.sort.rows]
    products += [("product", p, q) for p, q in combinations(told, 2) if p.sort.rows is q.sort.rows]
    return list(dict.fromkeys([*given, *letters, *inverses, *identities, *products]))[: 2 * PIECES]


def _bounded(q: Term, rw: Rewriter) -> list[Term]:
    """c I - A and c I + A for a hypothesis σ(A) ≤ c about a symmetric A."""
    out: list[Term] = []
    low, high = (q.args[0], q.args[1]) if q.data in ("<", "≤") else (q.args[1], q.args[0])
    a = low.args[0] if low.op in ("sigmax", "norm") and low.args[0].sort.kind == "mat" else None
    if a is not None and square(a) and a.sort.rows is not b.ONE:
        for t in (a, b.neg(a)):
            piece = b.add(b.smul(high, b.eye(a.sort.rows)), t)
            if shown(piece, rw) is not None:
                out.append(piece)
    return out


def _lefts(words: list[Term], n: Term) -> list[Term]:
    """Candidates for L with n columns: the identity, tails of words, differences."""
    tails: dict[Term, None] = {}
    for w in words:
        factors_ = w.args if w.op == "matmul" else (w,)
        for i in range(len(factors_)):
            tail = b.matmul(*factors_[i:]) if len(factors_) > i + 1 else factors_[i]
            if tail.sort.cols is n and tail.size < 40:
                tails[tail] = None
            inside = factors_[i].args[0] if factors_[i].op == "inv" else None
            if inside is not None and inside.op == "matmul" and tail.sort.cols is n:
                # (Y^T Y)^{-1} is the square of Y (Y^T Y)^{-1}
                tails[b.matmul(inside.args[-1], tail)] = None
    plain = [b.eye(n), *sorted(tails, key=lambda t: (t.size, order_key(t)))]
    alike = [t for t in plain if t.sort.rows is t.sort.cols][:4]
    tall = [t for t in plain if t.sort.rows is not t.sort.cols][:4]
    mixed = [x for some in (alike, tall) for s, t in combinations(some, 2) if s.sort.rows is t.sort.rows for x in (b.sub(s, t), b.add(s, t))]
    return [*plain[:LEFTS], *mixed]


# --- inequalities of numbers -------------------------------------------------------------------------------------------------------


def _inequality(ob: Obligation, session: Session) -> Proof | None:
    p = ob.statement
    tangents = _tangents(ob, session)
    if tangents is not None:
        return tangents
    rest = attempt(ob, "determinant-order", (), session)
    inner = definiteness(rest[0], session, 2) if rest else None
    if inner is not None:
        return Proof("determinant-order", (), (inner,))
    found = _gram(ob, session)
    if found is not None:
        return found
    if any(s.op in ("norm", "sigmax") for a in p.args for s in (a, *a.args)) and all(_product_of_norms(a) for a in p.args):
        rest = attempt(ob, "square-sides", (), session)
        inner = _inequality(rest[0], session) if rest else None
        if inner is not None:
            return Proof("square-sides", (), (inner,))
    for groups in _groups(ob):
        found = _by_facts(ob, session, groups)
        if found is not None:
            return found
    return None


def _tangents(ob: Obligation, session: Session) -> Proof | None:
    """Convex functions of a vector above their tangent planes, at the points where the goal has values or gradients."""
    points: dict[Term, dict[Term, None]] = {}
    for s in subterms(ob.statement):
        at = (s.args[0], s.args[1]) if s.op == "apply" and len(s.args) == 2 else (s.args[-1].args[0], s.args[0]) if s.op == "grad" and s.args[-1].op == "apply" else None
        if at is not None and at[0].op == "sym" and at[1].sort.is_vector and not any(v.op == "bvar" for t in at for v in t.free):
            points.setdefault(at[0], {})[at[1]] = None
    convex = {f: list(places)[:4] for f, places in points.items() if f in ob.context.declarations and ob.context.declarations[f].attributes & {"convex", "concave"}}
    for f in list(convex):
        # a point that a hypothesis speaks of
        convex[f] += [t for h in ob.context.hypotheses for t in subterms(h.statement) if t.op == "grad" and t.args[-1].op == "apply" and t.args[-1].args[0] is f for t in t.args[:1] if t not in convex[f]][:2]
    for groups in _groups(ob) if convex else ():
        goal, chain = ob, []
        for f, places in convex.items():
            for u, v in permutations(places, 2):
                params = (groups, f, u, v)
                rest = attempt(goal, "tangent-plane", params, session)
                if rest:
                    goal = rest[0]
                    chain.append(("tangent-plane", params))
        last = _close(goal, session) if chain else None
        if last is not None:
            return _nest(chain, last)
    return None


def _product_of_norms(t: Term) -> bool:
    return t.op == "norm" or (t.op in ("mul", "div") and any(a.op == "norm" for a in t.args))


def _gram(ob: Obligation, session: Session) -> Proof | None:
    """p ‖u‖² + q u^T v + r ‖v‖² ≥ 0 by its discriminant."""
    x, y = ob.statement.args
    if ob.statement.data not in ("≤", "≥"):
        return None
    rw = session.rewriter(ob.context)
    gap = rw.nf(b.sub(y, x) if ob.statement.data == "≤" else b.sub(x, y))
    inners = sorted({s for s in subterms(gap) if s.op == "inner" and not any(v.op == "bvar" for v in s.free)}, key=order_key)
    for s in inners if len(inners) == 3 else ():
        u, v = s.args
        squares = (mk("inner", (u, u)), mk("inner", (v, v)))
        if u is v or not all(t in inners for t in squares):
            continue
        numbers = []
        nothing = dict.fromkeys(inners, b.ZERO)
        for t in (squares[0], s, squares[1]):
            numbers.append(rw.nf(substitute(gap, {**nothing, t: b.ONE})))
        params = (u, v, b.eye(u.sort.rows), *numbers)
        rest = attempt(ob, "gram-form", params, session)
        if not rest:
            continue
        from derivcheck.provers import scalar

        proofs = [scalar.prove(r, session) for r in rest]
        if all(proofs):
            return Proof("gram-form", params, tuple(q for q in proofs if q is not None))
    return None


def _by_facts(ob: Obligation, session: Session, groups: tuple[str, ...]) -> Proof | None:
    rw = session.rewriter(ob.context, frozenset({"core", *groups}))
    gap = rw.nf(b.sub(ob.statement.args[0], ob.statement.args[1]))
    goal, start = ob, []
    if groups:
        rest = attempt(ob, "rewrite", (groups,), session)
        if rest:
            goal, start = rest[0], [("rewrite", (groups,))]
    if start and (last := _close(goal, session)) is not None:
        return _nest(start, last)
    chain: list[tuple[str, tuple[Any, ...]]] = list(start)
    for kind, terms in _ranked(_candidates(ob, rw, gap), gap, rw):
        if len(chain) >= FACTS:
            break
        params = (groups, kind, terms)
        rest = attempt(goal, "semidefinite-fact", params, session)
        if not rest:
            continue
        before, goal = goal, rest[0]
        if goal.context.hypotheses[-1].statement in {h.statement for h in before.context.hypotheses}:
            goal = before
            continue
        chain.append(("semidefinite-fact", params))
        if (kind != "form" or len(chain) % 5 == 0) and (last := _close(goal, session)) is not None:
            return _nest(chain, last)
    if len(chain) == len(start):
        return None
    last = _close(goal, session)
    return _nest(chain, last) if last is not None else None


def _ranked(found: list[tuple[str, tuple[Any, ...]]], gap: Term, rw: Rewriter) -> list[tuple[str, tuple[Any, ...]]]:
    """The facts that speak of what the goal speaks of, those with little else first."""
    goal = _atoms(gap)
    scored = []
    for number, (kind, terms) in enumerate(found):
        got = fact(kind, terms, rw)
        if got is not None:
            parts = _atoms(rw.nf(b.sub(got.args[0], got.args[1])))
            if parts & goal:
                scored.append((len(parts - goal), number, (kind, terms)))
    return [c for _, _, c in sorted(scored, key=lambda c: c[:2])]


def _atoms(t: Term) -> set[Term]:
    return {s for s in subterms(t) if s.op in ("inner", "trace", "det", "norm", "sigmax", "tonum")}


def _close(ob: Obligation, session: Session) -> Proof | None:
    found = linear.prove(ob, session)
    if found is None and attempt(ob, "sign", (), session) == []:
        found = Proof("sign")
    return found


def _nest(chain: list[tuple[str, tuple[Any, ...]]], last: Proof) -> Proof:
    for rule, params in reversed(chain):
        last = Proof(rule, params, (last,))
    return last


def _candidates(ob: Obligation, rw: Rewriter, gap: Term) -> list[tuple[str, tuple[Any, ...]]]:
    """Facts that could help, the telling ones first."""
    out: dict[tuple[str, tuple[Any, ...]], None] = {}
    sides = ob.statement.args
    normal = [s for s in subterms(gap) if not any(v.op == "bvar" for v in s.free)]
    written = [s for a in sides for s in strict_subterms(a)]
    letters = [s for s in _letters([*sides, gap]) if pd(s, rw.oracle)]
    logs = any(s.op == "fn" and s.data == "log" for s in normal)
    if logs:
        dets = [s.args[0] for s in written if s.op == "det" and s.args[0] not in letters and not any(v.op == "bvar" for v in s.free)]
        for s in (*letters, *(s for s in dict.fromkeys(dets) if shown(s, rw) == "pd")):
            out[("log-det", (s, b.eye(s.sort.rows)))] = None
            for t in letters:
                if s is not t and s.sort.rows is t.sort.rows:
                    out[("log-det", (s, t))] = None
                    out[("log-det", (s, b.inv(t)))] = None
    for s in written:
        if s.op == "det" and s.args[0].op == "add":
            out[("det-sum", s.args[0].args)] = None
    traces = [s for s in normal if s.op == "trace"]
    for s in traces:
        if any(t.op == "pow" and t.args[0] is s for t in normal):
            out[("trace-square", (s.args[0],))] = None
    vectors = _vectors(written, normal)
    inverted = [s for s in letters if any(t.op == "inv" and t.args[0] is s for t in normal)]
    for s in inverted:
        if traces:
            out[("cauchy", (s, b.eye(s.sort.rows), b.eye(s.sort.rows)))] = None
        fitting = [v for v in vectors if v.sort.rows is s.sort.rows][:4]
        for u in fitting:
            for v in fitting:
                out[("cauchy", (s, u, v))] = None
    words = [s.args[0].args if s.args[0].op == "matmul" else (s.args[0],) for s in traces]
    inner_words = [tuple(f for a in s.args for f in (a.args if a.op == "matmul" else (a,))) for s in normal if s.op == "inner"]
    pieces = _pieces(ob, rw, [*words, *inner_words])[: 2 * PIECES]
    # what a hypothesis says first: of declared matrices the oracle knows the plain forms
    told = [q for q in pieces if isinstance(q, tuple) or q.op == "add"]
    for some in (told, [q for q in pieces if q not in told]):
        for v in vectors[:6] if some is told else vectors:
            for piece in some:
                if fits(v, piece, rw) and (some is told or v.op in ("add", "matmul")):
                    out[("form", (v, piece))] = None
    if traces:
        sizes = dict.fromkeys(f.sort.rows for w in words for f in w[:1])
        for n in sizes:
            lefts = _lefts([b.matmul(*w) for w in words], n)
            for left in lefts:
                for piece in pieces:
                    if fits(left, piece, rw) and not (left.op == "eye" and not isinstance(piece, tuple) and piece.op == "eye"):
                        out[("form", (left, piece))] = None
    return list(out)[: 4 * FACTS]


def _vectors(written: list[Term], normal: list[Term]) -> list[Term]:
    found: dict[Term, None] = {}
    for s in written:
        for t in (s, s.args[0]) if s.op == "transpose" else (s,):
            if t.sort.is_vector and t.op not in ("zeros", "transpose") and t.size < 30:
                found[t] = None
    for s in normal:
        if s.op == "inner":
            for a in s.args:
                word = a.args if a.op == "matmul" else (a,)
                for i in range(len(word)):
                    t = b.matmul(*word[i:]) if i + 1 < len(word) else word[i]
                    if t.sort.is_vector and t.sort.cols is b.ONE:
                        found[t] = None
    plain = sorted((v for v in found if not any(x.op == "bvar" for x in v.free)), key=lambda v: (v.op != "add", v.size, order_key(v)))
    atoms = [v for v in plain if v.op in ("sym", "idx", "matmul")][:4]
    mixed = [x for s, t in combinations(atoms, 2) if s.sort.rows is t.sort.rows for x in (b.sub(s, t), b.add(s, t))]
    return list(dict.fromkeys([*plain[:8], *mixed]))[: 2 * LEFTS]


__all__ = ["METHODS", "by_rewriting", "definiteness", "factors", "prove"]
