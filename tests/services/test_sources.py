"""Folders: what is found in them, loops of links, and what cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from derivcheck.report.machine import to_github, to_sarif
from derivcheck.services.options import Options
from derivcheck.services.run import verify_inputs
from derivcheck.services.sources import gather


def test_links_that_go_round_are_followed_once(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.deriv").write_text("1 = 1")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (tmp_path / "self.tex").symlink_to(tmp_path / "self.tex")
    (tmp_path / "nowhere.md").symlink_to(tmp_path / "missing")
    (tmp_path / "again.deriv").symlink_to(tmp_path / "a" / "one.deriv")
    found = {os.path.relpath(i.path, tmp_path): i.trouble and i.trouble.code for i in gather([str(tmp_path), str(tmp_path / "a")])}
    assert found == {"again.deriv": None, "nowhere.md": "D090", "self.tex": "D090"}


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "locked").mkdir()
    (tmp_path / "locked" / "one.deriv").write_text("1 = 1")
    (tmp_path / "two.md").write_text("text")
    listing = os.listdir

    def guarded(path: str) -> list[str]:
        if path.endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return listing(path)

    monkeypatch.setattr(os, "listdir", guarded)
    report = verify_inputs(gather([str(tmp_path)]), Options(cache=False))
    assert [(os.path.basename(f.path), f.verdict) for f in report.files] == [("two.md", "verified"), ("locked", "error")]
    assert report.exit_status == 2 and "the folder cannot be opened: permission denied" in to_github(report)


def test_paths_beside_a_change_have_no_dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a b.deriv").write_bytes(b"\xff")
    report = verify_inputs(gather(["."]), Options(cache=False))
    assert "file=a b.deriv," in to_github(report) and '"uri": "a%20b.deriv"' in to_sarif(report)
