"""`derivcheck serve`: the form, the report, and what is refused."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator

import pytest

from derivcheck.services.options import Options
from derivcheck.services.web import MAX_BODY, Site


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site("127.0.0.1", 0, Options(timeout=5, jobs=1, cache=False)) as it:
        threading.Thread(target=it.serve_forever, daemon=True).start()
        yield it
        it.shutdown()


def get(site: Site, path: str = "", data: bytes | None = None, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(site.url + path, data, {k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


def test_the_form(site: Site) -> None:
    status, text = get(site)
    assert status == 200 and "<textarea" in text and "<script" not in text


def test_a_report_below_the_form(site: Site) -> None:
    body = urllib.parse.urlencode({"text": "let x \\in \\R\r\n(x+1)^2 = x^2 + 2x % <b>", "kind": "deriv"}).encode()
    status, text = get(site, "", body)
    assert status == 200 and "refuted" in text and "Counterexample" in text
    assert "&lt;b&gt;" in text and "<b>" not in text


def test_json(site: Site) -> None:
    status, text = get(site, "verify", b"1 + 1 = 2", Content_Type="text/plain")
    assert status == 200 and json.loads(text)["files"][0]["verdict"] == "verified"
    tex = "% derivcheck: let x \\in \\R\n\\[ x + x = 2x = 3x \\]"
    status, text = get(site, "verify", json.dumps({"text": tex, "kind": "tex"}).encode(), Content_Type="application/json")
    report = json.loads(text)
    assert report["summary"]["refuted"] == 1 and report["files"][0]["path"] == "page.tex"


def test_refusals(site: Site) -> None:
    assert get(site, "other")[0] == 404
    assert get(site, "verify", b'{"text": 3}', Content_Type="application/json")[0] == 400
    assert get(site, "", b"text=a&kind=exe")[0] == 400
    assert get(site, "verify", b"1 = 1", Origin="http://elsewhere.example")[0] == 403
    assert get(site, "", Host="elsewhere.example")[0] == 403
    assert get(site, "verify", b"x" * 10, Content_Length=str(MAX_BODY + 1))[0] == 413


def test_a_text_reads_no_files(site: Site, tmp_path: object) -> None:
    tex = "\\input{/etc/passwd}\n\\input{pyproject}\n% derivcheck: let x \\in \\R\n\\[ x + x = 2x = x 2 \\]"
    status, text = get(site, "verify", json.dumps({"text": tex, "kind": "tex"}).encode(), Content_Type="application/json")
    assert status == 200 and "root:" not in text
