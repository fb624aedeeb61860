"""What several commands share: the options of a run, the progress bar, the printing of a report."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import click

from derivcheck.services.options import CERTAINTIES, Options

if TYPE_CHECKING:
    from derivcheck.report.model import Report
    from derivcheck.report.text import Style
    from derivcheck.services.sources import Input

Command = TypeVar("Command", bound=Callable[..., Any])

FORMATS = ("text", "json", "sarif", "junit", "github")

_POSITIVE = click.FloatRange(min=0, min_open=True)

_RUN = (
    click.option("--strict", is_flag=True, help="Warnings (undeclared symbols, conditions) fail too."),
    click.option("--timeout", type=_POSITIVE, default=10.0, show_default=True, metavar="S", help="Limit for a step, in seconds."),
    click.option("--budget", type=_POSITIVE, metavar="S", help="Limit for a file, in seconds (default: none)."),
    click.option("--certainty", type=click.Choice(CERTAINTIES), default="cas", show_default=True, help="The least that counts as proved."),
    click.option("--memory", type=click.IntRange(min=64), default=2048, show_default=True, metavar="MB", help="Limit for a worker process."),
    click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Parallel workers (default: the number of cores)."),
    click.option("--no-cache", is_flag=True, help="Neither use nor fill the cache."),
    click.option("--cache-dir", type=click.Path(file_okay=False), metavar="DIR", help="Where the cache is (default: the user's cache folder)."),
)
_OUTPUT = (
    click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="The report on standard output."),
    click.option("--quiet", "-q", is_flag=True, help="Say nothing where all is verified."),
    click.option("--verbose", "-v", is_flag=True, help="List every step."),
    click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", show_default=True, help="Colours in the text report."),
)


def run_options(command: Command) -> Command:
    """The options that make an `Options`."""
    for option in reversed(_RUN):
        command = option(command)
    return command


def output_options(command: Command) -> Command:
    """The options that say how to print a report."""
    for option in reversed(_OUTPUT):
        command = option(command)
    return command


def make_options(given: dict[str, Any]) -> Options:
    """The `Options` from the values of `run_options`."""
    return Options(
        timeout=given["timeout"],
        budget=given["budget"],
        strict=given["strict"],
        certainty=given["certainty"],
        memory=given["memory"],
        jobs=given["jobs"],
        cache=not given["no_cache"],
        cache_dir=given["cache_dir"],
    )


def use_color(choice: str) -> bool:
    """Whether to print in colour: on a terminal, unless told otherwise (`NO_COLOR` is respected)."""
    if choice != "auto":
        return choice == "always"
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def make_style(given: dict[str, Any]) -> Style:
    """The text report's style from the values of `output_options`."""
    from derivcheck.report.text import Style

    return Style(use_color(given["color"]), given["quiet"], given["verbose"])


class ProgressBar:
    """A bar on standard error, from the second second on, if that is a terminal.  It has no thread: workers are forked."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted and sys.stderr.isatty()
        self._since = time.monotonic()
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> ProgressBar:
        return self

    def __call__(self, done: int, total: int) -> None:
        if not self._wanted or time.monotonic() - self._since < 1.0:
            return
        if self._bar is None:
            from rich.console import Console
            from rich.progress import Progress

            self._bar = Progress(console=Console(stderr=True), auto_refresh=False, transient=True)
            self._bar.start()
            self._task = self._bar.add_task("verifying", total=total)
        self._bar.update(self._task, completed=done, total=total, refresh=True)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()


def run(inputs: Sequence[Input], options: Options, quiet: bool = False) -> Report:
    """Judge the inputs, with a progress bar where that helps."""
    from derivcheck.services.run import verify_inputs

    with ProgressBar(not quiet) as bar:
        return verify_inputs(inputs, options, bar)


def print_report(report: Report, form: str, style: Style) -> None:
    """The report on standard output."""
    if form == "text":
        from derivcheck.report.text import render

        click.echo(render(report, style), nl=False, color=True)
        return
    from derivcheck.report import machine

    printer = {"json": machine.to_json, "sarif": machine.to_sarif, "junit": machine.to_junit, "github": machine.to_github}[form]
    click.echo(printer(report), nl=False)
