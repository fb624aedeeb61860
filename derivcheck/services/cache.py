"""What earlier runs established, in an SQLite file under the user's cache folder.

Two kinds of entry: `step` (an obligation's verdict, under a key that the judge builds from everything the verdict depends on)
and `file` (the complete report on a file, under its text, the options and the catalog).  Every key also holds the fingerprint
of the program and of the engines below it, so that a new version starts afresh.  Only proved and refuted results are put in.

Entries carry a seal with the user's own key: an entry that another hand has changed is no entry.

A cache may never be in the way: entries of a damaged database are forgotten, a locked or read-only one is passed over, and two
processes can write at once (write-ahead log).  Entries that were not used for long go first when the file grows (`PRUNE_ABOVE`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from derivcheck.services.options import Options

if TYPE_CHECKING:
    import sqlite3

PRUNE_ABOVE = 100_000
"""Entries kept; beyond it the least recently used third is dropped."""

DAY = 86_400
_TABLE = "CREATE TABLE IF NOT EXISTS entry (key TEXT PRIMARY KEY, kind TEXT NOT NULL, value TEXT NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID"

_fingerprint: str | None = None


def default_folder() -> Path:
    """The user's cache folder."""
    given = os.environ.get("DERIVCHECK_CACHE_DIR")
    if given:
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_cache_dir("derivcheck"))


def program_fingerprint() -> str:
    """A hash that changes with the program's files, its grammar, and the engines' versions."""
    global _fingerprint
    if _fingerprint is None:
        from importlib.util import find_spec

        from derivcheck import __version__

        package = Path(__file__).resolve().parent.parent
        digest = hashlib.sha256(__version__.encode())
        for folder in (package, package.parent / "grammar"):
            for line in _listing(folder, (".py", ".lark", ".json")):
                digest.update(line.encode("utf-8", "replace"))
        for engine in ("sympy", "flint", "lark"):
            spec = find_spec(engine)
            if spec is not None and spec.origin is not None:
                info = os.stat(spec.origin)
                digest.update(f"{engine} {info.st_size} {info.st_mtime_ns}".encode())
        _fingerprint = digest.hexdigest()
    return _fingerprint


def _listing(folder: Path, endings: tuple[str, ...]) -> list[str]:
    """`path size mtime` of every file below a folder that ends so."""
    lines = []
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if f != "__pycache__")
        for name in sorted(names):
            if name.endswith(endings):
                full = os.path.join(here, name)
                info = os.stat(full)
                lines.append(f"{os.path.relpath(full, folder)} {info.st_size} {info.st_mtime_ns}\n")
    return lines


def folder_fingerprint(folder: Path, endings: tuple[str, ...] = (".deriv",)) -> str:
    """A hash that changes with the files of a folder (by name, size and time)."""
    return hashlib.sha256("".join(_listing(folder, endings)).encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True)
class CacheInfo:
    """What `derivcheck cache info` prints."""

    path: Path
    steps: int
    files: int
    bytes: int


class Cache:
    """One database.  `get` and `put` never raise."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "verdicts.sqlite"
        self._connection: sqlite3.Connection | None = None
        self._pid = 0
        self._broken = False
        self._puts = 0

    def get(self, key: str, kind: str = "step") -> dict[str, Any] | None:
        """What was put under this key, or None."""
        full = _full(key, kind)
        row = self._try("SELECT value, used FROM entry WHERE key = ?", (full,))
        if not row:
            return None
        value, used = row[0]
        seal, _, text = str(value).partition("\n")
        if not hmac.compare_digest(seal, _seal(full, text)):
            return None  # changed by another hand
        try:
            data = json.loads(text)
        except ValueError:
            return None
        now = int(time.time())
        if now - used > DAY:
            self._try("UPDATE entry SET used = ? WHERE key = ?", (now, full))
        return data if isinstance(data, dict) else None

    def put(self, key: str, value: dict[str, Any], kind: str = "step") -> None:
        """Remember a result."""
        text = json.dumps(value, ensure_ascii=False)
        full = _full(key, kind)
        self._try("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?)", (full, kind, f"{_seal(full, text)}\n{text}", int(time.time())))
        self._puts += 1
        if self._puts % 256 == 1:
            self._prune()

    def info(self) -> CacheInfo:
        """Counts and size."""
        rows: dict[str, int] = dict(self._try("SELECT kind, COUNT(*) FROM entry GROUP BY kind", ()) or [])
        size = sum(p.stat().st_size for p in self._files() if p.exists())
        return CacheInfo(self.path, rows.get("step", 0), rows.get("file", 0), size)

    def clear(self) -> None:
        """Forget everything."""
        self.close()
        for path in self._files():
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Give the database back; it is opened again when needed."""
        if self._connection is not None and self._pid == os.getpid():
            self._connection.close()
        self._connection = None

    def _files(self) -> list[Path]:
        return [self.path, *(self.path.with_name(self.path.name + end) for end in ("-wal", "-shm"))]

    def _prune(self) -> None:
        rows = self._try("SELECT COUNT(*) FROM entry", ())
        if rows and rows[0][0] > PRUNE_ABOVE:
            self._try("DELETE FROM entry WHERE key IN (SELECT key FROM entry ORDER BY used LIMIT ?)", (rows[0][0] // 3,))

    def _open(self) -> sqlite3.Connection:
        import sqlite3

        if self._connection is None or self._pid != os.getpid():
            # a connection must not be used on the other side of a fork
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=5.0, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(_TABLE)
            self._connection, self._pid = connection, os.getpid()
        return self._connection

    def _try(self, sql: str, values: tuple[Any, ...]) -> list[Any] | None:
        """Run one statement.  A damaged database is begun anew once; anything else that fails switches the cache off."""
        import sqlite3

        for attempt in range(3):
            if self._broken:
                return None
            try:
                return self._open().execute(sql, values).fetchall()
            except sqlite3.OperationalError as error:
                if "locked" in str(error) or "busy" in str(error):
                    time.sleep(0.05 * (attempt + 1))
                    continue
                if attempt == 0 and ("no such column" in str(error) or "has no column" in str(error) or "malformed" in str(error)):
                    self._begin_anew()
                    continue
                self._broken = True
            except sqlite3.DatabaseError:
                self._begin_anew()
            except OSError:
                self._broken = True
        return None

    def _begin_anew(self) -> None:
        try:
            self.close()
        except Exception:  # closing a damaged database may complain once more
            self._connection = None
        for path in self._files():
            try:
                path.unlink(missing_ok=True)
            except OSError:
                self._broken = True


class NoCache(Cache):
    """For `--no-cache`: remembers nothing."""

    def __init__(self) -> None:
        super().__init__(Path(os.devnull))
        self._broken = True


def _full(key: str, kind: str) -> str:
    return hashlib.sha256(f"{kind}\n{program_fingerprint()}\n{key}".encode("utf-8", "surrogatepass")).hexdigest()


_secret: bytes | None = None


def _seal(key: str, text: str) -> str:
    """A keyed hash of an entry: what was changed in the database, or comes in a folder from elsewhere, is not believed."""
    return hmac.new(_own_secret(), f"{key}\n{text}".encode("utf-8", "surrogatepass"), "sha256").hexdigest()


def _own_secret() -> bytes:
    """The user's key, made once, in the user's cache folder; where it can't be kept, one for this process."""
    global _secret
    if _secret is None:
        path = default_folder() / "seal.key"
        fresh = os.urandom(32).hex()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(fresh)
        except OSError:
            pass  # it is there already, or the folder can't be written to
        try:
            kept = path.read_text("ascii").strip()
        except (OSError, ValueError):
            kept = ""
        _secret = (kept if len(kept) >= 32 else fresh).encode()
    return _secret


_open_caches: dict[str, Cache] = {}


def open_cache(options: Options) -> Cache:
    """The cache that the options name, opened once per process."""
    if not options.cache:
        return NoCache()
    folder = Path(options.cache_dir) if options.cache_dir else default_folder()
    return _open_caches.setdefault(str(folder), Cache(folder))
