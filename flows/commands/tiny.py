"""`stargrove tiny`: the base model of the tiny default."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import DEFAULT_PROFILE, FileOption, ProfileOption, SetOption

app = typer.Typer(help="The base model of the tiny default.", no_args_is_help=True)


@app.command()
def build(
    output: Annotated[Path, typer.Option("--output", help="Where the checkpoint directory is written.")] = Path("base"),
    profile: ProfileOption = DEFAULT_PROFILE,
    file: FileOption = None,
    set_: SetOption = None,
) -> None:
    """Train the base from scratch on flawed student work, deterministically (about 6 minutes on two cores)."""
    from flows.settings import load
    from flows.tiny import run_build

    typer.echo(run_build(load(profile, file, set_ or []), output))
