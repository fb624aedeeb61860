"""Relations between two values: at one sort, of vectors entry by entry, of matrices by definiteness; growth and membership."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.language import arithmetic, binders, extrema, powers, sets
from derivcheck.language.items import (
    Items,
    base_leaf,
    drop_spaces,
    is_comma,
    span_of,
    split_on,
)
from derivcheck.language.syntax import Item, Leaf, Scripts, Span
from derivcheck.terms import build
from derivcheck.terms.build import ONE, ZERO, neg
from derivcheck.terms.sorts import BOOL
from derivcheck.terms.term import Term, fresh, mk, name_of

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


RELATIONS: dict[str, str] = {
    "=": "=", ":=": "=", "\\ne": "≠", "<": "<", "\\le": "≤", ">": ">", "\\ge": "≥", "\\approx": "≈", "\\propto": "∝", "\\doteq": "≐",
    "\\in": "in", "\\notin": "notin", "\\subset": "subset", "\\to": "to", "\\ni": "ni", "\\sim": "sim", "\\simiid": "sim", "\\perp": "perp",
    "\\succeq": "psd", "\\succ": "pd", "\\preceq": "psd-", "\\prec": "pd-", "\\mapsto": "mapsto", "\\nmid": "ndivides",
}  # fmt: skip


def relation_name(item: Item) -> str:
    """The canonical relation of a sign."""
    head = base_leaf(item)
    assert head is not None
    return RELATIONS.get(head.text, head.text)


def relation_variables(e: Elaborator, item: Item, span: Span) -> tuple[Term, ...]:
    """The variables of `\\propto_w` and `\\doteq_w`; without a subscript those of `vary`."""
    if isinstance(item, Scripts) and item.sub is not None:
        out = []
        for piece in split_on(drop_spaces(item.sub.items), is_comma):
            cursor_items = drop_spaces(piece)
            value = e.value(cursor_items, span_of(piece, span))
            for v in value.args if value.op == "tuple" else (value,):
                if v.op != "sym" and v.op != "idx":
                    raise e.fail("D062", "this relation refers to symbols", span, "write \\propto_w")
                out.append(v)
        return tuple(out)
    if not e.scope.vary:
        head = base_leaf(item)
        raise e.fail("D062", f"in what does {head.text if head else 'this'} leave out what is constant?", span, "write \\propto_w, or: vary w")
    return e.scope.vary


def read_set_or_growth(e: Elaborator, items: Items, span: Span) -> Term:
    """The right side of `\\in`: a set, or `O(g)`."""
    inner = drop_spaces(items)
    if inner and isinstance(inner[0], Leaf) and inner[0].text in ("O", "\\mathcal{O}") and len(inner) == 2 and not e.scope.declared(inner[0].text):
        return e.value(items, span)
    return sets.read_set(e, items, span)


def make_relation(e: Elaborator, a: Term, sign: Item, b: Term, span: Span) -> Term:
    """One relation between two values, at one sort."""
    relation = relation_name(sign)
    if isinstance(sign, Scripts) and relation not in ("∝", "≐"):
        raise e.fail("D040", "a script on this relation means nothing here", sign.span, "leave it out, or write it above the sign: \\stackrel{(a)}{=}")
    if relation == "ni":
        a, b, relation = b, a, "in"
    if relation in ("in", "notin"):
        if b.op == "bigO":
            return growth(e, a, b, span)
        return membership(e, a, relation, b, span)
    if relation == "subset":
        return build.rel(a, "subset", b)
    if relation in ("psd", "pd", "psd-", "pd-"):
        difference = arithmetic.add(e, [(a, span), (neg(b), span)]) if b is not ZERO else a
        if relation.endswith("-"):
            difference = arithmetic.add(e, [(b, span), (neg(a), span)]) if b is not ZERO else neg(a)
        if difference.sort.kind != "mat":
            raise e.fail("D102", "this order is one of matrices", span, "write \\ge for numbers")
        powers.check_square(e, difference, span, "this order")
        return mk(relation.rstrip("-"), (difference,), None, BOOL)
    if relation in ("mapsto", "sim", "perp"):
        raise e.fail("D047", "this sign cannot stand in a chain", span, None)
    if relation == "ndivides":
        return build.not_(build.rel(arithmetic.as_number(e, a, span), "divides", arithmetic.as_number(e, b, span)))
    if b.op == "bigO" or any(t.op == "bigO" for t in (b, *b.args)):
        return growth(e, a, b, span)
    if a.op == "bigO":
        raise e.fail("D063", "O(g) = f means nothing; growth is written f = O(g)", span, "turn the sides around")
    a, b = arithmetic.unify_sides(e, a, b, span)
    if a.sort.kind == "bool" and relation == "=":
        return build.iff(a, b)
    if relation in ("∝", "≐"):
        return mk("rel", (a, b, *relation_variables(e, sign, span)), relation, BOOL)
    if relation == "=" and a.op == b.op == "tuple":
        return build.and_(*(build.eq(x, y) for x, y in zip(a.args, b.args, strict=True)))
    if relation in ("<", "≤", ">", "≥") and a.sort.kind == "mat":
        if a.sort.is_vector:
            i = fresh("i")
            return build.over(
                "forall", (i,), (build.int_range(ONE, e.sizes.settle_size(e.sizes.look(a.sort.rows))),), build.rel(build.ventry(a, i), relation, build.ventry(b, i))
            )
        raise e.fail("D108", "an order of matrices: by entries, or of definiteness?", span, "write \\succeq for definiteness")
    if relation in ("<", "≤", ">", "≥", "≈") and a.sort.kind not in ("num",):
        if a.sort.kind == "set" or b.sort.kind == "set":
            raise e.fail("D102", "sets are not ordered", span, "write \\subseteq")
        if a.sort.kind == "fun":
            return _pointwise_order(e, a, relation, b)
        raise e.fail("D102", f"{arithmetic.kind_word(e, a.sort)} is not ordered", span, None)
    if relation == "to":
        return _tends(e, a, b, span)
    if relation == "≈":
        _check_numbers(e, a, b, span)
    if relation not in ("=", "≠", "<", "≤", ">", "≥", "≈"):
        raise e.fail("D047", f"the relation {relation} cannot stand here", span, None)
    return build.rel(a, relation, b)


def _check_numbers(e: Elaborator, a: Term, b: Term, span: Span) -> None:
    """`≈` compares numbers: a symbol whose value nothing fixes has no digits."""
    for t in sorted(a.free | b.free, key=lambda t: str(t.data)):
        if t.op == "sym" and not any(t in h.statement.free for h in e.scope.hypotheses):
            raise e.fail("D102", f"\\approx compares digits, but {name_of(t)} can be any number", span, "write = for an identity, O(…) for growth")


def _pointwise_order(e: Elaborator, a: Term, relation: str, b: Term) -> Term:
    symbols = tuple(fresh("x", s) for s in a.sort.arg_sorts)
    body = build.rel(arithmetic.apply_term(e, a, list(symbols)), relation, arithmetic.apply_term(e, b, list(symbols)))
    for s in reversed(symbols):
        body = build.over("forall", (s,), (arithmetic.whole_space(s.sort),), body)
    return body


def _tends(e: Elaborator, a: Term, b: Term, span: Span) -> Term:
    """`A \\to B` after `as n \\to \\infty`: the limit of A is B."""
    moving = [g for g in e.scope.growth if g[0] in a.free] or e.scope.growth
    if len(moving) != 1:
        where = "which of the symbols moves" if moving else "what moves and where it goes"
        raise e.fail("D063", f"\\to needs to know {where}", span, "write \\lim_{n \\to \\infty} a_n = b, or add among the declarations: as n \\to \\infty")
    symbol, target, side = moving[0]
    if symbol in b.free:
        raise e.fail("D063", f"a limit does not depend on {name_of(symbol)}", span, "write = or O(…), or say what the limit is")
    return build.eq(extrema.make_limit(e, name_of(symbol), symbol, target, side, a, span), b)


def growth(e: Elaborator, a: Term, b: Term, span: Span) -> Term:
    """`f = O(g)`."""
    if not e.scope.growth:
        raise e.fail("D063", "O(…) needs to know where growth is meant", span, "add among the declarations: as n \\to \\infty")
    a = arithmetic.as_number(e, a, span)
    if b.op == "bigO":
        return build.rel(a, "O", b.args[0])
    # f = g + O(h)
    if b.op == "add" and b.args[-1].op == "bigO" and not any(t.op == "bigO" for t in b.args[:-1]):
        rest = build.add(*b.args[:-1])
        return build.rel(build.sub(a, rest), "O", b.args[-1].args[0])
    return mk("opaque", (a, b), "O(…) inside an expression", BOOL)


def membership(e: Elaborator, a: Term, relation: str, s: Term, span: Span) -> Term:
    """`x \\in S`."""
    if s.sort.kind != "set":
        raise e.fail("D102", "a set is expected on the right of \\in", span, None)
    if s.op in ("rn", "rmn"):
        want = binders.sort_of_members(s)
        if a.sort.kind == "mat":
            arithmetic.check_shape(e, want, a.sort, span)
    elif a.sort.kind == "fun":
        a = arithmetic.pointed(e, a, span)
    return build.rel(arithmetic.round_tuple(a), relation, s)
