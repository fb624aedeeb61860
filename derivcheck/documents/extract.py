"""The derivations of a document, whatever its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from derivcheck.documents.collector import Extraction

KINDS = {".deriv": "deriv", ".tex": "tex", ".md": "markdown", ".markdown": "markdown", ".qmd": "markdown", ".ipynb": "notebook"}
"""The kinds of files by the endings of their names; `deriv` is the notation itself and needs no extraction."""


def extract(path: str, kind: str, text: str) -> Extraction:
    """The derivations of a document of this kind."""
    if kind == "tex":
        from derivcheck.documents.tex import extract_tex

        return extract_tex(path, text)
    if kind == "markdown":
        from derivcheck.documents.markdown import extract_markdown

        return extract_markdown(path, text)
    from derivcheck.documents.notebook import extract_notebook

    return extract_notebook(path, text)
