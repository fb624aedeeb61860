"""A run as a whole: strictness, and documents that are read through other files."""

from __future__ import annotations

from dataclasses import replace

from derivcheck.api import check_text
from derivcheck.report.model import DerivationReport, DiagnosticReport, FileReport, StepReport
from derivcheck.services.run import complete, strictly


def step(line: int, *conditions: str, verdict: str = "proved", reason: str | None = None) -> StepReport:
    return StepReport(1, 1, line, 1, "=", "a", "b", verdict=verdict, conditions=conditions, reason=reason)


def file(*derivations: DerivationReport, diagnostics: tuple[DiagnosticReport, ...] = ()) -> FileReport:
    return FileReport("f", "verified", 0.0, diagnostics, derivations)


def derivation(*steps: StepReport) -> DerivationReport:
    return DerivationReport("d", verdict="verified", steps=steps)


def test_strict_makes_conditions_and_warnings_fail() -> None:
    clean = file(derivation(step(1)))
    assert strictly(clean) is clean
    found = strictly(file(derivation(step(1)), derivation(step(5, "x \\ne 0"))))
    assert found.verdict == "error" and [d.verdict for d in found.derivations] == ["verified", "error"]
    assert [(d.code, d.line) for d in found.diagnostics] == [("D390", 5)]
    warned = strictly(file(derivation(step(1)), derivation(step(5)), diagnostics=(DiagnosticReport("D301", "warning", 3, 1, "m"),)))
    assert warned.verdict == "error" and [d.severity for d in warned.diagnostics] == ["error"]
    assert [d.verdict for d in warned.derivations] == ["verified", "error"]


def test_only_decided_reports_are_remembered() -> None:
    assert complete(file(derivation(step(1), step(2, verdict="refuted"))))
    assert not complete(file(derivation(step(1), step(2, verdict="undecided"))))


def test_limits_are_remembered_only_where_the_worker_had_the_processor() -> None:
    stopped = file(derivation(step(1), step(2, verdict="undecided", reason="order: limit reached: time; agrees at 32 of 32 points")))
    assert not complete(stopped)
    assert complete(replace(stopped, unhindered=True))
    killed = file(derivation(step(1, verdict="undecided", reason="time: stopped after 10 s")))
    assert not complete(replace(killed, unhindered=True))


def test_errors_of_the_text_are_remembered_and_those_of_the_program_are_not() -> None:
    assert complete(file(derivation(step(1, verdict="error", reason="sizes do not match"))))
    assert not complete(file(derivation(step(1, verdict="error", reason="internal error: x"))))
    assert not complete(file(derivation(step(1)), diagnostics=(DiagnosticReport("D099", "error", 1, 1, "m"),)))


def test_text_of_a_check() -> None:
    assert check_text("a = b") == "a = b\n"
    text = check_text(" x = y ", "x \\in \\R", ["f(u) = u", "g = 1"], assume=("x > 0",), convention=("real",))
    assert text == "convention real\nlet x \\in \\R\ndefine f(u) = u\ndefine g = 1\nassume x > 0\n\nx = y\n"
