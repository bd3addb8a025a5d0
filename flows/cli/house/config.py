"""`stargrove config`: show the settings that a command would use, check them before anything starts, list the profiles."""

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import DEFAULT_PROFILE, FileOption, ProfileOption, SetOption

if TYPE_CHECKING:
    from flows.settings.layers import Layered

NAME = "config"

app = typer.Typer(help="Show or check settings.", no_args_is_help=True)

# Not STARGROVE_HOME: with it set, nobody could look at a profile any more.
OwnOption = Annotated[
    Path | None,
    typer.Option("--home", metavar="DIR", help="What this home was begun with, in place of a profile."),
]


@app.command()
def show(
    profile: ProfileOption = DEFAULT_PROFILE, file: FileOption = None, set_: SetOption = None, home: OwnOption = None
) -> None:
    """Print the settings in force as TOML, each with where it comes from: defaults < profile or home < --file < --set."""
    from flows.settings import to_toml

    found = _found(profile, file, set_ or [], home)
    typer.echo(to_toml(found.settings, found.origins), nl=False)


@app.command()
def check(
    profile: ProfileOption = DEFAULT_PROFILE, file: FileOption = None, set_: SetOption = None, home: OwnOption = None
) -> None:
    """Say whether the settings can be used, servers included, whether --home goes on with them, and their fingerprint."""
    from flows.settings import fingerprint
    from models.engines.http.check import require_servers

    settings = _found(profile, file, set_ or [], home).settings
    if home is not None:
        from flows.home.begun import require_same

        require_same(settings, home)
    require_servers(settings.engine)
    typer.echo(f"{file or home or profile}: {settings.run.n_rounds} rounds, fingerprint {fingerprint(settings)}")


@app.command()
def profiles() -> None:
    """List the shipped profiles: what each is for and on which machine."""
    from flows.profiles import PROFILES, purpose

    width = max(map(len, PROFILES)) + 2
    for profile in PROFILES:
        typer.echo(textwrap.fill(purpose(profile), 110, initial_indent=profile.ljust(width), subsequent_indent=width * " "))


def _found(profile: str, file: Path | None, overrides: Sequence[str], home: Path | None) -> "Layered":
    from flows.settings import layered

    if home is None:
        return layered(profile, file, overrides)
    from flows.home.begun import settings_of_home

    return settings_of_home(home, profile, file, overrides)
