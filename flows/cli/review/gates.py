"""`stargrove gates`: what each data-quality gate observed against what it needed."""

from typing import Annotated

import typer

from flows.cli.options import DEFAULT_HOME, HomeOption

NAME = "gates"


def command(
    round_: Annotated[int | None, typer.Option("--round", help="Only this round.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only expectations that did not hold.")] = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Show the results of the gates, expectation by expectation."""
    from rich.console import Console

    from flows.display.tables.gates import gate_tables

    Console().print(gate_tables(home, round_, failed_only=failed))
