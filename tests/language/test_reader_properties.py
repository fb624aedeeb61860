"""The reader never fails on any text, and reads the formulas of real documents."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from derivcheck.language.codes import CODES
from derivcheck.language.diagnostics import ReadError
from derivcheck.language.reader import read_formula, read_source
from derivcheck.language.syntax import Chain, Env, Group, Item, Leaf, Macro, Scripts, Seq

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
SAMPLE = Path(__file__).parent / "formulas.txt"

PIECES = (
    r"x y \alpha \frac \sqrt \binom { } ( ) [ ] \{ \} \left( \right) \left. \right| | \| || ^ _ ' & \\ , ; . = < > \le \iff \implies \to \mid + - * / ! : := "
    r"\sum \int \lim \E \nabla \partial \text{if} \text{and} \text{some} \text{long\ prose} \by{why} \label{l} \tag{1} \quad \, \begin{cases} \end{cases} "
    r"\begin{align} \end{align} \mathbf \hat \operatorname{ab} \mathrm \underbrace \overset{c} \underset \not \prime 1 12 0.5 1{,}000 \foo % $ \[ \] ½ ² ₁ σ ≤ √ "
    r"x̂ let show define assume proof case \newcommand{\x}{\frac} \x \def\y#1{#1} \y \big \middle| \displaystyle \rm log and"
).split(" ") + ["\n", "\n\n", " ", "\t", "\r\n"]


def check_spans(node: Item | Seq | None, end: int) -> None:
    """All spans lie inside the text."""
    stack = [node]
    while stack:
        n = stack.pop()
        if n is None:
            continue
        assert 0 <= n.span.start <= n.span.end <= end
        if isinstance(n, Seq):
            stack.extend(n.items)
        elif isinstance(n, Group):
            stack.append(n.body)
        elif isinstance(n, Scripts):
            stack.extend([n.base, n.sub, n.sup])
        elif isinstance(n, Macro):
            stack.extend([n.optional, *n.args])
        elif isinstance(n, Env):
            stack.extend(c for row in n.rows for c in row)
        else:
            assert isinstance(n, Leaf)


def check_file(source: str) -> None:
    file, diagnostics = read_source(source, "any.deriv")
    for d in diagnostics:
        assert d.code in CODES and 0 <= d.span.start <= d.span.end <= max(1, len(source))
    for entry in file.entries:
        if isinstance(entry, Chain):
            assert entry.links and entry.links[0].relation is None
            for link in entry.links:
                assert bool(link.body.items) == (link.error is None)
                check_spans(link.body, len(source))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_any_mixture_of_pieces(pieces: list[str]) -> None:
    check_file("".join(pieces))
    check_file(" ".join(pieces))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_any_text(source: str) -> None:
    check_file(source)
    try:
        check_spans(read_formula(source), len(source))
    except ReadError as error:
        assert error.diagnostic.code in CODES


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PIECES[:60]), max_size=25), st.integers(0, 200))
def test_cutting_off_a_formula(pieces: list[str], at: int) -> None:
    check_file(" ".join(pieces)[:at])


def _formulas() -> list[tuple[str, str]]:
    found = [(f"sample-{i}", line) for i, line in enumerate(SAMPLE.read_text(encoding="utf-8").splitlines()) if line.strip()]
    for path in sorted(SHARED.glob("inventory/*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row.get("checkable") == "yes":
                found.extend((row["id"], step["tex"]) for step in row["steps"])
    return found


# printed with a bracket too many or too few
MISPRINTS = frozenset(["tum23-p2b-cdf-chain"])


def test_formulas_of_real_documents() -> None:
    bad = []
    for name, latex in _formulas():
        _, diagnostics = read_source(f"x\n= {latex}", name)
        if diagnostics and name not in MISPRINTS:
            bad.append((name, diagnostics[0].message, latex))
    assert not bad


def test_the_printed_misprint_is_reported() -> None:
    with pytest.raises(ReadError):
        read_formula(r"\Pr(z\le\Pr(M_{\mu,\sigma^2}^{-1}(a))")


@pytest.mark.parametrize(
    "source",
    [
        " + ".join(f"x^{{{i}}}" for i in range(10_000)) + "\n= x",
        "x &= 1 \\\\ " * 5_000,
        "&" * 50_000 + " x = 1",
        "\\frac" * 50_000,
        "(" * 50_000,
        "let x \\in (" + "\n(" * 20_000,
        "\\text{" * 20_000,
        "x \\quad " * 10_000 + "= 1",
        "x = " + "\\\\" * 100_000 + "\ny",
        "\\newcommand{\\a}[1]{#1#1#1#1}\n" + "\\a" * 20_000 + " = 1",
        "\\left." * 3_000,
    ],
    ids=["terms", "rows", "amps", "fracs", "brackets", "lines", "texts", "quads", "breaks", "macros", "lefts"],
)
def test_time_is_linear(source: str) -> None:
    start = time.process_time()
    check_file(source)
    assert time.process_time() - start < 5
