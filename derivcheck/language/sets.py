"""Sets: named ones, intervals, lists, `\\{x \\in S : P\\}`, powers and products."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from typing import TYPE_CHECKING

from derivcheck.language import arithmetic, binders, matrix_names, relations, statements
from derivcheck.language.items import (
    Items,
    base_leaf,
    canonical,
    drop_spaces,
    find,
    is_comma,
    is_mid,
    is_relation,
    leaf,
    pair_bars,
    span_of,
    split_on,
    unfont,
)
from derivcheck.language.syntax import Group, Item, Leaf, Macro, Scripts, Seq, Span
from derivcheck.terms import build
from derivcheck.terms.build import INF, NATURALS, ONE, POSITIVE, REALS, ZERO, neg
from derivcheck.terms.sorts import BOOL, SET, mat, vec
from derivcheck.terms.term import Term, fresh, mk, num

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


_SET_NAMES = {"\\R": "R", "\\N": "N", "\\Z": "Z", "\\Q": "Q", "\\C": "C", "\\emptyset": "empty"}


_SET_SIGNS = ("\\cup", "\\cap", "\\setminus")


def looks_like_set(e: Elaborator, items: Items) -> bool:
    """Whether a sequence can only be a set: named sets, intervals with different brackets, set signs, `\\{ … \\}` with a condition."""
    inner = drop_spaces(items)
    if not inner:
        return False
    if any(isinstance(i, Leaf) and i.kind == "op" and i.text in _SET_SIGNS for i in inner):
        return True
    head = base_leaf(inner[0])
    if len(inner) == 1 and head is not None and head.text in _SET_NAMES and not e.scope.declared(head.text):
        return True
    if len(inner) == 1 and isinstance(inner[0], Group):
        g = inner[0]
        if g.open == "\\{" and g.close == "\\}":
            body = g.body.items
            return any(is_comma(i) or is_relation(i) or is_mid(i) for i in body)
        if (g.open, g.close) in (("[", ")"), ("(", "]")):
            return any(is_comma(i) for i in g.body.items)
    return False


def named_set(e: Elaborator, item: Leaf, scripts: Scripts | None) -> Term:
    """`\\R`, `\\N_{>0}`, `\\R^d`, `\\R^{m \\times n}`, `\\R_+`."""
    name = _SET_NAMES[item.text]
    sub, sup = (scripts.sub, scripts.sup) if scripts is not None else (None, None)
    span = scripts.span if scripts is not None else item.span
    base = mk("set", (), name, SET)
    if sub is not None:
        base = restricted(e, name, canonical(sub.items), sub, span)
    if sup is not None:
        word = canonical(sup.items)
        if word in ("+", "{+}"):
            base = restricted(e, name, "+", sup, span)
        elif word == "*":
            base = mk("setminus", (base, build.finset(ZERO)), None, SET) if name != "N" else build.POSITIVE_INTEGERS
        elif word in ("++", "-"):
            base = restricted(e, name, word, sup, span)
        else:
            base = powered_set(e, base, sup, span)
    return base


def restricted(e: Elaborator, name: str, word: str, sub: Seq, span: Span) -> Term:
    """`\\R_{>0}` and its kin."""
    if word in ("++",) or (word == ">0"):
        return {"R": POSITIVE, "N": build.POSITIVE_INTEGERS, "Z": build.POSITIVE_INTEGERS}.get(name) or _cut(name, ">", ZERO)
    if word == "+":
        return {"R": build.NONNEGATIVE, "N": build.POSITIVE_INTEGERS, "Z": build.POSITIVE_INTEGERS}.get(name) or _cut(name, ">", ZERO)
    if word in ("\\ge0", "\\ge 0", "0+"):
        return {"R": build.NONNEGATIVE, "N": NATURALS, "Z": NATURALS}.get(name) or _cut(name, "≥", ZERO)
    if word == "0":
        if name == "N":
            return NATURALS
        return NATURALS if name == "Z" else _cut(name, "≥", ZERO)
    if word in ("<0", "-", "--"):
        return mk("set", (), "Rneg", SET) if name == "R" else _cut(name, "<", ZERO)
    items = drop_spaces(sub.items)
    if items and is_relation(items[0]):
        relation = relations.relation_name(items[0])
        bound = e.number(items[1:], span)
        if name in ("N", "Z") and bound is ONE and relation == "≥":
            return build.POSITIVE_INTEGERS
        if name == "R" and relation in (">", "≥", "<", "≤"):
            if relation in (">", "≥"):
                return build.interval(bound, INF, "()" if relation == ">" else "[)")
            return build.interval(neg(INF), bound, "()" if relation == "<" else "(]")
        if relation in ("<", "≤", ">", "≥", "≠"):
            if relation == "≠":
                return mk("setminus", (mk("set", (), name, SET), build.finset(bound)), None, SET)
            return _cut(name, relation, bound)
    raise e.fail("D064", f"the set \\{name}_{{{word}}} is not known", span, "write \\R_{>0}, \\N_{>0} or an interval")


def _cut(name: str, relation: str, bound: Term) -> Term:
    if name == "N" and relation == "≤":
        return build.int_range(ZERO, bound)
    whole = mk("set", (), name, SET)
    if name in ("N", "Z") and bound.op == "num" and relation in (">", "≥"):
        # the least element in closed form: bounds of sums start there
        least = num(floor(bound.data) + 1 if relation == ">" else ceil(bound.data))
        return mk("inter", (whole, build.interval(least, INF, "[)")), None, SET)
    if relation in (">", "≥"):
        return mk("inter", (whole, build.interval(bound, INF, "()" if relation == ">" else "[)")), None, SET)
    return mk("inter", (whole, build.interval(neg(INF), bound, "()" if relation == "<" else "(]")), None, SET)


def powered_set(e: Elaborator, base: Term, sup: Seq, span: Span) -> Term:
    """`S^n`, `\\R^{m \\times n}`."""
    pieces = split_on(drop_spaces(sup.items), lambda i: leaf(i, None, "\\times"))
    if len(pieces) > 2:
        raise e.fail("D064", "tensors are not part of the notation", span, None)
    if len(pieces) == 1 and not e.scope.declared("x") and any(leaf(i, "name", "x") for i in pieces[0][1:-1]):
        raise e.fail("D064", "is x a size here, or a sign for rows and columns?", sup.span, "write \\R^{m \\times n}")
    sizes = [matrix_names.size_of(e, Seq(p, span_of(p, sup.span))) for p in pieces]
    if base is REALS or base is build.COMPLEX:
        if base is build.COMPLEX:
            raise e.fail("D064", "complex vectors are not part of the notation", span, None)
        return build.rn(sizes[0]) if len(sizes) == 1 else build.rmn(sizes[0], sizes[1])
    if len(sizes) == 1:
        x = fresh("x", vec(sizes[0]))
        i = fresh("i")
        inside = build.over("forall", (i,), (build.int_range(ONE, sizes[0]),), build.rel(build.ventry(x, i), "in", base))
        return build.over("setof", (x,), (build.rn(sizes[0]),), inside)
    a = fresh("A", mat(sizes[0], sizes[1]))
    i, j = fresh("i"), fresh("j")
    inside = build.over("forall", (j,), (build.int_range(ONE, sizes[1]),), build.rel(build.entry(a, i, j), "in", base))
    inside = build.over("forall", (i,), (build.int_range(ONE, sizes[0]),), inside)
    return build.over("setof", (a,), (build.rmn(sizes[0], sizes[1]),), inside)


def read_set(e: Elaborator, items: Sequence[Item], span: Span) -> Term:
    """A whole sequence as a set."""
    items = drop_spaces(tuple(items))
    if not items:
        raise e.fail("D064", "a set is missing here", span, None)
    with e.deeper(span):
        for sign, op in (("\\setminus", "setminus"), ("\\cup", "union"), ("\\cap", "inter")):
            pieces = split_on(items, lambda i, sign=sign: leaf(i, "op", sign))  # type: ignore[misc]
            if len(pieces) > 1:
                parts = [read_set(e, p, span_of(p, span)) for p in pieces]
                _same_members(e, parts, span)
                if op == "setminus":
                    result = parts[0]
                    for p in parts[1:]:
                        result = mk("setminus", (result, p), None, SET)
                    return result
                return mk(op, tuple(parts), None, SET)
        pieces = split_on(items, lambda i: leaf(i, None, "\\times"))
        if len(pieces) > 1:
            return mk("product", tuple(read_set(e, p, span_of(p, span)) for p in pieces), None, SET)
        if len(items) == 1:
            return _one_set(e, items[0], span)
        # a minus between sets, \R - \{0\}
        minus = find(items, lambda i: leaf(i, "op", "-"))
        if 0 < minus < len(items) - 1 and isinstance(items[minus + 1], Group):
            left, right = read_set(e, items[:minus], span), read_set(e, items[minus + 1 :], span)
            return mk("setminus", (left, right), None, SET)
        value = e.value(items, span) if not looks_like_set(e, items) else None
        if value is not None and value.sort.kind == "set":
            return value
        if value is not None:
            raise e.fail("D064", "a set is expected here", span, "write \\R, \\{a, b\\} or an interval")
        raise e.fail("D064", "this set cannot be read", span, "write \\R, \\{a, b\\} or an interval")


def _same_members(e: Elaborator, parts: list[Term], span: Span) -> None:
    """Sets that are joined have members of one sort (`\\R^d \\setminus \\{\\mathbf 0\\}`)."""
    sorts = [binders.sort_of_members(p) for p in parts if p is not build.EMPTY]
    shaped = [s for s in sorts if s.kind == "mat"]
    for s in shaped[1:]:
        arithmetic.check_shape(e, shaped[0], s, span)


def _one_set(e: Elaborator, item: Item, span: Span) -> Term:
    if isinstance(item, Group):
        if item.open == "\\{":
            return braces(e, item)
        if item.open == "{":
            return read_set(e, item.body.items, item.span)
        if item.open in ("(", "[") and item.close in (")", "]"):
            if find(pair_bars(item.body.items), is_comma) >= 0:
                return read_interval(e, item)
            return read_set(e, item.body.items, item.span)
    if isinstance(item, Scripts) and isinstance(item.base, Group) and item.sup is not None and item.sub is None:
        return powered_set(e, _one_set(e, item.base, item.base.span), item.sup, span)
    head = base_leaf(item)
    if head is not None and head.text in _SET_NAMES and not e.scope.declared(head.text):
        return named_set(e, head, item if isinstance(item, Scripts) else None)
    if is_symmetric_cone(e, (item,)) and isinstance(item, Scripts):
        return symmetric_cone(e, item, span)
    if isinstance(item, Macro) and item.name == "\\overline":
        raise e.fail("D064", "a closure of a set is not part of the notation", span, None)
    value = e.value((item,), span)
    if value.sort.kind == "set":
        return value
    raise e.fail("D064", "a set is expected here", item.span, "write \\R, \\{a, b\\} or an interval")


def is_symmetric_cone(e: Elaborator, items: Items) -> bool:
    """Whether a set is written `\\mathbb S^d`, perhaps with `+` or `++`."""
    head = base_leaf(items[0]) if len(items) == 1 and isinstance(items[0], Scripts) else None
    return head is not None and unfont(head.text) == "S" and head.text.startswith("\\mathbb") and not e.scope.declared(head.text)


def cone_words(items: Items) -> list[str]:
    """The attributes of the matrices in `\\mathbb S^d_{++}`."""
    item = items[0]
    word = canonical(item.sub.items) if isinstance(item, Scripts) and item.sub is not None else ""
    return ["symmetric", *{"+": ["positive semidefinite"], "++": ["positive definite"]}.get(word, [])]


def symmetric_cone(e: Elaborator, item: Scripts, span: Span) -> Term:
    """`\\mathbb S^d_{++}`: symmetric (positive definite) matrices."""
    if item.sup is None:
        raise e.fail("D064", "the size of this set of matrices is missing", span, "write \\R^{d \\times d} symmetric")
    n = matrix_names.size_of(e, item.sup)
    a = fresh("A", mat(n, n))
    word = canonical(item.sub.items) if item.sub is not None else ""
    inside: Term = build.eq(build.transpose(a), a)
    if word in ("+", "++"):
        inside = build.and_(inside, mk("pd" if word == "++" else "psd", (a,), None, BOOL))
    return build.over("setof", (a,), (build.rmn(n, n),), inside)


def read_interval(e: Elaborator, group: Group) -> Term:
    """`(a, b)`, `[a, b)` and their kin; of more than two parts a tuple cannot be a set."""
    items = pair_bars(group.body.items)
    pieces = split_on(items, is_comma)
    if len(pieces) != 2:
        raise e.fail("D064", "an interval has two ends", group.span, None)
    a, b = (e.number(p, span_of(p, group.span)) for p in pieces)

    lower = None if a.op == "neg" and a.args[0] is INF else (a, group.open == "(")
    upper = None if b is INF else (b, group.close == ")")
    if (lower is None and group.open == "[") or (upper is None and group.close == "]"):
        return build.interval(a, b, group.open + group.close)
    return build.real_interval(lower, upper)


def braces(e: Elaborator, group: Group) -> Term:
    """`\\{1, \\dots, K\\}`, `\\{a, b\\}`, `\\{x \\in S : P\\}`."""
    items = pair_bars(group.body.items)
    inner = drop_spaces(items)
    if not inner:
        return build.EMPTY
    such = find(items, lambda i: is_mid(i) or leaf(i, "op", ":"))
    if such > 0:
        return _such_that(e, items[:such], items[such + 1 :], group.span)
    pieces = [drop_spaces(p) for p in split_on(items, is_comma)]
    dots = [i for i, p in enumerate(pieces) if len(p) == 1 and leaf(p[0], None, "\\dots")]
    if dots:
        position = dots[0]
        if len(dots) > 1 or position == 0:
            raise e.fail("D043", "this list cannot be read", group.span, "write \\{1, \\dots, K\\}")
        return _listed_range(e, pieces, position, group.span)
    if len(inner) == 3 and leaf(inner[1], None, "\\dots"):
        return build.int_range(e.number(inner[:1], group.span), matrix_names.size_of(e, Seq(inner[2:], group.span)))
    values = [e.value(p, span_of(p, group.span)) for p in pieces]
    return build.finset(*values)


def _listed_range(e: Elaborator, pieces: list[Items], position: int, span: Span) -> Term:
    """`1, 2, \\dots, K` or `0, 1, \\dots`."""
    before = [e.number(p, span_of(p, span)) for p in pieces[:position]]
    after = [matrix_names.size_of(e, Seq(p, span_of(p, span))) for p in pieces[position + 1 :] if p]
    if len(before) >= 2:
        for a, b in pairwise(before):
            if a.op == "num" and b.op == "num" and b.data - a.data != 1:
                raise e.fail("D043", "this list does not go in steps of one", span, "write it as a set with a condition")
    if not after:
        lo = before[0]
        if lo is ZERO:
            return NATURALS
        if lo is ONE:
            return build.POSITIVE_INTEGERS
        return _cut("Z", "≥", lo)
    if len(after) > 1:
        raise e.fail("D043", "this list cannot be read", span, "write \\{1, \\dots, K\\}")
    if len(before) == 1 or (before[0].op == "num" and isinstance(before[0].data, Fraction)):
        return build.int_range(before[0], after[0])
    return build.int_range(before[0], after[0])


def _such_that(e: Elaborator, left: Items, right: Items, span: Span) -> Term:
    """`\\{x \\in S : P\\}`, `\\{x : P\\}`."""
    left = drop_spaces(left)
    mark = find(left, lambda i: leaf(i, "rel", "\\in"))
    if mark == 1:
        domain = read_set(e, left[2:], span)
        sort = binders.sort_of_members(domain)
        key, symbol = binders.bound_symbol(e, left[0], sort)
        if symbol.sort != sort:
            symbol = fresh(key, sort)
    elif mark < 0 and len(left) == 1:
        key, symbol = binders.bound_symbol(e, left[0])
        domain = binders.declared_domain(e, symbol) or arithmetic.whole_space(symbol.sort)
    else:
        raise e.fail("D064", "this set cannot be read", span, "write \\{x \\in S : P\\}")
    with e.scope.frame({key: symbol}):
        condition = statements.read_statement(e, right, span)
    return build.over("setof", (symbol,), (domain,), condition)
