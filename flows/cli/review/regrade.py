"""`stargrove regrade`: stored answers, graded again by the rules of today."""

from typing import Annotated

import typer

from flows.cli.options import DEFAULT_HOME, DEFAULT_PROFILE, FileOption, HomeOption, ProfileOption, SetOption

NAME = "regrade"


def command(
    round_: Annotated[int | None, typer.Option("--round", min=0, help="Only this round; 0: the base, and imports.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Keep the verdicts that change, as rows beside those stored.")] = False,
    home: HomeOption = DEFAULT_HOME,
    profile: ProfileOption = DEFAULT_PROFILE,
    file: FileOption = None,
    set_: SetOption = None,
) -> None:
    """Say which stored verdicts the rules of today change, and what that does to coverage and training data.

    No model is asked. Nothing that is stored changes, and without --write nothing is written.
    """
    from flows.settings import load

    settings = load(profile, file, set_ or [])
    from rich.console import Console

    from flows.display.tables.regrading import regrading_tables
    from flows.home.regrading import regrade

    rounds = regrade(settings, home, round_, lambda line: typer.echo(line, err=True), write=write)
    console = Console()
    for one in rounds:
        console.print(regrading_tables(one, home))
