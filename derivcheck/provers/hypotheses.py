"""Universal hypotheses and used facts: instances that stand in the goal, then the ordinary provers.

Candidates for a variable are the symbols of the same name and the subterms of the goal; the memberships and the premises of the instance
are proved like everything else.  Limits: two universal hypotheses, at most `TRIES` instances.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.ordering import order_key
from derivcheck.provers import logic, scalar
from derivcheck.provers.scalar import attempt
from derivcheck.terms.term import Term, binder_names, name_of, subterms

TRIES = 24


def prove(ob: Obligation, session: Session, depth: int = 0) -> Proof | None:
    """A proof through an instance of a universal hypothesis."""
    for number, h in enumerate(ob.context.hypotheses):
        if h.statement.op != "forall":
            continue
        for values in islice(_candidates(h.statement, ob.statement), TRIES):
            rest = attempt(ob, "instance", (number, values), session)
            if rest is None or rest[-1].context.hypotheses[-1].statement in [x.statement for x in ob.context.hypotheses]:
                continue
            proofs: list[Proof] = []
            for r in rest:
                proof = scalar.prove(r, session) or logic.prove(r, session)
                if proof is None and r is rest[-1] and depth < 1:
                    proof = prove(r, session, depth + 1)
                if proof is None:
                    break
                proofs.append(proof)
            if len(proofs) == len(rest):
                return Proof("instance", (number, values), tuple(proofs))
    return None


def _candidates(h: Term, goal: Term) -> Iterator[tuple[Term, ...]]:
    names = binder_names(h)
    symbols = sorted((s for s in goal.free if s.op == "sym"), key=order_key)
    choices: list[list[Term]] = []
    terms = [s for s in subterms(goal) if s.sort.kind == "num" and not any(v.op == "bvar" for v in s.free) and s.size < 30 and not s.bound]
    for name, v in zip(names, h.bound, strict=True):
        same = [s for s in symbols if s.sort == v.sort and name_of(s) == name]
        others = [s for s in symbols if s.sort == v.sort and s not in same]
        deeper = [t for t in terms if t.sort == v.sort and t.op != "sym"] if len(h.bound) == 1 else []
        choices.append([*same, *others, *deeper][:TRIES])
    yield from product(*choices)
