"""What the elaboration tests share: a source text to its steps, written out."""

from __future__ import annotations

from derivcheck.language.document import DerivationSource, DocumentSource, StepSource
from derivcheck.language.elaborate import elaborate
from derivcheck.language.reader import read_source


def document(source: str) -> DocumentSource:
    """A file's text, elaborated."""
    read, diagnostics = read_source(source, "test.deriv")
    return elaborate(read, diagnostics)


def only(source: str) -> DerivationSource:
    """The only derivation of a text."""
    (derivation,) = document(source).derivations
    return derivation


def steps(source: str) -> list[StepSource]:
    """All steps of the only derivation."""
    return [s for part in only(source).parts for chain in part.chains for s in chain.steps]


def written(source: str) -> list[str]:
    """The statements of all steps; `code of the error` where one could not be read."""
    return [s.error.code if s.error is not None else str(s.statement) for s in steps(source)]


def codes(source: str) -> list[str]:
    """The codes of all errors."""
    return [d.code for d in document(source).diagnostics if d.severity == "error"]


def warnings(source: str) -> list[str]:
    """The codes of all warnings."""
    return [d.code for d in document(source).diagnostics if d.severity == "warning"]
