"""Search by formula: which entries prove or use this identity, or hold this expression, up to renaming of variables?

The pattern and the catalog are elaborated (definitions unfolded), and terms are matched by structure: symbols of the pattern stand
for different symbols, sums and products may have their parts in any order, `=` its sides.  With `instances`, a number's symbol
of the pattern may stand for any expression.  Nothing is simplified: `2x` and `x + x` are different formulas.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from derivcheck.catalog.store import Entry, find
from derivcheck.language.document import DerivationSource, DocumentSource
from derivcheck.language.elaborate import elaborate
from derivcheck.language.reader import read_source
from derivcheck.terms.term import Term, mk, subterms

COMMUTATIVE = frozenset({"add", "mul", "and", "or"})
MIRRORED = {"=": "=", "≠": "≠", "<": ">", ">": "<", "≤": "≥", "≥": "≤"}
TRIES = 4_000
"""Pairs of nodes looked at in one match: many equal summands could be tried in very many orders."""


class BadFormula(Exception):
    """The formula can't be read."""


@dataclass(frozen=True)
class Hit:
    """Where an entry has the formula: `proves` (its claim, or a chain from one side to the other), `uses` (a step), `holds` (inside)."""

    entry: Entry
    how: str
    where: str


class _Matcher:
    """One attempt; backtracks over the orders of sums and products."""

    def __init__(self, instances: bool) -> None:
        self.instances = instances
        self.tries = TRIES

    def match(self, pattern: Term, term: Term, env: dict[Term, Term]) -> Iterator[dict[Term, Term]]:
        """The ways in which the pattern is the term."""
        self.tries -= 1
        if self.tries < 0:
            return
        if pattern.op == "sym":
            known = env.get(pattern)
            if known is not None:
                if known is term:
                    yield env
                return
            free = self.instances and pattern.sort.kind == "num" and term.sort.kind == "num"
            if pattern.sort.kind == term.sort.kind and (free or (term.op == "sym" and term not in env.values())):
                yield {**env, pattern: term}
            return
        if pattern.op != term.op or len(pattern.bound) != len(term.bound):
            return
        if pattern.op == "rel":
            yield from self._relation(pattern, term, env)
            return
        if pattern.data != term.data or len(pattern.args) != len(term.args):
            return
        if pattern.op in COMMUTATIVE:
            yield from self._shuffled(sorted(pattern.args, key=lambda a: -a.size), list(term.args), env)
        else:
            yield from self._sequence(list(zip(pattern.args, term.args, strict=True)), env)

    def _relation(self, pattern: Term, term: Term, env: dict[Term, Term]) -> Iterator[dict[Term, Term]]:
        if len(pattern.args) != len(term.args):
            return
        if pattern.data == term.data:
            yield from self._sequence(list(zip(pattern.args, term.args, strict=True)), env)
        if MIRRORED.get(str(pattern.data)) == term.data and len(pattern.args) == 2:
            yield from self._sequence([(pattern.args[0], term.args[1]), (pattern.args[1], term.args[0])], env)

    def _sequence(self, pairs: list[tuple[Term, Term]], env: dict[Term, Term]) -> Iterator[dict[Term, Term]]:
        if not pairs:
            yield env
            return
        for found in self.match(*pairs[0], env):
            yield from self._sequence(pairs[1:], found)

    def _shuffled(self, patterns: Sequence[Term], terms: list[Term], env: dict[Term, Term]) -> Iterator[dict[Term, Term]]:
        if not patterns:
            yield env
            return
        for k, term in enumerate(terms):
            for found in self.match(patterns[0], term, env):
                yield from self._shuffled(patterns[1:], terms[:k] + terms[k + 1 :], found)


def matches(pattern: Term, term: Term, instances: bool = False) -> bool:
    """Whether the term is the pattern with other names."""
    return next(_Matcher(instances).match(flat(pattern), flat(term), {}), None) is not None


def flat(term: Term) -> Term:
    """The term with sums of sums and products of products made one, and differences as sums."""
    memo: dict[Term, Term] = {}

    def go(t: Term) -> Term:
        got = memo.get(t)
        if got is None:
            args = [go(a) for a in t.args]
            if t.op in ("add", "mul"):
                args = [x for a in args for x in (a.args if a.op == t.op and a.sort == t.sort else (a,))]
            got = t if tuple(args) == t.args else mk(t.op, args, t.data, t.sort, t.bound)
            memo[t] = got
        return got

    return go(term)


def read_pattern(formula: str, let: Iterable[str] = (), define: Iterable[str] = ()) -> Term:
    """The formula as a term: a relation, or the two sides of `A = A` for an expression A."""
    try:
        return _read(formula, let, define)
    except BadFormula as why:
        try:
            doubled = _read(f"{formula}\n= {formula}", let, define)
        except BadFormula as other:
            # an expression, in which this is what can't be read
            raise (other if "needs a relation" in str(why) else why) from None
        return doubled.args[0]


def _read(formula: str, let: Iterable[str], define: Iterable[str]) -> Term:
    from derivcheck.api import check_text

    source, diagnostics = read_source(check_text(formula, let, define), "<formula>")
    document = elaborate(source, diagnostics)
    errors = [d for d in document.diagnostics if d.severity == "error"]
    if errors:
        raise BadFormula(errors[0].message)
    for derivation in document.derivations:
        for part in derivation.parts:
            for chain in part.chains:
                if len(chain.steps) > 1:
                    raise BadFormula("this is a chain of several steps: give one relation, or one expression")
                if chain.steps:
                    step = chain.steps[0]
                    if step.statement is None:
                        raise BadFormula(step.error.message if step.error else "it could not be read")
                    return step.statement
    raise BadFormula("there is no formula")


def search(pattern: Term, found: Sequence[Entry], instances: bool = False) -> Iterator[Hit]:
    """The entries with the formula, in their order; for each the first, closest place."""
    documents: dict[Path, DocumentSource] = {}
    pattern = flat(pattern)
    for entry in found:
        if entry.path not in documents:
            source, diagnostics = read_source(entry.path.read_text(encoding="utf-8"), str(entry.path))
            documents[entry.path] = elaborate(source, diagnostics, find)
        derivation = next((d for d in documents[entry.path].derivations if d.name == entry.name), None)
        hit = _in_derivation(entry, derivation, pattern, instances) if derivation is not None else None
        if hit is not None:
            yield hit


def _in_derivation(entry: Entry, derivation: DerivationSource, pattern: Term, instances: bool) -> Hit | None:
    def same(term: Term) -> bool:
        return next(_Matcher(instances).match(pattern, flat(term), {}), None) is not None

    proves = "states" if entry.erratum else "proves"
    if derivation.claim is not None and same(derivation.claim):
        return Hit(entry, proves, "its claim")
    steps = [step for part in derivation.parts for chain in part.chains for step in chain.steps]
    number = 0
    inside: Hit | None = None
    for part in derivation.parts:
        for chain in part.chains:
            first = number + 1
            for k, step in enumerate(chain.steps):
                number += 1
                if step.statement is None:
                    continue
                if same(step.statement):
                    return Hit(entry, proves if len(steps) == 1 else "uses", f"step {number}")
                for start in chain.steps[: k if not chain.arrows else 0]:
                    whole = _joined(start.lhs, step.rhs, [s.relation for s in chain.steps[chain.steps.index(start) : k + 1]])
                    if whole is not None and same(whole):
                        return Hit(entry, proves, f"steps {first + chain.steps.index(start)} to {number}")
                if inside is None and any(s.op == pattern.op and same(s) for s in subterms(step.statement)):
                    inside = Hit(entry, "holds", f"step {number}")
    return inside


def _joined(left: Term | None, right: Term | None, relations: list[str]) -> Term | None:
    if left is None or right is None or any(r != "=" for r in relations):
        return None
    from derivcheck.terms import build as b

    return b.eq(left, right)
