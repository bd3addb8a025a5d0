"""`stargrove export`: training data and trees as files for others, with a dataset card."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from flows.cli.options import DEFAULT_HOME, HomeOption

NAME = "export"


def command(
    kind: Annotated[Literal["sft", "preferences", "trees"], typer.Argument(help="What to export.")],
    round_: Annotated[int, typer.Option("--round", help="Of which round; 0 holds what was imported.")],
    form: Annotated[
        Literal["trl", "rstar"] | None,
        typer.Option(help="Columns as TRL reads them (default), or the form of rStar-Math (always for trees)."),
    ] = None,
    format_: Annotated[Literal["jsonl", "parquet"], typer.Option("--format", help="Kind of file for --form trl.")] = "jsonl",
    output: Annotated[Path, typer.Option(metavar="DIR", help="Where the files and their card are written.")] = Path("exported"),
    push: Annotated[str | None, typer.Option(metavar="REPOSITORY", help="Also push to this dataset of your hub.")] = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Write a round's SFT examples, preference pairs or search trees, and README.md: the dataset card.

    --push uses the hub and the token that the libraries of Hugging Face find in the environment.
    """
    from flows.data.dataset_card import INDEX
    from flows.data.export import ExportRequest, run_export
    from warehouse.places.objects import fetched, placed, spelled

    form = form or ("rstar" if kind == "trees" else "trl")
    with placed(output, index=INDEX) as directory:
        file = run_export(home, ExportRequest(kind, round_, form, format_), directory)
    name, card = spelled(output / file.name), spelled(output / "README.md")
    typer.echo(f"{name}: {file.n_rows:,} rows, sha256 {file.sha256[:16]}; card: {card}")
    if push is not None:
        from flows.data.hub import push_directory

        with fetched(output) as directory:
            typer.echo(f"pushed to {push_directory(directory, push)}")
