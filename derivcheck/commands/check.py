"""`derivcheck check 'LHS REL RHS'`: one statement or chain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from derivcheck.commands.common import make_options, make_style, output_options, print_report, run, run_options


@click.command("check")
@click.argument("statement")
@click.option("--let", multiple=True, metavar="TEXT", help="A declaration, such as 'x \\in \\R'.  May be repeated, like the next ones.")
@click.option("--define", multiple=True, metavar="TEXT", help="A definition, such as 'f(x) = x^2'.")
@click.option("--assume", multiple=True, metavar="TEXT", help="A hypothesis, such as 'x > 1'.")
@click.option("--use", "use", multiple=True, metavar="NAME", help="A catalog entry whose claim may be used.")
@click.option("--vary", multiple=True, metavar="NAMES", help="What \\propto, \\doteq and \\const refer to.")
@click.option("--as", "growth", multiple=True, metavar="TEXT", help="For O(.): 'n \\to \\infty'.")
@click.option("--convention", multiple=True, metavar="NAME", help="'real' or 'denominator-layout'.")
@output_options
@run_options
def command(
    statement: str,
    let: tuple[str, ...],
    define: tuple[str, ...],
    assume: tuple[str, ...],
    use: tuple[str, ...],
    vary: tuple[str, ...],
    growth: tuple[str, ...],
    convention: tuple[str, ...],
    form: str,
    **given: Any,
) -> None:
    """Judge one statement or chain under the declarations, definitions and hypotheses given."""
    from derivcheck.api import check_text
    from derivcheck.services.sources import Input

    text = check_text(statement, let, define, assume, use=use, vary=vary, growth=growth, convention=convention)
    report = run([Input("<check>", "deriv", text)], make_options(given), given["quiet"] or form != "text")
    style = make_style(given)
    print_report(report, form, replace(style, verbose=not style.quiet))
    raise click.exceptions.Exit(report.exit_status)
