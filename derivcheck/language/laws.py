"""Probability laws: named ones with their parameters, and what can stand where a law is expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.language import application, arithmetic, definitions, densities, matrices, matrix_names, names, powers, sets
from derivcheck.language.cursor import Cursor
from derivcheck.language.items import (
    Items,
    base_leaf,
    canonical,
    drop_spaces,
    find,
    is_comma,
    is_mid,
    leaf,
    pair_bars,
    span_of,
    split_on,
    unfont,
)
from derivcheck.language.scope import Definition, Entry
from derivcheck.language.syntax import Group, Item, Leaf, Scripts, Seq, Span
from derivcheck.terms import build
from derivcheck.terms.build import NATURALS, ONE, POSITIVE, POSITIVE_INTEGERS, ZERO
from derivcheck.terms.sorts import NUM, Sort, vec
from derivcheck.terms.sorts import dist as dist_sort
from derivcheck.terms.term import Term, bind, fresh, mk, num, substitute

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


LAW_NAMES: dict[str, str] = {
    "N": "N", "Normal": "N", "Norm": "N", "Po": "Po", "Pois": "Po", "Poisson": "Po", "Ga": "Ga", "Gam": "Ga", "Gamma": "Ga", "Beta": "Beta",
    "Bern": "Bern", "Ber": "Bern", "Bernoulli": "Bern", "Bin": "Bin", "Binom": "Bin", "Binomial": "Bin", "NB": "NB", "NegBin": "NB", "Cat": "Cat",
    "Categorical": "Cat", "Exp": "Exp", "Exponential": "Exp", "Expo": "Exp", "U": "U", "Unif": "U", "Uniform": "U", "Laplace": "Laplace",
    "Lap": "Laplace", "Dir": "Dir", "Dirichlet": "Dir", "LogN": "LogN", "LogNormal": "LogN", "Lognormal": "LogN", "Geom": "Geom", "Geo": "Geom",
    "InvGa": "InvGa", "IG": "InvGa", "InvGamma": "InvGa",
}  # fmt: skip


_PARAMETERS = {"N": 2, "Po": 1, "Ga": 2, "Beta": 2, "Bern": 1, "Bin": 2, "NB": 2, "Cat": 1, "Exp": 1, "U": 2, "Laplace": 2, "Dir": 1, "LogN": 2,
               "Geom": 1, "InvGa": 2}  # fmt: skip
_MEANING = {
    "N": "mean, variance or covariance", "Po": "rate", "Ga": "shape, rate", "Beta": "a, b", "Bern": "probability", "Bin": "number, probability",
    "NB": "r, rho", "Cat": "vector of probabilities", "Exp": "rate", "U": "lower end, upper end", "Laplace": "mean, scale", "Dir": "vector alpha",
    "LogN": "mean and variance of the logarithm", "Geom": "probability", "InvGa": "shape, scale",
}  # fmt: skip


def law_name(text: str) -> str | None:
    """The named law that a name stands for, if it is written upright or calligraphic."""
    word = unfont(text)
    if text in ("\\mathcal{N}", "\\mathscr{N}"):
        return "N"
    if text in ("\\mathcal{U}",):
        return "U"
    if text.startswith(("\\mathrm{", "\\mathsf{")):
        return LAW_NAMES.get(word)
    return None


def is_separator(item: Item) -> bool:
    """What separates the values from the parameters: `;`, `|`, `\\mid`."""
    return is_mid(item) or leaf(item, None, ";")


def make_law(e: Elaborator, name: str, params: list[tuple[Term, Span]], span: Span) -> Term:
    """A named law with its parameters at their sorts."""
    count = _PARAMETERS[name]
    if name in ("Cat", "Dir") and len(params) > 1:
        return _listed(e, name, params)
    if len(params) != count:
        raise e.fail("D104", f"this law takes {count} parameter{'s' if count > 1 else ''}, not {len(params)}", span, f"its parameters: {_MEANING[name]}")
    values = [arithmetic.pointed(e, t, s) for t, s in params]
    values = [arithmetic.tuple_as_vector(e, t) if t.op == "tuple" else t for t in values]
    where = [s for _, s in params]
    if name == "N":
        mean, cov = values
        if cov.sort.kind == "mat" and not (arithmetic.scalar_like(e, cov.sort) and mean.sort.kind == "num"):
            powers.check_square(e, cov, where[1], "a covariance")
            if mean.sort.kind != "mat":
                if mean is not ZERO:
                    raise e.fail("D101", f"sizes do not match: the mean is a number, the covariance {arithmetic.kind_word(e, cov.sort)}", span, None)
                mean = mk("zeros", (cov.sort.rows, ONE), None, Sort("mat", (cov.sort.rows, ONE, True)))
            if not (e.sizes.unify(mean.sort.rows, cov.sort.rows) and e.sizes.unify(mean.sort.cols, ONE)):
                raise e.fail(
                    "D101", f"sizes do not match: the mean is {arithmetic.kind_word(e, mean.sort)}, the covariance {arithmetic.kind_word(e, cov.sort)}", span, None
                )
            return build.distribution("N", mean, cov, over=Sort("mat", (mean.sort.rows, ONE, True)))
        if mean.sort.kind == "mat" and not arithmetic.scalar_like(e, mean.sort):
            raise e.fail(
                "D101", f"sizes do not match: the mean is {arithmetic.kind_word(e, mean.sort)}, the covariance a number", where[1], "write \\sigma^2 I"
            )
        return build.distribution("N", arithmetic.as_number(e, mean, where[0]), arithmetic.as_number(e, cov, where[1]))
    if name in ("Cat", "Dir"):
        weights = values[0]
        if weights.sort.kind == "fam":
            weights = matrix_names.family_as_vector(e, weights, where[0])
        if weights.sort.kind == "dist":
            weights = _masses_as_vector(e, weights)
        if weights.sort.kind != "mat":
            raise e.fail("D102", "a vector of parameters is expected", where[0], "declare it: let \\pi \\in \\R^K")
        over = NUM if name == "Cat" else weights.sort
        return build.distribution(name, weights, over=over)
    shaped = next((v for v in values if v.sort.kind == "mat" and not arithmetic.scalar_like(e, v.sort)), None)
    if shaped is not None:
        return mk("opaque", tuple(values), f"the law {name} of a vector", dist_sort(shaped.sort))
    return build.distribution(name, *(arithmetic.as_number(e, v, s) for v, s in zip(values, where, strict=True)))


def _listed(e: Elaborator, name: str, params: list[tuple[Term, Span]]) -> Term:
    """`Dir(a, b, c)`, `Cat(p, q, r)`: the entries of the vector."""
    entries = tuple(arithmetic.as_number(e, t, s) for t, s in params)
    weights = mk("bmat", entries, (len(entries), 1), vec(num(len(entries))))
    return build.distribution(name, weights, over=NUM if name == "Cat" else weights.sort)


def _masses_as_vector(e: Elaborator, law: Term) -> Term:
    """A mass function on 1, …, K as the vector of its values; other laws as they are."""
    domain = e.scope.declaration(law)
    inside = domain.domain.args[0] if domain is not None and domain.domain.op == "prob" else None
    if inside is None or inside.op != "range" or inside.args[0] is not ONE:
        return law
    i, j = fresh("i"), fresh("j")
    return bind("mlam", (i, j), (inside.args[1], ONE), build.pdf(law, i), None, vec(inside.args[1]))


def split_call(e: Elaborator, group: Group) -> tuple[list[Items], list[Items] | None]:
    """The parts before and after the bar or semicolon of a bracket (None where there is neither)."""
    items = pair_bars(group.body.items)
    position = find(items, is_separator)
    if position < 0:
        return list(split_on(items, is_comma)), None
    before = split_on(items[:position], is_comma)
    after = split_on(items[position + 1 :], lambda i: is_comma(i) or is_separator(i))
    return before, after


def read_named(e: Elaborator, name: str, sub: Seq | None, sup: Seq | None, span: Span, c: Cursor) -> Term | None:
    """`\\mathcal N(\\mu, \\Sigma)` as a law, `\\mathcal N(x; \\mu, \\Sigma)` and `\\mathrm{Norm}_x[\\mu, \\Sigma]` as a density."""
    if not e.bracket_next(c):
        return None
    group, scripts = application.take_bracket(c)
    before, after = split_call(e, group)
    whole = Span(span.start, group.span.end)
    if after is None and name == "U" and len(before) == 1:
        interval = sets.read_set(e, before[0], group.span)
        if interval.op == "interval":
            return build.distribution("U", *interval.args)
        raise e.fail("D104", "the uniform law takes the ends of its interval", group.span, "write \\mathrm{U}(a, b)")
    parameters = [(e.value(p, span_of(p, group.span)), span_of(p, group.span)) for p in (after if after is not None else before)]
    if name == "U" and len(parameters) == 1 and parameters[0][0].op == "interval":
        parameters = [(t, group.span) for t in parameters[0][0].args]
    law = make_law(e, name, parameters, whole)
    point: Term | None = None
    if after is not None:
        values = [e.value(p, span_of(p, group.span)) for p in before]
        point = values[0] if len(values) == 1 else arithmetic.tuple_as_vector(e, arithmetic.make_tuple(values))
    elif sub is not None:
        point = e.value(sub.items, sub.span)
    if sub is not None and after is not None:
        raise e.fail("D104", "a subscript and a value before the bar", span, None)
    if point is None:
        if sup is not None or scripts is not None:
            raise e.fail("D040", "a power of a law", span, None)
        return law
    value = density_of(e, law, [point], whole)
    if sup is not None:
        value = powers.power(e, value, sup, whole)
    if scripts is not None:
        value = e.postfix(value, scripts.sub, scripts.sup, scripts.primes, whole)
    return value


def density_of(e: Elaborator, law: Term, point: list[Term], span: Span) -> Term:
    """The density or mass of a law at a point."""
    over = law.sort.result
    sorts = list(over.params) if over.kind == "tuple" else [over]
    if len(sorts) == 1 and len(point) > 1 and over.kind == "mat":
        point = [arithmetic.tuple_as_vector(e, arithmetic.make_tuple(point))]
    if len(sorts) != len(point):
        raise e.fail("D104", f"this density takes {len(sorts)} arguments, not {len(point)}", span, None)
    values = [arithmetic.coerce(e, p, s, span) for p, s in zip(point, sorts, strict=True)]  # type: ignore[arg-type]
    return arithmetic.density_value(e, law, values)


def density_at(e: Elaborator, law: Term, c: Cursor, span: Span) -> Term:
    """A law-sorted symbol applied to the bracket that follows."""
    group, scripts = application.take_bracket(c)
    before, after = split_call(e, group)
    if after is not None:
        raise e.fail("D112", "this density is not declared as a conditional one", group.span, "declare it: let p(x \\mid z) density")
    point = [e.value(p, span_of(p, group.span)) for p in before]
    if len(point) == 1 and point[0].op == "tuple":
        point = list(point[0].args)
    whole = Span(span.start, group.span.end)
    value = density_of(e, law, point, whole)
    if scripts is not None:
        value = e.postfix(value, scripts.sub, scripts.sup, scripts.primes, Span(span.start, scripts.span.end))
    return value


def support_of(e: Elaborator, law: Term) -> tuple[Term, ...]:
    """The set that each variable of a law runs through."""
    if law.op == "lam":
        return law.args[:-1]
    if law.op == "sym":
        for density in densities.all_densities(e):
            if density.symbol is law:
                return tuple(e.scope.domain_of(s) or arithmetic.whole_space(s.sort) for s in density.before_symbols)
        declaration = e.scope.declaration(law)
        if declaration is not None and declaration.domain.op == "prob":
            inside = declaration.domain.args[0]
            return inside.args if inside.op == "product" else (inside,)
    if law.op == "idx":
        declaration = e.scope.declaration(law.args[0])
        if declaration is not None and declaration.domain.op == "prob":
            inside = declaration.domain.args[0]
            return inside.args if inside.op == "product" else (inside,)
    if law.op == "dist":
        name = law.data
        if name in ("Po", "NB"):
            return (NATURALS,)
        if name == "Geom":
            return (POSITIVE_INTEGERS,)
        if name in ("Ga", "Exp", "LogN", "InvGa"):
            return (POSITIVE,)
        if name == "Beta":
            return (build.interval(ZERO, ONE, "()"),)
        if name == "Bern":
            return (build.int_range(ZERO, ONE),)
        if name == "Bin":
            return (build.int_range(ZERO, law.args[0]),)
        if name == "Cat":
            return (build.int_range(ONE, law.args[0].sort.rows),)
        if name == "U":
            return (build.interval(law.args[0], law.args[1], "[]"),)
    over = law.sort.result if law.sort.kind == "dist" else NUM
    sorts = list(over.params) if over.kind == "tuple" else [over]
    return tuple(arithmetic.whole_space(s) for s in sorts)  # type: ignore[arg-type]


def written_variables(e: Elaborator, items: Items) -> tuple[Term, ...]:
    """The variables of `p(x, y)` or `p(x, y \\mid z)` before the bar, if there are several and all are symbols."""
    items = drop_spaces(items)
    if len(items) != 2 or not isinstance(items[1], Group) or items[1].open not in ("(", "["):
        return ()
    before, _ = split_call(e, items[1])
    pieces = [drop_spaces(p) for p in before]
    if len(pieces) < 2 or any(len(p) != 1 or base_leaf(p[0]) is None or base_leaf(p[0]).kind != "name" for p in pieces):  # type: ignore[union-attr]
        return ()
    found = tuple(e.value(p, span_of(p, items[1].span)) for p in pieces)
    return found if all(x.op == "sym" for x in found) else ()


def read_law(e: Elaborator, items: Items, span: Span, over: Sort | None = None, order: tuple[Term, ...] = ()) -> Term:
    """A sequence as a law; `order` are the variables of a law beside it, for a product of densities of them."""
    law, _ = read_law_with_variables(e, items, span, order)
    if over is not None and law.sort.kind == "dist":
        if law.sort.result.kind == "mat" and over.kind == "mat":
            arithmetic.check_shape(e, law.sort.result, over, span)
        elif law.sort.result.kind != over.kind and over.kind != "fam":
            raise e.fail("D102", f"a law of {arithmetic.kind_word(e, law.sort.result)} for {arithmetic.kind_word(e, over)}", span, None)
    return law


def read_law_with_variables(e: Elaborator, items: Items, span: Span, order: tuple[Term, ...] = ()) -> tuple[Term, list[Item] | None]:
    """A law, and its variables where they are written: `q(z \\mid x)` is a law of z."""
    items = drop_spaces(items)
    if find(items, lambda i: leaf(i, "rel", "\\mapsto")) > 0:
        return as_density(e, application.read_arrow_function(e, items, span)), None
    if len(items) == 1 and isinstance(items[0], Group) and items[0].open in ("{", "(", "["):
        return read_law_with_variables(e, items[0].body.items, items[0].span, order)
    if not items:
        raise e.fail("D112", "a law is missing here", span, None)
    if len(items) == 3 and [canonical((i,)) for i in items[:2]] == ["P", "r"] and not e.scope.declared("P"):
        items = (Leaf("macro", "\\Pr", span_of(items[:2], span)), items[2])
    items = _upright(e, items, span)
    head = base_leaf(items[0])
    if len(items) == 2 and head is not None and isinstance(items[1], Group):
        got = _law_call(e, items[0], head, items[1], span)
        if got is not None:
            return got
    if len(items) == 1 and head is not None:
        law = _bare_law(e, items[0], head, span)
        if law is not None:
            return law, None
    points, e.points = e.points, []
    try:
        value = e.value(items, span)
    finally:
        e.points = points
    if value.sort.kind == "dist":
        return value, None
    if value.sort.kind == "fun":
        return as_density(e, value), None
    if value.op == "pdf" and len(value.args) == 2 and value.args[1].op == "sym" and value.args[1] not in value.args[0].free:
        return value.args[0], None
    if value.sort.kind == "num":
        law = _law_of_product(e, value, order) or _law_of_expression(e, items, value)
        if law is not None:
            return law, None
    raise e.fail("D112", f"a law is expected here, this is {arithmetic.kind_word(e, value.sort)}", span, "write a density such as p or \\mathcal{N}(0, 1)")


def _upright(e: Elaborator, items: Items, span: Span) -> Items:
    """`N(0, 1)` and `Bin(n, p)` in the place of a law: in italics the name of a law is no product of letters."""
    word = "".join(i.text if isinstance(i, Leaf) and i.kind == "name" and len(i.text) == 1 else " " for i in items[:-1])
    if not isinstance(items[-1], Group) or word not in LAW_NAMES or e.scope.declared(word[0]):
        return items
    return Leaf("name", "\\mathcal{N}" if word == "N" else f"\\mathrm{{{word}}}", span_of(items[:-1], span)), items[-1]


def _law_of_product(e: Elaborator, value: Term, order: tuple[Term, ...]) -> Term | None:
    """`p(x) p(y)` beside `p(x, y)`: a density of x and y, in this order."""
    from derivcheck.terms.term import subterms

    points = {a for t in subterms(value) if t.op == "pdf" for a in t.args[1:]}
    if len(order) < 2 or len(set(order)) < len(order) or not points.issuperset(order):
        return None
    copies = tuple(fresh(str(x.data[0]), x.sort) for x in order)
    domains = tuple(e.scope.domain_of(x) or arithmetic.whole_space(x.sort) for x in order)
    return build.lam(copies, domains, substitute(value, dict(zip(order, copies, strict=True))), density=True)


def _law_of_expression(e: Elaborator, items: Items, value: Term) -> Term | None:
    """`\\frac{p(x) + q(x)}{2}` as a density: of the only variable at which densities are taken in it."""
    points = set()
    from derivcheck.terms.term import subterms

    for t in subterms(value):
        if t.op == "pdf" and len(t.args) == 2:
            points.add(t.args[1])
    if len(points) != 1:
        return None
    (x,) = points
    if x.op != "sym":
        return None
    u = fresh(str(x.data[0]), x.sort)
    domain = e.scope.domain_of(x) or arithmetic.whole_space(x.sort)
    return build.lam((u,), (domain,), substitute(value, {x: u}), density=True)


def _bare_law(e: Elaborator, item: Item, head: Leaf, span: Span) -> Term | None:
    scripts = item if isinstance(item, Scripts) else None
    if scripts is not None and scripts.sup is not None and canonical(scripts.sup.items) not in ("*",) and not canonical(scripts.sup.items).startswith("("):
        return None
    label, label_items, _ = names.split_superscript(scripts.sup if scripts is not None else None)
    found = names.find_name(e, head.text, scripts.sub if scripts else None, scripts.primes if scripts else 0, label, label_items)
    if found is None:
        return None
    entry = found.entry
    if entry.densities or entry.density_definitions:
        if len(entry.densities) + len(entry.density_definitions) == 1:
            if entry.densities and not entry.densities[0].given:
                return entry.densities[0].symbol
            if entry.densities:
                d = entry.densities[0]
                copies = tuple(fresh(n, s.sort) for n, s in zip(d.before, d.before_symbols, strict=True))
                domains = tuple(e.scope.domain_of(s) or arithmetic.whole_space(s.sort) for s in d.before_symbols)
                return build.lam(copies, domains, build.pdf(d.symbol, *copies, *d.given_symbols), density=True)
            return definition_as_density(e, entry.density_definitions[0], span)
        raise e.fail("D112", f"{found.key} has several densities", span, f"write {found.key}(x \\mid z) with its variables")
    if entry.definition is not None and any(p.role == "arg" for p in entry.definition.params) and found.sub is None:
        return as_density(e, definitions.as_function(e, entry.definition, span))
    return None


def definition_as_density(e: Elaborator, definition: Definition, span: Span) -> Term:
    """A defined conditional density as a law of its variables before the bar."""
    args = [p for p in definition.params if p.role == "arg"]
    copies = tuple(fresh(p.name, definitions.default_sort(e, p)) for p in args)
    rest = []
    for p in definition.params:
        if p.role == "arg":
            rest.append(copies[args.index(p)])
            continue
        entry = e.scope.find(p.name)
        if entry is None or entry.symbol is None:
            raise e.fail("D112", f"the condition {p.name} of {definition.key} is not declared", span, None)
        rest.append(entry.symbol)
    body = definitions.instance(e, definition, rest, span)
    domains = [_domain_of_name(e, p.name, s) for p, s in zip(args, copies, strict=True)]
    return as_density(e, build.lam(copies, domains, body))


def _domain_of_name(e: Elaborator, name: str, symbol: Term) -> Term:
    entry = e.scope.find(name)
    if entry is not None and entry.symbol is not None and entry.symbol.sort == symbol.sort:
        domain = e.scope.domain_of(entry.symbol)
        if domain is not None:
            return domain
    return arithmetic.whole_space(symbol.sort)


def as_density(e: Elaborator, f: Term) -> Term:
    """A function as a density; `x ↦ \\mathcal N(x; …)` is that law itself."""
    if f.op == "lam":
        from derivcheck.terms.term import open_binder

        symbols, body = open_binder(f)
        if body.op == "pdf" and body.args[1:] == symbols and not any(s in body.args[0].free for s in symbols):
            return body.args[0]
        return build.lam(symbols, f.args[:-1], body, density=True)
    symbols = tuple(fresh("x", s) for s in f.sort.arg_sorts)
    declaration = e.scope.declaration(f)
    domains = declaration.arg_domains if declaration is not None and declaration.arg_domains else tuple(
        arithmetic.whole_space(s.sort) for s in symbols
    )
    return build.lam(symbols, domains, build.apply(f, *symbols), density=True)


def _law_call(e: Elaborator, item: Item, head: Leaf, group: Group, span: Span) -> tuple[Term, list[Item] | None] | None:
    """`q(z \\mid x)`, `p(x)`, `\\mathcal N(z; 0, 1)` as a law of what stands before the bar."""
    scripts = item if isinstance(item, Scripts) else None
    if scripts is not None and scripts.sup is not None:
        label, label_items, power = names.split_superscript(scripts.sup)
        if power is not None:
            return None
    else:
        label, label_items = None, ()
    if group.open not in ("(", "["):
        return None
    before, after = split_call(e, group)
    placeholder = len(before) == 1 and canonical(drop_spaces(before[0])) == "\\cdot"
    found = names.find_name(e, head.text, scripts.sub if scripts else None, scripts.primes if scripts else 0, label, label_items)
    name = law_name(head.text) if found is None else None
    if head.text == "N" and found is None and after is not None:
        name = "N"
    variables = [drop_spaces(p)[0] for p in before if len(drop_spaces(p)) == 1]
    if name is not None:
        if scripts is not None and scripts.sub is not None and after is None:
            parameters = [(e.value(p, span_of(p, group.span)), span_of(p, group.span)) for p in before]
            return make_law(e, name, parameters, span), list(drop_spaces(scripts.sub.items))
        if after is None:
            return None
        if len(variables) != len(before) and not placeholder:
            return None
        parameters = [(e.value(p, span_of(p, group.span)), span_of(p, group.span)) for p in after]
        return make_law(e, name, parameters, span), None if placeholder else variables
    if found is None:
        return None
    entry = found.entry
    if any(base_leaf(v) is None or base_leaf(v).kind not in ("name", "op") for v in variables) or len(variables) != len(before):  # type: ignore[union-attr]
        return None
    if entry.densities or entry.density_definitions:
        if placeholder:
            return _placeholder_law(e, entry, found.key, after or [], span), None
        chosen = densities.choose(e, entry, found.key, before, after or [], span)
        return _chosen_law(e, chosen, before, after or [], span), variables
    if entry.symbol is not None:
        symbol = entry.symbol
        if found.sub is not None:
            symbol = matrices.read_entry(e, symbol, found.sub, span)
        if symbol.sort.kind == "dist" and after is None:
            return symbol, None if placeholder else variables
        if symbol.sort.kind == "fun" and after is None:
            return as_density(e, symbol), None if placeholder else variables
        return None
    definition = entry.definition
    if definition is not None and any(p.role == "arg" for p in definition.params):
        return _defined_law(e, definition, found, before, after or [], span), None if placeholder else variables
    return None


def _placeholder_law(e: Elaborator, entry: Entry, key: str, after: list[Items], span: Span) -> Term:
    """`p(\\cdot \\mid z)`."""
    for d in entry.densities:
        if len(d.given) == len(after):
            copies = tuple(fresh(n, s.sort) for n, s in zip(d.before, d.before_symbols, strict=True))
            values = [arithmetic.coerce(e, e.value(p, span), s.sort, span) for p, s in zip(after, d.given_symbols, strict=True)]
            domains = tuple(e.scope.domain_of(s) or arithmetic.whole_space(s.sort) for s in d.before_symbols)
            return build.lam(copies, domains, build.pdf(d.symbol, *copies, *values), density=True)
    raise e.fail("D112", f"no density {key} of this shape is declared", span, None)


def _chosen_law(e: Elaborator, chosen: densities.Chosen, before: list[Items], given: list[Items], span: Span) -> Term:
    conditions = [(e.value(p, span_of(p, span)), span_of(p, span)) for p in given]
    if isinstance(chosen, Definition):
        args = [p for p in chosen.params if p.role == "arg"]
        copies = [fresh(p.name, definitions.default_sort(e, p)) for p in args]
        body = definitions.applied(e, chosen, [*((s, span) for s in copies), *conditions], span)
        domains = [_domain_of_name(e, p.name, s) for p, s in zip(args, copies, strict=True)]
        return as_density(e, build.lam(copies, domains, body))
    density, b, g = chosen
    if not g:
        law = densities.marginal(density, b, g)
        if b == tuple(sorted(b)):
            return law
    symbols = (*density.before_symbols, *density.given_symbols)
    copies = [fresh(str(symbols[k].data[0]), symbols[k].sort) for k in b]
    conditions = densities.with_parameters(e, density, conditions, len(g), span)
    values = [arithmetic.coerce(e, t, symbols[k].sort, s) for (t, s), k in zip(conditions, g, strict=True)]
    body = build.pdf(densities.marginal(density, b, g), *densities.in_order(density, b, g, [*copies, *values]))
    domains = [e.scope.domain_of(symbols[k]) or arithmetic.whole_space(symbols[k].sort) for k in b]
    return build.lam(copies, domains, body, density=True)


def _defined_law(
    e: Elaborator, definition: Definition, found: names.Found, before: list[Items], given: list[Items], span: Span
) -> Term:
    args = [p for p in definition.params if p.role in ("arg", "given")]
    subs = [p for p in definition.params if p.role == "sub"]
    scripts: list[tuple[Term, Span]] = []
    if subs and found.sub is not None:
        for piece in names.index_pieces(found.sub, len(subs)):
            scripts.append((e.value(piece, span), span))
    if len(args) != len(before) + len(given):
        raise e.fail("D104", f"{definition.key} takes {len(args)} arguments", span, None)
    copies = [fresh(p.name, definitions.default_sort(e, p)) for p in args[: len(before)]]
    conditions = [(e.value(p, span_of(p, span)), span_of(p, span)) for p in given]
    values = definitions.ordered(definition, scripts, [*((s, span) for s in copies), *conditions])
    body = definitions.applied(e, definition, values, span)
    domains = [_domain_of_name(e, p.name, s) for p, s in zip(args, copies, strict=False)]
    return as_density(e, build.lam(copies, domains, body))
