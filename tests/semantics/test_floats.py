"""Floating-point programs give what enclosures give, or nothing; the screen passes true models and never a false one."""

from __future__ import annotations

import pytest

from derivcheck.language.elaborate import elaborate
from derivcheck.language.reader import read_source
from derivcheck.refute.screen import Screen
from derivcheck.semantics.evaluate import evaluate
from derivcheck.semantics.floats import FAILURES, float_of, program
from derivcheck.semantics.models import Builder
from derivcheck.semantics.values import ball, is_number
from derivcheck.terms.context import Context
from derivcheck.terms.term import Term

HEAD = "let x, y, a \\in \\R\nlet z, w \\in \\C\nlet n \\in \\N\nlet f : \\R \\to \\R smooth\nlet c_i \\in \\R for i = 1, \\dots, n\n\n"
TERMS = (
    "x^2 - 3xy + y^3", "\\frac{x + y}{x - y}", "\\sqrt{x}", "\\sqrt{x^2 + y^2}", "\\log x", "\\log(x y)", "x^y", "x^{1/3}", "\\sqrt[3]{x}", "e^{x} + e^{-y}",
    "\\sin x \\cos y + \\tan a", "\\arctan x", "\\arcsin x", "\\tanh(x) + \\cosh y", "|x - y|", "\\max(x, y, a)", "\\operatorname{sign}(x) + \\lfloor y \\rfloor",
    "\\sum_{k=1}^{n} k x^k", "\\prod_{k=1}^{n} (1 + k)", "\\binom{n}{2} + n!", "\\sum_{i=1}^n c_i^2", "\\frac{d}{dx}(x^2 \\sin(xy))", "f(x) + f'(y)",
    "\\begin{cases} x & x > y \\\\ y^2 & \\text{otherwise} \\end{cases}", "\\mathbb{1}[x \\le y] x", "z^2 + w", "\\sqrt{z}", "\\log z", "z^{w}", "|z| + \\overline{w}",
    "\\operatorname{Re}(z w)", "\\sqrt{z w}", "e^{i x}", "\\operatorname{erf}(x) + \\Gamma(a)", "\\operatorname{arccot} x", "\\sec x",
)  # fmt: skip


def read(text: str) -> tuple[Term, Context]:
    source, diagnostics = read_source(HEAD + text, "t")
    steps = [s for d in elaborate(source, diagnostics).derivations for p in d.parts for c in p.chains for s in c.steps]
    (step,) = steps
    assert step.statement is not None
    return step.statement, step.context


@pytest.mark.parametrize("text", TERMS)
def test_same_values_as_enclosures(text: str) -> None:
    statement, context = read(f"{text} = 0")
    t = statement.args[0]
    code = program(t)
    assert code is not None
    seen = 0
    for model in Builder(context, [t], seed=3).models(attempts=40, count=30):
        try:
            got = code.at({s: float_of(model.values[s]) for s in t.free if s.op == "sym"})
        except FAILURES:
            continue
        value = evaluate(t, model)
        if is_number(value) and abs(got) < 1e12:
            exact = complex(ball(value))
            assert abs(exact - got) <= 1e-9 * max(1.0, abs(exact), *(abs(complex(ball(v))) for v in model.values.values() if is_number(v)))
            seen += 1
    assert seen >= 4


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ("(x + y)^2 = x^2 + 2xy + y^2", True),
        ("(x + y)^2 = x^2 + xy + y^2", False),
        ("\\sqrt{x^2} = |x|", True),
        ("\\sqrt{x^2} = x", False),
        ("\\log(z w) = \\log z + \\log w", False),
        ("x^2 + 1 > x", True),
        ("x^2 > x", False),
        ("|x + y| \\le |x| + |y|", True),
    ],
)
def test_the_screen_says_what_is_so(text: str, true: bool) -> None:
    p, context = read(text)
    screen = Screen(p, context)
    models = list(Builder(context, [p], seed=1).models(attempts=40, count=40))
    said = [screen.says(m) for m in models]
    assert said.count(True) >= (5 if true else 1)
    if true:
        assert False not in said
    for verdict, m in zip(said, models, strict=True):
        x, y = (evaluate(side, m) for side in p.args[:2])
        if verdict is True and is_number(x) and is_number(y) and p.data == "=":
            assert ball(x).overlaps(ball(y)) or abs(complex(ball(x)) - complex(ball(y))) < 1e-9


def test_what_needs_care_is_left_to_enclosures() -> None:
    for text in ("\\frac{1}{x - x} = 1", "\\int_0^1 x \\, dx = \\frac12", "\\lim_{x \\to 0} x = 0"):
        p, context = read(text)
        models = Builder(context, [p], seed=1).models(attempts=40, count=5)
        assert all(Screen(p, context).says(m) is None for m in models)
    p, context = read("\\sqrt{x} = \\sqrt{x}")
    assert Screen(p, Context(context.declarations, context.hypotheses, conventions=frozenset({"real"}))).sides is None
