"""Claims of other derivations (`use`) of which the goal is an instance, as it stands or with its sides exchanged.

The variables of the claim are matched with parts of the goal by structure; that they lie in the declared sets, and the claim's hypotheses,
are proved like everything else.  Limits: what the claim says in another writing, or of a part of the goal only, is left to the other methods,
which have the claims among their hypotheses.
"""

from __future__ import annotations

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.obligation import Obligation
from derivcheck.provers import logic, scalar
from derivcheck.provers.scalar import attempt
from derivcheck.terms.term import Term, mk

MIRRORED = {"=": "=", "≠": "≠", "<": ">", ">": "<", "≤": "≥", "≥": "≤"}


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof by a used claim."""
    for number, h in enumerate(ob.context.hypotheses):
        if h.kind != "use":
            continue
        found = _by(number, h.statement, ob, session)
        if found is not None:
            return found
    return None


def _by(number: int, claim: Term, ob: Obligation, session: Session) -> Proof | None:
    body = claim.args[-1] if claim.op == "forall" else claim
    said = body.args[1] if body.op == "implies" else body
    for goal in _writings(ob.statement):
        env: dict[Term, Term] = {}
        if not _match(said, goal, claim.bound if claim.op == "forall" else (), env):
            continue
        if claim.op != "forall":
            return _conclude(body, ob, session)
        if len(env) < len(claim.bound):
            continue  # a variable that only the hypotheses mention
        values = tuple(env[v] for v in claim.bound)
        rest = attempt(ob, "instance", (number, values), session)
        if rest is None:
            continue
        proofs = [scalar.prove(r, session) or logic.prove(r, session) for r in rest[:-1]]
        last = rest[-1]
        proofs.append(_conclude(last.context.hypotheses[-1].statement, last, session))
        if all(p is not None for p in proofs):
            return Proof("instance", (number, values), tuple(p for p in proofs if p is not None))
    return None


def _conclude(fact: Term, ob: Obligation, session: Session) -> Proof | None:
    """The goal from a fact that says it, or says it under premises."""
    if fact.op != "implies":
        return None if attempt(ob, "hypothesis", (), session) is None else Proof("hypothesis")
    rest = attempt(ob, "implication-elim", (fact, "forward"), session)
    if rest is None:
        return None
    premise = logic.prove(rest[0], session)
    if premise is None or attempt(rest[1], "hypothesis", (), session) is None:
        return None
    return Proof("implication-elim", (fact, "forward"), (premise, Proof("hypothesis")))


def _writings(p: Term) -> list[Term]:
    if p.op != "rel" or str(p.data) not in MIRRORED:
        return [p]
    return [p, mk("rel", (p.args[1], p.args[0], *p.args[2:]), MIRRORED[str(p.data)], p.sort)]


def _match(pattern: Term, term: Term, variables: tuple[Term, ...], env: dict[Term, Term]) -> bool:
    """Whether the term is the pattern with terms put in for the variables."""
    stack = [(pattern, term)]
    while stack:
        p, t = stack.pop()
        if p in variables:
            if p.sort != t.sort or any(v.op == "bvar" for v in t.free) or env.setdefault(p, t) is not t:
                return False
        elif p is not t:
            if p.op != t.op or p.data != t.data or len(p.args) != len(t.args) or len(p.bound) != len(t.bound):
                return False
            if any(v is not w for v, w in zip(p.bound, t.bound, strict=True)):
                return False
            stack.extend(zip(p.args, t.args, strict=True))
    return True
