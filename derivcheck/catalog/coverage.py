"""The coverage table in `derivations/README.md`: every row of the documents' inventory, and what became of it.

    python -m derivcheck.catalog.coverage            writes the table
    python -m derivcheck.catalog.coverage --check    exit status 1 where the table is not up to date

`derivations/inventory-ids.json` lists the rows (`yes`, `partly` or `no`: can they be checked?; their kinds; and if not, what they are); verdicts and certainties are those
of the certificates, so the table is made without judging anything.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from derivcheck.catalog.listing import UNKNOWN, Row, row
from derivcheck.catalog.store import ERRATA, entries
from derivcheck.services.places import catalog_folder

Ids = Sequence[Any]
"""An inventory row: its id, whether it can be checked, its kinds, and (where it can't) what it is."""

TITLES = {
    "epfl-cs433-2024": "EPFL CS-433, final exam of 18 January 2024",
    "eth-deep-learning-2020": "ETH Zürich, deep learning exam of February 2020",
    "stats-305b": "Stanford STATS 305B, final exam",
    "tum-generative-models-2023": "TUM CIT4230003, endterm of 31 July 2023",
    "understanding-deep-learning": "Understanding Deep Learning, answer booklet of 18 June 2025",
}
MARK = "<!-- Everything below is generated: python -m derivcheck.catalog.coverage -->"

INTRODUCTION = """# The catalog

Every derivation, identity, closed form, computed number, limit, update rule, inequality, solved equation and count of five course
documents, as chains that derivcheck verifies.  A folder for each document; [errata/](errata/README.md) holds, as printed, what the
documents get wrong.

```
derivcheck catalog list --document epfl --kind limit     entries by document, kind, verdict, certainty
derivcheck catalog show epfl24-q34a-gelu-derivative      an entry, with how each step is established
derivcheck catalog search softmax '\\KL'                  by words and symbols
derivcheck catalog search --formula '\\frac{1}{1+e^{-a}}' by formula, up to the names of its symbols
derivcheck catalog verify                                verify everything anew
derivcheck catalog verify --check                        replay the certificates, without searching
derivcheck catalog graph                                 which entry uses which
```

Another file makes an entry's claim available as a fact with `use NAME`.  Folders of your own are searched too: name them in
`DERIVCHECK_CATALOG` (separated as in `PATH`), or after `derivcheck catalog --folder DIR`.

## Certificates

`certificates/DOCUMENT.jsonl` records for each entry what was established and on what evidence.  `catalog verify --write` writes it
(proofs already on record are tried first), `catalog verify --check` checks it:

- the hash of the normalised source, and of the certificates of the entries used, must be as recorded; the steps' hashes form a chain, and so do the
  lines of a file, so that a step, a definition, or an entry that is changed, dropped or moved is noticed;
- every proof on record is replayed by the kernel: the recorded inferences are applied again, with their recorded parameters, to the obligation that the
  source gives now, and the statement must hold at a random model.  Nothing is searched for, and nothing is believed because it is recorded.  What an
  inference computes for itself (a normal form, a polynomial identity, the sign of an expression) it computes again;
- an undecided step stays undecided without another search.

Two kinds of evidence can't be replayed and are judged anew, by search; `--check` says how many there were.  A refuted step is recorded with its
counterexample as printed, and a counterexample is found again.  A proof whose parameters hold something that cannot be written down (a symbol that
the search invented) is recorded by its rule names alone.

[MUTATION.md](MUTATION.md) tells what became of steps that were changed on purpose.
"""


def main(arguments: Sequence[str]) -> int:
    """Write or check the table."""
    path = catalog_folder() / "README.md"
    text = readme(catalog_folder())
    if "--check" in arguments:
        return 0 if path.is_file() and path.read_text(encoding="utf-8") == text else 1
    path.write_text(text, encoding="utf-8")
    return 0


def readme(root: Path) -> str:
    """The whole file."""
    inventory: dict[str, list[Ids]] = json.loads((root / "inventory-ids.json").read_text(encoding="utf-8"))
    rows = [row(e) for e in entries(root)]
    kept = {r.entry.name: r for r in rows if not r.entry.erratum}
    errata = {r.entry.name: r for r in rows if r.entry.erratum}
    false = false_steps(root)
    parts = [INTRODUCTION, MARK, "", *_summary(inventory, kept, errata), "", *_by_kind(inventory, kept, errata, false)]
    for document, ids in inventory.items():
        parts += ["", f"## {TITLES.get(document, document)}", "", *_table(root, ids, kept, errata)]
    return "\n".join(parts) + "\n"


def _summary(inventory: Mapping[str, Sequence[Ids]], kept: Mapping[str, Row], errata: Mapping[str, Row]) -> Iterator[str]:
    yield "## Coverage"
    yield ""
    yield "Rows: of the inventory, in brackets those that can be checked wholly or in part.  Steps: of the entries (errata apart)."
    yield ""
    yield "| document | rows | entries | errata | verified | steps | proved | exact | undecided |"
    yield "|---|---|---|---|---|---|---|---|---|"
    total: Counter[str] = Counter()
    for document, ids in inventory.items():
        c: Counter[str] = Counter()
        for name, checkable, _kinds, *_what in ids:
            c["rows"] += 1
            c["checkable"] += checkable != "no"
            c["errata"] += name in errata
            found = kept.get(name)
            if found is None:
                continue
            c["entries"] += 1
            c["verified"] += found.verdict == "verified"
            for step in _steps(found):
                c["steps"] += 1
                c[step["verdict"]] += 1
                c["exact"] += step["certainty"] == "exact"
        total.update(c)
        yield _summary_row(f"[{TITLES.get(document, document)}]({document}/)", c)
    yield _summary_row("all", total)


def false_steps(root: Path) -> dict[str, list[int]]:
    """The printed steps that are false (or have no meaning), by erratum: what a person found who checked them by hand."""
    path = root / ERRATA / "expected.json"
    table: dict[str, dict[str, list[int]]] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {name: [*said["false"], *said.get("error", [])] for name, said in table.items()}


def _by_kind(
    inventory: Mapping[str, Sequence[Ids]], kept: Mapping[str, Row], errata: Mapping[str, Row], false: Mapping[str, Sequence[int]]
) -> Iterator[str]:
    """The steps decided right, by the kinds that the inventory gives to the rows (a row has several)."""
    yield "## Steps decided, by kind"
    yield ""
    yield "A row of the inventory has several kinds.  Decided: steps of the entries that are proved, and false printed steps that are refuted"
    yield "(or have no meaning, and are errors)."
    yield ""
    yield "| kind | entries | steps | proved | false as printed | refuted | decided | verified entries |"
    yield "|---|---|---|---|---|---|---|---|"
    table: dict[str, Counter[str]] = {}
    everything: Counter[str] = Counter()
    for ids in inventory.values():
        for name, _checkable, kinds, *_what in ids:
            c = _decided(kept.get(name), errata.get(name), false.get(name, ()))
            everything.update(c)
            for kind in kinds:
                table.setdefault(kind, Counter()).update(c)
    for kind in sorted(table):
        if table[kind]["steps"]:
            yield _kind_row(kind, table[kind])
    yield _kind_row("all", everything)


def _decided(found: Row | None, wrong: Row | None, false: Sequence[int]) -> Counter[str]:
    c: Counter[str] = Counter()
    if found is not None:
        c["entries"] += 1
        c["verified"] += found.verdict == "verified"
        c["steps"] += len(_steps(found))
        c["proved"] += sum(s["verdict"] == "proved" for s in _steps(found))
    if wrong is not None:
        c["false"] += len(false)
        c["refuted"] += sum(s["verdict"] in ("refuted", "error") for n, s in enumerate(_steps(wrong), 1) if n in false)
    return c


def _kind_row(kind: str, c: Counter[str]) -> str:
    right, all_steps = c["proved"] + c["refuted"], c["steps"] + c["false"]
    cells = (kind, c["entries"], c["steps"], c["proved"], c["false"], c["refuted"], f"{100 * right / all_steps:.1f} %", f"{c['verified']}/{c['entries']}")
    return "| " + " | ".join(str(x) for x in cells) + " |"


def _summary_row(name: str, c: Counter[str]) -> str:
    share = f" ({100 * c['proved'] / c['steps']:.1f} %)" if c["steps"] else ""
    cells = (
        name, f"{c['rows']} ({c['checkable']})", c["entries"], c["errata"], c["verified"], c["steps"], f"{c['proved']}{share}", c["exact"],
        c["steps"] - c["proved"],
    )  # fmt: skip
    return "| " + " | ".join(str(x) for x in cells) + " |"


def _steps(found: Row) -> list[Mapping[str, Any]]:
    return list(found.line["steps"]) if found.line is not None else []


def _table(root: Path, ids: Sequence[Ids], kept: Mapping[str, Row], errata: Mapping[str, Row]) -> Iterator[str]:
    yield "| row | checkable | file | verdict | steps | certainty | what is missing, and why |"
    yield "|---|---|---|---|---|---|---|"
    for name, checkable, _kinds, *what in ids:
        found = kept.get(name)
        wrong = errata.get(name)
        files = []
        if found is not None:
            files.append(f"[{found.entry.path.name}]({found.entry.path.relative_to(root).as_posix()})")
        if wrong is not None:
            files.append(f"[as printed]({ERRATA}/{wrong.entry.path.name})")
        shown = found or wrong
        verdict = _verdict(found, wrong)
        steps = f"{sum(s['verdict'] == 'proved' for s in _steps(shown))}/{len(_steps(shown))}" if shown is not None and shown.line is not None else ""
        certainty = (shown.certainty or "") if shown is not None else ""
        yield "| " + " | ".join((name, checkable, "<br>".join(files), verdict, steps, certainty, _missing(checkable, what, found, wrong))) + " |"


def _verdict(found: Row | None, wrong: Row | None) -> str:
    if found is not None:
        return found.verdict + (" (mended)" if wrong is not None else "")
    return f"{wrong.verdict} (as it should be)" if wrong is not None and wrong.verdict in ("refuted", "error") else wrong.verdict if wrong is not None else ""


def _missing(checkable: str, what: Sequence[str], found: Row | None, wrong: Row | None) -> str:
    """In words, what the row lacks."""
    shown = found or wrong
    if shown is None:
        return f"nothing to check: {what[0] if what else 'words'}" if checkable == "no" else "no entry"
    if shown.verdict == UNKNOWN:
        return "no certificate of its present text"
    out = ["the rest (words, a figure, a convention, a theorem that is only cited) can't be checked"] if checkable == "partly" else []
    assert shown.line is not None
    for number, step in enumerate(_steps(shown), 1):
        if step["verdict"] == "undecided":
            out.append(f"step {number} is undecided ({_reason(step)})")
        elif found is not None and step["verdict"] != "proved":
            out.append(f"step {number}: {step['verdict']}")
    claim = shown.line.get("claim")
    if claim and claim["verdict"] == "undecided" and all(s["verdict"] == "proved" for s in _steps(shown)):
        out.append(f"the claim is undecided ({_reason(claim)})")
    return "; ".join(out)


def _reason(step: Mapping[str, Any]) -> str:
    return str(step.get("reason") or "no reason recorded").replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
