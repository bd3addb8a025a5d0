"""`stargrove ingest`: bring problems from files into the lake."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import DEFAULT_HOME, DEFAULT_PROFILE, FileOption, HomeOption, ProfileOption, SetOption
from warehouse.records import Split

NAME = "ingest"


def command(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE...", help="JSONL, JSON or Parquet with {question, answer}.")],
    split: Annotated[Split, typer.Option(help="Benchmarks are `test`: they can never enter training.")] = "train",
    source: Annotated[str, typer.Option(help="Name stored with each problem; default: the file's name.")] = "",
    licence: Annotated[str | None, typer.Option(help="Licence of the problems, as their source states it.")] = None,
    home: HomeOption = DEFAULT_HOME,
    profile: ProfileOption = DEFAULT_PROFILE,
    file: FileOption = None,
    set_: SetOption = None,
) -> None:
    """Read problems into the lake; broken rows go to the table `quarantine` with the reason and the line."""
    from flows.data.ingest import run_ingest
    from flows.home.lock import hold
    from flows.settings import load

    settings = load(profile, file, set_ or [])
    with hold(home):
        for path in paths:
            typer.echo(run_ingest(settings, home, path, split, source or path.stem, licence).line)
