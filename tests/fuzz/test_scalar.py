"""Verdicts on random scalar equations against mpmath: a short run with fixed seeds.

`proved` with a point at which the sides differ, or `refuted` by values at which they agree or which are not in the declared domains,
is a wrong verdict.  What mpmath leaves open says nothing.
"""

from __future__ import annotations

import random
import re
from fractions import Fraction
from typing import Any

import pytest

from derivcheck.chain import judge_document
from derivcheck.language.elaborate import elaborate
from derivcheck.language.reader import read_source
from derivcheck.services.options import Options
from tests.fuzz import scalar

_REAL = re.compile(r"-?\d+(/\d+)?|-?\d*\.\d+")
_COMPLEX = re.compile(r"(-?[\d./]+(?=[+-]))?([+-]?[\d./]*)i")


def value(shown: str) -> Any:
    """A value of a counterexample: a fraction, a pair of parts, or None for what is shown rounded or in words."""
    shown = shown.replace(" ", "")
    if _REAL.fullmatch(shown):
        return Fraction(shown)
    parts = _COMPLEX.fullmatch(shown)
    if parts is None:
        return None
    imaginary = {"": "1", "+": "1", "-": "-1"}.get(parts[2], parts[2])
    return (Fraction(parts[1] or 0), Fraction(imaginary))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(60))
def test_no_wrong_verdict(seed: int) -> None:
    rng = random.Random(seed)
    domains, left, right, relation = scalar.statement(rng)
    text = scalar.text(domains, left, right, relation)
    source, diagnostics = read_source(text, "fuzz")
    report = judge_document(elaborate(source, diagnostics), Options(timeout=3))
    (step,) = [s for d in report.derivations for s in d.steps]
    if step.verdict == "proved":
        for _ in range(100):
            at = {name: scalar.point(domain, rng) for name, domain in domains.items()}
            assert scalar.outcome(left, right, relation, at) is not False, (text, at)
    if step.verdict == "refuted":
        assert step.counterexample is not None
        shown = {name: value(v) for name, v in step.counterexample.to_json()["values"].items()}
        if None in shown.values():
            return
        assert all(scalar.inside(domains[name], v) for name, v in shown.items()), (text, shown)
        at = {name: shown.get(name, scalar.point(domain, rng)) for name, domain in domains.items()}
        assert scalar.outcome(left, right, relation, at) is not True, (text, at)
