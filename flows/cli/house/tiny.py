"""`stargrove tiny`: the base model of the tiny default."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import DEFAULT_PROFILE, FileOption, ProfileOption, SetOption

NAME = "tiny"

app = typer.Typer(help="The base model of the tiny default.", no_args_is_help=True)


@app.command()
def build(
    output: Annotated[Path, typer.Option("--output", help="The checkpoint directory to write.")] = Path("base"),
    solutions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="GSM8K's training file: learn from its human solutions instead of student work."),
    ] = None,
    test: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Test problems: solutions of problems that share words with them are left out."),
    ] = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    file: FileOption = None,
    set_: SetOption = None,
) -> None:
    """Train the base from scratch on flawed student work, deterministically (about 6 minutes on two cores)."""
    from flows.settings import load

    settings = load(profile, file, set_ or [])
    from flows.data.base_corpus import Sources, run_build
    from flows.display.progress import open_display

    with open_display() as display:
        line = run_build(settings, output, Sources(solutions, test), display)
    typer.echo(line)
