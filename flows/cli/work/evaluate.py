"""`stargrove evaluate`: measure the current checkpoints on held-out problems. It decides nothing."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import (
    DEFAULT_HOME,
    DEFAULT_PROFILE,
    FileOption,
    HomeOption,
    ProfileOption,
    SetOption,
    read_levels,
    read_methods,
    read_split,
)

NAME = "evaluate"


def command(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE...]", help="Benchmarks; default: the test split.")
    ] = None,
    methods: Annotated[
        str, typer.Option("--methods", metavar="LIST", help="Some of greedy, sample, beam and mcts.")
    ] = "greedy,sample,beam,mcts",
    split: Annotated[str, typer.Option("--split", help="test, or validation to choose settings on.")] = "test",
    levels: Annotated[str, typer.Option("--levels", metavar="LIST", help="Only problems of these levels, e.g. 4,5.")] = "",
    home: HomeOption = DEFAULT_HOME,
    profile: ProfileOption = DEFAULT_PROFILE,
    file: FileOption = None,
    set_: SetOption = None,
) -> None:
    """Measure greedy pass@1, maj@k, best-of-k by PPM, pass@k, beam search and MCTS on held-out problems or benchmark files."""
    from flows.settings import load

    settings = load(profile, file, set_ or [])
    chosen = read_methods(methods), read_split(split), read_levels(levels)
    from flows.display.progress import open_display
    from flows.home.evaluating import Wanted, run_evaluate

    with open_display() as display:
        code = run_evaluate(settings, home, Wanted(tuple(files or ()), *chosen), display)
    raise typer.Exit(code)
