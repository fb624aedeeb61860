"""The codes of files, verdicts and documents, with what `derivcheck explain` says about them.

Codes of the language (`D0xx` below 90, `D1xx`, `D3xx`) are explained in `language/codes.py`; `explanation` looks in both.
"""

from __future__ import annotations

CODES: dict[str, tuple[str, str]] = {
    "D090": (
        "The file cannot be opened.",
        "The path does not exist, is not a regular file, or may not be read.  The other files of the run are judged as usual; the exit status is 2.",
    ),
    "D091": (
        "The file is not UTF-8.",
        "derivcheck reads UTF-8 only, since a guess at another encoding could change a formula.  Convert the file, for example with\n"
        "`iconv -f latin1 -t utf-8 old.deriv > new.deriv`, or choose UTF-8 in the editor's save dialogue.",
    ),
    "D092": ("The file is binary.", "It holds bytes that no text holds.  Probably the wrong file was named."),
    "D093": ("The file is too large.", "Files are limited in size (4 MB for .deriv) so that a run can't fill the memory.  Split the file."),
    "D094": (
        "The file could not be read within the limits.",
        "Reading it took too long or too much memory, for example because of macros that expand into enormous texts.  See `--timeout` and `--memory`.",
    ),
    "D095": (
        "A document's markup could not be followed.",
        "An environment or a code fence of the document is not closed, or a notebook is not valid JSON.  What stands after that place is not checked.",
    ),
    "D096": (
        "An unknown derivcheck directive.",
        "Directives are `scope`, `check`, `off`, `on`, `skip`, and the header statements `let`, `define`, `assume`, `use`, `vary`, `as`, `convention`,\n"
        "`\\newcommand` and its kin.",
    ),
    "D097": (
        "A file named by \\input or \\usepackage was not read.",
        "Only files inside the document's project are read, each once; files outside of it and cycles are passed over.  Macros defined there are unknown here.",
    ),
    "D098": (
        "A macro is used behind the group in which it was redefined.",
        "What LaTeX makes of it there is its meaning from before the group, which derivcheck does not know: it is one of the notation's own macros, or undefined.",
    ),
    "D099": (
        "derivcheck stumbled over the file.",
        "This is a fault of the program, not of the file.  Set the environment variable DERIVCHECK_DEBUG=1 to see where, and report it.",
    ),
    "D201": (
        "A step is false.",
        "There is a counterexample: values of the symbols that satisfy every declaration and hypothesis, at which the two sides differ.  The sides are\n"
        "computed exactly or enclosed in intervals that do not overlap, so that the counterexample can be checked by hand.  Expressions have their\n"
        "principal values, complex in between if need be.  The next step is judged against what is written, so that one mistake is reported once.",
    ),
    "D202": (
        "A step is neither proved nor refuted.",
        "The reason is given: a limit of time or memory, a construct that is not supported, or no method that decides it.  Smaller steps, a fact cited with\n"
        "\\by{…}, or a hypothesis written out (`assume`) often help.  An undecided step is never a fact for later ones.",
    ),
    "D203": ("The claim is false.", "There is a counterexample to the statement after `show`; see D201."),
    "D204": (
        "The claim is not established.",
        "A claim is established when the proved steps compose to it: `a = b \\le c` gives `a \\le c`.  It is not when a step is missing, refuted or undecided,\n"
        "when the chain starts or ends elsewhere, or when the steps hold only under conditions that leave out points at which the claim makes sense.",
    ),
    "D205": ("A step cannot be read.", "The diagnostic of its line says what is wrong and what to write instead."),
    "D206": ("The claim cannot be read.", "The diagnostic of its line says what is wrong and what to write instead."),
    "D207": (
        "A derivation is not verified although no step of it is wrong.",
        "A derivation without `show` is verified when it has steps and all are proved; with neither a claim nor steps there is nothing to verify.",
    ),
    "D390": (
        "A step holds under conditions only.",
        "Both sides are defined only where the conditions hold, and the declarations do not already imply them: `x^2/x = x` needs `x \\ne 0`.\n"
        "With `--strict` this fails.  Declare the symbols more narrowly (`let x \\ne 0`), or write the condition as a hypothesis (`assume x \\ne 0`).",
    ),
}


def all_codes() -> dict[str, tuple[str, str]]:
    """Every code with its one-line summary and its explanation."""
    table = dict(CODES)
    for code, entry in _language_codes().items():
        table.setdefault(code, _pair(entry))
    return dict(sorted(table.items()))


def _language_codes() -> dict[str, object]:
    from importlib import import_module

    try:
        found: dict[str, object] = import_module("derivcheck.language.codes").CODES
    except ImportError:
        return {}
    return found


def _pair(entry: object) -> tuple[str, str]:
    """An entry of the language's table: a text, whose first sentence is the summary, or a (summary, text) pair."""
    if isinstance(entry, tuple):
        return str(entry[0]), "\n".join(str(part) for part in entry[1:] if part)
    text = str(entry)
    return text.split("\n", 1)[0], text


def summary_of(code: str) -> str:
    """The one-line summary of a code (the code itself where it is unknown)."""
    return all_codes().get(code, (code, ""))[0]
