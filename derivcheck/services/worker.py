"""A worker process: judges one file after the other, and tells the parent about every step as it begins and ends.

The parent and the worker talk in JSON lines over two pipes.

    parent → worker   {"job": {...}, "options": {...}, "known": [[d, i, report], …], "lost": [[d, i, reason], …], "stop": reason}
    worker → parent   {"t": "begin", "k": [d, i]}   {"t": "end", "k": [d, i], "r": report}
                      {"t": "done", "r": file report, "full": whether the worker has used up half of the memory that it may add,
                       "share": the processor's time per second of the clock that the file took}

The file is judged in a thread with a big stack (terms nest deeply); the main thread waits on the pipe, so that the worker ends
as soon as the parent does, whatever the other thread is at.  An address-space limit turns runaway memory into `MemoryError`,
or into an abort inside FLINT: either way the parent learns which step it was.  An alarm clock behind the parent's own one
ends a worker whose parent was killed while a C function holds the interpreter.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from derivcheck.report.model import ClaimReport, DiagnosticReport, FileReport, StepReport
from derivcheck.services.options import Monitor, Options, StepKey

STACK = 512 << 20
DIGITS = 1_000_000  # of a number that is written out; numbers in files have at most a tenth
RECURSION = 1_000_000
OUT_OF_MEMORY = 77
"""Exit status of a worker that ran out of memory."""

Send = Callable[[dict[str, Any]], None]
Judge = Callable[[dict[str, Any], Options, Monitor], FileReport]


class PipeMonitor(Monitor):
    """Reports every step to the parent, and remembers them in case the judge stumbles."""

    def __init__(self, known: dict[StepKey, StepReport | ClaimReport], lost: dict[StepKey, str], stop: str | None, send: Send, patience: float) -> None:
        super().__init__(known, lost, stop)
        self.finished: dict[StepKey, StepReport | ClaimReport] = {}
        self.current: StepKey | None = None
        self._send = send
        self._patience = patience

    def begin(self, key: StepKey) -> None:
        self.current = key
        _alarm(self._patience)
        self._send({"t": "begin", "k": key})

    def end(self, key: StepKey, result: StepReport | ClaimReport) -> None:
        self.current = None
        self.finished[key] = result
        self._send({"t": "end", "k": key, "r": result.to_json()})


def _alarm(seconds: float) -> None:
    # SIGALRM's default action is to end the process, which also works while a C function runs
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def result_from_json(key: StepKey, data: dict[str, Any]) -> StepReport | ClaimReport:
    """A step's or (index 0) claim's report."""
    return StepReport.from_json(data) if key[1] else ClaimReport.from_json(data)


def carries_over(result: StepReport | ClaimReport) -> bool:
    """Whether a result can be taken over instead of being judged again.  Conditions travel with a proof as terms, which a report
    does not hold: a step proved under conditions is judged anew, or the conditions would be lost in composition."""
    return not (result.verdict == "proved" and result.conditions)


def resolve(target: str) -> Judge:
    """The function named `module:function`."""
    from importlib import import_module

    module, name = target.split(":")
    judge: Judge = getattr(import_module(module), name)
    return judge


def occupied(field: int) -> int:
    """Bytes of this process: field 0 is the address space, 1 what is resident.  0 where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as stream:
            return int(stream.read().split()[field]) * os.sysconf("SC_PAGESIZE")
    except (OSError, ValueError):
        return 0


def limit_memory(megabytes: int) -> None:
    """Let this process grow by so much over what it occupies now."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        used = occupied(0)
        if used:
            limit = used + STACK + (megabytes << 20)
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    except (ImportError, OSError, ValueError):
        return  # no such limit on this system: the time limits still hold


def judge_job(message: dict[str, Any], judge: Judge, send: Send) -> FileReport:
    """One file.  A step on which the judge raises is given up, and the file is gone through again with what is known."""
    options = Options.from_json(message["options"])
    known = {(d, i): result_from_json((d, i), r) for d, i, r in message["known"]}
    lost: dict[StepKey, str] = {(d, i): reason for d, i, reason in message["lost"]}
    while True:
        monitor = PipeMonitor(known, lost, message["stop"], send, 2 * options.timeout + 60)
        try:
            return judge(message["job"], options, monitor)
        except MemoryError:
            raise
        except Exception as error:  # whatever a step stumbles over must not take the others with it
            _debug(error)
            reason = "the formula is nested too deeply" if isinstance(error, RecursionError) else f"internal error: {_short(error)}"
            key = monitor.current
            if key is None or key in lost:
                where = DiagnosticReport("D099", "error", 1, 1, f"derivcheck stumbled over this file ({reason})", "please report it")
                return FileReport(message["job"]["path"], "error", 0.0, (where,))
            known |= {k: r for k, r in monitor.finished.items() if carries_over(r)}
            lost[key] = reason


def _short(error: BaseException) -> str:
    text = str(error).split("\n", 1)[0]
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__


def _debug(error: BaseException) -> None:
    if os.environ.get("DERIVCHECK_DEBUG"):
        import traceback

        traceback.print_exception(error, file=sys.stderr)


def serve(read_fd: int, write_fd: int, target: str, memory: int) -> None:
    """The life of a worker; never returns."""
    _settle(read_fd, write_fd)
    limit_memory(memory)
    before = occupied(1)  # a fork of a big process starts big
    sys.setrecursionlimit(RECURSION)
    sys.set_int_max_str_digits(DIGITS)
    threading.stack_size(STACK)
    judge_thread: threading.Thread | None = None
    pending: list[dict[str, Any]] = []
    ready = threading.Semaphore(0)

    def send(message: dict[str, Any]) -> None:
        data = json.dumps(message, ensure_ascii=False).encode() + b"\n"
        while data:
            data = data[os.write(write_fd, data) :]

    def work() -> None:
        try:
            judge = resolve(target)
            while True:
                ready.acquire()
                message = pending.pop(0)
                start, busy = time.monotonic(), time.thread_time()
                report = judge_job(message, judge, send)
                _alarm(0)
                share = (time.thread_time() - busy) / max(time.monotonic() - start, 1e-3)
                send({"t": "done", "r": report.to_json(), "full": occupied(1) - before > memory << 19, "share": share})
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        except BaseException as error:
            _debug(error)
            os._exit(1)

    with os.fdopen(read_fd, "rb") as stream:
        for line in stream:
            pending.append(json.loads(line))
            ready.release()
            if judge_thread is None:
                judge_thread = threading.Thread(target=work, daemon=True)
                judge_thread.start()
    os._exit(0)


def _settle(read_fd: int, write_fd: int) -> None:
    """Cut the ties to the parent's terminal, signals and files."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        if fd != 2 or not os.environ.get("DERIVCHECK_DEBUG"):
            os.dup2(null, fd)
    # the parent's ends of other workers' pipes must not be kept open from here: their workers would never see them close
    keep = {0, 1, 2, read_fd, write_fd}
    start = 3
    for fd in sorted(keep - {0, 1, 2}):
        os.closerange(start, fd)
        start = fd + 1
    os.closerange(start, 256)


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
