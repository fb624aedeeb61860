"""What operators bind: the symbol, its sort and the set it runs through.

A bound variable that is declared is that symbol itself inside the operator, so that definitions which use it are reached; the
operator closes over it.  One that is not declared is a new symbol.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from derivcheck.language.items import (
    Items,
    base_leaf,
    canonical,
    drop_spaces,
    is_comma,
    split_on,
)
from derivcheck.language.scope import is_number
from derivcheck.language.syntax import Group, Item, Scripts
from derivcheck.terms import build
from derivcheck.terms.build import ONE, REALS, ZERO
from derivcheck.terms.sorts import BOOL, NUM, Sort
from derivcheck.terms.term import Term, fresh, mk, substitute

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


def bound_symbol(e: Elaborator, item: Item, sort: Sort = NUM, *, index: bool = False) -> tuple[str, Term]:
    """The symbol that an operator binds: the declared one of this name, or a new one."""
    key = canonical((item,))
    head = base_leaf(item)
    if head is None or head.kind not in ("name", "macro", "text") or (isinstance(item, Scripts) and item.sup is not None and not star(item)):
        raise e.fail("D055", "a variable is expected here", item.span, None)
    entry = e.scope.find(key)
    if entry is not None and entry.symbol is not None and entry.symbol.op == "sym":
        found = entry.symbol
        if index and not is_number(found.sort):
            return key, fresh(key)
        if found.sort.kind in ("num", "mat") and not (index and _names_a_size(e, found)):
            return key, found
    return key, fresh(key, sort)


def sort_from_use(e: Elaborator, items: Items, key: str) -> Sort:
    """The sort of a variable that nobody declared, from the functions and densities that it is an argument of."""
    from derivcheck.language.items import is_mid, walk

    for level in [items, *(g.body.items for g in walk(items) if isinstance(g, Group))]:
        flat = drop_spaces(level)
        for k, item in enumerate(flat[:-1]):
            bracket = flat[k + 1].base if isinstance(flat[k + 1], Scripts) else flat[k + 1]  # type: ignore[union-attr]
            head = base_leaf(item)
            if head is None or not isinstance(bracket, Group):
                continue
            pieces = split_on(bracket.body.items, lambda i: is_comma(i) or is_mid(i))
            positions = [n for n, p in enumerate(pieces) if canonical(p) == key]
            if not positions:
                continue
            entry = e.scope.find(canonical((item,))) or e.scope.find(head.text)
            if entry is None or entry.symbol is None:
                continue
            sort = entry.symbol.sort
            if sort.kind == "fam":
                sort = sort.result
            if sort.kind == "dist":
                over = sort.result
                sorts = list(over.params) if over.kind == "tuple" else [over]
            elif sort.kind == "fun":
                sorts = list(sort.arg_sorts)
            else:
                continue
            if positions[0] < len(sorts) and len(pieces) == len(sorts):
                return sorts[positions[0]]  # type: ignore[return-value]
    return NUM


def star(item: Scripts) -> bool:
    return item.sup is not None and canonical(item.sup.items) in ("*", "\\star", "\\prime")


def _names_a_size(e: Elaborator, symbol: Term) -> bool:
    """Whether a symbol is the size of something declared: an index of that name is another thing."""
    for d in e.scope.declarations.values():
        for p in d.symbol.sort.params:
            if isinstance(p, Term) and symbol in p.free:
                return True
    return False


def declared_domain(e: Elaborator, symbol: Term) -> Term | None:
    """The declared domain of a symbol, narrowed by its attributes (of a matrix) and by hypotheses about it alone."""
    domain = e.scope.domain_of(symbol)
    if domain is None:
        return None
    conditions = _of_class(symbol, e.scope.declarations[symbol].attributes) if symbol.sort.kind == "mat" and domain.op in ("rn", "rmn") else []
    for h in e.scope.hypotheses:
        p = h.statement
        if symbol in p.free and h.kind in ("assume", "domain") and p.op == "rel" and p.data in ("<", "≤", ">", "≥", "≠", "in"):
            a, b = p.args[0], p.args[1]
            if (a is symbol and symbol not in b.free) or (b is symbol and symbol not in a.free and p.data != "in"):
                conditions.append(p)
    return narrowed(symbol, domain, conditions)


def _of_class(a: Term, attributes: frozenset[str]) -> list[Term]:
    """What the declared attributes of a matrix say of it."""
    n, turned = a.sort.rows, build.transpose(a)
    conditions: dict[str, Callable[[], Term]] = {
        "symmetric": lambda: build.eq(turned, a),
        "positive definite": lambda: mk("pd", (a,), None, BOOL),
        "positive semidefinite": lambda: mk("psd", (a,), None, BOOL),
        "diagonal": lambda: build.eq(a, build.diag(mk("diagof", (a,), None, build.ones(n, ONE).sort))),
        "orthogonal": lambda: build.eq(build.matmul(turned, a), build.eye(n)),
        "invertible": lambda: build.rel(build.det(a), "≠", ZERO),
    }
    if attributes & {"positive definite", "positive semidefinite"}:
        attributes = attributes - {"symmetric"} - ({"invertible"} if "positive definite" in attributes else set())
    said = sorted(attributes - {"real", "random", "independent"})
    return [conditions[w]() if w in conditions else mk("opaque", (a,), f"a set of matrices that are {w}", BOOL) for w in said]


def narrowed(symbol: Term, domain: Term, conditions: list[Term]) -> Term:
    """The members of a domain that satisfy conditions; an interval where they are bounds."""
    conditions = [p for c in conditions for p in (c.args if c.op == "and" else (c,))]
    if not conditions:
        return domain
    interval = _as_interval(symbol, domain, conditions)
    if interval is not None:
        return interval
    u = fresh("x", symbol.sort)
    return build.over("setof", (u,), (domain,), substitute(build.and_(*conditions), {symbol: u}))


def _as_interval(symbol: Term, domain: Term, conditions: list[Term]) -> Term | None:
    """`x > 0` of a real x, with at most one bound on each side."""
    lower: tuple[Term, bool] | None = None
    upper: tuple[Term, bool] | None = None
    if domain.op == "set" and domain.data in ("Rpos", "Rnn"):
        lower = (ZERO, domain.data == "Rpos")
    elif domain.op == "set" and domain.data == "Rneg":
        upper = (ZERO, True)
    elif domain is not REALS:
        return None
    for p in conditions:
        if p.op != "rel" or p.data not in ("<", "≤", ">", "≥"):
            return None
        a, b = p.args[0], p.args[1]
        strict = p.data in ("<", ">")
        if a is symbol and symbol not in b.free:
            bound, below = b, p.data in (">", "≥")
        elif b is symbol and symbol not in a.free:
            bound, below = a, p.data in ("<", "≤")
        else:
            return None
        old = lower if below else upper
        if old is not None:
            if old[0] is not bound:
                return None
            strict = strict or old[1]
        if below:
            lower = (bound, strict)
        else:
            upper = (bound, strict)

    return build.real_interval(lower, upper)


def flatten_braces(items: Items) -> Items:
    """Braces around everything are nothing."""
    while len(items) == 1 and isinstance(items[0], Group) and items[0].open == "{":
        items = drop_spaces(items[0].body.items)
    return drop_spaces(items)


def sort_of_members(domain: Term) -> Sort:
    """The sort of the members of a set."""
    from derivcheck.terms.sorts import mat, tup, vec

    if domain.op == "rn":
        return vec(domain.args[0])
    if domain.op == "rmn":
        return mat(domain.args[0], domain.args[1])
    if domain.op == "product":
        return tup(*(sort_of_members(a) for a in domain.args))
    if domain.op == "setof" and domain.bound:
        return domain.bound[0].sort
    if domain.op in ("union", "inter", "setminus") and domain.args:
        return sort_of_members(domain.args[0])
    if domain.op == "finset" and domain.args:
        return domain.args[0].sort
    return NUM


def is_integer_set(domain: Term) -> bool:
    """Whether all members are integers."""
    if domain.op == "set":
        return domain.data in ("N", "Npos", "Z")
    if domain.op == "range":
        return True
    if domain.op in ("setof", "inter", "setminus"):
        return is_integer_set(domain.args[0])
    return False
