"""Built-in names of matrices and their functions: `I`, `\\mathbf 1`, `e_i`, `\\operatorname{tr}`, `\\operatorname{softmax}` and their kin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.language import application, arithmetic, binders, calls, matrices, names, powers, sets, undeclared
from derivcheck.language.cursor import Cursor
from derivcheck.language.items import (
    Items,
    base_leaf,
    canonical,
    drop_spaces,
    find,
    is_comma,
    is_relation,
    leaf,
    pair_bars,
    plain,
    span_of,
    split_on,
)
from derivcheck.language.syntax import Group, Leaf, Scripts, Seq, Span
from derivcheck.terms import build
from derivcheck.terms.build import ONE
from derivcheck.terms.sorts import mat, vec
from derivcheck.terms.term import Term, fresh, mk

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


_MATRIX_FUNCTIONS = frozenset(
    ("tr", "Tr", "trace", "det", "diag", "vec", "rank", "rk", "softmax", "Diag", "sigmax", "logsumexp", "LSE", "cond", "logdet", "softmin")
)


def built_in(e: Elaborator, leaf_: Leaf, scripts: Scripts | None, c: Cursor) -> Term | None:
    """Matrix functions and the special matrices, where their names are not declared."""
    sub, sup, primes = (scripts.sub, scripts.sup, scripts.primes) if scripts is not None else (None, None, 0)
    span = scripts.span if scripts is not None else leaf_.span
    text, word = leaf_.text, plain(leaf_.text)
    if word in _MATRIX_FUNCTIONS and (text.startswith("\\mathrm") or leaf_.kind == "macro"):
        return matrix_function(e, word, sub, sup, span, c)
    if primes:
        return None
    if text in ("\\sigma", "\\lambda", "s") and sub is not None and e.bracket_next(c):
        extreme = canonical(sub.items)
        if extreme in ("\\max", "\\min", "\\mathrm{max}", "\\mathrm{min}"):
            group, after = application.take_bracket(c)
            matrix = e.value(group.body.items, group.span)
            if matrix.sort.kind != "mat":
                raise e.fail("D102", "a matrix is expected here", group.span, None)
            if text == "\\sigma" and "max" in extreme:
                result = mk("sigmax", (matrix,))
            else:
                result = mk("opaque", (matrix,), f"the value {text}_{extreme} of a matrix")
            if sup is not None:
                result = powers.power(e, result, sup, span)
            return result if after is None else e.postfix(result, after.sub, after.sup, after.primes, span)
    value: Term | None = None
    if text in ("I", "\\mathbf{I}", "\\mathbb{I}", "\\mathrm{I}", "\\mathbb{1}", "\\mathbf{1}", "\\mathrm{1}", "1\\!\\!1", "\\mathrm{Id}", "\\mathbf{Id}"):
        is_indicator = text in ("\\mathbb{I}", "\\mathbb{1}", "\\mathbf{1}", "\\mathrm{I}", "\\mathrm{1}", "I")
        bracket = _next_bracket(c)
        if is_indicator and sub is not None and is_statement(sub.items):
            items = drop_spaces(sub.items)
            if len(items) == 1 and isinstance(items[0], Group):
                items = items[0].body.items
            condition = e.statement(items, sub.span)
            return names.power_after(e, build.ind(condition), sup, span)
        if is_indicator and bracket is not None and sub is None and is_statement(bracket.body.items):
            group, group_scripts = application.take_bracket(c)
            indicator = build.ind(e.statement(group.body.items, group.span))
            if sup is not None:
                indicator = powers.power(e, indicator, sup, span)
            if group_scripts is not None:
                indicator = e.postfix(indicator, group_scripts.sub, group_scripts.sup, group_scripts.primes, span)
            return indicator
        if is_indicator and sub is not None and bracket is not None and text in ("\\mathbb{1}", "\\mathbf{1}", "\\mathbb{I}"):
            domain = _indicator_set(e, sub)
            if domain is not None:
                group, after = application.take_bracket(c)
                indicator = names.power_after(e, build.ind(build.rel(e.value(group.body.items, group.span), "in", domain)), sup, span)
                return indicator if after is None else e.postfix(indicator, after.sub, after.sup, after.primes, span)
        if text == "I" and bracket is not None and any(isinstance(i, Leaf) and i.text == ";" for i in bracket.body.items):
            return None
        ones = text in ("\\mathbf{1}", "\\mathrm{1}") or (text == "\\mathbb{1}")
        if ones:
            size = size_of(e, sub) if sub is not None else e.sizes.new()
            value = mk("ones", (size, ONE), None, vec(size))
        else:
            pieces = names.index_pieces(sub, 2) if sub is not None else []
            if len(pieces) == 2 and not _is_product_size(e, sub):
                n = e.sizes.new()
                i, j = (matrices.read_index(e, p, None, span) for p in pieces)
                return names.power_after(e, build.ind(build.eq(i, j)), sup, span) if n else None
            size = size_of(e, sub) if sub is not None else e.sizes.new()
            value = build.eye(size)
    elif text in ("\\mathbf{0}", "\\mathrm{0}", "\\mathbb{0}"):
        if sub is not None and find(sub.items, lambda i: is_comma(i) or leaf(i, None, "\\times")) >= 0:
            m, n2 = (e.number(p, sub.span) for p in split_on(sub.items, lambda i: is_comma(i) or leaf(i, None, "\\times")))
            value = build.zeros(m, n2)
        elif sub is not None:
            size = size_of(e, sub)
            value = mk("zeros", (size, ONE), None, vec(size))
        else:
            size, width = e.sizes.new(), e.sizes.new()
            value = mk("zeros", (size, width), None, mat(size, width))
    elif text in ("e", "\\mathbf{e}") and sub is not None:
        size = e.sizes.new()
        index = matrices.read_index(e, sub.items, build.POSITIVE_INTEGERS, span)
        value = mk("unit", (size, index), None, vec(size))
    elif text == "\\mathbf{E}":
        return None
    if value is None:
        return None
    if sup is not None:
        value = powers.power(e, value, sup, span)
    return value


def _is_product_size(e: Elaborator, sub: Seq | None) -> bool:
    """`I_{2d}` and `I_{mn}` are sizes where the letters are declared as sizes; `I_{ij}` is an entry."""
    if sub is None:
        return False
    items = drop_spaces(sub.items)
    if any(is_comma(i) for i in items):
        return False
    if isinstance(items[0], Leaf) and items[0].kind == "num":
        return not all(isinstance(i, Leaf) and i.kind == "num" for i in items) or len(items) == 1
    for item in items:
        entry = e.scope.find(canonical((item,)))
        if entry is None or entry.symbol is None or entry.local:
            return False
        domain = e.scope.domain_of(entry.symbol)
        if domain is None or not binders.is_integer_set(domain) or domain.op == "range":
            return False
    return True


def size_of(e: Elaborator, sub: Seq) -> Term:
    """A size in a subscript; an undeclared letter there is a positive integer."""
    items = drop_spaces(sub.items)
    for item in items:
        head = base_leaf(item)
        if head is not None and head.kind == "name" and e.scope.find(canonical((item,))) is None:
            undeclared.declare_size(e, canonical((item,)), head.span)
    cross = find(items, lambda i: leaf(i, None, "\\times"))
    if cross > 0:
        return e.number(items[:cross], sub.span)
    return e.number(items, sub.span)


def _next_bracket(c: Cursor) -> Group | None:
    item = c.peek()
    if isinstance(item, Scripts):
        item = item.base
    return item if isinstance(item, Group) and item.open in ("(", "[", "\\{") else None


def is_statement(items: Items) -> bool:
    """Whether a sequence is a statement: it holds a relation or a logical sign on its level (in one pair of braces or brackets)."""
    inner = drop_spaces(items)
    if len(inner) == 1 and isinstance(inner[0], Group):
        return is_statement(inner[0].body.items)
    return any(
        is_relation(i) or (isinstance(i, Leaf) and (i.text in ("\\land", "\\lor", "\\lnot", "\\mid", "\\nmid") or i.kind == "text")) for i in inner
    )


def _indicator_set(e: Elaborator, sub: Seq) -> Term | None:
    """The set of `\\mathbf 1_A(x)`."""
    items = pair_bars(drop_spaces(sub.items))
    only = items[0] if len(items) == 1 else None
    interval = isinstance(only, Group) and only.open in ("(", "[") and only.close in (")", "]") and len(split_on(only.body.items, is_comma)) == 2
    if interval or sets.looks_like_set(e, items):
        return sets.read_set(e, items, sub.span)
    return None


def matrix_function(e: Elaborator, word: str, sub: Seq | None, sup: Seq | None, span: Span, c: Cursor) -> Term:
    """`\\operatorname{tr}(A)`, `\\det A`, `\\operatorname{diag}(x)`, `\\operatorname{softmax}(v)_i` and their kin."""
    after: Scripts | None = None
    if e.bracket_next(c):
        group, after = application.take_bracket(c)
        items = pair_bars(group.body.items)
        pieces = split_on(items, is_comma)
        if len(pieces) > 1:
            cells = [[(e.value(p, span_of(p, group.span)), span_of(p, group.span))] for p in pieces] if not _with_ellipsis(pieces) else None
            value = matrices.block_matrix(e, cells, group.span) if cells is not None else matrices.listed_vector(e, pieces, group.span)
            if word in ("diag", "Diag") and cells is not None and any(t.sort.kind == "mat" for r in cells for t, _ in r):
                return mk("opaque", (value,), "a block diagonal matrix", mat(value.sort.rows, value.sort.rows))
        else:
            value = e.value(items, group.span)
        end = group.span.end
    else:
        value = calls.bare_operand(e, word, span, c)
        end = c.items[c.i - 1].span.end
    whole = Span(span.start, end)
    value = arithmetic.pointed(e, value, whole)
    if value.op == "tuple":
        value = arithmetic.tuple_as_vector(e, value)
    result = _matrix_function(e, word, value, whole)
    if sub is not None:
        if result.sort.kind != "mat":
            raise e.fail("D104", f"{word} has no index", sub.span, None)
        result = matrices.read_entry(e, result, sub, whole)
    if sup is not None:
        result = powers.power(e, result, sup, whole)
    if after is not None:
        result = e.postfix(result, after.sub, after.sup, after.primes, whole)
    return result


def _with_ellipsis(pieces: list[Items]) -> bool:
    return any(any(leaf(i, None, "\\dots") for i in p) for p in pieces)


def _matrix_function(e: Elaborator, word: str, value: Term, span: Span) -> Term:
    if word == "softmax" and value.sort.kind == "fam":
        value = family_as_vector(e, value, span)
    if word in ("tr", "Tr", "trace", "det", "logdet") and value.sort.kind == "num":
        return value if word != "logdet" else build.log(value)
    if value.sort.kind != "mat":
        if word in ("diag", "Diag") and value.sort.kind == "num":
            return mk("bmat", (value,), (1, 1), mat(ONE, ONE))
        raise e.fail("D102", f"{word} of {arithmetic.kind_word(e, value.sort)}", span, None)
    if word in ("tr", "Tr", "trace"):
        powers.check_square(e, value, span, "a trace")
        return build.trace(value)
    if word in ("det", "logdet"):
        powers.check_square(e, value, span, "a determinant")
        return build.det(value) if word == "det" else build.log(build.det(value))
    if word in ("diag", "Diag"):
        if value.sort.is_vector or e.sizes.look(value.sort.cols) is ONE:
            return build.diag(value)
        if e.sizes.look(value.sort.rows) is ONE:
            return build.diag(build.transpose(value))
        powers.check_square(e, value, span, "its diagonal")
        return mk("diagof", (value,), None, vec(value.sort.rows))
    if word == "vec":
        return build.vecop(value)
    if word in ("rank", "rk"):
        return mk("rank", (value,))
    if word == "softmax":
        return mk("vsoftmax", (value,), None, value.sort)
    if word in ("logsumexp", "LSE") and value.sort.is_vector:
        k = fresh("i")
        return build.log(build.sum_(k, ONE, value.sort.rows, build.exp(build.ventry(value, k))))
    return mk("opaque", (value,), f"the operator {word}")


def family_as_vector(e: Elaborator, family: Term, span: Span) -> Term:
    """A declared family of numbers written without index, as a vector."""
    declaration = e.scope.declaration(family)
    ranges = declaration.index_ranges if declaration is not None else ()
    if family.sort.arity == 1 and len(ranges) == 1 and ranges[0].op == "range" and ranges[0].args[0] is ONE and family.sort.result.kind == "num":
        from derivcheck.terms.term import bind

        i, j = fresh("i"), fresh("j")
        size = ranges[0].args[1]
        return bind("mlam", (i, j), (size, ONE), build.idx(family, i), None, vec(size))
    raise e.fail("D102", "a family without its index", span, "write x_n, or declare a vector")
