"""Macros of documents: every way to define them, where each meaning holds, and the files that they are read from."""

from __future__ import annotations

from pathlib import Path

import pytest

from derivcheck.documents.extract import extract
from derivcheck.documents.preamble import in_notation
from derivcheck.report.macros import definitions
from derivcheck.services.options import Options
from derivcheck.services.run import verify_inputs
from derivcheck.services.sources import decode, gather
from tests.documents.test_extract import squeeze


def verdicts(text: str, kind: str = "tex") -> list[str]:
    (file,) = verify_inputs([decode(f"n.{kind}", kind, text.encode())], Options(cache=False)).files
    assert not [d for d in file.diagnostics if d.severity == "error"], file.diagnostics
    return [s.verdict for s in file.steps]


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (r"\DeclareRobustCommand{\a}{1}", r"\newcommand{\a}{1}"),
        ("\\newcommand{\\a}{% a } remark\n  1 % and\n  + 1}", r"\newcommand{\a}{1 + 1}"),
        (r"\newcommand{\a}{50\% + 1}", r"\newcommand{\a}{50\% + 1}"),
        (r"\NewDocumentCommand{\a}{m}{#1^2}", r"\newcommand{\a}[1]{#1^2}"),
        (r"\NewDocumentCommand\a{O{x} +m m}{#1#2#3}", r"\newcommand{\a}[3][x]{#1#2#3}"),
        (r"\RenewDocumentCommand\a{}{1}", r"\newcommand{\a}{1}"),
        (r"\NewDocumentCommand{\a}{s m}{#2}", r"\NewDocumentCommand{\a}{s m}{#2}"),
        (r"\newcommand{\R}{\ensuremath{\mathbb{R}}\xspace}", r"\newcommand{\R}{\ensuremath{\mathbb{R}}}"),
        (r"\newcommand{\my@a}{\an@other}", r"\newcommand{\myATa}{\anATother}"),
    ],
)
def test_definitions_in_the_notation(definition: str, expected: str) -> None:
    assert in_notation(definition) == expected


MEANINGS = r"""\newcommand{\c}{1}
\let\a\c
% derivcheck: let x \in \R
% derivcheck: define g = \c + x
\[ x + \c = x + 1 = g \]
\renewcommand{\c}{2}
\providecommand{\c}{8}
\[ x + \c = x + 2 = g + \a \]
\begin{proof}
  \renewcommand{\c}{3}
  % derivcheck: scope
  % derivcheck: define h = \c + x
  \[ x + \c = x + 3 = h = g + 2\]
\end{proof}
\[ x + \c = x + 2 = g + 1 \]
\begin{derivation}
\newcommand{\c}{7}
x + \c = 7 + x
\end{derivation}
{\renewcommand{\c}{5} \[ x + \c = x + 5 = g + 4 \]}
\[ x + \c = x + 2 = g + 1 \]
\AtBeginDocument{\renewcommand{\c}{6}}
\[ x + \c = x + 6 = g + 5 \]
"""


def test_a_macro_means_what_it_means_at_its_place() -> None:
    assert set(verdicts(MEANINGS)) == {"proved"}


def test_no_display_is_judged_with_a_later_meaning() -> None:
    text = "\\newcommand{\\c}{1}\n% derivcheck: let x \\in \\R\n\\[ x + \\c = x + 2 = x + \\c + 1 \\]\n\\renewcommand{\\c}{2}\n\\[ x + \\c = x + 2 = 2 + x \\]\n"
    assert verdicts(text) == ["refuted", "proved", "proved", "proved"]


def test_let_keeps_the_old_meaning() -> None:
    text = "\\let\\old\\phi\n\\renewcommand{\\phi}{\\varphi}\n\\renewcommand{\\psi}{\\old}\n% derivcheck: let \\phi, \\old \\in \\R\n\\[ \\phi = \\varphi = \\old + 0 = \\psi \\]\n"
    assert verdicts(text) == ["proved", "refuted", "proved"]


def test_behind_its_group_a_meaning_that_was_none_before_is_not_followed() -> None:
    found = extract("n.tex", "tex", "% derivcheck: let x\n\\begin{proof}\\newcommand{\\psi}{1}\\[ \\psi = 1 = \\psi \\]\\end{proof}\n\\[ \\psi = x = \\psi \\]\n")
    assert [(d.code, d.line) for d in found.diagnostics] == [("D098", 3)]


@pytest.mark.parametrize(
    "preamble",
    [
        r"\newenvironment{eqs}{\begin{align*}}{\end{align*}}",
        "\\newenvironment{one}{\\begin{align}}{\\end{align}}\n\\newenvironment{eqs}{\\begin{one}}{\\end{one}}",
    ],
)
def test_environments_that_stand_for_displays(preamble: str) -> None:
    text = f"{preamble}\n% derivcheck: let x\n\\begin{{eqs}}\n x &= 1 \\\\ &= 2\n\\end{{eqs}}\n"
    assert squeeze(extract("n.tex", "tex", text).text) == r"derivation n let x x &= 1 \\ &= 2"


@pytest.mark.parametrize(
    ("preamble", "use"),
    [
        (r"\def\be#1\ee{\begin{equation}#1\end{equation}}", r"\be x = 1 = 2 \ee"),
        (r"\newcommand{\eqn}[1]{\begin{align*} #1 \end{align*}}", r"\eqn{x = 1 = 2}"),
        (r"\newcommand\be{\begin{equation}} \newcommand\ee{\end{equation}}", r"\be x = 1 = 2 \ee"),
    ],
)
def test_macros_that_stand_for_displays(preamble: str, use: str) -> None:
    text = f"{preamble}\n% derivcheck: let x\nText {use} text.\n"
    assert squeeze(extract("n.tex", "tex", text).text) == "derivation n let x x = 1 = 2"


@pytest.mark.parametrize(
    "code",
    [r"\verb|\[ x = 1 = 2 \]|", r"\lstinline[language=C]!$$ x = 1 = 2$$!", r"\lstinline{a{b}$$ x = 1 = 2$$}", r"\mintinline{c}|$$ x = 1 = 2$$|", r"\url{a%b}", r"\href{a%20b}{c}", r"\verb|a", r"\lstinline[",
     "\\lstnewenvironment{code}{}{}\\begin{code}\n\\[ x = 1 = 2 \\]\n\\end{code}", "\\DefineVerbatimEnvironment{code}{Verbatim}{}\\begin{code}\n\\[ x = 1 = 2 \\]\n\\end{code}"],
)  # fmt: skip
def test_code_is_passed_over(code: str) -> None:
    newline = "\n" if code in (r"\verb|a", r"\lstinline[") else " "
    assert squeeze(extract("n.tex", "tex", f"% derivcheck: let x\n{code}{newline}\\[ x = 3 = 4 \\]\n").text) == "derivation n let x x = 3 = 4"


def test_names_of_files(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "chapters").mkdir()
    (tmp_path / "main.tex").write_text("\\documentclass{book}\n\\input macros\n\\import{lib/}{far}\n\\input{chapters/one}\n\\renewcommand{\\a}{9}\n")
    (tmp_path / "macros.tex").write_text(r"\newcommand{\a}{1} \input{loop}")
    (tmp_path / "loop.tex").write_text(r"\input{loop}\input{macros}\newcommand{\b}{2}")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "far.tex").write_bytes("% \xe9t\xe9\n\\newcommand{\\d}{4}\\input{near}".encode("latin-1"))
    (tmp_path / "lib" / "near.tex").write_text(r"\newcommand{\e}{5}")
    text = "% derivcheck: let x \\in \\R\n\\[ x = \\a + \\b + \\c = \\d + \\e \\]\n"
    for number, head in enumerate(("% !TEX root = ../main.tex\n", "\\documentclass[../main]{subfiles}\n")):
        path = tmp_path / "chapters" / ("one.tex" if number == 0 else "two.tex")
        path.write_text(head + '\\input{"with blank"}\n' + text)
        (tmp_path / "chapters" / "with blank.tex").write_text(r"\newcommand{\c}{3}")
        found = extract(str(path), "tex", path.read_text())
        assert not found.diagnostics
        assert all(f"{{\\{name}}}{{{value}}}" in found.text for name, value in (("b", 2), ("c", 3), ("d", 4), ("e", 5)))
        # what the main document says behind the place of this one is not in force in it
        assert (r"{\a}{1}" in found.text) is (number == 0)
    assert verify_inputs(gather([str(tmp_path / "chapters" / "one.tex")]), Options(cache=False)).exit_status == 1


def test_macros_in_pages() -> None:
    assert definitions(r"\newcommand{\a}{1} \let\b\a \newcommand{\c}{2} \renewcommand{\c}{3}").keys() == {"\\a", "\\b"}
