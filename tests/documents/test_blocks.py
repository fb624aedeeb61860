"""The blocks of Markdown: what is read, what is code, and where the lines of what stands in quotations and lists begin."""

from __future__ import annotations

import subprocess
import sys

import pytest

from derivcheck.documents.blocks import read
from derivcheck.documents.extract import extract
from tests.documents.test_extract import positions_lead_back, squeeze

START = "<!-- derivcheck: let x -->\n\n"


def found(text: str) -> str:
    """What is taken out of a Markdown document below a directive."""
    extraction = extract("n.md", "markdown", START + text)
    positions_lead_back(extraction, START + text)
    return squeeze(extraction.text).removeprefix("derivation n let x ").removeprefix("derivation n let x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("> $$\n> x = x\n> = 1\n> $$\n", "x = x = 1"),
        ("- > 1. $$\n  >    x = x\n  >    = 1\n  >    $$\n", "x = x = 1"),
        ("1. Show\n\n   $$\n   x\n   - 1\n   = 2 = 3\n   $$\n", "x - 1 = 2 = 3"),
        ("$$\nx\n> 0\n- 1\n= 2\n===\n$$\n", "x > 0 - 1 = 2 ==="),
        ("so $$ x\n=\n- 1\n> 0 $$ and\n", "x = - 1 > 0"),
        ("so\n$$ x\n= 1\n= 2 $$ and $$ x =\n\n3 = 4 $$\n", "x = 1 = 2"),
        ("\\begin{align}\nx &= 1\\\\\n> 0\n\\end{align}\n", "x &= 1\\\\ > 0"),
        ("\\[\nx\n> 0 = 1\n\\]\n", "x > 0 = 1"),
        ("::: {.callout}\n$$ x = 1 = 2 $$ {#eq-one}\n:::\n", "x = 1 = 2"),
        ("<div>\n$$ x = 1 = 2 $$\n</div>\n", "x = 1 = 2"),
        ("| a | $$x = 1 = 2$$ |\n|---|---|\n", "x = 1 = 2"),
        ("$$ x = 1 = 2 $$\n===\n", "x = 1 = 2"),
        ("- a\n\n      $$ x = 1 = 2 $$\n", ""),
        ("    $$ x = 1 = 2 $$\n", ""),
        ("[^1]: A note\n\n    $$ x = 1 = 2 $$\n\n        $$ x = 3 = 4 $$\n\n    $$ x\n    = 5\n    - 6 $$\n\nText\n\n    $$ x = 7 = 8 $$\n", "x = 1 = 2"),
        ("Term\n\n:   Text\n\n    $$ x = 1 = 2 $$\n", "x = 1 = 2"),
        ("\t<!-- derivcheck: let y -->\n", ""),
        ("```\n$$ x = 1 = 2 $$\n", ""),
        ("- ```\n  $$ x = 1 = 2 $$\n\n$$ x = 3 = 4 $$\n", "x = 3 = 4"),
        ("> ~~~\n> $$ x = 1 = 2 $$\n\n$$ x = 3 = 4 $$\n", "x = 3 = 4"),
        ("<pre>\n$$ x = 1 = 2 $$\n\n<!-- derivcheck: let y -->\n</pre>\n", ""),
        ("`a\n$$ x = 1 = 2 $$ b`\n", ""),
        ("``` `$$ x = 1 = 2 $$` ```\n", ""),
        ("\\`$$ x = 1 = 2 $$\\`\n", "x = 1 = 2"),
        ("    code\n    <!-- derivcheck: skip -->\n\n$$ x = 1 = 2 $$\n", "x = 1 = 2"),
        ("```\n<!-- derivcheck: off -->\n```\n$$ x = 1 = 2 $$\n", "x = 1 = 2"),
        ("text <!-- derivcheck: skip --> $$ x = 1 = 2 $$ $$ x = 3 = 4 $$\n", "x = 3 = 4"),
        ("text <!-- derivcheck:\nlet y\n\nlet z\n--> $$ x = 1 = 2 $$\n", "let y let z x = 1 = 2"),
        ("> <!-- derivcheck:\n> let y\n> -->\n> $$ x = 1 = 2 $$\n", "let y x = 1 = 2"),
        ("costs $5 and $6 $$ x = 1\n= 2 $$\n", "x = 1 = 2"),
        ("> ```deriv a\n> let q\n> q = q\n> ```\n", "derivation a let x let q q = q"),
        ("1. ```deriv a\n   q = q\n   ```\n", "derivation a let x q = q"),
        ("\ufeff".join(("", "$$ x = 1 = 2 $$\n")), "x = 1 = 2"),
    ],
)
def test_what_is_read(text: str, expected: str) -> None:
    assert found(text) == expected
    assert found(text.replace("\n", "\r\n")) == expected


def test_offsets_stay_those_of_the_document() -> None:
    text = "1.\t> a\r\n\t> $$ x\r\n\t> = 1 $$\r\n\r\n\tcode\u2028\r\n"
    assert len(read([text]).text) == len(text)
    (first, second) = read(["a", "> b"]).starts
    assert read(["a", "> b"]).text[second:] == "  b" and first == 0


@pytest.mark.parametrize(
    ("heading", "expected"),
    [("## B\n", False), ("B\n---\n", False), ("### B\n", True), ("> ## B\n", True), ("- ## B\n", True), ("```\n## B\n```\n", True), ("    ## B\n", True), ("#B\n", True), ("a\n# B\n", False)],
)
def test_where_a_scope_ends(heading: str, expected: bool) -> None:
    text = f"{START}## A\n<!-- derivcheck: scope -->\n<!-- derivcheck: let a -->\n\nText.\n\n{heading}\n$$ a = a = a $$\n"
    assert ("let a" in extract("n.md", "markdown", text).text) is expected


@pytest.mark.parametrize("between", ["", "\n", "\n<!-- a remark -->\n\n", "\n<!-- derivcheck: let b -->\n"])
@pytest.mark.parametrize("heading", ["## A", "A\n---"])
def test_a_scope_right_before_a_heading_is_that_sections(between: str, heading: str) -> None:
    text = f"{START}<!-- derivcheck: scope -->{between}\n{heading}\n<!-- derivcheck: let a -->\n\n$$ a = 1 = 2 $$\n\n## B\n$$ x = 1 = 2 $$\n"
    last = extract("n.md", "markdown", text).text.split("derivation")[-1]
    assert "let x" in last and "let a" not in last


@pytest.mark.parametrize("text", ["```deriv\nx = x\n", "> ```deriv\n> x = x\n\ny\n", "- ```deriv\n  x = x\n\ny\n", "```deriv"])
def test_a_block_that_is_not_closed(text: str) -> None:
    extraction = extract("n.md", "markdown", text)
    assert [d.code for d in extraction.diagnostics] == ["D095"]


def test_markdown_it_is_loaded_only_where_there_is_something_to_check() -> None:
    script = (
        "import sys\nfrom derivcheck.services.sources import decode\nfrom derivcheck.services.run import verify_inputs\nfrom derivcheck.services.options import Options\n"
        "verify_inputs([decode('n.md', 'markdown', b'# A\\n$$ x = 1 = 2 $$'), decode('n.ipynb', 'notebook', b'{}')], Options(cache=False))\n"
        "assert not {'markdown_it', 'nbformat', 'sympy', 'flint'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


@pytest.mark.parametrize(
    "text",
    [("> " * 50 + "x\n") * 2000, ("- " * 50 + "x\n") * 1000, "$$ x\n" * 5000, "a \\[ x\n" * 5000, "\\begin{align} x\n" * 5000, "a <!-- x\n\n" * 5000, "- a\n" * 8000, "a\n=\n" * 5000,
     "> a\n" + "b $$ c\n" * 5000, "".join(" " * i + "- a\n" for i in range(300)), " ".join("`" * i for i in range(1, 250)), "> ```deriv\n\n" * 3000],
)  # fmt: skip
def test_hostile_structure_costs_linear_time(text: str) -> None:
    import time

    start = time.process_time()
    extract("n.md", "markdown", START + text)
    assert time.process_time() - start < 5
