"""`stargrove sandbox`: run a program the way the search runs steps."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import DEFAULT_PROFILE, FileOption, ProfileOption, SetOption

app = typer.Typer(help="Run code the way the search runs it.", no_args_is_help=True)


@app.command()
def run(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A Python file, or - for standard input.")],
    profile: ProfileOption = DEFAULT_PROFILE,
    file: FileOption = None,
    set_: SetOption = None,
) -> None:
    """Execute a file in the sandbox: its output on stdout, its outcome on stderr."""
    from flows.sandbox_run import run_file
    from flows.settings import load

    raise typer.Exit(run_file(load(profile, file, set_ or []).sandbox, path))
