"""Marks: milestones, slips, words, parts, and what waits for a person."""

from __future__ import annotations

import pytest

from derivcheck.grading.award import grade_files
from derivcheck.grading.model import Grade
from derivcheck.services.options import Options

OPTIONS = Options(timeout=20.0, cache=False)

GELU = r"""
let z, c \in \R
define \sigma(u) = \frac{1}{1 + e^{-u}}
define \phi(z) = z\,\sigma(cz)

show \frac{d\phi(z)}{dz} = \sigma(cz)\,(1 + cz(1 - \sigma(cz)))

rubric
  2    reaches  z \frac{d\sigma(cz)}{dz} + \sigma(cz)
  1    concludes \sigma(cz)(1 + cz(1 - \sigma(cz)))
  1    uses \by{product rule}
  -0.5 each wrong step
"""

STEPS = [
    r"\frac{d\phi(z)}{dz}",
    r"z \frac{d\sigma(cz)}{dz} + \sigma(cz)",
    r"cz \frac{e^{-cz}}{(1 + e^{-cz})^2} + \sigma(cz)",
    r"\sigma(cz)(1 + cz(1 - \sigma(cz)))",
]


def grade(text: str, reference: str = GELU, kind: str = "deriv") -> Grade:
    return grade_files(reference, [(kind, text)], "s", OPTIONS)


def chain(*lines: str) -> str:
    return "\n= ".join(lines) + "\n"


def marks(text: str, reference: str = GELU) -> float:
    found = grade(text, reference)
    assert not found.error
    return found.marks


def test_full_marks() -> None:
    found = grade(chain(STEPS[0], STEPS[1] + r" \by{product rule}", *STEPS[2:]))
    assert (found.marks, found.possible, found.proposed) == (4, 4, 0)
    assert not found.held and not found.wrong and not found.needs_person
    assert [a.line for a in found.awards[:3]] == [2, 4, 2]


def test_from_the_other_end() -> None:
    assert marks(chain(*reversed(STEPS))) == 3


def test_the_start_left_out() -> None:
    assert marks("= " + "\n= ".join(STEPS[1:])) == 3
    assert marks(chain(*STEPS[1:])) == 3


@pytest.mark.parametrize("text", [
    "", "% nothing\n", STEPS[0], chain(STEPS[0], r"\frac{d}{dz}(z\sigma(cz))"), chain(STEPS[0], r"\frac{d}{dz}\frac{z}{1+e^{-cz}}"),
    chain(STEPS[0], STEPS[0]), chain("1", "1"), chain(STEPS[0], r"\frac{d}{dz}(\sigma(cz)z) \by{product rule}"),
])  # fmt: skip
def test_restating_earns_nothing(text: str) -> None:
    found = grade(text)
    assert found.marks == 0 and found.proposed == 0


def test_only_the_answer() -> None:
    assert marks(chain(STEPS[0], STEPS[-1])) == 3
    assert marks(chain(STEPS[0], STEPS[-1]), GELU.replace("2    reaches", "2 must reach")) == 1
    assert marks(STEPS[-1], GELU.replace("2    reaches", "2 must reach")) == 1


def test_max_jump() -> None:
    three = r"""
let x \in \R
show \frac{d}{dx}(x^2e^{x}) = xe^x(2+x)
rubric
  1 reaches 2xe^x + x^2\frac{d}{dx}e^x
  1 reaches x^2\frac{d}{dx}e^x + \frac{d(x^2)}{dx}e^x
  1 concludes xe^x(2+x)
"""
    answer = "\\frac{d}{dx}(x^2e^{x})\n= xe^x(2+x)\n"
    assert marks(answer, three) == 3
    assert marks(answer, three + "  max jump 2\n") == 3
    assert marks(answer, three + "  max jump 1\n") == 1


def test_a_slip_counts_once_when_a_later_line_agrees_again() -> None:
    found = grade(chain(STEPS[0], STEPS[1], r"z\sigma(cz) + \sigma(cz)", STEPS[2], STEPS[3]))
    assert found.marks == 2.5 and [w.counted for w in found.wrong] == [True, False]


def test_a_slip_carried_forward_is_proposed() -> None:
    found = grade(chain(STEPS[0], STEPS[1], r"z\sigma(cz)(1-\sigma(cz)) + \sigma(cz)", r"\sigma(cz)(1 + z(1-\sigma(cz)))"))
    assert found.marks == 1.5 and found.proposed == 1 and found.needs_person
    (proposed,) = [a for a in found.awards if a.proposed]
    assert "altered form" in proposed.reason and proposed.line == 4


def test_proposals_are_capped() -> None:
    found = grade(chain(STEPS[0], STEPS[1], "z", r"z + 0", r"1z"), GELU + "  total 2.5\n")
    assert found.marks + found.proposed <= found.possible == 2.5


def test_the_same_wrong_step_twice_counts_once() -> None:
    wrong = chain(r"\sigma(z)", "z")
    assert len(grade(f"{wrong}\n{wrong}").wrong) == 2
    assert sum(w.counted for w in grade(f"{wrong}\n{wrong}").wrong) == 1


def test_a_listed_mistake_brings_its_own_marks_and_feedback() -> None:
    reference = GELU + "  -1 mistake z\\sigma(cz)(1-\\sigma(cz)) + \\sigma(cz)   % the inner derivative\n"
    found = grade(chain(*STEPS[:2], r"\sigma(cz) + z\sigma(cz)(1-\sigma(cz))"), reference)
    assert found.marks == 1 and found.wrong[0].feedback == "the inner derivative"


def test_undecided_steps_are_held_never_wrong() -> None:
    hard = r"\int_0^1 e^{\sin(\cos(e^{x^2}))}\,dx"
    found = grade(chain(hard, r"\int_0^1 e^{\sin(\cos(e^{y^2}))}\cos(1)^{0}\,dy + 10^{-90}\sin(1)^{\pi}"))
    assert not [w for w in found.wrong if w.verdict != "refuted"]
    for step in found.steps:
        if step["verdict"] == "undecided":
            assert found.held and found.open


def test_a_step_about_names_that_nobody_declared_may_be_right() -> None:
    found = grade(chain(r"\sin(n\pi)", "0"))
    assert not found.wrong and found.open and "never declared" in found.held[0]
    assert grade(chain(r"\sin(n\pi)", "1")).wrong
    assert grade(chain(r"\sqrt{q^2}", "q")).open


def test_what_cannot_be_read_is_held() -> None:
    for text in ("\\frac{1}{", "a b = ] (", "x^^2 = 1", "I know the answer, it is obvious."):
        found = grade(text)
        assert found.marks == 0 and found.held and found.needs_person, text


def test_hypotheses_and_cases_bring_nothing() -> None:
    for head in ("case z = 0", "suppose 1 = 0", "assume z = 0", "induction on z"):
        found = grade(f"{head}\n\n{chain(STEPS[0], STEPS[-1])}")
        if head.startswith("assume"):
            assert found.marks == 3 and found.reports  # the step itself is true
        else:
            assert found.marks == 0, head
    assert grade("case z = 0\n\n" + chain(STEPS[0], r"\frac12")).marks == 0


def test_exhaustive_cases_count() -> None:
    reference = r"""
let x \in \R
show \max(x, -x) = |x|
rubric
  1 concludes |x|
"""
    text = "case x \\ge 0\n\\max(x, -x)\n= x\n= |x|\n\ncase x < 0\n\\max(x, -x)\n= -x\n= |x|\n"
    assert marks(text, reference) == 1
    assert marks("case x \\ge 0\n\\max(x, -x)\n= x\n= |x|\n", reference) == 0


SOLVE = r"""
let x \in \R
show 2x - 4 = 0 \iff x = 2
rubric
  1 reaches 2x = 4
  1 concludes x = 2
  -1 each wrong step
"""


@pytest.mark.parametrize(("text", "wanted"), [
    ("2x - 4 = 0 \\iff 2x = 4 \\iff x = 2", 2), ("2x = 4\nx = 2", 2), ("2x - 4 = 0\n\n2x = 4\n\nx = 2", 2), ("x = 2", 2), ("x = 4/2 = 2", 2),
    ("2x - 4 = 0 \\iff x = -2", 0), ("x = 3", 0), ("2x - 4 = 0", 0), ("2x = 4", 1), ("2x - 4 = 0 \\implies x = 2", 2), ("2x - 4 = 0 \\iff 2x = 4 \\iff x = 3", 0),
])  # fmt: skip
def test_statements(text: str, wanted: float) -> None:
    reference = SOLVE.replace("reaches 2x = 4", "reaches 2x = 4 as written")
    assert marks(text, reference) == wanted


def test_inequalities() -> None:
    reference = "let x \\in \\R\nshow x^2 + 1 \\ge 2x\nrubric\n  1 reaches (x-1)^2 + 2x as written\n  1 concludes 2x\n"
    assert marks("x^2 + 1\n= (x-1)^2 + 2x\n\\ge 2x", reference) == 2
    assert marks("x^2 + 1\n\\le 2x", reference) == 0


def test_an_equation_is_not_earned_by_an_inequality() -> None:
    reference = "let x \\in \\R\nshow |x|^2 = x^2\nrubric\n  1 concludes x^2 as written\n"
    assert marks("|x|^2\n\\le x^2", reference) == 0
    assert marks("|x|^2\n= x^2", reference) == 1


def test_parts_and_alternative_schemes() -> None:
    reference = SOLVE.replace("  1 reaches 2x = 4\n  1 concludes x = 2\n", "  part work total 1\n  2 reaches 2x = 4 as written\n  or\n  1 reaches x - 2 = 0 as written\n  part answer\n  1 concludes x = 2\n")
    assert marks("2x - 4 = 0 \\iff 2x = 4 \\iff x = 2", reference) == 2
    assert marks("2x - 4 = 0 \\iff x - 2 = 0 \\iff x = 2", reference) == 2


def test_several_tasks() -> None:
    reference = "derivation a\nlet x \\in \\R\nshow (x+1)^2 = x^2+2x+1\nrubric\n 1 concludes x^2+2x+1 in the form expanded\n\nderivation b\nlet y \\in \\R\nshow \\frac{d}{dy}y^2 = 2y\nrubric\n 2 concludes 2y\n"
    named = grade("derivation b\n\\frac{d}{dy}y^2\n= 2y\n\nderivation a\n(x+1)^2\n= x^2+2x+1\n", reference)
    assert (named.marks, named.possible) == (3, 3) and [p.task for p in named.parts] == ["a", "b"]
    assert grade("(x+1)^2\n= x^2+2x+1\n\n\\frac{d}{dy}y^2\n= 2y\n", reference).marks == 3
    assert grade("\\frac{d}{dy}y^2\n= 2y\n", reference).marks == 2
    assert grade("", reference).marks == 0


def test_bound_names_do_not_matter() -> None:
    reference = "let N \\in \\N\nlet a_n \\in \\R for n = 1, \\dots, N\nshow \\sum_{n=1}^N 2a_n = 2\\sum_{n=1}^N a_n\nrubric\n 1 concludes 2\\sum_{n=1}^N a_n as written\n"
    assert marks("\\sum_{k=1}^N 2a_k\n= 2\\sum_{m=1}^N a_m", reference) == 1


def test_plain_text() -> None:
    text = "dphi(z)/dz = z*dsigma(cz)/dz + sigma(cz)    by the product rule\n\nThis gives\n= sigma(c*z)*(1 + c*z*(1 - sigma(c*z)))\n"
    assert marks(text) == 4


def test_json_there_and_back() -> None:
    found = grade(chain(STEPS[0], "z", STEPS[3]))
    assert Grade.from_json(found.to_json()) == Grade.from_json(Grade.from_json(found.to_json()).to_json())
    assert Grade.from_json(found.to_json()).marks == found.marks


GRADIENT = r"""
let n, d \in \N_{>0}
let X \in \R^{n \times d}
let w, u \in \R^d
let y \in \R^n
let \alpha > 0
assume y = X u
define f(w) = \frac12 \|X w - y\|^2

show w - \alpha \nabla f(w) - u = (I - \alpha X^\top X)(w - u)

rubric
  2    reaches w - \alpha X^\top (X w - y) - u
  1    concludes (I - \alpha X^\top X)(w - u) in the form factored
  -0.5 each wrong step
"""

DESCENT = [r"w - \alpha \nabla f(w) - u", r"w - \alpha X^\top (X w - y) - u", r"w - u - \alpha X^\top X (w - u)"]


def test_a_sum_of_vectors_is_no_product() -> None:
    assert marks(chain(*DESCENT, r"(I - \alpha X^\top X)(w - u)"), GRADIENT) == 3
    assert marks(chain(*DESCENT), GRADIENT) == 2


def test_nothing_is_concluded_before_a_line_that_cannot_be_read() -> None:
    found = grade(chain(*STEPS[:2], STEPS[3], r"\sigma(cz"), GELU)
    assert (found.marks, found.proposed) == (2, 1) and found.held
    found = grade(chain(*DESCENT, r"(w - u)(I - \alpha X^\top X)"), GRADIENT)
    assert (found.marks, found.proposed) == (2, 1) and not found.wrong


@pytest.mark.parametrize("line", [r"z s (1 - s) c + s", r"z \frac{ds}{dz} + s", r"q"])
def test_names_that_nobody_declared_are_left_to_a_person(line: str) -> None:
    found = grade(chain(STEPS[0], line, STEPS[3]))
    assert not found.wrong and "declares" in " ".join(found.held)
    assert found.marks <= 3


def test_the_reason_at_the_end_of_a_row() -> None:
    text = r"""\begin{align*}
w - \alpha \nabla f(w) - u &= w - \alpha X^\top (Xw - y) - u \\
 &= w - \alpha X^\top (Xw - Xu) - u \quad\text{since } y = Xu \\
 &= (I - \alpha X^\top X)(w - u)
\end{align*}"""
    found = grade(text, GRADIENT, "tex")
    assert found.marks == 3 and not found.held
