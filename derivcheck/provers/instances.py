"""Universal hypotheses, and claims of other derivations (`use`), of which the goal is an instance, as it stands or with its sides exchanged.

The variables are matched with parts of the goal by structure; that they lie in the sets they range over, and the premises of the instance, are
proved like everything else.  Limits: what a hypothesis says in another writing, or of a part of the goal only, is left to the other methods.
"""

from __future__ import annotations

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.obligation import Obligation
from derivcheck.provers import logic, scalar
from derivcheck.provers.scalar import attempt
from derivcheck.terms.term import Term, mk

MIRRORED = {"=": "=", "≠": "≠", "<": ">", ">": "<", "≤": "≥", "≥": "≤"}


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof by an instance of a hypothesis."""
    for number, h in enumerate(ob.context.hypotheses):
        if h.statement.op == "forall" or h.kind == "use":
            found = _by(number, h.statement, ob, session)
            if found is not None:
                return found
    return None


def _by(number: int, claim: Term, ob: Obligation, session: Session) -> Proof | None:
    said = claim
    variables: list[Term] = []
    while said.op in ("forall", "implies"):
        variables += said.bound
        said = said.args[-1]
    for goal in _writings(ob.statement):
        env: dict[Term, Term] = {}
        if not _match(said, goal, tuple(variables), env):
            continue
        if claim.op != "forall":
            return _conclude(claim, ob, session)
        if any(v not in env for v in claim.bound):
            continue  # a variable that only the premises mention
        values = tuple(env[v] for v in claim.bound)
        rest = attempt(ob, "instance", (number, values), session)
        if rest is None:
            continue
        last = rest[-1]
        final = _conclude(last.context.hypotheses[-1].statement, last, session)
        if final is None:
            continue
        proofs = [scalar.prove(r, session) or logic.prove(r, session) for r in rest[:-1]]
        if all(p is not None for p in proofs):
            return Proof("instance", (number, values), (*(p for p in proofs if p is not None), final))
    return None


def _conclude(fact: Term, ob: Obligation, session: Session) -> Proof | None:
    """The goal from the last fact, which says it, or says it under premises or of all values of more variables."""
    if fact.op == "forall":
        return _by(len(ob.context.hypotheses) - 1, fact, ob, session)
    if fact.op != "implies":
        return None if attempt(ob, "hypothesis", (), session) is None else Proof("hypothesis")
    rest = attempt(ob, "implication-elim", (fact, "forward"), session)
    if rest is None:
        return None
    final = _conclude(fact.args[1], rest[1], session)
    premise = None if final is None else logic.prove(rest[0], session)
    return None if final is None or premise is None else Proof("implication-elim", (fact, "forward"), (premise, final))


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
