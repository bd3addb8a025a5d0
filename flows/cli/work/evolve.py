"""`stargrove evolve`: grow the data and the models, round after round."""

from typing import Annotated

import typer

from flows.cli.options import DEFAULT_HOME, DEFAULT_PROFILE, FileOption, HomeOption, ProfileOption, SetOption

NAME = "evolve"


def command(
    home: HomeOption = DEFAULT_HOME,
    profile: ProfileOption = DEFAULT_PROFILE,
    file: FileOption = None,
    set_: SetOption = None,
    override: Annotated[
        str | None, typer.Option("--override", metavar="REASON", help="Go on although a gate refuses; the reason is stored.")
    ] = None,
) -> None:
    """Run the self-evolution rounds. Run it again to go on where it stopped."""
    from flows.home.lock import hold
    from flows.settings import load

    settings = load(profile, file, set_ or [])
    with hold(home) as lock:
        from flows.display.progress import open_display
        from flows.home.conduct import run_evolve

        with open_display() as display:
            run_evolve(settings, home, lock, display, override)
