"""`stargrove config`: show the settings that a command would use, or check a file before anything starts."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import DEFAULT_PROFILE, FileOption, ProfileOption, SetOption

NAME = "config"

app = typer.Typer(help="Show or check settings.", no_args_is_help=True)


@app.command()
def show(profile: ProfileOption = DEFAULT_PROFILE, file: FileOption = None, set_: SetOption = None) -> None:
    """Print the settings in force as TOML: defaults < profile < --file < --set."""
    from flows.settings import load, to_toml

    typer.echo(to_toml(load(profile, file, set_ or [])), nl=False)


@app.command()
def check(
    path: Annotated[
        Path | None, typer.Argument(metavar="[TOML]", help="The file to check; default: the profile alone.")
    ] = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    set_: SetOption = None,
) -> None:
    """Say whether the settings can be used, servers included, and the fingerprint that their data would carry."""
    from flows.settings import fingerprint, load
    from models.engines.http.check import require_servers

    settings = load(profile, path, set_ or [])
    require_servers(settings.engine)
    typer.echo(f"{path or profile}: {settings.run.n_rounds} rounds, fingerprint {fingerprint(settings)}")
