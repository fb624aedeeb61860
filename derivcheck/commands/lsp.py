"""`derivcheck lsp`."""

from __future__ import annotations

import os
from typing import Any

import click

from derivcheck.commands.common import make_options, run_options


@click.command("lsp")
@click.option("--stdio", is_flag=True, help="Talk over standard input and output (the only way there is, and the default).")
@run_options
def command(stdio: bool, **given: Any) -> None:
    """Run the language server for editors: verdicts as diagnostics, and on hover.

    It speaks the language server protocol over standard input and output.
    """
    from derivcheck.services.language_server import Server

    outgoing = os.dup(1)
    os.dup2(2, 1)  # nothing but messages goes to the client
    raise click.exceptions.Exit(Server(0, outgoing, make_options(given)).run())
