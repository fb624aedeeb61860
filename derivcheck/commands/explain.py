"""`derivcheck explain CODE`."""

from __future__ import annotations

import click


@click.command("explain")
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """Explain a diagnostic code such as D201; without one, list all codes."""
    from derivcheck.report.codes import all_codes

    table = all_codes()
    if code is None:
        for name, (summary, _) in table.items():
            click.echo(f"{name}  {summary}")
        return
    wanted = code.strip().strip("[]").upper()
    if wanted not in table:
        from difflib import get_close_matches

        near = get_close_matches(wanted, table, 3)
        hint = f"  Near it: {', '.join(near)}." if near else ""
        raise click.UsageError(f"There is no code {code!r}.{hint}  'derivcheck explain' lists all.")
    summary, text = table[wanted]
    click.echo(f"{wanted}: {summary}\n\n{text}" if text != summary else f"{wanted}: {summary}")
