"""The rubric's notation."""

from __future__ import annotations

import pytest

from derivcheck.grading.model import Criterion
from derivcheck.grading.rubric import RubricError, parse, parts, possible, possible_in, rounded, split_or


def one(line: str) -> Criterion:
    (found,) = parse(line)
    return found


def test_the_contract() -> None:
    found = parse(
        r"""
  2    reaches  z \frac{d\sigma(cz)}{dz} + \sigma(cz)
  1    concludes \sigma(cz)(1 + cz(1 - \sigma(cz)))
  1    uses \by{product rule}
  -0.5 each wrong step
"""
    )
    assert [(c.kind, c.marks) for c in found] == [("reaches", 2), ("concludes", 1), ("uses", 1), ("wrong", -0.5)]
    assert found[0].formulas == (r"z \frac{d\sigma(cz)}{dz} + \sigma(cz)",)
    assert found[2].formulas == ("product rule",)
    assert possible(found) == 4


@pytest.mark.parametrize("writing", ["2 must reach x", "2 must reaches x", "2   must   reach  x"])
def test_must(writing: str) -> None:
    assert one(writing).must and one(writing).kind == "reaches"


def test_alternatives_on_a_line_and_below() -> None:
    assert one("1 reaches x + 1 or y \\text{ or } z").formulas == ("x + 1", "y \\text{ or } z")
    assert parse("1 reaches x\n  or y\n  or reaches z")[0].formulas == ("x", "y", "z")
    assert one(r"1 uses \by{chain rule} or \by{product rule}").formulas == ("chain rule", "product rule")
    assert split_or("(a or b) or c") == ["(a or b)", "c"]


@pytest.mark.parametrize("form", ["factored", "expanded", "simplified", "single fraction", "no integral sign", "as written"])
def test_forms(form: str) -> None:
    assert one(f"1 reaches x^2 in the form {form}").form == form
    assert one(f"1 reaches x^2 in the form {form}").formulas == ("x^2",)


def test_as_written_needs_no_form() -> None:
    assert one("1 concludes x(x+1) as written").form == "as written"


def test_mistakes_have_feedback() -> None:
    assert one("-1 mistake x + 1 % the constant").comment == "the constant"
    assert one(r"-1 mistake x + 1 \by{the constant}").comment == "the constant"
    assert one(r"-1 mistake 5\% x").formulas == (r"5\% x",)
    assert one("1 reaches x % only for the author").comment is None


def test_limit_of_a_deduction() -> None:
    assert one("-0.5 each wrong step, at most -1").most == -1


def test_parts_schemes_and_totals() -> None:
    found = parse("part (a) total 2\n1 reaches x\n2 concludes y\npart (b)\n3 reaches z\nor\n1 reaches u\n1 reaches v\ntotal 4")
    assert parts(found) == ("(a)", "(b)")
    assert possible_in(found, "(a)") == 2 and possible_in(found, "(b)") == 3
    assert possible(found) == 4
    assert [c.scheme for c in found if c.kind == "reaches"] == [0, 0, 1, 1]


def test_a_total_on_the_line_below_a_part_is_the_parts() -> None:
    found = parse("part a\ntotal 1\n2 reaches x\npart b\n2 reaches y")
    assert possible_in(found, "a") == 1 and possible(found) == 3


@pytest.mark.parametrize(("marks", "unit", "wanted"), [(1.25, "0.5", 1.5), (1.2, "0.5", 1.0), (2.5, "1", 3.0), (0.1, "0.25", 0.0)])
def test_rounding_is_upwards_at_half(marks: float, unit: str, wanted: float) -> None:
    assert rounded(marks, parse(f"1 reaches x\nround {unit}")) == wanted


@pytest.mark.parametrize("line", ["reaches x", "2 reaches", "1 arrives at x", "-1 each wrong step often", "1 reaches x in the form nice", "or x", "total 3", "1 uses"])
def test_what_cannot_be_read(line: str) -> None:
    with pytest.raises(RubricError):
        parse(line)
