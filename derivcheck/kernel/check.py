"""Proofs and their checker: the only way to a positive verdict.

A `Proof` is a tree of inference names with parameters.  Each inference is a trusted function that maps an obligation and the
parameters to the obligations that remain (or raises `Rejected`); the checker applies it and checks the children against what
remains.  Provers build proofs; they can't add inferences.  Inferences stand in `inferences/`, each with its statement and source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from derivcheck.kernel.budget import Budget
from derivcheck.kernel.infinite import strictness_in_doubt
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.oracle import Oracle
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.terms.context import Context
from derivcheck.terms.sorts import Sort
from derivcheck.terms.term import Term, binder_names, mk, substitute


class Rejected(Exception):
    """An inference does not apply: the proof is wrong (or a search found nothing)."""


@dataclass(frozen=True)
class Proof:
    """`rule` with `params`, and proofs of the obligations that the rule leaves."""

    rule: str
    params: tuple[Any, ...] = ()
    children: tuple[Proof, ...] = ()


@dataclass(frozen=True)
class Inference:
    """A trusted inference; `statement` and `source` are for the auditor."""

    name: str
    statement: str
    source: str
    apply: Callable[..., list[Obligation]]
    method: str
    certainty: str


@dataclass
class Session:
    """What inferences share while one obligation is proved and checked: oracles and rewriters by context, the budget, the
    conditions and rule names that turned up."""

    budget: Budget = field(default_factory=Budget)
    conditions: dict[Term, None] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    _oracles: dict[int, tuple[Context, Oracle]] = field(default_factory=dict)
    _rewriters: dict[tuple[int, frozenset[str], frozenset[str]], Rewriter] = field(default_factory=dict)

    def oracle(self, context: Context) -> Oracle:
        """The oracle of a context (made once)."""
        got = self._oracles.get(id(context))
        if got is None:
            got = (context, Oracle(context))
            self._oracles[id(context)] = got
        return got[1]

    def rewriter(self, context: Context, groups: frozenset[str] = frozenset({"core"}), skip: frozenset[str] = frozenset()) -> Rewriter:
        """The rewriter of a context with these rule groups (made once, memo kept)."""
        key = (id(context), groups, skip)
        got = self._rewriters.get(key)
        if got is None:
            got = Rewriter(self.oracle(context), groups, self.budget, self.used, self.conditions, skip=skip)
            self._rewriters[key] = got
        return got


TABLE: dict[str, Inference] = {}

STRICT = {"and", "or", "implies", "iff", "forall", "exists", "strict", "cases", "true", "hypothesis", "instance", "or-elim", "implication-elim",
          "contradiction", "zero-product", "or-negated", "factor", "squares", "inverse", "member-unfold", "one-variable", "substitute", "substitute-fact", "closed", "exists-elim", "periodic", "rational-roots", "integer-gcd",
          "sine-of-rational", "limit-fact", "deny", "denied", "by-contradiction", "against-denied", "residue-classes", "intermediate-value", "same-elements",
          "eigenvalues", "generalise-numbers", "finite-moment", "pieces", "integer-factors"}
"""Inferences that are right inside statements, where a relation with an undefined side is false (or that look at definedness); all others assume that sides have values."""


BEYOND_REALS = {"and", "or", "implies", "iff", "forall", "exists", "strict", "cases", "true", "hypothesis", "instance", "or-elim", "implication-elim",
                "contradiction", "or-negated", "substitute", "substitute-fact", "closed", "exists-elim", "rewrite", "undefined", "values", "rewrite-universal",
                "sides-defined", "where-defined", "extremum-attained", "extremum-value", "extremum-bounds", "minimax", "finite-moment"}
"""Inferences that may conclude a strict relation of values that may be infinite; all others take such values to be real."""


def inference(
    name: str, *, statement: str, source: str, method: str, certainty: str = "exact"
) -> Callable[[Callable[..., list[Obligation]]], Callable[..., list[Obligation]]]:
    """Register a trusted inference `apply(obligation, params, session) -> remaining obligations`."""

    def register(function: Callable[..., list[Obligation]]) -> Callable[..., list[Obligation]]:
        if name in TABLE:
            raise ValueError(f"two inferences are called {name}")
        TABLE[name] = Inference(name, statement, source, function, method, certainty)
        return function

    return register


@dataclass(frozen=True)
class Checked:
    """A checked proof: the method to report, its certainty, and the conditions it came with."""

    method: str
    certainty: str
    conditions: tuple[Term, ...]
    proof: Proof | None = None


_RANK = {"exact": 0, "probabilistic": 1, "cas": 2}


def eigen(context: Context, name: str, sort: Sort, nth: int = 0) -> Term:
    """A new symbol for an inference to introduce: the same at every replay, and not declared in the context yet (the inference must
    declare it)."""
    return mk("sym", (), (name, -(len(context.declarations) + 1 + nth)), sort)


def opened(context: Context, binder: Term) -> tuple[tuple[Term, ...], Term]:
    """A binder opened with eigenvariables: (symbols, body)."""
    symbols = tuple(eigen(context, n, v.sort, i) for i, (n, v) in enumerate(zip(binder_names(binder), binder.bound, strict=True)))
    return symbols, substitute(binder.args[-1], dict(zip(binder.bound, symbols, strict=True)))


def apply_inference(obligation: Obligation, rule: str, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """The obligations that remain after one inference; raises Rejected."""
    load_inferences()
    entry = TABLE.get(rule)
    if entry is None:
        raise Rejected(f"no inference is called {rule}")
    session.budget.spend(1)
    if "strict" in obligation.context.conventions and rule not in STRICT:
        raise Rejected(f"{rule} does not look at definedness: inside a statement use `strict` first")
    if rule not in BEYOND_REALS:
        if strictness_in_doubt(obligation.statement) or _means_in_doubt(obligation, session):
            raise Rejected("a strict relation of values that may be infinite")
    return entry.apply(obligation, params, session)


def _means_in_doubt(obligation: Obligation, session: Session) -> bool:
    from derivcheck.kernel.infinite_means import strictness_of_means_in_doubt

    return strictness_of_means_in_doubt(obligation.statement, session.rewriter(obligation.context))


def check(obligation: Obligation, proof: Proof, session: Session | None = None) -> Checked:
    """Replay a proof; raises Rejected if it does not prove the obligation."""
    session = session or Session()
    method: str | None = None
    certainty = "exact"
    stack: list[tuple[Obligation, Proof]] = [(obligation, proof)]
    while stack:
        ob, node = stack.pop()
        rest = apply_inference(ob, node.rule, node.params, session)
        if len(rest) != len(node.children):
            raise Rejected(f"{node.rule} leaves {len(rest)} obligations, the proof has {len(node.children)}")
        entry = TABLE[node.rule]
        # the report names the first step of the proof that says something (a bare rewriting does so only if nothing else does)
        if method is None or method == "rewriting":
            method = entry.method
        if _RANK[entry.certainty] > _RANK[certainty]:
            certainty = entry.certainty
        stack.extend(zip(rest, node.children, strict=True))
    return Checked(method or "trivial", certainty, tuple(session.conditions), proof)


_loaded = False


def load_inferences() -> None:
    """Import the modules that register inferences."""
    global _loaded
    if not _loaded:
        _loaded = True
        import importlib
        import pkgutil

        from derivcheck.kernel import inferences

        for module in sorted(m.name for m in pkgutil.iter_modules(inferences.__path__)):
            importlib.import_module(f"derivcheck.kernel.inferences.{module}")
