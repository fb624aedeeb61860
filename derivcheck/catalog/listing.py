"""Entries with what their certificates say of them, for `list`, `show` and `graph`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from derivcheck.catalog.certificates import Line, certificate_of, source_hash, used_entries
from derivcheck.catalog.store import Entry
from derivcheck.services.options import CERTAINTIES

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Row:
    """An entry; `verdict` is `unknown` where there is no certificate of its present source, `certainty` the weakest of its proofs."""

    entry: Entry
    verdict: str
    certainty: str | None
    line: Line | None

    def to_json(self) -> dict[str, Any]:
        """For `--json`."""
        e = self.entry
        return {
            "name": e.name,
            "title": e.title,
            "source": e.source,
            "document": e.document,
            "tags": list(e.tags),
            "claim": e.claim,
            "erratum": e.erratum,
            "uses": list(e.uses),
            "verdict": self.verdict,
            "certainty": self.certainty,
            "path": str(e.path),
        }


def row(entry: Entry) -> Row:
    """What is known about an entry."""
    line = certificate_of(entry)
    if line is None or line.get("source") != source_hash(entry):
        return Row(entry, UNKNOWN, None, None)
    parts = [*line["steps"], *([line["claim"]] if line.get("claim") else [])]
    found = [p["certainty"] for p in parts if p["verdict"] == "proved" and p["certainty"] in CERTAINTIES]
    weakest = max(found, key=CERTAINTIES.index, default=None)
    return Row(entry, str(line["verdict"]), weakest, line)


def chosen(
    rows: Iterable[Row], documents: Sequence[str] = (), kinds: Sequence[str] = (), verdicts: Sequence[str] = (), certainties: Sequence[str] = ()
) -> list[Row]:
    """The rows of one of the documents, with all of the kinds, one of the verdicts and one of the certainties (empty: any)."""
    return [
        r
        for r in rows
        if (not documents or any(r.entry.document.startswith(d) for d in documents))
        and all(k in r.entry.tags for k in kinds)
        and (not verdicts or r.verdict in verdicts)
        and (not certainties or r.certainty in certainties)
    ]


def counts(rows: Iterable[Row], by: str) -> list[tuple[str, int]]:
    """How many entries there are of each document, kind, verdict or certainty."""
    found: Counter[str] = Counter()
    for r in rows:
        if by == "document":
            found[r.entry.document] += 1
        elif by == "kind":
            found.update(r.entry.tags)
        elif by == "verdict":
            found[r.verdict] += 1
        else:
            found[r.certainty or "none"] += 1
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))


def edges(all_entries: Sequence[Entry]) -> list[tuple[Entry, str, Entry | None]]:
    """Which entry uses which: (entry, name used, the entry of that name if there is one)."""
    return [(e, name, used) for e in all_entries for name, used in used_entries(e, all_entries)]


Edges = Sequence[tuple[Entry, str, Entry | None]]


def circles(found: Edges) -> set[str]:
    """The entries that use themselves, directly or by others: they give no fact."""
    users: dict[str, set[str]] = {}
    for e, name, _ in found:
        users.setdefault(e.name, set()).add(name)
    out: set[str] = set()
    for start in users:
        pending, seen = list(users[start]), set(users[start])
        while pending:
            for n in users.get(pending.pop(), ()):
                if n not in seen:
                    seen.add(n)
                    pending.append(n)
        if start in seen:
            out.add(start)
    return out


def tree(found: Edges) -> list[str]:
    """The graph as text, by document: what is used at the margin, what uses it below and further in.  What stands further up already is
    not unfolded again."""
    title: dict[str, str] = {}
    document: dict[str, str] = {}
    users: dict[str, list[str]] = {}
    using: set[str] = set()
    missing: set[str] = set()
    for e, name, used in found:
        using.add(e.name)
        users.setdefault(name, []).append(e.name)
        for other in (e, used):
            if other is not None:
                title[other.name], document[other.name] = other.title or "", other.document
        if used is None:
            missing.add(name)
            document.setdefault(name, e.document)
    around = circles(found)
    shown: set[str] = set()
    lines: list[str] = []

    def line(name: str, depth: int, again: bool) -> None:
        notes = "  (there is no such entry)" if name in missing else "  (in a circle: gives no fact)" if name in around else ""
        what = "  (see above)" if again else f"  {title[name]}" if title.get(name) else ""
        lines.append("  " * (depth + 1) + ("└ " if depth else "") + name + what + notes)

    def grow(start: str) -> None:
        stack = [(start, 0)]
        while stack:
            name, depth = stack.pop()
            line(name, depth, name in shown and bool(users.get(name)))
            if name not in shown:
                shown.add(name)
                stack.extend((n, depth + 1) for n in reversed(users.get(name, ())))

    roots = [n for n in users if n not in using] + [n for n in users if n in around]
    for where in dict.fromkeys(document[n] for n in roots):
        lines.append(where)
        for n in roots:
            if document[n] == where and n not in shown:
                grow(n)
    return lines


def mermaid(found: Edges) -> str:
    """The graph for Mermaid, which pages of Markdown show."""
    numbers: dict[str, int] = {}
    lines = ["graph LR"]
    for e, name, used in found:
        for n in (name, e.name):
            if n not in numbers:
                numbers[n] = len(numbers)
                lines.append(f'  n{numbers[n]}["{n.replace(chr(34), "#quot;")}"]')
        lines.append(f"  n{numbers[e.name]} {'-->' if used else '-.->'} n{numbers[name]}")
    return "\n".join(lines) + "\n"


def dot(found: Edges) -> str:
    """The graph for Graphviz."""

    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    lines = ["digraph catalog {", "  rankdir = LR;", "  node [shape = box];"]
    lines += [f"  {quoted(e.name)} -> {quoted(name)}{'' if used else ' [style = dashed]'};" for e, name, used in found]
    return "\n".join([*lines, "}"]) + "\n"
