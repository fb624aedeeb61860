"""A page for verifying derivations on one's own machine (`derivcheck serve`): a form, and the report below it.

`GET /` is the form, `POST /` the form with a report, `POST /verify` takes a text (or `{"text": …, "kind": …}`) and answers in JSON.
Pages have no scripts and load nothing.  Requests with a foreign `Host` or `Origin` are refused, so that other sites in the same
browser cannot use the page; texts are limited in size and, by the options, in time; they read no files.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import parse_qs, urlparse

from derivcheck import __version__
from derivcheck.report.html import STYLE, report_fragment
from derivcheck.report.model import Report
from derivcheck.services.options import Options
from derivcheck.services.run import verify_inputs
from derivcheck.services.sources import Input

MAX_BODY = 1 << 20
LOCAL = ("localhost", "127.0.0.1")
AT_ONCE = 2
"""Texts that are verified at the same time; further ones wait."""

KINDS = {"deriv": ("page.deriv", "derivcheck notation"), "tex": ("page.tex", "LaTeX"), "markdown": ("page.md", "Markdown")}
NOWHERE = os.path.join(os.devnull, "")
"""A folder in which no file is: a text names no others."""

EXAMPLE = "let x \\in \\R\n\n(x+1)^2\n= x^2 + 2x + 1\n= x(x + 2)\n"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
_FORM_STYLE = """
html{background:#fff}body{margin:0;min-height:100vh}@media (prefers-color-scheme:dark){html{background:#14171a}}
textarea{width:100%;min-height:16rem;font:.95rem/1.45 ui-monospace,Menlo,Consolas,monospace;padding:.6rem;color:inherit;background:transparent;
border:1px solid;border-radius:.5rem}form label{display:block;margin:.4rem 0 .2rem}button,select{font:inherit;padding:.25rem .9rem}
"""


def page(text: str, kind: str, report: Report | None) -> str:
    """The form, and the report on what it held."""
    choices = "".join(f'<option value="{k}"{" selected" if k == kind else ""}>{escape(label)}</option>' for k, (_, label) in KINDS.items())
    below = f"<main>{report_fragment(report)}</main>" if report is not None else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark">\n<title>derivcheck</title>\n<style>{STYLE}{_FORM_STYLE}</style>\n</head>\n'
        '<body class="dc">\n<header><h1>derivcheck</h1>\n<form method="post" action="/">\n<label for="text">A derivation</label>\n'
        f'<textarea id="text" name="text" spellcheck="false">\n{escape(text)}</textarea>\n<p><label for="kind">written in</label>'
        f'<select id="kind" name="kind">{choices}</select> <button type="submit">Verify</button></p>\n</form></header>\n{below}\n'
        f'<footer class="dim"><p>derivcheck {escape(__version__)}</p></footer>\n</body>\n</html>\n'
    )


class Site(ThreadingHTTPServer):
    """The server; `options` limit each text."""

    daemon_threads = True

    def __init__(self, host: str, port: int, options: Options) -> None:
        self.options = options
        self.places = BoundedSemaphore(AT_ONCE)
        super().__init__((host, port), Handler)
        self.host = host

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.server_address[1]}/"

    def verify(self, text: str, kind: str) -> Report:
        """The report on a text that somebody sent."""
        name = KINDS[kind][0]
        with self.places:
            report = verify_inputs([Input(NOWHERE + name, kind, text)], self.options)
        return replace(report, files=tuple(replace(f, path=name) for f in report.files))


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Site
    server_version = f"derivcheck/{__version__}"
    timeout = 30

    def do_GET(self) -> None:
        if not self._own():
            return
        if urlparse(self.path).path != "/":
            self.send_error(404)
            return
        self._html(page(EXAMPLE, "deriv", None))

    def do_POST(self) -> None:
        if not self._own():
            return
        where = urlparse(self.path).path
        if where not in ("/", "/verify"):
            self.send_error(404)
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            self.send_error(411)
            return
        if int(length) > MAX_BODY:
            self.send_error(413)
            return
        body = self.rfile.read(int(length)).decode("utf-8", "replace")
        sent = self._form(body) if where == "/" else self._text(body)
        if sent is None:
            self.send_error(400, "a text of one of the kinds deriv, tex, markdown is expected")
            return
        text, kind = sent
        report = self.server.verify(text, kind)
        if where == "/":
            self._html(page(text, kind, report))
        else:
            self._send(json.dumps(report.to_json(), ensure_ascii=False), "application/json")

    def _form(self, body: str) -> tuple[str, str] | None:
        fields = parse_qs(body, keep_blank_values=True)
        text, kind = fields.get("text", [""])[0].replace("\r\n", "\n"), fields.get("kind", ["deriv"])[0]
        return (text, kind) if kind in KINDS else None

    def _text(self, body: str) -> tuple[str, str] | None:
        if "json" not in self.headers.get("Content-Type", ""):
            return body, "deriv"
        try:
            data: Any = json.loads(body)
        except ValueError:
            return None
        if not isinstance(data, dict) or not isinstance(data.get("text"), str) or data.get("kind", "deriv") not in KINDS:
            return None
        return data["text"], data.get("kind", "deriv")

    def _own(self) -> bool:
        """Whether the request comes from this server's own page or from a program, not from another site in the browser."""
        origin = self.headers.get("Origin")
        host = urlparse(f"//{self.headers.get('Host', '')}").hostname
        if (host in LOCAL or self.server.host not in LOCAL) and (origin is None or urlparse(origin).netloc == self.headers.get("Host")):
            return True
        self.send_error(403, "this page is for its own machine")
        return False

    def _html(self, text: str) -> None:
        self._send(text, "text/html")

    def _send(self, text: str, kind: str) -> None:
        data = text.encode("utf-8", "replace")
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged."""
