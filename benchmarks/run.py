"""derivcheck, SymPy, Maxima and giac on one fixed set of scalar steps; writes `RESULTS.md`.

    python benchmarks/run.py [--seconds 5] [--write]

Every engine has one warm process of its own, and the engines take turns, `TURN` steps at a time, so that whatever else the machine does
hits all of them alike, and none of them finds the processor's caches full of the others' data at every step: ratios count, not
milliseconds.  derivcheck's time is that of the verdict: a proof with its
cross-examination in models, or a counterexample; a second row adds the hint that a refuted step gets in a report.  SymPy builds and simplifies the difference of the sides with the assumptions that the
declarations allow; its cache starts empty after warming up.  What takes longer than `--seconds` is ended and counts as not accepted.
Maxima (`apt-get install maxima`) and giac (`apt-get install xcas`) take part where they are installed.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

sys.setrecursionlimit(100_000)

from steps import COURSE, FILES, WARM, Case, cases, steps_of  # noqa: E402
from text_engines import TextEngine, installed  # noqa: E402

from derivcheck.cli import COLLECTIONS  # noqa: E402
from derivcheck.kernel.judge import judge  # noqa: E402
from derivcheck.kernel.obligation import Obligation  # noqa: E402
from derivcheck.language.document import StepSource  # noqa: E402
from derivcheck.services.options import Options  # noqa: E402

Answer = tuple[bool, float, float | None]
"""Whether the step was accepted, the seconds that took, and the processor's seconds (None for another program)."""
Ask = Callable[[StepSource], Answer]
TURN = 20
RESULTS = Path(__file__).resolve().parent / "RESULTS.md"


def derivcheck_asked(limit: float, hints: bool) -> Ask:
    """derivcheck, in this process, which collects garbage as that of the command line does."""
    gc.set_threshold(*COLLECTIONS)
    options = Options(timeout=limit)

    def ask(step: StepSource) -> Answer:
        start, busy = time.perf_counter(), time.process_time()
        assert step.statement is not None
        verdict = judge(Obligation(step.context, step.statement), options, hints).verdict.kind
        return verdict == "proved", time.perf_counter() - start, time.process_time() - busy

    return ask


def sympy_asked(method: str, limit: float) -> Ask:
    """SymPy, in this process."""
    import sympy_engine

    def ask(step: StepSource) -> Answer:
        start, busy = time.perf_counter(), time.process_time()
        accepted = sympy_engine.accepts(step, method, limit)
        return accepted, time.perf_counter() - start, time.process_time() - busy

    return ask


def program_asked(language: str, limit: float) -> Ask:
    """Maxima or giac, in a process of theirs."""
    engine = TextEngine(language)
    return lambda step: (*engine.accepts(step, limit), None)


def serve(make: Callable[[], Ask], found: list[Case], pipe: Connection) -> None:
    """The life of an engine's process: warm up, then answer for the steps asked about."""
    ask = make()
    for step in steps_of(WARM):
        ask(step)
    if "sympy" in sys.modules:
        from sympy.core.cache import clear_cache

        clear_cache()
    gc.collect()
    gc.freeze()  # what is loaded is no garbage, whoever loaded it
    pipe.send("ready")
    while True:
        index = pipe.recv()
        if index is None:
            return
        pipe.send(ask(found[index].step))


def measure(found: list[Case], limit: float) -> dict[str, list[Answer]]:
    """Every engine's answers, in the order of the steps."""
    makers: dict[str, Callable[[], Ask]] = {
        "derivcheck": lambda: derivcheck_asked(limit, False),
        "derivcheck with hints": lambda: derivcheck_asked(limit, True),
        "SymPy `simplify(lhs - rhs)`": lambda: sympy_asked("simplify", limit),
        "SymPy `lhs.equals(rhs)`": lambda: sympy_asked("equals", limit),
    }
    if "maxima" in installed():
        makers["Maxima `trigsimp`, `radcan`"] = lambda: program_asked("maxima", limit)
    if "giac" in installed():
        makers["giac `simplify`"] = lambda: program_asked("giac", limit)
    fork = multiprocessing.get_context("fork")
    engines: dict[str, Connection] = {}
    for name, make in makers.items():
        here, there = fork.Pipe()
        fork.Process(target=serve, args=(make, found, there), daemon=True).start()
        engines[name] = here
    for pipe in engines.values():
        pipe.recv()
    answers: dict[str, list[Answer]] = {name: [] for name in engines}
    for start in range(0, len(found), TURN):
        for name, pipe in engines.items():
            for index in range(start, min(start + TURN, len(found))):
                pipe.send(index)
                answers[name].append(pipe.recv())
    for pipe in engines.values():
        pipe.send(None)
    return answers


def quantile(times: list[float], q: float) -> float:
    """The value below which this share of the times lies."""
    return sorted(times)[int(q * (len(times) - 1))]


def table(found: list[Case], answers: dict[str, list[Answer]]) -> list[str]:
    """The rows of the table."""
    true = sum(c.true for c in found)
    lines = [
        "| | accepts of true | accepts of false | median | p95 | p95 of processor time | median, times derivcheck's | p95, times derivcheck's |",
        "|---|---|---|---|---|---|---|---|",
    ]
    own = [row[1] for row in answers["derivcheck"]]
    for name, rows in answers.items():
        times = [row[1] for row in rows]
        busy = [row[2] for row in rows if row[2] is not None]
        good = sum(row[0] for row, c in zip(rows, found, strict=True) if c.true)
        bad = sum(row[0] for row, c in zip(rows, found, strict=True) if not c.true)
        median, tail = statistics.median(times), quantile(times, 0.95)
        lines.append(
            f"| {name} | {good} of {true} | {bad} of {len(found) - true} | {1000 * median:.1f} ms | {1000 * tail:.0f} ms "
            f"| {f'{1000 * quantile(busy, 0.95):.0f} ms' if busy else ''} "
            f"| {median / statistics.median(own):.1f} | {tail / quantile(own, 0.95):.1f} |"
        )
    return lines


def machine() -> str:
    """The class of machine."""
    model = platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    except OSError:
        pass
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def versions() -> str:
    """Who took part."""
    import sympy

    parts = [f"SymPy {sympy.__version__}"]
    for name in installed():
        said = subprocess.run([name, "--version"], capture_output=True, text=True, check=False).stdout.strip().splitlines()
        number = re.search(r"\d+(\.\d+)+", " ".join(said))
        parts.append(f"{name.capitalize() if name == 'maxima' else name} {number.group() if number else ''}".strip())
    return ", ".join(parts)


def main() -> None:
    """Measure, print, and with `--write` renew `RESULTS.md`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5, help="limit for one question")
    parser.add_argument("--write", action="store_true", help="write RESULTS.md")
    given = parser.parse_args()
    found = cases()
    answers = measure(found, given.seconds)
    true = sum(c.true for c in found)
    rows = table(found, answers)
    ordinary = [k for k, c in enumerate(found) if c.name.startswith(COURSE)]
    course = table([found[k] for k in ordinary], {name: [rows_of[k] for k in ordinary] for name, rows_of in answers.items()})
    summary = f"{len(found)} steps, {true} true and {len(found) - true} false, from `tests/verdicts/` ({', '.join(FILES)})."
    pairs = list(zip(found, answers["SymPy `simplify(lhs - rhs)`"], answers["derivcheck"], strict=True))
    whole = statistics.median(theirs[1] / max(ours[1], 1e-9) for _, theirs, ours in pairs)
    of_true = statistics.median([theirs[1] for c, theirs, _ in pairs if c.true]) / statistics.median([ours[1] for c, _, ours in pairs if c.true])
    text = [
        "# Scalar steps against other systems",
        "",
        "Written by `python benchmarks/run.py --write`; what is measured, and how, stands at the head of that file.",
        "",
        f"{summary}  {versions()}.  {machine()}.",
        "",
        *rows,
        "",
        f"The ordinary course steps among them (`{COURSE}.cases`) alone:",
        "",
        *course,
        "",
        f"Among the true steps alone, the median time of `simplify` is {of_true:.1f} times that of derivcheck; step by step it takes {whole:.1f} times as long in the median.",
        "Milliseconds are those of one run on one machine, which may have had other things to do: compare the ratios, and see the processor time.",
        "A false step that is accepted is a wrong answer; a true one that is not accepted is one left open.  The time of derivcheck includes cross-examination in models and, for",
        "false steps, the counterexample; the others say only whether the difference was seen to be zero.",
        "",
    ]
    print("\n".join(text))
    if given.write:
        RESULTS.write_text("\n".join(text), encoding="utf-8")


if __name__ == "__main__":
    main()
