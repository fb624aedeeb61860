"""The printers say the same about one report, and escape whatever a file contains."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from derivcheck.report.findings import findings
from derivcheck.report.machine import to_github, to_json, to_junit, to_sarif
from derivcheck.report.model import (
    ClaimReport,
    CounterexampleReport,
    DerivationReport,
    DiagnosticReport,
    FileReport,
    Report,
    StepReport,
)
from derivcheck.report.text import Style, render, underline

TEXT = "let x \\in \\R\n(x+1)^2\n  = x^2 + 2x + 1\n  = x^2 + 2x + 2 \\by{\x1b[31m<b>}\n"
GOOD = StepReport(1, 1, 3, 3, "=", "(x+1)^2", "x^2 + 2x + 1", None, "proved", "ring", "exact", None, ("x \\ne 0",), seconds=0.01)
FALSE = StepReport(
    2, 1, 4, 3, "=", "x^2 + 2x + 1", "x^2 + 2x + 2", "\x1b[31m<b>", "refuted",
    counterexample=CounterexampleReport({"x": "0"}, "1", "2"), hint="the sides differ by 1,\n100% <sure>", end_line=4, end_column=17,
)  # fmt: skip
OPEN = StepReport(3, 1, 5, 1, "=", "a", "b", verdict="undecided", reason="time: stopped after 10 s")
WARN = DiagnosticReport("D301", "warning", 2, 2, "y is not declared", "add `let y \\in \\R`")
BAD = Report(
    (
        FileReport(
            "dir, a/b%:c.deriv", "refuted", 0.5, (WARN,),
            (DerivationReport("d", "T", None, "refuted", ClaimReport("x = 1", "undecided", line=1, column=5), (GOOD, FALSE, OPEN)),), TEXT,
        ),
        FileReport("gone.deriv", "error", 0.0, (DiagnosticReport("D090", "error", 1, 1, "the file cannot be opened"),)),
    ),
    1.25,
)  # fmt: skip
ALL_WELL = Report((FileReport("a.deriv", "verified", 0.1, (), (DerivationReport("a", None, None, "verified", None, (GOOD,)),)),), 0.1)


def test_json_round_trip_and_summary() -> None:
    data = json.loads(to_json(BAD))
    assert data["schema"] == 1 and [f["path"] for f in data["files"]] == ["dir, a/b%:c.deriv", "gone.deriv"]
    assert data["summary"] == {
        "files": 2, "derivations": 1, "verified": 0, "steps": 3, "proved": 1, "refuted": 1, "undecided": 1, "errors": 1, "seconds": 1.25,
    }  # fmt: skip
    step = data["files"][0]["derivations"][0]["steps"][1]
    assert list(step)[:18] == [
        "index", "chain", "line", "column", "relation", "lhs", "rhs", "by", "verdict", "method", "certainty", "error_bound", "conditions",
        "counterexample", "hint", "reason", "seconds", "cached",
    ]  # fmt: skip
    assert step["counterexample"] == {"values": {"x": "0"}, "lhs": "1", "rhs": "2"}
    assert Report.from_json(data).to_json() == data
    assert BAD.exit_status == 2 and ALL_WELL.exit_status == 0


def test_text_underlines_and_is_harmless() -> None:
    text = render(BAD, Style())
    assert "error[D201]: step 2 is false" in text
    assert "4 |   = x^2 + 2x + 2" in text
    assert "\n  |   ^^^^^^^^^^^^^^\n" in text
    assert "counterexample: at x = 0: the left side is 1, the right side is 2" in text
    assert "help: add `let y \\in \\R`" in text
    assert "\x1b" not in text
    assert "\x1b[31;1m" in render(BAD, Style(color=True))
    assert render(ALL_WELL, Style(quiet=True)) == ""
    assert "where x \\ne 0" in render(ALL_WELL, Style(verbose=True))


def test_long_and_wide_lines_are_underlined_in_place() -> None:
    line, mark = underline("a" * 300 + "BAD" + "c" * 300, 301, 304)
    assert len(line) <= 122 and line[mark.index("^") : mark.rindex("^") + 1] == "BAD"
    line, mark = underline("漢字 = x", 6, 7)
    assert mark.index("^") == 7  # two cells for each of the two characters


def test_sarif_points_at_the_places() -> None:
    run = json.loads(to_sarif(BAD))["runs"][0]
    assert [r["ruleId"] for r in run["results"]] == ["D204", "D301", "D390", "D201", "D202", "D090"]
    assert [run["tool"]["driver"]["rules"][r["ruleIndex"]]["id"] for r in run["results"]] == [r["ruleId"] for r in run["results"]]
    place = run["results"][3]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "dir%2C%20a/b%25%3Ac.deriv"
    assert place["region"] == {"startLine": 4, "startColumn": 3, "endLine": 4, "endColumn": 17}


def test_junit_counts_and_escapes() -> None:
    root = ElementTree.fromstring(to_junit(BAD))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("5", "3", "1")
    failure = root.find(".//failure[@type='refuted']")
    assert failure is not None and "100% <sure>" in (failure.text or "")


def test_github_annotations_are_one_line_each() -> None:
    lines = to_github(BAD).splitlines()
    assert len(lines) == 6
    assert lines[3].startswith("::error file=dir%2C a/b%25%3Ac.deriv,line=4,col=3,title=derivcheck D201,endLine=4,endColumn=17::step 2 is false%0A")
    assert "100%25 <sure>" in lines[3]


def test_a_step_whose_diagnostic_is_listed_is_not_listed_twice() -> None:
    step = StepReport(1, 1, 3, 1, "=", "", "", verdict="error", reason="unread")
    diagnostic = DiagnosticReport("D010", "error", 3, 4, "unknown macro")
    file = FileReport("a", "error", 0.0, (diagnostic,), (DerivationReport("a", verdict="error", steps=(step,)),))
    assert [f.code for f in findings(file)] == ["D010"]


def test_an_empty_derivation_says_why_it_is_not_verified() -> None:
    file = FileReport("a", "undecided", 0.0, (), (DerivationReport("a", verdict="undecided"),))
    assert [f.code for f in findings(file)] == ["D207"]


def test_conditions_are_told_once_in_a_derivation() -> None:
    def step(index: int, *conditions: str) -> StepReport:
        return StepReport(index, 1, index, 1, "=", "a", "b", verdict="proved", conditions=conditions)

    steps = (step(1, "x \\ne 0"), step(2, "x \\ne 0"), step(3, "x \\ne 0", "y > 0"))
    file = FileReport("a", "verified", 0.0, (), (DerivationReport("a", verdict="verified", steps=steps),))
    assert [(f.code, f.level, f.line) for f in findings(file)] == [("D390", "warning", 1), ("D390", "warning", 3)]
