"""Superscripts, roots and functions of values: transposes, inverses, powers (rules 4 and 7), functions of numbers and of vectors."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

from derivcheck.language import arithmetic
from derivcheck.language.items import drop_spaces
from derivcheck.language.syntax import Group, Leaf, Macro, Seq, Span
from derivcheck.terms import build
from derivcheck.terms.build import E_CONST, ONE, REALS
from derivcheck.terms.sorts import mat
from derivcheck.terms.term import Term, fresh, mk, num
from derivcheck.terms.vocabulary import FUNCTIONS

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


def _is_transpose(e: Elaborator, items: tuple[object, ...]) -> str | None:
    """`always` for `\\top`, `\\mathsf T`, `\\mathrm T`; `perhaps` for `T`."""
    if len(items) != 1:
        return None
    item = items[0]
    if isinstance(item, Group) and item.open == "{":
        return _is_transpose(e, drop_spaces(item.body.items))
    if isinstance(item, Leaf):
        if item.text in ("\\top", "\\intercal", "\\mathsf{T}", "\\mathrm{T}", "\\mathsf{\\top}", "\\mathtt{T}", "\\mathrm{t}", "\\mathsf{t}"):
            return "always"
        if item.text == "T":
            return "perhaps"
    return None


def power(e: Elaborator, value: Term, sup: Seq, span: Span) -> Term:
    """A superscript on a value: a transpose, an inverse, a power (rules 4 and 7)."""
    items = drop_spaces(sup.items)
    if not items:
        raise e.fail("D040", "the exponent is missing", span, None)
    transposed = _is_transpose(e, items)
    if transposed == "perhaps":
        entry = e.scope.find("T")
        if entry is not None and entry.symbol is not None and entry.symbol.sort.kind == "num":
            transposed = None
        elif value.sort.kind not in ("mat", "tuple"):
            raise e.fail("D113", "^T is a transpose, but this is no vector or matrix", span, "declare T as a number for a power, or the base as a vector")
    if transposed:
        return transpose_of(e, value, span)
    if len(items) == 1 and isinstance(items[0], Leaf) and items[0].text == "\\circ" and value.sort.kind == "num":  # 90^\circ
        return build.div(build.mul(value, build.PI), num(180))
    # -\top
    if len(items) == 2 and isinstance(items[0], Leaf) and items[0].text == "-" and _is_transpose(e, items[1:]):
        return transpose_of(e, inverse_of(e, value, span), span)
    if len(items) == 2 and isinstance(items[0], Leaf) and items[0].text in ("\\odot", "\\circ") and value.sort.kind == "mat":
        exponent = e.number(items[1:], sup.span)
        return elementwise(e, lambda u: build.pow_(u, exponent), value)
    last = items[-1]
    if len(items) > 1 and _is_transpose(e, (last,)) == "always" and value.sort.kind == "mat":
        head = Seq(items[:-1], sup.span)
        return transpose_of(e, power(e, value, head, span), span)
    if len(items) == 1 and isinstance(items[0], Leaf) and value.sort.kind == "mat" and _is_adjoint(e, items[0]):
        raise e.fail("D108", f"`^{items[0].text}`: the conjugate transpose, the pseudo-inverse, or a power?", span, "write A^\\top for the transpose of a real matrix, A^{-1}, or declare the exponent")
    if len(items) == 1 and isinstance(items[0], Leaf) and items[0].text in ("*", "\\star", "+", "\\dagger"):
        if value.sort.kind == "mat" and items[0].text == "+":
            return mk("opaque", (value,), "the pseudo-inverse", mat(value.sort.cols, value.sort.rows))
        raise e.fail("D040", f"`^{items[0].text}` can follow a name only", span, None)
    if value.sort.kind == "fun" and len(items) == 1 and isinstance(items[0], Group) and items[0].open == "(" and value.sort.arity == 1:
        from derivcheck.language import names

        # (f g)^{(n)}, as f^{(n)}
        return names.derivative_of_order(e, value, items[0].body.items, span)
    value = arithmetic.pointed(e, value, span)
    if value.op == "tuple":
        value = arithmetic.tuple_as_vector(e, value)
    exponent_value = e.value(sup.items, sup.span)
    if value.sort.kind == "fun":
        if exponent_value.op == "neg" and exponent_value.args[0] is ONE:
            return mk("invfun", (value,), None, value.sort)
        raise e.fail("D108", "a power of a function: of its value, or the function applied repeatedly?", span, "write f(x)^2 or f(f(x))")
    if value.sort.kind == "mat":
        declaration = e.scope.declaration(exponent_value) if exponent_value.op == "sym" else None
        if declaration is not None and not declaration.declared:
            name = exponent_value.data[0]
            raise e.fail("D113", f"{name} is not declared: a power or a transpose?", span, f"write A^\\top for the transpose, or add: let {name} \\in \\N")
        return matrix_power(e, value, arithmetic.as_number(e, exponent_value, sup.span), span)
    if value.sort.kind == "dist":
        return arithmetic.pointwise(e, [value], lambda v: build.pow_(v[0], arithmetic.as_number(e, exponent_value, sup.span)), span)
    if value.sort.kind == "set":
        raise e.fail("D102", "a power of a set stands only where a set can stand", span, None)
    if value is E_CONST:
        if exponent_value.sort.kind == "mat" and not (arithmetic.is_one(e, exponent_value.sort.rows) and arithmetic.is_one(e, exponent_value.sort.cols)):
            if exponent_value.sort.is_vector:
                raise e.fail("D102", "the exponent is a vector", span, "write \\exp(v) for the exponential of each entry")
            return mk("opaque", (exponent_value,), "the matrix exponential", exponent_value.sort)
        return build.exp(arithmetic.as_number(e, exponent_value, sup.span))
    return build.pow_(arithmetic.as_number(e, value, span), arithmetic.as_number(e, exponent_value, sup.span))


def _is_adjoint(e: Elaborator, item: Leaf) -> bool:
    """`A^\\dagger`, and `A^H` where nobody has declared an H."""
    return item.text == "\\dagger" or (item.text in ("H", "\\mathsf{H}", "\\mathrm{H}") and not e.scope.declared(item.text))


def transpose_of(e: Elaborator, value: Term, span: Span) -> Term:
    """The transpose; a number is its own, but a literal cannot be transposed."""
    if value.op == "tuple":
        return mk("tuple", value.args, None if value.data == "T" else "T", value.sort)
    if value.sort.kind == "mat":
        return build.transpose(value)
    if value.sort.kind == "fun":
        value = arithmetic.pointed(e, value, span)
    if value.op == "num":
        raise e.fail("D113", "a number cannot be transposed", span, "the vector of ones is \\mathbf{1}, the zero vector \\mathbf{0}")
    if value.sort.kind == "num":
        if value.op == "sym":
            declaration = e.scope.declaration(value)
            if declaration is not None and not declaration.declared:
                raise e.fail(
                    "D113", "a symbol that is not declared is a number, and it is transposed here", span, "declare it: let x \\in \\R^d"
                )
        return value
    raise e.fail("D113", f"{arithmetic.KIND_WORDS.get(value.sort.kind, 'this')} cannot be transposed", span, None)


def check_square(e: Elaborator, value: Term, span: Span, what: str) -> None:
    """Square matrices only."""
    if not e.sizes.unify(value.sort.rows, value.sort.cols):
        raise e.fail("D101", f"{what} needs a square matrix, this is {arithmetic.kind_word(e, value.sort)}", span, None)


def inverse_of(e: Elaborator, value: Term, span: Span) -> Term:
    if value.sort.kind != "mat":
        return build.pow_(arithmetic.as_number(e, value, span), num(-1))
    check_square(e, value, span, "an inverse")
    return build.inv(value)


def matrix_power(e: Elaborator, value: Term, exponent: Term, span: Span) -> Term:
    """`A^n`, `A^{-1}`, `A^{1/2}`."""
    if arithmetic.is_one(e, value.sort.rows) and arithmetic.is_one(e, value.sort.cols):
        return build.pow_(build.tonum(value), exponent)
    if value.sort.is_vector:
        raise e.fail("D102", "a power of a vector", span, "write x^\\top x, \\|x\\|^2 or x \\odot x")
    check_square(e, value, span, "a power")
    if exponent.op == "neg" and exponent.args[0] is ONE:
        return build.inv(value)
    return mk("mpow", (value, exponent), None, value.sort)


def root(e: Elaborator, item: Macro) -> Term:
    """`\\sqrt{x}`, `\\sqrt[n]{x}` (odd roots of real numbers are real)."""
    inner = e.value(item.args[0].items, item.args[0].span)
    inner = arithmetic.pointed(e, inner, item.span)
    if item.optional is None or not drop_spaces(item.optional.items):
        if inner.sort.kind == "mat" and not (arithmetic.is_one(e, inner.sort.rows) and arithmetic.is_one(e, inner.sort.cols)):
            if inner.sort.is_vector:
                return elementwise(e, build.sqrt, inner)
            raise e.fail("D108", "the square root of a matrix or of its entries?", item.span, "write A^{1/2}, or A^{\\odot 1/2} by entries")
        if inner.sort.kind in ("dist", "fun"):
            return arithmetic.pointwise(e, [inner], lambda v: build.sqrt(v[0]), item.span)
        return build.sqrt(arithmetic.as_number(e, inner, item.args[0].span))
    degree = e.number(item.optional.items, item.optional.span)
    base = arithmetic.as_number(e, inner, item.args[0].span)
    if degree.op == "num" and isinstance(degree.data, Fraction) and degree.data.denominator == 1:
        n = int(degree.data)
        if n >= 3 and n % 2 == 1:
            return mk("oddroot", (base,), n)
        if n == 2:
            return build.sqrt(base)
        if n == 0:
            raise e.fail("D040", "a zeroth root means nothing", item.span, None)
    return build.pow_(base, build.div(ONE, degree))


def elementwise(e: Elaborator, make: Callable[[Term], Term], value: Term) -> Term:
    """A function of each entry of a vector or matrix."""
    u = fresh("u")
    return build.emap(build.lam((u,), (REALS,), make(u)), value)


_AMBIGUOUS_ON_MATRICES = frozenset("exp log sin cos tan sinh cosh tanh".split())


def function(e: Elaborator, name: str, args: list[Term], span: Span) -> Term:
    """A built-in function at arguments; of a vector it acts on each entry."""
    args = [arithmetic.pointed(e, a, span) for a in args]
    args = [arithmetic.tuple_as_vector(e, a) if a.op == "tuple" and len(args) == 1 and name in ("max", "min") else a for a in args]
    arity = FUNCTIONS.get(name)
    if name in ("max", "min") and len(args) == 1 and args[0].sort.kind == "set":
        return extremum_of_set(e, name, args[0])
    if name in ("max", "min") and len(args) == 1 and args[0].sort.kind == "mat":
        k = fresh("i")
        return build.over(f"{name}over", (k,), (build.int_range(ONE, args[0].sort.rows),), build.ventry(args[0], k))
    if arity is not None and len(args) != arity:
        raise e.fail("D104", f"{name} takes {arity} argument{'s' if arity != 1 else ''}, not {len(args)}", span, None)
    if any(a.sort.kind in ("fun", "dist") for a in args) and all(a.sort.kind in ("fun", "dist", "num") for a in args):
        return arithmetic.pointwise(e, args, lambda v: build.fn(name, *v), span)
    shaped = [a for a in args if a.sort.kind == "mat" and not (arithmetic.is_one(e, a.sort.rows) and arithmetic.is_one(e, a.sort.cols))]
    if shaped:
        if len(shaped) == 1:
            target = shaped[0]
            if not target.sort.is_vector and name in _AMBIGUOUS_ON_MATRICES and e.sizes.look(target.sort.rows) is e.sizes.look(target.sort.cols):
                raise e.fail(
                    "D108", f"\\{name} of a matrix: of the matrix, or of each entry?", span, f"declare a function and apply it, or write \\{name} of entries"
                )
            return elementwise(e, lambda u: build.fn(name, *(u if a is target else arithmetic.as_number(e, a, span) for a in args)), target)
        raise e.fail("D102", f"{name} of several vectors", span, None)
    return build.fn(name, *(arithmetic.as_number(e, a, span) for a in args))


def extremum_of_set(e: Elaborator, name: str, members: Term) -> Term:
    """`\\max S`, `\\max\\{a, b\\}`, `\\sup S`."""
    if members.op == "finset" and name in ("max", "min"):
        return build.fn(name, *members.args)
    v = fresh("x")
    return build.over(f"{name}over", (v,), (members,), v)


def factorial(e: Elaborator, term: Term, double: bool, span: Span) -> Term:
    return build.fn("factorial2" if double else "factorial", arithmetic.as_number(e, term, span))


def modulo(e: Elaborator, a: Term, m: Term, span: Span) -> Term:
    return build.fn("mod", arithmetic.as_number(e, a, span), arithmetic.as_number(e, m, span))
