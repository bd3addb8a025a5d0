"""Options that several subcommands share, so that they read and behave the same everywhere."""

from pathlib import Path
from typing import Annotated

import typer

HomeOption = Annotated[
    Path,
    typer.Option("--home", metavar="DIR", envvar="STARGROVE_HOME", help="Where lake, checkpoints and Prefect history live."),
]
ProfileOption = Annotated[
    str,
    typer.Option(
        "--profile", metavar="NAME", help="A shipped settings file: tiny-cpu, gsm8k-small, single-gpu, paper, release."
    ),
]
FileOption = Annotated[
    Path | None, typer.Option("--file", metavar="TOML", help="Your own settings file; it overrides the profile.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="One setting, e.g. search.n_rollouts=16. Overrides both; repeatable."),
]

DEFAULT_HOME = Path(".stargrove")
DEFAULT_PROFILE = "tiny-cpu"
