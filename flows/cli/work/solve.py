"""`stargrove solve`: search for the solution of one problem with the current checkpoints."""

from typing import Annotated

import typer

from flows.cli.options import (
    DEFAULT_HOME,
    DEFAULT_PROFILE,
    FileOption,
    HomeOption,
    ProfileOption,
    SetOption,
    read_method,
)

NAME = "solve"


def command(
    statement: Annotated[str, typer.Argument(help="The problem, in quotes.")],
    method: Annotated[
        str, typer.Option("--method", help="mcts, beam, sample (best-of-k by PPM) or greedy (no search, no PPM).")
    ] = "mcts",
    home: HomeOption = DEFAULT_HOME,
    profile: ProfileOption = DEFAULT_PROFILE,
    file: FileOption = None,
    set_: SetOption = None,
) -> None:
    """Show the trajectory that the PPM prefers: its code, its output, and the PPM score of each step."""
    from flows.settings import load
    from warehouse.errors import BadInput

    if not statement.strip():
        raise BadInput("the problem is empty", hint='write it in quotes: stargrove solve "Ana has 3 coins. ..."')
    chosen = read_method(method)
    settings = load(profile, file, set_ or [])
    from flows.display.progress import open_display
    from flows.home.solving import run_solve

    with open_display() as display:
        code = run_solve(settings, home, statement, chosen, display)
    raise typer.Exit(code)
