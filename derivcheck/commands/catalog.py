"""`derivcheck catalog list|show|search|verify|graph`."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from derivcheck.commands.common import (
    ProgressBar,
    make_options,
    make_style,
    output_options,
    print_report,
    run,
    run_options,
    use_color,
)

if TYPE_CHECKING:
    from derivcheck.catalog.certificates import Checkup
    from derivcheck.catalog.listing import Row
    from derivcheck.catalog.store import Entry
    from derivcheck.report.model import FileReport


@click.group("catalog")
@click.option(
    "--folder", "folders", multiple=True, type=click.Path(exists=True, file_okay=False), metavar="DIR",
    help="A catalog folder of your own (may be repeated; DERIVCHECK_CATALOG names folders for all commands).",
)  # fmt: skip
def command(folders: tuple[str, ...]) -> None:
    """The catalog: derivations that come with derivcheck, whose claims other files can `use`."""
    if folders:
        # workers, and whatever looks an entry up, find them there
        given = [os.path.abspath(f) for f in folders]
        os.environ["DERIVCHECK_CATALOG"] = os.pathsep.join([*given, *filter(None, [os.environ.get("DERIVCHECK_CATALOG")])])


_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_COLOR = click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", show_default=True, help="Colours.")
_DOCUMENT = click.option("--document", "documents", multiple=True, metavar="NAME", help="Only of this document (the beginning of its name is enough).")
_KIND = click.option("--kind", "kinds", multiple=True, metavar="TAG", help="Only of this kind (may be repeated: of all of them).")
_VERDICT = click.option(
    "--verdict", "verdicts", multiple=True, type=click.Choice(("verified", "refuted", "undecided", "error", "unknown")), help="Only with this verdict."
)
_CERTAINTY = click.option("--certainty", "certainties", multiple=True, type=click.Choice(("exact", "probabilistic", "cas")), help="Only with this certainty.")


def _print(rows: list[Row], as_json: bool, color: str, places: dict[str, str] | None = None) -> None:
    from derivcheck.report.text import SYMBOLS, Style

    if as_json:
        click.echo(json.dumps([r.to_json() | ({"found": places[r.entry.name]} if places else {}) for r in rows], ensure_ascii=False, indent=2))
        return
    style = Style(use_color(color))
    width = max((len(r.entry.name) for r in rows), default=0)
    for r in rows:
        e = r.entry
        found = style.paint("dim", f"  [{places[e.name]}]") if places else ""
        mark = style.paint(r.verdict, SYMBOLS.get(r.verdict, "·"))
        click.echo(f"{mark} {e.name:{width}}  {e.title or ''}{'  [erratum]' if e.erratum else ''}{found}".rstrip())


@command.command("list")
@_DOCUMENT
@_KIND
@_VERDICT
@_CERTAINTY
@click.option("--by", type=click.Choice(("document", "kind", "verdict", "certainty")), help="Count the entries by this instead.")
@_JSON
@_COLOR
def list_entries(
    documents: tuple[str, ...], kinds: tuple[str, ...], verdicts: tuple[str, ...], certainties: tuple[str, ...], by: str | None, as_json: bool, color: str
) -> None:
    """Names and titles of all entries, or of those chosen.

    Verdicts and certainties are those of the certificates; an entry without a certificate of its present text is `unknown`.
    """
    from derivcheck.catalog.listing import chosen, counts, row
    from derivcheck.catalog.store import entries

    _known(documents, kinds)
    rows = chosen((row(e) for e in entries()), documents, kinds, verdicts, certainties)
    if by is None:
        if not rows and not as_json:
            click.echo("no entry is so", err=True)
        _print(rows, as_json, color)
        return
    table = counts(rows, by)
    if as_json:
        click.echo(json.dumps(dict(table), ensure_ascii=False, indent=2))
        return
    for name, number in table:
        click.echo(f"{number:>5}  {name}")


@command.command("search")
@click.argument("words", nargs=-1)
@click.option("--formula", metavar="TEXT", help="An identity or an expression that entries prove, use or hold, up to the names of its symbols.")
@click.option("--let", multiple=True, metavar="TEXT", help="A declaration for the formula.")
@click.option("--define", multiple=True, metavar="TEXT", help="A definition for the formula.")
@click.option("--instances", is_flag=True, help="A symbol of the formula may stand for any expression.")
@_DOCUMENT
@_KIND
@_JSON
@_COLOR
def search_entries(
    words: tuple[str, ...], formula: str | None, let: tuple[str, ...], define: tuple[str, ...], instances: bool,
    documents: tuple[str, ...], kinds: tuple[str, ...], as_json: bool, color: str,
) -> None:  # fmt: skip
    """Entries whose name, title, source, tags, claim or text hold all WORDS (words or symbols such as \\KL), and the formula.

    Exit status 1 where there is none.
    """
    from derivcheck.catalog.listing import chosen, row
    from derivcheck.catalog.store import entries, search

    if not words and formula is None:
        raise click.UsageError("Give words or symbols to look for, or a --formula.")
    _known(documents, kinds)
    rows = chosen((row(e) for e in (search(" ".join(words)) if words else entries())), documents, kinds)
    places: dict[str, str] | None = None
    if formula is not None:
        from derivcheck.catalog.formula import BadFormula, read_pattern
        from derivcheck.catalog.formula import search as by_formula

        try:
            pattern = read_pattern(formula, let, define)
        except BadFormula as why:
            raise click.UsageError(f"The formula can't be read: {why}.  Symbols that are no real numbers are declared with --let.") from None
        table = {r.entry: r for r in rows}
        hits = list(by_formula(pattern, list(table), instances))
        hits.sort(key=lambda h: ("proves", "states", "uses", "holds").index(h.how))
        rows = [table[h.entry] for h in hits]
        places = {h.entry.name: f"{h.how} it: {h.where}" for h in hits}
    _print(rows, as_json, color, places)
    if not rows and not as_json:
        _nothing(words, formula, instances, bool(let), color)
    raise click.exceptions.Exit(0 if rows else 1)


@command.command("show")
@click.argument("name")
@click.option("--printed", is_flag=True, help="The erratum of that name: the chain as its document prints it.")
@click.option("--source", "as_source", is_flag=True, help="Print the file in which it stands instead.")
@_JSON
@_COLOR
def show_entry(name: str, printed: bool, as_source: bool, as_json: bool, color: str) -> None:
    """The entry NAME, with the method, certainty and conditions of each step."""
    found_entries = _named(name)
    entry = found_entries[-1 if printed else 0]
    if printed and not entry.erratum:
        raise click.UsageError(f"There is no erratum {name!r}.")
    if as_source:
        click.echo(entry.path.read_text(encoding="utf-8"), nl=False)
        return
    from derivcheck.catalog.listing import row
    from derivcheck.catalog.show import shown
    from derivcheck.report.text import Style

    found = row(entry)
    if as_json:
        parts = {k: found.line[k] for k in ("steps", "claim")} if found.line else {}
        click.echo(json.dumps(found.to_json() | parts, ensure_ascii=False, indent=2))
        return
    click.echo(shown(found, Style(use_color(color))), nl=False)
    if found_entries[-1].erratum and not entry.erratum:
        click.echo(f"\nIts document has it otherwise: derivcheck catalog show --printed {name}")


def _nothing(words: tuple[str, ...], formula: str | None, instances: bool, declared: bool, color: str) -> None:
    """Say that nothing was found, and what may help."""
    from derivcheck.catalog.listing import row
    from derivcheck.catalog.store import nearest

    if formula is None:
        near = [row(e) for e in nearest(" ".join(words))] if len(words) > 1 else []
        click.echo("no entry holds all of these words" + ("; nearest to them:" if near else ""), err=True)
        _print(near, False, color)
        return
    said = "no entry holds all of these words and the formula" if words else "no entry holds this formula"
    helps = [] if declared else ["what --let does not declare is a real number"]
    helps += [] if instances else ["--instances also finds special cases of it"]
    click.echo("; ".join([said, *helps]), err=True)


def _known(documents: Sequence[str], kinds: Sequence[str]) -> None:
    """Complain about a document or a kind that no entry has."""
    from derivcheck.catalog.store import entries

    everything = entries()
    for given, there, what in ((documents, {e.document for e in everything}, "document"), (kinds, {k for e in everything for k in e.tags}, "kind")):
        for name in given:
            if not any(t.startswith(name) if what == "document" else t == name for t in there):
                raise click.UsageError(f"No entry is of the {what} {name!r}.  There are: {', '.join(sorted(there))}.")


def _named(name: str) -> list[Entry]:
    """The entries of this name, errata last."""
    from derivcheck.catalog.store import entries

    found = sorted((e for e in entries() if e.name == name), key=lambda e: e.erratum)
    if not found:
        from difflib import get_close_matches

        names = sorted({e.name for e in entries()})
        near = [n for n in names if name.lower() in n.lower()][:3] or get_close_matches(name, names, 3)
        raise click.UsageError(f"The catalog has no entry {name!r}." + (f"  Near it: {', '.join(near)}." if near else ""))
    return found


@command.command("verify")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--write", is_flag=True, help="Write the certificates of what is verified.")
@click.option("--check", "check_only", is_flag=True, help="Replay the certificates without searching, and say what is stale.")
@click.option("--stale", is_flag=True, help="Only entries without a certificate of their present text.")
@_DOCUMENT
@output_options
@run_options
def verify_entries(names: tuple[str, ...], write: bool, check_only: bool, stale: bool, documents: tuple[str, ...], form: str, **given: Any) -> None:
    """Verify the catalog, or the entries named.

    An entry under errata/ is as it should be when it is refuted, as its document prints it; it is reported only when it is not.
    With --check the exit status is 0 where all certificates stand, and 1 where one is missing or stale.
    """
    from derivcheck.catalog.store import entries

    if write and check_only:
        raise click.UsageError("--write and --check exclude each other.")
    everything = entries()
    chosen = [e for n in dict.fromkeys(names) for e in _named(n)] if names else everything
    chosen = [e for e in chosen if not documents or any(e.document.startswith(d) for d in documents)]
    if stale:
        from derivcheck.catalog.certificates import examine

        fine = {(e.path, e.name) for e in examine(chosen, everything).fresh}
        chosen = [e for e in chosen if (e.path, e.name) not in fine]
    if check_only:
        _check(chosen, everything, form, given)
    _verify(chosen, everything, bool(names or documents or stale), write, form, given)


def _check(chosen: list[Entry], everything: list[Entry], form: str, given: dict[str, Any]) -> None:
    from derivcheck.catalog.certification import check
    from derivcheck.report.text import SYMBOLS

    with ProgressBar(not given["quiet"] and form == "text") as progress:
        outcome: Checkup = check(chosen, everything, make_options(given), progress)
    style = make_style(given)
    if form == "json":
        rows = [{"entry": f.entry, "document": f.document, "kind": f.kind, "text": f.text} for f in outcome.findings]
        click.echo(json.dumps({"entries": len(chosen), "stale": rows, "replayed": outcome.replayed, "searched": outcome.searched}, ensure_ascii=False, indent=2))
    else:
        for f in outcome.findings:
            click.echo(f"{style.paint('refuted', SYMBOLS['refuted'])} {f.document}: {f.entry} {f.text}" if f.kind != "missing" or not given["quiet"] else f.entry)
        if outcome.findings or not given["quiet"]:
            stale = len({(f.document, f.entry) for f in outcome.findings})
            click.echo(
                f"{len(chosen)} entries, {stale} stale; {outcome.replayed} proofs replayed"
                + (f", {outcome.searched} judgements searched for again" if outcome.searched else "")
            )
    raise click.exceptions.Exit(1 if outcome.findings else 0)


def _verify(chosen: list[Entry], everything: list[Entry], some: bool, write: bool, form: str, given: dict[str, Any]) -> None:
    from derivcheck.report.model import Report
    from derivcheck.services.sources import gather

    options = make_options(given)
    errata = {str(e.path) for e in chosen if e.erratum}
    if write:
        from derivcheck.catalog.certification import write as write_certificates

        with ProgressBar(not given["quiet"] and form == "text") as progress:
            try:
                files = tuple(write_certificates(chosen, everything, options, progress).values())
            except OSError as why:
                raise click.ClickException(f"The certificates can't be written: {why}") from None
        report = Report(tuple(replace(f, evidence=()) for f in files), sum(f.seconds for f in files))
    else:
        report = run(gather(dict.fromkeys(str(e.path) for e in chosen)), options, given["quiet"] or form != "text")
    wanted = {(str(e.path), e.name) for e in chosen}
    kept = [_only(f, wanted) if some else f for f in report.files if not (f.path in errata and _as_expected(f))]
    shown = Report(tuple(kept), report.seconds)
    print_report(shown, form, make_style(given))
    as_expected = len(report.files) - len(kept)
    if as_expected and form == "text" and not given["quiet"]:
        click.echo(f"errata refuted as expected: {as_expected}")
    surprises = any(f.path in errata and f.verdict == "verified" for f in kept)
    raise click.exceptions.Exit(1 if surprises and shown.exit_status != 2 else shown.exit_status)


def _as_expected(file: FileReport) -> bool:
    """Whether an erratum is refuted, or holds a step without meaning as the only fault found."""
    return file.verdict == "refuted" or (file.verdict == "error" and any(s.verdict == "error" for s in file.steps))


def _only(file: FileReport, names: set[tuple[str, str]]) -> FileReport:
    """The file's report with the derivations named alone (all of it where it could not be read)."""
    from derivcheck.report.model import worst

    chosen = tuple(d for d in file.derivations if (file.path, d.name) in names)
    return replace(file, derivations=chosen, verdict=worst(d.verdict for d in chosen)) if chosen else file


@command.command("graph")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--format", "form", type=click.Choice(("text", "dot", "mermaid", "json")), default="text", show_default=True, help="dot is for Graphviz.")
def graph(names: tuple[str, ...], form: str) -> None:
    """Which entry uses which: below each entry, further in, what uses it.  With NAMEs, only what they use and what uses them, near and far."""
    from derivcheck.catalog.listing import dot, edges, mermaid, tree
    from derivcheck.catalog.store import entries

    found = edges(entries())
    if names:
        for name in names:
            _named(name)
        near = _reach(set(names), [(e.name, used) for e, used, _ in found]) | _reach(set(names), [(used, e.name) for e, used, _ in found])
        found = [edge for edge in found if edge[0].name in near and edge[1] in near]
    if form == "json":
        click.echo(json.dumps([{"entry": e.name, "uses": name, "found": used is not None} for e, name, used in found], ensure_ascii=False, indent=2))
    elif form == "dot":
        click.echo(dot(found), nl=False)
    elif form == "mermaid":
        click.echo(mermaid(found), nl=False)
    elif not found:
        click.echo("no entry uses another" if not names else "they use nothing, and nothing uses them")
    else:
        click.echo("\n".join(tree(found)))


def _reach(start: set[str], arrows: list[tuple[str, str]]) -> set[str]:
    seen = set(start)
    pending = list(start)
    while pending:
        here = pending.pop()
        for a, b in arrows:
            if a == here and b not in seen:
                seen.add(b)
                pending.append(b)
    return seen
