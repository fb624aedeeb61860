"""`derivcheck grade REFERENCE SUBMISSION…`: marks for submissions after the rubric of a reference."""

from __future__ import annotations

import os
import sys

import click

from derivcheck.commands.common import ProgressBar

JOURNAL = ".grading.jsonl"


@click.command("grade")
@click.argument("reference", type=click.Path(exists=True, dir_okay=False))
@click.argument("submissions", nargs=-1, required=True, type=click.Path(exists=True))
@click.option("--out", "folder", type=click.Path(file_okay=False), help="Write CSV, JSON and HTML pages to this folder.")
@click.option("--format", "form", type=click.Choice(("csv", "json", "gradescope", "html")), default="csv", show_default=True, help="What to print.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Parallel workers (default: the number of cores).")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), default=3.0, show_default=True, metavar="S", help="Limit for a step.")
@click.option("--budget", type=click.FloatRange(min=0, min_open=True), default=5.0, show_default=True, metavar="S", help="Limit for a submission.")
@click.option("--memory", type=click.IntRange(min=64), default=512, show_default=True, metavar="MB", help="Limit for a worker process.")
@click.option("--roster", type=click.Path(exists=True, dir_okay=False), help="CSV with columns file (or id) and name, also email and section.")
@click.option("--decisions", type=click.Path(dir_okay=False), help="JSON with what a person has decided for groups and submissions.")
@click.option("--reveal", is_flag=True, help="What students get may show the rubric and hints.")
@click.option("--resume", is_flag=True, help="Take over what an interrupted run with the same --out has graded.")
@click.option("--cluster", metavar="ADDRESS", help="Grade on a cluster: the address of its dask scheduler.")
def command(
    reference: str,
    submissions: tuple[str, ...],
    folder: str | None,
    form: str,
    jobs: int | None,
    timeout: float,
    budget: float,
    memory: int,
    roster: str | None,
    decisions: str | None,
    reveal: bool,
    resume: bool,
    cluster: str | None,
) -> None:
    """Grade SUBMISSIONs (files, or folders with one file or folder a student) after the rubric of REFERENCE."""
    from derivcheck.grading import output, pages, run
    from derivcheck.grading.cluster import ClusterError
    from derivcheck.grading.reference import tasks_of
    from derivcheck.services.options import Options

    text = _text(reference)
    try:
        troubles = [t for task in tasks_of(text) for t in task.troubles]
        decided = run.read_decisions(decisions) if decisions else run.Decisions()
        people = run.read_roster(roster) if roster else {}
    except (ValueError, OSError) as error:
        raise click.ClickException(f"{reference}: {error}" if "rubric" in str(error) else str(error)) from error
    found = run.collect(submissions, people)
    options = Options(timeout=timeout, budget=budget, memory=memory, jobs=jobs, cache=False)
    journal = os.path.join(folder, JOURNAL) if folder else None
    try:
        with ProgressBar(sys.stderr.isatty()) as bar:
            grades = run.grade_all(text, found, options, bar, decided, journal, resume, troubles, cluster)
    except ClusterError as error:
        raise click.ClickException(str(error)) from error
    for trouble in troubles:
        click.echo(f"warning: {reference}: {trouble}", err=True)
    missing = run.absent(people, found)
    for name in missing:
        click.echo(f"warning: {name}", err=True)
    troubles += missing
    who = {s.student: s.person for s in found if s.person is not None}
    if folder:
        output.write_all(grades, folder, reveal, who, troubles)
    if form == "csv":
        click.echo(output.to_csv(grades, who), nl=False)
    elif form == "json":
        click.echo(output.to_json(grades))
    elif form == "gradescope":
        click.echo(output.to_gradescope(grades, reveal))
    else:
        click.echo(pages.grader_page(grades, None, troubles), nl=False)


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read()
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{path} can't be read: {error}") from error
