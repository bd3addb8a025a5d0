"""`stargrove export`: training data, trees and transcripts as files for others, with a dataset card."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from flows.cli.options import DEFAULT_HOME, HomeOption

NAME = "export"


def command(
    kind: Annotated[Literal["sft", "preferences", "trees", "transcripts"], typer.Argument(help="What to export.")],
    round_: Annotated[int, typer.Option("--round", help="Of which round; 0 holds what was imported.")],
    form: Annotated[
        Literal["trl", "chat", "rstar", "scout"] | None,
        typer.Option(
            help="Columns as TRL reads them (default for sft and preferences), conversations, the form of rStar-Math "
            "(default for trees), or Inspect Scout's (default for transcripts)."
        ),
    ] = None,
    format_: Annotated[
        Literal["jsonl", "parquet"] | None,
        typer.Option("--format", help="One file (default), or a folder of Parquet files as data set hubs lay it out."),
    ] = None,
    markers: Annotated[
        Literal["keep", "strip"] | None,
        typer.Option(help="In --form chat: the markers of the step format as they are (default), or Markdown in their place."),
    ] = None,
    output: Annotated[Path, typer.Option(metavar="DIR", help="Where the files and their card are written.")] = Path("exported"),
    push: Annotated[str | None, typer.Option(metavar="REPOSITORY", help="Also push to this dataset of your hub.")] = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Write a round's SFT examples, preference pairs, search trees or transcripts, and README.md: the dataset card.

    --push uses the hub and the token that the libraries of Hugging Face find in the environment.
    """
    from flows.data.exports.base import export_request
    from flows.data.exports.index import INDEX
    from flows.data.exports.run import CARD, run_export
    from warehouse.places.objects import fetched, placed, spelled

    request = export_request(kind, round_, form, format_, markers)
    with placed(output, index=INDEX) as directory:
        made = run_export(home, request, directory)
    files = f" in {made.n_files} files" if made.n_files > 1 else ""
    what = f"{made.n_rows:,} rows{files} of snapshot {made.snapshot_id}, sha256 {made.sha256[:16]}"
    typer.echo(f"{spelled(output / made.name)}: {what}; card: {spelled(output / CARD)}")
    if push is not None:
        from flows.data.exports.push import push_directory

        with fetched(output) as directory:
            typer.echo(f"pushed to {push_directory(directory, push)}")
