"""The page: self-contained, escaped, and complete."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from derivcheck.report.html import _hint, page, step_fragment
from derivcheck.report.macros import definitions, expand
from derivcheck.report.mathml import formula
from derivcheck.report.model import DerivationReport, FileReport, Report, StepReport
from tests.report.test_printers import ALL_WELL, BAD, FALSE

VOID = {"meta", "br", "hr", "img", "input", "link"}
HOSTILE = [
    r"\text{<script>alert(1)</script>}",
    r"\href{javascript:alert(1)}{x}",
    r'\color{red" onclick="alert(1)}{x}',
    r"\style{position:fixed}{x}",
    r"\class{verdict proved}{x}",
    "<img src=x onerror=alert(1)>",
    r"\text{&lt;b&gt;} < &amp; > ]]> <!-- ",
    "{" * 3000 + "x" + "}" * 3000,
    r"\frac{1",
    "\\" * 50,
]


class Reader(HTMLParser):
    """Collects tags and attributes, and checks that they nest."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.values: list[str] = []
        self.stack: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.values += [value or "" for name, value in attrs if name in ("href", "src", "style")]
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    assert not reader.stack
    return reader


def test_page_is_complete() -> None:
    text = page(BAD)
    reader = read(text)
    assert {"math", "details", "main", "h1", "h3"} <= set(reader.tags)
    assert not {"script", "link", "img", "iframe", "b", "sure"} & set(reader.tags)
    for words in ("refuted", "undecided", "proved", "Counterexample", "Hint", "100% &lt;sure&gt;", "the file cannot be opened", "y is not declared"):
        assert words in text
    assert "http" not in text.replace("http-equiv", "").replace("http://www.w3.org", "")
    assert read(page(ALL_WELL)).tags.count("li") == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_stay_text(text: str) -> None:
    step = StepReport(1, 1, 1, 1, "=", text, text, by=text, verdict="undecided", reason=text, hint=text, conditions=(text,))
    report = Report((FileReport(text, "undecided", 0.0, (), (DerivationReport(text, text, text, "undecided", None, (step,), text),)),))
    reader = read(page(report))
    assert not {"script", "img", "a", "b"} & set(reader.tags)
    assert not {"onclick", "onerror", "href", "style", "src"} & reader.attributes


def test_formulas() -> None:
    assert "<mfrac>" in formula(r"\frac{d\phi(z)}{dz}")
    assert "ℝ" in formula(r"x \in \R^d") and "𝒩" in formula(r"\mathcal{N}(0, 1)")
    assert "<mo>&lt;</mo>" in formula("x < y").replace(" ", "")
    assert formula(r"x\log t").count("mspace") == 2 and "mspace" not in formula(r"\log(t)")
    assert formula(r"\nosuchmacro{x}") == r"<code>\nosuchmacro{x}</code>"


def test_jupyter_fragment() -> None:
    assert "refuted" in step_fragment(FALSE) and step_fragment(FALSE).startswith('<div class="dc">')
    read(FALSE._repr_html_() + BAD._repr_html_() + BAD.files[0]._repr_html_())


def test_macros_are_expanded() -> None:
    text = r"\newcommand{\half}{\tfrac12} \newcommand{\pd}[2][f]{\frac{\partial #1}{\partial #2}} \DeclareMathOperator*{\am}{argmax} \def\sq#1{#1^2} \def\l{\l}"
    macros = definitions(text)
    assert expand(r"\half x", macros) == r"{\tfrac12} x"
    assert expand(r"\pd x + \pd[g]{y_1}", macros) == r"{\frac{\partial f}{\partial x}} + {\frac{\partial g}{\partial y_1}}"
    assert expand(r"\am_w \sq{\half}", macros) == r"{\operatorname*{argmax}}_w {{\tfrac12}^2}"
    assert len(expand(r"\l", macros)) < 30_000
    assert expand(r"\pd", macros) == r"\pd"


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        (r"the sign of the term \frac{1}{1 - q} is wrong", "<mfrac>"),
        (r"a factor x^{2} + y is missing, or a thing", 'alttext="x^{2} + y"'),
        (r"the sides agree only approximately: write \approx", r"write <code>\approx</code>"),
        (r"write \text{for some } k \in \Z", r"write <code>\text{for some } k \in \Z</code>"),
        ("the term x is missing on the right", "the term x is missing on the right"),
        (r"a <b> \x", r"&lt;b&gt; <code>\x</code>"),
    ],
)
def test_formulas_in_hints(hint: str, shown: str) -> None:
    text = _hint(hint, {})
    assert shown in text and "<b>" not in text


def test_bounds_stand_below_in_a_display() -> None:
    assert "<munderover>" in formula(r"\sum_{k=1}^n k", True) and "<msubsup>" in formula(r"\sum_{k=1}^n k")
    assert "<munder>" in formula(r"\lim_{x \to 0} x", True) and 'display="block"' not in formula(r"\lim_{x \to 0} x", True)


def test_values_are_typeset() -> None:
    from derivcheck.report.html import _typeset

    assert _typeset("[3, -5/3; 0, 4]") == r"\begin{bmatrix} 3 & -5/3 \\ 0 & 4 \end{bmatrix}"
    assert _typeset("4/9 on (-2, -1); 5/9 on (0, 1)") == r"4/9 \text{ on } (-2, -1); 5/9 \text{ on } (0, 1)"
    assert _typeset("2") == "2" and _typeset("[2]") == "[2]" and _typeset(r"x \mapsto \sin x") == r"x \mapsto \sin x"
