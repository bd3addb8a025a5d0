"""`stargrove tree`: one search tree, in the terminal or as a page."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import DEFAULT_HOME, HomeOption

NAME = "tree"


def command(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="A tree or one of its trajectories; the beginning will do.")],
    full: Annotated[bool, typer.Option("--full", help="Show the whole code of each node, its output and its error.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page that needs no other file and no network.")
    ] = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Show a search tree: visits, Q-values, PPM scores and verdicts, the code, and what training makes of it."""
    from flows.display.tree.reading import read_tree
    from warehouse.rounds.identifiers import identified
    from warehouse.store.lake import Warehouse

    with Warehouse.open(home, read_only=True) as lake:
        tree = read_tree(lake, identified(lake, "tree", identifier))
    if html is None:
        from flows.display.screen import screen
        from flows.display.tree.table import tree_view

        screen().print(tree_view(tree, full=full))
        return
    from flows.display.tree.page import tree_page
    from warehouse.places.objects import placed, spelled

    with placed(html) as local:
        local.write_text(tree_page(tree), encoding="utf-8")
    typer.echo(f"written to {spelled(html)}")
