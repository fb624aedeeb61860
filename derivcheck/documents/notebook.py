"""Jupyter notebooks: the Markdown cells, read as one document.  Positions are a cell (counted from 1 among all cells) and a line
in it.  Format 4 is read as plain JSON; formats 1 to 3 are brought to format 4 by nbformat (the extra `documents`), without the
outputs.  Outputs, however large, are never looked at.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from derivcheck.documents.blocks import Markdown, read
from derivcheck.documents.collector import Collector, Extraction
from derivcheck.documents.markdown import cell_at, scan_markdown
from derivcheck.documents.preamble import ProjectFiles
from derivcheck.documents.tex import Scanner
from derivcheck.report.positions import LineMap

FORMAT = 4
"""Since 2014.  It differs from later minor versions in what we don't read."""

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class NoNotebook(ValueError):
    """Why a text is no notebook, what to do, and where in the file the trouble is."""

    def __init__(self, reason: str, help: str = "save it again from Jupyter", line: int = 1, column: int = 1) -> None:
        super().__init__(f"this is no notebook that can be read: {reason}")
        self.help, self.line, self.column = help, line, column


@dataclass(frozen=True)
class Cells:
    """The Markdown cells of a notebook as (number among all cells, source)."""

    cells: list[tuple[int, str]]

    @cached_property
    def markdown(self) -> Markdown:
        """The sources as one document."""
        return read([source for _, source in self.cells])

    @cached_property
    def lines(self) -> list[LineMap]:
        """The lines of each source."""
        return [LineMap(source) for _, source in self.cells]

    def place(self, offset: int) -> tuple[int, int, int | None]:
        """Line, column and cell of an offset in the one document."""
        if not self.cells:
            return 1, 1, None
        which = cell_at(self.markdown.starts, offset)
        return (*self.lines[which].place(offset - self.markdown.starts[which]), self.cells[which][0])


def markdown_cells(text: str) -> list[tuple[int, str]]:
    """(number, source) of the Markdown cells.  Raises NoNotebook where the text is no notebook."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        reason = "the file is empty" if not text.strip() else f"the JSON breaks off or is wrong here ({error.msg.lower()})"
        raise NoNotebook(reason, line=error.lineno, column=error.colno) from None
    except (ValueError, RecursionError):
        raise NoNotebook("it is nested too deeply, or holds a number that is too long") from None
    if not isinstance(data, dict):
        raise NoNotebook("it holds no cells")
    version = data.get("nbformat", FORMAT if "cells" in data else 3)
    if isinstance(version, int) and version < FORMAT:
        data = _converted(data, version)
    cells: Any = data.get("cells")
    if not isinstance(cells, list):
        raise NoNotebook("it holds no cells")
    found = []
    for number, cell in enumerate(cells, 1):
        if isinstance(cell, dict) and cell.get("cell_type") == "markdown":
            source = cell.get("source", "")
            if isinstance(source, list):
                source = "".join(line for line in source if isinstance(line, str))
            if isinstance(source, str):
                found.append((number, _LONE_SURROGATE.sub("\ufffd", source)))
    return found


def _converted(data: dict[str, Any], version: int) -> dict[str, Any]:
    """A notebook of an older format in the present one, without outputs.  The cells keep their numbers."""
    try:
        import nbformat
    except ImportError:
        raise NoNotebook(f"it has format {version}, and the package nbformat, which reads that, is not installed", "pip install nbformat, or save it again from Jupyter") from None
    try:
        sheets = data.get("worksheets", [data])
        for cell in (cell for sheet in sheets for cell in sheet.get("cells", ())):
            if cell.get("cell_type") == "code":
                cell["outputs"] = []
        return dict(nbformat.reads(json.dumps(data), as_version=FORMAT))
    except Exception as error:
        # what nbformat raises on a broken notebook is whatever its conversion stumbles over
        raise NoNotebook(f"it has format {version}, and cannot be converted ({type(error).__name__})") from None


def extract_notebook(path: str, text: str) -> Extraction:
    """The derivations of a notebook."""
    stem = os.path.splitext(os.path.basename(path))[0]
    try:
        cells = Cells(markdown_cells(text))
    except NoNotebook as error:
        collector = Collector(stem, "")
        collector.trouble("D095", str(error), 0, error.help)
        place = (error.line, error.column, None)
        return collector.finish(lambda offset: place)
    collector = Collector(stem, cells.markdown.text)
    scan_markdown(Scanner(cells.markdown.text, collector, ProjectFiles(path), markdown=True), cells.markdown)
    return collector.finish(cells.place)
