"""`stargrove reject`: refuse a held round."""

from typing import Annotated

import typer

from flows.cli.options import DEFAULT_HOME, HomeOption, ReasonOption

NAME = "reject"


def command(
    round_: Annotated[int, typer.Option("--round", min=1, help="A round that is held, or that a gate refused.")],
    reason: ReasonOption,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Reject a round that is held for review; what was current stays. A refused round is closed: evolve leaves it alone."""
    from flows.home.reviewing import reject_by_hand

    reject_by_hand(home, round_, reason, typer.echo)
