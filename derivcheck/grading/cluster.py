"""Grading on many machines, behind `--cluster`: a task of dask.distributed (the extra `cluster`) for each submission.

dask only hands out the jobs and brings back the grades.  A task judges its submission as a run on one machine does, in a process of its own
that is killed at its limits, so that no submission can stop, hang or slow the dask worker that it came to.  Jobs and grades are plain
data.  The tasks of a run share a folder of verdicts on each machine, which is removed at the end.  A submission that the cluster lost is
held for a person.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from derivcheck import __version__
from derivcheck.report.model import DiagnosticReport, FileReport
from derivcheck.services.options import Options

RETRIES = 2
"""How often dask tries a job again whose worker is gone."""

CONNECT = 10.0
"""Seconds to wait for the scheduler."""


class ClusterError(Exception):
    """Why the cluster can't be used, and what to do."""


def run(address: str, jobs: Sequence[dict[str, Any]], options: Options, finished: Callable[[int, FileReport], None]) -> None:
    """Judge the jobs on the cluster whose scheduler is at `address`; `finished` hears of each as it comes.

    Raises: ClusterError where dask.distributed is not installed, nothing answers, or the machines have another version of derivcheck.
    """
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise ClusterError("--cluster needs dask.distributed: pip install 'derivcheck[cluster]'") from None
    try:
        client = Client(address, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(f"no scheduler answers at {address} ({error})") from None
    name = f"derivcheck-grading-{uuid.uuid4().hex}"
    try:
        _check(client, address)
        tasks = [client.submit(judge, job, options.to_json(), name, pure=False, retries=RETRIES) for job in jobs]
        number = {task.key: i for i, task in enumerate(tasks)}
        for task in as_completed(tasks, loop=client.loop):
            at = number[task.key]
            if task.status == "finished":
                finished(at, FileReport.from_json(task.result()))
            else:
                why = f"the cluster did not judge it ({task.exception()})" if task.status == "error" else "the cluster lost it"
                finished(at, FileReport(str(jobs[at]["path"]), "error", 0.0, (DiagnosticReport("D094", "error", 1, 1, why),)))
            task.release()
    finally:
        with contextlib.suppress(Exception):  # whatever has become of the cluster
            client.run(forget, name)
        client.close()


def _check(client: Any, address: str) -> None:
    try:
        versions = client.run(version)
    except ImportError:
        raise ClusterError(f"derivcheck {__version__} has to be installed on the machines of the cluster") from None
    if not versions:
        raise ClusterError(f"the scheduler at {address} has no workers")
    others = {worker: found for worker, found in versions.items() if found != __version__}
    if others:
        worker, found = next(iter(others.items()))
        raise ClusterError(f"the worker {worker} has derivcheck {found}, this is {__version__}: install the same version")


# --- on the cluster -------------------------------------------------------------------------------------------------------------------


def version() -> str:
    """The version of derivcheck on a worker."""
    return __version__


def judge(job: dict[str, Any], options: dict[str, Any], name: str) -> dict[str, Any]:
    """One submission, in a process of its own; the report as plain data."""
    from derivcheck.grading.run import TARGET, GradingPool

    folder = os.path.join(tempfile.gettempdir(), name)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    own = replace(Options.from_json(options), cache=True, cache_dir=folder, jobs=1)
    (report,) = GradingPool(own, TARGET).run([job])
    return report.to_json()


def forget(name: str) -> None:
    """Remove what a run has left on a worker's machine."""
    shutil.rmtree(os.path.join(tempfile.gettempdir(), name), ignore_errors=True)
