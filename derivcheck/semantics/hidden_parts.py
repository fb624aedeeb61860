"""Dependence between random symbols with declared laws of which nothing says that they are independent.

A hidden common part leaves each law as it is declared: given a standard normal S a normal X has mean `m + b S` and variance `s - b²`;
given a fair sign T a Bernoulli variable has the probability `p + c T`.  The members of a family share the hidden part too.

Limits: normal and Bernoulli laws with rational parameters that depend on no other random symbol.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from flint import fmpq

from derivcheck.semantics.evaluate import evaluate
from derivcheck.semantics.laws import Block, Declared
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num, sym

if TYPE_CHECKING:
    from derivcheck.semantics.models import Builder
    from derivcheck.semantics.solve import Draft

NORMAL_PART, SIGN_PART = sym("S", tag=-2), sym("T", tag=-2)


def entangled(builder: Builder, draft: Draft, declared: list[Declared], rng: Random) -> tuple[list[Declared], list[Block]]:
    """The declared symbols with hidden common parts where nothing forbids them, and the blocks of the hidden parts."""
    apart = independent_symbols(builder)
    normal = [d for d in declared if free(builder, d, "N", apart)]
    signs = [d for d in declared if free(builder, d, "Bern", apart)]
    out = {d.symbol: d for d in declared}
    extra: list[Declared] = []
    blocks: list[Block] = []
    for group in (normal, signs):
        if not any(d.keys is not None for d in group) and len(group) < 2:
            continue
        made = [hidden(draft, d, rng) for d in group]
        if any(d is None for d in made):
            continue
        for d in made:
            assert d is not None
            out[d.symbol] = d
        if group is normal:
            extra.append(Declared(NORMAL_PART, b.distribution("N", num(0), num(1))))
        else:
            half = fmpq(1, 2)
            blocks.append(Block(((SIGN_PART, None),), (((fmpq(1),), half), ((fmpq(-1),), half))))
    return [*extra, *out.values()], blocks


def independent_symbols(builder: Builder) -> set[Term]:
    """The random symbols of which some independence is declared or assumed."""
    from derivcheck.semantics.random_symbols import members_independent

    out = {s for group, _ in builder.context.independent for x in group for s in x.free}
    out |= {s for p in builder.parts if p.op == "perp" for s in p.free}
    out |= {s for s in builder.random if members_independent(builder, s)}
    return out | {s for s in builder.random if "independent" in builder.context.declarations[s].attributes}


def free(builder: Builder, d: Declared, name: str, apart: set[Term]) -> bool:
    """A law of this name, on no other random symbol, of a symbol that may depend on others."""
    law = d.law
    scalar = law.op == "dist" and law.data == name and all(a.sort.kind == "num" for a in law.args)
    return scalar and d.symbol not in apart and not any(s in builder.random for s in law.free)


def hidden(draft: Draft, d: Declared, rng: Random) -> Declared | None:
    """The symbol's law given the hidden part; `None` where the parameters are not rational."""
    values = [evaluate(a, draft.model()) for a in d.law.args]
    if not all(isinstance(v, fmpq) for v in values):
        return None
    if d.law.data == "N":
        mean, spread = values
        slope = fmpq(rng.choice([1, 2, -1]), rng.choice([2, 3]))
        while slope * slope >= spread:
            slope /= 2
        given = b.distribution("N", b.add(rational(mean), b.mul(rational(slope), NORMAL_PART)), rational(spread - slope * slope))
    else:
        (p,) = values
        step = min(p, 1 - p) * fmpq(rng.choice([1, -1, 1]), rng.choice([1, 2]))
        given = b.distribution("Bern", b.add(rational(p), b.mul(rational(step), SIGN_PART)))
    return replace(d, law=given, marginal=d.law, at=tuple(values))


def rational(v: fmpq) -> Term:
    """A rational number as a term."""
    return num(f"{v.p}/{v.q}")
