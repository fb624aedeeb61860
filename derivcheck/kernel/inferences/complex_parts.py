"""Complex symbols as x + iy: a statement about all complex z is one about all real x and y."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

from derivcheck.kernel.check import Rejected, Session, eigen, inference
from derivcheck.kernel.obligation import Obligation
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration, Hypothesis
from derivcheck.terms.term import Term, name_of, substitute


@inference("complex-parts", statement="P(z) for all z ∈ ℂ from P(x + iy) for all x, y ∈ ℝ", source="definition of ℂ", method="real and imaginary parts")
def complex_parts(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: the symbols, each declared complex and not random."""
    table = dict(ob.context.declarations)
    mapping: dict[Term, Term] = {}
    new: list[Declaration] = []
    for n, z in enumerate(params):
        d = table.get(z)
        if d is None or d.random or z.sort.kind != "num" or d.domain is None or d.domain.op != "set" or d.domain.data != "C":
            raise Rejected("not a complex number")
        x, y = (eigen(ob.context, f"{part}({name_of(z)})", z.sort, 2 * n + i) for i, part in enumerate(("Re", "Im")))
        mapping[z] = b.add(x, b.mul(b.I_CONST, y))
        new += [Declaration(x, b.REALS), Declaration(y, b.REALS)]
        del table[z]
    if not mapping:
        raise Rejected("no symbol")
    for d in table.values():
        parts: list[Term] = [*d.index_ranges, *d.arg_domains, *d.given, *d.joint, *d.joint_given, *(d.constant_in or ())]
        parts += [t for t in (d.domain, d.law) if t is not None]
        if any(t.free & set(mapping) for t in parts):
            raise Rejected("another declaration depends on it")
    for d in new:
        table[d.symbol] = d
    hypotheses = tuple(Hypothesis(substitute(h.statement, mapping), h.label, h.kind) for h in ob.context.hypotheses)
    context = replace(ob.context, declarations=MappingProxyType(table), hypotheses=hypotheses)
    return [Obligation(context, substitute(ob.statement, mapping))]
