"""What is random in a term, and which of it is independent.

A random *atom* is a random symbol, or a member `idx(X, i)` of a random family.  An expectation, variance or probability is no longer random
in what it integrates over; it is random through the symbols that it is conditioned on.  `Randomness.clusters` splits factors into groups
that are mutually independent by what the context says: declared groups, iid families, hypotheses `X ⊥ Y`.

Limits: independence is taken as declared (of the whole group, or of two of its parts); nothing is derived from laws.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term

if TYPE_CHECKING:
    from derivcheck.kernel.oracle import Oracle

CLOSED = frozenset({"E", "Var", "Cov", "Pr"})


def conditions_of(t: Term) -> tuple[Term, ...]:
    """The conditions of an expectation, variance, covariance or probability."""
    n = int(t.data or 0)
    return t.args[len(t.args) - n :] if n else ()


class Randomness:
    """Random atoms and independence under one oracle."""

    def __init__(self, oracle: Oracle) -> None:
        self.oracle = oracle
        self.declarations = oracle.context.declarations
        self._memo: dict[Term, frozenset[Term]] = {}

    def is_random(self, symbol: Term) -> bool:
        """Whether a symbol is declared random."""
        d = self.declarations.get(symbol)
        return d is not None and (d.random or d.law is not None)

    def declaration(self, atom: Term) -> Declaration | None:
        """The declaration of an atom's symbol."""
        return self.declarations.get(atom.args[0] if atom.op == "idx" else atom)

    def atoms(self, t: Term) -> frozenset[Term]:
        """The random atoms on which the value of a term depends."""
        got = self._memo.get(t)
        if got is not None:
            return got
        if not any(s.op == "sym" and self.is_random(s) for s in t.free):
            got = frozenset()
        elif t.op == "sym":
            got = frozenset((t,))
        elif t.op == "idx" and self.is_random(t.args[0]):
            got = frozenset((t,)).union(*(self.atoms(a) for a in t.args[1:]))
        elif t.op in CLOSED:
            # conditioning on a random symbol leaves a function of it; conditioning on an event does not
            got = frozenset().union(*(self.atoms(c) for c in conditions_of(t) if c.sort.kind != "bool"))
        elif t.op in ("law", "entropyrv", "MI"):
            got = frozenset()
        else:
            got = frozenset().union(*(self.atoms(a) for a in t.args))
        self._memo[t] = got
        return got

    def fixed(self, conditions: Iterable[Term]) -> frozenset[Term]:
        """The atoms whose values the conditions tell: those that are conditions themselves.  `X + Y` tells neither X nor Y."""
        got: set[Term] = set()
        for c in _flat(conditions):
            if c.sort.kind != "bool" and (c.op == "sym" or (c.op == "idx" and not any(self.atoms(i) for i in c.args[1:]))):
                got |= self.atoms(c)
        return frozenset(got)

    def loose(self, conditions: Iterable[Term]) -> frozenset[Term]:
        """The atoms that conditions depend on without telling their values."""
        parts = tuple(c for c in conditions if c.sort.kind != "bool")
        return frozenset().union(*(self.atoms(c) for c in parts)) - self.fixed(parts)

    # --- independence ---------------------------------------------------------------------------------------------------------

    def independent(self, xs: Iterable[Term], ys: Iterable[Term], given: frozenset[Term]) -> bool:
        """Whether two sets of atoms are declared independent, given the atoms `given`."""
        left, right = list(xs), list(ys)
        if not left or not right:
            return True
        for group, conditioned in self.oracle.context.independent:
            if self._in_group(left, right, group, frozenset(conditioned), given):
                return True
        for h in self.oracle.context.hypotheses:
            parts = h.statement.args if h.statement.op == "and" else (h.statement,)
            for p in parts:
                if p.op != "perp":
                    continue
                k = int(p.data)
                if self._apart(left, right, p.args[:k], frozenset(_flat(p.args[k:])), given):
                    return True
        return self._same_family(left, right, given)

    def _in_group(self, left: list[Term], right: list[Term], group: tuple[Term, ...], conditioned: frozenset[Term], given: frozenset[Term]) -> bool:
        return self._apart(left, right, group, conditioned, given)

    def _apart(self, left: list[Term], right: list[Term], parts: tuple[Term, ...], conditioned: frozenset[Term], given: frozenset[Term]) -> bool:
        """Left and right lie in different parts of mutually independent parts."""
        if len(parts) == 1 and parts[0].sort.kind == "fam":
            # one family, its members independent
            return conditioned == given and all(self._member(a, parts[0]) for a in (*left, *right)) and self._distinct(left, right)
        if conditioned != given:
            # mutually independent together with what is given: independent given it, too
            if conditioned or not all(self._part(z, parts) is not None for z in given):
                return False
        used: dict[int, str] = {}
        for side, atoms in (("l", left), ("r", right), ("g", list(given) if conditioned != given else [])):
            for a in atoms:
                i = self._part(a, parts)
                if i is None or used.setdefault(i, side) != side:
                    return False
        return True

    def _part(self, atom: Term, parts: tuple[Term, ...]) -> int | None:
        for i, p in enumerate(parts):
            for q in _flat((p,)):
                if q is atom or (atom.op == "idx" and atom.args[0] is q):
                    return i
        return None

    @staticmethod
    def _member(atom: Term, family: Term) -> bool:
        return atom.op == "idx" and atom.args[0] is family

    def _distinct(self, left: list[Term], right: list[Term]) -> bool:
        return all(self.different(x, y) for x in left for y in right)

    def different(self, x: Term, y: Term) -> bool:
        """Whether two members of one family are shown to be different members."""
        if x.op != "idx" or y.op != "idx" or x.args[0] is not y.args[0]:
            return False
        return any(self.oracle.nonzero(b.sub(u, v)) for u, v in zip(x.args[1:], y.args[1:], strict=True))

    def _same_family(self, left: list[Term], right: list[Term], given: frozenset[Term]) -> bool:
        """Members of one iid or independent family with different indices."""
        first = left[0]
        if first.op != "idx":
            return False
        family = first.args[0]
        d = self.declarations.get(family)
        if d is None or not (d.iid or "independent" in d.attributes):
            return False
        if frozenset(d.given) != given:
            return False
        return all(self._member(a, family) for a in (*left, *right)) and self._distinct(left, right)

    def clusters(self, groups: list[frozenset[Term]], given: frozenset[Term]) -> list[list[int]]:
        """Indices of factors (each with its atoms) gathered into mutually independent clusters."""
        n = len(groups)
        parent = list(range(n))

        def find(i: int) -> int:
            while parent[i] != i:
                parent[i] = parent[parent[i]]
                i = parent[i]
            return i

        for i in range(n):
            for j in range(i):
                if find(i) != find(j) and (groups[i] & groups[j] or not self.independent(groups[i], groups[j], given)):
                    parent[find(i)] = find(j)
        merged: dict[int, list[int]] = {}
        for i in range(n):
            merged.setdefault(find(i), []).append(i)
        out = list(merged.values())
        # pairwise independence of atoms is not enough: each cluster against all the others
        while len(out) > 1:
            bad = None
            for c in out:
                mine = frozenset().union(*(groups[i] for i in c))
                rest = frozenset().union(*(groups[i] for other in out if other is not c for i in other))
                if not self.independent(mine, rest, given):
                    bad = c
                    break
            if bad is None:
                return out
            others = [c for c in out if c is not bad]
            out = [bad + others[0], *others[1:]]
        return out


def _flat(terms: Iterable[Term]) -> list[Term]:
    out: list[Term] = []
    for t in terms:
        if t.op == "tuple":
            out.extend(_flat(t.args))
        else:
            out.append(t)
    return out


_memo: dict[int, tuple[Oracle, Randomness]] = {}


def randomness(oracle: Oracle) -> Randomness:
    """The randomness under an oracle (kept while the oracle is the last one asked)."""
    got = _memo.get(id(oracle))
    if got is None or got[0] is not oracle:
        if len(_memo) > 200:
            _memo.clear()
        got = (oracle, Randomness(oracle))
        _memo[id(oracle)] = got
    return got[1]


def mentions_random(t: Term, oracle: Oracle) -> bool:
    """Whether a random symbol occurs at all: such a term is no fixed value, and may not be put for a variable or replaced by one, since an
    expectation around it would no longer see it."""
    return any(s.op == "sym" and randomness(oracle).is_random(s) for s in t.free)
