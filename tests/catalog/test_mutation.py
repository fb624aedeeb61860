"""Mutation test of the catalog: no false change of a step may be proved, and no true one refuted.

Steps are changed (`mutants.py`), an independent numeric check says which changes are false (`numeric.py`), and the judge is asked.
The kill rate by kind of change is written to the file that `DERIVCHECK_MUTATION_REPORT` names, or else printed.

    python -m tests.catalog.test_mutation [--each N] [--timeout S] [--seed N] [PART OF A FOLDER'S OR FILE'S NAME]…
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.catalog.mutants import KINDS, Mutant, mutants

ROOT = Path(__file__).resolve().parents[2] / "derivations"
Row = dict[str, Any]


def steps(path: Path) -> Iterator[tuple[str, int, Any]]:
    """(entry, number, step) of a file."""
    from derivcheck.language.elaborate import elaborate
    from derivcheck.language.reader import read_source

    source, diagnostics = read_source(path.read_text(encoding="utf-8"), str(path))
    for derivation in elaborate(source, diagnostics).derivations:
        number = 0
        for part in derivation.parts:
            for chain in part.chains:
                for step in chain.steps:
                    number += 1
                    if step.statement is not None and step.condition is None:
                        yield derivation.name, number, step


def sample(found: Sequence[Mutant], each: int, rng: random.Random) -> list[Mutant]:
    """Up to `each` mutants of every kind."""
    out: list[Mutant] = []
    for kind in KINDS:
        of_kind = list({m.statement: m for m in found if m.kind == kind}.values())
        out += rng.sample(of_kind, min(each, len(of_kind)))
    return out


def judge_mutants(path: Path, each: int, timeout: float, seed: int, write: Any) -> None:
    """Judge the mutants of a file's steps and write a row for each."""
    from derivcheck.kernel.judge import judge
    from derivcheck.kernel.obligation import Obligation
    from derivcheck.services.options import Options
    from derivcheck.terms.printer import to_latex
    from tests.catalog.numeric import falsified

    for entry, number, step in steps(path):
        rng = random.Random(f"{seed} {entry} {number}")
        for mutant in sample(list(mutants(step.statement)), each, rng):
            signal.alarm(int(6 * timeout) + 30)
            row: Row = {"entry": entry, "step": number, "kind": mutant.kind, "statement": to_latex(mutant.statement)}
            write(row | {"verdict": "begun"})
            start = time.monotonic()
            verdict = judge(Obligation(step.context, mutant.statement), Options(timeout=timeout), hints=False).verdict
            row |= {"verdict": verdict.kind, "method": verdict.method, "seconds": round(time.monotonic() - start, 2)}
            if verdict.counterexample is not None:
                row["counterexample"] = verdict.counterexample.to_json()
            signal.alarm(120)
            # what was proved is looked at more often
            row["truth"] = falsified(step.context, mutant.statement, 12 if verdict.kind == "proved" else 5)
            signal.alarm(0)
            write(row)


def run(paths: Sequence[Path], each: int, timeout: float, seed: int, log: str | None = None) -> list[Row]:
    """All rows; each file is judged in a process of its own, which may hang or die."""
    rows: list[Row] = []
    for path in paths:
        if log:
            Path(log).write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
        read_fd, write_fd = os.pipe()
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            os.close(read_fd)
            status = 1
            try:
                import threading

                sys.setrecursionlimit(1_000_000)
                threading.stack_size(256 << 20)
                signal.signal(signal.SIGALRM, signal.SIG_DFL)

                def write(row: Row, fd: int = write_fd) -> None:
                    os.write(fd, json.dumps(row).encode() + b"\n")

                thread = threading.Thread(target=judge_mutants, args=(path, each, timeout, seed, write))
                thread.start()
                thread.join()
                status = 0
            finally:
                os._exit(status)
        os.close(write_fd)
        begun: Row | None = None
        with os.fdopen(read_fd, "rb") as stream:
            for line in stream:
                row = json.loads(line)
                if row["verdict"] == "begun":
                    begun = row
                else:
                    begun = None
                    rows.append(row)
        os.waitpid(pid, 0)
        if begun is not None:
            rows.append(begun | {"verdict": "lost", "truth": "unknown"})
    return rows


def report(rows: Sequence[Row]) -> str:
    """The kill rate by kind, and what must not be."""
    lines = ["kind                mutants  false  refuted  proved  undecided  kill rate   holds  refuted  unknown  proved"]
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for r in rows:
        for kind in (r["kind"], "all"):
            table[kind][r["truth"]] += 1
            table[kind][f"{r['truth']} {r['verdict']}"] += 1
            table[kind]["mutants"] += 1
    for kind in (*KINDS, "all"):
        c = table[kind]
        if not c["mutants"]:
            continue
        rest = c["false"] - c["false refuted"] - c["false proved"]
        rate = f"{100 * c['false refuted'] / c['false']:.1f} %" if c["false"] else ""
        lines.append(
            f"{kind:18} {c['mutants']:8} {c['false']:6} {c['false refuted']:8} {c['false proved']:7} {rest:10} {rate:>10} {c['holds']:7} {c['holds refuted']:8} "
            f"{c['unknown']:8} {c['unknown proved']:7}"
        )
    for title, chosen in (
        ("FALSE AND PROVED", [r for r in rows if r["truth"] == "false" and r["verdict"] == "proved"]),
        ("HOLDS AT ALL POINTS, REFUTED (look at the counterexample)", [r for r in rows if r["truth"] == "holds" and r["verdict"] == "refuted"]),
        ("PROVED, AND NOT WITHIN REACH OF THE NUMERIC CHECK (look at the statement)", [r for r in rows if r["truth"] == "unknown" and r["verdict"] == "proved"]),
        ("LOST", [r for r in rows if r["verdict"] == "lost"]),
    ):
        if chosen:
            lines += ["", title]
            for r in chosen:
                lines.append(f"  {r['entry']} step {r['step']} ({r['kind']}): {r['statement']}")
                if "counterexample" in r:
                    lines.append(f"      {r['counterexample']}")
    return "\n".join(lines) + "\n"


def chosen_paths(parts: Sequence[str]) -> list[Path]:
    found = [p for p in sorted(ROOT.rglob("*.deriv")) if "errata" not in p.parts]
    return [p for p in found if not parts or any(part in p.relative_to(ROOT).as_posix() for part in parts)]


def test_no_false_mutant_of_a_few_files_is_proved() -> None:
    rows = run(chosen_paths(["q34-gelu", "problem-03-05", "p6-linear-rnn"]), 1, 1.0, 1)
    assert len(rows) > 20
    assert [r for r in rows if r["truth"] == "false" and r["verdict"] == "proved"] == []
    assert sum(r["truth"] == "false" and r["verdict"] == "refuted" for r in rows) > len(rows) / 3


@pytest.mark.slow
def test_no_false_mutant_is_proved() -> None:
    rows = run(chosen_paths([]), 1, 3.0, 1)
    text = report(rows)
    where = os.environ.get("DERIVCHECK_MUTATION_REPORT")
    if where:
        Path(where).write_text(text, encoding="utf-8")
    print(text)
    assert [r for r in rows if r["truth"] == "false" and r["verdict"] == "proved"] == []
    false = [r for r in rows if r["truth"] == "false"]
    assert sum(r["verdict"] == "refuted" for r in false) >= 0.9 * len(false)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*")
    parser.add_argument("--each", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=1, help="take every n-th file only")
    parser.add_argument("--rows", help="write the rows to this file")
    given = parser.parse_args()
    rows = run(chosen_paths(given.parts)[:: given.every], given.each, given.timeout, given.seed, given.rows)
    if given.rows:
        Path(given.rows).write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    print(report(rows))


if __name__ == "__main__":
    main()
