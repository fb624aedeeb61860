"""The kept tables of the grammars, and the loop that follows them, against lark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import lark
import pytest

from derivcheck.language import formula, parsing
from derivcheck.language.diagnostics import ReadError
from derivcheck.language.macros import MacroTable, expand
from derivcheck.language.prepare import prepare
from derivcheck.language.tokens import Token, tokenize

ROOT = Path(__file__).resolve().parents[2]


class _HandsOver(lark.lexer.Lexer):
    def __init__(self, conf: Any) -> None:
        pass

    def lex(self, data: Any) -> Any:
        return iter(data)


def test_the_kept_tables_are_fresh() -> None:
    kept = (ROOT / "grammar" / "tables.json").read_text(encoding="utf-8")
    assert kept == parsing.kept_tables(), "write them again: python -m derivcheck.language.parsing"


def test_tables_of_another_grammar_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"deriv.lark": "file: LINE LINE -> two\n%declare LINE", "tables.json": parsing.grammar_file("tables.json")}
    monkeypatch.setattr(parsing, "grammar_file", files.__getitem__)

    class Actions:
        def two(self, children: list[Any]) -> str:
            return "".join(t.value for t in children)

    line = [Token("LINE", "a", 0, 1), Token("LINE", "b", 1, 2)]
    assert parsing.parser("deriv.lark", Actions()).parse(line) == "ab"
    with pytest.raises(parsing.UnexpectedToken) as early:
        parsing.parser("deriv.lark", Actions()).parse(line[:1])
    assert early.value.token is None
    with pytest.raises(parsing.UnexpectedToken) as late:
        parsing.parser("deriv.lark", Actions()).parse([*line, line[0]])
    assert late.value.token is line[0]


def _formulas() -> list[str]:
    lines = (ROOT / "tests" / "language" / "formulas.txt").read_text(encoding="utf-8").splitlines()
    odd = ["", "x", "{}_1 x", r"\frac12", r"\sqrt[3]{x}", r"\sqrt[n", "(a]", "((a)", "a)", "x^", "x__2", r"\begin{cases} a & b \\ c \end{cases}", "_1", r"\left. a \right|_{x}",
           r"\frac{1}", "x'^2", "{{x}}", r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \\ \end{bmatrix}^{-1}", r"\mathbf{\hat x_n}", "a" * 3000]  # fmt: skip
    return lines + odd


def test_reads_what_lark_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("start_pos", "line", "column", "end_line", "end_column", "end_pos"):  # lark's end token borrows these
        monkeypatch.setattr(Token, name, None, raising=False)
    reference = lark.Lark(parsing.grammar_file("math.lark"), parser="lalr", lexer=_HandsOver, start="formula", transformer=formula._Actions())
    ours = parsing.parser("math.lark", formula._Actions())
    compared = 0

    def outcome(parse: Any, terminals: list[Token]) -> Any:
        try:
            return parse(terminals)
        except (parsing.UnexpectedToken, lark.exceptions.UnexpectedToken) as error:
            token = error.token
            return "unexpected", None if token is None or token.type == "$END" else token.start
        except ReadError as error:
            return error.diagnostic

    for text in _formulas():
        try:
            terminals = prepare(expand(tokenize(text, 0, len(text)), MacroTable()), None)
        except ReadError:
            continue
        assert outcome(ours.parse, terminals) == outcome(reference.parse, terminals), text
        compared += 1
    assert compared > 60


def test_the_kept_tables_are_data() -> None:
    for tables in json.loads(parsing.grammar_file("tables.json")).values():
        assert all(isinstance(n, int) for row in tables["states"] for n in row.values())
