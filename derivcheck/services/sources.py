"""What a command line's PATHs stand for: the files to read, and their texts.

A folder stands for every file below it that derivcheck can read (`KINDS`), in a stable order; hidden folders and files are
left out, and a folder reached twice through symbolic links is visited once.  A file named on the command line is read
whatever its name.  What cannot be read becomes a diagnostic of that file, never an exception: the others go on.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from derivcheck.documents.extract import KINDS
from derivcheck.report.model import DiagnosticReport, FileReport

MEGABYTE = 1 << 20
LIMITS = {"deriv": 4 * MEGABYTE, "tex": 16 * MEGABYTE, "markdown": 16 * MEGABYTE, "notebook": 256 * MEGABYTE}
SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "venv", "site-packages"})
STDIN = "-"


@dataclass(frozen=True)
class Input:
    """One file: its text, or the diagnostic that says why there is none.  `kind` is a value of `KINDS`."""

    path: str
    kind: str
    text: str | None = None
    trouble: DiagnosticReport | None = None
    folder: str | None = field(default=None, compare=False)

    def unread(self) -> FileReport:
        """The report on a file that could not be read."""
        assert self.trouble is not None
        return FileReport(self.path, "error", 0.0, (self.trouble,))


def gather(paths: Iterable[str]) -> list[Input]:
    """The inputs of a run, each file once, in the order of the command line."""
    seen: set[str] = set()
    inputs: list[Input] = []
    for path in paths:
        for found in _expand(path):
            real = found if found == STDIN else os.path.realpath(found)
            if real not in seen:
                seen.add(real)
                inputs.append(read(found))
    return inputs


def _expand(path: str) -> Iterator[str]:
    if path != STDIN and os.path.isdir(path):
        yield from files_below(path)
    else:
        yield path


def files_below(folder: str) -> Iterator[str]:
    """The readable files of a folder, sorted, without hidden ones; symbolic links to folders are followed once.  A folder that cannot
    be read is one of them, so that this is reported."""
    visited: set[tuple[int, int]] = set()
    stack = [folder]
    while stack:
        here = stack.pop()
        try:
            info = os.stat(here)
            names = sorted(os.listdir(here))
        except OSError:
            yield here
            continue
        if (info.st_dev, info.st_ino) in visited:
            continue
        visited.add((info.st_dev, info.st_ino))
        below: list[str] = []
        for name in names:
            full = os.path.join(here, name)
            if name.startswith("."):
                continue
            if os.path.isdir(full):
                if name not in SKIPPED_FOLDERS:
                    below.append(full)
            elif os.path.splitext(name)[1].lower() in KINDS:
                yield full
        stack.extend(reversed(below))


def read(path: str) -> Input:
    """One file's text."""
    if path == STDIN:
        return decode("<stdin>", "deriv", sys.stdin.buffer.read(LIMITS["deriv"] + 1))
    kind = KINDS.get(os.path.splitext(path)[1].lower(), "deriv")
    try:
        if os.path.isdir(path):
            os.listdir(path)  # says why it could not be read
        if not os.path.isfile(path) and os.path.exists(path) and not os.path.islink(path):
            # a device or a named pipe could block for ever or never end
            return Input(path, kind, trouble=_trouble("D090", "this is not a regular file", "name a text file or a folder"))
        with open(path, "rb") as stream:
            data = stream.read(LIMITS[kind] + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        what = "folder" if os.path.isdir(path) else "file"
        return Input(path, kind, trouble=_trouble("D090", f"the {what} cannot be opened: {reason}", "check the path and the permissions"))
    return decode(path, kind, data)


def decode(path: str, kind: str, data: bytes) -> Input:
    """Bytes as text, or why they are none."""
    limit = LIMITS[kind]
    if len(data) > limit:
        return Input(
            path, kind, trouble=_trouble("D093", f"the file is larger than {limit // MEGABYTE} MB", "split it into several files")
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if b"\0" in data[:4096]:
            return Input(path, kind, trouble=_trouble("D092", "this is a binary file, not text", None))
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8-sig", "replace")) + 1
        message = f"the file is not UTF-8: byte 0x{data[error.start]:02x} is no character there"
        return Input(path, kind, trouble=_trouble("D091", message, "save the file as UTF-8 (iconv -f latin1 -t utf-8)", line, column))
    if "\0" in text:
        return Input(path, kind, trouble=_trouble("D092", "this is a binary file, not text", None))
    # classic Mac line ends would make one line of the whole file; offsets of other files stay as they are
    if "\r" in text and "\n" not in text:
        text = text.replace("\r", "\n")
    return Input(path, kind, text, folder=os.path.dirname(path) or ".")


def _trouble(code: str, message: str, help: str | None, line: int = 1, column: int = 1) -> DiagnosticReport:
    return DiagnosticReport(code, "error", line, column, message, help)
