"""A key for what a verdict depends on: the obligation's statement, its whole context, and the options that can change a verdict.

Terms are hashed by structure (with their sorts), so that two runs agree on the key although terms are interned anew in each.
What a key can't hold makes it None: such an obligation is not remembered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction

from derivcheck.services.options import Options
from derivcheck.terms.context import Context
from derivcheck.terms.sorts import Sort
from derivcheck.terms.term import Term


class _Unhashable(Exception):
    """Something that has no stable writing."""


class Fingerprints:
    """Structural hashes, each term's computed once."""

    def __init__(self) -> None:
        self._terms: dict[Term, str] = {}

    def of(self, value: object) -> str:
        """A writing of a value that is the same in every run and differs for different values."""
        if isinstance(value, Term):
            return self._term(value)
        if isinstance(value, Sort):
            return f"S({self.of(value.kind)},{self.of(value.params)})"
        if value is None or isinstance(value, (bool, int, float, str, Fraction)):
            return f"{type(value).__name__}:{value!r}"
        if isinstance(value, (tuple, list)):
            return "(" + ",".join([self.of(v) for v in value]) + ")"
        if isinstance(value, (frozenset, set)):
            return "{" + ",".join(sorted(self.of(v) for v in value)) + "}"
        if isinstance(value, Mapping):
            # in the order of the file: a model of the context is built in that order
            return "<" + ",".join(f"{self.of(k)}={self.of(v)}" for k, v in value.items()) + ">"
        if is_dataclass(value) and not isinstance(value, type):
            return type(value).__name__ + self.of([getattr(value, f.name) for f in fields(value)])
        raise _Unhashable(type(value).__name__)

    def _term(self, term: Term) -> str:
        got = self._terms.get(term)
        if got is None:
            # children first, without recursion: terms can be deep
            stack = [term]
            while stack:
                t = stack[-1]
                if t in self._terms:
                    stack.pop()
                    continue
                waiting = [a for a in t.args if a not in self._terms]
                if waiting:
                    stack.extend(waiting)
                    continue
                parts = (t.op, self.of(t.data), self.of(t.sort), str(len(t.bound)), *(self._terms[a] for a in t.args), *(self.of(b.data) for b in t.bound))
                self._terms[t] = hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
                stack.pop()
            got = self._terms[term]
        return got


def obligation_key(context: Context, statement: Term, options: Options, prints: Fingerprints | None = None) -> str | None:
    """The key of "context ⊢ statement" for the cache of verdicts.  Pass the same `prints` for all steps of a file."""
    prints = prints or Fingerprints()
    try:
        return "\n".join((prints.of(context), prints.of(statement), options.verdict_key()))
    except _Unhashable:
        return None
