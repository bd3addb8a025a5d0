"""`stargrove evaluate`: measure the current checkpoints on held-out problems. It decides nothing."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import DEFAULT_HOME, DEFAULT_PROFILE, FileOption, HomeOption, ProfileOption, SetOption

NAME = "evaluate"


def command(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE...]", help="Benchmarks; default: the test split.")
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    profile: ProfileOption = DEFAULT_PROFILE,
    file: FileOption = None,
    set_: SetOption = None,
) -> None:
    """Measure greedy pass@1, maj@k, best-of-k by PPM and pass@k on the test split or on benchmark files."""
    from flows.settings import load

    settings = load(profile, file, set_ or [])
    from flows.display import open_display
    from flows.evaluate import run_evaluate

    with open_display() as display:
        code = run_evaluate(settings, home, files or [], display)
    raise typer.Exit(code)
