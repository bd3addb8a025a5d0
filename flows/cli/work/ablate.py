"""`stargrove ablate`: what the choices of the recipe are worth, measured from the trees of a finished round."""

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
)

NAME = "ablate"


def command(
    questions: Annotated[
        str, typer.Option("--questions", metavar="LIST", help="Some of sft-data, ppm-loss and q-source.")
    ] = "sft-data,ppm-loss,q-source",
    round_: Annotated[int | None, typer.Option("--round", min=1, help="Promoted round; default: the newest.")] = None,
    levels: Annotated[str, typer.Option("--levels", metavar="LIST", help="Only test problems of these levels.")] = "",
    n_searched: Annotated[int, typer.Option("--searched", min=1, help="Training problems that q-source searches in.")] = 100,
    home: HomeOption = DEFAULT_HOME,
    profile: ProfileOption = DEFAULT_PROFILE,
    file: FileOption = None,
    set_: SetOption = None,
) -> None:
    """Retrain policy and PPM in other ways from a round's trees, measure all on the test split, and print one table."""
    from flows.settings import load
    from warehouse.errors import BadInput

    settings = load(profile, file, set_ or [])
    from flows.home.ablating import QUESTIONS, Asked, run_ablate

    wanted = [word.strip() for word in questions.split(",")]
    unknown = sorted(set(wanted) - set(QUESTIONS))
    if unknown:
        raise BadInput(f"no question {unknown[0]!r}", hint=f"choose some of {', '.join(QUESTIONS)}")
    asked = Asked(tuple(one for one in QUESTIONS if one in wanted), round_, read_levels(levels), n_searched)
    from flows.display.progress import open_display

    with open_display() as display:
        code = run_ablate(settings, home, asked, display)
    raise typer.Exit(code)
