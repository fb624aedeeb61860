"""A time limit on code that knows none: an engine's search is broken off from outside.

`within(seconds, work)` runs `work()` in this thread; a watching thread has the interpreter raise `TimeUp` in it when the time is over,
and again until it ends, should the code catch everything.  It works in any thread.  Limits: code of C that holds the
interpreter is not broken off before it returns (then the worker's own limits end it).
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

AGAIN = 0.02
STACK = 256 << 10


class TimeUp(BaseException):
    """The time is over.  No subclass of Exception, so that `except Exception` does not swallow it."""


def within(seconds: float, work: Callable[[], T]) -> T:
    """The result of `work()`; raises TimeUp if it takes longer."""
    if seconds <= 0:
        raise TimeUp
    thread = ctypes.c_ulong(threading.get_ident())
    # bare locks: an exception that comes inside of an Event leaves it locked
    begun, over, turn = threading.Lock(), threading.Lock(), threading.Lock()
    finished: list[bool] = []

    def watch() -> None:
        begun.acquire()
        pause = seconds
        while not over.acquire(timeout=pause) and not finished:
            with turn:
                if not finished:
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(TimeUp))
            pause = AGAIN

    begun.acquire()
    over.acquire()
    _start(watch)  # it waits for its turn: nothing may be raised while a thread starts
    try:
        begun.release()
        return work()
    finally:
        while True:
            try:
                finished.append(True)
                with turn:
                    pass  # the watcher is not about to raise any more
                # what was raised at the last moment must not come later
                ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, None)
                break
            except TimeUp:
                continue
        over.release()


def _start(watch: Callable[[], None]) -> None:
    usual = threading.stack_size(STACK)
    try:
        threading.Thread(target=watch, daemon=True).start()
    finally:
        threading.stack_size(usual)
