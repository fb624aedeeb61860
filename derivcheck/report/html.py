"""A report as one self-contained HTML page (`derivcheck render`), and as fragments for Jupyter.

No scripts, no network: formulas are MathML, details fold by themselves.  A verdict is told by a word and a symbol as well as by
colour; the page reads in light and dark, and prints with everything unfolded.  Every text from a file is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape

from derivcheck.report.findings import CONDITIONAL_STEP, Finding, findings
from derivcheck.report.macros import Macro, expand, macros_of
from derivcheck.report.mathml import formula as mathml
from derivcheck.report.model import ClaimReport, DerivationReport, FileReport, Report, StepReport
from derivcheck.report.text import SYMBOLS, SourceLines, underline

STYLE = """
.dc{--ink:#1c2024;--paper:#fff;--soft:#f4f5f7;--line:#d7dbe0;--dim:#5a636e;--proved:#0b6b3a;--refuted:#b3121d;--undecided:#7d5200;
font:16px/1.5 system-ui,"Segoe UI",Roboto,Helvetica,Arial,sans-serif;color:var(--ink);background:var(--paper)}
@media (prefers-color-scheme:dark){.dc{--ink:#e6e8eb;--paper:#14171a;--soft:#1e2226;--line:#3a4149;--dim:#a3adb8;--proved:#5fd396;
--refuted:#ff8a8a;--undecided:#f0bd5b}}
.dc *{box-sizing:border-box}
.dc main,.dc header,.dc footer{max-width:62rem;margin:0 auto;padding:0 1rem}
.dc h1{font-size:1.6rem;margin:1.5rem 0 .3rem}.dc h2{font-size:1.2rem;margin:2rem 0 .5rem;overflow-wrap:anywhere}
.dc h3{font-size:1.05rem;margin:1.4rem 0 .2rem}.dc p{margin:.3rem 0}.dc .dim{color:var(--dim)}
.dc .verdict{font-weight:600;white-space:nowrap;border:1.5px solid currentColor;border-radius:.4em;padding:0 .45em;font-size:.85rem}
.dc .proved,.dc .verified{color:var(--proved)}.dc .refuted,.dc .error{color:var(--refuted)}.dc .undecided,.dc .warning{color:var(--undecided)}
.dc .error.verdict{border-style:double;border-width:3px}.dc .undecided.verdict{border-style:dashed}
.dc ol.steps{list-style:none;margin:.6rem 0;padding:0;border:1px solid var(--line);border-radius:.5rem}
.dc ol.steps>li{display:grid;grid-template-columns:2.2rem 8rem minmax(0,1fr);gap:.2rem .8rem;padding:.55rem .8rem;align-items:baseline}
.dc ol.steps>li+li{border-top:1px solid var(--line)}
.dc ol.steps>li.bad{background:var(--soft)}
.dc .number{color:var(--dim);font-variant-numeric:tabular-nums;text-align:right}
.dc .formula{overflow-x:auto;overflow-y:hidden;padding:.15rem 0;font-size:1.08em}
.dc .why{color:var(--dim);font-size:.92rem}
.dc details{font-size:.92rem;margin-top:.15rem}.dc summary{cursor:pointer;color:var(--dim)}.dc summary:focus-visible{outline:2px solid currentColor}
.dc dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.1rem .9rem;margin:.3rem 0}.dc dt{color:var(--dim)}.dc dd{margin:0;overflow-x:auto}
.dc .found{border-left:4px solid currentColor;padding:.2rem .8rem;margin:.5rem 0;background:var(--soft)}
.dc .found>*{color:var(--ink)}.dc .found>strong{color:inherit}
.dc pre{margin:.3rem 0;overflow-x:auto;font:.86rem/1.35 ui-monospace,Menlo,Consolas,monospace}.dc code{font:.92em ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.dc .claim{border:1px solid var(--line);border-radius:.5rem;padding:.5rem .8rem;margin:.5rem 0}
.dc footer{margin-top:2.5rem;padding-bottom:1.5rem;font-size:.85rem}
@media (max-width:40rem){.dc ol.steps>li{grid-template-columns:2.2rem minmax(0,1fr)}.dc ol.steps>li>div{grid-column:1/-1}}
@media print{.dc{--ink:#000;--paper:#fff;--soft:#fff;--line:#999;--dim:#333;--proved:#000;--refuted:#000;--undecided:#000;font-size:11pt}
.dc ol.steps>li,.dc .found,.dc .claim{break-inside:avoid}.dc details::details-content{content-visibility:visible;block-size:auto}.dc details>summary{list-style:none}
.dc details>dl{display:grid}.dc li:not(.bad) details{display:flex;flex-wrap:wrap;gap:0 .8rem}.dc li:not(.bad) summary{display:none}
.dc li:not(.bad) dl,.dc li:not(.bad) details::details-content{display:flex;flex-wrap:wrap;gap:0 .5rem;margin:0}.dc li:not(.bad) dd{margin-right:.6rem}
.dc li:not(.bad) dl{font-size:8.5pt}.dc .formula{overflow:visible}}
"""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


Macros = Mapping[str, Macro]


def formula(latex: str, macros: Macros, display: bool = False) -> str:
    """A formula's markup, with the file's macros expanded; the source stays its alternative text."""
    return mathml(expand(latex, macros), display)


def page(report: Report, title: str | None = None) -> str:
    """The whole page."""
    from derivcheck import __version__

    name = title or (report.files[0].path if len(report.files) == 1 else "derivcheck report")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme" content="light dark">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{escape(name)}: {escape(report.verdict)}</title>\n<style>html{{background:#fff}}body{{margin:0;min-height:100vh}}"
        f"@media (prefers-color-scheme:dark){{html{{background:#14171a}}}}{STYLE}</style>\n</head>\n"
        f'<body class="dc">\n<header>\n<h1>{escape(name)}</h1>\n<p>{badge(report.verdict)} {_counts(report)}</p>\n</header>\n'
        f"<main>\n{''.join(_file(f, len(report.files) > 1) for f in report.files)}</main>\n"
        f'<footer class="dim"><p>Made by derivcheck {escape(__version__)}.</p></footer>\n</body>\n</html>\n'
    )


def report_fragment(report: Report) -> str:
    """For Jupyter: the whole report."""
    return _fragment(f"<p>{badge(report.verdict)} {_counts(report)}</p>" + "".join(_file(f, len(report.files) > 1) for f in report.files))


def file_fragment(file: FileReport) -> str:
    """For Jupyter: one file."""
    return _fragment(_file(file, True))


def derivation_fragment(derivation: DerivationReport) -> str:
    """For Jupyter: one derivation."""
    return _fragment(_derivation(derivation, {}))


def claim_fragment(claim: ClaimReport) -> str:
    """For Jupyter: a claim."""
    return _fragment(_claim(claim, {}))


def step_fragment(step: StepReport) -> str:
    """For Jupyter: one step."""
    return _fragment(f'<ol class="steps">{_step(step, None, {})}</ol>')


def _fragment(body: str) -> str:
    return f'<div class="dc"><style>{STYLE}</style>{body}</div>'


def badge(verdict: str) -> str:
    """A verdict as a symbol and a word."""
    return f'<span class="verdict {escape(verdict)}"><span aria-hidden="true">{SYMBOLS.get(verdict, "")}</span> {escape(verdict)}</span>'


def _counts(report: Report) -> str:
    s = report.summary
    steps = ", ".join(f"{n} {word}" for n, word in ((s.proved, "proved"), (s.refuted, "refuted"), (s.undecided, "undecided"), (s.errors, "unreadable")) if n)
    files = f"{s.files} files, " if s.files != 1 else ""
    noun = "derivation" if s.derivations == 1 else "derivations"
    return f"{files}{s.verified} of {s.derivations} {noun} verified" + (f"; steps: {steps}" if steps else "")


def _file(file: FileReport, headed: bool) -> str:
    source = SourceLines(file)
    macros = macros_of(file)
    head = f"<h2>{escape(file.path)} {badge(file.verdict)}</h2>\n" if headed else ""
    general = [f for f in findings(file) if not f.code.startswith("D20") and f.code != CONDITIONAL_STEP]
    body = "".join(_found(f, source) for f in general) + "".join(_derivation(d, macros) for d in file.derivations)
    return f"<section>\n{head}{body}</section>\n"


def _found(f: Finding, source: SourceLines) -> str:
    text = source.line(f)
    quoted = ""
    if text.strip():
        line, mark = underline(text, f.column, f.end_column if f.end_line in (None, f.line) else None)
        quoted = f"<pre>{escape(line)}\n{mark}</pre>"
    cell = f"cell {f.cell}, " if f.cell is not None else ""
    help = f"<p>Help: {escape(f.help)}</p>" if f.help else ""
    return (
        f'<div class="found {escape(f.level)}"><strong>{escape(f.level)} {escape(f.code)}</strong> '
        f'<span class="dim">{cell}line {f.line}, column {f.column}</span><p>{escape(f.message)}</p>{quoted}{help}</div>\n'
    )


def _derivation(d: DerivationReport, macros: Macros) -> str:
    title = f"{escape(d.title)} " if d.title else f"{escape(d.name)} "
    parts = [f"<h3>{title}{badge(d.verdict)}</h3>\n"]
    if d.title:
        parts.append(f'<p class="dim"><code>{escape(d.name)}</code></p>\n')
    if d.source:
        parts.append(f'<p class="dim">Source: {escape(d.source)}</p>\n')
    if d.reason:
        parts.append(f"<p>{escape(d.reason)}</p>\n")
    if d.claim is not None:
        parts.append(_claim(d.claim, macros))
    if d.steps:
        parts.append('<ol class="steps">\n')
        previous: StepReport | None = None
        for step in d.steps:
            parts.append(_step(step, previous, macros))
            previous = step
        parts.append("</ol>\n")
    return f"<article>\n{''.join(parts)}</article>\n"


def _claim(claim: ClaimReport, macros: Macros) -> str:
    where = f'<div class="why">where {", ".join(formula(c, macros) for c in claim.conditions)}</div>' if claim.conditions else ""
    return (
        f'<div class="claim">{badge(claim.verdict)} <span class="dim">Claim</span>'
        f'<div class="formula">{formula(claim.statement, macros, True)}</div>{where}{_details(claim, macros)}</div>\n'
    )


def _step(step: StepReport, previous: StepReport | None, macros: Macros) -> str:
    continues = previous is not None and previous.chain == step.chain and previous.rhs == step.lhs
    latex = f"{'' if continues else step.lhs} {step.relation} {step.rhs}".strip()
    why = f'<div class="why">{_prose(step.by, macros)}</div>' if step.by else ""
    where = f'<div class="why">where {", ".join(formula(c, macros) for c in step.conditions)}</div>' if step.conditions else ""
    bad = "" if step.verdict == "proved" else ' class="bad"'
    place = f"cell {step.cell}, line {step.line}" if step.cell is not None else f"line {step.line}"
    return (
        f'<li{bad}><span class="number" title="{place}">{step.index}</span><span>{badge(step.verdict)}</span>'
        f'<div><div class="formula">{formula(latex, macros, True)}</div>{where}{why}{_details(step, macros)}</div></li>\n'
    )


def _prose(text: str, macros: Macros) -> str:
    """Free text in which `$…$` is a formula."""
    parts = text.split("$")
    if len(parts) % 2 == 0:
        return escape(text)
    return "".join(formula(part, macros) if i % 2 else escape(part) for i, part in enumerate(parts))


_MATHS = re.compile(r"[-+*/=<>(),.\d]+|[b-zA-Z][,.:]?|\S*[\\^_{}]\S*")
_NOTATION = re.compile(r"[\\^_]")
_MATRIX = re.compile(r"\[(?=[^\[\]]*[;,])[^\[\];,()]+(?:[;,][^\[\];,()]+)*\]")
_WORD = re.compile(r"(?<![\\A-Za-z{])\b(?:on|undefined|else|true|false|a number in|in|for|and|or)\b(?![A-Za-z}])")


def _hint(text: str, macros: Macros) -> str:
    """A hint: runs of words with LaTeX in them are formulas; behind `write` they are what to type."""
    if "$" in text or not _NOTATION.search(text):
        return _prose(text, macros)
    parts: list[str] = []
    run: list[str] = []

    def end() -> None:
        words = " ".join(run)
        run.clear()
        ending = words[len(words.rstrip(",.:")) :]
        words = words[: len(words) - len(ending)]
        if not _NOTATION.search(words):
            parts.append(escape(words + ending))
        elif parts and parts[-1] in ("write", "add:"):
            parts.append(f"<code>{escape(words)}</code>{escape(ending)}")
        else:
            parts.append(formula(words, macros) + escape(ending))

    for word in text.split():
        inside = "".join(run)
        if _MATHS.fullmatch(word) or inside.count("{") > inside.count("}"):
            run.append(word)
            continue
        if run:
            end()
        parts.append(word if word in ("write", "add:") else escape(word))
    if run:
        end()
    return " ".join(parts)


def _details(part: StepReport | ClaimReport, macros: Macros) -> str:
    """What stands behind a verdict: open where something is wrong, folded otherwise."""
    rows = list(_rows(part, macros))
    if not rows:
        return ""
    body = "".join(f"<dt>{escape(label)}</dt><dd>{value}</dd>" for label, value in rows)
    label = ", ".join(x for x in (part.method, part.certainty) if x) or "details"
    return f"<details{'' if part.verdict == 'proved' else ' open'}><summary>{escape(label)}</summary><dl>{body}</dl></details>"


def _typeset(value: str) -> str:
    """The value of a symbol as LaTeX: `[1, 2; 3, 4]` as a matrix, words (`1/2 on (0, 1)`) upright."""
    if _MATRIX.fullmatch(value):
        rows = (" & ".join(entry.strip() for entry in row.split(",")) for row in value[1:-1].split(";"))
        return r"\begin{bmatrix} " + r" \\ ".join(rows) + r" \end{bmatrix}"
    return _WORD.sub(r"\\text{ \g<0> }", value)


def _rows(part: StepReport | ClaimReport, macros: Macros) -> Iterator[tuple[str, str]]:
    found = part.counterexample
    if found is not None:
        values = ", ".join(formula(f"{name} = {_typeset(value)}", macros) for name, value in found.values.items())
        if values:
            yield "Counterexample", values
        if found.lhs or found.rhs:
            for label, side in (("Left side there", found.lhs), ("Right side there", found.rhs)):
                yield label, formula(_typeset(side), macros) if _MATRIX.fullmatch(side) else f"<code>{escape(side)}</code>"
    if part.hint:
        yield "Hint", _hint(part.hint, macros)
    if part.reason:
        yield "Reason", escape(part.reason)
    if part.method:
        yield "Method", escape(part.method)
    if part.certainty:
        bound = f" (error at most {part.error_bound:.1e})" if part.error_bound else ""
        yield "Certainty", escape(part.certainty + bound)
    if isinstance(part, StepReport):
        yield "Place", f"{'cell ' + str(part.cell) + ', ' if part.cell is not None else ''}line {part.line}, column {part.column}"
    if part.seconds or part.cached:
        yield "Time", "from the cache" if part.cached else f"{part.seconds:.3f} s"
