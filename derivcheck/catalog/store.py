"""The catalog on disk: which derivations there are, and what their headers say.

A folder per source document under `derivations/`; `derivations/errata/` holds chains as a document prints them where a step
is wrong: there, the refutation is what is expected.  Headers are read line by line without the language package, so that
listing and searching the catalog cost milliseconds.

Folders of the user's own come first: those that `DERIVCHECK_CATALOG` names (separated like `PATH`), and `catalog/` in the user's
data folder.  The first entry of a name is the one that `use` finds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from derivcheck.services.places import catalog_folder, own_catalog_folders
from derivcheck.services.sources import files_below

ERRATA = "errata"

_HEADER = re.compile(r"\s*(derivation|title|source|tags|show|use)\s+(\S.*?)\s*$")
_COMMENT = re.compile(r"(?<!\\)%.*")
_BARE = re.compile(r"\s*(title|source|tags)\s")


@dataclass(frozen=True)
class Entry:
    """One derivation of the catalog.  `document` is the folder that its file lies in, below `root`; `text` its normalised source
    with what stands before the first derivation of its file."""

    name: str
    path: Path
    title: str | None = None
    source: str | None = None
    tags: tuple[str, ...] = ()
    claim: str | None = None
    erratum: bool = False
    document: str = ""
    uses: tuple[str, ...] = ()
    text: str = field(default="", repr=False)
    root: Path | None = None

    @property
    def words(self) -> str:
        """What `search` looks in first."""
        return " ".join([self.name, self.title or "", self.source or "", *self.tags, self.claim or "", self.document]).lower()


def folders() -> list[Path]:
    """The folders of the catalog: the user's own, then the one that comes with the program."""
    return [*own_catalog_folders(), catalog_folder()]


def entries(folder: Path | None = None) -> list[Entry]:
    """All entries, by folder, path and place in the file."""
    return [e for root in ([folder] if folder else folders()) for e in _below(root)]


def _below(root: Path) -> list[Entry]:
    found = []
    for path in sorted(Path(p) for p in files_below(str(root)) if p.endswith(".deriv")):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        parts = path.relative_to(root).parts
        found.extend(headers(text, path, ERRATA in parts, parts[0] if len(parts) > 1 else root.name, root))
    return found


def headers(text: str, path: Path, erratum: bool = False, document: str = "", root: Path | None = None) -> list[Entry]:
    """The derivations of a file; without a `derivation` line it is one, named after the file."""
    sections: list[tuple[str, dict[str, str], list[str], list[str]]] = [(path.stem, {}, [], [])]
    for raw in text.splitlines():
        line = _COMMENT.sub("", raw)
        match = _HEADER.match(line)
        keyword, rest = match.groups() if match else ("", "")
        if keyword == "derivation":
            sections.append((rest, {}, [], []))
            continue
        if keyword == "use":
            sections[-1][2].append(rest)
        elif keyword:
            sections[-1][1].setdefault(keyword, rest)
        if not _BARE.match(line) and (not raw.strip() or line.strip()):  # a line of nothing but a comment is no blank line
            sections[-1][3].append(" ".join(line.split()))
    prefix: list[str] = []
    if len(sections) > 1:
        prefix = sections.pop(0)[3]
    return [
        Entry(
            name,
            path,
            table.get("title"),
            table.get("source"),
            tuple(t.strip() for t in table.get("tags", "").split(",") if t.strip()),
            table.get("show"),
            erratum,
            document,
            tuple(uses),
            _squeezed([*prefix, "", *lines]),
            root,
        )
        for name, table, uses, lines in sections
    ]


def _squeezed(lines: list[str]) -> str:
    """Lines with one blank line at most between them: blank lines part chains."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def find(name: str, folder: Path | None = None) -> Entry | None:
    """The entry of this name (errata are no facts and are not found)."""
    return next((e for e in entries(folder) if e.name == name and not e.erratum), None)


def search(words: str, folder: Path | None = None) -> list[Entry]:
    """Entries that hold all words, in any order, in their headers or (such as `\\KL`) in their text; headers first."""
    wanted = words.lower().split()
    exact = words.split()
    found = entries(folder)
    first = [e for e in found if all(w in e.words for w in wanted)]
    chosen = set(map(id, first))
    return first + [e for e in found if id(e) not in chosen and all(_in_text(w, e.text) or w.lower() in e.words for w in exact)]


def nearest(words: str, folder: Path | None = None, most: int = 8) -> list[Entry]:
    """Entries that hold as many of the words as any does."""
    exact = words.split()
    counted = [(sum(w.lower() in e.words or _in_text(w, e.text) for w in exact), e) for e in entries(folder)]
    best = max((n for n, _ in counted), default=0)
    return [e for n, e in counted if n == best][:most] if best else []


def _in_text(word: str, text: str) -> bool:
    """Whether a word or symbol stands in a text, and not only inside of a longer one."""
    before = r"(?<![A-Za-z\\])" if word[:1].isalpha() else ""
    after = r"(?![A-Za-z])" if word[-1:].isalpha() else ""
    return re.search(before + re.escape(word) + after, text) is not None
