"""Facts for other derivations: the universal closure of a proved claim."""

from __future__ import annotations

from dataclasses import dataclass, fields

from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Hypothesis
from derivcheck.terms.sorts import Sort
from derivcheck.terms.term import Term


@dataclass(frozen=True)
class Fact:
    """The closed claim of a verified derivation, for `use`, with the context in which it was proved."""

    hypothesis: Hypothesis
    context: Context


def fact_of(name: str, claim: Term, context: Context) -> Fact:
    """The fact that a verified claim without conditions gives."""
    return Fact(Hypothesis(closure(claim, context), name, "use"), context)


def usable(fact: Fact, context: Context) -> bool:
    """Whether the fact says the same in another context: what the closure leaves free must be declared there as it was, under the
    same conventions and independences."""
    if fact.context.conventions != context.conventions:
        return False
    left = _involved(fact.hypothesis.statement, fact.context)
    if not left:
        return True
    if any(context.declarations.get(s) != fact.context.declarations.get(s) for s in left):
        return False
    return set(fact.context.independent) <= set(context.independent)


def _involved(statement: Term, context: Context) -> set[Term]:
    """The free symbols of a statement, with those that their sizes, domains and laws mention."""
    found: set[Term] = set()
    pending: list[object] = [statement]
    while pending:
        part = pending.pop()
        if isinstance(part, Term):
            for symbol in part.free:
                if symbol.op == "sym" and symbol not in found:
                    found.add(symbol)
                    pending.append(symbol.sort.params)
                    declaration = context.declarations.get(symbol)
                    if declaration is not None:
                        pending.extend(getattr(declaration, f.name) for f in fields(declaration))
        elif isinstance(part, Sort):
            pending.append(part.params)
        elif isinstance(part, tuple):
            pending.extend(part)
    return found


def closure(claim: Term, context: Context) -> Term:
    """`∀ declared symbols: hypotheses ⟹ claim`, over the symbols of the claim and its hypotheses that are plain scalars.

    Symbols of other sorts stay free: such a fact applies only to symbols of the same name and declaration.
    """
    hypotheses = [h.statement for h in context.hypotheses if h.kind not in ("step", "use")]
    body = b.implies(b.and_(*hypotheses), claim) if hypotheses else claim
    symbols = [
        s
        for s, d in context.declarations.items()
        if s in body.free and s.sort.kind == "num" and not d.random and d.domain is not None and not (d.domain.free & set(context.declarations))
    ]
    if not symbols:
        return body
    return b.over("forall", symbols, [context.declarations[s].domain for s in symbols], body)
