"""Entering names into a scope: once each, as a symbol and as a family of the same letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.language import definitions
from derivcheck.language.scope import Entry
from derivcheck.language.syntax import Span
from derivcheck.terms.term import sym

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


def enter(e: Elaborator, key: str, entry: Entry, *, family: bool, span: Span | None = None) -> None:
    """Put an entry into the scope; a family may stand beside a symbol of its letter.  What was used before its declaration was
    not undeclared after all: definitions that use it are read again, anything else must have meant the same."""
    used = sym(key)
    if used in e.scope.declarations and not e.scope.declarations[used].declared:
        noted = f"{key} is not declared;"
        e.diagnostics[:] = [d for d in e.diagnostics if not (d.code == "D301" and d.message.startswith(noted))]
        if entry.symbol is not used:
            if used in e.scope.seen or any(used in d.domain.free for d in e.scope.declarations.values()):
                where = span if span is not None else Span(0, 0)
                raise e.fail("D109", f"{key} stands above already, where nothing said what it is", where, "move this line above its first use")
            del e.scope.declarations[used]
            _put(e, key, entry, family)
            definitions.read_again(e)
            return
    _put(e, key, entry, family)


def _put(e: Elaborator, key: str, entry: Entry, family: bool) -> None:
    old = e.scope.names.get(key)
    if old is not None and family != is_family(old) and not _replaceable(e, old):
        if family:
            old.family = entry
        else:
            entry.family = old
            e.scope.names[key] = entry
        return
    if old is not None:
        entry.family = old.family
    e.scope.names[key] = entry


def is_family(entry: Entry) -> bool:
    """Whether a name needs an index."""
    if entry.symbol is not None:
        return entry.symbol.sort.kind == "fam"
    return entry.definition is not None and any(p.role == "sub" for p in entry.definition.params)


def check_fresh(e: Elaborator, key: str, span: Span, *, family: bool = False) -> None:
    """A name is declared once; as a family and as a symbol it can be."""
    entry = e.scope.names.get(key)
    if entry is not None and is_family(entry) != family:
        entry = entry.family
    if entry is None:
        return
    if entry.symbol is not None:
        declaration = e.scope.declaration(entry.symbol)
        if declaration is not None and not declaration.declared:
            return
        raise e.fail("D109", f"{key} is declared already", span, "use another name, or assume for a further condition")
    raise e.fail("D109", f"{key} is defined already", span, "use another name")


def _replaceable(e: Elaborator, entry: Entry) -> bool:
    declaration = e.scope.declaration(entry.symbol) if entry.symbol is not None else None
    return declaration is not None and not declaration.declared
