"""`derivcheck serve`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from derivcheck.commands.common import make_options, run_options

BUDGET = 60.0


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="The port (0: any that is free).")
@run_options
def command(host: str, port: int, **given: Any) -> None:
    """Serve a web page for verifying derivations, on this machine.

    POST a text to /verify for a report in JSON. A text gets 60 seconds unless --budget says otherwise.
    """
    from derivcheck.services.web import Site

    options = make_options(given)
    if options.budget is None:
        options = replace(options, budget=BUDGET)
    try:
        site = Site(host, port, options)
    except OSError as error:
        raise click.ClickException(f"The page cannot be served at {host}:{port}: {(error.strerror or str(error)).lower()}.") from error
    click.echo(f"derivcheck is at {site.url} (Ctrl-C ends it)")
    with site:
        site.serve_forever()
