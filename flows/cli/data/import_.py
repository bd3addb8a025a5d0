"""`stargrove import`: search trees and solutions from elsewhere, as rows of round 0."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import DEFAULT_HOME, DEFAULT_PROFILE, FileOption, HomeOption, ProfileOption, SetOption
from warehouse.records import Split

NAME = "import"

app = typer.Typer(help="Import search trees or solutions from elsewhere; they are graded here.", no_args_is_help=True)

PathArgument = Annotated[Path, typer.Argument(metavar="FILE", help="JSONL, JSON or Parquet.")]
SourceOption = Annotated[str, typer.Option(help="Name stored with what is imported; default: the file's name.")]
LicenceOption = Annotated[str | None, typer.Option(help="Licence, as the source states it.")]
SplitOption = Annotated[
    Split,
    typer.Option(help="Split of problems that are not in the lake yet. `test` can never enter training."),
]


@app.command()
def trees(
    path: PathArgument,
    split: SplitOption = "train",
    source: SourceOption = "",
    licence: LicenceOption = None,
    home: HomeOption = DEFAULT_HOME,
    profile: ProfileOption = DEFAULT_PROFILE,
    file: FileOption = None,
    set_: SetOption = None,
) -> None:
    """Read search trees as the solver of microsoft/rStar writes them: {question, answer, rstar: {tag: state}}."""
    _import("trees", path, split, source, licence, home, profile, file, set_)


@app.command()
def solutions(
    path: PathArgument,
    split: SplitOption = "test",
    source: SourceOption = "",
    licence: LicenceOption = None,
    home: HomeOption = DEFAULT_HOME,
    profile: ProfileOption = DEFAULT_PROFILE,
    file: FileOption = None,
    set_: SetOption = None,
) -> None:
    """Read solutions with labels: {question, ground_truth, AUTHOR: {is_correct, solution}, ...}; each label is checked."""
    _import("solutions", path, split, source, licence, home, profile, file, set_)


def _import(
    kind: str,
    path: Path,
    split: Split,
    source: str,
    licence: str | None,
    home: Path,
    profile: str,
    file: Path | None,
    set_: list[str] | None,
) -> None:
    from flows.data.imports.base import ImportSource
    from flows.data.imports.run import run_import
    from flows.home.lock import hold
    from flows.settings import load

    settings = load(profile, file, set_ or [])
    with hold(home):
        typer.echo(run_import(settings, home, kind, ImportSource(path, source or path.stem, split, licence)).line)
