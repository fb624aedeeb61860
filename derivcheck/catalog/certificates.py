"""Certificates: what was established about each entry, on what evidence, and whether that still stands.

A file of JSON lines for each document, `certificates/DOCUMENT.jsonl` in the catalog's folder, one line for each entry:

    entry, file, errata   the name, the file below the document's folder, whether a refutation is what is expected
    source                hash of the normalised source (comments, spaces, title, source and tags make no difference; what stands
                          before the first derivation of the file belongs to each)
    uses                  [name, digest] of the certificate of each entry used
    terms                 the table of terms of the proofs below (`evidence.py`)
    steps, claim          statement, verdict, method, certainty, conditions, counterexample, and `evidence`: for each obligation met
                          its hash, verdict, rule names and proof
    digest, before, link  the hash of this line, the link of the line before, and the hash of both

Each step's `hash` covers the step and the hash before it, the first one the head of the line; the digest covers the last hash and
the verdict.  A step, definition or used entry that is changed, dropped or reordered is therefore noticed, in the source and
in the certificate.  The hashes protect against mistakes, not against someone who computes them anew: against that, `--check` replays
every proof.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from derivcheck.catalog.store import Entry
from derivcheck.report.model import ClaimReport, DerivationReport, FileReport, StepReport

Line = Mapping[str, Any]

FOLDER = "certificates"
_JUDGED = ("verdict", "method", "certainty", "error_bound", "conditions", "counterexample", "reason")


def path_of(root: Path, document: str) -> Path:
    """Where a document's certificates are."""
    return root / FOLDER / f"{document}.jsonl"


@lru_cache(maxsize=32)
def _read(path: str, stamp: tuple[int, ...]) -> tuple[Line, ...]:
    lines = []
    for text in Path(path).read_text(encoding="utf-8").splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict) and isinstance(line.get("entry"), str):
            lines.append(line)
    return tuple(lines)


def lines_of(path: str | Path) -> tuple[Line, ...]:
    """The certificates of a file; none where it can't be read."""
    try:
        found = Path(path).stat()
        return _read(str(path), (found.st_mtime_ns, found.st_ino, found.st_size))  # the clock of files ticks slowly
    except (OSError, UnicodeDecodeError):
        return ()


def certificate_of(entry: Entry) -> Line | None:
    """The certificate of an entry, if there is one, stale or not."""
    if entry.root is None:
        return None
    return _table(str(path_of(entry.root, entry.document))).get(entry.name)


def _table(path: str) -> dict[str, Line]:
    lines = lines_of(path)
    got = _tables.get(path)
    if got is None or got[0] is not lines:
        got = (lines, {line["entry"]: line for line in lines})
        _tables[path] = got
    return got[1]


_tables: dict[str, tuple[tuple[Line, ...], dict[str, Line]]] = {}


def source_hash(entry: Entry) -> str:
    """The hash of what is judged."""
    return _sha(entry.text)


def _sha(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def used_entries(entry: Entry, all_entries: Sequence[Entry]) -> list[tuple[str, Entry | None]]:
    """The entries that an entry uses: of its own file, or else the first of that name that is no erratum."""
    found: list[tuple[str, Entry | None]] = []
    for name in entry.uses:
        own = next((e for e in all_entries if e.name == name and e.path == entry.path), None)
        found.append((name, own or next((e for e in all_entries if e.name == name and not e.erratum), None)))
    return found


def make_line(entry: Entry, report: DerivationReport, evidence: Mapping[str, Any]) -> dict[str, Any]:
    """The certificate of one entry from its report and what the worker recorded, to be `seal`ed."""
    recorded = evidence.get("steps", {})
    return {
        "entry": entry.name,
        "file": entry.path.name,
        "errata": entry.erratum,
        "verdict": report.verdict,
        "source": source_hash(entry),
        "uses": [],
        "steps": [_step(s, recorded.get(str(s.index), [])) for s in report.steps],
        "claim": _claim(report.claim, recorded.get("0", [])) if report.claim else None,
        "terms": evidence.get("terms", []),
    }


def seal(line: Line, uses: list[list[str | None]], before: str | None) -> dict[str, Any]:
    """A line with its hashes; without `before` it is not joined to another line yet."""
    steps = [dict(s) for s in line["steps"]]
    claim = dict(line["claim"]) if line.get("claim") else None
    sealed = {**line, "uses": uses, "steps": steps, "claim": claim}
    for step, value in zip([*steps, *([claim] if claim else [])], chain(sealed), strict=True):
        step["hash"] = value
    sealed["digest"] = digest(sealed)
    if before is not None:
        sealed |= {"before": before, "link": _sha(before, sealed["digest"])}
    return sealed


def _step(step: StepReport, evidence: list[Any]) -> dict[str, Any]:
    judged = step.to_json()
    return {"statement": f"{step.lhs} {step.relation} {step.rhs}".strip(), **{k: judged[k] for k in _JUDGED}, "evidence": evidence}


def _claim(claim: ClaimReport, evidence: list[Any]) -> dict[str, Any]:
    judged = claim.to_json()
    return {"statement": claim.statement, **{k: judged[k] for k in _JUDGED}, "evidence": evidence}


def chain(line: Line) -> list[str]:
    """The hash of each step and of the claim, each over the one before."""
    last = _sha(*(_canonical(line.get(k)) for k in ("entry", "file", "errata", "source", "uses", "terms")))
    out = []
    for step in [*line["steps"], *([line["claim"]] if line.get("claim") else [])]:
        last = _sha(last, _canonical({k: v for k, v in step.items() if k != "hash"}))
        out.append(last)
    return out


def digest(line: Line) -> str:
    """The hash of a whole certificate."""
    hashes = chain(line)
    return _sha(hashes[-1] if hashes else "", _canonical([line.get("entry"), line.get("source"), line.get("verdict")]))


def write(path: Path, lines: Sequence[Line]) -> None:
    """Replace a file of certificates."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    new = path.with_name(path.name + ".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


@dataclass
class Finding:
    """What is wrong with one entry's certificate; `kind` is `missing`, `gone`, `changed`, `uses`, `broken` or `verdict`."""

    entry: str
    kind: str
    text: str
    document: str = ""


@dataclass
class Checkup:
    """The outcome of a check."""

    findings: list[Finding] = field(default_factory=list)
    fresh: list[Entry] = field(default_factory=list)
    replayed: int = 0
    searched: int = 0


def examine(chosen: Sequence[Entry], all_entries: Sequence[Entry]) -> Checkup:
    """Compare sources and certificates, without judging anything.  An entry is stale, too, when one that it uses is."""
    checkup = Checkup()
    states: dict[tuple[Path, str], tuple[str, str] | None] = {}

    def state(entry: Entry) -> tuple[str, str] | None:
        """What is wrong: (kind, words)."""
        key = (entry.path, entry.name)
        if key not in states:
            states[key] = None  # in a cycle
            states[key] = _own_state(entry) or _state_of_used(entry)
        return states[key]

    def _state_of_used(entry: Entry) -> tuple[str, str] | None:
        line = certificate_of(entry)
        assert line is not None
        recorded = {str(u[0]): u[1] for u in line["uses"]}
        now = used_entries(entry, all_entries)
        if set(recorded) != {name for name, _ in now}:
            return "uses", "it uses other entries than it did"
        for name, used in now:
            before = recorded[name]  # None: it was not there, or in a cycle
            if used is None:
                if before is not None:
                    return "uses", f"{name}, which it uses, is gone"
                continue
            found = certificate_of(used)
            if state(used) is not None or (before is not None and found is not None and before != found.get("digest")):
                return "uses", f"{name}, which it uses, has changed"
        return None

    for entry in chosen:
        found = state(entry)
        if found is None:
            checkup.fresh.append(entry)
        else:
            checkup.findings.append(Finding(entry.name, *found, entry.document))
    _orders(chosen, all_entries, checkup)
    return checkup


def _own_state(entry: Entry) -> tuple[str, str] | None:
    line = certificate_of(entry)
    if line is None:
        return "missing", "has no certificate"
    trouble = _damage(line)
    if trouble:
        return "broken", trouble
    if line["file"] != entry.path.name or line["source"] != source_hash(entry):
        return "changed", "the source has changed since the certificate was written"
    return None


def _damage(line: Line) -> str | None:
    try:
        steps = [*line["steps"], *([line["claim"]] if line.get("claim") else [])]
        if [s.get("hash") for s in steps] != chain(line) or line.get("digest") != digest(line):
            return "the certificate's hashes do not fit together"
    except (KeyError, TypeError, AttributeError):
        return "the certificate is damaged"
    return None


def _orders(chosen: Sequence[Entry], all_entries: Sequence[Entry], checkup: Checkup) -> None:
    """Whether each document's lines are those of its entries, in order, each joined to the one before."""
    documents = {(e.root, e.document) for e in chosen if e.root is not None}
    for root, document in sorted(documents, key=str):
        assert root is not None
        names = [e.name for e in all_entries if e.root == root and e.document == document]
        lines = lines_of(path_of(root, document))
        for line in lines:
            if line["entry"] not in names:
                checkup.findings.append(Finding(line["entry"], "gone", "has a certificate, but is no entry any more", document))
        before = ""
        for line in lines:
            if line.get("before") != before or line.get("link") != _sha(before, str(line.get("digest"))):
                checkup.findings.append(Finding(line["entry"], "broken", "the line before this certificate is not the one that was there", document))
            before = str(line.get("link"))
        found = [line["entry"] for line in lines if line["entry"] in names]
        if found != [n for n in names if n in set(found)]:
            checkup.findings.append(Finding(document, "broken", "the certificates are not in the order of the entries", document))


_BINDS = re.compile(r"^integrability|\\(?:forall|exists|sum|prod|int|mathbb\{E\}|lim|max|min|sup|inf|mapsto|operatorname\*\{arg|arg)")


def compare(entry: Entry, report: DerivationReport | None) -> str | None:
    """How a replayed report differs from the certificate; None where it does not."""
    line = certificate_of(entry)
    if line is None or report is None:
        return "was not judged"
    now: list[tuple[str, Mapping[str, Any]]] = [(f"step {s.index}", s.to_json()) for s in report.steps]
    if report.claim is not None:
        now.append(("the claim", report.claim.to_json()))
    then = [*line["steps"], *([line["claim"]] if line.get("claim") else [])]
    if len(now) != len(then):
        return "has another number of steps"
    for (where, new), old in zip(now, then, strict=True):
        if new["verdict"] != old["verdict"]:
            return f"{where} was {old['verdict']}, and is {new['verdict']} now" + (f" ({new['reason']})" if new.get("reason") else "")
        if old["verdict"] == "proved":
            for what in ("method", "certainty"):
                if new[what] != old[what]:
                    return f"{where} is proved with another {what} now"
            if set(map(_nameless, new["conditions"])) != set(map(_nameless, old["conditions"])):
                return f"{where} is proved under other conditions now"
        if old["verdict"] == "refuted" and new.get("counterexample") != old.get("counterexample"):
            return f"{where} is refuted by another counterexample now"
    return None if report.verdict == line["verdict"] else f"was {line['verdict']}, and is {report.verdict} now"


def _nameless(condition: str) -> str:
    """A condition as it is compared.  Bound variables, and members of families that a binder opened, are printed with the names that they got
    first in a process (which may also change the order of conditions, and merge two of them): where there are such, letters and how they
    are put together do not count."""
    if not _BINDS.search(condition):
        return condition
    return "".join(c for c in condition if not c.isalnum() and c not in " '\\_{}")


def derivation_of(file: FileReport | None, name: str) -> DerivationReport | None:
    """The report on a derivation of a file."""
    return next((d for d in file.derivations if d.name == name), None) if file else None
