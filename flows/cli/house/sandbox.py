"""`stargrove sandbox`: run a program the way the search runs steps."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import DEFAULT_PROFILE, FileOption, ProfileOption, SetOption

if TYPE_CHECKING:
    from tasks.sandbox.settings import SandboxSettings

NAME = "sandbox"

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
    from flows.settings import load
    from warehouse.places.objects import fetched

    settings = load(profile, file, set_ or []).sandbox
    with fetched(path) as local:
        if path.suffix.lower() == ".json":
            run_programs(settings, local)
        else:
            raise typer.Exit(run_program(settings, local))


def run_program(settings: "SandboxSettings", path: Path) -> int:
    """Return 0 where the program ended well, else 1. What it printed goes to stdout, what became of it to stderr."""
    from tasks.sandbox.host.run_file import execute

    execution = execute(_read(path), settings)
    sys.stdout.write(execution.stdout)
    sys.stderr.write(f"{execution.line}\n")
    return int(execution.outcome != "ok")


def run_programs(settings: "SandboxSettings", path: Path) -> None:
    """Write what became of every program of the file, whichever it is, as a line of JSON each."""
    from tasks.sandbox.host.run_file import run_file

    for row in run_file(path, settings):
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()


def _read(path: Path) -> str:
    from warehouse.errors import BadInput

    if str(path) == "-":
        return sys.stdin.read()
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise BadInput(f"no file {path}", hint="give a Python file, or - for standard input") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read as text: {error}", hint="give a Python file") from error
