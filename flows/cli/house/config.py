"""`stargrove config`: show the settings that a command would use, check them before anything starts, list the profiles."""

import textwrap

import typer

from flows.cli.options import DEFAULT_PROFILE, FileOption, ProfileOption, SetOption

NAME = "config"

app = typer.Typer(help="Show or check settings.", no_args_is_help=True)


@app.command()
def show(profile: ProfileOption = DEFAULT_PROFILE, file: FileOption = None, set_: SetOption = None) -> None:
    """Print the settings in force as TOML, each with where it comes from: defaults < profile < --file < --set."""
    from flows.settings import layered, to_toml

    found = layered(profile, file, set_ or [])
    typer.echo(to_toml(found.settings, found.origins), nl=False)


@app.command()
def check(profile: ProfileOption = DEFAULT_PROFILE, file: FileOption = None, set_: SetOption = None) -> None:
    """Say whether the settings can be used, servers included, and the fingerprint that their data would carry."""
    from flows.settings import fingerprint, load
    from models.engines.http.check import require_servers

    settings = load(profile, file, set_ or [])
    require_servers(settings.engine)
    typer.echo(f"{file or profile}: {settings.run.n_rounds} rounds, fingerprint {fingerprint(settings)}")


@app.command()
def profiles() -> None:
    """List the shipped profiles: what each is for and on which machine."""
    from flows.profiles import PROFILES, purpose

    for profile in PROFILES:
        typer.echo(textwrap.fill(purpose(profile), 110, initial_indent=f"{profile:<14}", subsequent_indent=14 * " "))
