"""`stargrove ablate`: what the choices of the recipe are worth, measured from the trees of a finished round."""

from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from tasks.runtime.variants import Question

NAME = "ablate"

QUESTIONS: "tuple[Question, ...]" = ("sft-data", "ppm-loss", "q-source")


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
    """Retrain policy and PPM in other ways from a round's trees, measure all on the test split, and print one table.

    An interrupted ablation goes on where it stopped.
    """
    from flows.settings import load

    settings = load(profile, file, set_ or [])
    asked, chosen_levels = _read_questions(questions), read_levels(levels)
    from flows.display.progress import open_display
    from flows.display.tables.ablation import ablation_table
    from flows.home.session import session
    from warehouse.places.location import require_evolution

    location = require_evolution(home, settings.warehouse)
    with open_display() as display, session(settings, location, display) as at_work:
        from flows.ablation import ablate
        from flows.home.measuring import Asked, ablation_plan

        plan = ablation_plan(settings, at_work.resources, Asked(asked, round_, chosen_levels, n_searched))
        at_work.await_server()
        display.show(ablation_table(at_work.resources.lake, ablate(plan)))


def _read_questions(text: str) -> "tuple[Question, ...]":
    """Return the questions of a list, each once and in the order in which they are asked."""
    from warehouse.errors import BadInput

    words = {word.strip() for word in text.split(",")}
    unknown = sorted(words.difference(QUESTIONS))
    if unknown:
        raise BadInput(f"no question {unknown[0]!r}", hint=f"choose some of {', '.join(QUESTIONS)}")
    return tuple(question for question in QUESTIONS if question in words)
