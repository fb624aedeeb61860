"""LaTeX formulas as MathML that can be put into a page.

latex2mathml turns LaTeX into markup but lets raw HTML, styles and links through, so nothing of its output is trusted: it is
parsed as XML, and elements and attributes that are not listed here are dropped.  A formula that can't be converted is shown as
its LaTeX source.  Alphabets (`\\mathbb`, `\\mathcal`, …) become Unicode characters, since browsers ignore `mathvariant`.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import Any

LONGEST = 8_000
"""Characters; a longer formula is shown as source."""

DEEPEST = 100

_BUILTIN = {
    "R": r"\mathbb{R}", "N": r"\mathbb{N}", "Z": r"\mathbb{Z}", "Q": r"\mathbb{Q}", "C": r"\mathbb{C}", "E": r"\mathbb{E}",
    "Var": r"\operatorname{Var}", "Cov": r"\operatorname{Cov}", "KL": r"\operatorname{KL}", "tr": r"\operatorname{tr}",
    "diag": r"\operatorname{diag}", "const": r"\text{const}", "argmax": r"\operatorname*{arg\,max}", "argmin": r"\operatorname*{arg\,min}",
    "doteq": r"≐", "coloneqq": r":=", "triangleq": r"≜", "dfrac": r"\frac", "lvert": "|", "rvert": "|", "lVert": r"\|", "rVert": r"\|",
    "bm": r"\boldsymbol", "Pr": r"\operatorname{Pr}", "iff": r"\Longleftrightarrow", "implies": r"\Longrightarrow", "impliedby": r"\Longleftarrow",
    "top": r"\mathsf{T}", "nonumber": "", "notag": "", "simiid": r"\overset{\text{iid}}{\sim}",
}  # fmt: skip
_MACRO = re.compile(r"\\([A-Za-z]+)\*?")
_LESS, _GREATER = "\ue001", "\ue002"

_ELEMENTS = frozenset(
    "math mrow mi mn mo mtext mspace msub msup msubsup mover munder munderover mfrac msqrt mroot mtable mtr mtd mstyle mpadded "
    "mphantom mmultiscripts mprescripts none menclose semantics".split()
)
_ATTRIBUTES = frozenset(
    "display stretchy fence form displaystyle scriptlevel columnalign linethickness accent accentunder movablelimits lspace rspace "
    "minsize maxsize width height depth voffset separator largeop symmetric rowspacing columnspacing".split()
)
_LIMITS = frozenset("lim max min sup inf limsup liminf argmax argmin".split())
_VALUE = re.compile(r"[\w.,%+ -]*")

_ALPHABETS = {
    "bold": (0x1D400, 0x1D41A, 0x1D7CE),
    "italic": (0x1D434, 0x1D44E, None),
    "bold-italic": (0x1D468, 0x1D482, None),
    "script": (0x1D49C, 0x1D4B6, None),
    "bold-script": (0x1D4D0, 0x1D4EA, None),
    "fraktur": (0x1D504, 0x1D51E, None),
    "double-struck": (0x1D538, 0x1D552, 0x1D7D8),
    "bold-fraktur": (0x1D56C, 0x1D586, None),
    "sans-serif": (0x1D5A0, 0x1D5BA, 0x1D7E2),
    "bold-sans-serif": (0x1D5D4, 0x1D5EE, 0x1D7EC),
    "sans-serif-italic": (0x1D608, 0x1D622, None),
    "monospace": (0x1D670, 0x1D68A, 0x1D7F6),
}
_HOLES = {
    ("double-struck", "C"): "ℂ", ("double-struck", "H"): "ℍ", ("double-struck", "N"): "ℕ", ("double-struck", "P"): "ℙ",
    ("double-struck", "Q"): "ℚ", ("double-struck", "R"): "ℝ", ("double-struck", "Z"): "ℤ", ("script", "B"): "ℬ", ("script", "E"): "ℰ",
    ("script", "F"): "ℱ", ("script", "H"): "ℋ", ("script", "I"): "ℐ", ("script", "L"): "ℒ", ("script", "M"): "ℳ", ("script", "R"): "ℛ",
    ("script", "e"): "ℯ", ("script", "g"): "ℊ", ("script", "o"): "ℴ", ("fraktur", "C"): "ℭ", ("fraktur", "H"): "ℌ", ("fraktur", "I"): "ℑ",
    ("fraktur", "R"): "ℜ", ("fraktur", "Z"): "ℨ", ("italic", "h"): "ℎ",
}  # fmt: skip


@lru_cache(maxsize=4096)
def formula(latex: str, display: bool = False) -> str:
    """Markup for a formula: a `math` element with the source as its alternative text, or the source in a `code` element."""
    markup = _mathml(latex, display) if latex.strip() and len(latex) <= LONGEST else None
    return markup if markup is not None else f"<code>{html.escape(latex)}</code>"


def _mathml(latex: str, display: bool) -> str | None:
    from xml.etree import ElementTree

    text = _prepare(latex)
    if _depth(text) > DEEPEST:
        return None
    try:
        from latex2mathml.converter import convert

        root = ElementTree.fromstring(convert(text, display="block" if display else "inline").replace("&#x0003C;", _LESS))
    except (Exception, RecursionError):  # the converter raises whatever it stumbles over
        return None
    clean = _clean(root)
    if clean is None or "\\" in "".join(clean.itertext()):
        return None  # a macro that the converter does not know would be shown as a name
    clean.set("alttext", latex)
    clean.attrib.pop("display", None)
    if display:
        clean.set("displaystyle", "true")  # large operators, but in the line: a block would be centred
    return ElementTree.tostring(clean, encoding="unicode").replace(_LESS, "&lt;").replace(_GREATER, "&gt;")


def _prepare(latex: str) -> str:
    text = re.sub(r"\\by\s*\{[^{}]*\}|\\label\s*\{[^{}]*\}|\\tag\s*\{[^{}]*\}", "", latex)
    text = _MACRO.sub(lambda m: _BUILTIN.get(m[1], m[0]), text)
    text = re.sub(r"(?<=[\\}A-Za-z])\s*\\limits", "", text)
    return text.replace("<", f" {_LESS} ").replace(">", f" {_GREATER} ")


def _depth(text: str) -> int:
    deepest = depth = 0
    for c in text:
        depth += (c in "{([") - (c in "})]")
        deepest = max(deepest, depth)
    return deepest


def _clean(element: Any) -> Any:
    """A copy with the listed elements and attributes only; an element that is not listed becomes an `mrow` of its children."""
    from xml.etree import ElementTree

    tag = element.tag.rsplit("}", 1)[-1]
    new = ElementTree.Element(tag if tag in _ELEMENTS else "mrow")
    for name, value in element.attrib.items():
        if name in _ATTRIBUTES and _VALUE.fullmatch(value):
            new.set(name, value)
    text = element.text or ""
    if tag in ("mi", "mn", "mo", "mtext"):
        variant = element.get("mathvariant", "")
        new.text = "".join(_letter(variant, c) for c in text)
        if tag == "mi":
            if text.strip() in (_LESS, _GREATER) or (text and not text[0].isalnum() and not text[0].isspace() and text[0] not in "\\∞∅∂∇⊤"):
                new.tag = "mo"
            elif variant == "normal":
                new.set("mathvariant", "normal")
    if tag == "msub" and len(element) == 2 and (element[0].text or "").strip() in _LIMITS:
        new.tag = "munder"  # below the name in a display, beside it in a line
    previous: Any = None
    for child in element:
        part = _clean(child)
        if new.tag == "munder" and previous is None and part.tag == "mo":
            part.set("movablelimits", "true")
        # browsers set a function's name close to its neighbours
        if tag in ("math", "mrow") and previous is not None and ((_is_name(previous) and part.tag != "mo") or (_is_name(part) and previous.tag != "mo")):
            new.append(ElementTree.Element("mspace", {"width": "0.17em"}))
        new.append(part)
        previous = part
    return new


def _is_name(element: Any) -> bool:
    """Whether this is a function's name, perhaps with scripts."""
    if element.tag in ("msub", "msup", "msubsup", "munder", "mover", "munderover") and len(element):
        return _is_name(element[0])
    return element.tag in ("mi", "mo") and len(element.text or "") > 1 and (element.text or "").isalpha()


def _letter(variant: str, c: str) -> str:
    if variant not in _ALPHABETS or not c.isascii() or not c.isalnum():
        return c
    if (variant, c) in _HOLES:
        return _HOLES[variant, c]
    upper, lower, digit = _ALPHABETS[variant]
    if c.isdigit():
        return chr(digit + int(c)) if digit is not None else c
    return chr(upper + ord(c) - 65) if c.isupper() else chr(lower + ord(c) - 97)
