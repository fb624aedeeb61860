"""The cache is never in the way: damaged, locked, read-only and concurrent use."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
from pathlib import Path

import pytest

from derivcheck.services import cache as module
from derivcheck.services.cache import Cache, NoCache, open_cache
from derivcheck.services.options import Options


def test_put_and_get(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    assert cache.get("a") is None
    cache.put("a", {"verdict": "proved"})
    assert Cache(tmp_path).get("a") == {"verdict": "proved"}
    assert cache.get("a", "file") is None
    assert (cache.info().steps, cache.info().files) == (1, 0)
    cache.clear()
    assert cache.get("a") is None and cache.info().steps == 0


def test_a_new_program_starts_afresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(tmp_path)
    cache.put("a", {"n": 1})
    monkeypatch.setattr(module, "_fingerprint", "another version")
    assert cache.get("a") is None


@pytest.mark.parametrize("content", [b"not a database, not at all" * 400, b"SQLite format 3\0" + b"\xff" * 8000, b""])
def test_a_damaged_database_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    cache = Cache(tmp_path)
    cache.path.write_bytes(content)
    assert cache.get("a") is None
    cache.put("a", {"n": 1})
    assert Cache(tmp_path).get("a") == {"n": 1}


def test_a_database_of_another_shape_is_begun_anew(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    with sqlite3.connect(cache.path) as other:
        other.execute("CREATE TABLE entry (key TEXT, something TEXT)")
    other.close()
    cache.get("a")
    cache.put("a", {"n": 1})
    assert cache.get("a") == {"n": 1}


def test_no_place_for_a_cache_is_no_matter(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    cache = Cache(file / "below")
    cache.put("a", {"n": 1})
    assert cache.get("a") is None
    assert NoCache().get("a") is None
    assert isinstance(open_cache(Options(cache=False)), NoCache)


def _write(folder: Path, who: int) -> None:
    cache = Cache(folder)
    for i in range(100):
        cache.put(f"{who}:{i}", {"who": who, "i": i})
    os._exit(0)


def test_concurrent_writers(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=_write, args=(tmp_path, who)) for who in range(4)]
    for w in writers:
        w.start()
    for w in writers:
        w.join()
    cache = Cache(tmp_path)
    assert all(cache.get(f"{who}:{i}") == {"who": who, "i": i} for who in range(4) for i in range(100))


def test_the_least_recently_used_entries_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PRUNE_ABOVE", 90)
    cache = Cache(tmp_path)
    for i in range(100):
        cache.put(str(i), {"i": i})
    old = "UPDATE entry SET used = 5 WHERE key = ?"
    cache._try(old, (module._full("7", "step"),))
    cache._prune()
    assert cache.info().steps == 67 and cache.get("7") is None


def test_an_edited_entry_is_no_entry(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put("k", {"verdict": "refuted"})
    assert cache.get("k") == {"verdict": "refuted"}
    cache.close()
    with sqlite3.connect(cache.path) as other:
        other.execute("UPDATE entry SET value = replace(value, 'refuted', 'proved')")
    assert cache.get("k") is None


def test_an_entry_of_another_key_is_no_entry(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put("true", {"verdict": "proved"})
    cache.put("false", {"verdict": "refuted"})
    cache.close()
    with sqlite3.connect(cache.path) as other:
        rows = other.execute("SELECT key, value FROM entry").fetchall()
        other.execute("UPDATE entry SET value = ? WHERE key = ?", (rows[0][1], rows[1][0]))
    assert [cache.get(k) is None for k in ("true", "false")].count(True) == 1
