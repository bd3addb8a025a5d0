"""`stargrove rollback`: go back to an earlier promoted round."""

from typing import Annotated

import typer

from flows.cli.options import DEFAULT_HOME, HomeOption, ReasonOption

NAME = "rollback"


def command(
    round_: Annotated[int, typer.Option("--round", min=0, help="A round that was promoted; 0 is the base.")],
    reason: ReasonOption,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Make an earlier promoted round current again. Later ones keep their rows, superseded; evolve goes on from there."""
    from flows.home.reviewing import roll_back

    roll_back(home, round_, reason, typer.echo)
