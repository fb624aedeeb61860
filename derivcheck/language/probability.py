"""Probability: named laws and their densities, declared and defined densities, expectations, divergences, entropies.

`\\mathcal N(x; \\mu, \\Sigma)` is a density at a point, `\\mathcal N(\\mu, \\Sigma)` a law.  An expectation with a subscript (`\\E_{x \\sim p}`, `\\E_{p(x)}`,
`\\E_p`) binds its variable; without one it is over all random symbols in it.  Under `\\E_p` densities and functions written without
argument are taken at the bound point.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.language import application, arithmetic, binders, information, laws, powers
from derivcheck.language.cursor import Cursor
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
)
from derivcheck.language.syntax import Group, Item, Leaf, Scripts, Seq, Span
from derivcheck.terms import build
from derivcheck.terms.build import ONE
from derivcheck.terms.sorts import NUM, Sort, mat
from derivcheck.terms.sorts import dist as dist_sort
from derivcheck.terms.term import Term, bind, contains_op, fresh, mk, name_of, substitute

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


def read_operator(e: Elaborator, name: str, sub: Seq | None, sup: Seq | None, span: Span, c: Cursor) -> Term | None:
    """The probability operators."""
    if name == "KL":
        if sub is not None:
            raise e.fail("D040", "a divergence has no index", span, None)
        return information.divergence(e, "KL", sup, span, c)
    e.in_expectation += 1
    try:
        if name == "E":
            return expectation(e, sub, sup, span, c)
        if name == "Var":
            return variance(e, sub, sup, span, c)
        if name == "Cov":
            return covariance(e, sub, sup, span, c)
        if name == "Pr":
            return probability_of(e, sub, sup, span, c)
    finally:
        e.in_expectation -= 1
    return None


def _operand_with_conditions(e: Elaborator, c: Cursor, span: Span, what: str) -> tuple[Items, Items | None, Span, Scripts | None]:
    """The bracket of an operator, cut at its bar."""
    if not e.bracket_next(c):
        raise e.fail("D040", f"{what} needs a bracket", span, f"write {what}[X]")
    group, scripts = application.take_bracket(c)
    items = pair_bars(group.body.items)
    position = find(items, is_mid)
    if position < 0:
        return items, None, group.span, scripts
    return items[:position], items[position + 1 :], group.span, scripts


def read_conditions(e: Elaborator, items: Items | None, span: Span) -> list[Term]:
    """What stands after the bar: random symbols and statements."""
    if items is None:
        return []
    out: list[Term] = []
    for piece in split_on(items, lambda i: is_comma(i) or leaf(i, None, ";")):
        where = span_of(piece, span)
        if any(is_relation(i) or (isinstance(i, Leaf) and i.text in ("\\land", "\\lor", "\\lnot")) for i in piece):
            out.append(e.statement(piece, where))
        else:
            out.append(e.value(piece, where))
    return out


def expectation(e: Elaborator, sub: Seq | None, sup: Seq | None, span: Span, c: Cursor) -> Term:
    """`\\E[X]`, `\\E[X \\mid Y]`, `\\E_{x \\sim p}[…]`, `\\E_{p(x)}[…]`, `\\E_p[…]`."""

    def read_body() -> tuple[Term, list[Term], Scripts | None]:
        if e.bracket_next(c):
            items, conditions, where, scripts = _operand_with_conditions(e, c, span, "\\E")
            body = arithmetic.pointed(e, e.value(items, where), where)
            return body, read_conditions(e, conditions, where), scripts
        return arithmetic.pointed(e, e.operand(c, span, bracket_is_all=False), span), [], None

    value, scripts = _over(e, sub, span, read_body, "E")
    if sup is not None:
        value = powers.power(e, value, sup, span)
    if scripts is not None:
        value = e.postfix(value, scripts.sub, scripts.sup, scripts.primes, Span(span.start, scripts.span.end))
    return value


class _Bound:
    """A law with the variables bound to it."""

    def __init__(self, law: Term, variables: list[tuple[str, Term]], pointfree: bool) -> None:
        self.law, self.variables, self.pointfree = law, variables, pointfree


def read_bindings(e: Elaborator, sub: Seq, span: Span) -> tuple[list[_Bound], list[Term]]:
    """The subscript of an expectation: laws with their variables, or random symbols."""
    items = binders.flatten_braces(drop_spaces(sub.items))
    bounds: list[_Bound] = []
    random: list[Term] = []
    waiting: list[Item] = []
    frame: dict[str, Term] = {}
    for piece in split_on(items, lambda i: is_comma(i) or leaf(i, None, ";")):
        piece = drop_spaces(piece)
        where = span_of(piece, sub.span)
        if not piece:
            raise e.fail("D112", "a variable is missing in this subscript", sub.span, None)
        mark = find(piece, lambda i: base_leaf(i) is not None and base_leaf(i).text in ("\\sim", "\\simiid"))  # type: ignore[union-attr]
        with e.scope.frame(frame):
            if mark == 1:
                law, _ = laws.read_law_with_variables(e, piece[2:], where)
                wanted = [*waiting, piece[0]]
                waiting = []
                new = _variables_of(e, law, wanted, where)
            elif mark > 1 and isinstance(piece[0], Group):
                law, _ = laws.read_law_with_variables(e, piece[mark + 1 :], where)
                new = _variables_of(e, law, [i for p in split_on(piece[0].body.items, is_comma) for i in drop_spaces(p)], where)
            elif mark >= 0:
                raise e.fail("D112", "the variable of this law cannot be read", where, "write \\E_{x \\sim p}")
            else:
                single = piece[0] if len(piece) == 1 else None
                entry = e.scope.find(canonical((single,))) if single is not None else None
                if entry is not None and entry.symbol is not None and entry.symbol.sort.kind in ("num", "mat", "fam") and entry.symbol.op == "sym":
                    if e.scope.is_random(entry.symbol):
                        random.append(entry.symbol)
                    else:
                        waiting.append(piece[0])
                    continue
                if single is not None and entry is None and base_leaf(single) is not None and is_member(e, single):
                    random.append(e.value((single,), where))
                    continue
                if single is not None and entry is None:
                    waiting.append(single)
                    continue
                law, variables = laws.read_law_with_variables(e, piece, where)
                if variables is None:
                    new = [_Bound(law, [], True)]
                    sorts = law_sorts(law)
                    new[0].variables = [(f"\\mathrm{{point {i}}}", fresh("x", s)) for i, s in enumerate(sorts)]
                else:
                    new = _variables_of(e, law, variables, where)
        bounds += new
        for b in new:
            frame.update(dict(b.variables))
    if waiting:
        head = canonical((waiting[0],))
        raise e.fail("D112", f"{head} has no law here", span_of(waiting, sub.span), f"write \\E_{{{head} \\sim p}}, or: let {head} random")
    return bounds, random


def is_member(e: Elaborator, item: Item) -> bool:
    """Whether an item is a member of a random family."""
    head = base_leaf(item)
    if head is None or not isinstance(item, Scripts):
        return False
    entry = e.scope.find(head.text)
    return entry is not None and entry.symbol is not None and e.scope.is_random(entry.symbol)


def law_sorts(law: Term) -> list[Sort]:
    over = law.sort.result
    return list(over.params) if over.kind == "tuple" else [over]  # type: ignore[arg-type]


def _variables_of(e: Elaborator, law: Term, wanted: list[Item], span: Span) -> list[_Bound]:
    sorts = law_sorts(law)
    if len(sorts) == len(wanted):
        return [_Bound(law, [_bind_variable(e, i, s) for i, s in zip(wanted, sorts, strict=True)], False)]
    if len(sorts) == 1:
        return [_Bound(law, [_bind_variable(e, i, sorts[0])], False) for i in wanted]
    raise e.fail("D104", f"this law is of {len(sorts)} variables", span, None)


def _bind_variable(e: Elaborator, item: Item, sort: Sort) -> tuple[str, Term]:
    key = canonical((item,))
    head = base_leaf(item)
    if head is None or head.kind not in ("name", "text"):
        raise e.fail("D055", "a variable is expected here", item.span, None)
    entry = e.scope.find(key)
    if entry is not None and entry.symbol is not None and entry.symbol.op == "sym" and not e.scope.is_random(entry.symbol):
        if arithmetic.same_kind(e, entry.symbol.sort, sort):
            return key, entry.symbol
    return key, fresh(key, sort)


def _over(e: Elaborator, sub: Seq | None, span: Span, read_body: object, what: str) -> tuple[Term, Scripts | None]:
    """An expectation with or without a subscript."""
    assert callable(read_body)
    if sub is None:
        body, conditions, scripts = read_body()
        _check_value(e, body, span)
        return build.expect(body, *conditions), scripts
    given = _conditional_symbols(e, sub)
    if given is not None:
        averaged, fixed = given
        body, conditions, scripts = read_body()
        _check_value(e, body, span)
        others = [s for s in _random_in(e, body) if s not in averaged and s not in fixed]
        if others:
            raise e.fail("D112", f"is {name_of(others[0])} averaged or fixed here?", sub.span, "write \\E[… \\mid Y] for the conditional expectation")
        return build.expect(body, *dict.fromkeys([*fixed, *conditions])), scripts
    bounds, random = read_bindings(e, sub, span)
    frame: dict[str, Term] = {}
    points = 0
    for b in bounds:
        if b.pointfree:
            symbols = [s for _, s in b.variables]
            e.points.append(symbols[0] if len(symbols) == 1 else arithmetic.make_tuple(symbols))
            e.pointfree.add(e.points[-1])
            points += 1
        else:
            frame.update(dict(b.variables))
            if len(b.variables) == 1:
                e.points.append(b.variables[0][1])
                points += 1
    try:
        with e.scope.frame(frame):
            body, conditions, scripts = read_body()
    finally:
        for _ in range(points):
            e.points.pop()
    _check_value(e, body, span)
    for b in bounds:
        if b.pointfree:
            _check_point(e, b, body, span)
    for x in reversed(random):
        others = [s for s in _left(e, body) if s is not x and s not in random]
        if not others and x.op == "sym":
            continue
        u = fresh(str(x.data[0]) if x.op == "sym" else "x", x.sort)
        body = bind("Eover", (u,), (mk("law", (x,), None, dist_sort(x.sort)),), substitute(body, {x: u}), None, body.sort)
        continue
    if random and all(x.op == "sym" for x in random) and not [s for s in _left(e, body) if s not in random] and _left(e, body):
        body = build.expect(body, *conditions)
        conditions = []
    for b in reversed(bounds):
        if conditions:
            raise e.fail("D112", "a condition beside a subscript", span, "write the conditional law in the subscript")
        body = bind("Eover", tuple(s for _, s in b.variables), (b.law,), body, None, body.sort)
    return body, scripts


def _conditional_symbols(e: Elaborator, sub: Seq) -> tuple[list[Term], list[Term]] | None:
    """The `X` and `Y` of `\\E_{X \\mid Y}`, where all are declared random symbols."""
    items = binders.flatten_braces(drop_spaces(sub.items))
    mark = find(items, lambda i: is_mid(i) or (isinstance(i, Leaf) and i.kind == "bar"))
    if mark <= 0:
        return None
    sides: list[list[Term]] = []
    for side in (items[:mark], items[mark + 1 :]):
        symbols: list[Term] = []
        for piece in split_on(side, is_comma):
            entry = e.scope.find(canonical(drop_spaces(piece)))
            if entry is None or entry.symbol is None or not e.scope.is_random(entry.symbol):
                return None
            symbols.append(entry.symbol)
        sides.append(symbols)
    return sides[0], sides[1]


def _check_point(e: Elaborator, b: _Bound, body: Term, span: Span) -> None:
    """`\\E_p[x]` with a declared x: a constant, or the variable that p is the law of?  Where nothing else varies it must be said."""
    if any(s in body.free for _, s in b.variables):
        return
    sorts = [s.sort for _, s in b.variables]
    for t in sorted(body.free, key=lambda t: str(t.data)):
        declaration = e.scope.declaration(t)
        if declaration is not None and not declaration.random and any(arithmetic.same_kind(e, t.sort, s) for s in sorts):
            x = name_of(t)
            raise e.fail("D108", f"is {x} the variable of this expectation, or a constant in it?", span, f"write \\E_{{{x} \\sim p}}[…] for the variable")


def _random_in(e: Elaborator, body: Term) -> list[Term]:
    return [s for s in body.free if s.op == "sym" and e.scope.is_random(s)]


_MOMENTS = ("E", "Var", "Cov")


def _left(e: Elaborator, body: Term) -> list[Term]:
    """The random symbols that a value depends on: an expectation inside is over those in it, given what stands behind its bar."""
    if not contains_op(body, *_MOMENTS):
        return _random_in(e, body)
    found: dict[Term, None] = {}
    seen: set[Term] = set()
    stack = [body]
    while stack:
        t = stack.pop()
        if t in seen:
            continue
        seen.add(t)
        if t.op == "sym" and e.scope.is_random(t):
            found[t] = None
        inner = len(t.args) - (t.data if isinstance(t.data, int) else 0) if t.op in _MOMENTS else 0
        stack.extend([a for a in t.args[inner:] if not inner or a.sort.kind != "bool"])
    return sorted(found, key=lambda s: s.key)


def _check_value(e: Elaborator, body: Term, span: Span) -> None:
    if body.sort.kind not in ("num", "mat"):
        raise e.fail("D102", f"an expectation of {arithmetic.kind_word(e, body.sort)}", span, None)


def variance(e: Elaborator, sub: Seq | None, sup: Seq | None, span: Span, c: Cursor) -> Term:
    """`\\Var(X)`, `\\Var[X \\mid Y]`, `\\Var_{x \\sim p}[f(x)]`."""
    random: list[Term] = []
    if sub is not None:
        bounds, random = read_bindings(e, sub, span)
        if len(bounds) == 1 and not random:
            return _bound_variance(e, bounds[0], sup, span, c)
        if not random or bounds:
            raise e.fail("D112", "a variance is over one law", span, None)
    if not e.bracket_next(c):
        body = e.operand(c, span, bracket_is_all=False)
        _only_these(e, random, [body], span)
        value = _variance(e, body, [], span)
        return value if sup is None else powers.power(e, value, sup, span)
    items, conditions, where, scripts = _operand_with_conditions(e, c, span, "\\Var")
    body = arithmetic.pointed(e, e.value(items, where), where)
    given = read_conditions(e, conditions, where)
    _only_these(e, random, [body, *given], span)
    value = _variance(e, body, given, span)
    if sup is not None:
        value = powers.power(e, value, sup, span)
    if scripts is not None:
        value = e.postfix(value, scripts.sub, scripts.sup, scripts.primes, Span(span.start, scripts.span.end))
    return value


def _only_these(e: Elaborator, random: list[Term], values: list[Term], span: Span) -> None:
    """`\\Var_X`, `\\Cov_X`, `\\Pr_X` over X alone: nothing else may vary under them."""
    others = [s for v in values for s in _left(e, v) if s not in random]
    if random and others:
        raise e.fail("D112", f"does {name_of(others[0])} vary here, or is it fixed?", span, f"write the condition: … \\mid {name_of(others[0])}, or leave the subscript out")


def _variance(e: Elaborator, body: Term, conditions: list[Term], span: Span) -> Term:
    _check_value(e, body, span)
    if body.sort.kind == "mat" and not body.sort.is_vector and e.sizes.look(body.sort.cols) is not ONE:
        raise e.fail("D102", "the variance of a matrix", span, "write the variance of its entries or of \\operatorname{vec}")
    return build.variance(body, *conditions)


def _bound_variance(e: Elaborator, b: _Bound, sup: Seq | None, span: Span, c: Cursor) -> Term:
    symbols = tuple(s for _, s in b.variables)
    if b.pointfree:
        e.points.append(symbols[0])
        e.pointfree.add(symbols[0])
    try:
        with e.scope.frame({} if b.pointfree else dict(b.variables)):
            items, conditions, where, scripts = _operand_with_conditions(e, c, span, "\\Var")
            body = arithmetic.pointed(e, e.value(items, where), where)
    finally:
        if b.pointfree:
            e.points.pop()
    _check_value(e, body, span)
    if conditions is not None:
        raise e.fail("D112", "a condition beside a subscript", span, None)
    sort = NUM if body.sort.kind == "num" else mat(body.sort.rows, body.sort.rows)
    value = bind("Varover", symbols, (b.law,), body, None, sort)
    if sup is not None:
        value = powers.power(e, value, sup, span)
    if scripts is not None:
        value = e.postfix(value, scripts.sub, scripts.sup, scripts.primes, span)
    return value


def covariance(e: Elaborator, sub: Seq | None, sup: Seq | None, span: Span, c: Cursor) -> Term:
    """`\\Cov(X, Y)`, `\\Cov(X, Y \\mid Z)`, `\\Cov[X]` of a vector."""
    random: list[Term] = []
    if sub is not None:
        bounds, random = read_bindings(e, sub, span)
        if bounds and not random:
            return _bound_covariance(e, bounds, sup, span, c)
        if bounds:
            raise e.fail("D112", "a covariance is over one law", span, None)
    items, conditions, where, scripts = _operand_with_conditions(e, c, span, "\\Cov")
    parts = [arithmetic.pointed(e, t, s) for t, s in e.values(items)]
    given = read_conditions(e, conditions, where)
    _only_these(e, random, [*parts, *given], span)
    for p in parts:
        _check_value(e, p, where)
    if len(parts) == 1:
        value = _variance(e, parts[0], given, span)
    elif len(parts) == 2:
        value = mk("Cov", (*parts, *given), len(given), _covariance_sort(parts[0], parts[1]))
    else:
        raise e.fail("D104", "a covariance is of one or two", where, None)
    if sup is not None:
        value = powers.power(e, value, sup, span)
    if scripts is not None:
        value = e.postfix(value, scripts.sub, scripts.sup, scripts.primes, Span(span.start, scripts.span.end))
    return value


def _covariance_sort(a: Term, b: Term) -> Sort:
    if a.sort.kind == b.sort.kind == "num":
        return NUM
    rows = a.sort.rows if a.sort.kind == "mat" else ONE
    cols = b.sort.rows if b.sort.kind == "mat" else ONE
    return mat(rows, cols)


def _bound_covariance(e: Elaborator, bounds: list[_Bound], sup: Seq | None, span: Span, c: Cursor) -> Term:
    if len(bounds) != 1:
        raise e.fail("D112", "a covariance is over one law", span, None)
    b = bounds[0]
    symbols = tuple(s for _, s in b.variables)
    with e.scope.frame(dict(b.variables)):
        items, conditions, where, scripts = _operand_with_conditions(e, c, span, "\\Cov")
        parts = [t for t, _ in e.values(items)]
    if conditions is not None:
        raise e.fail("D112", "a condition beside a subscript", span, "write the conditional law in the subscript")
    if len(parts) > 2:
        raise e.fail("D104", "a covariance is of one or two", where, None)
    if len(parts) == 1:
        parts = [parts[0], parts[0]]
    pair = arithmetic.make_tuple(parts[:2])
    value = bind("Covover", symbols, (b.law,), pair, None, _covariance_sort(parts[0], parts[1]))
    value = value if sup is None else powers.power(e, value, sup, span)
    return value if scripts is None else e.postfix(value, scripts.sub, scripts.sup, scripts.primes, span)


def probability_of(e: Elaborator, sub: Seq | None, sup: Seq | None, span: Span, c: Cursor) -> Term:
    """`\\Pr(X \\le a \\mid Y = y)`."""
    items, conditions, where, scripts = _operand_with_conditions(e, c, span, "\\Pr")
    if not any(is_relation(i) or _is_logical(i) for i in statement_level(items)):
        raise e.fail(
            "D112", "this is a probability of values, not of an event", where, "declare the density: let \\Pr(x \\mid z) density; or write \\Pr(X = x)"
        )
    event = e.statement(items, where)
    given = read_conditions(e, conditions, where)
    if sub is not None:
        bounds, random = read_bindings(e, sub, span)
        if given or len(bounds) > 1 or (bounds and random):
            raise e.fail("D112", "a probability with a subscript is over one law, without a condition", span, "write the conditional law in the subscript")
        _only_these(e, random, [event], span)
        if len(bounds) == 1:
            b = bounds[0]
            with e.scope.frame(dict(b.variables)):
                event = e.statement(items, where)
            value = bind("Eover", tuple(s for _, s in b.variables), (b.law,), build.ind(event), None, NUM)
            return value if scripts is None else e.postfix(value, scripts.sub, scripts.sup, scripts.primes, span)
    value = mk("Pr", (event, *given), len(given))
    if sup is not None:
        value = powers.power(e, value, sup, span)
    if scripts is not None:
        value = e.postfix(value, scripts.sub, scripts.sup, scripts.primes, Span(span.start, scripts.span.end))
    return value


def _is_logical(item: Item) -> bool:
    return isinstance(item, Leaf) and (item.text in ("\\land", "\\lor", "\\lnot", "\\nmid", "\\forall", "\\exists") or item.kind == "text")


def statement_level(items: Items) -> Items:
    """The items of an event, inside one pair of braces."""
    inner = drop_spaces(items)
    if len(inner) == 1 and isinstance(inner[0], Group):
        return inner[0].body.items
    return inner
