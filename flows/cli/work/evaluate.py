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
    """Measure greedy pass@1, maj@k, best-of-k by PPM, pass@k, beam search and MCTS on held-out problems or benchmark files.

    What was measured before with the same settings is only shown.
    """
    from flows.settings import load

    settings = load(profile, file, set_ or [])
    wanted, held_out, chosen_levels = read_methods(methods), read_split(split), read_levels(levels)
    from flows.data.benchmarks import known_benchmark
    from flows.display.progress import open_display
    from flows.display.tables.evaluation import evaluation_table, refused_lines, ungraded_lines
    from flows.home.session import session
    from warehouse.places.location import require_evolution

    location = require_evolution(home, settings.warehouse)
    with open_display() as display:
        benchmarks = {path.stem: known_benchmark(settings, home, path, display) for path in files or ()}
        with session(settings, location, display) as at_work:
            from flows.evaluation import evaluate_checkpoints
            from flows.home.measuring import measure_plan, selections_of

            lake = at_work.resources.lake
            plan = measure_plan(settings, at_work.resources, wanted, selections_of(benchmarks, held_out, chosen_levels))
            at_work.await_server()
            for selected in evaluate_checkpoints(plan):
                display.show(evaluation_table(lake, selected))
                for line in (*refused_lines(lake, selected), *ungraded_lines(lake, selected)):
                    display.message(line)
