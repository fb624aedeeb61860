"""The hook: which files it takes, what it says and its exit status, as pre-commit runs it; and with pre-commit itself, where that is
installed (`-m slow`), on files that are staged in parts.

pre-commit hands the names of the staged files over, in several processes at once unless a hook says otherwise, after it has taken the
unstaged changes out of the working tree.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOOD = "(x+1)^2\n= x^2 + 2x + 1\n"
BAD = "(x+1)^2\n= x^2 + 2x + 3\n"


def hook() -> dict[str, str]:
    """The hook's manifest (one hook, one line for each value)."""
    text = (ROOT / ".pre-commit-hooks.yaml").read_text()
    return dict(re.findall(r"^[- ] (\w+): (.*)$", text, re.MULTILINE))


def environment(tmp_path: Path) -> dict[str, str]:
    home = {"HOME": str(tmp_path), "PRE_COMMIT_HOME": str(tmp_path / "pc"), "DERIVCHECK_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}
    git = {"GIT_CONFIG_GLOBAL": os.devnull} | {f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return os.environ | home | git


def command() -> list[str]:
    words = hook()["entry"].split()
    assert words[0] == "derivcheck"
    return [sys.executable, "-m", *words, *json.loads(hook()["args"])]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    work = tmp_path / "work"
    (work / "a folder").mkdir(parents=True)
    (work / "good.deriv").write_text(GOOD)
    (work / "-d.deriv").write_text(GOOD)
    (work / "plain.md").write_text("No directive. $$ 1 = 2 = 3 $$\n")
    (work / "a folder" / "good.tex").write_text("% derivcheck: let x \\in \\R\n\\[ (x+1)^2 = x^2 + 2x + 1 = 1 + x(x+2) \\]\n")
    return work


def test_the_files_that_the_hook_takes() -> None:
    names = ["a.deriv", "b/c.tex", "d.md", "e.qmd", "f.ipynb", "a.sty", "a.py", "deriv", "a.deriv.orig"]
    assert [n for n in names if re.search(hook()["files"], n)] == names[:5]


def test_quiet_when_all_is_well_and_safe_beside_others(folder: Path, tmp_path: Path) -> None:
    names = [str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and re.search(hook()["files"], p.name)]
    assert len(names) == 4
    runs = [subprocess.Popen([*command(), *names], cwd=folder, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(3)]
    assert [(run.communicate(timeout=120)[0], run.returncode) for run in runs] == [(b"", 0)] * 3


def test_only_what_is_wrong_is_told(folder: Path, tmp_path: Path) -> None:
    (folder / "bad.deriv").write_text(BAD)
    names = ["-d.deriv", "bad.deriv", "good.deriv", "a folder/good.tex"]
    done = subprocess.run([*command(), *names], cwd=folder, env=environment(tmp_path), capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and "bad.deriv:2:1" in done.stdout and "good" not in done.stdout and not done.stderr


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pre-commit") is None or shutil.which("git") is None, reason="needs git and pre-commit")
def test_with_pre_commit(folder: Path, tmp_path: Path) -> None:
    env = environment(tmp_path)

    def git(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["git", *words], cwd=folder, env=env, capture_output=True, text=True, timeout=600)

    # the hook as it is in the manifest, but with this interpreter in place of an environment made for it
    manifest = hook() | {"language": "system", "entry": f"{sys.executable} -m {hook()['entry']}"}
    del manifest["additional_dependencies"]
    lines = "\n".join(f"    {k}: {v}" for k, v in manifest.items())
    (folder / ".pre-commit-config.yaml").write_text(f"repos:\n- repo: local\n  hooks:\n  -\n{lines}\n")
    git("init", "-q")
    subprocess.run(["pre-commit", "install"], cwd=folder, env=env, check=True, capture_output=True)
    git("add", "-A")
    assert (first := git("commit", "-m", "good")).returncode == 0, first.stderr

    part = folder / "part.deriv"
    part.write_text(GOOD)
    git("add", "-A")
    part.write_text(BAD)
    assert git("commit", "-m", "what is staged is good").returncode == 0
    assert part.read_text() == BAD

    part.write_text(BAD + "= 0\n")
    git("add", "-A")
    part.write_text(GOOD)
    refused = git("commit", "-m", "what is staged is bad")
    assert refused.returncode == 1 and "part.deriv:2:1" in refused.stdout + refused.stderr
    assert part.read_text() == GOOD
