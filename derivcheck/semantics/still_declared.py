"""Whether the values of a model are still what is declared once numbers have been changed to meet hypotheses.

Vectors, matrices and families must have the sizes that the numbers give; a number whose domain depends on other symbols (`let x \\in [0, a]`)
must lie in it, and so must the outcomes of a random symbol; laws must have admissible parameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.semantics.evaluate import Model, evaluate
from derivcheck.semantics.values import Family, Matrix, Value, integer, is_number
from derivcheck.terms.sorts import Sort
from derivcheck.terms.term import Term

if TYPE_CHECKING:
    from derivcheck.semantics.models import Builder


def still_declared(builder: Builder, model: Model) -> bool:
    """Whether sizes, ranges of indices, domains and laws suit the numbers of the model."""
    from derivcheck.semantics.random_symbols import lawful

    return _shapes_fit(builder, model) and _domains_fit(builder, model) and lawful(builder, model)


def _shapes_fit(builder: Builder, model: Model) -> bool:
    from derivcheck.semantics.models import Fail

    for s, v in model.values.items():
        if s.sort.kind == "mat":
            if not _fits(v, s.sort, model):
                return False
        elif isinstance(v, Family) and s.sort.kind == "fam":
            d = builder.context.declarations.get(s)
            if not v.open_ended and d is not None:
                try:
                    if set(v.members) != set(builder.indices(d, s.sort, model)):
                        return False
                except Fail:
                    return False
            if isinstance(s.sort.result, Sort) and s.sort.result.kind == "mat" and not all(_fits(m, s.sort.result, model) for m in v.members.values()):
                return False
    return True


def _fits(v: Value, sort: Sort, model: Model) -> bool:
    return not isinstance(v, Matrix) or (v.rows, v.cols) == (_size(sort.rows, model), _size(sort.cols, model))


def _size(t: Term, model: Model) -> int | None:
    return int(t.data) if t.op == "num" else integer(evaluate(t, model))


def _domains_fit(builder: Builder, model: Model) -> bool:
    for s in builder.order:
        d = builder.context.declarations.get(s)
        if d is None or d.domain is None or d.domain.op == "set" or not any(v.op == "sym" for v in d.domain.free):
            continue
        v = model.values.get(s)
        if v is None and s in model.defined_by:
            v = evaluate(model.defined_by[s], model)
        found: list[Value] = [v] if is_number(v) else list(v.members.values()) if isinstance(v, Family) else []
        for block in model.joint.blocks if model.joint is not None else ():
            found += [row[i] for i, (t, _) in enumerate(block.atoms) if t is s for row, weight in block.rows if weight != 0]
        if not all(builder.inside(u, d.domain, d.attributes, model) for u in found if is_number(u)):
            return False
    return True
