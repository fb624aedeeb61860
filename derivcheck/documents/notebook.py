"""Jupyter notebooks: the Markdown cells, read as one document.  Positions are a cell (counted from 1 among all cells) and a line
in it.  The file is read as plain JSON (formats 3 and 4): outputs, however large, are never looked at."""

from __future__ import annotations

import json
import os
from typing import Any

from derivcheck.documents.collector import Collector, Extraction
from derivcheck.documents.markdown import blank_quotes, cell_at, scan_markdown
from derivcheck.documents.tex import ProjectFiles, Scanner
from derivcheck.report.positions import LineMap


def markdown_cells(text: str) -> list[tuple[int, str]]:
    """(number, source) of the Markdown cells.  Raises ValueError where the text is no notebook."""
    try:
        data = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(data, dict):
        raise ValueError("it holds no cells")
    cells: Any = data.get("cells")
    if cells is None and isinstance(data.get("worksheets"), list):
        cells = [c for sheet in data["worksheets"] if isinstance(sheet, dict) for c in sheet.get("cells", ())]
    if not isinstance(cells, list):
        raise ValueError("it holds no cells")
    found = []
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "markdown":
            continue
        source = cell.get("source", "")
        if isinstance(source, list):
            source = "".join(line for line in source if isinstance(line, str))
        if isinstance(source, str):
            found.append((number, source))
    return found


def extract_notebook(path: str, text: str) -> Extraction:
    """The derivations of a notebook."""
    stem = os.path.splitext(os.path.basename(path))[0]
    try:
        cells = markdown_cells(text)
    except ValueError as error:
        collector = Collector(stem, "")
        collector.trouble("D095", f"this is no notebook: {error}", 0, "save it again from Jupyter")
        return collector.finish(lambda offset: (1, 1, None))
    sources = [blank_quotes(source) for _, source in cells]
    starts, at = [], 0
    for source in sources:
        starts.append(at)
        at += len(source) + 2
    joined = "\n\n".join(sources)
    lines = [LineMap(source) for source in sources]
    collector = Collector(stem, joined)
    scanner = Scanner(joined, collector, ProjectFiles(path), markdown=True)
    for start, source in zip(starts, sources, strict=True):
        scan_markdown(scanner, start, start + len(source))

    def place(offset: int) -> tuple[int, int, int | None]:
        if not cells:
            return 1, 1, None
        which = cell_at(starts, offset)
        return (*lines[which].place(offset - starts[which]), cells[which][0])

    return collector.finish(place)
