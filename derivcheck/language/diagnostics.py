"""Diagnostics: a stable code, a place in the source, one sentence, a help line.  `codes.py` lists every code with its explanation."""

from __future__ import annotations

from dataclasses import dataclass

from derivcheck.language.codes import HELP
from derivcheck.language.syntax import Span


@dataclass(frozen=True)
class Diagnostic:
    """`severity` is `error`, `warning` or `note`; `help` says what to write instead."""

    code: str
    severity: str
    message: str
    span: Span
    help: str | None = None


class ReadError(Exception):
    """Raised inside the language package; becomes a `Diagnostic` of severity `error` for the statement or chain it occurred in."""

    def __init__(self, code: str, message: str, span: Span, help: str | None = None) -> None:
        super().__init__(message)
        self.diagnostic = Diagnostic(code, "error", message, span, help or HELP.get(code))

    def moved(self, by: int) -> ReadError:
        """The same error at a place further on."""
        d = self.diagnostic
        return ReadError(d.code, d.message, Span(d.span.start + by, d.span.end + by), d.help)
