"""Statements: `⟺`, `⟹`, alternatives, systems, inequalities with hypotheses.

Outline: connectives are taken apart (`_connective`); a relation inside a statement is made plain by `strict` (its sides must have
values); then `_relation` tries the scalar provers, the one-variable decision, and moves on the hypotheses: alternatives split, equations
factored, sums of squares read off, atoms solved for (log, exp, roots, |·|), signs of |·| split.
Limits: depth and number of moves are bounded; quantifiers only by instances that stand in the goal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import islice

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.inferences.functions import applications, monotone
from derivcheck.kernel.inferences.solutions import hypothesis_parts, occurs
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.oracle import Oracle
from derivcheck.kernel.ordering import order_key
from derivcheck.provers import linear, order, scalar, witnesses
from derivcheck.provers.about_matrices import by_norms, by_numbers, by_squares, has_norm
from derivcheck.provers.scalar import attempt
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, contains_op, mk, num, open_binder, subterms

DEPTH = 7
WITNESSES = 24
MOVES = 400


def prove(ob: Obligation, session: Session, moves: int = MOVES) -> Proof | None:
    """A proof of a statement or relation, if the search finds one within so many moves."""
    return _Search(session, moves).prove(ob, 0, frozenset())


OPTIMISERS = ("argmin", "argmax")


def _optimum(ob: Obligation, session: Session) -> Proof | None:
    """A set of optimisers in the goal, or in a hypothesis."""
    from derivcheck.provers import optimum

    if any(a.op in OPTIMISERS for a in ob.statement.args):
        return optimum.nested(ob, session, known=False)
    if any(h.op == "rel" and any(a.op in OPTIMISERS for a in h.args) for h in hypothesis_parts(ob.context)):
        return optimum.nested(ob, session, known=True)
    return None


class _Search:
    def __init__(self, session: Session, moves: int = MOVES) -> None:
        self.session = session
        self.most = moves
        self.moves = 0
        self.analyses = 0  # how often the calculus of one variable has been tried

    def prove(self, ob: Obligation, depth: int, done: frozenset[Term]) -> Proof | None:
        """Prove one obligation with the moves in `done` behind it."""
        if depth > DEPTH or self.moves > self.most:
            return None
        self.moves += 1
        p = ob.statement
        if p.op == "true":
            return Proof("true")
        if p.op == "false":
            return self.close(ob, "contradiction") or self._move(ob, depth, done)
        whole = self.close(ob, "hypothesis") or self._finite_moment(ob)
        if whole is not None:
            return whole
        if p.op in ("and", "implies", "iff", "or", "not", "exists") and _divisibility(p):
            table = self.close(ob, "residue-classes")
            if table is not None:
                return table
        if p.op in ("and", "implies", "iff", "forall"):
            if p.op in ("iff", "implies") and not depth:
                found = by_norms(self, ob, done) or by_numbers(self, ob, done) or by_squares(self, ob, done)
                if found is not None:
                    return found
            if p.op in ("iff", "implies"):
                table = self.close(ob, "reflexive") or self.close(ob, "one-variable")
                if table is not None:
                    return table
            return self.via(ob, p.op, (), depth, done)
        if p.op == "or":
            return self._or(ob, depth, done)
        if p.op == "exists":
            return self._exists(ob, depth, done)
        if p.op == "not":
            return self.via(ob, "deny", (), depth, done) or self.via(ob, "by-contradiction", (), depth, done)
        if p.op == "rel" and all(a.sort.kind == "set" and a.op not in OPTIMISERS for a in p.args[:2]):
            return self.via(ob, "same-elements", (), depth, done)
        if p.op == "rel" and "strict" in ob.context.conventions:
            return self.close(ob, "one-variable") or self.via(ob, "strict", (), depth, done) or self._move(ob, depth, done)
        if p.op == "rel":
            return self._relation(ob, depth, done)
        if p.op in ("psd", "pd"):
            from derivcheck.provers import definite

            if "strict" in ob.context.conventions:
                return self.via(ob, "strict", (), depth, done)
            return definite.definiteness(ob, self.session, 2) or self.via(ob, "eigenvalues", (), depth, done) or self._move(ob, depth, done)
        return None

    def close(self, ob: Obligation, rule: str, params: tuple[object, ...] = ()) -> Proof | None:
        """A proof by one inference that leaves nothing."""
        return Proof(rule, params) if attempt(ob, rule, params, self.session) == [] else None

    def via(self, ob: Obligation, rule: str, params: tuple[object, ...], depth: int, done: frozenset[Term]) -> Proof | None:
        """A proof that starts with this inference."""
        rest = attempt(ob, rule, params, self.session)
        if rest is None:
            return None
        proofs: list[Proof] = []
        for r in rest:
            proof = self.prove(r, depth + 1, done)
            if proof is None:
                return None
            proofs.append(proof)
        return Proof(rule, params, tuple(proofs))

    def _or(self, ob: Obligation, depth: int, done: frozenset[Term]) -> Proof | None:
        table = self.close(ob, "one-variable")
        if table is not None:
            return table
        for i in range(len(ob.statement.args)):
            if self._quick(Obligation(ob.context, ob.statement.args[i])):
                found = self.via(ob, "or", (i,), depth + 2, done)
                if found is not None:
                    return found
        found = self.via(ob, "zero-product", (), depth + 2, done)
        if found is not None:
            return found
        found = self._move(ob, depth, done)
        if found is not None:
            return found
        for i in range(len(ob.statement.args)):
            found = self.via(ob, "or-negated", (i,), depth + 1, done)
            if found is not None:
                return found
        for i in range(len(ob.statement.args)):
            found = self.via(ob, "or", (i,), depth + 1, done)
            if found is not None:
                return found
        return None

    def _finite_moment(self, ob: Obligation) -> Proof | None:
        """A mean that is finite because a hypothesis says so of a higher power."""
        p = ob.statement
        if p.op != "rel" or p.data not in ("<", ">") or not any(b.is_infinite(a) for a in p.args[:2]) or not any(a.op in ("E", "Var") for a in p.args[:2]):
            return None
        for number in range(len(ob.context.hypotheses)):
            if attempt(ob, "finite-moment", (number,), self.session) == []:
                return Proof("finite-moment", (number,))
        return None

    def _exists(self, ob: Obligation, depth: int, done: frozenset[Term]) -> Proof | None:
        """A witness, or the intermediate value theorem; then the hypotheses."""
        p = ob.statement
        if len(p.bound) == 1 and p.bound[0].sort.kind == "num":
            (k,), body = open_binder(p)
            for value in islice(witnesses.candidates(k, p.args[0], body, ob, self.session), WITNESSES):
                rest = attempt(ob, "exists", (value,), self.session)
                if rest is None or any(self._hopeless(r) for r in rest):
                    continue
                # a candidate is in the set at once, or it is none: hypotheses must have been used before
                member = self._member(rest[0])
                inner = self.prove(rest[1], depth + 1, done) if member is not None else None
                if member is not None and inner is not None:
                    return Proof("exists", (value,), (member, inner))
            for ends in witnesses.crossing(k, p.args[0], body, ob):
                found = self.via(ob, "intermediate-value", ends, depth, done)
                if found is not None:
                    return found
        return self._move(ob, depth, done)

    def _member(self, ob: Obligation) -> Proof | None:
        """Membership in a set without the use of hypotheses one by one."""
        rest = attempt(ob, "strict", (), self.session)
        if rest is None:
            return None
        proofs: list[Proof] = []
        for r in rest:
            found = scalar.prove(r, self.session)
            if found is None and r.statement.op == "rel" and r.statement.data == "in":
                found = self._member_by_residues(r) if r.statement.args[1] in (b.INTEGERS, b.NATURALS, b.POSITIVE_INTEGERS) else self._unfolded(r)
            elif found is None and r.statement.op == "rel" and r.statement.data != "=":
                found = self._bounded(r)
            if found is None:
                return None
            proofs.append(found)
        return Proof("strict", (), tuple(proofs))

    def _unfolded(self, ob: Obligation) -> Proof | None:
        rest = attempt(ob, "member-unfold", (), self.session)
        inner = self.prove(rest[0], DEPTH - 1, frozenset()) if rest else None
        return None if inner is None else Proof("member-unfold", (), (inner,))

    def _member_by_residues(self, ob: Obligation) -> Proof | None:
        rest = attempt(ob, "integer", (), self.session)
        proofs = [self.close(r, "residues") or scalar.prove(r, self.session) for r in rest or ()]
        return Proof("integer", (), tuple(p for p in proofs if p is not None)) if rest and None not in proofs else None

    def _hopeless(self, ob: Obligation, depth: int = 0) -> bool:
        """Whether models contradict a statement: its conjuncts, what it says of any x, and what it says under a premise."""
        if ob.statement.op in ("and", "forall", "implies") and depth < 5:
            rest = attempt(ob, ob.statement.op, (), self.session)
            return rest is not None and any(self._hopeless(r, depth + 1) for r in rest)
        # models of equations are dear to find
        return not any(h.op == "rel" and h.data == "=" for h in hypothesis_parts(ob.context)) and order.fails(ob)

    def _quick(self, ob: Obligation) -> bool:
        lax = attempt(ob, "strict", (), self.session) if ob.statement.op == "rel" else None
        return lax is not None and all(scalar.prove(o, self.session) is not None for o in lax)

    def _relation(self, ob: Obligation, depth: int, done: frozenset[Term]) -> Proof | None:
        if ob.statement.data in ("=", "≠", "<", "≤", ">", "≥", "in"):
            direct = scalar.prove(ob, self.session)
            if direct is not None:
                return direct
            from derivcheck.provers import definite, matrix

            direct = matrix.prove(ob, self.session)
            if direct is None and (ob.statement.data == "≠" or ob.statement.args[0].sort.kind == "mat"):
                direct = definite.prove(ob, self.session)
            if direct is not None:
                return direct
            for p in hypothesis_parts(ob.context):
                if p not in done and (p.op in ("psd", "pd") or (p.op == "rel" and p.data in ("<", "≤", ">", "≥") and has_norm(p))):
                    found = self.via(ob, "eigenvalues-fact", (p,), depth - 1, done | {p})
                    if found is not None:
                        return found
            if any(h.op == "forall" for h in hypothesis_parts(ob.context)):
                from derivcheck.provers import summands

                direct = summands.prove(ob, self.session)
                if direct is not None:
                    return direct
        table = self.close(ob, "one-variable") or self.close(ob, "contradiction")
        if table is None and ob.statement.data == "divides":
            table = self.close(ob, "residues") or self.close(ob, "residue-classes")
        if table is not None:
            return table
        if ob.statement.data in ("<", "≤", ">", "≥"):
            found = self._bounded(ob)
            if found is not None:
                return found
            found = self.via(ob, "eigenvalues", (), depth, done) if has_norm(ob.statement) else None
            found = found or self.via(ob, "same-function", (), depth, done) or self.via(ob, "increasing", (), depth, done) or self.via(ob, "powers", (), depth, done)
            if found is not None:
                return found
            for s in _order_atoms(ob.statement, self.session.rewriter(ob.context).nf(_difference(ob.statement))):
                found = self.via(ob, "order-inverse", (s,), depth, done)
                if found is not None:
                    return found
        if ob.statement.data == "in" and ob.statement.args[1] in (b.INTEGERS, b.NATURALS):
            found = self.via(ob, "integer", (), depth, done)
            if found is not None:
                return found
        if ob.statement.data in ("in", "notin"):
            unfolded = self.via(ob, "member-unfold", (), depth, done)
            if unfolded is not None:
                return unfolded
        found = _optimum(ob, self.session) or self._move(ob, depth, done)
        if found is not None:
            return found
        if ob.statement.data in ("<", "≤", ">", "≥") and self.analyses < 3 and contains_op(ob.statement, "fn", "cases"):
            self.analyses += 1
            return order.prove(ob, self.session)
        return None

    def _bounded(self, ob: Obligation) -> Proof | None:
        """Linear arithmetic with the hypotheses' inequalities, and with what floors are."""
        if not any(h.op == "rel" and h.data in ("<", "≤", ">", "≥") for h in hypothesis_parts(ob.context)):
            return None
        floors = any(s.op == "fn" and s.data in ("floor", "ceil") for h in ob.context.hypotheses for s in subterms(h.statement))
        return self._chained(ob, ("floor-facts", "clear-denominators") if floors else ("clear-denominators",))

    def _chained(self, ob: Obligation, rules: tuple[str, ...]) -> Proof | None:
        """Linear arithmetic, after these inferences if need be."""
        found = linear.prove(ob, self.session)
        for i, rule in enumerate(rules):
            rest = attempt(ob, rule, (), self.session) if found is None else None
            inner = self._chained(rest[0], rules[i + 1 :]) if rest else None
            found = found or (Proof(rule, (), (inner,)) if inner is not None else None)
        return found

    def _move(self, ob: Obligation, depth: int, done: frozenset[Term]) -> Proof | None:
        """Use a hypothesis: each at most once along a branch."""
        if depth > DEPTH - 1:
            return None
        for rule, params, mark in self._moves(ob, done):
            rest = attempt(ob, rule, params, self.session)
            if rest is None or (len(rest) == 1 and rest[0] == ob):
                continue
            proofs: list[Proof] = []
            for r in rest:
                # an instance is no step towards the goal, and there are few
                proof = self.prove(r, depth if rule in ("instance", "amplitude") else depth + 1, done | {mark})
                if proof is None:
                    break
                proofs.append(proof)
            if len(proofs) == len(rest):
                return Proof(rule, params, tuple(proofs))
            if rule == "or-elim":
                # a disjunction must be split sooner or later; if that fails nothing else will help
                return None
        return None

    def _moves(self, ob: Obligation, done: frozenset[Term]) -> Iterator[tuple[str, tuple[object, ...], Term]]:
        oracle = self.session.oracle(ob.context)
        parts = [p for p in hypothesis_parts(ob.context) if p not in done]
        unfold = ob.statement
        if unfold not in done and attempt(ob, "member-unfold", (), self.session):
            yield "member-unfold", (), unfold
        for p in parts:
            if p.op == "or":
                yield "or-elim", (p,), p
            if p.op == "exists":
                yield "exists-elim", (p,), p
            if p.op == "not":
                if ob.statement is b.FALSE:
                    yield "against-denied", (p,), p
                yield "denied", (p,), p
        rw = self.session.rewriter(ob.context)
        for p in parts:
            if p.op == "rel" and p.data == "=" and p.args[0].sort.kind == "num":
                for s in sorted((s for s in p.free & ob.statement.free if s.op == "sym"), key=order_key):
                    yield "substitute", (p, s), p
        for p in parts:
            if p.op == "rel" and p.data == "=" and p.args[0].sort.kind == "num":
                for name in ("integer-gcd", "rational-roots", "sine-of-rational"):
                    yield name, (p,), p
        for p in parts:
            if p.op == "rel" and p.data == "=" and p.args[0].sort.kind == "num":
                yield "integer-factors", (p,), p
                yield "factor", (p,), p
        for p in parts:
            if p.op != "rel" or p.args[0].sort.kind != "num":
                continue
            if p.data == "=":
                normal = rw.nf(_difference(p))
                for s in subterms(normal):
                    if any(v.op == "bvar" for v in s.free):
                        continue
                    if _has_inverse(s, oracle):
                        yield "inverse", (p, s), p
        solved = [p for p in parts if p.op == "rel" and p.data == "=" and p.args[0].sort.kind == "num"][:6]
        for p in solved:
            for q in solved:
                for s in sorted((s for s in p.free & q.free if s.op == "sym" and p is not q), key=order_key):
                    yield "substitute-fact", (p, q, s), b.and_(p, q)
        if any(h.statement.op == "forall" for h in ob.context.hypotheses):
            for p in solved:
                for s in dict.fromkeys(s for s in subterms(p) if s.op == "apply" and s.args[0].op == "sym" and not any(v.op == "bvar" for v in s.free)):
                    if occurs(s, ob.statement):
                        yield "substitute", (p, s), p
                    for q in solved:
                        if q is not p and occurs(s, q):
                            yield "substitute-fact", (p, q, s), b.and_(p, q)
        for p in parts:
            if p.op == "rel" and p.data == "=" and p.args[0].sort.kind == "num":
                waves = [s for s in subterms(rw.nf(_difference(p))) if s.op == "fn" and s.data in ("sin", "cos", "exp") and not any(v.op == "bvar" for v in s.free)]
                for s in waves:
                    if s.data == "exp":
                        if not oracle.real(s.args[0]):
                            yield "periodic", (p, "exp", s.args[0]), p
                        continue
                    if s.data == "sin" and b.fn("cos", s.args[0]) in waves:
                        yield "amplitude", (p, s.args[0]), p
                    if not any(t.data not in (s.data, "exp") and t.args[0] is s.args[0] for t in waves):
                        yield "periodic", (p, str(s.data), s.args[0]), p
                    yield "periodic", (p, "tan", s.args[0]), p
        for p in parts:
            if p.op == "rel" and p.args[0].sort.kind == "num":
                for s in applications(p):
                    if monotone(s.args[0], ob.context):
                        yield "injective", (p, s), p
        for p in parts:
            if p.op == "rel" and p.data in ("<", "≤", ">", "≥") and p.args[0].sort.kind == "num":
                for s in _order_atoms(p, rw.nf(_difference(p))):
                    yield "order-inverse-fact", (p, s), p
        for p in parts:
            if p.op == "rel" and p.data in ("=", "≤", "≥") and p.args[0].sort.kind == "num":
                yield "squares", (p,), p
        for number, h in enumerate(ob.context.hypotheses):
            if h.statement.op == "forall" and h.kind not in ("use",):
                for values in instances(h.statement, ob):
                    mark = mk("tuple", (h.statement, *values), "instance", h.statement.sort)
                    if mark not in done and len(ob.context.hypotheses) < 24:
                        yield "instance", (number, values), mark
        if ob.statement.op == "rel" and ob.statement.data in ("<", "≤", ">", "≥"):
            for number, h in enumerate(ob.context.hypotheses):
                if h.statement.op == "forall" and h.statement.args[-1].op == "rel" and h.statement.args[-1].data in ("<", "≤", ">", "≥"):
                    for at in _joints(h.statement):
                        yield "limit-fact", (number, *at), mk("tuple", (h.statement, num(at[0])), at[1:], h.statement.sort)
        for p in parts:
            if p.op in ("implies", "iff"):
                yield "implication-elim", (p, "forward"), p
                if p.op == "iff":
                    yield "implication-elim", (p, "backward"), p
        opposed = ob.statement.op == "rel" and (ob.statement.data == "≠" or any(p.op == "not" for p in parts))
        if opposed and ob.statement not in done:
            yield "by-contradiction", (), ob.statement
        seen: set[Term] = set()
        for p in [ob.statement, *parts]:
            for s in subterms(p):
                if s.op == "fn" and s.data == "abs" and s.args[0] not in seen and s.args[0] not in done and not any(v.op == "bvar" for v in s.free):
                    seen.add(s.args[0])
                    if oracle.real(s.args[0]) and not oracle.nonnegative(s.args[0]) and not oracle.nonpositive(s.args[0]):
                        yield "cases", ("sign", s.args[0]), s.args[0]
                if s.op == "fn" and s.data in ("max", "min") and len(s.args) == 2 and not any(v.op == "bvar" for v in s.free):
                    gap = rw.nf(b.sub(*s.args))
                    if gap not in seen and gap not in done and oracle.real(gap) and not oracle.nonnegative(gap) and not oracle.nonpositive(gap):
                        seen.add(gap)
                        yield "cases", ("sign", gap), gap
        for s in _compared_with_zero(ob.statement):
            if s not in done and oracle.real(s) and not oracle.nonnegative(s) and not oracle.nonpositive(s):
                yield "cases", ("sign", s), s


def instances(p: Term, ob: Obligation) -> list[tuple[Term, ...]]:
    """Values for the variable of a universal hypothesis: those that turn a f(x) in it into an application f(t) of the goal or of a fact;
    where there is none, the numbers of the goal and its values of functions; for inequalities a few numbers."""
    if len(p.bound) != 1 or p.bound[0].sort.kind != "num":
        return []
    x = p.bound[0]
    declared = ob.context.declarations
    facts = [h.statement for h in ob.context.hypotheses if h.statement.op == "rel" and h.kind == "step"]
    applied = [s for q in (ob.statement, *facts) for s in subterms(q) if s.op == "apply" and len(s.args) == 2 and not any(v.op == "bvar" for v in s.free)]
    heads = [s.args[0] for s in subterms(p.args[-1]) if s.op == "apply" and s.args[1:] == (x,)]
    seen = dict.fromkeys(a.args[1] for a in applied if a.args[0] in heads)
    if not seen:
        seen.update(dict.fromkeys(s for s in subterms(ob.statement) if s in applied and s.sort.kind == "num"))
        seen.update(dict.fromkeys(sorted((s for s in ob.statement.free if s.op == "sym" and s.sort.kind == "num" and s in declared and s not in p.free), key=order_key)))
        if p.args[-1].op in ("rel", "and", "implies") and not applied:
            seen.update(dict.fromkeys((b.ONE, b.MINUS_ONE, b.ZERO)))
    # entries and members of which the goal or a fact speaks
    families = {(s.op, s.args[0]) for s in subterms(p.args[-1]) if s.op in ("ventry", "idx") and s.args[1:] == (x,)}
    if families:
        closed = (s for q in (ob.statement, *facts) for s in subterms(q) if s.op in ("ventry", "idx") and len(s.args) == 2)
        places = [s.args[1] for s in closed if (s.op, s.args[0]) in families and not any(v.op == "bvar" for v in s.free)]
        seen = dict.fromkeys((*places, *seen))
    if p.args[0].op == "range":
        seen = dict.fromkeys(v for v in seen if _may_lie_in(v, p.args[0], declared))
    return [(v,) for v in list(seen)[:6]]


def _may_lie_in(v: Term, domain: Term, declared: Mapping[Term, Declaration]) -> bool:
    if v.op == "num" and domain.args[0].op == "num":
        return bool(v.data >= domain.args[0].data)
    d = declared.get(v)
    return d is None or d.domain is not b.REALS


def _joints(p: Term) -> list[tuple[Fraction, str, int]]:
    """Points at which an inequality for all x may be sharp: numbers that its conditions compare x with, and 0; sides and powers."""
    points = {Fraction(0)}
    for s in subterms(p.args[-1]):
        if s.op == "cases":
            for i in range(0, len(s.args) - 1, 2):
                points |= {u.data for u in subterms(s.args[i]) if u.op == "num"}
    return [(q, side, power) for q in sorted(points)[:3] for power in (1, 0) for side in "-+"]


def _divisibility(p: Term) -> bool:
    """Whether a statement is about divisibility alone: `d ∣ t`, `∃ k ∈ ℤ : …`, and connectives."""
    if p.op in ("and", "or", "not", "implies", "iff"):
        return all(map(_divisibility, p.args))
    return (p.op == "rel" and p.data == "divides") or (p.op == "exists" and p.args[0] is b.INTEGERS)


def _order_atoms(p: Term, normal: Term) -> list[Term]:
    """Functions that might be taken off an inequality, largest first."""
    found = [
        s
        for side in (*p.args[:2], normal)
        for s in subterms(side)
        if not any(v.op == "bvar" for v in s.free)
        and ((s.op == "fn" and s.data in ("log", "exp", "abs")) or (s.op == "pow" and (s.args[1].op != "num" or s.args[1].data > 0)))
    ]
    return sorted(dict.fromkeys(found), key=lambda s: -s.size)[:4]


def _compared_with_zero(p: Term) -> list[Term]:
    """Small terms that the alternatives of a goal compare with 0."""
    out: dict[Term, None] = {}
    for s in subterms(p):
        if s.op == "rel" and len(s.args) == 2 and b.ZERO in s.args and p.op == "or":
            other = s.args[0] if s.args[1] is b.ZERO else s.args[1]
            if other.op == "sym":
                out[other] = None
    return list(out)[:3]


def _has_inverse(s: Term, oracle: Oracle) -> bool:
    """Whether an equation may be solved through `s`: an injective function, a root or an odd power, a power of a positive base."""
    if s.op == "fn":
        return s.data in ("log", "exp", "abs", "arctan", "arcsin", "erf", "arcsinh")
    if s.op != "pow":
        return s.op == "oddroot"
    base, exponent = s.args
    if exponent.op != "num":
        return oracle.positive(base)
    return exponent.data.denominator != 1 or (exponent.data % 2 == 1 and exponent.data > 1)


def _difference(p: Term) -> Term:
    return b.sub(p.args[0], p.args[1])
