"""`stargrove sandbox`: run a program the way the search runs steps."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import DEFAULT_PROFILE, FileOption, ProfileOption, SetOption

app = typer.Typer(help="Run code the way the search runs it.", no_args_is_help=True)


@app.command()
def run(
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help="FILE.json, a Python file, or - for a Python program on standard input.")
    ],
    profile: ProfileOption = DEFAULT_PROFILE,
    file: FileOption = None,
    set_: SetOption = None,
) -> None:
    """Execute a file in the sandbox: its output on stdout, its outcome on stderr.

    FILE.json holds a list of {"name": text, "code": text or list of steps}; each gets one line of JSON with its outcome.
    """
    from flows.home.sandbox_run import run_file, run_programs
    from flows.settings import load
    from warehouse.places.objects import fetched

    run_any = run_programs if path.suffix.lower() == ".json" else run_file
    settings = load(profile, file, set_ or []).sandbox
    with fetched(path) as local:
        raise typer.Exit(run_any(settings, local))
