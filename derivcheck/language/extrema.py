"""Limits, maxima and minima, `\\argmax` and `\\argmin`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.language import arithmetic, binders, powers, sets, sums
from derivcheck.language.cursor import Cursor
from derivcheck.language.diagnostics import ReadError
from derivcheck.language.items import (
    Items,
    base_leaf,
    canonical,
    drop_spaces,
    find,
    is_comma,
    is_relation,
    names_in,
    span_of,
    split_on,
)
from derivcheck.language.syntax import Group, Item, Leaf, Macro, Scripts, Seq, Span
from derivcheck.terms import build
from derivcheck.terms.build import ONE
from derivcheck.terms.sorts import NUM
from derivcheck.terms.term import Term, fresh, mk, name_of, subterms

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


EXTREMA = {"\\max": "maxover", "\\min": "minover", "\\sup": "supover", "\\inf": "infover", "\\argmax": "argmax", "\\argmin": "argmin"}


_APPROACHES = {"\\to": "", "\\downarrow": "+", "\\uparrow": "-"}


def read_limit(e: Elaborator, sub: Seq | None, span: Span, c: Cursor) -> Term:
    """`\\lim_{x \\to a^+}`; a variable declared to be an integer makes it the limit of a sequence."""
    if sub is None:
        raise e.fail("D056", "\\lim needs its variable", span, "write \\lim_{x \\to 0}")
    items = binders.flatten_braces(drop_spaces(sub.items))
    if len(items) == 1 and isinstance(items[0], Macro) and items[0].name == "\\substack":
        raise e.fail("D052", "limits in several variables have no meaning here", span, "write one \\lim after the other")
    arrow = find(items, lambda i: isinstance(i, Leaf) and i.kind == "rel" and i.text in _APPROACHES)
    if arrow != 1:
        raise e.fail("D056", "this limit cannot be read", span, "write \\lim_{x \\to 0}")
    key, symbol = binders.bound_symbol(e, items[0])
    target, direction = limit_target(e, items[2:], sub.span)
    side = _APPROACHES[items[1].text]  # type: ignore[union-attr]
    if side and direction not in ("", side):
        raise e.fail("D056", "from which side?", sub.span, "write \\lim_{x \\to 0^+}")
    direction = side or direction
    if symbol.sort.kind != "num":
        raise e.fail("D052", "limits of vectors have no meaning here", span, None)
    with e.scope.frame({key: symbol}):
        body = e.operand(c, span, bracket_is_all=False)
        body = arithmetic.pointed(e, body, span)
    return make_limit(e, key, symbol, target, direction, body, span)


def make_limit(e: Elaborator, key: str, symbol: Term, target: Term, direction: str, body: Term, span: Span) -> Term:
    """The limit of a body; of a sequence where the variable is an integer."""
    domain = e.scope.domain_of(symbol)
    if domain is not None and binders.is_integer_set(domain):
        direction = "int"
    declaration = e.scope.declaration(symbol)
    if (declaration is None or not declaration.declared) and not direction and target.op == "const" and counts(e, symbol, key, body):
        direction = "int"
    if body.sort.kind not in ("num", "mat"):
        raise e.fail("D102", f"a limit of {arithmetic.kind_word(e, body.sort)}", span, None)
    return build.lim(symbol, target, body, direction)


def counts(e: Elaborator, symbol: Term, key: str, body: Term) -> bool:
    """Whether a variable that nobody declared is an integer: by its letter, or since it is an index, an end of a sum, or the
    argument of a sequence or factorial."""
    if key in e.scope.ranges or key in ("n", "m", "k", "N", "M", "K"):
        return True
    for t in subterms(body):
        if t.op in ("idx", "ventry", "entry") and any(symbol in a.free for a in t.args[1:]):
            return True
        if t.op in ("sum", "prod") and any(symbol in a.free for a in t.args[:2]):
            return True
        if t.op == "fn" and t.data in ("factorial", "factorial2") and symbol in t.args[0].free:
            return True
        if t.op == "apply" and any(symbol in a.free for a in t.args[1:]):
            declaration = e.scope.declaration(t.args[0])
            if declaration is not None and any(binders.is_integer_set(d) for d in declaration.arg_domains):
                return True
    return False


def limit_target(e: Elaborator, items: Items, span: Span) -> tuple[Term, str]:
    """The point of a limit and the side it is approached from."""
    items = drop_spaces(items)
    if not items:
        raise e.fail("D056", "the point of the limit is missing", span, None)
    last = items[-1]
    if isinstance(last, Scripts) and last.sup is not None and last.base is not None:
        side = canonical(last.sup.items)
        if side in ("+", "-"):
            stripped: Item = last.base if last.sub is None and not last.primes else Scripts(last.base, last.sub, None, last.primes, last.span)
            return e.number((*items[:-1], stripped), span), side
    if len(items) >= 2 and isinstance(last, Leaf) and last.text in ("+", "-"):
        return e.number(items[:-1], span), last.text
    return e.number(items, span), ""


def read_extremum(e: Elaborator, name: str, sub: Seq | None, sup: Seq | None, span: Span, c: Cursor) -> Term:
    """`\\max_x`, `\\min_{x \\in S}`, `\\sup`, `\\inf`, `\\argmax_w`, `\\argmin_{w, b}`."""
    op = EXTREMA[name]
    variables: list[tuple[str, Term]] = []
    domains: list[Term | None] = []
    conditions: list[Term] = []
    if sub is None:
        if not e.scope.vary:
            raise e.fail("D056", f"{name} needs its variable", span, f"write {name}_w, or: vary w")
        variables = [(name_of(v), v) for v in e.scope.vary]
        domains = [None] * len(variables)
    else:
        items = binders.flatten_braces(drop_spaces(sub.items))
        colon = find(items, lambda i: isinstance(i, Leaf) and (i.text in (":", "\\mid") or i.kind == "bar"))
        such_that: Items = ()
        if colon > 0:
            items, such_that = items[:colon], items[colon + 1 :]
        for piece in sums.lists_joined(list(split_on(items, is_comma))):
            piece = drop_spaces(piece)
            where = span_of(piece, sub.span)
            if not piece:
                raise e.fail("D056", "a variable is missing", sub.span, None)
            mark = find(piece, is_relation)
            if mark < 0:
                if len(piece) != 1:
                    raise e.fail("D056", f"the variable of {name} cannot be read", where, f"write {name}_{{x \\in S}}")
                variables.append(binders.bound_symbol(e, piece[0]))
                domains.append(None)
                continue
            sign = base_leaf(piece[mark])
            if sign is not None and sign.text == "\\in" and mark == 1:
                domain = sets.read_set(e, piece[2:], where)
                sort = binders.sort_of_members(domain)
                key, symbol = binders.bound_symbol(e, piece[0], sort)
                if symbol.sort != sort and symbol.sort.kind != sort.kind:
                    symbol = fresh(key, sort)
                variables.append((key, symbol))
                domains.append(domain)
                for i, d in enumerate(domains[:-1]):
                    if d is None and variables[i][1].sort == sort and len(split_on(items, is_comma)) == len(domains):
                        domains[i] = domain
                continue
            listed = sums.ellipsis_bounds(piece[2:]) if sign is not None and sign.text == "=" and mark == 1 else None
            if listed is not None:  # \max_{i = 1, \dots, n}
                variables.append(binders.bound_symbol(e, piece[0], index=True))
                domains.append(build.int_range(e.number(listed[0], where), e.number(listed[1], where)))
                continue
            lead = _variable_of_condition(e, piece, dict(variables))
            if lead is not None:
                variables.append(binders.bound_symbol(e, lead))
                domains.append(None)
            with e.scope.frame(dict(variables)):
                conditions.append(e.statement(piece, where))
        if such_that:
            with e.scope.frame(dict(variables)):
                conditions.append(e.statement(such_that, sub.span))
    frame = dict(variables)
    with e.scope.frame(frame):
        body = e.operand(c, span, bracket_is_all=False)
        body = arithmetic.pointed(e, body, span)
        if body.sort.kind == "set":
            raise e.fail("D102", f"{name} of a set", span, None)
        body = arithmetic.as_number(e, body, span)
    ranges: list[Term] = []
    for (key, symbol), written in zip(variables, domains, strict=True):
        where_it_runs: Term | None = written
        if where_it_runs is None:
            where_it_runs = binders.declared_domain(e, symbol)
        if where_it_runs is None:
            binder = sums.Binder(key, symbol)
            try:
                where_it_runs = sums.infer_range(e, binder, body, [binder], span)
            except ReadError:  # nothing says it is an index: all of its space
                where_it_runs = arithmetic.whole_space(symbol.sort)
        ranges.append(where_it_runs)
    if conditions:
        if len(variables) == 1:
            u = variables[0][1]
            integer = _integer_bounds(u, conditions) if _used_as_index(u, body) else None
            ranges = [integer if integer is not None else binders.narrowed(u, ranges[0], conditions)]
        else:
            return mk("opaque", (body,), f"{name} over several variables under a condition", NUM)
    result = build.over(op, tuple(v for _, v in variables), tuple(ranges), body)
    if sup is not None:
        return powers.power(e, result, sup, span)
    return result


def _used_as_index(symbol: Term, body: Term) -> bool:
    return any(t.op in ("idx", "ventry", "entry") and symbol in t.args[1:] for t in subterms(body))


def _integer_bounds(symbol: Term, conditions: list[Term]) -> Term | None:
    """`1 ≤ i ≤ n` of an index, as a range."""
    lo = hi = None
    flat = [p for c in conditions for p in (c.args if c.op == "and" else (c,))]
    for p in flat:
        if p.op != "rel":
            return None
        a, b = p.args[0], p.args[1]
        if b is symbol and p.data in ("≤", "<"):
            lo = a if p.data == "≤" else build.add(a, ONE)
        elif a is symbol and p.data in ("≤", "<"):
            hi = b if p.data == "≤" else build.sub(b, ONE)
        else:
            return None
    return build.int_range(lo, hi) if lo is not None and hi is not None else None


def _variable_of_condition(e: Elaborator, piece: Items, known: dict[str, Term]) -> Item | None:
    """The variable that `x > 0` or `\\|w\\| = 1` under an operator introduces."""
    if any(n in known for n in names_in(piece)):
        return None
    for item in piece:
        if isinstance(item, Group):
            inner = _variable_of_condition(e, item.body.items, known)
            if inner is not None:
                return inner
        head = base_leaf(item)
        if head is not None and head.kind == "name" and head.text not in ("\\infty", "\\pi", "\\R"):
            entry = e.scope.find(canonical((item,)))
            if entry is None or entry.symbol is not None:
                return item
    return None


def extremum_of_list(e: Elaborator, name: str, span: Span, c: Cursor) -> Term:
    """`\\sup S`, `\\inf\\{…\\}`."""
    item = c.peek()
    if item is None:
        raise e.fail("D056", f"{name} needs a set or a variable", span, None)
    c.next()
    if isinstance(item, Group) and item.open == "(":
        inner = sets.read_set(e, item.body.items, item.span)
    else:
        inner = sets.read_set(e, (item,), item.span)
    return powers.extremum_of_set(e, name[1:], inner)
