"""`derivcheck verify PATH…`."""

from __future__ import annotations

from typing import Any

import click

from derivcheck.commands.common import make_options, make_style, output_options, print_report, run, run_options


@click.command("verify")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@output_options
@run_options
def command(paths: tuple[str, ...], form: str, **given: Any) -> None:
    """Verify files and, for folders, all files that can be read below them.  `-` is standard input.

    Reads .deriv, and the derivations in .tex, .md, .qmd and .ipynb.
    """
    from derivcheck.services.sources import gather

    inputs = gather(paths)
    if not inputs:
        click.echo(f"no files to verify below {', '.join(paths)}", err=True)
    report = run(inputs, make_options(given), given["quiet"] or form != "text")
    print_report(report, form, make_style(given))
    raise click.exceptions.Exit(report.exit_status)
