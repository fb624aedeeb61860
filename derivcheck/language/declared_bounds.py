"""`let a, b > 0`, `let 0 < \\beta < 1`, `let a \\ge b > 0`: real symbols declared by a chain of bounds, with an interval as their domain."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from derivcheck.language import let, relations
from derivcheck.language.items import (
    Items,
    base_leaf,
    canonical,
    is_relation,
    leaf,
    span_of,
)
from derivcheck.terms import build
from derivcheck.terms.context import Hypothesis
from derivcheck.terms.sorts import SET
from derivcheck.terms.term import Term, mk

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


def declare_bounds(e: Elaborator, d: let.Declared, declare: Callable[[Elaborator, let.Declared], None]) -> None:
    """Enter what a chain of bounds says; `declare` enters a member of a set."""
    positions = [i for i, it in enumerate(d.chain) if is_relation(it)]
    pieces: list[Items] = []
    start = 0
    for p in positions:
        pieces.append(d.chain[start:p])
        start = p + 1
    pieces.append(d.chain[start:])
    signs = [relations.relation_name(d.chain[p]) for p in positions]
    if any(s in ("psd", "pd") for s in signs):
        return _declare_definite(e, d, pieces, signs)
    fresh_names = [k for k, piece in enumerate(pieces) if _is_new_name(e, piece, d)]
    # `π < x` declares x
    subject = next((k for k in fresh_names if canonical(pieces[k]) not in ("e", "\\pi", "i")), fresh_names[0] if fresh_names else -1)
    if subject < 0 and len(pieces) == 3 and _names_constant(e, pieces[1]):
        subject = 1  # 0 < \pi < 1 between bounds: nothing else can be meant
    if subject < 0:
        for piece in pieces:
            if len(piece) == 1 and base_leaf(piece[0]) is not None and base_leaf(piece[0]).kind == "name":  # type: ignore[union-attr]
                entry = e.scope.find(canonical(piece))
                if entry is not None and entry.symbol is not None:
                    return _further_bound(e, d)
        raise e.fail("D046", "this let declares no new name", d.span, "a condition on declared symbols is an assume")
    # `a ≥ b > 0` declares b as well (never a constant); in `x > c` nothing is said of c
    names_in = [k for k in range(subject + 1, len(pieces)) if _is_new_name(e, pieces[k], d) and canonical(pieces[k]) not in ("e", "\\pi", "i")]
    further = names_in if len(pieces) > 2 else []
    for k in further:
        domain, _ = _between(e, d, pieces, signs, k, [subject, *further])
        declare(e, _member(d, [pieces[k]], domain))
    domain, extra = _between(e, d, pieces, signs, subject, [])
    extra = extra or bool(further)
    declare(e, _member(d, list(d.names) if pieces[subject] in d.names else [*d.names, pieces[subject]], domain))
    if extra:
        e.scope.hypotheses.append(Hypothesis(e.settle(e.statement(d.chain, d.span), d.span), None, "domain"))


def _member(d: let.Declared, names_: list[Items], domain: Term) -> let.Declared:
    """The declaration of the names as members of a set."""
    member = let.Declared()
    member.words, member.constant_in, member.indices, member.span = d.words, d.constant_in, d.indices, d.span
    member.domain, member.kind = domain, "member"
    member.names = names_
    return member


def _between(e: Elaborator, d: let.Declared, pieces: list[Items], signs: list[str], subject: int, new: list[int]) -> tuple[Term, bool]:
    """The set that the neighbours of a name in a chain of bounds give it (new names aside), and whether the chain says more."""
    lower: tuple[Term, bool] | None = None
    upper: tuple[Term, bool] | None = None
    excluded: list[Term] = []
    extra = False
    for k in range(len(pieces)):
        if k == subject or k in new:
            continue
        if abs(k - subject) > 1:
            extra = True
            continue
        sign = signs[min(k, subject)]
        value = e.number(pieces[k], span_of(pieces[k], d.span))
        left = k < subject
        if sign == "≠":
            excluded.append(value)
        elif (sign in ("<", "≤")) == left:
            lower = (value, sign in ("<", ">"))
        else:
            upper = (value, sign in ("<", ">"))
    domain = build.real_interval(lower, upper)
    for value in excluded:
        domain = mk("setminus", (domain, build.finset(value)), None, SET)
    return domain, extra


def _declare_definite(e: Elaborator, d: let.Declared, pieces: list[Items], signs: list[str]) -> None:
    raise e.fail("D046", "the size of this matrix is missing", d.span, "write let A \\in \\R^{d \\times d} positive definite")


def _is_new_name(e: Elaborator, piece: Items, d: let.Declared) -> bool:
    if len(piece) == 1 and leaf(piece[0], None, "\\dots"):
        return False
    head = base_leaf(piece[0]) if len(piece) == 1 else None
    if head is None or head.kind not in ("name", "text") or head.text == "\\infty":
        return False
    key = canonical(piece)
    entry = e.scope.names.get(key)
    if entry is None:
        if key in ("e", "\\pi", "i") and not d.names and len(d.chain) > 3:
            return False
        return True
    if entry.symbol is not None:
        declaration = e.scope.declaration(entry.symbol)
        return declaration is not None and not declaration.declared
    return False


def _names_constant(e: Elaborator, piece: Items) -> bool:
    """`e`, `\\pi` or `i`, not declared yet."""
    return len(piece) == 1 and canonical(piece) in ("e", "\\pi", "i") and e.scope.names.get(canonical(piece)) is None


def _further_bound(e: Elaborator, d: let.Declared) -> None:
    """A bound on what is declared already narrows it."""
    statement = e.settle(e.statement(d.chain, d.span), d.span)
    e.scope.hypotheses.append(Hypothesis(statement, None, "domain"))
