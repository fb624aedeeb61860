r"""LaTeX on a terminal: `\frac{d\phi(z)}{dz} \le x_1^{2}` as `(dφ(z))/dz ≤ x₁²`.

A best effort for the eye: what has no character of its own keeps its name.  Nothing is read back from here.
"""

from __future__ import annotations

import re
import unicodedata

from derivcheck.language.symbols import SUBSCRIPTS, SUPERSCRIPTS, UNICODE

_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[{}^_&]|[A-Za-z0-9.]|\s+|.", re.S)
_SYMBOLS = {v: k for k, v in reversed(UNICODE.items()) if v.startswith("\\")} | {
    "\\epsilon": "ϵ", "\\varepsilon": "ε", "\\phi": "φ", "\\varphi": "φ", "\\dots": "…", "\\ldots": "…", "\\cdots": "⋯", "\\leq": "≤", "\\geq": "≥",
    "\\neq": "≠", "\\rightarrow": "→", "\\Rightarrow": "⟹", "\\Leftrightarrow": "⟺", "\\iff": "⟺", "\\implies": "⟹", "\\impliedby": "⟸", "\\to": "→",
    "\\top": "ᵀ", "\\cdot": "·", "\\times": "×", "\\|": "‖", "\\{": "{", "\\}": "}", "\\%": "%", "\\KL": "KL", "\\Pr": "Pr", "\\E": "𝔼", "\\colon": ":",
    "\\Vert": "‖", "\\vert": "|", "\\mid": "|", "\\prime": "′", "\\coloneqq": ":=", "\\triangleq": ":=", "\\sim": "~",
}  # fmt: skip
_NOTHING = frozenset(r"\left \right \big \Big \bigg \Bigg \bigl \bigr \Bigl \Bigr \displaystyle \limits \nonumber \! \/".split())
_SPACES = {"\\,": " ", "\\;": " ", "\\:": " ", "\\ ": " ", "\\quad": "  ", "\\qquad": "    ", "~": " "}
_PLAIN = frozenset(
    r"\ref \eqref \text \mathrm \mathbf \boldsymbol \bm \mathcal \mathsf \mathit \operatorname \operatorname* \boxed \textbf \mathtt \mathfrak \texttt".split()
)
_ACCENTS = {"\\hat": "̂", "\\bar": "̄", "\\tilde": "̃", "\\vec": "⃗", "\\dot": "̇", "\\overline": "̄", "\\widehat": "̂"}
_DOUBLE = {"R": "ℝ", "N": "ℕ", "Z": "ℤ", "Q": "ℚ", "C": "ℂ", "E": "𝔼", "1": "𝟙", "I": "𝕀", "P": "ℙ"}
_UP = {v: k for k, v in SUPERSCRIPTS.items()} | {"ᵀ": "ᵀ", "′": "′"}
_DOWN = {v: k for k, v in SUBSCRIPTS.items()}
_ATOM = re.compile(r"[\w.√̂-⃿′ᵀ₀-₉⁰-⁹]+\Z")


def pretty(latex: str) -> str:
    """The formula in Unicode."""
    tokens = _TOKEN.findall(latex)
    text, _ = _run(tokens, 0, None)
    return unicodedata.normalize("NFC", re.sub(r"  +", "  ", text).strip())


def _run(tokens: list[str], i: int, end: str | None) -> tuple[str, int]:
    """Tokens up to `end`."""
    out: list[str] = []
    while i < len(tokens):
        t = tokens[i]
        if t == end:
            return "".join(out), i + 1
        if t in "^_" and len(t) == 1:
            inner, i = _argument(tokens, i + 1)
            out.append(_raised(inner, _UP if t == "^" else _DOWN, t))
            continue
        piece, i = _one(tokens, i)
        out.append(piece)
    return "".join(out), i


def _argument(tokens: list[str], i: int) -> tuple[str, int]:
    while i < len(tokens) and tokens[i].isspace():
        i += 1
    return _one(tokens, i) if i < len(tokens) else ("", i)


def _one(tokens: list[str], i: int) -> tuple[str, int]:
    """The piece that starts at a token, and where it ends."""
    t = tokens[i]
    i += 1
    if t == "{":
        return _run(tokens, i, "}")
    if t in ("\\frac", "\\dfrac", "\\tfrac"):
        top, i = _argument(tokens, i)
        bottom, i = _argument(tokens, i)
        return f"{_bracketed(top)}/{_bracketed(bottom)}", i
    if t == "\\binom":
        top, i = _argument(tokens, i)
        bottom, i = _argument(tokens, i)
        return f"C({top}, {bottom})", i
    if t == "\\sqrt":
        inner, i = _argument(tokens, i)
        return f"√{_bracketed(inner)}", i
    if t == "\\mathbb":
        inner, i = _argument(tokens, i)
        return _DOUBLE.get(inner, inner), i
    if t in _ACCENTS:
        inner, i = _argument(tokens, i)
        return (inner + _ACCENTS[t] if len(inner) == 1 else f"{t[1:]}({inner})"), i
    if t in ("\\by", "\\label", "\\tag"):
        inner, i = _argument(tokens, i)
        return (f"  (by {inner})" if t == "\\by" else f"  [{inner}]"), i
    if t in _PLAIN:
        return _argument(tokens, i)
    if t in ("\\begin", "\\end"):
        name, i = _argument(tokens, i)
        brackets = {"cases": ("{ ", ""), "bmatrix": ("[", "]"), "pmatrix": ("(", ")"), "smallmatrix": ("[", "]"), "matrix": ("[", "]")}.get(name, ("", ""))
        return brackets[t == "\\end"], i
    if t == "\\\\":
        return "; ", i
    if t == "&":
        return ", ", i
    if t in _NOTHING:
        return "", i
    if t in _SPACES:
        return _SPACES[t], i
    if t.startswith("\\"):
        if t in _SYMBOLS:
            return _SYMBOLS[t], i
        after = tokens[i] if i < len(tokens) else ""
        return t[1:] + (" " if t[1:].isalpha() and after[:1].isalnum() else ""), i
    return (" " if t.isspace() else t), i


def _raised(inner: str, table: dict[str, str], mark: str) -> str:
    inner = inner.strip()
    if inner and all(c in table for c in inner):
        return "".join(table[c] for c in inner)
    return f"{mark}{inner}" if len(inner) == 1 or (inner[0] == "(" and inner.find(")") == len(inner) - 1) else f"{mark}({inner})"


def _bracketed(inner: str) -> str:
    inner = inner.strip()
    return inner if _ATOM.match(inner) else f"({inner})"
