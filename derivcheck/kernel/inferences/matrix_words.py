"""Equations of matrices word by word: what functions of entries stand in one place are put together, coefficients vanish one by one.

Σ c_k P (f_k(v) ⊙ r) Q = 0 if Σ c_k f_k(u) = 0 for all real u, v being a real vector; in diagonal matrices and with several vectors likewise.
Source: the entries of P (f(v) ⊙ r) Q; Magnus and Neudecker, Matrix Differential Calculus, 3.6.
"""

from __future__ import annotations

from typing import Any

from derivcheck.kernel.check import Rejected, Session, eigen, inference
from derivcheck.kernel.inferences.basic import CORE, relation
from derivcheck.kernel.matrix_facts import real_entries
from derivcheck.kernel.matrix_form import Form, Word, decode
from derivcheck.kernel.matrix_words import hadamard_factors
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.sorts import NUM
from derivcheck.terms.term import Term, instantiate, subterms

Item = tuple[Any, ...]  # ("factor", f), or a place for functions: ("place", how the vector is held, the other factors of the elementwise product)
Functions = tuple[tuple[int, Term, Term | None], ...]  # (number of the place, vector, function of its entries; None: the entries themselves)


def _held(f: Term) -> tuple[str, Term] | None:
    """How a factor holds a vector: as a column, a row, or on the diagonal."""
    if f.op == "diag":
        return "diag", f.args[0]
    if f.op == "transpose" and f.args[0].sort.cols is b.ONE:
        return "row", f.args[0]
    return ("col", f) if f.sort.cols is b.ONE and f.sort.rows is not b.ONE else None


def parse(word: Word, vectors: frozenset[Term]) -> tuple[tuple[Item, ...], Functions]:
    """A word as factors and places for functions of the entries of these vectors, with the functions that stand there."""
    items: list[Item] = []
    functions: list[tuple[int, Term, Term | None]] = []
    i = 0
    while i < len(word):
        held = _held(word[i])
        i += 1
        if held is None:
            items.append(("factor", word[i - 1]))
            continue
        kind, v = held
        inside = hadamard_factors(v)
        while kind == "diag" and i < len(word) and word[i].op == "diag":
            inside = inside + hadamard_factors(word[i].args[0])
            i += 1
        here: list[tuple[int, Term, Term | None]] = []
        rest: list[Term] = []
        for g in inside:
            if g.op == "emap" and g.args[0].op == "lam":
                here.append((len(items), g.args[1], g.args[0]))
            elif g in vectors:
                here.append((len(items), g, None))
            elif g.op != "ones":
                rest.append(g)
        functions.extend(here)
        items.append(("place", kind, tuple(sorted(rest, key=order_key))))
    return tuple(items), tuple(functions)


def _without_places(long: tuple[Item, ...], short: tuple[Item, ...]) -> dict[int, int] | None:
    """Where the items of `short` stand in `long`, if what else `long` has is places on the diagonal with nothing else there: the identity."""
    where: dict[int, int] = {}
    k = 0
    for i, item in enumerate(long):
        if k < len(short) and short[k] == item:
            where[k] = i
            k += 1
        elif item != ("place", "diag", ()):
            return None
    return where if k == len(short) else None


def groups(form: Form, rw: Rewriter) -> list[list[tuple[Functions, Term]]]:
    """Words that differ in functions of entries only, with their coefficients."""
    vectors = frozenset(
        s.args[1] for w in form for f in w for s in subterms(f) if s.op == "emap" and s.args[0].op == "lam" and s.sort.cols is b.ONE and not any(x.op == "bvar" for x in s.free)
    )
    if not all(real_entries(v, rw.oracle) for v in vectors):
        raise Rejected("not shown real")
    found: dict[tuple[Item, ...], list[tuple[Functions, Term]]] = {}
    parsed = [(*parse(word, vectors), c) for word, c in form.items()]
    for items, functions, c in sorted(parsed, key=lambda p: -len(p[0])):
        for other, group in found.items():
            where = _without_places(other, items)
            if where is not None:
                group.append((tuple((where[k], v, f) for k, v, f in functions), c))
                break
        else:
            found[items] = [(functions, c)]
    return list(found.values())


@inference(
    "by-words",
    statement="A = B if in A - B the functions of entries that stand in one place add up to 0 everywhere, and the other coefficients are 0",
    source="the entries of P (f(v) ⊙ r) Q",
    method="matrix algebra",
)
def by_words(ob: Obligation, params: tuple[Any, ...], session: Session) -> list[Obligation]:
    """params: groups of rules."""
    x, y = relation(ob, "=")
    if x.sort.kind != "mat":
        raise Rejected("not matrices")
    rw = session.rewriter(ob.context, CORE | frozenset(params[0] if params else ()))
    form = decode(rw.nf(b.add(x, b.neg(y))), rw)
    out: list[Obligation] = []
    for group in groups(form, rw):
        entries = list(dict.fromkeys((k, v) for functions, _ in group for k, v, _ in functions))
        context = ob.context
        symbols: dict[tuple[int, Term], Term] = {}
        for e in entries:
            symbols[e] = eigen(context, "u", NUM)
            context = context.with_declaration(Declaration(symbols[e], b.REALS))
        terms = [b.mul(c, *(symbols[k, v] if f is None else instantiate(f, (symbols[k, v],)) for k, v, f in functions)) for functions, c in group]
        total = b.add(*terms)
        if not entries and total.op == "num":
            raise Rejected("a coefficient is not 0")
        out.append(Obligation(context, b.eq(total, b.ZERO)))
    return out
