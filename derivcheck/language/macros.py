"""User macros: `\\newcommand`, `\\renewcommand`, `\\providecommand`, `\\DeclareMathOperator`, `\\DeclarePairedDelimiter`, `\\def`, `\\let`.

Expansion works on tokens, outermost first, as in TeX.  Tokens that come out of a macro carry the span of the call.  Work is
counted: more than `MAX_EXPANSIONS` calls or `MAX_WORK` moved tokens in one statement or chain is an error at the call.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from derivcheck.language.diagnostics import ReadError
from derivcheck.language.syntax import Span
from derivcheck.language.tokens import Token, source_of, tokenize

MAX_EXPANSIONS = 20_000
MAX_WORK = 500_000

DEFINERS = frozenset(
    ["\\newcommand", "\\renewcommand", "\\providecommand", "\\DeclareMathOperator", "\\DeclarePairedDelimiter", "\\def", "\\gdef", "\\let"]
)


@dataclass(frozen=True)
class MacroDefinition:
    """`parameters` counts all arguments; the first one is optional where `default` is given."""

    parameters: int
    default: tuple[Token, ...] | None
    body: tuple[Token, ...]


@dataclass
class MacroTable:
    """The user's macros in force.  A file's reader adds to its own copy as it goes down the file."""

    macros: dict[str, MacroDefinition] = field(default_factory=dict)

    def copy(self) -> MacroTable:
        return MacroTable(dict(self.macros))

    def define(self, name: str, definition: MacroDefinition) -> None:
        self.macros[name] = definition


class _Reader:
    """A cursor over tokens with an explicit stack, so that expansion can push tokens back."""

    def __init__(self, tokens: list[Token], limit_span: Span) -> None:
        self.stack = tokens[::-1]
        self.work = 0
        self.calls = 0
        self.span = limit_span
        self.end = 0  # behind the last token of an argument

    def peek(self) -> Token | None:
        return self.stack[-1] if self.stack else None

    def next(self) -> Token | None:
        return self.stack.pop() if self.stack else None

    def charge(self, amount: int) -> None:
        self.work += amount
        if self.work > MAX_WORK:
            raise _endless(self.span)

    def bracketed(self, open_: str, close: str) -> list[Token] | None:
        """The tokens between `open_` and its `close`, if `open_` comes next."""
        first = self.peek()
        if first is None or first.type != "char" or first.value != open_:
            return None
        self.stack.pop()
        depth = 1
        got: list[Token] = []
        while self.stack:
            t = self.stack.pop()
            if t.type == "char":
                if t.value == close and (close == "}" or depth == 1):
                    depth -= 1
                    if depth == 0:
                        self.charge(len(got))
                        self.end = t.end
                        return got
                elif t.value == "{":
                    depth += 1
                elif t.value == "}":
                    depth -= 1
                    if depth < 1:
                        break
            got.append(t)
        raise ReadError("D003", "this bracket is never closed", first.span, f"add the closing {close}")

    def argument(self) -> list[Token] | None:
        """One macro argument: a group without its braces, or one token."""
        got = self.bracketed("{", "}")
        if got is not None:
            return got
        t = self.peek()
        if t is None or (t.type == "char" and t.value == "}"):
            return None
        self.stack.pop()
        self.end = t.end
        if t.type == "num" and len(t.value) > 1:
            # as in TeX an unbraced argument is one digit
            self.stack.append(Token("num", t.value[1:], t.start + 1, t.end))
            self.end = t.start + 1
            return [Token("num", t.value[0], t.start, t.start + 1)]
        return [t]


def _endless(span: Span) -> ReadError:
    return ReadError("D009", "the expansion of this macro does not end", span, "a macro must not call itself or grow without bound")


def expand(tokens: list[Token], table: MacroTable | None) -> list[Token]:
    """The tokens with all user macros replaced."""
    if table is None or not table.macros:
        return tokens
    macros = table.macros
    if _BY in macros:
        tokens = [part for t in tokens for part in (_own_by(t) if _is_by(t) else (t,))]
    if not any(t.type == "cmd" and t.value in macros for t in tokens):
        return tokens
    reader = _Reader(tokens, tokens[0].span)
    out: list[Token] = []
    while reader.stack:
        t = reader.stack.pop()
        definition = macros.get(t.value) if t.type == "cmd" and t.word != _OWN else None
        if definition is None:
            out.append(Token("cmd", t.value, t.start, t.end) if t.word == _OWN else t)
            continue
        reader.span = t.span
        reader.calls += 1
        if reader.calls > MAX_EXPANSIONS:
            raise _endless(t.span)
        args: list[list[Token]] = []
        reader.end = t.end
        if definition.default is not None:
            given = reader.bracketed("[", "]")
            args.append(list(definition.default) if given is None else given)
        while len(args) < definition.parameters:
            got = reader.argument()
            if got is None:
                raise ReadError("D006", f"{t.value} needs {definition.parameters} arguments", t.span)
            args.append(got)
        end = max(t.end, reader.end)
        body = list(_fill(definition.body, args, t.start, end))
        reader.charge(len(body))
        if body:  # the first and the last token cover the call, so that spans of formulas hold whole calls
            for k, at in ((0, (t.start, body[0].end)), (-1, (body[-1].start, end))):
                old = body[k]
                body[k] = Token(old.type, old.value, min(at[0], old.start), max(at[1], old.end), old.word)
        reader.stack.extend(reversed(body))
    return out


_OWN = "\\let"
"""Marks (as `word`) a macro token that stands for the notation's own macro, whatever a file makes of the name."""

_BY = "\\by"


def _is_by(t: Token) -> bool:
    """`\\by{…}`, read as a justification."""
    return t.type == "raw" and t.value[0] == "by"


def _own_by(t: Token) -> list[Token]:
    """A file's own macro `\\by` with the group behind it, from what was read as a justification."""
    content = t.value[1]
    inside = tokenize(content, 0, len(content))
    for part in inside:
        part.start, part.end = t.start, t.end
    return [Token("cmd", _BY, t.start, t.end), _char("{", t), *inside, _char("}", t)]


def _fill(body: tuple[Token, ...], args: list[list[Token]], start: int, end: int) -> Iterator[Token]:
    """The body with arguments in place; body tokens get the span of the call, arguments keep theirs."""
    for t in body:
        if t.type == "param":
            if t.value > len(args):
                continue
            yield from args[t.value - 1]
        elif t.type == "raw" and "#" in t.value[1]:
            kind, content, macro = t.value
            for i, arg in enumerate(args):
                if f"#{i + 1}" in content:
                    content = content.replace(f"#{i + 1}", source_of(arg))
            yield Token("raw", (kind, content, macro), start, end)
        else:
            yield Token(t.type, t.value, start, end, t.word)


def read_definitions(tokens: list[Token], table: MacroTable) -> None:
    """Add the definitions that `tokens` consist of to the table."""
    reader = _Reader(tokens, tokens[0].span if tokens else Span(0, 0))
    while reader.stack:
        head = reader.stack.pop()
        if head.type != "cmd" or head.value not in DEFINERS:
            raise ReadError("D008", "a macro definition is expected here", head.span, r"write \newcommand{\name}[n]{…}")
        reader.span = head.span
        _one(head, reader, table)


def _one(head: Token, reader: _Reader, table: MacroTable) -> None:
    star = reader.peek()
    if star is not None and star.type == "char" and star.value == "*":
        reader.next()
    group = reader.argument()
    if not group or len(group) != 1 or group[0].type not in ("cmd", "raw"):
        raise ReadError("D008", f"{head.value} needs the name of a macro", head.span, rf"write {head.value}{{\name}}{{…}}")
    name = group[0].value if group[0].type == "cmd" else group[0].value[2]
    if _is_by(group[0]):  # \def\by{…}: its body was read as the reason
        reader.stack.extend(reversed(_own_by(group[0])[1:]))
    elif group[0].type == "raw":
        raise ReadError("D008", f"{name} can't be redefined", group[0].span, "choose another name")
    if head.value == "\\let":
        sign = reader.peek()
        if sign is not None and sign.type == "char" and sign.value == "=":
            reader.next()
        target = reader.next()
        if target is None:
            raise ReadError("D008", r"\let needs what the macro stands for", head.span)
        known = table.macros.get(target.value) if target.type == "cmd" else None
        # a macro of the notation keeps its meaning under the new name, should it get another one itself
        own = Token("cmd", target.value, target.start, target.end, _OWN) if target.type == "cmd" else target
        table.define(name, known or MacroDefinition(0, None, (own,)))
        return
    count, default = 0, None
    if head.value in ("\\def", "\\gdef"):
        while (t := reader.peek()) is not None and t.type == "param":
            reader.next()
            count = max(count, t.value)
        if t is not None and not (t.type == "char" and t.value == "{"):
            raise ReadError("D008", r"\def with delimited parameters is not supported", t.span, r"use \newcommand")
    elif head.value not in ("\\DeclareMathOperator", "\\DeclarePairedDelimiter"):
        number = reader.bracketed("[", "]")
        if number is not None:
            if len(number) != 1 or not re.fullmatch("[0-9]", str(number[0].value)):
                raise ReadError("D008", "the number of arguments must be a digit", head.span)
            count = int(number[0].value)
            optional = reader.bracketed("[", "]")
            default = None if optional is None else tuple(optional)
    body = reader.argument()
    if body is None:
        raise ReadError("D008", f"the definition of {name} has no body", head.span, "add {…}")
    beyond = next((t for t in body if t.type == "param" and t.value > count), None)
    if beyond is not None and head.value != "\\DeclarePairedDelimiter":
        raise ReadError("D008", f"#{beyond.value} in a macro of {count} argument{'s' if count != 1 else ''}", beyond.span, rf"write \newcommand{{{name}}}[{beyond.value}]{{…}}")
    if head.value == "\\DeclareMathOperator":
        body = [Token("cmd", "\\operatorname", head.start, head.end), _char("{", head), *body, _char("}", head)]
    if head.value == "\\DeclarePairedDelimiter":
        right = reader.argument() or []
        body = [Token("cmd", "\\left", head.start, head.end), *body, Token("param", 1, head.start, head.end),
                Token("cmd", "\\right", head.start, head.end), *right]  # fmt: skip
        count = 1
    table.define(name, MacroDefinition(count, default, tuple(body)))


def _char(value: str, at: Token) -> Token:
    return Token("char", value, at.start, at.end)
