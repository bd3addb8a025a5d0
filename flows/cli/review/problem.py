"""`stargrove problem`: one problem, and what became of it round by round."""

from typing import Annotated

import typer

from flows.cli.options import DEFAULT_HOME, HomeOption

NAME = "problem"


def command(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="A problem; the beginning of its id will do.")],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Show a problem: its text and reference answer, what each round made of it, its trees, and answers of evaluations."""
    from flows.display.screen import screen
    from flows.display.tables.problem import problem_view
    from warehouse.rounds.identifiers import identified
    from warehouse.store.lake import Warehouse

    with Warehouse.open(home, read_only=True) as lake:
        view = problem_view(lake, identified(lake, "problem", identifier))
    screen().print(view)
