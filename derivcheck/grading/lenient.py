r"""Plain-text mathematics as the notation: students write `x^2/(1+e^(-x))`, `sqrt(x)`, `sigma(cz)`, `a*b`, `<=`, `=>`, `d phi/dz`.

Every rule works within one line, so that lines keep their numbers, and none touches `\by{…}`, `\text{…}` and their kin.  Beyond single
formulas:

- a line of words between formulas is left out, words behind a formula (`by the product rule`, `(chain rule)`) are its justification;
- a line that begins with a relation goes on with the chain above it, also over blank lines; the first one goes on from the task's start;
- whole equations below each other are chains of their own (`equations`).

What is no plain text is left as it is: for LaTeX these rules change nothing.
"""

from __future__ import annotations

import re

from derivcheck.language.lines import STARTS_RELATION, keyword_of, strip_comment

_PROTECTED = re.compile(
    r"\\(?:by|text|mbox|textrm|label|tag|ref|eqref|mathrm|mathbf|mathcal|mathsf|mathit|boldsymbol|operatorname\*?|begin|end|newcommand|renewcommand|"
    r"DeclareMathOperator|color|textcolor)\s*\{[^{}]*\}"
)
_PRIVATE = 0xE000
_FUNCTIONS = re.compile(
    r"(?<![\\A-Za-z_^])(exp|log|ln|sin|cos|tan|cot|sinh|cosh|tanh|arcsin|arccos|arctan|max|min|det|argmax|argmin)(?=\s*[(\[{^_]|\s+[A-Za-z0-9\\])"
)
_NAMED = re.compile(r"(?<![\\A-Za-z])(erf|erfc|sign|softplus)(?=\s*[(\[])")
_GREEK = re.compile(
    r"(?<![\\A-Za-z])(alpha|beta|gamma|delta|epsilon|lambda|kappa|theta|sigma|omega|Gamma|Delta|Theta|Lambda|Sigma|Omega|zeta|eta|mu|nu|xi|"
    r"pi|rho|tau|phi|chi|psi|Phi|Psi)(?![A-Za-z])"
)
_INFINITY = re.compile(r"(?<![\\A-Za-z])(?:infinity|infty|inf(?!\s*_))(?![A-Za-z])")
_OPERATORS = re.compile(r"(?<![\\A-Za-z])(sum|prod|int|lim|inf|sup)(?=\s*_)")
_SYMBOLS = re.compile(r"(?<![\\A-Za-z])(ell|partial|nabla)(?![A-Za-z])")
_SIGNS = (
    (re.compile(r"<=>|<==>"), r" \\iff "),
    (re.compile(r"(?<![<>=])=>|==>"), r" \\implies "),
    (re.compile(r"<="), r" \\le "),
    (re.compile(r">="), r" \\ge "),
    (re.compile(r"!=|=/=|<>"), r" \\ne "),
    (re.compile(r"(?<![=<>:!])==(?!=)"), "="),
    (re.compile(r"->"), r" \\to "),
    (re.compile(r"\*\*"), "^"),
    (re.compile(r"(?<=[\w)}\]])\s*\*\s*(?=[\w(\\|\[])"), r" \\cdot "),
    (re.compile(r"\^(-?\d{2,}|-\d)(?![\d.])"), r"^{\1}"),
    (re.compile(r"\^-(\\?[A-Za-z]+)"), r"^{-\1}"),
    (re.compile(r"(?<![\w^.)}\\])(\d+)/(\d+)(?![\d.(A-Za-z]|\s*[(^])"), r"\\frac{\1}{\2}"),
)
_DERIVATIVE = re.compile(
    r"(?<![A-Za-z\\])(d|∂|\\partial)\s*(\^\d\s*)?((?:\\?[^\W\d_]+'*(?:_\w)?(?:\([^()]*\))?)?)\s*/\s*(?:d|∂|\\partial)\s*(\\?[^\W\d_]+?(?:_\w)?)(\^\d)?(?![^\W\d_])"
)
_REASON = re.compile(r"(?:\s{2,}|\t|[,;]\s*)(?:#|//|by|using|since|because|from|via|where|as)\s+([A-Za-z][A-Za-z' ,.-]{2,80})\s*\Z|\s*(?:#|//)\s*([^%]{2,80})\s*\Z")
_BRACKETED = re.compile(r"\s+\(((?:by\s+|using\s+)?(?:the\s+)?[a-z]{4,}(?:'s)?(?:[ -][a-z']{2,}){0,6})\)\s*\Z", re.IGNORECASE)
_OPENING = re.compile(
    r"\s*(?:(?:where|with|so|then|thus|hence|therefore|now|and|put|set|denote|call|since|because|finally|similarly|also|next|first|also)[,:]?\s+"
    r"|(?:we|this|it|one|which)\s+(?:get|gets|have|has|find|finds|obtain|obtains|gives|yields|is|know|know that|see|see that)[,:]?\s+|(?:note|recall|it follows)\s+that[,:]?\s+)+",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"\s*(?:\d{1,2}[.)]|\(\d{1,2}\)|[a-h]\)|\([a-h]\)|\\item|•|\\therefore|∴|\\because|∵|\*)(?:\s+|\Z)(?![-+*/^_]|\\cdot|\\times)")
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}(?![A-Za-z(^_])")
_END = re.compile(r"\s*(?:\\qed|\\blacksquare|\\square|\\Box|∎|□|\bQ\.?E\.?D\.?|q\.e\.d\.)\s*\.?\s*\Z")
_PLAIN = re.compile(r"[A-Za-z ,.:;'!?\t-]+")
_NEUTRAL = re.compile(r"(?:exp|log|sin|cos|tan|sqrt|erf|max|min|det|lim|sum|int|frac|pi|mu|nu|xi|phi|psi|rho|tau|eta)\Z")
_RELATION = re.compile(r"[=<>≤≥≠∝≈⇔⇒]|\\(?:le|ge|ne|leq|geq|neq|approx|propto|iff|implies|to|equiv|sim|in)(?![A-Za-z])")
_FIRST = re.compile(r"(?:\s|&|\$|\\quad|\\,|\{\})*(:=|\\[A-Za-z]+|.)")
_OPEN_END = re.compile(r"(?:[=<>+\-*/,({\[^_&]|\\(?:cdot|times|le|ge|ne|iff|implies|propto|approx|left|to))\s*\Z")


def lenient(text: str) -> str:
    """The text with plain-text mathematics read as the notation; as many lines as before."""
    return "\n".join(_line(line) for line in text.split("\n"))


def _line(line: str) -> str:
    bare = strip_comment(line)
    if not bare.strip():
        return line
    found = keyword_of(bare)
    if found is not None:
        return _mathematics(line) if found[0] in ("let", "define", "assume", "case", "suppose", "show") else line
    if _prose(bare):
        return ""
    numbered = _NUMBERED.match(line)
    if numbered is not None and not (numbered[0].strip()[:1] == "(" and starts_with_relation(line[numbered.end() :])):
        line = " " * numbered.end() + line[numbered.end() :]
        bare = strip_comment(line)
        if not bare.strip():
            return ""
    line = _END.sub("", line)
    bare = strip_comment(line)
    opening = _OPENING.match(line)
    if opening is not None and _RELATION.search(bare[opening.end() :]):
        line, bare = " " * opening.end() + line[opening.end() :], " " * opening.end() + bare[opening.end() :]
    reason = _REASON.search(bare) or _BRACKETED.search(bare)
    if reason is not None and "\\by" not in bare and reason.start() > 0:
        words = " ".join((reason[1] or (reason.lastindex == 2 and reason[2]) or "").split()).strip(" .,;")
        if words and not re.search(r"[\\${}=^_]", words):
            return _mathematics(bare[: reason.start()]) + rf" \by{{{words}}}"
    return _mathematics(line)


def _prose(line: str) -> bool:
    """Whether a line is words, not a formula: it has no relation, and more words than anything else."""
    if "\\" in line or _RELATION.search(line):
        return False
    words = [w for w in _WORD.findall(line) if not _NEUTRAL.match(w)]
    if _PLAIN.fullmatch(line) and any(len(w) > 3 for w in words):
        return True
    return len(words) >= 2 and sum(map(len, words)) * 2 > len(re.sub(r"\s", "", line))


def _mathematics(line: str) -> str:
    if not line.isascii() and any(_PRIVATE <= ord(c) < _PRIVATE + 6000 for c in line):
        return line
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return chr(_PRIVATE + len(kept) - 1) if len(kept) < 6000 else match[0]

    out = _PROTECTED.sub(keep, line)
    at = len(out) - len(out[len(strip_comment(out)) :]) if "%" in out else len(out)
    out, comment = out[:at], out[at:]
    for pattern, new in _SIGNS:
        out = pattern.sub(new, out)
    out = _SYMBOLS.sub(r"\\\1", out)
    out = _DERIVATIVE.sub(_fraction_of_differentials, out)
    out = _NAMED.sub(r"\\operatorname{\1}", out)
    out = _FUNCTIONS.sub(r"\\\1", out)
    out = _GREEK.sub(r"\\\1", out)
    out = _INFINITY.sub(r"\\infty", out)
    out = _OPERATORS.sub(r"\\\1", out)
    out = _braced(_braced(out, "^"), "_")
    out = re.sub(r"(?<![\\A-Za-z])sqrt(?=\s*\()", r"\\sqrt", out)
    out = re.sub(r"\\sqrt\s*\(", r"\\sqrt(", out)
    out = _braced(out, "\\sqrt")
    out = _bars(out)
    out += comment
    return re.sub(f"[{chr(_PRIVATE)}-{chr(_PRIVATE + 5999)}]", lambda m: kept[ord(m[0]) - _PRIVATE], out)


def _fraction_of_differentials(match: re.Match[str]) -> str:
    d = "d" if match[1] == "d" else "\\partial "
    top, bottom = _GREEK.sub(r"\\\1", match[3] or ""), _GREEK.sub(r"\\\1", match[4])
    return rf"\frac{{{d}{(match[2] or '').strip()} {top}}}{{{d}{bottom}{match[5] or ''}}}"


def _closing(text: str, start: int) -> int:
    depth = 0
    for i in range(start, min(len(text), start + 4000)):
        if text[i] == "(":
            depth += 1
        elif text[i] == ")":
            depth -= 1
            if depth == 0:
                return i
    return -1


def _braced(line: str, before: str) -> str:
    """`^(…)` as `^{…}`, `\\sqrt(…)` as `\\sqrt{…}`; at most 200 of them."""
    at = line.find(before + "(")
    for _ in range(200):
        if at < 0:
            break
        start = at + len(before)
        end = _closing(line, start)
        if end < 0:
            break
        line = line[:start] + "{" + line[start + 1 : end] + "}" + line[end + 1 :]
        at = line.find(before + "(", start)
    return line


def _bars(line: str) -> str:
    """`abs(x)` as |x|."""
    for _ in range(50):
        found = re.search(r"(?<![\\A-Za-z])abs\s*\(", line)
        end = _closing(line, found.end() - 1) if found else -1
        if found is None or end < 0:
            return line
        line = line[: found.start()] + r"\left|" + line[found.end() : end] + r"\right|" + line[end + 1 :]
    return line


# --- chains across lines -----------------------------------------------------------------------------------------------------------


def starts_with_relation(line: str) -> bool:
    """Whether a line goes on with something before it."""
    found = _FIRST.match(strip_comment(line))
    return found is not None and found[1] in STARTS_RELATION


def continued(text: str, start: str | None) -> str:
    """Lines that begin with a relation go on with the chain above, over blank lines; the first of all goes on from `start`.

    `start` is the task's own left side (LaTeX); where it is not known such lines stay as they are."""
    lines = text.split("\n")
    last: int | None = None
    for i, line in enumerate(lines):
        bare = strip_comment(line)
        if not bare.strip():
            continue
        if keyword_of(bare) is not None:
            last = None
        elif starts_with_relation(line):
            if last is None:
                if start:
                    lines[i] = f"{{{start}}} {line.lstrip()}"
                last = i
            else:
                for k in range(last + 1, i):
                    lines[k] = lines[k] if lines[k].strip() else "%"
                last = i
        else:
            last = i
    return "\n".join(lines)


def equations(text: str) -> tuple[str, list[int]]:
    """Whole relations below each other as chains of their own, and the line (from 1) that each line of the new text was.

    A line begins a new equation where it and the line above hold a relation, it begins with none, and the line above is complete."""
    out: list[str] = []
    origins: list[int] = []
    above: str | None = None
    for number, line in enumerate(text.split("\n"), 1):
        bare = strip_comment(line).strip()
        if not bare:
            above = above if line.strip() else None
        elif keyword_of(bare) is not None:
            above = None
        else:
            complete = above is not None and _RELATION.search(above) and not _OPEN_END.search(re.sub(r"\\\\\s*\Z", "", above).rstrip())
            if complete and _RELATION.search(bare) and not starts_with_relation(line) and _balanced(above or "") and _balanced(bare):
                out.append("")
                origins.append(number)
            above = bare
        out.append(line)
        origins.append(number)
    return "\n".join(out), origins


def _balanced(line: str) -> bool:
    return all(line.count(x) == line.count(y) for x, y in (("{", "}"), ("(", ")"), ("[", "]"), ("\\begin", "\\end")))
