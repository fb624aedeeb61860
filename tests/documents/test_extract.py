"""What is taken out of documents, and that every position leads back to where it came from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from derivcheck.documents.collector import Extraction
from derivcheck.documents.displays import chains
from derivcheck.documents.extract import extract
from derivcheck.documents.markers import has_derivations
from derivcheck.report.model import DerivationReport, FileReport, StepReport
from derivcheck.report.positions import LineMap


def squeeze(text: str) -> str:
    return " ".join(text.split())


def bodies(text: str, environment: str = "align") -> list[tuple[int, str]]:
    return [(c.relations, squeeze("".join(text[a:b] for a, b in c.spans))) for c in chains(text, 0, len(text), environment)]


@pytest.mark.parametrize(
    ("environment", "text", "counts"),
    [
        ("align", r"a &= b \\ &= c", [2]),
        ("align", r"a &= b \\ c &= d", [1, 1]),
        ("align", r"a &= b & c &= d \\ &\le e & &= f", [2, 2]),
        ("align", r"a &= b && \text{why} \\ &= c && \text{so that } x = y", [2]),
        ("align", r"a &= b + \\ & c \\ &= d", [2]),
        ("align", r"a &= b \\ &\quad + c = d", [2]),
        ("alignat", r"a &= b &\quad& \\ &= c", [2]),
        ("gather", r"a = b \\ c = d", [1, 1]),
        ("gather", r"a = b \\ = d", [2]),
        ("multline", r"a = b \\ c \\ = d", [2]),
        ("eqnarray", r"a &=& b \\ &=& c", [2]),
        ("equation", r"\begin{split} a &= b \\ &= c \end{split}", [2]),
        ("equation", r"L = \begin{aligned}[t] & u \\ &= v \end{aligned}", [2]),
        ("equation", r"x = 3, \quad y = 4", [1]),
        ("equation", r"x = 1 \quad\text{if } x > 0", [1]),
        ("equation", r"f = \begin{cases} a & x > 0 \\ b & x \le 0 \end{cases}", [1]),
        ("equation", r"\left(a = b\right. = c \stackrel{(1)}{=} d", [2]),
        ("equation", r"\{x : x = 1\} = [0, 1) = (y = 2)", [2]),
        ("equation", r"\left< x, y \right> = \big< x, y \big>", [1]),
        ("equation", r"x^2 = 9 \iff x = 3 \text{ or } x = -3", [4]),
        ("equation", "% a = b\na = b % = c\n", [1]),
        ("equation", "", []),
        ("align", r"&&&&&", []),
    ],
)
def test_chains_of_a_display(environment: str, text: str, counts: list[int]) -> None:
    assert [n for n, _ in bodies(text, environment)] == counts


def test_a_leading_label_moves_to_the_end_of_its_row() -> None:
    assert bodies(r"\label{eq:a} a &= b \\ &= c \label{eq:b}") == [(2, r"a &= b \label{eq:a}\\ &= c \label{eq:b}")]


def test_layout_is_cut_out() -> None:
    assert bodies(r"a &= b \\ \intertext{and {so}} &= c \hspace{2cm}\qedhere") == [(2, r"a &= b \\ &= c")]


TEX = r"""\documentclass{article}
\newcommand{\vx}{\mathbf{x}}
\newcommand\unused[1]{#1}
\def\foo#1{#1^2 + \vx}
\begin{document}
\[ a = b = c \]
% derivcheck: let x, y \in \R
% derivcheck: define f(x) = x^2
% an ordinary comment
Text with $a=b=c$, 50\% and \verb|\[ a = a = a \]|. % comment \[ a = b = c \]
\begin{align}
  \foo{x} &= x^2 \\
   &= 3 && \text{because}
\end{align}
\[ f(x) = 3 \]
% derivcheck: check
\[ f(x) = 4 \]
% derivcheck: skip
\[ f(x) = 5 = 5 \]
% derivcheck: off
\[ f(x) = 6 = 6 \]
% derivcheck: on
\begin{verbatim}
\[ f(x) = 7 = 7 \]
\end{verbatim}
\end{document}
\[ f(x) = 8 = 8 \]
"""


def positions_lead_back(extraction: Extraction, original: str) -> None:
    """Every copied character is the original's at the place that it is mapped to."""
    for i, c in enumerate(extraction.text):
        at = max(k for k, start in enumerate(extraction.starts) if start <= i)
        if extraction.origins[at][1]:
            assert original[extraction.origin(i)] in (c, ">", "\r")  # marks of quotations and carriage returns are blanked out


def test_tex() -> None:
    found = extract("notes.tex", "tex", TEX)
    text = squeeze(found.text)
    assert text == squeeze(
        r"""\newcommand{\vx}{\mathbf{x}} \def\foo#1{#1^2 + \vx}
        derivation notes let x, y \in \R define f(x) = x^2
        \foo{x} &= x^2 \\ &= 3 && \text{because}
        f(x) = 4"""
    )
    assert not found.diagnostics
    positions_lead_back(found, TEX)


def test_relocation() -> None:
    found = extract("notes.tex", "tex", TEX)
    line, column = LineMap(found.text).place(found.text.index("= 3"))
    end_line, end_column = LineMap(found.text).place(found.text.index("because") + 7)
    step = StepReport(2, 1, line, column, "=", "", "", end_line=end_line, end_column=end_column)
    report = FileReport("notes.tex", "verified", 0.0, (), (DerivationReport("notes", verdict="verified", steps=(step,)),))
    moved = found.relocate(report, TEX).steps[0]
    assert (moved.line, moved.column, moved.end_line, moved.end_column) == (13, 5, 13, 25)
    assert TEX.splitlines()[12][4:24] == r"= 3 && \text{because"


def test_scopes_of_groups_and_sections() -> None:
    text = r"""
% derivcheck: let x \in \R
\section{A}
% derivcheck: scope
% derivcheck: let a \in \R
\begin{proof}
% derivcheck: scope
% derivcheck: let u \in \R
\[ u = u = u \]
\end{proof}
\[ a = a = a \]
\subsection{AA}
\[ a = a = 1 \]
% derivcheck: scope
% derivcheck: let b \in \R
\section{B}
\[ b = b = b \]
\section{C}
\[ x = x = x \]
"""
    assert squeeze(extract("n.tex", "tex", text).text) == squeeze(
        r"""derivation n let x \in \R let a \in \R let u \in \R u = u = u
        derivation n-2 let x \in \R let a \in \R a = a = a a = a = 1
        derivation n-3 let x \in \R let b \in \R b = b = b
        derivation n-4 let x \in \R x = x = x"""
    )


def test_directives_over_several_lines() -> None:
    text = "% derivcheck:\n%   let x \\in \\R\n%   assume x\n%     > 0\n% derivcheck: let y,\n%  z \\in \\R\n% note x = 3\n\\[ x = x = x \\]\n"
    found = extract("n.tex", "tex", text)
    assert "assume x\n     > 0\n" in found.text and "let y,\n  z \\in \\R\n" in found.text and "note" not in found.text
    positions_lead_back(found, text)


def test_definitions_hold_for_the_rest_of_the_scope() -> None:
    text = "% derivcheck: let x \\in \\R\n\\[ f(x) := x^2 \\]\n\\begin{derivation}[first]\nf(x) = x^2\n\\end{derivation}\n\\begin{derivation}\nf(2) = 4\n\\end{derivation}\n"
    found = squeeze(extract("n.tex", "tex", text).text)
    assert found.count("define f(x) = x^2") == 2
    assert "derivation first" in found and "derivation n let" in found


def test_definitions_are_put_on_one_line() -> None:
    text = "% derivcheck: let x\n\\begin{align}\n f(x)&:=x^2 % c\n  + 1, \\\\\n g &\\coloneqq \\frac{1}{2}\\,. \\\\ h(x):= 0.5 x\n\\end{align}\n\\[ x = x = x \\]\n"
    found = extract("n.tex", "tex", text)
    lines = [squeeze(line) for line in found.text.splitlines()]
    assert {"define f(x) = x^2 + 1", "define g = \\frac{1}{2}", "define h(x) = 0.5 x"} <= set(lines)
    positions_lead_back(found, text)


def test_text_between_rows_leaves_no_blank_line() -> None:
    text = "% derivcheck: let x\n\\begin{align}\n a &= b \\\\\n \\intertext{so\n that}\n  &= c\n\\end{align}\n"
    assert "\n \n" not in extract("n.tex", "tex", text).text.strip().replace("derivation n\n let x\n\n", "")


def test_unknown_directive_and_open_environments() -> None:
    found = extract("n.tex", "tex", "% derivcheck: lett x\n\\begin{align} a = b = c\n\n\\[ x = x = x \\]\n$$ a = b\n\n\\begin{derivation} a = a\n")
    assert [(d.code, d.line) for d in found.diagnostics] == [("D096", 1), ("D095", 2), ("D095", 5), ("D095", 7)]
    assert "`let`" in (found.diagnostics[0].help or "")
    assert "x = x = x" in found.text


def test_macros_of_the_project_are_read(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "secret.tex").write_text(r"\newcommand{\s}{1}")
    project = tmp_path / "project"
    (project / "sub").mkdir(parents=True)
    (project / ".git").mkdir()
    (project / "course.sty").write_text(r"\newcommand{\a}{\b}\input{sub/more}")
    (project / "sub" / "more.tex").write_text(r"\newcommand{\b}{1}\input{../course.sty}\input{more}")
    (project / "main.tex").write_text(r"\newcommand{\c}{1}")
    text = "% !TEX root = main.tex\n\\usepackage{amsmath, course}\n\\input{../out/secret}\n% derivcheck: let x \\in \\R\n\\[ \\a = \\s = \\c \\]\n"
    (project / "notes.tex").write_text(text)
    found = extract(str(project / "notes.tex"), "tex", text)
    assert r"\newcommand{\b}{1}" in found.text and r"\newcommand{\c}{1}" in found.text and r"{\s}" not in found.text
    assert [(d.code, d.severity, d.line) for d in found.diagnostics] == [("D097", "warning", 3)]
    assert {"course.sty", "sub/more.tex", "main.tex", "amsmath.sty"} <= set(found.reads)


def test_macros_for_relations_and_displays() -> None:
    text = r"""\newcommand{\defeq}{\mathrel{:=}} \def\be{\begin{equation}} \newcommand{\ee}{\end{equation}} \newcommand\eqd{\stackrel{d}{=}}
% derivcheck: let x \in \R
\be f(x) \defeq x \ee
\be x = x \eqd x \ee
\be x = x
"""
    found = extract("n.tex", "tex", text)
    assert "define f(x) = x" in squeeze(found.text) and "x = x \\eqd x" in found.text
    assert [(d.code, d.line) for d in found.diagnostics] == [("D095", 5)]


MARKDOWN = r"""---
title: $$ a = a = a $$
---
# Notes
<!-- derivcheck: let x \in \R -->
Some `$$ b = b = b $$` and `` ` `` code, 100% sure. $x = x = x$
```python
$$ c = c = c $$
```
$$
x^2
> 0
- 1
# = 3
$$

> $$
> x = x
> = 1
> $$

<!--
derivcheck:
let y \in \R
define g(y) = y
-->
\begin{align}
g(y) &= y \\
     &= y
\end{align}

```deriv my-name
let q \in \R
q = q
```
~~~{.deriv #other}
q = q
~~~
<!-- $$ d = d = d $$ -->
"""


def test_markdown() -> None:
    found = extract("n.md", "markdown", MARKDOWN)
    assert squeeze(found.text) == squeeze(
        r"""derivation n let x \in \R x^2 > 0 - 1 # = 3 x = x = 1 let y \in \R define g(y) = y g(y) &= y \\ &= y
        derivation my-name let x \in \R let y \in \R define g(y) = y let q \in \R q = q
        derivation other let x \in \R let y \in \R define g(y) = y q = q"""
    )
    positions_lead_back(found, MARKDOWN)


def test_markdown_scopes() -> None:
    text = "<!-- derivcheck: let x \\in \\R -->\n<!-- derivcheck: scope -->\n## A\n<!-- derivcheck: let a \\in \\R -->\n$$a = a = a$$\n### AA\n$$a = a = 1$$\n## B\n$$x = x = x$$\n"
    assert squeeze(extract("n.md", "markdown", text).text) == squeeze(
        r"derivation n let x \in \R let a \in \R a = a = a a = a = 1 derivation n-2 let x \in \R x = x = x"
    )


def test_notebook_positions_are_cell_and_line() -> None:
    cells = [
        {"cell_type": "code", "source": "x = 1\n# $$a = a = a$$", "outputs": [{"data": "y" * 100_000}]},
        {"cell_type": "markdown", "source": ["# T\n", "<!-- derivcheck: let x \\in \\R -->\n"]},
        {"cell_type": "markdown", "source": "Then\n$$\nx = x\n= 1\n$$"},
    ]
    found = extract("n.ipynb", "notebook", json.dumps({"cells": cells, "nbformat": 4}))
    assert squeeze(found.text) == r"derivation n let x \in \R x = x = 1"
    assert found.place(found.origin(found.text.index("= 1"))) == (4, 1, 3)
    assert found.place(found.origin(found.text.index("let"))) == (2, 18, 2)


@pytest.mark.parametrize("text", ["", "[]", "{}", "{", '{"cells": 3}', '{"cells": [1, {"cell_type": "markdown"}]}', "[" * 100_000])
def test_no_notebook_at_all(text: str) -> None:
    found = extract("n.ipynb", "notebook", text)
    assert found.empty
    assert [d.code for d in found.diagnostics] in (["D095"], [])


@pytest.mark.parametrize("kind", ["tex", "markdown"])
@pytest.mark.parametrize(
    "text",
    ["\\begin{" * 5000, "$$" * 5001, "{" * 50_000, "\\[" * 5000, "$" * 9999, "`" * 9999, "<!-- derivcheck:" * 2000, "\\def\\a{" * 3000, "% derivcheck: let x\n" * 3000, "> " * 9000, "```deriv\n" * 3000, "\\[ x\n\n" * 5000, "$$ x\n\n" * 5000, "\\begin{align} x\n\n" * 5000, "\\begin{align}" * 3000],
)  # fmt: skip
def test_broken_markup_is_survived_in_linear_time(kind: str, text: str) -> None:
    import time

    start = time.monotonic()
    extract("n", kind, "% derivcheck: let x\n<!-- derivcheck: let x -->\n" + text)
    assert time.monotonic() - start < 5


def test_documents_without_derivations_cost_one_search() -> None:
    assert not has_derivations("plain text with $$ a = b = c $$ and ```python")
    for text in ("% derivcheck: let x", "<!-- derivcheck:\n", r"\begin{derivation}", '"\\\\begin{derivation}"', "```deriv", "~~~ {.deriv}"):
        assert has_derivations(text)
