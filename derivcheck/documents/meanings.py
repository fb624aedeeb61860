"""What the macros of a document mean, place by place.

LaTeX reads a document from the top: `\\renewcommand` holds from where it stands, in a group to its end.  A table keeps every meaning
with the place (`version`) from which it holds, so that a display is read with the meanings that hold there, and a header statement,
which is repeated further down, with those of the place where it was written.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from derivcheck.documents.preamble import in_notation, let_target

MACRO_NAME = re.compile(r"\\[A-Za-z@]+")
_DEFINED = re.compile(r"\\(?:(?:re|provide)?newcommand|DeclareMathOperator|DeclarePairedDelimiter|g?def|let)\*?\s*\{?\s*(\\[A-Za-z@]+)")

Meaning = tuple[str, int]
"""A definition in the notation, and where in the document it comes from."""


class Meanings:
    """`now` maps the macros to their present meanings; `version` counts changes."""

    def __init__(self) -> None:
        self.now: dict[str, Meaning] = {}
        self.version = 0
        self._history: dict[str, list[tuple[int, Meaning | None]]] = {}
        self._undo: list[tuple[int, str, Meaning | None]] = []

    def define(self, definition: str, offset: int, group: int) -> str | None:
        """A definition from here on; in a group of depth `group` (0: none) to its end.  The name of the macro, if it is one."""
        line = in_notation(definition)
        names = MACRO_NAME.findall(line)
        if len(names) < 2:
            return None
        name = names[1]
        if names[0] == r"\providecommand" and name in self.now:
            return None
        target = let_target(line)
        if target is not None and target[1] in self.now:
            # what that means now, whatever becomes of it
            line = self.now[target[1]][0].replace(target[1], name, 1)
        if group and names[0] != r"\gdef":
            self._undo.append((group, name, self.now.get(name)))
        self._set(name, (line, offset))
        return name

    def leave(self, depth: int) -> None:
        """Groups of a greater depth were closed."""
        while self._undo and self._undo[-1][0] > depth:
            _, name, before = self._undo.pop()
            self._set(name, before)

    def _set(self, name: str, meaning: Meaning | None) -> None:
        if meaning == self.now.get(name):
            return
        self.version += 1
        self._history.setdefault(name, []).append((self.version, meaning))
        if meaning is None:
            self.now.pop(name, None)
        else:
            self.now[name] = meaning

    def _at(self, name: str, version: int) -> tuple[int, Meaning | None]:
        history = self._history[name]
        place = bisect_right(history, version, key=lambda entry: entry[0])
        return history[place - 1] if place else (0, None)

    def used(self, text: str, version: int) -> Iterator[tuple[str, Meaning | None]]:
        """The macros that a text uses, directly or through others, with their meanings at a version, in the order of these."""
        found: dict[str, tuple[int, Meaning | None]] = {}
        pending = [text]
        while pending:
            for name in set(MACRO_NAME.findall(pending.pop())):
                if name in self._history and name not in found:
                    found[name] = entry = self._at(name, version)
                    pending.append(entry[1][0] if entry[1] else "")
        for name, (_, meaning) in sorted(found.items(), key=lambda item: item[1][0]):
            yield name, meaning


def defined_in(text: str) -> set[str]:
    """The macros that a text in the notation defines itself."""
    return set(_DEFINED.findall(text))
