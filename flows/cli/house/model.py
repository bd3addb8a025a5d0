"""`stargrove model`: pre-trained models by name."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import DEFAULT_HOME, DEFAULT_PROFILE, FileOption, HomeOption, ProfileOption, SetOption

NAME = "model"

app = typer.Typer(help="Pre-trained models by name, for run.base and bootstrap.model.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="What the model is called here.")]


@app.command()
def add(
    name: NameArgument,
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A directory, a GGUF file, or OWNER/NAME@REVISION of a model hub.")
    ],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Take a model into the home (or into $STARGROVE_MODELS), and say what was taken."""
    from flows.display.tables.models import described
    from models.catalogue.catalogue import Catalogue, models_root
    from tasks.search.format import MARKERS

    typer.echo(described(Catalogue(models_root(home), MARKERS).add(name, source)))


@app.command(name="list")
def list_(home: HomeOption = DEFAULT_HOME) -> None:
    """List the models that were added, one line each."""
    from flows.display.tables.models import line_of
    from models.catalogue.catalogue import Catalogue, models_root
    from tasks.search.format import MARKERS

    catalogue = Catalogue(models_root(home), MARKERS)
    for name in catalogue.names():
        typer.echo(line_of(catalogue.card(name)))


@app.command()
def check(
    name: NameArgument,
    problems: Annotated[
        Path | None,
        typer.Option("--problems", metavar="FILE", help="JSON lines with statement and answer; without it, 12 shipped ones."),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    profile: ProfileOption = DEFAULT_PROFILE,
    file: FileOption = None,
    set_: SetOption = None,
) -> None:
    """Let the model solve a handful of problems by its chat template and in plain text, and note the better way."""
    from flows.settings import load

    settings = load(profile, file, set_ or [])
    from flows.display.progress import open_display
    from flows.display.tables.models import described
    from flows.home.checking import run_check

    with open_display() as display:
        card = run_check(settings, home, name, problems, display)
    typer.echo(described(card))
