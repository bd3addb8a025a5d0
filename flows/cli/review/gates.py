"""`stargrove gates`: what each data-quality gate observed against what it needed, and which rows broke it."""

from typing import Annotated

import typer

from flows.cli.options import DEFAULT_HOME, HomeOption

NAME = "gates"


def command(
    round_: Annotated[int | None, typer.Option("--round", help="Only this round.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only expectations that did not hold.")] = False,
    rows: Annotated[bool, typer.Option("--rows", help="Only what did not hold, and the rows that break it.")] = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Show the results of the gates, expectation by expectation."""
    from flows.display.screen import screen
    from flows.display.tables.broken_rows import broken_rows
    from flows.display.tables.gates import gate_tables

    console = screen()
    console.print(gate_tables(home, round_, failed_only=failed or rows))
    if rows:
        typer.echo(broken_rows(home, round_, console.width))
