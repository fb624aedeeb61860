"""Code that knows no time limit is broken off, and nothing of it comes later."""

from __future__ import annotations

import threading
import time

import pytest

from derivcheck.services.interrupt import TimeUp, within


def spin() -> None:
    while True:
        pass


def stubborn() -> None:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            spin()
        except BaseException:
            if time.monotonic() < start[0] + 0.2:
                continue
            raise


start = [0.0]


def test_a_result_comes_back() -> None:
    assert within(5, lambda: 3) == 3


def test_what_takes_too_long_is_broken_off() -> None:
    begin = time.monotonic()
    with pytest.raises(TimeUp):
        within(0.1, spin)
    assert time.monotonic() - begin < 2


def test_code_that_catches_everything_is_interrupted_again() -> None:
    start[0] = time.monotonic()
    with pytest.raises(TimeUp):
        within(0.05, stubborn)
    assert time.monotonic() - start[0] < 3


def test_other_exceptions_pass() -> None:
    with pytest.raises(KeyError):
        within(5, lambda: {}[1])  # type: ignore[index]


def test_no_time_at_all() -> None:
    with pytest.raises(TimeUp):
        within(0, lambda: 3)


def test_nothing_comes_late() -> None:
    """Work that ends when the time does: either its result or TimeUp, and nothing after that."""
    for _ in range(60):
        end = time.monotonic() + 0.003
        try:
            within(0.003, lambda end=end: [None for _ in iter(lambda: time.monotonic() < end, False)])  # type: ignore[misc]
        except TimeUp:
            pass
        for _ in range(2000):
            pass


def test_in_another_thread() -> None:
    found: list[str] = []

    def run() -> None:
        try:
            within(0.05, spin)
        except TimeUp:
            found.append("up")

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    assert found == ["up"]


def test_time_that_is_over_before_the_watcher_has_started() -> None:
    """No watcher is left that goes on raising, and no lock that is never released."""
    before = threading.active_count()
    for _ in range(300):
        try:
            within(1e-6, lambda: None)
        except TimeUp:
            pass
    time.sleep(0.1)
    assert threading.active_count() <= before + 1
