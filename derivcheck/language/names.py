"""Names: which declaration, definition or built-in meaning a name with its scripts has, and its application to brackets.

The longest part of a written name that is declared is the name; what is left over is an index, a derivative or a power (rules 2, 4, 8).
What nobody declared has its usual meaning (rule 11) or is a real symbol, with a warning.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from derivcheck.language import (
    application,
    arithmetic,
    calls,
    definitions,
    densities,
    laws,
    matrices,
    matrix_names,
    operators,
    powers,
    probability_names,
    sets,
    undeclared,
)
from derivcheck.language.cursor import Cursor
from derivcheck.language.functions import FUNCTION_NAMES, ONE_LETTER_FUNCTIONS
from derivcheck.language.items import (
    Items,
    canonical,
    drop_spaces,
    is_comma,
    is_mid,
    names_in,
    plain,
    span_of,
    split_on,
)
from derivcheck.language.scope import Definition, Entry, Param, total_arity
from derivcheck.language.syntax import Group, Item, Leaf, Macro, Scripts, Seq, Span
from derivcheck.terms import build
from derivcheck.terms.build import E_CONST, I_CONST, INF, PI
from derivcheck.terms.term import Term, fresh, mk

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator

_WORD_LABELS = ("\\mathrm{", "\\text{", "\\mathsf{", "\\mathtt{", "\\operatorname{")


@dataclass
class Found:
    """An entry with the scripts that its name did not use up."""

    entry: Entry
    key: str
    sub: Seq | None
    primes: int
    label: str | None
    label_items: Items


def split_superscript(sup: Seq | None) -> tuple[str | None, Items, Seq | None]:
    """A label (`*`, `(t)`, a word) and the power that is left."""
    if sup is None:
        return None, (), None
    items = drop_spaces(sup.items)
    if len(items) == 1 and isinstance(items[0], Group) and items[0].open == "{":
        items = drop_spaces(items[0].body.items)
    if not items:
        return None, (), sup
    first = items[0]
    rest = Seq(items[1:], span_of(items[1:], sup.span)) if len(items) > 1 else None
    if isinstance(first, Leaf) and first.text in ("*", "\\star"):
        return "*", (), rest
    if isinstance(first, Group) and first.open == "(" and first.close == ")":
        if len(items) == 1 or not (isinstance(items[1], (Leaf, Group)) and getattr(items[1], "kind", "") == "op"):
            return f"({canonical(first.body.items)})", first.body.items, rest
    if isinstance(first, Leaf) and first.kind in ("name", "text") and first.text.startswith(_WORD_LABELS) and len(plain(first.text)) > 1:
        return canonical((first,)), (), rest
    return None, (), sup


def key_of(base: str, primes: int, sub: Seq | None, label: str | None) -> str:
    key = base + "'" * primes
    if sub is not None:
        key += f"_{{{canonical(sub.items)}}}"
    return key + (f"^{{{label}}}" if label is not None else "")


def find_name(e: Elaborator, base: str, sub: Seq | None, primes: int, label: str | None, label_items: Items) -> Found | None:
    """The longest declared part of a name."""
    scope = e.scope
    for use_primes in (True, False) if primes else (True,):
        for use_label in (True, False) if label is not None else (True,):
            for use_sub in (True, False) if sub is not None else (True,):
                key = key_of(base, primes if use_primes else 0, sub if use_sub else None, label if use_label else None)
                entry = scope.find(key)
                if entry is None and label is not None and use_label:
                    family_key = key_of(base, primes if use_primes else 0, sub if use_sub else None, None) + "^{(·)}"
                    entry = scope.find(family_key)
                    if entry is not None and label.startswith("("):
                        left_sub = None if use_sub else sub
                        return Found(entry, family_key, left_sub, 0 if use_primes else primes, None, label_items)
                    entry = None
                if entry is None:
                    continue
                left = Found(
                    entry,
                    key,
                    None if use_sub else sub,
                    0 if use_primes else primes,
                    None if use_label else label,
                    () if use_label else label_items,
                )
                if left.sub is not None and entry.family is not None and _prefers_family(entry, left.sub):
                    left.entry = entry.family
                    if _applicable(left):
                        return left
                    left.entry = entry
                if _applicable(left):
                    return left
                if left.sub is not None and entry.family is not None:
                    left.entry = entry.family
                    if _applicable(left):
                        return left
    other, sign = _VARIANTS.get(base, ("", ""))
    if sign and sign in e.text and any(k.startswith(other) for k in scope.names) and not any(k.startswith(base) for k in scope.names):
        return find_name(e, other, sub, primes, label, label_items)
    return None


# letters that Unicode tells apart otherwise than most who type them
_VARIANTS = {"\\phi": ("\\varphi", "φ"), "\\varphi": ("\\phi", "φ"), "\\epsilon": ("\\varepsilon", "ε"), "\\varepsilon": ("\\epsilon", "ε")}


def _prefers_family(entry: Entry, sub: Seq) -> bool:
    """Whether an index on a letter that is both a symbol and a family is one of the family: not where it is a full index of an
    entry and the family has another number of indices."""
    assert entry.family is not None
    if entry.symbol is None:
        return True
    own = total_arity(entry.symbol.sort)
    if entry.family.symbol is not None:
        family = entry.family.symbol.sort.arity
    else:
        assert entry.family.definition is not None
        family = sum(p.role == "sub" for p in entry.family.definition.params)
    return len(index_pieces(sub, own)) != own or own == family


def _applicable(found: Found) -> bool:
    entry = found.entry
    if found.sub is not None:
        if entry.symbol is not None:
            sort = entry.symbol.sort
            result = sort.result if sort.kind == "fam" else sort
            if not total_arity(sort) and result.kind != "fun":
                return False
            if sort.kind == "fun" and total_arity(sort.result) == 0:
                return False
        elif entry.definition is not None:
            roles = {p.role for p in entry.definition.params}
            if "sub" not in roles and not definitions.indexable(entry.definition):
                return False
        else:
            return False
    if found.primes or found.label is not None:
        if found.label is not None and not found.label.startswith("("):
            return False
        if entry.symbol is not None:
            sort = entry.symbol.sort
            result = sort.result if sort.kind == "fam" else sort
            if found.label is not None and found.primes == 0 and result.kind in ("num", "mat") and not entry.local:
                return True  # an error with both readings follows
            return result.kind == "fun"
        return entry.definition is not None and any(p.role == "arg" for p in entry.definition.params)
    return True


def members_of(e: Elaborator, base: str) -> dict[str, Entry]:
    """Names that differ from `base` by a number in the subscript: `x_1`, `x_2` declared one by one."""
    head = base + "_{"
    return {k[len(head) : -1]: v for k, v in e.scope.names.items() if k.startswith(head) and k.endswith("}") and k[len(head) : -1].isdigit()}


def _with_parameter(e: Elaborator, base: str, sub: Seq | None, primes: int, label: str | None, label_items: Items) -> Found | None:
    """`f_2` after `define f_\\theta(x) = \\theta x`, where θ is a declared symbol: the definition with 2 for θ."""
    if sub is None or label is not None or any(e.scope.find(n) is None for n in names_in(sub.items)):
        return None
    found: list[tuple[str, str, Definition]] = []
    for key, entry in e.scope.names.items():
        letter = key[len(base) + 2 : -1]
        if entry.definition is None or key != f"{base}_{{{letter}}}" or any(p.role == "sub" for p in entry.definition.params):
            continue
        declared = e.scope.names.get(letter)
        if declared is not None and declared.symbol is not None and declared.symbol.sort.kind == "num" and letter in names_in(entry.definition.body):
            found.append((key, letter, entry.definition))
    if len(found) != 1:
        return None
    key, letter, plain_one = found[0]
    if key not in e.scope.parametric:
        params = (Param(letter, "sub", plain_one.span), *plain_one.params)
        e.scope.parametric[key] = Definition(base, params, plain_one.body, plain_one.span)
    return Found(Entry(definition=e.scope.parametric[key]), base, sub, primes, None, label_items)


# --- reading a name -------------------------------------------------------------------------------------------------------


def read_name(e: Elaborator, leaf: Leaf, scripts: Scripts | None, c: Cursor) -> Term:
    """A name with scripts, applied to the bracket behind it where it is a function."""
    sub, sup, primes = (scripts.sub, scripts.sup, scripts.primes) if scripts is not None else (None, None, 0)
    span = scripts.span if scripts is not None else leaf.span
    label, label_items, exponent = split_superscript(sup)
    found = find_name(e, leaf.text, sub, primes, label, label_items)
    if found is None and label is not None and label.startswith("(") and _is_euler(e, leaf, sub):
        return e.postfix(E_CONST, None, sup, 0, span)
    if found is None:
        built_in = read_built_in(e, leaf, scripts, c)
        if built_in is not None:
            return built_in
        member = undeclared.numbered_member(e, leaf.text, sub, exponent, span)
        if member is not None:
            return member
        found = _with_parameter(e, leaf.text, sub, primes, label, label_items)
        if found is None:
            return undeclared.undeclared(e, leaf, sub, primes, label, exponent, span, c)
    return use(e, found, exponent, span, c)


def _is_euler(e: Elaborator, leaf: Leaf, sub: Seq | None) -> bool:
    return leaf.text in ("e", "\\mathrm{e}") and sub is None and e.scope.find(leaf.text) is None


def use(e: Elaborator, found: Found, exponent: Seq | None, span: Span, c: Cursor) -> Term:
    """The term of a name that was found."""
    entry = found.entry
    if entry.densities or entry.density_definitions:
        got = densities.use_density(e, entry, found.key, c, span)
        return power_after(e, got, exponent, span)
    if entry.definition is not None:
        return definitions.use(e, entry.definition, found, exponent, span, c)
    assert entry.symbol is not None
    term = entry.symbol
    if found.label_items and term.sort.kind == "fam" and found.label is None:
        term = matrices.index_family(e, term, found.label_items, span)
    if found.sub is not None:
        whole = term
        term = matrices.read_entry(e, term, found.sub, span)
        if exponent is not None and term.op == "entry" and term.args[0] is whole:
            _check_entry_power(e, found.sub, exponent, span)
    if found.label is not None and term.sort.kind in ("num", "mat"):
        raise e.fail(
            "D108",
            f"`{e.source(span)}`: a power, or a symbol with the label {found.label}?",
            span,
            f"write ^{{{found.label[1:-1]}}} for the power, or declare the symbol with let",
        )
    if term.sort.kind == "fun":
        return use_function(e, term, found.primes, found.label_items if found.label else (), exponent, span, c)
    if term.sort.kind == "dist" and e.bracket_next(c):
        got = laws.density_at(e, term, c, span)
        return power_after(e, got, exponent, span)
    return power_after(e, term, exponent, span)


def _check_entry_power(e: Elaborator, sub: Seq, sup: Seq, span: Span) -> None:
    """`A^\\top_{ij}`, `A^{-1}_{ij}`, `A^2_{ij}`: the entry of the transpose, inverse or power, or that of the entry?  `A_{ij}^2` is the
    square of the entry."""
    word = canonical(sup.items)
    if word in ("\\top", "T", "\\mathsf{T}", "-1") or sup.span.start < sub.span.start:
        index = canonical(sub.items)
        raise e.fail("D108", f"`{e.source(span)}`: an entry of the power, or a power of the entry?", span, f"write (A^{{{word}}})_{{{index}}} or (A_{{{index}}})^{{{word}}}")


def power_after(e: Elaborator, term: Term, exponent: Seq | None, span: Span) -> Term:
    return term if exponent is None else powers.power(e, term, exponent, span)


def use_function(
    e: Elaborator, f: Term, primes: int, order_items: Items, exponent: Seq | None, span: Span, c: Cursor
) -> Term:
    """A function-sorted symbol with its derivative marks, perhaps applied."""
    if order_items:
        f = derivative_of_order(e, f, order_items, span)
    if primes:
        f = derived(e, f, primes, span)
    if exponent is not None:
        word = canonical(exponent.items)
        if word == "-1":
            f = mk("invfun", (f,), None, f.sort)
        elif e.bracket_next(c):
            raise e.fail(
                "D108", "a power of a function before its argument: of the value, or the function applied repeatedly?", span, "write f(x)^2 or f(f(x))"
            )
        else:
            value = arithmetic.pointed(e, f, span)
            return powers.power(e, value, exponent, span)
    if e.bracket_next(c):
        return application.apply_to_bracket(e, f, c, span)
    return f


def derivative_of_order(e: Elaborator, f: Term, items: Items, span: Span) -> Term:
    """`f^{(n)}`."""
    order = symbolic_order(e, items, span)
    if order is not None:
        return _of_order(e, f, order)
    primes = derivative_order(e, items, span)
    return derived(e, f, primes, span) if primes else f


def symbolic_order(e: Elaborator, items: Items, span: Span) -> Term | None:
    """The `n` of `f^{(n)}` where it is no number."""
    order = e.number(items, span)
    return order if order.op != "num" and canonical(items) not in ("i", "ii", "iii", "iv", "v") else None


def _of_order(e: Elaborator, f: Term, order: Term) -> Term:
    """`f^{(n)}` with a symbol for n, as a function."""
    d = e.scope.declarations.get(f)
    if len(f.sort.arg_sorts) != 1 or f.sort.arg_sorts[0].kind != "num" or f.sort.result.kind != "num":
        return mk("opaque", (f, order), "a derivative of symbolic order", f.sort)
    x = fresh("x", f.sort.arg_sorts[0])
    domain = d.arg_domains[0] if d is not None and len(d.arg_domains) == 1 else f.args[0] if f.op == "lam" else arithmetic.whole_space(x.sort)
    return build.lam((x,), (domain,), build.nderiv(x, order, arithmetic.apply_term(e, f, [x])))


def derivative_order(e: Elaborator, items: Items, span: Span) -> int:
    """The `n` of `f^{(n)}`."""
    term = e.number(items, span)
    if term.op == "num" and isinstance(term.data, Fraction) and term.data.denominator == 1 and term.data >= 0:
        return int(term.data)
    roman = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5}
    word = canonical(items)
    if word in roman:
        return roman[word]
    raise e.fail("D052", "a derivative of symbolic order has no meaning here yet", span, "write the order as a number")


def derived(e: Elaborator, f: Term, order: int, span: Span) -> Term:
    """The derivative of a function of one number."""
    if order == 0:
        return f
    if f.sort.arity != 1 or f.sort.arg_sorts[0].kind != "num":
        raise e.fail("D110", "a prime needs a function of one real variable", span, "write \\frac{\\partial f}{\\partial x} or \\nabla f")
    if f.op == "lam":
        from derivcheck.terms.term import open_binder

        (x,), body = open_binder(f)
        return build.lam((x,), f.args[:-1], build.deriv(x, body, order=order))
    if f.op == "dfun":
        orders = f.data
        assert isinstance(orders, tuple)
        return build.dfun(f.args[0], (orders[0] + order,))
    return build.dfun(f, (order,))


# --- built-in meanings (rule 11) -----------------------------------------------------------------------------------------------


def read_built_in(e: Elaborator, leaf: Leaf, scripts: Scripts | None, c: Cursor) -> Term | None:
    """The usual meaning of an undeclared name, or None."""
    sub, sup, primes = (scripts.sub, scripts.sup, scripts.primes) if scripts is not None else (None, None, 0)
    span = scripts.span if scripts is not None else leaf.span
    text, word = leaf.text, plain(leaf.text)
    if text == "\\infty" and sub is None:
        return e.postfix(INF, None, sup, 0, span) if sup is not None else INF
    if sub is None and not primes:
        constant = {"e": E_CONST, "\\mathrm{e}": E_CONST, "\\pi": PI, "i": I_CONST, "\\mathrm{i}": I_CONST, "\\imath": I_CONST}.get(text)
        if constant is not None:
            if text == "\\pi" and e.bracket_next(c) and "\\pi" not in e.scope.standing_alone and _looks_applied(c):
                return None
            return power_after(e, constant, sup, span)
    if text in ("\\R", "\\N", "\\Z", "\\Q", "\\C", "\\emptyset"):
        return sets.named_set(e, leaf, scripts)
    got = probability_names.built_in(e, leaf, scripts, c)
    if got is not None:
        return got
    got = matrix_names.built_in(e, leaf, scripts, c)
    if got is not None:
        return got
    if word in ("argmax", "argmin", "arg max", "arg min"):
        return operators.read_macro(e, Leaf("macro", "\\" + word.replace(" ", ""), leaf.span), scripts, c)
    if word in FUNCTION_NAMES and (text.startswith("\\mathrm") or word in ONE_LETTER_FUNCTIONS):
        if word in ONE_LETTER_FUNCTIONS and (not e.bracket_next(c) or sub is not None):
            return None
        if text in ("B", "\\mathrm{B}") and not _has_arguments(c, 2):
            return None
        if text in ("\\Phi",):
            return None
        return calls.read_function(e, FUNCTION_NAMES[word], sub, sup, primes, span, c)
    if text == "\\delta" and sub is not None:
        indices = index_pieces(sub, 2)
        if len(indices) == 2:
            a, b = (e.number(p, span_of(p, sub.span)) for p in indices)
            return power_after(e, build.ind(build.eq(a, b)), sup, span)
    if text.startswith("\\bar{") and sub is None and not primes:
        inside = e.scope.find(text[len("\\bar{") : -1])
        if inside is not None and inside.symbol is not None and e.scope.domain_of(inside.symbol) is build.COMPLEX:
            return power_after(e, build.fn("conj", inside.symbol), sup, span)
    if text == "O" and e.bracket_next(c):
        group, group_scripts = application.take_bracket(c)
        if group_scripts is not None:
            raise e.fail("D040", "scripts on O(…) mean nothing", group_scripts.span, None)
        inner = e.number(group.body.items, group.span)
        return mk("bigO", (inner,))
    if text in ("\\mathcal{O}",) and e.bracket_next(c):
        return read_built_in(e, Leaf("name", "O", leaf.span), scripts, c)
    return None


def _looks_applied(c: Cursor) -> bool:
    """Whether the bracket that comes next holds a bar or a list, as arguments do."""
    item = c.peek()
    if isinstance(item, Scripts):
        item = item.base
    return isinstance(item, Group) and any(is_comma(i) or is_mid(i) for i in item.body.items)


def _has_arguments(c: Cursor, count: int) -> bool:
    item = c.peek()
    if isinstance(item, Scripts):
        item = item.base
    return isinstance(item, Group) and len(split_on(item.body.items, is_comma)) == count


def index_pieces(sub: Seq, arity: int) -> list[Items]:
    """The indices of a subscript: at commas, or letter by letter where `arity` of them are wanted (rule 8)."""
    items = drop_spaces(sub.items)
    if len(items) == 1 and isinstance(items[0], Group) and items[0].open in ("{", "("):
        return index_pieces(items[0].body, arity)
    pieces = split_on(items, is_comma)
    if len(pieces) > 1 or arity == 1:
        return pieces
    units: list[Item] = []
    for item in items:
        if isinstance(item, Leaf) and item.kind == "num" and item.text.isdigit() and len(item.text) > 1:
            units += [Leaf("num", d, item.span) for d in item.text]
        else:
            units.append(item)
    if len(units) == arity and all(isinstance(u, (Leaf, Scripts, Group)) and not _is_sign(u) for u in units):
        return [(u,) for u in units]
    return pieces


def _is_sign(item: Item) -> bool:
    return isinstance(item, Leaf) and item.kind in ("op", "rel") and item.text != ":"


# --- accents that are functions -------------------------------------------------------------------------------------------------


def read_overline(e: Elaborator, item: Macro, scripts: Scripts | None, c: Cursor) -> Term:
    """`\\overline{z}`: a declared name, otherwise the complex conjugate."""
    inner = canonical(item.args[0].items)
    for name in (f"\\overline{{{inner}}}", f"\\bar{{{inner}}}"):
        stand_in = Leaf("name", name, item.span)
        if e.scope.find(name) is not None or any(k.startswith(name) for k in e.scope.names):
            return read_name(e, stand_in, scripts, c)
    value = powers.function(e, "conj", [e.value(item.args[0].items, item.args[0].span)], item.span)
    if scripts is not None:
        return e.postfix(value, scripts.sub, scripts.sup, scripts.primes, scripts.span)
    return value
