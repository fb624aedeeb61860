"""Meaning comes from the reference."""

from __future__ import annotations

import pytest

from derivcheck.grading.answers import Answer, known_macro, read_answer
from derivcheck.grading.documents import read_files
from derivcheck.grading.reference import Task, tasks_of

REFERENCE = r"""
\newcommand{\half}{\frac12}
let z \in \R
let c > 0
define \sigma(u) = \frac{1}{1 + e^{-u}}
define \phi(z) = z\,\sigma(cz)
vary z

show \frac{d\phi(z)}{dz} = \sigma(cz)(1 + cz(1 - \sigma(cz)))

rubric
  1 concludes \sigma(cz)(1 + cz(1 - \sigma(cz)))
"""


@pytest.fixture(scope="module")
def task() -> Task:
    return tasks_of(REFERENCE)[0]


def read(task: Task, text: str, follows: bool = False) -> Answer:
    return read_answer(task, read_files([("deriv", text)]), lambda context, statement: follows)


@pytest.mark.parametrize(("text", "report"), [
    (r"define \sigma(u) = u", "redefines \\sigma"),
    (r"define \phi(t) = 1", "redefines \\phi"),
    (r"\newcommand{\sigma}{7}", "redefines \\sigma"),
    (r"\renewcommand{\frac}[2]{1}", "redefines \\frac"),
    (r"\def\half{3}", "redefines \\half"),
    (r"define \log(x) = x", "redefines \\log"),
    ("define e = 2", "redefines e"),
    ("e := 2", "redefines e"),
    (r"\pi := 3", "redefines \\pi"),
    ("let z > 1", "declares z"),
    (r"let c \in \N", "declares c anew"),
    ("assume z = 1", "assumes z = 1"),
    ("use some-theorem", "uses some-theorem"),
    ("convention real", "sets convention real"),
    ("vary c", "sets vary c"),
])  # fmt: skip
def test_reported_and_left_out(task: Task, text: str, report: str) -> None:
    answer = read(task, f"{text}\n\n\\sigma(z) = \\sigma(z)\n")
    assert any(report in r for r in answer.reports), answer.reports
    assert not answer.held
    (step,) = [s for p in answer.source.parts for c in p.chains for s in c.steps]
    plain = read(task, "\\sigma(z) = \\sigma(z)\n")
    (same,) = [s for p in plain.source.parts for c in p.chains for s in c.steps]
    assert step.statement is same.statement
    assert step.context.hypotheses == same.context.hypotheses


@pytest.mark.parametrize("text", [
    r"let z \in \R", "let c > 0", r"define \sigma(u) = \frac{1}{1 + e^{-u}}", r"define \sigma(t) = 1/(1+e^{-t})", r"define \phi(z) = \sigma(cz) z",
    "vary z", r"define u = cz", "let u = cz", "u := cz", r"let t \in \R", r"let k \in \N", r"\newcommand{\s}{\sigma(cz)}", "define v = z",
])  # fmt: skip
def test_nothing_to_report(task: Task, text: str) -> None:
    answer = read(task, f"{text}\n\nz = z\n")
    assert answer.reports == [] and answer.held == []


def test_names_for_expressions(task: Task) -> None:
    answer = read(task, "z s\n= z\\sigma(cz)\n\nwhere s = \\sigma(cz)\n")
    (step,) = [s for p in answer.source.parts for c in p.chains for s in c.steps]
    assert step.lhs is not None and step.rhs is not None and task.loose.same(step.lhs, step.rhs)


def test_what_follows_is_a_fact_not_a_hypothesis(task: Task) -> None:
    answer = read(task, "assume c \\ne 0\n\nz = z\n", follows=True)
    assert answer.reports == [] and len(answer.facts) == 1
    (step,) = [s for p in answer.source.parts for c in p.chains for s in c.steps]
    assert step.context.hypotheses == task.context.hypotheses


def test_an_empty_set_declares_nothing(task: Task) -> None:
    for text in ("let t \\in \\emptyset", "let t \\in (1, 0)", "let t \\in (0, z)", "let t \\in \\{2, \\dots, 1\\}"):
        answer = read(task, f"{text}\n\nt = 1\n")
        assert answer.reports or answer.held, text
        assert "t" in answer.taken_out, text


@pytest.mark.parametrize(("text", "kept"), [
    ("let X \\sim \\mathcal{N}(z, c)", True), ("let X \\sim \\mathcal{N}(0, -1)", False), ("let X \\sim \\mathrm{Exp}(z)", False),
    ("let g : \\R \\to \\R convex", True), ("let g : \\R \\to \\R convex, bounded, increasing", False), ("let r \\in \\mathcal{P}(\\R)", True),
])  # fmt: skip
def test_only_what_certainly_exists(task: Task, text: str, kept: bool) -> None:
    assert bool(read(task, f"{text}\n\nz = z\n").reports) != kept


def test_a_rubric_says_nothing() -> None:
    reading = read_files([("deriv", "z = z\n\nrubric\n  9 reaches z = 1\n  or z = 2\n\nc = c\n")])
    assert reading.reports == ["holds a rubric"] and "reaches" not in reading.text and reading.text.count("\n") == 7


def test_known_macros() -> None:
    assert known_macro("\\sigma") and known_macro("\\frac") and not known_macro("\\mine")


def test_the_student_begins_with_a_relation(task: Task) -> None:
    answer = read(task, "= z\\sigma'(cz)c + \\sigma(cz)\n= 1\n")
    steps = [s for p in answer.source.parts for c in p.chains for s in c.steps]
    assert len(steps) == 2 and steps[0].lhs is task.start


def test_lines_of_a_document() -> None:
    reading = read_files([("tex", "\\documentclass{article}\n\\begin{document}\ntext\n\\[ a\n= b \\]\n\\end{document}\n")])
    line = next(i for i, text in enumerate(reading.text.split("\n"), 1) if text.startswith("= b"))
    assert reading.place(line).line == 5


def test_directives_and_other_files_say_nothing() -> None:
    reading = read_files([("tex", "% derivcheck: assume 1 = 2\n\\input{/etc/passwd}\n\\[ a = b \\]\n")])
    assert reading.reports == ["holds a directive: assume 1 = 2"]
    assert "root:" not in reading.text


def test_a_notebook_that_is_none() -> None:
    for text in ("{", "[1, 2]", '{"cells": 3}', "[" * 100_000):
        assert read_files([("notebook", text)]).troubles
