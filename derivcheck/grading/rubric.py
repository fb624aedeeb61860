r"""The rubric's notation (SPEC section 10), read line by line.

    2    [must] reaches FORMULA [or FORMULA …] [in the form FORM]      a line equal to FORMULA, got to from the start
    1    [must] concludes FORMULA [or …] [in the form FORM]            the same for the last line
    1    uses \by{words} [or \by{words}]                               a true step on the way that says so
    -0.5 each wrong step [, at most -1]
    -1   mistake FORMULA            % feedback for whoever makes it    (a line, or a step `A = B`)
    or FORMULA                      more alternatives for the line above
    or                              what stands above and what stands below are alternative schemes; the better one counts
    part NAME [total 3]             the lines below are a part, worth at most its total (which may also stand on the next line)
    total 10      round 0.5      max jump 3

FORM is one of `factored`, `expanded`, `simplified`, `single fraction`, `no integral sign`, `as written`.  A `%` starts a comment.
"""

from __future__ import annotations

import re
from dataclasses import replace

from derivcheck.grading.model import Criterion

FORMS = ("factored", "expanded", "simplified", "single fraction", "no integral sign", "as written")
MILESTONES = ("reaches", "concludes")

_NUMBER = r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)"
_LINE = re.compile(
    rf"(?P<marks>{_NUMBER})\s+(?P<must>must\s+)?(?P<kind>reach(?:es)?|concludes?|uses?|mistakes?|each\s+wrong\s+step)\b:?(?P<rest>.*)\Z"
)
_SETTING = re.compile(rf"(?P<kind>total|round|max\s+jump)\s*:?\s*(?P<value>{_NUMBER})\s*\Z")
_PART = re.compile(rf"part\s+(?P<name>\S(?:.*?\S)?)(?:[\s,:]+total\s+(?P<total>{_NUMBER}))?\s*\Z")
_OR = re.compile(r"or(?:\s+(?:(?:reach(?:es)?|concludes?|uses?|mistakes?)\s+)?(?P<rest>\S.*))?\Z")
_FORM = re.compile(r"\s+(?:in\s+the\s+form\s+(?P<form>[a-z ]+?)|(?P<written>as\s+written))(?:\s+up\s+to\s+order)?\s*\Z")
_CAP = re.compile(rf"\s*,?\s*at\s+most\s+(?P<most>{_NUMBER})\s*\Z")
_KINDS = {"reach": "reaches", "reaches": "reaches", "conclude": "concludes", "concludes": "concludes", "use": "uses", "uses": "uses",
          "mistake": "mistake", "mistakes": "mistake"}  # fmt: skip


class RubricError(ValueError):
    """A rubric line that can't be read; the message names it."""


def parse(text: str) -> tuple[Criterion, ...]:
    """The criteria of a rubric.

    Raises: RubricError.
    """
    out: list[Criterion] = []
    part, scheme, opened = "", 0, False
    for raw in text.splitlines():
        line, comment = _uncommented(raw)
        line = line.strip()
        if not line:
            continue
        setting = _SETTING.match(line)
        if setting:
            kind = "jump" if setting["kind"].startswith("max") else setting["kind"]
            out.append(Criterion(kind, float(setting["value"]), part=part if kind == "total" and opened else "", text=line))
            opened = False
            continue
        section = _PART.match(line)
        if section:
            part, scheme, opened = section["name"], 0, not section["total"]
            if section["total"]:
                out.append(Criterion("total", float(section["total"]), part=part, text=line))
            continue
        opened = False
        other = _OR.match(line)
        if other:
            if other["rest"] is None:
                scheme += 1
            elif out and out[-1].formulas:
                out[-1] = _more(out[-1], other["rest"], line)
            else:
                raise RubricError(f"there is nothing above this line that it could be an alternative to: {line}")
            continue
        found = _LINE.match(line)
        if not found:
            raise RubricError(f"this line of the rubric can't be read: {line}")
        out.append(replace(_criterion(found, line, comment), part=part, scheme=scheme))
    if not any(c.kind in ("reaches", "concludes", "uses", "wrong", "mistake") for c in out):
        raise RubricError("the rubric gives no marks for anything")
    return tuple(out)


def _criterion(found: re.Match[str], line: str, comment: str | None) -> Criterion:
    kind = "wrong" if found["kind"].startswith("each") else _KINDS[found["kind"]]
    marks, rest = float(found["marks"]), found["rest"].strip()
    if kind == "wrong":
        cap = _CAP.match(rest)
        if rest and cap is None:
            raise RubricError(f"this line of the rubric can't be read: {line}")
        return Criterion(kind, marks, most=float(cap["most"]) if cap else None, text=line)
    if kind == "uses":
        return Criterion(kind, marks, _words(rest, line), text=line)
    rest, form = _form(rest, line)
    feedback = re.search(r"\\by\s*\{([^{}]*)\}\s*\Z", rest) if kind == "mistake" else None
    if feedback is not None:
        rest, comment = rest[: feedback.start()].strip(), feedback[1].strip()
    formulas = tuple(f for f in (part.strip() for part in split_or(rest)) if f)
    if not formulas:
        raise RubricError(f"this line of the rubric names no formula: {line}")
    return Criterion(kind, marks, formulas, bool(found["must"]), form, comment if kind == "mistake" else None, text=line)


def _form(rest: str, line: str) -> tuple[str, str | None]:
    found = _FORM.search(rest)
    if found is None:
        return rest, None
    form = "as written" if found["written"] else " ".join(found["form"].split())
    if form not in FORMS:
        raise RubricError(f"{form} is no form (there are {', '.join(FORMS)}): {line}")
    return rest[: found.start()].strip(), form


def _words(rest: str, line: str) -> tuple[str, ...]:
    words = tuple(re.sub(r"\A\\by\s*\{(.*)\}\Z", r"\1", w.strip()).strip() for w in split_or(rest))
    if not all(words):
        raise RubricError(f"this line of the rubric says no words: {line}")
    return words


def _more(above: Criterion, rest: str, line: str) -> Criterion:
    formulas = _words(rest, line) if above.kind == "uses" else tuple(f for f in (p.strip() for p in split_or(rest)) if f)
    return replace(above, formulas=above.formulas + formulas, text=f"{above.text} {line}")


def _uncommented(line: str) -> tuple[str, str | None]:
    at = re.search(r"(?<!\\)(?:\\\\)*%", line)
    return (line, None) if at is None else (line[: at.end() - 1], line[at.end() :].strip() or None)


def split_or(text: str) -> list[str]:
    """Cut at the word `or` outside brackets."""
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        if c in "{([":
            depth += 1
        elif c in "})]":
            depth -= 1
        elif depth == 0 and c.isspace() and re.match(r"\s+or\s", text[i:]):
            if i >= start:
                parts.append(text[start:i])
            start = i + len(re.match(r"\s+or\s", text[i:])[0])  # type: ignore[index]
    return [*parts, text[start:]]


def schemes(criteria: tuple[Criterion, ...], part: str) -> tuple[int, ...]:
    """The alternative schemes of a part."""
    found = sorted({c.scheme for c in criteria if c.part == part and c.kind in ("reaches", "concludes", "uses")})
    return tuple(found) or (0,)


def parts(criteria: tuple[Criterion, ...]) -> tuple[str, ...]:
    """The parts, in order."""
    return tuple(dict.fromkeys(c.part for c in criteria if c.kind not in ("total", "round", "jump") or c.part))


def possible_in(criteria: tuple[Criterion, ...], part: str) -> float:
    """The marks that a part can bring: its total, or the positive lines of its best scheme."""
    total = next((c.marks for c in criteria if c.kind == "total" and c.part == part and part), None)
    if total is not None:
        return total
    return max(
        sum(c.marks for c in criteria if c.part == part and c.scheme == s and c.kind in ("reaches", "concludes", "uses") and c.marks > 0)
        for s in schemes(criteria, part)
    )


def possible(criteria: tuple[Criterion, ...]) -> float:
    """The marks that can be had: `total` where it is given, otherwise the sum over the parts."""
    total = next((c.marks for c in criteria if c.kind == "total" and not c.part), None)
    return total if total is not None else sum(possible_in(criteria, p) for p in parts(criteria))


def rounded(marks: float, criteria: tuple[Criterion, ...]) -> float:
    """Marks in steps of the rubric's `round`, halves upwards."""
    from math import floor

    unit = next((c.marks for c in criteria if c.kind == "round"), None)
    if not unit or unit <= 0:
        return round(marks, 6)
    return round(floor(marks / unit + 0.5 + 1e-9) * unit, 6)
