"""The command line.  Commands live in `commands/`, one file each, and are imported when they are called: `--help` and
`--version` cost the import of click and no more."""

from __future__ import annotations

import gc
import os
import sys

import click

from derivcheck import __version__

COMMANDS: dict[str, tuple[str, str]] = {
    "verify": ("derivcheck.commands.verify", "Verify files, or all readable files of folders."),
    "check": ("derivcheck.commands.check", "Judge one statement or chain from the command line."),
    "catalog": ("derivcheck.commands.catalog", "List, show, search or verify the catalog of derivations."),
    "grade": ("derivcheck.commands.grade", "Grade submissions against a reference with a rubric."),
    "render": ("derivcheck.commands.render", "Make a self-contained HTML page of a verified file or folder."),
    "explain": ("derivcheck.commands.explain", "Explain a diagnostic code."),
    "cache": ("derivcheck.commands.cache", "Show or clear the cache of verdicts."),
    "serve": ("derivcheck.commands.serve", "Serve a web page for verifying derivations."),
    "lsp": ("derivcheck.commands.lsp", "Run the language server for editors."),
}
"""Name → (module, help line).  The module's `command` is the click command."""


class LazyGroup(click.Group):
    """A group that imports a command only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        from importlib import import_module

        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, 1)
            hint = f" Did you mean {near[0]!r}?" if near else " See 'derivcheck --help'."
            path = f" To verify a file: derivcheck verify {args[0]}" if os.path.exists(args[0]) else ""
            ctx.fail(f"There is no command {args[0]!r}.{path or hint}")
        return super().resolve_command(ctx, args)


COLLECTIONS = (50_000, 10, 10)
"""When garbage is looked for.  Hundreds of modules and the terms of a file are many objects and next to no cycles: looking for these after
every 700 objects, as is the default, takes a sixth of the time of a small file."""


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="derivcheck", message="%(prog)s %(version)s")
def cli() -> None:
    """Verifies step-by-step mathematical derivations written in LaTeX-like notation.

    Every step is proved, refuted with a counterexample, or undecided.

    Exit status: 0 all verified; 1 something refuted; 2 something could not be read, or wrong usage; 3 nothing refuted, something
    undecided.
    """


def main() -> None:
    """The entry point: like click's own, but for exit statuses, since 1 means that something is refuted."""
    gc.set_threshold(*COLLECTIONS)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    try:
        status = cli.main(standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        status = 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        status = 130
    except BrokenPipeError:
        # whoever read the report has gone: not a verdict
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        status = 141
    sys.exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    main()
