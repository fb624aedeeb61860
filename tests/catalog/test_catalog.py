"""The catalog itself: every row of the inventory is there, and what its certificates say stands."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from derivcheck.catalog import coverage
from derivcheck.catalog.certificates import chain, digest, lines_of
from derivcheck.catalog.certification import check
from derivcheck.catalog.store import entries
from derivcheck.services.options import Options

ROOT = Path(__file__).resolve().parents[2] / "derivations"
INVENTORY: dict[str, list[list[Any]]] = json.loads((ROOT / "inventory-ids.json").read_text(encoding="utf-8"))


def test_no_row_of_the_inventory_is_missing() -> None:
    found = entries(ROOT)
    assert [n for n, k in Counter(e.name for e in found if not e.erratum).items() if k > 1] == []
    places = {e.name: e.document for e in found if not e.erratum}
    printed = {e.name for e in found if e.erratum}
    for document, rows in INVENTORY.items():
        for name, checkable, *_ in rows:
            if checkable == "no":
                continue
            if name in places:
                assert places[name] == document
            else:  # the document's wording of a row that stands without the suffix
                assert name in printed and name.endswith("-as-given"), name
    known = {row[0] for rows in INVENTORY.values() for row in rows}
    assert {e.name for e in found} <= known


def test_every_entry_says_what_it_is_and_where_it_is_from() -> None:
    for e in entries(ROOT):
        assert e.title and e.source and e.tags, e.name
        assert e.path.parent.name == e.document


def test_certificates_hang_together() -> None:
    files = sorted((ROOT / "certificates").glob("*.jsonl"))
    assert {p.stem for p in files} == {*INVENTORY, "errata"}
    for path in files:
        before = ""
        for line in lines_of(path):
            parts = [*line["steps"], *([line["claim"]] if line["claim"] else [])]
            assert [p["hash"] for p in parts] == chain(line) and line["digest"] == digest(line), line["entry"]
            assert line["before"] == before
            before = line["link"]
            for part in parts:
                assert part["verdict"] in ("proved", "refuted", "undecided", "error")
                assert (part["certainty"] is not None) == (part["verdict"] == "proved")


def test_the_coverage_table_has_a_line_for_every_row() -> None:
    text = coverage.readme(ROOT)
    for rows in INVENTORY.values():
        for name, *_ in rows:
            assert f"\n| {name} | " in text
    assert "no entry" not in text


@pytest.mark.slow
def test_all_certificates_stand_and_the_table_is_up_to_date() -> None:
    found = entries(ROOT)
    outcome = check(found, found, Options(timeout=10))
    assert outcome.findings == []
    assert outcome.replayed > 1000
    assert coverage.main(["--check"]) == 0
