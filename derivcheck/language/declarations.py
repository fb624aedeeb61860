"""`let`: what it adds to a scope.

A `let` is a list of declarations.  Each has names, one of `\\in S`, `: S \\to T`, `\\sim D`, a chain of bounds, or nothing, then attributes, then
perhaps `for n = 1, \\dots, N`.  The words have been marked by the reader (`Leaf.kind == "text"`).  Chains of bounds are in
`declared_bounds.py`, joint densities in `declared_densities.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.language import (
    arithmetic,
    binders,
    declared_bounds,
    declared_densities,
    entries,
    laws,
    let,
    matrices,
    matrix_names,
    names,
)
from derivcheck.language.items import (
    Items,
    base_leaf,
    canonical,
    drop_spaces,
    find,
    is_comma,
    is_mid,
    leaf,
    span_of,
    split_on,
)
from derivcheck.language.scope import Entry
from derivcheck.language.syntax import Group, Leaf, Macro, Scripts, Seq
from derivcheck.terms import build
from derivcheck.terms.build import INF, INTEGERS, NONNEGATIVE, POSITIVE, REALS, ZERO
from derivcheck.terms.context import Declaration
from derivcheck.terms.sorts import NUM, SET, Sort, fam, fun
from derivcheck.terms.sorts import dist as dist_sort
from derivcheck.terms.term import Term, mk, subterms, sym

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


def declare(e: Elaborator, d: let.Declared) -> None:
    """Enter what one declaration says."""
    if "density" in d.words and any(any(isinstance(i, Group) for i in n) for n in d.names):
        for n in d.names:
            declared_densities.declare_density(e, n, d)
        return
    if d.kind == "bounds":
        declared_bounds.declare_bounds(e, d, declare)
        return
    names_ = list(d.names)
    given: list[Term] = []
    mid = find(names_[-1], is_mid) if names_ else -1
    if mid > 0:
        condition = names_[-1][mid + 1 :]
        names_[-1] = names_[-1][:mid]
        given = [t for t, _ in e.values(condition)]
    runs = _runs(names_)
    symbols = [declare_list(e, d, run, dots, given) if dots >= 0 else declare_name(e, d, run[0], given) for run, dots in runs]
    if "independent" in d.words or (d.iid and len(symbols) > 1):
        if len(symbols) > 1:
            e.scope.independent.append((tuple(symbols), tuple(given)))


def _runs(names_: list[Items]) -> list[tuple[list[Items], int]]:
    """The names one by one, those of a list `x_1, \\dots, x_n` together, with the place of its dots (-1 for a single name)."""
    runs: list[tuple[list[Items], int]] = []
    start = 0
    for k, name in enumerate(names_):
        if not leaf(name[0], None, "\\dots"):
            continue
        if k + 1 >= len(names_) or k == start:
            return [(names_[start:], k - start)]
        first = k - 1
        while first > start and _letter(names_[first - 1]) == _letter(names_[k + 1]):
            first -= 1
        runs += [([n], -1) for n in names_[start:first]]
        runs.append((names_[first : k + 2], k - first))
        start = k + 2
    return runs + [([n], -1) for n in names_[start:]]


def _letter(name: Items) -> str | None:
    head = base_leaf(name[0]) if len(name) == 1 else None
    return None if head is None else head.text


def _law(e: Elaborator, d: let.Declared) -> Term | None:
    if not d.law_items:
        return None
    law = laws.read_law(e, d.law_items, span_of(d.law_items, d.span))
    law = e.settle(law, span_of(d.law_items, d.span)) if not matrices.has_unknown(e.sizes.settle(law)) else law
    return e.sizes.settle(law)


def _member_sort(e: Elaborator, d: let.Declared, law: Term | None) -> tuple[Sort, Term]:
    """The sort and domain of what is declared."""
    if law is not None:
        if matrices.has_unknown(law):
            raise e.fail("D103", "the size of this law is not determined", d.span, "write I_d")
        over = law.sort.result
        support = laws.support_of(e, law)
        if over.kind == "tuple":
            raise e.fail("D046", "a law of several variables is declared for tuples", d.span, "declare the variables one by one")
        return over, support[0] if len(support) == 1 else arithmetic.whole_space(over)
    if d.kind == "function":
        assert d.domain is not None
        sorts = [binders.sort_of_members(s) for s in d.arg_domains]
        if len(d.arg_domains) == 1 and d.arg_domains[0].op == "product":
            d.arg_domains = list(d.arg_domains[0].args)
            sorts = [binders.sort_of_members(s) for s in d.arg_domains]
        return fun(*sorts, binders.sort_of_members(d.domain)), d.domain
    domain = d.domain if d.domain is not None else REALS
    if domain.op == "prob":
        return dist_sort(binders.sort_of_members(domain.args[0])), domain
    if domain.op == "funset":
        return fun(*(binders.sort_of_members(s) for s in domain.args)), domain.args[-1]
    return binders.sort_of_members(domain), domain


def _apply_words(e: Elaborator, d: let.Declared, sort: Sort, domain: Term) -> tuple[Term, frozenset[str]]:
    """The attributes, and the domain narrowed by those that are about numbers."""
    attributes = set()
    result = sort.result if sort.kind == "fun" else sort
    for word in d.words:
        if word in ("random", "independent", "density", "real", "constant in", "constant"):
            continue
        if result.kind == "num" and word in ("positive", "negative", "nonnegative", "nonzero", "integer"):
            domain = _narrow(domain, word)
            continue
        if word in let.MATRIX_WORDS and sort.kind != "mat":
            raise e.fail("D102", f"`{word}` is an attribute of matrices", d.span, None)
        if word in let.FUNCTION_WORDS and sort.kind != "fun" and word not in ("bounded", "integrable"):
            raise e.fail("D102", f"`{word}` is an attribute of functions", d.span, "declare it: let f : \\R \\to \\R convex")
        if word in let.MATRIX_WORDS and not e.sizes.unify(sort.rows, sort.cols) and word != "diagonal":
            raise e.fail("D101", f"a {word} matrix is square, this is {arithmetic.kind_word(e, sort)}", d.span, None)
        attributes.add(word)
        if word in ("positive definite", "positive semidefinite", "negative definite", "negative semidefinite"):
            attributes.add("symmetric")
        if word == "positive definite":
            attributes.add("invertible")
    return domain, frozenset(attributes)


def _narrow(domain: Term, word: str) -> Term:
    if word == "positive":
        if domain is REALS or domain is NONNEGATIVE:
            return POSITIVE
        if domain.op == "set" and domain.data in ("N", "Z"):
            return build.POSITIVE_INTEGERS
    if word == "nonnegative" and domain is REALS:
        return NONNEGATIVE
    if word == "negative" and domain is REALS:
        return mk("set", (), "Rneg", SET)
    if word == "nonzero":
        return mk("setminus", (domain, build.finset(ZERO)), None, SET)
    if word == "integer":
        return INTEGERS if domain is REALS else mk("inter", (domain, INTEGERS), None, SET)
    from derivcheck.terms.term import fresh

    x = fresh("x")
    sign = {"positive": ">", "nonnegative": "≥", "negative": "<"}[word]
    return build.over("setof", (x,), (domain,), build.rel(x, sign, ZERO))


def _name_parts(e: Elaborator, items: Items, d: let.Declared) -> tuple[str, list[tuple[str, Term]]]:
    """The key of a name and its index letters with their ranges (none for a plain symbol)."""
    if len(items) != 1 or base_leaf(items[0]) is None:
        where = span_of(items, d.span)
        if len(items) > 1 and any(isinstance(i, Group) for i in items):
            raise e.fail("D046", "a name is declared without arguments", where, "write let f : \\R \\to \\R, or let p(x, z) density")
        head = base_leaf(items[0]) if items else None
        help = "write let x \\in \\R"
        if len(items) == 2 and head is not None and head.kind == "name" and isinstance(items[1], Leaf) and items[1].kind == "num":
            help = f"an index is a subscript: write {head.text}_{items[1].text if len(items[1].text) == 1 else '{' + items[1].text + '}'}"
        elif items and isinstance(items[0], Macro) and items[0].name == "\\overline":
            help = "\\overline is the conjugate of a value: write \\bar{x} for a name"
        raise e.fail("D046", "this is no name", where, help)
    item = items[0]
    head = base_leaf(item)
    assert head is not None
    if head.kind not in ("name", "text", "macro"):
        raise e.fail("D046", f"{head.text} is no name", item.span, "write let x \\in \\R")
    key = canonical(items)
    if not isinstance(item, Scripts):
        if d.indices:
            raise e.fail("D046", f"{key} has no index", item.span, f"write {key}_{{{d.indices[0][0]}}}")
        return key, []
    ranges = dict(d.indices)
    if not d.indices and item.sub is not None:
        pieces = names.index_pieces(item.sub, max(1, len(drop_spaces(item.sub.items))))
        letters = [canonical(p) for p in pieces]
        if letters and all(x in e.scope.ranges for x in letters) and all(e.scope.find(x) is None for x in letters):
            ranges = {x: e.scope.ranges[x] for x in letters}
    if not ranges:
        return key, []
    label, label_items, _ = names.split_superscript(item.sup)
    used: list[tuple[str, Term]] = []
    base = head.text + "'" * item.primes
    sub_key = ""
    if item.sub is not None:
        pieces = names.index_pieces(item.sub, len(ranges)) if len(ranges) > 1 else names.index_pieces(item.sub, 1)
        letters = [canonical(p) for p in pieces]
        if all(x in ranges for x in letters):
            used += [(x, ranges[x]) for x in letters]
        else:
            separate = [canonical(p) for p in names.index_pieces(item.sub, len(drop_spaces(item.sub.items)))]
            if all(x in ranges for x in separate) and len(separate) <= len(ranges):
                used += [(x, ranges[x]) for x in separate]
            else:
                sub_key = f"_{{{canonical(item.sub.items)}}}"
    if label is not None and label.startswith("(") and canonical(label_items) in ranges:
        used.append((canonical(label_items), ranges[canonical(label_items)]))
        if len(used) > 1:
            raise e.fail("D046", "indices above and below", item.span, "write both indices below")
        return base + sub_key + "^{(·)}", used
    suffix = f"^{{{label}}}" if label is not None else ""
    missing = [x for x in ranges if x not in dict(used)]
    if missing and d.indices:
        raise e.fail("D046", f"the index {missing[0]} does not stand in the name", item.span, f"write it as a subscript of {head.text}")
    return (base + sub_key + suffix, used) if used else (key, [])


def declare_name(e: Elaborator, d: let.Declared, items: Items, given: list[Term]) -> Term:
    """One name with what its declaration says."""
    law: Term | None = None
    key, indices = _name_parts(e, items, d)
    span = span_of(items, d.span)
    entries.check_fresh(e, key, span, family=bool(indices))
    if d.law_items:
        frame = {}
        for letter, _ in indices:
            frame[letter] = sym(letter)
        with e.scope.frame(frame):
            law = _law(e, d)
    sort, domain = _member_sort(e, d, law)
    domain, attributes = _apply_words(e, d, sort, domain)
    random = "random" in d.words or law is not None
    if random and sort.kind not in ("num", "mat"):
        raise e.fail("D046", f"{arithmetic.kind_word(e, sort)} cannot be random", span, None)
    constant_in = _constants(e, d)
    ranges = tuple(r for _, r in indices)
    symbol_sort = fam(len(ranges), sort) if ranges else sort
    symbol = sym(key, symbol_sort)
    if symbol in e.scope.seen and (random or any(t.op == "set" and t.data == "C" for t in subterms(domain))):
        raise e.fail("D109", f"{key} stands above already, and was taken to be a real number", span, "move this line above its first use")
    entries.enter(e, key, Entry(symbol=symbol), family=bool(ranges), span=span)
    for letter, domain_of_letter in indices:
        e.scope.ranges[letter] = domain_of_letter
    if law is not None and ranges and any(sym(letter) in law.free for letter, _ in indices):
        law = _family_law(law, indices)
    e.scope.declarations[symbol] = Declaration(
        symbol,
        domain,
        attributes,
        random=random,
        law=law,
        given=tuple(given),
        index_ranges=ranges,
        arg_domains=tuple(d.arg_domains),
        constant_in=constant_in,
        iid=d.iid,
    )
    if ranges and "independent" in d.words and not d.iid:
        e.scope.independent.append(((symbol,), tuple(given)))
    return symbol


def _family_law(law: Term, indices: list[tuple[str, Term]]) -> Term:
    """The law of each member as a function of its indices."""
    symbols = tuple(sym(letter) for letter, _ in indices)
    from derivcheck.terms.term import bind

    return bind("lam", symbols, tuple(r for _, r in indices), law, None, fun(*(NUM,) * len(symbols), law.sort))


def _constants(e: Elaborator, d: let.Declared) -> tuple[Term, ...] | None:
    if "constant in" not in d.words:
        return None
    out = []
    for piece in split_on(d.constant_in, is_comma):
        value = e.value(piece, span_of(piece, d.span))
        if value.op not in ("sym", "idx"):
            raise e.fail("D046", "constant in what?", d.span, "write let C constant in w")
        out.append(value)
    return tuple(out)


def declare_list(e: Elaborator, d: let.Declared, names_: list[Items], dots: int, given: list[Term]) -> Term:
    """`x_1, \\dots, x_N`: a family."""
    if dots == 0 or dots != len(names_) - 2:
        raise e.fail("D046", "this list cannot be read", d.span, "write let x_1, \\dots, x_N \\in \\R")
    first, last = names_[0][0], names_[-1][0]
    a, b = (i if isinstance(i, Scripts) and isinstance(i.base, Leaf) else None for i in (first, last))
    if a is None or b is None or len(names_[0]) != 1 or len(names_[-1]) != 1 or canonical((a.base,)) != canonical((b.base,)) or a.primes != b.primes:  # type: ignore[arg-type]
        raise e.fail("D046", "this list cannot be read", d.span, "write let x_1, \\dots, x_N \\in \\R")
    assert isinstance(a.base, Leaf)
    key = a.base.text + "'" * a.primes
    if a.sub is not None and b.sub is not None:
        lo_items, hi_items = a.sub, b.sub
        label, _, _ = names.split_superscript(a.sup)
        key += f"^{{{label}}}" if label is not None else ""
    elif a.sup is not None and b.sup is not None and a.sub is None:
        _, lo_label, _ = names.split_superscript(a.sup)
        _, hi_label, _ = names.split_superscript(b.sup)
        lo_items, hi_items = Seq(lo_label, a.sup.span), Seq(hi_label, b.sup.span)
        key += "^{(·)}"
    else:
        raise e.fail("D046", "this list cannot be read", d.span, "write let x_1, \\dots, x_N \\in \\R")
    entries.check_fresh(e, key, d.span, family=True)
    lo = e.number(lo_items.items, lo_items.span)
    hi = INF if canonical(hi_items.items) == "\\infty" else matrix_names.size_of(e, hi_items)
    law = _law(e, d)
    sort, domain = _member_sort(e, d, law)
    domain, attributes = _apply_words(e, d, sort, domain)
    random = "random" in d.words or law is not None
    symbol = sym(key, fam(1, sort))
    entries.enter(e, key, Entry(symbol=symbol), family=True)
    index_range = build.int_range(lo, hi)
    e.scope.declarations[symbol] = Declaration(
        symbol, domain, attributes, random=random, law=law, given=tuple(given), index_ranges=(index_range,), arg_domains=tuple(d.arg_domains),
        constant_in=_constants(e, d), iid=d.iid,
    )  # fmt: skip
    if "independent" in d.words and not d.iid:
        e.scope.independent.append(((symbol,), tuple(given)))
    return symbol
