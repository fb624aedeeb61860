"""The errata: the steps listed in `expected.json` are refuted (or have no meaning), and no other step is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from derivcheck.report.model import DerivationReport
from derivcheck.services.options import Options
from derivcheck.services.run import verify_inputs
from derivcheck.services.sources import gather

FOLDER = Path(__file__).resolve().parents[2] / "derivations" / "errata"
EXPECTED: dict[str, dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
SAMPLE = (
    "epfl24-q33b-loss", "epfl24-q39-alpha-domain", "stats305b-5c-gradient", "tum23-p2b-cdf-chain", "tum23-p4d-schedule4-sign",
    "udl-p5.2-loss", "udl-p18.9-ratio-as-given", "udl-p19.3-v9",
)  # fmt: skip


def judged(names: list[str]) -> list[DerivationReport]:
    paths = [str(FOLDER / f"{name}.deriv") for name in names]
    report = verify_inputs(gather(paths), Options(timeout=10, cache=False))
    return [d for file in report.files for d in file.derivations]


def complaints(derivation: DerivationReport) -> list[str]:
    """What is not as `expected.json` says."""
    expected = EXPECTED[derivation.name]
    false, errors = expected["false"], expected.get("error", [])
    out = []
    for step in derivation.steps:
        if step.index in errors:
            allowed = {"error"}
        elif step.index in false:
            allowed = {"refuted"}
        else:
            allowed = {"proved", "undecided"}
        if step.verdict not in allowed:
            out.append(f"{derivation.name} step {step.index}: {step.verdict} ({step.reason})")
        if step.verdict == "refuted" and (step.counterexample is None or step.counterexample.lhs == step.counterexample.rhs):
            # equal sides refute a strict inequality only
            if step.relation not in ("<", ">", "\\ne"):
                out.append(f"{derivation.name} step {step.index}: no counterexample")
    return out


def test_every_file_has_an_expectation_and_a_row() -> None:
    names = {p.stem for p in FOLDER.glob("*.deriv")}
    assert set(EXPECTED) == names
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| \[([^\]]+)\]\(\1\.deriv\)", readme, re.M)) == names
    for name, expected in EXPECTED.items():
        assert expected["false"] or expected["error"], name


def test_a_sample_is_refuted() -> None:
    found = judged(list(SAMPLE))
    assert len(found) == len(SAMPLE)
    assert [c for d in found for c in complaints(d)] == []


@pytest.mark.slow
def test_all_are_refuted() -> None:
    found = judged(sorted(EXPECTED))
    assert len(found) == len(EXPECTED)
    assert [c for d in found for c in complaints(d)] == []
