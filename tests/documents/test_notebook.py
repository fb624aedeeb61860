"""Notebooks of every format, with sources of every kind, and broken ones."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import pytest

from derivcheck.documents.extract import extract
from derivcheck.documents.notebook import markdown_cells
from derivcheck.services.options import Options
from derivcheck.services.run import verify_inputs
from derivcheck.services.sources import decode
from tests.documents.test_extract import squeeze

DIRECTIVE = "<!-- derivcheck: let x \\in \\R -->"


def notebook(*cells: dict[str, Any], **more: Any) -> str:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells), **more})


def markdown(source: Any) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": "a", "metadata": {}, "source": source}


@pytest.mark.parametrize("display", ["$$\nx\n= 1\n= 2\n$$", "$$\r\nx\r\n= 1\r\n= 2\r\n$$", ["$$\n", "x\n", "= 1\n", "= 2\n", "$$"], ["$$\r\n", "x\r\n", "= 1\r\n", "= 2\r\n", "$$"], ["$$\n", 3, "x\n", "= 1\n= 2\n", "$$"]])
def test_sources_are_texts_or_lists_of_lines(display: Any) -> None:
    found = extract("n.ipynb", "notebook", notebook(markdown([DIRECTIVE]), {"cell_type": "raw", "source": "$$ x = 3 = 4 $$"}, markdown(display)))
    assert squeeze(found.text) == "derivation n let x \\in \\R x = 1 = 2"
    assert found.place(found.origin(found.text.index("= 2"))) == (4, 1, 3)


def test_a_scope_goes_over_cells_to_the_end_of_its_section() -> None:
    cells = [markdown(s) for s in (DIRECTIVE, "<!-- derivcheck: scope -->", "## A", "<!-- derivcheck: let a -->", "$$ a = 1 = 2 $$", "## B", "$$ x = 1 = 2 $$")]
    text = extract("n.ipynb", "notebook", notebook(*cells)).text
    assert text.count("let a") == 1 and text.count("derivation") == 2


def old(version: int, cells: list[dict[str, Any]]) -> str:
    head = {"nbformat": version, "nbformat_minor": 0, "metadata": {"name": "n"}}
    return json.dumps(head | ({"cells": cells} if version == 1 else {"worksheets": [{"cells": cells[:2]}, {"cells": cells[2:]}]}))


@pytest.mark.parametrize("version", [2, 3])
def test_older_formats_are_converted(version: int) -> None:
    pytest.importorskip("nbformat")
    cells = [
        {"cell_type": "markdown", "source": [DIRECTIVE + "\n", "<!-- derivcheck: scope -->"], "metadata": {}},
        {"cell_type": "heading", "level": 2, "source": ["A"], "metadata": {}} if version == 3 else {"cell_type": "markdown", "source": "## A"},
        {"cell_type": "code", "language": "python", "collapsed": False, "input": "1", "outputs": [{"output_type": "no such thing"}]},
        {"cell_type": "markdown", "source": "$$\nx\n= 1\n= 2\n$$"},
        {"cell_type": "markdown", "source": "## B\n$$\ny = 1\n= 2\n$$"},
    ]
    found = extract("n.ipynb", "notebook", old(version, cells))
    assert not found.diagnostics and found.text.count("derivation") == 2
    assert found.place(found.origin(found.text.index("= 2"))) == (4, 1, 4)


@pytest.mark.parametrize(
    "text",
    [old(3, [{"cell_type": "markdown", "source": 3}]), old(1, [{"cell_type": "text"}]), '{"nbformat": 3, "worksheets": 7}', '{"nbformat": 0}', '{"worksheets": []}', '{"cells": [{"cell_type": "markdown"', "[1]", "{}", "1" * 9999],
)  # fmt: skip
def test_a_broken_notebook_is_a_diagnostic(text: str) -> None:
    found = extract("n.ipynb", "notebook", text)
    assert [d.code for d in found.diagnostics] in (["D095"], []) and found.empty


def test_the_place_where_the_json_breaks_off_is_told() -> None:
    report = verify_inputs([decode("n.ipynb", "notebook", b'{"cells": [\n"derivcheck: let x", {]}')], Options(cache=False))
    (diagnostic,) = report.files[0].diagnostics
    assert (diagnostic.code, diagnostic.line, diagnostic.column, diagnostic.cell) == ("D095", 2, 23, None)
    assert report.exit_status == 2


def test_without_nbformat_older_formats_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nbformat", None)
    (diagnostic,) = extract("n.ipynb", "notebook", old(3, [])).diagnostics
    assert "nbformat" in (diagnostic.help or "") and "format 3" in diagnostic.message
    assert not extract("n.ipynb", "notebook", notebook(markdown(DIRECTIVE))).diagnostics


def test_outputs_cost_next_to_nothing() -> None:
    outputs = [{"output_type": "stream", "name": "stdout", "text": ["y" * 1000 + "\n"] * 20_000}]
    text = notebook(markdown(DIRECTIVE), {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": "", "outputs": outputs})
    start = time.process_time()
    assert len(text) > 20_000_000 and len(markdown_cells(text)) == 1
    assert time.process_time() - start < 1


def test_characters_that_are_none_are_replaced() -> None:
    text = notebook(markdown(DIRECTIVE), markdown("$$ x = \\text{\ud800} 1 = 1 $$"))
    assert "\\ud800" in text
    report = verify_inputs([decode("n.ipynb", "notebook", text.encode())], Options(cache=False))
    report.files[0].to_json()
    assert "internal" not in str(report.files[0].diagnostics)
