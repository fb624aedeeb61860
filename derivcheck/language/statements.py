"""Statements and sets: relations, logic, quantifiers, intervals, `\\begin{cases}`.

From loosest to tightest: arrows; `\\forall …:`; commas (which are `\\land`) and `:`; `\\lor`; `\\land`; `\\lnot`; relation chains.  A relation chain
`a = b \\le c` is the conjunction of its links.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.language import arithmetic, binders, constants, laws, relations, sets
from derivcheck.language.items import (
    ARROWS,
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
)
from derivcheck.language.syntax import Env, Group, Item, Leaf, Span
from derivcheck.terms import build
from derivcheck.terms.build import FALSE, TRUE, ZERO
from derivcheck.terms.sorts import BOOL
from derivcheck.terms.term import Term, contains_op, fresh, mk

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


def read_statement(e: Elaborator, items: Items, span: Span) -> Term:
    """A whole sequence as a statement."""
    items = _unwrapped(drop_spaces_keep(items))
    if not drop_spaces(items):
        raise e.fail("D047", "a statement is missing here", span, None)
    items = pair_bars(items)
    return _arrows(e, items, span)


def drop_spaces_keep(items: Items) -> Items:
    """Leading and trailing spaces gone."""
    items = tuple(items)
    while items and isinstance(items[0], Leaf) and items[0].kind in ("space", "newline", "amp"):
        items = items[1:]
    while items and isinstance(items[-1], Leaf) and items[-1].kind in ("space", "newline", "amp"):
        items = items[:-1]
    return items


def _unwrapped(items: Items) -> Items:
    """A statement in one pair of brackets or braces."""
    while len(items) == 1 and isinstance(items[0], Group) and items[0].open in ("(", "{", "[", "\\{") and items[0].close in (")", "}", "]", "\\}"):
        inner = drop_spaces_keep(items[0].body.items)
        if not inner:
            return items
        items = inner
    return items


def _is_arrow(item: Item) -> bool:
    head = base_leaf(item)
    return head is not None and head.kind == "rel" and head.text in ARROWS


def _arrows(e: Elaborator, items: Items, span: Span) -> Term:
    positions = [i for i, it in enumerate(items) if _is_arrow(it)]
    if not positions:
        return _quantified(e, items, span)
    pieces: list[Items] = []
    start = 0
    for p in positions:
        pieces.append(items[start:p])
        start = p + 1
    pieces.append(items[start:])
    values = [_signed_piece(e, p, span) for p in pieces]
    links = []
    for k, p in enumerate(positions):
        sign = base_leaf(items[p])
        assert sign is not None
        links.append(arrow(sign.text, values[k], values[k + 1]))
    return build.and_(*links)


def _signed_piece(e: Elaborator, piece: Items, span: Span) -> Term:
    return signed(e, lambda: _quantified(e, piece, span_of(piece, span)))


def arrow(sign: str, a: Term, b: Term) -> Term:
    """`a \\iff b` and its kin."""
    if sign == "\\iff":
        return build.iff(a, b)
    return build.implies(a, b) if sign == "\\implies" else build.implies(b, a)


def signed(e: Elaborator, read: object) -> Term:
    """A statement with `\\pm` holds for the upper signs or for the lower ones."""
    assert callable(read)
    old_sign, old_saw = e.sign, e.saw_sign
    e.sign, e.saw_sign = 1, False
    try:
        upper = read()
        if not e.saw_sign:
            return upper
        e.sign = -1
        lower = read()
        return build.or_(upper, lower)
    finally:
        e.sign, e.saw_sign = old_sign, old_saw or e.saw_sign


def _is_quantifier(item: Item) -> bool:
    return isinstance(item, Leaf) and item.text in ("\\forall", "\\exists")


def _quantified(e: Elaborator, items: Items, span: Span) -> Term:
    """`\\forall x \\in S : P` and `P \\forall x \\in S`."""
    items = drop_spaces_keep(items)
    if not items:
        raise e.fail("D047", "a statement is missing here", span, None)
    position = find(items, _is_quantifier)
    if position < 0:
        return _commas(e, items, span)
    if position > 0 and all(leaf(i, "op", "\\lnot") for i in items[:position]):  # \lnot \exists x : P
        return build.not_(_quantified(e, items[1:], span))
    sign = items[position]
    assert isinstance(sign, Leaf)
    kind = "forall" if sign.text == "\\forall" else "exists"
    if position == 0:
        binder, body = _split_binder(e, items[1:], span)
        return bind_quantifier(e, kind, binder, lambda: _quantified(e, body, span_of(body, span)), sign.span)
    body, binder = items[:position], items[position + 1 :]
    body = drop_spaces_keep(body)
    if body and is_comma(body[-1]):
        body = body[:-1]
    following = find(binder, _is_quantifier)
    if following >= 0:
        # P ∀x ∀y
        outer = binder[following:]
        first = drop_spaces_keep(binder[:following])
        if first and is_comma(first[-1]):
            first = first[:-1]
        return _quantified_suffix(e, kind, first, outer, body, sign, span)
    return bind_quantifier(e, kind, drop_spaces(binder), lambda: _commas(e, body, span_of(body, span)), sign.span)


def _quantified_suffix(e: Elaborator, kind: str, first: Items, outer: Items, body: Items, sign: Leaf, span: Span) -> Term:
    outer_sign = outer[0]
    assert isinstance(outer_sign, Leaf)
    outer_kind = "forall" if outer_sign.text == "\\forall" else "exists"
    return bind_quantifier(
        e,
        outer_kind,
        drop_spaces(outer[1:]),
        lambda: bind_quantifier(e, kind, drop_spaces(first), lambda: _commas(e, body, span_of(body, span)), sign.span),
        outer_sign.span,
    )


def _split_binder(e: Elaborator, items: Items, span: Span) -> tuple[Items, Items]:
    """The variables of a prefix quantifier and its statement."""
    colon = find(items, lambda i: isinstance(i, Leaf) and i.text in (":", "."))
    inner = find(items, _is_quantifier)
    if inner > 0 and (colon < 0 or inner < colon):  # ∀ε > 0 ∃δ > 0 : …
        binder = drop_spaces_keep(items[:inner])
        if binder and is_comma(binder[-1]):
            binder = binder[:-1]
        return drop_spaces(binder), items[inner:]
    if colon >= 0:
        return drop_spaces(items[:colon]), drop_spaces_keep(items[colon + 1 :])
    seen_relation = False
    for i, item in enumerate(items):
        if is_relation(item):
            seen_relation = True
        if seen_relation and is_comma(item):
            rest = items[i + 1 :]
            if any(is_relation(r) for r in rest):
                return drop_spaces(items[:i]), drop_spaces_keep(rest)
        if is_mid(item) or _is_quantifier(item):
            return drop_spaces(items[:i]), drop_spaces_keep(items[i if _is_quantifier(item) else i + 1 :])
    if not seen_relation or find(items, is_comma) > 0:
        comma = find(items, is_comma)
        if comma > 0:
            return drop_spaces(items[:comma]), drop_spaces_keep(items[comma + 1 :])
    if items and isinstance(items[-1], Group) and seen_relation:
        return drop_spaces(items[:-1]), (items[-1],)
    raise e.fail("D047", "after the variables of a quantifier a colon is missing", span, "write \\forall x \\in \\R : …")


def bind_quantifier(e: Elaborator, kind: str, binder: Items, read: object, span: Span) -> Term:
    """Bind the variables of a quantifier and read its statement."""
    assert callable(read)
    variables: list[tuple[str, Term]] = []
    domains: list[Term] = []
    guards: list[Term] = []
    pending: list[Item] = []
    pieces = [drop_spaces(p) for p in split_on(binder, is_comma)]
    for piece in pieces:
        if not piece:
            raise e.fail("D047", "a variable is missing", span, None)
        where = span_of(piece, span)
        mark = find(piece, is_relation)
        if mark < 0:
            if len(piece) != 1:
                raise e.fail("D047", "the variable of this quantifier cannot be read", where, "write \\forall x \\in \\R : …")
            pending.append(piece[0])
            continue
        sign = base_leaf(piece[mark])
        assert sign is not None
        if sign.text == "\\in":
            if mark != 1:
                raise e.fail("D047", "the variable of this quantifier cannot be read", where, "write \\forall x \\in \\R : …")
            with e.scope.frame(dict(variables)):
                domain = sets.read_set(e, piece[2:], where)
            sort = binders.sort_of_members(domain)
            for item in (*pending, piece[0]):
                key, symbol = binders.bound_symbol(e, item, sort)
                if symbol.sort != sort:
                    symbol = fresh(key, sort)
                variables.append((key, symbol))
                domains.append(domain)
            pending = []
            continue
        if sign.text == "=" and mark == 1 and _ranged(piece[2:], pieces):
            raise e.fail("D047", "write \\forall n \\in \\{1, \\dots, N\\}", where, None)
        # x > 0, 0 < x < 1
        lead = None
        for item in piece:
            head = base_leaf(item)
            if head is not None and head.kind == "name" and head.text != "\\infty" and canonical((item,)) not in dict(variables):
                entry = e.scope.find(canonical((item,)))
                if entry is None or entry.symbol is not None:
                    lead = item
                    break
        for item in pending if lead is not None and lead not in pending else ():
            key, symbol = binders.bound_symbol(e, item)
            variables.append((key, symbol))
            domains.append(binders.declared_domain(e, symbol) or arithmetic.whole_space(symbol.sort))
        if lead is not None:
            key, symbol = binders.bound_symbol(e, lead)
            variables.append((key, symbol))
            domains.append(e.scope.domain_of(symbol) or arithmetic.whole_space(symbol.sort))
        with e.scope.frame(dict(variables)):
            guard = read_statement(e, piece, where)
            for item in pending:
                if lead is not None:
                    other = (item, *piece[1:])
                    guards.append(read_statement(e, other, where))
        pending = []
        guards.append(guard)
    for item in pending:
        key, symbol = binders.bound_symbol(e, item)
        domain_or = binders.declared_domain(e, symbol) or e.scope.ranges.get(key)
        variables.append((key, symbol))
        domains.append(domain_or if domain_or is not None else arithmetic.whole_space(symbol.sort))
    if not variables:
        raise e.fail("D047", "the variable of this quantifier is missing", span, "write \\forall x \\in \\R : …")
    with e.scope.frame(dict(variables)):
        body = read()
    if guards:
        body = build.implies(build.and_(*guards), body) if kind == "forall" else build.and_(*guards, body)
    for (_, symbol), domain in reversed(list(zip(variables, domains, strict=True))):
        body = build.over(kind, (symbol,), (domain,), body)
    return body


def _ranged(items: Items, pieces: list[Items]) -> bool:
    return len(pieces) > 1


def _commas(e: Elaborator, items: Items, span: Span) -> Term:
    """Commas are `\\land`; `x, y > 0` is a list."""
    pieces = list(split_on(items, lambda i: is_comma(i) or leaf(i, "op", ";")))
    pieces = [drop_spaces_keep(p) for p in pieces]
    if len(pieces) > 1 and not pieces[-1]:
        pieces.pop()
    if len(pieces) == 1:
        return _or(e, pieces[0], span)
    for p in pieces:
        if any(isinstance(i, Leaf) and i.text == "\\lor" for i in p):
            raise e.fail("D061", "a comma beside \\lor can be read in two ways", span, "write \\land or brackets")
    if any(leaf(i, None, "\\perp") or leaf(i, None, "\\sim") or leaf(i, None, "\\simiid") for i in items):
        return _relations(e, items, span)
    statements: list[Term] = []
    waiting: list[Items] = []
    last_value: tuple[Items, Items] | None = None
    for p in pieces:
        where = span_of(p, span)
        if not p:
            raise e.fail("D047", "a statement is missing beside this comma", span, None)
        if not any(is_relation(i) or _is_logic(i) for i in p) and not _truth(p) and not _bracketed_statement(p):
            if last_value is not None and not any(any(is_relation(i) for i in q) for q in pieces[pieces.index(p) :]):
                # x = 1, 2
                raise e.fail("D061", "a list of values can be read in two ways", where, "write x = 1 \\lor x = 2")
            waiting.append(p)
            continue
        mark = find(p, is_relation)
        for w in waiting:
            statements.append(_or(e, (*w, *p[mark:]), where))
        waiting = []
        statements.append(_or(e, p, where))
        last_value = (p[:mark], p[mark + 1 :]) if mark >= 0 else None
    if waiting:
        raise e.fail("D061", "this list ends without a relation", span, "write x = 1 \\lor x = 2 for a list of solutions")
    return build.and_(*statements)


def _is_logic(item: Item) -> bool:
    return isinstance(item, Leaf) and item.text in ("\\land", "\\lor", "\\lnot")


def _truth(items: Items) -> bool:
    return len(items) == 1 and isinstance(items[0], Leaf) and items[0].kind == "text" and items[0].text.strip() in ("true", "false")


def _bracketed_statement(items: Items) -> bool:
    return len(items) == 1 and isinstance(items[0], Group) and any(is_relation(i) or _is_logic(i) for i in items[0].body.items)


def _or(e: Elaborator, items: Items, span: Span) -> Term:
    pieces = split_on(items, lambda i: leaf(i, "op", "\\lor"))
    return build.or_(*(_and(e, p, span_of(p, span)) for p in pieces)) if len(pieces) > 1 else _and(e, items, span)


def _and(e: Elaborator, items: Items, span: Span) -> Term:
    pieces = split_on(items, lambda i: leaf(i, "op", "\\land"))
    return build.and_(*(_not(e, p, span_of(p, span)) for p in pieces)) if len(pieces) > 1 else _not(e, items, span)


def _not(e: Elaborator, items: Items, span: Span) -> Term:
    items = drop_spaces_keep(items)
    if not items:
        raise e.fail("D047", "a statement is missing here", span, None)
    if leaf(items[0], "op", "\\lnot"):
        return build.not_(_not(e, items[1:], span))
    if _is_quantifier(items[0]):
        return _quantified(e, items, span)
    if _truth(items):
        return TRUE if items[0].text.strip() == "true" else FALSE  # type: ignore[union-attr]
    inner = _unwrapped(items)
    if inner is not items and _holds_statement(inner):
        with e.deeper(span):
            return read_statement(e, inner, span)
    words = [i for i in items if isinstance(i, Leaf) and i.kind == "text"]
    if words:
        return _worded(e, items, words[0], span)
    return _relations(e, items, span)


def _holds_statement(items: Items) -> bool:
    return any(is_relation(i) or _is_logic(i) or _is_quantifier(i) or _is_arrow(i) for i in items) or _truth(items) or (
        len(items) == 1 and isinstance(items[0], Group) and _holds_statement(items[0].body.items)
    )


_WORDS = {
    "convex": "isconvex", "concave": "isconcave",
}  # fmt: skip


def _worded(e: Elaborator, items: Items, word: Leaf, span: Span) -> Term:
    """`f convex`, `A positive definite`, `C constant in w`, `A invertible`."""
    position = find(items, lambda i: i is word)
    text = " ".join(i.text.strip() for i in items[position:] if isinstance(i, Leaf) and i.kind == "text")
    text = " ".join(w for w in text.split() if w not in ("is", "are"))
    subject_items = items[:position]
    if not subject_items:
        raise e.fail("D050", f"this text cannot be read as mathematics: {word.text}", word.span, None)
    rest = tuple(i for i in items[position:] if not (isinstance(i, Leaf) and i.kind == "text"))
    subject = e.value(subject_items, span_of(subject_items, span))
    if text in _WORDS:
        return mk(_WORDS[text], (subject,), None, BOOL)
    if text in ("constant in", "constant") and rest:
        variables = [t for t, _ in e.values(tuple(i for i in rest if not leaf(i, "rel", "\\in")))]
        return mk("constin", (subject, *variables), None, BOOL)
    if text in ("positive definite", "positive semidefinite") and subject.sort.kind == "mat":
        return mk("pd" if text == "positive definite" else "psd", (subject,), None, BOOL)
    if text == "symmetric" and subject.sort.kind == "mat":
        return build.eq(build.transpose(subject), subject)
    if text in ("invertible", "nonsingular", "regular") and subject.sort.kind == "mat":
        return build.rel(build.det(subject), "≠", ZERO)
    if text == "orthogonal" and subject.sort.kind == "mat":
        return build.eq(build.matmul(build.transpose(subject), subject), build.eye(subject.sort.rows))
    if text == "positive" and subject.sort.kind == "num":
        return build.rel(subject, ">", ZERO)
    if text == "negative" and subject.sort.kind == "num":
        return build.rel(subject, "<", ZERO)
    if text == "nonnegative" and subject.sort.kind == "num":
        return build.rel(subject, "≥", ZERO)
    if text == "nonzero" and subject.sort.kind == "num":
        return build.rel(subject, "≠", ZERO)
    if text == "integer" and subject.sort.kind == "num":
        return build.rel(subject, "in", build.INTEGERS)
    return mk("opaque", (subject,), f"the statement that something is {text}", BOOL)


def _system(items: Items) -> list[Items] | None:
    """The rows of a system of equations, `\\begin{cases} x + y = 1 \\\\ x - y = 3 \\end{cases}`; None for anything else."""
    if len(items) != 1 or not isinstance(items[0], Env):
        return None
    rows: list[Items] = []
    for row in items[0].rows:
        cells = [drop_spaces(tuple(c.items)) for c in row]
        joined = tuple(i for c in cells for i in c)
        if not joined:
            continue
        if not any(is_relation(i) for i in cells[0]) and not (len(cells) > 1 and cells[0] and cells[1] and is_relation(cells[1][0])):
            return None
        while joined and (is_comma(joined[-1]) or leaf(joined[-1], None, ".")):
            joined = joined[:-1]
        rows.append(joined)
    return rows or None


def _relations(e: Elaborator, items: Items, span: Span) -> Term:
    """A chain of relations as a conjunction; a system of equations."""
    rows = _system(drop_spaces(items))
    if rows is not None:
        return build.and_(*(read_statement(e, row, span_of(row, span)) for row in rows))
    positions = [i for i, it in enumerate(items) if is_relation(it)]
    if not positions:
        mid = find(items, is_mid)
        if mid > 0:
            a = e.number(items[:mid], span)
            b = e.number(items[mid + 1 :], span)
            return build.rel(a, "divides", b)
        value = e.value(items, span)
        if value.sort.kind == "bool":
            return value
        if value.op == "opaque":
            return mk("opaque", value.args, value.data, BOOL)
        raise e.fail("D047", "this is no statement: a relation is missing", span, None)
    first = base_leaf(items[positions[0]])
    assert first is not None
    if first.text == "\\perp":
        return independence(e, items, positions, span)
    if first.text in ("\\sim", "\\simiid"):
        return law_statement(e, items, positions[0], span)
    pieces: list[Items] = []
    start = 0
    for position in positions:
        pieces.append(items[start:position])
        start = position + 1
    pieces.append(items[start:])
    signs = [items[position] for position in positions]
    values: list[Term] = []
    for k, p in enumerate(pieces):
        where = span_of(p, span)
        if not drop_spaces(p):
            raise e.fail("D047", "a side of this relation is missing", signs[min(k, len(signs) - 1)].span, None)
        as_set = k > 0 and relations.relation_name(signs[k - 1]) in ("in", "notin", "subset")
        as_set = as_set or (k < len(signs) and relations.relation_name(signs[k]) in ("subset", "ni"))
        value = relations.read_set_or_growth(e, p, where) if as_set else e.value(p, where)
        if any(relations.relation_name(s) == "≈" for s in signs[max(k - 1, 0) : k + 1]):
            value = constants.with_digits(p, value)
        values.append(value)
    links = []
    for k, sign in enumerate(signs):
        link = relations.make_relation(e, values[k], sign, values[k + 1], span)
        if link.op == "rel" and link.data == "=" and (contains_op(link, "anyconst") or any(constants.is_constant_symbol(e, t) for t in link.free)):
            link = constants.up_to(e, link, span)
        links.append(link)
    return build.and_(*links)


def independence(e: Elaborator, items: Items, positions: list[int], span: Span) -> Term:
    """`X \\perp Y \\mid Z`, `X, Y \\perp Z`."""
    mid = find(items, is_mid)
    given: list[Term] = []
    end = len(items)
    if mid >= 0:
        given = [t for t, _ in e.values(drop_spaces(items[mid + 1 :]))]
        end = mid
    pieces: list[Items] = []
    start = 0
    for position in [*[q for q in positions if q < end and leaf_text(items[q]) == "\\perp"], end]:
        pieces.append(items[start:position])
        start = position + 1
    groups = []
    for p in pieces:
        inner = _unwrapped(drop_spaces(p))
        values = [t for t, _ in e.values(inner)]
        groups.append(values[0] if len(values) == 1 else arithmetic.make_tuple(values))
    return mk("perp", (*groups, *given), len(groups), BOOL)


def leaf_text(item: Item) -> str:
    head = base_leaf(item)
    return head.text if head is not None else ""


def law_statement(e: Elaborator, items: Items, position: int, span: Span) -> Term:
    """`X \\sim D` as a statement."""
    subject = e.value(items[:position], span)
    law = laws.read_law(e, items[position + 1 :], span, over=subject.sort)
    return mk("sim", (subject, law), None, BOOL)
