"""Whole files: statements, chains, what continues what, and how errors stay where they are."""

from __future__ import annotations

import pytest

from derivcheck.language.codes import CODES
from derivcheck.language.diagnostics import Diagnostic
from derivcheck.language.reader import MAX_FILE, read_macros, read_source
from derivcheck.language.syntax import Bad, Chain, SourceFile, Statement
from tests.language.trees import text


def read(source: str) -> SourceFile:
    file, diagnostics = read_source(source, "test.deriv")
    assert not diagnostics, diagnostics
    return file


def chain(source: str) -> Chain:
    (entry,) = read(source).entries
    assert isinstance(entry, Chain)
    return entry


def links(c: Chain) -> list[tuple[str, str]]:
    return [(text(link.relation).lstrip("~"), text(link.body)) for link in c.links]


def errors(source: str) -> list[Diagnostic]:
    return read_source(source, "test.deriv")[1]


# --- statements -----------------------------------------------------------------------------------------------------------


def test_keywords() -> None:
    file = read(
        "% a comment\n"
        "derivation gelu-derivative\n"
        "title  Derivative of the GELU, 100\\% % really\n"
        "source EPFL, question 34(a)\n"
        "tags calculus, exam\n"
        "\n"
        "let z, c \\in \\R\n"
        "  define \\sigma(u) = \\frac{1}{1 + e^{-u}}\n"
        "assume z > 0 \\label{pos}\n"
        "vary z, c\n"
        "as n \\to \\infty\n"
        "use other-one, third\n"
        "convention real\n"
        "show z = z\n"
        "case z > 0\n"
        "induction on n\n"
        "suppose z < 0\n"
        "proof\n"
    )
    statements = [e for e in file.entries if isinstance(e, Statement)]
    assert [s.keyword for s in statements] == (
        "derivation title source tags let define assume vary as use convention show case induction suppose proof".split()
    )
    by = {s.keyword: s for s in statements}
    assert by["derivation"].text == "gelu-derivative"
    assert by["title"].text == "Derivative of the GELU, 100%"
    assert by["tags"].text == "calculus, exam"
    assert text(by["let"].body) == r"z , c ~\in \R"
    assert text(by["assume"].body) == r"z ~> 0 \label<#pos>"
    assert text(by["induction"].body) == "n"
    assert by["use"].text == "other-one, third" and by["use"].body is None


@pytest.mark.parametrize(
    "line",
    [
        "as + b = c",
        "as = 3",
        "proof = 3",
        "proof x = 1",
        "use = 2",
        "let = x",
        "title = x",
        "case \\le x",
        "show_1 = 2",
        "source^2 = x",
        "vary = w",
        "tags + x = 1",
        "rubric = 2",
        "convention \\ne 1",
    ],
)
def test_a_keyword_counts_only_with_what_it_takes(line: str) -> None:
    file, _ = read_source(line, "test.deriv")
    assert isinstance(file.entries[0], Chain | Bad) and (not isinstance(file.entries[0], Bad) or file.entries[0].is_chain)


@pytest.mark.parametrize(
    ("source", "body"),
    [
        ("show a\n  = b", "a ~= b"),
        ("show a =\n b", "a ~= b"),
        ("show a +\n b = c", "a + b ~= c"),
        ("show a = f(b,\n c)", "a ~= f (b , c)"),
        ("show a = (b\n + c)", "a ~= (b + c)"),
        ("define f(x) = \\begin{cases}\n 1 & x > 0 \\\\\n 0 & \\text{otherwise}\n\\end{cases}", "f (x) ~= cases<1 & x ~> 0 / 0 & #otherwise>"),
        ("let x \\in \\R, % first\n % second\n y > 0", "x ~\\in \\R , y ~> 0"),
        ("show a = \\frac{1}{2\n}", "a ~= \\frac<1|2>"),
        ("show A \\iff\n B", "A ~\\iff B"),
        ("show 𝔼[X]² ≤\n 1", "!\\E S([X];;2) ~\\le 1"),
    ],
)
def test_continued_statements(source: str, body: str) -> None:
    (statement,) = read(source).entries
    assert isinstance(statement, Statement)
    assert text(statement.body) == body


@pytest.mark.parametrize("source", ["let A \\in \\R^+\nx = x", "let A \\in \\R_+\nx = x", "define y = x^*\nx = x", "let a \\in \\R^-\nx = x"])
def test_a_sign_in_a_script_is_no_operator(source: str) -> None:
    first, second = read(source).entries
    assert isinstance(first, Statement) and isinstance(second, Chain)


def test_nothing_reaches_past_a_blank_line_or_a_keyword() -> None:
    for source in ("show f(a\n\nb) = c", "show f(a\nlet b) \\in \\R"):
        file, diagnostics = read_source(source, "test.deriv")
        assert diagnostics[0].code == "D003"
        assert source[diagnostics[0].span.start] == "("
        assert isinstance(file.entries[0], Bad) and not file.entries[0].is_chain


def test_rubric_runs_to_the_next_blank_line() -> None:
    rubric, last = read("rubric\n  2 reaches z + 1 % why\n  let \\by{x}\n\nx = x").entries
    assert isinstance(rubric, Statement) and rubric.text == "  2 reaches z + 1\n  let \\by{x}" and rubric.body is None
    assert isinstance(last, Chain)


def test_macros_hold_from_their_line_on() -> None:
    file, diagnostics = read_source("\\half = 1\n\n\\newcommand{\\half}{\n  \\frac12}\n\\half = 1", "test.deriv")
    assert [d.code for d in diagnostics] == ["D007"]
    assert isinstance(file.entries[0], Chain) and file.entries[0].links[0].error is not None
    assert isinstance(file.entries[1], Chain) and links(file.entries[1]) == [("", "\\frac<1|2>"), ("=", "1")]


def test_macros_of_a_preamble() -> None:
    table, diagnostics = read_macros("\\newcommand{\\a}{x}\n\\newcommand{\\b}\n\\def\\c{z}")
    assert set(table.macros) >= {"\\a", "\\c"} or diagnostics
    file, found = read_source("\\a = 1", "test.deriv", table)
    assert not found and isinstance(file.entries[0], Chain)


# --- chains ---------------------------------------------------------------------------------------------------------------


def test_a_whole_file() -> None:
    assert links(chain("(x+1)^2\n= x^2 + 2x + 1\n")) == [("", "S((x + 1);;2)"), ("=", "S(x;;2) + 2 x + 1")]


def test_relations_in_brackets_cut_nothing() -> None:
    c = chain("\\sum_{i=1}^n P(X \\le a) = \\left\\{ x \\in A \\right\\}")
    assert [link for link, _ in links(c)] == ["", "="]


def test_relations_with_scripts() -> None:
    c = chain("f \\propto_{w} g\n\\doteq h\n\\stackrel{c}{=} k")
    assert [text(link.relation) for link in c.links] == ["", "S(~\\propto;w;)", "~\\doteq", "~\\doteq"]


def test_arrows_make_statements() -> None:
    c = chain("a = b = c \\iff -1 < x < 2\n\\implies x = 1 \\lor x = 2 \\Leftarrow y = 0")
    assert c.arrows
    assert links(c) == [
        ("", "a ~= b ~= c"),
        ("\\iff", "- 1 ~< x ~< 2"),
        ("\\implies", "x ~= 1 \\lor x ~= 2"),
        ("\\impliedby", "y ~= 0"),
    ]


@pytest.mark.parametrize(
    "source",
    ["x = 1 \\lor x = 2", "x = 1 \\text{ and } y = 2", "\\forall x \\in \\R : x^2 \\ge 0", "x = k\\pi \\text{ for some } k \\in \\Z",
     "3 \\mid n^3 - n", "X \\perp Y \\mid Z", "X \\sim p", "x = 1, y = 2", "x = y, \\quad z = 1", "f(x) = x \\quad \\forall x \\in \\R"],
)  # fmt: skip
def test_one_statement(source: str) -> None:
    c = chain(source)
    assert c.arrows and len(c.links) == 1


def test_membership_is_a_step() -> None:
    assert [r for r, _ in links(chain("x \\in A"))] == ["", "\\in"]


def test_by_and_label_belong_to_the_step_they_end() -> None:
    c = chain("a \\by{first}\n= b \\label{one} \\by{why \\ref{x}, 50\\% {of} it}\n= c \\tag{3.1}")
    assert [(link.by, link.label) for link in c.links] == [(None, None), ("first; why \\ref{x}, 50\\% {of} it", "one"), (None, "3.1")]
    c = chain("a = b \\by{r}\n\\iff c = d \\label{l}\n\\implies e = f")
    assert [(link.by, link.label) for link in c.links] == [(None, None), ("r", "l"), (None, None)]


def test_a_pasted_align() -> None:
    c = chain(
        "\\begin{align*}\n"
        "  (x+1)^2 &= (x+1)(x+1), && \\text{by definition} \\\\[2pt]\n"
        "          &= x^2 + 2x + 1. \\nonumber \\\\\n"
        "\\end{align*}"
    )
    assert links(c) == [("", "S((x + 1);;2)"), ("=", "(x + 1) (x + 1)"), ("=", "S(x;;2) + 2 x + 1")]
    assert [link.by for link in c.links] == [None, "by definition", None]


@pytest.mark.parametrize("source", ["$$a = b.$$", "\\[ a = b; \\]", "$a$ $=$ $b$", "\\begin{split} a &= b \\end{split}", "a &=& b ,", "a \\\\ = b"])
def test_wrappers_vanish(source: str) -> None:
    assert links(chain(source)) == [("", "a"), ("=", "b")]


def test_rows_with_a_left_side_of_their_own_are_chains() -> None:
    first, second = read("\\begin{align} a &= b \\\\ &= c, \\\\ d &= e \\end{align}").entries
    assert isinstance(first, Chain) and isinstance(second, Chain)
    assert links(first) == [("", "a"), ("=", "b"), ("=", "c")] and links(second) == [("", "d"), ("=", "e")]


def test_conditions_and_notes() -> None:
    c = chain("\\sqrt{x^2} = x \\quad (x > 0)\n= x \\text{ which was to be shown}\n= y \\quad \\text{if } x > 0, z > 0\n = z")
    assert [text(link.condition) for link in c.links] == ["", "x ~> 0", "", "x ~> 0 , z ~> 0", ""]
    assert [link.note for link in c.links] == [None, None, "which was to be shown", None, None]
    c = chain("(14 \\cdot 60) = 840\\ \\text{min}")
    assert links(c)[1] == ("=", "840") and c.links[1].note == "min"


def test_words_as_names() -> None:
    c = chain("\\text{loss} = 2\\,\\text{loss}")
    assert links(c) == [("", "\\mathrm{loss}"), ("=", "2 \\mathrm{loss}")]
    _, c2 = read("let \\text{lr} > 0\nx = 2 \\text{ lr}").entries
    assert isinstance(c2, Chain) and links(c2)[1] == ("=", "2 \\mathrm{lr}")
    assert links(chain("\\text{ReLU}(x) = \\max(0, x)"))[0] == ("", "\\mathrm{ReLU} (x)")


def test_bodies_have_the_span_of_their_source() -> None:
    source = "\\newcommand{\\h}[1]{#1}\n\\frac{a}{b} + \\h{c}\n= \\sqrt{\\h{x}}\\by{y}"
    (c,) = read(source).entries
    assert isinstance(c, Chain)
    assert [source[link.body.span.start : link.body.span.end] for link in c.links] == ["\\frac{a}{b} + \\h{c}", "\\sqrt{\\h{x}}"]


# --- errors ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("a = b\n\n= c", "D021"),
        ("\\iff x = 1", "D021"),
        ("proof\n= c", "D021"),
        ("a = = b", "D020"),
        ("a =", "D020"),
        ("a = b \\quad c = d", "D022"),
        ("a = b \\quad (3)", "D022"),
        ("a = \\text{by the rule} b", "D014"),
        ("show", "D018"),
        ("let x \\in \\R^n\nsymmetric positive definite", "D012"),
        ("", "D017"),
        ("% nothing\n\n", "D017"),
        ("a \x00 = b", "D002"),
        ("x = x\n" * (MAX_FILE // 6 + 1), "D010"),
    ],
)
def test_errors(source: str, code: str) -> None:
    found = errors(source)
    assert found and found[0].code == code
    assert all(d.code in CODES for d in found)


def test_an_error_stays_where_it_is() -> None:
    file, diagnostics = read_source("a = b\n\nx^10\n\nlet y \\in (\n\nd = e", "test.deriv")
    assert [type(e) for e in file.entries] == [Chain, Bad, Bad, Chain]
    assert [d.code for d in diagnostics] == ["D005", "D003"]
    assert [isinstance(e, Bad) and e.is_chain for e in file.entries] == [False, True, False, False]


@pytest.mark.parametrize(
    ("source", "shape", "codes"),
    [
        ("a\n= x^10 \\by{why}\n= b\n= (c\n= d", ["a", "?", "b", "?", "d"], ["D005", "D003"]),
        ("a = x^10 + b = c", ["a", "?", "c"], ["D005"]),
        ("a = = b", ["a", "?", "b"], ["D020"]),
        ("a =", ["a", "?"], ["D020"]),
        ("a = 1 \\iff x^10 = 2 \\Rightarrow c = 3", ["a ~= 1", "?", "c ~= 3"], ["D005"]),
        ("x = 1 \\lor x^10 = 2", ["?"], ["D005"]),
        ("\\begin{align} a &= b^10 % = z\n \\\\ &\\stackrel{c}{=} c \\by{f = g} \\\\ &\\propto_{w} e \\end{align}", ["a", "?", "c", "e"], ["D005"]),
        ("a = \\text{x^10 = y} = c", ["a", "?", "c"], ["D014"]),
    ],
)
def test_readable_links_of_an_unreadable_chain(source: str, shape: list[str], codes: list[str]) -> None:
    file, diagnostics = read_source(source, "test.deriv")
    assert [d.code for d in diagnostics] == codes
    (c,) = file.entries
    assert isinstance(c, Chain)
    assert [text(link.body) if link.error is None else "?" for link in c.links] == shape


def test_comment_lines_are_not_blank() -> None:
    c = chain("a\n% one\n   % two\n= b % three")
    assert links(c) == [("", "a"), ("=", "b")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str) -> None:
    file = read(f"\ufefflet x \\in \\R{end}a{end}= b{end}{end}c = d")
    assert [type(e) for e in file.entries] == [Statement, Chain, Chain]


def test_a_line_that_goes_on_as_a_product() -> None:
    """Two chains without a blank line between them are one product: read so, with a warning at the line."""
    for source, line in (
        ("a = b\nc = d", 2),
        ("a + a = 2a \\\\\nc = d", 2),
        ("a \\le b\n= c\n|d| < e", 3),
    ):
        found = errors(source)
        assert [(d.code, d.severity) for d in found] == [("D304", "warning")], source
        assert source[: found[0].span.start].count("\n") + 1 == line
        assert found[0].help and "blank line" in found[0].help
    (wrong,) = errors("a = b \\by{reason}\nc = d")
    assert (wrong.code, wrong.severity) == ("D023", "error")
    for source in ("(a + b)\n(c + d) = e", "a = b\n  (c + d)\n= e", "a = b\n+ c = d", "a = b +\nc = d", "a &= b \\\\ c &= d", "a = b\n\nc = d", "a = b\n\\text{note}"):
        assert not errors(source), source


def test_every_error_says_what_to_write() -> None:
    """Codes of errors that a formula can meet have a help line of their own, for places that know nothing better."""
    from derivcheck.language.codes import HELP

    without = [code for code in CODES if code.startswith(("D0", "D1")) and code not in HELP]
    assert without == ["D016", "D017", "D019", "D022", "D067", "D068", "D069", "D070"]  # these always come with one
    assert all(d.help for d in errors("let x \\in \\R\n\n= 3\n\n\\by{x} ^ 3 = )"))
