"""`derivcheck cache info|clear`."""

from __future__ import annotations

import click

from derivcheck.services.options import Options


@click.group("cache")
def command() -> None:
    """Show or clear the cache of verdicts."""


_WHERE = click.option("--cache-dir", type=click.Path(file_okay=False), metavar="DIR", help="Where the cache is (default: the user's cache folder).")


@command.command("info")
@_WHERE
def info(cache_dir: str | None) -> None:
    """Where the cache is and what it holds."""
    from derivcheck.services.cache import open_cache

    found = open_cache(Options(cache_dir=cache_dir)).info()
    click.echo(f"place: {found.path}\nsteps: {found.steps}\nfiles: {found.files}\nsize:  {found.bytes / 1024:.0f} kB")


@command.command("clear")
@_WHERE
def clear(cache_dir: str | None) -> None:
    """Forget everything."""
    from derivcheck.services.cache import open_cache

    cache = open_cache(Options(cache_dir=cache_dir))
    found = cache.info()
    cache.clear()
    click.echo(f"forgot {found.steps} steps and {found.files} files")
