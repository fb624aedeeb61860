"""The command line around a stub judge: exit statuses, inputs of all kinds, options, the cache."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from derivcheck.cli import COMMANDS, cli

STUB = "tests.services.stub_judge:judge"


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder to work in, with the stub judge behind the command line."""
    monkeypatch.setattr("derivcheck.services.run.TARGET", STUB)
    monkeypatch.setenv("DERIVCHECK_CACHE_DIR", str(tmp_path / "cache"))
    work = tmp_path / "work"
    work.mkdir()
    return work


def run(*args: str | Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in args], input=stdin, catch_exceptions=False)


def files(result: Result) -> dict[str, str]:
    return {os.path.basename(f["path"]): f["verdict"] for f in json.loads(result.stdout)["files"]}


@pytest.mark.parametrize(
    ("texts", "status"),
    [
        (["ok"], 0),
        (["ok", "false"], 1),
        (["ok", "hang"], 3),
        (["false", "hang"], 1),
        (["!raise", "false", "hang"], 2),
        (["!raise"], 2),
    ],
)
def test_exit_status(stub: Path, texts: list[str], status: int) -> None:
    for i, text in enumerate(texts):
        (stub / f"{i}.deriv").write_text(text)
    result = run("verify", stub, "--format", "json", "--timeout", "0.3", "--jobs", "2")
    assert result.exit_code == status
    assert json.loads(result.stdout)["summary"]["files"] == len(texts)


def test_what_cannot_be_read_does_not_stop_the_others(stub: Path) -> None:
    (stub / "good.deriv").write_text("ok")
    (stub / "latin1.deriv").write_bytes("let \xe9 = 1".encode("latin-1"))
    (stub / "binary.deriv").write_bytes(b"\x7fELF\0\0\xff\xfe" * 100)
    (stub / "huge.deriv").write_bytes(b"x" * 10_000_000)
    (stub / "gone.deriv").symlink_to(stub / "nowhere")
    (stub / "loop").symlink_to(stub)
    (stub / "self.deriv").symlink_to(stub / "self.deriv")
    (stub / ".hidden").mkdir()
    (stub / ".hidden" / "no.deriv").write_text("false")
    (stub / ".no.deriv").write_text("false")
    (stub / "note.txt").write_text("false")
    os.mkfifo(stub / "pipe.deriv")
    result = run("verify", stub, "--format", "json")
    assert result.exit_code == 2
    assert files(result) == {
        "good.deriv": "verified", "latin1.deriv": "error", "binary.deriv": "error", "huge.deriv": "error", "gone.deriv": "error",
        "self.deriv": "error", "pipe.deriv": "error",
    }  # fmt: skip
    codes = {os.path.basename(f["path"]): f["diagnostics"][0]["code"] for f in json.loads(result.stdout)["files"] if f["diagnostics"]}
    assert (codes["latin1.deriv"], codes["binary.deriv"], codes["huge.deriv"], codes["gone.deriv"]) == ("D091", "D092", "D093", "D090")


def test_a_missing_path_is_reported(stub: Path) -> None:
    result = run("verify", stub / "nothing.deriv")
    assert result.exit_code == 2 and "D090" in result.stdout


def test_standard_input(stub: Path) -> None:
    result = run("verify", "-", "--format", "json", stdin="ok\nfalse\n")
    assert result.exit_code == 1 and files(result) == {"<stdin>": "refuted"}


def test_each_file_once(stub: Path) -> None:
    (stub / "a.deriv").write_text("ok")
    result = run("verify", stub, stub / "a.deriv", "--format", "json")
    assert len(json.loads(result.stdout)["files"]) == 1


def test_quiet_says_nothing_when_all_is_well(stub: Path) -> None:
    (stub / "a.deriv").write_text("ok")
    assert run("verify", stub, "--quiet").output == ""
    (stub / "b.deriv").write_text("false")
    result = run("verify", stub, "--quiet")
    assert "b.deriv" in result.stdout and "a.deriv" not in result.stdout


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit", "github"])
def test_every_format_of_every_outcome(stub: Path, form: str) -> None:
    (stub / "a.deriv").write_text("ok\nfalse\nraise\nok")
    (stub / "b.deriv").write_bytes(b"\xff")
    result = run("verify", stub, "--format", form)
    assert result.exit_code == 2 and result.stdout


def test_cache_remembers_whole_files_and_only_decided_ones(stub: Path) -> None:
    (stub / "a.deriv").write_text("ok\nfalse")
    (stub / "b.deriv").write_text("ok\nraise")

    def steps(*more: str) -> list[tuple[bool, str]]:
        data = json.loads(run("verify", stub, "--format", "json", *more).stdout)
        return [(s["cached"], s["rhs"]) for f in data["files"] for d in f["derivations"] for s in d["steps"]]

    first = steps()
    assert not any(cached for cached, _ in first)
    second = steps()
    assert [cached for cached, _ in second] == [True, True, False, False]
    assert second[:2] == [(True, rhs) for _, rhs in first[:2]]
    assert not any(cached for cached, _ in steps("--no-cache"))
    assert not any(cached for cached, _ in steps("--certainty", "exact"))
    assert "files: 2" in run("cache", "info").stdout
    assert run("cache", "clear").exit_code == 0
    assert not any(cached for cached, _ in steps())


def test_a_damaged_cache_is_no_matter(stub: Path, tmp_path: Path) -> None:
    (stub / "a.deriv").write_text("ok")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "verdicts.sqlite").write_bytes(b"nonsense" * 1000)
    assert run("verify", stub).exit_code == 0
    assert run("verify", stub, "--cache-dir", "/dev/null/nowhere").exit_code == 0


def test_wrong_usage_is_status_2() -> None:
    for arguments in (["verify"], ["verify", "x", "--timeout", "-1"], ["verify", "x", "--certainty", "sure"], ["nosuch"], ["explain", "D9999"]):
        assert run(*arguments).exit_code == 2


def test_explain() -> None:
    assert "counterexample" in run("explain", "d201").stdout
    assert "D090" in run("explain").stdout


def test_help_of_every_command() -> None:
    for name in COMMANDS:
        assert run(name, "--help").exit_code == 0


def test_help_and_version_are_quick_and_light() -> None:
    probe = (
        "import sys; sys.argv = ['derivcheck', '--help']\n"
        "from derivcheck.cli import main\n"
        "try: main()\n"
        "except SystemExit: print('heavy:', [m for m in ('sympy', 'flint', 'numpy', 'lark', 'rich', 'sqlite3') if m in sys.modules])\n"
    )
    best = 9.0
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        out = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert "heavy: []" in out and "verify" in out
    assert best < 0.3  # processor time, which other programs lengthen little; 0.04 s on a quiet machine
