"""`\\sum` and `\\prod` with every kind of limits: bounds, sets, conditions, ranges declared for the letter or found from its use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.language import arithmetic, binders, calls, laws, relations, sets
from derivcheck.language.cursor import Cursor
from derivcheck.language.items import (
    Items,
    base_leaf,
    canonical,
    drop_spaces,
    find,
    is_comma,
    is_relation,
    span_of,
    split_on,
)
from derivcheck.language.scope import Entry
from derivcheck.language.sizes import is_unknown
from derivcheck.language.syntax import Group, Item, Leaf, Macro, Seq, Span
from derivcheck.terms import build
from derivcheck.terms.build import INF, ONE, ZERO
from derivcheck.terms.term import Term, mk, subterms

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


class Binder:
    """One bound variable of an operator: its name, symbol, and where it runs."""

    def __init__(self, key: str, symbol: Term) -> None:
        self.key, self.symbol = key, symbol
        self.lo: Term | None = None
        self.hi: Term | None = None
        self.domain: Term | None = None
        self.condition: Term | None = None
        self.explicit = False


def read_sum(e: Elaborator, op: str, sub: Seq | None, sup: Seq | None, span: Span, c: Cursor) -> Term:
    """`\\sum` and `\\prod` with every kind of limits."""
    if sub is None:
        raise e.fail("D056", f"\\{op} needs its variable", span, f"write \\{op}_{{i=1}}^n")
    bound, conditions = sum_limits(e, sub, sup, span)
    with e.scope.frame({b.key: b.symbol for b in bound}):
        body = e.operand(c, span, bracket_is_all=False)
        body = arithmetic.pointed(e, body, span)
        if body.sort.kind in ("fun", "dist"):
            variables = tuple(b.symbol for b in bound)
            _ = variables
            return pointwise_sum(e, op, bound, conditions, body, span)
    if body.sort.kind not in ("num", "mat"):
        raise e.fail("D102", f"\\{op} of {arithmetic.kind_word(e, body.sort)}", span, None)
    return close_sum(e, op, bound, conditions, body, span)


def pointwise_sum(e: Elaborator, op: str, bound: list[Binder], conditions: list[Term], body: Term, span: Span) -> Term:
    """A sum of functions or densities, value by value."""
    return arithmetic.pointwise(e, [body], lambda v: close_sum(e, op, bound, conditions, v[0], span), span)


def close_sum(e: Elaborator, op: str, bound: list[Binder], conditions: list[Term], body: Term, span: Span) -> Term:
    neutral = ZERO if op == "sum" else ONE
    for b in bound:
        if b.lo is ONE and b.hi is not None and body.sort.kind == "mat" and b.hi.op != "const":
            for t in subterms(body):  # e_i in a sum over i = 1, …, d has size d
                if t.op == "unit" and t.args[1] is b.symbol and is_unknown(e.sizes.look(t.args[0])):
                    e.sizes.unify(t.args[0], b.hi)
    for b in bound:
        if b.lo is None and b.domain is None:
            b.domain = infer_range(e, b, body, bound, span)
    if conditions:
        default = neutral if body.sort.kind == "num" else mk("zeros", (body.sort.rows, body.sort.cols), None, body.sort)
        if body.sort.kind != "num" and op == "prod":
            raise e.fail("D102", "a product of matrices over a condition", span, None)
        body = build.cases(build.and_(*conditions), body, default)
    for b in reversed(bound):
        if b.lo is not None:
            assert b.hi is not None
            body = build.big(op, b.symbol, b.lo, b.hi, body)
        else:
            assert b.domain is not None
            if b.domain.op == "range":
                body = build.big(op, b.symbol, b.domain.args[0], b.domain.args[1], body)
            else:
                body = build.bigset(f"{op}set", b.symbol, b.domain, body)
        if op == "prod" and body.sort.kind == "mat":
            raise e.fail("D108", "a product of matrices: in which order?", span, "write the product out")
    return body


def sum_limits(e: Elaborator, sub: Seq, sup: Seq | None, span: Span) -> tuple[list[Binder], list[Term]]:
    """The bound variables of a sum and the conditions on them."""
    items = binders.flatten_braces(drop_spaces(sub.items))
    if len(items) == 1 and isinstance(items[0], Macro) and items[0].name == "\\substack":
        pieces = substack_rows(items[0])
    else:
        pieces = lists_joined(list(split_on(items, is_comma)))
    pieces = [binders.flatten_braces(p) for p in pieces]
    if any(not drop_spaces(p) for p in pieces):
        raise e.fail("D056", "an index is missing", sub.span, None)
    bound: list[Binder] = []
    conditions: list[Term] = []
    upper = e.number(sup.items, sup.span) if sup is not None else None
    pending: list[Binder] = []
    # names first: every piece that introduces a variable
    raw: list[tuple[Items, Span]] = [(p, span_of(p, sub.span)) for p in pieces]
    known: dict[str, Term] = {}

    def new(item: Item) -> Binder:
        key, symbol = binders.bound_symbol(e, item, index=True)
        binder = Binder(key, symbol)
        bound.append(binder)
        known[key] = symbol
        return binder

    for piece, where in raw:
        positions = [i for i, it in enumerate(piece) if is_relation(it)]
        if not positions:
            if len(piece) == 1:
                pending.append(new(piece[0]))
                continue
            if all(base_leaf(i) is not None and base_leaf(i).kind == "name" for i in piece) and len(piece) <= 3:  # type: ignore[union-attr]
                for it in piece:  # \sum_{ij}
                    pending.append(new(it))
                continue
            raise e.fail("D056", "these limits cannot be read", where, "write \\sum_{i=1}^n or \\sum_{i \\in S}")
        colon = find(piece, lambda i: isinstance(i, Leaf) and i.text in (":", "\\mid", "|"))
        condition_items: Items = ()
        if colon > 0:
            condition_items = tuple(piece[colon + 1 :])
            piece = tuple(piece[:colon])
            positions = [i for i in positions if i < colon]
            if not positions:
                pending.append(new(piece[0]))
        if positions:
            _read_limit_piece(e, piece, positions, where, new, known, bound, conditions, pending, upper)
        if condition_items:
            with e.scope.frame(known):
                conditions.append(e.statement(condition_items, where))
    if upper is not None:
        for b in bound:
            if b.lo is not None and b.hi is None:
                b.hi = upper
            if b.lo is None and b.domain is None and len(bound) == 1 and not b.explicit:
                raise e.fail("D056", "the lower limit is missing", span, "write \\sum_{i=1}^n")
    for b in bound:
        if b.lo is not None and b.hi is None:
            domain = e.scope.ranges.get(b.key)
            if domain is not None and domain.op == "range":
                b.hi = domain.args[1]
            else:
                raise e.fail("D056", "the upper limit is missing", span, "write \\sum_{i=1}^n")
    return bound, conditions


def _read_limit_piece(
    e: Elaborator,
    piece: Items,
    positions: list[int],
    where: Span,
    new: object,
    known: dict[str, Term],
    bound: list[Binder],
    conditions: list[Term],
    pending: list[Binder],
    upper: Term | None,
) -> None:
    assert callable(new)
    sign = base_leaf(piece[positions[0]])
    assert sign is not None
    left, right = piece[: positions[0]], piece[positions[0] + 1 :]
    names_left = list(split_on(left, is_comma))
    if sign.text == "=" and len(positions) == 1:
        if len(names_left) == 1 and len(left) == 1:
            b = new(left[0])
            bounds = ellipsis_bounds(right)
            if bounds is not None:
                b.lo, b.hi = e.number(bounds[0], where), e.number(bounds[1], where)
            else:
                b.lo = e.number(right, where)
            for p in pending:
                if p.lo is None and p.domain is None:
                    p.lo, p.hi = b.lo, b.hi
            return
        raise e.fail("D056", "these limits cannot be read", where, "write \\sum_{i=1}^n")
    if sign.text in ("\\in", "\\subset") and len(positions) == 1:
        domain = sets.read_set(e, right, where) if sign.text == "\\in" else None
        if domain is None:
            raise e.fail("D052", "sums over subsets have no meaning here", where, None)
        fresh_binders = [new(left[0])] if len(left) == 1 else []
        if not fresh_binders and left and isinstance(left[0], Group) and left[0].open == "(":
            raise e.fail("D052", "sums over pairs have no meaning here", where, "write two sums")
        for b in [*pending, *fresh_binders]:
            if b.lo is None and b.domain is None:
                b.domain = domain
                b.explicit = True
        return
    # conditions: k ≠ j, i < j, 1 ≤ i < j ≤ n, k ≥ 0
    pieces: list[Items] = []
    start = 0
    for position in positions:
        pieces.append(tuple(piece[start:position]))
        start = position + 1
    pieces.append(tuple(piece[start:]))
    signs = [base_leaf(piece[position]) for position in positions]
    fresh_here: list[Binder] = []
    for k, part in enumerate(pieces):
        if len(part) == 1:
            head = base_leaf(part[0])
            key = canonical(part)
            if head is not None and head.kind == "name" and key not in known and not _bound_here(e, key):
                entry = e.scope.find(key)
                declared_constant = entry is not None and (entry.symbol is None or _fixed(e, entry)) and len(pieces) > 1
                is_first_name = not fresh_here and k <= 1
                if entry is None and upper is not None and len(pieces) == 2 and sign.text == "\\ne" and canonical(pieces[1 - k]) in known and key not in e.scope.ranges:
                    continue  # \sum_{i=1, i \ne j}^n: j stands outside
                if entry is None or (is_first_name and not (declared_constant and k == len(pieces) - 1 and fresh_here)):
                    if entry is not None and k >= 1 and len(pieces) == 2 and sign.text in ("\\ne",):
                        continue
                    if entry is not None and k == len(pieces) - 1 and fresh_here:
                        continue
                    if entry is not None and k == 0 and len(pieces) == 3:
                        continue
                    fresh_here.append(new(part[0]))
    with e.scope.frame(known):
        values = [e.number(part, where) for part in pieces]
    ops = [relations.RELATIONS.get(s.text if s is not None else "", "") for s in signs]
    fresh_symbols = {b.symbol for b in fresh_here}
    for a, rel, z in zip(values, ops, values[1:], strict=False):
        if rel not in ("<", "≤", ">", "≥", "≠"):
            raise e.fail("D056", "these limits cannot be read", where, "write \\sum_{i=1}^n")
        if len(pieces) == 2 and len(fresh_here) == 1 and rel in ("≥", ">") and a in fresh_symbols and z.op == "num" and upper is None:
            b = fresh_here[0]
            if e.scope.ranges.get(b.key) is None:
                b.lo, b.hi = (z if rel == "≥" else build.add(z, ONE)), INF
                continue
        conditions.append(build.rel(a, rel, z))
    # 1 ≤ i < j ≤ n gives the range of all variables
    if len(pieces) >= 3 and values[0] not in fresh_symbols and values[-1] not in fresh_symbols and set(ops) <= {"<", "≤"}:
        lo = values[0] if ops[0] == "≤" else build.add(values[0], ONE)
        hi = values[-1] if ops[-1] == "≤" else build.sub(values[-1], ONE)
        for b in fresh_here:
            b.lo, b.hi = lo, hi
        if len(fresh_here) == 1 and len(pieces) == 3:
            del conditions[-2:]
        elif len(fresh_here) >= 2:
            inner = [build.rel(a, r, z) for a, r, z in zip(values[1:-2], ops[1:-1], values[2:-1], strict=False)]
            del conditions[-len(ops) :]
            conditions.extend(inner)


def _bound_here(e: Elaborator, key: str) -> bool:
    """Whether a name is bound by an operator around."""
    return any(key in frame for frame in e.scope.frames)


def _fixed(e: Elaborator, entry: Entry) -> bool:
    return entry.symbol is not None and entry.symbol in e.scope.declarations


def lists_joined(pieces: list[Items]) -> list[Items]:
    """`k = 1, \\dots, n` is one piece."""
    out: list[Items] = []
    for piece in pieces:
        before = drop_spaces(out[-1]) if out else ()
        dots = len(drop_spaces(piece)) == 1 and calls.has_ellipsis(piece) and any(is_relation(i) for i in before)
        if dots or (before and isinstance(before[-1], Leaf) and before[-1].text == "\\dots"):
            out[-1] = (*out[-1], *piece)
        else:
            out.append(piece)
    return out


def ellipsis_bounds(items: Items) -> tuple[Items, Items] | None:
    """`1, \\dots, n`."""
    pieces = split_on(items, is_comma)
    if len(pieces) >= 3 and calls.has_ellipsis(pieces[-2]):
        return pieces[0], pieces[-1]
    position = find(items, lambda i: isinstance(i, Leaf) and i.text == "\\dots")
    if position > 0 and position < len(items) - 1:
        return tuple(items[:position]), tuple(items[position + 1 :])
    return None


def substack_rows(item: Macro) -> list[Items]:
    """The rows of `\\substack`."""
    rows: list[Items] = []
    current: list[Item] = []
    for i in item.args[0].items:
        if isinstance(i, Leaf) and (i.kind == "newline" or i.kind == "comma"):
            rows.append(tuple(current))
            current = []
        else:
            current.append(i)
    rows.append(tuple(current))
    return [drop_spaces(r) for r in rows]


def infer_range(e: Elaborator, b: Binder, body: Term, bound: list[Binder], span: Span) -> Term:
    """Where an index without limits runs: the range declared for its letter, its own domain, or what it is an index of."""
    declared = e.scope.ranges.get(b.key)
    candidates: list[Term] = []
    for t in subterms(body):
        if b.symbol not in t.args:
            continue
        if t.op == "idx":
            family = e.scope.declaration(t.args[0])
            if family is not None:
                for position, a in enumerate(t.args[1:]):
                    if a is b.symbol and position < len(family.index_ranges):
                        candidates.append(family.index_ranges[position])
        elif t.op == "ventry" and t.args[1] is b.symbol:
            candidates.append(build.int_range(ONE, e.sizes.settle_size(e.sizes.look(t.args[0].sort.rows))))
        elif t.op == "entry":
            if t.args[1] is b.symbol:
                candidates.append(build.int_range(ONE, e.sizes.settle_size(e.sizes.look(t.args[0].sort.rows))))
            if t.args[2] is b.symbol:
                candidates.append(build.int_range(ONE, e.sizes.settle_size(e.sizes.look(t.args[0].sort.cols))))
        elif t.op == "pdf":
            support = laws.support_of(e, t.args[0])
            for a, s in zip(t.args[1:], support, strict=False):
                if a is b.symbol and s.op in ("range", "finset", "set") and s.data not in ("R", "Rpos", "Rnn", "C"):
                    candidates.append(s)
    domain = e.scope.domain_of(b.symbol)
    if domain is not None and (domain.op in ("range", "finset") or (domain.op == "set" and domain.data in ("N", "Npos", "Z"))):
        if not candidates or all(c is domain for c in candidates):
            return domain
    if declared is not None and (not candidates or declared in candidates or all(_compatible(declared, c) for c in candidates)):
        return declared
    unique = list(dict.fromkeys(candidates))
    if len(unique) == 1:
        return unique[0]
    if len(unique) > 1:
        if all(_compatible(unique[0], u) for u in unique[1:]):
            return unique[0]
        raise e.fail("D108", f"\\sum over {b.key}: several ranges are possible", span, f"write \\sum_{{{b.key}=1}}^n")
    if declared is not None:
        return declared
    raise e.fail("D056", f"nothing says where {b.key} runs", span, f"write \\sum_{{{b.key}=1}}^n, or declare what it is an index of")


def _compatible(a: Term, b: Term) -> bool:
    from derivcheck.language.sizes import same_size

    return a is b or (a.op == b.op == "range" and same_size(a.args[0], b.args[0]) and same_size(a.args[1], b.args[1]))
