"""`stargrove lineage`: where a trajectory or a checkpoint comes from, and what came of it."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from flows.cli.options import DEFAULT_HOME, HomeOption

NAME = "lineage"


def command(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="A checkpoint, trajectory, tree, problem, batch or round.")],
    format_: Annotated[Literal["text", "json", "svg"], typer.Option("--format", help="How it is printed.")] = "text",
    output: Annotated[Path | None, typer.Option("--output", help="Write to this file instead.")] = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Walk from a checkpoint to its rows, trees, searching checkpoints, settings, code version and flow run, and back."""
    from warehouse.places.objects import placed, spelled
    from warehouse.rounds.lineage import lineage
    from warehouse.store.lake import Warehouse

    with Warehouse.open(home, read_only=True) as lake:
        graph = lineage(lake, identifier)
    if format_ == "svg":
        from flows.display.pictures.lineage_graph import lineage_graph_svg

        text = lineage_graph_svg(graph)
    else:
        text = graph.json() if format_ == "json" else graph.text()
    if output is None:
        typer.echo(text)
    else:
        with placed(output) as local:
            local.write_text(text + "\n", encoding="utf-8")
        typer.echo(f"written to {spelled(output)}")
