"""Grading on a cluster: what is told to dask.distributed, and what becomes of what it answers."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from derivcheck import __version__
from derivcheck.grading.cluster import ClusterError
from derivcheck.grading.run import Submission, grade_all
from derivcheck.services.options import Options

REFERENCE = r"""
let x \in \R
show (x+1)^2 = x^2 + 2x + 1
rubric
  1 concludes x^2 + 2x + 1
  -0.5 each wrong step
"""
RIGHT, WRONG = "(x+1)^2 = x^2 + 2x + 1\n", "(x+1)^2 = x^2 + 1\n"
OPTIONS = Options(timeout=5.0, budget=20.0, memory=512, cache=False, jobs=1)
SUBMISSIONS = [Submission("ada", "ada.deriv", (("deriv", RIGHT),)), Submission("bob", "bob.deriv", (("deriv", WRONG),))]


class Task:
    def __init__(self, key: str, work: Callable[[], Any]) -> None:
        self.key = key
        try:
            self._result, self.status = work(), "finished"
        except RuntimeError as error:
            self._result, self.status = error, "error"

    def result(self) -> Any:
        return self._result

    def exception(self) -> Any:
        return self._result

    def release(self) -> None:
        pass


class Client:
    """A cluster of one worker, in this process."""

    loop = None
    versions = {"w": __version__}
    lost: str | None = None
    forgotten: list[str] = []

    def __init__(self, address: str, **_: Any) -> None:
        if address == "nowhere":
            raise OSError("timed out")

    def run(self, what: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
        if what.__name__ == "forget":
            self.forgotten.append(arguments[0])
        return dict(self.versions) if what.__name__ == "version" else {"w": what(*arguments)}

    def submit(self, what: Callable[..., Any], job: dict[str, Any], *rest: Any, **_: Any) -> Task:
        def work() -> Any:
            if job["student"] == self.lost:
                raise RuntimeError("worker killed")
            return what(job, *rest)

        return Task(job["student"], work)

    def close(self) -> None:
        pass


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Client]]:
    module = types.ModuleType("distributed")
    module.__dict__.update(Client=Client, as_completed=lambda tasks, loop=None: reversed(tasks))
    monkeypatch.setitem(sys.modules, "distributed", module)
    monkeypatch.setattr(Client, "forgotten", [])
    yield Client


def test_the_same_grades(cluster: type[Client]) -> None:
    here, there = grade_all(REFERENCE, SUBMISSIONS, OPTIONS), grade_all(REFERENCE, SUBMISSIONS, OPTIONS, cluster="tcp://somewhere")
    assert [(g.student, g.marks, [w.group for w in g.wrong]) for g in here] == [(g.student, g.marks, [w.group for w in g.wrong]) for g in there]
    assert [g.marks for g in there] == [1.0, 0.0]
    assert len(cluster.forgotten) == 1


def test_what_the_cluster_loses_waits_for_a_person(cluster: type[Client], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "lost", "ada")
    ada, bob = grade_all(REFERENCE, SUBMISSIONS, OPTIONS, cluster="tcp://somewhere")
    assert ada.needs_person and "worker killed" in ada.held[0] and not bob.held


@pytest.mark.parametrize(("versions", "said"), [({"w": "0.0.1"}, "has derivcheck 0.0.1"), ({}, "has no workers")])
def test_machines_that_can_t_be_used(cluster: type[Client], monkeypatch: pytest.MonkeyPatch, versions: dict[str, str], said: str) -> None:
    monkeypatch.setattr(cluster, "versions", versions)
    with pytest.raises(ClusterError, match=said):
        grade_all(REFERENCE, SUBMISSIONS, OPTIONS, cluster="tcp://somewhere")


def test_nobody_answers(cluster: type[Client]) -> None:
    with pytest.raises(ClusterError, match="no scheduler answers at nowhere"):
        grade_all(REFERENCE, SUBMISSIONS, OPTIONS, cluster="nowhere")


def test_without_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match="pip install"):
        grade_all(REFERENCE, SUBMISSIONS, OPTIONS, cluster="tcp://somewhere")
