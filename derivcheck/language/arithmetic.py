"""How terms of different sorts combine: sums, products, quotients, powers, functions of numbers and of vectors.

Scalars combine as written.  A product of matrices is one `matmul`; a 1×1 product is a number (`x^\\top y`); a number times a matrix
is `smul`; a literal 0 beside a matrix is a zero matrix.  Functions and densities written without argument combine pointwise.
Sizes are unified as products and sums are built; where they can't fit the error names both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from derivcheck.language import laws
from derivcheck.language.cursor import Factor
from derivcheck.language.sizes import show_size
from derivcheck.language.syntax import Span
from derivcheck.terms import build
from derivcheck.terms.build import ONE, REALS, ZERO
from derivcheck.terms.sorts import Sort, vec
from derivcheck.terms.term import Term, fresh, instantiate, mk, num

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


KIND_WORDS = {"set": "a set", "bool": "a statement", "fun": "a function", "dist": "a probability law", "fam": "a family", "tuple": "a tuple"}


def kind_word(e: Elaborator, sort: Sort) -> str:
    """What a sort is called in messages."""
    if sort.kind == "mat":
        rows, cols = e.sizes.settle_size(e.sizes.look(sort.rows)), e.sizes.settle_size(e.sizes.look(sort.cols))
        return f"a vector of size {show_size(rows)}" if sort.is_vector else f"a matrix of size {show_size(rows)}×{show_size(cols)}"
    return KIND_WORDS.get(sort.kind, "a number")


def as_number(e: Elaborator, term: Term, span: Span) -> Term:
    """The term as a number: 1×1 matrices, functions and densities without argument are turned into one where that is meant."""
    kind = term.sort.kind
    if kind == "num":
        return term
    if kind == "mat":
        if is_one(e, term.sort.rows) and is_one(e, term.sort.cols):
            return build.tonum(term)
        raise e.fail("D102", f"a number is expected here, this is {kind_word(e, term.sort)}", span, None)
    pointed_term = pointed(e, term, span)
    if pointed_term.sort.kind == "num":
        return pointed_term
    help = None
    if kind == "fun":
        help = "write its argument: f(x)"
    elif kind == "fam":
        help = "write its index: x_n"
    elif kind == "set":
        help = "a set is compared with = or \\in"
    raise e.fail("D102", f"a number is expected here, this is {KIND_WORDS.get(kind, kind)}", span, help)


def is_one(e: Elaborator, size: Term) -> bool:
    return e.sizes.look(size) is ONE


def pointed(e: Elaborator, term: Term, span: Span) -> Term:
    """A function or density without argument, applied to the point of pointfree notation where there is one."""
    sort = term.sort
    if sort.kind == "dist" and e.points:
        point = e.points[-1]
        parts = point.args if point.op == "tuple" else (point,)
        return build.pdf(term, *parts)
    if sort.kind == "fun":
        fits = bool(e.points) and sort.arity == 1 and same_kind(e, sort.arg_sorts[0], e.points[-1].sort)
        if fits and e.points[-1] in e.pointfree:  # `\\E_p[\\log\\frac pq]` of defined densities
            return apply_term(e, term, [e.points[-1]])
        if term in e.natural and not e.functions:
            return apply_term(e, term, list(e.natural[term]))
        if fits:
            return apply_term(e, term, [e.points[-1]])
        implicit = implicit_variable(e, sort) if not e.functions else None
        if implicit is not None:
            return apply_term(e, term, [implicit])
    return term


def same_kind(e: Elaborator, a: Sort, b: Sort) -> bool:
    """Whether two sorts agree, with unknown sizes bound as needed."""
    if a.kind != b.kind:
        return False
    if a.kind == "mat":
        return e.sizes.unify(a.rows, b.rows) and e.sizes.unify(a.cols, b.cols)
    return True


def implicit_variable(e: Elaborator, sort: Sort) -> Term | None:
    """The variable of a function written without argument, as in implicit differentiation (`y` for `y(x)`)."""
    if sort.arity != 1 or sort.arg_sorts[0].kind != "num":
        return None
    if e.derivative_stack:
        return e.derivative_stack[-1]
    names = e.scope.derivative_variables
    if len(names) == 1:
        entry = e.scope.find(next(iter(names)))
        if entry is not None and entry.symbol is not None and entry.symbol.sort.kind == "num":
            return entry.symbol
    return None


def coerce(e: Elaborator, term: Term, sort: Sort, span: Span) -> Term:
    """The term at this sort, or an error."""
    if sort.kind == "num":
        return as_number(e, term, span)
    if sort.kind == "mat":
        if term.op == "tuple":
            term = tuple_as_vector(e, term)
        if term is ZERO:
            return build.zeros(sort.rows, sort.cols) if not sort.is_vector else mk("zeros", (sort.rows, ONE), None, vec(sort.rows))
        if term.sort.kind == "mat":
            check_shape(e, sort, term.sort, span)
            return term
        if term.sort.kind == "num" and is_one(e, sort.rows) and is_one(e, sort.cols):
            return mk("bmat", (term,), (1, 1), sort)
        raise e.fail("D102", f"{kind_word(e, sort)} is expected here, this is {kind_word(e, term.sort)}", span, None)
    if sort.kind == term.sort.kind:
        return term
    raise e.fail("D102", f"{kind_word(e, sort)} is expected here, this is {kind_word(e, term.sort)}", span, None)


def check_shape(e: Elaborator, a: Sort, b: Sort, span: Span) -> None:
    """Two matrices must have one shape."""
    if not (e.sizes.unify(a.rows, b.rows) and e.sizes.unify(a.cols, b.cols)):
        raise e.fail("D101", f"sizes do not match: {kind_word(e, a)} and {kind_word(e, b)}", span, _transpose_help(e, a, b))


def _transpose_help(e: Elaborator, a: Sort, b: Sort) -> str | None:
    def look(s: Term) -> Term:
        return e.sizes.settle_size(e.sizes.look(s))

    if look(a.rows) is look(b.cols) and look(a.cols) is look(b.rows):
        return "one of them must be transposed"
    return None


def tuple_as_vector(e: Elaborator, term: Term) -> Term:
    """`(a, b)` as a column."""
    if all(a.sort.kind == "num" for a in term.args):
        n = len(term.args)
        return mk("bmat", term.args, (n, 1), vec(num(n)))
    return term


def unify_sides(e: Elaborator, a: Term, b: Term, span: Span) -> tuple[Term, Term]:
    """Two sides of a relation at one sort."""
    ka, kb = a.sort.kind, b.sort.kind
    if ka == kb == "num":
        return a, b
    if ka == kb == "mat":
        if a.sort != b.sort:
            if scalar_like(e, a.sort) and scalar_like(e, b.sort):
                return a, b
            check_shape(e, a.sort, b.sort, span)
        return a, b
    if ka == "tuple" and kb == "mat":
        a = tuple_as_vector(e, a)
        return (coerce(e, a, b.sort, span), b) if a.sort.kind == "mat" else _mismatch(e, a, b, span)
    if kb == "tuple" and ka == "mat":
        b = tuple_as_vector(e, b)
        return (a, coerce(e, b, a.sort, span)) if b.sort.kind == "mat" else _mismatch(e, a, b, span)
    if ka == "mat" and b is ZERO:
        return a, coerce(e, b, a.sort, span)
    if kb == "mat" and a is ZERO:
        return coerce(e, a, b.sort, span), b
    if ka == "mat" and kb == "num":
        return as_number(e, a, span), b
    if kb == "mat" and ka == "num":
        return a, as_number(e, b, span)
    if ka == "tuple" and kb == "tuple":
        if len(a.args) != len(b.args):
            raise e.fail("D101", f"tuples of {len(a.args)} and of {len(b.args)} parts", span, None)
        if "[]" in (a.data, b.data) and a.data != b.data:
            raise e.fail("D053", "`(a, b)` beside `[a, b]`: two pairs, or two intervals?", span, "write pairs in round brackets; intervals stand beside sets")
        pairs = [unify_sides(e, x, y, span) for x, y in zip(a.args, b.args, strict=True)]
        return make_tuple([p[0] for p in pairs]), make_tuple([p[1] for p in pairs])
    if ka == "set" and kb in ("num", "mat"):
        return a, build.finset(_optimiser(e, a, b, span))
    if kb == "set" and ka in ("num", "mat"):
        return build.finset(_optimiser(e, b, a, span)), b
    if ka == "set" and kb == "tuple":
        return a, _set_beside(a, b)
    if kb == "set" and ka == "tuple":
        return _set_beside(b, a), b
    if {ka, kb} == {"fun", "num"} or {ka, kb} == {"dist", "num"} or {ka, kb} == {"fun", "mat"}:
        if ka != "num" and ka != "mat":
            new = pointed(e, a, span)
            if new is not a:
                return unify_sides(e, new, b, span)
        else:
            new = pointed(e, b, span)
            if new is not b:
                return unify_sides(e, a, new, span)
        # a function equal to a number: constant with that value
        if ka == "fun" and kb == "num":
            return a, constant_function(a, b)
        if kb == "fun" and ka == "num":
            return constant_function(b, a), b
    if ka == kb:
        if ka == "fun" and (a.op == "lam" or b.op == "lam"):
            left, right = pointed(e, a, span), pointed(e, b, span)
            if left.sort.kind == right.sort.kind != "fun":
                return unify_sides(e, left, right, span)
        return a, b
    return _mismatch(e, a, b, span)


def _optimiser(e: Elaborator, members: Term, value: Term, span: Span) -> Term:
    """A value beside a set of optimisers is of the sort and size of what is optimised over."""
    if members.op not in ("argmax", "argmin") or len(members.bound) != 1:
        return value
    want = members.bound[0].sort
    if want.kind == "num":
        return as_number(e, value, span)
    if want.kind != "mat":
        return value
    if value is ZERO:
        return coerce(e, value, want, span)
    if value.sort.kind != "mat":
        raise e.fail("D102", f"the optimiser is {kind_word(e, want)}, and this is {kind_word(e, value.sort)}", span)
    check_shape(e, want, value.sort, span)
    return value


def _set_beside(members: Term, pair: Term) -> Term:
    """`(a, b)` or `[a, b]` compared with a set: an interval, unless the set is one of tuples (the maximisers over two variables)."""
    several = members.op == "product" or (members.op == "finset" and any(a.sort.kind != "num" for a in members.args))
    of_numbers = not several and len(members.bound) <= 1 and not (members.bound and members.bound[0].sort.kind != "num")
    if of_numbers and len(pair.args) == 2 and all(p.sort.kind == "num" for p in pair.args):
        return build.interval(pair.args[0], pair.args[1], "[]" if pair.data == "[]" else "()")
    return build.finset(round_tuple(pair))


def round_tuple(t: Term) -> Term:
    """A tuple whose brackets no longer matter."""
    return make_tuple(t.args) if t.op == "tuple" and t.data == "[]" else t


def constant_function(like: Term, value: Term) -> Term:
    """The function of these arguments with one value."""
    variables = tuple(fresh("x", s) for s in like.sort.arg_sorts)
    return build.lam(variables, tuple(whole_space(s) for s in like.sort.arg_sorts), value)


def scalar_like(e: Elaborator, sort: Sort) -> bool:
    return is_one(e, sort.rows) and is_one(e, sort.cols)


def _mismatch(e: Elaborator, a: Term, b: Term, span: Span) -> tuple[Term, Term]:
    raise e.fail("D102", f"the sides are of different kinds: {kind_word(e, a.sort)} and {kind_word(e, b.sort)}", span, None)


def make_tuple(parts: Sequence[Term], square: bool = False) -> Term:
    """A tuple with its sort; `square` remembers that it was written `[a, b]`, which beside a set is a closed interval."""
    from derivcheck.terms.sorts import tup

    return mk("tuple", tuple(parts), "[]" if square else None, tup(*(p.sort for p in parts)))


def whole_space(sort: Sort) -> Term:
    """The set of all values of a sort: `\\R`, `\\R^n`, `\\R^{m×n}`."""
    if sort.kind == "mat":
        return build.rn(sort.rows) if sort.is_vector else build.rmn(sort.rows, sort.cols)
    if sort.kind == "tuple":
        return mk("product", tuple(whole_space(s) for s in sort.params), None, build.REALS.sort)  # type: ignore[arg-type]
    return REALS


def negated(e: Elaborator, term: Term, span: Span) -> Term:
    """-A; of a function value by value."""
    term = pointed(e, term, span)
    if term.sort.kind == "fun":
        return pointwise(e, [term], lambda values: build.neg(values[0]), span)
    return build.neg(term)


def add(e: Elaborator, parts: list[tuple[Term, Span]]) -> Term:
    """A sum of numbers, of matrices of one shape, or of functions or densities (pointwise)."""
    if len(parts) == 1:
        return parts[0][0]
    terms = [(pointed(e, t, s), s) for t, s in parts]
    kinds = {t.sort.kind for t, _ in terms}
    if kinds == {"num"}:
        return build.add(*(t for t, _ in terms))
    if "tuple" in kinds:
        terms = [(tuple_as_vector(e, t) if t.op == "tuple" else t, s) for t, s in terms]
        kinds = {t.sort.kind for t, _ in terms}
    if "mat" in kinds and kinds <= {"num", "mat"}:
        first = next(t for t, _ in terms if t.sort.kind == "mat")
        if any(t.sort.kind == "num" and t is not ZERO for t, _ in terms):
            if is_one(e, first.sort.rows) and is_one(e, first.sort.cols):
                return build.add(*(as_number(e, t, s) for t, s in terms))
            t, s = next((t, s) for t, s in terms if t.sort.kind == "num" and t is not ZERO)
            raise e.fail(
                "D101", f"sizes do not match: a number and {kind_word(e, first.sort)} are added", s, "write s I or s \\mathbf{1} for a matrix or vector"
            )
        out = []
        for t, s in terms:
            t = coerce(e, t, first.sort, s)
            if t is not first:
                check_shape(e, first.sort, t.sort, s)
            out.append(t)
        return build.add(*out)
    if kinds & {"fun", "dist"} and kinds <= {"num", "fun", "dist"}:
        return pointwise(e, [t for t, _ in terms], lambda values: build.add(*values), terms[0][1])
    t, s = next((t, s) for t, s in terms if t.sort.kind not in ("num", "mat"))
    raise e.fail("D102", f"{KIND_WORDS.get(t.sort.kind, t.sort.kind)} cannot be added", s, None)


def pointwise(e: Elaborator, terms: Sequence[Term], make: Callable[[list[Term]], Term], span: Span) -> Term:
    """`(p + q)/2`, `f + g`: functions or densities combined value by value."""
    lead = next(t for t in terms if t.sort.kind in ("fun", "dist"))
    over = lead.sort.result
    sorts: tuple[Sort, ...] = (over,)
    if lead.sort.kind == "fun":
        sorts = lead.sort.arg_sorts
    elif over.kind == "tuple":
        sorts = over.params  # type: ignore[assignment]
    variables = tuple(fresh("x", s) for s in sorts)
    values = []
    for t in terms:
        if t.sort.kind == "fun":
            values.append(apply_term(e, t, list(variables)))
        elif t.sort.kind == "dist":
            values.append(density_value(e, t, variables))
        else:
            values.append(t)
    if lead.sort.kind == "dist":
        domains = laws.support_of(e, lead)
    else:
        domains = lead.args[:-1] if lead.op == "lam" else tuple(whole_space(s) for s in sorts)
        declaration = e.scope.declaration(lead)
        if declaration is not None and declaration.arg_domains:
            domains = declaration.arg_domains
    return build.lam(variables, domains, make(values), density=lead.sort.kind == "dist")


def density_value(e: Elaborator, law: Term, at: Sequence[Term]) -> Term:
    """A density at a point; a density given by its formula is unfolded."""
    if law.op == "lam":
        return instantiate(law, at)
    return build.pdf(law, *at)


def apply_term(e: Elaborator, f: Term, args: list[Term]) -> Term:
    """A function-sorted term at arguments."""
    if f.op == "lam":
        return instantiate(f, args)
    return build.apply(f, *args)


def combine(e: Elaborator, factors: list[Factor]) -> Term:
    """The product of factors; `x \\cdot y` of two vectors is their inner product."""
    if len(factors) == 1:
        return factors[0].term
    if any(f.dot for f in factors):
        segments: list[list[Factor]] = [[]]
        for f in factors:
            if f.dot:
                segments.append([])
            segments[-1].append(f)
        if len(segments) == 2 and all(any(f.term.sort.is_vector for f in s) for s in segments):
            left, right = (_chain(e, s) for s in segments)
            if left.sort.is_vector and right.sort.is_vector:
                check_shape(e, left.sort, right.sort, factors[-1].span)
                if any(f.sign == "*" for f in factors):
                    raise e.fail("D108", "`*` between two vectors", factors[-1].span, "write x^\\top y for the inner product, x \\odot y by entries")
                if any(f.sign == "\\times" for f in factors):
                    return cross_product(e, left, right, factors[-1].span)
                return mk("inner", (left, right))
    return _chain(e, factors)


def cross_product(e: Elaborator, a: Term, b: Term, span: Span) -> Term:
    """`a \\times b` of vectors of size 3."""
    size = e.sizes.look(a.sort.rows)
    if not (size.op == "num" and size.data == 3):
        raise e.fail("D108", "\\times between two vectors", span, "write x \\cdot y for the inner product, x \\odot y by entries")

    def entry(i: int, j: int) -> Term:
        first = build.mul(build.ventry(a, num(i)), build.ventry(b, num(j)))
        return build.sub(first, build.mul(build.ventry(a, num(j)), build.ventry(b, num(i))))

    return mk("bmat", (entry(2, 3), entry(3, 1), entry(1, 2)), (3, 1), vec(num(3)))


def _chain(e: Elaborator, factors: list[Factor]) -> Term:
    if len(factors) == 1:
        return factors[0].term
    values = [pointed(e, f.term, f.span) for f in factors]
    items: list[tuple[Term, Span]] = []
    for k, f in enumerate(factors):
        t = values[k]
        if t.op == "tuple":
            t = _listed_factor(e, t, [x for x, _ in items], values[k + 1 :])
        items.append((t, f.span))
    kinds = {t.sort.kind for t, _ in items}
    if kinds == {"num"}:
        return build.mul(*(t for t, _ in items))
    if kinds <= {"num", "mat"}:
        return _matrix_chain(e, items)
    if kinds <= {"num", "fun", "dist"} and kinds & {"fun", "dist"}:
        if any(f.sign == "*" for f in factors) and sum(t.sort.kind in ("fun", "dist") for t, _ in items) > 1:
            raise e.fail("D108", "`*` between two functions: their product, or their convolution?", items[-1][1], "write f g or f(x) g(x) for the product")
        return pointwise(e, [t for t, _ in items], lambda values: build.mul(*values), items[0][1])
    t, s = next((t, s) for t, s in items if t.sort.kind not in ("num", "mat"))
    raise e.fail("D102", f"{KIND_WORDS.get(t.sort.kind, t.sort.kind)} cannot be multiplied", s, None)


def _listed_factor(e: Elaborator, t: Term, before: list[Term], after: list[Term]) -> Term:
    """`(a, b)` in a product is a column.  `(a, b)^\\top` is a row after a column or before what has as many rows, else a column."""
    column = tuple_as_vector(e, t)
    if t.data != "T" or column.sort.kind != "mat":
        return column
    previous = next((x for x in reversed(before) if x.sort.kind == "mat"), None)
    following = next((x for x in after if x.sort.kind in ("mat", "tuple")), None)
    if previous is not None:
        return build.transpose(column) if is_one(e, previous.sort.cols) else column
    if following is None:
        return column
    if following.op == "tuple":
        fits = following.data != "T" and len(following.args) == len(t.args)
    else:
        rows = e.sizes.look(following.sort.rows)
        fits = rows.op == "num" and rows.data == len(t.args)
    return build.transpose(column) if fits else column


def _matrix_chain(e: Elaborator, items: list[tuple[Term, Span]]) -> Term:
    scalars: list[Term] = []
    run: list[tuple[Term, Span]] = []
    for t, s in items:
        if t.sort.kind == "num":
            scalars.append(t)
            continue
        if run and not e.sizes.unify(run[-1][0].sort.cols, t.sort.rows):
            return _regrouped(e, items, run[-1], (t, s))
        run.append((t, s))
        if len(run) > 1 and is_one(e, run[0][0].sort.rows) and is_one(e, t.sort.cols):
            scalars.append(build.tonum(build.matmul(*(m for m, _ in run))))
            run = []
    if not run:
        return build.mul(*scalars)
    product = build.matmul(*(m for m, _ in run))
    return build.smul(build.mul(*scalars), product) if scalars else product


def _regrouped(e: Elaborator, items: list[tuple[Term, Span]], left: tuple[Term, Span], right: tuple[Term, Span]) -> Term:
    """A product that fits only when an inner row times column is taken first as a number: `A x^\\top y`."""
    def same(a: Term, b: Term) -> bool:
        from derivcheck.language.sizes import is_unknown, same_size

        a, b = e.sizes.settle_size(e.sizes.look(a)), e.sizes.settle_size(e.sizes.look(b))
        return not is_unknown(a) and not is_unknown(b) and same_size(a, b)

    matrices = [i for i, (t, _) in enumerate(items) if t.sort.kind == "mat"]
    for width in range(2, len(matrices) + 1):
        for k in range(len(matrices) - width + 1):
            picked = matrices[k : k + width]
            terms = [items[i][0] for i in picked]
            fits = all(same(a.sort.cols, b.sort.rows) for a, b in pairwise(terms))
            if fits and is_one(e, terms[0].sort.rows) and is_one(e, terms[-1].sort.cols) and width < len(matrices):
                number = build.tonum(build.matmul(*terms))
                rest = [it for i, it in enumerate(items) if i not in picked or i == picked[0]]
                position = [i for i, it in enumerate(items) if i not in picked or i == picked[0]].index(picked[0])
                rest[position] = (number, items[picked[0]][1])
                return _matrix_chain(e, rest)
    a, b = left[0].sort, right[0].sort
    help = None
    if a.is_vector and b.is_vector:
        help = "write x^\\top y for the inner product, x \\odot y for the product entry by entry"
    elif same(a.cols, b.cols) or same(a.rows, b.rows):
        help = "one factor may need a transpose"
    raise e.fail(
        "D101", f"sizes do not match: {kind_word(e, a)} times {kind_word(e, b)}", Span(left[1].start, right[1].end), help
    )


def divide(e: Elaborator, above: Term, below: Term, span: Span) -> Term:
    """A quotient; a matrix over a number is scaled."""
    above, below = pointed(e, above, span), pointed(e, below, span)
    if above.op == "tuple":
        above = tuple_as_vector(e, above)
    if {above.sort.kind, below.sort.kind} & {"fun", "dist"}:
        if {above.sort.kind, below.sort.kind} <= {"num", "fun", "dist"}:
            return pointwise(e, [above, below], lambda v: build.div(v[0], v[1]), span)
    if below.sort.kind == "mat":
        if is_one(e, below.sort.rows) and is_one(e, below.sort.cols):
            below = build.tonum(below)
        else:
            raise e.fail("D102", f"the denominator is {kind_word(e, below.sort)}", span, "write A^{-1}, or \\oslash by entries")
    below = as_number(e, below, span)
    if above.sort.kind == "mat":
        return build.smul(build.div(ONE, below), above)
    return build.div(as_number(e, above, span), below)
