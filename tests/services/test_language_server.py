"""`derivcheck lsp`: a conversation over pipes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from derivcheck.services.language_server import code_points, place

URI = "file:///nowhere/a.deriv"


class Client:
    """An editor."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "derivcheck", "lsp", "--stdio", "--no-cache", "--timeout", "5"]
        self.server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
        self.number = 0
        self.alarm = threading.Timer(120, self.server.kill)  # a server that says nothing ends the test
        self.alarm.start()

    def send(self, method: str, params: dict[str, Any] | None = None, request: bool = False) -> None:
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "params": params or {}}
        if request:
            self.number += 1
            message["id"] = self.number
        body = json.dumps(message).encode()
        assert self.server.stdin is not None
        self.server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.server.stdin.flush()

    def receive(self) -> dict[str, Any]:
        assert self.server.stdout is not None
        length = 0
        while (line := self.server.stdout.readline().strip()):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        answer = json.loads(self.server.stdout.read(length))
        assert isinstance(answer, dict)
        return answer

    def ask(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        self.send(method, params, request=True)
        while (answer := self.receive()).get("id") != self.number:
            pass
        return answer

    def diagnostics(self, version: int) -> list[dict[str, Any]]:
        while True:
            message = self.receive()
            if message.get("method") == "textDocument/publishDiagnostics" and message["params"].get("version") == version:
                found = message["params"]["diagnostics"]
                assert isinstance(found, list)
                return found


@pytest.fixture
def client() -> Iterator[Client]:
    it = Client()
    yield it
    it.alarm.cancel()
    it.server.kill()
    it.server.wait()


def test_a_conversation(client: Client) -> None:
    answer = client.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
    assert answer["result"]["capabilities"]["textDocumentSync"]["change"] == 1
    client.send("initialized")
    text = "let x \\in \\R % 𝔼\n(x+1)^2 = x^2 + 2x\n"
    client.send("textDocument/didOpen", {"textDocument": {"uri": URI, "languageId": "deriv", "version": 1, "text": text}})
    (found,) = client.diagnostics(1)
    assert found["code"] == "D201" and found["severity"] == 1 and found["range"]["start"] == {"line": 1, "character": 8}
    assert "counterexample" in found["message"]

    hover = client.ask("textDocument/hover", {"textDocument": {"uri": URI}, "position": {"line": 1, "character": 10}})
    assert hover["result"]["contents"]["value"].startswith("step 1: refuted")
    assert client.ask("textDocument/hover", {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 1}})["result"] is None

    # of two changes in a row, the last one counts
    for version, new in ((2, "x = = 3"), (3, text.replace("2x", "2x + 1"))):
        change = {"textDocument": {"uri": URI, "version": version}, "contentChanges": [{"text": new}]}
        client.send("textDocument/didChange", change)
    assert client.diagnostics(3) == []

    assert client.ask("textDocument/definition", {})["error"]["code"] == -32601
    assert "error" in client.ask("textDocument/hover", {})
    assert client.ask("shutdown")["result"] is None
    client.send("exit")
    assert client.server.wait(20) == 0


def test_an_end_without_shutdown(client: Client) -> None:
    client.send("exit")
    assert client.server.wait(20) == 1


def test_places_in_utf_16() -> None:
    lines = ["a𝔼b", "c"]
    assert place(lines, 1, 3) == {"line": 0, "character": 3}
    assert place(lines, 2, 9) == {"line": 1, "character": 1}
    assert code_points(lines[0], 3) == 2
