"""The parser of the grammars in `grammar/*.lark`: tables that lark has built, and a loop that follows them.

lark reads a grammar and builds its LALR(1) tables, which takes longer than to judge a small file (60 ms, and 20 ms to import lark).
So the tables are kept beside the grammars, in `grammar/tables.json`, as plain data.  They hold the hash of the grammar that they were built from; when
a grammar has been changed, they are built anew in every process until `python -m derivcheck.language.parsing` writes them again.  A test
sees to it that what is committed is fresh.

The loop is the one of every LALR parser (Aho, Lam, Sethi, Ullman: Compilers, algorithm 4.44).  What lark's grammars may say
beyond rules and terminals, and these do, is kept: `-> alias` names the action, `?rule` hands an only child through, and rules whose name
begins with `_` (among them lark's own for `item*`) give their children to the rule above.

    tables:  {"grammar": hash, "states": [{symbol: number}], "end": state, "rules": [[symbol, length, action, inner]]}

State 0 is the first.  In a state, a number n >= 0 at a terminal shifts it and goes to state n, n < 0 reduces by rule -n - 1; at another symbol n
is the state after a reduction.  `inner` lists the children that are lists to be merged.  An action that begins with `?` is for other than one child; none
means that the children are the value.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from importlib import resources
from pathlib import Path
from typing import Any

from derivcheck.language.tokens import Token

GRAMMARS = {"math.lark": "formula", "deriv.lark": "file"}
"""The grammars with their start symbols."""

END = "$END"
_KEPT = "tables.json"


class UnexpectedToken(Exception):
    """The text does not follow the grammar: `token` can't stand where it stands (None: the text can't end here)."""

    def __init__(self, token: Token | None) -> None:
        super().__init__(token)
        self.token = token


def grammar_file(name: str) -> str:
    """A file of the folder `grammar/`, from the checkout or from the installed package."""
    here = Path(__file__).resolve().parents[2] / "grammar" / name
    if here.is_file():
        return here.read_text(encoding="utf-8")
    return resources.files("derivcheck").joinpath("data", "grammar", name).read_text(encoding="utf-8")


class Parser:
    """Parses lists of terminals; `actions` has a method for every rule or alias that makes the rule's value of its children."""

    def __init__(self, tables: dict[str, Any], actions: object) -> None:
        self._states: list[dict[str, int]] = tables["states"]
        self._end: int = tables["end"]
        self._rules: list[tuple[str, int, Callable[[list[Any]], Any]]] = [
            (symbol, length, _value(action, inner, actions)) for symbol, length, action, inner in tables["rules"]
        ]

    def parse(self, terminals: Iterable[Token]) -> Any:
        """The value of the start symbol."""
        states, rules, end = self._states, self._rules, self._end
        stack = [0]
        values: list[Any] = []
        for token in terminals:
            kind = token.type
            while True:
                number = states[stack[-1]].get(kind)
                if number is None:
                    raise UnexpectedToken(token)
                if number >= 0:
                    stack.append(number)
                    values.append(token)
                    break
                self._reduce(rules[-1 - number], stack, values)
        while stack[-1] != end:
            number = states[stack[-1]].get(END)
            if number is None:
                raise UnexpectedToken(None)
            self._reduce(rules[-1 - number], stack, values)
        return values[-1]

    def _reduce(self, rule: tuple[str, int, Callable[[list[Any]], Any]], stack: list[int], values: list[Any]) -> None:
        symbol, length, value = rule
        if length:
            children = values[-length:]
            del values[-length:], stack[-length:]
        else:
            children = []
        values.append(value(children))
        stack.append(self._states[stack[-1]][symbol])


def _value(action: str | None, inner: list[int], actions: object) -> Callable[[list[Any]], Any]:
    """What a rule makes of its children."""
    if action is None:
        if not inner:
            return lambda children: children

        def merged(children: list[Any]) -> list[Any]:
            if inner[0] == 0:  # a list grows by one child at a time: copying it each time would be quadratic
                out, start = children[0], 1
            else:
                out, start = [], 0
            for i in range(start, len(children)):
                if i in inner:
                    out.extend(children[i])
                else:
                    out.append(children[i])
            return out

        return merged
    only = action.startswith("?")
    method: Callable[[list[Any]], Any] = getattr(actions, action.lstrip("?"), None) or (lambda children: children)
    flat = _value(None, inner, actions)

    def made(children: list[Any]) -> Any:
        if inner:
            children = flat(children)
        return children[0] if only and len(children) == 1 else method(children)

    return made if inner or only else method


def parser(name: str, actions: object) -> Parser:
    """The parser of the grammar of this name."""
    grammar = grammar_file(name)
    try:
        tables = json.loads(grammar_file(_KEPT))[name]
        fresh = tables["grammar"] == fingerprint(grammar)
    except (OSError, ValueError, KeyError):
        fresh = False
    return Parser(tables if fresh else build(grammar, GRAMMARS[name]), actions)


def fingerprint(grammar: str) -> str:
    """The hash by which tables know their grammar."""
    return hashlib.sha256(grammar.encode()).hexdigest()


def build(grammar: str, start: str) -> dict[str, Any]:
    """The tables of a grammar, by lark.  States are numbered in the order in which they are reached, symbols by name first, so that
    equal grammars have equal tables."""
    import lark

    class NoLexer(lark.lexer.Lexer):  # type: ignore[misc]
        """The terminals come from elsewhere."""

        def __init__(self, conf: Any) -> None:
            pass

        def lex(self, data: Any) -> Any:
            return iter(data)

    table = lark.Lark(grammar, parser="lalr", lexer=NoLexer, start=start).parser.parser._parse_table
    order = [table.start_states[start]]
    for state in order:
        for _, (action, goal) in sorted(table.states[state].items()):
            if str(action) != "Reduce" and goal not in order:
                order.append(goal)
    rules: list[Any] = []
    states: list[dict[str, int]] = []
    for state in order:
        row = {}
        for symbol, (action, goal) in sorted(table.states[state].items()):
            if str(action) != "Reduce":
                row[symbol] = order.index(goal)
            else:
                if goal not in rules:
                    rules.append(goal)
                row[symbol] = -1 - rules.index(goal)
        states.append(row)
    return {"grammar": fingerprint(grammar), "states": states, "end": order.index(table.end_states[start]), "rules": [_rule(r) for r in rules]}


def _rule(rule: Any) -> list[Any]:
    """`[symbol, length, action, inner]` of one of lark's rules."""
    symbol = str(rule.origin.name)
    inner = [i for i, s in enumerate(rule.expansion) if not s.is_term and s.name.startswith("_")]
    action = rule.alias or ("?" + symbol if rule.options.expand1 else None if symbol.startswith("_") else symbol)
    return [symbol, len(rule.expansion), action, inner]


def kept_tables() -> str:
    """The text of `grammar/tables.json`, built from the grammars as they are: a line for each state and rule."""
    parts = []
    for name, start in GRAMMARS.items():
        tables = build(grammar_file(name), start)
        lines = [f' "grammar": "{tables["grammar"]}", "end": {tables["end"]}']
        for key in ("states", "rules"):
            lines.append(f' "{key}": [\n  ' + ",\n  ".join(json.dumps(row) for row in tables[key]) + "\n ]")
        parts.append(f'"{name}": {{\n' + ",\n".join(lines) + "\n}")
    return "{" + ", ".join(parts) + "}\n"


if __name__ == "__main__":
    (Path(__file__).resolve().parents[2] / "grammar" / _KEPT).write_text(kept_tables(), encoding="utf-8")
