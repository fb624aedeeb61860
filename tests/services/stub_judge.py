"""A judge for tests of the workers: each line of the text is one step and says what happens to it."""

from __future__ import annotations

import os
import time
from typing import Any

from derivcheck.report.model import DerivationReport, FileReport, StepReport, worst
from derivcheck.services.options import Monitor, Options

HOARD: list[bytearray] = []


def judge(job: dict[str, Any], options: Options, monitor: Monitor) -> FileReport:
    """Lines: `ok`, `false`, `hang`, `abort`, `memory`, `raise`, `deep`, `sleep S`, `hog MB` (keeps it), `burn S`; before the first step: `!hang`, `!raise`."""
    steps: list[StepReport] = []
    lines = job["text"].split("\n")
    if lines[0] == "!hang":
        _hang()
    if lines[0] == "!raise":
        raise ValueError("cannot read")
    for index, line in enumerate((x for x in lines if x and not x.startswith("!")), 1):
        key = (0, index)
        step = StepReport(index, 1, index, 1, "=", line, "1")
        known = monitor.known.get(key)
        if isinstance(known, StepReport):
            steps.append(known)
            continue
        reason = monitor.given_up(key)
        if reason is not None:
            steps.append(step.undecided(reason))
            continue
        monitor.begin(key)
        word, _, rest = line.partition(" ")
        if word == "hang":
            _hang()
        elif word == "abort":
            os.abort()
        elif word == "memory":
            _fill()
        elif word == "hog":
            HOARD.append(bytearray(int(rest) << 20))
        elif word == "burn":
            end = time.process_time() + float(rest)
            while time.process_time() < end:
                pass
        elif word == "raise":
            raise ValueError("stumbled")
        elif word == "deep":
            _deep(0)
        elif word == "sleep":
            time.sleep(float(rest))
        verdict = {"false": "refuted"}.get(word, "proved")
        done = StepReport(index, 1, index, 1, "=", line, str(os.getpid()), verdict=verdict)
        monitor.end(key, done)
        steps.append(done)
    if "!stall" in lines and monitor.given_up((0, 0)) is None:
        _hang()
    verdict = worst(s.verdict for s in steps)
    return FileReport(job["path"], verdict, 0.0, (), (DerivationReport("d", None, None, verdict, None, tuple(steps)),))


def _hang() -> None:
    while True:
        time.sleep(0.05)


def _fill() -> None:
    blocks = []
    while True:
        blocks.append(bytearray(1 << 24))


def _deep(n: int) -> int:
    return n if n > 100_000 else _deep(n + 1)
