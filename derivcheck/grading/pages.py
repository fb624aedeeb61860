"""HTML pages: feedback for a student, and the overview for the grader.  Self-contained, no scripts; plots are inline SVG.

Everything from a submission is escaped; formulas become MathML.  A student's page shows the student's own steps and verdicts, points to try
at wrong ones, and the marks; of the reference it shows nothing unless asked (`reveal`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote

from derivcheck.grading.model import Award, Grade, WrongStep
from derivcheck.grading.run import Group, groups

_STYLE = """
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1b1f;--muted:#5c5c66;--line:#d8d8de;--ok:#17672f;--bad:#a01722;--hold:#7a5200;--soft:#f4f4f7;--bar:#3b6ea5}
@media(prefers-color-scheme:dark){:root{--bg:#17171b;--fg:#ececf1;--muted:#a8a8b3;--line:#3a3a44;--ok:#7fd69a;--bad:#ff9aa2;--hold:#f1c877;--soft:#22222a;--bar:#7fb0e6}}
body{background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid var(--line);padding-bottom:.2rem}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid var(--line);padding:.35rem .6rem;text-align:left;vertical-align:top}
th{font-weight:600;color:var(--muted);font-size:.85rem}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.ok{color:var(--ok)}.bad{color:var(--bad)}.hold{color:var(--hold)}.muted{color:var(--muted)}
.marks{font-size:1.25rem;font-weight:600}code{background:var(--soft);padding:.1rem .3rem;overflow-wrap:anywhere}code.key{white-space:nowrap}
svg{max-width:100%;height:auto}svg text{fill:var(--fg);font-size:11px}svg rect{fill:var(--bar)}svg line{stroke:var(--line)}ul{padding-left:1.2rem}
math{font-size:1.05em}@media print{body{margin:0;max-width:none}a{color:inherit;text-decoration:none}}
"""

_SIGNS = {
    "proved": ("✓", "ok", "true"),
    "refuted": ("✗", "bad", "not true"),
    "undecided": ("?", "hold", "waits for a person"),
    "error": ("!", "hold", "can't be read; waits for a person"),
}
_LONGEST = 2_000


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main><h1>{escape(title)}</h1>{body}</main></body></html>\n"
    )


def _formula(latex: str) -> str:
    """A formula as MathML; what is too long or can't be shown, as text."""
    from derivcheck.report.mathml import formula

    if len(latex) > _LONGEST:
        return f"<code>{escape(latex[:_LONGEST])} …</code>"
    try:
        return formula(latex)
    except Exception:  # whatever a student wrote must not stop the page
        return f"<code>{escape(latex)}</code>"


def _step(lhs: str, relation: str, rhs: str) -> str:
    return " ".join(_formula(x) for x in (lhs, relation, rhs) if x)


def number(x: float) -> str:
    """Marks without needless decimals."""
    return f"{round(x, 4):g}"


# --- for a student ---------------------------------------------------------------------------------------------------------------------------


def student_page(grade: Grade, reveal: bool = False) -> str:
    """Feedback for one student: every step with its verdict, wrong ones with a point to try."""
    parts: list[str] = []
    if grade.parts:
        parts.append(f'<p class="marks">{number(grade.marks)} of {number(grade.possible)} marks</p>')
    for g in grade.parts or (grade,):
        parts.append(_student_part(g, reveal, bool(grade.parts)))
    return _page(f"Feedback for {grade.student}" if grade.student else "Feedback", "".join(parts))


def _student_part(g: Grade, reveal: bool, several: bool) -> str:
    parts = [f"<h2>{escape(g.task)}</h2>"] if g.task and (several or reveal) else []
    if g.error and not g.decided:
        parts.append('<p class="marks hold">No marks yet: a person looks at this submission.</p>')
        return "".join(parts)
    parts.append(f'<p class="marks">{number(g.marks)} of {number(g.possible)} marks</p>')
    if g.needs_person:
        parts.append('<p class="hold">? Parts of it wait for a person; the marks may go up.</p>')
    if g.comment == "blank":
        parts.append(f"<p>{'Nothing was handed in for this part.' if several else 'The submission is blank.'}</p>")
    elif g.comment and g.decided:
        parts.append(f"<p>{escape(g.comment)}</p>")
    if g.steps:
        parts.append('<div class="scroll"><table><thead><tr><th class="n">Line</th><th>Step</th><th>Verdict</th></tr></thead><tbody>')
        notes = {w.index: w for w in (*g.wrong, *g.open)}
        for count, s in enumerate(g.steps, 1):
            sign, css, word = _SIGNS.get(str(s["verdict"]), ("?", "hold", "?"))
            note = notes.get(count)
            text = f"<br>{escape(_note(note, reveal))}" if note is not None and s["verdict"] == "refuted" else ""
            where = f"{s['line']}" + (f" (cell {s['cell']})" if s.get("cell") else "") + (f" (file {s['file']})" if s.get("file") else "")
            parts.append(
                f'<tr><td class="n">{escape(where)}</td><td>{_step(str(s["lhs"]), str(s["relation"]), str(s["rhs"]))}</td>'
                f'<td class="{css}">{sign} {word}{text}</td></tr>'
            )
        parts.append("</tbody></table></div>")
    if g.reports:
        items = "".join(f"<li>{escape(r)}</li>" for r in g.reports)
        parts.append(f"<p>Left out, since the task sets the meaning of its symbols: what</p><ul>{items}</ul>")
    if reveal:
        rows = "".join(_award_row(a) for a in g.awards)
        parts.append(f'<h2>Marks</h2><div class="scroll"><table><tbody>{rows}</tbody></table></div>')
    return "".join(parts)


def _note(w: WrongStep, reveal: bool) -> str:
    text = f"{w.feedback} {w.hint}" if reveal and w.hint else w.feedback
    return text if w.counted else f"{text} (It does not count once more.)"


def _award_row(a: Award) -> str:
    marks = f"{number(a.given)} / {number(a.possible)}" if a.possible else number(a.given)
    more = f' <span class="hold">+{number(a.proposed)} proposed</span>' if a.proposed else ""
    where = f" (line {a.line})" if a.line is not None else ""
    return f'<tr><td><code>{escape(a.criterion)}</code></td><td class="n">{marks}{more}</td><td>{escape(a.reason)}{where}</td></tr>'


# --- for the grader ---------------------------------------------------------------------------------------------------------------------------


def grader_page(grades: Sequence[Grade], names: Mapping[str, str] | None = None, troubles: Sequence[str] = ()) -> str:
    """Marks and their distribution, how often each milestone is reached, groups of equal steps, what waits for a person."""
    waiting = [g for g in grades if g.needs_person]
    parts = [f"<p>{len(grades)} submissions; {len(waiting)} wait for a person.</p>"]
    if troubles:
        parts.append('<ul class="bad">' + "".join(f"<li>{escape(t)}</li>" for t in troubles) + "</ul>")
    parts += [_histogram(grades), _milestones(grades), _groups(groups(grades)), _waiting(waiting), _all(grades, names or {})]
    return _page("Grading", "".join(parts))


def _histogram(grades: Sequence[Grade]) -> str:
    shares = [g.marks / g.possible for g in grades if g.possible and not (g.error and not g.decided)]
    bins = [0] * 11
    for s in shares:
        bins[min(10, int(10 * s + 1e-9))] += 1
    top = max([*bins, 1])
    bars = []
    for i, n in enumerate(bins):
        height = 90 * n / top
        label = f"{10 * i}%" if i == 10 else f"{10 * i}–{10 * i + 9}%"
        bars.append(
            f'<rect x="{12 + 48 * i}" y="{112 - height:.1f}" width="38" height="{height:.1f}" rx="2"><title>{label}: {n}</title></rect>'
            f'<text x="{31 + 48 * i}" y="127" text-anchor="middle">{10 * i}%</text>'
            + (f'<text x="{31 + 48 * i}" y="{107 - height:.1f}" text-anchor="middle">{n}</text>' if n else "")
        )
    mean = f"mean {100 * sum(shares) / len(shares):.0f} %" if shares else "no marks yet"
    return (
        f'<h2>Distribution of marks</h2><svg viewBox="0 0 548 135" width="548" role="img" aria-label="Number of submissions by share of the marks; {mean}">'
        f'<line x1="8" y1="112.5" x2="540" y2="112.5"/>{"".join(bars)}</svg><p class="muted">Share of the marks in tenths; {mean}.</p>'
    )


def _milestones(grades: Sequence[Grade]) -> str:
    shares: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for g in grades:
        for p in g.parts or (g,):
            for a in p.awards:
                if a.possible > 0:
                    shares.setdefault((p.task, a.criterion), []).append((a.given / a.possible, a.proposed / a.possible))
    several = len({t for t, _ in shares}) > 1
    rows = []
    for (task, text), values in sorted(shares.items(), key=lambda item: sum(v for v, _ in item[1]) / len(item[1])):
        got = sum(v for v, _ in values) / len(values)
        maybe = sum(v for _, v in values) / len(values)
        bar = f'<svg viewBox="0 0 100 10" width="100" aria-hidden="true"><rect width="{100 * got:.0f}" height="10"/></svg>'
        more = f' <span class="hold">+{100 * maybe:.0f} % proposed</span>' if maybe else ""
        name = f"{escape(task)}: " if several else ""
        rows.append(f'<tr><td>{name}<code>{escape(text)}</code></td><td>{bar}</td><td class="n">{100 * got:.0f} %{more}</td></tr>')
    return (
        '<h2>Milestones, hardest first</h2><div class="scroll"><table><thead><tr><th>Line of the rubric</th><th></th><th class="n">Reached by</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _groups(found: Sequence[Group]) -> str:
    parts = ['<h2>Groups of equal steps</h2><p class="muted">A decision file sets the marks of a group once, or says that it is right or wrong.</p>']
    if not found:
        return parts[0] + "<p>None.</p>"
    parts.append('<div class="scroll"><table><thead><tr><th>Key</th><th>Step</th><th>Verdict and likely cause</th><th>Students</th></tr></thead><tbody>')
    for g in found:
        w = g.step
        sign, css, word = _SIGNS[w.verdict]
        cause = w.mistake or w.hint or ""
        point = ", ".join(f"{k} = {v}" for k, v in list((w.counterexample or {}).get("values", {}).items())[:5])
        sides = f": {(w.counterexample or {}).get('lhs')} against {(w.counterexample or {}).get('rhs')}" if w.counterexample else ""
        detail = "<br>".join(escape(x) for x in (cause, f"at {point}{sides}" if point else "", w.reason or "") if x)
        who = ", ".join(g.students[:20]) + (" …" if len(g.students) > 20 else "")
        parts.append(
            f'<tr><td><code class="key">{escape(g.key)}</code></td><td>{_step(w.lhs, w.relation, w.rhs)}</td><td><span class="{css}">{sign} {word}</span><br>{detail}</td>'
            f"<td>{len(g.students)}: {escape(who)}</td></tr>"
        )
    return "".join([*parts, "</tbody></table></div>"])


def _waiting(waiting: Sequence[Grade]) -> str:
    if not waiting:
        return "<h2>Waiting for a person</h2><p>Nothing.</p>"
    items = []
    for g in waiting:
        what = [*g.held]
        for p in g.parts or (g,):
            what += [f"{number(a.proposed)} proposed for {a.criterion}" + (f" (line {a.line})" if a.line else "") + f": {a.reason}" for a in p.awards if a.proposed]
        inner = "".join(f"<li>{escape(x)}</li>" for x in what[:12])
        items.append(f"<li>{escape(g.student)}<ul>{inner}</ul></li>")
    return f"<h2>Waiting for a person</h2><ul>{''.join(items)}</ul>"


def _all(grades: Sequence[Grade], names: Mapping[str, str]) -> str:
    rows = []
    for g in grades:
        name = escape(g.student)
        if g.student in names:
            name = f'<a href="students/{escape(quote(names[g.student]))}.html">{name}</a>'
        marks = "–" if g.error and not g.decided else number(g.marks)
        note = "; ".join([*g.reports, *(["decided by a person"] if g.decided else []), *([g.comment] if g.comment else [])])
        rows.append(
            f'<tr><td>{name}</td><td class="n">{marks} / {number(g.possible)}</td><td class="n">{number(g.proposed) if g.proposed else ""}</td>'
            f'<td class="n">{len(g.wrong) or ""}</td><td>{escape(note)}</td></tr>'
        )
    return (
        '<h2>All submissions</h2><div class="scroll"><table><thead><tr><th>Student</th><th class="n">Marks</th><th class="n">Proposed</th>'
        f'<th class="n">Wrong steps</th><th>Notes</th></tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )
