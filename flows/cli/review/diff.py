"""`stargrove diff`: what changed from one round to another."""

from typing import Annotated, Literal

import typer

from flows.cli.options import DEFAULT_HOME, HomeOption

NAME = "diff"


def command(
    round_: Annotated[list[int], typer.Option("--round", help="A round; give two, in any order: --round 2 --round 3.")],
    all_: Annotated[bool, typer.Option("--all", help="Show what stayed the same, too.")] = False,
    format_: Annotated[Literal["text", "json"], typer.Option("--format", help="How it is printed.")] = "text",
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Compare two rounds: settings, checkpoints, coverage, accuracy, training data, calibration, gates and costs."""
    from flows.display.tables.round_diff import compared

    difference = compared(home, round_)
    if format_ == "json":
        typer.echo(difference.json())
        return
    from flows.display.screen import screen

    screen().print(difference.tables(with_unchanged=all_))
