"""Proofs as JSON and back, so that a certificate can be replayed without searching.

A proof tree is `[rule, params, children]`.  Terms stand once each in a table `terms`, children before parents, a node being
`[op, args, data, sort, bound]` with numbers of earlier nodes for the arguments; sizes in sorts are terms too.  A parameter is a
plain value or `{"t": number}` (term), `{"l": […]}` (tuple), `{"s": […]}` (set), `{"q": "1/2"}` (rational), `{"k": kind, "p": …}`
(sort), `{"f": "0x1.8p+0"}` (float).

A symbol that the search invented has `{"i": number, "n": name}` for its data: such symbols are numbered in the order in which they were
invented, and reading invents them anew, in that order.

What is read back is data: it is built with the same constructors as the proofs of a prover, and believed as little.  A
parameter of another kind cannot be written: `Unwritable`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from derivcheck.kernel.check import Proof
from derivcheck.terms.sorts import BOOL, NUM, SET, Sort
from derivcheck.terms.term import Term, mk, reserve

Json = Any
_SHARED = {sort.kind: sort for sort in (NUM, BOOL, SET)}
"""Sorts without parameters, which terms share: some code compares them with `is`."""

LIMIT = 20_000
"""Nodes of one table; a longer proof is not worth its place on the disk."""


class Unwritable(Exception):
    """A proof that holds something a certificate can't."""


class Unreadable(Exception):
    """Data that is no proof."""


class Writer:
    """Collects the terms of several proofs into one table."""

    def __init__(self) -> None:
        self.terms: list[Json] = []
        self._numbers: dict[Term, int] = {}
        self._invented: dict[Term, int] = {}

    def proof(self, proof: Proof) -> Json:
        """A proof as nested lists."""
        for symbol in sorted(_inventions(proof), key=lambda s: int(s.data[1])):
            self._invented.setdefault(symbol, len(self._invented))
        return self._proof(proof)

    def _proof(self, proof: Proof) -> Json:
        return [proof.rule, [self.value(p) for p in proof.params], [self._proof(c) for c in proof.children]]

    def value(self, value: object) -> Json:
        """A parameter."""
        if value is None or isinstance(value, (bool, int, str)):
            return value
        if isinstance(value, Term):
            return {"t": self.term(value)}
        if isinstance(value, Fraction):
            return {"q": str(value)}
        if isinstance(value, float):
            return {"f": value.hex()}
        if isinstance(value, Sort):
            return {"k": value.kind, "p": [self.value(p) for p in value.params]}
        if isinstance(value, (tuple, list)):
            return {"l": [self.value(v) for v in value]}
        if isinstance(value, (frozenset, set)):
            return {"s": sorted((self.value(v) for v in value), key=repr)}
        raise Unwritable(type(value).__name__)

    def term(self, term: Term) -> int:
        """The number of a term in the table."""
        stack = [term]
        while stack:
            t = stack[-1]
            if t in self._numbers:
                stack.pop()
                continue
            waiting = [a for a in (*t.args, *t.bound) if a not in self._numbers]
            if waiting:
                stack.extend(waiting)
                continue
            stack.pop()
            data = {"i": self._invented.setdefault(t, len(self._invented)), "n": t.data[0]} if _invented(t) else self.value(t.data)
            node = [t.op, [self._numbers[a] for a in t.args], data, self.value(t.sort), [self._numbers[b] for b in t.bound]]
            if len(self.terms) >= LIMIT:
                raise Unwritable("too long")
            self._numbers[t] = len(self.terms)
            self.terms.append(node)
        return self._numbers[term]


def _invented(t: Term) -> bool:
    return t.op == "sym" and bool(t.data[1] > 0)


def _inventions(proof: Proof) -> set[Term]:
    """The symbols of a run that occur in a proof's parameters."""
    found: set[Term] = set()
    pending: list[object] = [proof]
    while pending:
        here = pending.pop()
        if isinstance(here, Proof):
            pending += [*here.params, *here.children]
        elif isinstance(here, (tuple, list, frozenset, set)):
            pending += here
        elif isinstance(here, Term):
            found.update(v for v in here.free if _invented(v))
    return found


class Reader:
    """Builds the terms of a table again, and proofs over them."""

    def __init__(self, terms: Sequence[Json]) -> None:
        self._terms: list[Term] = []
        try:
            # in order of invention, though sizes (in sorts) may have to come first: normal forms order equal names by age
            ages = {n: reserve() for n in sorted(data["i"] for op, _, data, _, _ in terms if op == "sym" and isinstance(data, dict) and "i" in data)}
            for op, args, data, sort, bound in terms:
                own = isinstance(data, dict) and "i" in data
                value = (str(data["n"]), ages[data["i"]]) if own else self.value(data)
                self._terms.append(mk(str(op), [self._terms[n] for n in args], value, self._sort(sort), tuple(self._terms[n] for n in bound)))
        except (TypeError, ValueError, IndexError, KeyError, AttributeError) as error:
            raise Unreadable("the table of terms is damaged") from error

    def proof(self, data: Json) -> Proof:
        """The proof that `Writer.proof` wrote."""
        try:
            rule, params, children = data
            return Proof(str(rule), tuple(self.value(p) for p in params), tuple(self.proof(c) for c in children))
        except (TypeError, ValueError, IndexError, KeyError, RecursionError) as error:
            raise Unreadable("the proof is damaged") from error

    def value(self, data: Json) -> Any:
        """A parameter."""
        if data is None or isinstance(data, (bool, int, str)):
            return data
        if not isinstance(data, dict) or len(data) not in (1, 2):
            raise Unreadable("no parameter")
        if "t" in data:
            return self._terms[data["t"]]
        if "l" in data:
            return tuple(self.value(v) for v in data["l"])
        if "s" in data:
            return frozenset(self.value(v) for v in data["s"])
        if "q" in data:
            return Fraction(data["q"])
        if "f" in data:
            return float.fromhex(data["f"])
        return self._sort(data)

    def _sort(self, data: Json) -> Sort:
        if not data["p"] and data["k"] in _SHARED:
            return _SHARED[data["k"]]
        return Sort(str(data["k"]), tuple(self.value(p) for p in data["p"]))


def rules(proof: Proof) -> list[str]:
    """The rule names of a proof, root first, each once."""
    out: dict[str, None] = {}
    stack = [proof]
    while stack:
        node = stack.pop()
        out[node.rule] = None
        stack.extend(reversed(node.children))
    return list(out)
