"""Steps of the catalog, printed and read again under the same declarations, are the same terms."""

from __future__ import annotations

from pathlib import Path

import pytest

from derivcheck.language.document import ChainSource, DerivationSource, DocumentSource
from derivcheck.language.elaborate import elaborate
from derivcheck.language.reader import read_source
from derivcheck.terms.build import and_
from derivcheck.terms.printer import to_latex
from derivcheck.terms.term import Term

CATALOG = Path(__file__).parents[2] / "derivations"
FILES = sorted(CATALOG.rglob("*.deriv"))
EVERY = 3  # of a file's derivations


def document(text: str) -> DocumentSource:
    source, diagnostics = read_source(text, "file.deriv")
    return elaborate(source, diagnostics)


def chains(derivation: DerivationSource) -> list[ChainSource]:
    return [c for part in derivation.parts for c in part.chains]


def lost(text: str, first: int, derivation: DerivationSource) -> list[str]:
    """The steps that are read otherwise when printed."""
    found: list[str] = []
    start = derivation.span.start if derivation.explicit else 0
    for chain in chains(derivation):
        wanted: list[Term] = [s.statement for s in chain.steps if s.statement is not None]
        printed = [to_latex(s.statement, s.context) for s in chain.steps if s.statement is not None]
        head = text[:first] + text[start : chain.span.start] if derivation.explicit else text[: chain.span.start]
        again = chains(document(head + "\n\n" + "\n\n".join(printed) + "\n").derivations[-1])[-len(printed) :] if printed else []
        for term, tex, read in zip(wanted, printed, again, strict=True):
            statements = [s.statement for s in read.steps if s.statement is not None]
            if len(statements) != len(read.steps) or and_(*statements) is not term:
                found.append(f"{derivation.name}: {tex}")
    return found


@pytest.mark.parametrize("number", range(len(FILES)), ids=[f.stem for f in FILES])
def test_steps_are_read_as_they_are_printed(number: int) -> None:
    text = FILES[number].read_text()
    whole = document(text)
    first = whole.derivations[0].span.start if whole.derivations and whole.derivations[0].explicit else 0
    assert [x for d in whole.derivations[number % EVERY :: EVERY] for x in lost(text, first, d)] == []
