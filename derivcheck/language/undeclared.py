"""Names that nobody declared: real numbers with a warning, members of what is declared one by one, indices and sizes, or errors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from derivcheck.language import arithmetic, definitions, names
from derivcheck.language.cursor import Cursor
from derivcheck.language.items import canonical, is_mid, names_in, pair_bars
from derivcheck.language.scope import Entry, is_number, plain_declaration
from derivcheck.language.syntax import Group, Leaf, Scripts, Seq, Span
from derivcheck.terms import build
from derivcheck.terms.build import POSITIVE_INTEGERS, REALS
from derivcheck.terms.printer import to_latex
from derivcheck.terms.term import Term, num, sym

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator



def numbered_member(e: Elaborator, base: str, sub: Seq | None, exponent: Seq | None, span: Span) -> Term | None:
    """`x_i` where only `x_1`, `x_2`, … are declared, one by one."""
    if sub is None:
        return None
    members = names.members_of(e, base)
    if not members or canonical(sub.items).isdigit():
        return None
    values: list[tuple[int, Term]] = []
    for number, entry in sorted(members.items(), key=lambda kv: int(kv[0])):
        if entry.symbol is not None:
            values.append((int(number), entry.symbol))
        elif entry.definition is not None and not entry.definition.params:
            values.append((int(number), definitions.quantity(e, entry.definition, span)))
    if len(values) < 2 or any(v.sort != values[0][1].sort for _, v in values) or values[0][1].sort.kind not in ("num", "mat"):
        return None
    letters = [i.text for i in sub.items if isinstance(i, Leaf) and i.kind == "name"]
    if not any(e.scope.find(n) is not None for n in letters):
        return None
    index = e.number(sub.items, sub.span)
    args: list[Term] = []
    for place, value in values:
        args += [build.eq(index, num(place)), value]
    return names.power_after(e, build.cases(*args), exponent, span)


def undeclared(
    e: Elaborator, leaf: Leaf, sub: Seq | None, primes: int, label: str | None, exponent: Seq | None, span: Span, c: Cursor
) -> Term:
    """A symbol that is never declared is real, with a warning; inside an expectation or as a function it is an error."""
    base = leaf.text
    key = names.key_of(base, primes, sub, label)
    if e.scope.unreadable and e.scope.unreadable.issuperset(re.findall(r"\\[A-Za-z]+|[A-Za-z]", base)):
        raise e.fail("D114", f"{key} stands in a declaration that could not be read", span, "mend the declaration first")
    dotted = re.fullmatch(r"\\d?dot\{(.+)\}", base)
    moving = e.scope.find(dotted[1]) if dotted is not None else None
    if moving is not None and moving.symbol is not None and moving.symbol.sort.kind == "fun":
        raise e.fail("D105", f"{key} is not declared; a dot is part of a name", span, f"write {dotted[1]}'(t) or \\frac{{d{dotted[1]}}}{{dt}} for the derivative")  # type: ignore[index]
    if sub is not None and any(base in frame for frame in e.scope.frames):
        entry = e.scope.find(base)
        if entry is not None and entry.local and entry.symbol is not None and is_number(entry.symbol.sort):
            raise e.fail("D104", f"{base} is a number here and has no entries", span, f"declare {base} as a vector: let {base} \\in \\R^d")
    bold = None if sub is None or primes or label is not None else _bold(e, base)
    if bold is not None:  # x_i of a declared \mathbf{x}
        return names.read_name(e, Leaf("name", bold, leaf.span), Scripts(Leaf("name", bold, leaf.span), sub, exponent, 0, span), c)
    bound = _bound_index(e, sub, label)
    if bound is not None:
        raise e.fail("D105", f"{key} is not declared, and its index {bound} is bound here", span, f"declare the family: let {base}_1, \\dots, {base}_n \\in \\R")
    if e.in_expectation:
        raise e.fail("D106", f"{key} is not declared, and here it matters whether it is random", span, f"add: let {key} random, or let {key} \\in \\R")
    if e.bracket_next(c) and holds_bar(c):
        raise e.fail("D105", f"{key} stands before a condition as a density would, but is not declared", span, f"add: let {key}(x \\mid z) density")
    if e.bracket_next(c) and directly(c) and key not in e.scope.standing_alone and label is None:
        raise e.fail("D105", f"{key} stands before brackets as a function would, but is not declared", span, f"add: let {key} : \\R \\to \\R")
    _no_number(e, base, sub, primes, label, key, span, c)
    like = e.scope.find(base) if sub is None and not primes and label == "*" else None
    if like is not None and like.symbol is not None and like.symbol.sort.is_vector:  # the optimal vector
        return names.power_after(e, _declared_like(e, key, like.symbol, span), exponent, span)
    if key in e.scope.ranges:  # the letter of a family, standing for any of its indices
        return names.power_after(e, declare_index(e, key, e.scope.ranges[key], span), exponent, span)
    symbol = sym(key)
    if symbol not in e.scope.declarations:
        e.warn("D301", f"{key} is not declared; it is taken to be real", span, f"add: let {key} \\in \\R")
        e.scope.declarations[symbol] = plain_declaration(symbol, REALS, declared=False)
    return names.power_after(e, symbol, exponent, span)


def _no_number(e: Elaborator, base: str, sub: Seq | None, primes: int, label: str | None, key: str, span: Span, c: Cursor) -> None:
    """An undeclared name that is written like an operation on a declared one: no new real number can be meant."""
    entry = e.scope.find(base) if sub is None and (primes or label == "*") else None
    if entry is not None and entry.symbol is not None:
        mark = "a prime" if primes else "a star"
        domain = e.scope.domain_of(entry.symbol)
        if entry.symbol.sort.kind == "mat" and not (label is not None and entry.symbol.sort.is_vector):
            raise e.fail("D105", f"{key} is not declared; {mark} is part of a name", span, f"write {base}^\\top for the transpose, or declare {key}")
        if label is not None and domain is build.COMPLEX:
            raise e.fail("D105", f"{key} is not declared; {mark} is part of a name", span, f"write \\overline{{{base}}} for the conjugate, or declare {key}")
    matrix = e.scope.find(base.upper()) if sub is not None and not primes and label is None and len(base) == 1 and base.islower() else None
    if matrix is not None and matrix.symbol is not None and matrix.symbol.sort.kind == "mat" and not matrix.symbol.sort.is_vector and sub is not None:
        if re.fullmatch(r"[A-Za-z0-9],?[A-Za-z0-9]", canonical(sub.items).replace(" ", "")):  # a_{ij} beside the matrix A
            entry_ = f"{base.upper()}_{{{canonical(sub.items)}}}"
            raise e.fail("D105", f"{key} is not declared", span, f"write {entry_} for the entry of {base.upper()}, or add: let {key} \\in \\R")
    if base in ("E", "\\mathrm{E}") and key == base and _random_next(e, c):
        raise e.fail("D106", f"{key} is not declared: an expectation?", span, "write \\E[X] or E[X] for the expectation, or declare it: let E \\in \\R")
    if base == "D" and key == base and _function_next(e, c):
        raise e.fail("D105", "D is not declared: a derivative?", span, "write \\frac{d}{dx} f(x) or f'(x) for the derivative, or declare it: let D \\in \\R")


def _declared_like(e: Elaborator, key: str, symbol: Term, span: Span) -> Term:
    """An undeclared `x^*` lies where the declared vector x does."""
    domain = e.scope.domain_of(symbol) or arithmetic.whole_space(symbol.sort)
    new = sym(key, symbol.sort)
    if new not in e.scope.declarations:
        e.warn("D301", f"{key} is not declared; it is taken to be a vector like {symbol.data[0]}", span, f"add: let {key} \\in {to_latex(domain)}")
        e.scope.declarations[new] = plain_declaration(new, domain, declared=False)
        e.scope.names[key] = Entry(symbol=new)
    return new


def _random_next(e: Elaborator, c: Cursor) -> bool:
    """Whether a random variable comes right behind."""
    item = c.peek()
    head = item.base if isinstance(item, Scripts) else item
    entry = e.scope.find(head.text) if isinstance(head, Leaf) and head.kind == "name" else None
    return entry is not None and entry.symbol is not None and e.scope.is_random(entry.symbol)


def _function_next(e: Elaborator, c: Cursor) -> bool:
    """Whether a declared or defined function comes right behind."""
    item = c.peek()
    head = item.base if isinstance(item, Scripts) else item
    entry = e.scope.find(head.text) if isinstance(head, Leaf) and head.kind == "name" else None
    return entry is not None and (
        (entry.symbol is not None and entry.symbol.sort.kind == "fun") or (entry.definition is not None and bool(entry.definition.params))
    )


def _bold(e: Elaborator, base: str) -> str | None:
    """The declared vector or matrix whose entries are written with the plain letter."""
    if e.scope.find(base) is not None:
        return None
    for font in ("\\mathbf", "\\vec"):
        name = f"{font}{{{base}}}"
        entry = e.scope.find(name)
        if entry is not None and entry.symbol is not None and entry.symbol.sort.kind == "mat":
            return name
    return None


def _bound_index(e: Elaborator, sub: Seq | None, label: str | None) -> str | None:
    """A letter in the scripts of an undeclared name that is a bound variable, or what a derivative is taken by: no single number
    can be meant."""
    letters = set(names_in(sub.items)) if sub is not None else set()
    letters |= set(re.findall(r"\\[A-Za-z]+|[A-Za-z]", label or ""))
    for letter in sorted(letters):
        if any(letter in frame for frame in e.scope.frames) or any(s.op == "sym" and s.data[0] == letter for s in e.derivative_stack):
            return letter
    return None


def holds_bar(c: Cursor) -> bool:
    """Whether the bracket that comes next holds a condition."""
    item = c.peek()
    if isinstance(item, Scripts):
        item = item.base
    return isinstance(item, Group) and any(is_mid(i) for i in pair_bars(item.body.items))


def directly(c: Cursor) -> bool:
    """Whether the bracket comes right behind, with nothing between."""
    return c.i < len(c.items)


def declare_index(e: Elaborator, key: str, domain: Term, span: Span) -> Term:
    """An undeclared symbol in the place of an index is an index."""
    symbol = sym(key)
    if symbol not in e.scope.declarations:
        e.warn("D301", f"{key} is not declared; it is taken to be an index of its place", span, f"add: let {key} \\in \\N_{{>0}}")
        e.scope.declarations[symbol] = plain_declaration(symbol, domain, declared=False)
        e.scope.names[key] = Entry(symbol=symbol)
    return symbol


def declare_size(e: Elaborator, key: str, span: Span) -> Term:
    """An undeclared symbol in the place of a size is a positive integer."""
    symbol = sym(key)
    if symbol not in e.scope.declarations:
        e.warn("D301", f"{key} is not declared; it is taken to be a positive integer", span, f"add: let {key} \\in \\N_{{>0}}")
        e.scope.declarations[symbol] = plain_declaration(symbol, POSITIVE_INTEGERS, declared=False)
        e.scope.names[key] = Entry(symbol=symbol)
    return symbol
