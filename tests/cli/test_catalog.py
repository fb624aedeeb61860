"""The catalog's commands over a small catalog: with the stub judge, and with the real one for certificates."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from derivcheck.cli import cli

A = "ok\n% derivation no\n"
B = "derivation first % comment\ntitle Sum of squares\ntags algebra, sums\nshow x = 1\nderivation second\nuse first\nok\n"


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "derivations"
    (root / "course").mkdir(parents=True)
    (root / "errata").mkdir()
    (root / "course" / "a.deriv").write_text(A)
    (root / "course" / "b.deriv").write_text(B)
    (root / "errata" / "c.deriv").write_text("derivation wrong\ntitle As printed\nfalse\n")
    monkeypatch.setattr("derivcheck.catalog.store.catalog_folder", lambda: root)
    monkeypatch.setattr("derivcheck.services.run.catalog_folder", lambda: root)
    monkeypatch.setenv("DERIVCHECK_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("DERIVCHECK_CATALOG", raising=False)
    return root


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("derivcheck.services.run.TARGET", "tests.services.stub_judge:judge")


def run(*args: str) -> Result:
    return CliRunner().invoke(cli, ["catalog", *args], catch_exceptions=False)


def test_list_search_show(catalog: Path) -> None:
    rows = json.loads(run("list", "--json").stdout)
    assert [(r["name"], r["title"], r["tags"], r["claim"], r["erratum"], r["verdict"]) for r in rows] == [
        ("a", None, [], None, False, "unknown"),
        ("first", "Sum of squares", ["algebra", "sums"], "x = 1", False, "unknown"),
        ("second", None, [], None, False, "unknown"),
        ("wrong", "As printed", [], None, True, "unknown"),
    ]
    assert run("list").stdout.splitlines()[3].endswith("As printed  [erratum]")
    assert [r["name"] for r in json.loads(run("list", "--json", "--kind", "sums").stdout)] == ["first"]
    assert [r["name"] for r in json.loads(run("list", "--json", "--document", "err").stdout)] == ["wrong"]
    assert json.loads(run("list", "--json", "--by", "document").stdout) == {"course": 3, "errata": 1}
    assert "first" in run("search", "squares", "sum").stdout
    assert run("search", "nothing").exit_code == 1
    near = run("search", "squares", "cubes")
    assert near.exit_code == 1 and "nearest" in near.output and "first" in near.output and "second" not in near.output
    assert run("search").exit_code == 2
    assert run("show", "--source", "second").stdout == (catalog / "course" / "b.deriv").read_text()
    wrong = run("show", "secnod")
    assert wrong.exit_code == 2 and "second" in wrong.output


def test_verify_expects_errata_to_be_refuted(catalog: Path, stub: None) -> None:
    (catalog / "course" / "b.deriv").write_text("ok\n")
    result = run("verify")
    assert result.exit_code == 0 and "errata refuted as expected: 1" in result.stdout
    assert run("verify", "wrong").exit_code == 0
    (catalog / "errata" / "c.deriv").write_text("ok\n")
    assert run("verify").exit_code == 1
    assert run("verify", "a").exit_code == 0
    assert run("verify", "--write", "--check").exit_code == 2


def test_graph(catalog: Path) -> None:
    assert json.loads(run("graph", "--format", "json").stdout) == [{"entry": "second", "uses": "first", "found": True}]
    text = "course\n  first  Sum of squares\n    └ second\n"
    assert run("graph").stdout == text
    assert run("graph", "first").stdout == text
    assert run("graph", "--format", "mermaid").stdout == 'graph LR\n  n0["first"]\n  n1["second"]\n  n1 --> n0\n'
    assert '"second" -> "first";' in run("graph", "--format", "dot").stdout
    assert run("graph", "a").stdout == "they use nothing, and nothing uses them\n"


def test_a_catalog_of_the_users_own(catalog: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine" / "notes"
    mine.mkdir(parents=True)
    (mine / "m.deriv").write_text("derivation my-square\nlet x \\in \\R\nshow x^2 \\ge 0\nderivation first\ntitle My own\n")
    names = [r["name"] for r in json.loads(run("--folder", str(mine.parent), "list", "--json").stdout)]
    assert names[:2] == ["my-square", "first"] and len(names) == 6
    # the own entry comes first
    assert "My own" in run("--folder", str(mine.parent), "show", "first").stdout
    assert run("--folder", str(tmp_path / "nowhere"), "list").exit_code == 2


REAL = r"""
let t \in \R
define g(z) = \frac{1}{1 + e^{-z}}

derivation slope
title Slope of the logistic function
show \frac{d}{dt} g(t) = g(t)(1 - g(t))
proof
\frac{d}{dt} g(t)
= \frac{e^{-t}}{(1 + e^{-t})^2}
= g(t)(1 - g(t))

derivation square
% a remark
(t + 1)^2
= t^2 + 2t + 1
"""


@pytest.fixture
def real(catalog: Path) -> Path:
    for path in (catalog / "course").iterdir():
        path.unlink()
    (catalog / "course" / "r.deriv").write_text(REAL)
    (catalog / "errata" / "c.deriv").write_text("derivation wrong\nlet x \\in \\R\n(x+1)^2 = x^2 + 1\n")
    return catalog


def check(*names: str) -> tuple[int, list[str], int]:
    result = run("verify", "--check", "--format", "json", *names)
    data = json.loads(result.stdout)
    return result.exit_code, sorted({f["entry"] + ":" + f["kind"] for f in data["stale"]}), data["replayed"]


def test_certificates_are_written_replayed_and_go_stale(real: Path) -> None:
    assert check() == (1, ["slope:missing", "square:missing", "wrong:missing"], 0)
    assert run("verify", "--write", "--timeout", "20").exit_code == 0
    lines = [json.loads(x) for x in (real / "certificates" / "course.jsonl").read_text().splitlines()]
    assert [x["entry"] for x in lines] == ["slope", "square"]
    proof = lines[1]["steps"][0]["evidence"][0]
    assert (proof["verdict"], proof["rules"], proof["proof"]) == ("proved", ["ring"], ["ring", [], []])
    assert check() == (0, [], 4)
    assert json.loads(run("list", "--json", "--verdict", "refuted").stdout)[0]["name"] == "wrong"
    assert "✓ step 2" in run("show", "slope").stdout and "against" in run("show", "wrong").stdout
    # comments, spaces and titles make no difference, a definition does
    source = real / "course" / "r.deriv"
    source.write_text(REAL.replace("% a remark", "% another").replace("title Slope of", "title  The slope of").replace("= t^2 + 2t", "=  t^2 +  2t"))
    assert check()[:2] == (0, [])
    source.write_text(REAL.replace("e^{-z}", "e^{z}"))
    assert check()[:2] == (1, ["slope:changed", "square:changed"])
    source.write_text(REAL.replace("= \\frac{e^{-t}}{(1 + e^{-t})^2}\n", ""))
    assert check() == (1, ["slope:changed"], 2)
    assert run("verify", "--write", "--stale", "--timeout", "20").exit_code == 0
    assert check()[:2] == (0, [])


def test_what_an_entry_uses_belongs_to_its_certificate(real: Path) -> None:
    (real / "course" / "r.deriv").unlink()
    base = real / "course" / "base.deriv"
    base.write_text("derivation base\nlet a, b \\in \\R\nassume a b = 1\nshow (a+b)^2 = a^2 + b^2 + 2\n")
    (real / "course" / "middle.deriv").write_text(
        "derivation middle\nuse base\nlet a \\in \\R\nassume a \\ne 0\nshow (a+\\frac1a)^2 = a^2 + \\frac{1}{a^2} + 2\n"
    )
    (real / "course" / "top.deriv").write_text("derivation top\nuse middle\nlet t > 0\n(t+\\frac1t)^2 = t^2 + \\frac{1}{t^2} + 2\n")
    assert run("verify", "--write", "--timeout", "20").exit_code == 0
    assert check()[:2] == (0, [])
    base.write_text(base.read_text().replace("a^2 + b^2", "b^2 + a^2"))
    assert check()[:2] == (1, ["base:changed", "middle:uses", "top:uses"])
    assert run("verify", "--write", "--stale", "--timeout", "20").exit_code == 0
    assert check()[:2] == (0, [])


def test_use_within_a_file_and_in_a_circle(real: Path) -> None:
    chain = "derivation base\nlet a > 0\nshow \\log(a^2) = 2\\log a\n\nderivation top\nuse base\nlet b > 0\n\\log((b+1)^2) = 2\\log(b+1) \\by{base}\n\n"
    circle = "derivation round\nuse about\nlet x \\in \\R\nshow x + x = 2x\n\nderivation about\nuse round\nuse nowhere\nlet x \\in \\R\nshow x + x = 2x\n"
    source = real / "course" / "r.deriv"
    source.write_text(chain)
    (real / "course" / "s.deriv").write_text(circle)
    assert "round  (in a circle: gives no fact)" in run("graph").stdout
    assert "nowhere  (there is no such entry)" in run("graph").stdout
    assert run("verify", "--write", "--timeout", "20").exit_code == 0  # none of them needs the fact
    assert check()[:2] == (0, [])
    (real / "course" / "s.deriv").unlink()
    assert check()[1] == ["about:gone", "round:gone"]
    assert run("verify", "--write", "--timeout", "20").exit_code == 0
    assert check()[:2] == (0, [])
    # the entry that uses it goes stale with what it uses, and with nothing else of the file
    source.write_text(chain.replace("2\\log a", "\\log a + \\log a"))
    assert check()[:2] == (1, ["base:changed", "top:uses"])
    source.write_text(chain.replace("b + 1", "b+1").replace("let b > 0", "let b > 1"))
    assert check()[:2] == (1, ["top:changed"])


def test_a_certificate_that_was_tampered_with_is_noticed(real: Path) -> None:
    assert run("verify", "--write", "--timeout", "20").exit_code == 0
    path = real / "certificates" / "course.jsonl"
    good = path.read_text()
    first, second = good.splitlines(keepends=True)
    path.write_text(good.replace('"certainty":"exact"', '"certainty":"cas"', 1))
    assert check("slope")[:2] == (1, ["slope:broken"])
    path.write_text(second + first)
    assert check()[0] == 1
    path.write_text(second)
    assert check()[:2] == (1, ["slope:missing", "square:broken"])
    # with new hashes, a false step still does not become true: proofs are replayed
    from derivcheck.catalog import certificates as c

    source = real / "course" / "r.deriv"
    source.write_text(REAL.replace("t^2 + 2t + 1", "t^2 + 3t + 1"))
    line = json.loads(second)
    from derivcheck.catalog.store import find

    entry = find("square", real)
    assert entry is not None
    line["source"] = c.source_hash(entry)
    c.write(path, [c.seal(json.loads(first), [], ""), c.seal(line, [], c.seal(json.loads(first), [], "")["link"])])
    assert check("square")[:2] == (1, ["square:verdict"])


def forge(path: Path, change: Callable[[dict[str, Any]], None], entry: str) -> None:
    """Change a certificate and compute its hashes anew."""
    from derivcheck.catalog import certificates as c

    lines: list[dict[str, Any]] = []
    for text in path.read_text().splitlines():
        line = json.loads(text)
        if line["entry"] == entry:
            change(line)
        lines.append(c.seal(line, line["uses"], lines[-1]["link"] if lines else ""))
    c.write(path, lines)


def counts() -> tuple[int, int]:
    data = json.loads(run("verify", "--check", "--format", "json").stdout)
    return data["replayed"], data["searched"]


def test_counterexamples_are_replayed(real: Path) -> None:
    (real / "errata" / "d.deriv").write_text(
        "derivation drift\nlet a, b \\in \\R\nvary b\na b^2 \\propto b\n\n"
        "derivation lost\nlet p \\in \\mathcal{P}(\\R)\nlet x \\in \\R\np(x) = 2 p(x)\n\nderivation closed\n\\sqrt 2 = \\frac{7}{5}\n"
    )
    assert run("verify", "--write", "--timeout", "20").exit_code in (0, 1)
    assert check() == (0, [], 7) and counts() == (7, 0)
    path = real / "certificates" / "errata.jsonl"
    good = path.read_text()

    def values(line: dict[str, Any]) -> None:
        line["steps"][0]["counterexample"]["values"]["x"] = "7"

    # values that are not those of the model on record
    forge(path, values, "wrong")
    assert check()[:2] == (1, ["wrong:verdict"])
    path.write_text(good)

    def origin(line: dict[str, Any]) -> None:
        line["steps"][0]["evidence"][0]["at"] = [10**6, "crafted", -3]

    # an origin that leads nowhere: another counterexample is looked for
    forge(path, origin, "wrong")
    assert check()[1] == [] and counts() == (6, 1)
    path.write_text(good)

    def verdict(line: dict[str, Any]) -> None:
        line["verdict"] = "verified"
        line["steps"][0] |= {"verdict": "proved", "method": "ring", "certainty": "exact", "counterexample": None}
        line["steps"][0]["evidence"][0] |= {"verdict": "proved", "proof": ["ring", [], []], "seen": {"at": None, "held": False}}

    forge(path, verdict, "wrong")
    assert check()[:2] == (1, ["wrong:verdict"])


def test_a_true_step_is_not_refuted_by_a_record(real: Path) -> None:
    assert run("verify", "--write", "--timeout", "20").exit_code == 0
    path = real / "certificates" / "course.jsonl"

    def change(line: dict[str, Any]) -> None:
        line["verdict"] = "refuted"
        line["steps"][0] |= {"verdict": "refuted", "method": "counterexample", "certainty": None}
        line["steps"][0]["counterexample"] = {"values": {"t": "2"}, "lhs": "9", "rhs": "8"}
        line["steps"][0]["evidence"][0] = {"of": line["steps"][0]["evidence"][0]["of"], "verdict": "refuted", "at": [0, "", 0]}

    forge(path, change, "square")
    assert check("square")[:2] == (1, ["square:verdict"])


def test_a_record_does_not_hide_that_hypotheses_clash(real: Path) -> None:
    (real / "course" / "v.deriv").write_text("derivation void\nlet x \\in \\R\nassume x > 1\nassume x^2 < 1\n(x+1)^2 = x^2 + 2x + 1\n")
    assert run("verify", "--write", "--timeout", "20").exit_code == 3
    path = real / "certificates" / "course.jsonl"

    for seen in ({"at": None, "held": False}, {"at": [0, "", 0], "held": True}, {"at": [0, "", 0], "held": False}):

        def change(line: dict[str, Any], seen: object = seen) -> None:
            step = line["steps"][0]
            line["verdict"] = "verified"
            step |= {"verdict": "proved", "method": "ring", "certainty": "exact", "conditions": [], "reason": None}
            step["evidence"][0] = {"of": step["evidence"][0]["of"], "verdict": "proved", "rules": ["ring"], "proof": ["ring", [], []], "seen": seen}

        forge(path, change, "void")
        assert check("void")[:2] == (1, ["void:verdict"])


def test_search_by_formula(real: Path) -> None:
    def found(*args: str) -> list[tuple[str, str]]:
        result = run("search", "--json", "--formula", *args)
        return [(r["name"], r["found"]) for r in json.loads(result.stdout)]

    assert found(r"\frac{1}{1+e^{-a}}")[0][0] == "slope"
    assert found(r"2b + 1 + b^2 = (1 + b)^2") == [("square", "proves it: step 1")]
    assert found(r"(a + b)^2 = b^2 + 2b + 1") == []
    assert found(r"\frac{d}{du} s(u) = s(u)(1 - s(u))", "--define", r"s(z) = \frac{1}{1+e^{-z}}") == [("slope", "proves it: its claim")]
    assert run("search", "--formula", r"\frac{1").exit_code == 2
