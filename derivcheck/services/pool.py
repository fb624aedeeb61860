"""The parent's side of the workers: hands out files, watches the clock, kills, and starts again from the next step.

A worker that sits on one step for longer than `--timeout` (plus a grace for the judge to stop by itself), or dies on it, is
killed (on a busy machine it is the processor time that counts, up to `PATIENCE` times the limit, so that verdicts depend on other
programs as little as possible); the step is given up with the reason, and a new worker takes over the file with the results known so far.  Verdicts of
finished steps survive.  A step on which a worker runs out of memory that earlier steps had used up gets a second try in a new
worker, so that verdicts do not depend on what was judged before.  No more workers than files are started; one worker judges many files.

Workers are forked from this process where that is safe (one thread, Linux), after it has loaded what they need: a fork starts in a
millisecond and needs no imports.  Elsewhere they are started afresh.
"""

from __future__ import annotations

import gc
import json
import os
import selectors
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from derivcheck.report.model import ClaimReport, DerivationReport, DiagnosticReport, FileReport, StepReport
from derivcheck.services.options import Options, StepKey
from derivcheck.services.worker import OUT_OF_MEMORY, carries_over, result_from_json, serve

READING = 30.0
"""Seconds for reading a file, over and above the limit of a step."""

PATIENCE = 10.0
"""How many times a limit may pass on the clock while a worker waits for the processor."""

UNHINDERED = 0.8
"""The share of the clock that a worker must have had the processor for, for its time limits to count as fairly reached."""

JOBS_PER_WORKER = 200
"""A worker is replaced after so many files: its tables of terms only grow."""

_TICKS = os.sysconf("SC_CLK_TCK")

Tick = Callable[[], None]


@dataclass
class Job:
    """A file on its way: `data` goes to the worker, the rest is what the parent knows about it."""

    data: dict[str, Any]
    known: dict[StepKey, StepReport | ClaimReport] = field(default_factory=dict)
    lost: dict[StepKey, str] = field(default_factory=dict)
    stop: str | None = None
    spent: float = 0.0
    retried: set[StepKey] = field(default_factory=set)
    report: FileReport | None = None

    @property
    def path(self) -> str:
        return str(self.data["path"])

    def message(self, options: Options) -> bytes:
        """The line that asks a worker to judge this file."""
        left = None if options.budget is None else max(0.1, options.budget - self.spent)
        body = {
            "job": self.data,
            "options": replace(options, budget=left).to_json(),
            "known": [[*key, result.to_json()] for key, result in self.known.items() if carries_over(result)],
            "lost": [[*key, reason] for key, reason in self.lost.items()],
            "stop": self.stop,
        }
        return json.dumps(body, ensure_ascii=False).encode() + b"\n"


class Worker:
    """One process with its two pipes."""

    def __init__(self, target: str, memory: int) -> None:
        to_worker, from_worker = os.pipe(), os.pipe()
        self._process: Any = None
        if _may_fork():
            prepare(target)
            sys.stdout.flush()
            sys.stderr.flush()
            self.pid = os.fork()
            if self.pid == 0:
                try:
                    serve(to_worker[0], from_worker[1], target, memory)
                finally:
                    os._exit(1)
        else:
            import subprocess

            fds = (to_worker[0], from_worker[1])
            command = [sys.executable, "-m", "derivcheck.services.worker", *map(str, fds), target, str(memory)]
            environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
            self._process = subprocess.Popen(command, pass_fds=fds, env=environment)
            self.pid = self._process.pid
        os.close(to_worker[0])
        os.close(from_worker[1])
        self.write_fd, self.read_fd = to_worker[1], from_worker[0]
        self.buffer = b""
        self.jobs = 0
        self.job: Job | None = None
        self.current: StepKey | None = None
        self.since = 0.0
        self.cpu_since = 0.0
        self.extra = 0.0
        self.asleep = 0
        self.started = 0.0
        self.began = False
        self.steps = 0

    def assign(self, job: Job, options: Options) -> None:
        """Start on a file.  A worker that is already gone is noticed when its pipe is read."""
        self.job, self.current, self.began = job, None, False
        self.jobs += 1
        self.turn()
        self.started = self.since
        data = memoryview(job.message(options))
        try:
            while data:
                data = data[os.write(self.write_fd, data) :]
        except BrokenPipeError:
            return

    def turn(self) -> None:
        """The clock starts anew: a file or step begins or ends."""
        self.since, self.extra, self.asleep, self.cpu_since = time.monotonic(), 0.0, 0, self.cpu()

    def cpu(self) -> float:
        """Seconds of processor time so far (of the clock, where the system does not say)."""
        try:
            with open(f"/proc/{self.pid}/stat", "rb") as stream:
                fields = stream.read().rpartition(b")")[2].split()
            return (int(fields[11]) + int(fields[12])) / _TICKS
        except (OSError, ValueError, IndexError):
            return time.monotonic()

    def runnable(self) -> bool:
        """Whether a thread of the process runs, or would if it had a processor."""
        try:
            for task in os.listdir(f"/proc/{self.pid}/task"):
                with open(f"/proc/{self.pid}/task/{task}/stat", "rb") as stream:
                    if stream.read().rpartition(b")")[2].split()[0] == b"R":
                        return True
        except (OSError, IndexError):
            return False
        return False

    def lines(self) -> list[bytes] | None:
        """The messages that have arrived; None at the end of the stream."""
        chunk = os.read(self.read_fd, 1 << 16)
        if not chunk:
            return None
        *lines, self.buffer = (self.buffer + chunk).split(b"\n")
        return lines

    def end(self, kill: bool) -> int:
        """Close the pipes, make sure that the process is gone, and return how it ended (negative: by that signal)."""
        os.close(self.write_fd)
        os.close(self.read_fd)
        if kill:
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self._process is not None:
            return int(self._process.wait())
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def _may_fork() -> bool:
    return sys.platform.startswith("linux") and threading.active_count() == 1


_prepared: set[str] = set()


def prepare(target: str) -> None:
    """Load, once, what the workers need: whatever is imported here no fork has to import again."""
    if target not in _prepared:
        _prepared.add(target)
        from importlib import import_module

        from derivcheck.services import pipeline

        pipeline.prepare()
        import_module(target.partition(":")[0])
        gc.freeze()  # what is loaded stays: no collection in a worker need look at it, and so copy its pages


class Pool:
    """Judges a list of files with up to `jobs` workers."""

    def __init__(self, options: Options, target: str) -> None:
        self.options = options
        self.target = target
        self.workers: list[Worker] = []
        self._selector = selectors.DefaultSelector()

    def run(
        self, data: Sequence[dict[str, Any]], on_done: Callable[[int, FileReport], None] | None = None, tick: Tick | None = None
    ) -> list[FileReport]:
        """The reports, in the order of the files.  `on_done` hears of each as it comes, `tick` about every tenth of a second."""
        jobs = [Job(d) for d in data]
        waiting = list(range(len(jobs) - 1, -1, -1))
        number = {id(job): i for i, job in enumerate(jobs)}
        count = max(1, min(self.options.jobs or os.cpu_count() or 1, len(jobs)))
        try:
            while waiting or any(w.job for w in self.workers):
                idle = [w for w in self.workers if w.job is None]
                while waiting and (idle or len(self.workers) < count):
                    worker = idle.pop() if idle else self._start()
                    worker.assign(jobs[waiting.pop()], self.options)
                for job in self._wait(tick is not None):
                    if job.report is None:
                        waiting.append(number[id(job)])
                    elif on_done is not None:
                        on_done(number[id(job)], job.report)
                if tick is not None:
                    tick()
        finally:
            for worker in list(self.workers):
                self._stop(worker, kill=True)
            self._selector.close()
        return [job.report for job in jobs if job.report is not None]

    def _start(self) -> Worker:
        worker = Worker(self.target, self.options.memory)
        self.workers.append(worker)
        self._selector.register(worker.read_fd, selectors.EVENT_READ, worker)
        return worker

    def _stop(self, worker: Worker, kill: bool) -> int:
        self._selector.unregister(worker.read_fd)
        self.workers.remove(worker)
        return worker.end(kill)

    def _limit(self, worker: Worker) -> float:
        """Seconds for what the worker is at."""
        return self.options.timeout + max(0.5, 0.1 * self.options.timeout) + (0.0 if worker.began else READING)

    def _deadline(self, worker: Worker) -> float:
        deadline = worker.since + self._limit(worker) + worker.extra
        if self.options.budget is not None and worker.job is not None and worker.job.stop is None:
            # the judge knows the budget too, and gets a moment to end in good order
            deadline = min(deadline, worker.started + self.options.budget - worker.job.spent + 0.5)
        return deadline

    def _overdue(self, worker: Worker, now: float) -> bool:
        """Whether to give up on what the worker is at.  One that had to wait for the processor gets the time that it lacks."""
        if worker.job is None or self._deadline(worker) >= now:
            return False
        limit = self._limit(worker)
        lacking = limit - (worker.cpu() - worker.cpu_since)
        if lacking <= 0.05 * limit or now - worker.since > PATIENCE * limit or self._over_budget(worker, now):
            return True
        if not worker.runnable():
            # it sleeps, and there is nothing to wait for, unless it was only caught while it read from the disk
            worker.asleep += 1
            worker.extra += 0.1
            return worker.asleep > 3
        worker.extra = now - worker.since - limit + lacking
        return False

    def _over_budget(self, worker: Worker, now: float) -> bool:
        job = worker.job
        return job is not None and self.options.budget is not None and job.stop is None and job.spent + now - worker.started > self.options.budget

    def _wait(self, ticking: bool) -> list[Job]:
        """Wait for messages or deadlines.  Returns jobs that are done, or (without a report) to be taken up again."""
        busy = [w for w in self.workers if w.job is not None]
        pause = max(0.0, min(self._deadline(w) for w in busy) - time.monotonic())
        back: list[Job] = []
        for key, _ in self._selector.select(min(pause, 0.1) if ticking else pause):
            worker: Worker = key.data
            lines = worker.lines()
            if lines is None:
                status = self._stop(worker, kill=False)
                if worker.job is not None:
                    back.append(self._gone(worker, _cause_of_death(status, self.options)))
                continue
            for line in lines:
                job = self._hear(worker, json.loads(line))
                if job is not None:
                    back.append(job)
        now = time.monotonic()
        for worker in [w for w in self.workers if self._overdue(w, now)]:
            job = worker.job
            assert job is not None
            over_budget = self._over_budget(worker, now)
            self._stop(worker, kill=True)
            if over_budget:
                job.spent += now - worker.started
                job.stop = f"time: the file's budget of {self.options.budget:g} s is used up"
                back.append(job)
            else:
                back.append(self._gone(worker, f"time: stopped after {self.options.timeout:g} s"))
        return back

    def _hear(self, worker: Worker, message: dict[str, Any]) -> Job | None:
        job = worker.job
        if job is None:
            return None
        worker.turn()
        if message["t"] == "done":
            spent = job.spent + worker.since - worker.started
            unhindered = message["share"] > UNHINDERED and not job.lost
            job.report = replace(FileReport.from_json(message["r"], job.data.get("text")), seconds=spent, unhindered=unhindered)
            worker.job = None
            if message["full"] or worker.jobs >= JOBS_PER_WORKER:
                self._stop(worker, kill=True)
            return job
        key = (message["k"][0], message["k"][1])
        if message["t"] == "begin":
            worker.began, worker.current = True, key
            worker.steps += 1
        else:
            worker.current = None
            job.known[key] = result_from_json(key, message["r"])
        return None

    def _gone(self, worker: Worker, reason: str) -> Job:
        """What becomes of the file of a worker that was lost."""
        job = worker.job
        assert job is not None
        job.spent += time.monotonic() - worker.started
        if worker.current is not None:
            if reason.startswith("memory") and worker.steps > 1 and worker.current not in job.retried:
                job.retried.add(worker.current)
            else:
                job.lost[worker.current] = reason
            return job
        # between steps the chain is put together: give up the claim of the derivation that it was at, once
        claim = (max((d for d, _ in job.known), default=0), 0)
        if worker.began and claim not in job.lost:
            job.lost[claim] = reason
            return job
        job.report = _remains(job, reason)
        return job


def _cause_of_death(status: int, options: Options) -> str:
    if status == -signal.SIGALRM:
        return f"time: stopped after {options.timeout:g} s"
    if status == OUT_OF_MEMORY or status < 0:
        return f"memory: the worker process needed more than {options.memory} MB"
    return "internal error: the worker process ended"


def _remains(job: Job, reason: str) -> FileReport:
    """The report on a file that could not be read, or put together, within the limits."""
    where = DiagnosticReport("D094", "error", 1, 1, f"the file could not be read within the limits ({reason})", "make the file smaller or simpler")
    parts = []
    for d in sorted({d for d, _ in job.known}):
        steps = tuple(r for (e, _), r in sorted(job.known.items(), key=lambda item: item[0]) if e == d and isinstance(r, StepReport))
        claim = job.known.get((d, 0))
        parts.append(DerivationReport(f"derivation {d + 1}", None, None, "error", claim if isinstance(claim, ClaimReport) else None, steps, reason))
    return FileReport(job.path, "error", job.spent, (where,), tuple(parts), job.data.get("text"))
