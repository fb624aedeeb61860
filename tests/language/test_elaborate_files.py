"""The catalog elaborates, and damaged files do not bring elaboration down."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from tests.language.elaboration import document

ROOT = Path(__file__).resolve().parents[2]
CATALOG = sorted(p for p in (ROOT / "derivations").rglob("*.deriv") if "errata" not in p.parts)
TOKEN = re.compile(r"\\[A-Za-z]+|\s+|\S")


@pytest.mark.parametrize("folder", sorted({p.parent.name for p in CATALOG}))
def test_the_catalog_elaborates(folder: str) -> None:
    for path in (p for p in CATALOG if p.parent.name == folder):
        errors = [d for d in document(path.read_text(encoding="utf-8")).diagnostics if d.severity == "error"]
        assert not errors, (path, errors[0])


def test_damaged_files_have_errors_but_no_defects() -> None:
    chance = random.Random(7)
    texts = [p.read_text(encoding="utf-8") for p in chance.sample(CATALOG, 20)]
    tokens = [t for text in texts for t in TOKEN.findall(text)]
    for text in texts:
        parts = TOKEN.findall(chance.choice(re.split(r"\n(?=derivation )", text)))
        for _ in range(3):
            place = chance.randrange(len(parts))
            parts[place] = chance.choice(["", chance.choice(tokens), parts[place] + chance.choice(tokens)])
        assert "D099" not in [d.code for d in document("".join(parts)).diagnostics], "".join(parts)
