"""`stargrove promote`: make what a held round trained current, or override a refusal."""

from typing import Annotated

import typer

from flows.cli.options import DEFAULT_HOME, HomeOption, ReasonOption

NAME = "promote"


def command(
    round_: Annotated[int, typer.Option("--round", min=1, help="A round that is held, or that was refused.")],
    reason: ReasonOption,
    override: Annotated[bool, typer.Option("--override", help="Promote a refused round all the same.")] = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Promote a round that is held for review. Who, when and why are kept: stargrove sql --file promotion_decisions."""
    from flows.home.reviewing import promote_by_hand

    promote_by_hand(home, round_, reason, typer.echo, override=override)
