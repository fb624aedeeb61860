"""Vectors and matrices: environments, entries, norms, bars, `\\operatorname{tr}` and its kin, `I`, `\\mathbf 1`, `e_i`, tuples.

Sizes that a formula leaves open (`I`, a 0 in a block matrix) are unknowns of `Sizes`; they are found from what stands beside.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from derivcheck.language import application, arithmetic, evaluation, names, piecewise, powers, undeclared
from derivcheck.language.items import (
    Items,
    base_leaf,
    canonical,
    drop_spaces,
    is_comma,
    is_mid,
    is_relation,
    leaf,
    pair_bars,
    span_of,
    split_on,
)
from derivcheck.language.scope import total_arity
from derivcheck.language.sizes import is_unknown, show_size
from derivcheck.language.syntax import Env, Group, Leaf, Scripts, Seq, Span
from derivcheck.terms import build
from derivcheck.terms.build import ONE, ZERO
from derivcheck.terms.sorts import Sort, mat, vec
from derivcheck.terms.term import Term, fresh, mk, name_of, num, open_binder, subterms

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


def has_unknown(term: Term) -> bool:
    """Whether a size in the term is still unknown."""
    return any(is_unknown(s) for s in term.free) or any(
        isinstance(p, Term) and any(is_unknown(s) for s in p.free) for t in subterms(term) if t.sort.params for p in t.sort.params
    )


def read_entry(e: Elaborator, value: Term, sub: Seq, span: Span) -> Term:
    """A subscript on a value: members of a family, entries of a vector or matrix (rule 8)."""
    if value.sort.kind == "fun":
        result = value.sort.result
        if result.kind == "mat":
            if value.op == "lam":
                symbols, body = open_binder(value)
                component = build.lam(symbols, value.args[:-1], read_entry(e, body, sub, span))
            else:
                symbols = tuple(fresh("x", s) for s in value.sort.arg_sorts)
                component = build.lam(
                    symbols, tuple(arithmetic.whole_space(s) for s in value.sort.arg_sorts), read_entry(e, build.apply(value, *symbols), sub, span)
                )
            return component
    if value.op == "tuple":
        value = arithmetic.tuple_as_vector(e, value)
    arity = total_arity(value.sort)
    if value.sort.kind == "set" and value.op in ("argmax", "argmin"):
        raise e.fail("D102", "an entry of an argmax", span, "name the maximiser first")
    if not arity:
        if value.sort.kind == "num":
            raise e.fail("D104", "a number has no entries", span, None)
        raise e.fail("D104", f"{arithmetic.kind_word(e, value.sort)} has no entries", span, None)
    pieces = names.index_pieces(sub, arity)
    if len(pieces) > arity:
        raise e.fail("D104", f"{len(pieces)} indices, but {arity} are possible", sub.span, None)
    if value.sort.kind == "fam":
        count = value.sort.arity
        if len(pieces) < count:
            pieces = names.index_pieces(sub, count)
            if len(pieces) != count:
                raise e.fail("D104", f"{count} indices are needed here", sub.span, None)
        member = index_family(e, value, pieces[:count], span)
        rest = pieces[count:]
        return entry_of(e, member, rest, sub.span) if rest else member
    return entry_of(e, value, pieces, sub.span)


def index_family(e: Elaborator, family: Term, pieces: Items | list[Items], span: Span) -> Term:
    """A member of a declared family; a literal index outside of its range is an error."""
    indices: list[Term] = []
    declaration = e.scope.declaration(family)
    lists: list[Items] = [tuple(p) for p in pieces] if pieces and isinstance(pieces[0], tuple) else [tuple(pieces)]  # type: ignore[arg-type]
    for position, piece in enumerate(lists):
        domain = declaration.index_ranges[position] if declaration is not None and position < len(declaration.index_ranges) else None
        indices.append(read_index(e, piece, domain, span))
    return build.idx(family, *indices)


def read_index(e: Elaborator, items: Items, domain: Term | None, span: Span) -> Term:
    """An index; a letter that nobody declared runs through the range of its place."""
    items = drop_spaces(items)
    if not items:
        raise e.fail("D104", "an index is missing", span, None)
    if len(items) == 1 and isinstance(items[0], Leaf) and items[0].kind == "name":
        key = items[0].text
        entry = e.scope.find(key)
        if entry is None and key not in ("\\pi", "\\infty") and not key.startswith("\\mathrm"):
            return undeclared.declare_index(e, key, domain if domain is not None else build.POSITIVE_INTEGERS, items[0].span)
    where = span_of(items, span)
    for item in items:
        head = base_leaf(item)
        if head is not None and head.kind == "name" and len(items) > 1 and e.scope.find(canonical((item,))) is None and len(head.text) == 1:
            if head.text in "ijklmn":
                undeclared.declare_index(e, head.text, domain if domain is not None else build.INTEGERS, head.span)
    index = e.number(items, where)
    declaration = e.scope.declaration(index) if index.op == "sym" else None
    if declaration is not None and declaration.declared and declaration.domain.op == "set" and declaration.domain.data in ("R", "Rpos", "Rnn", "Rneg", "C"):
        raise e.fail("D107", f"{name_of(index)} is no integer, and it is an index here", where, "declare it as one: let n \\in \\N")
    if domain is not None and domain.op == "range" and index.op == "num":
        lo, hi = domain.args
        value = index.data
        assert isinstance(value, Fraction)
        outside = (lo.op == "num" and value < lo.data) or (hi.op == "num" and value > hi.data)
        if outside or value.denominator != 1:
            raise e.fail("D107", f"the index {value} is outside of {show_size(lo)}, …, {show_size(hi)}", where, "declare this member by itself with let")
    return index


def entry_of(e: Elaborator, value: Term, pieces: list[Items], span: Span) -> Term:
    """`x_i`, `A_{ij}`, `A_{i:}`, `A_{:j}`."""
    if value.sort.kind == "fun":
        raise e.fail("D104", "a function has no entries", span, "write its argument first")
    if value.sort.is_vector or (len(pieces) == 1 and (e.sizes.look(value.sort.cols) is ONE)):
        if len(pieces) != 1:
            raise e.fail("D104", "a vector has one index", span, None)
        size = e.sizes.settle_size(e.sizes.look(value.sort.rows))
        index = read_index(e, pieces[0], build.int_range(ONE, size), span)
        return build.ventry(value, index) if value.sort.is_vector else build.entry(value, index, ONE)
    if len(pieces) == 1 and e.sizes.look(value.sort.rows) is ONE:
        size = e.sizes.settle_size(e.sizes.look(value.sort.cols))
        return build.entry(value, ONE, read_index(e, pieces[0], build.int_range(ONE, size), span))
    if len(pieces) != 2:
        raise e.fail("D108", "one index on a matrix: a row or a column?", span, "write A_{i:} for row i, A_{:j} for column j")
    rows = e.sizes.settle_size(e.sizes.look(value.sort.rows))
    cols = e.sizes.settle_size(e.sizes.look(value.sort.cols))
    every = [_is_every(p) for p in pieces]
    if every == [False, True]:
        i = read_index(e, pieces[0], build.int_range(ONE, rows), span)
        return mk("row", (value, i), None, mat(ONE, cols))
    if every == [True, False]:
        j = read_index(e, pieces[1], build.int_range(ONE, cols), span)
        return mk("col", (value, j), None, vec(rows))
    i = read_index(e, pieces[0], build.int_range(ONE, rows), span)
    j = read_index(e, pieces[1], build.int_range(ONE, cols), span)
    return build.entry(value, i, j)


def _is_every(piece: Items) -> bool:
    return len(piece) == 1 and isinstance(piece[0], Leaf) and piece[0].text in (":", "\\cdot", "*", "\\bullet")


def read_bars(e: Elaborator, group: Group) -> Term:
    """`|x|`: absolute value, norm of a vector, determinant of a square matrix."""
    value = e.value(group.body.items, group.span)
    value = arithmetic.pointed(e, value, group.span)
    if value.op == "tuple":
        value = arithmetic.tuple_as_vector(e, value)
    if value.sort.kind == "mat" and not arithmetic.scalar_like(e, value.sort):
        if value.sort.is_vector:
            return build.norm(value)
        powers.check_square(e, value, group.span, "a determinant")
        return build.det(value)
    if value.sort.kind == "set":
        return mk("opaque", (value,), "the number of elements of a set")
    return powers.function(e, "abs", [value], group.span)


_NORMS = {"2": "2", "1": "1", "F": "F", "\\mathrm{F}": "F", "\\infty": "inf", "\\mathrm{Fro}": "F", "F,": "F", "\\text{F}": "F", "\\mathcal{F}": "F"}


def read_norm(e: Elaborator, group: Group, sub: Seq | None, sup: Seq | None, span: Span) -> Term:
    """`\\|x\\|_2^2` and its kin; without an index the Euclidean or spectral norm."""
    value = e.value(group.body.items, group.span)
    value = arithmetic.pointed(e, value, group.span)
    if value.op == "tuple":
        value = arithmetic.tuple_as_vector(e, value)
    kind = "2"
    weight: Term | None = None
    if sub is not None:
        word = canonical(sub.items)
        kind = _NORMS.get(word, "")
        if not kind and word in ("*", "\\mathrm{op}", "\\text{op}", "\\text{nuc}"):
            if "op" in word:
                kind = "2"
            else:
                result = mk("opaque", (value,), "the nuclear or dual norm")
                return result if sup is None else powers.power(e, result, sup, span)
        if not kind and any(is_relation(i) for i in sub.items):
            result = evaluation.evaluate_at(e, read_norm(e, group, None, None, span), sub, None, span)
            return result if sup is None else powers.power(e, result, sup, span)
        if not kind:
            index = e.value(sub.items, sub.span)
            if index.sort.kind == "mat":
                weight = index
            else:
                result = mk("opaque", (value, index), "a norm of this index")
                return result if sup is None else powers.power(e, result, sup, span)
    if value.sort.kind == "num":
        result = build.fn("abs", value)
    elif value.sort.kind == "mat":
        if weight is not None:
            inside = build.tonum(build.matmul(build.transpose(value), weight, value))
            arithmetic.check_shape(e, mat(value.sort.rows, value.sort.rows), weight.sort, span)
            result = build.sqrt(inside)
            if sup is not None and canonical(sup.items) == "2":
                return inside
        else:
            result = build.norm(value, kind)
    elif value.sort.kind in ("fun", "dist"):
        result = mk("opaque", (value,), "the norm of a function")
    else:
        raise e.fail("D102", f"a norm of {arithmetic.kind_word(e, value.sort)}", group.span, None)
    return result if sup is None else powers.power(e, result, sup, span)


def read_inner(e: Elaborator, group: Group) -> Term:
    """`\\langle x, y \\rangle`."""
    items = pair_bars(group.body.items)
    pieces = split_on(items, lambda i: is_comma(i) or is_mid(i))
    if len(pieces) != 2:
        if len(pieces) == 1:
            return mk("opaque", (e.value(pieces[0], group.span),), "an average in angle brackets")
        raise e.fail("D104", "an inner product has two factors", group.span, "write \\langle x, y \\rangle")
    a, b = (e.value(p, span_of(p, group.span)) for p in pieces)
    a, b = (arithmetic.tuple_as_vector(e, t) if t.op == "tuple" else t for t in (a, b))
    if a.sort.kind == b.sort.kind == "num":
        return build.mul(a, b)
    if a.sort.kind == "mat" and b.sort.kind == "mat":
        arithmetic.check_shape(e, a.sort, b.sort, group.span)
        if a.sort.is_vector or b.sort.is_vector:
            return mk("inner", (a, b))
        return build.trace(build.matmul(build.transpose(a), b))
    if a.sort.kind == "fun" and b.sort.kind == "fun":
        return mk("opaque", (a, b), "the inner product of functions")
    raise e.fail("D102", f"an inner product of {arithmetic.kind_word(e, a.sort)} and {arithmetic.kind_word(e, b.sort)}", group.span, None)


def read_tuple(e: Elaborator, group: Group) -> Term:
    """`(a, b, c)`: a tuple; beside a vector it is a column."""
    items = pair_bars(group.body.items)
    pieces = split_on(items, is_comma)
    if any(len(p) == 1 and leaf(p[0], None, "\\dots") for p in pieces):
        return listed_vector(e, pieces, group.span)
    if any(not drop_spaces(p) for p in pieces):
        raise e.fail("D040", "a part of this list is missing", group.span, None)
    square = group.open == "[" and group.close == "]" and len(pieces) == 2
    return arithmetic.make_tuple([e.value(p, span_of(p, group.span)) for p in pieces], square)


def listed_vector(e: Elaborator, pieces: list[Items], span: Span) -> Term:
    """`(x_1, \\dots, x_n)` of a declared family of numbers."""
    first, last = drop_spaces(pieces[0]), drop_spaces(pieces[-1])
    a, b = (p[0] if len(p) == 1 and isinstance(p[0], Scripts) else None for p in (first, last))
    if a is not None and b is not None and a.sub is not None and b.sub is not None and a.base is not None:
        lo, hi = e.number(a.sub.items, span), e.number(b.sub.items, span)
        stand_in = "\\mathrm{index of the list}"
        i, j = fresh("i"), fresh("j")
        shift = i if lo is ONE else build.add(i, build.sub(lo, ONE))
        member = Scripts(a.base, Seq((Leaf("name", stand_in, span),), span), a.sup, a.primes, span)
        with e.scope.frame({stand_in: i}):
            value = e.value((member,), span)
        if value.sort.kind == "num":
            size = hi if lo is ONE else build.add(hi, build.neg(lo), ONE)
            from derivcheck.terms.term import bind, substitute

            return bind("mlam", (i, j), (size, ONE), substitute(value, {i: shift}) if shift is not i else value, None, vec(size))
    raise e.fail("D043", "an ellipsis leaves open what is meant", span, "declare a vector")


def read_environment(e: Elaborator, env: Env) -> Term:
    """`cases`, `bmatrix` and its kin."""
    if env.name == "cases":
        return piecewise.read_cases(e, env)
    rows = [list(row) for row in env.rows]
    while rows and all(not drop_spaces(c.items) for c in rows[-1]):
        rows.pop()
    if not rows:
        raise e.fail("D040", "an empty matrix", env.span, None)
    width = max(len(r) for r in rows)
    if any(len(r) != width for r in rows):
        raise e.fail("D060", "the rows of this matrix have different lengths", env.span, None)
    for row in rows:
        for cell in row:
            if any(leaf(i, None, "\\dots") for i in drop_spaces(cell.items)):
                return mk("opaque", (), "a matrix with an ellipsis", mat(e.sizes.new(), e.sizes.new()))
            if not drop_spaces(cell.items):
                raise e.fail("D060", "an entry of this matrix is empty", env.span, "write 0")
    cells = [[(arithmetic.pointed(e, e.value(c.items, c.span), c.span), c.span) for c in row] for row in rows]
    result = block_matrix(e, cells, env.span)
    if env.name == "vmatrix":
        powers.check_square(e, result, env.span, "a determinant")
        return build.det(result)
    if env.name == "Vmatrix":
        return build.norm(result)
    return result


def block_matrix(e: Elaborator, cells: list[list[tuple[Term, Span]]], span: Span) -> Term:
    """A matrix from numbers and blocks."""
    m, n = len(cells), len(cells[0])
    flat = [t for row in cells for t, _ in row]
    if all(t.sort.kind == "num" for t in flat):
        sort = vec(num(m)) if n == 1 else mat(num(m), num(n))
        return mk("bmat", tuple(flat), (m, n), sort)
    heights = [e.sizes.new() for _ in range(m)]
    widths = [e.sizes.new() for _ in range(n)]
    out: list[Term] = []
    for i, row in enumerate(cells):
        for j, (t, where) in enumerate(row):
            if t.op == "tuple":
                t = arithmetic.tuple_as_vector(e, t)
            if t.sort.kind == "num":
                if t is ZERO:
                    out.append(mk("zeros", (heights[i], widths[j]), None, mat(heights[i], widths[j])))
                    continue
                if not (e.sizes.unify(heights[i], ONE) and e.sizes.unify(widths[j], ONE)):
                    raise e.fail("D101", "sizes do not match: a number among blocks", where, None)
                out.append(t)
                continue
            if t.sort.kind != "mat":
                raise e.fail("D102", f"{arithmetic.kind_word(e, t.sort)} in a matrix", where, None)
            if not (e.sizes.unify(heights[i], t.sort.rows) and e.sizes.unify(widths[j], t.sort.cols)):
                raise e.fail(
                    "D101",
                    f"sizes do not match: a block of size {show_size(e.sizes.look(t.sort.rows))}×{show_size(e.sizes.look(t.sort.cols))} in a row of "
                    f"height {show_size(e.sizes.look(heights[i]))} and a column of width {show_size(e.sizes.look(widths[j]))}",
                    where,
                    None,
                )
            out.append(t)
    rows = heights[0] if m == 1 else build.add(*heights)
    cols = widths[0] if n == 1 else build.add(*widths)
    one_column = n == 1 and e.sizes.look(widths[0]) is ONE
    return mk("bmat", tuple(out), (m, n), Sort("mat", (rows, ONE, True)) if one_column else mat(rows, cols))


def operator_product(e: Elaborator, sign: str, left: Term, right: Term, span: Span) -> Term:
    """`\\odot`, `\\otimes`, `\\circ`."""
    if sign == "\\circ":
        if left.sort.kind == "fun" and right.sort.kind == "fun":
            symbols = tuple(fresh("x", s) for s in right.sort.arg_sorts)
            inner = arithmetic.apply_term(e, right, list(symbols))
            body = application.apply_function(e, left, [(inner, span)], span)
            return build.lam(symbols, tuple(arithmetic.whole_space(s) for s in right.sort.arg_sorts), body)
        if left.sort.kind == "mat" and right.sort.kind == "mat":
            sign = "\\odot"
        else:
            raise e.fail("D102", "\\circ composes functions", span, "write f \\circ g")
    left, right = (arithmetic.pointed(e, t, span) for t in (left, right))
    left, right = (arithmetic.tuple_as_vector(e, t) if t.op == "tuple" else t for t in (left, right))
    if left.sort.kind == right.sort.kind == "num":
        return build.mul(left, right)
    if sign == "\\odot":
        if left.sort.kind != "mat" or right.sort.kind != "mat":
            if "num" in (left.sort.kind, right.sort.kind) and "mat" in (left.sort.kind, right.sort.kind):
                number, matrix = (left, right) if left.sort.kind == "num" else (right, left)
                return build.smul(number, matrix)
            raise e.fail("D102", "\\odot multiplies vectors or matrices entry by entry", span, None)
        arithmetic.check_shape(e, left.sort, right.sort, span)
        return build.hadamard(left, right)
    left, right = (_as_matrix(e, t, span) for t in (left, right))
    if left.op == "kron":
        return build.kron(*left.args, right)
    return build.kron(left, right)


def _as_matrix(e: Elaborator, t: Term, span: Span) -> Term:
    if t.sort.kind == "num":
        return mk("bmat", (t,), (1, 1), mat(ONE, ONE))
    if t.sort.kind != "mat":
        raise e.fail("D102", "\\otimes multiplies matrices", span, None)
    return t
