"""Definitions unfolded: `define f(x, y) = …`, `define f_k(x) = …`, `define q(z \\mid x) = …`, `define m = …`.

A body is elaborated in the scope of the file with its parameters bound, once for each combination of argument sorts, and the
arguments are substituted.  Under a derivative by a defined quantity that quantity is a symbol of its own (a cut): `Scope.cuts`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.language import application, arithmetic, laws, matrices, names
from derivcheck.language.cursor import Cursor
from derivcheck.language.diagnostics import ReadError
from derivcheck.language.items import canonical, span_of
from derivcheck.language.scope import Definition, Param
from derivcheck.language.sizes import Sizes
from derivcheck.language.syntax import Seq, Span
from derivcheck.language.varying_laws import hidden
from derivcheck.terms import build
from derivcheck.terms.sorts import NUM, Sort
from derivcheck.terms.term import Term, fresh, substitute

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator
    from derivcheck.language.names import Found


_INDEX_LETTERS = frozenset("ijklmnst")


def indexable(definition: Definition) -> bool:
    """Whether a quantity can have entries (decided when it is used)."""
    return not definition.params


def default_sort(e: Elaborator, param: Param) -> Sort:
    """The sort that a parameter has when nothing is known of the argument: that of a declared symbol of its name."""
    entry = e.scope.names.get(param.name)
    if entry is not None and entry.symbol is not None and param.role in ("arg", "given") and entry.symbol.sort.kind != "fam":
        return entry.symbol.sort
    return NUM


def body_of(e: Elaborator, definition: Definition, sorts: tuple[Sort, ...], span: Span) -> tuple[tuple[Term, ...], Term]:
    """The parameters and the body for these sorts."""
    cuts = e.scope.cuts
    relevant = tuple(sorted((k, v.key) for k, v in cuts.items()))
    memo_key = (sorts, relevant, e.sign, frozenset(e.scope.conventions))
    got = definition.memo.get(memo_key)
    if got is not None:
        if isinstance(got, ReadError):
            raise got
        return got
    if definition.active:
        raise e.fail("D054", f"{definition.key} is defined by itself", span, "state what holds for it with assume")
    symbols = tuple(fresh(p.name, s) for p, s in zip(definition.params, sorts, strict=True))
    definition.active = True
    e.defining += 1
    sizes, e.sizes = e.sizes, Sizes()
    points, e.points = e.points, []
    saw_sign, e.saw_sign = e.saw_sign, False
    integrals, e.open_integrals = e.open_integrals, 0
    expectation, e.in_expectation = e.in_expectation, 0
    stack, e.derivative_stack = e.derivative_stack, []
    try:
        with e.scope.only({p.name: s for p, s in zip(definition.params, symbols, strict=True)}):
            body = e.value(definition.body, definition.span)
            body = e.settle(body, definition.span)
            if e.saw_sign:
                raise e.fail("D061", "a definition with \\pm has two values", definition.span, "define both")
    except ReadError as error:
        definition.memo[memo_key] = error
        raise
    finally:
        definition.active = False
        e.defining -= 1
        e.saw_sign = saw_sign
        e.sizes, e.points, e.open_integrals, e.in_expectation, e.derivative_stack = sizes, points, integrals, expectation, stack
    definition.memo[memo_key] = (symbols, body)
    return symbols, body


def read_again(e: Elaborator) -> None:
    """Read all definitions anew, after a name in them got another meaning: only now a circle of definitions shows."""
    found: list[Definition] = []
    for entry in e.scope.names.values():
        for one in (entry, entry.family):
            if one is not None:
                found += [d for d in (one.definition, *one.density_definitions) if d is not None]
    for definition in found:
        definition.memo.clear()
    for definition in found:
        sorts = tuple(default_sort(e, p) for p in definition.params)
        try:
            body_of(e, definition, sorts, definition.span)
        except ReadError as error:
            if error.diagnostic.code == "D054":
                raise


def instance(e: Elaborator, definition: Definition, args: list[Term], span: Span) -> Term:
    """The body with arguments for parameters."""
    symbols, body = body_of(e, definition, tuple(a.sort for a in args), span)
    check_captures(e, definition, body, args, span)
    e.unfolded.add(definition.key)
    result = substitute(body, dict(zip(symbols, args, strict=True))) if symbols else body
    result = _with_declared(e, definition, result, args)
    e.check_size(result, span)
    return result


def check_captures(e: Elaborator, definition: Definition, body: Term, args: list[Term], span: Span) -> None:
    """A parameter that shadows a declared symbol which the body reaches through other definitions has two readings, unless
    the argument is that symbol itself.  So has one that the law of a random symbol in the body mentions."""
    for param, arg in zip(definition.params, args, strict=True):
        entry = e.scope.names.get(param.name)
        if entry is None or entry.symbol is None or arg is entry.symbol:
            continue
        if entry.symbol in body.free and arg.op != "bvar" and not _fresh_copy(arg, entry.symbol):
            raise e.fail(
                "D108",
                f"{definition.key} depends on {param.name} also through other definitions: is it to be changed there too?",
                span,
                f"make the other definitions functions of {param.name}",
            )
        if arg.op != "bvar" and not _fresh_copy(arg, entry.symbol) and hidden(e.scope, body, {entry.symbol}):
            raise e.fail(
                "D108",
                f"{definition.key} depends on {param.name} also through the law of a random symbol: is it to be changed there too?",
                span,
                "write the expectation with its law: \\E_{x \\sim \\mathcal{N}(m, 1)}[x]",
            )


def _fresh_copy(arg: Term, symbol: Term) -> bool:
    return arg.op == "sym" and arg.data[0] == symbol.data[0]


def _with_declared(e: Elaborator, definition: Definition, result: Term, args: list[Term]) -> Term:
    """Where a fresh copy of a declared symbol is the argument, dependence through other definitions follows it."""
    changes = {}
    for param, arg in zip(definition.params, args, strict=True):
        entry = e.scope.names.get(param.name)
        if entry is not None and entry.symbol is not None and arg is not entry.symbol and _fresh_copy(arg, entry.symbol):
            if entry.symbol in result.free and entry.symbol.sort == arg.sort:
                changes[entry.symbol] = arg
    return substitute(result, changes) if changes else result


def quantity(e: Elaborator, definition: Definition, span: Span) -> Term:
    """The value of a definition without parameters."""
    return instance(e, definition, [], span)


def elementwise_instance(e: Elaborator, definition: Definition, value: Term, span: Span) -> Term | None:
    """A definition of a function of one number at a vector: entry by entry."""
    scalar = fresh("u")
    try:
        body = instance(e, definition, [scalar], span)
    except ReadError:
        return None
    if body.sort.kind != "num":
        return None
    return build.emap(build.lam((scalar,), (build.REALS,), body), value)


def applied(e: Elaborator, definition: Definition, args: list[tuple[Term, Span]], span: Span) -> Term:
    """A defined function at arguments; of one number at a vector it acts on each entry where the whole makes no sense."""
    params = definition.params
    if len(args) != len(params):
        inner = [p for p in params if p.role in ("arg", "given")]
        if len(inner) == 1 and len(args) > 1 and default_sort(e, inner[0]).kind == "mat" and all(t.sort.kind == "num" for t, _ in args):
            args = [(arithmetic.tuple_as_vector(e, arithmetic.make_tuple([t for t, _ in args])), span)]
        else:
            raise e.fail("D104", f"{definition.key} takes {len(params)} argument{'s' if len(params) != 1 else ''}, not {len(args)}", span, None)
    values: list[Term] = []
    for (t, where), p in zip(args, params, strict=True):
        default = default_sort(e, p)
        if t.op == "tuple":
            t = arithmetic.tuple_as_vector(e, t)
        if default.kind == "num" or t.sort.kind != default.kind:
            t = arithmetic.pointed(e, t, where) if t.sort.kind in ("fun", "dist") and e.points else t
        if default.kind == "num" and t.sort.kind == "mat" and arithmetic.scalar_like(e, t.sort):
            t = build.tonum(t)
        if default.kind == "mat" and t.sort.kind == "num" and t is build.ZERO:
            t = arithmetic.coerce(e, t, default, where)
        values.append(e.sizes.settle(t))
    only = values[0] if len(values) == 1 else None
    if only is not None and only.sort.kind == "mat":
        declared = e.scope.names.get(params[0].name)
        number_first = declared is not None and declared.symbol is not None and declared.symbol.sort.kind == "num"
        if number_first:
            got = elementwise_instance(e, definition, only, span)
            if got is not None:
                return got
        try:
            return instance(e, definition, values, span)
        except ReadError:
            got = elementwise_instance(e, definition, only, span)
            if got is not None:
                return got
            raise
    return instance(e, definition, values, span)


def natural_arguments(e: Elaborator, definition: Definition, span: Span) -> tuple[Term, ...] | None:
    """The declared symbols (or quantities) with the names of the parameters, for a function written without arguments."""
    out = []
    for p in definition.params:
        entry = e.scope.find(p.name)
        if entry is None:
            return None
        if entry.symbol is not None:
            out.append(entry.symbol)
        elif entry.definition is not None and entry.definition is not definition and not entry.definition.active:
            inner = natural_arguments(e, entry.definition, span) if entry.definition.params else ()
            if inner is None or any(q.role != "arg" for q in entry.definition.params):
                return None
            out.append(instance(e, entry.definition, list(inner), span))
        else:
            return None
    return tuple(out)


def as_function(e: Elaborator, definition: Definition, span: Span) -> Term:
    """A defined function written without arguments, as a function; it remembers its natural arguments."""
    sorts = tuple(default_sort(e, p) for p in definition.params)
    symbols = tuple(fresh(p.name, s) for p, s in zip(definition.params, sorts, strict=True))
    body = instance(e, definition, list(symbols), span)
    domains = []
    for p, s in zip(definition.params, symbols, strict=True):
        entry = e.scope.names.get(p.name)
        domain = e.scope.domain_of(entry.symbol) if entry is not None and entry.symbol is not None else None
        domains.append(domain if domain is not None and entry is not None and entry.symbol is not None and entry.symbol.sort == s.sort
                       else arithmetic.whole_space(s.sort))  # fmt: skip
    f = build.lam(symbols, domains, body)
    natural = natural_arguments(e, definition, span)
    if natural is not None and tuple(t.sort for t in natural) == sorts:
        e.natural[f] = natural
    return f


def use(e: Elaborator, definition: Definition, found: Found, exponent: Seq | None, span: Span, c: Cursor) -> Term:
    """A defined name where it stands: indices from its scripts, arguments from the bracket behind."""
    subs = [p for p in definition.params if p.role == "sub"]
    sups = [p for p in definition.params if p.role == "sup"]
    args = [p for p in definition.params if p.role in ("arg", "given")]
    given: list[tuple[Term, Span]] = []
    leftover: Seq | None = found.sub
    if subs:
        if found.sub is None:
            raise e.fail("D104", f"{definition.key} needs its index", span, None)
        pieces = names.index_pieces(found.sub, len(subs))
        if len(pieces) < len(subs):
            raise e.fail("D104", f"{definition.key} takes {len(subs)} indices", found.sub.span, None)
        extra = pieces[len(subs) :]
        if extra:
            flat = tuple(i for p in extra for i in p)
            leftover = Seq(flat, span_of(flat, found.sub.span))
        else:
            leftover = None
        for piece in pieces[: len(subs)]:
            where = span_of(piece, found.sub.span)
            given.append((read_index(e, piece, where), where))
    if sups:
        given.append((e.number(found.label_items, span), span))
    if not args:
        value = instance(e, definition, [t for t, _ in ordered(definition, given, [])], span)
        if leftover is not None:
            value = matrices.read_entry(e, value, leftover, span)
        if value.sort.kind == "fun":
            return names.use_function(e, value, found.primes, found.label_items if found.label else (), exponent, span, c)
        if value.sort.kind == "dist" and e.bracket_next(c):
            return names.power_after(e, laws.density_at(e, value, c, span), exponent, span)
        return names.power_after(e, value, exponent, span)
    order = found.primes
    if found.label is not None and found.label_items:
        if names.symbolic_order(e, found.label_items, span):
            f = _partial_function(e, definition, given, span) if (subs or sups) else as_function(e, definition, span)
            if f.sort.kind == "fun" and f.sort.arity == 1:
                return names.use_function(e, f, found.primes, found.label_items, exponent, span, c)
        order = names.derivative_order(e, found.label_items, span)
    inverse = exponent is not None and canonical(exponent.items) == "-1"
    if order or inverse or not e.bracket_next(c):
        f = _partial_function(e, definition, given, span) if (subs or sups) else as_function(e, definition, span)
        if order and f.sort.arity == 1:
            natural = e.natural.get(f)
            f = names.derived(e, f, order, span)
            if natural is not None:
                e.natural[f] = natural
        elif order:
            raise e.fail("D110", "a prime needs a function of one variable", span, "write \\frac{\\partial f}{\\partial x}")
        if leftover is not None:
            return _component(e, f, leftover, exponent, span, c)
        return names.use_function(e, f, 0, (), exponent, span, c)
    if exponent is not None:
        raise e.fail(
            "D108", "a power of a function before its argument: of the value, or the function applied repeatedly?", span, "write f(x)^2 or f(f(x))"
        )
    group, scripts = application.take_bracket(c)
    whole = Span(span.start, group.span.end)
    values = []
    for piece in application.argument_list(e, group):
        where = span_of(piece, group.span)
        values.append((e.value(piece, where), where))
    if len(values) != len(args) and len(args) == 1:
        values = _packed(e, definition, args[0], values, whole)
    result = applied(e, definition, ordered(definition, given, values), whole)
    if leftover is not None:
        result = matrices.read_entry(e, result, leftover, whole)
    if scripts is not None:
        result = e.postfix(result, scripts.sub, scripts.sup, scripts.primes, Span(span.start, scripts.span.end))
    return result


def _packed(
    e: Elaborator, definition: Definition, param: Param, values: list[tuple[Term, Span]], span: Span
) -> list[tuple[Term, Span]]:
    if default_sort(e, param).kind == "mat" and all(t.sort.kind == "num" for t, _ in values):
        return [(arithmetic.tuple_as_vector(e, arithmetic.make_tuple([t for t, _ in values])), span)]
    raise e.fail("D104", f"{definition.key} takes 1 argument, not {len(values)}", span, None)


def ordered(
    definition: Definition, scripts: list[tuple[Term, Span]], args: list[tuple[Term, Span]]
) -> list[tuple[Term, Span]]:
    """Arguments in the order of the parameters."""
    rest, inner = list(scripts), list(args)
    out = []
    for p in definition.params:
        source = rest if p.role in ("sub", "sup") else inner
        if source:
            out.append(source.pop(0))
    return out + inner


def _partial_function(e: Elaborator, definition: Definition, scripts: list[tuple[Term, Span]], span: Span) -> Term:
    """`f_k` without argument, as a function of its arguments in brackets."""
    inner = [p for p in definition.params if p.role in ("arg", "given")]
    symbols = [fresh(p.name, default_sort(e, p)) for p in inner]
    values = ordered(definition, scripts, [(s, span) for s in symbols])
    body = instance(e, definition, [t for t, _ in values], span)
    f = build.lam(symbols, [arithmetic.whole_space(s.sort) for s in symbols], body)
    natural = []
    for p in inner:
        entry = e.scope.find(p.name)
        if entry is None or entry.symbol is None:
            return f
        natural.append(entry.symbol)
    if tuple(s.sort for s in natural) == tuple(s.sort for s in symbols):
        e.natural[f] = tuple(natural)
    return f


def _component(e: Elaborator, f: Term, sub: Seq, exponent: Seq | None, span: Span, c: Cursor) -> Term:
    """`f_i(x)`: the entry of the value of a vector function."""
    if e.bracket_next(c):
        value = application.apply_to_bracket(e, f, c, span)
    else:
        value = arithmetic.pointed(e, f, span)
    return names.power_after(e, matrices.read_entry(e, value, sub, span), exponent, span)


def read_index(e: Elaborator, items: tuple[object, ...], span: Span) -> Term:
    """A subscript that a definition takes as a parameter: a number, or anything else that it may be."""
    return e.value(items, span)  # type: ignore[arg-type]
