"""Workers: limits, deaths and restarts.  The judge is a stub that does what the lines of the file say."""

from __future__ import annotations

import os
import threading

import pytest

from derivcheck.report.model import FileReport
from derivcheck.services.options import Options
from derivcheck.services.pool import Pool

TARGET = "tests.services.stub_judge:judge"


def run(*texts: str, **options: object) -> list[FileReport]:
    pool = Pool(Options(**{"timeout": 0.6, "memory": 300, "jobs": 2, **options}), TARGET)  # type: ignore[arg-type]
    return pool.run([{"path": f"{i}.deriv", "text": t} for i, t in enumerate(texts)])


def verdicts(report: FileReport) -> list[str]:
    return [s.verdict for s in report.steps]


def test_many_files_few_workers() -> None:
    reports = run(*["ok\nfalse\nok"] * 9)
    assert [r.path for r in reports] == [f"{i}.deriv" for i in range(9)]
    assert all(verdicts(r) == ["proved", "refuted", "proved"] for r in reports)
    assert len({s.rhs for r in reports for s in r.steps}) <= 2


def test_a_stuck_step_is_given_up_and_the_rest_goes_on() -> None:
    (report,) = run("ok\nhang\nok\nfalse")
    assert verdicts(report) == ["proved", "undecided", "proved", "refuted"]
    assert report.steps[1].reason is not None and report.steps[1].reason.startswith("time")
    assert report.verdict == "refuted"


@pytest.mark.parametrize("death", ["abort", "memory"])
def test_a_dying_worker_costs_one_step(death: str) -> None:
    (report, other) = run(f"ok\n{death}\nok", "ok", timeout=20.0)
    assert verdicts(report) == ["proved", "undecided", "proved"]
    assert (report.steps[1].reason or "").startswith("memory")
    assert verdicts(other) == ["proved"]


def test_an_exception_costs_one_step() -> None:
    (report,) = run("raise\nok\nraise\nok")
    assert verdicts(report) == ["undecided", "proved", "undecided", "proved"]
    assert "ValueError: stumbled" in (report.steps[0].reason or "")


def test_deep_recursion_is_no_matter() -> None:
    (report,) = run("deep\nok", timeout=20.0)
    assert verdicts(report) == ["proved", "proved"]


def test_a_crash_while_reading_is_a_diagnostic() -> None:
    (report, other) = run("!raise", "ok")
    assert report.verdict == "error" and report.diagnostics[0].code == "D099"
    assert verdicts(other) == ["proved"]


def test_endless_reading_is_a_diagnostic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("derivcheck.services.pool.READING", 0.3)
    (report,) = run("!hang")
    assert report.verdict == "error" and report.diagnostics[0].code == "D094"


def test_stalling_between_steps_gives_the_claim_up() -> None:
    (report,) = run("ok\n!stall")
    assert verdicts(report) == ["proved"]


def test_the_budget_of_a_file_ends_it() -> None:
    (report,) = run("ok\n" + "sleep 0.3\n" * 20, timeout=5.0, budget=0.7)
    assert verdicts(report)[0] == "proved" and verdicts(report)[-1] == "undecided"
    assert "budget" in (report.steps[-1].reason or "")
    assert report.seconds < 3


def test_from_a_program_with_threads_workers_are_started_afresh() -> None:
    stop = threading.Event()
    other = threading.Thread(target=stop.wait)
    other.start()
    try:
        (report,) = run("ok\nabort\nok", timeout=20.0)
    finally:
        stop.set()
        other.join()
    assert verdicts(report) == ["proved", "undecided", "proved"]


def test_memory_that_others_used_up_is_no_reason() -> None:
    (report,) = run("hog 200\n" * 6, timeout=20.0)
    assert verdicts(report) == ["proved"] * 6
    assert len({s.rhs for s in report.steps}) > 2


def test_waiting_for_the_processor_is_no_reason() -> None:
    # more busy steps than cores: the clock runs faster than each one's processor time
    jobs = 3 * (os.cpu_count() or 1)
    reports = run(*["burn 0.6"] * jobs, timeout=1.0, jobs=jobs)
    assert [verdicts(r) for r in reports] == [["proved"]] * jobs
    (spinning,) = run("burn 30", timeout=0.5)
    assert verdicts(spinning) == ["undecided"]
