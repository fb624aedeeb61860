"""How proved relations compose: `=` with anything, `≤` and `<` along one direction, `∝` and `≐` over the same variables, arrows.

`path(edges, start, end)` finds the strongest relation that a walk over proved edges establishes between two terms, with the
conditions met on the way.  `≈`, `O` and relations over different variables don't compose.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from derivcheck.terms.term import Term


@dataclass(frozen=True)
class Edge:
    """A proved step between two nodes (`rel` as in the term language, or `iff`, `implies`), `under` what its proof assumes beyond the
    claim's hypotheses."""

    left: Term
    right: Term
    relation: str
    variables: tuple[Term, ...] = ()
    conditions: tuple[Term, ...] = ()
    certainty: str = "exact"
    under: tuple[Term, ...] = ()

    def mirrored(self) -> Edge | None:
        """The same fact read from right to left."""
        back = {"=": "=", "<": ">", ">": "<", "≤": "≥", "≥": "≤", "∝": "∝", "≐": "≐", "iff": "iff", "implies": "impliedby", "≠": "≠"}
        relation = back.get(self.relation)
        if relation is None:
            return None
        return Edge(self.right, self.left, relation, self.variables, self.conditions, self.certainty)


def join(first: str, second: str) -> str | None:
    """The relation that `A first B second C` establishes between A and C."""
    if first == "=":
        return second
    if second == "=":
        return first
    if first in ("≤", "<") and second in ("≤", "<"):
        return "<" if "<" in (first, second) else "≤"
    if first in ("≥", ">") and second in ("≥", ">"):
        return ">" if ">" in (first, second) else "≥"
    if first == second and first in ("∝", "≐"):
        return first
    if first in ("iff", "implies") and second in ("iff", "implies"):
        return "iff" if (first, second) == ("iff", "iff") else "implies"
    if first in ("iff", "impliedby") and second in ("iff", "impliedby"):
        return "iff" if (first, second) == ("iff", "iff") else "impliedby"
    return None


def stronger(found: str, wanted: str) -> bool:
    """Whether a found relation gives the wanted one."""
    gives = {
        "=": {"=", "≤", "≥", "∝", "≐", "subset"},
        "<": {"<", "≤", "≠"},
        ">": {">", "≥", "≠"},
        "iff": {"iff", "implies", "impliedby"},
    }
    return found == wanted or wanted in gives.get(found, set())


@dataclass(frozen=True)
class Walk:
    """What a walk establishes: the relation, its conditions, the weakest certainty."""

    relation: str
    conditions: tuple[Term, ...]
    certainty: str
    variables: tuple[Term, ...] = ()


_RANK = {"exact": 0, "probabilistic": 1, "cas": 2}


def walks(edges: list[Edge], start: Term) -> dict[tuple[Term, str], Walk]:
    """All relations that walks from `start` establish, to every node."""
    outgoing: dict[Term, list[Edge]] = {}
    for e in edges:
        outgoing.setdefault(e.left, []).append(e)
        back = e.mirrored()
        if back is not None:
            outgoing.setdefault(back.left, []).append(back)
    found: dict[tuple[Term, str], Walk] = {(start, "="): Walk("=", (), "exact")}
    queue: deque[tuple[Term, str]] = deque([(start, "=")])
    while queue:
        node, relation = queue.popleft()
        walk = found[(node, relation)]
        for e in outgoing.get(node, ()):
            if relation in ("∝", "≐") and e.relation == relation and walk.variables != e.variables:
                continue
            joined = join(relation, e.relation)
            if joined is None or (e.right, joined) in found:
                continue
            conditions = walk.conditions + tuple(c for c in e.conditions if c not in walk.conditions)
            certainty = max(walk.certainty, e.certainty, key=lambda c: _RANK[c])
            found[(e.right, joined)] = Walk(joined, conditions, certainty, e.variables or walk.variables)
            queue.append((e.right, joined))
    return found
