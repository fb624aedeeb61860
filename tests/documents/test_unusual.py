"""Documents as people write them when nobody looks: verdicts and places, line and column of the original."""

from __future__ import annotations

import json

import pytest

from derivcheck.documents.extract import extract
from derivcheck.report.model import FileReport, StepReport
from derivcheck.services.options import Options
from derivcheck.services.run import verify_inputs
from derivcheck.services.sources import decode

LET = "% derivcheck: let x, a, b \\in \\R\n"


def judged(text: str, kind: str = "tex") -> FileReport:
    return verify_inputs([decode("n", kind, text.encode())], Options(cache=False)).files[0]


def marked(text: str, step: StepReport) -> str:
    """What of the original a step's place marks, on its first line."""
    line = text.split("\n")[step.line - 1].rstrip("\r")
    end = step.end_column - 1 if step.end_column is not None and step.end_line in (None, step.line) else None
    return line[step.column - 1 : end]


DOCUMENTS = {
    "nested": (
        "\\begin{equation}\\label{eq:one}\n\\begin{split}\n (a+b)^2 &= a^2 % = and \\\\ and \\end{split}\n   + 2ab + b^2 \\\\[2pt] % = 3\n  &= a(a + 2b) + b^2 \\\\*\n"
        "  &= a(a + 2b) + 1\n\\end{split}\n\\end{equation}\n",
        ["= a^2 % = and \\\\ and \\end{split}", "= a(a + 2b) + b^2", "= a(a + 2b) + 1"],
        ["proved", "proved", "refuted"],
    ),
    "alignat": (
        "\\begin{alignat*}{2}\n (a+b)^2 &= a^2 + 2ab + b^2 &\\qquad (a-b)^2 &= a^2 - 2ab + b^2 \\\\\n &= a(a+2b) + b^2 & &= a(a+2b) + b^2\n\\end{alignat*}\n",
        ["= a^2 + 2ab + b^2", "= a(a+2b) + b^2", "= a^2 - 2ab + b^2", "= a(a+2b) + b^2"],
        ["proved", "proved", "proved", "refuted"],
    ),
    "multline": ("\\begin{multline}\n (a+b)^3 = a^3 + 3a^2 b \\\\\n + 3ab^2 + b^3 \\\\\n = (a+b)^2 (a-b)\n\\end{multline}\n", ["= a^3 + 3a^2 b \\\\", "= (a+b)^2 (a-b)"], ["proved", "refuted"]),
    "intertext": (
        "\\begin{align}\n a^2 - b^2 &= (a-b)(a+b) \\\\\n \\intertext{and since $x = a = b$ never holds,}\n &= a(a+b) - b(a+b) \\nonumber\\\\\n \\shortintertext{finally}\n &= a^2 - b \\tag{*}\\label{eq:c}\n\\end{align}\n",
        ["= (a-b)(a+b)", "= a(a+b) - b(a+b)", "= a^2 - b"],
        ["proved", "proved", "refuted"],
    ),
    "layout": ("\\begin{align*}\n \\MoveEqLeft[3] (x+1)^2 \\\\\n &= x^2 + 2x + 1 \\footnotemark[2] \\\\\\noalign{\\vskip 2pt} &= 1 + x\n\\end{align*}\n", ["= x^2 + 2x + 1", "= 1 + x"], ["proved", "refuted"]),
    "tabs": ("\\begin{align}\n\tx &=\tx + 0 \\\\\n\t  &= 1\n\\end{align}\n", ["=\tx + 0", "= 1"], ["proved", "refuted"]),
    "definition": ("\\begin{align}\n g &:= \\begin{cases} x & x > 0 \\\\[2pt]\n % comment\n 0 & \\text{otherwise} \\end{cases} \\label{eq:g}\\\\[3pt]\n h(u) &\\coloneqq u^2,\\\\*[1ex]\n\\end{align}\n\\[ g = \\max(x, 0) = h(x) \\]\n", ["= \\max(x, 0)", "= h(x)"], ["proved", "refuted"]),
    "macros in the display": ("\\newcommand{\\two}{3}\n\\[\\renewcommand{\\two}{2} \\def\\sq#1{{#1}^2} \\sq{x} = x\\cdot x = x^{\\two} \\]\n\\[ x^3 = x^{\\two} = x^2 \\]\n", ["= x\\cdot x", "= x^{\\two}", "= x^{\\two}", "= x^2"], ["proved", "proved", "proved", "refuted"]),
    "braces and commands around": ("{\\[ x = x+0 = 1 \\]}\\textbf{\\[ x = x + 0 = 2 \\]}\n\\begin{subequations}\\begin{align} x &= x+0 \\\\ &= 3\\end{align}\\end{subequations}\n", ["= x+0", "= 1", "= x + 0", "= 2", "= x+0", "= 3"], ["proved", "refuted"] * 3),
    "array": ("\\begin{equation}\\label{eq:a}\n \\renewcommand{\\arraystretch}{1.5}\n\\begin{array}[t]{r@{\\,}c@{\\,}l}\n (x+1)^2 & = & x^2 + 2x + 1 \\\\[2mm]\n & = & \\left(\\begin{array}{c} x \\end{array}\\right)^2 + 2x + 1 \\\\\n & = & x^2 + 1\n\\end{array}.\n\\end{equation}\n",
              ["= & x^2 + 2x + 1", "= & \\left(\\begin{array}{c} x \\end{array}\\right)^2 + 2x + 1", "= & x^2 + 1"], ["proved", "proved", "refuted"]),
    "arrays that are no chain": ("\\[ \\begin{array}{c|c} x & x^2 \\\\ \\hline 1 = 2 & 4 = 5 = 6 \\end{array} \\]\n\\[ \\begin{array}{l} x = 1 \\\\ a = 2 \\end{array} \\]\n", [], []),
    "IEEEeqnarray": ("\\begin{IEEEeqnarray*}{rCl}\n (x+1)^2 & = & x^2 + 2x + 1 \\IEEEyesnumber\\\\\n & = & x^2 + 1\n\\end{IEEEeqnarray*}\n", ["= & x^2 + 2x + 1", "= & x^2 + 1"], ["proved", "refuted"]),
    "empheq": ("\\begin{empheq}[box=\\fbox]{align*}\n (x+1)^2 & = x^2 + 2x + 1 \\\\\n & = x^2 + 1\n\\end{empheq}\n", ["= x^2 + 2x + 1", "= x^2 + 1"], ["proved", "refuted"]),
    "Aboxed": ("\\begin{align*}\n (x+1)^2 & = x^2 + 2x + 1 \\\\\n \\Aboxed{&= (x+1)(x+1)} \\\\ &= x \\end{align*}\n", ["= x^2 + 2x + 1", "= (x+1)(x+1)", "= x"], ["proved", "proved", "refuted"]),
}  # fmt: skip


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_steps_stand_where_they_are_said_to(name: str, ends: str) -> None:
    body, places, verdicts = DOCUMENTS[name]
    text = (LET + body).replace("\n", ends)
    report = judged(text)
    assert [d for d in report.diagnostics if d.severity == "error"] == []
    assert [s.verdict for s in report.steps] == verdicts
    assert [marked(text, s) for s in report.steps] == places


def test_a_byte_order_mark_is_no_column() -> None:
    (step, wrong) = judged("\ufeff% derivcheck: let x \\in \\R\r\n\\[ x = x + 0 = 1 \\]\r\n").steps
    assert (step.line, step.column, wrong.line, wrong.column, wrong.verdict) == (2, 6, 2, 14, "refuted")


QUARTO = """---
title: $$ x = 1 = 2 $$
---
::: {.hidden}
$$
\\newcommand{\\two}{2}
$$
:::

<!-- derivcheck:
let x, y \\in \\R
-->

$$
(x + y)^2 = x^2 + \\two xy + y^2 = 1
$$ {#eq-one}

::: {.callout-note}
1. First, by @eq-one
   $$
   \\begin{aligned}
   (x+y)^2 &= x^2 + 2xy + y^2 \\\\
   &= 2
   \\end{aligned}
   $$ {#eq-two}
2. Second

   > a quotation $$ x = x + 0
   > = 3 $$
:::

| a | b |
|---|---|
| $$ x + x = 2x = 4 $$ | <!-- derivcheck: skip --> |

$$ x = 5 = 6 $$

Term
:   Definition *$$ x/2 = \\frac{x}{2} = 7 $$*
"""


def test_quarto() -> None:
    report = judged(QUARTO, "markdown")
    assert report.diagnostics == ()
    assert [s.verdict for s in report.steps] == ["proved", "refuted"] * 5
    assert [marked(QUARTO, s) for s in report.steps if s.verdict == "refuted"] == ["= 1", "= 2", "= 3", "= 4", "= 7"]


FENCES = """<!-- derivcheck: let x \\in \\R -->

```math
(x + 1)^2 = x^2 + 2x + 1

= 1
```
~~~{math}
:label: eq-two
(x + 1)^2 = x^2 + 2x + 1 = 2
~~~
- in a list
  :::{math}
  :label: eq-three
  (x + 1)^2 = x^2 + 2x + 1 = 3
  :::

Escaped: \\\\[ (x + 1)^2 = x^2 + 2x + 1 = 4 \\\\] and \\\\[2pt] no more.

```python
$$ x = 5 = 6 $$
```
```mathematica
x = 5 = 6
```
"""


def test_displays_in_fences() -> None:
    report = judged(FENCES, "markdown")
    assert report.diagnostics == ()
    assert [s.verdict for s in report.steps] == ["proved", "refuted"] * 4
    assert [marked(FENCES, s) for s in report.steps if s.verdict == "refuted"] == ["= 1", "= 2", "= 3", "= 4"]


def test_a_fence_that_is_not_closed_is_told() -> None:
    (trouble,) = judged("<!-- derivcheck: let x \\in \\R -->\n```math\nx = x + 0 = x\n", "markdown").diagnostics
    assert (trouble.code, trouble.line) == ("D095", 2)


def test_a_notebook_with_carriage_returns() -> None:
    cells = [
        {"cell_type": "code", "source": "1", "outputs": [], "metadata": {}, "execution_count": None},
        {"cell_type": "markdown", "metadata": {}, "source": ["<!-- derivcheck: let x \\in \\R -->\r\n", "$$\r\n", "\tx\r\n", "\t= x + 0\r\n", "\t= 1\r\n", "$$"]},
    ]
    (right, wrong) = judged(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}), "notebook").steps
    assert (right.cell, right.line, right.column, right.verdict) == (2, 4, 2, "proved")
    assert (wrong.cell, wrong.line, wrong.column, wrong.verdict) == (2, 5, 2, "refuted")


@pytest.mark.parametrize(
    ("kind", "text"), [("tex", "% derivcheck: let x\n\\[ x = 1 % derivcheck: let y\n = 2 \\]\n"), ("markdown", "<!-- derivcheck: let x -->\n$$ x <!-- derivcheck: let y --> = 1 = 2 $$\n")]
)
def test_a_directive_inside_of_a_display_is_told(kind: str, text: str) -> None:
    assert [(d.code, d.line) for d in extract("n", kind, text).diagnostics] == [("D096", 2)]


@pytest.mark.parametrize(
    "body",
    [
        r"\left\{ \begin{aligned} x + a &= 1 \\ x - a &= 1 \end{aligned} \right. \iff x = 1 \land a = 0",
        r"\begin{aligned} x + a &= 1 \\ x - a &= 1 \end{aligned} \iff x = 1 \land a = 0",
        r"x = 1 \land a = 0 \iff \begin{aligned} x + a &= 1 \\ x - a &= 1 \end{aligned}",
    ],
)
def test_a_system_of_equations_is_no_chain(body: str) -> None:
    report = judged(f"{LET}\\[ {body} \\]\n")
    assert report.steps == () and {d.code for d in report.diagnostics} == {"D095"}


SIDE_BY_SIDE = {
    "arrows in a column of their own": (
        "\\begin{align}\n && x^2 - 1 &= 0 \\\\\n \\Rightarrow && (x-1)(x+1) &= 0 \\\\\n \\Rightarrow && x &= 1 \\text{ or } x = -1\n\\end{align}\n",
        ["\\Rightarrow && (x-1)(x+1) &= 0", "\\Rightarrow && x &= 1 \\text{ or } x = -1"],
        ["proved", "proved"],
    ),
    "arrows between": ("\\begin{alignat*}{3} x^2 &= 1 &&\\iff & (x-1)(x+1) &= 0 \\\\ &&&\\iff & x &= 1 \\end{alignat*}\n", ["\\iff & (x-1)(x+1) &= 0", "\\iff & x &= 1"], ["proved", "refuted"]),
    "relations between two marks": ("\\begin{align*} x &=& x + 0 \\\\ &=& 1 \\end{align*}\n", ["=& x + 0", "=& 1"], ["proved", "refuted"]),
    "blocks": ("\\[\\begin{aligned} x &= x + 0 \\\\ &= 1 \\end{aligned} \\quad\\text{and}\\quad \\begin{aligned} a &= a + 0 \\\\ &= 0 + a \\end{aligned}\\]\n", ["= x + 0", "= 1", "= a + 0", "= 0 + a"], ["proved", "refuted", "proved", "proved"]),
    "a chain and what follows from it": ("\\[ \\begin{aligned} x^2 &= 1 \\\\ &= x^2 \\end{aligned} \\implies x = 1 \\lor x = -1 \\]\n", ["\\implies x = 1 \\lor x = -1"], ["proved"]),
}  # fmt: skip


@pytest.mark.parametrize("name", SIDE_BY_SIDE)
def test_what_stands_side_by_side(name: str) -> None:
    body, places, verdicts = SIDE_BY_SIDE[name]
    report = judged(LET + body)
    assert [d for d in report.diagnostics if d.severity == "error"] == []
    assert ([s.verdict for s in report.steps], [marked(LET + body, s) for s in report.steps]) == (verdicts, places)


@pytest.mark.parametrize(
    ("body", "verdicts"),
    [
        ("x + a &= 1 \\\\\n x - a &= 1 \\\\\n \\Rightarrow x &= 1", None),
        ("x^2 &= 1 \\\\\n \\iff x &= 1 \\lor x = -1 \\\\\n a^2 &= 4 \\\\\n \\iff a &= 2", ["proved", "refuted"]),
        ("x^2 &= x \\cdot x = xx \\\\\n a^2 &= 4 \\\\\n \\iff a &= 2 \\lor a = -2", ["proved", "proved", "proved"]),
        ("g &:= 2 \\\\\n a^2 &= 2g \\\\\n \\iff a &= 2 \\lor a = -2", ["proved", "proved"]),
        ("x + a &= 1 & x - a &= 1 \\\\\n \\Rightarrow x &= 1 - a & \\Rightarrow x &= 1 - a", ["proved", "refuted"]),
    ],
)
def test_an_arrow_below_several_equations(body: str, verdicts: list[str] | None) -> None:
    text = f"{LET}% derivcheck: check\n\\begin{{align}}\n {body}\n\\end{{align}}\n"
    if verdicts is None:
        report = judged(text)
        assert {d.code for d in report.diagnostics} == {"D095"} and report.steps == ()
    else:
        assert [s.verdict for s in judged(text).steps] == verdicts


FOLLOWING = """% derivcheck: let x \\\\in \\\\R
\\\\[ (x+1)^2 = x^2 + 2x + 1. \\\\]

\\\\[ = 1 \\\\]
\\\\begin{align*} (x+1)^2 &= x^2 + 2x + 1 % a comment
\\\\end{align*}
\\\\begin{align*} &= x(x + 2) + 1 \\\\\\\\ &= 2 \\\\end{align*}
Words. \\\\[ x = x + 0 \\\\] More words. \\\\[ = 3 \\\\]
% derivcheck: define g = x
\\\\[ = 4 \\\\]
\\\\[ x = 5 \\\\]
""".replace("\\\\", "\\")


def test_a_display_that_begins_with_a_relation_goes_on_with_the_one_above() -> None:
    report = judged(FOLLOWING)
    assert report.diagnostics == ()
    assert [(marked(FOLLOWING, s), s.verdict) for s in report.steps] == [
        ("= x^2 + 2x + 1", "proved"), ("= 1", "refuted"), ("= x^2 + 2x + 1", "proved"), ("= x(x + 2) + 1", "proved"), ("= 2", "refuted"),
    ]  # fmt: skip


def test_displays_that_follow_each_other_in_markdown() -> None:
    (right, wrong, last) = judged("<!-- derivcheck: let x \\in \\R -->\n$$x = x + 0$$\n$$= 1$$\n\n```math\n= 1 + 0\n```\n", "markdown").steps
    assert (right.verdict, wrong.verdict, wrong.line, last.verdict, last.line) == ("proved", "refuted", 3, "proved", 6)
