"""`stargrove reproduce`: write the files that a checkpoint was trained on once more."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import DEFAULT_HOME, HomeOption

NAME = "reproduce"


def command(
    checkpoint_id: Annotated[str, typer.Argument(metavar="CHECKPOINT", help="A policy or a PPM of a round.")],
    output: Annotated[Path, typer.Option("--output", metavar="DIR", help="Where the files are written.")] = Path("reproduced"),
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Write the files that a checkpoint was trained on once more, and check that every byte is the same."""
    from warehouse.places.objects import placed, spelled
    from warehouse.rounds.training_files import reproduce
    from warehouse.store.lake import Warehouse

    with Warehouse.open(home, read_only=True) as lake, placed(output) as directory:
        files = reproduce(lake, checkpoint_id, directory)
    for file in files:
        name = spelled(output / file.path.name)
        typer.echo(f"{name}: {file.n_rows} rows of snapshot {file.snapshot_id}, sha256 {file.sha256}: the same bytes")
