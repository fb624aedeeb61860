"""A language server (LSP 3.17) on a pair of streams: verdicts as diagnostics while a file is edited, and on hover.

It understands `initialize`, `shutdown`, `exit`, the opening, changing (whole text), saving and closing of documents, and `textDocument/hover`;
requests that it does not know are answered as such.  A document is verified when nothing has arrived for a moment; a change that
arrives meanwhile ends that run (`_Superseded`), and its workers with it.

There is one thread: workers are forked only where there is no other (`pool.py`), so the input is polled between their messages.
Whatever a worker writes to standard output goes to standard error: the stream carries messages only.

Limits: places are in UTF-16 units, as the protocol's default has it; notebooks are not text documents.
"""

from __future__ import annotations

import json
import os
import select
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlparse

from derivcheck import __version__
from derivcheck.documents.extract import KINDS
from derivcheck.report.findings import Finding, findings, verdict_notes
from derivcheck.report.model import FileReport, StepReport
from derivcheck.services.options import Options
from derivcheck.services.run import verify_inputs
from derivcheck.services.sources import LIMITS, Input

PAUSE = 0.25
"""Seconds of silence before a changed document is verified."""

LANGUAGES = {"latex": "tex", "tex": "tex", "markdown": "markdown", "quarto": "markdown", "deriv": "deriv", "derivcheck": "deriv"}
SEVERITIES = {"error": 1, "warning": 2, "note": 3}
NOT_FOUND, INVALID = -32601, -32600
MAX_MESSAGE = 64 << 20


class _Superseded(Exception):
    """The document that is being verified has changed."""


class _Ended(Exception):
    """The client has closed the stream."""


@dataclass
class Document:
    """A file that is open in the editor, with the report on the text that was verified last."""

    uri: str
    kind: str
    text: str
    version: int | None = None
    report: FileReport | None = None

    @property
    def path(self) -> str:
        """The file's path, or the URI where it is no file."""
        parts = urlparse(self.uri)
        return unquote(parts.path) if parts.scheme == "file" else self.uri


class Server:
    """The server's side of one connection: `incoming` and `outgoing` are file descriptors."""

    def __init__(self, incoming: int, outgoing: int, options: Options) -> None:
        self.incoming, self.outgoing, self.options = incoming, outgoing, options
        self.buffer = b""
        self.inbox: list[dict[str, Any]] = []
        self.documents: dict[str, Document] = {}
        self.waiting: dict[str, float] = {}  # documents to verify, and since when
        self.stopping = False

    def run(self) -> int:
        """Serve until the client says `exit`; the exit status that the protocol asks for."""
        try:
            while True:
                self.receive(PAUSE if self.waiting else None)
                while self.inbox:
                    if self.handle(self.inbox.pop(0)):
                        return 0 if self.stopping else 1
                due = [uri for uri, since in self.waiting.items() if time.monotonic() - since >= PAUSE]
                if due:
                    del self.waiting[due[0]]
                    self.verify(due[0])
        except _Ended:
            return 0 if self.stopping else 1

    # --- messages -----------------------------------------------------------------------------------------------------------

    def receive(self, seconds: float | None) -> None:
        """Put the messages into the inbox that arrive within this time (None: wait for one)."""
        while select.select([self.incoming], [], [], seconds)[0]:
            chunk = os.read(self.incoming, 1 << 16)
            if not chunk:
                raise _Ended
            self.buffer += chunk
            self._cut()
            if self.inbox:
                return

    def _cut(self) -> None:
        """Complete messages go from the buffer to the inbox."""
        while True:
            head, mark, rest = self.buffer.partition(b"\r\n\r\n")
            if not mark:
                return
            fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n") if b":" in line)
            try:
                length = int(fields.get(b"content-length", b"").strip())
            except ValueError:
                raise _Ended from None  # without a length there is no way to find the next message
            if length > MAX_MESSAGE:
                raise _Ended
            if len(rest) < length:
                return
            body, self.buffer = rest[:length], rest[length:]
            try:
                message = json.loads(body)
            except ValueError:
                continue
            if isinstance(message, dict):
                self.inbox.append(message)

    def send(self, **message: Any) -> None:
        """A message to the client."""
        body = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False).encode()
        data = memoryview(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        while data:
            data = data[os.write(self.outgoing, data) :]

    def handle(self, message: dict[str, Any]) -> bool:
        """Act on one message; whether it ends the server."""
        method, number = message.get("method"), message.get("id")
        params = message.get("params") or {}
        if method == "exit":
            return True
        if not isinstance(method, str) or not isinstance(params, dict):
            return False  # an answer, and nothing was asked
        try:
            if number is None:
                self.notified(method, params)
            elif self.stopping and method != "shutdown":
                self.send(id=number, error={"code": INVALID, "message": "the server is shutting down"})
            elif method in ("initialize", "shutdown", "textDocument/hover"):
                self.send(id=number, result=self.answer(method, params))
            else:
                self.send(id=number, error={"code": NOT_FOUND, "message": f"{method} is not supported"})
        except (KeyError, TypeError, AttributeError, IndexError) as error:  # a message of another shape than the protocol's
            if number is not None:
                self.send(id=number, error={"code": INVALID, "message": f"the request cannot be read: {error}"})
        return False

    def answer(self, method: str, params: dict[str, Any]) -> Any:
        """The result of a request."""
        if method == "initialize":
            return {
                "capabilities": {"textDocumentSync": {"openClose": True, "change": 1, "save": True}, "hoverProvider": True},
                "serverInfo": {"name": "derivcheck", "version": __version__},
            }
        if method == "shutdown":
            self.stopping = True
            return None
        return self.hover(params["textDocument"]["uri"], params["position"]["line"] + 1, params["position"]["character"])

    def notified(self, method: str, params: dict[str, Any]) -> None:
        """What the client tells about documents."""
        document = params.get("textDocument") or {}
        uri = document.get("uri", "")
        if method == "textDocument/didOpen":
            kind = KINDS.get(os.path.splitext(urlparse(uri).path)[1].lower()) or LANGUAGES.get(document.get("languageId", ""), "deriv")
            self.documents[uri] = Document(uri, kind, document["text"], document.get("version"))
            self.waiting[uri] = 0.0
        elif uri not in self.documents:
            return
        elif method == "textDocument/didChange":
            self.documents[uri].text = params["contentChanges"][-1]["text"]
            self.documents[uri].version = document.get("version")
            self.waiting[uri] = time.monotonic()
        elif method == "textDocument/didSave":
            self.waiting.setdefault(uri, time.monotonic())
        elif method == "textDocument/didClose":
            del self.documents[uri]
            self.waiting.pop(uri, None)
            self.send(method="textDocument/publishDiagnostics", params={"uri": uri, "diagnostics": []})

    # --- verdicts -----------------------------------------------------------------------------------------------------------

    def verify(self, uri: str) -> None:
        """Verify a document and publish what there is to say, unless it changes meanwhile."""
        document = self.documents.get(uri)
        if document is None:
            return

        def still_wanted(done: int, total: int) -> None:
            self.receive(0)
            if self.inbox:
                raise _Superseded

        try:
            if len(document.text) > LIMITS[document.kind] or document.kind == "notebook":
                return
            report = verify_inputs([Input(document.path, document.kind, document.text)], self.options, still_wanted)
        except _Superseded:
            self.waiting.setdefault(uri, 0.0)  # after the message, and the pause that a change asks for
            return
        document.report = report.files[0]
        found = [self._diagnostic(document, f) for f in findings(document.report)]
        params: dict[str, Any] = {"uri": uri, "diagnostics": found}
        if document.version is not None:
            params["version"] = document.version
        self.send(method="textDocument/publishDiagnostics", params=params)

    def _diagnostic(self, document: Document, f: Finding) -> dict[str, Any]:
        end_line, end_column = (f.end_line, f.end_column) if f.end_line and f.end_column else (f.line, f.column + 1)
        lines = document.text.split("\n")
        return {
            "range": {"start": place(lines, f.line, f.column), "end": place(lines, end_line, end_column)},
            "severity": SEVERITIES.get(f.level, 3),
            "code": f.code,
            "source": "derivcheck",
            "message": f.whole,
        }

    def hover(self, uri: str, line: int, character: int) -> dict[str, Any] | None:
        """The verdict on the step at a place."""
        document = self.documents.get(uri)
        if document is None or document.report is None or document.report.text != document.text:
            return None
        column = code_points(document.text.split("\n")[line - 1], character) + 1
        at = [s for s in document.report.steps if (s.line, s.column) <= (line, column) < (s.end_line or s.line, s.end_column or s.column + 1)]
        return {"contents": {"kind": "plaintext", "value": said(at[0])}} if at else None


def said(step: StepReport) -> str:
    """A step's verdict in words."""
    how = ", ".join(x for x in (step.method, step.certainty) if x)
    lines = [f"step {step.index}: {step.verdict}" + (f" ({how})" if how else "")]
    if step.conditions:
        lines.append("where " + ", ".join(step.conditions))
    return "\n".join([*lines, *verdict_notes(step), *([f"help: {step.hint}"] if step.hint else [])])


def place(lines: list[str], line: int, column: int) -> dict[str, int]:
    """A line and column from 1, in code points, as a position of the protocol."""
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    return {"line": line - 1, "character": len(text[: column - 1].encode("utf-16-le", "surrogatepass")) // 2}


def code_points(text: str, units: int) -> int:
    """How many code points the first UTF-16 units of a line are."""
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "ignore"))
