"""`derivcheck render FILE -o out.html`."""

from __future__ import annotations

import os
from typing import Any

import click

from derivcheck.commands.common import make_options, run, run_options


@click.command("render")
@click.argument("paths", nargs=-1, required=True, metavar="FILE...")
@click.option("--output", "-o", type=click.Path(dir_okay=False, writable=True), metavar="OUT", help="The page to write (default: standard output).")
@click.option("--title", metavar="TEXT", help="The page's title.")
@run_options
def command(paths: tuple[str, ...], output: str | None, title: str | None, **given: Any) -> None:
    """Verify a file or folder and make one self-contained HTML page of the result: formulas with verdicts, no scripts.

    The exit status is that of verify.
    """
    from derivcheck.report.html import page
    from derivcheck.services.sources import gather

    report = run(gather(paths), make_options(given))
    text = page(report, title)
    if output is None or output == "-":
        click.echo(text, nl=False)
    else:
        try:
            with open(output, "w", encoding="utf-8") as stream:
                stream.write(text)
        except OSError as error:
            raise click.FileError(os.fspath(output), error.strerror or str(error)) from error
    raise click.exceptions.Exit(report.exit_status)
